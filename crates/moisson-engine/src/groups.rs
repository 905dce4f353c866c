//! Groups that splits must not tear apart: the versions of one work, and works that are proved alike.

use std::collections::{BTreeMap, HashMap};

use crate::corpus::Corpus;

/// Returns, for each document that belongs to another's group, the number of the first document of that group.
///
/// A link between two versions joins all versions of both works, so works are joined, not only the two documents.
pub fn linked(corpus: &Corpus, links: &[(u32, u32)]) -> BTreeMap<u32, u32> {
    if links.is_empty() {
        return BTreeMap::new();
    }
    let mut sets = Disjoint::new(corpus.documents());
    let mut first_of_work: HashMap<&str, u32> = HashMap::new();
    for part in &corpus.parts {
        for (number, row) in (part.first..).zip(0..part.rows.num_rows()) {
            if let Some(work) = part.text("version_of", row) {
                let first = *first_of_work.entry(work).or_insert(number);
                sets.join(first, number);
            }
        }
    }
    for &(left, right) in links {
        sets.join(left, right);
    }
    let numbers = 0..u32::try_from(corpus.documents()).unwrap_or(u32::MAX);
    numbers
        .map(|at| (at, sets.root(at)))
        .filter(|(at, to)| at != to)
        .collect()
}

/// Disjoint sets of numbers; the least of each is its root.
struct Disjoint(Vec<u32>);

impl Disjoint {
    fn new(numbers: usize) -> Self {
        Self((0..u32::try_from(numbers).unwrap_or(u32::MAX)).collect())
    }

    fn up(&self, at: u32) -> u32 {
        self.0.get(at as usize).copied().unwrap_or(at)
    }

    fn set(&mut self, at: u32, to: u32) {
        if let Some(slot) = self.0.get_mut(at as usize) {
            *slot = to;
        }
    }

    fn root(&mut self, mut at: u32) -> u32 {
        while self.up(at) != at {
            let above = self.up(self.up(at));
            self.set(at, above);
            at = above;
        }
        at
    }

    fn join(&mut self, left: u32, right: u32) {
        let (left, right) = (self.root(left), self.root(right));
        self.set(left.max(right), left.min(right));
    }
}

#[cfg(test)]
mod tests {
    use super::Disjoint;

    #[test]
    fn the_least_number_is_the_root_whatever_the_order() {
        for joins in [[(1, 2), (2, 3), (5, 4)], [(5, 4), (3, 1), (2, 1)]] {
            let mut sets = Disjoint::new(6);
            for (left, right) in joins {
                sets.join(left, right);
            }
            let roots: Vec<u32> = (0..6).map(|at| sets.root(at)).collect();
            assert_eq!(roots, [0, 1, 1, 1, 4, 4]);
        }
    }
}
