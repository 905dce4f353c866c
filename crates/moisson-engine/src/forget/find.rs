//! Where documents lie: by narrow columns of parts, shards and ledger, read by ranges.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::RecordBatch;
use moisson_core::{Digest, Error, Result, TextColumn, reason};
use moisson_shard::tally::{TALLY_KEY, Tally};
use rayon::prelude::*;

use crate::forget::columns;
use crate::forget::tombstones::base_id;
use crate::manifest::{ReleaseManifest, ShardEntry};
use crate::parts::{self, DOCUMENTS};
use crate::publish::{DATA, LEDGER};
use crate::query;
use crate::session::Session;

/// A number for an id, the same for all repeats of a raw record. Two ids of one number are told apart by nothing here,
/// and then more is looked at than is needed.
pub(crate) fn hash(doc_id: &str) -> u64 {
    Digest::of(base_id(doc_id).as_bytes()).prefix_u64()
}

/// Which documents are asked for.
#[derive(Debug, Clone, Default)]
pub struct Which {
    /// Ids.
    pub ids: Vec<String>,
    /// All documents of these sources.
    pub sources: Vec<String>,
    /// Those in the column `doc_id` of a query over the tables of the output.
    pub query: Option<String>,
    /// Those that their publishers withdrew, or whose publishers reserved their rights since.
    pub withdrawn: bool,
}

/// Reasons by which the ledger tells that a document was withdrawn, or its rights reserved.
const WITHDRAWN: &[&str] = &[reason::OPTOUT_RESERVED, reason::RECONCILE_DELETED];

/// Ids that a request asks for, with those of the pieces of forgotten wholes.
///
/// # Errors
/// [`Error::Config`] for a query that is refused or has no column `doc_id`, and for a source that is not there.
pub(crate) fn select(
    session: &Session,
    manifest: Option<&ReleaseManifest>,
    which: &Which,
) -> Result<BTreeSet<String>> {
    let mut ids: BTreeSet<String> = which.ids.iter().cloned().collect();
    if let Some(sql) = &which.query {
        let batches = query::run(session, sql)?;
        for batch in &batches {
            let column = TextColumn::try_new(batch, "doc_id").map_err(|_| {
                Error::config("the query has no column `doc_id`: write for instance SELECT doc_id FROM release WHERE …")
            })?;
            ids.extend(column.iter().flatten().map(str::to_owned));
        }
    }
    let Some(manifest) = manifest else {
        return Ok(ids);
    };
    for source in &which.sources {
        if !manifest.sources.iter().any(|(name, _)| name == source) {
            let known: Vec<&str> = manifest
                .sources
                .iter()
                .map(|(name, _)| name.as_str())
                .collect();
            return Err(Error::config(format!(
                "no source `{source}` in this output; known: {}",
                known.join(", ")
            )));
        }
    }
    let of_source = |id: &str| {
        let source = id.split('/').next().unwrap_or_default();
        which.sources.iter().any(|name| name == source)
    };
    if !which.sources.is_empty() {
        for batches in every(session, manifest, &["doc_id"])? {
            for batch in &batches {
                let column = TextColumn::try_new(batch, "doc_id")?;
                ids.extend(
                    column
                        .iter()
                        .flatten()
                        .filter(|id| of_source(id))
                        .map(str::to_owned),
                );
            }
        }
        ids.retain(|id| !id.starts_with("forgotten:"));
    }
    if which.withdrawn {
        each_ledger_row(session, manifest, &["doc_id", "reason"], &mut |row| {
            if WITHDRAWN.contains(&row("reason").as_deref().unwrap_or_default()) {
                ids.extend(row("doc_id"));
            }
        })?;
    }
    pieces(session, manifest, &mut ids)?;
    Ok(ids)
}

/// Adds the pieces of forgotten wholes: their texts are the text of the whole.
fn pieces(session: &Session, manifest: &ReleaseManifest, ids: &mut BTreeSet<String>) -> Result<()> {
    if !manifest
        .totals
        .dropped
        .contains_key(reason::RECONCILE_ASSEMBLED)
    {
        return Ok(());
    }
    let mut pieces = Vec::new();
    each_ledger_row(
        session,
        manifest,
        &["doc_id", "reason", "observed"],
        &mut |row| {
            let whole = row("observed")
                .filter(|_| row("reason").as_deref() == Some(reason::RECONCILE_ASSEMBLED));
            if whole.is_some_and(|whole| ids.contains(&whole)) {
                pieces.extend(row("doc_id"));
            }
        },
    )?;
    ids.extend(pieces);
    Ok(())
}

/// Sizes of the objects below a folder.
fn sizes(session: &Session, folder: &str) -> Result<BTreeMap<String, u64>> {
    let entries = session.store().list(folder)?.into_iter();
    Ok(entries.map(|entry| (entry.path, entry.size)).collect())
}

/// Reads columns of files that are there, side by side; an absent one gives no batch.
fn read_all(
    session: &Session,
    sizes: &BTreeMap<String, u64>,
    paths: &[String],
    names: &[&str],
) -> Result<Vec<Vec<RecordBatch>>> {
    session.pool().install(|| {
        paths
            .par_iter()
            .map(|path| match sizes.get(path) {
                Some(size) => columns::read(session, path, *size, names),
                None => Ok(Vec::new()),
            })
            .collect()
    })
}

fn part_paths(manifest: &ReleaseManifest) -> Vec<String> {
    let parts = manifest.parts.iter();
    parts
        .map(|part| format!("{}.parquet", parts::stem(DOCUMENTS, &part.name, None)))
        .collect()
}

fn shard_paths(manifest: &ReleaseManifest) -> Vec<String> {
    manifest
        .shards
        .iter()
        .map(|shard| format!("release/{}", shard.path))
        .collect()
}

fn ledger_paths(manifest: &ReleaseManifest) -> Vec<String> {
    manifest
        .ledger
        .iter()
        .map(|entry| format!("{LEDGER}/{}", entry.path))
        .collect()
}

/// Columns of all parts, shards and files of the ledger.
fn every(
    session: &Session,
    manifest: &ReleaseManifest,
    names: &[&str],
) -> Result<Vec<Vec<RecordBatch>>> {
    let mut all = parts(session, manifest, names)?;
    all.extend(shards(session, manifest, names)?);
    all.extend(ledger(session, manifest, names)?);
    Ok(all)
}

/// Looks up the text of a column in a row.
type Lookup<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// Hands over the text columns of each row of the ledger.
fn each_ledger_row(
    session: &Session,
    manifest: &ReleaseManifest,
    names: &[&str],
    take: &mut dyn FnMut(&Lookup<'_>),
) -> Result<()> {
    for batch in ledger(session, manifest, names)?.iter().flatten() {
        let columns = names
            .iter()
            .map(|name| Ok((*name, TextColumn::try_new(batch, name)?)));
        let columns: Vec<(&str, TextColumn<'_>)> = columns.collect::<Result<_>>()?;
        for row in 0..batch.num_rows() {
            take(&|name| {
                let column = columns.iter().find(|(is, _)| *is == name);
                column.and_then(|(_, column)| column.get(row).map(str::to_owned))
            });
        }
    }
    Ok(())
}

/// Columns of all parts, by place in the manifest; none of those that are not there.
pub(crate) fn parts(
    session: &Session,
    manifest: &ReleaseManifest,
    names: &[&str],
) -> Result<Vec<Vec<RecordBatch>>> {
    let sizes = sizes(session, "parts/documents")?;
    read_all(session, &sizes, &part_paths(manifest), names)
}

/// Columns of one part; none if it is not there.
pub(crate) fn part(
    session: &Session,
    manifest: &ReleaseManifest,
    at: usize,
    names: &[&str],
) -> Result<Vec<RecordBatch>> {
    let Some(path) = part_paths(manifest).into_iter().nth(at) else {
        return Ok(Vec::new());
    };
    match session.store().size_if_present(&path)? {
        Some(size) => columns::read(session, &path, size, names),
        None => Ok(Vec::new()),
    }
}

/// Columns of all shards.
pub(crate) fn shards(
    session: &Session,
    manifest: &ReleaseManifest,
    names: &[&str],
) -> Result<Vec<Vec<RecordBatch>>> {
    read_all(
        session,
        &sizes(session, DATA)?,
        &shard_paths(manifest),
        names,
    )
}

/// Columns of one shard.
pub(crate) fn shard(
    session: &Session,
    manifest: &ReleaseManifest,
    at: usize,
    names: &[&str],
) -> Result<Vec<RecordBatch>> {
    let Some(shard) = manifest.shards.get(at) else {
        return Ok(Vec::new());
    };
    let path = format!("release/{}", shard.path);
    columns::read(session, &path, shard.bytes, names)
}

/// Columns of all files of the ledger.
pub(crate) fn ledger(
    session: &Session,
    manifest: &ReleaseManifest,
    names: &[&str],
) -> Result<Vec<Vec<RecordBatch>>> {
    read_all(
        session,
        &sizes(session, LEDGER)?,
        &ledger_paths(manifest),
        names,
    )
}

/// What the footers of shards tell of their rows; nothing of shards of an earlier version.
pub(crate) fn tallies(session: &Session, shards: &[&ShardEntry]) -> Result<Vec<Tally>> {
    let tally = |shard: &&ShardEntry| -> Result<Tally> {
        let path = format!("release/{}", shard.path);
        let note = columns::note(session, &path, shard.bytes, TALLY_KEY)?;
        let tally = note.map(|json| serde_json::from_str(&json)).transpose();
        Ok(tally
            .map_err(|e| Error::store(&path, e))?
            .unwrap_or_default())
    };
    session
        .pool()
        .install(|| shards.par_iter().map(tally).collect())
}
