//! The machine: threads, memory, environment. The only file that looks at them, with `credentials.rs`.
#![expect(
    clippy::disallowed_methods,
    reason = "reading the machine is the command line's task"
)]

use std::sync::Arc;

use moisson_engine::clock::{Clock, Date, day, rfc3339};
use moisson_engine::control::Budget;
use moisson_engine::fetch::Outside;
use moisson_engine::status::About;

/// Threads and memory, as asked for or as the machine has.
pub(crate) fn budget(threads: Option<usize>, memory: Option<u64>) -> Budget {
    let available = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Budget {
        threads: threads.unwrap_or(available).max(1),
        memory_bytes: memory.unwrap_or_else(|| memory_total().map_or(4 << 30, |total| total / 2)),
    }
}

/// Memory of the machine, or of its control group where that is less.
fn memory_total() -> Option<u64> {
    let total = status_kib("/proc/meminfo", "MemTotal:");
    let group = std::fs::read_to_string("/sys/fs/cgroup/memory.max")
        .ok()
        .and_then(|text| text.trim().parse::<u64>().ok());
    match (total, group) {
        (Some(total), Some(group)) => Some(total.min(group)),
        (total, group) => total.or(group),
    }
}

/// Resident memory of this process at present, in bytes; `None` where the system does not say.
pub(crate) fn memory_bytes() -> Option<u64> {
    status_kib("/proc/self/status", "VmRSS:")
}

/// The system's clock.
pub(crate) fn clock() -> Clock {
    Arc::new(std::time::SystemTime::now)
}

/// The day, in UTC.
pub(crate) fn today() -> Date {
    day(std::time::SystemTime::now())
}

/// Who runs a pipeline here: machine, process, and an identity no other run has.
pub(crate) fn about(pipeline: &str) -> About {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname")
        .ok()
        .or_else(|| std::env::var("HOSTNAME").ok())
        .map_or_else(|| "unknown".to_owned(), |name| name.trim().to_owned());
    let pid = std::process::id();
    let started = rfc3339(std::time::SystemTime::now());
    About {
        run: format!("{started}-{host}-{pid}"),
        pipeline: pipeline.to_owned(),
        host,
        pid,
        moisson_version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

/// Largest resident memory of this process so far, in bytes; `None` where the system does not say.
pub(crate) fn peak_memory_bytes() -> Option<u64> {
    status_kib("/proc/self/status", "VmHWM:")
}

fn status_kib(path: &str, key: &str) -> Option<u64> {
    let text = std::fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(key))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}

/// The language that the environment asks for: the first variable that is set counts, as POSIX has it.
pub(crate) fn lang() -> crate::args::Lang {
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.is_empty());
    lang_of(&set.unwrap_or_default())
}

/// The language of a locale such as `fr_FR.UTF-8`.
fn lang_of(locale: &str) -> crate::args::Lang {
    let language = locale
        .split(['_', '.', '@', '-'])
        .next()
        .unwrap_or_default();
    if language.eq_ignore_ascii_case("fr") {
        crate::args::Lang::Fr
    } else {
        crate::args::Lang::En
    }
}

/// Name of this machine, as a name of a file can hold it.
pub(crate) fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let name: String = name.trim().chars().filter(|c| plain(*c)).collect();
    if name.is_empty() {
        "host".to_owned()
    } else {
        name
    }
}

/// The current folder: what a relative path is relative to.
pub(crate) fn current_folder() -> std::path::PathBuf {
    std::env::current_dir().unwrap_or_default()
}

/// Random bytes that nobody can guess.
///
/// # Errors
/// If the system gives none.
pub(crate) fn random() -> std::io::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    let mut source = std::fs::File::open("/dev/urandom")?;
    std::io::Read::read_exact(&mut source, &mut bytes)?;
    Ok(bytes)
}

/// The clock and the secrets of the environment, for fetching.
pub(crate) fn outside() -> Outside {
    Outside {
        now: Arc::new(std::time::SystemTime::now),
        secret: Arc::new(|name| std::env::var(name).ok()),
    }
}

/// Parses a size: `4GiB`, `512MiB`, `2GB`, `1073741824`.
///
/// # Errors
/// A message for the user.
pub(crate) fn parse_bytes(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{text}` is no size; write for instance 4GiB or 512MiB");
    let digits = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kib" => 1 << 10,
        "kb" => 1000,
        "m" | "mib" => 1 << 20,
        "mb" => 1_000_000,
        "g" | "gib" => 1 << 30,
        "gb" => 1_000_000_000,
        "t" | "tib" => 1 << 40,
        "tb" => 1_000_000_000_000,
        _ => return Err(wrong()),
    };
    if !number.contains('.') {
        let whole: u64 = number.parse().map_err(|_| wrong())?;
        return whole.checked_mul(unit).ok_or_else(wrong);
    }
    let number: f64 = number.parse().map_err(|_| wrong())?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "digits and a point only: never negative, and a float cast saturates"
    )]
    let bytes = (number * unit as f64) as u64;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::{lang_of, parse_bytes};
    use crate::args::Lang;

    #[test]
    fn locales_as_a_table() {
        for (locale, expected) in [
            ("", Lang::En),
            ("C.UTF-8", Lang::En),
            ("fr", Lang::Fr),
            ("fr_FR.UTF-8", Lang::Fr),
            ("FR-CA", Lang::Fr),
            ("fry_NL", Lang::En),
            ("en_GB.UTF-8", Lang::En),
        ] {
            assert_eq!(lang_of(locale), expected, "{locale}");
        }
    }

    #[test]
    fn sizes_as_a_table() {
        assert_eq!(parse_bytes("4GiB"), Ok(4 << 30));
        assert_eq!(parse_bytes("1.5GiB"), Ok(3 << 29));
        assert_eq!(parse_bytes("512 MiB"), Ok(512 << 20));
        assert_eq!(parse_bytes("2GB"), Ok(2_000_000_000));
        assert_eq!(parse_bytes("17"), Ok(17));
        for wrong in ["", "GiB", "4 apples", "-1", "1.2.3", "99999999999999999999"] {
            assert!(parse_bytes(wrong).is_err(), "{wrong}");
        }
    }
}
