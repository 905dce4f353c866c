//! Digests: of bytes, of parameters, and of logical rows.
//!
//! The content digest of a table is taken over its rows in a canonical encoding, never over Parquet bytes: a new
//! compression level or encoder changes no content digest.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{
    DataType, Date32Type, Float32Type, Float64Type, Int32Type, Int64Type, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};

use crate::{Error, Result};

/// A BLAKE3 digest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// Digests bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }

    /// Digests a value through its JSON form.
    ///
    /// # Errors
    /// [`Error::Internal`] if the value has no JSON form.
    pub fn of_json(value: &impl serde::Serialize) -> Result<Self> {
        let json = serde_json::to_vec(value).map_err(|e| Error::internal(e.to_string()))?;
        Ok(Self::of(&json))
    }

    /// Lower-case hexadecimal, 64 digits.
    pub fn to_hex(self) -> String {
        blake3::Hash::from_bytes(self.0).to_hex().to_string()
    }

    /// The first `digits` of [`Digest::to_hex`], for names.
    pub fn short(self, digits: usize) -> String {
        let mut hex = self.to_hex();
        hex.truncate(digits);
        hex
    }

    /// Parses what [`Digest::to_hex`] prints.
    pub fn from_hex(text: &str) -> Option<Self> {
        blake3::Hash::from_hex(text)
            .ok()
            .map(|hash| Self(*hash.as_bytes()))
    }

    /// First eight bytes as a number, for hash order and buckets.
    pub fn prefix_u64(self) -> u64 {
        let mut first = [0; 8];
        first.copy_from_slice(&self.0[..8]);
        u64::from_be_bytes(first)
    }
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.short(16))
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.to_hex())
    }
}

impl serde::Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_hex())
    }
}

impl<'de> serde::Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::from_hex(&text).ok_or_else(|| serde::de::Error::custom("not a BLAKE3 digest"))
    }
}

/// Digests bytes that come in pieces; the result is that of [`Digest::of`] over all of them.
#[derive(Debug, Clone, Default)]
pub struct BytesHasher(blake3::Hasher);

impl BytesHasher {
    /// Starts a digest of no bytes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Returns the digest.
    pub fn finish(&self) -> Digest {
        Digest(*self.0.finalize().as_bytes())
    }
}

/// Digests named fields into the key of a part. Field order matters, field borders cannot be confused.
#[derive(Debug, Clone, Default)]
pub struct KeyHasher(blake3::Hasher);

impl KeyHasher {
    /// Starts the key of `step` at its integer version.
    pub fn new(step: &str, version: u32) -> Self {
        Self::default()
            .field(step.as_bytes())
            .field(&version.to_le_bytes())
    }

    /// Adds a field.
    #[must_use]
    pub fn field(mut self, bytes: &[u8]) -> Self {
        self.0.update(&(bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
        self
    }

    /// Adds a field that is a digest.
    #[must_use]
    pub fn digest(self, digest: Digest) -> Self {
        self.field(&digest.0)
    }

    /// Returns the key.
    pub fn finish(&self) -> Digest {
        Digest(*self.0.finalize().as_bytes())
    }
}

/// Digests logical rows: row by row, column by column, in a canonical encoding.
///
/// The result does not depend on how rows are cut into batches, nor on the string layout.
#[derive(Debug, Clone, Default)]
pub struct ContentHasher {
    hasher: blake3::Hasher,
    row: Vec<u8>,
    rows: u64,
}

impl ContentHasher {
    /// Starts a digest of an empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the rows of a batch.
    ///
    /// # Errors
    /// [`Error::Internal`] for a column type that no table of moisson has.
    pub fn update(&mut self, batch: &RecordBatch) -> Result<()> {
        for row in 0..batch.num_rows() {
            self.row.clear();
            for column in batch.columns() {
                encode(column, row, &mut self.row)?;
            }
            self.hasher.update(&(self.row.len() as u64).to_le_bytes());
            self.hasher.update(&self.row);
        }
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    /// Number of rows taken.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Returns the digest.
    pub fn finish(&self) -> Digest {
        Digest(*self.hasher.finalize().as_bytes())
    }
}

fn encode(array: &ArrayRef, row: usize, into: &mut Vec<u8>) -> Result<()> {
    if array.is_null(row) {
        into.push(0);
        return Ok(());
    }
    into.push(1);
    let mut bytes = |value: &[u8]| {
        into.extend_from_slice(&(value.len() as u64).to_le_bytes());
        into.extend_from_slice(value);
    };
    match array.data_type() {
        DataType::Utf8 => bytes(array.as_string::<i32>().value(row).as_bytes()),
        DataType::LargeUtf8 => bytes(array.as_string::<i64>().value(row).as_bytes()),
        DataType::Utf8View => bytes(array.as_string_view().value(row).as_bytes()),
        DataType::Binary => bytes(array.as_binary::<i32>().value(row)),
        DataType::FixedSizeBinary(_) => bytes(array.as_fixed_size_binary().value(row)),
        DataType::Boolean => into.push(u8::from(array.as_boolean().value(row))),
        DataType::UInt8 => into.push(array.as_primitive::<UInt8Type>().value(row)),
        DataType::UInt16 => {
            into.extend_from_slice(&array.as_primitive::<UInt16Type>().value(row).to_le_bytes());
        }
        DataType::UInt32 => {
            into.extend_from_slice(&array.as_primitive::<UInt32Type>().value(row).to_le_bytes());
        }
        DataType::UInt64 => {
            into.extend_from_slice(&array.as_primitive::<UInt64Type>().value(row).to_le_bytes());
        }
        DataType::Int32 => {
            into.extend_from_slice(&array.as_primitive::<Int32Type>().value(row).to_le_bytes());
        }
        DataType::Int64 => {
            into.extend_from_slice(&array.as_primitive::<Int64Type>().value(row).to_le_bytes());
        }
        DataType::Date32 => {
            into.extend_from_slice(&array.as_primitive::<Date32Type>().value(row).to_le_bytes());
        }
        DataType::Float32 => {
            let value = array.as_primitive::<Float32Type>().value(row);
            into.extend_from_slice(&value.to_bits().to_le_bytes());
        }
        DataType::Float64 => {
            let value = array.as_primitive::<Float64Type>().value(row);
            into.extend_from_slice(&value.to_bits().to_le_bytes());
        }
        DataType::List(_) => encode_list(&array.as_list::<i32>().value(row), into)?,
        DataType::FixedSizeList(_, _) => {
            encode_list(&array.as_fixed_size_list().value(row), into)?;
        }
        DataType::Struct(_) => {
            for column in array.as_struct().columns() {
                encode(column, row, into)?;
            }
        }
        other => return Err(Error::internal(format!("no canonical encoding of {other}"))),
    }
    Ok(())
}

fn encode_list(items: &ArrayRef, into: &mut Vec<u8>) -> Result<()> {
    into.extend_from_slice(&(items.len() as u64).to_le_bytes());
    (0..items.len()).try_for_each(|item| encode(items, item, into))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, LargeStringArray, RecordBatch, StringArray, StringViewArray};

    use super::{BytesHasher, ContentHasher, Digest};

    fn digest(batches: &[RecordBatch]) -> String {
        let mut hasher = ContentHasher::new();
        for batch in batches {
            hasher.update(batch).unwrap();
        }
        hasher.finish().to_hex()
    }

    #[test]
    fn bytes_in_pieces_have_the_digest_of_the_whole() {
        let mut hasher = BytesHasher::new();
        hasher.update(b"de");
        hasher.update(b"main");
        assert_eq!(hasher.finish(), Digest::of(b"demain"));
    }

    #[test]
    fn string_layouts_and_batch_cuts_do_not_matter_and_values_do() {
        let values = vec![Some("droit"), None, Some("")];
        let batch = |array: ArrayRef| {
            RecordBatch::try_from_iter_with_nullable([("t", array, true)]).unwrap()
        };
        let small = batch(Arc::new(StringArray::from(values.clone())));
        let expected = digest(std::slice::from_ref(&small));
        assert_eq!(
            digest(&[batch(Arc::new(LargeStringArray::from(values.clone())))]),
            expected
        );
        assert_eq!(
            digest(&[batch(Arc::new(StringViewArray::from(values.clone())))]),
            expected
        );
        assert_eq!(digest(&[small.slice(0, 1), small.slice(1, 2)]), expected);
        assert_ne!(digest(&[small.slice(1, 2), small.slice(0, 1)]), expected);
        assert_ne!(digest(&[small.slice(0, 2)]), expected);
    }
}
