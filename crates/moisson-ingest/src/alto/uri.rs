//! Names of pages, the same whether they are worked out from the place of the file or from what METS says of it.

/// Key of the page in a file: its path without extensions, and without a last folder that only says what is in it.
///
/// `DOCS/18140402_1/ALTO/18140402_1-0001.xml` gives `DOCS/18140402_1/18140402_1-0001`.
pub fn page_key(uri: &str) -> String {
    let mut parts: Vec<&str> = parts(uri).collect();
    let name = parts.pop().map(without_extensions).unwrap_or_default();
    if parts.last().is_some_and(|folder| is_generic(folder)) {
        parts.pop();
    }
    parts.push(name);
    parts.join("/")
}

/// Key of the issue that a METS file describes, where it names none: its path without extensions and `mets`, and
/// without a name that repeats the folder.
pub fn issue_key(uri: &str) -> String {
    let mut parts: Vec<&str> = parts(uri).collect();
    let whole = parts.pop().map(without_extensions).unwrap_or_default();
    if parts
        .last()
        .is_some_and(|folder| is_generic(folder) || folder.eq_ignore_ascii_case("mets"))
    {
        parts.pop();
    }
    let name = without_mets(whole);
    if !name.is_empty() && parts.last() != Some(&name) {
        parts.push(name);
    }
    if parts.is_empty() {
        parts.push(whole);
    }
    parts.join("/")
}

/// Place of the file that a METS file at `base` refers to.
///
/// A relative reference is resolved. An absolute one names the machine it was made on: what follows the folder of the
/// METS file in it counts, else its file name.
pub fn resolve(base: &str, href: &str) -> String {
    let folder_end = base.rfind(['/', '!']).map_or(0, |at| at + 1);
    let folder = base.get(..folder_end).unwrap_or_default();
    let href = decode_percent(href).replace('\\', "/");
    let mut path = href.as_str();
    let mut is_absolute = false;
    if let Some((scheme, rest)) = path.split_once("://") {
        path = rest;
        // `file://ALTO/x.xml` is meant to be relative, whatever the standard says.
        is_absolute = !scheme.eq_ignore_ascii_case("file") || starts_at_host(rest);
    } else if let Some(rest) = path.strip_prefix("file:") {
        path = rest;
    }
    let is_drive = path.as_bytes().get(1) == Some(&b':');
    if is_absolute || path.starts_with('/') || is_drive {
        return format!("{folder}{}", absolute_tail(folder, path));
    }
    let inside = folder.rfind('!').map_or(0, |at| at + 1);
    let (archive, folders) = folder.split_at_checked(inside).unwrap_or(("", folder));
    let mut parts: Vec<&str> = folders.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("{archive}{}", parts.join("/"))
}

/// True if what follows `file://` begins with a machine or a drive, not with a folder beside the METS file.
fn starts_at_host(rest: &str) -> bool {
    let first = rest.split('/').next().unwrap_or_default();
    first.is_empty() || first == "localhost" || first.ends_with(':')
}

fn absolute_tail<'a>(folder: &str, path: &'a str) -> &'a str {
    let own = parts(folder).last().unwrap_or_default();
    if !own.is_empty() {
        let mut from = 0;
        let mut tail = None;
        for part in path.split('/') {
            from += part.len() + 1;
            if part == own {
                tail = path.get(from..);
            }
        }
        if let Some(tail) = tail.filter(|tail| !tail.is_empty()) {
            return tail;
        }
    }
    path.rsplit('/').next().unwrap_or(path)
}

/// Folders and the name, archives without their extensions.
fn parts(uri: &str) -> impl Iterator<Item = &str> {
    let mut archives = uri.matches('!').count();
    uri.split('!')
        .flat_map(move |place| {
            let is_archive = archives > 0;
            archives = archives.saturating_sub(1);
            let count = place.split('/').count();
            place.split('/').enumerate().map(move |(at, part)| {
                if is_archive && at + 1 == count {
                    without_archive(part)
                } else {
                    part
                }
            })
        })
        .filter(|part| !part.is_empty())
}

fn without_archive(name: &str) -> &str {
    strip_suffixes(
        name,
        &[".gz", ".bz2", ".xz", ".zst", ".tar", ".tgz", ".zip"],
    )
}

fn without_extensions(name: &str) -> &str {
    strip_suffixes(name, &[".gz", ".bz2", ".xz", ".zst", ".xml", ".alto"])
}

/// Takes off each suffix once, in order.
fn strip_suffixes<'a>(name: &'a str, suffixes: &[&str]) -> &'a str {
    suffixes.iter().fold(name, |name, suffix| {
        let split = name
            .len()
            .checked_sub(suffix.len())
            .and_then(|at| name.split_at_checked(at));
        match split {
            Some((stem, end)) if !stem.is_empty() && end.eq_ignore_ascii_case(suffix) => stem,
            _ => name,
        }
    })
}

/// A name without `mets` at its end or beginning, and without what joins it on.
fn without_mets(name: &str) -> &str {
    const JOINTS: [char; 3] = ['-', '_', '.'];
    let lower = name.to_ascii_lowercase();
    if matches!(lower.as_str(), "mets" | "manifest") {
        ""
    } else if lower.ends_with("mets") {
        let stem = name.get(..name.len() - 4).unwrap_or(name);
        let trimmed = stem.trim_end_matches(JOINTS);
        if trimmed.len() < stem.len() {
            trimmed
        } else {
            name
        }
    } else if lower.starts_with("mets") {
        let stem = name.get(4..).unwrap_or(name);
        let trimmed = stem.trim_start_matches(JOINTS);
        if trimmed.len() < stem.len() {
            trimmed
        } else {
            name
        }
    } else {
        name
    }
}

/// Folders that say what kind of file they hold, not of which document.
fn is_generic(folder: &str) -> bool {
    const GENERIC: [&str; 10] = [
        "alto",
        "alto_ocr",
        "alto_xml",
        "altoxml",
        "altos",
        "fulltext",
        "full_text",
        "ocr",
        "ocr_alto",
        "xml",
    ];
    GENERIC.iter().any(|name| folder.eq_ignore_ascii_case(name))
}

fn decode_percent(href: &str) -> String {
    if !href.contains('%') {
        return href.to_owned();
    }
    let bytes = href.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let hex = href
            .get(at + 1..at + 3)
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match hex {
            Some(value) if *byte == b'%' => {
                decoded.push(value);
                at += 3;
            }
            _ => {
                decoded.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8(decoded).unwrap_or_else(|_| href.to_owned())
}

/// Public address of what an identifier with an ARK names, with its view (`/f12`) if it has one: the address it stands
/// in, or that of Gallica for its own.
pub fn ark_url(identifier: &str) -> Option<String> {
    let at = identifier.find("ark:/")?;
    let (before, ark) = identifier.split_at_checked(at)?;
    let mut parts = ark.get("ark:/".len()..)?.split('/');
    let naan = parts.next().filter(|naan| is_word(naan))?;
    let name = parts.next()?;
    let name = name.get(
        ..name
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(name.len()),
    )?;
    if name.is_empty() {
        return None;
    }
    let view = parts
        .next()
        .filter(|view| view.starts_with('f') && is_word(view) && view.len() < 8);
    let host = if before.starts_with("http") {
        before.replace("/iiif/", "/")
    } else if naan == "12148" {
        "https://gallica.bnf.fr/".to_owned()
    } else {
        return None;
    };
    let view = view.map(|view| format!("/{view}")).unwrap_or_default();
    Some(format!("{host}ark:/{naan}/{name}{view}"))
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::{ark_url, issue_key, page_key, resolve};

    #[test]
    fn pages_as_a_table() {
        let check = |uri: &str, key: &str| assert_eq!(page_key(uri), key, "{uri}");
        check("x.xml", "x");
        check("ALTO/x.xml", "x");
        check(
            "d/18140402_1/ALTO/18140402_1-0001.xml",
            "d/18140402_1/18140402_1-0001",
        );
        check("d/bpt6k1/ocr/X0000001.XML", "d/bpt6k1/X0000001");
        check("d/1901/11/21/0001.alto.xml.gz", "d/1901/11/21/0001");
        check("a.tar.gz!ALTO/x.xml", "a/x");
        check("d/a.zip!b.tar!i/x.xml", "d/a/b/i/x");
        check("d.xml/x.xml", "d.xml/x");
        check(".xml", ".xml");
        check("", "");
    }

    #[test]
    fn issues_as_a_table() {
        let check = |uri: &str, key: &str| assert_eq!(issue_key(uri), key, "{uri}");
        check("d/18140402_1/18140402_1-METS.xml", "d/18140402_1");
        check("d/18140402_1/mets.xml", "d/18140402_1");
        check("d/bpt6k1/manifest.xml", "d/bpt6k1");
        check("d/METS/bpt6k1_mets.xml", "d/bpt6k1");
        check("mets_18140402.xml", "18140402");
        check("d/comets.xml", "d/comets");
        check("a.zip!mets.xml", "a");
        check("mets.xml", "mets");
    }

    #[test]
    fn references_as_a_table() {
        let check = |base: &str, href: &str, uri: &str| {
            assert_eq!(resolve(base, href), uri, "{base} {href}");
        };
        let base = "d/i1/i1-METS.xml";
        for href in [
            "ALTO/x 1.xml",
            "./ALTO/x 1.xml",
            "file://./ALTO/x 1.xml",
            "file:ALTO/x%201.xml",
            "file://ALTO/x 1.xml",
            ".\\ALTO\\x 1.xml",
            "../i1/ALTO/x 1.xml",
            "file:///mnt/scans/i1/ALTO/x 1.xml",
            "file://localhost/i1/ALTO/x 1.xml",
            "C:\\scans\\i1\\ALTO\\x 1.xml",
            "file:///C:/scans/i1/ALTO/x 1.xml",
        ] {
            check(base, href, "d/i1/ALTO/x 1.xml");
        }
        check(base, "/mnt/scans/elsewhere/x.xml", "d/i1/x.xml");
        check(base, "https://example.org/x.xml", "d/i1/x.xml");
        check("mets.xml", "ALTO/x.xml", "ALTO/x.xml");
        check("mets.xml", "../../x.xml", "x.xml");
        check("a.zip!mets.xml", "../ALTO/x.xml", "a.zip!ALTO/x.xml");
        check(
            "a.zip!i/mets.xml",
            "ALTO/x%zz%C3%A9.xml",
            "a.zip!i/ALTO/x%zzé.xml",
        );
    }

    #[test]
    fn arks_as_a_table() {
        let check = |identifier: &str, url: Option<&str>| {
            assert_eq!(ark_url(identifier).as_deref(), url, "{identifier}");
        };
        check(
            "https://gallica.bnf.fr/iiif/ark:/12148/btv1b1/f9/full/full/0/default.jpg",
            Some("https://gallica.bnf.fr/ark:/12148/btv1b1/f9"),
        );
        check(
            "ark:/12148/bpt6k1",
            Some("https://gallica.bnf.fr/ark:/12148/bpt6k1"),
        );
        check(
            "http://gallica.bnf.fr/ark:/12148/cb1/date",
            Some("http://gallica.bnf.fr/ark:/12148/cb1"),
        );
        check(
            "ark:/12148/bpt6k1.texteBrut",
            Some("https://gallica.bnf.fr/ark:/12148/bpt6k1"),
        );
        check("ark:/99999/x1", None);
        check("ark:/12148/", None);
        check("x", None);
    }
}
