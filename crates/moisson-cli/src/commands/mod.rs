//! One function per command.

pub mod keep;
pub mod list;
pub mod look;
pub mod plan;
pub mod run;
