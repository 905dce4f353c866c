//! Where readers put what they read: the one seam between the readers and the engine.

use crate::{Contents, Document, Result};

/// A record or file that could not be read: data, not an error.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fault {
    /// Stable code, one of [`crate::reason`], e.g. `extract/malformed-json`.
    pub reason: &'static str,
    /// True if the fault is of a whole file (what was read before it is kept) and not of one record.
    pub whole_file: bool,
    /// Where: `path`, `archive!member`.
    pub raw_uri: String,
    /// Byte offset or record number in that file, where known.
    pub raw_offset: Option<u64>,
    /// Measured value, e.g. the size.
    pub observed: Option<String>,
    /// Limit it was held against.
    pub threshold: Option<String>,
    /// What the parser said.
    pub detail: Option<String>,
}

impl Fault {
    /// The fault of a record: why, where, and what the parser said.
    pub fn new(reason: &'static str, raw_uri: &str, detail: impl Into<String>) -> Self {
        Self {
            reason,
            raw_uri: raw_uri.to_owned(),
            detail: Some(detail.into()),
            ..Self::default()
        }
    }
}

/// A record that says that an earlier one is withdrawn (OAI deleted, `liste_suppression`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tombstone {
    /// Key of the withdrawn document, without its source.
    pub key: String,
    /// Where it was said.
    pub raw_uri: String,
    /// Order in time; withdraws only records with a sequence at or below this one. See [`Document::sequence`].
    pub sequence: i64,
}

/// Receives what a reader finds.
///
/// A reader calls [`Sink::begin_record`] once for each raw record (line, row, member, file), then any number of the
/// others. A record that yields nothing at all was empty of text by design (a table of contents, say).
/// Parts are cut between records only, so a record's documents always stay together.
pub trait Sink {
    /// Announces the next raw record. Returns false where it is already committed and need not be parsed.
    ///
    /// # Errors
    /// [`crate::Error::Interrupted`] when the run is to stop, or what failed while a part was committed.
    fn begin_record(&mut self) -> Result<bool>;

    /// Takes one document of the current record.
    ///
    /// # Errors
    /// As [`Sink::begin_record`].
    fn document(&mut self, document: Document) -> Result<()>;

    /// Takes one fault: of the current record, or of the file.
    ///
    /// # Errors
    /// As [`Sink::begin_record`].
    fn fault(&mut self, fault: Fault) -> Result<()>;

    /// Takes one withdrawal.
    ///
    /// # Errors
    /// As [`Sink::begin_record`].
    fn tombstone(&mut self, tombstone: Tombstone) -> Result<()>;

    /// Takes one table of contents; only a reader that assembles has any.
    ///
    /// # Errors
    /// As [`Sink::begin_record`].
    fn contents(&mut self, contents: Contents) -> Result<()>;
}
