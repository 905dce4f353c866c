//! Names, home addresses and dates of birth.

use super::Draw;

/// A street, a postcode and a town that do not exist: no postcode begins with 00.
pub(super) fn address(draw: &mut Draw) -> String {
    format!(
        "{} rue de l'Exemple, 00000 Exempleville",
        1 + draw.distinct(9_999)
    )
}

/// The surname of every fictional person.
const SURNAME: &str = "Exemple";
/// First names of any gender.
const FIRST_NAMES: [&str; 24] = [
    "Alix",
    "Andrea",
    "Ange",
    "Camille",
    "Charlie",
    "Claude",
    "Dominique",
    "Eden",
    "Élie",
    "Frédérique",
    "Gwenn",
    "Jo",
    "Lou",
    "Louison",
    "Maé",
    "Marley",
    "Maxime",
    "Morgan",
    "Noa",
    "Sacha",
    "Sam",
    "Stéphane",
    "Valéry",
    "Yaël",
];

/// True if this is a name that [`super::fiction`] gives.
pub fn is_fictional_name(name: &str) -> bool {
    name.split_whitespace()
        .last()
        .is_some_and(|last| last.eq_ignore_ascii_case(SURNAME))
}

/// A first name of any gender and the surname Exemple, in capitals if the original's was.
pub(super) fn name(original: &str, draw: &mut Draw) -> String {
    let first = FIRST_NAMES[usize::try_from(draw.distinct(24)).unwrap_or_default()];
    let second = FIRST_NAMES[usize::try_from(draw.distinct(24 * 24) / 24).unwrap_or_default()];
    let last = original.split_whitespace().last().unwrap_or_default();
    let capitals = last.chars().any(char::is_alphabetic) && !last.chars().any(char::is_lowercase);
    let surname = if capitals { "EXEMPLE" } else { SURNAME };
    // From the 25th person on a second first name tells them apart.
    match draw.nth {
        0..24 => format!("{first} {surname}"),
        _ => format!("{first}-{second} {surname}"),
    }
}

/// 30 or 31 February, in the form of the original.
pub(super) fn birth_date(original: &str, draw: &mut Draw) -> String {
    let number = draw.distinct(90);
    let (day, year) = (30 + number % 2, 1930 + number / 2);
    if original.chars().any(char::is_alphabetic) && original.contains(' ') {
        return format!("{day} février {year}");
    }
    let separator = original
        .chars()
        .find(|c| !c.is_ascii_digit())
        .unwrap_or('/');
    let year_first = original.bytes().take_while(u8::is_ascii_digit).count() == 4;
    if year_first {
        format!("{year}{separator}02{separator}{day}")
    } else {
        format!("{day}{separator}02{separator}{year}")
    }
}
