//! How much of a text is sequences of words said before.
//!
//! Semantics are those of datatrove's Gopher repetition filter. A sequence is known by the hashes of its words, where
//! datatrove compares the words glued together; the two differ only where the same letters are cut differently.

use super::table::Table;

/// Lengths of word sequences of which the most frequent one is measured: 2, 3, 4.
const TOP_LENGTHS: usize = 3;
/// Lengths of word sequences of which all repeats are measured: 5 to 10.
const REPEAT_LENGTHS: usize = 6;

/// Characters in repeated word sequences.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Repeats {
    /// Characters, with one space between words, of the most frequent sequence of 2, 3 and 4 words, times its count.
    pub(super) top: [u64; TOP_LENGTHS],
    /// Characters, without spaces, of sequences of 5 to 10 words that stood before; a repeat is skipped as a whole.
    pub(super) repeated: [u64; REPEAT_LENGTHS],
}

/// The words of a text, and room to work in.
#[derive(Debug, Default)]
pub(super) struct Sequences {
    /// Hash of each word.
    words: Vec<u64>,
    /// Characters before each word, and in all.
    characters: Vec<u64>,
    /// Hash of the sequence that starts at each word.
    hashes: Vec<u64>,
    /// True where the sequence occurs more than once.
    repeats: Vec<bool>,
    slots: Vec<usize>,
}

impl Sequences {
    /// Forgets the words.
    pub(super) fn clear(&mut self) {
        self.words.clear();
        self.characters.clear();
        self.characters.push(0);
    }

    /// Adds a word of so many characters.
    #[inline]
    pub(super) fn push(&mut self, hash: u64, characters: u64) {
        let total = self.characters.last().copied().unwrap_or_default();
        self.words.push(hash);
        self.characters.push(total + characters);
    }

    /// Measures the words added.
    ///
    /// A sequence can only repeat where both shorter ones in it do, so that each length looks only at what is left:
    /// in prose, a few percent after three words.
    pub(super) fn measure(&mut self, table: &mut Table) -> Repeats {
        let mut measured = Repeats::default();
        self.hashes.clear();
        self.hashes.extend_from_slice(&self.words);
        self.repeats.clear();
        self.repeats.resize(self.words.len(), true);
        for (top, length) in measured.top.iter_mut().zip(2..) {
            self.lengthen(length);
            *top = self.top(length, table);
        }
        for (repeated, length) in measured.repeated.iter_mut().zip(2 + TOP_LENGTHS..) {
            self.lengthen(length);
            *repeated = self.repeated(length, table);
            if *repeated == 0 {
                break; // then no longer sequence repeats either
            }
        }
        measured
    }

    /// Goes on from sequences of `length - 1` words to those of `length`.
    fn lengthen(&mut self, length: usize) {
        let count = (self.words.len() + 1).saturating_sub(length);
        self.hashes.truncate(count);
        let last_words = self.words.get(length - 1..).unwrap_or_default();
        for (sequence, word) in self.hashes.iter_mut().zip(last_words) {
            *sequence = sequence
                .wrapping_mul(0xD6E8_FEB8_6659_FD93)
                .rotate_left(29)
                .wrapping_add(*word);
        }
        for at in 0..count {
            self.repeats[at] &= self.repeats[at + 1];
        }
        self.repeats.truncate(count);
    }

    /// Characters of the sequence from `at`, without spaces.
    fn length_at(&self, at: usize, length: usize) -> u64 {
        self.characters[at + length] - self.characters[at]
    }

    /// Characters of the most frequent sequence (the first of equals) times its count; marks those that repeat.
    fn top(&mut self, length: usize, table: &mut Table) -> u64 {
        if self.hashes.is_empty() {
            return 0;
        }
        table.reset(self.repeats.iter().filter(|&&may| may).count());
        self.slots.clear();
        for (&sequence, &may) in self.hashes.iter().zip(&self.repeats) {
            self.slots
                .push(if may { table.add(sequence) } else { usize::MAX });
        }
        // Without any repeat the first sequence is the most frequent one, with a count of one.
        let (mut best_count, mut best_at) = (1, 0);
        for at in 0..self.slots.len() {
            if self.repeats[at] {
                let count = table.count(self.slots[at]);
                self.repeats[at] = count > 1;
                if count > best_count {
                    (best_count, best_at) = (count, at);
                }
            }
        }
        (self.length_at(best_at, length) + length as u64 - 1) * u64::from(best_count)
    }

    /// Characters of sequences that stood before, read from left to right; what repeats is not read again.
    fn repeated(&mut self, length: usize, table: &mut Table) -> u64 {
        table.reset(self.repeats.iter().filter(|&&may| may).count());
        let mut characters = 0;
        let mut at = 0;
        while at < self.hashes.len() {
            if self.repeats[at] && table.seen(self.hashes[at]) {
                characters += self.length_at(at, length);
                at += length;
            } else {
                at += 1;
            }
        }
        characters
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::{Repeats, Sequences};
    use crate::quality::table::Table;

    fn measure(words: &[&str]) -> Repeats {
        let mut sequences = Sequences::default();
        sequences.clear();
        for word in words {
            let hash = xxhash_rust::xxh3::xxh3_64(word.as_bytes());
            sequences.push(hash, word.chars().count() as u64);
        }
        sequences.measure(&mut Table::default())
    }

    /// The definitions, word for word.
    fn reference(words: &[&str]) -> Repeats {
        let mut expected = Repeats::default();
        for (top, length) in expected.top.iter_mut().zip(2..) {
            let mut counts = BTreeMap::new();
            for (at, sequence) in words.windows(length).enumerate() {
                counts.entry(sequence).or_insert((0, at)).0 += 1;
            }
            let best = counts
                .iter()
                .max_by_key(|(_, (count, at))| (*count, usize::MAX - at));
            *top = best.map_or(0, |(sequence, (count, _))| {
                sequence.join(" ").chars().count() as u64 * count
            });
        }
        for (repeated, length) in expected.repeated.iter_mut().zip(5..) {
            let (mut seen, mut at) = (BTreeSet::new(), 0);
            while at + length <= words.len() {
                let sequence = &words[at..at + length];
                if seen.insert(sequence) {
                    at += 1;
                } else {
                    *repeated += sequence.concat().chars().count() as u64;
                    at += length;
                }
            }
        }
        expected
    }

    #[test]
    fn agrees_with_the_definition() {
        let verse = "sur le pont d' Avignon on y danse on y danse";
        let texts = [
            String::new(),
            "mot".into(),
            "un deux".into(),
            "un deux un deux".into(),
            "à à à à à à à à à à à à à à à à à à à à à à".into(),
            format!("{verse} {verse} tous en rond {verse}"),
            "a b c d e f g h i j k a b c d e f g h i j k x b c d e f y a b c d e f g h z".into(),
        ];
        for text in &texts {
            let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
            assert_eq!(measure(&words), reference(&words), "{text}");
        }
    }

    #[test]
    fn agrees_on_pseudo_random_words() {
        let mut state = 1_u64;
        for _ in 0..200 {
            let mut words = Vec::new();
            for _ in 0..120 {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                words.push(
                    ["le", "la", "maison", "été", "x"]
                        [(state >> 40) as usize % (2 + (state >> 60) as usize % 4)],
                );
            }
            assert_eq!(measure(&words), reference(&words));
        }
    }
}
