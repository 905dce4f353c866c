//! The `alto` reader: pages in ALTO, and METS files that bind them to issues and books. See the domain notes,
//! section 5.5.

use moisson_core::{Assembly, Digest, Document, Fault, Joint, Key, Result, Sink, reason};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{About, Member, Reader, ReaderEntry, file_stem, has_extension, options};
use crate::alto::{self, Alto, Lines, Page, Rendered, uri};
use crate::xml::{Events, Step, Xml};
use crate::{encoding, mets, record};

/// Its row in the table of readers.
pub const ENTRY: ReaderEntry = ReaderEntry {
    name: "alto",
    version: 1,
    doc: "ALTO pages of libraries and archives, one document each, or whole issues and books in the order of their METS",
    about: About {
        source: "the ALTO schemas 1 to 4.4, https://www.loc.gov/standards/alto/, and METS, https://www.loc.gov/standards/mets/",
        document: "a page, keyed by its path without extension and without a last folder such as `ALTO`; with `unit = \"issue\"` what a METS file binds, keyed by its ark, its `OBJID` or its path",
        text: "the text blocks of the page in the order of `ReadingOrder`, of `IDNEXT` or of the file, a blank line between them; margins (running heads, folios) and the zones `RunningTitleZone`, `NumberingZone`, `QuireMarksZone`, `StampZone`, `DigitizationArtefactZone` are left out. A word broken at a line end is written whole, once (`SUBS_CONTENT`), also where its parts lie in two blocks or pages; abbreviations stay as printed. `ALTERNATIVE`, `Glyph` and `Variant` are ignored",
        fields: &[
            (
                "ocr_confidence",
                "mean of `String@WC`; of a word without it, `CC` turned round; of a page without either, `Page@PC` or `ACCURACY`; null where nothing is said",
            ),
            ("language_declared", "`Page@LANG`, else that of most blocks"),
            ("url", "the ARK in `fileIdentifier`"),
            ("page", "`PHYSICAL_IMG_NR`"),
            ("printed_page", "`PRINTED_IMG_NR`"),
            ("image", "the name in `sourceImageInformation/fileName`"),
            (
                "software",
                "`softwareName` and `softwareVersion` of each step",
            ),
            ("words, blocks", "counted in what is read"),
            (
                "of an issue: title, published_on, language_declared, url, producer, genre, number, pages",
                "`mets@LABEL`, MODS or Dublin Core of the whole, agents of `metsHdr`, `mets@TYPE`",
            ),
            (
                "of an issue: licence_declared",
                "`rightsMD`, `accessCondition`, `dc:rights`, verbatim and joined by ` ; `",
            ),
        ],
        defects: &[
            (
                "ISO-8859-1 declared, UTF-8 written (Gallica)",
                "UTF-8 is tried first",
            ),
            (
                "broken words without `SUBS_CONTENT`, or with the hyphen in `CONTENT` (eScriptorium)",
                "joined with what begins the next line; the hyphen stays in compounds (`celui-ci`, `Saint-Denis`)",
            ),
            (
                "`SUBS_CONTENT` without the punctuation of the second part",
                "it is taken from there",
            ),
            (
                "no `SP` on the whole page",
                "words are separated by a space",
            ),
            (
                "references of METS that are absolute, or have backslashes",
                "resolved against the folder of the METS file",
            ),
            (
                "a page without text, or with text in margins only",
                "`extract/empty`",
            ),
            (
                "other XML in the same folders",
                "`*.tei.xml`, `*.page.xml` and folders `page`, `tei` are passed over; another root is `extract/malformed-xml`",
            ),
        ],
    },
    extensions: &["xml", "alto"],
    build: |value| {
        let options: Options = options::parse(ENTRY.name, value)?;
        Ok(Box::new(AltoPages { options }))
    },
    options_schema: options::schema::<Options>,
};

/// Options of the reader.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Options {
    /// What a document is: a `page`, or an `issue` (or book) as METS files bind pages.
    unit: Unit,
    /// Lines of a block: `join` makes a paragraph of them, `keep` leaves them lines.
    lines: Lines,
    /// Running heads, folios and stamps are read too.
    margins: bool,
}

/// What a document is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Unit {
    /// A page; METS files are passed over.
    #[default]
    Page,
    /// What a METS file binds; pages are its pieces.
    Issue,
}

struct AltoPages {
    options: Options,
}

impl Reader for AltoPages {
    fn read(&self, mut member: Member<'_>, sink: &mut dyn Sink) -> Result<()> {
        let Some(whole) = record::whole(&mut member, sink)? else {
            return Ok(());
        };
        let decoded = encoding::decode(&whole.bytes, encoding::declared(&whole.bytes));
        let depth_max = member.limits.depth_max;
        let fault = |reason, detail| Fault::new(reason, member.uri, detail);
        match root(&decoded.text, depth_max) {
            Ok("alto") => match alto::parse(&decoded.text, depth_max) {
                Ok(parsed) => self.pages(&parsed, &member, whole.digest, sink),
                Err(detail) => sink.fault(fault(reason::EXTRACT_MALFORMED_XML, detail)),
            },
            // A page is read alone: METS has no text.
            Ok("mets") if self.options.unit == Unit::Page => Ok(()),
            Ok("mets") => match Xml::parse(&decoded.text, depth_max) {
                Ok(xml) => match mets::contents(&xml, member.uri, whole.digest) {
                    Some(mut contents) => {
                        contents.sequence = member.sequence;
                        if let Some(whole) = &mut contents.whole {
                            whole.sequence = member.sequence;
                            whole.raw_modified = member.modified;
                        }
                        sink.contents(contents)
                    }
                    // It binds images, or other METS files.
                    None => Ok(()),
                },
                Err(detail) => sink.fault(fault(reason::EXTRACT_MALFORMED_XML, detail)),
            },
            Ok(other) => {
                let detail = format!("root element `{other}` is neither `alto` nor `mets`");
                sink.fault(fault(reason::EXTRACT_MALFORMED_XML, detail))
            }
            Err(detail) => sink.fault(fault(reason::EXTRACT_MALFORMED_XML, detail)),
        }
    }

    fn wants(&self, uri: &str) -> bool {
        let stem = file_stem(uri).to_ascii_lowercase();
        let is_other = [".tei", ".page", ".hocr"]
            .iter()
            .any(|kind| stem.ends_with(kind))
            || uri.rsplit(['/', '!']).nth(1).is_some_and(|folder| {
                ["page", "pagexml", "tei"]
                    .iter()
                    .any(|kind| folder.eq_ignore_ascii_case(kind))
            });
        has_extension(uri, ENTRY.extensions) && !is_other
    }

    fn assembly(&self) -> Option<Assembly> {
        (self.options.unit == Unit::Issue).then_some(Assembly {
            on: None,
            joint: Joint::Flowing,
        })
    }
}

impl AltoPages {
    fn pages(
        &self,
        alto: &Alto<'_>,
        member: &Member<'_>,
        digest: Digest,
        sink: &mut dyn Sink,
    ) -> Result<()> {
        let mut is_empty = true;
        for (index, page) in alto.pages.iter().enumerate() {
            let rendered = alto::render(alto, page, self.options.lines, self.options.margins);
            if rendered.text.trim().is_empty() {
                continue;
            }
            is_empty = false;
            let mut key = uri::page_key(member.uri);
            if alto.pages.len() > 1 {
                key.push('#');
                match page.id {
                    "" => key.push_str(&(index + 1).to_string()),
                    id => key.push_str(id),
                }
            }
            let mut document = member.document(Key::Declared(key), String::new(), digest);
            fill(&mut document, alto, page, rendered);
            sink.document(document)?;
        }
        if !is_empty {
            return Ok(());
        }
        let has_words = alto.pages.iter().any(Page::has_words);
        sink.fault(Fault {
            reason: reason::EXTRACT_EMPTY,
            raw_uri: member.uri.to_owned(),
            detail: Some(match alto.pages.len() {
                0 => "no page".to_owned(),
                _ if has_words => "text in margins only".to_owned(),
                _ => "no word on the page".to_owned(),
            }),
            ..Fault::default()
        })
    }
}

fn fill(document: &mut Document, alto: &Alto<'_>, page: &Page<'_>, rendered: Rendered) {
    document.text = rendered.text;
    document.language_declared = rendered.language;
    #[expect(clippy::cast_possible_truncation, reason = "a share needs no more")]
    {
        document.ocr_confidence = rendered.confidence.map(|share| share as f32);
    }
    document.url = alto.identifier.as_deref().and_then(uri::ark_url);
    let metadata = &mut document.metadata;
    metadata.insert("words".to_owned(), rendered.words.into());
    metadata.insert("blocks".to_owned(), rendered.blocks.into());
    if let Some(number) = page.number {
        metadata.insert("page".to_owned(), number.into());
    }
    if let Some(printed) = &page.printed {
        metadata.insert("printed_page".to_owned(), printed.as_str().into());
    }
    if let Some(image) = &alto.image {
        metadata.insert("image".to_owned(), image.as_str().into());
    }
    if !alto.software.is_empty() {
        metadata.insert("software".to_owned(), alto.software.join(", ").into());
    }
}

/// Name of the root element.
fn root(text: &str, depth_max: u32) -> Result<&str, String> {
    let mut events = Events::new(text, depth_max);
    loop {
        match events.next()? {
            Some(Step::Open(tag)) => return Ok(tag.name),
            Some(_) => {}
            None => return Err("holds no element".to_owned()),
        }
    }
}
