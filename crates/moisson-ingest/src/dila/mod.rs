//! DILA XML: the eleven bases of Légifrance's open data, from codes to company agreements.
//!
//! Layout and fields: the DTD bundle of Légifrance's open data, <https://echanges.dila.gouv.fr/OPENDATA/>; domain notes,
//! section 5.1.

pub mod agreement;
pub mod article;
pub mod decision;
pub mod dossier;
pub mod fields;
pub mod mojibake;
pub mod office;
pub mod path;
pub mod structure;
#[cfg(test)]
mod tests;
pub mod text_version;

/// What a record of the base says of one document, before it is named after its place.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Record {
    /// `LEGIARTI…`, `JORFTEXT…`, `JURITEXT…`.
    pub id: String,
    /// Plain text; empty if the record has none.
    pub text: String,
    /// Title as published.
    pub title: Option<String>,
    /// Address on Légifrance.
    pub url: String,
    /// Kind of text; `None` is a law.
    pub genre: Option<&'static str>,
    /// Date of publication of the text, or of the decision.
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
