//! Writing a table.

use std::fmt::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, SchemaRef};
use bytes::Bytes;
use moisson_core::{ContentHasher, Digest, Error, Result, SCHEMA_VERSION};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use sha2::{Digest as _, Sha256};

use crate::file::{CONTENT_DIGEST_KEY, CREATED_BY, SCHEMA_VERSION_KEY};
use crate::size::row_bytes;

/// How a table is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteOptions {
    /// A row group is closed once its rows hold this many bytes before compression. Readers and object stores do well
    /// with 64 to 128 MB.
    pub row_group_bytes: u64,
    /// Compression level of zstd, 1 to 22.
    pub zstd_level: i32,
    /// Facts for the footer, besides those that every table carries.
    pub metadata: Vec<(String, String)>,
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self {
            row_group_bytes: 96 << 20,
            zstd_level: 3,
            metadata: Vec::new(),
        }
    }
}

/// Returns the row group size that cuts `total_bytes` into equal groups of at most `most` bytes.
///
/// Equal groups leave no small rest: above `most` in total, each holds more than half of it.
pub fn row_group_bytes_for(total_bytes: u64, most: u64) -> u64 {
    let groups = total_bytes.div_ceil(most.max(1)).max(1);
    total_bytes.div_ceil(groups).max(1)
}

/// A finished table.
#[derive(Debug, Clone)]
pub struct Written {
    /// The Parquet file.
    pub bytes: Bytes,
    /// Number of rows.
    pub rows: u64,
    /// Digest of the logical rows; also in the footer.
    pub content_digest: Digest,
    /// Digest of `bytes`.
    pub file_digest: Digest,
}

/// Returns the SHA-256 of `bytes` in lower-case hexadecimal: what catalogues of data state and check.
pub fn sha256_hex(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    let mut hex = String::with_capacity(64);
    for byte in digest {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

/// Writes one table into memory. Only compressed pages are held.
///
/// The same batches give the same bytes. One cell may be as large as a Parquet page allows (below 2 GiB).
#[derive(Debug)]
pub struct TableWriter {
    writer: ArrowWriter<Vec<u8>>,
    hasher: ContentHasher,
    row_group_bytes: u64,
    /// Bytes before compression in the open row group.
    pending_bytes: u64,
}

/// Batches are cut to about this many bytes before they are handed on, so that page limits are looked at often enough.
const SLICE_BYTES_MAX: u64 = 4 << 20;
/// Bytes of a page before compression; a page is what a selective read fetches.
const PAGE_BYTES_MAX: usize = 1 << 20;
/// Bytes of a value in statistics and page index.
const STATISTICS_BYTES_MAX: usize = 64;

impl TableWriter {
    /// Starts a table.
    ///
    /// # Errors
    /// [`Error::Config`] for a compression level that zstd does not have, [`Error::Internal`] for a schema that
    /// Parquet cannot hold.
    pub fn new(schema: SchemaRef, options: WriteOptions) -> Result<Self> {
        let row_group_bytes = options.row_group_bytes;
        let properties = properties(&schema, options)?;
        let writer =
            ArrowWriter::try_new(Vec::new(), schema, Some(properties)).map_err(|e| bug(&e))?;
        Ok(Self {
            writer,
            hasher: ContentHasher::new(),
            row_group_bytes,
            pending_bytes: 0,
        })
    }

    /// Appends the rows of a batch.
    ///
    /// # Errors
    /// [`Error::Internal`] if the batch does not fit the schema.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.hasher.update(batch)?;
        let bytes = row_bytes(batch);
        let mut start = 0;
        let mut slice_bytes = 0;
        for (row, row_bytes) in bytes.iter().enumerate() {
            slice_bytes += row_bytes;
            let full = self.pending_bytes + slice_bytes >= self.row_group_bytes;
            if full || slice_bytes >= SLICE_BYTES_MAX {
                self.write_slice(&batch.slice(start, row + 1 - start), slice_bytes)?;
                (start, slice_bytes) = (row + 1, 0);
            }
            if full {
                self.writer.flush().map_err(|e| bug(&e))?;
                self.pending_bytes = 0;
            }
        }
        self.write_slice(&batch.slice(start, batch.num_rows() - start), slice_bytes)
    }

    fn write_slice(&mut self, slice: &RecordBatch, bytes: u64) -> Result<()> {
        self.pending_bytes += bytes;
        self.writer.write(slice).map_err(|e| bug(&e))
    }

    /// Adds a fact to the footer that is only known once the rows are.
    pub fn note(&mut self, key: &str, value: String) {
        self.writer
            .append_key_value_metadata(KeyValue::new(key.to_owned(), value));
    }

    /// Number of rows written so far.
    pub fn rows(&self) -> u64 {
        self.hasher.rows()
    }

    /// Memory the writer holds, in bytes: what is finished and what is in work.
    pub fn memory_bytes(&self) -> usize {
        self.writer.inner().capacity() + self.writer.memory_size()
    }

    /// Closes the table.
    ///
    /// # Errors
    /// [`Error::Internal`] if the footer cannot be written.
    pub fn finish(mut self) -> Result<Written> {
        let rows = self.hasher.rows();
        let content_digest = self.hasher.finish();
        for (key, value) in [
            (SCHEMA_VERSION_KEY, SCHEMA_VERSION.to_string()),
            (CONTENT_DIGEST_KEY, content_digest.to_hex()),
        ] {
            self.writer
                .append_key_value_metadata(KeyValue::new(key.to_owned(), value));
        }
        let bytes = self.writer.into_inner().map_err(|e| bug(&e))?;
        let file_digest = Digest::of(&bytes);
        Ok(Written {
            bytes: bytes.into(),
            rows,
            content_digest,
            file_digest,
        })
    }
}

fn properties(schema: &SchemaRef, options: WriteOptions) -> Result<WriterProperties> {
    let level = ZstdLevel::try_new(options.zstd_level).map_err(|_| {
        Error::config(format!(
            "`zstd_level` is {}; it must be between 1 and 22",
            options.zstd_level
        ))
    })?;
    let metadata = options
        .metadata
        .into_iter()
        .map(|(key, value)| KeyValue::new(key, value))
        .collect();
    let mut builder = WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_created_by(CREATED_BY.to_owned())
        .set_max_row_group_row_count(None)
        .set_data_page_size_limit(PAGE_BYTES_MAX)
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_statistics_truncate_length(Some(STATISTICS_BYTES_MAX))
        .set_column_index_truncate_length(Some(STATISTICS_BYTES_MAX))
        .set_dictionary_enabled(false)
        .set_key_value_metadata(Some(metadata));
    for field in schema.fields() {
        if dictionary_pays(field) {
            let path = ColumnPath::from(field.name().as_str());
            builder = builder.set_column_dictionary_enabled(path, true);
        }
    }
    Ok(builder.build())
}

/// Columns whose values hardly ever repeat.
const UNIQUE: [&str; 6] = ["doc_id", "metadata", "raw_uri", "text", "title", "url"];

/// True if values of the column repeat often enough for a dictionary. Digests, keys and texts are unique, and measured
/// numbers nearly so: for them a dictionary is built, found too large, and thrown away.
fn dictionary_pays(field: &Field) -> bool {
    let name = field.name();
    match field.data_type() {
        DataType::Utf8 | DataType::Utf8View => {
            !UNIQUE.contains(&name.as_str()) && !name.ends_with("_digest")
        }
        DataType::Date32 => true,
        _ => false,
    }
}

fn bug(error: &ParquetError) -> Error {
    Error::internal(format!("parquet: {error}"))
}
