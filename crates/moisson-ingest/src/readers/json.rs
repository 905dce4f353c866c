//! The `json` reader: records chosen by `JSONPath` out of the tree of a file.

use moisson_core::{Digest, Fault, Key, Result, Sink, reason};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json_path::{JsonPath, PathElement};

use super::{About, Member, Reader, ReaderEntry, has_extension, options};
use crate::encoding::Expected;
use crate::fields::selector::{Dialect, JsonRecord, Selector};
use crate::fields::{FieldOptions, Fields, canonical_digest};
use crate::record;

/// The entry of this reader.
pub const ENTRY: ReaderEntry = ReaderEntry {
    name: "json",
    version: 2,
    doc: "records chosen by JSONPath out of the tree of a JSON file",
    about: About {
        source: "RFC 8259, RFC 9535 (JSONPath)",
        document: "each node that the option `records` chooses; its key is the option `id`",
        text: "the option `text`: a key, a JSONPath, a template, or a whole `tree`",
        fields: &[(
            "title, url, date, …",
            "the options of the same names; `$` is the record, `$$` the file, `^` what is around it",
        )],
        defects: &[("nesting beyond 127", "`extract/malformed-json`")],
    },
    extensions: EXTENSIONS,
    build,
    options_schema: options::schema::<JsonOptions>,
};

const EXTENSIONS: &[&str] = &["json"];

/// Options of the `json` reader.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct JsonOptions {
    /// `JSONPath` of the records; default `$`, the whole file.
    pub records: Option<String>,
    /// Encoding: `strict-utf-8` (default), `detect`, or a label.
    pub encoding: Option<String>,
    /// Fields of each record: `$…` from the record, `$$…` from the root, `^…` from the object around.
    #[serde(flatten)]
    pub fields: FieldOptions,
}

struct Json {
    records: Option<JsonPath>,
    fields: Fields,
    encoding: Expected,
}

fn build(given: &Value) -> Result<Box<dyn Reader>> {
    let options: JsonOptions = options::parse(ENTRY.name, given)?;
    let records = match options.records.as_deref() {
        None | Some("$") => None,
        Some(path) => match Selector::parse(path, Dialect::Json)? {
            Selector::Path(path) => Some(path),
            _ => {
                return Err(moisson_core::Error::config(format!(
                    "reader `json`: `records` is a JSONPath and begins with `$`, not `{path}`"
                )));
            }
        },
    };
    Ok(Box::new(Json {
        records,
        fields: Fields::new(&options.fields, Dialect::Json)?,
        encoding: Expected::parse(options.encoding.as_deref(), Expected::StrictUtf8)?,
    }))
}

impl Reader for Json {
    fn read(&self, mut member: Member<'_>, sink: &mut dyn Sink) -> Result<()> {
        let Some(raw) = record::whole(&mut member, sink)? else {
            return Ok(());
        };
        let (uri, depth_max) = (member.uri, member.limits.depth_max);
        let fault = |reason, detail| Fault::new(reason, uri, detail);
        let root = match self.encoding.decode(&raw.bytes) {
            Ok(text) => match parse(&text, depth_max) {
                Ok(root) => root,
                Err(detail) => return sink.fault(fault(reason::EXTRACT_MALFORMED_JSON, detail)),
            },
            Err(detail) => return sink.fault(fault(reason::EXTRACT_NOT_UTF8, detail)),
        };
        let digest = raw.digest;
        drop(raw.bytes);
        let Some(records) = &self.records else {
            let key = Key::Path(uri.to_owned());
            return self.record(&JsonRecord::whole(&root), key, digest, &member, sink);
        };
        let located = records.query_located(&root);
        if located.is_empty() {
            return sink.fault(Fault::new(
                reason::EXTRACT_EMPTY,
                uri,
                "no record is where `records` looks for them",
            ));
        }
        for located in located.iter() {
            let around = around(&root, located.location().iter());
            let node = JsonRecord {
                node: located.node(),
                root: &root,
                around,
            };
            // Without an id a record is named by its own digest, since many share the file's.
            let digest = if self.fields.named.has_id() {
                digest
            } else {
                canonical_digest(node.node)
            };
            self.record(&node, Key::Raw, digest, &member, sink)?;
        }
        Ok(())
    }

    fn wants(&self, uri: &str) -> bool {
        has_extension(uri, EXTENSIONS)
    }
}

impl Json {
    fn record(
        &self,
        node: &JsonRecord<'_>,
        key: Key,
        digest: Digest,
        member: &Member<'_>,
        sink: &mut dyn Sink,
    ) -> Result<()> {
        match self
            .fields
            .document(node, key, member.uri, digest, member.limits.depth_max)
        {
            Ok(mut document) => {
                document.sequence = member.sequence;
                sink.document(document)
            }
            Err(fault) => sink.fault(*fault),
        }
    }
}

/// Returns the objects on the way to a node, the nearest first, without the node.
fn around<'a, 'p>(
    root: &'a Value,
    way: impl Iterator<Item = &'p PathElement<'p>>,
) -> Vec<&'a Value> {
    let mut objects = Vec::new();
    let mut node = root;
    for step in way {
        if node.is_object() {
            objects.push(node);
        }
        let next = match step {
            PathElement::Name(name) => node.get(*name),
            PathElement::Index(index) => node.get(*index),
        };
        match next {
            Some(next) => node = next,
            None => break,
        }
    }
    objects.reverse();
    objects
}

/// Nesting up to which `serde_json` itself reads.
const PARSER_DEPTH_MAX: u32 = 127;

/// Parses JSON of bounded nesting. `Err` says what is wrong and where.
pub(super) fn parse(text: &str, depth_max: u32) -> Result<Value, String> {
    if depth_max < PARSER_DEPTH_MAX && depth(text.as_bytes()) > depth_max {
        return Err(format!("nested deeper than {depth_max}"));
    }
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// Deepest nesting of brackets outside strings.
fn depth(bytes: &[u8]) -> u32 {
    let (mut depth, mut deepest, mut at) = (0_u32, 0, 0);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b'"' => {
                at += 1;
                loop {
                    let rest = bytes.get(at..).unwrap_or_default();
                    at += memchr::memchr2(b'"', b'\\', rest).unwrap_or(rest.len());
                    if bytes.get(at) != Some(&b'\\') {
                        break;
                    }
                    at += 2;
                }
            }
            _ => {}
        }
        at += 1;
    }
    deepest
}

#[cfg(test)]
mod tests {
    use moisson_core::{Key, Limits};
    use serde_json::{Value, json};

    use super::{depth, parse};
    use crate::testing::{Collected, read_bytes};

    fn read(options: &Value, file: &Value) -> Collected {
        read_bytes(
            "json",
            options,
            "d/f.json",
            file.to_string().as_bytes(),
            &Limits::default(),
        )
    }

    #[test]
    fn a_whole_file_is_one_record_named_by_its_path() {
        let sink = read(&json!({"text": "$.a.b"}), &json!({"a": {"b": "x"}}));
        assert_eq!(sink.documents[0].key, Key::Path("d/f.json".to_owned()));
        assert_eq!(sink.texts(), [("d/f.json".to_owned(), "x")]);
    }

    #[test]
    fn records_are_chosen_out_of_a_tree() {
        let file = json!({"data": {"title": "Convention"}, "children": [
            {"type": "section", "data": {"title": "Titre Ier"}, "children": [
                {"type": "article", "data": {"id": "A1", "content": "<p>un</p>"}},
                {"type": "article", "data": {"content": "<p>sans nom</p>"}},
                {"type": "article", "data": {"id": "A2", "content": "<p>deux</p><p>trois</p>"}},
            ]},
        ]});
        let options = json!({
            "records": "$..children[?@.type=='article']", "id": "$.data.id",
            "text": "$.data.content", "text_format": "html",
            "title": "{$$.data.title}, {$.data.id}", "metadata": {"section": "^.data.title"},
        });
        let sink = read(&options, &file);
        assert_eq!(sink.records, 1);
        assert_eq!(
            sink.texts(),
            [("A1".to_owned(), "un"), ("A2".to_owned(), "deux\n\ntrois")]
        );
        assert_eq!(sink.documents[1].title.as_deref(), Some("Convention, A2"));
        assert_eq!(sink.documents[1].metadata["section"], "Titre Ier");
        assert_eq!(sink.fault_lines(), ["extract/missing-field d/f.json"]);
    }

    #[test]
    fn records_without_id_are_named_by_their_own_digest() {
        let options = json!({"records": "$[*]"});
        let file = json!([{"text": "a"}, {"text": "b"}, {"text": "a"}]);
        let sink = read(&options, &file);
        let keys: Vec<String> = sink
            .documents
            .iter()
            .map(moisson_core::Document::key_text)
            .collect();
        assert_eq!(keys[0], keys[2]);
        assert_ne!(keys[0], keys[1]);
        let other = read(&options, &json!([{"text": "b"}]));
        assert_eq!(other.documents[0].key_text(), keys[1]);
    }

    #[test]
    fn bad_files_as_a_table() {
        let check = |bytes: &[u8], limits: &Limits, fault: &str| {
            let sink = read_bytes("json", &json!({}), "f", bytes, limits);
            assert_eq!(sink.fault_lines(), [format!("{fault} f")]);
            assert_eq!((sink.records, sink.documents.len()), (1, 0));
        };
        let limits = Limits::default();
        check(b"", &limits, "extract/empty");
        check(b"{", &limits, "extract/malformed-json");
        check(b"{} {}", &limits, "extract/malformed-json");
        check(b"{\"text\":\"\xE9\"}", &limits, "extract/not-utf8");
        check(&[b'['; 10_000], &limits, "extract/malformed-json");
        check(
            b"{\"a\":1}",
            &Limits {
                record_bytes_max: 3,
                ..limits
            },
            "extract/too-large",
        );
        check(
            b"{\"a\":[[]]}",
            &Limits {
                depth_max: 2,
                ..limits
            },
            "extract/malformed-json",
        );
    }

    #[test]
    fn records_must_be_a_path() {
        let error = crate::readers::build("json", &json!({"records": "items"}))
            .err()
            .unwrap();
        assert!(error.to_string().contains("`items`"), "{error}");
    }

    #[test]
    fn depth_is_counted_outside_strings() {
        assert_eq!(depth(br#"{"[[[\"[": [1, {"a": "\\"}]}"#), 3);
        assert_eq!(depth(br#""[[[["#), 0);
        assert!(parse("[[1]]", 2).is_ok());
        assert!(parse("[[1]]", 1).is_err());
    }
}
