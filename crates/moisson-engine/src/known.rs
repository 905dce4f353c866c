//! What moisson knows, as tables: readers, annotators, rules, presets, licences, reasons.

use moisson_rights::{Catalogue, Lang, Obligation, Tier};

pub use moisson_annotate::signature::collision_probability;

/// A table of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Names of the columns.
    pub names: &'static [&'static str],
    /// The rows.
    pub rows: Vec<Vec<String>>,
}

/// Readers of source formats.
pub fn readers() -> Known {
    let row = |reader: &moisson_ingest::readers::ReaderEntry| {
        let (version, extensions) = (reader.version.to_string(), reader.extensions.join(" "));
        vec![
            reader.name.to_owned(),
            version,
            extensions,
            reader.doc.to_owned(),
        ]
    };
    Known {
        names: &["name", "version", "extensions", "what"],
        rows: moisson_ingest::readers::READERS.iter().map(row).collect(),
    }
}

/// The page of one reader, in Markdown.
///
/// # Errors
/// [`moisson_core::Error::Config`] naming those there are.
pub fn reader_page(name: &str) -> moisson_core::Result<String> {
    moisson_ingest::readers::entry(name).map(moisson_ingest::reference::page)
}

/// Families of measurements.
pub fn annotators() -> Known {
    let row = |family: &moisson_annotate::Family| {
        vec![
            family.name.to_owned(),
            family.doc.to_owned(),
            family.columns.join(" "),
        ]
    };
    Known {
        names: &["name", "what", "columns"],
        rows: moisson_annotate::FAMILIES.iter().map(row).collect(),
    }
}

/// Rules of all presets.
pub fn rules() -> Known {
    let rows = moisson_decide::presets().iter().flat_map(|preset| {
        preset.rules.iter().map(|rule| {
            vec![
                preset.name.clone(),
                rule.code.clone(),
                condition(rule),
                rule.doc.clone(),
            ]
        })
    });
    Known {
        names: &["preset", "code", "condition", "what"],
        rows: rows.collect(),
    }
}

/// When a rule fails, as its entry says it: `quality_word_count below 50`.
fn condition(rule: &moisson_decide::RuleEntry) -> String {
    let mut text = rule.column.clone();
    if let Ok(serde_json::Value::Object(entry)) = serde_json::to_value(rule) {
        for key in [
            "below", "above", "in", "not_in", "is_true", "equals", "genres",
        ] {
            if let Some(bound) = entry.get(key) {
                text.extend([" ", key, " ", &bound.to_string()]);
            }
        }
    }
    text
}

/// Presets of rules.
pub fn presets() -> Known {
    let rows = moisson_decide::presets().iter().map(|preset| {
        vec![
            preset.name.clone(),
            preset.rules.len().to_string(),
            preset.doc.clone(),
        ]
    });
    Known {
        names: &["name", "rules", "what"],
        rows: rows.collect(),
    }
}

/// The catalogue of licences: identifier and what a gate looks at.
pub fn licences() -> Known {
    let catalogue = Catalogue::embedded();
    let rows = catalogue.iter().map(|licence| {
        let tier = licence.tier_min().map_or("none", Tier::name);
        let codes: Vec<_> = Obligation::of(licence).iter().map(|d| d.code()).collect();
        vec![
            licence.id.clone(),
            licence.family.name().to_owned(),
            tier.to_owned(),
            licence.shard_family.clone(),
            codes.join(" "),
            catalogue.unversioned(&licence.group).unwrap_or_default(),
            licence.name.clone(),
        ]
    });
    Known {
        names: &[
            "id",
            "family",
            "lowest tier",
            "shards",
            "obligations",
            "without version",
            "name",
        ],
        rows: rows.collect(),
    }
}

/// The page of one licence, in Markdown: all attributes, what it asks for in both languages, and its text if it is ours.
///
/// # Errors
/// [`moisson_core::Error::Config`] with the licence that was perhaps meant.
pub fn licence_page(name: &str) -> moisson_core::Result<String> {
    moisson_rights::licence_page(name)
}

/// Reason codes that moisson itself writes; rules bring their own.
pub fn reasons() -> Known {
    let rows = moisson_core::reason::ALL.iter().map(|reason| {
        vec![
            reason.code.to_owned(),
            reason.en.to_owned(),
            reason.fr.to_owned(),
        ]
    });
    Known {
        names: &["code", "what", "en français"],
        rows: rows.collect(),
    }
}

/// What a reason code of moisson's own means, in English and French.
pub fn reason(code: &str) -> Option<(&'static str, &'static str)> {
    moisson_core::reason::find(code).map(|reason| (reason.en, reason.fr))
}

/// What an obligation asks for, in English and French.
pub fn obligation(code: &str) -> Option<(String, String)> {
    let duty = Obligation::from_code(code)?;
    let sentence = |lang| duty.sentence(lang).into_owned();
    Some((sentence(Lang::En), sentence(Lang::Fr)))
}

/// What the rule of this code catches, in English: of the presets, the first that has it.
pub fn rule(code: &str) -> Option<&'static str> {
    let rules = moisson_decide::presets().iter().flat_map(|p| &p.rules);
    let mut rules = rules.filter(|rule| rule.code == code);
    rules.next().map(|rule| rule.doc.as_str())
}

/// Documents of `publish`, with what they are for and when they are written.
pub fn documents() -> Known {
    let when = |always| if always { "every run" } else { "on request" };
    Known {
        names: &["document", "written", "for"],
        rows: moisson_publish::FORMATS
            .iter()
            .map(|format| {
                vec![
                    format.name.to_owned(),
                    when(format.always).to_owned(),
                    format.purpose.to_owned(),
                ]
            })
            .collect(),
    }
}

/// Tables of `query`.
pub fn tables() -> Known {
    let rows = crate::query::TABLES
        .iter()
        .map(|(name, what)| vec![(*name).into(), (*what).into()]);
    Known {
        names: &["name", "what"],
        rows: rows.collect(),
    }
}
