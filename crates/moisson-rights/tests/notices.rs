//! Example notices, as a table: what they must be recognised as.

use std::collections::BTreeMap;

use moisson_rights::{
    Catalogue, Evidence, Layer, Meaning, Recognition, Scope, Statement, Tier, recognise, resolve,
};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    notices: BTreeMap<String, Vec<String>>,
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    text: String,
    /// Absent: `known`.
    status: Option<String>,
    expression: Option<String>,
    matcher: Option<String>,
    family: Option<String>,
    /// Lowest tier, or `none`.
    tier: Option<String>,
    suggestion: Option<String>,
}

#[expect(clippy::expect_used, reason = "test code")]
fn table() -> Table {
    toml::from_str(include_str!("notices.toml")).expect("notices.toml is well-formed")
}

/// What was recognised, short enough for a failure's message.
fn told(recognition: &Recognition) -> String {
    let matches: Vec<String> = recognition
        .matches
        .iter()
        .map(|m| format!("{} by {}: {:?}", m.statement, m.matcher, m.ids))
        .collect();
    let others = (
        &recognition.not_licences,
        &recognition.restrictions,
        &recognition.unrecognised,
    );
    format!("{matches:?}, {others:?}, {:?}", recognition.suggestion)
}

#[test]
fn every_licence_has_two_notices_that_name_it_and_nothing_else() {
    let catalogue = Catalogue::embedded();
    let table = table();
    for licence in catalogue.iter() {
        let notices = table.notices.get(&licence.id);
        let notices = notices.unwrap_or_else(|| panic!("no notice of `{}`", licence.id));
        assert!(
            notices.len() >= 2 && notices[0] != notices[1],
            "{}",
            licence.id
        );
        for notice in notices {
            let recognition = recognise(catalogue, notice);
            let outcome = recognition.outcome();
            let expression = outcome.meaning.as_ref().map(Meaning::expression);
            let found = (outcome.status.name(), expression.as_deref());
            assert_eq!(
                found,
                ("known", Some(licence.id.as_str())),
                "{notice}: {}",
                told(&recognition)
            );
        }
    }
    assert_eq!(
        table.notices.len(),
        catalogue.len(),
        "a notice of no licence"
    );
}

#[test]
fn statements_as_a_table() {
    let catalogue = Catalogue::embedded();
    for case in table().case {
        let recognition = recognise(catalogue, &case.text);
        let statement = Statement {
            text: case.text.clone(),
            layer: Layer::Work,
            evidence: Evidence::Declared,
            scope: Scope::Work,
            reason: None,
        };
        let verdict = resolve(catalogue, &[statement]);
        let context = format!("`{}`: {}", case.text, told(&recognition));
        assert_eq!(
            verdict.status.name(),
            case.status.as_deref().unwrap_or("known"),
            "{context}"
        );
        assert_eq!(verdict.expression, case.expression, "{context}");
        if let Some(matcher) = &case.matcher {
            let found = verdict
                .decisive
                .as_ref()
                .and_then(|decisive| decisive.matcher);
            assert_eq!(found, Some(matcher.as_str()), "{context}");
        }
        if let Some(family) = &case.family {
            assert_eq!(verdict.family.name(), family, "{context}");
        }
        if let Some(tier) = &case.tier {
            assert_eq!(
                verdict.tier_min.map_or("none", Tier::name),
                tier,
                "{context}"
            );
        }
        if case.suggestion.is_some() {
            assert_eq!(recognition.suggestion, case.suggestion, "{context}");
        }
        if let Some(expression) = &verdict.expression {
            let parsed = spdx::Expression::parse(expression);
            assert!(parsed.is_ok(), "{expression} is no SPDX expression");
        }
    }
}

/// No change of case, accents, spaces or Unicode form of a notice changes what it says.
#[test]
fn spelling_does_not_matter() {
    let catalogue = Catalogue::embedded();
    for (id, notices) in table().notices {
        for notice in notices.iter().filter(|notice| !notice.contains("://")) {
            for variant in [
                notice.to_uppercase(),
                format!("  {} ", notice.replace(' ', "\u{a0} ")),
            ] {
                let outcome = recognise(catalogue, &variant).outcome();
                let expression = outcome.meaning.as_ref().map(Meaning::expression);
                assert_eq!(expression.as_ref(), Some(&id), "{variant}");
            }
        }
    }
}

/// Hostile statements end in time and grant nothing.
#[test]
fn hostile_statements_grant_nothing() {
    let catalogue = Catalogue::embedded();
    let deep = format!("{}MIT{}", "(".repeat(5000), ")".repeat(5000));
    let chain = vec!["Foo"; 3000].join(" AND ");
    let wide = vec!["MIT"; 200].join(" OR ");
    let long = "CC BY 4.0 ".repeat(5000);
    for text in [
        chain.as_str(),
        wide.as_str(),
        long.as_str(),
        "\u{0}\u{0}",
        "()",
        "AND",
        "\u{301}",
    ] {
        assert_eq!(
            recognise(catalogue, text).outcome().status.name(),
            "unknown",
            "{text:.40}"
        );
    }
    // Parentheses around one licence change nothing.
    assert_eq!(recognise(catalogue, &deep).matches.len(), 1);
}
