//! Runs of glyphs on one baseline: words by their gaps, raised digits told apart.

use super::glyphs::{Glyph, PageGlyphs};

/// A run of text on one baseline, as the page's content gives it.
#[derive(Debug, Clone, Default)]
pub(super) struct Run {
    pub(super) text: String,
    pub(super) x0: f64,
    pub(super) x1: f64,
    /// Baseline, downwards.
    pub(super) y: f64,
    pub(super) size: f64,
    /// All its letters have the same width.
    pub(super) is_mono: bool,
}

/// Shares of the size of the type.
const SPACE: f64 = 0.15;
const COLUMN_GAP: f64 = 1.0;
const BACKWARDS: f64 = 0.5;
const SAME_LINE: f64 = 0.12;
const SMALLER: f64 = 0.85;
const RAISED_MIN: f64 = 0.15;
const RAISED_MAX: f64 = 0.75;

/// Runs of all glyphs of one direction.
pub(super) fn runs(page: &PageGlyphs, turn: u8) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut builder = Builder::default();
    for glyph in page.glyphs.iter().filter(|glyph| glyph.turn == turn) {
        if !builder.takes(glyph) {
            runs.extend(builder.finish(&page.text));
            builder = Builder::default();
        }
        builder.add(*glyph);
    }
    runs.extend(builder.finish(&page.text));
    runs
}

#[derive(Default)]
struct Builder {
    /// Glyphs, and whether each stands above the line.
    glyphs: Vec<(Glyph, bool)>,
    x1: f64,
    y: f64,
    size: f64,
}

impl Builder {
    /// True if the glyph goes on with the run: on its line or raised a little, next to its end.
    fn takes(&self, glyph: &Glyph) -> bool {
        if self.glyphs.is_empty() {
            return true;
        }
        let size = self.size.max(glyph.size);
        let gap = glyph.x - self.x1;
        if gap < -BACKWARDS * size || gap > COLUMN_GAP * size {
            return false;
        }
        (glyph.y - self.y).abs() <= SAME_LINE * size || self.shifted(glyph).is_some()
    }

    /// How a glyph off the baseline belongs to the run: raised (true), lowered (false), or not at all.
    fn shifted(&self, glyph: &Glyph) -> Option<bool> {
        let size = self.size.max(glyph.size);
        let up = (self.y - glyph.y) / size;
        if glyph.size < self.size * SMALLER {
            return match up {
                RAISED_MIN..=RAISED_MAX => Some(true),
                _ if (-RAISED_MAX..-SAME_LINE).contains(&up) => Some(false),
                _ => None,
            };
        }
        // The run began with a raised number and its text follows.
        let only_raised = self.size < glyph.size * SMALLER && self.glyphs.len() <= 4;
        (only_raised && (RAISED_MIN..=RAISED_MAX).contains(&-up)).then_some(true)
    }

    fn add(&mut self, glyph: Glyph) {
        let mut is_raised = false;
        if self.glyphs.is_empty() {
            (self.y, self.size) = (glyph.y, glyph.size);
        } else if (glyph.y - self.y).abs() > SAME_LINE * self.size.max(glyph.size) {
            if glyph.size < self.size {
                is_raised = self.shifted(&glyph) == Some(true);
            } else {
                self.glyphs
                    .iter_mut()
                    .for_each(|(_, raised)| *raised = true);
                (self.y, self.size) = (glyph.y, glyph.size);
            }
        } else if glyph.size > self.size {
            self.size = glyph.size;
        }
        self.x1 = glyph.x + glyph.width;
        self.glyphs.push((glyph, is_raised));
    }

    fn finish(self, page_text: &str) -> Option<Run> {
        let (first, _) = self.glyphs.first()?;
        let threshold = SPACE * self.size + self.letter_spacing(page_text);
        let mut writer = Writer::default();
        let mut end = first.x;
        for (glyph, is_raised) in &self.glyphs {
            let text = page_text.get(glyph.start..glyph.end).unwrap_or_default();
            if glyph.x - end > threshold {
                writer.space();
            }
            writer.push(text, *is_raised);
            end = glyph.x + glyph.width;
        }
        let text = writer.finish();
        (!text.is_empty()).then(|| Run {
            text,
            x0: first.x,
            x1: end.max(first.x),
            y: self.y,
            size: self.size,
            is_mono: self.is_mono(page_text),
        })
    }

    /// The gap that stands between all letters of a spaced title.
    fn letter_spacing(&self, page_text: &str) -> f64 {
        // Between letters only: dot leaders have gaps of their own.
        let is_letter = |glyph: &Glyph| {
            let text = page_text.get(glyph.start..glyph.end).unwrap_or_default();
            text.starts_with(char::is_alphabetic)
        };
        let mut gaps: Vec<f64> = self
            .glyphs
            .windows(2)
            .filter(|pair| is_letter(&pair[0].0) && is_letter(&pair[1].0))
            .map(|pair| pair[1].0.x - pair[0].0.x - pair[0].0.width)
            .collect();
        if gaps.len() < 4 {
            return 0.0;
        }
        let middle = gaps.len() / 2;
        let (_, median, _) = gaps.select_nth_unstable_by(middle, f64::total_cmp);
        if *median > 0.05 * self.size {
            *median
        } else {
            0.0
        }
    }

    fn is_mono(&self, page_text: &str) -> bool {
        let widths = self.glyphs.iter().filter_map(|(glyph, _)| {
            let text = page_text.get(glyph.start..glyph.end)?;
            let is_letter = text.chars().all(char::is_alphanumeric);
            is_letter.then_some(glyph.width / glyph.size)
        });
        let (mut low, mut high, mut count) = (f64::MAX, 0.0_f64, 0);
        for width in widths {
            (low, high, count) = (low.min(width), high.max(width), count + 1);
        }
        count >= 4 && high - low < 0.02 && low > 0.4
    }
}

/// Writes the text of a run; raised digits are kept where they are powers and units, and left out where they call a
/// note.
#[derive(Default)]
struct Writer {
    out: String,
    raised: String,
    space: bool,
}

impl Writer {
    fn space(&mut self) {
        self.flush_raised();
        self.space = true;
    }

    fn push(&mut self, text: &str, is_raised: bool) {
        if text.trim().is_empty() {
            return self.space();
        }
        if is_raised {
            self.raised.push_str(text);
            return;
        }
        self.flush_raised();
        self.flush_space();
        self.out.push_str(text);
    }

    fn flush_space(&mut self) {
        if std::mem::take(&mut self.space) && !self.out.is_empty() {
            self.out.push(' ');
        }
    }

    fn flush_raised(&mut self) {
        let raised = std::mem::take(&mut self.raised);
        if raised.is_empty() {
            return;
        }
        let is_number = is_call(&raised);
        let is_at_start = self.out.is_empty();
        if is_number && !is_at_start {
            if is_power_base(&self.out) {
                self.out.extend(raised.chars().map(superscript));
            }
            return;
        }
        self.flush_space();
        self.out.push_str(&raised);
        // The number of a note at the foot of the page.
        self.space = is_number;
    }

    fn finish(mut self) -> String {
        self.flush_raised();
        let length = self.out.trim_end().len();
        self.out.truncate(length);
        self.out
    }
}

/// True for what calls a note where it is raised.
pub(super) fn is_call(raised: &str) -> bool {
    let is_mark =
        |c: char| c.is_ascii_digit() || matches!(c, ',' | '*' | '(' | ')' | '[' | ']' | '†');
    raised.chars().all(is_mark)
}

/// True if what stands before a raised digit is a number or a unit: `10`, `m`, `km`, not a word.
pub(super) fn is_power_base(text: &str) -> bool {
    let last = text
        .rsplit(|c: char| !c.is_alphanumeric())
        .next()
        .unwrap_or_default();
    let is_unit = ["m", "cm", "mm", "km", "dm", "s", "x", "n"].contains(&last);
    is_unit || (!last.is_empty() && last.chars().all(|c| c.is_ascii_digit()))
}

fn superscript(c: char) -> char {
    match c {
        '0' => '⁰',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '4' => '⁴',
        '5' => '⁵',
        '6' => '⁶',
        '7' => '⁷',
        '8' => '⁸',
        '9' => '⁹',
        other => other,
    }
}
