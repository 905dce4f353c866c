//! The envelope of an OAI-PMH answer, read without trusting what it holds.
//!
//! Repositories wrap records of other people: characters that XML forbids, a wrong declaration of encoding and unclosed
//! elements are frequent. The envelope is therefore not parsed but scanned for the few elements that the protocol
//! needs, by local name, in linear time; a broken record hides neither the resumption token nor its neighbours.

use std::borrow::Cow;

/// Decodes an answer: UTF-8 if it is, else as declared if that is Latin-1 or UTF-16, else UTF-8 with replacements.
///
/// Repositories are known to declare ISO-8859-1 and send UTF-8, so that the declaration comes second.
pub(crate) fn decode(body: &[u8]) -> Cow<'_, str> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    if let Ok(text) = std::str::from_utf8(body) {
        return Cow::Borrowed(text);
    }
    let utf_16 = |unit: fn([u8; 2]) -> u16| {
        let units = body.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        Cow::Owned(
            char::decode_utf16(units)
                .map(|c| c.unwrap_or('\u{fffd}'))
                .collect(),
        )
    };
    match body {
        [0xfe, 0xff, ..] => return utf_16(u16::from_be_bytes),
        [0xff, 0xfe, ..] => return utf_16(u16::from_le_bytes),
        _ => {}
    }
    let head = body.get(..body.len().min(200)).unwrap_or(body);
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let declaration = head.split("?>").next().unwrap_or_default();
    if ["iso-8859-1", "latin1", "windows-1252"]
        .iter()
        .any(|name| declaration.contains(name))
    {
        return Cow::Owned(body.iter().map(|byte| char::from(*byte)).collect());
    }
    String::from_utf8_lossy(body)
}

/// A start tag and, where asked for, what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Element<'t> {
    /// Offset of its `<`.
    pub(crate) start: usize,
    attributes: &'t str,
    inner: &'t str,
}

impl<'t> Element<'t> {
    /// Its text: outermost markup of character data resolved, characters that XML forbids left out, trimmed.
    pub(crate) fn text(&self) -> String {
        plain(self.inner)
    }

    /// The markup inside.
    pub(crate) fn inner(&self) -> &'t str {
        self.inner
    }

    /// The value of an attribute, by local name.
    pub(crate) fn attribute(&self, local: &str) -> Option<String> {
        let mut rest = self.attributes;
        while let Some((name, after)) = rest.split_once('=') {
            let after = after.trim_start();
            let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            let (value, next) = after.get(1..)?.split_once(quote)?;
            let name = name.trim();
            if name.rsplit(':').next() == Some(local) {
                return Some(plain(value));
            }
            rest = next;
        }
        None
    }
}

/// Finds the elements with a local name, in document order. Elements of that name inside another are not looked for:
/// what is asked for here are leaves, or containers that do not nest.
pub(crate) fn elements<'t>(text: &'t str, local: &'static str) -> Elements<'t> {
    Elements {
        tags: Tags::new(text),
        local,
    }
}

/// First of [`elements`].
pub(crate) fn first<'t>(text: &'t str, local: &'static str) -> Option<Element<'t>> {
    elements(text, local).next()
}

/// Text of the elements with a local name that hold nothing but text.
pub(crate) fn leaves(text: &str, local: &str) -> Vec<String> {
    let mut leaves = Vec::new();
    let mut open: Option<Tag<'_>> = None;
    for tag in Tags::new(text) {
        if let Some(open) = open.filter(|open| tag.closing && !open.closing && open.local == local)
            && let Some(inner) = text.get(open.end..tag.start)
        {
            leaves.push(plain(inner));
        }
        open = Some(tag);
    }
    leaves.retain(|leaf| !leaf.is_empty());
    leaves
}

/// Iterator of [`elements`].
pub(crate) struct Elements<'t> {
    tags: Tags<'t>,
    local: &'static str,
}

impl<'t> Iterator for Elements<'t> {
    type Item = Element<'t>;

    fn next(&mut self) -> Option<Self::Item> {
        let open = self
            .tags
            .by_ref()
            .find(|tag| !tag.closing && tag.local == self.local)?;
        let text = self.tags.text;
        let inner = if open.empty {
            ""
        } else {
            let close = self
                .tags
                .by_ref()
                .find(|tag| tag.closing && tag.local == self.local);
            let end = close.map_or(text.len(), |tag| tag.start);
            text.get(open.end..end).unwrap_or_default()
        };
        Some(Element {
            start: open.start,
            attributes: open.attributes,
            inner,
        })
    }
}

/// One tag.
#[derive(Debug, Clone, Copy)]
struct Tag<'t> {
    start: usize,
    end: usize,
    local: &'t str,
    attributes: &'t str,
    closing: bool,
    empty: bool,
}

/// Tags in order; comments and CDATA sections are passed over.
struct Tags<'t> {
    text: &'t str,
    at: usize,
    // An end that is missing once is missing for good: not looking again keeps the scan linear.
    no_comment_end: bool,
    no_cdata_end: bool,
}

impl<'t> Tags<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            text,
            at: 0,
            no_comment_end: false,
            no_cdata_end: false,
        }
    }

    fn skip(at: usize, rest: &str, end: &str, missing: &mut bool) -> usize {
        if !*missing {
            if let Some(length) = rest.find(end) {
                return at + length + end.len();
            }
            *missing = true;
        }
        at + 1
    }
}

impl<'t> Iterator for Tags<'t> {
    type Item = Tag<'t>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let start = self.at + self.text.get(self.at..)?.find('<')?;
            let rest = self.text.get(start..)?;
            if rest.starts_with("<!--") {
                self.at = Self::skip(start, rest, "-->", &mut self.no_comment_end);
                continue;
            }
            if rest.starts_with("<![CDATA[") {
                self.at = Self::skip(start, rest, "]]>", &mut self.no_cdata_end);
                continue;
            }
            self.at = start + 1;
            if let Some(tag) = tag(start, rest) {
                self.at = tag.end;
                return Some(tag);
            }
        }
    }
}

/// Reads the tag at the beginning of `rest`; `None` if it is none.
fn tag(start: usize, rest: &str) -> Option<Tag<'_>> {
    // A tag holds no `<`; one that seems to was never closed.
    let inside = rest.get(1..)?;
    let stop = inside.find('<').unwrap_or(inside.len());
    let inside = inside.get(..stop)?;
    let length = closing_bracket(inside)?;
    let inside = inside.get(..length)?;
    let (closing, inside) = match inside.strip_prefix('/') {
        Some(inside) => (true, inside),
        None => (false, inside),
    };
    let (empty, inside) = match inside.strip_suffix('/') {
        Some(inside) => (true, inside),
        None => (false, inside),
    };
    let name_end = inside
        .find(|c: char| c.is_ascii_whitespace())
        .unwrap_or(inside.len());
    let (name, attributes) = inside.split_at_checked(name_end)?;
    let local = name.rsplit(':').next()?;
    let is_name = local.starts_with(|c: char| c.is_alphabetic() || c == '_');
    is_name.then_some(Tag {
        start,
        end: start + 1 + length + 1,
        local,
        attributes,
        closing,
        empty,
    })
}

/// Offset of the `>` that ends a tag: the first outside quotes, or the first at all where quotes do not pair up.
fn closing_bracket(inside: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in inside.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Some(at),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    inside.find('>')
}

/// Character data as text.
fn plain(markup: &str) -> String {
    let markup = markup.trim();
    let raw = markup
        .strip_prefix("<![CDATA[")
        .and_then(|rest| rest.strip_suffix("]]>"));
    let text = raw.map_or_else(|| unescape(markup), str::to_owned);
    let text: String = text.chars().filter(|c| is_legal(*c)).collect();
    text.trim().to_owned()
}

/// Resolves the references that XML defines; others stay as they are.
fn unescape(markup: &str) -> String {
    let mut text = String::with_capacity(markup.len());
    let mut rest = markup;
    while let Some((before, after)) = rest.split_once('&') {
        text.push_str(before);
        // The longest reference is `&#x10FFFF;`.
        let name = after.split_once(';').filter(|(name, _)| name.len() <= 8);
        match name.and_then(|(name, after)| Some((reference(name)?, after))) {
            Some((c, after)) => {
                text.push(c);
                rest = after;
            }
            None => {
                text.push('&');
                rest = after;
            }
        }
    }
    text.push_str(rest);
    text
}

fn reference(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

/// True for the characters of XML 1.0.
fn is_legal(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// An error of the protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OaiError {
    /// `badArgument`, `badResumptionToken`, `badVerb`, `cannotDisseminateFormat`, `idDoesNotExist`, `noRecordsMatch`,
    /// `noMetadataFormats`, `noSetHierarchy`, or what the repository made up.
    pub code: String,
    /// What it says, in its words.
    pub message: String,
}

impl std::fmt::Display for OaiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.message.as_str() {
            "" => write!(f, "{}", self.code),
            message => write!(f, "{}: {message}", self.code),
        }
    }
}

/// What the protocol says in an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Envelope {
    /// `responseDate` as sent.
    pub(crate) response_date: Option<String>,
    /// Errors, in order.
    pub(crate) errors: Vec<OaiError>,
    /// The token of the next page. An empty element and none at all both end a list.
    pub(crate) token: Option<String>,
}

impl Envelope {
    /// Reads the envelope of an answer, or says why it is none: another kind of page, or cut off. A list whose answer
    /// was cut off must not pass for its end.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let root = Tags::new(text).find(|tag| !tag.closing);
        let root = root.filter(|tag| tag.local == "OAI-PMH");
        let Some(root) = root else {
            let start: String = text.trim_start().chars().take(80).collect();
            return Err(format!(
                "the answer is not OAI-PMH but begins with `{}`",
                start.trim_end()
            ));
        };
        if !root.empty && !ends_with_root(text) {
            return Err("the answer was cut off: its last tag is not that of `OAI-PMH`".to_owned());
        }
        let token = last_token(text);
        Ok(Self {
            response_date: first(text, "responseDate").map(|element| element.text()),
            errors: errors(text),
            token: token
                .map(|element| element.text())
                .filter(|token| !token.is_empty()),
        })
    }

    /// An envelope that holds one error.
    pub(crate) fn refusal(code: &str, message: String) -> Self {
        let errors = vec![OaiError {
            code: code.to_owned(),
            message,
        }];
        Self {
            response_date: None,
            errors,
            token: None,
        }
    }

    /// True if it holds that error.
    pub(crate) fn has(&self, code: &str) -> bool {
        self.errors.iter().any(|error| error.code == code)
    }

    /// All errors in one line.
    pub(crate) fn error_line(&self) -> String {
        let errors: Vec<String> = self.errors.iter().map(ToString::to_string).collect();
        errors.join("; ")
    }
}

fn ends_with_root(text: &str) -> bool {
    let Some(at) = text.rfind("OAI-PMH") else {
        return false;
    };
    let before = text.get(..at).unwrap_or_default();
    let name = before
        .rfind('<')
        .and_then(|bracket| before.get(bracket + 1..));
    name.is_some_and(|prefix| prefix.starts_with('/') && !prefix.contains(char::is_whitespace))
}

/// Errors of the envelope; what a record holds under that name is none.
fn errors(text: &str) -> Vec<OaiError> {
    let bodies = [
        "Identify",
        "ListMetadataFormats",
        "ListSets",
        "ListIdentifiers",
        "ListRecords",
        "GetRecord",
    ];
    let body = Tags::new(text).find(|tag| bodies.contains(&tag.local));
    let head = body.and_then(|tag| text.get(..tag.start)).unwrap_or(text);
    let errors = elements(head, "error");
    errors
        .map(|error| OaiError {
            code: error.attribute("code").unwrap_or_default(),
            message: error.text(),
        })
        .collect()
}

/// Longest prefix of a namespace that is looked at.
const PREFIX_BYTES_MAX: usize = 64;

/// The resumption token: looked for from the end, so that no broken record hides it.
fn last_token(text: &str) -> Option<Element<'_>> {
    let name = "resumptionToken";
    let mut end = text.len();
    loop {
        let at = text.get(..end)?.rfind(name)?;
        // Looked for as far back as a prefix may be long, so that the scan stays linear.
        let start = text.floor_char_boundary(at.saturating_sub(PREFIX_BYTES_MAX));
        let bracket = text
            .get(start..at)?
            .rfind('<')
            .map(|bracket| start + bracket);
        let prefix = bracket.and_then(|bracket| text.get(bracket + 1..at));
        let Some((bracket, prefix)) = bracket.zip(prefix) else {
            end = at;
            continue;
        };
        if prefix.is_empty() || (prefix.ends_with(':') && !prefix.starts_with('/')) {
            let rest = text.get(bracket..)?;
            // A record after it means that it stood inside a record.
            let inside = Tags::new(rest).any(|tag| matches!(tag.local, "record" | "header"));
            return if inside { None } else { first(rest, name) };
        }
        end = at;
    }
}

/// The header of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Unique identifier of the item.
    pub identifier: String,
    /// When the record was created, modified or deleted.
    pub datestamp: String,
    /// Sets the item is in.
    pub sets: Vec<String>,
    /// True if the record was deleted.
    pub deleted: bool,
}

fn header(element: Element<'_>) -> Header {
    let text = |name| {
        first(element.inner(), name)
            .map(|e| e.text())
            .unwrap_or_default()
    };
    Header {
        identifier: text("identifier"),
        datestamp: text("datestamp"),
        sets: elements(element.inner(), "setSpec")
            .map(|set| set.text())
            .collect(),
        deleted: element.attribute("status").as_deref() == Some("deleted"),
    }
}

/// The headers of a `ListIdentifiers` answer.
pub(crate) fn headers(text: &str) -> Vec<Header> {
    elements(text, "header").map(header).collect()
}

/// The records of a `ListRecords` or `GetRecord` answer: header and the record's bytes.
///
/// A record begins where a tag `record` is followed by a tag `header`: metadata formats such as MARCXML have elements
/// `record` of their own, and a record left open must not swallow the next.
pub(crate) fn records(text: &str) -> Vec<(Header, &str)> {
    let mut starts = Vec::new();
    let mut previous: Option<Tag<'_>> = None;
    for tag in Tags::new(text) {
        if let Some(record) = previous
            && tag.local == "header"
            && !tag.closing
            && record.local == "record"
            && !record.closing
        {
            starts.push(record.start);
        }
        previous = Some(tag);
    }
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let mut records = Vec::with_capacity(starts.len());
    for (start, end) in starts.iter().zip(ends) {
        let slice = text.get(*start..end).unwrap_or_default();
        // The last slice runs to the end of the page; what follows the record is not part of it.
        let end = slice
            .rfind("record>")
            .filter(|at| *at > "<prefix:record>".len());
        let length = end.map_or(slice.len(), |at| at + "record>".len());
        let slice = slice.get(..length).unwrap_or(slice);
        if let Some(element) = first(slice, "header") {
            records.push((header(element), slice));
        }
    }
    records
}
