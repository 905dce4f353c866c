//! Dictionaries of structured fields: RFC 9651, section 4.2.2 (and RFC 8941, which it replaces).

use std::iter::Peekable;
use std::str::Chars;

/// A value without its parameters.
#[derive(Debug, Clone, PartialEq)]
pub enum Bare {
    /// An integer of 15 digits at most.
    Integer(i64),
    /// A decimal with three digits after the point at most.
    Decimal(f64),
    /// A string.
    String(String),
    /// A token.
    Token(String),
    /// Bytes, as base64.
    Bytes(String),
    /// True or false; a name alone is true.
    Boolean(bool),
    /// Seconds since 1970.
    Date(i64),
    /// A string of any characters, percent-encoded as sent.
    Display(String),
    /// A list in parentheses.
    List(Vec<Bare>),
}

/// A dictionary, in the order in which names last were set.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dictionary(Vec<(String, Bare)>);

impl Dictionary {
    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&Bare> {
        let mut entries = self.0.iter();
        entries
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
    }

    /// Names in order, those that nobody knows included.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

/// Reads a dictionary; `None` if the field is not one, which by the RFC is as good as no field.
pub fn dictionary(field: &str) -> Option<Dictionary> {
    let mut input = Input(field.trim_matches(' ').chars().peekable());
    let mut found = Dictionary::default();
    while input.peek().is_some() {
        let name = input.key()?;
        let value = if input.take('=') {
            input.member()?
        } else {
            Bare::Boolean(true)
        };
        input.parameters()?;
        found.0.retain(|(known, _)| *known != name);
        found.0.push((name, value));
        input.spaces(true);
        if input.peek().is_none() {
            return Some(found);
        }
        if !input.take(',') {
            return None;
        }
        input.spaces(true);
        // A comma is followed by something.
        input.peek()?;
    }
    Some(found)
}

struct Input<'a>(Peekable<Chars<'a>>);

impl Input<'_> {
    fn peek(&mut self) -> Option<char> {
        self.0.peek().copied()
    }

    fn take(&mut self, wanted: char) -> bool {
        self.0.next_if_eq(&wanted).is_some()
    }

    fn spaces(&mut self, with_tabs: bool) {
        while self
            .0
            .next_if(|c| *c == ' ' || (with_tabs && *c == '\t'))
            .is_some()
        {}
    }

    fn while_any(&mut self, wanted: impl Fn(char) -> bool) -> String {
        let mut text = String::new();
        while let Some(c) = self.0.next_if(|c| wanted(*c)) {
            text.push(c);
        }
        text
    }

    fn key(&mut self) -> Option<String> {
        let first = self.peek()?;
        if !first.is_ascii_lowercase() && first != '*' {
            return None;
        }
        Some(self.while_any(|c| {
            c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-' | '.' | '*')
        }))
    }

    fn member(&mut self) -> Option<Bare> {
        if self.take('(') {
            return self.list();
        }
        self.bare()
    }

    fn list(&mut self) -> Option<Bare> {
        let mut items = Vec::new();
        loop {
            self.spaces(false);
            if self.take(')') {
                return Some(Bare::List(items));
            }
            items.push(self.bare()?);
            self.parameters()?;
            if !matches!(self.peek()?, ' ' | ')') {
                return None;
            }
        }
    }

    fn parameters(&mut self) -> Option<()> {
        while self.take(';') {
            self.spaces(false);
            self.key()?;
            if self.take('=') {
                self.bare()?;
            }
        }
        Some(())
    }

    fn bare(&mut self) -> Option<Bare> {
        match self.peek()? {
            '-' | '0'..='9' => self.number(),
            '"' => self.string().map(Bare::String),
            '?' => {
                self.take('?');
                match self.0.next()? {
                    '0' => Some(Bare::Boolean(false)),
                    '1' => Some(Bare::Boolean(true)),
                    _ => None,
                }
            }
            '@' => {
                self.take('@');
                match self.number()? {
                    Bare::Integer(seconds) => Some(Bare::Date(seconds)),
                    _ => None,
                }
            }
            ':' => {
                self.take(':');
                let base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
                let text = self.while_any(base64);
                self.take(':').then_some(Bare::Bytes(text))
            }
            '%' => {
                self.take('%');
                self.string().map(Bare::Display)
            }
            '*' | 'a'..='z' | 'A'..='Z' => {
                Some(Bare::Token(self.while_any(|c| {
                    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~:/".contains(c)
                })))
            }
            _ => None,
        }
    }

    fn number(&mut self) -> Option<Bare> {
        let sign = if self.take('-') { "-" } else { "" };
        let whole = self.while_any(|c| c.is_ascii_digit());
        if whole.is_empty() || whole.len() > 15 {
            return None;
        }
        if !self.take('.') {
            return format!("{sign}{whole}").parse().ok().map(Bare::Integer);
        }
        let part = self.while_any(|c| c.is_ascii_digit());
        if whole.len() > 12 || part.is_empty() || part.len() > 3 {
            return None;
        }
        let number = format!("{sign}{whole}.{part}");
        number.parse().ok().map(Bare::Decimal)
    }

    fn string(&mut self) -> Option<String> {
        if !self.take('"') {
            return None;
        }
        let mut text = String::new();
        loop {
            match self.0.next()? {
                '"' => return Some(text),
                '\\' => match self.0.next()? {
                    c @ ('"' | '\\') => text.push(c),
                    _ => return None,
                },
                c @ ' '..='~' => text.push(c),
                _ => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Bare, dictionary};

    #[test]
    fn dictionaries_of_the_rfc() {
        let check = |field: &str, expected: Option<&[(&str, Bare)]>| {
            let found = dictionary(field).map(|found| found.0);
            let expected = expected.map(|entries| {
                let entries = entries.iter();
                entries
                    .map(|(name, value)| ((*name).to_owned(), value.clone()))
                    .collect::<Vec<_>>()
            });
            assert_eq!(found, expected, "{field}");
        };
        let token = |text: &str| Bare::Token(text.to_owned());
        check("", Some(&[]));
        check("train-ai=n", Some(&[("train-ai", token("n"))]));
        check(
            "en=\"Applepie\", da=:w4ZibGV0w6ZydGU=:",
            Some(&[
                ("en", Bare::String("Applepie".into())),
                ("da", Bare::Bytes("w4ZibGV0w6ZydGU=".into())),
            ]),
        );
        check(
            "a=?0, b, c;foo=bar",
            Some(&[
                ("a", Bare::Boolean(false)),
                ("b", Bare::Boolean(true)),
                ("c", Bare::Boolean(true)),
            ]),
        );
        check(
            "rating=1.5, feelings=(joy sadness)",
            Some(&[
                ("rating", Bare::Decimal(1.5)),
                ("feelings", Bare::List(vec![token("joy"), token("sadness")])),
            ]),
        );
        check(
            "a=(1 2);valid, b=3, d=@1659578233",
            Some(&[
                ("a", Bare::List(vec![Bare::Integer(1), Bare::Integer(2)])),
                ("b", Bare::Integer(3)),
                ("d", Bare::Date(1_659_578_233)),
            ]),
        );
        check(
            "a=1,\tb=2 ,a=-3",
            Some(&[("b", Bare::Integer(2)), ("a", Bare::Integer(-3))]),
        );
        check(
            "a=%\"f%c3%bc\"",
            Some(&[("a", Bare::Display("f%c3%bc".into()))]),
        );
        for broken in [
            "A=1",
            "a=",
            "a=1,",
            "a=1 b=2",
            ",a=1",
            "a=(1",
            "a=\"x",
            "a=?2",
            "a=1.",
            "a=1.2345",
            "a=1234567890123456",
            "a==1",
            "=n",
            "a=é",
            "a;",
            "a=\"\\n\"",
            "a=@1.5",
        ] {
            check(broken, None);
        }
    }

    #[test]
    fn unknown_names_are_kept() {
        let found = dictionary("x-new=n, train-ai=y").unwrap();
        assert_eq!(found.names().collect::<Vec<_>>(), ["x-new", "train-ai"]);
    }
}
