//! The ledger: one row for each drop, edit, fault and note.

use std::sync::{Arc, LazyLock};

use arrow::array::{BooleanArray, Float64Array, RecordBatch, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use crate::document::strings;
use crate::{Fault, Result};

/// What a decision is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unit {
    /// A record, which is a document once it could be read.
    #[default]
    Record,
    /// A whole file.
    File,
    /// A span of a document's text.
    Span,
}

/// What a decision does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Effect {
    /// The document is not released.
    #[default]
    Drop,
    /// A span is cut from the document.
    Edit,
    /// A record or file could not be read.
    Fault,
    /// Nothing follows from it; it is only told.
    Note,
}

impl Unit {
    /// Name in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::File => "file",
            Self::Span => "span",
        }
    }
}

impl Effect {
    /// Name in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Drop => "drop",
            Self::Edit => "edit",
            Self::Fault => "fault",
            Self::Note => "note",
        }
    }
}

/// One row of the ledger.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Decision {
    /// What it is about.
    pub unit: Unit,
    /// What it does.
    pub effect: Effect,
    /// True on exactly one row per dropped document or unreadable record: the one the totals count.
    pub counted: bool,
    /// Source the record came from.
    pub source: String,
    /// The document; `None` where a record never became one.
    pub doc_id: Option<String>,
    /// Where the raw record lies.
    pub raw_uri: Option<String>,
    /// Offset or record number there.
    pub raw_offset: Option<u64>,
    /// Step that decided: `ingest`, `reconcile`, `licence`, `rules`, `version`, `duplicate`.
    pub step: &'static str,
    /// Name of the rule.
    pub rule: String,
    /// Stable public code, `family/what-it-caught`.
    pub reason: String,
    /// The observed value, as text.
    pub observed: Option<String>,
    /// What it was held against, as text.
    pub threshold: Option<String>,
    /// For a duplicate, the released document it duplicates.
    pub kept_doc_id: Option<String>,
    /// For a duplicate, the measured similarity, `0.0..=1.0`.
    pub similarity: Option<f64>,
    /// First byte of an edited span.
    pub span_start: Option<u64>,
    /// First byte after an edited span.
    pub span_end: Option<u64>,
    /// Anything a reader of the ledger should know, in words.
    pub detail: Option<String>,
}

impl Decision {
    /// Returns the ledger row of an unreadable record or file of `source`.
    pub fn from_fault(source: &str, fault: Fault) -> Self {
        Self {
            unit: if fault.whole_file {
                Unit::File
            } else {
                Unit::Record
            },
            effect: Effect::Fault,
            counted: !fault.whole_file,
            source: source.to_owned(),
            raw_uri: Some(fault.raw_uri),
            raw_offset: fault.raw_offset,
            step: "ingest",
            rule: "read".to_owned(),
            reason: fault.reason.to_owned(),
            observed: fault.observed,
            threshold: fault.threshold,
            detail: fault.detail,
            ..Self::default()
        }
    }
}

/// Schema of the `decisions` table.
pub fn schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let text = |name: &str, nullable| Field::new(name, DataType::Utf8, nullable);
        let number = |name: &str| Field::new(name, DataType::UInt64, true);
        Arc::new(Schema::new(vec![
            text("unit", false),
            text("effect", false),
            Field::new("counted", DataType::Boolean, false),
            text("source", false),
            text("doc_id", true),
            text("raw_uri", true),
            number("raw_offset"),
            text("step", false),
            text("rule", false),
            text("reason", false),
            text("observed", true),
            text("threshold", true),
            text("kept_doc_id", true),
            Field::new("similarity", DataType::Float64, true),
            number("span_start"),
            number("span_end"),
            text("detail", true),
        ]))
    });
    SCHEMA.clone()
}

/// A list of decisions that becomes a batch.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Decisions(pub Vec<Decision>);

impl Decisions {
    /// Returns the decisions as a batch of [`schema`], in order.
    ///
    /// # Errors
    /// [`crate::Error::Internal`] if arrow refuses the columns.
    pub fn to_batch(&self) -> Result<RecordBatch> {
        let rows = &self.0;
        let columns: Vec<arrow::array::ArrayRef> = vec![
            strings(rows.iter().map(|r| Some(r.unit.name()))),
            strings(rows.iter().map(|r| Some(r.effect.name()))),
            Arc::new(
                rows.iter()
                    .map(|r| Some(r.counted))
                    .collect::<BooleanArray>(),
            ),
            strings(rows.iter().map(|r| Some(&r.source))),
            strings(rows.iter().map(|r| r.doc_id.as_deref())),
            strings(rows.iter().map(|r| r.raw_uri.as_deref())),
            Arc::new(rows.iter().map(|r| r.raw_offset).collect::<UInt64Array>()),
            strings(rows.iter().map(|r| Some(r.step))),
            strings(rows.iter().map(|r| Some(&r.rule))),
            strings(rows.iter().map(|r| Some(&r.reason))),
            strings(rows.iter().map(|r| r.observed.as_deref())),
            strings(rows.iter().map(|r| r.threshold.as_deref())),
            strings(rows.iter().map(|r| r.kept_doc_id.as_deref())),
            Arc::new(rows.iter().map(|r| r.similarity).collect::<Float64Array>()),
            Arc::new(rows.iter().map(|r| r.span_start).collect::<UInt64Array>()),
            Arc::new(rows.iter().map(|r| r.span_end).collect::<UInt64Array>()),
            strings(rows.iter().map(|r| r.detail.as_deref())),
        ];
        Ok(RecordBatch::try_new(schema(), columns)?)
    }
}
