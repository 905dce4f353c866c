//! Successive versions of one work: which of them a release holds.

use moisson_core::{Date, reason};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which versions of a work are released.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum VersionPolicy {
    /// All of them.
    #[default]
    KeepAll,
    /// Those in force.
    InForce,
    /// The newest of each work.
    Latest,
}

/// What is known of a document as a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version<'a> {
    /// Number of the work (`version_of`), if the document names one.
    pub chain: Option<u32>,
    /// State as published, `VIGUEUR` or `in_force` for instance.
    pub state: Option<&'a str>,
    /// First day it holds.
    pub from: Option<Date>,
    /// First day it no longer holds.
    pub to: Option<Date>,
    /// Position in the survivor order.
    pub rank: u32,
}

/// A version that the policy drops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Versioned {
    /// Number of the dropped document.
    pub dropped: u32,
    /// The version of the same work that is kept instead, where there is one.
    pub kept: Option<u32>,
    /// `version/not-in-force` or `version/not-latest`.
    pub reason: &'static str,
}

/// Drops the living versions that the policy does not want, and returns them in order of number.
///
/// *Latest* keeps the newest `from` of each work (none is oldest, ties go to the lower rank).
///
/// *In force* looks at the state, and where there is none, at whether `to` is open (none or 2999-01-01). There is no
/// clock: a version that ends at a known date is not in force, and one whose repeal is only announced is. A state of
/// LEGI speaks of the day of the whole dump. Any other state (`in_force` in a dated snapshot) and an open end only
/// speak of the day the version was published, so of several such versions of a work only the newest is in force.
/// Documents that know nothing of versions are kept.
pub fn versions(
    policy: VersionPolicy,
    versions: &[Version<'_>],
    alive: &mut [bool],
) -> Vec<Versioned> {
    let claim = |version: &Version<'_>| match policy {
        VersionPolicy::KeepAll => Claim::Certain,
        VersionPolicy::InForce => in_force(version),
        VersionPolicy::Latest => Claim::IfNewest,
    };
    let reason = match policy {
        VersionPolicy::KeepAll => return Vec::new(),
        VersionPolicy::InForce => reason::VERSION_NOT_IN_FORCE,
        VersionPolicy::Latest => reason::VERSION_NOT_LATEST,
    };
    let mut order: Vec<u32> = (0u32..)
        .take(versions.len())
        .filter(|&at| alive[at as usize])
        .collect();
    order.sort_unstable_by_key(|&at| {
        let version = &versions[at as usize];
        let newest_first = std::cmp::Reverse(version.from);
        (version.chain, claim(version), newest_first, version.rank)
    });
    let mut dropped = Vec::new();
    for work in order.chunk_by(|&l, &r| versions[l as usize].chain == versions[r as usize].chain) {
        let single = versions[work[0] as usize].chain.is_none();
        let first = Some(work[0]).filter(|&at| claim(&versions[at as usize]) < Claim::None);
        for &at in work {
            let keeps = match claim(&versions[at as usize]) {
                Claim::Certain => true,
                Claim::IfNewest => single || first == Some(at),
                Claim::None => false,
            };
            if !keeps {
                alive[at as usize] = false;
                dropped.push(Versioned {
                    dropped: at,
                    kept: first.filter(|_| !single),
                    reason,
                });
            }
        }
    }
    dropped.sort_unstable_by_key(|versioned| versioned.dropped);
    dropped
}

/// How well a version stands for its work; the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Claim {
    Certain,
    IfNewest,
    None,
}

/// 2999-01-01, which the French legal databases write for an end that is not known.
const OPEN: Date = Date(375_835);

fn in_force(version: &Version<'_>) -> Claim {
    let open = version.to.is_none_or(|to| to >= OPEN);
    match version.state {
        None | Some("") if open => Claim::IfNewest,
        None | Some("") => Claim::None,
        Some(state) if state.starts_with("VIGUEUR_DIFF") => Claim::None,
        Some(state) if state.starts_with("VIGUEUR") || state == "ABROGE_DIFF" => Claim::Certain,
        Some("in_force" | "in-force" | "true") => Claim::IfNewest,
        Some(_) => Claim::None,
    }
}

#[cfg(test)]
mod tests {
    use moisson_core::Date;

    use super::{OPEN, Version, VersionPolicy, versions};

    /// Chain, state, from, to, rank.
    type Row = (
        Option<u32>,
        Option<&'static str>,
        Option<i32>,
        Option<i32>,
        u32,
    );

    #[track_caller]
    fn check(policy: VersionPolicy, rows: &[Row], expected: &[(u32, Option<u32>)]) {
        let list: Vec<Version<'_>> = rows
            .iter()
            .map(|&(chain, state, from, to, rank)| Version {
                chain,
                state,
                from: from.map(Date),
                to: to.map(Date),
                rank,
            })
            .collect();
        let mut alive = vec![true; rows.len()];
        let found: Vec<(u32, Option<u32>)> = versions(policy, &list, &mut alive)
            .iter()
            .map(|versioned| (versioned.dropped, versioned.kept))
            .collect();
        assert_eq!(found, expected);
        let dropped = alive.iter().filter(|alive| !**alive).count();
        assert_eq!(dropped, expected.len());
    }

    #[test]
    fn the_open_end_is_the_first_of_january_2999() {
        assert_eq!(Date::from_ymd(2999, 1, 1), Some(OPEN));
    }

    #[test]
    fn latest_keeps_one_per_work() {
        let rows = [
            (Some(1), None, Some(10), None, 3),
            (Some(1), None, Some(30), None, 2),
            (Some(1), None, None, None, 0),
            (Some(2), None, Some(5), None, 4),
            (Some(2), None, Some(5), None, 1),
            (None, None, Some(1), None, 6),
            (None, None, Some(2), None, 5),
        ];
        check(
            VersionPolicy::Latest,
            &rows,
            &[(0, Some(1)), (2, Some(1)), (3, Some(4))],
        );
        check(VersionPolicy::KeepAll, &rows, &[]);
    }

    #[test]
    fn in_force_reads_states_and_ends() {
        let open = Some(OPEN.0);
        let policy = VersionPolicy::InForce;
        let legi = [
            (Some(1), Some("MODIFIE"), Some(10), Some(20), 0),
            (Some(1), Some("VIGUEUR"), Some(20), Some(40), 1),
            (Some(1), Some("VIGUEUR_DIFF"), Some(40), open, 2),
            (Some(2), Some("ABROGE_DIFF"), Some(1), Some(99), 3),
            (Some(3), Some("ABROGE"), Some(1), Some(9), 4),
            (Some(4), Some("VIGUEUR_ETEN"), Some(1), open, 5),
        ];
        check(policy, &legi, &[(0, Some(1)), (2, Some(1)), (4, None)]);
        let snapshots = [
            (Some(1), Some("in_force"), Some(10), None, 0),
            (Some(1), Some("in_force"), Some(20), None, 1),
            (Some(2), Some("repealed"), Some(20), None, 2),
        ];
        check(policy, &snapshots, &[(0, Some(1)), (2, None)]);
        let ends = [
            (Some(1), None, Some(10), Some(20), 0),
            (Some(1), None, Some(20), open, 1),
            (None, None, None, Some(20), 2),
            (None, None, None, None, 3),
            (None, Some("in_force"), None, None, 4),
        ];
        check(policy, &ends, &[(0, Some(1)), (2, None)]);
    }
}
