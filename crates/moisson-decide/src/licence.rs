//! The licence gate: what is not known to be open is not released.

use arrow::array::RecordBatch;
use moisson_core::{Result, TextColumn, reason};
use moisson_rights::{Evidence, Lang, Tier, VerdictStatus, explain};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which licences a release takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LicenceGate {
    /// The widest tier that passes; the narrower ones are part of it.
    pub tier: Tier,
    /// True if a licence that is only assumed by the operator passes.
    #[serde(default)]
    pub accept_assumed: bool,
}

/// A document that the gate quarantines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) row: usize,
    pub(crate) reason: &'static str,
    pub(crate) observed: Option<String>,
    pub(crate) detail: Option<String>,
}

/// Returns the living rows that do not pass, in order.
///
/// Fails closed: a status or evidence that is not known here is `licence/unknown`, and a licence without a tier is in
/// none. A human verdict that refuses, or whose time is over, closes. The detail says in a sentence why; see
/// [`explain::refusal`], which says it in French as well.
///
/// # Errors
/// [`moisson_core::Error::Internal`] if a licence column is missing.
pub(crate) fn refusals(
    gate: LicenceGate,
    rows: &RecordBatch,
    alive: &[bool],
) -> Result<Vec<Refusal>> {
    let text = |name| TextColumn::try_new(rows, name);
    let (status, licence, tier) = (
        text("licence_status")?,
        text("licence")?,
        text("licence_tier")?,
    );
    let (evidence, statement) = (text("licence_evidence")?, text("licence_statement")?);
    let detail = text("licence_detail")?;
    let human = text("licence_verdict")?;
    let mut trusted = vec![
        Evidence::Declared.name(),
        Evidence::Inferred.name(),
        Evidence::Verdict.name(),
    ];
    if gate.accept_assumed {
        trusted.push(Evidence::Assumed.name());
    }
    let mut refusals = Vec::new();
    for row in (0..rows.num_rows()).filter(|&row| alive[row]) {
        let status = status.get(row).unwrap_or_default();
        let tier = tier.get(row).and_then(Tier::from_name);
        let named = licence.get(row).is_some_and(|licence| !licence.is_empty());
        let reason = if status == VerdictStatus::Ambiguous.name() {
            reason::LICENCE_AMBIGUOUS
        } else if status == VerdictStatus::Versionless.name() {
            reason::LICENCE_VERSIONLESS
        } else if status == VerdictStatus::Refused.name() {
            reason::LICENCE_REFUSED
        } else if status == VerdictStatus::Expired.name() {
            reason::LICENCE_VERDICT_EXPIRED
        } else if status != VerdictStatus::Known.name() || !named {
            reason::LICENCE_UNKNOWN
        } else if !gate.tier.reaches(tier) {
            reason::LICENCE_NOT_IN_TIER
        } else {
            match evidence.get(row) {
                Some(found) if trusted.contains(&found) => continue,
                Some(found) if found == Evidence::Assumed.name() => reason::LICENCE_ASSUMED,
                _ => reason::LICENCE_UNKNOWN,
            }
        };
        let observed = licence
            .get(row)
            .filter(|licence| !licence.is_empty())
            .or_else(|| statement.get(row));
        let why = explain::refusal(Lang::En, reason, observed, gate.tier);
        let by = human
            .get(row)
            .filter(|id| !id.is_empty())
            .filter(|id| !detail.get(row).is_some_and(|detail| detail.contains(id)))
            .map(|id| format!("decided by verdict `{id}`"));
        let told: Vec<String> = why
            .into_iter()
            .chain(detail.get(row).map(str::to_owned))
            .chain(by)
            .collect();
        refusals.push(Refusal {
            row,
            reason,
            observed: observed.map(str::to_owned),
            detail: (!told.is_empty()).then(|| told.join(" ")),
        });
    }
    Ok(refusals)
}

#[cfg(test)]
mod tests {
    use moisson_core::document::strings;

    use super::{LicenceGate, RecordBatch, Tier, refusals};

    #[test]
    fn the_gate_as_a_table() {
        // (tier, accept_assumed), (status, licence, tier, evidence) -> reason, or passes.
        let check = |gate: (Tier, bool), row: [&str; 4], expected: &str| {
            let one = |text: &str| strings([Some(text).filter(|t| !t.is_empty())].into_iter());
            let rows = RecordBatch::try_from_iter_with_nullable([
                ("licence_status", one(row[0]), true),
                ("licence", one(row[1]), true),
                ("licence_tier", one(row[2]), true),
                ("licence_evidence", one(row[3]), true),
                ("licence_statement", one("as stated"), true),
                ("licence_detail", one(""), true),
                (
                    "licence_verdict",
                    one(if row[3] == "verdict" { "v1" } else { "" }),
                    true,
                ),
            ])
            .unwrap();
            let gate = LicenceGate {
                tier: gate.0,
                accept_assumed: gate.1,
            };
            let found = refusals(gate, &rows, &[true]).unwrap();
            let reason = found.first().map_or("passes", |refusal| refusal.reason);
            assert_eq!(reason, expected, "{row:?}");
            if row[1].is_empty() && !found.is_empty() {
                assert_eq!(found[0].observed.as_deref(), Some("as stated"));
            }
            for refusal in &found {
                let detail = refusal.detail.as_deref().unwrap();
                assert_eq!(
                    detail.contains("decided by verdict `v1`"),
                    row[3] == "verdict"
                );
                assert!(detail.contains('.'), "{detail}");
            }
            assert!(refusals(gate, &rows, &[false]).unwrap().is_empty());
        };
        let open = (Tier::Attribution, false);
        let assuming = (Tier::Attribution, true);
        check(
            open,
            ["known", "etalab-2.0", "attribution", "declared"],
            "passes",
        );
        check(
            open,
            ["known", "etalab-2.0", "attribution", "inferred"],
            "passes",
        );
        check(
            open,
            ["known", "CC0-1.0", "public-domain", "declared"],
            "passes",
        );
        check(
            open,
            ["known", "ODbL-1.0", "share-alike", "declared"],
            "licence/not-in-tier",
        );
        check(
            (Tier::ShareAlike, false),
            ["known", "ODbL-1.0", "share-alike", "declared"],
            "passes",
        );
        check(
            open,
            ["known", "CC-BY-ND-4.0", "", "declared"],
            "licence/not-in-tier",
        );
        check(
            open,
            ["known", "X-1", "unheard-of", "declared"],
            "licence/not-in-tier",
        );
        check(
            open,
            ["known", "etalab-2.0", "attribution", "assumed"],
            "licence/assumed",
        );
        check(
            assuming,
            ["known", "etalab-2.0", "attribution", "assumed"],
            "passes",
        );
        check(
            assuming,
            ["known", "ODbL-1.0", "share-alike", "assumed"],
            "licence/not-in-tier",
        );
        check(
            open,
            ["known", "etalab-2.0", "attribution", ""],
            "licence/unknown",
        );
        check(
            open,
            ["known", "", "attribution", "declared"],
            "licence/unknown",
        );
        check(open, ["unknown", "", "", ""], "licence/unknown");
        check(
            open,
            ["", "etalab-2.0", "attribution", "declared"],
            "licence/unknown",
        );
        check(
            open,
            ["later-invention", "etalab-2.0", "attribution", "declared"],
            "licence/unknown",
        );
        check(open, ["ambiguous", "", "", "declared"], "licence/ambiguous");
        check(
            open,
            ["versionless", "", "", "declared"],
            "licence/versionless",
        );
        check(
            open,
            ["known", "etalab-2.0", "attribution", "verdict"],
            "passes",
        );
        check(
            open,
            ["known", "CC-BY-NC-4.0", "research", "verdict"],
            "licence/not-in-tier",
        );
        check(open, ["refused", "", "", "verdict"], "licence/refused");
        check(
            open,
            ["expired", "", "", "verdict"],
            "licence/verdict-expired",
        );
    }
}
