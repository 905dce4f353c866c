//! The TEI in which HAL gives its notices: `TEI/text/body/listBibl/biblFull`.

use moisson_core::Date;

use super::dublin_core::prose;
use super::notice::{Notice, Said, add};
use crate::xml::Xml;

/// Reads the first `biblFull` below `root`.
pub(super) fn read(xml: &Xml<'_>, root: usize, text: &[String], depth_max: u32) -> Notice {
    let mut notice = Notice::default();
    let Some(entry) = xml.descendants(root, "biblFull").next() else {
        return notice;
    };
    if text.iter().any(|wanted| wanted == "abstract") {
        for node in xml.descendants(entry, "abstract") {
            notice.say(xml.attribute(node, "lang"), &prose(xml, node, depth_max));
        }
    }
    if let Some(statement) = xml.find(entry, &["titleStmt"]) {
        for node in xml.children(statement) {
            match (xml.name(node), xml.text(node)) {
                ("title", Some(text)) => notice.titles.push(Said {
                    language: xml.attribute(node, "lang"),
                    text,
                }),
                ("author", _) => author(xml, node, &mut notice),
                _ => {}
            }
        }
    }
    publication(xml, entry, &mut notice);
    profile(xml, entry, &mut notice);
    notice.published = published(xml, entry);
    notice
}

/// `persName` holds its parts without white space between them.
fn author(xml: &Xml<'_>, node: usize, notice: &mut Notice) {
    let name = xml
        .find(node, &["persName"])
        .or_else(|| xml.find(node, &["orgName"]));
    let Some(name) = name else {
        return;
    };
    let parts: Vec<String> = xml
        .children(name)
        .filter_map(|part| xml.text(part))
        .collect();
    let whole = if parts.is_empty() {
        xml.text(name).unwrap_or_default()
    } else {
        parts.join(" ")
    };
    add(&mut notice.creators, whole);
}

fn publication(xml: &Xml<'_>, entry: usize, notice: &mut Notice) {
    let Some(statement) = xml.find(entry, &["publicationStmt"]) else {
        return;
    };
    for node in xml.descendants(statement, "licence") {
        if let Some(licence) = xml.attribute(node, "target").or_else(|| xml.text(node)) {
            notice.grant(licence);
        }
    }
    for node in xml.children(statement) {
        if xml.name(node) != "idno" {
            continue;
        }
        let (kind, value) = (xml.attribute(node, "type"), xml.text(node));
        match (kind.as_deref(), value) {
            (Some("halUri"), Some(value)) => notice.url = Some(value),
            (Some("halId"), Some(value)) => notice.identify(value),
            _ => {}
        }
    }
    for node in xml.descendants(entry, "idno") {
        let kind = xml.attribute(node, "type");
        if matches!(kind.as_deref(), Some("doi" | "nnt" | "arxiv" | "pubmed"))
            && let (Some(kind), Some(value)) = (kind, xml.text(node))
        {
            add(&mut notice.identifiers, format!("{kind}:{value}"));
        }
    }
}

fn profile(xml: &Xml<'_>, entry: usize, notice: &mut Notice) {
    let Some(profile) = xml.find(entry, &["profileDesc"]) else {
        return;
    };
    for node in xml.descendants(profile, "language") {
        if let Some(language) = xml.attribute(node, "ident").or_else(|| xml.text(node)) {
            add(&mut notice.languages, language);
        }
    }
    for node in xml.descendants(profile, "term") {
        if let Some(term) = xml.text(node) {
            add(&mut notice.subjects, term);
        }
    }
    for node in xml.descendants(profile, "classCode") {
        let scheme = xml.attribute(node, "scheme");
        let value = xml.attribute(node, "n").or_else(|| xml.text(node));
        match (scheme.as_deref(), value) {
            (Some("halDomain"), Some(value)) => add(&mut notice.subjects, value),
            (Some("halTypology"), Some(value)) => add(&mut notice.types, value),
            _ => {}
        }
    }
}

/// The date of publication, else of production, else of deposit.
fn published(xml: &Xml<'_>, entry: usize) -> Option<Date> {
    let of = |kind: &str| {
        xml.descendants(entry, "date")
            .filter(|node| xml.attribute(*node, "type").as_deref() == Some(kind))
            .find_map(|node| {
                let when = xml.attribute(node, "when").or_else(|| xml.text(node))?;
                Date::parse(&when)
            })
    };
    ["datePub", "whenProduced", "dateDefended", "whenSubmitted"]
        .iter()
        .find_map(|kind| of(kind))
}
