//! Writing on a condition: only if there is no object, or only over the one that was seen.

use bytes::Bytes;
use object_store::path::Path;
use object_store::{
    Error, ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutPayload, Result, UpdateVersion,
};

use crate::steady::{Patience, Turns, is_passing};

/// What must hold for the write to happen.
#[derive(Debug, Clone)]
pub(crate) enum Condition {
    /// There is no object.
    Absent,
    /// The object is this one.
    Version(UpdateVersion),
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Our bytes are there; their version, if the store tells one.
    Written(Option<UpdateVersion>),
    /// The condition did not hold.
    Refused,
}

/// The version of an object that was listed or read.
pub(crate) fn version(meta: &ObjectMeta) -> UpdateVersion {
    UpdateVersion {
        e_tag: meta.e_tag.clone(),
        version: meta.version.clone(),
    }
}

/// Writes `bytes` if `condition` holds.
///
/// The store sees each attempt once. When one ends without an answer, the next may be refused because of the first:
/// then the object is read, and if it holds exactly our bytes they are taken for ours.
///
/// # Errors
/// What the store says, once patience ends; `NotImplemented` where it knows no conditions.
pub(crate) async fn put(
    store: &dyn ObjectStore,
    path: &Path,
    bytes: Bytes,
    condition: Condition,
    patience: Patience,
) -> Result<Outcome> {
    let mode = match condition {
        Condition::Absent => PutMode::Create,
        Condition::Version(version) => PutMode::Update(version),
    };
    let mut turns = Turns::new(patience);
    let mut is_in_doubt = false;
    loop {
        let payload = PutPayload::from_bytes(bytes.clone());
        let put = store.put_opts(path, payload, mode.clone().into());
        let error = match tokio::time::timeout(patience.upload(), put).await {
            Ok(Ok(put)) => {
                return Ok(Outcome::Written(Some(UpdateVersion {
                    e_tag: put.e_tag,
                    version: put.version,
                })));
            }
            Ok(Err(Error::AlreadyExists { .. } | Error::Precondition { .. })) => {
                match (found(store, path).await?, &mode) {
                    (Some((there, version)), _) if is_in_doubt && there == bytes => {
                        return Ok(Outcome::Written(Some(version)));
                    }
                    // S3 answers so while the object that was there is being deleted.
                    (None, PutMode::Create) if turns.wait().await => continue,
                    _ => return Ok(Outcome::Refused),
                }
            }
            Ok(Err(error)) if is_passing(&error) => Some(error),
            Ok(Err(error)) => {
                // Said without a reason to try again; it may have arrived all the same.
                return match found(store, path).await {
                    Ok(Some((there, version))) if may_have_arrived(&error) && there == bytes => {
                        Ok(Outcome::Written(Some(version)))
                    }
                    _ => Err(error),
                };
            }
            Err(_) => None,
        };
        is_in_doubt = true;
        if !turns.wait().await {
            return match found(store, path).await {
                Ok(Some((there, version))) if there == bytes => Ok(Outcome::Written(Some(version))),
                _ => Err(error.unwrap_or_else(|| Error::Generic {
                    store: "remote",
                    source: "no answer to a conditional write".into(),
                })),
            };
        }
    }
}

/// An error of the connection or of the server, not one that names why it refuses.
fn may_have_arrived(error: &Error) -> bool {
    matches!(error, Error::Generic { .. } | Error::JoinError { .. })
}

/// The object that is there, and its version.
async fn found(store: &dyn ObjectStore, path: &Path) -> Result<Option<(Bytes, UpdateVersion)>> {
    match store.get(path).await {
        Ok(result) => {
            let version = version(&result.meta);
            Ok(Some((result.bytes().await?, version)))
        }
        Err(Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
