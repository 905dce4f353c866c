//! What the pipeline and the receipts say of the sources of a release.

use std::collections::BTreeMap;

use moisson_core::{Date, Result};
use moisson_rights::{Catalogue, LicenceConfig, resolve};
use serde_json::Value;

use super::Group;
use super::report::{Deadline, Since, Sourced};
use crate::explain::VERDICTS;
use crate::manifest::ReleaseManifest;
use crate::session::Session;
use crate::{fetch, owed};

/// What is stated of the sources.
pub(super) struct Stated {
    /// Names, in the order of the pipeline.
    names: Vec<String>,
    /// Their tables in the pipeline.
    tables: BTreeMap<String, Value>,
    /// When their inputs were last received; only of sources that must be refreshed.
    retrieved: BTreeMap<String, String>,
    /// Verdicts of people.
    pub(super) verdicts: Vec<Value>,
}

impl Stated {
    /// Reads the manifest, and receipts where something is to be refreshed.
    pub(super) fn read(
        manifest: &ReleaseManifest,
        groups: &[Group],
        session: &Session,
    ) -> Result<Self> {
        let sources = manifest.pipeline.get("source").and_then(Value::as_object);
        let tables = sources
            .into_iter()
            .flatten()
            .map(|(name, table)| (name.clone(), table.clone()))
            .collect();
        let mut stated = Self {
            names: manifest.sources.iter().map(|s| s.0.clone()).collect(),
            tables,
            retrieved: BTreeMap::new(),
            verdicts: manifest
                .pipeline
                .get(VERDICTS)
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default(),
        };
        for name in stated.names.clone() {
            if stated.refresh_days(&name, groups).is_none() {
                continue;
            }
            let receipts = fetch::receipts(&name, session.store())?;
            let latest = receipts.values().map(|receipt| &receipt.retrieved_at).max();
            if let Some(day) = latest.and_then(|moment| moment.get(..10)) {
                stated.retrieved.insert(name, day.to_owned());
            }
        }
        Ok(stated)
    }

    fn text(&self, source: &str, key: &str) -> Option<String> {
        let value = self.tables.get(source)?.get(key)?;
        value.as_str().map(str::to_owned)
    }

    fn licence(&self, source: &str) -> Option<LicenceConfig> {
        let licence = self.tables.get(source)?.get("licence")?;
        serde_json::from_value(licence.clone()).ok()
    }

    /// Why the operator assumes the licence of a source.
    pub(super) fn reason(&self, source: &str) -> Option<String> {
        self.licence(source)?.reason
    }

    /// True if the pipeline assumes this licence for the source.
    pub(super) fn assumes(&self, source: &str, licence: &str) -> bool {
        let Some(config) = self.licence(source) else {
            return false;
        };
        let assumed = config.evidence == moisson_rights::Evidence::Assumed;
        let verdict = resolve(Catalogue::embedded(), &config.statements(None));
        assumed && verdict.expression.as_deref() == Some(licence)
    }

    /// True if neither producer nor address is known, so that nobody can be named.
    pub(super) fn names_nobody(&self, source: &str, producer: Option<&str>) -> bool {
        let stated = ["producer", "url"].map(|key| self.text(source, key));
        producer.is_none() && stated.iter().all(Option::is_none)
    }

    /// The line of attribution for documents of a source; none where none is due, or nobody can be named.
    pub(super) fn attribution(
        &self,
        source: &str,
        licence: &str,
        producer: Option<&str>,
        updated: Option<&str>,
    ) -> Option<String> {
        let config = LicenceConfig {
            work: Some(licence.to_owned()),
            ..LicenceConfig::default()
        };
        let verdict = resolve(Catalogue::embedded(), &config.statements(None));
        let text = |key| self.text(source, key);
        let producer = producer.map(str::to_owned).or_else(|| text("producer"));
        verdict.attribution_line(
            producer.as_deref(),
            text("title").as_deref(),
            updated.and_then(Date::parse),
            text("url").as_deref(),
        )
    }

    /// The sources, with what is released of them.
    pub(super) fn sourced(&self, groups: &[Group]) -> Vec<Sourced> {
        let one = |name: &String| {
            let of_source = groups.iter().filter(|group| group.source == *name);
            let mut sourced = Sourced {
                name: name.clone(),
                title: self.text(name, "title"),
                producer: self.text(name, "producer"),
                url: self.text(name, "url"),
                retrieved_on: self.retrieved.get(name).cloned(),
                ..Sourced::default()
            };
            for group in of_source {
                sourced.amount += group.amount;
                sourced.licences.insert(group.licence.clone());
                sourced.last_update = sourced.last_update.max(group.updated_last.clone());
            }
            sourced
        };
        self.names.iter().map(one).collect()
    }

    /// Days within which a source must be refreshed: the least that a licence or the pipeline asks for.
    fn refresh_days(&self, source: &str, groups: &[Group]) -> Option<u32> {
        let of_source = groups.iter().filter(|group| group.source == source);
        let asked = of_source
            .flat_map(Group::codes)
            .filter_map(|code| owed::refresh_days(&code));
        let stated = self.tables.get(source).and_then(|table| {
            let days = table.get("refresh_days")?.as_u64()?;
            u32::try_from(days).ok()
        });
        asked.chain(stated).min()
    }

    /// Until when sources must be fetched again.
    ///
    /// Days are counted from the day on which inputs were last received. Where no receipt says so they are counted from the
    /// latest update among the documents, which can only be earlier.
    pub(super) fn deadlines(&self, groups: &[Group], today: Date) -> Vec<Deadline> {
        let deadline = |source: &String| {
            let days = self.refresh_days(source, groups)?;
            let updated = groups
                .iter()
                .filter(|group| group.source == *source)
                .filter_map(|group| group.updated_last.clone())
                .max();
            let (since, from) = match (self.retrieved.get(source), updated) {
                (Some(day), _) => (Since::Retrieved, Some(day.clone())),
                (None, Some(day)) => (Since::Updated, Some(day)),
                (None, None) => (Since::Unknown, None),
            };
            let due = from.as_deref().and_then(Date::parse).map(|day| {
                Date(
                    day.0
                        .saturating_add(i32::try_from(days).unwrap_or(i32::MAX)),
                )
            });
            Some(Deadline {
                source: source.clone(),
                days,
                since,
                from,
                due_on: due.map(|day| day.to_string()),
                overdue: due.is_some_and(|day| day < today),
            })
        };
        self.names.iter().filter_map(deadline).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use moisson_core::Date;
    use serde_json::json;

    use super::super::report::{Amount, Since};
    use super::{Group, Stated};

    fn group(obligations: Option<&str>, updated: Option<&str>) -> Group {
        Group {
            shards: "attribution".to_owned(),
            source: "s".to_owned(),
            licence: "etalab-2.0".to_owned(),
            producer: None,
            evidence: None,
            obligations: obligations.map(str::to_owned),
            optout: None,
            risk: None,
            amount: Amount {
                documents: 1,
                ..Amount::default()
            },
            updated_last: updated.map(str::to_owned),
        }
    }

    fn stated(table: serde_json::Value, retrieved: Option<&str>) -> Stated {
        let retrieved = retrieved.map(|day| ("s".to_owned(), day.to_owned()));
        Stated {
            names: vec!["s".to_owned()],
            tables: BTreeMap::from([("s".to_owned(), table)]),
            retrieved: retrieved.into_iter().collect(),
            verdicts: Vec::new(),
        }
    }

    #[test]
    fn deadlines_as_a_table() {
        let today = Date::from_ymd(2026, 3, 10).unwrap();
        // Obligations, refresh_days, received, updated: since, due, overdue.
        for (codes, days, received, updated, expected) in [
            (None, None, Some("2026-03-01"), None, None),
            (
                Some("attribution refresh-within-30-days"),
                None,
                Some("2026-03-01"),
                Some("2020-01-01"),
                Some((Since::Retrieved, Some("2026-03-31"), false)),
            ),
            (
                Some("refresh-within-30-days"),
                Some(7),
                Some("2026-03-01"),
                None,
                Some((Since::Retrieved, Some("2026-03-08"), true)),
            ),
            (
                None,
                Some(9),
                None,
                Some("2026-03-01"),
                Some((Since::Updated, Some("2026-03-10"), false)),
            ),
            (
                None,
                Some(9),
                None,
                None,
                Some((Since::Unknown, None, false)),
            ),
        ] {
            let table = days.map_or(json!({}), |days| json!({ "refresh_days": days }));
            let deadlines = stated(table, received).deadlines(&[group(codes, updated)], today);
            let found = deadlines
                .first()
                .map(|d| (d.since, d.due_on.as_deref(), d.overdue));
            assert_eq!(found, expected, "{codes:?} {days:?}");
        }
    }

    #[test]
    fn nobody_is_named_where_nobody_is_known() {
        let table = json!({ "title": "Titre" });
        let check = |table: serde_json::Value, producer: Option<&str>, expected: Option<&str>| {
            let stated = stated(table, None);
            let line = stated.attribution("s", "etalab-2.0", producer, Some("2026-01-02"));
            assert_eq!(line.as_deref(), expected);
            assert_eq!(stated.names_nobody("s", producer), expected.is_none());
        };
        check(table.clone(), None, None);
        check(
            table,
            Some("DILA"),
            Some(
                "Source : DILA, « Titre », dernière mise à jour : 2026-01-02, Licence Ouverte 2.0 (Etalab)",
            ),
        );
        check(
            json!({ "producer": "BnF" }),
            None,
            Some("Source : BnF, dernière mise à jour : 2026-01-02, Licence Ouverte 2.0 (Etalab)"),
        );
    }

    #[test]
    fn an_assumption_is_told_from_a_declaration() {
        let assumed = json!({ "licence": { "work": "etalab-2.0", "reason": "read" } });
        let declared = json!({ "licence": { "work": "etalab-2.0", "evidence": "declared" } });
        for (table, licence, expected) in [
            (&assumed, "etalab-2.0", true),
            (&assumed, "CC0-1.0", false),
            (&declared, "etalab-2.0", false),
            (&json!({}), "etalab-2.0", false),
        ] {
            assert_eq!(stated(table.clone(), None).assumes("s", licence), expected);
        }
    }
}
