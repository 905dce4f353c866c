//! "Did you mean": the nearest known word for an unknown one.

/// Returns the nearest of `known`, if one is near enough to be a misspelling.
pub fn nearest<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|word| (strsim::damerau_levenshtein(unknown, word), word))
        .filter(|(distance, word)| *distance <= 1 + word.chars().count() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// Adds the nearest known word to serde's "unknown field `x`, expected one of `a`, `b`".
pub fn explain_unknown(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let is_unknown = message.contains("unknown field") || message.contains("unknown variant");
    let Some(unknown) = quoted.next().filter(|_| is_unknown) else {
        return message.to_owned();
    };
    match nearest(unknown, quoted) {
        Some(word) => format!("{message}\n\nhint: did you mean `{word}`?"),
        None => message.to_owned(),
    }
}
