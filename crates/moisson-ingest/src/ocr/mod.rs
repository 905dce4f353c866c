//! What plain texts of an OCR need before they read as prose: words broken at line ends, running heads, folios.
//!
//! Sources: domain notes, sections 5.5 (Gallica) and 7 (repairs).

pub(crate) mod gallica;
pub(crate) mod hyphen;
pub(crate) mod pages;
