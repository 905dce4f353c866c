//! ALTO, versions 1 to 4: pages as an OCR engine sees them, to text.
//!
//! Names are matched without their namespace, since version 1 has none and the national library has its own. A page is read as a
//! stream: of its bytes, most are coordinates. Sources: the schemas of the ALTO board, <https://www.loc.gov/standards/alto/>,
//! and the domain notes, section 5.5.

mod order;
mod parse;
mod render;
#[cfg(test)]
pub(crate) mod tests;
pub mod uri;

pub use parse::{Alto, Page, parse};
pub use render::{Lines, Rendered, render};
