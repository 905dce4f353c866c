//! Escapes of roff resolved: fonts and motions go, named characters and strings become text, groff(7).

use std::cell::Cell;
use std::collections::HashMap;

use super::specials;

/// Strings that a page defines by `.ds`, and how many bytes they may still be expanded to.
#[derive(Debug, Default)]
pub(super) struct Strings {
    values: HashMap<String, String>,
    left: Cell<usize>,
}

impl Strings {
    pub(super) fn new(expanded_bytes_max: usize) -> Self {
        Self {
            values: HashMap::new(),
            left: Cell::new(expanded_bytes_max),
        }
    }

    pub(super) fn define(&mut self, name: &str, value: &str, appends: bool) {
        let slot = self.values.entry(name.to_owned()).or_default();
        if !appends {
            slot.clear();
        }
        slot.push_str(value);
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// The value of a string, as long as there is room for it.
    fn expanded(&self, name: &str) -> Option<&str> {
        let value = self.values.get(name)?;
        let left = self.left.get().checked_sub(value.len() + 1);
        self.left.set(left.unwrap_or(0));
        left.map(|_| value.as_str())
    }
}

/// Strings that macro packages define.
const PREDEFINED: &[(&str, &str)] = &[
    ("lq", "“"),
    ("rq", "”"),
    ("R", "®"),
    ("Tm", "™"),
    ("Aq", "'"),
    ("C`", ""),
    ("C'", ""),
    ("C+", "C++"),
    ("--", "—"),
    ("PI", "π"),
    ("L\"", "“"),
    ("R\"", "”"),
    ("Lq", "“"),
    ("Rq", "”"),
    ("q", "\""),
    ("Ba", "|"),
    ("Ne", "≠"),
    ("Ge", "≥"),
    ("Le", "≤"),
    ("Lt", "<"),
    ("Gt", ">"),
    ("Pm", "±"),
    ("If", "∞"),
    ("Na", "NaN"),
];
/// Strings inside of strings are followed so far.
const DEPTH_MAX: usize = 4;

/// A line without escapes, and whether it goes on without a space (`\c`).
pub(super) fn plain(line: &str, strings: &Strings) -> (String, bool) {
    let mut out = String::with_capacity(line.len());
    let mut goes_on = false;
    write(&mut out, &mut goes_on, line, strings, 0);
    (out, goes_on)
}

/// As [`plain`], for one argument.
pub(super) fn argument(text: &str, strings: &Strings) -> String {
    plain(text, strings).0
}

fn write(out: &mut String, goes_on: &mut bool, line: &str, strings: &Strings, depth: usize) {
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let mut letters = after.chars();
        let Some(letter) = letters.next() else {
            return;
        };
        rest = letters.as_str();
        match letter {
            '-' => out.push('-'),
            '~' | ' ' => out.push('\u{a0}'),
            '0' => out.push(' '),
            'e' | '\\' | 'E' => out.push('\\'),
            't' => out.push('\t'),
            '\'' | '´' => out.push('\''),
            '`' => out.push('`'),
            '.' => out.push('.'),
            '_' => out.push('_'),
            '"' | '#' => return,
            'c' => *goes_on = true,
            'f' | 'F' | 'm' | 'M' | 'n' | 'k' | 'g' | 'Y' | 'V' => {
                rest = name(rest.trim_start_matches(['+', '-'])).1;
            }
            's' => rest = after_size(rest),
            'h' | 'v' | 'l' | 'L' | 'D' | 'X' | 'x' | 'w' | 'b' | 'S' | 'H' | 'R' | 'B' | 'A' => {
                rest = delimited(rest).1;
            }
            'Z' | 'o' => {
                let (inside, tail) = delimited(rest);
                rest = tail;
                // Overstruck: the first letter stands for all.
                let taken = if letter == 'o' {
                    inside.chars().next().map(String::from)
                } else {
                    None
                };
                out.push_str(&taken.unwrap_or_default());
            }
            'N' => {
                let (code, tail) = delimited(rest);
                rest = tail;
                out.extend(code.parse().ok().and_then(char::from_u32));
            }
            '(' | '[' | 'C' => {
                let (name, tail) = match letter {
                    'C' => delimited(rest),
                    _ => name(after),
                };
                rest = tail;
                match specials::character(name) {
                    Some(text) => out.push_str(&text),
                    None => out.push_str(
                        name.split_whitespace()
                            .next()
                            .filter(|_| name.contains(' '))
                            .unwrap_or_default(),
                    ),
                }
            }
            '*' => {
                let (name, tail) = name(rest);
                rest = tail;
                string(out, goes_on, name, strings, depth);
            }
            // Nothing to see: joints, hyphenation points, thin spaces, half-line motions.
            '&' | '/' | ',' | '|' | '^' | ')' | '%' | ':' | '!' | '?' | 'u' | 'd' | 'r' | 'p'
            | 'a' | 'z' | '{' | '}' | '\n' => {}
            '$' => {
                rest =
                    rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '*' || c == '@');
            }
            other => out.push(other),
        }
    }
    out.push_str(rest);
}

fn string(out: &mut String, goes_on: &mut bool, name: &str, strings: &Strings, depth: usize) {
    if strings.has(name) {
        if let Some(value) = strings.expanded(name).filter(|_| depth < DEPTH_MAX) {
            write(out, goes_on, value, strings, depth + 1);
        }
    } else if let Some((_, value)) = PREDEFINED.iter().find(|(known, _)| *known == name) {
        out.push_str(value);
    }
}

/// A name as escapes write it: one letter, `(` and two, or in brackets. Returns it and what follows.
pub(super) fn name(text: &str) -> (&str, &str) {
    if let Some(inside) = text.strip_prefix('[') {
        return inside.split_once(']').unwrap_or((inside, ""));
    }
    let (text, letters) = match text.strip_prefix('(') {
        Some(text) => (text, 2),
        None => (text, 1),
    };
    let end = text
        .char_indices()
        .nth(letters)
        .map_or(text.len(), |(at, _)| at);
    text.split_at(end)
}

/// What stands between two of the same letter. Returns it and what follows.
fn delimited(text: &str) -> (&str, &str) {
    let mut letters = text.chars();
    let Some(mark) = letters.next() else {
        return ("", "");
    };
    match letters.as_str().split_once(mark) {
        Some(parts) => parts,
        None => ("", letters.as_str()),
    }
}

/// What follows a size: `\s-1`, `\s+1`, `\s10`, `\s(10`, `\s[10]`, `\s'10'`.
fn after_size(text: &str) -> &str {
    let text = text.trim_start_matches(['+', '-']);
    match text.chars().next() {
        Some('(' | '[') => name(text).1,
        Some('\'') => delimited(text).1,
        // Two digits only up to 39, as of old.
        Some('1'..='3') => text.get(1..).map_or("", |rest| {
            rest.strip_prefix(|c: char| c.is_ascii_digit())
                .unwrap_or(rest)
        }),
        Some(c) if c.is_ascii_digit() => text.get(1..).unwrap_or_default(),
        _ => text,
    }
}

/// Arguments of a request: words, or strings in quotes with `""` for one quote.
pub(super) fn arguments(text: &str) -> Vec<String> {
    let mut arguments = Vec::new();
    let mut rest = text.trim_start_matches([' ', '\t']);
    while !rest.is_empty() && !rest.starts_with("\\\"") {
        let mut argument = String::new();
        if let Some(quoted) = rest.strip_prefix('"') {
            rest = quoted;
            loop {
                let (part, tail) = rest.split_once('"').unwrap_or((rest, ""));
                argument.push_str(part);
                rest = tail;
                match rest.strip_prefix('"') {
                    Some(tail) => {
                        argument.push('"');
                        rest = tail;
                    }
                    None => break,
                }
            }
        } else {
            let mut guarded = false;
            let end = rest.find(|c: char| {
                let ends = !guarded && (c == ' ' || c == '\t');
                guarded = c == '\\' && !guarded;
                ends
            });
            let (word, tail) = rest.split_at(end.unwrap_or(rest.len()));
            argument.push_str(word);
            rest = tail;
        }
        arguments.push(argument);
        rest = rest.trim_start_matches([' ', '\t']);
    }
    arguments
}
