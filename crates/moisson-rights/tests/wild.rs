//! Statements of licence as found in the wild, as a table: tag, evidence and gate.

use std::collections::BTreeMap;

use moisson_rights::{
    Catalogue, Evidence, Layer, LicenceConfig, Scope, Statement, Tier, Verdict, VerdictStatus,
    recognise, resolve,
};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    abbreviations: BTreeMap<String, String>,
    cases: BTreeMap<String, Vec<Case>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
enum By {
    #[default]
    Record,
    SourceAssumed,
    SourceDeclared,
    SourceInferred,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    text: String,
    tag: String,
    evidence: String,
    gate: String,
    place: Option<Scope>,
    #[serde(default)]
    by: By,
    terms: Option<String>,
    suggests: Option<String>,
}

#[expect(clippy::expect_used, reason = "test code")]
fn table() -> Table {
    toml::from_str(include_str!("wild.toml")).expect("wild.toml is well-formed")
}

fn statements(case: &Case) -> Vec<Statement> {
    let config = |evidence| LicenceConfig {
        work: Some(case.text.clone()),
        evidence,
        ..LicenceConfig::default()
    };
    let mut statements = match case.by {
        By::SourceDeclared => config(Evidence::Declared).statements(None),
        By::SourceInferred => config(Evidence::Inferred).statements(None),
        By::SourceAssumed => config(Evidence::Assumed).statements(None),
        By::Record => {
            let mut said = LicenceConfig::default().statements(Some(&case.text));
            for statement in &mut said {
                statement.scope = case.place.unwrap_or(Scope::Work);
            }
            said
        }
    };
    statements.extend(case.terms.clone().map(|text| Statement {
        text,
        layer: Layer::Terms,
        evidence: Evidence::Declared,
        scope: Scope::Dataset,
        reason: None,
    }));
    statements
}

fn gate(verdict: &Verdict) -> &'static str {
    match (verdict.status, verdict.tier_min) {
        (VerdictStatus::Known, Some(tier)) => tier.name(),
        (VerdictStatus::Known, None) => "never",
        (status, _) => status.name(),
    }
}

#[test]
fn every_statement_gets_its_tag_evidence_and_gate() {
    let catalogue = Catalogue::embedded();
    let Table {
        abbreviations,
        cases,
    } = table();
    let full = |text: &str| {
        abbreviations
            .iter()
            .rev()
            .fold(text.to_owned(), |text, (name, long)| {
                text.split(' ')
                    .map(|word| {
                        if word == format!("${name}") {
                            long
                        } else {
                            word
                        }
                    })
                    .collect::<Vec<_>>()
                    .join(" ")
            })
    };
    let mut failures = Vec::new();
    let mut number = 0;
    for (group, case) in cases
        .iter()
        .flat_map(|(g, cases)| cases.iter().map(move |c| (g, c)))
    {
        number += 1;
        let verdict = resolve(catalogue, &statements(case));
        let found = (
            verdict.expression.clone().unwrap_or_else(|| "none".into()),
            verdict.evidence.map_or("none", Evidence::name),
            gate(&verdict),
        );
        let expected = (full(&case.tag), case.evidence.as_str(), case.gate.as_str());
        if found != expected {
            failures.push(format!(
                "{group}: `{}`\n  expected {expected:?}\n  found    {found:?} {:?}",
                case.text, verdict.detail
            ));
        }
        if let Some(wanted) = &case.suggests {
            let suggestion = recognise(catalogue, &case.text).suggestion;
            if suggestion.as_deref() != Some(full(wanted).as_str()) {
                failures.push(format!("{group}: `{}` suggests {suggestion:?}", case.text));
            }
        }
        let admitted = Tier::ALL
            .into_iter()
            .any(|tier| tier.reaches(verdict.tier_min));
        assert!(
            !admitted || verdict.status == VerdictStatus::Known,
            "{}",
            case.text
        );
        if let Some(expression) = &verdict.expression {
            assert!(spdx::Expression::parse(expression).is_ok(), "{expression}");
        }
    }
    assert!(number >= 150, "{number} statements");
    assert!(
        failures.is_empty(),
        "{} of {number} statements:\n{}",
        failures.len(),
        failures.join("\n")
    );
}
