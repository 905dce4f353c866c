//! Where results and errors are printed; a closed pipe is no error.
#![expect(clippy::print_stderr, reason = "printing is the command line's task")]

use std::io::Write;
use std::process::ExitCode;

use serde_json::{Map, Value};

/// Exit status when the data failed a gate.
pub(crate) const GATE: u8 = 1;
/// Exit status for usage, configuration or environment.
pub(crate) const USAGE: u8 = 2;

/// Prints to stdout.
///
/// # Errors
/// If stdout fails for another reason than a closed pipe.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Prints to stdout and flushes, for whoever waits for the line.
///
/// # Errors
/// As [`print()`].
#[cfg(feature = "cluster")]
pub(crate) fn print_now(text: &str) -> anyhow::Result<()> {
    print(text)?;
    match std::io::stdout().lock().flush() {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Prints a JSON value, indented.
///
/// # Errors
/// As [`print()`].
pub(crate) fn print_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    print(&format!("{}\n", serde_json::to_string_pretty(value)?))
}

/// Prints rows, one JSON object a line.
///
/// # Errors
/// As [`print()`].
pub(crate) fn print_rows(rows: &[Map<String, Value>]) -> anyhow::Result<()> {
    let mut text = String::new();
    for row in rows {
        text.push_str(&serde_json::to_string(row)?);
        text.push('\n');
    }
    print(&text)
}

/// Prints two or more columns, aligned, under their names.
///
/// # Errors
/// As [`print()`].
pub(crate) fn print_table(names: &[&str], rows: &[Vec<String>]) -> anyhow::Result<()> {
    print(&table(names, rows))
}

/// Two or more columns, aligned, under their names.
pub(crate) fn table(names: &[&str], rows: &[Vec<String>]) -> String {
    let widths: Vec<usize> = (0..names.len())
        .map(|at| {
            rows.iter()
                .filter_map(|row| row.get(at))
                .map(|cell| cell.chars().count())
                .chain(names.get(at).map(|name| name.chars().count()))
                .max()
                .unwrap_or_default()
        })
        .collect();
    let mut text = String::new();
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    for row in std::iter::once(&names).chain(rows) {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            let pad = width.saturating_sub(cell.chars().count()) + 2;
            line.extend(std::iter::repeat_n(' ', pad));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Prints a warning on stderr.
#[cfg(feature = "cluster")]
pub(crate) fn warn(text: &str) {
    eprintln!("warning: {text}");
}

/// Prints an error on stderr and returns its exit status.
pub(crate) fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("error: {error:#}");
    ExitCode::from(USAGE)
}
