//! The card of a small release, whole and hostile.

use std::collections::BTreeMap;

use moisson_rights::Tier;
use serde_yaml_ng::Value;

use super::card;
use crate::{
    Acquisition, Attestations, FamilyFacts, Publication, ReleaseFacts, SourceFacts, SplitFacts,
    Totals, default_family,
};

fn counts(entries: &[(&str, u64)]) -> BTreeMap<String, u64> {
    entries
        .iter()
        .map(|(name, number)| ((*name).to_owned(), *number))
        .collect()
}

fn family(name: &str, licences: &[(&str, u64)], rows: u64) -> FamilyFacts {
    let split = |split: &str, rows, shards: &[&str]| SplitFacts {
        split: split.into(),
        rows,
        text_bytes: rows * 100,
        shards: shards
            .iter()
            .map(|shard| format!("data/{name}/{split}-{shard}.parquet"))
            .collect(),
    };
    FamilyFacts {
        name: name.into(),
        licences: counts(licences),
        splits: vec![
            split("train", rows, &["0-ab", "1-cd"]),
            split("validation", 0, &[]),
        ],
    }
}

fn facts() -> ReleaseFacts {
    let source =
        |name: &str, released, dropped: &[(&str, u64)], licences: &[(&str, u64)]| SourceFacts {
            name: name.into(),
            title: Some("Codes consolidés".into()),
            producer: Some("DILA".into()),
            reader: "dila@1".into(),
            read: released + dropped.iter().map(|(_, number)| number).sum::<u64>(),
            released,
            dropped: counts(dropped),
            text_bytes: released * 100,
            tokens: None,
            licences: counts(licences),
            url: Some("https://exemple.fr/legi".into()),
            last_update: Some("2026-01-02".into()),
            acquisition: Acquisition::Bulk,
            retrieved: None,
            verdicts: Vec::new(),
        };
    let sources = vec![
        source(
            "legi",
            1500,
            &[("duplicate/near", 20), ("quality/too-few-words", 7)],
            &[("etalab-2.0", 1500)],
        ),
        source(
            "actes",
            10,
            &[("licence/unknown", 3)],
            &[("LicenseRef-moisson-official-act-fr", 10)],
        ),
    ];
    ReleaseFacts {
        name: "essai".into(),
        title: None,
        description: Some("Un corpus d’essai.".into()),
        languages: counts(&[("fra_Latn", 1480), ("oci_Latn", 20), ("und", 10)]),
        tier: Tier::Attribution,
        families: vec![
            family("attribution", &[("etalab-2.0", 1500)], 1500),
            family(
                "public-domain",
                &[("LicenseRef-moisson-official-act-fr", 10)],
                10,
            ),
        ],
        totals: Totals::of(&sources),
        sources,
        dedup: Some("Near-duplicates: exact Jaccard similarity of at least 0.8.".into()),
        verdicts: Vec::new(),
        pipeline_digest: "b3-0123".into(),
        notes: vec!["Une note.".into()],
        content_digest: "c0ffee".into(),
        moisson_version: "0.1.0".into(),
        shards: Vec::new(),
        slices: Vec::new(),
        columns: Vec::new(),
        tokenizer: None,
        optouts: BTreeMap::new(),
        personal: None,
        publication: Publication::default(),
        attestations: Attestations::default(),
    }
}

/// The front matter, parsed, and the body.
fn parts(page: &str) -> (Value, String) {
    let rest = page.strip_prefix("---\n").unwrap();
    let (matter, body) = rest.split_once("\n---\n").unwrap();
    (serde_yaml_ng::from_str(matter).unwrap(), body.to_owned())
}

#[test]
fn the_front_matter_says_what_loads() {
    let (matter, _) = parts(&card(&facts()));
    let expected = "
pretty_name: essai
license: [etalab-2.0, other]
license_name: licenseref-moisson-official-act-fr
license_link: https://spdx.org/licenses/
language: [fr, oc]
multilinguality: [multilingual]
size_categories: ['1K<n<10K']
task_categories: [text-generation]
annotations_creators: [machine-generated]
language_creators: [found]
source_datasets: [original]
tags: [moisson, open-data, public-sector]
configs:
- config_name: attribution
  default: true
  data_files:
  - split: train
    path: [data/attribution/train-0-ab.parquet, data/attribution/train-1-cd.parquet]
- config_name: public-domain
  data_files:
  - split: train
    path: [data/public-domain/train-0-ab.parquet, data/public-domain/train-1-cd.parquet]
";
    assert_eq!(matter, serde_yaml_ng::from_str::<Value>(expected).unwrap());
}

#[test]
fn the_body_holds_the_true_counts() {
    let (_, body) = parts(&card(&facts()));
    let check = |part: &str| assert!(body.contains(part), "no `{part}` in\n{body}");
    check("# essai\n\nUn corpus d’essai.\n");
    check("1,510 documents, 151,000 bytes of text, tier `attribution`");
    check(
        "Corpus de 1\u{202f}510 documents (151\u{202f}000 octets de texte) issus de 2 sources publiques.",
    );
    check("Sur 1\u{202f}540 enregistrements lus, 30 ont été écartés");
    check("| attribution | train | 1,500 | 150,000 | 2 |");
    check("| `etalab-2.0` | Licence Ouverte 2.0 (Etalab) | attribution | 1,500 |");
    check("| `legi` | DILA | `dila@1` | 1,527 | 1,500 | 27 | 150,000 | `etalab-2.0` (1,500) |");
    check("| **total** | | | **1,540** | **1,510** | **30** | **151,000** | |");
    check("- `legi`: Codes consolidés, last update 2026-01-02, <https://exemple.fr/legi>");
    check("| `fra_Latn` | 1,480 |\n| `oci_Latn` | 20 |\n| `und` | 10 |");
    check(
        "| `duplicate/near` | Proved nearly the same as a released document. | 20 |\n| `quality/too-few-words` | A rule of the pipeline. | 7 |",
    );
    check("| `actes` | `licence/unknown` | 3 |");
    check(
        "load_dataset(\"PATH_OR_REPOSITORY\")  # attribution\nload_dataset(\"PATH_OR_REPOSITORY\", \"public-domain\")",
    );
    check("`b3-0123`");
    check("exact Jaccard similarity of at least 0.8.");
}

#[test]
fn tokens_are_told_where_all_were_counted() {
    let told = |tokens: [Option<u64>; 2]| {
        let mut facts = facts();
        for (source, tokens) in facts.sources.iter_mut().zip(tokens) {
            source.tokens = tokens;
        }
        facts.totals = Totals::of(&facts.sources);
        parts(&card(&facts)).1
    };
    let body = told([Some(40_000), Some(300)]);
    assert!(body.contains("The texts come to 40,300 tokens"), "{body}");
    assert!(body.contains("comptent 40\u{202f}300 jetons"), "{body}");
    assert!(
        body.contains("last update 2026-01-02, 40,000 tokens, <"),
        "{body}"
    );
    for tokens in [[None, None], [Some(40_000), None]] {
        let body = told(tokens);
        assert!(!body.contains("The texts come to") && !body.contains("jetons"));
    }
}

#[test]
fn hostile_names_break_neither_yaml_nor_tables() {
    let mut hostile = facts();
    let name = "---\nlicense: mit\n---\n# x | `y` <script>: \"z\" 'w' &a !b";
    hostile.title = Some(name.into());
    hostile.description = Some("---\n\n| a |\n\n<img src=x>".into());
    hostile.sources[0].title = Some(name.into());
    hostile.sources[0].producer = Some("A | B\n| C".into());
    hostile.sources[0].url = Some("javascript:alert(1)".into());
    hostile.notes = vec!["# Titre\n- liste".into()];
    let (matter, body) = parts(&card(&hostile));
    assert_eq!(matter["pretty_name"], Value::from(name));
    assert_eq!(matter["license"][0], Value::from("etalab-2.0"));
    assert!(
        !body.contains("<script>") && body.contains("\\<img src=x\\>"),
        "{body}"
    );
    assert_eq!(
        body.lines().filter(|line| line.starts_with("# ")).count(),
        1
    );
    assert!(!body.lines().any(|line| line == "---" || line == "| a |"));
    let row = body
        .lines()
        .find(|line| line.starts_with("| `legi` | A"))
        .unwrap();
    assert_eq!(row.replace("\\|", "").matches('|').count(), 9, "{row}");
}

#[test]
fn the_default_family_follows_the_tier() {
    let check = |tier: Tier, names: &[(&str, u64)], expected: Option<&str>| {
        let mut facts = facts();
        facts.tier = tier;
        facts.families = names
            .iter()
            .map(|(name, rows)| family(name, &[], *rows))
            .collect();
        assert_eq!(default_family(&facts), expected, "{names:?}");
    };
    check(
        Tier::Attribution,
        &[("attribution", 1), ("public-domain", 9)],
        Some("attribution"),
    );
    check(
        Tier::ShareAlike,
        &[
            ("attribution", 9),
            ("share-alike-cc", 1),
            ("share-alike-odbl", 2),
        ],
        Some("share-alike-odbl"),
    );
    check(
        Tier::Research,
        &[("attribution", 9), ("non-commercial", 1)],
        Some("non-commercial"),
    );
    check(
        Tier::Research,
        &[("attribution", 9), ("public-domain", 1)],
        Some("attribution"),
    );
    check(Tier::Attribution, &[], None);
}

#[test]
fn an_empty_release_has_a_valid_card() {
    let mut empty = facts();
    empty.families.clear();
    empty.sources.clear();
    empty.languages.clear();
    empty.totals = Totals::default();
    let (matter, body) = parts(&card(&empty));
    assert!(matter.get("configs").is_none());
    assert_eq!(matter["size_categories"][0], Value::from("n<1K"));
    assert!(body.contains("No document was released.") && body.contains("Nothing."));
}

#[test]
fn the_card_cites_who_decided_when_and_on_what_evidence() {
    let mut facts = facts();
    assert!(!card(&facts).contains("## Human verdicts"));
    let verdicts = moisson_rights::parse_rights(
        "[[verdict]]\nid = \"portail-1\"\nsource = \"portail\"\nlicence = \"etalab-2.0\"\ndecided_by = \"Mme Exemple\"\n\
         decided_on = 2026-02-03\nevidence = \"letter | of the town\"\nvalid_until = 2026-03-01\ndoc_ids = [\"portail/1\"]\n\
         [[verdict]]\nid = \"blog\"\nsource = \"blog\"\nlicence = \"refused\"\ndecided_by = \"Mme Exemple\"\n\
         decided_on = 2026-02-03\nevidence = \"terms of use\"\n",
        "rights.toml",
    )
    .unwrap();
    let today = moisson_core::Date::from_ymd(2026, 6, 1).unwrap();
    let verdicts = moisson_rights::as_of(verdicts, today);
    facts.verdicts = verdicts.iter().map(crate::VerdictFacts::from).collect();
    let page = card(&facts);
    for part in [
        "## Human verdicts",
        "| `portail-1` | portail | 1 documents by id | `etalab-2.0` |",
        "by Mme Exemple, expired on",
        "| `blog` | blog | – | `refused` |",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    assert!(!page.contains("portail/1"), "{page}");
}
