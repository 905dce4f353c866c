//! The columns of the `licence` family.

use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, ListBuilder, RecordBatch, StringBuilder, UInt8Builder};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use moisson_core::Result;
use moisson_rights::{Evidence, Obligation, Scope, Tier, Verdict, VerdictStatus};

/// Text columns before `licence_clarity`, in order, and whether they may be null.
const TEXTS: [(&str, bool); 13] = [
    ("licence_status", false),
    ("licence", true),
    ("licence_family", false),
    ("licence_shard_family", true),
    ("licence_tier", true),
    ("licence_evidence", true),
    ("licence_statement", true),
    ("licence_matcher", true),
    ("licence_layer", true),
    ("licence_reason", true),
    ("licence_terms", true),
    ("licence_scope", true),
    ("licence_verdict", true),
];

/// Schema of the produced columns.
///
/// `licence` (SPDX expression), `licence_shard_family` and `licence_tier` (lowest that admits it) are null unless the
/// status is `known`; `licence_tier` also where no release may hold the text. `licence_clarity`: 3 declared, 2 inferred,
/// 1 assumed, 0 not known; a human verdict is as clear as a declaration. `licence_scope`: `work` or `dataset`, null where
/// nothing is stated. `licence_verdict`: id of the human verdict that decided, null where none did.
/// `licence_obligations`: codes of what is owed, in order, never null; empty where nothing is. `attribution` is null where
/// none is asked for.
pub(super) fn schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let text = |name: &str, nullable| Field::new(name, DataType::Utf8, nullable);
        let mut fields: Vec<Field> = TEXTS
            .into_iter()
            .map(|(name, nullable)| text(name, nullable))
            .collect();
        fields.push(Field::new("licence_clarity", DataType::UInt8, false));
        let code = Arc::new(text("item", true));
        let codes = DataType::List(code);
        fields.push(Field::new("licence_obligations", codes, false));
        fields.push(text("attribution", true));
        fields.push(text("licence_detail", true));
        Arc::new(Schema::new(fields))
    });
    SCHEMA.clone()
}

/// Builds the columns row by row.
#[derive(Debug, Default)]
pub(super) struct Columns {
    texts: [StringBuilder; TEXTS.len()],
    clarity: UInt8Builder,
    obligations: ListBuilder<StringBuilder>,
    attribution: StringBuilder,
    detail: StringBuilder,
}

impl Columns {
    /// Adds a row.
    pub(super) fn push(
        &mut self,
        verdict: &Verdict,
        obligations: &[Obligation],
        attribution: Option<String>,
        note: Option<&'static str>,
    ) {
        let decisive = verdict.decisive.as_ref();
        let values: [Option<&str>; TEXTS.len()] = [
            Some(verdict.status.name()),
            verdict.expression.as_deref(),
            Some(verdict.family.name()),
            verdict.shard_family,
            verdict.tier_min.map(Tier::name),
            verdict.evidence.map(Evidence::name),
            decisive.map(|decisive| decisive.text.as_str()),
            decisive.and_then(|decisive| decisive.matcher),
            decisive.map(|decisive| decisive.layer.name()),
            decisive.and_then(|decisive| decisive.reason.as_deref()),
            verdict.terms.as_deref(),
            verdict.scope.map(Scope::name),
            verdict.human.as_deref(),
        ];
        for (builder, value) in self.texts.iter_mut().zip(values) {
            builder.append_option(value);
        }
        self.clarity.append_value(clarity(verdict));
        self.obligations
            .append_value(obligations.iter().map(|duty| Some(duty.code())));
        self.attribution.append_option(attribution);
        self.detail.append_option(match (&verdict.detail, note) {
            (Some(detail), Some(note)) => Some(format!("{detail}; {note}")),
            (Some(detail), None) => Some(detail.clone()),
            (None, note) => note.map(str::to_owned),
        });
    }

    /// Returns the rows.
    ///
    /// # Errors
    /// [`moisson_core::Error::Internal`] if arrow refuses the columns.
    pub(super) fn finish(mut self) -> Result<RecordBatch> {
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(TEXTS.len() + 4);
        for builder in &mut self.texts {
            columns.push(Arc::new(builder.finish()));
        }
        columns.push(Arc::new(self.clarity.finish()));
        columns.push(Arc::new(self.obligations.finish()));
        columns.push(Arc::new(self.attribution.finish()));
        columns.push(Arc::new(self.detail.finish()));
        Ok(RecordBatch::try_new(schema(), columns)?)
    }
}

fn clarity(verdict: &Verdict) -> u8 {
    match verdict.evidence {
        _ if verdict.status != VerdictStatus::Known => 0,
        None => 0,
        Some(Evidence::Assumed) => 1,
        Some(Evidence::Inferred) => 2,
        Some(Evidence::Declared | Evidence::Verdict) => 3,
    }
}
