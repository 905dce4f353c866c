//! Folding: one spelling for texts that a reader would call the same.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Returns `text` folded for look-up and comparison.
///
/// Lower case; accents and other marks removed; typographic apostrophes to `'`; every white space, no-break ones
/// included, to one space, none at the ends; `œ` to `oe`, `æ` to `ae`. Idempotent. Invisible joiners and soft hyphens
/// are dropped.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut space = false;
    let mut push = |character: char| {
        if character.is_whitespace() {
            space = true;
            return;
        }
        if std::mem::take(&mut space) && !folded.is_empty() {
            folded.push(' ');
        }
        folded.push(character);
    };
    for character in text.chars() {
        match character {
            _ if character.is_ascii() => push(character.to_ascii_lowercase()),
            // Apostrophe, modifier apostrophe, prime, opening single quote, acute accent used as apostrophe.
            '\u{2019}' | '\u{2BC}' | '\u{2032}' | '\u{2018}' | '\u{B4}' => push('\''),
            '\u{AD}' | '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}' => {}
            'Œ' | 'œ' => "oe".chars().for_each(&mut push),
            'Æ' | 'æ' => "ae".chars().for_each(&mut push),
            _ => character
                .to_lowercase()
                .nfd()
                .filter(|&c| !is_combining_mark(c))
                .for_each(&mut push),
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::fold;

    const CASES: &[(&str, &str)] = &[
        ("", ""),
        (" \n\t", ""),
        ("Licence Ouverte", "licence ouverte"),
        (
            "  à\u{A0}l’État,\u{202F}\n çà  et là ",
            "a l'etat, ca et la",
        ),
        ("ŒUVRE d\u{2BC}Ægidius", "oeuvre d'aegidius"),
        ("e\u{301}cole École", "ecole ecole"),
        ("co\u{AD}opé\u{200B}ration", "cooperation"),
        ("İ Å ñ ß Ω", "i a n ß ω"),
    ];

    #[test]
    fn folds() {
        for (text, expected) in CASES {
            assert_eq!(fold(text), *expected, "{text}");
        }
    }

    #[test]
    fn folding_is_idempotent() {
        for (text, _) in CASES {
            assert_eq!(fold(&fold(text)), fold(text), "{text}");
        }
    }
}
