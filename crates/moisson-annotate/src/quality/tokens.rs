//! What is counted over words and marks.

use moisson_text::word;
use xxhash_rust::xxh3::xxh3_64;

use super::repeats::Sequences;

/// Counts over the tokens of a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tokens {
    /// Words and marks.
    pub(super) all: u64,
    /// Words: tokens that are not only marks.
    pub(super) words: u64,
    /// Characters of the words.
    pub(super) word_characters: u64,
    /// Tokens with a letter.
    pub(super) alphabetic: u64,
    /// Characters of the longest word.
    pub(super) longest_word: u64,
    /// Which French stop words occur, a bit each.
    pub(super) stop_words_fra: u32,
    /// Which English stop words occur, a bit each.
    pub(super) stop_words_eng: u32,
    /// Bytes of the text up to the last word handed over; all of them if every word was.
    pub(super) bytes_for_repeats: usize,
}

/// Reads the tokens of a text, and hands the first `repeats_max` of them to `sequences`.
pub(super) fn measure(text: &str, repeats_max: usize, sequences: &mut Sequences) -> Tokens {
    let mut tokens = Tokens::default();
    sequences.clear();
    let mut words = word::words(text);
    while let Some(token) = words.next() {
        let bytes = token.as_bytes();
        let characters = characters(bytes);
        if tokens.all < repeats_max as u64 {
            sequences.push(xxh3_64(bytes), characters);
            tokens.bytes_for_repeats = words.offset();
        }
        tokens.all += 1;
        let (alphabetic, symbol) = kind(token);
        tokens.alphabetic += u64::from(alphabetic);
        if !symbol {
            tokens.words += 1;
            tokens.word_characters += characters;
            tokens.longest_word = tokens.longest_word.max(characters);
        }
        if bytes.len() <= 4 {
            let bits = stop_words(token);
            tokens.stop_words_fra |= bits & FRA;
            tokens.stop_words_eng |= bits >> FRA_COUNT;
        }
    }
    if tokens.all <= repeats_max as u64 {
        tokens.bytes_for_repeats = text.len();
    }
    tokens
}

/// Number of characters of valid UTF-8: bytes that continue none.
#[inline]
pub(super) fn characters(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .map(|&byte| u64::from(byte & 0xC0 != 0x80))
        .sum()
}

/// Whether a token has a letter, and whether it is only marks.
#[inline]
fn kind(token: &str) -> (bool, bool) {
    match token.as_bytes() {
        [first, ..] if first.is_ascii_alphabetic() => (true, false),
        _ => (
            token.chars().any(char::is_alphabetic),
            word::is_symbol(token),
        ),
    }
}

const FRA_COUNT: u32 = 18;
const FRA: u32 = (1 << FRA_COUNT) - 1;

/// Bit of a stop word: first the 18 of FineWeb-2's `fra_Latn` configuration, then the 8 of Gopher; 0 for others.
///
/// Case counts, as in datatrove; the typographic apostrophe does not.
fn stop_words(token: &str) -> u32 {
    let index = match token {
        "de" => 0,
        "la" => 1,
        "le" => 2,
        "et" => 3,
        "à" => 4,
        "en" => 5,
        "l'" | "l’" => 6,
        "des" => 7,
        "du" => 8,
        "les" => 9,
        "d'" | "d’" => 10,
        "est" => 11,
        "un" => 12,
        "une" => 13,
        "il" => 14,
        "dans" => 15,
        "par" => 16,
        "au" => 17,
        "the" => FRA_COUNT,
        "be" => FRA_COUNT + 1,
        "to" => FRA_COUNT + 2,
        "of" => FRA_COUNT + 3,
        "and" => FRA_COUNT + 4,
        "that" => FRA_COUNT + 5,
        "have" => FRA_COUNT + 6,
        "with" => FRA_COUNT + 7,
        _ => return 0,
    };
    1 << index
}

#[cfg(test)]
mod tests {
    use super::{Tokens, measure};
    use crate::quality::repeats::Sequences;

    fn tokens(text: &str) -> Tokens {
        measure(text, usize::MAX, &mut Sequences::default())
    }

    #[test]
    fn counts_as_a_table() {
        let check = |text: &str, all, words, word_characters, alphabetic, longest_word| {
            let counted = tokens(text);
            let counted = (
                counted.all,
                counted.words,
                counted.word_characters,
                counted.alphabetic,
                counted.longest_word,
            );
            assert_eq!(
                counted,
                (all, words, word_characters, alphabetic, longest_word),
                "{text}"
            );
        };
        check("", 0, 0, 0, 0, 0);
        check("... !", 2, 0, 0, 0, 0);
        check("L'État, 12 €", 5, 4, 9, 2, 4);
        check("l’été « où »", 5, 3, 7, 3, 3);
    }

    #[test]
    fn words_handed_over_are_limited() {
        let bytes =
            |max| measure("un deux  trois ", max, &mut Sequences::default()).bytes_for_repeats;
        assert_eq!(
            [bytes(0), bytes(1), bytes(2), bytes(3), bytes(4)],
            [0, 2, 7, 15, 15]
        );
    }

    #[test]
    fn stop_words_are_counted_once_each() {
        let check = |text: &str, fra: u32, eng: u32| {
            let counted = tokens(text);
            assert_eq!(
                (
                    counted.stop_words_fra.count_ones(),
                    counted.stop_words_eng.count_ones()
                ),
                (fra, eng),
                "{text}"
            );
        };
        check(
            "de la le et à en l'eau des du les d’un est une il dans par au",
            18,
            0,
        );
        check("de de de DE De", 1, 0);
        check("l'un l’un", 2, 0);
        check("the be to of and that have with", 0, 8);
        check("The cat", 0, 0);
    }
}
