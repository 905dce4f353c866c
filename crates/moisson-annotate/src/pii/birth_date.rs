//! Dates of birth: a date, and the words before it that say somebody was born.

use moisson_core::Date;
use moisson_rights::personal::Class;

use super::found::Found;
use super::text::{Text, last_said};

/// A date of birth, and where the words begin that say so.
#[derive(Debug, Clone, Copy)]
pub(super) struct Birth {
    pub(super) found: Found,
    pub(super) context: usize,
}

/// Months by their first letters, in French and English.
const MONTHS: &[(&str, u32)] = &[
    ("janv", 1),
    ("janu", 1),
    ("févr", 2),
    ("fevr", 2),
    ("febr", 2),
    ("mars", 3),
    ("marc", 3),
    ("avri", 4),
    ("apri", 4),
    ("mai", 5),
    ("may", 5),
    ("juin", 6),
    ("june", 6),
    ("juil", 7),
    ("july", 7),
    ("août", 8),
    ("aout", 8),
    ("augu", 8),
    ("sept", 9),
    ("octo", 10),
    ("nove", 11),
    ("déce", 12),
    ("dece", 12),
];
/// What is born without being a person.
const THINGS: &[&str] = &[
    "litige",
    "conflit",
    "différend",
    "contrat",
    "obligation",
    "créance",
    "dette",
    "droit",
    "action",
    "projet",
    "association",
    "société",
    "entreprise",
    "parti",
    "mouvement",
    "idée",
    "revue",
    "journal",
    "institution",
    "établissement",
    "fusion",
    "crise",
    "accord",
    "commission",
    "réforme",
    "loi",
    "contentieux",
    "commune",
    "métropole",
    "région",
    "structure",
    "programme",
];

/// Finds the date at `start`, whose first digits end at `digits_end`, if words before it say that somebody was born then.
///
/// Who was born before `living_since` is taken to be dead.
pub(super) fn find(
    text: Text<'_>,
    start: usize,
    digits_end: usize,
    living_since: Date,
) -> Option<Birth> {
    let (date, end) = date(text, start, digits_end)?;
    let context = context(text, start)?;
    (date >= living_since && text.number_ends(end)).then(|| Birth {
        found: Found::new(Class::BirthDate, start, end),
        context,
    })
}

/// The date that begins at `start`, and its end.
fn date(text: Text<'_>, start: usize, digits_end: usize) -> Option<(Date, usize)> {
    let number = |range: std::ops::Range<usize>| text.0.get(range)?.parse::<u32>().ok();
    let digits = |at: usize, count: usize| {
        let end = at + count;
        let run = text.bytes(at..end);
        (run.len() == count && run.iter().all(u8::is_ascii_digit)).then_some(end)
    };
    let separator =
        |at: usize| matches!(text.byte(at), b'/' | b'.' | b'-' | b' ').then_some(at + 1);
    let first = number(start..digits_end)?;
    if digits_end - start == 4 {
        let month = separator(digits_end)?;
        let month_end = digits(month, 2)?;
        let day = separator(month_end)?;
        let end = digits(day, 2)?;
        let date = Date::from_ymd(
            i32::try_from(first).ok()?,
            number(month..month_end)?,
            number(day..end)?,
        )?;
        return Some((date, end));
    }
    if digits_end - start > 2 {
        return None;
    }
    let ordinal = if text.bytes(digits_end..digits_end + 2) == b"er" {
        2
    } else {
        0
    };
    let after = text.skip_blanks(digits_end + ordinal);
    if let Some((_, month)) = MONTHS.iter().find(|(stem, _)| text.has(after, stem)) {
        let mut at = after;
        while text.byte(at).is_ascii_alphabetic()
            || text.byte(at) >= 0xC3
            || matches!(text.byte(at), 0x80..=0xBF) && text.byte(at) != 0xA0
        {
            at += 1;
        }
        at += usize::from(text.byte(at) == b'.');
        let year = text.skip_blanks(at);
        let end = digits(year, 4)?;
        let date = Date::from_ymd(i32::try_from(number(year..end)?).ok()?, *month, first)?;
        return Some((date, end));
    }
    let month = separator(digits_end)?;
    let month_end = digits(month, 2).or_else(|| digits(month, 1))?;
    let year = separator(month_end).filter(|_| text.byte(month_end) == text.byte(digits_end))?;
    let end = digits(year, 4)?;
    let date = Date::from_ymd(
        i32::try_from(number(year..end)?).ok()?,
        number(month..month_end)?,
        first,
    )?;
    Some((date, end))
}

/// Where the words begin that say that somebody was born on the date at `start`.
fn context(text: Text<'_>, start: usize) -> Option<usize> {
    let before = text.before(start, 100);
    let from = start - before.len();
    let (at, stem) = last_said(
        before,
        &[
            "né",
            "née",
            "date de naissance",
            "lieu de naissance",
            "naissance",
            "born",
            "date of birth",
            "dob",
        ],
    )?;
    let after = from + at + stem.len();
    let between = text.0.get(after..start)?;
    match stem {
        "né" | "née" => {
            let between = ["(e)s", "(e)", "es", "e", "s", "·e", ".e", "-e"]
                .iter()
                .find_map(|ending| {
                    between
                        .strip_prefix(ending)
                        .filter(|rest| !rest.starts_with(char::is_alphabetic))
                })
                .unwrap_or(between);
            let rest = between
                .strip_prefix(|c: char| c.is_whitespace() || c == ':' || c == ',')?
                .trim();
            let place = ["à ", "a ", "en ", "au ", "aux ", "dans ", "le ", "["]
                .iter()
                .any(|word| rest.starts_with(word));
            let dated = matches!(rest, "" | "le" | ":" | ": le" | "vers le" | "le :")
                || place
                    && !rest.contains(". ")
                    && !rest.contains(';')
                    && (rest.ends_with(" le") || rest.ends_with(','));
            // « Le litige né le 3 mai 2010 ».
            let thing = text.says_before(from + at, 24, THINGS);
            (dated && !thing).then_some(from + at)
        }
        "naissance"
            if !text.says_before(from + at, 16, &["date de", "date et lieu de", "lieu de"]) =>
        {
            let rest = between.trim();
            matches!(rest, ":" | "le" | ": le" | "le :").then_some(from + at)
        }
        _ => {
            let rest = between.trim();
            let words = rest.split_whitespace().count();
            (words <= 3 && rest.len() <= 30 && !rest.contains(". ")).then_some(from + at)
        }
    }
}
