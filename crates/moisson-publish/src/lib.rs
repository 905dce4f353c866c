//! Publish: what goes beside the shards, as text: the dataset card, the attribution file, and descriptions for catalogues,
//! dataspaces and the law.
//!
//! Facts in, text out; nothing is read or counted here. Every name a user or a source gives is escaped, so that no title
//! can break a table, start a heading, inject HTML, leave the YAML front matter or add a triple to a graph. [`FORMATS`]
//! lists what there is. Nothing here is legal advice.

mod ai_act;
mod attribution;
mod card;
mod columns;
mod croissant;
mod dataspace;
mod dcat;
mod documents;
mod escape;
mod facts;
mod front_matter;
mod licences;
mod odrl;
mod provenance;
mod publication;
mod rdf;
mod spdx;
mod terms;
#[cfg(test)]
mod tests;

pub use ai_act::{ai_act_manifest, ai_act_page, ai_act_yaml};
pub use attribution::{AttributionEntry, attribution, attribution_json};
pub use card::card;
pub use croissant::croissant;
pub use dataspace::{dsp_catalogue, edc_requests, prometheus_x_offering, prometheus_x_resource};
pub use dcat::{dcat_json_ld, dcat_turtle};
pub use documents::{FORMATS, File, Format};
pub use facts::{
    Acquisition, ColumnFacts, ColumnKind, FamilyFacts, PersonalFacts, ReleaseFacts, ShardFacts,
    SliceFacts, SourceFacts, SplitFacts, Totals, VerdictFacts,
};
pub use front_matter::default_family;
pub use licences::{LicenceFacts, licence_facts};
pub use odrl::odrl_offers;
pub use provenance::{prov_json, prov_turtle};
pub use publication::{Answer, Attestations, Publication};
pub use spdx::spdx_expressions;
