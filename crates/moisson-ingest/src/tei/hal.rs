//! HAL's notices: TEI whose body lists the deposits it describes, each a `biblFull` with its own rights.
//!
//! Shape: <https://api.archives-ouvertes.fr/docs/> (`xml-tei`). The licence of the header is that of the notice (CC0);
//! that of the deposit stands in `biblFull/publicationStmt`, sometimes without version, and is kept as it stands.

use serde_json::{Value, json};

use super::header::{licence, person};
use super::{Record, date};
use crate::xml::Xml;

/// The deposits a document describes; none if it is no list of them.
pub(super) fn notices(xml: &Xml<'_>, root: usize) -> Vec<usize> {
    let list = xml.find(root, &["text", "body", "listBibl"]);
    list.into_iter()
        .flat_map(|list| xml.children(list))
        .filter(|node| xml.name(*node) == "biblFull")
        .collect()
}

/// Reads one deposit: titles and abstracts are its text.
pub(super) fn read(xml: &Xml<'_>, node: usize) -> Record {
    let publication = xml.find(node, &["publicationStmt"]);
    let edition = current_edition(xml, node);
    let analytic = xml
        .find(node, &["sourceDesc", "biblStruct", "analytic"])
        .or_else(|| xml.find(node, &["titleStmt"]));
    let idno = |wanted: &str| {
        let holder = publication?;
        let is_wanted = |node: &usize| xml.attribute(*node, "type").as_deref() == Some(wanted);
        xml.children(holder)
            .find(is_wanted)
            .and_then(|node| xml.text(node))
    };
    let id = idno("halId");
    let version = edition.and_then(|node| xml.attribute(node, "n"));
    let key = id.clone().map(|id| match &version {
        Some(version) if !id.ends_with(version.as_str()) => format!("{id}{version}"),
        _ => id,
    });
    let dated = |wanted: &str| {
        let is_wanted = |node: &usize| xml.attribute(*node, "type").as_deref() == Some(wanted);
        let node = xml.children(edition?).find(is_wanted)?;
        date::of(xml, node)
    };
    let printed = xml
        .find(
            node,
            &["sourceDesc", "biblStruct", "monogr", "imprint", "date"],
        )
        .and_then(|node| date::of(xml, node));
    let titles = titles(xml, node, analytic);
    Record {
        key: key.or_else(|| idno("halUri")),
        text: text(xml, node, &titles),
        title: titles.first().map(|(_, title)| title.clone()),
        url: idno("halUri"),
        published_on: printed
            .or_else(|| dated("whenProduced"))
            .or_else(|| dated("whenReleased"))
            .or_else(|| dated("whenSubmitted")),
        modified_on: dated("whenModified"),
        genre: Some("research"),
        language: xml
            .find(node, &["profileDesc", "langUsage", "language"])
            .and_then(|node| xml.attribute(node, "ident").or_else(|| xml.text(node))),
        licence: publication.and_then(|node| licence(xml, node)),
        producer: publication.and_then(|node| xml.value(node, &["distributor"])),
        version_of: id,
        version_from: dated("whenSubmitted"),
        metadata: metadata(xml, node, edition, analytic),
    }
}

/// The edition that is current, else the last.
fn current_edition(xml: &Xml<'_>, node: usize) -> Option<usize> {
    let statement = xml.find(node, &["editionStmt"])?;
    let editions = || {
        xml.children(statement)
            .filter(|node| xml.name(*node) == "edition")
    };
    editions()
        .find(|node| xml.attribute(*node, "type").as_deref() == Some("current"))
        .or_else(|| editions().last())
}

/// Titles by language, subtitles with them.
fn titles(xml: &Xml<'_>, node: usize, analytic: Option<usize>) -> Vec<(String, String)> {
    let mut titles: Vec<(String, String)> = Vec::new();
    let holder = xml.find(node, &["titleStmt"]).or(analytic);
    for title in holder.into_iter().flat_map(|node| xml.children(node)) {
        let (true, Some(text)) = (xml.name(title) == "title", xml.text(title)) else {
            continue;
        };
        let language = xml.attribute(title, "lang").unwrap_or_default();
        let is_sub = xml.attribute(title, "type").as_deref() == Some("sub");
        match titles.iter_mut().find(|(known, _)| *known == language) {
            Some((_, main)) if is_sub => {
                main.push_str(" : ");
                main.push_str(&text);
            }
            Some(_) => {}
            None => titles.push((language, text)),
        }
    }
    titles
}

/// Each abstract below the title of its language; titles alone where there is none.
fn text(xml: &Xml<'_>, node: usize, titles: &[(String, String)]) -> String {
    let mut paragraphs: Vec<String> = Vec::new();
    let mut is_used = vec![false; titles.len()];
    let profile = xml.find(node, &["profileDesc"]);
    for summary in profile.into_iter().flat_map(|node| xml.children(node)) {
        if xml.name(summary) != "abstract" {
            continue;
        }
        let language = xml.attribute(summary, "lang").unwrap_or_default();
        let title = titles.iter().position(|(known, _)| *known == language);
        if let Some(title) = title
            && let Some(used) = is_used.get_mut(title)
            && !std::mem::replace(used, true)
        {
            paragraphs.extend(titles.get(title).map(|(_, title)| title.clone()));
        }
        let parts: Vec<String> = xml
            .children(summary)
            .filter(|node| matches!(xml.name(*node), "p" | "ab"))
            .filter_map(|node| xml.text(node))
            .collect();
        if parts.is_empty() {
            paragraphs.extend(xml.text(summary));
        } else {
            paragraphs.extend(parts);
        }
    }
    if paragraphs.is_empty() {
        paragraphs.extend(titles.iter().map(|(_, title)| title.clone()));
    }
    paragraphs.join("\n\n")
}

fn metadata(
    xml: &Xml<'_>,
    node: usize,
    edition: Option<usize>,
    analytic: Option<usize>,
) -> serde_json::Map<String, Value> {
    let mut metadata = serde_json::Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            metadata.insert(name.to_owned(), value);
        }
    };
    let holder = xml
        .find(node, &["titleStmt"])
        .filter(|node| xml.find(*node, &["author"]).is_some())
        .or(analytic);
    let authors: Vec<String> = holder
        .into_iter()
        .flat_map(|node| xml.children(node))
        .filter(|node| xml.name(*node) == "author")
        .filter_map(|node| person(xml, node))
        .take(30)
        .collect();
    put("authors", (!authors.is_empty()).then(|| json!(authors)));
    let file = edition.and_then(|edition| {
        let files = || {
            xml.children(edition).filter(|node| {
                xml.name(*node) == "ref" && xml.attribute(*node, "type").as_deref() == Some("file")
            })
        };
        let is_main = |node: &usize| xml.attribute(*node, "n").as_deref() == Some("1");
        files()
            .find(is_main)
            .or_else(|| files().next())
            .and_then(|node| xml.attribute(node, "target"))
    });
    put("file", file.map(Value::from));
    let source = xml.find(node, &["sourceDesc", "biblStruct"]);
    let doi = source.and_then(|source| {
        xml.descendants(source, "idno")
            .find(|node| xml.attribute(*node, "type").as_deref() == Some("doi"))
            .and_then(|node| xml.text(node))
    });
    put("doi", doi.map(Value::from));
    let journal = source.and_then(|source| xml.value(source, &["monogr", "title"]));
    put("journal", journal.map(Value::from));
    let classes = xml.find(node, &["profileDesc", "textClass"]);
    let codes = |scheme: &str| {
        let nodes = classes.into_iter().flat_map(|node| xml.children(node));
        let codes: Vec<String> = nodes
            .filter(|node| xml.attribute(*node, "scheme").as_deref() == Some(scheme))
            .filter_map(|node| xml.attribute(node, "n"))
            .collect();
        codes
    };
    put(
        "type",
        codes("halTypology").first().cloned().map(Value::from),
    );
    let domains = codes("halDomain");
    put("domains", (!domains.is_empty()).then(|| json!(domains)));
    metadata
}
