//! The ledger: one row for each drop, edit, fault and note.

use std::sync::{Arc, LazyLock};

use arrow::array::{Array, AsArray, BooleanArray, Float64Array, RecordBatch, UInt64Array};
use arrow::datatypes::{DataType, Field, Float64Type, Schema, SchemaRef, UInt64Type};

use crate::column::{TextColumn, column};
use crate::document::strings;
use crate::{Error, Fault, Result};

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

/// The steps that decide, in the order in which they do.
pub const STEPS: &[&str] = &[
    "ingest",
    "reconcile",
    "licence",
    "rules",
    "version",
    "duplicate",
];

impl Unit {
    const ALL: [Self; 3] = [Self::Record, Self::File, Self::Span];

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
    const ALL: [Self; 4] = [Self::Drop, Self::Edit, Self::Fault, Self::Note];

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

    /// Reads decisions back from a batch of [`schema`]; further columns are passed over.
    ///
    /// # Errors
    /// [`Error::Input`] for a unit, an effect or a step that this version does not know; [`Error::Internal`] for a
    /// missing column.
    pub fn from_batch(batch: &RecordBatch) -> Result<Self> {
        let unknown = |what: &str, name: &str| Error::input(format!("no {what} `{name}` is known"));
        let text = |name: &str| TextColumn::try_new(batch, name);
        let number = |name: &str| Ok::<_, Error>(column(batch, name)?.as_primitive::<UInt64Type>());
        let (units, effects, steps) = (text("unit")?, text("effect")?, text("step")?);
        let (sources, rules, reasons) = (text("source")?, text("rule")?, text("reason")?);
        let (doc_ids, raw_uris, details) = (text("doc_id")?, text("raw_uri")?, text("detail")?);
        let (observed, thresholds) = (text("observed")?, text("threshold")?);
        let kept = text("kept_doc_id")?;
        let (offsets, starts) = (number("raw_offset")?, number("span_start")?);
        let ends = number("span_end")?;
        let counted = column(batch, "counted")?.as_boolean();
        let similarity = column(batch, "similarity")?.as_primitive::<Float64Type>();
        let owned = |column: &TextColumn<'_>, row| column.get(row).map(str::to_owned);
        let whole = |array: &UInt64Array, row| array.is_valid(row).then(|| array.value(row));
        let decision = |row: usize| {
            let name = |column: &TextColumn<'_>| column.get(row).unwrap_or_default().to_owned();
            let (unit, effect, step) = (name(&units), name(&effects), name(&steps));
            Ok(Decision {
                unit: *(Unit::ALL.iter().find(|u| u.name() == unit))
                    .ok_or_else(|| unknown("unit", &unit))?,
                effect: *(Effect::ALL.iter().find(|e| e.name() == effect))
                    .ok_or_else(|| unknown("effect", &effect))?,
                counted: counted.value(row),
                source: name(&sources),
                doc_id: owned(&doc_ids, row),
                raw_uri: owned(&raw_uris, row),
                raw_offset: whole(offsets, row),
                step: STEPS
                    .iter()
                    .find(|s| **s == step)
                    .ok_or_else(|| unknown("step", &step))?,
                rule: name(&rules),
                reason: name(&reasons),
                observed: owned(&observed, row),
                threshold: owned(&thresholds, row),
                kept_doc_id: owned(&kept, row),
                similarity: similarity.is_valid(row).then(|| similarity.value(row)),
                span_start: whole(starts, row),
                span_end: whole(ends, row),
                detail: owned(&details, row),
            })
        };
        (0..batch.num_rows())
            .map(decision)
            .collect::<Result<_>>()
            .map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::{Decision, Decisions, Effect, STEPS, Unit};

    #[test]
    fn decisions_come_back_as_they_were() {
        let mut all = vec![Decision {
            step: "ingest",
            ..Decision::default()
        }];
        for (at, &step) in STEPS.iter().enumerate() {
            all.push(Decision {
                unit: Unit::ALL[at % 3],
                effect: Effect::ALL[at % 4],
                counted: at % 2 == 0,
                source: "s".to_owned(),
                doc_id: Some(format!("s/{at}")),
                raw_uri: Some("a.tar!b".to_owned()),
                raw_offset: Some(at as u64),
                step,
                rule: "r".to_owned(),
                reason: "quality/too-short".to_owned(),
                observed: Some("1".to_owned()),
                threshold: Some("2".to_owned()),
                kept_doc_id: Some("s/k".to_owned()),
                similarity: Some(0.875),
                span_start: Some(3),
                span_end: Some(5),
                detail: Some("é".to_owned()),
            });
        }
        let decisions = Decisions(all);
        let batch = decisions.to_batch().unwrap();
        assert_eq!(Decisions::from_batch(&batch).unwrap(), decisions);
        let mut wrong = decisions;
        wrong.0[0].step = "no-such-step";
        assert!(Decisions::from_batch(&wrong.to_batch().unwrap()).is_err());
    }
}
