//! The facts of a release: what cards are made of.

use std::collections::BTreeMap;

use moisson_rights::{HumanVerdict, Tier};
use serde::Serialize;

use crate::{Attestations, Publication};

/// Everything that is told about a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReleaseFacts {
    /// Name of the release.
    pub name: String,
    /// Title; else the name is shown.
    pub title: Option<String>,
    /// A paragraph.
    pub description: Option<String>,
    /// Released documents by language, as annotated: `fra_Latn`, or `und`.
    pub languages: BTreeMap<String, u64>,
    /// What the release admits.
    pub tier: Tier,
    /// Licence families that have shards.
    pub families: Vec<FamilyFacts>,
    /// Sources, in the order of the pipeline.
    pub sources: Vec<SourceFacts>,
    /// Sums over the sources.
    pub totals: Totals,
    /// How duplicates were found and chosen between, in a sentence.
    pub dedup: Option<String>,
    /// Human verdicts about the rights in the sources, in order.
    pub verdicts: Vec<VerdictFacts>,
    /// Digest of the plan that made the release.
    pub pipeline_digest: String,
    /// Anything else a reader should know, one paragraph each.
    pub notes: Vec<String>,
    /// Digest of the released rows, in hexadecimal: the identity of the release.
    pub content_digest: String,
    /// Version of the program that made it.
    pub moisson_version: String,
    /// Every shard, sorted by path.
    pub shards: Vec<ShardFacts>,
    /// Released documents by family, source, licence, language, genre and producer; they add up to the totals.
    pub slices: Vec<SliceFacts>,
    /// Columns of the shards, in their order.
    pub columns: Vec<ColumnFacts>,
    /// What counted the tokens; none: they were not counted.
    pub tokenizer: Option<String>,
    /// Released documents by verdict on opt-outs; empty: opt-outs were not looked for.
    pub optouts: BTreeMap<String, u64>,
    /// What is known of personal data; none: it was not looked for.
    pub personal: Option<PersonalFacts>,
    /// What the pipeline states of the publication.
    pub publication: Publication,
    /// What a human attests for the summary of training content.
    pub attestations: Attestations,
}

/// One file of the release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShardFacts {
    /// Path relative to the card.
    pub path: String,
    /// Family.
    pub family: String,
    /// Split.
    pub split: String,
    /// Documents.
    pub rows: u64,
    /// Bytes of text.
    pub text_bytes: u64,
    /// Size of the file in bytes.
    pub bytes: u64,
    /// SHA-256 of the file, in lower-case hexadecimal.
    pub sha256: String,
}

/// Released documents that agree in all that documents count by.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct SliceFacts {
    /// Folder of shards.
    pub family: String,
    /// Name of the source.
    pub source: String,
    /// SPDX expression.
    pub licence: String,
    /// Language as annotated, `fra_Latn`, or `und`.
    pub language: String,
    /// Kind of text.
    pub genre: Option<String>,
    /// Producing body.
    pub producer: Option<String>,
    /// Documents.
    pub rows: u64,
    /// Bytes of text.
    pub text_bytes: u64,
    /// Tokens; none where they were not counted.
    pub tokens: Option<u64>,
    /// Earliest date of a document, `YYYY-MM-DD`: that of its last change, else that of its publication.
    pub updated_min: Option<String>,
    /// Latest such date.
    pub updated_max: Option<String>,
    /// Codes of what is owed, besides what follows from the licence.
    pub obligations: Vec<String>,
}

/// A column of the shards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ColumnFacts {
    /// Name.
    pub name: String,
    /// What its values are.
    pub kind: ColumnKind,
    /// Type of a value as Hugging Face datasets call it: `string`, `uint64`.
    pub dtype: String,
}

/// What the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColumnKind {
    /// Text.
    Text,
    /// Lists of texts.
    Texts,
    /// Whole numbers.
    Integer,
    /// Calendar dates.
    Date,
}

/// What detectors of personal data found in released documents.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct PersonalFacts {
    /// Replaced spans by class; under `all` where classes were not kept apart.
    pub replaced: BTreeMap<String, u64>,
    /// Documents by risk that is left after replacement: `none`, `low`, `medium`, `high`.
    pub risk: BTreeMap<String, u64>,
}

impl PersonalFacts {
    /// True if documents may still hold personal data. Only documents all without risk say no.
    pub fn remains(&self) -> bool {
        self.risk.is_empty()
            || self
                .risk
                .iter()
                .any(|(risk, number)| risk != "none" && *number > 0)
    }
}

/// How the records of a source were come by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Acquisition {
    /// Files offered for download.
    Bulk,
    /// An interface for programs.
    Api,
    /// OAI-PMH.
    Oai,
    /// An archive of crawled pages.
    Crawl,
    /// Files that were already there; how they came is not known.
    Local,
}

impl Acquisition {
    /// Name in documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bulk => "bulk",
            Self::Api => "api",
            Self::Oai => "oai",
            Self::Crawl => "crawl",
            Self::Local => "local",
        }
    }
}

/// What a person decided about the rights in a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerdictFacts {
    /// Name by which ledger and annotations cite it.
    pub id: String,
    /// Source, or pattern of sources.
    pub source: String,
    /// What it is limited to, in words: a statement, documents, an address; none: the whole source.
    pub limited_to: Option<String>,
    /// SPDX expression, or `refused`.
    pub licence: String,
    /// Who decided.
    pub decided_by: String,
    /// When, `YYYY-MM-DD`.
    pub decided_on: String,
    /// On what evidence.
    pub evidence: String,
    /// Last day on which it holds, `YYYY-MM-DD`.
    pub valid_until: Option<String>,
    /// True if that day was past when the release was made: then it closed what it is about.
    pub expired: bool,
    /// Address of the terms of use that were read.
    pub terms_url: Option<String>,
    /// SHA-256 of their text, hexadecimal.
    pub terms_sha256: Option<String>,
    /// When they were read, `YYYY-MM-DD`.
    pub terms_read_on: Option<String>,
}

impl From<&HumanVerdict> for VerdictFacts {
    fn from(verdict: &HumanVerdict) -> Self {
        let terms = verdict.terms_of_use.as_ref();
        let limits = [
            verdict
                .statement
                .as_ref()
                .map(|text| format!("records that state “{text}”")),
            // Ids may name persons, so the card gives their number.
            (!verdict.doc_ids.is_empty())
                .then(|| format!("{} documents by id", verdict.doc_ids.len())),
            verdict
                .url_prefix
                .as_ref()
                .map(|prefix| format!("addresses below {prefix}")),
        ];
        let limits: Vec<String> = limits.into_iter().flatten().collect();
        Self {
            id: verdict.id.clone(),
            source: verdict.source.clone(),
            limited_to: (!limits.is_empty()).then(|| limits.join("; ")),
            licence: verdict.licence.clone(),
            decided_by: verdict.decided_by.clone(),
            decided_on: verdict.decided_on.clone(),
            evidence: verdict.evidence.clone(),
            valid_until: verdict.valid_until.clone(),
            expired: verdict.lapsed,
            terms_url: terms.map(|terms| terms.url.clone()),
            terms_sha256: terms.map(|terms| terms.sha256.clone()),
            terms_read_on: terms.map(|terms| terms.read_on.clone()),
        }
    }
}

/// One folder of shards whose licences may be mixed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FamilyFacts {
    /// Name of the folder and of the configuration.
    pub name: String,
    /// Documents by SPDX expression.
    pub licences: BTreeMap<String, u64>,
    /// Its splits.
    pub splits: Vec<SplitFacts>,
}

/// One split of a family.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SplitFacts {
    /// `train`, `validation`, `test`.
    pub split: String,
    /// Documents.
    pub rows: u64,
    /// Bytes of text.
    pub text_bytes: u64,
    /// Shards, as paths relative to the card.
    pub shards: Vec<String>,
}

/// One source of the pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceFacts {
    /// Name in the pipeline.
    pub name: String,
    /// Title as published.
    pub title: Option<String>,
    /// Producing body.
    pub producer: Option<String>,
    /// Reader and version, `dila@1`.
    pub reader: String,
    /// Records read.
    pub read: u64,
    /// Documents released.
    pub released: u64,
    /// Records dropped, by counted reason.
    pub dropped: BTreeMap<String, u64>,
    /// Bytes of released text.
    pub text_bytes: u64,
    /// Tokens of released text; none where they were not counted.
    pub tokens: Option<u64>,
    /// Released documents by SPDX expression.
    pub licences: BTreeMap<String, u64>,
    /// Where it is published.
    pub url: Option<String>,
    /// Latest update among its released documents, `YYYY-MM-DD`.
    pub last_update: Option<String>,
    /// How its records were come by.
    pub acquisition: Acquisition,
    /// First and last day on which files were fetched, `YYYY-MM-DD`.
    pub retrieved: Option<(String, String)>,
    /// Human verdicts on its licence that were honoured.
    pub verdicts: Vec<String>,
}

/// Sums over the sources.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Totals {
    /// Records read.
    pub read: u64,
    /// Documents released.
    pub released: u64,
    /// Records dropped, by counted reason.
    pub dropped: BTreeMap<String, u64>,
    /// Bytes of released text.
    pub text_bytes: u64,
    /// Tokens of released text; none where they were not counted.
    pub tokens: Option<u64>,
}

impl Totals {
    /// Returns the sums over `sources`. There are tokens if those of every source with text were counted.
    pub fn of(sources: &[SourceFacts]) -> Self {
        let mut totals = Self {
            tokens: sources
                .iter()
                .filter(|source| source.released > 0)
                .map(|source| source.tokens)
                .sum::<Option<u64>>()
                .filter(|tokens| *tokens > 0),
            ..Self::default()
        };
        for source in sources {
            totals.read += source.read;
            totals.released += source.released;
            totals.text_bytes += source.text_bytes;
            for (reason, number) in &source.dropped {
                *totals.dropped.entry(reason.clone()).or_default() += number;
            }
        }
        totals
    }
}

impl ReleaseFacts {
    /// Title, or else the name.
    pub fn title(&self) -> &str {
        self.title.as_deref().unwrap_or(&self.name)
    }

    /// Tokens of the release; none where any of it was not counted.
    pub fn tokens(&self) -> Option<u64> {
        let all = self.slices.iter().map(|slice| slice.tokens);
        if self.slices.is_empty() {
            None
        } else {
            all.sum()
        }
    }

    /// Slices of a source.
    pub(crate) fn of_source<'a>(&'a self, source: &'a str) -> impl Iterator<Item = &'a SliceFacts> {
        self.slices
            .iter()
            .filter(move |slice| slice.source == source)
    }

    /// Date of the publication: as stated, else the latest update of a source, else none. Never a clock's.
    pub fn date(&self) -> Option<&str> {
        let updates = self
            .sources
            .iter()
            .filter_map(|source| source.last_update.as_deref());
        self.publication.date.as_deref().or_else(|| updates.max())
    }

    /// Version: as stated, else one that counts nothing and holds the first digits of the content's digest.
    pub fn version(&self) -> String {
        let digits: String = self.content_digest.chars().take(16).collect();
        let stated = self.publication.version.clone();
        stated.unwrap_or_else(|| format!("0.0.0+{digits}"))
    }

    /// Earliest and latest date of a released document.
    pub fn span(&self) -> (Option<&str>, Option<&str>) {
        let min = self
            .slices
            .iter()
            .filter_map(|slice| slice.updated_min.as_deref());
        let max = self
            .slices
            .iter()
            .filter_map(|slice| slice.updated_max.as_deref());
        (min.min(), max.max())
    }
}

impl FamilyFacts {
    /// Documents in all splits.
    pub fn rows(&self) -> u64 {
        self.splits.iter().map(|split| split.rows).sum()
    }

    /// Bytes of text in all splits.
    pub fn text_bytes(&self) -> u64 {
        self.splits.iter().map(|split| split.text_bytes).sum()
    }

    /// True if there is a shard to load.
    pub(crate) fn has_shards(&self) -> bool {
        self.splits.iter().any(|split| !split.shards.is_empty())
    }
}
