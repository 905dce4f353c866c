//! The measured columns: name, type, and how each follows from the counts.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Float64Array, UInt32Array, UInt64Array};
use arrow::datatypes::{DataType, Field};

use super::measures::{Measures, ratio};

/// Lines that C4 would cut.
pub(super) const SPANS: &str = "quality_c4_line_spans";
/// `ok`, or `empty` where there is nothing to see in the text.
pub(super) const STATUS: &str = "quality_status";

/// How a column follows from the counts.
#[derive(Debug, Clone, Copy)]
pub(super) enum Value {
    /// `Float64`, null where there is nothing to divide by.
    Ratio(fn(&Measures) -> Option<f64>),
    /// `UInt32`, saturating, never null.
    Count(fn(&Measures) -> u64),
    /// `UInt64`, never null.
    Size(fn(&Measures) -> u64),
    /// `Boolean`, never null.
    Flag(fn(&Measures) -> bool),
}

/// A column.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    name: &'static str,
    value: Value,
}

impl Column {
    /// The column's field.
    pub(super) fn field(&self) -> Field {
        match self.value {
            Value::Ratio(_) => Field::new(self.name, DataType::Float64, true),
            Value::Count(_) => Field::new(self.name, DataType::UInt32, false),
            Value::Size(_) => Field::new(self.name, DataType::UInt64, false),
            Value::Flag(_) => Field::new(self.name, DataType::Boolean, false),
        }
    }

    /// The column's values.
    pub(super) fn array(&self, rows: &[Measures]) -> ArrayRef {
        match self.value {
            Value::Ratio(of) => Arc::new(rows.iter().map(of).collect::<Float64Array>()),
            Value::Count(of) => {
                let count = |row| u32::try_from(of(row)).unwrap_or(u32::MAX);
                Arc::new(UInt32Array::from_iter_values(rows.iter().map(count)))
            }
            Value::Size(of) => Arc::new(UInt64Array::from_iter_values(rows.iter().map(of))),
            Value::Flag(of) => Arc::new(
                rows.iter()
                    .map(|row| Some(of(row)))
                    .collect::<BooleanArray>(),
            ),
        }
    }
}

macro_rules! columns {
    ($($(#[doc = $doc:literal])* $name:literal = $kind:ident($of:expr),)*) => {
        /// The measured columns, in the order of the schema.
        pub(super) const MEASURED: &[Column] = &[$(Column { name: $name, value: Value::$kind($of) }),*];

        /// Names of all columns, in the order of the schema:
        ///
        $(#[doc = concat!("- `", $name, "`:", $($doc),*)])*
        /// - `quality_c4_line_spans`: Lines that C4 would cut, with a reason each.
        /// - `quality_status`: `ok` or `empty`.
        pub const COLUMNS: &[&str] = &[$($name,)* SPANS, STATUS];
    };
}

columns! {
    /// Bytes of the text.
    "quality_text_bytes" = Size(|m| m.bytes),
    /// Characters of the text.
    "quality_char_count" = Size(|m| m.characters),
    /// Lines with something to see.
    "quality_line_count" = Count(|m| m.lines.visible),
    /// Words: tokens that are not only marks.
    "quality_word_count" = Count(|m| m.tokens.words),
    /// Characters of the longest word.
    "quality_longest_word_length" = Count(|m| m.tokens.longest_word),
    /// Mean characters of a word; null without words.
    "quality_mean_word_length" = Ratio(|m| ratio(m.tokens.word_characters, m.tokens.words)),
    /// Hash signs, or ellipses (`...`, `…`), whichever are more, per token (word or mark).
    "quality_symbol_word_ratio" = Ratio(|m| m.per_token(m.hashes.max(m.ellipses))),
    /// Share of tokens with a letter, over all tokens.
    "quality_alphabetic_word_ratio" = Ratio(|m| m.per_token(m.tokens.alphabetic)),
    /// Distinct French stop words of FineWeb-2, of 18.
    "quality_stop_word_count_fra" = Count(|m| u64::from(m.tokens.stop_words_fra.count_ones())),
    /// Distinct English stop words of Gopher, of 8.
    "quality_stop_word_count_eng" = Count(|m| u64::from(m.tokens.stop_words_eng.count_ones())),
    /// Share of lines, blank ones too, that begin with `•` or `-`.
    "quality_bullet_line_ratio" = Ratio(|m| m.per_line(m.lines.bullets)),
    /// Share of lines, blank ones too, that end with an ellipsis.
    "quality_ellipsis_line_ratio" = Ratio(|m| m.per_line(m.lines.ellipses)),
    /// Share of visible lines that end with a mark that ends sentences.
    "quality_terminal_punctuation_line_ratio" = Ratio(|m| m.per_visible_line(m.lines.terminal)),
    /// Share of visible lines of at most 30 characters.
    "quality_short_line_ratio" = Ratio(|m| m.per_visible_line(m.lines.short)),
    /// Newlines per token.
    "quality_newline_word_ratio" = Ratio(|m| m.per_token(m.newlines)),
    /// Share of lines that stood before.
    "quality_duplicate_line_ratio" =
        Ratio(|m| m.unless_empty(m.lines.repeated, m.lines.separated)),
    /// Characters of lines that stood before, per character.
    "quality_duplicate_line_char_ratio" = Ratio(|m| m.per_line_character(m.lines.repeated_characters)),
    /// Share of paragraphs that stood before.
    "quality_duplicate_paragraph_ratio" =
        Ratio(|m| m.unless_empty(m.lines.repeated_paragraphs, m.lines.paragraphs)),
    /// Characters of paragraphs that stood before, per character.
    "quality_duplicate_paragraph_char_ratio" =
        Ratio(|m| m.per_line_character(m.lines.repeated_paragraph_characters)),
    /// Characters of visible lines that stood before, per character that is no newline.
    "quality_fineweb_duplicate_line_char_ratio" =
        Ratio(|m| m.per_printed_character(m.lines.visible_repeated_characters)),
    /// Characters of the most frequent pair of words, times its count, per character.
    "quality_top_2gram_char_ratio" = Ratio(|m| m.per_word_character(m.repeats.top[0])),
    /// The same for three words.
    "quality_top_3gram_char_ratio" = Ratio(|m| m.per_word_character(m.repeats.top[1])),
    /// The same for four words.
    "quality_top_4gram_char_ratio" = Ratio(|m| m.per_word_character(m.repeats.top[2])),
    /// Characters of sequences of five words that stood before, per character.
    "quality_duplicate_5gram_char_ratio" = Ratio(|m| m.per_word_character(m.repeats.repeated[0])),
    /// The same for six words.
    "quality_duplicate_6gram_char_ratio" = Ratio(|m| m.per_word_character(m.repeats.repeated[1])),
    /// The same for seven words.
    "quality_duplicate_7gram_char_ratio" = Ratio(|m| m.per_word_character(m.repeats.repeated[2])),
    /// The same for eight words.
    "quality_duplicate_8gram_char_ratio" = Ratio(|m| m.per_word_character(m.repeats.repeated[3])),
    /// The same for nine words.
    "quality_duplicate_9gram_char_ratio" = Ratio(|m| m.per_word_character(m.repeats.repeated[4])),
    /// The same for ten words.
    "quality_duplicate_10gram_char_ratio" = Ratio(|m| m.per_word_character(m.repeats.repeated[5])),
    /// Sentences in the lines that C4 keeps.
    "quality_c4_sentence_count" = Count(|m| m.c4.sentences),
    /// Sentences in the lines that C4 keeps if lines need not end with a mark.
    "quality_c4_sentence_count_any_ending" = Count(|m| m.c4.sentences_any_ending),
    /// True if `lorem ipsum` occurs.
    "quality_c4_has_lorem_ipsum" = Flag(|m| m.c4.lorem_ipsum),
    /// True if `{` occurs.
    "quality_c4_has_curly_bracket" = Flag(|m| m.c4.curly_bracket),
}
