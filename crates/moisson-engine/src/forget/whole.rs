//! Everything anew from committed parts: where the shorter way cannot tell what follows. It reads no input.

use moisson_core::{Digest, Error, PartManifest, Result};

use crate::control::Control;
use crate::manifest::ReleaseManifest;
use crate::part_sink::Job;
use crate::parts::{self, Committed, DOCUMENTS, Part};
use crate::pipeline::Pipeline;
use crate::plan::{self, Plan, Unit};
use crate::publish::{self, Outcome};
use crate::session::Session;
use crate::stage::Workshop;
use crate::{assemble, flow};

/// Builds the plan of a release from its manifest: readers, annotators and rules, but no inputs.
///
/// # Errors
/// [`Error::Config`] if the pipeline cannot be read any more, or its model is not where it was.
pub(crate) fn plan(manifest: &ReleaseManifest, session: &Session) -> Result<Plan> {
    let failed = |e: &dyn std::fmt::Display| {
        Error::config(format!(
            "the pipeline that the manifest holds cannot be used by this version of moisson: {e}; run the pipeline \
             itself, which finishes what is to be forgotten"
        ))
    };
    let pipeline = serde_json::from_value::<Pipeline>(manifest.pipeline.clone());
    let mut pipeline = pipeline.map_err(|e| failed(&e))?;
    // JSON does not keep the order of the sources, on which it depends who survives.
    let place = |name: &str| {
        manifest
            .sources
            .iter()
            .position(|(source, _)| source == name)
    };
    pipeline.source.sort_by_key(|name, _| place(name));
    // The manifest holds the tokenizer's name, not its place: what is promoted is shipped without a count of tokens.
    pipeline.tokens.tokenizer = None;
    let files = plan::files(&pipeline, session)?;
    let mut plan = Plan::build(pipeline, files).map_err(|e| failed(&e))?;
    plan.digest = manifest.plan_digest;
    for (source, (_, books)) in plan.sources.iter_mut().zip(&manifest.sources) {
        source.units = vec![Unit {
            key: Digest::of(&[]),
            files: Vec::new(),
            bytes: books.raw_bytes,
            limit: 0,
        }];
    }
    Ok(plan)
}

/// The parts of a release that were read, without those that were assembled from them. Of their manifests only key,
/// rows and content are filled in.
///
/// # Errors
/// [`Error::Internal`] if a part is of no source.
pub(crate) fn ingested(plan: &Plan, manifest: &ReleaseManifest) -> Result<Vec<Part>> {
    let mut all: Vec<Part> = Vec::new();
    for entry in &manifest.parts {
        let name = entry.name.split('/').next().unwrap_or_default();
        let source = plan.sources.iter().position(|source| source.name == name);
        let mut manifest = PartManifest::new(DOCUMENTS, 0, entry.key);
        manifest.rows = entry.rows;
        manifest.content_digest = entry.content_digest;
        all.push(Part {
            source: source.ok_or_else(|| Error::internal("a part of no source"))?,
            name: entry.name.clone(),
            manifest,
        });
    }
    let mut assembled = Vec::new();
    for (at, source) in plan.sources.iter().enumerate() {
        let Some(assembly) = source.reader.assembly() else {
            continue;
        };
        let of_source: Vec<&Part> = all.iter().filter(|part| part.source == at).collect();
        for read in 0..of_source.len() {
            let keys = of_source.iter().take(read).map(|part| part.manifest.key);
            let key = assemble::unit_key(&source.name, assembly, keys)?;
            let start = format!("{}/{}-", source.name, key.short(16));
            let rest = of_source.iter().skip(read);
            if rest.clone().all(|part| part.name.starts_with(&start)) {
                assembled.extend(rest.map(|part| part.name.clone()));
                break;
            }
        }
    }
    all.retain(|part| !assembled.contains(&part.name));
    Ok(all)
}

/// Removes what was assembled, so that it is assembled anew; returns how many parts.
///
/// # Errors
/// [`Error::Store`] if something cannot be removed.
pub(crate) fn remove_assembled(
    plan: &Plan,
    manifest: &ReleaseManifest,
    session: &Session,
) -> Result<usize> {
    let read = ingested(plan, manifest)?;
    let assembled = manifest.parts.iter();
    let assembled = assembled.filter(|entry| !read.iter().any(|part| part.name == entry.name));
    let (mut paths, mut number) = (Vec::new(), 0);
    for entry in assembled {
        number += 1;
        let families = entry
            .annotations
            .iter()
            .map(|(family, key)| (family.as_str(), Some(*key)));
        let decide = entry.decide.map(|key| (crate::decide::DECIDE, Some(key)));
        for (step, key) in families.chain(decide).chain([
            (DOCUMENTS, None),
            (parts::FAULTS, None),
            (parts::CONTENTS, None),
        ]) {
            let stem = parts::stem(step, &entry.name, key);
            paths.extend([format!("{stem}.json"), format!("{stem}.parquet")]);
        }
    }
    session.store().delete_all(&paths)?;
    Ok(number)
}

/// Makes the release anew from the parts there are, and publishes it.
///
/// # Errors
/// As [`flow::run`].
pub(crate) fn run(
    plan: &Plan,
    manifest: &ReleaseManifest,
    session: &Session,
    control: &Control,
) -> Result<Outcome> {
    let committed = Committed::ask();
    let shop = Workshop {
        plan,
        session,
        control,
        committed: &committed,
    };
    let mut parts = ingested(plan, manifest)?;
    for part in &mut parts {
        let stem = parts::stem(DOCUMENTS, &part.name, None);
        let manifest = session.store().get_json(&format!("{stem}.json"))?;
        part.manifest = manifest.ok_or_else(|| Error::store(&stem, "the part has no manifest"))?;
        let job = Job::new(shop, part.source);
        job.fill(job.source()?, part)?;
    }
    let state = publish::state(plan, &parts);
    flow::release(plan, parts, state, session, control, true)
}
