//! Akoma Ntoso: bills, acts, debates, judgments and amendments as XML.
//!
//! Source: OASIS `LegalDocML`, Akoma Ntoso 3.0, <https://docs.oasis-open.org/legaldocml/akn-core/v1.0/>; domain notes,
//! section 5.2. Elements are matched by their local names, so that the earlier namespaces are read too.

use moisson_core::Date;

use super::{Record, ended};
use crate::html::render::{Block, Style, Writer, render_styled};
use crate::xml::Xml;

/// Reads an `akomaNtoso`; the root of `xml` is one. `None` if it holds no document. With `notes`, the notes of the
/// authors are put at the end.
pub fn read(xml: &Xml<'_>, notes: bool) -> Option<Record> {
    let document = xml
        .children(0)
        .find(|child| !matches!(xml.name(*child), "meta" | "components"))?;
    let kind = xml.name(document);
    let meta = xml.find(document, &["meta"]);
    let mut style = Akoma::default();
    // Components beside the document (annexes of a collection) come after it.
    let mut text = render_styled(xml, 1..xml.end(0), &mut style);
    if notes {
        for note in &style.notes {
            let body = render_styled(xml, *note + 1..xml.end(*note), &mut Akoma::inside_note());
            if body.is_empty() {
                continue;
            }
            let marker = xml.attribute(*note, "marker");
            text.push_str("\n\n");
            if let Some(marker) = marker {
                text.push_str(&marker);
                text.push(' ');
            }
            text.push_str(&body.replace("\n\n", "\n"));
        }
    }
    let mut record = Record {
        text,
        genre: genre(kind),
        ..Record::default()
    };
    if let Some(meta) = meta {
        identification(xml, meta, &mut record);
    }
    let preface = xml.find(document, &["preface"]);
    let title = preface.and_then(|preface| {
        ["docTitle", "shortTitle", "longTitle"]
            .iter()
            .find_map(|name| {
                xml.descendants(preface, name)
                    .find_map(|node| xml.text(node))
            })
    });
    let alias = record
        .metadata
        .get("alias")
        .and_then(|alias| alias.as_str());
    record.title = title.or_else(|| alias.map(str::to_owned));
    record.put("type", Some(kind.to_owned()));
    record.put("name", xml.attribute(document, "name"));
    record.count("notes", style.notes.len());
    record.count("speeches", style.speeches);
    Some(record)
}

fn genre(kind: &str) -> Option<&'static str> {
    match kind {
        "bill" | "act" | "amendment" | "amendmentList" | "officialGazette" => Some("law"),
        "debate" | "debateReport" => Some("debate"),
        "judgment" | "judgement" => Some("decision"),
        _ => None,
    }
}

/// Fills in what `meta` says: names of the work and the expression, dates, language, author.
fn identification(xml: &Xml<'_>, meta: usize, record: &mut Record) {
    let of = |level: &str, name: &str, attribute: &str| {
        let node = xml.find(meta, &["identification", level, name])?;
        xml.attribute(node, attribute)
    };
    let work = of("FRBRWork", "FRBRthis", "value").or_else(|| of("FRBRWork", "FRBRuri", "value"));
    let expression = of("FRBRExpression", "FRBRthis", "value")
        .or_else(|| of("FRBRExpression", "FRBRuri", "value"));
    let day = |date: Option<String>| date.as_deref().and_then(Date::parse);
    let published = xml
        .find(meta, &["publication"])
        .and_then(|node| day(xml.attribute(node, "date")));
    let work_day = day(of("FRBRWork", "FRBRdate", "date"));
    let expression_day = day(of("FRBRExpression", "FRBRdate", "date"));
    record.published_on = published.or(work_day).or(expression_day);
    record.modified_on = expression_day.filter(|day| record.published_on.is_some_and(|p| p < *day));
    record.language = of("FRBRExpression", "FRBRlanguage", "language");
    record.url = work
        .as_ref()
        .or(expression.as_ref())
        .filter(|uri| uri.starts_with("http"))
        .cloned();
    record.producer = author(xml, meta);
    record.put("country", of("FRBRWork", "FRBRcountry", "value"));
    record.put("number", of("FRBRWork", "FRBRnumber", "value"));
    record.put("subtype", of("FRBRWork", "FRBRsubtype", "value"));
    record.put("alias", of("FRBRWork", "FRBRalias", "value"));
    record.version_of.clone_from(&work);
    record.id = expression.or(work);
}

/// The author of the work as the references name it.
fn author(xml: &Xml<'_>, meta: usize) -> Option<String> {
    let node = xml.find(meta, &["identification", "FRBRWork", "FRBRauthor"])?;
    let href = xml.attribute(node, "href")?;
    let id = href.trim_start_matches('#');
    let references = xml.find(meta, &["references"])?;
    xml.children(references)
        .find(|child| {
            ["eId", "id"]
                .iter()
                .any(|name| xml.attribute(*child, name).as_deref() == Some(id))
        })
        .and_then(|child| xml.attribute(child, "showAs"))
}

#[derive(Default)]
struct Akoma {
    /// Notes met, in order; they are no part of the sentence they stand in.
    notes: Vec<usize>,
    speeches: usize,
    is_note: bool,
    /// A number or a name was written and what it names goes on in its line.
    goes_on: bool,
}

impl Akoma {
    fn inside_note() -> Self {
        Self {
            is_note: true,
            ..Self::default()
        }
    }
}

impl Style<Xml<'_>> for Akoma {
    fn block(&mut self, xml: &Xml<'_>, node: usize) -> Option<Block> {
        let name = xml.name(node);
        Some(match name {
            "meta" | "toc" | "noteRef" | "img" | "eop" | "del" => return None,
            "authorialNote" => {
                if !self.is_note {
                    self.notes.push(node);
                }
                return None;
            }
            "br" | "eol" => Block::Break,
            "table" => Block::Paragraph,
            "tr" => Block::Row,
            "td" | "th" => Block::Cell,
            "ul" | "ol" | "blockList" => Block::List,
            "li" | "listIntroduction" | "listWrapUp" => Block::Item,
            "item" => {
                self.goes_on = false;
                Block::Item
            }
            "num" => {
                self.goes_on = true;
                Block::Inline
            }
            "from" => Block::Inline,
            "p" | "block" | "heading" | "subheading" | "crossHeading" | "longTitle" => {
                if std::mem::take(&mut self.goes_on) {
                    Block::Inline
                } else {
                    Block::Paragraph
                }
            }
            _ if is_inline(name) => Block::Inline,
            _ => {
                // Content follows its number; another level has one of its own.
                if !matches!(name, "content" | "intro" | "list" | "wrapUp") {
                    self.goes_on = false;
                }
                if self.goes_on {
                    Block::Inline
                } else {
                    self.speeches += usize::from(is_speech(name));
                    Block::Paragraph
                }
            }
        })
    }

    fn closing(&mut self, xml: &Xml<'_>, node: usize, writer: &mut Writer) {
        match xml.name(node) {
            "num" => {
                let parent = xml.name(xml.parent(node));
                if is_titled(parent) && has_heading(xml, node) {
                    let has_stop = writer.last().is_some_and(|c| !c.is_alphanumeric());
                    writer.text(if has_stop { " " } else { " — " });
                } else if is_titled(parent) {
                    // `Article 3` is a line of its own; what it says begins below.
                    self.goes_on = false;
                    writer.paragraph();
                } else {
                    writer.text(" ");
                }
            }
            "heading" | "subheading" => {
                self.goes_on = false;
                writer.paragraph();
            }
            "from" => {
                if let Some(name) = xml.text(node) {
                    let added = ended(&name);
                    writer.text(added.strip_prefix(name.as_str()).unwrap_or_default());
                    writer.text(" ");
                    self.goes_on = true;
                }
            }
            _ => {}
        }
    }
}

/// Levels whose number is announced on a line of its own, with their heading.
fn is_titled(name: &str) -> bool {
    matches!(
        name,
        "article"
            | "book"
            | "chapter"
            | "division"
            | "part"
            | "rule"
            | "section"
            | "subchapter"
            | "subdivision"
            | "subpart"
            | "subsection"
            | "subtitle"
            | "title"
            | "tome"
            | "debateSection"
            | "hcontainer"
            | "attachment"
    )
}

fn has_heading(xml: &Xml<'_>, num: usize) -> bool {
    // A heading follows its number at once.
    xml.children(xml.parent(num))
        .skip_while(|child| *child != num)
        .nth(1)
        .is_some_and(|next| matches!(xml.name(next), "heading" | "subheading"))
}

fn is_speech(name: &str) -> bool {
    matches!(name, "speech" | "question" | "answer")
}

/// Elements inside of a sentence.
fn is_inline(name: &str) -> bool {
    matches!(
        name,
        "a" | "abbr"
            | "affectedDocument"
            | "b"
            | "change"
            | "concept"
            | "courtType"
            | "date"
            | "decoration"
            | "def"
            | "docAuthority"
            | "docCommittee"
            | "docDate"
            | "docIntroducer"
            | "docJurisdiction"
            | "docketNumber"
            | "docNumber"
            | "docProponent"
            | "docPurpose"
            | "docStage"
            | "docStatus"
            | "docTitle"
            | "docType"
            | "embeddedText"
            | "entity"
            | "event"
            | "extractText"
            | "fillIn"
            | "i"
            | "inline"
            | "ins"
            | "judge"
            | "lawyer"
            | "legislature"
            | "location"
            | "mmod"
            | "mod"
            | "mref"
            | "neutralCitation"
            | "object"
            | "omissis"
            | "opinion"
            | "organization"
            | "outcome"
            | "party"
            | "person"
            | "placeholder"
            | "process"
            | "quantity"
            | "quotedText"
            | "ref"
            | "relatedDocument"
            | "remark"
            | "rmod"
            | "role"
            | "rref"
            | "session"
            | "shortTitle"
            | "signature"
            | "span"
            | "sub"
            | "subFlow"
            | "sup"
            | "term"
            | "tocItem"
            | "time"
            | "u"
            | "vote"
            | "recordedTime"
    )
}
