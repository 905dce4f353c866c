//! Forget: what is forgotten is nowhere any more, what it stood for takes its place, and neither a crash nor a later run
//! brings it back. The measure is always a run without the document.

mod origins;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use arrow::util::display::array_value_to_string;
use moisson_core::Error;
use moisson_engine::control::Control;
use moisson_engine::forget::{Proof, Request, Which, finish, run};
use moisson_shard::file;
use parquet::file::reader::{FileReader, SerializedFileReader};
use serde_json::{Value, json};

use crate::faults::session_with_writes;
use crate::harness::{Bench, Ended, digests, moisson, prose};

/// A record with everything that must not stay.
fn record(id: &str, text: &str) -> Value {
    json!({
        "id": id, "text": text, "licence": "etalab-2.0", "title": format!("Titre de {id}"),
        "url": format!("https://example.org/{id}"),
    })
}

fn lines(records: &[Value]) -> String {
    let lines: Vec<String> = records.iter().map(Value::to_string).collect();
    lines.join("\n") + "\n"
}

const SOURCES: &str = "[source.s]\npath = 'DATA/s.jsonl'\nreader = 'jsonl'\n\
    options = { id = 'id', text = 'text', licence = 'licence', title = 'title', url = 'url', \
    version_of = 'work', version_from = 'from' }\n\
    [limits]\npart_text_bytes = 16384\n[shard]\ntarget_bytes = 32768\n";

/// Documents of their own, copies, near copies, and versions of one work.
fn records() -> Vec<Value> {
    let mut records: Vec<Value> = (0..60)
        .map(|seed| record(&format!("d{seed}"), &prose(seed, 300)))
        .collect();
    // A copy of d3 that comes after it, two near copies of d5, and a chain in which only the middle one is near both.
    records.push(record("z-copy", &prose(3, 300)));
    for (id, end) in [("z-near1", " Fin."), ("z-near2", " Fin de la page.")] {
        records.push(record(id, &(prose(5, 300) + end)));
    }
    for (number, year) in [(1, 2001), (2, 2011), (3, 2021)] {
        let mut version = record(&format!("v{number}"), &prose(200 + number, 250));
        version["work"] = json!("loi");
        version["from"] = json!(format!("{year}-01-01"));
        records.push(version);
    }
    records
}

fn bench_with(records: &[Value], of_source: &str) -> Bench {
    let bench = Bench::new();
    bench.write("s.jsonl", lines(records));
    bench.pipeline(&SOURCES.replace("[limits]", &format!("{of_source}[limits]")));
    bench
}

fn forget(bench: &Bench, arguments: &[&str]) -> Ended {
    let out = bench.text_path("out");
    let mut all = vec![
        "forget",
        &out,
        "--who",
        "the person",
        "--why",
        "asked for it",
        "--when",
        "2026-03-31",
        "--format",
        "json",
    ];
    all.extend(arguments);
    moisson(&all)
}

fn verify(bench: &Bench, out: &str) {
    let verified = moisson(&["verify", &bench.text_path(out), "--deep"]);
    assert_eq!(verified.status, 0, "{}", verified.stdout);
}

/// Content digests of the shards of an output, by path.
fn shards(out: &Path) -> BTreeMap<String, String> {
    digests(out)
        .into_iter()
        .filter(|(path, _)| path.starts_with("data/"))
        .collect()
}

/// Shards of a run without some documents.
fn without(ids: &[&str], of_source: &str) -> BTreeMap<String, String> {
    let left: Vec<Value> = records()
        .into_iter()
        .filter(|r| !ids.contains(&r["id"].as_str().unwrap()))
        .collect();
    let bench = bench_with(&left, of_source);
    bench.run(&[]).expect(0);
    shards(&bench.path("out"))
}

/// What is forgotten, what of the source, what comes in its place, what goes.
type Case<'a> = (&'a [&'a str], &'a str, &'a [&'a str], &'a [&'a str]);

#[test]
fn a_release_without_a_document_is_that_of_a_run_without_it() {
    let table: &[Case<'_>] = &[
        (&["d7"], "", &[], &[]),
        (&["d3"], "", &["s/z-copy"], &[]),
        (&["z-copy"], "", &[], &[]),
        (&["z-near2"], "", &["s/z-near1"], &[]),
        (&["z-near1", "z-near2"], "", &["s/d5"], &[]),
        (&["v3"], "versions = 'latest'\n", &["s/v2"], &[]),
        (&["v1"], "versions = 'latest'\n", &[], &[]),
        (&["d1", "d2", "d9", "d22", "d41"], "", &[], &[]),
    ];
    for (ids, of_source, promoted, demoted) in table {
        let bench = bench_with(&records(), of_source);
        bench.run(&[]).expect(0);
        let full: Vec<String> = ids.iter().map(|id| format!("s/{id}")).collect();
        let mut arguments = vec!["--ids"];
        arguments.extend(full.iter().map(String::as_str));
        let proofs = forget(&bench, &arguments).expect(0).json();
        let proof = &proofs[0];
        assert_eq!(proof["promoted"], json!(promoted), "{ids:?}: {proof}");
        assert_eq!(proof["demoted"], json!(demoted), "{ids:?}");
        assert_eq!(
            shards(&bench.path("out")),
            without(ids, of_source),
            "{ids:?}"
        );
        verify(&bench, "out");
        assert_eq!(bench.reasons()["rights/forgotten"], ids.len() as u64);
        let changed = proof["changes"].as_array().unwrap();
        for change in changed.iter().filter(|change| change["what"] == "deleted") {
            assert_eq!(change["absent"], true, "{change}");
        }
        // A run does nothing, and one that makes everything again makes the same.
        let after = digests(&bench.path("out"));
        assert_eq!(
            bench.run(&[]).expect(0).json()["unchanged"],
            true,
            "{ids:?}"
        );
        std::fs::remove_file(bench.path("out/release/manifest.json")).unwrap();
        bench.run(&[]).expect(0);
        assert_eq!(
            digests(&bench.path("out")),
            after,
            "{ids:?} by {}",
            proof["by"]
        );
    }
}

#[test]
fn only_the_touched_shards_are_written() {
    let bench = bench_with(&records(), "");
    bench.run(&[]).expect(0);
    let before = shards(&bench.path("out"));
    let proofs = forget(&bench, &["--ids", "s/d7"]).expect(0).json();
    assert_eq!(proofs[0]["by"], "closure");
    let after = shards(&bench.path("out"));
    let new: Vec<&String> = after
        .keys()
        .filter(|path| !before.contains_key(*path))
        .collect();
    let gone: Vec<&String> = before
        .keys()
        .filter(|path| !after.contains_key(*path))
        .collect();
    // One is written, or two halves are joined.
    assert!(
        new.len() == 1 && (1..=2).contains(&gone.len()),
        "{new:?} {gone:?}"
    );
    assert!(before.len() > 3, "{before:?}");
}

/// Everything an output says: names, files, and of Parquet files cells and statistics, as compressed bytes say anything
/// by chance.
fn all_text(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut texts = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.display().to_string();
            if path.is_dir() {
                texts.push((path.clone(), name));
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            let is_table = path.extension().is_some_and(|e| e == "parquet");
            let text = if is_table {
                cells(bytes)
            } else {
                String::from_utf8_lossy(&bytes).into_owned()
            };
            texts.push((path, format!("{name}\n{text}")));
        }
    }
    texts
}

fn cells(bytes: Vec<u8>) -> String {
    let bytes = bytes::Bytes::from(bytes);
    let reader = SerializedFileReader::new(bytes.clone()).unwrap();
    let mut text = format!("{:?}", reader.metadata());
    for batch in file::read(bytes, None, 8192).unwrap() {
        let batch = batch.unwrap();
        for column in batch.columns() {
            for row in 0..batch.num_rows() {
                text.push_str(&array_value_to_string(column, row).unwrap());
                text.push('\n');
            }
        }
    }
    text
}

#[test]
fn nothing_in_clear_is_left_of_a_forgotten_document() {
    let text = prose(3, 300);
    let phrase: String = text
        .split(' ')
        .skip(20)
        .take(6)
        .collect::<Vec<_>>()
        .join(" ");
    // The copy says the same, so it goes too.
    let needles = [
        "s/d3\n",
        "Titre de d3\n",
        "https://example.org/d3\n",
        "z-copy",
        &phrase,
    ];
    let is_in = |folder: &Path, needle: &str| {
        all_text(folder)
            .iter()
            .any(|(_, text)| text.contains(needle))
    };
    let bench = bench_with(&records(), "");
    bench.run(&[]).expect(0);
    let out = bench.path("out");
    // The search finds what is there.
    assert!(
        is_in(&out, "z-copy") && is_in(&out, "https://example.org/d3\n") && is_in(&out, &phrase)
    );
    forget(&bench, &["--ids", "s/d3", "s/z-copy"]).expect(0);
    for needle in needles {
        for (path, text) in all_text(&out) {
            assert!(!text.contains(needle), "{needle} in {}", path.display());
        }
    }
    // Another output of the same input knows nothing of it.
    let ledger = bench.column("SELECT doc_id FROM decisions WHERE reason = 'rights/forgotten'");
    assert!(
        ledger
            .iter()
            .all(|id| id.starts_with("forgotten:") && id.len() == 74),
        "{ledger:?}"
    );
}

#[test]
fn what_was_forgotten_stays_out_of_later_runs() {
    let bench = bench_with(&records(), "");
    bench.run(&[]).expect(0);
    forget(&bench, &["--ids", "s/d3", "s/v2"]).expect(0);
    let shards_after = shards(&bench.path("out"));
    let check = |what: &str| {
        verify(&bench, "out");
        let released = bench.released();
        assert!(
            !released.contains(&"s/d3".to_owned()) && released.contains(&"s/z-copy".to_owned()),
            "{what}"
        );
        assert_eq!(bench.reasons()["rights/forgotten"], 2, "{what}");
    };
    bench.run(&[]).expect(0);
    check("the same run");
    moisson(&["clean", &bench.text_path("out"), "--keep", "receipts"]).expect(0);
    bench.run(&[]).expect(0);
    check("a run from nothing");
    assert_eq!(shards(&bench.path("out")), shards_after);
    let mut more = records();
    more.insert(0, record("new", &prose(900, 300)));
    bench.write("s.jsonl", lines(&more));
    bench.run(&[]).expect(0);
    check("a run of other input");
    assert!(bench.released().contains(&"s/new".to_owned()));
}

#[test]
fn a_release_whose_parts_are_gone_loses_the_document_all_the_same() {
    let bench = bench_with(&records(), "");
    bench.run(&[]).expect(0);
    moisson(&["clean", &bench.text_path("out"), "--keep", "receipts"]).expect(0);
    let proofs = forget(&bench, &["--ids", "s/d3", "s/z-near1"])
        .expect(0)
        .json();
    assert_eq!(proofs[0]["by"], "without-parts");
    verify(&bench, "out");
    let released = bench.released();
    assert!(!released.contains(&"s/d3".to_owned()) && !released.contains(&"s/z-near1".to_owned()));
    assert!(
        !all_text(&bench.path("out"))
            .iter()
            .any(|(_, text)| text.contains("z-near1"))
    );
}

#[test]
fn documents_are_chosen_by_source_query_and_file() {
    let bench = bench_with(&records(), "");
    bench.run(&[]).expect(0);
    bench.write("ids", "s/d1\n\n  s/d2  \n");
    let ids = bench.text_path("ids");
    let preview = forget(&bench, &["--file", &ids, "--dry-run"])
        .expect(0)
        .json();
    let named: BTreeSet<&str> = preview["released"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert_eq!(named, BTreeSet::from(["s/d1", "s/d2"]));
    assert_eq!(preview["documents"], 2);
    assert_eq!(
        bench
            .released()
            .iter()
            .filter(|id| *id == "s/d1" || *id == "s/d2")
            .count(),
        2
    );
    forget(&bench, &["--file", &ids]).expect(0);
    forget(
        &bench,
        &[
            "--query",
            "SELECT doc_id FROM release WHERE title = 'Titre de d9'",
        ],
    )
    .expect(0);
    let released: BTreeSet<String> = bench.released().into_iter().collect();
    assert!(
        ["s/d1", "s/d2", "s/d9"]
            .iter()
            .all(|id| !released.contains(*id)),
        "{released:?}"
    );
    let wrong = forget(&bench, &["--query", "SELECT title FROM release"]).expect(2);
    assert!(
        wrong.stderr.contains("no column `doc_id`"),
        "{}",
        wrong.stderr
    );
    let wrong = forget(&bench, &["--source", "other"]).expect(2);
    assert!(wrong.stderr.contains("known: s"), "{}", wrong.stderr);
    forget(&bench, &["--source", "s"]).expect(0);
    verify(&bench, "out");
    assert!(bench.released().is_empty());
    assert_eq!(forget(&bench, &["--withdrawn"]).expect(0).json(), json!([]));
}

fn request(ids: &[&str]) -> Request {
    Request {
        which: Which {
            ids: ids.iter().map(|id| (*id).to_owned()).collect(),
            ..Which::default()
        },
        who: "the person".to_owned(),
        why: "asked for it".to_owned(),
        basis: Some("RGPD, art. 17".to_owned()),
        when: "2026-03-31".to_owned(),
        random: [7; 32],
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn a_crash_at_any_write_leaves_the_release_dirty_and_is_finished_later() {
    let bench = bench_with(&records(), "versions = 'latest'\n");
    bench.run(&[]).expect(0);
    let ids = ["s/d3", "s/z-near2", "s/v3", "s/d30"];
    let forget_with = |out: &str, writes: i64| -> Result<Vec<Proof>, Error> {
        run(
            &session_with_writes(&bench, out, writes),
            &Control::default(),
            &request(&ids),
        )
    };
    copy(&bench.path("out"), &bench.path("whole"));
    forget_with("whole", i64::MAX).unwrap();
    let expected = digests(&bench.path("whole"));
    let (mut writes, mut failures) = (0, 0);
    loop {
        let out = format!("crash-{writes}");
        copy(&bench.path("out"), &bench.path(&out));
        let committed = |out: &str| {
            bench
                .path(&format!("{out}/tombstones"))
                .read_dir()
                .is_ok_and(|files| files.count() > 1)
        };
        match forget_with(&out, writes) {
            Ok(_) => break,
            Err(error) => {
                failures += 1;
                assert!(matches!(error, Error::Store(_)), "{error}");
            }
        }
        if committed(&out) {
            let verified = moisson(&["verify", &bench.text_path(&out)]).expect(1);
            assert!(
                verified.stdout.contains("are to be forgotten"),
                "{}",
                verified.stdout
            );
            let status = moisson(&["status", &bench.text_path(&out)]);
            assert!(
                status.stdout.contains("are to be forgotten"),
                "{}",
                status.stdout
            );
        }
        // Who comes next finishes it: a forget that goes on, or a run.
        if writes % 2 == 0 && committed(&out) {
            finish(
                &session_with_writes(&bench, &out, i64::MAX),
                &Control::default(),
            )
            .unwrap();
        } else if committed(&out) {
            bench.run(&["--out", &bench.text_path(&out)]).expect(0);
        } else {
            forget_with(&out, i64::MAX).unwrap();
        }
        assert_eq!(
            digests(&bench.path(&out)),
            expected,
            "after {writes} writes"
        );
        verify(&bench, &out);
        writes += 3;
    }
    assert!(failures > 5, "{failures}");
}
