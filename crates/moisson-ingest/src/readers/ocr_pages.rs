//! The `ocr-pages` reader: plain text of an OCR, with form feeds between pages, and `texteBrut` of Gallica. See the
//! domain notes, sections 5.5 and 7.

use moisson_core::{Document, Fault, Key, Result, Sink, reason};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{About, Member, Reader, ReaderEntry, has_extension, options};
use crate::encoding::Expected;
use crate::ocr::gallica::{self, Notice};
use crate::ocr::pages::{self, Lines, Params};
use crate::{alto, encoding, record};

/// Its row in the table of readers.
pub const ENTRY: ReaderEntry = ReaderEntry {
    name: "ocr-pages",
    version: 1,
    doc: "plain text of an OCR, pages parted by form feeds, and `texteBrut` of Gallica",
    about: About {
        source: "what pdftotext, Tesseract and FineReader write as text; `texteBrut` of https://gallica.bnf.fr",
        document: "a file keyed by its path, or by the ark of its notice; with `pages = true` each page, keyed by that and `#` and its number",
        text: "pages one after the other, a blank line between two, a space where a sentence goes on. Running heads (a line among the two first or last that comes back on three pages, figures aside) and lone page numbers are left out. Words broken at line ends are joined: without the hyphen if the next line begins in lower case and no compound shows (`celui-ci`, `dit-il`, `vice-président`), with it otherwise. With `lines = \"auto\"` the lines of a paragraph are joined unless two thirds of them begin with a capital, a figure or a dash, or they have less than 25 characters on average: verse, lists, tables, dialogue",
        fields: &[
            ("ocr_confidence", "`taux de reconnaissance` of the notice"),
            (
                "title, published_on, language_declared, licence_declared, producer, genre, url, author, publisher",
                "the notice of Gallica: `Titre`, `Date d'édition`, `Langue`, `Droits`, `Provenance`, `Type`, `Identifiant`, `Auteur`, `Éditeur`",
            ),
            ("pages", "pages that have text"),
            ("page", "number of the page, with `pages = true`"),
        ],
        defects: &[
            (
                "the notice of Gallica before the text",
                "cut, and read for what it says",
            ),
            (
                "a page that asks for a proof of work instead of a text",
                "`extract/empty`",
            ),
            (
                "encodings",
                "UTF-8 is tried first, then what is declared, then detected",
            ),
        ],
    },
    extensions: &["txt", "text", "html", "htm", "texteBrut"],
    build: |value| {
        let options: Options = options::parse(ENTRY.name, value)?;
        let label = options.encoding.as_deref();
        let encoding = label
            .map(|label| Expected::parse(Some(label), Expected::Detect))
            .transpose()?;
        Ok(Box::new(OcrPages { options, encoding }))
    },
    options_schema: options::schema::<Options>,
};

/// Options of the reader.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
struct Options {
    /// Each page becomes a document.
    pages: bool,
    /// Lines of a paragraph: `auto`, `join` or `keep`.
    lines: Lines,
    /// Words broken at line ends are joined.
    hyphens: bool,
    /// Running heads and page numbers stay.
    margins: bool,
    /// Encoding: `detect`, `strict-utf-8`, or a label; by default what HTML declares.
    encoding: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            pages: false,
            lines: Lines::Auto,
            hyphens: true,
            margins: false,
            encoding: None,
        }
    }
}

struct OcrPages {
    options: Options,
    /// `None` for what each file declares.
    encoding: Option<Expected>,
}

impl Reader for OcrPages {
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
        let plain = if gallica::is_html(&text) {
            match gallica::plain(&text, member.limits.depth_max) {
                Some(plain) => plain.into(),
                None => return sink.fault(fault(reason::EXTRACT_MALFORMED_HTML, "nests too deep")),
            }
        } else {
            text.as_ref().into()
        };
        let plain: std::borrow::Cow<'_, str> = plain;
        let (notice, body) = gallica::split(&plain).unwrap_or((Notice::default(), &plain));
        if notice == Notice::default() && gallica::is_html(&text) && text.contains("altcha") {
            return sink.fault(fault(
                reason::EXTRACT_EMPTY,
                "asks for a proof of work instead of giving the text",
            ));
        }
        let pages = pages::pages(body, self.params());
        let filled = pages.iter().filter(|page| !page.is_empty()).count();
        if filled == 0 {
            return sink.fault(fault(
                reason::EXTRACT_EMPTY,
                "no text outside of page borders",
            ));
        }
        let key = match &notice.ark {
            Some(ark) => Key::Declared(ark.clone()),
            None => Key::Path(member.uri.to_owned()),
        };
        let mut document = member.document(key, String::new(), whole.digest);
        fill(&mut document, notice);
        if !self.options.pages {
            document.text = pages::joined(&pages, self.params());
            document.metadata.insert("pages".to_owned(), filled.into());
            return sink.document(document);
        }
        for (index, page) in pages
            .into_iter()
            .enumerate()
            .filter(|(_, page)| !page.is_empty())
        {
            let mut one = document.clone();
            one.key = Key::Declared(format!("{}#{}", document.key_text(), index + 1));
            one.text = page;
            one.metadata.insert("page".to_owned(), (index + 1).into());
            sink.document(one)?;
        }
        Ok(())
    }

    fn wants(&self, uri: &str) -> bool {
        has_extension(uri, ENTRY.extensions)
    }
}

impl OcrPages {
    fn params(&self) -> Params {
        Params {
            lines: self.options.lines,
            hyphens: self.options.hyphens,
            margins: self.options.margins,
        }
    }
}

fn fill(document: &mut Document, notice: Notice) {
    document.title = notice.title;
    document.published_on = notice.published_on;
    document.language_declared = notice.language;
    document.licence_declared = notice.licence;
    document.producer = notice.producer;
    document.genre = notice.genre.map(str::to_owned);
    document.ocr_confidence = notice.rate;
    document.url = notice.ark.as_deref().and_then(alto::uri::ark_url);
    for (name, value) in [("author", notice.author), ("publisher", notice.publisher)] {
        if let Some(value) = value {
            document
                .metadata
                .insert(name.to_owned(), Value::from(value));
        }
    }
}

#[cfg(test)]
mod tests {
    use moisson_core::Limits;
    use serde_json::{Value, json};

    use crate::testing::read_bytes;

    const NOTICE: &str = "<html><head><title>x</title></head><body><p><b>Titre : </b>Le Courrier du Val</p><p>Droits : \
        domaine public</p><p>Identifiant : ark:/12148/bpt6k0000001</p><p>Le taux de reconnaissance estimé pour ce \
        document est de 96 %.</p><hr/>";

    #[test]
    fn files_as_a_table() {
        let check = |options: Value, text: &str, expected: &[(&str, &str)]| {
            let sink = read_bytes(
                "ocr-pages",
                &options,
                "d/f.txt",
                text.as_bytes(),
                &Limits::default(),
            );
            assert_eq!(sink.faults, [], "{text}");
            let found = sink.texts();
            let found: Vec<_> = found
                .iter()
                .map(|(key, text)| (key.as_str(), *text))
                .collect();
            assert_eq!(found, expected, "{text}");
            assert_eq!(sink.records, 1);
        };
        check(
            json!({}),
            "Un.\u{c}\u{c}Trois.\u{c}",
            &[("d/f.txt", "Un.\n\nTrois.")],
        );
        check(
            json!({"pages": true}),
            "Un.\u{c}\u{c}Trois.\u{c}",
            &[("d/f.txt#1", "Un."), ("d/f.txt#3", "Trois.")],
        );
        check(
            json!({"hyphens": false, "margins": true}),
            "12\nla tran-\nquillité",
            &[("d/f.txt", "12\nla tran-\nquillité")],
        );
        check(
            json!({"lines": "join"}),
            "12\nla tran-\nquillité\nrègne",
            &[("d/f.txt", "la tranquillité règne")],
        );
        let html = format!("{NOTICE}<p>Un.</p><hr><p>Deux.</p></body></html>");
        check(
            json!({}),
            &html,
            &[("ark:/12148/bpt6k0000001", "Un.\n\nDeux.")],
        );
        check(
            json!({"pages": true}),
            &html,
            &[
                ("ark:/12148/bpt6k0000001#1", "Un."),
                ("ark:/12148/bpt6k0000001#2", "Deux."),
            ],
        );
    }

    #[test]
    fn the_notice_fills_columns() {
        let html = format!("{NOTICE}<p>Un.</p>");
        let sink = read_bytes(
            "ocr-pages",
            &Value::Null,
            "d/f.texteBrut",
            html.as_bytes(),
            &Limits::default(),
        );
        let document = &sink.documents[0];
        assert_eq!(document.title.as_deref(), Some("Le Courrier du Val"));
        assert_eq!(document.licence_declared.as_deref(), Some("domaine public"));
        assert_eq!(
            document.url.as_deref(),
            Some("https://gallica.bnf.fr/ark:/12148/bpt6k0000001")
        );
        assert_eq!(document.ocr_confidence, Some(0.96));
    }

    #[test]
    fn bad_input_as_a_table() {
        let limits = Limits {
            record_bytes_max: 100_000,
            ..Limits::default()
        };
        let check = |options: Value, bytes: &[u8], reason: &str| {
            let sink = read_bytes("ocr-pages", &options, "f.html", bytes, &limits);
            assert_eq!(sink.fault_lines(), [format!("{reason} f.html")]);
            assert_eq!((sink.records, sink.documents.len()), (1, 0));
        };
        check(json!({}), b"", "extract/empty");
        check(json!({}), b"\x0c \n\x0c- 12 -", "extract/empty");
        check(json!({}), NOTICE.as_bytes(), "extract/empty");
        check(
            json!({}),
            b"<html><body>altcha<p>Un instant.",
            "extract/empty",
        );
        check(
            json!({}),
            format!("<html>{}", "<div>".repeat(10_000)).as_bytes(),
            "extract/malformed-html",
        );
        check(
            json!({"encoding": "strict-utf-8"}),
            b"\xE9t\xE9",
            "extract/not-utf8",
        );
        check(
            json!({}),
            "a".repeat(100_001).as_bytes(),
            "extract/too-large",
        );
    }
}
