//! What was kept out of a release for its rights, from the ledger.

use std::collections::BTreeMap;

use datafusion::prelude::SessionContext;
use moisson_core::Result;
use moisson_core::reason::RIGHTS_FORGOTTEN;
use serde::Deserialize;

use super::report::{Quarantined, Statement};
use crate::session::Session;
use crate::tables::{self, Columns};

/// Statements that are listed of a reason.
const STATEMENTS_MAX: usize = 20;

#[derive(Debug, Deserialize)]
struct Row {
    reason: String,
    source: String,
    observed: Option<String>,
    detail: Option<String>,
    documents: u64,
}

/// Reads the counted drops for licences, opt-outs and other rights.
pub(super) fn read(
    session: &Session,
    context: &SessionContext,
    ledger: &Columns,
) -> Result<Vec<Quarantined>> {
    let observed = ledger.or_null("observed", "observed");
    let detail = ledger.or_null("detail", "detail");
    let sql = format!(
        "SELECT reason, source, {observed} AS observed, {detail} AS detail, count(*) AS documents FROM decisions \
         WHERE counted AND (reason LIKE 'licence/%' OR reason LIKE 'optout/%' OR reason LIKE 'rights/%') \
         GROUP BY 1, 2, 3, 4"
    );
    Ok(quarantined(tables::select(session, context, &sql)?))
}

/// Documents by source.
type Sources = BTreeMap<String, u64>;
/// What was stated, and why it did not pass.
type Said = (Option<String>, Option<String>);

fn quarantined(rows: Vec<Row>) -> Vec<Quarantined> {
    let mut reasons: BTreeMap<String, (Sources, BTreeMap<Said, u64>)> = BTreeMap::new();
    for row in rows {
        let (sources, statements) = reasons.entry(row.reason.clone()).or_default();
        *sources.entry(row.source).or_default() += row.documents;
        // Nothing of a forgotten document is told.
        if row.reason != RIGHTS_FORGOTTEN {
            let said = (row.observed, row.detail);
            *statements.entry(said).or_default() += row.documents;
        }
    }
    let listed = |(reason, (sources, statements)): (String, (Sources, _))| {
        let mut statements: Vec<(Said, u64)> = BTreeMap::into_iter(statements).collect();
        // Stable: statements of equal number stay in the order of their text.
        statements.sort_by_key(|(_, documents)| std::cmp::Reverse(*documents));
        let left_out = statements.len().saturating_sub(STATEMENTS_MAX) as u64;
        Quarantined {
            reason,
            documents: sources.values().sum(),
            sources,
            statements: statements
                .into_iter()
                .take(STATEMENTS_MAX)
                .map(|((text, detail), documents)| Statement {
                    text,
                    detail,
                    documents,
                })
                .collect(),
            statements_left_out: left_out,
        }
    };
    let mut listed: Vec<Quarantined> = reasons.into_iter().map(listed).collect();
    listed.sort_by_key(|quarantined| std::cmp::Reverse(quarantined.documents));
    listed
}

#[cfg(test)]
mod tests {
    use super::{Row, STATEMENTS_MAX, quarantined};

    fn row(reason: &str, source: &str, observed: Option<&str>, documents: u64) -> Row {
        Row {
            reason: reason.to_owned(),
            source: source.to_owned(),
            observed: observed.map(str::to_owned),
            detail: None,
            documents,
        }
    }

    #[test]
    fn the_most_frequent_come_first_and_sources_are_added_up() {
        let found = quarantined(vec![
            row("licence/unknown", "a", Some("x"), 1),
            row("licence/unknown", "b", Some("x"), 2),
            row("licence/unknown", "a", None, 7),
            row("licence/not-in-tier", "a", Some("y"), 20),
        ]);
        assert_eq!(found[0].reason, "licence/not-in-tier");
        let unknown = &found[1];
        assert_eq!((unknown.documents, unknown.sources["a"]), (10, 8));
        let said = |at: usize| {
            (
                unknown.statements[at].text.as_deref(),
                unknown.statements[at].documents,
            )
        };
        assert_eq!((said(0), said(1)), ((None, 7), (Some("x"), 3)));
    }

    #[test]
    fn nothing_of_a_forgotten_document_is_told_and_lists_end() {
        let found = quarantined(vec![row("rights/forgotten", "a", Some("secret"), 3)]);
        assert_eq!((found[0].documents, found[0].statements.len()), (3, 0));
        let many = (0..STATEMENTS_MAX as u64 + 5)
            .map(|n| row("licence/unknown", "a", Some(&n.to_string()), 1))
            .collect();
        let found = quarantined(many);
        assert_eq!(found[0].statements.len(), STATEMENTS_MAX);
        assert_eq!(found[0].statements_left_out, 5);
    }
}
