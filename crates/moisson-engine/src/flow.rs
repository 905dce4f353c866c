//! The whole path, on one screen: bytes to documents to decisions to shards to a published release.

use moisson_core::{Digest, Result};

use crate::control::Control;
use crate::corpus::Corpus;
use crate::parts::Part;
use crate::pipeline::Pipeline;
use crate::plan::Plan;
use crate::publish::{self, Outcome};
use crate::session::Session;
use crate::{assemble, decide, dedup, forget, ingest, ledger, reconcile, shard};

/// Runs a pipeline into the session's output. `limit` is the most records per source, 0 for all.
///
/// Every step finds what is already committed and does only the rest, so running again after a stop, a kill or a full
/// disk resumes, and running again with nothing new does nothing.
///
/// # Errors
/// [`moisson_core::Error::Config`] before the first byte is read; [`moisson_core::Error::Store`] if storage fails;
/// [`moisson_core::Error::Interrupted`] on request.
pub fn run(
    pipeline: Pipeline,
    limit: u64,
    session: &Session,
    control: &Control,
) -> Result<Outcome> {
    // Only the release that is there now is replaced at the end, not one that another run publishes meanwhile.
    session.store().remember(publish::MANIFEST)?;
    // What was to be forgotten and is not yet is out of the parts before anything is made of them.
    let forgetting = forget::scrub(session, control)?;
    let plan = Plan::new(pipeline, limit, session, control)?;

    // Bytes to documents, with their annotations: the only step that reads the sources.
    let parts = ingest::run(&plan, session, control)?;
    let state = publish::state(&plan, &parts);
    let outcome = match publish::unchanged(state, session)? {
        Some(outcome) => outcome,
        None => release(&plan, parts, state, session, control, false)?,
    };
    forget::settle(forgetting, &outcome, session)?;
    Ok(outcome)
}

/// From committed parts to a release. `whatever_alarms` as in [`publish::run`].
pub(crate) fn release(
    plan: &Plan,
    parts: Vec<Part>,
    state: Digest,
    session: &Session,
    control: &Control,
    whatever_alarms: bool,
) -> Result<Outcome> {
    // Narrow columns from here on. Rows meet other rows in `reconcile` and `dedup`, and again in `shard`.
    control.stage("reconcile");
    let mut corpus = Corpus::load(plan, parts, session)?;
    reconcile::run(&mut corpus, session)?;
    assemble::run(plan, &mut corpus, session, control)?;
    control.stage("decide");
    decide::run(plan, &mut corpus, session, control)?;
    control.stage("dedup");
    let dedup = dedup::run(plan, &mut corpus, session, control)?;
    forget::components::remember(plan, &corpus, &dedup.components, session)?;

    // Text moves once more, into the shards; everything is staged, then published.
    let shards = shard::run(plan, &corpus, &dedup, session, control)?;
    control.stage("publish");
    let ledger = ledger::run(plan, &corpus, session)?;
    publish::run(
        plan,
        &corpus,
        shards,
        ledger,
        state,
        session,
        whatever_alarms,
    )
}

/// Plans a pipeline and has its inputs read by the session's crew: for tasks of a batch system that come before any
/// driver.
///
/// # Errors
/// As [`run`]; [`moisson_core::Error::Interrupted`] once the units are posted.
pub fn read(pipeline: Pipeline, limit: u64, session: &Session, control: &Control) -> Result<()> {
    let plan = Plan::new(pipeline, limit, session, control)?;
    ingest::run(&plan, session, control).map(|_| ())
}
