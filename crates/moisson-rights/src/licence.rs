//! One licence and the attributes a gate needs.

use serde::{Deserialize, Serialize};

use crate::Tier;

/// What a licence is, in one word. Ordered from the most liberal to the strictest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// Asks for nothing.
    PublicDomain,
    /// Asks to be attributed.
    Attribution,
    /// Derivatives stay under the same licence.
    ShareAlike,
    /// No commercial use.
    NonCommercial,
    /// Only verbatim copies.
    NoDerivatives,
    /// Nothing is granted.
    Closed,
    /// Nothing is known.
    Unknown,
}

impl Family {
    /// Name in columns.
    pub fn name(self) -> &'static str {
        match self {
            Self::PublicDomain => "public-domain",
            Self::Attribution => "attribution",
            Self::ShareAlike => "share-alike",
            Self::NonCommercial => "non-commercial",
            Self::NoDerivatives => "no-derivatives",
            Self::Closed => "closed",
            Self::Unknown => "unknown",
        }
    }
}

impl std::fmt::Display for Family {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// Whether commercial use is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Commercial {
    /// Allowed.
    Yes,
    /// Forbidden.
    No,
    /// Allowed for a fee.
    Paid,
    /// Not said.
    Unknown,
}

/// What must stay under the same licence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ShareAlike {
    /// Nothing.
    None,
    /// Adaptations of the work.
    Work,
    /// Databases derived from the database.
    Database,
}

/// What an attribution must name. Ordered from the least to the most demanding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Attribution {
    /// Nothing is asked.
    None,
    /// The producer or source.
    Name,
    /// The producer and the date of last update (Licence Ouverte, CRPA L322-1).
    NameDate,
    /// The author and a link to the licence.
    NameLicence,
    /// The author, a link to the licence, and that changes were made (Creative Commons).
    NameLicenceChanges,
    /// A notice that the content comes from a database under its licence (Open Data Commons).
    Database,
    /// The copyright notice and the text of the licence.
    Notice,
}

impl Attribution {
    /// Name in the catalogue and in columns.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Name => "name",
            Self::NameDate => "name-date",
            Self::NameLicence => "name-licence",
            Self::NameLicenceChanges => "name-licence-changes",
            Self::Database => "database",
            Self::Notice => "notice",
        }
    }
}

/// A right that a licence deals with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Covers {
    /// Author's right.
    Copyright,
    /// The sui generis right of the maker of a database.
    Database,
    /// Patents.
    Patents,
}

/// One entry of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "attributes of a licence, as lawyers list them"
)]
pub struct Licence {
    /// SPDX identifier in canonical case, or `LicenseRef-moisson-…`.
    pub id: String,
    /// Full name.
    pub name: String,
    /// The group of its versions.
    #[serde(default)]
    pub group: String,
    /// Family.
    pub family: Family,
    /// Folder of shards; texts that may not be merged never share one.
    pub shard_family: String,
    /// Commercial use.
    pub commercial: Commercial,
    /// True if a cleaned or cut text may be published.
    pub derivatives: bool,
    /// What stays under the same licence.
    pub share_alike: ShareAlike,
    /// What an attribution must name.
    pub attribution: Attribution,
    /// Rights it deals with.
    pub covers: Vec<Covers>,
    /// True if the sui generis database right is licensed or waived.
    pub db_right_licensed: bool,
    /// True if its notice must be kept.
    pub notice_required: bool,
    /// True if changes must be stated.
    pub modification_notice: bool,
    /// True if listed in article D323-2-1 CRPA.
    pub crpa_listed: bool,
    /// Tiers that admit it.
    pub tiers: Vec<Tier>,
    /// True if a phrase that names it grants only among plain words.
    #[serde(default)]
    pub strict: bool,
    /// Addresses that name it, besides its text and its SPDX page.
    #[serde(default)]
    pub urls: Vec<String>,
    /// Names and phrases that name it.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Single words that name it inside a statement.
    #[serde(default)]
    pub words: Vec<String>,
    /// Identifier at data.gouv.fr.
    #[serde(default)]
    pub data_gouv: Option<String>,
    /// Codes of the licence authority table of the Publications Office of the European Union.
    #[serde(default)]
    pub eu_codes: Vec<String>,
    /// Identifier in Hugging Face dataset cards; none: `other`.
    #[serde(default)]
    pub hugging_face: Option<String>,
    /// Address of the text; none where there is no text to link to.
    #[serde(default)]
    pub text_url: Option<String>,
    /// Jurisdiction of a ported licence, e.g. `FR`; none for unported and international ones.
    #[serde(default)]
    pub jurisdiction: Option<String>,
    /// Licence of a later version under which adaptations may be published.
    #[serde(default)]
    pub upgradable_to: Option<String>,
    /// What a reader should know, in a sentence.
    #[serde(default)]
    pub note: Option<String>,
}

impl Licence {
    /// Lowest tier that admits it.
    pub fn tier_min(&self) -> Option<Tier> {
        self.tiers.iter().copied().min()
    }
}
