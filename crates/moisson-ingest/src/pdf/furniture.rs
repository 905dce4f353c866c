//! Running heads, feet and folios: lines at the edges of pages that come again, digits aside.

use std::collections::{BTreeMap, BTreeSet};

use super::PageLines;
use super::layout::{Line, median};

/// Furniture lies in this share of the height at the top and at the bottom, and is at most so many lines there.
const EDGE: f64 = 0.12;
const EDGE_LINES: usize = 4;
/// A line is furniture if it comes on so many pages, or on half of a short file's.
const PAGES_MIN: usize = 3;
/// A line of changing text at the same height is furniture if so large a share of the pages has one there.
const SAME_HEIGHT_SHARE: f64 = 0.6;
/// It stands apart by so many line heights.
const APART: f64 = 1.6;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Edge {
    Top,
    Bottom,
}

/// Takes running heads, feet and folios out of the pages.
pub(super) fn remove(pages: &mut [PageLines]) {
    let candidates: Vec<Vec<(usize, Edge)>> = pages.iter().map(candidates).collect();
    let mut counts: BTreeMap<(Edge, String), usize> = BTreeMap::new();
    for (page, lines) in pages.iter().zip(&candidates) {
        let mut shapes = BTreeSet::new();
        for (index, edge) in lines {
            if let Some(line) = page.lines.get(*index) {
                shapes.insert((*edge, shape(&line.text)));
            }
        }
        for shape in shapes {
            *counts.entry(shape).or_default() += 1;
        }
    }
    let enough = PAGES_MIN.min(pages.len().div_ceil(2).max(2));
    let repeats = |edge: Edge, line: &Line| {
        counts
            .get(&(edge, shape(&line.text)))
            .is_some_and(|count| *count >= enough)
    };
    let heights =
        [Edge::Top, Edge::Bottom].map(|edge| common_height(pages, &candidates, edge, &repeats));
    let doomed: Vec<Vec<usize>> = pages
        .iter()
        .zip(&candidates)
        .map(|(page, lines)| {
            let is_furniture = |(position, (index, edge)): (usize, &(usize, Edge))| {
                let line = page.lines.get(*index)?;
                let is_outermost =
                    position == 0 || lines.get(position - 1).is_none_or(|l| l.1 != *edge);
                let height = match edge {
                    Edge::Top => heights[0],
                    Edge::Bottom => heights[1],
                };
                let is_head = is_outermost
                    && height.is_some_and(|y| is_at(line, y))
                    && stands_apart(page, *index, *edge);
                let is_folio = is_outermost && pages.len() > 1 && is_folio(&line.text);
                (repeats(*edge, line) || is_head || is_folio).then_some(*index)
            };
            lines.iter().enumerate().filter_map(is_furniture).collect()
        })
        .collect();
    for (page, doomed) in pages.iter_mut().zip(doomed) {
        drop_lines(&mut page.lines, &doomed);
    }
}

/// Drops lines; the next one begins the region in place of a first one that is dropped.
fn drop_lines(lines: &mut Vec<Line>, doomed: &[usize]) {
    let mut owed = false;
    let mut index = 0;
    lines.retain_mut(|line| {
        let is_doomed = doomed.contains(&index);
        index += 1;
        owed |= line.starts_region;
        if !is_doomed {
            line.starts_region = std::mem::take(&mut owed);
        }
        !is_doomed
    });
}

/// Lines near the edges of a page, outermost first, those at the top before those at the bottom.
fn candidates(page: &PageLines) -> Vec<(usize, Edge)> {
    let near = |edge: Edge| {
        let mut near: Vec<(usize, f64)> = page
            .lines
            .iter()
            .enumerate()
            .map(|(index, line)| match edge {
                Edge::Top => (index, line.y),
                Edge::Bottom => (index, page.height - line.y),
            })
            .filter(|(_, distance)| *distance <= EDGE * page.height)
            .collect();
        near.sort_by(|a, b| a.1.total_cmp(&b.1));
        near.truncate(EDGE_LINES);
        near.into_iter().map(move |(index, _)| (index, edge))
    };
    near(Edge::Top).chain(near(Edge::Bottom)).collect()
}

/// A line without its numbers, in lower case.
fn shape(text: &str) -> String {
    let mut shape = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        let is_number = word.chars().any(|c| c.is_ascii_digit()) || is_roman(word);
        match is_number {
            true if !shape.ends_with('#') => shape.push('#'),
            true => {}
            false => shape.extend(word.chars().flat_map(char::to_lowercase)),
        }
    }
    shape
}

fn is_roman(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    (1..=7).contains(&word.len())
        && (word.bytes().all(|b| b"ivxlc".contains(&b))
            || word.bytes().all(|b| b"IVXLC".contains(&b)))
}

/// True for a page number alone: `12`, `- 12 -`, `xii`, `Page 3 sur 10`, `3/10`.
fn is_folio(text: &str) -> bool {
    let mut numbers = 0;
    let mut rest = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    let fits = rest.all(|word| {
        let is_number = word.bytes().all(|b| b.is_ascii_digit()) && word.len() <= 4;
        numbers += usize::from(is_number || is_roman(word));
        let is_word = ["page", "p", "sur", "de", "of"].contains(&word.to_lowercase().as_str());
        is_number || is_roman(word) || is_word
    });
    fits && (1..=2).contains(&numbers) && text.len() <= 24
}

/// The height at which most pages have an outermost line, if most of those repeat.
fn common_height(
    pages: &[PageLines],
    candidates: &[Vec<(usize, Edge)>],
    edge: Edge,
    repeats: &impl Fn(Edge, &Line) -> bool,
) -> Option<f64> {
    if pages.len() < PAGES_MIN {
        return None;
    }
    let outermost: Vec<&Line> = pages
        .iter()
        .zip(candidates)
        .filter_map(|(page, lines)| {
            let (index, _) = lines.iter().find(|(_, e)| *e == edge)?;
            page.lines.get(*index)
        })
        .collect();
    let height = median(outermost.iter().map(|line| line.y))?;
    let there = outermost.iter().filter(|line| is_at(line, height));
    let (mut count, mut repeated) = (0, 0);
    for line in there {
        count += 1;
        repeated += usize::from(repeats(edge, line));
    }
    let is_common = count as f64 >= SAME_HEIGHT_SHARE * pages.len() as f64;
    (is_common && repeated * 2 >= count).then_some(height)
}

fn is_at(line: &Line, y: f64) -> bool {
    (line.y - y).abs() < 2.0
}

/// True if there is more than a line's height between a line and its neighbour inwards.
fn stands_apart(page: &PageLines, index: usize, edge: Edge) -> bool {
    let Some(line) = page.lines.get(index) else {
        return false;
    };
    let inwards = page.lines.iter().map(|other| match edge {
        Edge::Top => other.y - line.y,
        Edge::Bottom => line.y - other.y,
    });
    let nearest = inwards
        .filter(|d| *d > line.size * 0.5)
        .fold(f64::MAX, f64::min);
    nearest > APART * line.size
}
