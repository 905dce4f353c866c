//! The nouns of moisson: documents, annotations, decisions, manifests, digests, spans and errors.
//!
//! Everything here is data. Nothing reads a file, opens a socket, starts a thread or looks at a clock, so every
//! other crate may depend on this one and none of them is surprised by it.

pub mod column;
pub mod contents;
pub mod date;
pub mod decision;
pub mod digest;
pub mod document;
pub mod error;
pub mod limits;
pub mod manifest;
pub mod reason;
pub mod redact;
pub mod sink;
pub mod span;

pub use column::TextColumn;
pub use contents::{Assembly, Contents, Entry, Joint};
pub use date::Date;
pub use decision::{Decision, Decisions, Effect, Unit};
pub use digest::{ContentHasher, Digest, KeyHasher};
pub use document::{Document, Documents, Key};
pub use error::{Error, Result};
pub use limits::Limits;
pub use manifest::PartManifest;
pub use redact::redact;
pub use sink::{Fault, Sink, Tombstone};
pub use span::{Edit, Span, With};

/// Version of every table's schema, written in Parquet footers and manifests.
pub const SCHEMA_VERSION: u32 = 1;

/// The annotation contract: a batch of documents in, the same number of rows of measurements out.
///
/// Annotators measure and never decide: a null means "not measurable". They are cheap to call on any cut of the
/// documents: `annotate(a ++ b) == annotate(a) ++ annotate(b)`.
pub trait Annotator: Send + Sync {
    /// Name of the family, also the prefix of its columns: `licence`, `language`, `quality`, `signature`.
    fn family(&self) -> &'static str;

    /// Integer version, bumped whenever an output changes for the same input.
    fn version(&self) -> u32;

    /// Digest of the parameters and model files; part of the key of every annotated part.
    fn parameters(&self) -> Digest;

    /// Schema of the produced columns.
    fn schema(&self) -> arrow::datatypes::SchemaRef;

    /// Measures `documents` (schema [`document::schema`]), n rows in, n rows out.
    ///
    /// # Errors
    /// [`Error::Internal`] if a column of the documents schema is missing.
    fn annotate(&self, documents: &arrow::array::RecordBatch) -> Result<arrow::array::RecordBatch>;
}
