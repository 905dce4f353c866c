//! Units of description: the whole (`archdesc`) and its components (`c`, `c01` to `c12`), each with its own text.

use super::header::user_restrictions;
use super::prose;
use crate::xml::Xml;

/// A unit of description.
#[derive(Debug, Default, PartialEq)]
pub struct Unit {
    /// `id` of the component; empty for the whole.
    pub id: Option<String>,
    /// `level`, or `otherlevel`.
    pub level: Option<String>,
    /// Number of components around it, the whole not counted; 0 for the whole.
    pub depth: usize,
    /// Call number.
    pub call_number: Option<String>,
    /// Title.
    pub title: Option<String>,
    /// Dates of what is described, as written.
    pub dates: Option<String>,
    /// Extent and form, as written.
    pub extent: Option<String>,
    /// Who made or collected it.
    pub origin: Option<String>,
    /// Description, a paragraph each.
    pub paragraphs: Vec<String>,
    /// Terms of use of this unit alone.
    pub licence: Option<String>,
}

/// Returns the whole and its components, in the order of the finding aid.
pub fn units<'x>(xml: &'x Xml<'x>) -> impl Iterator<Item = Unit> + 'x {
    let archdesc = xml.find(0, &["archdesc"]);
    let lists: Vec<usize> = archdesc
        .into_iter()
        .flat_map(|node| xml.children(node).filter(|child| xml.name(*child) == "dsc"))
        .collect();
    // An overview repeats the upper levels of the list in depth.
    let is_overview = |list: usize| xml.attribute(list, "type").as_deref() == Some("analyticover");
    let skips_overview = lists.len() > 1 && !lists.iter().all(|list| is_overview(*list));
    let whole = archdesc.map(|node| unit(xml, node, 0));
    let components = lists
        .into_iter()
        .filter(move |list| !(skips_overview && is_overview(*list)))
        .flat_map(move |list| components(xml, list));
    whole.into_iter().chain(components)
}

fn components<'x>(xml: &'x Xml<'x>, list: usize) -> impl Iterator<Item = Unit> + 'x {
    let mut ends: Vec<usize> = Vec::new();
    (list + 1..xml.end(list))
        .filter(move |node| is_component(xml.name(*node)))
        .map(move |node| {
            while ends.pop_if(|end| *end <= node).is_some() {}
            ends.push(xml.end(node));
            unit(xml, node, ends.len())
        })
}

fn is_component(name: &str) -> bool {
    let digits = name.strip_prefix('c');
    digits.is_some_and(|digits| {
        digits.is_empty() || digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit())
    })
}

fn unit(xml: &Xml<'_>, node: usize, depth: usize) -> Unit {
    let level = xml.attribute(node, "level");
    let is_other = level.as_deref() == Some("otherlevel");
    let mut unit = Unit {
        id: xml.attribute(node, "id"),
        level: if is_other {
            xml.attribute(node, "otherlevel").or(level)
        } else {
            level
        },
        depth,
        ..Unit::default()
    };
    if let Some(did) = xml.find(node, &["did"]) {
        identify(xml, did, &mut unit);
    }
    for child in xml.children(node) {
        if xml.name(child) == "descgrp" {
            for grouped in xml.children(child) {
                describe(xml, grouped, &mut unit);
            }
        } else {
            describe(xml, child, &mut unit);
        }
    }
    let restrictions = user_restrictions(xml, node);
    unit.licence = (!restrictions.is_empty()).then(|| restrictions.join(" ; "));
    unit
}

/// Reads `did`: what the unit is called.
fn identify(xml: &Xml<'_>, did: usize, unit: &mut Unit) {
    let mut dates: Vec<String> = Vec::new();
    let mut extents: Vec<String> = Vec::new();
    let mut origins: Vec<String> = Vec::new();
    for child in xml.children(did) {
        match xml.name(child) {
            "unitid" => {
                let is_call_number = xml
                    .attribute(child, "type")
                    .is_some_and(|kind| kind.starts_with("cote"));
                if unit.call_number.is_none() || is_call_number {
                    unit.call_number = xml.text(child).or_else(|| unit.call_number.take());
                }
            }
            "unittitle" if unit.title.is_none() => unit.title = xml.text(child),
            "unitdate" => dates.extend(xml.text(child)),
            "unitdatestructured" => dates.extend(structured_date(xml, child)),
            "physdesc" => extents.extend(spaced(xml, child)),
            "physdescstructured" => extents.extend(structured_extent(xml, child)),
            "physdescset" => {
                let set = xml
                    .children(child)
                    .filter(|part| xml.name(*part) == "physdescstructured");
                extents.extend(set.filter_map(|part| structured_extent(xml, part)));
            }
            "origination" => origins.extend(spaced(xml, child)),
            "abstract" => unit.paragraphs.extend(xml.text(child)),
            "note" | "didnote" => unit.paragraphs.extend(prose::paragraphs(xml, child)),
            _ => {}
        }
    }
    let joined = |parts: Vec<String>| (!parts.is_empty()).then(|| parts.join(", "));
    unit.dates = joined(dates);
    unit.extent = joined(extents);
    unit.origin = joined(origins);
}

fn describe(xml: &Xml<'_>, node: usize, unit: &mut Unit) {
    match xml.name(node) {
        "scopecontent" | "bioghist" | "custodhist" | "acqinfo" | "arrangement" | "appraisal"
        | "accruals" | "accessrestrict" | "altformavail" | "originalsloc" | "phystech"
        | "relatedmaterial" | "separatedmaterial" | "otherfindaid" | "bibliography" | "odd"
        | "processinfo" => {
            unit.paragraphs.extend(prose::paragraphs(xml, node));
        }
        "controlaccess" => {
            let terms = prose::terms(xml, node);
            if !terms.is_empty() {
                unit.paragraphs.push(terms.join(" ; "));
            }
        }
        _ => {}
    }
}

/// Text of the parts of an element, with a comma between them where they stand side by side.
fn spaced(xml: &Xml<'_>, node: usize) -> Option<String> {
    let has_text = xml
        .nodes(node)
        .any(|child| !xml.run(child).trim().is_empty());
    if has_text {
        return xml.text(node);
    }
    let parts: Vec<String> = xml
        .children(node)
        .filter_map(|child| xml.text(child))
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn structured_extent(xml: &Xml<'_>, node: usize) -> Option<String> {
    let quantity = xml.value(node, &["quantity"]);
    let unit = xml.value(node, &["unittype"]);
    let parts: Vec<String> = quantity.into_iter().chain(unit).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

fn structured_date(xml: &Xml<'_>, node: usize) -> Option<String> {
    let mut dates = Vec::new();
    for at in node + 1..xml.end(node) {
        match xml.name(at) {
            "datesingle" => dates.extend(xml.text(at)),
            "daterange" => {
                let ends: Vec<String> = ["fromdate", "todate"]
                    .iter()
                    .filter_map(|n| xml.value(at, &[n]))
                    .collect();
                if !ends.is_empty() {
                    dates.push(ends.join("-"));
                }
            }
            _ => {}
        }
    }
    (!dates.is_empty()).then(|| dates.join(", "))
}

impl Unit {
    /// The line that names it: `cote — intitulé (dates)`; `None` if it has no name.
    pub fn line(&self) -> Option<String> {
        let mut line = String::new();
        for part in [&self.call_number, &self.title].into_iter().flatten() {
            if !line.is_empty() {
                line.push_str(" — ");
            }
            line.push_str(part);
        }
        if let Some(dates) = &self.dates {
            // Some titles hold their dates already.
            if line.is_empty() {
                line.push_str(dates);
            } else if !self
                .title
                .as_ref()
                .is_some_and(|title| title.contains(dates.as_str()))
            {
                line.push_str(" (");
                line.push_str(dates);
                line.push(')');
            }
        }
        (!line.is_empty()).then_some(line)
    }

    /// Writes its text after that of the units before: lines that only name units follow one another, what is
    /// described stands between blank lines.
    pub fn write(&self, text: &mut String, follows_line: &mut bool) {
        let mut put = |part: &str, joint: &str| {
            if !text.is_empty() {
                text.push_str(joint);
            }
            text.push_str(part);
        };
        let line = self.line();
        if let Some(line) = &line {
            put(line, if *follows_line { "\n" } else { "\n\n" });
        }
        if let Some(extent) = &self.extent {
            put(
                extent,
                if line.is_some() || *follows_line {
                    "\n"
                } else {
                    "\n\n"
                },
            );
        }
        for paragraph in &self.paragraphs {
            put(paragraph, "\n\n");
        }
        *follows_line = self.paragraphs.is_empty()
            && (line.is_some() || self.extent.is_some() || *follows_line);
    }
}
