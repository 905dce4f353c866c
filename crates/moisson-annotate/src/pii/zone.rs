//! Machine-readable zones of travel documents (ICAO 9303) and of the French identity card of 1988.

use moisson_rights::personal::{Class, keys};

use super::found::Found;
use super::text::Text;

fn is_zone(byte: u8) -> bool {
    byte.is_ascii_digit() || byte.is_ascii_uppercase() || byte == b'<'
}

/// Finds the zone around the `<` at `at`: two or three lines of one length whose check digits are right. Looks back not
/// beyond `from`.
pub(super) fn find(text: Text<'_>, at: usize, from: usize) -> Option<Found> {
    let mut start = at;
    while start > from && at - start < 44 && is_zone(text.previous(start)) {
        start -= 1;
    }
    let mut lines = [(0, 0); 3];
    let mut count = 0;
    let mut next = start;
    while count < 3 {
        let mut end = next;
        while end - next < 45 && is_zone(text.byte(end)) {
            end += 1;
        }
        let length = end - next;
        if !matches!(length, 30 | 36 | 44) || count > 0 && length != lines[0].1 - lines[0].0 {
            break;
        }
        lines[count] = (next, end);
        count += 1;
        while matches!(text.byte(end), b' ' | b'\n' | b'\r') && end - lines[count - 1].1 < 3 {
            end += 1;
        }
        next = end;
    }
    let line = |nth: usize| text.bytes(lines[nth].0..lines[nth].1);
    let end = match (count, line(0).len()) {
        (3, 30) if is_card(line(0), line(1)) => lines[2].1,
        (2.., 44 | 36) if is_book(line(1)) || is_french_card(line(0), line(1)) => lines[1].1,
        _ => return None,
    };
    let class = match text.byte(start) {
        b'P' => Class::Passport,
        _ => Class::IdentityDocument,
    };
    Some(Found::new(class, start, end))
}

fn is_right(line: &[u8], field: std::ops::Range<usize>) -> bool {
    let digit = line.get(field.end).copied();
    digit.is_some() && line.get(field).and_then(keys::mrz_digit) == digit
}

/// Passports and visas (two lines of 44), older cards (two of 36): number, birth, expiry.
fn is_book(second: &[u8]) -> bool {
    is_right(second, 0..9) && is_right(second, 13..19) && is_right(second, 21..27)
}

/// Cards in credit-card size, three lines of 30.
fn is_card(first: &[u8], second: &[u8]) -> bool {
    is_right(first, 5..14) && is_right(second, 0..6) && is_right(second, 8..14)
}

/// The French card of 1988: number and birth in the second line.
fn is_french_card(first: &[u8], second: &[u8]) -> bool {
    first.starts_with(b"IDFRA") && is_right(second, 0..12) && is_right(second, 27..33)
}
