//! Forget: documents leave every shard, table, index and mirrored file of an output, and stay out of it.
//!
//! Tombstones are committed first, and the release is not sound until what they ask for is done; whoever comes next
//! finishes it. Then the mirror, the parts, and the release: what a forgotten document stood for is decided anew, and only
//! the shards that lose or gain a document are written again, under new names.

mod bands;
pub(crate) mod columns;
pub(crate) mod components;
pub(crate) mod find;
mod mirror;
mod parts;
mod promote;
mod proof;
mod release;
mod scan;
mod shards;
pub mod tombstones;
pub(crate) mod whole;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use moisson_core::{Error, Result};
use serde::Serialize;

pub use find::Which;
pub use proof::{Change, Proof, Unreached};

use crate::clean::{self, Keep};
use crate::control::Control;
use crate::crew::Crew;
use crate::forget::promote::{Gone, Old};
use crate::forget::release::Work;
use crate::forget::scan::Scan;
use crate::forget::tombstones::{State, Tombstone, Tombstones};
use crate::manifest::ReleaseManifest;
use crate::parts::{DOCUMENTS, stem};
use crate::plan::Plan;
use crate::publish::{MANIFEST, Outcome, STAGED_MANIFEST};
use crate::session::{Session, WORK};

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Request {
    /// Which documents.
    pub which: Which,
    /// Who asks.
    pub who: String,
    /// Why.
    pub why: String,
    /// The legal basis, where one is named.
    pub basis: Option<String>,
    /// The day, `YYYY-MM-DD`.
    pub when: String,
    /// Random bytes: the key of the tombstones, where the output has none yet.
    pub random: [u8; 32],
}

/// What a request would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Preview {
    /// Ids asked for.
    pub documents: u64,
    /// Those of them that are released.
    pub released: Vec<String>,
    /// Parts that would be rewritten.
    pub parts: u64,
    /// Shards that hold them.
    pub shards: Vec<String>,
}

/// Tells what a request would do, and changes nothing.
///
/// # Errors
/// [`Error::Config`] if the request is refused; [`Error::Store`] if the output cannot be read.
pub fn preview(session: &Session, request: &Request) -> Result<Preview> {
    let manifest = published(session)?;
    let ids = find::select(session, manifest.as_ref(), &request.which)?;
    let mut preview = Preview {
        documents: ids.len() as u64,
        released: Vec::new(),
        parts: 0,
        shards: Vec::new(),
    };
    let Some(manifest) = manifest else {
        return Ok(preview);
    };
    let scan = Scan::new(session, &manifest, &Tombstones::of(&ids, request.random))?;
    preview.parts = scan.parts.iter().filter(|part| part.is_touched).count() as u64;
    let released = scan.released(session, &manifest, &scan.forgotten)?;
    let shards: BTreeSet<usize> = released.iter().map(|one| one.shard).collect();
    let path = |at: usize| manifest.shards.get(at).map(|shard| shard.path.clone());
    preview.shards = shards.into_iter().filter_map(path).collect();
    preview.released = released.into_iter().map(|one| one.doc_id).collect();
    Ok(preview)
}

/// Forgets documents; returns a proof for each request that is done now, none where no document fits.
///
/// # Errors
/// [`Error::Config`] if the request is refused. After any later error the documents are still to be forgotten:
/// [`finish`] goes on, as does the next run.
pub fn run(session: &Session, control: &Control, request: &Request) -> Result<Vec<Proof>> {
    session.store().remember(MANIFEST)?;
    for (name, value) in [("who", &request.who), ("why", &request.why)] {
        if value.trim().is_empty() {
            return Err(Error::config(format!(
                "`{name}` is empty; the tombstone has to say it"
            )));
        }
    }
    let ids = find::select(session, published(session)?.as_ref(), &request.which)?;
    if !ids.is_empty() {
        let tombstone = Tombstone {
            schema_version: 0,
            state: State::Pending,
            who: request.who.clone(),
            why: request.why.clone(),
            basis: request.basis.clone(),
            when: request.when.clone(),
            documents: Vec::new(),
        };
        tombstones::commit(session.store(), tombstone, &ids, request.random)?;
    }
    finish(session, control)
}

/// Does what pending tombstones ask for; returns their proofs.
///
/// # Errors
/// [`Error::Store`] if something cannot be read or written, [`Error::Config`] if the release cannot be made again from
/// what is there. Doing it again goes on.
pub fn finish(session: &Session, control: &Control) -> Result<Vec<Proof>> {
    let tombstones = Tombstones::load(session.store())?;
    if tombstones.pending().is_empty() {
        return Ok(Vec::new());
    }
    control.stage("forget");
    remove_unpublished(session)?;
    let mut proof = Done::default();
    match published(session)? {
        None => {
            let parts = session.store().list("parts")?.into_iter();
            let parts: Vec<String> = parts.map(|entry| entry.path).collect();
            session.store().delete_all(&parts)?;
        }
        Some(manifest) => proof = release(session, control, &manifest, &tombstones)?,
    }
    proof.settle(session, &tombstones)
}

/// What was done, for the proofs.
#[derive(Debug, Default)]
struct Done {
    records: u64,
    released: u64,
    resumed: bool,
    by: &'static str,
    changes: Vec<Change>,
    promoted: Vec<String>,
    demoted: Vec<String>,
    unreached: Vec<Unreached>,
    content_digest: Option<moisson_core::Digest>,
}

impl Done {
    /// Compares the releases before and after, as far as anything may have changed.
    fn compare(
        &mut self,
        work: &Work<'_>,
        scan: &Scan,
        closure: &HashSet<u64>,
        released: &[scan::Released],
        new: &ReleaseManifest,
    ) -> Result<()> {
        let is_forgotten = |id: &str| scan.forgotten.contains(&find::hash(id));
        let gone = released.iter().filter(|one| is_forgotten(&one.doc_id));
        self.released = gone.count() as u64;
        let ids = |released: &[scan::Released]| -> BTreeSet<String> {
            released.iter().map(|one| one.doc_id.clone()).collect()
        };
        let after = scan::released_of(work.session, new, closure)?;
        let (before, after) = (ids(released), ids(&after));
        self.promoted = after.difference(&before).cloned().collect();
        let demoted = before.difference(&after);
        self.demoted = demoted.filter(|id| !is_forgotten(id)).cloned().collect();
        self.content_digest = Some(new.content_digest);
        Ok(())
    }

    /// Looks whether what was deleted is gone, writes the proofs and ends the requests.
    fn settle(mut self, session: &Session, tombstones: &Tombstones) -> Result<Vec<Proof>> {
        let store = session.store();
        let mut there = BTreeSet::new();
        for folder in ["release", "ledger"] {
            there.extend(store.list(folder)?.into_iter().map(|entry| entry.path));
        }
        for change in self
            .changes
            .iter_mut()
            .filter(|change| change.rows_after.is_none())
        {
            if change.what == "deleted" && change.rows_before.is_some() {
                change.absent = Some(!there.contains(&change.path));
            }
        }
        self.unreached.extend(mirror::always(session));
        let mut proofs = Vec::new();
        for (path, tombstone) in tombstones.pending() {
            let proof = Proof {
                records: self.records,
                released: self.released,
                resumed: self.resumed,
                by: if self.by.is_empty() { "none" } else { self.by }.to_owned(),
                changes: self.changes.clone(),
                promoted: self.promoted.clone(),
                demoted: self.demoted.clone(),
                unreached: self.unreached.clone(),
                content_digest: self.content_digest,
                ..Proof::new(path, tombstone)
            };
            store.put_json(&tombstones::proof_path(path), &proof)?;
            tombstones::finish(store, path, tombstone)?;
            proofs.push(proof);
        }
        Ok(proofs)
    }
}

fn published(session: &Session) -> Result<Option<ReleaseManifest>> {
    session.store().get_json(MANIFEST)
}

/// Removes what is staged and what processes left for each other: it is made again without the documents.
fn remove_unpublished(session: &Session) -> Result<()> {
    let store = session.store();
    let mut paths = vec![STAGED_MANIFEST.to_owned()];
    for folder in ["staged", WORK] {
        paths.extend(store.list(folder)?.into_iter().map(|entry| entry.path));
    }
    store.delete_all(&paths)
}

/// True if the parts that were read for a release are there; those that are assembled from them are made again.
fn has_parts(session: &Session, manifest: &ReleaseManifest, plan: &Plan) -> Result<bool> {
    let there = session.store().list("parts/documents")?.into_iter();
    let there: HashSet<String> = there.map(|entry| entry.path).collect();
    let path = |name: &str| format!("{}.json", stem(DOCUMENTS, name, None));
    let read = whole::ingested(plan, manifest)?;
    Ok(read.iter().all(|part| there.contains(&path(&part.name))))
}

/// Takes the documents out of everything that belongs to a release.
fn release(
    session: &Session,
    control: &Control,
    manifest: &ReleaseManifest,
    tombstones: &Tombstones,
) -> Result<Done> {
    let plan = whole::plan(manifest, session)?;
    let work = Work {
        plan: &plan,
        manifest,
        session,
        control,
        tombstones,
    };
    let mut scan = Scan::new(session, manifest, tombstones)?;
    if !has_parts(session, manifest, &plan)? {
        return without_parts(&work, &scan);
    }
    scan.touch_by_ledger(manifest);
    let mut done = Done {
        resumed: !parts::are_whole(session.store(), &manifest.parts)?,
        ..Done::default()
    };
    clean::run(session, Keep::Current)?;
    let gone = gone(&work, &scan, &mut done.resumed)?;
    done.records = gone.len() as u64;
    let mirrored = mirror::redact(session, manifest, &plan, tombstones, &gone)?;
    done.changes.extend(mirrored.changes);
    done.unreached.extend(mirrored.unreached);

    // What follows is found out before anything is gone from the parts.
    let known = components::read(session, &components_path(&plan, manifest))?;
    let hashed = known.as_ref().map(components::hashed).unwrap_or_default();
    let closure = scan.closure(&hashed);
    let released = scan.released(session, manifest, &closure)?;
    let touched = scan.parts_of(&closure);
    let old = Old::read(session, manifest, &touched, &scan.ledger, &released)?;
    for (at, entry) in manifest.parts.iter().enumerate() {
        control.check()?;
        if done.resumed || scan.is_touched(at) {
            let changes = parts::redact(session.store(), tombstones, entry)?;
            done.changes.extend(changes);
        }
    }

    let assembled = touched.iter().any(|at| is_assembled(&plan, manifest, *at));
    let is_known = known.is_some() || !plan.pipeline.dedup.near;
    let bound = promote::Bound {
        scan: &scan,
        closure: &closure,
        old: &old,
        gone: &gone,
    };
    let new = if done.resumed || assembled || !is_known {
        None
    } else {
        short(&work, &bound, &released, known.unwrap_or_default())?
    };
    let new = match new {
        Some((new, changes)) => {
            done.by = "closure";
            done.changes.extend(changes);
            new
        }
        None => {
            done.by = "whole";
            whole::remove_assembled(&plan, manifest, session)?;
            let outcome = whole::run(&plan, manifest, session, control)?;
            let changes = release::changes(manifest, &outcome.manifest);
            done.changes.extend(changes);
            outcome.manifest
        }
    };
    done.compare(&work, &scan, &closure, &released, &new)?;
    // Entries of shards that are gone, and what was decided under earlier numbers of rows.
    clean::run(session, Keep::Current)?;
    Ok(done)
}

/// What is told of the forgotten documents, from the parts they lie in. Sets `resumed` where a kill came into the
/// middle of taking them out: annotations go before their documents.
fn gone(work: &Work<'_>, scan: &Scan, resumed: &mut bool) -> Result<Vec<Gone>> {
    let Work {
        plan,
        manifest,
        session,
        ..
    } = *work;
    let mut gone = Vec::new();
    for at in (0..scan.parts.len()).filter(|at| scan.is_touched(*at)) {
        match promote::load(plan, manifest, at, session) {
            Ok(part) => promote::gone(&part, &scan.forgotten, &mut gone),
            Err(Error::Store(_)) => {
                *resumed = true;
                let into = &mut gone;
                promote::gone_of_documents(plan, manifest, at, &scan.forgotten, session, into)?;
            }
            Err(other) => return Err(other),
        }
    }
    Ok(gone)
}

/// True if documents of a part's source are assembled from pieces: a whole holds the text of a piece.
fn is_assembled(plan: &Plan, manifest: &ReleaseManifest, at: usize) -> bool {
    let part = manifest.parts.get(at);
    let name = part.and_then(|part| part.name.split('/').next());
    let source = plan
        .sources
        .iter()
        .find(|source| Some(source.name.as_str()) == name);
    source.is_some_and(|source| source.reader.assembly().is_some())
}

fn components_path(plan: &Plan, manifest: &ReleaseManifest) -> String {
    let parts = manifest.parts.iter();
    let parts = parts.map(|part| (part.name.as_str(), part.content_digest));
    components::path(plan.digest, parts)
}

/// The release by what follows from the forgotten documents alone; `None` where more has to be looked at.
fn short(
    work: &Work<'_>,
    bound: &promote::Bound<'_>,
    released: &[scan::Released],
    known: components::Components,
) -> Result<Option<(ReleaseManifest, Vec<Change>)>> {
    let Work {
        plan,
        manifest,
        session,
        control,
        tombstones,
    } = *work;
    let Some(remade) = promote::remake(plan, manifest, bound, session, control)? else {
        return Ok(None);
    };
    let target_bytes = plan.pipeline.shard.target_bytes;
    let Some(shards) = shards::plan(manifest, released, &remade, target_bytes) else {
        return Ok(None);
    };
    let published = release::publish(work, &shards, released, bound.old, Some(&remade))?;
    if plan.pipeline.dedup.near {
        let is_changed = |id: &str| bound.closure.contains(&find::hash(id));
        let new = &remade.dedup.components;
        let rows = components::changed(known, &is_changed, &remade.corpus, new, tombstones);
        components::write(session, &components_path(plan, &published.0), &rows)?;
    }
    Ok(Some(published))
}

/// Takes documents out of a release whose parts were cleaned away: nothing can be promoted.
fn without_parts(work: &Work<'_>, scan: &Scan) -> Result<Done> {
    let Work {
        manifest, session, ..
    } = *work;
    let released = scan.released(session, manifest, &scan.forgotten)?;
    let none = BTreeSet::new();
    let old = Old::read(session, manifest, &none, &scan.ledger, &released)?;
    let shards = shards::plan_without_parts(manifest, &released);
    let (new, changes) = release::publish(work, &shards, &released, &old, None)?;
    components::remove_others(session, None)?;
    Ok(Done {
        released: released.len() as u64,
        by: "without-parts",
        changes,
        content_digest: Some(new.content_digest),
        ..Done::default()
    })
}

/// What a run found pending and could not finish before it began: its release settles it.
#[derive(Debug)]
#[must_use]
pub(crate) struct Forgetting {
    tombstones: Tombstones,
    done: Done,
}

/// Finishes what is pending before a run begins; where that needs more than what is here, takes the documents out of
/// the parts and leaves the release to the run.
///
/// # Errors
/// [`Error::Store`] if something cannot be read or written.
pub(crate) fn scrub(session: &Session, control: &Control) -> Result<Option<Forgetting>> {
    let tombstones = Tombstones::load(session.store())?;
    if tombstones.pending().is_empty() {
        return Ok(None);
    }
    if matches!(session.crew(), Crew::Here) {
        match finish(session, control) {
            Err(Error::Config(_)) => {}
            other => return other.map(|_| None),
        }
    }
    let mut done = Done {
        by: "run",
        ..Done::default()
    };
    remove_unpublished(session)?;
    if let Some(manifest) = published(session)? {
        for entry in &manifest.parts {
            control.check()?;
            done.changes
                .extend(parts::redact(session.store(), &tombstones, entry)?);
        }
        clean::run(session, Keep::Current)?;
        components::remove_others(session, None)?;
    }
    Ok(Some(Forgetting { tombstones, done }))
}

/// Ends what a run was asked to forget, once its release is published.
///
/// # Errors
/// [`Error::Store`] if the proof cannot be written.
pub(crate) fn settle(
    forgetting: Option<Forgetting>,
    outcome: &Outcome,
    session: &Session,
) -> Result<()> {
    let Some(Forgetting {
        tombstones,
        mut done,
    }) = forgetting
    else {
        return Ok(());
    };
    if outcome.published {
        done.content_digest = Some(outcome.manifest.content_digest);
        done.settle(session, &tombstones)?;
    }
    Ok(())
}

/// Number of documents that are still to be forgotten, by the request's path.
///
/// # Errors
/// [`Error::Store`] if the tombstones cannot be read.
pub fn pending(session: &Session) -> Result<BTreeMap<String, u64>> {
    let tombstones = Tombstones::load(session.store())?;
    let pending = tombstones.pending().iter();
    Ok(pending
        .map(|(path, one)| (path.clone(), one.documents.len() as u64))
        .collect())
}
