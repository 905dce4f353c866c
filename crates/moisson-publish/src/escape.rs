//! Escaping of what users and sources wrote, for Markdown.

/// Returns the text on one line, with no character that Markdown or HTML would read as markup.
pub(crate) fn text(raw: &str) -> String {
    let mut escaped = String::with_capacity(raw.len());
    for (number, word) in words(raw).enumerate() {
        if number > 0 {
            escaped.push(' ');
        }
        let digits = word.bytes().take_while(u8::is_ascii_digit).count();
        for (at, character) in word.chars().enumerate() {
            let starts_block = number == 0 && at == 0 && "-+=".contains(character);
            // "1." or "1)" at the start of a paragraph is a list; a bare address becomes a link.
            let numbers_list = number == 0 && at > 0 && at == digits && ".)".contains(character);
            let links = character == ':' && word.contains("://");
            if "\\`*_{}[]<>#|~&!$@".contains(character) || starts_block || numbers_list || links {
                escaped.push('\\');
            }
            escaped.push(character);
        }
    }
    escaped
}

/// Returns the text as a code span that may stand in a table.
pub(crate) fn code(raw: &str) -> String {
    let line = words(raw).collect::<Vec<_>>().join(" ");
    if line.is_empty() {
        return "–".to_owned();
    }
    format!("`{}`", line.replace('`', "'").replace('|', "\\|"))
}

/// Returns an address as a link if it is one of the web, else as text; a dash for none.
pub(crate) fn link(url: Option<&str>) -> String {
    let Some(url) = url.map(str::trim).filter(|url| !url.is_empty()) else {
        return "–".to_owned();
    };
    let web = url.starts_with("https://") || url.starts_with("http://");
    if !web || url.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return text(url);
    }
    let mut safe = String::with_capacity(url.len());
    for character in url.chars() {
        match character {
            '<' => safe.push_str("%3C"),
            '>' => safe.push_str("%3E"),
            '|' => safe.push_str("%7C"),
            '"' => safe.push_str("%22"),
            '\\' => safe.push_str("%5C"),
            '`' => safe.push_str("%60"),
            other => safe.push(other),
        }
    }
    format!("<{safe}>")
}

/// Returns the text escaped, a dash for none.
pub(crate) fn optional(raw: Option<&str>) -> String {
    match raw.map(text) {
        Some(escaped) if !escaped.is_empty() => escaped,
        _ => "–".to_owned(),
    }
}

/// Writes a number with `separator` between groups of three digits.
pub(crate) fn grouped(number: u64, separator: &str) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() * 2);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push_str(separator);
        }
        grouped.push(digit);
    }
    grouped
}

/// A number as English writes it.
pub(crate) fn count(number: u64) -> String {
    grouped(number, ",")
}

/// Parts of a text between white space and control characters, including those that change the direction of writing.
fn words(raw: &str) -> impl Iterator<Item = &str> {
    let hidden = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    raw.split(move |c: char| c.is_whitespace() || c.is_control() || hidden(c))
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{code, grouped, link, text};

    #[test]
    fn hostile_texts_as_a_table() {
        let check = |raw: &str, expected: &str| assert_eq!(text(raw), expected, "{raw}");
        check("Arrêté n° 12", "Arrêté n° 12");
        check("a | b\n# c", "a \\| b \\# c");
        check("`x` *y* _z_", "\\`x\\` \\*y\\* \\_z\\_");
        check(
            "<script>alert(1)</script>",
            "\\<script\\>alert(1)\\</script\\>",
        );
        check("[x](javascript:y)", "\\[x\\](javascript:y)");
        check("--- \n name: x", "\\--- name: x");
        check("1. liste", "1\\. liste");
        check("R&D ![i](https://x)", "R\\&D \\!\\[i\\](https\\://x)");
        check("\u{202e}tfel\r\n", "tfel");
    }

    #[test]
    fn links_and_code() {
        assert_eq!(
            link(Some("https://exemple.fr/a|b>")),
            "<https://exemple.fr/a%7Cb%3E>"
        );
        assert_eq!(link(Some("javascript:alert(1)")), "javascript:alert(1)");
        assert_eq!(link(Some("https://a b")), "https\\://a b");
        assert_eq!(link(None), "–");
        assert_eq!(code("a`|`b\nc"), "`a'\\|'b c`");
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(grouped(0, ","), "0");
        assert_eq!(grouped(999, ","), "999");
        assert_eq!(grouped(1_234_567, ","), "1,234,567");
        assert_eq!(grouped(12_345, "\u{202f}"), "12\u{202f}345");
    }
}
