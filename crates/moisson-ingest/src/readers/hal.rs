//! The `hal` reader: answers of the search API of HAL, an abstract a record.
//!
//! Follows the documentation of the API, <https://api.archives-ouvertes.fr/docs/search>; see the domain notes,
//! section 5.4.

use std::io::Read as _;

use moisson_core::{Date, Digest, Document, Fault, Key, Result, Sink, reason};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{About, Member, Reader, ReaderEntry, has_extension, json, options};
use crate::fields::canonical_digest;
use crate::html::fragment_to_text;
use crate::oai::{Notice, Said, page_sequence, seconds, stamp};
use crate::{encoding, record};

/// Its row in the table of readers.
pub const ENTRY: ReaderEntry = ReaderEntry {
    name: "hal",
    version: 1,
    doc: "answers of the search API of HAL in JSON: the abstracts of deposits, with their licences",
    about: About {
        source: "search API of HAL, https://api.archives-ouvertes.fr/docs/search (`wt=json`)",
        document: "a deposit in one version, out of `response.docs`, a list, or a line of JSON Lines; its key is `halId_s` with `version_i` (`hal-01234567v2`)",
        text: "the abstracts, a paragraph each: `xx_abstract_s` where languages are told apart, else `abstract_s`; the title is only in its column",
        fields: &[
            (
                "title",
                "`xx_title_s` in the language of the text, `title_s`",
            ),
            ("url", "`uri_s`"),
            ("published_on", "`publicationDate_s`, `producedDate_s`"),
            (
                "modified_on, raw_modified",
                "`modifiedDate_tdate`, `modifiedDate_s`",
            ),
            (
                "sequence",
                "`YYYYMMDDhhmmss` of the name of the page, else `modifiedDate_tdate`",
            ),
            (
                "language_declared",
                "the language of the abstract, else `language_s`",
            ),
            (
                "licence_declared",
                "`licence_s`, verbatim; without one nothing allows the text to be handed on",
            ),
            ("version_of", "`halId_s`"),
            (
                "doc_type, submit_type, open_access, files, domains, …",
                "`docType_s`, `submitType_s` (`file`, `notice`, `annex`), `openAccess_bool`, `files_s`, `domain_s`",
            ),
        ],
        defects: &[
            ("a deposit without abstract", "`extract/empty`"),
            ("a deposit without `halId_s`", "`extract/missing-field`"),
            ("HTML in abstracts", "read as markup"),
            (
                "a page that is no JSON (an error of the service)",
                "`extract/malformed-json`",
            ),
        ],
    },
    extensions: &["json", "jsonl", "ndjson"],
    build: |given| {
        Ok(Box::new(Hal {
            options: options::parse(ENTRY.name, given)?,
        }))
    },
    options_schema: options::schema::<Options>,
};

/// Options of the reader.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
struct Options {
    /// Languages of the abstracts that are kept (`fr`), where the answer tells them apart. Empty for all.
    languages: Vec<String>,
}

struct Hal {
    options: Options,
}

impl Reader for Hal {
    fn read(&self, mut member: Member<'_>, sink: &mut dyn Sink) -> Result<()> {
        let (uri, sequence, depth_max) = (member.uri, member.sequence, member.limits.depth_max);
        if has_extension(uri, &["jsonl", "ndjson"]) {
            return record::each_line(&mut member, sink, |line, offset, sink| {
                let text = encoding::decode(line, None).text;
                match json::parse(&text, depth_max) {
                    Ok(deposit) => self.deposit(&deposit, uri, sequence, Some(offset), sink),
                    Err(detail) => {
                        let fault = fault(uri, reason::EXTRACT_MALFORMED_JSON, detail);
                        sink.fault(Fault {
                            raw_offset: Some(offset),
                            ..fault
                        })
                    }
                }
            });
        }
        let Some(bytes) = page(&mut member, sink)? else {
            return Ok(());
        };
        let text = encoding::decode(&bytes, None).text;
        let root = match json::parse(&text, depth_max) {
            Ok(root) => root,
            Err(detail) => {
                if sink.begin_record()? {
                    sink.fault(fault(uri, reason::EXTRACT_MALFORMED_JSON, detail))?;
                }
                return Ok(());
            }
        };
        let deposits = deposits(&root);
        for deposit in &deposits {
            if sink.begin_record()? {
                self.deposit(deposit, uri, sequence, None, sink)?;
            }
        }
        if deposits.is_empty() {
            // The last page of a harvest has none.
            sink.begin_record()?;
        }
        Ok(())
    }

    fn wants(&self, uri: &str) -> bool {
        has_extension(uri, ENTRY.extensions)
    }

    fn sequence(&self, file_name: &str) -> i64 {
        page_sequence(file_name)
    }
}

/// Reads a page whole, within the limit of a record; what cannot be read is counted.
fn page(member: &mut Member<'_>, sink: &mut dyn Sink) -> Result<Option<Vec<u8>>> {
    let (uri, limit) = (member.uri, member.limits.record_bytes_max);
    let mut bytes = Vec::new();
    let read = (&mut *member.bytes)
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes);
    if let Err(error) = read {
        record::failed(uri, 0, &error, sink)?;
        return Ok(None);
    }
    if bytes.is_empty() {
        record::empty(uri, sink)?;
        return Ok(None);
    }
    if bytes.len() as u64 > limit {
        drop(bytes);
        let rest = std::io::copy(member.bytes, &mut std::io::sink());
        if sink.begin_record()? {
            let size = rest.ok().map(|rest| (limit + 1 + rest).to_string());
            sink.fault(record::too_large(uri, None, size, limit))?;
        }
        return Ok(None);
    }
    Ok(Some(bytes))
}

/// The deposits of a page: of an answer, of a list, or the page itself.
fn deposits(root: &Value) -> Vec<&Value> {
    let list = root
        .pointer("/response/docs")
        .or_else(|| root.get("docs"))
        .unwrap_or(root);
    match list {
        Value::Array(deposits) => deposits.iter().collect(),
        deposit => vec![deposit],
    }
}

fn fault(uri: &str, reason: &'static str, detail: String) -> Fault {
    Fault::new(reason, uri, detail)
}

/// Texts of a field, which is one or a list.
fn texts<'a>(deposit: &'a Map<String, Value>, field: &str) -> Vec<&'a str> {
    match deposit.get(field) {
        Some(Value::String(text)) => vec![text.trim()],
        Some(Value::Array(items)) => items
            .iter()
            .filter_map(Value::as_str)
            .map(str::trim)
            .collect(),
        _ => Vec::new(),
    }
}

fn first(deposit: &Map<String, Value>, fields: &[&str]) -> Option<String> {
    let mut found = fields.iter().flat_map(|field| texts(deposit, field));
    found.find(|text| !text.is_empty()).map(str::to_owned)
}

/// Texts of `xx_FIELD` for each language, else of `FIELD`; the languages of the deposit come first.
fn by_language(deposit: &Map<String, Value>, field: &str) -> Vec<Said> {
    let spoken = texts(deposit, "language_s");
    let mut found: Vec<(usize, Said)> = Vec::new();
    for (name, _) in deposit {
        let Some((language, rest)) = name.split_once('_') else {
            continue;
        };
        if rest != field || !matches!(language.len(), 2 | 3) {
            continue;
        }
        let rank = spoken.iter().position(|known| *known == language);
        for text in texts(deposit, name) {
            let language = Some(language.to_owned());
            let text = text.to_owned();
            found.push((rank.unwrap_or(usize::MAX), Said { language, text }));
        }
    }
    found.sort_by_key(|(rank, _)| *rank);
    if found.is_empty() {
        let plain = texts(deposit, field).into_iter();
        return plain
            .map(|text| Said {
                language: None,
                text: text.to_owned(),
            })
            .collect();
    }
    found.into_iter().map(|(_, said)| said).collect()
}

impl Hal {
    fn deposit(
        &self,
        value: &Value,
        uri: &str,
        sequence: i64,
        offset: Option<u64>,
        sink: &mut dyn Sink,
    ) -> Result<()> {
        match self.document(value, uri, sequence) {
            Ok(document) => sink.document(document),
            Err((reason, detail)) => sink.fault(Fault {
                raw_offset: offset,
                ..fault(uri, reason, detail)
            }),
        }
    }

    fn document(
        &self,
        value: &Value,
        uri: &str,
        sequence: i64,
    ) -> Result<Document, (&'static str, String)> {
        let missing = |what: &str| (reason::EXTRACT_MISSING_FIELD, what.to_owned());
        let deposit = value.as_object().ok_or_else(|| missing("is no object"))?;
        let id = first(deposit, &["halId_s"]).ok_or_else(|| missing("has no `halId_s`"))?;
        let version = deposit
            .get("version_i")
            .and_then(Value::as_u64)
            .unwrap_or(1);
        let mut notice = notice(deposit);
        notice.keep_languages(&self.options.languages);
        if notice.texts.is_empty() {
            return Err((
                reason::EXTRACT_EMPTY,
                format!("{id}v{version} has no abstract"),
            ));
        }
        let key = Key::Declared(format!("{id}v{version}"));
        let digest: Digest = canonical_digest(value);
        let mut document = Document::new(key, String::new(), uri.to_owned(), digest);
        notice.fill(&mut document);
        document.genre = Some("research".to_owned());
        document.version_of = Some(id);
        let modified = first(deposit, &["modifiedDate_tdate", "modifiedDate_s"]);
        let modified = modified.unwrap_or_default();
        document.modified_on = Date::parse(&modified);
        document.raw_modified = seconds(&modified);
        document.sequence = match sequence {
            0 => stamp(&modified),
            sequence => sequence,
        };
        metadata(deposit, &mut document);
        Ok(document)
    }
}

fn notice(deposit: &Map<String, Value>) -> Notice {
    let mut notice = Notice {
        titles: by_language(deposit, "title_s"),
        languages: owned(texts(deposit, "language_s")),
        creators: owned(texts(deposit, "authFullName_s")),
        subjects: owned(texts(deposit, "keyword_s")),
        url: first(deposit, &["uri_s"]),
        published: first(
            deposit,
            &["publicationDate_s", "producedDate_s", "producedDate_tdate"],
        )
        .and_then(|date| Date::parse(&date)),
        rights: owned(texts(deposit, "licence_s")),
        ..Notice::default()
    };
    for said in by_language(deposit, "abstract_s") {
        let is_markup = said.text.contains(['<', '&']);
        let plain = is_markup
            .then(|| fragment_to_text(&said.text, 64))
            .flatten();
        notice.say(said.language, plain.as_deref().unwrap_or(&said.text));
    }
    notice
}

/// The values that are not empty, at most forty of them.
fn owned(texts: Vec<&str>) -> Vec<String> {
    let filled = texts.into_iter().filter(|text| !text.is_empty());
    filled.take(40).map(str::to_owned).collect()
}

fn metadata(deposit: &Map<String, Value>, document: &mut Document) {
    for (name, field) in [
        ("doc_type", "docType_s"),
        ("submit_type", "submitType_s"),
        ("open_access", "openAccess_bool"),
        ("files", "files_s"),
        ("domains", "domain_s"),
        ("doi", "doiId_s"),
        ("nnt", "nntId_s"),
    ] {
        if let Some(value) = deposit.get(field).filter(|value| !value.is_null()) {
            document.metadata.insert(name.to_owned(), value.clone());
        }
    }
}
