//! The report as data: a stable JSON object, and what the command line tells from.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a release carries and owes, and what was kept out of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Name of the release.
    pub name: String,
    /// False where an alarm keeps it staged.
    pub published: bool,
    /// Digest of the release, by which it can be cited.
    pub content_digest: String,
    /// What the pipeline admits.
    pub tier: String,
    /// All released documents.
    pub totals: Amount,
    /// By licence, the largest first.
    pub licences: Vec<Carried>,
    /// By folder of shards.
    pub families: Vec<Family>,
    /// By source, in the order of the pipeline.
    pub sources: Vec<Sourced>,
    /// What is owed, by obligation.
    pub owed: Vec<Due>,
    /// Lines to print wherever the release is used.
    pub attributions: Vec<Attributed>,
    /// Until when sources must be fetched again.
    pub refresh: Vec<Deadline>,
    /// Verdicts of people that the pipeline carries: what was decided, by whom, when, on what evidence.
    pub verdicts: Vec<Value>,
    /// What was kept out for its rights, by reason.
    pub quarantine: Vec<Quarantined>,
    /// What to look at before relying on the release.
    pub warnings: Vec<Warning>,
}

/// A number of documents, and their size.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// Documents.
    pub documents: u64,
    /// Bytes of text, UTF-8.
    pub text_bytes: u64,
    /// Tokens, where the pipeline names a tokenizer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
}

impl std::ops::AddAssign for Amount {
    fn add_assign(&mut self, other: Self) {
        self.documents += other.documents;
        self.text_bytes += other.text_bytes;
        self.tokens = match (self.tokens, other.tokens) {
            (None, None) => None,
            (own, others) => Some(own.unwrap_or_default() + others.unwrap_or_default()),
        };
    }
}

impl std::iter::Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::default(), |mut sum, amount| {
            sum += amount;
            sum
        })
    }
}

/// Documents under one licence.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Carried {
    /// SPDX expression.
    pub licence: String,
    /// Its name.
    pub name: String,
    /// Where its text is.
    pub url: Option<String>,
    /// `public-domain`, `attribution`, `share-alike`, …; none for a licence that the catalogue does not know.
    pub family: Option<String>,
    /// True if French administrations may choose it without approval (article D323-2-1 CRPA).
    pub crpa_listed: bool,
    /// What a reader should know of it.
    pub note: Option<String>,
    /// How much.
    #[serde(flatten)]
    pub amount: Amount,
    /// The sources.
    pub sources: BTreeSet<String>,
    /// Codes of what it asks for.
    pub obligations: BTreeSet<String>,
}

/// A folder of shards.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Family {
    /// Its name.
    pub name: String,
    /// True if what is in it, and its derivatives, stay under their licence.
    pub share_alike: bool,
    /// True if all that lies in it belongs in it, and so nothing else is mixed in.
    pub alone: bool,
    /// Number of its shards.
    pub shards: u64,
    /// The licences in it.
    pub licences: BTreeSet<String>,
    /// How much.
    #[serde(flatten)]
    pub amount: Amount,
}

/// Documents of one source.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Sourced {
    /// Its name in the pipeline.
    pub name: String,
    /// Title as published.
    pub title: Option<String>,
    /// Producing body, as the pipeline names it.
    pub producer: Option<String>,
    /// Where it is published.
    pub url: Option<String>,
    /// How much.
    #[serde(flatten)]
    pub amount: Amount,
    /// The licences in it.
    pub licences: BTreeSet<String>,
    /// Latest update among its documents.
    pub last_update: Option<String>,
    /// When its inputs were last received, where they were fetched.
    pub retrieved_on: Option<String>,
}

/// Something that is owed.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Due {
    /// Code of the obligation.
    pub obligation: String,
    /// Documents for which it is owed.
    pub documents: u64,
    /// Their licences.
    pub licences: BTreeSet<String>,
    /// Their sources.
    pub sources: BTreeSet<String>,
}

/// A line of attribution.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Attributed {
    /// The source.
    pub source: String,
    /// SPDX expression.
    pub licence: String,
    /// Documents that it stands for.
    pub documents: u64,
    /// The line.
    pub line: String,
}

/// From what a deadline is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Since {
    /// From the day on which inputs were last received.
    Retrieved,
    /// From the latest update among the documents, where it is not known when they were received.
    Updated,
    /// From nothing that is known.
    Unknown,
}

/// Until when a source must be fetched again.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Deadline {
    /// The source.
    pub source: String,
    /// Days within which it must be refreshed.
    pub days: u32,
    /// What they are counted from.
    pub since: Since,
    /// That day.
    pub from: Option<String>,
    /// The last day.
    pub due_on: Option<String>,
    /// True if that day is over.
    pub overdue: bool,
}

/// What was kept out for one reason.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Quarantined {
    /// Reason code.
    pub reason: String,
    /// Documents.
    pub documents: u64,
    /// The sources, with their documents.
    pub sources: std::collections::BTreeMap<String, u64>,
    /// What was stated, the most frequent first.
    pub statements: Vec<Statement>,
    /// Distinct statements beyond those listed.
    pub statements_left_out: u64,
}

/// A statement that let nothing in.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Statement {
    /// Verbatim, or the licence it names; none where nothing was stated.
    pub text: Option<String>,
    /// Why it did not pass, in words.
    pub detail: Option<String>,
    /// Documents.
    pub documents: u64,
}

/// Something to look at.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Warning {
    /// What it is.
    pub code: &'static str,
    /// The source.
    pub source: Option<String>,
    /// The licence.
    pub licence: Option<String>,
    /// Documents.
    pub documents: Option<u64>,
    /// More about it.
    pub detail: Option<String>,
}

impl Warning {
    pub(super) fn new(code: &'static str) -> Self {
        Self {
            code,
            source: None,
            licence: None,
            documents: None,
            detail: None,
        }
    }
}
