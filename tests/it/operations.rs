//! What operators see of a run: events, metrics, status and exit codes.

mod status;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{self, Sender};

use serde_json::Value;

use crate::harness::{Bench, Ended, JSONL, line, manifest, moisson, program, prose, repository};
use crate::server::{Answer, Server};

/// A bench with several parts and near-duplicates.
fn bench(documents: u64) -> Bench {
    bench_with(documents, "")
}

/// The same with further lines in its pipeline.
fn bench_with(documents: u64, more: &str) -> Bench {
    let bench = Bench::new();
    let mut lines: String = (0..documents)
        .map(|seed| line(&format!("d{seed}"), &prose(seed, 200)))
        .collect();
    lines.push_str(&line("near", &(prose(5, 200) + " Fin.")));
    lines.push_str("not json\n");
    bench.write("s.jsonl", lines).pipeline(&format!(
        "{JSONL}{more}[limits]\npart_text_bytes = 16384\n[shard]\ntarget_bytes = 32768\n"
    ));
    bench
}

/// Runs with events as JSON, and returns them.
fn events(bench: &Bench, arguments: &[&str]) -> (Ended, Vec<Value>) {
    let (pipeline, out) = (bench.text_path("p.toml"), bench.text_path("out"));
    let mut all = vec!["run", &pipeline, "--out", &out, "--format", "json"];
    all.extend(["--progress", "json"]);
    all.extend(arguments);
    let ended = moisson(&all);
    let events = ended
        .stderr
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    (ended, events)
}

/// The numbers in a field of all events of a kind and step.
fn numbers(events: &[Value], event: &str, step: &str, field: &str) -> Vec<u64> {
    let of_kind = |value: &&Value| value["event"] == event && value["step"] == step;
    let found = events.iter().filter(of_kind);
    found.map(|value| value[field].as_u64().unwrap()).collect()
}

#[test]
fn events_are_in_order_and_agree_with_the_manifest() {
    let bench = bench(80);
    let (ended, events) = events(&bench, &[]);
    let summary = ended.expect(0).json();
    let steps: Vec<&str> = events
        .iter()
        .filter(|event| event["event"] == "step")
        .map(|event| event["step"].as_str().unwrap())
        .collect();
    let place = |name| steps.iter().position(|step| *step == name);
    assert!(
        place("read") < place("prove") && place("prove") < place("shard"),
        "{steps:?}"
    );
    assert!(place("read").is_some(), "{steps:?}");
    let times: Vec<&str> = events
        .iter()
        .map(|event| event["time"].as_str().unwrap())
        .collect();
    assert!(times.is_sorted(), "{times:?}");
    assert!(
        times
            .iter()
            .all(|time| time.len() == 24 && time.ends_with('Z')),
        "{times:?}"
    );

    let manifest = manifest(&bench.path("out"));
    let parts = manifest["parts"].as_array().unwrap();
    assert!(parts.len() > 3, "{}", parts.len());
    let rows: u64 = parts
        .iter()
        .map(|part| part["rows"].as_u64().unwrap())
        .sum();
    let told = numbers(&events, "part", "read", "rows");
    assert_eq!((told.len(), told.iter().sum()), (parts.len(), rows));
    let shards = manifest["shards"].as_array().unwrap();
    let told = numbers(&events, "part", "shard", "rows");
    assert_eq!(
        (told.len(), told.iter().sum()),
        (shards.len(), summary["released"].as_u64().unwrap())
    );
    let done = numbers(&events, "advance", "shard", "done");
    assert_eq!(done.last(), summary["released"].as_u64().as_ref());
    assert_eq!(
        numbers(&events, "queue", "read", "working").last(),
        Some(&0)
    );
    let last = events.last().unwrap();
    assert_eq!(
        (&last["event"], &last["rows"]),
        (&"published".into(), &summary["released"])
    );

    // The second run makes nothing, and says so.
    let (ended, events) = self::events(&bench, &["--set", "shard.seed=7"]);
    ended.expect(0);
    let reused = |event: &Value| {
        event["event"] == "part" && event["step"] == "read" && event["reused"] == true
    };
    assert_eq!(
        events.iter().filter(|event| reused(event)).count(),
        parts.len()
    );
}

#[test]
fn every_event_is_on_the_page() {
    let page = std::fs::read_to_string(repository().join("docs/operations.md")).unwrap();
    let bench = bench(20);
    let (ended, events) = events(&bench, &["--metrics", "0"]);
    ended.expect(0);
    assert!(
        events.iter().any(|event| event["event"] == "spill"),
        "{events:?}"
    );
    for event in &events {
        let fields = event.as_object().unwrap();
        let name = event["event"].as_str().unwrap();
        let row = page
            .lines()
            .find(|line| line.starts_with(&format!("| `{name}` |")));
        let row = row.unwrap_or_else(|| panic!("`{name}` is not on the page"));
        for field in fields
            .keys()
            .filter(|field| !["event", "time"].contains(&field.as_str()))
        {
            assert!(
                row.contains(&format!("`{field}`")),
                "`{field}` of `{name}`: {row}"
            );
        }
    }
}

/// A run that works, with its events on a pipe.
struct Working {
    child: Child,
    /// Where its metrics are served, if they are.
    address: String,
    events: BufReader<ChildStderr>,
}

impl Working {
    /// Starts a run and returns once it tells an event of the kind `wanted`.
    fn start(bench: &Bench, arguments: &[&str], wanted: &str) -> Self {
        let mut child = Command::new(program())
            .args(["run", &bench.text_path("p.toml")])
            .args(["--out", &bench.text_path("out")])
            .args(["--progress", "json", "--threads", "1"])
            .args(arguments)
            .current_dir(repository())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut events = BufReader::new(child.stderr.take().unwrap());
        let mut address = String::new();
        loop {
            let mut line = String::new();
            let read = events.read_line(&mut line).unwrap();
            assert!(read > 0, "`{wanted}` was never told");
            let event: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}"));
            if event["event"] == "metrics" {
                event["address"].as_str().unwrap().clone_into(&mut address);
            }
            if event["event"] == wanted {
                break;
            }
        }
        Self {
            child,
            address,
            events,
        }
    }

    /// Waits for its end; returns its exit status and what it still said.
    fn end(mut self) -> (Option<i32>, String) {
        let mut said = String::new();
        self.events.read_to_string(&mut said).unwrap();
        (self.child.wait().unwrap().code(), said)
    }
}

/// A bench whose run is held in its first stage until the sender is dropped: it fetches from a server that waits for that.
fn held() -> (Bench, Server, Sender<()>) {
    let server = Server::start();
    let (go, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    server.route("/h.jsonl", move |_| {
        // An error is what is waited for: the sender is gone.
        let _ = wait.lock().unwrap().recv();
        Answer::ok(line("held", &prose(999, 200)))
    });
    let source = format!(
        "[source.h]\nat = '{}'\nreader = 'jsonl'\n\
         options = {{ id = 'id', text = 'text', licence = 'licence' }}\n[fetch]\ninterval_ms = 0\n",
        server.url("/h.jsonl")
    );
    (bench_with(80, &source), server, go)
}

/// Asks over HTTP for a path; returns head and body.
/// Asks a server for a page; returns head and body.
pub(crate) fn ask(address: &str, path: &str, accept: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept: {accept}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_ascii_lowercase(), body.to_owned())
}

/// Samples of a text of metrics, by name and labels; panics on a line that is none.
pub(crate) fn samples(text: &str) -> BTreeMap<String, f64> {
    assert!(text.ends_with('\n'), "cut off: {text}");
    let is_sample = |line: &&str| !line.starts_with('#');
    text.lines()
        .filter(is_sample)
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line}"));
            (
                name.to_owned(),
                value.parse().unwrap_or_else(|_| panic!("{line}")),
            )
        })
        .collect()
}

#[test]
fn metrics_are_served_while_the_run_works() {
    let (bench, _server, go) = held();
    let file = bench.text_path("m.prom");
    let arguments = ["--metrics", ":0", "--metrics-file", &file];
    let working = Working::start(&bench, &arguments, "step");
    let address = &working.address;
    assert!(address.starts_with("127.0.0.1:"), "{address}");
    let (head, body) = ask(address, "/metrics", "*/*");
    assert!(head.contains("200 ok"), "{head}");
    assert!(head.contains("text/plain; version=0.0.4"), "{head}");
    let during = samples(&body);
    assert!(during["process_resident_memory_bytes"] > 1e6, "{body}");
    assert_close(during["moisson_run_info{pipeline=\"bench\"}"], 1.0);
    assert_close(during["moisson_run_state{state=\"running\"}"], 1.0);
    assert!(
        during.contains_key("moisson_stage_seconds{stage=\"fetch\"}"),
        "{body}"
    );
    let open_metrics = "application/openmetrics-text; version=1.0.0";
    let (head, body) = ask(address, "/metrics", open_metrics);
    assert!(head.contains("application/openmetrics-text"), "{head}");
    assert!(body.ends_with("# EOF\n"), "{body}");
    let (head, body) = ask(address, "/healthz", "*/*");
    assert!(head.contains("200 ok") && body == "ok\n", "{head} {body}");
    let written = std::fs::read_to_string(&file).unwrap();
    assert_close(
        samples(&written)["moisson_run_state{state=\"running\"}"],
        1.0,
    );
    drop(go);
    let (code, said) = working.end();
    assert_eq!(code, Some(0), "{said}");

    // What the run left in the file agrees with the manifest.
    let after = samples(&std::fs::read_to_string(&file).unwrap());
    let manifest = manifest(&bench.path("out"));
    let parts = manifest["parts"].as_array().unwrap();
    let count = |key: &str| {
        parts
            .iter()
            .map(|part| part[key].as_f64().unwrap())
            .sum::<f64>()
    };
    #[expect(clippy::cast_precision_loss, reason = "a few parts")]
    let expected = [
        (
            "moisson_parts_total{stage=\"read\",result=\"made\"}",
            parts.len() as f64,
        ),
        (
            "moisson_rows_total{stage=\"read\",result=\"made\"}",
            count("rows"),
        ),
        (
            "moisson_released_rows",
            manifest["totals"]["released"].as_f64().unwrap(),
        ),
        ("moisson_run_state{state=\"published\"}", 1.0),
        ("moisson_run_state{state=\"running\"}", 0.0),
        ("moisson_queue_units{stage=\"read\",state=\"working\"}", 0.0),
    ];
    for (name, value) in expected {
        let found = after
            .get(name)
            .unwrap_or_else(|| panic!("{name}: {after:?}"));
        assert_close(*found, value);
    }
    assert!(after["moisson_run_finished_timestamp_seconds"] >= after["process_start_time_seconds"]);
    assert_eq!(leftovers(&bench.path("")), 0);
}

fn assert_close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 0.5, "{found}, not {expected}");
}

/// Files that were meant to be renamed.
fn leftovers(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap();
    entries
        .filter(|entry| {
            let name = entry.as_ref().unwrap().file_name();
            name.to_string_lossy().contains(".tmp")
        })
        .count()
}

#[test]
fn metrics_that_cannot_be_given_stop_the_run_before_it_works() {
    let bench = bench(3);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let nowhere = bench.text_path("no/such/folder/m.prom");
    for (arguments, told) in [
        (["--metrics", address.as_str()], address.as_str()),
        (["--metrics", "example"], "`example`"),
        (["--metrics-file", nowhere.as_str()], nowhere.as_str()),
    ] {
        let ended = bench.run(&arguments).expect(2);
        assert!(ended.stderr.contains(told), "{}", ended.stderr);
        assert!(!bench.path("out/parts").exists(), "{arguments:?}");
    }
}

fn signal(child: &Child, name: &str) {
    let number = child.id().to_string();
    let sent = Command::new("kill").args([name, &number]).status().unwrap();
    assert!(sent.success());
}

/// The exit codes of `docs/operations.md`; those of stops are seen above.
#[test]
fn exit_codes() {
    let bench = bench(12);
    let path = bench.text_path("p.toml");
    let run = |arguments: &[&str]| bench.run(arguments);
    let locked = |bench: &Bench| {
        std::fs::create_dir_all(bench.path("out")).unwrap();
        let lock = std::fs::File::create(bench.path("out/.lock")).unwrap();
        lock.lock().unwrap();
        bench.run(&[])
    };
    let cases: [(&str, i32, &str, Ended); 8] = [
        (
            "unknown option",
            2,
            "--nonsense",
            moisson(&["run", &path, "--nonsense"]),
        ),
        (
            "no pipeline",
            2,
            "cannot read the pipeline",
            moisson(&["run", "nowhere.toml"]),
        ),
        ("unknown key", 2, "nonsense", run(&["--set", "nonsense=1"])),
        (
            "unreadable input",
            2,
            "nowhere",
            run(&["--set", "source.s.path=/nowhere/*.jsonl"]),
        ),
        (
            "unknown kind of store",
            2,
            "ftp://",
            run(&["--out", "ftp://host/out"]),
        ),
        ("lock held", 2, "another run", locked(&bench)),
        (
            "gate",
            1,
            "",
            run(&[
                "--set",
                "alarm.share_max=0.01",
                "--set",
                "alarm.records_min=1",
            ]),
        ),
        ("done", 0, "", run(&[])),
    ];
    for (what, code, told, ended) in cases {
        assert_eq!(ended.status, code, "{what}: {}", ended.stderr);
        assert!(ended.stderr.contains(told), "{what}: {}", ended.stderr);
    }
}
