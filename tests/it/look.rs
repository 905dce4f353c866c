//! What a release carries and owes, what changed between two, and the rights of one document, in both languages.

use std::sync::Arc;

use moisson_engine::control::Budget;
use moisson_engine::forgotten::{Forgotten, Notice};
use moisson_engine::session::Session;
use moisson_engine::{diff, explain};
use serde_json::{Value, json};

use crate::harness::{Bench, moisson, moisson_with, prose};
use crate::quickstart::golden_text;

/// Compares a text with a golden file; `MOISSON_UPDATE_GOLDEN=1` writes it anew. Digests differ with every schema.
fn golden(name: &str, actual: &str) {
    let actual: Vec<String> = actual.split(' ').map(without_digest).collect();
    golden_text(&format!("look/{name}"), &actual.join(" "));
}

fn without_digest(word: &str) -> String {
    let digest = word.trim_end_matches(',');
    let is_digest = digest.len() == 16 && digest.bytes().all(|b| b.is_ascii_hexdigit());
    if is_digest {
        word.replace(digest, "DIGEST")
    } else {
        word.to_owned()
    }
}

/// A record, with what it declares.
fn record(id: &str, seed: u64, licence: &str, title: &str) -> String {
    let text = prose(seed, 120);
    let record =
        json!({ "id": id, "text": text, "licence": licence, "title": title, "date": "2026-01-15" });
    format!("{record}\n")
}

const PIPELINE: &str = "name = 'look'\ntier = 'share-alike'\naccept_assumed = true\n[alarm]\nshare_max = 1.0\n\
    [source.decisions]\npath = 'DATA/decisions.jsonl'\nreader = 'jsonl'\n\
    options = { id = 'id', text = 'text', licence = 'licence', title = 'title', date = 'date' }\n\
    producer = 'Cour de la vallée'\ntitle = 'Décisions | de la vallée'\nurl = 'https://vallee.example/'\n\
    [source.pages]\npath = 'DATA/pages.jsonl'\nreader = 'jsonl'\n\
    options = { id = 'id', text = 'text', title = 'title' }\n\
    licence = { work = 'CC-BY-SA-4.0', reason = 'foot of every page, read on 2026-02-01' }\n";

/// The records of two months: in the second some are new, changed, relicensed, gone.
fn months() -> [(String, String); 2] {
    const OPEN: &str = "Licence Ouverte 2.0";
    let january = [
        record("kept", 1, OPEN, "Gardée"),
        record("twin", 1, OPEN, "Jumelle"),
        record("text", 2, OPEN, "Texte"),
        record("title", 3, OPEN, "Titre"),
        record("withdrawn", 4, OPEN, "Retirée"),
        record("gone", 5, OPEN, "Partie"),
        record("freed", 6, OPEN, "Libérée"),
        record("closed", 7, "Tous droits réservés", "Fermée"),
        record("silent", 8, "", "Muette"),
        record("trade", 9, "CC BY-NC 4.0", "Commerciale"),
    ];
    let february = [
        record("kept", 1, OPEN, "Gardée"),
        record("twin", 1, OPEN, "Jumelle"),
        record("text", 22, OPEN, "Texte"),
        record("title", 3, OPEN, "Autre titre"),
        record("withdrawn", 4, "Tous droits réservés", "Retirée"),
        record("freed", 6, "CC0-1.0", "Libérée"),
        record("closed", 7, OPEN, "Fermée"),
        record("silent", 8, "", "Muette"),
        record("trade", 9, "CC BY-NC 4.0", "Commerciale"),
        record("new", 10, OPEN, "Nouvelle"),
    ];
    let pages = [record("p1", 31, "", "Une"), record("p2", 32, "", "Deux")];
    [
        (january.concat(), pages.concat()),
        (february.concat(), pages.concat()),
    ]
}

/// A bench with the releases `january` and `february`.
fn bench() -> Bench {
    let bench = Bench::new();
    let folder = bench.path("").display().to_string();
    bench.write(
        "p.toml",
        PIPELINE.replace("DATA", folder.trim_end_matches('/')),
    );
    for (name, (decisions, pages)) in ["january", "february"].into_iter().zip(months()) {
        bench.write("decisions.jsonl", decisions);
        bench.write("pages.jsonl", pages);
        bench.run(&["--out", &bench.text_path(name)]).expect(0);
    }
    bench
}

fn session(bench: &Bench, name: &str) -> Session {
    let budget = Budget {
        threads: 2,
        memory_bytes: 1 << 30,
    };
    Session::open(&bench.text_path(name), None, budget).unwrap()
}

#[test]
fn a_release_tells_what_it_carries_and_owes() {
    let bench = bench();
    let out = bench.text_path("february");
    for lang in ["en", "fr"] {
        let told = moisson(&["licences", &out, "--lang", lang]).expect(0);
        golden(&format!("licences.{lang}.txt"), &told.stdout);
    }
    let report = moisson(&["licences", &out, "--format", "json"])
        .expect(0)
        .json();
    let rows = bench_query(
        &out,
        "SELECT count(*) AS n, sum(text_bytes) AS b FROM release",
    );
    assert_eq!(report["totals"]["documents"], rows[0]["n"]);
    assert_eq!(report["totals"]["text_bytes"], rows[0]["b"]);
    for list in ["licences", "families", "sources"] {
        let documents = report[list].as_array().unwrap().iter();
        let documents: u64 = documents
            .map(|row| row["documents"].as_u64().unwrap())
            .sum();
        assert_eq!(
            documents,
            report["totals"]["documents"].as_u64().unwrap(),
            "{list}"
        );
    }
    let kept_out = bench_query(
        &out,
        "SELECT count(*) AS n FROM decisions WHERE counted AND reason LIKE 'licence/%'",
    );
    let quarantined = report["quarantine"].as_array().unwrap().iter();
    let quarantined: u64 = quarantined
        .map(|row| row["documents"].as_u64().unwrap())
        .sum();
    assert_eq!(kept_out[0]["n"], quarantined);
    // The release, its ledger and its manifest are enough.
    moisson(&["clean", &out, "--keep", "receipts"]).expect(0);
    let again = moisson(&["licences", &out, "--format", "json"])
        .expect(0)
        .json();
    assert_eq!(again, report);
}

fn bench_query(out: &str, sql: &str) -> Vec<Value> {
    moisson(&["query", out, sql, "--format", "json"])
        .expect(0)
        .rows()
}

#[test]
fn a_difference_is_told_for_a_release_note() {
    let bench = bench();
    let (january, february) = (bench.text_path("january"), bench.text_path("february"));
    for (lang, form, file) in [
        ("en", "text", "diff.en.txt"),
        ("fr", "text", "diff.fr.txt"),
        ("en", "markdown", "diff.en.md"),
        ("fr", "markdown", "diff.fr.md"),
    ] {
        let told = moisson(&[
            "diff", &january, &february, "--lang", lang, "--format", form, "--list",
        ])
        .expect(0);
        golden(file, &told.stdout);
    }
    let found = moisson(&["diff", &january, &february, "--format", "json", "--list"])
        .expect(0)
        .json();
    let ids = |change: &str| -> Vec<&str> {
        let ids = found["ids"].as_array().unwrap().iter();
        let ids = ids.filter(|id| id["change"] == change);
        ids.map(|id| id["doc_id"].as_str().unwrap()).collect()
    };
    assert_eq!(ids("added"), ["decisions/closed", "decisions/new"]);
    assert_eq!(ids("removed"), ["decisions/gone", "decisions/withdrawn"]);
    assert_eq!(
        ids("changed"),
        ["decisions/freed", "decisions/text", "decisions/title"]
    );
    // Nothing is lost on the way from one to the other.
    let number = |path: &str| found.pointer(path).unwrap().as_u64().unwrap();
    let after =
        number("/before/documents") - number("/removed/documents") + number("/added/documents");
    assert_eq!(after, number("/after/documents"));
    assert_eq!(
        number("/unchanged") + number("/changed/documents") + number("/added/documents"),
        number("/after/documents")
    );
    // A little memory and the outputs without their parts give the same.
    for out in [&january, &february] {
        moisson(&["clean", out, "--keep", "receipts"]).expect(0);
    }
    let again = moisson(&[
        "diff", &january, &february, "--format", "json", "--list", "--memory", "64MiB",
    ]);
    assert_eq!(again.expect(0).json(), found);
    let one = moisson(&["diff", &january, &february, "--format", "json", "--list=1"])
        .expect(0)
        .json();
    assert_eq!(
        (one["ids"].as_array().unwrap().len(), &one["ids_left_out"]),
        (1, &json!(6))
    );
    let same = moisson(&["diff", &january, &january, "--format", "json"])
        .expect(0)
        .json();
    assert_eq!(same["unchanged"], same["after"]["documents"]);
    assert_eq!(same["sources"], json!({}));
    moisson(&["licences", &january, "--format", "markdown"]).expect(2);
    moisson(&["diff", &january, &bench.text_path("nothing")]).expect(2);
}

/// Tombstones that cover one id.
#[derive(Debug)]
struct One(&'static str);

impl Forgotten for One {
    fn notice(&self, doc_id: &str) -> Option<Notice> {
        (doc_id == self.0).then(|| Notice {
            when: "2026-02-20".to_owned(),
            basis: Some("RGPD, art. 17".to_owned()),
        })
    }
}

#[test]
fn a_forgotten_document_is_counted_and_never_named() {
    let bench = bench();
    let forgotten: Arc<dyn Forgotten> = Arc::new(One("decisions/gone"));
    let (january, february) = (session(&bench, "january"), session(&bench, "february"));
    let found = diff::run(&january, &february, forgotten.clone(), Some(100)).unwrap();
    assert_eq!((found.forgotten, found.removed.documents), (1, 2));
    let because: Vec<(&str, u64)> = found
        .removed_because
        .iter()
        .map(|because| (because.reason.as_str(), because.amount.documents))
        .collect();
    assert!(because.contains(&("rights/forgotten", 1)), "{because:?}");
    assert_eq!(found.ids_left_out, 0);
    let told = serde_json::to_string(&found).unwrap();
    assert!(!told.contains("decisions/gone") && told.contains("decisions/withdrawn"));

    // Asked by its id, an output says that it was forgotten and nothing else, even where it still holds it.
    let story = explain::run(&january, "decisions/gone", &forgotten).unwrap();
    assert_eq!(story.state, "forgotten");
    assert_eq!(story.forgotten.as_ref().unwrap().when, "2026-02-20");
    assert!(story.document.is_none() && story.release.is_none() && story.excerpt.is_none());
    assert!(story.decisions.is_empty() && story.rights.is_none());
    let twin: Arc<dyn Forgotten> = Arc::new(One("decisions/twin"));
    let story = explain::run(&february, "decisions/kept", &twin).unwrap();
    assert!(story.stands_for.is_empty(), "{:?}", story.stands_for);
    let error = explain::run(&february, "other/twin", &twin).unwrap_err();
    assert!(!error.to_string().contains("decisions/twin"), "{error}");
}

/// The story up to the rows of the tables, which change with every column.
fn story(out: &str, id: &str, lang: &str) -> String {
    let told = moisson(&["explain", out, id, "--lang", lang])
        .expect(0)
        .stdout;
    let end = match lang {
        "fr" => "Ceci résume",
        _ => "This is what",
    };
    told.split(end).next().unwrap().to_owned()
}

#[test]
fn the_rights_of_a_document_are_told_in_both_languages() {
    let bench = bench();
    let out = bench.text_path("february");
    let ids = [
        "decisions/kept",
        "decisions/twin",
        "decisions/withdrawn",
        "decisions/trade",
        "decisions/silent",
        "pages/p1",
    ];
    for lang in ["en", "fr"] {
        let stories: Vec<String> = ids.iter().map(|id| story(&out, id, lang)).collect();
        golden(&format!("explain.{lang}.txt"), &stories.join("\n----\n\n"));
    }
    // Without `--lang` the environment says it.
    let locale = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    for (environment, expected) in [
        (
            vec![locale("LC_ALL", "fr_FR.UTF-8"), locale("LANG", "C")],
            "Droits sur l'œuvre",
        ),
        (
            vec![locale("LC_ALL", "C"), locale("LANG", "fr_FR.UTF-8")],
            "Rights in the work",
        ),
    ] {
        let told = moisson_with(&environment, &["explain", &out, ids[0]]).expect(0);
        assert!(told.stdout.contains(expected), "{}", told.stdout);
    }
    // What a cleaned output still knows is told.
    let before = moisson(&["explain", &out, ids[0], "--format", "json"])
        .expect(0)
        .json();
    moisson(&["clean", &out, "--keep", "receipts"]).expect(0);
    let after = moisson(&["explain", &out, ids[0], "--format", "json"])
        .expect(0)
        .json();
    assert!(before["annotations"].is_object() && after["annotations"].is_null());
    for key in ["licence", "name", "obligations", "attribution"] {
        assert_eq!(before["rights"][key], after["rights"][key], "{key}");
    }
    assert_eq!(before["excerpt"], after["excerpt"]);
}

#[test]
fn the_story_is_of_the_record_that_counts() {
    let bench = Bench::new();
    let old = json!({ "id": "a", "text": prose(1, 80), "licence": "CC0-1.0" });
    let new = json!({ "id": "a", "text": prose(2, 80), "licence": "etalab-2.0" });
    let source = |name: &str, path: &str| {
        format!(
            "[source.{name}]\npath = 'DATA/{path}'\nreader = 'jsonl'\n\
             options = {{ id = 'id', text = 'text', licence = 'licence' }}\n"
        )
    };
    // Sources whose names begin alike, and ids that only differ by source.
    bench
        .write("one/new.jsonl", format!("{new}\n"))
        .write("one/old.jsonl", format!("{old}\n"))
        .write("two/a.jsonl", format!("{old}\n"))
        .pipeline(&(source("s", "one/*.jsonl") + &source("s2", "two/*.jsonl")));
    // Of two records with one id that say no date, that of the later file counts.
    let yesterday = std::time::UNIX_EPOCH + std::time::Duration::from_hours(24);
    let file = std::fs::File::options()
        .write(true)
        .open(bench.path("one/old.jsonl"));
    file.unwrap().set_modified(yesterday).unwrap();
    bench.run(&["--set", "dedup.near=false"]).expect(0);
    let told = |id: &str| {
        moisson(&["explain", &bench.text_path("out"), id, "--format", "json"])
            .expect(0)
            .json()
    };
    let story = told("s/a");
    assert_eq!(
        (&story["records"], &story["state"]),
        (&json!(2), &json!("released"))
    );
    assert_eq!(story["document"]["raw_uri"], "new.jsonl");
    assert_eq!(story["annotations"]["licence"], "etalab-2.0");
    assert_eq!(story["annotations"]["licence"], story["release"]["licence"]);
    assert_eq!(told("s2/a")["rights"]["licence"], "CC0-1.0");
}
