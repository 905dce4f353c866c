//! The requests of a page in order.

use std::collections::{HashMap, VecDeque};

use moisson_core::Date;

use super::escape::{Strings, argument, arguments, plain};
use super::table::Table;
use super::writer::{Gap, Writer};
use super::{head, mdoc};

/// A page as text, and what its title line says.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// Plain text.
    pub(crate) text: String,
    /// Name as the title line has it.
    pub(crate) name: String,
    /// Section as the title line has it.
    pub(crate) section: String,
    /// Date of the page.
    pub(crate) date: Option<Date>,
    /// Program and version the page belongs to.
    pub(crate) source: Option<String>,
    /// Title of the manual.
    pub(crate) manual: Option<String>,
    /// The page it stands for (`.so`), where it is nothing else.
    pub(crate) redirect: Option<String>,
    /// True if it has a request that only manual pages have.
    pub(crate) is_manual: bool,
}

/// Lines that macros of the page may add, in shares of its size: they may call each other.
const EXPANSION_MAX: usize = 4;
const EXPANSION_BYTES_MIN: usize = 64 << 10;

/// Reads a page.
pub(crate) fn read(text: &str) -> Page {
    let budget = text.len() * EXPANSION_MAX + EXPANSION_BYTES_MIN;
    let mut reader = Reader {
        budget,
        strings: Strings::new(budget),
        ..Reader::default()
    };
    let mut joined = String::new();
    for line in text.lines() {
        // A backslash at the end of a line takes the end away.
        let backslashes = line.bytes().rev().take_while(|byte| *byte == b'\\').count();
        if backslashes % 2 == 1 {
            joined.push_str(line.get(..line.len() - 1).unwrap_or_default());
            continue;
        }
        if joined.is_empty() {
            reader.lines(line);
        } else {
            joined.push_str(line);
            reader.lines(&std::mem::take(&mut joined));
        }
    }
    reader.lines(&joined);
    let mut page = reader.page;
    page.text = reader.writer.out;
    page.redirect = page.redirect.filter(|_| page.text.is_empty());
    page
}

/// What lines are passed over for.
#[derive(Default, PartialEq, Eq)]
enum Skip {
    #[default]
    Nothing,
    /// The definition of a macro, to its end mark; kept if it has a name.
    Definition { name: String, end: String },
    /// A block `\{ … \}` whose condition is false; how many are open.
    Block(usize),
    /// An equation.
    Equation,
}

/// What the next line of text is.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Next {
    #[default]
    Text,
    /// The tag of an item.
    Tag,
    /// A heading whose request had no argument.
    Heading,
}

#[derive(Default)]
struct Reader {
    page: Page,
    writer: Writer,
    strings: Strings,
    macros: HashMap<String, Vec<String>>,
    /// Lines of macros that are still to be read.
    queue: VecDeque<String>,
    budget: usize,
    skip: Skip,
    table: Option<Table>,
    is_filled_off: bool,
    next: Next,
    /// The last condition of `.ie`.
    condition: bool,
    /// Name that the first `.Nm` gives, which the others repeat.
    mdoc_name: Option<String>,
    /// Address that `.UR` or `.MT` opened.
    address: Option<String>,
}

impl Reader {
    /// Reads a line and what macros and conditions put after it.
    fn lines(&mut self, line: &str) {
        self.line(line);
        while let Some(line) = self.queue.pop_front() {
            self.line(&line);
        }
    }

    fn line(&mut self, line: &str) {
        if self.skips(line) {
            return;
        }
        let is_control = line.starts_with(['.', '\'']);
        let Some(request) = line.get(1..).filter(|_| is_control) else {
            return self.text(line);
        };
        let request = request.trim_start_matches([' ', '\t']);
        if request.is_empty() || request.starts_with("\\\"") || request.starts_with('\\') {
            return;
        }
        // `.el\{` and `.br\}` have no space after the name.
        let end = request.find([' ', '\t', '\\']).unwrap_or(request.len());
        let (name, rest) = request.split_at(end);
        self.request(name, rest.trim_start());
    }

    /// True if the line belongs to what is passed over.
    fn skips(&mut self, line: &str) -> bool {
        match &mut self.skip {
            Skip::Nothing => return false,
            Skip::Definition { name, end } => {
                let is_end = line
                    .strip_prefix('.')
                    .is_some_and(|rest| rest.trim() == end);
                if is_end {
                    self.skip = Skip::Nothing;
                } else if let Some(body) = self.macros.get_mut(name.as_str()) {
                    body.push(line.to_owned());
                }
            }
            Skip::Block(open) => {
                *open += line.matches("\\{").count();
                *open = open.saturating_sub(line.matches("\\}").count());
                if *open == 0 {
                    self.skip = Skip::Nothing;
                }
            }
            Skip::Equation => {
                if line.starts_with(".EN") {
                    self.skip = Skip::Nothing;
                }
            }
        }
        true
    }

    fn text(&mut self, line: &str) {
        let line = line.trim_start_matches('\u{feff}');
        if let Some(table) = &mut self.table {
            if let Some(row) = table.line(line) {
                let row = argument(&row, &self.strings);
                self.writer.line(&row, false);
            }
            return;
        }
        let (text, goes_on) = plain(line, &self.strings);
        self.put(&text, goes_on);
    }

    /// Adds resolved text of one input line.
    fn put(&mut self, text: &str, goes_on: bool) {
        if let Some(table) = &mut self.table {
            return table.add(text);
        }
        if text.trim().is_empty() {
            if !goes_on {
                self.writer.owe(Gap::Paragraph);
            }
            return;
        }
        match std::mem::take(&mut self.next) {
            Next::Heading => return self.heading(text),
            Next::Tag => {
                self.writer.words(text, goes_on);
                if goes_on {
                    self.next = Next::Tag;
                } else {
                    self.writer.owe(Gap::Line);
                }
                return;
            }
            Next::Text => {}
        }
        if self.is_filled_off {
            return self.writer.line(text, goes_on);
        }
        if text.starts_with([' ', '\t']) {
            self.writer.owe(Gap::Line);
        }
        self.writer.words(text, goes_on);
    }

    fn heading(&mut self, text: &str) {
        self.writer.owe(Gap::Paragraph);
        self.writer.words(text, false);
        self.writer.owe(Gap::Paragraph);
    }

    fn request(&mut self, name: &str, rest: &str) {
        match name {
            "de" | "de1" | "am" | "am1" | "dei" | "ami" | "ig" => return self.define(name, rest),
            "ds" | "ds1" | "as" => return self.define_string(name, rest),
            "if" | "ie" => {
                let (holds, body) = condition(rest, &self.strings);
                self.condition = holds;
                return self.conditional(holds, body);
            }
            "el" => return self.conditional(!self.condition, rest),
            "EQ" => {
                self.skip = Skip::Equation;
                return;
            }
            "so" | "mso" => {
                self.page
                    .redirect
                    .get_or_insert_with(|| rest.trim().to_owned());
                return;
            }
            _ => {}
        }
        let given = arguments(rest);
        let given: Vec<String> = given
            .iter()
            .map(|text| argument(text, &self.strings))
            .collect();
        if !(self.layout(name, &given)
            || self.fonts(name, &given, rest)
            || self.titles(name, &given)
            || self.links(name, &given))
        {
            self.other(name, rest, &given);
        }
    }

    /// Requests and macros that part and fill text. False if it is none of them.
    fn layout(&mut self, name: &str, given: &[String]) -> bool {
        match name {
            "TS" => {
                self.writer.owe(Gap::Paragraph);
                self.table = Some(Table::default());
            }
            "TE" => {
                self.table = None;
                self.writer.owe(Gap::Paragraph);
            }
            "T&" => {
                if let Some(table) = &mut self.table {
                    table.new_format();
                }
            }
            // Inside of a table they set blocks of cells.
            _ if self.table.is_some()
                && matches!(
                    name,
                    "PP" | "P" | "LP" | "sp" | "br" | "nf" | "fi" | "IP" | "RS" | "RE"
                ) => {}
            "PP" | "P" | "LP" | "Pp" | "Lp" | "sp" | "Sp" | "RS" | "RE" | "HP" | "Ed" | "El"
            | "YS" | "bp" => {
                self.writer.owe(Gap::Paragraph);
                self.next = Next::Text;
                if name == "Ed" {
                    self.is_filled_off = false;
                }
            }
            "br" | "ti" | "in" | "ce" => self.writer.owe(Gap::Line),
            "nf" | "EX" | "Vb" | "Bd" | "fi" | "EE" | "Ve" => {
                self.is_filled_off = match name {
                    "nf" | "EX" | "Vb" => true,
                    "Bd" => given
                        .iter()
                        .any(|option| option == "-literal" || option == "-unfilled"),
                    _ => false,
                };
                let gap = if matches!(name, "nf" | "fi") {
                    Gap::Line
                } else {
                    Gap::Paragraph
                };
                self.writer.owe(gap);
            }
            "TP" | "TQ" => {
                self.writer.owe(if name == "TP" {
                    Gap::Paragraph
                } else {
                    Gap::Line
                });
                self.next = Next::Tag;
            }
            "IP" => {
                self.writer.owe(Gap::Paragraph);
                self.next = Next::Text;
                if let Some(tag) = given.first().filter(|tag| !tag.trim().is_empty()) {
                    self.writer.words(tag, false);
                    // A bullet or number stands on the line of its text.
                    if tag.chars().count() > 3 {
                        self.writer.owe(Gap::Line);
                    }
                }
            }
            _ => return false,
        }
        true
    }

    /// Macros that set their arguments in a font. False if it is none of them.
    fn fonts(&mut self, name: &str, given: &[String], rest: &str) -> bool {
        let joined = match name {
            "B" | "I" | "SM" | "SB" | "R" | "CW" => given.join(" "),
            "BI" | "BR" | "IB" | "IR" | "RB" | "RI" => given.concat(),
            "SY" => {
                self.writer.owe(Gap::Paragraph);
                given.join(" ")
            }
            "OP" => format!("[{}]", given.join(" ")),
            _ => return false,
        };
        // Without arguments they set the next line.
        if !joined.is_empty() {
            self.put(&joined, rest.trim_end().ends_with("\\c"));
        }
        true
    }

    /// Title lines and headings. False if it is neither.
    fn titles(&mut self, name: &str, given: &[String]) -> bool {
        let filled = |index: usize| {
            given
                .get(index)
                .map(|text| text.trim())
                .filter(|text| !text.is_empty())
        };
        let owned = |index: usize| filled(index).unwrap_or_default().to_owned();
        match name {
            "TH" => {
                self.page.is_manual = true;
                self.page.name = owned(0);
                self.page.section = owned(1);
                self.page.date = filled(2).and_then(head::date);
                self.page.source = filled(3).map(str::to_owned);
                self.page.manual = filled(4).map(str::to_owned);
            }
            "Dd" => self.page.date = head::date(&given.join(" ")),
            "Dt" => {
                self.page.is_manual = true;
                self.page.name = owned(0);
                self.page.section = owned(1);
            }
            "SH" | "SS" | "Sh" | "Ss" => {
                self.page.is_manual = true;
                self.is_filled_off = false;
                self.table = None;
                match given.join(" ") {
                    text if text.trim().is_empty() => self.next = Next::Heading,
                    text => {
                        self.next = Next::Text;
                        self.heading(&text);
                    }
                }
            }
            _ => return false,
        }
        true
    }

    /// Addresses. False if it is none.
    fn links(&mut self, name: &str, given: &[String]) -> bool {
        match name {
            "UR" | "MT" => self.address = given.first().cloned(),
            "UE" | "ME" => {
                let address = self.address.take().unwrap_or_default();
                let after = given.concat();
                let shown = if address.is_empty() {
                    after
                } else {
                    format!("<{address}>{after}")
                };
                self.put(&shown, false);
            }
            "URL" | "MTO" => {
                let [address, text, after] =
                    [0, 1, 2].map(|at| given.get(at).map_or("", String::as_str));
                self.put(format!("{text} <{address}>{after}").trim_start(), false);
            }
            _ => return false,
        }
        true
    }

    /// mdoc, and macros of the page itself; whatever else is passed over.
    fn other(&mut self, name: &str, rest: &str, given: &[String]) {
        if name == "It" {
            self.writer.owe(Gap::Paragraph);
            let inner = given
                .first()
                .and_then(|first| mdoc::line(first, given.get(1..)?, self.name(), &self.strings));
            let tag = inner.unwrap_or_else(|| given.join(" "));
            if !tag.trim().is_empty() {
                self.writer.words(&tag, false);
                self.writer.owe(Gap::Line);
            }
            return;
        }
        if let Some(body) = self.macros.get(name) {
            let mut added = Vec::new();
            for line in body {
                // A budget for the whole page, since macros may call each other and themselves.
                let Some(line) = with_arguments(line, given, self.budget) else {
                    break;
                };
                self.budget -= line.len().min(self.budget - 1) + 1;
                added.push(line);
            }
            for line in added.into_iter().rev() {
                self.queue.push_front(line);
            }
            return;
        }
        let raw = arguments(rest);
        if name == "Nm" && self.mdoc_name.is_none() {
            self.mdoc_name = given.first().cloned();
        }
        if let Some(text) = mdoc::line(name, &raw, self.name(), &self.strings) {
            let text = if name == "Nd" {
                format!("– {text}")
            } else {
                text
            };
            if matches!(name, "D1" | "Dl") {
                self.writer.owe(Gap::Line);
            }
            self.put(&text, false);
        }
    }

    fn name(&self) -> &str {
        self.mdoc_name.as_deref().unwrap_or(&self.page.name)
    }

    fn define(&mut self, request: &str, rest: &str) {
        let rest = rest.split_once("\\\"").map_or(rest, |(before, _)| before);
        let mut words = rest.split_whitespace();
        let name = match request {
            "ig" => String::new(),
            _ => words.next().unwrap_or_default().to_owned(),
        };
        let end = words.next().unwrap_or(".").to_owned();
        if !name.is_empty() {
            self.macros.insert(name.clone(), Vec::new());
        }
        self.skip = Skip::Definition { name, end };
    }

    fn define_string(&mut self, request: &str, rest: &str) {
        let (name, value) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
        let value = value.trim_start_matches([' ', '\t']);
        let value = value.strip_prefix('"').unwrap_or(value);
        let Some(left) = self.budget.checked_sub(value.len()) else {
            return;
        };
        self.budget = left;
        self.strings.define(name, value, request == "as");
    }

    /// Puts a line before those to come, within the budget: conditions may follow one another on a line.
    fn read_next(&mut self, line: &str) {
        if let Some(left) = self
            .budget
            .checked_sub(line.len())
            .filter(|_| !line.is_empty())
        {
            self.budget = left;
            self.queue.push_front(line.to_owned());
        }
    }

    /// Reads what follows a condition, or passes over it and its block.
    fn conditional(&mut self, holds: bool, body: &str) {
        let body = body.trim_start_matches([' ', '\t']);
        if let Some(inside) = body.strip_prefix("\\{") {
            if !holds {
                let open = 1 + inside.matches("\\{").count();
                let left = open.saturating_sub(inside.matches("\\}").count());
                if left > 0 {
                    self.skip = Skip::Block(left);
                }
                return;
            }
            let inside = inside.trim_start_matches('\\').trim_start();
            self.read_next(inside);
        } else if holds {
            self.read_next(body);
        }
    }
}

/// Whether a condition holds, and what follows it. A terminal (`n`) with groff's registers is assumed; of numbers
/// nothing is known.
fn condition<'a>(text: &'a str, strings: &Strings) -> (bool, &'a str) {
    let text = text.trim_start();
    let (is_negated, rest) = match text.strip_prefix('!') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (test, body) = match rest.chars().next() {
        // `'a'b'` compares strings, which may hold spaces.
        Some(mark @ ('\'' | '"')) => {
            let end = rest
                .match_indices(mark)
                .nth(2)
                .map_or(rest.len(), |(at, _)| at + 1);
            rest.split_at(end)
        }
        _ => rest.split_at(rest.find([' ', '\t']).unwrap_or(rest.len())),
    };
    let holds = match test {
        "n" => true,
        _ if test.contains("(.g") || test.contains("[.g]") => true,
        _ => test.strip_prefix('d').is_some_and(|name| strings.has(name)),
    };
    (holds != is_negated, body)
}

/// A line of a macro with `\\$1` and the like replaced.
///
/// `None` if it would be larger than `bytes_max`.
fn with_arguments(line: &str, given: &[String], bytes_max: usize) -> Option<String> {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("\\$") {
        out.push_str(before.strip_suffix('\\').unwrap_or(before));
        let mut letters = after.chars();
        match letters.next() {
            Some(c @ '1'..='9') => {
                let index = usize::from(u8::try_from(c).unwrap_or(b'1') - b'1');
                out.push_str(given.get(index).map_or("", String::as_str));
            }
            Some('*' | '@') => out.push_str(&given.join(" ")),
            _ => {}
        }
        rest = letters.as_str();
        if out.len() > bytes_max {
            return None;
        }
    }
    out.push_str(rest);
    (out.len() < bytes_max).then(|| out.replace("\\\\", "\\"))
}
