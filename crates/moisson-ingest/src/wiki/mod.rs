//! `MediaWiki`: pages of a dump, and wikitext to plain text.

pub(crate) mod lines;
pub(crate) mod names;
pub(crate) mod page;
mod quotes;
mod scan;
mod tables;
mod tags;
mod templates;
#[cfg(test)]
mod tests;

pub(crate) use scan::{Settings, Tables, plain_text};

/// Characters that stand for something between the two passes; none of them is allowed in XML.
mod mark {
    /// A line end that counts (`<br>`, verse).
    pub(super) const BREAK: char = '\u{1}';
    /// The place where something was left out.
    pub(super) const LEFT_OUT: char = '\u{2}';
    /// An apostrophe that is no markup.
    pub(super) const APOSTROPHE: char = '\u{3}';
    /// Before a line that is no markup although it looks like it.
    pub(super) const GUARD: char = '\u{4}';

    pub(super) fn is_mark(c: char) -> bool {
        (BREAK..=GUARD).contains(&c)
    }
}
