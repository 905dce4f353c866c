//! The two steps that decide on one document at a time: the licence gate with the opt-outs, then the rules.

use arrow::array::RecordBatch;
use moisson_core::{Decision, Edit, Effect, Error, Result, TextColumn, Unit, reason};

use crate::edits::cuts;
use crate::evaluate::{Genres, failures};
use crate::licence::{LicenceGate, refusals};
use crate::optout;
use crate::rule_set::RuleSet;

/// What was decided on a batch.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outcome {
    /// Ledger rows, each with the row of the batch it is about, in order of rows.
    pub decisions: Vec<(usize, Decision)>,
    /// Which rows are still to be released.
    pub alive: Vec<bool>,
    /// Edits of each row that is alive: cuts in order of the text, then what personal data is replaced with.
    pub edits: Vec<Vec<Edit>>,
}

/// Holds each living row against the licence gate, and what passes against the rules.
///
/// `rows` has `doc_id`, `source`, `genre`, the `licence_*` and `optout_*` columns and [`RuleSet::columns`], row-aligned. All rules of
/// a step are asked, so that each can be judged alone; the first that fails is the counted one. The rules are not
/// asked of a document that the gate stops. Cuts come last: they are decided for what the rules let pass, except that
/// `edit/too-little-left` is asked with the rules, as the last of them.
///
/// # Errors
/// [`Error::Internal`] if a column is missing or `alive` has another length.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "settings are passed as the rules are"
)]
pub fn decide(
    gate: &LicenceGate,
    rules: &RuleSet,
    rows: &RecordBatch,
    alive: &[bool],
) -> Result<Outcome> {
    if alive.len() != rows.num_rows() {
        return Err(Error::internal(format!(
            "{} rows to decide on, but {} flags",
            rows.num_rows(),
            alive.len()
        )));
    }
    let names = Names::try_new(rows)?;
    let mut outcome = Outcome {
        decisions: Vec::new(),
        alive: alive.to_vec(),
        edits: vec![Vec::new(); alive.len()],
    };
    decide_licence(*gate, rows, &names, &mut outcome)?;
    decide_optout(rows, &names, alive, &mut outcome)?;
    decide_rules(rules, rows, &names, &mut outcome)?;
    outcome.decisions.sort_by_key(|(row, _)| *row);
    Ok(outcome)
}

fn decide_licence(
    gate: LicenceGate,
    rows: &RecordBatch,
    names: &Names<'_>,
    outcome: &mut Outcome,
) -> Result<()> {
    for refusal in refusals(gate, rows, &outcome.alive)? {
        let row = refusal.row;
        let decision = Decision {
            counted: true,
            step: "licence",
            rule: "gate".to_owned(),
            reason: refusal.reason.to_owned(),
            observed: refusal.observed,
            threshold: Some(gate.tier.name().to_owned()),
            detail: refusal.detail,
            ..names.decision(row)
        };
        outcome.alive[row] = false;
        outcome.decisions.push((row, decision));
    }
    Ok(())
}

/// Opt-outs are told of documents that the licence gate stops, too: what is stopped twice is counted once.
fn decide_optout(
    rows: &RecordBatch,
    names: &Names<'_>,
    asked: &[bool],
    outcome: &mut Outcome,
) -> Result<()> {
    for refusal in optout::refusals(rows, asked)? {
        let row = refusal.row;
        let decision = Decision {
            counted: std::mem::replace(&mut outcome.alive[row], false),
            step: "licence",
            rule: "optout".to_owned(),
            reason: refusal.reason.to_owned(),
            observed: refusal.observed,
            detail: refusal.detail,
            ..names.decision(row)
        };
        outcome.decisions.push((row, decision));
    }
    Ok(())
}

fn decide_rules(
    rules: &RuleSet,
    rows: &RecordBatch,
    names: &Names<'_>,
    outcome: &mut Outcome,
) -> Result<()> {
    let asked = outcome.alive.clone();
    let genres = Genres::try_new(rows)?;
    for rule in rules.rules() {
        for failure in failures(rule, rows, &genres, &asked)? {
            let row = failure.row;
            let decision = Decision {
                counted: std::mem::replace(&mut outcome.alive[row], false),
                step: "rules",
                rule: format!("{}:{}", rule.origin, rule.rule.column),
                reason: rule.rule.code.clone(),
                observed: failure.observed,
                threshold: Some(failure.threshold),
                ..names.decision(row)
            };
            outcome.decisions.push((row, decision));
        }
    }
    let left_bytes_min = rules.edits().left_bytes_min;
    for (row, cuts) in cuts(rules.edits(), rows, &asked)?.into_iter().enumerate() {
        if cuts.cuts.is_empty() {
            continue;
        }
        if cuts.left_bytes < left_bytes_min {
            let decision = Decision {
                counted: std::mem::replace(&mut outcome.alive[row], false),
                step: "rules",
                rule: "edits".to_owned(),
                reason: reason::EDIT_TOO_LITTLE_LEFT.to_owned(),
                observed: Some(cuts.left_bytes.to_string()),
                threshold: Some(left_bytes_min.to_string()),
                ..names.decision(row)
            };
            outcome.decisions.push((row, decision));
        }
        if !outcome.alive[row] {
            continue;
        }
        for cut in cuts.cuts {
            let decision = Decision {
                unit: Unit::Span,
                effect: Effect::Edit,
                step: "rules",
                rule: "edits".to_owned(),
                reason: cut.reason,
                span_start: Some(cut.span.start as u64),
                span_end: Some(cut.span.end as u64),
                ..names.decision(row)
            };
            outcome.decisions.push((row, decision));
            outcome.edits[row].push(Edit::cut(cut.span));
        }
    }
    Ok(())
}

/// Names of the documents of a batch.
#[derive(Debug)]
pub(crate) struct Names<'a> {
    doc_id: TextColumn<'a>,
    source: TextColumn<'a>,
}

impl<'a> Names<'a> {
    pub(crate) fn try_new(rows: &'a RecordBatch) -> Result<Self> {
        Ok(Self {
            doc_id: TextColumn::try_new(rows, "doc_id")?,
            source: TextColumn::try_new(rows, "source")?,
        })
    }

    /// A drop of a record, with only its name filled in.
    pub(crate) fn decision(&self, row: usize) -> Decision {
        Decision {
            source: self.source.get(row).unwrap_or_default().to_owned(),
            doc_id: self.doc_id.get(row).map(str::to_owned),
            ..Decision::default()
        }
    }
}
