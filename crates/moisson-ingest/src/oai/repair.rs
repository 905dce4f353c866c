//! Mends what repositories most often break in XML, so that a record is not lost for one character.

use std::borrow::Cow;

use memchr::memchr2;

use crate::html::entities;

/// Takes out characters that XML 1.0 does not allow.
pub(crate) fn legal(text: &str) -> Cow<'_, str> {
    let is_illegal = |c: char| matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    if !text.contains(is_illegal) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter(|c| !is_illegal(*c)).collect())
}

/// Escapes `&` that begin no reference and `<` that begin no tag, and takes out references to characters that there
/// are none of.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    let mut rest = text;
    while let Some(at) = memchr2(b'&', b'<', rest.as_bytes()) {
        let (before, after) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        let tail = after.get(1..).unwrap_or_default();
        if after.starts_with('<') {
            let is_tag =
                tail.starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | '/' | '!' | '?'));
            out.push_str(if is_tag { "<" } else { "&lt;" });
            rest = tail;
            continue;
        }
        let end = tail.bytes().take(12).position(|byte| byte == b';');
        let name = end.and_then(|end| tail.get(..end)).unwrap_or_default();
        rest = tail;
        if entities::character(name).is_some() {
            out.push('&');
        } else if name.starts_with('#') && name.len() > 1 {
            rest = tail.get(name.len() + 1..).unwrap_or_default();
        } else {
            out.push_str("&amp;");
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::{escaped, legal};

    #[test]
    fn repairs_as_a_table() {
        for (text, expected) in [
            ("R&D", "R&amp;D"),
            ("a &amp; b &eacute; &#233;", "a &amp; b &eacute; &#233;"),
            ("a &inconnue; b", "a &amp;inconnue; b"),
            ("a&#0;b&#xD800;c", "abc"),
            ("p < 0,05 <b>x</b>", "p &lt; 0,05 <b>x</b>"),
            ("fin &", "fin &amp;"),
            ("fin <", "fin &lt;"),
        ] {
            assert_eq!(escaped(text), expected);
        }
        assert_eq!(legal("a\u{1f}b\u{0}\tc\u{ffff}"), "ab\tc");
    }
}
