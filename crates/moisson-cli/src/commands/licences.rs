//! `moisson licences`.

use std::process::ExitCode;

use moisson_engine::licences;

use crate::args::{Format, LicencesArguments};
use crate::commands::look::{open, voice};
use crate::{machine, output, tell};

/// Shows what a release carries and owes.
///
/// # Errors
/// If there is no release, or it is damaged.
pub(crate) fn run(arguments: &LicencesArguments, format: Format) -> anyhow::Result<ExitCode> {
    let session = open(&arguments.out)?;
    let report = licences::run(&session, machine::clock()())?;
    match format {
        Format::Json => output::print_json(&report)?,
        Format::Text => output::print(&tell::licences_text(voice(arguments.lang), &report))?,
    }
    Ok(ExitCode::SUCCESS)
}
