//! A rule: one column held against one bound.

use std::fmt;

use moisson_core::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::columns::{self, Kind};

/// A value that `equals` compares with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Value {
    /// True or false.
    Flag(bool),
    /// A number.
    Number(f64),
    /// A string.
    Text(String),
}

/// What makes a document fail a rule.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum Bound {
    /// The value is below this.
    Below(f64),
    /// The value is above this.
    Above(f64),
    /// The value is one of these.
    In(Vec<String>),
    /// The value is none of these.
    NotIn(Vec<String>),
    /// The flag has this value.
    IsTrue(bool),
    /// The value is this one.
    Equals(Value),
}

impl Bound {
    /// True if a column of this kind can be held against the bound.
    pub(crate) fn fits(&self, kind: Kind) -> bool {
        match self {
            Self::Below(_) | Self::Above(_) | Self::Equals(Value::Number(_)) => {
                kind == Kind::Number
            }
            Self::In(_) | Self::NotIn(_) | Self::Equals(Value::Text(_)) => kind == Kind::Text,
            Self::IsTrue(_) | Self::Equals(Value::Flag(_)) => kind == Kind::Flag,
        }
    }
}

/// The bound as the ledger shows it in `threshold`.
impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Below(value) | Self::Above(value) | Self::Equals(Value::Number(value)) => {
                write!(f, "{value}")
            }
            Self::In(values) | Self::NotIn(values) => f.write_str(&values.join(", ")),
            Self::IsTrue(value) | Self::Equals(Value::Flag(value)) => write!(f, "{value}"),
            Self::Equals(Value::Text(value)) => f.write_str(value),
        }
    }
}

/// What a rule does where its column is null, that is, not measurable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Nulls {
    /// The document passes.
    #[default]
    Pass,
    /// The document fails.
    Drop,
}

/// The bounds a rule or an override may give; exactly one of them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct BoundEntry {
    /// Fails below this number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<f64>,
    /// Fails above this number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above: Option<f64>,
    /// Fails if the value is one of these.
    #[serde(default, rename = "in", skip_serializing_if = "Option::is_none")]
    pub among: Option<Vec<String>>,
    /// Fails if the value is none of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_in: Option<Vec<String>>,
    /// Fails if the flag has this value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_true: Option<bool>,
    /// Fails if the value is this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equals: Option<Value>,
}

impl BoundEntry {
    /// Returns the bounds that are given; more than one is for the caller to refuse.
    pub(crate) fn bounds(&self) -> Vec<Bound> {
        [
            self.below.map(Bound::Below),
            self.above.map(Bound::Above),
            self.among.clone().map(Bound::In),
            self.not_in.clone().map(Bound::NotIn),
            self.is_true.map(Bound::IsTrue),
            self.equals.clone().map(Bound::Equals),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// A rule as a preset or a pipeline writes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleEntry {
    /// Stable reason code, `family/what-it-catches`.
    pub code: String,
    /// Column it looks at.
    pub column: String,
    /// Fails below this number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<f64>,
    /// Fails above this number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above: Option<f64>,
    /// Fails if the value is one of these.
    #[serde(default, rename = "in", skip_serializing_if = "Option::is_none")]
    pub among: Option<Vec<String>>,
    /// Fails if the value is none of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_in: Option<Vec<String>>,
    /// Fails if the flag has this value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_true: Option<bool>,
    /// Fails if the value is this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equals: Option<Value>,
    /// What it catches and why, in a sentence.
    #[serde(default)]
    pub doc: String,
    /// Where the bound comes from.
    #[serde(default)]
    pub source: String,
    /// Only documents of these genres; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub genres: Vec<String>,
    /// Not documents of these genres.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except_genres: Vec<String>,
    /// What happens where the column is null.
    #[serde(default)]
    pub null: Nulls,
}

/// A rule whose entry was checked.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rule {
    /// Stable reason code.
    pub code: String,
    /// Column it looks at.
    pub column: String,
    /// What makes a document fail.
    pub bound: Bound,
    /// What it catches and why.
    pub doc: String,
    /// Where the bound comes from.
    pub source: String,
    /// Only documents of these genres; empty for all.
    pub genres: Vec<String>,
    /// Not documents of these genres.
    pub except_genres: Vec<String>,
    /// What happens where the column is null.
    pub null: Nulls,
}

impl Rule {
    /// Checks an entry.
    ///
    /// # Errors
    /// [`Error::Config`] for a malformed code, an unknown column, and anything but exactly one bound that fits it.
    pub fn try_new(entry: &RuleEntry) -> Result<Self> {
        let code = &entry.code;
        if !well_formed(code) {
            return Err(Error::config(format!(
                "rule code `{code}` is not `family/what-it-catches` in lower-case letters, digits and hyphens"
            )));
        }
        let bound = one_bound(code, entry.bound_entry().bounds())?.ok_or_else(|| {
            Error::config(format!(
                "rule `{code}` has no bound; give one of `below`, `above`, `in`, `not_in`, `is_true`, `equals`"
            ))
        })?;
        columns::check(code, &entry.column, &bound)?;
        Ok(Self {
            code: code.clone(),
            column: entry.column.clone(),
            bound,
            doc: entry.doc.clone(),
            source: entry.source.clone(),
            genres: entry.genres.clone(),
            except_genres: entry.except_genres.clone(),
            null: entry.null,
        })
    }

    /// True if the rule is asked of documents of this genre (`None`: of no known genre).
    pub fn applies_to(&self, genre: Option<&str>) -> bool {
        let has = |list: &[String]| list.iter().any(|name| Some(name.as_str()) == genre);
        (self.genres.is_empty() || has(&self.genres)) && !has(&self.except_genres)
    }
}

impl RuleEntry {
    fn bound_entry(&self) -> BoundEntry {
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

/// Returns the one bound, or none.
///
/// # Errors
/// [`Error::Config`] if there are several, or a number is not finite.
pub(crate) fn one_bound(code: &str, bounds: Vec<Bound>) -> Result<Option<Bound>> {
    if bounds.len() > 1 {
        return Err(Error::config(format!(
            "rule `{code}` has {} bounds; give one, and a second rule for the other",
            bounds.len()
        )));
    }
    let bound = bounds.into_iter().next();
    if let Some(Bound::Below(value) | Bound::Above(value)) = &bound
        && !value.is_finite()
    {
        return Err(Error::config(format!("rule `{code}`: {value} is no bound")));
    }
    Ok(bound)
}

fn well_formed(code: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    code.split_once('/')
        .is_some_and(|(family, name)| part(family) && part(name))
}

#[cfg(test)]
mod tests {
    use super::{Rule, RuleEntry};

    #[test]
    fn entries_as_a_table() {
        let check = |body: &str, expected: &str| {
            let found = toml::from_str::<RuleEntry>(body)
                .map_err(|error| error.message().to_owned())
                .and_then(|entry| Rule::try_new(&entry).map_err(|error| error.to_string()));
            let found = found.map_or_else(|error| error, |rule| format!("fails at {}", rule.bound));
            assert!(found.contains(expected), "{found}");
        };
        let words = "code='quality/too-few-words'\ncolumn='quality_word_count'\n";
        check(&format!("{words}below=50"), "fails at 50");
        check(&format!("{words}above=0.5"), "fails at 0.5");
        check(words, "has no bound");
        check(&format!("{words}below=50\nabove=9"), "has 2 bounds");
        check(&format!("{words}below=nan"), "NaN is no bound");
        check(&format!("{words}bellow=50"), "unknown field `bellow`");
        check(
            "code='Quality/x'\ncolumn='genre'\nin=['law']",
            "is not `family/",
        );
        check(
            "code='quality'\ncolumn='genre'\nin=['law']",
            "is not `family/",
        );
        check(
            "code='genre/x'\ncolumn='genre'\nin=['a','b']",
            "fails at a, b",
        );
        check("code='genre/x'\ncolumn='genre'\nequals='a'", "fails at a");
    }
}
