//! TEI P5 and P4: what a header says, and the text of novels, plays, debates, letters, papers and notices.
//!
//! The Guidelines: <https://tei-c.org/release/doc/tei-p5-doc/en/html/>. GROBID's output and HAL's notices are dialects
//! of it (domain notes, section 5.4).

mod date;
mod habits;
mod hal;
mod header;
mod kind;
mod prose;
#[cfg(test)]
mod tests;

use moisson_core::Date;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::xml::Xml;
use habits::Habits;
use header::Header;
use prose::Prose;

/// What becomes of notes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Notes {
    /// Left out.
    Drop,
    /// Paragraphs at the end of the text.
    End,
    /// Where they are called, in square brackets.
    Inline,
}

/// Which of two readings side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Side {
    /// As the source has it.
    Original,
    /// As the editor set it right.
    Regularised,
}

/// How the text is made.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own in pipelines"
)]
pub(crate) struct TextOptions {
    /// What becomes of notes: `drop`, `end` (paragraphs at the end of the text) or `inline` (in square brackets).
    /// Default `end`.
    pub(crate) notes: Notes,
    /// Of `sic` and `corr`, `abbr` and `expan`: `original` or `regularised`. Default `regularised`.
    pub(crate) reading: Side,
    /// Of `orig` and `reg`: `original` (the spelling of the time, which most editions keep throughout) or `regularised`.
    /// Default `original`.
    pub(crate) spelling: Side,
    /// Shows what could not be read as `[…]`.
    pub(crate) gaps: bool,
    /// Keeps the line ends of the print (`lb`) in prose, as for verse that is encoded as paragraphs.
    pub(crate) line_breaks: bool,
    /// Keeps prefaces and dedications.
    pub(crate) front: bool,
    /// Keeps afterwords and appendices.
    pub(crate) back: bool,
}

impl Default for TextOptions {
    fn default() -> Self {
        Self {
            notes: Notes::End,
            reading: Side::Regularised,
            spelling: Side::Original,
            gaps: false,
            line_breaks: false,
            front: true,
            back: false,
        }
    }
}

/// One document of a TEI file.
#[derive(Debug, Default)]
pub(crate) struct Record {
    /// Identifier it declares.
    pub(crate) key: Option<String>,
    pub(crate) text: String,
    pub(crate) title: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) published_on: Option<Date>,
    pub(crate) modified_on: Option<Date>,
    pub(crate) genre: Option<&'static str>,
    pub(crate) language: Option<String>,
    pub(crate) licence: Option<String>,
    pub(crate) producer: Option<String>,
    pub(crate) version_of: Option<String>,
    pub(crate) version_from: Option<Date>,
    pub(crate) metadata: Map<String, Value>,
}

/// Reads all documents of a parsed file, or `None` if it is no TEI.
pub(crate) fn read(xml: &Xml<'_>, options: &TextOptions) -> Option<Vec<Record>> {
    let roots = documents(xml)?;
    let corpus = (!is_document(xml.name(0)))
        .then(|| xml.find(0, &["teiHeader"]))
        .flatten()
        .map(|header| Header::new(xml, 0, header));
    let mut records = Vec::new();
    for root in roots {
        let notices = hal::notices(xml, root);
        if notices.is_empty() {
            records.push(document(xml, root, corpus.as_ref(), options));
        } else {
            records.extend(notices.into_iter().map(|notice| hal::read(xml, notice)));
        }
    }
    Some(records)
}

/// The elements that are documents: the root, or those of a corpus (which may hold others).
fn documents(xml: &Xml<'_>) -> Option<Vec<usize>> {
    if is_document(xml.name(0)) {
        return Some(vec![0]);
    }
    if !matches!(xml.name(0), "teiCorpus" | "teiCorpus.2") {
        return None;
    }
    let mut roots = Vec::new();
    let mut at = 1;
    while at < xml.end(0) {
        if is_document(xml.name(at)) {
            roots.push(at);
            at = xml.end(at);
        } else if matches!(xml.name(at), "teiCorpus" | "teiCorpus.2") {
            at += 1;
        } else {
            at = xml.end(at);
        }
    }
    Some(roots)
}

fn is_document(name: &str) -> bool {
    matches!(name, "TEI" | "TEI.2" | "tei")
}

fn document(xml: &Xml<'_>, root: usize, corpus: Option<&Header>, options: &TextOptions) -> Record {
    let node = xml.find(root, &["teiHeader"]);
    let mut header = match node {
        Some(node) => Header::new(xml, root, node),
        None => Header::absent(xml, root),
    };
    let text = text(xml, root, node, &mut header, options);
    if let Some(corpus) = corpus {
        header.inherit(corpus);
    }
    header.into_record(text)
}

/// The text of a document, or failing that what its header holds of it.
fn text(
    xml: &Xml<'_>,
    root: usize,
    header_node: Option<usize>,
    header: &mut Header,
    options: &TextOptions,
) -> String {
    let children = |name: &'static str| {
        xml.children(root)
            .filter(move |node| xml.name(*node) == name)
    };
    let habits = Habits::new(xml, root);
    let abstracts = || {
        let node = header_node.and_then(|node| xml.find(node, &["profileDesc"]));
        let inside = node.into_iter().flat_map(|node| xml.children(node));
        inside.filter(|node| xml.name(*node) == "abstract")
    };
    let bytes = children("text")
        .map(|node| xml.end(node) - node)
        .sum::<usize>()
        * 64;
    let mut prose = Prose::new(xml, options, &habits, bytes.min(8 << 20));
    // Papers of which only the head was read: the training files of GROBID.
    let head = children("text").find(|node| {
        xml.find(*node, &["front"]).is_some()
            && xml.find(*node, &["body"]).is_none()
            && xml.find(*node, &["group"]).is_none()
    });
    if let Some(head) = head {
        front_of_paper(xml, head, header, &mut prose);
    } else {
        if header.is_paper {
            abstracts().for_each(|node| prose.block(node));
        }
        children("text").for_each(|node| prose.block(node));
    }
    let text = prose.finish();
    if !text.is_empty() {
        return text;
    }
    let mut prose = Prose::new(xml, options, &habits, 0);
    children("sourceDoc").for_each(|node| prose.block(node));
    if header_node.is_some() && abstracts().next().is_some() {
        if let Some(title) = &header.title {
            prose.paragraph(title);
        }
        abstracts().for_each(|node| prose.block(node));
    }
    let text = prose.finish();
    if text.is_empty() {
        return header.description.clone().unwrap_or_default();
    }
    text
}

/// Title and abstracts of a paper whose `front` is all there is; all of the front if it has neither.
fn front_of_paper(xml: &Xml<'_>, text: usize, header: &mut Header, prose: &mut Prose<'_, '_>) {
    let Some(front) = xml.find(text, &["front"]) else {
        return;
    };
    let titles = || xml.descendants(front, "titlePart");
    let is_abstract = |node: &usize| xml.attribute(*node, "type").as_deref() == Some("abstract");
    let abstracts = || xml.descendants(front, "div").filter(is_abstract);
    if titles().next().is_none() && abstracts().next().is_none() {
        return prose.block(text);
    }
    if header.title.is_none() {
        header.title = titles().next().and_then(|node| xml.text(node));
    }
    if header.authors.is_empty() {
        header.authors = xml
            .descendants(front, "docAuthor")
            .filter_map(|node| xml.text(node))
            .collect();
    }
    header.genre = header.genre.or(Some("research"));
    titles().for_each(|node| prose.block(node));
    abstracts().for_each(|node| prose.block(node));
}
