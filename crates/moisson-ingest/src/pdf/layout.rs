//! Columns and reading order: runs on a page become lines, in the order in which they are read.

use super::glyphs::PageGlyphs;
use super::lines::{Run, is_call, is_power_base, runs};

/// A line of text.
#[derive(Debug, Clone, Default)]
pub(super) struct Line {
    pub(super) text: String,
    pub(super) x0: f64,
    pub(super) x1: f64,
    /// Baseline, downwards from the top of the page.
    pub(super) y: f64,
    pub(super) size: f64,
    pub(super) is_mono: bool,
    /// Wide gaps part it into cells.
    pub(super) is_row: bool,
    /// It is the first of a column or of a part of the page.
    pub(super) starts_region: bool,
}

/// Text in another direction than most of its page is read if it is this share of it: a table on its side, and no
/// label of a chart or stamp in the margin.
const TURNED_SHARE_MIN: f64 = 0.25;
/// A gutter is this wide in shares of the type size, and in points.
const GUTTER_SIZES: f64 = 0.7;
const GUTTER_POINTS: f64 = 5.0;
/// This share of the rows at most crosses a gutter: titles, figures, parts set in one column.
const CROSSING_MAX: f64 = 0.6;
/// Columns have at least so many rows, and their text fills so much of their width; a table's does not.
const COLUMN_ROWS_MIN: usize = 6;
const COLUMN_FILL_MIN: f64 = 0.5;
/// Cells of a table stand apart by so much of the type size.
const CELL_GAP: f64 = 2.0;
/// Gutters tried in one region, and regions inside one another.
const CANDIDATES_MAX: usize = 4;
const DEPTH_MAX: u32 = 6;
const BINS: usize = 512;

/// Lines of a page in reading order.
pub(super) fn lines(page: &PageGlyphs) -> Vec<Line> {
    let mut counts = [0_usize; 4];
    for glyph in &page.glyphs {
        if let Some(count) = counts.get_mut(usize::from(glyph.turn)) {
            *count += 1;
        }
    }
    let enough = (page.glyphs.len() as f64 * TURNED_SHARE_MIN).max(1.0);
    let mut lines = Vec::new();
    for (turn, count) in (0_u8..).zip(counts) {
        if count as f64 >= enough {
            lines.extend(regions(runs(page, turn)));
        }
    }
    lines
}

/// A part of the page and how deep it lies.
struct Region {
    runs: Vec<Run>,
    depth: u32,
}

/// Cuts a page into columns as long as there are any, and reads each from the top.
fn regions(runs: Vec<Run>) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut todo = vec![Region { runs, depth: 0 }];
    while let Some(Region { mut runs, depth }) = todo.pop() {
        if runs.is_empty() {
            continue;
        }
        runs.sort_by(|a, b| a.y.total_cmp(&b.y).then(a.x0.total_cmp(&b.x0)));
        let gutter = (depth < DEPTH_MAX).then(|| gutter(&runs)).flatten();
        match gutter {
            Some(gutter) => todo.extend(split(runs, gutter, depth + 1).into_iter().rev()),
            None => lines.extend(read(runs)),
        }
    }
    lines
}

/// An upright strip without text but that of runs that cross it.
#[derive(Debug, Clone, Copy)]
struct Gutter {
    x0: f64,
    x1: f64,
}

impl Gutter {
    fn side(&self, run: &Run) -> Side {
        let slack = (self.x1 - self.x0) * 0.25;
        match () {
            () if run.x1 <= self.x0 + slack => Side::Left,
            () if run.x0 >= self.x1 - slack => Side::Right,
            () => Side::Across,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
    Across,
}

/// The gutter between two columns of prose, if the region has one.
fn gutter(runs: &[Run]) -> Option<Gutter> {
    let x0 = runs.iter().map(|run| run.x0).fold(f64::MAX, f64::min);
    let x1 = runs.iter().map(|run| run.x1).fold(f64::MIN, f64::max);
    let size = median(runs.iter().map(|run| run.size))?;
    let rows = rows(runs.iter(), size);
    if rows < COLUMN_ROWS_MIN || x1 - x0 < size * 10.0 {
        return None;
    }
    let bin = (x1 - x0) / BINS as f64;
    let coverage = coverage(runs, x0, bin);
    let crossing_max = rows as f64 * CROSSING_MAX;
    let mut candidates: Vec<(f64, Gutter)> = Vec::new();
    let mut at = 0;
    while at < BINS {
        let free = coverage
            .iter()
            .skip(at)
            .take_while(|count| f64::from(**count) <= crossing_max)
            .count();
        if free == 0 {
            at += 1;
            continue;
        }
        let strip = coverage.get(at..at + free).unwrap_or_default();
        if let Some((from, to, least)) = emptiest(strip) {
            let gutter = Gutter {
                x0: x0 + (at + from) as f64 * bin,
                x1: x0 + (at + to) as f64 * bin,
            };
            let is_inside = gutter.x0 > x0 + bin && gutter.x1 < x1 - bin;
            let width = gutter.x1 - gutter.x0;
            if is_inside && width >= (GUTTER_SIZES * size).max(GUTTER_POINTS) {
                candidates.push((f64::from(least) - width / (x1 - x0), gutter));
            }
        }
        at += free;
    }
    candidates.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut best = candidates.into_iter().take(CANDIDATES_MAX).map(|c| c.1);
    best.find(|gutter| parts_prose(runs, *gutter, size))
}

/// How many runs cover each strip of the region.
fn coverage(runs: &[Run], x0: f64, bin: f64) -> Vec<i32> {
    let mut changes = vec![0_i32; BINS + 1];
    for run in runs {
        let from = bin_of((run.x0 - x0) / bin);
        let to = bin_of((run.x1 - x0) / bin) + 1;
        for (at, change) in [(from, 1), (to.min(BINS), -1)] {
            if let Some(cell) = changes.get_mut(at) {
                *cell += change;
            }
        }
    }
    let mut covered = 0;
    for cell in &mut changes {
        covered += *cell;
        *cell = covered;
    }
    changes.truncate(BINS);
    changes
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to the bins"
)]
fn bin_of(value: f64) -> usize {
    value.clamp(0.0, (BINS - 1) as f64) as usize
}

/// The longest stretch with the least coverage: first bin, bin after the last, coverage.
fn emptiest(strip: &[i32]) -> Option<(usize, usize, i32)> {
    let least = *strip.iter().min()?;
    let (mut best, mut start) = ((0, 0), None);
    for (index, count) in strip.iter().chain([&i32::MAX]).enumerate() {
        match (start, *count <= least) {
            (None, true) => start = Some(index),
            (Some(from), false) => {
                if index - from > best.1 - best.0 {
                    best = (from, index);
                }
                start = None;
            }
            _ => {}
        }
    }
    Some((best.0, best.1, least))
}

/// True if there is prose on both sides of a gutter: enough rows, filled well, beside one another.
fn parts_prose(runs: &[Run], gutter: Gutter, size: f64) -> bool {
    let is_prose = |side: Side| {
        let part: Vec<&Run> = runs.iter().filter(|run| gutter.side(run) == side).collect();
        let rows = rows(part.iter().copied(), size);
        if rows < COLUMN_ROWS_MIN {
            return false;
        }
        let left = part.iter().map(|run| run.x0).fold(f64::MAX, f64::min);
        let right = part.iter().map(|run| run.x1).fold(f64::MIN, f64::max);
        let filled: f64 = part.iter().map(|run| run.x1 - run.x0).sum();
        let letters: usize = part.iter().map(|run| run.text.len()).sum();
        filled >= COLUMN_FILL_MIN * (right - left) * rows as f64 && letters >= rows * 12
    };
    is_prose(Side::Left) && is_prose(Side::Right)
}

/// Number of baselines among runs sorted by them.
fn rows<'a>(runs: impl Iterator<Item = &'a Run>, size: f64) -> usize {
    let (mut rows, mut last) = (0, f64::MIN);
    for run in runs {
        if run.y - last > size * 0.5 {
            rows += 1;
            last = run.y;
        }
    }
    rows
}

/// Parts of a region in reading order: what crosses the gutter keeps its place between the columns above and below.
fn split(runs: Vec<Run>, gutter: Gutter, depth: u32) -> Vec<Region> {
    let mut parts = Vec::new();
    let [mut left, mut right, mut across] = [Vec::new(), Vec::new(), Vec::new()];
    let mut flush = |runs: &mut Vec<Run>| {
        if !runs.is_empty() {
            let runs = std::mem::take(runs);
            parts.push(Region { runs, depth });
        }
    };
    for run in runs {
        match gutter.side(&run) {
            Side::Across => {
                flush(&mut left);
                flush(&mut right);
                across.push(run);
            }
            side => {
                flush(&mut across);
                match side {
                    Side::Left => left.push(run),
                    _ => right.push(run),
                }
            }
        }
    }
    flush(&mut left);
    flush(&mut right);
    flush(&mut across);
    parts
}

/// Reads a region without columns: runs that share a baseline are a line.
fn read(runs: Vec<Run>) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut row = Row::default();
    for run in runs {
        if !row.takes(&run) {
            lines.push(line(std::mem::take(&mut row).runs));
        }
        row.add(run);
    }
    if !row.runs.is_empty() {
        lines.push(line(row.runs));
    }
    if let Some(first) = lines.first_mut() {
        first.starts_region = true;
    }
    lines
}

/// Runs looked back at for one that a new one would lie over.
const OVERLAPS_MAX: usize = 32;

/// Runs of one line, with the baseline of the largest.
#[derive(Default)]
struct Row {
    runs: Vec<Run>,
    y: f64,
    size: f64,
}

impl Row {
    fn takes(&self, run: &Run) -> bool {
        if self.runs.is_empty() {
            return true;
        }
        let (large, small) = (self.size.max(run.size), self.size.min(run.size));
        // Raised and lowered parts are smaller.
        let reach = if small < large * 0.8 { 0.5 } else { 0.3 };
        if (run.y - self.y).abs() > reach * large {
            return false;
        }
        let lies_over = |other: &Run| {
            let shared = run.x1.min(other.x1) - run.x0.max(other.x0);
            shared > 0.4 * (run.x1 - run.x0).min(other.x1 - other.x0)
        };
        !self.runs.iter().rev().take(OVERLAPS_MAX).any(lies_over)
    }

    fn add(&mut self, run: Run) {
        if run.size > self.size {
            (self.y, self.size) = (run.y, run.size);
        }
        self.runs.push(run);
    }
}

fn line(mut row: Vec<Run>) -> Line {
    row.sort_by(|a, b| a.x0.total_cmp(&b.x0));
    let size = row.iter().map(|run| run.size).fold(0.0, f64::max);
    let y = row
        .iter()
        .find(|run| run.size >= size)
        .map_or(0.0, |run| run.y);
    let mut line = Line {
        x0: row.first().map_or(0.0, |run| run.x0),
        x1: row.iter().map(|run| run.x1).fold(f64::MIN, f64::max),
        y,
        size,
        is_mono: row.iter().all(|run| run.is_mono),
        ..Line::default()
    };
    let mut end = f64::MAX;
    for run in row {
        let gap = run.x0 - end;
        let is_raised = run.size < size * 0.85 && y - run.y > 0.15 * size;
        if is_raised && !line.text.is_empty() && is_call(&run.text) && !is_power_base(&line.text) {
            end = run.x1;
            continue;
        }
        line.is_row |= gap > CELL_GAP * size;
        if gap > 0.15 * size && !line.text.is_empty() {
            line.text.push(' ');
        }
        line.text.push_str(&run.text);
        end = run.x1;
    }
    line
}

/// The middle value, the lower of two; `None` for none.
pub(super) fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    let middle = values.len().saturating_sub(1) / 2;
    (!values.is_empty()).then(|| *values.select_nth_unstable_by(middle, f64::total_cmp).1)
}
