//! What is done with personal data that was found.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is done with a value of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// It stays as it is, and is counted.
    Keep,
    /// The type takes its place: `<PHONE>`.
    Token,
    /// A made-up value of the same form takes its place, which can belong to nobody.
    Fiction,
}

impl Action {
    /// Name in pipelines and in the ledger.
    pub fn name(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Token => "token",
            Self::Fiction => "fiction",
        }
    }
}

/// What a pipeline says of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Switch {
    /// The class is not looked for at all.
    Off,
    /// Found and counted, and left in the text.
    Keep,
    /// Replaced by its type.
    Token,
    /// Replaced by a made-up value of the same form.
    Fiction,
}

impl Switch {
    /// The action; none if the class is not looked for.
    pub fn action(self) -> Option<Action> {
        match self {
            Self::Off => None,
            Self::Keep => Some(Action::Keep),
            Self::Token => Some(Action::Token),
            Self::Fiction => Some(Action::Fiction),
        }
    }
}
