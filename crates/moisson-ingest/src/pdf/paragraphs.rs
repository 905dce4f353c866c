//! Lines joined to paragraphs: by indentation, spacing and size; hyphens at line ends undone; dot leaders dropped.

use std::collections::BTreeSet;

use super::PageLines;
use super::layout::{Line, median};

/// Shares of the usual distance of two lines, of the type size, and of the width of the column.
const SPACING: f64 = 1.3;
const INDENT: f64 = 0.8;
const SIZE_CHANGE: f64 = 0.12;
const SHORT: f64 = 0.25;

/// Longest word that is looked at before a hyphen.
const WORD_CHARS_MAX: usize = 64;

/// Text of pages that follow one another.
pub(super) fn text(pages: &[PageLines]) -> String {
    let compounds = compounds(pages);
    let mut writer = Writer {
        out: String::new(),
        compounds: &compounds,
    };
    for page in pages {
        for region in regions(&page.lines) {
            writer.region(region);
        }
    }
    writer.out
}

/// Slices of lines that begin where a region does.
fn regions(lines: &[Line]) -> impl Iterator<Item = &[Line]> {
    lines.chunk_by(|_, next| !next.starts_region)
}

/// Words with a hyphen that stand inside of a line: such a hyphen stays at a line end as well.
fn compounds(pages: &[PageLines]) -> BTreeSet<String> {
    let mut compounds = BTreeSet::new();
    for line in pages.iter().flat_map(|page| &page.lines) {
        let words = line
            .text
            .split(|c: char| !c.is_alphanumeric() && !is_hyphen(c));
        let inner = words.filter(|word| {
            let letters = word.trim_matches(is_hyphen);
            letters.len() == word.len() && letters.contains(is_hyphen)
        });
        compounds.extend(inner.map(lowered));
    }
    compounds
}

fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '\u{2010}' | '\u{2011}')
}

fn lowered(word: &str) -> String {
    word.chars()
        .map(|c| if is_hyphen(c) { '-' } else { c })
        .flat_map(char::to_lowercase)
        .collect()
}

/// What stands between two lines.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Break {
    None,
    Line,
    Paragraph,
}

/// Margins and spacing of a region.
struct Measures {
    left: f64,
    right: f64,
    leading: f64,
}

impl Measures {
    fn new(lines: &[Line]) -> Self {
        let leading = lines.windows(2).map(|pair| pair[1].y - pair[0].y);
        let leading = median(leading.filter(|distance| *distance > 1.0)).unwrap_or(12.0);
        // Most lines begin at the left margin and few are longer than the width.
        let mut lefts: Vec<f64> = lines.iter().map(|line| line.x0).collect();
        let low = lefts.len() / 10;
        let left = *lefts.select_nth_unstable_by(low, f64::total_cmp).1;
        let mut rights: Vec<f64> = lines.iter().map(|line| line.x1).collect();
        let high = rights.len() - 1 - rights.len() / 10;
        let right = *rights.select_nth_unstable_by(high, f64::total_cmp).1;
        Self {
            left,
            right,
            leading,
        }
    }
}

struct Writer<'a> {
    out: String,
    compounds: &'a BTreeSet<String>,
}

impl Writer<'_> {
    fn region(&mut self, lines: &[Line]) {
        let measures = Measures::new(lines);
        let mut before: Option<&Line> = None;
        for line in lines {
            let (text, was_entry) = without_leader(&line.text);
            if text.is_empty() {
                continue;
            }
            let gap = match before {
                Some(before) => between(before, line, &measures),
                None => self.across_regions(text),
            };
            let gap = if was_entry || self.out.ends_with(ENTRY_END) {
                gap.max_line()
            } else {
                gap
            };
            self.write(text, gap);
            if was_entry {
                self.out.push(ENTRY_END);
            }
            before = Some(line);
        }
        if self.out.ends_with(ENTRY_END) {
            self.out.pop();
        }
    }

    /// A sentence that a column or page cuts goes on in the next.
    fn across_regions(&self, text: &str) -> Break {
        let is_open = !ends_sentence(&self.out);
        let goes_on = text.chars().next().is_some_and(char::is_lowercase);
        if is_open && goes_on {
            Break::None
        } else {
            Break::Paragraph
        }
    }

    fn write(&mut self, text: &str, gap: Break) {
        if self.out.ends_with(ENTRY_END) {
            self.out.pop();
        }
        if self.out.is_empty() {
            self.out.push_str(text);
            return;
        }
        match gap {
            Break::Paragraph => self.out.push_str("\n\n"),
            Break::Line => self.out.push('\n'),
            Break::None => match self.hyphen(text) {
                Hyphen::None => self.out.push(' '),
                Hyphen::Kept => {}
                Hyphen::Dropped => {
                    self.out.pop();
                }
            },
        }
        self.out.push_str(text);
    }

    /// What becomes of a hyphen at the end of the text before a line that begins with `text`.
    fn hyphen(&self, text: &str) -> Hyphen {
        let Some(last) = self.out.chars().next_back() else {
            return Hyphen::None;
        };
        if last == '\u{ad}' {
            return Hyphen::Dropped;
        }
        let head = self
            .out
            .get(..self.out.len() - last.len_utf8())
            .unwrap_or_default();
        // The word before, or the end of one that hyphens have made endless.
        let bounded = head.char_indices().rev().take(WORD_CHARS_MAX).last();
        let head = head
            .get(bounded.map_or(0, |(at, _)| at)..)
            .unwrap_or_default();
        let left = head
            .rsplit(|c: char| !c.is_alphanumeric() && !is_hyphen(c))
            .next()
            .unwrap_or_default();
        let next = text.chars().next();
        if !is_hyphen(last) || !left.chars().next_back().is_some_and(char::is_alphanumeric) {
            return Hyphen::None;
        }
        if !next.is_some_and(char::is_alphanumeric) {
            return Hyphen::None;
        }
        if !next.is_some_and(char::is_lowercase) || !left.ends_with(char::is_alphabetic) {
            return Hyphen::Kept;
        }
        let right = text
            .split(|c: char| !c.is_alphanumeric() && !is_hyphen(c))
            .next()
            .unwrap_or_default();
        let is_compound = self
            .compounds
            .contains(&lowered(&format!("{left}-{right}")));
        if is_compound || goes_with_hyphen(left, right) {
            Hyphen::Kept
        } else {
            Hyphen::Dropped
        }
    }
}

/// Stands after an entry of a table of contents until the next line is written; never in a text, as controls are left
/// out of glyphs.
const ENTRY_END: char = '\u{1}';

enum Hyphen {
    None,
    Kept,
    Dropped,
}

impl Break {
    fn max_line(self) -> Self {
        match self {
            Self::None => Self::Line,
            other => other,
        }
    }
}

/// Pronouns and particles that French ties to the word before by a hyphen (*dit-il*, *celui-ci*, *a-t-on*), but for
/// those that end other words as well (*mer-ci*, *ver-tu*, *vil-les*).
fn goes_with_hyphen(left: &str, right: &str) -> bool {
    const TIED: &[&str] = &[
        "elle", "elles", "il", "ils", "je", "moi", "même", "mêmes", "nous", "toi", "vous",
    ];
    let is_demonstrative = matches!(right, "ci" | "là") && left.chars().count() >= 4;
    is_demonstrative || TIED.contains(&right) || right.starts_with("t-")
}

/// The break between two lines of one region.
fn between(before: &Line, line: &Line, measures: &Measures) -> Break {
    let distance = line.y - before.y;
    let size = before.size.max(line.size);
    let is_other_size = (before.size - line.size).abs() > SIZE_CHANGE * size;
    if distance > SPACING * measures.leading.max(size) || distance < -size || is_other_size {
        return Break::Paragraph;
    }
    if before.is_mono && line.is_mono {
        return Break::Line;
    }
    if is_item(&line.text) || line.is_row || before.is_row {
        return Break::Line;
    }
    let is_indented = line.x0 - before.x0 > INDENT * size;
    let was_at_margin = before.x0 - measures.left < INDENT * size;
    let width = measures.right - measures.left;
    let was_short = measures.right - before.x1 > SHORT * width;
    match () {
        // The first line of a paragraph; a hanging one is the first of an item and goes on.
        () if is_indented
            && was_at_margin
            && ends_sentence(&before.text)
            && !is_item(&before.text) =>
        {
            Break::Paragraph
        }
        () if was_short && ends_sentence(&before.text) => Break::Paragraph,
        // Headings, addresses, cells: short lines that end without a stop and do not go on.
        () if was_short && !line.text.starts_with(char::is_lowercase) => Break::Line,
        () if before.is_mono != line.is_mono && (was_short || before.is_mono) => Break::Line,
        () => Break::None,
    }
}

fn ends_sentence(text: &str) -> bool {
    let text = text
        .trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '»' | '”' | '"' | ')' | ']'));
    text.is_empty() || text.ends_with(['.', '!', '?', ':', ';', '…'])
}

/// True for a line that begins an item of a list: a bullet, a dash, `1.`, `a)`.
fn is_item(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let Some(first) = words.next() else {
        return false;
    };
    if words.next().is_none() {
        return false;
    }
    if matches!(
        first,
        "•" | "–" | "—" | "-" | "*" | "◦" | "▪" | "■" | "►" | "➢" | "·" | "o"
    ) {
        return true;
    }
    let number = first.strip_suffix(['.', ')', '°']).unwrap_or_default();
    let is_number = (1..=3).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    let is_letter = number.len() == 1 && number.bytes().all(|b| b.is_ascii_lowercase());
    is_number || (is_letter && first.ends_with(')'))
}

/// A line without the dots and page number that end an entry of a table of contents, and whether it had any.
fn without_leader(text: &str) -> (&str, bool) {
    let is_number =
        |c: char| c.is_ascii_digit() || matches!(c, 'i' | 'v' | 'x' | 'I' | 'V' | 'X' | '-');
    let head = text.trim_end_matches(|c: char| is_number(c) || c.is_whitespace());
    let entry = head
        .trim_end_matches(|c: char| matches!(c, '.' | '…' | '·' | '_' | '․') || c.is_whitespace());
    let leader = head.get(entry.len()..).unwrap_or_default();
    let dots = leader.chars().filter(|c| !c.is_whitespace()).count();
    let weight = if leader.contains('…') {
        dots * 3
    } else {
        dots
    };
    match weight {
        4.. => (entry.trim(), true),
        _ => (text.trim(), false),
    }
}
