//! The ALTO files of a METS file, in the order of its physical structure.

use std::collections::{HashMap, HashSet};

use crate::alto::uri;
use crate::readers::has_extension;
use crate::xml::Xml;

/// Returns the keys of the pages, each once.
pub(super) fn keys(xml: &Xml<'_>, place: &str) -> Vec<String> {
    let files = alto_files(xml);
    let by_id: HashMap<&str, usize> = files
        .iter()
        .enumerate()
        .map(|(index, file)| (file.id.as_str(), index))
        .filter(|(id, _)| !id.is_empty())
        .collect();
    let uses = physical(xml)
        .map(|map| uses(xml, map, &by_id))
        .unwrap_or_default();
    let mut counts = vec![0_usize; files.len()];
    for found in &uses {
        counts[found.file] += 1;
    }
    let mut keys = Vec::new();
    let mut seen = HashSet::new();
    let mut add = |key: String| {
        if seen.insert(key.clone()) {
            keys.push(key);
        }
    };
    let key_of = |file: usize| uri::page_key(&uri::resolve(place, &files[file].href));
    for found in &uses {
        match &found.begin {
            // A file of several pages has a document for each.
            Some(page) if counts[found.file] > 1 => add(format!("{}#{page}", key_of(found.file))),
            _ => add(key_of(found.file)),
        }
    }
    // What the structure forgets follows in the order of the files.
    for (file, count) in counts.iter().enumerate() {
        if *count == 0 {
            add(key_of(file));
        }
    }
    keys
}

struct File {
    id: String,
    href: String,
}

const HREF_BYTES_MAX: usize = 2000;

/// Files in a group named for its text; where no group is, all that are XML.
fn alto_files(xml: &Xml<'_>) -> Vec<File> {
    let mut named = Vec::new();
    let mut unnamed = Vec::new();
    for file in xml.descendants(0, "file") {
        let href = xml
            .find(file, &["FLocat"])
            .and_then(|at| xml.attribute(at, "href"));
        // A structure may refer to it any number of times.
        let Some(href) = href.filter(|href| href.len() <= HREF_BYTES_MAX) else {
            continue;
        };
        let path = href.split(['?', '#']).next().unwrap_or_default();
        let path = path.strip_suffix(".gz").unwrap_or(path);
        let is_xml = has_extension(path, &["xml", "alto"]);
        let mime = xml.attribute(file, "MIMETYPE").unwrap_or_default();
        if !is_xml && !mime.contains("xml") {
            continue;
        }
        let group = group_name(xml, file);
        let is_text = ["alto", "ocr", "fulltext", "full_text", "text", "content"]
            .iter()
            .any(|name| group.contains(name));
        let found = File {
            id: xml.attribute(file, "ID").unwrap_or_default(),
            href,
        };
        // TEI of the same pages, where there is some, is another text of them.
        if group.contains("tei") {
        } else if is_text {
            named.push(found);
        } else {
            unnamed.push(found);
        }
    }
    if named.is_empty() { unnamed } else { named }
}

/// `USE` and `ID` of the groups a file lies in, and its own use, in lower case.
fn group_name(xml: &Xml<'_>, file: usize) -> String {
    let mut name = xml.attribute(file, "USE").unwrap_or_default();
    let mut at = xml.parent(file);
    while xml.name(at) == "fileGrp" {
        for attribute in ["USE", "ID"] {
            name.push(' ');
            name.push_str(&xml.attribute(at, attribute).unwrap_or_default());
        }
        at = xml.parent(at);
    }
    name.to_ascii_lowercase()
}

/// The physical structure, or the only one.
fn physical(xml: &Xml<'_>) -> Option<usize> {
    let mut maps = xml
        .children(0)
        .filter(|map| xml.name(*map) == "structMap")
        .peekable();
    let first = *maps.peek()?;
    let is_physical = |map: &usize| {
        xml.attribute(*map, "TYPE")
            .is_some_and(|kind| kind.to_ascii_lowercase().contains("physical"))
    };
    let mut count = 0;
    let found = maps.inspect(|_| count += 1).find(is_physical);
    found.or_else(|| (count == 1).then_some(first))
}

/// One division of the structure that refers to an ALTO file.
struct Use {
    file: usize,
    /// Where in the file: the page.
    begin: Option<String>,
    order: Option<u64>,
    division: usize,
}

fn uses(xml: &Xml<'_>, map: usize, by_id: &HashMap<&str, usize>) -> Vec<Use> {
    let mut uses: Vec<Use> = Vec::new();
    for node in map + 1..xml.end(map) {
        if !matches!(xml.name(node), "fptr" | "area") {
            continue;
        }
        let Some(id) = xml.attribute(node, "FILEID") else {
            continue;
        };
        let Some(file) = by_id.get(id.as_str()) else {
            continue;
        };
        let mut division = xml.parent(node);
        while !matches!(xml.name(division), "div" | "structMap") && division > map {
            division = xml.parent(division);
        }
        // Areas of one page in one file are one use of it.
        let is_known = |known: &Use| known.file == *file && known.division == division;
        if uses.last().is_some_and(is_known) {
            continue;
        }
        uses.push(Use {
            file: *file,
            begin: xml.attribute(node, "BEGIN"),
            order: xml
                .attribute(division, "ORDER")
                .and_then(|order| order.parse().ok()),
            division,
        });
    }
    // Where pages stand side by side, their number counts more than their place.
    let mut parents = uses.iter().map(|found| xml.parent(found.division));
    let first = parents.next();
    let are_siblings = parents.all(|parent| Some(parent) == first);
    if are_siblings && uses.iter().all(|found| found.order.is_some()) {
        uses.sort_by_key(|found| found.order);
    }
    uses
}
