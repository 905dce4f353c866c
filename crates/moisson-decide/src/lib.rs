//! Annotation columns to decisions: rules are data, presets are files.
//!
//! A rule holds one column against one bound and has a stable code, a sentence and a source. The presets of
//! `presets/*.toml` are lists of such rules; a pipeline overrides, adds and sets bounds per genre. The licence gate is
//! the one decision that is no such rule: it fails closed.
//!
//! No text is read here and no model is linked; a new threshold costs seconds.

pub mod columns;
pub mod config;
pub mod licence;
pub mod preset;
pub mod rule;
pub mod rule_set;

mod decide;
mod edits;
mod evaluate;
mod optout;
mod personal;
mod spans;

pub use config::{Override, RulesConfig};
pub use decide::{Outcome, decide};
pub use licence::LicenceGate;
pub use personal::{COLUMNS as PERSONAL_COLUMNS, edit_of, replace_personal};
pub use preset::{Preset, presets};
pub use rule::{Bound, Nulls, Rule, RuleEntry, Value};
pub use rule_set::{CompiledRule, Edits, RuleSet};

#[cfg(test)]
mod decide_tests;
#[cfg(test)]
mod rule_set_tests;
