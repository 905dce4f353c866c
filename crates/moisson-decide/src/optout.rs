//! The opt-outs: a veto besides the licence. That there is none releases nothing; the licence gate rests on its own.

use arrow::array::RecordBatch;
use moisson_core::{Result, TextColumn, reason};
use moisson_rights::optout::{Verdict, explanation};

use crate::licence::Refusal;

/// Returns the living rows of which an opt-out is known, or not known to be absent, in order.
///
/// Fails closed: a verdict that is not known here is `optout/unknown`.
///
/// # Errors
/// [`moisson_core::Error::Internal`] if a column is missing.
pub(crate) fn refusals(rows: &RecordBatch, alive: &[bool]) -> Result<Vec<Refusal>> {
    let verdict = TextColumn::try_new(rows, "optout_verdict")?;
    let signals = TextColumn::try_new(rows, "optout_signals")?;
    let mut refusals = Vec::new();
    for row in (0..rows.num_rows()).filter(|&row| alive[row]) {
        let found = verdict.get(row).unwrap_or_default();
        if found == Verdict::Clear.name() {
            continue;
        }
        let reserved = found == Verdict::Reserved.name();
        let explained = signals.get(row).and_then(explanation);
        let (observed, detail) = match explained {
            Some((observed, source_url)) => (Some(observed), source_url),
            None => (None, Some("no robots.txt of the site is known".to_owned())),
        };
        refusals.push(Refusal {
            row,
            reason: if reserved {
                reason::OPTOUT_RESERVED
            } else {
                reason::OPTOUT_UNKNOWN
            },
            observed,
            detail,
        });
    }
    Ok(refusals)
}

#[cfg(test)]
mod tests {
    use arrow::array::RecordBatch;
    use moisson_core::document::strings;

    use super::refusals;

    #[test]
    fn the_veto_as_a_table() {
        let check =
            |verdict: Option<&str>, signals: &str, expected: Option<(&str, Option<&str>)>| {
                let one = |text: Option<&str>| strings([text].into_iter());
                let rows = RecordBatch::try_from_iter_with_nullable([
                    ("optout_verdict", one(verdict), true),
                    ("optout_signals", one(Some(signals)), true),
                ])
                .unwrap();
                let found = refusals(&rows, &[true]).unwrap();
                let found = found.first();
                let found = found.map(|refusal| (refusal.reason, refusal.observed.as_deref()));
                assert_eq!(found, expected, "{verdict:?}");
                assert!(refusals(&rows, &[false]).unwrap().is_empty());
            };
        let signal = r#"[{"kind": "x-robots-tag", "source_url": null, "raw": "noai", "retrieved_at": null, "applies_to": null, "value": "reserved"}]"#;
        check(Some("clear"), "[]", None);
        check(Some("clear"), signal, None);
        let reserved = ("optout/reserved", Some("x-robots-tag: noai"));
        check(Some("reserved"), signal, Some(reserved));
        check(Some("unknown"), "[]", Some(("optout/unknown", None)));
        check(None, "[]", Some(("optout/unknown", None)));
        check(
            Some("later-invention"),
            "[]",
            Some(("optout/unknown", None)),
        );
    }
}
