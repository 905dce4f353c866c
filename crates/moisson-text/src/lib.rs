//! One French-aware segmentation for all: words, sentences, folding, shingles.
//!
//! Pure functions over `&str`: linear in bytes, no allocation per token, no state. Whoever counts words, compares
//! texts or looks up a phrase uses these, so that a number measured by one crate means the same in another.

pub mod fold;
pub mod mark;
pub mod sentence;
pub mod shingle;
pub mod tokens;
pub mod word;
