//! The page that lists a folder: links below the folder, and what stands beside them.

use std::collections::BTreeMap;

use url::Url;

use super::scan::{Piece, Scan};

/// A file or folder of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Last segment of its path, percent-encoded.
    pub(super) name: String,
    /// Address.
    pub(super) url: Url,
    /// True for a folder.
    pub(super) is_folder: bool,
    /// What stands beside the link, verbatim but for space: `2025-07-13 14:00 1.6G`.
    pub(super) notes: String,
}

/// Reads the entries of a folder, sorted by name, or `None` if the page is no listing: neither is it called an index, nor
/// does it lead to anything right below the folder.
///
/// It does not matter whether the page is a table, a list or preformatted text: notes are what comes after one link and
/// before the next. Links to sort the listing, to the folder above and to other places are left out.
pub(super) fn entries(html: &str, base: &Url) -> Option<Vec<Entry>> {
    let mut found: BTreeMap<String, Entry> = BTreeMap::new();
    let mut current: Option<Entry> = None;
    let mut is_index = false;
    // Text of links and titles is no note.
    let mut inside = "";
    for piece in Scan::new(html) {
        match piece {
            Piece::Open { name, href } => {
                if let Some(known) = named(name) {
                    inside = known;
                }
                if name.eq_ignore_ascii_case("a") {
                    let next = href.and_then(|href| entry(&href, base));
                    keep(&mut found, std::mem::replace(&mut current, next));
                }
            }
            Piece::Close(name) if named(name) == Some(inside) => inside = "",
            Piece::Close(_) => {}
            Piece::Text(text) => match (inside, &mut current) {
                ("", Some(entry)) => {
                    entry.notes.push_str(&text);
                    entry.notes.push(' ');
                }
                ("a", _) | ("", None) => {}
                _ => is_index |= text.to_lowercase().contains("index of"),
            },
        }
    }
    keep(&mut found, current);
    let entries: Vec<Entry> = found.into_values().collect();
    (is_index || !entries.is_empty()).then_some(entries)
}

/// Elements whose text is no note.
fn named(name: &str) -> Option<&'static str> {
    let known = ["a", "title", "h1"];
    known
        .into_iter()
        .find(|known| name.eq_ignore_ascii_case(known))
}

/// An icon and a name may be two links to one entry: what stands beside either counts.
fn keep(found: &mut BTreeMap<String, Entry>, entry: Option<Entry>) {
    let Some(mut entry) = entry else {
        return;
    };
    let notes: Vec<&str> = entry
        .notes
        .split_whitespace()
        .filter(|word| *word != "-")
        .collect();
    entry.notes = notes.join(" ");
    let known = found
        .entry(entry.name.clone())
        .or_insert_with(|| entry.clone());
    if known.notes.is_empty() {
        known.notes = entry.notes;
    }
}

/// What a link leads to, if that lies right below the folder.
fn entry(href: &str, base: &Url) -> Option<Entry> {
    let mut url = base.join(href.trim()).ok()?;
    url.set_fragment(None);
    if url.query().is_some() || url.origin() != base.origin() {
        return None;
    }
    let (folder, _) = base.path().rsplit_once('/')?;
    let below = url.path().strip_prefix(folder)?.strip_prefix('/')?;
    let name = below.trim_end_matches('/');
    if name.is_empty() || name.contains('/') {
        return None;
    }
    Some(Entry {
        name: name.to_owned(),
        is_folder: below.ends_with('/'),
        notes: String::new(),
        url: with_credentials(url, base),
    })
}

/// Gives an address the user information of another one of the same site.
pub(super) fn with_credentials(mut url: Url, from: &Url) -> Url {
    if url.origin() == from.origin() && !from.username().is_empty() {
        // Web addresses have a host, so these cannot fail.
        let _ = url.set_username(from.username());
        let _ = url.set_password(from.password());
    }
    url
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::entries;

    /// `name|notes`, folders with `/`.
    fn found(html: &str) -> Option<Vec<String>> {
        let base = Url::parse("https://h.fr/OPENDATA/LEGI/").unwrap();
        let entries = entries(html, &base)?;
        let shown = entries.iter().map(|entry| {
            let slash = if entry.is_folder { "/" } else { "" };
            format!("{}{slash}|{}", entry.name, entry.notes)
        });
        Some(shown.collect())
    }

    #[test]
    fn listings_of_common_servers() {
        let apache_pre = r#"<html><head><title>Index of /OPENDATA/LEGI</title></head><body><h1>Index of /OPENDATA/LEGI</h1>
<pre><img src="/icons/blank.gif"> <a href="?C=N;O=D">Name</a>  <a href="?C=M;O=A">Last modified</a> <a href="?C=S;O=A">Size</a><hr>
<img src="/icons/back.gif"> <a href="/OPENDATA/">Parent Directory</a>                             -
<img src="/icons/compressed.gif"> <a href="LEGI_20250714-210000.tar.gz">LEGI_20250714-210000...&gt;</a> 2025-07-14 21:10  1.2M
<img src="/icons/folder.gif"> <a href="old/">old/</a>   2025-07-01 08:00    -
<hr></pre></body></html>"#;
        let expected = [
            "LEGI_20250714-210000.tar.gz|2025-07-14 21:10 1.2M",
            "old/|2025-07-01 08:00",
        ];
        assert_eq!(found(apache_pre).unwrap(), expected);
        let apache_table = r#"<h1>Index of /OPENDATA/LEGI</h1><table><tr><th><a href="?C=N;O=D">Name</a></th></tr>
<tr><td><a href="x.zip"><img src="/i.gif"></a></td><td><a href="x.zip">x.zip</a></td><td align="right">2025-07-14 21:10  </td><td align="right">1.2M</td><td>&nbsp;</td></tr></table>"#;
        assert_eq!(
            found(apache_table).unwrap(),
            ["x.zip|2025-07-14 21:10 1.2M"]
        );
        let nginx = "<html><head><title>Index of /x/</title></head><body><h1>Index of /x/</h1><hr><pre><a href=\"../\">../</a>\n<a href=\"d%C3%A9bat%201.xml\">débat 1.xml</a>   14-Jul-2025 21:10    1234\n</pre>";
        assert_eq!(
            found(nginx).unwrap(),
            ["d%C3%A9bat%201.xml|14-Jul-2025 21:10 1234"]
        );
        let list =
            "<title>Index of /x</title><ul><li><a href=\"/OPENDATA/LEGI/a\"> a</a></li></ul>";
        assert_eq!(found(list).unwrap(), ["a|"]);
    }

    #[test]
    fn only_what_lies_right_below_is_followed() {
        let html = "<a href='a'>1</a><a href='/OPENDATA/b'>2</a><a href='../LEGI/c'>3</a><a href='https://evil/d'>4</a>
            <a href='d/e'>5</a><a href='..%2fx'>6</a><a href='%2e%2e/x'>7</a><a href='f?x=1'>8</a><a href='javascript:x'>9</a>
            <a href='#g'>10</a><a href=''>11</a><a>12</a><a href='http://h.fr/OPENDATA/LEGI/h'>13</a><a href='//h.fr/OPENDATA/LEGI/i/'>14</a>";
        assert_eq!(found(html).unwrap(), ["..%2fx|", "a|", "c|", "i/|"]);
    }

    #[test]
    fn a_page_that_is_no_listing() {
        for html in [
            "",
            "maintenance",
            "<html><body><a href='https://h.fr/'>Accueil</a> en maintenance</body></html>",
        ] {
            assert_eq!(found(html), None, "{html}");
        }
        assert_eq!(found("<title>Index of /x</title>"), Some(Vec::new()));
        let deep = "<div>".repeat(50_000) + "<a href='a'>a</a>";
        assert!(found(&deep).is_some());
    }
}
