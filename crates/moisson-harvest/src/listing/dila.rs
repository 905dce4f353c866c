//! The open data of DILA: a full archive now and then, increments every day or week.
//!
//! Names, folders and defects: domain notes, section 5.1. Licence: Licence Ouverte 2.0 for all funds.

use moisson_core::{Date, Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::page::Entry;
use super::{ListingConfig, fetch, list};
use crate::naming::Names;
use crate::progress::Progress;
use crate::{Acquisition, Harvest, Harvester, Summary, client};

/// Where the funds lie.
const BASE: &str = "https://echanges.dila.gouv.fr/OPENDATA/";

/// A fund of DILA: its newest full archive and all increments made since, in the order they are to be applied.
///
/// Addresses are folders of funds; without one, it is `https://echanges.dila.gouv.fr/OPENDATA/FOND/`. The folders of
/// debates (`Debats/AN`) have neither full archives nor increments: all their files are mirrored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DilaConfig {
    /// Name of the fund, as its folder has it: `LEGI`, `JORF`, `CASS`, … Needed if `at` does not say it.
    pub fond: Option<String>,
    /// False to mirror the increments alone.
    pub full: bool,
    /// First day, `YYYY-MM-DD`, whose increments are mirrored; only with `full = false`.
    pub since: Option<String>,
}

impl Default for DilaConfig {
    fn default() -> Self {
        Self {
            fond: None,
            full: true,
            since: None,
        }
    }
}

/// An archive of a fund, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Archive {
    is_full: bool,
    /// `YYYYMMDD-HHMMSS`, which sorts as time does.
    made: String,
}

impl Archive {
    /// Reads `Freemium_legi_global_20250713-140000.tar.gz`, `LEGI_20250714-210000.tar.gz` and their variants in case.
    fn of(name: &str, fond: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let stem = name.strip_suffix(".tar.gz")?;
        let (series, made) = stem.rsplit_once('_')?;
        let (day, time) = made.split_once('-')?;
        let digits =
            |text: &str, count| text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(day, 8) || !digits(time, 6) {
            return None;
        }
        // `Freemium_jorf_simple_…` belongs to the fund JORFSIMPLE and is not JORF.
        let series = series.replace('_', "");
        let fond = fond.to_ascii_lowercase().replace('_', "");
        let is_full = match series.strip_prefix("freemium") {
            Some(rest) => rest.strip_suffix("global").unwrap_or(rest) == fond,
            None => series
                .strip_suffix("global")
                .is_some_and(|rest| rest == fond),
        };
        let made = made.to_owned();
        (is_full || series == fond).then_some(Self { is_full, made })
    }
}

impl DilaConfig {
    /// Day from which increments are wanted, in the form names have it.
    fn first_day(&self) -> Result<Option<String>> {
        let Some(since) = &self.since else {
            return Ok(None);
        };
        if self.full {
            let message = "`fetch.since` would leave a gap after the full archive; it goes with `fetch.full = false`";
            return Err(Error::config(message));
        }
        let date = Date::parse(since).ok_or_else(|| {
            Error::config(format!(
                "`fetch.since` is no day: `{since}`; known: `2025-07-14`"
            ))
        })?;
        let (year, month, day) = date.ymd();
        Ok(Some(format!("{year:04}{month:02}{day:02}")))
    }

    fn addresses(&self, harvest: &Harvest<'_>) -> Result<Vec<String>> {
        if !harvest.at.is_empty() {
            return Ok(harvest.at.to_vec());
        }
        let fond = self
            .fond
            .as_deref()
            .map(|fond| fond.trim_matches('/'))
            .ok_or_else(|| {
                Error::config(
                    "a DILA source needs `fetch.fond`, such as `LEGI`, or a folder in `at`",
                )
            })?;
        Ok(vec![format!("{BASE}{fond}/")])
    }

    /// The archives to have, oldest first.
    fn choose(&self, entries: Vec<Entry>, fond: &str, first_day: Option<&str>) -> Vec<Entry> {
        let archives = entries.into_iter().filter(|entry| !entry.is_folder);
        let archives = archives.filter_map(|entry| Some((Archive::of(&entry.name, fond)?, entry)));
        let mut archives: Vec<(Archive, Entry)> = archives.collect();
        archives.sort_by(|(one, _), (other, _)| {
            (&one.made, !one.is_full).cmp(&(&other.made, !other.is_full))
        });
        let newest = archives
            .iter()
            .rposition(|(archive, _)| archive.is_full && self.full);
        let chosen = archives.into_iter().skip(newest.unwrap_or_default());
        let first = usize::from(newest.is_some());
        chosen
            .enumerate()
            .filter(|(place, (archive, _))| {
                let recent = first_day.is_none_or(|day| archive.made.as_str() >= day);
                *place < first || (!archive.is_full && recent)
            })
            .map(|(_, (_, entry))| entry)
            .collect()
    }
}

impl Harvester for DilaConfig {
    fn harvest(&self, harvest: &Harvest<'_>) -> Result<Summary> {
        let first_day = self.first_day()?;
        let addresses = self.addresses(harvest)?;
        if addresses.iter().any(|address| address.contains("/Debats/")) {
            let debates = ListingConfig {
                extensions: vec!["taz".to_owned()],
                depth: 2,
                acquisition: Acquisition::Bulk,
            };
            let at = addresses.as_slice();
            return debates.harvest(&Harvest { at, ..*harvest });
        }
        let mut names = Names::new(harvest.source);
        let mut progress = Progress::new(harvest);
        for address in &addresses {
            let folder = client::parse(address)?;
            let last = folder.path().trim_end_matches('/').rsplit('/').next();
            let fond = self.fond.as_deref().or(last).unwrap_or_default();
            let entries = list(harvest, &folder, Acquisition::Bulk)?;
            let known = |entry: &Entry| {
                Archive::of(&entry.name, fond).is_some_and(|a| a.is_full || !self.full)
            };
            if !entries.iter().any(known) {
                let address = moisson_core::redact(address);
                let kind = if self.full { "full archive" } else { "archive" };
                return Err(Error::input(format!(
                    "`{address}` lists no {kind} of the fund `{fond}`"
                )));
            }
            let chosen = self.choose(entries, fond, first_day.as_deref());
            for entry in &chosen {
                let name = names.of_path(&entry.name, entry.url.as_str());
                fetch(harvest, &mut progress, entry, name, Acquisition::Bulk, true)?;
            }
        }
        progress.finish_complete()
    }
}

#[cfg(test)]
mod tests {
    use super::{Archive, DilaConfig};
    use crate::listing::page::Entry;
    use url::Url;

    #[test]
    fn names_of_archives() {
        for (name, fond, expected) in [
            (
                "Freemium_legi_global_20250713-140000.tar.gz",
                "LEGI",
                Some((true, "20250713-140000")),
            ),
            (
                "FREEMIUM_LEGI_GLOBAL_20250713-140000.TAR.GZ",
                "legi",
                Some((true, "20250713-140000")),
            ),
            (
                "LEGI_global_20250713-140000.tar.gz",
                "LEGI",
                Some((true, "20250713-140000")),
            ),
            (
                "LEGI_20250714-210000.tar.gz",
                "LEGI",
                Some((false, "20250714-210000")),
            ),
            ("Freemium_jorf_simple_20250713-140000.tar.gz", "JORF", None),
            (
                "Freemium_jorf_simple_20250713-140000.tar.gz",
                "JORFSIMPLE",
                Some((true, "20250713-140000")),
            ),
            ("JORFSIMPLE_20250714-210000.tar.gz", "JORF", None),
            ("LEGI_20250714.tar.gz", "LEGI", None),
            ("LEGI_2025O714-210000.tar.gz", "LEGI", None),
            ("DTD_LEGIFRANCE.zip", "LEGI", None),
        ] {
            let found = Archive::of(name, fond);
            let found = found
                .as_ref()
                .map(|archive| (archive.is_full, archive.made.as_str()));
            assert_eq!(found, expected, "{name}");
        }
    }

    #[test]
    fn the_newest_full_archive_and_what_came_after() {
        let files = [
            "LEGI_20250101-210000.tar.gz",
            "Freemium_legi_global_20240101-140000.tar.gz",
            "LEGI_20250714-210000.tar.gz",
            "Freemium_legi_global_20250713-140000.tar.gz",
            "LEGI_20250713-130000.tar.gz",
            "LEGI_20250713-210000.tar.gz",
        ];
        for (full, first_day, expected) in [
            (true, None, vec![3, 5, 2]),
            (false, None, vec![0, 4, 5, 2]),
            (false, Some("20250713"), vec![4, 5, 2]),
            (false, Some("20260101"), vec![]),
        ] {
            let entries = files.map(|name| Entry {
                name: name.to_owned(),
                url: Url::parse("https://h/").unwrap(),
                is_folder: false,
                notes: String::new(),
            });
            let config = DilaConfig {
                full,
                ..DilaConfig::default()
            };
            let chosen = config.choose(entries.to_vec(), "LEGI", first_day);
            let chosen: Vec<&str> = chosen.iter().map(|entry| entry.name.as_str()).collect();
            let expected: Vec<&str> = expected
                .into_iter()
                .map(|place: usize| files[place])
                .collect();
            assert_eq!(chosen, expected, "{full} {first_day:?}");
        }
    }
}
