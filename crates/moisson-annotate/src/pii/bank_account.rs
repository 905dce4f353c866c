//! Bank accounts: IBAN of all countries, and French RIB.

use moisson_rights::personal::{Class, keys};

use super::found::Found;
use super::text::Text;

const CONTEXT: &[&str] = &[
    "rib",
    "compte",
    "banque",
    "bancaire",
    "iban",
    "guichet",
    "titulaire",
    "domiciliation",
    "virement",
];

/// Finds an IBAN whose key is right at `start`, where two capitals and two digits stand.
pub(super) fn find_iban(text: Text<'_>, start: usize) -> Option<Found> {
    let mut value = [0; 34];
    let length = keys::iban_length(text.bytes(start..start + 2))?;
    let end = read(text, start, value.get_mut(..length)?)?;
    keys::iban(&value[..length]).then(|| Found::new(Class::BankAccount, start, end))
}

/// Finds a RIB whose key is right at `start`, near words that say so: bank, branch, account, key.
pub(super) fn find_rib(text: Text<'_>, start: usize) -> Option<Found> {
    let mut value = [0; 23];
    let end = read(text, start, &mut value)?;
    (keys::rib(&value) && text.says_before(start, 120, CONTEXT))
        .then(|| Found::new(Class::BankAccount, start, end))
}

/// Reads as many letters and digits as `value` is long, one separator at most between two; none if they are fewer or
/// more follow.
fn read(text: Text<'_>, start: usize, value: &mut [u8]) -> Option<usize> {
    let mut at = start;
    for (nth, slot) in value.iter_mut().enumerate() {
        if nth > 0 {
            at += text.separator(at);
        }
        let byte = text.byte(at);
        if !byte.is_ascii_digit() && !byte.is_ascii_uppercase() {
            return None;
        }
        *slot = byte;
        at += 1;
    }
    text.number_ends(at).then_some(at)
}
