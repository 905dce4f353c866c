//! The `html` reader: main text of a page, without menus.

use moisson_core::{Document, Fault, Key, Result, Sink, reason};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{About, Member, Reader, ReaderEntry, options};
use crate::encoding::Expected;
use crate::html::{Page, PageOptions, page};
use crate::{encoding, record};

/// Its row in the table of readers.
pub const ENTRY: ReaderEntry = ReaderEntry {
    name: "html",
    version: 3,
    doc: "HTML pages, one document each: the main text without menus, banners and footers",
    about: About {
        source: "the HTML Living Standard",
        document: "a page, keyed by its path or by its canonical address",
        text: "the main text, found by the density of links and text, or by the CSS selector in `select`; menus, banners, scripts, cards and tags of the design system of the State, lines of dates, headings of what is left out and what `drop` names are left out",
        fields: &[
            ("title", "`h1` of the main text, `og:title`, `title`"),
            ("url", "`link rel=canonical`"),
            (
                "published_on, modified_on",
                "`article:published_time`, `dcterms.issued`, `time` with `itemprop` or after `Publié le`, `Mis à jour le`, …",
            ),
            (
                "licence_declared",
                "`rel=license`, of links and anchors; several are all shown",
            ),
            ("description", "`meta name=description`"),
            (
                "optout",
                "opt-outs in the `meta` of the page: `tdm-reservation`, `tdm-policy`, and `robots` or an agent's name where it says `noai`",
            ),
        ],
        defects: &[
            (
                "cp1252 declared as ISO-8859-1",
                "read as windows-1252, as browsers do",
            ),
            (
                "hostile nesting",
                "`extract/malformed-html`, in linear time",
            ),
        ],
    },
    extensions: &["html", "htm", "xhtml", "asp", "aspx", "php"],
    build: |value| {
        let options: Options = options::parse(ENTRY.name, value)?;
        let page = PageOptions::new(options.select.as_deref(), &options.drop)?;
        let label = options.encoding.as_deref();
        let encoding = label
            .map(|label| Expected::parse(Some(label), Expected::Detect))
            .transpose()?;
        Ok(Box::new(HtmlPages {
            id: options.id,
            encoding,
            page,
        }))
    },
    options_schema: options::schema::<Options>,
};

/// Options of the reader.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Options {
    /// CSS selector of the main text, instead of the search for it.
    select: Option<String>,
    /// CSS selectors of what is left out.
    drop: Vec<String>,
    /// What names a document.
    id: Id,
    /// Encoding: `detect`, `strict-utf-8`, or a label; by default the one that each page declares.
    encoding: Option<String>,
}

/// What names a document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Id {
    /// The path of its file.
    #[default]
    Path,
    /// The canonical address the page gives itself; the path where it gives none.
    Canonical,
}

struct HtmlPages {
    id: Id,
    /// `None` for what each page declares.
    encoding: Option<Expected>,
    page: PageOptions,
}

impl Reader for HtmlPages {
    fn read(&self, mut member: Member<'_>, sink: &mut dyn Sink) -> Result<()> {
        let Some(whole) = record::whole(&mut member, sink)? else {
            return Ok(());
        };
        let fault = |reason, detail: &str| Fault::new(reason, member.uri, detail);
        let text = match &self.encoding {
            None => encoding::decode(&whole.bytes, encoding::declared(&whole.bytes)).text,
            Some(expected) => match expected.decode(&whole.bytes) {
                Ok(text) => text,
                Err(detail) => return sink.fault(fault(reason::EXTRACT_NOT_UTF8, &detail)),
            },
        };
        let Some(page) = page(&text, &self.page, member.limits.depth_max) else {
            let detail = format!(
                "nests deeper than {} or has too many tags",
                member.limits.depth_max
            );
            return sink.fault(fault(reason::EXTRACT_MALFORMED_HTML, &detail));
        };
        if page.text.is_empty() {
            return sink.fault(fault(reason::EXTRACT_EMPTY, "no text outside of menus"));
        }
        let key = match &page.canonical_url {
            Some(url) if self.id == Id::Canonical => Key::Declared(url.clone()),
            _ => Key::Path(member.uri.to_owned()),
        };
        let mut document = Document::new(key, String::new(), member.uri.to_owned(), whole.digest);
        document.sequence = member.sequence;
        fill(&mut document, page);
        sink.document(document)
    }

    fn wants(&self, uri: &str) -> bool {
        let extension = uri.rsplit_once('.').map_or("", |(_, extension)| extension);
        ENTRY
            .extensions
            .iter()
            .any(|known| known.eq_ignore_ascii_case(extension))
    }
}

fn fill(document: &mut Document, page: Page) {
    document.text = page.text;
    document.title = page.title;
    document.url = page.canonical_url;
    document.published_on = page.published;
    document.modified_on = page.modified;
    document.language_declared = page.lang;
    if let Some(description) = page.description {
        document
            .metadata
            .insert("description".to_owned(), Value::from(description));
    }
    record::note_optout(document, &page.optout);
    // Several licences are no licence that a gate could pass: all are shown to it.
    if !page.licence_links.is_empty() {
        document.licence_declared = Some(page.licence_links.join(" ; "));
    }
}
