//! The release without what is forgotten: shards and ledger files that change, books, card, manifest.

use std::collections::{BTreeMap, BTreeSet};

use moisson_core::decision::Decisions;
use moisson_core::{Decision, PartManifest, Result};
use moisson_shard::tally::Tally;

use crate::control::Control;
use crate::documents;
use crate::forget::find::{self, hash};
use crate::forget::promote::{Old, Remade, part_of};
use crate::forget::proof::Change;
use crate::forget::scan::Released;
use crate::forget::shards;
use crate::forget::tombstones::Tombstones;
use crate::manifest::{Books, LedgerEntry, ReleaseManifest, ShardEntry};
use crate::parts::{self, Committed, DOCUMENTS};
use crate::plan::Plan;
use crate::publish::{self, LEDGER, MANIFEST};
use crate::session::Session;
use crate::stage::Workshop;
use crate::{forget, ledger};

/// What the release is made of again with.
pub(crate) struct Work<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) manifest: &'a ReleaseManifest,
    pub(crate) session: &'a Session,
    pub(crate) control: &'a Control,
    pub(crate) tombstones: &'a Tombstones,
}

/// Writes what changes and publishes it; `remade` is none where no parts are there.
///
/// # Errors
/// [`moisson_core::Error::Store`] if something cannot be read or written.
pub(crate) fn publish(
    work: &Work<'_>,
    shards: &shards::Plan,
    released: &[Released],
    old: &Old,
    remade: Option<&Remade>,
) -> Result<(ReleaseManifest, Vec<Change>)> {
    let Work {
        plan,
        manifest,
        session,
        control,
        ..
    } = *work;
    let committed = Committed::ask();
    let shop = Workshop {
        plan,
        session,
        control,
        committed: &committed,
    };
    control.stage("shard");
    let mut entries = shards::write(shop, manifest, shards, remade)?;
    let facts = facts(manifest, &mut entries, session)?;
    control.stage("publish");
    let (ledger, counted) = ledger_files(work, released, old, remade)?;
    let mut new = manifest.clone();
    new.ledger = ledger;
    new.facts = facts;
    books(&mut new, &counted, shards, released, remade);
    new.shards = entries;
    new.content_digest = publish::content_digest(&new.shards);
    if remade.is_some() {
        update_parts(&mut new, session)?;
        new.state = publish::state(plan, &forget::whole::ingested(plan, &new)?);
    }
    new.totals.text_bytes_out = new.shards.iter().map(|shard| shard.text_bytes).sum();
    let changes = changes(manifest, &new);
    put(plan, &new, session)?;
    Ok((new, changes))
}

/// Moves what is staged to its place, writes card and manifest, and removes what the release does not list any more.
fn put(plan: &Plan, new: &ReleaseManifest, session: &Session) -> Result<()> {
    let store = session.store();
    publish::move_staged(new, session)?;
    let told = crate::facts::of(&plan.pipeline, new, session)?;
    documents::write_always(&told, store)?;
    store.replace_json(MANIFEST, new)?;
    publish::sweep(new, session)
}

/// Counts of all shards: those that stay as their footers tell, those that were written as they were counted.
fn facts(old: &ReleaseManifest, entries: &mut [ShardEntry], session: &Session) -> Result<Tally> {
    let mut facts = Tally::default();
    let mut stay = Vec::new();
    for entry in entries {
        match entry.tally.take() {
            Some(tally) => facts.merge(&tally),
            None => stay.push(&*entry),
        }
    }
    for tally in find::tallies(session, &stay)? {
        facts.merge(&tally);
    }
    // A release of an earlier version, whose shards tell nothing, stays without facts rather than with half of them.
    Ok(if old.facts.is_empty() {
        Tally::default()
    } else {
        facts
    })
}

/// Counted rows that went and that came, by source and reason.
type Counted = BTreeMap<(String, String), (u64, u64)>;

/// Writes the files of the ledger that change; returns all there are.
fn ledger_files(
    work: &Work<'_>,
    released: &[Released],
    old: &Old,
    remade: Option<&Remade>,
) -> Result<(Vec<LedgerEntry>, Counted)> {
    let entries = work.manifest.ledger.iter().enumerate();
    let stays = entries.filter(|(at, _)| !old.ledger.contains_key(at));
    let mut files: Vec<LedgerEntry> = stays.map(|(_, entry)| entry.clone()).collect();
    let mut counted = Counted::new();
    for row in old.ledger.values().flatten().filter(|row| row.counted) {
        counted
            .entry((row.source.clone(), row.reason.clone()))
            .or_default()
            .0 += 1;
    }
    let mut rows_of: BTreeMap<&str, &Vec<Decision>> = BTreeMap::new();
    for (at, rows) in &old.ledger {
        if let Some(entry) = work.manifest.ledger.get(*at) {
            rows_of.insert(part_of(entry), rows);
        }
    }
    for part in remade.into_iter().flat_map(|remade| &remade.corpus.parts) {
        let before = rows_of.remove(part.part.name.as_str());
        let mut decisions = merge(part, before.map_or(&[][..], Vec::as_slice));
        decisions.sort_by_key(|(row, _)| *row);
        let rows: Vec<Decision> = decisions
            .into_iter()
            .map(|(_, decision)| decision)
            .collect();
        let mut batches: Vec<_> = part.faults.iter().cloned().collect();
        if !rows.is_empty() {
            batches.push(Decisions(rows).to_batch()?);
        }
        files.extend(ledger::put(
            &part.part.name,
            source(&part.part.name),
            &batches,
            &[],
            work.session,
        )?);
        note(&batches, &mut counted)?;
    }
    // Files of parts that are not there, or have nothing to decide anew: rows are replaced as they stand.
    for (part, rows) in rows_of {
        let rows = rows
            .iter()
            .map(|row| cleared(row, work.tombstones))
            .collect();
        let batches = [Decisions(rows).to_batch()?];
        files.extend(ledger::put(
            part,
            source(part),
            &batches,
            &[],
            work.session,
        )?);
        note(&batches, &mut counted)?;
    }
    if remade.is_none() {
        let mut rows: BTreeMap<&str, Vec<Decision>> = BTreeMap::new();
        for one in released {
            let row = work.tombstones.row(&one.source, &one.doc_id);
            rows.entry(&one.source).or_default().extend(row);
        }
        for (source, rows) in rows {
            let batches = [Decisions(rows).to_batch()?];
            let part = format!("{source}/forgotten");
            files.extend(ledger::put(&part, source, &batches, &[], work.session)?);
            note(&batches, &mut counted)?;
        }
    }
    files.sort_unstable_by(|left, right| left.path.cmp(&right.path));
    Ok((files, counted))
}

fn source(part: &str) -> &str {
    part.split('/').next().unwrap_or_default()
}

/// A row without what it tells of forgotten documents.
fn cleared(row: &Decision, tombstones: &Tombstones) -> Decision {
    let id = row.doc_id.as_deref().unwrap_or_default();
    if let Some(forgotten) = tombstones.row(&row.source, id) {
        let counted = row.counted;
        return Decision {
            counted,
            ..forgotten
        };
    }
    let mut row = row.clone();
    if let Some(mark) = row
        .kept_doc_id
        .as_deref()
        .and_then(|kept| tombstones.mark(kept))
    {
        row.kept_doc_id = Some(mark);
        row.detail = None;
    }
    row
}

/// Rows of the ledger for a part: what was decided anew, and what stands as it was.
fn merge(part: &crate::corpus::CorpusPart, before: &[Decision]) -> Vec<(u32, Decision)> {
    let ids: Vec<u64> = (0..part.rows.num_rows())
        .map(|row| hash(part.text("doc_id", row).unwrap_or_default()))
        .collect();
    let anew: BTreeSet<u64> = part
        .asked
        .iter()
        .zip(&ids)
        .filter(|(asked, _)| **asked)
        .map(|(_, id)| *id)
        .collect();
    let mut merged = Vec::new();
    let mut at = 0;
    for row in before.iter().filter(|row| row.step != "ingest") {
        let id = hash(row.doc_id.as_deref().unwrap_or_default());
        if anew.contains(&id) {
            continue;
        }
        // Rows lie in the order of their documents, and one document may have several.
        let place = |from: usize| {
            let found = ids.iter().skip(from).position(|other| *other == id);
            found.map(|found| found + from)
        };
        let Some(found) = place(at).or_else(|| place(0)) else {
            // The document is forgotten.
            continue;
        };
        at = found;
        merged.push((u32::try_from(found).unwrap_or(u32::MAX), row.clone()));
    }
    merged.extend(part.decisions.iter().cloned());
    merged
}

fn note(batches: &[arrow::array::RecordBatch], counted: &mut Counted) -> Result<()> {
    for batch in batches {
        for row in Decisions::from_batch(batch)?.0 {
            if row.counted {
                counted.entry((row.source, row.reason)).or_default().1 += 1;
            }
        }
    }
    Ok(())
}

/// Brings the books to the new state.
fn books(
    new: &mut ReleaseManifest,
    counted: &Counted,
    shards: &shards::Plan,
    released: &[Released],
    remade: Option<&Remade>,
) {
    for (name, books) in &mut new.sources {
        for ((_, reason), (went, came)) in counted.iter().filter(|((source, _), _)| source == name)
        {
            let number = books.dropped.entry(reason.clone()).or_default();
            *number = (*number + came).saturating_sub(*went);
        }
        books.dropped.retain(|_, number| *number > 0);
        let is_gone = |one: &&Released| {
            one.source == *name
                && shards
                    .removed
                    .get(&one.shard)
                    .is_some_and(|rows| rows.contains(&one.row))
        };
        for one in released.iter().filter(is_gone) {
            books.released = books.released.saturating_sub(1);
            books.text_bytes_out = books.text_bytes_out.saturating_sub(one.text_bytes);
        }
        let Some(remade) = remade else { continue };
        for item in &shards.added {
            let (part, row) = remade.corpus.locate(*item);
            let Some(part) = remade.corpus.parts.get(part) else {
                continue;
            };
            if source(&part.part.name) == name {
                let edits = part.edits.get(row).into_iter().flatten();
                let cut: usize = edits.map(|edit| edit.span.end - edit.span.start).sum();
                books.released += 1;
                books.text_bytes_out += part.text_bytes(row).saturating_sub(cut as u64);
            }
        }
    }
    publish::text_bytes_out(&mut new.sources, &new.facts);
    let mut totals = Books::default();
    for (_, books) in &new.sources {
        totals.add(books);
    }
    new.totals = totals;
}

/// Takes over what the parts are now.
fn update_parts(new: &mut ReleaseManifest, session: &Session) -> Result<()> {
    for entry in &mut new.parts {
        let stem = parts::stem(DOCUMENTS, &entry.name, None);
        let manifest: Option<PartManifest> = session.store().get_json(&format!("{stem}.json"))?;
        let Some(manifest) = manifest else { continue };
        entry.rows = manifest.rows;
        entry.content_digest = manifest.content_digest;
    }
    Ok(())
}

/// What changed of shards and ledger.
pub(crate) fn changes(old: &ReleaseManifest, new: &ReleaseManifest) -> Vec<Change> {
    let shards = |manifest: &ReleaseManifest| -> BTreeMap<String, ShardEntry> {
        let shards = manifest.shards.iter();
        shards
            .map(|shard| (format!("release/{}", shard.path), shard.clone()))
            .collect()
    };
    let ledger = |manifest: &ReleaseManifest| -> BTreeMap<String, LedgerEntry> {
        let files = manifest.ledger.iter();
        files
            .map(|file| (format!("{LEDGER}/{}", file.path), file.clone()))
            .collect()
    };
    let mut changes = Vec::new();
    let (before, after) = (shards(old), shards(new));
    for (path, shard) in before.iter().filter(|(path, _)| !after.contains_key(*path)) {
        changes.push(Change::deleted(path, shard.rows, shard.content_digest));
    }
    for (path, shard) in after.iter().filter(|(path, _)| !before.contains_key(*path)) {
        changes.push(Change::written(path, shard.rows, shard.content_digest));
    }
    let (before, after) = (ledger(old), ledger(new));
    for (path, file) in before.iter().filter(|(path, _)| !after.contains_key(*path)) {
        changes.push(Change::deleted(path, file.rows, file.content_digest));
    }
    for (path, file) in after.iter().filter(|(path, _)| !before.contains_key(*path)) {
        changes.push(Change::written(path, file.rows, file.content_digest));
    }
    changes
}
