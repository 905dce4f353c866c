//! Names and phrases.

use super::{Match, Recognition, creative_commons};
use crate::catalogue::Target;
use crate::fold::{Token, is_version, key, tokens};
use crate::{Catalogue, Meaning};

/// Recognises the names and phrases of a statement from which the addresses were cut.
pub(super) fn recognise(catalogue: &'static Catalogue, label: &str, found: &mut Recognition) {
    let tokens = tokens(label);
    if tokens.is_empty() {
        return;
    }
    let whole = key(&tokens);
    match catalogue.tables.labels.get(&whole) {
        Some(Target::Licences(positions)) => {
            if let Some(meaning) = catalogue.meaning(positions) {
                found.matches.push(Match::new("label", label, meaning));
                return;
            }
        }
        Some(Target::Alone) => {
            found.not_licences.push(whole);
            return;
        }
        Some(Target::Restricts | Target::Neutral) | None => {}
    }
    scan(catalogue, &tokens, found);
}

/// Scans for phrases, the leftmost and longest first.
fn scan(catalogue: &'static Catalogue, tokens: &[Token], found: &mut Recognition) {
    let mut rest: Vec<&Token> = Vec::new();
    let mut strict = false;
    let mut at = 0;
    while at < tokens.len() {
        let name = creative_commons::name(catalogue, tokens, at, found);
        let phrase = phrase_at(catalogue, tokens, at);
        let (end, meaning) = match (name, phrase) {
            (Some(name), Some((end, _))) if name.end >= end => (name.end, name.meaning),
            (Some(name), None) => (name.end, name.meaning),
            (_, Some((end, Target::Licences(positions)))) => (end, catalogue.meaning(positions)),
            (_, Some((end, other))) => {
                let words = key(tokens.get(at..end).unwrap_or_default());
                match other {
                    Target::Alone => found.not_licences.push(words),
                    Target::Restricts => found.restrictions.push(words),
                    Target::Neutral | Target::Licences(_) => {}
                }
                at = end;
                continue;
            }
            (None, None) => {
                rest.extend(tokens.get(at));
                at += 1;
                continue;
            }
        };
        let words = key(tokens.get(at..end).unwrap_or_default());
        match meaning.filter(|_| stands_apart(tokens, at, end)) {
            Some(meaning) => {
                strict |= is_strict(&meaning);
                let matcher = if words.starts_with('c') && is_creative_commons(&meaning) {
                    "phrase-creative-commons"
                } else if end - at == tokens.len() {
                    "label"
                } else {
                    "phrase"
                };
                found.matches.push(Match::new(matcher, words, meaning));
            }
            None => found.unrecognised.push(compound(tokens, at, end)),
        }
        at = end;
    }
    if found.matches.is_empty() {
        return;
    }
    for token in rest {
        surrounding(catalogue, token, strict, found);
    }
}

/// Weighs a word that stands beside a licence.
///
/// It may be another licence of one word, a plain word, or a name; any other word may qualify what is licensed, in ways
/// no list can foresee, so it restricts.
fn surrounding(
    catalogue: &'static Catalogue,
    token: &Token,
    strict: bool,
    found: &mut Recognition,
) {
    let tables = &catalogue.tables;
    if let Some(Target::Licences(positions)) = tables.labels.get(&token.text) {
        if let Some(meaning) = catalogue.meaning(positions) {
            found
                .matches
                .push(Match::new("word", token.text.as_str(), meaning));
        }
        return;
    }
    let is_number = token.text.starts_with(|c: char| c.is_ascii_digit());
    let is_plain = tables.plain.contains(&token.text);
    let passes = if strict {
        is_plain
    } else {
        is_plain || tables.ordinary.contains(&token.text) || is_number || token.capital
    };
    if !passes && token.text.len() > 1 {
        found.restrictions.push(token.text.clone());
    }
}

fn is_strict(meaning: &Meaning) -> bool {
    meaning.licences().iter().any(|licence| licence.strict)
}

fn is_creative_commons(meaning: &Meaning) -> bool {
    meaning
        .licences()
        .iter()
        .all(|licence| licence.group.starts_with("cc"))
}

fn phrase_at<'a>(
    catalogue: &'a Catalogue,
    tokens: &[Token],
    at: usize,
) -> Option<(usize, &'a Target)> {
    let rest = tokens.get(at..)?;
    let phrases = catalogue.tables.phrases.get(&rest.first()?.text)?;
    phrases.iter().find_map(|(words, target)| {
        let fits = rest.len() >= words.len()
            && words
                .iter()
                .zip(rest)
                .all(|(word, token)| *word == token.text);
        fits.then_some((at + words.len(), target))
    })
}

/// True unless the phrase is part of a longer compound (`CC-BY-NX`, `non-MIT License`) or a version follows that is not its own.
fn stands_apart(tokens: &[Token], start: usize, end: usize) -> bool {
    let after_licence = start > 0 && tokens.get(start - 1).is_some_and(|t| t.text == "licence");
    let glued_before = !after_licence && tokens.get(start).is_some_and(|token| token.glued);
    let glued_after = tokens
        .get(end)
        .is_some_and(|token| token.glued || is_version(token) || token.text == "+");
    !glued_before && !glued_after
}

/// Returns the phrase with what is glued to it, for the report.
fn compound(tokens: &[Token], start: usize, end: usize) -> String {
    let start = if tokens.get(start).is_some_and(|token| token.glued) {
        start.saturating_sub(1)
    } else {
        start
    };
    key(tokens
        .get(start..(end + 1).min(tokens.len()))
        .unwrap_or_default())
}
