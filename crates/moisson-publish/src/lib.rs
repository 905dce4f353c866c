//! Publish: what goes beside the shards, as text: the dataset card and the attribution file.
//!
//! Facts in, text out; nothing is read or counted here. Every name a user or a source gives is escaped, so that no title
//! can break a table, start a heading, inject HTML or leave the YAML front matter.

mod attribution;
mod card;
mod escape;
mod facts;
mod front_matter;
mod licences;

pub use attribution::{AttributionEntry, attribution};
pub use card::card;
pub use facts::{FamilyFacts, ReleaseFacts, SourceFacts, SplitFacts, Totals};
pub use front_matter::default_family;
pub use licences::{LicenceFacts, licence_facts};
