//! The stream of an ALTO file to pages, blocks, lines and words.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use crate::html::entities;
use crate::xml::{Events, Step, Tag};

/// What a file says.
#[derive(Debug, Default)]
pub struct Alto<'a> {
    /// Name of the image, without folders.
    pub image: Option<String>,
    /// Identifier or address of the image.
    pub identifier: Option<String>,
    /// Programs that made it, with their versions, each once.
    pub software: Vec<String>,
    /// Pages in order.
    pub pages: Vec<Page<'a>>,
    /// `ReadingOrder` of version 4.3: identifiers of blocks and their place in it.
    pub(super) reading_order: HashMap<&'a str, usize>,
}

/// A page.
#[derive(Debug, Default)]
pub struct Page<'a> {
    /// `ID`.
    pub id: &'a str,
    /// `PHYSICAL_IMG_NR`.
    pub number: Option<u32>,
    /// `PRINTED_IMG_NR`, as printed.
    pub printed: Option<String>,
    /// `LANG`.
    pub(super) language: &'a str,
    /// `PC`, else `ACCURACY`, in `0.0..=1.0`.
    pub(super) accuracy: Option<f64>,
    /// True if any white space is said: a word without some before it then goes on with the word before.
    pub(super) has_spaces: bool,
    pub(super) blocks: Vec<Block<'a>>,
    pub(super) lines: Vec<Line>,
    pub(super) words: Vec<Word<'a>>,
}

impl Page<'_> {
    /// True if there is any word, be it in a margin.
    pub fn has_words(&self) -> bool {
        !self.words.is_empty()
    }
}

/// A block of text.
#[derive(Debug, Default)]
pub(super) struct Block<'a> {
    pub(super) id: &'a str,
    /// `IDNEXT`; empty for none.
    pub(super) next: &'a str,
    pub(super) language: &'a str,
    /// Its first line; its last is before the first of the next block.
    pub(super) first_line: usize,
    /// In a margin, or tagged as running head, folio or stamp.
    pub(super) is_margin: bool,
}

/// A line that has words.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) first_word: usize,
    /// Its end is inside of a word (`HYP`).
    pub(super) is_broken: bool,
}

/// A word, or what the engine took for one.
#[derive(Debug)]
pub(super) struct Word<'a> {
    pub(super) text: Cow<'a, str>,
    /// The whole of a word broken at a line end (`SUBS_CONTENT`); empty where it is not said.
    pub(super) whole: Cow<'a, str>,
    pub(super) part: Part,
    /// No white space before it.
    pub(super) is_glued: bool,
    /// How sure the engine was, in `0.0..=1.0`.
    pub(super) confidence: Option<f64>,
}

/// Which part of a broken word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Whole,
    First,
    Second,
}

/// Reads a file whose root element is `alto`.
///
/// # Errors
/// What is wrong with the XML, for the ledger.
pub fn parse(text: &str, depth_max: u32) -> Result<Alto<'_>, String> {
    let mut events = Events::new(text, depth_max);
    let mut parser = Parser::default();
    while let Some(step) = events.next()? {
        match step {
            Step::Open(tag) => parser.open(tag),
            Step::Close(name) => parser.close(name),
            Step::Text(run) => {
                if parser.is_wanted {
                    parser.text.push_str(&run);
                }
            }
        }
    }
    Ok(parser.alto)
}

/// What the next word goes into.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    #[default]
    Page,
    Block,
    Line,
}

const VALUE_CHARS_MAX: usize = 500;

#[derive(Default)]
struct Parser<'a> {
    alto: Alto<'a>,
    /// Identifiers of tags for running heads, folios and stamps.
    apparatus: HashSet<&'a str>,
    /// Margins around what is read.
    margins: usize,
    /// For each composed block around: whether it counts as a margin.
    composed: Vec<bool>,
    place: Place,
    /// White space was met since the last word.
    has_gap: bool,
    /// The text is that of an element whose value is used.
    is_wanted: bool,
    text: String,
    program: String,
}

impl<'a> Parser<'a> {
    fn open(&mut self, tag: Tag<'a>) {
        match tag.name {
            "String" => self.word(tag),
            "SP" => {
                self.has_gap = true;
                if let Some(page) = self.alto.pages.last_mut() {
                    page.has_spaces = true;
                }
            }
            "HYP" if self.place == Place::Line => {
                let page = self.alto.pages.last_mut();
                if let Some(line) = page.and_then(|page| page.lines.last_mut()) {
                    line.is_broken = true;
                }
            }
            "TextLine" => self.place = self.place.min(Place::Block),
            "TextBlock" => self.block(tag),
            "ComposedBlock" => {
                let is_margin = self.is_apparatus(tag);
                self.composed.push(is_margin);
                self.margins += usize::from(is_margin);
            }
            "TopMargin" | "BottomMargin" | "LeftMargin" | "RightMargin" => self.margins += 1,
            "Page" => self.page(tag),
            "ElementRef" => {
                let refs = tag.attributes().filter(|(name, _)| *name == "REF");
                for id in refs.flat_map(|(_, ids)| ids.split_ascii_whitespace()) {
                    let place = self.alto.reading_order.len();
                    self.alto.reading_order.entry(id).or_insert(place);
                }
            }
            "OtherTag" | "StructureTag" | "LayoutTag" | "RoleTag" => self.tag(tag),
            "fileName" | "fileIdentifier" | "softwareName" | "softwareVersion" => {
                self.is_wanted = true;
                self.text.clear();
            }
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        match name {
            "TextLine" => self.place = self.place.min(Place::Block),
            "TextBlock" => self.place = Place::Page,
            "ComposedBlock" => {
                self.margins -= usize::from(self.composed.pop().unwrap_or_default());
            }
            "TopMargin" | "BottomMargin" | "LeftMargin" | "RightMargin" => self.margins -= 1,
            "fileName" => {
                let path = self.value();
                let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
                if self.alto.image.is_none() && !name.is_empty() {
                    self.alto.image = Some(name.to_owned());
                }
            }
            "fileIdentifier" => {
                let identifier = self.value();
                if self.alto.identifier.is_none() && !identifier.is_empty() {
                    self.alto.identifier = Some(identifier);
                }
            }
            "softwareName" => self.program = self.value(),
            "softwareVersion" => {
                let version = self.value();
                if !self.program.is_empty() && !version.is_empty() {
                    self.program.push(' ');
                    self.program.push_str(&version);
                }
            }
            "processingSoftware" => {
                let program = std::mem::take(&mut self.program);
                // More would be no use to anyone.
                if !program.is_empty()
                    && self.alto.software.len() < 8
                    && !self.alto.software.contains(&program)
                {
                    self.alto.software.push(program);
                }
            }
            _ => {}
        }
    }

    fn value(&mut self) -> String {
        self.is_wanted = false;
        // Each page carries it: it must not be longer than names are.
        let short: String = self.text.trim().chars().take(VALUE_CHARS_MAX).collect();
        let words: Vec<&str> = short.split_whitespace().collect();
        words.join(" ")
    }

    fn tag(&mut self, tag: Tag<'a>) {
        let (mut id, mut label) = ("", "");
        for (name, value) in tag.attributes() {
            match name {
                "ID" => id = value,
                "LABEL" => label = value,
                _ => {}
            }
        }
        // The zones of SegmOnto, with which eScriptorium tags blocks; what follows a colon is a subtype.
        let zone = label.split(':').next().unwrap_or_default();
        if matches!(
            zone,
            "RunningTitleZone"
                | "NumberingZone"
                | "QuireMarksZone"
                | "StampZone"
                | "DigitizationArtefactZone"
        ) {
            self.apparatus.insert(id);
        }
    }

    fn is_apparatus(&self, tag: Tag<'a>) -> bool {
        !self.apparatus.is_empty()
            && tag
                .attributes()
                .filter(|(name, _)| *name == "TAGREFS")
                .any(|(_, ids)| {
                    ids.split_ascii_whitespace()
                        .any(|id| self.apparatus.contains(id))
                })
    }

    fn page(&mut self, tag: Tag<'a>) {
        let mut page = Page::default();
        let mut accuracy = None;
        for (name, value) in tag.attributes() {
            match name {
                "ID" => page.id = value,
                "PHYSICAL_IMG_NR" => page.number = value.trim().parse().ok(),
                "PRINTED_IMG_NR" => {
                    page.printed =
                        Some(entities::decode(value).trim().to_owned()).filter(|n| !n.is_empty());
                }
                "LANG" | "language" => page.language = value.trim(),
                "PC" => page.accuracy = share(value),
                "ACCURACY" => accuracy = share(value).or_else(|| percent(value)),
                _ => {}
            }
        }
        page.accuracy = page.accuracy.or(accuracy);
        self.alto.pages.push(page);
        self.place = Place::Page;
    }

    fn block(&mut self, tag: Tag<'a>) {
        let is_margin = self.margins > 0 || self.is_apparatus(tag);
        let Some(page) = self.alto.pages.last_mut() else {
            return;
        };
        let mut block = Block {
            first_line: page.lines.len(),
            is_margin,
            ..Block::default()
        };
        for (name, value) in tag.attributes() {
            match name {
                "ID" => block.id = value,
                "IDNEXT" => block.next = value,
                "LANG" | "language" => block.language = value.trim(),
                _ => {}
            }
        }
        page.blocks.push(block);
        self.place = Place::Block;
    }

    fn word(&mut self, tag: Tag<'a>) {
        let Some(page) = self.alto.pages.last_mut() else {
            return;
        };
        let has_gap = std::mem::take(&mut self.has_gap);
        let mut word = Word {
            text: Cow::Borrowed(""),
            whole: Cow::Borrowed(""),
            part: Part::Whole,
            is_glued: self.place == Place::Line && !has_gap,
            confidence: None,
        };
        let mut characters = None;
        for (name, value) in tag.attributes() {
            match name {
                "CONTENT" => word.text = entities::decode(value),
                "SUBS_CONTENT" => word.whole = entities::decode(value),
                "SUBS_TYPE" => {
                    word.part = match value {
                        "HypPart1" => Part::First,
                        "HypPart2" => Part::Second,
                        _ => Part::Whole,
                    }
                }
                "WC" => word.confidence = share(value),
                "CC" => characters = Some(value),
                _ => {}
            }
        }
        if word.text.trim_ascii().is_empty() && word.whole.is_empty() {
            self.has_gap = true;
            return;
        }
        word.confidence = word
            .confidence
            .or_else(|| character_confidence(characters?));
        if self.place < Place::Block {
            page.blocks.push(Block {
                first_line: page.lines.len(),
                is_margin: self.margins > 0,
                ..Block::default()
            });
        }
        if self.place < Place::Line {
            page.lines.push(Line {
                first_word: page.words.len(),
                is_broken: false,
            });
            self.place = Place::Line;
        }
        page.words.push(word);
    }
}

/// A value in `0.0..=1.0`.
fn share(value: &str) -> Option<f64> {
    value
        .trim()
        .parse()
        .ok()
        .filter(|share| (0.0..=1.0).contains(share))
}

/// A value in `0..=100`, as a share.
fn percent(value: &str) -> Option<f64> {
    let percent: f64 = value.trim().parse().ok()?;
    (0.0..=100.0).contains(&percent).then_some(percent / 100.0)
}

/// Mean confidence of characters, each a digit from 0, sure, to 9, unsure: the other way round than that of words.
fn character_confidence(digits: &str) -> Option<f64> {
    let (mut sum, mut count) = (0_u32, 0_u32);
    for digit in digits.bytes().filter(u8::is_ascii_digit) {
        sum += u32::from(digit - b'0');
        count += 1;
    }
    (count > 0).then(|| 1.0 - f64::from(sum) / (9.0 * f64::from(count)))
}
