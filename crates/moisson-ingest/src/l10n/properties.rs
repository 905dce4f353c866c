//! Properties, as `java.util.Properties` reads them: logical lines, separators, escapes.

use super::{Strings, is_no_text};

/// Reads the strings of a file.
pub(super) fn read(text: &str) -> Strings {
    let mut strings = Strings::default();
    let mut logical = String::new();
    let mut continues = false;
    for line in text.lines() {
        let line = line.trim_start_matches([' ', '\t', '\u{c}']);
        if !continues && (line.is_empty() || line.starts_with(['#', '!'])) {
            continue;
        }
        let backslashes = line.bytes().rev().take_while(|byte| *byte == b'\\').count();
        continues = backslashes % 2 == 1;
        logical.push_str(
            line.get(..line.len() - usize::from(continues))
                .unwrap_or_default(),
        );
        if !continues {
            entry(&mut strings, &logical);
            logical.clear();
        }
    }
    if !logical.is_empty() {
        entry(&mut strings, &logical);
    }
    strings
}

fn entry(strings: &mut Strings, line: &str) {
    let (key, value) = parted(line);
    if !is_no_text(&unescaped(key)) {
        strings.push(&unescaped(value));
    }
}

/// Key and value: the first separator that no backslash guards, white space around it.
fn parted(line: &str) -> (&str, &str) {
    let is_space = |c: char| matches!(c, ' ' | '\t' | '\u{c}');
    let mut guarded = false;
    let end = line.find(|c: char| {
        let ends = !guarded && (is_space(c) || c == '=' || c == ':');
        guarded = c == '\\' && !guarded;
        ends
    });
    let (key, rest) = line.split_at(end.unwrap_or(line.len()));
    let rest = rest.trim_start_matches(is_space);
    let value = rest.strip_prefix(['=', ':']).unwrap_or(rest);
    (key, value.trim_start_matches(is_space))
}

/// Resolves `\uXXXX` (pairs of surrogates too), `\n`, `\t`, and takes the backslash off anything else.
fn unescaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    let mut high: Option<u16> = None;
    while let Some((before, after)) = rest.split_once('\\') {
        if !before.is_empty() {
            high = None;
        }
        out.push_str(before);
        let unit = after
            .strip_prefix('u')
            .and_then(|digits| digits.get(..4))
            .and_then(|digits| u16::from_str_radix(digits, 16).ok());
        if let Some(unit) = unit {
            match (high.take(), unit) {
                (Some(first), 0xdc00..=0xdfff) => {
                    out.extend(char::decode_utf16([first, unit]).flatten());
                }
                (_, 0xd800..=0xdbff) => high = Some(unit),
                _ => out.extend(char::from_u32(u32::from(unit))),
            }
            rest = after.get(5..).unwrap_or_default();
            continue;
        }
        high = None;
        let mut letters = after.chars();
        match letters.next() {
            Some('n' | 'r' | 't' | 'f') => out.push(' '),
            other => out.extend(other),
        }
        rest = letters.as_str();
    }
    out.push_str(rest);
    out
}
