//! Survivors to shards: which file a document goes to, and the Parquet files themselves.
//!
//! [`layout`] assigns documents to buckets and splits from hashes alone, [`release`] makes the rows a training job
//! loads, [`mod@file`] writes and reads tables as Parquet bytes. Besides the engine this is the only crate with Parquet
//! in it. Nothing here touches a disk: bytes in, bytes out. [`edited`] makes the texts, [`tally`] counts the rows.

pub mod edited;
pub mod file;
pub mod layout;
pub mod relayout;
pub mod release;
pub mod tally;

mod bits;
mod read;
mod size;
mod write;

#[cfg(test)]
mod file_tests;
#[cfg(test)]
mod layout_tests;
