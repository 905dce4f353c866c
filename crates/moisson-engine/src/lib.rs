//! Runs plans: storage, fetching, reconcile, resume, parallelism and DataFusion.
//!
//! Only this crate does IO and starts threads. [`flow`] shows the whole path on one screen.

pub use moisson_core::Error;

mod assemble;
mod bands;
mod blobs;
pub mod clean;
pub mod clock;
#[cfg(feature = "cluster")]
pub mod cluster;
mod conditional;
mod contents;
pub mod control;
pub mod corpus;
pub mod crew;
pub mod decide;
pub mod dedup;
pub mod diff;
pub mod documents;
pub mod explain;
mod facts;
pub mod fetch;
pub mod flow;
pub mod forget;
pub mod forgotten;
mod gather;
pub mod groups;
pub mod ingest;
pub mod input;
pub mod known;
mod lease;
pub mod ledger;
pub mod licences;
pub mod location;
pub mod lock;
pub mod manifest;
pub mod optouts;
mod owed;
mod part_sink;
pub mod parts;
pub mod pipeline;
pub mod plan;
mod prove;
pub mod publish;
pub mod pulse;
pub mod query;
mod ranges;
pub mod reconcile;
mod scatter;
pub mod schema;
pub mod session;
pub mod shard;
mod shingles;
pub mod stage;
pub mod status;
pub mod steady;
pub mod store;
pub mod suggest;
pub mod table;
mod tables;
pub mod texts;
mod upload;
pub mod verify;
