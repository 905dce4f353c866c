//! The driver of a cluster: posts the units of a stage as a table, has them done by one function, and watches.
//!
//! What is done lies in the output: a unit is done when its receipt is there, whatever became of the job that did it. So
//! a job that fails, stalls or is lost is submitted again with the units that have no receipt.

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use arrow::array::RecordBatch;
use moisson_core::{Digest, Error, Result, TextColumn};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::client::Client;
use super::functions;
use crate::bands;
use crate::control::Event;
use crate::crew::job::Job;
use crate::crew::posted::{self, order_path, order_schema};
use crate::crew::recorded::{self, Receipt};
use crate::crew::{Make, Outcome, by_size};
use crate::session::{GROUPS, Session, WORK, sorted_groups};
use crate::stage::{Order, Stage, Unit, Workshop};

/// Units of one job: bounds the size of its plan.
const WAVE: usize = 512;
/// Partitions of the plans in which rows meet rows: one for so many rows, which group without spilling; never so few
/// that workers stand idle, nor so many that the scheduler does.
const PARTITION_ROWS: u64 = 4_000_000;
const PARTITIONS: std::ops::RangeInclusive<u64> = 64..=1024;
/// How often the store is asked what is done.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Jobs in a row that bring no receipt, before the run is given up.
const IDLE_JOBS_MAX: u32 = 8;
/// Longest pause before a job is submitted again.
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// The jobs of the driver at work, so that one that takes over can cancel them.
const JOBS: &str = "driver.json";

/// Workers of a cluster.
#[derive(Debug)]
pub struct Workers {
    client: Client,
    out: String,
    attempts: u32,
    stall: Duration,
    job: OnceLock<String>,
    told: Mutex<Jobs>,
}

/// Jobs that a driver submitted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Jobs {
    jobs: Vec<String>,
}

impl Workers {
    /// Workers of the cluster that `client` is connected to; `out` is the output as they reach it.
    ///
    /// A unit is given up after `attempts` attempts; a job in which nothing is done for `stall` is cancelled and
    /// submitted again.
    pub fn new(client: Client, out: String, attempts: u32, stall: Duration) -> Self {
        Self {
            client,
            out,
            attempts,
            stall,
            job: OnceLock::new(),
            told: Mutex::default(),
        }
    }

    /// Cancels the jobs of a driver that died: what they did is found by its receipts.
    ///
    /// # Errors
    /// [`Error::Store`] if the work area cannot be read.
    pub fn take_over(&self, session: &Session) -> Result<()> {
        let jobs: Option<Jobs> = session.work().get_json(JOBS)?;
        for job in jobs.unwrap_or_default().jobs {
            // A scheduler that was started anew does not know it.
            let _ = self.client.cancel(&job);
        }
        session.work().delete(JOBS)
    }

    /// As [`crate::crew::Crew::map`].
    pub(crate) fn map<S: Stage>(
        &self,
        shop: Workshop<'_>,
        units: &[Unit],
        make: Make<'_, S>,
    ) -> Result<Vec<Outcome<S::Receipt>>> {
        let mut outcomes = posted::taken::<S>(shop, units)?;
        let job = self.job(shop)?;
        let mut idle = 0;
        loop {
            let is_missing = |at: &usize| outcomes.get(*at).is_some_and(Option::is_none);
            let missing: Vec<usize> = by_size(units).into_iter().filter(is_missing).collect();
            if missing.is_empty() {
                return Ok(outcomes.into_iter().flatten().collect());
            }
            let wave: Vec<Posting> = (missing.iter().take(WAVE))
                .filter_map(|&at| units.get(at).map(|unit| Posting { at, unit: *unit }))
                .collect();
            post::<S>(shop, &job, &wave, make)?;
            let ended = self.submit::<S>(shop, &wave);
            let before = missing.len();
            if let Ok(receipts) = &ended {
                for posting in &wave {
                    if let Some(receipt) = receipts.get(&posting.unit.key)
                        && let Some(slot) = outcomes.get_mut(posting.at)
                    {
                        *slot = Some(posted::outcome::<S>(receipt.clone())?);
                    }
                }
            } else {
                for (slot, found) in outcomes.iter_mut().zip(posted::taken::<S>(shop, units)?) {
                    *slot = slot.take().or(found);
                }
            }
            let left = outcomes.iter().filter(|outcome| outcome.is_none()).count();
            idle = if left < before { 0 } else { idle + 1 };
            let done = before - left;
            match ended {
                Err(error) => Self::consider::<S>(shop, error, idle)?,
                // Without a bound, a job that says it is done and is not would be submitted for ever.
                Ok(_) if done < wave.len() => {
                    let told = format!("a job told of {done} of its {} units", wave.len());
                    Self::consider::<S>(shop, Error::store("cluster", told), idle)?;
                }
                Ok(_) => {}
            }
        }
    }

    /// Lets the run go on after a job that failed, or ends it.
    fn consider<S: Stage>(shop: Workshop<'_>, error: Error, idle: u32) -> Result<()> {
        shop.control.check()?;
        if matches!(error, Error::Config(_)) || idle >= IDLE_JOBS_MAX {
            return Err(error);
        }
        shop.control.tell(Event::Retry {
            stage: S::STEP,
            key: "job".to_owned(),
            reason: format!("{error}; what has no receipt is submitted again"),
        });
        let pause = Duration::from_secs(1 << idle.min(5)).min(PAUSE_MAX);
        let until = Instant::now() + pause;
        while Instant::now() < until {
            shop.control.check()?;
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    fn job(&self, shop: Workshop<'_>) -> Result<String> {
        if let Some(job) = self.job.get() {
            return Ok(job.clone());
        }
        let id = Job::post(shop.plan, &self.out, self.attempts, shop.session)?;
        let name = JobName {
            id: &id,
            out: &self.out,
        }
        .to_string();
        Ok(self.job.get_or_init(|| name).clone())
    }

    /// Has the units of a wave done by one job; returns the receipts by key.
    fn submit<S: Stage>(
        &self,
        shop: Workshop<'_>,
        wave: &[Posting],
    ) -> Result<BTreeMap<Digest, Receipt>> {
        let path = |posting: &Posting| self.path(&order_path(S::NAME, posting.unit.key));
        let table = ("units", wave.iter().map(path).collect(), order_schema());
        let sql = format!(
            "SELECT {}(job, key, spec, rows) AS receipt FROM units",
            functions::name(S::NAME)
        );
        let mut watch = Watch::new::<S>(self, shop, wave);
        let rows = self.query(shop, &[table], &sql, wave.len(), &mut || watch.look())?;
        let mut receipts = BTreeMap::new();
        for batch in &rows {
            for told in TextColumn::try_new(batch, "receipt")?.iter().flatten() {
                let told: Told = serde_json::from_str(told)
                    .map_err(|e| Error::internal(format!("a receipt of {}: {e}", S::NAME)))?;
                receipts.insert(told.key, told.receipt);
            }
        }
        watch.last(&receipts);
        Ok(receipts)
    }

    /// Groups items by key on the cluster; see [`Session::groups`].
    pub(crate) fn groups(
        &self,
        shop: Workshop<'_>,
        files: &[String],
        rows: u64,
    ) -> Result<Vec<Vec<u32>>> {
        if files.is_empty() {
            return Ok(Vec::new());
        }
        let partitions = (rows / PARTITION_ROWS).clamp(*PARTITIONS.start(), *PARTITIONS.end());
        let partitions = usize::try_from(partitions)
            .unwrap_or(usize::MAX)
            .min(files.len());
        let paths: Vec<String> = files.iter().map(|file| self.path(file)).collect();
        let mut idle = 0;
        loop {
            let table = ("keys", paths.clone(), bands::schema());
            let rows = self.query(shop, &[table], GROUPS, partitions, &mut || {
                shop.control.check()
            });
            match rows {
                Ok(rows) => return sorted_groups(&rows),
                Err(error) => {
                    idle += 1;
                    Self::consider::<bands::BandsStage>(shop, error, idle)?;
                }
            }
        }
    }

    /// Runs a query, and tells the work area which job it is.
    fn query(
        &self,
        shop: Workshop<'_>,
        tables: &[super::client::Table<'_>],
        sql: &str,
        partitions: usize,
        watch: &mut dyn FnMut() -> Result<()>,
    ) -> Result<Vec<RecordBatch>> {
        let mut told = false;
        self.client.query(tables, sql, partitions, &mut || {
            if !told && let Some(job) = self.client.last_job() {
                let mut jobs = self.told.lock().unwrap_or_else(PoisonError::into_inner);
                told = !jobs.jobs.contains(&job);
                if told {
                    jobs.jobs.push(job);
                    shop.session.work().put_json(JOBS, &*jobs)?;
                }
            }
            watch()
        })
    }

    /// An object of the work area as workers reach it.
    fn path(&self, path: &str) -> String {
        format!("{}/{WORK}/{path}", self.out.trim_end_matches('/'))
    }
}

/// A unit that is posted, and its place in the list of all.
#[derive(Debug, Clone, Copy)]
struct Posting {
    at: usize,
    unit: Unit,
}

/// What the function of a stage returns.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Told {
    pub(crate) key: Digest,
    pub(crate) receipt: Receipt,
}

/// How a unit names its job: what it is in the work area, and where that lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct JobName<'a> {
    pub(crate) id: &'a str,
    pub(crate) out: &'a str,
}

impl<'a> JobName<'a> {
    /// Parses `ID@OUT`.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let (id, out) = text.split_once('@')?;
        Some(Self { id, out })
    }
}

impl std::fmt::Display for JobName<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}@{}", self.id, self.out)
    }
}

/// Writes the orders of a wave.
fn post<S: Stage>(
    shop: Workshop<'_>,
    job: &str,
    wave: &[Posting],
    make: Make<'_, S>,
) -> Result<()> {
    shop.session.pool().install(|| {
        wave.par_iter().try_for_each(|posting| {
            shop.control.check()?;
            let (spec, rows) = make(posting.at)?;
            let order = Order::new::<S>(posting.unit.key, &spec, rows.as_ref())?;
            let path = order_path(S::NAME, posting.unit.key);
            posted::write(shop.session, &path, job, &order)
        })
    })
}

/// Watches a job by what its units leave in the store.
struct Watch<'a> {
    workers: &'a Workers,
    shop: Workshop<'a>,
    stage: &'static str,
    step: &'static str,
    /// Sizes of the units without a receipt so far, by the path of the receipt.
    open: BTreeMap<String, u64>,
    looked: Instant,
    /// When something was last done.
    moved: Instant,
    /// Objects in the output when something was last done: parts of a long unit are a sign of life too.
    parts: usize,
}

impl<'a> Watch<'a> {
    fn new<S: Stage>(workers: &'a Workers, shop: Workshop<'a>, wave: &[Posting]) -> Self {
        let path = |p: &Posting| (recorded::receipt_path(S::NAME, p.unit.key), p.unit.size);
        Self {
            workers,
            shop,
            stage: S::NAME,
            step: S::STEP,
            open: wave.iter().map(path).collect(),
            looked: Instant::now(),
            moved: Instant::now(),
            parts: 0,
        }
    }

    fn look(&mut self) -> Result<()> {
        self.shop.control.check()?;
        if self.looked.elapsed() < LOOK_EVERY {
            return Ok(());
        }
        self.looked = Instant::now();
        // The store may be away for a moment: the next look sees what was missed.
        let Ok(there) = recorded::receipts(self.shop.session.work(), self.stage) else {
            return Ok(());
        };
        let before = self.open.len();
        for path in there {
            self.done(&path);
        }
        let waiting = self.open.len() as u64;
        self.shop.control.tell(Event::Queue {
            stage: self.step,
            waiting,
            working: 0,
        });
        if self.open.len() < before {
            self.moved = Instant::now();
        }
        if self.moved.elapsed() < self.workers.stall {
            return Ok(());
        }
        let parts = self.shop.session.store().list("parts")?.len();
        if std::mem::replace(&mut self.parts, parts) != parts {
            self.moved = Instant::now();
            return Ok(());
        }
        Err(Error::store(
            self.stage,
            format!("nothing was done for {} s", self.workers.stall.as_secs()),
        ))
    }

    fn done(&mut self, path: &str) {
        if let Some(size) = self.open.remove(path) {
            self.shop.control.tell(Event::Advance(size));
        }
    }

    /// Tells what was done since the last look.
    fn last(&mut self, receipts: &BTreeMap<Digest, Receipt>) {
        for key in receipts.keys() {
            self.done(&recorded::receipt_path(self.stage, *key));
        }
    }
}
