//! EAD, 2002 and EAD3: finding aids of archives.
//!
//! Sources: the tag libraries of the Society of American Archivists, <https://www.loc.gov/ead/>, which French archives
//! follow (AD, Archives nationales, Calames). Names are matched without their namespace.

mod header;
mod prose;
#[cfg(test)]
mod tests;
mod unit;

pub use header::{Header, header};
pub use unit::{Unit, units};
