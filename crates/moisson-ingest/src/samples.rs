//! Every reader reads its sample in `data-samples/NAME` and gives what `golden/NAME.json` shows; every reader has a
//! sample and a page in `docs/readers`. `MOISSON_UPDATE_GOLDEN=1` renews both; they are reviewed as code.
#![expect(
    clippy::disallowed_methods,
    reason = "a test reads samples and goldens"
)]

use std::fs;
use std::path::{Path, PathBuf};

use moisson_core::{Contents, Date, Document, Limits};
use serde_json::{Value, json};

use crate::container::{Include, ReadSeek, SourceFile, read_file};
use crate::readers::{self, READERS};
use crate::reference;
use crate::testing::Collected;

/// Options with which the sample of a reader is read; none for those not named here.
fn options(reader: &str) -> Value {
    match reader {
        "alto" => json!({"unit": "issue"}),
        "csv" => json!({"delimiter": ";", "id": "numero", "text": ["question", "reponse"]}),
        "json" => {
            json!({"records": "$..[?@.type == 'article']", "id": "$.data.id", "text": "$.data.content", "text_format": "html"})
        }
        "jsonl" => {
            json!({"id": "id", "text": "texte", "title": "titre", "date": "date", "licence": "licence"})
        }
        "markdown" => {
            json!({"id": "{identifier}@{last_updated}", "title": "title", "version_of": "identifier"})
        }
        "mediawiki" => json!({"namespaces": [0, 104], "tables": "rows"}),
        _ => Value::Null,
    }
}

/// Readers whose sample is that of another, or is read elsewhere: Parquet by the engine, which opens tables.
const WITHOUT: &[&str] = &["parquet", "tsv"];

#[test]
fn samples_give_their_goldens() {
    let mut wrong = Vec::new();
    for entry in READERS.iter().filter(|e| !WITHOUT.contains(&e.name)) {
        let files = sample_files(entry.name);
        assert!(
            !files.is_empty(),
            "`{}` has no sample in data-samples/{}",
            entry.name,
            entry.name
        );
        let reader = readers::build(entry.name, &options(entry.name)).unwrap();
        let mut sink = Collected::default();
        for (name, path) in &files {
            let bytes = fs::read(path).unwrap();
            let file = SourceFile {
                name,
                size: bytes.len() as u64,
                open: &|| Ok(Box::new(std::io::Cursor::new(bytes.clone())) as Box<dyn ReadSeek>),
            };
            let include = Include::default();
            read_file(
                reader.as_ref(),
                &file,
                &include,
                &Limits::default(),
                &mut sink,
            )
            .unwrap();
        }
        let shown = format!("{:#}\n", show(&sink));
        let golden = root().join("crates/moisson-ingest/golden");
        wrong.extend(compare(
            &golden.join(format!("{}.json", entry.name)),
            &shown,
        ));
    }
    assert!(wrong.is_empty(), "differ from their golden: {wrong:?}");
}

#[test]
fn the_reference_is_current() {
    let docs = root().join("docs/readers");
    let mut wrong = compare(&docs.join("README.md"), &reference::index(READERS))
        .into_iter()
        .collect::<Vec<_>>();
    for entry in READERS {
        wrong.extend(compare(
            &docs.join(format!("{}.md", entry.name)),
            &reference::page(entry),
        ));
    }
    assert!(wrong.is_empty(), "differ from the readers: {wrong:?}");
}

/// Inputs that fuzzing found worth keeping: they cover what no sample does, and some once broke a reader.
#[test]
fn what_fuzzing_left_is_replayed() {
    let limits = Limits {
        record_bytes_max: 1 << 20,
        depth_max: 64,
        expansion_ratio_max: 50,
        members_max: 1000,
    };
    let mut replayed = 0;
    for entry in READERS {
        let folder = root().join("fuzz/corpus").join(entry.name);
        let extension = entry.extensions.first().copied().unwrap_or("bin");
        let reader = readers::build(entry.name, &options(entry.name)).unwrap();
        for file in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let bytes = fs::read(file.path()).unwrap();
            let name = format!("a.{extension}");
            let file = SourceFile {
                name: &name,
                size: bytes.len() as u64,
                open: &|| Ok(Box::new(std::io::Cursor::new(bytes.clone())) as Box<dyn ReadSeek>),
            };
            let mut sink = Collected::default();
            let include = Include::default();
            read_file(reader.as_ref(), &file, &include, &limits, &mut sink).unwrap();
            replayed += 1;
        }
    }
    assert!(replayed > 100, "the corpus of fuzzing is in the repository");
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Returns the path if the file holds something else, after renewing it if asked to.
fn compare(path: &Path, expected: &str) -> Option<PathBuf> {
    if std::env::var_os("MOISSON_UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, expected).unwrap();
    }
    (fs::read_to_string(path).unwrap_or_default() != expected).then(|| path.to_owned())
}

/// Files of a sample, sorted; hidden ones, its provenance and the programs that make it are none.
fn sample_files(reader: &str) -> Vec<(String, PathBuf)> {
    let base = root().join("data-samples").join(reader);
    let mut files = Vec::new();
    let mut folders = vec![base.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = path
                .strip_prefix(&base)
                .unwrap()
                .to_string_lossy()
                .into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if name != "PROVENANCE.md" && path.extension().is_none_or(|e| e != "py") {
                files.push((name, path));
            }
        }
    }
    files.sort();
    files
}

fn show(sink: &Collected) -> Value {
    let tombstones: Vec<String> = sink
        .tombstones
        .iter()
        .map(|t| format!("{} {}", t.key, t.sequence))
        .collect();
    let faults: Vec<String> = sink
        .faults
        .iter()
        .map(|f| {
            format!(
                "{} {} {}",
                f.reason,
                f.raw_uri,
                f.detail.as_deref().unwrap_or_default()
            )
        })
        .collect();
    let contents: Vec<Value> = sink.contents.iter().map(show_contents).collect();
    let documents: Vec<Value> = sink.documents.iter().map(show_document).collect();
    without_nulls(
        json!({"records": sink.records, "documents": documents, "faults": faults, "tombstones": tombstones, "contents": contents}),
    )
}

fn show_contents(contents: &Contents) -> Value {
    let entries: Vec<Value> = contents
        .entries
        .iter()
        .map(|e| json!({"key": e.key, "heading": e.heading, "from": e.from.map(day), "to": e.to.map(day)}))
        .collect();
    json!({"key": contents.key, "whole": contents.whole.as_deref().map(show_document), "entries": entries, "sequence": contents.sequence})
}

fn show_document(document: &Document) -> Value {
    let text: Vec<&str> = document.text.split('\n').collect();
    json!({
        "key": document.key_text(),
        "text": text,
        "title": document.title,
        "url": document.url,
        "published_on": document.published_on.map(day),
        "modified_on": document.modified_on.map(day),
        "genre": document.genre,
        "language": document.language_declared,
        "licence": document.licence_declared,
        "producer": document.producer,
        "version": [document.version_of.clone(), document.version_from.map(day), document.version_to.map(day), document.version_state.clone()],
        "ocr_confidence": document.ocr_confidence.map(|c| format!("{c:.4}")),
        "raw_uri": document.raw_uri,
        "sequence": document.sequence,
        "raw_modified": document.raw_modified,
        "metadata": document.metadata,
    })
}

fn day(date: Date) -> String {
    date.to_string()
}

/// Leaves out what is null, empty or zero, so that a golden shows what there is.
fn without_nulls(value: Value) -> Value {
    let is_nothing = |value: &Value| match value {
        Value::Null => true,
        Value::Array(items) => items.iter().all(Value::is_null),
        Value::Object(map) => map.is_empty(),
        Value::Number(number) => number.as_i64() == Some(0),
        _ => false,
    };
    match value {
        Value::Object(map) => map
            .into_iter()
            .map(|(key, value)| (key, without_nulls(value)))
            .filter(|(_, value)| !is_nothing(value))
            .collect(),
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        other => other,
    }
}
