//! Ingest: units of input to committed parts of documents, annotated while the text is in memory.

use moisson_core::{Error, Result};
use moisson_ingest::container::{SourceFile, read_file};
use rayon::prelude::*;

use crate::control::{Control, Event};
use crate::part_sink::{Job, PartSink};
use crate::parts::{Committed, Part};
use crate::plan::{Plan, SourcePlan, Unit};
use crate::session::Session;
use crate::table;

/// Reads every unit that is not committed yet; returns all parts in plan order.
///
/// # Errors
/// [`Error::Store`] if a part cannot be committed, [`Error::Interrupted`] if the run is to stop.
pub fn run(plan: &Plan, session: &Session, control: &Control) -> Result<Vec<Part>> {
    let committed = Committed::list(session.store())?;
    let workers = session.budget().workers(plan.limits.record_bytes_max)?;
    let mut jobs: Vec<(usize, usize)> = plan
        .sources
        .iter()
        .enumerate()
        .flat_map(|(source, plan)| (0..plan.units.len()).map(move |unit| (source, unit)))
        .collect();
    // The longest first, so that no long one starts last; the result is put back in plan order.
    jobs.sort_by_key(|&(source, unit)| {
        std::cmp::Reverse(
            plan.sources
                .get(source)
                .and_then(|s| s.units.get(unit))
                .map(|u| u.bytes),
        )
    });
    control.tell(Event::Step {
        name: "read",
        total: plan.bytes(),
        bytes: true,
    });
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(workers)
        .stack_size(8 << 20)
        .build()
        .map_err(|e| Error::internal(e.to_string()))?;
    let mut done: Vec<((usize, usize), Vec<Part>)> = pool.install(|| {
        jobs.into_par_iter()
            .with_max_len(1)
            .map(|(source, unit)| {
                let job = Job {
                    plan,
                    session,
                    control,
                    committed: &committed,
                    source,
                };
                let source_plan = plan.sources.get(source).ok_or_else(out_of_plan)?;
                let unit_plan = source_plan.units.get(unit).ok_or_else(out_of_plan)?;
                let parts = job.unit(source_plan, unit_plan)?;
                Ok(((source, unit), parts))
            })
            .collect::<Result<_>>()
    })?;
    control.tell(Event::Done);
    done.sort_unstable_by_key(|(place, _)| *place);
    Ok(done.into_iter().flat_map(|(_, parts)| parts).collect())
}

fn out_of_plan() -> Error {
    Error::internal("a unit is not in the plan")
}

impl Job<'_> {
    /// Returns the parts of a unit: those committed, and those made now from where they end.
    fn unit(self, source: &SourcePlan, unit: &Unit) -> Result<Vec<Part>> {
        self.control.check()?;
        let parts = self.committed_parts(source, unit);
        for part in &parts {
            self.fill(source, part)?;
        }
        if parts.last().is_some_and(|part| part.manifest.last) {
            self.control.tell(Event::Advance(unit.bytes));
            return Ok(parts);
        }
        let mut sink = PartSink::new(self, source, unit, parts)?;
        for file in &unit.files {
            sink.receipt.clone_from(&file.receipt);
            let read = match source.reader.table() {
                Some(table) => table::read_file(table, file, self.session, &mut sink),
                None => {
                    let open = || file.open(self.session.runtime(), self.session.scratch());
                    let file = SourceFile {
                        name: &file.name,
                        size: file.size,
                        open: &open,
                    };
                    let reader = source.reader.as_ref();
                    read_file(reader, &file, &source.include, &self.plan.limits, &mut sink)
                }
            };
            match read {
                Err(Error::Interrupted) if sink.limit_reached => break,
                other => other?,
            }
            self.control.tell(Event::Advance(file.size));
        }
        sink.close(true)?;
        Ok(sink.parts)
    }
}
