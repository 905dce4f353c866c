//! Verify: an output against its manifests. What is wrong is listed, not thrown.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, AsArray};
use moisson_core::{ContentHasher, Digest, Result, TextColumn};
use moisson_shard::file;
use rayon::prelude::*;
use serde::Serialize;

use crate::manifest::ReleaseManifest;
use crate::publish::{DATA, LEDGER};
use crate::query;
use crate::session::Session;

/// What was checked and what is wrong.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// Files looked at.
    pub files: u64,
    /// Rows of the release.
    pub rows: u64,
    /// What is wrong; empty if all is well.
    pub problems: Vec<String>,
}

/// Checks that files, rows, schema and books agree with the manifest. `deep` also digests every row again.
///
/// # Errors
/// [`moisson_core::Error::Config`] if there is no release; [`moisson_core::Error::Store`] if the store fails.
pub fn run(session: &Session, deep: bool) -> Result<Report> {
    let (manifest, published) = query::manifest(session)?;
    let mut report = Report::default();
    if !published {
        report.problems.push(
            "the release is staged, not published: an alarm is not acknowledged in the pipeline"
                .into(),
        );
    }
    for (path, documents) in crate::forget::pending(session)? {
        report.problems.push(format!(
            "{path}: {documents} documents are to be forgotten, and that is not finished; `moisson forget OUT --resume` \
             finishes it, as does the next run"
        ));
    }
    check_books(&manifest, &mut report);
    if published {
        check_shards(session, &manifest, deep, &mut report)?;
        check_ledger(session, &manifest, deep, &mut report)?;
        check_strays(session, &manifest, &mut report)?;
    }
    Ok(report)
}

fn check_books(manifest: &ReleaseManifest, report: &mut Report) {
    for (name, books) in manifest
        .sources
        .iter()
        .map(|(name, books)| (name.as_str(), books))
        .chain([("total", &manifest.totals)])
    {
        if !books.balance() {
            let dropped: u64 = books.dropped.values().sum();
            report.problems.push(format!(
                "{name}: read {} is not released {} + dropped {dropped}",
                books.read, books.released
            ));
        }
    }
    let rows: u64 = manifest.shards.iter().map(|shard| shard.rows).sum();
    if rows != manifest.totals.released {
        report.problems.push(format!(
            "the shards hold {rows} rows, the books say {} released",
            manifest.totals.released
        ));
    }
}

fn check_shards(
    session: &Session,
    manifest: &ReleaseManifest,
    deep: bool,
    report: &mut Report,
) -> Result<()> {
    let checked = session.pool().install(|| {
        manifest
            .shards
            .par_iter()
            .map(|shard| {
                let path = format!("release/{}", shard.path);
                check_file(
                    session,
                    &path,
                    shard.file_digest,
                    shard.content_digest,
                    deep,
                )
            })
            .collect::<Result<Vec<_>>>()
    })?;
    for (shard, (rows, mut problems)) in manifest.shards.iter().zip(checked) {
        report.files += 1;
        report.rows += rows;
        if rows != shard.rows && problems.is_empty() {
            problems.push(format!("{}: {rows} rows, not {}", shard.path, shard.rows));
        }
        report.problems.append(&mut problems);
    }
    Ok(())
}

/// Returns the rows of a file and what is wrong with it.
fn check_file(
    session: &Session,
    path: &str,
    file_digest: Digest,
    content_digest: Digest,
    deep: bool,
) -> Result<(u64, Vec<String>)> {
    let Some(bytes) = session.store().get_if_present(path)? else {
        return Ok((0, vec![format!("{path}: missing")]));
    };
    if Digest::of(&bytes) != file_digest {
        return Ok((0, vec![format!("{path}: the file differs from its digest")]));
    }
    let mut rows = 0;
    let mut problems = Vec::new();
    let mut content = ContentHasher::new();
    for batch in file::read(bytes, None, 2048)? {
        let batch = batch?;
        rows += batch.num_rows() as u64;
        if deep {
            content.update(&batch)?;
        }
        if path.starts_with(DATA) {
            check_licences(path, &batch, &mut problems)?;
        }
    }
    if deep && content.finish() != content_digest {
        problems.push(format!("{path}: the rows differ from their digest"));
    }
    Ok((rows, problems))
}

fn check_licences(
    path: &str,
    batch: &arrow::array::RecordBatch,
    problems: &mut Vec<String>,
) -> Result<()> {
    let licences = TextColumn::try_new(batch, "licence")?;
    let ids = TextColumn::try_new(batch, "doc_id")?;
    for (licence, id) in licences.iter().zip(ids.iter()) {
        if licence.is_none_or(|licence| licence.is_empty() || licence == "NOASSERTION") {
            problems.push(format!("{path}: {} has no licence", id.unwrap_or("a row")));
        }
    }
    Ok(())
}

fn check_ledger(
    session: &Session,
    manifest: &ReleaseManifest,
    deep: bool,
    report: &mut Report,
) -> Result<()> {
    let mut counted: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
    for entry in &manifest.ledger {
        let path = format!("{LEDGER}/{}", entry.path);
        report.files += 1;
        let (rows, mut problems) = check_file(
            session,
            &path,
            entry.file_digest,
            entry.content_digest,
            deep,
        )?;
        if rows != entry.rows && problems.is_empty() {
            problems.push(format!("{path}: {rows} rows, not {}", entry.rows));
        }
        let sound = problems.is_empty();
        report.problems.append(&mut problems);
        if !sound {
            continue;
        }
        let bytes = session.store().get(&path)?;
        for batch in file::read(bytes, Some(&["counted", "source", "reason"]), 8192)? {
            let batch = batch?;
            let is_counted = moisson_core::column::column(&batch, "counted")?.as_boolean();
            let sources = TextColumn::try_new(&batch, "source")?;
            let reasons = TextColumn::try_new(&batch, "reason")?;
            for row in 0..batch.num_rows() {
                if is_counted.is_valid(row) && is_counted.value(row) {
                    let source = sources.get(row).unwrap_or_default().to_owned();
                    let reason = reasons.get(row).unwrap_or_default().to_owned();
                    *counted
                        .entry(source)
                        .or_default()
                        .entry(reason)
                        .or_default() += 1;
                }
            }
        }
    }
    for (name, books) in &manifest.sources {
        let found = counted.remove(name).unwrap_or_default();
        if found != books.dropped {
            report.problems.push(format!(
                "{name}: the ledger counts {found:?}, the books say {:?}",
                books.dropped
            ));
        }
    }
    Ok(())
}

fn check_strays(session: &Session, manifest: &ReleaseManifest, report: &mut Report) -> Result<()> {
    let listed: BTreeSet<String> = manifest
        .shards
        .iter()
        .map(|shard| format!("release/{}", shard.path))
        .collect();
    for entry in session.store().list(DATA)? {
        if !listed.contains(&entry.path) {
            report
                .problems
                .push(format!("{}: not in the manifest", entry.path));
        }
    }
    Ok(())
}
