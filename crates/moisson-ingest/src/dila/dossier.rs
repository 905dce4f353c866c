//! `DOSSIER_LEGISLATIF`: the file of a law. Of its parts only the statement of reasons is prose; the rest is links.

use super::Record;
use super::fields::{date, put, put_list, url};
use crate::xml::Xml;

/// Reads a `DOSSIER_LEGISLATIF`; the root of `xml` is one. `None` if it has no id.
pub fn read(xml: &Xml<'_>, depth_max: u32) -> Option<Record> {
    let id = xml.value(0, &["META", "META_COMMUN", "ID"])?;
    let meta = xml.find(0, &["META", "META_DOSSIER_LEGISLATIF"]);
    let value = |path: &[&str]| meta.and_then(|meta| xml.value(meta, path));
    let reasons = xml.find(0, &["CONTENU", "EXPOSE_MOTIF"]);
    let mut record = Record {
        text: reasons
            .map(|node| xml.prose(node, depth_max))
            .unwrap_or_default(),
        title: value(&["TITRE"]),
        url: url(&id, false),
        genre: Some("legislative-file"),
        published_on: date(value(&["DATE_CREATION"])),
        modified_on: date(value(&["DATE_DERNIERE_MODIFICATION"])),
        id,
        ..Record::default()
    };
    let metadata = &mut record.metadata;
    put(metadata, "type", value(&["TYPE"]));
    let legislature = value(&["LEGISLATURE", "NUMERO"]);
    put(metadata, "legislature", legislature);
    let texts = (1..=5).filter_map(|number| value(&[&format!("ID_TEXTE_{number}")]));
    put_list(metadata, "textes", texts.collect());
    Some(record)
}
