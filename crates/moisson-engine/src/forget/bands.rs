//! Whether documents share bands with others that nothing else binds to them.

use std::collections::HashSet;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::UInt64Type;
use moisson_core::column::column;
use moisson_core::{Error, Result};
use rayon::prelude::*;

use crate::corpus::Corpus;
use crate::forget::columns;
use crate::forget::find::{self, hash};
use crate::manifest::{PartEntry, ReleaseManifest};
use crate::parts;
use crate::session::Session;

const FAMILY: &str = "signature";
const COLUMN: &str = "signature_bands";

/// True if one of `rows`, part and row of the corpus, shares a band with a document outside `closure`: dedup may have
/// to compare them. Reads the bands of all documents, a hundred bytes each.
///
/// # Errors
/// [`Error::Store`] if a part cannot be read.
pub(crate) fn are_shared(
    session: &Session,
    manifest: &ReleaseManifest,
    corpus: &Corpus,
    rows: &[(usize, usize)],
    closure: &HashSet<u64>,
) -> Result<bool> {
    let mut bands: HashSet<u64> = HashSet::new();
    for part in &corpus.parts {
        let name = part.part.name.as_str();
        let here = rows.iter().filter(|(at, _)| {
            let other = corpus.parts.get(*at);
            other.is_some_and(|other| other.part.name == name)
        });
        let here: Vec<usize> = here.map(|(_, row)| *row).collect();
        let entry = manifest.parts.iter().find(|entry| entry.name == name);
        if let Some(entry) = entry.filter(|_| !here.is_empty()) {
            let all = read(session, entry)?;
            bands.extend(
                here.iter()
                    .filter_map(|row| all.get(*row))
                    .flatten()
                    .copied(),
            );
        }
    }
    if bands.is_empty() {
        return Ok(false);
    }
    let ids = find::parts(session, manifest, &["doc_id"])?;
    let shared = session.pool().install(|| {
        let parts = manifest.parts.par_iter().zip(&ids);
        parts
            .map(|(entry, ids)| {
                let others = others(ids, closure)?;
                if others.iter().all(|other| !other) {
                    return Ok(false);
                }
                let all = read(session, entry)?;
                let mut rows = all.iter().zip(&others).filter(|(_, other)| **other);
                Ok(rows.any(|(row, _)| row.iter().any(|band| bands.contains(band))))
            })
            .collect::<Result<Vec<bool>>>()
    })?;
    Ok(shared.contains(&true))
}

/// Which rows are outside of the closure.
fn others(batches: &[RecordBatch], closure: &HashSet<u64>) -> Result<Vec<bool>> {
    let mut others = Vec::new();
    for batch in batches {
        let ids = moisson_core::TextColumn::try_new(batch, "doc_id")?;
        let is_other = |id: Option<&str>| !closure.contains(&hash(id.unwrap_or_default()));
        others.extend(ids.iter().map(is_other));
    }
    Ok(others)
}

/// The bands of each document of a part; none where it has no signature.
fn read(session: &Session, entry: &PartEntry) -> Result<Vec<Vec<u64>>> {
    let key = entry.annotations.get(FAMILY).copied();
    let key = key.ok_or_else(|| Error::store(&entry.name, "the part has no signatures"))?;
    let path = format!("{}.parquet", parts::stem(FAMILY, &entry.name, Some(key)));
    let size = session.store().size(&path)?;
    let mut bands = Vec::new();
    for batch in columns::read(session, &path, size, &[COLUMN])? {
        let lists = column(&batch, COLUMN)?.as_fixed_size_list();
        for row in 0..lists.len() {
            bands.push(if lists.is_null(row) {
                Vec::new()
            } else {
                let values = lists.value(row);
                values.as_primitive::<UInt64Type>().values().to_vec()
            });
        }
    }
    Ok(bands)
}
