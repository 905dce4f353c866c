//! Diff: what changed between two releases, for a release note.
//!
//! Shards with the same content on both sides are passed over, and of the others only narrow columns are read (ids, digests,
//! licences, metadata), never text: the cost is that of the shards that differ, and of the ledgers of both where documents
//! were added or removed. Rows meet in sort-merge joins that spill, so memory stays within the budget; `--list` has the join
//! made twice.

mod report;
mod sql;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use moisson_core::reason::RIGHTS_FORGOTTEN;
use moisson_core::{Digest, Error, Result};
use serde::Deserialize;

pub use report::{Because, Changes, Diff, Flow, Listed, Relicensed, Side};

use crate::forgotten::Forgotten;
use crate::licences::Amount;
use crate::session::Session;
use crate::tables::{self, Output};

/// Reason of a removed document that the ledger of the later release does not know.
pub const NOT_IN_INPUTS: &str = "diff/not-in-inputs";
/// Reason of an added document that the ledger of the earlier release does not know.
pub const NEW: &str = "diff/new";

/// Compares the release of `before` with that of `after`.
///
/// `forgotten` are the tombstones of the later output: a document that they cover is counted, and its id is never told, not
/// even where the earlier output still holds it. `ids_max` is how many ids are listed; `None` lists none.
///
/// # Errors
/// [`Error::Config`] if either holds no release; [`Error::Store`] if one is damaged or scratch is full.
pub fn run(
    before: &Session,
    after: &Session,
    forgotten: Arc<dyn Forgotten>,
    ids_max: Option<usize>,
) -> Result<Diff> {
    let context = after.context()?;
    sql::prepare(after, &context, forgotten)?;
    let (a, b) = (
        Output::open(before, "before", &context)?,
        Output::open(after, "after", &context)?,
    );
    let digests = |output: &Output<'_>| -> BTreeSet<Digest> {
        let shards = output.manifest.shards.iter();
        shards.map(|shard| shard.content_digest).collect()
    };
    let (in_a, in_b) = (digests(&a), digests(&b));
    let in_both = |digest: &Digest| in_a.contains(digest) && in_b.contains(digest);
    let untouched = a.manifest.shards.iter();
    let untouched = untouched.filter(|shard| in_both(&shard.content_digest));
    let untouched: u64 = untouched.map(|shard| shard.rows).sum();
    let wanted = |shard: &crate::manifest::ShardEntry| !in_both(&shard.content_digest);
    let joined = sql::Joined {
        before: a.release(&context, "a", &wanted)?,
        after: b.release(&context, "b", &wanted)?,
    };
    a.ledger(&context, "ledger_a")?;
    b.ledger(&context, "ledger_b")?;
    sql::register_fingerprint(&context, joined.compared().len());
    let rows: Vec<Row> = tables::select(after, &context, &joined.grouped())?;
    let mut diff = Diff::new(Side::of(before, &a), Side::of(after, &b));
    diff.unchanged = untouched;
    for row in &rows {
        diff.count(row)?;
    }
    if let Some(ids_max) = ids_max {
        list(&mut diff, after, &context, &joined, ids_max)?;
    }
    Ok(diff)
}

/// Documents that changed in the same way.
#[derive(Debug, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the columns of the query: a document may differ in several ways"
)]
struct Row {
    change: String,
    source: String,
    licence_before: Option<String>,
    licence_after: Option<String>,
    text: bool,
    text_by_edits: bool,
    licence: bool,
    metadata: bool,
    reason: Option<String>,
    documents: u64,
    bytes_before: Option<u64>,
    bytes_after: Option<u64>,
    tokens_before: Option<u64>,
    tokens_after: Option<u64>,
}

impl Row {
    fn before(&self) -> Amount {
        Amount {
            documents: self.documents,
            text_bytes: self.bytes_before.unwrap_or_default(),
            tokens: self.tokens_before,
        }
    }

    fn after(&self) -> Amount {
        Amount {
            documents: self.documents,
            text_bytes: self.bytes_after.unwrap_or_default(),
            tokens: self.tokens_after,
        }
    }
}

impl Diff {
    fn count(&mut self, row: &Row) -> Result<()> {
        if row.change == "same" {
            self.unchanged += row.documents;
            return Ok(());
        }
        let source = self.sources.entry(row.source.clone()).or_default();
        let mut flow = |licence: &Option<String>, of: &dyn Fn(&mut Flow)| {
            if let Some(licence) = licence {
                of(self.licences.entry(licence.clone()).or_default());
            }
        };
        match row.change.as_str() {
            "added" => {
                let (amount, reason) = (row.after(), row.reason.as_deref().unwrap_or(NEW));
                self.added += amount;
                source.added += amount;
                flow(&row.licence_after, &|flow| flow.added += amount);
                because(&mut self.added_because, reason, &row.source, amount);
            }
            "removed" => {
                let amount = row.before();
                let reason = row.reason.as_deref().unwrap_or(NOT_IN_INPUTS);
                self.removed += amount;
                source.removed += amount;
                flow(&row.licence_before, &|flow| flow.removed += amount);
                because(&mut self.removed_because, reason, &row.source, amount);
                if reason == RIGHTS_FORGOTTEN {
                    self.forgotten += row.documents;
                }
            }
            "changed" => {
                self.changed.count(row);
                source.changed.count(row);
                flow(&row.licence_after, &|flow| flow.changed.count(row));
                if row.licence && row.licence_before != row.licence_after {
                    self.relicensed.push(Relicensed {
                        source: row.source.clone(),
                        from: row.licence_before.clone().unwrap_or_default(),
                        to: row.licence_after.clone().unwrap_or_default(),
                        documents: row.documents,
                    });
                    flow(&row.licence_before, &|flow| flow.left += row.documents);
                    flow(&row.licence_after, &|flow| flow.joined += row.documents);
                }
            }
            other => return Err(Error::internal(format!("no change `{other}` is known"))),
        }
        Ok(())
    }
}

impl Changes {
    fn count(&mut self, row: &Row) {
        let number = |counts: bool| if counts { row.documents } else { 0 };
        self.documents += row.documents;
        self.text += number(row.text);
        self.text_by_edits += number(row.text_by_edits);
        self.licence += number(row.licence);
        self.metadata += number(row.metadata);
        self.text_bytes_before += row.before().text_bytes;
        self.text_bytes_after += row.after().text_bytes;
    }
}

fn because(reasons: &mut Vec<Because>, reason: &str, source: &str, amount: Amount) {
    let known = (reasons.iter_mut()).find(|b| b.reason == reason && b.source == source);
    match known {
        Some(because) => because.amount += amount,
        None => reasons.push(Because {
            reason: reason.to_owned(),
            source: source.to_owned(),
            amount,
        }),
    }
}

/// Adds the ids of what changed, those of forgotten documents left out.
fn list(
    diff: &mut Diff,
    session: &Session,
    context: &datafusion::prelude::SessionContext,
    joined: &sql::Joined,
    ids_max: usize,
) -> Result<()> {
    #[derive(Debug, Deserialize)]
    struct Numbered {
        doc_id: String,
        #[serde(flatten)]
        row: Row,
    }
    let listed: Vec<Numbered> = tables::select(session, context, &joined.listed(ids_max))?;
    let all = diff.added.documents + diff.removed.documents + diff.changed.documents;
    diff.ids_left_out = (all - diff.forgotten).saturating_sub(listed.len() as u64);
    let told = |Numbered { doc_id, row }: Numbered| {
        let reason = match row.change.as_str() {
            "added" => Some(row.reason.as_deref().unwrap_or(NEW).to_owned()),
            "removed" => Some(row.reason.as_deref().unwrap_or(NOT_IN_INPUTS).to_owned()),
            _ => None,
        };
        let what = [
            (row.text, "text"),
            (row.licence, "licence"),
            (row.metadata, "metadata"),
        ];
        let is_changed = row.change == "changed";
        let what = what.into_iter().filter(|(is, _)| *is && is_changed);
        Listed {
            doc_id,
            what: what.map(|(_, what)| what).collect(),
            change: row.change,
            reason,
            licence_before: row.licence_before,
            licence_after: row.licence_after,
        }
    };
    diff.ids = Some(listed.into_iter().map(told).collect());
    Ok(())
}

impl Diff {
    fn new(before: Side, after: Side) -> Self {
        Self {
            before,
            after,
            unchanged: 0,
            added: Amount::default(),
            removed: Amount::default(),
            forgotten: 0,
            changed: Changes::default(),
            sources: BTreeMap::new(),
            licences: BTreeMap::new(),
            relicensed: Vec::new(),
            added_because: Vec::new(),
            removed_because: Vec::new(),
            ids: None,
            ids_left_out: 0,
        }
    }
}
