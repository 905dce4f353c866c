//! Paths and the patterns that match them, byte by byte after normalisation: RFC 9309, sections 2.2.2 and 2.2.3.

/// A pattern: `*` is any bytes, `$` at its end is the end of the path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    /// Literal parts; between two of them there may be anything.
    parts: Vec<Vec<u8>>,
    anchored: bool,
    octets: usize,
}

impl Pattern {
    pub(crate) fn parse(text: &[u8]) -> Self {
        let (text, anchored) = match text.strip_suffix(b"$") {
            Some(text) => (text, true),
            None => (text, false),
        };
        let parts: Vec<Vec<u8>> = text
            .split(|byte| *byte == b'*')
            .map(normalised_path)
            .collect();
        let literal: usize = parts.iter().map(Vec::len).sum();
        let octets = literal + parts.len() - 1 + usize::from(anchored);
        Self {
            parts,
            anchored,
            octets,
        }
    }

    /// Length, which decides between two patterns that match.
    pub(crate) fn octets(&self) -> usize {
        self.octets
    }

    /// Matches a normalised path. Each part is looked for from where the one before ended, so a hostile pattern costs no
    /// more than the path times the pattern.
    pub(crate) fn matches(&self, path: &[u8]) -> bool {
        let Some((first, others)) = self.parts.split_first() else {
            return false;
        };
        let Some(mut rest) = path.strip_prefix(first.as_slice()) else {
            return false;
        };
        let Some((last, middle)) = others.split_last() else {
            return !self.anchored || rest.is_empty();
        };
        for part in middle {
            let Some(after) = after_first(rest, part) else {
                return false;
            };
            rest = after;
        }
        if self.anchored {
            rest.ends_with(last)
        } else {
            after_first(rest, last).is_some()
        }
    }
}

/// What follows the first occurrence of `part` in `bytes`.
fn after_first<'a>(bytes: &'a [u8], part: &[u8]) -> Option<&'a [u8]> {
    if part.is_empty() {
        return Some(bytes);
    }
    let at = bytes
        .windows(part.len())
        .position(|window| window == part)?;
    bytes.get(at + part.len()..)
}

/// Brings the spellings of one path to one: bytes beyond ASCII are percent-encoded, unreserved characters are not, and
/// hexadecimal digits are upper case. `*` and `$` that a path really holds are encoded, as rules that mean them do.
pub(crate) fn normalised_path(path: impl AsRef<[u8]>) -> Vec<u8> {
    let path = path.as_ref();
    let path = path.split(|byte| *byte == b'#').next().unwrap_or_default();
    let mut normal = Vec::with_capacity(path.len());
    let mut at = 0;
    while let Some(&byte) = path.get(at) {
        at += 1;
        if byte == b'%'
            && let (Some(high), Some(low)) = (digit(path, at), digit(path, at + 1))
        {
            let value = high * 16 + low;
            at += 2;
            if is_unreserved(value) {
                normal.push(value);
            } else {
                encode(value, &mut normal);
            }
        } else if byte.is_ascii_graphic() && !matches!(byte, b'*' | b'$') {
            normal.push(byte);
        } else {
            encode(byte, &mut normal);
        }
    }
    normal
}

fn digit(path: &[u8], at: usize) -> Option<u8> {
    let value = char::from(*path.get(at)?).to_digit(16)?;
    u8::try_from(value).ok()
}

/// RFC 3986, section 2.3.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

fn encode(byte: u8, into: &mut Vec<u8>) {
    let digit = |value: u8| {
        if value < 10 {
            b'0' + value
        } else {
            b'A' + value - 10
        }
    };
    into.extend([b'%', digit(byte >> 4), digit(byte & 15)]);
}
