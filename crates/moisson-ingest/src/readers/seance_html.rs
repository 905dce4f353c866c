//! The `an-seance` reader: sittings of the Assemblée nationale as its site shows them.
//!
//! Source: the HTML pages of the comptes rendus intégraux; domain notes, section 5.2.

use moisson_core::{Fault, Result, Sink, reason};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{About, Member, Reader, ReaderEntry, has_extension, options};
use crate::parliament::seance::Pages;
use crate::{encoding, record};

/// Its row in the table of readers.
pub const ENTRY: ReaderEntry = ReaderEntry {
    name: "an-seance",
    version: 1,
    doc: "Sittings of the Assemblée nationale as HTML pages of its site, one document each",
    about: About {
        source: "comptes rendus intégraux on https://www.assemblee-nationale.fr/ (`/14/cri/2012-2013/20130118.asp`), before Syceron XML",
        document: "a sitting, keyed by legislature and number (`14/20130118`), else by its path",
        text: "what stands in `#englobe`, in order: presidencies, titles and turns as printed (`M. Nom. Texte`), remarks in parentheses where they stand; tables of contents, numbers of points, links and the signature are left out; pages of other years are read as the `html` reader reads them",
        fields: &[
            (
                "title",
                "`meta QUANTIEME_SEANCE`, else `h1.seance`, else `title`",
            ),
            ("published_on", "the day in the title"),
            (
                "url",
                "made of the folder in the path on top and the number",
            ),
            ("genre", "`debate`"),
            (
                "legislature, number, type",
                "`meta LEGISLATURE_ID`, `NUMERO_DOCUMENT`, `TYPE_DOCUMENT`",
            ),
            (
                "deputies",
                "number of deputies in `meta TXT_DEPUTES_INTERVENANTS`",
            ),
        ],
        defects: &[
            (
                "windows-1252 declared as ISO-8859-1",
                "read as windows-1252, as browsers do",
            ),
            ("tags that do not match", "read as a browser reads them"),
        ],
    },
    extensions: &["asp", "html", "htm"],
    build: |value| {
        options::parse::<Options>(ENTRY.name, value)?;
        Ok(Box::new(Sittings {
            pages: Pages::new()?,
        }))
    },
    options_schema: options::schema::<Options>,
};

/// Options of the reader; there are none.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Options {}

struct Sittings {
    pages: Pages,
}

impl Reader for Sittings {
    fn read(&self, mut member: Member<'_>, sink: &mut dyn Sink) -> Result<()> {
        let Some(whole) = record::whole(&mut member, sink)? else {
            return Ok(());
        };
        let fault = |reason, detail: String| Fault::new(reason, member.uri, detail);
        let decoded = encoding::decode(&whole.bytes, encoding::declared(&whole.bytes));
        let depth_max = member.limits.depth_max;
        let Some(read) = self.pages.read(&decoded.text, depth_max) else {
            let detail = format!("nests deeper than {depth_max} or has too many tags");
            return sink.fault(fault(reason::EXTRACT_MALFORMED_HTML, detail));
        };
        if read.text.is_empty() {
            let detail = "no text outside of menus".to_owned();
            return sink.fault(fault(reason::EXTRACT_EMPTY, detail));
        }
        sink.document(read.into_document(&member, whole.digest))
    }

    fn wants(&self, uri: &str) -> bool {
        has_extension(uri, ENTRY.extensions)
    }
}
