//! Answers of the Judilibre API as a harvester keeps them: pages of decisions, single decisions, logs of deletions.
//!
//! Fields: the `OpenAPI` description of Judilibre 1.2, <https://github.com/Cour-de-cassation/judilibre-search>; domain
//! notes, section 5.3.

pub mod decision;
pub mod pages;
#[cfg(test)]
mod tests;
pub mod zones;
