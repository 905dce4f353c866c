//! `moisson explain`, `query`, `schema`, `completions`.

use std::process::ExitCode;

use clap::CommandFactory;
use moisson_engine::explain::Story;
use moisson_engine::session::Session;
use moisson_engine::{explain, query, schema};
use serde_json::{Map, Value};

use crate::args::{Arguments, ExplainArguments, Format, QueryArguments};
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

/// Tells the story of a document.
///
/// # Errors
/// If no record has that id.
pub(crate) fn explain(arguments: &ExplainArguments, format: Format) -> anyhow::Result<ExitCode> {
    let session = open(&arguments.out)?;
    let story = explain::run(&session, &arguments.doc_id)?;
    match format {
        Format::Json => output::print_json(&story)?,
        Format::Text => output::print(&told(&story))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn told(story: &Story) -> String {
    let mut text = format!("{} is {}\n", story.doc_id, story.state);
    let mut section = |title: &str, row: &Map<String, Value>| {
        text.extend(["\n", title, "\n"]);
        for (name, value) in row {
            let value = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            let value: String = value.chars().take(200).collect();
            let line = format!("  {name:34} {}\n", value.replace('\n', " "));
            text.push_str(&line);
        }
    };
    for (number, decision) in story.decisions.iter().enumerate() {
        section(&format!("decision {}", number + 1), decision);
    }
    if let Some(row) = &story.release {
        section("released as", row);
    }
    if let Some(row) = &story.document {
        section("read as", row);
    }
    if let Some(row) = &story.annotations {
        section("measured", row);
    }
    for row in &story.stands_for {
        section("stands for", row);
    }
    if let Some(excerpt) = &story.excerpt {
        text.extend(["\ntext\n  ", &excerpt.replace('\n', "\n  "), "…\n"]);
    }
    text
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
