//! Finding the row of one document among the parts, without reading what cannot hold it.

use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::DataType;
use futures::{StreamExt, TryStreamExt};
use moisson_core::{Error, Result};
use object_store::ObjectStore;
use object_store::path::Path;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, RowSelection};
use parquet::arrow::async_reader::ParquetRecordBatchStreamBuilder;
use parquet::file::metadata::{PageIndexPolicy, RowGroupMetaData};
use serde_json::{Map, Value};

use super::rows::rows;
use crate::manifest::{PartEntry, ReleaseManifest};
use crate::parts::{self, DOCUMENTS};
use crate::ranges::RangedFile;
use crate::session::Session;

/// Parts whose ids are read at once.
const PARTS_AT_ONCE: usize = 8;

/// A document that was read, with its measurements.
pub(super) struct Found {
    /// Its row of `documents`.
    pub(super) document: Map<String, Value>,
    /// Its measurements of all families; `None` where their files are gone.
    pub(super) annotations: Option<Map<String, Value>>,
    /// Records that have this id.
    pub(super) records: usize,
}

/// A row of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place<'a> {
    part: &'a PartEntry,
    row: usize,
    raw_uri: String,
}

/// Finds the document; where several records have its id, the one that the ledger did not pass over.
///
/// # Errors
/// [`Error::Store`] if a part is damaged.
pub(super) fn document(
    session: &Session,
    manifest: &ReleaseManifest,
    doc_id: &str,
    decisions: &[Map<String, Value>],
) -> Result<Option<Found>> {
    let (id, repeat) = written_as(doc_id);
    let of_source = |part: &&PartEntry| {
        let source = manifest.sources.iter().map(|(name, _)| name);
        let mut source = source.filter(|name| part.name.starts_with(&format!("{name}/")));
        part.rows > 0 && source.any(|name| id.starts_with(&format!("{name}/")))
    };
    let parts: Vec<&PartEntry> = manifest.parts.iter().filter(of_source).collect();
    let store = session.store().object_store();
    let place = |path: &str| session.store().full_path(path);
    let looked = futures::stream::iter(parts.into_iter().map(|part| {
        let (store, path) = (store.clone(), place(&documents(part)));
        async move {
            let found = ids(store, path, id).await?;
            let placed = found
                .into_iter()
                .map(|(row, raw_uri)| Place { part, row, raw_uri });
            Ok::<Vec<Place<'_>>, Error>(placed.collect())
        }
    }));
    let places: Vec<Vec<Place<'_>>> = session
        .runtime()
        .block_on(looked.buffered(PARTS_AT_ONCE).try_collect())?;
    let places: Vec<Place<'_>> = places.into_iter().flatten().collect();
    let current = match repeat {
        Some(repeat) => places.get(repeat - 1),
        None => current(&places, decisions),
    };
    let Some(current) = current else {
        return Ok(None);
    };
    let read = |path: String| {
        session
            .runtime()
            .block_on(row(store.clone(), place(&path), current.row))
    };
    let Some(document) = read(documents(current.part))? else {
        return Ok(None);
    };
    let mut annotations = Map::new();
    for (family, key) in &current.part.annotations {
        let stem = parts::stem(family, &current.part.name, Some(*key));
        annotations.extend(read(format!("{stem}.parquet"))?.into_iter().flatten());
    }
    Ok(Some(Found {
        document,
        annotations: (!annotations.is_empty()).then_some(annotations),
        records: if repeat.is_some() { 1 } else { places.len() },
    }))
}

fn documents(part: &PartEntry) -> String {
    format!("{}.parquet", parts::stem(DOCUMENTS, &part.name, None))
}

/// The id as it is in the parts: repeats of a record that is only known by its digest get a suffix `~2` later.
fn written_as(doc_id: &str) -> (&str, Option<usize>) {
    let repeat = doc_id.rsplit_once('~').and_then(|(id, number)| {
        let key = id.rsplit('/').next()?;
        let number = number.parse().ok().filter(|number| *number > 1)?;
        (key.len() == 35 && key.starts_with("b3-")).then_some((id, Some(number)))
    });
    repeat.unwrap_or((doc_id, None))
}

/// The record that became the document: the first that reconcile did not pass over.
fn current<'a, 'p>(
    places: &'a [Place<'p>],
    decisions: &[Map<String, Value>],
) -> Option<&'a Place<'p>> {
    let text = |row: &Map<String, Value>, key: &str| {
        row.get(key).and_then(Value::as_str).map(str::to_owned)
    };
    let mut passed_over: Vec<String> = decisions
        .iter()
        .filter(|row| {
            let reason = text(row, "reason").unwrap_or_default();
            ["reconcile/superseded", "reconcile/conflict"].contains(&reason.as_str())
        })
        .filter_map(|row| text(row, "raw_uri"))
        .collect();
    let kept = places.iter().find(|place| {
        // One file may hold several records of an id: each row of the ledger passes over one of them.
        match passed_over.iter().position(|uri| *uri == place.raw_uri) {
            Some(at) => {
                passed_over.swap_remove(at);
                false
            }
            None => true,
        }
    });
    kept.or_else(|| places.last())
}

/// Rows of a file that have an id, with their `raw_uri`; none where the file is gone.
async fn ids(store: Arc<dyn ObjectStore>, path: Path, id: &str) -> Result<Vec<(usize, String)>> {
    let Some(builder) = open(store, &path).await? else {
        return Ok(Vec::new());
    };
    let schema = builder.parquet_schema();
    let leaf = |name: &str| {
        let mut columns = schema.columns().iter();
        columns.position(|column| column.path().string() == name)
    };
    let damaged = |e: parquet::errors::ParquetError| Error::store(&path, e);
    let (Some(ids), Some(uris)) = (leaf("doc_id"), leaf("raw_uri")) else {
        return Err(Error::store(&path, "no columns `doc_id` and `raw_uri`"));
    };
    let mut groups = Vec::new();
    let mut firsts = Vec::new();
    let mut first = 0;
    for (at, group) in builder.metadata().row_groups().iter().enumerate() {
        let rows = usize::try_from(group.num_rows()).unwrap_or_default();
        if may_hold(group, ids, id) {
            groups.push(at);
            firsts.push((first, rows));
        }
        first += rows;
    }
    if groups.is_empty() {
        return Ok(Vec::new());
    }
    let mask = ProjectionMask::leaves(schema, [ids, uris]);
    let stream = builder
        .with_projection(mask)
        .with_row_groups(groups)
        .build()
        .map_err(damaged)?;
    let batches: Vec<RecordBatch> = stream.try_collect().await.map_err(damaged)?;
    let mut numbers = firsts
        .into_iter()
        .flat_map(|(first, rows)| first..first + rows);
    let mut found = Vec::new();
    for batch in &batches {
        let text = |name: &str| -> Result<_> {
            Ok(arrow::compute::cast(
                moisson_core::column::column(batch, name)?,
                &DataType::Utf8,
            )?)
        };
        let (ids, uris) = (text("doc_id")?, text("raw_uri")?);
        let (ids, uris) = (ids.as_string::<i32>(), uris.as_string::<i32>());
        for row in 0..batch.num_rows() {
            let number = numbers.next().unwrap_or_default();
            if ids.is_valid(row) && ids.value(row) == id {
                found.push((number, uris.value(row).to_owned()));
            }
        }
    }
    Ok(found)
}

/// False if the smallest and largest id of a row group rule this one out.
fn may_hold(group: &RowGroupMetaData, column: usize, id: &str) -> bool {
    let bounds = group.column(column).statistics();
    let (min, max) = (
        bounds.and_then(|bounds| bounds.min_bytes_opt()),
        bounds.and_then(|bounds| bounds.max_bytes_opt()),
    );
    min.is_none_or(|min| min <= id.as_bytes()) && max.is_none_or(|max| id.as_bytes() <= max)
}

/// One row of a file as a JSON object; `None` where the file is gone.
async fn row(
    store: Arc<dyn ObjectStore>,
    path: Path,
    number: usize,
) -> Result<Option<Map<String, Value>>> {
    let Some(builder) = open(store, &path).await? else {
        return Ok(None);
    };
    let damaged = |e: parquet::errors::ParquetError| Error::store(&path, e);
    let total = usize::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or_default();
    if number >= total {
        return Err(Error::store(&path, "it has fewer rows than its documents"));
    }
    let selection =
        RowSelection::from_consecutive_ranges(std::iter::once(number..number + 1), total);
    let stream = builder
        .with_row_selection(selection)
        .build()
        .map_err(damaged)?;
    let batches: Vec<RecordBatch> = stream.try_collect().await.map_err(damaged)?;
    Ok(rows(&batches)?.into_iter().next())
}

async fn open(
    store: Arc<dyn ObjectStore>,
    path: &Path,
) -> Result<Option<ParquetRecordBatchStreamBuilder<RangedFile>>> {
    let file = RangedFile::open(store, path.clone()).await;
    // After `clean --keep receipts` there is none.
    let Some(file) = file.map_err(|e| Error::store(path, e))? else {
        return Ok(None);
    };
    let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Optional);
    ParquetRecordBatchStreamBuilder::new_with_options(file, options)
        .await
        .map(Some)
        .map_err(|e| Error::store(path, e))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use moisson_core::Digest;
    use serde_json::{Map, Value, json};

    use super::{PartEntry, Place, current, written_as};

    #[test]
    fn ids_as_the_parts_hold_them() {
        let digest = "s/b3-0123456789abcdef0123456789abcdef";
        for (id, expected) in [
            ("s/a", ("s/a", None)),
            ("s/a~2", ("s/a~2", None)),
            (&format!("{digest}~3"), (digest, Some(3))),
            (&format!("{digest}~1"), (&*format!("{digest}~1"), None)),
        ] {
            assert_eq!(written_as(id), expected, "{id}");
        }
    }

    #[test]
    fn the_record_that_was_not_passed_over_is_the_document() {
        let part = PartEntry {
            name: "s/u-0".to_owned(),
            key: Digest::of(b""),
            rows: 9,
            content_digest: Digest::of(b""),
            annotations: BTreeMap::new(),
            decide: None,
        };
        let check = |uris: &[&str], passed_over: &[&str], expected: Option<usize>| {
            let places: Vec<Place<'_>> = (uris.iter().enumerate())
                .map(|(row, uri)| Place {
                    part: &part,
                    row,
                    raw_uri: (*uri).to_owned(),
                })
                .collect();
            let decisions: Vec<Map<String, Value>> = passed_over
                .iter()
                .map(|uri| json!({ "reason": "reconcile/superseded", "raw_uri": uri }))
                .filter_map(|row| row.as_object().cloned())
                .collect();
            let found = current(&places, &decisions).map(|place| place.row);
            assert_eq!(found, expected, "{uris:?} without {passed_over:?}");
        };
        check(&[], &[], None);
        check(&["a"], &[], Some(0));
        check(&["a", "b"], &["a"], Some(1));
        check(&["a", "b"], &["b"], Some(0));
        check(&["a", "a", "b"], &["a", "a"], Some(2));
        check(&["a"], &["a"], Some(0));
    }
}
