//! Names of objects in the mirror, made from addresses that anybody may have written.

use std::collections::BTreeSet;

use moisson_core::Digest;
use url::Url;

/// Longest segment of a name, in bytes; file systems allow 255, and receipts add to it.
const SEGMENT_BYTES_MAX: usize = 120;

/// Gives names to the objects of one source; no two are the same, whatever the case of their letters.
#[derive(Debug)]
pub struct Names {
    source: String,
    taken: BTreeSet<String>,
}

impl Names {
    /// Starts the names of a source.
    pub fn new(source: &str) -> Self {
        let source = segment(source);
        let taken = BTreeSet::new();
        Self { source, taken }
    }

    /// Names the object at an address: `SOURCE/` and the last segment of its path. An address with a query, and one
    /// whose name is taken, gets a short hash of the address before its extension.
    pub fn of_url(&mut self, url: &Url) -> String {
        let segments = url.path_segments();
        let last = segments.and_then(|mut segments| segments.next_back());
        let last = last.filter(|last| !last.is_empty()).unwrap_or("index");
        let plain = segment(&decoded(last));
        if url.query().is_none() {
            return self.unique(&plain, url.as_str());
        }
        self.unique(&with_hash(&plain, url.as_str()), url.as_str())
    }

    /// Names an object by a path of its own below the source; `identity` tells apart what would have the same name.
    pub fn of_path(&mut self, path: &str, identity: &str) -> String {
        let segments = path.split('/').filter(|part| !part.is_empty());
        let segments: Vec<String> = segments.map(segment).collect();
        self.unique(&segments.join("/"), identity)
    }

    fn unique(&mut self, path: &str, identity: &str) -> String {
        let mut path = if path.is_empty() { "index" } else { path }.to_owned();
        if self.taken.contains(&path.to_lowercase()) {
            path = match path.rsplit_once('/') {
                Some((folder, last)) => format!("{folder}/{}", with_hash(last, identity)),
                None => with_hash(&path, identity),
            };
        }
        self.taken.insert(path.to_lowercase());
        format!("{}/{path}", self.source)
    }
}

/// Makes one segment of a name safe: no separators, controls or leading dots, and no longer than a file system bears.
pub fn segment(text: &str) -> String {
    let safe = |c: char| {
        let keep =
            c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '+' | '=' | '@' | ',' | '~');
        if keep { c } else { '_' }
    };
    let clean: String = text.chars().map(safe).collect();
    let clean = match clean.strip_prefix('.') {
        Some(rest) => format!("_{rest}"),
        None if clean.is_empty() => "_".to_owned(),
        None => clean,
    };
    if clean.len() <= SEGMENT_BYTES_MAX {
        return clean;
    }
    let (stem, extension) = extension(&clean);
    let extension = if extension.len() > 20 { "" } else { extension };
    let room = SEGMENT_BYTES_MAX - 10 - extension.len();
    let cut = stem.floor_char_boundary(room);
    let stem = stem.get(..cut).unwrap_or_default();
    format!("{stem}-{}{extension}", hash(text))
}

fn with_hash(segment: &str, identity: &str) -> String {
    let (stem, extension) = extension(segment);
    format!("{stem}-{}{extension}", hash(identity))
}

fn hash(text: &str) -> String {
    Digest::of(text.as_bytes()).short(8)
}

/// Splits `a.tar.gz` before `.tar.gz`, and other names before their last dot.
fn extension(name: &str) -> (&str, &str) {
    let Some(last) = name.rfind('.').filter(|at| *at > 0) else {
        return (name, "");
    };
    let stem = name.get(..last).unwrap_or_default();
    let inner = ["tar", "xml", "json", "jsonl", "csv", "txt"];
    let before = stem.rfind('.').filter(|at| {
        let word = stem.get(at + 1..).unwrap_or_default();
        *at > 0 && inner.iter().any(|known| word.eq_ignore_ascii_case(known))
    });
    name.split_at(before.unwrap_or(last))
}

/// Percent-decodes; what is no UTF-8 becomes replacement characters.
pub(crate) fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let digit = |at: usize| char::from(*bytes.get(at)?).to_digit(16);
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let pair = digit(at + 1).zip(digit(at + 2)).filter(|_| byte == b'%');
        match pair.and_then(|(high, low)| u8::try_from(high * 16 + low).ok()) {
            Some(value) => {
                plain.push(value);
                at += 3;
            }
            None => {
                plain.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use url::Url;

    use super::{Names, hash, segment};

    #[test]
    fn names_of_addresses() {
        let mut names = Names::new("s");
        for (url, expected) in [
            ("https://h/a/cri.zip", "s/cri.zip"),
            ("https://h/b/cri.zip", "s/cri-#.zip"),
            ("https://h/c/CRI.ZIP", "s/CRI-#.ZIP"),
            ("https://h/x.tar.gz", "s/x.tar.gz"),
            ("https://h/y/x.tar.gz", "s/x-#.tar.gz"),
            ("https://h/v2.1/y", "s/y"),
            ("https://h/get?id=1", "s/get-#"),
            ("https://h/get?id=2", "s/get-#"),
            ("https://h/", "s/index"),
            ("https://h/%2e%2e%2fetc%2fpasswd", "s/_._etc_passwd"),
            ("https://h/d%C3%A9bats%00.xml", "s/débats_.xml"),
            ("https://h/.htaccess", "s/_htaccess"),
        ] {
            let name = names.of_url(&Url::parse(url).unwrap());
            assert_eq!(name, expected.replace('#', &hash(url)), "{url}");
        }
    }

    #[test]
    fn paths_keep_their_folders() {
        let mut names = Names::new("débats");
        assert_eq!(names.of_path("2024/AN_1.taz", "a"), "débats/2024/AN_1.taz");
        assert_eq!(names.of_path("/../x", "b"), "débats/_./x");
        assert_ne!(names.of_path("../x", "c"), "débats/_./x");
    }

    proptest! {
        #[test]
        fn a_segment_is_safe_short_and_stable(text in "\\PC{0,300}") {
            let name = segment(&text);
            prop_assert!(!name.is_empty() && name.len() <= 120 && !name.starts_with('.'));
            prop_assert!(!name.contains(['/', '\\', '\0', ':']));
            prop_assert_eq!(segment(&name), name);
        }
    }
}
