//! Which documents dedup compared with each other, so that a document can be forgotten without comparing all anew.

use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch, StringArray, UInt32Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, UInt32Type};
use moisson_core::column::column;
use moisson_core::digest::KeyHasher;
use moisson_core::{Digest, Result, TextColumn};
use moisson_shard::file::{self, TableWriter};

use crate::corpus::Corpus;
use crate::forget::find::hash;
use crate::forget::tombstones::Tombstones;
use crate::parts;
use crate::plan::Plan;
use crate::session::Session;

/// Folder of the table.
pub(crate) const COMPONENTS: &str = "parts/dedup/";

/// The table: component and id, in order of components.
pub(crate) type Components = Vec<(u32, String)>;

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("component", DataType::UInt32, false),
        Field::new("doc_id", DataType::Utf8, false),
    ]))
}

/// Path of the table of a release, by its parts and their contents.
pub(crate) fn path<'a>(plan: Digest, parts: impl Iterator<Item = (&'a str, Digest)>) -> String {
    let mut key = KeyHasher::new("components", 1).digest(plan);
    for (name, content) in parts {
        key = key.field(name.as_bytes()).digest(content);
    }
    format!("{COMPONENTS}{}.parquet", key.finish().short(32))
}

/// Writes down the components of a release that is being made, and removes those of others.
///
/// # Errors
/// [`moisson_core::Error::Store`] if the table cannot be written.
pub(crate) fn remember(
    plan: &Plan,
    corpus: &Corpus,
    components: &[Vec<u32>],
    session: &Session,
) -> Result<()> {
    if !plan.pipeline.dedup.near {
        return Ok(());
    }
    let parts = corpus.parts.iter().map(|part| &part.part);
    let parts = parts.map(|part| (part.name.as_str(), part.manifest.content_digest));
    let path = path(plan.digest, parts);
    let rows = (0u32..).zip(components);
    let rows = rows.flat_map(|(number, items)| items.iter().map(move |item| (number, *item)));
    let rows = rows.map(|(number, item)| (number, corpus.doc_id(item).to_owned()));
    write(session, &path, &rows.collect::<Components>())
}

/// Writes a table and removes the others.
///
/// # Errors
/// [`moisson_core::Error::Store`] if it cannot be written.
pub(crate) fn write(session: &Session, path: &str, rows: &Components) -> Result<()> {
    let mut writer = TableWriter::new(schema(), parts::part_options())?;
    for rows in rows.chunks(8192) {
        let numbers = UInt32Array::from_iter_values(rows.iter().map(|(number, _)| *number));
        let ids = StringArray::from_iter_values(rows.iter().map(|(_, id)| id));
        let batch = RecordBatch::try_new(schema(), vec![Arc::new(numbers), Arc::new(ids)])?;
        writer.write(&batch)?;
    }
    session.store().put(path, writer.finish()?.bytes)?;
    remove_others(session, Some(path))
}

/// Removes the tables of other releases: they name documents that may be forgotten.
///
/// # Errors
/// [`moisson_core::Error::Store`] if one cannot be removed.
pub(crate) fn remove_others(session: &Session, path: Option<&str>) -> Result<()> {
    let entries = session.store().list(COMPONENTS.trim_end_matches('/'))?;
    let others = entries.into_iter().map(|entry| entry.path);
    let others: Vec<String> = others
        .filter(|other| Some(other.as_str()) != path)
        .collect();
    session.store().delete_all(&others)
}

/// Reads a table, `None` if there is none.
///
/// # Errors
/// [`moisson_core::Error::Store`] if it cannot be read.
pub(crate) fn read(session: &Session, path: &str) -> Result<Option<Components>> {
    let Some(bytes) = session.store().get_if_present(path)? else {
        return Ok(None);
    };
    let mut rows = Components::new();
    for batch in file::read(bytes, None, 8192)? {
        let batch = batch?;
        let numbers = column(&batch, "component")?.as_primitive::<UInt32Type>();
        let ids = TextColumn::try_new(&batch, "doc_id")?;
        let read = numbers.values().iter().zip(ids.iter());
        rows.extend(read.map(|(number, id)| (*number, id.unwrap_or_default().to_owned())));
    }
    Ok(Some(rows))
}

/// The table with ids as numbers.
pub(crate) fn hashed(components: &Components) -> Vec<(u32, u64)> {
    components
        .iter()
        .map(|(number, id)| (*number, hash(id)))
        .collect()
}

/// The table after a change: what was compared anew has its new components after those that stay.
pub(crate) fn changed(
    before: Components,
    is_changed: &dyn Fn(&str) -> bool,
    corpus: &Corpus,
    new: &[Vec<u32>],
    tombstones: &Tombstones,
) -> Components {
    let first = before.last().map_or(0, |(number, _)| number + 1);
    let stays = before
        .into_iter()
        .filter(|(_, id)| !is_changed(id) && !tombstones.contains(id));
    let mut rows: Components = stays.collect();
    for (number, items) in (first..).zip(new) {
        rows.extend(
            items
                .iter()
                .map(|item| (number, corpus.doc_id(*item).to_owned())),
        );
    }
    rows
}
