//! Sentences, by simple French rules.

/// Words that end in a full stop without ending a sentence, lower-cased and without it.
const ABBREVIATIONS: &[&str] = &[
    "al", "app", "art", "av", "bibl", "bull", "cass", "cf", "ch", "chap", "circ", "coll", "dir",
    "dr", "ed", "éd", "env", "ex", "fig", "hab", "ibid", "id", "déc", "févr", "janv", "juill", "m",
    "me", "mgr", "mlle", "mm", "mme", "mmes", "mr", "n", "no", "nov", "obs", "oct", "op", "p",
    "par", "pp", "pr", "préf", "réf", "req", "resp", "s", "sect", "sept", "st", "ste", "suiv", "t",
    "tél", "trad", "v", "vol",
];

/// Returns the sentences of `text` in order, trimmed, never empty.
///
/// A sentence ends after `.`, `!`, `?` or `…` (with closing quotes and brackets) where white space and then a capital,
/// a digit, an opening quote, bracket or dash follow; and at every line end. A full stop after an abbreviation
/// (`art.`, `M.`, `al.`) or an initial does not end one. Linear, without allocation.
pub fn sentences(text: &str) -> Sentences<'_> {
    Sentences { rest: text }
}

/// Iterator over sentences, made by [`sentences`].
#[derive(Debug, Clone)]
pub struct Sentences<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Sentences<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        loop {
            self.rest = self.rest.trim_start();
            if self.rest.is_empty() {
                return None;
            }
            let (sentence, rest) = self.rest.split_at(end_of_first(self.rest));
            self.rest = rest;
            let sentence = sentence.trim_end();
            if !sentence.is_empty() {
                return Some(sentence);
            }
        }
    }
}

/// Byte at which the first sentence of `text` ends.
fn end_of_first(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(offset) = bytes
        .get(from..)
        .and_then(|rest| rest.iter().position(|&b| is_candidate(b)))
    {
        let at = from + offset;
        let Some(character) = text.get(at..).and_then(|rest| rest.chars().next()) else {
            from = at + 1; // the last byte of an ellipsis elsewhere in a character
            continue;
        };
        let after = at + character.len_utf8();
        match character {
            '\n' => return at,
            '.' if is_abbreviated(text.get(..at).unwrap_or_default()) => {}
            '.' | '!' | '?' | '…' => {
                let (end, ends) = boundary(text, after);
                if ends {
                    return end;
                }
                from = end; // past the whole run of marks, so that a line of dots is read once
                continue;
            }
            _ => {}
        }
        from = after;
    }
    text.len()
}

/// Bytes that may start a sentence end: ASCII ends, and the first byte of `…`.
fn is_candidate(byte: u8) -> bool {
    matches!(byte, b'\n' | b'.' | b'!' | b'?' | 0xE2)
}

/// Byte after the run of final marks that goes on at `at`, and whether what follows lets a sentence end there.
fn boundary(text: &str, at: usize) -> (usize, bool) {
    let rest = text.get(at..).unwrap_or_default();
    let closed = rest.trim_start_matches(['.', '!', '?', '…', '"', '”', '’', '\'', ')', ']']);
    // A closing guillemet stands after a no-break space.
    let closed = closed
        .trim_start_matches([' ', '\u{A0}', '\u{202F}'])
        .strip_prefix('»')
        .unwrap_or(closed);
    let end = text.len() - closed.len();
    let next = closed.trim_start();
    if next.len() == closed.len() && !next.is_empty() {
        return (end, false); // no white space: a number, an address, an ellipsis inside a word
    }
    let starts = next.chars().next().is_none_or(|c| {
        c.is_uppercase()
            || c.is_ascii_digit()
            || matches!(c, '«' | '“' | '"' | '(' | '[' | '—' | '–' | '-' | '•')
    });
    (end, starts)
}

/// True if the full stop after `before` belongs to an abbreviation or an initial.
fn is_abbreviated(before: &str) -> bool {
    // The longest abbreviation has five letters, so that seven characters back are enough.
    let word = before
        .char_indices()
        .rev()
        .take(7)
        .take_while(|(_, c)| c.is_alphanumeric())
        .last()
        .map_or("", |(start, _)| before.get(start..).unwrap_or_default());
    let mut characters = word.chars();
    let initial =
        matches!((characters.next(), characters.next()), (Some(c), None) if c.is_uppercase());
    initial
        || ABBREVIATIONS
            .iter()
            .any(|abbreviation| same_ignoring_case(abbreviation, word))
}

fn same_ignoring_case(lower: &str, word: &str) -> bool {
    lower.chars().eq(word.chars().flat_map(char::to_lowercase))
}

#[cfg(test)]
mod tests {
    use super::sentences;

    #[test]
    fn sentences_as_a_table() {
        let check = |text: &str, expected: &[&str]| {
            assert_eq!(sentences(text).collect::<Vec<_>>(), expected, "{text}");
        };
        check("", &[]);
        check(" \n\n ", &[]);
        check("Une seule", &["Une seule"]);
        check(
            "Un. Deux ! Trois ? Quatre… Cinq",
            &["Un.", "Deux !", "Trois ?", "Quatre…", "Cinq"],
        );
        check(
            "M. Dupont cite l'art. 12 du code. Il a tort.",
            &["M. Dupont cite l'art. 12 du code.", "Il a tort."],
        );
        check(
            "La loi n° 2016-1321 du 7 oct. 2016. Fin",
            &["La loi n° 2016-1321 du 7 oct. 2016.", "Fin"],
        );
        check("Dupont et al. Paris. Fin", &["Dupont et al. Paris.", "Fin"]);
        check("Voir J. Martin. Oui.", &["Voir J. Martin.", "Oui."]);
        check(
            "Il dit : « Non. » Puis il part.",
            &["Il dit : « Non. »", "Puis il part."],
        );
        check("« Vraiment ? — Oui ! »", &["« Vraiment ?", "— Oui ! »"]);
        check(
            "3.14 et service-public.fr restent. entiers",
            &["3.14 et service-public.fr restent. entiers"],
        );
        check(
            "Titre\nTexte sans point\n\nFin",
            &["Titre", "Texte sans point", "Fin"],
        );
        check(
            "Attendez... Quoi ?!\u{A0}Rien",
            &["Attendez...", "Quoi ?!", "Rien"],
        );
        check("Où – quand", &["Où – quand"]);
    }

    #[test]
    fn sentences_lose_no_visible_character() {
        for text in [
            "A. B. C d e. Fin!!! Oui « x ». y",
            "… … …",
            "é.É.é. É",
            ".\n.\n",
        ] {
            let visible = |text: &str| {
                text.chars()
                    .filter(|c| !c.is_whitespace())
                    .collect::<String>()
            };
            assert_eq!(visible(&sentences(text).collect::<String>()), visible(text));
        }
    }
}
