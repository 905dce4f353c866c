//! The scheduler: takes plans of drivers, cuts them into tasks, hands these to workers that ask.
//!
//! It touches no data and no store, and keeps its state in memory: started again it knows no job, drivers submit theirs
//! again and workers come back by themselves.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ballista_core::config::TaskSchedulingPolicy;
use ballista_core::serde::protobuf::scheduler_grpc_server::SchedulerGrpcServer;
use ballista_core::utils::default_session_builder;
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::create_scheduler;
use datafusion::execution::FunctionRegistry;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalPlanNode};
use moisson_core::{Error, Result};

use super::confine::Stores;
use super::handshake::Link;
use super::tls::Tls;
use super::{MESSAGE_BYTES_MAX, functions};

/// How often a server looks whether it is to stop.
const STOP_EVERY: Duration = Duration::from_millis(100);

/// How long calls in flight may go on once it is to stop.
const STOP_WITHIN: Duration = Duration::from_secs(2);

/// How long jobs wait for workers when there is none: a cluster may lose all and get them back.
const NO_WORKERS_SECONDS: u64 = 7 * 24 * 3600;

/// How long the shuffle files of a job stay after its end, in seconds; drivers say when they are done with them.
const JOB_DATA_SECONDS: u64 = 3600;

/// Failures of a task for which another worker may do better, before its job is ended. Workers rest after each
/// ([`super::rest`]), so that one that fails everything cannot use them up before another is free.
const TASK_FAILURES_MAX: usize = 8;

/// What a scheduler is started with.
#[derive(Debug, Clone)]
pub struct SchedulerOptions {
    /// Where it listens; port 0 takes a free one.
    pub bind: SocketAddr,
    /// Name of this machine to others; by default the address it listens on.
    pub advertise: Option<String>,
    /// Certificate; without it anyone who reaches the port may submit plans.
    pub tls: Option<Tls>,
    /// A worker silent for so long is lost, and its tasks are given to others. Workers speak every second.
    pub worker_timeout: Duration,
    /// The steps and their versions.
    pub versions: &'static [(&'static str, u32)],
}

/// Serves until `stop` is set; `ready` gets the address once it can be reached.
///
/// # Errors
/// [`Error::Config`] if the address is taken or the certificate is refused.
pub fn serve(
    options: &SchedulerOptions,
    stop: &AtomicBool,
    ready: impl FnOnce(SocketAddr),
) -> Result<()> {
    let runtime = crate::session::runtime()?;
    let served = runtime.block_on(Box::pin(run(options, stop, ready)));
    runtime.shutdown_background();
    served
}

async fn run(
    options: &SchedulerOptions,
    stop: &AtomicBool,
    ready: impl FnOnce(SocketAddr),
) -> Result<()> {
    let link = Link::new(options.versions, options.tls.clone());
    let mut server = link.server()?.layer(link.guard());
    let (incoming, address) = Link::listen(options.bind)?;
    let config = configuration(options, &link, address);
    let failed = |e: ballista_core::error::BallistaError| Error::internal(e.to_string());
    let cluster = BallistaCluster::new_from_config(&config)
        .await
        .map_err(failed)?;
    let scheduler =
        create_scheduler::<LogicalPlanNode, PhysicalPlanNode>(cluster, Arc::new(config))
            .await
            .map_err(failed)?;
    let service = SchedulerGrpcServer::new(scheduler)
        .max_decoding_message_size(MESSAGE_BYTES_MAX)
        .max_encoding_message_size(MESSAGE_BYTES_MAX);
    let serving = server
        .add_service(service)
        .serve_with_incoming_shutdown(incoming, stopped(stop));
    ready(address);
    tokio::select! {
        served = serving => served.map_err(|e| Error::store("scheduler", e)),
        () = async { stopped(stop).await; tokio::time::sleep(STOP_WITHIN).await } => Ok(()),
    }
}

/// Returns once `stop` is set.
pub(crate) async fn stopped(stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        tokio::time::sleep(STOP_EVERY).await;
    }
}

fn configuration(options: &SchedulerOptions, link: &Link, address: SocketAddr) -> SchedulerConfig {
    let host = options.advertise.clone();
    let message_bytes = u32::try_from(MESSAGE_BYTES_MAX).unwrap_or(u32::MAX);
    let timeout = options.worker_timeout.as_secs().max(2);
    let config_link = link.clone();
    SchedulerConfig {
        external_host: host.unwrap_or_else(|| address.ip().to_string()),
        bind_host: address.ip().to_string(),
        bind_port: address.port(),
        scheduling_policy: TaskSchedulingPolicy::PullStaged,
        executor_timeout_seconds: timeout,
        expire_dead_executor_interval_seconds: (timeout / 4).clamp(1, 15),
        no_executors_grace_period_seconds: NO_WORKERS_SECONDS,
        task_max_failures: TASK_FAILURES_MAX,
        finished_job_data_clean_up_interval_seconds: JOB_DATA_SECONDS,
        finished_job_state_clean_up_interval_seconds: JOB_DATA_SECONDS,
        grpc_server_max_decoding_message_size: message_bytes,
        grpc_server_max_encoding_message_size: message_bytes,
        grpc_client_max_message_size: message_bytes,
        override_config_producer: Some(Arc::new(move || config_link.config())),
        override_session_builder: Some(Arc::new(|config| {
            let state = default_session_builder(config)?;
            // A plan that would have the scheduler itself look at files finds none.
            let nothing = Stores::new(&[]).map_err(|e| super::failure::into_datafusion(&e))?;
            let environment = RuntimeEnvBuilder::new()
                .with_object_store_registry(Arc::new(nothing))
                .build_arc()?;
            let mut state = SessionStateBuilder::new_from_existing(state)
                .with_runtime_env(environment)
                .build();
            for function in functions::planned() {
                state.register_udf(function)?;
            }
            Ok(state)
        })),
        override_create_grpc_client_endpoint: Some(link.dresser()),
        use_tls: link.encrypted(),
        ..SchedulerConfig::default()
    }
}
