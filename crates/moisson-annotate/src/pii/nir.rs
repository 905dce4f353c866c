//! NIR: the French social security number.

use moisson_rights::personal::{Class, keys};

use super::found::Found;
use super::text::Text;

/// Words beside which a NIR without key is taken for one.
const CONTEXT: &[&str] = &[
    "nir",
    "nia",
    "ins",
    "sécurité sociale",
    "securite sociale",
    "sécu",
    "n° ss",
    "n°ss",
    "insee",
    "immatriculation sociale",
    "assuré social",
    "numéro d'assuré",
    "matricule",
];

/// Finds the number that begins at `start`: 15 characters whose key is right, or 13 near words that say what it is.
pub(super) fn find(text: Text<'_>, start: usize) -> Option<Found> {
    if !matches!(text.byte(start), b'1' | b'2' | b'3' | b'4' | b'7' | b'8')
        || !text.number_begins(start)
    {
        return None;
    }
    let mut value = [0; 15];
    let mut ends = [0; 15];
    let (mut at, mut count) = (start, 0);
    while count < 15 {
        let byte = text.byte(at);
        let corsica = count == 6 && matches!(byte, b'A' | b'B' | b'a' | b'b') && value[5] == b'2';
        if !byte.is_ascii_digit() && !corsica {
            break;
        }
        value[count] = byte.to_ascii_uppercase();
        at += 1;
        ends[count] = at;
        count += 1;
        if count == 5 && !keys::nir_month(value[3], value[4]) {
            return None;
        }
        // The key is often set apart: « 1 85 12 75 123 456 / 42 », « (42) ».
        let separator = text.separator(at);
        at += separator;
        if count == 13 {
            at = text.skip_blanks(at);
            if matches!(text.byte(at), b'/' | b'-' | b'(') {
                at = text.skip_blanks(at + 1);
            }
        }
    }
    if count == 15 && keys::nir(&value) && text.number_ends(ends[14]) {
        return Some(Found::new(Class::Nir, start, ends[14]));
    }
    let bare = count >= 13 && keys::nir_form(&value[..13]) && text.number_ends(ends[12]);
    // What follows must not be a wrong key.
    let alone = count == 13;
    (bare && alone && text.says_before(start, 60, CONTEXT))
        .then(|| Found::new(Class::Nir, start, ends[12]))
}
