//! Numbers of payment cards.

use moisson_rights::personal::{Class, keys};

use super::found::Found;
use super::run::{Run, shape};
use super::text::Text;

const CONTEXT: &[&str] = &[
    "carte",
    "cb",
    "visa",
    "mastercard",
    "american express",
    "amex",
    "card",
    "paiement",
    "bancaire",
    "pan",
    "diners",
    "maestro",
];

/// Groups in which cards are printed.
const SHAPES: &[u64] = &[
    shape(&[16]),
    shape(&[15]),
    shape(&[4, 4, 4, 4]),
    shape(&[4, 6, 5]),
    shape(&[4, 4, 4, 4, 3]),
    shape(&[4, 6, 4]),
    shape(&[4, 4, 4, 3]),
    shape(&[4, 4, 5]),
    shape(&[4, 3, 3, 3]),
    shape(&[6, 13]),
    shape(&[13]),
    shape(&[14]),
    shape(&[17]),
    shape(&[18]),
    shape(&[19]),
];

/// Finds a card number at the start of the run.
///
/// Fifteen and sixteen digits, and groups as on a card, speak for themselves; other lengths need words that say so: 13 and
/// 14 digits are also goods and companies.
pub(super) fn find(text: Text<'_>, run: &Run) -> Option<Found> {
    for digits in [16, 15, 19, 14, 13, 18, 17] {
        let Some(taken) = run.take(digits) else {
            continue;
        };
        if !SHAPES.contains(&taken.shape)
            || !keys::card(taken.digits)
            || !text.number_ends(taken.end)
        {
            continue;
        }
        let printed = matches!(digits, 15 | 16)
            || taken.shape == shape(&[4, 4, 4, 4, 3])
            || taken.shape == shape(&[4, 6, 4]);
        if printed || text.says_before(run.start, 80, CONTEXT) {
            return Some(Found::new(Class::Card, run.start, taken.end));
        }
    }
    None
}
