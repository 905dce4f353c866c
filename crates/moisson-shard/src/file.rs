//! Tables as Parquet bytes.

pub use crate::read::{Batches, read, read_as, read_rows};
pub use crate::write::{TableWriter, WriteOptions, Written, row_group_bytes_for, sha256_hex};

/// Footer key of the table's schema version, in decimal.
pub const SCHEMA_VERSION_KEY: &str = "moisson.schema_version";
/// Footer key of the content digest, in hexadecimal.
pub const CONTENT_DIGEST_KEY: &str = "moisson.content_digest";
/// What the footer names as the writer. It holds no version, so that a new build writes the same bytes.
pub const CREATED_BY: &str = "moisson";
