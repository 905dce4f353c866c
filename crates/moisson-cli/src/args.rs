//! The command line, in one place: help, completions and parsing come from it.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

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

/// Arguments of `status`.
#[derive(Debug, Args)]
pub(crate) struct StatusArguments {
    /// The output.
    pub out: String,
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

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainArguments {
    /// The output.
    pub out: String,
    /// The document's id, `SOURCE/KEY`.
    pub doc_id: String,
    /// Language of the text. Default: as `LC_ALL`, `LC_MESSAGES` or `LANG` say, else English.
    #[arg(long, value_enum)]
    pub lang: Option<Lang>,
}

/// Language of texts for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Lang {
    /// English.
    En,
    /// French.
    Fr,
}

/// Arguments of `licences`.
#[derive(Debug, Args)]
pub(crate) struct LicencesArguments {
    /// The output.
    pub out: String,
    /// Language of the text. Default: as `LC_ALL`, `LC_MESSAGES` or `LANG` say, else English.
    #[arg(long, value_enum)]
    pub lang: Option<Lang>,
}

/// Arguments of `diff`.
#[derive(Debug, Args)]
pub(crate) struct DiffArguments {
    /// The output of the earlier release.
    pub before: String,
    /// The output of the later release.
    pub after: String,
    /// Language of the text. Default: as `LC_ALL`, `LC_MESSAGES` or `LANG` say, else English.
    #[arg(long, value_enum)]
    pub lang: Option<Lang>,
    /// Also list ids, at most so many; 0 lists all.
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true, default_missing_value = "1000")]
    pub list: Option<usize>,
    /// Memory to stay within, such as `4GiB`; what does not fit is spilled. Default: half of the machine's.
    #[arg(long, value_parser = crate::machine::parse_bytes)]
    pub memory: Option<u64>,
    /// Folder for temporary files. Default: the system's.
    #[arg(long)]
    pub scratch: Option<PathBuf>,
}

/// Arguments of `query`.
#[derive(Debug, Args)]
pub(crate) struct QueryArguments {
    /// The output.
    pub out: String,
    /// The query.
    pub sql: String,
}

/// Arguments of `list`.
#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    /// What to list.
    #[arg(value_enum)]
    pub what: ListWhat,
    /// One reader: its page, with what it follows, fills in and knows of defects. Or one licence: all that is known of it.
    pub name: Option<String>,
}

/// What `list` lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListWhat {
    /// Readers of source formats.
    Readers,
    /// Families of measurements.
    Annotators,
    /// Rules of all presets.
    Rules,
    /// Presets of rules.
    Presets,
    /// The catalogue of licences.
    Licences,
    /// Reason codes of the ledger.
    Reasons,
    /// Tables of `query`.
    Tables,
    /// Documents of `publish`.
    Documents,
}

/// Arguments of `verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArguments {
    /// The output.
    pub out: String,
    /// Digest every row again.
    #[arg(long)]
    pub deep: bool,
}

/// Arguments of `forget`.
#[derive(Debug, Args)]
pub(crate) struct ForgetArguments {
    /// The output.
    pub out: String,
    /// Ids of documents, `SOURCE/KEY`.
    #[arg(long, value_name = "ID", num_args = 1..)]
    pub ids: Vec<String>,
    /// All documents of this source. May be repeated.
    #[arg(long, value_name = "NAME")]
    pub source: Vec<String>,
    /// Those in the column `doc_id` of this query.
    #[arg(long, value_name = "SQL")]
    pub query: Option<String>,
    /// Ids in a file, one a line.
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Those that their publishers withdrew, or whose rights were reserved since.
    #[arg(long)]
    pub withdrawn: bool,
    /// Only finish what an interrupted `forget` began.
    #[arg(long, conflicts_with_all = ["ids", "source", "query", "file", "withdrawn", "dry_run"])]
    pub resume: bool,
    /// Who asks for it. Kept in the tombstone: name no more than has to be kept.
    #[arg(long, required_unless_present = "resume")]
    pub who: Option<String>,
    /// Why.
    #[arg(long, required_unless_present = "resume")]
    pub why: Option<String>,
    /// The legal basis, such as `RGPD, art. 17`.
    #[arg(long)]
    pub basis: Option<String>,
    /// Day of the request, `YYYY-MM-DD`. Default: today.
    #[arg(long, value_name = "DATE")]
    pub when: Option<String>,
    /// Tell what would be done, and do nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Language of the proof.
    #[arg(long, value_enum, default_value_t = Lang::En)]
    pub lang: Lang,
    /// Folder for temporary files. Default: the system's.
    #[arg(long)]
    pub scratch: Option<PathBuf>,
}

/// Arguments of `clean`.
#[derive(Debug, Args)]
pub(crate) struct CleanArguments {
    /// The output.
    pub out: String,
    /// What to keep.
    #[arg(long, value_enum, default_value_t = KeepWhat::Current)]
    pub keep: KeepWhat,
}

/// Arguments of `publish`.
#[derive(Debug, Args)]
pub(crate) struct PublishArguments {
    /// The output.
    pub out: String,
    /// Formats of documents, or `all`.
    #[arg(
        long = "as",
        value_name = "FORMATS",
        value_delimiter = ',',
        default_value = "all"
    )]
    pub formats: Vec<String>,
    /// Where they go: a folder, or `s3://`, `gs://`, `az://`. Default: beside the shards.
    #[arg(long, value_name = "FOLDER")]
    pub to: Option<String>,
    /// Take `[publication]` and `[attestations]` from this pipeline instead of the one the release was made with.
    #[arg(long, value_name = "FILE")]
    pub pipeline: Option<PathBuf>,
    /// Replace a value of `[publication]` or `[attestations]`. May be repeated.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub settings: Vec<String>,
}

/// What `clean` keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum KeepWhat {
    /// Everything the current release was made from.
    Current,
    /// The release and its ledger only.
    Receipts,
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
