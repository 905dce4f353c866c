//! The catalogue: licences as data, and the exact tables that recognition looks things up in.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use indexmap::IndexMap;
use moisson_core::Digest;
use serde::{Deserialize, Serialize};

use crate::fold::{key, tokens, url_key};
use crate::gate::Meaning;
use crate::{Licence, suggest};

/// One licence in all its versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Group {
    /// Short name, e.g. `cc-by`.
    pub name: String,
    /// What to call it where no version is stated; none for a group of one.
    pub label: Option<String>,
    /// Positions of its licences in the catalogue.
    #[serde(skip)]
    pub(crate) members: Vec<usize>,
}

/// All known licences.
#[derive(Debug, Default)]
pub struct Catalogue {
    licences: Vec<Licence>,
    groups: IndexMap<String, Group>,
    digest: Option<Digest>,
    pub(crate) tables: Tables,
}

/// What a label, phrase or address stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// One of these licences (positions), unknown which if there are several.
    Licences(Vec<usize>),
    /// Looks like a licence and is none.
    Alone,
    /// Beside a licence it makes the statement ambiguous.
    Restricts,
    /// Means nothing.
    Neutral,
}

/// Exact tables over folded keys.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    /// Lower-case identifier to licence.
    pub(crate) ids: HashMap<String, usize>,
    /// data.gouv.fr slug to target.
    pub(crate) slugs: HashMap<String, Target>,
    /// Code of the EU licence authority, upper case, to licence.
    pub(crate) eu_codes: HashMap<String, usize>,
    /// Address key to target.
    pub(crate) urls: HashMap<String, Target>,
    /// Folded whole statement to target.
    pub(crate) labels: IndexMap<String, Target>,
    /// First word to phrases that may stand inside a statement, the longest first.
    pub(crate) phrases: IndexMap<String, Vec<(Vec<String>, Target)>>,
    /// Words that may stand around a strict phrase.
    pub(crate) plain: HashSet<String>,
    /// Further words that may stand around any other phrase.
    pub(crate) ordinary: HashSet<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    group: Vec<GroupEntry>,
    words: Words,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupEntry {
    name: String,
    #[serde(default)]
    label: Option<String>,
    #[serde(default)]
    unversioned: Vec<String>,
    #[serde(default)]
    unversioned_urls: Vec<String>,
    #[serde(default)]
    unversioned_data_gouv: Option<String>,
    shared: toml::Table,
    licence: Vec<toml::Table>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    alone: Vec<String>,
    restricts: Vec<String>,
    neutral: Vec<String>,
    plain: Vec<String>,
    ordinary: Vec<String>,
}

impl Catalogue {
    /// Returns the catalogue that is part of the program.
    pub fn embedded() -> &'static Self {
        static EMBEDDED: LazyLock<Catalogue> = LazyLock::new(|| {
            let parsed = Catalogue::parse(include_str!("../catalogue.toml"));
            #[expect(
                clippy::expect_used,
                reason = "a constant of the program, parsed by a test"
            )]
            parsed.expect("catalogue.toml is well-formed")
        });
        &EMBEDDED
    }

    /// Parses a catalogue in the form of `catalogue.toml`.
    ///
    /// # Errors
    /// [`moisson_core::Error::Config`] for malformed TOML, an unknown key, or an identifier that stands twice.
    pub(crate) fn parse(text: &str) -> moisson_core::Result<Self> {
        let bad = |e: &dyn std::fmt::Display| {
            moisson_core::Error::config(format!("licence catalogue: {e}"))
        };
        let file: File = toml::from_str(text).map_err(|e| bad(&e))?;
        let mut catalogue = Self {
            digest: Some(Digest::of(text.as_bytes())),
            ..Self::default()
        };
        for entry in &file.group {
            let mut members = Vec::new();
            for licence in &entry.licence {
                let mut merged = entry.shared.clone();
                merged.extend(licence.clone());
                merged.insert("group".to_owned(), entry.name.clone().into());
                let licence: Licence = merged.try_into().map_err(|e| bad(&e))?;
                let position = catalogue.licences.len();
                if catalogue
                    .tables
                    .ids
                    .insert(licence.id.to_lowercase(), position)
                    .is_some()
                {
                    return Err(bad(&format!("`{}` stands twice", licence.id)));
                }
                members.push(position);
                catalogue.licences.push(licence);
            }
            let group = Group {
                name: entry.name.clone(),
                label: entry.label.clone(),
                members,
            };
            catalogue.groups.insert(entry.name.clone(), group);
        }
        catalogue.index(&file);
        Ok(catalogue)
    }

    /// Returns a licence by identifier; case does not matter.
    pub fn get(&self, id: &str) -> Option<&Licence> {
        self.position(id)
            .and_then(|position| self.licences.get(position))
    }

    /// All licences, in the order of the catalogue.
    pub fn iter(&self) -> impl Iterator<Item = &Licence> {
        self.licences.iter()
    }

    /// Digest of the file it was read from; part of the key of whatever depends on it.
    pub fn digest(&self) -> Digest {
        self.digest.unwrap_or_else(|| Digest::of(&[]))
    }

    /// Number of licences.
    pub fn len(&self) -> usize {
        self.licences.len()
    }

    /// True if there is no licence.
    pub fn is_empty(&self) -> bool {
        self.licences.is_empty()
    }

    /// Returns the group of the versions of a licence.
    pub fn group(&self, name: &str) -> Option<&Group> {
        self.groups.get(name)
    }

    /// Returns the expression for a licence whose version is not stated; `None` for a group of one.
    pub fn unversioned(&self, group: &str) -> Option<String> {
        let ids: Vec<&str> = self
            .unported(group)
            .into_iter()
            .filter_map(|position| self.licences.get(position))
            .map(|licence| licence.id.as_str())
            .collect();
        (ids.len() > 1).then(|| ids.join(" OR "))
    }

    pub(crate) fn position(&self, id: &str) -> Option<usize> {
        self.tables.ids.get(&id.to_lowercase()).copied()
    }

    /// Returns the licences of a group that are not ported to a jurisdiction.
    pub(crate) fn unported(&self, group: &str) -> Vec<usize> {
        let members = self
            .groups
            .get(group)
            .map_or(&[][..], |group| &group.members);
        let unported = |position: &&usize| {
            self.licences
                .get(**position)
                .is_some_and(|licence| licence.jurisdiction.is_none())
        };
        members.iter().filter(unported).copied().collect()
    }

    pub(crate) fn meaning(&'static self, positions: &[usize]) -> Option<Meaning> {
        let licences: Vec<&'static Licence> = positions
            .iter()
            .filter_map(|&position| self.licences.get(position))
            .collect();
        match licences.as_slice() {
            [] => None,
            [licence] => Some(Meaning::Licence {
                licence,
                exception: None,
            }),
            _ => Some(Meaning::OneOf(licences)),
        }
    }

    /// Returns the id of the licence whose name is nearest to an unrecognised label, if one is near.
    pub(crate) fn suggestion(&self, label: &str) -> Option<String> {
        let named = self
            .tables
            .labels
            .iter()
            .filter_map(|(name, target)| match target {
                Target::Licences(positions) => {
                    let licence = self.licences.get(*positions.last()?)?;
                    Some((name.as_str(), licence.id.as_str()))
                }
                _ => None,
            });
        suggest::nearest(label, named)
    }

    fn index(&mut self, file: &File) {
        let mut tables = std::mem::take(&mut self.tables);
        for (position, licence) in self.licences.iter().enumerate() {
            let target = || Target::Licences(vec![position]);
            for name in licence.aliases.iter().chain([&licence.name, &licence.id]) {
                tables.add_label(name, target());
            }
            for word in &licence.words {
                tables.add_phrase(word, target());
            }
            let spdx_page = format!("https://spdx.org/licenses/{}", licence.id);
            for url in licence
                .urls
                .iter()
                .chain(&licence.text_url)
                .chain([&spdx_page])
            {
                tables.add_url(url, position);
            }
            for code in &licence.eu_codes {
                tables.eu_codes.entry(code.clone()).or_insert(position);
            }
            if let Some(slug) = &licence.data_gouv {
                tables.slugs.insert(slug.clone(), target());
            }
        }
        for entry in &file.group {
            let unported = self.unported(&entry.name);
            for name in &entry.unversioned {
                tables.add_label(name, Target::Licences(unported.clone()));
            }
            for url in &entry.unversioned_urls {
                for &position in &unported {
                    tables.add_url(url, position);
                }
            }
            if let Some(slug) = &entry.unversioned_data_gouv {
                tables
                    .slugs
                    .insert(slug.clone(), Target::Licences(unported.clone()));
            }
        }
        let words = [
            (&file.words.alone, Target::Alone),
            (&file.words.restricts, Target::Restricts),
            (&file.words.neutral, Target::Neutral),
        ];
        for (phrases, target) in words {
            for phrase in phrases {
                tables
                    .labels
                    .entry(key(&tokens(phrase)))
                    .or_insert_with(|| target.clone());
                if target != Target::Alone || tokens(phrase).len() > 1 {
                    tables.add_phrase(phrase, target.clone());
                }
            }
        }
        let folded = |words: &[String]| words.iter().map(|word| key(&tokens(word))).collect();
        tables.plain = folded(&file.words.plain);
        tables.ordinary = folded(&file.words.ordinary);
        for phrases in tables.phrases.values_mut() {
            phrases.sort_by_key(|(words, _)| std::cmp::Reverse(words.len()));
        }
        self.tables = tables;
    }
}

impl Tables {
    /// Adds a name that is a whole statement, and a phrase where it has two words or more. The first use of a name wins.
    fn add_label(&mut self, name: &str, target: Target) {
        let folded = tokens(name);
        if !self.labels.contains_key(&key(&folded)) {
            if folded.len() > 1 {
                self.add_phrase(name, target.clone());
            }
            self.labels.insert(key(&folded), target);
        }
    }

    fn add_phrase(&mut self, phrase: &str, target: Target) {
        let words: Vec<String> = tokens(phrase).into_iter().map(|token| token.text).collect();
        let Some(first) = words.first() else {
            return;
        };
        let phrases = self.phrases.entry(first.clone()).or_default();
        if !phrases.iter().any(|(known, _)| *known == words) {
            phrases.push((words, target));
        }
    }

    /// Adds an address; one address that several licences share stands for one of them, unknown which.
    fn add_url(&mut self, url: &str, position: usize) {
        let entry = self
            .urls
            .entry(url_key(url))
            .or_insert_with(|| Target::Licences(Vec::new()));
        if let Target::Licences(positions) = entry
            && !positions.contains(&position)
        {
            positions.push(position);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::Catalogue;
    use crate::{Family, ShareAlike, Tier};

    #[test]
    fn every_entry_is_whole_and_consistent() {
        let catalogue = Catalogue::embedded();
        assert!(catalogue.len() >= 45, "{}", catalogue.len());
        for licence in catalogue.iter() {
            let id = licence.id.as_str();
            if !id.starts_with("LicenseRef-moisson-") {
                let spdx = spdx::license_id(id).unwrap_or_else(|| panic!("{id} is not SPDX"));
                assert_eq!(spdx.name, id, "canonical case");
                assert!(!spdx.is_deprecated(), "{id} is deprecated");
            }
            spdx::Expression::parse(id).unwrap();
            let tiers: Vec<Tier> = Tier::ALL
                .into_iter()
                .filter(|tier| tier.reaches(licence.tier_min()))
                .collect();
            assert_eq!(
                licence.tiers, tiers,
                "{id}: each tier admits what the one before it does"
            );
            assert_eq!(
                licence.tiers.is_empty(),
                licence.family >= Family::NoDerivatives,
                "{id}"
            );
            assert_eq!(
                !licence.derivatives,
                licence.family >= Family::NoDerivatives,
                "{id}"
            );
            if licence.family == Family::ShareAlike {
                assert_ne!(licence.share_alike, ShareAlike::None, "{id}");
                assert_eq!(licence.tier_min(), Some(Tier::ShareAlike), "{id}");
            }
            if let Some(later) = &licence.upgradable_to {
                let later = catalogue.get(later).unwrap();
                assert_eq!(later.family, licence.family, "{id}");
                assert_eq!(
                    later.shard_family, licence.shard_family,
                    "{id}: one folder of shards"
                );
            }
            let folder = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
            assert!(licence.shard_family.chars().all(folder), "{id}");
        }
    }

    #[test]
    fn shard_families_never_cross_families() {
        let catalogue = Catalogue::embedded();
        for a in catalogue.iter() {
            for b in catalogue
                .iter()
                .filter(|b| b.shard_family == a.shard_family)
            {
                assert_eq!(a.family, b.family, "{} and {}", a.id, b.id);
                assert_eq!(a.share_alike, b.share_alike, "{} and {}", a.id, b.id);
            }
        }
        // Texts under licences that bind derivatives differently never lie in one shard.
        let mut owners: HashMap<&str, &str> = HashMap::new();
        for licence in catalogue
            .iter()
            .filter(|licence| licence.share_alike != ShareAlike::None)
        {
            let owner = owners
                .entry(&licence.shard_family)
                .or_insert(&licence.group);
            assert_eq!(*owner, licence.group, "{}", licence.id);
        }
        let bound = [
            "CC-BY-SA-4.0",
            "CC-BY-NC-SA-4.0",
            "ODbL-1.0",
            "GFDL-1.3-only",
            "EUPL-1.2",
            "GPL-3.0-only",
            "CDLA-Sharing-1.0",
            "LicenseRef-moisson-licence-mobilites",
        ];
        let folders: HashSet<&str> = bound
            .iter()
            .map(|id| catalogue.get(id).unwrap().shard_family.as_str())
            .collect();
        assert_eq!(folders.len(), bound.len());
        let folder = |id: &str| catalogue.get(id).unwrap().shard_family.clone();
        assert_ne!(folder("CC-BY-SA-4.0"), folder("ODbL-1.0"));
        assert_ne!(folder("CC-BY-SA-4.0"), folder("CC-BY-SA-1.0"));
        assert_ne!(folder("GPL-2.0-only"), folder("GPL-3.0-only"));
        assert_eq!(folder("CC-BY-SA-3.0"), folder("CC-BY-SA-4.0"));
        assert_eq!(folder("etalab-2.0"), folder("CC-BY-4.0"));
    }

    #[test]
    fn a_broken_catalogue_is_refused() {
        let check = |toml: &str, part: &str| {
            let error = Catalogue::parse(toml).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        };
        let words =
            "[words]\nalone = []\nrestricts = []\nneutral = []\nplain = []\nordinary = []\n";
        check("group = 3", "licence catalogue");
        check(
            &format!("{words}[[group]]\nname = \"x\"\nshared = {{}}\nlicence = [{{ id = \"x\" }}]"),
            "missing field",
        );
        check(
            &format!("{words}[[group]]\nname = \"x\"\nshared = {{}}\nlicence = []\nshade = 1"),
            "shade",
        );
    }
}
