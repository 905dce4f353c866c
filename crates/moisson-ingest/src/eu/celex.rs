//! CELEX numbers: `32016R0679`, `62022CJ0203`, `02016R0679-20160504`.
//!
//! Sector, year, type and number, then the date of a consolidated text or the number of a corrigendum:
//! <https://eur-lex.europa.eu/content/tools/eur-lex-celex-infographic-A3.pdf>.

use std::borrow::Cow;

/// Returns the first CELEX number in a path or address.
pub(crate) fn find(text: &str) -> Option<String> {
    let text = decoded(text);
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let is_start = at == 0 || !bytes.get(at - 1).is_some_and(u8::is_ascii_alphanumeric);
        if is_start && let Some(length) = length_at(bytes.get(at..).unwrap_or_default()) {
            return text.get(at..at + length).map(str::to_owned);
        }
        at += 1;
    }
    None
}

/// The number of the act that a consolidated text belongs to: `02016R0679-20160504` is of `32016R0679`.
pub(crate) fn base(celex: &str) -> Option<String> {
    let rest = celex.strip_prefix('0')?;
    let (number, _) = rest.split_once('-')?;
    Some(format!("3{number}"))
}

/// Day from which a consolidated text holds.
pub(crate) fn consolidated_on(celex: &str) -> Option<moisson_core::Date> {
    let (_, day) = celex.strip_prefix('0')?.split_once('-')?;
    moisson_core::Date::parse(day)
}

/// True for case law.
pub(crate) fn is_case(celex: &str) -> bool {
    celex.starts_with('6')
}

/// The page of a number.
pub(crate) fn url(celex: &str, language: &str) -> String {
    let language = language.get(..2).unwrap_or("fr").to_ascii_uppercase();
    format!("https://eur-lex.europa.eu/legal-content/{language}/TXT/?uri=CELEX:{celex}")
}

fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let text = text.replace("%3A", ":").replace("%3a", ":");
    Cow::Owned(text.replace("%28", "(").replace("%29", ")"))
}

/// Length of the number at the start of the bytes.
fn length_at(bytes: &[u8]) -> Option<usize> {
    let digits = |from: usize, count: usize| {
        let piece = bytes.get(from..from + count)?;
        piece.iter().all(u8::is_ascii_digit).then_some(())
    };
    let sector = bytes.first()?;
    if !(sector.is_ascii_digit() || matches!(sector, b'C' | b'E')) {
        return None;
    }
    digits(1, 4)?;
    if !matches!(bytes.get(1..3)?, b"19" | b"20") {
        return None;
    }
    let letters = bytes
        .iter()
        .skip(5)
        .take_while(|b| b.is_ascii_uppercase())
        .count();
    if !(1..=2).contains(&letters) {
        return None;
    }
    let mut length = 5 + letters;
    digits(length, 4)?;
    length += 4;
    length += suffix(bytes.get(length..).unwrap_or_default());
    let is_end = !bytes.get(length).is_some_and(u8::is_ascii_alphanumeric);
    is_end.then_some(length)
}

/// Length of `-20160504`, `(01)` or `R(01)`.
fn suffix(bytes: &[u8]) -> usize {
    let all_digits = |from: usize, to: usize| {
        bytes
            .get(from..to)
            .is_some_and(|piece| piece.iter().all(u8::is_ascii_digit))
    };
    let corrigendum = usize::from(bytes.first() == Some(&b'R'));
    if bytes.get(corrigendum) == Some(&b'(')
        && all_digits(corrigendum + 1, corrigendum + 3)
        && bytes.get(corrigendum + 3) == Some(&b')')
    {
        return corrigendum + 4;
    }
    if bytes.first() == Some(&b'-') && all_digits(1, 9) {
        9
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::{base, find};

    #[test]
    fn numbers_as_a_table() {
        for (text, expected) in [
            (
                "32016R0679.zip!L_2016119FR.01000101.xml",
                Some("32016R0679"),
            ),
            ("ECR_62022CJ0203_FR_01.xml", Some("62022CJ0203")),
            (
                "https://eur-lex.europa.eu/legal-content/FR/TXT/?uri=CELEX%3A32016R0679",
                Some("32016R0679"),
            ),
            (
                "celex/02016R0679-20160504.html",
                Some("02016R0679-20160504"),
            ),
            ("32016R0679R%2802%29", Some("32016R0679R(02)")),
            ("62018TO0235(04)", Some("62018TO0235(04)")),
            ("L_2016119FR.01000101.xml", None),
            ("132016R06791", None),
            ("C/2016/12 été", None),
            ("", None),
        ] {
            assert_eq!(find(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn consolidated_texts_know_their_act() {
        assert_eq!(base("02016R0679-20160504").as_deref(), Some("32016R0679"));
        assert_eq!(base("32016R0679"), None);
    }
}
