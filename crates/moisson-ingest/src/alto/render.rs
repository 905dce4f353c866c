//! The words of a page to text.

use schemars::JsonSchema;
use serde::Deserialize;

use super::order;
use super::parse::{Alto, Page, Part, Word};
use crate::ocr::hyphen::{self, Break};

/// What becomes of the lines of a block.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Lines {
    /// They are joined by a space: a block is a paragraph.
    #[default]
    Join,
    /// They stay lines: verse, tables, registers.
    Keep,
}

/// A page as text.
#[derive(Debug, Default, PartialEq)]
pub struct Rendered {
    /// The text; a blank line between blocks.
    pub text: String,
    /// Mean confidence of the words, `0.0..=1.0`; else that of the page; `None` where nothing is said.
    pub confidence: Option<f64>,
    /// Words of the text, as the engine counts them.
    pub words: usize,
    /// Blocks of the text.
    pub blocks: usize,
    /// Language of the page, else the one most of its blocks have.
    pub language: Option<String>,
}

/// Renders a page; `margins` takes running heads, folios and stamps in.
pub fn render(alto: &Alto<'_>, page: &Page<'_>, lines: Lines, margins: bool) -> Rendered {
    let order = order::blocks(page, &alto.reading_order, |block| {
        margins || !block.is_margin
    });
    let mut writer = Writer::new(lines);
    let (mut sum, mut sure, mut words, mut blocks) = (0.0, 0_usize, 0, 0);
    let mut languages: Vec<(&str, usize)> = Vec::new();
    for index in order {
        let block_lines = page.lines_of(index);
        if block_lines.is_empty() {
            continue;
        }
        blocks += 1;
        writer.cross(Boundary::Block);
        for line in block_lines {
            writer.cross(Boundary::Line);
            let line_words = page.words_of(line);
            words += line_words.len();
            for (place, word) in line_words.iter().enumerate() {
                if let Some(confidence) = word.confidence {
                    sum += confidence;
                    sure += 1;
                }
                writer.word(word, place == 0, word.is_glued && page.has_spaces);
            }
            writer.end_line(page.lines[line].is_broken, line_words.last());
        }
        count(&mut languages, page.blocks[index].language);
    }
    let most = languages.iter().rev().max_by_key(|(_, count)| *count);
    let language = Some(page.language)
        .filter(|l| !l.is_empty())
        .or(most.map(|(l, _)| *l));
    Rendered {
        text: writer.finish(),
        confidence: if sure > 0 {
            Some(sum / sure as f64)
        } else {
            page.accuracy
        },
        words,
        blocks,
        language: language.map(str::to_owned),
    }
}

/// Few languages meet on a page; one more is not counted.
fn count<'a>(languages: &mut Vec<(&'a str, usize)>, language: &'a str) {
    if let Some(known) = languages.iter_mut().find(|(known, _)| *known == language) {
        known.1 += 1;
    } else if !language.is_empty() && languages.len() < 16 {
        languages.push((language, 1));
    }
}

impl<'a> Page<'a> {
    fn lines_of(&self, block: usize) -> std::ops::Range<usize> {
        let end = self
            .blocks
            .get(block + 1)
            .map_or(self.lines.len(), |next| next.first_line);
        self.blocks[block].first_line..end
    }

    fn words_of(&self, line: usize) -> &[Word<'a>] {
        let end = self
            .lines
            .get(line + 1)
            .map_or(self.words.len(), |next| next.first_word);
        self.words
            .get(self.lines[line].first_word..end)
            .unwrap_or_default()
    }
}

/// What lies between two words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Boundary {
    Word,
    Line,
    Block,
}

/// How the last line ended inside of a word that is still to be completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    No,
    /// The format says so, and the mark is not in the text.
    Declared,
    /// The text shows it.
    Mark,
}

struct Writer<'a> {
    text: String,
    lines: Lines,
    crossed: Boundary,
    open: Open,
    /// The word written whole whose second part is to come.
    whole: &'a str,
    /// The first part of a word may lie on the page before, which has it whole.
    may_continue: bool,
}

impl<'a> Writer<'a> {
    fn new(lines: Lines) -> Self {
        Self {
            text: String::new(),
            lines,
            crossed: Boundary::Word,
            open: Open::No,
            whole: "",
            may_continue: true,
        }
    }

    fn cross(&mut self, boundary: Boundary) {
        self.crossed = self.crossed.max(boundary);
    }

    fn word(&mut self, word: &'a Word<'_>, is_first: bool, is_glued: bool) {
        // A word in three parts has two second ones.
        if word.part == Part::Second && self.skips(word, is_first) {
            return;
        }
        let content = match word.part {
            Part::First | Part::Second if !word.whole.is_empty() => word.whole.as_ref(),
            _ => word.text.as_ref(),
        };
        if !(is_first && self.completes(content)) {
            self.separate(is_glued);
            self.text.push_str(content);
        }
        self.whole = if word.part == Part::First {
            &word.whole
        } else {
            ""
        };
    }

    /// True if the word before, or the page before, has this second part already.
    fn skips(&mut self, word: &Word<'_>, is_first: bool) -> bool {
        if !self.whole.is_empty() && (word.whole == self.whole || word.whole.is_empty()) {
            // Some leave the punctuation out of the whole.
            let tail = word
                .text
                .trim_start_matches(|c: char| c.is_alphanumeric() || c == '-' || c == '\'');
            if self.text.ends_with(char::is_alphanumeric)
                && tail.chars().all(|c| !c.is_alphanumeric())
            {
                self.text.push_str(tail);
            }
            // The sentence goes on, even in another column.
            self.crossed = self.crossed.min(Boundary::Line);
            return true;
        }
        is_first && !word.whole.is_empty() && std::mem::take(&mut self.may_continue)
    }

    /// Completes the word that the line before left open. False if it left none, or this cannot be the rest of it.
    fn completes(&mut self, content: &str) -> bool {
        let open = std::mem::replace(&mut self.open, Open::No);
        let fate = match open {
            Open::No => return false,
            Open::Declared => hyphen::at_declared_break(&self.text, content),
            Open::Mark => hyphen::at_line_end(&self.text, content),
        };
        // Blocks that follow one another in the file need not be those of one sentence.
        let is_near = self.crossed < Boundary::Block || content.starts_with(char::is_lowercase);
        if fate == Break::None || !is_near {
            if open == Open::Declared {
                self.text.push('-');
            }
            return false;
        }
        match (fate, open) {
            (Break::Dropped, Open::Mark) => {
                self.text.pop();
            }
            (Break::Kept, Open::Declared) => self.text.push('-'),
            _ => {}
        }
        // The rest of the word moves up to its line; the others follow on theirs.
        self.crossed = Boundary::Line;
        match content.split_once(' ') {
            Some((rest, others)) => {
                self.text.push_str(rest);
                self.separate(false);
                self.text.push_str(others);
            }
            None => self.text.push_str(content),
        }
        true
    }

    fn separate(&mut self, is_glued: bool) {
        let crossed = std::mem::replace(&mut self.crossed, Boundary::Word);
        if self.text.is_empty() || is_glued {
            return;
        }
        self.text.push_str(match (crossed, self.lines) {
            (Boundary::Word, _) | (Boundary::Line, Lines::Join) => " ",
            (Boundary::Line, Lines::Keep) => "\n",
            (Boundary::Block, _) => "\n\n",
        });
    }

    fn end_line(&mut self, is_broken: bool, last: Option<&Word<'_>>) {
        // The whole word is written already.
        let is_whole = last.is_some_and(|word| word.part != Part::Whole && !word.whole.is_empty());
        self.open = if is_whole || last.is_none() {
            Open::No
        } else if hyphen::ends_with_mark(&self.text) {
            Open::Mark
        } else if is_broken || last.is_some_and(|word| word.part == Part::First) {
            Open::Declared
        } else {
            Open::No
        };
    }

    fn finish(mut self) -> String {
        if self.open == Open::Declared {
            self.text.push('-');
        }
        self.text
    }
}
