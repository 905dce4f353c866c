//! A text as the detectors look at it: bytes with answers past both ends, and words before a place.

/// A text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<'a>(pub(super) &'a str);

impl<'a> Text<'a> {
    /// The byte at `at`; 0 beyond the end.
    #[inline]
    pub(super) fn byte(self, at: usize) -> u8 {
        self.0.as_bytes().get(at).copied().unwrap_or(0)
    }

    /// The byte before `at`; 0 at the start.
    #[inline]
    pub(super) fn previous(self, at: usize) -> u8 {
        match at {
            0 => 0,
            at => self.byte(at - 1),
        }
    }

    /// Bytes of a range, cut to the text.
    pub(super) fn bytes(self, range: std::ops::Range<usize>) -> &'a [u8] {
        let end = range.end.min(self.0.len());
        self.0
            .as_bytes()
            .get(range.start.min(end)..end)
            .unwrap_or_default()
    }

    /// True if the bytes at `at` are `word`, in any case.
    pub(super) fn has(self, at: usize, word: &str) -> bool {
        let bytes = self.bytes(at..at + word.len());
        bytes.len() == word.len() && Folded::new(bytes).eq(Folded::new(word.as_bytes()))
    }

    /// Length of a separator inside a number at `at`: one space (also no-break ones), stop, hyphen or slash; 0 if none.
    #[inline]
    pub(super) fn separator(self, at: usize) -> usize {
        match self.byte(at) {
            b' ' | b'.' | b'-' | b'/' => 1,
            0xC2 if self.byte(at + 1) == 0xA0 => 2,
            // Thin and narrow no-break spaces, and the hyphen that does not break.
            0xE2 if self.byte(at + 1) == 0x80
                && matches!(self.byte(at + 2), 0x89 | 0xAF | 0x91) =>
            {
                3
            }
            _ => 0,
        }
    }

    /// Length of the blank at `at`, no-break spaces included; 0 if none.
    #[inline]
    pub(super) fn blank(self, at: usize) -> usize {
        match self.separator(at) {
            1 if self.byte(at) != b' ' => 0,
            3 if self.byte(at + 2) == 0x91 => 0,
            length => length,
        }
    }

    /// First place at or after `at` without blank.
    pub(super) fn skip_blanks(self, mut at: usize) -> usize {
        loop {
            match self.blank(at) {
                0 => return at,
                length => at += length,
            }
        }
    }

    /// Last place at or before `at` without blank before it.
    pub(super) fn skip_blanks_back(self, mut at: usize) -> usize {
        loop {
            at = match self.bytes(at.saturating_sub(3)..at) {
                [.., b' ' | b'\t'] => at - 1,
                [.., 0xC2, 0xA0] => at - 2,
                [0xE2, 0x80, 0x89 | 0xAF] => at - 3,
                _ => return at,
            };
        }
    }

    /// True if a letter or digit stands before `at`, of any script: a token does not begin there.
    #[inline]
    pub(super) fn within_word(self, at: usize) -> bool {
        let byte = self.previous(at);
        byte.is_ascii_alphanumeric() || byte == b'_' || (byte >= 0x80 && self.letter_before(at))
    }

    fn letter_before(self, at: usize) -> bool {
        let before = self.0.get(..at).unwrap_or_default();
        before
            .chars()
            .next_back()
            .is_some_and(char::is_alphanumeric)
    }

    /// True if a letter or digit follows at `at`, of any script.
    #[inline]
    pub(super) fn word_goes_on(self, at: usize) -> bool {
        let byte = self.byte(at);
        byte.is_ascii_alphanumeric()
            || byte == b'_'
            || (byte >= 0x80
                && self
                    .0
                    .get(at..)
                    .and_then(|rest| rest.chars().next())
                    .is_some_and(char::is_alphanumeric))
    }

    /// True if a number may begin at `at`: not inside a word, a larger number or an address.
    pub(super) fn number_begins(self, at: usize) -> bool {
        if self.within_word(at) {
            return false;
        }
        let before = at.checked_sub(2).map_or(0, |at| self.byte(at));
        match self.previous(at) {
            b'=' | b'%' | b'&' | b'#' | b'$' | b'@' => false,
            b'-' | b'.' | b',' | b'/' | b'+' => !before.is_ascii_alphanumeric() && before != b'/',
            _ => true,
        }
    }

    /// True if a number may end at `at`: no letter, digit or decimals follow.
    pub(super) fn number_ends(self, at: usize) -> bool {
        if self.word_goes_on(at) {
            return false;
        }
        let after = self.byte(at + 1);
        match self.byte(at) {
            b'-' => !after.is_ascii_alphanumeric(),
            b'.' | b',' => !after.is_ascii_digit(),
            b'=' | b'%' | b'&' | b'@' => false,
            _ => true,
        }
    }

    /// The bytes of at most `bytes_max` before `at`.
    pub(super) fn before(self, at: usize, bytes_max: usize) -> &'a [u8] {
        self.bytes(at.saturating_sub(bytes_max)..at)
    }

    /// True if a word that begins like one of `stems` (lower case) stands in the `bytes_max` bytes before `at`.
    pub(super) fn says_before(self, at: usize, bytes_max: usize, stems: &[&str]) -> bool {
        says(self.before(at, bytes_max), stems)
    }
}

/// True if a word in `bytes` begins like one of `stems`, which are in lower case; letters count as equal in any case.
pub(super) fn says(bytes: &[u8], stems: &[&str]) -> bool {
    last_said(bytes, stems).is_some()
}

/// Where the last word begins, and the stem it begins like.
pub(super) fn last_said<'s>(bytes: &[u8], stems: &[&'s str]) -> Option<(usize, &'s str)> {
    let mut at = bytes.len();
    while at > 0 {
        at -= 1;
        let (byte, previous) = (bytes[at], at.checked_sub(1).map_or(b' ', |at| bytes[at]));
        if previous.is_ascii_alphanumeric() || previous >= 0x80 && !is_blank_byte(bytes, at) {
            continue;
        }
        let first = byte.to_ascii_lowercase();
        for stem in stems {
            let starts = stem
                .as_bytes()
                .first()
                .is_some_and(|&b| b == first || b >= 0x80);
            if starts && Folded::new(&bytes[at..]).starts_with(stem.as_bytes()) {
                return Some((at, stem));
            }
        }
    }
    None
}

/// True if what ends before `at` is no letter: a no-break space, a quotation mark or a long dash.
fn is_blank_byte(bytes: &[u8], at: usize) -> bool {
    let before = bytes.get(..at).unwrap_or_default();
    before.ends_with(&[0xC2, 0xA0])
        || before.ends_with(&[0xC2, 0xAB])
        || before
            .get(at.saturating_sub(3)..)
            .is_some_and(|tail| tail.starts_with(&[0xE2, 0x80]))
}

/// Bytes in lower case, Latin-1 letters included (`É` is `é`), and `’` as `'`.
#[derive(Debug, Clone)]
struct Folded<'a> {
    bytes: std::slice::Iter<'a, u8>,
    after_c3: bool,
}

impl<'a> Folded<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes: bytes.iter(),
            after_c3: false,
        }
    }

    fn starts_with(mut self, start: &[u8]) -> bool {
        start.iter().all(|&expected| self.next() == Some(expected))
    }
}

impl Iterator for Folded<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        let byte = *self.bytes.next()?;
        let folded = match byte {
            0x80..=0x9E if self.after_c3 => byte | 0x20,
            0xE2 if self.bytes.as_slice().starts_with(&[0x80, 0x99]) => {
                self.bytes.nth(1);
                b'\''
            }
            0xC2 if self.bytes.as_slice().first() == Some(&0xA0) => {
                self.bytes.next();
                b' '
            }
            _ => byte.to_ascii_lowercase(),
        };
        self.after_c3 = byte == 0xC3;
        Some(folded)
    }
}

#[cfg(test)]
mod tests {
    use super::{Text, says};

    #[test]
    fn words_before_a_place() {
        let check = |text: &str, stems: &[&str], expected| {
            assert_eq!(says(text.as_bytes(), stems), expected, "{text} {stems:?}");
        };
        check("Numéro de SÉCURITÉ SOCIALE :", &["sécurité sociale"], true);
        check(
            "carte nationale d’identité n°",
            &["carte nationale d'identité"],
            true,
        );
        check("carte\u{a0}nationale", &["carte nationale"], true);
        check("« Tél.", &["tél"], true);
        check("hôtel ", &["tel", "tél"], false);
        check("désiré", &["siré"], false);
        check("", &["a"], false);
    }

    #[test]
    fn numbers_begin_and_end() {
        let begins = |text: &str| Text(text).number_begins(text.find('9').unwrap());
        assert!(
            begins("9") && begins("n° 9") && begins("(9") && begins("tel:9") && begins("A - 9")
        );
        assert!(
            !begins("a9") && !begins("L.9") && !begins("1,9") && !begins("?id=9") && !begins("é9")
        );
        let ends = |text: &str| Text(text).number_ends(text.rfind('9').unwrap() + 1);
        assert!(ends("9") && ends("9.") && ends("9, ") && ends("9)") && ends("9 - "));
        assert!(!ends("9a") && !ends("9,5") && !ends("9-B") && !ends("9é"));
    }
}
