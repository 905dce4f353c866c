//! The second pass over wikitext: headings, lists and paragraphs, then what is left inside of lines.

use super::mark::{self, APOSTROPHE, BREAK, GUARD, LEFT_OUT};
use super::quotes;
use crate::html::entities;

/// Returns the text of lines: paragraphs with a blank line between them, list items and headings a line each.
/// Sections whose heading is in `drop_sections` are left out, and so are headings with nothing under them.
pub(crate) fn read(lines: &str, drop_sections: &[String]) -> String {
    let mut text = Text {
        out: String::with_capacity(lines.len() / 2),
        paragraph: String::new(),
        headings: Vec::new(),
        dropped: None,
        is_after_item: false,
    };
    for line in lines.split('\n') {
        let shape = shape(line);
        if let Shape::Heading(level, title) = shape {
            text.end_paragraph();
            text.heading(level, title, drop_sections);
        } else if text.dropped.is_none() {
            match shape {
                Shape::Blank => text.end_paragraph(),
                Shape::Item(item) => {
                    text.end_paragraph();
                    text.block(item, true);
                }
                Shape::Paragraph(line) => {
                    if !text.paragraph.is_empty() {
                        text.paragraph.push(' ');
                    }
                    text.paragraph.push_str(line);
                }
                Shape::Heading(..) | Shape::None => {}
            }
        }
    }
    text.end_paragraph();
    text.out
}

enum Shape<'a> {
    Blank,
    /// A row of a table that never closed.
    None,
    Heading(usize, &'a str),
    Item(&'a str),
    Paragraph(&'a str),
}

fn shape(line: &str) -> Shape<'_> {
    let visible = line.trim_matches(|c: char| c.is_whitespace() || c == LEFT_OUT || c == BREAK);
    if visible.is_empty() || (visible.len() >= 4 && visible.bytes().all(|byte| byte == b'-')) {
        return Shape::Blank;
    }
    if line.starts_with('|') || line.starts_with("{|") {
        return Shape::None;
    }
    let equals = visible.bytes().take_while(|byte| *byte == b'=').count();
    let closing = visible
        .bytes()
        .rev()
        .take_while(|byte| *byte == b'=')
        .count();
    let level = equals.min(closing).min(6);
    if level > 0
        && line.trim_start_matches(mark::is_mark).starts_with('=')
        && let Some(title) = visible.get(level..visible.len() - level)
        && !title.trim().is_empty()
    {
        return Shape::Heading(level, title.trim());
    }
    let item = line.trim_start_matches(['*', '#', ':', ';']);
    if item.len() < line.len() {
        return Shape::Item(item);
    }
    Shape::Paragraph(line)
}

struct Text {
    out: String,
    paragraph: String,
    /// Headings that have nothing under them yet, and their levels.
    headings: Vec<(usize, String)>,
    /// Level of the section that is left out.
    dropped: Option<usize>,
    is_after_item: bool,
}

impl Text {
    fn heading(&mut self, level: usize, title: &str, drop_sections: &[String]) {
        if self.dropped.is_some_and(|dropped| level > dropped) {
            return;
        }
        self.dropped = None;
        while self.headings.last().is_some_and(|(last, _)| *last >= level) {
            self.headings.pop();
        }
        let title = inline(title);
        let name = title.to_lowercase();
        let name = name.trim_matches(|c: char| c.is_whitespace() || c == ':');
        if drop_sections.iter().any(|dropped| dropped == name) {
            self.dropped = Some(level);
        } else if !title.is_empty() {
            self.headings.push((level, title));
        }
    }

    fn end_paragraph(&mut self) {
        let paragraph = std::mem::take(&mut self.paragraph);
        if !paragraph.is_empty() {
            self.block(&paragraph, false);
        }
    }

    fn block(&mut self, text: &str, is_item: bool) {
        let text = inline(text);
        if !text.chars().any(char::is_alphanumeric) {
            return;
        }
        for (_, heading) in std::mem::take(&mut self.headings) {
            self.gap("\n\n");
            self.out.push_str(&heading);
            self.is_after_item = false;
        }
        let is_tight = is_item && self.is_after_item;
        self.gap(if is_tight { "\n" } else { "\n\n" });
        self.out.push_str(&text);
        self.is_after_item = is_item;
    }

    fn gap(&mut self, gap: &str) {
        if !self.out.is_empty() {
            self.out.push_str(gap);
        }
    }
}

/// Text of a line: without marks of italic and bold, its references resolved, spaces and brackets tidy where
/// something was left out.
fn inline(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    quotes::strip(line, &mut plain);
    let decoded = entities::decode(&plain);
    let mut out = String::with_capacity(decoded.len());
    for c in decoded.chars() {
        match c {
            BREAK => {
                trim_space(&mut out);
                if !out.is_empty() {
                    out.push('\n');
                }
            }
            // Verse is indented by colons.
            ':' if out.ends_with('\n') => {}
            GUARD => {}
            APOSTROPHE => out.push('\''),
            ' ' | '\t' => {
                if !out.is_empty() && !out.ends_with([' ', '\n']) && !ends_with_gap(&out) {
                    out.push(' ');
                }
            }
            LEFT_OUT => {
                if !out.ends_with(LEFT_OUT) {
                    out.push(LEFT_OUT);
                }
            }
            ',' | '.' | ')' => {
                if out.ends_with(LEFT_OUT) {
                    out.pop();
                    trim_space(&mut out);
                    // Brackets with nothing but gaps between them.
                    if c == ')' && close_empty(&mut out) {
                        continue;
                    }
                } else if c == ')' && has_gap_since_bracket(&out) && close_empty(&mut out) {
                    continue;
                }
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out.retain(|c| c != LEFT_OUT);
    let length = out.trim_end().len();
    out.truncate(length);
    let start = out.len() - out.trim_start().len();
    out.drain(..start);
    out
}

fn trim_space(out: &mut String) {
    let length = out.trim_end_matches([' ', LEFT_OUT]).len();
    out.truncate(length);
}

/// True if the text ends with a space and a gap, so that a further space would be one too many.
fn ends_with_gap(out: &str) -> bool {
    out.strip_suffix(LEFT_OUT)
        .is_some_and(|before| before.is_empty() || before.ends_with([' ', '\n']))
}

/// Characters that are nothing by themselves between brackets.
fn is_filler(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | ';' | ':' | LEFT_OUT)
}

/// True if a bracket stands before nothing but filler and a gap. Looks at a few characters only.
fn has_gap_since_bracket(out: &str) -> bool {
    let filler = out.chars().rev().take(16).take_while(|c| is_filler(*c));
    filler.into_iter().any(|c| c == LEFT_OUT)
}

/// Takes an open bracket with nothing but filler behind it away.
fn close_empty(out: &mut String) -> bool {
    let filler = out.chars().rev().take(16).take_while(|c| is_filler(*c));
    let length: usize = filler.map(char::len_utf8).sum();
    let before = out.get(..out.len() - length).unwrap_or_default();
    let Some(before) = before.strip_suffix('(') else {
        return false;
    };
    let length = before.len();
    out.truncate(length);
    // The space before it stays for the word after it, unless a mark follows; a gap tells.
    out.push(LEFT_OUT);
    true
}
