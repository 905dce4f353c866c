//! Licence expressions of the release, `licences.spdx.json`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::terms;
use crate::{ReleaseFacts, licence_facts};

/// Returns the expressions by family with their documents, and the licences in them with their texts.
///
/// `expression` of a family joins those of its documents by `AND`: whoever takes the whole family keeps to all.
pub fn spdx_expressions(facts: &ReleaseFacts) -> Value {
    let families: Vec<Value> = facts
        .families
        .iter()
        .map(|family| {
            let expressions = terms::expressions(family);
            json!({
                "family": family.name,
                "expression": together(&expressions),
                "documents": family.licences,
            })
        })
        .collect();
    let mut licences = BTreeMap::new();
    for expression in facts
        .families
        .iter()
        .flat_map(|family| family.licences.keys())
    {
        for licence in licence_facts(expression).licences {
            let entry = json!({
                "name": licence.name,
                "text": licence.text_url,
                "listed": !licence.id.starts_with("LicenseRef-"),
                "note": licence.note,
            });
            licences.insert(licence.id.as_str(), entry);
        }
    }
    json!({ "release": facts.urn(), "families": families, "licences": licences })
}

/// Joins expressions by `AND`; those of several licences in brackets. `NONE` for no expression: SPDX's word for it.
pub(crate) fn together(expressions: &[&str]) -> String {
    match expressions {
        [] => "NONE".to_owned(),
        [one] => (*one).to_owned(),
        several => {
            let bracketed = |expression: &&str| {
                if expression.contains(' ') {
                    format!("({expression})")
                } else {
                    (*expression).to_owned()
                }
            };
            several
                .iter()
                .map(bracketed)
                .collect::<Vec<_>>()
                .join(" AND ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::together;

    #[test]
    fn expressions_join_as_a_table() {
        assert_eq!(together(&[]), "NONE");
        assert_eq!(together(&["MIT"]), "MIT");
        assert_eq!(
            together(&["CC0-1.0 OR MIT", "etalab-2.0"]),
            "(CC0-1.0 OR MIT) AND etalab-2.0"
        );
    }
}
