//! Personal data: its classes, what is done with each by kind and age of a text, and what takes its place.
//!
//! Finding it in texts is the annotator's (`moisson-annotate`, family `pii`); here is policy as data
//! (`profiles.toml`), the keys of identifiers, and fictions that can belong to nobody.

mod action;
mod class;
mod config;
mod fiction;
pub mod keys;
mod profile;

pub use action::{Action, Switch};
pub use class::Class;
pub use config::PersonalConfig;
pub use fiction::{fiction, is_fictional_name, is_reserved_phone};
pub use profile::{Names, Profile, Profiles, Why};
