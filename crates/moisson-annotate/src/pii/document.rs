//! Passports, identity cards and residence permits: numbers without a key, only near words that say what they are.

use moisson_rights::personal::Class;

use super::found::Found;
use super::run::Run;
use super::text::{Text, last_said};

/// What a word says of a number that follows.
const CONTEXT: &[(&str, Class)] = &[
    ("passeport", Class::Passport),
    ("passport", Class::Passport),
    ("carte nationale d'identité", Class::IdentityDocument),
    ("carte d'identité", Class::IdentityDocument),
    ("carte nationale d'identite", Class::IdentityDocument),
    ("carte d'identite", Class::IdentityDocument),
    ("pièce d'identité", Class::IdentityDocument),
    ("piece d'identite", Class::IdentityDocument),
    ("cni", Class::IdentityDocument),
    ("cnie", Class::IdentityDocument),
    ("titre de séjour", Class::IdentityDocument),
    ("carte de séjour", Class::IdentityDocument),
    ("carte de résident", Class::IdentityDocument),
    ("autorisation provisoire de séjour", Class::IdentityDocument),
    ("récépissé", Class::IdentityDocument),
    ("agdref", Class::IdentityDocument),
    ("numéro étranger", Class::IdentityDocument),
    ("identity card", Class::IdentityDocument),
    ("residence permit", Class::IdentityDocument),
];

/// The document that the last word before `start` speaks of.
fn said(text: Text<'_>, start: usize) -> Option<Class> {
    let before = text.before(start, 80);
    let named = CONTEXT
        .iter()
        .filter_map(|(stem, class)| Some((last_said(before, &[stem])?.0, *class)));
    named.max_by_key(|(at, _)| *at).map(|(_, class)| class)
}

/// Finds nine letters and digits at `start`: a passport (`12AB34567`), a card of 2021, a residence permit.
///
/// The serial number 00000 of a passport and the letter O of a card are not given out; fictions bear them.
pub(super) fn find_mixed(text: Text<'_>, start: usize) -> Option<Found> {
    let mut value = [0; 9];
    let mut at = start;
    for slot in &mut value {
        // A passport may be written `12 AB 34567`.
        if matches!(at - start, 2 | 5) && text.byte(at) == b' ' && text.byte(start).is_ascii_digit()
        {
            at += 1;
        }
        let byte = text.byte(at);
        if !byte.is_ascii_digit() && !byte.is_ascii_uppercase() {
            return None;
        }
        *slot = byte;
        at += 1;
    }
    let letters = value
        .iter()
        .filter(|byte| byte.is_ascii_uppercase())
        .count();
    if !(1..=7).contains(&letters) || !text.number_begins(start) || !text.number_ends(at) {
        return None;
    }
    let passport = value[..2].iter().all(u8::is_ascii_digit)
        && value[2..4].iter().all(u8::is_ascii_uppercase)
        && value[4..].iter().all(u8::is_ascii_digit);
    let spaced = at - start > 9;
    let class = said(text, start)?;
    let given_out = match class {
        Class::Passport => !(passport && value.ends_with(b"00000")),
        _ => !value.contains(&b'O'),
    };
    (given_out && (passport || !spaced)).then(|| Found::new(class, start, at))
}

/// Finds twelve digits of an identity card of 1988 (year, month, department, …), or ten of a residence permit.
pub(super) fn find_digits(text: Text<'_>, run: &Run) -> Option<Found> {
    if let Some(taken) = run.take(12)
        && matches!(
            &taken.digits[2..4],
            [b'0', b'1'..=b'9'] | [b'1', b'0'..=b'2']
        )
        && text.number_ends(taken.end)
        && said(text, run.start) == Some(Class::IdentityDocument)
    {
        return Some(Found::new(Class::IdentityDocument, run.start, taken.end));
    }
    let taken = run
        .take(10)
        .filter(|taken| taken.whole && run.groups() == 1)?;
    (!taken.digits.starts_with(b"0000")
        && text.number_ends(taken.end)
        && said(text, run.start) == Some(Class::IdentityDocument))
    .then(|| Found::new(Class::IdentityDocument, run.start, taken.end))
}
