//! Line spans that are cut, and the documents of which too little is left.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::UInt64Type;
use moisson_core::column::column;
use moisson_core::{Result, Span};

use crate::columns::{LINE_SPANS, TEXT_BYTES};
use crate::rule_set::Edits;
use crate::spans;

/// A span with the reason it is cut for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cut {
    pub(crate) span: Span,
    pub(crate) reason: String,
}

/// Cuts of one document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Cuts {
    /// In order of the text.
    pub(crate) cuts: Vec<Cut>,
    /// Bytes of text that are left.
    pub(crate) left_bytes: u64,
}

/// Returns the cuts of each living row; empty where nothing is cut.
///
/// # Errors
/// [`Error::Internal`] if the columns are missing or of another type.
pub(crate) fn cuts(edits: &Edits, rows: &RecordBatch, alive: &[bool]) -> Result<Vec<Cuts>> {
    let mut all = vec![Cuts::default(); rows.num_rows()];
    if edits.reasons.is_empty() {
        return Ok(all);
    }
    let column_of_spans = column(rows, LINE_SPANS)?;
    let lists = column_of_spans.as_list_opt::<i32>();
    let lists = lists.ok_or_else(|| spans::mistyped(column_of_spans, LINE_SPANS, "reason"))?;
    let bytes = arrow::compute::cast(
        column(rows, TEXT_BYTES)?,
        &arrow::datatypes::DataType::UInt64,
    )?;
    let bytes = bytes.as_primitive::<UInt64Type>();
    for row in (0..rows.num_rows()).filter(|&row| alive[row] && lists.is_valid(row)) {
        if lists.value_length(row) == 0 {
            continue;
        }
        let cuts = cuts_of(edits, &lists.value(row))?;
        if cuts.is_empty() {
            continue;
        }
        let removed = covered(&cuts);
        let left_bytes = bytes.value(row).saturating_sub(removed);
        all[row] = Cuts { cuts, left_bytes };
    }
    Ok(all)
}

fn cuts_of(edits: &Edits, spans: &ArrayRef) -> Result<Vec<Cut>> {
    let mut cuts: Vec<Cut> = spans::named(spans, LINE_SPANS, "reason")?
        .into_iter()
        .filter(|(_, reason)| edits.reasons.iter().any(|wanted| wanted == reason))
        .map(|(span, reason)| Cut { span, reason })
        .collect();
    cuts.sort_by_key(|cut| cut.span);
    Ok(cuts)
}

/// Bytes that the spans cover together; they are sorted and may overlap.
fn covered(cuts: &[Cut]) -> u64 {
    let (mut bytes, mut at) = (0, 0);
    for Cut { span, .. } in cuts {
        let start = span.start.max(at);
        bytes += span.end.saturating_sub(start) as u64;
        at = at.max(span.end);
    }
    bytes
}
