//! The rights of one document, from its measurements, its row of the release, the ledger and the pipeline.
//!
//! Columns are read by name; one that an output does not have is left out of the story.

use std::collections::BTreeMap;

use moisson_publish::licence_facts;
use moisson_rights::LicenceConfig;
use serde::Serialize;
use serde_json::{Map, Value};

use super::Story;
use crate::owed;

/// Key of the pipeline under which the manifest carries the verdicts of people.
pub(crate) const VERDICTS: &str = "verdict";
/// Reasons of personal data: `pii/nir` and so on.
const PERSONAL: &str = "pii/";

/// What may be done with a document, and why that is believed.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Rights {
    /// `known`, `unknown`, `ambiguous` or `versionless`.
    pub status: Option<String>,
    /// SPDX expression of all that applies.
    pub licence: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Where its text is.
    pub url: Option<String>,
    /// `public-domain`, `attribution`, `share-alike`, …
    pub family: Option<String>,
    /// What the record itself declares, verbatim.
    pub declared: Option<String>,
    /// The statement that decided, verbatim.
    pub statement: Option<String>,
    /// Who says it: `record`, `source`, `operator`, `person`; `inferred` where it follows from what the source says.
    pub said_by: Option<&'static str>,
    /// `declared`, `inferred`, `assumed`.
    pub evidence: Option<String>,
    /// What the statement is about: `work`, `dataset`, …
    pub scope: Option<String>,
    /// Which table or grammar recognised it.
    pub matcher: Option<String>,
    /// Why the operator assumes it.
    pub reason: Option<String>,
    /// Terms of the source, as an SPDX expression.
    pub terms: Option<String>,
    /// Their name.
    pub terms_name: Option<String>,
    /// Where their text is.
    pub terms_url: Option<String>,
    /// Id of the verdict of a person that decided.
    pub verdict: Option<String>,
    /// That verdict as the pipeline carries it.
    pub verdict_record: Option<Value>,
    /// What decided: `work`, `terms` or `verdict`.
    pub decided_by: Option<String>,
    /// Lowest tier that admits it; none: no release may hold it, or it is not known.
    pub tier_min: Option<String>,
    /// Tier of the release.
    pub tier: Option<String>,
    /// Whether the pipeline lets pass what is only assumed.
    pub accept_assumed: bool,
    /// Reason for which the gate refused it; none where it passed, or was left out before.
    pub refused: Option<String>,
    /// More about the verdict, in words.
    pub detail: Option<String>,
    /// Codes of what it asks for in return.
    pub obligations: Vec<String>,
    /// The line to print.
    pub attribution: Option<String>,
}

/// Reservations against mining.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct OptOut {
    /// `clear`, `reserved`, `unknown`.
    pub verdict: Option<String>,
    /// The day as of which this holds.
    pub as_of: Option<String>,
    /// The signals: kind, address, what it says, when it was seen.
    pub signals: Vec<Value>,
}

/// Personal data.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Personal {
    /// Numbers found, by class, those that the profile keeps included.
    pub found: BTreeMap<String, u64>,
    /// The profile that applied.
    pub profile: Option<String>,
    /// Whether it could be measured.
    pub status: Option<String>,
    /// What became of them.
    pub treated: Vec<Treated>,
    /// Spans that were replaced in the released text.
    pub replaced: Option<u64>,
    /// `none`, `low`, `medium`, `high`: what detectors cannot remove.
    pub risk: Option<String>,
}

/// Spans of one class that were treated in one way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Treated {
    /// The class.
    pub class: String,
    /// `token` or `fiction`; none where they were cut.
    pub with: Option<String>,
    /// Their number.
    pub spans: u64,
}

/// A row that may lack columns.
fn text(row: Option<&Map<String, Value>>, name: &str) -> Option<String> {
    row?.get(name)?.as_str().map(str::to_owned)
}

/// The rights of a document; `None` where nothing is known of it but that it was dropped.
pub(super) fn of(story: &Story, pipeline: &Value) -> Option<Rights> {
    let (measured, released) = (story.annotations.as_ref(), story.release.as_ref());
    if measured.is_none() && released.is_none() {
        return None;
    }
    let of = |name: &str| text(measured, name).or_else(|| text(released, name));
    let declared = text(story.document.as_ref(), "licence_declared");
    let evidence = of("licence_evidence");
    let verdict = of("licence_verdict");
    let mut rights = Rights {
        status: of("licence_status"),
        licence: of("licence"),
        family: of("licence_family"),
        statement: of("licence_statement"),
        said_by: said_by(evidence.as_deref(), declared.as_deref(), pipeline, story),
        declared,
        evidence,
        scope: of("licence_scope"),
        matcher: of("licence_matcher"),
        reason: of("licence_reason"),
        terms: of("licence_terms"),
        verdict_record: verdict.as_deref().and_then(|id| recorded(pipeline, id)),
        decided_by: match verdict {
            Some(_) => Some("verdict".to_owned()),
            None => of("licence_layer"),
        },
        verdict,
        tier_min: of("licence_tier"),
        tier: pipeline
            .get("tier")
            .and_then(Value::as_str)
            .map(str::to_owned),
        accept_assumed: pipeline.get("accept_assumed") == Some(&Value::Bool(true)),
        refused: story
            .decisions
            .iter()
            .find(|row| row.get("step").and_then(Value::as_str) == Some("licence"))
            .and_then(|row| text(Some(row), "reason")),
        detail: of("licence_detail"),
        attribution: of("attribution"),
        ..Rights::default()
    };
    if let Some(licence) = &rights.licence {
        let facts = licence_facts(licence);
        rights.name = Some(facts.name);
        rights.url = facts.url;
        rights.obligations =
            obligations(measured, released).unwrap_or_else(|| owed::codes(licence));
    }
    if let Some(terms) = &rights.terms {
        let facts = licence_facts(terms);
        rights.terms_name = Some(facts.name);
        rights.terms_url = facts.url;
    }
    Some(rights)
}

/// What is owed, as the columns say it.
fn obligations(
    measured: Option<&Map<String, Value>>,
    released: Option<&Map<String, Value>>,
) -> Option<Vec<String>> {
    let column = measured
        .and_then(|row| row.get("licence_obligations"))
        .or_else(|| released.and_then(|row| row.get("obligations")))?;
    let codes = column.as_array()?.iter().filter_map(Value::as_str);
    Some(codes.map(str::to_owned).collect())
}

fn said_by(
    evidence: Option<&str>,
    declared: Option<&str>,
    pipeline: &Value,
    story: &Story,
) -> Option<&'static str> {
    let source = text(story.document.as_ref(), "source");
    let table = pipeline.get("source").zip(source.as_deref());
    let config = table.and_then(|(sources, name)| sources.get(name)?.get("licence"));
    let config: Option<LicenceConfig> =
        config.and_then(|config| serde_json::from_value(config.clone()).ok());
    let trusts = config.is_none_or(|config| config.trust_records);
    match evidence? {
        "declared" if declared.is_some() && trusts => Some("record"),
        "declared" => Some("source"),
        "inferred" => Some("inferred"),
        "assumed" => Some("operator"),
        "verdict" => Some("person"),
        _ => None,
    }
}

/// The verdict of this id, where the pipeline carries its verdicts.
fn recorded(pipeline: &Value, id: &str) -> Option<Value> {
    let mut verdicts = pipeline.get(VERDICTS)?.as_array()?.iter();
    let named = |verdict: &&Value| verdict.get("id").and_then(Value::as_str) == Some(id);
    verdicts.find(named).cloned()
}

/// Reservations against mining; `None` where the output has no such columns.
pub(super) fn optout(story: &Story) -> Option<OptOut> {
    let (measured, released) = (story.annotations.as_ref(), story.release.as_ref());
    let of = |name: &str| text(measured, name).or_else(|| text(released, name));
    let signals = text(measured, "optout_signals");
    let signals = signals.and_then(|json| serde_json::from_str(&json).ok());
    let optout = OptOut {
        verdict: of("optout_verdict"),
        as_of: of("optout_as_of"),
        signals: signals.unwrap_or_default(),
    };
    (optout != OptOut::default()).then_some(optout)
}

/// Personal data; `None` where the output has no such columns.
pub(super) fn personal(story: &Story) -> Option<Personal> {
    let (measured, released) = (story.annotations.as_ref(), story.release.as_ref());
    let of = |name: &str| text(measured, name).or_else(|| text(released, name));
    let found = text(measured, "pii_counts");
    let found = found.and_then(|json| serde_json::from_str(&json).ok());
    let replaced = released.and_then(|row| row.get("pii_replaced")?.as_u64());
    let personal = Personal {
        found: found.unwrap_or_default(),
        profile: of("pii_profile"),
        status: of("pii_status"),
        treated: treated(&story.decisions),
        replaced,
        risk: of("pii_risk"),
    };
    (personal != Personal::default()).then_some(personal)
}

fn treated(decisions: &[Map<String, Value>]) -> Vec<Treated> {
    let mut counts: BTreeMap<(String, Option<String>), u64> = BTreeMap::new();
    for row in decisions {
        let reason = text(Some(row), "reason").unwrap_or_default();
        let edit = row.get("effect").and_then(Value::as_str) == Some("edit");
        if let Some(class) = reason.strip_prefix(PERSONAL).filter(|_| edit) {
            let with = text(Some(row), "detail");
            *counts.entry((class.to_owned(), with)).or_default() += 1;
        }
    }
    counts
        .into_iter()
        .map(|((class, with), spans)| Treated { class, with, spans })
        .collect()
}

/// A text as read, with every span of personal data that was found hidden behind its class.
pub(super) fn hidden(read: &str, measured: Option<&Map<String, Value>>) -> String {
    let Some(printed) = text(measured, "pii_spans") else {
        return read.to_owned();
    };
    let mut shown = String::with_capacity(read.len());
    let mut at = 0;
    for (start, end, class) in spans(&printed) {
        // Of spans that overlap, what is left of the later one is hidden too.
        let (start, end) = (start.max(at), read.ceil_char_boundary(end));
        if end <= start {
            continue;
        }
        let start = read.floor_char_boundary(start);
        shown.push_str(read.get(at..start).unwrap_or_default());
        shown.extend(["<", &class.to_uppercase(), ">"]);
        at = end;
    }
    shown.push_str(read.get(at..).unwrap_or_default());
    shown
}

/// Reads spans as [`super::rows()`] prints them: `[{start: 3, end: 9, class: nir}]`.
fn spans(printed: &str) -> Vec<(usize, usize, &str)> {
    let field = |span: &'_ str, name: &str| -> Option<usize> {
        let (_, value) = span.split_once(name)?;
        value.split([',', '}']).next()?.trim().parse().ok()
    };
    let one = |span| {
        let (_, class) = str::split_once(span, "class: ")?;
        let class = class.split([',', '}']).next()?.trim();
        Some((field(span, "start: ")?, field(span, "end: ")?, class))
    };
    let mut spans: Vec<(usize, usize, &str)> = printed.split('{').filter_map(one).collect();
    spans.sort_unstable();
    spans
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::{hidden, recorded, treated};

    fn row(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn what_was_found_is_hidden_behind_its_class() {
        let check = |spans: Option<&str>, expected: &str| {
            let measured = spans.map(|spans| row(&json!({ "pii_spans": spans })));
            assert_eq!(hidden("né à Ève, tél. 01", measured.as_ref()), expected);
        };
        check(None, "né à Ève, tél. 01");
        check(Some("[]"), "né à Ève, tél. 01");
        check(
            Some("[{start: 19, end: 21, class: phone}]"),
            "né à Ève, tél. <PHONE>",
        );
        check(
            Some("[{start: 19, end: 21, class: phone}, {start: 7, end: 11, class: person}]"),
            "né à <PERSON>, tél. <PHONE>",
        );
        check(
            Some("[{start: 7, end: 11, class: person}, {start: 9, end: 11, class: email}]"),
            "né à <PERSON>, tél. 01",
        );
        check(
            Some("[{start: 7, end: 11, class: person}, {start: 9, end: 13, class: email}]"),
            "né à <PERSON><EMAIL>tél. 01",
        );
        // A span that begins or ends inside a character hides all of it; one beyond the text hides its rest.
        check(
            Some("[{start: 8, end: 15, class: person}]"),
            "né à <PERSON>l. 01",
        );
        check(
            Some("[{start: 19, end: 99, class: phone}]"),
            "né à Ève, tél. <PHONE>",
        );
    }

    #[test]
    fn spans_are_counted_by_class_and_treatment() {
        let edit = |reason: &str, detail: &str| {
            row(&json!({ "reason": reason, "effect": "edit", "detail": detail }))
        };
        let rows = [
            edit("pii/nir", "token"),
            edit("pii/phone", "fiction"),
            edit("pii/nir", "token"),
            edit("line/too-few-words", ""),
        ];
        let found: Vec<(String, Option<String>, u64)> = treated(&rows)
            .into_iter()
            .map(|treated| (treated.class, treated.with, treated.spans))
            .collect();
        let expected = [("nir", "token", 2), ("phone", "fiction", 1)]
            .map(|(class, with, spans)| (class.to_owned(), Some(with.to_owned()), spans));
        assert_eq!(found, expected);
    }

    #[test]
    fn a_verdict_is_found_by_its_id() {
        let pipeline = json!({ "verdict": [{ "id": "v1", "decided_by": "A" }, { "id": "v2" }] });
        let by = |id| recorded(&pipeline, id)?.get("decided_by").cloned();
        assert_eq!(by("v1"), Some(json!("A")));
        assert_eq!(recorded(&pipeline, "v3"), None);
        assert_eq!(recorded(&json!({ "rights": "rights.toml" }), "v1"), None);
    }
}
