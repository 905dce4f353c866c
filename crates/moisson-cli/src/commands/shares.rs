//! The shares of tasks of a batch system, for `moisson plan --tasks N`.
//!
//! Units are dealt like cards: the largest first, ties by key, unit j to task j mod N. It is the rule of
//! `run --task i/N`, so that the shares need no bookkeeping and every process sees the same ones.

use std::cmp::Reverse;
use std::num::NonZeroUsize;

use serde_json::{Value, json};

use crate::output;

/// More tasks than this are summed up rather than listed.
const ROWS_MAX: usize = 64;

/// What each task would read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shares {
    units: usize,
    bytes: u64,
    /// Units and bytes, by task.
    tasks: Vec<(usize, u64)>,
}

impl Shares {
    /// Deals `units`, given by their bytes and a key, to `tasks` tasks.
    pub(crate) fn new<K: Ord>(mut units: Vec<(u64, K)>, tasks: NonZeroUsize) -> Self {
        units.sort_unstable_by(|(bytes_a, key_a), (bytes_b, key_b)| {
            (Reverse(bytes_a), key_a).cmp(&(Reverse(bytes_b), key_b))
        });
        let mut shares = vec![(0, 0); tasks.get()];
        let places = (0..tasks.get()).cycle();
        for (task, (bytes, _)) in places.zip(&units) {
            if let Some(share) = shares.get_mut(task) {
                share.0 += 1;
                share.1 += bytes;
            }
        }
        Self {
            units: units.len(),
            bytes: units.iter().map(|(bytes, _)| bytes).sum(),
            tasks: shares,
        }
    }

    /// The largest share against the mean: 1.0 where all are equal, or there is nothing to share.
    fn largest_to_mean(&self) -> f64 {
        if self.bytes == 0 {
            return 1.0;
        }
        let largest = self.tasks.iter().map(|(_, bytes)| *bytes).max();
        largest.unwrap_or_default() as f64 * self.tasks.len() as f64 / self.bytes as f64
    }

    /// What to change, if something.
    fn warning(&self) -> Option<String> {
        let idle = self.tasks.len().saturating_sub(self.units);
        (idle > 0).then(|| {
            format!(
                "{idle} of {} tasks have nothing to read: there are {} units; give --tasks {} or less",
                self.tasks.len(),
                self.units,
                self.units.max(1)
            )
        })
    }

    /// For programs.
    pub(crate) fn json(&self) -> Value {
        let tasks: Vec<Value> = self
            .tasks
            .iter()
            .map(|(units, bytes)| json!({ "units": units, "bytes": bytes }))
            .collect();
        json!({ "units": self.units, "bytes": self.bytes, "largest_to_mean": self.largest_to_mean(),
                "warning": self.warning(), "tasks": tasks })
    }

    /// For people.
    ///
    /// # Errors
    /// As [`output::print()`].
    pub(crate) fn print(&self) -> anyhow::Result<()> {
        output::print(&format!(
            "\n{} units not begun, {:.1} MB, for {} tasks; the largest share is {:.2} times the mean\n",
            self.units,
            self.bytes as f64 / 1e6,
            self.tasks.len(),
            self.largest_to_mean(),
        ))?;
        let rows: Vec<Vec<String>> = self
            .tasks
            .iter()
            .enumerate()
            .take(ROWS_MAX)
            .map(|(task, (units, bytes))| {
                vec![
                    task.to_string(),
                    units.to_string(),
                    format!("{:.1}", *bytes as f64 / 1e6),
                ]
            })
            .collect();
        output::print_table(&["task", "units", "MB"], &rows)?;
        if let Some(more) = self
            .tasks
            .len()
            .checked_sub(ROWS_MAX)
            .filter(|more| *more > 0)
        {
            output::print(&format!(
                "and {more} tasks with no larger share than the last of these\n"
            ))?;
        }
        match self.warning() {
            Some(warning) => output::print(&format!("warning: {warning}\n")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::Shares;

    fn shares(bytes: &[u64], tasks: usize) -> Shares {
        let units = bytes.iter().copied().zip(0..).collect();
        Shares::new::<u32>(units, NonZeroUsize::new(tasks).unwrap())
    }

    #[test]
    fn the_largest_are_dealt_first() {
        for (bytes, tasks, dealt) in [
            (&[1, 5, 3][..], 2, &[(2, 6), (1, 3)][..]),
            (&[4, 4, 4, 4], 2, &[(2, 8), (2, 8)]),
            (&[7], 3, &[(1, 7), (0, 0), (0, 0)]),
            (&[], 1, &[(0, 0)]),
        ] {
            assert_eq!(shares(bytes, tasks).tasks, dealt, "{bytes:?} to {tasks}");
        }
    }

    #[test]
    fn the_order_in_which_units_are_listed_does_not_matter() {
        let one = Shares::new(
            vec![(3, 'a'), (3, 'b'), (9, 'c')],
            NonZeroUsize::new(2).unwrap(),
        );
        let other = Shares::new(
            vec![(9, 'c'), (3, 'b'), (3, 'a')],
            NonZeroUsize::new(2).unwrap(),
        );
        assert_eq!(one, other);
    }

    #[test]
    fn more_tasks_than_units_are_warned_of() {
        assert!(shares(&[1, 2], 3).warning().unwrap().contains("1 of 3"));
        assert_eq!(shares(&[1, 2], 2).warning(), None);
        let skewed = shares(&[9, 1], 2).largest_to_mean();
        assert!((skewed - 1.8).abs() < 1e-9, "{skewed}");
    }
}
