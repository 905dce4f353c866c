//! Manifests: what says that an output exists. They are written after the data, atomically.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Digest, SCHEMA_VERSION};

/// The manifest of one committed part. A part without a manifest does not exist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartManifest {
    /// Version of the table schema.
    pub schema_version: u32,
    /// Step that made it: `documents`, `licence`, `language`, …
    pub step: String,
    /// Integer version of the step.
    pub step_version: u32,
    /// Digest of step, version, parameters, models and input.
    pub key: Digest,
    /// Rows of the part.
    pub rows: u64,
    /// Size of the file.
    pub bytes: u64,
    /// Digest of the logical rows.
    pub content_digest: Digest,
    /// Digest of the file.
    pub file_digest: Digest,
    /// Counts by name: `records`, `documents`, `text_bytes`, `normalise/nfc`, …
    pub counts: BTreeMap<String, u64>,
    /// Unreadable records by counted reason.
    pub unreadable: BTreeMap<String, u64>,
    /// True on the last part of its unit of input.
    pub last: bool,
}

impl PartManifest {
    /// Returns the manifest of an empty part.
    pub fn new(step: &str, step_version: u32, key: Digest) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            step: step.to_owned(),
            step_version,
            key,
            rows: 0,
            bytes: 0,
            content_digest: Digest::of(&[]),
            file_digest: Digest::of(&[]),
            counts: BTreeMap::new(),
            unreadable: BTreeMap::new(),
            last: false,
        }
    }

    /// Adds to a count.
    pub fn add(&mut self, name: &str, number: u64) {
        *self.counts.entry(name.to_owned()).or_default() += number;
    }

    /// Returns a count, 0 where it is absent.
    pub fn count(&self, name: &str) -> u64 {
        self.counts.get(name).copied().unwrap_or_default()
    }
}
