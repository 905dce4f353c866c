//! Quality annotation: the measurements behind the Gopher, `FineWeb` and C4 filters.
//!
//! Columns are named for what they measure, not for the filter that uses them. Semantics are those of datatrove,
//! whose thresholds are published, over the French-aware words of [`moisson_text::word`].
//!
//! Sources: Rae et al. 2021 (Gopher), arXiv:2112.11446; Penedo et al. 2024 (`FineWeb`), arXiv:2406.17557; Penedo et al.
//! 2025 (`FineWeb`-2), arXiv:2506.20920; Raffel et al. 2020 (C4), arXiv:1910.10683.

mod c4;
mod columns;
mod lines;
mod measures;
mod repeats;
mod table;
mod tokens;

use std::sync::Arc;

use arrow::array::{ArrayRef, ListArray, RecordBatch, StringArray, StructArray, UInt64Array};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema, SchemaRef};
use moisson_core::document::strings;
use moisson_core::{Annotator, Digest, KeyHasher, Result, TextColumn};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use columns::COLUMNS;
use columns::{SPANS, STATUS};
pub use measures::Scratch;
use measures::{Bounds, Measures};

/// Version of the output.
const VERSION: u32 = 1;

/// Parameters of [`QualityAnnotator`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct QualityParams {
    /// Most spans of a document in `quality_c4_line_spans`; further ones are left out.
    pub spans_max: usize,
    /// Repetition is looked for in the first so many words, and lines, of a document, which bounds memory.
    pub repeats_max: usize,
}

impl Default for QualityParams {
    fn default() -> Self {
        Self {
            spans_max: 10_000,
            repeats_max: 1 << 20,
        }
    }
}

/// Measures quality. [`COLUMNS`] lists the columns, `moisson list annotators` what they hold.
///
/// Ratios are `Float64` and null where there is nothing to divide by, so wherever the text is empty; counts are 0
/// there. `quality_status` is `ok` or `empty`. `quality_c4_line_spans` is
/// `List<Struct<start: UInt64, end: UInt64, reason: Utf8>>`, bytes of the text, newline included.
#[derive(Debug, Clone)]
pub struct QualityAnnotator {
    params: QualityParams,
    schema: SchemaRef,
}

impl QualityAnnotator {
    /// Makes an annotator.
    pub fn new(params: QualityParams) -> Self {
        let mut fields: Vec<Field> = columns::MEASURED
            .iter()
            .map(columns::Column::field)
            .collect();
        fields.push(Field::new(SPANS, DataType::List(span_item()), false));
        fields.push(Field::new(STATUS, DataType::Utf8, false));
        Self {
            params,
            schema: Arc::new(Schema::new(fields)),
        }
    }
}

fn span_fields() -> Fields {
    Fields::from(vec![
        Field::new("start", DataType::UInt64, false),
        Field::new("end", DataType::UInt64, false),
        Field::new("reason", DataType::Utf8, false),
    ])
}

fn span_item() -> FieldRef {
    Arc::new(Field::new_list_field(
        DataType::Struct(span_fields()),
        false,
    ))
}

impl Annotator for QualityAnnotator {
    fn family(&self) -> &'static str {
        "quality"
    }

    fn version(&self) -> u32 {
        VERSION
    }

    fn parameters(&self) -> Digest {
        KeyHasher::new("quality", VERSION)
            .field(&(self.params.spans_max as u64).to_le_bytes())
            .field(&(self.params.repeats_max as u64).to_le_bytes())
            .finish()
    }

    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn annotate(&self, documents: &RecordBatch) -> Result<RecordBatch> {
        let text = TextColumn::try_new(documents, "text")?;
        let bounds = Bounds {
            spans_max: self.params.spans_max,
            repeats_max: self.params.repeats_max,
        };
        let mut scratch = Scratch::default();
        let rows: Vec<Measures> = text
            .iter()
            .map(|text| Measures::of(text.unwrap_or_default(), bounds, &mut scratch))
            .collect();
        let mut columns: Vec<ArrayRef> = columns::MEASURED
            .iter()
            .map(|column| column.array(&rows))
            .collect();
        columns.push(Arc::new(spans_column(&rows)?));
        columns.push(strings(
            rows.iter()
                .map(|row| Some(if row.is_empty() { "empty" } else { "ok" })),
        ));
        Ok(RecordBatch::try_new(self.schema.clone(), columns)?)
    }
}

fn spans_column(rows: &[Measures]) -> Result<ListArray> {
    let cuts = || rows.iter().flat_map(|row| &row.c4.cuts);
    let fields: Vec<ArrayRef> = vec![
        Arc::new(
            cuts()
                .map(|cut| cut.span.start as u64)
                .collect::<UInt64Array>(),
        ),
        Arc::new(
            cuts()
                .map(|cut| cut.span.end as u64)
                .collect::<UInt64Array>(),
        ),
        Arc::new(cuts().map(|cut| Some(cut.reason)).collect::<StringArray>()),
    ];
    Ok(ListArray::try_new(
        span_item(),
        OffsetBuffer::from_lengths(rows.iter().map(|row| row.c4.cuts.len())),
        Arc::new(StructArray::try_new(span_fields(), fields, None)?),
        None,
    )?)
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, AsArray, RecordBatch};
    use arrow::datatypes::{DataType, Float64Type, UInt32Type, UInt64Type};
    use moisson_core::Annotator;

    use super::{COLUMNS, QualityAnnotator, QualityParams};
    use crate::testing::{assert_cut_free, documents};

    const TEXTS: &[&str] = &[
        "",
        " \n \n",
        "Bonjour",
        "… ! … !",
        "L'article premier de la loi est applicable. Il entre en vigueur le 1er janvier 2020.\n\nTitre\n- point\n",
        "# un #\n# un #\n# un #\nSuite...\nété\nété",
        "un deux trois quatre cinq six un deux trois quatre cinq six",
    ];

    fn annotate(texts: &[&str]) -> RecordBatch {
        QualityAnnotator::new(QualityParams::default())
            .annotate(&documents(texts))
            .unwrap()
    }

    fn value(batch: &RecordBatch, name: &str, row: usize) -> Option<f64> {
        let column = batch.column_by_name(name).unwrap();
        if column.is_null(row) {
            return None;
        }
        Some(match column.data_type() {
            DataType::Float64 => column.as_primitive::<Float64Type>().value(row),
            DataType::UInt32 => f64::from(column.as_primitive::<UInt32Type>().value(row)),
            DataType::UInt64 => column.as_primitive::<UInt64Type>().value(row) as f64,
            _ => f64::from(u8::from(column.as_boolean().value(row))),
        })
    }

    #[test]
    fn columns_are_those_listed() {
        let annotator = QualityAnnotator::new(QualityParams::default());
        let schema = annotator.schema();
        let names: Vec<&str> = schema
            .fields()
            .iter()
            .map(|field| field.name().as_str())
            .collect();
        assert_eq!(names, COLUMNS);
        assert!(names.iter().all(|name| name.starts_with("quality_")));
    }

    #[test]
    fn values_as_a_table() {
        let check = |text: &str, expected: &[(&str, f64)]| {
            let batch = annotate(&[text]);
            for (name, expected) in expected {
                let value = value(&batch, &format!("quality_{name}"), 0).unwrap();
                assert!(
                    (value - expected).abs() < 1e-9,
                    "{name} of {text:?}: {value}"
                );
            }
        };
        check(
            TEXTS[4],
            &[
                ("text_bytes", 100.0),
                ("char_count", 100.0),
                ("line_count", 3.0),
                ("word_count", 18.0),
                ("longest_word_length", 10.0),
                ("stop_word_count_fra", 5.0),
                ("stop_word_count_eng", 0.0),
                ("bullet_line_ratio", 0.25),
                ("short_line_ratio", 2.0 / 3.0),
                ("terminal_punctuation_line_ratio", 1.0 / 3.0),
                ("newline_word_ratio", 4.0 / 21.0),
                ("duplicate_line_ratio", 0.0),
                ("c4_sentence_count", 2.0),
            ],
        );
        check(
            TEXTS[5],
            &[
                ("symbol_word_ratio", 6.0 / 13.0),
                ("ellipsis_line_ratio", 1.0 / 6.0),
                ("duplicate_line_ratio", 0.5),
                ("duplicate_line_char_ratio", 15.0 / 37.0),
                ("fineweb_duplicate_line_char_ratio", 15.0 / 32.0),
            ],
        );
        // Twice six words: the pair said most often first is « un deux », the repeat is one of five words, then six.
        check(
            TEXTS[6],
            &[
                ("top_2gram_char_ratio", 14.0 / 59.0),
                ("top_4gram_char_ratio", 40.0 / 59.0),
                ("duplicate_5gram_char_ratio", 21.0 / 59.0),
                ("duplicate_6gram_char_ratio", 24.0 / 59.0),
                ("duplicate_7gram_char_ratio", 0.0),
            ],
        );
    }

    #[test]
    fn ratios_of_nothing_are_null_and_counts_zero() {
        let batch = annotate(TEXTS);
        let status = batch
            .column_by_name("quality_status")
            .unwrap()
            .as_string::<i32>();
        assert_eq!(
            status.iter().flatten().collect::<Vec<_>>(),
            ["empty", "empty", "ok", "ok", "ok", "ok", "ok"]
        );
        for field in batch.schema().fields() {
            if *field.data_type() == DataType::Float64 {
                for row in 0..2 {
                    assert_eq!(value(&batch, field.name(), row), None, "{}", field.name());
                }
                let mean_of_no_word = field.name() == "quality_mean_word_length";
                assert_eq!(
                    value(&batch, field.name(), 3).is_none(),
                    mean_of_no_word,
                    "{}",
                    field.name()
                );
            }
        }
        assert_eq!(value(&batch, "quality_word_count", 0), Some(0.0));
    }

    #[test]
    fn cuts_do_not_matter() {
        assert_cut_free(&QualityAnnotator::new(QualityParams::default()), TEXTS);
    }

    #[test]
    fn spans_lie_on_characters() {
        let text = "É\nà\nUne ligne gardée, celle-ci.\né é é é\n";
        let batch = annotate(&[text]);
        let spans = batch
            .column_by_name("quality_c4_line_spans")
            .unwrap()
            .as_list::<i32>()
            .value(0);
        let spans = spans.as_struct();
        let at = |column: usize, row| {
            let bytes = spans.column(column).as_primitive::<UInt64Type>();
            usize::try_from(bytes.value(row)).unwrap()
        };
        let cut: Vec<&str> = (0..spans.len())
            .map(|row| text.get(at(0, row)..at(1, row)).unwrap())
            .collect();
        assert_eq!(cut, ["É\n", "à\n", "é é é é\n"]);
    }

    #[test]
    fn repeats_are_bounded() {
        let text = "un deux trois quatre cinq ".repeat(40);
        let of = |repeats_max| {
            let params = QualityParams {
                repeats_max,
                ..QualityParams::default()
            };
            let batch = QualityAnnotator::new(params)
                .annotate(&documents(&[&text]))
                .unwrap();
            value(&batch, "quality_duplicate_5gram_char_ratio", 0).unwrap()
        };
        assert!(of(1 << 20) > 0.7);
        assert!((of(10) - 21.0 / 51.0).abs() < 1e-9);
        assert!(of(9).abs() < 1e-9);
    }
}
