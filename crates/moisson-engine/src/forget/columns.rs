//! Some columns of a table, read by ranges: what is looked for in a large file is fetched, and no more.

use std::ops::Range;

use arrow::array::RecordBatch;
use bytes::{Buf, Bytes};
use moisson_core::{Error, Result};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use parquet::file::reader::{ChunkReader, Length};

use crate::store::Store;

/// Bytes fetched from the end of a file: most footers are in it.
const TAIL_BYTES: u64 = 64 << 10;
/// The length of the footer and the magic number.
const END_BYTES: u64 = 8;

/// Reads the columns of `names` that a table has. `size` is the size of the file.
///
/// # Errors
/// [`Error::Store`] if it cannot be read or is damaged.
pub(crate) fn read(
    store: &Store,
    path: &str,
    size: u64,
    names: &[&str],
) -> Result<Vec<RecordBatch>> {
    let damaged = |e: &dyn std::fmt::Display| Error::store(path, format!("not readable: {e}"));
    let metadata = metadata(store, path, size)?;
    let options = ArrowReaderOptions::new();
    let arrow =
        ArrowReaderMetadata::try_new(metadata.clone().into(), options).map_err(|e| damaged(&e))?;
    let roots = arrow.schema().fields().iter().enumerate();
    let roots: Vec<usize> = roots
        .filter(|(_, field)| names.contains(&field.name().as_str()))
        .map(|(at, _)| at)
        .collect();
    let mask = ProjectionMask::roots(arrow.parquet_schema(), roots);
    let mut ranges: Vec<Range<u64>> = Vec::new();
    for group in metadata.row_groups() {
        let columns = group.columns().iter().enumerate();
        for (_, column) in columns.filter(|(leaf, _)| mask.leaf_included(*leaf)) {
            let (start, length) = column.byte_range();
            ranges.push(start..start + length);
        }
    }
    let asked: Vec<(&str, Range<u64>)> = ranges.iter().map(|range| (path, range.clone())).collect();
    let pieces = store.get_ranges(&asked)?;
    let pieces = ranges.iter().map(|range| range.start).zip(pieces).collect();
    let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(Pieces { size, pieces }, arrow)
        .with_projection(mask)
        .with_batch_size(8192)
        .build()
        .map_err(|e| damaged(&e))?;
    reader.map(|batch| batch.map_err(|e| damaged(&e))).collect()
}

/// Reads a note of a file's footer, `None` if it has none of that name.
///
/// # Errors
/// [`Error::Store`] if the file cannot be read or is damaged.
pub(crate) fn note(store: &Store, path: &str, size: u64, key: &str) -> Result<Option<String>> {
    let metadata = metadata(store, path, size)?;
    let notes = metadata.file_metadata().key_value_metadata();
    let note = notes.into_iter().flatten().find(|note| note.key == key);
    Ok(note.and_then(|note| note.value.clone()))
}

fn metadata(store: &Store, path: &str, size: u64) -> Result<ParquetMetaData> {
    let damaged = |e: &dyn std::fmt::Display| Error::store(path, format!("not readable: {e}"));
    let fetch = |from: u64| -> Result<Bytes> {
        let mut read = store.get_ranges(&[(path, from..size)])?;
        read.pop()
            .ok_or_else(|| Error::internal("no bytes of a range"))
    };
    let mut from = size.saturating_sub(TAIL_BYTES);
    let mut tail = fetch(from)?;
    let end = tail
        .len()
        .checked_sub(8)
        .and_then(|at| tail.get(at..at + 4));
    let length = end.and_then(|bytes| bytes.try_into().ok());
    let length = length
        .map(u32::from_le_bytes)
        .ok_or_else(|| damaged(&"it is too short"))?;
    let start = size
        .checked_sub(END_BYTES + u64::from(length))
        .ok_or_else(|| damaged(&"its footer is longer than the file"))?;
    if start < from {
        from = start;
        tail = fetch(from)?;
    }
    let at = usize::try_from(start - from).unwrap_or(usize::MAX);
    let end = tail.len().saturating_sub(8);
    let footer = tail
        .get(at..end)
        .ok_or_else(|| damaged(&"its footer is cut off"))?;
    ParquetMetaDataReader::decode_metadata(footer).map_err(|e| damaged(&e))
}

/// The fetched ranges of a file.
struct Pieces {
    size: u64,
    pieces: Vec<(u64, Bytes)>,
}

impl Pieces {
    fn from(&self, start: u64) -> parquet::errors::Result<Bytes> {
        let piece = self.pieces.iter().find_map(|(first, bytes)| {
            let at = usize::try_from(start.checked_sub(*first)?).ok()?;
            (at < bytes.len()).then(|| bytes.slice(at..))
        });
        piece.ok_or_else(|| ParquetError::General("a range that was not fetched".to_owned()))
    }
}

impl Length for Pieces {
    fn len(&self) -> u64 {
        self.size
    }
}

impl ChunkReader for Pieces {
    type T = bytes::buf::Reader<Bytes>;

    fn get_read(&self, start: u64) -> parquet::errors::Result<Self::T> {
        self.from(start).map(Buf::reader)
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        let bytes = self.from(start)?;
        if length > bytes.len() {
            return Err(ParquetError::General(
                "a range that was not fetched".to_owned(),
            ));
        }
        Ok(bytes.slice(..length))
    }
}
