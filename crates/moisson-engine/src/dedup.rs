//! Dedup: signatures propose, the exact similarity of the texts decides, and every receipt names a released document.

use std::collections::BTreeMap;

use moisson_core::{Decision, Digest, Error, Result, reason};
use moisson_dedup::{
    Duplicate, Item, NearOutcome, SurvivorKey, Version, VersionPolicy, Versioned, exact,
    survivor_order, versions,
};
use moisson_shard::edited;

use crate::control::Control;
use crate::corpus::{Corpus, CorpusPart};
use crate::parts::Committed;
use crate::plan::Plan;
use crate::session::Session;
use crate::stage::Workshop;
use crate::{bands, prove};

/// What dedup found beside the decisions it left in the corpus.
#[derive(Debug, Default)]
pub struct DedupOutcome {
    /// Released documents that must not be torn apart by a split, as pairs of numbers.
    pub links: Vec<(u32, u32)>,
    /// Pairs whose similarity was measured.
    pub compared: u64,
    /// Documents with a proposed pair that a limit left unmeasured.
    pub limited: u64,
    /// Documents that were compared with each other: what is decided of one has no part in what is decided of another
    /// component.
    pub components: Vec<Vec<u32>>,
}

/// Drops versions the policies do not want, exact duplicates, and proved near-duplicates, in this order.
///
/// # Errors
/// [`Error::Store`] if a text cannot be read or scratch is full.
pub fn run(
    plan: &Plan,
    corpus: &mut Corpus,
    session: &Session,
    control: &Control,
) -> Result<DedupOutcome> {
    let mut items = items(plan, corpus)?;
    let mut alive = corpus.alive();
    drop_versions(plan, corpus, &items, &mut alive);
    let mut found = Vec::new();
    if plan.pipeline.dedup.exact {
        found.extend(exact(&items, &mut alive, &plan.pipeline.dedup));
        if shipped_digests(corpus, &mut items, &alive, session, control)? {
            found.extend(exact(&items, &mut alive, &plan.pipeline.dedup));
        }
    }
    let (proved, components) = if plan.pipeline.dedup.near {
        let committed = Committed::ask();
        let shop = Workshop {
            plan,
            session,
            control,
            committed: &committed,
        };
        let groups = bands::groups(shop, corpus, &alive)?;
        prove::run(shop, corpus, &items, &mut alive, &groups)?
    } else {
        (NearOutcome::default(), Vec::new())
    };
    write_receipts(
        corpus,
        &found,
        &proved.duplicates,
        plan.pipeline.dedup.threshold,
    );
    Ok(DedupOutcome {
        links: proved
            .links
            .iter()
            .map(|&(left, right, _)| (left, right))
            .collect(),
        compared: proved.compared,
        limited: proved.limited,
        components,
    })
}

/// Documents as dedup sees them; the item's place is the document's number.
fn items(plan: &Plan, corpus: &Corpus) -> Result<Vec<Item>> {
    let mut chains: BTreeMap<&str, u32> = BTreeMap::new();
    let mut keys = Vec::with_capacity(corpus.documents());
    let mut items = Vec::with_capacity(corpus.documents());
    for part in &corpus.parts {
        let keeps_all = policy(plan, part) == VersionPolicy::KeepAll;
        let source = u32::try_from(part.part.source).unwrap_or(u32::MAX);
        for row in 0..part.rows.num_rows() {
            let next = u32::try_from(chains.len()).unwrap_or(u32::MAX);
            let chain = part
                .text("version_of", row)
                .map(|work| *chains.entry(work).or_insert(next));
            let digest = part
                .text("text_digest", row)
                .and_then(Digest::from_hex)
                .ok_or_else(|| Error::store(&part.part.name, "a row without `text_digest`"))?;
            keys.push(SurvivorKey {
                clarity: part.clarity(row),
                source_rank: source,
                date: part.last_update(row),
                length: part.text_bytes(row),
                id: part.text("doc_id", row).unwrap_or_default(),
            });
            items.push(Item {
                digest: digest.0,
                rank: 0,
                chain,
                pinned: keeps_all && chain.is_some(),
                source,
            });
        }
    }
    for (item, rank) in items.iter_mut().zip(survivor_order(&keys)) {
        item.rank = rank;
    }
    unpin_lone_versions(corpus, &mut items, chains.len());
    Ok(items)
}

/// A work of which one version is there has no history to protect: it may be a near-duplicate like any document.
fn unpin_lone_versions(corpus: &Corpus, items: &mut [Item], chains: usize) {
    let mut versions = vec![0u32; chains];
    let alive = corpus.alive();
    let chain_of = |item: &Item| item.chain.map(|chain| chain as usize);
    for (item, _) in items.iter().zip(&alive).filter(|(_, alive)| **alive) {
        if let Some(number) = chain_of(item).and_then(|chain| versions.get_mut(chain)) {
            *number += 1;
        }
    }
    for item in items {
        let number = chain_of(item)
            .and_then(|chain| versions.get(chain))
            .copied();
        item.pinned = item.pinned && number.unwrap_or_default() > 1;
    }
}

fn policy(plan: &Plan, part: &CorpusPart) -> VersionPolicy {
    plan.sources
        .get(part.part.source)
        .map(|source| source.config.versions)
        .unwrap_or_default()
}

fn drop_versions(plan: &Plan, corpus: &mut Corpus, items: &[Item], alive: &mut [bool]) {
    for wanted in [VersionPolicy::InForce, VersionPolicy::Latest] {
        let mut mask = Vec::with_capacity(items.len());
        let mut rows = Vec::with_capacity(items.len());
        for part in &corpus.parts {
            let concerned = policy(plan, part) == wanted;
            for row in 0..part.rows.num_rows() {
                let number = part.first as usize + row;
                let item = items.get(number);
                mask.push(concerned && alive.get(number).copied().unwrap_or_default());
                rows.push(Version {
                    chain: item.and_then(|item| item.chain),
                    state: part.text("version_state", row),
                    from: part.date("version_from", row),
                    to: part.date("version_to", row),
                    rank: item.map_or(u32::MAX, |item| item.rank),
                });
            }
        }
        let decisions: Vec<(u32, Decision)> = versions(wanted, &rows, &mut mask)
            .into_iter()
            .map(|version| {
                (
                    version.dropped,
                    version_decision(corpus, wanted, &version, &rows),
                )
            })
            .collect();
        for (item, decision) in decisions {
            if let Some(alive) = alive.get_mut(item as usize) {
                *alive = false;
            }
            corpus.drop(item, decision);
        }
    }
}

fn version_decision(
    corpus: &Corpus,
    policy: VersionPolicy,
    version: &Versioned,
    rows: &[Version<'_>],
) -> Decision {
    let observed = rows.get(version.dropped as usize).and_then(|row| {
        row.state
            .map(str::to_owned)
            .or_else(|| row.from.map(|from| from.to_string()))
    });
    let rule = if policy == VersionPolicy::Latest {
        "latest"
    } else {
        "in-force"
    };
    Decision {
        step: "version",
        rule: rule.to_owned(),
        reason: version.reason.to_owned(),
        observed,
        detail: version
            .kept
            .map(|kept| format!("newer version: {}", corpus.doc_id(kept))),
        ..Decision::default()
    }
}

/// Replaces the digests of documents with edits by those of the text as shipped, but for fictions: these follow from the
/// id of their document, so the type of the class stands for them here ([`edited::compared`]), and documents that differ in
/// nothing but replaced personal data are one text. Returns true if there is one with edits.
fn shipped_digests(
    corpus: &Corpus,
    items: &mut [Item],
    alive: &[bool],
    session: &Session,
    control: &Control,
) -> Result<bool> {
    let mut any = false;
    for part in &corpus.parts {
        let rows: Vec<u32> = (0u32..)
            .zip(&part.edits)
            .filter(|(row, edits)| {
                let number = (part.first + row) as usize;
                !edits.is_empty() && alive.get(number).copied().unwrap_or_default()
            })
            .map(|(row, _)| row)
            .collect();
        if rows.is_empty() {
            continue;
        }
        control.check()?;
        any = true;
        crate::texts::each(session, &part.part, &rows, &mut |row, text| {
            let edits = part.edits.get(row as usize).map_or(&[][..], Vec::as_slice);
            let edited = edited::compared(text, edits);
            if let Some(item) = items.get_mut((part.first + row) as usize) {
                item.digest = Digest::of(edited.as_bytes()).0;
            }
            Ok(())
        })?;
    }
    Ok(any)
}

/// Writes the receipts. A document dropped as an exact copy of one that was itself dropped later is a near-duplicate
/// of the released one: its text is the copy's, so the measured similarity is its own.
fn write_receipts(corpus: &mut Corpus, exact: &[Duplicate], near: &[Duplicate], threshold: f64) {
    let proved: BTreeMap<u32, &Duplicate> = near.iter().map(|d| (d.dropped, d)).collect();
    let copies: BTreeMap<u32, u32> = exact.iter().map(|d| (d.dropped, d.kept)).collect();
    for duplicate in exact {
        let mut kept = duplicate.kept;
        while let Some(next) = copies.get(&kept) {
            kept = *next;
        }
        match proved.get(&kept) {
            Some(near) => {
                let detail = format!("same text as {}", corpus.doc_id(kept));
                let receipt = Duplicate {
                    dropped: duplicate.dropped,
                    ..**near
                };
                drop_near(corpus, &receipt, threshold, Some(detail));
            }
            None => {
                let kept_doc_id = Some(corpus.doc_id(kept).to_owned());
                corpus.drop(
                    duplicate.dropped,
                    Decision {
                        step: "duplicate",
                        rule: "exact".to_owned(),
                        reason: reason::DUPLICATE_EXACT.to_owned(),
                        kept_doc_id,
                        similarity: Some(1.0),
                        ..Decision::default()
                    },
                );
            }
        }
    }
    for duplicate in near {
        drop_near(corpus, duplicate, threshold, None);
    }
}

fn drop_near(corpus: &mut Corpus, duplicate: &Duplicate, threshold: f64, detail: Option<String>) {
    let kept_doc_id = Some(corpus.doc_id(duplicate.kept).to_owned());
    corpus.drop(
        duplicate.dropped,
        Decision {
            step: "duplicate",
            rule: duplicate.measure.name().to_owned(),
            reason: reason::DUPLICATE_NEAR.to_owned(),
            observed: Some(format!("{:.4}", duplicate.similarity)),
            threshold: Some(threshold.to_string()),
            kept_doc_id,
            similarity: Some(duplicate.similarity),
            detail,
            ..Decision::default()
        },
    );
}
