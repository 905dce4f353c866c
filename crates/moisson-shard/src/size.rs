//! Sizes of rows before they are encoded.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::DataType;

/// Computes the bytes of each row: string bytes with their length, and the fixed width of everything else.
///
/// A string inside a list counts as [`NESTED_STRING_BYTES`]; there are only short ones.
pub(crate) fn row_bytes(batch: &RecordBatch) -> Vec<u64> {
    let mut bytes = vec![0; batch.num_rows()];
    for column in batch.columns() {
        add(column, &mut bytes);
    }
    bytes
}

/// Bytes of the length that Parquet writes before a string.
const LENGTH_BYTES: u64 = 4;

fn add(column: &ArrayRef, bytes: &mut [u64]) {
    let mut each = |length: &dyn Fn(usize) -> usize| {
        for (row, bytes) in bytes.iter_mut().enumerate() {
            if column.is_valid(row) {
                *bytes += LENGTH_BYTES + length(row) as u64;
            }
        }
    };
    match column.data_type() {
        DataType::Utf8 => {
            let array = column.as_string::<i32>();
            each(&|row| usize::try_from(array.value_length(row)).unwrap_or_default());
        }
        DataType::LargeUtf8 => {
            let array = column.as_string::<i64>();
            each(&|row| usize::try_from(array.value_length(row)).unwrap_or_default());
        }
        DataType::Utf8View => {
            let array = column.as_string_view();
            each(&|row| array.value(row).len());
        }
        DataType::List(item) => {
            let array = column.as_list::<i32>();
            let width = width(item.data_type());
            each(&|row| usize::try_from(array.value_length(row)).unwrap_or_default() * width);
        }
        other => {
            let width = width(other) as u64;
            for bytes in bytes {
                *bytes += width;
            }
        }
    }
}

/// Bytes that a string inside a list is taken for.
const NESTED_STRING_BYTES: usize = 16;

fn width(of: &DataType) -> usize {
    match of {
        DataType::Struct(fields) => fields.iter().map(|field| width(field.data_type())).sum(),
        DataType::FixedSizeList(item, length) => {
            usize::try_from(*length).unwrap_or_default() * width(item.data_type())
        }
        DataType::FixedSizeBinary(length) => usize::try_from(*length).unwrap_or_default(),
        DataType::Boolean => 1,
        other => other.primitive_width().unwrap_or(NESTED_STRING_BYTES),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{
        ArrayRef, LargeStringArray, ListBuilder, RecordBatch, StringArray, StringViewArray,
        UInt64Array, UInt64Builder,
    };

    use super::row_bytes;

    #[test]
    fn bytes_of_rows_as_a_table() {
        let check = |array: ArrayRef, expected: &[u64]| {
            let batch = RecordBatch::try_from_iter_with_nullable([("a", array, true)]).unwrap();
            assert_eq!(row_bytes(&batch), expected);
            assert_eq!(row_bytes(&batch.slice(1, 2)), expected[1..3]);
        };
        let texts = || vec![Some("é"), None, Some(""), Some("abc")];
        check(Arc::new(StringArray::from(texts())), &[6, 0, 4, 7]);
        check(Arc::new(LargeStringArray::from(texts())), &[6, 0, 4, 7]);
        check(Arc::new(StringViewArray::from(texts())), &[6, 0, 4, 7]);
        check(Arc::new(UInt64Array::from(vec![1, 2, 3])), &[8, 8, 8]);
        let mut lists = ListBuilder::new(UInt64Builder::new());
        for length in [0, 1, 3, 2] {
            lists.append_value((0..length).map(Some));
        }
        check(Arc::new(lists.finish()), &[4, 12, 28, 20]);
    }
}
