//! Marks: which characters end a line of prose, and which make no word.
//!
//! The sets are those that the `FineWeb` family of pipelines uses, so that ratios can be compared with published ones.

/// Characters that end a sentence in some script, as ranges: `.`, `?`, `!`, `。`, `।`, …, not `…`, `:` or quotes.
const TERMINAL: &[(u32, u32)] = &[
    (0x21, 0x21),
    (0x2E, 0x2E),
    (0x3F, 0x3F),
    (0x589, 0x589),
    (0x61D, 0x61F),
    (0x6D4, 0x6D4),
    (0x700, 0x702),
    (0x7F9, 0x7F9),
    (0x837, 0x837),
    (0x839, 0x839),
    (0x83D, 0x83E),
    (0x964, 0x965),
    (0x104A, 0x104B),
    (0x1362, 0x1362),
    (0x1367, 0x1368),
    (0x166E, 0x166E),
    (0x1735, 0x1736),
    (0x17D4, 0x17D6),
    (0x17D9, 0x17DA),
    (0x1803, 0x1803),
    (0x1809, 0x1809),
    (0x1944, 0x1945),
    (0x1AA8, 0x1AAB),
    (0x1B5A, 0x1B5B),
    (0x1B5E, 0x1B5F),
    (0x1B7D, 0x1B7E),
    (0x1C3B, 0x1C3C),
    (0x1C7E, 0x1C7F),
    (0x203C, 0x203D),
    (0x2047, 0x2049),
    (0x2E2E, 0x2E2E),
    (0x2E3C, 0x2E3C),
    (0x2E53, 0x2E54),
    (0x3002, 0x3002),
    (0xA4FF, 0xA4FF),
    (0xA60E, 0xA60F),
    (0xA6F3, 0xA6F3),
    (0xA6F7, 0xA6F7),
    (0xA876, 0xA877),
    (0xA8CE, 0xA8CF),
    (0xA92F, 0xA92F),
    (0xA9C8, 0xA9C9),
    (0xAA5D, 0xAA5F),
    (0xAAF0, 0xAAF1),
    (0xABEB, 0xABEB),
    (0xFE52, 0xFE52),
    (0xFE56, 0xFE57),
    (0xFF01, 0xFF01),
    (0xFF0E, 0xFF0E),
    (0xFF1F, 0xFF1F),
    (0xFF61, 0xFF61),
    (0x10A56, 0x10A57),
    (0x10F55, 0x10F59),
    (0x10F86, 0x10F89),
    (0x11047, 0x11048),
    (0x110BE, 0x110C1),
    (0x11141, 0x11143),
    (0x111C5, 0x111C6),
    (0x111CD, 0x111CD),
    (0x111DE, 0x111DF),
    (0x11238, 0x11239),
    (0x1123B, 0x1123C),
    (0x112A9, 0x112A9),
    (0x1144B, 0x1144C),
    (0x115C2, 0x115C3),
    (0x115C9, 0x115D7),
    (0x11641, 0x11642),
    (0x1173C, 0x1173E),
    (0x11944, 0x11944),
    (0x11946, 0x11946),
    (0x11A42, 0x11A43),
    (0x11A9B, 0x11A9C),
    (0x11C41, 0x11C42),
    (0x11EF7, 0x11EF8),
    (0x11F43, 0x11F44),
    (0x16A6E, 0x16A6F),
    (0x16AF5, 0x16AF5),
    (0x16B37, 0x16B38),
    (0x16B44, 0x16B44),
    (0x16E98, 0x16E98),
    (0x1BC9F, 0x1BC9F),
    (0x1DA88, 0x1DA88),
];

/// Further characters of which a token without words is made, outside ASCII, as ranges.
const SYMBOLS: &[(u32, u32)] = &[
    (0x80, 0x9F),
    (0xAB, 0xAB),
    (0xB4, 0xB4),
    (0xBB, 0xBB),
    (0x2013, 0x2014),
    (0x2019, 0x2019),
    (0x201C, 0x201E),
    (0x2026, 0x2026),
    (0x2236, 0x2236),
    (0x2501, 0x2501),
    (0x25BA, 0x25BA),
    (0x3001, 0x3001),
    (0x3008, 0x300D),
    (0x3010, 0x3011),
    (0xFF05, 0xFF05),
    (0xFF08, 0xFF09),
    (0xFF0C, 0xFF0C),
    (0xFF11, 0xFF11),
    (0xFF1A, 0xFF1B),
    (0xFF5E, 0xFF5E),
];

/// True if `character` ends a sentence in some script. An ellipsis does not.
pub fn is_terminal(character: char) -> bool {
    if character.is_ascii() {
        return matches!(character, '.' | '?' | '!');
    }
    within(TERMINAL, character)
}

/// True if `character` is punctuation or a control character: no part of a word by itself.
///
/// Some signs (`€`, `°`, `•`, `‘`) are not in the set; they count as words there, and so they do here.
pub fn is_symbol(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_punctuation()
            || (character.is_ascii_control() && !matches!(character, '\t' | '\n'));
    }
    within(SYMBOLS, character) || within(TERMINAL, character)
}

fn within(ranges: &[(u32, u32)], character: char) -> bool {
    let code = u32::from(character);
    let after = ranges.partition_point(|&(first, _)| first <= code);
    after
        .checked_sub(1)
        .and_then(|index| ranges.get(index))
        .is_some_and(|&(_, last)| code <= last)
}

#[cfg(test)]
mod tests {
    use super::{SYMBOLS, TERMINAL, is_symbol, is_terminal};

    #[test]
    fn ranges_are_sorted_and_apart() {
        for table in [TERMINAL, SYMBOLS] {
            assert!(table.iter().all(|(first, last)| first <= last));
            assert!(table.windows(2).all(|pair| pair[0].1 < pair[1].0));
        }
    }

    #[test]
    fn marks_as_a_table() {
        for (character, symbol, terminal) in [
            ('.', true, true),
            ('!', true, true),
            ('。', true, true),
            ('…', true, false),
            (',', true, false),
            ('’', true, false),
            ('«', true, false),
            ('_', true, false),
            ('\u{7}', true, false),
            ('\n', false, false),
            ('a', false, false),
            ('é', false, false),
            ('7', false, false),
            ('€', false, false),
            ('°', false, false),
        ] {
            assert_eq!(is_symbol(character), symbol, "{character:?}");
            assert_eq!(is_terminal(character), terminal, "{character:?}");
        }
    }
}
