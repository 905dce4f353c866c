//! How a source is fetched: the `fetch` table of a source in the pipeline.

use std::sync::atomic::{AtomicU64, Ordering};

use moisson_core::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data_gouv::DataGouvConfig;
use crate::file::FileConfig;
use crate::hal::HalConfig;
use crate::judilibre::JudilibreConfig;
use crate::listing::{DilaConfig, ListingConfig};
use crate::oai::OaiConfig;
use crate::{Acquisition, Harvest, Harvester, Summary, Watch};

/// Protocol and settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum FetchConfig {
    /// Each address is one file.
    File(FileConfig),
    /// Each address is a folder of the web that lists its files.
    Listing(ListingConfig),
    /// A fund of DILA: its newest full archive and the increments since.
    Dila(DilaConfig),
    /// Repositories that speak OAI-PMH.
    Oai(OaiConfig),
    /// Documents of HAL, through its search interface.
    Hal(HalConfig),
    /// Decisions of justice, through the interface Judilibre of the Cour de cassation.
    Judilibre(JudilibreConfig),
    /// Datasets of data.gouv.fr, or of another portal made with udata.
    DataGouv(DataGouvConfig),
}

impl Default for FetchConfig {
    fn default() -> Self {
        Self::File(FileConfig::default())
    }
}

impl FetchConfig {
    /// How sources of this protocol are acquired.
    pub fn acquisition(&self) -> Acquisition {
        match self {
            Self::File(config) => config.acquisition,
            Self::Listing(config) => config.acquisition,
            Self::Dila(_) | Self::DataGouv(_) => Acquisition::Bulk,
            Self::Oai(_) => Acquisition::Oai,
            Self::Hal(_) | Self::Judilibre(_) => Acquisition::Api,
        }
    }

    /// The harvester of this protocol. Its summary counts the bytes received, whatever the protocol.
    pub fn harvester(&self) -> Box<dyn Harvester> {
        let protocol: Box<dyn Harvester> = match self {
            Self::File(config) => Box::new(config.clone()),
            Self::Listing(config) => Box::new(config.clone()),
            Self::Dila(config) => Box::new(config.clone()),
            Self::Oai(config) => Box::new(config.clone()),
            Self::Hal(config) => Box::new(config.clone()),
            Self::Judilibre(config) => Box::new(config.clone()),
            Self::DataGouv(config) => Box::new(config.clone()),
        };
        Box::new(Counting(protocol))
    }
}

/// Counts bytes for a protocol, so that no protocol has to.
struct Counting(Box<dyn Harvester>);

impl Harvester for Counting {
    fn harvest(&self, harvest: &Harvest<'_>) -> Result<Summary> {
        let counted = Counted {
            watch: harvest.watch,
            bytes: AtomicU64::new(0),
        };
        let harvest = Harvest {
            watch: &counted,
            ..*harvest
        };
        let summary = self.0.harvest(&harvest)?;
        Ok(Summary {
            bytes: counted.bytes.into_inner(),
            ..summary
        })
    }
}

struct Counted<'a> {
    watch: &'a dyn Watch,
    bytes: AtomicU64,
}

impl Watch for Counted<'_> {
    fn check(&self) -> Result<()> {
        self.watch.check()
    }

    fn received(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.watch.received(bytes);
    }

    fn warn(&self, message: &str) {
        self.watch.warn(message);
    }
}

#[cfg(test)]
mod tests {
    use super::FetchConfig;

    #[test]
    fn tables_of_a_pipeline() {
        for (json, known) in [
            (r#"{"kind": "file"}"#, true),
            (
                r#"{"kind": "file", "checksum": "md5:00", "acquisition": "crawl"}"#,
                true,
            ),
            (r#"{"kind": "file", "cheksum": "md5:00"}"#, false),
            (
                r#"{"kind": "listing", "extensions": ["zip"], "depth": 2}"#,
                true,
            ),
            (r#"{"kind": "listing", "recursive": true}"#, false),
            (r#"{"kind": "dila", "fond": "LEGI"}"#, true),
            (r#"{"kind": "dila"}"#, true),
            (
                r#"{"kind": "oai", "metadata_prefix": "mets", "sets": ["a"], "records": "get"}"#,
                true,
            ),
            (r#"{"kind": "oai"}"#, true),
            (r#"{"kind": "oai", "set": "a"}"#, false),
            (r#"{"kind": "hal", "query": "a", "portal": "INRIA"}"#, true),
            (
                r#"{"kind": "judilibre", "jurisdiction": ["cc", "ca"]}"#,
                true,
            ),
            (r#"{"kind": "judilibre", "key": "geheim"}"#, false),
            (r#"{"kind": "data-gouv", "dataset": ["a"]}"#, true),
            (r#"{"kind": "ftp"}"#, false),
        ] {
            let parsed = serde_json::from_str::<FetchConfig>(json);
            assert_eq!(parsed.is_ok(), known, "{json}: {parsed:?}");
        }
    }
}
