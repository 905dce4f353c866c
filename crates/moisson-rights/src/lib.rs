//! Rights: which licence a statement names, what it allows, and what it asks for in return.
//!
//! The licences are data ([`Catalogue`], `catalogue.toml`). [`recognise`] finds them in a statement by exact tables
//! after folding, never by likeness. [`resolve`] weighs the statements about a document in two layers (the work, the
//! terms of the site) and fails closed: what is not recognised is [`VerdictStatus::Unknown`] and enters no release.

mod catalogue;
mod config;
mod fold;
mod gate;
mod licence;
mod obligations;
mod recognise;
pub mod robots;
mod statement;
mod suggest;
mod tier;
mod verdict;

pub use catalogue::{Catalogue, Group};
pub use config::LicenceConfig;
pub use gate::{Gate, Meaning, Unresolved};
pub use licence::{Attribution, Commercial, Covers, Family, Licence, ShareAlike};
pub use obligations::attribution_line;
pub use recognise::{Match, Outcome, Recognition, STATEMENT_BYTES_MAX, recognise};
pub use statement::{Evidence, Layer, Scope, Statement};
pub use tier::Tier;
pub use verdict::{Decisive, Verdict, VerdictStatus, resolve};
