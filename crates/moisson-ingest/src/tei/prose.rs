//! The text of a TEI document: one walk over the flat tree, with a stack of its own.

use super::habits::Habits;
use super::kind::{Kind, holds_blocks, kind};
use super::{Notes, Side, TextOptions};
use crate::flow::{Break, Flow, Gap};
use crate::xml::Xml;

/// Writes the text of one document.
pub(super) struct Prose<'x, 'a> {
    xml: &'x Xml<'a>,
    options: &'x TextOptions,
    habits: &'x Habits,
    flow: Flow,
    open: Vec<Frame>,
    /// Notes set apart for the end, in order.
    notes: Vec<usize>,
    is_in_note: bool,
    /// The line end before the next one was marked, where marks stand too early.
    is_break_marked: bool,
}

struct Frame {
    end: usize,
    /// Where the walk goes on: after what is passed over with it.
    resume: usize,
    kind: Kind,
    close: Close,
    holds_blocks: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Close {
    Nothing,
    Gap(Gap),
    /// The words lead what follows.
    Lead(Gap),
    Item,
    Row,
    Cell,
    Space,
    Glue,
    Bracket,
}

impl<'x, 'a> Prose<'x, 'a> {
    pub(super) fn new(
        xml: &'x Xml<'a>,
        options: &'x TextOptions,
        habits: &'x Habits,
        bytes: usize,
    ) -> Self {
        Self {
            xml,
            options,
            habits,
            flow: Flow::with_capacity(bytes),
            open: Vec::new(),
            notes: Vec::new(),
            is_in_note: false,
            is_break_marked: false,
        }
    }

    /// Adds the content of an element as paragraphs of their own.
    pub(super) fn block(&mut self, node: usize) {
        self.flow.owe(Gap::Paragraph);
        self.walk(node + 1, self.xml.end(node));
        self.flow.owe(Gap::Paragraph);
    }

    /// Adds a paragraph of plain words.
    pub(super) fn paragraph(&mut self, text: &str) {
        self.flow.owe(Gap::Paragraph);
        self.flow.text(text);
        self.flow.owe(Gap::Paragraph);
    }

    /// Returns the text, with the notes that were set apart.
    pub(super) fn finish(mut self) -> String {
        let mut next = 0;
        self.is_in_note = true;
        while let Some(note) = self.notes.get(next).copied() {
            self.block(note);
            next += 1;
        }
        self.flow.finish()
    }

    fn walk(&mut self, from: usize, end: usize) {
        let base = self.open.len();
        let mut at = from;
        loop {
            while self.open.len() > base && self.open.last().is_some_and(|frame| frame.end <= at) {
                if let Some(frame) = self.open.pop() {
                    self.close(&frame);
                    at = at.max(frame.resume);
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
                at = self.element(at, kind(name), name);
            }
        }
    }

    fn close(&mut self, frame: &Frame) {
        match frame.close {
            Close::Nothing => {}
            Close::Gap(gap) => self.flow.owe(gap),
            Close::Lead(gap) => self.flow.lead(gap),
            Close::Item => self.flow.close_item(),
            Close::Row => self.flow.close_row(),
            Close::Cell => self.flow.close_cell(),
            Close::Space => self.flow.space(),
            Close::Glue => self.flow.glue(),
            Close::Bracket => {
                self.flow.glue();
                self.flow.text("]");
            }
        }
    }

    /// True if the walk stands among blocks and not inside of a line.
    fn among_blocks(&self) -> bool {
        self.open.last().is_none_or(|frame| frame.holds_blocks)
    }

    fn parent_kind(&self) -> Option<Kind> {
        self.open.last().map(|frame| frame.kind)
    }

    fn push(&mut self, node: usize, kind: Kind, close: Close) -> usize {
        let end = self.xml.end(node);
        self.open.push(Frame {
            end,
            resume: end,
            kind,
            close,
            holds_blocks: holds_blocks(kind),
        });
        node + 1
    }

    fn gap(&mut self, node: usize, kind: Kind, gap: Gap) -> usize {
        self.flow.owe(gap);
        self.push(node, kind, Close::Gap(gap))
    }

    fn pass(&self, node: usize) -> usize {
        self.xml.end(node)
    }

    /// Opens an element or passes over it; returns where the walk goes on.
    fn element(&mut self, node: usize, kind: Kind, name: &str) -> usize {
        match kind {
            Kind::Inline => self.push(node, kind, Close::Nothing),
            Kind::Apart => {
                self.flow.space();
                self.push(node, kind, Close::Space)
            }
            Kind::Division if self.is_left_out(node) => self.pass(node),
            Kind::Matter if !self.is_wanted_matter(name) => self.pass_matter(node),
            Kind::Division | Kind::Matter | Kind::Paragraph | Kind::Stanza | Kind::List => {
                self.gap(node, kind, Gap::Paragraph)
            }
            Kind::Line | Kind::Verse => self.gap(node, kind, Gap::Line),
            Kind::Either => self.either(node, name),
            Kind::Stage => self.stage(node),
            Kind::Speaker => {
                self.flow.owe(Gap::Paragraph);
                self.push(node, kind, Close::Lead(Gap::Line))
            }
            Kind::Utterance => self.utterance(node),
            Kind::Segment if self.parent_kind() == Some(Kind::Utterance) => {
                self.gap(node, Kind::Paragraph, Gap::Paragraph)
            }
            Kind::Segment => self.push(node, Kind::Inline, Close::Nothing),
            Kind::Item => {
                self.flow.open_item();
                self.push(node, kind, Close::Item)
            }
            Kind::Label => self.label(node),
            Kind::Row => {
                self.flow.open_row();
                self.push(node, kind, Close::Row)
            }
            Kind::Cell => {
                self.flow.open_cell();
                self.push(node, kind, Close::Cell)
            }
            Kind::LineBreak | Kind::PageBreak => self.line_break(node, kind),
            Kind::Space => {
                self.flow.space();
                self.pass(node)
            }
            Kind::Gap => {
                if self.options.gaps {
                    self.flow.text("[…]");
                }
                self.pass(node)
            }
            Kind::Note => self.note(node),
            Kind::Choice | Kind::Apparatus => self.choose(node, kind),
            Kind::Mark | Kind::Expansion => self.abbreviation(node, kind),
            Kind::Token => self.token(node, name),
            Kind::Highlight => self.highlight(node),
            Kind::Reference => self.reference(node),
            Kind::Figure if self.has_caption(node) => {
                self.gap(node, Kind::Division, Gap::Paragraph)
            }
            Kind::Description if self.parent_kind() == Some(Kind::Stage) => {
                self.push(node, Kind::Inline, Close::Nothing)
            }
            Kind::Interruption => self.interruption(node),
            Kind::Drop | Kind::TitlePage | Kind::Figure | Kind::Description => self.pass(node),
        }
    }

    /// True for the lists and pages of a printed book that are no prose: half-titles, contents, indexes, advertisements.
    fn is_left_out(&self, node: usize) -> bool {
        if self.parent_kind() != Some(Kind::Matter) {
            return false;
        }
        let kind = self.xml.attribute(node, "type").unwrap_or_default();
        let kind = kind.to_ascii_lowercase();
        let kind = kind.replace(['-', '_', ' '], "");
        matches!(
            kind.as_str(),
            "titlepage"
                | "halftitle"
                | "cover"
                | "toc"
                | "contents"
                | "tableofcontents"
                | "index"
                | "advert"
                | "advertisement"
                | "ads"
                | "imprint"
                | "colophon"
                | "references"
                | "bibliography"
        )
    }

    fn is_wanted_matter(&self, name: &str) -> bool {
        match name {
            "front" => self.options.front,
            _ => self.options.back,
        }
    }

    /// Passes over front or back matter; the notes on the text that are printed there are notes like others.
    fn pass_matter(&mut self, node: usize) -> usize {
        let end = self.pass(node);
        if self.options.notes == Notes::Drop {
            return end;
        }
        let mut at = node + 1;
        while at < end {
            if self.xml.name(at) == "note" {
                self.notes.push(at);
                at = self.pass(at);
            } else {
                at += 1;
            }
        }
        end
    }

    fn has_block(&self, node: usize) -> bool {
        self.xml.children(node).any(|child| {
            matches!(
                kind(self.xml.name(child)),
                Kind::Paragraph | Kind::Stanza | Kind::Verse | Kind::List | Kind::Division
            )
        })
    }

    /// True if a picture comes with words that are not only a description of it. Those that GROBID finds in papers
    /// have a label; without their description they would leave a bare number.
    fn has_caption(&self, node: usize) -> bool {
        let mut kinds = self
            .xml
            .children(node)
            .map(|child| kind(self.xml.name(child)));
        let mut has_words = false;
        let is_numbered = kinds.any(|kind| {
            has_words |= !matches!(kind, Kind::Drop | Kind::Description);
            kind == Kind::Label
        });
        has_words && !is_numbered
    }

    fn either(&mut self, node: usize, name: &str) -> usize {
        let (is_among_blocks, has_block) = (self.among_blocks(), self.has_block(node));
        if has_block || (is_among_blocks && name == "cit") {
            return self.gap(node, Kind::Division, Gap::Paragraph);
        }
        if is_among_blocks {
            return self.gap(node, Kind::Paragraph, Gap::Paragraph);
        }
        self.push(node, Kind::Inline, Close::Nothing)
    }

    fn stage(&mut self, node: usize) -> usize {
        if self.flow.is_led() {
            // Between the name and the speech: on the line of the name, as it is printed.
            self.flow.lead(Gap::None);
            return self.push(node, Kind::Stage, Close::Lead(Gap::Line));
        }
        if self.among_blocks() || self.parent_kind() == Some(Kind::Utterance) {
            return self.gap(node, Kind::Stage, Gap::Paragraph);
        }
        self.flow.space();
        self.push(node, Kind::Stage, Close::Space)
    }

    /// A turn of a debate; who speaks is a note before it, or an attribute.
    fn utterance(&mut self, node: usize) -> usize {
        self.flow.owe(Gap::Paragraph);
        if !self.flow.is_led()
            && let Some(name) = self.speaker_of(node)
        {
            self.flow.text(&name);
            self.flow.lead(Gap::Line);
        }
        self.push(node, Kind::Utterance, Close::Gap(Gap::Paragraph))
    }

    /// The name in `who`, unless it points at a list elsewhere.
    fn speaker_of(&self, node: usize) -> Option<String> {
        let who = self.xml.attribute(node, "who")?;
        let is_name = who.contains(char::is_alphabetic) && !who.contains(['#', ':', '/']);
        is_name.then(|| who.replace('_', " "))
    }

    fn label(&mut self, node: usize) -> usize {
        if self.parent_kind() == Some(Kind::List) {
            self.flow.owe(Gap::Line);
            return self.push(node, Kind::Label, Close::Lead(Gap::None));
        }
        if self.xml.name(self.xml.parent(node)) == "formula" {
            // GROBID: the number of an equation.
            return self.pass(node);
        }
        if self.among_blocks() {
            return self.gap(node, Kind::Label, Gap::Paragraph);
        }
        self.push(node, Kind::Inline, Close::Nothing)
    }

    /// The end of a printed line, column or page, `line` of a transcription among them.
    fn line_break(&mut self, node: usize, kind: Kind) -> usize {
        let is_line = kind == Kind::LineBreak;
        let said = self.xml.attribute(node, "break");
        let mut is_marked = said.as_deref() == Some("no");
        if is_line && self.habits.marks_breaks_early {
            std::mem::swap(&mut is_marked, &mut self.is_break_marked);
        }
        let is_verse = self.parent_kind() == Some(Kind::Stanza);
        if is_marked {
            self.flow.line_break(Break::Inside);
        } else if is_line && (is_verse || self.options.line_breaks) {
            self.flow.owe(Gap::Line);
        } else if is_line && (self.habits.marks_breaks || said.is_some()) {
            self.flow.line_break(Break::Hard);
        } else if is_line {
            self.flow.line_break(Break::Soft);
        }
        if self.xml.name(node) == "line" {
            return self.push(node, Kind::Inline, Close::Nothing);
        }
        self.pass(node)
    }

    fn note(&mut self, node: usize) -> usize {
        let place = self.xml.attribute(node, "place");
        if self.habits.has_utterances && place.is_none() && self.is_among_turns() {
            if self.xml.attribute(node, "type").as_deref() == Some("speaker") {
                self.flow.owe(Gap::Paragraph);
                return self.push(node, Kind::Speaker, Close::Lead(Gap::Line));
            }
            return self.stage(node);
        }
        match self.options.notes {
            Notes::Drop => self.pass(node),
            Notes::End if self.is_in_note => {
                self.flow.space();
                self.push(node, Kind::Note, Close::Space)
            }
            Notes::End => {
                self.notes.push(node);
                self.pass(node)
            }
            Notes::Inline if self.among_blocks() => self.gap(node, Kind::Note, Gap::Paragraph),
            Notes::Inline => {
                self.flow.space();
                self.flow.text("[");
                self.flow.glue();
                self.push(node, Kind::Inline, Close::Bracket)
            }
        }
    }

    fn is_among_turns(&self) -> bool {
        matches!(
            self.parent_kind(),
            Some(Kind::Division | Kind::Utterance | Kind::Paragraph)
        )
    }

    /// The mark of an abbreviation belongs to the original, the letters supplied for it to the regularised text.
    fn abbreviation(&mut self, node: usize, kind: Kind) -> usize {
        let side = match kind {
            Kind::Mark => Side::Original,
            _ => Side::Regularised,
        };
        if self.options.reading == side {
            return self.push(node, Kind::Inline, Close::Nothing);
        }
        self.pass(node)
    }

    /// Of readings side by side the one that is asked for, of witnesses the one the editor chose.
    fn choose(&mut self, node: usize, kind: Kind) -> usize {
        let chosen = match kind {
            Kind::Apparatus => self.first(node, &["lem", "rdg", "rdgGrp"]),
            _ => {
                let corrected = match self.options.reading {
                    Side::Original => ["sic", "abbr"],
                    Side::Regularised => ["corr", "expan"],
                };
                let spelt = match self.options.spelling {
                    Side::Original => ["orig"],
                    Side::Regularised => ["reg"],
                };
                self.first(node, &corrected)
                    .or_else(|| self.first(node, &spelt))
            }
        };
        let Some(chosen) = chosen.or_else(|| self.xml.children(node).next()) else {
            return self.pass(node);
        };
        self.open.push(Frame {
            end: self.xml.end(chosen),
            resume: self.xml.end(node),
            kind: Kind::Inline,
            close: Close::Nothing,
            holds_blocks: false,
        });
        chosen + 1
    }

    fn first(&self, node: usize, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|name| {
            self.xml
                .children(node)
                .find(|child| self.xml.name(*child) == *name)
        })
    }

    /// A word or mark told apart: encoders leave the space between two of them to whoever reads.
    fn token(&mut self, node: usize, name: &str) -> usize {
        let join = self.xml.attribute(node, "join").unwrap_or_default();
        let joins = |sides: &[&str]| sides.contains(&join.as_str());
        let is_after_token = self.xml.parent(node) + 1 < node && self.is_after_token(node);
        let first = self.first_run(node).trim_start();
        let is_closing =
            name == "pc" && first.starts_with([',', '.', ')', ']', '}', '…', '’', '\'']);
        if joins(&["left", "both", "overlap"]) || (is_closing && is_after_token) {
            self.flow.glue();
        } else if is_after_token && !self.flow.is_apart() {
            self.flow.space();
        }
        let close = if joins(&["right", "both"]) {
            Close::Glue
        } else {
            Close::Nothing
        };
        self.push(node, Kind::Token, close)
    }

    /// True if another token stands before, with nothing but white space between.
    fn is_after_token(&self, node: usize) -> bool {
        let parent = self.xml.parent(node);
        let mut before = node - 1;
        if self.xml.name(before).is_empty() && self.xml.run(before).trim().is_empty() {
            before -= 1;
        }
        while before > parent && self.xml.parent(before) != parent {
            before = self.xml.parent(before);
        }
        before > parent && kind(self.xml.name(before)) == Kind::Token
    }

    /// The run of text with which an element begins; empty if there is none.
    fn first_run(&self, node: usize) -> &'x str {
        if self.xml.end(node) > node + 1 {
            self.xml.run(node + 1)
        } else {
            ""
        }
    }

    /// An initial that stands apart from the line whose first letter it is.
    fn highlight(&mut self, node: usize) -> usize {
        let end = self.xml.end(node);
        let mut letters = self.first_run(node).trim().chars();
        let is_initial = end == node + 2
            && letters.next().is_some_and(char::is_uppercase)
            && letters.next().is_none();
        let is_apart = is_initial && {
            let is_blank = end < self.xml.end(0)
                && self.xml.name(end).is_empty()
                && self.xml.run(end).trim().is_empty();
            let next = end + usize::from(is_blank);
            next < self.xml.end(0) && self.xml.name(next) == "lb"
        };
        if is_apart {
            // The line end after it says nothing: it stands before the rest of the word.
            self.flow.text(self.first_run(node).trim());
            let lb = (end..end + 2)
                .find(|at| self.xml.name(*at) == "lb")
                .unwrap_or(end);
            if self.habits.marks_breaks_early {
                self.is_break_marked = self.xml.attribute(lb, "break").as_deref() == Some("no");
            }
            self.flow.line_break(Break::Initial);
            return self.xml.end(lb);
        }
        self.push(node, Kind::Inline, Close::Nothing)
    }

    /// Links keep their words, but for calls of notes and citations.
    fn reference(&mut self, node: usize) -> usize {
        let kind = self.xml.attribute(node, "type").unwrap_or_default();
        let is_call = match kind.as_str() {
            "bibr" | "foot" | "note" | "noteAnchor" | "noteref" | "footnote" | "endnote" => true,
            "" => self.points_inside(node) && self.is_mark(node),
            _ => false,
        };
        if is_call {
            self.flow.tidy();
            return self.pass(node);
        }
        self.push(node, Kind::Inline, Close::Nothing)
    }

    fn points_inside(&self, node: usize) -> bool {
        let target = self.xml.attribute(node, "target");
        target.is_some_and(|target| target.starts_with('#'))
    }

    /// True for `12`, `(3)`, `*`: words that call a note and mean nothing beside it.
    fn is_mark(&self, node: usize) -> bool {
        let text = self.xml.text(node).unwrap_or_default();
        text.len() <= 6 && !text.contains(char::is_alphabetic)
    }

    /// Interjections of debates, encoded as an attribute by some editions: in brackets, as the minutes print them.
    fn interruption(&mut self, node: usize) -> usize {
        if let Some(text) = self.xml.attribute(node, "text") {
            self.flow.space();
            self.flow.text("(");
            self.flow.glue();
            self.flow.text(&text);
            self.flow.glue();
            self.flow.text(")");
        }
        self.push(node, Kind::Inline, Close::Nothing)
    }
}
