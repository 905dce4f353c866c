//! Pages of EUR-Lex and CELLAR: the Official Journal, consolidated texts and case law in XHTML.
//!
//! The pages name what their paragraphs are by class (`oj-doc-ti`, `ti-art`, `norm`), lay out numbered points as tables
//! or grids, and carry marks of what amended them. Pages without those classes are read as any page is.

use moisson_core::Date;
use scraper::Html;

use super::classes::{self, Kind};
use super::{Footnotes, celex};
use crate::flow::{Flow, Gap};
use crate::html::{Flat, PageOptions, bounds, facts, page};

/// What was read from a page.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    pub(crate) text: String,
    pub(crate) title: Option<String>,
    pub(crate) language: Option<String>,
    pub(crate) celex: Option<String>,
    /// European Legislation Identifier.
    pub(crate) eli: Option<String>,
    pub(crate) published_on: Option<Date>,
}

/// Reads a page; `None` if it nests deeper than `depth_max`.
pub(crate) fn read(
    html: &str,
    uri: &str,
    footnotes: Footnotes,
    depth_max: u32,
) -> Option<Contents> {
    if !bounds::within(html, depth_max) {
        return None;
    }
    let parsed = Html::parse_document(html);
    let flat = Flat::new(&parsed);
    let facts = facts::read(&flat);
    let root = main_part(&flat);
    let mut walk = Walk::new(&flat, footnotes);
    walk.walk(root..flat.nodes.get(root).map_or(0, |node| node.end));
    let canonical = facts.canonical_url.as_deref().and_then(celex::find);
    let celex = walk
        .number
        .clone()
        .or(canonical)
        .or_else(|| number_in_meta(&flat))
        .or_else(|| celex::find(uri));
    let mut read = Contents {
        language: walk.language.clone().or(facts.lang),
        celex,
        eli: eli(html),
        published_on: walk.published_on.or(facts.published),
        ..Contents::default()
    };
    if walk.is_known {
        read.title = walk.title().or(facts.title);
        read.text = walk.finish();
    } else {
        let page = page(html, &PageOptions::default(), depth_max)?;
        // Old pages begin with their number, and are called by it.
        let number = read.celex.as_deref().unwrap_or_default();
        let text = page
            .text
            .strip_prefix(number)
            .unwrap_or(&page.text)
            .trim_start();
        let is_site = |title: &String| title.starts_with("EUR-Lex");
        let line = || {
            text.lines()
                .next()
                .filter(|line| !line.is_empty())
                .map(str::to_owned)
        };
        read.title = page.title.filter(|title| !is_site(title)).or_else(line);
        text.clone_into(&mut read.text);
    }
    Some(read)
}

/// The part of the page that is the document: menus of the site lie outside of it.
fn main_part(flat: &Flat<'_>) -> usize {
    let with_id =
        |id: &str| (0..flat.nodes.len()).find(|node| flat.attribute(*node, "id") == Some(id));
    ["document1", "docHtml", "TexteOnly", "text"]
        .iter()
        .find_map(|id| with_id(id))
        .or_else(|| (0..flat.nodes.len()).find(|node| flat.nodes[*node].name == "body"))
        .unwrap_or(0)
}

fn number_in_meta(flat: &Flat<'_>) -> Option<String> {
    (0..flat.nodes.len())
        .filter(|node| matches!(flat.nodes[*node].name, "meta" | "link"))
        .find_map(|node| {
            ["content", "href", "about"]
                .iter()
                .find_map(|name| celex::find(flat.attribute(node, name)?))
        })
}

/// The first European Legislation Identifier in the page.
fn eli(html: &str) -> Option<String> {
    let at = memchr::memmem::find(html.as_bytes(), b"data.europa.eu/eli/")?;
    let rest = html.get(at..)?;
    let end = rest
        .find(|c: char| c.is_whitespace() || "\"'<>)&".contains(c))
        .unwrap_or(rest.len());
    let path = rest.get(..end)?.trim_end_matches(['.', ',']);
    Some(format!("http://{path}"))
}

/// What a table is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// Numbered points: a mark and its text a row.
    Points,
    /// Data: rows are lines.
    Data,
    /// One column, or a frame.
    Blocks,
}

struct Frame {
    end: usize,
    layout: Option<Layout>,
    close: Close,
}

#[derive(Clone, Copy)]
enum Close {
    Nothing,
    Gap(Gap),
    Lead,
    Item,
    Row,
    Cell,
}

struct Walk<'x, 'a> {
    flat: &'x Flat<'a>,
    footnotes: Footnotes,
    flow: Flow,
    open: Vec<Frame>,
    notes: Vec<usize>,
    titles: Vec<String>,
    /// Kind of the last block, for lines of one heading.
    last: Option<Kind>,
    number: Option<String>,
    language: Option<String>,
    published_on: Option<Date>,
    is_known: bool,
    is_in_note: bool,
    /// The title goes on while nothing but titles came.
    is_title_open: bool,
}

impl<'x, 'a> Walk<'x, 'a> {
    fn new(flat: &'x Flat<'a>, footnotes: Footnotes) -> Self {
        Self {
            flat,
            footnotes,
            flow: Flow::default(),
            open: Vec::new(),
            notes: Vec::new(),
            titles: Vec::new(),
            last: None,
            number: None,
            language: None,
            published_on: None,
            is_known: false,
            is_in_note: false,
            is_title_open: true,
        }
    }

    fn title(&self) -> Option<String> {
        (!self.titles.is_empty()).then(|| self.titles.join(" "))
    }

    fn finish(mut self) -> String {
        self.is_in_note = true;
        for note in std::mem::take(&mut self.notes) {
            self.flow.owe(Gap::Paragraph);
            self.walk(note + 1..self.flat.nodes[note].end);
            self.flow.owe(Gap::Paragraph);
        }
        self.flow.finish()
    }

    fn walk(&mut self, range: std::ops::Range<usize>) {
        let mut at = range.start;
        loop {
            while self.open.last().is_some_and(|frame| frame.end <= at) {
                if let Some(frame) = self.open.pop() {
                    self.close(frame.close);
                }
            }
            if at >= range.end {
                break;
            }
            let node = &self.flat.nodes[at];
            if node.is_text() {
                self.text(&node.text);
                at += 1;
            } else {
                at = self.element(at);
            }
        }
    }

    fn text(&mut self, text: &str) {
        if !text.contains(['►', '◄', '▼']) {
            return self.flow.text(text);
        }
        // Marks of consolidation, `►M1 … ◄` and `▼B`: who amended what is not part of the law.
        for (index, piece) in text.split(['►', '◄', '▼']).enumerate() {
            let is_mark = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
            let piece = if index > 0 {
                piece.trim_start_matches(is_mark)
            } else {
                piece
            };
            if index > 0 {
                self.flow.space();
                self.flow.tidy();
            }
            self.flow.text(piece);
        }
    }

    fn close(&mut self, close: Close) {
        match close {
            Close::Nothing => {}
            Close::Gap(gap) => self.flow.owe(gap),
            Close::Lead => self.flow.lead(Gap::None),
            Close::Item => self.flow.close_item(),
            Close::Row => self.flow.close_row(),
            Close::Cell => self.flow.close_cell(),
        }
    }

    fn push(&mut self, node: usize, layout: Option<Layout>, close: Close) -> usize {
        self.open.push(Frame {
            end: self.flat.nodes[node].end,
            layout,
            close,
        });
        node + 1
    }

    fn gap(&mut self, node: usize, open: Gap, close: Gap) -> usize {
        self.flow.owe(open);
        self.push(node, None, Close::Gap(close))
    }

    fn element(&mut self, node: usize) -> usize {
        let end = self.flat.nodes[node].end;
        let tag = self.flat.nodes[node].name;
        let kind = self.kind(node, tag);
        if !matches!(
            kind,
            Kind::Inline | Kind::Division | Kind::Table | Kind::Row | Kind::Cell | Kind::Drop
        ) {
            self.is_title_open &= matches!(
                kind,
                Kind::DocumentTitle | Kind::Date | Kind::Language | Kind::Reference
            ) || self.titles.is_empty();
        }
        match kind {
            Kind::Inline if tag == "a" && self.is_call(node) => {
                self.flow.tidy();
                end
            }
            Kind::Inline => self.push(node, None, Close::Nothing),
            Kind::Drop => end,
            Kind::Date | Kind::Language | Kind::Reference => {
                self.head(node, kind);
                end
            }
            Kind::DocumentTitle => self.document_title(node),
            Kind::Heading => {
                self.last = Some(kind);
                self.gap(node, Gap::Paragraph, Gap::Line)
            }
            Kind::Subheading => {
                let gap = if self.last == Some(Kind::Heading) {
                    Gap::Line
                } else {
                    Gap::Paragraph
                };
                self.last = None;
                self.gap(node, gap, Gap::Paragraph)
            }
            Kind::Division if tag == "div" => self.gap(node, self.division_gap(node), Gap::Line),
            Kind::Division => self.gap(node, Gap::Line, Gap::Line),
            Kind::Paragraph => {
                self.last = None;
                self.gap(node, Gap::Paragraph, Gap::Paragraph)
            }
            Kind::Number => self.push(node, None, Close::Lead),
            Kind::Item => {
                if self.last.take().is_some() {
                    self.flow.owe(Gap::Paragraph);
                }
                self.flow.open_item();
                self.push(node, None, Close::Item)
            }
            Kind::Note if self.is_in_note => self.push(node, None, Close::Nothing),
            Kind::Note => {
                if self.footnotes == Footnotes::End {
                    self.notes.push(node);
                }
                end
            }
            Kind::Table => self.table(node),
            Kind::Row => self.row(node),
            Kind::Cell => self.cell(node),
            Kind::Break => {
                self.flow.owe(Gap::Line);
                end
            }
        }
    }

    /// Recitals and articles are divisions of their own.
    fn division_gap(&self, node: usize) -> Gap {
        let class = self.flat.attribute(node, "class").unwrap_or_default();
        if class.contains("eli-subdivision") {
            Gap::Paragraph
        } else {
            Gap::Line
        }
    }

    fn kind(&mut self, node: usize, tag: &str) -> Kind {
        let by_tag = classes::by_tag(tag);
        if by_tag == Kind::Drop {
            return by_tag;
        }
        let names = self.flat.attribute(node, "class").unwrap_or_default();
        let kinds = || names.split_ascii_whitespace().filter_map(classes::by_class);
        // `list grid-list-column-1`: a paragraph by one name, and what it is by the other.
        let by_class = kinds()
            .find(|kind| *kind != Kind::Paragraph)
            .or_else(|| kinds().next());
        self.is_known |= by_class.is_some_and(|kind| kind != Kind::Drop);
        match (by_class, by_tag) {
            (Some(Kind::Paragraph), Kind::Inline) => Kind::Inline,
            (Some(Kind::Number), Kind::Paragraph) => Kind::Paragraph,
            (Some(kind @ (Kind::Drop | Kind::Date | Kind::Language | Kind::Reference)), _) => kind,
            // A table stays one, whatever its class.
            (_, Kind::Table | Kind::Row | Kind::Cell) => by_tag,
            (Some(kind), _) | (None, kind) => kind,
        }
    }

    /// True for the call of a footnote, and for the way back from it.
    fn is_call(&self, node: usize) -> bool {
        let href = self.flat.attribute(node, "href").unwrap_or_default();
        let Some((_, fragment)) = href.split_once('#') else {
            return false;
        };
        [
            "ntr", "ntc", "E0", "src.E", "footnote", "_ftn", "t-E", "c-E",
        ]
        .iter()
        .any(|prefix| fragment.starts_with(prefix))
    }

    /// Cells of the running head: day of the journal, language, number of a consolidated text.
    fn head(&mut self, node: usize, kind: Kind) {
        let text = self.words(node);
        match kind {
            Kind::Language if text.len() == 2 && self.language.is_none() => {
                self.language = Some(text);
            }
            Kind::Language => {}
            _ => {
                self.number = self.number.take().or_else(|| consolidated(&text));
                self.published_on = self.published_on.or_else(|| day(&text));
            }
        }
    }

    fn words(&self, node: usize) -> String {
        let range = node..self.flat.nodes[node].end;
        let text: String = self.flat.nodes[range]
            .iter()
            .map(|node| node.text.as_ref())
            .collect();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn document_title(&mut self, node: usize) -> usize {
        let gap = if self.last == Some(Kind::DocumentTitle) {
            Gap::Line
        } else {
            Gap::Paragraph
        };
        // Consolidated texts show the title once above the list of amendments and once above the text.
        let title = self.words(node);
        let title = title
            .trim_start_matches(['►', '▼', 'B', 'M', ' '])
            .to_owned();
        if self.titles.contains(&title) {
            return self.flat.nodes[node].end;
        }
        if self.is_title_open {
            self.titles.push(title);
        }
        self.last = Some(Kind::DocumentTitle);
        self.gap(node, gap, Gap::Line)
    }

    fn table(&mut self, node: usize) -> usize {
        let layout = self.layout(node);
        let gap = if layout == Layout::Data {
            Gap::Paragraph
        } else {
            Gap::Line
        };
        let is_after_heading = self.last.take().is_some();
        self.flow.owe(if is_after_heading {
            Gap::Paragraph
        } else {
            gap
        });
        self.push(node, Some(layout), Close::Gap(gap))
    }

    fn row(&mut self, node: usize) -> usize {
        match self.table_layout() {
            Layout::Data => {
                self.flow.open_row();
                self.push(node, None, Close::Row)
            }
            Layout::Points => {
                self.flow.open_item();
                self.push(node, None, Close::Item)
            }
            Layout::Blocks => self.push(node, None, Close::Nothing),
        }
    }

    fn cell(&mut self, node: usize) -> usize {
        match self.table_layout() {
            Layout::Data => {
                self.flow.open_cell();
                self.push(node, None, Close::Cell)
            }
            Layout::Points if self.is_first_cell(node) => self.push(node, None, Close::Lead),
            Layout::Points => self.push(node, None, Close::Nothing),
            Layout::Blocks => self.gap(node, Gap::Line, Gap::Line),
        }
    }

    fn table_layout(&self) -> Layout {
        let layout = self
            .open
            .iter()
            .rev()
            .take(4)
            .find_map(|frame| frame.layout);
        layout.unwrap_or(Layout::Blocks)
    }

    fn is_first_cell(&self, node: usize) -> bool {
        let row = self.flat.nodes[node].parent;
        self.cells(row).next() == Some(node)
    }

    fn children(&self, parent: usize) -> impl Iterator<Item = usize> {
        let end = self.flat.nodes[parent].end;
        let mut at = parent + 1;
        std::iter::from_fn(move || {
            (at < end).then(|| {
                let child = at;
                at = self.flat.nodes[child].end;
                child
            })
        })
    }

    fn cells(&self, row: usize) -> impl Iterator<Item = usize> {
        self.children(row)
            .filter(|node| matches!(self.flat.nodes[*node].name, "td" | "th"))
    }

    fn layout(&self, table: usize) -> Layout {
        let class = self.flat.attribute(table, "class").unwrap_or_default();
        let is_data = class
            .split_ascii_whitespace()
            .any(|c| matches!(c, "oj-table" | "table" | "coj-table"));
        let groups = self.children(table).flat_map(|node| {
            let is_row = self.flat.nodes[node].name == "tr";
            let inside = (!is_row).then(|| self.children(node)).into_iter().flatten();
            is_row.then_some(node).into_iter().chain(inside)
        });
        let (mut is_wide, mut is_points) = (false, true);
        for row in groups.filter(|node| self.flat.nodes[*node].name == "tr") {
            let (first, count) = (self.cells(row).next(), self.cells(row).take(3).count());
            is_wide |= count > 1;
            is_points &= count == 2 && first.is_some_and(|cell| self.is_mark(cell));
        }
        match (is_wide, is_points && !is_data) {
            (true, true) => Layout::Points,
            (true, false) => Layout::Data,
            (false, _) => Layout::Blocks,
        }
    }

    /// True for `1)`, `(26)`, `a)`, `—`, and for a cell with nothing but a mark of consolidation.
    fn is_mark(&self, cell: usize) -> bool {
        let end = self.flat.nodes[cell].end;
        if end - cell > 24 {
            return false;
        }
        let text = self.words(cell);
        let is_count = (cell..end).any(|node| {
            let class = self.flat.attribute(node, "class").unwrap_or_default();
            class
                .split_ascii_whitespace()
                .any(|class| classes::by_class(class) == Some(Kind::Number))
        });
        let is_short = text.chars().count() <= 12;
        text.is_empty()
            || is_count
            || (is_short && (text.starts_with(OPENING) || text.ends_with([')', '.', ':'])))
    }
}

/// With what a mark before a point may begin.
const OPENING: [char; 10] = ['(', '—', '–', '-', '•', '►', '▼', '«', '“', '‘'];

/// The number in the head of a consolidated text: `02016R0679 — FR — 04.05.2016 — 000.002`.
fn consolidated(text: &str) -> Option<String> {
    let number = text.split_whitespace().next()?;
    let day = day(text)?;
    let (year, month, date) = day.ymd();
    let number = if number.len() == 9 {
        format!("0{number}")
    } else {
        number.to_owned()
    };
    let celex = format!("{number}-{year:04}{month:02}{date:02}");
    celex::find(&celex).filter(|found| found.len() == celex.len() && found.starts_with('0'))
}

/// The first day written as `4.5.2016`.
fn day(text: &str) -> Option<Date> {
    text.split_whitespace().find_map(|word| {
        let mut parts = word.split('.');
        let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
        if year.len() != 4 {
            return None;
        }
        Date::from_ymd(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
    })
}
