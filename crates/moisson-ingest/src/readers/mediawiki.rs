//! The `mediawiki` reader: pages of a dump, as plain text.
//!
//! Follows the `MediaWiki` export schema, versions 0.3 to 0.11, and the wikitext of Wikimedia's wikis; see the domain
//! notes, section 5.5.

use moisson_core::{Digest, Document, Fault, Key, Result, Sink, reason};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{About, Member, Reader, ReaderEntry, has_extension, options};
use crate::split::{Elements, Step, Wanted};
use crate::wiki::names::TAIL_SECTIONS;
use crate::wiki::page::{Page, Site};
use crate::wiki::{Settings, Tables, plain_text};
use crate::xml::Xml;
use crate::{encoding, record};

/// Its row in the table of readers.
pub const ENTRY: ReaderEntry = ReaderEntry {
    name: "mediawiki",
    version: 1,
    doc: "dumps of Wikimedia's wikis: pages as plain text, without templates, notes and menus",
    about: About {
        source: "MediaWiki XML export, https://www.mediawiki.org/xml/export-0.11.xsd; https://dumps.wikimedia.org/ (`pages-articles`, multistream or not)",
        document: "a page, its newest revision in the dump; its key is its number (`id`)",
        text: "the wikitext in plain: paragraphs, headings, lists; of templates only those that dress a text \
               (`{{lang}}`, `{{unité}}`, `{{siècle}}`, `{{sc}}`, `{{corr}}`, …). Left out: other templates, notes, \
               formulas, files, categories, links to other languages, sections of references and links, headings \
               with nothing under them. By design without text: redirects, other namespaces, other content models",
        fields: &[
            ("title", "`title`"),
            ("url", "`siteinfo/base` and the title"),
            ("modified_on, sequence", "`revision/timestamp`"),
            ("language_declared", "`xml:lang` of the dump"),
            ("producer", "`siteinfo/sitename`"),
            (
                "genre",
                "`encyclopaedia`, `book` or `press`, by `siteinfo/dbname`",
            ),
            (
                "revision, ns, wiki",
                "`revision/id`, `ns`, `siteinfo/dbname`",
            ),
            (
                "pagequality",
                "`<pagequality level=…>` of Wikisource: 3 is corrected, 4 is validated",
            ),
        ],
        defects: &[
            (
                "marks that never close",
                "they stand as text; unclosed tables lose their rows",
            ),
            (
                "`l'''Iliade''`",
                "read as MediaWiki does: an elision, then italic",
            ),
            (
                "words cut at the end of a page of a book (`{{tiret|a|b}}`)",
                "put together on the first page, left out on the second",
            ),
            (
                "a dump cut short",
                "`extract/truncated`; what is before is kept",
            ),
            (
                "a page that is no well-formed XML",
                "`extract/malformed-xml`, and the next is read",
            ),
        ],
    },
    extensions: &["xml"],
    build: |given| {
        let options: Options = options::parse(ENTRY.name, given)?;
        let drop_sections = match &options.drop_sections {
            None => TAIL_SECTIONS.iter().map(ToString::to_string).collect(),
            Some(names) => names
                .iter()
                .map(|name| name.trim().to_lowercase())
                .collect(),
        };
        let tables = match options.tables {
            TableOption::Drop => Tables::Drop,
            TableOption::Rows => Tables::Rows,
        };
        Ok(Box::new(MediaWiki {
            settings: Settings {
                tables,
                drop_sections,
            },
            options,
        }))
    },
    options_schema: options::schema::<Options>,
};

/// Options of the reader.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
struct Options {
    /// Namespaces that are read, by number: 0 is articles; of Wikisource in French 104 is pages of books.
    namespaces: Vec<i32>,
    /// Least `pagequality` of pages of books; pages below it, or without it, are not read.
    quality_min: Option<u8>,
    /// What becomes of tables: `drop`, or `rows` for a line each.
    tables: TableOption,
    /// Headings of sections that are left out; by default notes, references, links and sources in the languages of
    /// France.
    drop_sections: Option<Vec<String>>,
}

/// What becomes of tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum TableOption {
    /// They are left out.
    #[default]
    Drop,
    /// Each row is a line.
    Rows,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            namespaces: vec![0],
            quality_min: None,
            tables: TableOption::Drop,
            drop_sections: None,
        }
    }
}

struct MediaWiki {
    options: Options,
    settings: Settings,
}

const PAGES: Wanted = Wanted {
    name: "page",
    root: "mediawiki",
    first_child: Some("title"),
};

/// Reason and detail.
type Refusal = (&'static str, Option<String>);

impl Reader for MediaWiki {
    fn read(&self, member: Member<'_>, sink: &mut dyn Sink) -> Result<()> {
        let (uri, limits) = (member.uri, member.limits);
        let mut bytes = encoding::unmarked(member.bytes);
        let mut pages = Elements::new(&mut *bytes, PAGES, limits.record_bytes_max);
        let mut site = None;
        loop {
            let step = match pages.next() {
                Ok(step) => step,
                Err(error) => return record::failed(uri, pages.offset(), &error, sink),
            };
            let fault = |offset, (reason, detail): Refusal| Fault {
                reason,
                raw_uri: uri.to_owned(),
                raw_offset: Some(offset),
                detail,
                ..Fault::default()
            };
            if step != Step::End && !sink.begin_record()? {
                continue;
            }
            match step {
                Step::End => break,
                Step::TooLarge(offset, bytes) => {
                    let (size, limit) = (Some(bytes.to_string()), limits.record_bytes_max);
                    sink.fault(record::too_large(uri, Some(offset), size, limit))?;
                }
                Step::Truncated(offset) => {
                    sink.fault(fault(offset, (reason::EXTRACT_TRUNCATED, None)))?;
                }
                Step::Unclosed(offset) => {
                    let detail = Some("the next page begins inside of this one".to_owned());
                    sink.fault(fault(offset, (reason::EXTRACT_MALFORMED_XML, detail)))?;
                }
                Step::Read(offset) => {
                    let site = site
                        .get_or_insert_with(|| Site::read(&String::from_utf8_lossy(pages.head())));
                    match self.page(pages.bytes(), site, uri, limits.depth_max) {
                        Ok(Some(document)) => sink.document(document)?,
                        Ok(None) => {}
                        Err(refusal) => sink.fault(fault(offset, refusal))?,
                    }
                }
            }
        }
        finish(&pages, uri, sink)
    }

    fn wants(&self, uri: &str) -> bool {
        has_extension(uri, ENTRY.extensions)
    }
}

/// Counts a stream that ended between two pages, and one that is no dump.
fn finish(pages: &Elements<'_>, uri: &str, sink: &mut dyn Sink) -> Result<()> {
    let fault = if pages.is_cut() {
        Some((
            reason::EXTRACT_TRUNCATED,
            "the dump ends without its end tag",
        ))
    } else if pages.head().trim_ascii().is_empty() && pages.offset() == 0 {
        return record::empty(uri, sink);
    } else if !pages.has_root() && !pages.has_elements() {
        Some((
            reason::EXTRACT_MALFORMED_XML,
            "holds no `mediawiki` and no `page`",
        ))
    } else {
        None
    };
    if let Some((reason, detail)) = fault
        && sink.begin_record()?
    {
        sink.fault(Fault {
            reason,
            raw_uri: uri.to_owned(),
            raw_offset: Some(pages.offset()),
            detail: Some(detail.to_owned()),
            ..Fault::default()
        })?;
    }
    Ok(())
}

impl MediaWiki {
    /// Reads a page; `None` if it has no text by design or is not asked for.
    fn page(
        &self,
        bytes: &[u8],
        site: &Site,
        uri: &str,
        depth_max: u32,
    ) -> Result<Option<Document>, Refusal> {
        let malformed = |detail: String| (reason::EXTRACT_MALFORMED_XML, Some(detail));
        let text = encoding::decode(bytes, None).text;
        let xml = Xml::parse(&text, depth_max).map_err(malformed)?;
        let page = Page::read(&xml).map_err(malformed)?;
        drop(xml);
        let is_wanted = self.options.namespaces.contains(&page.namespace);
        if !is_wanted || page.is_redirect || !page.is_wikitext || is_redirect(&page.text) {
            return Ok(None);
        }
        let quality = page.quality();
        if self
            .options
            .quality_min
            .is_some_and(|least| quality.is_none_or(|level| level < least))
        {
            return Ok(None);
        }
        let plain = plain_text(
            &page.text,
            &page.title,
            &site.silent,
            quality.is_some(),
            &self.settings,
        );
        if plain.is_empty() {
            let detail = format!("page {} `{}` holds no prose", page.id, page.title);
            return Err((reason::EXTRACT_EMPTY, Some(detail)));
        }
        let key = Key::Declared(page.id.clone());
        let mut document = Document::new(key, plain, uri.to_owned(), Digest::of(bytes));
        document.url = site.url(&page.title);
        document.modified_on = page.day();
        document.sequence = page.sequence();
        document.genre = site.genre().map(str::to_owned);
        document.language_declared.clone_from(&site.language);
        document.producer.clone_from(&site.name);
        let mut put = |name: &str, value: Value| {
            if !value.is_null() {
                document.metadata.insert(name.to_owned(), value);
            }
        };
        put("revision", page.revision.into());
        put("ns", page.namespace.into());
        put("wiki", site.database.clone().into());
        put("pagequality", quality.into());
        document.title = Some(page.title);
        Ok(Some(document))
    }
}

/// True for a redirect that the dump does not mark as one.
fn is_redirect(text: &str) -> bool {
    let Some(rest) = text.trim_start().strip_prefix('#') else {
        return false;
    };
    let word: String = rest.chars().take(12).collect::<String>().to_uppercase();
    ["REDIRECT", "REDIREC", "ADKAS", "BIRZUZENDU"]
        .iter()
        .any(|start| word.starts_with(start))
}
