//! Fetching at the outer boundary: a mirror that is filled, killed, brought up to date, and read.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use crate::harness::{Bench, Ended, moisson, prose};
use crate::server::{Answer, Misdeed, Page, Server};

fn fetch(bench: &Bench, arguments: &[&str]) -> Ended {
    let (pipeline, out) = (bench.text_path("p.toml"), bench.text_path("out"));
    let mut all = vec!["fetch", &pipeline, "--out", &out, "--format", "json"];
    all.extend(arguments);
    moisson(&all)
}

/// Numbers of the source `s` in the summary of a fetch.
fn summary(ended: &Ended) -> BTreeMap<String, u64> {
    let value: Value = ended.json()["sources"]["s"].clone();
    let numbers = value.as_object().unwrap();
    numbers
        .iter()
        .map(|(name, number)| (name.clone(), number.as_u64().unwrap()))
        .collect()
}

/// A pipeline of one fetched source, without the second that servers are spared between requests.
fn pipeline(bench: &Bench, source: &str) {
    bench.pipeline(&format!("[fetch]\ninterval_ms = 0\n[source.s]\n{source}\n"));
}

const LINES: &str = "reader = 'jsonl'\noptions = { id = 'id', text = 't' }\n\
                     licence = { work = 'etalab-2.0', reason = 'a test' }";

fn lines(texts: std::ops::Range<u64>) -> String {
    let line = |n: u64| serde_json::json!({"id": format!("n{n}"), "t": prose(n, 60)}).to_string();
    texts.map(|n| line(n) + "\n").collect()
}

#[test]
fn a_file_is_mirrored_once_and_again_when_it_changes() {
    let (server, bench) = (Server::start(), Bench::new());
    server.page("/a.jsonl", Page::new(lines(0..5)).etag("\"1\""));
    pipeline(
        &bench,
        &format!("at = '{}'\n{LINES}", server.url("/a.jsonl")),
    );

    let plan = [
        "plan",
        &bench.text_path("p.toml"),
        "--out",
        &bench.text_path("out"),
    ];
    let plan = moisson(&plan).expect(0).stdout;
    assert!(
        plan.contains("/a.jsonl") && server.take_paths().is_empty(),
        "{plan}"
    );

    // `run` fetches what is missing, and asks nobody once it is there.
    let first = bench.run(&[]).expect(0).json();
    assert_eq!(first["released"], 5);
    assert_eq!(
        server.take_paths(),
        ["/a.jsonl", "/.well-known/tdmrep.json"]
    );
    assert_eq!(bench.run(&[]).expect(0).json()["unchanged"], true);
    assert_eq!(server.take_paths().len(), 0);
    let retrieved = bench.column("SELECT DISTINCT retrieved_at FROM documents");
    assert!(
        retrieved.len() == 1 && retrieved[0].ends_with('Z'),
        "{retrieved:?}"
    );

    let receipts = bench.query("SELECT url, acquisition, etag, bytes FROM receipts");
    assert_eq!(
        (receipts.len(), &receipts[0]["acquisition"]),
        (1, &"bulk".into())
    );
    assert_eq!(receipts[0]["etag"], "\"1\"");

    // `fetch` asks, and transfers nothing.
    let again = fetch(&bench, &[]).expect(0);
    assert_eq!(
        (summary(&again)["fetched"], summary(&again)["unchanged"]),
        (0, 1)
    );

    server.page("/a.jsonl", Page::new(lines(0..7)).etag("\"2\""));
    assert_eq!(
        bench.run(&[]).expect(0).json()["released"],
        5,
        "run does not look for news"
    );
    assert_eq!(summary(&fetch(&bench, &[]).expect(0))["fetched"], 1);
    assert_eq!(bench.run(&["--offline"]).expect(0).json()["released"], 7);
}

#[test]
fn a_fetch_that_is_killed_goes_on_where_it_was() {
    let (server, bench) = (Server::start(), Bench::new());
    let body = lines(0..4000);
    server.page("/a.jsonl", Page::new(body.clone()).etag("\"1\""));
    server.once("/a.jsonl", Misdeed::Stall(body.len() / 2));
    pipeline(
        &bench,
        &format!("at = '{}'\n{LINES}", server.url("/a.jsonl")),
    );
    let mut child = bench.start(&[]);
    let partial = bench.path("out/mirror/partial");
    let received = || {
        let entries = std::fs::read_dir(&partial).into_iter().flatten().flatten();
        let sizes = entries.filter_map(|entry| Some(entry.metadata().ok()?.len()));
        sizes.max().unwrap_or(0)
    };
    let mut waited = 0;
    while received() < 10_000 && waited < 600 {
        std::thread::sleep(Duration::from_millis(50));
        waited += 1;
    }
    assert!(received() >= 10_000, "half of the file came");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(summary(&fetch(&bench, &[]).expect(0))["fetched"], 1);
    let asked = server.asked();
    let last = asked.iter().rfind(|asked| asked.path() == "/a.jsonl");
    let range = last.unwrap().header("range").map(str::to_owned);
    assert!(
        range.is_some_and(|range| range != "bytes=0-"),
        "the rest only"
    );
    assert_eq!(bench.run(&["--offline"]).expect(0).json()["read"], 4000);
}

#[test]
fn increments_of_the_dila_are_fetched_and_applied() {
    let (server, bench) = (Server::start(), Bench::new());
    let sample = |name: &str| {
        let path = crate::harness::repository()
            .join("data-samples/dila")
            .join(name);
        std::fs::read(path).unwrap()
    };
    let listing = |names: &[&str]| {
        let row = |name: &&str| format!("<a href=\"{name}\">{name}</a> 2025-07-15 20:45  1.2K\n");
        let rows = names.iter().map(row).collect::<Vec<_>>().concat();
        format!(
            "<html><head><title>Index of /LEGI</title></head><body><pre>{rows}</pre></body></html>"
        )
    };
    let names = [
        "Freemium_legi_global_20250713-140000.tar.gz",
        "LEGI_20250714-203006.tar.gz",
        "LEGI_20250715-204512.tar.gz",
    ];
    for name in names {
        server.page(
            &format!("/LEGI/{name}"),
            Page::new(sample(name)).etag(&format!("\"{name}\"")),
        );
    }
    server.page(
        "/LEGI/",
        Page::new(listing(&names[..2])).with("Content-Type", "text/html"),
    );
    pipeline(
        &bench,
        &format!(
            "at = '{}'\nfetch = {{ kind = 'dila', fond = 'LEGI' }}\nreader = 'dila'\n\
             licence = {{ work = 'etalab-2.0', evidence = 'declared' }}",
            server.url("/LEGI/")
        ),
    );
    let before = bench.run(&[]).expect(0).json();
    assert!(before["released"].as_u64().unwrap() > 0);
    server.page(
        "/LEGI/",
        Page::new(listing(&names)).with("Content-Type", "text/html"),
    );
    server.take_paths();
    assert_eq!(summary(&fetch(&bench, &[]).expect(0))["fetched"], 1);
    let asked = server.take_paths();
    assert!(
        !asked.iter().any(|path| path.contains("global")),
        "{asked:?}"
    );
    let after = bench.run(&[]).expect(0).json();
    assert!(after["read"].as_u64() > before["read"].as_u64());
}

#[test]
fn what_the_catalogue_says_of_the_licence_is_what_the_gate_sees() {
    let check = |licence: &str, released: u64| {
        let (server, bench) = (Server::start(), Bench::new());
        server.page("/r/a.jsonl", Page::new(lines(0..3)).etag("\"1\""));
        let dataset = serde_json::json!({
            "id": "5e1", "slug": "jeu", "title": "Jeu", "license": licence, "private": false,
            "last_update": "2026-02-03T04:05:06+00:00",
            "organization": {"id": "o", "name": "Ville de Sainte-Aune", "slug": "sainte-aune"},
            "resources": [{"id": "r1", "title": "a.jsonl", "type": "main", "filetype": "file", "format": "jsonl",
                           "url": server.url("/r/a.jsonl"), "latest": server.url("/r/a.jsonl")}],
        });
        let answer = dataset.to_string();
        for path in ["/api/1/datasets/jeu/", "/api/2/datasets/jeu/"] {
            let answer = answer.clone();
            server.route(path, move |_| {
                Answer::ok(answer.clone()).with("Content-Type", "application/json")
            });
        }
        pipeline(
            &bench,
            &format!(
                "fetch = {{ kind = 'data-gouv', dataset = ['jeu'] }}\nat = '{}'\nreader = 'jsonl'\n\
                 options = {{ id = 'id', text = 't' }}",
                server.url("/api")
            ),
        );
        let run = bench.run(&[]).expect(0).json();
        assert_eq!(run["released"].as_u64(), Some(released), "{licence}: {run}");
        if released > 0 {
            let producers = bench.column("SELECT DISTINCT producer FROM documents");
            assert_eq!(producers, ["Ville de Sainte-Aune"]);
        } else {
            assert_eq!(bench.reasons()["licence/unknown"], 3);
        }
    };
    check("lov2", 3);
    check("notspecified", 0);
}

#[test]
fn a_server_that_is_down_keeps_no_other_source_from_being_fetched() {
    let (server, bench) = (Server::start(), Bench::new());
    server.page("/a.jsonl", Page::new(lines(0..3)));
    let down = "http://127.0.0.1:9/b.jsonl";
    bench.pipeline(&format!(
        "[fetch]\ninterval_ms = 0\nattempts = 1\n[source.down]\nat = '{down}'\n{LINES}\n\
         [source.s]\nat = '{}'\n{LINES}\n",
        server.url("/a.jsonl")
    ));
    let ended = fetch(&bench, &[]).expect(2);
    assert!(ended.stderr.contains("source `down`"), "{}", ended.stderr);
    assert!(bench.path("out/mirror/receipts/s/a.jsonl.json").exists());
}

#[test]
fn what_cannot_be_fetched_is_said_in_one_line() {
    let (server, bench) = (Server::start(), Bench::new());
    let check = |source: &str, arguments: &[&str], expected: &[&str]| {
        pipeline(&bench, &format!("{source}\n{LINES}"));
        let ended = fetch(&bench, arguments).expect(2);
        for part in expected {
            assert!(ended.stderr.contains(part), "{part}: {}", ended.stderr);
        }
    };
    let url = server.url("/nowhere.jsonl");
    check(&format!("at = '{url}'"), &[], &["nowhere.jsonl", "404"]);
    check(
        &format!("at = '{url}'"),
        &["--only", "x"],
        &["no source `x`", "`s`"],
    );
    check("at = 'ftp://example.org/a'", &[], &["ftp"]);
    check("fetch = { kind = 'ftp' }", &[], &["`ftp`", "`oai`"]);
    check("", &[], &["`path`", "`at`"]);
    // A release without a file of its source would be no release of it.
    server.page("/there.jsonl", Page::new(lines(0..3)));
    let both = format!("at = ['{url}', '{}']\n{LINES}", server.url("/there.jsonl"));
    pipeline(&bench, &both);
    let partly = bench.run(&[]).expect(2);
    assert!(
        partly.stderr.contains("1 of its objects"),
        "{}",
        partly.stderr
    );
    assert_eq!(bench.run(&["--offline"]).expect(0).json()["released"], 3);

    let bench = Bench::new();
    pipeline(&bench, &format!("at = '{url}'\n{LINES}"));
    let offline = bench.run(&["--offline"]).expect(2);
    assert!(
        offline.stderr.contains("moisson fetch"),
        "{}",
        offline.stderr
    );
}
