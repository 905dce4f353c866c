//! Debates and bills of parliaments: Syceron XML and HTML sittings of the Assemblée nationale, the records of the
//! Sénat, Akoma Ntoso.
//!
//! Formats and known defects: domain notes, section 5.2; each module names its standard.

pub mod akoma;
#[cfg(test)]
mod akoma_tests;
pub mod date;
pub mod seance;
pub mod senat;
pub mod syceron;
#[cfg(test)]
mod tests;

use moisson_core::Date;
use serde_json::{Map, Value};

/// What was read of a sitting or a bill, before it is named after its place.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Record {
    /// Identifier the format gives; `None` where it gives none.
    pub id: Option<String>,
    /// Plain text; empty if the record has none.
    pub text: String,
    /// Title as published.
    pub title: Option<String>,
    /// Address of the record.
    pub url: Option<String>,
    /// Day of the sitting, or date of the text.
    pub published_on: Option<Date>,
    /// Date of this version, where it is said.
    pub modified_on: Option<Date>,
    /// `debate`, `law`, `decision`.
    pub genre: Option<&'static str>,
    /// Language as declared.
    pub language: Option<String>,
    /// Who made it.
    pub producer: Option<String>,
    /// Identifier shared by all versions.
    pub version_of: Option<String>,
    /// Legislature, session, number, …
    pub metadata: Map<String, Value>,
}

impl Record {
    /// Adds a value to the metadata if there is one.
    pub(crate) fn put(&mut self, name: &str, value: Option<String>) {
        if let Some(value) = value {
            self.metadata.insert(name.to_owned(), Value::String(value));
        }
    }

    /// Adds a number to the metadata if it is not zero.
    pub(crate) fn count(&mut self, name: &str, number: usize) {
        if number > 0 {
            self.metadata.insert(name.to_owned(), Value::from(number));
        }
    }

    /// Turns the record into the document of the member that held it.
    pub(crate) fn into_document(
        self,
        member: &crate::Member<'_>,
        digest: moisson_core::Digest,
    ) -> moisson_core::Document {
        use moisson_core::Key;
        let key = self
            .id
            .map_or_else(|| Key::Path(member.uri.to_owned()), Key::Declared);
        let mut document = member.document(key, self.text, digest);
        document.title = self.title;
        document.url = self.url;
        document.published_on = self.published_on;
        document.modified_on = self.modified_on;
        document.genre = self.genre.map(str::to_owned);
        document.language_declared = self.language;
        document.producer = self.producer;
        document.version_of = self.version_of;
        document.metadata = self.metadata;
        document
    }
}

/// Ends a printed name so that speech can follow: `M. Dupont` gives `M. Dupont.`, `Mme Durand,` is left as it is.
pub(crate) fn ended(name: &str) -> String {
    let name = name.trim();
    if name.ends_with(['.', ',', ':', ';', '?', '!', '…']) {
        name.to_owned()
    } else {
        format!("{name}.")
    }
}
