//! SPDX expressions: `A AND (B OR C)`, `A WITH exception`, and the old `GPL-2.0+`.

use spdx::expression::{ExprNode, Operator};
use spdx::{Expression, LicenseItem, ParseMode};

use super::{Match, Recognition};
use crate::{Catalogue, Meaning};

/// The specification, with the retired GNU identifiers. Imprecise names stay out: `GPL` names no version.
const MODE: ParseMode = ParseMode {
    allow_slash_as_or_operator: false,
    allow_imprecise_license_names: false,
    allow_postfix_plus_on_gpl: true,
    allow_deprecated: true,
    allow_unknown: false,
};

/// Most licences in one expression.
const TERMS_MAX: usize = 64;

/// Recognises `text` if all of it is an SPDX expression. Returns true if it is one, known licences or not.
pub(super) fn recognise(
    catalogue: &'static Catalogue,
    text: &str,
    found: &mut Recognition,
) -> bool {
    let Some(canonical) = canonical_case(catalogue, text) else {
        return false;
    };
    let expression = match Expression::parse_mode(&canonical, MODE) {
        Ok(expression) => expression,
        Err(error) => {
            found.unrecognised.push(format!("{text}: {}", error.reason));
            return true;
        }
    };
    if expression.requirements().count() > TERMS_MAX {
        found
            .unrecognised
            .push(format!("an expression of more than {TERMS_MAX} licences"));
        return true;
    }
    let mut stack: Vec<Meaning> = Vec::new();
    for node in expression.iter() {
        match node {
            ExprNode::Req(requirement) => {
                let Some(meaning) = leaf(catalogue, &requirement.req) else {
                    found.unrecognised.push(requirement.req.to_string());
                    return true;
                };
                stack.push(meaning);
            }
            ExprNode::Op(operator) => {
                let (Some(right), Some(left)) = (stack.pop(), stack.pop()) else {
                    return false;
                };
                stack.push(joined(*operator, left, right));
            }
        }
    }
    let Some(meaning) = stack.pop() else {
        return false;
    };
    found
        .matches
        .push(Match::new("spdx-expression", text, meaning));
    true
}

/// Returns the text with identifiers in canonical case, or `None` if it is no expression at first sight.
///
/// What starts like an expression (`MIT AND …`) is one, even where a word in it is no identifier.
fn canonical_case(catalogue: &Catalogue, text: &str) -> Option<String> {
    let border = |c: char| c.is_whitespace() || c == '(' || c == ')';
    let mut words = text.split(border).filter(|word| !word.is_empty());
    let starts = identifier(catalogue, words.next()?).is_some();
    let committed = starts
        && words
            .next()
            .is_some_and(|word| ["AND", "OR", "WITH"].contains(&word));
    let mut canonical = String::with_capacity(text.len());
    for piece in text.split_inclusive(border) {
        let word = piece.trim_end_matches(border);
        let upper = word.to_ascii_uppercase();
        if matches!(upper.as_str(), "" | "AND" | "OR" | "WITH") {
            canonical.push_str(&upper);
        } else if let Some(id) = identifier(catalogue, word) {
            canonical.push_str(id);
            canonical.push_str(if word.ends_with('+') { "+" } else { "" });
        } else if committed {
            canonical.push_str(word);
        } else {
            return None;
        }
        canonical.push_str(piece.get(word.len()..).unwrap_or_default());
    }
    Some(canonical)
}

/// Returns the identifier a word is, without a final `+`. Case does not matter for licences of the catalogue.
fn identifier<'a>(catalogue: &'a Catalogue, word: &'a str) -> Option<&'a str> {
    let plain = word.strip_suffix('+').unwrap_or(word);
    if let Some(licence) = catalogue.get(plain) {
        return Some(&licence.id);
    }
    let elsewhere = spdx::license_id(plain).is_some()
        || spdx::exception_id(plain).is_some()
        || plain.starts_with("LicenseRef-");
    elsewhere.then_some(plain)
}

fn leaf(catalogue: &'static Catalogue, requirement: &spdx::LicenseReq) -> Option<Meaning> {
    let exception = requirement.addition.as_ref().map(ToString::to_string);
    let name = match &requirement.license {
        LicenseItem::Spdx { id, or_later } => gnu_name(id.name, *or_later)?,
        other @ LicenseItem::Other(_) => other.to_string(),
    };
    catalogue
        .get(&name)
        .map(|licence| Meaning::Licence { licence, exception })
}

/// Returns the current name of an identifier: `GPL-2.0` is `GPL-2.0-only`, `GPL-2.0+` is `GPL-2.0-or-later`.
///
/// A `+` on any other licence has no identifier of its own and is not recognised.
fn gnu_name(name: &str, or_later: bool) -> Option<String> {
    let gnu = ["GPL-", "LGPL-", "AGPL-", "GFDL-"]
        .iter()
        .any(|family| name.starts_with(family));
    let suffixed = name.ends_with("-only") || name.ends_with("-or-later");
    match (gnu, or_later) {
        (true, true) => {
            let base = name
                .strip_suffix("-only")
                .or(name.strip_suffix("-or-later"));
            Some(format!(
                "{}-or-later",
                base.unwrap_or(name).trim_end_matches('+')
            ))
        }
        (true, false) if name.ends_with('+') => {
            Some(format!("{}-or-later", name.trim_end_matches('+')))
        }
        (true, false) if !suffixed => Some(format!("{name}-only")),
        (false, true) => None,
        _ => Some(name.to_owned()),
    }
}

/// Joins two meanings; a chain of one operator stays flat.
fn joined(operator: Operator, left: Meaning, right: Meaning) -> Meaning {
    let (mut parts, all) = match (operator, left) {
        (Operator::And, Meaning::All(parts)) => (parts, true),
        (Operator::Or, Meaning::Any(parts)) => (parts, false),
        (operator, left) => (vec![left], operator == Operator::And),
    };
    match right {
        Meaning::All(more) if all => parts.extend(more),
        Meaning::Any(more) if !all => parts.extend(more),
        other => parts.push(other),
    }
    if all {
        Meaning::All(parts)
    } else {
        Meaning::Any(parts)
    }
}
