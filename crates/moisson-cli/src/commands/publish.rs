//! `moisson publish`.

use std::process::ExitCode;

use anyhow::Context;
use moisson_engine::documents;
use moisson_engine::lock::Lock;
use moisson_publish::{FORMATS, Format as Document};

use crate::args::{Format, PublishArguments};
use crate::commands::look::open;
use crate::commands::run::parse;
use crate::output;

/// Writes documents about a release.
///
/// # Errors
/// If a format is not known, nothing is published, or a file cannot be written.
pub(crate) fn run(arguments: &PublishArguments, format: Format) -> anyhow::Result<ExitCode> {
    let formats = formats(&arguments.formats)?;
    let stated = arguments.pipeline.as_deref();
    let stated = stated.map(|path| parse(path, &[])).transpose()?;
    let session = open(&arguments.out)?;
    let _lock = Lock::take(&arguments.out)?;
    let to = arguments.to.as_deref();
    let written = documents::run(&session, &formats, stated, &arguments.settings, to)?;
    if format == Format::Json {
        output::print_json(&written)?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<Vec<String>> = written
        .files
        .iter()
        .map(|file| vec![file.format.to_owned(), file.path.clone()])
        .collect();
    output::print_table(&["document", "file"], &rows)?;
    if !written.to_be_provided.is_empty() {
        let keys = written.to_be_provided.join(", ");
        output::print(&format!("\nto be provided: {keys}\n"))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn formats(names: &[String]) -> anyhow::Result<Vec<&'static Document>> {
    if names.iter().any(|name| name == "all") {
        return Ok(FORMATS.iter().collect());
    }
    let known = || {
        let names: Vec<&str> = FORMATS.iter().map(|format| format.name).collect();
        names.join(", ")
    };
    let of = |name: &String| {
        Document::of(name).with_context(|| format!("no document `{name}`; known: {}, all", known()))
    };
    names.iter().map(of).collect()
}
