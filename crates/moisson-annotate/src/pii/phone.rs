//! Telephone numbers: candidates by their form, validity by libphonenumber's tables.

use moisson_rights::personal::{Class, is_reserved_phone};

use super::found::Found;
use super::run::{Run, shape};
use super::text::Text;

/// Words beside which digits are a telephone number.
const CONTEXT: &[&str] = &[
    "tel",
    "tél",
    "fax",
    "télécopie",
    "telecopie",
    "mobile",
    "portable",
    "joindre",
    "appel",
    "phone",
    "standard",
    "sms",
    "whatsapp",
    "numéro vert",
    "ligne",
];
/// Words beside which ten bare digits are something else.
const OTHER: &[&str] = &[
    "isbn",
    "issn",
    "siret",
    "siren",
    "dossier",
    "pourvoi",
    "facture",
    "commande",
    "compte",
    "référence",
    "réf",
    "ean",
    "rg",
    "article",
    "finess",
    "contrat",
];

/// Groups in which the ten digits of a French number are written.
const SHAPES: &[u64] = &[
    shape(&[10]),
    shape(&[2, 2, 2, 2, 2]),
    shape(&[4, 2, 2, 2]),
    shape(&[4, 3, 3]),
    shape(&[4, 6]),
    shape(&[2, 8]),
    shape(&[2, 4, 4]),
    shape(&[1, 3, 3, 3]),
    shape(&[3, 3, 4]),
    shape(&[1, 1, 2, 2, 2, 2]),
    shape(&[2, 3, 3, 2]),
    shape(&[3, 2, 2, 3]),
];

/// Finds a French number in national form at the start of the run: ten digits that begin with 0.
///
/// Special-rate and short numbers (08, 3xxx, 118xxx) belong to services, not to persons.
pub(super) fn find_national(text: Text<'_>, run: &Run, reserved: bool) -> Option<Found> {
    let taken = run.take(10)?;
    if !matches!(taken.digits, [b'0', b'1'..=b'7' | b'9', ..]) {
        return None;
    }
    if !SHAPES.contains(&taken.shape) || !text.number_ends(taken.end) {
        return None;
    }
    // Of a longer run of equal groups only the beginning of a list of numbers may be one.
    let said = || text.says_before(run.start, 40, CONTEXT);
    let list = run
        .take(20)
        .is_some_and(|two| two.digits.get(10) == Some(&b'0'));
    if !taken.whole && !list && !said() {
        return None;
    }
    if taken.shape == shape(&[10]) && text.says_before(run.start, 25, OTHER) && !said() {
        return None;
    }
    let national = taken.digits.get(1..)?;
    (may_be_marked(national, reserved) && is_valid_french(national))
        .then(|| Found::new(Class::Phone, run.start, taken.end))
}

/// Finds a number in international form at `start`, where `+` or `00` stands.
pub(super) fn find_international(text: Text<'_>, start: usize, reserved: bool) -> Option<Found> {
    let begins = match text.byte(start) {
        b'+' => start + 1,
        _ => start + 2,
    };
    // Prefix `+`, at most 15 digits, and where each group ends.
    let mut digits = [b'+'; 16];
    let mut ends = [(0, 0); 16];
    let (mut count, mut groups, mut at) = (1, 0, text.skip_blanks(begins));
    loop {
        let first = count;
        while count < 16 && text.byte(at).is_ascii_digit() {
            digits[count] = text.byte(at);
            count += 1;
            at += 1;
        }
        if text.byte(at).is_ascii_digit() {
            // More digits than a number has: the groups before may be one.
            break;
        }
        if count > first {
            ends[groups] = (count, at);
            groups += 1;
        }
        if count == 16 {
            break;
        }
        at = next_group(text, at);
        // The trunk zero is written, and not dialled.
        if text.has(at, "(0)") {
            at = text.skip_blanks(at + 3);
            at += usize::from(text.byte(at) == b'.' || text.byte(at) == b'-');
        }
        if !text.byte(at).is_ascii_digit() {
            break;
        }
    }
    for (count, end) in ends[..groups].iter().rev() {
        if *count < 8 || !text.number_ends(*end) {
            continue;
        }
        let number = std::str::from_utf8(digits.get(..*count)?).ok()?;
        // After `00` the country stands apart, or nothing does: `00494 93167` is a bank and a branch.
        let apart = text.byte(start) == b'+' || groups == 1 || (2..5).contains(&ends[0].0);
        let country = digits
            .get(1..ends[0].0)
            .filter(|_| groups > 1 && text.byte(start) != b'+');
        if apart && is_valid(number, country, reserved) {
            return Some(Found::new(Class::Phone, start, *end));
        }
    }
    None
}

/// Where the next group may begin: after a separator or a closing bracket.
fn next_group(text: Text<'_>, mut at: usize) -> usize {
    if text.byte(at) == b')' {
        at += 1;
    }
    at += text.separator(at);
    if text.byte(at) == b'(' && text.byte(at + 1).is_ascii_digit() && text.byte(at + 1) != b'0' {
        at += 1;
    }
    at
}

fn may_be_marked(national: &[u8], reserved: bool) -> bool {
    reserved || !is_reserved_phone(national)
}

/// True for nine national digits in use in France or overseas.
fn is_valid_french(national: &[u8]) -> bool {
    if is_reserved_phone(national) {
        return true;
    }
    let Ok(digits) = std::str::from_utf8(national) else {
        return false;
    };
    // Overseas departments share the national form, and have country codes of their own.
    let valid = |code: &str| {
        let parsed = phonenumber::parse(None, format!("+{code}{digits}"));
        matches!(parsed, Ok(number) if number.is_valid())
    };
    ["33", "262", "590", "594", "596", "508"]
        .into_iter()
        .any(valid)
}

/// True for a number `+…` in use that belongs to a subscriber, of the country whose code stands apart, if one does.
fn is_valid(number: &str, country: Option<&[u8]>, reserved: bool) -> bool {
    if let Some(national) = number.strip_prefix("+33") {
        let national = national.strip_prefix('0').unwrap_or(national).as_bytes();
        return national.len() == 9
            && country.is_none_or(|code| code.starts_with(b"33"))
            && matches!(national[0], b'1'..=b'7' | b'9')
            && may_be_marked(national, reserved)
            && is_valid_french(national);
    }
    match phonenumber::parse(None, number) {
        Ok(parsed) => {
            let code = parsed.code().value().to_string();
            country.is_none_or(|country| country == code.as_bytes()) && parsed.is_valid()
        }
        Err(_) => false,
    }
}
