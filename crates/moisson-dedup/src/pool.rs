//! Kept documents ordered by the size of their shingle set, so that the likeliest duplicates are found first.

use std::collections::BTreeSet;

/// Size of the shingle set, rank, number.
type Entry = (usize, u32, u32);

/// Kept documents that share a band value, or a component.
#[derive(Debug, Default)]
pub(crate) struct Pool(BTreeSet<Entry>);

impl Pool {
    /// Adds a kept document.
    pub(crate) fn insert(&mut self, size: usize, rank: u32, item: u32) {
        self.0.insert((size, rank, item));
    }

    /// Appends to `into` up to `max` members with sizes in `low..=high`, nearest to `size` first.
    ///
    /// Returns true if there were more than `max`.
    pub(crate) fn nearest(
        &self,
        size: usize,
        (low, high): (usize, usize),
        max: usize,
        into: &mut Vec<u32>,
    ) -> bool {
        if self.0.is_empty() || low > high {
            return false;
        }
        let middle = size.clamp(low, high);
        let mut smaller = self
            .0
            .range((low, 0, 0)..(middle, 0, 0))
            .rev()
            .copied()
            .peekable();
        let mut larger = self
            .0
            .range((middle, 0, 0)..=(high, u32::MAX, u32::MAX))
            .copied()
            .peekable();
        for _ in 0..max {
            let below = smaller.peek().map(|entry| size.abs_diff(entry.0));
            let above = larger.peek().map(|entry| size.abs_diff(entry.0));
            let next = match (below, above) {
                (None, None) => return false,
                (Some(below), Some(above)) if below < above => smaller.next(),
                (Some(_), None) => smaller.next(),
                _ => larger.next(),
            };
            into.extend(next.map(|entry| entry.2));
        }
        smaller.peek().is_some() || larger.peek().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::Pool;

    #[test]
    fn nearest_sizes_come_first_and_what_is_left_is_told() {
        let mut pool = Pool::default();
        for (size, rank, item) in [(10, 5, 0), (12, 4, 1), (12, 3, 2), (15, 2, 3), (30, 1, 4)] {
            pool.insert(size, rank, item);
        }
        let check = |size, sizes, max, expected: &[u32], more| {
            let mut found = Vec::new();
            assert_eq!(pool.nearest(size, sizes, max, &mut found), more);
            assert_eq!(found, expected);
        };
        check(12, (10, 15), 9, &[2, 1, 0, 3], false);
        check(12, (10, 15), 2, &[2, 1], true);
        check(14, (10, 15), 3, &[3, 1, 2], true);
        check(12, (12, usize::MAX), 9, &[2, 1, 3, 4], false);
        check(20, (16, 25), 9, &[], false);
        check(20, (25, 16), 9, &[], false);
        check(12, (0, 99), 0, &[], true);
    }
}
