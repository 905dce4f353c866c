//! WARC (ISO 28500) and ARC 1.0: records out of a stream, and the HTTP messages in them.

pub(crate) mod fields;
pub(crate) mod frame;
pub(crate) mod http;
pub(crate) mod sites;
#[cfg(test)]
mod tests;
