//! What C4 would cut: lines, with a reason each, and the sentences that would be left.
//!
//! Source: Raffel et al. 2020, arXiv:1910.10683, and datatrove's `C4QualityFilter`. Phrases are English, as there.

use memchr::memmem;
use moisson_core::Span;
use moisson_text::sentence;

use super::tokens::characters;

/// A line of fewer words is cut.
const WORDS_MIN: usize = 3;
/// A line with a longer word (between white space), in characters, is cut.
const WORD_CHARACTERS_MAX: u64 = 1000;

/// Why a line is cut.
const TOO_FEW_WORDS: &str = "line/too-few-words";
const LONG_WORD: &str = "line/long-word";
const JAVASCRIPT: &str = "line/javascript";
const POLICY: &str = "line/policy";
const NO_TERMINAL_PUNCTUATION: &str = "line/no-terminal-punctuation";

/// A line that is cut: its bytes with the newline after it, and the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cut {
    pub(super) span: Span,
    pub(super) reason: &'static str,
}

/// What C4 looks at in a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct C4 {
    /// Sentences in the lines that no rule cuts.
    pub(super) sentences: u64,
    /// Sentences in the lines that are kept if the last mark of a line does not matter.
    pub(super) sentences_any_ending: u64,
    /// True if the phrase `lorem ipsum` occurs.
    pub(super) lorem_ipsum: bool,
    /// True if `{` occurs.
    pub(super) curly_bracket: bool,
    /// Lines cut, at most as many as asked for.
    pub(super) cuts: Vec<Cut>,
}

/// Phrases by which a line is told to speak of cookies and terms.
const POLICY_PHRASES: &[&str] = &[
    "terms of use",
    "privacy policy",
    "cookie policy",
    "uses cookies",
    "use of cookies",
    "use cookies",
];

/// Which phrases may occur at all: most texts hold none, and their lines need no search.
#[derive(Debug, Clone, Copy)]
struct Phrases {
    javascript: bool,
    policy: bool,
}

/// Bytes that are searched for phrases together, if lines allow.
const BLOCK: usize = 1 << 20;

/// Reads the lines of a text. `lower` is room for a lower-cased copy of a part of it.
pub(super) fn measure(text: &str, cuts_max: usize, lower: &mut Vec<u8>) -> C4 {
    let mut c4 = C4 {
        curly_bracket: memchr::memchr(b'{', text.as_bytes()).is_some(),
        ..C4::default()
    };
    let mut start = 0;
    while start < text.len() {
        let end = block_end(text, start);
        c4.take_block(
            text.get(start..end).unwrap_or_default(),
            start,
            cuts_max,
            lower,
        );
        start = end;
    }
    c4
}

/// End of the last line that ends within a block from `start`, or of the first line.
fn block_end(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes().get(start..).unwrap_or_default();
    let within = bytes
        .get(..BLOCK)
        .and_then(|block| memchr::memrchr(b'\n', block));
    let end = if bytes.len() <= BLOCK {
        None
    } else {
        within.or_else(|| memchr::memchr(b'\n', bytes))
    };
    end.map_or(text.len(), |newline| start + newline + 1)
}

impl C4 {
    /// Reads the lines of the part of a text that begins at byte `start`.
    fn take_block(&mut self, block: &str, start: usize, cuts_max: usize, lower: &mut Vec<u8>) {
        lower.clear();
        lower.extend_from_slice(block.as_bytes());
        lower.make_ascii_lowercase();
        let holds = |phrase: &str| memmem::find(lower, phrase.as_bytes()).is_some();
        let phrases = Phrases {
            javascript: holds("javascript"),
            policy: holds("policy") || holds("cookie") || holds("terms of use"),
        };
        self.lorem_ipsum |= holds("lorem ipsum");
        let mut at = 0;
        for line in block.split_inclusive('\n') {
            let range = at..at + line.len();
            at = range.end;
            let trimmed = line.trim();
            let reason = reason(
                trimmed,
                lower.get(range.clone()).unwrap_or_default(),
                phrases,
            );
            if reason.is_none_or(|reason| reason == NO_TERMINAL_PUNCTUATION) {
                let sentences = sentence::sentences(trimmed).count() as u64;
                self.sentences_any_ending += sentences;
                self.sentences += if reason.is_none() { sentences } else { 0 };
            }
            if let Some(reason) = reason
                && self.cuts.len() < cuts_max
            {
                let span = Span {
                    start: start + range.start,
                    end: start + range.end,
                };
                self.cuts.push(Cut { span, reason });
            }
        }
    }
}

/// Why a line would be cut. The ending comes last, so that who does not ask for it still sees the other reasons.
fn reason(line: &str, lower: &[u8], phrases: Phrases) -> Option<&'static str> {
    if line.len() as u64 > WORD_CHARACTERS_MAX
        && line
            .split_whitespace()
            .any(|word| characters(word.as_bytes()) > WORD_CHARACTERS_MAX)
    {
        return Some(LONG_WORD);
    }
    if line.split_whitespace().take(WORDS_MIN).count() < WORDS_MIN {
        return Some(TOO_FEW_WORDS);
    }
    let holds = |phrase: &str| memmem::find(lower, phrase.as_bytes()).is_some();
    if phrases.javascript && holds("javascript") {
        return Some(JAVASCRIPT);
    }
    if phrases.policy && POLICY_PHRASES.iter().any(|phrase| holds(phrase)) {
        return Some(POLICY);
    }
    let ending = without_citations(line);
    let ends = ending.ends_with(['.', '?', '!', '"', '\'']) && !ending.ends_with("...");
    (!ends).then_some(NO_TERMINAL_PUNCTUATION)
}

/// The line without the citation marks of wikis at its end: `[12]`, `[]`, `[edit]`, `[citation needed]`.
fn without_citations(mut line: &str) -> &str {
    while let Some(open) = line.strip_suffix(']').and_then(|inner| inner.rfind('[')) {
        let mark = line.get(open + 1..line.len() - 1).unwrap_or_default();
        let cited = mark.bytes().all(|byte| byte.is_ascii_digit())
            || matches!(mark, "edit" | "citation needed");
        if !cited {
            break;
        }
        line = line.get(..open).unwrap_or_default();
    }
    line
}

#[cfg(test)]
mod tests {
    use moisson_core::{Edit, span};

    use super::{C4, measure};

    fn c4(text: &str) -> C4 {
        measure(text, usize::MAX, &mut Vec::new())
    }

    #[test]
    fn reasons_as_a_table() {
        let check = |line: &str, expected: Option<&str>| {
            let cuts = c4(line).cuts;
            assert_eq!(cuts.first().map(|cut| cut.reason), expected, "{line}");
        };
        check("Voici une phrase.", None);
        check("Voici une phrase !", None);
        check("Voici une phrase'", None);
        check("Voici une phrase.[1][23][edit]", None);
        check("Deux mots.", Some("line/too-few-words"));
        check("", None);
        check("\n", Some("line/too-few-words"));
        check("Voici une phrase", Some("line/no-terminal-punctuation"));
        check("Voici une phrase...", Some("line/no-terminal-punctuation"));
        check(
            "Voici une phrase. [1]",
            Some("line/no-terminal-punctuation"),
        );
        check(
            "Voici une phrase.[note]",
            Some("line/no-terminal-punctuation"),
        );
        check(
            "Activez JavaScript dans votre navigateur",
            Some("line/javascript"),
        );
        check("Read our Privacy Policy please.", Some("line/policy"));
        check("Notre policy de stockage.", None);
        check(
            &format!("un mot {} trop long.", "é".repeat(1001)),
            Some("line/long-word"),
        );
        check(&format!("un mot {} de mille.", "é".repeat(1000)), None);
    }

    #[test]
    fn spans_hold_the_newline_and_are_limited() {
        let text = "Été long.\nUne ligne qui reste.\nà\nfin";
        let removed = |max| {
            let cuts = measure(text, max, &mut Vec::new()).cuts;
            let edits: Vec<_> = cuts.iter().map(|cut| Edit::cut(cut.span)).collect();
            span::apply(text, &edits, &mut |_, _| String::new())
        };
        assert_eq!(removed(10), "Une ligne qui reste.\n");
        assert_eq!(removed(1), "Une ligne qui reste.\nà\nfin");
        assert_eq!(removed(0), text);
    }

    #[test]
    fn sentences_are_those_of_kept_lines() {
        let text = "Une phrase ici. Et une autre là.\nUn titre sans point\nTrop court.\nActivez JavaScript. Merci bien.";
        assert_eq!((c4(text).sentences, c4(text).sentences_any_ending), (2, 3));
    }

    #[test]
    fn blocks_do_not_show() {
        let line = "Une phrase assez courte ici.\nUn titre\nActivez JavaScript dès maintenant !\n";
        let text = line.repeat(super::BLOCK / line.len() * 2 + 7) + &"m".repeat(super::BLOCK + 5);
        let found = c4(&text);
        let kept = text.matches("courte").count();
        assert_eq!(found.sentences, kept as u64);
        assert_eq!(found.cuts.len(), text.lines().count() - kept);
        for cut in &found.cuts {
            let line = text.get(cut.span.start..cut.span.end).unwrap();
            let expected = if line.contains("Java") {
                "line/javascript"
            } else if line.contains("titre") {
                "line/too-few-words"
            } else {
                "line/long-word"
            };
            assert_eq!(cut.reason, expected);
        }
    }

    #[test]
    fn flags() {
        let flags = |text: &str| (c4(text).lorem_ipsum, c4(text).curly_bracket);
        assert_eq!(flags("un texte"), (false, false));
        assert_eq!(flags("Lorem Ipsum dolor"), (true, false));
        assert_eq!(flags("if (a) { b }"), (false, true));
    }
}
