//! Remote sources to a mirror: politely, resumably, and only what changed.
//!
//! A [`Harvester`] knows one protocol. It asks through the [`Client`], which keeps to one polite budget per host, and
//! leaves every object in the [`Mirror`] under a stable name with its [`Receipt`]: data first, receipt last. What has a
//! receipt is not fetched again unless the server says that it changed. A harvest may be killed at any time: transfers
//! under way are files of the machine, and the next harvest goes on with them. Nothing here opens a file of the output, reads
//! the environment or looks at a clock: the engine hands all of these over.

pub mod client;
pub mod config;
pub mod data_gouv;
pub mod file;
pub mod hal;
pub mod judilibre;
pub mod listing;
pub mod mirror;
pub mod naming;
pub mod oai;
mod pages;
pub mod progress;
pub mod receipt;
pub mod sites;
#[cfg(test)]
mod testing;
pub mod transfer;

pub use client::{Client, ClientConfig, Request, Response};
pub use config::FetchConfig;
pub use mirror::Mirror;
pub use receipt::{Acquisition, Receipt};

use moisson_core::Result;

/// What a harvest is about and what it may use.
pub struct Harvest<'a> {
    /// Name of the source: first segment of every name in the mirror.
    pub source: &'a str,
    /// Addresses the pipeline gives in `at`.
    pub at: &'a [String],
    /// The client, shared by all harvests of a run.
    pub client: &'a Client,
    /// Where objects and receipts go.
    pub mirror: &'a dyn Mirror,
    /// Told what happens; returns an error when the run is to stop.
    pub watch: &'a dyn Watch,
}

impl std::fmt::Debug for Harvest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Harvest")
            .field("source", &self.source)
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}

/// Watches harvests. Called often enough that a stop takes seconds.
pub trait Watch: Send + Sync {
    /// Returns [`moisson_core::Error::Interrupted`] when the run is to stop.
    ///
    /// # Errors
    /// [`moisson_core::Error::Interrupted`].
    fn check(&self) -> Result<()>;

    /// Some bytes came in.
    fn received(&self, bytes: u64);

    /// Something the user should know that stops nothing.
    fn warn(&self, message: &str);
}

/// What a harvest did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Summary {
    /// Objects fetched because they were new or had changed.
    pub fetched: u64,
    /// Objects the server confirmed, or that needed no question.
    pub unchanged: u64,
    /// Objects that could not be had; `failures/SOURCE.json` in the mirror says why (see [`progress::Failure`]).
    pub failed: u64,
    /// Bytes received.
    pub bytes: u64,
}

/// One protocol: how its objects are found, named and kept up to date.
pub trait Harvester: Send + Sync {
    /// Mirrors what is new. Killed at any time, the next call goes on.
    ///
    /// # Errors
    /// [`moisson_core::Error::Config`] for an address or setting that cannot be used;
    /// [`moisson_core::Error::Store`] if the mirror cannot be written or a server stays unreachable;
    /// [`moisson_core::Error::Interrupted`] on request.
    fn harvest(&self, harvest: &Harvest<'_>) -> Result<Summary>;
}
