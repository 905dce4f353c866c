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
mod tell;
mod watch;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Arguments, Command};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    moisson_engine::location::set_options(credentials::options());
    let form = arguments.format;
    if let Command::Diff(diff) = &arguments.command {
        return ended(commands::diff::run(diff, form));
    }
    let Some(format) = form.plain() else {
        return output::fail(&anyhow::anyhow!("only `diff` writes Markdown"));
    };
    ended(match arguments.command {
        Command::Run(run) => commands::run::run(&run, format),
        Command::Fetch(fetch) => commands::fetch::run(&fetch, format),
        Command::Plan(plan) => commands::plan::run(&plan, format),
        Command::Batch { system } => commands::batch::run(&system, format),
        Command::Explain(explain) => commands::look::explain(&explain, format),
        Command::Licences(licences) => commands::licences::run(&licences, format),
        Command::Diff(diff) => commands::diff::run(&diff, form),
        Command::Query(query) => commands::look::query(&query, format),
        Command::List(list) => commands::list::run(&list, format),
        Command::Verify(verify) => commands::keep::verify(&verify, format),
        Command::Forget(forget) => commands::forget::run(&forget, format),
        Command::Clean(clean) => commands::keep::clean(&clean, format),
        Command::Publish(publish) => commands::publish::run(&publish, format),
        #[cfg(feature = "cluster")]
        Command::Scheduler(scheduler) => commands::cluster::scheduler(&scheduler),
        #[cfg(feature = "cluster")]
        Command::Worker(worker) => commands::cluster::worker(&worker),
        Command::Status(status) => commands::status::run(&status, format),
        Command::Schema => commands::look::schema(),
        Command::Completions { shell } => commands::look::completions(shell),
    })
}

/// The exit status of a command, and its error on stderr.
fn ended(done: anyhow::Result<ExitCode>) -> ExitCode {
    done.unwrap_or_else(|error| output::fail(&error))
}
