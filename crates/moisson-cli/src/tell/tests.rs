//! The messages, and how they are filled in.

use std::collections::BTreeSet;

use moisson_engine::explain::{OptOut, Personal, Rights, Story, Treated};
use moisson_engine::forgotten::Notice;
use serde_json::{Value, json};

use super::{Voice, fill, messages, story_text};
use crate::args::Lang;

/// Names in braces.
fn names(text: &str) -> BTreeSet<&str> {
    text.split('{')
        .skip(1)
        .filter_map(|part| part.split('}').next())
        .collect()
}

#[test]
fn every_message_is_there_in_both_languages_with_the_same_names() {
    assert!(messages().len() > 10, "the messages do not parse");
    for (section, entries) in messages() {
        for (name, message) in entries {
            for text in [&message.en, &message.fr] {
                assert!(!text.trim().is_empty(), "{section}.{name}");
            }
            assert_eq!(names(&message.en), names(&message.fr), "{section}.{name}");
        }
    }
}

#[test]
fn every_key_that_is_said_has_a_message() {
    let code = [
        include_str!("mod.rs"),
        include_str!("diff.rs"),
        include_str!("explain.rs"),
        include_str!("licences.rs"),
    ];
    let mut said = 0;
    for literal in code
        .iter()
        .flat_map(|code| code.split('"').skip(1).step_by(2))
    {
        let Some((section, name)) = literal.split_once('.') else {
            continue;
        };
        let is_name = |text: &str| {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
        };
        if is_name(section) && is_name(name) && messages().contains_key(section) {
            said += 1;
            let found = messages()
                .get(section)
                .is_some_and(|s| s.contains_key(name));
            assert!(found, "{literal}");
        }
    }
    assert!(said > 80, "{said}");
}

#[test]
fn reason_codes_rules_and_warnings_speak_french() {
    let french = Voice::new(Lang::Fr);
    for row in moisson_engine::known::rules().rows {
        let code = row.get(1).map(String::as_str).unwrap_or_default();
        assert!(
            french.find("rule", code).is_some(),
            "rule `{code}` has no French"
        );
    }
    for code in [
        "assumed",
        "in-foreign-shards",
        "licence-not-in-catalogue",
        "nobody-to-attribute",
        "optout-reserved",
        "optout-unknown",
        "personal-data-risk-high",
        "staged",
    ] {
        assert!(french.find("warning", code).is_some(), "warning `{code}`");
    }
}

#[test]
fn values_are_filled_in_once() {
    for (template, with, expected) in [
        ("a {x} b", &[("x", "1")][..], "a 1 b"),
        ("{x}{x}", &[("x", "{y}"), ("y", "2")], "{y}{y}"),
        ("{z}", &[("x", "1")], "z"),
        ("open {x", &[("x", "1")], "open 1"),
    ] {
        assert_eq!(fill(template, with), expected, "{template}");
    }
}

#[test]
fn numbers_are_grouped_as_the_language_has_it() {
    for (number, en, fr) in [
        (0, "0", "0"),
        (999, "999", "999"),
        (1_000, "1,000", "1\u{202f}000"),
        (1_234_567, "1,234,567", "1\u{202f}234\u{202f}567"),
    ] {
        assert_eq!(Voice::new(Lang::En).number(number), en);
        assert_eq!(Voice::new(Lang::Fr).number(number), fr);
    }
}

#[test]
fn obligations_are_sentences() {
    let voice = Voice::new(Lang::Fr);
    assert!(
        voice
            .obligation("refresh-within-30-days")
            .contains("30 jours")
    );
    assert!(voice.obligation("share-alike").ends_with('.'));
    assert_eq!(voice.obligation("of-another-version"), "of-another-version");
}

/// A story with everything that an output can know, made by hand.
fn whole_story() -> Story {
    let row = |value: Value| value.as_object().cloned();
    let decisions = [
        json!({ "effect": "edit", "unit": "span", "reason": "pii/nir", "detail": "token" }),
        json!({ "effect": "edit", "unit": "span", "reason": "line/too-few-words" }),
    ];
    let rights = Rights {
        status: Some("known".to_owned()),
        licence: Some("etalab-2.0".to_owned()),
        name: Some("Licence Ouverte 2.0 (Etalab)".to_owned()),
        url: Some("https://example.org/lo".to_owned()),
        statement: Some("accord du 2026-01-02".to_owned()),
        declared: Some("voir le site".to_owned()),
        said_by: Some("person"),
        evidence: Some("verdict".to_owned()),
        scope: Some("work".to_owned()),
        matcher: Some("verdict".to_owned()),
        terms: Some("LicenseRef-moisson-gallica-nc".to_owned()),
        verdict: Some("v1".to_owned()),
        verdict_record: Some(json!({
            "id": "v1", "source": "s", "licence": "etalab-2.0", "decided_by": "Service juridique",
            "decided_on": "2026-01-02", "evidence": "courrier n° 4", "valid_until": "2027-01-01",
        })),
        decided_by: Some("verdict".to_owned()),
        tier_min: Some("attribution".to_owned()),
        tier: Some("research".to_owned()),
        obligations: vec![
            "attribution-date".to_owned(),
            "refresh-within-30-days".to_owned(),
        ],
        ..Rights::default()
    };
    Story {
        doc_id: "s/a".to_owned(),
        state: "released",
        document: row(json!({ "raw_uri": "a.jsonl" })),
        records: 1,
        annotations: None,
        decisions: decisions.into_iter().filter_map(row).collect(),
        stands_for: Vec::new(),
        release: row(json!({ "doc_id": "s/a" })),
        excerpt: Some("Le <NIR>".to_owned()),
        rights: Some(rights),
        optout: Some(OptOut {
            verdict: Some("clear".to_owned()),
            as_of: Some("2026-02-03".to_owned()),
            signals: vec![json!({
                "kind": "tdmrep", "source_url": "https://example.org/tdmrep.json", "raw": "tdm-reservation: 0",
                "retrieved_at": "2026-02-03", "value": 0,
            })],
        }),
        personal: Some(Personal {
            found: [("nir".to_owned(), 1), ("email".to_owned(), 2)].into(),
            profile: Some("court-decision".to_owned()),
            treated: vec![Treated {
                class: "nir".to_owned(),
                with: Some("token".to_owned()),
                spans: 1,
            }],
            replaced: Some(1),
            risk: Some("low".to_owned()),
            ..Personal::default()
        }),
        forgotten: None,
    }
}

#[test]
fn a_story_tells_all_that_is_known_in_both_languages() {
    let story = whole_story();
    for (lang, parts) in [
        (
            Lang::En,
            &[
                "s/a is released",
                "Spans of text cut by rules: 1",
                "the record declares, verbatim: “voir le site”",
                "who says it: a person, in the rights file",
                "Terms of the source\n  LicenseRef-moisson-gallica-nc",
                "v1: etalab-2.0 for `s`, decided by Service juridique on 2026-01-02; evidence: courrier n° 4; valid until 2027-01-01",
                "what decided: the verdict of a person",
                "refresh-within-30-days: Bring copies up to date within 30 days",
                "Reservations against mining\n  No reservation was found.\n  as of 2026-02-03\n  tdmrep at https://example.org/tdmrep.json",
                "found: social security numbers: 1",
                "replaced: social security numbers: 1, by the name of the class",
                "remaining risk: low",
            ][..],
        ),
        (
            Lang::Fr,
            &[
                "s/a\u{a0}: publié",
                "Passages coupés par des règles\u{a0}: 1",
                "l'enregistrement déclare, tel quel\u{a0}: «\u{a0}voir le site\u{a0}»",
                "Décision humaine\n  v1\u{a0}: etalab-2.0 pour `s`, décidé par Service juridique le 2026-01-02",
                "ce qui a décidé\u{a0}: la décision d'une personne",
                "Mettre à jour les copies sous 30 jours",
                "Réserves à la fouille\n  Aucune réserve trouvée.\n  au 2026-02-03",
                "trouvé\u{a0}: adresses électroniques\u{a0}: 2",
                "remplacé\u{a0}: numéros de sécurité sociale\u{a0}: 1, par le nom de la classe",
                "risque résiduel\u{a0}: faible",
                "Ce n'est pas un conseil juridique.",
            ],
        ),
    ] {
        let told = story_text(Voice::new(lang), &story);
        let mut rest = told.as_str();
        for part in parts {
            let at = rest.find(part);
            let at = at.unwrap_or_else(|| panic!("`{part}` is not told in its place:\n{told}"));
            rest = rest.get(at..).unwrap_or_default();
        }
        assert!(!told.contains("pii/nir"), "{told}");
    }
}

#[test]
fn of_a_forgotten_document_nothing_else_is_told() {
    let story = Story {
        state: "forgotten",
        forgotten: Some(Notice {
            when: "2026-02-20".to_owned(),
            basis: Some("RGPD, art. 17".to_owned()),
        }),
        ..whole_story()
    };
    for (lang, expected) in [
        (
            Lang::En,
            "s/a is forgotten\n\nForgotten\n  A document with this id was forgotten on 2026-02-20.\n  \
             Basis: RGPD, art. 17\n  Nothing else is kept of it.\n",
        ),
        (
            Lang::Fr,
            "s/a\u{a0}: oublié\n\nOubli\n  Un document portant cet identifiant a été oublié le 2026-02-20.\n  \
             Fondement\u{a0}: RGPD, art. 17\n  Rien d'autre n'en est conservé.\n",
        ),
    ] {
        assert_eq!(story_text(Voice::new(lang), &story), expected);
    }
}
