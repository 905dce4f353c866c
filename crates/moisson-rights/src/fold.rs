//! Folding of statements: case, accents, punctuation and the ways of writing a version do not matter.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// One word or number of a folded statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// Folded text; a one-digit number is written `N.0`.
    pub(crate) text: String,
    /// True if a hyphen, an underscore or nothing stands between this token and the one before.
    pub(crate) glued: bool,
    /// True if it starts with a capital in a statement that is not all capitals: probably part of a name.
    pub(crate) capital: bool,
}

/// Splits a statement into folded tokens.
///
/// Letters are lower-cased and lose their accents; `license` is written `licence`; digits and letters part company, dots
/// inside numbers stay (`4.0`); `v` and `version` before a number are dropped; a `+` that follows a number is a token.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut current = String::new();
    let mut glued = false;
    let mut capital = false;
    let all_capitals = !text.chars().any(char::is_lowercase);
    let mut folded = text.nfkd().filter(|c| !is_combining_mark(*c)).peekable();
    while let Some(character) = folded.next() {
        let is_digit = character.is_ascii_digit();
        let inside_number = current.ends_with(|c: char| c.is_ascii_digit());
        let decimal_dot =
            character == '.' && inside_number && folded.peek().is_some_and(char::is_ascii_digit);
        if decimal_dot {
            current.push('.');
        } else if character.is_alphanumeric() {
            if !current.is_empty() && is_digit != inside_number && !current.ends_with('.') {
                finish(&mut tokens, &mut current, glued, capital);
                glued = true;
            }
            if current.is_empty() {
                capital = character.is_uppercase() && !all_capitals;
            }
            match character {
                'œ' | 'Œ' => current.push_str("oe"),
                'æ' | 'Æ' => current.push_str("ae"),
                _ => current.extend(character.to_lowercase()),
            }
        } else {
            let had_token = !current.is_empty();
            finish(&mut tokens, &mut current, glued, capital);
            if character == '+' && had_token && inside_number {
                current.push('+');
                finish(&mut tokens, &mut current, true, false);
            }
            glued = had_token && matches!(character, '-' | '_' | '\u{2010}' | '\u{2011}');
        }
    }
    finish(&mut tokens, &mut current, glued, capital);
    without_version_words(tokens)
}

fn finish(tokens: &mut Vec<Token>, current: &mut String, glued: bool, capital: bool) {
    if current.is_empty() {
        return;
    }
    let text = match current.as_str() {
        "license" | "licences" | "licenses" => "licence".to_owned(),
        one if one.len() == 1 && one.bytes().all(|b| b.is_ascii_digit()) => format!("{one}.0"),
        other => other.to_owned(),
    };
    current.clear();
    tokens.push(Token {
        text,
        glued,
        capital,
    });
}

fn without_version_words(tokens: Vec<Token>) -> Vec<Token> {
    let mut kept: Vec<Token> = Vec::with_capacity(tokens.len());
    for mut token in tokens {
        if token.text.starts_with(|c: char| c.is_ascii_digit())
            && let Some(word) = kept
                .pop_if(|word| matches!(word.text.as_str(), "v" | "vers" | "version" | "versions"))
        {
            token.glued = word.glued;
        }
        kept.push(token);
    }
    kept
}

/// Returns the tokens of a statement joined by spaces: the key of a label table.
pub(crate) fn key(tokens: &[Token]) -> String {
    let mut key = String::new();
    for token in tokens {
        if !key.is_empty() {
            key.push(' ');
        }
        key.push_str(&token.text);
    }
    key
}

/// True for a token that is a version number: `2.0`, not `2024`.
pub(crate) fn is_version(token: &Token) -> bool {
    token.text.len() <= 5 && token.text.contains('.')
}

/// Returns host and path of an address in one spelling: lower case, no scheme, `www.`, query, fragment, `.html` or last slash.
pub(crate) fn url_key(url: &str) -> String {
    let lower = url.trim().to_lowercase();
    let rest = lower
        .split_once("://")
        .map_or(lower.as_str(), |(_, rest)| rest);
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let rest = rest.trim_start_matches('/');
    let rest = rest.strip_prefix("www.").unwrap_or(rest);
    let rest = rest.trim_end_matches(['/', '.', ',', ';']);
    let rest = rest.strip_suffix(".html").unwrap_or(rest);
    let decoded: String = rest.replace("%c3%a9", "é");
    decoded.nfc().collect()
}

/// Splits a statement into its addresses and what is left of it.
pub(crate) fn split_urls(text: &str) -> (Vec<&str>, String) {
    let mut urls = Vec::new();
    let mut label = String::with_capacity(text.len());
    let border = |c: char| c.is_whitespace() || "<>()[]{}\"'«»|,;".contains(c);
    for piece in text.split_inclusive(border) {
        let body = piece.trim_end_matches(border);
        if is_url(body) {
            urls.push(body.trim_end_matches(['.', ':']));
            label.push(' ');
        } else {
            label.push_str(piece);
        }
    }
    (urls, label)
}

fn is_url(piece: &str) -> bool {
    if let Some((scheme, rest)) = piece.split_once("://") {
        return !rest.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphanumeric());
    }
    if piece.to_ascii_lowercase().starts_with("www.") {
        return true;
    }
    let piece = piece.strip_prefix("//").unwrap_or(piece);
    let Some((host, _)) = piece.split_once('/') else {
        return false;
    };
    host.rsplit_once('.').is_some_and(|(name, domain)| {
        !name.is_empty()
            && domain.len() >= 2
            && domain.bytes().all(|b| b.is_ascii_alphabetic())
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b))
    })
}

#[cfg(test)]
mod tests {
    use super::{key, split_urls, tokens, url_key};

    #[test]
    fn statements_fold_as_a_table() {
        let check = |text: &str, expected: &str| assert_eq!(key(&tokens(text)), expected, "{text}");
        check("Licence Ouverte v2", "licence ouverte 2.0");
        check(
            "LICENSE OUVERTE / Open License version 2.0.",
            "licence ouverte open licence 2.0",
        );
        check("CC-BY-SA 4.0", "cc by sa 4.0");
        check("CC0", "cc 0.0");
        check("GPL-2+", "gpl 2.0 +");
        check("GPLv3", "gplv 3.0");
        check(
            "Pas d’Utilisation\u{a0}Commerciale",
            "pas d utilisation commerciale",
        );
        check("Œuvre protégée", "oeuvre protegee");
        check("2024, n° 12", "2024 n 12");
        check("", "");
    }

    #[test]
    fn glue_marks_compounds() {
        let glued: Vec<bool> = tokens("CC-BY 4.0/ODbL non-CC")
            .iter()
            .map(|t| t.glued)
            .collect();
        assert_eq!(glued, [false, true, false, false, false, true]);
    }

    #[test]
    fn urls_part_from_labels() {
        let (urls, label) =
            split_urls("Sous [CC BY](https://creativecommons.org/licenses/by/4.0/), v2.0/x.");
        assert_eq!(urls, ["https://creativecommons.org/licenses/by/4.0/"]);
        assert!(label.contains("CC BY") && label.contains("v2.0/x"));
        assert_eq!(split_urls("creativecommons.org/licenses/by/3.0").0.len(), 1);
        assert_eq!(split_urls("CC-BY-4.0/ODbL").0.len(), 0);
        assert_eq!(url_key("HTTP://www.Example.org/A/?x=1#y"), "example.org/a");
    }
}
