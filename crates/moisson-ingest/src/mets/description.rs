//! What a METS file says of the whole: title, day, language, terms, in MODS or Dublin Core.

use moisson_core::{Date, Document};

use crate::alto::uri;
use crate::xml::Xml;

/// The whole, as described.
#[derive(Debug, Default)]
pub(super) struct Description {
    title: Option<String>,
    published_on: Option<Date>,
    language: Option<String>,
    licence: Option<String>,
    producer: Option<String>,
    genre: Option<&'static str>,
    number: Option<String>,
    url: Option<String>,
    /// `ark:/12148/…`.
    pub(super) ark: Option<String>,
}

pub(super) fn fill(whole: &mut Document, described: Description) {
    whole.title = described.title;
    whole.published_on = described.published_on;
    whole.language_declared = described.language;
    whole.licence_declared = described.licence;
    whole.producer = described.producer;
    whole.genre = described.genre.map(str::to_owned);
    whole.url = described.url;
    if let Some(number) = described.number {
        whole.metadata.insert("number".to_owned(), number.into());
    }
}

pub(super) fn read(xml: &Xml<'_>) -> Description {
    let sections = sections(xml);
    let first = |names: &[&str]| {
        sections.iter().find_map(|section| {
            names.iter().find_map(|name| {
                xml.descendants(*section, name)
                    .find_map(|node| xml.text(node))
            })
        })
    };
    let identifiers: Vec<String> = sections
        .iter()
        .flat_map(|section| {
            (*section..xml.end(*section))
                .filter(|node| matches!(xml.name(*node), "identifier" | "url"))
        })
        .filter_map(|node| xml.text(node))
        .collect();
    let objid = xml.attribute(0, "OBJID");
    let ark = objid.iter().chain(&identifiers).find_map(|id| ark(id));
    let number = first(&["partNumber"]);
    let label = xml.attribute(0, "LABEL");
    let title = label.or_else(|| {
        let title = first(&["title"])?;
        Some(match &number {
            Some(number) => format!("{title}, {number}"),
            None => title,
        })
    });
    let address = || {
        let is_address = |id: &&String| id.starts_with("http://") || id.starts_with("https://");
        identifiers.iter().find(is_address).cloned()
    };
    Description {
        title,
        published_on: first(&["dateIssued"])
            .and_then(|d| date(&d))
            .or_else(|| first(&["date", "dateCreated"]).and_then(|d| date(&d))),
        language: language(xml, &sections),
        licence: licence(xml, &sections),
        producer: producer(xml),
        genre: genre(&xml.attribute(0, "TYPE").unwrap_or_default()),
        number,
        url: ark.as_deref().and_then(uri::ark_url).or_else(address),
        ark,
    }
}

/// Descriptions of the whole, that of the issue before that of the title; none of articles and pictures in it.
fn sections(xml: &Xml<'_>) -> Vec<usize> {
    let mut issue = Vec::new();
    let mut others = Vec::new();
    for section in xml.children(0).filter(|node| xml.name(*node) == "dmdSec") {
        let id = xml
            .attribute(section, "ID")
            .unwrap_or_default()
            .to_ascii_uppercase();
        if ["ARTICLE", "PICT", "SECTION", "ILLUSTR", "ADVERT", "CHAPTER"]
            .iter()
            .any(|part| id.contains(part))
        {
            continue;
        }
        if id.contains("ISSUE") {
            issue.push(section);
        } else if others.len() < SECTIONS_MAX {
            others.push(section);
        }
    }
    issue.truncate(SECTIONS_MAX);
    issue.append(&mut others);
    issue
}

/// A METS file with more descriptions of its whole describes something else with them.
const SECTIONS_MAX: usize = 16;

fn ark(identifier: &str) -> Option<String> {
    let from = identifier.find("ark:/")?;
    let ark = identifier.get(from..)?;
    let mut parts = ark.splitn(4, '/');
    let (scheme, naan, name) = (parts.next()?, parts.next()?, parts.next()?);
    let end = name
        .find(|c: char| !c.is_ascii_alphanumeric())
        .unwrap_or(name.len());
    let name = name.get(..end).filter(|name| !name.is_empty())?;
    // Catalogue records (`cb…`) name the title, not this issue of it.
    (!(naan == "12148" && name.starts_with("cb"))).then(|| format!("{scheme}/{naan}/{name}"))
}

/// A day as catalogues write it: ISO 8601, or `21.11.1901`.
fn date(text: &str) -> Option<Date> {
    let text = text.trim();
    let numbers: Vec<&str> = text.split('.').collect();
    if let [day, month, year] = numbers.as_slice() {
        return Date::from_ymd(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    }
    Date::parse(text)
}

/// The code of a language before its name.
fn language(xml: &Xml<'_>, sections: &[usize]) -> Option<String> {
    let terms: Vec<usize> = sections
        .iter()
        .flat_map(|section| xml.descendants(*section, "languageTerm"))
        .collect();
    let code = terms
        .iter()
        .find(|term| xml.attribute(**term, "type").as_deref() == Some("code"))
        .and_then(|term| xml.text(*term));
    code.or_else(|| terms.iter().find_map(|term| xml.text(*term)))
        .or_else(|| {
            sections.iter().find_map(|s| {
                xml.descendants(*s, "language")
                    .find_map(|node| xml.text(node))
            })
        })
}

/// Statements of rights, verbatim and each once: `rightsMD`, `accessCondition`, `dc:rights`.
fn licence(xml: &Xml<'_>, sections: &[usize]) -> Option<String> {
    let mut statements: Vec<String> = Vec::new();
    let rights = xml
        .children(0)
        .filter(|node| xml.name(*node) == "amdSec")
        .flat_map(|section| {
            xml.children(section)
                .filter(|node| xml.name(*node) == "rightsMD")
        });
    let described = sections.iter().flat_map(|section| {
        (*section..xml.end(*section))
            .filter(|node| matches!(xml.name(*node), "accessCondition" | "rights" | "license"))
    });
    for node in rights.chain(described) {
        let address = (node..xml.end(node))
            .filter(|at| !xml.name(*at).is_empty())
            .find_map(|at| xml.attribute(at, "href"));
        for statement in [xml.text(node), address].into_iter().flatten() {
            if statements.len() < 8 && !statements.contains(&statement) {
                statements.push(statement);
            }
        }
    }
    (!statements.is_empty()).then(|| statements.join(" ; "))
}

/// The owner of what was scanned, else who keeps or gives it out; not the program that wrote the file.
fn producer(xml: &Xml<'_>) -> Option<String> {
    let header = xml.find(0, &["metsHdr"])?;
    let agents: Vec<usize> = xml
        .children(header)
        .filter(|node| xml.name(*node) == "agent")
        .collect();
    let role = |agent: usize| {
        let other = xml.attribute(agent, "OTHERROLE").unwrap_or_default();
        let role = xml.attribute(agent, "ROLE").unwrap_or_default();
        if role == "OTHER" { other } else { role }
    };
    let is_program =
        |agent: usize| xml.attribute(agent, "OTHERTYPE").as_deref() == Some("SOFTWARE");
    ["OWNER", "IPOWNER", "CUSTODIAN", "DISSEMINATOR", "CREATOR"]
        .iter()
        .find_map(|wanted| {
            let agent = agents
                .iter()
                .find(|agent| role(**agent) == *wanted && !is_program(**agent))?;
            xml.value(*agent, &["name"])
        })
}

fn genre(kind: &str) -> Option<&'static str> {
    let kind = kind.to_lowercase();
    let is = |names: &[&str]| names.iter().any(|name| kind.contains(name));
    if is(&[
        "newspaper",
        "periodical",
        "serial",
        "issue",
        "fascicule",
        "périodique",
        "press",
    ]) {
        Some("press")
    } else if is(&["monograph", "book", "volume", "monographie", "livre"]) {
        Some("book")
    } else {
        None
    }
}
