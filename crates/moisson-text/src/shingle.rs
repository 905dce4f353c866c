//! The one definition of similarity: sets of five-word shingles of the lower-cased text.
//!
//! A word is a maximal run of `\w` as in Python's `re` (Unicode letters, digits and numbers, underscore; combining
//! marks are not in it), so French elisions and hyphens split by themselves. A shingle is [`WORDS`] consecutive words.
//! A text of fewer words, but at least one, is one shingle; a text without words has none.
//!
//! Shingles are represented by 64-bit hashes. Two sets of a million shingles each hold an accidental collision with
//! a probability near 1e-7, far below what a threshold on a similarity can see.

use unicode_normalization::char::is_combining_mark;

/// Number of words in a shingle.
pub const WORDS: usize = 5;

/// Odd multiplier of the polynomial over word hashes.
const BASE: u64 = 0x9E37_79B9_7F4A_7C15;
/// `BASE` to the power of [`WORDS`], to take the oldest word out of the polynomial.
const BASE_OUT: u64 = BASE.wrapping_pow(5);
/// Start value and multiplier of the hash of a word.
const WORD_SEED: u64 = 0x2D35_8DCC_AA6C_78A5;
const WORD_MULTIPLIER: u64 = 0x8BB8_4B93_962E_ACC9;

/// Calls `shingle` with the 64-bit hash of every shingle of `text`, in order and with repeats.
///
/// Linear in bytes. Allocates only for a text with a Greek capital sigma, whose lower case depends on its place.
pub fn for_each(text: &str, mut shingle: impl FnMut(u64)) {
    // "Σ" is 0xCE 0xA3; its lower case is "ς" at the end of a word.
    if memchr::memmem::find(text.as_bytes(), "Σ".as_bytes()).is_some() {
        scan(&text.to_lowercase(), &mut shingle);
    } else {
        scan(text, &mut shingle);
    }
}

/// Returns the set of shingles of `text` as sorted distinct hashes.
pub fn set(text: &str) -> Vec<u64> {
    let mut hashes = Vec::with_capacity(text.len() / 6);
    for_each(text, |hash| hashes.push(hash));
    hashes.sort_unstable();
    hashes.dedup();
    hashes
}

/// Computes the Jaccard similarity of two sets (sorted, distinct), in `0.0..=1.0`.
///
/// Two empty sets give `0.0`: texts without words are no evidence of likeness.
pub fn jaccard(a: &[u64], b: &[u64]) -> f64 {
    let common = common(a, b);
    let union = a.len() + b.len() - common;
    if union == 0 {
        0.0
    } else {
        common as f64 / union as f64
    }
}

/// Computes the share of the smaller set (sorted, distinct) that the other one holds, in `0.0..=1.0`.
///
/// `0.0` where either set is empty.
pub fn containment(a: &[u64], b: &[u64]) -> f64 {
    let smaller = a.len().min(b.len());
    if smaller == 0 {
        0.0
    } else {
        common(a, b) as f64 / smaller as f64
    }
}

/// Number of hashes in both sets (sorted, distinct).
pub fn common(a: &[u64], b: &[u64]) -> usize {
    let (mut at_a, mut at_b, mut count) = (0, 0, 0);
    while at_a < a.len() && at_b < b.len() {
        // Without branches on the values: which side is smaller cannot be predicted.
        let (from_a, from_b) = (a[at_a], b[at_b]);
        count += usize::from(from_a == from_b);
        at_a += usize::from(from_a <= from_b);
        at_b += usize::from(from_b <= from_a);
    }
    count
}

/// True if `character` is in `\w` as Python's `re` understands it: categories L, or a numeric value, or underscore.
pub fn is_word_character(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_alphanumeric() || character == '_';
    }
    // Rust's `is_alphanumeric` also holds vowel signs (marks) and letters in circles or squares (symbols).
    character.is_alphanumeric()
        && !is_combining_mark(character)
        && !matches!(
            u32::from(character),
            0x24B6..=0x24E9 | 0x1F130..=0x1F149 | 0x1F150..=0x1F169 | 0x1F170..=0x1F189
        )
}

/// Class of bytes that end a word.
const OTHER: u8 = 0;
/// Class of bytes outside ASCII.
const LEAD: u8 = 1;
/// For every byte its class, or for an ASCII word character its lower case.
const CLASS: [u8; 256] = {
    let mut class = [OTHER; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "below 256")]
        let value = byte as u8;
        if value.is_ascii_alphanumeric() || value == b'_' {
            class[byte] = value.to_ascii_lowercase();
        } else if !value.is_ascii() {
            class[byte] = LEAD;
        }
        byte += 1;
    }
    class
};

/// Runs over the text once, lower-casing on the way.
fn scan(text: &str, shingle: &mut impl FnMut(u64)) {
    let bytes = text.as_bytes();
    let mut word = Word::new();
    let mut window = Window::new();
    let mut at = 0;
    while at < bytes.len() {
        let class = CLASS[usize::from(bytes[at])];
        if class > LEAD {
            word.push(class);
            at += 1;
        } else if class == OTHER {
            word.end(&mut window, shingle);
            at += 1;
        } else {
            at += non_ascii(text, at, &mut word, &mut window, shingle);
        }
    }
    word.end(&mut window, shingle);
    window.end(shingle);
}

/// Takes the character outside ASCII at byte `at` and returns its length in bytes.
#[inline]
fn non_ascii(
    text: &str,
    at: usize,
    word: &mut Word,
    window: &mut Window,
    shingle: &mut impl FnMut(u64),
) -> usize {
    let bytes = text.as_bytes();
    match (bytes[at], bytes.get(at + 1)) {
        // U+00C0 to U+00FF: letters, but for the signs of multiplication and division; capitals are 32 lower.
        (0xC3, Some(&second)) if second & 0x9F != 0x97 || second & 0x40 != 0 => {
            word.push(0xC3);
            word.push(if second <= 0x9E {
                second + 0x20
            } else {
                second
            });
            2
        }
        // U+2000 to U+203F: spaces, dashes, quotes, the ellipsis; no letter, no number.
        (0xE2, Some(0x80)) => {
            word.end(window, shingle);
            3
        }
        _ => {
            let rest = text.get(at..).unwrap_or_default();
            let Some(character) = rest.chars().next() else {
                return 1;
            };
            // The lower case of "İ" is two characters, the second of them no word character.
            for lower in character.to_lowercase() {
                if is_word_character(lower) {
                    let mut buffer = [0; 4];
                    lower
                        .encode_utf8(&mut buffer)
                        .bytes()
                        .for_each(|byte| word.push(byte));
                } else {
                    word.end(window, shingle);
                }
            }
            character.len_utf8()
        }
    }
}

/// Hash of the word being read: bytes are gathered by eights, each eight is multiplied in.
struct Word {
    state: u64,
    pending: u64,
    bytes: u32,
}

impl Word {
    const fn new() -> Self {
        Self {
            state: WORD_SEED,
            pending: 0,
            bytes: 0,
        }
    }

    #[inline]
    fn push(&mut self, byte: u8) {
        // Bytes of words are never zero, so that the padding of the last eight cannot be mistaken for text.
        self.pending = self.pending << 8 | u64::from(byte);
        self.bytes += 1;
        if self.bytes.is_multiple_of(8) {
            self.state = fold(self.state ^ self.pending, WORD_MULTIPLIER);
            self.pending = 0;
        }
    }

    /// Hands the word, if there is one, to the window and starts the next.
    #[inline]
    fn end(&mut self, window: &mut Window, shingle: &mut impl FnMut(u64)) {
        if self.bytes > 0 {
            let hash = fold(self.state ^ self.pending, WORD_MULTIPLIER ^ BASE);
            window.push(hash, shingle);
            *self = Self::new();
        }
    }
}

/// The last words, as a polynomial in their hashes.
struct Window {
    hashes: [u64; WORDS],
    sum: u64,
    words: usize,
}

impl Window {
    const fn new() -> Self {
        Self {
            hashes: [0; WORDS],
            sum: 0,
            words: 0,
        }
    }

    #[inline]
    fn push(&mut self, hash: u64, shingle: &mut impl FnMut(u64)) {
        let [oldest, b, c, d, e] = self.hashes;
        self.hashes = [b, c, d, e, hash];
        self.sum = self
            .sum
            .wrapping_mul(BASE)
            .wrapping_add(hash)
            .wrapping_sub(oldest.wrapping_mul(BASE_OUT));
        self.words += 1;
        if self.words >= WORDS {
            shingle(mix(self.sum));
        }
    }

    /// Emits the one shingle of a text shorter than a shingle.
    fn end(&self, shingle: &mut impl FnMut(u64)) {
        if (1..WORDS).contains(&self.words) {
            shingle(mix(self.sum ^ self.words as u64));
        }
    }
}

/// Folds a 128-bit product into 64 bits.
#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    #[expect(clippy::cast_possible_truncation, reason = "both halves are used")]
    let (low, high) = (product as u64, (product >> 64) as u64);
    low ^ high
}

/// Spreads every bit over the whole (the finaliser of `MurmurHash3`).
#[inline]
fn mix(mut hash: u64) -> u64 {
    hash = (hash ^ hash >> 33).wrapping_mul(0xFF51_AFD7_ED55_8CCD);
    hash = (hash ^ hash >> 33).wrapping_mul(0xC4CE_B9FE_1A85_EC53);
    hash ^ hash >> 33
}

#[cfg(test)]
mod tests {
    use super::{WORDS, containment, for_each, is_word_character, jaccard, set};

    /// The definition, word for word, without hashing.
    fn reference(text: &str) -> std::collections::BTreeSet<Vec<String>> {
        let lower = text.to_lowercase();
        let words: Vec<String> = lower
            .split(|c| !is_word_character(c))
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect();
        if words.is_empty() {
            return std::collections::BTreeSet::new();
        }
        words
            .windows(WORDS.min(words.len()))
            .map(<[String]>::to_vec)
            .collect()
    }

    const TEXTS: &[&str] = &[
        "",
        " ,;: — … ",
        "mot",
        "deux mots",
        "L'État, c'est moi",
        "l’état c’est moi aussi l'état c'est moi aussi",
        "un deux trois quatre cinq",
        "a b a b a b a b a b a b",
        "ÀÉÎÕÜ×àéîõü÷ßÿ ŒUVRE Œuvre œuvre 2² m³ ½ ª º µ",
        "İstanbul ΣΊΣΥΦΟΣ Σ ΌΔΟΣ, Ⓐ ⅷ 東京 हिन्दी 12_34",
        "unmottrèslongdeplusdehuitoctets unmottrèslongdeplusdehuitoctet seize_octets_ici",
        "e\u{301}cole école",
    ];

    #[test]
    fn sets_are_as_large_as_the_definition_says() {
        for text in TEXTS {
            assert_eq!(set(text).len(), reference(text).len(), "{text}");
        }
    }

    #[test]
    fn similarity_is_as_the_definition_says() {
        for a in TEXTS {
            for b in TEXTS {
                let (x, y) = (reference(a), reference(b));
                let common = x.intersection(&y).count() as f64;
                let union = x.union(&y).count().max(1) as f64;
                let smaller = x.len().min(y.len()).max(1) as f64;
                let (x, y) = (set(a), set(b));
                assert!(
                    (jaccard(&x, &y) - common / union).abs() < 1e-12,
                    "{a} | {b}"
                );
                assert!(
                    (containment(&x, &y) - common / smaller).abs() < 1e-12,
                    "{a} | {b}"
                );
            }
        }
    }

    #[test]
    fn case_apostrophes_and_spacing_do_not_matter_and_order_does() {
        let same = |a: &str, b: &str| set(a) == set(b);
        assert!(same(
            "L'Œuvre de l'État À CE JOUR",
            "l’œuvre  de\nl’état à ce jour"
        ));
        assert!(!same(
            "un deux trois quatre cinq",
            "deux un trois quatre cinq"
        ));
        assert!(!same("un deux", "deux un"));
        assert!(!same("ab c", "a bc"));
        assert!(!same("à", "a"));
    }

    #[test]
    fn shingles_are_counted_with_repeats() {
        for (text, expected) in [
            ("", 0),
            ("un", 1),
            ("un deux trois quatre", 1),
            ("a a a a a a a", 3),
        ] {
            let mut count = 0;
            for_each(text, |_| count += 1);
            assert_eq!(count, expected, "{text}");
        }
    }

    #[test]
    fn word_characters_are_those_of_python() {
        for inside in ['a', 'É', '9', '_', '²', '½', 'ª', 'ʰ', 'Ⅷ', '東', '①', 'ς'] {
            assert!(is_word_character(inside), "{inside}");
        }
        for outside in [
            '-', '\'', '’', '\u{301}', '\u{93F}', '€', '°', '\u{A0}', 'Ⓐ', '‿',
        ] {
            assert!(!is_word_character(outside), "{outside}");
        }
    }
}
