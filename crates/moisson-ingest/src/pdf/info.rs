//! What a PDF says of itself: document information, catalog, XMP.

use hayro_interpret::hayro_syntax::Pdf;
use hayro_interpret::hayro_syntax::object::{DateTime, Dict, Stream, String as PdfString};
use moisson_core::{Date, Limits};
use moisson_rights::optout::{Kind, Mark, Seen};

use super::bounds::Budget;
use crate::encoding;
use crate::xml::Xml;

/// What a PDF says of itself.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Info {
    /// `Title`.
    pub(crate) title: Option<String>,
    /// `Subject`.
    pub(crate) subject: Option<String>,
    /// `Keywords`.
    pub(crate) keywords: Option<String>,
    /// `Lang` of the catalog.
    pub(crate) language: Option<String>,
    /// Statements of rights in XMP.
    pub(crate) licence: Option<String>,
    /// `tdm:reservation` and `tdm:policy` in XMP.
    pub(crate) optout: Seen,
    /// `CreationDate`.
    pub(crate) created: Option<Date>,
    /// `ModDate`.
    pub(crate) modified: Option<Date>,
}

/// Reads all of it; what is not there or broken is `None`.
pub(super) fn read(pdf: &Pdf, budget: &mut Budget, limits: &Limits) -> Info {
    let metadata = pdf.metadata();
    let text = |bytes: &Option<Box<[u8]>>| text_of(bytes.as_deref()?);
    let catalog = pdf.xref().get::<Dict<'_>>(pdf.xref().root_id());
    let catalog = catalog.unwrap_or_default();
    let language = catalog
        .get::<PdfString<'_>>("Lang")
        .and_then(|lang| text_of(lang.as_bytes()));
    let (licence, optout) = xmp(&catalog, budget, limits).unwrap_or_default();
    Info {
        title: text(&metadata.title),
        subject: text(&metadata.subject),
        keywords: text(&metadata.keywords),
        language,
        licence,
        optout,
        created: metadata.creation_date.and_then(date),
        modified: metadata.modification_date.and_then(date),
    }
}

fn date(date: DateTime) -> Option<Date> {
    Date::from_ymd(
        i32::from(date.year),
        u32::from(date.month),
        u32::from(date.day),
    )
}

/// A text string (7.9.2.2): UTF-16 or UTF-8 by its mark, else `PDFDocEncoding`. White space is collapsed.
fn text_of(bytes: &[u8]) -> Option<String> {
    let text = match bytes {
        [0xfe, 0xff, ..] | [0xff, 0xfe, ..] | [0xef, 0xbb, 0xbf, ..] => {
            encoding::decode(bytes, None).text.into_owned()
        }
        // Some producers write UTF-8 without saying so.
        _ if !bytes.is_ascii() && std::str::from_utf8(bytes).is_ok() => {
            String::from_utf8_lossy(bytes).into_owned()
        }
        _ => bytes.iter().map(|byte| pdf_doc_encoding(*byte)).collect(),
    };
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    (!words.is_empty()).then(|| words.join(" "))
}

fn pdf_doc_encoding(byte: u8) -> char {
    const TABLE: [char; 33] = [
        '•', '†', '‡', '…', '—', '–', 'ƒ', '⁄', '‹', '›', '−', '‰', '„', '“', '”', '‘', '’', '‚',
        '™', 'ﬁ', 'ﬂ', 'Ł', 'Œ', 'Š', 'Ÿ', 'Ž', 'ı', 'ł', 'œ', 'š', 'ž', '\u{fffd}', '€',
    ];
    match byte {
        0x80..=0xa0 => TABLE
            .get(usize::from(byte - 0x80))
            .copied()
            .unwrap_or('\u{fffd}'),
        other => char::from(other),
    }
}

/// What the XMP packet states: the licence by `xmpRights:WebStatement`, `cc:license`, `dc:rights`, and `tdm:reservation`
/// with `tdm:policy` (`http://www.w3.org/ns/tdmrep/`), as elements or as attributes of their description.
fn xmp(catalog: &Dict<'_>, budget: &mut Budget, limits: &Limits) -> Option<(Option<String>, Seen)> {
    let stream = catalog.get::<Stream<'_>>("Metadata")?;
    budget.content(&stream).ok()?;
    let bytes = stream.decoded_data().ok()?;
    let decoded = encoding::decode(&bytes, encoding::declared(&bytes));
    // Packets are padded, and some have a byte-order mark inside of their opening instruction.
    let packet = decoded.text.trim().trim_end_matches('\0');
    let xml = Xml::parse(packet, limits.depth_max).ok()?;
    let mut found: Vec<String> = Vec::new();
    let (mut reservation, mut policy) = (None, None);
    for node in 0..xml.end(0) {
        let name = xml.name(node);
        let resource = || xml.attribute(node, "resource").or_else(|| xml.text(node));
        let statement = match name {
            "WebStatement" | "license" => resource(),
            "rights" => xml.text(node),
            "Description" => xml
                .attribute(node, "WebStatement")
                .or_else(|| xml.attribute(node, "license")),
            _ => None,
        };
        found.extend(statement.filter(|statement| !found.contains(statement)));
        match name {
            "reservation" => reservation = reservation.or_else(|| xml.text(node)),
            "policy" => policy = policy.or_else(resource),
            "Description" => {
                reservation = reservation.or_else(|| xml.attribute(node, "reservation"));
                policy = policy.or_else(|| xml.attribute(node, "policy"));
            }
            _ => {}
        }
    }
    let mut seen = Seen::default();
    // A `policy` without reservation is of something else: names are read without their namespaces.
    if let Some(reservation) = reservation {
        seen.add(Mark::new(Kind::TdmrepPdf, reservation.trim()));
        if let Some(policy) = policy {
            seen.add(Mark::new(Kind::TdmPolicy, policy.trim()));
        }
    }
    Some(((!found.is_empty()).then(|| found.join(" ; ")), seen))
}
