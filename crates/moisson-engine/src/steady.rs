//! Remote stores that survive what passes: no connection, 5xx, slow down, bodies that end early or stall.
//!
//! `object_store` repeats a request whose status or connection fails, but not one whose answer breaks off (listings,
//! copies, deletions), and a body that stalls only ends with the whole request. So reading, listing and deleting are
//! repeated here, and only pieces of large objects by `object_store` itself. A conditional write is sent once: whether its repetition would
//! meet the write itself or another's is for the caller to find out.

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::stream::{self, BoxStream};
use futures::{Future, StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{
    CopyMode, CopyOptions, Error, GetOptions, GetRange, GetResult, GetResultPayload, ListResult,
    MultipartUpload, ObjectMeta, ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutPayload,
    PutResult, Result,
};

/// How long to wait and to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Time for which a server may say nothing.
    pub silence: Duration,
    /// Time after which a failing request is not made again.
    pub retry: Duration,
}

impl Patience {
    /// For batch work over a network.
    pub const DEFAULT: Self = Self {
        silence: Duration::from_secs(30),
        retry: Duration::from_mins(2),
    };
    /// For folders and for tests: what fails, fails.
    pub const NONE: Self = Self {
        silence: Duration::from_hours(1),
        retry: Duration::ZERO,
    };
}

impl Patience {
    /// Time for sending one piece of an upload, answer included.
    pub(crate) fn upload(self) -> Duration {
        self.silence * 5
    }
}

/// Time for what the server does by itself, such as copying an object.
const SERVER_WORK: Duration = Duration::from_mins(5);
const BACKOFF_FIRST: Duration = Duration::from_millis(100);
const BACKOFF_MAX: Duration = Duration::from_secs(10);
/// Objects of one deletion; S3 takes no more.
const DELETED_AT_ONCE: usize = 1000;

/// Turns of one request: pauses that double, until patience ends.
#[derive(Debug)]
pub(crate) struct Turns {
    patience: Patience,
    started: Instant,
    next: Duration,
}

impl Turns {
    pub(crate) fn new(patience: Patience) -> Self {
        Self {
            patience,
            started: Instant::now(),
            next: BACKOFF_FIRST,
        }
    }

    /// Waits before the next turn; false where there is none.
    pub(crate) async fn wait(&mut self) -> bool {
        if self.started.elapsed() >= self.patience.retry {
            return false;
        }
        // Many workers that fail together must not come back together: half of the pause is drawn by lot.
        let lot = RandomState::new().build_hasher().finish() % 1000;
        let half = self.next / 2;
        let pause = half + half.mul_f64(lot as f64 / 1000.0);
        tokio::time::sleep(pause).await;
        self.next = (self.next * 2).min(BACKOFF_MAX);
        true
    }
}

/// Says that a server went silent.
#[derive(Debug)]
struct Silent(Duration);

impl fmt::Display for Silent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no answer within {} s", self.0.as_secs_f32())
    }
}

impl std::error::Error for Silent {}

fn generic(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::Generic {
        store: "remote",
        source: source.into(),
    }
}

/// True for what may go better the next time. Everything that names its cause (absent, refused, not allowed) is not.
pub(crate) fn is_passing(error: &Error) -> bool {
    let Error::Generic { source, .. } = error else {
        return false;
    };
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(source.as_ref());
    while let Some(error) = cause {
        if error.is::<object_store::client::HttpError>() || error.is::<Silent>() {
            return true;
        }
        if error.source().is_none() {
            return is_passing_status(&error.to_string());
        }
        cause = error.source();
    }
    false
}

/// The status is only in the text of the error: its type is private to `object_store`.
fn is_passing_status(text: &str) -> bool {
    let status = text
        .split_once("status code: ")
        .and_then(|(_, rest)| rest.get(..3))
        .and_then(|code| code.parse::<u16>().ok());
    match status {
        // 501 says that the store cannot do this at all.
        Some(code) => matches!(code, 408 | 429 | 500 | 502..=599),
        None => text.contains("SlowDown") || text.contains("InternalError"),
    }
}

/// Repeats a request while it fails in passing.
pub(crate) async fn repeat<T, F: Future<Output = Result<T>>>(
    patience: Patience,
    silence: Duration,
    mut attempt: impl FnMut() -> F,
) -> Result<T> {
    let mut turns = Turns::new(patience);
    loop {
        let error = match tokio::time::timeout(silence, attempt()).await {
            Ok(Err(error)) if is_passing(&error) => error,
            Ok(done) => return done,
            Err(_) => generic(Silent(silence)),
        };
        if !turns.wait().await {
            return Err(error);
        }
    }
}

/// A remote store that repeats what failed in passing.
#[derive(Debug, Clone)]
pub(crate) struct Steady {
    /// Repeats by itself; for pieces of large objects, which cannot be repeated from outside.
    patient: Arc<dyn ObjectStore>,
    /// Sends every request once.
    once: Arc<dyn ObjectStore>,
    patience: Patience,
}

impl fmt::Display for Steady {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.once.fmt(f)
    }
}

impl Steady {
    pub(crate) fn new(
        patient: Arc<dyn ObjectStore>,
        once: Arc<dyn ObjectStore>,
        patience: Patience,
    ) -> Self {
        Self {
            patient,
            once,
            patience,
        }
    }

    async fn repeat<T, F: Future<Output = Result<T>>>(
        &self,
        attempt: impl FnMut() -> F,
    ) -> Result<T> {
        repeat(self.patience, self.patience.silence, attempt).await
    }

    /// Lists from after `last`, going on where an answer broke off.
    fn listing(
        &self,
        prefix: Option<&Path>,
        last: Option<Path>,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        let listing = Listing {
            store: self.clone(),
            prefix: prefix.cloned(),
            last,
            stream: None,
            turns: Turns::new(self.patience),
        };
        stream::try_unfold(listing, |mut listing| async move {
            Ok(listing.next().await?.map(|meta| (meta, listing)))
        })
        .boxed()
    }
}

/// A listing on its way.
struct Listing {
    store: Steady,
    prefix: Option<Path>,
    last: Option<Path>,
    stream: Option<BoxStream<'static, Result<ObjectMeta>>>,
    turns: Turns,
}

impl Listing {
    async fn next(&mut self) -> Result<Option<ObjectMeta>> {
        loop {
            let (once, prefix) = (&self.store.once, self.prefix.as_ref());
            let stream = self.stream.get_or_insert_with(|| match &self.last {
                Some(last) => once.list_with_offset(prefix, last),
                None => once.list(prefix),
            });
            let silence = self.store.patience.silence;
            let error = match tokio::time::timeout(silence, stream.next()).await {
                Ok(Some(Ok(meta))) => {
                    self.last = Some(meta.location.clone());
                    self.turns = Turns::new(self.store.patience);
                    return Ok(Some(meta));
                }
                Ok(None) => return Ok(None),
                Ok(Some(Err(error))) if !is_passing(&error) => return Err(error),
                Ok(Some(Err(error))) => error,
                Err(_) => generic(Silent(silence)),
            };
            self.stream = None;
            if !self.turns.wait().await {
                return Err(error);
            }
        }
    }
}

/// A body on its way.
struct Body {
    store: Arc<dyn ObjectStore>,
    location: Path,
    options: GetOptions,
    meta: ObjectMeta,
    rest: Range<u64>,
    stream: BoxStream<'static, Result<Bytes>>,
    patience: Patience,
}

impl Body {
    async fn next(&mut self) -> Result<Option<Bytes>> {
        let silence = self.patience.silence;
        let error = match tokio::time::timeout(silence, self.stream.next()).await {
            Ok(Some(Ok(bytes))) => {
                self.rest.start += bytes.len() as u64;
                return Ok(Some(bytes));
            }
            Ok(None) if self.rest.is_empty() => return Ok(None),
            Ok(None) => generic(format!(
                "the answer ends {} bytes early",
                self.rest.end - self.rest.start
            )),
            Ok(Some(Err(error))) => error,
            Err(_) => generic(Silent(silence)),
        };
        self.resume(error).await
    }

    /// Asks for the rest and returns its first bytes; `error` where it is another object by now, or cannot be had.
    async fn resume(&mut self, error: Error) -> Result<Option<Bytes>> {
        if self.rest.is_empty() {
            // Everything came; what failed is the end of the connection.
            return Ok(None);
        }
        let mut turns = Turns::new(self.patience);
        while turns.wait().await {
            let options = GetOptions {
                range: Some(GetRange::Bounded(self.rest.clone())),
                ..self.options.clone()
            };
            let asked = self.store.get_opts(&self.location, options);
            let result = match tokio::time::timeout(self.patience.silence, asked).await {
                Ok(Ok(result)) => result,
                Ok(Err(again)) if is_passing(&again) => continue,
                Ok(Err(_)) => return Err(error),
                Err(_) => continue,
            };
            let is_same = result.meta.e_tag == self.meta.e_tag
                && result.meta.last_modified == self.meta.last_modified
                && result.meta.size == self.meta.size
                && result.range == self.rest;
            if !is_same {
                return Err(generic("the object changed while it was read"));
            }
            self.stream = result.into_stream();
            if let Ok(Some(Ok(bytes))) =
                tokio::time::timeout(self.patience.silence, self.stream.next()).await
            {
                self.rest.start += bytes.len() as u64;
                return Ok(Some(bytes));
            }
        }
        Err(error)
    }
}

#[async_trait::async_trait]
impl ObjectStore for Steady {
    async fn put_opts(&self, at: &Path, bytes: PutPayload, o: PutOptions) -> Result<PutResult> {
        if o.mode != PutMode::Overwrite {
            return self.once.put_opts(at, bytes, o).await;
        }
        let attempt = || self.once.put_opts(at, bytes.clone(), o.clone());
        repeat(self.patience, self.patience.upload(), attempt).await
    }

    async fn put_multipart_opts(
        &self,
        at: &Path,
        o: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        // An upload whose name was lost on the way is one without parts, and never completed.
        self.repeat(|| self.patient.put_multipart_opts(at, o.clone()))
            .await
    }

    async fn get_opts(&self, at: &Path, o: GetOptions) -> Result<GetResult> {
        let result = self.repeat(|| self.once.get_opts(at, o.clone())).await?;
        if o.head || !matches!(result.payload, GetResultPayload::Stream(_)) {
            return Ok(result);
        }
        let (meta, range, attributes) = (
            result.meta.clone(),
            result.range.clone(),
            result.attributes.clone(),
        );
        let body = Body {
            store: self.once.clone(),
            location: at.clone(),
            options: o,
            meta: meta.clone(),
            rest: range.clone(),
            stream: result.into_stream(),
            patience: self.patience,
        };
        let stream = stream::try_unfold(body, |mut body| async move {
            Ok(body.next().await?.map(|bytes| (bytes, body)))
        });
        Ok(GetResult {
            payload: GetResultPayload::Stream(stream.boxed()),
            meta,
            range,
            attributes,
        })
    }

    fn delete_stream(
        &self,
        paths: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        let store = self.clone();
        paths
            .try_chunks(DELETED_AT_ONCE)
            .then(move |chunk| {
                let store = store.clone();
                async move {
                    let chunk = chunk.map_err(|error| error.1)?;
                    let deleted = store.repeat(|| {
                        let chunk = stream::iter(chunk.clone()).map(Ok).boxed();
                        store.once.delete_stream(chunk).try_collect::<Vec<Path>>()
                    });
                    Ok::<_, Error>(stream::iter(deleted.await?).map(Ok))
                }
            })
            .try_flatten()
            .boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.listing(prefix, None)
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        self.listing(prefix, Some(offset.clone()))
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let attempt = || self.once.list_with_delimiter(prefix);
        repeat(self.patience, SERVER_WORK, attempt).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, o: CopyOptions) -> Result<()> {
        if o.mode != CopyMode::Overwrite {
            return self.once.copy_opts(from, to, o).await;
        }
        let attempt = || self.once.copy_opts(from, to, o.clone());
        repeat(self.patience, SERVER_WORK, attempt).await
    }
}

#[cfg(test)]
mod tests {
    use super::is_passing_status;

    #[test]
    fn passing_states_as_a_table() {
        let check = |text: &str, passing| assert_eq!(is_passing_status(text), passing, "{text}");
        check(
            "Server returned non-2xx status code: 503 Service Unavailable: ",
            true,
        );
        check(
            "Server returned non-2xx status code: 500 Internal Server Error: x",
            true,
        );
        check(
            "Server returned non-2xx status code: 429 Too Many Requests: ",
            true,
        );
        check(
            "Server returned non-2xx status code: 501 Not Implemented: ",
            false,
        );
        check(
            "Server returned non-2xx status code: 400 Bad Request: SlowDown",
            false,
        );
        check(
            "Server returned error response: <Code>SlowDown</Code>",
            true,
        );
        check("no such profile", false);
    }
}
