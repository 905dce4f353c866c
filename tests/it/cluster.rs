//! A cluster: a scheduler and workers as processes of their own. What they make is what one machine makes, whatever is
//! killed on the way.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::{Bench, digests, line, manifest, program, prose, repository};

/// Every map stage, in the order of the flow.
const STAGES: [&str; 7] = [
    "ingest", "decide", "bands", "shingles", "prove", "scatter", "gather",
];

/// A process that is killed with the test.
struct Process(Child);

impl Process {
    /// Starts the program and returns the first line it prints.
    fn start(arguments: &[&str], environment: &[(&str, &str)]) -> (Self, String) {
        let mut child = Command::new(program())
            .args(arguments)
            .envs(environment.iter().copied())
            .current_dir(repository())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut said)
            .unwrap();
        assert!(!said.is_empty(), "{arguments:?} said nothing");
        (Self(child), said.trim_end().to_owned())
    }

    fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A scheduler and its workers, on loopback.
struct Cluster {
    scheduler: Process,
    url: String,
    workers: Vec<Process>,
    store: PathBuf,
}

impl Cluster {
    /// Starts `workers` workers with one slot each that reach the folder of the bench and the repository.
    fn start(bench: &Bench, workers: usize) -> Self {
        let (scheduler, url) = start_scheduler("0");
        let mut cluster = Self {
            scheduler,
            url,
            workers: Vec::new(),
            store: bench.path(""),
        };
        cluster.workers = (0..workers).map(|_| cluster.worker()).collect();
        cluster
    }

    /// Starts a worker.
    fn worker(&self) -> Process {
        let started = Instant::now();
        let (store, samples) = (self.store.to_str().unwrap(), repository());
        let (worker, said) = Process::start(
            &[
                "worker",
                "--scheduler",
                &self.url,
                "--store",
                store,
                "--store",
                samples.to_str().unwrap(),
                "--slots",
                "1",
                "--memory",
                "2GiB",
                "--port",
                "0",
            ],
            &[],
        );
        assert!(said.starts_with("worker ready, 1 slots"), "{said}");
        // Far above what it takes, so that a busy machine does not matter.
        assert!(started.elapsed() < Duration::from_secs(30));
        worker
    }

    /// Kills the worker of this process id, if it is one of ours, and starts another.
    fn replace(&mut self, pid: u32) -> bool {
        let Some(at) = self.workers.iter().position(|worker| worker.0.id() == pid) else {
            return false;
        };
        self.workers[at].kill();
        self.workers[at] = self.worker();
        true
    }

    /// Starts a run on the cluster.
    fn run(&self, bench: &Bench, out: &str, arguments: &[&str]) -> Child {
        Command::new(program())
            .args([
                "run",
                &bench.text_path("p.toml"),
                "--out",
                &bench.text_path(out),
            ])
            .args(["--cluster", &self.url, "--progress", "none"])
            .args(arguments)
            .current_dir(repository())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }
}

fn start_scheduler(port: &str) -> (Process, String) {
    let (scheduler, said) =
        Process::start(&["scheduler", "--port", port, "--worker-timeout", "3"], &[]);
    let url = said
        .strip_prefix("scheduler listening on ")
        .unwrap()
        .to_owned();
    (scheduler, url)
}

/// Waits for a run to end; returns its status and what it said.
fn wait(run: Child) -> (Option<i32>, String) {
    let ended = run.wait_with_output().unwrap();
    (
        ended.status.code(),
        String::from_utf8_lossy(&ended.stderr).into_owned(),
    )
}

/// A bench whose sources make `units` units of input, with copies and near copies in each, and shards of many parts.
fn bench(units: u64, documents: u64) -> Bench {
    let bench = Bench::new();
    let mut sources = String::new();
    for unit in 0..units {
        let mut lines = String::new();
        for document in 0..documents {
            let seed = unit * 1000 + document;
            lines.push_str(&line(&format!("d{document}"), &prose(seed, 400)));
        }
        lines.push_str(&line("copy", &prose((unit * 7 % units) * 1000 + 1, 400)));
        lines.push_str(&line(
            "near",
            &(prose((unit * 5 % units) * 1000 + 2, 400) + " Fin."),
        ));
        lines.push_str("not json\n");
        bench.write(&format!("s{unit}.jsonl"), lines);
        sources.push_str(&format!(
            "[source.s{unit}]\npath = 'DATA/s{unit}.jsonl'\nreader = 'jsonl'\n\
             options = {{ id = 'id', text = 'text', licence = 'licence' }}\n"
        ));
    }
    sources.push_str("[limits]\npart_text_bytes = 65536\n[shard]\ntarget_bytes = 131072\n");
    bench.pipeline(&sources);
    bench
}

/// Objects of a folder of the work area, by path.
fn objects(work: &Path, folder: &str) -> Vec<PathBuf> {
    fn walk(folder: &Path, into: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.path().is_dir() {
                walk(&entry.path(), into);
            } else {
                into.push(entry.path());
            }
        }
    }
    let mut found = Vec::new();
    walk(&work.join(folder), &mut found);
    found.sort();
    found
}

/// Process id of the worker of an attempt: `0000-HOST-PID.json`.
fn pid(attempt: &Path) -> Option<u32> {
    attempt
        .file_stem()?
        .to_str()?
        .rsplit('-')
        .next()?
        .parse()
        .ok()
}

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
        let (status, said) = wait(cluster.run(&bench, &out, &[]));
        assert_eq!(status, Some(0), "{said}");
        assert_eq!(digests(&bench.path(&out)), expected, "{workers} workers");
        assert!(
            !bench.path(&out).join("work").exists()
                || objects(&bench.path(&out), "work").is_empty()
        );
    }
}

#[test]
fn every_worker_computes_units_and_each_unit_is_computed_once() {
    let bench = bench(9, 40);
    // An alarm keeps the release staged, and so what the workers left.
    let mut pipeline = std::fs::read_to_string(bench.path("p.toml")).unwrap();
    pipeline = pipeline.replace("share_max = 1.0", "share_max = 0.0");
    bench.write("p.toml", pipeline);
    let cluster = Cluster::start(&bench, 3);
    let (status, said) = wait(cluster.run(&bench, "out", &[]));
    assert_eq!(status, Some(1), "{said}");
    let work = bench.path("out").join("work");
    let mut workers: BTreeMap<String, u32> = BTreeMap::new();
    for stage in STAGES {
        let receipts = objects(&work, &format!("receipts/{stage}"));
        let attempts = objects(&work, &format!("attempts/{stage}"));
        assert!(!receipts.is_empty(), "{stage} has no unit");
        assert_eq!(receipts.len(), attempts.len(), "{stage}");
        for receipt in receipts {
            let receipt: Value = serde_json::from_slice(&std::fs::read(receipt).unwrap()).unwrap();
            assert_eq!(receipt["attempt"], 1, "{stage}");
            *workers
                .entry(receipt["worker"].as_str().unwrap().to_owned())
                .or_default() += 1;
        }
    }
    let pids: BTreeSet<u32> = cluster.workers.iter().map(|worker| worker.0.id()).collect();
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
    let work = bench.path("out").join("work");
    let (mut kills, mut left) = (0, STAGES.to_vec());
    // One kill in each stage that is caught at work, then more at whatever moment comes, twenty in all.
    let mut seen = BTreeSet::new();
    while run.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(2));
        if kills >= 20 {
            continue;
        }
        for stage in STAGES {
            let fresh = objects(&work, &format!("attempts/{stage}"))
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
    let (status, said) = wait(run);
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
    let work = bench.path("out").join("work");
    for stage in ["ingest", "bands"] {
        while objects(&work, &format!("attempts/{stage}")).is_empty() {
            assert!(
                run.try_wait().unwrap().is_none(),
                "the run ended before {stage}"
            );
            std::thread::sleep(Duration::from_millis(1));
        }
        let port = cluster.url.rsplit(':').next().unwrap().to_owned();
        cluster.scheduler.kill();
        (cluster.scheduler, _) = start_scheduler(&port);
    }
    let (status, said) = wait(run);
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
    let work = bench.path("out").join("work");
    for stage in STAGES {
        let mut run = cluster.run(&bench, "out", &["--attempts", "20"]);
        while objects(&work, &format!("attempts/{stage}")).is_empty() {
            if run.try_wait().unwrap().is_some() {
                break;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        let _ = run.kill();
        let _ = run.wait();
    }
    let (status, said) = wait(cluster.run(&bench, "out", &[]));
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
    let work = bench.path("out").join("work");
    let mut poison: Option<PathBuf> = None;
    let mut killed = BTreeSet::new();
    while run.try_wait().unwrap().is_none() {
        for attempt in objects(&work, "attempts/ingest") {
            let unit = attempt.parent().unwrap().to_owned();
            let poison = poison.get_or_insert_with(|| unit.clone());
            if unit == *poison && killed.insert(attempt.clone()) {
                assert!(cluster.replace(pid(&attempt).unwrap()));
            }
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let (status, said) = wait(run);
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
    let (status, said) = wait(cluster.run(&bench, "out", &["--attempts", "3"]));
    assert_eq!(status, Some(0), "{said}");
    bench.write("p.toml", pipeline);
    let (status, said) = wait(cluster.run(&bench, "out", &["--retry-failed"]));
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
