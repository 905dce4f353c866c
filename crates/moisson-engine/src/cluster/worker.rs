//! A worker: asks the scheduler for tasks, runs them, and serves what they leave for others.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use arrow_flight::flight_service_server::FlightServiceServer;
use ballista_core::BALLISTA_PROTOCOL_VERSION;
use ballista_core::RuntimeProducer;
use ballista_core::extension::ballista_scalar_functions;
use ballista_core::registry::BallistaFunctionRegistry;
use ballista_core::serde::protobuf::executor_grpc_server::{ExecutorGrpc, ExecutorGrpcServer};
use ballista_core::serde::protobuf::executor_resource::Resource;
use ballista_core::serde::protobuf::scheduler_grpc_client::SchedulerGrpcClient;
use ballista_core::serde::protobuf::{
    CancelTasksParams, CancelTasksResult, ExecutorOperatingSystemSpecification,
    ExecutorRegistration, ExecutorResource, ExecutorSpecification, ExecutorStoppedParams,
    LaunchMultiTaskParams, LaunchMultiTaskResult, LaunchTaskParams, LaunchTaskResult,
    PollWorkParams, RemoveJobDataParams, RemoveJobDataResult, StopExecutorParams,
    StopExecutorResult,
};
use ballista_core::serde::{
    BallistaCodec, BallistaLogicalExtensionCodec, BallistaPhysicalExtensionCodec,
};
use ballista_executor::execution_engine::DefaultExecutionEngine;
use ballista_executor::execution_loop::poll_loop;
use ballista_executor::executor::Executor;
use ballista_executor::executor_process::satisfy_dir_ttl;
use ballista_executor::flight_service::BallistaFlightService;
use ballista_executor::health::ExecutorHealth;
use ballista_executor::metrics::LoggingMetricsCollector;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalPlanNode};
use futures::future::BoxFuture;
use moisson_core::{Error, Result};
use tokio::sync::watch;
use tonic::codegen::{Service, http};
use tonic::transport::Channel;
use tonic::{Request, Response, Status};

use super::MESSAGE_BYTES_MAX;
use super::confine::Stores;
use super::functions::{self, Perform};
use super::handshake::{self, Address, Link};
use super::rest::{Rest, Resting};
use super::scheduler::stopped;
use super::tls::Tls;

/// How often a worker tells the scheduler that it lives, whatever its tasks do.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(1);

/// The usual first rest of a worker whose task failed because a store, a file or a connection did; each that follows
/// without a task done between them is twice as long, up to half a minute.
pub const REST: Duration = Duration::from_secs(1);

/// Longest pause between attempts to reach a scheduler that is gone.
const PAUSE_MAX: Duration = Duration::from_secs(4);

/// How long the shuffle files of a job may lie unchanged, in seconds; for jobs whose scheduler was lost with them.
const JOB_DATA_SECONDS: u64 = 24 * 3600;

const CLEAN_EVERY: Duration = Duration::from_mins(10);
const STOP_WITHIN: Duration = Duration::from_secs(2);

/// What a worker is started with.
#[derive(Clone)]
pub struct WorkerOptions {
    /// The scheduler, `df://HOST:PORT`.
    pub scheduler: String,
    /// Where it serves shuffle files.
    pub bind: IpAddr,
    /// Name of this machine to other workers and drivers; by default the address it listens on.
    pub advertise: Option<String>,
    /// Port it serves shuffle files on; 0 takes a free one.
    pub port: u16,
    /// Tasks at once.
    pub slots: usize,
    /// Memory to stay within, in bytes: DataFusion gets a quarter, shared by the slots.
    pub memory_bytes: u64,
    /// Where shuffle and temporary files go; by default the system's place.
    pub scratch: Option<PathBuf>,
    /// Locations that plans may read and write: absolute folders, object-store URLs.
    pub stores: Vec<String>,
    /// Certificate; without it anyone who reaches the port may read shuffle files.
    pub tls: Option<Tls>,
    /// How long the scheduler may need to be there.
    pub wait: Duration,
    /// How long it takes no task after one that failed for its machine; see [`REST`].
    pub rest: Duration,
    /// The steps and their versions.
    pub versions: &'static [(&'static str, u32)],
    /// Performs the units of map stages.
    pub perform: Arc<dyn Perform>,
}

impl std::fmt::Debug for WorkerOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WorkerOptions")
            .field("scheduler", &self.scheduler)
            .field("bind", &self.bind)
            .field("port", &self.port)
            .field("slots", &self.slots)
            .field("stores", &self.stores)
            .finish_non_exhaustive()
    }
}

/// Works until `stop` is set; `ready` gets the address of the shuffle files once the scheduler has answered.
///
/// A scheduler that goes away is waited for.
///
/// # Errors
/// [`Error::Config`] if an option is wrong, the scheduler cannot be reached at the start, or refuses this program then or
/// later.
pub fn serve(
    options: &WorkerOptions,
    stop: &AtomicBool,
    ready: impl FnOnce(SocketAddr),
) -> Result<()> {
    let runtime = crate::session::runtime()?;
    let served = runtime.block_on(Box::pin(run(options, stop, ready)));
    runtime.shutdown_timeout(STOP_WITHIN);
    served
}

async fn run(
    options: &WorkerOptions,
    stop: &AtomicBool,
    ready: impl FnOnce(SocketAddr),
) -> Result<()> {
    if options.bind.is_unspecified() && options.advertise.is_none() {
        return Err(Error::config(format!(
            "--bind {} is no address others can use; add --advertise HOST",
            options.bind
        )));
    }
    let scheduler = Address::parse(&options.scheduler)?;
    let stores = Arc::new(Stores::new(&options.stores)?);
    let link = Link::new(options.versions, options.tls.clone());
    let mut server = link.server()?.layer(link.guard());
    let (incoming, address) = Link::listen(SocketAddr::new(options.bind, options.port))?;
    let channel = link.connect_within(&scheduler, options.wait).await?;

    let scratch = scratch(options.scratch.as_deref())?;
    let halt = Arc::new(AtomicBool::new(false));
    let (rest, rests) = Rest::new(options.slots.max(1), options.rest);
    let executor = Arc::new(executor(
        options,
        &halt,
        &link,
        stores,
        scratch.path(),
        address,
        &rest,
    ));
    let flight = FlightServiceServer::new(BallistaFlightService::new(executor.work_dir.clone()))
        .max_decoding_message_size(MESSAGE_BYTES_MAX)
        .max_encoding_message_size(MESSAGE_BYTES_MAX);
    let serving = server
        .add_service(flight)
        .add_service(ExecutorGrpcServer::new(Orders(executor.clone())))
        .serve_with_incoming(incoming);

    let (refusal, mut refused) = watch::channel(None);
    let patient = Patient::new(channel.clone(), refusal);
    let calls = SchedulerGrpcClient::new(patient)
        .max_decoding_message_size(MESSAGE_BYTES_MAX)
        .max_encoding_message_size(MESSAGE_BYTES_MAX);
    let codec: BallistaCodec<LogicalPlanNode, PhysicalPlanNode> = BallistaCodec::new(
        Arc::new(BallistaLogicalExtensionCodec::default()),
        Arc::new(BallistaPhysicalExtensionCodec::default()),
    );
    let polling = poll_loop(
        calls.clone(),
        executor.clone(),
        codec,
        None,
        Some(rest.slots()),
        ExecutorHealth::new(),
    );
    ready(address);
    let ended = tokio::select! {
        () = stopped(stop) => Ok(()),
        served = serving => served.map_err(|e| Error::store("shuffle files", e)),
        polled = polling => polled.map_err(|e| Error::internal(e.to_string())),
        () = heartbeats(calls, executor.clone()) => Ok(()),
        () = clean(&executor.work_dir) => Ok(()),
        () = Rest::keep(rests) => Ok(()),
        why = refused.wait_for(Option::is_some) => {
            let why = why.ok().and_then(|why| why.clone()).unwrap_or_default();
            Err(handshake::refused(&scheduler, &why))
        }
    };
    // From here on nothing is reported, and units may be given up.
    halt.store(true, Ordering::Relaxed);
    leave(channel, &executor).await;
    ended
}

/// Tells the scheduler not to wait for this worker, if there is one to tell.
async fn leave(channel: Channel, executor: &Executor) {
    let mut calls = handshake::scheduler(channel);
    let goodbye = calls.executor_stopped(ExecutorStoppedParams {
        executor_id: executor.metadata.id.clone(),
        reason: "it was stopped".to_owned(),
    });
    // Without an answer the scheduler finds out by itself, later.
    let _ = tokio::time::timeout(STOP_WITHIN, goodbye).await;
}

fn scratch(folder: Option<&Path>) -> Result<tempfile::TempDir> {
    let folder = folder.map_or_else(std::env::temp_dir, Path::to_path_buf);
    crate::store::make_folder(&folder)?;
    let scratch = tempfile::Builder::new()
        .prefix("moisson-worker-")
        .tempdir_in(&folder)
        .map_err(|e| Error::store(folder.display(), e))?;
    crate::store::make_folder(&scratch.path().join("shuffle"))?;
    crate::store::make_folder(&scratch.path().join("spill"))?;
    Ok(scratch)
}

fn executor(
    options: &WorkerOptions,
    halt: &Arc<AtomicBool>,
    link: &Link,
    stores: Arc<Stores>,
    scratch: &Path,
    address: SocketAddr,
    rest: &Arc<Rest>,
) -> Executor {
    let slots = options.slots.max(1);
    let host = options
        .advertise
        .clone()
        .unwrap_or_else(|| match address.ip() {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        });
    // The random part of the folder's name tells two lives of a worker apart.
    let life = scratch.file_name().unwrap_or_default().to_string_lossy();
    let metadata = ExecutorRegistration {
        id: format!("{host}:{}-{life}", address.port()),
        host: Some(host),
        port: u32::from(address.port()),
        grpc_port: u32::from(address.port()),
        specification: Some(ExecutorSpecification {
            resources: vec![ExecutorResource {
                resource: Some(Resource::Vcores(u32::try_from(slots).unwrap_or(u32::MAX))),
            }],
        }),
        // The scheduler wants one, and nobody looks at it.
        os_info: Some(ExecutorOperatingSystemSpecification::default()),
        ballista_protocol_version: BALLISTA_PROTOCOL_VERSION,
    };
    let mut registry = BallistaFunctionRegistry::default();
    let ours = functions::functions(&options.perform, halt);
    for function in ballista_scalar_functions().into_iter().chain(ours) {
        registry
            .scalar_functions
            .insert(function.name().to_owned(), function);
    }
    let link = link.clone();
    let engine = Resting {
        engine: DefaultExecutionEngine::new(),
        rest: rest.clone(),
    };
    Executor::new(
        metadata,
        &scratch.join("shuffle").to_string_lossy(),
        environments(
            options.memory_bytes,
            slots,
            stores,
            scratch.join("spill"),
            rest.clone(),
        ),
        Arc::new(move || link.config()),
        Arc::new(registry),
        Arc::new(LoggingMetricsCollector::default()),
        slots,
        Arc::new(engine),
    )
}

/// Makes the environment of each task: its share of memory, its place to spill, the stores of the worker.
fn environments(
    memory_bytes: u64,
    slots: usize,
    stores: Arc<Stores>,
    spill: PathBuf,
    rest: Arc<Rest>,
) -> RuntimeProducer {
    let pool_bytes = usize::try_from(memory_bytes / 4).unwrap_or(usize::MAX) / slots;
    Arc::new(move |_| {
        let disk = DiskManagerBuilder::default()
            .with_mode(DiskManagerMode::Directories(vec![spill.clone()]));
        RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(FairSpillPool::new(pool_bytes)))
            .with_disk_manager_builder(disk)
            .with_object_store_registry(stores.clone())
            .build_arc()
            // No place to spill to.
            .inspect_err(|_| rest.failed())
    })
}

/// Tells the scheduler every second that the worker lives; [`poll_loop`] may be as slow as five.
async fn heartbeats(mut calls: SchedulerGrpcClient<Patient>, executor: Arc<Executor>) {
    loop {
        tokio::time::sleep(HEARTBEAT_EVERY).await;
        let beat = PollWorkParams {
            metadata: Some(executor.metadata.clone()),
            num_free_vcores: 0,
            task_status: Vec::new(),
        };
        let Ok(answer) = calls.poll_work(beat).await else {
            continue;
        };
        // The scheduler says once, to whoever asks, which jobs are over.
        for job in answer.into_inner().jobs_to_clean {
            remove_job(&executor.work_dir, &job.job_id, &job.remove_stage_ids).await;
        }
    }
}

/// Removes the shuffle files of a job, or of some of its stages.
async fn remove_job(work_dir: &str, job: &str, stages: &[u32]) {
    if job.is_empty() || !job.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        return;
    }
    let folder = Path::new(work_dir).join(job);
    let folders = if stages.is_empty() {
        vec![folder]
    } else {
        let stage = |stage: &u32| folder.join(stage.to_string());
        stages.iter().map(stage).collect()
    };
    for folder in folders {
        // What cannot be removed goes with the worker's folder.
        let _ = tokio::fs::remove_dir_all(folder).await;
    }
}

/// Removes the shuffle files of jobs that nobody asked for in a day.
async fn clean(work_dir: &str) {
    loop {
        tokio::time::sleep(CLEAN_EVERY).await;
        let Ok(mut jobs) = tokio::fs::read_dir(work_dir).await else {
            continue;
        };
        while let Ok(Some(job)) = jobs.next_entry().await {
            let folder = job.path();
            if let Ok(false) = satisfy_dir_ttl(job, JOB_DATA_SECONDS).await {
                let _ = tokio::fs::remove_dir_all(folder).await;
            }
        }
    }
}

/// A connection that pauses after a failure, so that a scheduler that is gone is not asked twenty times a second, and
/// that notices when another version has come back in its place.
#[derive(Clone)]
struct Patient {
    channel: Channel,
    refusal: watch::Sender<Option<String>>,
    pause: Arc<Mutex<Duration>>,
}

impl Patient {
    fn new(channel: Channel, refusal: watch::Sender<Option<String>>) -> Self {
        Self {
            channel,
            refusal,
            pause: Arc::default(),
        }
    }

    /// The pause before the next attempt: none after a success, else doubling.
    fn paused(pause: &Mutex<Duration>, failed: bool) -> Duration {
        let mut pause = pause
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        *pause = if failed {
            (*pause * 2).clamp(Duration::from_millis(250), PAUSE_MAX)
        } else {
            Duration::ZERO
        };
        *pause
    }
}

impl Service<http::Request<tonic::body::Body>> for Patient {
    type Response = http::Response<tonic::body::Body>;
    type Error = tonic::transport::Error;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.channel.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<tonic::body::Body>) -> Self::Future {
        let calling = self.channel.call(request);
        let (pause, refusal) = (self.pause.clone(), self.refusal.clone());
        Box::pin(async move {
            let answer = calling.await;
            if let Ok(answer) = &answer
                && let Some(status) = Status::from_header_map(answer.headers())
                && let Some(why) = handshake::refusal(&status)
            {
                refusal.send_replace(Some(why));
            }
            tokio::time::sleep(Self::paused(&pause, answer.is_err())).await;
            answer
        })
    }
}

/// What the scheduler tells a worker that it did not ask for.
struct Orders(Arc<Executor>);

#[async_trait::async_trait]
impl ExecutorGrpc for Orders {
    async fn launch_task(
        &self,
        _: Request<LaunchTaskParams>,
    ) -> Result<Response<LaunchTaskResult>, Status> {
        Err(Status::unimplemented("workers ask for tasks"))
    }

    async fn launch_multi_task(
        &self,
        _: Request<LaunchMultiTaskParams>,
    ) -> Result<Response<LaunchMultiTaskResult>, Status> {
        Err(Status::unimplemented("workers ask for tasks"))
    }

    /// Does nothing: it comes when the scheduler had not heard of a worker that lives.
    async fn stop_executor(
        &self,
        _: Request<StopExecutorParams>,
    ) -> Result<Response<StopExecutorResult>, Status> {
        Ok(Response::new(StopExecutorResult {}))
    }

    async fn cancel_tasks(
        &self,
        request: Request<CancelTasksParams>,
    ) -> Result<Response<CancelTasksResult>, Status> {
        let mut cancelled = true;
        for task in request.into_inner().task_infos {
            let (stage, number) = (task.stage_id as usize, task.task_id as usize);
            let known = self.0.cancel_task(task.job_id.into(), stage, number).await;
            cancelled &= known.unwrap_or(false);
        }
        Ok(Response::new(CancelTasksResult { cancelled }))
    }

    async fn remove_job_data(
        &self,
        request: Request<RemoveJobDataParams>,
    ) -> Result<Response<RemoveJobDataResult>, Status> {
        let job = request.into_inner();
        remove_job(&self.0.work_dir, &job.job_id, &job.remove_stage_ids).await;
        Ok(Response::new(RemoveJobDataResult {}))
    }
}
