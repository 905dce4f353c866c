//! `moisson batch`: job scripts for batch systems.

mod slurm;

use std::process::ExitCode;

pub(crate) use slurm::parse_margin;

use crate::args::{BatchSystem, Format};

/// Writes the job scripts of a pipeline.
///
/// # Errors
/// What is wrong with the pipeline or the arguments, before anything is written.
pub(crate) fn run(system: &BatchSystem, format: Format) -> anyhow::Result<ExitCode> {
    match system {
        BatchSystem::Slurm(arguments) => slurm::run(arguments, format),
    }
}
