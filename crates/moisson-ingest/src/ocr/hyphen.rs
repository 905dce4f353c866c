//! Words broken at the end of a line. Without a lexicon, the hyphen stays only where French leaves no doubt.

/// What becomes of the mark at a line end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Break {
    /// The line does not end inside of a word.
    None,
    /// The parts go together without the mark: `tran-` `quillité`.
    Dropped,
    /// The parts go together around a hyphen: `celui-` `ci`.
    Kept,
}

/// Tells how a line and the next go together. `left` ends with the line, `right` begins the next.
pub(crate) fn at_line_end(left: &str, right: &str) -> Break {
    let mut back = left.chars().rev();
    let (Some(mark), Some(before)) = (back.next(), back.next()) else {
        return Break::None;
    };
    let Some(first) = right.chars().next() else {
        return Break::None;
    };
    if !before.is_alphanumeric() || !first.is_alphanumeric() {
        return Break::None;
    }
    match mark {
        '¬' | '\u{ad}' => Break::Dropped,
        '-' | '\u{2010}' => {
            let left = left.strip_suffix(mark).unwrap_or(left);
            if first.is_lowercase() && before.is_alphabetic() {
                if is_compound(left, right) {
                    Break::Kept
                } else {
                    Break::Dropped
                }
            } else {
                Break::Kept
            }
        }
        // Old prints broke words with it.
        '=' if before.is_alphabetic() && first.is_lowercase() => Break::Dropped,
        _ => Break::None,
    }
}

/// As [`at_line_end`] for a line of which the format says that it ends inside of a word; its mark is not in `left`.
pub(crate) fn at_declared_break(left: &str, right: &str) -> Break {
    let Some(first) = right.chars().next().filter(|c| c.is_alphanumeric()) else {
        return Break::None;
    };
    let word = last_word(left);
    let is_capital = word.chars().all(|c| !c.is_lowercase());
    if first.is_lowercase() {
        if is_compound(left, right) {
            Break::Kept
        } else {
            Break::Dropped
        }
    } else if is_capital && first.is_alphabetic() {
        Break::Dropped
    } else {
        Break::Kept
    }
}

/// True if the text ends with a mark that [`at_line_end`] knows.
pub(crate) fn ends_with_mark(text: &str) -> bool {
    text.ends_with(['-', '¬', '\u{ad}', '\u{2010}', '='])
}

/// True if the parts are those of a compound, whatever words there are: inverted pronouns, `-ci`, `-là`, `-même`,
/// `vice-`, `demi-`, and those whose next hyphen is on the second line (`est-` `à-dire`).
fn is_compound(left: &str, right: &str) -> bool {
    let left = last_word(left);
    let left = left.rsplit('-').next().map_or(left, |part| {
        // `arc-en-`, `est-à-`: the little word in the middle shows the compound.
        if part.len() < left.len() && MIDDLES.contains(&part) {
            "demi"
        } else {
            part
        }
    });
    let left = left.to_lowercase();
    let end = right
        .find(|c: char| !c.is_alphanumeric() && c != '-')
        .unwrap_or(right.len());
    let right = right.get(..end).unwrap_or(right);
    let ends_with = |ends: &[char]| left.ends_with(ends);
    match right {
        "je" | "là" | "même" | "mêmes" => true,
        "ci" => matches!(left.as_str(), "celui" | "celle" | "ceux" | "celles"),
        "il" | "ils" | "elle" | "elles" | "on" => ends_with(&['t', 'd', 's', 'z', 'x']),
        "en" | "y" => ends_with(&['s', 'z']),
        "moi" | "toi" | "lui" | "leur" | "nous" | "vous" | "le" | "la" | "les" => ends_with(&['z']),
        "ce" => left == "est",
        "être" => left == "peut",
        "uns" | "unes" => left == "quelques",
        "dessus" | "dessous" | "delà" | "dehors" | "dedans" | "devant" => {
            matches!(left.as_str(), "au" | "ci" | "là" | "par")
        }
        _ => {
            ["t-", "à-", "en-", "de-", "la-", "le-", "sur-"]
                .iter()
                .any(|start| right.starts_with(start))
                || matches!(
                    left.as_str(),
                    "celui"
                        | "celle"
                        | "ceux"
                        | "celles"
                        | "saint"
                        | "sainte"
                        | "vice"
                        | "demi"
                        | "quasi"
                        | "semi"
                )
        }
    }
}

/// Words in the middle of compounds.
const MIDDLES: &[&str] = &[
    "à", "en", "de", "du", "la", "le", "les", "au", "aux", "sur", "sous", "t",
];

/// The last word, of which a bounded end is looked at: a text without a space must not cost its square.
fn last_word(text: &str) -> &str {
    let mut start = text.len().saturating_sub(WORD_BYTES_MAX);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    let end = text.get(start..).unwrap_or_default();
    end.rsplit(|c: char| !c.is_alphanumeric() && c != '-')
        .next()
        .unwrap_or(end)
}

const WORD_BYTES_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::{Break, at_declared_break, at_line_end};

    #[test]
    fn line_ends_as_a_table() {
        let check = |left: &str, right: &str, expected: Break| {
            assert_eq!(at_line_end(left, right), expected, "{left} {right}");
        };
        check("la tran-", "quillité", Break::Dropped);
        check("la tran¬", "quillité", Break::Dropped);
        check("la tran\u{ad}", "quillité", Break::Dropped);
        check("la tran=", "quillité", Break::Dropped);
        check("au-", "tre", Break::Dropped);
        check("l’ex-", "posé", Break::Dropped);
        check("ver-", "tu", Break::Dropped);
        check("mer-", "ci", Break::Dropped);
        check("ge-", "nous", Break::Dropped);
        check("celui-", "ci", Break::Kept);
        check("celle-", "là.", Break::Kept);
        check("lui-", "même", Break::Kept);
        check("dit-", "il", Break::Kept);
        check("fu-", "sil", Break::Dropped);
        check("va-", "t-on", Break::Kept);
        check("allez-", "vous", Break::Kept);
        check("c’est-", "à-dire", Break::Kept);
        check("c’est-à-", "dire", Break::Kept);
        check("l’arc-en-", "ciel", Break::Kept);
        check("peut-ê-", "tre", Break::Dropped);
        check("peut-", "être", Break::Kept);
        check("vice-", "président", Break::Kept);
        check("Saint-", "Denis", Break::Kept);
        check("1914-", "1918", Break::Kept);
        check("dit-il -", "et", Break::None);
        check("a =", "b", Break::None);
        check("x=", "1", Break::None);
        check("—", "et", Break::None);
        check("tran-", "", Break::None);
        check("tran-", "« et", Break::None);
        check("", "et", Break::None);
    }

    #[test]
    fn declared_breaks_as_a_table() {
        let check = |left: &str, right: &str, expected: Break| {
            assert_eq!(at_declared_break(left, right), expected, "{left} {right}");
        };
        check("tran", "quillité", Break::Dropped);
        check("GOUVERNE", "MENT", Break::Dropped);
        check("Saint", "Denis", Break::Kept);
        check("celui", "ci", Break::Kept);
        check("1914", "1918", Break::Kept);
        check("tran", "", Break::None);
        check("tran", "(1)", Break::None);
    }
}
