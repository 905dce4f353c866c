//! The `jsonl` reader: one JSON object a line.

use moisson_core::{Digest, Fault, Key, Result, Sink, reason};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{About, Member, Reader, ReaderEntry, has_extension, json, options};
use crate::encoding::Expected;
use crate::fields::selector::{Dialect, JsonRecord};
use crate::fields::{FieldOptions, Fields};
use crate::record;

/// The entry of this reader.
pub const ENTRY: ReaderEntry = ReaderEntry {
    name: "jsonl",
    version: 1,
    doc: "one JSON object a line; fields by key, JSONPath or template",
    about: About {
        source: "JSON Lines; RFC 8259, RFC 9535 (JSONPath)",
        document: "a line; its key is the option `id`, else the digest of the line",
        text: "the option `text`: a key, a JSONPath or a template, as plain text, HTML or Markdown",
        fields: &[("title, url, date, …", "the options of the same names")],
        defects: &[(
            "a line that is no JSON",
            "`extract/malformed-json`, and the next line is read",
        )],
    },
    extensions: EXTENSIONS,
    build,
    options_schema: options::schema::<JsonlOptions>,
};

const EXTENSIONS: &[&str] = &["jsonl", "ndjson"];

/// Options of the `jsonl` reader.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct JsonlOptions {
    /// Encoding: `strict-utf-8` (default), `detect`, or a label.
    pub encoding: Option<String>,
    /// Fields of each line.
    #[serde(flatten)]
    pub fields: FieldOptions,
}

struct Jsonl {
    fields: Fields,
    encoding: Expected,
}

fn build(given: &Value) -> Result<Box<dyn Reader>> {
    let options: JsonlOptions = options::parse(ENTRY.name, given)?;
    Ok(Box::new(Jsonl {
        fields: Fields::new(&options.fields, Dialect::Json)?,
        encoding: Expected::parse(options.encoding.as_deref(), Expected::StrictUtf8)?,
    }))
}

impl Reader for Jsonl {
    fn read(&self, mut member: Member<'_>, sink: &mut dyn Sink) -> Result<()> {
        let (uri, sequence, depth_max) = (member.uri, member.sequence, member.limits.depth_max);
        record::each_line(&mut member, sink, |line, offset, sink| {
            let fault = |reason, detail| Fault {
                reason,
                raw_uri: uri.to_owned(),
                raw_offset: Some(offset),
                detail: Some(detail),
                ..Fault::default()
            };
            let text = match self.encoding.decode(line) {
                Ok(text) => text,
                Err(detail) => return sink.fault(fault(reason::EXTRACT_NOT_UTF8, detail)),
            };
            let value = match json::parse(&text, depth_max) {
                Ok(value) => value,
                Err(detail) => return sink.fault(fault(reason::EXTRACT_MALFORMED_JSON, detail)),
            };
            let node = JsonRecord::whole(&value);
            match self
                .fields
                .document(&node, Key::Raw, uri, Digest::of(line), depth_max)
            {
                Ok(mut document) => {
                    document.sequence = sequence;
                    sink.document(document)
                }
                Err(fault) => sink.fault(Fault {
                    raw_offset: Some(offset),
                    ..*fault
                }),
            }
        })
    }

    fn wants(&self, uri: &str) -> bool {
        has_extension(uri, EXTENSIONS)
    }
}

#[cfg(test)]
mod tests {
    use moisson_core::Limits;
    use serde_json::{Value, json};

    use crate::testing::{Collected, read_bytes};

    fn read(options: &Value, bytes: &[u8]) -> Collected {
        let limits = Limits {
            record_bytes_max: 60,
            depth_max: 20,
            ..Limits::default()
        };
        read_bytes("jsonl", options, "f.jsonl", bytes, &limits)
    }

    #[test]
    fn bad_lines_are_counted_and_good_ones_kept() {
        let long = format!("{{\"text\":\"{}\"}}", "x".repeat(80));
        let deep = format!("{{\"text\":{}1{}}}", "[".repeat(21), "]".repeat(21));
        let lines: [&[u8]; 9] = [
            b"{\"text\":\"a\"}",
            b"not json",
            b"",
            b"{\"text\":\"\xE9\"}",
            long.as_bytes(),
            b"{\"txt\":\"a\"}",
            deep.as_bytes(),
            b"{\"text\":\"cut",
            b"{\"text\":\"z\"}",
        ];
        let sink = read(&json!({}), &lines.join(&b'\n'));
        let texts: Vec<&str> = sink.documents.iter().map(|d| d.text.as_str()).collect();
        assert_eq!(texts, ["a", "z"]);
        assert_eq!(sink.records, 8);
        assert_eq!(
            sink.fault_lines(),
            [
                "extract/malformed-json f.jsonl",
                "extract/not-utf8 f.jsonl",
                "extract/too-large f.jsonl",
                "extract/missing-field f.jsonl",
                "extract/malformed-json f.jsonl",
                "extract/malformed-json f.jsonl",
            ]
        );
        let offsets: Vec<_> = sink.faults.iter().map(|f| f.raw_offset.unwrap()).collect();
        assert_eq!(offsets, [13, 23, 36, 128, 140, 193]);
        let too_large = &sink.faults[2];
        assert_eq!(too_large.observed.as_deref(), Some("92"));
        assert_eq!(too_large.threshold.as_deref(), Some("60"));
    }

    #[test]
    fn keys_and_encodings() {
        let sink = read(&json!({"id": "i"}), b"{\"i\":5,\"text\":\"a\"}\r\n");
        assert_eq!(sink.texts(), [("5".to_owned(), "a")]);
        let sink = read(&json!({}), b"{\"text\":\"a\"}");
        assert!(sink.texts()[0].0.starts_with("b3-"));
        let sink = read(
            &json!({"encoding": "detect"}),
            b"{\"text\":\"l\x92\xE9t\xE9\"}",
        );
        assert_eq!(sink.documents[0].text, "l’été");
        let sink = read(&json!({}), "\u{FEFF}{\"text\":\"été\"}".as_bytes());
        assert_eq!(sink.documents[0].text, "été");
        let utf16: Vec<u8> = "\u{FEFF}{\"text\":\"été\"}\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(read(&json!({}), &utf16).documents[0].text, "été");
    }

    #[test]
    fn what_is_committed_is_not_parsed_again() {
        let limits = Limits::default();
        let reader = crate::readers::build("jsonl", &json!({})).unwrap();
        let mut sink = Collected {
            committed: 1,
            ..Collected::default()
        };
        let mut bytes: &[u8] = b"bad\n{\"text\":\"b\"}\n";
        let member = crate::Member {
            uri: "f",
            bytes: &mut bytes,
            modified: None,
            sequence: 7,
            limits: &limits,
        };
        reader.read(member, &mut sink).unwrap();
        assert_eq!(
            (sink.records, sink.documents.len(), sink.faults.len()),
            (2, 1, 0)
        );
        assert_eq!(sink.documents[0].sequence, 7);
    }

    #[test]
    fn an_empty_file_is_one_counted_record() {
        for bytes in [b"".as_slice(), b"\n \n"] {
            let sink = read(&json!({}), bytes);
            assert_eq!(sink.fault_lines(), ["extract/empty f.jsonl"]);
            assert_eq!(sink.records, 1);
        }
    }
}
