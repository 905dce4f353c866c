//! Decide: applies the licence gate, the rules and the profiles of personal data to every part. Reads no text and loads no model.
//!
//! What is decided of a part is a part of its own: a new threshold makes these again and nothing before them.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, UInt32Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, UInt32Type};
use moisson_core::column::column;
use moisson_core::decision::{self, Effect};
use moisson_core::digest::KeyHasher;
use moisson_core::{Decision, Decisions, Digest, Error, PartManifest, Result};
use moisson_decide::{PERSONAL_COLUMNS, replace_personal};
use moisson_shard::file::TableWriter;
use rayon::prelude::*;

use crate::control::Control;
use crate::corpus::{Corpus, CorpusPart, narrow};
use crate::parts::{self, Committed, Part};
use crate::plan::Plan;
use crate::publish::annotation_keys;
use crate::session::Session;
use crate::stage::{Stage, Unit, Workshop};

/// Folder of what was decided, and name of the step.
pub const DECIDE: &str = "decide";
/// Bumped when the same measurements and rules give another decision.
pub const DECIDE_VERSION: u32 = 2;

/// Columns beside those of the rules.
const COLUMNS: &[&str] = &["doc_id", "source", "genre"];

/// Drops what the licence gate and the rules do not let pass, and notes the spans to cut or to replace.
///
/// # Errors
/// [`Error::Internal`] if a rule's column is missing; [`Error::Store`] if a part cannot be read or written.
pub fn run(plan: &Plan, corpus: &mut Corpus, session: &Session, control: &Control) -> Result<()> {
    let committed = Committed::list(session.store())?;
    let shop = Workshop {
        plan,
        session,
        control,
        committed: &committed,
    };
    let keys: Vec<Digest> = corpus
        .parts
        .iter()
        .map(|part| key(plan, &part.part))
        .collect::<Result<_>>()?;
    let there = |part: &CorpusPart, key: Digest| {
        let stem = parts::stem(DECIDE, &part.part.name, Some(key));
        committed.manifest(session.store(), &stem, key)
    };
    let missing: Vec<usize> = session.pool().install(|| {
        (corpus.parts.par_iter().zip(&keys).enumerate())
            .filter(|(_, (part, key))| part.rows.num_rows() > 0 && there(part, **key).is_none())
            .map(|(at, _)| at)
            .collect()
    });
    let place = |at: usize| {
        let at = missing.get(at).copied().unwrap_or(usize::MAX);
        let part = corpus.parts.get(at).zip(keys.get(at));
        part.ok_or_else(|| Error::internal("a part is not in the corpus"))
    };
    let units: Vec<Unit> = (0..missing.len())
        .map(|at| {
            place(at).map(|(part, key)| Unit {
                key: *key,
                size: part.rows.num_rows() as u64,
            })
        })
        .collect::<Result<_>>()?;
    session.crew().map_all::<DecideStage>(shop, &units, &|at| {
        let (part, _) = place(at)?;
        Ok((part.part.clone(), None))
    })?;
    session.pool().install(|| {
        (corpus.parts.par_iter_mut().zip(&keys))
            .try_for_each(|(part, key)| apply(part, *key, session))
    })
}

/// Key of what is decided of a part.
///
/// # Errors
/// [`Error::Internal`] if the rules have no JSON form.
pub fn key(plan: &Plan, part: &Part) -> Result<Digest> {
    let rules = Digest::of_json(&(
        plan.rules.digest()?,
        plan.pipeline.tier,
        plan.pipeline.accept_assumed,
        &plan.pipeline.pii,
    ))?;
    let mut key = KeyHasher::new(DECIDE, DECIDE_VERSION)
        .digest(rules)
        .digest(part.manifest.key);
    for (_, annotations) in annotation_keys(plan, part) {
        key = key.digest(annotations);
    }
    Ok(key.finish())
}

/// Takes over what was decided of the rows that are still alive.
fn apply(part: &mut CorpusPart, key: Digest, session: &Session) -> Result<()> {
    if part.rows.num_rows() == 0 {
        return Ok(());
    }
    // What reconcile dropped is out of the gate's hands.
    let asked = part.alive.clone();
    let stem = parts::stem(DECIDE, &part.part.name, Some(key));
    let manifest: PartManifest = session
        .store()
        .get_json(&format!("{stem}.json"))?
        .ok_or_else(|| Error::store(&stem, "the part has no manifest; run again"))?;
    for batch in parts::read(session, &stem, &manifest, None)? {
        let rows = column(&batch, "row")?.as_primitive::<UInt32Type>().clone();
        for (&row, mut decision) in rows.values().iter().zip(Decisions::from_batch(&batch)?.0) {
            let at = row as usize;
            if !asked.get(at).copied().unwrap_or_default() {
                continue;
            }
            match decision.effect {
                Effect::Drop => part
                    .alive
                    .get_mut(at)
                    .into_iter()
                    .for_each(|alive| *alive = false),
                Effect::Edit => part
                    .edits
                    .get_mut(at)
                    .into_iter()
                    .for_each(|edits| edits.extend(moisson_decide::edit_of(&decision))),
                Effect::Fault | Effect::Note => {}
            }
            part.describe(at, &mut decision);
            part.decisions.push((row, decision));
        }
    }
    Ok(())
}

/// Decides of one part.
pub(crate) struct DecideStage;

impl Stage for DecideStage {
    const NAME: &'static str = DECIDE;
    const VERSION: u32 = DECIDE_VERSION;
    type Spec = Part;
    /// Nothing: the driver reads the part.
    type Receipt = ();

    fn perform(shop: Workshop<'_>, key: Digest, part: Part, _: Option<RecordBatch>) -> Result<()> {
        shop.control.check()?;
        let Workshop { plan, session, .. } = shop;
        let source = plan
            .sources
            .get(part.source)
            .ok_or_else(|| Error::internal("a part of no source"))?;
        let wanted = plan.rules.columns();
        let wants = |name: &str| {
            name == "licence"
                || name.starts_with("licence_")
                || PERSONAL_COLUMNS.contains(&name)
                || name.starts_with("optout_")
                || wanted.contains(&name)
        };
        let rows = narrow(source, &part, COLUMNS, &wants, session)?;
        let alive = vec![true; rows.num_rows()];
        let mut outcome = moisson_decide::decide(&plan.gate, &plan.rules, &rows, &alive)?;
        replace_personal(&plan.pipeline.pii, &rows, &mut outcome)?;
        let mut writer = TableWriter::new(schema(), parts::part_options())?;
        for decisions in outcome.decisions.chunks(8192) {
            writer.write(&batch(decisions)?)?;
        }
        let stem = parts::stem(DECIDE, &part.name, Some(key));
        let manifest = PartManifest::new(DECIDE, DECIDE_VERSION, key);
        parts::commit(session.store(), &stem, writer.finish()?, manifest).map(|_| ())
    }
}

/// Schema of what is decided of a part: the ledger's, and the row it is about.
fn schema() -> SchemaRef {
    let row = Arc::new(Field::new("row", DataType::UInt32, false));
    let ledger = decision::schema();
    let fields: Vec<Arc<Field>> = std::iter::once(row)
        .chain(ledger.fields().iter().cloned())
        .collect();
    Arc::new(Schema::new(fields))
}

fn batch(decisions: &[(usize, Decision)]) -> Result<RecordBatch> {
    let rows = decisions
        .iter()
        .map(|(row, _)| u32::try_from(*row).unwrap_or(u32::MAX));
    let rows: ArrayRef = Arc::new(UInt32Array::from_iter_values(rows));
    let ledger = decisions
        .iter()
        .map(|(_, decision)| decision.clone())
        .collect();
    let ledger = Decisions(ledger).to_batch()?;
    let columns = std::iter::once(rows).chain(ledger.columns().iter().cloned());
    Ok(RecordBatch::try_new(schema(), columns.collect())?)
}
