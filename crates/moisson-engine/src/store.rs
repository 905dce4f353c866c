//! Storage: one folder or object-store prefix, with atomic writes. Everything an output holds goes through here.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use moisson_core::{Digest, Error, Result};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload, UpdateVersion};
use tokio::runtime::Handle;
use url::Url;

use crate::conditional::{self, Condition, Outcome};
use crate::location::{self, Location, redact};
use crate::steady::Patience;
use crate::upload;

/// A prefix of an object store; local folders are one kind.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Arc<dyn ObjectStore>,
    prefix: Path,
    runtime: Handle,
    display: String,
    /// The folder, where the store is one.
    folder: Option<PathBuf>,
    /// Address of the root of the object store, where it has one.
    root: Option<Url>,
    patience: Patience,
    versions: Arc<Versions>,
}

/// Objects that are replaced only if nobody else did meanwhile, as they were when the run began; `None`: absent.
type Versions = Mutex<BTreeMap<String, Option<UpdateVersion>>>;

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
        Self::open_with(location, location::options(), runtime)
    }

    /// As [`Store::open`], with the given options of object stores instead of those of the process.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_with(
        location: &str,
        options: &[(String, String)],
        runtime: &Handle,
    ) -> Result<Self> {
        let parsed = Location::parse_output(location)?;
        let (mut local, mut root, mut patience) = (None, None, Patience::NONE);
        let (inner, prefix) = match &parsed {
            Location::Local(folder) => {
                make_folder(folder)?;
                let store = object_store::local::LocalFileSystem::new_with_prefix(folder)
                    .map_err(|e| Error::store(folder.display(), e))?
                    .with_automatic_cleanup(true);
                local = Some(folder.clone());
                (Arc::new(store) as Arc<dyn ObjectStore>, Path::default())
            }
            Location::Remote(url) => {
                let (store, prefix) = location::connect_with(url, options)?;
                root = Some(location::root(url, &prefix));
                patience = location::patience(options)?;
                (store, prefix)
            }
        };
        Ok(Self {
            inner,
            prefix,
            runtime: runtime.clone(),
            display: redact(location),
            folder: local,
            root,
            patience,
            versions: Arc::default(),
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
            root: None,
            patience: Patience::NONE,
            versions: Arc::default(),
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
            root: self.root.clone(),
            patience: self.patience,
            versions: Arc::default(),
        }
    }

    /// The folder of this machine, where the store is one.
    pub fn folder(&self) -> Option<&std::path::Path> {
        self.folder.as_deref()
    }

    /// Address of the root of the object store, where it is one that another machine can reach.
    pub fn root(&self) -> Option<&Url> {
        self.root.as_ref()
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
        let mut bytes = open_file(file)?;
        let size = bytes
            .metadata()
            .map_err(|e| Error::store(file.display(), e))?
            .len();
        let piece_bytes = upload::piece_bytes(size);
        let mut pieces = || {
            let mut piece = Vec::new();
            let mut taken = std::io::Read::take(&mut bytes, piece_bytes);
            std::io::Read::read_to_end(&mut taken, &mut piece)?;
            Ok((!piece.is_empty()).then(|| piece.into()))
        };
        let full = self.path(path);
        let sent = upload::send(self.inner.as_ref(), &full, &mut pieces);
        self.runtime
            .block_on(sent)
            .map_err(|e| self.failed(path, &e))?;
        remove_file(file)
    }

    /// Where it is, without secrets.
    pub fn display(&self) -> &str {
        &self.display
    }

    /// The object store, for DataFusion; see [`Store::full_path`].
    pub fn object_store(&self) -> Arc<dyn ObjectStore> {
        self.inner.clone()
    }

    /// Writes an object whole: readers see the old one or the new one, never a piece. A large object goes to an object
    /// store in pieces, where a failure leaves nothing behind.
    ///
    /// Whoever writes here writes the same bytes, or is the only one to write: see [`Store::put_new`] and
    /// [`Store::replace_json`] for the rest.
    ///
    /// # Errors
    /// [`Error::Store`] naming the object, for instance when the disk is full; nothing is left behind.
    pub fn put(&self, path: &str, bytes: Bytes) -> Result<()> {
        let full = self.path(path);
        let put = async {
            if self.folder.is_none() && bytes.len() as u64 > upload::PIECE_BYTES {
                upload::send_bytes(self.inner.as_ref(), &full, &bytes).await
            } else {
                let payload = PutPayload::from_bytes(bytes);
                self.inner.put(&full, payload).await.map(|_| ())
            }
        };
        self.runtime
            .block_on(put)
            .map_err(|e| self.failed(path, &e))
    }

    /// Writes an object only if there is none: of any number of writers exactly one is told `true`.
    ///
    /// After a failure that leaves open whether the bytes arrived, they are looked for: an object that holds exactly
    /// these bytes then counts as ours. Writers who must tell each other apart therefore write different bytes.
    ///
    /// # Errors
    /// [`Error::Store`] naming the object; [`Error::Config`] if the store cannot write conditionally.
    pub fn put_new(&self, path: &str, bytes: Bytes) -> Result<bool> {
        match self.put_if(path, bytes, Condition::Absent) {
            Ok(outcome) => Ok(matches!(outcome, Outcome::Written(_))),
            Err(object_store::Error::NotImplemented { .. }) => Err(Error::config(format!(
                "{}: this store cannot write an object only where there is none, which is needed here",
                self.at(path)
            ))),
            Err(error) => Err(self.failed(path, &error)),
        }
    }

    /// Remembers the state of an object, so that [`Store::replace_json`] replaces that state and no other.
    ///
    /// # Errors
    /// [`Error::Store`] if the object cannot be looked at.
    pub fn remember(&self, path: &str) -> Result<()> {
        let version = self.version(path)?;
        self.versions().insert(path.to_owned(), version);
        Ok(())
    }

    /// Writes a value as indented JSON over the state that was remembered, which is that of now where none was.
    ///
    /// # Errors
    /// [`Error::Store`] naming the object, and if another run replaced it since.
    pub fn replace_json(&self, path: &str, value: &impl serde::Serialize) -> Result<()> {
        let remembered = self.versions().get(path).cloned();
        let version = match remembered {
            Some(version) => version,
            None => self.version(path)?,
        };
        let bytes = json(value)?;
        let condition = version
            .clone()
            .map_or(Condition::Absent, Condition::Version);
        let conditional = match self.folder {
            Some(_) => None,
            None => match self.put_if(path, bytes.clone(), condition) {
                Ok(outcome) => Some(outcome),
                Err(object_store::Error::NotImplemented { .. }) => None,
                Err(error) => return Err(self.failed(path, &error)),
            },
        };
        let outcome = match conditional {
            Some(outcome) => outcome,
            // A folder has a lock, and a store that knows no conditions one driver; a look tells of another all the same.
            None if self.version(path)? == version => {
                self.put(path, bytes)?;
                Outcome::Written(self.version(path)?)
            }
            None => Outcome::Refused,
        };
        match outcome {
            Outcome::Written(version) => {
                self.versions().insert(path.to_owned(), version);
                Ok(())
            }
            Outcome::Refused => Err(Error::store(
                self.at(path),
                "another run replaced it while this one worked; nothing of this one is published. Run it again",
            )),
        }
    }

    fn versions(&self) -> MutexGuard<'_, BTreeMap<String, Option<UpdateVersion>>> {
        self.versions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn version(&self, path: &str) -> Result<Option<UpdateVersion>> {
        let full = self.path(path);
        match self.runtime.block_on(self.inner.head(&full)) {
            Ok(meta) => Ok(Some(conditional::version(&meta))),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.failed(path, &error)),
        }
    }

    fn put_if(
        &self,
        path: &str,
        bytes: Bytes,
        condition: Condition,
    ) -> object_store::Result<Outcome> {
        let full = self.path(path);
        let put = conditional::put(self.inner.as_ref(), &full, bytes, condition, self.patience);
        self.runtime.block_on(put)
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

    /// Reads bytes of objects, all at the same time, and returns them in the order asked for.
    ///
    /// # Errors
    /// [`Error::Store`] if one is absent, too short or unreadable.
    pub fn get_ranges(&self, ranges: &[(&str, std::ops::Range<u64>)]) -> Result<Vec<Bytes>> {
        let read = ranges.iter().map(|(path, range)| async move {
            let full = self.path(path);
            let got = self.inner.get_range(&full, range.clone()).await;
            let bytes = got.map_err(|e| self.failed(path, &e))?;
            if bytes.len() as u64 == range.end - range.start {
                Ok(bytes)
            } else {
                let short = "the object is shorter than what was written";
                Err(Error::store(self.at(path), short))
            }
        });
        self.runtime.block_on(futures::future::try_join_all(read))
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
        self.put(path, json(value)?)
    }

    /// Size of an object in bytes.
    ///
    /// # Errors
    /// [`Error::Store`] if there is none.
    pub fn size(&self, path: &str) -> Result<u64> {
        let size = self.size_if_present(path)?;
        size.ok_or_else(|| Error::store(self.at(path), "it is not there"))
    }

    /// Size of an object in bytes, `None` if there is none.
    ///
    /// # Errors
    /// [`Error::Store`] if the store fails.
    pub fn size_if_present(&self, path: &str) -> Result<Option<u64>> {
        match self.runtime.block_on(self.inner.head(&self.path(path))) {
            Ok(meta) => Ok(Some(meta.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.failed(path, &error)),
        }
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

    /// Removes many objects, as many at a time as the store takes; it is no error if some are not there.
    ///
    /// # Errors
    /// [`Error::Store`] if one cannot be removed.
    pub fn delete_all(&self, paths: &[String]) -> Result<()> {
        let full: Vec<_> = paths.iter().map(|path| Ok(self.path(path))).collect();
        let mut removed = self.inner.delete_stream(stream::iter(full).boxed());
        self.runtime.block_on(async {
            while let Some(one) = removed.next().await {
                match one {
                    Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
                    Err(error) => return Err(self.failed("", &error)),
                }
            }
            Ok(())
        })
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
        Error::store(self.at(path), location::cause(error))
    }
}

/// Indented JSON with a line end.
fn json(value: &impl serde::Serialize) -> Result<Bytes> {
    let mut json = serde_json::to_vec_pretty(value).map_err(|e| Error::internal(e.to_string()))?;
    json.push(b'\n');
    Ok(json.into())
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
