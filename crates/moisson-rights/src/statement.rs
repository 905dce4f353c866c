//! Statements about the rights in a document: what was said, of what, and by whom.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who says it. Ordered from the weakest to the strongest.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// The operator says so in the pipeline, with a reason.
    #[default]
    Assumed,
    /// It follows from something the source says.
    Inferred,
    /// The producer says so.
    Declared,
    /// A person has decided, on evidence that is on record (`rights.toml`).
    Verdict,
}

impl Evidence {
    /// Name in pipelines and columns.
    pub fn name(self) -> &'static str {
        match self {
            Self::Assumed => "assumed",
            Self::Inferred => "inferred",
            Self::Declared => "declared",
            Self::Verdict => "verdict",
        }
    }
}

/// What is licensed: the work itself, or the use of the site or archive that serves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layer {
    /// Rights in the work.
    Work,
    /// Terms of the source.
    Terms,
}

impl Layer {
    /// Name in columns.
    pub fn name(self) -> &'static str {
        match self {
            Self::Work => "work",
            Self::Terms => "terms",
        }
    }
}

/// How far a statement reaches. Ordered from the vaguest to the most specific that can license a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// The metadata only: licenses no text.
    Metadata,
    /// A part of a page, often an image: licenses no text.
    PagePart,
    /// The whole data set.
    Dataset,
    /// This very work.
    Work,
}

impl Scope {
    /// Name in columns.
    pub fn name(self) -> &'static str {
        match self {
            Self::Metadata => "metadata",
            Self::PagePart => "page-part",
            Self::Dataset => "dataset",
            Self::Work => "work",
        }
    }
}

/// One statement, verbatim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// What was said, verbatim.
    pub text: String,
    /// What it is about.
    pub layer: Layer,
    /// Who says it.
    pub evidence: Evidence,
    /// How far it reaches.
    pub scope: Scope,
    /// Why the operator assumes it.
    pub reason: Option<String>,
}
