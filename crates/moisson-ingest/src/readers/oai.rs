//! The `oai` reader: harvested pages of OAI-PMH, a notice a record.
//!
//! Follows OAI-PMH 2.0; see the domain notes, sections 5.4 and 5.9.

use moisson_core::{Date, Digest, Document, Fault, Key, Limits, Result, Sink, Tombstone, reason};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{About, Member, Reader, ReaderEntry, has_extension, options};
use crate::oai::{Record, page_sequence, repair, seconds, stamp, without_version};
use crate::split::{Elements, Step, Wanted};
use crate::xml::Xml;
use crate::{encoding, oai, record};

/// Its row in the table of readers.
pub const ENTRY: ReaderEntry = ReaderEntry {
    name: "oai",
    version: 1,
    doc: "harvested pages of OAI-PMH: the abstracts of notices, with their titles, licences and withdrawals",
    about: About {
        source: "OAI-PMH 2.0, http://www.openarchives.org/OAI/openarchivesprotocol.html; notices in Dublin Core (`oai_dc`, `qdc`, `dcterms`, EDM), MODS, and the TEI of HAL (`biblFull`)",
        document: "a record; its key is its identifier (`oai:HAL:hal-01234567v2`). A record with the status `deleted` withdraws its key",
        text: "the elements named in `text`, by default descriptions and abstracts, a paragraph each; the title is only in its column",
        fields: &[
            ("title", "`title`, in the language of the text"),
            (
                "url",
                "the first address among `identifier`, then `relation`; `idno[@type=halUri]`",
            ),
            (
                "published_on",
                "`issued`, `date`, `created`; `date[@type=datePub|whenProduced]`",
            ),
            ("modified_on, raw_modified", "`header/datestamp`"),
            (
                "sequence",
                "`YYYYMMDDhhmmss` of the name of the page (`20250713140000-000001.xml`), else `header/datestamp`",
            ),
            (
                "language_declared",
                "`xml:lang` of the text, else `language`",
            ),
            (
                "licence_declared",
                "all of `rights`, `license`, `accessCondition`, `licence@target`, verbatim",
            ),
            (
                "access",
                "statements on access (`info:eu-repo/semantics/openAccess`), which license nothing",
            ),
            ("producer", "`publisher`"),
            (
                "version_of",
                "the identifier without its version, of deposits in HAL",
            ),
            (
                "creators, subjects, types, languages, identifiers, rights_holders, datestamp, sets",
                "the elements of these names",
            ),
        ],
        defects: &[
            ("characters that XML does not allow", "taken out"),
            (
                "`&` and `<` that are not escaped, references to nothing",
                "mended, where the record is not well-formed as it stands",
            ),
            (
                "a record that is not well-formed all the same",
                "`extract/malformed-xml`, and the next is read",
            ),
            (
                "encodings other than declared",
                "UTF-8 is tried first, then what the page declares, then detected",
            ),
            (
                "a page cut short",
                "`extract/truncated`; the records before are kept",
            ),
            ("a notice without description", "`extract/empty`"),
            ("HTML or JATS in descriptions, escaped", "read as markup"),
            (
                "an answer `noRecordsMatch`",
                "a page without records; other errors are `extract/unreadable`",
            ),
        ],
    },
    extensions: &["xml"],
    build: |given| {
        Ok(Box::new(Oai {
            options: options::parse(ENTRY.name, given)?,
        }))
    },
    options_schema: options::schema::<Options>,
};

/// Options of the reader.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
struct Options {
    /// Local names of the elements that are the text.
    text: Vec<String>,
    /// Languages of the texts that are kept, as the repository writes them (`fr`); those without one stay. Empty for
    /// all.
    languages: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            text: vec!["description".to_owned(), "abstract".to_owned()],
            languages: Vec::new(),
        }
    }
}

struct Oai {
    options: Options,
}

const RECORDS: Wanted = Wanted {
    name: "record",
    root: "OAI-PMH",
    first_child: Some("header"),
};

/// Reason and detail.
type Refusal = (&'static str, String);

impl Reader for Oai {
    fn read(&self, member: Member<'_>, sink: &mut dyn Sink) -> Result<()> {
        let (uri, sequence, limits) = (member.uri, member.sequence, member.limits);
        let mut bytes = encoding::unmarked(member.bytes);
        let mut records = Elements::new(&mut *bytes, RECORDS, limits.record_bytes_max);
        loop {
            let step = match records.next() {
                Ok(step) => step,
                Err(error) => return record::failed(uri, records.offset(), &error, sink),
            };
            if step != Step::End && !sink.begin_record()? {
                continue;
            }
            let fault = |offset, reason, detail| Fault {
                reason,
                raw_uri: uri.to_owned(),
                raw_offset: Some(offset),
                detail,
                ..Fault::default()
            };
            match step {
                Step::End => break,
                Step::TooLarge(offset, bytes) => {
                    let (size, limit) = (Some(bytes.to_string()), limits.record_bytes_max);
                    sink.fault(record::too_large(uri, Some(offset), size, limit))?;
                }
                Step::Truncated(offset) => {
                    sink.fault(fault(offset, reason::EXTRACT_TRUNCATED, None))?;
                }
                Step::Unclosed(offset) => {
                    let detail = Some("the next record begins inside of this one".to_owned());
                    sink.fault(fault(offset, reason::EXTRACT_MALFORMED_XML, detail))?;
                }
                Step::Read(offset) => {
                    let declared = encoding::declared(records.head());
                    let read = self.record(records.bytes(), declared, uri, sequence, limits);
                    match read {
                        Ok(Found::Document(document)) => sink.document(*document)?,
                        Ok(Found::Withdrawal(tombstone)) => sink.tombstone(tombstone)?,
                        Err((reason, detail)) => {
                            sink.fault(fault(offset, reason, Some(detail)))?;
                        }
                    }
                }
            }
        }
        finish(&records, uri, sink)
    }

    fn wants(&self, uri: &str) -> bool {
        has_extension(uri, ENTRY.extensions)
    }

    fn sequence(&self, file_name: &str) -> i64 {
        page_sequence(file_name)
    }
}

/// Counts a page that was cut between two records, and one without records.
fn finish(records: &Elements<'_>, uri: &str, sink: &mut dyn Sink) -> Result<()> {
    let error = || error_of(&String::from_utf8_lossy(records.head()));
    let (reason, detail) = if records.is_cut() {
        let detail = "the page ends without its end tag".to_owned();
        (reason::EXTRACT_TRUNCATED, detail)
    } else if records.has_elements() {
        return Ok(());
    } else if records.head().trim_ascii().is_empty() {
        return record::empty(uri, sink);
    } else if !records.has_root() {
        let detail = "holds no `OAI-PMH` and no `record`".to_owned();
        (reason::EXTRACT_MALFORMED_XML, detail)
    } else if let Some(error) = error() {
        (reason::EXTRACT_UNREADABLE, error)
    } else {
        // An answer without records: it matched none, or was to another request.
        return sink.begin_record().map(|_| ());
    };
    if sink.begin_record()? {
        sink.fault(Fault::new(reason, uri, detail))?;
    }
    Ok(())
}

/// The error that a repository answered with, other than that no record matches.
fn error_of(page: &str) -> Option<String> {
    let (_, error) = page
        .split_once("<error")
        .or_else(|| page.split_once(":error"))?;
    let code = error.split_once("code=")?.1.trim_start_matches(['"', '\'']);
    let code: String = code
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect();
    let message = error.split_once('>').map_or("", |(_, rest)| rest);
    let message: String = message
        .chars()
        .take(200)
        .take_while(|c| *c != '<')
        .collect();
    (code != "noRecordsMatch")
        .then(|| format!("the repository answered {code}: {}", message.trim()))
}

enum Found {
    Document(Box<Document>),
    Withdrawal(Tombstone),
}

impl Oai {
    fn record(
        &self,
        bytes: &[u8],
        declared: Option<&str>,
        uri: &str,
        sequence: i64,
        limits: &Limits,
    ) -> Result<Found, Refusal> {
        let decoded = encoding::decode(bytes, declared);
        let text = repair::legal(&decoded.text);
        let depth_max = limits.depth_max;
        let parse = |text: &str| {
            let xml = Xml::parse(text, depth_max)?;
            oai::record(&xml, &self.options.text, depth_max)
        };
        let read =
            parse(&text).or_else(|detail| parse(&repair::escaped(&text)).map_err(|_| detail));
        let record = read.map_err(|detail| (reason::EXTRACT_MALFORMED_XML, detail))?;
        let datestamp = record.datestamp.as_deref().unwrap_or_default();
        let sequence = match sequence {
            0 => stamp(datestamp),
            sequence => sequence,
        };
        if record.notice.is_none() {
            return Ok(Found::Withdrawal(Tombstone {
                key: record.identifier,
                raw_uri: uri.to_owned(),
                sequence,
            }));
        }
        self.document(record, Digest::of(bytes), uri, sequence)
    }

    fn document(
        &self,
        record: Record,
        digest: Digest,
        uri: &str,
        sequence: i64,
    ) -> Result<Found, Refusal> {
        let mut notice = record.notice.unwrap_or_default();
        if notice.titles.is_empty() && notice.texts.is_empty() {
            let detail = format!("{} has neither title nor description", record.identifier);
            return Err((reason::EXTRACT_MISSING_FIELD, detail));
        }
        notice.keep_languages(&self.options.languages);
        if notice.texts.is_empty() {
            let detail = format!("{} has no description", record.identifier);
            return Err((reason::EXTRACT_EMPTY, detail));
        }
        let key = Key::Declared(record.identifier.clone());
        let mut document = Document::new(key, String::new(), uri.to_owned(), digest);
        notice.fill(&mut document);
        document.sequence = sequence;
        let datestamp = record.datestamp.unwrap_or_default();
        document.modified_on = Date::parse(&datestamp);
        document.raw_modified = seconds(&datestamp);
        document.version_of = without_version(&record.identifier).map(str::to_owned);
        if document.version_of.is_some() {
            document.genre = Some("research".to_owned());
        }
        let mut put = |name: &str, value: Value| document.metadata.insert(name.to_owned(), value);
        if !datestamp.is_empty() {
            put("datestamp", datestamp.into());
        }
        if !record.sets.is_empty() {
            put("sets", record.sets.into());
        }
        Ok(Found::Document(Box::new(document)))
    }
}
