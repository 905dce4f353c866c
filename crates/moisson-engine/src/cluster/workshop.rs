//! What a worker performs units with: the job, read once from the work area, and a session on the output.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use moisson_core::{Digest, Error, Result};

use super::confine::Stores;
use super::crew::{JobName, Told};
use super::functions::Perform;
use crate::control::{Budget, Control};
use crate::crew::job::Job;
use crate::crew::recorded::{self, Attempts};
use crate::parts::Committed;
use crate::plan::Plan;
use crate::session::Session;
use crate::stage::{self, Order, Workshop};

/// Jobs that are kept ready: a cluster may serve a few drivers at once.
const JOBS_MAX: usize = 4;

/// Performs the units of all stages on a worker.
pub struct Performer {
    /// Who attempts units: in receipts and attempts.
    worker: String,
    budget: Budget,
    scratch: Option<PathBuf>,
    stores: Arc<Stores>,
    control: Control,
    jobs: Mutex<Vec<(String, Arc<Ready>)>>,
}

impl std::fmt::Debug for Performer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Performer")
            .field("worker", &self.worker)
            .finish_non_exhaustive()
    }
}

/// A job made ready.
struct Ready {
    session: Session,
    plan: Plan,
    committed: Committed,
    attempts: Attempts,
    turns: Turns,
}

impl Performer {
    /// A performer named `worker` (as a name of a file can hold it) within `budget`: its threads are the slots.
    ///
    /// `stores` are the locations it may read and write; once the stop of `control` is set its units end with
    /// [`Error::Interrupted`].
    ///
    /// # Errors
    /// [`Error::Config`] for a location that is not there.
    pub fn new(
        worker: String,
        budget: Budget,
        scratch: Option<PathBuf>,
        stores: &[String],
        control: Control,
    ) -> Result<Self> {
        Ok(Self {
            worker,
            budget,
            scratch,
            stores: Arc::new(Stores::new(stores)?),
            control,
            jobs: Mutex::default(),
        })
    }

    fn ready(&self, name: &str) -> Result<Arc<Ready>> {
        // Held while a job is made ready: all slots begin with the same job, and one of them reads it.
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, ready)) = jobs.iter().find(|(known, _)| known == name) {
            return Ok(ready.clone());
        }
        let ready = Arc::new(self.make_ready(name)?);
        if jobs.len() >= JOBS_MAX {
            jobs.remove(0);
        }
        jobs.push((name.to_owned(), ready.clone()));
        Ok(ready)
    }

    fn make_ready(&self, name: &str) -> Result<Ready> {
        let job = JobName::parse(name)
            .ok_or_else(|| Error::internal(format!("`{name}` is no name of a job")))?;
        self.stores.check(job.out)?;
        let session = Session::open(job.out, self.scratch.as_deref(), self.budget)?
            .in_output()
            .confined(self.stores.clone());
        let job = Job::read(job.id, &session)?;
        Ok(Ready {
            plan: job.plan(&session)?,
            session,
            committed: Committed::ask(),
            attempts: Attempts {
                worker: self.worker.clone(),
                most: job.attempts,
            },
            turns: Turns::default(),
        })
    }
}

impl Perform for Performer {
    fn perform(
        &self,
        stage: &str,
        job: &str,
        key: &str,
        spec: &str,
        rows: Option<&[u8]>,
    ) -> Result<String> {
        self.control.check()?;
        let ready = self.ready(job)?;
        let entry = stage::find(stage)?;
        let key = Digest::from_hex(key)
            .ok_or_else(|| Error::internal(format!("`{key}` is no key of a unit")))?;
        let order = Order {
            key,
            spec: spec.to_owned(),
            rows: rows.map(<[u8]>::to_vec),
        };
        let shop = Workshop {
            plan: &ready.plan,
            session: &ready.session,
            control: &self.control,
            committed: &ready.committed,
        };
        let _turn = ready.turns.take(entry.name, (entry.at_once)(shop)?);
        let pool = ready.session.pool();
        let done = pool.install(|| recorded::perform(shop, entry, &order, &ready.attempts));
        let receipt = done.map_err(|error| match error {
            Error::Store(_) | Error::Interrupted => error,
            // The attempt is recorded; another worker makes the next.
            other => Error::store(format!("{stage}, unit {}", key.short(16)), other),
        })?;
        serde_json::to_string(&Told { key, receipt }).map_err(|e| Error::internal(e.to_string()))
    }
}

/// Turns at the stages: as many units of one are in work at once as fit into the memory.
#[derive(Debug, Default)]
struct Turns {
    working: Mutex<BTreeMap<&'static str, usize>>,
    over: Condvar,
}

struct Turn<'a> {
    turns: &'a Turns,
    stage: &'static str,
}

impl Turns {
    fn take(&self, stage: &'static str, at_once: usize) -> Turn<'_> {
        let mut working = self.working.lock().unwrap_or_else(PoisonError::into_inner);
        while working.get(stage).copied().unwrap_or_default() >= at_once.max(1) {
            working = self
                .over
                .wait(working)
                .unwrap_or_else(PoisonError::into_inner);
        }
        *working.entry(stage).or_default() += 1;
        Turn { turns: self, stage }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut working = self
            .turns
            .working
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = working.get_mut(self.stage) {
            *number = number.saturating_sub(1);
        }
        self.turns.over.notify_all();
    }
}
