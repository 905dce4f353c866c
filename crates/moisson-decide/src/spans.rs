//! Columns of spans: lists of (start: `UInt64`, end: `UInt64`, a name: `Utf8`), as annotators write them.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::UInt64Type;
use moisson_core::{Error, Result, Span, TextColumn};

/// Spans of one row with their names, in the order in which they lie there. A null name is empty.
///
/// # Errors
/// [`Error::Internal`] naming the `column` if it holds something else.
pub(crate) fn named(spans: &ArrayRef, column: &str, name: &str) -> Result<Vec<(Span, String)>> {
    let wrong = || mistyped(spans, column, name);
    let fields = spans.as_struct_opt().ok_or_else(wrong)?;
    let number = |field: &str| {
        let array = fields.column_by_name(field).ok_or_else(wrong)?;
        array.as_primitive_opt::<UInt64Type>().ok_or_else(wrong)
    };
    let (starts, ends) = (number("start")?, number("end")?);
    let as_rows = RecordBatch::from(fields.clone());
    let names = TextColumn::try_new(&as_rows, name)?;
    let place = |value: u64| usize::try_from(value).map_err(|_| wrong());
    (0..spans.len())
        .map(|at| {
            let span = Span {
                start: place(starts.value(at))?,
                end: place(ends.value(at))?,
            };
            Ok((span, names.get(at).unwrap_or_default().to_owned()))
        })
        .collect()
}

/// The error of a column that holds something else than spans with names.
pub(crate) fn mistyped(array: &ArrayRef, column: &str, name: &str) -> Error {
    Error::internal(format!(
        "column `{column}` holds {}, not a list of (start: UInt64, end: UInt64, {name}: Utf8)",
        array.data_type()
    ))
}
