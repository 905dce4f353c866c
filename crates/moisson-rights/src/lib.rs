//! Rights: which licence a statement names, what it allows, and what it asks for in return.
//!
//! The licences are data ([`Catalogue`], `catalogue.toml`). [`recognise`] finds them in a statement by exact tables
//! after folding, never by likeness. [`resolve`] weighs the statements about a document in two layers (the work, the
//! terms of the site) and fails closed: what is not recognised is [`VerdictStatus::Unknown`] and enters no release.
//! People decide what no table can ([`HumanVerdict`]), and [`Obligation`] says what is owed for what is released.

mod attribution;
mod catalogue;
mod config;
pub mod explain;
mod fold;
mod gate;
mod human;
mod lang;
mod licence;
mod obligation;
pub mod optout;
mod page;
pub mod personal;
mod recognise;
pub mod robots;
mod statement;
mod suggest;
mod texts;
mod tier;
mod verdict;

pub use attribution::attribution_line;
pub use catalogue::{Catalogue, Group};
pub use config::LicenceConfig;
pub use gate::{Gate, Meaning, Unresolved};
pub use human::{HumanVerdict, Rulings, TermsOfUse, as_of, check_sources, parse_rights, validate};
pub use lang::Lang;
pub use licence::{Attribution, Commercial, Covers, Family, Licence, ShareAlike};
pub use obligation::Obligation;
pub use page::licence_page;
pub use recognise::{
    Match, Outcome, Recognition, STATEMENT_BYTES_MAX, Scoped, recognise, recognise_scoped,
};
pub use statement::{Evidence, Layer, Scope, Statement};
pub use texts::published_text;
pub use tier::Tier;
pub use verdict::{Decisive, Verdict, VerdictStatus, resolve};
