//! Gather: a shard takes up the rows that were laid ready for it, in hash order, and is written.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, UInt32Array};
use arrow::compute::interleave_record_batch;
use arrow::datatypes::UInt32Type;
use arrow::ipc::reader::StreamReader;
use moisson_core::column::column;
use moisson_core::digest::KeyHasher;
use moisson_core::{Digest, Error, Result, SCHEMA_VERSION};
use moisson_shard::file::{TableWriter, WriteOptions, sha256_hex};
use moisson_shard::layout::{self, Bucket};
use moisson_shard::release;
use moisson_shard::tally::{TALLY_KEY, Tally};
use serde::{Deserialize, Serialize};

use crate::blobs::{self, Blob};
use crate::control::Event;
use crate::manifest::ShardEntry;
use crate::publish::STAGED_DATA;
use crate::scatter::Targets;
use crate::shard::{Layout, SHARD_VERSION, entry_path};
use crate::stage::{Stage, Unit, Workshop};

/// Rows are written to a shard in batches of about this much text.
const WRITE_TEXT_BYTES: u64 = 8 << 20;

/// Has the missing shards of a layout written; returns their entries in that order.
///
/// # Errors
/// [`Error::Store`] if the work area cannot be read or a shard cannot be written.
pub(crate) fn run(
    shop: Workshop<'_>,
    layout: &Layout,
    missing: &[usize],
    targets: &Targets,
    blobs: &BTreeMap<u32, Vec<Blob>>,
) -> Result<Vec<ShardEntry>> {
    let place = |at: usize| {
        let shard = missing.get(at).copied();
        shard.ok_or_else(|| Error::internal("no such shard"))
    };
    let laid = |shard: usize| {
        let blobs = targets.place(shard).and_then(|target| blobs.get(&target));
        blobs.map_or(&[][..], Vec::as_slice)
    };
    let units: Vec<Unit> = (0..missing.len())
        .map(|at| {
            let shard = place(at)?;
            // Other blobs, another unit: the receipt of one that is done still holds.
            let key = KeyHasher::new(GatherStage::NAME, GatherStage::VERSION)
                .digest(layout.shard(shard)?.1)
                .digest(Digest::of_json(&laid(shard))?)
                .finish();
            let size = layout.items(shard).count() as u64;
            Ok(Unit { key, size })
        })
        .collect::<Result<_>>()?;
    let crew = shop.session.crew();
    crew.map_all::<GatherStage>(shop, &units, &|at| {
        let shard = place(at)?;
        let (bucket, key) = layout.shard(shard)?;
        let items: ArrayRef = Arc::new(UInt32Array::from_iter_values(layout.items(shard)));
        let spec = GatherSpec {
            key,
            family: bucket.family.clone(),
            split: bucket.split.clone(),
            bits: bucket.bits.clone(),
            source_bytes: bucket.bytes,
            blobs: laid(shard).to_vec(),
        };
        let items = RecordBatch::try_from_iter([("item", items)])?;
        Ok((spec, Some(items)))
    })
}

/// Writes one shard. The table has the numbers of its documents, `item`, in the order of the shard.
pub(crate) struct GatherStage;

/// Which shard, and where its rows lie ready.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct GatherSpec {
    /// Key of the shard.
    key: Digest,
    family: String,
    split: String,
    bits: String,
    /// Bytes of the texts before edits.
    source_bytes: u64,
    blobs: Vec<Blob>,
}

impl GatherSpec {
    /// A shard whose rows do not lie ready in blobs alone.
    pub(crate) fn new(key: Digest, bucket: &Bucket) -> Self {
        Self {
            key,
            family: bucket.family.clone(),
            split: bucket.split.clone(),
            bits: bucket.bits.clone(),
            source_bytes: bucket.bytes,
            blobs: Vec::new(),
        }
    }
}

/// Document number to batch and row.
pub(crate) type Places = HashMap<u32, (usize, usize)>;

impl Stage for GatherStage {
    const NAME: &'static str = "gather";
    const STEP: &'static str = "shard";
    const VERSION: u32 = SHARD_VERSION;
    type Spec = GatherSpec;
    type Receipt = ShardEntry;

    fn perform(
        shop: Workshop<'_>,
        _key: Digest,
        spec: GatherSpec,
        rows: Option<RecordBatch>,
    ) -> Result<ShardEntry> {
        shop.control.check()?;
        let items = rows.ok_or_else(|| Error::internal("a shard without rows"))?;
        let items = column(&items, "item")?
            .as_primitive::<UInt32Type>()
            .values()
            .clone();
        let (batches, places) = read(shop, &spec.blobs)?;
        let entry = seal(shop, spec, &batches, &places, &items)?;
        shop.control.tell(entry.event(false));
        shop.control.tell(Event::Advance(entry.rows));
        Ok(entry)
    }

    /// A shard in work holds its text twice and its compressed form.
    fn at_once(shop: Workshop<'_>) -> Result<usize> {
        let budget = shop.session.budget();
        let one = shop
            .plan
            .pipeline
            .shard
            .target_bytes
            .saturating_mul(3)
            .max(1 << 20);
        let side = usize::try_from(budget.memory_bytes / 2 / one).unwrap_or(usize::MAX);
        Ok(side.clamp(1, budget.threads))
    }
}

/// Writes the rows of a shard in order, and its entry, into the staging folder.
///
/// # Errors
/// [`Error::Store`] if it cannot be written.
pub(crate) fn seal(
    shop: Workshop<'_>,
    spec: GatherSpec,
    batches: &[RecordBatch],
    places: &Places,
    items: &[u32],
) -> Result<ShardEntry> {
    let mut writer = TableWriter::new(release::schema(), options(shop, &spec))?;
    let tally = write(&mut writer, &spec.family, batches, places, items)?;
    writer.note(TALLY_KEY, tally_json(&tally)?);
    let written = writer.finish()?;
    let name = layout::file_name(&spec.split, &spec.bits, written.content_digest);
    let path = format!("{}/{name}", spec.family);
    let entry = ShardEntry {
        schema_version: SCHEMA_VERSION,
        key: spec.key,
        path: format!("data/{path}"),
        family: spec.family,
        split: spec.split,
        bucket: spec.bits,
        rows: written.rows,
        text_bytes: tally.total().text_bytes,
        tally: Some(tally),
        source_bytes: Some(spec.source_bytes),
        bytes: written.bytes.len() as u64,
        content_digest: written.content_digest,
        file_digest: written.file_digest,
        sha256: sha256_hex(&written.bytes),
    };
    let store = shop.session.store();
    store.put(&format!("{STAGED_DATA}/{path}"), written.bytes)?;
    store.put_json(&entry_path(entry.key), &entry)?;
    Ok(entry)
}

fn options(shop: Workshop<'_>, spec: &GatherSpec) -> WriteOptions {
    let pipeline = &shop.plan.pipeline;
    WriteOptions {
        row_group_bytes: pipeline.shard.row_group_bytes,
        metadata: vec![
            ("moisson.release".to_owned(), pipeline.name.clone()),
            ("moisson.licence_family".to_owned(), spec.family.clone()),
            ("moisson.split".to_owned(), spec.split.clone()),
            ("moisson.bucket".to_owned(), spec.bits.clone()),
        ],
        ..WriteOptions::default()
    }
}

/// Reads the rows that lie ready, and says where each document is.
pub(crate) fn read(shop: Workshop<'_>, blobs: &[Blob]) -> Result<(Vec<RecordBatch>, Places)> {
    let mut batches = Vec::new();
    let mut places = HashMap::new();
    blobs::read(shop.session.work(), blobs, &mut |bytes| {
        for batch in StreamReader::try_new(bytes.as_ref(), None)? {
            let mut batch = batch?;
            let items = batch.remove_column(batch.num_columns() - 1);
            let items = items.as_primitive::<UInt32Type>().values().iter();
            let place = |(row, item): (usize, &u32)| (*item, (batches.len(), row));
            places.extend(items.enumerate().map(place));
            batches.push(batch);
        }
        Ok(())
    })?;
    Ok((batches, places))
}

fn tally_json(tally: &Tally) -> Result<String> {
    serde_json::to_string(tally).map_err(|e| Error::internal(e.to_string()))
}

/// Writes the documents in order, and counts them.
fn write(
    writer: &mut TableWriter,
    family: &str,
    batches: &[RecordBatch],
    places: &Places,
    items: &[u32],
) -> Result<Tally> {
    let borrowed: Vec<&RecordBatch> = batches.iter().collect();
    let mut tally = Tally::default();
    let mut flush = |pending: &mut Vec<(usize, usize)>| -> Result<()> {
        if !pending.is_empty() {
            let rows = interleave_record_batch(&borrowed, pending)?;
            tally.add(family, &rows)?;
            writer.write(&rows)?;
            pending.clear();
        }
        Ok(())
    };
    let mut pending_bytes = 0;
    let mut pending: Vec<(usize, usize)> = Vec::new();
    for item in items {
        let place = places
            .get(item)
            .ok_or_else(|| Error::internal("a released document is in no part"))?;
        pending_bytes += text_length(batches, *place);
        pending.push(*place);
        if pending_bytes >= WRITE_TEXT_BYTES {
            flush(&mut pending)?;
            pending_bytes = 0;
        }
    }
    flush(&mut pending)?;
    Ok(tally)
}

fn text_length(batches: &[RecordBatch], (batch, row): (usize, usize)) -> u64 {
    batches
        .get(batch)
        .and_then(|batch| batch.column_by_name("text"))
        .and_then(|text| text.as_string_opt::<i64>())
        .map_or(0, |text| text.value(row).len() as u64)
}
