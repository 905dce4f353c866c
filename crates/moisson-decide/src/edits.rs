//! Line spans that are cut, and the documents of which too little is left.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::UInt64Type;
use moisson_core::column::column;
use moisson_core::{Error, Result, Span, TextColumn};

use crate::columns::{LINE_SPANS, TEXT_BYTES};
use crate::rule_set::Edits;

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
    let spans = column(rows, LINE_SPANS)?;
    let lists = spans.as_list_opt::<i32>().ok_or_else(|| mistyped(spans))?;
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
    let fields = spans.as_struct_opt().ok_or_else(|| mistyped(spans))?;
    let number = |name: &str| {
        let array = fields.column_by_name(name).ok_or_else(|| mistyped(spans))?;
        array
            .as_primitive_opt::<UInt64Type>()
            .ok_or_else(|| mistyped(spans))
    };
    let (starts, ends) = (number("start")?, number("end")?);
    let as_rows = RecordBatch::from(fields.clone());
    let reasons = TextColumn::try_new(&as_rows, "reason")?;
    let place = |value: u64| usize::try_from(value).map_err(|_| mistyped(spans));
    let mut cuts = Vec::new();
    for at in 0..spans.len() {
        let reason = reasons.get(at).unwrap_or_default();
        if edits.reasons.iter().any(|wanted| wanted == reason) {
            cuts.push(Cut {
                span: Span {
                    start: place(starts.value(at))?,
                    end: place(ends.value(at))?,
                },
                reason: reason.to_owned(),
            });
        }
    }
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

fn mistyped(array: &ArrayRef) -> Error {
    Error::internal(format!(
        "column `{LINE_SPANS}` holds {}, not a list of (start: UInt64, end: UInt64, reason: Utf8)",
        array.data_type()
    ))
}
