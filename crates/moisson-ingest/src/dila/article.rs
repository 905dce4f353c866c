//! `ARTICLE`: one version of one article.

use moisson_core::Date;

use super::Record;
use super::fields::{date, heading, put, put_list, sections, url};
use crate::xml::Xml;

/// Reads an `ARTICLE`; the root of `xml` is one. `None` if it has no id.
///
/// The text is the content, then the note under a line `NOTA :`. Versions of one article share the smallest id of
/// their list `VERSIONS`, which no later version changes.
pub fn read(xml: &Xml<'_>, depth_max: u32) -> Option<Record> {
    let id = xml.value(0, &["META", "META_COMMUN", "ID"])?;
    let meta = xml.find(0, &["META", "META_SPEC", "META_ARTICLE"]);
    let value = |name: &str| meta.and_then(|meta| xml.value(meta, &[name]));
    let context = xml.find(0, &["CONTEXTE", "TEXTE"]);
    let of_text = |name: &str| context.and_then(|context| xml.attribute(context, name));
    let number = value("NUM");
    let nature = of_text("nature");
    let version_from = date(value("DATE_DEBUT"));
    let text_title = context.and_then(|context| title_of_text(xml, context, version_from));

    let container = xml.find(0, &["CONTEXTE", "CONTENEUR"]);
    let of_container = |name: &str| container.and_then(|node| xml.attribute(node, name));

    let mut record = Record {
        text: text(xml, depth_max),
        title: title(number.as_deref(), value("TITRE"), text_title),
        url: url(&id, nature.as_deref() == Some("CODE")),
        genre: id.starts_with("KALI").then_some("agreement"),
        published_on: date(of_text("date_publi")),
        version_of: Some(first_version(xml, &id)),
        version_from,
        version_to: date(value("DATE_FIN")),
        version_state: value("ETAT"),
        id,
        ..Record::default()
    };
    let metadata = &mut record.metadata;
    put(metadata, "num", number);
    put(metadata, "type", value("TYPE"));
    put(metadata, "cid", of_text("cid"));
    put(metadata, "nature", nature);
    put(metadata, "nor", of_text("nor"));
    put(metadata, "ministere", of_text("ministere"));
    if of_container("nature").as_deref() == Some("IDCC") {
        put(metadata, "idcc", of_container("num"));
        put(metadata, "convention", of_container("titre"));
    }
    let sections = context.map(|context| sections(xml, context));
    put_list(metadata, "sections", sections.unwrap_or_default());
    Some(record)
}

fn text(xml: &Xml<'_>, depth_max: u32) -> String {
    let content = |path: &[&str]| {
        xml.find(0, path)
            .map(|node| xml.prose(node, depth_max))
            .unwrap_or_default()
    };
    let mut text = content(&["BLOC_TEXTUEL", "CONTENU"]);
    let note = content(&["NOTA", "CONTENU"]);
    if !text.is_empty() && !note.is_empty() {
        let is_announced = note
            .get(..4)
            .is_some_and(|start| start.eq_ignore_ascii_case("nota"));
        text.push_str(if is_announced { "\n\n" } else { "\n\nNOTA :\n" });
        text.push_str(&note);
    }
    text
}

/// `Article L. 1 — Code de la pêche`; an article without a number has a title of its own, or none.
fn title(
    number: Option<&str>,
    own_title: Option<String>,
    text_title: Option<String>,
) -> Option<String> {
    match (number.map(heading).or(own_title), text_title) {
        (Some(article), Some(text)) => Some(format!("{article} — {text}")),
        (article, text) => article.or(text),
    }
}

/// The title the text had when this version began, else its last one.
fn title_of_text(xml: &Xml<'_>, context: usize, on: Option<Date>) -> Option<String> {
    let titles: Vec<usize> = xml
        .children(context)
        .filter(|child| xml.name(*child) == "TITRE_TXT")
        .collect();
    let holds = |title: &&usize| {
        let day = |name| {
            xml.attribute(**title, name)
                .as_deref()
                .and_then(Date::parse)
        };
        on.is_some_and(|on| {
            day("debut").is_none_or(|start| start <= on) && day("fin").is_none_or(|end| on < end)
        })
    };
    let title = titles.iter().find(holds).or(titles.last())?;
    xml.text(*title)
        .or_else(|| xml.attribute(*title, "c_titre_court"))
}

fn first_version(xml: &Xml<'_>, id: &str) -> String {
    let versions = xml.find(0, &["VERSIONS"]);
    let links = versions
        .into_iter()
        .flat_map(|versions| xml.children(versions))
        .flat_map(|version| xml.children(version))
        .filter(|link| xml.name(*link) == "LIEN_ART");
    links
        .filter_map(|link| xml.attribute(link, "id"))
        .chain([id.to_owned()])
        .min()
        .unwrap_or_default()
}
