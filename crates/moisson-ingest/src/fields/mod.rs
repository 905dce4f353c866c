//! Fields: which place of a record becomes which column of a document. Shared by the readers of records.

pub mod selector;
pub mod tree;

use std::borrow::Cow;
use std::collections::BTreeMap;

use moisson_core::{Date, Digest, Document, Fault, Key, Result, reason};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::html::fragment_to_text;
use crate::markdown;
use selector::{Dialect, Found, Paths, Record, Selector};
use tree::Tree;

/// Names of the fields of a record other than its text. Of several selectors the first that finds something counts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Names {
    /// Identifier inside the source; without it the place or digest of the record is its name.
    pub id: Option<Paths>,
    /// Title.
    pub title: Option<Paths>,
    /// Public address.
    pub url: Option<Paths>,
    /// Date of publication.
    pub date: Option<Paths>,
    /// Date of last update.
    pub modified: Option<Paths>,
    /// Kind of text.
    pub genre: Option<Paths>,
    /// Declared language.
    pub language: Option<Paths>,
    /// Declared licence.
    pub licence: Option<Paths>,
    /// Producing body.
    pub producer: Option<Paths>,
    /// The work this is a version of.
    pub version_of: Option<Paths>,
    /// First day of the version.
    pub version_from: Option<Paths>,
    /// First day the version no longer holds.
    pub version_to: Option<Paths>,
    /// State of the version, e.g. `VIGUEUR`.
    pub version_state: Option<Paths>,
    /// Further values to keep, by name.
    pub metadata: BTreeMap<String, Paths>,
}

/// What a text field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TextFormat {
    /// Text as it stands.
    #[default]
    Plain,
    /// HTML; markup is dropped.
    Html,
    /// Markdown; markup is dropped.
    Markdown,
}

/// Fields of a record, text and all.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct FieldOptions {
    /// Where the text is; several matches become paragraphs. Default `text`.
    pub text: Option<Paths>,
    /// What the text is: `plain`, `html` or `markdown`.
    pub text_format: TextFormat,
    /// How to read a text that is a tree of nodes.
    pub tree: Option<Tree>,
    /// The other fields.
    #[serde(flatten)]
    pub names: Names,
}

/// A field and the selectors to try for it.
#[derive(Debug)]
struct Field {
    name: &'static str,
    written: Vec<String>,
    selectors: Vec<Selector>,
}

/// The fields other than text, ready for use.
#[derive(Debug)]
pub struct NamedFields {
    fields: Vec<Field>,
    metadata: Vec<(String, Vec<Selector>)>,
}

impl NamedFields {
    /// Reads the selectors.
    ///
    /// # Errors
    /// [`moisson_core::Error::Config`] naming a selector that cannot be read.
    pub fn new(names: &Names, dialect: Dialect) -> Result<Self> {
        let named = [
            ("id", &names.id),
            ("title", &names.title),
            ("url", &names.url),
            ("date", &names.date),
            ("modified", &names.modified),
            ("genre", &names.genre),
            ("language", &names.language),
            ("licence", &names.licence),
            ("producer", &names.producer),
            ("version_of", &names.version_of),
            ("version_from", &names.version_from),
            ("version_to", &names.version_to),
            ("version_state", &names.version_state),
        ];
        let mut fields = Vec::new();
        for (name, paths) in named {
            if let Some(paths) = paths {
                let selectors = selectors(paths, dialect)?;
                fields.push(Field {
                    name,
                    written: paths.as_slice().to_vec(),
                    selectors,
                });
            }
        }
        let mut metadata = Vec::new();
        for (name, paths) in &names.metadata {
            metadata.push((name.clone(), selectors(paths, dialect)?));
        }
        Ok(Self { fields, metadata })
    }

    /// True if records are named by a field.
    pub fn has_id(&self) -> bool {
        self.fields.iter().any(|field| field.name == "id")
    }

    /// Calls `see` with each key or column that is read.
    pub fn keys<'s>(&'s self, see: &mut dyn FnMut(&'s str)) {
        let fields = self.fields.iter().flat_map(|field| &field.selectors);
        let metadata = self.metadata.iter().flat_map(|(_, selectors)| selectors);
        for selector in fields.chain(metadata) {
            selector.keys(see);
        }
    }

    /// Fills the named columns of a document from a record.
    ///
    /// # Errors
    /// The fault `extract/missing-field` if `id` is named and absent or blank.
    pub fn fill(&self, record: &dyn Record, document: &mut Document) -> Result<(), Box<Fault>> {
        for field in &self.fields {
            let value = field
                .selectors
                .iter()
                .find_map(|selector| selector.first_text(record));
            let Some(value) = value else {
                if field.name == "id" {
                    return Err(missing("id", &field.written, &document.raw_uri));
                }
                continue;
            };
            match field.name {
                "id" => document.key = Key::Declared(value),
                "title" => document.title = Some(value),
                "url" => document.url = Some(value),
                "date" => document.published_on = date(&value),
                "modified" => document.modified_on = date(&value),
                "genre" => document.genre = Some(value),
                "language" => document.language_declared = Some(value),
                "licence" => document.licence_declared = Some(value),
                "producer" => document.producer = Some(value),
                "version_of" => document.version_of = Some(value),
                "version_from" => document.version_from = date(&value),
                "version_to" => document.version_to = date(&value),
                _ => document.version_state = Some(value),
            }
        }
        let mut found = Vec::new();
        for (name, selectors) in &self.metadata {
            found.clear();
            for selector in selectors {
                selector.find(record, &mut found);
            }
            let value = match found.as_slice() {
                [] => continue,
                [one] => one.to_json(),
                several => several.iter().map(Found::to_json).collect(),
            };
            document.metadata.insert(name.clone(), value);
        }
        Ok(())
    }
}

fn selectors(paths: &Paths, dialect: Dialect) -> Result<Vec<Selector>> {
    paths
        .as_slice()
        .iter()
        .map(|path| Selector::parse(path, dialect))
        .collect()
}

fn missing(field: &str, written: &[String], uri: &str) -> Box<Fault> {
    Box::new(Fault::new(
        reason::EXTRACT_MISSING_FIELD,
        uri,
        format!("no `{}` for `{field}`", written.join("`, `")),
    ))
}

/// Reads a date: as [`Date::parse`], after a word such as `modified`, or as milliseconds since 1970 (UTC).
pub fn date(text: &str) -> Option<Date> {
    const MILLISECONDS_A_DAY: i64 = 86_400_000;
    let is_number = text.len() > 8
        && text
            .strip_prefix('-')
            .unwrap_or(text)
            .bytes()
            .all(|b| b.is_ascii_digit());
    let is_timestamp = is_number && matches!(text.len(), 14 | 17); // YYYYMMDDhhmmss, with milliseconds
    if is_number && !(is_timestamp && Date::parse(text).is_some()) {
        let days = text.parse::<i64>().ok()?.div_euclid(MILLISECONDS_A_DAY);
        return i32::try_from(days).ok().map(Date);
    }
    Date::parse(text).or_else(|| text.split_whitespace().skip(1).find_map(Date::parse))
}

/// All fields of a record, ready for use.
#[derive(Debug)]
pub struct Fields {
    text: Field,
    format: TextFormat,
    tree: Option<Tree>,
    /// The fields other than text.
    pub named: NamedFields,
}

impl Fields {
    /// Reads the selectors.
    ///
    /// # Errors
    /// [`moisson_core::Error::Config`] naming a selector that cannot be read.
    pub fn new(options: &FieldOptions, dialect: Dialect) -> Result<Self> {
        let paths = options
            .text
            .clone()
            .unwrap_or_else(|| Paths::One("text".to_owned()));
        let selectors = selectors(&paths, dialect)?;
        Ok(Self {
            text: Field {
                name: "text",
                written: paths.as_slice().to_vec(),
                selectors,
            },
            format: options.text_format,
            tree: options.tree.clone(),
            named: NamedFields::new(&options.names, dialect)?,
        })
    }

    /// Returns the keys or columns that are read, in alphabetical order.
    pub fn columns(&self) -> Vec<String> {
        let mut columns = std::collections::BTreeSet::new();
        let mut see = |name: &str| {
            columns.insert(name.to_owned());
        };
        self.text
            .selectors
            .iter()
            .for_each(|selector| selector.keys(&mut see));
        self.named.keys(&mut |name| {
            columns.insert(name.to_owned());
        });
        columns.into_iter().collect()
    }

    /// Makes a document of a record. `key` names it where no field does.
    ///
    /// # Errors
    /// The fault `extract/missing-field` if there is no text or no id where one is named; `extract/malformed-html` if
    /// a text nests too deep.
    pub fn document(
        &self,
        record: &dyn Record,
        key: Key,
        uri: &str,
        digest: Digest,
        depth_max: u32,
    ) -> Result<Document, Box<Fault>> {
        let mut found = Vec::new();
        for selector in &self.text.selectors {
            selector.find(record, &mut found);
        }
        let mut pieces = Vec::new();
        for found in &found {
            self.pieces(found, &mut pieces);
        }
        if pieces.is_empty() {
            return Err(missing("text", &self.text.written, uri));
        }
        let text = join(&pieces, self.format, depth_max).ok_or_else(|| {
            Box::new(Fault {
                reason: reason::EXTRACT_MALFORMED_HTML,
                raw_uri: uri.to_owned(),
                threshold: Some(depth_max.to_string()),
                detail: Some("the markup of the text nests too deep".to_owned()),
                ..Fault::default()
            })
        })?;
        let mut document = Document::new(key, text, uri.to_owned(), digest);
        self.named.fill(record, &mut document)?;
        Ok(document)
    }

    /// Appends the texts of a match; a null or an empty tree is none.
    fn pieces<'a>(&self, found: &'a Found<'_>, pieces: &mut Vec<Cow<'a, str>>) {
        let value = match found {
            Found::Text(text) => return pieces.push(Cow::Borrowed(text)),
            Found::Value(value) => value,
            Found::Owned(value) => value,
        };
        match (value, &self.tree) {
            (Value::String(text), _) => pieces.push(Cow::Borrowed(text)),
            (Value::Array(_) | Value::Object(_), Some(tree)) => {
                pieces.extend(tree.text(value).map(Cow::Owned));
            }
            (Value::Array(items), None) => {
                pieces.extend(items.iter().filter_map(Value::as_str).map(Cow::Borrowed));
            }
            (Value::Number(number), _) => pieces.push(Cow::Owned(number.to_string())),
            (Value::Null | Value::Bool(_) | Value::Object(_), _) => {}
        }
    }
}

/// Joins texts as paragraphs, blank ones left out. `None` if markup nests too deep.
fn join(pieces: &[Cow<'_, str>], format: TextFormat, depth_max: u32) -> Option<String> {
    let mut joined = String::new();
    for piece in pieces {
        let piece = match format {
            TextFormat::Plain => Cow::Borrowed(piece.as_ref()),
            TextFormat::Html => Cow::Owned(fragment_to_text(piece, depth_max)?),
            TextFormat::Markdown => Cow::Owned(markdown::to_text(piece, depth_max)?),
        };
        let piece = piece.trim();
        if !piece.is_empty() {
            if !joined.is_empty() {
                joined.push_str("\n\n");
            }
            joined.push_str(piece);
        }
    }
    Some(joined)
}

/// Digests a JSON value in a form that does not depend on the order of its keys.
pub fn canonical_digest(value: &Value) -> Digest {
    fn write(value: &Value, bytes: &mut Vec<u8>) {
        match value {
            Value::Object(map) => {
                bytes.push(b'{');
                let mut entries: Vec<_> = map.iter().collect();
                entries.sort_unstable_by_key(|(key, _)| *key);
                for (key, value) in entries {
                    write_text(key, bytes);
                    write(value, bytes);
                }
                bytes.push(b'}');
            }
            Value::Array(items) => {
                bytes.push(b'[');
                for item in items {
                    write(item, bytes);
                }
                bytes.push(b']');
            }
            Value::String(text) => write_text(text, bytes),
            other => write_text(&format!("\0{other}"), bytes),
        }
    }
    fn write_text(text: &str, bytes: &mut Vec<u8>) {
        bytes.extend((text.len() as u64).to_le_bytes());
        bytes.extend(text.as_bytes());
    }
    let mut bytes = Vec::new();
    write(value, &mut bytes);
    Digest::of(&bytes)
}

#[cfg(test)]
mod tests {
    use moisson_core::{Digest, Key};
    use serde_json::{Value, json};

    use super::selector::{Dialect, JsonRecord};
    use super::{FieldOptions, Fields, canonical_digest, date};

    fn fields(options: Value) -> Fields {
        let options: FieldOptions = serde_json::from_value(options).unwrap();
        Fields::new(&options, Dialect::Json).unwrap()
    }

    #[test]
    fn texts_as_a_table() {
        let check = |options: Value, record: Value, expected: Result<&str, &str>| {
            let document = fields(options).document(
                &JsonRecord::whole(&record),
                Key::Raw,
                "f",
                Digest::of(b""),
                64,
            );
            let got = document
                .as_ref()
                .map(|d| d.text.as_str())
                .map_err(|fault| fault.reason);
            assert_eq!(got, expected, "{record}");
        };
        check(json!({}), json!({"text": "a"}), Ok("a"));
        check(json!({}), json!({"text": ""}), Ok(""));
        check(
            json!({}),
            json!({"text": null}),
            Err("extract/missing-field"),
        );
        check(json!({}), json!({"txt": "a"}), Err("extract/missing-field"));
        check(json!({}), json!([1]), Err("extract/missing-field"));
        check(
            json!({"text": ["a", "b"]}),
            json!({"b": "2", "a": "1"}),
            Ok("1\n\n2"),
        );
        check(json!({"text": ["a", "b"]}), json!({"b": "2"}), Ok("2"));
        check(
            json!({"text": "$.p[*].t"}),
            json!({"p": [{"t": "1"}, {"t": " "}, {"t": "3"}]}),
            Ok("1\n\n3"),
        );
        check(json!({"text": "p"}), json!({"p": ["1", "2"]}), Ok("1\n\n2"));
        check(
            json!({"text": "{a} : {b}"}),
            json!({"a": "x", "b": 2}),
            Ok("x : 2"),
        );
        check(
            json!({"text_format": "html"}),
            json!({"text": "<p>a &amp; b</p>"}),
            Ok("a & b"),
        );
        check(
            json!({"text_format": "markdown"}),
            json!({"text": "**a** [b](c)"}),
            Ok("a b"),
        );
        let deep = "<div>".repeat(500);
        check(
            json!({"text_format": "html"}),
            json!({"text": deep}),
            Err("extract/malformed-html"),
        );
        check(
            json!({"id": "i"}),
            json!({"text": "a"}),
            Err("extract/missing-field"),
        );
        check(
            json!({"id": "i"}),
            json!({"text": "a", "i": " "}),
            Err("extract/missing-field"),
        );
    }

    #[test]
    fn named_fields_are_filled() {
        let options = json!({
            "id": "{n}@{v}", "title": ["long", "short"], "date": "d", "modified": "m",
            "version_of": "n", "version_from": "v",
            "metadata": {"one": "n", "several": "$.l[*]", "none": "x"},
        });
        let record = json!({
            "text": "a", "n": 7, "v": "2020-01-02", "short": "T", "d": "02/01/2020",
            "m": 1_451_606_400_000_i64, "l": [1, {"a": 2}],
        });
        let document = fields(options)
            .document(
                &JsonRecord::whole(&record),
                Key::Raw,
                "f",
                Digest::of(b""),
                64,
            )
            .unwrap();
        let day = |date: Option<moisson_core::Date>| date.unwrap().to_string();
        assert_eq!(document.key, Key::Declared("7@2020-01-02".to_owned()));
        assert_eq!(document.title.as_deref(), Some("T"));
        assert_eq!(day(document.published_on), "2020-01-02");
        assert_eq!(day(document.modified_on), "2016-01-01");
        assert_eq!(document.version_of.as_deref(), Some("7"));
        assert_eq!(day(document.version_from), "2020-01-02");
        assert_eq!(
            Value::Object(document.metadata),
            json!({"one": 7, "several": [1, {"a": 2}]})
        );
    }

    #[test]
    fn dates_as_a_table() {
        for (text, expected) in [
            ("2020-06-23", Some("2020-06-23")),
            ("modified 2020-06-23", Some("2020-06-23")),
            ("1451606400000", Some("2016-01-01")),
            ("32472144000000", Some("2999-01-01")),
            ("-86400000", Some("1969-12-31")),
            ("20130118", Some("2013-01-18")),
            ("20241106140000", Some("2024-11-06")),
            ("2020", Some("2020-01-01")),
            ("jamais", None),
        ] {
            assert_eq!(
                date(text).map(|d| d.to_string()).as_deref(),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn the_digest_of_a_value_ignores_key_order_only() {
        let digest = |text: &str| canonical_digest(&serde_json::from_str(text).unwrap());
        assert_eq!(digest(r#"{"a":1,"b":[2]}"#), digest(r#"{"b":[2],"a":1}"#));
        let different = [
            r#"{"a":"1"}"#,
            r#"{"a":1}"#,
            r#"["a",1]"#,
            r#"["a1"]"#,
            "[]",
            "null",
        ];
        let digests: std::collections::BTreeSet<_> = different.iter().map(|t| digest(t)).collect();
        assert_eq!(digests.len(), different.len());
    }
}
