//! The open part: what a reader finds is finished, annotated in batches, cut into parts and committed.

use std::sync::Arc;

use moisson_annotate::licence::ACCESS;
use moisson_core::decision::{self, Effect};
use moisson_core::digest::KeyHasher;
use moisson_core::{
    Contents, Date, Decision, Decisions, Digest, Document, Documents, Error, Fault, PartManifest,
    Result, Sink, Tombstone, document, reason,
};
use moisson_harvest::Receipt;
use moisson_ingest::normalise::NormaliseCounts;
use moisson_rights::optout::Seen;
use moisson_shard::file::TableWriter;
use rayon::prelude::*;

use crate::contents;
use crate::control::{Control, Event};
use crate::forget::tombstones::Tombstones;
use crate::parts::{self, CONTENTS, Committed, DOCUMENTS, FAULTS, Part};
use crate::plan::{DOCUMENTS_VERSION, Plan, SourcePlan, Unit};
use crate::session::Session;
use crate::stage::Workshop;

/// A batch goes to the annotators once it has this much text or this many rows; the cut depends on content alone.
const BATCH_TEXT_BYTES: usize = 4 << 20;
const BATCH_ROWS: usize = 1024;
/// A part also ends after this many records, so that ledger rows of faults stay bounded.
const PART_RECORDS_MAX: u64 = 1 << 20;

/// What making the parts of one source needs.
#[derive(Clone, Copy)]
pub(crate) struct Job<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) session: &'a Session,
    pub(crate) control: &'a Control,
    pub(crate) committed: &'a Committed,
    /// Position of the source in the plan.
    pub(crate) source: usize,
}

impl<'a> Job<'a> {
    /// The job of making parts of one source.
    pub(crate) fn new(shop: Workshop<'a>, source: usize) -> Self {
        Self {
            plan: shop.plan,
            session: shop.session,
            control: shop.control,
            committed: shop.committed,
            source,
        }
    }

    /// The source of the job.
    pub(crate) fn source(self) -> Result<&'a SourcePlan> {
        let source = self.plan.sources.get(self.source);
        source.ok_or_else(|| Error::internal("a source is not in the plan"))
    }

    /// Returns the parts of a unit that are committed, without a gap.
    pub(crate) fn committed_parts(self, source: &SourcePlan, unit: &Unit) -> Vec<Part> {
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

    /// True if a committed part has all its annotations.
    pub(crate) fn is_filled(self, source: &SourcePlan, part: &Part) -> bool {
        source.annotators.iter().all(|annotator| {
            let key = parts::annotation_key(annotator.as_ref(), part.manifest.key);
            let stem = parts::stem(annotator.family(), &part.name, Some(key));
            let manifest = self.committed.manifest(self.session.store(), &stem, key);
            manifest.is_some()
        })
    }

    /// Makes the annotations that a committed part lacks: a kill came between, or parameters changed.
    pub(crate) fn fill(self, source: &SourcePlan, part: &Part) -> Result<()> {
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
                let made = parts::annotate_again(self.session, part, annotator)?;
                self.control.tell(Event::part("annotate", &made, false));
            }
        }
        Ok(())
    }
}

/// Commits, after the parts of a unit there are, one that says that nobody could read the rest.
///
/// Its key is another than that of the part it stands for, so that a later run reads on.
pub(crate) fn commit_failed(
    job: Job<'_>,
    source: &SourcePlan,
    unit: &Unit,
    reason: &str,
) -> Result<Vec<Part>> {
    let mut sink = PartSink::new(job, source, unit, job.committed_parts(source, unit))?;
    sink.open.manifest.key = KeyHasher::new("part-failed", DOCUMENTS_VERSION)
        .digest(unit.key)
        .finish();
    for file in &unit.files {
        sink.open.manifest.add("records", 1);
        sink.write_fault(Decision {
            unit: decision::Unit::File,
            effect: Effect::Fault,
            counted: true,
            source: source.name.clone(),
            raw_uri: Some(file.name.clone()),
            step: "ingest",
            rule: "attempts".to_owned(),
            reason: reason::ENGINE_PART_FAILED.to_owned(),
            detail: Some(reason.to_owned()),
            ..Decision::default()
        })?;
    }
    sink.close(true)?;
    Ok(sink.parts)
}

fn part_key(unit: &Unit, index: usize) -> Digest {
    KeyHasher::new("part", DOCUMENTS_VERSION)
        .digest(unit.key)
        .field(&(index as u64).to_le_bytes())
        .finish()
}

/// Cuts what a reader finds into parts and commits them.
pub(crate) struct PartSink<'a> {
    job: Job<'a>,
    source: &'a SourcePlan,
    unit: &'a Unit,
    /// The parts committed so far.
    pub(crate) parts: Vec<Part>,
    /// Receipt of the file that is being read, if it was fetched.
    pub(crate) receipt: Option<Arc<Receipt>>,
    /// Records of committed parts that are still to be passed over.
    skip: u64,
    skipping: bool,
    records: u64,
    /// True once the unit's limit of records stopped the reader.
    pub(crate) limit_reached: bool,
    /// What was forgotten does not come back.
    tombstones: Tombstones,
    open: OpenPart,
}

/// The part that is being filled.
struct OpenPart {
    batch: Documents,
    documents: TableWriter,
    families: Vec<TableWriter>,
    faults: TableWriter,
    fault_rows: Decisions,
    contents: Vec<Contents>,
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
            contents: Vec::new(),
            manifest,
            normalised: NormaliseCounts::default(),
        })
    }
}

impl<'a> PartSink<'a> {
    /// A sink that goes on after the committed `parts` of a unit.
    pub(crate) fn new(
        job: Job<'a>,
        source: &'a SourcePlan,
        unit: &'a Unit,
        parts: Vec<Part>,
    ) -> Result<Self> {
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
            receipt: None,
            skip,
            skipping,
            records,
            limit_reached,
            tombstones: Tombstones::load(job.session.store())?,
            open,
        })
    }

    /// Commits the open part and starts the next one.
    pub(crate) fn close(&mut self, last: bool) -> Result<()> {
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
        if !done.contents.is_empty() {
            manifest.add("contents", done.contents.len() as u64);
            let table = PartManifest::new(CONTENTS, DOCUMENTS_VERSION, manifest.key);
            let stem = parts::stem(CONTENTS, &name, None);
            parts::commit(store, &stem, contents::write(&done.contents)?, table)?;
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
        self.job
            .control
            .tell(Event::part("read", &part.manifest, false));
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

    /// Notes a document that is not to come back: under a keyed hash, and with nothing else.
    fn write_forgotten(&mut self, doc_id: &str) -> Result<bool> {
        let forgotten = self.tombstones.row(&self.source.name, doc_id);
        forgotten.map_or(Ok(false), |row| self.write_fault(row).map(|()| true))
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

/// Adds what the answer that brought a file says of mining, and where it came from. A record that has an address of its own,
/// in a web archive, was fetched by somebody else: what is said of the archive is not said of it.
fn fill_in_optout(document: &mut Document, receipt: &Receipt) {
    let stated = document.metadata.remove(Seen::KEY);
    let stated = stated.and_then(|value| serde_json::from_value::<Seen>(value).ok());
    let mut seen = stated.unwrap_or_default();
    if seen.address.is_none() {
        seen.address = Some(receipt.final_url.as_ref().unwrap_or(&receipt.url).clone());
        seen.retrieved_at = Some(receipt.retrieved_at.clone());
        for (name, value) in &receipt.optout {
            seen.http_field(name, value);
        }
    }
    if let Ok(value) = serde_json::to_value(&seen) {
        document.metadata.insert(Seen::KEY.to_owned(), value);
    }
}

/// Fills in what the publisher says of a fetched file where the record says nothing itself.
fn fill_in(document: &mut Document, receipt: &Receipt) {
    let fill = |field: &mut Option<String>, said: &Option<String>| {
        if field.is_none() {
            field.clone_from(said);
        }
    };
    document.retrieved_at = Some(receipt.retrieved_at.clone());
    fill(&mut document.licence_declared, &receipt.licence);
    fill(&mut document.producer, &receipt.producer);
    // The catalogue speaks of access to all of the file, whatever the record says.
    if let Some(access) = &receipt.access {
        document
            .metadata
            .insert(ACCESS.to_owned(), access.clone().into());
    }
    if document.modified_on.is_none() {
        document.modified_on = receipt.updated.as_deref().and_then(Date::parse);
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
        let doc_id = format!("{}/{}", self.source.name, document.key_text());
        if self.write_forgotten(&doc_id)? {
            return Ok(());
        }
        if let Some(receipt) = &self.receipt {
            fill_in(&mut document, receipt);
            fill_in_optout(&mut document, receipt);
        }
        if !self
            .source
            .finisher
            .finish(&mut document, &mut self.open.normalised)
        {
            return self.write_fault(Decision {
                doc_id: Some(doc_id),
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
        let doc_id = format!("{}/{}", self.source.name, tombstone.key);
        if self.tombstones.contains(&doc_id) {
            return Ok(());
        }
        self.open.manifest.add("tombstones", 1);
        self.write_fault(Decision {
            effect: Effect::Note,
            source: self.source.name.clone(),
            doc_id: Some(doc_id),
            raw_uri: Some(tombstone.raw_uri),
            step: "ingest",
            rule: "tombstone".to_owned(),
            reason: reason::RECONCILE_TOMBSTONE.to_owned(),
            observed: Some(tombstone.sequence.to_string()),
            ..Decision::default()
        })
    }

    fn contents(&mut self, contents: Contents) -> Result<()> {
        if !self.skipping {
            let contents = self.tombstones.strip(&self.source.name, contents);
            self.open.contents.extend(contents);
        }
        Ok(())
    }
}
