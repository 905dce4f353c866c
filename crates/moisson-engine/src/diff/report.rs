//! A difference as data: a stable JSON object, and what the command line tells from.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::licences::Amount;
use crate::session::Session;
use crate::tables::Output;

/// What changed between two releases.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diff {
    /// The earlier release.
    pub before: Side,
    /// The later one.
    pub after: Side,
    /// Documents that are the same in both.
    pub unchanged: u64,
    /// Documents that only the later one has.
    pub added: Amount,
    /// Documents that only the earlier one has, those forgotten included.
    pub removed: Amount,
    /// Of those removed, the ones that the later output was asked to forget.
    pub forgotten: u64,
    /// Documents of both that differ.
    pub changed: Changes,
    /// By source; sources without a change are left out.
    pub sources: BTreeMap<String, Flow>,
    /// By licence: of changed documents, the later one; licences without a change are left out.
    pub licences: BTreeMap<String, Flow>,
    /// From which licence to which.
    pub relicensed: Vec<Relicensed>,
    /// Why documents are there that were not: the reason for which the earlier release left them out, or `diff/new`.
    pub added_because: Vec<Because>,
    /// Why documents are gone: the reason in the later ledger, or `diff/not-in-inputs`.
    pub removed_because: Vec<Because>,
    /// Ids of what changed, where they were asked for. Those of forgotten documents are never among them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ids: Option<Vec<Listed>>,
    /// Ids that are not listed because there are too many.
    pub ids_left_out: u64,
}

/// One of the two releases.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Side {
    /// Where the output is.
    pub out: String,
    /// Name of the release.
    pub name: String,
    /// False where an alarm keeps it staged.
    pub published: bool,
    /// Digest by which it can be cited.
    pub content_digest: String,
    /// Released documents.
    pub documents: u64,
    /// Bytes of released text.
    pub text_bytes: u64,
}

/// What happened to the documents of a source or under a licence.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Flow {
    /// Added.
    pub added: Amount,
    /// Removed.
    pub removed: Amount,
    /// Changed.
    pub changed: Changes,
    /// Came from another licence.
    pub joined: u64,
    /// Went to another licence.
    pub left: u64,
}

/// Documents that are in both releases and differ. A document may differ in several ways.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Changes {
    /// Documents.
    pub documents: u64,
    /// In their text as released.
    pub text: u64,
    /// In their text as released though not in that of the source: other passages were cut or replaced.
    pub text_by_edits: u64,
    /// In their licence, or in what it rests on.
    pub licence: u64,
    /// In title, address, dates, attribution or another column.
    pub metadata: u64,
    /// Bytes of their text, before.
    pub text_bytes_before: u64,
    /// Bytes of their text, after.
    pub text_bytes_after: u64,
}

/// Documents that went from one licence to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Relicensed {
    /// Their source.
    pub source: String,
    /// SPDX expression before.
    pub from: String,
    /// SPDX expression after.
    pub to: String,
    /// Their number.
    pub documents: u64,
}

/// Documents of a source that were added or removed for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Because {
    /// Reason code.
    pub reason: String,
    /// Their source.
    pub source: String,
    /// How much.
    #[serde(flatten)]
    pub amount: Amount,
}

/// A document that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// Its id.
    pub doc_id: String,
    /// `added`, `removed` or `changed`.
    pub change: String,
    /// In what it changed: `text`, `licence`, `metadata`.
    pub what: Vec<&'static str>,
    /// Why it was added or removed.
    pub reason: Option<String>,
    /// SPDX expression before.
    pub licence_before: Option<String>,
    /// SPDX expression after.
    pub licence_after: Option<String>,
}

impl Side {
    pub(super) fn of(session: &Session, output: &Output<'_>) -> Self {
        let manifest = &output.manifest;
        Self {
            out: session.store().display().to_owned(),
            name: manifest.name.clone(),
            published: output.published,
            content_digest: manifest.content_digest.to_hex(),
            documents: manifest.shards.iter().map(|shard| shard.rows).sum(),
            text_bytes: manifest.shards.iter().map(|shard| shard.text_bytes).sum(),
        }
    }
}
