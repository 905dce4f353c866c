//! `moisson diff`.

use std::process::ExitCode;

use moisson_engine::diff;
use moisson_engine::session::Session;

use crate::args::{DiffArguments, Form};
use crate::commands::look::{forgotten, open, voice};
use crate::{machine, output, tell};

/// Compares two releases.
///
/// # Errors
/// If either output holds no release, or is damaged.
pub(crate) fn run(arguments: &DiffArguments, form: Form) -> anyhow::Result<ExitCode> {
    let before = open(&arguments.before)?;
    // Opened for its messages: an output that is not there gets the same help on both sides.
    open(&arguments.after)?;
    let budget = machine::budget(None, arguments.memory);
    let after = Session::open(&arguments.after, arguments.scratch.as_deref(), budget)?;
    let most = arguments.list.map(|most| match most {
        0 => usize::MAX,
        most => most,
    });
    let found = diff::run(&before, &after, forgotten(&after)?, most)?;
    let voice = voice(arguments.lang);
    match form {
        Form::Json => output::print_json(&found)?,
        Form::Text => output::print(&tell::diff_text(voice, &found))?,
        Form::Markdown => output::print(&tell::diff_markdown(voice, &found))?,
    }
    Ok(ExitCode::SUCCESS)
}
