//! What a stream is, told from its first bytes.

use std::io::{self, BufRead, Read};

use super::lzw;

/// Bytes looked at: a tar header.
pub(super) const HEAD_BYTES: u64 = 512;

/// A compression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    Bzip2,
    Compress,
    Gzip,
    Xz,
    Zstd,
}

/// What a stream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Compressed(Codec),
    Tar,
    Zip,
    Plain,
}

/// Returns the format that the first bytes of a stream show.
pub(super) fn format(head: &[u8]) -> Format {
    const BZIP2_BLOCK: &[u8] = &[0x31, 0x41, 0x59, 0x26, 0x53, 0x59];
    const BZIP2_END: &[u8] = &[0x17, 0x72, 0x45, 0x38, 0x50, 0x90];
    let at = |from: usize, bytes: &[u8]| head.get(from..).is_some_and(|h| h.starts_with(bytes));
    if at(0, &[0x1F, 0x8B, 8]) {
        Format::Compressed(Codec::Gzip)
    } else if lzw::is_header(head) {
        Format::Compressed(Codec::Compress)
    } else if at(0, &[0x28, 0xB5, 0x2F, 0xFD])
        || (at(1, &[0x2A, 0x4D, 0x18]) && head.first().is_some_and(|b| b & 0xF0 == 0x50))
    {
        Format::Compressed(Codec::Zstd)
    } else if at(0, b"BZh") && (at(4, BZIP2_BLOCK) || at(4, BZIP2_END)) {
        Format::Compressed(Codec::Bzip2)
    } else if at(0, &[0xFD, b'7', b'z', b'X', b'Z', 0]) {
        Format::Compressed(Codec::Xz)
    } else if at(0, b"PK\x03\x04") || at(0, b"PK\x05\x06") {
        Format::Zip
    } else if is_tar_header(head) {
        Format::Tar
    } else {
        Format::Plain
    }
}

/// True for a tar header: its checksum fits. Old tar has no magic, and text cannot have a fitting checksum by chance.
fn is_tar_header(head: &[u8]) -> bool {
    let (Some(block), Some(stated)) = (head.get(..512), head.get(148..156)) else {
        return false;
    };
    let digits = stated
        .trim_ascii()
        .split(|b| *b == 0 || *b == b' ')
        .next()
        .unwrap_or_default();
    let stated = std::str::from_utf8(digits)
        .ok()
        .and_then(|d| u32::from_str_radix(d, 8).ok());
    let byte_sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    let field_sum: u32 = block
        .iter()
        .skip(148)
        .take(8)
        .map(|byte| u32::from(*byte))
        .sum();
    // The checksum is taken with its own field as eight spaces.
    block.iter().any(|byte| *byte != 0) && stated == Some(byte_sum - field_sum + 8 * 32)
}

/// Returns the name without the extension of a compression, if it has one.
pub(super) fn without_compression(name: &str) -> Option<&str> {
    let (stem, extension) = name.rsplit_once('.')?;
    let known = ["gz", "zst", "zstd", "bz2", "xz", "z"];
    known
        .iter()
        .any(|known| extension.eq_ignore_ascii_case(known))
        .then_some(stem)
}

/// True if a name is that of an archive.
pub(super) fn is_archive_name(name: &str) -> bool {
    let extension = |name: &str| name.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase());
    let known = ["tar", "taz", "tgz", "tbz", "tbz2", "txz", "tzst", "zip"];
    let is_archive = |name: &str| extension(name).is_some_and(|e| known.contains(&e.as_str()));
    is_archive(name) || without_compression(name).is_some_and(is_archive)
}

/// A stream whose first bytes have been looked at. An error met there is returned when it is read.
pub(super) struct Peeked<R> {
    head: Vec<u8>,
    at: usize,
    pending: Option<io::Error>,
    inner: R,
}

impl<R: BufRead> Peeked<R> {
    pub(super) fn new(mut inner: R) -> Self {
        let mut head = Vec::new();
        let pending = (&mut inner).take(HEAD_BYTES).read_to_end(&mut head).err();
        Self {
            head,
            at: 0,
            pending,
            inner,
        }
    }

    pub(super) fn head(&self) -> &[u8] {
        &self.head
    }
}

impl<R: BufRead> BufRead for Peeked<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at < self.head.len() {
            return Ok(self.head.get(self.at..).unwrap_or_default());
        }
        match self.pending.take() {
            Some(error) => Err(error),
            None => self.inner.fill_buf(),
        }
    }

    fn consume(&mut self, amount: usize) {
        if self.at < self.head.len() {
            self.at = (self.at + amount).min(self.head.len());
        } else {
            self.inner.consume(amount);
        }
    }
}

impl<R: BufRead> Read for Peeked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.head.len() && self.pending.is_none() {
            return self.inner.read(buffer);
        }
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::{Format, format, is_archive_name, without_compression};

    #[test]
    fn plain_texts_are_not_taken_for_anything_else() {
        let zeros = [0; 512];
        let line = "a".repeat(600);
        let texts: [&[u8]; 8] = [
            b"",
            &[0x1F, 0x9D, 40],
            b"BZh is a word",
            b"PK",
            b"7z",
            b"{\"a\":1}",
            &zeros,
            line.as_bytes(),
        ];
        for text in texts {
            assert_eq!(format(text), Format::Plain, "{text:?}");
        }
    }

    #[test]
    fn names_as_a_table() {
        assert_eq!(without_compression("a/b.jsonl.GZ"), Some("a/b.jsonl"));
        assert_eq!(without_compression("a/b.jsonl.Z"), Some("a/b.jsonl"));
        assert_eq!(without_compression("a/b.jsonl"), None);
        for name in [
            "a.tar",
            "a.TAR.gz",
            "a.tgz",
            "b/c.zip",
            "a.tar.zst",
            "a.taz",
            "a.tar.Z",
        ] {
            assert!(is_archive_name(name), "{name}");
        }
        for name in ["a.txt", "tar", "a.gz", "zip/a"] {
            assert!(!is_archive_name(name), "{name}");
        }
    }
}
