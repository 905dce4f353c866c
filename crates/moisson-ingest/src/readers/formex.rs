//! The `formex` reader: acts, consolidated texts and decisions of the European Union in Formex 4 (schema of the
//! Publications Office; domain notes, section 5.6).

use moisson_core::{Document, Fault, Key, Result, Sink, reason};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{About, Member, Reader, ReaderEntry, has_extension, options};
use crate::eu::formex::{self, Root};
use crate::eu::{Footnotes, Id, names};
use crate::xml::Xml;
use crate::{encoding, record};

/// Its row in the table of readers.
pub const ENTRY: ReaderEntry = ReaderEntry {
    name: "formex",
    version: 1,
    doc: "Formex 4 of the EU Publications Office: acts, annexes, consolidated texts, judgments",
    about: About {
        source: "Formex 4, https://op.europa.eu/en/web/eu-vocabularies/formex; packages of CELLAR, http://publications.europa.eu/resource/celex/",
        document: "one XML file: an act, an annex, a consolidated text, a decision. Its key is the CELEX number it declares (`NO.CELEX`; of a consolidated text number and day), else the one in its path (with the name of the file behind it for annexes in a package), else the name of the file",
        text: "titles, visas, recitals, articles, points with their numbers on the same line, tables, signatures; of decisions key words, parties, grounds and ruling. Dashes of lists and quotation marks are written out. Descriptions, running heads, tables of contents and pictures are left out; footnotes come at the end",
        fields: &[
            ("title", "`TITLE`, on one line"),
            (
                "url",
                "`NO.ELI`, else the page of the CELEX number on EUR-Lex",
            ),
            (
                "published_on",
                "day of the journal (`BIB.*/DATE@ISO`), else the day in the title",
            ),
            (
                "language_declared",
                "`LG.DOC`, else the language in the name of the file",
            ),
            (
                "genre",
                "`law`; `decision` for judgments, orders and opinions",
            ),
            (
                "version_of, version_from, version_to",
                "of consolidated texts: the CELEX of the act, `START.DATE`, `END.DATE`",
            ),
            ("celex, ecli, cases, author, number, journal", "`BIB.*`"),
            ("document_date", "the day in the title"),
            ("form", "name of the root element"),
        ],
        defects: &[
            (
                "packages describe themselves in `*.doc.xml`",
                "no document and no fault",
            ),
            (
                "processing instructions for pages inside of words",
                "left out without a trace",
            ),
            (
                "numbers without their thousands set apart (`FT`)",
                "written with no-break spaces, as printed",
            ),
            (
                "one CELEX number in several languages",
                "one key: read one language a source, or name documents by `path`",
            ),
        ],
    },
    extensions: &["xml", "fmx4"],
    build: |value| {
        Ok(Box::new(Formex {
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

struct Formex {
    options: Options,
}

impl Reader for Formex {
    fn read(&self, mut member: Member<'_>, sink: &mut dyn Sink) -> Result<()> {
        let Some(whole) = record::whole(&mut member, sink)? else {
            return Ok(());
        };
        let fault = |reason, detail: String| Fault::new(reason, member.uri, detail);
        let decoded = encoding::decode(&whole.bytes, encoding::declared(&whole.bytes));
        let xml = match Xml::parse(&decoded.text, member.limits.depth_max) {
            Ok(xml) => xml,
            Err(detail) => return sink.fault(fault(reason::EXTRACT_MALFORMED_XML, detail)),
        };
        let genre = match formex::root(&xml) {
            Some(Root::Package) => return Ok(()),
            Some(Root::Law) => "law",
            Some(Root::Decision) => "decision",
            None => {
                let detail = format!("root element `{}` is not of Formex", xml.name(0));
                return sink.fault(fault(reason::EXTRACT_MALFORMED_XML, detail));
            }
        };
        let text = formex::text(&xml, self.options.notes);
        if text.is_empty() {
            return sink.fault(fault(reason::EXTRACT_EMPTY, "has no text".to_owned()));
        }
        let names = names::read(&xml, member.uri);
        let key = match self.options.id {
            Id::Celex => Key::Declared(names.key),
            Id::Path => Key::Path(member.uri.to_owned()),
        };
        let document = Document::new(key, text, member.uri.to_owned(), whole.digest);
        sink.document(Document {
            title: formex::title(&xml),
            url: names.url,
            published_on: names.published_on,
            genre: Some(genre.to_owned()),
            language_declared: names.language,
            version_of: names.version_of,
            version_from: names.version_from,
            version_to: names.version_to,
            sequence: member.sequence,
            raw_modified: member.modified,
            metadata: names.metadata,
            ..document
        })
    }

    fn wants(&self, uri: &str) -> bool {
        has_extension(uri, ENTRY.extensions)
    }
}
