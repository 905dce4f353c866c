//! The ledger: why every record that is not in the release is not there. One file a part, named by its content.

use arrow::array::RecordBatch;
use moisson_core::{Decisions, Result, decision};
use moisson_shard::file::{TableWriter, WriteOptions};
use rayon::prelude::*;

use crate::corpus::{Corpus, CorpusPart};
use crate::manifest::LedgerEntry;
use crate::plan::Plan;
use crate::publish::{LEDGER, STAGED_LEDGER};
use crate::session::Session;

/// Writes the ledger files that are not there yet, into the staging folder.
///
/// # Errors
/// [`moisson_core::Error::Store`] if a file cannot be written.
pub fn run(plan: &Plan, corpus: &Corpus, session: &Session) -> Result<Vec<LedgerEntry>> {
    let there: Vec<String> = session
        .store()
        .list(LEDGER)?
        .into_iter()
        .map(|entry| entry.path)
        .collect();
    let entries = session.pool().install(|| {
        corpus
            .parts
            .par_iter()
            .map(|part| write(plan, part, &there, session))
            .collect::<Result<Vec<_>>>()
    })?;
    let mut entries: Vec<LedgerEntry> = entries.into_iter().flatten().collect();
    entries.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    Ok(entries)
}

fn write(
    plan: &Plan,
    part: &CorpusPart,
    there: &[String],
    session: &Session,
) -> Result<Option<LedgerEntry>> {
    let mut batches: Vec<RecordBatch> = part.faults.iter().cloned().collect();
    if !part.decisions.is_empty() {
        let mut decisions: Vec<&(u32, decision::Decision)> = part.decisions.iter().collect();
        // Stable: the steps of one row stay in the order in which they were taken.
        decisions.sort_by_key(|(row, _)| *row);
        let rows = decisions
            .into_iter()
            .map(|(_, decision)| decision.clone())
            .collect();
        batches.push(Decisions(rows).to_batch()?);
    }
    let source = plan.sources.get(part.part.source);
    let source = source.map_or("", |source| source.name.as_str());
    put(&part.part.name, source, &batches, there, session)
}

/// Writes a file of the ledger into the staging folder, unless it is one of `there`; none without rows.
///
/// # Errors
/// [`moisson_core::Error::Store`] if it cannot be written.
pub(crate) fn put(
    part: &str,
    source: &str,
    batches: &[RecordBatch],
    there: &[String],
    session: &Session,
) -> Result<Option<LedgerEntry>> {
    if batches.is_empty() {
        return Ok(None);
    }
    let mut writer = TableWriter::new(decision::schema(), WriteOptions::default())?;
    batches.iter().try_for_each(|batch| writer.write(batch))?;
    let written = writer.finish()?;
    let digest = written.content_digest.short(16);
    let path = format!("{part}-{digest}.parquet");
    if there.binary_search(&format!("{LEDGER}/{path}")).is_err() {
        session
            .store()
            .put(&format!("{STAGED_LEDGER}/{path}"), written.bytes)?;
    }
    Ok(Some(LedgerEntry {
        path,
        source: source.to_owned(),
        rows: written.rows,
        content_digest: written.content_digest,
        file_digest: written.file_digest,
    }))
}
