//! The passages of a text on which its languages are measured.

/// A passage shorter than this is joined to its neighbour, in bytes.
const SHORT: usize = 200;
/// Longest passage, in bytes.
const LONG: usize = 600;

/// Returns the passages of `text` to measure, in order.
///
/// A paragraph is a line. Lines shorter than 200 bytes are joined to what follows, as long as the passage stays within
/// 600 bytes; longer lines are cut at white space. Of a text of more than `sample_bytes`, windows of 600 bytes are
/// taken that begin at even distances (moved to the start of a line, or of a word, where one is near); together they
/// hold at most `sample_bytes`. The sample depends on nothing but text and size.
pub fn passages(text: &str, sample_bytes: usize) -> Vec<&str> {
    let mut passages = Vec::new();
    if text.len() <= sample_bytes {
        cut(text, &mut passages);
        return passages;
    }
    let windows = (sample_bytes / LONG).max(1);
    let length = LONG.min(sample_bytes);
    let start = |window: usize| (text.len() as u128 * window as u128 / windows as u128) as usize;
    for window in 0..windows {
        let limit = start(window + 1);
        let from = line_start(text, start(window), limit);
        let to = text.floor_char_boundary((from + length).min(limit));
        cut(text.get(from..to).unwrap_or_default(), &mut passages);
    }
    passages
}

/// First start of a line, else of a word, at or soon after `at` and before `limit`.
fn line_start(text: &str, at: usize, limit: usize) -> usize {
    let bytes = text.as_bytes();
    let starts = |separator: fn(&u8) -> bool| {
        let near = bytes.get(at..limit.min(at + SHORT))?;
        near.iter()
            .position(separator)
            .map(|offset| at + offset + 1)
    };
    if at == 0 {
        return 0;
    }
    starts(|byte| *byte == b'\n')
        .or_else(|| starts(u8::is_ascii_whitespace))
        .unwrap_or_else(|| text.ceil_char_boundary(at))
}

/// Cuts `text` into passages by its lines.
fn cut<'a>(text: &'a str, passages: &mut Vec<&'a str>) {
    let mut keep = |from: usize, to: usize| {
        let passage = text.get(from..to).unwrap_or_default().trim();
        if !passage.is_empty() {
            passages.push(passage);
        }
    };
    let (mut from, mut at) = (0, 0);
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        if at - from >= SHORT || (at > from && end - from > LONG) {
            keep(from, at);
            from = at;
        }
        while end - from > LONG {
            let to = word_end(text, from);
            keep(from, to);
            from = to;
        }
        at = end;
    }
    keep(from, at);
}

/// End of the last whole word within the longest passage from `from`; its middle if there is no white space.
fn word_end(text: &str, from: usize) -> usize {
    let to = text.floor_char_boundary(from + LONG);
    let passage = text.get(from..to).unwrap_or_default();
    match passage.rfind(char::is_whitespace) {
        Some(offset) if offset >= LONG / 2 => text.ceil_char_boundary(from + offset + 1),
        _ => to,
    }
}

#[cfg(test)]
mod tests {
    use super::{LONG, passages};

    #[test]
    fn short_lines_are_joined_and_long_ones_cut() {
        let lengths = |text: &str| {
            passages(text, usize::MAX)
                .iter()
                .map(|p| p.len())
                .collect::<Vec<_>>()
        };
        let line = |bytes: usize| "mot ".repeat(bytes / 4);
        assert_eq!(lengths(""), [0; 0]);
        assert_eq!(lengths(" \n \n"), [0; 0]);
        assert_eq!(lengths("a\nb\n\nc"), [6]);
        assert_eq!(
            lengths(&format!("{}\n{}", line(300), line(300))),
            [299, 299]
        );
        assert_eq!(lengths(&format!("{}\n{}", line(100), line(300))), [400]);
        assert_eq!(lengths(&format!("{}\n{}", line(100), line(560))), [99, 559]);
        assert_eq!(lengths(&line(1400)), [599, 599, 199]);
        assert_eq!(lengths(&"é".repeat(700)), [600, 600, 200]);
    }

    #[test]
    fn passages_hold_the_whole_of_a_text_that_fits() {
        let text = "Première ligne.\n\nDeuxième, plus longue. ".repeat(100);
        let visible = |text: &str| text.split_whitespace().collect::<String>();
        assert_eq!(
            visible(&passages(&text, text.len()).join(" ")),
            visible(&text)
        );
    }

    #[test]
    fn samples_keep_within_the_size_and_are_spread() {
        for (text, size) in [
            ("élan ".repeat(40_000), 32_768),
            ("une ligne\n".repeat(3_300), 32_768),
            ("é".repeat(9_000), 700),
        ] {
            let sample = passages(&text, size);
            let bytes: usize = sample.iter().map(|passage| passage.len()).sum();
            assert!(bytes <= size && bytes * 3 > size, "{bytes} of {size}");
            assert!(sample.iter().all(|passage| passage.len() <= LONG));
            assert_eq!(sample, passages(&text, size));
        }
        let text = format!("{}\n{}", "début ".repeat(20_000), "suite ".repeat(20_000));
        let sample = passages(&text, 32_768);
        let late = sample
            .iter()
            .filter(|passage| passage.contains("suite"))
            .count();
        assert!((0.40..0.52).contains(&(late as f64 / sample.len() as f64)));
    }

    #[test]
    fn tiny_samples_do_not_fail() {
        for size in 0..5 {
            assert!(
                passages("ééééé", size)
                    .iter()
                    .map(|passage| passage.len())
                    .sum::<usize>()
                    <= size
            );
        }
    }
}
