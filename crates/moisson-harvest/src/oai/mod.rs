//! OAI-PMH 2.0 (Open Archives Initiative Protocol for Metadata Harvesting), complete: all verbs, resumption at any point,
//! incremental harvests, deletions, sets, both granularities, every error code. Domain notes, section 5.9.
//!
//! Each page of a list is kept as it was sent, as `SOURCE/YYYYMMDDhhmmss-000001.xml`; the moment is `responseDate` of the
//! first answer of that harvest. The state is written before each request: after a kill the last token is asked for once
//! more, which the protocol says must work.
//!
//! A later harvest asks `from` the `responseDate` of the first answer of the last complete one, less an overlap. The
//! overlap is one granule unless set otherwise: `from` and `until` are inclusive, and a record stamped within the granule
//! in which the list was made may have been written after it. Repositories that publish their index late need more. What
//! the overlap brings again is recognised and not kept twice.

mod deleted;
mod envelope;
mod list;
mod repository;
mod state;
#[cfg(test)]
mod tests;

pub use envelope::{Header, OaiError};
pub use repository::{
    DeletedRecords, Granularity, Identity, MetadataFormat, Record, Repository, Set,
};

use moisson_core::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::progress::Progress;
use crate::{Harvest, Harvester, Summary};

/// Settings of a harvest over OAI-PMH; `at` names the base addresses of repositories.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OaiConfig {
    /// Format to harvest, one that the repository offers: `oai_dc`, `mets`, `xml-tei`.
    #[serde(default = "oai_dc")]
    pub metadata_prefix: String,
    /// Sets to harvest, by `setSpec`, one after the other; all records where none is named.
    #[serde(default)]
    pub sets: Vec<String>,
    /// First datestamp wanted, `2024-01-31` or `2024-01-31T00:00:00Z`.
    #[serde(default)]
    pub from: Option<String>,
    /// Last datestamp wanted.
    #[serde(default)]
    pub until: Option<String>,
    /// How far the window of a later harvest reaches back before the last one began, in seconds. One granule by default:
    /// a day or a second, as the repository stamps.
    #[serde(default)]
    pub overlap_seconds: Option<u64>,
    /// Days after which everything is harvested again and compared with what was there, so that records which the
    /// repository forgot become deletions. For repositories with `deletedRecord` `no` or `transient`.
    #[serde(default)]
    pub full_every_days: Option<u32>,
    /// How records are had.
    #[serde(default)]
    pub records: Records,
    /// Most pages a run asks of each list; the next run goes on.
    #[serde(default)]
    pub pages_max: Option<u32>,
}

/// How records are had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Records {
    /// By `ListRecords`, a page at a time.
    #[default]
    List,
    /// By `ListIdentifiers` and a `GetRecord` for each: slow, for repositories whose `ListRecords` is broken.
    Get,
}

fn oai_dc() -> String {
    "oai_dc".to_owned()
}

impl Default for OaiConfig {
    fn default() -> Self {
        Self {
            metadata_prefix: oai_dc(),
            sets: Vec::new(),
            from: None,
            until: None,
            overlap_seconds: None,
            full_every_days: None,
            records: Records::List,
            pages_max: None,
        }
    }
}

impl Harvester for OaiConfig {
    fn harvest(&self, harvest: &Harvest<'_>) -> Result<Summary> {
        for bound in [&self.from, &self.until].into_iter().flatten() {
            if !is_datestamp(bound) {
                return Err(Error::config(format!(
                    "`{bound}` in the `fetch` table of source `{}` is no datestamp; write `2024-01-31` or \
                     `2024-01-31T00:00:00Z`",
                    harvest.source
                )));
            }
        }
        let mut progress = Progress::new(harvest);
        for base in harvest.at {
            let mut known = list::Known::new(Repository::new(harvest, base)?);
            let sets: Vec<Option<&str>> = match self.sets.as_slice() {
                [] => vec![None],
                sets => sets.iter().map(|set| Some(set.as_str())).collect(),
            };
            for set in sets {
                list::harvest(self, harvest, &mut known, set, &mut progress)?;
            }
        }
        progress.finish()
    }
}

fn is_datestamp(text: &str) -> bool {
    let digits: String = text
        .chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    ["0000-00-00", "0000-00-00T00:00:00Z"].contains(&digits.as_str())
        && crate::pages::parse_moment(text).is_some()
}
