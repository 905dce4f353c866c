//! Ingest: units of input to committed parts of documents, annotated while the text is in memory.

use arrow::array::RecordBatch;
use moisson_core::{Digest, Error, Result};
use moisson_ingest::container::{SourceFile, read_file};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::control::{Control, Event};
use crate::crew::Outcome;
use crate::part_sink::{Job, PartSink, commit_failed};
use crate::parts::{Committed, Part};
use crate::plan::{self, DOCUMENTS_VERSION, Plan};
use crate::session::Session;
use crate::stage::{Stage, Unit, Workshop};
use crate::table;

/// Reads every unit that is not committed yet; returns all parts in plan order.
///
/// A unit that was given up (see [`crate::crew`]) becomes a part without documents that says so in the ledger.
///
/// # Errors
/// [`Error::Store`] if a part cannot be committed, [`Error::Interrupted`] if the run is to stop.
pub fn run(plan: &Plan, session: &Session, control: &Control) -> Result<Vec<Part>> {
    let committed = Committed::list(session.store())?;
    let shop = Workshop {
        plan,
        session,
        control,
        committed: &committed,
    };
    let places: Vec<(usize, &plan::Unit)> = plan
        .sources
        .iter()
        .enumerate()
        .flat_map(|(source, plan)| plan.units.iter().map(move |unit| (source, unit)))
        .collect();
    control.tell(Event::Step {
        name: "read",
        total: plan.bytes(),
        bytes: true,
    });
    let mut parts: Vec<Option<Vec<Part>>> = session.pool().install(|| {
        places
            .par_iter()
            .map(|&(source, unit)| Job::new(shop, source).finished(unit))
            .collect::<Result<_>>()
    })?;
    let missing: Vec<usize> = (0..places.len())
        .filter(|at| parts.get(*at).is_some_and(Option::is_none))
        .collect();
    let place = |at: usize| {
        let place = missing.get(at).and_then(|at| places.get(*at)).copied();
        place.ok_or_else(|| Error::internal("a unit is not in the plan"))
    };
    let units: Vec<Unit> = (0..missing.len())
        .map(|at| {
            place(at).map(|(_, unit)| Unit {
                key: unit.key,
                size: unit.bytes,
            })
        })
        .collect::<Result<_>>()?;
    let outcomes = session.crew().map::<IngestStage>(shop, &units, &|at| {
        let (source, unit) = place(at)?;
        let unit = unit.clone();
        Ok((IngestSpec { source, unit }, None))
    })?;
    for (at, outcome) in outcomes.into_iter().enumerate() {
        let (source, unit) = place(at)?;
        let made = match outcome {
            Outcome::Done(made) => made,
            Outcome::Failed(reason) => {
                // What others committed meanwhile is not in the list.
                let committed = &Committed::ask();
                let job = Job::new(Workshop { committed, ..shop }, source);
                commit_failed(job, job.source()?, unit, &reason)?
            }
        };
        if let Some(slot) = missing.get(at).and_then(|at| parts.get_mut(*at)) {
            *slot = Some(made);
        }
    }
    control.tell(Event::Done);
    Ok(parts.into_iter().flatten().flatten().collect())
}

/// Reads one unit of input.
pub(crate) struct IngestStage;

/// What there is to read.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct IngestSpec {
    /// Position of the source in the plan.
    source: usize,
    unit: plan::Unit,
}

impl Stage for IngestStage {
    const NAME: &'static str = "ingest";
    const STEP: &'static str = "read";
    const VERSION: u32 = DOCUMENTS_VERSION;
    type Spec = IngestSpec;
    type Receipt = Vec<Part>;

    fn perform(
        shop: Workshop<'_>,
        _key: Digest,
        spec: IngestSpec,
        _rows: Option<RecordBatch>,
    ) -> Result<Vec<Part>> {
        Job::new(shop, spec.source).unit(&spec.unit)
    }

    fn at_once(shop: Workshop<'_>) -> Result<usize> {
        shop.session
            .budget()
            .workers(shop.plan.limits.record_bytes_max)
    }
}

impl Job<'_> {
    /// Returns the parts of a unit if all of them, and their annotations, are committed.
    fn finished(self, unit: &plan::Unit) -> Result<Option<Vec<Part>>> {
        let source = self.source()?;
        let parts = self.committed_parts(source, unit);
        let finished = parts.last().is_some_and(|part| part.manifest.last)
            && parts.iter().all(|part| self.is_filled(source, part));
        if finished {
            for part in &parts {
                self.control.tell(Event::part("read", &part.manifest, true));
            }
            self.control.tell(Event::Advance(unit.bytes));
        }
        Ok(finished.then_some(parts))
    }

    /// Returns the parts of a unit: those committed, and those made now from where they end.
    fn unit(self, unit: &plan::Unit) -> Result<Vec<Part>> {
        self.control.check()?;
        let source = self.source()?;
        let parts = self.committed_parts(source, unit);
        for part in &parts {
            self.control.tell(Event::part("read", &part.manifest, true));
            self.fill(source, part)?;
        }
        if parts.last().is_some_and(|part| part.manifest.last) {
            self.control.tell(Event::Advance(unit.bytes));
            return Ok(parts);
        }
        let mut sink = PartSink::new(self, source, unit, parts)?;
        for file in &unit.files {
            self.session
                .check_input(&String::from(file.place.clone()))?;
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
