//! Some columns of a table, read by ranges: what is looked for in a large file is fetched, and no more.

use arrow::array::RecordBatch;
use futures::TryStreamExt;
use moisson_core::{Error, Result};
use parquet::arrow::ProjectionMask;
use parquet::arrow::async_reader::{AsyncFileReader, ParquetRecordBatchStreamBuilder};
use parquet::errors::ParquetError;

use crate::ranges::RangedFile;
use crate::session::Session;

/// Reads the columns of `names` that a table has. `size` is the size of the file.
///
/// # Errors
/// [`Error::Store`] if it cannot be read or is damaged.
pub(crate) fn read(
    session: &Session,
    path: &str,
    size: u64,
    names: &[&str],
) -> Result<Vec<RecordBatch>> {
    let file = RangedFile::of(session.store(), path, size);
    let read = async {
        let table = ParquetRecordBatchStreamBuilder::new(file).await?;
        let roots = table.schema().fields().iter().enumerate();
        let roots: Vec<usize> = roots
            .filter(|(_, field)| names.contains(&field.name().as_str()))
            .map(|(at, _)| at)
            .collect();
        let mask = ProjectionMask::roots(table.parquet_schema(), roots);
        let table = table.with_projection(mask).with_batch_size(8192);
        table.build()?.try_collect().await
    };
    let read: Result<_, ParquetError> = session.runtime().block_on(read);
    read.map_err(|e| Error::store(path, format!("not readable: {e}")))
}

/// Reads a note of a file's footer, `None` if it has none of that name.
///
/// # Errors
/// [`Error::Store`] if the file cannot be read or is damaged.
pub(crate) fn note(session: &Session, path: &str, size: u64, key: &str) -> Result<Option<String>> {
    let mut file = RangedFile::of(session.store(), path, size);
    let metadata = session.runtime().block_on(file.get_metadata(None));
    let metadata = metadata.map_err(|e| Error::store(path, format!("not readable: {e}")))?;
    let notes = metadata.file_metadata().key_value_metadata();
    let note = notes.into_iter().flatten().find(|note| note.key == key);
    Ok(note.and_then(|note| note.value.clone()))
}
