//! What a detector found.

use moisson_core::Span;
use moisson_rights::personal::Class;

/// A piece of personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Where it stands: bytes of the text, on character boundaries.
    pub span: Span,
    /// What it is.
    pub class: Class,
}

impl Found {
    pub(super) fn new(class: Class, start: usize, end: usize) -> Self {
        Self {
            span: Span { start, end },
            class,
        }
    }
}

/// Puts what was found in order; of what overlaps the longer stays, and of equals the first.
pub(super) fn settle(found: &mut Vec<Found>) {
    let apart = |pair: &[Found]| pair[0].span.end <= pair[1].span.start;
    if found.windows(2).all(apart) {
        return;
    }
    found.sort_by_key(|found| (found.span.start, std::cmp::Reverse(found.span.end)));
    let mut kept: Vec<Found> = Vec::with_capacity(found.len());
    for next in found.drain(..) {
        let length = |found: &Found| found.span.end - found.span.start;
        match kept.last_mut() {
            Some(last) if last.span.end > next.span.start => {
                if length(&next) > length(last) {
                    *last = next;
                }
            }
            _ => kept.push(next),
        }
    }
    *found = kept;
}

#[cfg(test)]
mod tests {
    use super::{Class, Found, settle};

    #[test]
    fn the_longer_of_two_stays() {
        let check = |spans: &[(usize, usize)], expected: &[(usize, usize)]| {
            let mut found: Vec<Found> = spans
                .iter()
                .map(|&(start, end)| Found::new(Class::Nir, start, end))
                .collect();
            settle(&mut found);
            let left: Vec<_> = found.iter().map(|f| (f.span.start, f.span.end)).collect();
            assert_eq!(left, expected);
        };
        check(&[], &[]);
        check(&[(0, 2), (2, 4)], &[(0, 2), (2, 4)]);
        check(&[(4, 6), (0, 2)], &[(0, 2), (4, 6)]);
        check(&[(0, 3), (2, 9), (9, 10)], &[(2, 9), (9, 10)]);
        check(&[(0, 9), (2, 4), (3, 5)], &[(0, 9)]);
    }
}
