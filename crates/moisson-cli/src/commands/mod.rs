//! One function per command.

pub(crate) mod batch;
#[cfg(feature = "cluster")]
pub(crate) mod cluster;
pub(crate) mod crew;
pub(crate) mod diff;
pub(crate) mod fetch;
pub(crate) mod forget;
pub(crate) mod keep;
pub(crate) mod licences;
pub(crate) mod list;
pub(crate) mod look;
pub(crate) mod plan;
pub(crate) mod publish;
pub(crate) mod run;
mod shares;
pub(crate) mod status;
