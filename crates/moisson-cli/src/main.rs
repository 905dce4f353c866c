//! `moisson`: turns open public-sector corpora into licence-clean, deduplicated, sharded Parquet.
//!
//! Only this crate prints, reads the environment and looks at the clock. Results go to stdout, progress and errors to
//! stderr. Exit 0: done; 1: the data failed a gate; 2: usage, configuration or environment.

mod args;
mod commands;
mod credentials;
mod machine;
mod metrics;
mod output;
mod progress;
mod watch;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Arguments, Command};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    moisson_engine::location::set_options(credentials::options());
    let format = arguments.format;
    let done = match arguments.command {
        Command::Run(run) => commands::run::run(&run, format),
        Command::Fetch(fetch) => commands::fetch::run(&fetch, format),
        Command::Plan(plan) => commands::plan::run(&plan, format),
        Command::Batch { system } => commands::batch::run(&system, format),
        Command::Explain(explain) => commands::look::explain(&explain, format),
        Command::Query(query) => commands::look::query(&query, format),
        Command::List(list) => commands::list::run(&list, format),
        Command::Verify(verify) => commands::keep::verify(&verify, format),
        Command::Clean(clean) => commands::keep::clean(&clean, format),
        #[cfg(feature = "cluster")]
        Command::Scheduler(scheduler) => commands::cluster::scheduler(&scheduler),
        #[cfg(feature = "cluster")]
        Command::Worker(worker) => commands::cluster::worker(&worker),
        Command::Status(status) => commands::status::run(&status, format),
        Command::Schema => commands::look::schema(),
        Command::Completions { shell } => commands::look::completions(shell),
    };
    match done {
        Ok(code) => code,
        Err(error) => output::fail(&error),
    }
}
