//! What a run holds: the output's store, scratch space, threads, and DataFusion.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::UInt32Type;
use datafusion::datasource::MemTable;
use datafusion::error::DataFusionError;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::physical_plan::{ExecutionPlan, collect};
use datafusion::prelude::{ParquetReadOptions, SessionConfig, SessionContext};
use moisson_core::{Error, Result};
use rayon::{ThreadPool, ThreadPoolBuilder};
use tokio::runtime::{Handle, Runtime};
use url::Url;

use crate::control::Budget;
use crate::crew::Crew;
use crate::input;
use crate::store::Store;

/// Folder of an output in which processes leave orders, receipts and tables for each other; gone once it is published.
pub const WORK: &str = "work";

/// Says of a location whether it may be read.
type Fence = Box<dyn Fn(&str) -> Result<()> + Send + Sync>;

/// Everything a run works with. Dropped, it removes its scratch folder and stops its threads.
pub struct Session {
    store: Store,
    work: Store,
    crew: Crew,
    fence: Option<Fence>,
    scratch: tempfile::TempDir,
    pool: ThreadPool,
    budget: Budget,
    runtime: Option<Runtime>,
    /// Bytes DataFusion spilled to scratch and nobody has asked for yet.
    spilled_bytes: AtomicU64,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("store", &self.store)
            .field("budget", &self.budget)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Opens the output at `out`; `scratch` is where temporary files go, by default the system's place.
    ///
    /// # Errors
    /// [`Error::Store`] if the output or scratch cannot be opened.
    pub fn open(out: &str, scratch: Option<&Path>, budget: Budget) -> Result<Self> {
        let runtime = runtime()?;
        let store = Store::open(out, runtime.handle())?;
        Self::with_store(store, scratch, budget, runtime)
    }

    /// Opens a session on a given store; for tests that inject faults.
    ///
    /// # Errors
    /// [`Error::Store`] if scratch cannot be opened.
    pub fn with_store(
        store: Store,
        scratch: Option<&Path>,
        budget: Budget,
        runtime: Runtime,
    ) -> Result<Self> {
        let folder = scratch.map_or_else(std::env::temp_dir, PathBuf::from);
        let scratch = tempfile::Builder::new()
            .prefix("moisson-")
            .tempdir_in(&folder)
            .map_err(|e| Error::store(folder.display(), e))?;
        let pool = ThreadPoolBuilder::new()
            .num_threads(budget.threads)
            .thread_name(|number| format!("moisson-{number}"))
            .stack_size(8 << 20)
            .build()
            .map_err(|e| Error::internal(e.to_string()))?;
        let work = Store::open(
            &scratch.path().join("work").to_string_lossy(),
            runtime.handle(),
        )?;
        Ok(Self {
            store,
            work,
            crew: Crew::Here,
            fence: None,
            scratch,
            pool,
            budget,
            runtime: Some(runtime),
            spilled_bytes: AtomicU64::new(0),
        })
    }

    /// The output.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Has units of work done by others than the threads of this machine. What they leave for each other, and their
    /// receipts, lie in `work/` of the output.
    #[must_use]
    pub fn with_crew(mut self, crew: Crew) -> Self {
        self.crew = crew;
        self.in_output()
    }

    /// Has what units leave for each other lie in `work/` of the output, where other processes find it.
    #[must_use]
    pub fn in_output(mut self) -> Self {
        self.work = self.store.below(WORK);
        self
    }

    /// Keeps the session from reading inputs outside the stores of a worker.
    #[cfg(feature = "cluster")]
    #[must_use]
    pub fn confined(mut self, stores: Arc<crate::cluster::confine::Stores>) -> Self {
        self.fence = Some(Box::new(move |location| stores.check(location)));
        self
    }

    /// Checks that an input may be read here.
    ///
    /// # Errors
    /// [`Error::Config`] on a worker that was not given its store.
    pub(crate) fn check_input(&self, location: &str) -> Result<()> {
        self.fence.as_ref().map_or(Ok(()), |fence| fence(location))
    }

    /// Who does the work.
    pub fn crew(&self) -> &Crew {
        &self.crew
    }

    /// Where units of work leave what others take up: scratch, or a folder of the output.
    pub fn work(&self) -> &Store {
        &self.work
    }

    /// A folder for temporary files, removed at the end.
    pub fn scratch(&self) -> &Path {
        self.scratch.path()
    }

    /// The threads that compute.
    pub fn pool(&self) -> &ThreadPool {
        &self.pool
    }

    /// Threads and memory.
    pub fn budget(&self) -> Budget {
        self.budget
    }

    /// The runtime that drives object stores and DataFusion.
    pub fn runtime(&self) -> &Handle {
        match &self.runtime {
            Some(runtime) => runtime.handle(),
            None => unreachable!("the runtime is taken only by drop"),
        }
    }

    /// Bytes that DataFusion spilled to scratch since this was last asked.
    pub fn take_spilled_bytes(&self) -> u64 {
        self.spilled_bytes.swap(0, Ordering::Relaxed)
    }

    /// Reads a whole small file that the pipeline names, such as a model.
    ///
    /// # Errors
    /// [`Error::Config`] if it is not there.
    pub fn read_location(&self, location: &str) -> Result<Vec<u8>> {
        let files = input::list(location, &|_| true, self.runtime())?;
        let [file] = files.as_slice() else {
            return Err(Error::config(format!("`{location}` is not one file")));
        };
        let mut bytes = Vec::new();
        file.open(self.runtime(), self.scratch())
            .and_then(|mut reader| std::io::Read::read_to_end(&mut reader, &mut bytes))
            .map_err(|e| Error::config(format!("cannot read `{location}`: {e}")))?;
        Ok(bytes)
    }

    /// A DataFusion context within the memory budget, spilling to scratch.
    ///
    /// # Errors
    /// [`Error::Internal`] if DataFusion refuses the settings.
    pub fn context(&self) -> Result<SessionContext> {
        let disk = DiskManagerBuilder::default().with_mode(DiskManagerMode::Directories(vec![
            self.scratch().to_owned(),
        ]));
        let environment = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(FairSpillPool::new(self.budget.pool_bytes())))
            .with_disk_manager_builder(disk)
            .build_arc()
            .map_err(|e| Error::internal(format!("datafusion: {e}")))?;
        let config = SessionConfig::new()
            .with_target_partitions(self.budget.threads)
            .with_information_schema(true);
        Ok(SessionContext::new_with_config_rt(config, environment))
    }

    /// Groups items by key and returns the groups of two or more: items ascending, groups by their first item.
    ///
    /// Each batch has a column `key` of any type and `item` (`UInt32`); a null key groups nothing. DataFusion's
    /// aggregation spills, so memory stays within the budget; see the note on windows in the crate's map.
    ///
    /// # Errors
    /// [`Error::Store`] if scratch is full, [`Error::Internal`] if the query fails otherwise.
    pub fn groups(&self, batches: Vec<RecordBatch>) -> Result<Vec<Vec<u32>>> {
        let Some(first) = batches.first() else {
            return Ok(Vec::new());
        };
        let context = self.context()?;
        let table = MemTable::try_new(first.schema(), vec![batches])
            .and_then(|table| context.register_table("keys", Arc::new(table)));
        table.map_err(|e| grouping(&e))?;
        let grouped = self.runtime().block_on(self.grouped(&context));
        sorted_groups(&grouped.map_err(|e| grouping(&e))?)
    }

    /// As [`Session::groups`], of Parquet files of the work area.
    ///
    /// # Errors
    /// As [`Session::groups`].
    pub fn groups_of(&self, files: &[String]) -> Result<Vec<Vec<u32>>> {
        if files.is_empty() {
            return Ok(Vec::new());
        }
        let context = self.context()?;
        let root = Url::parse("moisson://work").map_err(|e| Error::internal(e.to_string()))?;
        let store = self.work.object_store();
        context.runtime_env().register_object_store(&root, store);
        let path = |file: &String| format!("{root}/{}", self.work.full_path(file));
        let paths: Vec<String> = files.iter().map(path).collect();
        let query = async {
            let options = ParquetReadOptions::default();
            let keys = context.read_parquet(paths, options).await?.into_view();
            context.register_table("keys", keys)?;
            self.grouped(&context).await
        };
        sorted_groups(&self.runtime().block_on(query).map_err(|e| grouping(&e))?)
    }

    /// Runs the plan, and counts what it spills.
    async fn grouped(&self, context: &SessionContext) -> Result<Vec<RecordBatch>, DataFusionError> {
        let plan = context.sql(GROUPS).await?.create_physical_plan().await?;
        let collected = collect(plan.clone(), context.task_ctx()).await?;
        let spilled = spilled_bytes(plan.as_ref());
        self.spilled_bytes.fetch_add(spilled, Ordering::Relaxed);
        Ok(collected)
    }
}

/// The plan of [`Session::groups`]: the same here and on a cluster.
pub const GROUPS: &str = "SELECT array_agg(item) AS items FROM keys WHERE key IS NOT NULL \
                                 GROUP BY key HAVING count(*) > 1";

fn grouping(error: &DataFusionError) -> Error {
    Error::store("grouping", error.strip_backtrace())
}

/// Groups in an order that no engine decides, from the rows of [`GROUPS`].
///
/// # Errors
/// [`Error::Internal`] if they are no lists.
pub fn sorted_groups(batches: &[RecordBatch]) -> Result<Vec<Vec<u32>>> {
    let mut groups = Vec::new();
    for batch in batches {
        let lists = batch.column(0).as_list_opt::<i32>();
        let lists = lists.ok_or_else(|| Error::internal("groups are no lists"))?;
        for row in 0..lists.len() {
            let items = lists.value(row);
            let mut items = items.as_primitive::<UInt32Type>().values().to_vec();
            items.sort_unstable();
            groups.push(items);
        }
    }
    groups.sort_unstable();
    Ok(groups)
}

/// Bytes that the operators of a plan wrote to scratch.
fn spilled_bytes(plan: &dyn ExecutionPlan) -> u64 {
    let own = plan.metrics().and_then(|metrics| metrics.spilled_bytes());
    let below = plan.children().into_iter();
    own.unwrap_or_default() as u64 + below.map(|plan| spilled_bytes(plan.as_ref())).sum::<u64>()
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// A runtime for object stores and DataFusion.
///
/// # Errors
/// [`Error::Internal`] if the system gives no threads.
pub fn runtime() -> Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("moisson-io")
        .enable_all()
        .build()
        .map_err(|e| Error::internal(e.to_string()))
}
