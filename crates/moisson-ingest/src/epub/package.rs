//! Container, package document and encryption, EPUB 3.3 and OPF 2.0.1.

use std::collections::{BTreeSet, HashMap};

use moisson_core::Date;
use moisson_rights::optout::{Kind, Mark, Seen};

use super::Refusal;
use super::archive::Archive;
use crate::encoding;
use crate::xml::Xml;

/// What the package says of its book.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Metadata {
    /// `dc:title`.
    pub(crate) title: Option<String>,
    /// `dc:creator`, in order.
    pub(crate) creators: Vec<String>,
    /// `dc:language`.
    pub(crate) language: Option<String>,
    /// The unique identifier, else the first.
    pub(crate) identifier: Option<String>,
    /// `dc:publisher`.
    pub(crate) publisher: Option<String>,
    /// `dc:date` of publication.
    pub(crate) published: Option<Date>,
    /// `dcterms:modified`.
    pub(crate) modified: Option<Date>,
    /// `dc:rights`, `dcterms:license`, `cc:license`.
    pub(crate) rights: Vec<String>,
    /// `dc:subject`, in order.
    pub(crate) subjects: Vec<String>,
    /// `tdm:reservation` and `tdm:policy`.
    pub(crate) optout: Seen,
}

/// A package that could be read.
#[derive(Debug)]
pub(super) struct Package {
    pub(super) metadata: Metadata,
    /// Names in the archive of the documents to read, in order.
    pub(super) spine: Vec<String>,
}

/// Reads the package, or says why it cannot be followed.
pub(super) fn read(
    archive: &mut Archive<'_>,
    depth_max: u32,
) -> Result<Result<Package, String>, Refusal> {
    let container = archive.read("META-INF/container.xml")?;
    let declared = container
        .as_deref()
        .and_then(|bytes| root_file(bytes, depth_max));
    // Containers are lost more often than packages.
    let Some(path) = declared.or_else(|| archive.ending_in(".opf")) else {
        return Ok(Err("there is no package document".to_owned()));
    };
    let Some(bytes) = archive.read(&path)? else {
        return Ok(Err(format!("the package document `{path}` is missing")));
    };
    let text = encoding::decode(&bytes, encoding::declared(&bytes)).text;
    let xml = match Xml::parse(text.trim_start(), depth_max) {
        Ok(xml) => xml,
        Err(error) => return Ok(Err(format!("the package document {error}"))),
    };
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let package = Package {
        metadata: metadata(&xml),
        spine: spine(&xml, folder),
    };
    if package.spine.is_empty() {
        return Ok(Err("the package document names nothing to read".to_owned()));
    }
    Ok(Ok(package))
}

fn root_file(bytes: &[u8], depth_max: u32) -> Option<String> {
    let text = encoding::decode(bytes, encoding::declared(bytes)).text;
    let xml = Xml::parse(text.trim_start(), depth_max).ok()?;
    let file = xml.descendants(0, "rootfile").next()?;
    xml.attribute(file, "full-path")
}

fn metadata(xml: &Xml<'_>) -> Metadata {
    let mut found = Metadata::default();
    let unique = xml.attribute(0, "unique-identifier");
    let mut unique_value = None;
    // EPUB 2 may hold them one level deeper, in `dc-metadata`.
    let Some(block) = xml.find(0, &["metadata"]) else {
        return found;
    };
    for node in block + 1..xml.end(block) {
        let name = xml.name(node);
        if name.is_empty() {
            continue;
        }
        let value = || xml.text(node);
        match name {
            "title" => found.title = found.title.take().or_else(value),
            "creator" => found.creators.extend(value()),
            "language" => found.language = found.language.take().or_else(value),
            "publisher" => found.publisher = found.publisher.take().or_else(value),
            "subject" => found.subjects.extend(value()),
            "rights" => found.rights.extend(value()),
            "identifier" => {
                if unique.is_some() && xml.attribute(node, "id") == unique {
                    unique_value = value();
                }
                found.identifier = found.identifier.take().or_else(value);
            }
            "date" => {
                let date = value().as_deref().and_then(Date::parse);
                match xml.attribute(node, "event").as_deref() {
                    Some("modification") => found.modified = found.modified.or(date),
                    None | Some("publication" | "original-publication") => {
                        found.published = found.published.or(date);
                    }
                    Some(_) => {}
                }
            }
            "meta" => match xml.attribute(node, "property").as_deref() {
                Some("dcterms:modified") => {
                    found.modified = value().as_deref().and_then(Date::parse).or(found.modified);
                }
                Some("dcterms:license" | "dcterms:rights" | "cc:license") => {
                    found.rights.extend(value());
                }
                Some(property) => optout(&mut found.optout, property, value()),
                None => {
                    let name = xml.attribute(node, "name").unwrap_or_default();
                    optout(&mut found.optout, &name, xml.attribute(node, "content"));
                }
            },
            "link"
                if xml
                    .attribute(node, "rel")
                    .is_some_and(|rel| rel.ends_with("license")) =>
            {
                found.rights.extend(xml.attribute(node, "href"));
            }
            _ => {}
        }
    }
    found.identifier = unique_value.or(found.identifier);
    found
}

/// `TDMRep` in a package: a `meta` named so in EPUB 2, with such a property in EPUB 3.
fn optout(seen: &mut Seen, name: &str, value: Option<String>) {
    let kind = match name {
        "tdm:reservation" => Kind::TdmrepEpub,
        "tdm:policy" => Kind::TdmPolicy,
        _ => return,
    };
    if let Some(value) = value {
        seen.add(Mark::new(kind, value.trim()));
    }
}

/// Names of the documents of the spine: those that are linear, no navigation, no cover.
fn spine(xml: &Xml<'_>, folder: &str) -> Vec<String> {
    let mut items = HashMap::new();
    for node in xml.descendants(0, "item") {
        let (Some(id), Some(href)) = (xml.attribute(node, "id"), xml.attribute(node, "href"))
        else {
            continue;
        };
        let kind = xml.attribute(node, "media-type").unwrap_or_default();
        let properties = xml.attribute(node, "properties").unwrap_or_default();
        let is_text = kind.is_empty() || kind.contains("html") || kind.contains("dtbook");
        let is_nav = properties
            .split_whitespace()
            .any(|property| property == "nav" || property == "cover-image");
        if is_text && !is_nav {
            items.insert(id, resolved(folder, &href));
        }
    }
    let apparatus: BTreeSet<String> = xml
        .descendants(0, "reference")
        .filter(|node| {
            let kind = xml.attribute(*node, "type").unwrap_or_default();
            matches!(kind.as_str(), "toc" | "cover" | "index" | "loi" | "lot")
        })
        .filter_map(|node| xml.attribute(node, "href"))
        .map(|href| resolved(folder, &href))
        .collect();
    let mut seen = BTreeSet::new();
    xml.descendants(0, "itemref")
        .filter(|node| xml.attribute(*node, "linear").as_deref() != Some("no"))
        .filter_map(|node| items.get(&xml.attribute(node, "idref")?).cloned())
        .filter(|path| !apparatus.contains(path) && seen.insert(path.clone()))
        .collect()
}

/// The name in the archive of what a document of `folder` refers to.
pub(super) fn resolved(folder: &str, href: &str) -> String {
    let href = href.split('#').next().unwrap_or(href).replace('\\', "/");
    let decoded = percent_decoded(&href);
    let mut parts: Vec<&str> = if decoded.starts_with('/') {
        Vec::new()
    } else {
        folder.split('/').filter(|part| !part.is_empty()).collect()
    };
    for part in decoded.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let code = (*first == b'%')
            .then(|| std::str::from_utf8(tail.get(..2)?).ok())
            .flatten()
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match code {
            Some(code) => {
                bytes.push(code);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// Obfuscation of fonts, which is no encryption of the text.
const OBFUSCATIONS: &[&str] = &[
    "http://www.idpf.org/2008/embedding",
    "http://ns.adobe.com/pdf/enc#RC",
];

/// Names of members that `META-INF/encryption.xml` says are encrypted.
pub(super) fn encrypted(
    archive: &mut Archive<'_>,
    depth_max: u32,
) -> Result<BTreeSet<String>, Refusal> {
    let Some(bytes) = archive.read("META-INF/encryption.xml")? else {
        return Ok(BTreeSet::new());
    };
    let text = encoding::decode(&bytes, encoding::declared(&bytes)).text;
    let Ok(xml) = Xml::parse(text.trim_start(), depth_max) else {
        return Ok(BTreeSet::new());
    };
    let is_encryption = |node: &usize| {
        let method = xml
            .find(*node, &["EncryptionMethod"])
            .and_then(|method| xml.attribute(method, "Algorithm"));
        !method.is_some_and(|method| OBFUSCATIONS.contains(&method.as_str()))
    };
    Ok(xml
        .descendants(0, "EncryptedData")
        .filter(is_encryption)
        .filter_map(|node| xml.find(node, &["CipherData", "CipherReference"]))
        .filter_map(|node| xml.attribute(node, "URI"))
        .map(|uri| resolved("", &uri))
        .collect())
}
