//! One decision: its fields, and how its time becomes an order.

use moisson_core::{Date, Digest, Document, Key};
use serde_json::{Map, Value};

use super::zones::zoned;

/// What an object of a page is.
#[derive(Debug)]
pub enum Found {
    /// A decision.
    Document(Box<Document>),
    /// The id of a decision that is to be withdrawn.
    Withdrawn(String),
    /// Why it gives nothing.
    Wrong(Wrong),
}

/// Why an object gives nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// There is no `id`.
    NoId,
    /// There is no `text`: a short answer.
    NoText,
    /// The text, or that of the zones asked for, is blank.
    Empty,
    /// Zones are asked for and there are none.
    NoZones,
}

/// Copied into metadata as they are, if they say anything.
const KEPT: &[&str] = &[
    "chamber",
    "contested",
    "ecli",
    "formation",
    "jurisdiction",
    "location",
    "nac",
    "number",
    "numbers",
    "publication",
    "solution",
    "solution_alt",
    "summary",
    "themes",
    "type",
];

/// Reads a decision. `only` are the zones to keep; empty for the whole text. `sequence` is that of the file, for what
/// says nothing of its own time.
pub fn read(
    object: &Map<String, Value>,
    only: &[String],
    sequence: i64,
    uri: &str,
    digest: Digest,
) -> Found {
    let text_of = |name: &str| object.get(name).and_then(Value::as_str);
    let Some(id) = text_of("id")
        .or_else(|| text_of("_id"))
        .filter(|id| !id.is_empty())
    else {
        return Found::Wrong(Wrong::NoId);
    };
    if object.get("to_be_deleted").and_then(Value::as_bool) == Some(true) {
        return Found::Withdrawn(id.to_owned());
    }
    let Some(text) = text_of("text") else {
        return Found::Wrong(Wrong::NoText);
    };
    let zones = object.get("zones").filter(|zones| !zones.is_null());
    if !only.is_empty() && zones.is_none() {
        return Found::Wrong(Wrong::NoZones);
    }
    let zoned = zoned(text, zones, only);
    if zoned.text.trim().is_empty() {
        return Found::Wrong(Wrong::Empty);
    }
    let zones = zoned.to_metadata();
    let key = Key::Declared(id.to_owned());
    let mut document = Document::new(key, zoned.text, uri.to_owned(), digest);
    document.url = Some(format!("https://www.courdecassation.fr/decision/{id}"));
    document.genre = Some("decision".to_owned());
    document.published_on = text_of("decision_date").and_then(Date::parse);
    let updated = text_of("update_datetime").or_else(|| text_of("update_date"));
    document.modified_on = updated.and_then(Date::parse);
    document.sequence = updated.and_then(second).unwrap_or(sequence);
    for name in KEPT {
        if let Some(value) = object.get(*name).filter(|value| says_something(value)) {
            document.metadata.insert((*name).to_owned(), value.clone());
        }
    }
    if object.get("partial").and_then(Value::as_bool) == Some(true) {
        document.metadata.insert("partial".to_owned(), true.into());
    }
    if !zones.is_empty() {
        document.metadata.insert("zones".to_owned(), zones.into());
    }
    Found::Document(Box::new(document))
}

fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(items) => items.iter().any(says_something),
        Value::Object(map) => !map.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

/// `YYYYMMDDhhmmss` of `2023-05-11T14:03:21.000Z` or of a day alone.
pub fn second(time: &str) -> Option<i64> {
    let day = Date::parse(time)?;
    let (year, month, day) = day.ymd();
    let clock = time.split_once('T').map(|(_, clock)| clock);
    let mut parts = clock.unwrap_or_default().split([':', '.', 'Z', '+']);
    let mut part = || {
        parts
            .next()
            .and_then(|part| part.parse::<i64>().ok())
            .filter(|part| (0..=60).contains(part))
            .unwrap_or_default()
    };
    let clock = [part(), part(), part()];
    let of_day = (i64::from(year) * 100 + i64::from(month)) * 100 + i64::from(day);
    Some(clock.iter().fold(of_day, |sum, part| sum * 100 + part))
}
