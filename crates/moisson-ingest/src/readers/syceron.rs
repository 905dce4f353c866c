//! The `syceron` reader: sittings of the Assemblée nationale in Syceron XML.
//!
//! Source: open data of the Assemblée nationale; domain notes, section 5.2.

use moisson_core::{Fault, Result, Sink, reason};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{About, Member, Reader, ReaderEntry, has_extension, options};
use crate::parliament::syceron;
use crate::xml::Xml;
use crate::{encoding, record};

/// Its row in the table of readers.
pub const ENTRY: ReaderEntry = ReaderEntry {
    name: "syceron",
    version: 1,
    doc: "Sittings of the Assemblée nationale in Syceron XML, one document each, turns in reading order",
    about: About {
        source: "open data of the Assemblée nationale, https://data.assemblee-nationale.fr/static/openData/repository/LEGISLATURE/vp/syceronbrut/syseron.xml.zip (the misspelling is theirs)",
        document: "a sitting (`compteRendu`), keyed by its `uid` (`CRSANR5L17S2025O1N214`)",
        text: "the turns as printed, `M. Nom, qualité. Texte`, with the name where a turn begins, and again after a heading or a stage direction; titles of points, nested or in sequence, and stage directions are paragraphs of their own; the table of contents in `metadonnees` is left out",
        fields: &[
            (
                "title",
                "`contenu/quantiemes/journee`, with `numSeanceJour`",
            ),
            ("published_on", "day of `dateSeance`, local time of Paris"),
            ("genre", "`debate`"),
            (
                "legislature, session, numSeance, seanceRef, sessionRef, etat",
                "the elements of the same names",
            ),
            ("president", "`presidentSeance`, several joined by ` ; `"),
            ("speakers", "number of distinct speakers"),
            ("bibard", "numbers of the bills discussed"),
        ],
        defects: &[
            (
                "document order differs from `ordre_absolu_seance`",
                "sorted by the latter; `reordered` says how many paragraphs were elsewhere",
            ),
            (
                "superscripts as `[[…]]`",
                "resolved: `n[[o]]` is `n°`, `1[[er]]` is `1er`",
            ),
            (
                "stage directions without parentheses (`code_style` didascalie)",
                "put in parentheses, as printed",
            ),
        ],
    },
    extensions: &["xml"],
    build: |value| {
        options::parse::<Options>(ENTRY.name, value)?;
        Ok(Box::new(Syceron))
    },
    options_schema: options::schema::<Options>,
};

/// Options of the reader; there are none.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Options {}

struct Syceron;

impl Reader for Syceron {
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
        if xml.name(0) != "compteRendu" {
            let detail = format!("root element `{}` is no `compteRendu`", xml.name(0));
            return sink.fault(fault(reason::EXTRACT_MALFORMED_XML, detail));
        }
        let Some(read) = syceron::read(&xml) else {
            let detail = "has no `uid`".to_owned();
            return sink.fault(fault(reason::EXTRACT_MALFORMED_XML, detail));
        };
        if read.text.is_empty() {
            let detail = "has no paragraph in `contenu`".to_owned();
            return sink.fault(fault(reason::EXTRACT_EMPTY, detail));
        }
        sink.document(read.into_document(&member, whole.digest))
    }

    fn wants(&self, uri: &str) -> bool {
        has_extension(uri, ENTRY.extensions)
    }
}
