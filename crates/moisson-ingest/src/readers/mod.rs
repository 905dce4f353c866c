//! The table of readers, and what a reader is. A new reader is one file here and one row in [`READERS`].

use std::io::BufRead;

use arrow::array::RecordBatch;
use moisson_core::{Assembly, Digest, Document, Error, Key, Limits, Result, Sink};
use serde_json::Value;

pub mod akoma_ntoso;
pub mod alto;
pub mod conllu;
pub mod csv;
pub mod debats;
pub mod dila;
pub mod ead;
pub mod epub;
pub mod eurlex;
pub mod formex;
pub mod hal;
pub mod html;
pub mod json;
pub mod jsonl;
pub mod judilibre;
pub mod justice;
pub mod l10n;
pub mod markdown;
pub mod mediawiki;
pub mod oai;
pub mod ocr_pages;
pub mod options;
pub mod parquet;
pub mod pdf;
pub mod roff;
pub mod seance_html;
pub mod senat_cri;
pub mod service_public;
pub mod syceron;
pub mod tei;
pub mod text;
pub mod warc;

/// One member handed to a reader: a file, or a member of an archive, as a stream of decompressed bytes.
pub struct Member<'a> {
    /// Relative path, or `archive!member`.
    pub uri: &'a str,
    /// The bytes, already decompressed.
    pub bytes: &'a mut dyn BufRead,
    /// Order in time, 0 for none; goes into [`moisson_core::Document::sequence`].
    pub sequence: i64,
    /// When its archive says it was last written, in seconds since 1970; goes into
    /// [`moisson_core::Document::raw_modified`].
    pub modified: Option<i64>,
    /// Bounds on what the member may ask of us.
    pub limits: &'a Limits,
}

impl Member<'_> {
    /// A document of this member, with its place and its order in time.
    pub fn document(&self, key: Key, text: String, raw_digest: Digest) -> Document {
        let mut document = Document::new(key, text, self.uri.to_owned(), raw_digest);
        document.sequence = self.sequence;
        document.raw_modified = self.modified;
        document
    }
}

impl std::fmt::Debug for Member<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Member")
            .field("uri", &self.uri)
            .field("sequence", &self.sequence)
            .finish()
    }
}

/// Turns members into documents.
pub trait Reader: Send + Sync {
    /// Reads one member. Problems of records, and of the stream, go to the sink as faults.
    ///
    /// # Errors
    /// Only what the sink returned.
    fn read(&self, member: Member<'_>, sink: &mut dyn Sink) -> Result<()>;

    /// True if members of this name are for this reader; asked inside archives and folders.
    fn wants(&self, uri: &str) -> bool;

    /// Order in time that the name of an archive or file gives (DILA increments), 0 for none.
    fn sequence(&self, _file_name: &str) -> i64 {
        0
    }

    /// True if the reader opens an archive of this name itself (EPUB), and is to be handed it whole.
    fn opens(&self, _uri: &str) -> bool {
        false
    }

    /// Some for a reader whose documents are pieces of wholes; it hands over [`moisson_core::Contents`].
    fn assembly(&self) -> Option<Assembly> {
        None
    }

    /// Some for a reader of Arrow batches (Parquet): the engine opens the file and passes the batches.
    fn table(&self) -> Option<&dyn TableReader> {
        None
    }
}

/// Turns rows of a table into documents.
pub trait TableReader {
    /// Top-level columns needed, for projection; empty means all.
    fn columns(&self) -> Vec<String>;

    /// Reads one batch of the file `uri`; `first_row` is the number of its first row in the file.
    ///
    /// # Errors
    /// Only what the sink returned.
    fn read_batch(
        &self,
        uri: &str,
        first_row: u64,
        batch: &RecordBatch,
        sink: &mut dyn Sink,
    ) -> Result<()>;
}

/// What the reference says of a format and of how it is read.
#[derive(Debug, Clone, Copy)]
pub struct About {
    /// Standard, schema or documentation the reader follows, with its address.
    pub source: &'static str,
    /// What one document is, and its key.
    pub document: &'static str,
    /// What its text is made of, and what is left out.
    pub text: &'static str,
    /// Columns and keys of `metadata` that are filled, with where they come from.
    pub fields: &'static [(&'static str, &'static str)],
    /// Known defects of the data, and what is done about each.
    pub defects: &'static [(&'static str, &'static str)],
}

/// A row of the table of readers.
#[derive(Debug, Clone, Copy)]
pub struct ReaderEntry {
    /// Name in pipelines.
    pub name: &'static str,
    /// Bumped whenever the same input gives other documents.
    pub version: u32,
    /// One sentence for `moisson list readers`.
    pub doc: &'static str,
    /// What its page in the reference says beyond its options.
    pub about: About,
    /// Extensions of the files it takes from folders and archives, without the dot.
    pub extensions: &'static [&'static str],
    /// Makes the reader from its options, a JSON object.
    pub build: fn(&Value) -> Result<Box<dyn Reader>>,
    /// JSON Schema of the options.
    pub options_schema: fn() -> schemars::Schema,
}

/// All readers, in alphabetical order.
pub const READERS: &[ReaderEntry] = &[
    akoma_ntoso::ENTRY,
    alto::ENTRY,
    seance_html::ENTRY,
    conllu::ENTRY,
    csv::CSV,
    debats::ENTRY,
    dila::ENTRY,
    ead::ENTRY,
    epub::ENTRY,
    eurlex::ENTRY,
    formex::ENTRY,
    hal::ENTRY,
    html::ENTRY,
    json::ENTRY,
    jsonl::ENTRY,
    judilibre::ENTRY,
    justice::ENTRY,
    l10n::ENTRY,
    markdown::ENTRY,
    mediawiki::ENTRY,
    oai::ENTRY,
    ocr_pages::ENTRY,
    parquet::ENTRY,
    pdf::ENTRY,
    roff::ENTRY,
    senat_cri::ENTRY,
    service_public::ENTRY,
    syceron::ENTRY,
    tei::ENTRY,
    text::ENTRY,
    csv::TSV,
    warc::ENTRY,
];

/// Makes a reader by name. `options` is an object, or null for none.
///
/// # Errors
/// [`Error::Config`] for an unknown reader, an unknown option or a value that does not fit, naming what is known.
pub fn build(name: &str, options: &Value) -> Result<Box<dyn Reader>> {
    (entry(name)?.build)(options)
}

/// Returns the row of a reader.
///
/// # Errors
/// [`Error::Config`] for an unknown reader, naming those there are.
pub fn entry(name: &str) -> Result<&'static ReaderEntry> {
    READERS
        .iter()
        .find(|entry| entry.name == name)
        .ok_or_else(|| {
            let known: Vec<&str> = READERS.iter().map(|entry| entry.name).collect();
            Error::config(options::unknown("reader", name, &known))
        })
}

/// True if the file name at the end of `uri` has one of the extensions, in any case.
pub(crate) fn has_extension(uri: &str, extensions: &[&str]) -> bool {
    let extension = file_name(uri)
        .rsplit_once('.')
        .map(|(_, extension)| extension);
    extension.is_some_and(|extension| extensions.iter().any(|e| e.eq_ignore_ascii_case(extension)))
}

/// The name of a file without its folder, archive and extension.
pub(crate) fn file_stem(uri: &str) -> &str {
    let name = file_name(uri);
    match name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => name,
    }
}

fn file_name(uri: &str) -> &str {
    uri.rsplit(['/', '!']).next().unwrap_or(uri)
}

#[cfg(test)]
mod tests {
    use moisson_core::Digest;
    use serde_json::{Value, json};

    use super::{READERS, build, file_stem, has_extension};

    #[test]
    fn readers_are_in_alphabetical_order_and_build_without_options() {
        assert!(READERS.windows(2).all(|pair| pair[0].name < pair[1].name));
        for entry in READERS {
            let reader = build(entry.name, &Value::Null).unwrap();
            assert!((entry.build)(&json!({})).is_ok());
            let schema = (entry.options_schema)();
            assert_eq!(
                schema.get("additionalProperties"),
                Some(&json!(false)),
                "{}",
                entry.name
            );
            // DILA's files go by their place in the archive.
            let extensions = if entry.name == "dila" {
                &[]
            } else {
                entry.extensions
            };
            for extension in extensions {
                assert!(
                    reader.wants(&format!("d/a.{extension}")),
                    "{} {extension}",
                    entry.name
                );
            }
            assert!(!reader.wants("d/a.unknown"), "{}", entry.name);
        }
    }

    #[test]
    fn wrong_options_as_a_table() {
        let check = |name: &str, options: Value, expected: &[&str]| {
            let error = build(name, &options).err().unwrap().to_string();
            for part in expected {
                assert!(error.contains(part), "{error}");
            }
        };
        check(
            "jsonll",
            json!({}),
            &[
                "unknown reader `jsonll`",
                "`csv`, `debats`, `dila`",
                "did you mean `jsonl`?",
            ],
        );
        check(
            "jsonl",
            json!({"texte": "a"}),
            &[
                "unknown option of reader `jsonl` `texte`",
                "`text`",
                "did you mean `text`?",
            ],
        );
        check(
            "json",
            json!({"text_format": "pdf"}),
            &["reader `json`", "`pdf`", "`markdown`"],
        );
        check("json", json!({"text": "$.["}), &["`$.[`"]);
        check(
            "json",
            json!({"tree": {"skipp": []}}),
            &["`skipp`", "`skip`"],
        );
        check("text", json!([]), &["reader `text`", "table"]);
        check("csv", json!({"encoding": "utf-99"}), &["`utf-99`"]);
    }

    #[test]
    fn names_as_a_table() {
        assert!(has_extension("a.tar!b/c.JSON", &["json"]));
        assert!(!has_extension("a.json/b", &["json"]));
        for (uri, stem) in [
            ("a/b.v1.txt", "b.v1"),
            ("x.tar!b", "b"),
            ("a/.hidden", ".hidden"),
        ] {
            assert_eq!(file_stem(uri), stem);
        }
    }

    #[test]
    fn schemas_do_not_depend_on_chance() {
        for entry in READERS {
            let digest = || Digest::of_json(&(entry.options_schema)()).unwrap();
            assert_eq!(digest(), digest());
        }
    }
}
