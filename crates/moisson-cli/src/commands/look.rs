//! `moisson explain`, `query`, `schema`, `completions`.

use std::process::ExitCode;
use std::sync::Arc;

use clap::CommandFactory;
use moisson_engine::forget::tombstones::Tombstones;
use moisson_engine::forgotten::Forgotten;
use moisson_engine::session::Session;
use moisson_engine::{explain, query, schema};
use serde_json::Value;

use crate::args::{Arguments, ExplainArguments, Format, Lang, QueryArguments};
use crate::tell::{self, Voice};
use crate::{machine, output};

/// Opens an output that must be there already.
///
/// # Errors
/// If it is not.
pub(crate) fn open(out: &str) -> anyhow::Result<Session> {
    if !out.contains("://") && !std::path::Path::new(out).is_dir() {
        anyhow::bail!("no output at `{out}`: run a pipeline into it first");
    }
    Ok(Session::open(out, None, machine::budget(None, None))?)
}

/// The tombstones of an output.
///
/// # Errors
/// If they cannot be read.
pub(crate) fn forgotten(session: &Session) -> anyhow::Result<Arc<dyn Forgotten>> {
    Ok(Arc::new(Tombstones::load(session.store())?))
}

/// The voice of the language that is asked for, or of the environment.
pub(crate) fn voice(lang: Option<Lang>) -> Voice {
    Voice::new(lang.unwrap_or_else(machine::lang))
}

/// Tells the story of a document.
///
/// # Errors
/// If no record has that id.
pub(crate) fn explain(arguments: &ExplainArguments, format: Format) -> anyhow::Result<ExitCode> {
    let session = open(&arguments.out)?;
    let story = explain::run(&session, &arguments.doc_id, &forgotten(&session)?)?;
    match format {
        Format::Json => output::print_json(&story)?,
        Format::Text => output::print(&tell::story_text(voice(arguments.lang), &story))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Answers a query.
///
/// # Errors
/// If the query is refused.
pub(crate) fn query(arguments: &QueryArguments, format: Format) -> anyhow::Result<ExitCode> {
    let session = open(&arguments.out)?;
    let batches = query::run(&session, &arguments.sql)?;
    let rows = explain::rows(&batches)?;
    if format == Format::Json {
        output::print_rows(&rows)?;
        return Ok(ExitCode::SUCCESS);
    }
    let Some(batch) = batches.first() else {
        output::print("no rows\n")?;
        return Ok(ExitCode::SUCCESS);
    };
    let schema = batch.schema();
    let names: Vec<&str> = schema
        .fields()
        .iter()
        .map(|field| field.name().as_str())
        .collect();
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let cell = |name: &&str| match row.get(*name) {
                None => String::new(),
                Some(Value::String(text)) => {
                    let short: String = text.chars().take(80).collect();
                    short.replace('\n', " ")
                }
                Some(value) => value.to_string(),
            };
            names.iter().map(cell).collect()
        })
        .collect();
    output::print_table(&names, &cells)?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the JSON Schema of pipelines.
///
/// # Errors
/// If stdout fails.
pub(crate) fn schema() -> anyhow::Result<ExitCode> {
    output::print_json(&schema::pipeline()?)?;
    Ok(ExitCode::SUCCESS)
}

/// Prints completions.
///
/// # Errors
/// If stdout fails.
pub(crate) fn completions(shell: clap_complete::Shell) -> anyhow::Result<ExitCode> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "moisson", &mut text);
    output::print(&String::from_utf8_lossy(&text))?;
    Ok(ExitCode::SUCCESS)
}
