//! The command line, in one place: help, completions and parsing come from it.

mod beyond;
mod output;

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use beyond::*;
pub(crate) use output::*;

/// Turns open public-sector corpora into licence-clean, deduplicated, filtered, sharded Parquet.
#[derive(Debug, Parser)]
#[command(
    name = "moisson",
    version,
    max_term_width = 100,
    after_help = "Examples:\n  \
        moisson run pipelines/quickstart.toml\n  \
        moisson query out/quickstart \"SELECT source, reason, count(*) FROM decisions WHERE counted GROUP BY ALL\"\n  \
        moisson explain out/quickstart legi/LEGIARTI000000000001"
)]
pub(crate) struct Arguments {
    /// Form of results on stdout.
    #[arg(long, global = true, value_enum, default_value_t = Form::Text)]
    pub format: Form,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Form of results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs: one JSON value, or one object a line for rows.
    Json,
}

/// Form of results, as it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// For people.
    Text,
    /// For programs: one JSON value, or one object a line for rows.
    Json,
    /// For release notes; only `diff` writes it.
    Markdown,
}

impl Form {
    /// The form of a command that writes no Markdown; `None` where Markdown is asked for.
    pub(crate) fn plain(self) -> Option<Format> {
        match self {
            Self::Text => Some(Format::Text),
            Self::Json => Some(Format::Json),
            Self::Markdown => None,
        }
    }
}

/// Form of progress on stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressForm {
    /// Bars on a terminal, plain lines elsewhere.
    Auto,
    /// One JSON object a line.
    Json,
    /// Nothing.
    None,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a pipeline: read, measure, decide, deduplicate, shard, publish.
    #[command(after_help = "Examples:\n  \
        moisson run pipelines/quickstart.toml\n  \
        moisson run my.toml --out s3://bucket/release --threads 8 --memory 16GiB\n  \
        moisson run my.toml --set corpora=/data --set dedup.threshold=0.9 --limit 100\n\n\
        Running again resumes after a stop or a kill, and does nothing where nothing is new.\n\n\
        As tasks of a batch system, in any number and order, then once:\n  \
        moisson run my.toml --out /shared/out --task 3/16\n  \
        moisson run my.toml --out /shared/out --finish")]
    Run(RunArguments),
    /// Mirror the sources that a pipeline gives an address for: what is new or has changed, politely.
    #[command(after_help = "Examples:\n  \
        moisson fetch pipelines/droit.toml --out out/droit\n  \
        moisson fetch pipelines/recherche.toml --only hal --set fetch.contact=mailto:data@example.org\n\n\
        A fetch that was stopped or killed goes on; one with nothing new transfers nothing. `run` fetches only what was \
        never mirrored; this brings the mirror up to date.")]
    Fetch(FetchArguments),
    /// Show what a run would do, without doing it.
    #[command(after_help = "Examples:\n  \
        moisson plan pipelines/quickstart.toml\n  \
        moisson plan pipelines/quickstart.toml --tasks 64    the shares of a batch system's tasks")]
    Plan(PlanArguments),
    /// Write the job scripts of a pipeline for a batch system, which runs its heavy stages as arrays of tasks.
    #[command(
        after_help = "Example:\n  moisson batch slurm pipelines/quickstart.toml --out /scratch/quickstart --tasks 8"
    )]
    Batch {
        /// The batch system.
        #[command(subcommand)]
        system: BatchSystem,
    },
    /// Tell the whole story of one document: where it came from, what was measured, why it is or is not released.
    #[command(after_help = "Examples:\n  \
        moisson explain out/quickstart decisions/DEC-2024-0001\n  \
        moisson explain out/quickstart decisions/DEC-2024-0001 --lang fr")]
    Explain(ExplainArguments),
    /// Show what a release carries and owes: licences, obligations, attributions, deadlines, and what was kept out.
    #[command(after_help = "Examples:\n  \
        moisson licences out/quickstart\n  \
        moisson licences out/quickstart --lang fr\n  \
        moisson licences s3://bucket/release --format json")]
    Licences(LicencesArguments),
    /// Compare two releases: what was added, removed and changed, by source, licence and reason.
    #[command(after_help = "Examples:\n  \
        moisson diff out/january out/february\n  \
        moisson diff out/january out/february --format markdown --lang fr > notes.md\n  \
        moisson diff out/january out/february --list=50 --format json\n\n\
        Documents that the later output was asked to forget are counted, and their ids never told.")]
    Diff(DiffArguments),
    /// Ask the tables of an output in SQL: annotations, decisions, documents, duplicates, release.
    #[command(after_help = "Examples:\n  \
        moisson query OUT \"SELECT source, reason, count(*) n FROM decisions WHERE counted GROUP BY ALL ORDER BY n DESC\"\n  \
        moisson query OUT \"SELECT doc_id, kept_doc_id, similarity FROM duplicates\" --format json")]
    Query(QueryArguments),
    /// List what moisson knows: readers, annotators, rules, presets, licences, reasons, tables, documents.
    #[command(
        after_help = "Examples:\n  moisson list presets\n  moisson list readers tei\n  moisson list licences etalab-2.0"
    )]
    List(ListArguments),
    /// Check an output against its manifests: digests, counts, schema, balance.
    #[command(after_help = "Example:\n  moisson verify out/quickstart --deep")]
    Verify(VerifyArguments),
    /// Forget documents: they leave every shard, table and mirrored file of an output, and stay out of it.
    #[command(after_help = "Examples:\n  \
        moisson forget OUT --ids cass/JURITEXT000000000001 --who \"M. A., par courriel\" --why \"demande d'effacement\" \\\n    \
        --basis \"RGPD, art. 17\"\n  \
        moisson forget OUT --query \"SELECT doc_id FROM release WHERE url LIKE '%example.org%'\" --who … --why … --dry-run\n  \
        moisson forget OUT --withdrawn --who \"moisson\" --why \"withdrawn by their publishers\"\n  \
        moisson forget OUT --resume\n\n\
        What was not in reach is told in the proof. A document that stood for duplicates is replaced by the next of them. \
        Later runs keep forgotten documents out.")]
    Forget(ForgetArguments),
    /// Remove what an output does not need.
    #[command(after_help = "Examples:\n  \
        moisson clean OUT                  remove parts of earlier inputs and parameters\n  \
        moisson clean OUT --keep receipts  keep only the release and its ledger")]
    Clean(CleanArguments),
    /// Write documents about a release: for catalogues, dataspaces, lawyers and the AI Act.
    #[command(after_help = "Examples:\n  \
        moisson publish out/quickstart --as croissant,dcat-ap\n  \
        moisson publish out/quickstart --set publication.base_url=https://data.example.org/quickstart\n  \
        moisson publish out/quickstart --as ai-act --pipeline attested.toml --to /srv/summary\n\n\
        `moisson list documents` tells them. What only a human can state is `to be provided` until the tables \
        [publication] and [attestations] of the pipeline, or --set, state it. Nothing here is legal advice.")]
    Publish(PublishArguments),
    /// Take the plans of drivers and hand their tasks to workers.
    #[cfg(feature = "cluster")]
    #[command(after_help = "Examples:\n  \
        moisson scheduler\n  \
        moisson scheduler --bind 0.0.0.0 --advertise node1.example.org \\\n    \
        --tls-ca ca.pem --tls-cert node1.pem --tls-key node1.key\n\n\
        Prints `scheduler listening on df://HOST:PORT` once it can be reached. It keeps jobs in memory only: started \
        again, workers come back by themselves and drivers submit their jobs again.")]
    Scheduler(SchedulerArguments),
    /// Work for a scheduler: run tasks within the stores it is given.
    #[cfg(feature = "cluster")]
    #[command(after_help = "Examples:\n  \
        moisson worker --scheduler df://node1:50050 --store /data --slots 8 --memory 32GiB\n  \
        moisson worker --scheduler df://node1:50050 --store s3://corpora --store s3://releases/2026 \\\n    \
        --bind 0.0.0.0 --advertise node2.example.org --tls-ca ca.pem --tls-cert node2.pem --tls-key node2.key\n\n\
        Prints `worker ready, N slots, flight on HOST:PORT` once the scheduler has answered. A scheduler that goes \
        away later is waited for. Scheduler, workers and drivers must be the same version of moisson.")]
    Worker(WorkerArguments),
    /// Tell what a run does in an output, or did: from any machine that reaches the output.
    #[command(after_help = "Examples:\n  \
        moisson status out/droit\n  \
        moisson status s3://bucket/release --format json\n\n\
        Exit status 1 where the run failed or its release is staged, 2 where there is no output.")]
    Status(StatusArguments),
    /// Print the JSON Schema of pipelines.
    #[command(after_help = "Example:\n  moisson schema > moisson.schema.json")]
    Schema,
    /// Print completions for a shell.
    #[command(after_help = "Example:\n  moisson completions bash > /etc/bash_completion.d/moisson")]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// Arguments of `plan`.
#[derive(Debug, Args)]
pub(crate) struct PlanArguments {
    /// What would be run.
    #[command(flatten)]
    pub on: PipelineArguments,
    /// Show how the units of reading would be shared between so many tasks of a batch system.
    #[arg(long, value_name = "N")]
    pub tasks: Option<NonZeroUsize>,
}

/// What `run` and `plan` are about.
#[derive(Debug, Args)]
pub(crate) struct PipelineArguments {
    /// The pipeline, a TOML file.
    pub pipeline: PathBuf,
    /// Where the output goes: a folder, or `s3://`, `gs://`, `az://`. Default: `out/NAME`.
    #[arg(long)]
    pub out: Option<String>,
    /// Threads that compute. Default: all of the machine's.
    #[arg(long)]
    pub threads: Option<usize>,
    /// Memory to stay within, such as `4GiB`. Concurrency falls before it is passed. Default: half of the machine's.
    #[arg(long, value_parser = crate::machine::parse_bytes)]
    pub memory: Option<u64>,
    /// Folder for temporary files. Default: the system's.
    #[arg(long)]
    pub scratch: Option<PathBuf>,
    /// Read at most this many records of each source.
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    pub limit: u64,
    /// Replace a value of the pipeline: a name of `[vars]`, or a dotted key. May be repeated.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub settings: Vec<String>,
    /// Ask no server: sources read what they name in `local`, else what is mirrored already.
    #[arg(long)]
    pub offline: bool,
}

/// Arguments of `run`.
#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// What is run.
    #[command(flatten)]
    pub on: PipelineArguments,
    /// Form of progress on stderr.
    #[arg(long, value_enum, default_value_t = ProgressForm::Auto)]
    pub progress: ProgressForm,
    /// Where metrics go.
    #[command(flatten)]
    pub metrics: MetricsArguments,
    /// Who does the work.
    #[command(flatten)]
    pub crew: CrewArguments,
}

/// Where metrics of a long-running command go.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct MetricsArguments {
    /// Serve Prometheus metrics at `/metrics` on this address and port; a port alone means this machine only.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub metrics: Option<String>,
    /// Write the same metrics to this file, whole, for the node exporter's textfile collector.
    #[arg(long, value_name = "FILE")]
    pub metrics_file: Option<PathBuf>,
}

/// Arguments of `fetch`.
#[derive(Debug, Args)]
pub(crate) struct FetchArguments {
    /// The pipeline, a TOML file.
    pub pipeline: PathBuf,
    /// Output whose mirror is filled: a folder, or `s3://`, `gs://`, `az://`. Default: `out/NAME`.
    #[arg(long)]
    pub out: Option<String>,
    /// Only this source. May be repeated.
    #[arg(long, value_name = "SOURCE")]
    pub only: Vec<String>,
    /// Folder for temporary files. Default: the system's.
    #[arg(long)]
    pub scratch: Option<PathBuf>,
    /// Replace a value of the pipeline: a name of `[vars]`, or a dotted key. May be repeated.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub settings: Vec<String>,
    /// Form of progress on stderr.
    #[arg(long, value_enum, default_value_t = ProgressForm::Auto)]
    pub progress: ProgressForm,
}
