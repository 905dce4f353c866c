//! `moisson status`: before, while and after a run works, and after it was killed, stopped, failed or staged.

use serde_json::Value;

use super::{Working, bench, held, signal};
use crate::harness::{Bench, JSONL, line, manifest, moisson, prose};

/// The status of `out` as JSON.
fn status(bench: &Bench, exit: i32) -> Value {
    moisson(&["status", &bench.text_path("out"), "--format", "json"])
        .expect(exit)
        .json()
}

fn status_text(bench: &Bench, exit: i32) -> String {
    moisson(&["status", &bench.text_path("out")])
        .expect(exit)
        .stdout
}

#[test]
fn status_before_and_after_a_run() {
    let bench = bench(40);
    status_text_of_nothing(&bench);
    let summary = bench.run(&[]).expect(0).json();
    let after = status(&bench, 0);
    assert_eq!(
        (&after["state"], &after["silent"]),
        (&"published".into(), &false.into())
    );
    assert_eq!(after["release"]["released"], summary["released"]);
    assert_eq!(after["status"]["released_rows"], summary["released"]);
    assert_eq!(after["status"]["schema_version"], 1);
    let parts = manifest(&bench.path("out"))["parts"]
        .as_array()
        .unwrap()
        .len();
    assert_eq!(after["committed"]["documents"], parts);
    let stages = after["status"]["stages"].as_array().unwrap();
    let read = stages.iter().find(|stage| stage["name"] == "read").unwrap();
    assert_eq!(
        (&read["done"], &read["parts_made"]),
        (&read["total"], &parts.into())
    );
    assert!(read["seconds"].as_f64().is_some(), "{read}");
    let text = status_text(&bench, 0);
    assert!(text.starts_with("published: pipeline `bench`"), "{text}");

    // Nothing trips over the file, and what tells of a run goes with what it was made from.
    let out = bench.text_path("out");
    moisson(&["verify", &out, "--deep"]).expect(0);
    assert_eq!(bench.run(&[]).expect(0).json()["unchanged"], true);
    moisson(&["clean", &out]).expect(0);
    assert!(bench.path("out/status.json").exists());
    moisson(&["clean", &out, "--keep", "receipts"]).expect(0);
    assert!(!bench.path("out/status.json").exists());
    let bare = status(&bench, 0);
    assert_eq!(
        (&bare["state"], &bare["status"]),
        (&"published".into(), &Value::Null)
    );
    assert_eq!(bare["release"]["released"], summary["released"]);
    let text = status_text(&bench, 0);
    assert!(
        text.starts_with("published; no run left a status here"),
        "{text}"
    );
}

fn status_text_of_nothing(bench: &Bench) {
    let out = bench.text_path("out");
    let ended = moisson(&["status", &out]).expect(2);
    assert!(ended.stderr.contains("no output"), "{}", ended.stderr);
    std::fs::create_dir(&out).unwrap();
    moisson(&["status", &out]).expect(2);
}

#[test]
fn status_while_a_run_works() {
    let (bench, _server, go) = held();
    let working = Working::start(&bench, &[], "step");
    // The event comes from the run, the file from a thread beside it.
    let during = wait_for_status(&bench, |told| told["stage"] == "fetch");
    assert_eq!(during["state"], "running");
    assert_eq!(during["pid"], working.child.id());
    let seen = status(&bench, 0);
    assert_eq!(
        (&seen["state"], &seen["silent"]),
        (&"running".into(), &false.into())
    );
    let text = status_text(&bench, 0);
    assert!(text.starts_with("running: pipeline `bench`"), "{text}");
    assert!(
        text.contains("last sign of life") && text.contains("stage fetch"),
        "{text}"
    );
    // Whoever finds the output taken changes nothing in what the driver says.
    bench.run(&[]).expect(2);
    assert_eq!(status(&bench, 0)["status"]["run"], during["run"]);
    drop(go);
    assert_eq!(working.end().0, Some(0));
    let after = status(&bench, 0);
    assert_eq!(
        (&after["state"], &after["status"]["run"]),
        (&"published".into(), &during["run"])
    );
}

/// Waits until `status.json` says what is wanted.
fn wait_for_status(bench: &Bench, is_wanted: impl Fn(&Value) -> bool) -> Value {
    loop {
        let written = std::fs::read_to_string(bench.path("out/status.json")).unwrap_or_default();
        match serde_json::from_str::<Value>(&written) {
            Ok(told) if is_wanted(&told) => return told,
            _ => std::thread::yield_now(),
        }
    }
}

#[test]
fn status_of_a_run_that_is_killed() {
    let bench = bench(400);
    let mut working = Working::start(&bench, &[], "part");
    let mut told = wait_for_status(&bench, |_| true);
    working.child.kill().unwrap();
    working.child.wait().unwrap();

    // A run that was killed says that it runs, until its last sign of life is a minute old.
    assert_eq!(told["state"], "running");
    assert_eq!(status(&bench, 0)["state"], "running");
    told["updated"] = "2026-01-01T00:00:00.000Z".into();
    std::fs::write(bench.path("out/status.json"), told.to_string()).unwrap();
    let killed = status(&bench, 0);
    assert_eq!(
        (&killed["state"], &killed["silent"]),
        (&"running".into(), &true.into())
    );
    let committed = killed["committed"]["documents"].as_u64().unwrap();
    assert!(committed > 0, "{killed}");
    let text = status_text(&bench, 0);
    assert!(text.contains("no sign of life for"), "{text}");
    assert!(text.contains("run again to resume"), "{text}");
    std::fs::remove_file(bench.path("out/status.json")).unwrap();
    assert_eq!(status(&bench, 0)["state"], "unfinished");
    assert!(status_text(&bench, 0).starts_with("unfinished"));

    bench.run(&[]).expect(0);
    let resumed = status(&bench, 0);
    assert_eq!(resumed["state"], "published");
    let stages = resumed["status"]["stages"].as_array().unwrap();
    let read = stages.iter().find(|stage| stage["name"] == "read").unwrap();
    assert_eq!(read["parts_reused"], committed);
}

#[test]
fn status_of_a_staged_release_names_its_alarms() {
    let bench = Bench::new();
    let lines: String = (0..24)
        .map(|n| line(&format!("d{n}"), &prose(n % 12, 100)))
        .collect();
    bench.write("s.jsonl", lines).pipeline(JSONL);
    bench.run(&["--set", "alarm.share_max=0.3"]).expect(1);
    let staged = status(&bench, 1);
    assert_eq!(staged["state"], "staged");
    assert_eq!(staged["staged"]["alarms"][0]["reason"], "duplicate/exact");
    assert_eq!(staged["release"], Value::Null);
    let text = status_text(&bench, 1);
    assert!(text.contains("[source.s.expected_drop]"), "{text}");
}

#[test]
fn status_of_a_run_that_failed() {
    let bench = bench(3);
    let nowhere = format!("source.s.path={}", bench.text_path("nowhere.jsonl"));
    bench.run(&["--set", &nowhere]).expect(2);
    let failed = status(&bench, 1);
    assert_eq!(failed["state"], "failed");
    let error = failed["status"]["error"].as_str().unwrap();
    assert!(error.contains("nowhere.jsonl"), "{error}");
    assert!(status_text(&bench, 1).contains(error));
    bench.run(&[]).expect(0);
    assert_eq!(status(&bench, 0)["state"], "published");
}

#[test]
fn a_run_that_is_asked_to_stop_says_so_and_ends_with_2() {
    for name in ["-TERM", "-INT"] {
        let (bench, _server, go) = held();
        let working = Working::start(&bench, &[], "step");
        signal(&working.child, name);
        drop(go);
        let (code, said) = working.end();
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("stopped on request"), "{said}");
        let stopped = status(&bench, 0);
        assert_eq!(
            (&stopped["state"], &stopped["status"]["error"]),
            (&"stopped".into(), &Value::Null)
        );
        assert!(status_text(&bench, 0).contains("run again to resume"));
    }
}

#[test]
fn a_second_signal_ends_the_program_at_once() {
    let (bench, _server, _go) = held();
    let mut working = Working::start(&bench, &[], "step");
    let ended = loop {
        signal(&working.child, "-TERM");
        if let Some(status) = working.child.try_wait().unwrap() {
            break status.code();
        }
    };
    // The first may do its work before the second comes.
    assert!([Some(130), Some(2)].contains(&ended), "{ended:?}");
}

#[test]
fn a_status_that_cannot_be_written_is_one_warning() {
    let bench = bench(40);
    std::fs::create_dir_all(bench.path("out/status.json/taken")).unwrap();
    let (ended, events) = super::events(&bench, &[]);
    ended.expect(0);
    let warnings: Vec<&Value> = events
        .iter()
        .filter(|it| it["event"] == "warning")
        .collect();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    let message = warnings[0]["message"].as_str().unwrap();
    assert!(
        message.contains("the status cannot be written"),
        "{message}"
    );
}
