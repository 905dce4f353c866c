//! A run of digits in groups: `01 23 45 67 89`, `1 85 12 75 123 456 42`.

use super::text::Text;

/// Most groups of a run; further ones begin a new run.
const GROUPS: usize = 12;
/// Most digits.
const DIGITS: usize = 40;

/// Groups of digits with one separator between two of them.
#[derive(Debug, Clone)]
pub(super) struct Run {
    digits: [u8; DIGITS],
    /// Of each group: digits up to its end, and the byte after it.
    ends: [(usize, usize); GROUPS],
    groups: usize,
    /// First byte.
    pub(super) start: usize,
}

impl Run {
    /// Reads the run that begins at `start`, where a digit stands.
    pub(super) fn read(text: Text<'_>, start: usize) -> Self {
        let mut run = Self {
            digits: [0; DIGITS],
            ends: [(0, 0); GROUPS],
            groups: 0,
            start,
        };
        let (mut at, mut count) = (start, 0);
        while run.groups < GROUPS {
            let first = count;
            while count < DIGITS && text.byte(at).is_ascii_digit() {
                run.digits[count] = text.byte(at);
                count += 1;
                at += 1;
            }
            if count == first || text.byte(at).is_ascii_digit() {
                break;
            }
            run.ends[run.groups] = (count, at);
            run.groups += 1;
            let separator = text.separator(at);
            if separator == 0 || !text.byte(at + separator).is_ascii_digit() {
                break;
            }
            at += separator;
        }
        run
    }

    /// All digits.
    pub(super) fn len(&self) -> usize {
        self.groups
            .checked_sub(1)
            .map_or(0, |last| self.ends[last].0)
    }

    /// Number of groups.
    pub(super) fn groups(&self) -> usize {
        self.groups
    }

    /// The first `count` digits, if a group ends with them.
    pub(super) fn take(&self, count: usize) -> Option<Taken<'_>> {
        let group = self.ends[..self.groups]
            .iter()
            .position(|(digits, _)| *digits == count)?;
        let mut shape = 0;
        let mut before = 0;
        for (digits, _) in &self.ends[..=group] {
            shape = shape << 5 | (digits - before) as u64;
            before = *digits;
        }
        Some(Taken {
            digits: &self.digits[..count],
            shape,
            end: self.ends[group].1,
            whole: group + 1 == self.groups,
        })
    }
}

/// The first digits of a run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taken<'r> {
    /// The digits, without separators.
    pub(super) digits: &'r [u8],
    /// Lengths of the groups, see [`shape`].
    pub(super) shape: u64,
    /// First byte after them.
    pub(super) end: usize,
    /// True if they are the whole run.
    pub(super) whole: bool,
}

/// Lengths of groups as one number.
pub(super) const fn shape(lengths: &[u64]) -> u64 {
    let (mut shape, mut at) = (0, 0);
    while at < lengths.len() {
        shape = shape << 5 | lengths[at];
        at += 1;
    }
    shape
}
