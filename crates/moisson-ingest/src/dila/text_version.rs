//! `TEXTE_VERSION`: the frame of a law, decree or order, without its articles.

use super::Record;
use super::fields::{date, put, url};
use crate::xml::Xml;

/// Parts of the frame in reading order.
const PARTS: &[&str] = &[
    "NOTICE",
    "VISAS",
    "BLOC_TEXTUEL",
    "SIGNATAIRES",
    "TP",
    "ABRO",
    "RECT",
    "NOTA",
];

/// Reads a `TEXTE_VERSION`; the root of `xml` is one. `None` if it has no id. The frame of a code has no text.
pub fn read(xml: &Xml<'_>, depth_max: u32) -> Option<Record> {
    let common = |name: &str| xml.value(0, &["META", "META_COMMUN", name]);
    let chronicle = |name: &str| xml.value(0, &["META", "META_SPEC", "META_TEXTE_CHRONICLE", name]);
    let version = |name: &str| xml.value(0, &["META", "META_SPEC", "META_TEXTE_VERSION", name]);
    let id = common("ID")?;
    let nature = common("NATURE");
    let cid = chronicle("CID");
    let mut record = Record {
        text: text(xml, depth_max),
        title: version("TITREFULL").or_else(|| version("TITRE")),
        url: url(&id, nature.as_deref() == Some("CODE")),
        genre: id.starts_with("KALI").then_some("agreement"),
        published_on: date(chronicle("DATE_PUBLI")),
        modified_on: date(chronicle("DERNIERE_MODIFICATION")),
        version_of: cid.clone(),
        version_from: date(version("DATE_DEBUT")),
        version_to: date(version("DATE_FIN")),
        version_state: version("ETAT"),
        id,
        ..Record::default()
    };
    let metadata = &mut record.metadata;
    put(metadata, "cid", cid);
    put(metadata, "nature", nature);
    put(metadata, "nor", chronicle("NOR"));
    put(metadata, "num", chronicle("NUM"));
    put(metadata, "date_texte", date_text(chronicle("DATE_TEXTE")));
    put(metadata, "origine_publi", chronicle("ORIGINE_PUBLI"));
    put(metadata, "autorite", version("AUTORITE"));
    put(metadata, "ministere", version("MINISTERE"));
    Some(record)
}

fn text(xml: &Xml<'_>, depth_max: u32) -> String {
    let parts: Vec<String> = PARTS
        .iter()
        .filter_map(|part| xml.find(0, &[part, "CONTENU"]))
        .map(|node| xml.prose(node, depth_max))
        .filter(|part| !part.is_empty())
        .collect();
    parts.join("\n\n")
}

fn date_text(text: Option<String>) -> Option<String> {
    let is_date = date(text.clone()).is_some();
    text.filter(|_| is_date)
}
