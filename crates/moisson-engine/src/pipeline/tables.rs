//! Small tables of a pipeline.

use moisson_core::Limits;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Bounds on inputs, and the size of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// Largest raw record in bytes, at most 1 GiB and a little; larger ones become ledger rows.
    pub record_bytes_max: u64,
    /// Deepest nesting of XML, HTML or JSON.
    pub depth_max: u32,
    /// Largest ratio of decompressed to compressed bytes of a file.
    pub expansion_ratio_max: u64,
    /// Most members of one archive.
    pub members_max: u64,
    /// Text after which a part ends, in bytes.
    pub part_text_bytes: u64,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            record_bytes_max: limits.record_bytes_max,
            depth_max: limits.depth_max,
            expansion_ratio_max: limits.expansion_ratio_max,
            members_max: limits.members_max,
            part_text_bytes: 64 << 20,
        }
    }
}

impl LimitsConfig {
    /// The limits readers are given.
    pub fn limits(self) -> Limits {
        Limits {
            record_bytes_max: self.record_bytes_max,
            depth_max: self.depth_max,
            expansion_ratio_max: self.expansion_ratio_max,
            members_max: self.members_max,
        }
    }
}

/// How servers are treated: the same for all sources of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FetchLimits {
    /// Where the operator can be reached: an address of mail or a page, sent with every request.
    pub contact: Option<String>,
    /// Least time between the starts of two requests to one host, in milliseconds.
    pub interval_ms: u64,
    /// Attempts per request, the first included.
    pub attempts: u32,
    /// Time without a byte after which a transfer is given up and tried again, in milliseconds.
    pub stall_ms: u64,
}

impl Default for FetchLimits {
    fn default() -> Self {
        Self {
            contact: None,
            interval_ms: 1000,
            attempts: 6,
            stall_ms: 60_000,
        }
    }
}

/// How tokens are counted: of each document as it is shipped, by source and in total.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TokensConfig {
    /// File or URL of a tokenizer, as the `tokenizers` library (`tokenizer.json`) or Mistral (`tekken.json`) writes it.
    /// Absent: tokens are not counted.
    pub tokenizer: Option<String>,
}

impl TokensConfig {
    /// Name of the tokenizer's file, without where it lies.
    pub fn name(&self) -> Option<String> {
        let name = self.tokenizer.as_deref()?.rsplit(['/', '\\']).next();
        name.map(str::to_owned)
    }
}

/// A release in which one reason takes too much of one source stays unpublished until that is acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Alarm {
    /// Share of a source's records that one reason may take.
    pub share_max: f64,
    /// Sources with fewer records raise no alarm.
    pub records_min: u64,
}

impl Default for Alarm {
    fn default() -> Self {
        Self {
            share_max: 0.3,
            records_min: 20,
        }
    }
}
