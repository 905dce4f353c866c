//! Words and marks, close to what spaCy's blank French makes of a text.
//!
//! The filters that published French thresholds were fitted with count these tokens: elisions are split after the
//! apostrophe (`l'`, `État`), marks around a word are tokens of their own. Unlike spaCy, words with a hyphen are never
//! taken apart (`chef-lieu`, `dit-il`), nor does the list of several hundred single exceptions exist here.

use crate::mark;

/// Returns the words and marks of `text` in order, as slices of it.
///
/// Chunks between white space are stripped of marks at both ends, each a token (a run of full stops is one). What is
/// left is split after an elision, around `…` and signs, around `/ : < > =` before a letter, a comma or a dash between
/// letters, a full stop between a small letter and a capital, and a hyphen or sign between digits. Numbers keep their
/// inner `.` and `,`; an initial and a few abbreviations (`M.`, `etc.`) keep their stop; addresses stay whole.
/// Linear in bytes, no allocation.
pub fn words(text: &str) -> Words<'_> {
    Words {
        text,
        at: 0,
        body_end: 0,
        chunk_end: 0,
        marks: 0,
        start: false,
    }
}

/// True if `token` holds no character of a word: punctuation and controls only. True for the empty token.
pub fn is_symbol(token: &str) -> bool {
    token.chars().all(mark::is_symbol)
}

/// Iterator over tokens, made by [`words`].
#[derive(Debug, Clone)]
pub struct Words<'a> {
    text: &'a str,
    /// First byte not yet given out.
    at: usize,
    /// End of the part of the chunk before its closing marks; holds once `start` is false.
    body_end: usize,
    /// End of the chunk (up to white space).
    chunk_end: usize,
    /// Classes of bytes in the chunk.
    marks: u8,
    /// True while opening marks may come and `body_end` is not known.
    start: bool,
}

impl<'a> Iterator for Words<'a> {
    type Item = &'a str;

    #[inline]
    fn next(&mut self) -> Option<&'a str> {
        if self.at >= self.chunk_end {
            self.next_chunk()?;
            if self.marks == 0 {
                return self.take(self.chunk_end);
            }
            self.start = true;
        }
        self.next_in_chunk()
    }
}

/// Nothing but letters.
const LETTER: u8 = 0;
const DIGIT: u8 = 1;
const HYPHEN: u8 = 2;
const APOSTROPHE: u8 = 4;
/// Other marks in ASCII.
const MARK: u8 = 8;
/// First byte of a character that may be a mark or a space: U+0080 to U+00BF and from U+0800 on.
const HIGH: u8 = 16;
const SPACE: u8 = 128;

const CLASS: [u8; 256] = {
    let mut class = [LETTER; 256];
    let mut byte = 0;
    while byte < 256 {
        class[byte] = match byte {
            0x09..=0x0D | 0x1C..=0x20 => SPACE,
            0x30..=0x39 => DIGIT,
            0x2D => HYPHEN,
            0x27 => APOSTROPHE,
            0x41..=0x5A | 0x61..=0x7A => LETTER,
            0x00..=0x7F => MARK,
            0xC2 | 0xE0..=0xFF => HIGH,
            _ => LETTER,
        };
        byte += 1;
    }
    class
};

impl<'a> Words<'a> {
    /// Byte after the last token given out, 0 before the first.
    pub fn offset(&self) -> usize {
        self.at
    }

    /// Finds the next chunk and the classes of its bytes.
    fn next_chunk(&mut self) -> Option<()> {
        let bytes = self.text.as_bytes();
        let mut at = self.at;
        loop {
            let byte = *bytes.get(at)?;
            match CLASS[usize::from(byte)] {
                SPACE => at += 1,
                HIGH => match self.space_at(at) {
                    0 => break,
                    length => at += length,
                },
                _ => break,
            }
        }
        self.at = at;
        let mut marks = 0;
        while let Some(&byte) = bytes.get(at) {
            let class = CLASS[usize::from(byte)];
            if class == SPACE || (class == HIGH && self.space_at(at) > 0) {
                break;
            }
            marks |= class;
            at += 1;
        }
        self.chunk_end = at;
        self.marks = marks;
        Some(())
    }

    /// Length of the white space character at `at` that is not ASCII, 0 if there is none.
    fn space_at(&self, at: usize) -> usize {
        let bytes = self.text.as_bytes();
        match (bytes.get(at), bytes.get(at + 1), bytes.get(at + 2)) {
            (Some(0xC2), Some(0xA0 | 0x85), _) => 2,
            (Some(0xE1), Some(0x9A), Some(0x80))
            | (Some(0xE2), Some(0x80), Some(0x80..=0x8A | 0xA8 | 0xA9 | 0xAF))
            | (Some(0xE2), Some(0x81), Some(0x9F))
            | (Some(0xE3), Some(0x80), Some(0x80)) => 3,
            _ => 0,
        }
    }

    /// Next token of a chunk that holds more than letters.
    fn next_in_chunk(&mut self) -> Option<&'a str> {
        if self.start {
            if let Some(end) = self.opening_mark() {
                return self.take(end);
            }
            self.start = false;
            self.body_end = self.body_end();
        }
        let end = if self.at < self.body_end {
            self.body_token()
        } else {
            self.closing_mark()
        };
        self.take(end)
    }

    fn take(&mut self, end: usize) -> Option<&'a str> {
        let token = self.text.get(self.at..end);
        self.at = end;
        token
    }

    fn char_at(&self, at: usize) -> Option<char> {
        self.text.get(at..self.chunk_end)?.chars().next()
    }

    fn char_before(&self, at: usize) -> Option<char> {
        self.text.get(self.at..at)?.chars().next_back()
    }

    /// End of the run of full stops at `at`.
    fn stops_end(&self, at: usize, limit: usize) -> usize {
        let run = self.text.as_bytes().get(at..limit).unwrap_or_default();
        at + run.iter().take_while(|&&byte| byte == b'.').count()
    }

    /// End of the opening mark at the start of what is left of the chunk.
    fn opening_mark(&self) -> Option<usize> {
        let first = self.char_at(self.at)?;
        let after = self.at + first.len_utf8();
        let opens = match first {
            '.' => {
                let end = self.stops_end(self.at, self.chunk_end);
                return (end > after).then_some(end);
            }
            '+' => !self
                .char_at(after)
                .is_some_and(|next| next.is_ascii_digit()),
            '§' | '%' | '=' | '—' | '–' | '…' => true,
            _ => is_edge(first) || is_currency(first) || (is_sign(first) && after < self.chunk_end),
        };
        opens.then_some(after)
    }

    /// Where the closing marks of the chunk begin.
    fn body_end(&self) -> usize {
        let mut end = self.chunk_end;
        while let Some(last) = self.char_before(end) {
            let before = end - last.len_utf8();
            if before == self.at {
                break;
            }
            let length = match last {
                '.' => self.closing_stops(end),
                '…' => 3,
                '%' | '+' => usize::from(self.digit_before(before)),
                _ if is_edge(last) => last.len_utf8(),
                _ if is_currency(last) && self.digit_before(before) => last.len_utf8(),
                _ if self.marks & DIGIT != 0 => self.unit_before(end),
                _ => 0,
            };
            if length == 0 {
                break;
            }
            end -= length;
        }
        end
    }

    fn digit_before(&self, at: usize) -> bool {
        self.char_before(at)
            .is_some_and(|character| character.is_ascii_digit())
    }

    /// Length of the closing full stops before `end`: 0 where a single one belongs to the word.
    fn closing_stops(&self, end: usize) -> usize {
        let Some(body) = self.text.get(self.at..end) else {
            return 0;
        };
        let word = body.trim_end_matches('.');
        let stops = body.len() - word.len();
        if stops != 1 {
            return if word.is_empty() { 0 } else { stops };
        }
        let mut back = word.chars().rev();
        let (last, earlier) = (back.next(), back.next());
        let initial = earlier.is_none() && last.is_some_and(char::is_alphabetic);
        if initial || ABBREVIATIONS.contains(&word) {
            return 0;
        }
        let closes = last.is_some_and(|last| {
            last.is_ascii_digit()
                || (last.is_alphabetic() && !last.is_uppercase())
                || matches!(last, '%' | '²' | '-' | '+' | '(' | ')' | '?' | ':')
                || is_quote(last)
                || (last.is_uppercase() && earlier.is_some_and(char::is_uppercase))
        });
        usize::from(closes)
    }

    /// Length of a unit right after a digit before `end`.
    fn unit_before(&self, end: usize) -> usize {
        let bytes = self.text.as_bytes().get(self.at..end).unwrap_or_default();
        let tail = bytes
            .iter()
            .rev()
            .take(5)
            .take_while(|byte| !byte.is_ascii_digit())
            .count();
        let unit = self.text.get(end - tail..end).unwrap_or_default();
        if tail < bytes.len() && tail < 5 && UNITS.contains(&unit) {
            tail
        } else {
            0
        }
    }

    /// End of the closing mark at `at`; a unit counts as one.
    fn closing_mark(&self) -> usize {
        let Some(first) = self.char_at(self.at) else {
            return self.chunk_end;
        };
        let after = self.at + first.len_utf8();
        match first {
            '.' => self.stops_end(self.at, self.chunk_end),
            _ if !first.is_alphabetic() => after,
            _ => self
                .text
                .get(after..self.chunk_end)
                .and_then(|rest| rest.find(|c| is_edge(c) || matches!(c, '.' | '…' | '%' | '+')))
                .map_or(self.chunk_end, |length| after + length),
        }
    }

    /// End of the token that starts at `at` inside the body.
    fn body_token(&self) -> usize {
        let body = self
            .text
            .as_bytes()
            .get(..self.body_end)
            .unwrap_or_default();
        if self.marks & (MARK | HIGH) != 0 && self.is_address() {
            return self.body_end;
        }
        let mut at = self.at;
        while let Some(&byte) = body.get(at) {
            let class = CLASS[usize::from(byte)];
            if class & !DIGIT == 0 {
                at += 1;
                continue;
            }
            let Some(character) = self.char_at(at) else {
                at += 1; // inside a character
                continue;
            };
            if matches!(character, '\'' | '’') {
                let end = at + character.len_utf8();
                if self.is_elision(at, end) {
                    return end;
                }
            } else if let Some(length) = self.inner_mark(at, character) {
                return if at == self.at { at + length } else { at };
            }
            at += character.len_utf8();
        }
        self.body_end
    }

    /// True if the body is an address on the web, which stays whole.
    fn is_address(&self) -> bool {
        let body = self.text.get(self.at..self.body_end).unwrap_or_default();
        body.starts_with("www.") || body.starts_with("http://") || body.starts_with("https://")
    }

    /// True if an apostrophe between letters ends an elision.
    fn is_elision(&self, at: usize, end: usize) -> bool {
        let letter = |character: Option<char>| character.is_some_and(char::is_alphabetic);
        let word = self.text.get(self.at..at).unwrap_or_default();
        end < self.body_end
            && letter(self.char_before(at))
            && letter(self.char_at(end))
            && !WHOLE.iter().any(|whole| word.eq_ignore_ascii_case(whole))
    }

    /// Length of the mark at `at` if it splits the body there.
    fn inner_mark(&self, at: usize, mark: char) -> Option<usize> {
        let length = mark.len_utf8();
        // The token before the mark has been given out when the mark itself is asked for.
        let before = self.text.get(..at)?.chars().next_back().filter(|_| at > 0);
        let next = self
            .char_at(at + length)
            .filter(|_| at + length < self.body_end);
        let letter = |character: Option<char>| character.is_some_and(char::is_alphabetic);
        let digit = |character: Option<char>| character.is_some_and(|c| c.is_ascii_digit());
        let splits = match mark {
            '.' => {
                let end = self.stops_end(at, self.body_end);
                if end - at > 1 {
                    return Some(end - at);
                }
                before.is_some_and(|c| (c.is_alphabetic() && !c.is_uppercase()) || is_quote(c))
                    && next.is_some_and(|c| (c.is_alphabetic() && !c.is_lowercase()) || is_quote(c))
            }
            '…' => true,
            ',' | '–' | '—' | '~' => letter(before) && letter(next),
            ':' | '<' | '>' | '=' | '/' => (letter(before) || digit(before)) && letter(next),
            '+' | '*' | '^' | '-' => digit(before) && (digit(next) || next == Some('-')),
            '°' => !matches!(self.text.get(self.at..self.body_end), Some("n°" | "d°")),
            _ => is_sign(mark),
        };
        splits.then_some(length)
    }
}

/// First parts that an apostrophe does not cut off: `aujourd'hui`, `prud'homme`, `entr'ouvrir`, `grand'rue`.
const WHOLE: &[&str] = &["aujourd", "prud", "entr", "grand"];

/// Words that keep their full stop.
const ABBREVIATIONS: &[&str] = &[
    "Dr", "MM", "Mlle", "Mme", "Mr", "No", "St", "Ste", "Vol", "apr", "av", "avr", "cf", "déc",
    "etc", "févr", "janv", "juill", "nov", "oct", "pp", "sept",
];

/// Units that are split off a number.
const UNITS: &[&str] = &[
    "G", "GB", "Gb", "K", "KB", "Kb", "M", "MB", "Mb", "Pa", "T", "TB", "cm", "cm²", "cm³", "dm",
    "dm²", "dm³", "ft", "g", "gb", "hPa", "ha", "in", "kb", "kg", "km", "km/h", "km²", "km³",
    "kmh", "lb", "m", "m/s", "mb", "mbar", "mg", "mm", "mm²", "mm³", "mph", "m²", "m³", "nm", "oz",
    "t", "tb", "yd", "µg", "µm",
];

/// Quotes and apostrophes.
fn is_quote(character: char) -> bool {
    matches!(
        character,
        '\'' | '"'
            | '`'
            | '”'
            | '“'
            | '‘'
            | '´'
            | '’'
            | '‚'
            | ','
            | '„'
            | '»'
            | '«'
            | '「'
            | '」'
            | '『'
            | '』'
            | '（'
            | '）'
            | '〔'
            | '〕'
            | '【'
            | '】'
            | '《'
            | '》'
            | '〈'
            | '〉'
            | '⟦'
            | '⟧'
    )
}

/// Marks that are split off both ends of a chunk.
fn is_edge(character: char) -> bool {
    is_quote(character)
        || matches!(
            character,
            ':' | ';'
                | '!'
                | '?'
                | '¿'
                | '؟'
                | '¡'
                | '('
                | ')'
                | '['
                | ']'
                | '{'
                | '}'
                | '<'
                | '>'
                | '_'
                | '#'
                | '*'
                | '&'
                | '。'
                | '？'
                | '！'
                | '，'
                | '、'
                | '；'
                | '：'
                | '～'
                | '·'
                | '।'
                | '،'
                | '۔'
                | '؛'
                | '٪'
        )
}

fn is_currency(character: char) -> bool {
    matches!(
        character,
        '$' | '£' | '€' | '¥' | '฿' | '\u{20A0}'..='\u{20BF}'
    )
}

/// Signs that are tokens wherever they stand: degrees, arrows, boxes, dingbats, pictures.
fn is_sign(character: char) -> bool {
    matches!(
        character,
        '¦' | '©' | '®' | '°' | '\u{2195}'..='\u{21FF}' | '\u{2300}'..='\u{2BFF}' | '\u{FFFC}' | '\u{FFFD}'
            | '\u{1F000}'..='\u{1FAFF}' | '№' | '℅' | '℗' | '™'
    )
}

#[cfg(test)]
mod tests {
    use super::{is_symbol, words};

    #[test]
    fn words_as_a_table() {
        let check = |text: &str, expected: &str| {
            let tokens: Vec<&str> = words(text).collect();
            assert_eq!(
                tokens,
                expected
                    .split(' ')
                    .filter(|t| !t.is_empty())
                    .collect::<Vec<_>>(),
                "{text}"
            );
        };
        check("", "");
        check(" \n\t\u{A0}\u{202F}\u{2003}", "");
        check("Le chat dort", "Le chat dort");
        check("L'État, c'est l’école.", "L' État , c' est l’ école .");
        check(
            "d'une D’UN n'est s'il j'ai m'a t'as qu'on QU'IL",
            "d' une D’ UN n' est s' il j' ai m' a t' as qu' on QU' IL",
        );
        check(
            "jusqu'à lorsqu'il puisqu’elle quoiqu'on qu'aujourd'hui",
            "jusqu' à lorsqu' il puisqu’ elle quoiqu' on qu' aujourd'hui",
        );
        check(
            "aujourd'hui prud'hommes entr'ouvert",
            "aujourd'hui prud'hommes entr'ouvert",
        );
        check(
            "chef-lieu dit-il arc-en-ciel",
            "chef-lieu dit-il arc-en-ciel",
        );
        check(
            "(un) [deux] « trois » “quatre”",
            "( un ) [ deux ] « trois » “ quatre ”",
        );
        check(
            "1,5 12.345,67 10:30 12/05/2020",
            "1,5 12.345,67 10:30 12/05/2020",
        );
        check("2013-2014 L123-4", "2013 - 2014 L123 - 4");
        check(
            "50% 10€ €10 5km 3km/h, 12m²",
            "50 % 10 € € 10 5 km 3 km/h , 12 m²",
        );
        check(
            "M. Dupont, Mme. X etc. art. 12.",
            "M. Dupont , Mme. X etc. art . 12 .",
        );
        check(
            "fin.Début et/ou oui,non mot—mot",
            "fin . Début et / ou oui , non mot — mot",
        );
        check(
            "Quoi... ...suite a…b oui?!",
            "Quoi ... ... suite a … b oui ? !",
        );
        check(
            "https://www.legifrance.gouv.fr/a/b, www.a.fr/x.",
            "https://www.legifrance.gouv.fr/a/b , www.a.fr/x .",
        );
        check("n° 12 n°12 20°C", "n° 12 n ° 12 20 ° C");
        check("\u{A0}: ; ! ? — - •", ": ; ! ? — - •");
        check("a\u{A0}:\u{A0}b", "a : b");
        check("l' l'« d'1", "l ' l ' « d'1");
        check("東京。 हिन्दी été\u{301}", "東京 。 हिन्दी été\u{301}");
    }

    #[test]
    fn tokens_are_the_text_without_white_space() {
        for text in [
            "((((((((",
            "))))..)).)",
            "....",
            ". . ..",
            "'''’’’",
            "a'b'c'd",
            "5km,.)",
            "%%%",
            "+++1+1",
            "°°n°°",
            "…a…",
            "--a--b",
            "🙂a🙂b",
            "\u{1F}x\u{85}y\u{3000}z",
            "-",
            "1-",
            "-1",
            "a.B.c.D",
            "«l’»",
            "$$",
            "10$€%",
            "12km²km",
        ] {
            let joined: String = words(text).collect();
            let expected: String = text
                .chars()
                .filter(|c| !c.is_whitespace() && *c != '\u{1F}')
                .collect();
            assert_eq!(joined, expected, "{text}");
            assert!(words(text).all(|token| !token.is_empty()), "{text}");
        }
    }

    #[test]
    fn symbols() {
        for (token, expected) in [
            ("...", true),
            ("»", true),
            ("", true),
            ("a.", false),
            ("12", false),
            ("€", false),
        ] {
            assert_eq!(is_symbol(token), expected, "{token}");
        }
    }
}
