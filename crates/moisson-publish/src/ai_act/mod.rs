//! The data part of the summary of training content (AI Act, article 53(1)(d)): a manifest, and pages in French and English.
//!
//! What was counted is filled in exactly. What a provider attests is taken from `[attestations]` alone and is
//! `to be provided` where nobody said it: no answer is inferred from the corpus.

mod manifest;
mod page;

pub use manifest::{ai_act_manifest, ai_act_yaml};
pub use page::ai_act_page;
