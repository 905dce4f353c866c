//! One driver per output: a lock on a file of the output's folder, freed by the system however the process ends.
#![expect(clippy::disallowed_methods, reason = "the lock is a file")]

use std::fs::{File, TryLockError};
use std::path::Path;

use moisson_core::{Error, Result};

use crate::location::Location;

/// A held lock.
#[derive(Debug)]
pub struct Lock {
    _file: Option<File>,
}

impl Lock {
    /// Takes the lock of an output. An output on an object store has no lock: its writes are atomic and named by
    /// content, so that a second driver wastes work and corrupts nothing.
    ///
    /// # Errors
    /// [`Error::Config`] if another run holds it.
    pub fn take(out: &str) -> Result<Self> {
        let Location::Local(folder) = Location::parse(out)? else {
            return Ok(Self { _file: None });
        };
        let path = folder.join(".lock");
        let file = open(&path).map_err(|e| Error::store(path.display(), e))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: Some(file) }),
            Err(TryLockError::WouldBlock) => Err(Error::config(format!(
                "another run works on `{}`; wait for it, or choose another --out",
                folder.display()
            ))),
            Err(TryLockError::Error(error)) => Err(Error::store(path.display(), error)),
        }
    }
}

fn open(path: &Path) -> std::io::Result<File> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
}
