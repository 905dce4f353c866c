//! One look over narrow columns of everything: who is forgotten, who is bound to whom, and what lies where.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::UInt64Type;
use moisson_core::{Result, TextColumn, reason};

use crate::forget::find::{self, hash};
use crate::forget::promote::part_of;
use crate::forget::tombstones::Tombstones;
use crate::manifest::ReleaseManifest;
use crate::session::Session;

/// What the look found. Lists are by place in the manifest.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    pub(crate) parts: Vec<PartScan>,
    pub(crate) shards: Vec<ShardScan>,
    /// Files of the ledger with rows about forgotten documents.
    pub(crate) ledger: BTreeSet<usize>,
    /// Numbers of the ids of what is forgotten.
    pub(crate) forgotten: HashSet<u64>,
    /// Pairs that the ledger tells to be duplicates.
    edges: Vec<(u64, u64)>,
    /// When publishers withdrew documents.
    pub(crate) withdrawn: BTreeMap<String, i64>,
}

/// Documents of a part, row by row.
#[derive(Debug, Default)]
pub(crate) struct PartScan {
    pub(crate) ids: Vec<u64>,
    /// Numbers of the works; empty where the part has none.
    chains: Vec<Option<u64>>,
    /// True if it holds something forgotten.
    pub(crate) is_touched: bool,
}

/// Documents of a shard, row by row.
#[derive(Debug, Default)]
pub(crate) struct ShardScan {
    ids: Vec<u64>,
}

/// A released document.
#[derive(Debug, Clone)]
pub(crate) struct Released {
    pub(crate) shard: usize,
    pub(crate) row: u32,
    pub(crate) doc_id: String,
    pub(crate) source: String,
    pub(crate) digest: String,
    pub(crate) text_bytes: u64,
}

impl Scan {
    /// Looks.
    ///
    /// # Errors
    /// [`moisson_core::Error::Store`] if something cannot be read.
    pub(crate) fn new(
        session: &Session,
        manifest: &ReleaseManifest,
        tombstones: &Tombstones,
    ) -> Result<Self> {
        let mut scan = Self::default();
        for batches in find::parts(session, manifest, &["doc_id", "version_of"])? {
            let mut part = PartScan::default();
            for batch in &batches {
                part.is_touched |= scan.note(batch, tombstones, &mut part.ids)?;
                let works = TextColumn::try_new(batch, "version_of")?;
                part.chains.extend(works.iter().map(|work| work.map(hash)));
            }
            if part.chains.iter().all(Option::is_none) {
                part.chains.clear();
            }
            scan.parts.push(part);
        }
        for batches in find::shards(session, manifest, &["doc_id"])? {
            let mut shard = ShardScan::default();
            for batch in &batches {
                scan.note(batch, tombstones, &mut shard.ids)?;
            }
            scan.shards.push(shard);
        }
        scan.read_ledger(session, manifest, tombstones)?;
        Ok(scan)
    }

    /// Takes up the ids of a batch; true if one of them is forgotten.
    fn note(
        &mut self,
        batch: &RecordBatch,
        tombstones: &Tombstones,
        into: &mut Vec<u64>,
    ) -> Result<bool> {
        let mut any = false;
        for id in TextColumn::try_new(batch, "doc_id")?.iter() {
            let id = id.unwrap_or_default();
            let number = hash(id);
            into.push(number);
            if tombstones.contains(id) {
                self.forgotten.insert(number);
                any = true;
            }
        }
        Ok(any)
    }

    fn read_ledger(
        &mut self,
        session: &Session,
        manifest: &ReleaseManifest,
        tombstones: &Tombstones,
    ) -> Result<()> {
        const NAMES: &[&str] = &["doc_id", "reason", "kept_doc_id", "observed"];
        for (at, batches) in find::ledger(session, manifest, NAMES)?.iter().enumerate() {
            for batch in batches {
                let column = |name| TextColumn::try_new(batch, name);
                let (ids, kept) = (column("doc_id")?, column("kept_doc_id")?);
                let (reasons, observed) = (column("reason")?, column("observed")?);
                for row in 0..batch.num_rows() {
                    let Some(id) = ids.get(row) else { continue };
                    let mut others = [Some(id), kept.get(row)].into_iter().flatten();
                    if others.any(|id| tombstones.contains(id)) {
                        self.ledger.insert(at);
                    }
                    if tombstones.contains(id) {
                        self.forgotten.insert(hash(id));
                    }
                    if let Some(kept) = kept.get(row) {
                        self.edges.push((hash(id), hash(kept)));
                    }
                    if reasons.get(row) == Some(reason::RECONCILE_DELETED) {
                        let at = observed.get(row).and_then(|at| at.parse().ok());
                        let latest = self.withdrawn.entry(id.to_owned()).or_insert(i64::MIN);
                        *latest = (*latest).max(at.unwrap_or(i64::MAX));
                    }
                }
            }
        }
        Ok(())
    }

    /// Takes parts as touched whose ledger tells of something forgotten: a fault, or a publisher's withdrawal.
    pub(crate) fn touch_by_ledger(&mut self, manifest: &ReleaseManifest) {
        let files = self.ledger.iter().filter_map(|at| manifest.ledger.get(*at));
        let names: BTreeSet<&str> = files.map(part_of).collect();
        for (part, entry) in self.parts.iter_mut().zip(&manifest.parts) {
            part.is_touched |= names.contains(entry.name.as_str());
        }
    }

    /// Everything that may be decided otherwise without what is forgotten: the other versions of its work, what is
    /// the same, and what dedup compared with any of these, on and on. What is forgotten is in it.
    ///
    /// `components` are the documents that dedup compared with each other, as `(component, id)`, in order.
    pub(crate) fn closure(&self, components: &[(u32, u64)]) -> HashSet<u64> {
        let mut closure = self.forgotten.clone();
        loop {
            let before = closure.len();
            for &(left, right) in &self.edges {
                if closure.contains(&left) || closure.contains(&right) {
                    closure.extend([left, right]);
                }
            }
            for component in components.chunk_by(|left, right| left.0 == right.0) {
                if component.iter().any(|(_, id)| closure.contains(id)) {
                    closure.extend(component.iter().map(|(_, id)| *id));
                }
            }
            self.extend_by_works(&mut closure);
            if closure.len() == before {
                return closure;
            }
        }
    }

    fn extend_by_works(&self, closure: &mut HashSet<u64>) {
        let rows = || {
            self.parts
                .iter()
                .flat_map(|part| part.ids.iter().zip(&part.chains))
        };
        let works = rows().filter(|(id, _)| closure.contains(id));
        let works: HashSet<u64> = works.filter_map(|(_, work)| *work).collect();
        if works.is_empty() {
            return;
        }
        let mates = rows().filter(|(_, work)| work.is_some_and(|work| works.contains(&work)));
        let mates: Vec<u64> = mates.map(|(id, _)| *id).collect();
        closure.extend(mates);
    }

    /// True if a part holds something forgotten.
    pub(crate) fn is_touched(&self, at: usize) -> bool {
        self.parts.get(at).is_some_and(|part| part.is_touched)
    }

    /// Parts with documents of a set.
    pub(crate) fn parts_of(&self, set: &HashSet<u64>) -> BTreeSet<usize> {
        let parts = self.parts.iter().enumerate();
        parts
            .filter(|(_, part)| part.is_touched || part.ids.iter().any(|id| set.contains(id)))
            .map(|(at, _)| at)
            .collect()
    }

    /// Released documents of a set.
    ///
    /// # Errors
    /// [`moisson_core::Error::Store`] if a shard cannot be read.
    pub(crate) fn released(
        &self,
        session: &Session,
        manifest: &ReleaseManifest,
        set: &HashSet<u64>,
    ) -> Result<Vec<Released>> {
        const NAMES: &[&str] = &["doc_id", "source", "source_text_digest", "text_bytes"];
        let mut released = Vec::new();
        for (shard, scan) in self.shards.iter().enumerate() {
            if !scan.ids.iter().any(|id| set.contains(id)) {
                continue;
            }
            let mut first = 0;
            for batch in find::shard(session, manifest, shard, NAMES)? {
                let text = |name| TextColumn::try_new(&batch, name);
                let (ids, sources, digests) = (
                    text("doc_id")?,
                    text("source")?,
                    text("source_text_digest")?,
                );
                let bytes = moisson_core::column::column(&batch, "text_bytes")?;
                let bytes = bytes.as_primitive::<UInt64Type>();
                for row in 0..batch.num_rows() {
                    if scan.ids.get(first + row).is_some_and(|id| set.contains(id)) {
                        let of = |column: &TextColumn<'_>| {
                            column.get(row).unwrap_or_default().to_owned()
                        };
                        released.push(Released {
                            shard,
                            row: u32::try_from(first + row).unwrap_or(u32::MAX),
                            doc_id: of(&ids),
                            source: of(&sources),
                            digest: of(&digests),
                            text_bytes: bytes.value(row),
                        });
                    }
                }
                first += batch.num_rows();
            }
        }
        Ok(released)
    }
}

/// Released documents of a set, of a release that nobody looked at yet.
///
/// # Errors
/// [`moisson_core::Error::Store`] if a shard cannot be read.
pub(crate) fn released_of(
    session: &Session,
    manifest: &ReleaseManifest,
    set: &HashSet<u64>,
) -> Result<Vec<Released>> {
    let mut scan = Scan::default();
    for batches in find::shards(session, manifest, &["doc_id"])? {
        let mut shard = ShardScan::default();
        for batch in &batches {
            let ids = TextColumn::try_new(batch, "doc_id")?;
            shard
                .ids
                .extend(ids.iter().map(|id| hash(id.unwrap_or_default())));
        }
        scan.shards.push(shard);
    }
    scan.released(session, manifest, set)
}
