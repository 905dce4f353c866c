//! Storage: one folder or object-store prefix, with atomic writes. Everything an output holds goes through here.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt;
use moisson_core::{Digest, Error, Result};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use tokio::runtime::Handle;

use crate::location::{Location, redact};

/// Size of the pieces of an upload; object stores ask for at least 5 MiB.
const UPLOAD_BYTES: u64 = 16 << 20;

/// A prefix of an object store; local folders are one kind.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Arc<dyn ObjectStore>,
    prefix: Path,
    runtime: Handle,
    display: String,
    /// The folder, where the store is one.
    folder: Option<PathBuf>,
}

/// One object of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Path below the store's prefix.
    pub path: String,
    /// Size in bytes.
    pub size: u64,
}

impl Store {
    /// Opens a folder (made if it is absent) or a URL (`s3://`, `gs://`, `az://`).
    ///
    /// # Errors
    /// [`Error::Store`] if the folder cannot be made, [`Error::Config`] if the URL is of no known kind.
    pub fn open(location: &str, runtime: &Handle) -> Result<Self> {
        let mut local = None;
        let (inner, prefix) = match Location::parse(location)? {
            Location::Local(folder) => {
                make_folder(&folder)?;
                let store = object_store::local::LocalFileSystem::new_with_prefix(&folder)
                    .map_err(|e| Error::store(folder.display(), e))?
                    .with_automatic_cleanup(true);
                local = Some(folder);
                (Arc::new(store) as Arc<dyn ObjectStore>, Path::default())
            }
            Location::Remote(url) => crate::location::connect(&url)?,
        };
        Ok(Self {
            inner,
            prefix,
            runtime: runtime.clone(),
            display: redact(location),
            folder: local,
        })
    }

    /// Wraps an object store; for tests that inject faults.
    pub fn from_object_store(inner: Arc<dyn ObjectStore>, display: &str, runtime: &Handle) -> Self {
        Self {
            inner,
            prefix: Path::default(),
            runtime: runtime.clone(),
            display: display.to_owned(),
            folder: None,
        }
    }

    /// The store of what lies below a folder of this one.
    #[must_use]
    pub fn below(&self, folder: &str) -> Self {
        Self {
            inner: self.inner.clone(),
            prefix: self.path(folder),
            runtime: self.runtime.clone(),
            display: self.at(folder),
            folder: self.folder.as_ref().map(|root| root.join(folder)),
        }
    }

    /// The folder of this machine, where the store is one.
    pub fn folder(&self) -> Option<&std::path::Path> {
        self.folder.as_deref()
    }

    /// Path of an object in the object store.
    pub fn full_path(&self, path: &str) -> Path {
        self.path(path)
    }

    /// Moves a file of this machine to an object: at once in a folder, in pieces to an object store, where a failure
    /// leaves nothing behind.
    ///
    /// # Errors
    /// [`Error::Store`] naming the object.
    pub fn put_file(&self, path: &str, file: &std::path::Path) -> Result<()> {
        if let Some(folder) = &self.folder {
            let target = folder.join(path);
            let parent = target.parent().unwrap_or(folder);
            return make_folder(parent).and_then(|()| move_file(file, &target));
        }
        let failed = |e: &dyn std::fmt::Display| Error::store(self.at(path), e.to_string());
        let mut bytes = open_file(file)?;
        let full = self.path(path);
        let upload = self.runtime.block_on(self.inner.put_multipart(&full));
        let mut upload = upload.map_err(|e| failed(&e))?;
        let mut send = || -> std::result::Result<(), String> {
            loop {
                let mut piece = Vec::new();
                let taken = std::io::Read::take(&mut bytes, UPLOAD_BYTES);
                std::io::Read::read_to_end(&mut { taken }, &mut piece)
                    .map_err(|e| e.to_string())?;
                if piece.is_empty() {
                    break;
                }
                let part = upload.put_part(piece.into());
                self.runtime.block_on(part).map_err(|e| e.to_string())?;
            }
            self.runtime
                .block_on(upload.complete())
                .map(|_| ())
                .map_err(|e| e.to_string())
        };
        if let Err(error) = send() {
            // The first error is the one to report.
            let _ = self.runtime.block_on(upload.abort());
            return Err(failed(&error));
        }
        remove_file(file)
    }

    /// Where it is, without secrets.
    pub fn display(&self) -> &str {
        &self.display
    }

    /// The object store and the path of this prefix in it, for DataFusion.
    pub fn object_store(&self) -> (Arc<dyn ObjectStore>, &Path) {
        (self.inner.clone(), &self.prefix)
    }

    /// Writes an object whole: readers see the old one or the new one, never a piece.
    ///
    /// # Errors
    /// [`Error::Store`] naming the object, for instance when the disk is full; nothing is left behind.
    pub fn put(&self, path: &str, bytes: Bytes) -> Result<()> {
        let full = self.path(path);
        let put = self.inner.put(&full, PutPayload::from_bytes(bytes));
        self.runtime
            .block_on(put)
            .map_err(|e| self.failed(path, &e))?;
        Ok(())
    }

    /// Reads an object.
    ///
    /// # Errors
    /// [`Error::Store`] if it is absent or unreadable.
    pub fn get(&self, path: &str) -> Result<Bytes> {
        let full = self.path(path);
        let get = async { self.inner.get(&full).await?.bytes().await };
        self.runtime
            .block_on(get)
            .map_err(|e| self.failed(path, &e))
    }

    /// Reads bytes of an object.
    ///
    /// # Errors
    /// [`Error::Store`] if it is absent, too short or unreadable.
    pub fn get_range(&self, path: &str, range: std::ops::Range<u64>) -> Result<Bytes> {
        let full = self.path(path);
        let wanted = range.end - range.start;
        let bytes = self
            .runtime
            .block_on(self.inner.get_range(&full, range))
            .map_err(|e| self.failed(path, &e))?;
        if bytes.len() as u64 == wanted {
            Ok(bytes)
        } else {
            Err(Error::store(
                self.at(path),
                "the object is shorter than what was written",
            ))
        }
    }

    /// Reads an object, `None` if there is none.
    ///
    /// # Errors
    /// [`Error::Store`] if it is unreadable.
    pub fn get_if_present(&self, path: &str) -> Result<Option<Bytes>> {
        let full = self.path(path);
        let get = async { self.inner.get(&full).await?.bytes().await };
        match self.runtime.block_on(get) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.failed(path, &error)),
        }
    }

    /// Reads a JSON object, `None` if there is none.
    ///
    /// # Errors
    /// [`Error::Store`] if it is unreadable, or no JSON of this shape (a damaged or newer output).
    pub fn get_json<T: serde::de::DeserializeOwned>(&self, path: &str) -> Result<Option<T>> {
        let Some(bytes) = self.get_if_present(path)? else {
            return Ok(None);
        };
        serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|e| Error::store(self.at(path), e))
    }

    /// Writes a value as indented JSON.
    ///
    /// # Errors
    /// As [`Store::put`].
    pub fn put_json(&self, path: &str, value: &impl serde::Serialize) -> Result<()> {
        let mut json =
            serde_json::to_vec_pretty(value).map_err(|e| Error::internal(e.to_string()))?;
        json.push(b'\n');
        self.put(path, json.into())
    }

    /// Lists what lies below a folder, sorted by path.
    ///
    /// # Errors
    /// [`Error::Store`] if the listing fails.
    pub fn list(&self, folder: &str) -> Result<Vec<Entry>> {
        let full = self.path(folder);
        let list = async { self.inner.list(Some(&full)).try_collect::<Vec<_>>().await };
        let objects = match self.runtime.block_on(list) {
            Ok(objects) => objects,
            Err(object_store::Error::NotFound { .. }) => Vec::new(),
            Err(error) => return Err(self.failed(folder, &error)),
        };
        let cut = self.prefix.as_ref().len() + usize::from(!self.prefix.as_ref().is_empty());
        let mut entries: Vec<Entry> = objects
            .into_iter()
            .filter_map(|object| {
                let path = object.location.as_ref().get(cut..)?.to_owned();
                Some(Entry {
                    path,
                    size: object.size,
                })
            })
            .collect();
        entries.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Ok(entries)
    }

    /// Removes an object; it is no error if there is none.
    ///
    /// # Errors
    /// [`Error::Store`] if it cannot be removed.
    pub fn delete(&self, path: &str) -> Result<()> {
        match self.runtime.block_on(self.inner.delete(&self.path(path))) {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.failed(path, &error)),
        }
    }

    /// Moves an object over another.
    ///
    /// # Errors
    /// [`Error::Store`] if it cannot be moved.
    pub fn rename(&self, from: &str, to: &str) -> Result<()> {
        let (full, target) = (self.path(from), self.path(to));
        let rename = self.inner.rename(&full, &target);
        self.runtime
            .block_on(rename)
            .map_err(|e| self.failed(from, &e))
    }

    /// Reads an object and compares it with the digest its manifest states.
    ///
    /// # Errors
    /// [`Error::Store`] if it differs: the output was damaged or changed by hand.
    pub fn get_checked(&self, path: &str, expected: Digest) -> Result<Bytes> {
        let bytes = self.get(path)?;
        if Digest::of(&bytes) != expected {
            return Err(Error::store(
                self.at(path),
                "the file differs from its manifest; remove it and run again",
            ));
        }
        Ok(bytes)
    }

    fn path(&self, path: &str) -> Path {
        self.prefix
            .parts()
            .chain(Path::from(path).parts())
            .collect()
    }

    fn at(&self, path: &str) -> String {
        format!("{}/{path}", self.display.trim_end_matches('/'))
    }

    fn failed(&self, path: &str, error: &dyn std::error::Error) -> Error {
        // The innermost cause says "No space left on device"; the outer ones repeat the path.
        let mut cause = error;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        Error::store(self.at(path), redact(&cause.to_string()))
    }
}

#[expect(clippy::disallowed_methods, reason = "the store is where IO happens")]
pub(crate) fn make_folder(folder: &std::path::Path) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|e| Error::store(folder.display(), e))
}

/// Renames, or copies under another name and renames where the file lies on another file system.
#[expect(clippy::disallowed_methods, reason = "the store is where IO happens")]
fn move_file(file: &std::path::Path, target: &std::path::Path) -> Result<()> {
    let failed = |e: std::io::Error| Error::store(target.display(), e);
    if std::fs::rename(file, target).is_ok() {
        return Ok(());
    }
    let mut name = target.as_os_str().to_owned();
    name.push("#copy");
    let copy = PathBuf::from(name);
    let copied = std::fs::copy(file, &copy).and_then(|_| std::fs::rename(&copy, target));
    if let Err(error) = copied {
        // The first error is the one to report.
        let _ = std::fs::remove_file(&copy);
        return Err(failed(error));
    }
    remove_file(file)
}

#[expect(clippy::disallowed_methods, reason = "the store is where IO happens")]
fn open_file(file: &std::path::Path) -> Result<std::fs::File> {
    std::fs::File::open(file).map_err(|e| Error::store(file.display(), e))
}

#[expect(clippy::disallowed_methods, reason = "the store is where IO happens")]
fn remove_file(file: &std::path::Path) -> Result<()> {
    std::fs::remove_file(file).map_err(|e| Error::store(file.display(), e))
}
