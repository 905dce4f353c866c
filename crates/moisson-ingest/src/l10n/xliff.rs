//! XLIFF 1.2 and 2.0 (OASIS): the targets.

use super::Strings;
use crate::xml::Xml;

/// Elements whose content is markup of the original format, not text.
const CODE: &[&str] = &["bpt", "ept", "it", "bx", "ex", "sc", "ec", "cp"];
/// States of a target that nobody has translated yet.
const UNTRANSLATED: &[&str] = &[
    "new",
    "needs-translation",
    "needs-l10n",
    "needs-adaptation",
    "initial",
];

/// Reads the targets of all files in the document.
pub(super) fn read(text: &str, depth_max: u32) -> Result<Strings, String> {
    let xml = Xml::parse(text, depth_max)?;
    if xml.name(0) != "xliff" {
        return Err(format!("root element `{}` is not `xliff`", xml.name(0)));
    }
    let mut strings = Strings {
        language: xml.attribute(0, "trgLang"),
        source_language: xml.attribute(0, "srcLang"),
        ..Strings::default()
    };
    for node in 0..xml.end(0) {
        match xml.name(node) {
            "file" => {
                let (target, source) = (
                    xml.attribute(node, "target-language"),
                    xml.attribute(node, "source-language"),
                );
                strings.language = strings.language.take().or(target);
                strings.source_language = strings.source_language.take().or(source);
            }
            // Proposals of a memory are no translation of the file.
            "target" if xml.name(xml.parent(node)) != "alt-trans" => {
                let state = xml
                    .attribute(node, "state")
                    .or_else(|| xml.attribute(xml.parent(node), "state"));
                if !state.is_some_and(|state| UNTRANSLATED.contains(&state.as_str())) {
                    strings.push(&text_of(&xml, node));
                }
            }
            _ => {}
        }
    }
    Ok(strings)
}

fn text_of(xml: &Xml<'_>, target: usize) -> String {
    let mut text = String::new();
    let mut at = target + 1;
    while at < xml.end(target) {
        if CODE.contains(&xml.name(at)) {
            at = xml.end(at);
            continue;
        }
        // What a program fills in stays, as it does in the other formats.
        if matches!(xml.name(at), "x" | "ph") && xml.end(at) == at + 1 {
            let shown = xml
                .attribute(at, "equiv-text")
                .or_else(|| xml.attribute(at, "equiv"));
            let id = || xml.attribute(at, "id").unwrap_or_default();
            text.push_str(&shown.unwrap_or_else(|| format!("{{ {} }}", id())));
        }
        text.push_str(xml.run(at));
        at += 1;
    }
    text
}
