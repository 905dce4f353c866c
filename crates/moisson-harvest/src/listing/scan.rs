//! Tags and text of a page, in one pass over its bytes.
//!
//! A listing needs links and what stands beside them, not a tree; a tree builder that repairs markup takes time that grows
//! with the square of its nesting on pages made to hurt.

/// A piece of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// An opening tag.
    Open {
        /// As written.
        name: &'a str,
        /// Its `href`, with character references resolved.
        href: Option<String>,
    },
    /// A closing tag.
    Close(&'a str),
    /// Text, with character references resolved.
    Text(String),
}

/// Reads a page piece by piece. Comments, declarations, scripts and styles are left out.
pub(super) struct Scan<'a> {
    rest: &'a str,
}

impl<'a> Scan<'a> {
    pub(super) fn new(html: &'a str) -> Self {
        Self { rest: html }
    }

    /// Moves past `end` and returns what lies before it; without it, all the rest.
    fn until(&mut self, end: &str) -> &'a str {
        let (before, after) = self.rest.split_once(end).unwrap_or((self.rest, ""));
        self.rest = after;
        before
    }

    /// The inside of a tag that begins here, its quotes respected.
    fn tag(&mut self) -> &'a str {
        let mut quote = None;
        let mut value = false;
        let end = self.rest.find(|c: char| {
            match (quote, c) {
                (Some(open), c) if c == open => quote = None,
                (None, '>') => return true,
                // A quote opens a value only right after its `=`.
                (None, '"' | '\'') if value => quote = Some(c),
                _ => {}
            }
            value = c == '=' || (value && c.is_whitespace());
            false
        });
        let (inside, after) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = after.strip_prefix('>').unwrap_or_default();
        inside
    }
}

impl<'a> Iterator for Scan<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        loop {
            if self.rest.is_empty() {
                return None;
            }
            let Some(markup) = self.rest.strip_prefix('<') else {
                let end = self.rest.find('<').unwrap_or(self.rest.len());
                let (text, after) = self.rest.split_at(end);
                self.rest = after;
                return Some(Piece::Text(resolved(text)));
            };
            self.rest = markup;
            if markup.starts_with("!--") {
                self.until("-->");
            } else if markup.starts_with(['!', '?']) {
                self.until(">");
            } else if let Some(closing) = markup.strip_prefix('/') {
                self.rest = closing;
                return Some(Piece::Close(name(self.tag())));
            } else if markup.starts_with(|c: char| c.is_ascii_alphabetic()) {
                let tag = self.tag();
                let name = name(tag);
                if name.eq_ignore_ascii_case("script") || name.eq_ignore_ascii_case("style") {
                    self.until("</");
                    self.tag();
                    continue;
                }
                let attributes = tag.get(name.len()..).unwrap_or_default();
                let href = href(attributes);
                return Some(Piece::Open { name, href });
            } else {
                return Some(Piece::Text("<".to_owned()));
            }
        }
    }
}

fn name(tag: &str) -> &str {
    let end = tag.find(|c: char| !c.is_ascii_alphanumeric());
    tag.get(..end.unwrap_or(tag.len())).unwrap_or_default()
}

/// The first `href` among attributes.
fn href(attributes: &str) -> Option<String> {
    let mut rest = attributes;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        let end = rest.find(|c: char| c.is_whitespace() || c == '=')?;
        let (name, after) = rest.split_at(end);
        let Some(value) = after.trim_start().strip_prefix('=') else {
            rest = after;
            continue;
        };
        let value = value.trim_start();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (value, after) = match quote.and_then(|quote| Some((quote, value.strip_prefix(quote)?)))
        {
            Some((quote, value)) => value.split_once(quote).unwrap_or((value, "")),
            None => value.split_at(value.find(char::is_whitespace).unwrap_or(value.len())),
        };
        if name.eq_ignore_ascii_case("href") {
            return Some(resolved(value));
        }
        rest = after;
    }
}

/// Resolves the character references that listings hold: those that markup needs, no-break spaces and numbers.
fn resolved(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        plain.push_str(before);
        rest = after;
        // References are short; looking further for their end would make a row of `&` cost its square.
        let end = after.bytes().take(12).position(|byte| byte == b';');
        let reference = end.and_then(|end| after.get(..end));
        let character = reference.and_then(character);
        match character.zip(reference) {
            Some((character, reference)) => {
                plain.push(character);
                rest = after.get(reference.len() + 1..).unwrap_or_default();
            }
            None => plain.push('&'),
        }
    }
    plain.push_str(rest);
    plain
}

fn character(reference: &str) -> Option<char> {
    Some(match reference {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{A0}',
        _ => {
            let number = reference.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
    })
}

#[cfg(test)]
mod tests {
    use super::{Piece, Scan};

    fn shown(html: &str) -> String {
        let pieces = Scan::new(html).map(|piece| match piece {
            Piece::Open { name, href } => format!("<{name} {}>", href.unwrap_or_default()),
            Piece::Close(name) => format!("</{name}>"),
            Piece::Text(text) => text,
        });
        pieces.collect()
    }

    #[test]
    fn pages_in_pieces() {
        for (html, expected) in [
            ("a<b>c</b>", "a<b >c</b>"),
            ("<A HREF=x>", "<A x>"),
            ("<a class='x>y' href = \"a&amp;b\" >", "<a a&b>"),
            ("<a data-href=x href='y'/>", "<a y>"),
            ("<a href>", "<a >"),
            ("<a href=''>", "<a >"),
            ("<a disabled href=y>", "<a y>"),
            ("<!-- <a href=x> -->b<!doctype x>c", "bc"),
            ("<script>if (a<b) '<a href=x>'</script>d", "d"),
            (
                "1 < 2 &lt; 3 &#233; &#xe9; &nope; & &",
                "1 < 2 < 3 é é &nope; & &",
            ),
            ("<a href=\"x", "<a x>"),
            ("<", "<"),
            ("", ""),
        ] {
            assert_eq!(shown(html), expected, "{html}");
        }
    }

    #[test]
    fn pages_made_to_hurt_cost_their_length() {
        for bait in [
            "<div>",
            "<!--",
            "<a href=\"",
            "<script>",
            "&",
            "<",
            "<a b=c ",
            "</",
            "&#",
        ] {
            let pieces = Scan::new(&bait.repeat(100_000)).count();
            assert!(pieces <= 200_001, "{bait}");
        }
    }
}
