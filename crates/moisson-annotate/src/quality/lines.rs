//! What is counted over lines and paragraphs.

use moisson_text::mark;
use xxhash_rust::xxh3::xxh3_64;

use super::table::Table;
use super::tokens::characters;

/// A line of at most so many characters is short.
const SHORT: u64 = 30;

/// Counts over the lines and paragraphs of a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Lines {
    /// Lines, blank ones too, without the empty one after a final newline.
    pub(super) all: u64,
    /// Lines with something to see.
    pub(super) visible: u64,
    /// Lines that begin with `•` or `-`.
    pub(super) bullets: u64,
    /// Lines that end with an ellipsis.
    pub(super) ellipses: u64,
    /// Visible lines that end with a mark that ends sentences.
    pub(super) terminal: u64,
    /// Visible lines of at most 30 characters.
    pub(super) short: u64,
    /// Bytes of the text in which repeated lines and paragraphs are looked for: all but for very long texts.
    pub(super) bytes_for_repeats: usize,
    /// Lines as runs of newlines separate them, and those that stood before, with their characters.
    pub(super) separated: u64,
    pub(super) repeated: u64,
    pub(super) repeated_characters: u64,
    /// Characters of visible lines that stood before.
    pub(super) visible_repeated_characters: u64,
    /// Paragraphs as two or more newlines separate them, and those that stood before, with their characters.
    pub(super) paragraphs: u64,
    pub(super) repeated_paragraphs: u64,
    pub(super) repeated_paragraph_characters: u64,
}

/// Reads the lines of a text. Repeats are looked for among its first `repeats_max` lines.
pub(super) fn measure(text: &str, repeats_max: usize, table: &mut Table) -> Lines {
    let mut lines = Lines::default();
    let last = memchr::memchr_iter(b'\n', text.as_bytes()).count();
    let repeats_max = repeats_max.max(1);
    lines.bytes_for_repeats = memchr::memchr_iter(b'\n', text.as_bytes())
        .nth(repeats_max - 1)
        .unwrap_or(text.len());
    table.reset(repeats_max.min(last + 1));
    for (index, line) in text.split('\n').enumerate() {
        // The line after a final newline is none, but the pattern `\n+` separates an empty one there, and before a
        // newline at the very start.
        if index < repeats_max && (!line.is_empty() || index == 0 || index == last) {
            lines.take_separated(line, table);
        }
        if index < last || !line.is_empty() {
            lines.take(line);
        }
    }
    let start = text.get(..lines.bytes_for_repeats).unwrap_or_default();
    lines.take_paragraphs(start.trim(), table);
    lines
}

impl Lines {
    fn take(&mut self, line: &str) {
        let trimmed = line.trim();
        self.all += 1;
        if trimmed.is_empty() {
            return;
        }
        self.visible += 1;
        self.bullets += u64::from(trimmed.starts_with(['•', '-']));
        self.ellipses += u64::from(trimmed.ends_with("...") || trimmed.ends_with('…'));
        self.terminal += u64::from(line.chars().next_back().is_some_and(mark::is_terminal));
        self.short += u64::from(characters(line.as_bytes()) <= SHORT);
    }

    fn take_separated(&mut self, line: &str, table: &mut Table) {
        self.separated += 1;
        if table.seen(xxh3_64(line.as_bytes())) {
            let length = characters(line.as_bytes());
            self.repeated += 1;
            self.repeated_characters += length;
            if !line.trim_start().is_empty() {
                self.visible_repeated_characters += length;
            }
        }
    }

    fn take_paragraphs(&mut self, text: &str, table: &mut Table) {
        table.reset(memchr::memmem::find_iter(text.as_bytes(), "\n\n").count() + 1);
        let mut rest = Some(text);
        while let Some(text) = rest {
            let (paragraph, after) = match text.split_once("\n\n") {
                Some((paragraph, after)) => (paragraph, Some(after.trim_start_matches('\n'))),
                None => (text, None),
            };
            rest = after;
            self.paragraphs += 1;
            if table.seen(xxh3_64(paragraph.as_bytes())) {
                self.repeated_paragraphs += 1;
                self.repeated_paragraph_characters += characters(paragraph.as_bytes());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Lines, measure};
    use crate::quality::table::Table;

    fn lines(text: &str) -> Lines {
        measure(text, usize::MAX, &mut Table::default())
    }

    #[test]
    fn lines_as_a_table() {
        let check = |text: &str, all, visible, bullets, ellipses, terminal, short| {
            let counted = lines(text);
            let counted = (
                counted.all,
                counted.visible,
                counted.bullets,
                counted.ellipses,
                counted.terminal,
                counted.short,
            );
            assert_eq!(
                counted,
                (all, visible, bullets, ellipses, terminal, short),
                "{text}"
            );
        };
        check("Un.", 1, 1, 0, 0, 1, 1);
        check("Un.\n", 1, 1, 0, 0, 1, 1);
        check("Un\n\n  \nDeux…", 4, 2, 0, 1, 0, 2);
        check("• un\n - deux...\n— trois ?", 3, 3, 2, 1, 2, 3);
        check(
            "trente caractères exactement !\ntrente et un caractères en tout",
            2,
            2,
            0,
            0,
            1,
            1,
        );
        check("Il dit : « oui. »", 1, 1, 0, 0, 0, 1);
    }

    #[test]
    fn repeats_as_a_table() {
        let check = |text: &str, separated, repeated, characters, visible| {
            let counted = lines(text);
            let counted = (
                counted.separated,
                counted.repeated,
                counted.repeated_characters,
                counted.visible_repeated_characters,
            );
            assert_eq!(
                counted,
                (separated, repeated, characters, visible),
                "{text:?}"
            );
        };
        check("a", 1, 0, 0, 0);
        check("été\nété\n\nété", 3, 2, 6, 6);
        check("  \n  \na", 3, 1, 2, 0);
        check("\na\n", 3, 1, 0, 0);
    }

    #[test]
    fn repeats_are_looked_for_in_the_first_lines_only() {
        let text = "a\na\nb\nb\n\nb";
        let limited = |max| {
            let counted = measure(text, max, &mut Table::default());
            (
                counted.separated,
                counted.repeated,
                counted.bytes_for_repeats,
                counted.all,
            )
        };
        assert_eq!(limited(1), (1, 0, 1, 6));
        assert_eq!(limited(2), (2, 1, 3, 6));
        assert_eq!(limited(3), (3, 1, 5, 6));
        assert_eq!(limited(6), (5, 3, text.len(), 6));
    }

    #[test]
    fn paragraphs_as_a_table() {
        let check = |text: &str, paragraphs, repeated, characters| {
            let counted = lines(text);
            let counted = (
                counted.paragraphs,
                counted.repeated_paragraphs,
                counted.repeated_paragraph_characters,
            );
            assert_eq!(counted, (paragraphs, repeated, characters), "{text:?}");
        };
        check("un\ndeux", 1, 0, 0);
        check("un\n\nun\n\n\n\nun\ndeux", 3, 1, 2);
        check("\n\nun\n\nun\n\n", 2, 1, 2);
        check("un\n \nun", 1, 0, 0);
    }
}
