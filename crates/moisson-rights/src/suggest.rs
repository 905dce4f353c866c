//! Suggestions for what was not recognised. A suggestion is a hint to a person, never a grant.

/// Longest statement, in bytes of its folded form, for which a suggestion is looked for.
const LABEL_BYTES_MAX: usize = 64;

/// Returns the one candidate within a small edit distance of `label`, or `None` if there is none or more than one id.
///
/// `candidates` are (folded name, id). Optimal string alignment distance; at most one edit per six bytes, at most three.
pub(crate) fn nearest<'a>(
    label: &str,
    candidates: impl Iterator<Item = (&'a str, &'a str)>,
) -> Option<String> {
    if label.len() < 3 || label.len() > LABEL_BYTES_MAX {
        return None;
    }
    let distance_max = (label.len() / 6).clamp(1, 3);
    let mut best: Option<(usize, &str)> = None;
    let mut unique = true;
    for (name, id) in candidates {
        if name.len().abs_diff(label.len()) > distance_max {
            continue;
        }
        let distance = strsim::osa_distance(label, name);
        if distance > distance_max {
            continue;
        }
        match best {
            Some((least, _)) if distance > least => {}
            Some((least, other)) if distance == least => unique &= other == id,
            _ => (best, unique) = (Some((distance, id)), true),
        }
    }
    best.filter(|_| unique).map(|(_, id)| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn only_one_near_name_is_suggested() {
        let names = [
            ("licence ouverte 2.0", "etalab-2.0"),
            ("cc by", "A"),
            ("cc 0.0", "B"),
        ];
        let check = |label: &str, expected: Option<&str>| {
            assert_eq!(
                nearest(label, names.into_iter()).as_deref(),
                expected,
                "{label}"
            );
        };
        check("licnece ouvrete 2.0", Some("etalab-2.0"));
        check("cc yb", Some("A"));
        check("unrelated words", None);
        check("", None);
        let tie = [("abcd", "A"), ("abce", "B")];
        assert_eq!(nearest("abcf", tie.into_iter()), None);
    }
}
