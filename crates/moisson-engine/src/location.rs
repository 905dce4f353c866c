//! Where inputs and outputs lie: local paths and URLs; secrets never leave this file unredacted.

use std::path::PathBuf;
use std::sync::Arc;

pub use moisson_core::redact;
use moisson_core::{Error, Result};
use object_store::ObjectStore;
use object_store::path::Path;
use url::Url;

/// A local path or a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A path on this machine.
    Local(PathBuf),
    /// An object store or web server.
    Remote(Url),
}

impl Location {
    /// Parses a path or URL. Without `://` it is a path; `file://` is one too.
    ///
    /// # Errors
    /// [`Error::Config`] for a URL that does not parse.
    pub fn parse(text: &str) -> Result<Self> {
        if !text.contains("://") {
            return Ok(Self::Local(PathBuf::from(text)));
        }
        let url = Url::parse(text)
            .map_err(|e| Error::config(format!("`{}` is no URL: {e}", redact(text))))?;
        if url.scheme() == "file" {
            return url.to_file_path().map(Self::Local).map_err(|()| {
                Error::config(format!("`{}` names no file on this machine", redact(text)))
            });
        }
        Ok(Self::Remote(url))
    }
}

/// Connects to the store of a URL; credentials come from the URL's own options or the environment variables that
/// the store documents (`AWS_ACCESS_KEY_ID`, …), handed over by [`set_options`].
///
/// # Errors
/// [`Error::Config`] for an unknown kind of URL or incomplete credentials.
pub fn connect(url: &Url) -> Result<(Arc<dyn ObjectStore>, Path)> {
    let mut options = OPTIONS.get().cloned().unwrap_or_default();
    if url.scheme() == "http" {
        options.push(("allow_http".to_owned(), "true".to_owned()));
    }
    let (store, path) = object_store::parse_url_opts(url, options).map_err(|e| {
        Error::config(format!(
            "cannot use `{}`: {}; known kinds: a path, s3://, gs://, az://, https://",
            redact(url.as_str()),
            redact(&e.to_string())
        ))
    })?;
    Ok((Arc::from(store), path))
}

static OPTIONS: std::sync::OnceLock<Vec<(String, String)>> = std::sync::OnceLock::new();

/// Hands over the options of object stores, as the command line read them from the environment: once, at start.
pub fn set_options(options: Vec<(String, String)>) {
    let _ = OPTIONS.set(options);
}
