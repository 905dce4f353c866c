//! What plans can reach: the locations a worker was given, and nothing else of its machine.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Component, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use datafusion::error::Result as DataFusionResult;
use datafusion::execution::object_store::ObjectStoreRegistry;
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use moisson_core::{Error, Result, redact};
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions,
};
use url::{Position, Url};

use super::failure;
use crate::location::{self, Location};
use crate::steady;

/// The stores of a worker, by the part of their URLs before the path.
#[derive(Debug)]
pub struct Stores {
    fences: BTreeMap<String, Arc<Fence>>,
    rest: Arc<Fence>,
}

impl Stores {
    /// Takes folders and object-store URLs; plans can read and write below them.
    ///
    /// # Errors
    /// [`Error::Config`] for a folder that is not there, a relative one, or a URL no store is known for.
    pub fn new(locations: &[String]) -> Result<Self> {
        let names: Arc<str> = locations
            .iter()
            .map(|text| format!("`{}`", redact(text)))
            .collect::<Vec<_>>()
            .join(", ")
            .into();
        let mut fences: BTreeMap<String, Fence> = BTreeMap::new();
        for text in locations {
            let (key, store, prefixes) = open(text)?;
            fences
                .entry(key)
                .or_insert_with(|| Fence::new(store, names.clone()))
                .prefixes
                .extend(prefixes);
        }
        Ok(Self {
            fences: fences
                .into_iter()
                .map(|(key, fence)| (key, Arc::new(fence)))
                .collect(),
            rest: Arc::new(Fence::new(Arc::new(InMemory::new()), names)),
        })
    }
}

impl Stores {
    /// Checks that a location is one of those given, or lies below one.
    ///
    /// # Errors
    /// [`Error::Config`] naming those given.
    pub fn check(&self, location: &str) -> Result<()> {
        let (key, path) = match Location::parse(location)? {
            Location::Local(path) => {
                let above = path.components().any(|part| part == Component::ParentDir);
                let inside = Path::from_absolute_path(&path).ok().filter(|_| !above);
                ("file://".to_owned(), inside)
            }
            Location::Remote(url) => {
                let path = Path::from_url_path(url.path()).ok();
                (url[..Position::BeforePath].to_owned(), path)
            }
        };
        let fence = self.fences.get(&key).unwrap_or(&self.rest);
        match path {
            Some(path) if fence.holds(&path) => Ok(()),
            _ => Err(fence.outside(&redact(location))),
        }
    }
}

/// The key, store and allowed prefixes of a location.
fn open(text: &str) -> Result<(String, Arc<dyn ObjectStore>, Vec<Path>)> {
    match Location::parse(text)? {
        Location::Local(folder) => {
            let store = LocalFileSystem::new();
            Ok((
                "file://".to_owned(),
                Arc::new(store),
                folders(text, folder)?,
            ))
        }
        Location::Remote(url) => {
            let (store, prefix) = location::connect(&url)?;
            Ok((url[..Position::BeforePath].to_owned(), store, vec![prefix]))
        }
    }
}

/// A folder as it is written and as it lies on disk: plans name it as the driver does.
fn folders(text: &str, folder: PathBuf) -> Result<Vec<Path>> {
    let failed = |e: &dyn std::fmt::Display| Error::config(format!("store `{text}`: {e}"));
    if !folder.is_absolute() || folder.components().any(|part| part == Component::ParentDir) {
        return Err(failed(
            &"write it as an absolute path, the same on all machines",
        ));
    }
    let real = folder.canonicalize().map_err(|e| failed(&e))?;
    let mut paths = Vec::new();
    for folder in [folder, real] {
        let path = Path::from_absolute_path(&folder).map_err(|e| failed(&e))?;
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    Ok(paths)
}

impl ObjectStoreRegistry for Stores {
    fn register_store(&self, _: &Url, store: Arc<dyn ObjectStore>) -> Option<Arc<dyn ObjectStore>> {
        // No plan adds a store; what was not given stays behind the fence.
        Some(store)
    }

    fn get_store(&self, url: &Url) -> DataFusionResult<Arc<dyn ObjectStore>> {
        let fence = self.fences.get(&url[..Position::BeforePath]);
        Ok(fence.unwrap_or(&self.rest).clone())
    }
}

/// A store of which only some prefixes can be reached.
#[derive(Debug)]
struct Fence {
    inner: Arc<dyn ObjectStore>,
    prefixes: Vec<Path>,
    names: Arc<str>,
}

impl Fence {
    fn new(inner: Arc<dyn ObjectStore>, names: Arc<str>) -> Self {
        Self {
            inner,
            prefixes: Vec::new(),
            names,
        }
    }

    fn holds(&self, path: &Path) -> bool {
        self.prefixes
            .iter()
            .any(|prefix| path.prefix_matches(prefix))
    }

    fn outside(&self, path: &str) -> Error {
        let known = if self.names.is_empty() {
            "no store at all".to_owned()
        } else {
            format!("only {}", self.names)
        };
        Error::config(format!(
            "`{path}` is outside the stores of this worker: it was given {known}; start workers with `--store LOCATION` \
             for every location of inputs and outputs"
        ))
    }

    fn check(&self, path: &Path) -> object_store::Result<()> {
        if self.holds(path) {
            return Ok(());
        }
        Err(object_store::Error::PermissionDenied {
            path: path.to_string(),
            source: failure::write(&self.outside(path.as_ref())).into(),
        })
    }

    fn check_prefix(&self, prefix: Option<&Path>) -> object_store::Result<()> {
        self.check(prefix.unwrap_or(&Path::default()))
    }
}

/// Marks what failed in passing, so that it is known behind the layers that keep only its words: another worker may
/// reach the store.
fn told(path: &Path, error: object_store::Error) -> object_store::Error {
    let object_store::Error::Generic { store, source } = &error else {
        return error;
    };
    if !steady::is_passing(&error) && !is_io(source.as_ref()) {
        return error;
    }
    let told = Error::store(path, location::cause(&error));
    object_store::Error::Generic {
        store,
        source: failure::write(&told).into(),
    }
}

/// True where a file is at the bottom of it.
fn is_io(error: &(dyn std::error::Error + 'static)) -> bool {
    error.is::<std::io::Error>() || error.source().is_some_and(is_io)
}

impl std::fmt::Display for Fence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} within {}", self.inner, self.names)
    }
}

#[async_trait]
impl ObjectStore for Fence {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> object_store::Result<PutResult> {
        self.check(location)?;
        self.inner.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> object_store::Result<Box<dyn MultipartUpload>> {
        self.check(location)?;
        self.inner.put_multipart_opts(location, options).await
    }

    async fn get_opts(
        &self,
        location: &Path,
        options: GetOptions,
    ) -> object_store::Result<GetResult> {
        self.check(location)?;
        let answer = self.inner.get_opts(location, options).await;
        let mut found = answer.map_err(|error| told(location, error))?;
        if let GetResultPayload::Stream(bytes) = found.payload {
            let location = location.clone();
            let bytes = bytes.map_err(move |error| told(&location, error));
            found.payload = GetResultPayload::Stream(bytes.boxed());
        }
        Ok(found)
    }

    async fn get_ranges(
        &self,
        location: &Path,
        ranges: &[Range<u64>],
    ) -> object_store::Result<Vec<Bytes>> {
        self.check(location)?;
        let answer = self.inner.get_ranges(location, ranges).await;
        answer.map_err(|error| told(location, error))
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, object_store::Result<Path>>,
    ) -> BoxStream<'static, object_store::Result<Path>> {
        let fence = Self {
            inner: self.inner.clone(),
            prefixes: self.prefixes.clone(),
            names: self.names.clone(),
        };
        let checked = locations.map(move |location| {
            let location = location?;
            fence.check(&location)?;
            Ok(location)
        });
        self.inner.delete_stream(checked.boxed())
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        match self.check_prefix(prefix) {
            Ok(()) => self.inner.list(prefix),
            Err(error) => stream::once(async { Err(error) }).boxed(),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> object_store::Result<ListResult> {
        self.check_prefix(prefix)?;
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(
        &self,
        from: &Path,
        to: &Path,
        options: CopyOptions,
    ) -> object_store::Result<()> {
        self.check(from)?;
        self.check(to)?;
        self.inner.copy_opts(from, to, options).await
    }

    async fn rename_opts(
        &self,
        from: &Path,
        to: &Path,
        options: RenameOptions,
    ) -> object_store::Result<()> {
        self.check(from)?;
        self.check(to)?;
        self.inner.rename_opts(from, to, options).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use datafusion::execution::object_store::ObjectStoreRegistry;
    use futures::TryStreamExt;
    use object_store::memory::InMemory;
    use object_store::path::Path;
    use object_store::{ObjectStore, ObjectStoreExt};
    use url::Url;

    use super::{Fence, Stores};

    fn run<T>(work: impl Future<Output = T>) -> T {
        crate::session::runtime().unwrap().block_on(work)
    }

    #[test]
    fn only_what_lies_below_a_store_can_be_used() {
        let inner = Arc::new(InMemory::new());
        let mut fence = Fence::new(inner.clone(), "`s3://b/in`".into());
        fence.prefixes.push(Path::from("in"));
        for (path, inside) in [
            ("in/a", true),
            ("in", true),
            ("in/deep/a", true),
            ("inner/a", false),
            ("a", false),
            ("out/in/a", false),
        ] {
            let path = Path::from(path);
            let (from, to) = (Path::from("in/from"), path.clone());
            let bytes = Bytes::from_static(b"xyz");
            let ranges = [0..1, 1..2];
            run(async {
                inner.put(&from, bytes.clone().into()).await.unwrap();
                inner.put(&path, bytes.clone().into()).await.unwrap();
                let may = [
                    fence.get(&path).await.is_ok(),
                    fence.head(&path).await.is_ok(),
                    fence.get_ranges(&path, &ranges).await.is_ok(),
                    fence.put(&path, bytes.clone().into()).await.is_ok(),
                    fence.put_multipart(&path).await.is_ok(),
                    fence
                        .list(Some(&path))
                        .try_collect::<Vec<_>>()
                        .await
                        .is_ok(),
                    fence.list_with_delimiter(Some(&path)).await.is_ok(),
                    fence.copy(&from, &to).await.is_ok(),
                    fence.copy(&to, &from).await.is_ok(),
                    fence.rename(&to, &from).await.is_ok(),
                    fence.rename(&from, &to).await.is_ok(),
                    fence.delete(&path).await.is_ok(),
                ];
                assert_eq!(may, [inside; 12], "{path}");
            });
        }
        assert!(run(fence.list(None).try_collect::<Vec<_>>()).is_err());
    }

    #[test]
    fn stores_are_told_apart_by_kind_and_host() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path().to_str().unwrap().to_owned();
        let stores = Stores::new(&[here, "s3://corpora/legi".to_owned()]).unwrap();
        let prefixes = |url| {
            let store = stores.get_store(&Url::parse(url).unwrap()).unwrap();
            store
                .to_string()
                .split(" within ")
                .next()
                .unwrap()
                .to_owned()
        };
        assert!(prefixes("file:///").starts_with("LocalFileSystem"));
        assert!(prefixes("s3://corpora/").contains("corpora"));
        assert_eq!(prefixes("s3://other/"), "InMemory");
        assert_eq!(prefixes("https://example.org/"), "InMemory");
        for wrong in ["relative", "/a/../b", "/no/such/folder", "ftp://host/x"] {
            assert!(Stores::new(&[wrong.to_owned()]).is_err(), "{wrong}");
        }
    }
}
