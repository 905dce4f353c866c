//! Signatures to proved duplicates: pure algorithms on dense numbers.
//!
//! A document is an [`Item`]; its place in the slice is its number. `MinHash` bands only propose pairs; the exact
//! similarity of the two shingle sets decides, and a document is dropped only against one that is kept. Nothing here
//! reads text: shingles come from a [`ShingleSource`].

pub mod config;
pub mod exact;
pub mod near;
pub mod order;
pub mod version;

mod component;
mod pool;
mod similarity;

pub use component::{Component, components};
pub use config::{DedupConfig, Measure, Scope};
pub use exact::exact;
pub use near::{NearOutcome, ShingleSource, near};
pub use order::{SurvivorKey, survivor_order};
pub use version::{Version, VersionPolicy, Versioned, versions};

/// A document as dedup sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// Digest of the text, after edits.
    pub digest: [u8; 32],
    /// Position in the total order of survivors, see [`survivor_order`]: unique, the lower one survives.
    pub rank: u32,
    /// Number of the work it is a version of (`version_of`), if it is one.
    pub chain: Option<u32>,
    /// True for a version that the policy "keep all" protects: it is dropped as an exact duplicate only.
    pub pinned: bool,
    /// Number of its source.
    pub source: u32,
}

/// A document dropped against a kept one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Duplicate {
    /// Number of the dropped item.
    pub dropped: u32,
    /// Number of the item it duplicates, which is kept.
    pub kept: u32,
    /// Measured similarity, `0.0..=1.0`.
    pub similarity: f64,
    /// What was measured.
    pub measure: Measure,
}

#[cfg(test)]
mod near_tests;
