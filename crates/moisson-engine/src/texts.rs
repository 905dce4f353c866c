//! Texts of chosen documents, read back from their parts.

use arrow::array::RecordBatch;
use moisson_core::{Result, TextColumn};
use moisson_shard::file;

use crate::parts::{self, DOCUMENTS, Part};
use crate::session::Session;

/// Reads the given rows of a part, ascending, and hands over batches of them with the position of each batch's first
/// row in `rows`.
///
/// # Errors
/// [`moisson_core::Error::Store`] if the part is damaged, and whatever `take` returns.
pub fn batches(
    session: &Session,
    part: &Part,
    rows: &[u32],
    columns: Option<&[&str]>,
    take: &mut dyn FnMut(usize, RecordBatch) -> Result<()>,
) -> Result<()> {
    let stem = parts::stem(DOCUMENTS, &part.name, None);
    let digest = part.manifest.file_digest;
    let bytes = session
        .store()
        .get_checked(&format!("{stem}.parquet"), digest)?;
    let mut at = 0;
    for batch in file::read_rows(bytes, columns, rows, 512)? {
        let batch = batch?;
        let count = batch.num_rows();
        take(at, batch)?;
        at += count;
    }
    Ok(())
}

/// Hands over the text of each of the given rows.
///
/// # Errors
/// As [`batches`].
pub fn each(
    session: &Session,
    part: &Part,
    rows: &[u32],
    take: &mut dyn FnMut(u32, &str) -> Result<()>,
) -> Result<()> {
    batches(session, part, rows, Some(&["text"]), &mut |at, batch| {
        let texts = TextColumn::try_new(&batch, "text")?;
        for (text, row) in texts.iter().zip(rows.get(at..).unwrap_or_default()) {
            take(*row, text.unwrap_or_default())?;
        }
        Ok(())
    })
}
