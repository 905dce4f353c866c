//! The manifest of a release: written last, atomically; what it lists is the release.

use std::collections::BTreeMap;

use moisson_core::Digest;
use moisson_shard::tally::Tally;
use serde::{Deserialize, Serialize};

use crate::control::Event;

/// A shard of the release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardEntry {
    /// Version of the release schema.
    pub schema_version: u32,
    /// Digest of what the shard was to hold: same key, same rows.
    pub key: Digest,
    /// Path below `release/`.
    pub path: String,
    /// Folder of the licence family.
    pub family: String,
    /// Split.
    pub split: String,
    /// Bits of the bucket, empty for the only one.
    pub bucket: String,
    /// Rows.
    pub rows: u64,
    /// Bytes of text, as shipped.
    pub text_bytes: u64,
    /// Bytes of the texts before edits: by them shards are cut. None in outputs of earlier versions.
    #[serde(default)]
    pub source_bytes: Option<u64>,
    /// Size of the file.
    pub bytes: u64,
    /// Digest of the logical rows.
    pub content_digest: Digest,
    /// Digest of the file.
    pub file_digest: Digest,
    /// Counts of its rows. In the shard's own entry and footer; the release's manifest has those of all shards together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tally: Option<Tally>,
    /// SHA-256 of the file in hexadecimal; empty in outputs of earlier versions.
    #[serde(default)]
    pub sha256: String,
}

impl ShardEntry {
    /// What a run tells of it.
    pub fn event(&self, reused: bool) -> Event {
        Event::Part {
            stage: "shard",
            rows: self.rows,
            bytes: self.bytes,
            reused,
        }
    }
}

/// A file of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// Path below `ledger/`.
    pub path: String,
    /// Source it is about.
    pub source: String,
    /// Rows.
    pub rows: u64,
    /// Digest of the logical rows.
    pub content_digest: Digest,
    /// Digest of the file.
    pub file_digest: Digest,
}

/// A part the release was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartEntry {
    /// Its name, `SOURCE/UNIT-NUMBER`.
    pub name: String,
    /// Its key.
    pub key: Digest,
    /// Documents in it.
    pub rows: u64,
    /// Digest of its documents.
    pub content_digest: Digest,
    /// Key of its annotations, by family.
    pub annotations: BTreeMap<String, Digest>,
    /// Key of what was decided of it; none in outputs of earlier versions.
    #[serde(default)]
    pub decide: Option<Digest>,
}

/// Numbers of records: `read = released + dropped`, always.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Books {
    /// Records read: documents, and what could not be read.
    pub read: u64,
    /// Documents released.
    pub released: u64,
    /// Records dropped, by counted reason.
    pub dropped: BTreeMap<String, u64>,
    /// Bytes of the inputs.
    pub raw_bytes: u64,
    /// Bytes of text of all documents read.
    pub text_bytes_in: u64,
    /// Bytes of text released.
    pub text_bytes_out: u64,
}

impl Books {
    /// True if nothing is lost.
    pub fn balance(&self) -> bool {
        self.read == self.released + self.dropped.values().sum::<u64>()
    }

    /// Adds another account.
    pub fn add(&mut self, other: &Self) {
        self.read += other.read;
        self.released += other.released;
        self.raw_bytes += other.raw_bytes;
        self.text_bytes_in += other.text_bytes_in;
        self.text_bytes_out += other.text_bytes_out;
        for (reason, number) in &other.dropped {
            *self.dropped.entry(reason.clone()).or_default() += number;
        }
    }
}

/// A loss above the pipeline's bound.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RaisedAlarm {
    /// Source that loses.
    pub source: String,
    /// Counted reason.
    pub reason: String,
    /// Records dropped for it.
    pub dropped: u64,
    /// Records read of the source.
    pub read: u64,
    /// Why it is expected, if the pipeline acknowledges it.
    pub acknowledged: Option<String>,
}

/// `release/manifest.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReleaseManifest {
    /// Version of the schemas.
    pub schema_version: u32,
    /// Name of the release.
    pub name: String,
    /// Digest of the shards' content digests: the release's identity.
    pub content_digest: Digest,
    /// Digest of the pipeline.
    pub plan_digest: Digest,
    /// Digest of the plan, the parts and the versions of all steps: equal means nothing to do.
    pub state: Digest,
    /// Totals.
    pub totals: Books,
    /// By source, in the pipeline's order.
    pub sources: Vec<(String, Books)>,
    /// Losses above the bound.
    pub alarms: Vec<RaisedAlarm>,
    /// Digests of the model files that were named, by what they are for: `language`, `tokens`.
    pub models: BTreeMap<String, Digest>,
    /// Counts of the released documents: what cards are made of. Empty in outputs of earlier versions.
    #[serde(default)]
    pub facts: Tally,
    /// Reader and version of each source, `dila@1`; none in outputs of earlier versions.
    #[serde(default)]
    pub readers: BTreeMap<String, String>,
    /// The shards, sorted by path.
    pub shards: Vec<ShardEntry>,
    /// The ledger's files, sorted by path.
    pub ledger: Vec<LedgerEntry>,
    /// The parts it was made from, in order.
    pub parts: Vec<PartEntry>,
    /// The pipeline as it was run, variables filled in.
    pub pipeline: serde_json::Value,
    /// Version of the program; in no digest.
    pub moisson_version: String,
}
