//! Where inputs and outputs lie: local paths and URLs; secrets never leave this file unredacted.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

pub use moisson_core::redact;
use moisson_core::{Error, Result};
use object_store::path::Path;
use object_store::{
    BackoffConfig, ClientOptions, ObjectStore, ObjectStoreScheme, RetryConfig, aws, azure, gcp,
    http,
};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use tokio::runtime::Handle;
use url::Url;

use crate::steady::{Patience, Steady};

/// Option of [`set_options`]: seconds for which a server may be silent before a request is made again. Default 30.
pub const TIMEOUT_OPTION: &str = "moisson_store_timeout";
/// Option of [`set_options`]: seconds for which a failing request is repeated before it is an error. Default 120.
pub const RETRY_OPTION: &str = "moisson_store_retry";
/// Option of [`set_options`]: why the credentials for `s3://` could not be read; told once such a URL is used.
pub const S3_PROBLEM_OPTION: &str = "moisson_s3_problem";

/// Time for a connection to be made.
const CONNECT: Duration = Duration::from_secs(10);
/// Time for a whole request, whatever it is: what stalls is noticed long before.
const REQUEST: Duration = Duration::from_mins(5);

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

    /// Parses the place of an output or of a work area. Its name is written into files and messages, so it must not
    /// carry a secret.
    ///
    /// # Errors
    /// [`Error::Config`] as [`Location::parse`], and for a URL with a user, a password or parameters.
    pub fn parse_output(text: &str) -> Result<Self> {
        let location = Self::parse(text)?;
        if let Self::Remote(url) = &location
            && carries_secret(url)
        {
            return Err(Error::config(format!(
                "`{}` carries credentials or parameters; give the plain address, and the credentials by environment \
                 variables or a profile (AWS_PROFILE, GOOGLE_APPLICATION_CREDENTIALS, AZURE_STORAGE_ACCOUNT_KEY, …)",
                plain(url)
            )));
        }
        Ok(location)
    }
}

/// The address without user, password, query and fragment.
fn plain(url: &Url) -> Url {
    let mut plain = url.clone();
    plain.set_query(None);
    plain.set_fragment(None);
    let _ = plain.set_password(None);
    if !is_container_address(url) {
        let _ = plain.set_username("");
    }
    plain
}

/// The user of `abfs://CONTAINER@ACCOUNT…` is the container.
fn is_container_address(url: &Url) -> bool {
    matches!(url.scheme(), "az" | "abfs" | "abfss")
}

/// True for a password, a user, a query or a fragment.
fn carries_secret(url: &Url) -> bool {
    url.password().is_some()
        || (!url.username().is_empty() && !is_container_address(url))
        || url.query().is_some()
        || url.fragment().is_some()
}

/// The innermost cause of an error, without secrets: the outer ones repeat the path, and how long they tried.
pub(crate) fn cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    redact(&cause.to_string())
}

/// Connects to the store of a URL; credentials come from the environment variables that the store documents
/// (`AWS_ACCESS_KEY_ID`, …) and from profiles, as handed over by [`set_options`], or from the machine's own role.
///
/// Requests that fail in passing (no connection, 5xx, slow down, a body that ends early or stalls) are made again.
///
/// # Errors
/// [`Error::Config`] for an unknown kind of URL or incomplete credentials.
pub fn connect(url: &Url) -> Result<(Arc<dyn ObjectStore>, Path)> {
    connect_with(url, options())
}

/// Connects with the given options instead of those of the process.
///
/// # Errors
/// As [`connect`].
pub fn connect_with(
    url: &Url,
    options: &[(String, String)],
) -> Result<(Arc<dyn ObjectStore>, Path)> {
    let refused = |error: String| {
        Error::config(format!(
            "cannot use `{}`: {}; known kinds: a path, s3://, gs://, az://, https://",
            redact(url.as_str()),
            redact(&error)
        ))
    };
    let (scheme, path) = ObjectStoreScheme::parse(url).map_err(|e| refused(e.to_string()))?;
    let path = Path::parse(path).map_err(|e| refused(e.to_string()))?;
    let patience = patience(options)?;
    if scheme == ObjectStoreScheme::AmazonS3
        && let Some(problem) = option(options, S3_PROBLEM_OPTION)
    {
        return Err(refused(problem.to_owned()));
    }
    let build = |timeout: Duration, retry: RetryConfig| {
        let client = ClientOptions::new()
            .with_connect_timeout(CONNECT)
            .with_timeout(timeout)
            .with_allow_http(url.scheme() == "http");
        build(&scheme, url, options, client, retry)
            .ok_or_else(|| refused("no object store or web server".to_owned()))?
            .map_err(|e| refused(e.to_string()))
    };
    let backoff = BackoffConfig {
        init_backoff: Duration::from_millis(100),
        max_backoff: Duration::from_secs(10),
        base: 2.0,
    };
    let patient = RetryConfig {
        backoff: backoff.clone(),
        max_retries: 1000,
        // Counted from the start of the first attempt, which must not use it up.
        retry_timeout: patience.retry + patience.upload(),
    };
    let once = RetryConfig {
        backoff,
        max_retries: 0,
        retry_timeout: Duration::ZERO,
    };
    let (patient, once) = (build(patience.upload(), patient)?, build(REQUEST, once)?);
    Ok((Arc::new(Steady::new(patient, once, patience)), path))
}

/// Builds the client of a scheme; `None` for a scheme that is no remote store.
fn build(
    scheme: &ObjectStoreScheme,
    url: &Url,
    options: &[(String, String)],
    client: ClientOptions,
    retry: RetryConfig,
) -> Option<object_store::Result<Arc<dyn ObjectStore>>> {
    // Each kind of store takes the options it knows from those of all kinds.
    macro_rules! store {
        ($builder:ty, $url:expr) => {{
            let builder = <$builder>::new()
                .with_url($url)
                .with_client_options(client)
                .with_retry(retry);
            let builder = options
                .iter()
                .fold(builder, |builder, (key, value)| match key.parse() {
                    Ok(key) => builder.with_config(key, value),
                    Err(_) => builder,
                });
            Some(
                builder
                    .build()
                    .map(|store| Arc::new(store) as Arc<dyn ObjectStore>),
            )
        }};
    }
    match scheme {
        ObjectStoreScheme::AmazonS3 => store!(aws::AmazonS3Builder, url.as_str()),
        ObjectStoreScheme::GoogleCloudStorage => {
            store!(gcp::GoogleCloudStorageBuilder, url.as_str())
        }
        ObjectStoreScheme::MicrosoftAzure => store!(azure::MicrosoftAzureBuilder, url.as_str()),
        ObjectStoreScheme::Http => store!(http::HttpBuilder, &url[..url::Position::BeforePath]),
        _ => None,
    }
}

fn option<'a>(options: &'a [(String, String)], name: &str) -> Option<&'a str> {
    options
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
}

/// How long requests wait and are repeated under these options.
///
/// # Errors
/// [`Error::Config`] for an option that is no number of seconds.
pub(crate) fn patience(options: &[(String, String)]) -> Result<Patience> {
    let seconds = |name: &str, default: Duration| match option(options, name) {
        None => Ok(default),
        Some(text) => text
            .trim()
            .parse::<f64>()
            .ok()
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
            .ok_or_else(|| {
                let name = name.to_ascii_uppercase();
                Error::config(format!("{name}: `{text}` is no number of seconds"))
            }),
    };
    Ok(Patience {
        silence: seconds(TIMEOUT_OPTION, Patience::DEFAULT.silence)?,
        retry: seconds(RETRY_OPTION, Patience::DEFAULT.retry)?,
    })
}

static OPTIONS: OnceLock<Vec<(String, String)>> = OnceLock::new();

/// Hands over the options of object stores, as the command line read them from the environment: once, at start.
/// Names are those that `object_store` documents, in lower case, and [`TIMEOUT_OPTION`] and [`RETRY_OPTION`].
pub fn set_options(options: Vec<(String, String)>) {
    let _ = OPTIONS.set(options);
}

/// The options of the process.
pub(crate) fn options() -> &'static [(String, String)] {
    OPTIONS.get().map_or(&[], Vec::as_slice)
}

/// As [`connect`], with one connection per store and runtime: for files that are opened one by one.
///
/// # Errors
/// As [`connect`].
pub(crate) fn connect_shared(url: &Url, runtime: &Handle) -> Result<(Arc<dyn ObjectStore>, Path)> {
    type Shared = HashMap<(tokio::runtime::Id, String), Arc<dyn ObjectStore>>;
    static SHARED: OnceLock<Mutex<Shared>> = OnceLock::new();
    let (scheme, path) = ObjectStoreScheme::parse(url)
        .map_err(|e| Error::config(format!("`{}`: {e}", redact(url.as_str()))))?;
    // The account or bucket of an https address is in its path: such stores are connected to each time.
    if !matches!(url.scheme(), "https") || scheme == ObjectStoreScheme::Http {
        let origin = url[..url::Position::BeforePath].to_owned();
        let mut shared = SHARED
            .get_or_init(Mutex::default)
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // Connections that are kept open belong to the runtime they were made on.
        let key = (runtime.id(), origin);
        if let Some(store) = shared.get(&key) {
            return Ok((store.clone(), path));
        }
        let (store, path) = connect(url)?;
        shared.insert(key, store.clone());
        return Ok((store, path));
    }
    connect(url)
}

/// What is encoded in the path of a URL, so that decoding it gives the key again.
const KEY: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}');

/// Writes a key as the path of a URL.
pub(crate) fn encode_key(key: &str) -> String {
    utf8_percent_encode(key, KEY).to_string()
}

/// Address of the root of the store that `url` lies in, given `path`, its path in that store: without password,
/// query and fragment, and without a user unless that is the container of an Azure address.
pub(crate) fn root(url: &Url, path: &Path) -> Url {
    let decoded = percent_decode_str(url.path()).decode_utf8_lossy();
    let above = decoded
        .trim_end_matches('/')
        .strip_suffix(path.as_ref())
        .unwrap_or("/");
    let mut root = plain(url);
    root.set_path(&encode_key(above));
    root
}

/// Address of an object below the root of its store.
pub(crate) fn object_url(root: &Url, path: &Path) -> Url {
    let mut url = root.clone();
    let above = root.path().trim_end_matches('/');
    url.set_path(&format!("{above}/{}", encode_key(path.as_ref())));
    url
}

#[cfg(test)]
mod tests {
    use object_store::ObjectStoreScheme;
    use object_store::path::Path;
    use url::Url;

    use super::{Location, connect_with, object_url, root};

    #[test]
    fn an_output_carries_no_secret_as_a_table() {
        let check = |url: &str, sound: bool| {
            let parsed = Location::parse_output(url);
            assert_eq!(parsed.is_ok(), sound, "{url}: {parsed:?}");
            if let Err(error) = parsed {
                assert!(!error.to_string().contains("hunter2"), "{error}");
            }
        };
        check("s3://bucket/out", true);
        check("out/folder?x", true);
        check("az://container/out", true);
        check("abfss://container@account.dfs.core.windows.net/out", true);
        check(
            "abfss://container:hunter2@account.dfs.core.windows.net/out",
            false,
        );
        check("s3://me:hunter2@bucket/out", false);
        check("s3://hunter2@bucket/out", false);
        check("az://container/out?sv=1&sig=hunter2", false);
        check("s3://bucket/out?X-Amz-Signature=hunter2", false);
        check("https://host/out?token=hunter2", false);
        check("gs://bucket/out#hunter2", false);
    }

    #[test]
    fn addresses_of_objects_lead_back_to_them_as_a_table() {
        let check = |url: &str, key: &str, expected: &str| {
            let url = Url::parse(url).unwrap();
            let (_, prefix) = ObjectStoreScheme::parse(&url).unwrap();
            let location = Path::parse(key).unwrap();
            let object = object_url(&root(&url, &prefix), &location);
            assert_eq!(object.as_str(), expected);
            assert_eq!(ObjectStoreScheme::parse(&object).unwrap().1, location);
        };
        check(
            "s3://b/in/x",
            "in/x/é à.jsonl",
            "s3://b/in/x/%C3%A9%20%C3%A0.jsonl",
        );
        check("s3://b", "100%/a#b?c", "s3://b/100%25/a%23b%3Fc");
        check("s3://b/", "a", "s3://b/a");
        check("https://u:p@h/d/f.gz?token=1", "d/f.gz", "https://h/d/f.gz");
        check(
            "abfss://c@a.dfs.core.windows.net/d/",
            "d/f",
            "abfss://c@a.dfs.core.windows.net/d/f",
        );
        check(
            "https://a.blob.core.windows.net/c/d",
            "d/f",
            "https://a.blob.core.windows.net/c/d/f",
        );
    }

    #[test]
    fn options_are_checked_and_never_told() {
        let url = Url::parse("s3://bucket/x").unwrap();
        let with = |options: &[(&str, &str)]| {
            let options: Vec<(String, String)> = options
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect();
            connect_with(&url, &options)
        };
        let keys = ("aws_access_key_id", "aws_secret_access_key");
        let (store, path) = with(&[(keys.0, "id"), (keys.1, "hunter2")]).unwrap();
        // The text is part of the keys of what was read: it must stay.
        assert_eq!(format!("{store} {path}"), "AmazonS3(bucket) x");
        assert!(!format!("{store:?}").contains("hunter2"));
        let refused = |options: &[(&str, &str)]| with(options).unwrap_err().to_string();
        assert!(refused(&[("moisson_store_timeout", "soon")]).contains("MOISSON_STORE_TIMEOUT"));
        assert!(refused(&[("moisson_s3_problem", "no profile `x`")]).contains("no profile `x`"));
        assert!(connect_with(&Url::parse("ftp://host/x").unwrap(), &[]).is_err());
    }
}
