//! HTTP as a good citizen: one request at a time and an interval per host, robots.txt, back-off, a name and an address.

mod budget;
mod exchange;
mod retry;
mod robots;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use moisson_core::{Error, Result, redact};
use url::Url;

use crate::Watch;
use budget::Hosts;
pub(crate) use exchange::Exchange;
pub(crate) use retry::{Settled, Step};

/// Redirects followed for one request; RFC 9110, section 15.4 asks clients to detect loops.
const REDIRECTS_MAX: u32 = 10;

/// Most bytes of an answer that is read into memory, unless the request says otherwise.
const ANSWER_BYTES_MAX: u64 = 64 << 20;

/// Longest time between two looks at whether the run is to stop.
const SLICE: Duration = Duration::from_millis(200);

/// Tells the time; the command line has the clock.
pub type Clock = dyn Fn() -> SystemTime + Send + Sync;

/// Looks up a secret by its name; the command line has the environment.
pub type Secrets = dyn Fn(&str) -> Option<String> + Send + Sync;

/// What the command line hands over once.
#[derive(Clone)]
pub struct ClientConfig {
    /// `User-Agent`: name, version and an address where the operator can be reached.
    pub user_agent: String,
    /// Runtime that drives requests; it needs threads of its own, IO and time.
    pub runtime: tokio::runtime::Handle,
    /// The clock.
    pub now: Arc<Clock>,
    /// Looks up a secret by name (an environment variable).
    pub secret: Arc<Secrets>,
    /// Least time between two requests to one host.
    pub interval: Duration,
    /// Attempts per request, the first included.
    pub attempts: u32,
    /// Time without a byte after which a transfer counts as stalled.
    pub stall: Duration,
    /// How long a second lasts in the waits between attempts, `Retry-After` and `Crawl-delay` included: a second. Tests
    /// make it shorter.
    pub second: Duration,
}

impl ClientConfig {
    /// Polite defaults: a request a second and host, five attempts, a minute of silence.
    pub fn new(
        user_agent: String,
        runtime: tokio::runtime::Handle,
        now: Arc<Clock>,
        secret: Arc<Secrets>,
    ) -> Self {
        Self {
            user_agent,
            runtime,
            now,
            secret,
            interval: Duration::from_secs(1),
            attempts: 5,
            stall: Duration::from_mins(1),
            second: Duration::from_secs(1),
        }
    }
}

impl std::fmt::Debug for ClientConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientConfig")
            .field("user_agent", &self.user_agent)
            .finish_non_exhaustive()
    }
}

/// A request for something small: a page of an interface, a listing.
#[derive(Debug, Clone)]
pub struct Request {
    /// Address.
    pub url: String,
    /// Further headers. A value `env:NAME` is looked up as a secret, never logged, and not sent to another host.
    pub headers: Vec<(String, String)>,
    /// True if robots.txt is to be asked first: for anything that is not a declared channel.
    pub robots: bool,
    /// Most bytes of the answer, after decompression; more is an error.
    pub bytes_max: u64,
}

impl Default for Request {
    fn default() -> Self {
        Self {
            url: String::new(),
            headers: Vec::new(),
            robots: false,
            bytes_max: ANSWER_BYTES_MAX,
        }
    }
}

/// An answer, after redirects and retries.
#[derive(Debug, Clone)]
pub struct Response {
    /// Status code; 200..=299, 304 or 4xx: all else was tried again and became an error.
    pub status: u16,
    /// Address that answered, without secrets.
    pub url: String,
    /// Headers in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, decompressed if it came compressed.
    pub body: Vec<u8>,
}

impl Response {
    /// First header of that name (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// True for 200..=299.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// The client: one for a run, shared by threads.
#[derive(Debug)]
pub struct Client {
    config: ClientConfig,
    http: reqwest::Client,
    hosts: Hosts,
    sites: robots::Sites,
}

impl Client {
    /// Makes a client.
    ///
    /// # Errors
    /// [`Error::Config`] if TLS cannot be set up or the user agent is no header.
    pub fn new(config: ClientConfig) -> Result<Self> {
        // Redirects are followed here, one budgeted request each, so that secrets stay with their host. Nothing is
        // decompressed on the way: the mirror keeps the publisher's bytes.
        let builder = reqwest::Client::builder()
            .user_agent(&config.user_agent)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(config.stall);
        let builder = if cfg!(test) {
            builder.no_proxy()
        } else {
            builder
        };
        let http = builder
            .build()
            .map_err(|e| Error::config(format!("cannot set up the client: {}", causes(&e))))?;
        let hosts = Hosts::new(config.interval);
        Ok(Self {
            config,
            http,
            hosts,
            sites: robots::Sites::default(),
        })
    }

    /// The moment as RFC 3339 in UTC, for receipts.
    pub fn timestamp(&self) -> String {
        retry::rfc3339((self.config.now)())
    }

    /// Asks for something small.
    ///
    /// # Errors
    /// [`Error::Config`] for an address or secret that cannot be used; [`Error::Store`] after the last attempt, and where
    /// robots.txt forbids the address; [`Error::Interrupted`].
    pub fn ask(&self, request: &Request, watch: &dyn Watch) -> Result<Response> {
        let settled = self.settle(watch, |_| {
            let exchange = match self.open(request, &[], watch)? {
                Step::Done(exchange) => exchange,
                Step::Again { why, after, .. } => return Ok(Step::again(why, after)),
                Step::Never { why } => return Ok(Step::Never { why }),
            };
            exchange.whole(request.bytes_max, watch)
        })?;
        match settled {
            Settled::Done(response) => Ok(response),
            Settled::Failed { why, .. } => Err(Error::store(redact(&request.url), why)),
        }
    }

    /// Sends a request and follows its redirects up to the headers of the answer: one attempt.
    ///
    /// `conditions` are headers with what a server said earlier. They are apart from those of the request, in which
    /// `env:NAME` is a secret: a server must not be able to ask for one by its `ETag`.
    pub(crate) fn open(
        &self,
        request: &Request,
        conditions: &[(&str, String)],
        watch: &dyn Watch,
    ) -> Result<Step<Exchange<'_>>> {
        self.open_within(request, conditions, REDIRECTS_MAX, watch)
    }

    fn open_within(
        &self,
        request: &Request,
        conditions: &[(&str, String)],
        redirects_max: u32,
        watch: &dyn Watch,
    ) -> Result<Step<Exchange<'_>>> {
        let first = parse(&request.url)?;
        let mut url = first.clone();
        for _ in 0..=redirects_max {
            if request.robots
                && let Some(why) = self.forbidden(&url, watch)?
            {
                return Ok(Step::Never { why });
            }
            let exchange = match self.send(&url, &first, request, conditions, watch)? {
                Step::Done(exchange) => exchange,
                step => return Ok(step),
            };
            let Some(to) = exchange.redirect() else {
                return Ok(exchange.sort());
            };
            url = match url.join(&to) {
                Ok(url) if is_web(&url) => url,
                _ => {
                    let to = redact(&to);
                    let why = format!("redirects to `{to}`, which is no web address");
                    return Ok(Step::Never { why });
                }
            };
        }
        let why = format!("more than {redirects_max} redirects");
        Ok(Step::Never { why })
    }

    /// One request to one host, when it is its turn.
    fn send(
        &self,
        url: &Url,
        first: &Url,
        request: &Request,
        conditions: &[(&str, String)],
        watch: &dyn Watch,
    ) -> Result<Step<Exchange<'_>>> {
        let mut builder = self
            .http
            .get(url.clone())
            .header("accept-encoding", "identity");
        for (name, value) in &request.headers {
            let secret = value.strip_prefix("env:");
            if (secret.is_some() || is_credential(name)) && !may_share_secrets(first, url) {
                continue;
            }
            builder = match secret {
                Some(variable) => builder.header(name, self.secret(name, variable)?),
                None => builder.header(name, value),
            };
        }
        for (name, value) in conditions {
            builder = builder.header(*name, value);
        }
        let second = self.config.second;
        let turn = self
            .hosts
            .turn(url, second * retry::WAIT_SECONDS_MAX, watch)?;
        let turn = match turn {
            Ok(turn) => turn,
            Err(wait) => {
                let seconds = wait.as_millis() / second.as_millis().max(1);
                let seconds = u64::try_from(seconds).unwrap_or(u64::MAX);
                let why = "the server asked to be left alone".to_owned();
                return Ok(Step::again(why, Some(seconds)));
            }
        };
        let answer = exchange::watched(self, watch, builder.send())?;
        Ok(match answer {
            Some(Ok(response)) => Step::Done(Exchange::new(self, response, turn)),
            Some(Err(error)) if error.is_builder() => {
                return Err(Error::config(format!(
                    "cannot ask for `{}`: {}",
                    redact(url.as_str()),
                    causes(&error)
                )));
            }
            Some(Err(error)) => Step::again(causes(&error.without_url()), None),
            None => Step::again(format!("no answer for {:?}", self.config.stall), None),
        })
    }

    fn secret(&self, header: &str, variable: &str) -> Result<reqwest::header::HeaderValue> {
        let value = (self.config.secret)(variable).ok_or_else(|| {
            Error::config(format!(
                "header `{header}` takes its value from the environment variable `{variable}`, which is not set"
            ))
        })?;
        let mut value = reqwest::header::HeaderValue::from_str(value.trim()).map_err(|_| {
            Error::config(format!(
                "the value of the environment variable `{variable}` cannot be sent as header `{header}`"
            ))
        })?;
        value.set_sensitive(true);
        Ok(value)
    }
}

/// Parses a web address.
pub(crate) fn parse(text: &str) -> Result<Url> {
    let shown = redact(text);
    let url =
        Url::parse(text).map_err(|e| Error::config(format!("`{shown}` is no address: {e}")))?;
    if is_web(&url) {
        return Ok(url);
    }
    Err(Error::config(format!(
        "`{shown}` is no web address; known kinds: http://, https://"
    )))
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.has_host()
}

fn is_credential(header: &str) -> bool {
    ["authorization", "cookie", "proxy-authorization"]
        .iter()
        .any(|known| header.eq_ignore_ascii_case(known))
}

/// Secrets stay with the origin they were meant for; a step from http to https of the same host keeps them.
fn may_share_secrets(first: &Url, url: &Url) -> bool {
    let upgraded = first.scheme() == "http" && url.scheme() == "https" && url.port().is_none();
    first.origin() == url.origin()
        || (first.host() == url.host() && first.port().is_none() && upgraded)
}

/// An error with its causes, in which the reason of a failed connection lies, without secrets.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.contains(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        cause = error.source();
    }
    redact(&text)
}

#[cfg(test)]
mod tests;
