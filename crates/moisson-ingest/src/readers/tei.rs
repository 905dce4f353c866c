//! The `tei` reader: editions, debates, papers and notices in TEI (P5 Guidelines; domain notes, sections 5.4 and 5.5).

use moisson_core::{Document, Fault, Key, Result, Sink, reason};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{About, Member, Reader, ReaderEntry, has_extension, options};
use crate::tei::{self, Record, TextOptions};
use crate::xml::Xml;
use crate::{encoding, record};

/// Its row in the table of readers.
pub const ENTRY: ReaderEntry = ReaderEntry {
    name: "tei",
    version: 1,
    doc: "TEI P5 and P4: novels, plays, debates, letters, papers read by GROBID, notices of HAL",
    about: About {
        source: "TEI P5 Guidelines, https://tei-c.org/release/doc/tei-p5-doc/en/html/; GROBID, https://grobid.readthedocs.io/; HAL's `xml-tei`, https://api.archives-ouvertes.fr/docs/",
        document: "a `TEI` (or `TEI.2`), of which a `teiCorpus` holds several, keyed by its `xml:id`, else by the `idno` of its publication, else by its path; in HAL's lists a `biblFull`, keyed by HAL id and version (`hal-01234567v2`)",
        text: "`text` without title page, running heads, deleted words and calls of notes; prefaces are kept, back matter is not; names of speakers have a line of their own before the speech, verse keeps its lines, rows of tables are lines; notes come at the end. Of a paper the abstract comes first, or title and abstract are all; of a notice titles and abstracts by language. Without `text` the lines of `sourceDoc`; without any the description of the source",
        fields: &[
            (
                "title",
                "`titleStmt/title`, main and sub; of a paper `analytic/title`, `titlePart`",
            ),
            (
                "url",
                "`idno` that is an address, a DOI or an ark; of HAL `halUri`",
            ),
            (
                "published_on",
                "day of the electronic edition (`publicationStmt/date`, `edition/date`); failing that of creation (sittings, letters) or of print (papers). Of HAL the day of print, else `whenProduced`",
            ),
            (
                "modified_on",
                "the latest `revisionDesc/change@when`; of HAL `whenModified`",
            ),
            (
                "work_date",
                "year or day of the work: first edition, else creation, else the source",
            ),
            (
                "language_declared",
                "`text@xml:lang`, `TEI@xml:lang`, the `language` most used, the header's",
            ),
            (
                "licence_declared",
                "all of `availability`: `licence@target` and its words, else its paragraphs; of HAL that of the deposit and never the CC0 of the notice",
            ),
            ("producer", "`publisher`, `authority` or `distributor`"),
            (
                "genre",
                "`textClass` where it names one plainly; papers and notices are `research`",
            ),
            (
                "version_of, version_from",
                "of HAL: the id without version, `whenSubmitted`",
            ),
            (
                "authors, keywords, idno, availability, edition, source, sender, addressee, corpus",
                "the header",
            ),
            (
                "file, doi, journal, type, domains",
                "of HAL: `ref[@type=\"file\"]`, `idno`, `monogr/title`, `classCode`",
            ),
        ],
        defects: &[
            (
                "`break=\"no\"` on the line before the one it belongs to",
                "seen by the full stops and commas before it, and set right",
            ),
            (
                "hyphens left at line ends",
                "taken away where a small letter follows that is no enclitic (`dit-il`), if the file marks no breaks",
            ),
            (
                "initials apart from their word (`P` `AR Grace`)",
                "joined where a line end and a capital follow",
            ),
            (
                "words told apart without white space (`w`, `pc`)",
                "set apart, or joined as `join` says",
            ),
            (
                "speech that begins with the full stop after the speaker's name",
                "put on the line of the name",
            ),
            (
                "licences of HAL without version",
                "kept as they stand; the licence step knows them",
            ),
            (
                "files with nothing but an affiliation",
                "give the description of their source",
            ),
            (
                "document types that declare entities",
                "`extract/malformed-xml`",
            ),
        ],
    },
    extensions: &["xml", "tei"],
    build: |value| {
        Ok(Box::new(Tei {
            options: options::parse(ENTRY.name, value)?,
        }))
    },
    options_schema: options::schema::<Options>,
};

/// Options of the reader.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Options {
    /// What names a document: `declared` (see above) or `path`. Default `declared`.
    id: Id,
    #[serde(flatten)]
    text: TextOptions,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Id {
    /// The identifier it declares, else its path.
    #[default]
    Declared,
    /// The path of its file.
    Path,
}

struct Tei {
    options: Options,
}

impl Reader for Tei {
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
        let Some(records) = tei::read(&xml, &self.options.text) else {
            let detail = format!("root element `{}` is not of TEI", xml.name(0));
            return sink.fault(fault(reason::EXTRACT_MALFORMED_XML, detail));
        };
        if records.is_empty() {
            let detail = "a corpus without documents".to_owned();
            return sink.fault(fault(reason::EXTRACT_EMPTY, detail));
        }
        let of_many = records.len() > 1;
        for (index, record) in records.into_iter().enumerate() {
            if record.text.is_empty() {
                let name = record
                    .key
                    .unwrap_or_else(|| format!("document {}", index + 1));
                let detail = format!("{name} has neither text nor abstract");
                sink.fault(fault(reason::EXTRACT_EMPTY, detail))?;
                continue;
            }
            let key = match record.key.clone() {
                Some(key) if self.options.id == Id::Declared => Key::Declared(key),
                _ if of_many => Key::Declared(format!("{}#{}", member.uri, index + 1)),
                _ => Key::Path(member.uri.to_owned()),
            };
            let document = Document::new(key, String::new(), member.uri.to_owned(), whole.digest);
            sink.document(Document {
                sequence: member.sequence,
                raw_modified: member.modified,
                ..filled(document, record)
            })?;
        }
        Ok(())
    }

    fn wants(&self, uri: &str) -> bool {
        has_extension(uri, ENTRY.extensions)
    }
}

fn filled(document: Document, record: Record) -> Document {
    Document {
        text: record.text,
        title: record.title,
        url: record.url,
        published_on: record.published_on,
        modified_on: record.modified_on,
        genre: record.genre.map(str::to_owned),
        language_declared: record.language,
        licence_declared: record.licence,
        producer: record.producer,
        version_of: record.version_of,
        version_from: record.version_from,
        metadata: record.metadata,
        ..document
    }
}
