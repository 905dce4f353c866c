//! Runs of apostrophes: italic, bold, and the apostrophes that are left.

use super::mark;

/// Takes the marks of italic and bold out of a line.
///
/// As `MediaWiki` does it: where both are odd in a line, one of three apostrophes is an elision before italic
/// (`l'''Iliade''` is *l'Iliade*), the first after a word of one letter, else after a longer word, else after a space.
pub(super) fn strip(line: &str, out: &mut String) {
    if memchr::memmem::find(line.as_bytes(), b"''").is_none() {
        out.push_str(line);
        return;
    }
    let elision = elision(line);
    let mut rest = line;
    let mut at = 0;
    while let Some(offset) = memchr::memmem::find(rest.as_bytes(), b"''") {
        let (before, run) = rest.split_at_checked(offset).unwrap_or((rest, ""));
        out.push_str(before);
        let length = run_length(run);
        let kept = match length {
            4 => 1,
            3 if elision == Some(at + offset) => 1,
            n => n.saturating_sub(5),
        };
        out.extend(std::iter::repeat_n('\'', kept));
        rest = run.get(length..).unwrap_or_default();
        at += offset + length;
    }
    out.push_str(rest);
}

fn run_length(text: &str) -> usize {
    text.bytes().take_while(|byte| *byte == b'\'').count()
}

/// Index of the run of three that is an apostrophe and italic.
fn elision(line: &str) -> Option<usize> {
    let (mut italic, mut bold) = (0, 0);
    let (mut single, mut multi, mut space) = (None, None, None);
    let mut at = 0;
    while let Some(offset) = line
        .get(at..)
        .and_then(|rest| memchr::memmem::find(rest.as_bytes(), b"''"))
    {
        at += offset;
        let before = line.get(..at).unwrap_or_default();
        let length = run_length(line.get(at..).unwrap_or_default());
        italic += usize::from(length == 2 || length >= 5);
        bold += usize::from(length == 3 || length == 4 || length >= 5);
        if length == 3 || length == 4 {
            let mut last = before.chars().rev().filter(|c| !mark::is_mark(*c));
            match (last.next(), last.next()) {
                (None | Some(' '), _) => _ = space.get_or_insert(at),
                (Some(_), None | Some(' ')) => _ = single.get_or_insert(at),
                _ => _ = multi.get_or_insert(at),
            }
        }
        at += length;
    }
    let is_unbalanced = italic % 2 == 1 && bold % 2 == 1;
    single.or(multi).or(space).filter(|_| is_unbalanced)
}

#[cfg(test)]
mod tests {
    #[test]
    fn runs_as_a_table() {
        let check = |line: &str, expected: &str| {
            let mut out = String::new();
            super::strip(line, &mut out);
            assert_eq!(out, expected, "{line}");
        };
        check("l'eau", "l'eau");
        check("''italique'' et '''gras'''", "italique et gras");
        check("'''''les deux'''''", "les deux");
        check("l'''Iliade'' d'Homère", "l'Iliade d'Homère");
        check("'''gras''' puis l'''Énéide''", "gras puis l'Énéide");
        check("''''quatre'''", "'quatre");
        check("'''''''sept", "''sept");
        check("", "");
    }
}
