//! Near dedup as tables and properties.

use std::sync::Arc;

use moisson_core::Result;
use proptest::prelude::*;

use crate::{DedupConfig, Item, Measure, NearOutcome, Scope, ShingleSource, near};

struct Sets(Vec<Arc<[u64]>>);

impl ShingleSource for Sets {
    fn get(&mut self, item: u32) -> Result<Arc<[u64]>> {
        Ok(self.0[item as usize].clone())
    }

    fn len(&self, item: u32) -> usize {
        self.0[item as usize].len()
    }
}

/// Item whose rank is its number.
fn item(rank: u32) -> Item {
    Item {
        digest: [0; 32],
        rank,
        chain: None,
        pinned: false,
        source: 0,
    }
}

fn run(
    items: &[Item],
    sets: &[Vec<u64>],
    groups: &[Vec<u32>],
    config: DedupConfig,
) -> (NearOutcome, Vec<bool>) {
    let mut alive = vec![true; items.len()];
    let mut sets = Sets(sets.iter().map(|set| set.as_slice().into()).collect());
    let outcome = near(items, &mut alive, groups, &mut sets, &config).unwrap();
    (outcome, alive)
}

/// Dropped and kept, by rank of the dropped.
fn drops(outcome: &NearOutcome) -> Vec<(u32, u32)> {
    outcome
        .duplicates
        .iter()
        .map(|duplicate| (duplicate.dropped, duplicate.kept))
        .collect()
}

fn set(range: std::ops::Range<u64>) -> Vec<u64> {
    range.collect()
}

#[test]
fn who_is_dropped_against_whom() {
    let check = |sets: &[Vec<u64>], groups: &[&[u32]], expected: &[(u32, u32)]| {
        let items: Vec<Item> = (0u32..).map(item).take(sets.len()).collect();
        let groups: Vec<Vec<u32>> = groups.iter().map(|group| group.to_vec()).collect();
        let (outcome, alive) = run(&items, sets, &groups, DedupConfig::default());
        assert_eq!(drops(&outcome), expected);
        assert_eq!(
            alive.iter().filter(|alive| !**alive).count(),
            expected.len()
        );
    };
    // Similar and proposed; similar and not proposed; proposed and not similar.
    check(&[set(0..10), set(1..10)], &[&[0, 1]], &[(1, 0)]);
    check(&[set(0..10), set(1..10)], &[], &[]);
    check(&[set(0..10), set(5..15)], &[&[0, 1]], &[]);
    // A chain of weak links: 1 is like 0 and 2 is like 1, but 2 is not like 0, so 2 is kept.
    check(
        &[set(0..100), set(10..100), set(20..100)],
        &[&[0, 1], &[1, 2]],
        &[(1, 0), (2, 0)],
    );
    check(
        &[set(0..100), set(10..110), set(20..120)],
        &[&[0, 1], &[1, 2]],
        &[(1, 0)],
    );
    // The best kept one is named, not the first.
    check(
        &[set(0..100), set(15..115), set(14..112)],
        &[&[0, 1, 2]],
        &[(2, 1)],
    );
    // No shared band, but a chain of them: 2 is measured against 0 as well.
    check(
        &[set(0..100), set(50..150), set(0..99)],
        &[&[0, 1], &[1, 2]],
        &[(2, 0)],
    );
    // Texts without words are no evidence.
    check(&[vec![], vec![]], &[&[0, 1]], &[]);
}

#[test]
fn containment_drops_the_contained() {
    let config = DedupConfig {
        measure: Measure::Containment,
        ..DedupConfig::default()
    };
    let items = [item(0), item(1), item(2)];
    let sets = [set(0..50), set(0..100), set(40..90)];
    let (outcome, _) = run(&items, &sets, &[vec![0, 1, 2]], config);
    assert_eq!(drops(&outcome), [(0, 1), (2, 1)]);
    // A pinned excerpt does not take the whole with it.
    let pinned = Item {
        pinned: true,
        ..item(0)
    };
    let (outcome, _) = run(&[pinned, item(1), item(2)], &sets, &[vec![0, 1, 2]], config);
    assert_eq!(drops(&outcome), [(2, 1)]);
}

#[test]
fn pinned_versions_are_kept_and_linked() {
    let version = |rank, chain| Item {
        chain: Some(chain),
        pinned: true,
        ..item(rank)
    };
    let items = [item(0), version(1, 7), version(2, 7), version(3, 8)];
    let sets = vec![set(0..100); 4];
    let (outcome, alive) = run(&items, &sets, &[vec![0, 1, 2, 3]], DedupConfig::default());
    // The unpinned copy goes although it ranks first; versions of one work are not measured against each other.
    assert_eq!(drops(&outcome), [(0, 1)]);
    assert_eq!(alive, [false, true, true, true]);
    assert_eq!(outcome.links, [(1, 3, 1.0), (2, 3, 1.0)]);
}

#[test]
fn scope_and_life_are_respected() {
    let items = [
        item(0),
        Item {
            source: 1,
            ..item(1)
        },
        item(2),
        item(3),
    ];
    let sets = vec![set(0..100); 4];
    let groups = [vec![0, 1, 2, 3]];
    let by_source = DedupConfig {
        scope: Scope::Source,
        ..DedupConfig::default()
    };
    let (outcome, _) = run(&items, &sets, &groups, by_source);
    assert_eq!(drops(&outcome), [(2, 0), (3, 0)]);
    let mut alive = [false, true, true, false];
    let mut source = Sets(sets.iter().map(|set| set.as_slice().into()).collect());
    let config = DedupConfig::default();
    let outcome = near(&items, &mut alive, &groups, &mut source, &config).unwrap();
    assert_eq!(drops(&outcome), [(2, 1)]);
    assert_eq!(alive, [false, true, false, false]);
}

#[test]
fn a_template_costs_no_more_than_its_limit() {
    // 400 documents share half of their text and one band; none is a duplicate.
    let sets: Vec<Vec<u64>> = (0..400u64)
        .map(|at| (0..50).chain(1000 + at * 50..1050 + at * 50).collect())
        .collect();
    let items: Vec<Item> = (0..400).map(item).collect();
    let groups = [(0..400).collect::<Vec<u32>>()];
    let config = DedupConfig {
        comparisons_max: 10,
        reach_max: 5,
        ..DedupConfig::default()
    };
    let (outcome, alive) = run(&items, &sets, &groups, config);
    assert!(alive.iter().all(|alive| *alive));
    assert!(outcome.compared <= 400 * 15, "{}", outcome.compared);
    assert_eq!(outcome.limited, 400 - 11); // the first 11 have at most 10 before them
    let (outcome, _) = run(
        &items,
        &sets,
        &groups,
        DedupConfig {
            comparisons_max: 400,
            ..config
        },
    );
    assert_eq!((outcome.compared, outcome.limited), (400 * 399 / 2, 0));
}

/// Shingle sets, groups, and whether each document is pinned, with its chain.
type Corpus = (Vec<Vec<u64>>, Vec<Vec<u32>>, Vec<(bool, u32)>);

/// Documents as edits of a few base texts, and groups of them.
fn corpus() -> impl Strategy<Value = Corpus> {
    let document = (0u64..4, proptest::collection::btree_set(0u64..60, 0..14));
    proptest::collection::vec(document, 2..40).prop_flat_map(|documents| {
        let number = documents.len();
        let sets = documents
            .iter()
            .map(|(base, gone)| {
                let all = base * 40..base * 40 + 60;
                all.filter(|at| !gone.contains(&(at - base * 40))).collect()
            })
            .collect::<Vec<Vec<u64>>>();
        let group = proptest::collection::vec(0..u32::try_from(number).unwrap(), 2..8);
        (
            Just(sets),
            proptest::collection::vec(group, 0..20),
            proptest::collection::vec((proptest::bool::weighted(0.2), 0u32..3), number),
        )
    })
}

fn similarity(measure: Measure, left: &[u64], right: &[u64]) -> f64 {
    let common = left.iter().filter(|at| right.contains(at)).count();
    measure.of(left.len(), right.len(), common)
}

proptest! {
    #[test]
    fn every_drop_is_proved_and_the_order_does_not_matter(
        (sets, groups, flags) in corpus(),
        shuffle in any::<u64>(),
        containment in any::<bool>(),
        limits in (1u32..6, 0u32..4),
    ) {
        let measure = if containment { Measure::Containment } else { Measure::Jaccard };
        let config = DedupConfig {
            measure,
            comparisons_max: limits.0,
            reach_max: limits.1,
            ..DedupConfig::default()
        };
        let items: Vec<Item> = flags.iter().zip(0u32..).map(|(&(pinned, chain), rank)| Item {
            pinned,
            chain: Some(chain),
            ..item(rank)
        }).collect();
        let (outcome, alive) = run(&items, &sets, &groups, config);
        for duplicate in &outcome.duplicates {
            let (dropped, kept) = (duplicate.dropped as usize, duplicate.kept as usize);
            prop_assert!(alive[kept] && !alive[dropped] && !items[dropped].pinned);
            let expected = similarity(measure, &sets[dropped], &sets[kept]);
            prop_assert!(duplicate.similarity.total_cmp(&expected).is_eq());
            prop_assert!(duplicate.similarity >= config.threshold);
        }
        for &(left, right, value) in &outcome.links {
            prop_assert!(alive[left as usize] && alive[right as usize]);
            prop_assert_ne!(items[left as usize].chain, items[right as usize].chain);
            prop_assert!(value >= config.threshold);
        }
        prop_assert_eq!(alive.iter().filter(|alive| !**alive).count(), outcome.duplicates.len());

        // The same documents under other numbers, groups in another order.
        let number = items.len();
        let mut to: Vec<usize> = (0..number).collect();
        to.sort_by_key(|&at| (at as u64 ^ shuffle).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut moved_items = items.clone();
        let mut moved_sets = sets.clone();
        for (at, &new) in to.iter().enumerate() {
            moved_items[new] = items[at];
            moved_sets[new].clone_from(&sets[at]);
        }
        let mut moved_groups: Vec<Vec<u32>> = groups.iter().map(|group| {
            group.iter().rev().map(|&at| u32::try_from(to[at as usize]).unwrap()).collect()
        }).collect();
        moved_groups.reverse();
        let (moved, _) = run(&moved_items, &moved_sets, &moved_groups, config);
        let by_rank = |outcome: &NearOutcome, items: &[Item]| -> Vec<(u32, u32)> {
            let rank = |at: u32| items[at as usize].rank;
            outcome.duplicates.iter().map(|d| (rank(d.dropped), rank(d.kept))).collect()
        };
        prop_assert_eq!(by_rank(&moved, &moved_items), by_rank(&outcome, &items));
        prop_assert_eq!((moved.compared, moved.limited), (outcome.compared, outcome.limited));
        prop_assert_eq!(moved.links.len(), outcome.links.len());
    }

    #[test]
    fn without_limits_no_proposed_pair_stands((sets, groups, _) in corpus()) {
        let items: Vec<Item> = (0u32..).map(item).take(sets.len()).collect();
        let (outcome, alive) = run(&items, &sets, &groups, DedupConfig {
            comparisons_max: 1000,
            ..DedupConfig::default()
        });
        prop_assert_eq!(outcome.limited, 0);
        for group in &groups {
            for (at, &left) in group.iter().enumerate() {
                for &right in &group[at + 1..] {
                    let both = left != right && alive[left as usize] && alive[right as usize];
                    let value = similarity(Measure::Jaccard, &sets[left as usize], &sets[right as usize]);
                    prop_assert!(!both || value < 0.8, "{left} {right}: {value}");
                }
            }
        }
    }
}
