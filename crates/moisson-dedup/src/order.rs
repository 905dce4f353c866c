//! The total order that says which of two duplicates survives.

use std::cmp::Reverse;

use moisson_core::Date;

/// What the order looks at, most important first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SurvivorKey<'a> {
    /// Clarity of the licence; the higher survives.
    pub clarity: u8,
    /// Position of the source in the pipeline; the lower survives.
    pub source_rank: u32,
    /// Date of the document; the newest survives, none is oldest.
    pub date: Option<Date>,
    /// Length of the text in bytes; the longest survives.
    pub length: u64,
    /// Document id; the first in byte order survives.
    pub id: &'a str,
}

/// Returns the rank of each key, a permutation of `0..n`: the lower survives.
///
/// With unique ids the ranks do not depend on the order of the keys.
pub fn survivor_order(keys: &[SurvivorKey<'_>]) -> Vec<u32> {
    let mut by_rank: Vec<u32> = (0..keys.len()).map(number).collect();
    by_rank.sort_unstable_by_key(|&at| {
        let key = &keys[at as usize];
        (
            Reverse(key.clarity),
            key.source_rank,
            Reverse(key.date),
            Reverse(key.length),
            key.id,
            at,
        )
    });
    let mut ranks = vec![0; keys.len()];
    for (rank, &at) in by_rank.iter().enumerate() {
        ranks[at as usize] = number(rank);
    }
    ranks
}

/// Narrows a place in a slice of items. A run has fewer than 2^32 documents; beyond that ranks would saturate, and
/// the engine refuses such a plan before it comes here.
fn number(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use moisson_core::Date;
    use proptest::prelude::*;

    use super::{SurvivorKey, survivor_order};

    const BASE: SurvivorKey<'static> = SurvivorKey {
        clarity: 2,
        source_rank: 1,
        date: Some(Date(100)),
        length: 10,
        id: "m",
    };

    #[test]
    fn each_field_outranks_the_next_ones() {
        // Each row survives over `BASE` although everything that comes after the changed field is worse.
        let worst = |key: SurvivorKey<'static>| key;
        let table = [
            worst(SurvivorKey {
                clarity: 3,
                source_rank: 9,
                date: None,
                length: 0,
                id: "z",
            }),
            worst(SurvivorKey {
                clarity: 2,
                source_rank: 0,
                date: None,
                length: 0,
                id: "z",
            }),
            worst(SurvivorKey {
                date: Some(Date(101)),
                length: 0,
                id: "z",
                ..BASE
            }),
            worst(SurvivorKey {
                length: 11,
                id: "z",
                ..BASE
            }),
            worst(SurvivorKey { id: "a", ..BASE }),
        ];
        for key in table {
            assert_eq!(survivor_order(&[BASE, key]), [1, 0], "{key:?}");
            assert_eq!(survivor_order(&[key, BASE]), [0, 1], "{key:?}");
        }
        let undated = SurvivorKey { date: None, ..BASE };
        assert_eq!(survivor_order(&[undated, BASE]), [1, 0]);
    }

    proptest! {
        #[test]
        fn ranks_are_a_permutation_that_ignores_row_order(
            fields in proptest::collection::vec((0u8..3, 0u32..3, proptest::option::of(0i32..3), 0u64..3), 0..40),
            turn in 0usize..40,
        ) {
            let ids: Vec<String> = (0..fields.len()).map(|at| format!("s/{at}")).collect();
            let keys: Vec<SurvivorKey<'_>> = fields.iter().zip(&ids).map(|(&(clarity, source_rank, date, length), id)| {
                SurvivorKey { clarity, source_rank, date: date.map(Date), length, id }
            }).collect();
            let ranks = survivor_order(&keys);
            let mut sorted = ranks.clone();
            sorted.sort_unstable();
            prop_assert!(sorted.iter().enumerate().all(|(at, &rank)| at == rank as usize));
            let mut turned = keys.clone();
            let mut expected = ranks;
            if !keys.is_empty() {
                turned.rotate_left(turn % keys.len());
                expected.rotate_left(turn % keys.len());
            }
            prop_assert_eq!(survivor_order(&turned), expected);
        }
    }
}
