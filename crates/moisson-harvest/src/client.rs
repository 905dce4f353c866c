//! HTTP as a good citizen.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use moisson_core::Result;

use crate::Watch;

/// What the command line hands over once.
#[derive(Clone)]
pub struct ClientConfig {
    /// `User-Agent`: name, version and an address where the operator can be reached.
    pub user_agent: String,
    /// Runtime that drives requests.
    pub runtime: tokio::runtime::Handle,
    /// The clock.
    pub now: Arc<dyn Fn() -> SystemTime + Send + Sync>,
    /// Looks up a secret by name (an environment variable).
    pub secret: Arc<dyn Fn(&str) -> Option<String> + Send + Sync>,
    /// Least time between two requests to one host.
    pub interval: Duration,
    /// Attempts per request, the first included.
    pub attempts: u32,
    /// Time without a byte after which a transfer counts as stalled.
    pub stall: Duration,
}

impl std::fmt::Debug for ClientConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientConfig")
            .field("user_agent", &self.user_agent)
            .finish_non_exhaustive()
    }
}

/// A request for something small: a page of an interface, a listing.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Address.
    pub url: String,
    /// Further headers. A value `env:NAME` is looked up as a secret and never logged.
    pub headers: Vec<(String, String)>,
    /// True if robots.txt is to be asked first: for anything that is not a declared channel.
    pub robots: bool,
    /// Most bytes of the answer; more is an error.
    pub bytes_max: u64,
}

/// An answer, after redirects and retries.
#[derive(Debug, Clone)]
pub struct Response {
    /// Status code; 200..=299, 304 or 4xx: all else was tried again and became an error.
    pub status: u16,
    /// Address that answered.
    pub url: String,
    /// Headers in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// The client: one for a run, shared by threads.
#[derive(Debug)]
pub struct Client {
    config: ClientConfig,
}

impl Client {
    /// Makes a client.
    ///
    /// # Errors
    /// [`moisson_core::Error::Config`] if TLS cannot be set up.
    pub fn new(config: ClientConfig) -> Result<Self> {
        Ok(Self { config })
    }

    /// Asks for something small.
    ///
    /// # Errors
    /// [`moisson_core::Error::Store`] after the last attempt; [`moisson_core::Error::Interrupted`].
    pub fn ask(&self, _request: &Request, _watch: &dyn Watch) -> Result<Response> {
        Err(moisson_core::Error::internal(format!("{:?}", self.config)))
    }
}
