//! Ingest: units of input to committed parts of documents, annotated while the text is in memory.

use moisson_core::decision::{self, Effect};
use moisson_core::digest::KeyHasher;
use moisson_core::{
    Decision, Decisions, Document, Documents, Error, Fault, PartManifest, Result, Sink, Tombstone,
    document, reason,
};
use moisson_ingest::container::{SourceFile, read_file};
use moisson_ingest::normalise::NormaliseCounts;
use moisson_shard::file::TableWriter;
use rayon::prelude::*;

use crate::control::{Control, Event};
use crate::parts::{self, Committed, DOCUMENTS, FAULTS, Part};
use crate::plan::{DOCUMENTS_VERSION, Plan, SourcePlan, Unit};
use crate::session::Session;
use crate::table;

/// A batch goes to the annotators once it has this much text or this many rows; the cut depends on content alone.
const BATCH_TEXT_BYTES: usize = 4 << 20;
const BATCH_ROWS: usize = 1024;
/// A part also ends after this many records, so that ledger rows of faults stay bounded.
const PART_RECORDS_MAX: u64 = 1 << 20;

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

#[derive(Clone, Copy)]
struct Job<'a> {
    plan: &'a Plan,
    session: &'a Session,
    control: &'a Control,
    committed: &'a Committed,
    source: usize,
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

    fn committed_parts(self, source: &SourcePlan, unit: &Unit) -> Vec<Part> {
        let mut parts: Vec<Part> = Vec::new();
        while !parts.last().is_some_and(|part| part.manifest.last) {
            let name = unit.part(&source.name, parts.len());
            let stem = parts::stem(DOCUMENTS, &name, None);
            let key = part_key(unit, parts.len());
            let Some(manifest) = self.committed.manifest(self.session.store(), &stem, key) else {
                break;
            };
            parts.push(Part {
                source: self.source,
                name,
                manifest,
            });
        }
        parts
    }

    /// Makes the annotations that a committed part lacks: a kill came between, or parameters changed.
    fn fill(self, source: &SourcePlan, part: &Part) -> Result<()> {
        for annotator in &source.annotators {
            let annotator = annotator.as_ref();
            let key = parts::annotation_key(annotator, part.manifest.key);
            let stem = parts::stem(annotator.family(), &part.name, Some(key));
            if self
                .committed
                .manifest(self.session.store(), &stem, key)
                .is_none()
            {
                self.control.check()?;
                parts::annotate_again(self.session, part, annotator)?;
            }
        }
        Ok(())
    }
}

fn part_key(unit: &Unit, index: usize) -> moisson_core::Digest {
    KeyHasher::new("part", DOCUMENTS_VERSION)
        .digest(unit.key)
        .field(&(index as u64).to_le_bytes())
        .finish()
}

/// Cuts what a reader finds into parts and commits them.
struct PartSink<'a> {
    job: Job<'a>,
    source: &'a SourcePlan,
    unit: &'a Unit,
    parts: Vec<Part>,
    /// Records of committed parts that are still to be passed over.
    skip: u64,
    skipping: bool,
    records: u64,
    limit_reached: bool,
    open: OpenPart,
}

/// The part that is being filled.
struct OpenPart {
    batch: Documents,
    documents: TableWriter,
    families: Vec<TableWriter>,
    faults: TableWriter,
    fault_rows: Decisions,
    manifest: PartManifest,
    normalised: NormaliseCounts,
}

impl OpenPart {
    fn new(source: &SourcePlan, manifest: PartManifest) -> Result<Self> {
        let options = parts::part_options();
        Ok(Self {
            batch: Documents::new(&source.name, &source.reader_tag),
            documents: TableWriter::new(document::schema(), options.clone())?,
            families: source
                .annotators
                .iter()
                .map(|annotator| TableWriter::new(annotator.schema(), options.clone()))
                .collect::<Result<_>>()?,
            faults: TableWriter::new(decision::schema(), options)?,
            fault_rows: Decisions::default(),
            manifest,
            normalised: NormaliseCounts::default(),
        })
    }
}

impl<'a> PartSink<'a> {
    fn new(job: Job<'a>, source: &'a SourcePlan, unit: &'a Unit, parts: Vec<Part>) -> Result<Self> {
        let skip = parts
            .iter()
            .map(|part| part.manifest.count("records"))
            .sum();
        let key = part_key(unit, parts.len());
        let manifest = PartManifest::new(DOCUMENTS, DOCUMENTS_VERSION, key);
        let open = OpenPart::new(source, manifest)?;
        let (records, limit_reached) = (0, false);
        let skipping = skip > 0;
        Ok(Self {
            job,
            source,
            unit,
            parts,
            skip,
            skipping,
            records,
            limit_reached,
            open,
        })
    }

    /// Commits the open part and starts the next one.
    fn close(&mut self, last: bool) -> Result<()> {
        self.flush()?;
        self.flush_faults()?;
        let name = self.unit.part(&self.source.name, self.parts.len());
        let next = PartManifest::new(
            DOCUMENTS,
            DOCUMENTS_VERSION,
            part_key(self.unit, self.parts.len() + 1),
        );
        let done = std::mem::replace(&mut self.open, OpenPart::new(self.source, next)?);
        let store = self.job.session.store();
        let mut manifest = done.manifest;
        manifest.last = last;
        for (step, number) in done.normalised.named() {
            manifest.add(step, number);
        }
        if manifest.count("fault_rows") > 0 {
            let faults = PartManifest::new(FAULTS, DOCUMENTS_VERSION, manifest.key);
            parts::commit(
                store,
                &parts::stem(FAULTS, &name, None),
                done.faults.finish()?,
                faults,
            )?;
        }
        let stem = parts::stem(DOCUMENTS, &name, None);
        let manifest = parts::commit(store, &stem, done.documents.finish()?, manifest)?;
        let part = Part {
            source: self.job.source,
            name,
            manifest,
        };
        for (annotator, writer) in self.source.annotators.iter().zip(done.families) {
            parts::commit_annotation(store, &part, annotator.as_ref(), writer.finish()?)?;
        }
        self.parts.push(part);
        Ok(())
    }

    /// Annotates and writes the open batch. Annotators run side by side where threads are idle.
    fn flush(&mut self) -> Result<()> {
        if self.open.batch.is_empty() {
            return Ok(());
        }
        let batch = self.open.batch.finish()?;
        self.open.documents.write(&batch)?;
        self.source
            .annotators
            .par_iter()
            .zip(self.open.families.par_iter_mut())
            .try_for_each(|(annotator, writer)| writer.write(&annotator.annotate(&batch)?))
    }

    fn flush_faults(&mut self) -> Result<()> {
        let rows = std::mem::take(&mut self.open.fault_rows);
        if !rows.0.is_empty() {
            self.open.manifest.add("fault_rows", rows.0.len() as u64);
            self.open.faults.write(&rows.to_batch()?)?;
        }
        Ok(())
    }

    fn write_fault(&mut self, decision: Decision) -> Result<()> {
        if decision.counted {
            let unreadable = &mut self.open.manifest.unreadable;
            *unreadable.entry(decision.reason.clone()).or_default() += 1;
        }
        self.open.fault_rows.0.push(decision);
        if self.open.fault_rows.0.len() >= BATCH_ROWS {
            self.flush_faults()
        } else {
            Ok(())
        }
    }
}

impl Sink for PartSink<'_> {
    fn begin_record(&mut self) -> Result<bool> {
        self.job.control.check()?;
        if self.unit.limit > 0 && self.records >= self.unit.limit {
            self.limit_reached = true;
            return Err(Error::Interrupted);
        }
        self.records += 1;
        if self.skip > 0 {
            self.skip -= 1;
            return Ok(false);
        }
        self.skipping = false;
        let manifest = &self.open.manifest;
        if manifest.count("text_bytes") >= self.job.plan.pipeline.limits.part_text_bytes
            || manifest.count("records") >= PART_RECORDS_MAX
        {
            self.close(false)?;
        }
        self.open.manifest.add("records", 1);
        Ok(true)
    }

    fn document(&mut self, mut document: Document) -> Result<()> {
        if self.skipping {
            return Ok(());
        }
        if !self
            .source
            .finisher
            .finish(&mut document, &mut self.open.normalised)
        {
            return self.write_fault(Decision {
                doc_id: Some(format!("{}/{}", self.source.name, document.key_text())),
                ..Decision::from_fault(
                    &self.source.name,
                    Fault {
                        reason: reason::EXTRACT_EMPTY,
                        raw_uri: document.raw_uri,
                        ..Fault::default()
                    },
                )
            });
        }
        self.open.manifest.add("documents", 1);
        self.open
            .manifest
            .add("text_bytes", document.text.len() as u64);
        self.open.batch.push(document);
        let batch = &self.open.batch;
        if batch.text_bytes() >= BATCH_TEXT_BYTES || batch.len() >= BATCH_ROWS {
            self.flush()?;
        }
        Ok(())
    }

    fn fault(&mut self, fault: Fault) -> Result<()> {
        if self.skipping {
            return Ok(());
        }
        self.write_fault(Decision::from_fault(&self.source.name, fault))
    }

    fn tombstone(&mut self, tombstone: Tombstone) -> Result<()> {
        if self.skipping {
            return Ok(());
        }
        self.open.manifest.add("tombstones", 1);
        self.write_fault(Decision {
            effect: Effect::Note,
            source: self.source.name.clone(),
            doc_id: Some(format!("{}/{}", self.source.name, tombstone.key)),
            raw_uri: Some(tombstone.raw_uri),
            step: "ingest",
            rule: "tombstone".to_owned(),
            reason: reason::RECONCILE_TOMBSTONE.to_owned(),
            observed: Some(tombstone.sequence.to_string()),
            ..Decision::default()
        })
    }
}
