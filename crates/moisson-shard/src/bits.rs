//! Hashes of groups and documents, and their bits as names of buckets.

use xxhash_rust::xxh3::{xxh3_64_with_seed, xxh3_128_with_seed};

/// Where a group goes: two independent numbers of one seeded hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// Uniform; chooses the split.
    pub(crate) split: u64,
    /// Uniform; its leading bits choose the bucket.
    pub(crate) bucket: u64,
}

/// Hashes a group within its family. The border between both cannot be confused: the family's length is part of it.
pub(crate) fn place(family: &str, group: &str, seed: u64, buffer: &mut Vec<u8>) -> Place {
    buffer.clear();
    buffer.extend_from_slice(&(family.len() as u64).to_le_bytes());
    buffer.extend_from_slice(family.as_bytes());
    buffer.extend_from_slice(group.as_bytes());
    let hash = xxh3_128_with_seed(buffer, seed);
    #[expect(clippy::cast_possible_truncation, reason = "the two halves are meant")]
    let (split, bucket) = ((hash >> 64) as u64, hash as u64);
    Place { split, bucket }
}

/// Hashes a document, for its place inside a shard.
pub(crate) fn order(doc_id: &str, seed: u64) -> u64 {
    xxh3_64_with_seed(doc_id.as_bytes(), seed)
}

/// Returns the first `length` bits of a hash as `0` and `1`.
pub(crate) fn name(hash: u64, length: u32) -> String {
    (0..length)
        .map(|bit| if bit_at(hash, bit) { '1' } else { '0' })
        .collect()
}

/// Bit of a hash, counted from the highest, below 64.
pub(crate) fn bit_at(hash: u64, bit: u32) -> bool {
    hash >> (63 - bit) & 1 == 1
}

#[cfg(test)]
mod tests {
    use super::{name, place};

    #[test]
    fn names_are_the_leading_bits() {
        for (hash, length, expected) in [
            (u64::MAX, 0, ""),
            (1 << 63, 1, "1"),
            (1 << 62, 3, "010"),
            (0b1011 << 60, 4, "1011"),
        ] {
            assert_eq!(name(hash, length), expected);
        }
    }

    #[test]
    fn family_seed_and_group_all_matter() {
        let mut buffer = Vec::new();
        let base = place("lo", "work", 0, &mut buffer);
        assert_eq!(place("lo", "work", 0, &mut buffer), base);
        assert_ne!(place("low", "ork", 0, &mut buffer), base);
        assert_ne!(place("lo", "works", 0, &mut buffer), base);
        assert_ne!(place("lo", "work", 1, &mut buffer), base);
    }
}
