//! Reconcile: one current record per id. Increments and tombstones are taken in time order.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, RecordBatch, UInt32Array};
use arrow::datatypes::{DataType, Field, Schema};
use moisson_core::column::column;
use moisson_core::{Decision, Result, TextColumn, reason};

use crate::corpus::Corpus;
use crate::session::Session;

/// Drops what is superseded, conflicting or withdrawn.
///
/// Of several records with one id, the one with the highest sequence (the timestamp of its increment), then the latest
/// `modified_on`, then the latest `raw_modified`, is current. Where these are equal the first read stays, and another with a different text is a
/// conflict. A key that is only a digest of the raw record cannot be superseded: its repeats get a suffix `~2`.
///
/// # Errors
/// [`moisson_core::Error::Store`] if grouping runs out of scratch.
pub fn run(corpus: &mut Corpus, session: &Session) -> Result<()> {
    let withdrawn = withdrawn(corpus)?;
    run_with(corpus, &withdrawn, session)
}

/// As [`run`], with the ids that publishers withdrew.
///
/// # Errors
/// As [`run`].
pub(crate) fn run_with(
    corpus: &mut Corpus,
    withdrawn: &BTreeMap<String, i64>,
    session: &Session,
) -> Result<()> {
    withdraw(corpus, withdrawn);
    let groups = session.groups(keys(corpus)?)?;
    let mut renamed: BTreeMap<usize, Vec<(usize, String)>> = BTreeMap::new();
    for group in groups {
        let Some(&first) = group.first() else {
            continue;
        };
        let is_raw = corpus
            .doc_id(first)
            .rsplit('/')
            .next()
            .is_some_and(|key| key.len() == 35 && key.starts_with("b3-"));
        if is_raw {
            for (repeat, &item) in group.iter().enumerate().skip(1) {
                let id = format!("{}~{}", corpus.doc_id(item), repeat + 1);
                let (part, row) = corpus.locate(item);
                renamed.entry(part).or_default().push((row, id));
            }
        } else {
            supersede(corpus, &group);
        }
    }
    for (part, renamed) in renamed {
        if let Some(part) = corpus.parts.get_mut(part) {
            part.rename(&renamed)?;
        }
    }
    Ok(())
}

/// Ids of living documents beside their numbers.
fn keys(corpus: &Corpus) -> Result<Vec<RecordBatch>> {
    let schema = Arc::new(Schema::new(vec![
        Field::new("key", DataType::Utf8, true),
        Field::new("item", DataType::UInt32, false),
    ]));
    corpus
        .parts
        .iter()
        .map(|part| {
            let ids = arrow::compute::nullif(
                column(&part.rows, "doc_id")?,
                &arrow::compute::not(&part.mask())?,
            )?;
            let items = UInt32Array::from_iter_values((part.first..).take(ids.len()));
            Ok(RecordBatch::try_new(
                schema.clone(),
                vec![ids, Arc::new(items)],
            )?)
        })
        .collect()
}

fn supersede(corpus: &mut Corpus, group: &[u32]) {
    let order = |corpus: &Corpus, item: u32| {
        let (at, row) = corpus.locate(item);
        corpus.parts.get(at).map(|part| {
            let modified = part.date("modified_on", row);
            (
                part.sequence(row),
                modified,
                part.integer("raw_modified", row),
            )
        })
    };
    let digest = |corpus: &Corpus, item: u32| {
        let (at, row) = corpus.locate(item);
        corpus
            .parts
            .get(at)
            .and_then(|part| part.text("text_digest", row).map(str::to_owned))
    };
    // The first of equals: `max_by_key` would take the last.
    let current = group.iter().copied().reduce(|best, item| {
        if order(corpus, item) > order(corpus, best) {
            item
        } else {
            best
        }
    });
    let Some(current) = current else { return };
    let (newest, kept_text) = (order(corpus, current), digest(corpus, current));
    for &item in group.iter().filter(|&&item| item != current) {
        let tie = order(corpus, item) == newest;
        let differs = digest(corpus, item) != kept_text;
        let (reason, detail) = match (tie, differs) {
            (false, _) => (reason::RECONCILE_SUPERSEDED, "an older record of this key"),
            (true, false) => (reason::RECONCILE_SUPERSEDED, "the same record again"),
            (true, true) => (
                reason::RECONCILE_CONFLICT,
                "another record of this key, as recent and with another text, was read first",
            ),
        };
        let (sequence, modified, _) = order(corpus, item).unwrap_or_default();
        let shown = modified.map_or_else(|| sequence.to_string(), |date| date.to_string());
        corpus.drop(
            item,
            Decision {
                step: "reconcile",
                rule: "one-record-per-key".to_owned(),
                reason: reason.to_owned(),
                observed: Some(shown),
                detail: Some(detail.to_owned()),
                ..Decision::default()
            },
        );
    }
}

/// Drops documents that a tombstone at or after their own time withdraws.
fn withdraw(corpus: &mut Corpus, withdrawn: &BTreeMap<String, i64>) {
    if withdrawn.is_empty() {
        return;
    }
    let mut hit = Vec::new();
    for part in &corpus.parts {
        for row in 0..part.rows.num_rows() {
            let Some(&sequence) = part.text("doc_id", row).and_then(|id| withdrawn.get(id)) else {
                continue;
            };
            let is_alive = part.alive.get(row).copied().unwrap_or_default();
            if is_alive && part.sequence(row) <= sequence {
                hit.push((
                    part.first + u32::try_from(row).unwrap_or(u32::MAX),
                    sequence,
                ));
            }
        }
    }
    for (item, sequence) in hit {
        corpus.drop(
            item,
            Decision {
                step: "reconcile",
                rule: "tombstone".to_owned(),
                reason: reason::RECONCILE_DELETED.to_owned(),
                observed: Some(sequence.to_string()),
                ..Decision::default()
            },
        );
    }
}

/// Ids that tombstones withdraw, with the latest time at which one does.
///
/// # Errors
/// [`moisson_core::Error::Internal`] if a table lacks a column.
pub(crate) fn withdrawn(corpus: &Corpus) -> Result<BTreeMap<String, i64>> {
    let mut withdrawn: BTreeMap<String, i64> = BTreeMap::new();
    for part in &corpus.parts {
        let Some(faults) = part
            .faults
            .as_ref()
            .filter(|_| part.part.manifest.count("tombstones") > 0)
        else {
            continue;
        };
        let (reasons, ids, observed) = (
            TextColumn::try_new(faults, "reason")?,
            TextColumn::try_new(faults, "doc_id")?,
            TextColumn::try_new(faults, "observed")?,
        );
        for row in 0..faults.num_rows() {
            if reasons.get(row) != Some(reason::RECONCILE_TOMBSTONE) {
                continue;
            }
            if let (Some(id), Some(sequence)) = (ids.get(row), observed.get(row)) {
                let sequence: i64 = sequence.parse().unwrap_or(i64::MAX);
                let latest = withdrawn.entry(id.to_owned()).or_insert(sequence);
                *latest = (*latest).max(sequence);
            }
        }
    }
    Ok(withdrawn)
}
