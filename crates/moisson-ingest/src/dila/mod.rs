//! DILA XML (LEGI, JORF): articles, text versions, withdrawals.
//!
//! Layout and fields: the DTD bundle of Légifrance's open data, <https://echanges.dila.gouv.fr/OPENDATA/>.

pub mod article;
pub mod fields;
pub mod path;
#[cfg(test)]
mod tests;
pub mod text_version;

/// What a record of the base says of one document, before it is named after its place.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Record {
    /// `LEGIARTI…`, `JORFARTI…`, `LEGITEXT…`, `JORFTEXT…`.
    pub id: String,
    /// Plain text; empty if the record has none.
    pub text: String,
    /// Title as published.
    pub title: Option<String>,
    /// Address on Légifrance.
    pub url: String,
    /// Date of publication of the text.
    pub published_on: Option<moisson_core::Date>,
    /// Date of last modification, where the record says it.
    pub modified_on: Option<moisson_core::Date>,
    /// Identifier shared by all versions.
    pub version_of: Option<String>,
    /// First day in force.
    pub version_from: Option<moisson_core::Date>,
    /// First day no longer in force; `None` is open.
    pub version_to: Option<moisson_core::Date>,
    /// `VIGUEUR`, `MODIFIE`, `ABROGE`, …
    pub version_state: Option<String>,
    /// NOR, number, nature, sections, …
    pub metadata: serde_json::Map<String, serde_json::Value>,
}
