//! Source bytes to documents: readers, extraction, normalisation.
//!
//! The engine opens files and hands them over; [`container::read_file`] unpacks them as a stream, a
//! [`readers::Reader`] turns each member into documents, and [`finish::Finisher`] makes their text final.
//! Nothing here opens a file, starts a thread or looks at a clock.

pub mod alto;
pub mod container;
pub mod debats;
pub mod dila;
pub mod ead;
pub mod encoding;
pub mod eu;
mod epub;
pub mod fields;
pub mod finish;
mod flow;
pub mod html;
pub mod judilibre;
mod l10n;
pub mod markdown;
pub mod mets;
pub mod normalise;
mod ocr;
mod pdf;
mod oai;
pub mod parliament;
pub mod readers;
pub mod record;
pub mod reference;
mod roff;
#[cfg(test)]
mod samples;
pub mod tei;
mod split;
pub mod service_public;
#[cfg(test)]
pub mod testing;
mod warc;
mod wiki;
pub mod xml;

pub use container::{Include, ReadSeek, SourceFile, read_file};
pub use finish::{Defaults, Finisher};
pub use normalise::{NormaliseCounts, NormaliseParams, normalise};
pub use readers::{Member, READERS, Reader, ReaderEntry, TableReader, build};
