//! A hash table that is emptied in no time: used again for every text and every length of word sequence.

/// One entry; holds only while its stamp is the table's.
#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    key: u64,
    stamp: u32,
    count: u32,
}

/// Counts keys that are good 64-bit hashes. Open addressing, linear probing, at most half full.
#[derive(Debug, Default)]
pub(super) struct Table {
    entries: Vec<Entry>,
    stamp: u32,
    shift: u32,
}

impl Table {
    /// Empties the table and makes room for `keys` distinct keys.
    pub(super) fn reset(&mut self, keys: usize) {
        let size = (2 * keys).next_power_of_two().max(64);
        // Of a table that is larger than needed only a part is used: few keys stay in few cache lines.
        if size > self.entries.len() || self.stamp == u32::MAX {
            self.entries.clear();
            self.entries.resize(size, Entry::default());
            self.stamp = 0;
        }
        self.stamp += 1;
        self.shift = 64 - size.trailing_zeros();
    }

    /// Counts `key` and returns its slot, which holds until the next reset.
    #[inline]
    pub(super) fn add(&mut self, key: u64) -> usize {
        // The upper bits of a product depend on every bit of the key.
        #[expect(
            clippy::cast_possible_truncation,
            reason = "fewer bits than the table has"
        )]
        let mut slot = (key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> self.shift) as usize;
        let mask = (1_usize << (64 - self.shift)) - 1;
        loop {
            let entry = &mut self.entries[slot];
            if entry.stamp != self.stamp {
                *entry = Entry {
                    key,
                    stamp: self.stamp,
                    count: 1,
                };
                return slot;
            }
            if entry.key == key {
                entry.count += 1;
                return slot;
            }
            slot = (slot + 1) & mask;
        }
    }

    /// Counts `key`; true if it was there already.
    #[inline]
    pub(super) fn seen(&mut self, key: u64) -> bool {
        let slot = self.add(key);
        self.entries[slot].count > 1
    }

    /// How often the key in this slot was added.
    #[inline]
    pub(super) fn count(&self, slot: usize) -> u32 {
        self.entries[slot].count
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn counts_and_forgets() {
        let mut table = Table::default();
        for (round, keys) in (0..).zip([10, 1000, 3, 500, 0]) {
            table.reset(keys);
            for key in 0..keys as u64 {
                assert!(!table.seen(key * 77 + round));
            }
            for key in 0..keys as u64 {
                let slot = table.add(key * 77 + round);
                assert_eq!(table.count(slot), 2);
            }
        }
    }
}
