//! `moisson run`.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use anyhow::Context;
use moisson_engine::control::Control;
use moisson_engine::fetch::{self, Which};
use moisson_engine::flow;
use moisson_engine::lock::Lock;
use moisson_engine::manifest::{Books, RaisedAlarm};
use moisson_engine::pipeline::Pipeline;
use moisson_engine::publish::Outcome;
use moisson_engine::session::Session;
use moisson_engine::status::State;
use serde_json::{Value, json};

use crate::args::{Format, PipelineArguments, RunArguments};
use crate::commands::crew;
use crate::watch::Watch;
use crate::{machine, output};

/// Runs a pipeline and prints the summary.
///
/// # Errors
/// Whatever stops the run.
pub(crate) fn run(arguments: &RunArguments, format: Format) -> anyhow::Result<ExitCode> {
    let started = Instant::now();
    let stop = stop_on_signals()?;
    let pipeline = read_pipeline(&arguments.on)?;
    let out = out(arguments.on.out.as_deref(), &pipeline);
    if let Some(task) = arguments.crew.task {
        return crew::task(arguments, &pipeline, &out, task, format);
    }
    let lock = Lock::take(&out)?;
    lock.stop_when_lost(&stop);
    let budget = machine::budget(arguments.on.threads, arguments.on.memory);
    let session = Session::open(&out, arguments.on.scratch.as_deref(), budget)?;
    let session = crew::gather(&arguments.crew, &out, session)?;
    let watch = Watch::start(arguments.progress, &arguments.metrics, &pipeline.name)?
        .reporting_to(session.store())?;
    let control = Control {
        stop,
        observer: watch.observer(),
        today: machine::today(),
    };
    let done = perform(pipeline, arguments, &out, &session, &control, &lock);
    if crew::has_posted(&session) {
        watch.end_as(State::Posted, None);
    } else {
        watch.end(&done);
    }
    let outcome = match done {
        Err(error) => return crew::told(&session, error, format),
        Ok(outcome) => outcome,
    };
    let seconds = started.elapsed().as_secs_f64();
    match format {
        Format::Json => output::print_json(&summary(&outcome, &out, seconds))?,
        Format::Text => output::print(&told(&outcome, &out, seconds))?,
    }
    Ok(if outcome.published {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(output::GATE)
    })
}

/// Fetches what is missing, and runs.
fn perform(
    pipeline: Pipeline,
    arguments: &RunArguments,
    out: &str,
    session: &Session,
    control: &Control,
    lock: &Lock,
) -> anyhow::Result<Outcome> {
    if !arguments.on.offline {
        let outside = machine::outside();
        let fetched = fetch::run(&pipeline, &Which::Missing, &outside, session, control);
        let fetched = lock.explain(fetched)?;
        // A release without what its sources hold would be no release of them.
        if let Some((name, summary)) = fetched.iter().find(|(_, summary)| summary.failed > 0) {
            anyhow::bail!(
                "source `{name}`: {} of its objects could not be fetched, see {}/mirror/failures/{name}.json; \
                 run again, or go on without them with --offline",
                summary.failed,
                moisson_engine::location::redact(out)
            );
        }
    }
    Ok(lock.explain(flow::run(pipeline, arguments.on.limit, session, control))?)
}

/// Reads and parses the pipeline an argument names.
///
/// # Errors
/// If it cannot be read or is wrong.
pub(crate) fn read_pipeline(arguments: &PipelineArguments) -> anyhow::Result<Pipeline> {
    let pipeline = parse(&arguments.pipeline, &arguments.settings)?;
    Ok(if arguments.offline {
        pipeline.offline()
    } else {
        pipeline
    })
}

/// Parses a pipeline file with the settings of the command line.
///
/// # Errors
/// If it cannot be read or is wrong.
pub(crate) fn parse(path: &Path, settings: &[String]) -> anyhow::Result<Pipeline> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the pipeline is an argument of the command line"
    )]
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the pipeline `{}`", path.display()))?;
    Ok(Pipeline::parse(
        &text,
        &path.display().to_string(),
        settings,
    )?)
}

/// Where the output of a pipeline goes.
pub(crate) fn out(given: Option<&str>, pipeline: &Pipeline) -> String {
    given.map_or_else(|| format!("out/{}", pipeline.name), str::to_owned)
}

/// A flag that Ctrl-C and SIGTERM set; a second Ctrl-C ends the program at once.
pub(crate) fn stop_on_signals() -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register_conditional_shutdown(signal, 130, stop.clone())?;
        signal_hook::flag::register(signal, stop.clone())?;
    }
    Ok(stop)
}

fn summary(outcome: &Outcome, out: &str, seconds: f64) -> Value {
    let manifest = &outcome.manifest;
    let sources: serde_json::Map<String, Value> = manifest
        .sources
        .iter()
        .map(|(name, books)| (name.clone(), json!(books)))
        .collect();
    json!({
        "out": moisson_engine::location::redact(out),
        "published": outcome.published,
        "unchanged": outcome.unchanged,
        "content_digest": manifest.content_digest,
        "read": manifest.totals.read,
        "released": manifest.totals.released,
        "dropped": manifest.totals.dropped,
        "raw_bytes": manifest.totals.raw_bytes,
        "text_bytes_in": manifest.totals.text_bytes_in,
        "text_bytes_out": manifest.totals.text_bytes_out,
        "shards": manifest.shards.len(),
        "sources": sources,
        "alarms": manifest.alarms,
        "seconds": seconds,
        "peak_memory_bytes": machine::peak_memory_bytes(),
    })
}

fn told(outcome: &Outcome, out: &str, seconds: f64) -> String {
    let manifest = &outcome.manifest;
    let totals = &manifest.totals;
    let mut text = String::new();
    let mut line = |words: String| {
        text.push_str(&words);
        text.push('\n');
    };
    let out = moisson_engine::location::redact(out);
    if outcome.unchanged {
        line("nothing new: the output is up to date".to_owned());
    }
    line(format!(
        "{:>10} records read, {:.1} MB raw, {:.1} MB of text",
        totals.read,
        totals.raw_bytes as f64 / 1e6,
        totals.text_bytes_in as f64 / 1e6
    ));
    for (reason, number) in by_number(totals) {
        line(format!("{number:>10} dropped: {reason}"));
    }
    line(format!(
        "{:>10} released in {} shards, {:.1} MB of text",
        totals.released,
        manifest.shards.len(),
        totals.text_bytes_out as f64 / 1e6
    ));
    for alarm in outcome.open_alarms() {
        line(alarm_told(alarm));
    }
    let peak = machine::peak_memory_bytes().map_or_else(String::new, |bytes| {
        format!(", {} MiB at most", bytes >> 20)
    });
    if outcome.published {
        line(format!("published in {out}/release ({seconds:.1} s{peak})"));
    } else {
        line(format!(
            "not published: staged in {out}/staged ({seconds:.1} s{peak})"
        ));
    }
    text
}

/// Says what an alarm is about and what to do.
pub(crate) fn alarm_told(alarm: &RaisedAlarm) -> String {
    format!(
        "alarm: {} takes {} of {} records of `{}`; if that is right, say why in the pipeline:\n  \
         [source.{}.expected_drop]\n  \"{}\" = \"…\"",
        alarm.reason, alarm.dropped, alarm.read, alarm.source, alarm.source, alarm.reason
    )
}

fn by_number(books: &Books) -> Vec<(&String, u64)> {
    let mut rows: Vec<(&String, u64)> = books.dropped.iter().map(|(r, n)| (r, *n)).collect();
    rows.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
    rows
}
