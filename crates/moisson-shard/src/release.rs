//! The `release` table: what a training job loads, one row a document.

use std::sync::{Arc, LazyLock};

use arrow::array::{
    ArrayRef, LargeStringBuilder, RecordBatch, StringBuilder, UInt32Array, UInt32Builder,
    UInt64Builder, new_null_array,
};
use arrow::compute::{cast, take};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use moisson_core::{Digest, Edit, Error, Result, TextColumn};

use crate::edited::{self, Edited};

/// Schema of the `release` table.
///
/// `text` is the text as shipped, edits applied; `text_digest` is its BLAKE3 and `source_text_digest` that of the text
/// before edits, both in lower-case hexadecimal. `licence` is an SPDX expression, `metadata` JSON text with sorted keys.
///
/// `obligations` are codes; null where nobody asked. `pii_replaced` counts the spans of personal data that were replaced,
/// `pii_classes` tells them by class as JSON (`{"email":1,"phone":2}`), null where there are none. `tokens` is null
/// without a tokenizer. Columns that came after the first version are null in rows of earlier ones.
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
            text("producer", true),
            text("licence", false),
            text("licence_family", false),
            text("licence_evidence", true),
            text("attribution", true),
            Field::new("obligations", obligations(), true),
            text("optout_verdict", true),
            text("optout_as_of", true),
            text("pii_risk", true),
            Field::new("pii_replaced", DataType::UInt32, true),
            text("pii_classes", true),
            text("version_of", true),
            date("version_from"),
            date("version_to"),
            text("source_text_digest", false),
            text("text_digest", false),
            Field::new("metadata", DataType::LargeUtf8, true),
            Field::new("text_bytes", DataType::UInt64, false),
            Field::new("tokens", DataType::UInt64, true),
        ]))
    });
    SCHEMA.clone()
}

/// Type of the column `obligations`.
fn obligations() -> DataType {
    DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true)))
}

/// Columns of the release that are taken from the annotations, with their names there. The others that are not made here
/// come from the documents.
pub const ANNOTATED: &[(&str, &str)] = &[
    ("language", "language"),
    ("licence", "licence"),
    ("licence_family", "licence_family"),
    ("licence_evidence", "licence_evidence"),
    ("attribution", "attribution"),
    ("obligations", "licence_obligations"),
    ("optout_verdict", "optout_verdict"),
    ("optout_as_of", "optout_as_of"),
    ("pii_risk", "pii_risk"),
];

/// Makes released rows of the given rows of row-aligned documents and annotations, in that order.
///
/// `edits` gives the edits of a row, `tokens` counts the tokens of a text as shipped, where there is a tokenizer. A
/// column that is absent from both is null.
///
/// # Errors
/// [`Error::Internal`] if a column that must not be null is absent or null, `licence` above all: nothing is released
/// without one.
pub fn rows<'a>(
    documents: &RecordBatch,
    annotations: &RecordBatch,
    rows: &[u32],
    edits: &dyn Fn(u32) -> &'a [Edit],
    tokens: &dyn Fn(&str) -> Option<u64>,
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
    let shipped = Shipped::new(documents, rows, edits, tokens)?;
    let schema = schema();
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        let name = field.name().as_str();
        columns.push(match name {
            "text" => shipped.text.clone(),
            "text_digest" => shipped.text_digest.clone(),
            "text_bytes" => shipped.text_bytes.clone(),
            "pii_replaced" => shipped.replaced.clone(),
            "pii_classes" => shipped.classes.clone(),
            "tokens" => shipped.tokens.clone(),
            "source_text_digest" => taken(documents, "text_digest", field, &indices)?,
            _ => match ANNOTATED.iter().find(|(released, _)| *released == name) {
                Some((_, annotated)) => taken(annotations, annotated, field, &indices)?,
                None => taken(documents, name, field, &indices)?,
            },
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

/// The columns that are made of the text.
struct Shipped {
    text: ArrayRef,
    text_digest: ArrayRef,
    text_bytes: ArrayRef,
    replaced: ArrayRef,
    classes: ArrayRef,
    tokens: ArrayRef,
}

impl Shipped {
    fn new<'a>(
        documents: &RecordBatch,
        rows: &[u32],
        edits: &dyn Fn(u32) -> &'a [Edit],
        tokens: &dyn Fn(&str) -> Option<u64>,
    ) -> Result<Self> {
        let texts = TextColumn::try_new(documents, "text")?;
        let digests = TextColumn::try_new(documents, "text_digest")?;
        let ids = TextColumn::try_new(documents, "doc_id")?;
        let total = rows
            .iter()
            .map(|&row| texts.get(row as usize).map_or(0, str::len))
            .sum();
        let mut built = Builders::new(rows.len(), total);
        for &row in rows {
            let at = row as usize;
            let before = texts.get(at).unwrap_or_default();
            let edits = edits(row);
            if edits.is_empty() {
                built.text_digest.append_option(digests.get(at));
                built.append(before, tokens(before), None)?;
                continue;
            }
            let edited = edited::ship(before, edits, ids.get(at).unwrap_or_default());
            let digest = Digest::of(edited.text.as_bytes());
            built.text_digest.append_value(digest.to_hex());
            built.append(&edited.text, tokens(&edited.text), Some(&edited))?;
        }
        Ok(built.finish())
    }
}

#[derive(Default)]
struct Builders {
    text: LargeStringBuilder,
    text_digest: StringBuilder,
    text_bytes: UInt64Builder,
    replaced: UInt32Builder,
    classes: StringBuilder,
    tokens: UInt64Builder,
}

impl Builders {
    fn new(rows: usize, text_bytes: usize) -> Self {
        Self {
            text: LargeStringBuilder::with_capacity(rows, text_bytes),
            text_digest: StringBuilder::with_capacity(rows, rows * 64),
            ..Self::default()
        }
    }

    fn append(&mut self, text: &str, tokens: Option<u64>, edited: Option<&Edited>) -> Result<()> {
        self.text.append_value(text);
        self.text_bytes.append_value(text.len() as u64);
        self.tokens.append_option(tokens);
        let replaced = edited.map(|edited| &edited.replaced);
        let number = replaced.map_or(0, |replaced| replaced.values().sum());
        self.replaced.append_value(number);
        let classes = replaced.filter(|replaced| !replaced.is_empty());
        let classes = classes.map(serde_json::to_string).transpose();
        self.classes
            .append_option(classes.map_err(|e| Error::internal(e.to_string()))?);
        Ok(())
    }

    fn finish(mut self) -> Shipped {
        Shipped {
            text: Arc::new(self.text.finish()),
            text_digest: Arc::new(self.text_digest.finish()),
            text_bytes: Arc::new(self.text_bytes.finish()),
            replaced: Arc::new(self.replaced.finish()),
            classes: Arc::new(self.classes.finish()),
            tokens: Arc::new(self.tokens.finish()),
        }
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray;
    use arrow::datatypes::{UInt32Type, UInt64Type};
    use moisson_core::document::strings;
    use moisson_core::{Digest, Document, Documents, Key, Span, With};
    use moisson_rights::personal::Class;

    use super::{Edit, RecordBatch, rows, schema};

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
        let cut = [Edit::cut(Span { start: 6, end: 11 })];
        let edits = |row| if row == 2 { &cut[..] } else { &[] };
        let released = rows(&documents, &annotations, &[2, 0], &edits, &|_| None).unwrap();
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
        let rows = |annotations: &RecordBatch, chosen: &[u32]| {
            rows(&documents, annotations, chosen, &|_| &[], &|_| None)
        };
        assert!(rows(&annotations, &[0]).is_ok());
        assert!(rows(&annotations, &[1]).is_err());
        assert!(rows(&annotations, &[2]).is_err());
        assert!(rows(&annotations.slice(0, 1), &[0]).is_err());
    }

    #[test]
    fn replaced_data_and_tokens_are_counted_in_the_text_as_shipped() {
        let documents = documents(&["voir a@example.org ou b@example.org", "rien"]);
        let annotations = annotations(&[Some("CC0-1.0"); 2]);
        let span = |start, end| Edit {
            span: Span { start, end },
            with: With::Token(Class::Email.number()),
        };
        let edits = [span(22, 35), span(5, 18)];
        let edits = |row| if row == 0 { &edits[..] } else { &[] };
        let words = |text: &str| Some(text.split(' ').count() as u64);
        let released = rows(&documents, &annotations, &[0, 1], &edits, &words).unwrap();
        let column = |name| released.column_by_name(name).unwrap();
        let texts = column("text").as_string::<i64>();
        assert_eq!(texts.value(0), "voir <EMAIL> ou <EMAIL>");
        let replaced = column("pii_replaced").as_primitive::<UInt32Type>();
        assert_eq!(replaced.values(), &[2, 0]);
        let classes: Vec<_> = column("pii_classes").as_string::<i32>().iter().collect();
        assert_eq!(classes, [Some(r#"{"email":2}"#), None]);
        let tokens = column("tokens").as_primitive::<UInt64Type>();
        assert_eq!(tokens.values(), &[4, 1]);
    }
}
