//! The tally of a shard or a release: what cards, catalogues and summaries are counted from, without looking at a row.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Date32Type, UInt64Type};
use moisson_core::column::column;
use moisson_core::{Date, Error, Result, TextColumn};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Footer key of a shard's tally, as JSON.
pub const TALLY_KEY: &str = "moisson.tally";

/// What documents that are counted together have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct TallyKey {
    /// Source in the pipeline.
    pub source: String,
    /// SPDX expression.
    pub licence: String,
    /// Licence family of the shard: the folder it lies in.
    pub licence_family: String,
    /// Language as annotated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Kind of text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub genre: Option<String>,
    /// Producing body, where the document or its source names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub producer: Option<String>,
}

/// Numbers of documents by a value.
pub type Numbers = BTreeMap<String, u64>;

/// What is counted. Maps leave out what nobody has.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TallyCell {
    /// Documents.
    pub rows: u64,
    /// Bytes of text as shipped.
    pub text_bytes: u64,
    /// Tokens of the text as shipped, of those documents whose tokens were counted.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub tokens: u64,
    /// Documents whose tokens were counted: none without a tokenizer.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub tokens_rows: u64,
    /// Earliest day on which one of them was last updated.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "day")]
    pub updated_min: Option<Date>,
    /// Latest day on which one of them was last updated.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "day")]
    pub updated_max: Option<Date>,
    /// Spans of personal data that were replaced, by class.
    #[serde(default, skip_serializing_if = "Numbers::is_empty")]
    pub pii_replaced: Numbers,
    /// Documents by residual risk of personal data.
    #[serde(default, skip_serializing_if = "Numbers::is_empty")]
    pub pii_risk: Numbers,
    /// Documents by obligation of their licence.
    #[serde(default, skip_serializing_if = "Numbers::is_empty")]
    pub obligations: Numbers,
    /// Documents by what their licence is known from.
    #[serde(default, skip_serializing_if = "Numbers::is_empty")]
    pub licence_evidence: Numbers,
    /// Documents by opt-out verdict.
    #[serde(default, skip_serializing_if = "Numbers::is_empty")]
    pub optout_verdict: Numbers,
}

/// Counts of documents by [`TallyKey`].
///
/// As JSON a list of objects with the fields of key and cell, in the order of keys.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "Vec<Line>", into = "Vec<Line>")]
pub struct Tally(BTreeMap<TallyKey, TallyCell>);

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Line {
    #[serde(flatten)]
    key: TallyKey,
    #[serde(flatten)]
    cell: TallyCell,
}

impl From<Vec<Line>> for Tally {
    fn from(lines: Vec<Line>) -> Self {
        let mut tally = Self::default();
        for line in lines {
            tally.0.entry(line.key).or_default().merge(&line.cell);
        }
        tally
    }
}

impl From<Tally> for Vec<Line> {
    fn from(tally: Tally) -> Self {
        let line = |(key, cell)| Line { key, cell };
        tally.0.into_iter().map(line).collect()
    }
}

impl Tally {
    /// The counts, in the order of keys.
    pub fn iter(&self) -> impl Iterator<Item = (&TallyKey, &TallyCell)> {
        self.0.iter()
    }

    /// True if nothing is counted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Counts of all documents together.
    pub fn total(&self) -> TallyCell {
        let mut total = TallyCell::default();
        for cell in self.0.values() {
            total.merge(cell);
        }
        total
    }

    /// Counts released rows, of a shard of this licence family. What is absent from rows of earlier versions is not
    /// counted.
    ///
    /// # Errors
    /// [`Error::Internal`] if a column that every release has is missing; [`Error::Input`] for classes of personal data
    /// that are no JSON object of numbers.
    pub fn add(&mut self, licence_family: &str, released: &RecordBatch) -> Result<()> {
        let columns = Columns::new(released)?;
        for row in 0..released.num_rows() {
            let key = TallyKey {
                licence_family: licence_family.to_owned(),
                ..columns.key(row)
            };
            columns.count(row, self.0.entry(key).or_default())?;
        }
        Ok(())
    }

    /// Adds the counts of another tally, of other documents.
    pub fn merge(&mut self, other: &Self) {
        for (key, cell) in &other.0 {
            self.0.entry(key.clone()).or_default().merge(cell);
        }
    }

    /// Takes away the counts of documents that are counted here. Keys of which no document is left are gone.
    ///
    /// The days of the last update stay: they then bound those of the rest, and need not be one of them. Whoever needs
    /// them exact merges the tallies of all shards again.
    ///
    /// # Errors
    /// [`Error::Internal`] if the other counts what is not counted here.
    pub fn subtract(&mut self, other: &Self) -> Result<()> {
        for (key, less) in &other.0 {
            let cell = self.0.get_mut(key).ok_or_else(|| missing(key))?;
            cell.subtract(less).ok_or_else(|| missing(key))?;
            if cell.rows == 0 {
                self.0.remove(key);
            }
        }
        Ok(())
    }
}

fn missing(key: &TallyKey) -> Error {
    Error::internal(format!("the tally counts too few documents of {key:?}"))
}

impl TallyCell {
    /// Adds the counts of other documents.
    pub fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        self.text_bytes += other.text_bytes;
        self.tokens += other.tokens;
        self.tokens_rows += other.tokens_rows;
        self.update(other.updated_min);
        self.update(other.updated_max);
        for (mine, theirs) in self.numbers().into_iter().zip(other.clone().numbers()) {
            for (value, number) in theirs {
                *mine.entry(value.clone()).or_default() += *number;
            }
        }
    }

    /// Tokens of all documents, `None` unless those of every one were counted.
    pub fn all_tokens(&self) -> Option<u64> {
        (self.tokens_rows == self.rows && self.rows > 0).then_some(self.tokens)
    }

    fn update(&mut self, day: Option<Date>) {
        if let Some(day) = day {
            self.updated_min = Some(self.updated_min.map_or(day, |min| min.min(day)));
            self.updated_max = Some(self.updated_max.map_or(day, |max| max.max(day)));
        }
    }

    fn subtract(&mut self, less: &Self) -> Option<()> {
        self.rows = self.rows.checked_sub(less.rows)?;
        self.text_bytes = self.text_bytes.checked_sub(less.text_bytes)?;
        self.tokens = self.tokens.checked_sub(less.tokens)?;
        self.tokens_rows = self.tokens_rows.checked_sub(less.tokens_rows)?;
        for (mine, theirs) in self.numbers().into_iter().zip(less.clone().numbers()) {
            for (value, number) in theirs {
                let left = mine.get(value)?.checked_sub(*number)?;
                mine.insert(value.clone(), left);
            }
            mine.retain(|_, number| *number > 0);
        }
        Some(())
    }

    fn numbers(&mut self) -> [&mut Numbers; 5] {
        [
            &mut self.pii_replaced,
            &mut self.pii_risk,
            &mut self.obligations,
            &mut self.licence_evidence,
            &mut self.optout_verdict,
        ]
    }
}

/// The columns of a batch that are counted. Those that came later may be absent.
struct Columns<'a> {
    batch: &'a RecordBatch,
    source: TextColumn<'a>,
    licence: TextColumn<'a>,
    language: Option<TextColumn<'a>>,
    genre: Option<TextColumn<'a>>,
    producer: Option<TextColumn<'a>>,
    classes: Option<TextColumn<'a>>,
    values: [Option<TextColumn<'a>>; 3],
}

impl<'a> Columns<'a> {
    fn new(batch: &'a RecordBatch) -> Result<Self> {
        column(batch, "text_bytes")?;
        let text = |name: &str| TextColumn::try_new(batch, name).ok();
        Ok(Self {
            batch,
            source: TextColumn::try_new(batch, "source")?,
            licence: TextColumn::try_new(batch, "licence")?,
            language: text("language"),
            genre: text("genre"),
            producer: text("producer"),
            classes: text("pii_classes"),
            values: ["pii_risk", "licence_evidence", "optout_verdict"].map(text),
        })
    }

    fn key(&self, row: usize) -> TallyKey {
        let of = |column: &Option<TextColumn<'_>>| {
            let value = column.as_ref().and_then(|column| column.get(row));
            value.map(str::to_owned)
        };
        TallyKey {
            source: self.source.get(row).unwrap_or_default().to_owned(),
            licence: self.licence.get(row).unwrap_or_default().to_owned(),
            licence_family: String::new(),
            language: of(&self.language),
            genre: of(&self.genre),
            producer: of(&self.producer),
        }
    }

    fn count(&self, row: usize, cell: &mut TallyCell) -> Result<()> {
        cell.rows += 1;
        cell.text_bytes += self.number("text_bytes", row).unwrap_or_default();
        if let Some(tokens) = self.number("tokens", row) {
            cell.tokens += tokens;
            cell.tokens_rows += 1;
        }
        // As the corpus says it: changed, else in force, else published.
        let days = ["modified_on", "version_from", "published_on"];
        cell.update(days.into_iter().find_map(|name| self.day(name, row)));
        if let Some(json) = self.classes.as_ref().and_then(|column| column.get(row)) {
            let classes: Numbers = serde_json::from_str(json)
                .map_err(|e| Error::input(format!("column `pii_classes`: {e}")))?;
            for (class, number) in classes {
                *cell.pii_replaced.entry(class).or_default() += number;
            }
        }
        let [risk, evidence, verdict] = &self.values;
        for (column, numbers) in [
            (risk, &mut cell.pii_risk),
            (evidence, &mut cell.licence_evidence),
            (verdict, &mut cell.optout_verdict),
        ] {
            if let Some(value) = column.as_ref().and_then(|column| column.get(row)) {
                *numbers.entry(value.to_owned()).or_default() += 1;
            }
        }
        self.obligations(row, &mut cell.obligations);
        Ok(())
    }

    fn obligations(&self, row: usize, numbers: &mut Numbers) {
        let lists = self.batch.column_by_name("obligations");
        let Some(lists) = lists.and_then(|lists| lists.as_list_opt::<i32>()) else {
            return;
        };
        if lists.is_valid(row) {
            let codes = lists.value(row);
            for code in codes.as_string_opt::<i32>().into_iter().flatten().flatten() {
                *numbers.entry(code.to_owned()).or_default() += 1;
            }
        }
    }

    fn number(&self, name: &str, row: usize) -> Option<u64> {
        let array = self.batch.column_by_name(name)?;
        let array = array.as_primitive_opt::<UInt64Type>()?;
        array.is_valid(row).then(|| array.value(row))
    }

    fn day(&self, name: &str, row: usize) -> Option<Date> {
        let array = self.batch.column_by_name(name)?;
        let array = array.as_primitive_opt::<Date32Type>()?;
        array.is_valid(row).then(|| Date(array.value(row)))
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for this form"
)]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Days as `YYYY-MM-DD`.
mod day {
    use super::{Date, Deserialize, Deserializer, Serializer};

    #[expect(
        clippy::ref_option,
        clippy::trivially_copy_pass_by_ref,
        reason = "serde asks for this form"
    )]
    pub(super) fn serialize<S: Serializer>(day: &Option<Date>, to: S) -> Result<S::Ok, S::Error> {
        match day {
            Some(day) => to.collect_str(day),
            None => to.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Date>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        let parse = |text: String| {
            Date::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("no day: {text}")))
        };
        text.map(parse).transpose()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Date32Array, UInt64Array};
    use moisson_core::document::strings;

    use super::{Date, RecordBatch, Tally, TallyCell};

    /// Source, genre, bytes, tokens, published (days), classes.
    type Row<'a> = (
        &'a str,
        Option<&'a str>,
        u64,
        Option<u64>,
        Option<i32>,
        Option<&'a str>,
    );

    const ROWS: [Row<'_>; 4] = [
        (
            "a",
            Some("law"),
            10,
            Some(3),
            Some(10),
            Some(r#"{"phone":2}"#),
        ),
        (
            "a",
            Some("law"),
            20,
            Some(5),
            Some(30),
            Some(r#"{"email":1,"phone":1}"#),
        ),
        ("a", None, 5, None, None, None),
        ("b", Some("law"), 1, Some(1), Some(20), None),
    ];

    fn tally(rows: &[Row<'_>]) -> Tally {
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("source", strings(rows.iter().map(|r| Some(r.0)))),
            ("licence", strings(rows.iter().map(|_| Some("etalab-2.0")))),
            ("genre", strings(rows.iter().map(|r| r.1))),
            (
                "text_bytes",
                Arc::new(rows.iter().map(|r| Some(r.2)).collect::<UInt64Array>()),
            ),
            (
                "tokens",
                Arc::new(rows.iter().map(|r| r.3).collect::<UInt64Array>()),
            ),
            (
                "published_on",
                Arc::new(rows.iter().map(|r| r.4).collect::<Date32Array>()),
            ),
            ("pii_classes", strings(rows.iter().map(|r| r.5))),
        ];
        let columns = columns.into_iter().map(|(n, a)| (n, a, true));
        let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
        let mut tally = Tally::default();
        tally.add("attribution", &batch).unwrap();
        tally
    }

    fn cell<'a>(tally: &'a Tally, source: &str, genre: Option<&str>) -> &'a TallyCell {
        let is = |key: &super::TallyKey| key.source == source && key.genre.as_deref() == genre;
        tally.iter().find(|(key, _)| is(key)).unwrap().1
    }

    #[test]
    fn rows_are_counted_by_key() {
        let tally = tally(&ROWS);
        assert_eq!(tally.iter().count(), 3);
        let law = cell(&tally, "a", Some("law"));
        assert_eq!(
            (law.rows, law.text_bytes, law.all_tokens()),
            (2, 30, Some(8))
        );
        assert_eq!(
            (law.updated_min, law.updated_max),
            (Some(Date(10)), Some(Date(30)))
        );
        assert_eq!(law.pii_replaced["phone"], 3);
        assert_eq!(law.pii_replaced["email"], 1);
        assert_eq!(cell(&tally, "a", None).all_tokens(), None);
        let total = tally.total();
        assert_eq!((total.rows, total.text_bytes, total.tokens), (4, 36, 9));
        assert_eq!(total.all_tokens(), None, "one document was not counted");
    }

    #[test]
    fn any_cut_of_the_rows_merges_to_the_same_and_subtracts_again() {
        let whole = tally(&ROWS);
        for cut in 0..=ROWS.len() {
            let (left, right) = (tally(&ROWS[..cut]), tally(&ROWS[cut..]));
            let mut both = left.clone();
            both.merge(&right);
            assert_eq!(both, whole, "cut at {cut}");
            both.subtract(&right).unwrap();
            for (key, cell) in both.iter() {
                let mut exact = cell.clone();
                let (_, expected) = left.iter().find(|(other, _)| *other == key).unwrap();
                // Days bound those of the rest.
                assert!(exact.updated_min <= expected.updated_min);
                assert!(exact.updated_max >= expected.updated_max);
                exact.updated_min = expected.updated_min;
                exact.updated_max = expected.updated_max;
                assert_eq!(&exact, expected);
            }
            assert_eq!(both.iter().count(), left.iter().count());
        }
        let mut little = tally(&ROWS[..1]);
        assert!(little.subtract(&whole).is_err());
        assert!(tally(&ROWS[3..]).subtract(&tally(&ROWS[..1])).is_err());
    }

    #[test]
    fn json_comes_back_as_it_was() {
        let whole = tally(&ROWS);
        let json = serde_json::to_string(&whole).unwrap();
        assert!(json.contains(r#""updated_max":"1970-01-31""#), "{json}");
        assert_eq!(serde_json::from_str::<Tally>(&json).unwrap(), whole);
        assert!(serde_json::from_str::<Tally>("[]").unwrap().is_empty());
    }

    #[test]
    fn rows_of_earlier_versions_are_counted_too() {
        let columns: [(&str, ArrayRef); 3] = [
            ("source", strings([Some("a")].into_iter())),
            ("licence", strings([Some("CC0-1.0")].into_iter())),
            ("text_bytes", Arc::new(UInt64Array::from(vec![7]))),
        ];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let mut tally = Tally::default();
        tally.add("public-domain", &batch).unwrap();
        let total = tally.total();
        assert_eq!((total.rows, total.text_bytes, total.tokens_rows), (1, 7, 0));
        assert!(tally.add("x", &batch.project(&[0, 2]).unwrap()).is_err());
    }
}
