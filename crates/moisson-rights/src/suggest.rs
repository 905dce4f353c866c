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
        let distance = edit_distance(label.as_bytes(), name.as_bytes(), distance_max);
        let Some(distance) = distance else {
            continue;
        };
        match best {
            Some((least, _)) if distance > least => {}
            Some((least, other)) if distance == least => unique &= other == id,
            _ => (best, unique) = (Some((distance, id)), true),
        }
    }
    best.filter(|_| unique).map(|(_, id)| id.to_owned())
}

/// Returns the optimal string alignment distance, or `None` if it is above `distance_max`.
fn edit_distance(a: &[u8], b: &[u8], distance_max: usize) -> Option<usize> {
    let mut before_last: Vec<usize> = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let mut current: Vec<usize> = vec![0; b.len() + 1];
    for (row, &left) in a.iter().enumerate() {
        current[0] = row + 1;
        for (column, &right) in b.iter().enumerate() {
            let substituted = last[column] + usize::from(left != right);
            let mut least = substituted
                .min(last[column + 1] + 1)
                .min(current[column] + 1);
            let swapped = row > 0 && column > 0 && left == b[column - 1] && a[row - 1] == right;
            if swapped {
                least = least.min(before_last[column - 1] + 1);
            }
            current[column + 1] = least;
        }
        // No later row can come below the least of two rows that follow each other.
        let hopeless = |row: &[usize]| row.iter().all(|&distance| distance > distance_max);
        if hopeless(&current) && hopeless(&last) {
            return None;
        }
        std::mem::swap(&mut before_last, &mut last);
        std::mem::swap(&mut last, &mut current);
    }
    Some(last[b.len()]).filter(|&distance| distance <= distance_max)
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
