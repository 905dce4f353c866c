//! The last step of ingest: defaults of the source are filled in and the text becomes final.

use std::borrow::Cow;

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
        if let Some(title) = document.title.take() {
            document.title = self.one_line(&title);
        }
        if let Cow::Owned(text) = normalise(&document.text, self.params, counts) {
            document.text = text;
        }
        document.text.contains(|c: char| !c.is_whitespace())
    }

    /// A title in its final form: normalised like a text, on one line; `None` if nothing is left.
    fn one_line(&self, title: &str) -> Option<String> {
        let params = NormaliseParams {
            white_space: true,
            line_ends: true,
            ..self.params
        };
        let title = normalise(title, params, &mut NormaliseCounts::default());
        let lines: Vec<&str> = title
            .lines()
            .map(str::trim)
            .filter(|l| !l.is_empty())
            .collect();
        Some(lines.join(" ")).filter(|title| !title.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use moisson_core::{Digest, Document, Key};

    use super::{Defaults, Finisher};
    use crate::normalise::{NormaliseCounts, NormaliseParams};

    fn document(text: &str) -> Document {
        Document::new(Key::Raw, text.to_owned(), "f".to_owned(), Digest::of(b""))
    }

    #[test]
    fn defaults_fill_what_a_record_leaves_open() {
        let some = |text: &str| Some(text.to_owned());
        let defaults = Defaults {
            genre: some("law"),
            language: some("fr"),
            producer: some("DILA"),
            title: None,
        };
        let finisher = Finisher::new(NormaliseParams::default(), defaults);
        let mut said = document("a");
        said.genre = some("debate");
        assert!(finisher.finish(&mut said, &mut NormaliseCounts::default()));
        assert_eq!(said.genre.as_deref(), Some("debate"));
        assert_eq!(said.language_declared.as_deref(), Some("fr"));
        assert_eq!(said.producer.as_deref(), Some("DILA"));
        assert_eq!(said.title, None);
    }

    #[test]
    fn text_and_title_become_final() {
        let finisher = Finisher::new(NormaliseParams::default(), Defaults::default());
        let check = |text: &str, title: &str, expected: (bool, &str, Option<&str>)| {
            let mut document = document(text);
            document.title = Some(title.to_owned());
            let is_kept = finisher.finish(&mut document, &mut NormaliseCounts::default());
            assert_eq!(
                (is_kept, document.text.as_str(), document.title.as_deref()),
                expected
            );
        };
        check(
            "e\u{301}\r\n",
            " Un\r\n  titre ",
            (true, "é", Some("Un titre")),
        );
        check(" \u{A0}\u{AD}\n", "\u{AD}", (false, "", None));
        check("", "T", (false, "", Some("T")));
    }

    #[test]
    fn blank_text_is_empty_even_if_white_space_is_left_alone() {
        let params = NormaliseParams {
            white_space: false,
            ..NormaliseParams::default()
        };
        let finisher = Finisher::new(params, Defaults::default());
        assert!(!finisher.finish(&mut document(" \n\u{A0}"), &mut NormaliseCounts::default()));
    }
}
