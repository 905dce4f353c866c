//! The `senat-cri` reader: days of sittings of the Sénat.
//!
//! Source: `cri.zip` of <https://data.senat.fr/>; domain notes, section 5.2.

use moisson_core::{Fault, Result, Sink, reason};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{About, Member, Reader, ReaderEntry, file_stem, has_extension, options};
use crate::parliament::{Record, senat};
use crate::xml::Xml;
use crate::{encoding, html, record};

/// Its row in the table of readers.
pub const ENTRY: ReaderEntry = ReaderEntry {
    name: "senat-cri",
    version: 1,
    doc: "Sittings of the Sénat (`cri.zip`), one document a day, well-formed or not",
    about: About {
        source: "comptes rendus intégraux of the Sénat, https://data.senat.fr/data/debats/cri.zip: XHTML with the namespace `http://senat.fr/schemas/thb/cri`",
        document: "a day of sittings (`cri/dYYYYMMDD.xml`), keyed by the name of its file (`d20190305`)",
        text: "the turns as printed, `M. Nom, qualité. Texte`: the name comes from `span.orateur_nom` of the turn, else from the attributes of `cri:intervenant`, and is said once; remarks in parentheses (`span.info_entre_parentheses`) are left out of a speech, what follows them is kept, and those that are paragraphs of their own stay; tables of contents and the signature are left out",
        fields: &[
            ("title", "made of the day"),
            (
                "published_on",
                "day in the title of the page, else in the name of the file",
            ),
            ("url", "address of the day on senat.fr"),
            ("genre", "`debate`"),
            ("speakers", "number of distinct `mat`, or `nom`"),
            ("parser", "`html` where the file was no XML"),
        ],
        defects: &[
            (
                "tags that do not match, in most files",
                "read as a browser reads HTML, elements that close themselves closed first",
            ),
            (
                "one file is misnamed",
                "the day in its title counts; `file_date` keeps that of the name",
            ),
            ("names printed and in attributes", "said once, as printed"),
        ],
    },
    extensions: &["xml"],
    build: |value| {
        Ok(Box::new(SenatCri {
            options: options::parse(ENTRY.name, value)?,
        }))
    },
    options_schema: options::schema::<Options>,
};

/// Options of the reader.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Options {
    /// Keeps remarks in parentheses inside of speeches: `(Applaudissements.)`.
    asides: bool,
}

struct SenatCri {
    options: Options,
}

impl Reader for SenatCri {
    fn read(&self, mut member: Member<'_>, sink: &mut dyn Sink) -> Result<()> {
        let Some(whole) = record::whole(&mut member, sink)? else {
            return Ok(());
        };
        let decoded = encoding::decode(&whole.bytes, encoding::declared(&whole.bytes));
        let stem = file_stem(member.uri);
        let fault = |reason, detail: String| Fault::new(reason, member.uri, detail);
        let Some(read) = self.parse(&decoded.text, stem, member.limits.depth_max) else {
            let detail = "neither XML nor a page that nests within the limit".to_owned();
            return sink.fault(fault(reason::EXTRACT_MALFORMED_XML, detail));
        };
        if read.text.is_empty() {
            let detail = "no text outside of tables of contents".to_owned();
            return sink.fault(fault(reason::EXTRACT_EMPTY, detail));
        }
        sink.document(read.into_document(&member, whole.digest))
    }

    fn wants(&self, uri: &str) -> bool {
        has_extension(uri, ENTRY.extensions)
    }
}

impl SenatCri {
    /// Reads a day as XML, else as a browser would; `None` if it is neither.
    fn parse(&self, text: &str, stem: &str, depth_max: u32) -> Option<Record> {
        let asides = self.options.asides;
        if let Ok(xml) = Xml::parse(text, depth_max) {
            return Some(senat::read(&xml, xml.end(0), stem, asides));
        }
        // A file that was cut short, or that declares entities, is none of the Sénat's.
        if !text.contains("</") || text.contains("<!ENTITY") {
            return None;
        }
        let html = senat::for_html(text);
        let mut read = html::with_tree(&html, depth_max, |flat| {
            senat::read(flat, flat.size(), stem, asides)
        })?;
        read.put("parser", Some("html".to_owned()));
        Some(read)
    }
}
