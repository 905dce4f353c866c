//! The first pass over wikitext: comments, tags, templates, links and tables; lines are left for the second.
//!
//! One pass over the characters with a stack of what is open, as the preprocessor of `MediaWiki` has it: a closing mark
//! closes what was opened last or nothing. What is open writes into one buffer and is folded or cut there when it
//! closes, so that time is linear in the page and in the depth, which is bounded.

use memchr::{memchr, memmem};

use super::lines;
use super::mark::{APOSTROPHE, BREAK, GUARD, LEFT_OUT};
use super::tags::{Effect, effect};
use super::{names, tables, templates};

/// Deepest nesting; a mark that opens more is text.
const DEPTH_MAX: usize = 64;
/// Longest tag.
const TAG_BYTES_MAX: usize = 4096;

/// How a page is read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    /// What becomes of tables.
    pub(crate) tables: Tables,
    /// Headings of the sections that are left out, in lower case.
    pub(crate) drop_sections: Vec<String>,
}

/// What becomes of tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Tables {
    /// They are left out.
    #[default]
    Drop,
    /// Each row is a line.
    Rows,
}

/// Returns the plain text of a page. `silent` are further names of namespaces whose links show nothing; a page
/// `of_book` (namespace Page of Wikisource) is read as it is put into its book, without what is marked `noinclude`.
pub(crate) fn plain_text(
    wikitext: &str,
    title: &str,
    silent: &[String],
    of_book: bool,
    settings: &Settings,
) -> String {
    let mut scan = Scan {
        source: wikitext,
        at: 0,
        out: String::with_capacity(wikitext.len()),
        open: Vec::new(),
        bars: Vec::new(),
        verse: 0,
        unclosed: Vec::new(),
        title,
        silent,
        of_book,
        tables: settings.tables,
    };
    scan.run();
    lines::read(&scan.out, &settings.drop_sections)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Template,
    /// `{{{name|default}}}`.
    Parameter,
    Link,
    ExternalLink,
    Table,
    HtmlTable,
}

/// Something open: where it began in the output, and its first bar among all.
#[derive(Debug, Clone, Copy)]
struct Open {
    kind: Kind,
    start: usize,
    bars: usize,
}

struct Scan<'a> {
    source: &'a str,
    at: usize,
    out: String,
    open: Vec<Open>,
    /// Places in the output of the `|` of what is open.
    bars: Vec<usize>,
    /// Number of open `<poem>`.
    verse: u32,
    /// Names of tags whose end was looked for in vain.
    unclosed: Vec<&'static str>,
    title: &'a str,
    silent: &'a [String],
    of_book: bool,
    tables: Tables,
}

impl<'a> Scan<'a> {
    fn run(&mut self) {
        self.line_start();
        while let Some(rest) = self.rest() {
            let plain = rest
                .bytes()
                .position(|byte| IS_SPECIAL[usize::from(byte)])
                .unwrap_or(rest.len());
            let (text, special) = rest.split_at_checked(plain).unwrap_or((rest, ""));
            self.out.push_str(text);
            self.at += plain;
            match special.bytes().next() {
                None => break,
                Some(b'<') => self.tag(),
                Some(b'{') => self.open_braces(),
                Some(b'}') => self.close_braces(),
                Some(b'[') => self.open_bracket(),
                Some(b']') => self.close_bracket(),
                Some(b'|') => self.bar(),
                Some(b'\n') => self.newline(),
                Some(b'_') => self.magic_word(),
                Some(b'~') => self.signature(),
                // A character that XML does not allow, and that would be taken for a mark.
                Some(_) => self.at += 1,
            }
        }
        // What never closed is text; a table shows at least no bars.
        while let Some(open) = self.open.pop() {
            if open.kind == Kind::Table && self.tables == Tables::Rows {
                tables::rows(&mut self.out, open.start);
            }
        }
    }

    fn rest(&self) -> Option<&'a str> {
        self.source.get(self.at..).filter(|rest| !rest.is_empty())
    }

    fn rest_or_empty(&self) -> &'a str {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn literal(&mut self, bytes: usize) {
        let text = self.source.get(self.at..self.at + bytes);
        self.out.push_str(text.unwrap_or_default());
        self.at += bytes;
    }

    fn top(&self) -> Option<Kind> {
        self.open.last().map(|open| open.kind)
    }

    fn push(&mut self, kind: Kind) {
        self.open.push(Open {
            kind,
            start: self.out.len(),
            bars: self.bars.len(),
        });
    }

    fn pop(&mut self) -> Option<Open> {
        self.open.pop()
    }

    fn newline(&mut self) {
        if self.top() == Some(Kind::ExternalLink) {
            self.pop();
        }
        self.out.push(if self.verse > 0 { BREAK } else { '\n' });
        self.at += 1;
        self.line_start();
    }

    /// A table begins or ends at the start of a line only.
    fn line_start(&mut self) {
        let rest = self.rest_or_empty();
        let line = rest.trim_start_matches([' ', '\t', ':']);
        let indent = rest.len() - line.len();
        if line.starts_with("{|") && self.open.len() < DEPTH_MAX {
            self.at += indent + 2;
            self.push(Kind::Table);
        } else if line.starts_with("|}") && (!line.starts_with("|}}") || line.starts_with("|}}}")) {
            let depth = self
                .open
                .iter()
                .rposition(|open| !matches!(open.kind, Kind::Link | Kind::ExternalLink));
            let is_table = depth
                .and_then(|depth| self.open.get(depth))
                .is_some_and(|open| open.kind == Kind::Table);
            if is_table {
                self.open.truncate(depth.map_or(0, |depth| depth + 1));
                self.at += indent + 2;
                self.close_table();
            }
        }
    }

    fn close_table(&mut self) {
        let Some(open) = self.pop() else {
            return;
        };
        self.bars.truncate(open.bars);
        match (self.tables, open.kind) {
            (Tables::Drop, _) => {
                self.out.truncate(open.start);
                self.out.push(LEFT_OUT);
            }
            (Tables::Rows, Kind::Table) => tables::rows(&mut self.out, open.start),
            (Tables::Rows, _) => {}
        }
    }

    fn bar(&mut self) {
        if matches!(
            self.top(),
            Some(Kind::Template | Kind::Parameter | Kind::Link)
        ) {
            self.bars.push(self.out.len());
        }
        self.literal(1);
    }

    fn run_of(&self, byte: u8) -> usize {
        let rest = self.rest_or_empty().bytes();
        rest.take_while(|found| *found == byte).count()
    }

    fn open_braces(&mut self) {
        let run = self.run_of(b'{');
        let kinds: &[Kind] = match run {
            2 => &[Kind::Template],
            3 => &[Kind::Parameter],
            4 => &[Kind::Template; 2],
            5 => &[Kind::Template, Kind::Parameter],
            6 => &[Kind::Parameter; 2],
            _ => &[],
        };
        if kinds.is_empty() || self.open.len() + kinds.len() > DEPTH_MAX {
            return self.literal(run);
        }
        self.at += run;
        for kind in kinds {
            self.push(*kind);
        }
    }

    fn close_braces(&mut self) {
        let mut run = self.run_of(b'}');
        while run >= 2 {
            match self.top() {
                Some(Kind::Parameter) if run >= 3 => {
                    run -= 3;
                    self.at += 3;
                    self.close_parameter();
                }
                Some(Kind::Template | Kind::Parameter) => {
                    run -= 2;
                    self.at += 2;
                    self.close_template();
                }
                _ => break,
            }
        }
        self.literal(run);
    }

    /// `{{{name|default}}}` shows its default.
    fn close_parameter(&mut self) {
        let Some(open) = self.pop() else {
            return;
        };
        match self.bars.get(open.bars).copied() {
            Some(bar) => self.out.replace_range(open.start..=bar, ""),
            None => self.out.truncate(open.start),
        }
        self.bars.truncate(open.bars);
    }

    fn close_template(&mut self) {
        let Some(open) = self.pop() else {
            return;
        };
        let call = self.out.get(open.start..).unwrap_or_default();
        let bars = self.bars.get(open.bars..).unwrap_or_default();
        let shown = templates::shown(call, bars.iter().map(|bar| bar - open.start), self.title);
        self.bars.truncate(open.bars);
        self.out.truncate(open.start);
        match shown {
            Some(text) => self.out.push_str(&text),
            None => self.out.push(LEFT_OUT),
        }
    }

    fn open_bracket(&mut self) {
        let rest = self.rest_or_empty();
        if rest.starts_with("[[") && self.open.len() < DEPTH_MAX {
            // `[[[` is a bracket and a link.
            if rest.starts_with("[[[") && !rest.starts_with("[[[[") {
                self.literal(1);
            }
            self.at += 2;
            return self.push(Kind::Link);
        }
        let target = rest.get(1..).unwrap_or_default();
        let schemes = ["http://", "https://", "//", "ftp://", "mailto:", "news:"];
        if !schemes.iter().any(|scheme| target.starts_with(scheme)) {
            return self.literal(1);
        }
        let is_end = |c: char| c.is_whitespace() || matches!(c, ']' | '[' | '<' | '{' | '|');
        let length = target.find(is_end).unwrap_or(target.len());
        match target.get(length..).and_then(|rest| rest.chars().next()) {
            Some(']') => {
                self.at += length + 2;
                self.out.push(LEFT_OUT);
            }
            Some(c) if c != '\n' && self.open.len() < DEPTH_MAX => {
                self.at += length + 1;
                self.push(Kind::ExternalLink);
            }
            _ => self.literal(1),
        }
    }

    fn close_bracket(&mut self) {
        match self.top() {
            Some(Kind::ExternalLink) => {
                self.at += 1;
                self.pop();
            }
            Some(Kind::Link) if self.rest_or_empty().starts_with("]]") => {
                self.at += 2;
                self.close_link();
            }
            _ => self.literal(1),
        }
    }

    fn close_link(&mut self) {
        let Some(open) = self.pop() else {
            return;
        };
        let bar = self.bars.get(open.bars).copied();
        self.bars.truncate(open.bars);
        let target = self
            .out
            .get(open.start..bar.unwrap_or(self.out.len()))
            .unwrap_or_default();
        let is_inline = target.trim_start().starts_with(':');
        let prefix = target.split_once(':').map(|(prefix, _)| prefix.trim());
        let is_silent = !is_inline
            && prefix.is_some_and(|prefix| {
                names::is_silent(prefix, self.silent)
                    || (bar.is_none() && names::is_language(prefix))
            });
        if is_silent {
            self.out.truncate(open.start);
            // Pictures and categories leave no gap in a sentence.
            return;
        }
        let is_labelled = bar.is_some_and(|bar| {
            let label = self.out.get(bar + 1..).unwrap_or_default();
            !label.trim().is_empty()
        });
        match bar.filter(|_| is_labelled) {
            Some(bar) => self.out.replace_range(open.start..=bar, ""),
            None => {
                let target = target.trim().trim_start_matches(':').replace('_', " ");
                self.out.truncate(open.start);
                self.out.push_str(&target);
            }
        }
    }

    /// `__TOC__` and its like.
    fn magic_word(&mut self) {
        let rest = self.rest_or_empty();
        let word = rest.strip_prefix("__").and_then(|rest| {
            let end = memmem::find(rest.as_bytes().get(..rest.len().min(48))?, b"__")?;
            rest.get(..end)
        });
        let is_magic =
            |word: &&str| !word.is_empty() && word.chars().all(|c| c.is_uppercase() || c == '_');
        match word.filter(is_magic) {
            Some(word) => self.at += word.len() + 4,
            None => self.literal(self.run_of(b'_')),
        }
    }

    fn signature(&mut self) {
        let run = self.run_of(b'~');
        if (3..=5).contains(&run) {
            self.at += run;
        } else {
            self.literal(run);
        }
    }

    fn tag(&mut self) {
        let rest = self.rest_or_empty();
        if rest.starts_with("<!--") {
            let end = memmem::find(rest.as_bytes(), b"-->");
            self.at += end.map_or(rest.len(), |end| end + 3);
            return;
        }
        let window = rest
            .as_bytes()
            .get(..rest.len().min(TAG_BYTES_MAX))
            .unwrap_or_default();
        let Some(length) = memchr(b'>', window) else {
            return self.literal(1);
        };
        let inside = rest.get(1..length).unwrap_or_default();
        let is_end = inside.starts_with('/');
        let inside = inside.trim_start_matches('/');
        let is_empty = inside.ends_with('/');
        let name_end = inside
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(inside.len());
        let name = inside
            .get(..name_end)
            .unwrap_or_default()
            .to_ascii_lowercase();
        let Some((name, effect)) = effect(&name, self.of_book) else {
            return self.literal(1);
        };
        self.at += length + 1;
        self.act(name, effect, is_end, is_empty);
    }

    fn act(&mut self, name: &'static str, effect: Effect, is_end: bool, is_empty: bool) {
        match effect {
            Effect::Drop | Effect::Raw | Effect::Preformatted if is_end || is_empty => {}
            Effect::Drop => {
                if self.content(name).is_some() {
                    self.out.push(LEFT_OUT);
                }
            }
            Effect::Raw => {
                let content = self.content(name).unwrap_or_default();
                raw(content, &mut self.out, false);
            }
            Effect::Preformatted => {
                let content = self.content(name).unwrap_or_default();
                self.out.extend(['\n', '\n', GUARD]);
                raw(content.trim_matches('\n'), &mut self.out, true);
                self.out.push_str("\n\n");
            }
            Effect::Verse => {
                self.out.push_str("\n\n");
                match (is_end, is_empty) {
                    (false, false) => self.verse += 1,
                    (true, _) => self.verse = self.verse.saturating_sub(1),
                    _ => {}
                }
            }
            Effect::Table if is_end => {
                if self.top() == Some(Kind::HtmlTable) {
                    self.close_table();
                }
            }
            Effect::Table => {
                self.out.push_str("\n\n");
                if self.open.len() < DEPTH_MAX {
                    self.push(Kind::HtmlTable);
                }
            }
            Effect::Break => self.out.push(BREAK),
            Effect::Cell => self.out.push(' '),
            Effect::Block => self.out.push_str("\n\n"),
            Effect::Inline => {}
        }
    }

    /// What is between a start tag and its end, and moves behind it; `None` if there is no end.
    fn content(&mut self, name: &'static str) -> Option<&'a str> {
        if self.unclosed.contains(&name) {
            return None;
        }
        let source = self.source;
        let from = self.at;
        let bytes = source.as_bytes();
        let mut at = from;
        while let Some(offset) = memmem::find(bytes.get(at..)?, b"</") {
            at += offset;
            let found = bytes.get(at + 2..at + 2 + name.len());
            let after = bytes.get(at + 2 + name.len());
            if found.is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()))
                && after.is_none_or(|byte| !byte.is_ascii_alphanumeric())
            {
                let end = memchr(b'>', bytes.get(at..)?).map_or(bytes.len(), |end| at + end + 1);
                self.at = end;
                return source.get(from..at);
            }
            at += 2;
        }
        self.unclosed.push(name);
        None
    }
}

/// Writes text that holds no markup.
fn raw(text: &str, out: &mut String, keeps_lines: bool) {
    for c in text.chars() {
        match c {
            '\'' => out.push(APOSTROPHE),
            '\n' if keeps_lines => out.extend([BREAK, GUARD]),
            c if u32::from(c) < 8 => {}
            c => out.push(c),
        }
    }
}

const IS_SPECIAL: [bool; 256] = {
    let mut table = [false; 256];
    let special = b"<{}[]|\n_~";
    let mut at = 0;
    while at < special.len() {
        table[special[at] as usize] = true;
        at += 1;
    }
    let mut control = 0;
    while control < 9 {
        table[control] = true;
        control += 1;
    }
    table
};
