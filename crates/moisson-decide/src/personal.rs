//! Personal data: which of the spans that were found are replaced, and by what.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use moisson_core::{Decision, Edit, Effect, Error, Result, Span, TextColumn, Unit, With};
use moisson_rights::personal::{Action, Class, PersonalConfig};

use crate::columns::PII_SPANS;
use crate::decide::{Names, Outcome};
use crate::spans;

/// Name of the rule in the ledger.
const RULE: &str = "pii";

/// Columns that are looked at here, besides `doc_id` and `source`.
pub const COLUMNS: &[&str] = &[PII_SPANS, "pii_profile"];

/// Decides on the personal data of each row that is still alive: an edit for each span that its profile replaces.
///
/// What is done with a class follows from the profile in `pii_profile` and from `[pii]`
/// ([`PersonalConfig::action`]). The ledger names the class as reason (`pii/phone`), the profile as threshold and
/// `token` or `fiction` as detail, and never the value. Nothing is dropped here: ordinary rules may, by `pii_total` or
/// `pii_risk`. Rows without `pii_spans`, and batches without the columns, have nothing to replace.
///
/// # Errors
/// [`Error::Internal`] if a column is of another type or names a class that there is not.
pub fn replace_personal(
    config: &PersonalConfig,
    rows: &RecordBatch,
    outcome: &mut Outcome,
) -> Result<()> {
    let Some(column) = rows.column_by_name(PII_SPANS).filter(|_| config.enabled) else {
        return Ok(());
    };
    let lists = column.as_list_opt::<i32>();
    let lists = lists.ok_or_else(|| spans::mistyped(column, PII_SPANS, "class"))?;
    let profiles = TextColumn::try_new(rows, "pii_profile")?;
    let names = Names::try_new(rows)?;
    for row in 0..rows.num_rows() {
        let alive = outcome.alive.get(row).copied().unwrap_or_default();
        if !alive || lists.is_null(row) || lists.value_length(row) == 0 {
            continue;
        }
        let profile = profiles.get(row).unwrap_or_default();
        for (span, class) in found(&lists.value(row))? {
            let (with, action) = match config.action(profile, class) {
                None | Some(Action::Keep) => continue,
                Some(action @ Action::Token) => (With::Token(class.number()), action),
                Some(action @ Action::Fiction) => (With::Fiction(class.number()), action),
            };
            let decision = Decision {
                unit: Unit::Span,
                effect: Effect::Edit,
                step: "rules",
                rule: RULE.to_owned(),
                reason: format!("{RULE}/{class}"),
                threshold: Some(profile.to_owned()).filter(|name| !name.is_empty()),
                span_start: Some(span.start as u64),
                span_end: Some(span.end as u64),
                detail: Some(action.name().to_owned()),
                ..names.decision(row)
            };
            outcome.decisions.push((row, decision));
            outcome.edits[row].push(Edit { span, with });
        }
    }
    outcome.decisions.sort_by_key(|(row, _)| *row);
    Ok(())
}

/// Reads an edit back from its row of the ledger: a cut, unless it is a replacement of [`replace_personal`].
///
/// A replacement that cannot be read back is a cut: nothing is shipped that was to be replaced.
pub fn edit_of(decision: &Decision) -> Option<Edit> {
    let place = |at: Option<u64>| usize::try_from(at?).ok();
    let span = Span {
        start: place(decision.span_start)?,
        end: place(decision.span_end)?,
    };
    if decision.rule != RULE {
        return Some(Edit::cut(span));
    }
    let class = decision
        .reason
        .strip_prefix("pii/")
        .and_then(Class::from_name);
    let with = match (class, decision.detail.as_deref()) {
        (Some(class), Some("token")) => With::Token(class.number()),
        (Some(class), Some("fiction")) => With::Fiction(class.number()),
        _ => With::Nothing,
    };
    Some(Edit { span, with })
}

/// Spans of a document with their classes, as they lie in the column.
fn found(spans: &ArrayRef) -> Result<Vec<(Span, Class)>> {
    let class = |(span, name): (Span, String)| match Class::from_name(&name) {
        Some(class) => Ok((span, class)),
        None => Err(Error::internal(format!(
            "column `{PII_SPANS}` names the unknown class `{name}`"
        ))),
    };
    let named = spans::named(spans, PII_SPANS, "class")?;
    named.into_iter().map(class).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{
        ArrayRef, ListBuilder, StringBuilder, StructBuilder, UInt64Builder, make_builder,
    };
    use arrow::datatypes::{DataType, Field, Fields};
    use moisson_core::document::strings;

    use super::{
        Class, Edit, Effect, Outcome, PersonalConfig, RecordBatch, Span, With, edit_of,
        replace_personal,
    };

    /// Profile and spans of a document.
    type Row<'a> = (Option<&'a str>, &'a [(u64, u64, &'a str)]);

    fn batch(rows: &[Row<'_>]) -> RecordBatch {
        let fields = Fields::from(vec![
            Field::new("start", DataType::UInt64, false),
            Field::new("end", DataType::UInt64, false),
            Field::new("class", DataType::Utf8, false),
        ]);
        let builders = fields
            .iter()
            .map(|field| make_builder(field.data_type(), 0))
            .collect();
        let mut spans = ListBuilder::new(StructBuilder::new(fields, builders));
        for (_, found) in rows {
            for (start, end, class) in *found {
                let item = spans.values();
                for (at, value) in [(0, start), (1, end)] {
                    item.field_builder::<UInt64Builder>(at)
                        .unwrap()
                        .append_value(*value);
                }
                item.field_builder::<StringBuilder>(2)
                    .unwrap()
                    .append_value(class);
                item.append(true);
            }
            spans.append(!found.is_empty());
        }
        let ids: Vec<String> = (0..rows.len()).map(|row| format!("s/{row}")).collect();
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("doc_id", strings(ids.iter().map(Some))),
            ("source", strings(rows.iter().map(|_| Some("s")))),
            ("pii_profile", strings(rows.iter().map(|row| row.0))),
            ("pii_spans", Arc::new(spans.finish())),
        ];
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, a)| (n, a, true)))
            .unwrap()
    }

    fn run(config: &str, rows: &[Row<'_>]) -> Outcome {
        let config: PersonalConfig = toml::from_str(config).unwrap();
        let mut outcome = Outcome {
            decisions: Vec::new(),
            alive: vec![true; rows.len()],
            edits: vec![Vec::new(); rows.len()],
        };
        replace_personal(&config, &batch(rows), &mut outcome).unwrap();
        outcome
    }

    #[test]
    fn profiles_and_switches_as_a_table() {
        let check = |config: &str, profile: &str, class: &str, expected: Option<&str>| {
            let outcome = run(config, &[(Some(profile), &[(1, 4, class)])]);
            let found: Vec<Option<&str>> = outcome
                .decisions
                .iter()
                .map(|(_, decision)| decision.detail.as_deref())
                .collect();
            let expected: Vec<Option<&str>> = expected.into_iter().map(Some).collect();
            assert_eq!(found, expected, "{config} {profile} {class}");
            assert!(outcome.alive[0]);
        };
        check("", "general", "nir", Some("token"));
        check("", "general", "phone", Some("fiction"));
        check("", "general", "company", None);
        check("", "historical", "nir", None);
        check("", "unheard-of", "nir", Some("token"));
        check("classes = { nir = 'off' }", "general", "nir", None);
        check(
            "classes = { phone = 'token' }",
            "general",
            "phone",
            Some("token"),
        );
        check("enabled = false", "general", "nir", None);
    }

    #[test]
    fn the_ledger_tells_the_class_and_never_the_value() {
        let rows: [Row<'_>; 3] = [
            (Some("general"), &[(5, 9, "phone"), (0, 3, "nir")]),
            (Some("general"), &[]),
            (None, &[(2, 4, "email")]),
        ];
        let outcome = run("", &rows);
        let told: Vec<_> = outcome
            .decisions
            .iter()
            .map(|(row, d)| {
                (
                    *row,
                    d.reason.as_str(),
                    d.span_start,
                    d.threshold.as_deref(),
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                (0, "pii/phone", Some(5), Some("general")),
                (0, "pii/nir", Some(0), Some("general")),
                (2, "pii/email", Some(2), None),
            ]
        );
        for (row, decision) in &outcome.decisions {
            assert_eq!(decision.effect, Effect::Edit);
            assert!(decision.observed.is_none() && !decision.counted);
            assert!(outcome.edits[*row].contains(&edit_of(decision).unwrap()));
        }
        let mut dead = Outcome {
            alive: vec![false; 3],
            edits: vec![Vec::new(); 3],
            ..Outcome::default()
        };
        replace_personal(&PersonalConfig::default(), &batch(&rows), &mut dead).unwrap();
        assert!(dead.decisions.is_empty() && dead.edits.iter().all(Vec::is_empty));
    }

    #[test]
    fn edits_come_back_from_the_ledger_and_fail_closed() {
        let outcome = run("", &[(Some("general"), &[(5, 9, "phone")])]);
        let mut decision = outcome.decisions[0].1.clone();
        let span = Span { start: 5, end: 9 };
        let with = With::Fiction(Class::Phone.number());
        assert_eq!(edit_of(&decision), Some(Edit { span, with }));
        decision.reason = "pii/of-another-time".to_owned();
        assert_eq!(edit_of(&decision), Some(Edit::cut(span)));
        decision.rule = "edits".to_owned();
        assert_eq!(edit_of(&decision), Some(Edit::cut(span)));
        decision.span_end = None;
        assert_eq!(edit_of(&decision), None);
    }

    #[test]
    fn what_is_not_there_is_no_error_and_what_is_wrong_is() {
        let config = PersonalConfig::default();
        let bare = batch(&[(None, &[])]).project(&[0, 1]).unwrap();
        let mut outcome = Outcome {
            alive: vec![true],
            edits: vec![Vec::new()],
            ..Outcome::default()
        };
        replace_personal(&config, &bare, &mut outcome).unwrap();
        assert_eq!(outcome.edits, [vec![]]);
        let odd = batch(&[(None, &[(0, 1, "shoe-size")])]);
        let error = replace_personal(&config, &odd, &mut outcome).unwrap_err();
        assert!(
            error.to_string().contains("unknown class `shoe-size`"),
            "{error}"
        );
    }
}
