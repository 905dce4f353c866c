//! What tests of harvesters share: a server that misbehaves on command, a mirror in a folder, a watch that counts and
//! stops. Nothing here touches a network but the loopback.

mod folder;
mod server;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use moisson_core::{Error, Result};

pub(crate) use folder::Folder;
pub(crate) use server::{Answer, Asked, Misdeed, Page, Server};

use crate::{Client, ClientConfig, Harvest, Harvester, Receipt, Summary, Watch};

/// The moment all tests happen at: 2026-01-02T03:04:05Z.
pub(crate) const NOW_SECONDS: u64 = 1_767_323_045;

/// A server, a client, a mirror and a watch.
pub(crate) struct Fixture {
    pub(crate) server: Server,
    pub(crate) client: Client,
    pub(crate) mirror: Folder,
    pub(crate) watch: Tally,
    /// Dropped last: it drives the client.
    _runtime: tokio::runtime::Runtime,
    now: Arc<AtomicU64>,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    /// With another configuration of the client.
    pub(crate) fn with(change: impl FnOnce(&mut ClientConfig)) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let now = Arc::new(AtomicU64::new(NOW_SECONDS));
        let clock = Arc::clone(&now);
        let secrets = BTreeMap::from([("TEST_KEY", "geheim")]);
        let mut config = ClientConfig {
            user_agent: "moisson/0 (+https://example.org/bot)".to_owned(),
            runtime: runtime.handle().clone(),
            now: Arc::new(move || {
                SystemTime::UNIX_EPOCH + Duration::from_secs(clock.load(Ordering::Relaxed))
            }),
            secret: Arc::new(move |name| secrets.get(name).map(|value| (*value).to_owned())),
            interval: Duration::ZERO,
            attempts: 4,
            stall: Duration::from_secs(20),
            second: Duration::from_millis(1),
        };
        change(&mut config);
        Self {
            server: Server::start(),
            client: Client::new(config).unwrap(),
            mirror: Folder::new(),
            watch: Tally::default(),
            _runtime: runtime,
            now,
        }
    }

    /// Some seconds pass.
    pub(crate) fn later(&self, seconds: u64) {
        self.now.fetch_add(seconds, Ordering::Relaxed);
    }

    /// Runs a harvester for the source `s` and adds nothing.
    pub(crate) fn harvest(&self, harvester: &dyn Harvester, at: &[String]) -> Result<Summary> {
        harvester.harvest(&self.about(at))
    }

    /// What a harvest of the source `s` is about.
    pub(crate) fn about<'a>(&'a self, at: &'a [String]) -> Harvest<'a> {
        Harvest {
            source: "s",
            at,
            client: &self.client,
            mirror: &self.mirror,
            watch: &self.watch,
        }
    }

    /// Bytes of an object of the mirror.
    pub(crate) fn data(&self, name: &str) -> Vec<u8> {
        let object = crate::Mirror::get(&self.mirror, &format!("data/{name}"));
        object.unwrap().unwrap_or_else(|| panic!("no `{name}`"))
    }

    /// Receipt of an object of the mirror.
    pub(crate) fn receipt(&self, name: &str) -> Receipt {
        let receipt = crate::receipt::load(&self.mirror, name);
        receipt
            .unwrap()
            .unwrap_or_else(|| panic!("no receipt of `{name}`"))
    }
}

/// Counts what comes in, keeps warnings, and stops the run on command.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    bytes: AtomicU64,
    stop_after: Mutex<Option<u64>>,
    warnings: Mutex<Vec<String>>,
}

impl Tally {
    /// Bytes received so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Stops the run once so many further bytes have come in, like a kill would; `None` lets it run.
    pub(crate) fn stop_after(&self, bytes: Option<u64>) {
        let at = bytes.map(|bytes| self.bytes() + bytes);
        *self
            .stop_after
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = at;
    }

    /// Warnings so far.
    pub(crate) fn warnings(&self) -> Vec<String> {
        self.warnings
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Watch for Tally {
    fn check(&self) -> Result<()> {
        let stop = *self
            .stop_after
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match stop {
            Some(at) if self.bytes() >= at => Err(Error::Interrupted),
            _ => Ok(()),
        }
    }

    fn received(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    fn warn(&self, message: &str) {
        let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        warnings.push(message.to_owned());
    }
}
