//! Byte spans of a text, and the edits that are made there.

use std::cmp::Reverse;

/// A half-open range of bytes of a document's text, on character boundaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// First byte after the span.
    pub end: usize,
}

/// What takes the place of a span. Numbers are those of classes of personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum With {
    /// Nothing: the span is cut.
    Nothing,
    /// The type of a class: `<PHONE>`.
    Token(u8),
    /// A made-up value of a class.
    Fiction(u8),
}

/// An edit of a text: a span, and what takes its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edit {
    /// Where.
    pub span: Span,
    /// What takes its place.
    pub with: With,
}

impl Edit {
    /// A span that is cut.
    pub fn cut(span: Span) -> Self {
        Self {
            span,
            with: With::Nothing,
        }
    }
}

/// Returns `text` with `edits` made. Edits may come in any order and overlap.
///
/// `put` is called with each replacement that is made and the text it takes the place of, in order of the text, and
/// returns what stands there instead. Cuts win: a replaced span that cuts cover is not replaced but gone; of one that
/// they cover in part nothing is left either, and the replacement stands where its first uncut byte was. Of replaced
/// spans that overlap the first counts, the longer one where two begin together, and of the others nothing is left.
///
/// A span that is out of range or cuts a character is left out: an edit never damages a text.
pub fn apply(text: &str, edits: &[Edit], put: &mut dyn FnMut(&Edit, &str) -> String) -> String {
    let mut cuts: Vec<Span> = Vec::new();
    let mut replaced: Vec<Edit> = Vec::new();
    for edit in edits {
        if text.get(edit.span.start..edit.span.end).is_some() {
            match edit.with {
                With::Nothing => cuts.push(edit.span),
                With::Token(_) | With::Fiction(_) => replaced.push(*edit),
            }
        }
    }
    cuts = union(cuts);
    replaced.sort_unstable_by_key(|edit| (edit.span.start, Reverse(edit.span.end), edit.with));
    let replaced = first_of_overlapping(replaced);
    let puts: Vec<(usize, Edit)> = replaced
        .iter()
        .filter_map(|(edit, whole)| Some((first_left(*whole, &cuts)?, *edit)))
        .collect();
    let gone = union(
        cuts.into_iter()
            .chain(replaced.iter().map(|(_, whole)| *whole))
            .collect(),
    );
    let mut shipped = String::with_capacity(text.len());
    let mut puts = puts.into_iter().peekable();
    let mut at = 0;
    let end = Span {
        start: text.len(),
        end: text.len(),
    };
    for span in gone.into_iter().chain([end]) {
        shipped.push_str(text.get(at..span.start).unwrap_or_default());
        while let Some((_, edit)) = puts.next_if(|(place, _)| *place < span.end) {
            let before = text.get(edit.span.start..edit.span.end).unwrap_or_default();
            shipped.push_str(&put(&edit, before));
        }
        at = span.end;
    }
    shipped
}

/// The spans that cover the same bytes and neither overlap nor touch, in order.
fn union(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    let mut apart: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match apart.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => apart.push(span),
        }
    }
    apart
}

/// The first of overlapping replacements, each with all bytes that go with it.
fn first_of_overlapping(sorted: Vec<Edit>) -> Vec<(Edit, Span)> {
    let mut apart: Vec<(Edit, Span)> = Vec::with_capacity(sorted.len());
    for edit in sorted {
        match apart.last_mut() {
            Some((_, whole)) if edit.span.start < whole.end => {
                whole.end = whole.end.max(edit.span.end);
            }
            _ => apart.push((edit, edit.span)),
        }
    }
    apart
}

/// First byte of a span that no cut covers; cuts are in order and apart.
fn first_left(span: Span, cuts: &[Span]) -> Option<usize> {
    let before = cuts.partition_point(|cut| cut.end <= span.start);
    let first = match cuts.get(before) {
        Some(cut) if cut.start <= span.start => cut.end,
        _ => span.start,
    };
    (first < span.end).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::{Edit, Span, With, apply};

    /// Edits as (start, end, class), class 0 for a cut; replacements stand as `<class:what was there>`.
    fn check(text: &str, edits: &[(usize, usize, u8)], expected: &str) {
        let edit = |&(start, end, class): &(usize, usize, u8)| Edit {
            span: Span { start, end },
            with: match class {
                0 => With::Nothing,
                class => With::Token(class),
            },
        };
        let mut edits: Vec<Edit> = edits.iter().map(edit).collect();
        let mut put = |edit: &Edit, before: &str| match edit.with {
            With::Token(class) => format!("<{class}:{before}>"),
            _ => panic!("a cut is not replaced"),
        };
        assert_eq!(apply(text, &edits, &mut put), expected);
        edits.reverse();
        assert_eq!(apply(text, &edits, &mut put), expected, "in another order");
    }

    #[test]
    fn cuts_as_a_table() {
        check("abcdef", &[], "abcdef");
        check("abcdef", &[(1, 3, 0)], "adef");
        check("abcdef", &[(1, 4, 0), (3, 5, 0)], "af");
        check("abcdef", &[(1, 5, 0), (2, 3, 0)], "af");
        check("abcdef", &[(0, 6, 0)], "");
        check("aéb", &[(1, 2, 0)], "aéb"); // cuts a character
        check("abc", &[(2, 9, 0)], "abc"); // out of range
    }

    #[test]
    fn replacements_as_a_table() {
        check("abcdef", &[(1, 3, 1)], "a<1:bc>def");
        check("abcdef", &[(0, 6, 1)], "<1:abcdef>");
        check("abcdef", &[(0, 2, 1), (2, 4, 2)], "<1:ab><2:cd>ef");
        check("abcdef", &[(0, 1, 1), (5, 6, 1)], "<1:a>bcde<1:f>");
        check("aéb", &[(2, 4, 1)], "aéb"); // cuts a character
        check("aéb", &[(1, 3, 1)], "a<1:é>b");
    }

    #[test]
    fn of_overlapping_replacements_nothing_is_left() {
        check("abcdef", &[(1, 3, 1), (2, 5, 2)], "a<1:bc>f");
        check("abcdef", &[(1, 5, 2), (1, 3, 1)], "a<2:bcde>f");
        check("abcdef", &[(1, 3, 1), (1, 3, 2)], "a<1:bc>def");
        check("abcdef", &[(0, 3, 1), (2, 4, 2), (3, 5, 3)], "<1:abc>f");
    }

    #[test]
    fn cuts_win_over_replacements() {
        check("abcdef", &[(0, 6, 0), (1, 3, 1)], "");
        check("abcdef", &[(1, 3, 0), (1, 3, 1)], "adef");
        // Covered in part: what is not cut is replaced all the same.
        check("abcdef", &[(0, 2, 0), (1, 4, 1)], "<1:bcd>ef");
        check("abcdef", &[(3, 6, 0), (1, 4, 1)], "a<1:bcd>");
        check("abcdef", &[(2, 3, 0), (1, 5, 1)], "a<1:bcde>f");
        check(
            "abcdef",
            &[(1, 2, 0), (1, 5, 1), (5, 6, 2)],
            "a<1:bcde><2:f>",
        );
    }
}
