//! The `text` reader: a file, or each of its lines, is a document.

use moisson_core::{Digest, Document, Fault, Key, Result, Sink, reason};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{About, Member, Reader, ReaderEntry, file_stem, has_extension, options};
use crate::encoding::Expected;
use crate::record;

/// The entry of this reader.
pub const ENTRY: ReaderEntry = ReaderEntry {
    name: "text",
    version: 1,
    doc: "plain text; a file or a line is a document",
    about: About {
        source: "plain text",
        document: "a file keyed by its path, or a line keyed by its digest",
        text: "all of it",
        fields: &[],
        defects: &[(
            "encodings other than declared",
            "UTF-8 is tried first, then what is declared, then detected; `strict-utf-8` refuses",
        )],
    },
    extensions: EXTENSIONS,
    build,
    options_schema: options::schema::<TextOptions>,
};

const EXTENSIONS: &[&str] = &["text", "txt"];

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Split {
    /// The whole file.
    #[default]
    File,
    /// Each line that is not blank; it is named by its digest.
    Line,
}

/// Where the title comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Title {
    /// There is none.
    #[default]
    None,
    /// The name of the file without folder and extension.
    FileStem,
    /// The first line that is not blank; it stays in the text.
    FirstLine,
}

/// What names a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FileKey {
    /// Its path.
    #[default]
    Path,
    /// Its name without folder and extension.
    Stem,
}

/// Options of the `text` reader.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TextOptions {
    /// What a document is: `file` or `line`.
    pub split: Split,
    /// Title of a file: `none`, `file-stem` or `first-line`.
    pub title: Title,
    /// Identifier of a file: `path` or `stem`.
    pub key: FileKey,
    /// Encoding: `detect` (default), `strict-utf-8`, or a label.
    pub encoding: Option<String>,
}

struct Text {
    options: TextOptions,
    encoding: Expected,
}

fn build(given: &Value) -> Result<Box<dyn Reader>> {
    let options: TextOptions = options::parse(ENTRY.name, given)?;
    let encoding = Expected::parse(options.encoding.as_deref(), Expected::Detect)?;
    Ok(Box::new(Text { options, encoding }))
}

impl Reader for Text {
    fn read(&self, mut member: Member<'_>, sink: &mut dyn Sink) -> Result<()> {
        let (uri, sequence) = (member.uri, member.sequence);
        match self.options.split {
            Split::File => {
                let Some(raw) = record::whole(&mut member, sink)? else {
                    return Ok(());
                };
                let key = match self.options.key {
                    FileKey::Path => Key::Path(uri.to_owned()),
                    FileKey::Stem => Key::Declared(file_stem(uri).to_owned()),
                };
                let document = self.document(raw.bytes, key, uri, raw.digest);
                put(document, sequence, None, sink)
            }
            Split::Line => record::each_line(&mut member, sink, |line, offset, sink| {
                let document = self.document(line.to_vec(), Key::Raw, uri, Digest::of(line));
                put(document, sequence, Some(offset), sink)
            }),
        }
    }

    fn wants(&self, uri: &str) -> bool {
        has_extension(uri, EXTENSIONS)
    }
}

impl Text {
    fn document(
        &self,
        bytes: Vec<u8>,
        key: Key,
        uri: &str,
        digest: Digest,
    ) -> Result<Document, Box<Fault>> {
        let text = self
            .encoding
            .decode_owned(bytes)
            .map_err(|detail| Fault::new(reason::EXTRACT_NOT_UTF8, uri, detail))?;
        let mut document = Document::new(key, text, uri.to_owned(), digest);
        document.title = match self.options.title {
            Title::None => None,
            Title::FileStem => Some(file_stem(uri).to_owned()),
            Title::FirstLine => document
                .text
                .lines()
                .map(str::trim)
                .find(|l| !l.is_empty())
                .map(str::to_owned),
        };
        Ok(document)
    }
}

fn put(
    document: Result<Document, Box<Fault>>,
    sequence: i64,
    offset: Option<u64>,
    sink: &mut dyn Sink,
) -> Result<()> {
    match document {
        Ok(document) => sink.document(Document {
            sequence,
            ..document
        }),
        Err(fault) => sink.fault(Fault {
            raw_offset: offset,
            ..*fault
        }),
    }
}

#[cfg(test)]
mod tests {
    use moisson_core::Limits;
    use serde_json::{Value, json};

    use crate::testing::read_bytes;

    #[test]
    fn texts_as_a_table() {
        let check = |options: Value, bytes: &[u8], expected: &[(&str, Option<&str>, &str)]| {
            let sink = read_bytes("text", &options, "d/Nom.v1.txt", bytes, &Limits::default());
            let found: Vec<_> = sink
                .documents
                .iter()
                .map(|d| (d.key_text(), d.title.as_deref(), d.text.as_str()))
                .collect();
            let found: Vec<_> = found.iter().map(|(k, t, x)| (k.as_str(), *t, *x)).collect();
            assert_eq!(found, expected, "{options}");
            assert_eq!(sink.faults, []);
        };
        check(json!({}), b"a\nb", &[("d/Nom.v1.txt", None, "a\nb")]);
        check(
            json!({"key": "stem", "title": "file-stem"}),
            b"a",
            &[("Nom.v1", Some("Nom.v1"), "a")],
        );
        check(
            json!({"title": "first-line"}),
            b"\n un \ndeux",
            &[("d/Nom.v1.txt", Some("un"), "\n un \ndeux")],
        );
        check(
            json!({}),
            b"l\x92\xE9t\xE9",
            &[("d/Nom.v1.txt", None, "l’été")],
        );
        let digest = moisson_core::Digest::of(b"un").to_hex();
        let key = format!("b3-{}", digest.get(..32).unwrap());
        check(
            json!({"split": "line"}),
            b"un\n\nun\n",
            &[(&key, None, "un"), (&key, None, "un")],
        );
    }

    #[test]
    fn bad_texts_as_a_table() {
        let check = |options: Value, bytes: &[u8], fault: &str| {
            let limits = Limits {
                record_bytes_max: 8,
                ..Limits::default()
            };
            let sink = read_bytes("text", &options, "f.txt", bytes, &limits);
            assert_eq!(sink.fault_lines(), [format!("{fault} f.txt")]);
            assert_eq!(sink.documents, []);
        };
        check(json!({}), b"", "extract/empty");
        check(json!({}), b"123456789", "extract/too-large");
        check(
            json!({"encoding": "strict-utf-8"}),
            b"\xE9",
            "extract/not-utf8",
        );
        check(json!({"split": "line"}), b"123456789", "extract/too-large");
        check(json!({"split": "line"}), b"\n", "extract/empty");
    }
}
