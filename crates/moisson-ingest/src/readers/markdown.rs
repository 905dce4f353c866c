//! The `markdown` reader: front matter to fields, body to text, one document a file or a heading.

use std::collections::BTreeMap;

use moisson_core::{Digest, Document, Fault, Key, Result, Sink, reason};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{About, Member, Reader, ReaderEntry, has_extension, options};
use crate::encoding::Expected;
use crate::fields::selector::{Dialect, JsonRecord};
use crate::fields::{NamedFields, Names};
use crate::markdown::{self, Section};
use crate::record;

/// The entry of this reader.
pub const ENTRY: ReaderEntry = ReaderEntry {
    name: "markdown",
    version: 1,
    doc: "Markdown with YAML front matter; a file or each article under a heading is a document",
    about: About {
        source: "CommonMark, with YAML front matter",
        document: "a file, or each article under a heading of the level in `articles`; keyed by the option `id`, else the path",
        text: "headings, paragraphs, lists and tables as plain text; HTML inside is read as HTML",
        fields: &[(
            "title, date, licence, …",
            "keys of the front matter that the options name",
        )],
        defects: &[
            (
                "front matter that is no YAML",
                "`extract/malformed-front-matter`",
            ),
            ("the same heading twice", "the second key gets a suffix"),
        ],
    },
    extensions: EXTENSIONS,
    build,
    options_schema: options::schema::<MarkdownOptions>,
};

const EXTENSIONS: &[&str] = &["markdown", "md"];

/// Options of the `markdown` reader. Fields name keys of the front matter; those not named go to the metadata.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct MarkdownOptions {
    /// Cut into one document for each heading of this level or deeper (1 to 6), and for text that stands directly
    /// under a higher one. Keys get the anchor of the heading: `id#article-l111-1`.
    pub split_level: Option<u8>,
    /// Encoding: `detect` (default), `strict-utf-8`, or a label.
    pub encoding: Option<String>,
    /// Fields of the front matter.
    #[serde(flatten)]
    pub names: Names,
}

struct Markdown {
    split_level: Option<u8>,
    encoding: Expected,
    fields: NamedFields,
    /// Keys of the front matter that have become columns and are no metadata.
    named_keys: Vec<String>,
}

fn build(given: &Value) -> Result<Box<dyn Reader>> {
    let options: MarkdownOptions = options::parse(ENTRY.name, given)?;
    if options
        .split_level
        .is_some_and(|level| !(1..=6).contains(&level))
    {
        return Err(moisson_core::Error::config(
            "reader `markdown`: `split_level` is the level of a heading, 1 to 6",
        ));
    }
    let mut names = options.names;
    if names.title.is_none() {
        names.title = Some(crate::fields::selector::Paths::One("title".to_owned()));
    }
    let fields = NamedFields::new(&names, Dialect::Json)?;
    let mut named_keys = Vec::new();
    fields.keys(&mut |key| named_keys.push(key.to_owned()));
    let encoding = Expected::parse(options.encoding.as_deref(), Expected::Detect)?;
    Ok(Box::new(Markdown {
        split_level: options.split_level,
        encoding,
        fields,
        named_keys,
    }))
}

impl Reader for Markdown {
    fn read(&self, mut member: Member<'_>, sink: &mut dyn Sink) -> Result<()> {
        let Some(raw) = record::whole(&mut member, sink)? else {
            return Ok(());
        };
        match self.documents(&raw.bytes, raw.digest, &member) {
            Ok(documents) => documents
                .into_iter()
                .try_for_each(|document| sink.document(document)),
            Err(fault) => sink.fault(*fault),
        }
    }

    fn wants(&self, uri: &str) -> bool {
        has_extension(uri, EXTENSIONS)
    }
}

impl Markdown {
    fn documents(
        &self,
        bytes: &[u8],
        digest: Digest,
        member: &Member<'_>,
    ) -> Result<Vec<Document>, Box<Fault>> {
        let fault = |reason, detail: String| Fault::new(reason, member.uri, detail);
        let text = self
            .encoding
            .decode(bytes)
            .map_err(|detail| fault(reason::EXTRACT_NOT_UTF8, detail))?;
        let (front, body) = front_matter(&text)
            .map_err(|detail| fault(reason::EXTRACT_MALFORMED_FRONT_MATTER, detail))?;
        let sections = markdown::sections(body, member.limits.depth_max).ok_or_else(|| {
            fault(
                reason::EXTRACT_MALFORMED_HTML,
                "HTML in the text nests too deep".to_owned(),
            )
        })?;
        let key = Key::Path(member.uri.to_owned());
        let mut whole = Document::new(key, String::new(), member.uri.to_owned(), digest);
        whole.sequence = member.sequence;
        let front = Value::Object(front);
        self.fields.fill(&JsonRecord::whole(&front), &mut whole)?;
        if let Value::Object(front) = front {
            let rest = front
                .into_iter()
                .filter(|(key, _)| !self.named_keys.contains(key));
            whole.metadata.extend(rest);
        }
        if whole.title.is_none() {
            whole.title = sections
                .iter()
                .find(|s| s.level == 1)
                .map(|s| s.heading.clone());
        }
        if let Some(level) = self.split_level {
            return Ok(articles(&whole, sections, level));
        }
        whole.text = joined(sections);
        Ok(vec![whole])
    }
}

fn joined(sections: Vec<Section>) -> String {
    let mut text = String::new();
    for part in sections
        .into_iter()
        .flat_map(|section| [section.heading, section.text])
    {
        if !part.is_empty() {
            if !text.is_empty() {
                text.push_str("\n\n");
            }
            text.push_str(&part);
        }
    }
    text
}

/// Cuts a document at its headings. Sections without text of their own are only the way to those below them.
fn articles(whole: &Document, sections: Vec<Section>, split_level: u8) -> Vec<Document> {
    let mut documents = Vec::new();
    let mut way: Vec<(u8, String)> = Vec::new();
    let mut anchors: BTreeMap<String, u32> = BTreeMap::new();
    for section in sections {
        way.retain(|(level, _)| *level < section.level);
        let anchor = match section.anchor {
            Some(anchor) => anchor,
            None => slug(&section.heading),
        };
        let anchor = unique(anchor, &mut anchors);
        let is_article = section.level >= split_level;
        if is_article || !section.text.is_empty() {
            let path: Vec<Value> = way.iter().map(|(_, h)| Value::String(h.clone())).collect();
            documents.push(article(
                whole,
                &anchor,
                &section.heading,
                path,
                section.text,
            ));
        }
        way.push((section.level, section.heading));
    }
    documents
}

fn article(
    whole: &Document,
    anchor: &str,
    heading: &str,
    way: Vec<Value>,
    text: String,
) -> Document {
    let with_anchor = |name: &str| match anchor {
        "" => name.to_owned(),
        anchor => format!("{name}#{anchor}"),
    };
    let mut document = whole.clone();
    document.key = match &whole.key {
        Key::Declared(key) => Key::Declared(with_anchor(key)),
        Key::Path(key) => Key::Path(with_anchor(key)),
        Key::Raw => Key::Raw,
    };
    document.version_of = whole.version_of.as_deref().map(with_anchor);
    document.title = match whole.title.as_deref() {
        Some(title) if !heading.is_empty() && title != heading => {
            Some(format!("{title}, {heading}"))
        }
        Some(title) => Some(title.to_owned()),
        None => Some(heading.to_owned()).filter(|heading| !heading.is_empty()),
    };
    if !way.is_empty() {
        document
            .metadata
            .insert("section".to_owned(), Value::Array(way));
    }
    document.text = text;
    document
}

/// Returns the anchor that GitHub gives a heading: lower case, blanks to hyphens, punctuation dropped.
fn slug(heading: &str) -> String {
    let mut slug = String::with_capacity(heading.len());
    for character in heading.chars() {
        match character {
            '-' | '_' => slug.push(character),
            c if c.is_whitespace() => slug.push('-'),
            c if c.is_alphanumeric() => slug.extend(c.to_lowercase()),
            _ => {}
        }
    }
    slug
}

/// Returns the anchor, or the anchor with `~2`, `~3`, … where it has occurred before.
fn unique(anchor: String, seen: &mut BTreeMap<String, u32>) -> String {
    let count = seen.entry(anchor.clone()).or_default();
    *count += 1;
    match *count {
        1 => anchor,
        count => format!("{anchor}~{count}"),
    }
}

/// Takes the YAML between `---` lines off the head of a text.
fn front_matter(text: &str) -> Result<(Map<String, Value>, &str), String> {
    let Some(rest) = text
        .strip_prefix("---\n")
        .or_else(|| text.strip_prefix("---\r\n"))
    else {
        return Ok((Map::new(), text));
    };
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        if matches!(line.trim_end(), "---" | "...") {
            let yaml = rest.get(..at).unwrap_or_default();
            let body = rest.get(at + line.len()..).unwrap_or_default();
            if yaml.trim().is_empty() {
                return Ok((Map::new(), body));
            }
            return match serde_yaml_ng::from_str(yaml) {
                Ok(Value::Object(map)) => Ok((map, body)),
                Ok(Value::Null) => Ok((Map::new(), body)),
                Ok(_) => Err("the front matter is no list of keys".to_owned()),
                Err(error) => Err(error.to_string()),
            };
        }
        at += line.len();
    }
    // A rule at the very top, and no front matter.
    Ok((Map::new(), text))
}

#[cfg(test)]
mod tests {
    use moisson_core::Limits;
    use serde_json::{Value, json};

    use super::slug;
    use crate::testing::{Collected, read_bytes};

    const CODE: &str = "---\ntitle: \"Code d'essai\"\nidentifier: C1\nlast_updated: 2020-01-02\nrank: code\n---\n\
        # Code d'essai\n\nPréambule.\n\n## Livre Ier\n\n##### Article L1\n\nPremier.\n\n\
        ##### Article L1\n\nPremier, autre version.\n\n## Livre II\n\n##### Article R*2\n\n";

    fn read(options: &Value, text: &str) -> Collected {
        read_bytes(
            "markdown",
            options,
            "d/f.md",
            text.as_bytes(),
            &Limits::default(),
        )
    }

    #[test]
    fn front_matter_becomes_fields_and_metadata() {
        let options = json!({
            "id": "{identifier}@{last_updated}", "modified": "last_updated",
            "version_of": "identifier", "version_from": "last_updated",
        });
        let sink = read(&options, CODE);
        let document = &sink.documents[0];
        assert_eq!(document.key_text(), "C1@2020-01-02");
        assert_eq!(document.title.as_deref(), Some("Code d'essai"));
        assert_eq!(document.version_of.as_deref(), Some("C1"));
        assert_eq!(document.version_from.unwrap().to_string(), "2020-01-02");
        assert_eq!(
            Value::Object(document.metadata.clone()),
            json!({"rank": "code"})
        );
        assert!(
            document
                .text
                .starts_with("Code d'essai\n\nPréambule.\n\nLivre Ier\n\nArticle L1")
        );
    }

    #[test]
    fn headings_cut_a_file_into_articles() {
        let options = json!({"id": "identifier", "version_of": "identifier", "split_level": 5});
        let sink = read(&options, CODE);
        let rows: Vec<_> = sink
            .documents
            .iter()
            .map(|d| (d.key_text(), d.title.clone().unwrap(), d.text.as_str()))
            .collect();
        let row = |key: &str, title: &str, text| (key.to_owned(), title.to_owned(), text);
        assert_eq!(
            rows,
            [
                row("C1#code-dessai", "Code d'essai", "Préambule."),
                row("C1#article-l1", "Code d'essai, Article L1", "Premier."),
                row(
                    "C1#article-l1~2",
                    "Code d'essai, Article L1",
                    "Premier, autre version."
                ),
                row("C1#article-r2", "Code d'essai, Article R*2", ""),
            ]
        );
        let article = &sink.documents[1];
        assert_eq!(article.version_of.as_deref(), Some("C1#article-l1"));
        assert_eq!(
            article.metadata["section"],
            json!(["Code d'essai", "Livre Ier"])
        );
    }

    #[test]
    fn files_as_a_table() {
        let check = |text: &str, key: &str, title: Option<&str>, body: &str| {
            let sink = read(&json!({}), text);
            assert_eq!(sink.texts(), [(key.to_owned(), body)]);
            assert_eq!(sink.documents[0].title.as_deref(), title);
        };
        check("texte", "d/f.md", None, "texte");
        check("# Un\n\ntexte", "d/f.md", Some("Un"), "Un\n\ntexte");
        check("---\n---\ntexte", "d/f.md", None, "texte");
        check(
            "---\r\ntitle: T\r\n---\r\ntexte",
            "d/f.md",
            Some("T"),
            "texte",
        );
        check("---\n\ntexte", "d/f.md", None, "texte"); // a rule, no front matter
    }

    #[test]
    fn bad_files_as_a_table() {
        let check = |options: Value, text: &str, fault: &str| {
            let sink = read(&options, text);
            assert_eq!(sink.fault_lines(), [format!("{fault} d/f.md")]);
            assert_eq!((sink.records, sink.documents.len()), (1, 0));
        };
        check(json!({}), "", "extract/empty");
        check(
            json!({}),
            "---\na: [\n---\nx",
            "extract/malformed-front-matter",
        );
        check(
            json!({}),
            "---\n- a\n---\nx",
            "extract/malformed-front-matter",
        );
        check(
            json!({"id": "identifier"}),
            "---\na: 1\n---\nx",
            "extract/missing-field",
        );
        check(json!({"encoding": "strict-utf-8"}), "", "extract/empty");
    }

    #[test]
    fn a_level_outside_of_headings_is_refused() {
        for level in [0, 7] {
            assert!(crate::readers::build("markdown", &json!({"split_level": level})).is_err());
        }
    }

    #[test]
    fn slugs_as_a_table() {
        for (heading, expected) in [
            ("Article L111-1", "article-l111-1"),
            ("Livre Ier : Été", "livre-ier--été"),
            ("R*123_a", "r123_a"),
            ("", ""),
        ] {
            assert_eq!(slug(heading), expected);
        }
    }
}
