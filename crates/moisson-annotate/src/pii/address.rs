//! Home addresses: French postal addresses after words that say that somebody lives there.
//!
//! Addresses of offices, companies and lawyers have other words before them and stay; CEDEX is for organisations.

use moisson_rights::personal::Class;

use super::found::Found;
use super::text::{Text, last_said};

/// A home address, and where the words begin that say so.
#[derive(Debug, Clone, Copy)]
pub(super) struct Home {
    pub(super) found: Found,
    pub(super) context: usize,
}

const STREETS: &[&str] = &[
    "allée",
    "allee",
    "all.",
    "avenue",
    "av.",
    "av ",
    "ave",
    "boulevard",
    "bd",
    "bld",
    "blvd",
    "chemin",
    "ch.",
    "cité",
    "clos",
    "cour",
    "cours",
    "côte",
    "domaine",
    "esplanade",
    "faubourg",
    "fbg",
    "hameau",
    "impasse",
    "imp.",
    "lieu-dit",
    "lieudit",
    "lotissement",
    "mail",
    "montée",
    "parvis",
    "passage",
    "place",
    "pl.",
    "pl ",
    "promenade",
    "quai",
    "rés.",
    "résidence",
    "residence",
    "rond-point",
    "route",
    "rte",
    "rue",
    "ruelle",
    "r. ",
    "sentier",
    "sente",
    "square",
    "traverse",
    "venelle",
    "villa",
    "voie",
];
/// Words that say that somebody lives there.
const PERSON: &[&str] = &[
    "demeurant",
    "demeure",
    "domicilié",
    "domicilie",
    "résidant",
    "réside",
    "habitant",
    "habite",
    "adresse personnelle",
    "adresse du domicile",
    "domicile :",
    "domicile\u{a0}:",
    "logé",
    "hébergé",
    "son domicile",
    "leur domicile",
    "mon domicile",
    "vivant au",
    "vit au",
    "adresse privée",
    "lives at",
    "living at",
    "residing at",
    "home address",
];
/// Words that say that somebody works there.
const OFFICE: &[&str] = &[
    "siège",
    "siege",
    "sise",
    "sis ",
    "situé",
    "société",
    "cabinet",
    "étude",
    "agence",
    "établissement",
    "bureau",
    "mairie",
    "office",
    "association",
    "sarl",
    "sas ",
    "sci ",
    "service",
    "direction",
    "préfecture",
    "tribunal",
    "greffe",
    "ministère",
    "élisant",
    "élu",
    "domicile élu",
    "commissariat",
    "hôpital",
    "centre",
    "écrire",
    "courrier",
    "envoyer",
];
const PROFESSIONS: &[&str] = &[
    "avocat",
    "notaire",
    "huissier",
    "commissaire de justice",
    "commissaires aux comptes",
    "commissaire aux comptes",
    "mandataire",
    "s.e.l.",
    "selarl",
    "scp",
];

/// Where the last words begin that say that somebody lives at the address at `start`, and where they end.
fn context(text: Text<'_>, start: usize, bytes_max: usize) -> Option<(usize, usize)> {
    let before = text.before(start, bytes_max);
    let from = start - before.len();
    let (at, stem) = last_said(before, PERSON)?;
    let office = last_said(before, OFFICE).is_some_and(|(other, _)| other > at);
    let between = text.0.get(from + at..start)?;
    let apart = between.contains(['\n', ';']) && !between.contains(":\n") || between.contains(". ");
    (!office && !apart && !text.says_before(from + at, 60, PROFESSIONS))
        .then_some((from + at, from + at + stem.len()))
}

/// Finds the address whose house number stands at `start` and ends at `digits_end`.
pub(super) fn find(text: Text<'_>, start: usize, digits_end: usize) -> Option<Home> {
    let street = street_after(text, digits_end)?;
    if !text.number_begins(start) || text.has(street, "rue de l'exemple") {
        return None;
    }
    let (context, _) = context(text, start, 160)?;
    let end = end(text, street)?;
    Some(Home {
        found: Found::new(Class::Address, start, end),
        context,
    })
}

/// Finds the address without house number whose postcode stands at `start` and ends at `digits_end`.
pub(super) fn find_by_postcode(text: Text<'_>, start: usize, digits_end: usize) -> Option<Home> {
    if !is_postcode(text.bytes(start..digits_end)) {
        return None;
    }
    let end = town(text, digits_end)??;
    let (context, after) = context(text, start, 80)?;
    // The rest of the word, and what leads to the place: « domiciliée à », « demeurant : ».
    let mut begin = after;
    while begin < start && !matches!(text.byte(begin), b' ' | b':' | b',') && text.blank(begin) == 0
    {
        begin += 1;
    }
    begin = skip_lead(text, begin, start);
    Some(Home {
        found: Found::new(Class::Address, begin, end),
        context,
    })
}

fn skip_lead(text: Text<'_>, mut at: usize, end: usize) -> usize {
    loop {
        let before = at;
        while at < end && (matches!(text.byte(at), b':' | b',') || text.blank(at) > 0) {
            at += text.blank(at).max(1);
        }
        for word in ["à ", "au ", "aux ", "a "] {
            if text.has(at, word) && at + word.len() <= end {
                at += word.len();
                break;
            }
        }
        if at == before {
            return at.min(end);
        }
    }
}

/// Where the kind of street begins after a house number: « 12 bis, rue », « 3A avenue ».
fn street_after(text: Text<'_>, digits_end: usize) -> Option<usize> {
    let mut at = digits_end;
    if matches!(text.byte(at), b'-' | b'/') && text.byte(at + 1).is_ascii_digit() {
        at += 1;
        while text.byte(at).is_ascii_digit() {
            at += 1;
        }
    }
    let spaced = text.skip_blanks(at);
    for suffix in ["bis", "ter", "quater", "a", "b", "c", "d"] {
        let after = spaced + suffix.len();
        if text.has(spaced, suffix) && !text.word_goes_on(after) {
            at = after;
            break;
        }
    }
    at += usize::from(text.byte(at) == b',');
    let street = text.skip_blanks(at);
    if street == digits_end {
        return None;
    }
    let is_kind = |kind: &&&str| {
        let whole = kind.ends_with(char::is_alphabetic);
        text.has(street, kind) && !(whole && text.word_goes_on(street + kind.len()))
    };
    STREETS.iter().find(is_kind).map(|_| street)
}

/// Department of a postcode: 01 to 95, 97, 98, 20 for Corsica. 00 is none, and fictions bear it.
fn is_postcode(digits: &[u8]) -> bool {
    match digits {
        [b'0', b'0', ..] | [b'9', b'6' | b'9', ..] => false,
        digits => digits.len() == 5 && digits.iter().all(u8::is_ascii_digit),
    }
}

/// End of the town after a postcode; `Some(None)` where a CEDEX says that it is an organisation's, none if no town follows.
#[expect(
    clippy::option_option,
    reason = "no town, and a town of organisations, are two answers"
)]
fn town(text: Text<'_>, postcode_end: usize) -> Option<Option<usize>> {
    let mut at = text.skip_blanks(postcode_end);
    at = text.skip_blanks(at + usize::from(matches!(text.byte(at), b'-' | b',')));
    let mut end = None;
    loop {
        let word = word(text, at);
        if word.is_empty() {
            break;
        }
        let next = at + word.len();
        if text.has(at, "cedex") {
            return Some(None);
        }
        let capital = word.starts_with(char::is_uppercase);
        let links = matches!(
            word,
            "sur"
                | "sous"
                | "les"
                | "lès"
                | "lez"
                | "le"
                | "la"
                | "de"
                | "du"
                | "des"
                | "en"
                | "aux"
                | "et"
                | "d"
                | "l"
        );
        if capital {
            end = Some(next);
        } else if !links || end.is_none() && word != "le" && word != "la" && word != "les" {
            break;
        }
        at = match text.byte(next) {
            b'-' | b'\'' => next + 1,
            _ if text.has(next, "'") => next + '’'.len_utf8(),
            _ => text.skip_blanks(next),
        };
        if at == next {
            break;
        }
    }
    // « 75008 Paris 8e », « PARIS CEDEX 08 ».
    end.map(Some)
}

/// The letters at `at`.
fn word(text: Text<'_>, at: usize) -> &str {
    let rest = text.0.get(at..).unwrap_or_default();
    let end = rest
        .find(|c: char| !c.is_alphabetic())
        .unwrap_or(rest.len());
    rest.get(..end).unwrap_or_default()
}

/// End of the address whose street begins at `street`: with its postcode and town where they follow. None for a CEDEX.
fn end(text: Text<'_>, street: usize) -> Option<usize> {
    if let Some(postcode) = postcode_after(text, street)
        && let Some(town) = town(text, postcode)
    {
        return town;
    }
    let (mut at, mut end, mut named) = (street, street, true);
    loop {
        let token = token(text, at);
        if token.is_empty() {
            break;
        }
        let next = at + token.len();
        let lower = token.starts_with(char::is_lowercase);
        let link = matches!(
            token,
            "de" | "du"
                | "des"
                | "la"
                | "le"
                | "les"
                | "l"
                | "d"
                | "à"
                | "au"
                | "aux"
                | "en"
                | "sur"
                | "sous"
                | "lès"
                | "lez"
        );
        if lower && !link && !named {
            break;
        }
        // A link belongs to the address only with what it links to.
        if !link {
            end = next;
        }
        named = link
            || at == street && !token.ends_with('.')
            || token.bytes().all(|b| b.is_ascii_digit());
        at = match text.byte(next) {
            b'-' | b'\'' => next + 1,
            b'.' if next - at <= 4 => text.skip_blanks(next + 1),
            _ if text.has(next, "'") => next + '’'.len_utf8(),
            _ => text.skip_blanks(next),
        };
        if at == next || end - street > 100 {
            break;
        }
    }
    Some(end)
}

/// Letters or digits at `at`.
fn token(text: Text<'_>, at: usize) -> &str {
    let rest = text.0.get(at..).unwrap_or_default();
    let end = rest
        .find(|c: char| !c.is_alphanumeric())
        .unwrap_or(rest.len());
    rest.get(..end).unwrap_or_default()
}

/// End of the postcode that belongs to the street: in the same sentence, at most 100 bytes on, over one line break.
fn postcode_after(text: Text<'_>, street: usize) -> Option<usize> {
    let bytes = text.bytes(street..street + 110);
    let mut breaks = 0;
    for (offset, byte) in bytes.iter().enumerate() {
        match byte {
            b';' | b'\t' | b'[' | b']' => return None,
            b'\n' => {
                breaks += 1;
                if breaks > 1 {
                    return None;
                }
            }
            b'.' if bytes.get(offset + 1) == Some(&b' ')
                && offset > 20
                && bytes[offset - 4..offset].iter().all(u8::is_ascii_lowercase) =>
            {
                return None;
            }
            b'0'..=b'9' => {
                let at = street + offset;
                let begins = text.blank(at.wrapping_sub(1)) == 1
                    || matches!(text.previous(at), b'\n' | b',' | b'(' | 0xA0 | 0xAF | b'-');
                let digits = text.bytes(at..at + 5);
                if begins && is_postcode(digits) && !text.word_goes_on(at + 5) {
                    return Some(at + 5);
                }
            }
            _ => {}
        }
    }
    None
}
