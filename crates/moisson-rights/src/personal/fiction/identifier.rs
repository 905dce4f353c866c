//! Identifiers with a key: a key that is always wrong.

use super::{Draw, alike, compact, decimal, dress};
use crate::personal::keys;

/// A NIR of a month that no NIR has (13 to 19), so that it is none even where no key is written; the key is wrong too.
pub(super) fn nir(original: &str, draw: &mut Draw) -> String {
    let length = compact(original).len();
    let mut nir = vec![
        b'1' + draw.below(2),
        draw.digit(),
        draw.digit(),
        b'1',
        b'3' + draw.below(7),
    ];
    nir.extend(decimal(u64::from(1 + draw.below(95)), 2));
    nir.extend((7..13).map(|_| draw.digit()));
    if length > 13 {
        let right = keys::nir_key(&nir);
        nir.extend(decimal(draw.wrong(right, 1, 97), 2));
    }
    dress(original, &nir)
}

/// A key of 511 or more, which no remainder of 511 is.
pub(super) fn tax_id(original: &str, draw: &mut Draw) -> String {
    let mut nif = vec![b'0' + draw.below(4)];
    nif.extend((1..10).map(|_| draw.digit()));
    nif.extend(decimal(
        511 + u64::from(draw.below(244)) * 2 + u64::from(draw.below(2)),
        3,
    ));
    dress(original, &nif)
}

/// An account of the same country with both keys wrong, or a RIB with a wrong one.
pub(super) fn bank_account(original: &str, draw: &mut Draw) -> String {
    let form = compact(original);
    let country: &[u8] = form
        .get(..2)
        .filter(|c| c.iter().all(u8::is_ascii_uppercase))
        .unwrap_or_default();
    let french = country.is_empty() || matches!(country, b"FR" | b"MC");
    let head = if country.is_empty() { 0 } else { 4 };
    let mut account = alike(form.get(head..).unwrap_or_default(), draw);
    if french && account.len() == 23 {
        let right = account.get(..21).and_then(keys::rib_key);
        account.splice(21.., decimal(draw.wrong(right, 1, 97), 2));
    }
    if country.is_empty() {
        return dress(original, &account);
    }
    let mut iban = [country, b"00".as_slice(), &account].concat();
    // 98 and 1 are the same modulo 97, so the numbers beyond 97 are not drawn at all.
    let right = keys::iban_key(&iban).map(|key| if key == 98 { 1 } else { key });
    let wrong = decimal(draw.wrong(right, 2, 97), 2);
    iban.splice(2..4, wrong);
    dress(original, &iban)
}

/// Any number of the network whose Luhn key is wrong.
pub(super) fn card(original: &str, draw: &mut Draw) -> String {
    let form = compact(original);
    let network = form.first().copied().unwrap_or(b'4');
    let body: Vec<u8> = (2..form.len()).map(|_| draw.digit()).collect();
    dress(
        original,
        &unlike_luhn([&[network], body.as_slice()].concat(), draw),
    )
}

/// `body` and a last digit that is not its Luhn key.
fn unlike_luhn(mut body: Vec<u8>, draw: &mut Draw) -> Vec<u8> {
    let is_right = |digit: &u8| keys::luhn(&[body.as_slice(), &[*digit]].concat());
    let right = (b'0'..=b'9')
        .find(is_right)
        .map(|digit| u64::from(digit - b'0'));
    body.extend(decimal(draw.wrong(right, 0, 9), 1));
    body
}

/// A SIREN, SIRET or VAT number with a wrong key.
pub(super) fn company(original: &str, draw: &mut Draw) -> String {
    let form = compact(original);
    let head: Vec<u8> = form
        .iter()
        .copied()
        .take_while(u8::is_ascii_uppercase)
        .collect();
    let vat_key = if head.is_empty() { 0 } else { 2 };
    let length = form.len().saturating_sub(head.len() + vat_key);
    let siren: Vec<u8> = (0..8)
        .map(|at| if at == 0 { b'9' } else { draw.digit() })
        .collect();
    let mut number = unlike_luhn(siren, draw);
    if length == 14 {
        number.extend((9..13).map(|_| draw.digit()));
        number = unlike_luhn(number, draw);
    }
    let key: Vec<u8> = (0..vat_key).map(|_| draw.digit()).collect();
    dress(original, &[head, key, number].concat())
}

/// A number whose Luhn key is wrong; the first digits, which are those of all such numbers, stay.
pub(super) fn rpps(original: &str, draw: &mut Draw) -> String {
    let form = compact(original);
    let kind: &[u8] = if form.len() == 12 { b"8" } else { b"" };
    let body: Vec<u8> = (kind.len() + 2..form.len()).map(|_| draw.digit()).collect();
    let number = unlike_luhn([b"1", body.as_slice()].concat(), draw);
    dress(original, &[kind, number.as_slice()].concat())
}

/// A plate whose letters are I, O and U, which the current system leaves out, or of department 96, which is none.
pub(super) fn plate(original: &str, draw: &mut Draw) -> String {
    let form = compact(original);
    let current = form.first().is_some_and(u8::is_ascii_uppercase);
    if current {
        let mut letter = || draw.one_of(b"IOU");
        let (a, b, c, d) = (letter(), letter(), letter(), letter());
        let number = decimal(1 + draw.distinct(999), 3);
        return dress(original, &[&[a, b], number.as_slice(), &[c, d]].concat());
    }
    let body = form.len().saturating_sub(2);
    let mut value = alike(form.get(..body).unwrap_or_default(), draw);
    value.extend(b"96");
    dress(original, &value)
}

/// Two digits, two letters, and the serial number 00000, which is not given out.
pub(super) fn passport(original: &str, draw: &mut Draw) -> String {
    if original.contains('<') {
        return zone(original);
    }
    let mut value = alike(b"00AA", draw);
    value.extend(b"00000");
    dress(original, &value)
}

/// A card of 1988 with a month that does not exist, another document with the letter O, which none bears.
pub(super) fn identity_document(original: &str, draw: &mut Draw) -> String {
    if original.contains('<') {
        return zone(original);
    }
    let form = compact(original);
    if form.iter().all(u8::is_ascii_digit) {
        let mut value = alike(&form, draw);
        // Of the twelve digits the third and fourth are the month; ten digits of a residence permit begin with 0000.
        let fixed: &[u8] = if form.len() == 12 { b"0013" } else { b"0000" };
        for (digit, fixed) in value.iter_mut().zip(fixed) {
            *digit = *fixed;
        }
        return dress(original, &value);
    }
    let mut value = alike(&form, draw);
    if let Some(letter) = value.iter_mut().find(|byte| byte.is_ascii_uppercase()) {
        *letter = b'O';
    }
    dress(original, &value)
}

/// A machine-readable zone that says it is a specimen in every letter, and whose check digits are wrong.
fn zone(original: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for (nth, line) in original.split('\n').enumerate() {
        let kept = if nth == 0 { 2 } else { 0 };
        // A field of nines has the check digit 7 or 8, never 9, in all lengths that zones have.
        let replaced = |(at, character): (usize, char)| match character {
            '0'..='9' => '9',
            'A'..='Z' if at >= kept => 'X',
            other => other,
        };
        lines.push(line.chars().enumerate().map(replaced).collect());
    }
    lines.join("\n")
}
