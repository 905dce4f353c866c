//! What a run is told from outside: stop, how much memory, and who watches.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use moisson_core::{Error, Result};

/// Something that happens during a run. The command line draws it; tests record it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A step starts; `total` is what [`Event::Advance`] counts up to, in the step's unit.
    Step {
        /// Name of the step: `read`, `decide`, `prove`, `shard`, …
        name: &'static str,
        /// Bytes, parts or documents to go through.
        total: u64,
        /// True if `total` counts bytes.
        bytes: bool,
    },
    /// Some more of the current step is done.
    Advance(u64),
    /// The current step is over.
    Done,
    /// Something the user should know that stops nothing.
    Warning(String),
}

/// Watches a run.
pub trait Observer: Send + Sync {
    /// Takes an event; called from many threads.
    fn event(&self, event: Event);
}

/// An observer that looks away.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {
    fn event(&self, _event: Event) {}
}

/// Handle on a run.
#[derive(Clone)]
pub struct Control {
    /// Set to stop within seconds; what is committed stays.
    pub stop: Arc<AtomicBool>,
    /// Who watches.
    pub observer: Arc<dyn Observer>,
}

impl std::fmt::Debug for Control {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Control")
            .field("stop", &self.stop)
            .finish_non_exhaustive()
    }
}

impl Default for Control {
    fn default() -> Self {
        Self {
            stop: Arc::default(),
            observer: Arc::new(Silent),
        }
    }
}

impl Control {
    /// Returns [`Error::Interrupted`] once the run is to stop. Called at every record and part.
    ///
    /// # Errors
    /// [`Error::Interrupted`].
    pub fn check(&self) -> Result<()> {
        if self.stop.load(Ordering::Relaxed) {
            Err(Error::Interrupted)
        } else {
            Ok(())
        }
    }

    /// Tells the observer.
    pub fn tell(&self, event: Event) {
        self.observer.event(event);
    }
}

/// Threads and memory of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Most threads that work at once.
    pub threads: usize,
    /// Memory to stay within, in bytes.
    pub memory_bytes: u64,
}

impl Budget {
    /// Returns how many parts may be in work at once: concurrency falls before memory rises.
    ///
    /// One part in work holds the raw record, its decoded and parsed forms, a batch of text and the compressed
    /// part: about four times the largest record, and no less than 160 MiB. A quarter of the budget stays for what
    /// is not a part: tables of documents, DataFusion, the program.
    ///
    /// # Errors
    /// [`Error::Config`] if not even one part fits.
    pub fn workers(self, record_bytes_max: u64) -> Result<usize> {
        let one = (4 * record_bytes_max).max(160 << 20);
        let parts = self.memory_bytes / 4 * 3;
        if parts < one {
            let needed = (one.div_ceil(3) * 4).div_ceil(1 << 20);
            return Err(Error::config(format!(
                "--memory is too small for limits.record_bytes_max = {record_bytes_max}: \
                 give at least {needed}MiB, or lower that limit"
            )));
        }
        Ok(usize::try_from(parts / one)
            .unwrap_or(usize::MAX)
            .min(self.threads)
            .max(1))
    }

    /// Bytes DataFusion may hold: a quarter of the budget.
    pub fn pool_bytes(self) -> usize {
        usize::try_from(self.memory_bytes / 4).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::Budget;

    #[test]
    fn concurrency_falls_before_memory_rises() {
        let workers = |threads, memory_mib: u64, record_mib: u64| {
            Budget {
                threads,
                memory_bytes: memory_mib << 20,
            }
            .workers(record_mib << 20)
            .ok()
        };
        assert_eq!(workers(8, 8192, 64), Some(8));
        assert_eq!(workers(8, 1024, 64), Some(3));
        assert_eq!(workers(2, 512, 64), Some(1));
        assert_eq!(workers(2, 256, 64), None);
        assert_eq!(workers(2, 6144, 1024), Some(1));
    }
}
