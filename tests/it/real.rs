//! Acceptance on real French public corpora. They are no part of the repository: set `MOISSON_CORPORA` to the folder
//! where they are unpacked and `MOISSON_REFERENCE` to the third-party answers; without them these tests say so and pass.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use arrow::array::{Array, AsArray};
use arrow::datatypes::Float64Type;
use moisson_core::TextColumn;
use serde_json::Value;

use crate::harness::{Bench, digests, manifest, moisson, program, repository};
use crate::quickstart::{assert_balance, counts, golden, stories};

fn folder(variable: &str) -> Option<PathBuf> {
    let folder = std::env::var_os(variable)
        .map(PathBuf::from)
        .filter(|path| path.is_dir());
    if folder.is_none() {
        eprintln!("skipped: {variable} names no folder");
    }
    folder
}

fn arguments(corpora: &Path, out: &Path, threads: &str) -> Vec<String> {
    let (set, out) = (
        format!("corpora={}", corpora.display()),
        out.display().to_string(),
    );
    let words = [
        "run",
        "pipelines/dev-corpora.toml",
        "--set",
        &set,
        "--out",
        &out,
    ];
    let more = [
        "--threads",
        threads,
        "--memory",
        "1400MiB",
        "--format",
        "json",
        "--progress",
        "none",
    ];
    words.iter().chain(&more).map(ToString::to_string).collect()
}

fn run(corpora: &Path, out: &Path, threads: &str) -> Value {
    let arguments = arguments(corpora, out, threads);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    moisson(&arguments).expect(0).json()
}

#[test]
fn the_real_corpora_are_published_in_full_account() {
    let Some(corpora) = folder("MOISSON_CORPORA") else {
        return;
    };
    let bench = Bench::new();
    let out = bench.path("out");
    let summary = run(&corpora, &out, "2");
    assert_balance(&summary);
    golden("dev-corpora.json", &counts(&summary));
    for (name, books) in summary["sources"].as_object().unwrap() {
        assert!(
            books["released"].as_u64().unwrap() > 0,
            "{name} releases nothing"
        );
    }
    // All sources of this pipeline state or assume an open licence: at least 95 % must pass the gate.
    let read = summary["read"].as_u64().unwrap();
    let gated: u64 = summary["dropped"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(reason, _)| reason.starts_with("licence/"))
        .map(|(_, number)| number.as_u64().unwrap())
        .sum();
    assert!(gated * 20 <= read, "{gated} of {read} stopped at the gate");
    moisson(&["verify", &out.display().to_string(), "--deep"]).expect(0);
    assert!(
        summary["peak_memory_bytes"].as_u64().unwrap() < 1536 << 20,
        "{summary}"
    );
    stories(
        &out.display().to_string(),
        &["quality/%", "duplicate/exact", "duplicate/near"],
    );
    a_licence_nobody_knows_is_quarantined(&corpora, &bench);
    versions_stay_together(&bench);
    same_with_one_thread(&corpora, &bench);
    same_after_ten_kills(&corpora, &bench);
    only_the_latest_version_of_each_chain(&corpora, &bench);
}

/// With a statement that grants nothing in place of the novels' licence, none of them passes, and `explain` says why.
fn a_licence_nobody_knows_is_quarantined(corpora: &Path, bench: &Bench) {
    let out = bench.path("unknown");
    let mut arguments = arguments(corpora, &out, "2");
    let statement =
        "source.eltec-fra.licence={work='libre de droits', reason='as a reader might write it'}";
    let settings = [statement, "alarm.share_max=1"];
    arguments.extend(
        settings
            .iter()
            .flat_map(|set| ["--set".to_owned(), (*set).to_owned()]),
    );
    arguments.extend(["--limit".to_owned(), "30".to_owned()]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let summary = moisson(&arguments).expect(0).json();
    assert_eq!(
        summary["sources"]["eltec-fra"]["dropped"]["licence/unknown"], 26,
        "{summary}"
    );
    stories(&out.display().to_string(), &["licence/unknown"]);
}

/// No version is lost to near-dedup, and no chain straddles two splits.
fn versions_stay_together(bench: &Bench) {
    let lost = bench.query(
        "SELECT doc_id FROM decisions WHERE source = 'legalize-fr-versions' AND reason = 'duplicate/near'",
    );
    assert!(lost.is_empty(), "{lost:?}");
    let mut splits: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for shard in manifest(&bench.path("out"))["shards"].as_array().unwrap() {
        let path = bench
            .path("out/release")
            .join(shard["path"].as_str().unwrap());
        let bytes = std::fs::read(path).unwrap().into();
        for batch in moisson_shard::file::read(bytes, Some(&["version_of"]), 1024).unwrap() {
            let batch = batch.unwrap();
            for work in TextColumn::try_new(&batch, "version_of")
                .unwrap()
                .iter()
                .flatten()
            {
                let split = shard["split"].as_str().unwrap().to_owned();
                splits.entry(work.to_owned()).or_default().insert(split);
            }
        }
    }
    assert!(splits.len() > 10);
    assert!(splits.values().all(|of| of.len() == 1), "{splits:?}");
}

fn same_with_one_thread(corpora: &Path, bench: &Bench) {
    run(corpora, &bench.path("one"), "1");
    assert_eq!(digests(&bench.path("one")), digests(&bench.path("out")));
}

fn same_after_ten_kills(corpora: &Path, bench: &Bench) {
    let out = bench.path("killed");
    // Moments spread by a fixed sequence over the whole run, whatever its speed: each kill lets the run get further.
    let mut state = 20_261_124u64;
    for _ in 0..10 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let pause = Duration::from_millis(100 + (state >> 33) % 4000);
        let started = Instant::now();
        let mut child = Command::new(program())
            .args(arguments(corpora, &out, "2"))
            .current_dir(repository())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while started.elapsed() < pause && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(5));
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    run(corpora, &out, "2");
    assert_eq!(digests(&out), digests(&bench.path("out")));
    moisson(&["verify", &out.display().to_string()]).expect(0);
}

fn only_the_latest_version_of_each_chain(corpora: &Path, bench: &Bench) {
    let data = corpora.join("legalize-fr-versions").display().to_string();
    let text = std::fs::read_to_string(repository().join("pipelines/dev-corpora.toml")).unwrap();
    let head = "[source.legalize-fr-versions]";
    let (_, rest) = text.split_once(head).unwrap();
    let (table, _) = rest.split_once("\n[source.").unwrap();
    let source = format!("{head}{table}").replace("${corpora}/legalize-fr-versions", &data);
    bench.pipeline(&source);
    let out = bench.text_path("latest");
    bench
        .run(&[
            "--out",
            &out,
            "--set",
            "source.legalize-fr-versions.versions=latest",
        ])
        .expect(0);
    let sql = "SELECT version_of, count(*) AS n FROM release GROUP BY version_of";
    let rows = moisson(&["query", &out, sql, "--format", "json"])
        .expect(0)
        .rows();
    assert!(rows.len() >= 5, "{rows:?}");
    assert!(rows.iter().all(|row| row["n"] == 1), "{rows:?}");
}

/// Word 5-grams of a text, made here from scratch: nothing of moisson's own shingles is used.
fn shingles(text: &str) -> HashSet<Vec<String>> {
    let words: Vec<String> = text
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    if words.len() < 5 {
        return HashSet::from([words]);
    }
    words.windows(5).map(<[String]>::to_vec).collect()
}

fn jaccard(left: &str, right: &str) -> f64 {
    let (left, right) = (shingles(left), shingles(right));
    let common = left.intersection(&right).count();
    common as f64 / (left.len() + right.len() - common) as f64
}

#[test]
fn near_duplicates_are_found_and_every_receipt_is_true() {
    let Some(reference) = folder("MOISSON_REFERENCE") else {
        return;
    };
    let bench = Bench::new();
    let file = reference.join("parity/neardup.jsonl.zst");
    std::fs::copy(&file, bench.path("neardup.jsonl.zst")).unwrap();
    bench.pipeline(
        "[source.n]\npath = 'DATA/neardup.jsonl.zst'\nreader = 'jsonl'\n\
         options = { id = 'id', text = 'text' }\n\
         licence = { work = 'etalab-2.0', reason = 'reference data' }\n\
         [normalise]\nnfc = false\nline_ends = false\ncontrol = false\nsoft_hyphens = false\nwhite_space = false\n",
    );
    bench.run(&[]).expect(0);
    let released: HashSet<String> = bench
        .released()
        .into_iter()
        .map(|id| id.replacen("n/", "", 1))
        .collect();

    let truth = std::fs::read(reference.join("parity/neardup_truth.parquet"))
        .unwrap()
        .into();
    let (mut pairs, mut separated) = (0u32, 0u32);
    for batch in moisson_shard::file::read(truth, None, 4096).unwrap() {
        let batch = batch.unwrap();
        let (a, b) = (
            TextColumn::try_new(&batch, "id_a").unwrap(),
            TextColumn::try_new(&batch, "id_b").unwrap(),
        );
        let similarity = batch.column_by_name("jaccard").unwrap().clone();
        let similarity =
            arrow::compute::cast(&similarity, &arrow::datatypes::DataType::Float64).unwrap();
        let similarity = similarity.as_primitive::<Float64Type>();
        for row in (0..batch.num_rows()).filter(|&row| similarity.value(row) >= 0.8) {
            pairs += 1;
            let both =
                released.contains(a.get(row).unwrap()) && released.contains(b.get(row).unwrap());
            separated += u32::from(!both);
        }
        assert_eq!(similarity.null_count(), 0);
    }
    let recall = f64::from(separated) / f64::from(pairs);
    eprintln!("near-duplicates: {separated} of {pairs} pairs no longer stand both: {recall:.4}");
    assert!(recall >= 0.97, "{recall}");

    let texts: BTreeMap<String, String> = bench
        .query("SELECT doc_id, text FROM documents WHERE doc_id IN (SELECT doc_id FROM duplicates UNION SELECT kept_doc_id FROM duplicates)")
        .into_iter()
        .map(|row| (row["doc_id"].as_str().unwrap().to_owned(), row["text"].as_str().unwrap().to_owned()))
        .collect();
    let receipts = bench.query("SELECT doc_id, kept_doc_id, similarity FROM duplicates");
    assert!(receipts.len() > 100);
    for receipt in receipts {
        let (dropped, kept) = (
            receipt["doc_id"].as_str().unwrap(),
            receipt["kept_doc_id"].as_str().unwrap(),
        );
        assert!(
            released.contains(&kept.replacen("n/", "", 1)),
            "{kept} is not released"
        );
        let (stated, found) = (
            receipt["similarity"].as_f64().unwrap(),
            jaccard(&texts[dropped], &texts[kept]),
        );
        assert!(
            (stated - found).abs() < 1e-9,
            "{dropped} {kept}: {stated} {found}"
        );
        assert!(found >= 0.8);
    }
}
