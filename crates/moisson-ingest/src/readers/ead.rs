//! The `ead` reader: finding aids of archives, EAD 2002 and EAD3.

use moisson_core::{Digest, Document, Fault, Key, Result, Sink, reason};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{About, Member, Reader, ReaderEntry, has_extension, options};
use crate::ead::{self, Header, Unit};
use crate::xml::Xml;
use crate::{encoding, record};

/// Its row in the table of readers.
pub const ENTRY: ReaderEntry = ReaderEntry {
    name: "ead",
    version: 1,
    doc: "finding aids of archives in EAD 2002 and EAD3, as one document each or one a component",
    about: About {
        source: "EAD 2002 and EAD3, https://www.loc.gov/ead/",
        document: "a finding aid, keyed by `eadid` or `recordid` (its path where it has none); with `unit = \"component\"` also each `c`, keyed by that and its `id` or number",
        text: "a line `cote — intitulé (dates)` for each unit in order, its extent on the next, then what describes it, a paragraph each: `scopecontent`, `bioghist`, `custodhist`, `acqinfo`, `arrangement`, `accessrestrict`, related material, notes; terms of `controlaccess` in one line. Links to images, locations and containers are left out",
        fields: &[
            (
                "title",
                "`titleproper` and `subtitle`; `unittitle` of a component",
            ),
            ("published_on", "`publicationstmt/date`"),
            ("modified_on", "the last `change`, `maintenanceevent`"),
            (
                "language_declared",
                "`langusage/language@langcode`, `languagedeclaration`",
            ),
            (
                "licence_declared",
                "`rightsdeclaration` and `userestrict`, verbatim and joined by ` ; `",
            ),
            ("producer", "`publisher`, `agencyname`, `repository`"),
            ("url", "`eadid@url`, `recordid@instanceurl`"),
            ("genre", "`archive-list`"),
            (
                "call_number, level, dates, origin",
                "`unitid`, `level`, `unitdate`, `origination` of the unit",
            ),
            ("components", "how many the finding aid has"),
            ("path", "titles of the units around a component"),
        ],
        defects: &[
            (
                "an overview (`analyticover`) beside the list in depth",
                "left out: it says the same",
            ),
            ("dates inside of the title", "not repeated after it"),
            (
                "a document type that declares entities",
                "`extract/malformed-xml`",
            ),
        ],
    },
    extensions: &["xml", "ead"],
    build: |value| {
        let options: Options = options::parse(ENTRY.name, value)?;
        Ok(Box::new(FindingAids { options }))
    },
    options_schema: options::schema::<Options>,
};

/// Options of the reader.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Options {
    /// What a document is: a `finding-aid`, or each `component` of one.
    unit: By,
}

/// What a document is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum By {
    /// The whole.
    #[default]
    FindingAid,
    /// Each unit of description.
    Component,
}

struct FindingAids {
    options: Options,
}

impl Reader for FindingAids {
    fn read(&self, mut member: Member<'_>, sink: &mut dyn Sink) -> Result<()> {
        let Some(whole) = record::whole(&mut member, sink)? else {
            return Ok(());
        };
        let decoded = encoding::decode(&whole.bytes, encoding::declared(&whole.bytes));
        let fault = |reason, detail| Fault::new(reason, member.uri, detail);
        let xml = match Xml::parse(&decoded.text, member.limits.depth_max) {
            Ok(xml) => xml,
            Err(detail) => return sink.fault(fault(reason::EXTRACT_MALFORMED_XML, detail)),
        };
        if xml.name(0) != "ead" {
            let detail = format!("root element `{}` is not `ead`", xml.name(0));
            return sink.fault(fault(reason::EXTRACT_MALFORMED_XML, detail));
        }
        let header = ead::header(&xml);
        let count = match self.options.unit {
            By::FindingAid => finding_aid(&xml, &header, &member, whole.digest, sink)?,
            By::Component => components(&xml, &header, &member, whole.digest, sink)?,
        };
        if count == 0 {
            return sink.fault(fault(reason::EXTRACT_EMPTY, "describes nothing".to_owned()));
        }
        Ok(())
    }

    fn wants(&self, uri: &str) -> bool {
        has_extension(uri, ENTRY.extensions)
    }
}

fn finding_aid(
    xml: &Xml<'_>,
    header: &Header,
    member: &Member<'_>,
    digest: Digest,
    sink: &mut dyn Sink,
) -> Result<usize> {
    let mut text = String::new();
    let mut follows_line = false;
    let mut whole = Unit::default();
    let mut components = 0_usize;
    for unit in ead::units(xml) {
        unit.write(&mut text, &mut follows_line);
        if unit.depth == 0 {
            whole = unit;
        } else {
            components += 1;
        }
    }
    if text.is_empty() {
        return Ok(0);
    }
    let mut document = document(header, member, digest);
    document.text = text;
    describe(&mut document, &whole);
    document
        .metadata
        .insert("components".to_owned(), components.into());
    sink.document(document)?;
    Ok(1)
}

fn components(
    xml: &Xml<'_>,
    header: &Header,
    member: &Member<'_>,
    digest: Digest,
    sink: &mut dyn Sink,
) -> Result<usize> {
    let header = &Header {
        title: header
            .title
            .as_deref()
            .map(|title| short(title, INHERITED_CHARS_MAX)),
        producer: header
            .producer
            .as_deref()
            .map(|producer| short(producer, INHERITED_CHARS_MAX)),
        licence: header
            .licence
            .as_deref()
            .map(|licence| short(licence, INHERITED_CHARS_MAX)),
        ..header.clone()
    };
    let mut count = 0;
    let mut above: Vec<String> = Vec::new();
    let mut licences: Vec<Option<String>> = Vec::new();
    for (number, unit) in ead::units(xml).enumerate() {
        above.truncate(unit.depth);
        licences.truncate(unit.depth);
        // What holds for a unit holds for those in it that say nothing else.
        let inherited = licences
            .last()
            .cloned()
            .unwrap_or_else(|| header.licence.clone());
        let licence = if unit.depth > 0 {
            unit.licence.clone().or(inherited)
        } else {
            header.licence.clone()
        };
        let mut text = String::new();
        unit.write(&mut text, &mut false);
        if !text.is_empty() {
            let mut document = document(header, member, digest);
            document.text = text;
            document.licence_declared.clone_from(&licence);
            if unit.depth > 0 {
                let name = unit.id.clone().unwrap_or_else(|| number.to_string());
                document.key = Key::Declared(format!("{}/{name}", document.key_text()));
                document.title.clone_from(&unit.title);
                let path: Vec<&str> = above
                    .iter()
                    .rev()
                    .take(8)
                    .rev()
                    .map(String::as_str)
                    .filter(|t| !t.is_empty())
                    .collect();
                document
                    .metadata
                    .insert("path".to_owned(), path.join(" > ").into());
            }
            describe(&mut document, &unit);
            sink.document(document)?;
            count += 1;
        }
        above.push(short(unit.title.as_deref().unwrap_or_default(), 120));
        licences.push(licence.map(|licence| short(&licence, INHERITED_CHARS_MAX)));
    }
    Ok(count)
}

/// What every component carries must not be longer than names and statements are.
const INHERITED_CHARS_MAX: usize = 2000;

fn short(text: &str, chars_max: usize) -> String {
    text.chars().take(chars_max).collect()
}

fn document(header: &Header, member: &Member<'_>, digest: Digest) -> Document {
    let key = match &header.id {
        Some(id) => Key::Declared(id.clone()),
        None => Key::Path(member.uri.to_owned()),
    };
    let mut document = member.document(key, String::new(), digest);
    document.title.clone_from(&header.title);
    document.url.clone_from(&header.url);
    document.producer.clone_from(&header.producer);
    document.published_on = header.published_on;
    document.modified_on = header.modified_on;
    document.language_declared.clone_from(&header.language);
    document.licence_declared.clone_from(&header.licence);
    document.genre = Some("archive-list".to_owned());
    document
}

fn describe(document: &mut Document, unit: &Unit) {
    let values = [
        ("call_number", &unit.call_number),
        ("level", &unit.level),
        ("dates", &unit.dates),
        ("origin", &unit.origin),
    ];
    for (name, value) in values {
        if let Some(value) = value {
            document
                .metadata
                .insert(name.to_owned(), value.as_str().into());
        }
    }
}
