//! Objects out of a stream of JSON: elements of the array of a page, or whole values one after the other.

use std::io::{self, BufRead};

/// What the objects of a page are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A decision, full or short.
    Decision,
    /// `{"id": …, "date": …}` of a list of deletions.
    Deleted,
    /// `{"id": …, "action": …, "date": …}` of the log of transactions.
    Transaction,
}

/// Keys of the arrays that pages hold their objects in: `/export` and `/scan`, a harvester's own, the log.
const ARRAYS: &[(&[u8], Role)] = &[
    (b"results", Role::Decision),
    (b"decisions", Role::Decision),
    (b"deleted", Role::Deleted),
    (b"transactions", Role::Transaction),
];

/// Longest key that is looked at.
const KEY_BYTES_MAX: usize = 16;

/// One step through a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// An object is in the buffer.
    Object {
        /// What it is.
        role: Role,
        /// Bytes of the stream before it.
        offset: u64,
    },
    /// An object above the limit was passed over.
    TooLarge {
        /// Bytes of the stream before it.
        offset: u64,
        /// Its size.
        bytes: u64,
    },
    /// A page ended; `objects` of it were given.
    PageEnd {
        /// How many objects it held.
        objects: u64,
    },
    /// Something that is no JSON object or array, or brackets that do not match.
    Malformed {
        /// Where.
        offset: u64,
    },
    /// The stream ended inside of a value.
    Truncated {
        /// Where the value begins.
        offset: u64,
    },
    /// There is nothing more.
    End,
}

/// Cuts a stream into objects. Memory is that of one object, within the limit.
#[derive(Debug)]
pub struct Pages {
    limit: u64,
    offset: u64,
    depth: u64,
    in_string: bool,
    is_escaped: bool,
    /// Depth of the elements of the page, once its array has begun.
    elements_at: Option<u64>,
    role: Role,
    is_page: bool,
    objects: u64,
    /// Where the value being kept begins; `None` while nothing is kept.
    kept_from: Option<u64>,
    /// Last string at the top level of the value.
    key: Vec<u8>,
}

impl Pages {
    /// Objects of at most `limit` bytes.
    pub fn new(limit: u64) -> Self {
        Self {
            limit,
            offset: 0,
            depth: 0,
            in_string: false,
            is_escaped: false,
            elements_at: None,
            role: Role::Decision,
            is_page: false,
            objects: 0,
            kept_from: None,
            key: Vec::new(),
        }
    }

    /// Offset of the next byte.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Reads to the next object into `object`, which is emptied first. After [`Step::Malformed`] and
    /// [`Step::Truncated`] nothing more can be read.
    ///
    /// # Errors
    /// What the stream returned.
    pub fn next(&mut self, bytes: &mut dyn BufRead, object: &mut Vec<u8>) -> io::Result<Step> {
        object.clear();
        loop {
            let buffer = bytes.fill_buf()?;
            if buffer.is_empty() {
                let begins_at = self.kept_from.unwrap_or(self.offset);
                return Ok(if self.depth > 0 {
                    Step::Truncated { offset: begins_at }
                } else {
                    Step::End
                });
            }
            let (taken, step) = self.scan(buffer, object);
            bytes.consume(taken);
            if let Some(step) = step {
                return Ok(step);
            }
        }
    }

    /// Goes through a buffer up to the end of an object. Returns the bytes taken.
    fn scan(&mut self, buffer: &[u8], object: &mut Vec<u8>) -> (usize, Option<Step>) {
        let mut at = 0;
        while let Some(byte) = buffer.get(at) {
            if self.in_string {
                let rest = buffer.get(at..).unwrap_or_default();
                let plain = match memchr::memchr2(b'"', b'\\', rest) {
                    Some(_) if self.is_escaped => 0,
                    Some(plain) => plain,
                    None => rest.len(),
                };
                let length = if self.is_escaped { 1 } else { plain.max(1) };
                let run = rest.get(..length).unwrap_or_default();
                if plain == 0 || self.is_escaped {
                    self.in_string = self.is_escaped || *byte != b'"';
                    self.is_escaped = !self.is_escaped && *byte == b'\\';
                }
                if self.depth == 1 && self.key.len() <= KEY_BYTES_MAX && self.in_string {
                    self.key
                        .extend(run.iter().take(KEY_BYTES_MAX + 1 - self.key.len()));
                }
                self.keep(run, object);
                at += length;
                continue;
            }
            at += 1;
            if let Some(step) = self.outside(*byte, object) {
                return (at, Some(step));
            }
        }
        (at, None)
    }

    /// Takes one byte outside of strings.
    fn outside(&mut self, byte: u8, object: &mut Vec<u8>) -> Option<Step> {
        let malformed = Step::Malformed {
            offset: self.offset,
        };
        match byte {
            b'"' if self.depth == 0 => return Some(malformed),
            b'"' => {
                self.in_string = true;
                if self.depth == 1 {
                    self.key.clear();
                }
                self.keep(&[byte], object);
            }
            b'{' | b'[' => {
                self.depth += 1;
                self.begin(byte, object);
                self.keep(&[byte], object);
            }
            b'}' | b']' => {
                let Some(depth) = self.depth.checked_sub(1) else {
                    return Some(malformed);
                };
                self.keep(&[byte], object);
                self.depth = depth;
                return self.end(object);
            }
            _ if self.depth == 0 && !byte.is_ascii_whitespace() && byte != b',' => {
                return Some(malformed);
            }
            _ => self.keep(&[byte], object),
        }
        None
    }

    /// A bracket opened.
    fn begin(&mut self, bracket: u8, object: &mut Vec<u8>) {
        let array = ARRAYS.iter().find(|(key, _)| *key == self.key);
        match (self.depth, bracket) {
            (1, b'{') => self.kept_from = Some(self.offset),
            (1, _) => (self.is_page, self.elements_at) = (true, Some(2)),
            // The value is a page: what was kept of it is not needed.
            (2, b'[') if self.elements_at.is_none() && array.is_some() => {
                self.role = array.map_or(Role::Decision, |(_, role)| *role);
                (self.is_page, self.elements_at) = (true, Some(3));
                self.kept_from = None;
                object.clear();
            }
            (depth, b'{') if Some(depth) == self.elements_at => self.kept_from = Some(self.offset),
            _ => {}
        }
    }

    /// A bracket closed, and the depth is that around it.
    fn end(&mut self, object: &[u8]) -> Option<Step> {
        let is_element = self.elements_at == Some(self.depth + 1) && self.kept_from.is_some();
        let is_whole = self.depth == 0 && !self.is_page;
        if is_element || is_whole {
            let offset = self.kept_from.take()?;
            self.objects += 1;
            let bytes = self.offset - offset;
            let role = self.role;
            return Some(if bytes == object.len() as u64 && bytes <= self.limit {
                Step::Object { role, offset }
            } else {
                Step::TooLarge { offset, bytes }
            });
        }
        if self.elements_at == Some(self.depth + 2) {
            self.elements_at = None;
        }
        if self.depth > 0 {
            return None;
        }
        let objects = std::mem::take(&mut self.objects);
        (self.is_page, self.role) = (false, Role::Decision);
        self.elements_at = None;
        Some(Step::PageEnd { objects })
    }

    fn keep(&mut self, run: &[u8], object: &mut Vec<u8>) {
        self.offset += run.len() as u64;
        if self.kept_from.is_some() && object.len() as u64 <= self.limit {
            object.extend_from_slice(run);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::{Pages, Role, Step};

    #[test]
    fn streams_as_a_table() {
        let check = |text: &str, expected: &[&str]| {
            for capacity in [1, 3, 1000] {
                let mut bytes = BufReader::with_capacity(capacity, text.as_bytes());
                let (mut pages, mut object, mut found) = (Pages::new(20), Vec::new(), Vec::new());
                loop {
                    let step = pages.next(&mut bytes, &mut object).unwrap();
                    found.push(match step {
                        Step::Object { role, offset } => {
                            let role = match role {
                                Role::Decision => "",
                                Role::Deleted => "deleted ",
                                Role::Transaction => "transaction ",
                            };
                            format!("{offset} {role}{}", String::from_utf8_lossy(&object))
                        }
                        Step::TooLarge { offset, bytes } => format!("{offset} too large {bytes}"),
                        Step::PageEnd { objects } => format!("page {objects}"),
                        Step::Malformed { offset } => format!("malformed {offset}"),
                        Step::Truncated { offset } => format!("truncated {offset}"),
                        Step::End => "end".to_owned(),
                    });
                    if matches!(
                        step,
                        Step::End | Step::Malformed { .. } | Step::Truncated { .. }
                    ) {
                        break;
                    }
                }
                assert_eq!(found, expected, "{text} {capacity}");
            }
        };
        check("", &["end"]);
        check(" \n", &["end"]);
        check(r#"{"id":"a"}"#, &[r#"0 {"id":"a"}"#, "end"]);
        check(
            "{\"a\":1}\n{\"a\":[2]}",
            &["0 {\"a\":1}", "8 {\"a\":[2]}", "end"],
        );
        check(
            r#"[{"a":1},2,"x",{"b":{}}]"#,
            &[r#"1 {"a":1}"#, r#"15 {"b":{}}"#, "page 2", "end"],
        );
        check(
            r#"{"total":2,"results":[{"a":"]}\"\\"},{"results":[]}],"next":"x"}"#,
            &[
                r#"22 {"a":"]}\"\\"}"#,
                r#"37 {"results":[]}"#,
                "page 2",
                "end",
            ],
        );
        check(
            r#"{"deleted":[{"id":"a"}],"transactions":[{"id":"b"}]}"#,
            &[
                r#"12 deleted {"id":"a"}"#,
                r#"40 transaction {"id":"b"}"#,
                "page 2",
                "end",
            ],
        );
        check(r#"{"results":[]}"#, &["page 0", "end"]);
        check(r#"{"x":{"results":[{}]}}"#, &["0 too large 22", "end"]);
        check(
            r#"[{"a":"0123456789012"},{}]"#,
            &["1 too large 21", "23 {}", "page 2", "end"],
        );
        check(
            r#"{"results":[{"a":1},{"a"#,
            &[r#"12 {"a":1}"#, "truncated 20"],
        );
        check("<html>", &["malformed 0"]);
        check(r#"{"a":1}}"#, &[r#"0 {"a":1}"#, "malformed 7"]);
        check("\"a\"", &["malformed 0"]);
    }
}
