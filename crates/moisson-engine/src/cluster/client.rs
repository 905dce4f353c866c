//! The driver's side: plans a query here, has it run there, watches it and fetches its rows.
//!
//! The physical plan is made by the driver, so the scheduler needs no access to any store and adaptive planning, which
//! would merge tasks, stays out.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use ballista_core::BALLISTA_VERSION;
use ballista_core::client::BallistaClient;
use ballista_core::config::{
    BALLISTA_ADAPTIVE_PLANNER_ENABLED, BALLISTA_COALESCE_ENABLED,
    BALLISTA_SCHEDULER_MAX_PARTITIONS_PER_TASK,
};
use ballista_core::error::BallistaError;
use ballista_core::serde::BallistaPhysicalExtensionCodec;
use ballista_core::serde::protobuf::execute_query_params::Query;
use ballista_core::serde::protobuf::scheduler_grpc_client::SchedulerGrpcClient;
use ballista_core::serde::protobuf::{
    CancelJobParams, CleanJobDataParams, ExecuteQueryParams, GetJobStatusParams, KeyValuePair,
    PartitionLocation, RemoveSessionParams, execute_query_result, job_status,
};
use ballista_core::utils::default_session_builder;
use ballista_core::version;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{
    ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl,
};
use datafusion::error::DataFusionError;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};
use datafusion::prelude::{SessionConfig, SessionContext};
use datafusion_proto::physical_plan::AsExecutionPlan;
use datafusion_proto::protobuf::PhysicalPlanNode;
use futures::TryStreamExt;
use moisson_core::{Error, Result, redact};
use tokio::runtime::Handle;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use url::{Position, Url};

use super::handshake::{self, Address, Link};
use super::tls::Tls;
use super::{MESSAGE_BYTES_MAX, failure, functions};
use crate::location::{self, Location};
use crate::stage::VERSIONS;

/// How often [`Client::query`] calls its `watch`.
const WATCH_EVERY: Duration = Duration::from_millis(500);

/// How often the scheduler is asked how a job stands.
const ASK_EVERY: Duration = Duration::from_millis(100);

/// How long a scheduler may be away before the driver gives up.
const SCHEDULER_AWAY_MAX: Duration = Duration::from_mins(5);

/// How often a job is submitted again that was lost with its scheduler, or its rows with a worker.
const SUBMISSIONS_MAX: usize = 4;

/// How often rows are asked for of a worker that fails, and after which pause.
const FETCHES_MAX: u8 = 3;
const FETCH_AGAIN_AFTER_MS: u64 = 1000;

/// Connection of a driver to a scheduler.
pub struct Client {
    address: Address,
    link: Link,
    channel: Channel,
    runtime: Handle,
    job: Arc<Mutex<Option<String>>>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// A table of a query: its name, its Parquet files (absolute paths or URLs), their schema.
pub type Table<'a> = (&'a str, Vec<String>, SchemaRef);

impl Client {
    /// Connects to the scheduler at `df://HOST:PORT`, which may need up to `wait` to be there, and makes sure it is of this
    /// version.
    ///
    /// # Errors
    /// [`Error::Config`] if it cannot be reached or refuses this program.
    pub fn connect(
        url: &str,
        tls: Option<Tls>,
        versions: &[(&str, u32)],
        wait: Duration,
        runtime: &Handle,
    ) -> Result<Self> {
        let address = Address::parse(url)?;
        let link = Link::new(versions, tls);
        let channel = runtime.block_on(Box::pin(link.connect_within(&address, wait)))?;
        Ok(Self {
            address,
            link,
            channel,
            runtime: runtime.clone(),
            job: Arc::default(),
        })
    }

    /// Id of the job submitted last, already while [`Client::query`] watches it.
    pub fn last_job(&self) -> Option<String> {
        self.job
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Cancels a job: tasks not begun are not begun. It is no error if it is unknown or over.
    ///
    /// # Errors
    /// [`Error::Store`] if the scheduler cannot be reached.
    pub fn cancel(&self, job: &str) -> Result<()> {
        let mut calls = handshake::scheduler(self.channel.clone());
        let cancelling = calls.cancel_job(CancelJobParams {
            job_id: job.to_owned(),
        });
        self.runtime
            .block_on(cancelling)
            .map(|_| ())
            .map_err(|status| unanswered(&self.address, &status))
    }

    /// Runs a query on the cluster and returns its rows.
    ///
    /// A table whose number of files is `partitions` is read by one task a file. `watch` is called about twice a second,
    /// on this thread; once it returns an error the job is cancelled and that error returned. A job that is lost with
    /// its scheduler is submitted again.
    ///
    /// # Errors
    /// [`Error::Internal`] if the query cannot be planned; what a worker reported; [`Error::Store`] if the scheduler is
    /// away for five minutes.
    pub fn query(
        &self,
        tables: &[Table<'_>],
        sql: &str,
        partitions: usize,
        watch: &mut dyn FnMut() -> Result<()>,
    ) -> Result<Vec<RecordBatch>> {
        let planned = self.plan(tables, sql, partitions);
        let (plan, context) = self.runtime.block_on(Box::pin(planned))?;
        let stop = Arc::new(AtomicBool::new(false));
        let partitions = plan.output_partitioning().partition_count();
        let job = Job {
            partitions,
            calls: handshake::scheduler(self.channel.clone()),
            address: self.address.clone(),
            link: self.link.clone(),
            session: context.session_id(),
            settings: settings(&context.copied_config()),
            plan: encode(plan)?,
            stop: stop.clone(),
            id: self.job.clone(),
        };
        let mut running = self.runtime.spawn(Box::pin(job.run()));
        let mut given_up = None;
        loop {
            let step = async { tokio::time::timeout(WATCH_EVERY, &mut running).await };
            if let Ok(done) = self.runtime.block_on(step) {
                let done = done.map_err(|e| Error::internal(format!("the driver's task: {e}")))?;
                return match given_up {
                    Some(error) => Err(error),
                    None => done,
                };
            }
            if given_up.is_none()
                && let Err(error) = watch()
            {
                stop.store(true, Ordering::Relaxed);
                given_up = Some(error);
            }
        }
    }

    async fn plan(
        &self,
        tables: &[Table<'_>],
        sql: &str,
        partitions: usize,
    ) -> Result<(Arc<dyn ExecutionPlan>, SessionContext)> {
        let failed = |e: DataFusionError| Error::internal(format!("planning `{sql}`: {e}"));
        let maps = VERSIONS
            .iter()
            .any(|(stage, _)| sql.contains(&functions::name(stage)));
        let config = self
            .link
            .config()
            .with_target_partitions(partitions.max(1))
            // A unit is a row: a batch of many would be one piece that cannot be cancelled.
            .with_batch_size(if maps { 1 } else { 8192 })
            .with_collect_statistics(false)
            .set_bool("datafusion.optimizer.repartition_file_scans", false)
            .set_bool(BALLISTA_ADAPTIVE_PLANNER_ENABLED, false)
            .set_bool(BALLISTA_COALESCE_ENABLED, false)
            // Ballista counts a task of several partitions as one slot.
            .set_usize(BALLISTA_SCHEDULER_MAX_PARTITIONS_PER_TASK, 1);
        let state = default_session_builder(config).map_err(failed)?;
        let context = SessionContext::new_with_state(state);
        for function in functions::planned() {
            context.register_udf(function.as_ref().clone());
        }
        for (name, files, schema) in tables {
            let table = table(&context, files, schema.clone())?;
            context
                .register_table(*name, Arc::new(table))
                .map_err(failed)?;
        }
        let frame = context.sql(sql).await.map_err(failed)?;
        let plan = frame.create_physical_plan().await.map_err(failed)?;
        // Its tasks would each hold a piece of every partition; see `latest`.
        if plan.name() == "RepartitionExec" {
            return Err(failed(DataFusionError::Plan(
                "it ends in a repartition".to_owned(),
            )));
        }
        Ok((plan, context))
    }
}

/// A table over Parquet files; stores of their URLs are registered with the context.
fn table(context: &SessionContext, files: &[String], schema: SchemaRef) -> Result<ListingTable> {
    let mut urls = Vec::with_capacity(files.len());
    for file in files {
        let url = match Location::parse(file)? {
            Location::Local(path) => Url::from_file_path(&path).map_err(|()| {
                Error::internal(format!("`{}` is no absolute path", path.display()))
            })?,
            Location::Remote(url) => {
                register(context, &url)?;
                url
            }
        };
        let failed = |e| Error::internal(format!("`{}`: {e}", redact(file)));
        urls.push(ListingTableUrl::try_new(url, None).map_err(failed)?);
    }
    let options = ListingOptions::new(Arc::new(ParquetFormat::default())).with_file_extension("");
    let config = ListingTableConfig::new_with_multi_paths(urls)
        .with_listing_options(options)
        .with_schema(schema);
    ListingTable::try_new(config).map_err(|e| Error::internal(format!("table: {e}")))
}

fn register(context: &SessionContext, url: &Url) -> Result<()> {
    let bare = || Error::internal(format!("`{}` has no host", redact(url.as_str())));
    let base = Url::parse(&url[..Position::BeforePath]).map_err(|_| bare())?;
    if context
        .runtime_env()
        .object_store_registry
        .get_store(&base)
        .is_err()
    {
        let (store, _) = location::connect(url)?;
        context.register_object_store(&base, store);
    }
    Ok(())
}

fn encode(plan: Arc<dyn ExecutionPlan>) -> Result<Vec<u8>> {
    let failed = |e: DataFusionError| Error::internal(format!("the plan cannot be sent: {e}"));
    let codec = BallistaPhysicalExtensionCodec::default();
    let node = PhysicalPlanNode::try_from_physical_plan(plan, &codec).map_err(failed)?;
    let mut bytes = Vec::new();
    node.try_encode(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

fn settings(config: &SessionConfig) -> Vec<KeyValuePair> {
    let entries = config.options().entries().into_iter();
    entries
        .map(|entry| KeyValuePair {
            key: entry.key,
            value: entry.value,
        })
        .collect()
}

/// A plan on its way through the cluster.
struct Job {
    calls: SchedulerGrpcClient<Channel>,
    address: Address,
    link: Link,
    session: String,
    settings: Vec<KeyValuePair>,
    plan: Vec<u8>,
    /// Pieces the rows of the result lie in.
    partitions: usize,
    stop: Arc<AtomicBool>,
    id: Arc<Mutex<Option<String>>>,
}

/// How a submission ended that did not fail.
enum Ended {
    Done(Vec<RecordBatch>),
    /// The scheduler or the rows are gone; the text says which.
    Lost(String),
}

impl Job {
    async fn run(mut self) -> Result<Vec<RecordBatch>> {
        let mut lost = String::new();
        for _ in 0..SUBMISSIONS_MAX {
            let id = self.submit().await?;
            let ended = self.follow(&id).await;
            self.tidy(&id, ended.is_err()).await;
            match ended? {
                Ended::Done(batches) => return Ok(batches),
                Ended::Lost(why) => lost = why,
            }
        }
        Err(Error::store(
            &self.address,
            format!("{lost}, {SUBMISSIONS_MAX} times; run again to resume"),
        ))
    }

    async fn submit(&mut self) -> Result<String> {
        let query = ExecuteQueryParams {
            query: Some(Query::PhysicalPlan(self.plan.clone())),
            settings: self.settings.clone(),
            session_id: self.session.clone(),
            operation_id: self.session.clone(),
        };
        let mut away = Away::default();
        loop {
            let mut request = Request::new(query.clone());
            version::insert_version_header(request.metadata_mut());
            let answer = match self.calls.execute_query(request).await {
                Ok(answer) => answer.into_inner(),
                Err(status) => {
                    self.wait(&mut away, &status).await?;
                    continue;
                }
            };
            return match answer.result {
                Some(execute_query_result::Result::Success(success)) => {
                    *self.id.lock().unwrap_or_else(PoisonError::into_inner) =
                        Some(success.job_id.clone());
                    Ok(success.job_id)
                }
                Some(execute_query_result::Result::Failure(failure)) => {
                    Err(Error::internal(format!(
                        "the scheduler did not take the plan: {failure:?} (ballista {BALLISTA_VERSION})"
                    )))
                }
                None => Err(Error::internal("the scheduler answered nothing")),
            };
        }
    }

    /// Asks until the job is over, then fetches its rows.
    async fn follow(&mut self, id: &str) -> Result<Ended> {
        let mut away = Away::default();
        let mut unknown = 0;
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return Err(Error::Interrupted);
            }
            let asked = GetJobStatusParams {
                job_id: id.to_owned(),
            };
            let status = match self.calls.get_job_status(asked).await {
                Ok(answer) => answer.into_inner().status.and_then(|status| status.status),
                Err(status) => {
                    self.wait(&mut away, &status).await?;
                    continue;
                }
            };
            away = Away::default();
            match status {
                Some(job_status::Status::Successful(done)) => {
                    return Ok(match self.fetch(done.partition_location).await {
                        Ok(batches) => Ended::Done(batches),
                        Err(e) => Ended::Lost(format!("rows of job {id} are lost: {e}")),
                    });
                }
                Some(job_status::Status::Failed(failed)) => {
                    return Err(failure::read(&format!("job {id}"), &failed.error));
                }
                Some(_) => unknown = 0,
                // Just submitted, or another scheduler.
                None => unknown += 1,
            }
            if unknown > 50 {
                return Ok(Ended::Lost(format!("the scheduler forgot job {id}")));
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
    }

    /// Waits a moment for a scheduler that is away.
    async fn wait(&self, away: &mut Away, status: &Status) -> Result<()> {
        if let Some(why) = handshake::refusal(status) {
            return Err(handshake::refused(&self.address, &why));
        }
        let gone = matches!(
            status.code(),
            Code::Unavailable | Code::Unknown | Code::Cancelled | Code::DeadlineExceeded
        );
        if !gone || away.0 > SCHEDULER_AWAY_MAX {
            return Err(unanswered(&self.address, status));
        }
        if self.stop.load(Ordering::Relaxed) {
            return Err(Error::Interrupted);
        }
        away.0 += WATCH_EVERY;
        tokio::time::sleep(WATCH_EVERY).await;
        Ok(())
    }

    async fn fetch(&self, locations: Vec<PartitionLocation>) -> Result<Vec<RecordBatch>, String> {
        let locations = latest(locations);
        if locations.len() != self.partitions {
            let (known, all) = (locations.len(), self.partitions);
            return Err(format!("{known} of {all} partitions are known"));
        }
        let mut batches = Vec::new();
        for location in locations.into_values() {
            let rows = self.fetch_partition(location).await;
            batches.extend(rows.map_err(|e| e.to_string())?);
        }
        Ok(batches)
    }

    async fn fetch_partition(
        &self,
        location: PartitionLocation,
    ) -> Result<Vec<RecordBatch>, BallistaError> {
        let layout = location.layout();
        let (Some(worker), Some(partition)) = (location.executor_meta, location.partition_id)
        else {
            return Err(BallistaError::Internal("a partition is nowhere".to_owned()));
        };
        let mut connection = BallistaClient::try_new(
            &worker.host,
            u16::try_from(worker.port).unwrap_or_default(),
            MESSAGE_BYTES_MAX,
            self.link.encrypted(),
            Some(self.link.endpoint()),
            FETCHES_MAX,
            FETCH_AGAIN_AFTER_MS,
            0,
            0,
        )
        .await?;
        let rows = connection
            .fetch_partition(
                &worker.id,
                &partition.into(),
                location.file_id,
                layout,
                true,
            )
            .await?;
        Ok(rows.try_collect().await?)
    }

    /// Lets the cluster forget the job; what is not heard is forgotten later.
    async fn tidy(&mut self, id: &str, failed: bool) {
        let job_id = id.to_owned();
        let rest = async {
            if failed {
                let job_id = job_id.clone();
                let _ = self.calls.cancel_job(CancelJobParams { job_id }).await;
            }
            let remove_stage_ids = Vec::new();
            let data = CleanJobDataParams {
                job_id,
                remove_stage_ids,
            };
            let _ = self.calls.clean_job_data(data).await;
            let session_id = self.session.clone();
            let _ = self
                .calls
                .remove_session(RemoveSessionParams { session_id })
                .await;
        };
        let _ = tokio::time::timeout(Duration::from_secs(5), rest).await;
    }
}

/// The last location of each partition, by partition.
///
/// Where a worker was lost the scheduler lists what it held beside what was made in its place, by a later task; taking
/// both would repeat rows if the worker came back. Tasks of one partition each make this a choice of one.
fn latest(locations: Vec<PartitionLocation>) -> BTreeMap<u32, PartitionLocation> {
    let mut latest: BTreeMap<u32, PartitionLocation> = BTreeMap::new();
    for location in locations {
        let Some(partition) = &location.partition_id else {
            continue;
        };
        let partition = partition.partition_id;
        let newer = latest
            .get(&partition)
            .is_none_or(|known| known.map_partition_id < location.map_partition_id);
        if newer {
            latest.insert(partition, location);
        }
    }
    latest
}

/// For how long the scheduler has not answered.
#[derive(Default)]
struct Away(Duration);

fn unanswered(address: &Address, status: &Status) -> Error {
    Error::store(
        format!("scheduler at {address}"),
        format!("{}; run again to resume", failure::cause(status)),
    )
}
