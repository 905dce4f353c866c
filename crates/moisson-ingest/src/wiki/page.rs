//! A dump: what it says of its wiki, and its pages.

use moisson_core::Date;

use crate::xml::Xml;

/// What the head of a dump says of its wiki.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Site {
    /// Language, `xml:lang`.
    pub(crate) language: Option<String>,
    /// Name of the database, `frwiki`.
    pub(crate) database: Option<String>,
    /// Name of the wiki.
    pub(crate) name: Option<String>,
    /// Address before the title of a page.
    pub(crate) base: Option<String>,
    /// Names of the namespaces of files and categories, in lower case.
    pub(crate) silent: Vec<String>,
}

impl Site {
    /// Reads `siteinfo`, which stands before the first page; the root is not closed there.
    pub(crate) fn read(head: &str) -> Self {
        let inside = |from: &str, to: &str| {
            let (_, rest) = head.split_once(from)?;
            let value = rest.split_once(to)?.0.trim();
            (!value.is_empty() && value.len() < 500).then(|| value.to_owned())
        };
        let mut site = Self {
            language: inside("xml:lang=\"", "\""),
            database: inside("<dbname>", "<"),
            name: inside("<sitename>", "<"),
            ..Self::default()
        };
        // The address of the main page: what follows the last slash is its title.
        let main = inside("<base>", "<");
        site.base = main.and_then(|main| Some(format!("{}/", main.rsplit_once('/')?.0)));
        for part in head.split("<namespace ").skip(1) {
            let key = part
                .split_once("key=\"")
                .and_then(|(_, rest)| rest.split_once('"'));
            let name = part
                .split_once('>')
                .and_then(|(_, rest)| rest.split_once("</namespace"));
            if let (Some((key, _)), Some((name, _))) = (key, name)
                && matches!(key, "-2" | "6" | "14")
            {
                site.silent.push(name.to_lowercase());
            }
        }
        site
    }

    /// The address of a page.
    pub(crate) fn url(&self, title: &str) -> Option<String> {
        let mut url = self.base.clone()?;
        for byte in title.bytes() {
            match byte {
                b' ' => url.push('_'),
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => url.push(char::from(byte)),
                _ if b"-_.~:/(),;@!*$'".contains(&byte) => url.push(char::from(byte)),
                _ => {
                    url.push('%');
                    url.extend([byte >> 4, byte & 15].iter().filter_map(|digit| {
                        char::from_digit(u32::from(*digit), 16).map(|c| c.to_ascii_uppercase())
                    }));
                }
            }
        }
        Some(url)
    }

    /// Kind of text of the wiki.
    pub(crate) fn genre(&self) -> Option<&'static str> {
        let database = self.database.as_deref()?;
        if database.ends_with("wikisource") || database.ends_with("wikibooks") {
            Some("book")
        } else if database.ends_with("wikinews") {
            Some("press")
        } else if database.ends_with("wiki") {
            Some("encyclopaedia")
        } else {
            None
        }
    }
}

/// A page, its newest revision.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) title: String,
    pub(crate) namespace: i32,
    pub(crate) id: String,
    pub(crate) is_redirect: bool,
    pub(crate) revision: Option<String>,
    pub(crate) timestamp: Option<String>,
    pub(crate) is_wikitext: bool,
    pub(crate) text: String,
}

impl Page {
    /// Reads a `page` element.
    pub(crate) fn read(xml: &Xml<'_>) -> Result<Self, String> {
        let value = |path: &[&str]| xml.value(0, path);
        let id = value(&["id"]).ok_or("has no id")?;
        let mut page = Self {
            title: value(&["title"]).unwrap_or_default(),
            namespace: value(&["ns"])
                .and_then(|ns| ns.parse().ok())
                .unwrap_or_default(),
            id,
            is_redirect: xml.find(0, &["redirect"]).is_some(),
            is_wikitext: true,
            ..Self::default()
        };
        let revisions = xml.children(0).filter(|node| xml.name(*node) == "revision");
        let Some(revision) = revisions.last() else {
            return Ok(page);
        };
        page.revision = xml.value(revision, &["id"]);
        page.timestamp = xml.value(revision, &["timestamp"]);
        let model = xml.value(revision, &["model"]);
        page.is_wikitext =
            model.is_none_or(|model| model == "wikitext" || model == "proofread-page");
        if let Some(text) = xml.find(revision, &["text"]) {
            page.text = xml.nodes(text).map(|node| xml.run(node)).collect();
        }
        Ok(page)
    }

    /// Day of the revision.
    pub(crate) fn day(&self) -> Option<Date> {
        self.timestamp.as_deref().and_then(Date::parse)
    }

    /// `YYYYMMDDhhmmss` of the revision.
    pub(crate) fn sequence(&self) -> i64 {
        let digits = self.timestamp.as_deref().unwrap_or_default();
        let digits: String = digits.chars().filter(char::is_ascii_digit).collect();
        if digits.len() == 14 {
            digits.parse().unwrap_or_default()
        } else {
            0
        }
    }

    /// Level 0 to 4 of a page that was read against its image: 3 is corrected, 4 is validated by a second person.
    pub(crate) fn quality(&self) -> Option<u8> {
        let (_, tag) = self.text.split_once("<pagequality")?;
        let (tag, _) = tag.split_once('>')?;
        let (_, level) = tag.split_once("level=")?;
        let level = level.trim_start_matches(['"', '\'']);
        let digit = level.chars().next()?.to_digit(10)?;
        u8::try_from(digit).ok()
    }
}
