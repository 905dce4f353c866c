//! Dublin Core in all its dresses: `oai_dc`, `qdc`, `dcterms`, and EDM, by the local names of their elements.

use memchr::memmem;
use moisson_core::Date;

use super::notice::{Notice, Said, add};
use crate::html::{entities, fragment_to_text};
use crate::xml::Xml;

/// Reads what is below `root`.
pub(super) fn read(xml: &Xml<'_>, root: usize, text: &[String], depth_max: u32) -> Notice {
    let mut notice = Notice::default();
    let (mut issued, mut date) = (None, None);
    for node in root + 1..xml.end(root) {
        let name = xml.name(node);
        if name.is_empty() {
            continue;
        }
        if text.iter().any(|wanted| wanted == name) {
            notice.say(xml.attribute(node, "lang"), &prose(xml, node, depth_max));
        }
        let Some(value) = xml.text(node).or_else(|| xml.attribute(node, "resource")) else {
            continue;
        };
        match name {
            "title" => notice.titles.push(Said {
                language: xml.attribute(node, "lang"),
                text: value,
            }),
            "creator" => add(&mut notice.creators, value),
            "subject" => add(&mut notice.subjects, value),
            "type" => add(&mut notice.types, value),
            "language" => add(&mut notice.languages, value),
            "publisher" => add(&mut notice.publishers, value),
            "rightsHolder" => add(&mut notice.holders, value),
            "rights" | "license" | "licence" => notice.grant(value),
            "accessRights" => add(&mut notice.access, value),
            "identifier" => notice.identify(value),
            "relation" | "isShownAt" if is_address(&value) => {
                notice.url.get_or_insert(value);
            }
            "issued" | "dateAccepted" => issued = issued.or_else(|| Date::parse(&value)),
            // The end of an embargo is no date of the work.
            "date" | "created" if !value.starts_with("info:") => {
                date = date.or_else(|| Date::parse(&value));
            }
            _ => {}
        }
    }
    notice.published = issued.or(date);
    notice
}

fn is_address(value: &str) -> bool {
    value.starts_with("http://") || value.starts_with("https://")
}

/// Text of an element, in which markup is often hidden: escaped, in CDATA, or of JATS. Without markup a blank line is
/// the border of two paragraphs.
pub(super) fn prose(xml: &Xml<'_>, node: usize, depth_max: u32) -> String {
    let text = xml.prose(node, depth_max);
    if memmem::find(text.as_bytes(), b"</").is_some() {
        let plain = text
            .replace("<jats:p>", "<p>")
            .replace("</jats:p>", "</p>")
            .replace("<jats:title>", "<h2>")
            .replace("</jats:title>", "</h2>");
        return fragment_to_text(&plain, depth_max).unwrap_or(text);
    }
    let is_plain = xml.children(node).next().is_none() && !text.contains('\n');
    if !is_plain {
        return text;
    }
    let raw: String = xml.nodes(node).map(|run| xml.run(run)).collect();
    paragraphs(&entities::decode_again(&raw))
}

fn paragraphs(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut is_new = false;
    for line in text.lines() {
        let words: Vec<&str> = line.split(|c: char| c.is_ascii_whitespace()).collect();
        let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
        if words.is_empty() {
            is_new = true;
            continue;
        }
        if !out.is_empty() {
            out.push_str(if is_new { "\n\n" } else { " " });
        }
        is_new = false;
        out.push_str(&words.join(" "));
    }
    out
}
