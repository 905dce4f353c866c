//! The `judilibre` reader: answers of the API of the Cour de cassation, as a harvester keeps them; domain notes,
//! section 5.3.

use moisson_core::{Digest, Fault, Result, Sink, Tombstone, reason};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{About, Member, Reader, ReaderEntry, file_name, has_extension, options};
use crate::encoding::unmarked;
use crate::judilibre::decision::{self, Found, Wrong, second};
use crate::judilibre::pages::{Pages, Role, Step};
use crate::record;

/// Its row in the table of readers.
pub const ENTRY: ReaderEntry = ReaderEntry {
    name: "judilibre",
    version: 1,
    doc: "decisions of the Judilibre API of the Cour de cassation: pages, single decisions, logs of deletions",
    about: About {
        source: "OpenAPI description of Judilibre 1.2, https://github.com/Cour-de-cassation/judilibre-search",
        document: "a decision, full as `/export`, `/scan` and `/decision` give it; its key is `id`. A file is a page with \
                   its decisions in `results` or `decisions`, an array, one object, or one object a line. \
                   `to_be_deleted`, a file `{\"deleted\": [{\"id\", \"date\"}]}` and the log `transactions` withdraw decisions",
        text: "`text`, in its final form; with the option `zones` only these",
        fields: &[
            ("url", "the page of courdecassation.fr for the id"),
            ("published_on", "`decision_date`"),
            (
                "modified_on, sequence",
                "`update_datetime`, else `update_date`, else the name of the file (`YYYYMMDDhhmmss-….json`)",
            ),
            ("genre", "`decision`"),
            (
                "ecli, number, numbers, jurisdiction, chamber, formation, location, publication, solution, type, themes, nac, \
                 summary, contested, partial",
                "the fields of the same names",
            ),
            (
                "zones",
                "`{zone: [[start, end], …]}`, offsets of characters in the text, sorted",
            ),
        ],
        defects: &[
            (
                "a short answer (`/search`, `abridged`), or an error of the API",
                "`extract/missing-field`",
            ),
            (
                "zones in units of UTF-16, of a text with other line ends",
                "told in characters of the final text",
            ),
            (
                "pieces of zones in any order, or beyond the text",
                "sorted, or left out",
            ),
            (
                "an answer cut short",
                "the decisions before are kept; `extract/truncated`",
            ),
        ],
    },
    extensions: &["json", "jsonl"],
    build: |given| {
        let options: Options = options::parse(ENTRY.name, given)?;
        Ok(Box::new(Judilibre {
            zones: options
                .zones
                .iter()
                .map(|zone| zone.name().to_owned())
                .collect(),
        }))
    },
    options_schema: options::schema::<Options>,
};

/// Options of the reader.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Options {
    /// Zones whose text is kept, in the order of the decision; the whole text without it.
    zones: Vec<Zone>,
}

/// A part of a decision.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Zone {
    Introduction,
    Expose,
    Moyens,
    Motivations,
    Dispositif,
    Annexes,
}

impl Zone {
    fn name(self) -> &'static str {
        match self {
            Self::Introduction => "introduction",
            Self::Expose => "expose",
            Self::Moyens => "moyens",
            Self::Motivations => "motivations",
            Self::Dispositif => "dispositif",
            Self::Annexes => "annexes",
        }
    }
}

struct Judilibre {
    zones: Vec<String>,
}

impl Reader for Judilibre {
    fn read(&self, member: Member<'_>, sink: &mut dyn Sink) -> Result<()> {
        let (uri, limit) = (member.uri, member.limits.record_bytes_max);
        let mut bytes = unmarked(&mut *member.bytes);
        let mut pages = Pages::new(limit);
        let mut object = Vec::new();
        let mut is_empty = true;
        loop {
            let step = match pages.next(&mut *bytes, &mut object) {
                Ok(step) => step,
                Err(error) => return record::failed(uri, pages.offset(), &error, sink),
            };
            if matches!(step, Step::End) {
                break;
            }
            is_empty = false;
            if matches!(step, Step::PageEnd { objects } if objects > 0) {
                continue;
            }
            // An empty page is a record without text by design.
            if !sink.begin_record()? {
                if matches!(step, Step::Malformed { .. } | Step::Truncated { .. }) {
                    return Ok(());
                }
                continue;
            }
            let fault = |reason, offset, detail: &str| Fault {
                reason,
                raw_uri: uri.to_owned(),
                raw_offset: Some(offset),
                detail: Some(detail.to_owned()),
                ..Fault::default()
            };
            match step {
                Step::End | Step::PageEnd { .. } => {}
                Step::Object { role, offset } => {
                    let place = Place {
                        uri,
                        offset,
                        sequence: member.sequence,
                    };
                    self.object(&object, role, place, sink)?;
                }
                Step::TooLarge { offset, bytes } => {
                    let observed = Some(bytes.to_string());
                    sink.fault(record::too_large(uri, Some(offset), observed, limit))?;
                }
                Step::Malformed { offset } => {
                    let detail = "neither an object nor an array, or brackets that do not match";
                    return sink.fault(fault(reason::EXTRACT_MALFORMED_JSON, offset, detail));
                }
                Step::Truncated { offset } => {
                    let detail = "ends inside of an object";
                    return sink.fault(fault(reason::EXTRACT_TRUNCATED, offset, detail));
                }
            }
        }
        if is_empty {
            record::empty(uri, sink)
        } else {
            Ok(())
        }
    }

    fn wants(&self, uri: &str) -> bool {
        has_extension(uri, ENTRY.extensions)
    }

    fn sequence(&self, file: &str) -> i64 {
        let stem = file_name(file).split('-').next().unwrap_or_default();
        let is_second = stem.len() == 14 && stem.bytes().all(|b| b.is_ascii_digit());
        is_second
            .then(|| stem.parse().ok())
            .flatten()
            .unwrap_or_default()
    }
}

/// Where an object stands.
#[derive(Clone, Copy)]
struct Place<'a> {
    uri: &'a str,
    offset: u64,
    sequence: i64,
}

impl Judilibre {
    fn object(&self, bytes: &[u8], role: Role, at: Place<'_>, sink: &mut dyn Sink) -> Result<()> {
        let fault = |reason, detail: &str| Fault {
            reason,
            raw_uri: at.uri.to_owned(),
            raw_offset: Some(at.offset),
            detail: Some(detail.to_owned()),
            ..Fault::default()
        };
        let object: Map<String, Value> = match serde_json::from_slice(bytes) {
            Ok(object) => object,
            Err(_) if std::str::from_utf8(bytes).is_err() => {
                return sink.fault(fault(reason::EXTRACT_NOT_UTF8, "bytes that are no UTF-8"));
            }
            Err(error) => {
                let detail = error.to_string();
                return sink.fault(fault(reason::EXTRACT_MALFORMED_JSON, &detail));
            }
        };
        let text_of = |name: &str| object.get(name).and_then(Value::as_str);
        let withdraw = |key: &str, time: Option<&str>| Tombstone {
            key: key.to_owned(),
            raw_uri: at.uri.to_owned(),
            sequence: time.and_then(second).unwrap_or(at.sequence),
        };
        if role != Role::Decision {
            let is_deletion = role == Role::Deleted || text_of("action") == Some("deleted");
            return match text_of("id") {
                None => sink.fault(fault(reason::EXTRACT_MISSING_FIELD, "no `id`")),
                Some(id) if is_deletion => sink.tombstone(withdraw(id, text_of("date"))),
                Some(_) => Ok(()),
            };
        }
        match decision::read(&object, &self.zones, at.sequence, at.uri, Digest::of(bytes)) {
            Found::Document(document) => sink.document(*document),
            Found::Withdrawn(id) => {
                let time = text_of("update_datetime").or_else(|| text_of("update_date"));
                sink.tombstone(withdraw(&id, time))
            }
            Found::Wrong(wrong) => {
                let (reason, detail) = match wrong {
                    Wrong::NoId => (reason::EXTRACT_MISSING_FIELD, "no `id`"),
                    Wrong::NoText => (reason::EXTRACT_MISSING_FIELD, "no `text`: a short answer"),
                    Wrong::NoZones => (reason::EXTRACT_MISSING_FIELD, "no `zones`"),
                    Wrong::Empty => (reason::EXTRACT_EMPTY, "blank"),
                };
                sink.fault(fault(reason, detail))
            }
        }
    }
}
