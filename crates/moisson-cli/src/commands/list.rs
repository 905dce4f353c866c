//! `moisson list`.

use std::process::ExitCode;

use moisson_engine::known::{self, Known};
use serde_json::{Map, Value};

use crate::args::{Format, ListArguments, ListWhat};
use crate::output;

/// Lists what moisson knows.
///
/// # Errors
/// If stdout fails, or no reader or licence has the name.
pub(crate) fn run(arguments: &ListArguments, format: Format) -> anyhow::Result<ExitCode> {
    if let Some(name) = &arguments.name {
        let page = match arguments.what {
            ListWhat::Readers => known::reader_page(name)?,
            ListWhat::Licences => known::licence_page(name)?,
            _ => anyhow::bail!(
                "only readers and licences have pages: `moisson list readers {name}`, `moisson list licences {name}`"
            ),
        };
        output::print(&page)?;
        return Ok(ExitCode::SUCCESS);
    }
    let Known { names, rows } = table(arguments.what);
    if format == Format::Json {
        let objects: Vec<Map<String, Value>> = rows
            .into_iter()
            .map(|row| {
                names
                    .iter()
                    .map(ToString::to_string)
                    .zip(row.into_iter().map(Value::String))
                    .collect()
            })
            .collect();
        output::print_rows(&objects)?;
    } else {
        output::print_table(names, &rows)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn table(what: ListWhat) -> Known {
    match what {
        ListWhat::Readers => known::readers(),
        ListWhat::Annotators => known::annotators(),
        ListWhat::Rules => known::rules(),
        ListWhat::Presets => known::presets(),
        ListWhat::Licences => known::licences(),
        ListWhat::Reasons => known::reasons(),
        ListWhat::Tables => known::tables(),
        ListWhat::Documents => known::documents(),
    }
}
