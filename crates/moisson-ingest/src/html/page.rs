//! The main text of a page: what is left when menus, banners and footers are gone.

use moisson_core::{Date, Error, Result};
use moisson_rights::optout::Seen;
use scraper::{Html, Selector};

use super::boilerplate::{Verdict, verdict};
use super::{Flat, bounds, facts, render};

/// What was read from a page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// Main text, paragraphs separated by a blank line. Empty if the page has none.
    pub text: String,
    /// `<title>`, else the Open Graph title, else the first heading.
    pub title: Option<String>,
    /// Language of the page as declared, e.g. `fr`.
    pub lang: Option<String>,
    /// Address the page gives itself.
    pub canonical_url: Option<String>,
    /// Date of publication.
    pub published: Option<Date>,
    /// Date of last update.
    pub modified: Option<Date>,
    /// Targets of `rel=license` links, in order, each once.
    pub licence_links: Vec<String>,
    /// Opt-outs in `meta`: `tdm-reservation`, `tdm-policy`, and `robots` or an agent's name where it says `noai`.
    pub optout: Seen,
    /// `<meta name=description>`.
    pub description: Option<String>,
}

/// How the main text is chosen.
#[derive(Debug, Clone, Default)]
pub struct PageOptions {
    select: Option<Selector>,
    drop: Vec<Selector>,
}

impl PageOptions {
    /// Makes options from CSS selectors: `select` names the main text (all matches, in order) instead of the search
    /// for it, `drop` names what is left out of it.
    ///
    /// # Errors
    /// [`Error::Config`] quoting a selector that cannot be read.
    pub fn new(select: Option<&str>, drop: &[String]) -> Result<Self> {
        let parse = |css: &str| {
            Selector::parse(css).map_err(|error| {
                Error::config(format!("cannot read the CSS selector `{css}`: {error}"))
            })
        };
        Ok(Self {
            select: select.map(parse).transpose()?,
            drop: drop.iter().map(|css| parse(css)).collect::<Result<_>>()?,
        })
    }
}

/// A block of the page must hold this share of the text to be the main text by density.
const DENSE_SHARE: f64 = 0.85;
/// Furniture by name that holds more than this share of the text is none.
const FURNITURE_SHARE_MAX: f64 = 0.5;
/// `main`, `article` and the like must hold this share of the text; else they are misused.
const DECLARED_SHARE_MIN: f64 = 0.3;
/// A block of links has at least this many, and this share of its text in them.
const LINKS_MIN: u32 = 3;
const LINK_SHARE_MIN: f64 = 0.75;
/// A paragraph that leads to a list of links has this much prose.
const LEAD_BYTES_MIN: f64 = 80.0;

/// Reads a page: its main text and what it says of itself. `None` if it nests deeper than `depth_max`.
///
/// Dropped: `nav`, `header`, `footer`, `aside`, `form`, the ARIA roles that stand for them, hidden elements, classes
/// and ids that name menus, share buttons or cookie notices (none of them if most of the text is inside), then blocks
/// of links. Kept: `main`, `article`, `[role=main]` or `[itemprop=articleBody]`, else the smallest block that holds
/// most of the text outside of links.
pub fn page(html: &str, options: &PageOptions, depth_max: u32) -> Option<Page> {
    if !bounds::within(html, depth_max) {
        return None;
    }
    let parsed = Html::parse_document(html);
    let flat = Flat::new(&parsed);
    let mut page = facts::read(&flat);
    page.text = text_of(&flat, options);
    Some(page)
}

/// The main text of a page that is parsed already.
pub(crate) fn text_of(flat: &Flat<'_>, options: &PageOptions) -> String {
    let mut dropped = vec![false; flat.nodes.len()];
    if !options.drop.is_empty() {
        for (element, is_dropped) in flat.elements.iter().zip(&mut dropped) {
            *is_dropped = element.is_some_and(|e| options.drop.iter().any(|css| css.matches(&e)));
        }
    }
    match &options.select {
        Some(select) => selected(flat, select, &dropped),
        None => main_text(flat, dropped),
    }
}

/// Text of all elements that match, each once, in order.
fn selected(flat: &Flat<'_>, select: &Selector, dropped: &[bool]) -> String {
    let mut texts = Vec::new();
    let mut at = 0;
    while at < flat.nodes.len() {
        let matches = flat.elements[at].is_some_and(|element| select.matches(&element));
        if !matches {
            at += 1;
            continue;
        }
        let end = flat.nodes[at].end;
        let text = render::render(&flat.nodes, at..end, |index| dropped[index]);
        if !text.is_empty() {
            texts.push(text);
        }
        at = end;
    }
    texts.join("\n\n")
}

fn main_text(flat: &Flat<'_>, mut dropped: Vec<bool>) -> String {
    let verdicts: Vec<Verdict> = (0..flat.nodes.len())
        .map(|index| match flat.nodes[index].name {
            "" => Verdict::Keep,
            _ => verdict(flat, index),
        })
        .collect();
    for (index, verdict) in verdicts.iter().enumerate() {
        dropped[index] |= *verdict == Verdict::Never;
    }
    let all = Sizes::new(flat, &dropped);
    let most = all.text(0..flat.nodes.len()) * FURNITURE_SHARE_MAX;
    for (index, verdict) in verdicts.iter().enumerate() {
        let range = index..flat.nodes[index].end;
        dropped[index] |= *verdict == Verdict::Suspect && all.text(range) <= most;
    }
    let sizes = Sizes::new(flat, &dropped);
    let root = declared_main(flat, &sizes).unwrap_or_else(|| densest(flat, &sizes));
    let range = root..flat.nodes.get(root).map_or(0, |node| node.end);
    drop_link_blocks(flat, &sizes, range.clone(), &mut dropped);
    drop_date_lines(flat, &sizes, range.clone(), &mut dropped);
    drop_lone_headings(flat, range.clone(), &mut dropped);
    render::render(&flat.nodes, range, |index| dropped[index])
}

/// Running sums over the nodes, so that the size of any subtree is a subtraction.
struct Sizes {
    text: Vec<u32>,
    linked: Vec<u32>,
    links: Vec<u32>,
}

impl Sizes {
    /// Measures the visible bytes of all nodes that are not inside of a dropped one.
    fn new(flat: &Flat<'_>, dropped: &[bool]) -> Self {
        let mut sizes = Self {
            text: vec![0],
            linked: vec![0],
            links: vec![0],
        };
        let (mut text, mut linked, mut links) = (0, 0, 0);
        let (mut dropped_until, mut link_until) = (0, 0);
        for (index, node) in flat.nodes.iter().enumerate() {
            if index >= dropped_until {
                if dropped[index] {
                    dropped_until = node.end;
                } else if node.name == "a" && flat.attribute(index, "href").is_some() {
                    link_until = node.end;
                    links += 1;
                } else if node.is_text() {
                    let bytes = visible_bytes(&node.text);
                    text += bytes;
                    linked += if index < link_until { bytes } else { 0 };
                }
            }
            sizes.text.push(text);
            sizes.linked.push(linked);
            sizes.links.push(links);
        }
        sizes
    }

    fn text(&self, range: std::ops::Range<usize>) -> f64 {
        f64::from(self.text[range.end] - self.text[range.start])
    }

    fn linked(&self, range: std::ops::Range<usize>) -> f64 {
        f64::from(self.linked[range.end] - self.linked[range.start])
    }

    fn links(&self, range: std::ops::Range<usize>) -> u32 {
        self.links[range.end] - self.links[range.start]
    }

    /// Text outside of links.
    fn prose(&self, range: std::ops::Range<usize>) -> f64 {
        self.text(range.clone()) - self.linked(range)
    }
}

fn visible_bytes(text: &str) -> u32 {
    let count = text.bytes().filter(|b| !b.is_ascii_whitespace()).count();
    u32::try_from(count).unwrap_or(u32::MAX / 2)
}

/// The element that the page itself says is its main part, if it holds enough of the text.
fn declared_main(flat: &Flat<'_>, sizes: &Sizes) -> Option<usize> {
    let whole = sizes.prose(0..flat.nodes.len());
    let largest = |is_candidate: &dyn Fn(usize) -> bool| {
        (0..flat.nodes.len())
            .filter(|index| !flat.nodes[*index].is_text() && is_candidate(*index))
            .map(|index| (index, sizes.prose(index..flat.nodes[index].end)))
            .filter(|(_, prose)| *prose > 0.0 && *prose >= whole * DECLARED_SHARE_MIN)
            .reduce(|best, next| if next.1 > best.1 { next } else { best })
            .map(|(index, _)| index)
    };
    let attribute = |index, name, value: &str| {
        let words = flat.attribute(index, name).unwrap_or_default();
        words.split_ascii_whitespace().any(|word| word == value)
    };
    largest(&|index| attribute(index, "itemprop", "articleBody"))
        .or_else(|| {
            largest(&|index| flat.nodes[index].name == "main" || attribute(index, "role", "main"))
        })
        .or_else(|| largest(&|index| flat.nodes[index].name == "article"))
}

/// The smallest element that holds most of the text outside of links. Index 0 if the page has no such text.
fn densest(flat: &Flat<'_>, sizes: &Sizes) -> usize {
    let wanted = sizes.prose(0..flat.nodes.len()) * DENSE_SHARE;
    let mut root = 0;
    let mut at = 0;
    // Elements that hold most of the text lie one inside of the other.
    while at < flat.nodes.len() && wanted > 0.0 {
        let node = &flat.nodes[at];
        if !node.is_text() && sizes.prose(at..node.end) >= wanted {
            root = at;
            at += 1;
        } else {
            at = node.end;
        }
    }
    root
}

/// Marks blocks that are mostly links: menus without a name, tables of contents, "see also".
fn drop_link_blocks(
    flat: &Flat<'_>,
    sizes: &Sizes,
    range: std::ops::Range<usize>,
    dropped: &mut [bool],
) {
    let mut at = range.start + 1;
    let mut prose_end = None;
    while at < range.end {
        let node = &flat.nodes[at];
        let subtree = at..node.end;
        if node.name == "p" && sizes.prose(subtree.clone()) >= LEAD_BYTES_MIN {
            prose_end = Some(node.end);
        }
        // A list right after a paragraph belongs to it: sources, texts to read.
        let is_led_to = matches!(node.name, "ul" | "ol")
            && prose_end.is_some_and(|end| {
                end == at || (end + 1 == at && flat.nodes[end].text.trim().is_empty())
            });
        let is_block = matches!(
            node.name,
            "ul" | "ol" | "dl" | "div" | "p" | "table" | "section" | "td" | "center"
        );
        let is_links = is_block
            && !is_led_to
            && !dropped[at]
            && sizes.links(subtree.clone()) >= LINKS_MIN
            && sizes.linked(subtree.clone()) >= sizes.text(subtree.clone()) * LINK_SHARE_MIN;
        if is_links {
            dropped[at] = true;
        }
        at = if dropped[at] { node.end } else { at + 1 };
    }
}

/// A line of dates has at most this many visible bytes.
const DATE_LINE_BYTES_MAX: f64 = 90.0;

/// Marks the lines that say when a page was published: `Publié le 11/08/2005 | Temps de lecture : 8 minutes`.
fn drop_date_lines(
    flat: &Flat<'_>,
    sizes: &Sizes,
    range: std::ops::Range<usize>,
    dropped: &mut [bool],
) {
    let mut at = range.start + 1;
    while at < range.end {
        let node = &flat.nodes[at];
        let is_line = matches!(node.name, "p" | "div" | "span" | "li")
            && !dropped[at]
            && sizes.text(at..node.end) <= DATE_LINE_BYTES_MAX
            && flat.nodes[at..node.end]
                .iter()
                .any(|node| node.name == "time")
            && facts::date_label(flat, at..node.end).is_some();
        dropped[at] |= is_line;
        at = if dropped[at] { node.end } else { at + 1 };
    }
}

/// Marks headings whose whole part was dropped: "see also" above the links to other pages.
fn drop_lone_headings(flat: &Flat<'_>, range: std::ops::Range<usize>, dropped: &mut [bool]) {
    // Headings under which no text was met, with their level, and whether something was dropped there.
    let mut open: Vec<(usize, u8, bool)> = Vec::new();
    let mut at = range.start + 1;
    while at < range.end {
        let node = &flat.nodes[at];
        if dropped[at] {
            if let Some(last) = open.last_mut() {
                last.2 |= flat.nodes[at..node.end]
                    .iter()
                    .any(|n| !n.text.trim().is_empty());
            }
            at = node.end;
        } else if let Some(level) = heading_level(node.name) {
            close_headings(&mut open, level, dropped);
            open.push((at, level, false));
            at = node.end;
        } else {
            if !node.text.trim().is_empty() {
                open.clear();
            }
            at += 1;
        }
    }
    close_headings(&mut open, 0, dropped);
}

/// Drops the headings that end at one of this level, where all they had was dropped.
fn close_headings(open: &mut Vec<(usize, u8, bool)>, level: u8, dropped: &mut [bool]) {
    while let Some((heading, _, is_emptied)) = open.pop_if(|(_, one, _)| *one >= level) {
        dropped[heading] |= is_emptied;
        if let Some(above) = open.last_mut() {
            above.2 |= is_emptied;
        }
    }
}

fn heading_level(name: &str) -> Option<u8> {
    match name.as_bytes() {
        [b'h', digit @ b'2'..=b'6'] => Some(digit - b'0'),
        _ => None,
    }
}
