//! Shard: survivors to buckets to Parquet. Text moves once: from its part, through scratch, into its shard.
#![expect(
    clippy::disallowed_methods,
    reason = "scratch is IO, and this is where it happens"
)]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use arrow::array::{ArrayRef, AsArray, RecordBatch, UInt32Array};
use arrow::compute::{interleave_record_batch, take_record_batch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, UInt32Type};
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use moisson_core::digest::KeyHasher;
use moisson_core::{Digest, Error, Result, SCHEMA_VERSION};
use moisson_shard::file::{TableWriter, WriteOptions};
use moisson_shard::layout::{self, Bucket, Row};
use moisson_shard::release;
use rayon::prelude::*;

use crate::control::{Control, Event};
use crate::corpus::{Corpus, CorpusPart, replace};
use crate::dedup::DedupOutcome;
use crate::groups;
use crate::manifest::ShardEntry;
use crate::plan::Plan;
use crate::publish::{DATA, STAGED_DATA};
use crate::session::Session;
use crate::texts;

/// Version of the shard step: bumped when the same documents give other rows.
pub const SHARD_VERSION: u32 = 1;

/// Rows are written to a shard in batches of about this much text.
const WRITE_TEXT_BYTES: u64 = 8 << 20;

/// Lays out the released documents and writes the shards that are not there yet, into the staging folder.
///
/// # Errors
/// [`Error::Store`] if a text cannot be read or a shard cannot be written.
pub fn run(
    plan: &Plan,
    corpus: &Corpus,
    dedup: &DedupOutcome,
    session: &Session,
    control: &Control,
) -> Result<Vec<ShardEntry>> {
    let survivors = Survivors::new(plan, corpus, dedup)?;
    let buckets = layout::assign(&survivors.rows(corpus), &plan.pipeline.shard);
    let present = present(session)?;
    let mut entries: Vec<Option<ShardEntry>> = Vec::with_capacity(buckets.len());
    let mut missing = Vec::new();
    for (at, bucket) in buckets.iter().enumerate() {
        let key = survivors.key(bucket, plan);
        let known: Option<ShardEntry> = session.store().get_json(&entry_path(key)).ok().flatten();
        let known = known.filter(|entry| entry.key == key && present.contains(&entry.path));
        if known.is_none() {
            missing.push((at, key));
        }
        entries.push(known);
    }
    if !missing.is_empty() {
        let made = Shuffle::new(corpus, &survivors, &buckets, &missing, session, control)?
            .run(plan, session, control)?;
        for (at, entry) in made {
            if let Some(slot) = entries.get_mut(at) {
                *slot = Some(entry);
            }
        }
    }
    Ok(entries.into_iter().flatten().collect())
}

/// Path of the entry of a shard, by key.
pub fn entry_path(key: Digest) -> String {
    format!("parts/shards/{}.json", key.short(32))
}

/// Shards that lie in the release or in staging, by path below `release/`.
fn present(session: &Session) -> Result<BTreeSet<String>> {
    let mut present = BTreeSet::new();
    for folder in [DATA, STAGED_DATA] {
        for entry in session.store().list(folder)? {
            if let Some(below) = entry.path.strip_prefix(folder) {
                present.insert(format!("data{below}"));
            }
        }
    }
    Ok(present)
}

/// The released documents: their numbers, groups and row keys.
struct Survivors {
    numbers: Vec<u32>,
    groups: Vec<String>,
    keys: Vec<Digest>,
}

impl Survivors {
    fn new(plan: &Plan, corpus: &Corpus, dedup: &DedupOutcome) -> Result<Self> {
        let linked = groups::linked(corpus, &dedup.links);
        let mut survivors = Self {
            numbers: Vec::new(),
            groups: Vec::new(),
            keys: Vec::new(),
        };
        for part in &corpus.parts {
            let source = plan.sources.get(part.part.source);
            let config = Digest::of_json(&source.map(|s| (&s.reader_tag, &s.config.options)))?;
            for row in 0..part.rows.num_rows() {
                if !part.alive.get(row).copied().unwrap_or_default() {
                    continue;
                }
                let number = part.first + u32::try_from(row).unwrap_or(u32::MAX);
                let group = match linked.get(&number) {
                    Some(&first) => group_of(corpus, first),
                    None => group_of(corpus, number),
                };
                survivors.numbers.push(number);
                survivors.groups.push(group);
                survivors.keys.push(row_key(part, row, config));
            }
        }
        Ok(survivors)
    }

    fn rows<'a>(&'a self, corpus: &'a Corpus) -> Vec<Row<'a>> {
        self.numbers
            .iter()
            .zip(&self.groups)
            .map(|(&number, group)| {
                let (at, row) = corpus.locate(number);
                let part = corpus.parts.get(at);
                let text = |name| {
                    part.and_then(|part| part.text(name, row))
                        .unwrap_or_default()
                };
                Row {
                    family: text("licence_shard_family"),
                    group,
                    doc_id: text("doc_id"),
                    bytes: part.map_or(0, |part| part.text_bytes(row)),
                }
            })
            .collect()
    }

    fn key(&self, bucket: &Bucket, plan: &Plan) -> Digest {
        let rows = bucket
            .rows
            .iter()
            .filter_map(|&at| self.keys.get(at as usize));
        KeyHasher::new("shard", SHARD_VERSION)
            .digest(layout::bucket_key(bucket, rows))
            .field(&plan.pipeline.shard.row_group_bytes.to_le_bytes())
            .field(plan.pipeline.name.as_bytes())
            .finish()
    }
}

/// The group that splits and buckets keep together: versions of one work, else the document itself.
fn group_of(corpus: &Corpus, number: u32) -> String {
    let (at, row) = corpus.locate(number);
    let part = corpus.parts.get(at);
    let text = |name| part.and_then(|part| part.text(name, row));
    text("version_of")
        .or_else(|| text("doc_id"))
        .unwrap_or_default()
        .to_owned()
}

/// Digest of everything that makes a released row what it is.
fn row_key(part: &CorpusPart, row: usize, config: Digest) -> Digest {
    let mut key = KeyHasher::new("row", SHARD_VERSION).digest(config);
    for name in [
        "doc_id",
        "text_digest",
        "raw_digest",
        "genre",
        "licence",
        "licence_family",
        "attribution",
        "language",
        "version_of",
    ] {
        key = key.field(part.text(name, row).unwrap_or("\0").as_bytes());
    }
    for span in part.edits.get(row).into_iter().flatten() {
        key = key
            .field(&(span.start as u64).to_le_bytes())
            .field(&(span.end as u64).to_le_bytes());
    }
    key.finish()
}

/// Moves rows from parts to the buckets that are missing, through one scratch file a bucket.
struct Shuffle<'a> {
    corpus: &'a Corpus,
    buckets: &'a [Bucket],
    missing: &'a [(usize, Digest)],
    /// Document number to position in `missing`.
    target: HashMap<u32, u32>,
    numbers: &'a [u32],
    spills: Vec<Mutex<Spill>>,
    schema: SchemaRef,
}

/// Document number to batch and row.
type Places = HashMap<u32, (usize, usize)>;

struct Spill {
    path: PathBuf,
    writer: Option<StreamWriter<BufWriter<File>>>,
}

impl<'a> Shuffle<'a> {
    fn new(
        corpus: &'a Corpus,
        survivors: &'a Survivors,
        buckets: &'a [Bucket],
        missing: &'a [(usize, Digest)],
        session: &Session,
        control: &Control,
    ) -> Result<Self> {
        let mut target = HashMap::new();
        let mut rows = 0;
        for (position, (at, _)) in (0u32..).zip(missing) {
            let bucket = buckets
                .get(*at)
                .ok_or_else(|| Error::internal("no such bucket"))?;
            rows += bucket.rows.len() as u64;
            for &row in &bucket.rows {
                if let Some(&number) = survivors.numbers.get(row as usize) {
                    target.insert(number, position);
                }
            }
        }
        control.tell(Event::Step {
            name: "shard",
            total: rows,
            bytes: false,
        });
        let mut fields: Vec<Arc<Field>> = release::schema().fields().iter().cloned().collect();
        fields.push(Arc::new(Field::new("item", DataType::UInt32, false)));
        let schema: SchemaRef = Arc::new(Schema::new(fields));
        let spills = (0..missing.len())
            .map(|position| {
                let path = session.scratch().join(format!("bucket-{position}"));
                Mutex::new(Spill { path, writer: None })
            })
            .collect();
        let numbers = &survivors.numbers;
        Ok(Self {
            corpus,
            buckets,
            missing,
            target,
            numbers,
            spills,
            schema,
        })
    }

    fn run(
        self,
        plan: &Plan,
        session: &Session,
        control: &Control,
    ) -> Result<Vec<(usize, ShardEntry)>> {
        session.pool().install(|| {
            self.corpus
                .parts
                .par_iter()
                .try_for_each(|part| self.spill(part, session, control))
        })?;
        // A bucket in work holds its text twice and its compressed form.
        let one = plan
            .pipeline
            .shard
            .target_bytes
            .saturating_mul(3)
            .max(1 << 20);
        let side = usize::try_from(session.budget().memory_bytes / 2 / one).unwrap_or(usize::MAX);
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(side.clamp(1, session.budget().threads))
            .build()
            .map_err(|e| Error::internal(e.to_string()))?;
        let entries = pool.install(|| {
            self.missing
                .par_iter()
                .enumerate()
                .with_max_len(1)
                .map(|(position, (at, key))| {
                    control.check()?;
                    let bucket = self
                        .buckets
                        .get(*at)
                        .ok_or_else(|| Error::internal("no such bucket"))?;
                    let entry = self.write(position, bucket, *key, plan, session)?;
                    control.tell(Event::Advance(bucket.rows.len() as u64));
                    Ok((*at, entry))
                })
                .collect::<Result<Vec<_>>>()
        })?;
        control.tell(Event::Done);
        Ok(entries)
    }

    /// Reads what the missing buckets need of one part and appends it to their scratch files.
    fn spill(&self, part: &CorpusPart, session: &Session, control: &Control) -> Result<()> {
        let rows: Vec<u32> = (0..u32::try_from(part.rows.num_rows()).unwrap_or(u32::MAX))
            .filter(|row| self.target.contains_key(&(part.first + row)))
            .collect();
        if rows.is_empty() {
            return Ok(());
        }
        texts::batches(session, &part.part, &rows, None, &mut |at, documents| {
            control.check()?;
            let count = documents.num_rows();
            let here = rows.get(at..at + count).unwrap_or_default();
            let indices = UInt32Array::from(here.to_vec());
            let narrow = take_record_batch(&part.rows, &indices)?;
            let ids = narrow
                .column_by_name("doc_id")
                .cloned()
                .ok_or_else(|| Error::internal("no `doc_id`"))?;
            let documents = replace(&documents, "doc_id", ids)?;
            let all: Vec<u32> = (0..u32::try_from(count).unwrap_or(u32::MAX)).collect();
            let released = release::rows(&documents, &narrow, &all, &|row| {
                here.get(row as usize)
                    .and_then(|row| part.edits.get(*row as usize))
                    .map_or(&[][..], Vec::as_slice)
            })?;
            self.route(&released, part.first, here)
        })
    }

    fn route(&self, released: &RecordBatch, first: u32, rows: &[u32]) -> Result<()> {
        let mut by_bucket: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (at, row) in (0u32..).zip(rows) {
            if let Some(&position) = self.target.get(&(first + row)) {
                by_bucket.entry(position).or_default().push(at);
            }
        }
        let items: ArrayRef = Arc::new(UInt32Array::from_iter_values(
            rows.iter().map(|row| first + row),
        ));
        let columns: Vec<ArrayRef> = released.columns().iter().cloned().chain([items]).collect();
        let released = RecordBatch::try_new(self.schema.clone(), columns)?;
        for (position, rows) in by_bucket {
            let batch = take_record_batch(&released, &UInt32Array::from(rows))?;
            let spill = self
                .spills
                .get(position as usize)
                .ok_or_else(|| Error::internal("no such bucket"))?;
            let mut spill = spill
                .lock()
                .map_err(|_| Error::internal("a thread panicked"))?;
            if spill.writer.is_none() {
                let file =
                    File::create(&spill.path).map_err(|e| Error::store(spill.path.display(), e))?;
                let writer = StreamWriter::try_new(BufWriter::new(file), &self.schema)
                    .map_err(|e| scratch(&e))?;
                spill.writer = Some(writer);
            }
            if let Some(writer) = &mut spill.writer {
                writer.write(&batch).map_err(|e| scratch(&e))?;
            }
        }
        Ok(())
    }

    /// Writes one shard in hash order, then its entry.
    fn write(
        &self,
        position: usize,
        bucket: &Bucket,
        key: Digest,
        plan: &Plan,
        session: &Session,
    ) -> Result<ShardEntry> {
        let (batches, places) = self.read_back(position)?;
        let options = WriteOptions {
            row_group_bytes: plan.pipeline.shard.row_group_bytes,
            metadata: vec![
                ("moisson.release".to_owned(), plan.pipeline.name.clone()),
                ("moisson.licence_family".to_owned(), bucket.family.clone()),
                ("moisson.split".to_owned(), bucket.split.clone()),
                ("moisson.bucket".to_owned(), bucket.bits.clone()),
            ],
            ..WriteOptions::default()
        };
        let mut writer = TableWriter::new(release::schema(), options)?;
        let mut text_bytes = 0;
        let mut pending: Vec<(usize, usize)> = Vec::new();
        let mut pending_bytes = 0;
        let borrowed: Vec<&RecordBatch> = batches.iter().collect();
        for &row in &bucket.rows {
            let place = self
                .numbers
                .get(row as usize)
                .and_then(|number| places.get(number))
                .ok_or_else(|| Error::internal("a released document is in no part"))?;
            let bytes = text_length(&batches, *place);
            text_bytes += bytes;
            pending_bytes += bytes;
            pending.push(*place);
            if pending_bytes >= WRITE_TEXT_BYTES {
                writer.write(&interleave_record_batch(&borrowed, &pending)?)?;
                pending.clear();
                pending_bytes = 0;
            }
        }
        if !pending.is_empty() {
            writer.write(&interleave_record_batch(&borrowed, &pending)?)?;
        }
        let written = writer.finish()?;
        let name = layout::file_name(&bucket.split, &bucket.bits, written.content_digest);
        let path = format!("{}/{name}", bucket.family);
        let entry = ShardEntry {
            schema_version: SCHEMA_VERSION,
            key,
            path: format!("data/{path}"),
            family: bucket.family.clone(),
            split: bucket.split.clone(),
            bucket: bucket.bits.clone(),
            rows: written.rows,
            text_bytes,
            bytes: written.bytes.len() as u64,
            content_digest: written.content_digest,
            file_digest: written.file_digest,
        };
        session
            .store()
            .put(&format!("{STAGED_DATA}/{path}"), written.bytes)?;
        session.store().put_json(&entry_path(key), &entry)?;
        Ok(entry)
    }

    /// Reads a bucket's scratch file: its batches without the number column, and where each document is.
    fn read_back(&self, position: usize) -> Result<(Vec<RecordBatch>, Places)> {
        let spill = self
            .spills
            .get(position)
            .ok_or_else(|| Error::internal("no such bucket"))?;
        let mut spill = spill
            .lock()
            .map_err(|_| Error::internal("a thread panicked"))?;
        if let Some(mut writer) = spill.writer.take() {
            writer.finish().map_err(|e| scratch(&e))?;
        }
        let file = File::open(&spill.path).map_err(|e| Error::store(spill.path.display(), e))?;
        let mut batches = Vec::new();
        let mut places = HashMap::new();
        for batch in StreamReader::try_new(BufReader::new(file), None).map_err(|e| scratch(&e))? {
            let mut batch = batch.map_err(|e| scratch(&e))?;
            let items = batch.remove_column(batch.num_columns() - 1);
            for (row, item) in items
                .as_primitive::<UInt32Type>()
                .values()
                .iter()
                .enumerate()
            {
                places.insert(*item, (batches.len(), row));
            }
            batches.push(batch);
        }
        std::fs::remove_file(&spill.path).map_err(|e| Error::store(spill.path.display(), e))?;
        Ok((batches, places))
    }
}

fn scratch(error: &arrow::error::ArrowError) -> Error {
    Error::store("scratch", error)
}

fn text_length(batches: &[RecordBatch], (batch, row): (usize, usize)) -> u64 {
    batches
        .get(batch)
        .and_then(|batch| batch.column_by_name("text"))
        .and_then(|text| text.as_string_opt::<i64>())
        .map_or(0, |text| text.value(row).len() as u64)
}
