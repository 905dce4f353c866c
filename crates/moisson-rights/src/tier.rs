//! What a release admits.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Licence;

/// A kind of release. Each tier admits what the one before it admits, and more.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    /// Only texts that ask for nothing.
    PublicDomain,
    /// Also texts that ask to be attributed.
    Attribution,
    /// Also texts whose derivatives stay under their licence, in shards of their own.
    ShareAlike,
    /// Also texts that forbid commercial use.
    Research,
}

impl Tier {
    /// All tiers, the strictest first.
    pub const ALL: [Self; 4] = [
        Self::PublicDomain,
        Self::Attribution,
        Self::ShareAlike,
        Self::Research,
    ];

    /// True if a release of this tier may hold a text under `licence` alone.
    pub fn admits(self, licence: &Licence) -> bool {
        licence.tiers.contains(&self)
    }

    /// True if a release of this tier may hold a text whose lowest tier is `tier_min` (none: no release may).
    pub fn reaches(self, tier_min: Option<Self>) -> bool {
        tier_min.is_some_and(|lowest| lowest <= self)
    }

    /// Name in pipelines and columns.
    pub fn name(self) -> &'static str {
        match self {
            Self::PublicDomain => "public-domain",
            Self::Attribution => "attribution",
            Self::ShareAlike => "share-alike",
            Self::Research => "research",
        }
    }

    /// Returns the tier of a name, as [`Tier::name`] gives it.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tier| tier.name() == name)
    }
}

impl std::fmt::Display for Tier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
