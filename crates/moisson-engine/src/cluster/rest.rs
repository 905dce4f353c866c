//! A worker whose tasks fail for its own machine rests: it takes no task for a while, so that others get what it failed at.
//!
//! A worker that is cut off from the store, or whose disk is full, fails what it is given sooner than others finish what
//! they work on, and the scheduler gives the next task to whoever asks first. Without rests such a worker would be given
//! every task that is left, until the scheduler gives the job up.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use ballista_core::JobId;
use ballista_core::error::BallistaError;
use ballista_core::serde::protobuf::{
    RuntimeStatsReport, ShuffleWritePartition, TaskColumnStats, WindowStateReport,
};
use ballista_executor::execution_engine::{
    DefaultExecutionEngine, ExecutionEngine, QueryStageExecutor,
};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::context::TaskContext;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::metrics::MetricsSet;
use datafusion::prelude::SessionConfig;
use moisson_core::redact;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

use super::failure;

/// The longest rest, in first ones.
const LONGEST: u32 = 30;

/// All slots of a worker, waited for: whoever waits first gets what becomes free.
type AllSlots = Pin<
    Box<
        dyn Future<Output = std::result::Result<OwnedSemaphorePermit, AcquireError>>
            + Send
            + 'static,
    >,
>;

/// When a worker rests, and for how long.
pub(super) struct Rest {
    slots: Arc<Semaphore>,
    number: u32,
    first: Duration,
    last: Mutex<Last>,
    begun: UnboundedSender<(Instant, AllSlots)>,
}

/// The last rest.
struct Last {
    length: Duration,
    until: Instant,
}

/// The rests that have begun; see [`Rest::keep`].
pub(super) type Rests = UnboundedReceiver<(Instant, AllSlots)>;

impl Rest {
    /// For a worker with so many slots; rests that follow each other without a task done between them double from `first`.
    pub(super) fn new(number: usize, first: Duration) -> (Arc<Self>, Rests) {
        let (begun, rests) = unbounded_channel();
        let rest = Self {
            slots: Arc::new(Semaphore::new(number)),
            number: u32::try_from(number).unwrap_or(u32::MAX),
            first,
            last: Mutex::new(Last {
                length: Duration::ZERO,
                until: Instant::now(),
            }),
            begun,
        };
        (Arc::new(rest), rests)
    }

    /// The slots: a task has one while it runs, and a rest all.
    pub(super) fn slots(&self) -> Arc<Semaphore> {
        self.slots.clone()
    }

    /// Begins a rest, unless there is one: before the slot of the task that failed is free, so that nothing takes it.
    pub(super) fn failed(&self) {
        let now = Instant::now();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if now < last.until {
            return;
        }
        last.length = (last.length * 2).clamp(self.first, self.first * LONGEST);
        last.until = now + last.length;
        let mut all: AllSlots = Box::pin(self.slots.clone().acquire_many_owned(self.number));
        // Asked once it has its place in the queue. The task that failed still has its slot.
        if all
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_pending()
        {
            // Where nobody listens the worker stops.
            let _ = self.begun.send((last.until, all));
        }
    }

    fn succeeded(&self) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.length = Duration::ZERO;
    }

    /// Keeps the slots of each rest until it is over.
    pub(super) async fn keep(mut rests: Rests) {
        while let Some((until, all)) = rests.recv().await {
            let resting = async {
                let _slots = all.await;
                std::future::pending::<()>().await;
            };
            let _ = tokio::time::timeout_at(until.into(), resting).await;
        }
    }
}

/// Runs tasks as Ballista does, and rests after those that fail.
pub(super) struct Resting {
    pub(super) engine: DefaultExecutionEngine,
    pub(super) rest: Arc<Rest>,
}

impl ExecutionEngine for Resting {
    fn create_query_stage_exec(
        &self,
        job_id: JobId,
        stage_id: usize,
        task_id: usize,
        partitions: Vec<usize>,
        plan: Arc<dyn ExecutionPlan>,
        work_dir: &str,
        config: &SessionConfig,
    ) -> Result<Arc<dyn QueryStageExecutor>> {
        let task = self.engine.create_query_stage_exec(
            job_id, stage_id, task_id, partitions, plan, work_dir, config,
        )?;
        let rest = self.rest.clone();
        Ok(Arc::new(Task { task, rest }))
    }
}

/// A task, watched.
struct Task {
    task: Arc<dyn QueryStageExecutor>,
    rest: Arc<Rest>,
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.task, f)
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.task, f)
    }
}

#[async_trait::async_trait]
impl QueryStageExecutor for Task {
    async fn execute_query_stage(
        &self,
        task_id: usize,
        context: Arc<TaskContext>,
    ) -> Result<Vec<ShuffleWritePartition>> {
        match self.task.execute_query_stage(task_id, context).await {
            Ok(written) => {
                self.rest.succeeded();
                Ok(written)
            }
            Err(error) if is_of_machine(&error) => {
                self.rest.failed();
                Err(elsewhere(error))
            }
            Err(error) => Err(error),
        }
    }

    fn collect_plan_metrics(&self) -> Vec<MetricsSet> {
        self.task.collect_plan_metrics()
    }

    fn collect_runtime_stats_reports(&self) -> Vec<RuntimeStatsReport> {
        self.task.collect_runtime_stats_reports()
    }

    fn collect_window_state_reports(&self) -> Result<Vec<WindowStateReport>> {
        self.task.collect_window_state_reports()
    }

    fn collect_column_stats(&self) -> Vec<TaskColumnStats> {
        self.task.collect_column_stats()
    }
}

/// True for what another machine may do better: a store, a file or a connection fails. Shuffle files that another worker
/// should have are not this machine's, and are made again.
fn is_of_machine(error: &(dyn std::error::Error + 'static)) -> bool {
    // The Parquet reader keeps only the text of what it met.
    failure::is_of_store(&error.to_string()) || is_io(error)
}

/// True where a file or a connection is at the bottom of it.
fn is_io(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<BallistaError>() {
            // It hides its causes.
            return match error {
                BallistaError::IoError(_) => true,
                BallistaError::DataFusionError(inner) => is_io(inner.as_ref()),
                BallistaError::ArrowError(inner) => is_io(inner.as_ref()),
                _ => false,
            };
        }
        if error.is::<object_store::Error>() {
            // The fence says which of them are a store's.
            return false;
        }
        if error.is::<std::io::Error>() {
            return true;
        }
        if let Some(DataFusionError::Execution(text)) = error.downcast_ref::<DataFusionError>() {
            return is_io_told(text);
        }
        cause = error.source();
    }
    false
}

/// The sorting shuffle writer keeps only what `{:?}` makes of its error; ours are marked, and are never that.
fn is_io_told(text: &str) -> bool {
    text.contains("IoError(") && !text.contains("FetchFailed(") && !failure::is_ours(text)
}

/// In the form by which Ballista knows that the task can be tried again, elsewhere.
fn elsewhere(error: DataFusionError) -> DataFusionError {
    if matches!(error.find_root(), DataFusionError::IoError(_)) {
        return error;
    }
    DataFusionError::IoError(std::io::Error::other(redact(&error.to_string())))
}

#[cfg(test)]
mod tests {
    use std::io::Error as IoError;
    use std::sync::Arc;

    use arrow::error::ArrowError;
    use ballista_core::error::BallistaError;
    use datafusion::error::DataFusionError;
    use moisson_core::Error;

    use super::{elsewhere, is_of_machine};
    use crate::cluster::failure;

    #[test]
    fn what_another_machine_may_do_better_as_a_table() {
        let full = || IoError::from(std::io::ErrorKind::StorageFull);
        let arrow = || ArrowError::IoError("write".to_owned(), full());
        let ballista = |error: BallistaError| DataFusionError::External(Box::new(error));
        let told = |error: BallistaError| DataFusionError::Execution(format!("{error:?}"));
        let fetch = || BallistaError::FetchFailed("w".to_owned(), 1, 2, "IoError(x)".to_owned());
        let absent = object_store::Error::NotFound {
            path: "a".to_owned(),
            source: Box::new(full()),
        };
        let ours = |error| DataFusionError::Execution(failure::write(&error));
        for (error, expected) in [
            (DataFusionError::IoError(full()), true),
            (DataFusionError::ArrowError(Box::new(arrow()), None), true),
            (ballista(BallistaError::IoError(full())), true),
            (ballista(BallistaError::ArrowError(Box::new(arrow()))), true),
            (told(BallistaError::IoError(full())), true),
            (ours(Error::store("s3://b/x", "away")), true),
            (failure::into_datafusion(&Error::store("x", "y")), true),
            (ours(Error::config("IoError(x)")), false),
            (ballista(fetch()), false),
            (told(fetch()), false),
            (DataFusionError::ObjectStore(Box::new(absent)), false),
            (DataFusionError::Internal("bug".to_owned()), false),
            (
                DataFusionError::ResourcesExhausted("memory".to_owned()),
                false,
            ),
        ] {
            let error = DataFusionError::Shared(Arc::new(error));
            assert_eq!(is_of_machine(&error), expected, "{error:?}");
            let words = error.to_string();
            let moved = elsewhere(error);
            assert!(
                matches!(moved.find_root(), DataFusionError::IoError(_)),
                "{moved:?}"
            );
            assert!(
                moved.to_string().contains(&words),
                "{moved} says not {words}"
            );
        }
    }
}
