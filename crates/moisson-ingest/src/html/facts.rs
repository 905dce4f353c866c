//! What a page says of itself: title, language, dates, address, licence.

use moisson_core::Date;

use super::page::Page;
use super::{Flat, boilerplate};

/// Fills in all but the text.
pub(crate) fn read(flat: &Flat<'_>) -> Page {
    let mut page = Page::default();
    let mut open_graph_title = None;
    let mut heading = None;
    let mut labels = 0;
    for index in 0..flat.nodes.len() {
        match flat.nodes[index].name {
            "html" => {
                page.lang = filled(
                    flat.attribute(index, "lang")
                        .or(flat.attribute(index, "xml:lang")),
                );
            }
            "title" if page.title.is_none() => page.title = filled(Some(&text_of(flat, index))),
            "h1" if heading.is_none() => heading = filled(Some(&text_of(flat, index))),
            "meta" => meta(flat, index, &mut page, &mut open_graph_title),
            "link" | "a" | "area" => link(flat, index, &mut page),
            "time" => {
                let date = || flat.attribute(index, "datetime").and_then(Date::parse);
                match flat.attribute(index, "itemprop") {
                    Some("datePublished") => page.published = page.published.or_else(date),
                    Some("dateModified") => page.modified = page.modified.or_else(date),
                    _ if flat.attribute(index, "pubdate").is_some() => {
                        page.published = page.published.or_else(date);
                    }
                    _ if labels < LABELS_MAX => {
                        let label = date_label(flat, index.saturating_sub(LABEL_NODES)..index);
                        labels += usize::from(label.is_some());
                        match label.filter(|_| !boilerplate::is_inside_furniture(flat, index)) {
                            Some(DateLabel::Published) => {
                                page.published = page.published.or_else(date);
                            }
                            Some(DateLabel::Modified) => {
                                page.modified = page.modified.or_else(date);
                            }
                            None => {}
                        }
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
    page.title = page.title.or(open_graph_title).or(heading);
    page
}

/// Which date a label announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DateLabel {
    Published,
    Modified,
}

/// Labelled dates that are looked at: a page has few of its own.
const LABELS_MAX: usize = 64;
/// Nodes before a `time` in which its label stands.
const LABEL_NODES: usize = 2;

/// What the first words of the nodes say of the date beside them: `Publié le`, `Mis à jour le`.
pub(super) fn date_label(flat: &Flat<'_>, nodes: std::ops::Range<usize>) -> Option<DateLabel> {
    let words = flat.nodes.get(nodes)?.iter();
    let first = words
        .map(|node| node.text.trim())
        .find(|text| !text.is_empty())?;
    // A label is short; a sentence that speaks of publishing is none.
    if first.len() > 40 {
        return None;
    }
    let first = first.to_lowercase();
    let is = |labels: &[&str]| labels.iter().any(|label| first.starts_with(label));
    if is(&[
        "publié le",
        "publiée le",
        "date de publication",
        "mis en ligne le",
        "mise en ligne le",
    ]) {
        Some(DateLabel::Published)
    } else if is(&[
        "mis à jour le",
        "mise à jour le",
        "date de mise à jour",
        "modifié le",
        "dernière mise à jour",
        "dernière modification",
    ]) {
        Some(DateLabel::Modified)
    } else {
        None
    }
}

fn meta(flat: &Flat<'_>, index: usize, page: &mut Page, open_graph_title: &mut Option<String>) {
    let Some(content) = filled(flat.attribute(index, "content")) else {
        return;
    };
    let names = ["name", "property", "itemprop", "http-equiv"];
    let Some(name) = names.iter().find_map(|name| flat.attribute(index, name)) else {
        return;
    };
    page.optout.html_meta(name, &content);
    match name.to_ascii_lowercase().as_str() {
        "og:title" => *open_graph_title = Some(content),
        "description" => page.description = page.description.take().or(Some(content)),
        "og:description" | "dcterms.description" | "dc.description" => {
            page.description = page.description.take().or(Some(content));
        }
        "article:published_time"
        | "datepublished"
        | "dcterms.issued"
        | "dc.date.issued"
        | "dc.date"
        | "dcterms.created"
        | "date" => {
            page.published = page.published.or_else(|| Date::parse(&content));
        }
        "article:modified_time"
        | "og:updated_time"
        | "datemodified"
        | "dcterms.modified"
        | "dc.date.modified"
        | "last-modified" => {
            page.modified = page.modified.or_else(|| Date::parse(&content));
        }
        "og:url" => page.canonical_url = page.canonical_url.take().or(Some(content)),
        "content-language" | "dc.language" | "dcterms.language" => {
            page.lang = page.lang.take().or(Some(content));
        }
        "dcterms.license" | "dc.rights.license" => page.licence_links.push(content),
        _ => {}
    }
}

fn link(flat: &Flat<'_>, index: usize, page: &mut Page) {
    let Some(rel) = flat.attribute(index, "rel") else {
        return;
    };
    let Some(href) = filled(flat.attribute(index, "href")) else {
        return;
    };
    for word in rel.split_ascii_whitespace() {
        if word.eq_ignore_ascii_case("license") && !page.licence_links.contains(&href) {
            page.licence_links.push(href.clone());
        } else if word.eq_ignore_ascii_case("canonical") && flat.nodes[index].name == "link" {
            page.canonical_url = Some(href.clone());
        }
    }
}

fn text_of(flat: &Flat<'_>, index: usize) -> String {
    flat.nodes[index + 1..flat.nodes[index].end]
        .iter()
        .map(|node| node.text.as_ref())
        .collect()
}

/// White space collapsed; `None` if nothing is left.
fn filled(value: Option<&str>) -> Option<String> {
    let words: Vec<&str> = value?.split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}
