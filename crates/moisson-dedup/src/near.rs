//! Near-duplicates: bands propose, the exact similarity decides, and only a kept document justifies a drop.

use std::sync::Arc;

use moisson_core::Result;

use crate::component::Bands;
use crate::pool::Pool;
use crate::similarity::similar;
use crate::{DedupConfig, Duplicate, Item, Measure};

/// Gives the shingle sets of documents. The caller caches what it can afford; sets are asked for component by component.
pub trait ShingleSource {
    /// Returns the shingle hashes of an item, sorted and distinct.
    ///
    /// # Errors
    /// Whatever reading the text meets.
    fn get(&mut self, item: u32) -> Result<Arc<[u64]>>;

    /// Exact size of that set. Called often, so it must be cheap: documents whose sizes rule a duplicate out are not read.
    fn len(&self, item: u32) -> usize;

    /// True if the item has no shingle, which is a text without words.
    fn is_empty(&self, item: u32) -> bool {
        self.len(item) == 0
    }
}

/// What near dedup found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NearOutcome {
    /// Documents dropped, by rank, each against a document that is kept.
    pub duplicates: Vec<Duplicate>,
    /// Pairs of kept, pinned documents of different works that are proved similar, lower rank first: they must not
    /// be torn apart by a split.
    pub links: Vec<(u32, u32, f64)>,
    /// Pairs measured.
    pub compared: u64,
    /// Documents kept although `comparisons_max` left a document they share a band with unmeasured.
    pub limited: u64,
}

/// Drops living documents that are proved similar to a kept one.
///
/// `groups` are the numbers of documents that share one value of one band, in any order. Documents connected through
/// groups form a component, and are taken in survivor order. Each is measured against kept documents of its component
/// whose size does not rule it out: first those it shares bands with (most bands first, then the nearest size), up to
/// `comparisons_max`; if none proves it, those nearest in size that it is only connected to, up to `reach_max`. It is
/// dropped against the most similar one if that reaches the threshold. What is not measured is kept.
///
/// Pinned documents come first whatever their rank. They are kept in any case, so taking them first lets every other
/// document be held against them; a pinned document after an unpinned copy of it would leave both standing.
/// Two pinned documents are measured only to report links, and never when they are versions of one work.
///
/// The result does not depend on the order of items or groups. Cost: at most `comparisons_max + reach_max` merges per
/// document, and so linear even where a template puts everything in one group.
///
/// # Errors
/// [`moisson_core::Error::Config`] for bad settings, and whatever `shingles` meets.
pub fn near(
    items: &[Item],
    alive: &mut [bool],
    groups: &[Vec<u32>],
    shingles: &mut dyn ShingleSource,
    config: &DedupConfig,
) -> Result<NearOutcome> {
    config.validate()?;
    let bands = Bands::of_items(items, alive, groups, config.scope);
    let mut pools: Vec<Pool> = Vec::new();
    pools.resize_with(bands.groups.len(), Pool::default);
    let mut search = Search {
        items,
        bands: &bands,
        pools,
        shingles,
        config,
        outcome: NearOutcome::default(),
    };
    for mut component in bands.components() {
        search.sort(&mut component);
        search.component(&component, alive)?;
    }
    let mut outcome = search.outcome;
    let rank = |item: u32| items[item as usize].rank;
    outcome.duplicates.sort_unstable_by_key(|d| rank(d.dropped));
    outcome
        .links
        .sort_unstable_by_key(|&(left, right, _)| (rank(left), rank(right)));
    Ok(outcome)
}

/// State of one run over the components.
struct Search<'a> {
    items: &'a [Item],
    bands: &'a Bands,
    /// Kept documents of each group.
    pools: Vec<Pool>,
    shingles: &'a mut dyn ShingleSource,
    config: &'a DedupConfig,
    outcome: NearOutcome,
}

impl Search<'_> {
    fn item(&self, item: u32) -> &Item {
        &self.items[item as usize]
    }

    /// Puts a component in the order in which its documents are taken.
    fn sort(&self, component: &mut [u32]) {
        match self.config.measure {
            Measure::Jaccard => {
                component.sort_unstable_by_key(|&at| (!self.item(at).pinned, self.item(at).rank));
            }
            Measure::Containment => component.sort_unstable_by_key(|&at| {
                let size = std::cmp::Reverse(self.shingles.len(at));
                (!self.item(at).pinned, size, self.item(at).rank)
            }),
        }
    }

    fn component(&mut self, component: &[u32], alive: &mut [bool]) -> Result<()> {
        let mut reachable = Pool::default();
        for &item in component {
            if self.shingles.is_empty(item) {
                continue;
            }
            if self.item(item).pinned {
                self.link(item)?;
            } else if let Some((kept, similarity)) = self.proof(item, &reachable)? {
                alive[item as usize] = false;
                self.outcome.duplicates.push(Duplicate {
                    dropped: item,
                    kept,
                    similarity,
                    measure: self.config.measure,
                });
                continue;
            }
            let (size, rank) = (self.shingles.len(item), self.item(item).rank);
            for &group in self.bands.of(item) {
                self.pools[group as usize].insert(size, rank, item);
            }
            if self.config.reach_max > 0 {
                reachable.insert(size, rank, item);
            }
        }
        Ok(())
    }

    /// Returns the most similar kept document and the similarity, if it reaches the threshold.
    fn proof(&mut self, item: u32, reachable: &Pool) -> Result<Option<(u32, f64)>> {
        let size = self.shingles.len(item);
        let sizes = self.config.measure.sizes(size, self.config.threshold);
        let (mut near, limited) = self.sharing(item, size, sizes);
        let mut best = self.best(item, &near)?;
        if best.is_none() && self.config.reach_max > 0 {
            let reach = self.config.reach_max as usize;
            let mut far = Vec::new();
            // As many more as were seen already, so that enough are left once those are taken out.
            reachable.nearest(size, sizes, near.len() + reach, &mut far);
            near.sort_unstable();
            far.retain(|other| near.binary_search(other).is_err());
            far.truncate(reach);
            best = self.best(item, &far)?;
        }
        self.outcome.limited += u64::from(limited && best.is_none());
        Ok(best)
    }

    /// Lists kept documents that share bands with `item`, the most promising first, and whether a limit cut the list.
    fn sharing(&self, item: u32, size: usize, sizes: (usize, usize)) -> (Vec<u32>, bool) {
        let most = self.config.comparisons_max as usize;
        let (mut found, mut limited) = (Vec::new(), false);
        for &group in self.bands.of(item) {
            limited |= self.pools[group as usize].nearest(size, sizes, most, &mut found);
        }
        found.sort_unstable();
        let mut counted: Vec<(usize, u32)> = found
            .chunk_by(u32::eq)
            .map(|same| (same.len(), same[0]))
            .collect();
        counted.sort_unstable_by_key(|&(shared, other)| {
            let distance = size.abs_diff(self.shingles.len(other));
            (std::cmp::Reverse(shared), distance, self.item(other).rank)
        });
        limited |= counted.len() > most;
        counted.truncate(most);
        (
            counted.into_iter().map(|(_, other)| other).collect(),
            limited,
        )
    }

    /// Measures `item` against each of `others` and returns the best that reaches the threshold; the first of equals.
    fn best(&mut self, item: u32, others: &[u32]) -> Result<Option<(u32, f64)>> {
        if others.is_empty() {
            return Ok(None);
        }
        let set = self.shingles.get(item)?;
        let mut best: Option<(u32, f64)> = None;
        for &other in others {
            let bound = best.map_or(0.0, |(_, similarity)| similarity);
            if bound >= 1.0 {
                break;
            }
            let other_set = self.shingles.get(other)?;
            self.outcome.compared += 1;
            let threshold = self.config.threshold;
            if let Some(value) = similar(self.config.measure, &set, &other_set, threshold, bound) {
                best = Some((other, value));
            }
        }
        Ok(best)
    }

    /// Records the kept, pinned documents of other works that a pinned document is similar to.
    fn link(&mut self, item: u32) -> Result<()> {
        let chain = self.item(item).chain;
        let size = self.shingles.len(item);
        let sizes = self.config.measure.sizes(size, self.config.threshold);
        let (mut others, limited) = self.sharing(item, size, sizes);
        others.retain(|&other| chain.is_none() || self.item(other).chain != chain);
        self.outcome.limited += u64::from(limited);
        if others.is_empty() {
            return Ok(());
        }
        let set = self.shingles.get(item)?;
        for other in others {
            let other_set = self.shingles.get(other)?;
            self.outcome.compared += 1;
            let (measure, threshold) = (self.config.measure, self.config.threshold);
            if let Some(value) = similar(measure, &set, &other_set, threshold, 0.0) {
                let pair = if self.item(item).rank < self.item(other).rank {
                    (item, other)
                } else {
                    (other, item)
                };
                self.outcome.links.push((pair.0, pair.1, value));
            }
        }
        Ok(())
    }
}
