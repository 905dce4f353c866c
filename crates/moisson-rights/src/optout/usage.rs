//! `Content-Usage` of AIPREF: preferences as a dictionary of structured fields.
//!
//! Sources: draft-ietf-aipref-vocab-05 and draft-ietf-aipref-attach-04, drafts of a working group: names have changed from
//! one to the next, so the names of earlier drafts are read, and the value is always kept as it stands.

use super::structured::{Bare, dictionary};

/// Names for the training of models, in any draft. One `n` is enough.
const TRAINING: [&str; 4] = ["train-ai", "train-genai", "genai", "ai"];
/// Wider names of earlier drafts, asked only where none of the above is stated.
const WIDER: [&str; 2] = ["bots", "tdm"];

/// Says whether a value reserves training: `Some(true)` for `n`, `Some(false)` for `y`, `None` where it does not say or
/// is no dictionary.
pub fn reserves(value: &str) -> Option<bool> {
    let preferences = dictionary(value)?;
    let stated = |names: &[&str]| {
        let values = names
            .iter()
            .filter_map(|name| match preferences.get(name)? {
                Bare::Token(token) if token == "n" => Some(true),
                Bare::Token(token) if token == "y" => Some(false),
                _ => None,
            });
        values.reduce(|one, other| one || other)
    };
    stated(&TRAINING).or_else(|| stated(&WIDER))
}

#[cfg(test)]
mod tests {
    use super::reserves;

    #[test]
    fn preferences_as_they_are_sent() {
        for (value, expected) in [
            ("train-ai=n", Some(true)),
            ("train-ai=y", Some(false)),
            ("search=y, train-ai=n", Some(true)),
            ("train-ai=n;exceptions=\"…\"", None), // no ASCII, no string: the whole field fails
            ("train-ai=n;valid-until=@1800000000", Some(true)),
            ("train-ai=y, train-genai=n", Some(true)),
            ("bots=n", Some(true)),
            ("bots=n, train-ai=y", Some(false)),
            ("tdm=n", Some(true)),
            ("search=n", None),
            ("train-ai", None),
            ("train-ai=?0", None),
            ("train-ai=\"n\"", None),
            ("train-ai=n, train-ai=y", Some(false)), // RFC 9651: the last of a name counts
            ("Train-AI=n", None),
            ("train-ai=n,", None),
            ("unheard-of=n", None),
            ("", None),
        ] {
            assert_eq!(reserves(value), expected, "{value}");
        }
    }
}
