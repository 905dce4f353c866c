//! Decide: applies the licence gate and the rules to every part. Reads no text and loads no model.

use moisson_core::Result;
use rayon::prelude::*;

use crate::corpus::Corpus;
use crate::plan::Plan;
use crate::session::Session;

/// Drops what the licence gate and the rules do not let pass, and notes the spans to cut.
///
/// # Errors
/// [`moisson_core::Error::Internal`] if a rule's column is missing.
pub fn run(plan: &Plan, corpus: &mut Corpus, session: &Session) -> Result<()> {
    session.pool().install(|| {
        corpus.parts.par_iter_mut().try_for_each(|part| {
            let outcome = moisson_decide::decide(&plan.gate, &plan.rules, &part.rows, &part.alive)?;
            part.alive = outcome.alive;
            part.edits = outcome.edits;
            for (row, mut decision) in outcome.decisions {
                part.describe(row, &mut decision);
                part.decisions
                    .push((u32::try_from(row).unwrap_or(u32::MAX), decision));
            }
            Ok(())
        })
    })
}
