//! Entities of a DTD, as Mozilla's applications kept their strings.

use super::{Strings, is_no_text};
use crate::html::entities;

/// Reads the values of all internal general entities.
pub(super) fn read(text: &str) -> Strings {
    let mut strings = Strings::default();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("<!") {
        if let Some(comment) = after.strip_prefix("--") {
            rest = comment.split_once("-->").map_or("", |(_, tail)| tail);
            continue;
        }
        rest = after;
        let Some(declaration) = after.strip_prefix("ENTITY") else {
            continue;
        };
        let declaration = declaration.trim_start();
        let end = declaration
            .find(|c: char| c.is_whitespace())
            .unwrap_or(declaration.len());
        let (name, tail) = declaration.split_at(end);
        let tail = tail.trim_start();
        let Some(quote) = tail.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
            continue;
        };
        let Some((value, tail)) = tail.get(1..).and_then(|tail| tail.split_once(quote)) else {
            strings.junk += 1;
            break;
        };
        rest = tail;
        if !is_no_text(name) {
            strings.push(&entities::decode(value));
        }
    }
    strings
}
