//! XML as a small tree laid flat, or as a stream of steps: bounded, without recursion, without entities of its own.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::html::entities;
use crate::html::render;
use crate::html::tree::{Builder, Node, Tree};

/// A parsed record. Nodes are named by their index; 0 is the root element.
#[derive(Debug)]
pub struct Xml<'a> {
    nodes: Vec<Node<'a>>,
    /// Start tags without their brackets, for attributes; empty for text.
    tags: Vec<&'a str>,
}

impl<'a> Xml<'a> {
    /// Parses a document.
    ///
    /// Character references and the names of HTML are resolved. A document type with an internal subset, a name that
    /// is not known, nesting beyond `depth_max`, an end inside of an element, or text outside of the root are errors.
    ///
    /// # Errors
    /// What is wrong, for the ledger.
    pub fn parse(text: &'a str, depth_max: u32) -> Result<Self, String> {
        let mut events = Events::new(text, depth_max);
        let mut builder = Builder::default();
        let mut tags = Vec::new();
        while let Some(step) = events.next()? {
            match step {
                Step::Open(tag) => {
                    builder.open(tag.name);
                    tags.push(tag.raw);
                }
                Step::Close(_) => builder.close(),
                Step::Text(run) => {
                    if builder.text(run) {
                        tags.push("");
                    }
                }
            }
        }
        Ok(Self {
            nodes: builder.finish(),
            tags,
        })
    }

    /// Replaces each run of text of which `change` makes something else; returns how many there were.
    pub fn change_runs(&mut self, change: impl Fn(&str) -> Option<String>) -> usize {
        let mut changed = 0;
        for node in self.nodes.iter_mut().filter(|node| node.is_text()) {
            if let Some(text) = change(&node.text) {
                node.text = Cow::Owned(text);
                changed += 1;
            }
        }
        changed
    }

    /// Name of an element without its namespace prefix; empty for text.
    pub fn name(&self, node: usize) -> &'a str {
        self.nodes[node].name
    }

    /// A run of text, references resolved and white space as it stands; empty for an element.
    pub fn run(&self, node: usize) -> &str {
        &self.nodes[node].text
    }

    /// Index after the last node inside of a node: `node..end(node)` is its subtree in document order.
    pub fn end(&self, node: usize) -> usize {
        self.nodes[node].end
    }

    /// Parent of a node; the root is its own.
    pub fn parent(&self, node: usize) -> usize {
        self.nodes[node].parent
    }

    /// Children of a node in order, runs of text among them.
    pub fn nodes(&self, parent: usize) -> impl Iterator<Item = usize> {
        let end = self.nodes[parent].end;
        let mut at = parent + 1;
        std::iter::from_fn(move || {
            (at < end).then(|| {
                let child = at;
                at = self.nodes[child].end;
                child
            })
        })
    }

    /// Elements of this name below a node, in document order.
    pub fn descendants(&self, from: usize, name: &str) -> impl Iterator<Item = usize> {
        (from + 1..self.nodes[from].end).filter(move |node| self.name(*node) == name)
    }

    /// Child elements of a node, in order.
    pub fn children(&self, parent: usize) -> impl Iterator<Item = usize> {
        let end = self.nodes[parent].end;
        let mut at = parent + 1;
        std::iter::from_fn(move || {
            while at < end {
                let child = at;
                at = self.nodes[child].end;
                if !self.nodes[child].is_text() {
                    return Some(child);
                }
            }
            None
        })
    }

    /// First element at a path below a node.
    pub fn find(&self, from: usize, path: &[&str]) -> Option<usize> {
        path.iter().try_fold(from, |node, name| {
            self.children(node).find(|child| self.name(*child) == *name)
        })
    }

    /// Text of the first element at a path, white space collapsed; `None` if absent or empty.
    pub fn value(&self, from: usize, path: &[&str]) -> Option<String> {
        self.text(self.find(from, path)?)
    }

    /// Text of an element and all it holds, white space collapsed; `None` if empty.
    pub fn text(&self, node: usize) -> Option<String> {
        let joined: String = self.nodes[node..self.nodes[node].end]
            .iter()
            .map(|node| node.text.as_ref())
            .collect();
        let decoded = entities::decode_again(&joined);
        let words: Vec<&str> = decoded.split_whitespace().collect();
        (!words.is_empty()).then(|| words.join(" "))
    }

    /// Value of an attribute, trimmed; `None` if absent, empty or unreadable. A name without prefix also finds the
    /// attribute of any namespace (`href` finds `xlink:href`).
    pub fn attribute(&self, node: usize, name: &str) -> Option<String> {
        let value = Attributes::new(self.tags[node])
            .find(|(found, _)| *found == name || local_name(found) == name)?
            .1;
        let value = entities::decode_again(&entities::decode(value))
            .trim()
            .to_owned();
        (!value.is_empty()).then_some(value)
    }

    /// Plain text of an element whose content is HTML, as [`crate::html::fragment_to_text`] gives it.
    ///
    /// Some records hold their HTML escaped or in CDATA; it is read as well, if it nests no deeper than `depth_max`.
    pub fn prose(&self, node: usize, depth_max: u32) -> String {
        let text = render::render(&self.nodes, node + 1..self.nodes[node].end, |_| false);
        if holds_markup(&text) {
            return crate::html::fragment_to_text(&text, depth_max).unwrap_or(text);
        }
        text
    }
}

/// One step through a document.
#[derive(Debug)]
pub(crate) enum Step<'a> {
    /// An element begins.
    Open(Tag<'a>),
    /// The innermost element ends; its name.
    Close(&'a str),
    /// A run of text inside of an element, references resolved.
    Text(Cow<'a, str>),
}

/// A start tag.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tag<'a> {
    /// Its name without prefix; the HTML ones in lower case.
    pub(crate) name: &'a str,
    /// The tag without its brackets.
    raw: &'a str,
}

impl<'a> Tag<'a> {
    /// Its attributes in order: names without prefix, values as they are written.
    pub(crate) fn attributes(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        Attributes::new(self.raw).map(|(name, value)| (local_name(name), value))
    }
}

/// A document read as a stream of steps, with the bounds that [`Xml::parse`] states: for formats of which a tree would
/// be mostly coordinates.
#[derive(Debug)]
pub(crate) struct Events<'a> {
    text: &'a str,
    reader: Reader<&'a [u8]>,
    at: usize,
    depth_max: usize,
    open: Vec<&'a str>,
    /// An element without content was opened and is to be closed.
    is_empty: bool,
    has_root: bool,
}

impl<'a> Events<'a> {
    /// Starts at the beginning of a document.
    pub(crate) fn new(text: &'a str, depth_max: u32) -> Self {
        Self {
            text,
            reader: Reader::from_str(text),
            at: 0,
            depth_max: depth_max as usize,
            open: Vec::new(),
            is_empty: false,
            has_root: false,
        }
    }

    /// Returns the next step, `None` after the last.
    ///
    /// # Errors
    /// As [`Xml::parse`].
    pub(crate) fn next(&mut self) -> Result<Option<Step<'a>>, String> {
        if std::mem::take(&mut self.is_empty) {
            return Ok(self.open.pop().map(Step::Close));
        }
        loop {
            let event = self
                .reader
                .read_event()
                .map_err(|error| format!("{error} at byte {}", self.reader.error_position()))?;
            let end = usize::try_from(self.reader.buffer_position()).unwrap_or(self.text.len());
            let raw = self.text.get(self.at..end).unwrap_or_default();
            self.at = end;
            match event {
                Event::Start(_) => return self.open(raw).map(Some),
                Event::Empty(_) => {
                    self.is_empty = true;
                    return self.open(raw).map(Some);
                }
                Event::End(_) => return Ok(self.open.pop().map(Step::Close)),
                Event::Text(_) | Event::CData(_) | Event::GeneralRef(_) => {
                    if !self.open.is_empty() {
                        return Ok(Some(Step::Text(match event {
                            Event::GeneralRef(_) => reference(raw)?,
                            Event::CData(_) => Cow::Borrowed(inside_cdata(raw)),
                            _ => Cow::Borrowed(raw),
                        })));
                    }
                    if !raw.trim().is_empty() {
                        return Err("text outside of the root element".to_owned());
                    }
                }
                Event::DocType(_) => {
                    if raw.contains('[') {
                        return Err("declares entities in its document type".to_owned());
                    }
                }
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
                Event::Eof => return self.finish(),
            }
        }
    }

    fn open(&mut self, raw: &'a str) -> Result<Step<'a>, String> {
        let raw = raw.trim_start_matches('<').trim_end_matches(['>', '/']);
        if self.open.is_empty() && std::mem::replace(&mut self.has_root, true) {
            return Err("more than one root element".to_owned());
        }
        if self.open.len() >= self.depth_max {
            return Err(format!("nests deeper than {}", self.depth_max));
        }
        let name = name_of(raw);
        self.open.push(name);
        Ok(Step::Open(Tag { name, raw }))
    }

    fn finish(&mut self) -> Result<Option<Step<'a>>, String> {
        match self.open.last() {
            Some(name) => Err(format!("ends inside of `{name}`")),
            None if !self.has_root => Err("holds no element".to_owned()),
            None => Ok(None),
        }
    }
}

/// Attributes of a tag: names and values as they are written. What cannot be read ends them.
struct Attributes<'a> {
    rest: &'a str,
}

impl<'a> Attributes<'a> {
    /// Of a tag without its brackets.
    fn new(tag: &'a str) -> Self {
        let name = tag.bytes().take_while(|b| !is_space(*b)).count();
        Self {
            rest: tag.get(name..).unwrap_or_default(),
        }
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, after) = self
            .rest
            .split_at_checked(memchr::memchr(b'=', self.rest.as_bytes())?)?;
        let after = after.get(1..)?.trim_ascii_start();
        let quote = *after
            .as_bytes()
            .first()
            .filter(|b| matches!(b, b'"' | b'\''))?;
        let after = after.get(1..)?;
        let (value, rest) = after.split_at_checked(memchr::memchr(quote, after.as_bytes())?)?;
        self.rest = rest.get(1..)?;
        Some((name.trim_ascii(), value))
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

fn local_name(name: &str) -> &str {
    match memchr::memchr(b':', name.as_bytes()) {
        Some(colon) => name.get(colon + 1..).unwrap_or_default(),
        None => name,
    }
}

impl Tree for Xml<'_> {
    fn name(&self, node: usize) -> &str {
        Xml::name(self, node)
    }

    fn run(&self, node: usize) -> &str {
        Xml::run(self, node)
    }

    fn parent(&self, node: usize) -> usize {
        Xml::parent(self, node)
    }

    fn end(&self, node: usize) -> usize {
        Xml::end(self, node)
    }

    fn attribute(&self, node: usize, name: &str) -> Option<String> {
        Xml::attribute(self, node, name)
    }
}

/// Name of a tag without prefix; the HTML ones in lower case.
fn name_of(tag: &str) -> &str {
    let end = tag
        .bytes()
        .take_while(|b| !is_space(*b) && *b != b'/')
        .count();
    let name = local_name(tag.get(..end).unwrap_or(tag));
    match name {
        "P" => "p",
        "BR" | "Br" => "br",
        "DIV" => "div",
        "LI" => "li",
        "UL" => "ul",
        "OL" => "ol",
        "TABLE" => "table",
        "TR" => "tr",
        "TD" => "td",
        "TH" => "th",
        _ => name,
    }
}

fn inside_cdata(raw: &str) -> &str {
    let raw = raw.strip_prefix("<![CDATA[").unwrap_or(raw);
    raw.strip_suffix("]]>").unwrap_or(raw)
}

fn reference(raw: &str) -> Result<Cow<'_, str>, String> {
    let name = raw.trim_start_matches('&').trim_end_matches(';');
    entities::character(name)
        .map(|c| Cow::Owned(c.to_string()))
        .ok_or_else(|| format!("refers to an entity that is not declared, `{name}`"))
}

fn holds_markup(text: &str) -> bool {
    ["<p", "<br", "<div", "<table"]
        .iter()
        .any(|tag| memchr::memmem::find(text.as_bytes(), tag.as_bytes()).is_some())
}

#[cfg(test)]
mod tests {
    use super::{Events, Step, Xml};

    #[test]
    fn what_is_refused() {
        let check = |xml: &str, expected: &str| {
            let error = Xml::parse(xml, 8).unwrap_err();
            assert!(error.contains(expected), "{xml}: {error}");
        };
        check("", "no element");
        check("<A><B></A>", "expected `</B>`");
        check("<A><B>texte</B>", "ends inside of `A`");
        check("<A>texte</A", "");
        check("<A/><B/>", "more than one root");
        check("<A/>texte", "outside of the root");
        check(
            "<!DOCTYPE A [<!ENTITY x 'y'>]><A>&x;</A>",
            "declares entities",
        );
        check("<A>&inconnue;</A>", "`inconnue`");
        check(&"<A>".repeat(9), "deeper than 8");
        check(&"<A>".repeat(500_000), "deeper than 8");
        check("Erreur 503", "outside of the root");
    }

    #[test]
    fn attributes_as_a_table() {
        let check = |tag: &str, expected: &[(&str, &str)]| {
            let xml = format!("<{tag}/>");
            let mut events = Events::new(&xml, 8);
            let Some(Step::Open(tag)) = events.next().unwrap() else {
                panic!("{xml}");
            };
            assert_eq!(tag.attributes().collect::<Vec<_>>(), expected, "{xml}");
            assert!(matches!(events.next(), Ok(Some(Step::Close("A")))));
            assert!(matches!(events.next(), Ok(None)));
        };
        check("A", &[]);
        check("p:A q:x='1'", &[("x", "1")]);
        check(
            "A x=\"a>b 'c'\"  y = '\"' z=\"\" ",
            &[("x", "a>b 'c'"), ("y", "\""), ("z", "")],
        );
        check("A\n\tx='é'\r\ny='&amp;'", &[("x", "é"), ("y", "&amp;")]);
        check("A x=1 y='2'", &[]); // not XML; what follows is lost
        check("A x='/'", &[("x", "/")]);
    }

    #[test]
    fn values_as_a_table() {
        let text = "<?xml version=\"1.0\"?><!-- c --><A x=\" un &amp; deux \" y=''><B> d&#233;but <C>et</C>\n fin</B>\
                    <D/><E>&eacute;&amp;nbsp;<![CDATA[&<>]]></E></A>\n";
        let xml = Xml::parse(text, 8).unwrap();
        assert_eq!(xml.name(0), "A");
        assert_eq!(xml.attribute(0, "x").as_deref(), Some("un & deux"));
        assert_eq!(xml.attribute(0, "y"), None);
        assert_eq!(xml.attribute(0, "z"), None);
        assert_eq!(xml.value(0, &["B"]).as_deref(), Some("début et fin"));
        assert_eq!(xml.value(0, &["B", "C"]).as_deref(), Some("et"));
        assert_eq!(xml.value(0, &["D"]), None);
        assert_eq!(xml.value(0, &["F"]), None);
        assert_eq!(xml.value(0, &["E"]).as_deref(), Some("é &<>"));
        assert_eq!(xml.children(0).count(), 3);
    }

    #[test]
    fn prose_as_a_table() {
        let check = |content: &str, expected: &str| {
            let text = format!("<CONTENU>{content}</CONTENU>");
            assert_eq!(Xml::parse(&text, 16).unwrap().prose(0, 16), expected);
        };
        check("", "");
        check("texte nu", "texte nu");
        check("<p>Un.</p><p>Deux<br/>trois.</p>", "Un.\n\nDeux\ntrois.");
        check("<P>Un.</P><P>Deux<BR/>trois.</P>", "Un.\n\nDeux\ntrois.");
        check("l&amp;#8217;un&amp;nbsp;: &#171; x", "l’un\u{a0}: « x");
        check("<![CDATA[<p>Un.</p><p>Deux.</p>]]>", "Un.\n\nDeux.");
        check("&lt;p&gt;Un.&lt;/p&gt;", "Un.");
        check("a &lt; b", "a < b");
        check("<table><tr><td>1</td><td>2</td></tr></table>", "1 | 2");
    }
}
