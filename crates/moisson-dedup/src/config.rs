//! Settings of dedup, as written in a pipeline.

use moisson_core::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which similarity of two shingle sets is held against the threshold.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// `|A ∩ B| / |A ∪ B|`.
    #[default]
    Jaccard,
    /// `|A ∩ B| / min(|A|, |B|)`. Larger sets are then kept first, whatever their rank, so that what is dropped is
    /// the document that is contained, never the one that contains it.
    Containment,
}

impl Measure {
    /// Name in the ledger.
    pub fn name(self) -> &'static str {
        match self {
            Self::Jaccard => "jaccard",
            Self::Containment => "containment",
        }
    }
}

/// Which documents may be duplicates of each other.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// All documents of the run.
    #[default]
    Global,
    /// Documents of one source.
    Source,
}

impl Scope {
    /// True if items of these two sources may be duplicates of each other.
    pub(crate) fn joins(self, left: u32, right: u32) -> bool {
        self == Self::Global || left == right
    }
}

/// Settings of exact and near dedup.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DedupConfig {
    /// Drop documents whose text is the same, byte for byte.
    pub exact: bool,
    /// Drop documents proved nearly the same.
    pub near: bool,
    /// Similarity that decides.
    pub measure: Measure,
    /// Least similarity of a duplicate, above 0 and up to 1.
    pub threshold: f64,
    /// Bands of the `MinHash` signature.
    pub bands: u32,
    /// Rows of each band.
    pub rows: u32,
    /// Which documents may be duplicates of each other.
    pub scope: Scope,
    /// Most documents one document is compared with that share a band with it. What is beyond is kept, and counted.
    pub comparisons_max: u32,
    /// Most further documents one document is compared with: those it shares no band with, but a chain of shared
    /// bands leads to them. They raise recall; 0 turns them off.
    pub reach_max: u32,
}

impl Default for DedupConfig {
    fn default() -> Self {
        Self {
            exact: true,
            near: true,
            measure: Measure::Jaccard,
            threshold: 0.8,
            bands: 14,
            rows: 8,
            scope: Scope::Global,
            comparisons_max: 256,
            reach_max: 64,
        }
    }
}

impl DedupConfig {
    /// Checks the values.
    ///
    /// # Errors
    /// [`Error::Config`] naming the key and what it may be.
    pub fn validate(&self) -> Result<()> {
        if !(self.threshold > 0.0 && self.threshold <= 1.0) {
            return Err(Error::config(format!(
                "dedup `threshold` is {}; it must be above 0 and at most 1",
                self.threshold
            )));
        }
        for (key, value) in [("bands", self.bands), ("rows", self.rows)] {
            if !(1..=256).contains(&value) {
                return Err(Error::config(format!(
                    "dedup `{key}` is {value}; it must be between 1 and 256"
                )));
            }
        }
        if self.near && self.comparisons_max == 0 {
            return Err(Error::config(
                "dedup `comparisons_max` is 0, so nothing could be proved; set `near = false` instead",
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::DedupConfig;

    #[test]
    fn bad_values_are_refused_by_name() {
        let check = |change: fn(&mut DedupConfig), expected: &str| {
            let mut config = DedupConfig::default();
            change(&mut config);
            let found = config.validate().err().map(|error| error.to_string());
            assert!(
                found.as_deref().unwrap_or("fine").contains(expected),
                "{found:?} does not say {expected}"
            );
        };
        check(|_| (), "fine");
        check(|c| c.threshold = 0.0, "`threshold` is 0");
        check(|c| c.threshold = 1.01, "`threshold` is 1.01");
        check(|c| c.threshold = f64::NAN, "`threshold` is NaN");
        check(|c| c.bands = 0, "`bands` is 0");
        check(|c| c.rows = 300, "`rows` is 300");
        check(|c| c.comparisons_max = 0, "`comparisons_max` is 0");
    }
}
