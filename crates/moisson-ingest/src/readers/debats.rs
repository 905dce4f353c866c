//! The `debats` reader: verbatim reports of the Assemblée nationale in the archives of the DILA; domain notes, section 5.2.

use moisson_core::{Fault, Key, Result, Sink, reason};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{About, Member, Reader, ReaderEntry, file_name, has_extension, options};
use crate::debats::{Sitting, sittings};
use crate::xml::Xml;
use crate::{encoding, record};

/// Its row in the table of readers.
pub const ENTRY: ReaderEntry = ReaderEntry {
    name: "debats",
    version: 1,
    doc: "verbatim reports of the Assemblée nationale in the archives of the DILA (`AN_<year><nnn>.taz`)",
    about: About {
        source: "schemas-debats-V2.0, https://echanges.dila.gouv.fr/OPENDATA/Debats/AN/",
        document: "a sitting (`CompteRendu`); its key is `AN-`, the day and the number of the sitting, so that the files of \
                   one archive that repeat a sitting give one document",
        text: "headings, who presides, every `Para` with its speaker in front as printed, notes and results of votes; the \
               table of contents (paragraphs without `idsyceron`) is left out",
        fields: &[
            ("title", "`Quantiemes/Journee`, else made of the day"),
            ("published_on", "`dateSeance`, the day of the sitting"),
            ("modified_on", "`dateParution`"),
            ("genre", "`debate`"),
            (
                "sequence",
                "year and number in the name of the archive, `2024017`",
            ),
            (
                "number, issue, session, legislature",
                "`numSeance`; `parution`; `SessionNom`, `sessionOrd`; `LegislatureNumero`",
            ),
        ],
        defects: &[
            (
                "`.taz` is tar compressed by compress(1), by gzip, or not at all",
                "told by its bytes",
            ),
            ("the tar holds another tar", "read through"),
            ("several `CRI_*.xml` repeat one sitting", "one key"),
            (
                "the first years number no paragraphs",
                "all outside of `Sommaire` are read",
            ),
            (
                "dates as `Mercredi-22-05-Mai-2013`, names of elements in other capitals",
                "read as well",
            ),
        ],
    },
    extensions: &["xml"],
    build: |given| {
        let Options {} = options::parse(ENTRY.name, given)?;
        Ok(Box::new(Debats))
    },
    options_schema: options::schema::<Options>,
};

/// Options of the reader: none.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Options {}

struct Debats;

impl Reader for Debats {
    fn read(&self, mut member: Member<'_>, sink: &mut dyn Sink) -> Result<()> {
        let Some(whole) = record::whole(&mut member, sink)? else {
            return Ok(());
        };
        let decoded = encoding::decode(&whole.bytes, encoding::declared(&whole.bytes));
        let uri = member.uri;
        let fault = |reason, detail: String| Fault::new(reason, uri, detail);
        let xml = match Xml::parse(&decoded.text, member.limits.depth_max) {
            Ok(xml) => xml,
            Err(detail) => return sink.fault(fault(reason::EXTRACT_MALFORMED_XML, detail)),
        };
        let sittings = sittings(&xml);
        if sittings.is_empty() {
            let detail = format!("`{}` holds no `CompteRendu`", xml.name(0));
            return sink.fault(fault(reason::EXTRACT_MALFORMED_XML, detail));
        }
        let mut is_empty = true;
        for (index, sitting) in sittings.into_iter().enumerate() {
            if sitting.text.is_empty() {
                continue;
            }
            is_empty = false;
            let key = Key::Declared(key(&sitting, index, uri));
            let mut document = member.document(key, sitting.text, whole.digest);
            document.title = sitting.title.or_else(|| {
                let day = sitting.day?;
                Some(format!("Assemblée nationale, séance du {day}"))
            });
            document.published_on = sitting.day.or(sitting.published_on);
            document.modified_on = sitting.published_on;
            document.genre = Some("debate".to_owned());
            for (name, value) in [
                ("number", sitting.number),
                ("issue", sitting.issue),
                ("session", sitting.session),
                ("legislature", sitting.legislature),
            ] {
                if let Some(value) = value {
                    document.metadata.insert(name.to_owned(), value.into());
                }
            }
            sink.document(document)?;
        }
        if is_empty {
            let detail = "no sitting of the report has text".to_owned();
            return sink.fault(fault(reason::EXTRACT_EMPTY, detail));
        }
        Ok(())
    }

    fn wants(&self, uri: &str) -> bool {
        // Beside the report lie its analytical table (AAA) and the notice of the issue (PARU).
        let name = file_name(uri).to_ascii_uppercase();
        has_extension(uri, &["xml"]) && !name.starts_with("AAA") && !name.starts_with("PARU")
    }

    fn sequence(&self, file_name: &str) -> i64 {
        issue(file_name).unwrap_or_default()
    }
}

/// Day and number of a sitting; without a number its place in the file, without a day the name of the file.
fn key(sitting: &Sitting, index: usize, uri: &str) -> String {
    let part = || format!("part-{}", index + 1);
    let number = sitting.number.clone().unwrap_or_else(part);
    match sitting.day {
        Some(day) => format!("AN-{day}-{number}"),
        None => format!("AN-{}-{number}", super::file_stem(uri)),
    }
}

/// `2024017` of `AN_2024017.taz`.
fn issue(file: &str) -> Option<i64> {
    let name = file_name(file);
    let digits = name.strip_prefix("AN_")?.split('.').next()?;
    let is_issue = digits.len() == 7 && digits.bytes().all(|b| b.is_ascii_digit());
    is_issue.then(|| digits.parse().ok()).flatten()
}
