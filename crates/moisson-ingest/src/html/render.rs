//! A flat tree to plain text: blocks become lines, table rows become one line each.

use std::ops::Range;

use super::entities::decode_again;
use super::tree::{Node, Tree};

/// Renders the nodes of `range` but those of which `skip` is true, with all they hold.
///
/// Block elements are lines of their own; paragraphs, headings, lists and tables have a blank line around them.
/// `<br>` is a line end, two are a blank line. List items are one line each; so are table rows, with cells separated
/// by ` | `. Tables that only lay out a page are read as blocks. White space collapses outside of `pre`.
pub(crate) fn render(
    nodes: &[Node<'_>],
    range: Range<usize>,
    skip: impl Fn(usize) -> bool,
) -> String {
    let mut writer = Writer::default();
    let mut open: Vec<Frame> = Vec::new();
    let mut at = range.start;
    loop {
        while open.last().is_some_and(|frame| frame.end <= at) {
            if let Some(frame) = open.pop() {
                writer.close(frame.block);
            }
        }
        if at >= range.end {
            break;
        }
        let node = &nodes[at];
        if skip(at) || is_never_text(node.name) {
            at = node.end;
            continue;
        }
        if node.is_text() {
            writer.text(&decode_again(&node.text));
        } else {
            let table = open.last().is_some_and(|frame| frame.in_data_table);
            let is_data_table = table || (node.name == "table" && holds_data(nodes, at));
            let block = block(node.name, table);
            writer.open(block);
            open.push(Frame {
                end: node.end,
                block,
                in_data_table: is_data_table,
            });
        }
        at += 1;
    }
    writer.finish()
}

struct Frame {
    end: usize,
    block: Block,
    in_data_table: bool,
}

/// How the elements of another vocabulary than that of HTML are rendered. Every method sees the writer, so that a style
/// can add what its format says in attributes.
pub(crate) trait Style<T: Tree> {
    /// What an element does to the lines of the text; `None` leaves it out with all it holds.
    fn block(&mut self, tree: &T, node: usize) -> Option<Block>;

    /// Called when an element has been opened.
    fn opened(&mut self, _tree: &T, _node: usize, _writer: &mut Writer) {}

    /// Called before an element is closed.
    fn closing(&mut self, _tree: &T, _node: usize, _writer: &mut Writer) {}

    /// True if the run of text `node` begins a new word even where its source has no space after the run `before`.
    fn separates(&self, _tree: &T, _before: usize, _node: usize) -> bool {
        false
    }
}

/// Renders the nodes of `range` as `style` says.
pub(crate) fn render_styled<T: Tree>(
    tree: &T,
    range: Range<usize>,
    style: &mut impl Style<T>,
) -> String {
    let mut writer = Writer::default();
    let mut open: Vec<(usize, Block)> = Vec::new();
    let mut before = None;
    let mut at = range.start;
    loop {
        while let Some((node, block)) = open.pop_if(|(node, _)| tree.end(*node) <= at) {
            style.closing(tree, node, &mut writer);
            writer.close(block);
        }
        if at >= range.end {
            break;
        }
        if tree.is_text(at) {
            if let Some(before) = before.replace(at)
                && style.separates(tree, before, at)
            {
                writer.separate(tree.run(at));
            }
            writer.text(&decode_again(tree.run(at)));
        } else if let Some(block) = style.block(tree, at) {
            writer.open(block);
            open.push((at, block));
            style.opened(tree, at, &mut writer);
        } else {
            at = tree.end(at);
            continue;
        }
        at += 1;
    }
    writer.finish()
}

/// What an element does to the lines of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Block {
    Inline,
    /// A line of its own.
    Line,
    /// A line inside of which paragraphs are lines too.
    Item,
    /// Has a blank line around it.
    Paragraph,
    /// A list, whose items are lines.
    List,
    /// Row of a data table.
    Row,
    /// Cell of a data table.
    Cell,
    /// A line end.
    Break,
    /// White space counts.
    Preformatted,
}

fn block(name: &str, in_data_table: bool) -> Block {
    match name {
        "tr" if in_data_table => Block::Row,
        "td" | "th" if in_data_table => Block::Cell,
        "br" => Block::Break,
        "pre" | "listing" | "xmp" => Block::Preformatted,
        "li" | "dd" | "dt" | "caption" | "figcaption" => Block::Item,
        "ul" | "ol" | "dl" | "menu" | "dir" => Block::List,
        "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "blockquote" | "table" | "article"
        | "section" | "hr" | "figure" | "fieldset" | "details" => Block::Paragraph,
        "address" | "aside" | "body" | "center" | "div" | "footer" | "form" | "header"
        | "hgroup" | "html" | "legend" | "main" | "nav" | "optgroup" | "option" | "summary"
        | "tbody" | "td" | "tfoot" | "th" | "thead" | "title" | "tr" => Block::Line,
        _ => Block::Inline,
    }
}

/// Elements whose content is no text of the document.
pub(crate) fn is_never_text(name: &str) -> bool {
    matches!(
        name,
        "script" | "style" | "template" | "noscript" | "rp" | "noframes" | "noembed"
    )
}

/// True for a table of data: it has a row of several cells, and neither a table nor a heading inside.
fn holds_data(nodes: &[Node<'_>], table: usize) -> bool {
    let mut cells_in_row = 0;
    let mut is_wide = false;
    for node in &nodes[table + 1..nodes[table].end] {
        match node.name {
            "table" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => return false,
            "tr" => cells_in_row = 0,
            "td" | "th" => {
                cells_in_row += 1;
                is_wide |= cells_in_row > 1;
            }
            _ => {}
        }
    }
    is_wide
}

/// What is owed between the text written and the text to come.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    #[default]
    None,
    Line,
    Paragraph,
}

/// Writes lines and paragraphs.
#[derive(Default)]
pub(crate) struct Writer {
    out: String,
    gap: Gap,
    space: bool,
    preformatted: u32,
    items: u32,
    cells: u32,
    cells_in_row: u32,
    separators: u32,
}

impl Writer {
    fn open(&mut self, block: Block) {
        match block {
            Block::Inline => {}
            Block::Break if self.cells > 0 => self.space = true,
            // A second break in a row is a blank line.
            Block::Break if self.gap >= Gap::Line => self.owe(Gap::Paragraph),
            Block::Break => self.owe(Gap::Line),
            Block::Row => {
                self.owe(Gap::Line);
                self.cells_in_row = 0;
                self.separators = 0;
            }
            Block::Cell => {
                self.separators += u32::from(self.cells_in_row > 0);
                self.cells_in_row += 1;
                self.cells += 1;
                self.space = false;
            }
            Block::Line | Block::Paragraph | Block::List => self.edge(block),
            Block::Item => {
                self.edge(Block::Line);
                self.items += 1;
            }
            Block::Preformatted => {
                self.edge(Block::Paragraph);
                self.preformatted += 1;
            }
        }
    }

    fn close(&mut self, block: Block) {
        match block {
            Block::Inline | Block::Break => {}
            Block::Row => {
                self.separators = 0;
                self.owe(Gap::Line);
            }
            Block::Cell => {
                self.cells -= 1;
                self.space = false;
            }
            Block::Line | Block::Paragraph | Block::List => self.edge(block),
            Block::Item => {
                self.items -= 1;
                self.edge(Block::Line);
            }
            Block::Preformatted => {
                self.preformatted -= 1;
                self.edge(Block::Paragraph);
            }
        }
    }

    /// The border of a block: inside of a cell all blocks share its line.
    fn edge(&mut self, block: Block) {
        if self.cells > 0 {
            self.space = true;
        } else if self.items > 0 || block == Block::Line {
            self.owe(Gap::Line);
        } else {
            self.owe(Gap::Paragraph);
        }
    }

    fn owe(&mut self, gap: Gap) {
        self.gap = self.gap.max(gap);
        self.space = false;
    }

    /// Ends a paragraph.
    pub(crate) fn paragraph(&mut self) {
        self.edge(Block::Paragraph);
    }

    /// The last character written, in whatever line.
    pub(crate) fn last(&self) -> Option<char> {
        self.out.chars().next_back()
    }

    /// Begins a new word if what was written and `next` would run into each other as one.
    fn separate(&mut self, next: &str) {
        let ends = |c: char| c.is_alphanumeric() || matches!(c, '€' | '%' | ')');
        if self.gap == Gap::None && self.last().is_some_and(ends) {
            self.space |= next.starts_with(char::is_alphanumeric);
        }
    }

    /// Writes a text, its white space collapsed.
    pub(crate) fn text(&mut self, text: &str) {
        if self.preformatted > 0 && self.cells == 0 {
            return self.preformatted(text);
        }
        let mut rest = text;
        loop {
            let run = rest.trim_start_matches(is_collapsible);
            self.space |= run.len() < rest.len();
            if run.is_empty() {
                return;
            }
            let end = run.find(is_collapsible).unwrap_or(run.len());
            let (word, tail) = run.split_at(end);
            self.flush();
            self.out.push_str(word);
            rest = tail;
        }
    }

    fn preformatted(&mut self, text: &str) {
        for (index, line) in text.split('\n').enumerate() {
            if index > 0 {
                if self.gap == Gap::None && !self.out.is_empty() {
                    self.out.push('\n');
                } else {
                    self.gap = self.gap.max(Gap::Line);
                }
            }
            let line = line.trim_end_matches('\r');
            if !line.trim().is_empty() {
                self.space = false;
                self.flush();
                self.out.push_str(line);
            }
        }
    }

    /// Writes what is owed before a word.
    fn flush(&mut self) {
        let at_start = self.out.is_empty();
        match self.gap {
            Gap::None => {}
            _ if at_start => self.space = false,
            Gap::Line => self.out.push('\n'),
            Gap::Paragraph => self.out.push_str("\n\n"),
        }
        let at_line_start = at_start || self.gap != Gap::None;
        self.gap = Gap::None;
        for index in 0..std::mem::take(&mut self.separators) {
            let is_after_text = index == 0 && !at_line_start;
            self.out.push_str(if is_after_text { " | " } else { "| " });
            self.space = false;
        }
        if self.space && !at_line_start {
            self.out.push(' ');
        }
        self.space = false;
    }

    fn finish(mut self) -> String {
        let length = self.out.trim_end().len();
        self.out.truncate(length);
        self.out
    }
}

/// White space that HTML collapses; the no-break space is not among it.
fn is_collapsible(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{c}')
}
