//! Precision and recall of the detectors of personal data on the labelled cases of `tests/pii`.
//!
//! The table of `docs/personal-data.md` is written by this test with `MOISSON_UPDATE_GOLDEN=1`. What is missed or found
//! by mistake is listed for `dev.toml` only: whoever changes the detectors must not look at the cases set aside.
#![expect(clippy::unwrap_used, reason = "test code")]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Range;
use std::path::Path;

use arrow::array::{Array, AsArray};
use arrow::datatypes::UInt64Type;
use moisson_annotate::pii::PiiAnnotator;
use moisson_core::{Annotator, Date, Digest, Document, Documents, Key};
use moisson_rights::personal::{Class, PersonalConfig};
use serde::Deserialize;

const PRECISION_MIN: f64 = 0.97;
const RECALL_MIN: f64 = 0.95;

/// A class and where it is, in bytes of the text.
type Span = (Class, Range<usize>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    #[serde(rename = "from")]
    _from: String,
    genre: Option<String>,
    date: Option<String>,
    text: String,
}

impl Case {
    /// The text as detectors see it, and the spans that were marked in it.
    fn split(&self) -> (String, Vec<Span>) {
        let (mut text, mut spans) = (String::new(), Vec::new());
        let mut rest = self.text.as_str();
        while let Some((before, after)) = rest.split_once('«') {
            text.push_str(before);
            let class = after
                .split_once(':')
                .and_then(|(name, value)| Some((Class::from_name(name)?, value)));
            if let Some((class, value)) = class {
                let (value, after) = value.split_once('»').unwrap();
                spans.push((class, text.len()..text.len() + value.len()));
                text.push_str(value);
                rest = after;
            } else {
                text.push('«');
                rest = after;
            }
        }
        text.push_str(rest);
        (text, spans)
    }

    /// Names are looked for only where a profile asks.
    fn measures(&self, class: Class) -> bool {
        class != Class::Person || self.genre.as_deref() == Some("decision")
    }
}

/// How often a class was marked, found, and both.
#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    labelled: usize,
    found: usize,
    right_labels: usize,
    right_finds: usize,
}

impl Tally {
    fn precision(self) -> f64 {
        self.right_finds as f64 / self.found.max(1) as f64
    }

    fn recall(self) -> f64 {
        self.right_labels as f64 / self.labelled.max(1) as f64
    }

    fn add(&mut self, other: Self) {
        self.labelled += other.labelled;
        self.found += other.found;
        self.right_labels += other.right_labels;
        self.right_finds += other.right_finds;
    }
}

fn has_digit(text: Option<&str>) -> bool {
    text.is_some_and(|text| text.contains(|c: char| c.is_ascii_digit()))
}

/// The same class, at least half of each inside the other, and of an identifier no digit left outside.
fn agree(text: &str, label: &Span, find: &Span) -> bool {
    let (a, b) = (&label.1, &find.1);
    let (start, end) = (a.start.max(b.start), a.end.min(b.end));
    if label.0 != find.0 || start >= end {
        return false;
    }
    let loose = matches!(label.0, Class::Address | Class::BirthDate | Class::Person);
    let outside = [a.start..start, end..a.end, b.start..start, end..b.end];
    (end - start) * 2 >= a.len()
        && (end - start) * 2 >= b.len()
        && (loose || !outside.into_iter().any(|part| has_digit(text.get(part))))
}

/// What the annotator marks in the texts, case by case.
fn annotate(cases: &[Case]) -> Vec<Vec<Span>> {
    let mut documents = Documents::new("cases", "text@1");
    for (row, case) in cases.iter().enumerate() {
        let (text, _) = case.split();
        let digest = Digest::of(text.as_bytes());
        let key = Key::Declared(row.to_string());
        let mut document = Document::new(key, text, String::new(), digest);
        document.genre.clone_from(&case.genre);
        document.published_on = case.date.as_deref().map(|date| Date::parse(date).unwrap());
        documents.push(document);
    }
    let annotator = PiiAnnotator::new(PersonalConfig::default()).unwrap();
    let columns = annotator.annotate(&documents.finish().unwrap()).unwrap();
    let spans = columns.column_by_name("pii_spans").unwrap();
    let spans = spans.as_list::<i32>();
    (0..spans.len())
        .map(|row| {
            let row = spans.value(row);
            let row = row.as_struct();
            let number = |name| {
                let column = row.column_by_name(name).unwrap();
                column.as_primitive::<UInt64Type>().clone()
            };
            let (starts, ends) = (number("start"), number("end"));
            let classes = row.column_by_name("class").unwrap().as_string::<i32>();
            (0..row.len())
                .map(|i| {
                    let class = Class::from_name(classes.value(i)).unwrap();
                    let [start, end] =
                        [&starts, &ends].map(|c| usize::try_from(c.value(i)).unwrap());
                    (class, start..end)
                })
                .collect()
        })
        .collect()
}

/// Measures all cases; the lines say what is wrong, for whoever may know.
fn measure(cases: &[Case]) -> (BTreeMap<Class, Tally>, Vec<String>) {
    let mut tallies: BTreeMap<Class, Tally> = Class::ALL.map(|c| (c, Tally::default())).into();
    let mut wrong = Vec::new();
    for (case, mut finds) in cases.iter().zip(annotate(cases)) {
        let (text, mut labels) = case.split();
        labels.retain(|(class, _)| case.measures(*class));
        finds.retain(|(class, _)| case.measures(*class));
        for label in &labels {
            let right = finds.iter().any(|find| agree(&text, label, find));
            let tally = tallies.get_mut(&label.0).unwrap();
            tally.labelled += 1;
            tally.right_labels += usize::from(right);
            if !right {
                wrong.push(format!("missed {}: {}", label.0, case.text));
            }
        }
        for find in &finds {
            let right = labels.iter().any(|label| agree(&text, label, find));
            let tally = tallies.get_mut(&find.0).unwrap();
            tally.found += 1;
            tally.right_finds += usize::from(right);
            if !right {
                let found = text.get(find.1.clone()).unwrap();
                wrong.push(format!("mistaken {} `{found}`: {}", find.0, case.text));
            }
        }
    }
    (tallies, wrong)
}

fn table(tallies: &BTreeMap<Class, Tally>) -> String {
    let mut table = String::from(
        "| class | labelled | found | precision | recall | reached |\n| --- | ---: | ---: | ---: | ---: | --- |\n",
    );
    let mut all = Tally::default();
    let mut row = |name: &str, tally: Tally| {
        let (precision, recall) = (tally.precision(), tally.recall());
        writeln!(
            table,
            "| {name} | {} | {} | {precision:.3} | {recall:.3} | {} |",
            tally.labelled,
            tally.found,
            reached(tally)
        )
        .unwrap();
    };
    for (class, tally) in tallies {
        row(&format!("`{class}`"), *tally);
        all.add(*tally);
    }
    row("all", all);
    table
}

/// Whether a class reaches the bounds, for the table.
fn reached(tally: Tally) -> &'static str {
    if tally.precision() >= PRECISION_MIN && tally.recall() >= RECALL_MIN {
        "yes"
    } else {
        "**below**"
    }
}

fn cases(toml: &str) -> Vec<Case> {
    toml::from_str::<Cases>(toml).unwrap().case
}

fn dev() -> Vec<Case> {
    cases(include_str!("pii/dev.toml"))
}

fn held_out() -> Vec<Case> {
    cases(include_str!("pii/held-out.toml"))
}

/// Compares what stands between two marks of `docs/personal-data.md`, or renews it.
#[expect(clippy::disallowed_methods, reason = "a golden file")]
fn compare_documentation(mark: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/personal-data.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (begin, end) = (
        format!("<!-- {mark}: begin -->\n"),
        format!("<!-- {mark}: end -->"),
    );
    let (before, rest) = page.split_once(&begin).unwrap();
    let (there, after) = rest.split_once(&end).unwrap();
    if std::env::var_os("MOISSON_UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, format!("{before}{begin}{expected}{end}{after}")).unwrap();
        return;
    }
    assert_eq!(
        there, expected,
        "docs/personal-data.md differs; if the change is meant, run again with MOISSON_UPDATE_GOLDEN=1 and review it"
    );
}

#[test]
fn labels_as_a_table() {
    let check = |marked: &str, text: &str, spans: &[Span]| {
        let case = Case {
            _from: String::new(),
            genre: None,
            date: None,
            text: marked.to_owned(),
        };
        assert_eq!(case.split(), (text.to_owned(), spans.to_vec()));
    };
    check("rien", "rien", &[]);
    check("« a : b »", "« a : b »", &[]);
    check("é «ip:1.1.1.1».", "é 1.1.1.1.", &[(Class::Ip, 3..10)]);
}

#[test]
fn agreement_as_a_table() {
    let check = |class, label: Range<usize>, find: Range<usize>, expected| {
        let text = "tel 01 23 45 67 89 ok";
        let agreed = agree(text, &(class, label.clone()), &(class, find.clone()));
        assert_eq!(agreed, expected, "{class} {label:?} {find:?}");
    };
    check(Class::Phone, 4..18, 4..18, true);
    check(Class::Phone, 4..18, 3..19, true); // spaces do not matter
    check(Class::Phone, 4..18, 4..15, false); // digits left over
    check(Class::Address, 4..18, 4..15, true);
    check(Class::Address, 4..18, 4..10, false); // less than half
    check(Class::Address, 4..9, 4..18, false); // too much
    check(Class::Phone, 4..18, 18..20, false);
}

#[test]
fn every_class_has_cases_set_aside() {
    let (dev, held_out) = (dev(), held_out());
    assert!(dev.len() + held_out.len() >= 640 && held_out.len() >= dev.len());
    for class in Class::ALL {
        let positive = |cases: &[Case]| {
            let has = |case: &&Case| case.split().1.iter().any(|(c, _)| *c == class);
            cases.iter().filter(has).count()
        };
        assert!(
            positive(&held_out) >= 20,
            "{class}: {}",
            positive(&held_out)
        );
        assert!(positive(&dev) >= 10, "{class}: {}", positive(&dev));
    }
    let negative = |cases: &[Case]| cases.iter().filter(|c| c.split().1.is_empty()).count();
    assert!(negative(&held_out) >= 100 && negative(&dev) >= 60);
    let mut texts: Vec<&str> = dev
        .iter()
        .chain(&held_out)
        .map(|c| c.text.as_str())
        .collect();
    texts.sort_unstable();
    assert!(texts.is_sorted_by(|a, b| a < b), "a case stands twice");
}

#[test]
fn cases_for_development() {
    let (tallies, wrong) = measure(&dev());
    let table = table(&tallies);
    println!("{table}\n{}", wrong.join("\n"));
    compare_documentation("development", &table);
}

#[test]
fn cases_set_aside() {
    let (tallies, _) = measure(&held_out());
    compare_documentation("set aside", &table(&tallies));
}
