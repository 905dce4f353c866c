//! What follows from a forgotten document: whatever it stood for, was compared with, or was a version of is decided
//! anew, and nothing else. The result is that of a run without it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use moisson_core::decision::{Decisions, Effect};
use moisson_core::{Decision, Error, PartManifest, Result, TextColumn, reason};
use moisson_shard::file;
use moisson_shard::relayout::{self, Home};

use crate::control::Control;
use crate::corpus::{Corpus, CorpusPart};
use crate::dedup::{self, DedupOutcome};
use crate::forget::bands;
use crate::forget::find::{self, hash};
use crate::forget::scan::{Released, Scan};
use crate::manifest::{LedgerEntry, ReleaseManifest};
use crate::parts::{self, DOCUMENTS, Part};
use crate::plan::Plan;
use crate::publish::LEDGER;
use crate::session::Session;
use crate::{decide, groups, reconcile, shard};

/// What is told of a forgotten document before it is gone.
#[derive(Debug, Clone)]
pub(crate) struct Gone {
    pub(crate) doc_id: String,
    pub(crate) source: usize,
    pub(crate) raw_uri: String,
    pub(crate) raw_digest: String,
    pub(crate) digest: String,
    pub(crate) text_bytes: u64,
}

/// The documents that were decided anew.
#[derive(Debug)]
pub(crate) struct Remade {
    /// The touched parts; what is not decided anew is not alive in them.
    pub(crate) corpus: Corpus,
    pub(crate) dedup: DedupOutcome,
    /// Documents that are in the release now.
    pub(crate) survivors: Vec<Survivor>,
    /// Bytes of the texts of all documents that were decided anew, by id and digest.
    pub(crate) bytes: HashMap<(String, String), u64>,
}

/// A document that is in the release now.
#[derive(Debug)]
pub(crate) struct Survivor {
    pub(crate) item: u32,
    pub(crate) doc_id: String,
    pub(crate) family: String,
    pub(crate) home: Home,
    pub(crate) bytes: u64,
}

/// Loads a part of the manifest.
pub(crate) fn load(
    plan: &Plan,
    manifest: &ReleaseManifest,
    at: usize,
    session: &Session,
) -> Result<CorpusPart> {
    let entry = manifest.parts.get(at);
    let entry = entry.ok_or_else(|| Error::internal("a part is not in the manifest"))?;
    let name = entry.name.split('/').next().unwrap_or_default();
    let source = plan.sources.iter().position(|source| source.name == name);
    let source = source.ok_or_else(|| Error::internal("a part of no source"))?;
    let stem = parts::stem(DOCUMENTS, &entry.name, None);
    let manifest: Option<PartManifest> = session.store().get_json(&format!("{stem}.json"))?;
    let part = Part {
        source,
        name: entry.name.clone(),
        manifest: manifest.ok_or_else(|| Error::store(&stem, "the part has no manifest"))?,
    };
    let of_plan = plan.sources.get(source);
    let of_plan = of_plan.ok_or_else(|| Error::internal("a part of no source"))?;
    CorpusPart::load(of_plan, part, session)
}

/// Notes what is told of the forgotten documents of a part.
pub(crate) fn gone(part: &CorpusPart, forgotten: &HashSet<u64>, into: &mut Vec<Gone>) {
    for row in 0..part.rows.num_rows() {
        let text = |name| part.text(name, row).unwrap_or_default().to_owned();
        let doc_id = text("doc_id");
        if forgotten.contains(&hash(&doc_id)) {
            into.push(Gone {
                doc_id,
                source: part.part.source,
                raw_uri: text("raw_uri"),
                raw_digest: text("raw_digest"),
                digest: text("text_digest"),
                text_bytes: part.text_bytes(row),
            });
        }
    }
}

/// As [`gone`], where annotations and documents of a part do not go together any more.
///
/// # Errors
/// [`Error::Store`] if the documents cannot be read.
pub(crate) fn gone_of_documents(
    plan: &Plan,
    manifest: &ReleaseManifest,
    at: usize,
    forgotten: &HashSet<u64>,
    session: &Session,
    into: &mut Vec<Gone>,
) -> Result<()> {
    const NAMES: &[&str] = &["doc_id", "source", "raw_uri", "raw_digest", "text_digest"];
    for batch in find::part(session, manifest, at, NAMES)? {
        let text = |name| TextColumn::try_new(&batch, name);
        let (ids, sources, uris) = (text("doc_id")?, text("source")?, text("raw_uri")?);
        let (raw_digests, digests) = (text("raw_digest")?, text("text_digest")?);
        for row in 0..batch.num_rows() {
            let of = |column: &TextColumn<'_>| column.get(row).unwrap_or_default().to_owned();
            let (doc_id, source) = (of(&ids), of(&sources));
            let source = plan.sources.iter().position(|plan| plan.name == source);
            if forgotten.contains(&hash(&doc_id)) {
                into.push(Gone {
                    doc_id,
                    source: source.unwrap_or(usize::MAX),
                    raw_uri: of(&uris),
                    raw_digest: of(&raw_digests),
                    digest: of(&digests),
                    text_bytes: 0,
                });
            }
        }
    }
    Ok(())
}

/// What the forgotten documents are bound to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bound<'a> {
    pub(crate) scan: &'a Scan,
    /// Numbers of the documents that are decided anew.
    pub(crate) closure: &'a HashSet<u64>,
    pub(crate) old: &'a Old,
    pub(crate) gone: &'a [Gone],
}

/// Decides anew of everything in `closure`, from parts that are redacted already.
///
/// Returns `None` where more than that would have to be looked at.
///
/// # Errors
/// As [`crate::flow::run`].
pub(crate) fn remake(
    plan: &Plan,
    manifest: &ReleaseManifest,
    bound: &Bound<'_>,
    session: &Session,
    control: &Control,
) -> Result<Option<Remade>> {
    let Bound {
        scan,
        closure,
        old,
        gone,
    } = *bound;
    let mut corpus = Corpus { parts: Vec::new() };
    for at in scan.parts_of(closure) {
        let mut part = load(plan, manifest, at, session)?;
        for row in 0..part.rows.num_rows() {
            let id = part.text("doc_id", row).unwrap_or_default();
            let is_in = closure.contains(&hash(id));
            part.alive
                .get_mut(row)
                .into_iter()
                .for_each(|alive| *alive = is_in);
            part.asked
                .get_mut(row)
                .into_iter()
                .for_each(|asked| *asked = is_in);
        }
        corpus.push(part)?;
    }
    control.stage("reconcile");
    reconcile::run_with(&mut corpus, &scan.withdrawn, session)?;
    let current = corpus.alive();
    control.stage("decide");
    decide::run(plan, &mut corpus, session, control)?;
    control.stage("dedup");
    let dedup = dedup::run(plan, &mut corpus, session, control)?;
    let new = newly_compared(&corpus, old, gone);
    let is_near = plan.pipeline.dedup.near && !new.is_empty();
    if is_near && bands::are_shared(session, manifest, &corpus, &new, closure)? {
        return Ok(None);
    }
    let survivors = survivors(plan, &corpus, &dedup);
    let mut bytes = HashMap::new();
    for part in &corpus.parts {
        for (row, item) in (0..part.rows.num_rows()).zip(part.first..) {
            if current.get(item as usize).copied().unwrap_or_default() {
                let text = |name| part.text(name, row).unwrap_or_default().to_owned();
                bytes.insert((text("doc_id"), text("text_digest")), part.text_bytes(row));
            }
        }
    }
    for gone in gone {
        bytes.insert((gone.doc_id.clone(), gone.digest.clone()), gone.text_bytes);
    }
    Ok(Some(Remade {
        corpus,
        dedup,
        survivors,
        bytes,
    }))
}

/// Part and row of the documents that are compared now and were not before, and are not the copy of a forgotten one
/// that was: they may share bands with documents that nothing else binds to them.
fn newly_compared(corpus: &Corpus, old: &Old, gone: &[Gone]) -> Vec<(usize, usize)> {
    let copies: BTreeSet<&str> = gone.iter().map(|gone| gone.digest.as_str()).collect();
    let mut rows = Vec::new();
    for (at, part) in corpus.parts.iter().enumerate() {
        let near: BTreeSet<u32> = part
            .decisions
            .iter()
            .filter(|(_, d)| d.reason == reason::DUPLICATE_NEAR && d.detail.is_none())
            .map(|(row, _)| *row)
            .collect();
        for (row, alive) in (0u32..).zip(&part.alive) {
            let text = |name| part.text(name, row as usize).unwrap_or_default();
            let is_compared = *alive || near.contains(&row);
            let is_new = !old.compared.contains(&hash(text("doc_id")));
            if is_compared && is_new && !copies.contains(text("text_digest")) {
                rows.push((at, row as usize));
            }
        }
    }
    rows
}

fn survivors(plan: &Plan, corpus: &Corpus, dedup: &DedupOutcome) -> Vec<Survivor> {
    let linked = groups::linked(corpus, &dedup.links);
    let mut survivors = Vec::new();
    for part in &corpus.parts {
        for (row, item) in (0..part.rows.num_rows()).zip(part.first..) {
            if !part.alive.get(row).copied().unwrap_or_default() {
                continue;
            }
            let group = shard::group_of(corpus, linked.get(&item).copied().unwrap_or(item));
            let text = |name| part.text(name, row).unwrap_or_default().to_owned();
            let family = text("licence_shard_family");
            survivors.push(Survivor {
                item,
                doc_id: text("doc_id"),
                home: relayout::home(&family, &group, &plan.pipeline.shard),
                family,
                bytes: part.text_bytes(row),
            });
        }
    }
    survivors
}

/// What the ledger and the release said before.
#[derive(Debug, Default)]
pub(crate) struct Old {
    /// Documents that dedup compared: those released, and those dropped as near-duplicates.
    compared: HashSet<u64>,
    /// Rows of the touched files of the ledger, by place in its list.
    pub(crate) ledger: BTreeMap<usize, Vec<Decision>>,
}

impl Old {
    /// Reads the files of the ledger that are about the given parts, and those given.
    ///
    /// # Errors
    /// [`Error::Store`] if one cannot be read.
    pub(crate) fn read(
        session: &Session,
        manifest: &ReleaseManifest,
        parts: &BTreeSet<usize>,
        files: &BTreeSet<usize>,
        released: &[Released],
    ) -> Result<Self> {
        let mut old = Self::default();
        let names = parts.iter().filter_map(|at| manifest.parts.get(*at));
        let names: BTreeSet<&str> = names.map(|part| part.name.as_str()).collect();
        for (at, entry) in manifest.ledger.iter().enumerate() {
            if names.contains(part_of(entry)) || files.contains(&at) {
                let path = format!("{LEDGER}/{}", entry.path);
                let bytes = session.store().get_checked(&path, entry.file_digest)?;
                let mut rows = Vec::new();
                for batch in file::read(bytes, None, 8192)? {
                    let batch = batch?;
                    TextColumn::try_new(&batch, "doc_id")?;
                    rows.extend(Decisions::from_batch(&batch)?.0);
                }
                old.ledger.insert(at, rows);
            }
        }
        old.compared
            .extend(released.iter().map(|one| hash(&one.doc_id)));
        let near = old.ledger.values().flatten().filter(|d| {
            d.effect == Effect::Drop && d.reason == reason::DUPLICATE_NEAR && d.detail.is_none()
        });
        let near: Vec<u64> = near.filter_map(|d| d.doc_id.as_deref().map(hash)).collect();
        old.compared.extend(near);
        Ok(old)
    }
}

/// Name of the part that a file of the ledger is about.
pub(crate) fn part_of(entry: &LedgerEntry) -> &str {
    entry.path.rsplit_once('-').map_or("", |(part, _)| part)
}
