//! `TEXTE_JURI_JUDI`, `TEXTE_JURI_ADMIN`, `TEXTE_JURI_CONSTIT` and `TEXTE_CNIL`: decisions of courts and authorities.
//!
//! Names of judges, counsel and parties have elements of their own; they are personal data and not copied.

use super::Record;
use super::fields::{all, date, put, put_list, url};
use crate::xml::Xml;

/// Reads a decision of a court; the root of `xml` is one. `None` if it has no id.
///
/// The text is the decision; its summary and keywords are the work of others and go to metadata. `observations` adds
/// the referrals and observations that the Conseil constitutionnel publishes with a decision.
pub fn read(xml: &Xml<'_>, depth_max: u32, observations: bool) -> Option<Record> {
    let id = xml.value(0, &["META", "META_COMMUN", "ID"])?;
    let specific = xml.find(0, &["META", "META_SPEC"]);
    let find = |name: &str| specific.and_then(|specific| xml.find(specific, &[name]));
    let common = find("META_JURI");
    let own = ["META_JURI_JUDI", "META_JURI_ADMIN", "META_JURI_CONSTIT"]
        .iter()
        .find_map(|name| find(name));
    let value = |name: &str| {
        let inside = |node: Option<usize>| node.and_then(|node| xml.value(node, &[name]));
        inside(common).or_else(|| inside(own))
    };
    let mut record = Record {
        text: text(xml, depth_max, observations),
        title: value("TITRE"),
        url: url(&id, false),
        genre: Some("decision"),
        published_on: date(value("DATE_DEC")),
        id,
        ..Record::default()
    };
    let metadata = &mut record.metadata;
    let ecli = value("ECLI").or_else(|| xml.value(0, &["META", "META_COMMUN", "ECLI"]));
    put(metadata, "ecli", ecli);
    put(metadata, "number", value("NUMERO"));
    let numbers = own.map(|own| all(xml, own, "NUMERO_AFFAIRE"));
    put_list(metadata, "numbers", numbers.unwrap_or_default());
    put(metadata, "jurisdiction", value("JURIDICTION"));
    put(metadata, "formation", value("FORMATION"));
    put(metadata, "solution", value("SOLUTION"));
    put(metadata, "appeal", value("TYPE_REC"));
    put(metadata, "publication", publication(xml, own));
    put(
        metadata,
        "nature",
        xml.value(0, &["META", "META_COMMUN", "NATURE"]),
    );
    put(metadata, "nature_qualifiee", value("NATURE_QUALIFIEE"));
    put(metadata, "nor", value("NOR"));
    let contested = [value("FORM_DEC_ATT"), value("DATE_DEC_ATT")];
    let contested: Vec<String> = contested.into_iter().flatten().collect();
    put(
        metadata,
        "contested",
        (!contested.is_empty()).then(|| contested.join(", ")),
    );
    if let Some(summary) = xml.find(0, &["TEXTE", "SOMMAIRE"]) {
        put_list(metadata, "keywords", all(xml, summary, "SCT"));
        let summary = all(xml, summary, "ANA");
        put(
            metadata,
            "summary",
            (!summary.is_empty()).then(|| summary.join("\n")),
        );
    }
    Some(record)
}

/// Reads a deliberation of the CNIL; the root of `xml` is one. `None` if it has no id.
pub fn deliberation(xml: &Xml<'_>, depth_max: u32) -> Option<Record> {
    let id = xml.value(0, &["META", "META_COMMUN", "ID"])?;
    let meta = xml.find(0, &["META", "META_SPEC", "META_CNIL"]);
    let value = |name: &str| meta.and_then(|meta| xml.value(meta, &[name]));
    let text = [
        &["TEXTE", "BLOC_TEXTUEL", "CONTENU"][..],
        &["BLOC_TEXTUEL", "CONTENU"],
    ];
    let text = text.iter().find_map(|path| xml.find(0, path));
    let decided_on = date(value("DATE_TEXTE"));
    let mut record = Record {
        text: text
            .map(|node| xml.prose(node, depth_max))
            .unwrap_or_default(),
        title: value("TITREFULL").or_else(|| value("TITRE")),
        url: url(&id, false),
        genre: Some("decision"),
        published_on: decided_on.or_else(|| date(value("DATE_PUBLI"))),
        version_state: value("ETAT_JURIDIQUE"),
        id,
        ..Record::default()
    };
    let metadata = &mut record.metadata;
    put(metadata, "number", value("NUMERO"));
    put(metadata, "nor", value("NOR"));
    put(
        metadata,
        "nature",
        xml.value(0, &["META", "META_COMMUN", "NATURE"]),
    );
    let kinds = meta.map(|meta| all(xml, meta, "NATURE_DELIB"));
    put_list(metadata, "nature_delib", kinds.unwrap_or_default());
    put(
        metadata,
        "date_publi",
        value("DATE_PUBLI").filter(|day| date(Some(day.clone())).is_some()),
    );
    Some(record)
}

/// `bulletin` for what the Cour de cassation publishes; `A`, `B` or `C` of the Recueil Lebon.
fn publication(xml: &Xml<'_>, own: Option<usize>) -> Option<String> {
    let own = own?;
    let is_published = |node: usize| xml.attribute(node, "publie").as_deref() == Some("oui");
    if xml.find(own, &["PUBLI_BULL"]).is_some_and(is_published) {
        return Some("bulletin".to_owned());
    }
    xml.value(own, &["PUBLI_RECUEIL"])
}

fn text(xml: &Xml<'_>, depth_max: u32, observations: bool) -> String {
    let part = |path: &[&str]| {
        xml.find(0, path)
            .map(|node| xml.prose(node, depth_max))
            .unwrap_or_default()
    };
    let mut text = part(&["TEXTE", "BLOC_TEXTUEL", "CONTENU"]);
    if observations && !text.is_empty() {
        for (name, heading) in [("SAISINES", "Saisine"), ("OBSERVATIONS", "Observations")] {
            let more = part(&["TEXTE", name, "CONTENU"]);
            if !more.is_empty() {
                text.push_str("\n\n");
                text.push_str(heading);
                text.push_str("\n\n");
                text.push_str(&more);
            }
        }
    }
    text
}
