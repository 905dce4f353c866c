//! The data part of the summary of training content (AI Act, article 53(1)(d)): a manifest, and pages in French and English.
//!
//! What was counted is filled in exactly. What a provider attests is taken from `[attestations]` alone and is
//! `to be provided` where nobody said it: no answer is inferred from the corpus.

mod manifest;
mod page;

pub use manifest::{ai_act_manifest, ai_act_yaml};
pub use page::ai_act_page;

/// The languages that documents for readers are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// French.
    French,
}

impl Language {
    /// The text in this language.
    pub(crate) fn of<'a>(self, english: &'a str, french: &'a str) -> &'a str {
        match self {
            Self::English => english,
            Self::French => french,
        }
    }
}
