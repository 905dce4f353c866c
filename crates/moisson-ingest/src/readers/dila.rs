//! The `dila` reader: LEGI and JORF XML in the original archives.

use moisson_core::{Date, Document, Fault, Key, Limits, Result, Sink, Tombstone, reason};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{About, Member, Reader, ReaderEntry, options};
use crate::dila::path::{self, Kind};
use crate::dila::{Record, article, text_version};
use crate::xml::Xml;
use crate::{encoding, record};

/// Its row in the table of readers.
pub const ENTRY: ReaderEntry = ReaderEntry {
    name: "dila",
    version: 1,
    doc: "LEGI and JORF XML of the DILA, articles and texts, in the original archives and increments",
    about: About {
        source: "DTD bundle of Légifrance's open data, https://echanges.dila.gouv.fr/OPENDATA/",
        document: "a version of an article or of a text; its key is its id (`LEGIARTI…`, `LEGITEXT…`)",
        text: "`BLOC_TEXTUEL/CONTENU`, then the note; of a text its notice, visas and signatories",
        fields: &[
            (
                "version_of",
                "the smallest id of the list of versions; `CID` of a text",
            ),
            (
                "version_from, version_to, version_state",
                "`DATE_DEBUT`, `DATE_FIN`, `ETAT`",
            ),
            (
                "num, nature, nor, cid, sections, …",
                "the elements of the same names",
            ),
        ],
        defects: &[("`&amp;nbsp;` escaped twice", "decoded again")],
    },
    extensions: &["xml", "dat"],
    build: |options| {
        Ok(Box::new(Dila {
            options: options::parse(ENTRY.name, options)?,
        }))
    },
    options_schema: options::schema::<Options>,
};

/// Options of the reader.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
struct Options {
    /// Only this base.
    fond: Option<Fond>,
    /// Articles become documents.
    articles: bool,
    /// Versions of texts (title, visas, signatories) become documents.
    texts: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            fond: None,
            articles: true,
            texts: true,
        }
    }
}

/// A base of the DILA.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum Fond {
    Legi,
    Jorf,
}

struct Dila {
    options: Options,
}

impl Reader for Dila {
    fn read(&self, mut member: Member<'_>, sink: &mut dyn Sink) -> Result<()> {
        let kind = path::kind(member.uri);
        let is_wanted = match kind {
            Kind::Article => self.options.articles,
            Kind::TextVersion => self.options.texts,
            Kind::Structure => false,
            Kind::Withdrawals | Kind::Record | Kind::Other => true,
        };
        if !is_wanted {
            // A record without text by design.
            return sink.begin_record().map(|_| ());
        }
        let Some(whole) = record::whole(&mut member, sink)? else {
            return Ok(());
        };
        let declared = encoding::declared(&whole.bytes);
        let decoded = encoding::decode(&whole.bytes, declared);
        if kind == Kind::Withdrawals {
            for key in path::withdrawn(&decoded.text) {
                sink.tombstone(Tombstone {
                    key: key.to_owned(),
                    raw_uri: member.uri.to_owned(),
                    sequence: member.sequence,
                })?;
            }
            return Ok(());
        }
        match self.parse(&decoded.text, member.limits) {
            Ok(Some(record)) => {
                let mut document = Document::new(
                    Key::Declared(record.id),
                    record.text,
                    member.uri.to_owned(),
                    whole.digest,
                );
                document.title = record.title;
                document.url = Some(record.url);
                document.published_on = record.published_on;
                document.modified_on = record.modified_on.or_else(|| day_of(member.sequence));
                document.genre = Some("law".to_owned());
                document.version_of = record.version_of;
                document.version_from = record.version_from;
                document.version_to = record.version_to;
                document.version_state = record.version_state;
                document.sequence = member.sequence;
                document.metadata = record.metadata;
                sink.document(document)
            }
            Ok(None) => Ok(()),
            Err((reason, detail)) => sink.fault(Fault {
                reason,
                raw_uri: member.uri.to_owned(),
                detail,
                ..Fault::default()
            }),
        }
    }

    fn wants(&self, uri: &str) -> bool {
        let is_of_fond = match (self.options.fond, path::fond(uri)) {
            (Some(Fond::Legi), Some(fond)) => fond == "LEGI",
            (Some(Fond::Jorf), Some(fond)) => fond == "JORF",
            _ => true,
        };
        is_of_fond && path::kind(uri) != Kind::Other
    }

    fn sequence(&self, file_name: &str) -> i64 {
        path::sequence(file_name)
    }
}

type Refusal = (&'static str, Option<String>);

impl Dila {
    /// Reads one XML record; `None` where it has no text by design or is not asked for.
    fn parse(&self, text: &str, limits: &Limits) -> Result<Option<Record>, Refusal> {
        let malformed = |detail: String| (reason::EXTRACT_MALFORMED_XML, Some(detail));
        let xml = Xml::parse(text, limits.depth_max).map_err(malformed)?;
        let no_id = || malformed("has no META/META_COMMUN/ID".to_owned());
        match xml.name(0) {
            "ARTICLE" if self.options.articles => {
                let record = article::read(&xml, limits.depth_max).ok_or_else(no_id)?;
                if record.text.is_empty() {
                    return Err((
                        reason::EXTRACT_EMPTY,
                        Some(format!("{} has no content", record.id)),
                    ));
                }
                Ok(Some(record))
            }
            "TEXTE_VERSION" if self.options.texts => {
                let record = text_version::read(&xml, limits.depth_max).ok_or_else(no_id)?;
                Ok((!record.text.is_empty()).then_some(record))
            }
            "ARTICLE" | "TEXTE_VERSION" | "TEXTELR" | "SECTION_TA" | "JO" | "ID" | "VERSIONS" => {
                Ok(None)
            }
            other => Err(malformed(format!(
                "root element `{other}` is none of LEGI or JORF"
            ))),
        }
    }
}

/// The day of an archive: when its publisher last updated what is in it.
fn day_of(sequence: i64) -> Option<Date> {
    (sequence > 0)
        .then(|| Date::parse(&(sequence / 1_000_000).to_string()))
        .flatten()
}
