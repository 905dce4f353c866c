//! UTF-8 that its publisher read as windows-1252 and encoded again: `dÃ©cret`.

/// Returns a run of text as it was meant, if the whole of it reads as such; `None` leaves it alone.
///
/// Every character has to be a byte of windows-1252, the bytes have to be UTF-8, and what comes out has to be letters
/// of Latin scripts, punctuation or signs: so `à « x` with its no-break space, three bytes of a valid Samaritan
/// letter, stays what it is. A run that is spoilt only in part is not touched.
pub fn repair(run: &str) -> Option<String> {
    if !is_suspect(run) {
        return None;
    }
    let bytes = run.chars().map(byte).collect::<Option<Vec<u8>>>()?;
    let meant = String::from_utf8(bytes).ok()?;
    meant
        .chars()
        .all(|c| c.is_ascii() || is_plausible(c))
        .then_some(meant)
}

/// True if the first character that could begin a sequence is followed by one that could go on with it.
fn is_suspect(run: &str) -> bool {
    for at in memchr::memchr_iter(0xC3, run.as_bytes()) {
        // Â to É begin two bytes; â and ï begin the three of punctuation, signs and ligatures.
        if matches!(run.as_bytes().get(at + 1), Some(0x82..=0x89 | 0xA2 | 0xAF)) {
            let next = run.get(at + 2..).and_then(|rest| rest.chars().next());
            return next
                .and_then(byte)
                .is_some_and(|byte| (0x80..0xC0).contains(&byte));
        }
    }
    false
}

fn is_plausible(c: char) -> bool {
    matches!(c, '\u{A0}'..='\u{24F}' | '\u{2000}'..='\u{206F}' | '\u{20A0}'..='\u{20BF}'
        | '\u{2100}'..='\u{22FF}' | '\u{FB01}' | '\u{FB02}')
}

/// The byte a character is in windows-1252; the five that are free there stand for themselves.
fn byte(c: char) -> Option<u8> {
    if let Ok(byte) = u8::try_from(u32::from(c)) {
        return Some(byte);
    }
    UPPER
        .iter()
        .find(|(known, _)| *known == c)
        .map(|(_, byte)| *byte)
}

const UPPER: [(char, u8); 27] = [
    ('€', 0x80),
    ('‚', 0x82),
    ('ƒ', 0x83),
    ('„', 0x84),
    ('…', 0x85),
    ('†', 0x86),
    ('‡', 0x87),
    ('ˆ', 0x88),
    ('‰', 0x89),
    ('Š', 0x8A),
    ('‹', 0x8B),
    ('Œ', 0x8C),
    ('Ž', 0x8E),
    ('‘', 0x91),
    ('’', 0x92),
    ('“', 0x93),
    ('”', 0x94),
    ('•', 0x95),
    ('–', 0x96),
    ('—', 0x97),
    ('˜', 0x98),
    ('™', 0x99),
    ('š', 0x9A),
    ('›', 0x9B),
    ('œ', 0x9C),
    ('ž', 0x9E),
    ('Ÿ', 0x9F),
];

#[cfg(test)]
mod tests {
    use super::repair;

    #[test]
    fn runs_as_a_table() {
        let check = |run: &str, expected: Option<&str>| {
            assert_eq!(repair(run).as_deref(), expected, "{run}");
        };
        check(
            "dÃ©cret relatif Ã\u{a0} l'Ã©tÃ©",
            Some("décret relatif à l'été"),
        );
        check("lâ€™eau, Â«\u{a0}Å“uvreÂ\u{a0}Â»", None); // spoilt in part: the second space is as it should be
        check("lâ€™eau Å“uvre Â«Â\u{a0}x", Some("l’eau œuvre «\u{a0}x"));
        check("3 â‚¬", Some("3 €"));
        check("Ã‰TAT", Some("ÉTAT"));
        check("Ã\u{89}TAT", Some("ÉTAT")); // read as latin-1
        check("décret", None);
        check("dÃ©cret, dÃ©cret, décret", None);
        check("ÂGE, âge, maïs", None);
        check("à\u{a0}«", None); // bytes of U+082B
        check("Ã©tÃ© 日本", None);
        check("", None);
    }
}
