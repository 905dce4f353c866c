//! Arguments of the commands that look at an output, and of those that change what is in it.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Arguments of `status`.
#[derive(Debug, Args)]
pub(crate) struct StatusArguments {
    /// The output.
    pub out: String,
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
