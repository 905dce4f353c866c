//! What is owed for a text: the duties of its licences, of both layers, and of the source that it comes from.
//!
//! Nothing here is legal advice: it is what the texts of the licences ask for, in short.

use std::borrow::Cow;

use moisson_core::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Attribution, Commercial, Lang, Licence, Meaning, ShareAlike, Verdict};

/// One duty. Codes are public: added, deprecated, never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Obligation {
    /// Name the author or producer.
    Attribution,
    /// Cite the date of last update.
    AttributionDate,
    /// Name the licence and link to its text.
    LicenceLink,
    /// Say that the text was changed.
    NoticeOfChanges,
    /// Keep the notice, or the text of the licence.
    KeepNotice,
    /// Adaptations stay under the same licence.
    ShareAlike,
    /// Databases derived from it stay under the same licence.
    SameLicenceDatabase,
    /// No commercial use.
    NonCommercial,
    /// Commercial use is paid for.
    CommercialFee,
    /// Nobody named by initials or a replacement may be identified again.
    NoReidentification,
    /// Magistrates and clerks may not be profiled.
    NoMagistrateProfiling,
    /// A copy is brought up to date within so many days.
    RefreshWithin(u32),
}

/// Start and end of the code of [`Obligation::RefreshWithin`].
const REFRESH: (&str, &str) = ("refresh-within-", "-days");

impl Obligation {
    /// All duties but [`Obligation::RefreshWithin`], which has a number.
    pub const ALL: [Self; 11] = [
        Self::Attribution,
        Self::AttributionDate,
        Self::LicenceLink,
        Self::NoticeOfChanges,
        Self::KeepNotice,
        Self::ShareAlike,
        Self::SameLicenceDatabase,
        Self::NonCommercial,
        Self::CommercialFee,
        Self::NoReidentification,
        Self::NoMagistrateProfiling,
    ];

    /// Code in pipelines and columns, e.g. `attribution-date`, `refresh-within-30-days`.
    pub fn code(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Attribution => "attribution",
            Self::AttributionDate => "attribution-date",
            Self::LicenceLink => "licence-link",
            Self::NoticeOfChanges => "notice-of-changes",
            Self::KeepNotice => "keep-notice",
            Self::ShareAlike => "share-alike",
            Self::SameLicenceDatabase => "same-licence-database",
            Self::NonCommercial => "non-commercial",
            Self::CommercialFee => "commercial-fee",
            Self::NoReidentification => "no-reidentification",
            Self::NoMagistrateProfiling => "no-magistrate-profiling",
            Self::RefreshWithin(days) => {
                return Cow::Owned(format!("{}{days}{}", REFRESH.0, REFRESH.1));
            }
        })
    }

    /// Returns the duty of a code, as [`Obligation::code`] gives it.
    pub fn from_code(code: &str) -> Option<Self> {
        let days = code
            .strip_prefix(REFRESH.0)
            .and_then(|rest| rest.strip_suffix(REFRESH.1));
        match days {
            Some(days) => days
                .parse()
                .ok()
                .filter(|&n| n > 0)
                .map(Self::RefreshWithin),
            None => Self::ALL.into_iter().find(|duty| duty.code() == code),
        }
    }

    /// What is to be done, in a sentence. Not legal advice: the text of the licence counts.
    pub fn sentence(self, lang: Lang) -> Cow<'static, str> {
        let (en, fr) = match self {
            Self::Attribution => (
                "Name the author or producer.",
                "Nommer l'auteur ou le producteur.",
            ),
            Self::AttributionDate => (
                "Cite the date of the last update of the information.",
                "Citer la date de dernière mise à jour de l'information.",
            ),
            Self::LicenceLink => (
                "Name the licence and link to its text.",
                "Nommer la licence et renvoyer à son texte.",
            ),
            Self::NoticeOfChanges => (
                "Say that the text was changed.",
                "Signaler que le texte a été modifié.",
            ),
            Self::KeepNotice => (
                "Keep the notice of rights, with the text of the licence or its address.",
                "Conserver la notice de droits, avec le texte de la licence ou son adresse.",
            ),
            Self::ShareAlike => (
                "Publish what is adapted from the text under the same licence, or one that it names as compatible.",
                "Publier ce qui est adapté du texte sous la même licence, ou une licence qu'elle dit compatible.",
            ),
            Self::SameLicenceDatabase => (
                "Publish a database derived from it under the same licence.",
                "Publier sous la même licence toute base de données qui en dérive.",
            ),
            Self::NonCommercial => (
                "Make no commercial use of it.",
                "N'en faire aucun usage commercial.",
            ),
            Self::CommercialFee => (
                "Commercial use needs a paid licence from the institution.",
                "L'usage commercial demande une licence payante de l'institution.",
            ),
            Self::NoReidentification => (
                "Do not identify again the persons whose names were hidden.",
                "Ne pas réidentifier les personnes dont le nom a été occulté.",
            ),
            Self::NoMagistrateProfiling => (
                "Do not use the names of magistrates and clerks to evaluate, analyse, compare or predict their \
                 professional practices.",
                "Ne pas réutiliser l'identité des magistrats et des membres du greffe pour évaluer, analyser, comparer \
                 ou prédire leurs pratiques professionnelles.",
            ),
            Self::RefreshWithin(days) => {
                return Cow::Owned(match lang {
                    Lang::En => format!(
                        "Bring copies up to date within {days} days: corrections and withdrawals of the source count."
                    ),
                    Lang::Fr => format!(
                        "Mettre à jour les copies sous {days} jours : les corrections et retraits de la source comptent."
                    ),
                });
            }
        };
        Cow::Borrowed(lang.pick(en, fr))
    }

    /// Returns what a licence asks for, in order.
    pub fn of(licence: &Licence) -> Vec<Self> {
        let mut duties: Vec<Self> = match licence.attribution {
            Attribution::None => vec![],
            Attribution::Name => vec![Self::Attribution],
            Attribution::NameDate => vec![Self::Attribution, Self::AttributionDate],
            Attribution::NameLicence => vec![Self::Attribution, Self::LicenceLink],
            Attribution::NameLicenceChanges => {
                vec![Self::Attribution, Self::LicenceLink, Self::NoticeOfChanges]
            }
            Attribution::Database | Attribution::Notice => {
                vec![Self::Attribution, Self::KeepNotice]
            }
        };
        duties.extend(licence.modification_notice.then_some(Self::NoticeOfChanges));
        duties.extend(licence.notice_required.then_some(Self::KeepNotice));
        match licence.share_alike {
            ShareAlike::None => {}
            ShareAlike::Work => duties.push(Self::ShareAlike),
            ShareAlike::Database => duties.push(Self::SameLicenceDatabase),
        }
        match licence.commercial {
            Commercial::Yes | Commercial::Unknown => {}
            Commercial::No => duties.push(Self::NonCommercial),
            Commercial::Paid => duties.extend([Self::NonCommercial, Self::CommercialFee]),
        }
        settled(duties)
    }

    /// Returns the duties a source declares, with its term for refreshing.
    pub fn of_source(declared: &[Self], refresh_days: Option<u32>) -> Vec<Self> {
        let refresh = refresh_days.map(Self::RefreshWithin);
        settled(declared.iter().copied().chain(refresh).collect())
    }
}

impl Verdict {
    /// Returns all that is owed for a document: by the licences that apply in both layers, and by its source.
    ///
    /// Of several terms for refreshing the shortest counts. Empty where nothing is known: then nothing may be used.
    pub fn obligations(&self, of_source: &[Obligation]) -> Vec<Obligation> {
        let mut duties: Vec<Obligation> = self.applies.iter().flat_map(of_meaning).collect();
        duties.extend(of_source);
        settled(duties)
    }
}

fn of_meaning(meaning: &Meaning) -> Vec<Obligation> {
    match meaning {
        Meaning::Licence { licence, .. } => Obligation::of(licence),
        Meaning::OneOf(licences) => licences.iter().copied().flat_map(Obligation::of).collect(),
        Meaning::All(parts) => parts
            .iter()
            .flat_map(|part| of_meaning(part.chosen()))
            .collect(),
        Meaning::Any(_) => match meaning.chosen() {
            Meaning::Any(_) => Vec::new(),
            chosen => of_meaning(chosen),
        },
    }
}

/// Each duty once, in order, and the shortest of the terms for refreshing.
fn settled(mut duties: Vec<Obligation>) -> Vec<Obligation> {
    duties.sort_unstable();
    // Terms sort by their days, so the first is the shortest.
    duties.dedup_by(|a, b| {
        a == b
            || matches!(
                (a, b),
                (Obligation::RefreshWithin(_), Obligation::RefreshWithin(_))
            )
    });
    duties
}

impl Serialize for Obligation {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.code())
    }
}

impl<'de> Deserialize<'de> for Obligation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        parse(&code).map_err(serde::de::Error::custom)
    }
}

fn parse(code: &str) -> Result<Obligation> {
    Obligation::from_code(code).ok_or_else(|| {
        let known: Vec<String> = Obligation::ALL
            .iter()
            .map(|duty| format!("`{}`", duty.code()))
            .collect();
        Error::config(format!(
            "no obligation `{code}`; known: {}, `{}N{}`",
            known.join(", "),
            REFRESH.0,
            REFRESH.1
        ))
    })
}

impl JsonSchema for Obligation {
    fn schema_name() -> Cow<'static, str> {
        "Obligation".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        String::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::Obligation;
    use crate::{Catalogue, Lang, LicenceConfig, resolve};

    fn codes(work: &str, terms: Option<&str>, of_source: &[Obligation]) -> String {
        let config = LicenceConfig {
            work: Some(work.into()),
            terms: terms.map(str::to_owned),
            ..LicenceConfig::default()
        };
        let verdict = resolve(Catalogue::embedded(), &config.statements(None));
        let duties = verdict.obligations(of_source);
        let codes: Vec<_> = duties.iter().map(|duty| duty.code()).collect();
        codes.join(" ")
    }

    #[test]
    fn what_is_owed_as_a_table() {
        let check = |work: &str, terms: Option<&str>, expected: &str| {
            assert_eq!(codes(work, terms, &[]), expected, "{work} {terms:?}");
        };
        check("CC0-1.0", None, "");
        check("etalab-2.0", None, "attribution attribution-date");
        check("Licence Ouverte", None, "attribution attribution-date");
        check(
            "CC-BY-4.0",
            None,
            "attribution licence-link notice-of-changes keep-notice",
        );
        check(
            "CC-BY-SA-4.0",
            None,
            "attribution licence-link notice-of-changes keep-notice share-alike",
        );
        check(
            "ODbL-1.0",
            None,
            "attribution keep-notice same-licence-database",
        );
        check("MIT", None, "attribution keep-notice");
        check(
            "domaine public",
            Some("Gallica non commercial"),
            "attribution non-commercial commercial-fee",
        );
        check("MIT OR CC0-1.0", None, "");
        check(
            "CC-BY-4.0 AND etalab-2.0",
            None,
            "attribution attribution-date licence-link notice-of-changes keep-notice",
        );
        check("CC BY-SA", None, "");
    }

    #[test]
    fn a_source_adds_its_own_and_the_shortest_term_counts() {
        let declared = [
            Obligation::NoMagistrateProfiling,
            Obligation::RefreshWithin(90),
            Obligation::NoReidentification,
        ];
        let of_source = Obligation::of_source(&declared, Some(30));
        assert_eq!(
            codes("etalab-2.0", None, &of_source),
            "attribution attribution-date no-reidentification no-magistrate-profiling refresh-within-30-days"
        );
    }

    #[test]
    fn codes_are_read_back_and_every_duty_has_two_sentences() {
        for duty in Obligation::ALL
            .into_iter()
            .chain([Obligation::RefreshWithin(7)])
        {
            assert_eq!(Obligation::from_code(&duty.code()), Some(duty));
            let (en, fr) = (duty.sentence(Lang::En), duty.sentence(Lang::Fr));
            assert!(
                en.ends_with('.') && fr.ends_with('.') && en != fr,
                "{duty:?}"
            );
        }
        for code in ["", "share", "refresh-within--days", "refresh-within-0-days"] {
            assert_eq!(Obligation::from_code(code), None, "{code}");
        }
        let error = serde::Deserialize::deserialize(toml::Value::String("share".into()));
        let error: Result<Obligation, toml::de::Error> = error;
        assert!(error.unwrap_err().to_string().contains("`share-alike`"));
    }
}
