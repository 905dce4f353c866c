//! What a run is told from outside: stop, how much memory, and who watches.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use moisson_core::{Date, Error, PartManifest, Result};

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
    /// A unit of work is committed, or was found committed.
    Part {
        /// Stage that makes it, a name of [`Event::Step`] where the stage counts something.
        stage: &'static str,
        /// Rows of it.
        rows: u64,
        /// Bytes of it as it is stored.
        bytes: u64,
        /// True if it was there already.
        reused: bool,
    },
    /// A unit of work failed and is tried again.
    Retry {
        /// Its stage.
        stage: &'static str,
        /// Which one.
        key: String,
        /// What went wrong, in one line.
        reason: String,
    },
    /// A unit of work failed for good and is set aside.
    Failed {
        /// Its stage.
        stage: &'static str,
        /// Which one.
        key: String,
        /// What went wrong, in one line.
        reason: String,
    },
    /// How many units of a stage wait and how many are worked on, whenever that changes.
    Queue {
        /// The stage.
        stage: &'static str,
        /// Units nobody has begun.
        waiting: u64,
        /// Units somebody works on.
        working: u64,
    },
    /// Some bytes went to scratch because they do not fit in memory.
    Spill {
        /// How many, since the last such event.
        bytes: u64,
    },
    /// How many workers there are from now on: threads that take units, or members of a cluster.
    Workers {
        /// Their number.
        number: u64,
    },
    /// A release is published, or found up to date.
    Published {
        /// Rows of it.
        rows: u64,
        /// Bytes of text in it.
        bytes: u64,
    },
}

impl Event {
    /// The event of a part, from its manifest.
    pub fn part(stage: &'static str, manifest: &PartManifest, reused: bool) -> Self {
        let (rows, bytes) = (manifest.rows, manifest.bytes);
        Self::Part {
            stage,
            rows,
            bytes,
            reused,
        }
    }
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

/// An observer that passes every event on, in order, to others.
pub struct Tee(pub Vec<Arc<dyn Observer>>);

impl std::fmt::Debug for Tee {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Tee").field(&self.0.len()).finish()
    }
}

impl Observer for Tee {
    fn event(&self, event: Event) {
        for observer in &self.0 {
            observer.event(event.clone());
        }
    }
}

/// Counts the units of a stage from waiting to done, and tells.
#[derive(Debug)]
pub struct Queue<'a> {
    stage: &'static str,
    control: &'a Control,
    /// Units that wait, and units that are worked on.
    units: Mutex<(u64, u64)>,
}

/// A unit that is worked on, until it is dropped.
#[derive(Debug)]
pub struct Working<'a>(&'a Queue<'a>);

impl<'a> Queue<'a> {
    /// A queue of units that all wait.
    pub fn new(stage: &'static str, units: usize, control: &'a Control) -> Self {
        let queue = Self {
            stage,
            control,
            units: Mutex::new((units as u64, 0)),
        };
        queue.change(|_| ());
        queue
    }

    /// Takes a unit into work.
    pub fn begin(&'a self) -> Working<'a> {
        self.change(|(waiting, working)| {
            *waiting = waiting.saturating_sub(1);
            *working += 1;
        });
        Working(self)
    }

    /// Changes the numbers and tells them, in the order of the changes.
    fn change(&self, change: impl FnOnce(&mut (u64, u64))) {
        if let Ok(mut units) = self.units.lock() {
            change(&mut units);
            let (waiting, working) = *units;
            self.control.tell(Event::Queue {
                stage: self.stage,
                waiting,
                working,
            });
        }
    }
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.0.change(|(_, working)| *working -= 1);
    }
}

/// Handle on a run.
#[derive(Clone)]
pub struct Control {
    /// Set to stop within seconds; what is committed stays.
    pub stop: Arc<AtomicBool>,
    /// Who watches.
    pub observer: Arc<dyn Observer>,
    /// The day of the run: human verdicts that held until an earlier day have expired. Where it is not given, every
    /// verdict with a term has.
    pub today: Date,
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
            today: Date(i32::MAX),
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

    /// Tells of bytes that went to scratch, if any did.
    pub fn spilled(&self, bytes: u64) {
        if bytes > 0 {
            self.tell(Event::Spill { bytes });
        }
    }

    /// Tells that a stage starts which counts nothing; it ends where the next one starts.
    pub fn stage(&self, name: &'static str) {
        self.tell(Event::Step {
            name,
            total: 0,
            bytes: false,
        });
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
    use std::sync::{Arc, Mutex};

    use super::{Budget, Control, Event, Observer, Queue, Tee};

    #[derive(Default)]
    struct Kept(Mutex<Vec<Event>>);

    impl Observer for Kept {
        fn event(&self, event: Event) {
            self.0.lock().unwrap().push(event);
        }
    }

    #[test]
    fn a_queue_tells_every_change_to_all_who_listen() {
        let (one, other) = (Arc::new(Kept::default()), Arc::new(Kept::default()));
        let control = Control {
            observer: Arc::new(Tee(vec![one.clone(), other.clone()])),
            ..Control::default()
        };
        let queue = Queue::new("read", 2, &control);
        let first = queue.begin();
        let second = queue.begin();
        drop((first, second));
        let told: Vec<Event> = [(2, 0), (1, 1), (0, 2), (0, 1), (0, 0)]
            .map(|(waiting, working)| Event::Queue {
                stage: "read",
                waiting,
                working,
            })
            .to_vec();
        assert_eq!(*one.0.lock().unwrap(), told);
        assert_eq!(*other.0.lock().unwrap(), told);
    }

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
