//! `moisson plan`.

use std::process::ExitCode;

use moisson_engine::control::Control;
use moisson_engine::fetch;
use moisson_engine::known::collision_probability;
use moisson_engine::parts::{self, Committed, DOCUMENTS};
use moisson_engine::plan::Plan;
use moisson_engine::session::Session;
use serde_json::{Value, json};

use crate::args::{Format, PlanArguments};
use crate::commands::run::{out, read_pipeline};
use crate::commands::shares::Shares;
use crate::{machine, output};

/// Shows what a run would do.
///
/// # Errors
/// Whatever is wrong with the pipeline or its inputs.
pub(crate) fn run(arguments: &PlanArguments, format: Format) -> anyhow::Result<ExitCode> {
    let tasks = arguments.tasks;
    let arguments = &arguments.on;
    let pipeline = read_pipeline(arguments)?;
    let out = out(arguments.out.as_deref(), &pipeline);
    let budget = machine::budget(arguments.threads, arguments.memory);
    let session = Session::open(&out, arguments.scratch.as_deref(), budget)?;
    let missing = fetch::missing(&pipeline, &session)?;
    if !missing.is_empty() && !arguments.offline {
        return to_fetch(&missing, format);
    }
    let control = Control {
        today: machine::today(),
        ..Control::default()
    };
    let plan = Plan::new(pipeline, arguments.limit, &session, &control)?;
    let committed = Committed::list(session.store())?;
    let workers = budget.workers(plan.limits.record_bytes_max)?;
    let mut sources = Vec::new();
    let mut left = Vec::new();
    for source in &plan.sources {
        let mut done = 0;
        for unit in &source.units {
            let stem = parts::stem(DOCUMENTS, &unit.part(&source.name, 0), None);
            if committed.contains(&stem) {
                done += 1;
            } else {
                left.push((unit.bytes, unit.key));
            }
        }
        let files: usize = source.units.iter().map(|unit| unit.files.len()).sum();
        let bytes: u64 = source.units.iter().map(|unit| unit.bytes).sum();
        sources.push((source, files, bytes, done));
    }
    let dedup = &plan.pipeline.dedup;
    let curve: Vec<(f64, f64)> = [0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95]
        .map(|s| (s, collision_probability(dedup.bands, dedup.rows, s)))
        .to_vec();
    // Intermediate tables and shards are compressed, text is at most the raw bytes of plain files.
    let space = plan.bytes();
    let shares = tasks.map(|tasks| Shares::new(left, tasks));
    if format == Format::Json {
        let rows: Vec<Value> = sources
            .iter()
            .map(|(source, files, bytes, done)| {
                json!({ "source": source.name, "reader": source.reader_tag, "files": files, "bytes": bytes,
                        "units": source.units.len(), "units_begun": done })
            })
            .collect();
        output::print_json(&json!({
            "out": moisson_engine::location::redact(&out), "plan_digest": plan.digest, "tier": plan.gate.tier,
            "threads": budget.threads, "workers": workers, "memory_bytes": budget.memory_bytes,
            "bytes": plan.bytes(), "space_bytes": space, "sources": rows,
            "shares": shares.as_ref().map(Shares::json),
            "collision": curve.iter().map(|(s, p)| json!({ "similarity": s, "probability": p })).collect::<Vec<_>>(),
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<Vec<String>> = sources
        .iter()
        .map(|(source, files, bytes, done)| {
            vec![
                source.name.clone(),
                source.reader_tag.clone(),
                files.to_string(),
                format!("{:.1}", *bytes as f64 / 1e6),
                source.units.len().to_string(),
                done.to_string(),
            ]
        })
        .collect();
    output::print_table(
        &["source", "reader", "files", "MB", "units", "begun"],
        &rows,
    )?;
    let percent: Vec<String> = curve
        .iter()
        .map(|(s, p)| format!("{s}: {:.1} %", p * 100.0))
        .collect();
    output::print(&format!(
        "\ntier {:?}, assumed licences {}; {} rules of {}\n\
         {} threads, {workers} parts at once within {} MiB\n\
         about {:.0} MB of space in {} for parts, less for the release\n\
         near-duplicates: {} bands of {} rows propose, exact {} of {} decides; share of pairs proposed by similarity:\n  {}\n",
        plan.gate.tier,
        if plan.gate.accept_assumed {
            "pass"
        } else {
            "are quarantined"
        },
        plan.rules.rules().len(),
        if plan.pipeline.presets.is_empty() {
            "no preset".to_owned()
        } else {
            plan.pipeline.presets.join(", ")
        },
        budget.threads,
        budget.memory_bytes >> 20,
        space as f64 / 1e6,
        moisson_engine::location::redact(&out),
        dedup.bands,
        dedup.rows,
        dedup.measure.name(),
        dedup.threshold,
        percent.join(", "),
    ))?;
    if let Some(shares) = &shares {
        shares.print()?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Says what has to be fetched before the rest can be planned.
fn to_fetch(missing: &[(String, Vec<String>)], format: Format) -> anyhow::Result<ExitCode> {
    if format == Format::Json {
        let sources: serde_json::Map<String, Value> = missing
            .iter()
            .map(|(name, at)| (name.clone(), json!(at)))
            .collect();
        output::print_json(&json!({ "to_fetch": sources }))?;
    } else {
        let rows: Vec<Vec<String>> = missing
            .iter()
            .flat_map(|(name, at)| at.iter().map(|at| vec![name.clone(), at.clone()]))
            .collect();
        output::print_table(&["to fetch", "from"], &rows)?;
        output::print(
            "the rest is planned once these are fetched; `run` fetches them, `--offline` asks no server\n",
        )?;
    }
    Ok(ExitCode::SUCCESS)
}
