//! Secrets are taken out of addresses before they reach a message, a receipt or a log.

/// Words that mark a parameter of an address as secret.
const SECRET_WORDS: [&str; 7] = [
    "key",
    "token",
    "secret",
    "sig",
    "signature",
    "password",
    "credential",
];

/// Returns `text` without the user information of addresses and without the values of parameters that are secret by
/// their name: signatures, tokens, keys. Linear in the text, which may hold any number of addresses.
pub fn redact(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find([':', '?', '&', ';']) {
        let (before, from) = rest.split_at(at);
        clean.push_str(before);
        let (kept, hidden) = match from.strip_prefix("://") {
            Some(authority) => (3, user_information(authority)),
            None => secret_parameter(from).unwrap_or((1, 0)),
        };
        clean.push_str(from.get(..kept).unwrap_or_default());
        if hidden > 0 {
            clean.push_str("***");
        }
        rest = from.get(kept + hidden..).unwrap_or_default();
    }
    clean.push_str(rest);
    clean
}

/// Bytes of `user:password@` at the start of what follows `://`; passwords may hold an `@` of their own.
fn user_information(authority: &str) -> usize {
    let end = authority
        .find(|c: char| matches!(c, '/' | '?' | '#') || c.is_whitespace())
        .unwrap_or(authority.len());
    let authority = authority.get(..end).unwrap_or_default();
    authority.rfind('@').map_or(0, |at| at + 1)
}

/// Bytes to keep and to hide of `?name=value` where the name is that of a secret.
fn secret_parameter(from: &str) -> Option<(usize, usize)> {
    let parameter = from.get(1..)?;
    let name_end = parameter.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-')?;
    let (name, rest) = parameter.split_at(name_end);
    let value = rest.strip_prefix('=')?;
    let name = name.to_ascii_lowercase();
    if !SECRET_WORDS.iter().any(|word| name.contains(word)) {
        return None;
    }
    let hidden = value
        .find(|c: char| c == '&' || c.is_whitespace())
        .unwrap_or(value.len());
    Some((1 + name_end + 1, hidden))
}

#[cfg(test)]
mod tests {
    use super::redact;

    #[test]
    fn secrets_are_redacted_as_a_table() {
        let check = |text: &str, expected: &str| assert_eq!(redact(text), expected);
        check("s3://bucket/path", "s3://bucket/path");
        check("https://user:pass@host/x", "https://***host/x");
        check("https://user:p@ss@host/x", "https://***host/x");
        check("https://host/x@y", "https://host/x@y");
        check(
            "https://h/x?a=1&X-Amz-Signature=abc&b=2",
            "https://h/x?a=1&X-Amz-Signature=***&b=2",
        );
        check("az://c/p?sig=s%3d", "az://c/p?sig=***");
        check("https://h/?KeyId=1;Token=2", "https://h/?KeyId=***");
        check("https://h/?key=", "https://h/?key=");
        check(
            "from https://u@a/ to https://v@b/?token=é&page=2 failed: why; sig=1",
            "from https://***a/ to https://***b/?token=***&page=2 failed: why; sig=1",
        );
        check("data/à-côté.jsonl", "data/à-côté.jsonl");
        check("::?&;", "::?&;");
    }
}
