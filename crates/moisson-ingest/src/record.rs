//! Taking one raw record out of a stream within the limits: a whole member, or a line.

use std::io::{self, BufRead, Read};

use moisson_core::{Digest, Document, Fault, Result, Sink, reason};
use moisson_rights::optout::Seen;

use crate::encoding::unmarked;
use crate::readers::Member;

/// Why a stream of bytes ended before its end. Travels inside [`io::Error`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamFault {
    /// Reason code: `extract/truncated`, `extract/malformed-archive`, `extract/expansion`, `extract/unreadable`.
    pub reason: &'static str,
    /// What the decoder said.
    pub detail: String,
}

impl std::fmt::Display for StreamFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for StreamFault {}

impl From<StreamFault> for io::Error {
    fn from(fault: StreamFault) -> Self {
        Self::other(fault)
    }
}

/// Returns why a read failed.
pub fn stream_fault(error: &io::Error) -> StreamFault {
    let inner = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<StreamFault>());
    inner.cloned().unwrap_or_else(|| StreamFault {
        reason: match error.kind() {
            io::ErrorKind::UnexpectedEof => reason::EXTRACT_TRUNCATED,
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
                reason::EXTRACT_MALFORMED_ARCHIVE
            }
            _ => reason::EXTRACT_UNREADABLE,
        },
        detail: error.to_string(),
    })
}

/// A whole member, read into memory.
#[derive(Debug)]
pub struct Whole {
    /// The raw bytes, at least one.
    pub bytes: Vec<u8>,
    /// Their digest.
    pub digest: Digest,
}

/// Begins a record and reads the whole member as that record.
///
/// Returns `None` if there is nothing to parse: the record is committed already, or it was empty, too large or
/// unreadable and its fault has gone to the sink. Memory never passes `record_bytes_max`.
///
/// # Errors
/// What the sink returned.
pub fn whole(member: &mut Member<'_>, sink: &mut dyn Sink) -> Result<Option<Whole>> {
    if !sink.begin_record()? {
        return Ok(None);
    }
    let limit = member.limits.record_bytes_max;
    let mut bytes = Vec::new();
    let read = (&mut *member.bytes)
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes);
    let uri = member.uri;
    if let Err(error) = read {
        sink.fault(record_fault(uri, stream_fault(&error)))?;
        return Ok(None);
    }
    if bytes.len() as u64 > limit {
        drop(bytes);
        let rest = io::copy(member.bytes, &mut io::sink());
        let observed = rest.ok().map(|rest| (limit + 1 + rest).to_string());
        sink.fault(too_large(uri, None, observed, limit))?;
        return Ok(None);
    }
    if bytes.is_empty() {
        sink.fault(Fault {
            reason: reason::EXTRACT_EMPTY,
            raw_uri: uri.to_owned(),
            ..Fault::default()
        })?;
        return Ok(None);
    }
    let digest = Digest::of(&bytes);
    Ok(Some(Whole { bytes, digest }))
}

/// The fault of the record that was being read when the stream failed.
pub fn record_fault(uri: &str, fault: StreamFault) -> Fault {
    Fault::new(fault.reason, uri, fault.detail)
}

/// The fault of a record above the limit. `observed` is its size in bytes, where known.
pub fn too_large(uri: &str, offset: Option<u64>, observed: Option<String>, limit: u64) -> Fault {
    Fault {
        reason: reason::EXTRACT_TOO_LARGE,
        raw_uri: uri.to_owned(),
        raw_offset: offset,
        observed,
        threshold: Some(limit.to_string()),
        ..Fault::default()
    }
}

/// One step through a stream of lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// A line is in the buffer, without its line end; it began at this byte offset.
    Read {
        /// Bytes of the stream before it.
        offset: u64,
    },
    /// A line above the limit was passed over; the buffer holds nothing of use.
    TooLarge {
        /// Bytes of the stream before it.
        offset: u64,
        /// Its size, line end and all.
        bytes: u64,
    },
    /// There is no further line.
    End,
}

/// Reads lines of bounded size; a longer line is passed over in constant memory.
#[derive(Debug, Default)]
pub struct Lines {
    offset: u64,
    limit: u64,
}

impl Lines {
    /// Lines of at most `limit` bytes.
    pub fn new(limit: u64) -> Self {
        Self { offset: 0, limit }
    }

    /// Offset of the next byte.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Reads the next line into `line`, which is emptied first.
    ///
    /// # Errors
    /// What the stream returned; what was read of the line is lost.
    pub fn next(&mut self, bytes: &mut dyn BufRead, line: &mut Vec<u8>) -> io::Result<Line> {
        self.next_record(bytes, line, |_| true)
    }

    /// As [`Lines::next`], for records that may hold line ends: `ends` is shown each piece up to and with a line end
    /// and says whether the record ends there.
    ///
    /// # Errors
    /// As [`Lines::next`].
    pub fn next_record(
        &mut self,
        bytes: &mut dyn BufRead,
        line: &mut Vec<u8>,
        mut ends: impl FnMut(&[u8]) -> bool,
    ) -> io::Result<Line> {
        line.clear();
        let offset = self.offset;
        let mut size = 0;
        loop {
            let buffer = bytes.fill_buf()?;
            if buffer.is_empty() {
                break;
            }
            let newline = memchr::memchr(b'\n', buffer);
            let piece = buffer
                .get(..newline.map_or(buffer.len(), |at| at + 1))
                .unwrap_or_default();
            size += piece.len() as u64;
            // The line end itself may lie one byte past the limit, a carriage return another.
            if size <= self.limit.saturating_add(2) {
                line.extend_from_slice(piece);
            }
            let is_end = ends(piece) && newline.is_some();
            let taken = piece.len();
            bytes.consume(taken);
            if is_end {
                break;
            }
        }
        self.offset += size;
        if size == 0 {
            return Ok(Line::End);
        }
        let is_whole = size == line.len() as u64;
        if line.last() == Some(&b'\n') {
            line.pop();
        }
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        if !is_whole || line.len() as u64 > self.limit {
            return Ok(Line::TooLarge {
                offset,
                bytes: size,
            });
        }
        Ok(Line::Read { offset })
    }
}

/// Reads the lines of a member as records: `record` gets each line that is not blank, and its offset.
///
/// Lines that are too large, a stream that fails and a member without any line become faults.
///
/// # Errors
/// What the sink or `record` returned.
pub fn each_line(
    member: &mut Member<'_>,
    sink: &mut dyn Sink,
    mut record: impl FnMut(&[u8], u64, &mut dyn Sink) -> Result<()>,
) -> Result<()> {
    let (uri, limit) = (member.uri, member.limits.record_bytes_max);
    let mut bytes = unmarked(&mut *member.bytes);
    let mut lines = Lines::new(limit);
    let mut line = Vec::new();
    let mut is_empty = true;
    loop {
        match lines.next(&mut *bytes, &mut line) {
            Err(error) => return failed(uri, lines.offset(), &error, sink),
            Ok(Line::End) => break,
            Ok(Line::TooLarge { offset, bytes }) => {
                is_empty = false;
                if sink.begin_record()? {
                    sink.fault(too_large(uri, Some(offset), Some(bytes.to_string()), limit))?;
                }
            }
            Ok(Line::Read { .. }) if line.trim_ascii().is_empty() => {}
            Ok(Line::Read { offset }) => {
                is_empty = false;
                if sink.begin_record()? {
                    record(&line, offset, sink)?;
                }
            }
        }
    }
    if is_empty { empty(uri, sink) } else { Ok(()) }
}

/// Counts the record that was being read when the stream failed.
///
/// # Errors
/// What the sink returned.
pub fn failed(uri: &str, offset: u64, error: &io::Error, sink: &mut dyn Sink) -> Result<()> {
    if sink.begin_record()? {
        let fault = record_fault(uri, stream_fault(error));
        sink.fault(Fault {
            raw_offset: Some(offset),
            ..fault
        })?;
    }
    Ok(())
}

/// Counts a member that holds nothing as one empty record.
///
/// # Errors
/// What the sink returned.
pub fn empty(uri: &str, sink: &mut dyn Sink) -> Result<()> {
    if sink.begin_record()? {
        let raw_uri = uri.to_owned();
        sink.fault(Fault {
            reason: reason::EXTRACT_EMPTY,
            raw_uri,
            ..Fault::default()
        })?;
    }
    Ok(())
}

/// Notes what was seen of opt-outs in the metadata of a document, from where the annotator reads it.
pub(crate) fn note_optout(document: &mut Document, seen: &Seen) {
    // The structure is plain data, so it always has a JSON form.
    if let Some(value) = serde_json::to_value(seen).ok().filter(|_| !seen.is_empty()) {
        document.metadata.insert(Seen::KEY.to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Cursor};

    use moisson_core::Limits;

    use super::{Line, Lines, whole};
    use crate::readers::Member;
    use crate::testing::Collected;

    #[test]
    fn lines_as_a_table() {
        let check = |text: &str, limit: u64, expected: &[&str]| {
            for capacity in [1, 3, 64] {
                let mut bytes = BufReader::with_capacity(capacity, text.as_bytes());
                let (mut lines, mut line, mut found) = (Lines::new(limit), Vec::new(), Vec::new());
                loop {
                    found.push(match lines.next(&mut bytes, &mut line).unwrap() {
                        Line::End => break,
                        Line::TooLarge { offset, bytes } => format!("{offset} too large {bytes}"),
                        Line::Read { offset } => {
                            format!("{offset} {}", String::from_utf8_lossy(&line))
                        }
                    });
                }
                assert_eq!(found, expected, "{text:?} {capacity}");
            }
        };
        check("", 9, &[]);
        check("a\nb", 9, &["0 a", "2 b"]);
        check("a\r\n\nb\n", 9, &["0 a", "3 ", "4 b"]);
        check(
            "abc\nabcd\nabcde\nab",
            3,
            &["0 abc", "4 too large 5", "9 too large 6", "15 ab"],
        );
        check("abc\r\nabcd", 3, &["0 abc", "5 too large 4"]);
    }

    #[test]
    fn whole_members_as_a_table() {
        let check = |bytes: &[u8], committed: usize, text: Option<&[u8]>, faults: &[&str]| {
            let limits = Limits {
                record_bytes_max: 4,
                ..Limits::default()
            };
            let mut cursor = Cursor::new(bytes);
            let mut member = Member {
                uri: "f",
                bytes: &mut cursor,
                modified: None,
                sequence: 0,
                limits: &limits,
            };
            let mut sink = Collected {
                committed,
                ..Collected::default()
            };
            let read = whole(&mut member, &mut sink).unwrap();
            assert_eq!(read.as_ref().map(|whole| whole.bytes.as_slice()), text);
            assert_eq!(sink.fault_lines(), faults);
            assert_eq!(sink.records, 1);
        };
        check(b"abcd", 0, Some(b"abcd"), &[]);
        check(b"abcd", 1, None, &[]);
        check(b"abcde", 0, None, &["extract/too-large f"]);
        check(b"", 0, None, &["extract/empty f"]);
    }
}
