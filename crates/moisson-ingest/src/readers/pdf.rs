//! The `pdf` reader: text of PDF files that have a text layer, by ISO 32000-1; domain notes, section 5.

use moisson_core::{Document, Fault, Key, Result, Sink, reason};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{About, Member, Reader, ReaderEntry, has_extension, options};
use crate::pdf::{self, Extract};
use crate::record;

/// Its row in the table of readers.
pub const ENTRY: ReaderEntry = ReaderEntry {
    name: "pdf",
    version: 2,
    doc: "PDF files with a text layer: columns in reading order, paragraphs, without running heads and folios",
    about: About {
        source: "ISO 32000-1 (PDF 1.7), https://opensource.adobe.com/dc-acrobat-sdk-docs/pdfstandards/PDF32000_2008.pdf, and XMP",
        document: "a file, keyed by its path; with `unit = \"page\"` a page with text, keyed `PATH#page=N`",
        text: "characters laid out by their place: words by gaps, lines by baselines, columns by the gutters between prose, paragraphs by indentation and spacing; invisible text (an OCR layer) counts. Left out: running heads, feet and folios, dot leaders and page numbers of tables of contents, raised numbers that call a note, slanted text (watermarks), text on its side unless it is a quarter of the page, annotations and forms to fill in, hidden layers",
        fields: &[
            ("title", "`Title` of the document information"),
            (
                "published_on, modified_on",
                "`CreationDate`, `ModDate` (days)",
            ),
            ("language_declared", "`Lang` of the catalog"),
            (
                "licence_declared",
                "XMP `xmpRights:WebStatement`, `cc:license`, `dc:rights`",
            ),
            ("optout", "XMP `tdm:reservation`, `tdm:policy`"),
            ("pages, pages_without_text", "counted"),
            ("page", "number of the page from 1, with `unit = \"page\"`"),
            ("subject, keywords", "the document information"),
            ("is_cut", "true where the mark of the end is missing"),
            (
                "unmapped_glyphs",
                "glyphs whose font does not say which character they are; they are missing from the text",
            ),
        ],
        defects: &[
            ("pictures of pages without text", "`extract/no-text-layer`"),
            (
                "encrypted with a password, broken beyond repair",
                "`extract/malformed-pdf`; a broken cross-reference table is rebuilt",
            ),
            (
                "cut short",
                "what can be read is; `extract/truncated` where that is nothing",
            ),
            (
                "streams that inflate beyond bounds, forms that draw each other, endless strings",
                "`extract/expansion` or `extract/too-large`, before memory or time are spent",
            ),
            (
                "hyphens at line ends",
                "undone before a small letter, unless the word stands with its hyphen elsewhere in the file or ends as *dit-il*",
            ),
            (
                "letters drawn twice for bold, ligatures, symbol bullets",
                "once, letters apart, `•`",
            ),
        ],
    },
    extensions: EXTENSIONS,
    build: |value| {
        Ok(Box::new(PdfFiles {
            options: options::parse(ENTRY.name, value)?,
        }))
    },
    options_schema: options::schema::<Options>,
};

const EXTENSIONS: &[&str] = &["pdf"];

/// Options of the reader.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Options {
    /// What a document is: `file` or `page`.
    unit: Unit,
}

/// What a document is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema, serde::Serialize)]
#[serde(rename_all = "lowercase")]
enum Unit {
    /// The whole file.
    #[default]
    File,
    /// Each page that has text.
    Page,
}

struct PdfFiles {
    options: Options,
}

impl Reader for PdfFiles {
    fn read(&self, mut member: Member<'_>, sink: &mut dyn Sink) -> Result<()> {
        let Some(whole) = record::whole(&mut member, sink)? else {
            return Ok(());
        };
        let fault = |reason, detail| Fault {
            reason,
            raw_uri: member.uri.to_owned(),
            detail,
            ..Fault::default()
        };
        let by_page = self.options.unit == Unit::Page;
        let extract = match pdf::extract(whole.bytes, by_page, member.limits) {
            Ok(extract) => extract,
            Err((reason, detail)) => return sink.fault(fault(reason, detail)),
        };
        if extract.texts.iter().all(String::is_empty) {
            let detail = match extract.unmapped_glyphs {
                0 => format!("{} pages", extract.pages),
                count => {
                    format!("{count} glyphs of fonts that do not say which characters they are")
                }
            };
            let reason = if extract.is_cut {
                reason::EXTRACT_TRUNCATED
            } else {
                reason::EXTRACT_NO_TEXT_LAYER
            };
            return sink.fault(fault(reason, Some(detail)));
        }
        let mut texts = Vec::new();
        texts.extend(
            extract
                .texts
                .iter()
                .enumerate()
                .filter(|(_, text)| !text.is_empty()),
        );
        for (index, text) in texts {
            let key = if by_page {
                Key::Declared(format!("{}#page={}", member.uri, index + 1))
            } else {
                Key::Path(member.uri.to_owned())
            };
            let mut document = member.document(key, text.clone(), whole.digest);
            fill(&mut document, &extract);
            if by_page {
                let number = Value::from(index + 1);
                document.metadata.insert("page".to_owned(), number);
            }
            sink.document(document)?;
        }
        Ok(())
    }

    fn wants(&self, uri: &str) -> bool {
        has_extension(uri, EXTENSIONS)
    }
}

fn fill(document: &mut Document, extract: &Extract) {
    let info = &extract.info;
    document.title.clone_from(&info.title);
    document.published_on = info.created;
    document.modified_on = info.modified;
    document.language_declared.clone_from(&info.language);
    document.licence_declared.clone_from(&info.licence);
    record::note_optout(document, &info.optout);
    let mut note = |name: &str, value: Value| document.metadata.insert(name.to_owned(), value);
    note("pages", extract.pages.into());
    if extract.pages_without_text > 0 {
        note("pages_without_text", extract.pages_without_text.into());
    }
    if extract.is_cut {
        note("is_cut", true.into());
    }
    if extract.unmapped_glyphs > 0 {
        note("unmapped_glyphs", extract.unmapped_glyphs.into());
    }
    for (name, value) in [("subject", &info.subject), ("keywords", &info.keywords)] {
        if let Some(value) = value {
            note(name, value.as_str().into());
        }
    }
}
