//! Records out of a stream: where each begins and ends, also where its length is wrong.
//!
//! Which records there are depends on the bytes alone, never on which are wanted, so that a run that resumes counts
//! them alike. Every byte is read once, and at most once more where a length reached into the records after it.

use std::io::{self, BufRead};

use memchr::{memchr, memmem};

/// Longest head of a record.
const HEAD_BYTES_MAX: usize = 1 << 20;
/// Longest piece of a line that is looked at as one.
const PIECE_BYTES_MAX: usize = 64 << 10;
/// Beginning of a block above the limit that is kept, so that its kind can be told.
const LARGE_HEAD_BYTES: usize = 64 << 10;
/// Longest run of line ends between records that is kept for a second look.
const GAP_BYTES_MAX: usize = 4 << 10;

/// Which of the two formats a record is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// WARC 0.17 to 1.1.
    Warc,
    /// ARC 1.0, the line of the address and then the block.
    Arc,
}

/// What was found at a place where a record begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum State {
    /// The record is there in whole.
    Whole,
    /// Its block is so many bytes, above the limit; the first of them are there.
    TooLarge(u64),
    /// The stream ends inside of it.
    Truncated,
    /// It is not a record, for this cause; what follows was passed over up to the next one.
    Malformed(String),
}

/// A record, or what stands in the place of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    /// Bytes of the stream before it.
    pub(crate) offset: u64,
    /// Its format.
    pub(crate) format: Format,
    /// Bytes of its head; the block follows.
    pub(crate) head: usize,
    /// Whether it is all there.
    pub(crate) state: State,
}

/// Cuts a stream into records of bounded size.
pub(crate) struct Frames<'a> {
    source: Source<'a>,
    limit: u64,
    format: Format,
    /// Head and block of the last record.
    bytes: Vec<u8>,
    /// The first line of the next record, where it was met already, and its offset.
    start: Option<(Vec<u8>, u64)>,
    /// A failure met while looking for the next record.
    failure: Option<io::Error>,
    offset: u64,
    is_begun: bool,
}

impl<'a> Frames<'a> {
    /// Records whose block is at most `limit` bytes.
    pub(crate) fn new(bytes: &'a mut dyn BufRead, limit: u64) -> Self {
        Self {
            source: Source {
                inner: bytes,
                pushed: Vec::new(),
                at: 0,
                offset: 0,
                again: 0,
            },
            limit,
            format: Format::Warc,
            bytes: Vec::new(),
            start: None,
            failure: None,
            offset: 0,
            is_begun: false,
        }
    }

    /// Head and block of the record that [`Frames::next`] returned last.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Where the record begins that was being read last.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Returns the next record; `None` at the end.
    ///
    /// # Errors
    /// What the stream returned.
    pub(crate) fn next(&mut self) -> io::Result<Option<Frame>> {
        self.bytes.clear();
        if let Some(failure) = self.failure.take() {
            self.offset = self.source.offset;
            return Err(failure);
        }
        if self.start.is_none() {
            let (mut line, mut gap) = (Vec::new(), Vec::new());
            let offset = self.source.line_after_blanks(&mut line, &mut gap)?;
            if line.is_empty() {
                return Ok(None);
            }
            if !std::mem::replace(&mut self.is_begun, true) && line.starts_with(b"filedesc://") {
                self.format = Format::Arc;
            }
            self.start = Some((line, offset));
        }
        let Some((line, offset)) = self.start.take() else {
            return Ok(None);
        };
        self.offset = offset;
        let length = if self.starts_record(&line) {
            self.head(line)?
        } else {
            Err("is no head of a record".to_owned())
        };
        let head = self.bytes.len();
        let state = match length {
            Ok(length) => self.block(length)?,
            Err(detail) => {
                self.pass_over(head)?;
                State::Malformed(detail)
            }
        };
        Ok(Some(Frame {
            offset,
            format: self.format,
            head,
            state,
        }))
    }

    fn starts_record(&self, line: &[u8]) -> bool {
        match self.format {
            Format::Warc => is_warc_line(line),
            Format::Arc => arc_line(line).is_some(),
        }
    }

    /// Reads a head into `bytes`, and returns the length of the block that it states.
    fn head(&mut self, line: Vec<u8>) -> io::Result<Result<u64, String>> {
        self.bytes = line;
        if self.format == Format::Arc {
            let Some(line) = arc_line(&self.bytes) else {
                return Ok(Err("is no head of a record".to_owned()));
            };
            // The description of the file goes on up to the first record, whatever its length says.
            let is_description = line.url.starts_with("filedesc:");
            let length = length(line.length).or(is_description.then_some(0));
            let wrong = || format!("states the length `{}`", shortened(line.length));
            return Ok(length.ok_or_else(wrong));
        }
        loop {
            let before = self.bytes.len();
            if self.source.piece(&mut self.bytes)? == 0 {
                return Ok(Err("ends inside of its head".to_owned()));
            }
            let line = self.bytes.get(before..).unwrap_or_default();
            if line.trim_ascii().is_empty() {
                break;
            }
            if is_warc_line(line) {
                // The head has no end: the next record begins here.
                let next = line.to_vec();
                let offset = self.source.offset - next.len() as u64;
                self.bytes.truncate(before);
                self.start = Some((next, offset));
                return Ok(Err("its head has no end".to_owned()));
            }
            if self.bytes.len() > HEAD_BYTES_MAX {
                return Ok(Err(format!("its head is longer than {HEAD_BYTES_MAX}")));
            }
        }
        let fields = super::fields::Fields::parse(&self.bytes);
        Ok(match fields.get("Content-Length") {
            Some(stated) => {
                length(&stated).ok_or_else(|| format!("states the length `{}`", shortened(&stated)))
            }
            None => Err("states no length".to_owned()),
        })
    }

    /// Reads the block behind a head, and looks at what follows it.
    fn block(&mut self, length: u64) -> io::Result<State> {
        let head = self.bytes.len();
        if length > self.limit {
            let wanted = length.min(LARGE_HEAD_BYTES as u64);
            self.source.take(&mut self.bytes, wanted)?;
            let kept = (self.bytes.len() - head) as u64;
            let passed = kept + self.source.skip(length.saturating_sub(kept))?;
            if passed < length {
                return Ok(State::Truncated);
            }
            self.follow(head, false);
            return Ok(State::TooLarge(length));
        }
        let read = self.source.take(&mut self.bytes, length)?;
        if read == length {
            return Ok(self.follow(head, true));
        }
        if self.cut(head) {
            return Ok(State::Whole);
        }
        Ok(State::Truncated)
    }

    /// Looks for the next record. Where none begins, the length was wrong: too large if a record begins inside of the
    /// block, else too small, and what lies before the next record belongs to the block.
    fn follow(&mut self, head: usize, is_kept: bool) -> State {
        match self.try_follow(head, is_kept) {
            Ok(state) => state,
            Err(failure) => {
                // This record is there in whole; the failure is that of the next one.
                self.failure = Some(failure);
                State::Whole
            }
        }
    }

    fn try_follow(&mut self, head: usize, is_kept: bool) -> io::Result<State> {
        let (mut line, mut gap) = (Vec::new(), Vec::new());
        let offset = self.source.line_after_blanks(&mut line, &mut gap)?;
        if line.is_empty() {
            return Ok(State::Whole);
        }
        if self.starts_record(&line) {
            self.start = Some((line, offset));
            return Ok(State::Whole);
        }
        if is_kept {
            // A length may end inside of the next head.
            self.bytes.extend_from_slice(&gap);
            self.bytes.extend_from_slice(&line);
            if self.cut(head) {
                return Ok(State::Whole);
            }
        }
        self.pass_over_from(head, is_kept, line.last() == Some(&b'\n'))
    }

    /// Cuts the block where a record begins inside of it, and gives back what lies behind.
    fn cut(&mut self, head: usize) -> bool {
        if self.format == Format::Arc {
            return false;
        }
        let block = self.bytes.get(head..).unwrap_or_default();
        let begins = memmem::find_iter(block, b"\nWARC/").find(|at| {
            let is_after_blank = block.get(..*at).is_some_and(|before| {
                before.ends_with(b"\n") || before.ends_with(b"\n\r") || before.ends_with(b"\r\n\r")
            });
            is_after_blank && block.get(at + 1..).is_some_and(is_warc_line)
        });
        let Some(at) = begins else {
            return false;
        };
        let rest = block.get(at + 1..).unwrap_or_default();
        if !self.source.push_back(rest) {
            return false;
        }
        let kept = block.get(..at).unwrap_or_default().trim_ascii_end().len();
        self.bytes.truncate(head + kept);
        true
    }

    /// Passes over what is no record, up to the next one.
    fn pass_over(&mut self, head: usize) -> io::Result<()> {
        if self.start.is_none() {
            let is_line_start = self.bytes.last().is_none_or(|byte| *byte == b'\n');
            self.pass_over_from(head, false, is_line_start)?;
        }
        Ok(())
    }

    /// Reads up to the next record. If `is_kept`, what is read belongs to the block behind `head`.
    fn pass_over_from(
        &mut self,
        head: usize,
        is_kept: bool,
        mut is_line_start: bool,
    ) -> io::Result<State> {
        let mut piece = Vec::new();
        let mut size = (self.bytes.len() - head) as u64;
        loop {
            piece.clear();
            let offset = self.source.offset;
            let read = self.source.piece(&mut piece)?;
            if read == 0 {
                break;
            }
            if is_line_start && self.starts_record(&piece) {
                self.start = Some((piece, offset));
                break;
            }
            is_line_start = piece.last() == Some(&b'\n');
            size += read as u64;
            if is_kept && size <= self.limit {
                self.bytes.extend_from_slice(&piece);
            }
        }
        if !is_kept {
            return Ok(State::Whole);
        }
        if size > self.limit {
            return Ok(State::TooLarge(size));
        }
        let kept = self.bytes.get(head..).unwrap_or_default();
        let ends: &[&[u8]] = match self.format {
            Format::Warc => &[b"\r\n\r\n", b"\n\n"],
            Format::Arc => &[b"\n"],
        };
        let kept = ends
            .iter()
            .find_map(|end| kept.strip_suffix(*end))
            .unwrap_or(kept)
            .len();
        self.bytes.truncate(head + kept);
        Ok(State::Whole)
    }
}

/// The stream, with bytes that were given back.
struct Source<'a> {
    inner: &'a mut dyn BufRead,
    pushed: Vec<u8>,
    at: usize,
    /// Offset of the next byte.
    offset: u64,
    /// Bytes that were given back so far.
    again: u64,
}

impl Source<'_> {
    fn fill(&mut self) -> io::Result<&[u8]> {
        if self.at < self.pushed.len() {
            return Ok(self.pushed.get(self.at..).unwrap_or_default());
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, bytes: usize) {
        self.offset += bytes as u64;
        if self.at < self.pushed.len() {
            self.at += bytes;
            return;
        }
        self.inner.consume(bytes);
    }

    /// Gives bytes back. Refused once more was given back than was ever read: a hostile file costs linear time.
    fn push_back(&mut self, rest: &[u8]) -> bool {
        let bytes = rest.len() as u64;
        if self.again + bytes > self.offset {
            return false;
        }
        self.again += bytes;
        self.offset -= bytes;
        let mut pushed = rest.to_vec();
        pushed.extend_from_slice(self.pushed.get(self.at..).unwrap_or_default());
        self.pushed = pushed;
        self.at = 0;
        true
    }

    /// Appends the next line with its end, or the next piece of a very long one. Returns its size, 0 at the end.
    fn piece(&mut self, out: &mut Vec<u8>) -> io::Result<usize> {
        let before = out.len();
        loop {
            let room = PIECE_BYTES_MAX - (out.len() - before);
            let buffer = self.fill()?;
            let buffer = buffer.get(..buffer.len().min(room)).unwrap_or_default();
            let newline = memchr(b'\n', buffer);
            let taken = newline.map_or(buffer.len(), |at| at + 1);
            out.extend_from_slice(buffer.get(..taken).unwrap_or_default());
            self.consume(taken);
            if taken == 0 || newline.is_some() {
                return Ok(out.len() - before);
            }
        }
    }

    /// Passes over line ends, which go to `gap` as far as it has room, then reads a line. Returns its offset.
    fn line_after_blanks(&mut self, line: &mut Vec<u8>, gap: &mut Vec<u8>) -> io::Result<u64> {
        loop {
            let buffer = self.fill()?;
            let blanks = buffer
                .iter()
                .take_while(|byte| matches!(byte, b'\r' | b'\n'))
                .count();
            if blanks == 0 {
                break;
            }
            let room = GAP_BYTES_MAX - gap.len();
            gap.extend_from_slice(buffer.get(..blanks.min(room)).unwrap_or_default());
            self.consume(blanks);
        }
        let offset = self.offset;
        self.piece(line)?;
        Ok(offset)
    }

    /// Appends up to so many bytes. Returns how many there were.
    fn take(&mut self, out: &mut Vec<u8>, length: u64) -> io::Result<u64> {
        self.each(length, |bytes| out.extend_from_slice(bytes))
    }

    /// Passes over up to so many bytes. Returns how many there were.
    fn skip(&mut self, length: u64) -> io::Result<u64> {
        self.each(length, |_| {})
    }

    fn each(&mut self, length: u64, mut see: impl FnMut(&[u8])) -> io::Result<u64> {
        let mut left = length;
        while left > 0 {
            let buffer = self.fill()?;
            let taken = usize::try_from(left)
                .unwrap_or(usize::MAX)
                .min(buffer.len());
            if taken == 0 {
                break;
            }
            see(buffer.get(..taken).unwrap_or_default());
            self.consume(taken);
            left -= taken as u64;
        }
        Ok(length - left)
    }
}

fn length(stated: &str) -> Option<u64> {
    let stated = stated.trim();
    let is_number = !stated.is_empty() && stated.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| stated.parse().ok()).flatten()
}

fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

/// True for the first line of a record, `WARC/1.0`.
pub(crate) fn is_warc_line(bytes: &[u8]) -> bool {
    let Some(rest) = bytes.strip_prefix(b"WARC/") else {
        return false;
    };
    let is_version = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    let digits = rest.iter().take_while(|byte| is_version(byte)).count();
    let end = rest.get(digits..).unwrap_or_default();
    digits > 0
        && end
            .iter()
            .find(|byte| !matches!(byte, b' ' | b'\t' | b'\r'))
            .is_none_or(|byte| *byte == b'\n')
}

/// The line before a block in ARC 1.0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ArcLine<'a> {
    /// Address, spaces and all.
    pub(crate) url: &'a str,
    /// `YYYYMMDDhhmmss`.
    pub(crate) date: &'a str,
    /// Media type as the server stated it.
    pub(crate) media_type: &'a str,
    /// Length of the block, as it stands.
    pub(crate) length: &'a str,
}

/// Reads `URL IP-address Archive-date Content-type Archive-length`. An address may hold spaces, so the line is read
/// from its end.
pub(crate) fn arc_line(line: &[u8]) -> Option<ArcLine<'_>> {
    let line = std::str::from_utf8(line).ok()?.trim_end();
    let mut parts = line.rsplitn(5, ' ');
    let (length, media_type) = (parts.next()?, parts.next()?);
    let (date, _address, url) = (parts.next()?, parts.next()?, parts.next()?);
    let is_date = date.len() >= 8 && date.bytes().all(|byte| byte.is_ascii_digit());
    let (scheme, _) = url.split_once(':')?;
    let is_scheme = !scheme.is_empty()
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    (is_date && is_scheme).then_some(ArcLine {
        url: url.trim(),
        date,
        media_type,
        length,
    })
}
