//! Shard: survivors to buckets to Parquet. Text moves once: from its part, through the work area, into its shard.

use std::collections::BTreeSet;

use moisson_core::digest::KeyHasher;
use moisson_core::{Digest, Error, Result};
use moisson_shard::layout::{self, Bucket, Row};

use crate::control::{Control, Event};
use crate::corpus::{Corpus, CorpusPart};
use crate::dedup::DedupOutcome;
use crate::manifest::ShardEntry;
use crate::parts::Committed;
use crate::plan::{Plan, TOKENS};
use crate::publish::{DATA, STAGED_DATA};
use crate::scatter::{self, Targets};
use crate::session::Session;
use crate::stage::Workshop;
use crate::{gather, groups};

/// Version of the shard step: bumped when the same documents give other rows.
pub const SHARD_VERSION: u32 = 2;

/// Lays out the released documents and writes the shards that are not there yet, into the staging folder.
///
/// # Errors
/// [`Error::Store`] if a text cannot be read or a shard cannot be written.
pub fn run(
    plan: &Plan,
    corpus: &Corpus,
    dedup: &DedupOutcome,
    session: &Session,
    control: &Control,
) -> Result<Vec<ShardEntry>> {
    let layout = Layout::new(plan, corpus, dedup)?;
    let written = Written::list(session)?;
    let mut entries: Vec<Option<ShardEntry>> = layout
        .keys
        .iter()
        .map(|key| written.entry(*key, true))
        .collect();
    for entry in entries.iter().flatten() {
        control.tell(entry.event(true));
    }
    let missing: Vec<usize> = (0..entries.len())
        .filter(|at| entries.get(*at).is_some_and(Option::is_none))
        .collect();
    if !missing.is_empty() {
        let committed = Committed::ask();
        let shop = Workshop {
            plan,
            session,
            control,
            committed: &committed,
        };
        for (at, entry) in missing
            .iter()
            .zip(write(shop, corpus, &layout, &written, &missing)?)
        {
            if let Some(slot) = entries.get_mut(*at) {
                *slot = Some(entry);
            }
        }
    }
    Ok(entries.into_iter().flatten().collect())
}

/// Moves the text of the missing shards.
fn write(
    shop: Workshop<'_>,
    corpus: &Corpus,
    layout: &Layout,
    written: &Written<'_>,
    missing: &[usize],
) -> Result<Vec<ShardEntry>> {
    let rows = |at: &usize| layout.items(*at).count() as u64;
    shop.control.tell(Event::Step {
        name: "shard",
        total: missing.iter().map(rows).sum(),
        bytes: false,
    });
    // What others scattered before a stop is found again only if the same shards are asked for as before it: those
    // that are not published, whether or not they are written meanwhile.
    let targets: Vec<usize> = if shop.session.crew().is_elsewhere() {
        let key = |at: &usize| layout.keys.get(*at).copied();
        let is_published =
            |at: &usize| key(at).is_some_and(|key| written.entry(key, false).is_some());
        (0..layout.keys.len())
            .filter(|at| !is_published(at))
            .collect()
    } else {
        missing.to_vec()
    };
    let targets = Targets::new(&targets, layout);
    let blobs = scatter::run(shop, corpus, &targets)?;
    let made = gather::run(shop, layout, missing, &targets, &blobs)?;
    shop.control.tell(Event::Done);
    Ok(made)
}

/// The shards of a release, and what each holds.
pub(crate) struct Layout {
    buckets: Vec<Bucket>,
    /// Keys of the shards.
    keys: Vec<Digest>,
    /// Numbers of the released documents: buckets name these by place.
    numbers: Vec<u32>,
}

impl Layout {
    fn new(plan: &Plan, corpus: &Corpus, dedup: &DedupOutcome) -> Result<Self> {
        let survivors = Survivors::new(plan, corpus, dedup)?;
        let buckets = layout::assign(&survivors.rows(corpus), &plan.pipeline.shard);
        let keys = buckets.iter().map(|bucket| survivors.key(bucket, plan));
        Ok(Self {
            keys: keys.collect(),
            buckets,
            numbers: survivors.numbers,
        })
    }

    /// A layout made elsewhere: `buckets` name documents by place in `numbers`.
    pub(crate) fn of(buckets: Vec<Bucket>, keys: Vec<Digest>, numbers: Vec<u32>) -> Self {
        Self {
            buckets,
            keys,
            numbers,
        }
    }

    /// A shard and its key.
    ///
    /// # Errors
    /// [`Error::Internal`] if there is none at this place.
    pub(crate) fn shard(&self, at: usize) -> Result<(&Bucket, Digest)> {
        let shard = self.buckets.get(at).zip(self.keys.get(at).copied());
        shard.ok_or_else(|| Error::internal("no such shard"))
    }

    /// Numbers of the documents of a shard, in its order.
    pub(crate) fn items(&self, at: usize) -> impl Iterator<Item = u32> {
        let rows = self.buckets.get(at).map_or(&[][..], |bucket| &bucket.rows);
        rows.iter()
            .filter_map(|row| self.numbers.get(*row as usize).copied())
    }
}

/// Shards that are written, by path below `release/`.
struct Written<'a> {
    session: &'a Session,
    published: BTreeSet<String>,
    staged: BTreeSet<String>,
}

impl<'a> Written<'a> {
    fn list(session: &'a Session) -> Result<Self> {
        let below = |folder: &str| -> Result<BTreeSet<String>> {
            let entries = session.store().list(folder)?.into_iter();
            let path = |path: &str| {
                path.strip_prefix(folder)
                    .map(|below| format!("data{below}"))
            };
            Ok(entries.filter_map(|entry| path(&entry.path)).collect())
        };
        Ok(Self {
            session,
            published: below(DATA)?,
            staged: below(STAGED_DATA)?,
        })
    }

    /// The entry of a shard that is published, or staged where that counts too.
    fn entry(&self, key: Digest, or_staged: bool) -> Option<ShardEntry> {
        let store = self.session.store();
        let entry: Option<ShardEntry> = store.get_json(&entry_path(key)).ok().flatten();
        entry.filter(|entry| {
            let path = &entry.path;
            let is_there = self.published.contains(path) || or_staged && self.staged.contains(path);
            entry.key == key && is_there
        })
    }
}

/// Path of the entry of a shard, by key.
pub fn entry_path(key: Digest) -> String {
    format!("parts/shards/{}.json", key.short(32))
}

/// The released documents: their numbers, groups and row keys.
struct Survivors {
    numbers: Vec<u32>,
    groups: Vec<String>,
    keys: Vec<Digest>,
}

impl Survivors {
    fn new(plan: &Plan, corpus: &Corpus, dedup: &DedupOutcome) -> Result<Self> {
        let linked = groups::linked(corpus, &dedup.links);
        let mut survivors = Self {
            numbers: Vec::new(),
            groups: Vec::new(),
            keys: Vec::new(),
        };
        for part in &corpus.parts {
            let source = plan.sources.get(part.part.source);
            let config = Digest::of_json(&source.map(|s| (&s.reader_tag, &s.config.options)))?;
            for row in 0..part.rows.num_rows() {
                if !part.alive.get(row).copied().unwrap_or_default() {
                    continue;
                }
                let number = part.first + u32::try_from(row).unwrap_or(u32::MAX);
                let group = match linked.get(&number) {
                    Some(&first) => group_of(corpus, first),
                    None => group_of(corpus, number),
                };
                survivors.numbers.push(number);
                survivors.groups.push(group);
                survivors.keys.push(row_key(part, row, config));
            }
        }
        Ok(survivors)
    }

    fn rows<'a>(&'a self, corpus: &'a Corpus) -> Vec<Row<'a>> {
        self.numbers
            .iter()
            .zip(&self.groups)
            .map(|(&number, group)| {
                let (at, row) = corpus.locate(number);
                let part = corpus.parts.get(at);
                let text = |name| {
                    part.and_then(|part| part.text(name, row))
                        .unwrap_or_default()
                };
                Row {
                    family: text("licence_shard_family"),
                    group,
                    doc_id: text("doc_id"),
                    bytes: part.map_or(0, |part| part.text_bytes(row)),
                }
            })
            .collect()
    }

    fn key(&self, bucket: &Bucket, plan: &Plan) -> Digest {
        let rows = bucket
            .rows
            .iter()
            .filter_map(|&at| self.keys.get(at as usize));
        let mut key = KeyHasher::new("shard", SHARD_VERSION)
            .digest(layout::bucket_key(bucket, rows))
            .field(&plan.pipeline.shard.row_group_bytes.to_le_bytes())
            .field(plan.pipeline.name.as_bytes());
        if let Some(tokenizer) = plan.models.get(TOKENS) {
            key = key.digest(*tokenizer);
        }
        key.finish()
    }
}

/// The group that splits and buckets keep together: versions of one work, else the document itself.
pub(crate) fn group_of(corpus: &Corpus, number: u32) -> String {
    let (at, row) = corpus.locate(number);
    let part = corpus.parts.get(at);
    let text = |name| part.and_then(|part| part.text(name, row));
    text("version_of")
        .or_else(|| text("doc_id"))
        .unwrap_or_default()
        .to_owned()
}

/// Digest of everything that makes a released row what it is.
fn row_key(part: &CorpusPart, row: usize, config: Digest) -> Digest {
    let mut key = KeyHasher::new("row", SHARD_VERSION).digest(config);
    for name in [
        "doc_id",
        "text_digest",
        "raw_digest",
        "genre",
        "producer",
        "licence",
        "licence_family",
        "licence_evidence",
        "attribution",
        "language",
        "optout_as_of",
        "optout_verdict",
        "pii_risk",
        "version_of",
    ] {
        key = key.field(part.text(name, row).unwrap_or("\0").as_bytes());
    }
    for code in part.texts("licence_obligations", row) {
        key = key.field(code.as_bytes());
    }
    for edit in part.edits.get(row).into_iter().flatten() {
        for number in scatter::numbers(edit) {
            key = key.field(&number.to_le_bytes());
        }
    }
    key.finish()
}
