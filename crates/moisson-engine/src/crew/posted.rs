//! Tasks of a batch system: a driver posts the orders of a stage, tasks do their shares, and the driver goes on.

use std::path::Path;
use std::sync::{Arc, LazyLock, OnceLock};

use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use moisson_core::column::column;
use moisson_core::{Digest, Error, Result, TextColumn};
use moisson_shard::file::{self, TableWriter};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::job::Job;
use super::recorded::{self, Attempts};
use super::{Make, Outcome, by_size, here};
use crate::control::Control;
use crate::parts::{Committed, part_options};
use crate::pipeline::Pipeline;
use crate::session::Session;
use crate::stage::{self, Order, Stage, Unit, Workshop};

/// Folder of the posted orders, in the work area.
const ORDERS: &str = "orders";
/// What is posted at the moment.
const POSTED: &str = "orders/posted.json";

/// A driver whose heavy stages are done by tasks.
#[derive(Debug, Clone, Default)]
pub struct Posted {
    /// Where the output lies.
    pub out: String,
    /// The stages that are posted; the others are done here.
    pub stages: Vec<String>,
    /// After so many attempts without a receipt a unit is given up.
    pub attempts: u32,
    /// What this driver posted; the run ends there.
    pub notice: OnceLock<Notice>,
}

/// What is posted: the shares of tasks follow from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The job.
    pub job: String,
    /// The stage.
    pub stage: String,
    /// Names of the orders, the largest first: task i of N does those at i, i + N, i + 2 N, …
    pub orders: Vec<String>,
}

/// The table in which orders travel: one row an order.
pub(crate) fn order_schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        Arc::new(Schema::new(vec![
            Field::new("job", DataType::Utf8, false),
            Field::new("key", DataType::Utf8, false),
            Field::new("spec", DataType::Utf8, false),
            Field::new("rows", DataType::Binary, true),
        ]))
    });
    SCHEMA.clone()
}

/// Path of an order in the work area: the same order always has the same name.
pub(crate) fn order_path(stage: &str, key: Digest) -> String {
    format!("{ORDERS}/{stage}/{}.parquet", key.short(32))
}

/// Writes an order into the work area.
///
/// # Errors
/// [`Error::Store`] if it cannot be written.
pub(crate) fn write(session: &Session, path: &str, job: &str, order: &Order) -> Result<()> {
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(vec![job])),
        Arc::new(StringArray::from(vec![order.key.to_hex()])),
        Arc::new(StringArray::from(vec![order.spec.as_str()])),
        Arc::new(BinaryArray::from(vec![order.rows.as_deref()])),
    ];
    let mut writer = TableWriter::new(order_schema(), part_options())?;
    writer.write(&RecordBatch::try_new(order_schema(), columns)?)?;
    session.work().put(path, writer.finish()?.bytes)
}

/// Reads an order.
fn read(session: &Session, path: &str) -> Result<Order> {
    let damaged = || Error::store(path, "no order; post it again with `run --finish --post …`");
    let batch = file::read(session.work().get(path)?, None, 1)?
        .next()
        .transpose()?
        .ok_or_else(damaged)?;
    let rows = column(&batch, "rows")?
        .as_binary_opt::<i32>()
        .ok_or_else(damaged)?;
    let text = |name: &str| TextColumn::try_new(&batch, name);
    Ok(Order {
        key: text("key")?
            .get(0)
            .and_then(Digest::from_hex)
            .ok_or_else(damaged)?,
        spec: text("spec")?.get(0).ok_or_else(damaged)?.to_owned(),
        rows: rows.is_valid(0).then(|| rows.value(0).to_vec()),
    })
}

impl Posted {
    /// Takes the receipts of what tasks did, and posts what is left of a stage, or does it here.
    ///
    /// # Errors
    /// [`Error::Interrupted`] once something is posted: the run goes on when tasks have done it.
    pub(super) fn map<S: Stage>(
        &self,
        shop: Workshop<'_>,
        units: &[Unit],
        make: Make<'_, S>,
    ) -> Result<Vec<Outcome<S::Receipt>>> {
        let mut outcomes = taken::<S>(shop, units)?;
        let missing: Vec<usize> = (0..units.len())
            .filter(|at| outcomes.get(*at).is_some_and(Option::is_none))
            .collect();
        if !missing.is_empty() && self.stages.iter().any(|stage| stage == S::NAME) {
            self.post::<S>(shop, units, &missing, make)?;
            return Err(Error::Interrupted);
        }
        let left: Vec<Unit> = missing
            .iter()
            .filter_map(|&at| units.get(at).copied())
            .collect();
        let make_left = |at: usize| make(missing.get(at).copied().unwrap_or(usize::MAX));
        let done = if left.is_empty() {
            Vec::new()
        } else {
            here::map::<S>(shop, &left, &make_left)?
        };
        for (at, outcome) in missing.iter().zip(done) {
            if let Some(slot) = outcomes.get_mut(*at) {
                *slot = Some(outcome);
            }
        }
        Ok(outcomes.into_iter().flatten().collect())
    }

    fn post<S: Stage>(
        &self,
        shop: Workshop<'_>,
        units: &[Unit],
        missing: &[usize],
        make: Make<'_, S>,
    ) -> Result<()> {
        let job = Job::post(shop.plan, &self.out, self.attempts, shop.session)?;
        let mut orders = Vec::with_capacity(missing.len());
        for at in by_size(units) {
            let Some(unit) = units.get(at).filter(|_| missing.binary_search(&at).is_ok()) else {
                continue;
            };
            let (spec, rows) = make(at)?;
            let order = Order::new::<S>(unit.key, &spec, rows.as_ref())?;
            let path = order_path(S::NAME, unit.key);
            write(shop.session, &path, &job, &order)?;
            orders.push(path);
        }
        let stage = S::NAME.to_owned();
        let notice = Notice { job, stage, orders };
        shop.session.work().put_json(POSTED, &notice)?;
        let _ = self.notice.set(notice);
        Ok(())
    }
}

/// The outcomes there are receipts of.
///
/// # Errors
/// [`Error::Store`] if the work area cannot be read.
pub(crate) fn taken<S: Stage>(
    shop: Workshop<'_>,
    units: &[Unit],
) -> Result<Vec<Option<Outcome<S::Receipt>>>> {
    let there = recorded::receipts(shop.session.work(), S::NAME)?;
    shop.session.pool().install(|| {
        units
            .par_iter()
            .map(|unit| {
                if there
                    .binary_search(&recorded::receipt_path(S::NAME, unit.key))
                    .is_err()
                {
                    return Ok(None);
                }
                recorded::receipt(shop.session.work(), S::NAME, unit.key)?
                    .map(outcome::<S>)
                    .transpose()
            })
            .collect()
    })
}

/// What a receipt says.
///
/// # Errors
/// [`Error::Store`] if it is of another version.
pub(crate) fn outcome<S: Stage>(receipt: recorded::Receipt) -> Result<Outcome<S::Receipt>> {
    let unreadable =
        |e: &dyn std::fmt::Display| Error::store(format!("a receipt of {}", S::NAME), e);
    match (receipt.done, receipt.failed) {
        (Some(done), _) => serde_json::from_str(&done)
            .map(Outcome::Done)
            .map_err(|e| unreadable(&e)),
        (None, Some(reason)) => Ok(Outcome::Failed(reason)),
        (None, None) => Err(unreadable(&"neither done nor failed")),
    }
}

/// What is posted, if anything.
///
/// # Errors
/// [`Error::Store`] if the work area cannot be read.
pub fn notice(session: &Session) -> Result<Option<Notice>> {
    session.work().get_json(POSTED)
}

/// What a task did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Share {
    /// The stage.
    pub stage: &'static str,
    /// Orders of its share.
    pub orders: usize,
    /// Of these, those it gave up or that failed with an error another attempt may mend.
    pub failed: usize,
}

/// Does the share of task `index` of `tasks` of what is posted of this pipeline; none if nothing is.
///
/// One order that fails keeps the task from no other: it is told and tried again by the next task or by the driver.
///
/// # Errors
/// [`Error::Config`] for a job of another version; [`Error::Interrupted`] on request.
pub fn work(
    index: usize,
    tasks: usize,
    worker: &str,
    pipeline: &Pipeline,
    session: &Session,
    control: &Control,
) -> Result<Option<Share>> {
    let Some(notice) = notice(session)? else {
        return Ok(None);
    };
    let job = Job::read(&notice.job, session)?;
    if !job.is_of(pipeline)? {
        return Ok(None);
    }
    let plan = job.plan(session)?;
    let entry = stage::find(&notice.stage)?;
    let committed = Committed::ask();
    let shop = Workshop {
        plan: &plan,
        session,
        control,
        committed: &committed,
    };
    let attempts = Attempts {
        worker: worker.to_owned(),
        most: job.attempts,
    };
    let share: Vec<&String> = notice
        .orders
        .iter()
        .skip(index)
        .step_by(tasks.max(1))
        .collect();
    control.tell(crate::control::Event::Step {
        name: entry.name,
        total: share.len() as u64,
        bytes: false,
    });
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads((entry.at_once)(shop)?.max(1))
        .stack_size(8 << 20)
        .build()
        .map_err(|e| Error::internal(e.to_string()))?;
    let failed: Vec<bool> = pool.install(|| {
        share
            .par_iter()
            .with_max_len(1)
            .map(|path| {
                control.check()?;
                let done = read(session, path)
                    .and_then(|order| recorded::perform(shop, entry, &order, &attempts));
                control.tell(crate::control::Event::Advance(1));
                match done {
                    Ok(receipt) => Ok(receipt.failed.is_some()),
                    Err(Error::Interrupted) => Err(Error::Interrupted),
                    Err(error) => {
                        control.tell(crate::control::Event::Warning(format!("{path}: {error}")));
                        Ok(true)
                    }
                }
            })
            .collect::<Result<_>>()
    })?;
    control.tell(crate::control::Event::Done);
    Ok(Some(Share {
        stage: entry.name,
        orders: share.len(),
        failed: failed.into_iter().filter(|failed| *failed).count(),
    }))
}

/// The output's folder as other processes must name it: absolute where it is a path.
pub fn absolute(out: &str, current: &Path) -> String {
    match crate::location::Location::parse(out) {
        Ok(crate::location::Location::Local(path)) if path.is_relative() => {
            current.join(path).to_string_lossy().into_owned()
        }
        _ => out.to_owned(),
    }
}
