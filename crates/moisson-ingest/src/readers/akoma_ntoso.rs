//! The `akoma-ntoso` reader: bills, acts, debates and judgments in `LegalDocML`.
//!
//! Source: OASIS, Akoma Ntoso 3.0; domain notes, section 5.2.

use moisson_core::{Fault, Result, Sink, reason};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{About, Member, Reader, ReaderEntry, has_extension, options};
use crate::parliament::akoma;
use crate::xml::Xml;
use crate::{encoding, record};

/// Its row in the table of readers.
pub const ENTRY: ReaderEntry = ReaderEntry {
    name: "akoma-ntoso",
    version: 1,
    doc: "Akoma Ntoso (LegalDocML): bills, acts, debates, judgments and amendments, one document each",
    about: About {
        source: "OASIS LegalDocML, Akoma Ntoso 3.0 and earlier, https://docs.oasis-open.org/legaldocml/akn-core/v1.0/",
        document: "an `akomaNtoso`, keyed by `FRBRExpression/FRBRthis`, else by `FRBRWork/FRBRthis`, else by its path",
        text: "preface, preamble, body and conclusions in order: `Article 3 — Titre` on a line of its own, numbers of paragraphs and points in the line they number, table rows with ` | `, speeches as `M. Nom. Texte`; remarks and attachments are kept, tables of contents and deletions (`del`) left out; notes come at the end after their mark",
        fields: &[
            (
                "title",
                "`docTitle`, `shortTitle` or `longTitle` of the preface, else `FRBRalias`",
            ),
            (
                "published_on",
                "`publication`, else `FRBRdate` of the work, else of the expression",
            ),
            (
                "modified_on",
                "`FRBRdate` of the expression, if it is later",
            ),
            ("version_of", "`FRBRWork/FRBRthis`"),
            ("language_declared", "`FRBRlanguage`"),
            ("producer", "`FRBRauthor`, as the references show it"),
            (
                "genre",
                "`law` for bills, acts and amendments; `debate`; `decision` for judgments",
            ),
            (
                "type, name, country, number, subtype, alias",
                "the document element, and the FRBR elements of the work",
            ),
            ("notes, speeches", "how many there are"),
        ],
        defects: &[(
            "several namespaces in use",
            "elements are matched by their local names",
        )],
    },
    extensions: &["xml", "akn"],
    build: |value| {
        Ok(Box::new(AkomaNtoso {
            options: options::parse(ENTRY.name, value)?,
        }))
    },
    options_schema: options::schema::<Options>,
};

/// Options of the reader.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Options {
    /// What is done with the notes of the authors.
    notes: Notes,
}

/// What is done with notes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Notes {
    /// They come after the text.
    #[default]
    End,
    /// They are left out.
    Drop,
}

struct AkomaNtoso {
    options: Options,
}

impl Reader for AkomaNtoso {
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
        if !xml.name(0).eq_ignore_ascii_case("akomaNtoso") {
            let detail = format!("root element `{}` is no `akomaNtoso`", xml.name(0));
            return sink.fault(fault(reason::EXTRACT_MALFORMED_XML, detail));
        }
        let read = akoma::read(&xml, self.options.notes == Notes::End);
        match read.filter(|read| !read.text.is_empty()) {
            Some(read) => sink.document(read.into_document(&member, whole.digest)),
            None => {
                let detail = "no text outside of `meta`".to_owned();
                sink.fault(fault(reason::EXTRACT_EMPTY, detail))
            }
        }
    }

    fn wants(&self, uri: &str) -> bool {
        has_extension(uri, ENTRY.extensions)
    }
}
