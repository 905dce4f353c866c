//! Selectors: how an option names a place in a record.
//!
//! A plain word is a key or column. In JSON, `$…` is a `JSONPath` (RFC 9535) from the record, `$$…` one from the root
//! of the file, and each `^` climbs to the object around (`^.title`, `^^.id`). Text with `{…}` is a template whose
//! placeholders are selectors.

use std::borrow::Cow;

use moisson_core::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json_path::JsonPath;

/// One selector or several, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Paths {
    /// One selector.
    One(String),
    /// Several, in order.
    Many(Vec<String>),
}

impl Paths {
    /// The selectors as written.
    pub fn as_slice(&self) -> &[String] {
        match self {
            Self::One(path) => std::slice::from_ref(path),
            Self::Many(paths) => paths,
        }
    }
}

/// Which selectors a reader understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Keys, `JSONPath` and templates.
    Json,
    /// Column names and templates of them.
    Columns,
}

/// A selector, ready for use.
#[derive(Debug, Clone)]
pub enum Selector {
    /// A key of the record, or a column.
    Key(String),
    /// A path from the record.
    Path(JsonPath),
    /// A path from the root of the file.
    Root(JsonPath),
    /// A path from the object so many objects above the record.
    Up(usize, JsonPath),
    /// Text with placeholders.
    Template(Vec<Piece>),
}

/// A piece of a template.
#[derive(Debug, Clone)]
pub enum Piece {
    /// Text as it stands.
    Literal(String),
    /// The first value that a selector finds.
    Value(Selector),
}

/// Something a selector found.
#[derive(Debug, Clone)]
pub enum Found<'a> {
    /// A text.
    Text(Cow<'a, str>),
    /// A JSON value.
    Value(&'a Value),
    /// A JSON value made for the occasion: a number or date of a column.
    Owned(Value),
}

/// A record that selectors can look into. Only the simple selectors reach it.
pub trait Record {
    /// Appends what a selector other than a template finds.
    fn find<'a>(&'a self, selector: &Selector, found: &mut Vec<Found<'a>>);
}

impl Selector {
    /// Reads a selector.
    ///
    /// # Errors
    /// [`Error::Config`] naming a path or template that cannot be read.
    pub fn parse(text: &str, dialect: Dialect) -> Result<Self> {
        let path = |path: &str| {
            JsonPath::parse(path)
                .map_err(|error| Error::config(format!("path `{text}` is no JSONPath: {error}")))
        };
        if dialect == Dialect::Json {
            if let Some(rest) = text.strip_prefix("$$") {
                return Ok(Self::Root(path(&format!("${rest}"))?));
            }
            if text.starts_with('$') {
                return Ok(Self::Path(path(text)?));
            }
            let rest = text.trim_start_matches('^');
            if rest.len() < text.len() {
                return Ok(Self::Up(
                    text.len() - rest.len(),
                    path(&format!("${rest}"))?,
                ));
            }
        }
        if text.contains('{') {
            return Self::template(text, dialect);
        }
        Ok(Self::Key(text.to_owned()))
    }

    fn template(text: &str, dialect: Dialect) -> Result<Self> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((literal, after)) = rest.split_once('{') {
            let (placeholder, after) = after.split_once('}').ok_or_else(|| {
                Error::config(format!("template `{text}`: a `{{` is not closed by `}}`"))
            })?;
            if !literal.is_empty() {
                pieces.push(Piece::Literal(literal.to_owned()));
            }
            pieces.push(Piece::Value(Self::parse(placeholder.trim(), dialect)?));
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Literal(rest.to_owned()));
        }
        Ok(Self::Template(pieces))
    }

    /// Appends all that the selector finds in a record.
    pub fn find<'a>(&self, record: &'a dyn Record, found: &mut Vec<Found<'a>>) {
        match self {
            Self::Template(pieces) => {
                found.extend(fill(pieces, record).map(|text| Found::Text(Cow::Owned(text))));
            }
            simple => record.find(simple, found),
        }
    }

    /// Returns the first value found, as text; `None` if there is none or it is blank.
    pub fn first_text(&self, record: &dyn Record) -> Option<String> {
        let mut found = Vec::new();
        self.find(record, &mut found);
        found.iter().find_map(Found::scalar).map(Cow::into_owned)
    }

    /// Calls `see` with the names of the keys or columns the selector needs.
    pub fn keys<'s>(&'s self, see: &mut dyn FnMut(&'s str)) {
        match self {
            Self::Key(name) => see(name),
            Self::Template(pieces) => {
                for piece in pieces {
                    if let Piece::Value(selector) = piece {
                        selector.keys(see);
                    }
                }
            }
            Self::Path(_) | Self::Root(_) | Self::Up(..) => {}
        }
    }
}

/// Fills a template; `None` if one of its values is missing.
fn fill(pieces: &[Piece], record: &dyn Record) -> Option<String> {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Literal(literal) => text.push_str(literal),
            Piece::Value(selector) => text.push_str(&selector.first_text(record)?),
        }
    }
    Some(text)
}

impl Found<'_> {
    /// Returns a text, number or truth value as trimmed text; `None` for anything else and for a blank.
    ///
    /// Of an array the first such element counts.
    pub fn scalar(&self) -> Option<Cow<'_, str>> {
        let value = match self {
            Found::Text(text) => return Some(Cow::Borrowed(text.trim())).filter(|t| !t.is_empty()),
            Found::Value(value) => value,
            Found::Owned(value) => value,
        };
        scalar(value)
    }

    /// Returns the value as JSON.
    pub fn to_json(&self) -> Value {
        match self {
            Found::Text(text) => Value::String(text.to_string()),
            Found::Value(value) => (*value).clone(),
            Found::Owned(value) => value.clone(),
        }
    }
}

fn scalar(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text.trim())).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Bool(truth) => Some(Cow::Borrowed(if *truth { "true" } else { "false" })),
        Value::Array(items) => items.iter().find_map(scalar),
        Value::Null | Value::Object(_) => None,
    }
}

/// A node of a JSON tree, with the way to it.
#[derive(Debug)]
pub struct JsonRecord<'a> {
    /// The record.
    pub node: &'a Value,
    /// The root of its file.
    pub root: &'a Value,
    /// The objects around it, the nearest first.
    pub around: Vec<&'a Value>,
}

impl<'t> JsonRecord<'t> {
    /// A record that is the whole of its file or line.
    pub fn whole(root: &'t Value) -> Self {
        Self {
            node: root,
            root,
            around: Vec::new(),
        }
    }
}

impl Record for JsonRecord<'_> {
    fn find<'a>(&'a self, selector: &Selector, found: &mut Vec<Found<'a>>) {
        let mut query = |path: &JsonPath, from: &'a Value| {
            found.extend(path.query(from).all().into_iter().map(Found::Value));
        };
        match selector {
            Selector::Key(key) => found.extend(self.node.get(key).map(Found::Value)),
            Selector::Path(path) => query(path, self.node),
            Selector::Root(path) => query(path, self.root),
            Selector::Up(levels, path) => {
                if let Some(from) = self.around.get(levels - 1) {
                    query(path, from);
                }
            }
            Selector::Template(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Dialect, JsonRecord, Selector};

    #[test]
    fn selectors_as_a_table() {
        let root = json!({"t": "Root", "a": {"n": 7, "list": [{"id": "x", "m": null}]}});
        let node = &root["a"]["list"][0];
        let record = JsonRecord {
            node,
            root: &root,
            around: vec![&root["a"], &root],
        };
        let check = |selector: &str, expected: Option<&str>| {
            let parsed = Selector::parse(selector, Dialect::Json).unwrap();
            assert_eq!(
                parsed.first_text(&record).as_deref(),
                expected,
                "{selector}"
            );
        };
        check("id", Some("x"));
        check("$.id", Some("x"));
        check("m", None);
        check("$$.t", Some("Root"));
        check("^.n", Some("7"));
        check("^^.t", Some("Root"));
        check("^^^.t", None);
        check("{^.n}-{id}!", Some("7-x!"));
        check("{$$.a.n}", Some("7"));
        check("{m}-{id}", None);
    }

    #[test]
    fn a_wrong_selector_is_named() {
        for wrong in ["$.[", "^(", "{a", "$$["] {
            let error = Selector::parse(wrong, Dialect::Json)
                .unwrap_err()
                .to_string();
            assert!(error.contains(&format!("`{wrong}`")), "{error}");
        }
        assert!(matches!(
            Selector::parse("$.x", Dialect::Columns).unwrap(),
            Selector::Key(_)
        ));
    }
}
