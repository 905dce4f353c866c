//! The columns that rules may look at. Names are public: added, deprecated, never reused.

use moisson_core::{Error, Result};

use crate::rule::Bound;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Numbers.
    Number,
    /// Strings.
    Text,
    /// True or false.
    Flag,
}

/// Column of the spans that line rules propose to cut: a list of (`start`, `end`, `reason`).
pub const LINE_SPANS: &str = "quality_c4_line_spans";
/// Column of the spans of personal data: a list of (`start`, `end`, `class`).
pub const PII_SPANS: &str = "pii_spans";
/// Bytes of the text.
pub const TEXT_BYTES: &str = "quality_text_bytes";

use Kind::{Flag, Number, Text};

/// All columns, in alphabetical order, with what they hold.
pub const ALL: &[(&str, Kind)] = &[
    ("genre", Text),
    ("language", Text),
    ("language_confidence", Number),
    ("language_declared", Text),
    ("language_status", Text),
    ("licence", Text),
    ("licence_clarity", Number),
    ("licence_evidence", Text),
    ("licence_family", Text),
    ("licence_layer", Text),
    ("licence_matcher", Text),
    ("licence_scope", Text),
    ("licence_shard_family", Text),
    ("licence_status", Text),
    ("licence_terms", Text),
    ("licence_tier", Text),
    ("licence_verdict", Text),
    ("ocr_confidence", Number),
    ("optout_as_of", Text),
    ("optout_verdict", Text),
    ("pii_profile", Text),
    ("pii_risk", Text),
    ("pii_status", Text),
    ("pii_total", Number),
    ("producer", Text),
    ("quality_alphabetic_word_ratio", Number),
    ("quality_bullet_line_ratio", Number),
    ("quality_c4_has_curly_bracket", Flag),
    ("quality_c4_has_lorem_ipsum", Flag),
    ("quality_c4_sentence_count", Number),
    ("quality_c4_sentence_count_any_ending", Number),
    ("quality_char_count", Number),
    ("quality_duplicate_10gram_char_ratio", Number),
    ("quality_duplicate_5gram_char_ratio", Number),
    ("quality_duplicate_6gram_char_ratio", Number),
    ("quality_duplicate_7gram_char_ratio", Number),
    ("quality_duplicate_8gram_char_ratio", Number),
    ("quality_duplicate_9gram_char_ratio", Number),
    ("quality_duplicate_line_char_ratio", Number),
    ("quality_duplicate_line_ratio", Number),
    ("quality_duplicate_paragraph_char_ratio", Number),
    ("quality_duplicate_paragraph_ratio", Number),
    ("quality_ellipsis_line_ratio", Number),
    ("quality_fineweb_duplicate_line_char_ratio", Number),
    ("quality_line_count", Number),
    ("quality_longest_word_length", Number),
    ("quality_mean_word_length", Number),
    ("quality_newline_word_ratio", Number),
    ("quality_short_line_ratio", Number),
    ("quality_status", Text),
    ("quality_stop_word_count_eng", Number),
    ("quality_stop_word_count_fra", Number),
    ("quality_symbol_word_ratio", Number),
    ("quality_terminal_punctuation_line_ratio", Number),
    (TEXT_BYTES, Number),
    ("quality_top_2gram_char_ratio", Number),
    ("quality_top_3gram_char_ratio", Number),
    ("quality_top_4gram_char_ratio", Number),
    ("quality_word_count", Number),
    ("source", Text),
];

/// Checks that `column` exists and may be held against `bound`.
///
/// # Errors
/// [`Error::Config`] naming the nearest known columns, or what the column holds.
pub fn check(code: &str, column: &str, bound: &Bound) -> Result<()> {
    let Some(&(_, kind)) = ALL.iter().find(|(name, _)| *name == column) else {
        let known = nearest(column, ALL.iter().map(|(name, _)| *name));
        return Err(Error::config(format!(
            "rule `{code}` looks at the unknown column `{column}`; nearest known: {known}"
        )));
    };
    if bound.fits(kind) {
        return Ok(());
    }
    let (holds, bounds) = match kind {
        Number => ("numbers", "`below`, `above`, `equals`"),
        Text => ("text", "`in`, `not_in`, `equals`"),
        Flag => ("true or false", "`is_true`, `equals`"),
    };
    Err(Error::config(format!(
        "rule `{code}`: column `{column}` holds {holds}, so it takes one of {bounds} with a value of that kind"
    )))
}

/// Lists the known names nearest to `name`, at most three, in backticks.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let mut known: Vec<(f64, &str)> = known
        .map(|other| (strsim::jaro_winkler(name, other), other))
        .collect();
    known.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(right.1)));
    known.dedup();
    let names: Vec<String> = known
        .iter()
        .take(3)
        .map(|(_, other)| format!("`{other}`"))
        .collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::{ALL, check};
    use crate::rule::{Bound, Value};

    #[test]
    fn columns_are_sorted_and_unique() {
        for pair in ALL.windows(2) {
            assert!(pair[0].0 < pair[1].0, "{} then {}", pair[0].0, pair[1].0);
        }
    }

    #[test]
    fn wrong_columns_and_bounds_are_told() {
        let check = |column: &str, bound: Bound, expected: &str| {
            let found = check("quality/x", column, &bound)
                .err()
                .map_or_else(|| "fine".to_owned(), |error| error.to_string());
            assert!(found.contains(expected), "{found}");
        };
        let word = || vec!["fra_Latn".to_owned()];
        check("quality_word_count", Bound::Below(5.0), "fine");
        check("language", Bound::NotIn(word()), "fine");
        check("quality_c4_has_lorem_ipsum", Bound::IsTrue(true), "fine");
        check(
            "quality_word_cuont",
            Bound::Below(5.0),
            "nearest known: `quality_word_count`",
        );
        check(
            "language",
            Bound::Below(5.0),
            "column `language` holds text",
        );
        check("quality_word_count", Bound::In(word()), "holds numbers");
        check("genre", Bound::Equals(Value::Number(1.0)), "holds text");
    }
}
