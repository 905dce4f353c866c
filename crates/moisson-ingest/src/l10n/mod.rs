//! Files of translations: their strings as lines of text.
//!
//! One module a format; [`place`] finds the language and licence that a file's path and head tell.

mod dtd;
mod ftl;
mod place;
mod po;
mod properties;
#[cfg(test)]
mod tests;
mod xliff;

use moisson_core::Date;

pub(crate) use place::{language_of_path, licence_of_head};

/// Strings of one file, and what it says of itself.
#[derive(Debug, Default)]
pub(crate) struct Strings {
    /// Translated strings in the order of the file, one a line.
    pub(crate) text: String,
    /// Number of lines of text.
    pub(crate) count: usize,
    /// Entries that could not be read.
    pub(crate) junk: usize,
    /// Target language, where the file names it.
    pub(crate) language: Option<String>,
    /// Language translated from, where the file names it.
    pub(crate) source_language: Option<String>,
    /// Date of the last revision.
    pub(crate) revised: Option<Date>,
}

impl Strings {
    /// Adds a translated string unless it is none: a single letter, an address, the line before again.
    fn push(&mut self, value: &str) {
        let without_tags = without_tags(value);
        let line = collapsed(&without_tags);
        let letters = outside_placeables(&line)
            .filter(|c| c.is_alphabetic())
            .take(2)
            .count();
        let is_address =
            !line.contains(' ') && (line.contains("://") || line.starts_with("chrome:"));
        let is_repeated = self.text.rsplit('\n').next() == Some(line.as_str());
        if letters < 2 || is_address || is_repeated {
            return;
        }
        if self.count > 0 {
            self.text.push('\n');
        }
        self.text.push_str(&line);
        self.count += 1;
    }
}

/// A format of translations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// Fluent.
    Ftl,
    /// Java and Mozilla properties.
    Properties,
    /// Gettext.
    Po,
    /// XLIFF 1.2 and 2.
    Xliff,
    /// Entities of a DTD, as Mozilla used them.
    Dtd,
}

impl Format {
    /// The format of a file by its extension.
    pub(crate) fn of(uri: &str) -> Option<Self> {
        let extension = uri.rsplit_once('.')?.1.to_ascii_lowercase();
        match extension.as_str() {
            "ftl" => Some(Self::Ftl),
            "properties" => Some(Self::Properties),
            "po" => Some(Self::Po),
            "xlf" | "xliff" => Some(Self::Xliff),
            "dtd" => Some(Self::Dtd),
            _ => None,
        }
    }

    /// Its name in metadata.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ftl => "ftl",
            Self::Properties => "properties",
            Self::Po => "po",
            Self::Xliff => "xliff",
            Self::Dtd => "dtd",
        }
    }

    /// Encoding of a file that is not UTF-8 and names none.
    pub(crate) fn fallback(self) -> Option<&'static str> {
        (self == Self::Properties).then_some("iso-8859-1")
    }

    /// Reads the strings of a file.
    ///
    /// # Errors
    /// What is wrong with it, for the ledger.
    pub(crate) fn read(self, text: &str, depth_max: u32) -> Result<Strings, String> {
        match self {
            Self::Ftl => ftl::read(text, depth_max),
            Self::Properties => Ok(properties::read(text)),
            Self::Po => po::read(text),
            Self::Xliff => xliff::read(text, depth_max),
            Self::Dtd => Ok(dtd::read(text)),
        }
    }
}

/// True for keys of what is no text: access keys, shortcuts, styles and sizes.
fn is_no_text(key: &str) -> bool {
    let last = key
        .rsplit(['.', '-', '_'])
        .next()
        .unwrap_or(key)
        .to_ascii_lowercase();
    let exact = [
        "accesskey",
        "key",
        "keycode",
        "commandkey",
        "style",
        "width",
        "height",
        "size",
        "url",
        "href",
        "mnemonic",
    ];
    exact.contains(&last.as_str()) || last.ends_with("accesskey") || last.ends_with("commandkey")
}

/// A string on one line. Only the white space of markup collapses: no-break spaces are typography.
fn collapsed(value: &str) -> String {
    let mut line = String::with_capacity(value.len());
    for word in value
        .split([' ', '\t', '\n', '\r'])
        .filter(|word| !word.is_empty())
    {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

const TAG_BYTES_MAX: usize = 2000;

/// A string without HTML tags: `<a data-l10n-name="x">…</a>`.
fn without_tags(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        let is_tag = after.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
        // Looked for nearby only, so that a row of `<` costs no square.
        let end = after
            .bytes()
            .take(TAG_BYTES_MAX)
            .position(|b| b == b'>' || b == b'<');
        let tag = end.and_then(|end| after.get(..end));
        match (tag, end.and_then(|end| after.get(end..)?.strip_prefix('>'))) {
            (Some(tag), Some(tail)) if is_tag => {
                if ["br", "p", "/p", "li"]
                    .iter()
                    .any(|name| tag.trim_end_matches('/').trim() == *name)
                {
                    out.push(' ');
                }
                rest = tail;
            }
            _ => {
                out.push('<');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// Characters that are not in `{ $name }`.
fn outside_placeables(line: &str) -> impl Iterator<Item = char> {
    let mut depth = 0_u32;
    line.chars().filter(move |c| {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
    })
}
