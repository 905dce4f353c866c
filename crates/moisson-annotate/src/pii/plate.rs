//! Number plates, near words that say so: the current system (SIV) and the old one (FNI).

use moisson_rights::personal::Class;

use super::found::Found;
use super::text::{Text, says};

/// Words beside which letters and digits are a plate: vehicles, what is done with them, makers.
const CONTEXT: &[&str] = &[
    "immatricul",
    "plaque",
    "véhicule",
    "vehicule",
    "voiture",
    "auto",
    "camion",
    "moto",
    "scooter",
    "carte grise",
    "certificat d'imm",
    "fourgon",
    "utilitaire",
    "remorque",
    "tracteur",
    "poids lourd",
    "cyclomoteur",
    "deux-roues",
    "taxi",
    "ambulance",
    "berline",
    "caravane",
    "conduc",
    "stationn",
    "radar",
    "vitesse",
    "vehicle",
    "car ",
    "licence plate",
    "license plate",
    "renault",
    "peugeot",
    "citroën",
    "citroen",
    "dacia",
    "volkswagen",
    "toyota",
    "bmw",
    "mercedes",
    "audi",
    "ford ",
    "fiat",
    "opel",
    "nissan",
    "clio",
    "mégane",
    "twingo",
];

/// True if words before or right after say that a plate stands there.
fn is_called_so(text: Text<'_>, start: usize, end: usize) -> bool {
    text.says_before(start, 120, CONTEXT) || says(text.bytes(end..end + 50), CONTEXT)
}

/// The letters of the current system: I, O and U are left out, SS and WW (first) are not given to anybody for good.
fn is_pair(pair: &[u8], first: bool) -> bool {
    pair.len() == 2
        && pair
            .iter()
            .all(|byte| byte.is_ascii_uppercase() && !matches!(byte, b'I' | b'O' | b'U'))
        && pair != b"SS"
        && !(first && pair == b"WW")
}

/// Finds `AB-123-CD` at `start` near words that say what it is: files and goods are numbered so too.
pub(super) fn find_current(text: Text<'_>, start: usize) -> Option<Found> {
    let mut at = start + 2;
    let first = separator(text, at);
    at += first;
    let number = text.bytes(at..at + 3);
    if number.len() < 3 || !number.iter().all(u8::is_ascii_digit) || number == b"000" {
        return None;
    }
    at += 3;
    let second = separator(text, at);
    at += second;
    let pairs =
        is_pair(text.bytes(start..start + 2), true) && is_pair(text.bytes(at..at + 2), false);
    let before = text.previous(start);
    let begins = !text.within_word(start) && !matches!(before, b'-' | b'/' | b'=' | b'.');
    (pairs
        && begins
        && (first > 0) == (second > 0)
        && text.number_ends(at + 2)
        && is_called_so(text, start, at + 2))
    .then(|| Found::new(Class::Plate, start, at + 2))
}

fn separator(text: Text<'_>, at: usize) -> usize {
    match text.byte(at) {
        b'-' => 1,
        _ => text.blank(at),
    }
}

/// Finds `1234 AB 75` at `start` near words that say what it is: departments 01 to 95, 2A, 2B, 97x.
pub(super) fn find_old(text: Text<'_>, start: usize, digits_end: usize) -> Option<Found> {
    let digits = digits_end - start;
    let mut at = digits_end + separator(text, digits_end);
    let letters = at;
    while at - letters < 3 && text.byte(at).is_ascii_uppercase() {
        at += 1;
    }
    if digits > 4
        || at - letters < 2
        || text
            .bytes(letters..at)
            .iter()
            .any(|byte| matches!(byte, b'I' | b'O' | b'U'))
    {
        return None;
    }
    at += separator(text, at);
    let end = match text.bytes(at..at + 3) {
        [b'9', b'7', b'1'..=b'8'] => at + 3,
        [b'2', b'A' | b'B', ..] => at + 2,
        [b'0', b'1'..=b'9', ..] | [b'1'..=b'8', b'0'..=b'9', ..] | [b'9', b'0'..=b'5', ..] => {
            at + 2
        }
        _ => return None,
    };
    (text.number_begins(start) && text.number_ends(end) && is_called_so(text, start, end))
        .then(|| Found::new(Class::Plate, start, end))
}
