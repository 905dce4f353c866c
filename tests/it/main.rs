//! Tests of the whole program, at its outer boundary: a pipeline and files go in, an output comes out.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "test code"
)]

mod bad_input;
mod commands;
mod dependencies;
mod determinism;
mod faults;
mod formats;
mod harness;
mod quickstart;
mod real;
mod versions;
