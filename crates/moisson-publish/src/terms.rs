//! Identifiers that several documents share: addresses of licences, languages and of the release itself.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::{FamilyFacts, ReleaseFacts, licence_facts};

/// What stands where only a human can say.
pub(crate) const TO_BE_PROVIDED: &str = "to be provided";
/// Prefix of what no vocabulary of others has a word for.
pub(crate) const OWN: &str = "urn:moisson:term:";
/// Media type of the shards.
pub(crate) const PARQUET: &str = "application/vnd.apache.parquet";

/// Returns an address of the web with what may not stand in an IRI escaped, or `None` if it is none.
pub(crate) fn web(url: &str) -> Option<String> {
    let url = url.trim();
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"))?;
    let has_host = rest
        .chars()
        .next()
        .is_some_and(|c| c.is_alphanumeric() || c == '[');
    let broken = url.chars().any(|c| c.is_whitespace() || c.is_control());
    (has_host && !broken).then(|| iri(url))
}

/// Escapes what may not stand in an IRI.
pub(crate) fn iri(raw: &str) -> String {
    let mut safe = String::with_capacity(raw.len());
    for character in raw.chars() {
        let forbidden = "<>\"{}|^`\\".contains(character)
            || character.is_whitespace()
            || character.is_control();
        if forbidden {
            let mut bytes = [0; 4];
            for byte in character.encode_utf8(&mut bytes).bytes() {
                let _ = write!(safe, "%{byte:02X}");
            }
        } else {
            safe.push(character);
        }
    }
    safe
}

/// Returns a name as part of an identifier: letters, digits, `-`, `.` and `_` of ASCII.
pub(crate) fn slug(raw: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || "-._".contains(c) {
            c
        } else {
            '-'
        }
    };
    raw.chars().map(plain).collect()
}

impl ReleaseFacts {
    /// Identifier of the release, the same for the same rows.
    pub(crate) fn urn(&self) -> String {
        let digits: String = self.content_digest.chars().take(16).collect();
        format!("urn:moisson:release:{}:{digits}", slug(&self.name))
    }

    /// Identifier of something within the release.
    pub(crate) fn part(&self, kind: &str, name: &str) -> String {
        format!("{}:{kind}:{}", self.urn(), slug(name))
    }

    /// Address of a file of the release; none where nobody said where it is served.
    pub(crate) fn address(&self, path: &str) -> Option<String> {
        let base = self.publication.base_url.as_deref().and_then(web)?;
        Some(format!("{}/{}", base.trim_end_matches('/'), iri(path)))
    }

    /// Address of a page about the release, or of its files; else its identifier.
    pub(crate) fn page(&self) -> String {
        let publication = &self.publication;
        let pages = [&publication.landing_page, &publication.base_url];
        let page = pages.into_iter().flatten().find_map(|url| web(url));
        page.unwrap_or_else(|| self.urn())
    }

    /// Name of the publisher.
    pub(crate) fn publisher(&self) -> &str {
        self.publication
            .publisher
            .as_deref()
            .unwrap_or(TO_BE_PROVIDED)
    }

    /// Name of who made the release.
    pub(crate) fn creator(&self) -> &str {
        self.publication
            .creator
            .as_deref()
            .unwrap_or_else(|| self.publisher())
    }

    /// Description, or else a sentence of counts.
    pub(crate) fn described(&self) -> String {
        let sources = self
            .sources
            .iter()
            .filter(|source| source.released > 0)
            .count();
        self.description.clone().unwrap_or_else(|| {
            format!(
                "{} documents, {} bytes of text, from {sources} sources.",
                self.totals.released, self.totals.text_bytes
            )
        })
    }

    /// The same in French where there is no description.
    pub(crate) fn described_fr(&self) -> String {
        let sources = self
            .sources
            .iter()
            .filter(|source| source.released > 0)
            .count();
        let (documents, bytes) = (self.totals.released, self.totals.text_bytes);
        format!("{documents} documents, {bytes} octets de texte, issus de {sources} sources.")
    }

    /// Keywords, with their language.
    pub(crate) fn keywords(&self) -> Vec<(&str, &'static str)> {
        let french = self
            .publication
            .keywords_fr
            .iter()
            .map(|word| (word.as_str(), "fr"));
        let english = self
            .publication
            .keywords_en
            .iter()
            .map(|word| (word.as_str(), "en"));
        french.chain(english).collect()
    }

    /// Languages of three letters (ISO 639-3) among the released documents, sorted.
    pub(crate) fn languages_long(&self) -> BTreeSet<&str> {
        let codes = self.languages.iter().filter(|(_, number)| **number > 0);
        let codes = codes.map(|(label, _)| label.split(['_', '-']).next().unwrap_or_default());
        codes
            .filter(|code| code.len() == 3 && code.bytes().all(|b| b.is_ascii_lowercase()))
            .filter(|code| !["und", "mul", "zxx"].contains(code))
            .collect()
    }

    /// Keys of the pipeline that nobody filled in and that documents need.
    pub fn missing(&self) -> Vec<&'static str> {
        let stated = &self.publication;
        [
            ("publication.publisher", stated.publisher.is_none()),
            ("publication.contact", stated.contact.is_none()),
            ("publication.landing_page", stated.landing_page.is_none()),
            ("publication.base_url", stated.base_url.is_none()),
            (
                "publication.participant_id",
                stated.participant_id.is_none(),
            ),
            ("publication.date", stated.date.is_none()),
        ]
        .into_iter()
        .filter_map(|(key, missing)| missing.then_some(key))
        .collect()
    }
}

/// Returns the address that stands for an SPDX expression: of the EU's authority table, else of the licence's text, else
/// of SPDX. None for an expression of several licences, and for a licence without any text.
pub(crate) fn licence_iri(expression: &str) -> Option<String> {
    let known = licence_facts(expression);
    let [licence] = known.licences.as_slice() else {
        return None;
    };
    if let Some(code) = licence.eu_codes.first() {
        return Some(format!(
            "http://publications.europa.eu/resource/authority/licence/{code}"
        ));
    }
    let own = licence.id.starts_with("LicenseRef-");
    let spdx = (!own).then(|| format!("https://spdx.org/licenses/{}.html", licence.id));
    licence.text_url.as_deref().and_then(web).or(spdx)
}

/// Returns the address of a licence's page for a program that expects SPDX's.
pub(crate) fn spdx_page(expression: &str) -> Option<String> {
    let known = licence_facts(expression);
    let [licence] = known.licences.as_slice() else {
        return None;
    };
    let own = licence.id.starts_with("LicenseRef-");
    let text = licence.text_url.as_deref().and_then(web);
    if own {
        text
    } else {
        Some(format!("https://spdx.org/licenses/{}.html", licence.id))
    }
}

/// Returns the licences of a family, one expression each.
pub(crate) fn expressions(family: &FamilyFacts) -> Vec<&str> {
    family.licences.keys().map(String::as_str).collect()
}
