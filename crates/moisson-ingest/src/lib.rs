//! Source bytes to documents: readers, extraction, normalisation.
//!
//! The engine opens files and hands them over; [`container::read_file`] unpacks them as a stream, a
//! [`readers::Reader`] turns each member into documents, and [`finish::Finisher`] makes their text final.
//! Nothing here opens a file, starts a thread or looks at a clock.

#[cfg(test)]
mod acceptance;
pub mod alto;
pub mod container;
pub mod debats;
pub mod dila;
pub mod ead;
pub mod encoding;
mod epub;
pub mod eu;
pub mod fields;
pub mod finish;
mod flow;
pub mod html;
pub mod judilibre;
mod l10n;
pub mod markdown;
pub mod mets;
pub mod normalise;
mod oai;
mod ocr;
pub mod parliament;
mod pdf;
pub mod readers;
pub mod record;
pub mod redact;
pub mod reference;
mod roff;
#[cfg(test)]
mod samples;
pub mod service_public;
mod split;
pub mod tei;
#[cfg(test)]
pub mod testing;
mod warc;
mod wiki;
pub mod xml;

pub use container::{Include, ReadSeek, SourceFile, read_file};
pub use finish::{Defaults, Finisher};
pub use normalise::{NormaliseCounts, NormaliseParams, normalise};
pub use readers::{Member, READERS, Reader, ReaderEntry, TableReader, build};
