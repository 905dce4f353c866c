//! Names of persons, right before the words that tell their date of birth or home.

use moisson_rights::personal::{Class, is_fictional_name};

use super::found::Found;
use super::text::Text;

/// Titles before a name; they stay.
const TITLES: &[&str] = &[
    "M",
    "MM",
    "Mme",
    "Mlle",
    "Monsieur",
    "Madame",
    "Mademoiselle",
    "Messieurs",
    "Mesdames",
    "Dr",
    "Docteur",
    "Me",
    "Maître",
];
/// Capital words that are no names.
const OTHERS: &[&str] = &[
    "Les",
    "Un",
    "Une",
    "Il",
    "Elle",
    "Qui",
    "Et",
    "Société",
    "SARL",
    "SAS",
    "Date",
    "Nom",
    "Prénom",
    "Adresse",
    "Né",
    "Née",
];
/// Words inside a name that begin none.
const PARTICLES: &[&str] = &[
    "de", "du", "des", "la", "le", "d'", "ben", "van", "von", "el", "Le", "La", "De", "Du", "El",
];

/// Finds the name that ends before `context`: « M. Jean DUPONT, né le », « Jeanne Martin demeurant ».
///
/// A title and one word, or two words and more. Marks of anonymisation (`X...`, `[T] [P]`, `A... B...`) are no names.
pub(super) fn find(text: Text<'_>, context: usize) -> Option<Found> {
    let before = text.0.get(..context)?;
    let named =
        before.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, ',' | '(' | ':'));
    if before.len() - named.len() > 4 {
        return None;
    }
    name(text, named).or_else(|| name(text, before_apposition(named)?))
}

/// What stands before « , de nationalité tunisienne »: a phrase without capitals, digits or stops, set off by a comma.
fn before_apposition(named: &str) -> Option<&str> {
    let plain = |c: char| c.is_lowercase() || matches!(c, ' ' | '-' | '\'' | '’' | '\u{a0}');
    let phrase: usize = named
        .chars()
        .rev()
        .take_while(|c| plain(*c))
        .map(char::len_utf8)
        .sum();
    let head = named.get(..named.len() - phrase)?;
    head.strip_suffix(',').filter(|_| (1..60).contains(&phrase))
}

/// The name that `named` ends with.
fn name(text: Text<'_>, named: &str) -> Option<Found> {
    let end = named.len();
    // `reach` is where the name begins if a title stands before its particle: « M. Le Roux ».
    let (mut start, mut reach, mut words, mut titled) = (end, end, 0, false);
    let mut rest = named;
    while words < 6 {
        let trimmed = rest.strip_suffix('.').unwrap_or(rest);
        let is_part = |c: char| c.is_alphabetic() || matches!(c, '-' | '\'' | '’');
        let word_start = trimmed
            .char_indices()
            .rev()
            .take_while(|(_, c)| is_part(*c))
            .last()
            .map_or(trimmed.len(), |(at, _)| at);
        let word = trimmed.get(word_start..)?;
        if TITLES.contains(&word) {
            titled = true;
            start = reach;
            break;
        }
        let particle = words > 0 && PARTICLES.contains(&word);
        let capital = word.starts_with(char::is_uppercase) && word.chars().count() > 1;
        if trimmed.len() != rest.len() || !(capital || particle) || OTHERS.contains(&word) {
            break;
        }
        reach = word_start;
        if !particle {
            start = word_start;
            words += 1;
        }
        let next = rest.get(..word_start)?;
        rest = next.trim_end_matches([' ', '\u{a0}', '\u{202f}']);
        if rest.len() == next.len() {
            break;
        }
    }
    let name = text.0.get(start..end)?;
    let is_name = (words > 1 || words == 1 && titled) && !is_fictional_name(name);
    is_name.then(|| Found::new(Class::Person, start, end))
}
