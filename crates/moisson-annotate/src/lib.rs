//! Documents to annotation columns: licence, language, quality, signatures.
//!
//! Annotators measure and never decide. Each is a family of columns with its name as prefix, row-aligned with the
//! documents; null means "not measurable", and a status says why.

pub mod language;
pub mod licence;
pub mod quality;
pub mod signature;
#[cfg(test)]
mod testing;

/// A family of annotations, for listings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Family {
    /// Name, and prefix of the columns.
    pub name: &'static str,
    /// What it measures, in one line.
    pub doc: &'static str,
    /// Names of its columns.
    pub columns: &'static [&'static str],
}

/// All families, in alphabetical order.
pub const FAMILIES: &[Family] = &[
    Family {
        name: "language",
        doc: "Languages of the text by paragraph, with shares and confidence.",
        columns: language::COLUMNS,
    },
    Family {
        name: "quality",
        doc: "The measurements behind the Gopher, FineWeb and C4 filters, in one pass over the text.",
        columns: quality::COLUMNS,
    },
    Family {
        name: "signature",
        doc: "MinHash bands that propose near-duplicates.",
        columns: signature::COLUMNS,
    },
];
