//! Plain pages of an OCR to prose: borders cut, broken words joined, lines made paragraphs.

use std::borrow::Cow;
use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::hyphen::{self, Break};

/// What becomes of the lines of a paragraph.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Lines {
    /// Joined where they are prose; kept where most begin with a capital, a figure or a dash, or are short: verse,
    /// lists, tables, dialogue.
    #[default]
    Auto,
    /// Joined by a space.
    Join,
    /// Kept.
    Keep,
}

/// How pages are read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Params {
    pub(crate) lines: Lines,
    /// Words broken at line ends are joined.
    pub(crate) hyphens: bool,
    /// Running heads and folios stay.
    pub(crate) margins: bool,
}

/// Splits a text at its form feeds and cleans each page; a blank page gives an empty text.
pub(crate) fn pages(text: &str, params: Params) -> Vec<String> {
    clean(text.split('\u{c}'), params)
}

/// Cleans pages of one work.
pub(crate) fn clean<'a>(pages: impl Iterator<Item = &'a str>, params: Params) -> Vec<String> {
    let mut pages: Vec<Vec<&str>> = pages
        .map(|page| page.lines().map(str::trim_end).collect())
        .collect();
    if !params.margins {
        cut_borders(&mut pages);
    }
    pages
        .into_iter()
        .map(|lines| prose(&lines, params))
        .collect()
}

/// Joins the pages of a work: a blank line between two, unless a word or a sentence goes on.
pub(crate) fn joined(pages: &[String], params: Params) -> String {
    let mut text = String::with_capacity(pages.iter().map(|page| page.len() + 2).sum());
    for page in pages.iter().filter(|page| !page.is_empty()) {
        if text.is_empty() {
            text.push_str(page);
            continue;
        }
        let fate = if params.hyphens {
            hyphen::at_line_end(&text, page)
        } else {
            Break::None
        };
        // A page that begins with a capital need not go on with the word before.
        if fate != Break::None && page.starts_with(char::is_lowercase) {
            if fate == Break::Dropped {
                text.pop();
            }
            text.push_str(page);
            continue;
        }
        let goes_on = page.starts_with(char::is_lowercase) && !ends_sentence(&text);
        text.push_str(match (goes_on, params.lines) {
            (true, Lines::Keep) => "\n",
            (true, _) => " ",
            (false, _) => "\n\n",
        });
        text.push_str(page);
    }
    text
}

fn ends_sentence(text: &str) -> bool {
    text.ends_with(['.', '!', '?', ':', '»', '…', '"', '”', ')'])
}

/// Lines from each border that may be a running head or a folio.
const BORDER_LINES: usize = 2;
/// Longer lines are prose.
const HEAD_CHARS_MAX: usize = 100;
/// Pages that must show a line, figures aside, before it is a running head.
const HEAD_PAGES_MIN: u32 = 3;

/// Cuts running heads, which come back on several pages with other figures, and lone page numbers.
fn cut_borders(pages: &mut [Vec<&str>]) {
    let mut counts: HashMap<String, u32> = HashMap::new();
    for lines in &*pages {
        let mut seen: Vec<String> = border(lines).filter_map(skeleton).collect();
        seen.sort_unstable();
        seen.dedup();
        for skeleton in seen {
            *counts.entry(skeleton).or_default() += 1;
        }
    }
    let is_head = |line: &str| {
        skeleton(line).is_some_and(|s| counts.get(&s).is_some_and(|n| *n >= HEAD_PAGES_MIN))
    };
    let filled = |lines: &[&str]| lines.iter().position(|line| !line.trim().is_empty());
    // The first page may show the title that the heads of the others repeat.
    let mut is_first = true;
    for lines in pages {
        let is_border = |line: &str| is_folio(line) || !is_first && is_head(line);
        for _ in 0..BORDER_LINES {
            match filled(lines).filter(|at| is_border(lines[*at])) {
                Some(at) => drop(lines.drain(..=at)),
                None => break,
            }
        }
        for _ in 0..BORDER_LINES {
            let last = lines.iter().rposition(|line| !line.trim().is_empty());
            match last.filter(|at| is_border(lines[*at])) {
                Some(at) => lines.truncate(at),
                None => break,
            }
        }
        is_first &= filled(lines).is_none();
        is_first &= filled(lines).is_none();
    }
}

fn border<'a>(lines: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
    let filled = |line: &&&str| !line.trim().is_empty();
    let top = lines.iter().filter(filled).take(BORDER_LINES);
    let bottom = lines.iter().rev().filter(filled).take(BORDER_LINES);
    top.chain(bottom).copied()
}

/// The letters of a line that may be a running head; `None` if it cannot be one.
fn skeleton(line: &str) -> Option<String> {
    let line = line.trim();
    if line.chars().nth(HEAD_CHARS_MAX).is_some() {
        return None;
    }
    let letters: String = line
        .chars()
        .filter(|c| c.is_alphabetic())
        .flat_map(char::to_lowercase)
        .collect();
    (letters.chars().nth(2).is_some()).then_some(letters)
}

/// True for a lone page number: figures or small roman ones, alone or between dashes, brackets, stops. Roman capitals
/// alone head chapters.
fn is_folio(line: &str) -> bool {
    let line = line.trim();
    if line.len() > 24 {
        return false;
    }
    let number = line.trim_matches(|c: char| c.is_whitespace() || "-–—_·.•*[](){}|~".contains(c));
    let is_decorated = number.len() < line.len();
    let is_roman = |capital: bool| {
        let letters = if capital { "IVXLC" } else { "ivxlc" };
        !number.is_empty() && number.chars().all(|c| letters.contains(c))
    };
    let is_number =
        !number.is_empty() && number.len() <= 4 && number.bytes().all(|b| b.is_ascii_digit());
    let has_dashes = line.starts_with(['-', '–', '—', '[', '(']) && is_decorated;
    is_number || is_roman(false) || (has_dashes && is_roman(true))
}

/// The lines of a page as paragraphs.
fn prose(lines: &[&str], params: Params) -> String {
    let lines = if params.hyphens {
        joined_words(lines)
    } else {
        lines.iter().map(|line| Cow::Borrowed(*line)).collect()
    };
    let mut text = String::new();
    for paragraph in lines
        .split(|line| line.trim().is_empty())
        .filter(|lines| !lines.is_empty())
    {
        if !text.is_empty() {
            text.push_str("\n\n");
        }
        let joins = match params.lines {
            Lines::Join => true,
            Lines::Keep => false,
            Lines::Auto => is_prose(paragraph),
        };
        write(&mut text, paragraph, joins);
    }
    text
}

/// Lines in which each word broken at an end is whole again, on its first line.
fn joined_words<'a>(lines: &[&'a str]) -> Vec<Cow<'a, str>> {
    let mut whole: Vec<Cow<'a, str>> = Vec::with_capacity(lines.len());
    for line in lines {
        let rest = line.trim_start();
        let Some(last) = whole.last_mut() else {
            whole.push(Cow::Borrowed(line));
            continue;
        };
        let fate = hyphen::at_line_end(last, rest);
        if fate == Break::None {
            whole.push(Cow::Borrowed(line));
            continue;
        }
        let (word, others) = rest.split_once(' ').unwrap_or((rest, ""));
        let last = last.to_mut();
        if fate == Break::Dropped {
            last.pop();
        }
        last.push_str(word);
        let others = others.trim_start();
        if !others.is_empty() {
            whole.push(Cow::Borrowed(others));
        }
    }
    whole
}

/// Lines shorter than this on average are columns of figures, names, verse.
const PROSE_CHARS_MIN: usize = 25;

fn is_prose(lines: &[Cow<'_, str>]) -> bool {
    let chars: usize = lines.iter().map(|line| line.trim().chars().count()).sum();
    let heads = lines.iter().filter(|line| begins_anew(line)).count();
    chars >= PROSE_CHARS_MIN * lines.len() && heads * 3 < lines.len() * 2
}

/// True if a line begins like a sentence, a verse, an item or a speech.
fn begins_anew(line: &str) -> bool {
    line.trim_start()
        .starts_with(|c: char| c.is_uppercase() || c.is_numeric() || "«—–-•*".contains(c))
}

/// Writes the lines of a paragraph. Joined ones keep an end where a sentence ends on a short line or the next is
/// indented or a speech: paragraphs that no blank line parts.
fn write(text: &mut String, lines: &[Cow<'_, str>], joins: bool) {
    let longest = lines
        .iter()
        .map(|line| line.trim().chars().count())
        .max()
        .unwrap_or_default();
    let mut before: Option<&str> = None;
    for line in lines {
        if let Some(before) = before {
            let ends = ends_sentence(before.trim_end());
            let is_short = before.trim().chars().count() * 4 < longest * 3;
            let is_new = begins_anew(line);
            let is_indented = indent(line) >= indent(before) + 2;
            let is_speech = line.trim_start().starts_with(['—', '–']);
            let parts = ends && is_new && (is_short || is_indented || is_speech);
            text.push(if joins && !parts { ' ' } else { '\n' });
        }
        text.push_str(line.trim());
        before = Some(line);
    }
}

fn indent(line: &str) -> usize {
    line.chars().take_while(|c| c.is_whitespace()).count()
}

#[cfg(test)]
mod tests {
    use super::{Lines, Params, is_folio, joined, pages};

    const PARAMS: Params = Params {
        lines: Lines::Auto,
        hyphens: true,
        margins: false,
    };

    #[test]
    fn folios_as_a_table() {
        for line in [
            "12",
            " 12 ",
            "— 12 —",
            "- 12 -",
            "[12]",
            "(12)",
            "12.",
            "xiv",
            "- xiv -",
            "— XIV —",
            "1204",
        ] {
            assert!(is_folio(line), "{line}");
        }
        for line in [
            "",
            "—",
            "XIV",
            "12 juin",
            "page douze",
            "12 000",
            "12345",
            "* * *",
            "a",
        ] {
            assert!(!is_folio(line), "{line}");
        }
    }

    #[test]
    fn pages_as_a_table() {
        let check = |params: Params, text: &str, expected: &str| {
            assert_eq!(joined(&pages(text, params), params), expected, "{text:?}");
        };
        check(PARAMS, "", "");
        check(PARAMS, "\u{c}\n\u{c}", "");
        // Prose is joined; a word is made whole; a short line that ends a sentence ends a paragraph.
        let prose = "Le conseil s'est réuni dans la grande salle de la mai-\nrie, sous la présidence du doyen, qui a lu\nle \
                     rapport de la commission des chemins.\nIl a été décidé.\nLe lendemain, les travaux ont commencé sur la \
                     route\nde la rivière.";
        check(
            PARAMS,
            prose,
            "Le conseil s'est réuni dans la grande salle de la mairie, sous la présidence du doyen, qui a lu le rapport de \
             la commission des chemins.\nIl a été décidé.\nLe lendemain, les travaux ont commencé sur la route de la \
             rivière.",
        );
        let verse = "Le vent du nord descend la vallée endormie,\nEt la neige à pas lents recouvre le chemin ;\nOn entend \
                     au lointain une cloche assourdie\nQui compte sans espoir les heures du matin.";
        check(PARAMS, verse, verse);
        check(PARAMS, "un\ndeux\ntrois", "un\ndeux\ntrois");
        check(
            Params {
                lines: Lines::Join,
                ..PARAMS
            },
            verse,
            &verse.replace('\n', " "),
        );
        check(
            Params {
                hyphens: false,
                ..PARAMS
            },
            "la tran-\nquillité",
            "la tran-\nquillité",
        );
        check(PARAMS, "la tran-\nquillité", "la tranquillité");
        check(
            PARAMS,
            "la tran-\nquillité des\nlieux",
            "la tranquillité\ndes\nlieux",
        );
        check(PARAMS, "la tran-\n\nquillité", "la tran-\n\nquillité");
        // Words and sentences go on over pages.
        check(
            PARAMS,
            "la tran-\n\u{c}quillité règne.",
            "la tranquillité règne.",
        );
        check(PARAMS, "il vint\u{c}hier.", "il vint hier.");
        check(PARAMS, "Il vint.\u{c}Hier.", "Il vint.\n\nHier.");
        check(PARAMS, "Saint-\u{c}Denis", "Saint-\n\nDenis");
    }

    #[test]
    fn running_heads_and_folios_go() {
        let page =
            |n: usize, text: &str| format!("{n}    HISTOIRE DU CANTON.\n\n{text}\n\n— {n} —\n");
        let book = ["Titre.", "Un.", "Deux.", "Trois."]
            .iter()
            .enumerate()
            .map(|(n, t)| page(n + 10, t))
            .collect::<Vec<_>>()
            .join("\u{c}");
        assert_eq!(
            joined(&pages(&book, PARAMS), PARAMS),
            "10    HISTOIRE DU CANTON.\n\nTitre.\n\nUn.\n\nDeux.\n\nTrois."
        );
        let kept = Params {
            margins: true,
            ..PARAMS
        };
        assert!(
            joined(&pages(&book, kept), kept)
                .contains("13    HISTOIRE DU CANTON.\n\nTrois.\n\n— 13 —")
        );
        // On two pages only, a line is text.
        let twice = "Encore.\nUn.\u{c}Encore.\nDeux.";
        assert!(joined(&pages(twice, PARAMS), PARAMS).contains("Encore.\nDeux."));
    }

    #[test]
    fn hostile_pages_cost_linear_time() {
        for text in [
            "a-\n".repeat(100_000),
            "a-\u{c}".repeat(100_000),
            "\u{c}".repeat(100_000),
            "12\n".repeat(100_000),
            "a".repeat(1_000_000),
        ] {
            let _ = joined(&pages(&text, PARAMS), PARAMS);
        }
    }
}
