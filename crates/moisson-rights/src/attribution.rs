//! The line of attribution that a licence asks for.

use moisson_core::Date;

use crate::{Attribution, Licence, Meaning, Verdict};

/// Returns the attribution that `licence` asks for, on one line, or `None` where it asks for none or nobody can be named.
///
/// Licence Ouverte: producer and date of last update, in French. Creative Commons: author, title, licence and its address,
/// and that the text was changed. Open Data Commons: the notice of section 4.3. Licences of programs: the notice.
/// Where the producer is not known the address stands for them. Control characters and line breaks become spaces.
pub fn attribution_line(
    licence: &Licence,
    producer: Option<&str>,
    title: Option<&str>,
    modified_on: Option<Date>,
    url: Option<&str>,
) -> Option<String> {
    let facts = Facts::new(producer, title, modified_on, url);
    facts.line(
        licence.attribution,
        &licence.name,
        licence.text_url.as_deref(),
    )
}

impl Verdict {
    /// Returns the attributions of all that applies to a document, joined by ` | `, or `None` where none is asked for.
    ///
    /// A licence whose version is not stated is called by its group, without an address.
    pub fn attribution_line(
        &self,
        producer: Option<&str>,
        title: Option<&str>,
        modified_on: Option<Date>,
        url: Option<&str>,
    ) -> Option<String> {
        let facts = Facts::new(producer, title, modified_on, url);
        let mut lines: Vec<String> = Vec::new();
        for meaning in &self.applies {
            for line in lines_of(meaning, &facts) {
                if !lines.contains(&line) {
                    lines.push(line);
                }
            }
        }
        (!lines.is_empty()).then(|| lines.join(" | "))
    }
}

fn lines_of(meaning: &Meaning, facts: &Facts) -> Vec<String> {
    match meaning {
        Meaning::Licence { licence, .. } => facts
            .line(
                licence.attribution,
                &licence.name,
                licence.text_url.as_deref(),
            )
            .into_iter()
            .collect(),
        Meaning::OneOf(licences) => {
            let names: Vec<&str> = licences
                .iter()
                .map(|licence| licence.name.as_str())
                .collect();
            let label = licences.first().and_then(|licence| {
                crate::Catalogue::embedded()
                    .group(&licence.group)?
                    .label
                    .clone()
            });
            let label = label.unwrap_or_else(|| names.join(" / "));
            let kind = licences.iter().map(|licence| licence.attribution).max();
            facts
                .line(kind.unwrap_or(Attribution::None), &label, None)
                .into_iter()
                .collect()
        }
        Meaning::All(parts) => parts
            .iter()
            .flat_map(|part| lines_of(part.chosen(), facts))
            .collect(),
        Meaning::Any(_) => match meaning.chosen() {
            Meaning::Any(_) => Vec::new(),
            chosen => lines_of(chosen, facts),
        },
    }
}

/// What is known of a document, on one line each.
struct Facts {
    producer: Option<String>,
    title: Option<String>,
    modified_on: Option<Date>,
    url: Option<String>,
}

impl Facts {
    fn new(
        producer: Option<&str>,
        title: Option<&str>,
        modified_on: Option<Date>,
        url: Option<&str>,
    ) -> Self {
        Self {
            producer: producer.and_then(one_line),
            title: title.and_then(one_line),
            modified_on,
            url: url.and_then(one_line),
        }
    }

    fn line(&self, kind: Attribution, licence: &str, text_url: Option<&str>) -> Option<String> {
        let who = self.producer.as_deref().or(self.url.as_deref())?;
        let licence_and_text = match text_url {
            Some(url) => format!("{licence} ({url})"),
            None => licence.to_owned(),
        };
        let place = self.url.as_deref().filter(|url| *url != who);
        let mut parts = Vec::new();
        match kind {
            Attribution::None => return None,
            Attribution::NameDate => {
                parts.push(format!("Source : {who}"));
                parts.extend(self.title.as_ref().map(|title| format!("« {title} »")));
                parts.push(match self.modified_on {
                    Some(date) => format!("dernière mise à jour : {date}"),
                    None => "date de dernière mise à jour non précisée".to_owned(),
                });
                parts.push(licence.to_owned());
                parts.extend(place.map(str::to_owned));
                return Some(parts.join(", "));
            }
            Attribution::Name => {
                parts.push(format!("Source: {who}"));
                parts.extend(self.title.as_ref().map(|title| format!("“{title}”")));
                parts.push(licence.to_owned());
            }
            Attribution::NameLicence | Attribution::NameLicenceChanges => {
                parts.push(who.to_owned());
                parts.extend(self.title.as_ref().map(|title| format!("“{title}”")));
                parts.push(format!("licensed under {licence_and_text}"));
                if kind == Attribution::NameLicenceChanges {
                    parts.push("changed: text extracted and normalised".to_owned());
                }
            }
            Attribution::Database => {
                parts.push(format!("Contains information from {who}"));
                parts.extend(self.title.as_ref().map(|title| format!("“{title}”")));
                parts.push(format!("made available under {licence_and_text}"));
            }
            Attribution::Notice => {
                parts.push(format!("© {who}"));
                parts.extend(self.title.as_ref().map(|title| format!("“{title}”")));
                parts.push(format!("notice and text of {licence_and_text}"));
            }
        }
        parts.extend(place.map(str::to_owned));
        Some(parts.join(", "))
    }
}

/// Returns the text on one line, or `None` if nothing is left.
fn one_line(text: &str) -> Option<String> {
    let line = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    (!line.is_empty()).then_some(line)
}

#[cfg(test)]
mod tests {
    use moisson_core::Date;

    use super::attribution_line;
    use crate::{Catalogue, LicenceConfig, resolve};

    #[test]
    fn each_licence_gets_what_it_asks_for() {
        let check = |id: &str, expected: Option<&str>| {
            let licence = Catalogue::embedded().get(id).unwrap();
            let line = attribution_line(
                licence,
                Some("DILA"),
                Some("Code\ncivil"),
                Date::from_ymd(2026, 1, 2),
                Some("https://exemple.fr/c"),
            );
            assert_eq!(line.as_deref(), expected, "{id}");
        };
        check("CC0-1.0", None);
        check(
            "etalab-2.0",
            Some(
                "Source : DILA, « Code civil », dernière mise à jour : 2026-01-02, Licence Ouverte 2.0 (Etalab), https://exemple.fr/c",
            ),
        );
        check(
            "CC-BY-4.0",
            Some(
                "DILA, “Code civil”, licensed under Creative Commons Attribution 4.0 International (https://creativecommons.org/licenses/by/4.0/), changed: text extracted and normalised, https://exemple.fr/c",
            ),
        );
        check(
            "ODbL-1.0",
            Some(
                "Contains information from DILA, “Code civil”, made available under Open Data Commons Open Database License 1.0 (https://opendatacommons.org/licenses/odbl/1-0/), https://exemple.fr/c",
            ),
        );
        check(
            "MIT",
            Some(
                "© DILA, “Code civil”, notice and text of MIT License (https://opensource.org/license/mit), https://exemple.fr/c",
            ),
        );
    }

    #[test]
    fn missing_facts_are_said_or_replaced() {
        let licence = Catalogue::embedded().get("etalab-2.0").unwrap();
        assert_eq!(
            attribution_line(licence, None, Some("Titre"), None, None),
            None
        );
        assert_eq!(
            attribution_line(licence, Some(" "), None, None, Some("https://exemple.fr")).as_deref(),
            Some(
                "Source : https://exemple.fr, date de dernière mise à jour non précisée, Licence Ouverte 2.0 (Etalab)"
            )
        );
    }

    #[test]
    fn both_layers_are_attributed_and_an_unstated_version_stays_unstated() {
        let line = |work: &str, terms: Option<&str>| {
            let config = LicenceConfig {
                work: Some(work.into()),
                terms: terms.map(str::to_owned),
                ..LicenceConfig::default()
            };
            let verdict = resolve(Catalogue::embedded(), &config.statements(None));
            verdict.attribution_line(Some("BnF"), None, None, None)
        };
        assert_eq!(
            line("domaine public", Some("Gallica non commercial")).as_deref(),
            Some(
                "Source: BnF, BnF/Gallica terms: free non-commercial re-use, paid commercial re-use"
            )
        );
        assert_eq!(
            line("Licence Ouverte", None).as_deref(),
            Some(
                "Source : BnF, date de dernière mise à jour non précisée, Licence Ouverte (version non précisée)"
            )
        );
        assert_eq!(line("MIT OR CC0-1.0", None), None);
        assert_eq!(
            line("CC-BY-4.0 AND etalab-2.0", None)
                .unwrap()
                .matches(" | ")
                .count(),
            1
        );
    }
}
