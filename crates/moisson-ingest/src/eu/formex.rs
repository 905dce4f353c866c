//! The text of a Formex document: one walk over the flat tree, with a stack of its own.
//!
//! Formex 4: <https://op.europa.eu/en/web/eu-vocabularies/formex>. Numbers stand before what they number, the dashes of
//! lists and the quotation marks are written out, since the format leaves them to the printer.

use super::Footnotes;
use crate::flow::{Flow, Gap};
use crate::xml::Xml;

/// What a root element holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Root {
    /// Acts, agreements, annexes, notices.
    Law,
    /// Judgments, orders, opinions.
    Decision,
    /// Descriptions of packages and tables of contents, which have no text.
    Package,
}

/// What the root of a document says it is; `None` if it is no Formex.
pub(crate) fn root(xml: &Xml<'_>) -> Option<Root> {
    match xml.name(0) {
        "DOC" | "PUBLICATION" | "TOC" | "OJ" | "BIB.OJ" => Some(Root::Package),
        "JUDGMENT" | "ORDER" | "CASE" | "CJT" | "OPINION" | "CONCLUSION" | "REPORT.HEARING"
        | "RULING" | "DECISION.ECR" | "ORDER.PM" | "JUDGMENT.NP" | "ORDER.NP"
        | "SUMMARY.JUDGMENT" | "ABSTRACT" => Some(Root::Decision),
        "ACT" | "CONS.ACT" | "CONS.ANNEX" | "CONS.OTH" | "GENERAL" | "ANNEX" | "AGR" | "CORR"
        | "LETTER" | "PROPOSAL" | "SE" => Some(Root::Law),
        // Rarer ones are told by what they hold.
        _ => xml
            .children(0)
            .any(|node| xml.name(node).starts_with("BIB."))
            .then_some(Root::Law),
    }
}

/// The text of a document.
pub(crate) fn text(xml: &Xml<'_>, footnotes: Footnotes) -> String {
    let mut walk = Walk::new(xml, footnotes);
    walk.walk(1, xml.end(0));
    walk.finish()
}

/// The title on one line.
pub(crate) fn title(xml: &Xml<'_>) -> Option<String> {
    let title = xml
        .find(0, &["TITLE"])
        .or_else(|| xml.find(0, &["CONS.DOC", "TITLE"]))?;
    let mut walk = Walk::new(xml, Footnotes::Drop);
    walk.walk(title + 1, xml.end(title));
    let title = walk
        .finish()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    (!title.is_empty()).then_some(title)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Inline,
    Drop,
    /// Holds blocks.
    Division,
    Paragraph,
    Line,
    /// A title: its paragraphs are lines.
    Heading,
    /// Title of an article, whose subtitle follows on the next line.
    ArticleTitle,
    ArticleSubtitle,
    /// A number and what it numbers.
    Numbered,
    Number,
    List,
    Item,
    Row,
    Cell,
    Note,
    QuoteStart,
    QuoteEnd,
    Keyword,
    Divisor,
    Figure,
}

fn kind(name: &str) -> Kind {
    match name {
        "p" | "P" | "ALINEA" | "VISA" | "CONSID" | "PREAMBLE.INIT" | "PREAMBLE.FINAL" | "INTRO"
        | "AGAINST" | "COMMENT" | "INDEX" | "FORMULA.S" | "FINAL" | "TBL" | "DLIST"
        | "NOTE.SUBMITTED" => Kind::Paragraph,
        "TITLE" | "SIGNATURE" | "SIGNATORY" | "SIGNATURE.CASE" | "ADDR.S" | "PL.DATE"
        | "TI.BLK" => Kind::Heading,
        "TI" | "STI" | "DLIST.ITEM" | "SUBTITLE" => Kind::Line,
        "TI.ART" => Kind::ArticleTitle,
        "STI.ART" => Kind::ArticleSubtitle,
        "NP" | "NP.ECR" | "PARAG" => Kind::Numbered,
        "NO.P" | "NO.PARAG" | "TERM" => Kind::Number,
        "LIST" => Kind::List,
        "ITEM" => Kind::Item,
        "ROW" => Kind::Row,
        "CELL" => Kind::Cell,
        "NOTE" => Kind::Note,
        "QUOT.START" => Kind::QuoteStart,
        "QUOT.END" => Kind::QuoteEnd,
        "KEYWORD" => Kind::Keyword,
        "DIVISOR" => Kind::Divisor,
        "FT" => Kind::Figure,
        "CURR.TITLE" | "PAGE.HEADER" | "INFO.CONSLEG" | "INFO.PROD" | "FAM.COMP"
        | "FAM.COMP.CL" | "GR.MOD.ACT" | "INCL.ELEMENT" | "TOC" | "MARGIN" | "IMG.CNT"
        | "INCLUSIONS" | "IE" => Kind::Drop,
        _ if name.starts_with("BIB.") => Kind::Drop,
        "ARTICLE" | "DIVISION" | "SUBDIV" | "ENACTING.TERMS" | "PREAMBLE" | "PROLOG" | "QUOT.S"
        | "ANNEX" | "JURISDICTION" | "PARTIES" | "PLAINTIFS" | "DEFENDANTS" | "INTERMEDIATE"
        | "JUDGMENT.INIT" | "CORPUS" | "BLK" | "LETTER" | "AGR" | "AMEND" | "OLD" | "NEW"
        | "ACT" => Kind::Division,
        _ if name.starts_with("GR.")
            || name.starts_with("CONTENTS")
            || name.starts_with("CONS.") =>
        {
            Kind::Division
        }
        _ => Kind::Inline,
    }
}

struct Frame {
    end: usize,
    kind: Kind,
    close: Close,
}

#[derive(Clone, Copy)]
enum Close {
    Nothing,
    Gap(Gap),
    Lead(Gap),
    Item,
    Row,
    Cell,
}

struct Walk<'x, 'a> {
    xml: &'x Xml<'a>,
    footnotes: Footnotes,
    flow: Flow,
    open: Vec<Frame>,
    notes: Vec<usize>,
    is_in_note: bool,
}

impl<'x, 'a> Walk<'x, 'a> {
    fn new(xml: &'x Xml<'a>, footnotes: Footnotes) -> Self {
        Self {
            xml,
            footnotes,
            flow: Flow::default(),
            open: Vec::new(),
            notes: Vec::new(),
            is_in_note: false,
        }
    }

    fn finish(mut self) -> String {
        self.is_in_note = true;
        for note in std::mem::take(&mut self.notes) {
            self.flow.owe(Gap::Paragraph);
            self.walk(note + 1, self.xml.end(note));
            self.flow.owe(Gap::Paragraph);
        }
        self.flow.finish()
    }

    fn walk(&mut self, from: usize, end: usize) {
        let mut at = from;
        loop {
            while self.open.last().is_some_and(|frame| frame.end <= at) {
                if let Some(frame) = self.open.pop() {
                    self.close(frame.close);
                }
            }
            if at >= end {
                break;
            }
            let name = self.xml.name(at);
            if name.is_empty() {
                self.flow.text(self.xml.run(at));
                at += 1;
            } else {
                at = self.element(at, kind(name));
            }
        }
    }

    fn close(&mut self, close: Close) {
        match close {
            Close::Nothing => {}
            Close::Gap(gap) => self.flow.owe(gap),
            Close::Lead(gap) => self.flow.lead(gap),
            Close::Item => self.flow.close_item(),
            Close::Row => self.flow.close_row(),
            Close::Cell => self.flow.close_cell(),
        }
    }

    fn is_inside(&self, kind: Kind) -> bool {
        self.open.last().is_some_and(|frame| frame.kind == kind)
    }

    fn push(&mut self, node: usize, kind: Kind, close: Close) -> usize {
        self.open.push(Frame {
            end: self.xml.end(node),
            kind,
            close,
        });
        node + 1
    }

    fn gap(&mut self, node: usize, kind: Kind, gap: Gap) -> usize {
        self.flow.owe(gap);
        self.push(node, kind, Close::Gap(gap))
    }

    fn element(&mut self, node: usize, kind: Kind) -> usize {
        let is_in_heading = self
            .open
            .iter()
            .rev()
            .take(3)
            .any(|frame| frame.kind == Kind::Heading);
        match kind {
            Kind::Inline => self.push(node, kind, Close::Nothing),
            Kind::Drop => self.xml.end(node),
            Kind::Paragraph | Kind::Line if is_in_heading => self.gap(node, kind, Gap::Line),
            Kind::Line | Kind::List => self.gap(node, kind, Gap::Line),
            // The first paragraph of a recital or point stands beside its number.
            Kind::Division | Kind::Paragraph | Kind::Heading => {
                self.gap(node, kind, Gap::Paragraph)
            }
            Kind::ArticleTitle => {
                self.flow.owe(Gap::Paragraph);
                self.push(node, Kind::Heading, Close::Gap(Gap::Line))
            }
            Kind::ArticleSubtitle => {
                self.flow.owe(Gap::Line);
                self.push(node, Kind::Heading, Close::Gap(Gap::Paragraph))
            }
            Kind::Numbered => self.gap(node, kind, Gap::Paragraph),
            Kind::Number => self.push(node, Kind::Inline, Close::Lead(Gap::None)),
            Kind::Item => self.item(node),
            Kind::Row => {
                self.flow.open_row();
                self.push(node, kind, Close::Row)
            }
            Kind::Cell => {
                self.flow.open_cell();
                self.push(node, kind, Close::Cell)
            }
            Kind::Note => self.note(node),
            Kind::QuoteStart | Kind::QuoteEnd => self.quotation_mark(node, kind),
            Kind::Keyword => {
                if self.flow.is_after_word() && self.is_inside(Kind::Paragraph) {
                    self.flow.space();
                    self.flow.text("–");
                }
                self.flow.space();
                self.push(node, Kind::Inline, Close::Nothing)
            }
            Kind::Divisor => {
                self.flow.text("/");
                self.push(node, Kind::Inline, Close::Nothing)
            }
            Kind::Figure => self.figure(node),
        }
    }

    /// An item of a list; where it has no number it has the dash of the list.
    fn item(&mut self, node: usize) -> usize {
        self.flow.open_item();
        let list = self.xml.parent(node);
        let is_numbered = self
            .xml
            .children(node)
            .next()
            .is_some_and(|child| self.xml.name(child) == "NP");
        let mark = match self.xml.attribute(list, "TYPE").as_deref() {
            Some("DASH") => "—",
            Some("NDASH") => "–",
            Some("BULLET" | "DISC") => "•",
            _ => "",
        };
        if !is_numbered && !mark.is_empty() {
            self.flow.text(mark);
            self.flow.lead(Gap::None);
        }
        self.push(node, Kind::Item, Close::Item)
    }

    fn note(&mut self, node: usize) -> usize {
        if self.is_in_note {
            return self.push(node, Kind::Inline, Close::Nothing);
        }
        if self.footnotes == Footnotes::End {
            self.notes.push(node);
        }
        self.flow.tidy();
        self.xml.end(node)
    }

    /// The mark that `CODE` names; the French ones with the no-break space that is printed inside of them.
    fn quotation_mark(&mut self, node: usize, kind: Kind) -> usize {
        let end = self.xml.end(node);
        let code = self.xml.attribute(node, "CODE").unwrap_or_default();
        let mark = u32::from_str_radix(&code, 16)
            .ok()
            .and_then(char::from_u32)
            .filter(|c| !c.is_control());
        if kind == Kind::QuoteStart {
            let mark = mark.unwrap_or('«');
            let is_spaced = mark == '«' && !self.run_at(end).starts_with('\u{a0}');
            let mut buffer = [0; 4];
            self.flow.text(mark.encode_utf8(&mut buffer));
            if is_spaced {
                self.flow.text("\u{a0}");
            }
            self.flow.glue();
        } else {
            let mark = mark.unwrap_or('»');
            let mut buffer = [0; 4];
            self.flow.glue();
            if mark == '»' && !self.run_at(node - 1).ends_with('\u{a0}') {
                self.flow.text("\u{a0}");
                self.flow.glue();
            }
            self.flow.text(mark.encode_utf8(&mut buffer));
        }
        end
    }

    fn run_at(&self, node: usize) -> &'x str {
        if node < self.xml.end(0) {
            self.xml.run(node)
        } else {
            ""
        }
    }

    /// A number whose thousands the printer sets apart.
    fn figure(&mut self, node: usize) -> usize {
        let end = self.xml.end(node);
        if end == node + 2
            && let Some(number) = grouped(self.xml.run(node + 1).trim())
        {
            self.flow.text(&number);
            return end;
        }
        self.push(node, Kind::Inline, Close::Nothing)
    }
}

/// `10000000,5` as `10 000 000,5`, with no-break spaces.
fn grouped(number: &str) -> Option<String> {
    let (whole, rest) = match number.find([',', '.']) {
        Some(at) => number.split_at_checked(at)?,
        None => (number, ""),
    };
    let is_number = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.len() < 4
        || whole.len() > 30
        || !is_number(whole)
        || !is_number(rest.get(1..).unwrap_or_default())
    {
        return None;
    }
    let mut grouped = String::with_capacity(number.len() + whole.len());
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push('\u{a0}');
        }
        grouped.push(digit);
    }
    grouped.push_str(rest);
    Some(grouped)
}
