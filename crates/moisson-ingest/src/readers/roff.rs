//! The `roff` reader: manual pages, man(7) and mdoc(7); domain notes, section 5.

use moisson_core::{Document, Fault, Key, Result, Sink, reason};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{About, Member, Reader, ReaderEntry, options};
use crate::roff::{self, Page};
use crate::{encoding, record};

/// Its row in the table of readers.
pub const ENTRY: ReaderEntry = ReaderEntry {
    name: "roff",
    version: 1,
    doc: "manual pages (man and mdoc macros), a page being a document",
    about: About {
        source: "groff_man(7), mdoc(7), groff(7), groff_char(7), tbl(1)",
        document: "a page, keyed by its path; with `key = \"name\"` by its name and section, `ls(1)`",
        text: "headings, paragraphs, items with their tags on a line before, examples with their lines, rows of tables with cells parted by ` | `; fonts and motions go, named characters and strings of the page become text; parts that are not translated stay. Left out: comments, equations, definitions of macros (calls of them are read)",
        fields: &[
            ("title", "name and section of `.TH` or `.Dt`, `ls(1)`"),
            ("modified_on", "the date of `.TH` or `.Dd`"),
            ("language_declared", "the folder in `…/man/fr/man1/…`"),
            (
                "licence_declared",
                "comments: `SPDX-License-Identifier`, `%%%LICENSE_START(…)`, else the paragraph that speaks of a licence",
            ),
            ("section, source, manual", "`.TH`"),
        ],
        defects: &[
            (
                "a page that only sends to another (`.so man1/x.1`)",
                "no text, by design",
            ),
            (
                "a file that is no manual page (a library `x.so.1`, a log `x.1`)",
                "`extract/malformed-roff`",
            ),
            (
                "encodings",
                "UTF-8 if valid, else the one of `-*- coding: … -*-`, else detected",
            ),
            (
                "macros and strings that call each other",
                "expanded within a budget",
            ),
        ],
    },
    extensions: &["1", "2", "3", "4", "5", "6", "7", "8", "9"],
    build: |value| {
        Ok(Box::new(Manuals {
            options: options::parse(ENTRY.name, value)?,
        }))
    },
    options_schema: options::schema::<Options>,
};

/// Options of the reader.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Options {
    /// What names a page: `path` or `name`.
    key: PageKey,
}

/// What names a page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum PageKey {
    /// Its path.
    #[default]
    Path,
    /// Its name and section.
    Name,
}

struct Manuals {
    options: Options,
}

impl Reader for Manuals {
    fn read(&self, mut member: Member<'_>, sink: &mut dyn Sink) -> Result<()> {
        let Some(whole) = record::whole(&mut member, sink)? else {
            return Ok(());
        };
        let fault = |reason, detail: &str| Fault::new(reason, member.uri, detail);
        if memchr::memchr(0, &whole.bytes).is_some() {
            return sink.fault(fault(reason::EXTRACT_MALFORMED_ROFF, "holds zero bytes"));
        }
        let text = encoding::decode(&whole.bytes, roff::coding(&whole.bytes)).text;
        let page = roff::read(&text);
        if page.redirect.is_some() {
            // Without text by design: the page it sends to is a file of its own.
            return Ok(());
        }
        if !page.is_manual {
            return sink.fault(fault(
                reason::EXTRACT_MALFORMED_ROFF,
                "has no heading or title of a manual page",
            ));
        }
        if page.text.is_empty() {
            return sink.fault(fault(reason::EXTRACT_EMPTY, "has headings and no text"));
        }
        let title = format!("{}({})", page.name, page.section);
        let key = match self.options.key {
            PageKey::Name if !page.name.is_empty() => Key::Declared(title.clone()),
            _ => Key::Path(member.uri.to_owned()),
        };
        let mut document = member.document(key, String::new(), whole.digest);
        document.title = (!page.name.is_empty()).then_some(title);
        document.language_declared = roff::language_of_path(member.uri).map(str::to_owned);
        document.licence_declared = roff::licence(&text);
        fill(&mut document, page);
        sink.document(document)
    }

    /// Names end as sections are named: `.1`, `.3pm`, `.1ssl`. Libraries do as well (`libc.so.6`), and there is a page
    /// `man8/ld.so.8`.
    fn wants(&self, uri: &str) -> bool {
        let Some((name, section)) = uri.rsplit_once('.') else {
            return false;
        };
        let mut letters = section.bytes();
        letters
            .next()
            .is_some_and(|byte| (b'1'..=b'9').contains(&byte))
            && letters.len() <= 8
            && letters.all(|byte| byte.is_ascii_lowercase())
            && (!format!("{name}.").contains(".so.") || lies_in_manual(uri))
    }
}

/// True for a file of a folder `man1`, `man3`, ….
fn lies_in_manual(uri: &str) -> bool {
    let mut parts = uri.rsplit(['/', '!']);
    let folder = parts.nth(1).unwrap_or_default();
    folder
        .strip_prefix("man")
        .is_some_and(|section| section.starts_with(|c: char| c.is_ascii_digit()))
}

fn fill(document: &mut Document, page: Page) {
    document.text = page.text;
    document.genre = Some("documentation".to_owned());
    document.modified_on = page.date;
    let section = Some(page.section).filter(|section| !section.is_empty());
    for (name, value) in [
        ("section", section),
        ("source", page.source),
        ("manual", page.manual),
    ] {
        if let Some(value) = value {
            document.metadata.insert(name.to_owned(), value.into());
        }
    }
}
