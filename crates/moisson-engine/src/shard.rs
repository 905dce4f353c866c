//! Shard: survivors to buckets to Parquet. Text moves once: from its part, through the work area, into its shard.

use std::collections::BTreeSet;

use moisson_core::digest::KeyHasher;
use moisson_core::{Digest, Result};
use moisson_shard::layout::{self, Bucket, Row};

use crate::control::{Control, Event};
use crate::corpus::{Corpus, CorpusPart};
use crate::dedup::DedupOutcome;
use crate::manifest::ShardEntry;
use crate::parts::Committed;
use crate::plan::Plan;
use crate::publish::{DATA, STAGED_DATA};
use crate::scatter::{self, Targets};
use crate::session::Session;
use crate::stage::Workshop;
use crate::{gather, groups};

/// Version of the shard step: bumped when the same documents give other rows.
pub const SHARD_VERSION: u32 = 1;

/// Lays out the released documents and writes the shards that are not there yet, into the staging folder.
///
/// # Errors
/// [`moisson_core::Error::Store`] if a text cannot be read or a shard cannot be written.
pub fn run(
    plan: &Plan,
    corpus: &Corpus,
    dedup: &DedupOutcome,
    session: &Session,
    control: &Control,
) -> Result<Vec<ShardEntry>> {
    let survivors = Survivors::new(plan, corpus, dedup)?;
    let buckets = layout::assign(&survivors.rows(corpus), &plan.pipeline.shard);
    let keys: Vec<Digest> = buckets
        .iter()
        .map(|bucket| survivors.key(bucket, plan))
        .collect();
    let (published, staged) = (shards_in(DATA, session)?, shards_in(STAGED_DATA, session)?);
    let known = |key: Digest, there: &dyn Fn(&str) -> bool| -> Option<ShardEntry> {
        let entry: Option<ShardEntry> = session.store().get_json(&entry_path(key)).ok().flatten();
        entry.filter(|entry| entry.key == key && there(&entry.path))
    };
    let mut entries: Vec<Option<ShardEntry>> = keys
        .iter()
        .map(|key| {
            known(*key, &|path| {
                published.contains(path) || staged.contains(path)
            })
        })
        .collect();
    for entry in entries.iter().flatten() {
        control.tell(entry.event(true));
    }
    let missing: Vec<usize> = (0..buckets.len())
        .filter(|at| entries.get(*at).is_some_and(Option::is_none))
        .collect();
    if missing.is_empty() {
        return Ok(entries.into_iter().flatten().collect());
    }
    // What others scattered before a stop is found again only if the same shards are asked for as before it: those
    // that are not published, whether or not they are written meanwhile.
    let targets: Vec<usize> = if session.crew().is_elsewhere() {
        let is_published = |at: &usize| {
            let key = keys.get(*at).copied();
            key.is_some_and(|key| known(key, &|path| published.contains(path)).is_some())
        };
        (0..buckets.len()).filter(|at| !is_published(at)).collect()
    } else {
        missing.clone()
    };
    let committed = Committed::ask();
    let shop = Workshop {
        plan,
        session,
        control,
        committed: &committed,
    };
    let rows = |at: &usize| {
        buckets
            .get(*at)
            .map_or(0, |bucket| bucket.rows.len() as u64)
    };
    control.tell(Event::Step {
        name: "shard",
        total: missing.iter().map(rows).sum(),
        bytes: false,
    });
    let targets = Targets::new(&targets, &buckets, &keys, &survivors.numbers);
    let blobs = scatter::run(shop, corpus, &targets)?;
    let made = gather::run(
        shop,
        &buckets,
        &keys,
        &survivors.numbers,
        &missing,
        &targets,
        &blobs,
    )?;
    control.tell(Event::Done);
    for (at, entry) in missing.iter().zip(made) {
        if let Some(slot) = entries.get_mut(*at) {
            *slot = Some(entry);
        }
    }
    Ok(entries.into_iter().flatten().collect())
}

/// Path of the entry of a shard, by key.
pub fn entry_path(key: Digest) -> String {
    format!("parts/shards/{}.json", key.short(32))
}

/// Shards that lie in a folder, by path below `release/`.
fn shards_in(folder: &str, session: &Session) -> Result<BTreeSet<String>> {
    let entries = session.store().list(folder)?.into_iter();
    let below = |path: &str| {
        path.strip_prefix(folder)
            .map(|below| format!("data{below}"))
    };
    Ok(entries.filter_map(|entry| below(&entry.path)).collect())
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
        KeyHasher::new("shard", SHARD_VERSION)
            .digest(layout::bucket_key(bucket, rows))
            .field(&plan.pipeline.shard.row_group_bytes.to_le_bytes())
            .field(plan.pipeline.name.as_bytes())
            .finish()
    }
}

/// The group that splits and buckets keep together: versions of one work, else the document itself.
fn group_of(corpus: &Corpus, number: u32) -> String {
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
        "licence",
        "licence_family",
        "attribution",
        "language",
        "version_of",
    ] {
        key = key.field(part.text(name, row).unwrap_or("\0").as_bytes());
    }
    for span in part.edits.get(row).into_iter().flatten() {
        key = key
            .field(&(span.start as u64).to_le_bytes())
            .field(&(span.end as u64).to_le_bytes());
    }
    key.finish()
}
