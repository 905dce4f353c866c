//! Tests of the whole program, at its outer boundary: a pipeline and files go in, an output comes out.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "test code"
)]

mod assemble;
mod bad_input;
mod batch;
mod cluster;
mod commands;
mod dependencies;
mod determinism;
mod families;
mod faults;
mod fetch;
mod forget;
mod formats;
mod harness;
mod look;
mod operations;
mod optouts;
mod personal;
mod quickstart;
mod real;
#[expect(
    dead_code,
    reason = "the server of the harvesters' own tests can do more than is needed here"
)]
#[path = "../../crates/moisson-harvest/src/testing/server.rs"]
mod server;
mod stores;
mod tokens;
mod versions;
