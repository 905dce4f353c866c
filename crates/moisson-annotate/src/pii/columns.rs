//! The columns of the `pii` family.

use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use arrow::array::{
    ArrayRef, ListArray, RecordBatch, StringArray, StringBuilder, StructArray, UInt32Builder,
    UInt64Array,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema, SchemaRef};
use moisson_core::Result;
use moisson_rights::personal::Class;

use super::{Found, Risk};

/// Names of all columns, in the order of the schema:
///
/// - `pii_spans`: where personal data of the wanted classes stands, `List<Struct<start: UInt64, end: UInt64, class: Utf8>>`,
///   bytes of the text, in order, apart from each other; kept classes too.
/// - `pii_counts`: how much of each class, as JSON, classes sorted: `{"email":2,"phone":1}`.
/// - `pii_total`: how much in all.
/// - `pii_risk`: `none`, `low`, `medium` or `high`: what no detector removes, see [`Risk`]; null where nothing was looked for.
/// - `pii_profile`: profile that applied, by genre and day of publication.
/// - `pii_status`: `ok`; `empty`, no text; `truncated`, more spans than `spans_max`; `off`, nothing was looked for.
pub const COLUMNS: &[&str] = &[
    "pii_spans",
    "pii_counts",
    "pii_total",
    "pii_risk",
    "pii_profile",
    "pii_status",
];

/// Schema of the produced columns.
pub(super) fn schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let text = |name: &str, nullable| Field::new(name, DataType::Utf8, nullable);
        Arc::new(Schema::new(vec![
            Field::new("pii_spans", DataType::List(span_item()), false),
            text("pii_counts", false),
            Field::new("pii_total", DataType::UInt32, false),
            text("pii_risk", true),
            text("pii_profile", false),
            text("pii_status", false),
        ]))
    });
    SCHEMA.clone()
}

fn span_fields() -> Fields {
    Fields::from(vec![
        Field::new("start", DataType::UInt64, false),
        Field::new("end", DataType::UInt64, false),
        Field::new("class", DataType::Utf8, false),
    ])
}

fn span_item() -> FieldRef {
    Arc::new(Field::new_list_field(
        DataType::Struct(span_fields()),
        false,
    ))
}

/// Builds the columns row by row.
#[derive(Debug, Default)]
pub(super) struct Columns {
    spans: Vec<Found>,
    lengths: Vec<usize>,
    counts: StringBuilder,
    total: UInt32Builder,
    risk: StringBuilder,
    profile: StringBuilder,
    status: StringBuilder,
}

impl Columns {
    /// Adds a row.
    pub(super) fn push(
        &mut self,
        found: &[Found],
        spans_max: usize,
        risk: Option<Risk>,
        profile: &str,
        status: &str,
    ) {
        let marked = found.get(..spans_max).unwrap_or(found);
        self.spans.extend_from_slice(marked);
        self.lengths.push(marked.len());
        self.counts.append_value(counts(found));
        self.total
            .append_value(u32::try_from(found.len()).unwrap_or(u32::MAX));
        self.risk.append_option(risk.map(Risk::name));
        self.profile.append_value(profile);
        self.status.append_value(status);
    }

    /// Returns the rows.
    ///
    /// # Errors
    /// [`moisson_core::Error::Internal`] if arrow refuses the columns.
    pub(super) fn finish(mut self) -> Result<RecordBatch> {
        let spans = &self.spans;
        let fields: Vec<ArrayRef> = vec![
            Arc::new(
                spans
                    .iter()
                    .map(|found| found.span.start as u64)
                    .collect::<UInt64Array>(),
            ),
            Arc::new(
                spans
                    .iter()
                    .map(|found| found.span.end as u64)
                    .collect::<UInt64Array>(),
            ),
            Arc::new(
                spans
                    .iter()
                    .map(|found| Some(found.class.name()))
                    .collect::<StringArray>(),
            ),
        ];
        let spans = ListArray::try_new(
            span_item(),
            OffsetBuffer::from_lengths(self.lengths),
            Arc::new(StructArray::try_new(span_fields(), fields, None)?),
            None,
        )?;
        let columns: Vec<ArrayRef> = vec![
            Arc::new(spans),
            Arc::new(self.counts.finish()),
            Arc::new(self.total.finish()),
            Arc::new(self.risk.finish()),
            Arc::new(self.profile.finish()),
            Arc::new(self.status.finish()),
        ];
        Ok(RecordBatch::try_new(schema(), columns)?)
    }
}

/// `{"email":2,"phone":1}`: names of classes need no escape, and their order is that of the classes.
fn counts(found: &[Found]) -> String {
    let mut json = String::from("{");
    for class in Class::ALL {
        let count = found.iter().filter(|found| found.class == class).count();
        if count > 0 {
            let comma = if json.len() > 1 { "," } else { "" };
            // Writing to a string cannot fail.
            let _ = write!(json, "{comma}\"{}\":{count}", class.name());
        }
    }
    json.push('}');
    json
}
