//! Bytes to text: byte-order mark, then UTF-8 if valid, then what is declared, then what is detected.
//!
//! A declared encoding is believed only after UTF-8 was ruled out: French pages that declare ISO-8859-1 are
//! windows-1252 or, as often, UTF-8. Labels are read as WHATWG reads them, so `iso-8859-1` is windows-1252.

use std::borrow::Cow;
use std::io::{self, BufRead, Read};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE};
use moisson_core::{Error, Result};

/// A decoded text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded<'a> {
    /// The text, without byte-order mark.
    pub text: Cow<'a, str>,
    /// Name of the encoding (WHATWG).
    pub encoding: &'static str,
    /// True if bytes did not fit and became U+FFFD.
    pub malformed: bool,
}

/// Decodes bytes; `declared` is a label from a parameter, an XML declaration or an HTML `meta`.
pub fn decode<'a>(bytes: &'a [u8], declared: Option<&str>) -> Decoded<'a> {
    if let Some((encoding, mark_bytes)) = Encoding::for_bom(bytes) {
        return decode_as(encoding, bytes.get(mark_bytes..).unwrap_or_default());
    }
    let declared = declared.and_then(|label| Encoding::for_label(label.trim().as_bytes()));
    if let Some(encoding) = utf16_without_mark(bytes, declared) {
        return decode_as(encoding, bytes);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Decoded {
            text: Cow::Borrowed(text),
            encoding: UTF_8.name(),
            malformed: false,
        };
    }
    match declared {
        Some(encoding) if encoding != UTF_8 => decode_as(encoding, bytes),
        _ if mostly_utf8(bytes) => decode_as(UTF_8, bytes),
        _ => decode_as(detect(bytes), bytes),
    }
}

fn decode_as<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> Decoded<'a> {
    let (text, malformed) = encoding.decode_without_bom_handling(bytes);
    Decoded {
        text,
        encoding: encoding.name(),
        malformed,
    }
}

fn detect(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    // The top-level domain is a hint on the language: for short texts it settles windows-1252.
    detector.guess(Some(b"fr"), Utf8Detection::Deny)
}

/// True if damaged UTF-8 is likelier than a single-byte encoding: in those, French rarely forms valid sequences.
fn mostly_utf8(bytes: &[u8]) -> bool {
    let (mut sequences, mut bad) = (0_u64, 0_u64);
    for chunk in bytes.utf8_chunks() {
        sequences += chunk.valid().bytes().filter(|byte| *byte >= 0xC0).count() as u64;
        bad += u64::from(!chunk.invalid().is_empty());
    }
    sequences > 4 * bad
}

/// UTF-16 that carries no mark shows in its zero bytes, which text in another encoding does not have.
fn utf16_without_mark(
    bytes: &[u8],
    declared: Option<&'static Encoding>,
) -> Option<&'static Encoding> {
    let head = bytes.get(..bytes.len().min(1024)).unwrap_or_default();
    if !head.contains(&0) {
        return None;
    }
    let zeros = |parity: usize| {
        head.iter()
            .skip(parity)
            .step_by(2)
            .filter(|byte| **byte == 0)
            .count()
            * 10
    };
    let pairs = head.len() / 2;
    let (even, odd) = (zeros(0), zeros(1));
    match declared {
        Some(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => Some(encoding),
        _ if odd > pairs * 4 && even < pairs => Some(UTF_16LE),
        _ if even > pairs * 4 && odd < pairs => Some(UTF_16BE),
        _ => None,
    }
}

/// Returns the encoding that the head of an XML or HTML document declares.
pub fn declared(bytes: &[u8]) -> Option<&str> {
    let head = bytes.get(..bytes.len().min(2048)).unwrap_or_default();
    let is_xml = head.trim_ascii_start().starts_with(b"<?xml");
    let (name, scope) = if is_xml {
        let end = memchr::memchr(b'>', head).unwrap_or(head.len());
        (b"encoding".as_slice(), head.get(..end).unwrap_or_default())
    } else {
        (b"charset".as_slice(), head)
    };
    let lower = scope.to_ascii_lowercase();
    let at = memchr::memmem::find(&lower, name)? + name.len();
    let rest = scope
        .get(at..)?
        .trim_ascii_start()
        .strip_prefix(b"=")?
        .trim_ascii_start();
    let rest = match rest.first() {
        Some(b'"' | b'\'') => rest.get(1..)?,
        _ => rest,
    };
    let is_label = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_:.".contains(byte);
    let length = rest.iter().take_while(|byte| is_label(byte)).count();
    std::str::from_utf8(rest.get(..length)?)
        .ok()
        .filter(|label| !label.is_empty())
}

/// Which encodings a reader of records accepts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Expected {
    /// Only UTF-8; anything else is `extract/not-utf8`.
    StrictUtf8,
    /// UTF-8 if valid, else detected.
    #[default]
    Detect,
    /// UTF-8 if valid, else this label.
    Declared(String),
}

impl Expected {
    /// Reads the option `encoding`: `strict-utf-8`, `detect` or a label.
    ///
    /// # Errors
    /// [`Error::Config`] for a label that names no encoding.
    pub fn parse(option: Option<&str>, default: Self) -> Result<Self> {
        match option {
            None => Ok(default),
            Some("strict-utf-8") => Ok(Self::StrictUtf8),
            Some("detect") => Ok(Self::Detect),
            Some(label) if Encoding::for_label(label.as_bytes()).is_some() => {
                Ok(Self::Declared(label.to_owned()))
            }
            Some(label) => Err(Error::config(format!(
                "unknown encoding `{label}`; known: `strict-utf-8`, `detect`, and labels such as `utf-8`, \
                 `iso-8859-1`, `windows-1252`, `utf-16le`"
            ))),
        }
    }

    /// Decodes one record, or says why it cannot be.
    ///
    /// # Errors
    /// What did not fit.
    pub fn decode<'a>(&self, bytes: &'a [u8]) -> Result<Cow<'a, str>, String> {
        let decoded = match self {
            Self::StrictUtf8 if Encoding::for_bom(bytes).is_none() => {
                return std::str::from_utf8(bytes)
                    .map(Cow::Borrowed)
                    .map_err(|e| e.to_string());
            }
            Self::StrictUtf8 | Self::Detect => decode(bytes, None),
            Self::Declared(label) => decode(bytes, Some(label)),
        };
        if decoded.malformed {
            return Err(format!("bytes that are no {}", decoded.encoding));
        }
        Ok(decoded.text)
    }

    /// As [`Expected::decode`], without a copy if the bytes are UTF-8 already.
    ///
    /// # Errors
    /// What did not fit.
    pub fn decode_owned(&self, bytes: Vec<u8>) -> Result<String, String> {
        if Encoding::for_bom(&bytes).is_some() || utf16_without_mark(&bytes, None).is_some() {
            return self.decode(&bytes).map(Cow::into_owned);
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok(text),
            Err(error) => self.decode(error.as_bytes()).map(Cow::into_owned),
        }
    }
}

/// Returns the stream without its byte-order mark, as UTF-8 if the mark says UTF-16; other bytes pass unchanged.
pub fn unmarked<'a>(bytes: &'a mut dyn BufRead) -> Box<dyn BufRead + 'a> {
    let mark = bytes.fill_buf().ok().and_then(Encoding::for_bom);
    let Some((encoding, mark_bytes)) = mark else {
        return Box::new(bytes);
    };
    bytes.consume(mark_bytes);
    if encoding == UTF_8 {
        return Box::new(bytes);
    }
    let decoder = encoding.new_decoder_without_bom_handling();
    Box::new(Transcoded {
        bytes,
        decoder,
        text: String::with_capacity(CHUNK_BYTES),
        at: 0,
        done: false,
    })
}

const CHUNK_BYTES: usize = 64 << 10;

/// A stream decoded to UTF-8 piece by piece.
struct Transcoded<'a> {
    bytes: &'a mut dyn BufRead,
    decoder: Decoder,
    text: String,
    at: usize,
    done: bool,
}

impl BufRead for Transcoded<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.at == self.text.len() && !self.done {
            self.text.clear();
            self.at = 0;
            let input = self.bytes.fill_buf()?;
            self.done = input.is_empty();
            let (_, read, _) = self
                .decoder
                .decode_to_string(input, &mut self.text, self.done);
            self.bytes.consume(read);
        }
        Ok(self.text.as_bytes().get(self.at..).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.at = (self.at + amount).min(self.text.len());
    }
}

impl Read for Transcoded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::{Expected, declared, decode, unmarked};

    fn utf16(text: &str, little: bool) -> Vec<u8> {
        let bytes = |unit: u16| {
            if little {
                unit.to_le_bytes()
            } else {
                unit.to_be_bytes()
            }
        };
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn encodings_as_a_table() {
        let check = |bytes: &[u8], label: Option<&str>, text: &str, encoding: &str, bad: bool| {
            let decoded = decode(bytes, label);
            assert_eq!(
                (decoded.text.as_ref(), decoded.encoding, decoded.malformed),
                (text, encoding, bad),
                "{bytes:?}"
            );
        };
        check(b"", None, "", "UTF-8", false);
        check(
            "\u{FEFF}été".as_bytes(),
            Some("iso-8859-1"),
            "été",
            "UTF-8",
            false,
        );
        check("été".as_bytes(), Some("iso-8859-1"), "été", "UTF-8", false);
        check(
            b"l\x92\xE9t\xE9",
            Some("iso-8859-1"),
            "l’été",
            "windows-1252",
            false,
        );
        check(
            b"l\x92\xE9t\xE9",
            Some("utf-8"),
            "l’été",
            "windows-1252",
            false,
        );
        check(
            b"l\x92\xE9t\xE9 en France",
            None,
            "l’été en France",
            "windows-1252",
            false,
        );
        check(
            b"\xE9t\xE9",
            Some("no such label"),
            "été",
            "windows-1252",
            false,
        );
        let damaged = b"\xC3\xA9 \xC3\xA9 \xC3\xA9 \xC3\xA9 \xC3\xA9 \xFF";
        check(damaged, None, "é é é é é \u{FFFD}", "UTF-8", true);
        check(&utf16("\u{FEFF}été", true), None, "été", "UTF-16LE", false);
        check(&utf16("\u{FEFF}été", false), None, "été", "UTF-16BE", false);
        check(
            &utf16("Bonjour à tous", true),
            None,
            "Bonjour à tous",
            "UTF-16LE",
            false,
        );
        check(
            &utf16("Bonjour à tous", false),
            Some("utf-16be"),
            "Bonjour à tous",
            "UTF-16BE",
            false,
        );
    }

    #[test]
    fn declarations_as_a_table() {
        let check = |head: &str, expected: Option<&str>| {
            assert_eq!(declared(head.as_bytes()), expected, "{head}");
        };
        check(
            r#"<?xml version="1.0" encoding="ISO-8859-1"?><a charset="x"/>"#,
            Some("ISO-8859-1"),
        );
        check("<?xml version='1.0' encoding = 'utf-8' ?>", Some("utf-8"));
        check(r#"<?xml version="1.0"?><a encoding="x"/>"#, None);
        check(
            r#"<html><meta charset="windows-1252">"#,
            Some("windows-1252"),
        );
        check(
            r#"<META http-equiv="a" content="text/html; CHARSET=iso-8859-1">"#,
            Some("iso-8859-1"),
        );
        check("<html>charset", None);
        check("", None);
    }

    #[test]
    fn expectations_as_a_table() {
        let check = |option: Option<&str>, bytes: &[u8], expected: Option<&str>| {
            let expected_encoding = Expected::parse(option, Expected::StrictUtf8).unwrap();
            let decoded = expected_encoding.decode(bytes);
            assert_eq!(decoded.as_deref().ok(), expected, "{option:?} {bytes:?}");
            let owned = expected_encoding.decode_owned(bytes.to_vec());
            assert_eq!(owned.as_deref().ok(), expected, "{option:?} {bytes:?}");
        };
        check(None, "é".as_bytes(), Some("é"));
        check(None, b"\xE9", None);
        check(Some("detect"), b"\xE9t\xE9", Some("été"));
        check(
            Some("detect"),
            &utf16("Bonjour à tous", true),
            Some("Bonjour à tous"),
        );
        check(None, "\u{FEFF}é".as_bytes(), Some("é"));
        check(Some("latin1"), b"\xE9", Some("é"));
        check(
            Some("utf-8"),
            b"\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xFF",
            None,
        );
        let error = Expected::parse(Some("utf-99"), Expected::Detect)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("`utf-99`") && error.contains("`iso-8859-1`"),
            "{error}"
        );
    }

    #[test]
    fn marks_are_taken_off_streams() {
        let check = |bytes: &[u8], expected: &str| {
            let mut read = String::new();
            unmarked(&mut std::io::Cursor::new(bytes))
                .read_to_string(&mut read)
                .unwrap();
            assert_eq!(read, expected);
        };
        check(b"", "");
        check(b"a;b", "a;b");
        check("\u{FEFF}a;é".as_bytes(), "a;é");
        let long = "été ".repeat(100_000);
        check(&utf16(&format!("\u{FEFF}{long}"), true), &long);
        check(&utf16(&format!("\u{FEFF}{long}"), false), &long);
    }
}
