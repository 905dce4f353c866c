//! The facts of a release: what cards are made of.

use std::collections::BTreeMap;

use moisson_rights::Tier;
use serde::Serialize;

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
    /// Digest of the plan that made the release.
    pub pipeline_digest: String,
    /// Anything else a reader should know, one paragraph each.
    pub notes: Vec<String>,
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
    /// Released documents by SPDX expression.
    pub licences: BTreeMap<String, u64>,
    /// Where it is published.
    pub url: Option<String>,
    /// Latest update among its released documents, `YYYY-MM-DD`.
    pub last_update: Option<String>,
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
}

impl Totals {
    /// Returns the sums over `sources`.
    pub fn of(sources: &[SourceFacts]) -> Self {
        let mut totals = Self::default();
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
