//! Typed access to the columns of a batch: the precondition becomes a type.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::DataType;

use crate::{Error, Result};

/// Returns a column by name.
///
/// # Errors
/// [`Error::Internal`] naming the missing column and those there are.
pub fn column<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a ArrayRef> {
    batch.column_by_name(name).ok_or_else(|| {
        let known: Vec<&str> = batch
            .schema_ref()
            .fields()
            .iter()
            .map(|f| f.name().as_str())
            .collect();
        Error::internal(format!("no column `{name}`; known: {}", known.join(", ")))
    })
}

/// A string column of any layout (`Utf8`, `LargeUtf8`, `Utf8View`).
#[derive(Debug, Clone, Copy)]
pub struct TextColumn<'a>(Layout<'a>);

#[derive(Debug, Clone, Copy)]
enum Layout<'a> {
    Small(&'a arrow::array::StringArray),
    Large(&'a arrow::array::LargeStringArray),
    View(&'a arrow::array::StringViewArray),
}

impl<'a> TextColumn<'a> {
    /// Takes the column `name` of `batch`.
    ///
    /// # Errors
    /// [`Error::Internal`] if it is absent or no string column.
    pub fn try_new(batch: &'a RecordBatch, name: &str) -> Result<Self> {
        let array = column(batch, name)?;
        let layout = match array.data_type() {
            DataType::Utf8 => Layout::Small(array.as_string()),
            DataType::LargeUtf8 => Layout::Large(array.as_string()),
            DataType::Utf8View => Layout::View(array.as_string_view()),
            other => {
                return Err(Error::internal(format!(
                    "column `{name}` is {other}, not a string"
                )));
            }
        };
        Ok(Self(layout))
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        match self.0 {
            Layout::Small(array) => array.len(),
            Layout::Large(array) => array.len(),
            Layout::View(array) => array.len(),
        }
    }

    /// True if there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Value of a row, `None` for a null.
    pub fn get(&self, row: usize) -> Option<&'a str> {
        match self.0 {
            Layout::Small(array) => array.is_valid(row).then(|| array.value(row)),
            Layout::Large(array) => array.is_valid(row).then(|| array.value(row)),
            Layout::View(array) => array.is_valid(row).then(|| array.value(row)),
        }
    }

    /// Values in order, `None` for nulls.
    pub fn iter(self) -> impl Iterator<Item = Option<&'a str>> {
        (0..self.len()).map(move |row| self.get(row))
    }
}
