//! All measurements of one text.

use super::c4::{self, C4};
use super::lines::{self, Lines};
use super::repeats::{Repeats, Sequences};
use super::table::Table;
use super::tokens::{self, Tokens, characters};

/// Buffers that are used again for every text.
#[derive(Debug, Default)]
pub struct Scratch {
    sequences: Sequences,
    table: Table,
    lower: Vec<u8>,
}

/// Bounds on work and output; see [`super::QualityParams`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) spans_max: usize,
    pub(super) repeats_max: usize,
}

/// Counts of one text, from which the columns are computed.
#[derive(Debug, Clone, Default)]
pub(super) struct Measures {
    pub(super) bytes: u64,
    pub(super) characters: u64,
    pub(super) newlines: u64,
    pub(super) hashes: u64,
    pub(super) ellipses: u64,
    pub(super) tokens: Tokens,
    pub(super) lines: Lines,
    pub(super) repeats: Repeats,
    pub(super) c4: C4,
    /// Characters of the text in which repeated word sequences are looked for.
    characters_for_words: u64,
    /// Characters, and newlines among them, of the text in which repeated lines are looked for.
    characters_for_lines: u64,
    newlines_for_lines: u64,
}

impl Measures {
    /// Measures a text: words once, lines once, then the word sequences that may repeat.
    pub(super) fn of(text: &str, bounds: Bounds, scratch: &mut Scratch) -> Self {
        let Scratch {
            sequences,
            table,
            lower,
        } = scratch;
        let bytes = text.as_bytes();
        let tokens = tokens::measure(text, bounds.repeats_max, sequences);
        let lines = lines::measure(text, bounds.repeats_max, table);
        let for_words = bytes.get(..tokens.bytes_for_repeats).unwrap_or_default();
        let for_lines = bytes.get(..lines.bytes_for_repeats).unwrap_or_default();
        Self {
            bytes: bytes.len() as u64,
            characters: characters(bytes),
            newlines: newlines(bytes),
            hashes: memchr::memchr_iter(b'#', bytes).count() as u64,
            ellipses: (memchr::memmem::find_iter(bytes, "...").count()
                + memchr::memmem::find_iter(bytes, "…").count()) as u64,
            tokens,
            lines,
            repeats: sequences.measure(table),
            c4: c4::measure(text, bounds.spans_max, lower),
            characters_for_words: characters(for_words),
            characters_for_lines: characters(for_lines),
            newlines_for_lines: newlines(for_lines),
        }
    }

    /// True if there is nothing to see in the text.
    pub(super) fn is_empty(&self) -> bool {
        self.lines.visible == 0
    }

    /// A ratio; `None` for an empty text.
    pub(super) fn unless_empty(&self, count: u64, of: u64) -> Option<f64> {
        ratio(count, if self.is_empty() { 0 } else { of })
    }

    /// Share of a count in the words and marks.
    pub(super) fn per_token(&self, count: u64) -> Option<f64> {
        ratio(count, self.tokens.all)
    }

    /// Share of a count in all lines.
    pub(super) fn per_line(&self, count: u64) -> Option<f64> {
        self.unless_empty(count, self.lines.all)
    }

    /// Share of a count in the visible lines.
    pub(super) fn per_visible_line(&self, count: u64) -> Option<f64> {
        ratio(count, self.lines.visible)
    }

    /// Share of characters of word sequences in those of the text.
    pub(super) fn per_word_character(&self, count: u64) -> Option<f64> {
        self.unless_empty(count, self.characters_for_words)
    }

    /// Share of characters of lines in those of the text.
    pub(super) fn per_line_character(&self, count: u64) -> Option<f64> {
        self.unless_empty(count, self.characters_for_lines)
    }

    /// Share of characters of lines in those of the text without newlines.
    pub(super) fn per_printed_character(&self, count: u64) -> Option<f64> {
        let printed = self.characters_for_lines - self.newlines_for_lines;
        self.unless_empty(count, printed)
    }
}

fn newlines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

/// A ratio; `None` if there is nothing to divide by.
pub(super) fn ratio(count: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| count as f64 / of as f64)
}
