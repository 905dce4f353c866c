//! PDF to plain text: glyphs with their places, then words, lines, columns, paragraphs.
//!
//! Parsing and fonts are hayro's; what is text, in which order, and what is furniture of the page is decided here. The
//! steps are modules: [`bounds`] what a file may ask of us, [`glyphs`] a page's characters and places, [`lines`] runs
//! of glyphs on one baseline, [`layout`] columns and reading order, [`furniture`] running heads and folios,
//! [`paragraphs`] lines joined to text, [`info`] what the file says of itself.

mod bounds;
mod furniture;
mod glyphs;
mod info;
mod layout;
mod lines;
mod paragraphs;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};

use hayro_interpret::hayro_syntax::{LoadPdfError, Pdf};
use moisson_core::{Limits, reason};

pub(crate) use info::Info;
use layout::Line;

/// What was read from a PDF.
#[derive(Debug)]
pub(crate) struct Extract {
    /// Text of each page, or of the whole file as the only one.
    pub(crate) texts: Vec<String>,
    /// Number of pages.
    pub(crate) pages: usize,
    /// Pages without a single character.
    pub(crate) pages_without_text: usize,
    /// Glyphs whose font does not say which character they are.
    pub(crate) unmapped_glyphs: u64,
    /// The mark of the end is missing: the file was cut.
    pub(crate) is_cut: bool,
    /// What the file says of itself.
    pub(crate) info: Info,
}

/// Reason code and detail of a file that is not read.
pub(crate) type Refusal = (&'static str, Option<String>);

/// A page as lines in reading order, with its size in points.
#[derive(Debug, Default)]
struct PageLines {
    lines: Vec<Line>,
    height: f64,
}

/// Reads a PDF; `by_page` keeps the text of each page apart.
///
/// hayro is meant never to panic, and it is young: a panic inside is taken for a broken file, since one bad PDF among
/// a million must not end a run. What unwinding does not catch, a stack overflow, is bounded in [`glyphs`]: nothing of
/// the file that hayro would follow recursively (forms, colour spaces, functions, patterns) is handed to it.
pub(crate) fn extract(bytes: Vec<u8>, by_page: bool, limits: &Limits) -> Result<Extract, Refusal> {
    bounds::expansion(&bytes, limits)?;
    catch_unwind(AssertUnwindSafe(|| read(bytes, by_page, limits))).unwrap_or_else(|payload| {
        Err(if payload.is::<glyphs::TooManyGlyphs>() {
            let detail = "a page holds too many characters".to_owned();
            (reason::EXTRACT_TOO_LARGE, Some(detail))
        } else {
            let detail = "the PDF library gave up on it".to_owned();
            (reason::EXTRACT_MALFORMED_PDF, Some(detail))
        })
    })
}

fn read(bytes: Vec<u8>, by_page: bool, limits: &Limits) -> Result<Extract, Refusal> {
    let is_cut = !has_end(&bytes);
    let pdf = Pdf::new(bytes).map_err(|error| {
        let detail = match error {
            LoadPdfError::Decryption(error) => format!("is encrypted: {error:?}"),
            LoadPdfError::Invalid => "has no pages that can be found".to_owned(),
        };
        (reason::EXTRACT_MALFORMED_PDF, Some(detail))
    })?;
    let mut budget = bounds::Budget::new(limits);
    let mut reader = glyphs::PageReader::new(&pdf);
    let (mut pages, mut pages_without_text) = (Vec::new(), 0);
    for page in pdf.pages().iter() {
        let glyphs = reader.read(page, &mut budget)?;
        let lines = layout::lines(&glyphs);
        pages_without_text += usize::from(lines.is_empty());
        pages.push(PageLines {
            lines,
            height: glyphs.height,
        });
    }
    furniture::remove(&mut pages);
    let texts = if by_page {
        pages.chunks(1).map(paragraphs::text).collect()
    } else {
        vec![paragraphs::text(&pages)]
    };
    Ok(Extract {
        texts,
        pages: pages.len(),
        pages_without_text,
        unmapped_glyphs: reader.unmapped,
        is_cut,
        info: info::read(&pdf, &mut budget, limits),
    })
}

/// True if `%%EOF` stands near the end, where a file has it that is whole.
fn has_end(bytes: &[u8]) -> bool {
    let tail = bytes
        .get(bytes.len().saturating_sub(2048)..)
        .unwrap_or_default();
    memchr::memmem::find(tail, b"%%EOF").is_some()
}
