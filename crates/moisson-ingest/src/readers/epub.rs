//! The `epub` reader: books in EPUB 2 and 3; domain notes, section 5.

use moisson_core::{Document, Fault, Key, Result, Sink, reason};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{About, Member, Reader, ReaderEntry, has_extension, options};
use crate::epub::{self, Book};
use crate::record;

/// Its row in the table of readers.
pub const ENTRY: ReaderEntry = ReaderEntry {
    name: "epub",
    version: 2,
    doc: "EPUB books, one document each or one a chapter, in the order of the spine",
    about: About {
        source: "EPUB 3.3, https://www.w3.org/TR/epub-33/, and OPF 2.0.1",
        document: "a book, keyed by its unique identifier, else its path; with `unit = \"chapter\"` a document of the spine with text, keyed `BOOK#PATH`",
        text: "the bodies of the documents of the spine, as HTML is read. Left out: navigation, cover and table of contents, what is not linear, page numbers of the print, calls of notes",
        fields: &[
            ("title", "`dc:title`; of a chapter its own"),
            ("published_on, modified_on", "`dc:date`, `dcterms:modified`"),
            ("language_declared", "`dc:language`"),
            (
                "licence_declared",
                "`dc:rights`, `dcterms:license`, links `cc:license`, joined",
            ),
            ("producer", "`dc:publisher`"),
            ("creators, subjects", "`dc:creator`, `dc:subject`"),
            ("optout", "`tdm:reservation`, `tdm:policy`"),
            ("chapters", "documents with text"),
            (
                "book, chapter",
                "title of the book and number from 1, of a chapter",
            ),
            (
                "unreadable",
                "documents of the spine that are missing or unreadable",
            ),
            ("without_package", "why the package was not followed"),
        ],
        defects: &[
            (
                "no container, or a broken package document",
                "all HTML documents are read in the order of their names, and `without_package` says so",
            ),
            (
                "references percent-encoded, with `../`, or in another case than the member",
                "resolved",
            ),
            (
                "text encrypted (DRM)",
                "`extract/malformed-archive`; obfuscated fonts are no matter",
            ),
            (
                "`<title/>` and the like, which HTML would not close",
                "closed",
            ),
            ("zip bombs", "`extract/expansion`, `extract/too-large`"),
        ],
    },
    extensions: EXTENSIONS,
    build: |value| {
        Ok(Box::new(Books {
            options: options::parse(ENTRY.name, value)?,
        }))
    },
    options_schema: options::schema::<Options>,
};

const EXTENSIONS: &[&str] = &["epub"];

/// Options of the reader.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Options {
    /// What a document is: `book` or `chapter`.
    unit: Unit,
}

/// What a document is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Unit {
    /// The whole book.
    #[default]
    Book,
    /// Each document of the spine that has text.
    Chapter,
}

struct Books {
    options: Options,
}

impl Reader for Books {
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
        let mut book = match epub::read(&whole.bytes, member.limits) {
            Ok(book) => book,
            Err((reason, detail)) => return sink.fault(fault(reason, detail)),
        };
        if book.chapters.is_empty() {
            let detail = format!(
                "no document with text, {} that cannot be read",
                book.unreadable
            );
            return sink.fault(fault(reason::EXTRACT_EMPTY, Some(detail)));
        }
        let key = match &book.metadata.identifier {
            Some(identifier) => Key::Declared(identifier.clone()),
            None => Key::Path(member.uri.to_owned()),
        };
        let mut whole_book = member.document(key, String::new(), whole.digest);
        let chapters = std::mem::take(&mut book.chapters);
        fill(&mut whole_book, &book);
        match self.options.unit {
            Unit::Book => {
                whole_book
                    .metadata
                    .insert("chapters".to_owned(), chapters.len().into());
                let texts: Vec<&str> = chapters
                    .iter()
                    .map(|chapter| chapter.text.as_str())
                    .collect();
                whole_book.text = texts.join("\n\n");
                sink.document(whole_book)
            }
            Unit::Chapter => {
                for (number, chapter) in (1_u64..).zip(chapters) {
                    let mut document = whole_book.clone();
                    document.key =
                        Key::Declared(format!("{}#{}", whole_book.key_text(), chapter.path));
                    document.text = chapter.text;
                    document.title = chapter.title;
                    document
                        .metadata
                        .insert("chapter".to_owned(), number.into());
                    if let Some(title) = &whole_book.title {
                        document
                            .metadata
                            .insert("book".to_owned(), title.as_str().into());
                    }
                    sink.document(document)?;
                }
                Ok(())
            }
        }
    }

    fn wants(&self, uri: &str) -> bool {
        has_extension(uri, EXTENSIONS)
    }

    fn opens(&self, uri: &str) -> bool {
        has_extension(uri, EXTENSIONS)
    }
}

fn fill(document: &mut Document, book: &Book) {
    let found = &book.metadata;
    document.genre = Some("book".to_owned());
    document.title.clone_from(&found.title);
    document.language_declared.clone_from(&found.language);
    document.producer.clone_from(&found.publisher);
    document.published_on = found.published;
    document.modified_on = found.modified;
    document.licence_declared = (!found.rights.is_empty()).then(|| found.rights.join(" ; "));
    record::note_optout(document, &found.optout);
    let mut note = |name: &str, value: Value| document.metadata.insert(name.to_owned(), value);
    for (name, values) in [("creators", &found.creators), ("subjects", &found.subjects)] {
        if !values.is_empty() {
            note(name, values.clone().into());
        }
    }
    if book.unreadable > 0 {
        note("unreadable", book.unreadable.into());
    }
    if let Some(reason) = &book.without_package {
        note("without_package", reason.as_str().into());
    }
}
