//! Opt-outs: what publishers say of the mining of their texts and of training on them, and what follows from it.
//!
//! Readers and harvests note what they see as [`Mark`]s, sites say more in files of their own ([`Site`]), and [`fold`]
//! makes one [`Verdict`] of it all, with every [`Signal`] kept. An opt-out is a veto besides the licence: that there is
//! none permits nothing.
//!
//! The protocols: `TDMRep` (W3C Community Group report of 10 May 2024), robots.txt (RFC 9309) for agents that gather
//! training data, `X-Robots-Tag` and `meta robots` with `noai`, Spawning's `ai.txt`, `Content-Usage` of the IETF working
//! group AIPREF (drafts), and terms of use as somebody read them.

mod agents;
mod ai_txt;
mod config;
mod directives;
mod fold;
mod mark;
mod robots;
mod site;
mod structured;
mod tdmrep;
mod usage;

pub use agents::{Agent, agents};
pub use config::{Acquisition, NoRobots, OptOutConfig, Protocol, TermsVerdict};
pub use fold::{Facts, Outcome, Signal, Verdict, explanation, fold};
pub use mark::{Kind, Mark, Seen};
pub use site::{ReadSite, Site, SiteFile, SiteFileKind, SiteFileState, Sites, split_address};
pub use structured::{Bare, Dictionary, dictionary};
pub use tdmrep::{Reservation, TdmRule, TdmRules};
pub use usage::reserves as usage_reserves;
