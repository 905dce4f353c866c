//! Attempts: what is tried again, when, and how often.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, NaiveDateTime, SecondsFormat, Utc};
use moisson_core::Result;

use super::{Client, SLICE};
use crate::Watch;

/// Longest wait between two attempts, in seconds.
const BACKOFF_SECONDS_MAX: u64 = 60;

/// Longest wait a server may ask for, in seconds: a run that hangs for hours helps nobody.
pub(super) const WAIT_SECONDS_MAX: u32 = 600;

/// What became of an attempt.
pub(crate) enum Step<T> {
    /// It succeeded.
    Done(T),
    /// It failed in a way that may pass.
    Again {
        /// Why.
        why: String,
        /// Seconds the server asks to wait.
        after: Option<u64>,
        /// True if it brought so much that it counts as no attempt.
        progress: bool,
    },
    /// It failed for good.
    Never {
        /// Why.
        why: String,
    },
}

impl<T> Step<T> {
    /// An attempt that brought nothing.
    pub(crate) fn again(why: String, after: Option<u64>) -> Self {
        Self::Again {
            why,
            after,
            progress: false,
        }
    }
}

/// What became of a request after all its attempts.
pub(crate) enum Settled<T> {
    /// It succeeded.
    Done(T),
    /// It failed.
    Failed {
        /// Why.
        why: String,
        /// True if a later run may have more luck: the server was silent, overloaded or broken.
        unreachable: bool,
    },
}

impl Client {
    /// Makes attempts until one settles the matter. `attempt` gets the number of the attempt, from 1.
    pub(crate) fn settle<T>(
        &self,
        watch: &dyn Watch,
        attempt: impl FnMut(u32) -> Result<Step<T>>,
    ) -> Result<Settled<T>> {
        self.settle_within(self.config.attempts, watch, attempt)
    }

    /// As [`Client::settle`], with so many attempts at most, and no more than the configuration gives.
    pub(super) fn settle_within<T>(
        &self,
        attempts_max: u32,
        watch: &dyn Watch,
        mut attempt: impl FnMut(u32) -> Result<Step<T>>,
    ) -> Result<Settled<T>> {
        let attempts = self.config.attempts.min(attempts_max).max(1);
        let mut number = 1;
        loop {
            watch.check()?;
            let (why, after) = match attempt(number)? {
                Step::Done(done) => return Ok(Settled::Done(done)),
                Step::Never { why } => {
                    let unreachable = false;
                    return Ok(Settled::Failed { why, unreachable });
                }
                Step::Again {
                    why,
                    after,
                    progress,
                } => {
                    number = if progress { 1 } else { number + 1 };
                    (why, after)
                }
            };
            let unreachable = true;
            if let Some(seconds) = after.filter(|seconds| *seconds > u64::from(WAIT_SECONDS_MAX)) {
                let why = format!("{why}; the server asks to come back in {seconds} seconds");
                return Ok(Settled::Failed { why, unreachable });
            }
            if number > attempts {
                let why = format!("{why}, after {attempts} attempts");
                return Ok(Settled::Failed { why, unreachable });
            }
            wait(backoff(number, after, self.config.second), watch)?;
        }
    }

    /// Reads `Retry-After`: seconds, or a date.
    pub(super) fn retry_after(&self, value: Option<&str>) -> Option<u64> {
        let value = value?.trim();
        if let Ok(seconds) = value.parse() {
            return Some(seconds);
        }
        let until = http_date(value)?;
        let now = DateTime::<Utc>::from((self.config.now)());
        u64::try_from((until - now).num_seconds().max(0)).ok()
    }
}

/// Waits, looking every now and then whether the run is to stop.
fn wait(mut left: Duration, watch: &dyn Watch) -> Result<()> {
    while !left.is_zero() {
        watch.check()?;
        let slice = left.min(SLICE);
        std::thread::sleep(slice);
        left = left.saturating_sub(slice);
    }
    watch.check()
}

/// Exponential back-off with full jitter (Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015), and
/// no less than what the server asked for.
fn backoff(number: u32, after: Option<u64>, second: Duration) -> Duration {
    let doubled = 1_u64 << number.saturating_sub(2).min(6);
    let milliseconds = fastrand::u64(0..=doubled.min(BACKOFF_SECONDS_MAX) * 1000);
    let jitter = second.mul_f64(milliseconds as f64 / 1000.0);
    let asked = second.mul_f64(after.unwrap_or_default() as f64);
    asked + jitter.min(second * 60)
}

/// Parses the three forms of RFC 9110, section 5.6.7.
pub(super) fn http_date(text: &str) -> Option<DateTime<Utc>> {
    let naive = |format: &str| {
        NaiveDateTime::parse_from_str(text, format)
            .ok()
            .map(|date| date.and_utc())
    };
    DateTime::parse_from_rfc2822(text)
        .ok()
        .map(|date| date.with_timezone(&Utc))
        .or_else(|| naive("%A, %d-%b-%y %H:%M:%S GMT"))
        .or_else(|| naive("%a %b %e %H:%M:%S %Y"))
}

/// RFC 3339 in UTC, to the second.
pub(super) fn rfc3339(time: SystemTime) -> String {
    DateTime::<Utc>::from(time).to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{backoff, http_date, rfc3339};

    #[test]
    fn dates_of_http_in_three_forms() {
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ] {
            let date = http_date(text).unwrap();
            assert_eq!(rfc3339(date.into()), "1994-11-06T08:49:37Z", "{text}");
        }
        assert!(http_date("soon").is_none());
    }

    #[test]
    fn waits_grow_have_a_cap_and_never_undercut_the_server() {
        let second = Duration::from_secs(1);
        for (number, most) in [(2, 1), (3, 2), (4, 4), (8, 60), (40, 60)] {
            for _ in 0..50 {
                assert!(backoff(number, None, second) <= Duration::from_secs(most));
                assert!(backoff(number, Some(90), second) >= Duration::from_secs(90));
            }
        }
    }
}
