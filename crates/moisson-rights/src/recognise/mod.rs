//! Recognition: what a statement names, by exact tables after folding.
//!
//! In order: a whole SPDX identifier; an SPDX expression; a data.gouv.fr slug; then the addresses in the statement and,
//! apart from them, its words. Words are looked up as a whole and then scanned for phrases, the longest first. A
//! compound or version that the tables do not hold (`CC-BY-NX`, `Licence Ouverte 3.0`) recognises nothing, and words
//! that restrict (`sauf`, `except`) make a statement ambiguous. Likeness never grants: it yields a suggestion at most.

mod address;
mod creative_commons;
mod expression;
mod outcome;
mod scope;
mod words;

pub use outcome::Outcome;
pub use scope::{Scoped, recognise_scoped};

use crate::catalogue::Target;
use crate::fold::{key, split_urls, tokens};
use crate::{Catalogue, Meaning};

/// Longest statement that is looked at, in bytes. A longer one is a text, not a statement, and recognises nothing.
pub const STATEMENT_BYTES_MAX: usize = 16 << 10;

/// One thing recognised in a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// Licences it names; several for an expression, or where the version is not said.
    pub ids: Vec<&'static str>,
    /// Which table or grammar recognised it, e.g. `spdx`, `url`, `phrase`.
    pub matcher: &'static str,
    /// The part of the statement that was recognised, verbatim for addresses and whole statements, else folded.
    pub statement: String,
    /// What it says.
    pub meaning: Meaning,
}

impl Match {
    fn new(matcher: &'static str, statement: impl Into<String>, meaning: Meaning) -> Self {
        let ids = meaning
            .licences()
            .into_iter()
            .map(|licence| licence.id.as_str())
            .collect();
        Self {
            ids,
            matcher,
            statement: statement.into(),
            meaning,
        }
    }
}

/// All that was found in a statement.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recognition {
    /// Licences, in the order in which they stand.
    pub matches: Vec<Match>,
    /// Phrases that look like a licence and grant nothing, e.g. `libre de droits`.
    pub not_licences: Vec<String>,
    /// Words that restrict what stands beside them.
    pub restrictions: Vec<String>,
    /// What looks like a licence and is not in the catalogue.
    pub unrecognised: Vec<String>,
    /// Observations that change nothing, e.g. the jurisdiction of a ported licence.
    pub notes: Vec<String>,
    /// A licence with nearly this name. A hint to a person, never a grant.
    pub suggestion: Option<String>,
}

impl Recognition {
    /// True if nothing at all was recognised: neither a licence nor a phrase known to be none.
    pub fn is_blank(&self) -> bool {
        self.matches.is_empty() && self.not_licences.is_empty() && self.restrictions.is_empty()
    }
}

/// Recognises the licences named in `text`.
///
/// Linear in the bytes of `text`, apart from the suggestion, which is looked for only where nothing was found.
pub fn recognise(catalogue: &'static Catalogue, text: &str) -> Recognition {
    let mut found = Recognition::default();
    let statement = text.trim();
    if statement.is_empty() {
        return found;
    }
    if statement.len() > STATEMENT_BYTES_MAX {
        found
            .unrecognised
            .push(format!("a text of {} bytes", statement.len()));
        return found;
    }
    if whole(catalogue, statement, &mut found) {
        return found;
    }
    let (urls, label) = split_urls(statement);
    for url in &urls {
        address::recognise(catalogue, url, &mut found);
    }
    let label = label.trim();
    if urls.is_empty() || !expression::recognise(catalogue, label, &mut found) {
        words::recognise(catalogue, label, &mut found);
    }
    if found.matches.is_empty() {
        found.suggestion = catalogue.suggestion(&key(&tokens(label)));
    }
    found
}

/// Looks the whole statement up: identifier, expression, slug.
fn whole(catalogue: &'static Catalogue, statement: &str, found: &mut Recognition) -> bool {
    if let Some(meaning) = catalogue
        .position(statement)
        .and_then(|position| catalogue.meaning(&[position]))
    {
        found.matches.push(Match::new("spdx", statement, meaning));
        return true;
    }
    if expression::recognise(catalogue, statement, found) {
        return true;
    }
    let slug = catalogue.tables.slugs.get(&statement.to_lowercase());
    if let Some(Target::Licences(positions)) = slug
        && let Some(meaning) = catalogue.meaning(positions)
    {
        found
            .matches
            .push(Match::new("data-gouv-slug", statement, meaning));
        return true;
    }
    false
}
