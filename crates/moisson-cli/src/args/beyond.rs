//! Arguments of work beyond one machine: batch systems, clusters, who does the work of a run.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[cfg(feature = "cluster")]
use super::MetricsArguments;

/// The batch systems.
#[derive(Debug, Subcommand)]
pub(crate) enum BatchSystem {
    /// Scripts for Slurm's sbatch: arrays of tasks, and drivers between them.
    #[command(after_help = "Examples:\n  \
        moisson batch slurm my.toml --out /scratch/my --tasks 64 --cpus 4 --memory 16GiB --time 04:00:00\n  \
        moisson batch slurm my.toml --account lab@cpu --setup 'module load gcc' --sbatch=--qos=long\n  \
        bash slurm-my/submit.sh\n\n\
        A job that nears its time limit stops, goes back into the queue and resumes. See docs/batch.md.")]
    Slurm(SlurmArguments),
}

/// Arguments of `batch slurm`.
#[derive(Debug, Args)]
pub(crate) struct SlurmArguments {
    /// The pipeline, a TOML file.
    pub pipeline: PathBuf,
    /// Where the output goes: a folder that all nodes see, or `s3://`, `gs://`, `az://`. Default: `out/NAME`.
    #[arg(long)]
    pub out: Option<String>,
    /// Tasks of each array.
    #[arg(long, value_name = "N", default_value_t = 16)]
    pub tasks: u32,
    /// Most tasks that run at once. Default: as many as Slurm has room for.
    #[arg(long, value_name = "M")]
    pub concurrent: Option<u32>,
    /// Time limit of a job, as for sbatch.
    #[arg(long, default_value = "04:00:00")]
    pub time: String,
    /// Memory of a job; the program plans with nine tenths of it. 0: what the site gives for the cores.
    #[arg(long, default_value = "16GiB", value_parser = crate::machine::parse_bytes)]
    pub memory: u64,
    /// Cores of a job, and threads of the program.
    #[arg(long, default_value_t = 4)]
    pub cpus: u32,
    /// Partition.
    #[arg(long)]
    pub partition: Option<String>,
    /// Account that is charged.
    #[arg(long)]
    pub account: Option<String>,
    /// Stages that tasks do, one array each; the drivers do the others.
    #[arg(
        long,
        value_name = "STAGES",
        value_delimiter = ',',
        default_value = "ingest,scatter,gather"
    )]
    pub post: Vec<String>,
    /// Folder for the scripts and their logs. Default: `slurm-NAME`.
    #[arg(long, conflicts_with = "print")]
    pub folder: Option<PathBuf>,
    /// Replace a value of the pipeline: a name of `[vars]`, or a dotted key. May be repeated.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub settings: Vec<String>,
    /// Ask no server: nodes often reach none. `moisson fetch` fills the mirror beforehand.
    #[arg(long)]
    pub offline: bool,
    /// How long before the time limit a job stops, to go back into the queue.
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = crate::commands::batch::parse_margin)]
    pub resume_margin: u64,
    /// A line of shell before the program starts, such as `module load gcc`. May be repeated.
    #[arg(long, value_name = "LINE")]
    pub setup: Vec<String>,
    /// A further option of sbatch, such as `--sbatch=--qos=long`. May be repeated.
    #[arg(long, value_name = "OPTION", allow_hyphen_values = true)]
    pub sbatch: Vec<String>,
    /// The program as the nodes find it. Default: where this one lies.
    #[arg(long, value_name = "PATH")]
    pub program: Option<PathBuf>,
    /// Print the scripts instead of writing them.
    #[arg(long)]
    pub print: bool,
}

/// Arguments of `run` that say who does the work. Without them it is the threads of this machine.
#[derive(Debug, Args)]
#[command(next_help_heading = "Beyond one machine")]
pub(crate) struct CrewArguments {
    /// Do the share I of N of what is posted (at first: of what there is to read), as one task of a batch system.
    #[arg(long, value_name = "I/N", value_parser = parse_task, conflicts_with_all = ["finish", "limit"])]
    pub task: Option<Task>,
    /// Take up what tasks did, and do here what is left.
    #[arg(long)]
    pub finish: bool,
    /// Stop at the first of these stages that has work left, and post it for tasks.
    #[arg(
        long,
        value_name = "STAGES",
        value_delimiter = ',',
        requires = "finish"
    )]
    pub post: Vec<String>,
    /// Give a unit of work up after so many attempts that ended without a result.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub attempts: u32,
    /// Try units again that were given up.
    #[arg(long)]
    pub retry_failed: bool,
    /// Have the work done by the workers of the scheduler at `df://HOST:PORT`. The output, and inputs that are not in
    /// an object store, must lie where all of them reach it under one name.
    #[cfg(feature = "cluster")]
    #[arg(long, value_name = "URL", conflicts_with_all = ["task", "finish"])]
    pub cluster: Option<String>,
    /// Seconds to wait for the scheduler to be there.
    #[cfg(feature = "cluster")]
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 0,
        hide_default_value = true,
        requires = "cluster"
    )]
    pub wait: u64,
    /// Cancel what the cluster works on, and submit it again, once nothing was done for so many seconds.
    #[cfg(feature = "cluster")]
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 1800,
        requires = "cluster"
    )]
    pub stall: u64,
    /// Certificates for the connection to the cluster.
    #[cfg(feature = "cluster")]
    #[command(flatten)]
    pub tls: TlsArguments,
}

/// A share of the work of a batch system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Task {
    /// From 0.
    pub index: usize,
    /// Number of tasks.
    pub tasks: usize,
}

fn parse_task(text: &str) -> Result<Task, String> {
    let numbers = text.split_once('/');
    let numbers =
        numbers.and_then(|(index, tasks)| Some((index.parse().ok()?, tasks.parse().ok()?)));
    match numbers {
        Some((index, tasks)) if index < tasks => Ok(Task { index, tasks }),
        _ => Err("write I/N with I from 0 to N - 1, such as 0/16".to_owned()),
    }
}

/// A certificate: all three or none.
#[cfg(feature = "cluster")]
#[derive(Debug, Args)]
pub(crate) struct TlsArguments {
    /// Certificate of the authority that signed those of all machines of the cluster, PEM.
    #[arg(id = "tls_ca", long = "tls-ca", value_name = "FILE", requires_all = ["tls_cert", "tls_key"])]
    pub ca: Option<PathBuf>,
    /// Certificate of this machine, for its `--advertise` name, PEM.
    #[arg(id = "tls_cert", long = "tls-cert", value_name = "FILE", requires_all = ["tls_ca", "tls_key"])]
    pub certificate: Option<PathBuf>,
    /// Private key of that certificate, PEM without passphrase.
    #[arg(id = "tls_key", long = "tls-key", value_name = "FILE", requires_all = ["tls_ca", "tls_cert"])]
    pub key: Option<PathBuf>,
}

/// Arguments of `scheduler`.
#[cfg(feature = "cluster")]
#[derive(Debug, Args)]
pub(crate) struct SchedulerArguments {
    /// Address to listen on.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub bind: std::net::IpAddr,
    /// Port to listen on; 0 takes a free one.
    #[arg(long, default_value_t = 50050)]
    pub port: u16,
    /// Name of this machine to others. Default: the address it listens on.
    #[arg(long, value_name = "HOST")]
    pub advertise: Option<String>,
    /// Seconds of silence after which a worker is lost and its tasks are given to others.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(2..))]
    pub worker_timeout: u64,
    #[command(flatten)]
    pub tls: TlsArguments,
    /// Messages on stderr from this level on: error, warn, info, debug, trace.
    #[arg(long, value_name = "LEVEL", default_value = "warn")]
    pub log: String,
    /// Where metrics go.
    #[command(flatten)]
    pub metrics: MetricsArguments,
}

/// Arguments of `worker`.
#[cfg(feature = "cluster")]
#[derive(Debug, Args)]
pub(crate) struct WorkerArguments {
    /// The scheduler, `df://HOST:PORT`.
    #[arg(long, value_name = "URL")]
    pub scheduler: String,
    /// Seconds to wait for the scheduler to be there.
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 0,
        hide_default_value = true
    )]
    pub wait: u64,
    /// Location that plans may read and write: an absolute folder, or `s3://`, `gs://`, `az://`. May be repeated.
    #[arg(long = "store", value_name = "LOCATION", required = true)]
    pub stores: Vec<String>,
    /// Tasks at once. Default: the machine's threads.
    #[arg(long)]
    pub slots: Option<usize>,
    /// Memory to stay within, such as `4GiB`. Default: half of the machine's.
    #[arg(long, value_parser = crate::machine::parse_bytes)]
    pub memory: Option<u64>,
    /// Folder for shuffle and temporary files. Default: the system's.
    #[arg(long)]
    pub scratch: Option<PathBuf>,
    /// Address on which shuffle files are served.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub bind: std::net::IpAddr,
    /// Port on which shuffle files are served; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// Name of this machine to other workers and drivers. Default: the address it listens on.
    #[arg(long, value_name = "HOST")]
    pub advertise: Option<String>,
    #[command(flatten)]
    pub tls: TlsArguments,
    /// Messages on stderr from this level on: error, warn, info, debug, trace.
    #[arg(long, value_name = "LEVEL", default_value = "warn")]
    pub log: String,
    /// Where metrics go.
    #[command(flatten)]
    pub metrics: MetricsArguments,
}
