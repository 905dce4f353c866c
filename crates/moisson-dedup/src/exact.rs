//! Exact duplicates: the same text, byte for byte.

use crate::{DedupConfig, Duplicate, Item, Measure};

/// Drops each living item whose digest a living item of lower rank has too, and returns what was dropped, by rank.
///
/// Pinned versions are dropped too: their text is released, under another id. With `scope = "source"` only items of
/// one source are compared.
pub fn exact(items: &[Item], alive: &mut [bool], config: &DedupConfig) -> Vec<Duplicate> {
    let mut order: Vec<u32> = (0u32..)
        .take(items.len())
        .filter(|&at| alive[at as usize])
        .collect();
    let group = |at: u32| {
        let item = &items[at as usize];
        let source = if config.scope.joins(0, 1) {
            0
        } else {
            item.source
        };
        (item.digest, source)
    };
    order.sort_unstable_by_key(|&at| (group(at), items[at as usize].rank));
    let mut duplicates = Vec::new();
    for same in order.chunk_by(|&left, &right| group(left) == group(right)) {
        let [kept, dropped @ ..] = same else {
            continue;
        };
        for &at in dropped {
            alive[at as usize] = false;
            duplicates.push(Duplicate {
                dropped: at,
                kept: *kept,
                similarity: 1.0,
                measure: Measure::Jaccard,
            });
        }
    }
    duplicates.sort_unstable_by_key(|duplicate| items[duplicate.dropped as usize].rank);
    duplicates
}

#[cfg(test)]
mod tests {
    use super::exact;
    use crate::{DedupConfig, Item, Scope};

    #[test]
    fn the_lowest_rank_survives() {
        // (digest, rank, source, alive) -> (dropped, kept)
        let check = |scope, rows: &[(u8, u32, u32, bool)], expected: &[(u32, u32)]| {
            let items: Vec<Item> = rows
                .iter()
                .map(|&(digest, rank, source, _)| Item {
                    digest: [digest; 32],
                    rank,
                    chain: Some(0),
                    pinned: true,
                    source,
                })
                .collect();
            let mut alive: Vec<bool> = rows.iter().map(|row| row.3).collect();
            let config = DedupConfig {
                scope,
                ..DedupConfig::default()
            };
            let found: Vec<(u32, u32)> = exact(&items, &mut alive, &config)
                .iter()
                .map(|duplicate| (duplicate.dropped, duplicate.kept))
                .collect();
            assert_eq!(found, expected);
            for (at, row) in rows.iter().enumerate() {
                let dropped = expected.iter().any(|&(dropped, _)| dropped as usize == at);
                assert_eq!(alive[at], row.3 && !dropped);
            }
        };
        check(Scope::Global, &[], &[]);
        check(Scope::Global, &[(1, 0, 0, true), (2, 1, 0, true)], &[]);
        check(
            Scope::Global,
            &[(1, 2, 0, true), (1, 0, 1, true), (1, 1, 0, true)],
            &[(2, 1), (0, 1)],
        );
        check(
            Scope::Global,
            &[(1, 0, 0, false), (1, 1, 0, true), (1, 2, 0, true)],
            &[(2, 1)],
        );
        check(
            Scope::Source,
            &[(1, 2, 0, true), (1, 0, 1, true), (1, 1, 0, true)],
            &[(0, 2)],
        );
    }
}
