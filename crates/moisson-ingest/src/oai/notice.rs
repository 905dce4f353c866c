//! What a notice says, whatever its format.

use moisson_core::{Date, Document};
use serde_json::Value;

/// Most values of one kind that are kept.
const VALUES_MAX: usize = 40;

/// A text and its language as declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) language: Option<String>,
    pub(crate) text: String,
}

/// What a notice says.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Notice {
    pub(crate) titles: Vec<Said>,
    pub(crate) texts: Vec<Said>,
    pub(crate) creators: Vec<String>,
    pub(crate) subjects: Vec<String>,
    pub(crate) types: Vec<String>,
    pub(crate) languages: Vec<String>,
    pub(crate) publishers: Vec<String>,
    pub(crate) identifiers: Vec<String>,
    /// Who holds the rights.
    pub(crate) holders: Vec<String>,
    /// Statements on rights, verbatim.
    pub(crate) rights: Vec<String>,
    /// Statements on access (`info:eu-repo/semantics/openAccess`), which license nothing.
    pub(crate) access: Vec<String>,
    /// The first address that the notice names.
    pub(crate) url: Option<String>,
    pub(crate) published: Option<Date>,
}

impl Notice {
    /// Adds a text, unless it is there already.
    pub(crate) fn say(&mut self, language: Option<String>, text: &str) {
        let text = text.trim();
        let is_new = !text.is_empty() && self.texts.iter().all(|said| said.text != text);
        if is_new && self.texts.len() < VALUES_MAX {
            self.texts.push(Said {
                language,
                text: text.to_owned(),
            });
        }
    }

    /// Adds a statement on rights or access.
    pub(crate) fn grant(&mut self, statement: String) {
        let is_access = statement.starts_with("info:eu-repo/semantics/")
            || statement.starts_with("http://purl.org/coar/access_right/");
        let list = if is_access {
            &mut self.access
        } else {
            &mut self.rights
        };
        add(list, statement);
    }

    /// Adds an identifier; the first address among them is where the work is found.
    pub(crate) fn identify(&mut self, identifier: String) {
        let is_address = identifier.starts_with("http://") || identifier.starts_with("https://");
        if is_address && self.url.is_none() {
            self.url = Some(identifier.clone());
        }
        add(&mut self.identifiers, identifier);
    }

    /// Keeps the texts in one of the languages; those whose language is not said stay.
    pub(crate) fn keep_languages(&mut self, languages: &[String]) {
        if !languages.is_empty() {
            self.texts.retain(|said| {
                said.language.as_deref().is_none_or(|language| {
                    let code = language.split(['-', '_']).next().unwrap_or(language);
                    languages
                        .iter()
                        .any(|wanted| wanted.eq_ignore_ascii_case(code))
                })
            });
        }
    }

    /// Fills a document in. Empty text stays for the caller to see.
    pub(crate) fn fill(self, document: &mut Document) {
        let spoken = self.texts.first().and_then(|said| said.language.clone());
        let is_one = self.texts.iter().all(|said| said.language == spoken);
        let title = self
            .titles
            .iter()
            .find(|title| spoken.is_some() && title.language == spoken)
            .or(self.titles.first());
        document.title = title.map(|title| title.text.clone());
        document.language_declared = spoken
            .filter(|_| is_one)
            .or_else(|| self.languages.first().cloned());
        let texts: Vec<&str> = self.texts.iter().map(|said| said.text.as_str()).collect();
        document.text = texts.join("\n\n");
        document.url = self.url;
        document.published_on = self.published;
        document.producer = self.publishers.first().cloned();
        // Several licences are no licence that a gate could pass: all are shown to it.
        if !self.rights.is_empty() {
            document.licence_declared = Some(self.rights.join(" ; "));
        }
        for (name, values) in [
            ("creators", self.creators),
            ("subjects", self.subjects),
            ("types", self.types),
            ("languages", self.languages),
            ("identifiers", self.identifiers),
            ("access", self.access),
            ("rights_holders", self.holders),
        ] {
            if !values.is_empty() {
                document
                    .metadata
                    .insert(name.to_owned(), Value::from(values));
            }
        }
    }
}

/// Adds a value, unless it is there already or there are too many.
pub(crate) fn add(list: &mut Vec<String>, value: String) {
    if list.len() < VALUES_MAX && !value.is_empty() && !list.contains(&value) {
        list.push(value);
    }
}
