//! Elements of one name out of an XML stream of any length, one after the other, each within the limit of a record.
//!
//! Only tags are looked at, so that a record that is not well-formed does not take those after it along.

use std::io::{self, BufRead};

use memchr::memchr;

/// Longest name of a tag that is looked at.
const NAME_BYTES_MAX: usize = 128;
/// Longest start tag.
const TAG_BYTES_MAX: usize = 64 << 10;
/// What is kept of the text before the first element.
const HEAD_BYTES_MAX: usize = 64 << 10;

/// Which elements are cut out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    /// Local name of the elements.
    pub(crate) name: &'static str,
    /// Local name of the root around them.
    pub(crate) root: &'static str,
    /// Local name of the child that they begin with, where elements of the same name may lie inside of them.
    pub(crate) first_child: Option<&'static str>,
}

/// One step through the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// An element is there; it began at this byte offset.
    Read(u64),
    /// An element of so many bytes, above the limit, was passed over.
    TooLarge(u64, u64),
    /// The next element began before this one ended; what there is of it is there.
    Unclosed(u64),
    /// The stream ended inside of the element.
    Truncated(u64),
    /// There is none left.
    End,
}

/// An element that has begun.
#[derive(Debug, Clone, Copy)]
struct Open {
    offset: u64,
    depth: u32,
    is_kept: bool,
}

/// Cuts elements out of a stream.
pub(crate) struct Elements<'a> {
    bytes: &'a mut dyn BufRead,
    wanted: Wanted,
    limit: u64,
    /// Bytes of the stream from offset `base` on.
    buffer: Vec<u8>,
    base: u64,
    /// Index in the buffer up to which tags were looked at.
    scan: usize,
    open: Option<Open>,
    /// The last element, as a range of the buffer.
    found: std::ops::Range<usize>,
    head: Vec<u8>,
    is_head: bool,
    root: Root,
    is_truncated: bool,
}

/// What was seen of the root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Root {
    None,
    Open,
    Closed,
}

/// A tag of the wanted name, at `scan`, or the end of the buffer.
enum Tag {
    Start,
    End,
    None,
}

impl<'a> Elements<'a> {
    /// Elements of at most `limit` bytes.
    pub(crate) fn new(bytes: &'a mut dyn BufRead, wanted: Wanted, limit: u64) -> Self {
        Self {
            bytes,
            wanted,
            limit,
            buffer: Vec::new(),
            base: 0,
            scan: 0,
            open: None,
            found: 0..0,
            head: Vec::new(),
            is_head: true,
            root: Root::None,
            is_truncated: false,
        }
    }

    /// Bytes of the last element.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.buffer.get(self.found.clone()).unwrap_or_default()
    }

    /// What stands before the first element, as far as it has been read.
    pub(crate) fn head(&self) -> &[u8] {
        &self.head
    }

    /// Where the element begins that was being read last, or else what is next.
    pub(crate) fn offset(&self) -> u64 {
        self.open
            .map_or(self.base + self.scan as u64, |open| open.offset)
    }

    /// True if the root was opened and never closed and no element was cut: the stream ended between two.
    pub(crate) fn is_cut(&self) -> bool {
        self.root == Root::Open && !self.is_truncated
    }

    /// True if the root was opened.
    pub(crate) fn has_root(&self) -> bool {
        self.root != Root::None
    }

    /// True if an element began.
    pub(crate) fn has_elements(&self) -> bool {
        !self.is_head
    }

    /// Goes on to the next element.
    ///
    /// # Errors
    /// What the stream returned.
    pub(crate) fn next(&mut self) -> io::Result<Step> {
        self.found = 0..0;
        loop {
            match self.tag() {
                Tag::None => {
                    if !self.fill()? {
                        return Ok(self.ended());
                    }
                }
                Tag::Start => {
                    if let Some(step) = self.started()? {
                        return Ok(step);
                    }
                }
                Tag::End => {
                    if let Some(step) = self.closed()? {
                        return Ok(step);
                    }
                }
            }
        }
    }

    /// Finds the next tag of the wanted name from `scan` on, and moves `scan` to it.
    fn tag(&mut self) -> Tag {
        loop {
            let rest = self.buffer.get(self.scan..).unwrap_or_default();
            let Some(at) = memchr(b'<', rest) else {
                self.scan = self.buffer.len();
                return Tag::None;
            };
            self.scan += at;
            let tag = self.buffer.get(self.scan + 1..).unwrap_or_default();
            let is_end = tag.first() == Some(&b'/');
            let name = tag.get(usize::from(is_end)..).unwrap_or_default();
            let window = name
                .get(..name.len().min(NAME_BYTES_MAX))
                .unwrap_or_default();
            let Some(length) = window.iter().position(|byte| is_after_name(*byte)) else {
                if window.len() < NAME_BYTES_MAX {
                    return Tag::None;
                }
                self.scan += 1;
                continue;
            };
            let name = local(window.get(..length).unwrap_or_default());
            if name == self.wanted.name.as_bytes() {
                return if is_end { Tag::End } else { Tag::Start };
            }
            if self.open.is_none() && name == self.wanted.root.as_bytes() {
                self.root = if is_end { Root::Closed } else { Root::Open };
            }
            self.scan += 1;
        }
    }

    fn started(&mut self) -> io::Result<Option<Step>> {
        let Some(end) = self.tag_end()? else {
            self.scan += 1;
            return Ok(None);
        };
        let at = self.scan;
        let is_empty = self.buffer.get(end - 1) == Some(&b'/');
        let offset = self.base + at as u64;
        let Some(open) = self.open else {
            self.keep_head(at);
            self.is_head = false;
            self.scan = end + 1;
            if is_empty {
                self.found = at..end + 1;
                return Ok(Some(Step::Read(offset)));
            }
            self.open = Some(Open {
                offset,
                depth: 1,
                is_kept: true,
            });
            return Ok(None);
        };
        if self.begins_with_child(end + 1)? {
            let at = self.scan;
            let step = self.finish(open, at, Step::Unclosed(open.offset));
            // The new element is met again, with nothing open.
            return Ok(Some(step));
        }
        self.scan += 1;
        if !is_empty && let Some(open) = &mut self.open {
            open.depth += 1;
        }
        Ok(None)
    }

    fn closed(&mut self) -> io::Result<Option<Step>> {
        let Some(end) = self.tag_end()? else {
            self.scan += 1;
            return Ok(None);
        };
        self.scan = end + 1;
        match &mut self.open {
            None => Ok(None),
            Some(open) if open.depth > 1 => {
                open.depth -= 1;
                Ok(None)
            }
            Some(open) => {
                let open = *open;
                Ok(Some(self.finish(open, end + 1, Step::Read(open.offset))))
            }
        }
    }

    /// Ends the open element before index `end`.
    fn finish(&mut self, open: Open, end: usize, step: Step) -> Step {
        self.open = None;
        let size = self.base + end as u64 - open.offset;
        if !open.is_kept || size > self.limit {
            return Step::TooLarge(open.offset, size);
        }
        self.found = self.index(open.offset)..end;
        step
    }

    fn ended(&mut self) -> Step {
        let end = self.buffer.len();
        match self.open {
            Some(open) => {
                self.is_truncated = true;
                self.finish(open, end, Step::Truncated(open.offset))
            }
            None => {
                self.keep_head(end);
                self.scan = end;
                Step::End
            }
        }
    }

    /// Index of the `>` that ends the tag at `scan`; `None` if there is none near.
    fn tag_end(&mut self) -> io::Result<Option<usize>> {
        loop {
            let tag = self.buffer.get(self.scan..).unwrap_or_default();
            if let Some(length) = memchr(b'>', tag) {
                return Ok(Some(self.scan + length));
            }
            if tag.len() > TAG_BYTES_MAX || !self.fill()? {
                return Ok(None);
            }
        }
    }

    /// True if the first tag from an index on is that of the child that elements begin with.
    fn begins_with_child(&mut self, from: usize) -> io::Result<bool> {
        let Some(child) = self.wanted.first_child else {
            return Ok(false);
        };
        let behind = from - self.scan;
        loop {
            let rest = self.buffer.get(self.scan + behind..).unwrap_or_default();
            let tag = rest.trim_ascii_start();
            let name = tag.get(1..).unwrap_or_default();
            if let Some(length) = name
                .iter()
                .take(NAME_BYTES_MAX)
                .position(|b| is_after_name(*b))
            {
                let name = name.get(..length).unwrap_or_default();
                return Ok(tag.first() == Some(&b'<') && local(name) == child.as_bytes());
            }
            if tag.len() > NAME_BYTES_MAX || rest.len() > TAG_BYTES_MAX || !self.fill()? {
                return Ok(false);
            }
        }
    }

    /// Index in the buffer of an offset in the stream.
    fn index(&self, offset: u64) -> usize {
        usize::try_from(offset.saturating_sub(self.base)).unwrap_or(self.buffer.len())
    }

    fn keep_head(&mut self, end: usize) {
        if self.is_head {
            let room = HEAD_BYTES_MAX - self.head.len();
            let outside = self.buffer.get(..end).unwrap_or_default();
            let outside = outside.get(..outside.len().min(room)).unwrap_or_default();
            self.head.extend_from_slice(outside);
        }
    }

    /// Drops what is done with and reads on. Returns false at the end of the stream.
    fn fill(&mut self) -> io::Result<bool> {
        if let Some(open) = &mut self.open
            && open.is_kept
            && self.base + self.buffer.len() as u64 - open.offset
                > self.limit.saturating_add(TAG_BYTES_MAX as u64)
        {
            open.is_kept = false;
        }
        let keep_from = match self.open {
            Some(open) if open.is_kept => self.index(open.offset),
            _ => self.scan,
        };
        if keep_from > 0 {
            self.keep_head(keep_from);
            self.buffer.drain(..keep_from);
            self.base += keep_from as u64;
            self.scan -= keep_from;
        }
        let more = self.bytes.fill_buf()?;
        let read = more.len();
        self.buffer.extend_from_slice(more);
        self.bytes.consume(read);
        Ok(read > 0)
    }
}

fn is_after_name(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == b'>' || byte == b'/'
}

/// A name without its prefix.
fn local(name: &[u8]) -> &[u8] {
    let prefix = name.iter().rposition(|byte| *byte == b':');
    name.get(prefix.map_or(0, |at| at + 1)..)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::{Elements, Step, Wanted};

    const RECORDS: Wanted = Wanted {
        name: "record",
        root: "root",
        first_child: Some("header"),
    };

    fn steps(text: &str, limit: u64, capacity: usize) -> (Vec<String>, bool, String) {
        let mut bytes = BufReader::with_capacity(capacity, text.as_bytes());
        let mut elements = Elements::new(&mut bytes, RECORDS, limit);
        let mut steps = Vec::new();
        loop {
            let step = elements.next().unwrap();
            let shown = String::from_utf8_lossy(elements.bytes()).into_owned();
            steps.push(match step {
                Step::Read(at) => format!("{at} {shown}"),
                Step::Unclosed(at) => format!("{at} unclosed {shown}"),
                Step::Truncated(at) => format!("{at} truncated {shown}"),
                Step::TooLarge(at, bytes) => format!("{at} too large {bytes}"),
                Step::End => break,
            });
        }
        let head = String::from_utf8_lossy(elements.head()).into_owned();
        (steps, elements.is_cut(), head)
    }

    #[test]
    fn elements_as_a_table() {
        let check = |text: &str, limit: u64, expected: &[&str], is_cut: bool| {
            for capacity in [1, 7, 4096] {
                let (found, cut, _) = steps(text, limit, capacity);
                assert_eq!(found, expected, "{text} {capacity}");
                assert_eq!(cut, is_cut, "{text} {capacity}");
            }
        };
        check("", 99, &[], false);
        check("<root></root>", 99, &[], false);
        check("<root>", 99, &[], true);
        check(
            "<root><record>a</record> <record x='1'>b</record ></root>",
            99,
            &["6 <record>a</record>", "25 <record x='1'>b</record >"],
            false,
        );
        check(
            "<o:root><o:record>a</o:record></o:root>",
            99,
            &["8 <o:record>a</o:record>"],
            false,
        );
        check(
            "<root><record/><records>x</records></root>",
            99,
            &["6 <record/>"],
            false,
        );
        check(
            "<root><record><header/><m:record>a</m:record></record></root>",
            99,
            &["6 <record><header/><m:record>a</m:record></record>"],
            false,
        );
        check(
            "<root><record><header/>a<record> <header/>b</record></root>",
            99,
            &[
                "6 unclosed <record><header/>a",
                "24 <record> <header/>b</record>",
            ],
            false,
        );
        check(
            "<root><record>a</record><record>b",
            99,
            &["6 <record>a</record>", "24 truncated <record>b"],
            false,
        );
        check(
            "<root><record>abcdefghij</record><record>b</record></root>",
            20,
            &["6 too large 27", "33 <record>b</record>"],
            false,
        );
        check(
            "a < b <record>c</record>",
            99,
            &["6 <record>c</record>"],
            false,
        );
    }

    #[test]
    fn a_large_element_is_passed_over_in_constant_memory() {
        let text = format!(
            "<root><record>{}</record><record>b</record></root>",
            "é<b/>".repeat(100_000)
        );
        let mut bytes = BufReader::with_capacity(1000, text.as_bytes());
        let mut elements = Elements::new(&mut bytes, RECORDS, 50);
        assert_eq!(elements.next().unwrap(), Step::TooLarge(6, 600_017));
        assert!(
            elements.buffer.capacity() < 400_000,
            "{}",
            elements.buffer.capacity()
        );
        assert_eq!(elements.next().unwrap(), Step::Read(600_023));
        assert_eq!(elements.next().unwrap(), Step::End);
        assert!(!elements.is_cut());
    }

    #[test]
    fn the_head_is_kept() {
        assert_eq!(
            steps("<root><error>e</error></root>", 9, 3).2,
            "<root><error>e</error></root>"
        );
        assert_eq!(steps("<root><a/><record/></root>", 9, 3).2, "<root><a/>");
    }
}
