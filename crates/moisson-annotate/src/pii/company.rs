//! Companies: SIREN, SIRET and French VAT numbers. They stay by default, and are not taken for cards or phones.

use moisson_rights::personal::{Class, keys};

use super::found::Found;
use super::run::{Run, shape};
use super::text::Text;

const CONTEXT: &[&str] = &[
    "siren",
    "siret",
    "rcs",
    "r.c.s",
    "registre du commerce",
    "immatricul",
    "insee",
    "sirène",
    "sirene",
    "tva",
    "entreprise",
    "répertoire",
    "répertoire national",
    "identifi",
];

/// Finds a SIRET (14 digits), or a SIREN (9) near words that say so.
pub(super) fn find(text: Text<'_>, run: &Run) -> Option<Found> {
    const SIRET: [u64; 4] = [
        shape(&[14]),
        shape(&[3, 3, 3, 5]),
        shape(&[9, 5]),
        shape(&[3, 3, 3, 2, 3]),
    ];
    const SIREN: [u64; 2] = [shape(&[9]), shape(&[3, 3, 3])];
    if let Some(taken) = run.take(14)
        && SIRET.contains(&taken.shape)
        && keys::siret(taken.digits)
        && text.number_ends(taken.end)
        && (!is_time(taken.digits) || text.says_before(run.start, 60, CONTEXT))
    {
        return Some(Found::new(Class::Company, run.start, taken.end));
    }
    let taken = run.take(9)?;
    (SIREN.contains(&taken.shape)
        && keys::siren(taken.digits)
        && text.number_ends(taken.end)
        && (says_rcs_after(text, taken.end) || text.says_before(run.start, 60, CONTEXT)))
    .then(|| Found::new(Class::Company, run.start, taken.end))
}

/// « 404 833 048 RCS Paris ».
fn says_rcs_after(text: Text<'_>, end: usize) -> bool {
    let at = text.skip_blanks(end);
    text.has(at, "rcs") || text.has(at, "r.c.s")
}

/// True for a point in time, `YYYYMMDDhhmmss`.
fn is_time(digits: &[u8]) -> bool {
    let two = |at: usize| match digits.get(at..at + 2) {
        Some([tens, ones]) => (tens - b'0') * 10 + (ones - b'0'),
        _ => u8::MAX,
    };
    matches!(two(0), 18..=20)
        && (1..=12).contains(&two(4))
        && (1..=31).contains(&two(6))
        && two(8) < 24
        && two(10) < 60
        && two(12) < 60
}

/// Finds a VAT number, `FR`, two characters and a SIREN, at `start`.
pub(super) fn find_vat(text: Text<'_>, start: usize) -> Option<Found> {
    let mut value = [0; 11];
    let (mut at, mut count) = (start + 2, 0);
    while count < 11 {
        at += text.blank(at);
        let byte = text.byte(at);
        let fits = byte.is_ascii_digit() || count < 2 && byte.is_ascii_uppercase();
        if !fits {
            return None;
        }
        value[count] = byte;
        count += 1;
        at += 1;
    }
    (keys::vat(&value) && text.number_ends(at)).then(|| Found::new(Class::Company, start, at))
}
