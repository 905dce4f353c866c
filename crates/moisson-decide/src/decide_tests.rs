//! Whole batches through the gate and the rules.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, ListBuilder, RecordBatch, StringBuilder, StructBuilder, UInt32Array, UInt64Array,
    UInt64Builder,
};
use arrow::datatypes::{DataType, Field, Fields};
use moisson_core::document::strings;
use moisson_core::{Edit, Effect, Span};
use moisson_rights::Tier;

use crate::{LicenceGate, Outcome, RuleSet, RulesConfig, decide};

/// Licence status, words, mean word length, spans (start, end, reason) in a text of 100 bytes.
type Row = (&'static str, u32, u32, &'static [(u64, u64, &'static str)]);

const RULES: &str = "
edits = ['line/too-few-words', 'line/policy']
left_bytes_min = 40
[[rule]]
code = 'quality/too-few-words'
column = 'quality_word_count'
below = 50
[[rule]]
code = 'quality/words-too-long'
column = 'quality_mean_word_length'
above = 10
";

fn batch(rows: &[Row]) -> RecordBatch {
    let fields = Fields::from(vec![
        Field::new("start", DataType::UInt64, false),
        Field::new("end", DataType::UInt64, false),
        Field::new("reason", DataType::Utf8, false),
    ]);
    let mut spans = ListBuilder::new(StructBuilder::from_fields(fields, 0));
    for row in rows {
        for &(start, end, reason) in row.3 {
            let span = spans.values();
            span.field_builder::<UInt64Builder>(0)
                .unwrap()
                .append_value(start);
            span.field_builder::<UInt64Builder>(1)
                .unwrap()
                .append_value(end);
            span.field_builder::<StringBuilder>(2)
                .unwrap()
                .append_value(reason);
            span.append(true);
        }
        spans.append(true);
    }
    let all = |text: &'static str| strings(rows.iter().map(|_| Some(text)));
    let columns: Vec<(&str, ArrayRef)> = vec![
        (
            "doc_id",
            strings((0..rows.len()).map(|at| Some(format!("s/{at}")))),
        ),
        ("source", all("s")),
        ("genre", strings(rows.iter().map(|_| None::<&str>))),
        (
            "licence_status",
            strings(rows.iter().map(|row| Some(row.0))),
        ),
        ("licence", all("etalab-2.0")),
        ("licence_tier", all("attribution")),
        ("licence_evidence", all("declared")),
        ("licence_statement", all("Licence Ouverte")),
        ("licence_detail", all("page footer")),
        ("licence_verdict", all("")),
        ("optout_verdict", all("clear")),
        ("optout_signals", all("[]")),
        (
            "quality_word_count",
            Arc::new(rows.iter().map(|row| Some(row.1)).collect::<UInt32Array>()),
        ),
        (
            "quality_mean_word_length",
            Arc::new(rows.iter().map(|row| Some(row.2)).collect::<UInt32Array>()),
        ),
        (
            "quality_text_bytes",
            Arc::new(rows.iter().map(|_| Some(100)).collect::<UInt64Array>()),
        ),
        ("quality_c4_line_spans", Arc::new(spans.finish())),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, a)| (n, a, true)))
        .unwrap()
}

fn run(rows: &[Row], alive: &[bool]) -> Outcome {
    let config: RulesConfig = toml::from_str(RULES).unwrap();
    let rules = RuleSet::compile(&[], &config).unwrap();
    let gate = LicenceGate {
        tier: Tier::Attribution,
        accept_assumed: false,
    };
    decide(&gate, &rules, &batch(rows), alive).unwrap()
}

#[test]
fn one_row_as_a_table() {
    // Decisions as (reason, counted).
    let check = |row: Row, expected: &[(&str, bool)]| {
        let outcome = run(&[row], &[true]);
        let found: Vec<(&str, bool)> = outcome
            .decisions
            .iter()
            .map(|(_, decision)| (decision.reason.as_str(), decision.counted))
            .collect();
        assert_eq!(found, expected);
        assert_eq!(
            outcome.alive[0],
            !expected.iter().any(|(_, counted)| *counted)
        );
        // Exactly one counted row per dropped document.
        let counted = expected.iter().filter(|(_, counted)| *counted).count();
        assert!(counted <= 1);
        let quiet = run(&[row], &[false]);
        assert!(quiet.decisions.is_empty() && !quiet.alive[0]);
    };
    check(("known", 50, 10, &[]), &[]);
    check(("unknown", 1, 99, &[]), &[("licence/unknown", true)]);
    check(("known", 49, 10, &[]), &[("quality/too-few-words", true)]);
    check(
        ("known", 49, 11, &[]),
        &[
            ("quality/too-few-words", true),
            ("quality/words-too-long", false),
        ],
    );
    check(
        ("known", 50, 5, &[(0, 10, "line/policy")]),
        &[("line/policy", false)],
    );
    check(("known", 50, 5, &[(0, 10, "line/not-asked-for")]), &[]);
    check(
        ("known", 50, 5, &[(0, 61, "line/policy")]),
        &[("edit/too-little-left", true)],
    );
    // Overlapping spans are not counted twice: 60 bytes are cut and 40 are left.
    check(
        (
            "known",
            50,
            5,
            &[(0, 40, "line/policy"), (20, 60, "line/too-few-words")],
        ),
        &[("line/policy", false), ("line/too-few-words", false)],
    );
    check(
        ("known", 49, 5, &[(0, 61, "line/policy")]),
        &[
            ("quality/too-few-words", true),
            ("edit/too-little-left", false),
        ],
    );
}

#[test]
fn decisions_tell_what_was_seen() {
    let outcome = run(
        &[
            ("ambiguous", 60, 5, &[]),
            (
                "known",
                60,
                5,
                &[(20, 30, "line/policy"), (3, 9, "line/policy")],
            ),
            ("known", 7, 5, &[]),
        ],
        &[true; 3],
    );
    let rows: Vec<usize> = outcome.decisions.iter().map(|(row, _)| *row).collect();
    assert_eq!(rows, [0, 1, 1, 2]);
    let licence = &outcome.decisions[0].1;
    assert_eq!(
        (
            licence.step,
            licence.observed.as_deref(),
            licence.threshold.as_deref()
        ),
        ("licence", Some("etalab-2.0"), Some("attribution"))
    );
    assert_eq!(
        licence.detail.as_deref(),
        Some(
            "`etalab-2.0` contradicts or limits itself, so the strictest reading counts; a person can decide in a rights file. page footer"
        )
    );
    let edit = &outcome.decisions[1].1;
    assert_eq!(
        (edit.effect, edit.span_start, edit.span_end),
        (Effect::Edit, Some(3), Some(9))
    );
    let rule = &outcome.decisions[3].1;
    assert_eq!(
        (
            rule.doc_id.as_deref(),
            rule.observed.as_deref(),
            rule.threshold.as_deref()
        ),
        (Some("s/2"), Some("7"), Some("50"))
    );
    assert_eq!(rule.rule, "pipeline:quality_word_count");
    assert_eq!(
        outcome.edits[1],
        [Span { start: 3, end: 9 }, Span { start: 20, end: 30 }].map(Edit::cut)
    );
    assert!(outcome.edits[0].is_empty() && outcome.edits[2].is_empty());
}

#[test]
fn batches_may_be_cut_anywhere() {
    let rows: [Row; 4] = [
        ("known", 49, 11, &[]),
        ("unknown", 49, 11, &[]),
        ("known", 60, 5, &[(0, 10, "line/policy")]),
        ("known", 60, 5, &[]),
    ];
    let whole = run(&rows, &[true; 4]);
    for cut in 0..=rows.len() {
        let left = run(&rows[..cut], &vec![true; cut]);
        let right = run(&rows[cut..], &vec![true; rows.len() - cut]);
        assert_eq!([left.alive, right.alive].concat(), whole.alive);
        assert_eq!([left.edits, right.edits].concat(), whole.edits);
        assert_eq!(
            left.decisions.len() + right.decisions.len(),
            whole.decisions.len()
        );
    }
}

#[test]
fn a_missing_column_or_flag_is_told() {
    let config: RulesConfig = toml::from_str(RULES).unwrap();
    let rules = RuleSet::compile(&["gopher".to_owned()], &config).unwrap();
    let gate = LicenceGate {
        tier: Tier::Attribution,
        accept_assumed: false,
    };
    let rows = batch(&[("known", 60, 5, &[])]);
    let error = decide(&gate, &rules, &rows, &[true])
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("no column `quality_symbol_word_ratio`"),
        "{error}"
    );
    let error = decide(&gate, &rules, &rows, &[]).unwrap_err().to_string();
    assert!(
        error.contains("1 rows to decide on, but 0 flags"),
        "{error}"
    );
}
