//! Exact similarity of two shingle sets, given up as early as it cannot reach what is asked.

use crate::Measure;

impl Measure {
    /// Similarity of sets of `left` and `right` members with `common` ones; 0 where a set is empty.
    pub(crate) fn of(self, left: usize, right: usize, common: usize) -> f64 {
        let whole = match self {
            Self::Jaccard => left + right - common,
            Self::Containment => left.min(right),
        };
        if whole == 0 {
            return 0.0;
        }
        common as f64 / whole as f64
    }

    /// Sizes a kept set may have for one of `size` members to be its duplicate.
    ///
    /// Jaccard is at most the ratio of the sizes. Under containment only a set at least as large may stand for another.
    pub(crate) fn sizes(self, size: usize, threshold: f64) -> (usize, usize) {
        match self {
            Self::Jaccard => {
                let lowest = (size as f64 * threshold).floor();
                let highest = (size as f64 / threshold).ceil();
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "both are whole and not negative, and saturate"
                )]
                let sizes = (lowest as usize, highest as usize);
                sizes
            }
            Self::Containment => (size, usize::MAX),
        }
    }

    /// Least number of common members with which `enough` holds of the similarity, `None` where none suffices.
    fn common_least(
        self,
        left: usize,
        right: usize,
        enough: impl Fn(f64) -> bool,
    ) -> Option<usize> {
        let (mut low, mut high) = (0, left.min(right));
        if !enough(self.of(left, right, high)) {
            return None;
        }
        while low < high {
            let middle = low.midpoint(high);
            if enough(self.of(left, right, middle)) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Some(low)
    }
}

/// Returns the similarity of two sets (sorted, distinct) if it is at least `threshold` and above `best`.
pub(crate) fn similar(
    measure: Measure,
    left: &[u64],
    right: &[u64],
    threshold: f64,
    best: f64,
) -> Option<f64> {
    let least = measure.common_least(left.len(), right.len(), |value| {
        value >= threshold && value > best
    })?;
    let common = common_at_least(left, right, least)?;
    Some(measure.of(left.len(), right.len(), common))
}

/// Steps of the merge between two looks at whether the bound can still be met.
const STRIDE: usize = 64;

/// Counts the members of both sets, or gives up once fewer than `least` are certain.
fn common_at_least(left: &[u64], right: &[u64], least: usize) -> Option<usize> {
    let (mut i, mut j, mut common) = (0, 0, 0);
    while i < left.len() && j < right.len() {
        if common + (left.len() - i).min(right.len() - j) < least {
            return None;
        }
        let steps = STRIDE.min(left.len() - i).min(right.len() - j);
        for _ in 0..steps {
            // Without branches on the values: which side is smaller cannot be predicted.
            let (x, y) = (left[i], right[j]);
            common += usize::from(x == y);
            i += usize::from(x <= y);
            j += usize::from(y <= x);
        }
    }
    (common >= least).then_some(common)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::similar;
    use crate::Measure;

    #[test]
    fn thresholds_are_inclusive_and_best_is_not() {
        let check =
            |measure, left: &[u64], right: &[u64], threshold, best, expected: Option<f64>| {
                assert_eq!(similar(measure, left, right, threshold, best), expected);
            };
        let five = [1, 2, 3, 4, 5];
        check(Measure::Jaccard, &five, &five[..4], 0.8, 0.0, Some(0.8));
        check(Measure::Jaccard, &five, &five[..4], 0.8, 0.8, None);
        check(Measure::Jaccard, &five, &five[..3], 0.8, 0.0, None);
        check(Measure::Containment, &five, &five[..3], 0.8, 0.0, Some(1.0));
        check(Measure::Containment, &five, &[5, 6], 0.8, 0.0, None);
        check(Measure::Jaccard, &five, &five, 1.0, 0.9, Some(1.0));
        check(Measure::Jaccard, &[], &[], 0.1, 0.0, None); // no words are no evidence
        check(Measure::Containment, &[], &five, 0.1, 0.0, None);
    }

    proptest! {
        #[test]
        fn agrees_with_sets(
            left in proptest::collection::btree_set(0u64..400, 0..300),
            right in proptest::collection::btree_set(0u64..400, 0..300),
            threshold in 0.05f64..1.0,
        ) {
            let common = left.intersection(&right).count();
            let union = left.union(&right).count();
            let list = |set: &BTreeSet<u64>| set.iter().copied().collect::<Vec<u64>>();
            for (measure, whole) in [(Measure::Jaccard, union), (Measure::Containment, left.len().min(right.len()))] {
                let value = if whole == 0 { 0.0 } else { common as f64 / whole as f64 };
                let expected = (value >= threshold).then_some(value);
                prop_assert_eq!(similar(measure, &list(&left), &list(&right), threshold, 0.0), expected);
            }
            if common > 0 && common as f64 / union as f64 >= threshold {
                let (low, high) = Measure::Jaccard.sizes(left.len(), threshold);
                prop_assert!((low..=high).contains(&right.len()));
            }
        }
    }
}
