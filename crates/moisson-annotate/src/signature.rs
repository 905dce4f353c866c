//! `MinHash` signatures: proposals for near-duplicates, proved or refused later.
//!
//! For each of `bands × rows` permutations of 32-bit shingle hashes the least value over the shingles of a text is
//! kept; the rows of a band are hashed together. Two texts whose sets of shingles have Jaccard similarity `s` share at
//! least one band with probability [`collision_probability`]. Shingles are those of [`moisson_text::shingle`].
//!
//! Source: Broder 1997, On the resemblance and containment of documents.

use std::sync::Arc;

use arrow::array::{ArrayRef, FixedSizeListArray, RecordBatch, UInt32Array, UInt64Array};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use moisson_core::{Annotator, Digest, KeyHasher, Result, TextColumn};
use moisson_text::shingle;
use pulp::{Arch, Simd, WithSimd};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Names of the columns.
pub const COLUMNS: &[&str] = &["signature_bands", "signature_shingles"];

/// Version of the output.
const VERSION: u32 = 1;
/// Most bands, and most rows of a band.
const BANDS_MAX: u32 = 1024;
const ROWS_MAX: u32 = 64;
/// Permutations that are worked on together: two AVX2 registers of minima, multipliers and addends each.
const LANES: usize = 16;
/// Shingle hashes that are gathered before the permutations run over them.
const BLOCK: usize = 1024;

/// Parameters of [`SignatureAnnotator`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SignatureParams {
    /// Number of bands, 1 to 1024: more bands propose more pairs.
    #[serde(deserialize_with = "bands_within")]
    #[schemars(range(min = 1, max = 1024))]
    pub bands: u32,
    /// Number of rows in a band, 1 to 64: more rows propose fewer pairs.
    #[serde(deserialize_with = "rows_within")]
    #[schemars(range(min = 1, max = 64))]
    pub rows: u32,
    /// Seed of the permutations. Signatures of different seeds cannot be compared.
    pub seed: u64,
}

impl Default for SignatureParams {
    fn default() -> Self {
        Self {
            bands: 14,
            rows: 8,
            seed: 1,
        }
    }
}

fn bands_within<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    within(deserializer, "bands", BANDS_MAX)
}

fn rows_within<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    within(deserializer, "rows", ROWS_MAX)
}

fn within<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
    name: &str,
    max: u32,
) -> Result<u32, D::Error> {
    let value = u32::deserialize(deserializer)?;
    if (1..=max).contains(&value) {
        Ok(value)
    } else {
        Err(serde::de::Error::custom(format!(
            "`{name}` is {value}, must be 1 to {max}"
        )))
    }
}

/// Computes the probability that two texts of Jaccard similarity `s` share at least one band, in `0.0..=1.0`.
pub fn collision_probability(bands: u32, rows: u32, s: f64) -> f64 {
    1.0 - (1.0 - s.powf(f64::from(rows))).powf(f64::from(bands))
}

/// Computes signatures. Columns:
///
/// - `signature_bands`: `FixedSizeList<UInt64, bands>`, hash of each band; null where the text has no word.
/// - `signature_shingles`: `UInt32`, shingles counted with repeats; 0 where the text has no word.
#[derive(Debug, Clone)]
pub struct SignatureAnnotator {
    params: SignatureParams,
    permutations: Permutations,
    schema: SchemaRef,
}

impl SignatureAnnotator {
    /// Makes an annotator. Bands and rows out of range are brought into it.
    pub fn new(mut params: SignatureParams) -> Self {
        params.bands = params.bands.clamp(1, BANDS_MAX);
        params.rows = params.rows.clamp(1, ROWS_MAX);
        let bands = DataType::FixedSizeList(item(), params.bands.cast_signed());
        let schema = Arc::new(Schema::new(vec![
            Field::new(COLUMNS[0], bands, true),
            Field::new(COLUMNS[1], DataType::UInt32, false),
        ]));
        let permutations = Permutations::new((params.bands * params.rows) as usize, params.seed);
        Self {
            params,
            permutations,
            schema,
        }
    }
}

fn item() -> FieldRef {
    Arc::new(Field::new_list_field(DataType::UInt64, false))
}

impl Annotator for SignatureAnnotator {
    fn family(&self) -> &'static str {
        "signature"
    }

    fn version(&self) -> u32 {
        VERSION
    }

    fn parameters(&self) -> Digest {
        KeyHasher::new("signature", VERSION)
            .field(&self.params.bands.to_le_bytes())
            .field(&self.params.rows.to_le_bytes())
            .field(&self.params.seed.to_le_bytes())
            .finish()
    }

    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn annotate(&self, documents: &RecordBatch) -> Result<RecordBatch> {
        let text = TextColumn::try_new(documents, "text")?;
        let mut scratch = Scratch::default();
        let mut bands = Vec::with_capacity(text.len() * self.params.bands as usize);
        let mut shingles = Vec::with_capacity(text.len());
        for row in 0..text.len() {
            let count = self
                .permutations
                .minima(text.get(row).unwrap_or_default(), &mut scratch);
            shingles.push(u32::try_from(count).unwrap_or(u32::MAX));
            let rows = scratch.minima.chunks_exact(self.params.rows as usize);
            bands.extend(
                rows.zip(0..self.params.bands)
                    .map(|(rows, band)| band_hash(band, rows)),
            );
        }
        let valid = shingles
            .iter()
            .map(|&count| count > 0)
            .collect::<NullBuffer>();
        let bands = FixedSizeListArray::try_new(
            item(),
            self.params.bands.cast_signed(),
            Arc::new(UInt64Array::from(bands)),
            Some(valid),
        )?;
        let columns: Vec<ArrayRef> = vec![Arc::new(bands), Arc::new(UInt32Array::from(shingles))];
        Ok(RecordBatch::try_new(self.schema.clone(), columns)?)
    }
}

/// Hash of the rows of a band, different for each band.
fn band_hash(band: u32, rows: &[u32]) -> u64 {
    rows.iter().fold(splitmix(u64::from(band)), |hash, &row| {
        splitmix(hash ^ u64::from(row))
    })
}

/// One step of `SplitMix64`, a bijection that spreads every bit.
fn splitmix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let value = (value ^ value >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ value >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ value >> 31
}

/// Buffers that are used again for every text.
#[derive(Debug, Default)]
pub struct Scratch {
    minima: Vec<u32>,
    block: Vec<u32>,
}

impl Scratch {
    /// Least value under each permutation over the last text; all `u32::MAX` for a text without words.
    pub fn minima(&self) -> &[u32] {
        &self.minima
    }
}

/// Permutations of 32-bit numbers: `x` to `multiplier × x + addend`, the multiplier odd.
#[derive(Debug, Clone)]
pub struct Permutations {
    multipliers: Vec<u32>,
    addends: Vec<u32>,
    arch: Arch,
}

impl Permutations {
    /// Draws permutations; their number is rounded up to a multiple of 16.
    pub fn new(count: usize, seed: u64) -> Self {
        let count = count.next_multiple_of(LANES);
        let mut state = splitmix(seed);
        let mut draw = || {
            state = splitmix(state);
            (state >> 32) as u32
        };
        let (multipliers, addends) = (0..count).map(|_| (draw() | 1, draw())).unzip();
        Self {
            multipliers,
            addends,
            arch: Arch::new(),
        }
    }

    /// Finds the least value under each permutation over the shingles of `text`; returns their number, with repeats.
    pub fn minima(&self, text: &str, scratch: &mut Scratch) -> u64 {
        let Scratch { minima, block } = scratch;
        minima.clear();
        minima.resize(self.multipliers.len(), u32::MAX);
        block.clear();
        block.reserve(BLOCK);
        let mut count = 0;
        shingle::for_each(text, |hash| {
            if block.len() == BLOCK {
                self.update(minima, block);
                count += block.len() as u64;
                block.clear();
            }
            #[expect(
                clippy::cast_possible_truncation,
                reason = "every bit of the hash is as good"
            )]
            block.push(hash as u32);
        });
        self.update(minima, block);
        count + block.len() as u64
    }

    /// Takes a block of hashes into the minima, with the widest registers the machine has.
    fn update(&self, minima: &mut [u32], block: &[u32]) {
        self.arch.dispatch(Update {
            minima,
            multipliers: &self.multipliers,
            addends: &self.addends,
            block,
        });
    }
}

/// The kernel. The compiler turns the inner loop over [`LANES`] into vector code for the instruction set of the caller,
/// into which it is inlined; a closure would not be.
struct Update<'a> {
    minima: &'a mut [u32],
    multipliers: &'a [u32],
    addends: &'a [u32],
    block: &'a [u32],
}

impl WithSimd for Update<'_> {
    type Output = ();

    #[expect(
        clippy::inline_always,
        reason = "must be compiled with the caller's instruction set"
    )]
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let (minima, _) = self.minima.as_chunks_mut::<LANES>();
        let (multipliers, _) = self.multipliers.as_chunks::<LANES>();
        let (addends, _) = self.addends.as_chunks::<LANES>();
        for ((minima, multipliers), addends) in minima.iter_mut().zip(multipliers).zip(addends) {
            let mut least = *minima;
            for &hash in self.block {
                for lane in 0..LANES {
                    let value = multipliers[lane]
                        .wrapping_mul(hash)
                        .wrapping_add(addends[lane]);
                    least[lane] = least[lane].min(value);
                }
            }
            *minima = least;
        }
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, AsArray};
    use moisson_core::Annotator;
    use moisson_text::shingle;

    use super::{
        BLOCK, Permutations, Scratch, SignatureAnnotator, SignatureParams, collision_probability,
    };
    use crate::testing::{assert_cut_free, documents};

    /// As many words as a block has shingles.
    const BLOCK_WORDS: u32 = 1024;
    const _: () = assert!(BLOCK == BLOCK_WORDS as usize);

    fn words(range: std::ops::Range<u32>) -> String {
        range
            .map(|word| format!("m{word}"))
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn null_only_where_there_is_no_word() {
        let annotator = SignatureAnnotator::new(SignatureParams::default());
        let long = words(0..3 * BLOCK_WORDS);
        let batch = annotator
            .annotate(&documents(&[
                "",
                " … ",
                "mot",
                "un deux trois quatre cinq six",
                &long,
            ]))
            .unwrap();
        assert_eq!(batch.schema(), annotator.schema());
        let bands = batch.column(0).as_fixed_size_list();
        assert_eq!(bands.value_length(), 14);
        assert_eq!(
            (0..5).map(|row| bands.is_null(row)).collect::<Vec<_>>(),
            [true, true, false, false, false]
        );
        let shingles = batch
            .column(1)
            .as_primitive::<arrow::datatypes::UInt32Type>();
        assert_eq!(shingles.values(), &[0, 0, 1, 2, 3 * BLOCK_WORDS - 4]);
    }

    #[test]
    fn cuts_do_not_matter() {
        let (a, b) = (words(0..50), words(25..90));
        assert_cut_free(
            &SignatureAnnotator::new(SignatureParams::default()),
            &[&a, "", &b, "un mot", &a],
        );
    }

    #[test]
    fn vector_code_agrees_with_the_definition() {
        for (count, seed, length) in [
            (1, 1, 1),
            (112, 1, 7),
            (112, 2, 5000),
            (260, 3, BLOCK_WORDS + 4),
        ] {
            let text = words(0..length);
            let permutations = Permutations::new(count, seed);
            let mut scratch = Scratch::default();
            permutations.minima(&text, &mut scratch);
            let mut hashes: Vec<u32> = Vec::new();
            shingle::for_each(&text, |hash| {
                hashes.push((hash & u64::from(u32::MAX)).try_into().unwrap());
            });
            let expected: Vec<u32> =
                std::iter::zip(&permutations.multipliers, &permutations.addends)
                    .map(|(m, a)| {
                        hashes
                            .iter()
                            .map(|h| m.wrapping_mul(*h).wrapping_add(*a))
                            .min()
                            .unwrap()
                    })
                    .collect();
            assert_eq!(scratch.minima(), expected);
        }
    }

    /// The share of equal minima estimates the Jaccard similarity with a standard error of `sqrt(s (1 - s) / n)`.
    #[test]
    fn minima_estimate_jaccard_within_the_bound() {
        let count: u32 = 1024;
        let permutations = Permutations::new(count as usize, 7);
        let mut scratch = [Scratch::default(), Scratch::default()];
        for shift in [0, 10, 50, 100, 250, 500, 1000] {
            let texts = [words(0..1000), words(shift..1000 + shift)];
            for (text, scratch) in texts.iter().zip(&mut scratch) {
                permutations.minima(text, scratch);
            }
            let pairs = std::iter::zip(scratch[0].minima(), scratch[1].minima());
            let estimate = pairs.filter(|(a, b)| a == b).count() as f64 / f64::from(count);
            let [a, b] = texts.map(|text| shingle::set(&text));
            let jaccard = shingle::jaccard(&a, &b);
            let bound = 4.0 * (jaccard * (1.0 - jaccard) / f64::from(count)).sqrt() + 1e-9;
            assert!(
                (estimate - jaccard).abs() <= bound,
                "shift {shift}: {estimate} for {jaccard}"
            );
        }
    }

    #[test]
    fn pairs_share_a_band_as_often_as_computed() {
        let params = SignatureParams {
            bands: 14,
            rows: 4,
            ..SignatureParams::default()
        };
        let annotator = SignatureAnnotator::new(params);
        // Jaccard of about one half: 60 shingles each, 40 in common, in 400 pairs of disjoint vocabularies.
        let pairs = 400;
        let texts: Vec<String> = (0..pairs)
            .flat_map(|pair| {
                [
                    words(pair * 1000..pair * 1000 + 64),
                    words(pair * 1000 + 20..pair * 1000 + 84),
                ]
            })
            .collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let batch = annotator.annotate(&documents(&texts)).unwrap();
        let bands = batch.column(0).as_fixed_size_list();
        let shared = (0..pairs as usize)
            .filter(|pair| {
                let (a, b) = (bands.value(2 * pair), bands.value(2 * pair + 1));
                let a = a
                    .as_primitive::<arrow::datatypes::UInt64Type>()
                    .values()
                    .to_vec();
                let b = b
                    .as_primitive::<arrow::datatypes::UInt64Type>()
                    .values()
                    .to_vec();
                std::iter::zip(a, b).any(|(a, b)| a == b)
            })
            .count();
        let expected = collision_probability(14, 4, 0.5);
        let observed = shared as f64 / f64::from(pairs);
        let bound = 4.0 * (expected * (1.0 - expected) / f64::from(pairs)).sqrt();
        assert!(
            (observed - expected).abs() < bound,
            "{observed} for {expected}"
        );
    }

    #[test]
    fn bands_differ_from_each_other_and_by_seed() {
        let of = |seed| {
            let annotator = SignatureAnnotator::new(SignatureParams {
                seed,
                ..SignatureParams::default()
            });
            let batch = annotator
                .annotate(&documents(&["un seul et même texte de huit mots"]))
                .unwrap();
            let bands = batch.column(0).as_fixed_size_list().value(0);
            bands
                .as_primitive::<arrow::datatypes::UInt64Type>()
                .values()
                .to_vec()
        };
        let mut all = [of(1), of(2)].concat();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 28);
        assert_eq!(of(1), of(1));
    }

    #[test]
    fn collision_probabilities() {
        for (s, expected) in [
            (0.0, 0.0),
            (0.5, 0.0533),
            (0.8, 0.9236),
            (0.9, 0.9997),
            (1.0, 1.0),
        ] {
            assert!(
                (collision_probability(14, 8, s) - expected).abs() < 1e-4,
                "{s}"
            );
        }
    }

    #[test]
    fn parameters_out_of_range_are_refused() {
        let parse = |json: &str| serde_json::from_str::<SignatureParams>(json);
        assert_eq!(parse("{}").unwrap(), SignatureParams::default());
        assert_eq!(parse(r#"{"bands": 20}"#).unwrap().bands, 20);
        for json in [
            r#"{"bands": 0}"#,
            r#"{"rows": 65}"#,
            r#"{"permutations": 3}"#,
        ] {
            assert!(parse(json).is_err(), "{json}");
        }
    }
}
