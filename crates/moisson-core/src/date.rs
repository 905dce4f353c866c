//! Calendar dates as Arrow `Date32`: days since 1970-01-01, proleptic Gregorian.

/// A calendar date, in days since 1970-01-01.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct Date(pub i32);

impl Date {
    /// Returns the date of a year, month (1..=12) and day (1..=31), or `None` where no such day exists.
    pub fn from_ymd(year: i32, month: u32, day: u32) -> Option<Self> {
        if !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) {
            return None;
        }
        if !(-9999..=9999).contains(&year) {
            return None;
        }
        // Howard Hinnant, "chrono-compatible low-level date algorithms", days_from_civil.
        let (month, day) = (i64::from(month), i64::from(day));
        let year = i64::from(year) - i64::from(month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        i32::try_from(era * 146_097 + day_of_era - 719_468)
            .ok()
            .map(Self)
    }

    /// Returns (year, month, day).
    pub fn ymd(self) -> (i32, u32, u32) {
        // Howard Hinnant, civil_from_days.
        let days = i64::from(self.0) + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 {
            shifted_month + 3
        } else {
            shifted_month - 9
        };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        let narrow = |value: i64| u32::try_from(value).unwrap_or_default();
        (
            i32::try_from(year).unwrap_or_default(),
            narrow(month),
            narrow(day),
        )
    }

    /// Parses the date at the start of `text`, or `None`.
    ///
    /// Accepts `YYYY-MM-DD` (anything may follow, so RFC 3339 passes), `YYYYMMDD`, `DD/MM/YYYY`, `YYYY-MM` and
    /// `YYYY` (first day taken).
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let number = |range: std::ops::Range<usize>| -> Option<u32> {
            let digits = text.get(range)?;
            digits
                .bytes()
                .all(|b| b.is_ascii_digit())
                .then(|| digits.parse().ok())?
        };
        let byte = |at: usize| text.as_bytes().get(at).copied();
        let year = |range| number(range).and_then(|y| i32::try_from(y).ok());
        if byte(2) == Some(b'/') && byte(5) == Some(b'/') {
            return Self::from_ymd(year(6..10)?, number(3..5)?, number(0..2)?);
        }
        let year = year(0..4)?;
        match (byte(4), byte(7)) {
            (None, _) => Self::from_ymd(year, 1, 1),
            (Some(b'-'), Some(b'-')) => Self::from_ymd(year, number(5..7)?, number(8..10)?),
            (Some(b'-'), None) => Self::from_ymd(year, number(5..7)?, 1),
            (Some(b), _) if b.is_ascii_digit() => {
                Self::from_ymd(year, number(4..6)?, number(6..8)?)
            }
            _ => None,
        }
    }
}

impl std::fmt::Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (year, month, day) = self.ymd();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::Date;

    #[test]
    fn dates_parse_as_a_table() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(
                Date::parse(text).map(|d| d.to_string()).as_deref(),
                expected,
                "{text}"
            );
        };
        check("2016-01-01", Some("2016-01-01"));
        check("2024-02-29T10:00:00Z", Some("2024-02-29"));
        check("20130118", Some("2013-01-18"));
        check("20241106140000000", Some("2024-11-06"));
        check("18/01/2013", Some("2013-01-18"));
        check("1884", Some("1884-01-01"));
        check("1884-07", Some("1884-07-01"));
        check("2999-01-01", Some("2999-01-01"));
        check("2023-02-29", None);
        check("n.d.", None);
        check("", None);
        check("été 2013", None);
    }

    #[test]
    fn every_day_of_four_centuries_survives_the_round_trip() {
        for days in -80_000..80_000 {
            let (year, month, day) = Date(days).ymd();
            assert_eq!(Date::from_ymd(year, month, day), Some(Date(days)));
        }
    }
}
