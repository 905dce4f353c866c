//! Tokens of a text, as a language model's tokenizer cuts it.

use kitoken::{Definition, Kitoken, SpecialTokenKind};
use moisson_core::{Error, Result};

/// A tokenizer, loaded from a file of the `tokenizers` library (`tokenizer.json`) or of Mistral (`tekken.json`).
#[derive(Debug)]
pub struct Tokenizer {
    tokenizer: Kitoken,
    /// Added tokens that are recognised where a text spells them out.
    spelled_out: &'static [SpecialTokenKind],
}

/// Texts are cut up at line ends above this size, so that memory is bounded: a text takes up to twenty times its bytes.
const PIECE_BYTES: usize = 4 << 20;
/// Memory that counting takes on a thread, at most.
pub const MEMORY_BYTES: u64 = 20 * PIECE_BYTES as u64;

impl Tokenizer {
    /// Reads a tokenizer. The format is told by the content, not by the name.
    ///
    /// # Errors
    /// [`Error::Config`] saying what is missing or not supported.
    pub fn load(bytes: &[u8]) -> Result<Self> {
        let refused = |format: &str, e: kitoken::convert::ConversionError| {
            Error::config(format!("the tokenizer ({format}): {e}"))
        };
        // As the `tokenizers` library does with `add_special_tokens=False`, and `mistral-common` without `bos` and `eos`.
        if contains(bytes, b"\"token_bytes\"") {
            let mut definition =
                Definition::from_tekken_slice(bytes).map_err(|e| refused("tekken", e))?;
            // A control token that a text spells out is text; it must not cut words either.
            definition.specials.clear();
            let tokenizer =
                Kitoken::from_definition(definition).map_err(|e| refused("tekken", e.into()))?;
            return Ok(Self {
                tokenizer,
                spelled_out: &[],
            });
        }
        let tokenizer =
            Kitoken::from_tokenizers_slice(bytes).map_err(|e| refused("tokenizer.json", e))?;
        Ok(Self {
            tokenizer,
            spelled_out: &[
                SpecialTokenKind::Control,
                SpecialTokenKind::Priority,
                SpecialTokenKind::Unknown,
            ],
        })
    }

    /// Counts the tokens of a text; none are added at its begin or end. `None` if the tokenizer has none for a piece.
    ///
    /// A text above 4 MiB is counted in pieces that end where a letter is followed by a line end. Tokenizers that take
    /// words and line ends apart (GPT and Mistral alike) count the same as for the whole; others may count one token more
    /// a piece.
    pub fn count(&self, text: &str) -> Option<u64> {
        let mut count = 0;
        let mut rest = text;
        while rest.len() > PIECE_BYTES {
            let (piece, after) = rest.split_at(cut(rest));
            count += self.count_piece(piece)?;
            rest = after;
        }
        Some(count + self.count_piece(rest)?)
    }

    fn count_piece(&self, text: &str) -> Option<u64> {
        let tokens = self.tokenizer.encode(text, self.spelled_out).ok()?;
        Some(tokens.len() as u64)
    }
}

/// Where the first piece of a long text ends: after the last letter below the limit that a line end follows, else after
/// the last one that a space follows, else at the limit.
fn cut(text: &str) -> usize {
    let limit = text.floor_char_boundary(PIECE_BYTES);
    let (head, _) = text.split_at(limit);
    let after_letter = |mark: char| {
        let mut places = head.rmatch_indices(mark).map(|(at, _)| at);
        places.find(|at| {
            let before = head.get(..*at).and_then(|head| head.chars().next_back());
            before.is_some_and(char::is_alphabetic)
        })
    };
    after_letter('\n')
        .or_else(|| after_letter(' '))
        .filter(|at| *at > 0)
        .unwrap_or(limit)
}

fn contains(bytes: &[u8], what: &[u8]) -> bool {
    memchr::memmem::find(bytes, what).is_some()
}

#[cfg(test)]
mod tests {
    use super::{PIECE_BYTES, Tokenizer, cut};

    /// Bytes, two merges, and an added token: what the `tokenizers` library writes for byte-level BPE.
    fn tokenizer_json() -> String {
        let mut vocab = byte_vocab();
        vocab.push_str(r#","le":256,"Ġle":257"#);
        format!(
            r#"{{"version":"1.0","truncation":null,"padding":null,
            "added_tokens":[{{"id":258,"content":"</s>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}}],
            "normalizer":null,
            "pre_tokenizer":{{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true}},
            "post_processor":null,
            "decoder":{{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}},
            "model":{{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":null,"end_of_word_suffix":null,"fuse_unk":false,"byte_fallback":false,"ignore_merges":false,
            "vocab":{{{vocab}}},"merges":[["l","e"],["Ġ","le"]]}}}}"#
        )
    }

    /// The alphabet of byte-level BPE: printable bytes stand for themselves, the others for characters from U+0100 on.
    fn byte_vocab() -> String {
        let mut other = 256u32;
        let entries = (0u32..256).map(|byte| {
            let plain = matches!(byte, 0x21..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF);
            let code = if plain {
                byte
            } else {
                other += 1;
                other - 1
            };
            format!(r#""\u{code:04x}":{byte}"#)
        });
        entries.collect::<Vec<_>>().join(",")
    }

    #[test]
    fn tokens_as_a_table() {
        let tokenizer = Tokenizer::load(tokenizer_json().as_bytes()).unwrap();
        let check = |text: &str, expected: u64| {
            assert_eq!(tokenizer.count(text), Some(expected), "{text}");
        };
        check("", 0);
        check("le", 1);
        check(" le le", 2);
        check("é", 2); // two bytes
        check("le</s>le", 3); // spelled out
        check("le\nle", 3);
    }

    #[test]
    fn long_texts_are_counted_in_pieces() {
        let tokenizer = Tokenizer::load(tokenizer_json().as_bytes()).unwrap();
        let line = " le le le\n";
        let lines = PIECE_BYTES / line.len() + 50;
        let text = line.repeat(lines);
        assert!(text.len() > PIECE_BYTES);
        assert_eq!(tokenizer.count(&text), Some(lines as u64 * 4));
    }

    #[test]
    fn a_cut_is_after_a_letter() {
        let check = |end: &str, expected: usize| {
            let text = format!("{}{end}{}", "x".repeat(PIECE_BYTES - 8), "y".repeat(30));
            assert_eq!(cut(&text), PIECE_BYTES - 8 + expected, "{end}");
        };
        check("a\nb c", 1);
        check(".\nb c", 3); // a mark before the line end: at the space
        check(".\n.. é", 8); // nowhere
    }

    #[test]
    fn what_is_no_tokenizer_is_told() {
        for (bytes, expected) in [
            (&b"{}"[..], "the tokenizer (tokenizer.json)"),
            (
                b"{\"vocab\": [{\"token_bytes\": \"?\"}]}",
                "the tokenizer (tekken)",
            ),
        ] {
            let error = Tokenizer::load(bytes).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
