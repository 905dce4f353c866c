//! The `parquet` reader: rows of Arrow batches. The engine opens the file; no Parquet is decoded here.

use std::borrow::Cow;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Date32Type, Float64Type, Int64Type, TimeUnit, TimestampSecondType, UInt64Type,
};
use moisson_core::{Date, Digest, Fault, Key, Result, Sink, reason};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::csv::{missing_column, refuse};
use super::{About, Member, Reader, ReaderEntry, TableReader, has_extension, options};
use crate::fields::selector::{Dialect, Found, Record, Selector};
use crate::fields::{FieldOptions, Fields};

/// The entry of this reader.
pub const ENTRY: ReaderEntry = ReaderEntry {
    name: "parquet",
    version: 1,
    doc: "rows of Parquet files; fields by column name or template",
    about: About {
        source: "Apache Parquet",
        document: "a row; its key is the option `id`, else the digest of the row",
        text: "the option `text`: a column or a template",
        fields: &[("title, url, date, …", "the options of the same names")],
        defects: &[(
            "a damaged row group",
            "what was read before it is kept; `extract/malformed-parquet`",
        )],
    },
    extensions: EXTENSIONS,
    build,
    options_schema: options::schema::<ParquetOptions>,
};

const EXTENSIONS: &[&str] = &["parquet"];

/// Options of the `parquet` reader.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ParquetOptions {
    /// Fields of each row, by column name.
    #[serde(flatten)]
    pub fields: FieldOptions,
}

struct Parquet {
    fields: Fields,
}

fn build(given: &Value) -> Result<Box<dyn Reader>> {
    let options: ParquetOptions = options::parse(ENTRY.name, given)?;
    Ok(Box::new(Parquet {
        fields: Fields::new(&options.fields, Dialect::Columns)?,
    }))
}

impl Reader for Parquet {
    /// A Parquet file is read from its end, which a stream does not have: inside an archive it is refused.
    fn read(&self, member: Member<'_>, sink: &mut dyn Sink) -> Result<()> {
        if !sink.begin_record()? {
            return Ok(());
        }
        sink.fault(Fault::new(
            reason::EXTRACT_UNREADABLE,
            member.uri,
            "a Parquet file inside an archive is not read; unpack it",
        ))
    }

    fn wants(&self, uri: &str) -> bool {
        has_extension(uri, EXTENSIONS)
    }

    fn table(&self) -> Option<&dyn TableReader> {
        Some(self)
    }
}

impl TableReader for Parquet {
    fn columns(&self) -> Vec<String> {
        self.fields.columns()
    }

    fn read_batch(
        &self,
        uri: &str,
        first_row: u64,
        batch: &RecordBatch,
        sink: &mut dyn Sink,
    ) -> Result<()> {
        let columns = match self.open(batch) {
            Ok(columns) => columns,
            // Said once a file, since every batch lacks the same column.
            Err(detail) if first_row == 0 => {
                return refuse(uri, reason::EXTRACT_MISSING_FIELD, detail, sink);
            }
            Err(_) => return Ok(()),
        };
        let mut bytes = Vec::new();
        for row in 0..batch.num_rows() {
            if !sink.begin_record()? {
                continue;
            }
            let record = Row {
                columns: &columns,
                row,
            };
            let digest = record.digest(&mut bytes);
            match self
                .fields
                .document(&record, Key::Raw, uri, digest, u32::MAX)
            {
                Ok(document) => sink.document(document)?,
                Err(fault) => {
                    sink.fault(Fault {
                        raw_offset: Some(first_row + row as u64),
                        ..*fault
                    })?;
                }
            }
        }
        Ok(())
    }
}

impl Parquet {
    /// Opens the columns that are read, or says which is missing or of no use.
    fn open(&self, batch: &RecordBatch) -> Result<Vec<(String, Column)>, String> {
        let schema = batch.schema_ref();
        let known: Vec<String> = schema.fields().iter().map(|f| f.name().clone()).collect();
        if let Some(detail) = missing_column(&self.fields, &known) {
            return Err(detail);
        }
        let mut columns = Vec::new();
        for name in self.fields.columns() {
            let array = batch.column_by_name(&name).ok_or_else(|| name.clone())?;
            let kind = array.data_type();
            let column = Column::new(array).ok_or_else(|| {
                format!("column `{name}` is {kind}, not text, number, truth value or date")
            })?;
            columns.push((name, column));
        }
        Ok(columns)
    }
}

/// A column, brought to one of a few types.
enum Column {
    Small(ArrayRef),
    Large(ArrayRef),
    View(ArrayRef),
    Signed(ArrayRef),
    Unsigned(ArrayRef),
    Float(ArrayRef),
    Truth(ArrayRef),
    Date(ArrayRef),
    Time(ArrayRef),
    Nothing,
}

impl Column {
    fn new(array: &ArrayRef) -> Option<Self> {
        use DataType as D;
        let to = |kind: &DataType| cast(array, kind).ok();
        Some(match array.data_type() {
            D::Null => Self::Nothing,
            D::Utf8 => Self::Small(array.clone()),
            D::LargeUtf8 => Self::Large(array.clone()),
            D::Utf8View => Self::View(array.clone()),
            D::Dictionary(_, value) if matches!(**value, D::Utf8 | D::LargeUtf8 | D::Utf8View) => {
                Self::Large(to(&D::LargeUtf8)?)
            }
            D::Int8 | D::Int16 | D::Int32 | D::Int64 => Self::Signed(to(&D::Int64)?),
            D::UInt8 | D::UInt16 | D::UInt32 | D::UInt64 => Self::Unsigned(to(&D::UInt64)?),
            D::Float16 | D::Float32 | D::Float64 | D::Decimal128(..) => {
                Self::Float(to(&D::Float64)?)
            }
            D::Boolean => Self::Truth(array.clone()),
            D::Date32 | D::Date64 => Self::Date(to(&D::Date32)?),
            D::Timestamp(..) => Self::Time(to(&D::Timestamp(TimeUnit::Second, None))?),
            _ => return None,
        })
    }

    fn get(&self, row: usize) -> Option<Found<'_>> {
        let text = |text| Found::Text(Cow::Borrowed(text));
        let array = match self {
            Self::Small(a) | Self::Large(a) | Self::View(a) | Self::Signed(a) => a,
            Self::Unsigned(a) | Self::Float(a) | Self::Truth(a) | Self::Date(a) | Self::Time(a) => {
                a
            }
            Self::Nothing => return None,
        };
        if array.is_null(row) {
            return None;
        }
        Some(match self {
            Self::Small(array) => text(array.as_string::<i32>().value(row)),
            Self::Large(array) => text(array.as_string::<i64>().value(row)),
            Self::View(array) => text(array.as_string_view().value(row)),
            Self::Signed(array) => {
                Found::Owned(array.as_primitive::<Int64Type>().value(row).into())
            }
            Self::Unsigned(array) => {
                Found::Owned(array.as_primitive::<UInt64Type>().value(row).into())
            }
            Self::Float(array) => {
                Found::Owned(array.as_primitive::<Float64Type>().value(row).into())
            }
            Self::Truth(array) => Found::Owned(array.as_boolean().value(row).into()),
            Self::Date(array) => {
                let date = Date(array.as_primitive::<Date32Type>().value(row));
                Found::Text(Cow::Owned(date.to_string()))
            }
            Self::Time(array) => {
                let seconds = array.as_primitive::<TimestampSecondType>().value(row);
                Found::Text(Cow::Owned(time(seconds)))
            }
            Self::Nothing => return None,
        })
    }
}

/// Writes seconds since 1970 (UTC) as RFC 3339.
fn time(seconds: i64) -> String {
    const DAY: i64 = 86_400;
    let date = Date(i32::try_from(seconds.div_euclid(DAY)).unwrap_or_default());
    let of_day = seconds.rem_euclid(DAY);
    format!(
        "{date}T{:02}:{:02}:{:02}Z",
        of_day / 3600,
        of_day / 60 % 60,
        of_day % 60
    )
}

struct Row<'r> {
    columns: &'r [(String, Column)],
    row: usize,
}

impl Row<'_> {
    /// Digests the values that are read, in the order of the column names; `bytes` is scratch space.
    fn digest(&self, bytes: &mut Vec<u8>) -> Digest {
        bytes.clear();
        for (name, column) in self.columns {
            bytes.extend(name.as_bytes());
            let value = match column.get(self.row) {
                None => {
                    bytes.push(0);
                    continue;
                }
                Some(Found::Text(text)) => text,
                Some(Found::Owned(value)) => Cow::Owned(value.to_string()),
                Some(Found::Value(value)) => Cow::Owned(value.to_string()),
            };
            bytes.push(1);
            bytes.extend((value.len() as u64).to_le_bytes());
            bytes.extend(value.as_bytes());
        }
        Digest::of(bytes)
    }
}

impl Record for Row<'_> {
    fn find<'a>(&'a self, selector: &Selector, found: &mut Vec<Found<'a>>) {
        if let Selector::Key(name) = selector {
            let column = self.columns.iter().find(|(column, _)| column == name);
            found.extend(column.and_then(|(_, column)| column.get(self.row)));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{
        ArrayRef, BooleanArray, Date32Array, DictionaryArray, Float64Array, Int64Array,
        LargeStringArray, ListArray, NullArray, RecordBatch, StringArray, StringViewArray,
        TimestampMillisecondArray, UInt8Array,
    };
    use arrow::datatypes::Int32Type;
    use serde_json::{Value, json};

    use crate::testing::Collected;

    fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
        RecordBatch::try_from_iter(columns).unwrap()
    }

    fn read(options: &Value, first_row: u64, batch: &RecordBatch) -> Collected {
        let reader = crate::readers::build("parquet", options).unwrap();
        let mut sink = Collected::default();
        reader
            .table()
            .unwrap()
            .read_batch("f", first_row, batch, &mut sink)
            .unwrap();
        sink
    }

    #[test]
    fn string_layouts_agree() {
        let values = ["été", "b"];
        let layouts: [ArrayRef; 4] = [
            Arc::new(StringArray::from(values.to_vec())),
            Arc::new(LargeStringArray::from(values.to_vec())),
            Arc::new(StringViewArray::from(values.to_vec())),
            Arc::new(values.into_iter().collect::<DictionaryArray<Int32Type>>()),
        ];
        let read: Vec<_> = layouts
            .into_iter()
            .map(|array| read(&json!({}), 0, &batch(vec![("text", array)])))
            .collect();
        for sink in &read {
            assert_eq!(sink.documents, read[0].documents);
            assert_eq!(sink.documents[0].text, "été");
        }
    }

    #[test]
    fn columns_become_fields() {
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("n", Arc::new(Int64Array::from(vec![7]))),
            ("u", Arc::new(UInt8Array::from(vec![8]))),
            ("f", Arc::new(Float64Array::from(vec![0.5]))),
            ("b", Arc::new(BooleanArray::from(vec![true]))),
            ("d", Arc::new(Date32Array::from(vec![16_801]))),
            (
                "t",
                Arc::new(TimestampMillisecondArray::from(vec![1_451_606_401_000])),
            ),
            ("x", Arc::new(NullArray::new(1))),
            ("body", Arc::new(StringArray::from(vec!["a"]))),
        ];
        let options = json!({
            "id": "{n}-{u}", "text": "body", "date": "d", "modified": "t", "title": "x",
            "metadata": {"f": "f", "b": "b", "t": "t"},
        });
        let sink = read(&options, 0, &batch(columns));
        let document = &sink.documents[0];
        assert_eq!(document.key_text(), "7-8");
        assert_eq!(document.published_on.unwrap().to_string(), "2016-01-01");
        assert_eq!(document.modified_on, document.published_on);
        assert_eq!(document.title, None);
        let expected = json!({"f": 0.5, "b": true, "t": "2016-01-01T00:00:01Z"});
        assert_eq!(Value::Object(document.metadata.clone()), expected);
    }

    #[test]
    fn rows_without_text_are_counted_and_good_ones_kept() {
        let text: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None, Some("c")]));
        let sink = read(&json!({}), 10, &batch(vec![("text", text)]));
        assert_eq!(sink.records, 3);
        assert_eq!(sink.documents.len(), 2);
        assert_eq!(sink.fault_lines(), ["extract/missing-field f"]);
        assert_eq!(sink.faults[0].raw_offset, Some(11));
        assert_ne!(sink.documents[0].raw_digest, sink.documents[1].raw_digest);
    }

    #[test]
    fn files_that_are_refused_as_a_table() {
        let text: ArrayRef = Arc::new(StringArray::from(vec!["a"]));
        let list: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>([Some([
            Some(1),
        ])]));
        for (column, detail) in [
            (
                ("txt", text),
                "unknown column `text`; known: `txt`; did you mean `txt`?",
            ),
            (("text", list), "column `text` is List"),
        ] {
            let batch = batch(vec![column]);
            let sink = read(&json!({}), 0, &batch);
            assert_eq!(
                sink.fault_lines(),
                ["extract/missing-field f", "*extract/missing-field f"]
            );
            assert_eq!(sink.records, 1);
            let found = sink.faults[0].detail.clone().unwrap();
            assert!(found.contains(detail), "{found}");
            let later = read(&json!({}), 1, &batch);
            assert_eq!((later.records, later.faults.len()), (0, 0));
        }
    }

    #[test]
    fn only_the_columns_that_are_read_are_asked_for() {
        let options = json!({"id": "{b}-{a}", "text": ["t", "a"], "metadata": {"m": "c"}});
        let reader = crate::readers::build("parquet", &options).unwrap();
        assert_eq!(reader.table().unwrap().columns(), ["a", "b", "c", "t"]);
    }

    #[test]
    fn a_file_inside_an_archive_is_refused() {
        let sink = crate::testing::read_bytes(
            "parquet",
            &json!({}),
            "a.tar!b.parquet",
            b"PAR1",
            &moisson_core::Limits::default(),
        );
        assert_eq!(sink.fault_lines(), ["extract/unreadable a.tar!b.parquet"]);
        assert_eq!(sink.records, 1);
    }
}
