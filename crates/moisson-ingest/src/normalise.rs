//! Normalisation: the steps that make a text final, each named, counted and switchable.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Which steps are taken; all of them by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one switch of the pipeline file"
)]
pub struct NormaliseParams {
    /// Unicode normalisation form C.
    pub nfc: bool,
    /// Carriage returns, next line, line and paragraph separators, form feeds become newlines.
    pub line_ends: bool,
    /// Control characters other than newline and tab, zero-width spaces and byte-order marks are removed.
    pub control: bool,
    /// Soft hyphens (U+00AD) are removed.
    pub soft_hyphens: bool,
    /// Runs of blanks inside a line become one, blanks at line ends go, at most one empty line stays. No-break
    /// spaces stay as they are inside a line, where French typography wants them, and so does indentation.
    pub white_space: bool,
}

impl Default for NormaliseParams {
    fn default() -> Self {
        Self {
            nfc: true,
            line_ends: true,
            control: true,
            soft_hyphens: true,
            white_space: true,
        }
    }
}

/// How many texts each step changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct NormaliseCounts {
    /// Texts with other line ends.
    pub line_ends: u64,
    /// Texts with control characters.
    pub control: u64,
    /// Texts with soft hyphens.
    pub soft_hyphens: u64,
    /// Texts that were not in form C.
    pub nfc: u64,
    /// Texts with white space to tidy.
    pub white_space: u64,
}

impl NormaliseCounts {
    /// Returns the counts by name, in the order of the steps.
    pub fn named(&self) -> [(&'static str, u64); 5] {
        [
            ("normalise/line-ends", self.line_ends),
            ("normalise/control", self.control),
            ("normalise/soft-hyphens", self.soft_hyphens),
            ("normalise/nfc", self.nfc),
            ("normalise/white-space", self.white_space),
        ]
    }
}

/// Returns the final form of a text. Taking it twice changes nothing more.
///
/// Characters are removed before form C is taken, since a removal may bring a letter and its accent together.
pub fn normalise<'a>(
    text: &'a str,
    params: NormaliseParams,
    counts: &mut NormaliseCounts,
) -> Cow<'a, str> {
    let mut text = Cow::Borrowed(text);
    if let Some(clean) = replace_characters(&text, params, counts) {
        text = Cow::Owned(clean);
    }
    if params.nfc && needs_nfc(&text) {
        text = Cow::Owned(text.nfc().collect());
        counts.nfc += 1;
    }
    if params.white_space && may_need_tidying(&text) {
        let tidy = tidy_white_space(&text);
        if tidy != text {
            text = Cow::Owned(tidy);
            counts.white_space += 1;
        }
    }
    text
}

/// What becomes of a character.
enum Fate {
    Kept,
    LineEnd,
    Control,
    SoftHyphen,
}

fn fate(character: char) -> Fate {
    match character {
        '\n' | '\t' => Fate::Kept,
        '\r' | '\u{B}' | '\u{C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Fate::LineEnd,
        '\u{AD}' => Fate::SoftHyphen,
        '\0'..='\u{1F}'
        | '\u{7F}'..='\u{9F}'
        | '\u{200B}'
        | '\u{2060}'
        | '\u{FEFF}'
        | '\u{FFFE}'
        | '\u{FFFF}' => Fate::Control,
        _ => Fate::Kept,
    }
}

/// True for the first bytes of characters whose fate is not plain: the scan looks no further at others.
const SUSPECT: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = true;
        byte += 1;
    }
    table[b'\n' as usize] = false;
    table[b'\t' as usize] = false;
    table[0x7F] = true;
    table[0xC2] = true; // U+0080 to U+00BF
    table[0xE2] = true; // U+2000 to U+2FFF
    table[0xEF] = true; // U+F000 to U+FFFF
    table
};

/// The steps that look at one character at a time, in one pass. `None` if nothing changes.
fn replace_characters(
    text: &str,
    params: NormaliseParams,
    counts: &mut NormaliseCounts,
) -> Option<String> {
    let bytes = text.as_bytes();
    let mut clean = String::new();
    let (mut copied, mut at) = (0, 0);
    let (mut line_ends, mut control, mut soft_hyphens) = (false, false, false);
    while let Some(ahead) = bytes
        .get(at..)
        .and_then(|rest| rest.iter().position(|b| SUSPECT[usize::from(*b)]))
    {
        at += ahead;
        let Some(character) = text.get(at..).and_then(|rest| rest.chars().next()) else {
            break;
        };
        let end = at + character.len_utf8();
        let replacement = match fate(character) {
            Fate::LineEnd if params.line_ends => {
                line_ends = true;
                let is_crlf = character == '\r' && bytes.get(end) == Some(&b'\n');
                Some(if is_crlf { "" } else { "\n" })
            }
            Fate::Control if params.control => {
                control = true;
                Some("")
            }
            Fate::SoftHyphen if params.soft_hyphens => {
                soft_hyphens = true;
                Some("")
            }
            _ => None,
        };
        if let Some(replacement) = replacement {
            clean.push_str(text.get(copied..at).unwrap_or_default());
            clean.push_str(replacement);
            copied = end;
        }
        at = end;
    }
    counts.line_ends += u64::from(line_ends);
    counts.control += u64::from(control);
    counts.soft_hyphens += u64::from(soft_hyphens);
    (line_ends || control || soft_hyphens).then(|| {
        clean.push_str(text.get(copied..).unwrap_or_default());
        clean
    })
}

/// True if the text is not in form C.
///
/// Everything below U+0300 is in form C, and of general punctuation everything but U+2000 and U+2001: French text
/// rarely needs the slow look.
fn needs_nfc(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_plain = |at: usize, byte: u8| match byte {
        0xE2 => bytes.get(at + 1) == Some(&0x80) && bytes.get(at + 2).is_some_and(|b| *b > 0x81),
        _ => byte < 0xCC,
    };
    if bytes
        .iter()
        .enumerate()
        .all(|(at, byte)| is_plain(at, *byte))
    {
        return false;
    }
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => false,
        IsNormalized::No => true,
        IsNormalized::Maybe => !text.nfc().eq(text.chars()),
    }
}

/// Blanks that become a space; no-break spaces are not among them.
fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\u{1680}' | '\u{2000}'..='\u{2006}' | '\u{2008}'..='\u{200A}'
        | '\u{205F}' | '\u{3000}')
}

/// A cheap look: true where [`tidy_white_space`] could change something.
fn may_need_tidying(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n');
    if bytes.first().is_some_and(|b| !b.is_ascii_graphic())
        || bytes.last().is_some_and(|b| !b.is_ascii_graphic())
    {
        return true;
    }
    bytes.windows(2).any(|pair| match pair {
        [b' ' | b'\t' | b'\r' | 0xB | 0xC, next] => is_space(next),
        [b'\n', next] => *next == b'\n' || *next >= 0x80,
        [0xC2, 0x85 | 0xA0] | [0xE2, 0x80..=0x81] | [0xE1, 0x9A] | [0xE3, 0x80] => true,
        _ => false,
    })
}

fn tidy_white_space(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    let mut empty_lines = 0;
    for line in text.split('\n') {
        let line = line.trim_end();
        if line.is_empty() {
            empty_lines += 1;
            continue;
        }
        if !tidy.is_empty() {
            tidy.push_str(if empty_lines > 0 { "\n\n" } else { "\n" });
        }
        empty_lines = 0;
        let line = if tidy.is_empty() {
            line.trim_start()
        } else {
            line
        };
        push_line(&mut tidy, line);
    }
    tidy
}

/// Pushes a line, its indentation as it is and each run of blanks after it as one.
fn push_line(tidy: &mut String, line: &str) {
    let body = line.trim_start_matches([' ', '\t']);
    let indentation = line.len() - body.len();
    tidy.push_str(line.get(..indentation).unwrap_or_default());
    let mut run: Option<char> = None;
    let mut copied = 0;
    for (at, character) in body.char_indices() {
        if is_blank(character) {
            if run.is_none() {
                tidy.push_str(body.get(copied..at).unwrap_or_default());
            }
            let is_tab = character == '\t' || run == Some('\t');
            run = Some(if is_tab { '\t' } else { ' ' });
            copied = at + character.len_utf8();
        } else if let Some(blank) = run.take() {
            tidy.push(blank);
        }
    }
    tidy.push_str(body.get(copied..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use proptest::prelude::*;

    use super::{NormaliseCounts, NormaliseParams, normalise};

    fn all(text: &str) -> String {
        normalise(
            text,
            NormaliseParams::default(),
            &mut NormaliseCounts::default(),
        )
        .into_owned()
    }

    #[test]
    fn texts_as_a_table() {
        let check = |text: &str, expected: &str| assert_eq!(all(text), expected, "{text:?}");
        check("", "");
        check(" \u{A0}\n\t ", "");
        check("a\r\nb\rc\u{85}d\u{2028}e\u{C}f", "a\nb\nc\nd\ne\nf");
        check("a\0b\u{1B}c\u{7F}d\u{9D}e\u{200B}f\u{FEFF}", "abcdef");
        check("co\u{AD}opé\u{AD}ration", "coopération");
        check("e\u{301}te\u{301}", "été");
        check("e\u{AD}\u{301}", "é"); // a removal brings letter and accent together
        check("\u{212B}ngström", "Ångström");
        check("a  b \t c\u{2003}\u{2003}d", "a b\tc d");
        check("« été\u{A0}»\u{202F}!", "« été\u{A0}»\u{202F}!"); // French no-break spaces stay
        check("fin \u{A0}\nsuite", "fin\nsuite");
        check("a\n\n\n\n \u{A0}\nb\n\n", "a\n\nb");
        check("a\n    b  c", "a\n    b c"); // indentation stays
        check("  a", "a");
        check("👨\u{200D}👩", "👨\u{200D}👩"); // joiners mean something
        check("œuvre… l’« avis »", "œuvre… l’« avis »");
    }

    #[test]
    fn steps_are_counted_and_can_be_left_out() {
        let dirty = "e\u{301}\r\nco\u{AD}op\0  x";
        let mut counts = NormaliseCounts::default();
        normalise(dirty, NormaliseParams::default(), &mut counts);
        assert_eq!(counts.named().map(|(_, count)| count), [1; 5]);
        let off = |change: fn(&mut NormaliseParams), kept: &str| {
            let mut params = NormaliseParams::default();
            change(&mut params);
            let text = normalise(dirty, params, &mut NormaliseCounts::default()).into_owned();
            assert!(text.contains(kept), "{text:?} {kept:?}");
        };
        off(|p| p.nfc = false, "e\u{301}");
        off(|p| p.soft_hyphens = false, "\u{AD}");
        off(|p| p.control = false, "\0");
        off(|p| p.white_space = false, "  ");
        let mut params = NormaliseParams {
            line_ends: false,
            ..NormaliseParams::default()
        };
        params.white_space = false;
        params.control = false;
        let text = normalise(dirty, params, &mut NormaliseCounts::default()).into_owned();
        assert!(text.contains("\r\n"));
    }

    #[test]
    fn a_clean_text_is_not_copied() {
        for text in ["L’« été »\u{A0}: voilà.\n\nFin.", "a\n  b", "plain"] {
            let mut counts = NormaliseCounts::default();
            let normal = normalise(text, NormaliseParams::default(), &mut counts);
            assert!(matches!(normal, Cow::Borrowed(_)), "{text:?}");
            assert_eq!(counts, NormaliseCounts::default());
        }
    }

    proptest! {
        #[test]
        fn normalising_twice_changes_nothing(
            text in "[a-eé\u{301}\u{327}\u{AD}\u{A0}\u{202F}\u{2000}\u{2003}\u{3000}\u{2028}\u{85}\u{FEFF}\u{212B}\u{1100}\u{1161} \t\r\n\0]{0,40}|\\PC{0,40}",
            switches in any::<[bool; 5]>(),
        ) {
            let [nfc, line_ends, control, soft_hyphens, white_space] = switches;
            let params = NormaliseParams { nfc, line_ends, control, soft_hyphens, white_space };
            let once = normalise(&text, params, &mut NormaliseCounts::default()).into_owned();
            let mut counts = NormaliseCounts::default();
            let twice = normalise(&once, params, &mut counts);
            prop_assert_eq!(&twice, &once);
            prop_assert_eq!(counts, NormaliseCounts::default());
        }
    }
}
