//! Which shard a document goes to: a hash of its group says so, never its place in the input.

use indexmap::IndexMap;
use moisson_core::digest::KeyHasher;
use moisson_core::{Digest, Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bits::{self, Place};

/// Version of the layout: bumped when the same documents go elsewhere.
pub const LAYOUT_VERSION: u32 = 1;

/// How a release is cut into shards, as written in a pipeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ShardConfig {
    /// Bytes of text a shard may hold before it is cut in two.
    pub target_bytes: u64,
    /// Bytes of a row group before compression.
    pub row_group_bytes: u64,
    /// Share of each split, by name: `{ validation = 0.01, test = 0.01 }`. `train` is what the others leave.
    #[schemars(with = "std::collections::BTreeMap<String, f64>")]
    pub splits: IndexMap<String, f64>,
    /// Another seed gives other splits and another order.
    pub seed: u64,
}

impl Default for ShardConfig {
    fn default() -> Self {
        Self {
            target_bytes: 256 << 20,
            row_group_bytes: 96 << 20,
            splits: IndexMap::new(),
            seed: 0,
        }
    }
}

/// Name of the split that is never empty by setting.
const TRAIN: &str = "train";

impl ShardConfig {
    /// Checks the values.
    ///
    /// # Errors
    /// [`Error::Config`] naming the key and what it may be.
    pub fn validate(&self) -> Result<()> {
        for (key, value) in [
            ("target_bytes", self.target_bytes),
            ("row_group_bytes", self.row_group_bytes),
        ] {
            if value == 0 {
                return Err(Error::config(format!(
                    "shard `{key}` is 0; it must be at least 1"
                )));
            }
        }
        for (name, share) in &self.splits {
            let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
            if name.is_empty() || !name.bytes().all(word) {
                return Err(Error::config(format!(
                    "split `{name}` must be named in lower-case letters, digits and underscores"
                )));
            }
            if !(0.0..=1.0).contains(share) {
                return Err(Error::config(format!(
                    "the share of split `{name}` is {share}; it must be between 0 and 1"
                )));
            }
        }
        let sum: f64 = self.splits.values().sum();
        let whole = self.splits.contains_key(TRAIN);
        if sum > 1.0 + 1e-9 || (whole && sum < 1.0 - 1e-9) {
            return Err(Error::config(format!(
                "the shares of all splits sum to {sum}; they must sum to 1, or leave `train` out to give it the rest"
            )));
        }
        Ok(())
    }

    /// The split of a hash.
    pub(crate) fn split_of(&self, hash: u64) -> &str {
        let ends = self.ends();
        let found = ends.iter().find(|(_, end)| hash < *end);
        found.map_or(TRAIN, |(name, _)| name)
    }

    /// Upper ends of the splits on the scale of a hash, by name; what lies beyond all of them is `train`.
    ///
    /// In order of name, so that the order in the file does not matter; `train` is last, so that a change of a share
    /// moves as few documents as it can.
    fn ends(&self) -> Vec<(&str, u64)> {
        let mut shares: Vec<(&str, f64)> = self
            .splits
            .iter()
            .map(|(name, share)| (name.as_str(), *share))
            .filter(|(name, _)| *name != TRAIN)
            .collect();
        shares.sort_unstable_by(|left, right| left.0.cmp(right.0));
        let mut sum = 0.0;
        shares
            .into_iter()
            .map(|(name, share)| {
                sum += share;
                // A float beyond the range becomes the largest number, which is what is meant.
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "saturates"
                )]
                let end = (sum * (u64::MAX as f64)) as u64;
                (name, end)
            })
            .collect()
    }
}

/// A released document as the layout sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row<'a> {
    /// Licence family; families never share a shard.
    pub family: &'a str,
    /// What must stay together: the work, else the near-duplicate group, else the document itself.
    pub group: &'a str,
    /// Id of the document.
    pub doc_id: &'a str,
    /// Bytes of its text.
    pub bytes: u64,
}

/// The documents of one shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Licence family.
    pub family: String,
    /// Split.
    pub split: String,
    /// Leading bits of the group hashes, as `0` and `1`; empty where one shard holds the whole split.
    pub bits: String,
    /// Numbers of the rows, in the order of the shard.
    pub rows: Vec<u32>,
    /// Bytes of text.
    pub bytes: u64,
}

/// Assigns rows to buckets, in order of family, split and bits.
///
/// Split and bucket come from a seeded hash of the group within the family, so a group is never torn apart. A bucket
/// with more than `target_bytes` is cut by the next bit of the hash; one that holds a single group stays as it is.
/// Inside, rows lie in order of a hash of their id. So the result does not depend on the order of rows, and one
/// document more or less changes one bucket (or cuts it, or joins its halves).
pub fn assign(rows: &[Row<'_>], config: &ShardConfig) -> Vec<Bucket> {
    let ends = config.ends();
    let mut buffer = Vec::new();
    let mut placed: Vec<Placed<'_>> = (0u32..)
        .zip(rows)
        .map(
            |(
                row,
                &Row {
                    family,
                    group,
                    doc_id,
                    bytes,
                },
            )| {
                let Place { split, bucket } = bits::place(family, group, config.seed, &mut buffer);
                let split = ends
                    .iter()
                    .find(|(_, end)| split < *end)
                    .map_or(TRAIN, |(name, _)| name);
                Placed {
                    family,
                    split,
                    bucket,
                    order: bits::order(doc_id, config.seed),
                    doc_id,
                    row,
                    bytes,
                }
            },
        )
        .collect();
    placed.sort_unstable_by_key(|p| (p.family, p.split, p.bucket, p.order, p.doc_id, p.row));
    let mut buckets = Vec::new();
    for split in placed.chunk_by_mut(|l, r| (l.family, l.split) == (r.family, r.split)) {
        cut(split, 0, config.target_bytes, &mut buckets);
    }
    buckets
}

struct Placed<'a> {
    family: &'a str,
    split: &'a str,
    bucket: u64,
    order: u64,
    doc_id: &'a str,
    row: u32,
    bytes: u64,
}

/// Cuts rows that share their first `depth` bits, sorted by hash, until each bucket is small enough.
fn cut(rows: &mut [Placed<'_>], depth: u32, target_bytes: u64, into: &mut Vec<Bucket>) {
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
        return;
    };
    let bytes = rows.iter().map(|row| row.bytes).sum();
    let single = first.bucket == last.bucket;
    if bytes > target_bytes && !single && depth < u64::BITS {
        let middle = rows.partition_point(|row| !bits::bit_at(row.bucket, depth));
        let (low, high) = rows.split_at_mut(middle);
        cut(low, depth + 1, target_bytes, into);
        cut(high, depth + 1, target_bytes, into);
        return;
    }
    let mut bucket = Bucket {
        family: first.family.to_owned(),
        split: first.split.to_owned(),
        bits: bits::name(first.bucket, depth),
        rows: Vec::with_capacity(rows.len()),
        bytes,
    };
    rows.sort_unstable_by_key(|row| (row.order, row.doc_id, row.row));
    bucket.rows.extend(rows.iter().map(|row| row.row));
    into.push(bucket);
}

/// Returns the key of a shard: the digest of everything it will hold.
///
/// `row_keys` are digests of the rows in the order of the shard, each over all that makes the released row what it is:
/// id, source digest, edits, licence.
pub fn bucket_key<'a>(bucket: &Bucket, row_keys: impl Iterator<Item = &'a Digest>) -> Digest {
    let mut key = KeyHasher::new("layout", LAYOUT_VERSION)
        .field(bucket.family.as_bytes())
        .field(bucket.split.as_bytes())
        .field(bucket.bits.as_bytes());
    for row_key in row_keys {
        key = key.digest(*row_key);
    }
    key.finish()
}

/// Bucket name of a shard that holds a whole split.
const WHOLE: &str = "all";

/// Returns the name of a shard: `{split}-{bucket}-{16 digits of digest}.parquet`, with the bits as bucket, or `all`.
pub fn file_name(split: &str, bits: &str, digest: Digest) -> String {
    let bucket = if bits.is_empty() { WHOLE } else { bits };
    let digest = digest.prefix_u64();
    format!("{split}-{bucket}-{digest:016x}.parquet")
}
