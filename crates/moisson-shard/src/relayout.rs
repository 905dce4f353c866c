//! The layout after a few documents came or went, from the shards there are: what [`crate::layout::assign`] would give
//! for all documents, without looking at those that stay.

use crate::bits;
use crate::layout::ShardConfig;

/// Where a document goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// Its split.
    pub split: String,
    /// Hash of its group: the leading bits name its bucket.
    pub hash: u64,
}

impl Home {
    /// True if the bucket of these bits takes it up.
    pub fn is_in(&self, bucket: &str) -> bool {
        (0u32..)
            .zip(bucket.bytes())
            .all(|(at, bit)| bits::bit_at(self.hash, at) == (bit == b'1'))
    }
}

/// Returns where a document of a group goes.
pub fn home(family: &str, group: &str, config: &ShardConfig) -> Home {
    let place = bits::place(family, group, config.seed, &mut Vec::new());
    Home {
        split: config.split_of(place.split).to_owned(),
        hash: place.bucket,
    }
}

/// Returns what documents lie by inside a shard, before their ids.
pub fn order(doc_id: &str, config: &ShardConfig) -> u64 {
    bits::order(doc_id, config.seed)
}

/// A shard of one family and split, with what is left of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// Its bits.
    pub bits: String,
    /// Bytes of the texts that stay; those before edits.
    pub bytes: u64,
    /// Documents that stay.
    pub rows: u64,
}

/// A document that comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Added {
    /// Hash of its group.
    pub hash: u64,
    /// Bytes of its text.
    pub bytes: u64,
}

/// A shard as it has to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLeaf {
    /// Its bits.
    pub bits: String,
    /// The shards whose documents it takes, by place.
    pub from: Vec<usize>,
    /// The documents that come, by place.
    pub added: Vec<usize>,
    /// Bytes of its texts before edits.
    pub bytes: u64,
}

/// Returns the shards of one family and split after a change, `None` where a shard has to be cut in two and only its
/// documents tell how. A shard above `target_bytes` is taken to hold one group, as the layout leaves no other.
pub fn relayout(leaves: &[Leaf], added: &[Added], target_bytes: u64) -> Option<Vec<NewLeaf>> {
    let there = leaves.iter().enumerate().filter(|(_, leaf)| leaf.rows > 0);
    let tree = Tree {
        leaves,
        added,
        target_bytes,
    };
    let mut new = Vec::new();
    let there = there.map(|(at, _)| at).collect();
    tree.cut(there, (0..added.len()).collect(), "", &mut new)?;
    Some(new)
}

struct Tree<'a> {
    leaves: &'a [Leaf],
    added: &'a [Added],
    target_bytes: u64,
}

impl Tree<'_> {
    fn cut(
        &self,
        from: Vec<usize>,
        added: Vec<usize>,
        name: &str,
        into: &mut Vec<NewLeaf>,
    ) -> Option<()> {
        if from.is_empty() && added.is_empty() {
            return Some(());
        }
        let leaf = |at: &usize| self.leaves.get(*at);
        let new = |at: &usize| self.added.get(*at);
        let old_bytes: u64 = from.iter().filter_map(leaf).map(|leaf| leaf.bytes).sum();
        let bytes = old_bytes
            + added
                .iter()
                .filter_map(new)
                .map(|new| new.bytes)
                .sum::<u64>();
        let mut hashes = added.iter().filter_map(new).map(|new| new.hash);
        let first = hashes.next();
        let single = match from.as_slice() {
            [] => hashes.all(|hash| Some(hash) == first),
            [_] => added.is_empty() && bytes > self.target_bytes,
            _ => false,
        };
        if bytes <= self.target_bytes || single || name.len() >= 64 {
            into.push(NewLeaf {
                bits: name.to_owned(),
                from,
                added,
                bytes,
            });
            return Some(());
        }
        let depth = u32::try_from(name.len()).ok()?;
        for (bit, is_one) in [(b'0', false), (b'1', true)] {
            let mut half = Vec::new();
            for at in &from {
                // A shard that is not cut at this bit, and is too large: its documents tell how to cut it.
                if *self.leaves.get(*at)?.bits.as_bytes().get(name.len())? == bit {
                    half.push(*at);
                }
            }
            let is_here =
                |at: &&usize| new(at).is_some_and(|n| bits::bit_at(n.hash, depth) == is_one);
            let added = added.iter().filter(is_here).copied().collect();
            self.cut(half, added, &format!("{name}{}", char::from(bit)), into)?;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::{Added, Leaf, home, order, relayout};
    use crate::layout::{Row, ShardConfig, assign};

    type Laid = Vec<(String, Vec<String>, u64)>;

    fn laid(documents: &[(String, String, u64)], config: &ShardConfig) -> Laid {
        let rows: Vec<Row<'_>> = documents
            .iter()
            .map(|(group, doc_id, bytes)| Row {
                family: "f",
                group,
                doc_id,
                bytes: *bytes,
            })
            .collect();
        let buckets = assign(&rows, config).into_iter();
        let ids = |rows: Vec<u32>| {
            rows.iter()
                .map(|at| documents[*at as usize].1.clone())
                .collect()
        };
        buckets
            .map(|bucket| (bucket.bits, ids(bucket.rows), bucket.bytes))
            .collect()
    }

    proptest! {
        #[test]
        fn it_is_the_layout_of_all_documents(
            documents in proptest::collection::vec((0u8..30, 1u64..60), 1..60),
            gone in proptest::collection::btree_set(0usize..60, 0..6),
            come in proptest::collection::vec((0u8..40, 1u64..60), 0..4),
            target_bytes in 20u64..300,
        ) {
            let config = ShardConfig { target_bytes, ..ShardConfig::default() };
            let named = |at: usize, (group, bytes): (u8, u64)| (format!("g{group}"), format!("d{at}"), bytes);
            let before: Vec<_> = documents.iter().enumerate().map(|(at, d)| named(at, *d)).collect();
            let come: Vec<_> = come.iter().enumerate().map(|(at, d)| named(100 + at, *d)).collect();
            let stays: BTreeSet<&String> = (0..before.len()).filter(|at| !gone.contains(at)).map(|at| &before[at].1).collect();
            let old = laid(&before, &config);
            let bytes_of = |id: &String| before.iter().find(|d| d.1 == *id).map_or(0, |d| d.2);
            let leaves: Vec<Leaf> = old.iter().map(|(bits, ids, _)| {
                let left: Vec<&String> = ids.iter().filter(|id| stays.contains(id)).collect();
                Leaf { bits: bits.clone(), bytes: left.iter().map(|id| bytes_of(id)).sum(), rows: left.len() as u64 }
            }).collect();
            let added: Vec<Added> = come.iter().map(|(group, _, bytes)| {
                Added { hash: home("f", group, &config).hash, bytes: *bytes }
            }).collect();
            if let Some(new) = relayout(&leaves, &added, target_bytes) {
                let found: Laid = new.iter().map(|leaf| {
                    let mut ids: Vec<String> = leaf.from.iter().flat_map(|at| &old[*at].1).filter(|id| stays.contains(id)).cloned().collect();
                    ids.extend(leaf.added.iter().map(|at| come[*at].1.clone()));
                    ids.sort_by_key(|id| (order(id, &config), id.clone()));
                    (leaf.bits.clone(), ids, leaf.bytes)
                }).collect();
                let after: Vec<_> = before.iter().filter(|d| stays.contains(&d.1)).chain(&come).cloned().collect();
                prop_assert_eq!(found, laid(&after, &config));
            } else {
                // Only a shard that grew has to be cut.
                prop_assert!(!come.is_empty());
            }
        }
    }
}
