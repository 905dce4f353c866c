//! Publish: books, alarms, card, attribution, and the manifest that makes the release visible.

use std::collections::BTreeSet;

use moisson_core::digest::KeyHasher;
use moisson_core::{Digest, Error, Result, SCHEMA_VERSION, reason};
use moisson_shard::tally::Tally;
use rayon::prelude::*;

use crate::corpus::Corpus;
use crate::documents;
use crate::facts;
use crate::manifest::{Books, LedgerEntry, PartEntry, RaisedAlarm, ReleaseManifest, ShardEntry};
use crate::parts::{self, Part};
use crate::plan::{Plan, TOKENS};
use crate::session::{Session, WORK};

/// Folder of the published shards.
pub const DATA: &str = "release/data";
/// Folder of the published ledger.
pub const LEDGER: &str = "ledger";
/// Folder of shards that are not published yet.
pub const STAGED_DATA: &str = "staged/data";
/// Folder of a ledger that is not published yet.
pub const STAGED_LEDGER: &str = "staged/ledger";
/// The manifest of the release.
pub const MANIFEST: &str = "release/manifest.json";
/// The manifest of a release that an alarm keeps from being published.
pub const STAGED_MANIFEST: &str = "staged/manifest.json";

/// Versions of the steps between parts and release, so that a changed step is run again.
const STEPS: &[(&str, u32)] = &[
    ("reconcile", 2),
    ("assemble", crate::assemble::ASSEMBLE_VERSION),
    (crate::decide::DECIDE, crate::decide::DECIDE_VERSION),
    ("dedup", 2),
    ("shard", crate::shard::SHARD_VERSION),
    ("publish", 2),
];

/// What came of a run.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The release's manifest, published or staged.
    pub manifest: ReleaseManifest,
    /// True if it is published; false if an alarm that nobody acknowledged keeps it staged.
    pub published: bool,
    /// True if there was nothing to do.
    pub unchanged: bool,
}

impl Outcome {
    /// Alarms that keep the release from being published.
    pub fn open_alarms(&self) -> impl Iterator<Item = &RaisedAlarm> {
        self.manifest
            .alarms
            .iter()
            .filter(|alarm| alarm.acknowledged.is_none())
    }
}

/// Digest of everything the release follows from: equal means nothing to do.
pub fn state(plan: &Plan, parts: &[Part]) -> Digest {
    let mut key = KeyHasher::new("release", SCHEMA_VERSION).digest(plan.digest);
    for (step, version) in STEPS {
        key = key.field(step.as_bytes()).field(&version.to_le_bytes());
    }
    // Annotations have the digests of their models in their keys; what is shipped has none of its own.
    if let Some(tokenizer) = plan.models.get(TOKENS) {
        key = key.digest(*tokenizer);
    }
    for part in parts {
        key = key
            .field(part.name.as_bytes())
            .digest(part.manifest.content_digest);
        for (_, annotations) in annotation_keys(plan, part) {
            key = key.digest(annotations);
        }
    }
    key.finish()
}

/// Returns the outcome that is already there for this state.
///
/// # Errors
/// [`moisson_core::Error::Store`] if the output cannot be read.
pub fn unchanged(state: Digest, session: &Session) -> Result<Option<Outcome>> {
    for (path, published) in [(MANIFEST, true), (STAGED_MANIFEST, false)] {
        let manifest: Option<ReleaseManifest> = session.store().get_json(path).ok().flatten();
        if let Some(manifest) = manifest.filter(|manifest| manifest.state == state) {
            // A kill between the manifest and the cleaning up leaves staged files: finish that.
            if published {
                sweep(&manifest, session)?;
            }
            return Ok(Some(Outcome {
                manifest,
                published,
                unchanged: true,
            }));
        }
    }
    Ok(None)
}

/// Stages the manifest, and publishes unless an alarm is not acknowledged. `whatever_alarms`: a release from which a
/// document is taken must not stay as it was because of one.
///
/// # Errors
/// [`moisson_core::Error::Store`] if a file cannot be written or moved; running again finishes the work.
pub fn run(
    plan: &Plan,
    corpus: &Corpus,
    mut shards: Vec<ShardEntry>,
    ledger: Vec<LedgerEntry>,
    state: Digest,
    session: &Session,
    whatever_alarms: bool,
) -> Result<Outcome> {
    shards.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    let mut facts = Tally::default();
    for shard in &mut shards {
        let tally = shard.tally.take();
        facts.merge(&tally.ok_or_else(|| Error::internal("a shard that nobody counted"))?);
    }
    let sources = books(plan, corpus, &facts);
    let mut totals = Books::default();
    for (_, books) in &sources {
        totals.add(books);
    }
    totals.text_bytes_out = shards.iter().map(|shard| shard.text_bytes).sum();
    let manifest = ReleaseManifest {
        schema_version: SCHEMA_VERSION,
        name: plan.pipeline.name.clone(),
        content_digest: content_digest(&shards),
        plan_digest: plan.digest,
        state,
        alarms: alarms(plan, &sources),
        totals,
        sources,
        models: plan.models.clone(),
        facts,
        readers: (plan.sources.iter())
            .map(|source| (source.name.clone(), source.reader_tag.clone()))
            .collect(),
        shards,
        ledger,
        parts: corpus
            .parts
            .iter()
            .map(|part| part_entry(plan, &part.part))
            .collect::<Result<_>>()?,
        pipeline: serde_json::to_value(plan.pipeline.portable())
            .map_err(|e| Error::internal(e.to_string()))?,
        moisson_version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let outcome = Outcome {
        manifest,
        published: false,
        unchanged: false,
    };
    if !whatever_alarms && outcome.open_alarms().next().is_some() {
        session
            .store()
            .put_json(STAGED_MANIFEST, &outcome.manifest)?;
        return Ok(outcome);
    }
    let manifest = outcome.manifest;
    move_staged(&manifest, session)?;
    let told = facts::of(&plan.pipeline, &manifest, session)?;
    documents::write_always(&told, session.store())?;
    // Another run that published meanwhile wins: this one must not sweep away what that one lists.
    session.store().replace_json(MANIFEST, &manifest)?;
    sweep(&manifest, session)?;
    Ok(Outcome {
        manifest,
        published: true,
        unchanged: false,
    })
}

/// Digest of the shards' content digests.
pub(crate) fn content_digest(shards: &[ShardEntry]) -> Digest {
    let mut content = KeyHasher::new("release", SCHEMA_VERSION);
    for shard in shards {
        content = content
            .field(shard.path.as_bytes())
            .digest(shard.content_digest);
    }
    content.finish()
}

fn part_entry(plan: &Plan, part: &Part) -> Result<PartEntry> {
    Ok(PartEntry {
        name: part.name.clone(),
        key: part.manifest.key,
        rows: part.manifest.rows,
        content_digest: part.manifest.content_digest,
        annotations: annotation_keys(plan, part)
            .map(|(family, key)| (family.to_owned(), key))
            .collect(),
        decide: Some(crate::decide::key(plan, part)?),
    })
}

/// Families of a part's annotations under this plan, with their keys.
pub(crate) fn annotation_keys(
    plan: &Plan,
    part: &Part,
) -> impl Iterator<Item = (&'static str, Digest)> {
    let annotators = plan
        .sources
        .get(part.source)
        .into_iter()
        .flat_map(|source| &source.annotators);
    let documents = part.manifest.key;
    annotators.map(move |annotator| {
        let key = parts::annotation_key(annotator.as_ref(), documents);
        (annotator.family(), key)
    })
}

/// Moves what is staged and belongs to the release to its place.
pub(crate) fn move_staged(manifest: &ReleaseManifest, session: &Session) -> Result<()> {
    let store = session.store();
    let staged: BTreeSet<String> = store
        .list("staged")?
        .into_iter()
        .map(|entry| entry.path)
        .collect();
    let shards = manifest
        .shards
        .iter()
        .map(|s| (format!("staged/{}", s.path), format!("release/{}", s.path)));
    let ledger = manifest.ledger.iter().map(|l| {
        (
            format!("{STAGED_LEDGER}/{}", l.path),
            format!("{LEDGER}/{}", l.path),
        )
    });
    let moves = shards
        .chain(ledger)
        .filter(|(from, _)| staged.contains(from));
    let moves: Vec<(String, String)> = moves.collect();
    let pool = session.pool();
    pool.install(|| (moves.par_iter()).try_for_each(|(from, to)| store.rename(from, to)))
}

/// Removes what the release does not list: shards and ledger files of an earlier one, what is still staged, and what
/// processes left for each other.
pub(crate) fn sweep(manifest: &ReleaseManifest, session: &Session) -> Result<()> {
    let store = session.store();
    let listed: BTreeSet<String> = manifest
        .shards
        .iter()
        .map(|shard| format!("release/{}", shard.path))
        .chain(
            manifest
                .ledger
                .iter()
                .map(|entry| format!("{LEDGER}/{}", entry.path)),
        )
        .collect();
    for folder in [DATA, LEDGER, "staged", WORK] {
        let paths = store.list(folder)?.into_iter().map(|entry| entry.path);
        let stray: Vec<String> = paths.filter(|path| !listed.contains(path)).collect();
        store.delete_all(&stray)?;
    }
    Ok(())
}

/// Keeps the account of every source.
fn books(plan: &Plan, corpus: &Corpus, facts: &Tally) -> Vec<(String, Books)> {
    let mut books: Vec<(String, Books)> = plan
        .sources
        .iter()
        .map(|source| {
            let raw_bytes = source.units.iter().map(|unit| unit.bytes).sum();
            (
                source.name.clone(),
                Books {
                    raw_bytes,
                    ..Books::default()
                },
            )
        })
        .collect();
    for part in &corpus.parts {
        let Some((_, account)) = books.get_mut(part.part.source) else {
            continue;
        };
        let manifest = &part.part.manifest;
        account.read += part.rows.num_rows() as u64 + manifest.unreadable.values().sum::<u64>();
        account.text_bytes_in += manifest.count("text_bytes");
        for (reason, number) in &manifest.unreadable {
            *account.dropped.entry(reason.clone()).or_default() += number;
        }
        for (_, decision) in part
            .decisions
            .iter()
            .filter(|(_, decision)| decision.counted)
        {
            *account.dropped.entry(decision.reason.clone()).or_default() += 1;
        }
        account.released += part.alive.iter().filter(|alive| **alive).count() as u64;
    }
    text_bytes_out(&mut books, facts);
    books
}

/// Takes over the bytes of released text, where facts tell of them: what replaces personal data has a length of its own.
pub(crate) fn text_bytes_out(books: &mut [(String, Books)], facts: &Tally) {
    if facts.is_empty() {
        return;
    }
    for (name, account) in books {
        let of_source = facts.iter().filter(|(key, _)| key.source == *name);
        account.text_bytes_out = of_source.map(|(_, cell)| cell.text_bytes).sum();
    }
}

fn alarms(plan: &Plan, sources: &[(String, Books)]) -> Vec<RaisedAlarm> {
    let bound = plan.pipeline.alarm;
    let mut raised = Vec::new();
    for (name, books) in sources {
        let expected = plan
            .pipeline
            .source
            .get(name)
            .map(|source| &source.expected_drop);
        for (reason, &dropped) in &books.dropped {
            // A piece is not lost: its text is in the whole, or is of another day than the one asked for.
            // What was forgotten was meant to go.
            if [
                reason::RECONCILE_ASSEMBLED,
                reason::RECONCILE_NOT_IN_WHOLE,
                reason::RIGHTS_FORGOTTEN,
            ]
            .contains(&reason.as_str())
            {
                continue;
            }
            // A part that nobody could read is missing, whatever its share.
            let missing = reason == reason::ENGINE_PART_FAILED;
            let too_many = books.read >= bound.records_min
                && dropped as f64 > bound.share_max * books.read as f64;
            if missing || too_many {
                raised.push(RaisedAlarm {
                    source: name.clone(),
                    reason: reason.clone(),
                    dropped,
                    read: books.read,
                    acknowledged: expected.and_then(|expected| expected.get(reason).cloned()),
                });
            }
        }
    }
    raised
}
