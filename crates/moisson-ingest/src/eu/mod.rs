//! Law and case law of the European Union: Formex 4, and the pages of EUR-Lex and CELLAR (domain notes, section 5.6).

pub(crate) mod celex;
mod classes;
pub(crate) mod formex;
#[cfg(test)]
mod formex_tests;
pub(crate) mod names;
pub(crate) mod xhtml;
#[cfg(test)]
mod xhtml_tests;

use schemars::JsonSchema;
use serde::Deserialize;

/// What becomes of footnotes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Footnotes {
    /// Left out.
    Drop,
    /// Paragraphs at the end of the text.
    #[default]
    End,
}

/// What names a document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Id {
    /// The CELEX number, else the name of the file.
    #[default]
    Celex,
    /// The path of the file.
    Path,
}
