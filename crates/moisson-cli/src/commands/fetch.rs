//! `moisson fetch`.

use std::process::ExitCode;

use moisson_engine::control::Control;
use moisson_engine::fetch::{self, Which};
use moisson_engine::lock::Lock;
use moisson_engine::session::Session;
use serde_json::{Value, json};

use crate::args::{FetchArguments, Format};
use crate::commands::run::{out, parse, stop_on_signals};
use crate::{machine, output, progress};

/// Brings the mirror of an output up to date and prints what was done per source.
///
/// # Errors
/// Whatever stops the fetch.
pub(crate) fn run(arguments: &FetchArguments, format: Format) -> anyhow::Result<ExitCode> {
    let pipeline = parse(&arguments.pipeline, &arguments.settings)?;
    let out = out(arguments.out.as_deref(), &pipeline);
    let stop = stop_on_signals()?;
    let lock = Lock::take(&out)?;
    let control = Control {
        stop,
        observer: progress::observer(arguments.progress),
        today: machine::today(),
    };
    lock.stop_when_lost(&control.stop);
    let budget = machine::budget(None, None);
    let session = Session::open(&out, arguments.scratch.as_deref(), budget)?;
    let which = Which::All(arguments.only.clone());
    let outside = machine::outside();
    let done = lock.explain(fetch::run(&pipeline, &which, &outside, &session, &control))?;
    let names = ["source", "fetched", "unchanged", "failed", "bytes"];
    if format == Format::Json {
        let rows: serde_json::Map<String, Value> = done
            .iter()
            .map(|(name, summary)| (name.clone(), json!(summary)))
            .collect();
        output::print_json(
            &json!({ "out": moisson_engine::location::redact(&out), "sources": rows }),
        )?;
    } else if done.is_empty() {
        output::print("no source of this pipeline has an address to fetch from (`at`)\n")?;
    } else {
        let rows: Vec<Vec<String>> = done
            .iter()
            .map(|(name, summary)| {
                let numbers = [
                    summary.fetched,
                    summary.unchanged,
                    summary.failed,
                    summary.bytes,
                ];
                let numbers = numbers.iter().map(ToString::to_string);
                std::iter::once(name.clone()).chain(numbers).collect()
            })
            .collect();
        output::print_table(&names, &rows)?;
    }
    let has_failed = done.iter().any(|(_, summary)| summary.failed > 0);
    Ok(if has_failed {
        ExitCode::from(output::USAGE)
    } else {
        ExitCode::SUCCESS
    })
}
