//! `moisson verify` and `clean`.

use std::process::ExitCode;

use moisson_engine::clean::{self, Keep};
use moisson_engine::lock::Lock;
use moisson_engine::verify;
use serde_json::json;

use crate::args::{CleanArguments, Format, KeepWhat, VerifyArguments};
use crate::commands::look::open;
use crate::output;

/// Checks an output.
///
/// # Errors
/// If there is none.
pub(crate) fn verify(arguments: &VerifyArguments, format: Format) -> anyhow::Result<ExitCode> {
    let session = open(&arguments.out)?;
    let report = verify::run(&session, arguments.deep)?;
    let sound = report.problems.is_empty();
    if format == Format::Json {
        output::print_json(&report)?;
    } else {
        for problem in &report.problems {
            output::print(&format!("{problem}\n"))?;
        }
        let verdict = if sound { "all is well" } else { "not well" };
        output::print(&format!(
            "{} files, {} rows: {verdict}\n",
            report.files, report.rows
        ))?;
    }
    Ok(if sound {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(output::GATE)
    })
}

/// Removes what an output does not need.
///
/// # Errors
/// If there is no release to keep.
pub(crate) fn clean(arguments: &CleanArguments, format: Format) -> anyhow::Result<ExitCode> {
    let session = open(&arguments.out)?;
    let _lock = Lock::take(&arguments.out)?;
    let keep = match arguments.keep {
        KeepWhat::Current => Keep::Current,
        KeepWhat::Receipts => Keep::Receipts,
    };
    let (files, bytes) = clean::run(&session, keep)?;
    if format == Format::Json {
        output::print_json(&json!({ "files": files, "bytes": bytes }))?;
    } else {
        output::print(&format!(
            "{files} files removed, {:.1} MB\n",
            bytes as f64 / 1e6
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}
