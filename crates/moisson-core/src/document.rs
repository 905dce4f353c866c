//! The `documents` table: what readers produce, one row a document, text final.

use std::sync::{Arc, LazyLock};

use arrow::array::{
    ArrayRef, Date32Builder, Float32Builder, Int64Builder, LargeStringBuilder, RecordBatch,
    StringBuilder,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use crate::{Date, Digest, Result};

/// How a document is named inside its source.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Key {
    /// A declared field: LEGIARTI, ark, ECLI, HAL id with its version, URL.
    Declared(String),
    /// The place of the record: path, or `archive!member`; only where one record is one file.
    Path(String),
    /// The digest of the raw record: `b3-` and 32 hexadecimal digits.
    Raw,
}

/// One document as a reader hands it over. `text` is extracted but not yet normalised; ingest does that.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Document {
    /// Name inside the source.
    pub key: Key,
    /// Plain text; paragraphs are separated by a newline.
    pub text: String,
    /// Title as published.
    pub title: Option<String>,
    /// Public address.
    pub url: Option<String>,
    /// Date of publication.
    pub published_on: Option<Date>,
    /// Date of last update, which Licence Ouverte asks to be cited.
    pub modified_on: Option<Date>,
    /// Kind of text (`law`, `debate`, …), where the record says so; else the source's.
    pub genre: Option<String>,
    /// Language as declared, verbatim.
    pub language_declared: Option<String>,
    /// Licence as declared, verbatim.
    pub licence_declared: Option<String>,
    /// Producing body; else the source's.
    pub producer: Option<String>,
    /// The work this is a version of.
    pub version_of: Option<String>,
    /// First day this version holds.
    pub version_from: Option<Date>,
    /// First day it no longer holds; `None` or 2999-01-01 is open.
    pub version_to: Option<Date>,
    /// State of the version as published, e.g. `VIGUEUR`.
    pub version_state: Option<String>,
    /// Mean confidence of the OCR, `0.0..=1.0`.
    pub ocr_confidence: Option<f32>,
    /// Where the raw record lies: path, or `archive!member`.
    pub raw_uri: String,
    /// BLAKE3 of the raw record.
    pub raw_digest: Digest,
    /// Order in time of records of one key: the newest is current. 0 where the source has no order;
    /// for increments the timestamp `YYYYMMDDhhmmss` of the archive.
    pub sequence: i64,
    /// When the member was last written, as its archive says, in seconds since 1970: settles the order of records of
    /// one key in one archive.
    pub raw_modified: Option<i64>,
    /// When its file was fetched, RFC 3339, from the receipt; readers leave it `None`.
    pub retrieved_at: Option<String>,
    /// Everything else, as JSON with sorted keys.
    pub metadata: serde_json::Map<String, serde_json::Value>,
}

impl Document {
    /// Returns a document of which only name, text and origin are known.
    pub fn new(key: Key, text: String, raw_uri: String, raw_digest: Digest) -> Self {
        Self {
            key,
            text,
            title: None,
            url: None,
            published_on: None,
            modified_on: None,
            genre: None,
            language_declared: None,
            licence_declared: None,
            producer: None,
            version_of: None,
            version_from: None,
            version_to: None,
            version_state: None,
            ocr_confidence: None,
            raw_uri,
            raw_digest,
            sequence: 0,
            raw_modified: None,
            retrieved_at: None,
            metadata: serde_json::Map::new(),
        }
    }

    /// Returns the key as text: what follows `{source}/` in `doc_id`.
    pub fn key_text(&self) -> String {
        match &self.key {
            Key::Declared(key) | Key::Path(key) => key.clone(),
            Key::Raw => format!("b3-{}", self.raw_digest.short(32)),
        }
    }
}

/// Schema of the `documents` table.
///
/// `text` is `LargeUtf8`, so that one document may pass 2 GiB of batch; digests are lower-case hexadecimal BLAKE3.
pub fn schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let text = |name: &str, nullable| Field::new(name, DataType::Utf8, nullable);
        let date = |name: &str| Field::new(name, DataType::Date32, true);
        Arc::new(Schema::new(vec![
            text("doc_id", false),
            text("source", false),
            Field::new("text", DataType::LargeUtf8, false),
            text("text_digest", false),
            text("title", true),
            text("url", true),
            date("published_on"),
            date("modified_on"),
            text("retrieved_at", true),
            text("genre", true),
            text("language_declared", true),
            text("licence_declared", true),
            text("producer", true),
            text("version_of", true),
            date("version_from"),
            date("version_to"),
            text("version_state", true),
            Field::new("ocr_confidence", DataType::Float32, true),
            text("raw_uri", false),
            text("raw_digest", false),
            text("reader", false),
            Field::new("sequence", DataType::Int64, false),
            Field::new("raw_modified", DataType::Int64, true),
            Field::new("metadata", DataType::LargeUtf8, false),
        ]))
    });
    SCHEMA.clone()
}

/// Builds batches of the `documents` table.
#[derive(Debug)]
pub struct Documents {
    source: String,
    reader: String,
    rows: Vec<Document>,
    text_bytes: usize,
}

impl Documents {
    /// Starts an empty batch of one source. `reader` is name and version, `dila@1`.
    pub fn new(source: impl Into<String>, reader: impl Into<String>) -> Self {
        Self {
            source: source.into(),
            reader: reader.into(),
            rows: Vec::new(),
            text_bytes: 0,
        }
    }

    /// Adds a row.
    pub fn push(&mut self, document: Document) {
        self.text_bytes += document.text.len();
        self.rows.push(document);
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True if there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Bytes of text held.
    pub fn text_bytes(&self) -> usize {
        self.text_bytes
    }

    /// Returns the rows as a batch and empties the builder.
    ///
    /// # Errors
    /// [`crate::Error::Internal`] if arrow refuses the columns.
    pub fn finish(&mut self) -> Result<RecordBatch> {
        let rows = std::mem::take(&mut self.rows);
        self.text_bytes = 0;
        let mut text = LargeStringBuilder::with_capacity(
            rows.len(),
            rows.iter().map(|row| row.text.len()).sum(),
        );
        let mut metadata = LargeStringBuilder::new();
        let mut ocr = Float32Builder::new();
        let (mut sequence, mut raw_modified) = (Int64Builder::new(), Int64Builder::new());
        for row in &rows {
            text.append_value(&row.text);
            metadata.append_value(sorted_json(&row.metadata));
            ocr.append_option(row.ocr_confidence);
            sequence.append_value(row.sequence);
            raw_modified.append_option(row.raw_modified);
        }
        let columns: Vec<ArrayRef> = vec![
            strings(
                rows.iter()
                    .map(|r| Some(format!("{}/{}", self.source, r.key_text()))),
            ),
            strings(rows.iter().map(|_| Some(&self.source))),
            Arc::new(text.finish()),
            strings(
                rows.iter()
                    .map(|r| Some(Digest::of(r.text.as_bytes()).to_hex())),
            ),
            strings(rows.iter().map(|r| r.title.as_deref())),
            strings(rows.iter().map(|r| r.url.as_deref())),
            dates(rows.iter().map(|r| r.published_on)),
            dates(rows.iter().map(|r| r.modified_on)),
            strings(rows.iter().map(|r| r.retrieved_at.as_deref())),
            strings(rows.iter().map(|r| r.genre.as_deref())),
            strings(rows.iter().map(|r| r.language_declared.as_deref())),
            strings(rows.iter().map(|r| r.licence_declared.as_deref())),
            strings(rows.iter().map(|r| r.producer.as_deref())),
            strings(rows.iter().map(|r| r.version_of.as_deref())),
            dates(rows.iter().map(|r| r.version_from)),
            dates(rows.iter().map(|r| r.version_to)),
            strings(rows.iter().map(|r| r.version_state.as_deref())),
            Arc::new(ocr.finish()),
            strings(rows.iter().map(|r| Some(&r.raw_uri))),
            strings(rows.iter().map(|r| Some(r.raw_digest.to_hex()))),
            strings(rows.iter().map(|_| Some(&self.reader))),
            Arc::new(sequence.finish()),
            Arc::new(raw_modified.finish()),
            Arc::new(metadata.finish()),
        ];
        Ok(RecordBatch::try_new(schema(), columns)?)
    }
}

fn sorted_json(map: &serde_json::Map<String, serde_json::Value>) -> String {
    // serde_json's map is a BTreeMap (its `preserve_order` feature is not enabled here), but a dependency may turn
    // that feature on for the whole build, so the order is made, not assumed.
    fn write(value: &serde_json::Value) -> serde_json::Value {
        match value {
            serde_json::Value::Object(map) => {
                let sorted: std::collections::BTreeMap<_, _> =
                    map.iter().map(|(k, v)| (k.clone(), write(v))).collect();
                sorted.into_iter().collect()
            }
            serde_json::Value::Array(items) => items.iter().map(write).collect(),
            other => other.clone(),
        }
    }
    write(&serde_json::Value::Object(map.clone())).to_string()
}

/// Builds a `Utf8` column.
pub fn strings<S: AsRef<str>>(values: impl Iterator<Item = Option<S>>) -> ArrayRef {
    let mut builder = StringBuilder::new();
    values.for_each(|value| builder.append_option(value));
    Arc::new(builder.finish())
}

/// Builds a `Date32` column.
pub fn dates(values: impl Iterator<Item = Option<Date>>) -> ArrayRef {
    let mut builder = Date32Builder::new();
    values.for_each(|value| builder.append_option(value.map(|date| date.0)));
    Arc::new(builder.finish())
}
