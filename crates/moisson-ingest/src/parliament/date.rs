//! Dates as French parliaments print them: `mardi 29 janvier 2013`, `1er juillet 2019`.

use moisson_core::Date;

const MONTHS: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];

/// Returns the first date written out in a text.
pub fn find(text: &str) -> Option<Date> {
    let words: Vec<&str> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    words.windows(3).find_map(|three| {
        let [day, month, year] = three else {
            return None;
        };
        let day = day.strip_suffix("er").unwrap_or(day).parse().ok()?;
        let month = month.to_lowercase();
        let month = MONTHS.iter().position(|known| same_month(known, &month))?;
        let year: i32 = year.parse().ok()?;
        Date::from_ymd(year, u32::try_from(month).ok()? + 1, day)
    })
}

/// Old records and their file names leave the accents out.
fn same_month(known: &str, word: &str) -> bool {
    known == word
        || matches!(
            (known, word),
            ("février", "fevrier") | ("août", "aout") | ("décembre", "decembre")
        )
}

/// Writes a date out: `5 mars 2019`, `1er juillet 2019`.
pub fn written(date: Date) -> String {
    let (year, month, day) = date.ymd();
    let name = usize::try_from(month)
        .ok()
        .and_then(|month| MONTHS.get(month.checked_sub(1)?))
        .copied()
        .unwrap_or_default();
    let day = if day == 1 {
        "1er".to_owned()
    } else {
        day.to_string()
    };
    format!("{day} {name} {year}")
}

#[cfg(test)]
mod tests {
    use moisson_core::Date;

    use super::{find, written};

    #[test]
    fn dates_as_a_table() {
        let check = |text: &str, expected| assert_eq!(find(text), expected, "{text}");
        check(
            "Deuxième séance du mardi 29\u{a0}janvier 2013",
            Date::from_ymd(2013, 1, 29),
        );
        check("séance du 1er juillet 2019", Date::from_ymd(2019, 7, 1));
        check("DIMANCHE 3 FÉVRIER 2013", Date::from_ymd(2013, 2, 3));
        check("du 12 aout 1998", Date::from_ymd(1998, 8, 12));
        check("le 31 février 2013", None);
        check("session 2012-2013", None);
        check("", None);
        let day = Date::from_ymd(2019, 7, 1).unwrap();
        assert_eq!(written(day), "1er juillet 2019");
        assert_eq!(find(&written(day)), Some(day));
    }
}
