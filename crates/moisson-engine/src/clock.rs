//! The clock, as it is handed over from outside, and moments as text. Nothing here looks at the time by itself.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub use moisson_core::Date;

/// Returns the present moment; the command line gives the system's clock, tests give theirs.
pub type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

const DAY_SECONDS: u64 = 86_400;

/// Writes a moment as RFC 3339 in UTC, to the millisecond. A moment before 1970 is written as 1970.
pub fn rfc3339(moment: SystemTime) -> String {
    let since = moment.duration_since(UNIX_EPOCH).unwrap_or_default();
    let (seconds, millis) = (since.as_secs(), since.subsec_millis());
    let date = day(moment);
    let second = seconds % DAY_SECONDS;
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{date}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

/// Returns the day of a moment, in UTC. A moment before 1970 is taken as 1970.
pub fn day(moment: SystemTime) -> Date {
    let since = moment.duration_since(UNIX_EPOCH).unwrap_or_default();
    Date(i32::try_from(since.as_secs() / DAY_SECONDS).unwrap_or(i32::MAX))
}

/// Reads a moment as [`rfc3339`] writes it, with or without a fraction; `None` for anything else.
pub fn parse_rfc3339(text: &str) -> Option<SystemTime> {
    let date = u64::try_from(Date::parse(text)?.0).ok()?;
    let time = text.get(10..)?.strip_prefix('T')?.strip_suffix('Z')?;
    let (whole, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let mut fields = whole.split(':').map(str::parse::<u64>);
    let (hour, minute, second) = (fields.next()?, fields.next()?, fields.next()?);
    let (hour, minute, second) = (hour.ok()?, minute.ok()?, second.ok()?);
    if fields.next().is_some() || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let fraction: f64 = format!("0.{fraction}").parse().ok()?;
    let seconds = date * DAY_SECONDS + hour * 3600 + minute * 60 + second;
    Some(UNIX_EPOCH + Duration::from_secs(seconds) + Duration::from_secs_f64(fraction))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::{parse_rfc3339, rfc3339};

    #[test]
    fn moments_as_a_table() {
        let check = |millis: u64, text: &str| {
            let moment = UNIX_EPOCH + Duration::from_millis(millis);
            assert_eq!(rfc3339(moment), text);
            assert_eq!(parse_rfc3339(text), Some(moment));
        };
        check(0, "1970-01-01T00:00:00.000Z");
        check(784_111_777_500, "1994-11-06T08:49:37.500Z");
        check(1_709_251_199_999, "2024-02-29T23:59:59.999Z");
        let whole = UNIX_EPOCH + Duration::from_secs(784_111_777);
        assert_eq!(parse_rfc3339("1994-11-06T08:49:37Z"), Some(whole));
        for wrong in [
            "",
            "1994-11-06",
            "1994-11-06T25:00:00Z",
            "1994-11-06T08:49Z",
        ] {
            assert_eq!(parse_rfc3339(wrong), None, "{wrong}");
        }
    }
}
