//! Clean: removes what an output does not need.

use std::collections::BTreeSet;

use moisson_core::Result;

use crate::decide::DECIDE;
use crate::forget::components::COMPONENTS;
use crate::manifest::ReleaseManifest;
use crate::parts::{self, CONTENTS, DOCUMENTS, FAULTS};
use crate::session::{Session, WORK};
use crate::status::STATUS;
use crate::{query, shard};

/// What `clean` keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// What the current release was made from; parts of earlier inputs and parameters go.
    Current,
    /// Release and ledger only: no status, no increments, no `explain` in full, no promotion after `forget`.
    Receipts,
}

/// Removes files and returns their number and bytes.
///
/// # Errors
/// [`moisson_core::Error::Config`] if there is no release to keep.
pub fn run(session: &Session, keep: Keep) -> Result<(u64, u64)> {
    let (manifest, _) = query::manifest(session)?;
    let kept = match keep {
        Keep::Receipts => BTreeSet::new(),
        Keep::Current => current(&manifest),
    };
    let (mut files, mut bytes) = (0, 0);
    if keep == Keep::Receipts
        && let Some(status) = session.store().get_if_present(STATUS)?
    {
        session.store().delete(STATUS)?;
        files += 1;
        bytes += status.len() as u64;
    }
    // What processes of a run left for each other is of no use to the next.
    let mut stray = session.store().list(WORK)?;
    stray.extend(session.store().list("parts")?.into_iter().filter(|entry| {
        if keep == Keep::Current && entry.path.starts_with(COMPONENTS) {
            return false;
        }
        let stem = entry.path.rsplit_once('.');
        !kept.contains(stem.map_or(entry.path.as_str(), |(stem, _)| stem))
    }));
    files += stray.len() as u64;
    bytes += stray.iter().map(|entry| entry.size).sum::<u64>();
    let paths: Vec<String> = stray.into_iter().map(|entry| entry.path).collect();
    session.store().delete_all(&paths)?;
    Ok((files, bytes))
}

/// Paths, without extension, of what the current release was made from.
fn current(manifest: &ReleaseManifest) -> BTreeSet<String> {
    let mut kept = BTreeSet::from(["parts/inputs".to_owned()]);
    for part in &manifest.parts {
        kept.insert(parts::stem(DOCUMENTS, &part.name, None));
        kept.insert(parts::stem(FAULTS, &part.name, None));
        kept.insert(parts::stem(CONTENTS, &part.name, None));
        if let Some(key) = part.decide {
            kept.insert(parts::stem(DECIDE, &part.name, Some(key)));
        }
        for (family, key) in &part.annotations {
            kept.insert(parts::stem(family, &part.name, Some(*key)));
        }
    }
    kept.extend(manifest.shards.iter().filter_map(|shard| {
        shard::entry_path(shard.key)
            .strip_suffix(".json")
            .map(str::to_owned)
    }));
    kept
}
