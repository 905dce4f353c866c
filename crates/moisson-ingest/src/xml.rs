//! A small XML tree laid flat: bounded, without recursion, without entities of its own.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::Event;
use quick_xml::events::attributes::Attributes;

use crate::html::entities;
use crate::html::render;
use crate::html::tree::{Builder, Node};

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
        let mut reader = Reader::from_str(text);
        let mut builder = Builder::default();
        let mut tags = Vec::new();
        let mut at = 0;
        loop {
            let event = reader
                .read_event()
                .map_err(|error| format!("{error} at byte {}", reader.error_position()))?;
            let end = usize::try_from(reader.buffer_position()).unwrap_or(text.len());
            let raw = text.get(at..end).unwrap_or_default();
            at = end;
            match event {
                Event::Start(_) | Event::Empty(_) => {
                    let tag = raw.trim_start_matches('<').trim_end_matches(['>', '/']);
                    if builder.depth() == 0 && !tags.is_empty() {
                        return Err("more than one root element".to_owned());
                    }
                    builder.open(name_of(tag));
                    tags.push(tag);
                    if builder.depth() > depth_max as usize {
                        return Err(format!("nests deeper than {depth_max}"));
                    }
                    if matches!(event, Event::Empty(_)) {
                        builder.close();
                    }
                }
                Event::End(_) => builder.close(),
                Event::Text(_) | Event::CData(_) | Event::GeneralRef(_) if builder.depth() > 0 => {
                    let is_new = builder.text(match event {
                        Event::GeneralRef(_) => reference(raw)?,
                        Event::CData(_) => Cow::Borrowed(inside_cdata(raw)),
                        _ => Cow::Borrowed(raw),
                    });
                    if is_new {
                        tags.push("");
                    }
                }
                Event::Text(_) | Event::CData(_) | Event::GeneralRef(_) => {
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
                Event::Eof => break,
            }
        }
        match builder.innermost() {
            Some(name) => Err(format!("ends inside of `{name}`")),
            None if tags.is_empty() => Err("holds no element".to_owned()),
            None => Ok(Self {
                nodes: builder.finish(),
                tags,
            }),
        }
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
        let tag = self.tags[node];
        let start = tag.find(|c: char| c.is_ascii_whitespace())?;
        let attribute = Attributes::new(tag, start)
            .with_checks(false)
            .flatten()
            .find(|attribute| {
                attribute.key.as_ref() == name.as_bytes()
                    || attribute.key.local_name().as_ref() == name.as_bytes()
            })?;
        let value = std::str::from_utf8(&attribute.value).ok()?;
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

/// Name of a tag without prefix; the HTML ones in lower case.
fn name_of(tag: &str) -> &str {
    let end = tag
        .find(|c: char| c.is_ascii_whitespace() || c == '/')
        .unwrap_or(tag.len());
    let name = tag.get(..end).unwrap_or(tag);
    let name = name.rsplit(':').next().unwrap_or(name);
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
    use super::Xml;

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
