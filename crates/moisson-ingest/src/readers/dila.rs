//! The `dila` reader: the eleven bases of Légifrance's open data in the original archives; domain notes, section 5.1.

use moisson_core::{
    Assembly, Contents, Date, Digest, Document, Entry, Error, Fault, Joint, Key, Limits, Result,
    Sink, Tombstone, reason,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{About, Member, Reader, ReaderEntry, file_stem, options};
use crate::dila::path::{self, Kind};
use crate::dila::structure::{self, Structure};
use crate::dila::{Record, agreement, article, decision, dossier, mojibake, office, text_version};
use crate::xml::Xml;
use crate::{encoding, record};

/// Its row in the table of readers.
pub const ENTRY: ReaderEntry = ReaderEntry {
    name: "dila",
    version: 2,
    doc: "the bases of the DILA (LEGI, JORF, KALI, CASS, INCA, CAPP, JADE, CONSTIT, CNIL, ACCO, DOLE) in the original \
          archives and increments",
    about: ABOUT,
    extensions: &["xml", "dat", "docx", "odt"],
    build: |options| Ok(Box::new(Dila::new(options)?)),
    options_schema: options::schema::<Options>,
};

const ABOUT: About = About {
    source: "DTD bundle of Légifrance's open data, https://echanges.dila.gouv.fr/OPENDATA/",
    document: "a version of an article or of a text, a decision, a deliberation of the CNIL, the statement of reasons of a \
               law, or a company agreement; its key is its id (`LEGIARTI…`, `JORFTEXT…`, `JURITEXT…`). An agreement's \
               text lies in an office file, whose name is its key; with `assemble` it is joined to its `ACCOTEXT…`. \
               `liste_suppression_*.dat` withdraws documents of any base",
    text: "`BLOC_TEXTUEL/CONTENU`, of an article with its note under a line `NOTA :`; of a text its notice, visas and \
           signatories; of a legislative file its `EXPOSE_MOTIF`. Containers, sections, structures and records of agreements \
           have no text and yield nothing. With `assemble`, texts, structures and sections are handed over as tables of \
           contents instead, and the texts of law are put together from their articles",
    fields: &[
        ("key", "`META_COMMUN/ID`"),
        (
            "title",
            "`Article NUM — ` and the title its text had then; `TITREFULL`, `TITRE`",
        ),
        ("url", "the page of Légifrance for the id"),
        (
            "genre",
            "`law`; `decision` (courts, CNIL); `agreement` (KALI, ACCO); `legislative-file` (DOLE)",
        ),
        (
            "published_on",
            "`date_publi`, `DATE_PUBLI`; `DATE_DEC` of a decision",
        ),
        (
            "modified_on",
            "`DERNIERE_MODIFICATION`, else the day of the archive",
        ),
        (
            "version_of",
            "the smallest id of the list of versions; `CID` of a text",
        ),
        (
            "version_from, version_to, version_state",
            "`DATE_DEBUT`, `DATE_FIN` (2999-01-01 is open), `ETAT`",
        ),
        ("sequence", "the timestamp in the name of the archive"),
        (
            "num, type, nature, nor, cid, ministere, sections",
            "the article and its place in the text",
        ),
        ("idcc, convention", "`CONTEXTE/CONTENEUR` (KALI)"),
        (
            "ecli, number, numbers, jurisdiction, formation, solution, appeal, contested, nature, nature_qualifiee",
            "`META_JURI` and what is special to the court; `NUMEROS_AFFAIRES`, `TYPE_REC`, `FORM_DEC_ATT`, `DATE_DEC_ATT`. \
             Names of judges, counsel and parties are not copied",
        ),
        (
            "publication",
            "`bulletin` (`PUBLI_BULL`), or `A`, `B`, `C` (`PUBLI_RECUEIL`)",
        ),
        (
            "keywords, summary",
            "`SOMMAIRE/SCT`, `SOMMAIRE/ANA`: not in the text",
        ),
        (
            "siret, raison_sociale, code_ape, secteur, themes",
            "`META_ACCO`",
        ),
        ("legislature, textes", "`META_DOSSIER_LEGISLATIF`"),
        (
            "repaired",
            "number of runs of text that were spoilt and are repaired",
        ),
    ],
    defects: &[
        (
            "`&amp;nbsp;` and other names escaped twice, names of HTML not declared",
            "decoded",
        ),
        (
            "UTF-8 read as windows-1252 and encoded again (`dÃ©cret`)",
            "repaired where the whole run of text reads as such, counted in `repaired`",
        ),
        ("soft hyphens", "removed by normalisation"),
        (
            "an empty `CONTENU`, or a decision of which only the summary exists",
            "`extract/empty`",
        ),
        ("a record cut short", "`extract/malformed-xml`"),
        (
            "an HTML error page in place of a record or of an archive",
            "`extract/malformed-xml`, `extract/malformed-archive`, with the title of the page",
        ),
        (
            "one id in two folders (`en_vigueur`, `non_vigueur`)",
            "the time of the archive goes along, so that the newer one is current",
        ),
        (
            "a record of LEGI that moves is listed as withdrawn from its old folder",
            "its withdrawal counts for what earlier archives brought",
        ),
        (
            "paths in latin-1, a folder `juri`, one more folder in increments",
            "passed over",
        ),
    ],
};

/// Options of the reader.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one switch of the pipeline file"
)]
struct Options {
    /// Only this base, or these.
    fond: Option<Fonds>,
    /// Articles become documents.
    articles: bool,
    /// Versions of texts (title, visas, signatories), statements of reasons and company agreements become documents.
    texts: bool,
    /// Decisions of courts and deliberations of the CNIL become documents.
    decisions: bool,
    /// Referrals and observations follow the decisions of the Conseil constitutionnel.
    observations: bool,
    /// `text`: articles are put together to the texts of law they are part of.
    assemble: Option<Assemble>,
    /// Day, `YYYY-MM-DD`, on which what is assembled is in force; every version of every article without it.
    on: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            fond: None,
            articles: true,
            texts: true,
            decisions: true,
            observations: false,
            assemble: None,
            on: None,
        }
    }
}

/// One base, or several.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "`fond` is one of `ACCO`, `CAPP`, `CASS`, `CNIL`, `CONSTIT`, `DOLE`, `INCA`, `JADE`, `JORF`, `KALI`, \
                 `LEGI`, or a list of them"
)]
enum Fonds {
    One(Fond),
    Several(Vec<Fond>),
}

/// A base of the DILA.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum Fond {
    Acco,
    Capp,
    Cass,
    Cnil,
    Constit,
    Dole,
    Inca,
    Jade,
    Jorf,
    Kali,
    Legi,
}

/// What is assembled.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Assemble {
    Text,
}

struct Dila {
    options: Options,
    assembly: Option<Assembly>,
}

/// What one XML record gave.
enum Found {
    Document(Record),
    /// The frame of a text, and the keys of its pieces where the record itself knows them.
    Whole(Record, Vec<Entry>),
    Structure(Structure),
    /// Nothing to read, by design or because it is not asked for.
    Nothing,
}

type Refusal = (&'static str, Option<String>);

impl Reader for Dila {
    fn read(&self, mut member: Member<'_>, sink: &mut dyn Sink) -> Result<()> {
        let kind = path::kind(member.uri);
        if !self.is_asked_for(kind) {
            // A record without text by design.
            return sink.begin_record().map(|_| ());
        }
        let Some(whole) = record::whole(&mut member, sink)? else {
            return Ok(());
        };
        if kind == Kind::Office {
            return read_office(&whole, &member, sink);
        }
        let declared = encoding::declared(&whole.bytes);
        let decoded = encoding::decode(&whole.bytes, declared);
        if kind == Kind::Withdrawals {
            return self.withdraw(&decoded.text, &member, sink);
        }
        let found = match html_page(&decoded.text, kind) {
            Some(refusal) => Err(refusal),
            None => self.parse(&decoded.text, member.limits),
        };
        match found {
            Ok(Found::Document(record)) => sink.document(document(record, &member, whole.digest)),
            Ok(Found::Whole(record, entries)) => sink.contents(Contents {
                key: record.id.clone(),
                whole: Some(Box::new(document(record, &member, whole.digest))),
                entries,
                raw_uri: member.uri.to_owned(),
                sequence: member.sequence,
            }),
            Ok(Found::Structure(structure)) => sink.contents(Contents {
                key: structure.key,
                whole: None,
                entries: structure.entries,
                raw_uri: member.uri.to_owned(),
                sequence: member.sequence,
            }),
            Ok(Found::Nothing) => Ok(()),
            Err(refusal) => refuse(refusal, member.uri, sink),
        }
    }

    fn wants(&self, uri: &str) -> bool {
        let is_of = |fond: Fond, name: &str| {
            path::FONDS
                .get(fond as usize)
                .is_some_and(|fond| *fond == name)
        };
        let is_of_fond = match (&self.options.fond, path::fond(uri)) {
            (Some(Fonds::One(fond)), Some(name)) => is_of(*fond, name),
            (Some(Fonds::Several(fonds)), Some(name)) => {
                fonds.iter().any(|fond| is_of(*fond, name))
            }
            _ => true,
        };
        is_of_fond && path::kind(uri) != Kind::Other
    }

    fn opens(&self, uri: &str) -> bool {
        path::is_office(uri)
    }

    fn sequence(&self, file_name: &str) -> i64 {
        path::sequence(file_name)
    }

    fn assembly(&self) -> Option<Assembly> {
        self.assembly
    }
}

impl Dila {
    fn new(given: &Value) -> Result<Self> {
        let options: Options = options::parse(ENTRY.name, given)?;
        let wrong = |what: &str| Error::config(format!("reader `{}`: {what}", ENTRY.name));
        let on = match options.on.as_deref() {
            None => None,
            Some(_) if options.assemble.is_none() => {
                return Err(wrong("`on` goes with `assemble = \"text\"`"));
            }
            Some(day) => Some(
                Date::parse(day)
                    .filter(|date| date.to_string() == day)
                    .ok_or_else(|| wrong(&format!("`on` is a day `YYYY-MM-DD`, not `{day}`")))?,
            ),
        };
        if options.assemble.is_some() && !(options.articles && options.texts) {
            return Err(wrong("`assemble` needs both `articles` and `texts`"));
        }
        let joint = Joint::Paragraph;
        let assembly = options
            .assemble
            .map(|Assemble::Text| Assembly { on, joint });
        Ok(Self { options, assembly })
    }

    /// False if the place of a member says that it gives nothing.
    fn is_asked_for(&self, kind: Kind) -> bool {
        match kind {
            Kind::Article => self.options.articles,
            Kind::TextVersion | Kind::Office => self.options.texts,
            Kind::Structure => self.assembly.is_some(),
            Kind::Withdrawals | Kind::Record | Kind::Other => true,
        }
    }

    fn withdraw(&self, list: &str, member: &Member<'_>, sink: &mut dyn Sink) -> Result<()> {
        for withdrawn in path::withdrawn(list, self.assembly.is_some()) {
            sink.tombstone(Tombstone {
                key: withdrawn.key.to_owned(),
                raw_uri: member.uri.to_owned(),
                sequence: member.sequence - i64::from(withdrawn.may_have_moved),
            })?;
        }
        Ok(())
    }

    /// Reads one XML record.
    fn parse(&self, text: &str, limits: &Limits) -> Result<Found, Refusal> {
        let malformed = |detail: String| (reason::EXTRACT_MALFORMED_XML, Some(detail));
        let mut xml = Xml::parse(text, limits.depth_max).map_err(malformed)?;
        let repaired = xml.change_runs(mojibake::repair);
        let mut found = self.found(&xml, limits.depth_max)?;
        if let Found::Document(record) | Found::Whole(record, _) = &mut found
            && repaired > 0
        {
            record
                .metadata
                .insert("repaired".to_owned(), repaired.into());
        }
        Ok(found)
    }

    fn found(&self, xml: &Xml<'_>, depth_max: u32) -> Result<Found, Refusal> {
        let malformed = |detail: String| (reason::EXTRACT_MALFORMED_XML, Some(detail));
        let no_id = || malformed("has no id".to_owned());
        let options = &self.options;
        match xml.name(0) {
            "ARTICLE" if options.articles => {
                not_empty(article::read(xml, depth_max).ok_or_else(no_id)?)
            }
            "TEXTE_VERSION" if options.texts => {
                let record = text_version::read(xml, depth_max).ok_or_else(no_id)?;
                Ok(match (self.assembly, record.text.is_empty()) {
                    (Some(_), _) => Found::Whole(record, Vec::new()),
                    (None, false) => Found::Document(record),
                    // The frame of a code has no text.
                    (None, true) => Found::Nothing,
                })
            }
            "TEXTELR" | "SECTION_TA" if self.assembly.is_some() => {
                structure::read(xml).map(Found::Structure).ok_or_else(no_id)
            }
            "TEXTE_JURI_JUDI" | "TEXTE_JURI_ADMIN" | "TEXTE_JURI_CONSTIT" if options.decisions => {
                let record = decision::read(xml, depth_max, options.observations);
                not_empty(record.ok_or_else(no_id)?)
            }
            "TEXTE_CNIL" if options.decisions => {
                not_empty(decision::deliberation(xml, depth_max).ok_or_else(no_id)?)
            }
            "TEXTE_ACCO" if options.texts => {
                let record = agreement::read(xml, depth_max).ok_or_else(no_id)?;
                let office = agreement::office_key(xml).filter(|_| self.assembly.is_some());
                Ok(match (office, record.text.is_empty()) {
                    (_, false) => Found::Document(record),
                    (Some(key), true) => {
                        let entry = Entry {
                            key,
                            ..Entry::default()
                        };
                        Found::Whole(record, vec![entry])
                    }
                    (None, true) => Found::Nothing,
                })
            }
            "DOSSIER_LEGISLATIF" if options.texts => {
                let record = dossier::read(xml, depth_max).ok_or_else(no_id)?;
                // A file of links.
                let is_empty = record.text.is_empty();
                Ok(if is_empty {
                    Found::Nothing
                } else {
                    Found::Document(record)
                })
            }
            "ARTICLE" | "TEXTE_VERSION" | "TEXTELR" | "SECTION_TA" | "JO" | "IDCC" | "ID"
            | "VERSIONS" | "TEXTE_JURI_JUDI" | "TEXTE_JURI_ADMIN" | "TEXTE_JURI_CONSTIT"
            | "TEXTE_CNIL" | "TEXTE_ACCO" | "DOSSIER_LEGISLATIF" => Ok(Found::Nothing),
            other => Err(malformed(format!(
                "root element `{other}` is that of no base of the DILA"
            ))),
        }
    }
}

fn not_empty(record: Record) -> Result<Found, Refusal> {
    if record.text.is_empty() {
        let with_summary = record.metadata.contains_key("summary");
        let only = if with_summary { ", only a summary" } else { "" };
        let detail = format!("{} has no content{only}", record.id);
        return Err((reason::EXTRACT_EMPTY, Some(detail)));
    }
    Ok(Found::Document(record))
}

fn document(record: Record, member: &Member<'_>, digest: Digest) -> Document {
    let key = Key::Declared(record.id);
    let mut document = member.document(key, record.text, digest);
    document.title = record.title;
    document.url = Some(record.url);
    document.published_on = record.published_on;
    document.modified_on = record.modified_on.or_else(|| day_of(member.sequence));
    document.genre = Some(record.genre.unwrap_or("law").to_owned());
    document.version_of = record.version_of;
    document.version_from = record.version_from;
    document.version_to = record.version_to;
    document.version_state = record.version_state;
    document.metadata = record.metadata;
    document
}

/// Reads the office file of a company agreement; it is named after the number and the company.
fn read_office(whole: &record::Whole, member: &Member<'_>, sink: &mut dyn Sink) -> Result<()> {
    let limits = member.limits;
    let text = match office::text(&whole.bytes, limits.record_bytes_max, limits.depth_max) {
        Ok(text) => text,
        Err(detail) => {
            let refusal = (reason::EXTRACT_MALFORMED_ARCHIVE, Some(detail));
            return refuse(refusal, member.uri, sink);
        }
    };
    if text.is_empty() {
        return refuse((reason::EXTRACT_EMPTY, None), member.uri, sink);
    }
    let key = Key::Declared(file_stem(member.uri).to_owned());
    let mut document = member.document(key, text, whole.digest);
    document.modified_on = day_of(member.sequence);
    document.genre = Some("agreement".to_owned());
    sink.document(document)
}

fn refuse((reason, detail): Refusal, uri: &str, sink: &mut dyn Sink) -> Result<()> {
    sink.fault(Fault {
        reason,
        raw_uri: uri.to_owned(),
        detail,
        ..Fault::default()
    })
}

/// What a server says instead of what was asked for, saved under its name.
fn html_page(text: &str, kind: Kind) -> Option<Refusal> {
    let start = text.trim_start();
    let begins = |with: &str| {
        start
            .get(..with.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(with))
    };
    if !begins("<!doctype html") && !begins("<html") {
        return None;
    }
    let title = between(start, "<title>", "</title>").unwrap_or("without title");
    let title: String = title.trim().chars().take(80).collect();
    let (reason, instead) = match kind {
        Kind::Other => (reason::EXTRACT_MALFORMED_ARCHIVE, "an archive"),
        _ => (reason::EXTRACT_MALFORMED_XML, "a record"),
    };
    Some((
        reason,
        Some(format!("an HTML page, `{title}`, in place of {instead}")),
    ))
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(from)?;
    rest.split_once(to).map(|(inside, _)| inside)
}

/// The day of an archive: when its publisher last updated what is in it.
fn day_of(sequence: i64) -> Option<Date> {
    (sequence > 0)
        .then(|| Date::parse(&(sequence / 1_000_000).to_string()))
        .flatten()
}
