//! A cluster as processes on loopback: what starts and stops them, and what they leave where a test can see it.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::{Bench, line, program, prose, repository};

/// Every map stage, in the order of the flow.
pub(super) const STAGES: [&str; 7] = [
    "ingest", "decide", "bands", "shingles", "prove", "scatter", "gather",
];

/// Variables of the environment.
pub(super) type Environment = Vec<(String, String)>;

/// A process that is killed with the test.
pub(super) struct Process {
    child: Child,
    /// What it said on stderr, where that is kept.
    messages: Arc<Mutex<String>>,
}

impl Process {
    /// Starts a command and returns the first line it prints.
    pub(super) fn start(command: &mut Command) -> (Self, String) {
        let mut child = command
            .current_dir(repository())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let messages: Arc<Mutex<String>> = Arc::default();
        if let Some(stderr) = child.stderr.take() {
            let messages = messages.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                    messages.lock().unwrap().push_str(&(line + "\n"));
                }
            });
        }
        let mut said = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut said)
            .unwrap();
        assert!(!said.is_empty(), "{command:?} said nothing");
        (Self { child, messages }, said.trim_end().to_owned())
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has said on stderr so far, where that is kept.
    pub(super) fn messages(&self) -> String {
        self.messages.lock().unwrap().clone()
    }

    pub(super) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What the parts of a cluster are started with.
#[derive(Default)]
pub(super) struct Settings {
    /// The stores of workers.
    pub(super) stores: Vec<String>,
    /// The environment of workers and drivers.
    pub(super) environment: Environment,
    /// Further arguments of all three: certificates.
    pub(super) security: Vec<String>,
}

impl Settings {
    /// Workers reach the folder of the bench and the repository.
    pub(super) fn folders(bench: &Bench) -> Self {
        Self {
            stores: vec![bench.text_path(""), repository().display().to_string()],
            ..Self::default()
        }
    }
}

/// What is particular to one worker.
#[derive(Default)]
pub(super) struct Particulars {
    pub(super) environment: Environment,
    pub(super) arguments: Vec<String>,
    /// A command that is given the program and its arguments, instead of the program itself.
    pub(super) launcher: Vec<String>,
    /// From which level on its messages are kept; else errors are those of the test.
    pub(super) log: Option<&'static str>,
}

/// A scheduler and its workers, on loopback.
pub(super) struct Cluster {
    pub(super) scheduler: Process,
    pub(super) url: String,
    pub(super) workers: Vec<Process>,
    settings: Settings,
}

impl Cluster {
    /// Starts `workers` workers with one slot each that reach the folder of the bench and the repository.
    pub(super) fn start(bench: &Bench, workers: usize) -> Self {
        Self::with(Settings::folders(bench), workers)
    }

    /// Starts a scheduler and `workers` workers.
    pub(super) fn with(settings: Settings, workers: usize) -> Self {
        let (scheduler, url) = start_scheduler("0", &settings.security);
        let mut cluster = Self {
            scheduler,
            url,
            workers: Vec::new(),
            settings,
        };
        for _ in 0..workers {
            cluster.add(&Particulars::default());
        }
        cluster
    }

    /// Starts one more worker, and returns its process id.
    pub(super) fn add(&mut self, particulars: &Particulars) -> u32 {
        let worker = self.worker(particulars);
        self.workers.push(worker);
        self.workers.last().map(Process::id).unwrap()
    }

    fn worker(&self, particulars: &Particulars) -> Process {
        let started = Instant::now();
        let mut launched = particulars.launcher.iter().map(String::as_str);
        let mut command = match launched.next() {
            None => Command::new(program()),
            Some(launcher) => {
                let mut command = Command::new(launcher);
                command.args(launched).arg(program());
                command
            }
        };
        command.args(["worker", "--scheduler", &self.url]);
        command.args(["--log", particulars.log.unwrap_or("error")]);
        command.args(["--slots", "1", "--memory", "2GiB", "--port", "0"]);
        for store in &self.settings.stores {
            command.args(["--store", store]);
        }
        command
            .args(&self.settings.security)
            .args(&particulars.arguments)
            .envs(self.settings.environment.iter().cloned())
            .envs(particulars.environment.iter().cloned());
        if particulars.log.is_some() {
            command.stderr(Stdio::piped());
        }
        let (worker, said) = Process::start(&mut command);
        assert!(said.starts_with("worker ready, 1 slots"), "{said}");
        // Far above what it takes, so that a busy machine does not matter.
        assert!(started.elapsed() < Duration::from_secs(30));
        worker
    }

    /// Kills the worker of this process id, if it is one of ours, and starts another.
    pub(super) fn replace(&mut self, pid: u32) -> bool {
        let Some(at) = self.workers.iter().position(|worker| worker.id() == pid) else {
            return false;
        };
        self.workers[at].kill();
        self.workers[at] = self.worker(&Particulars::default());
        true
    }

    /// Starts a run on the cluster, into a folder of the bench or an object store.
    pub(super) fn run(&self, bench: &Bench, out: &str, arguments: &[&str]) -> Run {
        let messages = bench.path("run.messages");
        let out = if out.contains("://") {
            out.to_owned()
        } else {
            bench.text_path(out)
        };
        let child = Command::new(program())
            .args(["run", &bench.text_path("p.toml"), "--out", &out])
            .args(["--cluster", &self.url, "--progress", "json"])
            .args(&self.settings.security)
            .args(arguments)
            .envs(self.settings.environment.iter().cloned())
            .current_dir(repository())
            .stdout(Stdio::null())
            .stderr(File::create(&messages).unwrap())
            .spawn()
            .unwrap();
        Run { child, messages }
    }
}

/// A run on a cluster, and what it tells.
pub(super) struct Run {
    child: Child,
    messages: PathBuf,
}

impl Run {
    /// True once it has ended.
    pub(super) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    pub(super) fn kill(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Waits for its end; returns its status and what it said, without how far it was.
    pub(super) fn wait(mut self) -> (Option<i32>, String) {
        let ended = self.child.wait().unwrap();
        let is_news = |line: &&str| {
            let event: Value = serde_json::from_str(line).unwrap_or_default();
            matches!(
                event["event"].as_str(),
                None | Some("retry" | "failed" | "warning")
            )
        };
        let said = std::fs::read_to_string(&self.messages).unwrap();
        let said: Vec<&str> = said.lines().filter(is_news).collect();
        (ended.code(), said.join("\n"))
    }
}

/// Starts a scheduler; returns its URL.
pub(super) fn start_scheduler(port: &str, security: &[String]) -> (Process, String) {
    let mut command = Command::new(program());
    command
        .args(["scheduler", "--port", port, "--log", "error"])
        .args(["--worker-timeout", "3"])
        .args(security);
    let (scheduler, said) = Process::start(&mut command);
    let url = said.strip_prefix("scheduler listening on ").unwrap();
    (scheduler, url.to_owned())
}

/// Calls `look` again and again while a run works, until it finds something; none if the run ended first.
pub(super) fn until<T>(run: &mut Run, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    while !run.has_ended() {
        if let Some(found) = look() {
            return Some(found);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    None
}

/// A bench whose sources make `units` units of input, with copies and near copies in each, and shards of many parts.
pub(super) fn bench(units: u64, documents: u64) -> Bench {
    let bench = Bench::new();
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
    }
    bench.pipeline(&sources(units, "DATA"));
    bench
}

/// The sources of a bench, as they lie in a folder or an object store.
pub(super) fn sources(units: u64, data: &str) -> String {
    let source = |unit: u64| {
        format!(
            "[source.s{unit}]\npath = '{data}/s{unit}.jsonl'\nreader = 'jsonl'\n\
             options = {{ id = 'id', text = 'text', licence = 'licence' }}\n"
        )
    };
    let mut sources: String = (0..units).map(source).collect();
    sources.push_str("[limits]\npart_text_bytes = 65536\n[shard]\ntarget_bytes = 131072\n");
    sources
}

/// Objects of a folder of the work area, by path.
pub(super) fn objects(work: &Path, folder: &str) -> Vec<PathBuf> {
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

/// Attempts of a stage, as they lie in the work area of an output.
pub(super) fn attempts(out: &Path, stage: &str) -> Vec<PathBuf> {
    let mut found = objects(&out.join("work"), &format!("attempts/{stage}"));
    // Others are being written.
    found.retain(|path| path.extension().is_some_and(|kind| kind == "json"));
    found
}

/// Process id of the worker of an attempt: `0000-HOST-PID.json`.
pub(super) fn pid(attempt: &Path) -> Option<u32> {
    attempt
        .file_stem()?
        .to_str()?
        .rsplit('-')
        .next()?
        .parse()
        .ok()
}
