//! Language annotation: which languages a text is in, and how sure that is.

mod chunk;
pub mod codes;
mod detector;
mod function_words;

use std::sync::Arc;

use arrow::array::{ArrayRef, Float32Array, ListArray, RecordBatch, StringArray, StructArray};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema, SchemaRef};
use moisson_core::document::strings;
use moisson_core::{Annotator, Digest, KeyHasher, Result, TextColumn};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use chunk::passages;
pub use detector::Detector;

/// Names of the columns.
pub const COLUMNS: &[&str] = &[
    "language",
    "language_confidence",
    "language_shares",
    "language_status",
];

/// Version of the output.
const VERSION: u32 = 1;
/// A passage of fewer letters is not measured.
const LETTERS_MIN: usize = 20;

/// Parameters of [`LanguageAnnotator`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LanguageParams {
    /// Path of a fastText model (`.bin` or `.ftz`); without it the built-in detector is used.
    pub model: Option<String>,
    /// Most bytes of a document that are measured; of a longer one an evenly spaced sample is.
    pub sample_bytes: usize,
}

impl Default for LanguageParams {
    fn default() -> Self {
        Self {
            model: None,
            sample_bytes: 32_768,
        }
    }
}

/// Measures languages. Columns:
///
/// - `language`: `Utf8`, the language of the largest share, ISO 639-3 and script (`fra_Latn`); null if too short.
/// - `language_confidence`: `Float32`, mean confidence over the passages in that language, weighted by bytes, `0..=1`.
/// - `language_shares`: `List<Struct<language, share>>`, share of the measured bytes of each language, largest first,
///   then by name; null if too short.
/// - `language_status`: `Utf8`, `ok`, or `too-short` where no passage has 20 letters.
///
/// Languages are found passage by passage, see [`passages`].
#[derive(Debug)]
pub struct LanguageAnnotator {
    params: LanguageParams,
    detector: Detector,
    parameters: Digest,
    schema: SchemaRef,
}

impl LanguageAnnotator {
    /// Makes an annotator; `model` holds the bytes of the file that `params.model` names, if it names one.
    ///
    /// # Errors
    /// [`moisson_core::Error::Config`] if the model cannot be read.
    pub fn new(params: LanguageParams, model: Option<&[u8]>) -> Result<Self> {
        // The digest of the model counts and not its path, so that a moved file changes nothing.
        let parameters = KeyHasher::new("language", VERSION)
            .field(&(params.sample_bytes as u64).to_le_bytes())
            .field(&model.map_or([0; 32], |model| Digest::of(model).0))
            .finish();
        Ok(Self {
            params,
            detector: model.map_or(Ok(Detector::BuiltIn), Detector::fasttext)?,
            parameters,
            schema: schema(),
        })
    }
}

fn schema() -> SchemaRef {
    let [language, confidence, shares, status] = [
        "language",
        "language_confidence",
        "language_shares",
        "language_status",
    ];
    Arc::new(Schema::new(vec![
        Field::new(language, DataType::Utf8, true),
        Field::new(confidence, DataType::Float32, true),
        Field::new(shares, DataType::List(share_item()), true),
        Field::new(status, DataType::Utf8, false),
    ]))
}

fn share_fields() -> Fields {
    Fields::from(vec![
        Field::new("language", DataType::Utf8, false),
        Field::new("share", DataType::Float32, false),
    ])
}

fn share_item() -> FieldRef {
    Arc::new(Field::new_list_field(
        DataType::Struct(share_fields()),
        false,
    ))
}

impl Annotator for LanguageAnnotator {
    fn family(&self) -> &'static str {
        "language"
    }

    fn version(&self) -> u32 {
        VERSION
    }

    fn parameters(&self) -> Digest {
        self.parameters
    }

    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn annotate(&self, documents: &RecordBatch) -> Result<RecordBatch> {
        let text = TextColumn::try_new(documents, "text")?;
        let rows: Vec<Vec<Share>> = text
            .iter()
            .map(|text| {
                measure(
                    text.unwrap_or_default(),
                    self.params.sample_bytes,
                    &self.detector,
                )
            })
            .collect();
        let columns: Vec<ArrayRef> = vec![
            strings(
                rows.iter()
                    .map(|shares| shares.first().map(|first| &first.language)),
            ),
            Arc::new(
                rows.iter()
                    .map(|shares| shares.first().map(|first| first.confidence))
                    .collect::<Float32Array>(),
            ),
            Arc::new(shares_column(&rows)?),
            strings(
                rows.iter()
                    .map(|shares| Some(if shares.is_empty() { "too-short" } else { "ok" })),
            ),
        ];
        Ok(RecordBatch::try_new(self.schema.clone(), columns)?)
    }
}

fn shares_column(rows: &[Vec<Share>]) -> Result<ListArray> {
    let items = || rows.iter().flatten();
    let fields: Vec<ArrayRef> = vec![
        Arc::new(
            items()
                .map(|share| Some(share.language.as_str()))
                .collect::<StringArray>(),
        ),
        Arc::new(
            items()
                .map(|share| share.of_bytes)
                .collect::<Float32Array>(),
        ),
    ];
    Ok(ListArray::try_new(
        share_item(),
        OffsetBuffer::from_lengths(rows.iter().map(Vec::len)),
        Arc::new(StructArray::try_new(share_fields(), fields, None)?),
        Some(
            rows.iter()
                .map(|shares| !shares.is_empty())
                .collect::<NullBuffer>(),
        ),
    )?)
}

/// One language of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Share {
    /// ISO 639-3 and script.
    pub language: String,
    /// Share of the measured bytes, `0.0..=1.0`.
    pub of_bytes: f32,
    /// Mean confidence over its passages, weighted by bytes, `0.0..=1.0`.
    pub confidence: f32,
}

/// Measures the languages of a text, largest share first, then by name. Empty if it has too few letters.
pub fn measure(text: &str, sample_bytes: usize, detector: &Detector) -> Vec<Share> {
    // Few languages in a text: a search through a vector beats a map, and its order is that of the text.
    let mut sums: Vec<(String, u64, f64)> = Vec::new();
    for passage in passages(text, sample_bytes) {
        if passage
            .chars()
            .filter(|c| c.is_alphabetic())
            .take(LETTERS_MIN)
            .count()
            < LETTERS_MIN
        {
            continue;
        }
        let Some((language, confidence)) = detector.detect(passage) else {
            continue;
        };
        let bytes = passage.len() as u64;
        let weight = f64::from(confidence) * bytes as f64;
        match sums.iter_mut().find(|(known, ..)| *known == language) {
            Some((_, total, weights)) => {
                *total += bytes;
                *weights += weight;
            }
            None => sums.push((language, bytes, weight)),
        }
    }
    sums.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let measured: u64 = sums.iter().map(|(_, bytes, _)| bytes).sum();
    #[expect(clippy::cast_possible_truncation, reason = "shares and confidences")]
    sums.into_iter()
        .map(|(language, bytes, weights)| Share {
            language,
            of_bytes: (bytes as f64 / measured as f64) as f32,
            confidence: (weights / bytes as f64) as f32,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, AsArray};
    use arrow::datatypes::Float32Type;
    use moisson_core::Annotator;

    use super::{Detector, LanguageAnnotator, LanguageParams, measure};
    use crate::testing::{assert_cut_free, documents};

    const FRENCH: &str = "La commune assure la conservation des archives et les communique à toute personne qui en fait \
        la demande, dans les conditions prévues par la loi et par les règlements en vigueur depuis vingt ans, sans avoir à dire pourquoi.";
    const ENGLISH: &str = "The committee shall publish a report on the state of the collections every year, and every \
        member of the public has the right to read it in the reading room without having to give any reason for it; copies may be asked for.";

    /// A classifier of French and English trained on invented sentences: 8 dimensions, 200 buckets.
    const TINY: &[u8] = include_bytes!("../../tests-data/fra-eng.bin");

    fn built_in() -> LanguageAnnotator {
        LanguageAnnotator::new(LanguageParams::default(), None).unwrap()
    }

    fn tiny() -> LanguageAnnotator {
        let params = LanguageParams {
            model: Some("fra-eng.bin".into()),
            ..LanguageParams::default()
        };
        LanguageAnnotator::new(params, Some(TINY)).unwrap()
    }

    #[test]
    fn languages_and_statuses() {
        for annotator in [built_in(), tiny()] {
            let batch = annotator
                .annotate(&documents(&[
                    FRENCH,
                    ENGLISH,
                    "",
                    "Oui.",
                    "12 345 678 901 234 567",
                ]))
                .unwrap();
            let language = batch.column(0).as_string::<i32>();
            assert_eq!(
                language.iter().collect::<Vec<_>>(),
                [Some("fra_Latn"), Some("eng_Latn"), None, None, None]
            );
            let confidence = batch.column(1).as_primitive::<Float32Type>();
            assert!(confidence.value(0) > 0.6 && confidence.value(0) <= 1.0);
            assert_eq!(
                (0..5)
                    .map(|row| confidence.is_null(row))
                    .collect::<Vec<_>>(),
                [false, false, true, true, true]
            );
            assert!(batch.column(2).is_null(2));
            let status = batch.column(3).as_string::<i32>();
            assert_eq!(
                status.iter().flatten().collect::<Vec<_>>(),
                ["ok", "ok", "too-short", "too-short", "too-short"]
            );
        }
    }

    #[test]
    fn shares_are_by_bytes_of_paragraphs_and_sorted() {
        let text = format!("{FRENCH}\n{ENGLISH}\n{FRENCH}\n");
        for annotator in [built_in(), tiny()] {
            let shares = measure(&text, 32_768, &annotator.detector);
            let names: Vec<&str> = shares.iter().map(|share| share.language.as_str()).collect();
            assert_eq!(names, ["fra_Latn", "eng_Latn"]);
            assert!((shares[0].of_bytes - 0.667).abs() < 0.02);
            assert!((shares.iter().map(|share| share.of_bytes).sum::<f32>() - 1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn equal_shares_are_sorted_by_name() {
        let length = FRENCH.len().max(ENGLISH.len());
        let pad = |text: &str| format!("{text}{}", "x".repeat(length - text.len()));
        let text = format!("{}\n{}", pad(FRENCH), pad(ENGLISH));
        let shares = measure(&text, 32_768, &Detector::BuiltIn);
        let shares: Vec<(&str, f32)> = shares
            .iter()
            .map(|share| (share.language.as_str(), share.of_bytes))
            .collect();
        assert_eq!(shares, [("eng_Latn", 0.5), ("fra_Latn", 0.5)]);
    }

    #[test]
    fn long_documents_are_sampled() {
        let text = format!(
            "{}{}",
            format!("{FRENCH}\n").repeat(1500),
            format!("{ENGLISH}\n").repeat(500)
        );
        let shares = measure(&text, 32_768, &Detector::BuiltIn);
        assert_eq!(shares[0].language, "fra_Latn");
        assert!((shares[0].of_bytes - 0.75).abs() < 0.05, "{shares:?}");
    }

    #[test]
    fn cuts_do_not_matter() {
        assert_cut_free(&built_in(), &[FRENCH, "", ENGLISH, "court", FRENCH]);
    }

    #[test]
    fn parameters_follow_model_and_sample_and_not_the_path() {
        let of = |model: Option<&str>, sample_bytes, bytes| {
            let params = LanguageParams {
                model: model.map(str::to_owned),
                sample_bytes,
            };
            LanguageAnnotator::new(params, bytes).unwrap().parameters()
        };
        assert_eq!(
            of(Some("a.bin"), 1000, Some(TINY)),
            of(Some("b.bin"), 1000, Some(TINY))
        );
        assert_ne!(of(None, 1000, None), of(None, 2000, None));
        assert_ne!(of(None, 1000, None), of(Some("a.bin"), 1000, Some(TINY)));
    }

    #[test]
    fn what_is_no_model_is_refused() {
        let mut vectors = TINY.to_vec();
        vectors[36] = 1;
        for bytes in [
            &b""[..],
            b"not a model at all",
            &TINY[..TINY.len() / 2],
            &vectors,
        ] {
            let error = LanguageAnnotator::new(LanguageParams::default(), Some(bytes)).unwrap_err();
            assert!(matches!(error, moisson_core::Error::Config(_)), "{error}");
        }
    }
}
