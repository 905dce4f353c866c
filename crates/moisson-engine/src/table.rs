//! Input tables: opens Parquet files and hands their batches to a table reader.

use std::fs::File;

use moisson_core::{Fault, Result, Sink, reason};
use moisson_ingest::readers::TableReader;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::input::InputFile;
use crate::session::Session;

const BATCH_ROWS: usize = 1024;

/// Reads one Parquet file. What cannot be read is a ledger row; what was read before it is kept.
///
/// # Errors
/// Only what the sink returned.
pub fn read_file(
    reader: &dyn TableReader,
    file: &InputFile,
    session: &Session,
    sink: &mut dyn Sink,
) -> Result<()> {
    let opened = match file.open_file(session.runtime(), session.scratch()) {
        Ok(opened) => opened,
        Err(error) => {
            return unreadable(file, reason::EXTRACT_UNREADABLE, &error.to_string(), sink);
        }
    };
    let builder = match builder(reader, opened) {
        Ok(builder) => builder,
        Err(error) => {
            return unreadable(
                file,
                reason::EXTRACT_MALFORMED_PARQUET,
                &error.to_string(),
                sink,
            );
        }
    };
    let batches = match builder.with_batch_size(BATCH_ROWS).build() {
        Ok(batches) => batches,
        Err(error) => {
            return unreadable(
                file,
                reason::EXTRACT_MALFORMED_PARQUET,
                &error.to_string(),
                sink,
            );
        }
    };
    let mut row = 0;
    for batch in batches {
        match batch {
            Ok(batch) => {
                reader.read_batch(&file.name, row, &batch, sink)?;
                row += batch.num_rows() as u64;
            }
            Err(error) => {
                return sink.fault(Fault {
                    reason: reason::EXTRACT_MALFORMED_PARQUET,
                    whole_file: true,
                    raw_uri: file.name.clone(),
                    raw_offset: Some(row),
                    detail: Some(error.to_string()),
                    ..Fault::default()
                });
            }
        }
    }
    Ok(())
}

fn builder(
    reader: &dyn TableReader,
    file: File,
) -> parquet::errors::Result<ParquetRecordBatchReaderBuilder<File>> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(file)?;
    let columns = reader.columns();
    if columns.is_empty() {
        return Ok(builder);
    }
    let roots: Vec<usize> = builder
        .schema()
        .fields()
        .iter()
        .enumerate()
        .filter(|(_, field)| columns.iter().any(|name| name == field.name()))
        .map(|(index, _)| index)
        .collect();
    let mask = ProjectionMask::roots(builder.parquet_schema(), roots);
    Ok(builder.with_projection(mask))
}

/// The file counts as one unreadable record, so that the books show it.
fn unreadable(
    file: &InputFile,
    reason: &'static str,
    detail: &str,
    sink: &mut dyn Sink,
) -> Result<()> {
    if sink.begin_record()? {
        sink.fault(Fault {
            reason,
            raw_uri: file.name.clone(),
            detail: Some(detail.to_owned()),
            ..Fault::default()
        })?;
    }
    Ok(())
}
