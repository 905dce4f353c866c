//! Rows of a table as JSON objects.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::DataType;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use moisson_core::Result;
use serde_json::{Map, Value};

/// Turns batches into JSON objects; nulls are left out, and lists of text are lists.
///
/// # Errors
/// [`moisson_core::Error::Internal`] if arrow cannot print a column.
pub fn rows(batches: &[RecordBatch]) -> Result<Vec<Map<String, Value>>> {
    let options = FormatOptions::default();
    let mut rows = Vec::new();
    for batch in batches {
        let schema = batch.schema();
        let columns = batch
            .columns()
            .iter()
            .zip(schema.fields())
            .map(|(array, field)| Ok((array, field, ArrayFormatter::try_new(array, &options)?)))
            .collect::<Result<Vec<_>>>()?;
        for row in 0..batch.num_rows() {
            let mut object = Map::new();
            for (array, field, formatter) in &columns {
                if array.is_null(row) || array.data_type() == &DataType::Null {
                    continue;
                }
                let kind = field.data_type();
                let value = if let Some(list) = texts(array, row)? {
                    list
                } else {
                    let printed = formatter.value(row).to_string();
                    if kind.is_numeric() || kind == &DataType::Boolean {
                        serde_json::from_str(&printed).unwrap_or(Value::String(printed))
                    } else {
                        Value::String(printed)
                    }
                };
                object.insert(field.name().clone(), value);
            }
            rows.push(object);
        }
    }
    Ok(rows)
}

/// The value of a list of text; `None` for any other type.
fn texts(array: &ArrayRef, row: usize) -> Result<Option<Value>> {
    let DataType::List(item) = array.data_type() else {
        return Ok(None);
    };
    if !matches!(item.data_type(), DataType::Utf8 | DataType::Utf8View) {
        return Ok(None);
    }
    let list = arrow::compute::cast(&array.as_list::<i32>().value(row), &DataType::Utf8)?;
    let texts = list.as_string::<i32>().iter();
    let texts = texts.map(|text| text.map_or(Value::Null, Value::from));
    Ok(Some(texts.collect()))
}
