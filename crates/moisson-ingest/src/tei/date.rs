//! Dates as headers write them: attributes, and French or English words.

use moisson_core::Date;

use crate::xml::Xml;

/// The date of a `date` element: its attributes, else its words.
pub(super) fn of(xml: &Xml<'_>, node: usize) -> Option<Date> {
    written(xml, node).and_then(|text| parse(&text))
}

/// A date as an element writes it: `when` and its like first, since they are normalised.
pub(super) fn written(xml: &Xml<'_>, node: usize) -> Option<String> {
    ["when", "when-iso", "value", "from", "notBefore"]
        .iter()
        .find_map(|name| xml.attribute(node, name))
        .or_else(|| xml.text(node))
}

/// A day, a month or a year: normalised, or as in `mardi 29 janvier 2013`.
pub(super) fn parse(text: &str) -> Option<Date> {
    if let Some(date) = Date::parse(text) {
        return Some(date);
    }
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c == ',')
        .filter(|word| !word.is_empty())
        .take(24)
        .collect();
    words.windows(3).find_map(|window| {
        let [day, month, year] = window else {
            return None;
        };
        let day = day
            .trim_end_matches(|c: char| !c.is_ascii_digit())
            .parse()
            .ok()?;
        let month = month.to_lowercase();
        let month = MONTHS.iter().find(|(name, _)| *name == month)?.1;
        Date::from_ymd(year.get(..4)?.parse().ok()?, month, day)
    })
}

/// The first year of four digits in a text.
pub(super) fn year(text: &str) -> Option<&str> {
    let is_year = |piece: &&str| {
        piece.len() == 4 && ('1'..='2').contains(&piece.chars().next().unwrap_or_default())
    };
    text.split(|c: char| !c.is_ascii_digit()).find(is_year)
}

const MONTHS: &[(&str, u32)] = &[
    ("janvier", 1),
    ("février", 2),
    ("mars", 3),
    ("avril", 4),
    ("mai", 5),
    ("juin", 6),
    ("juillet", 7),
    ("août", 8),
    ("septembre", 9),
    ("octobre", 10),
    ("novembre", 11),
    ("décembre", 12),
    ("january", 1),
    ("february", 2),
    ("march", 3),
    ("april", 4),
    ("may", 5),
    ("june", 6),
    ("july", 7),
    ("august", 8),
    ("september", 9),
    ("october", 10),
    ("november", 11),
    ("december", 12),
];

#[cfg(test)]
mod tests {
    use super::{parse, year};

    #[test]
    fn dates_as_a_table() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(
                parse(text).map(|date| date.to_string()).as_deref(),
                expected,
                "{text}"
            );
        };
        check("2021-04-09", Some("2021-04-09"));
        check("2013", Some("2013-01-01"));
        check("mardi 29 janvier 2013", Some("2013-01-29"));
        check("Paris, le 1er août 1871.", Some("1871-08-01"));
        check("an VII", None);
        check("", None);
    }

    #[test]
    fn years_as_a_table() {
        for (text, expected) in [
            ("1851-1853", Some("1851")),
            ("Paris, 1642.", Some("1642")),
            ("000067", None),
            ("s. d.", None),
        ] {
            assert_eq!(year(text), expected, "{text}");
        }
    }
}
