//! The harness: runs the program on a pipeline in a folder of its own, and reads what came out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

/// The repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// The program, built once by the cargo that runs the tests, in the same profile.
pub(crate) fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let here = std::env::current_exe().unwrap();
        let profile = here.parent().and_then(Path::parent).unwrap();
        let mut cargo = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()));
        cargo
            .args(["build", "--quiet", "--workspace", "--bins"])
            .current_dir(repository());
        cargo.env("CARGO_TARGET_DIR", profile.parent().unwrap());
        // What cargo tells this test about its package would make build scripts of dependencies run again.
        let about_us = [
            "CARGO_PKG_",
            "CARGO_MANIFEST_",
            "CARGO_BIN_",
            "CARGO_CRATE_",
        ];
        for (name, _) in std::env::vars() {
            if about_us.iter().any(|prefix| name.starts_with(prefix)) {
                cargo.env_remove(name);
            }
        }
        if profile.ends_with("release") {
            cargo.arg("--release");
        }
        assert!(
            cargo.status().unwrap().success(),
            "the program does not build"
        );
        profile.join("moisson")
    })
}

/// A folder with inputs, a pipeline and an output.
pub(crate) struct Bench {
    folder: TempDir,
}

/// What a command printed and how it ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Exit status; -1 where a signal ended it.
    pub status: i32,
    /// Stdout.
    pub stdout: String,
    /// Stderr.
    pub stderr: String,
}

impl Ended {
    pub(crate) fn new(output: &Output) -> Self {
        Self {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Stdout as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|e| panic!("no JSON ({e}): {}\n{}", self.stdout, self.stderr))
    }

    /// Stdout as one JSON object a line.
    pub(crate) fn rows(&self) -> Vec<Value> {
        self.stdout
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// Panics unless the command ended with `status`.
    pub(crate) fn expect(self, status: i32) -> Self {
        assert_eq!(
            self.status, status,
            "stdout: {}\nstderr: {}",
            self.stdout, self.stderr
        );
        self
    }
}

/// Runs the program from the repository's folder.
pub(crate) fn moisson(arguments: &[&str]) -> Ended {
    moisson_with(&[], arguments)
}

/// As [`moisson`], with variables of the environment.
pub(crate) fn moisson_with(environment: &[(String, String)], arguments: &[&str]) -> Ended {
    let output = Command::new(program())
        .args(arguments)
        .envs(environment.iter().cloned())
        .current_dir(repository())
        .output()
        .unwrap();
    Ended::new(&output)
}

impl Bench {
    /// An empty bench.
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// A path on the bench.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A path on the bench, as text.
    pub(crate) fn text_path(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// Writes an input.
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Self {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
        self
    }

    /// Writes `p.toml`: a head that releases whatever has a licence, then `sources`, with `DATA` for the bench.
    pub(crate) fn pipeline(&self, sources: &str) -> &Self {
        let head = "name = 'bench'\ntier = 'research'\naccept_assumed = true\n\
                    [alarm]\nshare_max = 1.0\n";
        let sources = sources.replace("DATA", &self.folder.path().display().to_string());
        self.write("p.toml", format!("{head}{sources}"))
    }

    /// Runs the pipeline into `out` with further arguments.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        let (pipeline, out) = (self.text_path("p.toml"), self.text_path("out"));
        let mut all = vec!["run", &pipeline, "--format", "json", "--progress", "none"];
        if !arguments.contains(&"--out") {
            all.extend(["--out", &out]);
        }
        all.extend(arguments);
        moisson(&all)
    }

    /// Starts a run without waiting for it.
    pub(crate) fn start(&self, arguments: &[&str]) -> std::process::Child {
        Command::new(program())
            .args([
                "run",
                &self.text_path("p.toml"),
                "--out",
                &self.text_path("out"),
            ])
            .args(["--progress", "none"])
            .args(arguments)
            .current_dir(repository())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// Rows of a query over `out`.
    pub(crate) fn query(&self, sql: &str) -> Vec<Value> {
        moisson(&["query", &self.text_path("out"), sql, "--format", "json"])
            .expect(0)
            .rows()
    }

    /// One text column of a query over `out`.
    pub(crate) fn column(&self, sql: &str) -> Vec<String> {
        let text = |value: &Value| {
            value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned)
        };
        self.query(sql)
            .iter()
            .map(|row| {
                row.as_object()
                    .unwrap()
                    .values()
                    .next()
                    .map(text)
                    .unwrap_or_default()
            })
            .collect()
    }

    /// Counted reasons and their numbers, from the ledger.
    pub(crate) fn reasons(&self) -> BTreeMap<String, u64> {
        self.query("SELECT reason, count(*) AS n FROM decisions WHERE counted GROUP BY reason")
            .iter()
            .map(|row| {
                (
                    row["reason"].as_str().unwrap().to_owned(),
                    row["n"].as_u64().unwrap(),
                )
            })
            .collect()
    }

    /// Ids in the release, sorted.
    pub(crate) fn released(&self) -> Vec<String> {
        self.column("SELECT doc_id FROM release ORDER BY doc_id")
    }
}

/// The manifest of a release.
pub(crate) fn manifest(out: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(out.join("release/manifest.json")).unwrap()).unwrap()
}

/// Content digests of all shards, ledger files and parts of an output, by path.
pub(crate) fn digests(out: &Path) -> BTreeMap<String, String> {
    let manifest = manifest(out);
    ["shards", "ledger", "parts"]
        .iter()
        .flat_map(|kind| manifest[kind].as_array().unwrap().clone())
        .map(|entry| {
            let name = entry["path"].as_str().or(entry["name"].as_str()).unwrap();
            (
                name.to_owned(),
                entry["content_digest"].as_str().unwrap().to_owned(),
            )
        })
        .collect()
}

/// A text of `words` French-looking words, different for every `seed`, with sentences and paragraphs.
pub(crate) fn prose(seed: u64, words: usize) -> String {
    const SYLLABLES: [&str; 24] = [
        "ba", "cor", "di", "fé", "gou", "la", "men", "ni", "or", "pré", "que", "ra", "sion", "té",
        "u", "vo", "chan", "droit", "é", "tion", "mar", "sec", "ti", "lu",
    ];
    const LINKS: [&str; 8] = ["de", "la", "le", "et", "à", "les", "dans", "par"];
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = move |bound: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % bound as u64).unwrap()
    };
    let mut text = String::new();
    for word in 0..words {
        if word % 3 == 2 {
            text.push_str(LINKS[next(LINKS.len())]);
        } else {
            for _ in 0..2 + next(3) {
                text.push_str(SYLLABLES[next(SYLLABLES.len())]);
            }
        }
        match word % 17 {
            16 if word % 85 == 84 => text.push_str(".\n\n"),
            16 => text.push_str(". "),
            _ => text.push(' '),
        }
    }
    text.trim_end().to_owned() + "."
}

/// A JSON line with an id, a text and Licence Ouverte.
pub(crate) fn line(id: &str, text: &str) -> String {
    let value = serde_json::json!({ "id": id, "text": text, "licence": "etalab-2.0" });
    format!("{value}\n")
}

/// A source that reads JSON lines as [`line`] makes them.
pub(crate) const JSONL: &str = "[source.s]\npath = 'DATA/s.jsonl'\nreader = 'jsonl'\n\
    options = { id = 'id', text = 'text', licence = 'licence' }\n";
