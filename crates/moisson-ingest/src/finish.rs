//! The last step of ingest: defaults of the source are filled in and the text becomes final.

use moisson_core::Document;

use crate::normalise::{NormaliseCounts, NormaliseParams, normalise};

/// What a source says of all its documents; filled in where a record says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Defaults {
    /// Kind of text.
    pub genre: Option<String>,
    /// Declared language.
    pub language: Option<String>,
    /// Producing body.
    pub producer: Option<String>,
    /// Title of documents without one.
    pub title: Option<String>,
}

/// Finishes documents of one source.
#[derive(Debug, Clone)]
pub struct Finisher {
    params: NormaliseParams,
    defaults: Defaults,
}

impl Finisher {
    /// A finisher with the normalisation and defaults of a source.
    pub fn new(params: NormaliseParams, defaults: Defaults) -> Self {
        Self { params, defaults }
    }

    /// Fills in defaults and normalises text and title. Returns false if no text is left.
    pub fn finish(&self, document: &mut Document, counts: &mut NormaliseCounts) -> bool {
        let fill = |field: &mut Option<String>, default: &Option<String>| {
            if field.is_none() {
                field.clone_from(default);
            }
        };
        fill(&mut document.genre, &self.defaults.genre);
        fill(&mut document.language_declared, &self.defaults.language);
        fill(&mut document.producer, &self.defaults.producer);
        fill(&mut document.title, &self.defaults.title);
        let text = normalise(&document.text, self.params, counts);
        if let std::borrow::Cow::Owned(text) = text {
            document.text = text;
        }
        !document.text.trim().is_empty()
    }
}
