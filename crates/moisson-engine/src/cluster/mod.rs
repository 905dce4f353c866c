//! Beyond one machine: a scheduler, workers and a driver on Ballista, the distributed DataFusion.
//!
//! ```text
//! driver (client) ──plan──▶ scheduler ◀──poll, heartbeat── workers ◀──shuffle──▶ workers
//!    ▲                                                       │
//!    └───────────────────── rows of the result ──────────────┘
//! ```
//!
//! Functions travel by name ([`functions`]), so all three must be the same program: every connection says which
//! ([`handshake`]) and is mutually authenticated where certificates are given ([`tls`]). Plans are planned by the
//! driver and reach only the stores a worker was given ([`confine`]). No plan node is ours.

pub mod client;
pub mod confine;
pub mod crew;
pub mod failure;
pub mod functions;
pub mod handshake;
mod rest;
pub mod scheduler;
pub mod tls;
pub mod worker;
pub mod workshop;

#[cfg(test)]
mod tests;

/// Largest message on any connection, in bytes: a batch of rows, or a plan over very many files.
pub(crate) const MESSAGE_BYTES_MAX: usize = 256 << 20;
