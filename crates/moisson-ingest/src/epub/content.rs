//! A document of the spine to text.

use std::sync::LazyLock;

use crate::encoding;
use crate::html::{PageOptions, page};

/// Not part of the text: navigation, numbers of printed pages, calls of notes, covers.
const DROP: &[&str] = &[
    "nav",
    r"[epub\:type~=pagebreak]",
    r"[epub\:type~=noteref]",
    r"[epub\:type~=toc]",
    r"[epub\:type~=landmarks]",
    r"[epub\:type~=cover]",
    "[role=doc-pagebreak]",
    "[role=doc-noteref]",
    "[role=doc-toc]",
    "[role=doc-cover]",
    ".pagenum",
];

static BODY: LazyLock<Option<PageOptions>> = LazyLock::new(|| {
    let drop: Vec<String> = DROP.iter().map(|css| (*css).to_owned()).collect();
    PageOptions::new(Some("body"), &drop).ok()
});

/// Title and text of a document; `None` if it nests too deep to read.
pub(super) fn read(bytes: &[u8], depth_max: u32) -> Option<(Option<String>, String)> {
    let decoded = encoding::decode(bytes, encoding::declared(bytes)).text;
    let page = page(&without_empty_tags(&decoded), BODY.as_ref()?, depth_max)?;
    Some((page.title, page.text))
}

/// Elements that HTML knows to be empty; all others that XHTML closes at once would swallow what follows.
const VOID: &[&str] = &[
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
];

/// XHTML with `<title/>` written as `<title></title>`, so that it can be read as HTML.
fn without_empty_tags(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 32);
    let mut rest = text;
    while let Some(end) = memchr::memmem::find(rest.as_bytes(), b"/>") {
        let (before, after) = rest.split_at(end);
        let tag = before
            .rsplit('<')
            .next()
            .filter(|tag| tag.len() < before.len())
            .unwrap_or_default();
        let name_end = tag
            .find(|c: char| !c.is_ascii_alphanumeric() && c != ':')
            .unwrap_or(tag.len());
        let name = tag.get(..name_end).unwrap_or_default();
        let is_open_tag = name.starts_with(|c: char| c.is_ascii_alphabetic()) && !tag.contains('>');
        out.push_str(before);
        if is_open_tag && !VOID.contains(&name.to_ascii_lowercase().as_str()) && !name.contains(':')
        {
            out.push_str("></");
            out.push_str(name);
            out.push('>');
        } else {
            out.push_str("/>");
        }
        rest = after.get(2..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}
