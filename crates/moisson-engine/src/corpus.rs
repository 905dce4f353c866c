//! The corpus in memory: narrow columns of every document, no text. About half a kilobyte a document.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Date32Type, Field, Int64Type, Schema, UInt8Type, UInt64Type};
use moisson_core::column::column;
use moisson_core::{Annotator, Date, Decision, Edit, Error, Result, document};
use rayon::prelude::*;

use crate::parts::{self, DOCUMENTS, FAULTS, Part};
use crate::plan::{Plan, SourcePlan};
use crate::session::Session;

/// Columns of the documents that later steps look at.
const DOCUMENT_COLUMNS: &[&str] = &[
    "doc_id",
    "source",
    "text_digest",
    "published_on",
    "modified_on",
    "genre",
    "producer",
    "version_of",
    "version_from",
    "version_to",
    "version_state",
    "raw_uri",
    "raw_digest",
    "reader",
    "sequence",
    "raw_modified",
];

/// Annotation columns that go into the release or the survivor order.
const ANNOTATION_COLUMNS: &[&str] = &[
    "licence_status",
    "licence",
    "licence_family",
    "licence_shard_family",
    "licence_tier",
    "licence_evidence",
    "licence_statement",
    "licence_detail",
    "licence_clarity",
    "licence_obligations",
    "licence_verdict",
    "attribution",
    "language",
    "optout_as_of",
    "optout_verdict",
    "pii_risk",
    "quality_text_bytes",
];

/// All parts of a run, with what has been decided of each of their rows.
#[derive(Debug)]
pub struct Corpus {
    /// The parts in plan order.
    pub parts: Vec<CorpusPart>,
}

/// One part.
#[derive(Debug)]
pub struct CorpusPart {
    /// The committed part.
    pub part: Part,
    /// Number of its first document in the corpus.
    pub first: u32,
    /// Narrow columns of its documents and annotations, row-aligned.
    pub rows: RecordBatch,
    /// Ledger rows of what could not be read, as a batch of decisions.
    pub faults: Option<RecordBatch>,
    /// Rows that are decided of at all: all of them, or those that are decided anew.
    pub asked: Vec<bool>,
    /// False once a document is dropped.
    pub alive: Vec<bool>,
    /// What was decided, with the row it is about.
    pub decisions: Vec<(u32, Decision)>,
    /// Edits of each row, empty for most.
    pub edits: Vec<Vec<Edit>>,
}

impl Corpus {
    /// Loads the narrow columns of all parts.
    ///
    /// # Errors
    /// [`Error::Store`] if a part is damaged; [`Error::Config`] above four thousand million documents.
    pub fn load(plan: &Plan, parts: Vec<Part>, session: &Session) -> Result<Self> {
        let mut loaded: Vec<CorpusPart> = session.pool().install(|| {
            parts
                .into_par_iter()
                .map(|part| {
                    let source = plan
                        .sources
                        .get(part.source)
                        .ok_or_else(|| Error::internal("a part of no source"))?;
                    CorpusPart::load(source, part, session)
                })
                .collect::<Result<_>>()
        })?;
        let mut corpus = Self { parts: Vec::new() };
        loaded.drain(..).try_for_each(|part| corpus.push(part))?;
        Ok(corpus)
    }

    /// Adds a part after those there are.
    ///
    /// # Errors
    /// [`Error::Config`] above four thousand million documents.
    pub(crate) fn push(&mut self, mut part: CorpusPart) -> Result<()> {
        let too_many = || Error::config("more than 4,294,967,295 documents in one run");
        part.first = u32::try_from(self.documents()).map_err(|_| too_many())?;
        let rows = u32::try_from(part.rows.num_rows()).map_err(|_| too_many())?;
        part.first.checked_add(rows).ok_or_else(too_many)?;
        self.parts.push(part);
        Ok(())
    }

    /// Loads parts that a later step made, and adds them after those there are.
    ///
    /// # Errors
    /// As [`Corpus::load`].
    pub fn append(&mut self, plan: &Plan, parts: Vec<Part>, session: &Session) -> Result<()> {
        let mut more = Self::load(plan, parts, session)?;
        more.parts.drain(..).try_for_each(|part| self.push(part))
    }

    /// Number of documents.
    pub fn documents(&self) -> usize {
        self.parts
            .last()
            .map_or(0, |part| part.first as usize + part.rows.num_rows())
    }

    /// Returns the part and row of a document's number.
    pub fn locate(&self, item: u32) -> (usize, usize) {
        let part = self
            .parts
            .partition_point(|part| part.first <= item)
            .saturating_sub(1);
        let first = self.parts.get(part).map_or(0, |part| part.first);
        (part, (item - first) as usize)
    }

    /// Id of a document by number.
    pub fn doc_id(&self, item: u32) -> &str {
        let (part, row) = self.locate(item);
        self.parts
            .get(part)
            .and_then(|part| part.text("doc_id", row))
            .unwrap_or_default()
    }

    /// Bytes of text of a document by number.
    pub fn text_bytes(&self, item: u32) -> u64 {
        let (part, row) = self.locate(item);
        self.parts.get(part).map_or(0, |part| part.text_bytes(row))
    }

    /// Which documents are alive, by number.
    pub fn alive(&self) -> Vec<bool> {
        self.parts
            .iter()
            .flat_map(|part| part.alive.iter().copied())
            .collect()
    }

    /// Drops a document by number, with the decision that says why.
    pub fn drop(&mut self, item: u32, mut decision: Decision) {
        let (at, row) = self.locate(item);
        if let Some(part) = self.parts.get_mut(at) {
            part.describe(row, &mut decision);
            decision.counted = true;
            if let Some(alive) = part.alive.get_mut(row) {
                *alive = false;
            }
            part.decisions
                .push((u32::try_from(row).unwrap_or(u32::MAX), decision));
        }
    }
}

impl CorpusPart {
    pub(crate) fn load(source: &SourcePlan, part: Part, session: &Session) -> Result<Self> {
        let wants = |name: &str| ANNOTATION_COLUMNS.contains(&name);
        let rows = narrow(source, &part, DOCUMENT_COLUMNS, &wants, session)?;
        let faults = if part.manifest.count("fault_rows") > 0 {
            let stem = parts::stem(FAULTS, &part.name, None);
            let bytes = session.store().get(&format!("{stem}.parquet"))?;
            let batches: Vec<RecordBatch> =
                moisson_shard::file::read(bytes, None, 8192)?.collect::<Result<_>>()?;
            let schema = moisson_core::decision::schema();
            Some(arrow::compute::concat_batches(&schema, &batches)?)
        } else {
            None
        };
        let count = rows.num_rows();
        Ok(Self {
            part,
            first: 0,
            rows,
            faults,
            asked: vec![true; count],
            alive: vec![true; count],
            decisions: Vec::new(),
            edits: vec![Vec::new(); count],
        })
    }

    /// Value of a text column, `None` for null or no such column.
    pub fn text(&self, name: &str, row: usize) -> Option<&str> {
        let array = self.rows.column_by_name(name)?;
        if array.is_null(row) {
            return None;
        }
        match array.data_type() {
            DataType::Utf8 => Some(array.as_string::<i32>().value(row)),
            DataType::LargeUtf8 => Some(array.as_string::<i64>().value(row)),
            _ => None,
        }
    }

    /// Values of a column of lists of texts, none for null or no such column.
    pub fn texts(&self, name: &str, row: usize) -> Vec<String> {
        let lists = self.rows.column_by_name(name);
        let Some(lists) = lists.and_then(|lists| lists.as_list_opt::<i32>()) else {
            return Vec::new();
        };
        if lists.is_null(row) {
            return Vec::new();
        }
        let texts = lists.value(row);
        let texts = texts.as_string_opt::<i32>().into_iter().flatten().flatten();
        texts.map(str::to_owned).collect()
    }

    /// Value of a date column.
    pub fn date(&self, name: &str, row: usize) -> Option<Date> {
        let array = self
            .rows
            .column_by_name(name)?
            .as_primitive_opt::<Date32Type>()?;
        array.is_valid(row).then(|| Date(array.value(row)))
    }

    /// The date by which a document may be said to be last updated.
    pub fn last_update(&self, row: usize) -> Option<Date> {
        self.date("modified_on", row)
            .or_else(|| self.date("version_from", row))
            .or_else(|| self.date("published_on", row))
    }

    /// Value of the `sequence` column.
    pub fn sequence(&self, row: usize) -> i64 {
        self.integer("sequence", row).unwrap_or_default()
    }

    /// Value of an `Int64` column, `None` for null or no such column.
    pub fn integer(&self, name: &str, row: usize) -> Option<i64> {
        let array = self
            .rows
            .column_by_name(name)?
            .as_primitive_opt::<Int64Type>()?;
        array.is_valid(row).then(|| array.value(row))
    }

    /// Bytes of text of a row.
    pub fn text_bytes(&self, row: usize) -> u64 {
        self.rows
            .column_by_name("quality_text_bytes")
            .and_then(|array| array.as_primitive_opt::<UInt64Type>())
            .map_or(0, |array| array.value(row))
    }

    /// How clear the licence of a row is, 0 to 3.
    pub fn clarity(&self, row: usize) -> u8 {
        self.rows
            .column_by_name("licence_clarity")
            .and_then(|array| array.as_primitive_opt::<UInt8Type>())
            .map_or(0, |array| array.value(row))
    }

    /// Fills in what a decision says of its document.
    pub fn describe(&self, row: usize, decision: &mut Decision) {
        self.text("source", row)
            .unwrap_or_default()
            .clone_into(&mut decision.source);
        decision.doc_id = self.text("doc_id", row).map(str::to_owned);
        decision.raw_uri = self.text("raw_uri", row).map(str::to_owned);
    }

    /// Replaces ids of documents.
    ///
    /// # Errors
    /// [`Error::Internal`] if the column is missing.
    pub fn rename(&mut self, renamed: &[(usize, String)]) -> Result<()> {
        let ids = column(&self.rows, "doc_id")?.as_string::<i32>();
        let mut ids: Vec<Option<String>> = ids.iter().map(|id| id.map(str::to_owned)).collect();
        for (row, id) in renamed {
            if let Some(slot) = ids.get_mut(*row) {
                *slot = Some(id.clone());
            }
        }
        let ids: ArrayRef = Arc::new(ids.into_iter().collect::<StringArray>());
        self.rows = replace(&self.rows, "doc_id", ids)?;
        Ok(())
    }

    /// Rows still alive, as a mask.
    pub fn mask(&self) -> BooleanArray {
        self.alive.iter().map(|&alive| Some(alive)).collect()
    }
}

/// Reads columns of the documents of a part, and beside them the columns of its annotations that are wanted.
///
/// # Errors
/// [`Error::Store`] if the part is damaged or lacks a family.
pub(crate) fn narrow(
    source: &SourcePlan,
    part: &Part,
    columns: &[&str],
    wants: &dyn Fn(&str) -> bool,
    session: &Session,
) -> Result<RecordBatch> {
    let stem = parts::stem(DOCUMENTS, &part.name, None);
    let schema = document::schema();
    let mut rows = parts::read_one(session, &stem, &part.manifest, Some(columns), &schema)?;
    for annotator in &source.annotators {
        let annotator = annotator.as_ref();
        let schema = annotator.schema();
        let names = schema.fields().iter().map(|field| field.name().as_str());
        let names: Vec<&str> = names.filter(|name| wants(name)).collect();
        if names.is_empty() {
            continue;
        }
        let annotation = read_annotation(session, part, annotator, &names)?;
        if annotation.num_rows() != rows.num_rows() {
            return Err(Error::store(
                &part.name,
                "annotations and documents differ in rows",
            ));
        }
        rows = beside(&rows, &annotation)?;
    }
    Ok(rows)
}

/// Reads columns of one family of a part.
fn read_annotation(
    session: &Session,
    part: &Part,
    annotator: &dyn Annotator,
    names: &[&str],
) -> Result<RecordBatch> {
    let key = parts::annotation_key(annotator, part.manifest.key);
    let stem = parts::stem(annotator.family(), &part.name, Some(key));
    let manifest = session
        .store()
        .get_json(&format!("{stem}.json"))?
        .ok_or_else(|| Error::store(&stem, "the part has no manifest; run again"))?;
    parts::read_one(session, &stem, &manifest, Some(names), &annotator.schema())
}

/// Puts the columns of two row-aligned batches side by side.
fn beside(left: &RecordBatch, right: &RecordBatch) -> Result<RecordBatch> {
    let fields: Vec<Arc<Field>> = left
        .schema()
        .fields()
        .iter()
        .chain(right.schema().fields())
        .cloned()
        .collect();
    let columns: Vec<ArrayRef> = left
        .columns()
        .iter()
        .chain(right.columns())
        .cloned()
        .collect();
    Ok(RecordBatch::try_new(
        Arc::new(Schema::new(fields)),
        columns,
    )?)
}

/// Replaces a column by one of the same type.
///
/// # Errors
/// [`Error::Internal`] if there is no such column or the type differs.
pub fn replace(batch: &RecordBatch, name: &str, with: ArrayRef) -> Result<RecordBatch> {
    let at = batch.schema().index_of(name)?;
    let mut columns = batch.columns().to_vec();
    if let Some(slot) = columns.get_mut(at) {
        *slot = with;
    }
    Ok(RecordBatch::try_new(batch.schema(), columns)?)
}
