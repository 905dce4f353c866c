//! The characters of a page and where they stand, through hayro's interpreter.
//!
//! The interpreter is given the fonts of a page and nothing else: colours, patterns, shadings and pictures say nothing
//! of its text, and definitions that refer to themselves would make it recurse without end. Forms are walked here, by a
//! list and within a budget, and each is interpreted as a page of its own; their order does not matter since text is
//! laid out by its place.

use std::borrow::Cow;
use std::collections::HashMap;
use std::panic::resume_unwind;

use hayro_interpret::font::{Glyph as PdfGlyph, GlyphRun};
use hayro_interpret::hayro_cmap::{BfString, WritingMode};
use hayro_interpret::hayro_syntax::Pdf;
use hayro_interpret::hayro_syntax::content::TypedIter;
use hayro_interpret::hayro_syntax::content::ops::TypedInstruction;
use hayro_interpret::hayro_syntax::object::{Array, Dict, Name, Stream};
use hayro_interpret::hayro_syntax::page::{Page, Resources};
use hayro_interpret::kurbo::{Affine, BezPath, Point, Rect};
use hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps,
    InterpreterCache, InterpreterSettings, SoftMask, interpret,
};
use memchr::memmem;
use moisson_core::reason;

use super::Refusal;
use super::bounds::Budget;

/// Forms drawn on one page, and forms inside one another.
const FORMS_MAX: usize = 20_000;
const FORM_DEPTH_MAX: u32 = 32;
/// Saved graphics states that are kept while looking for forms.
const STATES_MAX: usize = 4096;
/// Characters of one page; more is no page, and its layout would be too large to hold.
const GLYPHS_MAX: usize = 2_000_000;
/// Content above this is looked at for operators that show more text than any page holds.
const CONTENT_UNCHECKED_BYTES: usize = 1 << 20;

/// A character and its place. The y axis points down; places are in points, turned so that the text runs rightwards.
#[derive(Debug, Clone, Copy)]
pub(super) struct Glyph {
    /// First byte of its text in [`PageGlyphs::text`]; it ends where the next one begins.
    pub(super) start: usize,
    /// After its last byte.
    pub(super) end: usize,
    pub(super) x: f64,
    /// Baseline.
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) size: f64,
    /// Quarter turns clockwise of its direction.
    pub(super) turn: u8,
}

/// All characters of a page in the order of its content.
#[derive(Debug, Default)]
pub(super) struct PageGlyphs {
    pub(super) text: String,
    pub(super) glyphs: Vec<Glyph>,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Reads pages of one file, fonts being loaded once.
pub(super) struct PageReader<'a> {
    pdf: &'a Pdf,
    cache: InterpreterCache<'a>,
    settings: InterpreterSettings,
    /// Glyphs whose font does not say which character they are.
    pub(super) unmapped: u64,
}

/// Content that is still to be interpreted.
struct Content<'a> {
    bytes: Cow<'a, [u8]>,
    resources: Resources<'a>,
    transform: Affine,
    depth: u32,
}

impl<'a> PageReader<'a> {
    pub(super) fn new(pdf: &'a Pdf) -> Self {
        Self {
            pdf,
            cache: InterpreterCache::new(),
            settings: InterpreterSettings::default(),
            unmapped: 0,
        }
    }

    /// Reads the characters of a page.
    pub(super) fn read(
        &mut self,
        page: &'a Page<'a>,
        budget: &mut Budget,
    ) -> Result<PageGlyphs, Refusal> {
        let (width, height) = page.render_dimensions();
        let mut glyphs = PageGlyphs {
            width: f64::from(width),
            height: f64::from(height),
            ..PageGlyphs::default()
        };
        pay_for_contents(page, budget)?;
        let mut todo = vec![Content {
            bytes: Cow::Borrowed(page.page_stream().unwrap_or_default()),
            resources: page.resources().clone(),
            transform: Affine::new(page.initial_transform(true).as_coeffs()),
            depth: 0,
        }];
        let mut drawn = 0;
        while let Some(content) = todo.pop() {
            let forms = forms(&content, budget, &mut drawn)?;
            self.show(&content, &mut glyphs)?;
            todo.extend(forms.into_iter().rev());
        }
        budget.text(glyphs.text.len() as u64)?;
        Ok(glyphs)
    }

    /// Interprets the text of one content stream.
    fn show(&mut self, content: &Content<'a>, glyphs: &mut PageGlyphs) -> Result<(), Refusal> {
        if memmem::find(&content.bytes, b"BT").is_none() {
            return Ok(());
        }
        refuse_endless_strings(&content.bytes)?;
        let only_text = Resources {
            ext_g_states: Dict::default(),
            color_spaces: Dict::default(),
            x_objects: Dict::default(),
            patterns: Dict::default(),
            shadings: Dict::default(),
            ..content.resources.clone()
        };
        let bbox = Rect::new(0.0, 0.0, glyphs.width, glyphs.height);
        let (xref, settings) = (self.pdf.xref(), self.settings.clone());
        let mut context = Context::new(content.transform, bbox, &self.cache, xref, settings);
        let mut collector = Collector {
            page: glyphs,
            seen: HashMap::new(),
            unmapped: 0,
        };
        interpret(
            TypedIter::new(&content.bytes),
            &only_text,
            &mut context,
            &mut collector,
        );
        self.unmapped += collector.unmapped;
        Ok(())
    }
}

/// Pays for the streams of a page before hayro joins and keeps them.
fn pay_for_contents(page: &Page<'_>, budget: &mut Budget) -> Result<(), Refusal> {
    if let Some(stream) = page.raw().get::<Stream<'_>>("Contents") {
        return budget.content(&stream);
    }
    if let Some(streams) = page.raw().get::<Array<'_>>("Contents") {
        for stream in streams.iter::<Stream<'_>>() {
            budget.content(&stream)?;
        }
    }
    Ok(())
}

/// The forms that a content stream draws, with where it draws them.
fn forms<'a>(
    content: &Content<'a>,
    budget: &mut Budget,
    drawn: &mut usize,
) -> Result<Vec<Content<'a>>, Refusal> {
    let mut found = Vec::new();
    if content.depth >= FORM_DEPTH_MAX || memmem::find(&content.bytes, b"Do").is_none() {
        return Ok(found);
    }
    let mut here = content.transform;
    let mut saved = Vec::new();
    let mut operators = TypedIter::new(&content.bytes);
    while let Some(operator) = operators.next() {
        match operator {
            TypedInstruction::SaveState(_) if saved.len() < STATES_MAX => saved.push(here),
            TypedInstruction::RestoreState(_) => here = saved.pop().unwrap_or(here),
            TypedInstruction::Transform(m) => {
                let m = [m.0, m.1, m.2, m.3, m.4, m.5].map(|number| number.as_f64());
                here *= Affine::new(m);
            }
            TypedInstruction::XObject(name) => {
                let Some(stream) = content.resources.get_x_object(name.0) else {
                    continue;
                };
                if let Some(form) = form(&stream, content, here, budget)? {
                    *drawn += 1;
                    if *drawn > FORMS_MAX {
                        let detail = format!("a page draws more than {FORMS_MAX} forms");
                        return Err((reason::EXTRACT_EXPANSION, Some(detail)));
                    }
                    found.push(form);
                }
            }
            _ => {}
        }
    }
    Ok(found)
}

fn form<'a>(
    stream: &Stream<'a>,
    around: &Content<'a>,
    here: Affine,
    budget: &mut Budget,
) -> Result<Option<Content<'a>>, Refusal> {
    let dict = stream.dict();
    let is_form = dict
        .get::<Name<'_>>("Subtype")
        .is_some_and(|name| name.as_ref() == b"Form");
    if !is_form {
        return Ok(None);
    }
    budget.content(stream)?;
    let Ok(bytes) = stream.decoded_data() else {
        return Ok(None);
    };
    let matrix = dict
        .get::<[f64; 6]>("Matrix")
        .map_or(Affine::IDENTITY, Affine::new);
    let own = dict.get::<Dict<'a>>("Resources").map(Resources::new);
    Ok(Some(Content {
        bytes,
        resources: own.unwrap_or_else(|| around.resources.clone()),
        transform: here * matrix,
        depth: around.depth + 1,
    }))
}

/// hayro holds all glyphs of one operator at once. The specification allows strings of 32,767 bytes (annex C of PDF
/// 1.7); an operator with a megabyte of them is a trap.
fn refuse_endless_strings(content: &[u8]) -> Result<(), Refusal> {
    if content.len() <= CONTENT_UNCHECKED_BYTES {
        return Ok(());
    }
    let mut operators = TypedIter::new(content);
    while let Some(operator) = operators.next() {
        let bytes = match operator {
            TypedInstruction::ShowText(s) => s.0.as_bytes().len(),
            TypedInstruction::NextLineAndShowText(s) => s.0.as_bytes().len(),
            TypedInstruction::ShowTextWithParameters(s) => s.2.as_bytes().len(),
            TypedInstruction::ShowTexts(s) => s.0.data().len(),
            _ => 0,
        };
        if bytes > CONTENT_UNCHECKED_BYTES {
            let detail = format!("an operator shows {bytes} bytes of text");
            return Err((reason::EXTRACT_TOO_LARGE, Some(detail)));
        }
    }
    Ok(())
}

/// Travels out of the interpreter where a page holds more than [`GLYPHS_MAX`] characters.
pub(super) struct TooManyGlyphs;

/// Takes down glyphs, and nothing else of what is drawn.
struct Collector<'p> {
    page: &'p mut PageGlyphs,
    /// Where each character was last drawn in a spot: bold is feigned by drawing twice.
    seen: HashMap<(u64, i64, i64), f64>,
    unmapped: u64,
}

impl<'a> Device<'a> for Collector<'_> {
    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, _: &DrawMode) {
        if run.writing_mode() == WritingMode::Vertical {
            return;
        }
        let page_transform = props.transform;
        let scales: Vec<(f64, f64)> = run
            .glyphs()
            .iter()
            .map(|glyph| scales(page_transform * glyph.transform()))
            .collect();
        // A font that is not embedded is stretched glyph by glyph to the widths of the file, and its true width is
        // that of the height; text as a whole is stretched evenly (`Tz`, as OCR layers are).
        let ratio = |(x, y): &(f64, f64)| x / y;
        let first = scales.first().map_or(1.0, ratio);
        let is_even = scales.iter().all(|s| (ratio(s) - first).abs() < 0.01);
        for (glyph, (x_scale, y_scale)) in run.glyphs().iter().zip(&scales) {
            let transform = page_transform * glyph.transform();
            let advance = match &**glyph {
                PdfGlyph::Outline(outline) => outline.advance_width(),
                PdfGlyph::Type3(glyph) => glyph.advance_width(),
            };
            let scale = if is_even { *x_scale } else { *y_scale };
            let width = f64::from(advance.unwrap_or(500.0)) / 1000.0 * scale;
            self.glyph(glyph.as_unicode().as_ref(), transform, width, *y_scale);
        }
    }

    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'a>, _: &DrawMode) {}
    fn draw_rect(&mut self, _: &Rect, _: DrawProps<'a>, _: &DrawMode) {}
    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_clip_rect(&mut self, _: &Rect) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}
    fn draw_image(&mut self, _: Image<'a, '_>, _: ImageDrawProps<'a>) {}
    fn pop_clip(&mut self) {}
    fn pop_transparency_group(&mut self) {}
}

/// Lengths of a thousand units of glyph space along and across the line, in points.
fn scales(transform: Affine) -> (f64, f64) {
    let origin = transform * Point::ORIGIN;
    let along = (transform * Point::new(1000.0, 0.0)).distance(origin);
    let across = (transform * Point::new(0.0, 1000.0)).distance(origin);
    (along, across)
}

impl Collector<'_> {
    fn glyph(&mut self, unicode: Option<&BfString>, transform: Affine, width: f64, size: f64) {
        let start = self.page.text.len();
        match unicode {
            Some(BfString::Char(c)) => push(&mut self.page.text, *c),
            Some(BfString::String(s)) => s.chars().for_each(|c| push(&mut self.page.text, c)),
            None => self.unmapped += 1,
        }
        let end = self.page.text.len();
        let origin = transform * Point::ORIGIN;
        let toward = (transform * Point::new(1000.0, 0.0)) - origin;
        let is_sound = [origin.x, origin.y, width, size]
            .iter()
            .all(|v| v.is_finite());
        let is_on_page = (-0.05..=1.05).contains(&(origin.x / self.page.width.max(1.0)))
            && (-0.05..=1.05).contains(&(origin.y / self.page.height.max(1.0)));
        let turn = turn_of(toward.x, toward.y);
        let (true, true, Some(turn), true) =
            (is_sound && size > 0.1, is_on_page, turn, end > start)
        else {
            self.page.text.truncate(start);
            return;
        };
        let (x, y) = turned(origin, turn, self.page.width, self.page.height);
        if self.is_drawn_again(start, x, y, width) {
            self.page.text.truncate(start);
            return;
        }
        if self.page.glyphs.len() >= GLYPHS_MAX {
            // The interpreter cannot be told to stop; unwinding, without the message of a panic, is how one leaves it.
            resume_unwind(Box::new(TooManyGlyphs));
        }
        self.page.glyphs.push(Glyph {
            start,
            end,
            x,
            y,
            width,
            size,
            turn,
        });
    }

    /// True if the same character stands in the same place already.
    fn is_drawn_again(&mut self, start: usize, x: f64, y: f64, width: f64) -> bool {
        let text = self.page.text.get(start..).unwrap_or_default();
        if text.trim().is_empty() {
            return false;
        }
        let letters = text
            .bytes()
            .fold(0_u64, |hash, byte| (hash << 8) | u64::from(byte));
        let (column, row) = (whole(x), whole(y));
        let is_near = |before: &f64| (before - x).abs() < width * 0.25;
        let again = (column - 1..=column + 1)
            .any(|column| self.seen.get(&(letters, column, row)).is_some_and(is_near));
        self.seen.insert((letters, column, row), x);
        again
    }
}

/// Adds a character, ligatures taken apart, controls and private ones left out or read as the bullets they mostly are.
fn push(text: &mut String, c: char) {
    match c {
        '\u{fb00}' => text.push_str("ff"),
        '\u{fb01}' => text.push_str("fi"),
        '\u{fb02}' => text.push_str("fl"),
        '\u{fb03}' => text.push_str("ffi"),
        '\u{fb04}' => text.push_str("ffl"),
        '\u{fb05}' | '\u{fb06}' => text.push_str("st"),
        // Bullets of the fonts Symbol and Wingdings.
        '\u{f0a7}' | '\u{f0b7}' | '\u{f0d8}' | '\u{f0fc}' | '\u{f076}' => text.push('•'),
        '\t' | '\n' | '\r' => text.push(' '),
        c if c.is_control() || ('\u{e000}'..='\u{f8ff}').contains(&c) || c == '\u{fffd}' => {}
        c => text.push(c),
    }
}

/// Quarter turns of a direction, `None` for slanted text: watermarks.
fn turn_of(x: f64, y: f64) -> Option<u8> {
    let flat = 0.05;
    match () {
        () if x > 0.0 && y.abs() <= x * flat => Some(0),
        () if y > 0.0 && x.abs() <= y * flat => Some(1),
        () if x < 0.0 && y.abs() <= -x * flat => Some(2),
        () if y < 0.0 && x.abs() <= -y * flat => Some(3),
        () => None,
    }
}

/// The place of a glyph on the page turned so that its text runs rightwards.
fn turned(origin: Point, turn: u8, width: f64, height: f64) -> (f64, f64) {
    match turn {
        1 => (origin.y, width - origin.x),
        2 => (width - origin.x, height - origin.y),
        3 => (height - origin.y, origin.x),
        _ => (origin.x, origin.y),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a place on the page, checked to lie on it"
)]
fn whole(value: f64) -> i64 {
    value.round() as i64
}
