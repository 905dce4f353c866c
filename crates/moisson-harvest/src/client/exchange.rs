//! One request and its answer, read as it comes.

use std::future::Future;
use std::io::Read;
use std::pin::pin;
use std::time::Duration;

use moisson_core::{Error, Result, redact};
use url::Url;

use super::budget::Turn;
use super::{Client, Response, SLICE, Step, causes};
use crate::Watch;

/// An answer whose headers are there; its body is read once. Holds the turn of its host until dropped.
pub(crate) struct Exchange<'a> {
    client: &'a Client,
    response: reqwest::Response,
    _turn: Turn,
}

impl<'a> Exchange<'a> {
    pub(super) fn new(client: &'a Client, response: reqwest::Response, turn: Turn) -> Self {
        Self {
            client,
            response,
            _turn: turn,
        }
    }

    /// Status code.
    pub(crate) fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// Address that answered.
    pub(crate) fn url(&self) -> &Url {
        self.response.url()
    }

    /// First header of that name, if it is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }

    /// All headers of that name that are text.
    pub(crate) fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        let values = self.response.headers().get_all(name).iter();
        values.filter_map(|value| value.to_str().ok())
    }

    /// Where the answer leads, if it redirects.
    pub(super) fn redirect(&self) -> Option<String> {
        let redirects = matches!(self.status(), 301 | 302 | 303 | 307 | 308);
        let location = self.response.headers().get("location")?;
        // Raw UTF-8 is common in the wild and no header text by the letter.
        redirects.then(|| String::from_utf8_lossy(location.as_bytes()).into_owned())
    }

    /// Sorts answers into those to use and those to try again.
    pub(super) fn sort(self) -> Step<Self> {
        let client = self.client;
        let status = self.status();
        match status {
            408 | 425 | 429 | 500..=599 => {
                let after = client.retry_after(self.header("retry-after"));
                if let Some(seconds) = after.filter(|_| matches!(status, 429 | 503)) {
                    let wait = client.config.second.saturating_mul(seconds_capped(seconds));
                    client.hosts.defer(self.url(), wait);
                }
                Step::again(format!("status {}", self.response.status()), after)
            }
            200..=299 | 304 | 400..=499 => Step::Done(self),
            _ => {
                let why = format!("unexpected status {}", self.response.status());
                Step::Never { why }
            }
        }
    }

    /// Reads the body to its end, piece by piece. Returns why it broke off, or `None` if it is complete.
    pub(crate) fn read(
        mut self,
        watch: &dyn Watch,
        piece: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<Option<String>> {
        loop {
            let client = self.client;
            let chunk = match watched(client, watch, self.response.chunk())? {
                Some(Ok(Some(chunk))) => chunk,
                Some(Ok(None)) => return Ok(None),
                Some(Err(error)) => return Ok(Some(format!("broke off: {}", causes(&error)))),
                None => {
                    let stall = client.config.stall;
                    return Ok(Some(format!("stalled: no byte for {stall:?}")));
                }
            };
            watch.received(chunk.len() as u64);
            piece(&chunk)?;
            watch.check()?;
        }
    }

    /// Reads the whole body into memory.
    pub(super) fn whole(self, bytes_max: u64, watch: &dyn Watch) -> Result<Step<Response>> {
        let status = self.status();
        let url = redact(self.url().as_str());
        let headers = self.response.headers().iter().map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        });
        let headers: Vec<(String, String)> = headers.collect();
        let gzip = self
            .header("content-encoding")
            .is_some_and(|coding| matches!(coding.trim(), "gzip" | "x-gzip"));
        let (mut body, broken) = self.collect(bytes_max, watch)?;
        if let Some(why) = broken {
            return Ok(Step::again(why, None));
        }
        let mut too_large = body.len() as u64 > bytes_max;
        if gzip && !too_large {
            let mut plain = Vec::new();
            let decoder = flate2::read::MultiGzDecoder::new(body.as_slice());
            let read = decoder.take(bytes_max + 1).read_to_end(&mut plain);
            if let Err(error) = read {
                return Ok(Step::again(format!("damaged gzip: {error}"), None));
            }
            too_large = plain.len() as u64 > bytes_max;
            body = plain;
        }
        if too_large {
            let why = format!("the answer is larger than {bytes_max} bytes");
            return Ok(Step::Never { why });
        }
        Ok(Step::Done(Response {
            status,
            url,
            headers,
            body,
        }))
    }

    /// Reads the first bytes of the body into memory, with the status.
    pub(super) fn beginning(self, bytes: usize, watch: &dyn Watch) -> Result<Step<(u16, Vec<u8>)>> {
        let status = self.status();
        let (body, broken) = self.collect(bytes as u64, watch)?;
        Ok(match broken {
            Some(why) => Step::again(why, None),
            None => Step::Done((status, body)),
        })
    }

    /// Reads the body up to a limit, and no further than the piece that passes it. With why it broke off.
    fn collect(self, bytes_max: u64, watch: &dyn Watch) -> Result<(Vec<u8>, Option<String>)> {
        let mut body = Vec::new();
        let mut full = false;
        let read = self.read(watch, &mut |piece| {
            body.extend_from_slice(piece);
            full = body.len() as u64 > bytes_max;
            // The error leaves the rest unread; it goes no further than this function.
            if full {
                Err(Error::internal("full"))
            } else {
                Ok(())
            }
        });
        if full {
            return Ok((body, None));
        }
        Ok((body, read?))
    }
}

/// Seconds a host is left alone; a week is as good as for ever.
fn seconds_capped(seconds: u64) -> u32 {
    u32::try_from(seconds)
        .unwrap_or(u32::MAX)
        .min(7 * 24 * 3600)
}

/// Drives `future`, looking every now and then whether the run is to stop. `None` if it takes longer than a stall.
pub(super) fn watched<T>(
    client: &Client,
    watch: &dyn Watch,
    future: impl Future<Output = T>,
) -> Result<Option<T>> {
    watch.check()?;
    let stall = client.config.stall;
    client.config.runtime.block_on(async {
        let mut future = pin!(future);
        let mut waited = Duration::ZERO;
        while waited < stall {
            let slice = SLICE.min(stall.saturating_sub(waited));
            if let Ok(done) = tokio::time::timeout(slice, future.as_mut()).await {
                return Ok(Some(done));
            }
            watch.check()?;
            waited += slice;
        }
        Ok(None)
    })
}
