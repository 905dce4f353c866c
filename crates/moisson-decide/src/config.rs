//! What a pipeline says about rules, besides the presets it names.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rule::{BoundEntry, Nulls, RuleEntry, Value};

/// Changes to rules of the presets, and further rules.
///
/// ```toml
/// [rules.override."quality/too-few-words"]
/// below = 30
/// [rules.genre.debate."quality/short-lines"]
/// off = true
/// [[rules.rule]]
/// code = "language/not-french"
/// column = "language"
/// not_in = ["fra_Latn"]
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RulesConfig {
    /// Further rules, after those of the presets. A rule whose code a preset has replaces it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rule: Vec<RuleEntry>,
    /// Changes by rule code.
    #[serde(rename = "override", skip_serializing_if = "IndexMap::is_empty")]
    pub overrides: IndexMap<String, Override>,
    /// Changes by genre, then rule code; they come after the others.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub genre: IndexMap<String, IndexMap<String, Override>>,
    /// Reasons of the line spans that are cut, instead of those of the presets; `[]` cuts nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edits: Option<Vec<String>>,
    /// Least bytes of text that cuts must leave, instead of the presets' number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_bytes_min: Option<u64>,
}

/// Changes to one rule. What is not given stays.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Override {
    /// True takes the rule out.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub off: bool,
    /// Fails below this number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub below: Option<f64>,
    /// Fails above this number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub above: Option<f64>,
    /// Fails if the value is one of these.
    #[serde(rename = "in", skip_serializing_if = "Option::is_none")]
    pub among: Option<Vec<String>>,
    /// Fails if the value is none of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_in: Option<Vec<String>>,
    /// Fails if the flag has this value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_true: Option<bool>,
    /// Fails if the value is this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub equals: Option<Value>,
    /// Only documents of these genres; not inside `genre`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub genres: Option<Vec<String>>,
    /// Not documents of these genres; not inside `genre`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub except_genres: Option<Vec<String>>,
    /// What happens where the column is null; not inside `genre`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub null: Option<Nulls>,
}

impl Override {
    pub(crate) fn bound_entry(&self) -> BoundEntry {
        BoundEntry {
            below: self.below,
            above: self.above,
            among: self.among.clone(),
            not_in: self.not_in.clone(),
            is_true: self.is_true,
            equals: self.equals.clone(),
        }
    }
}
