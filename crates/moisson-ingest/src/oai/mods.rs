//! MODS, as far as a notice needs it.

use moisson_core::Date;

use super::dublin_core::prose;
use super::notice::{Notice, Said, add};
use crate::xml::Xml;

/// Reads what is below `root`, but not what is said of the work around it.
pub(super) fn read(xml: &Xml<'_>, root: usize, text: &[String], depth_max: u32) -> Notice {
    let mut notice = Notice::default();
    let entry = match xml.name(root) {
        "modsCollection" => xml.children(root).next().unwrap_or(root),
        _ => root,
    };
    for node in xml.children(entry) {
        let name = xml.name(node);
        if text.iter().any(|wanted| wanted == name) {
            notice.say(xml.attribute(node, "lang"), &prose(xml, node, depth_max));
        }
        match name {
            "titleInfo" if xml.attribute(node, "type").is_none() => {
                if let Some(text) = xml.value(node, &["title"]) {
                    let language = xml.attribute(node, "lang");
                    notice.titles.push(Said { language, text });
                }
            }
            "name" => {
                let parts: Vec<String> = xml
                    .children(node)
                    .filter(|part| xml.name(*part) == "namePart")
                    .filter_map(|part| xml.text(part))
                    .collect();
                add(&mut notice.creators, parts.join(" "));
            }
            "language" => {
                add(
                    &mut notice.languages,
                    xml.value(node, &["languageTerm"]).unwrap_or_default(),
                );
            }
            "subject" => add(&mut notice.subjects, xml.text(node).unwrap_or_default()),
            "genre" | "typeOfResource" => {
                add(&mut notice.types, xml.text(node).unwrap_or_default());
            }
            "identifier" => notice.identify(xml.text(node).unwrap_or_default()),
            "location" => {
                if let Some(url) = xml.value(node, &["url"]) {
                    notice.url.get_or_insert(url);
                }
            }
            "accessCondition" => {
                if let Some(value) = xml.attribute(node, "href").or_else(|| xml.text(node)) {
                    notice.grant(value);
                }
            }
            "originInfo" => {
                let date = |name| xml.value(node, &[name]).and_then(|date| Date::parse(&date));
                notice.published = notice.published.or_else(|| date("dateIssued"));
                notice.published = notice.published.or_else(|| date("dateCreated"));
                add(
                    &mut notice.publishers,
                    xml.value(node, &["publisher"]).unwrap_or_default(),
                );
            }
            _ => {}
        }
    }
    notice
}
