//! Options of readers: strict parsing, schemas, and messages that name what is known.

use moisson_core::{Error, Result};
use schemars::{JsonSchema, Schema};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Parses the options of the reader `name`; null stands for no options.
///
/// # Errors
/// [`Error::Config`] naming an unknown key and the nearest known one, or the value that does not fit.
pub fn parse<T: DeserializeOwned + JsonSchema>(name: &str, options: &Value) -> Result<T> {
    let empty = Value::Object(serde_json::Map::new());
    let options = if options.is_null() { &empty } else { options };
    let Value::Object(map) = options else {
        return Err(Error::config(format!(
            "reader `{name}`: options must be a table"
        )));
    };
    let schema = schema::<T>();
    let known: Vec<&str> = schema
        .get("properties")
        .and_then(Value::as_object)
        .map(|properties| properties.keys().map(String::as_str).collect())
        .unwrap_or_default();
    for key in map.keys() {
        if !known.contains(&key.as_str()) {
            let what = format!("option of reader `{name}`");
            return Err(Error::config(unknown(&what, key, &known)));
        }
    }
    serde_path(options).map_err(|error| Error::config(format!("reader `{name}`: {error}")))
}

fn serde_path<T: DeserializeOwned>(options: &Value) -> Result<T, serde_json::Error> {
    T::deserialize(options)
}

/// Returns the JSON Schema of options, with other keys refused.
///
/// Strictness is added here and not by `deny_unknown_fields`, which serde cannot combine with flattened fields.
pub fn schema<T: JsonSchema>() -> Schema {
    let mut schema = schemars::SchemaGenerator::default().into_root_schema_for::<T>();
    schema.insert("additionalProperties".to_owned(), Value::Bool(false));
    schema
}

/// Says that `word` is no known `what`, lists those that are, and the nearest.
pub fn unknown(what: &str, word: &str, known: &[&str]) -> String {
    let mut sorted: Vec<&str> = known.to_vec();
    sorted.sort_unstable();
    let list: Vec<String> = sorted.iter().map(|name| format!("`{name}`")).collect();
    let mut message = format!("unknown {what} `{word}`; known: {}", list.join(", "));
    if let Some(near) = nearest(word, &sorted) {
        message.push_str("; did you mean `");
        message.push_str(near);
        message.push_str("`?");
    }
    message
}

/// Returns the candidate nearest to `word`, if it is near enough to be a slip (a third of the letters).
pub fn nearest<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    candidates
        .iter()
        .map(|candidate| (distance(word, candidate), *candidate))
        .min()
        .filter(|(distance, candidate)| {
            *distance
                <= word
                    .chars()
                    .count()
                    .max(candidate.chars().count())
                    .div_ceil(3)
        })
        .map(|(_, candidate)| candidate)
}

/// Levenshtein distance in characters.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = i;
        let mut before = i + 1;
        for (b, cell) in right.iter().zip(row.iter_mut().skip(1)) {
            let here = (diagonal + usize::from(a != *b))
                .min(before + 1)
                .min(*cell + 1);
            diagonal = *cell;
            *cell = here;
            before = here;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest, unknown};

    #[test]
    fn distances_as_a_table() {
        for (left, right, expected) in [
            ("", "", 0),
            ("", "ab", 2),
            ("text", "texte", 1),
            ("id", "di", 2),
            ("été", "ete", 2),
        ] {
            assert_eq!(distance(left, right), expected, "{left} {right}");
            assert_eq!(distance(right, left), expected, "{right} {left}");
        }
    }

    #[test]
    fn the_nearest_name_is_named_only_if_it_is_near() {
        let known = ["text", "title", "url"];
        assert_eq!(nearest("texte", &known), Some("text"));
        assert_eq!(nearest("quelque_chose", &known), None);
        assert_eq!(
            unknown("option", "tittle", &known),
            "unknown option `tittle`; known: `text`, `title`, `url`; did you mean `title`?"
        );
    }
}
