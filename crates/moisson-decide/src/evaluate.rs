//! One rule over one batch: the column is read once, the choice of type and bound is made once, rows are a loop.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use moisson_core::column::column;
use moisson_core::{Error, Result, TextColumn};

use crate::rule::{Bound, Nulls, Value};
use crate::rule_set::CompiledRule;

/// A row that fails a rule.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Failure {
    pub(crate) row: usize,
    /// `None` where the value is null and the rule drops nulls.
    pub(crate) observed: Option<String>,
    pub(crate) threshold: String,
}

/// The genre of each row as a number, so that a bound is looked up without comparing strings.
#[derive(Debug)]
pub(crate) struct Genres<'a> {
    names: Vec<Option<&'a str>>,
    of_row: Vec<usize>,
}

impl<'a> Genres<'a> {
    /// Reads the column `genre`.
    pub(crate) fn try_new(rows: &'a RecordBatch) -> Result<Self> {
        let mut numbers: BTreeMap<Option<&str>, usize> = BTreeMap::new();
        let mut names = Vec::new();
        let of_row = TextColumn::try_new(rows, "genre")?
            .iter()
            .map(|genre| {
                *numbers.entry(genre).or_insert_with(|| {
                    names.push(genre);
                    names.len() - 1
                })
            })
            .collect();
        Ok(Self { names, of_row })
    }
}

/// Returns the living rows that fail the rule, in order.
///
/// # Errors
/// [`Error::Internal`] if the column is missing or of another type than rules of this kind take.
pub(crate) fn failures(
    rule: &CompiledRule,
    rows: &RecordBatch,
    genres: &Genres<'_>,
    alive: &[bool],
) -> Result<Vec<Failure>> {
    let bounds: Vec<Option<&Bound>> = genres.names.iter().map(|name| rule.bound(*name)).collect();
    let asked: Vec<(usize, &Bound)> = (0..rows.num_rows())
        .filter(|&row| alive[row])
        .filter_map(|row| bounds[genres.of_row[row]].map(|bound| (row, bound)))
        .collect();
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let name = rule.rule.column.as_str();
    let drops_null = rule.rule.null == Nulls::Drop;
    match rule.rule.bound {
        Bound::Below(_) | Bound::Above(_) | Bound::Equals(Value::Number(_)) => {
            numbers(rows, name, &asked, drops_null)
        }
        Bound::In(_) | Bound::NotIn(_) | Bound::Equals(Value::Text(_)) => {
            texts(rows, name, &asked, drops_null)
        }
        Bound::IsTrue(_) | Bound::Equals(Value::Flag(_)) => flags(rows, name, &asked, drops_null),
    }
}

fn null(row: usize, bound: &Bound) -> Failure {
    Failure {
        row,
        observed: None,
        threshold: bound.to_string(),
    }
}

fn numbers(
    rows: &RecordBatch,
    name: &str,
    asked: &[(usize, &Bound)],
    drops_null: bool,
) -> Result<Vec<Failure>> {
    let array = column(rows, name)?;
    let single = *array.data_type() == DataType::Float32;
    let wide = cast(array, &DataType::Float64)?;
    let values = wide.as_primitive::<Float64Type>();
    // A ratio kept in single precision is compared and printed as such: 0.1 there is a little above 0.1 here.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "rounding to the column's precision is meant"
    )]
    let level = |bound: f64| {
        if single {
            f64::from(bound as f32)
        } else {
            bound
        }
    };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the value came from a single"
    )]
    let shown = |value: f64| {
        if single {
            (value as f32).to_string()
        } else {
            value.to_string()
        }
    };
    let mut failures = Vec::new();
    for &(row, bound) in asked {
        if values.is_null(row) {
            failures.extend(drops_null.then(|| null(row, bound)));
            continue;
        }
        let value = values.value(row);
        let fails = match *bound {
            Bound::Below(least) => value < level(least),
            Bound::Above(most) => value > level(most),
            Bound::Equals(Value::Number(same)) => value.total_cmp(&level(same)).is_eq(),
            _ => false,
        };
        if fails {
            failures.push(Failure {
                row,
                observed: Some(shown(value)),
                threshold: bound.to_string(),
            });
        }
    }
    Ok(failures)
}

fn texts(
    rows: &RecordBatch,
    name: &str,
    asked: &[(usize, &Bound)],
    drops_null: bool,
) -> Result<Vec<Failure>> {
    let values = TextColumn::try_new(rows, name)?;
    let mut failures = Vec::new();
    for &(row, bound) in asked {
        let Some(value) = values.get(row) else {
            failures.extend(drops_null.then(|| null(row, bound)));
            continue;
        };
        let has = |list: &[String]| list.iter().any(|other| other == value);
        let fails = match bound {
            Bound::In(list) => has(list),
            Bound::NotIn(list) => !has(list),
            Bound::Equals(Value::Text(same)) => same == value,
            _ => false,
        };
        if fails {
            failures.push(Failure {
                row,
                observed: Some(value.to_owned()),
                threshold: bound.to_string(),
            });
        }
    }
    Ok(failures)
}

fn flags(
    rows: &RecordBatch,
    name: &str,
    asked: &[(usize, &Bound)],
    drops_null: bool,
) -> Result<Vec<Failure>> {
    let array = column(rows, name)?;
    let values = array.as_boolean_opt().ok_or_else(|| {
        Error::internal(format!(
            "column `{name}` is {}, not true or false",
            array.data_type()
        ))
    })?;
    let mut failures = Vec::new();
    for &(row, bound) in asked {
        if values.is_null(row) {
            failures.extend(drops_null.then(|| null(row, bound)));
            continue;
        }
        let value = values.value(row);
        let fails = match *bound {
            Bound::IsTrue(flag) | Bound::Equals(Value::Flag(flag)) => value == flag,
            _ => false,
        };
        if fails {
            failures.push(Failure {
                row,
                observed: Some(value.to_string()),
                threshold: bound.to_string(),
            });
        }
    }
    Ok(failures)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{
        ArrayRef, BooleanArray, Float32Array, Float64Array, RecordBatch, StringArray, UInt32Array,
    };

    use super::{Genres, failures};
    use crate::{RuleSet, RulesConfig};

    /// Runs a rule over a column and returns the failing rows with what was observed.
    fn run(
        body: &str,
        genres: Vec<Option<&str>>,
        column: (&str, ArrayRef),
    ) -> Vec<(usize, String)> {
        let config: RulesConfig = toml::from_str(body).unwrap();
        let rules = RuleSet::compile(&[], &config).unwrap();
        let alive = vec![true; genres.len()];
        let genre: ArrayRef = Arc::new(StringArray::from(genres));
        let rows = RecordBatch::try_from_iter_with_nullable([
            ("genre", genre, true),
            (column.0, column.1, true),
        ])
        .unwrap();
        let genres = Genres::try_new(&rows).unwrap();
        failures(&rules.rules()[0], &rows, &genres, &alive)
            .unwrap()
            .into_iter()
            .map(|failure| (failure.row, failure.observed.unwrap_or_default()))
            .collect()
    }

    #[test]
    fn numbers_of_every_width() {
        let check = |bound: &str, array: ArrayRef, expected: &[(usize, &str)]| {
            let body = format!("[[rule]]\ncode='quality/x'\ncolumn='quality_word_count'\n{bound}");
            let genres = vec![None; array.len()];
            let expected: Vec<(usize, String)> = expected
                .iter()
                .map(|&(row, text)| (row, text.to_owned()))
                .collect();
            assert_eq!(
                run(&body, genres, ("quality_word_count", array)),
                expected,
                "{bound}"
            );
        };
        let counts = || Arc::new(UInt32Array::from(vec![Some(49), Some(50), Some(51), None]));
        check("below=50", counts(), &[(0, "49")]);
        check("above=50", counts(), &[(2, "51")]);
        check("equals=50", counts(), &[(1, "50")]);
        check("below=50\nnull='drop'", counts(), &[(0, "49"), (3, "")]);
        // The bound itself passes, in either precision.
        check(
            "above=0.1",
            Arc::new(Float32Array::from(vec![0.1, 0.11])),
            &[(1, "0.11")],
        );
        check(
            "below=0.1",
            Arc::new(Float32Array::from(vec![0.1, 0.09])),
            &[(1, "0.09")],
        );
        check(
            "above=0.1",
            Arc::new(Float64Array::from(vec![0.1, 0.11])),
            &[(1, "0.11")],
        );
    }

    #[test]
    fn texts_and_flags() {
        let languages = || -> ArrayRef {
            Arc::new(StringArray::from(vec![
                Some("fra_Latn"),
                Some("eng_Latn"),
                None,
            ]))
        };
        let check = |bound: &str, expected: &[usize]| {
            let body = format!("[[rule]]\ncode='language/x'\ncolumn='language'\n{bound}");
            let found = run(&body, vec![None; 3], ("language", languages()));
            let rows: Vec<usize> = found.iter().map(|(row, _)| *row).collect();
            assert_eq!(rows, expected, "{bound}");
        };
        check("not_in=['fra_Latn']", &[1]);
        check("not_in=['fra_Latn']\nnull='drop'", &[1, 2]);
        check("in=['fra_Latn','deu_Latn']", &[0]);
        check("equals='eng_Latn'", &[1]);
        let body = "[[rule]]\ncode='quality/x'\ncolumn='quality_c4_has_lorem_ipsum'\nis_true=true";
        let flags: ArrayRef = Arc::new(BooleanArray::from(vec![Some(true), Some(false), None]));
        let found = run(body, vec![None; 3], ("quality_c4_has_lorem_ipsum", flags));
        assert_eq!(found, [(0, "true".to_owned())]);
    }

    #[test]
    fn bounds_follow_the_genre() {
        let body = "[[rule]]\ncode='quality/x'\ncolumn='quality_word_count'\nbelow=50\nexcept_genres=['book']\n[genre.law.'quality/x']\nbelow=10";
        let genres = vec![None, Some("law"), Some("law"), Some("book"), Some("debate")];
        let counts: ArrayRef = Arc::new(UInt32Array::from(vec![30, 30, 9, 1, 30]));
        let rows: Vec<usize> = run(body, genres, ("quality_word_count", counts))
            .iter()
            .map(|(row, _)| *row)
            .collect();
        assert_eq!(rows, [0, 2, 4]);
    }
}
