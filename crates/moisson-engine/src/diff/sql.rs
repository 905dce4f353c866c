//! The queries of a difference.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, UInt64Array};
use arrow::datatypes::DataType;
use datafusion::logical_expr::{ColumnarValue, Volatility, create_udf};
use datafusion::prelude::SessionContext;
use moisson_core::reason::RIGHTS_FORGOTTEN;
use moisson_core::{Error, Result};

use crate::forgotten::Forgotten;
use crate::session::Session;
use crate::tables::Columns;

/// Columns that are not metadata: text and its size, licence, and what is counted of them.
const NOT_METADATA: &[&str] = &[
    "doc_id",
    "licence",
    "licence_evidence",
    "licence_family",
    "obligations",
    "optout_as_of",
    "pii_replaced",
    "source",
    "source_text_digest",
    "text",
    "text_bytes",
    "text_digest",
    "tokens",
];

/// Inputs that the joins of a difference sort, for each of the threads.
const SORTS: usize = 6;

/// Makes the context fit for joins that spill, and gives it the functions of the queries.
pub(super) fn prepare(
    session: &Session,
    context: &SessionContext,
    forgotten: Arc<dyn Forgotten>,
) -> Result<()> {
    // A hash join holds one side in memory; a sort-merge join spills. What each of its sorts puts aside for merging is a share
    // of the pool, so that a small one is enough for all of them.
    let budget = session.budget();
    let sorts = SORTS * budget.threads.max(1);
    let aside = (budget.pool_bytes() / (4 * sorts)).min(10 << 20);
    let settings = [
        "SET datafusion.optimizer.prefer_hash_join = false".to_owned(),
        format!("SET datafusion.execution.sort_spill_reservation_bytes = {aside}"),
    ];
    for setting in settings {
        session
            .runtime()
            .block_on(async { context.sql(&setting).await?.collect().await })
            .map_err(|e| Error::internal(e.to_string()))?;
    }
    context.register_udf(create_udf(
        "forgotten",
        vec![DataType::Utf8],
        DataType::Boolean,
        Volatility::Stable,
        Arc::new(move |arguments: &[ColumnarValue]| {
            let arrays = ColumnarValue::values_to_arrays(arguments)?;
            let ids = arrays.iter().flat_map(AsArray::as_string::<i32>);
            let covered: BooleanArray = ids
                .map(|id| Some(id.is_some_and(|id| forgotten.covers(id))))
                .collect();
            Ok(ColumnarValue::Array(Arc::new(covered)))
        }),
    ));
    Ok(())
}

/// Registers `fingerprint`, which digests so many columns of text to one number.
///
/// Two rows are only ever compared with each other, so 64 bits miss a change once in 10¹⁹.
pub(super) fn register_fingerprint(context: &SessionContext, columns: usize) {
    context.register_udf(create_udf(
        "fingerprint",
        vec![DataType::Utf8; columns],
        DataType::UInt64,
        Volatility::Immutable,
        Arc::new(|arguments: &[ColumnarValue]| {
            let arrays = ColumnarValue::values_to_arrays(arguments)?;
            let rows = arrays.first().map_or(0, Array::len);
            let digests: UInt64Array = (0..rows).map(|row| Some(digest(&arrays, row))).collect();
            Ok(ColumnarValue::Array(Arc::new(digests)))
        }),
    ));
}

fn digest(columns: &[ArrayRef], row: usize) -> u64 {
    let mut hasher = blake3::Hasher::new();
    for column in columns {
        let column = column.as_string::<i32>();
        if column.is_null(row) {
            hasher.update(&[0]);
        } else {
            let value = column.value(row);
            hasher.update(&[1]);
            hasher.update(&(value.len() as u64).to_le_bytes());
            hasher.update(value.as_bytes());
        }
    }
    let mut first = [0; 8];
    hasher.finalize_xof().fill(&mut first);
    u64::from_le_bytes(first)
}

/// The two releases side by side.
pub(super) struct Joined {
    /// Columns of the earlier one.
    pub(super) before: Columns,
    /// Columns of the later one.
    pub(super) after: Columns,
}

impl Joined {
    /// Columns of metadata that both have: one that only the newer version of moisson writes is no change.
    pub(super) fn compared(&self) -> Vec<&str> {
        let both = self.before.names().filter(|name| self.after.has(name));
        both.filter(|name| !NOT_METADATA.contains(name)).collect()
    }

    /// Documents that changed in the same way, counted.
    pub(super) fn grouped(&self) -> String {
        let keys = "change, source, licence_before, licence_after, text, text_by_edits, licence, metadata, reason";
        format!(
            "SELECT {keys}, count(*) AS documents, sum(bytes_before) AS bytes_before, sum(bytes_after) AS bytes_after, \
             sum(tokens_before) AS tokens_before, sum(tokens_after) AS tokens_after \
             FROM ({}) GROUP BY {keys} \
             ORDER BY documents DESC, change, source, licence_before, licence_after, reason, text, licence, metadata",
            self.rows()
        )
    }

    /// The first changed documents by kind of change and id, with the columns of [`Joined::grouped`].
    pub(super) fn listed(&self, most: usize) -> String {
        format!(
            "SELECT *, 1 AS documents FROM ({}) \
             WHERE change <> 'same' AND (reason IS NULL OR reason <> '{RIGHTS_FORGOTTEN}') \
             ORDER BY change, doc_id LIMIT {most}",
            self.rows()
        )
    }

    /// One row a document.
    fn rows(&self) -> String {
        let evidence = self.before.has("licence_evidence") && self.after.has("licence_evidence");
        let evidence = if evidence {
            " OR (a.licence_evidence IS DISTINCT FROM b.licence_evidence)"
        } else {
            ""
        };
        let (a, b) = (self.side("a", &self.before), self.side("b", &self.after));
        let (la, lb) = (reasons("ledger_a"), reasons("ledger_b"));
        format!(
            "SELECT CASE WHEN in_a AND in_b THEN CASE WHEN text OR licence OR metadata THEN 'changed' ELSE 'same' END \
                         WHEN in_b THEN 'added' ELSE 'removed' END AS change, * FROM (\
             SELECT coalesce(b.doc_id, a.doc_id) AS doc_id, coalesce(b.source, a.source) AS source, \
                a.doc_id IS NOT NULL AS in_a, b.doc_id IS NOT NULL AS in_b, \
                a.licence AS licence_before, b.licence AS licence_after, \
                (a.text_digest IS DISTINCT FROM b.text_digest) AS text, \
                (a.text_digest IS DISTINCT FROM b.text_digest) \
                    AND (a.source_text_digest IS NOT DISTINCT FROM b.source_text_digest) AS text_by_edits, \
                (a.licence IS DISTINCT FROM b.licence) \
                    OR (a.licence_family IS DISTINCT FROM b.licence_family){evidence} AS licence, \
                (a.fingerprint IS DISTINCT FROM b.fingerprint) AS metadata, \
                CASE WHEN a.doc_id IS NULL THEN la.reason \
                     WHEN b.doc_id IS NULL THEN CASE WHEN forgotten(a.doc_id) THEN '{RIGHTS_FORGOTTEN}' ELSE lb.reason END \
                END AS reason, \
                a.text_bytes AS bytes_before, b.text_bytes AS bytes_after, \
                a.tokens AS tokens_before, b.tokens AS tokens_after \
             FROM ({a}) a FULL JOIN ({b}) b ON a.doc_id = b.doc_id \
             LEFT JOIN ({la}) la ON la.doc_id = CASE WHEN a.doc_id IS NULL THEN b.doc_id END \
             LEFT JOIN ({lb}) lb ON lb.doc_id = CASE WHEN b.doc_id IS NULL THEN a.doc_id END)"
        )
    }

    fn side(&self, table: &str, columns: &Columns) -> String {
        let compared: Vec<String> = self
            .compared()
            .iter()
            .map(|name| format!("CAST({name} AS VARCHAR)"))
            .collect();
        let evidence = columns.or_null("licence_evidence", "licence_evidence");
        let tokens = columns.or_null("tokens", "tokens");
        format!(
            "SELECT doc_id, source, licence, licence_family, {evidence} AS licence_evidence, text_digest, \
             source_text_digest, text_bytes, CAST({tokens} AS BIGINT UNSIGNED) AS tokens, \
             fingerprint({}) AS fingerprint FROM {table}",
            compared.join(", ")
        )
    }
}

/// Why documents of a ledger were left out, one row an id. Where an id had several records, what became of the one that was
/// current counts.
fn reasons(ledger: &str) -> String {
    format!(
        "SELECT doc_id, substr(min(CASE WHEN reason = 'reconcile/superseded' THEN '1' ELSE '0' END || reason), 2) AS reason \
         FROM {ledger} WHERE counted AND doc_id IS NOT NULL GROUP BY doc_id"
    )
}
