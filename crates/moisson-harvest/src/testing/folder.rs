//! A mirror in a temporary folder.

use std::path::{Path, PathBuf};

use moisson_core::{Error, Result};

use crate::Mirror;

/// A mirror in a temporary folder, gone with the test.
#[derive(Debug)]
pub(crate) struct Folder(tempfile::TempDir);

#[expect(
    clippy::disallowed_methods,
    reason = "test code stands in for the engine's store"
)]
impl Folder {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("partial")).unwrap();
        Self(folder)
    }

    /// Number of files of transfers under way.
    pub(crate) fn under_way(&self) -> usize {
        std::fs::read_dir(self.partial()).unwrap().count()
    }

    fn path(&self, name: &str) -> PathBuf {
        let path = self.0.path().join("mirror").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }

    fn walk(&self, folder: &Path, names: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                self.walk(&path, names);
            } else {
                let name = path.strip_prefix(self.0.path().join("mirror")).unwrap();
                names.push(name.to_str().unwrap().to_owned());
            }
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "test code stands in for the engine's store"
)]
impl Mirror for Folder {
    fn get(&self, name: &str) -> Result<Option<Vec<u8>>> {
        match std::fs::read(self.path(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::store(name, error)),
        }
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<()> {
        std::fs::write(self.path(name), bytes).map_err(|e| Error::store(name, e))
    }

    fn keep(&self, name: &str, file: &Path) -> Result<()> {
        std::fs::rename(file, self.path(name)).map_err(|e| Error::store(name, e))
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>> {
        let mut names = Vec::new();
        self.walk(&self.0.path().join("mirror"), &mut names);
        names.retain(|name| name.starts_with(prefix));
        names.sort();
        Ok(names)
    }

    fn partial(&self) -> PathBuf {
        self.0.path().join("partial")
    }
}
