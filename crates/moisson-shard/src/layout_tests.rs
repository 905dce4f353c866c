//! Layouts as tables and properties.

use std::collections::{BTreeMap, BTreeSet};

use moisson_core::Digest;
use proptest::prelude::*;

use crate::layout::{Bucket, Row, ShardConfig, assign, bucket_key, file_name};

fn config(target_bytes: u64, splits: &[(&str, f64)]) -> ShardConfig {
    ShardConfig {
        target_bytes,
        splits: splits
            .iter()
            .map(|&(name, share)| (name.to_owned(), share))
            .collect(),
        ..ShardConfig::default()
    }
}

/// Rows `{family}/{number}` of 10 bytes in groups of `group` rows.
fn ids(number: usize) -> Vec<String> {
    (0..number).map(|at| format!("source/{at}")).collect()
}

#[test]
fn layouts_as_a_table() {
    // (rows, group size, target) -> number of buckets is within bounds, and all bytes are there.
    for (number, per_group, target, least, most) in [
        (0, 1, 100, 0, 0),
        (1, 1, 100, 1, 1),
        (1, 1, 5, 1, 1), // larger than the target, cannot be cut
        (10, 1, 100, 1, 1),
        (64, 1, 100, 7, 20),
        (64, 64, 100, 1, 1), // one group stays together
        (1000, 10, 1000, 10, 25),
    ] {
        let ids = ids(number);
        let groups: Vec<String> = (0..number)
            .map(|at| format!("g{}", at / per_group))
            .collect();
        let rows: Vec<Row<'_>> = ids
            .iter()
            .zip(&groups)
            .map(|(doc_id, group)| Row {
                family: "lo",
                group,
                doc_id,
                bytes: 10,
            })
            .collect();
        let buckets = assign(&rows, &config(target, &[]));
        assert!(
            (least..=most).contains(&buckets.len()),
            "{number}: {}",
            buckets.len()
        );
        assert_eq!(
            buckets.iter().map(|bucket| bucket.bytes).sum::<u64>(),
            10 * number as u64
        );
        assert!(buckets.iter().all(|bucket| bucket.split == "train"));
        let bits: BTreeSet<&str> = buckets.iter().map(|bucket| bucket.bits.as_str()).collect();
        assert_eq!(bits.len(), buckets.len());
        assert_eq!(bits.contains(""), buckets.len() == 1);
    }
}

#[test]
fn splits_have_their_shares() {
    let ids = ids(20_000);
    let rows: Vec<Row<'_>> = ids
        .iter()
        .map(|doc_id| Row {
            family: "lo",
            group: doc_id,
            doc_id,
            bytes: 1,
        })
        .collect();
    let shares = |config: &ShardConfig| {
        let mut shares: BTreeMap<String, usize> = BTreeMap::new();
        for bucket in assign(&rows, config) {
            *shares.entry(bucket.split).or_default() += bucket.rows.len();
        }
        shares
    };
    for (splits, expected) in [
        (&[][..], &[("train", 1.0)][..]),
        (
            &[("validation", 0.1)],
            &[("train", 0.9), ("validation", 0.1)],
        ),
        (
            &[("train", 0.5), ("test", 0.2), ("validation", 0.3)],
            &[("test", 0.2), ("train", 0.5), ("validation", 0.3)],
        ),
        (&[("test", 1.0)], &[("test", 1.0)]),
        (&[("test", 0.0)], &[("train", 1.0)]),
    ] {
        let found = shares(&config(u64::MAX, splits));
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (name, share) in expected {
            let found = found[*name] as f64 / rows.len() as f64;
            assert!((found - share).abs() < 0.02, "{name}: {found}");
        }
    }
}

#[test]
fn mistakes_are_told() {
    let check = |target, splits: &[(&str, f64)], expected: &str| {
        let found = config(target, splits)
            .validate()
            .err()
            .map(|error| error.to_string());
        assert!(
            found.as_deref().unwrap_or("fine").contains(expected),
            "{found:?}"
        );
    };
    check(1, &[], "fine");
    check(1, &[("validation", 0.01)], "fine");
    check(
        1,
        &[("train", 0.7), ("test", 0.2), ("validation", 0.1)],
        "fine",
    );
    check(0, &[], "`target_bytes` is 0");
    check(1, &[("a", 0.7), ("b", 0.4)], "sum to 1.1");
    check(1, &[("train", 0.7), ("test", 0.2)], "they must sum to 1");
    check(1, &[("test", -0.1)], "share of split `test` is -0.1");
    check(1, &[("dev-set", 0.1)], "split `dev-set` must be named");
    assert!(toml::from_str::<ShardConfig>("target = 1").is_err());
    let parsed: ShardConfig = toml::from_str("splits = { validation = 0.01 }").unwrap();
    assert_eq!(parsed, config(256 << 20, &[("validation", 0.01)]));
}

#[test]
fn names_and_keys() {
    let digest = Digest::of(b"x");
    let hex = digest.to_hex();
    let hex = hex.get(..16).unwrap();
    assert_eq!(
        file_name("train", "", digest),
        format!("train-all-{hex}.parquet")
    );
    assert_eq!(
        file_name("test", "010", digest),
        format!("test-010-{hex}.parquet")
    );
    let bucket = Bucket {
        family: "lo".to_owned(),
        split: "train".to_owned(),
        bits: "0".to_owned(),
        rows: vec![0, 1],
        bytes: 2,
    };
    let (one, two) = (Digest::of(b"1"), Digest::of(b"2"));
    let key = bucket_key(&bucket, [one, two].iter());
    assert_eq!(bucket_key(&bucket, [one, two].iter()), key);
    assert_ne!(bucket_key(&bucket, [two, one].iter()), key);
    assert_ne!(bucket_key(&bucket, [one].iter()), key);
    let other = Bucket {
        family: "od".to_owned(),
        ..bucket
    };
    assert_ne!(bucket_key(&other, [one, two].iter()), key);
}

/// Contents of buckets by name: family, split and bits to ids in order.
fn contents<'a>(
    rows: &[Row<'a>],
    buckets: &[Bucket],
) -> BTreeMap<(String, String, String), Vec<&'a str>> {
    buckets
        .iter()
        .map(|bucket| {
            let name = (
                bucket.family.clone(),
                bucket.split.clone(),
                bucket.bits.clone(),
            );
            (
                name,
                bucket
                    .rows
                    .iter()
                    .map(|&row| rows[row as usize].doc_id)
                    .collect(),
            )
        })
        .collect()
}

proptest! {
    #[test]
    fn groups_stay_together_and_order_does_not_matter(
        fields in proptest::collection::vec((0u8..2, 0u8..20, 1u64..50), 1..80),
        target_bytes in 20u64..400,
        turn in 0usize..80,
    ) {
        let config = config(target_bytes, &[("validation", 0.3)]);
        let ids = ids(fields.len());
        let groups: Vec<String> = fields.iter().map(|field| field.1.to_string()).collect();
        let rows: Vec<Row<'_>> = fields.iter().zip(&ids).zip(&groups).map(|((field, doc_id), group)| {
            Row { family: if field.0 == 0 { "lo" } else { "odbl" }, group, doc_id, bytes: field.2 }
        }).collect();
        let buckets = assign(&rows, &config);
        let mut home: BTreeMap<(&str, &str), (&str, &str)> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        for bucket in &buckets {
            for &row in &bucket.rows {
                let Row { family, group, .. } = rows[row as usize];
                prop_assert_eq!(family, &bucket.family);
                prop_assert!(seen.insert(row));
                let place = (bucket.split.as_str(), bucket.bits.as_str());
                prop_assert_eq!(*home.entry((family, group)).or_insert(place), place);
            }
        }
        prop_assert_eq!(seen.len(), rows.len());
        let mut turned = rows.clone();
        turned.rotate_left(turn % rows.len());
        prop_assert_eq!(contents(&turned, &assign(&turned, &config)), contents(&rows, &buckets));
    }

    #[test]
    fn one_document_more_changes_one_bucket(
        number in 1usize..200,
        target_bytes in 30u64..600,
    ) {
        let config = config(target_bytes, &[("validation", 0.2)]);
        let ids = ids(number + 1);
        let rows: Vec<Row<'_>> = ids.iter().map(|doc_id| Row { family: "lo", group: doc_id, doc_id, bytes: 10 }).collect();
        let before = contents(&rows[..number], &assign(&rows[..number], &config));
        let after = contents(&rows, &assign(&rows, &config));
        let new = rows[number].doc_id;
        let gone: Vec<_> = before.iter().filter(|(name, ids)| after.get(*name) != Some(ids)).collect();
        // At most one bucket is touched; what replaces it is that bucket, or its parts where it had to be cut.
        prop_assert!(gone.len() <= 1);
        let mut expected: BTreeSet<&str> = gone.iter().flat_map(|(_, ids)| ids.iter().copied()).collect();
        expected.insert(new);
        let made: BTreeSet<&str> = after.iter()
            .filter(|(name, ids)| before.get(*name) != Some(ids))
            .flat_map(|(_, ids)| ids.iter().copied())
            .collect();
        prop_assert_eq!(made, expected);
    }
}
