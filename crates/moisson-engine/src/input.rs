//! Inputs: what files a source has, and how their bytes are read, on this machine or from an object store.
#![expect(
    clippy::disallowed_methods,
    reason = "reading inputs is IO, and this is where it happens"
)]

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use bytes::Bytes;
use futures::TryStreamExt;
use globset::{GlobBuilder, GlobMatcher};
use moisson_core::{Error, Result};
use moisson_harvest::Receipt;
use moisson_ingest::container::ReadSeek;
use object_store::{ObjectStore, ObjectStoreExt};
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;

use crate::location::{self, Location, connect, redact};

/// One input file. Sent to another machine, it can be opened there, if its place can be reached from there.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct InputFile {
    /// Path below the source's base, with `/`: stable wherever the input lies.
    pub name: String,
    /// Size in bytes; 0 where the server does not say.
    pub size: u64,
    /// Where the bytes are.
    pub place: Place,
    /// Tells one state of the file from another without reading it: mtime or `ETag`.
    pub stamp: String,
    /// What its receipt says, if it was fetched.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "shared")]
    pub receipt: Option<Arc<Receipt>>,
}

/// Where an input file's bytes are; its text is a path or a URL without secrets.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Place {
    /// On this machine.
    Local(PathBuf),
    /// In an object store.
    Remote(Remote),
}

/// An object of a store, connected to when it is needed.
#[derive(Debug, Clone)]
pub struct Remote {
    url: Arc<str>,
    known: Option<(Arc<dyn ObjectStore>, object_store::path::Path)>,
}

impl Remote {
    /// Address of the object: scheme, bucket and key, no secrets.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the store and the path of the object in it. A `runtime` shares one connection among many files.
    ///
    /// # Errors
    /// [`Error::Config`] if this machine has no credentials for the store.
    fn connect(
        &self,
        runtime: Option<&Handle>,
    ) -> Result<(Arc<dyn ObjectStore>, object_store::path::Path)> {
        if let Some(known) = &self.known {
            return Ok(known.clone());
        }
        let url = url::Url::parse(&self.url)
            .map_err(|e| Error::config(format!("`{}` is no URL: {e}", redact(&self.url))))?;
        match runtime {
            Some(runtime) => location::connect_shared(&url, runtime),
            None => connect(&url),
        }
    }
}

impl Place {
    /// Reads the text of a place, as another machine wrote it; nothing is opened.
    ///
    /// # Errors
    /// [`Error::Config`] for a URL that does not parse.
    pub fn parse(text: &str) -> Result<Self> {
        Ok(match Location::parse(text)? {
            Location::Local(path) => Self::Local(path),
            Location::Remote(url) => Self::Remote(Remote {
                url: url.as_str().into(),
                known: None,
            }),
        })
    }

    /// The text by which the digest of a file is remembered, and from which that of a remote file follows: the path, or
    /// the store and the path in it.
    ///
    /// # Errors
    /// [`Error::Config`] as opening the place.
    pub fn identity(&self) -> Result<String> {
        match self {
            Self::Local(path) => Ok(path.to_string_lossy().into_owned()),
            Self::Remote(remote) => {
                let (store, path) = remote.connect(None)?;
                Ok(format!("{store} {path}"))
            }
        }
    }
}

impl TryFrom<String> for Place {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        Self::parse(&text)
    }
}

impl From<Place> for String {
    fn from(place: Place) -> Self {
        match place {
            // Another process has another working directory.
            Place::Local(path) => std::path::absolute(&path)
                .unwrap_or(path)
                .to_string_lossy()
                .into_owned(),
            Place::Remote(remote) => remote.url.as_ref().to_owned(),
        }
    }
}

/// A receipt that many files share is written with each.
mod shared {
    use std::sync::Arc;

    use moisson_harvest::Receipt;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "the form that serde calls")]
    pub(super) fn serialize<S: Serializer>(
        receipt: &Option<Arc<Receipt>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        receipt.as_deref().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Arc<Receipt>>, D::Error> {
        Ok(Option::<Receipt>::deserialize(deserializer)?.map(Arc::new))
    }
}

/// Lists the files of a location, sorted by name.
///
/// A folder is walked; `wants` chooses among its files, and among those of a glob without an extension. A file named
/// outright is always taken.
///
/// # Errors
/// [`Error::Config`] if nothing is there, or a folder cannot be read: a plan stops before the first byte.
pub fn list(
    location: &str,
    wants: &dyn Fn(&str) -> bool,
    runtime: &Handle,
) -> Result<Vec<InputFile>> {
    let mut files = match Location::parse(location)? {
        Location::Local(path) => list_local(&path, wants)?,
        Location::Remote(url) => list_remote(&url, wants, runtime)?,
    };
    if files.is_empty() {
        return Err(Error::config(format!(
            "nothing to read at `{}`: check the path, its extension and the reader, or list it in `include`",
            redact(location)
        )));
    }
    files.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

pub(crate) fn list_local(path: &Path, wants: &dyn Fn(&str) -> bool) -> Result<Vec<InputFile>> {
    let text = path.to_string_lossy();
    if !has_glob(&text) {
        let metadata = fs::metadata(path).map_err(|e| unreadable(path, &e))?;
        if metadata.is_dir() {
            return walk(path, &|name| wants(name));
        }
        let name = path
            .file_name()
            .map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        return Ok(vec![local_file(path.to_owned(), name, &metadata)]);
    }
    let (base, pattern) = split_glob(&text);
    let matcher = glob(pattern)?;
    walk(Path::new(base), &|name| matcher.is_match(name))
}

fn unreadable(path: &Path, error: &io::Error) -> Error {
    Error::config(format!("cannot read `{}`: {error}", path.display()))
}

fn local_file(path: PathBuf, name: String, metadata: &fs::Metadata) -> InputFile {
    let stamp = metadata
        .modified()
        .ok()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok())
        .map_or_else(String::new, |since| since.as_nanos().to_string());
    InputFile {
        name,
        size: metadata.len(),
        place: Place::Local(path),
        stamp,
        receipt: None,
    }
}

/// Walks a folder without following links that lead back above, hidden files left out.
fn walk(base: &Path, wants: &dyn Fn(&str) -> bool) -> Result<Vec<InputFile>> {
    let base = if base.as_os_str().is_empty() {
        Path::new(".")
    } else {
        base
    };
    let mut files = Vec::new();
    let mut seen = BTreeSet::new();
    let mut folders = vec![(base.to_owned(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        if !seen.insert(fs::canonicalize(&folder).map_err(|e| unreadable(&folder, &e))?) {
            continue;
        }
        for entry in fs::read_dir(&folder).map_err(|e| unreadable(&folder, &e))? {
            let entry = entry.map_err(|e| unreadable(&folder, &e))?;
            let leaf = entry.file_name().to_string_lossy().into_owned();
            if leaf.starts_with('.') {
                continue;
            }
            let name = format!("{prefix}{leaf}");
            // A link to nowhere is passed over like any file that vanished since the listing began.
            let Ok(metadata) = fs::metadata(entry.path()) else {
                continue;
            };
            if metadata.is_dir() {
                folders.push((entry.path(), format!("{name}/")));
            } else if wants(&name) {
                files.push(local_file(entry.path(), name, &metadata));
            }
        }
    }
    Ok(files)
}

/// Lists the files below a folder of an object store, sorted by name.
///
/// # Errors
/// [`Error::Store`] if the listing fails.
pub(crate) fn list_folder(
    store: &Arc<dyn ObjectStore>,
    root: Option<&url::Url>,
    folder: &object_store::path::Path,
    wants: &dyn Fn(&str) -> bool,
    runtime: &Handle,
) -> Result<Vec<InputFile>> {
    let objects = runtime
        .block_on(async { store.list(Some(folder)).try_collect::<Vec<_>>().await })
        .map_err(|e| Error::store(object_text(root, folder), location::cause(&e)))?;
    let cut = folder.as_ref().len() + usize::from(!folder.as_ref().is_empty());
    let mut files: Vec<InputFile> = objects
        .into_iter()
        .filter_map(|meta| {
            let name = meta.location.as_ref().get(cut..)?.to_owned();
            wants(&name).then(|| remote_file(store, root, meta, name))
        })
        .collect();
    files.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

/// Address of an object; of a store without one, such as those of tests, an address that leads nowhere.
fn object_text(root: Option<&url::Url>, path: &object_store::path::Path) -> String {
    root.map_or_else(
        || format!("memory:///{}", location::encode_key(path.as_ref())),
        |root| location::object_url(root, path).into(),
    )
}

fn remote_file(
    store: &Arc<dyn ObjectStore>,
    root: Option<&url::Url>,
    meta: object_store::ObjectMeta,
    name: String,
) -> InputFile {
    let stamp = meta
        .e_tag
        .unwrap_or_else(|| meta.last_modified.to_rfc3339());
    InputFile {
        name,
        size: meta.size,
        place: Place::Remote(Remote {
            url: object_text(root, &meta.location).into(),
            known: Some((store.clone(), meta.location)),
        }),
        stamp,
        receipt: None,
    }
}

fn list_remote(
    url: &url::Url,
    wants: &dyn Fn(&str) -> bool,
    runtime: &Handle,
) -> Result<Vec<InputFile>> {
    let decoded = percent_encoding::percent_decode_str(url.path())
        .decode_utf8_lossy()
        .into_owned();
    let failed =
        |error: object_store::Error| Error::store(redact(url.as_str()), location::cause(&error));
    let leaf = decoded.rsplit('/').next().unwrap_or_default().to_owned();
    if matches!(url.scheme(), "http" | "https") {
        let (store, path) = connect(url)?;
        let root = location::root(url, &path);
        let meta = runtime.block_on(store.head(&path)).map_err(failed)?;
        return Ok(vec![remote_file(&store, Some(&root), meta, leaf)]);
    }
    let (base, matcher) = if has_glob(&decoded) {
        let (base, pattern) = split_glob(&decoded);
        (base.to_owned(), Some(glob(pattern)?))
    } else {
        (decoded.clone(), None)
    };
    let mut base_url = url.clone();
    base_url.set_path(&location::encode_key(&base));
    let (store, prefix) = connect(&base_url)?;
    let root = location::root(&base_url, &prefix);
    if matcher.is_none()
        && !decoded.ends_with('/')
        && let Ok(meta) = runtime.block_on(store.head(&prefix))
    {
        return Ok(vec![remote_file(&store, Some(&root), meta, leaf)]);
    }
    let wants = |name: &str| {
        matcher
            .as_ref()
            .map_or_else(|| wants(name), |glob| glob.is_match(name))
    };
    list_folder(&store, Some(&root), &prefix, &wants, runtime)
}

fn has_glob(text: &str) -> bool {
    text.contains(['*', '?', '[', '{'])
}

/// Splits `a/b/*.x` into `a/b/` and `*.x`.
fn split_glob(text: &str) -> (&str, &str) {
    let magic = text.find(['*', '?', '[', '{']).unwrap_or(text.len());
    let cut = text
        .get(..magic)
        .and_then(|before| before.rfind('/'))
        .map_or(0, |slash| slash + 1);
    text.split_at(cut)
}

fn glob(pattern: &str) -> Result<GlobMatcher> {
    GlobBuilder::new(pattern)
        .literal_separator(true)
        .build()
        .map(|glob| glob.compile_matcher())
        .map_err(|e| Error::config(format!("glob `{pattern}`: {e}")))
}

impl InputFile {
    /// A file as another machine names it: its place as text, and what was known of it there.
    ///
    /// # Errors
    /// [`Error::Config`] for a place that is no path and no URL.
    pub fn at(name: &str, size: u64, place: &str, stamp: &str) -> Result<Self> {
        Ok(Self {
            name: name.to_owned(),
            size,
            place: Place::parse(place)?,
            stamp: stamp.to_owned(),
            receipt: None,
        })
    }

    /// Opens the file for reading and seeking.
    ///
    /// # Errors
    /// Whatever the file system or store says.
    pub fn open(&self, runtime: &Handle, scratch: &Path) -> io::Result<Box<dyn ReadSeek>> {
        match &self.place {
            Place::Local(path) => Ok(Box::new(fs::File::open(path)?)),
            Place::Remote(remote) => {
                let (store, path) = remote.connect(Some(runtime)).map_err(io::Error::other)?;
                let ranged = Ranged::new(store.clone(), path.clone(), self.size, runtime.clone());
                match ranged {
                    Ok(ranged) => Ok(Box::new(ranged)),
                    Err(_) => Ok(Box::new(spool(&store, &path, runtime, scratch)?)),
                }
            }
        }
    }

    /// Opens the file as one of this machine; a remote one is copied to scratch first.
    ///
    /// # Errors
    /// Whatever the file system or store says.
    pub fn open_file(&self, runtime: &Handle, scratch: &Path) -> io::Result<fs::File> {
        match &self.place {
            Place::Local(path) => fs::File::open(path),
            Place::Remote(remote) => {
                let (store, path) = remote.connect(Some(runtime)).map_err(io::Error::other)?;
                spool(&store, &path, runtime, scratch)
            }
        }
    }
}

/// An error of a store without secrets, and without the address and the time it took: it may end up in the ledger.
fn unread(error: &object_store::Error) -> io::Error {
    io::Error::other(location::cause(error))
}

/// Copies a remote file to scratch: for servers that refuse range reads, and for formats read from many places.
fn spool(
    store: &Arc<dyn ObjectStore>,
    path: &object_store::path::Path,
    runtime: &Handle,
    scratch: &Path,
) -> io::Result<fs::File> {
    let mut file = tempfile::tempfile_in(scratch)?;
    let mut stream = runtime
        .block_on(store.get(path))
        .map_err(|e| unread(&e))?
        .into_stream();
    while let Some(chunk) = runtime
        .block_on(stream.try_next())
        .map_err(|e| unread(&e))?
    {
        io::Write::write_all(&mut file, &chunk)?;
    }
    file.seek(SeekFrom::Start(0))?;
    Ok(file)
}

/// Reads a remote object by ranges of 4 MiB.
struct Ranged {
    store: Arc<dyn ObjectStore>,
    path: object_store::path::Path,
    runtime: Handle,
    size: u64,
    at: u64,
    chunk: Bytes,
    chunk_start: u64,
}

const RANGE_BYTES: u64 = 4 << 20;

impl Ranged {
    fn new(
        store: Arc<dyn ObjectStore>,
        path: object_store::path::Path,
        size: u64,
        runtime: Handle,
    ) -> io::Result<Self> {
        let mut ranged = Self {
            store,
            path,
            runtime,
            size,
            at: 0,
            chunk: Bytes::new(),
            chunk_start: 0,
        };
        ranged.fill()?;
        Ok(ranged)
    }

    fn fill(&mut self) -> io::Result<()> {
        let end = (self.at + RANGE_BYTES).min(self.size);
        self.chunk_start = self.at;
        self.chunk = if self.at >= end {
            Bytes::new()
        } else {
            let get = self.store.get_range(&self.path, self.at..end);
            self.runtime.block_on(get).map_err(|e| unread(&e))?
        };
        Ok(())
    }
}

impl Read for Ranged {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let held = self.chunk_start..self.chunk_start + self.chunk.len() as u64;
        if !held.contains(&self.at) {
            self.fill()?;
        }
        let offset = usize::try_from(self.at - self.chunk_start).map_err(io::Error::other)?;
        let rest = self.chunk.get(offset..).unwrap_or_default();
        let taken = rest.len().min(into.len());
        for (to, from) in into.iter_mut().zip(rest) {
            *to = *from;
        }
        self.at += taken as u64;
        Ok(taken)
    }
}

impl Seek for Ranged {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        let at = match position {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.size.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::{InputFile, Place, split_glob};

    #[test]
    fn globs_split_at_the_last_plain_folder() {
        assert_eq!(split_glob("a/b/*.md"), ("a/b/", "*.md"));
        assert_eq!(split_glob("a/**/c.md"), ("a/", "**/c.md"));
        assert_eq!(split_glob("*.md"), ("", "*.md"));
        assert_eq!(split_glob("/d/x{1,2}/y"), ("/d/", "x{1,2}/y"));
    }

    #[test]
    fn a_file_goes_to_another_machine_as_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("é à%.jsonl");
        std::fs::write(&path, "bytes").unwrap();
        let file = InputFile::at("a", 5, &path.display().to_string(), "1").unwrap();
        let text = serde_json::to_string(&file).unwrap();
        let there: InputFile = serde_json::from_str(&text).unwrap();
        assert!(matches!(&there.place, Place::Local(local) if *local == path));
        let runtime = crate::session::runtime().unwrap();
        let mut read = String::new();
        let mut bytes = there.open(runtime.handle(), folder.path()).unwrap();
        std::io::Read::read_to_string(&mut bytes, &mut read).unwrap();
        assert_eq!(read, "bytes");

        let url = "https://host/d/%C3%A9%20%25.gz";
        let file = InputFile::at("b", 5, url, "etag").unwrap();
        assert_eq!(file.place.identity().unwrap(), "HttpStore d/é %.gz");
        let there: InputFile =
            serde_json::from_value(serde_json::to_value(&file).unwrap()).unwrap();
        assert_eq!(String::from(there.place), url);
    }
}
