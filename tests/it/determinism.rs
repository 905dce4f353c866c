//! Same input, same plan, same release: whatever the threads, and a change stays where it belongs.

use std::collections::{BTreeMap, BTreeSet};

use crate::harness::{Bench, JSONL, digests, line, manifest, prose};

/// `number` documents in JSON lines, with a near-duplicate of each tenth.
fn lines(number: u64) -> String {
    let mut lines = String::new();
    for seed in 0..number {
        lines.push_str(&line(&format!("d{seed}"), &prose(seed, 150)));
        if seed % 10 == 0 {
            lines.push_str(&line(&format!("n{seed}"), &(prose(seed, 150) + " Fin.")));
        }
    }
    lines
}

fn small_parts() -> String {
    format!("{JSONL}[limits]\npart_text_bytes = 20000\n[shard]\ntarget_bytes = 30000\n")
}

#[test]
fn threads_and_memory_change_nothing() {
    let bench = Bench::new();
    bench.write("s.jsonl", lines(120)).pipeline(&small_parts());
    let run = |out: &str, arguments: &[&str]| {
        let path = bench.text_path(out);
        let mut all = vec!["--out", path.as_str()];
        all.extend(arguments);
        bench.run(&all).expect(0);
        digests(&bench.path(out))
    };
    let expected = run("one", &["--threads", "1"]);
    assert!(expected.len() > 6, "{expected:?}");
    assert_eq!(run("two", &["--threads", "2"]), expected);
    assert_eq!(run("many", &["--threads", "7"]), expected);
    assert_eq!(
        run("narrow", &["--threads", "2", "--memory", "400MiB"]),
        expected
    );
}

#[test]
fn nothing_new_does_nothing() {
    let bench = Bench::new();
    bench
        .write("s.jsonl", lines(40))
        .pipeline(&small_parts())
        .run(&[])
        .expect(0);
    let before = std::fs::metadata(bench.path("out/release/manifest.json"))
        .unwrap()
        .modified()
        .unwrap();
    let again = bench.run(&[]).expect(0).json();
    assert_eq!(again["unchanged"], true);
    let after = std::fs::metadata(bench.path("out/release/manifest.json"))
        .unwrap()
        .modified()
        .unwrap();
    assert_eq!(before, after);
}

fn shard_of(bench: &Bench) -> BTreeMap<String, String> {
    manifest(&bench.path("out"))["shards"]
        .as_array()
        .unwrap()
        .iter()
        .map(|shard| {
            let text = |key: &str| shard[key].as_str().unwrap().to_owned();
            (
                format!("{} {} {}", text("family"), text("split"), text("bucket")),
                text("content_digest"),
            )
        })
        .collect()
}

#[test]
fn one_document_added_or_removed_changes_one_bucket() {
    let bench = Bench::new();
    let files = |number: u64| {
        for seed in 0..number {
            bench.write(&format!("t/{seed:03}.txt"), prose(seed, 300));
        }
    };
    files(40);
    bench.pipeline(
        "[source.t]\npath = 'DATA/t'\nreader = 'text'\n\
         licence = { work = 'etalab-2.0', reason = 'ours' }\n\
         [shard]\ntarget_bytes = 30000\nsplits = { validation = 0.2 }\n",
    );
    bench.run(&[]).expect(0);
    let before = shard_of(&bench);
    bench.write("t/new.txt", prose(1000, 20));
    bench.run(&[]).expect(0);
    let with = shard_of(&bench);
    let changed = |a: &BTreeMap<String, String>, b: &BTreeMap<String, String>| {
        let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
        keys.into_iter()
            .filter(|key| a.get(*key) != b.get(*key))
            .count()
    };
    assert!(before.len() >= 4, "{before:?}");
    assert_eq!(changed(&before, &with), 1, "{before:?}\n{with:?}");
    std::fs::remove_file(bench.path("t/new.txt")).unwrap();
    bench.run(&[]).expect(0);
    assert_eq!(shard_of(&bench), before);
}

#[test]
fn a_new_threshold_reads_no_source_again() {
    let bench = Bench::new();
    bench
        .write("s.jsonl", lines(40))
        .pipeline(&small_parts())
        .run(&[])
        .expect(0);
    let parts = |bench: &Bench| manifest(&bench.path("out"))["parts"].clone();
    let before = parts(&bench);
    let folder = bench.path("out/parts/documents/s");
    let times = || -> Vec<_> {
        let mut files: Vec<_> = std::fs::read_dir(&folder)
            .unwrap()
            .map(|f| {
                (
                    f.as_ref().unwrap().path(),
                    f.unwrap().metadata().unwrap().modified().unwrap(),
                )
            })
            .collect();
        files.sort();
        files
    };
    let written = times();
    let summary = bench
        .run(&["--set", "dedup.threshold=0.999"])
        .expect(0)
        .json();
    assert_eq!(summary["dropped"].get("duplicate/near"), None, "{summary}");
    assert_eq!(parts(&bench), before);
    assert_eq!(times(), written);
}

#[test]
fn the_number_of_records_can_be_limited() {
    let bench = Bench::new();
    bench.write("s.jsonl", lines(40)).pipeline(&small_parts());
    assert_eq!(bench.run(&["--limit", "7"]).expect(0).json()["read"], 7);
    assert_eq!(bench.run(&[]).expect(0).json()["read"], 44);
}
