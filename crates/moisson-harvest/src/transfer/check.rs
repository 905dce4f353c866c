//! Checks of what came: checksums, the first bytes of archives, web pages in their place, and headers that are claims.

use std::io::{Sink, Write};

use flate2::Crc;
use flate2::write::MultiGzDecoder;
use md5::{Digest as _, Md5};
use moisson_core::Digest;
use moisson_core::digest::BytesHasher;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

/// Bytes at the start of a file that are looked at.
const HEAD_BYTES: usize = 512;

/// Bytes at the end of a ZIP in which its directory must end: its record and the longest comment.
const TAIL_BYTES: usize = 22 + 0xFFFF;

/// A checksum the publisher states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Checksum {
    kind: Kind,
    /// Lower-case hexadecimal.
    value: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Crc32,
    Md5,
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Checksum {
    /// Parses `sha1:…` and its like; the names are those of data.gouv.fr and of common usage.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (kind, value) = text.split_once(':')?;
        let value = value.trim().to_ascii_lowercase();
        let digits = value.len();
        let kind = match kind.trim().to_ascii_lowercase().as_str() {
            "crc" | "crc32" => Kind::Crc32,
            "md5" => Kind::Md5,
            "sha1" | "sha-1" => Kind::Sha1,
            // `sha2` names a family; the length says which.
            "sha2" | "sha256" | "sha-256" if digits == 64 => Kind::Sha256,
            "sha2" | "sha384" | "sha-384" if digits == 96 => Kind::Sha384,
            "sha2" | "sha512" | "sha-512" if digits == 128 => Kind::Sha512,
            _ => return None,
        };
        let expected = match kind {
            Kind::Crc32 => 8,
            Kind::Md5 => 32,
            Kind::Sha1 => 40,
            Kind::Sha256 | Kind::Sha384 | Kind::Sha512 => digits,
        };
        let sound = digits == expected && value.bytes().all(|byte| byte.is_ascii_hexdigit());
        sound.then_some(Self { kind, value })
    }

    fn hasher(&self) -> Hasher {
        match self.kind {
            Kind::Crc32 => Hasher::Crc32(Crc::new()),
            Kind::Md5 => Hasher::Md5(Md5::new()),
            Kind::Sha1 => Hasher::Sha1(Sha1::new()),
            Kind::Sha256 => Hasher::Sha256(Sha256::new()),
            Kind::Sha384 => Hasher::Sha384(Sha384::new()),
            Kind::Sha512 => Hasher::Sha512(Sha512::new()),
        }
    }
}

enum Hasher {
    Crc32(Crc),
    Md5(Md5),
    Sha1(Sha1),
    Sha256(Sha256),
    Sha384(Sha384),
    Sha512(Sha512),
}

impl Hasher {
    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Crc32(hasher) => hasher.update(bytes),
            Self::Md5(hasher) => hasher.update(bytes),
            Self::Sha1(hasher) => hasher.update(bytes),
            Self::Sha256(hasher) => hasher.update(bytes),
            Self::Sha384(hasher) => hasher.update(bytes),
            Self::Sha512(hasher) => hasher.update(bytes),
        }
    }

    fn finish(self) -> String {
        match self {
            Self::Crc32(hasher) => hex(&hasher.sum().to_be_bytes()),
            Self::Md5(hasher) => hex(&hasher.finalize()),
            Self::Sha1(hasher) => hex(&hasher.finalize()),
            Self::Sha256(hasher) => hex(&hasher.finalize()),
            Self::Sha384(hasher) => hex(&hasher.finalize()),
            Self::Sha512(hasher) => hex(&hasher.finalize()),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    let pairs = bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
    pairs.collect()
}

/// What an examination found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Examined {
    /// Nothing speaks against the file.
    Sound {
        /// BLAKE3 of its bytes.
        digest: Digest,
        /// Its size.
        bytes: u64,
    },
    /// It is not what was wanted.
    Wrong {
        /// Why.
        why: String,
        /// True if another transfer may mend it.
        again: bool,
    },
}

/// Looks at a file once, piece by piece.
pub(super) struct Examination<'a> {
    name: &'a str,
    checksum: Option<(&'a Checksum, Hasher)>,
    hasher: BytesHasher,
    bytes: u64,
    head: Vec<u8>,
    ending: Ending,
}

/// How the end of a file is checked. Where the server announced a size there is no need to.
enum Ending {
    Unchecked,
    Gzip(Result<Box<MultiGzDecoder<Sink>>, String>),
    Zip(Vec<u8>),
}

impl<'a> Examination<'a> {
    /// Starts. `sized` if the server announced the size, and it is right.
    pub(super) fn new(name: &'a str, checksum: Option<&'a Checksum>, sized: bool) -> Self {
        let ending = match Archive::of(name) {
            _ if sized => Ending::Unchecked,
            Some(Archive::Gzip) => Ending::Gzip(Ok(Box::new(MultiGzDecoder::new(std::io::sink())))),
            Some(Archive::Zip) => Ending::Zip(Vec::new()),
            _ => Ending::Unchecked,
        };
        Self {
            name,
            checksum: checksum.map(|checksum| (checksum, checksum.hasher())),
            hasher: BytesHasher::new(),
            bytes: 0,
            head: Vec::new(),
            ending,
        }
    }

    pub(super) fn update(&mut self, piece: &[u8]) {
        self.hasher.update(piece);
        if let Some((_, hasher)) = &mut self.checksum {
            hasher.update(piece);
        }
        let missing = HEAD_BYTES.saturating_sub(self.head.len());
        self.head.extend(piece.iter().take(missing));
        self.bytes += piece.len() as u64;
        match &mut self.ending {
            Ending::Unchecked => {}
            Ending::Gzip(state) => {
                if let Ok(decoder) = state
                    && let Err(error) = decoder.write_all(piece)
                {
                    *state = Err(error.to_string());
                }
            }
            Ending::Zip(tail) => {
                tail.extend_from_slice(piece);
                tail.drain(..tail.len().saturating_sub(TAIL_BYTES));
            }
        }
    }

    pub(super) fn finish(self) -> Examined {
        let wrong = |why: String, again: bool| Examined::Wrong { why, again };
        if let Some(why) = unlike(self.name, &self.head) {
            return wrong(why, false);
        }
        if let Some((stated, hasher)) = self.checksum {
            let found = hasher.finish();
            if found != stated.value {
                let (kind, stated) = (stated.kind, &stated.value);
                let why = format!("its publisher states {kind:?} {stated}, the bytes have {found}");
                return wrong(why, true);
            }
        }
        let ends = match self.ending {
            Ending::Unchecked => Ok(()),
            Ending::Gzip(state) => state
                .and_then(|mut decoder| decoder.try_finish().map_err(|error| error.to_string())),
            Ending::Zip(tail) if tail.windows(4).any(|four| four == b"PK\x05\x06") => Ok(()),
            Ending::Zip(_) => Err("no end of directory".to_owned()),
        };
        if let Err(why) = ends {
            return wrong(format!("truncated or damaged archive: {why}"), true);
        }
        Examined::Sound {
            digest: self.hasher.finish(),
            bytes: self.bytes,
        }
    }
}

/// Kinds of files whose first bytes are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Archive {
    Gzip,
    Zip,
    Bzip2,
    Xz,
    Zstd,
    SevenZip,
    /// `.taz` and `.tar`: in the wild they hold gzip, compress or a plain tar.
    Tar,
}

impl Archive {
    fn of(name: &str) -> Option<Self> {
        let (_, extension) = name.rsplit_once('.')?;
        Some(match extension.to_ascii_lowercase().as_str() {
            "gz" | "tgz" => Self::Gzip,
            "zip" => Self::Zip,
            "bz2" | "tbz2" => Self::Bzip2,
            "xz" | "txz" => Self::Xz,
            "zst" => Self::Zstd,
            "7z" => Self::SevenZip,
            "taz" | "tar" => Self::Tar,
            _ => return None,
        })
    }

    fn begins(self, head: &[u8]) -> bool {
        let begins = |marks: &[&[u8]]| marks.iter().any(|mark| head.starts_with(mark));
        match self {
            Self::Gzip => begins(&[b"\x1F\x8B"]),
            Self::Zip => begins(&[b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"]),
            Self::Bzip2 => begins(&[b"BZh"]),
            Self::Xz => begins(&[b"\xFD7zXZ\0"]),
            Self::Zstd => begins(&[b"\x28\xB5\x2F\xFD"]) || skippable_frame(head),
            Self::SevenZip => begins(&[b"7z\xBC\xAF\x27\x1C"]),
            Self::Tar => !looks_like_page(head),
        }
    }
}

/// RFC 8878, section 3.1.2.
fn skippable_frame(head: &[u8]) -> bool {
    matches!(head, [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..])
}

fn looks_like_page(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head).to_lowercase();
    let text = text.trim_start_matches('\u{FEFF}').trim_start();
    text.starts_with("<!doctype html") || text.starts_with("<html") || text.starts_with("<?xml")
}

/// Says why an answer of this type is an error page where an archive was wanted; `None` if it may be one.
pub(super) fn is_page(name: &str, content_type: &str) -> Option<String> {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    let page = ["text/html", "application/xhtml+xml"];
    let is_page = page.iter().any(|page| kind.eq_ignore_ascii_case(page));
    (is_page && Archive::of(name).is_some())
        .then(|| format!("the server sends a web page ({kind}) where an archive was expected"))
}

/// Says why the first bytes of a file do not fit its name.
fn unlike(name: &str, head: &[u8]) -> Option<String> {
    let archive = Archive::of(name)?;
    if archive.begins(head) {
        return None;
    }
    let what = if head.is_empty() {
        "nothing".to_owned()
    } else if looks_like_page(head) {
        "a web page".to_owned()
    } else {
        let first: Vec<u8> = head.iter().take(8).copied().collect();
        format!("bytes that begin with `{}`", first.escape_ascii())
    };
    Some(format!(
        "the server sends {what} where a {archive:?} archive was expected"
    ))
}

/// Parses `bytes 5-9/10` to the first byte and the size of the whole, `None` for `*`. RFC 9110, section 14.4.
pub(super) fn content_range(text: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.trim().split_once('-')?;
    let (first, last) = (first.parse().ok()?, last.parse::<u64>().ok()?);
    let total = match total.trim() {
        "*" => None,
        total => Some(total.parse().ok()?),
    };
    (first <= last && total.is_none_or(|total| last < total)).then_some((first, total))
}

/// Targets of `Link` headers with relation `license` (RFC 4946, RFC 8288), joined with ` ; `.
pub(super) fn licence_links<'a>(headers: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut found: Vec<&str> = Vec::new();
    for header in headers {
        let mut rest = header;
        // A target ends with `>`, its parameters with the next `<`, which no token holds.
        while let Some((target, after)) = rest
            .split_once('<')
            .and_then(|(_, rest)| rest.split_once('>'))
        {
            let next = after.find('<').unwrap_or(after.len());
            let (parameters, next) = after.split_at(next);
            if is_licence(parameters) && !found.contains(&target) {
                found.push(target);
            }
            rest = next;
        }
    }
    (!found.is_empty()).then(|| found.join(" ; "))
}

fn is_licence(parameters: &str) -> bool {
    parameters.split([';', ',']).any(|parameter| {
        let Some((name, value)) = parameter.split_once('=') else {
            return false;
        };
        let mut relations = value.trim().trim_matches('"').split_ascii_whitespace();
        name.trim().eq_ignore_ascii_case("rel")
            && relations.any(|relation| relation.eq_ignore_ascii_case("license"))
    })
}

#[cfg(test)]
mod tests {
    use super::{Checksum, Examination, Examined, content_range, is_page, licence_links};
    use std::io::Write;

    fn examined(name: &str, checksum: Option<&str>, sized: bool, bytes: &[u8]) -> String {
        let checksum = checksum.map(|text| Checksum::parse(text).unwrap());
        let mut examination = Examination::new(name, checksum.as_ref(), sized);
        for piece in bytes.chunks(7) {
            examination.update(piece);
        }
        match examination.finish() {
            Examined::Sound { bytes, .. } => format!("{bytes} bytes"),
            Examined::Wrong { why, .. } => why,
        }
    }

    #[test]
    fn checksums_of_publishers() {
        for (stated, right) in [
            ("md5:900150983cd24fb0d6963f7d28e17f72", true),
            ("MD5: 900150983CD24FB0D6963F7D28E17F72", true),
            ("sha1:a9993e364706816aba3e25717850c26c9cd0d89d", true),
            ("sha1:a9993e364706816aba3e25717850c26c9cd0d89e", false),
            (
                "sha2:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                true,
            ),
            (
                "sha384:cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
                true,
            ),
            (
                "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
                true,
            ),
            ("crc:352441c2", true),
        ] {
            let found = examined("a.txt", Some(stated), true, b"abc");
            assert_eq!(found == "3 bytes", right, "{stated}: {found}");
        }
        for stated in ["sha1:abc", "tiger:00", "md5", "sha256:zz", ""] {
            assert_eq!(Checksum::parse(stated), None, "{stated}");
        }
    }

    #[test]
    fn archives_begin_and_end_like_archives() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder
            .write_all(b"un texte, un autre texte, encore un texte")
            .unwrap();
        let gzip = encoder.finish().unwrap();
        let cut = &gzip[..gzip.len() - 3];
        let zip = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
        let cases: [(&str, bool, &[u8], Option<&str>); 12] = [
            ("s/a.tar.gz", false, &gzip, None),
            ("s/a.tar.gz", false, cut, Some("truncated or damaged")),
            ("s/a.tar.gz", true, cut, None),
            ("s/a.TGZ", true, b"<html><body>Erreur", Some("a web page")),
            ("s/a.zip", false, zip, None),
            (
                "s/a.zip",
                false,
                b"PK\x03\x04....",
                Some("truncated or damaged"),
            ),
            ("s/a.zip", true, b"  <!DOCTYPE html>", Some("a web page")),
            ("s/a.zip", true, b"Service", Some("begin with `Service`")),
            ("s/a.zip", true, b"", Some("nothing")),
            ("s/a.taz", true, b"\x1F\x9D\x90", None),
            ("s/a.xml", true, b"<html/>", None),
            ("s/a", true, b"", None),
        ];
        for (name, sized, bytes, wrong) in cases {
            let found = examined(name, None, sized, bytes);
            match wrong {
                Some(part) => assert!(found.contains(part), "{name}: {found}"),
                None => assert!(found.ends_with(" bytes"), "{name}: {found}"),
            }
        }
        assert!(is_page("s/a.xml.gz", "text/html; charset=utf-8").is_some());
        assert!(is_page("s/a.xml.gz", "application/x-gzip").is_none());
        assert!(is_page("s/a.html", "text/html").is_none());
    }

    #[test]
    fn ranges_of_206() {
        for (text, expected) in [
            ("bytes 5-9/10", Some((5, Some(10)))),
            ("bytes 5-9/*", Some((5, None))),
            ("bytes 5-10/10", None),
            ("bytes 9-5/10", None),
            ("bytes */10", None),
            ("items 5-9/10", None),
            ("", None),
        ] {
            assert_eq!(content_range(text), expected, "{text}");
        }
    }

    #[test]
    fn licences_in_links() {
        let one = "<https://x/l>; rel=\"license\"";
        for (headers, expected) in [
            (vec![one], Some("https://x/l")),
            (
                vec!["<https://x/l>; title=a; rel=license"],
                Some("https://x/l"),
            ),
            (
                vec!["<https://x/n>; rel=next, <https://x/l>;rel=\"x license\""],
                Some("https://x/l"),
            ),
            (
                vec![one, "<https://y/>; rel=license"],
                Some("https://x/l ; https://y/"),
            ),
            (vec![one, one], Some("https://x/l")),
            (vec!["<https://x/n>; rel=next"], None),
            (vec!["<https://x; rel=license", "rel=license", ""], None),
        ] {
            assert_eq!(
                licence_links(headers.iter().copied()).as_deref(),
                expected,
                "{headers:?}"
            );
        }
    }
}
