//! Manual pages, man(7) and mdoc(7), to plain text.
//!
//! [`page`] walks the requests; [`escape`] resolves what stands in lines, [`specials`] names of characters, [`table`]
//! tables, [`mdoc`] the other macro package; [`head`] reads dates and licences.

mod escape;
mod head;
mod mdoc;
mod page;
mod specials;
mod table;
#[cfg(test)]
mod tests;
mod writer;

pub(crate) use head::{coding, language_of_path, licence};
pub(crate) use page::{Page, read};
