//! Records of OAI-PMH 2.0: their header, and notices in Dublin Core, MODS and the TEI of HAL.

mod dublin_core;
mod hal_tei;
mod mods;
mod notice;
pub(crate) mod repair;
#[cfg(test)]
mod tests;

pub(crate) use notice::{Notice, Said};

use crate::xml::Xml;

/// A record: what it is named, and what it says.
#[derive(Debug)]
pub(crate) struct Record {
    /// `header/identifier`.
    pub(crate) identifier: String,
    /// `header/datestamp`.
    pub(crate) datestamp: Option<String>,
    /// `header/setSpec`.
    pub(crate) sets: Vec<String>,
    /// The notice; `None` for a record that its repository deleted.
    pub(crate) notice: Option<Notice>,
}

/// Reads a `record` element. `text` names the elements whose content is the text of a document.
pub(crate) fn record(xml: &Xml<'_>, text: &[String], depth_max: u32) -> Result<Record, String> {
    let header = xml.find(0, &["header"]).ok_or("has no header")?;
    let identifier = xml
        .value(header, &["identifier"])
        .ok_or("has no header/identifier")?;
    let is_deleted = xml.attribute(header, "status").as_deref() == Some("deleted");
    let sets = xml
        .children(header)
        .filter(|node| xml.name(*node) == "setSpec")
        .filter_map(|node| xml.text(node));
    let metadata = xml.find(0, &["metadata"]);
    Ok(Record {
        datestamp: xml.value(header, &["datestamp"]),
        sets: sets.collect(),
        notice: (!is_deleted).then(|| {
            metadata.map_or_else(Notice::default, |metadata| {
                notice(xml, metadata, text, depth_max)
            })
        }),
        identifier,
    })
}

fn notice(xml: &Xml<'_>, metadata: usize, text: &[String], depth_max: u32) -> Notice {
    let root = xml.children(metadata).next();
    match root.map(|root| (xml.name(root), root)) {
        Some(("TEI", root)) => hal_tei::read(xml, root, text, depth_max),
        Some(("mods" | "modsCollection", root)) => mods::read(xml, root, text, depth_max),
        Some((_, root)) => dublin_core::read(xml, root, text, depth_max),
        None => Notice::default(),
    }
}

/// Order in time of a harvested page: `YYYYMMDDhhmmss` at the beginning of its name, else 0.
pub(crate) fn page_sequence(name: &str) -> i64 {
    let name = name.rsplit(['/', '!']).next().unwrap_or(name);
    let digits = name.bytes().take_while(u8::is_ascii_digit).count();
    let stamp = name.get(..digits).filter(|stamp| stamp.len() == 14);
    stamp
        .and_then(|stamp| stamp.parse().ok())
        .unwrap_or_default()
}

/// `YYYYMMDDhhmmss` of a date as OAI-PMH and Solr write it; what it does not say is 0.
pub(crate) fn stamp(date: &str) -> i64 {
    let digits: Vec<u8> = date.bytes().filter(u8::is_ascii_digit).take(14).collect();
    if !matches!(digits.len(), 8 | 14) {
        return 0;
    }
    let number = |digits: &[u8]| {
        digits
            .iter()
            .fold(0, |n, digit| n * 10 + i64::from(digit - b'0'))
    };
    number(&digits) * if digits.len() == 8 { 1_000_000 } else { 1 }
}

/// Seconds since 1970 of a date as OAI-PMH writes it, in UTC.
pub(crate) fn seconds(date: &str) -> Option<i64> {
    let stamp = Some(stamp(date)).filter(|stamp| *stamp > 0)?;
    let day = moisson_core::Date::parse(&(stamp / 1_000_000).to_string())?;
    let (hours, minutes, seconds) = (stamp / 10_000 % 100, stamp / 100 % 100, stamp % 100);
    Some(i64::from(day.0) * 86_400 + hours * 3600 + minutes * 60 + seconds)
}

/// The name without its version of a deposit in HAL, `hal-01234567v2`; `None` for other names.
pub(crate) fn without_version(identifier: &str) -> Option<&str> {
    let (name, version) = identifier.rsplit_once('v')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let digits = name.rsplit_once(['-', '_'])?.1;
    (is_number(version) && is_number(digits) && digits.len() >= 5).then_some(name)
}
