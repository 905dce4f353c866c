//! Tables of contents: which records, in which order, make up a whole (a text of law, an issue of a newspaper).
//!
//! Pieces are read wherever they lie and in any order; they meet in reconcile, which assembles the wholes.

use serde::{Deserialize, Serialize};

use crate::{Date, Document};

/// What one record says of a whole, or of a section of one. Several records may speak of one key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contents {
    /// Key of the whole or section inside the source.
    pub key: String,
    /// The whole as a document, where this record describes it; its text comes before the pieces and may be empty.
    pub whole: Option<Box<Document>>,
    /// Its pieces and sections in reading order; empty where another record lists them.
    pub entries: Vec<Entry>,
    /// Where it was said.
    pub raw_uri: String,
    /// Order in time of records of one key, see [`Document::sequence`].
    pub sequence: i64,
}

/// One line of a table of contents.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Entry {
    /// Key of a document (a piece) or of other contents (a section).
    pub key: String,
    /// Line written above it: `Chapitre Ier`, `Article L. 1`.
    pub heading: Option<String>,
    /// First day it is part of the whole; `None` for always.
    pub from: Option<Date>,
    /// First day it no longer is; `None` for always.
    pub to: Option<Date>,
}

/// How the wholes of a source are assembled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Assembly {
    /// Only what is in force on this day; `None` for every entry.
    pub on: Option<Date>,
    /// What stands between two pieces.
    pub joint: Joint,
}

/// What stands between two pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Joint {
    /// A blank line: articles, chapters.
    #[default]
    Paragraph,
    /// A line end, or a space where a sentence goes on: pages.
    Flowing,
}

impl Entry {
    /// True if it is part of the whole on this day.
    pub fn holds(&self, on: Option<Date>) -> bool {
        on.is_none_or(|on| {
            self.from.is_none_or(|from| from <= on) && self.to.is_none_or(|to| on < to)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Entry;
    use crate::Date;

    #[test]
    fn entries_hold_from_their_first_day_to_before_their_last() {
        let day = |text: &str| Date::parse(text);
        let check = |from: &str, to: &str, on: &str, expected: bool| {
            let entry = Entry {
                from: day(from),
                to: day(to),
                ..Entry::default()
            };
            assert_eq!(entry.holds(day(on)), expected, "{from} {to} {on}");
        };
        check("", "", "2020-01-01", true);
        check("2020-01-01", "", "2020-01-01", true);
        check("2020-01-02", "", "2020-01-01", false);
        check("", "2020-01-01", "2020-01-01", false);
        check("", "2020-01-02", "2020-01-01", true);
        check("2020-01-02", "2020-01-01", "", true);
    }
}
