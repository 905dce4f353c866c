//! What a finding aid says of itself: `eadheader` (2002) or `control` (EAD3).

use moisson_core::Date;

use crate::xml::Xml;

/// The finding aid as a publication.
#[derive(Debug, Clone, Default)]
pub struct Header {
    /// `eadid`, `recordid`.
    pub id: Option<String>,
    /// Title and subtitle.
    pub title: Option<String>,
    /// Public address.
    pub url: Option<String>,
    /// Publisher, else the repository.
    pub producer: Option<String>,
    /// Day of publication.
    pub published_on: Option<Date>,
    /// Day of the last revision.
    pub modified_on: Option<Date>,
    /// Code of the language it is written in, else its name.
    pub language: Option<String>,
    /// Terms of use, verbatim, joined by ` ; `.
    pub licence: Option<String>,
}

/// Reads the header of a document whose root is `ead`.
pub fn header(xml: &Xml<'_>) -> Header {
    let control = xml
        .find(0, &["eadheader"])
        .or_else(|| xml.find(0, &["control"]))
        .unwrap_or(0);
    let archdesc = xml.find(0, &["archdesc"]);
    let id_node = xml
        .find(control, &["eadid"])
        .or_else(|| xml.find(control, &["recordid"]));
    let title = xml.value(control, &["filedesc", "titlestmt", "titleproper"]);
    let subtitle = xml.value(control, &["filedesc", "titlestmt", "subtitle"]);
    let publication = xml.find(control, &["filedesc", "publicationstmt"]);
    let repository = || xml.value(archdesc?, &["did", "repository"]);
    let unit_title = || xml.value(archdesc?, &["did", "unittitle"]);
    Header {
        id: id_node
            .and_then(|node| xml.text(node))
            .filter(|id| id.len() <= 500),
        title: match (title, subtitle) {
            (Some(title), Some(subtitle)) => Some(format!("{title}. {subtitle}")),
            (title, subtitle) => title.or(subtitle).or_else(unit_title),
        },
        url: id_node
            .and_then(|node| {
                xml.attribute(node, "url")
                    .or_else(|| xml.attribute(node, "instanceurl"))
            })
            .filter(|url| url.starts_with("http")),
        producer: publication
            .and_then(|at| xml.value(at, &["publisher"]))
            .or_else(|| xml.value(control, &["maintenanceagency", "agencyname"]))
            .or_else(repository),
        published_on: publication
            .and_then(|at| xml.find(at, &["date"]))
            .and_then(|node| day(xml, node)),
        modified_on: modified(xml, control),
        language: language(xml, control),
        licence: licence(xml, control, archdesc),
    }
}

/// The first day of a date, from its normal form if it has one.
fn day(xml: &Xml<'_>, node: usize) -> Option<Date> {
    let normal = ["normal", "standarddate", "standarddatetime"]
        .iter()
        .find_map(|name| xml.attribute(node, name))
        .or_else(|| xml.text(node))?;
    Date::parse(normal.split('/').next().unwrap_or_default())
}

fn modified(xml: &Xml<'_>, control: usize) -> Option<Date> {
    let is_change = |node: &usize| matches!(xml.name(*node), "change" | "maintenanceevent");
    (control..xml.end(control))
        .filter(is_change)
        .filter_map(|change| {
            let node = xml
                .find(change, &["date"])
                .or_else(|| xml.find(change, &["eventdatetime"]))?;
            day(xml, node)
        })
        .max()
}

fn language(xml: &Xml<'_>, control: usize) -> Option<String> {
    let node = xml
        .find(control, &["profiledesc", "langusage", "language"])
        .or_else(|| xml.find(control, &["languagedeclaration", "language"]));
    match node {
        Some(node) => xml.attribute(node, "langcode").or_else(|| xml.text(node)),
        None => xml.value(control, &["profiledesc", "langusage"]),
    }
}

/// `rightsdeclaration` speaks of the finding aid, `userestrict` of what it describes; both are shown to the gate.
fn licence(xml: &Xml<'_>, control: usize, archdesc: Option<usize>) -> Option<String> {
    let mut statements: Vec<String> = Vec::new();
    let declarations = xml
        .children(control)
        .filter(|node| xml.name(*node) == "rightsdeclaration");
    for node in declarations {
        statements.extend(xml.text(node));
        let address = (node..xml.end(node))
            .filter(|at| !xml.name(*at).is_empty())
            .find_map(|at| xml.attribute(at, "href"));
        statements.extend(address);
    }
    if let Some(archdesc) = archdesc {
        statements.extend(user_restrictions(xml, archdesc));
    }
    statements.dedup();
    (!statements.is_empty()).then(|| statements.join(" ; "))
}

/// `userestrict` of a unit, as one statement each, headings left out.
pub(super) fn user_restrictions(xml: &Xml<'_>, unit: usize) -> Vec<String> {
    let direct = xml
        .children(unit)
        .filter(|node| xml.name(*node) == "userestrict");
    let grouped = xml
        .children(unit)
        .filter(|node| xml.name(*node) == "descgrp")
        .flat_map(|group| {
            xml.children(group)
                .filter(|node| xml.name(*node) == "userestrict")
        });
    direct
        .chain(grouped)
        .filter_map(|node| {
            let parts: Vec<String> = xml
                .children(node)
                .filter(|child| xml.name(*child) != "head")
                .filter_map(|child| xml.text(child))
                .collect();
            if parts.is_empty() {
                xml.text(node)
            } else {
                Some(parts.join(" "))
            }
        })
        .collect()
}
