//! One driver per output on an object store: a lease, which is an object that is written on conditions and renewed.

use bytes::Bytes;
use moisson_core::{Date, Error, Result};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, UpdateVersion};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

use crate::conditional::{self, Condition, Outcome};
use crate::location::cause;
use crate::steady::Patience;

/// Name of the object, below the output's prefix.
pub(crate) const NAME: &str = ".driver";
/// Seconds after which a lease that is not renewed may be taken over.
pub(crate) const STALE_SECONDS: u64 = 60;

/// Who drives an output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Driver {
    /// Name of the machine.
    pub host: String,
    /// Process on it.
    pub pid: u32,
    /// Tells processes of one number apart: the machine's start and its space of process numbers, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub space: Option<String>,
    /// Drawn by lot for every run, so that no two leases are equal.
    pub run: String,
    /// When the run took the lease, in seconds since 1970.
    pub since: u64,
    /// When it last renewed it, in seconds since 1970.
    pub renewed_at: u64,
    /// How often it did.
    pub renewals: u64,
}

impl Driver {
    /// Names the driver for an error message.
    pub(crate) fn told(&self, now: u64) -> String {
        format!(
            "process {} on `{}`, since {}, last seen {} s ago",
            self.pid,
            self.host,
            utc(self.since),
            now.saturating_sub(self.renewed_at)
        )
    }

    fn json(&self) -> Result<Bytes> {
        let json = serde_json::to_vec(self).map_err(|e| Error::internal(e.to_string()))?;
        Ok(json.into())
    }
}

/// Writes seconds since 1970 as a date and time.
fn utc(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let date = Date(i32::try_from(days).unwrap_or(i32::MAX));
    let (hours, minutes, seconds) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{date}T{hours:02}:{minutes:02}:{seconds:02}Z")
}

/// What a driver needs to know of the outside.
pub(crate) struct Outside<'a> {
    /// Seconds since 1970.
    pub now: &'a (dyn Fn() -> u64 + Send + Sync),
    /// True if the driver certainly runs no more.
    pub is_dead: &'a (dyn Fn(&Driver) -> bool + Send + Sync),
    /// How long a lease that looks stale is watched before it is taken over, against clocks that differ.
    pub watch: Duration,
    /// How long requests are repeated.
    pub patience: Patience,
}

/// A lease that is held.
#[derive(Debug)]
pub(crate) struct Lease {
    store: Arc<dyn ObjectStore>,
    path: Path,
    driver: Driver,
    version: UpdateVersion,
    patience: Patience,
}

/// What came of a renewal.
#[derive(Debug)]
pub(crate) enum Renewal {
    /// The lease is ours for another while.
    Renewed,
    /// Another run holds it, or nobody does.
    Lost,
    /// The store did not answer.
    Unknown(String),
}

impl Lease {
    /// Takes the lease at `path`; `out` is the output's name for messages. `None` where the store knows no conditional
    /// writes because the user said so.
    ///
    /// # Errors
    /// [`Error::Config`] if another run holds it, [`Error::Store`] if the store fails.
    pub(crate) async fn take(
        store: Arc<dyn ObjectStore>,
        path: Path,
        driver: Driver,
        out: &str,
        outside: &Outside<'_>,
    ) -> Result<Option<Self>> {
        let failed = |error: object_store::Error| {
            Error::store(
                format!("{}/{NAME}", out.trim_end_matches('/')),
                cause(&error),
            )
        };
        let mut condition = Condition::Absent;
        // Each round loses against another run, so a few are enough to know whose the lease is.
        for _ in 0..4 {
            let bytes = driver.json()?;
            let put =
                conditional::put(store.as_ref(), &path, bytes, condition, outside.patience).await;
            match put {
                Ok(Outcome::Written(Some(version))) => {
                    return Ok(Some(Self {
                        store,
                        path,
                        driver,
                        version,
                        patience: outside.patience,
                    }));
                }
                Err(object_store::Error::NotImplemented { .. }) => return Ok(None),
                Err(error) => return Err(failed(error)),
                Ok(Outcome::Refused | Outcome::Written(None)) => {}
            }
            let read = read(store.as_ref(), &path).await.map_err(failed)?;
            condition = match read {
                None => Condition::Absent,
                Some((holder, version)) => {
                    if !is_free(holder.as_ref(), outside) {
                        return Err(held(out, holder.as_ref(), outside));
                    }
                    let is_dead = holder
                        .as_ref()
                        .is_some_and(|holder| (outside.is_dead)(holder));
                    if !is_dead {
                        tokio::time::sleep(outside.watch).await;
                        match self::read(store.as_ref(), &path).await.map_err(failed)? {
                            Some((holder, seen)) if seen != version => {
                                return Err(held(out, holder.as_ref(), outside));
                            }
                            _ => {}
                        }
                    }
                    Condition::Version(version)
                }
            };
        }
        Err(held(out, None, outside))
    }

    /// Renews the lease.
    pub(crate) async fn renew(&mut self, now: u64) -> Renewal {
        let mut driver = self.driver.clone();
        driver.renewed_at = now;
        driver.renewals += 1;
        let bytes = match driver.json() {
            Ok(bytes) => bytes,
            Err(error) => return Renewal::Unknown(error.to_string()),
        };
        let condition = Condition::Version(self.version.clone());
        let store = self.store.as_ref();
        match conditional::put(store, &self.path, bytes, condition, self.patience).await {
            Ok(Outcome::Written(Some(version))) => {
                (self.driver, self.version) = (driver, version);
                Renewal::Renewed
            }
            Ok(Outcome::Written(None)) => Renewal::Unknown("the store names no version".to_owned()),
            // An earlier renewal may have arrived without an answer: then the lease is still of this run.
            Ok(Outcome::Refused) => match read(store, &self.path).await {
                Ok(Some((Some(holder), version))) if holder.run == self.driver.run => {
                    self.driver.renewals = holder.renewals;
                    self.version = version;
                    Renewal::Renewed
                }
                Ok(_) => Renewal::Lost,
                Err(error) => Renewal::Unknown(cause(&error)),
            },
            Err(error) => Renewal::Unknown(cause(&error)),
        }
    }

    /// Gives the lease back, if it is still ours.
    pub(crate) async fn release(self) {
        if let Ok(Some((Some(holder), _))) = read(self.store.as_ref(), &self.path).await
            && holder.run == self.driver.run
        {
            // Left behind it runs out by itself.
            let _ = self.store.delete(&self.path).await;
        }
    }
}

/// True if the lease of `holder` may be taken: not renewed for too long, of a dead process, or not readable at all.
fn is_free(holder: Option<&Driver>, outside: &Outside<'_>) -> bool {
    let Some(holder) = holder else { return true };
    let age = (outside.now)().saturating_sub(holder.renewed_at);
    age >= STALE_SECONDS || (outside.is_dead)(holder)
}

fn held(out: &str, holder: Option<&Driver>, outside: &Outside<'_>) -> Error {
    let who = holder.map_or_else(String::new, |holder| {
        format!(": {}", holder.told((outside.now)()))
    });
    Error::config(format!(
        "another run works on `{out}`{who}; wait for it, or choose another --out. If it was killed, its lease runs \
         out {STALE_SECONDS} s after it was last seen"
    ))
}

/// Who holds a lease (`None` if what is there is none), and its version.
async fn read(
    store: &dyn ObjectStore,
    path: &Path,
) -> object_store::Result<Option<(Option<Driver>, UpdateVersion)>> {
    match store.get(path).await {
        Ok(result) => {
            let version = conditional::version(&result.meta);
            let bytes = result.bytes().await?;
            Ok(Some((serde_json::from_slice(&bytes).ok(), version)))
        }
        Err(object_store::Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use moisson_core::Result;
    use object_store::memory::InMemory;
    use object_store::path::Path;
    use object_store::{ObjectStore, ObjectStoreExt};

    use super::{Driver, Lease, Outside, Renewal, utc};
    use crate::steady::Patience;

    fn driver(pid: u32, now: u64) -> Driver {
        Driver {
            host: "machine".to_owned(),
            pid,
            space: None,
            run: format!("run-{pid}"),
            since: now,
            renewed_at: now,
            renewals: 0,
        }
    }

    fn wait<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(future)
    }

    async fn take(store: &Arc<InMemory>, pid: u32, now: u64, dead: u32) -> Result<Option<Lease>> {
        let outside = Outside {
            now: &move || now,
            is_dead: &move |driver: &Driver| driver.pid == dead,
            watch: Duration::ZERO,
            patience: Patience::NONE,
        };
        let store: Arc<dyn ObjectStore> = store.clone();
        Lease::take(
            store,
            Path::from(super::NAME),
            driver(pid, now),
            "s3://b/out",
            &outside,
        )
        .await
    }

    #[test]
    fn a_lease_is_of_one_until_it_is_given_back() {
        let store = Arc::new(InMemory::new());
        wait(async {
            let lease = take(&store, 1, 1_000_000_000, 0).await.unwrap().unwrap();
            let refused = take(&store, 2, 1_000_000_007, 0)
                .await
                .unwrap_err()
                .to_string();
            for part in [
                "another run works on `s3://b/out`",
                "process 1 on `machine`, since 2001-09-09T01:46:40Z, last seen 7 s ago",
            ] {
                assert!(refused.contains(part), "{refused}");
            }
            lease.release().await;
            assert!(take(&store, 2, 1_000_000_008, 0).await.unwrap().is_some());
        });
    }

    #[test]
    fn a_renewed_lease_stays_and_a_stale_one_is_taken_over_and_lost() {
        let store = Arc::new(InMemory::new());
        wait(async {
            let mut first = take(&store, 1, 100, 0).await.unwrap().unwrap();
            assert!(matches!(first.renew(150).await, Renewal::Renewed));
            assert!(take(&store, 2, 209, 0).await.is_err());
            let mut second = take(&store, 2, 210, 0).await.unwrap().unwrap();
            assert!(matches!(first.renew(211).await, Renewal::Lost));
            assert!(matches!(second.renew(220).await, Renewal::Renewed));
            // The first gives nothing back that is not its own.
            first.release().await;
            assert!(matches!(second.renew(230).await, Renewal::Renewed));
        });
    }

    #[test]
    fn the_lease_of_a_dead_process_and_an_unreadable_one_are_taken_over() {
        let store = Arc::new(InMemory::new());
        wait(async {
            let _killed = take(&store, 1, 100, 0).await.unwrap().unwrap();
            assert!(take(&store, 2, 101, 1).await.unwrap().is_some());
            store
                .put(&Path::from(super::NAME), "no JSON".into())
                .await
                .unwrap();
            assert!(take(&store, 3, 102, 0).await.unwrap().is_some());
        });
    }

    #[test]
    fn of_many_that_come_at_once_one_gets_the_lease() {
        let store = Arc::new(InMemory::new());
        let barrier = std::sync::Barrier::new(8);
        // Once where there is none, once where a stale one is.
        for now in [100, 1000] {
            let taken: usize = std::thread::scope(|scope| {
                let drivers: Vec<_> = (1..=8)
                    .map(|pid| {
                        let (store, barrier) = (&store, &barrier);
                        scope.spawn(move || {
                            barrier.wait();
                            wait(async { take(store, pid, now, 0).await.is_ok() })
                        })
                    })
                    .collect();
                drivers
                    .into_iter()
                    .map(|driver| usize::from(driver.join().unwrap()))
                    .sum()
            });
            assert_eq!(taken, 1, "at {now}");
        }
    }

    #[test]
    fn moments_as_a_table() {
        assert_eq!(utc(0), "1970-01-01T00:00:00Z");
        assert_eq!(utc(1_000_000_000), "2001-09-09T01:46:40Z");
    }
}
