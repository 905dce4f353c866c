//! Tables written and read back.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, AsArray, LargeStringArray, ListBuilder, RecordBatch, UInt64Array, UInt64Builder,
};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, UInt64Type};
use bytes::Bytes;
use moisson_core::document::strings;
use moisson_core::{ContentHasher, Digest};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, Encoding};
use parquet::file::metadata::RowGroupMetaData;

use crate::file::{
    CONTENT_DIGEST_KEY, SCHEMA_VERSION_KEY, TableWriter, WriteOptions, Written, read, read_as,
    read_rows, row_group_bytes_for,
};

/// Rows with an id, a text of `bytes` bytes that does not repeat, a source, a number and a list.
fn batch(rows: usize, bytes: usize) -> RecordBatch {
    let texts = (0..rows).map(|row| Some(format!("{row:0>bytes$}")));
    let mut lists = ListBuilder::new(UInt64Builder::new());
    for row in 0..rows as u64 {
        lists.append_value((0..row % 3).map(Some));
    }
    let columns: Vec<(&str, ArrayRef)> = vec![
        (
            "doc_id",
            strings((0..rows).map(|row| Some(format!("s/{row}")))),
        ),
        ("text", Arc::new(texts.collect::<LargeStringArray>())),
        (
            "source",
            strings((0..rows).map(|row| (row % 7 != 3).then_some("s"))),
        ),
        (
            "number",
            Arc::new((0..rows as u64).map(Some).collect::<UInt64Array>()),
        ),
        ("list", Arc::new(lists.finish())),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, a)| (n, a, true)))
        .unwrap()
}

fn write(batches: &[RecordBatch], options: WriteOptions) -> Written {
    let mut writer = TableWriter::new(batches[0].schema(), options).unwrap();
    for batch in batches {
        writer.write(batch).unwrap();
    }
    writer.finish().unwrap()
}

fn groups(row_group_bytes: u64) -> WriteOptions {
    WriteOptions {
        row_group_bytes,
        ..WriteOptions::default()
    }
}

fn numbers(batches: impl Iterator<Item = moisson_core::Result<RecordBatch>>) -> Vec<u64> {
    batches
        .flat_map(|batch| {
            let batch = batch.unwrap();
            let column = batch.column_by_name("number").unwrap();
            column.as_primitive::<UInt64Type>().values().to_vec()
        })
        .collect()
}

#[test]
fn what_is_written_is_read() {
    let batch = batch(1000, 100);
    let written = write(std::slice::from_ref(&batch), groups(20_000));
    assert_eq!(written.rows, 1000);
    assert_eq!(written.file_digest, Digest::of(&written.bytes));
    let mut hasher = ContentHasher::new();
    hasher.update(&batch).unwrap();
    assert_eq!(written.content_digest, hasher.finish());
    let batches: Vec<RecordBatch> = read(written.bytes.clone(), None, 64)
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert!(batches.iter().all(|batch| batch.num_rows() <= 64));
    assert_eq!(concat_batches(&batch.schema(), &batches).unwrap(), batch);
    let narrow: Vec<RecordBatch> = read(written.bytes, Some(&["number", "absent", "doc_id"]), 9999)
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let names: Vec<&str> = narrow[0]
        .schema_ref()
        .fields()
        .iter()
        .map(|f| f.name().as_str())
        .collect();
    assert_eq!(names, ["doc_id", "number"]);
}

#[test]
fn an_empty_table_keeps_its_schema() {
    let empty = batch(0, 0);
    let written = write(std::slice::from_ref(&empty), WriteOptions::default());
    assert_eq!(written.rows, 0);
    assert_eq!(read(written.bytes.clone(), None, 10).unwrap().count(), 0);
    assert_eq!(
        read_rows(written.bytes.clone(), None, &[], 10)
            .unwrap()
            .count(),
        0
    );
    let builder = ParquetRecordBatchReaderBuilder::try_new(written.bytes).unwrap();
    assert_eq!(builder.schema().fields(), empty.schema().fields());
}

#[test]
fn chosen_rows_are_read() {
    let written = write(&[batch(1000, 100)], groups(20_000));
    let check = |rows: &[u32]| {
        let found = numbers(read_rows(written.bytes.clone(), None, rows, 100).unwrap());
        let expected: Vec<u64> = rows.iter().map(|&row| u64::from(row)).collect();
        assert_eq!(found, expected);
    };
    check(&[]);
    check(&[0]);
    check(&[999]);
    check(&[0, 1, 2, 500, 998, 999]);
    check(&(0..1000).collect::<Vec<u32>>());
    check(&(0..1000).step_by(7).collect::<Vec<u32>>());
    for bad in [&[2, 1][..], &[1, 1], &[1000]] {
        assert!(
            read_rows(written.bytes.clone(), None, bad, 100).is_err(),
            "{bad:?}"
        );
    }
}

#[test]
fn a_column_that_is_missing_reads_as_null() {
    let written = write(&[batch(10, 5)], WriteOptions::default());
    let schema: SchemaRef = Arc::new(Schema::new(vec![
        Field::new("later", DataType::Utf8, false),
        Field::new("text", DataType::Utf8View, true),
        Field::new("number", DataType::UInt64, true),
    ]));
    let found: Vec<RecordBatch> = read_as(written.bytes, &schema, 4)
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(found.iter().map(RecordBatch::num_rows).sum::<usize>(), 10);
    assert_eq!(found[0].column(0).null_count(), 4);
    assert_eq!(found[0].column(1).as_string_view().value(3), "00003");
    assert_eq!(found[0].column(2).as_primitive::<UInt64Type>().value(3), 3);
}

#[test]
fn bytes_repeat_and_row_groups_do_not_depend_on_batches() {
    let whole = batch(1000, 100);
    let first = write(std::slice::from_ref(&whole), groups(20_000));
    assert_eq!(
        write(std::slice::from_ref(&whole), groups(20_000)).bytes,
        first.bytes
    );
    let cut = write(
        &[whole.slice(0, 333), whole.slice(333, 667)],
        groups(20_000),
    );
    assert_eq!(cut.content_digest, first.content_digest);
    let rows = |bytes: Bytes| -> Vec<i64> {
        let builder = ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap();
        builder
            .metadata()
            .row_groups()
            .iter()
            .map(RowGroupMetaData::num_rows)
            .collect()
    };
    assert_eq!(rows(cut.bytes), rows(first.bytes.clone()));
    let groups_of_first = rows(first.bytes);
    let (last, full) = groups_of_first.split_last().unwrap();
    assert!(full.len() > 3 && full.iter().max().unwrap() - full.iter().min().unwrap() <= 2);
    assert!(last <= full.iter().max().unwrap());
    let single = write(&[whole], WriteOptions::default());
    assert_eq!(rows(single.bytes), [1000]);
}

#[test]
fn equal_groups_leave_no_small_rest() {
    for (total, most, expected) in [
        (0, 100, 1),
        (1, 100, 1),
        (100, 100, 100),
        (101, 100, 51),
        (250, 100, 84),
        (7, 0, 1),
    ] {
        assert_eq!(row_group_bytes_for(total, most), expected);
    }
}

#[test]
fn the_footer_says_what_the_table_is() {
    let options = WriteOptions {
        metadata: vec![("moisson.split".to_owned(), "train".to_owned())],
        ..WriteOptions::default()
    };
    let written = write(&[batch(100, 50)], options);
    let builder = ParquetRecordBatchReaderBuilder::try_new(written.bytes).unwrap();
    let metadata = builder.metadata();
    let value = |key: &str| {
        let pairs = metadata.file_metadata().key_value_metadata().unwrap();
        pairs
            .iter()
            .find(|pair| pair.key == key)
            .and_then(|pair| pair.value.clone())
    };
    assert_eq!(value("moisson.split").as_deref(), Some("train"));
    assert_eq!(
        value(SCHEMA_VERSION_KEY),
        Some(moisson_core::SCHEMA_VERSION.to_string())
    );
    assert_eq!(
        value(CONTENT_DIGEST_KEY),
        Some(written.content_digest.to_hex())
    );
    assert!(value("ARROW:schema").is_some());
    assert_eq!(metadata.file_metadata().created_by(), Some("moisson"));
    let group = metadata.row_group(0);
    for column in group.columns() {
        let name = column.column_path().string();
        assert!(
            matches!(column.compression(), Compression::ZSTD(_)),
            "{name}"
        );
        assert!(column.offset_index_offset().is_some(), "{name}");
        assert!(column.column_index_offset().is_some(), "{name}");
        assert!(column.bloom_filter_offset().is_none(), "{name}");
        let dictionary = column
            .encodings()
            .any(|encoding| encoding == Encoding::RLE_DICTIONARY);
        assert_eq!(dictionary, name == "source", "{name}");
    }
}

#[test]
fn a_large_cell_goes_through_and_statistics_stay_small() {
    let large = "é".repeat(20 << 20);
    let texts: ArrayRef = Arc::new(LargeStringArray::from(vec!["a", &large, "b"]));
    let batch = RecordBatch::try_from_iter([("text", texts)]).unwrap();
    let written = write(std::slice::from_ref(&batch), groups(1 << 20));
    let builder = ParquetRecordBatchReaderBuilder::try_new(written.bytes.clone()).unwrap();
    let rows: Vec<i64> = builder
        .metadata()
        .row_groups()
        .iter()
        .map(RowGroupMetaData::num_rows)
        .collect();
    assert_eq!(rows, [2, 1]);
    let statistics = builder
        .metadata()
        .row_group(0)
        .column(0)
        .statistics()
        .unwrap();
    assert!(statistics.max_bytes_opt().unwrap().len() <= 64);
    let found: Vec<RecordBatch> = read(written.bytes, None, 100)
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(concat_batches(&batch.schema(), &found).unwrap(), batch);
}

#[test]
fn damage_is_an_error() {
    let written = write(&[batch(1000, 100)], WriteOptions::default());
    assert!(read(Bytes::from_static(b"PAR1 is not enough"), None, 10).is_err());
    assert!(read(written.bytes.slice(..written.bytes.len() / 2), None, 10).is_err());
    assert!(read(Bytes::new(), None, 10).is_err());
    let bad_level = WriteOptions {
        zstd_level: 99,
        ..WriteOptions::default()
    };
    assert!(TableWriter::new(batch(1, 1).schema(), bad_level).is_err());
}
