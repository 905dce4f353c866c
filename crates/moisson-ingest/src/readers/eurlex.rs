//! The `eurlex` reader: pages of EUR-Lex and CELLAR (XHTML of the Publications Office; domain notes, section 5.6).

use moisson_core::{Document, Fault, Key, Result, Sink, reason};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{About, Member, Reader, ReaderEntry, has_extension, options};
use crate::eu::{Footnotes, Id, celex, xhtml};
use crate::{encoding, record};

/// Its row in the table of readers.
pub const ENTRY: ReaderEntry = ReaderEntry {
    name: "eurlex",
    version: 1,
    doc: "EUR-Lex and CELLAR pages: the Official Journal, consolidated texts and case law in XHTML and HTML",
    about: About {
        source: "XHTML manifestations of CELLAR, http://publications.europa.eu/resource/celex/, and pages of https://eur-lex.europa.eu/",
        document: "a page, keyed by its CELEX number: that in the head of a consolidated text, of its canonical address, its metadata or its path; else by its path",
        text: "titles, recitals, articles and annexes; numbered points, laid out as tables or grids, are lines with their number, tables of data are lines with ` | `. Running heads, menus, lists of amendments, their marks (`►M1`, `▼B`) and calls of footnotes are left out; footnotes come at the end. A page without the classes of EUR-Lex is read as reader `html` reads it",
        fields: &[
            ("title", "`oj-doc-ti`, `doc-ti`, `title-doc-first`, joined"),
            (
                "url",
                "the ELI the page names, else the page of the CELEX number on EUR-Lex",
            ),
            ("published_on", "`hd-date`"),
            ("language_declared", "`hd-lg`, `html@lang`"),
            ("genre", "`decision` in sector 6, else `law`"),
            (
                "version_of, version_from",
                "of consolidated texts: the CELEX of the act and the day in their own",
            ),
            ("celex", "the number"),
        ],
        defects: &[
            ("the title of a consolidated text stands twice", "once"),
            (
                "tables that lay out points beside tables of data",
                "told apart by their first column",
            ),
            (
                "pages of before 2004 without classes",
                "the main text by density, as reader `html`",
            ),
        ],
    },
    extensions: &["html", "xhtml", "htm"],
    build: |value| {
        Ok(Box::new(EurLex {
            options: options::parse(ENTRY.name, value)?,
        }))
    },
    options_schema: options::schema::<Options>,
};

/// Options of the reader.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Options {
    /// What names a document: `celex` or `path`. Default `celex`.
    id: Id,
    /// What becomes of footnotes: `drop` or `end` (paragraphs at the end of the text). Default `end`.
    notes: Footnotes,
}

struct EurLex {
    options: Options,
}

impl Reader for EurLex {
    fn read(&self, mut member: Member<'_>, sink: &mut dyn Sink) -> Result<()> {
        let Some(whole) = record::whole(&mut member, sink)? else {
            return Ok(());
        };
        let fault = |reason, detail: String| Fault::new(reason, member.uri, detail);
        let decoded = encoding::decode(&whole.bytes, encoding::declared(&whole.bytes));
        let depth_max = member.limits.depth_max;
        let Some(page) = xhtml::read(&decoded.text, member.uri, self.options.notes, depth_max)
        else {
            let detail = format!("nests deeper than {depth_max} or has too many tags");
            return sink.fault(fault(reason::EXTRACT_MALFORMED_HTML, detail));
        };
        if page.text.is_empty() {
            return sink.fault(fault(
                reason::EXTRACT_EMPTY,
                "no text outside of menus".to_owned(),
            ));
        }
        let key = match &page.celex {
            Some(celex) if self.options.id == Id::Celex => Key::Declared(celex.clone()),
            _ => Key::Path(member.uri.to_owned()),
        };
        let document = Document::new(key, page.text, member.uri.to_owned(), whole.digest);
        let number = page.celex.as_deref();
        let language = page.language.as_deref().unwrap_or("fr");
        let is_case = number.is_some_and(celex::is_case);
        let mut document = Document {
            title: page.title,
            url: page
                .eli
                .or_else(|| number.map(|number| celex::url(number, language))),
            published_on: page.published_on,
            genre: Some(if is_case { "decision" } else { "law" }.to_owned()),
            version_of: number.and_then(celex::base),
            version_from: number.and_then(celex::consolidated_on),
            sequence: member.sequence,
            raw_modified: member.modified,
            ..document
        };
        document.language_declared = page.language;
        if let Some(number) = page.celex {
            document
                .metadata
                .insert("celex".to_owned(), Value::from(number));
        }
        sink.document(document)
    }

    fn wants(&self, uri: &str) -> bool {
        has_extension(uri, ENTRY.extensions)
    }
}
