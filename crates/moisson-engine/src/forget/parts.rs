//! Takes forgotten documents out of the parts they lie in. Keys stay, so that later runs reuse the parts.
//!
//! A kill may come between any two writes: annotations go first, by the rows that the documents still show, and the
//! documents last, so that doing it again finishes what is missing.

use std::collections::BTreeMap;

use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use moisson_core::{
    Decision, Decisions, PartManifest, Result, TextColumn, decision, document, reason,
};
use moisson_shard::file::{self, TableWriter, Written};

use crate::contents;
use crate::decide::DECIDE;
use crate::forget::proof::Change;
use crate::forget::tombstones::Tombstones;
use crate::manifest::PartEntry;
use crate::parts::{self, CONTENTS, DOCUMENTS, FAULTS};
use crate::store::Store;

/// Count of forgotten rows in the manifest of a part.
pub(crate) const FORGOTTEN: &str = "forgotten";

/// Takes what is forgotten out of one part; tells what was changed, nothing where nothing was there.
///
/// # Errors
/// [`moisson_core::Error::Store`] if a table cannot be read or written; doing it again finishes the work.
pub(crate) fn redact(
    store: &Store,
    tombstones: &Tombstones,
    part: &PartEntry,
) -> Result<Vec<Change>> {
    let stem = parts::stem(DOCUMENTS, &part.name, None);
    let Some(mut manifest) = store.get_json::<PartManifest>(&format!("{stem}.json"))? else {
        return Ok(Vec::new());
    };
    let source = part.name.split('/').next().unwrap_or_default();
    let batches = read(store, &stem)?.unwrap_or_default();
    let stays: Vec<BooleanArray> = batches
        .iter()
        .map(|batch| stays(batch, tombstones))
        .collect::<Result<_>>()?;
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    let left: usize = stays.iter().map(BooleanArray::true_count).sum();
    let mut changes = Vec::new();
    let is_cut = left < rows || manifest.rows != rows as u64;
    if is_cut {
        for (family, key) in &part.annotations {
            let stem = parts::stem(family, &part.name, Some(*key));
            changes.extend(annotation(store, &stem, &stays, rows)?);
        }
        if let Some(key) = part.decide {
            // What was decided names rows by number. It is made again in no time, from narrow columns.
            let stem = parts::stem(DECIDE, &part.name, Some(key));
            store.delete(&format!("{stem}.json"))?;
            store.delete(&format!("{stem}.parquet"))?;
        }
    }
    let marks = marks(&batches, &stays, tombstones)?;
    let faults = faults(store, tombstones, source, part, &marks, &mut manifest)?;
    changes.extend(contents_of(store, tombstones, source, part)?);
    if is_cut || faults.is_some() {
        let before = (manifest.rows, manifest.content_digest);
        let kept = kept(&batches, &stays)?;
        let mut text_bytes = 0;
        for batch in &kept {
            let texts = TextColumn::try_new(batch, "text")?;
            text_bytes += texts.iter().flatten().map(str::len).sum::<usize>() as u64;
        }
        manifest.counts.insert("text_bytes".to_owned(), text_bytes);
        manifest.counts.insert("documents".to_owned(), left as u64);
        let written = table(document::schema(), &kept)?;
        let manifest = parts::commit(store, &stem, written, manifest)?;
        changes.push(Change::of_part(&stem, before, &manifest));
    }
    changes.extend(faults);
    Ok(changes)
}

/// Rows that are not forgotten.
fn stays(batch: &RecordBatch, tombstones: &Tombstones) -> Result<BooleanArray> {
    let ids = TextColumn::try_new(batch, "doc_id")?;
    let stays = ids
        .iter()
        .map(|id| Some(!id.is_some_and(|id| tombstones.contains(id))));
    Ok(stays.collect())
}

/// How many rows of each mark are taken out.
fn marks(
    batches: &[RecordBatch],
    stays: &[BooleanArray],
    tombstones: &Tombstones,
) -> Result<BTreeMap<String, (String, usize)>> {
    let mut marks: BTreeMap<String, (String, usize)> = BTreeMap::new();
    for (batch, stays) in batches.iter().zip(stays) {
        let ids = TextColumn::try_new(batch, "doc_id")?;
        for (id, _) in ids
            .iter()
            .zip(stays.values().iter())
            .filter(|(_, stays)| !stays)
        {
            let Some(id) = id else { continue };
            if let Some(mark) = tombstones.mark(id) {
                marks.entry(mark).or_insert_with(|| (id.to_owned(), 0)).1 += 1;
            }
        }
    }
    Ok(marks)
}

fn kept(batches: &[RecordBatch], stays: &[BooleanArray]) -> Result<Vec<RecordBatch>> {
    let kept = batches.iter().zip(stays);
    kept.map(|(batch, stays)| Ok(filter_record_batch(batch, stays)?))
        .collect()
}

/// Takes the same rows out of the annotations of a family, unless they are out already.
fn annotation(
    store: &Store,
    stem: &str,
    stays: &[BooleanArray],
    rows: usize,
) -> Result<Option<Change>> {
    let Some(manifest) = store.get_json::<PartManifest>(&format!("{stem}.json"))? else {
        return Ok(None);
    };
    let Some(batches) = read(store, stem)? else {
        return Ok(None);
    };
    let Some(schema) = batches.first().map(RecordBatch::schema) else {
        return Ok(None);
    };
    let there: usize = batches.iter().map(RecordBatch::num_rows).sum();
    let kept = if there == rows {
        let whole = arrow::compute::concat_batches(&schema, &batches)?;
        let stays: BooleanArray = stays.iter().flat_map(BooleanArray::iter).collect();
        vec![filter_record_batch(&whole, &stays)?]
    } else {
        batches
    };
    let before = (manifest.rows, manifest.content_digest);
    let manifest = parts::commit(store, stem, table(schema, &kept)?, manifest)?;
    Ok(Some(Change::of_part(stem, before, &manifest)))
}

/// Replaces what faults tell of forgotten documents, and adds a row for each that is taken out.
fn faults(
    store: &Store,
    tombstones: &Tombstones,
    source: &str,
    part: &PartEntry,
    marks: &BTreeMap<String, (String, usize)>,
    manifest: &mut PartManifest,
) -> Result<Option<Change>> {
    let stem = parts::stem(FAULTS, &part.name, None);
    let batches = read(store, &stem)?.unwrap_or_default();
    let mut rows = Vec::new();
    for batch in &batches {
        rows.extend(Decisions::from_batch(batch)?.0);
    }
    let (kept, changed) = replaced(rows, tombstones, source, marks, manifest);
    let forgotten = kept
        .iter()
        .filter(|row| row.reason == reason::RIGHTS_FORGOTTEN)
        .count() as u64;
    let of_manifest = manifest.unreadable.get(reason::RIGHTS_FORGOTTEN).copied();
    if !changed && of_manifest.unwrap_or_default() == forgotten {
        return Ok(None);
    }
    if forgotten > 0 {
        manifest
            .unreadable
            .insert(reason::RIGHTS_FORGOTTEN.to_owned(), forgotten);
        manifest.counts.insert(FORGOTTEN.to_owned(), forgotten);
    }
    manifest
        .counts
        .insert("fault_rows".to_owned(), kept.len() as u64);
    let known: Option<PartManifest> = store.get_json(&format!("{stem}.json"))?;
    let known =
        known.unwrap_or_else(|| PartManifest::new(FAULTS, manifest.step_version, manifest.key));
    let before = (known.rows, known.content_digest);
    let batches = kept
        .chunks(8192)
        .map(|rows| Decisions(rows.to_vec()).to_batch());
    let batches: Vec<RecordBatch> = batches.collect::<Result<_>>()?;
    let known = parts::commit(store, &stem, table(decision::schema(), &batches)?, known)?;
    Ok(Some(Change::of_part(&stem, before, &known)))
}

/// Ledger rows with those of forgotten documents replaced, and a row for each document that is taken out; true if
/// something changed.
fn replaced(
    rows: Vec<Decision>,
    tombstones: &Tombstones,
    source: &str,
    marks: &BTreeMap<String, (String, usize)>,
    manifest: &mut PartManifest,
) -> (Vec<Decision>, bool) {
    let (mut there, mut changed) = (BTreeMap::<String, usize>::new(), false);
    let told = rows.iter();
    let told = told.filter(|row| row.reason == reason::RIGHTS_FORGOTTEN);
    for mark in told.filter_map(|row| row.doc_id.clone()) {
        *there.entry(mark).or_default() += 1;
    }
    let mut kept = Vec::with_capacity(rows.len());
    for row in rows {
        let id = row.doc_id.as_deref();
        match id.and_then(|id| tombstones.row(source, id)) {
            None => kept.push(row),
            // A publisher's withdrawal is told of a document that nothing is told of any more.
            Some(_) if !row.counted => changed = true,
            Some(forgotten) => {
                if let Some(number) = manifest.unreadable.get_mut(&row.reason) {
                    *number = number.saturating_sub(1);
                }
                manifest.unreadable.retain(|_, number| *number > 0);
                kept.push(forgotten);
                changed = true;
            }
        }
    }
    for (mark, (id, number)) in marks {
        for _ in there.get(mark).copied().unwrap_or_default()..*number {
            kept.extend(tombstones.row(source, id));
            changed = true;
        }
    }
    (kept, changed)
}

/// Takes forgotten wholes and pieces out of the tables of contents.
fn contents_of(
    store: &Store,
    tombstones: &Tombstones,
    source: &str,
    part: &PartEntry,
) -> Result<Option<Change>> {
    let stem = parts::stem(CONTENTS, &part.name, None);
    let Some(manifest) = store.get_json::<PartManifest>(&format!("{stem}.json"))? else {
        return Ok(None);
    };
    let all = contents::read(&read(store, &stem)?.unwrap_or_default())?;
    let left = all
        .iter()
        .cloned()
        .filter_map(|one| tombstones.strip(source, one));
    let left: Vec<_> = left.collect();
    let is_same = left.len() == all.len()
        && left
            .iter()
            .zip(&all)
            .all(|(left, all)| left.entries.len() == all.entries.len());
    if is_same {
        return Ok(None);
    }
    let before = (manifest.rows, manifest.content_digest);
    let manifest = parts::commit(store, &stem, contents::write(&left)?, manifest)?;
    Ok(Some(Change::of_part(&stem, before, &manifest)))
}

/// Reads a table as it lies there: after a kill its manifest may be of the one before.
fn read(store: &Store, stem: &str) -> Result<Option<Vec<RecordBatch>>> {
    let Some(bytes) = store.get_if_present(&format!("{stem}.parquet"))? else {
        return Ok(None);
    };
    file::read(bytes, None, 2048)?
        .collect::<Result<_>>()
        .map(Some)
}

fn table(schema: arrow::datatypes::SchemaRef, batches: &[RecordBatch]) -> Result<Written> {
    let schema = batches.first().map_or(schema, RecordBatch::schema);
    let mut writer = TableWriter::new(schema, parts::part_options())?;
    batches.iter().try_for_each(|batch| writer.write(batch))?;
    writer.finish()
}

/// True if the parts as they lie there are those the release was made from.
///
/// # Errors
/// [`moisson_core::Error::Store`] if a manifest cannot be read.
pub(crate) fn are_whole(store: &Store, entries: &[PartEntry]) -> Result<bool> {
    for entry in entries {
        let stem = parts::stem(DOCUMENTS, &entry.name, None);
        let manifest: Option<PartManifest> = store.get_json(&format!("{stem}.json"))?;
        if manifest.is_none_or(|manifest| manifest.content_digest != entry.content_digest) {
            return Ok(false);
        }
    }
    Ok(true)
}
