//! Tasks of a batch system: rounds of posted stages, tasks that come twice, are killed, or never succeed.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::harness::{STAGES, attempts, bench};
use crate::harness::{Bench, Ended, digests, moisson, program, repository};

/// The stages that tasks do.
const POSTED: &str = "ingest,scatter,gather";

/// A run into `out` that takes part in a batch.
fn arguments(bench: &Bench, part: &[&str]) -> Vec<String> {
    let (pipeline, out) = (bench.text_path("p.toml"), bench.text_path("out"));
    let fixed = ["run", &pipeline, "--out", &out, "--progress", "none"];
    fixed
        .iter()
        .chain(part)
        .map(|&word| word.to_owned())
        .collect()
}

fn take_part(bench: &Bench, part: &[&str]) -> Ended {
    let arguments = arguments(bench, part);
    moisson(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

fn start(bench: &Bench, part: &[&str]) -> Child {
    Command::new(program())
        .args(arguments(bench, part))
        .current_dir(repository())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn end(child: Child) -> Ended {
    Ended::new(&child.wait_with_output().unwrap())
}

/// The stage that a finish posted; none if it published.
fn posted(finish: &Ended) -> Option<&'static str> {
    let stage = finish.stdout.strip_prefix("posted: ")?.split(',').next()?;
    STAGES.into_iter().find(|known| *known == stage)
}

/// Starts a task, kills it once it has begun a unit of a stage; true if it was killed before it ended by itself.
fn killed_in(bench: &Bench, stage: &str, part: &[&str]) -> bool {
    let before = attempts(&bench.path("out"), stage).len();
    let mut task = start(bench, part);
    while attempts(&bench.path("out"), stage).len() == before {
        if task.try_wait().unwrap().is_some() {
            break;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let _ = task.kill();
    end(task).status == -1
}

fn check(bench: &Bench) {
    bench
        .run(&["--out", &bench.text_path("embedded")])
        .expect(0);
    assert_eq!(
        digests(&bench.path("out")),
        digests(&bench.path("embedded"))
    );
}

#[test]
fn tasks_that_come_twice_at_once_change_nothing() {
    let bench = bench(6, 60);
    let tasks = ["0/2", "0/2", "1/2", "1/2"].map(|task| start(&bench, &["--task", task]));
    for task in tasks {
        end(task).expect(0);
    }
    let finish = take_part(&bench, &["--finish"]).expect(0);
    assert!(finish.stdout.contains("published in"), "{}", finish.stdout);
    check(&bench);
}

#[test]
fn rounds_of_posted_stages_make_what_one_machine_makes() {
    let bench = bench(6, 40);
    let mut rounds = Vec::new();
    loop {
        let finish = take_part(&bench, &["--finish", "--post", POSTED]).expect(0);
        let Some(stage) = posted(&finish) else {
            assert!(finish.stdout.contains("published in"), "{}", finish.stdout);
            break;
        };
        rounds.push(stage);
        assert!(rounds.len() < 10, "{rounds:?}");
        for task in ["0/3", "1/3", "2/3"] {
            take_part(&bench, &["--task", task]).expect(0);
        }
    }
    assert_eq!(rounds.join(","), POSTED);
    check(&bench);
}

#[test]
fn a_task_killed_in_any_posted_stage_is_started_again() {
    let bench = bench(3, 300);
    let all = STAGES.join(",");
    let (mut rounds, mut kills) = (0, Vec::new());
    loop {
        let finish = take_part(&bench, &["--finish", "--post", &all]).expect(0);
        let Some(stage) = posted(&finish) else {
            break;
        };
        rounds += 1;
        assert!(rounds < 20, "{stage}");
        if killed_in(&bench, stage, &["--task", "0/1"]) {
            kills.push(stage);
        }
        take_part(&bench, &["--task", "0/1"]).expect(0);
    }
    println!("killed in {kills:?}");
    assert_eq!(rounds, STAGES.len());
    assert!(kills.contains(&"ingest"), "{kills:?}");
    check(&bench);
}

#[test]
fn a_unit_whose_only_attempt_is_killed_is_set_aside() {
    let bench = bench(3, 400);
    let post = ["--finish", "--post", POSTED, "--attempts", "1"];
    assert_eq!(posted(&take_part(&bench, &post).expect(0)), Some("ingest"));
    assert!(killed_in(
        &bench,
        "ingest",
        &["--task", "0/1", "--threads", "1"]
    ));
    take_part(&bench, &["--task", "0/1"]).expect(0);
    let finish = take_part(&bench, &["--finish"]).expect(1);
    assert!(finish.stdout.contains("staged"), "{}", finish.stdout);
    let staged = std::fs::read(bench.path("out/staged/manifest.json")).unwrap();
    let staged: Value = serde_json::from_slice(&staged).unwrap();
    assert_eq!(staged["alarms"][0]["reason"], "engine/part-failed");
    assert_eq!(staged["totals"]["dropped"]["engine/part-failed"], 1);
    // Tried again, it is read.
    take_part(&bench, &["--finish", "--retry-failed"]).expect(0);
    check(&bench);
}
