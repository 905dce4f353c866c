//! Assemble: pieces that lie in many records become whole documents, by the tables of contents that records hold.
//!
//! It is the second half of reconcile: only current, living pieces take part. A piece leaves as `reconcile/assembled`,
//! its whole comes in as one more document, read and annotated like any other.

mod layout;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use moisson_core::digest::KeyHasher;
use moisson_core::{Assembly, Contents, Date, Decision, Digest, Fault, Result, Sink, reason};

use crate::contents;
use crate::control::Control;
use crate::corpus::Corpus;
use crate::part_sink::{Job, PartSink};
use crate::parts::{self, CONTENTS, Committed};
use crate::plan::{Plan, Unit};
use crate::reconcile::withdrawn;
use crate::session::Session;

use layout::{Current, Pieces, Whole, wholes};
use text::{read_pieces, write};

/// Bumped when the same pieces give another whole.
pub(crate) const ASSEMBLE_VERSION: u32 = 1;

/// Text of the pieces held at once.
const GROUP_TEXT_BYTES: u64 = 64 << 20;

/// Assembles the wholes of every source whose reader has tables of contents.
///
/// # Errors
/// [`moisson_core::Error::Store`] if parts cannot be read or written; [`moisson_core::Error::Interrupted`].
pub(crate) fn run(
    plan: &Plan,
    corpus: &mut Corpus,
    session: &Session,
    control: &Control,
) -> Result<()> {
    let sources: Vec<(usize, Assembly)> = plan
        .sources
        .iter()
        .enumerate()
        .filter_map(|(at, source)| Some((at, source.reader.assembly()?)))
        .collect();
    if sources.is_empty() {
        return Ok(());
    }
    let committed = Committed::list(session.store())?;
    let withdrawn = withdrawn(corpus)?;
    for (source, assembly) in sources {
        let job = Job {
            plan,
            session,
            control,
            committed: &committed,
            source,
        };
        let name = &job.source()?.name;
        let current = current(corpus, job, name, &withdrawn)?;
        let pieces = Pieces::new(corpus, source, name);
        let mut wholes = wholes(current, &pieces, assembly.on);
        // Pieces of one whole lie close together in their archive: in this order each part is read about once.
        wholes.sort_by_key(|whole| (whole.pieces().next(), whole.document.key_text()));
        let made = make(job, corpus, &wholes, assembly)?;
        drop_pieces(corpus, source, name, &wholes, assembly.on);
        corpus.append(plan, made, session)?;
    }
    Ok(())
}

/// Reads the tables of contents of a source; for each key the latest wins, and what was withdrawn since is not there.
fn current(
    corpus: &Corpus,
    job: Job<'_>,
    source: &str,
    withdrawn: &BTreeMap<String, i64>,
) -> Result<BTreeMap<String, Current>> {
    let mut current: BTreeMap<String, Current> = BTreeMap::new();
    for part in &corpus.parts {
        if part.part.source != job.source || part.part.manifest.count("contents") == 0 {
            continue;
        }
        for one in read_contents(job, &part.part.name)? {
            let id = format!("{source}/{}", one.key);
            if withdrawn.get(&id).is_some_and(|at| one.sequence <= *at) {
                continue;
            }
            let known = current.entry(one.key).or_default();
            let is_newer = |before: Option<i64>| before.is_none_or(|before| before < one.sequence);
            if let Some(whole) = one.whole
                && is_newer(known.whole.as_ref().map(|(at, _)| *at))
            {
                known.whole = Some((one.sequence, *whole));
            }
            if !one.entries.is_empty() && is_newer(known.entries.as_ref().map(|(at, _)| *at)) {
                known.entries = Some((one.sequence, one.entries));
            }
        }
    }
    Ok(current)
}

fn read_contents(job: Job<'_>, part: &str) -> Result<Vec<Contents>> {
    let store = job.session.store();
    let stem = parts::stem(CONTENTS, part, None);
    let manifest = store
        .get_json(&format!("{stem}.json"))?
        .ok_or_else(|| moisson_core::Error::store(&stem, "the part has no manifest; run again"))?;
    contents::read(&parts::read(job.session, &stem, &manifest, None)?)
}

/// Key of the unit of a source's assembled documents: it follows from the keys of the parts they are made from.
pub(crate) fn unit_key(
    source: &str,
    assembly: Assembly,
    parts: impl Iterator<Item = Digest>,
) -> Result<Digest> {
    let mut key = KeyHasher::new("assemble", ASSEMBLE_VERSION)
        .field(source.as_bytes())
        .digest(Digest::of_json(&assembly)?);
    for part in parts {
        key = key.digest(part);
    }
    Ok(key.finish())
}

/// Makes the parts of assembled documents that are not committed yet.
fn make(
    job: Job<'_>,
    corpus: &Corpus,
    wholes: &[Whole],
    assembly: Assembly,
) -> Result<Vec<parts::Part>> {
    let source = job.source()?;
    let of_source = corpus.parts.iter().filter(|p| p.part.source == job.source);
    let unit = Unit {
        key: unit_key(
            &source.name,
            assembly,
            of_source.map(|p| p.part.manifest.key),
        )?,
        files: Vec::new(),
        bytes: 0,
        limit: 0,
    };
    let committed = job.committed_parts(source, &unit);
    for part in &committed {
        job.fill(source, part)?;
    }
    if committed.last().is_some_and(|part| part.manifest.last) {
        return Ok(committed);
    }
    let done: u64 = committed
        .iter()
        .map(|part| part.manifest.count("records"))
        .sum();
    let mut sink = PartSink::new(job, source, &unit, committed)?;
    let done = usize::try_from(done)
        .unwrap_or(usize::MAX)
        .min(wholes.len());
    let (before, mut rest) = wholes.split_at(done);
    for _ in before {
        sink.begin_record()?;
    }
    while !rest.is_empty() {
        let (group, after) = rest.split_at(group_length(corpus, rest));
        let read = read_pieces(job, corpus, group)?;
        for whole in group {
            sink.begin_record()?;
            let limit = job.plan.limits.record_bytes_max;
            let bytes = text_bytes(corpus, whole);
            if bytes > limit {
                sink.fault(Fault {
                    reason: reason::EXTRACT_TOO_LARGE,
                    raw_uri: whole.document.raw_uri.clone(),
                    observed: Some(bytes.to_string()),
                    threshold: Some(limit.to_string()),
                    detail: Some("an assembled document".to_owned()),
                    ..Fault::default()
                })?;
            } else {
                sink.document(write(whole, &read, assembly))?;
            }
        }
        rest = after;
    }
    sink.close(true)?;
    Ok(sink.parts)
}

fn text_bytes(corpus: &Corpus, whole: &Whole) -> u64 {
    let pieces = whole.pieces().map(|item| corpus.text_bytes(item));
    pieces.sum()
}

/// How many wholes go together: at least one, and no more text than a group may hold.
fn group_length(corpus: &Corpus, wholes: &[Whole]) -> usize {
    let mut bytes = 0;
    let fits = |whole: &&Whole| {
        bytes += text_bytes(corpus, whole);
        bytes <= GROUP_TEXT_BYTES
    };
    wholes.iter().take_while(fits).count().max(1)
}

/// Writes down of every piece where it went. Without a day, what no contents name stays a document of its own.
fn drop_pieces(corpus: &mut Corpus, source: usize, name: &str, wholes: &[Whole], on: Option<Date>) {
    let decision = |reason: &str, observed: String| Decision {
        step: "reconcile",
        rule: "assemble".to_owned(),
        reason: reason.to_owned(),
        observed: Some(observed),
        ..Decision::default()
    };
    let mut dropped = BTreeSet::new();
    for whole in wholes {
        let id = format!("{name}/{}", whole.document.key_text());
        for item in whole.pieces() {
            if dropped.insert(item) {
                corpus.drop(item, decision(reason::RECONCILE_ASSEMBLED, id.clone()));
            }
        }
    }
    let Some(on) = on else { return };
    let others: Vec<u32> = corpus
        .parts
        .iter()
        .filter(|part| part.part.source == source)
        .flat_map(|part| {
            let items = part.first..;
            items.zip(&part.alive).filter(|(_, alive)| **alive)
        })
        .map(|(item, _)| item)
        .collect();
    for item in others {
        corpus.drop(
            item,
            decision(reason::RECONCILE_NOT_IN_WHOLE, on.to_string()),
        );
    }
}
