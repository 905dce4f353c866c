//! The verdict on one document, from the statements in two layers.

use serde::{Deserialize, Serialize};

use crate::recognise::{Outcome, recognise_scoped};
use crate::{
    Attribution, Catalogue, Evidence, Family, Gate, Layer, Licence, Meaning, Scope, Statement,
    Tier, Unresolved,
};

/// Whether the licence of a document is known. Only [`VerdictStatus::Known`] can enter a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VerdictStatus {
    /// Known, though it may be one that no release admits.
    Known,
    /// Nothing is stated, or nothing that is recognised.
    Unknown,
    /// What is stated contradicts or qualifies itself.
    Ambiguous,
    /// The version is not stated and versions differ where it matters.
    Versionless,
    /// A person has decided that it may not be released.
    Refused,
    /// A person has decided for a time, which is over.
    Expired,
}

impl VerdictStatus {
    /// Name in columns.
    pub fn name(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::Unknown => "unknown",
            Self::Ambiguous => "ambiguous",
            Self::Versionless => "versionless",
            Self::Refused => "refused",
            Self::Expired => "expired",
        }
    }
}

/// The statement that decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decisive {
    /// Verbatim.
    pub text: String,
    /// Which table or grammar recognised it; none if nothing did.
    pub matcher: Option<&'static str>,
    /// Its layer.
    pub layer: Layer,
    /// Why the operator assumes it.
    pub reason: Option<String>,
}

/// What follows from all statements about a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether the licence is known.
    pub status: VerdictStatus,
    /// SPDX expression of all that applies; none unless known.
    pub expression: Option<String>,
    /// Family; where not known, the strictest that was recognised.
    pub family: Family,
    /// Folder of shards; none unless known.
    pub shard_family: Option<&'static str>,
    /// Lowest tier that admits the document; none: no release may hold it.
    pub tier_min: Option<Tier>,
    /// Strength of the evidence for the rights in the work; none without a statement.
    pub evidence: Option<Evidence>,
    /// What the deciding statement speaks of; none without a statement.
    pub scope: Option<Scope>,
    /// Id of the human verdict that decided; none where none did.
    pub human: Option<String>,
    /// What an attribution must name.
    pub attribution: Attribution,
    /// What applies once alternatives are chosen from, for obligations.
    pub applies: Vec<Meaning>,
    /// SPDX expression of the terms of the source; none where there are none or they are not known.
    pub terms: Option<String>,
    /// The statement that decided; none without a statement.
    pub decisive: Option<Decisive>,
    /// Why, in words.
    pub detail: Option<String>,
}

/// What one layer says.
struct Found<'a> {
    statement: &'a Statement,
    /// The clauses that were heard: all of the statement, unless others of them speak of something else.
    text: String,
    scope: Scope,
    outcome: Outcome,
}

/// Weighs the statements about one document.
///
/// In each layer the statement with the strongest evidence speaks, and among those the most specific one; statements of
/// equal standing must agree. A record that declares something unrecognised thus silences what the operator assumes: the
/// verdict is unknown. Statements, and clauses of statements, about metadata or a part of a page license no text.
///
/// Both layers apply, so the stricter gates. Evidence is that of the work: terms only ever restrict, and a restriction
/// needs no proof. Terms alone license nothing.
pub fn resolve(catalogue: &'static Catalogue, statements: &[Statement]) -> Verdict {
    let work = layer(catalogue, statements, Layer::Work);
    let terms = layer(catalogue, statements, Layer::Terms);
    let Some(work) = work else {
        return unlicensed(statements, terms.is_some());
    };
    let Some(terms) = terms else {
        return alone(&work);
    };
    both(&work, &terms)
}

/// The verdict where nothing is said of the rights in the text.
fn unlicensed(statements: &[Statement], terms: bool) -> Verdict {
    let beside = statements
        .iter()
        .find(|statement| statement.layer == Layer::Work && !statement.text.trim().is_empty());
    let (detail, decisive) = match beside {
        Some(statement) => (
            "what is stated speaks of the metadata or of a part of the page, not of the text",
            Some(Decisive {
                text: statement.text.clone(),
                matcher: None,
                layer: Layer::Work,
                reason: statement.reason.clone(),
            }),
        ),
        None if terms => (
            "the terms of the source are stated, the licence of the work is not",
            None,
        ),
        None => ("no licence is stated", None),
    };
    Verdict {
        decisive,
        detail: Some(detail.to_owned()),
        ..unknown()
    }
}

/// Returns what a layer says, or `None` where nothing is said about texts.
fn layer<'a>(
    catalogue: &'static Catalogue,
    statements: &'a [Statement],
    layer: Layer,
) -> Option<Found<'a>> {
    let standing = |s: &Statement| (s.evidence, s.scope);
    let heard: Vec<Found<'a>> = statements
        .iter()
        .filter(|s| s.layer == layer && s.scope >= Scope::Dataset)
        .filter_map(|statement| heard(catalogue, statement))
        .collect();
    let highest = heard.iter().map(|found| standing(found.statement)).max()?;
    let mut speaking = heard
        .into_iter()
        .filter(|found| standing(found.statement) == highest);
    let mut found = speaking.next()?;
    for other in speaking {
        found = agreed(found, other);
    }
    Some(found)
}

/// Returns what a statement says about the text, or `None` where all of it speaks of something else.
fn heard<'a>(catalogue: &'static Catalogue, statement: &'a Statement) -> Option<Found<'a>> {
    let scoped = recognise_scoped(catalogue, &statement.text);
    let all = scoped.len() == 1;
    let about = |scope: Option<Scope>| scope.map_or(statement.scope, |s| s.min(statement.scope));
    let clauses = scoped
        .into_iter()
        .find(|scoped| about(scoped.scope) >= Scope::Dataset)?;
    let mut outcome = clauses.recognition.outcome();
    if !all {
        let note = format!("only this speaks of the text: `{}`", clauses.text);
        outcome.detail = Some(match outcome.detail {
            Some(detail) => format!("{note}; {detail}"),
            None => note,
        });
    }
    Some(Found {
        statement,
        scope: about(clauses.scope),
        text: clauses.text,
        outcome,
    })
}

/// Returns what two statements of equal standing say together: one of them where they agree, else an ambiguity.
fn agreed<'a>(a: Found<'a>, b: Found<'a>) -> Found<'a> {
    if a.outcome.meaning == b.outcome.meaning && a.outcome.status == b.outcome.status {
        return a;
    }
    let why = format!("`{}` and `{}` do not agree", a.text, b.text);
    let strictness = |found: &Found<'_>| found.outcome.gate.as_ref().map(Gate::strictness);
    let mut found = match (strictness(&a), strictness(&b)) {
        (None, _) => a,
        (_, None) => b,
        (left, right) if right > left => b,
        _ => a,
    };
    if found.outcome.status != VerdictStatus::Unknown {
        found.outcome.status = VerdictStatus::Ambiguous;
    }
    found.outcome.detail = Some(why);
    found
}

fn alone(found: &Found<'_>) -> Verdict {
    let outcome = &found.outcome;
    let known = outcome.status == VerdictStatus::Known;
    let gate = outcome.gate.as_ref();
    let meaning = outcome.meaning.as_ref().filter(|_| known);
    Verdict {
        status: outcome.status,
        expression: meaning.map(Meaning::expression),
        family: gate.map_or(Family::Unknown, |gate| gate.family),
        shard_family: gate.filter(|_| known).map(|gate| gate.shard_family),
        tier_min: gate.filter(|_| known).and_then(|gate| gate.tier_min),
        evidence: Some(found.statement.evidence),
        scope: Some(found.scope),
        human: None,
        attribution: gate.map_or(Attribution::None, |gate| gate.attribution),
        applies: meaning
            .map(|meaning| meaning.chosen().clone())
            .into_iter()
            .collect(),
        terms: None,
        decisive: Some(decisive(found)),
        detail: outcome.detail.clone(),
    }
}

fn both(work: &Found<'_>, terms: &Found<'_>) -> Verdict {
    let evidence = Some(work.statement.evidence);
    let (first, second) = (alone(work), alone(terms));
    let terms_expression = second.expression.clone();
    for (verdict, status) in [(&first, first.status), (&second, second.status)] {
        if status != VerdictStatus::Known {
            return Verdict {
                terms: terms_expression,
                evidence,
                ..verdict.clone()
            };
        }
    }
    let (Some(work_gate), Some(terms_gate)) = (&work.outcome.gate, &terms.outcome.gate) else {
        return unknown();
    };
    let stricter = if terms_gate.strictness() > work_gate.strictness() {
        &second
    } else {
        &first
    };
    let gate = match work_gate.clone().and(terms_gate.clone()) {
        Ok(gate) => gate,
        Err(Unresolved::Ambiguous(gate, why)) => {
            return Verdict {
                status: VerdictStatus::Ambiguous,
                family: gate.family,
                detail: Some(why),
                evidence,
                terms: terms_expression,
                decisive: stricter.decisive.clone(),
                ..unknown()
            };
        }
        Err(Unresolved::Versionless(_)) => return unknown(),
    };
    let parts = [&work.outcome.meaning, &terms.outcome.meaning];
    let mut meanings: Vec<Meaning> = Vec::new();
    for meaning in parts.into_iter().flatten() {
        if !meanings.contains(meaning) {
            meanings.push(meaning.clone());
        }
    }
    let expression = match meanings.as_slice() {
        [one] => one.expression(),
        several => Meaning::All(several.to_vec()).expression(),
    };
    let scope = first.scope;
    let details: Vec<String> = first.detail.iter().chain(&second.detail).cloned().collect();
    Verdict {
        expression: Some(expression),
        family: gate.family,
        shard_family: Some(gate.shard_family),
        tier_min: gate.tier_min,
        evidence,
        scope,
        attribution: gate.attribution,
        applies: meanings
            .iter()
            .map(|meaning| meaning.chosen().clone())
            .collect(),
        terms: terms_expression,
        detail: (!details.is_empty()).then(|| details.join("; ")),
        ..stricter.clone()
    }
}

fn decisive(found: &Found<'_>) -> Decisive {
    Decisive {
        text: found.statement.text.clone(),
        matcher: found.outcome.matcher,
        layer: found.statement.layer,
        reason: found.statement.reason.clone(),
    }
}

pub(crate) fn unknown() -> Verdict {
    Verdict {
        status: VerdictStatus::Unknown,
        expression: None,
        family: Family::Unknown,
        shard_family: None,
        tier_min: None,
        evidence: None,
        scope: None,
        human: None,
        attribution: Attribution::None,
        applies: Vec::new(),
        terms: None,
        decisive: None,
        detail: None,
    }
}

impl Verdict {
    /// Returns every licence that applies, each once.
    pub fn licences(&self) -> Vec<&'static Licence> {
        Meaning::All(self.applies.clone()).licences()
    }
}

#[cfg(test)]
mod tests {
    use super::{VerdictStatus, resolve};
    use crate::{Catalogue, Evidence, Family, Layer, Scope, Statement, Tier};

    fn statement(layer: Layer, evidence: Evidence, scope: Scope, text: &str) -> Statement {
        let reason = (evidence == Evidence::Assumed).then(|| "read on the site".to_owned());
        Statement {
            text: text.to_owned(),
            layer,
            evidence,
            scope,
            reason,
        }
    }

    #[test]
    fn layers_and_evidence_as_a_table() {
        use Evidence::{Assumed, Declared};
        use Scope::{Dataset, PagePart, Work};
        let work = |evidence, scope, text| statement(Layer::Work, evidence, scope, text);
        let terms = |text| statement(Layer::Terms, Assumed, Dataset, text);
        let check = |statements: &[Statement],
                     status: &str,
                     expression: Option<&str>,
                     tier: Option<Tier>| {
            let verdict = resolve(Catalogue::embedded(), statements);
            assert_eq!(verdict.status.name(), status, "{statements:?} {verdict:?}");
            assert_eq!(verdict.expression.as_deref(), expression, "{statements:?}");
            assert_eq!(verdict.tier_min, tier, "{statements:?}");
            verdict
        };
        check(&[], "unknown", None, None);
        check(&[terms("etalab-2.0")], "unknown", None, None);
        let verdict = check(
            &[work(Assumed, Dataset, "etalab-2.0")],
            "known",
            Some("etalab-2.0"),
            Some(Tier::Attribution),
        );
        assert_eq!(verdict.evidence, Some(Assumed));
        assert_eq!(
            verdict.decisive.unwrap().reason.as_deref(),
            Some("read on the site")
        );
        // A record overrides what is assumed, for better and for worse.
        let assumed = work(Assumed, Dataset, "etalab-2.0");
        let verdict = check(
            &[assumed.clone(), work(Declared, Work, "CC0-1.0")],
            "known",
            Some("CC0-1.0"),
            Some(Tier::PublicDomain),
        );
        assert_eq!(verdict.evidence, Some(Declared));
        check(
            &[
                assumed.clone(),
                work(Declared, Work, "conditions de la maison"),
            ],
            "unknown",
            None,
            None,
        );
        check(
            &[assumed, work(Declared, PagePart, "CC-BY-NC-4.0")],
            "known",
            Some("etalab-2.0"),
            Some(Tier::Attribution),
        );
        check(
            &[
                work(Declared, Dataset, "etalab-2.0"),
                work(Declared, Work, "CC-BY-NC-4.0"),
            ],
            "known",
            Some("CC-BY-NC-4.0"),
            Some(Tier::Research),
        );
        check(
            &[
                work(Declared, Work, "CC0-1.0"),
                work(Declared, Work, "CC-BY-4.0"),
            ],
            "ambiguous",
            None,
            None,
        );
        // The stricter layer gates, and both are in the expression.
        let verdict = check(
            &[
                work(Declared, Work, "domaine public"),
                terms("Gallica non commercial"),
            ],
            "known",
            Some("LicenseRef-moisson-public-domain AND LicenseRef-moisson-gallica-nc"),
            Some(Tier::Research),
        );
        assert_eq!(verdict.decisive.unwrap().layer, Layer::Terms);
        assert_eq!(
            (verdict.family, verdict.evidence),
            (Family::NonCommercial, Some(Declared))
        );
        assert_eq!(
            verdict.terms.as_deref(),
            Some("LicenseRef-moisson-gallica-nc")
        );
        let verdict = check(
            &[work(Declared, Work, "etalab-2.0"), terms("etalab-2.0")],
            "known",
            Some("etalab-2.0"),
            Some(Tier::Attribution),
        );
        assert_eq!(verdict.decisive.unwrap().layer, Layer::Work);
        check(
            &[work(Declared, Work, "CC0-1.0"), terms("on verra")],
            "unknown",
            None,
            None,
        );
        check(
            &[
                work(Declared, Work, "CC0-1.0"),
                terms("tous droits réservés"),
            ],
            "known",
            Some("CC0-1.0 AND LicenseRef-moisson-all-rights-reserved"),
            None,
        );
        // Neither share-alike licence lets the other in.
        check(
            &[work(Declared, Work, "CC-BY-SA-4.0"), terms("ODbL-1.0")],
            "ambiguous",
            None,
            None,
        );
        check(
            &[work(Declared, Work, "CC-BY-SA-4.0"), terms("CC-BY-SA-4.0")],
            "known",
            Some("CC-BY-SA-4.0"),
            Some(Tier::ShareAlike),
        );
        check(
            &[work(Declared, Work, "CC-BY-SA-4.0"), terms("CC-BY-SA-3.0")],
            "known",
            Some("CC-BY-SA-4.0 AND CC-BY-SA-3.0"),
            Some(Tier::ShareAlike),
        );
        check(
            &[
                work(Declared, Work, "CC-BY-SA-4.0"),
                terms("Gallica non commercial"),
            ],
            "ambiguous",
            None,
            None,
        );
        check(
            &[
                work(Declared, Work, "CC-BY-SA-4.0"),
                terms("Licence Ouverte"),
            ],
            "known",
            Some("CC-BY-SA-4.0 AND (LicenseRef-moisson-licence-ouverte-1.0 OR etalab-2.0)"),
            Some(Tier::ShareAlike),
        );
    }

    #[test]
    fn only_known_verdicts_have_a_tier() {
        for text in [
            "CC BY-SA",
            "CC BY 4.0, sauf les images",
            "open access",
            "",
            "GPL",
        ] {
            let statement = statement(Layer::Work, Evidence::Declared, Scope::Work, text);
            let verdict = resolve(Catalogue::embedded(), &[statement]);
            assert_ne!(verdict.status, VerdictStatus::Known, "{text}");
            assert_eq!(
                (verdict.tier_min, verdict.expression, verdict.shard_family),
                (None, None, None),
                "{text}"
            );
        }
    }
}
