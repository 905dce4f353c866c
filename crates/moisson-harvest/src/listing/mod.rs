//! Folders of the web that list their files, as Apache and nginx do: the bulk channel of DILA and of many others.

mod dila;
mod page;
mod scan;

use std::collections::BTreeSet;

use moisson_core::{Error, Result, redact};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

pub use dila::DilaConfig;
use page::Entry;

use crate::naming::{Names, decoded};
use crate::progress::Progress;
use crate::transfer::{Outcome, Wanted, download};
use crate::{Acquisition, Harvest, Harvester, Request, Summary, client, receipt};

/// Folders that are listed for one source; more are an error.
const FOLDERS_MAX: usize = 10_000;

/// Each address is a folder that lists its files; only what lies below it is followed.
///
/// A file whose date and size in the listing are those of the last harvest is not asked for again. Folders with a file
/// per day and a folder per year, such as the debates of the Assemblée nationale at
/// `https://echanges.dila.gouv.fr/OPENDATA/Debats/AN/`, want `depth = 1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ListingConfig {
    /// Endings of the names of wanted files, without the dot, whatever their case: `["zip", "tar.gz"]`. Empty: all.
    pub extensions: Vec<String>,
    /// Levels of folders below the address that are listed too.
    pub depth: u32,
    /// How the files are acquired. `crawl` asks robots.txt first; `bulk` states that their publisher offers the folder
    /// for download.
    pub acquisition: Acquisition,
}

impl Default for ListingConfig {
    fn default() -> Self {
        Self {
            extensions: Vec::new(),
            depth: 0,
            acquisition: Acquisition::Crawl,
        }
    }
}

impl ListingConfig {
    fn wants(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        let ends = |extension: &String| {
            let extension = extension.trim_start_matches('.').to_lowercase();
            name.strip_suffix(&extension)
                .is_some_and(|stem| stem.ends_with('.'))
        };
        self.extensions.is_empty() || self.extensions.iter().any(ends)
    }

    /// Lists the files below a folder, in the order of their paths.
    fn files(&self, harvest: &Harvest<'_>, base: &Url) -> Result<Vec<(String, Entry)>> {
        let mut files = Vec::new();
        let mut folders = vec![(String::new(), base.clone(), 0)];
        let mut listed = BTreeSet::new();
        while let Some((path, url, depth)) = folders.pop() {
            if !listed.insert(url.clone()) {
                continue;
            }
            if listed.len() > FOLDERS_MAX {
                let base = redact(base.as_str());
                return Err(Error::input(format!(
                    "`{base}` has more than {FOLDERS_MAX} folders"
                )));
            }
            for entry in list(harvest, &url, self.acquisition)? {
                let path = format!("{path}{}", decoded(&entry.name));
                if !entry.is_folder && self.wants(&path) {
                    files.push((path, entry));
                } else if entry.is_folder && depth < self.depth {
                    folders.push((format!("{path}/"), entry.url, depth + 1));
                }
            }
        }
        files.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(files)
    }
}

impl Harvester for ListingConfig {
    fn harvest(&self, harvest: &Harvest<'_>) -> Result<Summary> {
        let mut names = Names::new(harvest.source);
        let mut progress = Progress::new(harvest);
        for address in harvest.at {
            for (path, entry) in self.files(harvest, &client::parse(address)?)? {
                let name = names.of_path(&path, entry.url.as_str());
                fetch(
                    harvest,
                    &mut progress,
                    &entry,
                    name,
                    self.acquisition,
                    false,
                )?;
            }
        }
        progress.finish_complete()
    }
}

/// Fetches a listed file unless the listing says that it is the one that is there. `dated`: its name holds the moment it
/// was made, so the listing need not say more.
///
/// A server that stays unreachable ends the harvest: the other files lie there too.
fn fetch(
    harvest: &Harvest<'_>,
    progress: &mut Progress<'_>,
    entry: &Entry,
    name: String,
    acquisition: Acquisition,
    dated: bool,
) -> Result<()> {
    let known = receipt::load(harvest.mirror, &name)?;
    let listed = Some(entry.notes.as_str()).filter(|notes| !notes.is_empty());
    let same = known.is_some_and(|receipt| {
        receipt.url == redact(entry.url.as_str())
            && receipt.updated.as_deref() == listed
            && (dated || listed.is_some_and(|notes| notes.contains(':')))
    });
    if same {
        progress.unchanged(1);
        return harvest.watch.check();
    }
    let wanted = Wanted {
        updated: listed.map(str::to_owned),
        ..Wanted::new(name, entry.url.as_str(), acquisition)
    };
    let outcome = download(harvest, &wanted)?;
    progress.add(&wanted, &outcome);
    match outcome {
        Outcome::Failed {
            why,
            unreachable: true,
        } => Err(Error::store(redact(&wanted.url), why)),
        _ => Ok(()),
    }
}

/// Asks for a folder and reads its listing.
fn list(harvest: &Harvest<'_>, folder: &Url, acquisition: Acquisition) -> Result<Vec<Entry>> {
    let request = Request {
        url: folder.to_string(),
        robots: acquisition == Acquisition::Crawl,
        ..Request::default()
    };
    let response = harvest.client.ask(&request, harvest.watch)?;
    let shown = redact(folder.as_str());
    if !response.is_success() {
        let message = format!("`{shown}` cannot be listed: status {}", response.status);
        return Err(Error::input(message));
    }
    let base = client::parse(&response.url)?;
    let base = page::with_credentials(base, folder);
    let html = String::from_utf8_lossy(&response.body);
    page::entries(&html, &base).ok_or_else(|| {
        Error::input(format!(
            "`{shown}` answers with a page that lists no files: an error page, or no folder"
        ))
    })
}

#[cfg(test)]
mod tests;
