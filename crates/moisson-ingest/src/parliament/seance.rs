//! A sitting of the Assemblée nationale as its site shows it in HTML.
//!
//! Source: `https://www.assemblee-nationale.fr/LEGISLATURE/cri/SESSION/NUMBER.asp`; the names are those of the style
//! sheets `style_cri2` and `cr` of the 13th and 14th legislatures. Pages without them are read as any page is.

use moisson_core::Result;

use super::{Record, date};
use crate::html::tree::Tree;
use crate::html::{self, Flat, PageOptions};

/// Id of the element that holds a sitting.
const CONTENTS: &str = "englobe";

/// True for what stands in a sitting beside its text: tables of contents, links, numbers of points, the signature.
fn is_furniture(flat: &Flat<'_>, node: usize) -> bool {
    match flat.name(node) {
        "" => false,
        "a" => flat.any_word(node, "href", |href| {
            href.eq_ignore_ascii_case("#TopOfPage") || matches!(href, "#top" | "#haut")
        }),
        _ => {
            flat.any_word(node, "class", |class| {
                class.starts_with("som") || matches!(class, "entete" | "seance" | "numencad")
            }) || flat.any_word(node, "id", |id| {
                id.starts_with("som") || matches!(id, "zutilite" | "ariane" | "signature")
            })
        }
    }
}

/// What reads the pages.
#[derive(Debug)]
pub struct Pages {
    /// For pages of other years.
    general: PageOptions,
}

impl Pages {
    /// Prepares the selectors.
    ///
    /// # Errors
    /// None in practice: the selectors are constants.
    pub fn new() -> Result<Self> {
        let drop = ["a[href='#TopOfPage']", "a[href='#top']", "a[href='#haut']"];
        let drop: Vec<String> = drop.iter().map(|&css| css.to_owned()).collect();
        Ok(Self {
            general: PageOptions::new(None, &drop)?,
        })
    }

    /// Reads a page; `None` if it nests too deep.
    pub fn read(&self, html: &str, depth_max: u32) -> Option<Record> {
        html::with_tree(html, depth_max, |flat| {
            let contents = (0..flat.size()).find(|node| flat.has_word(*node, "id", CONTENTS));
            let text = contents
                .map(|node| flat.text_without(node, |node| is_furniture(flat, node)))
                .filter(|text| !text.is_empty())
                .unwrap_or_else(|| html::text_of(flat, &self.general));
            let mut record = facts(flat);
            record.text = unsigned(&text);
            record
        })
    }
}

/// Takes off the signature of the director of the service, which ends a sitting and is part of nobody's speech.
fn unsigned(text: &str) -> String {
    let is_signature = |paragraph: &&str| {
        let paragraph = paragraph.trim_start();
        [
            "Le Directeur",
            "La Directrice",
            "Le directeur",
            "La directrice",
        ]
        .iter()
        .any(|start| paragraph.starts_with(start))
            && paragraph.contains("compte rendu")
    };
    let mut paragraphs: Vec<&str> = text.split("\n\n").collect();
    // The name below is a paragraph of its own where its element has no id.
    let near_end = paragraphs.len().saturating_sub(3);
    let found = paragraphs.iter().skip(near_end).position(is_signature);
    if let Some(found) = found {
        paragraphs.truncate(near_end + found);
    }
    paragraphs.join("\n\n")
}

fn facts(flat: &Flat<'_>) -> Record {
    let mut record = Record {
        genre: Some("debate"),
        producer: Some("Assemblée nationale".to_owned()),
        ..Record::default()
    };
    let (mut number, mut legislature, mut folder) = (None, None, None);
    let (mut heading, mut page_title) = (None, None);
    for node in 0..flat.size() {
        let attribute = |name: &str| Tree::attribute(flat, node, name);
        match flat.name(node) {
            "meta" => {
                let name = attribute("name").unwrap_or_default();
                let content = attribute("content");
                match name.as_str() {
                    "NUMERO_DOCUMENT" => number = number.or(content),
                    "LEGISLATURE_ID" => legislature = legislature.or(content),
                    "QUANTIEME_SEANCE" => record.title = record.title.take().or(content),
                    "TYPE_DOCUMENT" => record.put("type", content),
                    "TXT_DEPUTES_INTERVENANTS" => {
                        let names = content.unwrap_or_default();
                        let count = names.split(';').filter(|n| !n.trim().is_empty()).count();
                        record.count("deputies", count);
                    }
                    _ => {}
                }
            }
            "a" => folder = folder.or_else(|| attribute("href").filter(|href| is_folder(href))),
            "h1" if flat.has_word(node, "class", "seance") => {
                heading = heading.or_else(|| flat.text(node));
            }
            "title" => page_title = page_title.or_else(|| flat.text(node)),
            _ => {}
        }
    }
    let site = "Assemblée nationale ~";
    let page_title =
        page_title.map(|title| title.strip_prefix(site).unwrap_or(&title).trim().to_owned());
    record.title = record.title.take().or(heading).or(page_title);
    record.title = record
        .title
        .take()
        .map(|title| title.replace('\u{a0}', " "));
    record.published_on = record.title.as_deref().and_then(date::find);
    if let (Some(number), Some(legislature)) = (&number, &legislature) {
        record.id = Some(format!("{legislature}/{number}"));
    }
    if let (Some(number), Some(folder)) = (&number, folder) {
        record.url = Some(format!(
            "https://www.assemblee-nationale.fr{folder}{number}.asp"
        ));
    }
    record.put("legislature", legislature);
    record.put("number", number);
    record
}

/// True for the address of the folder of a session in the path on top of the page: `/14/cri/2012-2013/`.
fn is_folder(href: &str) -> bool {
    let parts: Vec<&str> = href.split('/').collect();
    matches!(parts.as_slice(), ["", legislature, "cri", session, ""]
        if legislature.bytes().all(|b| b.is_ascii_digit()) && session.contains('-'))
}
