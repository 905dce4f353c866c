//! Reading a table back.

use std::sync::Arc;

use arrow::array::{RecordBatch, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::{Field, Schema, SchemaRef};
use bytes::Bytes;
use moisson_core::{Error, Result};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowSelection,
};

/// Batches of a table, in order.
#[derive(Debug)]
pub struct Batches {
    reader: ParquetRecordBatchReader,
    /// The schema batches are brought to, where one was asked for.
    schema: Option<SchemaRef>,
}

impl Iterator for Batches {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.reader.next()?.map_err(|e| damaged(&e));
        Some(batch.and_then(|batch| match &self.schema {
            Some(schema) => bring_to(&batch, schema),
            None => Ok(batch),
        }))
    }
}

/// Reads a table in batches of at most `batch_rows` rows. Of `columns`, those the table has are read, in its order.
///
/// # Errors
/// [`Error::Store`] if the bytes are no Parquet file; damage further on shows in the batches.
pub fn read(bytes: Bytes, columns: Option<&[&str]>, batch_rows: usize) -> Result<Batches> {
    let reader = builder(bytes, columns, batch_rows)?
        .build()
        .map_err(|e| damaged(&e))?;
    Ok(Batches {
        reader,
        schema: None,
    })
}

/// Reads a table as `schema`: its columns in its order and with its types.
///
/// A column that an older version did not write is null, and nullable whatever the schema says.
///
/// # Errors
/// As [`read`]; a column that cannot be cast shows as [`Error::Internal`] in the batches.
pub fn read_as(bytes: Bytes, schema: &SchemaRef, batch_rows: usize) -> Result<Batches> {
    let names: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
    let builder = builder(bytes, Some(&names), batch_rows)?;
    let there = builder.schema().clone();
    let fields: Vec<Field> = schema
        .fields()
        .iter()
        .map(|field| {
            let missing = there.index_of(field.name()).is_err();
            let field = field.as_ref().clone();
            let nullable = field.is_nullable() || missing;
            field.with_nullable(nullable)
        })
        .collect();
    Ok(Batches {
        reader: builder.build().map_err(|e| damaged(&e))?,
        schema: Some(Arc::new(Schema::new(fields))),
    })
}

/// Reads only the given rows, ascending and distinct; pages without any of them are not decoded.
///
/// # Errors
/// As [`read`], and [`Error::Internal`] if the rows do not ascend or are not there.
pub fn read_rows(
    bytes: Bytes,
    columns: Option<&[&str]>,
    rows: &[u32],
    batch_rows: usize,
) -> Result<Batches> {
    let builder = builder(bytes, columns, batch_rows)?;
    let total = usize::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or_default();
    let ascending = rows.windows(2).all(|pair| pair[0] < pair[1]);
    if !ascending || rows.last().is_some_and(|&last| last as usize >= total) {
        return Err(Error::internal(format!(
            "rows to read must ascend and be below {total}"
        )));
    }
    let runs = rows
        .chunk_by(|left, right| *left + 1 == *right)
        .filter_map(|run| Some(*run.first()? as usize..*run.last()? as usize + 1));
    let selection = RowSelection::from_consecutive_ranges(runs, total);
    let reader = builder
        .with_row_selection(selection)
        .build()
        .map_err(|e| damaged(&e))?;
    Ok(Batches {
        reader,
        schema: None,
    })
}

fn builder(
    bytes: Bytes,
    columns: Option<&[&str]>,
    batch_rows: usize,
) -> Result<ParquetRecordBatchReaderBuilder<Bytes>> {
    let options = parquet::arrow::arrow_reader::ArrowReaderOptions::new()
        .with_page_index_policy(parquet::file::metadata::PageIndexPolicy::Optional);
    let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(bytes, options)
        .map_err(|e| damaged(&e))?
        .with_batch_size(batch_rows.max(1));
    let Some(columns) = columns else {
        return Ok(builder);
    };
    let roots: Vec<usize> = builder
        .schema()
        .fields()
        .iter()
        .enumerate()
        .filter(|(_, field)| columns.contains(&field.name().as_str()))
        .map(|(at, _)| at)
        .collect();
    let mask = ProjectionMask::roots(builder.parquet_schema(), roots);
    Ok(builder.with_projection(mask))
}

fn bring_to(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let mut columns = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        columns.push(match batch.column_by_name(field.name()) {
            Some(column) if column.data_type() == field.data_type() => column.clone(),
            Some(column) => cast(column, field.data_type())?,
            None => new_null_array(field.data_type(), batch.num_rows()),
        });
    }
    Ok(RecordBatch::try_new(schema.clone(), columns)?)
}

fn damaged(error: &dyn std::fmt::Display) -> Error {
    Error::Store(format!(
        "not a readable parquet file: {error}; remove it and run again"
    ))
}
