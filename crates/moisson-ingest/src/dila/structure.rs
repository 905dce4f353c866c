//! `TEXTELR` and `SECTION_TA`: which articles and sections make up a text, in their order.

use moisson_core::{Date, Entry};

use super::fields::heading;
use crate::xml::Xml;

/// A table of contents: of a text, or of one of its sections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Structure {
    /// `LEGITEXT…` or `LEGISCTA…`.
    pub key: String,
    /// Its articles and sections, in order.
    pub entries: Vec<Entry>,
}

/// Reads a `TEXTELR` or a `SECTION_TA`, whichever the root of `xml` is. `None` if it has no id.
pub fn read(xml: &Xml<'_>) -> Option<Structure> {
    let (key, list) = match xml.name(0) {
        "SECTION_TA" => (xml.value(0, &["ID"]), xml.find(0, &["STRUCTURE_TA"])),
        _ => (
            xml.value(0, &["META", "META_COMMUN", "ID"]),
            xml.find(0, &["STRUCT"]),
        ),
    };
    let entries = list.map(|list| entries(xml, list)).unwrap_or_default();
    Some(Structure { key: key?, entries })
}

fn entries(xml: &Xml<'_>, list: usize) -> Vec<Entry> {
    let level = |link: usize| {
        xml.attribute(link, "niv")
            .and_then(|level| level.parse::<u32>().ok())
    };
    // Sections list their own sections: deeper ones, where a text names them as well, are theirs.
    let outermost = xml.children(list).filter_map(level).min();
    xml.children(list)
        .filter(|link| level(*link).is_none_or(|level| Some(level) == outermost))
        .filter_map(|link| entry(xml, link))
        .collect()
}

fn entry(xml: &Xml<'_>, link: usize) -> Option<Entry> {
    let heading = match xml.name(link) {
        "LIEN_SECTION_TA" => xml.text(link),
        "LIEN_ART" => xml.attribute(link, "num").map(|number| heading(&number)),
        _ => return None,
    };
    let day = |name: &str| xml.attribute(link, name);
    Some(Entry {
        key: xml.attribute(link, "id")?,
        heading,
        from: day("debut").and_then(|day| first_day(&day)),
        to: day("fin").and_then(|day| super::fields::date(Some(day))),
    })
}

/// First day of an entry. `2999-01-01` says nothing (JORF has no versions); `2222-02-22` is a day not fixed yet, which
/// has not come.
fn first_day(day: &str) -> Option<Date> {
    (!day.starts_with("2999"))
        .then(|| Date::parse(day))
        .flatten()
}
