//! What a run holds: the output's store, scratch space, threads, and DataFusion.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::UInt32Type;
use datafusion::datasource::MemTable;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};
use moisson_core::{Error, Result};
use rayon::{ThreadPool, ThreadPoolBuilder};
use tokio::runtime::{Handle, Runtime};

use crate::control::Budget;
use crate::input;
use crate::store::Store;

/// Everything a run works with. Dropped, it removes its scratch folder and stops its threads.
#[derive(Debug)]
pub struct Session {
    store: Store,
    scratch: tempfile::TempDir,
    pool: ThreadPool,
    budget: Budget,
    runtime: Option<Runtime>,
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
        Ok(Self {
            store,
            scratch,
            pool,
            budget,
            runtime: Some(runtime),
        })
    }

    /// The output.
    pub fn store(&self) -> &Store {
        &self.store
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
        let schema = first.schema();
        let context = self.context()?;
        let failed = |e: datafusion::error::DataFusionError| Error::store("grouping", e);
        let table = MemTable::try_new(schema, vec![batches]).map_err(failed)?;
        context
            .register_table("keys", Arc::new(table))
            .map_err(failed)?;
        let sql = "SELECT array_agg(item) AS items FROM keys WHERE key IS NOT NULL \
                   GROUP BY key HAVING count(*) > 1";
        let collected = self
            .runtime()
            .block_on(async { context.sql(sql).await?.collect().await })
            .map_err(failed)?;
        let mut groups = Vec::new();
        for batch in &collected {
            let lists = batch.column(0).as_list::<i32>();
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
