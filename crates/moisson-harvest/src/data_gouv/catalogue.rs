//! The interface of a portal made with udata.

use moisson_core::{Error, Result, redact};
use serde_json::Value;
use url::Url;

use super::DataGouvConfig;
use super::dataset::{Dataset, Resource, text};
use crate::{Harvest, client, pages};

/// The portal if `at` does not say.
const PORTAL: &str = "https://www.data.gouv.fr";

/// Most pages of one list.
const PAGES_MAX: u32 = 10_000;

/// The interface, at its versioned address without `/` at the end.
pub(super) struct Catalogue<'a> {
    harvest: &'a Harvest<'a>,
    config: &'a DataGouvConfig,
    base: String,
}

/// What `at` and the settings ask of a portal: the portal, datasets, organisations.
pub(super) type Asked<'a> = (Catalogue<'a>, Vec<String>, Vec<String>);

/// Reads the addresses of a source: portals, and pages of datasets and organisations on them.
pub(super) fn read_at<'a>(
    config: &'a DataGouvConfig,
    harvest: &'a Harvest<'a>,
) -> Result<Vec<Asked<'a>>> {
    let mut asked: Vec<Asked<'a>> = Vec::new();
    let own = [PORTAL.to_owned()];
    let at = if harvest.at.is_empty() {
        &own
    } else {
        harvest.at
    };
    for address in at {
        let url = client::parse(address)?;
        let base = match &config.api {
            Some(api) => base(&client::parse(api)?),
            None => base(&url),
        };
        let position = asked.iter().position(|(known, ..)| known.base == base);
        let position = position.unwrap_or(asked.len());
        if position == asked.len() {
            asked.push((
                Catalogue {
                    harvest,
                    config,
                    base,
                },
                Vec::new(),
                Vec::new(),
            ));
        }
        let (_, datasets, organizations) = &mut asked[position];
        datasets.extend(named(&url, "datasets"));
        organizations.extend(named(&url, "organizations"));
    }
    if let Some((_, datasets, organizations)) = asked.first_mut() {
        datasets.extend(config.dataset.iter().cloned());
        organizations.extend(config.organization.iter().cloned());
    }
    if asked
        .iter()
        .all(|(_, datasets, organizations)| datasets.is_empty() && organizations.is_empty())
    {
        return Err(Error::config(format!(
            "source `{}` names neither dataset nor organisation: set `dataset` or `organization` in its `fetch` table",
            harvest.source
        )));
    }
    Ok(asked)
}

/// `…/api/1` of an address of the interface, else of its portal.
fn base(url: &Url) -> String {
    let path = url.path().trim_end_matches('/');
    let mut base = url.clone();
    base.set_query(None);
    base.set_fragment(None);
    let last = path.rsplit('/').next().unwrap_or_default();
    let before = path.strip_suffix(last).unwrap_or_default();
    match last {
        "api" => base.set_path(&format!("{path}/1")),
        "1" | "2" if before.ends_with("/api/") => base.set_path(path),
        _ => base.set_path("/api/1"),
    }
    base.as_str().trim_end_matches('/').to_owned()
}

/// What a page of the portal is about: `/datasets/SLUG/`, `/fr/datasets/SLUG/`.
fn named(url: &Url, kind: &str) -> Option<String> {
    let mut segments = url.path_segments()?;
    segments.find(|segment| *segment == kind)?;
    let name = segments.next()?;
    (!name.is_empty()).then(|| crate::naming::decoded(name))
}

impl Catalogue<'_> {
    /// A dataset by id or slug; `None` if it is gone.
    pub(super) fn dataset(&self, id: &str) -> Result<Option<Dataset>> {
        let url = self.place("datasets", id)?;
        let (response, json) = pages::ask_json(self.harvest, url.as_str(), &[])?;
        match response.status {
            410 => return Ok(None),
            404 => return Err(self.refused(&format!("no dataset `{id}`"))),
            _ => {}
        }
        let dataset = Dataset::read(&json).filter(|_| response.is_success());
        let Some(mut dataset) = dataset else {
            let why = pages::refusal(&response, &json);
            return Err(self.refused(&format!("dataset `{id}` cannot be read: {why}")));
        };
        self.add_resources(&mut dataset, &json)?;
        Ok(Some(dataset))
    }

    /// All datasets of an organisation.
    pub(super) fn datasets_of(&self, organization: &str, tags: &[String]) -> Result<Vec<Dataset>> {
        let url = self.place("organizations", organization)?;
        let (response, json) = pages::ask_json(self.harvest, url.as_str(), &[])?;
        let Some(id) = text(&json, "id").filter(|_| response.is_success()) else {
            let why = pages::refusal(&response, &json);
            return Err(self.refused(&format!("no organisation `{organization}`: {why}")));
        };
        let mut datasets = Vec::new();
        let no_tag = [String::new()];
        for tag in if tags.is_empty() { &no_tag } else { tags } {
            let mut url = client::parse(&format!("{}/datasets/", self.base))?;
            url.query_pairs_mut()
                .append_pair("organization", &id)
                .append_pair("page_size", "100");
            if !tag.is_empty() {
                url.query_pairs_mut().append_pair("tag", tag);
            }
            for json in self.list(url)? {
                let Some(mut dataset) = Dataset::read(&json) else {
                    continue;
                };
                // Nothing is asked about what is left out anyway.
                if dataset.withdrawn.is_none() && dataset.access == super::Access::Open {
                    self.add_resources(&mut dataset, &json)?;
                }
                datasets.push(dataset);
            }
        }
        Ok(datasets)
    }

    /// Resources stand in the dataset (version 1) or behind a link (version 2).
    fn add_resources(&self, dataset: &mut Dataset, json: &Value) -> Result<()> {
        for (name, community) in [("resources", false), ("community_resources", true)] {
            if community && !self.config.community && self.config.resources.is_empty() {
                continue;
            }
            let listed = match json.get(name) {
                Some(Value::Array(listed)) => listed.clone(),
                Some(link @ Value::Object(_))
                    if link.get("total").and_then(Value::as_u64) != Some(0) =>
                {
                    match text(link, "href") {
                        Some(href) => self.list(self.join(&href)?)?,
                        None => Vec::new(),
                    }
                }
                _ => Vec::new(),
            };
            let resources = listed
                .iter()
                .filter_map(|resource| Resource::read(resource, community));
            dataset.resources.extend(resources);
        }
        Ok(())
    }

    /// All entries of a list, page by page.
    fn list(&self, first: Url) -> Result<Vec<Value>> {
        let mut entries = Vec::new();
        let mut url = first;
        for _ in 0..PAGES_MAX {
            let (response, mut json) = pages::ask_json(self.harvest, url.as_str(), &[])?;
            let Some(Value::Array(page)) = json
                .get_mut("data")
                .map(Value::take)
                .filter(|_| response.is_success())
            else {
                let why = pages::refusal(&response, &json);
                return Err(
                    self.refused(&format!("`{}` cannot be read: {why}", redact(url.as_str())))
                );
            };
            let is_empty = page.is_empty();
            entries.extend(page);
            let next = text(&json, "next_page").filter(|_| !is_empty);
            let Some(next) = next else {
                return Ok(entries);
            };
            let next = self.join(&next)?;
            if next == url {
                return Ok(entries);
            }
            url = next;
        }
        Ok(entries)
    }

    fn place(&self, kind: &str, id: &str) -> Result<Url> {
        let mut url = client::parse(&self.base)?;
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend([kind, id, ""]);
        }
        Ok(url)
    }

    fn join(&self, link: &str) -> Result<Url> {
        let base = client::parse(&self.base)?;
        let url = base
            .join(link)
            .map_err(|error| self.refused(&format!("`{link}` is no address: {error}")))?;
        client::parse(url.as_str())
    }

    fn refused(&self, what: &str) -> Error {
        Error::config(format!(
            "`{}` (source `{}`): {what}",
            redact(&self.base),
            self.harvest.source
        ))
    }
}
