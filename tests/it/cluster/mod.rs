//! A cluster: a scheduler and workers as processes of their own. What they make is what one machine makes, whatever is
//! killed on the way.

mod faults;
mod harness;
mod stores;
mod tasks;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use crate::harness::{digests, manifest, repository};
use harness::{Cluster, STAGES, Settings, attempts, bench, objects, pid, start_scheduler};

#[test]
fn any_number_of_workers_makes_what_one_machine_makes() {
    let bench = bench(6, 40);
    bench
        .run(&["--out", &bench.text_path("embedded")])
        .expect(0);
    let expected = digests(&bench.path("embedded"));
    for workers in [1, 2, 4] {
        let cluster = Cluster::start(&bench, workers);
        let out = format!("cluster-{workers}");
        let (status, said) = cluster.run(&bench, &out, &[]).wait();
        assert_eq!(status, Some(0), "{said}");
        assert_eq!(digests(&bench.path(&out)), expected, "{workers} workers");
        assert!(
            !bench.path(&out).join("work").exists()
                || objects(&bench.path(&out), "work").is_empty()
        );
    }
}

#[test]
fn models_come_from_the_work_area_by_their_digest() {
    let bench = bench(3, 20);
    // Only the driver reaches the file: it lies in no store of the workers.
    let elsewhere = tempfile::tempdir().unwrap();
    let model = elsewhere.path().join("fra-eng.bin");
    let fixture = repository().join("crates/moisson-annotate/tests-data/fra-eng.bin");
    std::fs::copy(fixture, &model).unwrap();
    let model = format!("language.model={}", model.display());
    let tokenizer = elsewhere.path().join("tokenizer.json");
    std::fs::write(&tokenizer, crate::tokens::tokenizer(&[("l", "a")])).unwrap();
    let tokenizer = format!("tokens.tokenizer={}", tokenizer.display());
    let settings = ["--set", &model, "--set", &tokenizer];
    let embedded = bench.text_path("embedded");
    bench
        .run(&[&settings[..], &["--out", &embedded]].concat())
        .expect(0);
    let cluster = Cluster::with(
        Settings {
            stores: vec![bench.text_path("")],
            ..Settings::default()
        },
        2,
    );
    let (status, said) = cluster.run(&bench, "out", &settings).wait();
    assert_eq!(status, Some(0), "{said}");
    let made = manifest(&bench.path("out"));
    assert_eq!(made["models"], manifest(&bench.path("embedded"))["models"]);
    assert!(made["models"]["language"].is_string() && made["models"]["tokens"].is_string());
    assert_eq!(made["facts"], manifest(&bench.path("embedded"))["facts"]);
    assert!(made["facts"][0]["tokens"].as_u64() > Some(0));
    assert_eq!(
        digests(&bench.path("out")),
        digests(&bench.path("embedded"))
    );
}

#[test]
fn every_worker_computes_units_and_each_unit_is_computed_once() {
    let bench = bench(9, 40);
    // An alarm keeps the release staged, and so what the workers left.
    let mut pipeline = std::fs::read_to_string(bench.path("p.toml")).unwrap();
    pipeline = pipeline.replace("share_max = 1.0", "share_max = 0.0");
    bench.write("p.toml", pipeline);
    let cluster = Cluster::start(&bench, 3);
    let (status, said) = cluster.run(&bench, "out", &[]).wait();
    assert_eq!(status, Some(1), "{said}");
    let out = bench.path("out");
    let mut workers: BTreeMap<String, u32> = BTreeMap::new();
    for stage in STAGES {
        let receipts = objects(&out, &format!("work/receipts/{stage}"));
        let tried = attempts(&out, stage);
        assert!(!receipts.is_empty(), "{stage} has no unit");
        assert_eq!(receipts.len(), tried.len(), "{stage}");
        for receipt in receipts {
            let receipt: Value = serde_json::from_slice(&std::fs::read(receipt).unwrap()).unwrap();
            assert_eq!(receipt["attempt"], 1, "{stage}");
            *workers
                .entry(receipt["worker"].as_str().unwrap().to_owned())
                .or_default() += 1;
        }
    }
    let pids: BTreeSet<u32> = cluster.workers.iter().map(harness::Process::id).collect();
    let worked = workers
        .keys()
        .map(|name| name.rsplit('-').next().unwrap().parse().unwrap());
    assert_eq!(worked.collect::<BTreeSet<u32>>(), pids, "{workers:?}");
}

#[test]
fn a_worker_killed_in_any_stage_changes_nothing() {
    let bench = bench(8, 60);
    bench
        .run(&["--out", &bench.text_path("embedded")])
        .expect(0);
    let expected = digests(&bench.path("embedded"));
    let mut cluster = Cluster::start(&bench, 3);
    let mut run = cluster.run(&bench, "out", &["--attempts", "20"]);
    let out = bench.path("out");
    let (mut kills, mut left) = (0, STAGES.to_vec());
    // One kill in each stage that is caught at work, then more at whatever moment comes, twenty in all.
    let mut seen = BTreeSet::new();
    while !run.has_ended() {
        std::thread::sleep(Duration::from_millis(2));
        if kills >= 20 {
            continue;
        }
        for stage in STAGES {
            let fresh = attempts(&out, stage)
                .into_iter()
                .filter(|attempt| !seen.contains(attempt))
                .collect::<Vec<_>>();
            let Some(attempt) = fresh.last() else {
                continue;
            };
            let is_due = left.contains(&stage) || kills + left.len() < 20;
            if is_due && pid(attempt).is_some_and(|pid| cluster.replace(pid)) {
                kills += 1;
                left.retain(|other| *other != stage);
            }
            seen.extend(fresh);
        }
    }
    let (status, said) = run.wait();
    println!("{kills} kills; not caught at work: {left:?}");
    assert_eq!(status, Some(0), "{said}");
    assert!(kills >= 7, "only {kills} kills");
    assert_eq!(digests(&bench.path("out")), expected);
}

#[test]
fn the_scheduler_may_be_killed_and_started_again() {
    let bench = bench(6, 60);
    bench
        .run(&["--out", &bench.text_path("embedded")])
        .expect(0);
    let mut cluster = Cluster::start(&bench, 2);
    let mut run = cluster.run(&bench, "out", &[]);
    let out = bench.path("out");
    for stage in ["ingest", "bands"] {
        while attempts(&out, stage).is_empty() {
            assert!(!run.has_ended(), "the run ended before {stage}");
            std::thread::sleep(Duration::from_millis(1));
        }
        let port = cluster.url.rsplit(':').next().unwrap().to_owned();
        cluster.scheduler.kill();
        (cluster.scheduler, _) = start_scheduler(&port, &[]);
    }
    let (status, said) = run.wait();
    assert_eq!(status, Some(0), "{said}");
    assert_eq!(
        digests(&bench.path("out")),
        digests(&bench.path("embedded"))
    );
}

#[test]
fn the_driver_may_be_killed_and_started_again() {
    let bench = bench(6, 60);
    bench
        .run(&["--out", &bench.text_path("embedded")])
        .expect(0);
    let cluster = Cluster::start(&bench, 2);
    let out = bench.path("out");
    for stage in STAGES {
        let mut run = cluster.run(&bench, "out", &["--attempts", "20"]);
        while attempts(&out, stage).is_empty() {
            if run.has_ended() {
                break;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        run.kill();
    }
    let (status, said) = cluster.run(&bench, "out", &[]).wait();
    assert_eq!(status, Some(0), "{said}");
    assert_eq!(
        digests(&bench.path("out")),
        digests(&bench.path("embedded"))
    );
}

#[test]
fn a_part_that_kills_its_workers_is_set_aside_and_the_rest_completes() {
    let bench = bench(5, 400);
    let mut cluster = Cluster::start(&bench, 2);
    let mut run = cluster.run(&bench, "out", &["--attempts", "3"]);
    let out = bench.path("out");
    let mut poison: Option<PathBuf> = None;
    let mut killed = BTreeSet::new();
    while !run.has_ended() {
        for attempt in attempts(&out, "ingest") {
            let unit = attempt.parent().unwrap().to_owned();
            let poison = poison.get_or_insert_with(|| unit.clone());
            if unit == *poison && killed.insert(attempt.clone()) {
                assert!(cluster.replace(pid(&attempt).unwrap()));
            }
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let (status, said) = run.wait();
    assert_eq!(killed.len(), 3, "{said}");
    // Staged: a release without what a source holds is none, unless that is said to be right.
    assert_eq!(status, Some(1), "{said}");
    let out = bench.text_path("out");
    let rows = crate::harness::moisson(&[
        "query",
        &out,
        "SELECT source, raw_uri, detail FROM decisions WHERE reason = 'engine/part-failed' AND counted",
        "--format",
        "json",
    ])
    .expect(0)
    .rows();
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert!(
        rows[0]["detail"]
            .as_str()
            .unwrap()
            .contains("died (3 attempts)"),
        "{rows:?}"
    );
    let source = rows[0]["source"].as_str().unwrap().to_owned();
    let staged: Value =
        serde_json::from_slice(&std::fs::read(bench.path("out/staged/manifest.json")).unwrap())
            .unwrap();
    assert_eq!(staged["alarms"][0]["reason"], "engine/part-failed");
    assert_eq!(staged["totals"]["dropped"]["engine/part-failed"], 1);

    // Said to be right, it is published without it; tried again, it is read.
    let pipeline = std::fs::read_to_string(bench.path("p.toml")).unwrap();
    let allowed = format!(
        "{pipeline}[source.{source}.expected_drop]\n'engine/part-failed' = 'known to be damaged'\n"
    );
    bench.write("p.toml", allowed);
    let (status, said) = cluster.run(&bench, "out", &["--attempts", "3"]).wait();
    assert_eq!(status, Some(0), "{said}");
    bench.write("p.toml", pipeline);
    let (status, said) = cluster.run(&bench, "out", &["--retry-failed"]).wait();
    assert_eq!(status, Some(0), "{said}");
    bench
        .run(&["--out", &bench.text_path("embedded")])
        .expect(0);
    assert_eq!(
        digests(&bench.path("out")),
        digests(&bench.path("embedded"))
    );
    assert_eq!(
        manifest(&bench.path("out"))["totals"]["dropped"].get("engine/part-failed"),
        None
    );
}
