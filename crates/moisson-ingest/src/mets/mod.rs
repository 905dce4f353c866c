//! METS: which pages make up an issue or a book, in which order, and what it is called.
//!
//! Sources: the METS and MODS schemas of the Library of Congress, <https://www.loc.gov/standards/mets/>, and the domain
//! notes, section 5.5.

mod description;
mod pages;
#[cfg(test)]
mod tests;

use moisson_core::{Contents, Digest, Document, Entry, Key};

use crate::alto::uri;
use crate::xml::Xml;

/// Returns the table of contents that a METS file is, or `None` if it refers to no ALTO file.
pub fn contents(xml: &Xml<'_>, place: &str, digest: Digest) -> Option<Contents> {
    let keys = pages::keys(xml, place);
    if keys.is_empty() {
        return None;
    }
    let described = description::read(xml);
    let mut key = described.ark.clone().unwrap_or_else(|| {
        let id = xml.attribute(0, "OBJID").filter(|id| id.len() > 2);
        id.unwrap_or_else(|| uri::issue_key(place))
    });
    if keys.contains(&key) {
        key.push_str("/mets");
    }
    let mut whole = Document::new(
        Key::Declared(key.clone()),
        String::new(),
        place.to_owned(),
        digest,
    );
    description::fill(&mut whole, described);
    whole.metadata.insert("pages".to_owned(), keys.len().into());
    let entries = keys
        .into_iter()
        .map(|key| Entry {
            key,
            ..Entry::default()
        })
        .collect();
    Some(Contents {
        key,
        whole: Some(Box::new(whole)),
        entries,
        raw_uri: place.to_owned(),
        sequence: 0,
    })
}
