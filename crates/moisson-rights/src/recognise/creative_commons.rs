//! Creative Commons: the grammar of its addresses and of its names, in English and French.

use super::{Match, Recognition};
use crate::fold::{Token, is_version};
use crate::{Catalogue, Meaning};

/// Jurisdictions Creative Commons has ported its licences to.
const PORTS: &[&str] = &[
    "am", "ar", "at", "au", "az", "be", "bg", "br", "ca", "ch", "cl", "cn", "co", "cr", "cz", "de",
    "dk", "ec", "ee", "eg", "es", "fi", "fr", "ge", "gr", "gt", "hk", "hr", "hu", "ie", "igo",
    "il", "in", "it", "jp", "kr", "lu", "mk", "mt", "mx", "my", "nl", "no", "nz", "pe", "ph", "pl",
    "pr", "pt", "ro", "rs", "scotland", "se", "sg", "si", "th", "tw", "ua", "ug", "uk", "us", "ve",
    "vn", "za",
];

/// Elements of a licence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the four elements of Creative Commons"
)]
struct Elements {
    by: bool,
    nc: bool,
    nd: bool,
    sa: bool,
}

impl Elements {
    /// Returns the group of the licence, or `None` if there is no licence with these elements in the catalogue.
    fn group(self) -> Option<&'static str> {
        match (self.by, self.nc, self.nd, self.sa) {
            (true, false, false, false) => Some("cc-by"),
            (true, false, false, true) => Some("cc-by-sa"),
            (true, false, true, false) => Some("cc-by-nd"),
            (true, true, false, false) => Some("cc-by-nc"),
            (true, true, false, true) => Some("cc-by-nc-sa"),
            (true, true, true, false) => Some("cc-by-nc-nd"),
            _ => None,
        }
    }
}

/// Returns the path of an address of Creative Commons or of its buttons, without the host.
pub(super) fn path(key: &str) -> Option<&str> {
    let (host, path) = key.split_once('/')?;
    let own = host == "creativecommons.org"
        || host.ends_with(".creativecommons.org")
        || host == "licensebuttons.net";
    (own && ["l/", "p/", "licenses/", "publicdomain/"]
        .iter()
        .any(|start| path.starts_with(start)))
    .then_some(path)
}

/// Recognises `licenses/by-nc/3.0/fr/deed.fr` and its like.
pub(super) fn address(
    catalogue: &'static Catalogue,
    url: &str,
    path: &str,
    found: &mut Recognition,
) {
    let segments: Vec<&str> = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .collect();
    let ending = |segment: &&str| {
        let word = segment.split('.').next().unwrap_or_default();
        matches!(word, "deed" | "legalcode" | "88x31" | "80x15" | "rdf")
    };
    let segments: Vec<&str> = segments
        .iter()
        .copied()
        .filter(|segment| !ending(segment))
        .collect();
    let meaning = match segments.as_slice() {
        ["publicdomain" | "p", "zero"] | ["publicdomain" | "p", "zero", "1.0"] => {
            named(catalogue, "CC0-1.0")
        }
        ["publicdomain" | "p", "mark"] | ["publicdomain" | "p", "mark", "1.0"] => {
            named(catalogue, "CC-PDM-1.0")
        }
        ["licenses" | "l", "zero", "1.0"] => named(catalogue, "CC0-1.0"),
        ["licenses" | "l", kind, rest @ ..] => {
            match (elements_of(kind).and_then(Elements::group), rest) {
                (Some(group), []) => catalogue.meaning(&catalogue.unported(group)),
                (Some(group), [version]) => licence(catalogue, group, version, None, found),
                (Some(group), [version, port]) if PORTS.contains(port) => {
                    licence(catalogue, group, version, Some(port), found)
                }
                _ => None,
            }
        }
        _ => None,
    };
    match meaning {
        Some(meaning) => found
            .matches
            .push(Match::new("url-creative-commons", url, meaning)),
        None => found.unrecognised.push(url.to_owned()),
    }
}

fn named(catalogue: &'static Catalogue, id: &str) -> Option<Meaning> {
    catalogue
        .position(id)
        .and_then(|position| catalogue.meaning(&[position]))
}

fn elements_of(kind: &str) -> Option<Elements> {
    let mut elements = Elements::default();
    for part in kind.split('-') {
        let element = match part {
            "by" => &mut elements.by,
            "nc" => &mut elements.nc,
            "nd" => &mut elements.nd,
            "sa" => &mut elements.sa,
            _ => return None,
        };
        if std::mem::replace(element, true) {
            return None;
        }
    }
    Some(elements)
}

/// Returns the licence of a version and port. A port without an identifier is the unported licence, and a note says so.
fn licence(
    catalogue: &'static Catalogue,
    group: &str,
    version: &str,
    port: Option<&str>,
    found: &mut Recognition,
) -> Option<Meaning> {
    let unported = format!("{group}-{version}");
    let Some(port) = port else {
        return named(catalogue, &unported);
    };
    let ported = format!("{unported}-{port}");
    if let Some(meaning) = named(catalogue, &ported)
        .or_else(|| named(catalogue, &format!("LicenseRef-moisson-{ported}")))
    {
        return Some(meaning);
    }
    let meaning = named(catalogue, &unported)?;
    found.notes.push(format!(
        "stated as ported to `{port}`, which has no identifier of its own"
    ));
    Some(meaning)
}

/// What a name of Creative Commons stands for.
pub(super) struct Name {
    /// First token after the name.
    pub(super) end: usize,
    /// What it says, or `None` where no such licence exists.
    pub(super) meaning: Option<Meaning>,
}

/// Phrases for the elements, folded.
const ELEMENTS: &[(&[&str], char)] = &[
    (&["pas", "d", "utilisation", "commerciale"], 'c'),
    (&["pas", "d", "utilisations", "commerciales"], 'c'),
    (&["pas", "d", "usage", "commercial"], 'c'),
    (&["pas", "d", "exploitation", "commerciale"], 'c'),
    (&["utilisation", "non", "commerciale"], 'c'),
    (&["non", "commercial"], 'c'),
    (&["non", "commerciale"], 'c'),
    (&["noncommercial"], 'c'),
    (&["nc"], 'c'),
    (
        &[
            "partage",
            "des",
            "conditions",
            "initiales",
            "a",
            "l",
            "identique",
        ],
        's',
    ),
    (&["partage", "dans", "les", "memes", "conditions"], 's'),
    (&["partage", "a", "l", "identique"], 's'),
    (&["partage", "selon", "les", "conditions", "initiales"], 's'),
    (&["share", "alike"], 's'),
    (&["sharealike"], 's'),
    (&["sa"], 's'),
    (&["pas", "de", "modification"], 'd'),
    (&["pas", "de", "modifications"], 'd'),
    (&["pas", "d", "oeuvre", "derivee"], 'd'),
    (&["pas", "d", "oeuvres", "derivees"], 'd'),
    (&["pas", "de", "travail", "derive"], 'd'),
    (&["no", "derivative", "works"], 'd'),
    (&["no", "derivatives"], 'd'),
    (&["no", "derivs"], 'd'),
    (&["noderivatives"], 'd'),
    (&["noderivs"], 'd'),
    (&["nd"], 'd'),
    (&["attribution"], 'b'),
    (&["paternite"], 'b'),
    (&["by"], 'b'),
];

/// Recognises a name at token `start`: `CC BY-NC-SA 4.0`, `Creative Commons Attribution - Pas de modification 3.0 France`,
/// or, where version and jurisdiction follow, the bare title of a deed (`Attribution 4.0 International`).
pub(super) fn name(
    catalogue: &'static Catalogue,
    tokens: &[Token],
    start: usize,
    found: &mut Recognition,
) -> Option<Name> {
    let (mut at, prefixed) = prefix(tokens, start)?;
    let mut elements = Elements::default();
    while let Some((length, element)) = element_at(tokens, at) {
        let seen = match element {
            'b' => &mut elements.by,
            'c' => &mut elements.nc,
            'd' => &mut elements.nd,
            _ => &mut elements.sa,
        };
        if std::mem::replace(seen, true) {
            break;
        }
        at += length;
    }
    if elements == Elements::default() {
        return None;
    }
    let version = tokens.get(at).filter(|token| is_version(token));
    at += usize::from(version.is_some());
    let (length, port, tail) = jurisdiction(tokens, at);
    at += length;
    if !prefixed && (version.is_none() || !tail) {
        return None;
    }
    let meaning = elements.group().and_then(|group| match version {
        Some(version) => licence(catalogue, group, &version.text, port, found),
        None => catalogue.meaning(&catalogue.unported(group)),
    });
    Some(Name { end: at, meaning })
}

/// Returns where the elements start, and whether the name of Creative Commons stands before them.
fn prefix(tokens: &[Token], start: usize) -> Option<(usize, bool)> {
    let word = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
    let mut at = match (word(start), word(start + 1)) {
        ("cc", _) => start + 1,
        ("creative", "commons" | "common") => start + 2,
        ("attribution" | "paternite", _) => return Some((start, false)),
        _ => return None,
    };
    // "Creative Commons (CC) BY", "licence Creative Commons : licence BY".
    while matches!(word(at), "cc" | "licence") {
        at += 1;
    }
    Some((at, true))
}

fn element_at(tokens: &[Token], at: usize) -> Option<(usize, char)> {
    let rest = tokens.get(at..)?;
    ELEMENTS.iter().find_map(|(words, element)| {
        let fits = rest.len() >= words.len()
            && words
                .iter()
                .zip(rest)
                .all(|(word, token)| token.text == *word);
        fits.then_some((words.len(), *element))
    })
}

/// Returns tokens taken, the port and whether there was a word of jurisdiction at all.
fn jurisdiction(tokens: &[Token], at: usize) -> (usize, Option<&'static str>, bool) {
    let word = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
    match (word(at), word(at + 1)) {
        ("international" | "unported" | "generic" | "generique" | "universal", _) => {
            (1, None, true)
        }
        ("non", "transpose" | "transposee") => (2, None, true),
        ("france" | "fr", _) => (1, Some("fr"), true),
        ("igo", _) => (1, Some("igo"), true),
        _ => (0, None, false),
    }
}
