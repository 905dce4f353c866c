//! Human verdicts: what a person decided about the rights in a source, when, and on what evidence.
//!
//! They stand in a file of their own, `rights.toml`, which the pipeline names with `rights`. A verdict that grants a
//! licence is evidence above an assumption; one that refuses, or whose time is over, closes what it is about.

use moisson_core::{Date, Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::verdict::unknown;
use crate::{
    Catalogue, Decisive, Evidence, Family, Layer, Scope, Statement, Verdict, VerdictStatus,
    recognise, resolve,
};

/// The word that refuses, in the place of a licence.
const REFUSED: &str = "refused";

/// One `[[verdict]]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HumanVerdict {
    /// Name by which ledger, annotations and card cite it: lower-case letters, digits, `-`, `_` and `.`.
    pub id: String,
    /// Source it is about, or a pattern with `*`.
    pub source: String,
    /// Only records that state exactly this; spaces do not matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<String>,
    /// Only these documents, by `doc_id`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doc_ids: Vec<String>,
    /// Only documents whose address starts with this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url_prefix: Option<String>,
    /// SPDX expression, or `refused`.
    pub licence: String,
    /// Who decided.
    pub decided_by: String,
    /// When, `YYYY-MM-DD`.
    #[serde(deserialize_with = "day")]
    pub decided_on: String,
    /// On what evidence: a letter, an agreement, a page that was read.
    pub evidence: String,
    /// Last day on which it holds, `YYYY-MM-DD`; none: until it is changed.
    #[serde(
        default,
        deserialize_with = "day_or_none",
        skip_serializing_if = "Option::is_none"
    )]
    pub valid_until: Option<String>,
    /// Terms of use that were read for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms_of_use: Option<TermsOfUse>,
    /// Set by [`as_of`] where `valid_until` is past; not a key of the file.
    #[serde(default, skip_serializing_if = "is_false")]
    #[schemars(skip)]
    pub lapsed: bool,
}

/// A page of terms, as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TermsOfUse {
    /// Its address.
    pub url: String,
    /// SHA-256 of its text, 64 hexadecimal digits: shows later that the page has changed.
    pub sha256: String,
    /// When it was read, `YYYY-MM-DD`.
    #[serde(deserialize_with = "day")]
    pub read_on: String,
}

/// A rights file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RightsFile {
    #[serde(default)]
    verdict: Vec<HumanVerdict>,
}

/// Parses a rights file. `name` is the file's name, for errors.
///
/// # Errors
/// [`Error::Config`] naming the file, the verdict and what to write.
pub fn parse_rights(text: &str, name: &str) -> Result<Vec<HumanVerdict>> {
    let fail = |message: &dyn std::fmt::Display| Error::config(format!("in `{name}`: {message}"));
    let file: RightsFile = toml::from_str(text).map_err(|e| fail(&e))?;
    validate(&file.verdict).map_err(|e| fail(&e))?;
    Ok(file.verdict)
}

/// Checks verdicts: ids, licences, dates, evidence.
///
/// # Errors
/// [`Error::Config`] naming the verdict and what to write.
pub fn validate(verdicts: &[HumanVerdict]) -> Result<()> {
    for (at, verdict) in verdicts.iter().enumerate() {
        let id = &verdict.id;
        let fail = |message: String| Err(Error::config(format!("verdict `{id}`: {message}")));
        let is_name = !id.is_empty()
            && id
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b));
        if !is_name {
            return fail("use lower-case letters, digits, `-`, `_` and `.` in its id".into());
        }
        if verdicts.iter().skip(at + 1).any(|other| other.id == *id) {
            return fail("the id stands twice; give each verdict one of its own".into());
        }
        if verdict.lapsed {
            return fail("`lapsed` is not a key of the file; write `valid_until`".into());
        }
        let texts = [
            ("source", &verdict.source),
            ("decided_by", &verdict.decided_by),
            ("evidence", &verdict.evidence),
        ];
        if let Some((key, _)) = texts.iter().find(|(_, text)| text.trim().is_empty()) {
            return fail(format!(
                "`{key}` is empty; a verdict says who decided, and on what evidence"
            ));
        }
        let blank = |text: &Option<String>| text.as_deref().is_some_and(|t| t.trim().is_empty());
        if blank(&verdict.statement) || blank(&verdict.url_prefix) {
            return fail("`statement` and `url_prefix` may be left out, not empty".into());
        }
        if let Err(message) = verdict.check_licence().and_then(|()| verdict.check_dates()) {
            return fail(message);
        }
    }
    Ok(())
}

/// Checks that every verdict is about a source of the pipeline.
///
/// # Errors
/// [`Error::Config`] naming the verdict and the sources.
pub fn check_sources<'a>(
    verdicts: &[HumanVerdict],
    sources: impl Iterator<Item = &'a str>,
) -> Result<()> {
    let sources: Vec<&str> = sources.collect();
    for verdict in verdicts {
        if !sources.iter().any(|name| fits(&verdict.source, name)) {
            return Err(Error::config(format!(
                "verdict `{}` is about the source `{}`, and the pipeline has only: {}",
                verdict.id,
                verdict.source,
                sources.join(", ")
            )));
        }
    }
    Ok(())
}

/// Returns the verdicts as they stand on `today`: those whose time is over are marked.
#[must_use]
pub fn as_of(mut verdicts: Vec<HumanVerdict>, today: Date) -> Vec<HumanVerdict> {
    for verdict in &mut verdicts {
        let last = verdict.valid_until.as_deref().and_then(Date::parse);
        verdict.lapsed = last.is_some_and(|last| last < today);
    }
    verdicts
}

impl HumanVerdict {
    /// True if it refuses.
    pub fn refuses(&self) -> bool {
        self.licence == REFUSED
    }

    fn check_licence(&self) -> std::result::Result<(), String> {
        if self.refuses() {
            return Ok(());
        }
        let recognition = recognise(Catalogue::embedded(), &self.licence);
        let outcome = recognition.outcome();
        if outcome.status == VerdictStatus::Known {
            return Ok(());
        }
        let why = outcome.detail.unwrap_or_default();
        Err(format!(
            "`licence = \"{}\"` is not one licence of the catalogue ({why}); write an SPDX expression such as \
             `etalab-2.0`, or `refused` (`moisson list licences` shows all)",
            self.licence
        ))
    }

    fn check_dates(&self) -> std::result::Result<(), String> {
        let date = |key: &str, text: &str| {
            Date::parse(text)
                .filter(|date| date.to_string() == text)
                .ok_or_else(|| format!("`{key} = \"{text}\"` is no date; write YYYY-MM-DD"))
        };
        let decided = date("decided_on", &self.decided_on)?;
        if let Some(until) = &self.valid_until
            && date("valid_until", until)? < decided
        {
            return Err("`valid_until` is before `decided_on`".into());
        }
        let Some(terms) = &self.terms_of_use else {
            return Ok(());
        };
        date("terms_of_use.read_on", &terms.read_on)?;
        let is_digest =
            terms.sha256.len() == 64 && terms.sha256.bytes().all(|b| b.is_ascii_hexdigit());
        if !is_digest {
            return Err(
                "`terms_of_use.sha256` is no SHA-256; write the 64 hexadecimal digits that `sha256sum` prints".into(),
            );
        }
        if !terms.url.contains("://") {
            return Err("`terms_of_use.url` is no address".into());
        }
        Ok(())
    }

    /// How narrowly it is drawn: documents before statements before addresses before a whole source.
    fn narrowness(&self) -> u8 {
        match (&self.statement, &self.url_prefix) {
            _ if !self.doc_ids.is_empty() => 3,
            (Some(_), _) => 2,
            (None, Some(_)) => 1,
            (None, None) => 0,
        }
    }

    fn is_about(&self, doc_id: &str, declared: Option<&str>, url: Option<&str>) -> bool {
        let same = |a: &str, b: &str| a.split_whitespace().eq(b.split_whitespace());
        let statement = self.statement.as_deref();
        let prefix = self.url_prefix.as_deref();
        (self.doc_ids.is_empty() || self.doc_ids.iter().any(|id| id == doc_id))
            && statement.is_none_or(|wanted| declared.is_some_and(|said| same(wanted, said)))
            && prefix.is_none_or(|prefix| url.is_some_and(|url| url.starts_with(prefix)))
    }
}

/// The verdicts about one source.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Rulings(Vec<HumanVerdict>);

impl Rulings {
    /// Takes those about `source`.
    pub fn of_source(verdicts: &[HumanVerdict], source: &str) -> Self {
        Self(
            verdicts
                .iter()
                .filter(|verdict| fits(&verdict.source, source))
                .cloned()
                .collect(),
        )
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The verdicts, in the order of their file.
    pub fn iter(&self) -> impl Iterator<Item = &HumanVerdict> {
        self.0.iter()
    }

    /// Returns the verdict about a document: the most narrowly drawn, of those the latest, of those one that refuses.
    pub fn find(
        &self,
        doc_id: &str,
        declared: Option<&str>,
        url: Option<&str>,
    ) -> Option<&HumanVerdict> {
        self.0
            .iter()
            .filter(|verdict| verdict.is_about(doc_id, declared, url))
            .max_by_key(|verdict| (verdict.narrowness(), &verdict.decided_on, verdict.refuses()))
    }

    /// Weighs the statements about a document with the human verdict about it.
    ///
    /// One that refuses or is past closes. One drawn for a statement, for documents or for an address takes the place of
    /// what is stated of the work. One for a whole source takes the place of what the pipeline states, and where the
    /// record itself declares a licence the stricter of the two counts. Terms of the source count beside any of them.
    pub fn resolve(
        catalogue: &'static Catalogue,
        statements: &[Statement],
        human: Option<&HumanVerdict>,
    ) -> Verdict {
        let Some(human) = human else {
            return resolve(catalogue, statements);
        };
        if human.lapsed || human.refuses() {
            return closed(human);
        }
        let granted = Statement {
            text: human.licence.clone(),
            layer: Layer::Work,
            evidence: Evidence::Verdict,
            scope: Scope::Work,
            reason: Some(human.evidence.clone()),
        };
        let with = |work: Vec<Statement>| {
            let terms = statements.iter().filter(|s| s.layer == Layer::Terms);
            let all: Vec<Statement> = work.into_iter().chain(terms.cloned()).collect();
            resolve(catalogue, &all)
        };
        let by_human = Verdict {
            human: Some(human.id.clone()),
            ..with(vec![granted])
        };
        // What a record says of itself has the scope of the work, what the pipeline says that of the data set.
        let of_record = |s: &&Statement| s.layer == Layer::Work && s.scope == Scope::Work;
        let of_record: Vec<Statement> = statements.iter().filter(of_record).cloned().collect();
        if human.narrowness() > 0 || of_record.is_empty() {
            return by_human;
        }
        let declared = with(of_record);
        if declared.scope.is_none() {
            // The record speaks of something else than its text.
            return by_human;
        }
        let strictness = |verdict: &Verdict| {
            let known = verdict.status == VerdictStatus::Known;
            let tier = verdict.tier_min.map_or(u8::MAX, |tier| tier as u8);
            (!known, tier, verdict.family)
        };
        if strictness(&by_human) > strictness(&declared) {
            by_human
        } else {
            declared
        }
    }
}

/// The verdict where a person refused, or where their verdict is past.
fn closed(human: &HumanVerdict) -> Verdict {
    let (status, what) = if human.lapsed {
        let until = human.valid_until.as_deref().unwrap_or_default();
        (VerdictStatus::Expired, format!("expired on {until}"))
    } else {
        (VerdictStatus::Refused, "refuses".to_owned())
    };
    Verdict {
        status,
        family: Family::Closed,
        evidence: Some(Evidence::Verdict),
        scope: Some(Scope::Work),
        human: Some(human.id.clone()),
        decisive: Some(Decisive {
            text: human.licence.clone(),
            matcher: Some("verdict"),
            layer: Layer::Work,
            reason: Some(human.evidence.clone()),
        }),
        detail: Some(format!(
            "verdict `{}` of {} by {} {what}",
            human.id, human.decided_on, human.decided_by
        )),
        ..unknown()
    }
}

/// True if a pattern, in which `*` stands for any run of characters, fits all of `name`.
fn fits(pattern: &str, name: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else {
        return rest.is_empty();
    };
    for piece in pieces {
        let Some(at) = rest.find(piece) else {
            return false;
        };
        rest = rest.get(at + piece.len()..).unwrap_or_default();
    }
    rest.ends_with(last)
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_false(value: &bool) -> bool {
    !value
}

/// A date, quoted or as TOML writes dates.
#[derive(Deserialize)]
#[serde(untagged)]
enum Day {
    Quoted(String),
    Bare(toml::value::Datetime),
}

impl Day {
    fn text(self) -> String {
        match self {
            Self::Quoted(text) => text,
            Self::Bare(date) => date.to_string(),
        }
    }
}

fn day<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<String, D::Error> {
    Day::deserialize(deserializer).map(Day::text)
}

fn day_or_none<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Option<String>, D::Error> {
    Option::<Day>::deserialize(deserializer).map(|day| day.map(Day::text))
}

#[cfg(test)]
mod tests;
