//! The licence of a source, as a pipeline states it.

use moisson_core::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Catalogue, Evidence, Layer, Scope, Statement, recognise};

/// What is known of the rights in a source: `[source.NAME.licence]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LicenceConfig {
    /// Licence of the works: an SPDX expression, an address or the words of the source, e.g. `etalab-2.0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<String>,
    /// Terms of the site or archive that serves them, where they are others; the stricter of both gates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<String>,
    /// Who says so: `declared` by the producer, `inferred` from what the source says, or `assumed` by the operator.
    #[serde(default)]
    pub evidence: Evidence,
    /// Why the operator assumes it: where it was read, and when. Required where `evidence` is `assumed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether a licence that a record declares takes the place of `work` for that record. Default true.
    #[serde(default = "yes")]
    pub trust_records: bool,
}

fn yes() -> bool {
    true
}

impl Default for LicenceConfig {
    fn default() -> Self {
        Self {
            work: None,
            terms: None,
            evidence: Evidence::default(),
            reason: None,
            trust_records: true,
        }
    }
}

impl LicenceConfig {
    /// Checks that what is stated is recognised and that an assumption has a reason.
    ///
    /// A phrase known to grant nothing (`notspecified`) passes: it is true of the source, and the gate deals with it.
    ///
    /// # Errors
    /// [`Error::Config`] saying what to write.
    pub fn validate(&self) -> Result<()> {
        let stated = [("work", &self.work), ("terms", &self.terms)];
        let stated = stated
            .into_iter()
            .filter_map(|(key, text)| Some((key, text.as_deref()?)));
        if self.evidence == Evidence::Verdict {
            return Err(Error::config(
                "licence: `evidence = \"verdict\"` is what a `[[verdict]]` of a rights file gives; write the verdict \
                 there and name the file with `rights = \"rights.toml\"`",
            ));
        }
        let mut any = false;
        for (key, text) in stated {
            any = true;
            let recognition = recognise(Catalogue::embedded(), text);
            if recognition.is_blank() {
                let hint = match recognition.suggestion {
                    Some(id) => format!("did you mean `{id}`?"),
                    None => {
                        "write an SPDX identifier such as `etalab-2.0` or `CC-BY-4.0`".to_owned()
                    }
                };
                return Err(Error::config(format!(
                    "licence: `{key} = \"{text}\"` names no licence of the catalogue; {hint} \
                     (`moisson list licences` shows all)"
                )));
            }
        }
        let reasoned = self
            .reason
            .as_deref()
            .is_some_and(|reason| !reason.trim().is_empty());
        if any && self.evidence == Evidence::Assumed && !reasoned {
            return Err(Error::config(
                "licence: an assumed licence needs a reason; write `reason = \"where you read it, and when\"`, or \
                 `evidence = \"declared\"` if the producer states it in the source itself",
            ));
        }
        Ok(())
    }

    /// Returns the statements about one record, of which `declared` is what the record itself says.
    ///
    /// Without [`LicenceConfig::trust_records`], what the record says is left out.
    pub fn statements(&self, declared: Option<&str>) -> Vec<Statement> {
        let of_source = |text: &str, layer| Statement {
            text: text.to_owned(),
            layer,
            evidence: self.evidence,
            scope: Scope::Dataset,
            reason: self.reason.clone(),
        };
        let mut statements = Vec::new();
        statements.extend(
            self.work
                .as_deref()
                .map(|text| of_source(text, Layer::Work)),
        );
        statements.extend(
            self.terms
                .as_deref()
                .map(|text| of_source(text, Layer::Terms)),
        );
        let declared = declared.filter(|text| self.trust_records && !text.trim().is_empty());
        statements.extend(declared.map(|text| Statement {
            text: text.to_owned(),
            layer: Layer::Work,
            evidence: Evidence::Declared,
            scope: Scope::Work,
            reason: None,
        }));
        statements
    }
}

#[cfg(test)]
mod tests {
    use super::LicenceConfig;

    #[test]
    fn a_pipeline_is_checked_as_a_table() {
        let check = |toml: &str, expected: Option<&str>| {
            let outcome = toml::from_str::<LicenceConfig>(toml)
                .map_err(|e| e.to_string())
                .and_then(|config| config.validate().map_err(|e| e.to_string()));
            match (expected, outcome) {
                (None, outcome) => assert_eq!(outcome, Ok(()), "{toml}"),
                (Some(part), outcome) => {
                    let message = outcome.unwrap_err();
                    assert!(message.contains(part), "{toml}: {message}");
                }
            }
        };
        check("", None);
        check(
            "work = 'etalab-2.0'\nreason = 'page of the data set, read in 2026'",
            None,
        );
        check("work = 'etalab-2.0'\nevidence = 'declared'", None);
        check("work = 'notspecified'\nevidence = 'declared'", None);
        check("work = 'etalab-2.0'", Some("needs a reason"));
        check("work = 'etalab-2.0'\nreason = ' '", Some("needs a reason"));
        check(
            "work = 'etalba-2.0'\nevidence = 'declared'",
            Some("did you mean `etalab-2.0`?"),
        );
        check(
            "terms = 'CC-BY-7.0'\nevidence = 'declared'",
            Some("`terms = \"CC-BY-7.0\"`"),
        );
        check("work = ''\nevidence = 'declared'", Some("names no licence"));
        check("evidence = 'verdict'", Some("`[[verdict]]`"));
        check("evidence = 'guessed'", Some("unknown variant"));
        check("licence = 'etalab-2.0'", Some("unknown field `licence`"));
    }

    #[test]
    fn an_untrusted_record_says_nothing() {
        let mut config = LicenceConfig {
            work: Some("etalab-2.0".into()),
            ..LicenceConfig::default()
        };
        assert_eq!(config.statements(Some("CC0-1.0")).len(), 2);
        assert_eq!(config.statements(Some("  ")).len(), 1);
        config.trust_records = false;
        assert_eq!(config.statements(Some("CC0-1.0")).len(), 1);
    }
}
