//! The polite budget: one request at a time and an interval between two starts, per host, over all threads.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use moisson_core::Result;
use url::Url;

use super::SLICE;
use crate::Watch;

/// The hosts a run has talked to.
#[derive(Debug)]
pub(super) struct Hosts {
    interval: Duration,
    hosts: Mutex<BTreeMap<String, Arc<Host>>>,
}

/// One host. Ports of one machine share its budget: it is the machine that is spared.
#[derive(Debug)]
struct Host {
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Debug)]
struct State {
    busy: bool,
    next: Option<Instant>,
    interval: Duration,
}

/// The right to talk to a host; dropped, the next request may start.
#[derive(Debug)]
pub(super) struct Turn(Arc<Host>);

impl Hosts {
    pub(super) fn new(interval: Duration) -> Self {
        let hosts = Mutex::default();
        Self { interval, hosts }
    }

    /// Waits for the turn of this request, but not if the host is to be left alone for longer than `wait_max`: then it
    /// says how long that is.
    pub(super) fn turn(
        &self,
        url: &Url,
        wait_max: Duration,
        watch: &dyn Watch,
    ) -> Result<Result<Turn, Duration>> {
        let host = self.host(url);
        let mut state = lock(&host.state);
        loop {
            watch.check()?;
            let now = Instant::now();
            let wait = match state.next {
                Some(next) if next > now + wait_max => return Ok(Err(next - now)),
                Some(next) if next > now => next - now,
                _ if state.busy => SLICE,
                _ => {
                    state.busy = true;
                    state.next = now.checked_add(state.interval);
                    drop(state);
                    return Ok(Ok(Turn(host)));
                }
            };
            let waited = host.freed.wait_timeout(state, wait.min(SLICE));
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Asks all threads to leave the host alone for some time: it said so.
    pub(super) fn defer(&self, url: &Url, wait: Duration) {
        let host = self.host(url);
        let mut state = lock(&host.state);
        let until = Instant::now().checked_add(wait);
        state.next = state.next.max(until);
    }

    /// Makes the interval of a host no shorter than this.
    pub(super) fn slow_down(&self, url: &Url, interval: Duration) {
        let host = self.host(url);
        let mut state = lock(&host.state);
        state.interval = state.interval.max(interval);
    }

    /// Interval between requests to a host.
    #[cfg(test)]
    pub(super) fn interval(&self, url: &Url) -> Duration {
        lock(&self.host(url).state).interval
    }

    fn host(&self, url: &Url) -> Arc<Host> {
        let name = url.host_str().unwrap_or_default().to_ascii_lowercase();
        let mut hosts = lock(&self.hosts);
        let host = hosts.entry(name).or_insert_with(|| {
            let state = State {
                busy: false,
                next: None,
                interval: self.interval,
            };
            Arc::new(Host {
                state: Mutex::new(state),
                freed: Condvar::new(),
            })
        });
        Arc::clone(host)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        lock(&self.0.state).busy = false;
        self.0.freed.notify_all();
    }
}

/// A thread that died holding the lock left nothing half done here.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
