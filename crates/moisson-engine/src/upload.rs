//! Uploads of large objects: pieces, several at once, all or nothing.

use std::io;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use object_store::path::Path;
use object_store::{Error, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt, Result};

use crate::steady::is_passing;

/// Size of the pieces of an upload; object stores ask for at least 5 MiB, and all but the last must be equal.
pub(crate) const PIECE_BYTES: u64 = 16 << 20;
/// Most pieces of an object; S3 takes 10,000.
const PIECES_MAX: u64 = 9_000;
/// Pieces on their way at once: a bound on memory, with [`PIECE_BYTES`].
const PIECES_IN_FLIGHT: usize = 4;
/// Uploads of one object, where the last step fails in passing.
const UPLOADS_MAX: usize = 3;

/// Size of the pieces of an object of `size` bytes.
pub(crate) fn piece_bytes(size: u64) -> u64 {
    size.div_ceil(PIECES_MAX).max(PIECE_BYTES)
}

/// Uploads bytes that are in memory, and again where the upload failed in passing.
///
/// # Errors
/// What the store says; nothing is left behind.
pub(crate) async fn send_bytes(store: &dyn ObjectStore, path: &Path, bytes: &Bytes) -> Result<()> {
    let piece_bytes = usize::try_from(piece_bytes(bytes.len() as u64)).unwrap_or(usize::MAX);
    let mut uploads = 1;
    loop {
        let mut rest = bytes.clone();
        let mut pieces = || {
            let piece = rest.split_to(rest.len().min(piece_bytes));
            Ok((!piece.is_empty()).then_some(piece))
        };
        match send(store, path, &mut pieces).await {
            Err(error) if is_passing(&error) && uploads < UPLOADS_MAX => uploads += 1,
            done => return done,
        }
    }
}

/// Uploads pieces as they come, a few at once, and makes the object visible when all have arrived.
///
/// # Errors
/// What the store or the source of the pieces says; the upload is then aborted, so that nothing is left behind.
pub(crate) async fn send(
    store: &dyn ObjectStore,
    path: &Path,
    pieces: &mut (dyn FnMut() -> io::Result<Option<Bytes>> + Send),
) -> Result<()> {
    let before = look(store, path).await?;
    let mut upload = store.put_multipart(path).await?;
    let error = match send_pieces(upload.as_mut(), pieces).await {
        Ok(size) => match upload.complete().await {
            Ok(_) => return Ok(()),
            // Where the answer to the last step is lost, its repetition finds no upload any more, but the object.
            Err(error) => match look(store, path).await {
                Ok(Some(now)) if now.size == size && before.as_ref() != Some(&now) => return Ok(()),
                _ => error,
            },
        },
        Err(error) => error,
    };
    // The first error is the one to report.
    let _ = upload.abort().await;
    Err(error)
}

/// The object that is there.
async fn look(store: &dyn ObjectStore, path: &Path) -> Result<Option<ObjectMeta>> {
    match store.head(path).await {
        Ok(meta) => Ok(Some(meta)),
        Err(Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Sends all pieces and returns their size.
async fn send_pieces(
    upload: &mut dyn MultipartUpload,
    pieces: &mut (dyn FnMut() -> io::Result<Option<Bytes>> + Send),
) -> Result<u64> {
    let mut size = 0;
    let mut in_flight = FuturesUnordered::new();
    while let Some(piece) = pieces().map_err(|source| Error::Generic {
        store: "upload",
        source: Box::new(source),
    })? {
        size += piece.len() as u64;
        in_flight.push(upload.put_part(piece.into()));
        if in_flight.len() == PIECES_IN_FLIGHT {
            in_flight.next().await.transpose()?;
        }
    }
    while let Some(sent) = in_flight.next().await {
        sent?;
    }
    Ok(size)
}

#[cfg(test)]
mod tests {
    use super::{PIECE_BYTES, piece_bytes};

    #[test]
    fn no_object_has_too_many_pieces() {
        assert_eq!(piece_bytes(0), PIECE_BYTES);
        assert_eq!(piece_bytes(100 << 20), PIECE_BYTES);
        // The largest object of S3.
        let size: u64 = 5 << 40;
        assert!(size.div_ceil(piece_bytes(size)) <= 10_000);
    }
}
