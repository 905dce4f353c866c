//! Addresses of licences.

use super::{Match, Recognition, creative_commons};
use crate::Catalogue;
use crate::catalogue::Target;
use crate::fold::url_key;

/// Hosts that publish licences and nothing else: an unknown address there is a licence that is not in the catalogue.
const LICENCE_HOSTS: &[&str] = &[
    "choosealicense.com",
    "creativecommons.org",
    "opendatacommons.org",
    "opendefinition.org",
    "opensource.org",
    "rightsstatements.org",
    "spdx.org",
];

/// Recognises one address. Addresses of other things than licences are passed over.
pub(super) fn recognise(catalogue: &'static Catalogue, url: &str, found: &mut Recognition) {
    let key = url_key(url);
    if let Some(path) = creative_commons::path(&key) {
        creative_commons::address(catalogue, url, path, found);
        return;
    }
    if let Some(Target::Licences(positions)) = catalogue.tables.urls.get(&key)
        && let Some(meaning) = catalogue.meaning(positions)
    {
        let matcher = if key.starts_with("rightsstatements.org") {
            "url-rights-statement"
        } else {
            "url"
        };
        found.matches.push(Match::new(matcher, url, meaning));
        return;
    }
    if let Some(code) = key.strip_prefix("publications.europa.eu/resource/authority/licence/") {
        let position = catalogue.tables.eu_codes.get(&code.to_uppercase());
        match position.and_then(|&position| catalogue.meaning(&[position])) {
            Some(meaning) => found
                .matches
                .push(Match::new("url-eu-authority", url, meaning)),
            None => found.unrecognised.push(url.to_owned()),
        }
        return;
    }
    if let Some(code) = rights_statement(&key) {
        found.not_licences.push(format!("rights statement {code}"));
        return;
    }
    let host = key.split('/').next().unwrap_or_default();
    if LICENCE_HOSTS
        .iter()
        .any(|known| host == *known || host.ends_with(&format!(".{known}")))
    {
        found.unrecognised.push(url.to_owned());
    }
}

/// Returns the code of a rights statement that is not in the catalogue: it describes a status and grants nothing.
fn rights_statement(key: &str) -> Option<&str> {
    let rest = key.strip_prefix("rightsstatements.org/")?;
    let rest = rest
        .strip_prefix("vocab/")
        .or_else(|| rest.strip_prefix("page/"))?;
    let code = rest.split('/').next()?;
    ["cne", "nkc", "noc-cr", "noc-oklr", "noc-us", "und"]
        .contains(&code)
        .then_some(code)
}
