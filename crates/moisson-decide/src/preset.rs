//! The presets that moisson ships: one TOML file each.

use std::sync::LazyLock;

use moisson_core::{Error, Result};
use serde::Deserialize;

use crate::columns::nearest;
use crate::rule::RuleEntry;

/// A named list of rules.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// Name a pipeline uses.
    pub name: String,
    /// What it is for.
    pub doc: String,
    /// Where its bounds come from.
    pub source: String,
    /// Presets whose rules come first.
    #[serde(default)]
    pub includes: Vec<String>,
    /// Reasons of the line spans it cuts.
    #[serde(default)]
    pub edits: Vec<String>,
    /// Least bytes of text that its cuts must leave.
    #[serde(default)]
    pub left_bytes_min: u64,
    /// Its rules, in the order in which they count.
    #[serde(default, rename = "rule")]
    pub rules: Vec<RuleEntry>,
}

/// Files of the presets, in alphabetical order.
const FILES: &[(&str, &str)] = &[
    ("c4-fr", include_str!("../presets/c4-fr.toml")),
    ("fineweb", include_str!("../presets/fineweb.toml")),
    ("fineweb2-fra", include_str!("../presets/fineweb2-fra.toml")),
    ("gopher", include_str!("../presets/gopher.toml")),
    (
        "gopher-quality",
        include_str!("../presets/gopher-quality.toml"),
    ),
    (
        "gopher-repetition",
        include_str!("../presets/gopher-repetition.toml"),
    ),
    ("moisson-base", include_str!("../presets/moisson-base.toml")),
];

/// Returns all presets, in alphabetical order.
///
/// A file that does not parse is left out; a test holds that there is none.
pub fn presets() -> &'static [Preset] {
    static PRESETS: LazyLock<Vec<Preset>> = LazyLock::new(|| {
        FILES
            .iter()
            .filter_map(|(_, body)| toml::from_str(body).ok())
            .collect()
    });
    &PRESETS
}

/// Returns the preset of this name.
///
/// # Errors
/// [`Error::Config`] naming the nearest known ones.
pub fn find(name: &str) -> Result<&'static Preset> {
    presets()
        .iter()
        .find(|preset| preset.name == name)
        .ok_or_else(|| {
            let known = nearest(name, presets().iter().map(|preset| preset.name.as_str()));
            Error::config(format!("unknown preset `{name}`; nearest known: {known}"))
        })
}

#[cfg(test)]
mod tests {
    use super::{FILES, Preset, find};
    use crate::rule::Rule;

    #[test]
    fn every_file_is_a_valid_documented_preset() {
        for (name, body) in FILES {
            let preset: Preset = toml::from_str(body).unwrap();
            assert_eq!(preset.name, *name);
            assert!(
                !preset.doc.is_empty() && !preset.source.is_empty(),
                "{name}"
            );
            for include in &preset.includes {
                assert!(
                    find(include).unwrap().includes.is_empty(),
                    "{name}: {include}"
                );
            }
            for entry in &preset.rules {
                let rule = Rule::try_new(entry).unwrap();
                assert!(rule.doc.ends_with('.'), "{name}: {}", rule.code);
            }
        }
        assert!(FILES.is_sorted_by_key(|(name, _)| name));
    }

    #[test]
    fn an_unknown_preset_names_the_nearest() {
        let error = find("fineweb2-fr").unwrap_err().to_string();
        assert!(error.contains("nearest known: `fineweb2-fra`"), "{error}");
    }
}
