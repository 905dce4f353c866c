//! Where objects are kept.

use std::path::{Path, PathBuf};

use moisson_core::Result;

/// The part of an output that mirrors remote sources.
///
/// Names are paths with `/`: `data/SOURCE/…` the objects as they came, `receipts/SOURCE/….json` what is known of each (see
/// [`crate::Receipt`]), `failures/SOURCE.json` what the latest harvest could not have; protocols add states of their own.
pub trait Mirror: Send + Sync {
    /// Reads a small object (a receipt, a state); `None` if there is none.
    ///
    /// # Errors
    /// [`moisson_core::Error::Store`] if storage fails.
    fn get(&self, name: &str) -> Result<Option<Vec<u8>>>;

    /// Writes a small object, replacing the one there at once.
    ///
    /// # Errors
    /// As [`Mirror::get`].
    fn put(&self, name: &str, bytes: &[u8]) -> Result<()>;

    /// Moves a complete file of this machine to `name`, replacing the object there at once.
    ///
    /// # Errors
    /// As [`Mirror::get`].
    fn keep(&self, name: &str, file: &Path) -> Result<()>;

    /// Names that begin with `prefix`, sorted.
    ///
    /// # Errors
    /// As [`Mirror::get`].
    fn list(&self, prefix: &str) -> Result<Vec<String>>;

    /// Folder of this machine for transfers that are under way; it outlives a kill, so that they go on.
    fn partial(&self) -> PathBuf;
}
