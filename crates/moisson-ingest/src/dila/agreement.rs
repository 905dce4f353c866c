//! `TEXTE_ACCO`: what is known of a company agreement. Its text lies in an office file beside the record.
//!
//! Names of negotiators and addresses are not copied.

use serde_json::Value;

use super::Record;
use super::fields::{all, date, put, url};
use crate::readers::file_stem;
use crate::xml::Xml;

/// Reads a `TEXTE_ACCO`; the root of `xml` is one. `None` if it has no id.
pub fn read(xml: &Xml<'_>, depth_max: u32) -> Option<Record> {
    let id = xml.value(0, &["META", "META_COMMUN", "ID"])?;
    let meta = xml.find(0, &["META", "META_SPEC", "META_ACCO"]);
    let value = |name: &str| meta.and_then(|meta| xml.value(meta, &[name]));
    let text = [
        &["TEXTE", "BLOC_TEXTUEL", "CONTENU"][..],
        &["BLOC_TEXTUEL", "CONTENU"],
    ];
    let text = text.iter().find_map(|path| xml.find(0, path));
    let mut record = Record {
        text: text
            .map(|node| xml.prose(node, depth_max))
            .unwrap_or_default(),
        title: value("TITRE_TXT"),
        url: url(&id, false),
        genre: Some("agreement"),
        published_on: date(value("DATE_DIFFUSION")).or_else(|| date(value("DATE_DEPOT"))),
        modified_on: date(value("DATE_MAJ")),
        version_from: date(value("DATE_EFFET")),
        version_to: date(value("DATE_FIN")),
        id,
        ..Record::default()
    };
    let metadata = &mut record.metadata;
    put(metadata, "number", value("NUMERO"));
    put(
        metadata,
        "nature",
        xml.value(0, &["META", "META_COMMUN", "NATURE"]),
    );
    put(metadata, "siret", value("SIRET"));
    put(metadata, "raison_sociale", value("RAISON_SOCIALE"));
    put(metadata, "code_ape", value("CODE_APE"));
    put(metadata, "idcc", value("CODE_IDCC"));
    put(metadata, "secteur", value("SECTEUR"));
    let signed_on = value("DATE_TEXTE").filter(|day| date(Some(day.clone())).is_some());
    put(metadata, "date_texte", signed_on);
    let themes = themes(xml, meta);
    if !themes.is_empty() {
        metadata.insert("themes".to_owned(), Value::Array(themes));
    }
    Some(record)
}

/// Name of the office file that holds the text, without folder and extension: the key of its document.
pub fn office_key(xml: &Xml<'_>) -> Option<String> {
    let path = ["META", "META_SPEC", "META_ACCO", "DOCUMENT_BUREAUTIQUE"];
    xml.value(0, &path).map(|path| file_stem(&path).to_owned())
}

fn themes(xml: &Xml<'_>, meta: Option<usize>) -> Vec<Value> {
    let Some(list) = meta.and_then(|meta| xml.find(meta, &["THEMES"])) else {
        return Vec::new();
    };
    all(xml, list, "LIBELLE")
        .into_iter()
        .map(Value::String)
        .collect()
}
