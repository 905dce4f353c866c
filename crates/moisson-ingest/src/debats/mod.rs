//! `CRI_*.xml`: the verbatim reports of the Assemblée nationale, as the DILA publishes them.
//!
//! Schemas: `schemas-debats-V2.0`, <https://echanges.dila.gouv.fr/OPENDATA/Debats/AN/>; domain notes, section 5.2. Names
//! of elements changed their capitals over the years, so they are compared without.

use moisson_core::Date;

use crate::xml::Xml;

#[cfg(test)]
mod tests;

/// One sitting.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sitting {
    /// Day of the sitting.
    pub day: Option<Date>,
    /// Day it was published.
    pub published_on: Option<Date>,
    /// Its number in the session.
    pub number: Option<String>,
    /// Number of the publication.
    pub issue: Option<String>,
    /// Session, as published.
    pub session: Option<String>,
    /// Number of the legislature.
    pub legislature: Option<String>,
    /// Line that names the sitting in the report: `Séance du mardi 9 janvier 2024`.
    pub title: Option<String>,
    /// Paragraphs as printed, speakers' names in front.
    pub text: String,
}

/// Reads the sittings of a report, in order; empty if it holds none.
pub fn sittings(xml: &Xml<'_>) -> Vec<Sitting> {
    let mut reports = Vec::new();
    let mut at = 0;
    while at < xml.end(0) {
        if is(xml, at, "CompteRendu") {
            reports.push(at);
            at = xml.end(at);
        } else {
            at += 1;
        }
    }
    let of_publication = |names: &[&str]| value(xml, 0, reports.first().copied(), names);
    reports
        .iter()
        .map(|report| {
            let own = |names: &[&str]| value(xml, *report, None, names);
            let either = |names: &[&str]| own(names).or_else(|| of_publication(names));
            Sitting {
                day: either(&["dateSeance"]).as_deref().and_then(day),
                published_on: either(&["dateParution"]).as_deref().and_then(day),
                number: own(&["numSeance"]),
                issue: either(&["parution", "numParution", "PublicationNumero"]),
                session: either(&["SessionNom", "sessionOrd"]),
                legislature: either(&["LegislatureNumero", "legislature"]),
                title: own(&["Journee"]),
                text: text(xml, *report),
            }
        })
        .collect()
}

fn is(xml: &Xml<'_>, node: usize, name: &str) -> bool {
    xml.name(node).eq_ignore_ascii_case(name)
}

/// Text of the first element of one of these names below a node, before `until`.
fn value(xml: &Xml<'_>, from: usize, until: Option<usize>, names: &[&str]) -> Option<String> {
    let end = until.unwrap_or(xml.end(from));
    names.iter().find_map(|name| {
        (from + 1..end)
            .filter(|node| is(xml, *node, name))
            .find_map(|node| xml.text(node))
    })
}

/// Reads `2024-01-09`, `2013-05-22+02:00`, and `Mercredi-22-05-Mai-2013` of the first years.
fn day(text: &str) -> Option<Date> {
    Date::parse(text).or_else(|| {
        let mut parts = text.split('-').skip(1);
        let (day, month) = (parts.next()?, parts.next()?);
        let year = text.rsplit('-').next()?;
        Date::from_ymd(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
    })
}

/// The paragraphs of a report: headings, who presides, what is said and what happens, and results of votes.
fn text(xml: &Xml<'_>, report: usize) -> String {
    let nodes = report + 1..xml.end(report);
    // What has no `idsyceron` is the table of contents, unless nothing has.
    let is_numbered = |node: usize| xml.attribute(node, "idsyceron").is_some();
    let any_numbered = nodes
        .clone()
        .any(|node| is(xml, node, "Para") && is_numbered(node));
    let mut paragraphs = Vec::new();
    let mut at = nodes.start;
    while at < nodes.end {
        let name = xml.name(at).to_ascii_lowercase();
        let taken = match name.as_str() {
            "sommaire" | "metadonnees" | "quantiemes" => Some(String::new()),
            "para" if any_numbered && !is_numbered(at) => Some(String::new()),
            "para" => Some(speech(xml, at)),
            "nota" | "presidentseance" | "intitule" | "resultatvote" => xml.text(at),
            _ => None,
        };
        match taken {
            // A container, or text between elements.
            None => at += 1,
            Some(text) => {
                paragraphs.push(text);
                at = xml.end(at);
            }
        }
    }
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    paragraphs.join("\n\n")
}

/// A paragraph as printed: `Mme Berthou, rapporteure. Le texte…`. In the file the stop after a name, and the space,
/// stand inside of the name, after it, or not at all.
fn speech(xml: &Xml<'_>, paragraph: usize) -> String {
    let orator = (paragraph + 1..xml.end(paragraph)).find(|node| is(xml, *node, "Orateur"));
    let mut speech = String::new();
    if let Some(orator) = orator {
        let part = |name: &str| {
            (orator + 1..xml.end(orator))
                .find(|node| is(xml, *node, name))
                .and_then(|node| xml.text(node))
        };
        let parts = [
            part("Nom"),
            part("QualiteMouvement").or_else(|| part("Qualite")),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        speech = if parts.is_empty() {
            xml.text(orator).unwrap_or_default()
        } else {
            parts.join(" ")
        };
    }
    let mut rest = String::new();
    let mut node = paragraph + 1;
    while node < xml.end(paragraph) {
        if Some(node) == orator {
            node = xml.end(node);
            continue;
        }
        // Outside of `Orateur` the quality belongs to the name as well.
        if is(xml, node, "QualiteMouvement") && rest.trim().is_empty() && !speech.is_empty() {
            speech.push(' ');
            speech.push_str(&xml.text(node).unwrap_or_default());
            node = xml.end(node);
            continue;
        }
        if is(xml, node, "br") {
            rest.push(' ');
        }
        rest.push_str(xml.run(node));
        node += 1;
    }
    let rest = rest.split_whitespace().collect::<Vec<_>>().join(" ");
    if speech.is_empty() || rest.is_empty() {
        return speech + &rest;
    }
    if rest.starts_with(['.', ',', ':']) {
        // `M. Joly,` and `, rapporteur.` meet.
        let name = speech.trim_end_matches(['.', ',', ' ']).len();
        speech.truncate(name);
    } else {
        if !speech.ends_with(['.', ':', ',', '?', '!', '…']) {
            speech.push('.');
        }
        speech.push(' ');
    }
    speech + &rest
}
