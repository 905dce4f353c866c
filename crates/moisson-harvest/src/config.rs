//! How a source is fetched: the `fetch` table of a source in the pipeline.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Protocol and settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum FetchConfig {
    /// Each address is one file.
    File,
}

impl Default for FetchConfig {
    fn default() -> Self {
        Self::File
    }
}
