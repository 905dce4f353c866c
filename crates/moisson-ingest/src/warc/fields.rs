//! Named fields, as WARC and HTTP write them: `Name: value`, one a line.

use std::borrow::Cow;
use std::ops::Range;

use crate::encoding;

/// The fields of a head, in order.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    text: String,
    fields: Vec<(Range<usize>, Range<usize>)>,
}

impl Fields {
    /// Reads the lines of a head. Lines end with CR LF or LF; a line that begins with white space goes on with the
    /// value before it; a line without colon is passed over, as crawlers that wrote one are still to be read.
    pub(crate) fn parse(head: &[u8]) -> Self {
        // Addresses in old captures are in the encoding of their page.
        let text = encoding::decode(head, Some("windows-1252"))
            .text
            .into_owned();
        let mut fields: Vec<(Range<usize>, Range<usize>)> = Vec::new();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let range = start..start + line.trim_end().len();
            start += line.len();
            if line.starts_with([' ', '\t']) {
                if let Some((_, value)) = fields.last_mut() {
                    value.end = range.end.max(value.end);
                }
            } else if let Some(colon) = memchr::memchr(b':', line.as_bytes()) {
                let at = range.start;
                let value_start = (at + colon + 1).min(range.end);
                fields.push((at..at + colon, value_start..range.end));
            }
        }
        Self { text, fields }
    }

    /// The first value of a field that is not empty; names in any case.
    pub(crate) fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        self.all(name).next()
    }

    /// All values of a field that are not empty, in order.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = Cow<'_, str>> {
        self.fields.iter().filter_map(move |(key, value)| {
            let key = self.text.get(key.clone())?.trim();
            let value = self.text.get(value.clone())?.trim();
            if value.is_empty() || !key.eq_ignore_ascii_case(name) {
                return None;
            }
            if value.contains('\n') {
                let lines: Vec<&str> = value.lines().map(str::trim).collect();
                return Some(Cow::Owned(lines.join(" ")));
            }
            Some(Cow::Borrowed(value))
        })
    }
}

/// A media type without its parameters, in lower case.
pub(crate) fn media_type(value: &str) -> String {
    let name = value.split([';', ',']).next().unwrap_or_default();
    name.trim().to_ascii_lowercase()
}

/// The value of `charset` among the parameters of a media type.
pub(crate) fn charset(value: &str) -> Option<&str> {
    value.split(';').skip(1).find_map(|parameter| {
        let (name, label) = parameter.split_once('=')?;
        let label = label.trim().trim_matches(['"', '\'']);
        (name.trim().eq_ignore_ascii_case("charset") && !label.is_empty()).then_some(label)
    })
}

/// Targets of `rel=license` in a `Link` field (RFC 8288).
pub(crate) fn licence_links(value: &str) -> Vec<&str> {
    let mut links = Vec::new();
    for part in value.split('<').skip(1) {
        let Some((target, parameters)) = part.split_once('>') else {
            continue;
        };
        let is_licence = parameters.split([';', ',']).any(|parameter| {
            parameter.split_once('=').is_some_and(|(name, rel)| {
                name.trim().eq_ignore_ascii_case("rel")
                    && rel
                        .trim()
                        .trim_matches(['"', '\''])
                        .split_ascii_whitespace()
                        .any(|word| word.eq_ignore_ascii_case("license"))
            })
        });
        if is_licence && !target.trim().is_empty() {
            links.push(target.trim());
        }
    }
    links
}
