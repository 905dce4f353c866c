//! What units of one stage leave for units of another: one object per writer, in it one blob per reader.

use std::collections::BTreeMap;

use bytes::Bytes;
use moisson_core::Result;
use serde::{Deserialize, Serialize};

use crate::store::Store;

/// Where the blob for one reader lies in an object of the work area.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Blob {
    /// The object.
    pub(crate) path: String,
    /// First byte.
    pub(crate) start: u64,
    /// First byte after it.
    pub(crate) end: u64,
}

/// Writes the blobs of one writer, by reader.
///
/// # Errors
/// [`moisson_core::Error::Store`] if the work area cannot be written.
pub(crate) fn write(
    work: &Store,
    path: &str,
    blobs: BTreeMap<u32, Vec<u8>>,
) -> Result<Vec<(u32, Blob)>> {
    let mut bytes = Vec::with_capacity(blobs.values().map(Vec::len).sum());
    let mut places = Vec::with_capacity(blobs.len());
    for (reader, blob) in blobs {
        let start = bytes.len() as u64;
        bytes.extend_from_slice(&blob);
        let end = bytes.len() as u64;
        places.push((
            reader,
            Blob {
                path: path.to_owned(),
                start,
                end,
            },
        ));
    }
    work.put(path, bytes.into())?;
    Ok(places)
}

/// Puts the blobs of all writers in order of their readers.
pub(crate) fn by_reader(written: Vec<Vec<(u32, Blob)>>) -> BTreeMap<u32, Vec<Blob>> {
    let mut readers: BTreeMap<u32, Vec<Blob>> = BTreeMap::new();
    for (reader, blob) in written.into_iter().flatten() {
        readers.entry(reader).or_default().push(blob);
    }
    readers
}

/// Blobs that are read at the same time.
const AT_ONCE: usize = 32;

/// Reads blobs, a few at the same time, and hands them over in their order.
///
/// # Errors
/// [`moisson_core::Error::Store`] if one cannot be read, and whatever `take` returns.
pub(crate) fn read(
    work: &Store,
    blobs: &[Blob],
    take: &mut dyn FnMut(Bytes) -> Result<()>,
) -> Result<()> {
    for some in blobs.chunks(AT_ONCE) {
        let ranges = some
            .iter()
            .map(|blob| (blob.path.as_str(), blob.start..blob.end));
        let read = work.get_ranges(&ranges.collect::<Vec<_>>())?;
        read.into_iter().try_for_each(&mut *take)?;
    }
    Ok(())
}
