//! The `l10n` reader: files of translations, a file being a document; domain notes, section 5.

use moisson_core::{Document, Fault, Key, Result, Sink, reason};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{About, Member, Reader, ReaderEntry, options};
use crate::l10n::{Format, Strings, language_of_path, licence_of_head};
use crate::{encoding, record};

/// Its row in the table of readers.
pub const ENTRY: ReaderEntry = ReaderEntry {
    name: "l10n",
    version: 1,
    doc: "files of translations (Fluent, properties, gettext PO, XLIFF, DTD entities): the translated strings of a file",
    about: About {
        source: "Fluent 1.0, `java.util.Properties`, gettext PO, XLIFF 1.2 and 2.0, Mozilla's DTD files",
        document: "a file, keyed by its path",
        text: "the translated strings, one a line, in the order of the file; attributes (`.label`, `.tooltip`) are lines of their own, a choice has a line for each variant; placeables (`{ $name }`, `%S`) stay, HTML tags go. Left out: access keys, shortcuts, styles, single letters, addresses, a line that repeats the one before, fuzzy and untranslated entries",
        fields: &[
            (
                "language_declared",
                "the file (`Language`, `target-language`, `trgLang`), else its path where it is evident (`…/locale/fr/…`, `…-l10n-br/…`, `messages_fr.properties`)",
            ),
            (
                "licence_declared",
                "the comment at the head of the file, if it names a licence; lines with addresses are left out",
            ),
            ("modified_on", "`PO-Revision-Date`"),
            ("format", "`ftl`, `properties`, `po`, `xliff`, `dtd`"),
            ("strings", "number of lines"),
            ("source_language", "XLIFF"),
            ("unreadable_entries", "entries that were passed over"),
        ],
        defects: &[
            (
                "files without any string (all comments, or empty on purpose)",
                "`extract/empty`",
            ),
            (
                "broken entries of Fluent",
                "passed over and counted, as Fluent itself does; `extract/malformed-l10n` if none is left",
            ),
            (
                "properties in Latin-1 or UTF-8",
                "UTF-8 if valid, else Latin-1; `\\uXXXX` resolved",
            ),
            (
                "access keys inside of labels (`_Ouvrir`, `&Ouvrir`)",
                "taken out of PO strings where both sides have one",
            ),
        ],
    },
    extensions: &["ftl", "properties", "po", "xlf", "xliff", "dtd"],
    build: |value| {
        let options: Options = options::parse(ENTRY.name, value)?;
        Ok(Box::new(Localisation { options }))
    },
    options_schema: options::schema::<Options>,
};

/// Options of the reader.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Options {
    /// Language of the files that do not say theirs and whose path does not.
    language: Option<String>,
}

struct Localisation {
    options: Options,
}

impl Reader for Localisation {
    fn read(&self, mut member: Member<'_>, sink: &mut dyn Sink) -> Result<()> {
        let Some(whole) = record::whole(&mut member, sink)? else {
            return Ok(());
        };
        let fault = |reason, detail: String| Fault::new(reason, member.uri, detail);
        let Some(format) = Format::of(member.uri) else {
            let detail = "its name ends as no known format of translations".to_owned();
            return sink.fault(fault(reason::EXTRACT_MALFORMED_L10N, detail));
        };
        let declared = encoding::declared(&whole.bytes).or(format.fallback());
        let text = encoding::decode(&whole.bytes, declared).text;
        let strings = match format.read(&text, member.limits.depth_max) {
            Ok(strings) => strings,
            Err(detail) => return sink.fault(fault(reason::EXTRACT_MALFORMED_L10N, detail)),
        };
        if strings.text.is_empty() && strings.junk > 0 {
            let detail = format!("{} entries, none of which can be read", strings.junk);
            return sink.fault(fault(reason::EXTRACT_MALFORMED_L10N, detail));
        }
        if strings.text.is_empty() {
            let detail = "holds no translated string".to_owned();
            return sink.fault(fault(reason::EXTRACT_EMPTY, detail));
        }
        let key = Key::Path(member.uri.to_owned());
        let mut document = member.document(key, String::new(), whole.digest);
        document.licence_declared = licence_of_head(&text);
        self.fill(&mut document, strings, format);
        sink.document(document)
    }

    fn wants(&self, uri: &str) -> bool {
        Format::of(uri).is_some()
    }
}

impl Localisation {
    fn fill(&self, document: &mut Document, strings: Strings, format: Format) {
        document.text = strings.text;
        document.genre = Some("localisation".to_owned());
        document.modified_on = strings.revised;
        document.language_declared = strings
            .language
            .or_else(|| language_of_path(&document.raw_uri).map(str::to_owned))
            .or_else(|| self.options.language.clone());
        let mut note = |name: &str, value| document.metadata.insert(name.to_owned(), value);
        note("format", format.name().into());
        note("strings", strings.count.into());
        if let Some(language) = strings.source_language {
            note("source_language", language.into());
        }
        if strings.junk > 0 {
            note("unreadable_entries", strings.junk.into());
        }
    }
}
