//! Errors across the wire: an [`Error`] of ours keeps its kind and its words through the layers that print it.

use datafusion::error::DataFusionError;
use moisson_core::Error;

const OPEN: &str = "[moisson ";
const CLOSE: &str = "[/moisson]";

/// Writes an error so that [`read`] finds it again inside the texts that DataFusion and Ballista wrap around it.
pub(crate) fn write(error: &Error) -> String {
    let kind = match error {
        Error::Config(_) => "config",
        Error::Input(_) => "input",
        Error::Store(_) => "store",
        Error::Interrupted => "interrupted",
        Error::Internal(_) => "internal",
    };
    let text = match error {
        Error::Internal(text) => text.clone(),
        other => other.to_string(),
    };
    format!("{OPEN}{kind}] {text}{CLOSE}")
}

/// True for a text that holds an [`Error::Store`]: another worker may do better.
pub(crate) fn is_of_store(text: &str) -> bool {
    text.contains("[moisson store]")
}

/// True for a text that holds an error of ours.
pub(crate) fn is_ours(text: &str) -> bool {
    text.contains(OPEN)
}

/// As an error of DataFusion. Those of storage are marked as such, so that the scheduler tries the task again.
pub(crate) fn into_datafusion(error: &Error) -> DataFusionError {
    let text = write(error);
    match error {
        Error::Store(_) => DataFusionError::IoError(std::io::Error::other(text)),
        _ => DataFusionError::Execution(text),
    }
}

/// Finds the innermost error of ours in the text of a failed job; other texts become [`Error::Store`] of `place`.
pub(crate) fn read(place: &str, text: &str) -> Error {
    let found = text.rsplit_once(OPEN).and_then(|(_, rest)| {
        let (kind, rest) = rest.split_once("] ")?;
        let (message, _) = rest.split_once(CLOSE)?;
        Some((kind, unescape(message)))
    });
    match found {
        Some(("config", message)) => Error::Config(message),
        Some(("input", message)) => Error::Input(message),
        Some(("interrupted", _)) => Error::Interrupted,
        Some(("internal", message)) => Error::Internal(message),
        Some((_, message)) => Error::Store(message),
        None => Error::store(place, text),
    }
}

/// Undoes what `{:?}` does to a text.
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (character, character == '\\') {
            (_, false) => plain.push(character),
            _ => match characters.next() {
                Some('n') => plain.push('\n'),
                Some('t') => plain.push('\t'),
                Some('r') => plain.push('\r'),
                Some(other) => plain.push(other),
                None => plain.push('\\'),
            },
        }
    }
    plain
}

/// The innermost cause, which says "Connection refused"; the outer ones say "transport error".
pub(crate) fn cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(inner) = innermost.source() {
        innermost = inner;
    }
    innermost.to_string()
}

#[cfg(test)]
mod tests {
    use moisson_core::Error;

    use super::{into_datafusion, read};

    #[test]
    fn errors_keep_kind_and_words_through_wrapping() {
        for error in [
            Error::config("unknown reader `a\"b`\n  known: `c`"),
            Error::input("no such file"),
            Error::store("s3://x", "denied"),
            Error::Interrupted,
            Error::internal("bug"),
        ] {
            let wrapped = format!("Job 7 failed: {:?}", into_datafusion(&error));
            assert_eq!(read("x", &wrapped).to_string(), error.to_string());
            assert_eq!(
                std::mem::discriminant(&read("x", &wrapped)),
                std::mem::discriminant(&error)
            );
        }
        assert_eq!(read("job 7", "lost").to_string(), "job 7: lost");
    }
}
