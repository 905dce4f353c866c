//! One driver per output: a lock on a file of the output's folder, freed by the system however the process ends, or a
//! lease on an object store, which runs out.
//!
//! This is the one place of the engine that looks at the clock, at the name of the machine and at other processes:
//! to tell whether a lease runs out, and whose it is. None of it reaches any data.
#![expect(clippy::disallowed_methods, reason = "the lock is a file")]

use std::fs::{File, TryLockError};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use moisson_core::{Error, Result};
use tokio::runtime::Runtime;

use crate::lease::{self, Driver, Lease, Outside, Renewal};
use crate::location::{self, Location, redact};
use crate::steady::Patience;

/// Pause between two renewals.
const RENEW: Duration = Duration::from_secs(10);
/// When a lease is renewed.
const PAUSES: Pauses = Pauses {
    renew: RENEW,
    again: Duration::from_secs(2),
    give_up: Duration::from_secs(lease::STALE_SECONDS - 10),
};
/// A lease that looks stale is watched for this long, so that a clock that goes wrong takes nobody's lease away.
const WATCH: Duration = Duration::from_secs(12);

/// A held lock.
#[derive(Debug, Default)]
pub struct Lock {
    /// Locked while it is open.
    file: Option<File>,
    lease: Option<Renewing>,
    lost: Arc<AtomicBool>,
    /// Why it is lost.
    why: Arc<OnceLock<String>>,
    stops: Arc<Mutex<Vec<Arc<AtomicBool>>>>,
}

impl Lock {
    /// Takes the lock of an output. On an object store it is a lease, renewed until the lock is dropped; a store whose
    /// conditional writes are switched off (`AWS_CONDITIONAL_PUT=disabled`) has no lock.
    ///
    /// # Errors
    /// [`Error::Config`] if another run holds it, naming it; [`Error::Store`] if it cannot be looked at.
    pub fn take(out: &str) -> Result<Self> {
        let mut lock = Self::default();
        match Location::parse_output(out)? {
            Location::Local(folder) => lock.file = Some(lock_folder(&folder)?),
            Location::Remote(url) => {
                let (runtime, lease) = take_lease(&url, out)?;
                if let Some(lease) = lease {
                    lock.lease = Some(Renewing::start(runtime, lease, &lock, PAUSES)?);
                }
            }
        }
        Ok(lock)
    }

    /// True once the lease is lost: another run has taken over, and this one must not go on.
    pub fn lost(&self) -> Arc<AtomicBool> {
        self.lost.clone()
    }

    /// Sets `stop` once the lease is lost.
    pub fn stop_when_lost(&self, stop: &Arc<AtomicBool>) {
        let mut stops = self.stops.lock().unwrap_or_else(PoisonError::into_inner);
        stops.push(stop.clone());
        if self.lost.load(Ordering::SeqCst) {
            stop.store(true, Ordering::SeqCst);
        }
    }

    /// Turns a stop that the loss of the lease brought about into an error that says so.
    ///
    /// # Errors
    /// `result`'s own, or [`Error::Store`] where the lease is lost.
    pub fn explain<T>(&self, result: Result<T>) -> Result<T> {
        match result {
            Err(Error::Interrupted) if self.lost.load(Ordering::SeqCst) => {
                let why = self.why.get().map_or("no reason is known", String::as_str);
                Err(Error::Store(format!(
                    "stopped, as the lease on the output is lost: {why}; what is committed stays, run the same \
                     command again to resume"
                )))
            }
            other => other,
        }
    }
}

/// When a lease is renewed.
#[derive(Debug, Clone, Copy)]
struct Pauses {
    /// Pause between two renewals.
    renew: Duration,
    /// Pause before a renewal that had no answer is tried again.
    again: Duration,
    /// Time without a renewal after which this run takes its lease for lost: before others may take it over.
    give_up: Duration,
}

/// A thread that renews a lease.
#[derive(Debug)]
struct Renewing {
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Renewing {
    fn start(runtime: Runtime, mut lease: Lease, lock: &Lock, pauses: Pauses) -> Result<Self> {
        let (lost, why, stops) = (lock.lost.clone(), lock.why.clone(), lock.stops.clone());
        let (end, ended) = mpsc::channel();
        let renew = move || {
            let mut renewed = Instant::now();
            let mut pause = pauses.renew;
            while ended.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                let renewal = runtime
                    .block_on(async { tokio::time::timeout(2 * RENEW, lease.renew(now())).await });
                // A renewal that is cut off may arrive: the next one then finds the lease to be of this run.
                let renewal = renewal.unwrap_or_else(|_| Renewal::Unknown("no answer".to_owned()));
                pause = match renewal {
                    Renewal::Renewed => {
                        renewed = Instant::now();
                        pauses.renew
                    }
                    Renewal::Unknown(_) if renewed.elapsed() < pauses.give_up => pauses.again,
                    Renewal::Unknown(_) | Renewal::Lost => {
                        let _ = why.set(match renewal {
                            Renewal::Unknown(why) => why,
                            _ => "another run took it over".to_owned(),
                        });
                        lost.store(true, Ordering::SeqCst);
                        let stops = stops.lock().unwrap_or_else(PoisonError::into_inner);
                        for stop in stops.iter() {
                            stop.store(true, Ordering::SeqCst);
                        }
                        return;
                    }
                };
            }
            // What is not given back runs out by itself.
            let _ = runtime.block_on(async { tokio::time::timeout(RENEW, lease.release()).await });
        };
        let thread = std::thread::Builder::new()
            .name("moisson-lease".to_owned())
            .spawn(renew)
            .map_err(|e| Error::internal(e.to_string()))?;
        Ok(Self {
            end: Some(end),
            thread: Some(thread),
        })
    }
}

impl Drop for Renewing {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            // The thread gives the lease back and ends; what it meets there is nobody's concern any more.
            let _ = thread.join();
        }
    }
}

fn take_lease(url: &url::Url, out: &str) -> Result<(Runtime, Option<Lease>)> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Error::internal(e.to_string()))?;
    let (store, prefix) = location::connect(url)?;
    let path = prefix
        .parts()
        .chain(object_store::path::Path::from(lease::NAME).parts())
        .collect();
    let patience = location::patience(location::options())?;
    let outside = Outside {
        now: &now,
        is_dead: &is_dead,
        watch: WATCH,
        patience: Patience {
            // A renewal that takes longer comes too late.
            retry: patience.retry.min(RENEW),
            silence: patience.silence.min(RENEW / 5),
        },
    };
    let out = redact(out);
    let lease = runtime.block_on(Lease::take(store, path, mine(), &out, &outside))?;
    Ok((runtime, lease))
}

/// This process as a driver.
fn mine() -> Driver {
    let started = now();
    Driver {
        host: host(),
        pid: std::process::id(),
        space: space(),
        run: format!("{:016x}", RandomState::new().build_hasher().finish()),
        since: started,
        renewed_at: started,
        renewals: 0,
    }
}

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

fn host() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .map_or_else(|_| "unknown".to_owned(), |name| name.trim().to_owned())
}

/// The machine's start and the space of its process numbers: what a process number is unique in.
fn space() -> Option<String> {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let pids = std::fs::read_link("/proc/self/ns/pid").ok()?;
    Some(format!("{} {}", boot.trim(), pids.display()))
}

/// True if the driver was a process of this machine that has ended.
fn is_dead(driver: &Driver) -> bool {
    driver.space.is_some()
        && driver.space == space()
        && !Path::new(&format!("/proc/{}", driver.pid)).exists()
}

fn lock_folder(folder: &Path) -> Result<File> {
    let path = folder.join(".lock");
    let mut file = open(&path).map_err(|e| Error::store(path.display(), e))?;
    match file.try_lock() {
        Ok(()) => {
            // Only for the message of another run: what cannot be written there is not missed.
            let _ = file
                .set_len(0)
                .and_then(|()| write!(file, "process {} on `{}`", std::process::id(), host()));
            Ok(file)
        }
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let read = file
                .rewind()
                .and_then(|()| (&file).take(512).read_to_string(&mut holder));
            let holder = match read {
                Ok(1..) => format!(": {}", holder.trim()),
                _ => String::new(),
            };
            Err(Error::config(format!(
                "another run works on `{}`{holder}; wait for it, or choose another --out",
                folder.display()
            )))
        }
        Err(TryLockError::Error(error)) => Err(Error::store(path.display(), error)),
    }
}

fn open(path: &Path) -> std::io::Result<File> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    File::options()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(path)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    use moisson_core::Error;
    use object_store::memory::InMemory;
    use object_store::path::Path;
    use object_store::{ObjectStore, ObjectStoreExt};

    use super::{Lock, Pauses, Renewing, is_dead, mine};
    use crate::lease::{self, Lease, Outside};
    use crate::steady::Patience;

    #[test]
    fn the_lock_of_a_folder_names_who_holds_it() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().display().to_string();
        let held = Lock::take(&out).unwrap();
        let refused = Lock::take(&out).unwrap_err().to_string();
        let process = format!("process {} on `", std::process::id());
        assert!(refused.contains(&process), "{refused}");
        drop(held);
        Lock::take(&out).unwrap();
    }

    /// A lock on a store in memory, renewed without a pause.
    fn renewing(store: &Arc<dyn ObjectStore>) -> Lock {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let outside = Outside {
            now: &super::now,
            is_dead: &is_dead,
            watch: Duration::ZERO,
            patience: Patience::NONE,
        };
        let path = Path::from(lease::NAME);
        let lease = Lease::take(store.clone(), path, mine(), "memory", &outside);
        let lease = runtime.block_on(lease).unwrap().unwrap();
        let mut lock = Lock::default();
        let pauses = Pauses {
            renew: Duration::from_millis(1),
            again: Duration::from_millis(1),
            give_up: Duration::ZERO,
        };
        lock.lease = Some(Renewing::start(runtime, lease, &lock, pauses).unwrap());
        lock
    }

    fn wait<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
            .block_on(future)
    }

    #[test]
    fn a_run_whose_lease_is_taken_over_stops_and_says_why() {
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let path = Path::from(lease::NAME);
        let lock = renewing(&store);
        let stop = Arc::new(AtomicBool::new(false));
        lock.stop_when_lost(&stop);
        assert!(
            lock.explain(Err::<(), _>(Error::Interrupted))
                .unwrap_err()
                .to_string()
                .contains("on request")
        );
        let mut other = mine();
        other.run = "other".to_owned();
        let json = serde_json::to_vec(&other).unwrap();
        wait(store.put(&path, json.clone().into())).unwrap();
        while !stop.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
        assert!(lock.lost().load(Ordering::SeqCst));
        let told = lock.explain(Err::<(), _>(Error::Interrupted)).unwrap_err();
        assert!(
            told.to_string().contains("another run took it over"),
            "{told}"
        );
        drop(lock);
        let left = wait(async { store.get(&path).await.unwrap().bytes().await.unwrap() });
        assert_eq!(left, json, "the other's lease is left alone");
    }

    #[test]
    fn a_lease_is_given_back_when_the_lock_is_dropped() {
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let lock = renewing(&store);
        assert!(wait(store.head(&Path::from(lease::NAME))).is_ok());
        drop(lock);
        assert!(wait(store.head(&Path::from(lease::NAME))).is_err());
    }

    #[test]
    fn this_process_is_alive_and_an_unknown_one_is_not_known_to_be_dead() {
        let mut driver = mine();
        assert!(!is_dead(&driver));
        driver.pid = u32::MAX;
        assert_eq!(is_dead(&driver), driver.space.is_some());
        driver.space = Some("another machine".to_owned());
        assert!(!is_dead(&driver));
    }
}
