//! Byte spans of a text, and their removal.

/// A half-open range of bytes of a document's text, on character boundaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// First byte after the span.
    pub end: usize,
}

/// Returns `text` without `spans` and the number of bytes removed. Spans may come in any order and overlap.
///
/// A span that is out of range or cuts a character is left out: an edit never damages a text.
pub fn remove(text: &str, spans: &[Span]) -> (String, usize) {
    let mut spans: Vec<Span> = spans
        .iter()
        .copied()
        .filter(|s| text.get(s.start..s.end).is_some())
        .collect();
    spans.sort_unstable();
    let mut kept = String::with_capacity(text.len());
    let mut at = 0;
    for span in spans {
        if span.start > at {
            kept.push_str(text.get(at..span.start).unwrap_or_default());
        }
        at = at.max(span.end);
    }
    kept.push_str(text.get(at..).unwrap_or_default());
    let removed = text.len() - kept.len();
    (kept, removed)
}

#[cfg(test)]
mod tests {
    use super::{Span, remove};

    #[test]
    fn removals_as_a_table() {
        let check = |text: &str, spans: &[(usize, usize)], expected: &str| {
            let spans: Vec<Span> = spans
                .iter()
                .map(|&(start, end)| Span { start, end })
                .collect();
            assert_eq!(remove(text, &spans).0, expected);
        };
        check("abcdef", &[], "abcdef");
        check("abcdef", &[(1, 3)], "adef");
        check("abcdef", &[(3, 5), (1, 4)], "af");
        check("abcdef", &[(0, 6)], "");
        check("aéb", &[(1, 2)], "aéb"); // cuts a character
        check("abc", &[(2, 9)], "abc"); // out of range
    }
}
