//! What the commands that look ask of the tombstones: whether an id was forgotten, never which ids were.

use serde::Serialize;

/// What may be told of a forgotten document: nothing that says which one it was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// Day on which it was forgotten, as the request gives it.
    pub when: String,
    /// On what basis: the legal ground as the request states it.
    pub basis: Option<String>,
}

/// Answers for ids that a reader already holds. The tombstones keep keyed hashes, so ids can be tried, not listed.
pub trait Forgotten: Send + Sync + std::fmt::Debug {
    /// What may be told of the document if it was forgotten.
    fn notice(&self, doc_id: &str) -> Option<Notice>;

    /// True if it was forgotten.
    fn covers(&self, doc_id: &str) -> bool {
        self.notice(doc_id).is_some()
    }
}
