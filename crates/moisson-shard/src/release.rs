//! The `release` table: what a training job loads, one row a document.

use std::sync::{Arc, LazyLock};

use arrow::array::{
    ArrayRef, LargeStringBuilder, RecordBatch, StringBuilder, UInt32Array, UInt64Builder,
    new_null_array,
};
use arrow::compute::{cast, take};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use moisson_core::{Digest, Error, Result, Span, TextColumn, span};

/// Schema of the `release` table.
///
/// `text` is the text as shipped, edits applied; `text_digest` is its BLAKE3 and `source_text_digest` that of the text
/// before edits, both in lower-case hexadecimal. `licence` is an SPDX expression, `metadata` JSON text with sorted keys.
pub fn schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let text = |name: &str, nullable| Field::new(name, DataType::Utf8, nullable);
        let date = |name: &str| Field::new(name, DataType::Date32, true);
        Arc::new(Schema::new(vec![
            text("doc_id", false),
            Field::new("text", DataType::LargeUtf8, false),
            text("source", false),
            text("title", true),
            text("url", true),
            date("published_on"),
            date("modified_on"),
            text("language", true),
            text("genre", true),
            text("licence", false),
            text("licence_family", false),
            text("attribution", true),
            text("version_of", true),
            date("version_from"),
            date("version_to"),
            text("source_text_digest", false),
            text("text_digest", false),
            Field::new("metadata", DataType::LargeUtf8, true),
            Field::new("text_bytes", DataType::UInt64, false),
        ]))
    });
    SCHEMA.clone()
}

/// Columns taken from the annotations; the others that are not made here come from the documents.
const ANNOTATED: [&str; 4] = ["language", "licence", "licence_family", "attribution"];

/// Makes released rows of the given rows of row-aligned documents and annotations, in that order.
///
/// `edits` gives the spans to cut from a row. A column that is absent from both is null.
///
/// # Errors
/// [`Error::Internal`] if a column that must not be null is absent or null, `licence` above all: nothing is released
/// without one.
pub fn rows<'a>(
    documents: &RecordBatch,
    annotations: &RecordBatch,
    rows: &[u32],
    edits: &dyn Fn(u32) -> &'a [Span],
) -> Result<RecordBatch> {
    if documents.num_rows() != annotations.num_rows() {
        return Err(Error::internal(format!(
            "{} documents, but {} rows of annotations",
            documents.num_rows(),
            annotations.num_rows()
        )));
    }
    if let Some(row) = rows
        .iter()
        .find(|&&row| row as usize >= documents.num_rows())
    {
        return Err(Error::internal(format!(
            "row {row} of {} documents",
            documents.num_rows()
        )));
    }
    let indices = UInt32Array::from(rows.to_vec());
    let shipped = Shipped::new(documents, rows, edits)?;
    let schema = schema();
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        let name = field.name().as_str();
        columns.push(match name {
            "text" => shipped.text.clone(),
            "text_digest" => shipped.text_digest.clone(),
            "text_bytes" => shipped.text_bytes.clone(),
            "source_text_digest" => taken(documents, "text_digest", field, &indices)?,
            _ if ANNOTATED.contains(&name) => taken(annotations, name, field, &indices)?,
            _ => taken(documents, name, field, &indices)?,
        });
    }
    Ok(RecordBatch::try_new(schema, columns)?)
}

fn taken(
    batch: &RecordBatch,
    name: &str,
    field: &Field,
    indices: &UInt32Array,
) -> Result<ArrayRef> {
    let Some(column) = batch.column_by_name(name) else {
        return Ok(new_null_array(field.data_type(), indices.len()));
    };
    let column = take(column, indices, None)?;
    if column.data_type() == field.data_type() {
        return Ok(column);
    }
    Ok(cast(&column, field.data_type())?)
}

/// The columns that edits change.
struct Shipped {
    text: ArrayRef,
    text_digest: ArrayRef,
    text_bytes: ArrayRef,
}

impl Shipped {
    fn new<'a>(
        documents: &RecordBatch,
        rows: &[u32],
        edits: &dyn Fn(u32) -> &'a [Span],
    ) -> Result<Self> {
        let texts = TextColumn::try_new(documents, "text")?;
        let digests = TextColumn::try_new(documents, "text_digest")?;
        let total = rows
            .iter()
            .map(|&row| texts.get(row as usize).map_or(0, str::len))
            .sum();
        let mut text = LargeStringBuilder::with_capacity(rows.len(), total);
        let mut text_digest = StringBuilder::with_capacity(rows.len(), rows.len() * 64);
        let mut text_bytes = UInt64Builder::with_capacity(rows.len());
        for &row in rows {
            let before = texts.get(row as usize).unwrap_or_default();
            let spans = edits(row);
            if spans.is_empty() {
                text.append_value(before);
                text_digest.append_option(digests.get(row as usize));
                text_bytes.append_value(before.len() as u64);
                continue;
            }
            let (after, _) = span::remove(before, spans);
            text_digest.append_value(Digest::of(after.as_bytes()).to_hex());
            text_bytes.append_value(after.len() as u64);
            text.append_value(after);
        }
        Ok(Self {
            text: Arc::new(text.finish()),
            text_digest: Arc::new(text_digest.finish()),
            text_bytes: Arc::new(text_bytes.finish()),
        })
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray;
    use arrow::datatypes::UInt64Type;
    use moisson_core::document::strings;
    use moisson_core::{Digest, Document, Documents, Key};

    use super::{RecordBatch, Span, rows, schema};

    fn documents(texts: &[&str]) -> RecordBatch {
        let mut documents = Documents::new("s", "text@1");
        for (at, text) in texts.iter().enumerate() {
            let mut document = Document::new(
                Key::Declared(at.to_string()),
                (*text).to_owned(),
                "a.txt".to_owned(),
                Digest::of(text.as_bytes()),
            );
            document.version_of = Some("work".to_owned());
            documents.push(document);
        }
        documents.finish().unwrap()
    }

    fn annotations(licence: &[Option<&str>]) -> RecordBatch {
        let column = |values: &[Option<&str>]| strings(values.iter().copied());
        RecordBatch::try_from_iter_with_nullable([
            ("licence", column(licence), true),
            ("licence_family", column(licence), true),
            (
                "language",
                column(&vec![Some("fra_Latn"); licence.len()]),
                true,
            ),
        ])
        .unwrap()
    }

    #[test]
    fn edits_are_applied_and_both_digests_told() {
        let documents = documents(&["un deux", "trois", "quatre cinq"]);
        let annotations = annotations(&[Some("etalab-2.0"), None, Some("CC0-1.0")]);
        let cut = [Span { start: 6, end: 11 }];
        let released = rows(&documents, &annotations, &[2, 0], &|row| {
            if row == 2 { &cut } else { &[] }
        })
        .unwrap();
        assert_eq!(released.schema(), schema());
        let text = |name: &str, row: usize| {
            let column = released.column_by_name(name).unwrap();
            match name {
                "text" => column.as_string::<i64>().value(row).to_owned(),
                _ => column.as_string::<i32>().value(row).to_owned(),
            }
        };
        let hex = |text: &str| Digest::of(text.as_bytes()).to_hex();
        for (row, id, shipped, before, licence) in [
            (0, "s/2", "quatre", "quatre cinq", "CC0-1.0"),
            (1, "s/0", "un deux", "un deux", "etalab-2.0"),
        ] {
            assert_eq!(text("doc_id", row), id);
            assert_eq!(text("text", row), shipped);
            assert_eq!(text("text_digest", row), hex(shipped));
            assert_eq!(text("source_text_digest", row), hex(before));
            assert_eq!(text("licence", row), licence);
            assert_eq!(text("version_of", row), "work");
            let bytes = released.column_by_name("text_bytes").unwrap();
            assert_eq!(
                bytes.as_primitive::<UInt64Type>().value(row),
                shipped.len() as u64
            );
        }
        assert_eq!(
            released.column_by_name("attribution").unwrap().null_count(),
            2
        );
    }

    #[test]
    fn nothing_is_released_without_a_licence() {
        let documents = documents(&["un", "deux"]);
        let annotations = annotations(&[Some("CC0-1.0"), None]);
        assert!(rows(&documents, &annotations, &[0], &|_| &[]).is_ok());
        assert!(rows(&documents, &annotations, &[1], &|_| &[]).is_err());
        assert!(rows(&documents, &annotations, &[2], &|_| &[]).is_err());
        assert!(rows(&documents, &annotations.slice(0, 1), &[0], &|_| &[]).is_err());
    }
}
