//! The languages in which people are told things.

use serde::{Deserialize, Serialize};

/// A language of messages. Codes and columns are the same in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// French.
    Fr,
}

impl Lang {
    /// ISO 639-1 code.
    pub fn name(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Fr => "fr",
        }
    }

    /// Returns the language of a code, as [`Lang::name`] gives it.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::En, Self::Fr]
            .into_iter()
            .find(|lang| lang.name() == name)
    }

    /// Returns the one of two texts that is in this language.
    pub fn pick<'a>(self, en: &'a str, fr: &'a str) -> &'a str {
        match self {
            Self::En => en,
            Self::Fr => fr,
        }
    }
}
