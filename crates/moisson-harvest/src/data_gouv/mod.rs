//! Datasets of data.gouv.fr, or of another portal made with udata: each dataset is a source with a licence, a producer, a
//! date of last update and checksums. Domain notes, sections 1.2 and 5.7.
//!
//! Each resource becomes `SOURCE/DATASET/FILE` and takes from its dataset, verbatim, the slug of the licence. The slug
//! `notspecified` is what the portal writes where nobody said anything: it stays that, and grants nothing. A resource of
//! the community has no licence of its own and does not get that of the dataset.
//!
//! A dataset whose access is not open is refused, by the words of the catalogue. Archived, deleted and private datasets
//! are left out and named. A resource whose checksum is that of its receipt is not asked for at all; others are asked for
//! only if they changed. What the catalogue no longer lists is kept and named.

mod catalogue;
mod dataset;

use std::collections::BTreeSet;

use moisson_core::{Error, Result, redact};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::naming::{Names, segment};
use crate::progress::Progress;
use crate::transfer::{Outcome, Wanted, download};
use crate::{Acquisition, Harvest, Harvester, Receipt, Summary, receipt};
use dataset::{Access, Dataset, Resource};

/// Names that a warning lists.
const NAMED_MAX: usize = 20;

/// Settings of a harvest of data.gouv.fr; `at` names the portal, `https://www.data.gouv.fr`, or pages of datasets and
/// organisations on it, as a browser shows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DataGouvConfig {
    /// Datasets wanted, by id or by the last part of their address.
    pub dataset: Vec<String>,
    /// An organisation all of whose datasets are wanted, by id or by the last part of its address.
    pub organization: Option<String>,
    /// Of the datasets of the organisation, those with one of these tags.
    pub tags: Vec<String>,
    /// Formats wanted, as the catalogue or the file name has them: `csv`, `xml`, `zip`; all if none is named.
    pub formats: Vec<String>,
    /// Resources wanted, by id, whatever their type; all of the types wanted if none is named.
    pub resources: Vec<String>,
    /// Types of resources wanted: `main`, `update`, `documentation`, `api`, `code`, `other`.
    pub types: Vec<String>,
    /// True to take resources that others added to a dataset as well.
    pub community: bool,
    /// Address of the interface, if it is not at `/api` of the portal.
    pub api: Option<String>,
}

impl Default for DataGouvConfig {
    fn default() -> Self {
        Self {
            dataset: Vec::new(),
            organization: None,
            tags: Vec::new(),
            formats: Vec::new(),
            resources: Vec::new(),
            types: vec!["main".to_owned(), "update".to_owned()],
            community: false,
            api: None,
        }
    }
}

impl Harvester for DataGouvConfig {
    fn harvest(&self, harvest: &Harvest<'_>) -> Result<Summary> {
        let mut progress = Progress::new(harvest);
        let mut datasets = Vec::new();
        for (catalogue, named, organizations) in catalogue::read_at(self, harvest)? {
            for id in &named {
                let dataset = catalogue.dataset(id)?;
                if let Some(dataset) = dataset {
                    if let Access::Closed(why) = &dataset.access {
                        close(harvest, &dataset, why)?;
                        return Err(Error::config(format!(
                            "dataset `{id}` of source `{}` is not open: {why}\n  ask its producer for access, or take it \
                             out of the pipeline",
                            harvest.source
                        )));
                    }
                    datasets.push(dataset);
                } else {
                    harvest.watch.warn(&format!(
                        "dataset `{id}` was deleted or made private; what was fetched is kept"
                    ));
                }
            }
            for organization in &organizations {
                datasets.extend(catalogue.datasets_of(organization, &self.tags)?);
            }
        }
        let mut seen = BTreeSet::new();
        datasets.retain(|dataset| seen.insert(dataset.id.clone()));
        let open = keep_open(harvest, datasets, &mut progress)?;
        let wanted = self.wanted(harvest, &open);
        for wanted in &wanted {
            if let Some(receipt) = unchanged(harvest, wanted)? {
                progress.add(wanted, &Outcome::Unchanged(receipt));
            } else {
                progress.add(wanted, &download(harvest, wanted)?);
            }
        }
        warn_of_unlisted(harvest, &wanted)?;
        progress.finish()
    }
}

impl DataGouvConfig {
    /// The objects of the datasets, each under its name.
    fn wanted(&self, harvest: &Harvest<'_>, datasets: &[Dataset]) -> Vec<Wanted> {
        let mut names = Names::new(harvest.source);
        let mut missing: BTreeSet<&str> = self.resources.iter().map(String::as_str).collect();
        let mut wanted = Vec::new();
        for dataset in datasets {
            // The oldest keeps its name when another of the same name comes.
            let mut resources: Vec<&Resource> = dataset
                .resources
                .iter()
                .filter(|resource| self.wants(resource))
                .collect();
            resources.sort_by_key(|resource| (resource.community, &resource.created, &resource.id));
            for resource in resources {
                missing.remove(resource.id.as_str());
                let path = format!(
                    "{}/{}",
                    segment(&dataset.slug),
                    segment(&resource.file_name())
                );
                wanted.push(Wanted {
                    checksum: resource.checksum.clone(),
                    licence: if resource.community {
                        None
                    } else {
                        dataset.licence.clone()
                    },
                    producer: resource
                        .producer
                        .clone()
                        .or_else(|| dataset.producer.clone()),
                    updated: resource.updated.clone().or_else(|| dataset.updated.clone()),
                    title: Some(dataset.title_with(&resource.title))
                        .filter(|title| !title.is_empty()),
                    ..Wanted::new(
                        names.of_path(&path, &resource.id),
                        &resource.url,
                        Acquisition::Bulk,
                    )
                });
            }
        }
        if !missing.is_empty() {
            let missing: Vec<&str> = missing.into_iter().collect();
            warn_list(
                harvest,
                "resources are not in the datasets, or not of the formats wanted",
                &missing,
            );
        }
        wanted
    }

    fn wants(&self, resource: &Resource) -> bool {
        let is = |known: &[String], word: &str| {
            known.iter().any(|known| known.eq_ignore_ascii_case(word))
        };
        let type_fits = if self.resources.is_empty() {
            (!resource.community || self.community) && is(&self.types, &resource.kind)
        } else {
            self.resources.contains(&resource.id)
        };
        let file_name = resource.file_name().to_lowercase();
        let has_extension =
            |format: &String| file_name.ends_with(&format!(".{}", format.to_lowercase()));
        let format_fits = self.formats.is_empty()
            || is(&self.formats, &resource.format)
            || self.formats.iter().any(has_extension);
        type_fits && format_fits && !resource.url.is_empty()
    }
}

/// Leaves out datasets that are archived, deleted or private, by name, and records those whose access is not open.
fn keep_open(
    harvest: &Harvest<'_>,
    datasets: Vec<Dataset>,
    progress: &mut Progress<'_>,
) -> Result<Vec<Dataset>> {
    let mut open = Vec::new();
    let mut left_out: Vec<(&str, String)> = Vec::new();
    for dataset in datasets {
        if let Some(state) = dataset.withdrawn {
            left_out.push((state, dataset.slug));
            continue;
        }
        if let Access::Closed(why) = &dataset.access {
            close(harvest, &dataset, why)?;
            let page = Wanted::new(segment(&dataset.slug), &dataset.page, Acquisition::Bulk);
            let why = format!("dataset `{}` is not open: {why}", dataset.slug);
            progress.add(
                &page,
                &Outcome::Failed {
                    why,
                    unreachable: false,
                },
            );
            continue;
        }
        open.push(dataset);
    }
    for state in ["archived", "deleted", "private"] {
        let slugs: Vec<&str> = left_out
            .iter()
            .filter(|(s, _)| *s == state)
            .map(|(_, slug)| slug.as_str())
            .collect();
        if !slugs.is_empty() {
            warn_list(
                harvest,
                &format!("datasets are {state} and left out"),
                &slugs,
            );
        }
    }
    Ok(open)
}

/// Notes in the receipts of what was fetched of a dataset that it is not open any more: its licence grants no more then.
fn close(harvest: &Harvest<'_>, dataset: &Dataset, why: &str) -> Result<()> {
    let folder = format!("{}/{}/", segment(harvest.source), segment(&dataset.slug));
    for name in harvest.mirror.list(&format!("receipts/{folder}"))? {
        let name = name
            .strip_prefix("receipts/")
            .and_then(|name| name.strip_suffix(".json"));
        let Some(receipt) = name
            .map(|name| receipt::load(harvest.mirror, name))
            .transpose()?
            .flatten()
        else {
            continue;
        };
        let noted = Receipt {
            access: Some(why.to_owned()),
            ..receipt.clone()
        };
        if noted != receipt {
            receipt::save(harvest.mirror, &noted)?;
        }
    }
    Ok(())
}

/// The receipt of an object whose stated checksum says that it is as it was, renewed with what the catalogue says now.
fn unchanged(harvest: &Harvest<'_>, wanted: &Wanted) -> Result<Option<Receipt>> {
    let Some(receipt) = receipt::load(harvest.mirror, &wanted.name)? else {
        return Ok(None);
    };
    // A checksum of 32 bits may stay the same by chance.
    let is_strong = wanted
        .checksum
        .as_ref()
        .is_some_and(|checksum| !checksum.starts_with("crc"));
    if !is_strong || wanted.checksum != receipt.checksum || receipt.url != redact(&wanted.url) {
        return Ok(None);
    }
    let renewed = Receipt {
        licence: wanted.licence.clone(),
        access: None,
        producer: wanted.producer.clone(),
        updated: wanted.updated.clone(),
        title: wanted.title.clone(),
        ..receipt.clone()
    };
    if renewed != receipt {
        receipt::save(harvest.mirror, &renewed)?;
    }
    Ok(Some(renewed))
}

/// Names the objects that were fetched once and are not wanted any more.
fn warn_of_unlisted(harvest: &Harvest<'_>, wanted: &[Wanted]) -> Result<()> {
    let wanted: BTreeSet<&str> = wanted.iter().map(|wanted| wanted.name.as_str()).collect();
    let names = harvest
        .mirror
        .list(&format!("receipts/{}/", segment(harvest.source)))?;
    let names: Vec<&str> = names
        .iter()
        .filter_map(|name| name.strip_prefix("receipts/")?.strip_suffix(".json"))
        .filter(|name| !wanted.contains(name))
        .collect();
    if !names.is_empty() {
        warn_list(
            harvest,
            "objects are no longer listed, or no longer wanted, and are kept as they are",
            &names,
        );
    }
    Ok(())
}

fn warn_list(harvest: &Harvest<'_>, what: &str, names: &[&str]) {
    let some = names.iter().take(NAMED_MAX).map(|name| format!("`{name}`"));
    let some: Vec<String> = some.collect();
    let more = if names.len() > NAMED_MAX { ", …" } else { "" };
    harvest.watch.warn(&format!(
        "{} {what} (source `{}`): {}{more}",
        names.len(),
        harvest.source,
        some.join(", ")
    ));
}

#[cfg(test)]
mod tests;
