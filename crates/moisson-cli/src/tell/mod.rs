//! Telling people, in their language. What is said stands in `messages.toml`; here it is found and filled in.

mod diff;
mod explain;
mod licences;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

pub(crate) use diff::{markdown as diff_markdown, text as diff_text};
pub(crate) use explain::text as story_text;
pub(crate) use licences::text as licences_text;

use crate::args::Lang;
use crate::output;

/// One message in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    en: String,
    fr: String,
}

/// Messages by section and name.
type Messages = BTreeMap<String, BTreeMap<String, Message>>;

fn messages() -> &'static Messages {
    static MESSAGES: LazyLock<Messages> =
        LazyLock::new(|| toml::from_str(include_str!("messages.toml")).unwrap_or_default());
    &MESSAGES
}

/// Says things in one language.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Voice {
    lang: Lang,
}

impl Voice {
    /// A voice in a language.
    pub(crate) fn new(lang: Lang) -> Self {
        Self { lang }
    }

    /// The message of a section and name, if there is one.
    fn find(self, section: &str, name: &str) -> Option<&'static str> {
        let message = messages().get(section)?.get(name)?;
        Some(match self.lang {
            Lang::En => &message.en,
            Lang::Fr => &message.fr,
        })
    }

    /// The message of a key `section.name`, with `{names}` filled in. A key without a message is shown itself.
    fn say(self, key: &str, with: &[(&str, &str)]) -> String {
        let found = key
            .split_once('.')
            .and_then(|(section, name)| self.find(section, name));
        fill(found.unwrap_or(key), with)
    }

    /// A word of a column in this language; a word that is not known is shown as it is.
    fn word(self, section: &str, word: &str) -> String {
        self.find(section, word).unwrap_or(word).to_owned()
    }

    /// A number, with its digits in groups of three.
    fn number(self, number: u64) -> String {
        let digits = number.to_string();
        let mut grouped = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                grouped.push(match self.lang {
                    Lang::En => ',',
                    // The narrow no-break space of French typography.
                    Lang::Fr => '\u{202f}',
                });
            }
            grouped.push(digit);
        }
        grouped
    }

    /// What an obligation asks for, in a sentence; its code where there is none.
    fn obligation(self, code: &str) -> String {
        match moisson_engine::known::obligation(code) {
            Some((en, fr)) => match self.lang {
                Lang::En => en,
                Lang::Fr => fr,
            },
            None => code.to_owned(),
        }
    }

    /// What a reason code means, in a sentence; the code where there is none.
    fn reason(self, code: &str) -> String {
        let own = moisson_engine::known::reason(code);
        match own {
            Some((en, fr)) => match self.lang {
                Lang::En => en,
                Lang::Fr => fr,
            }
            .to_owned(),
            None => self.word("reason", code),
        }
    }
}

/// Puts values in the place of `{names}`. What a value holds is not filled in again.
fn fill(template: &str, with: &[(&str, &str)]) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        let value = with.iter().find(|(key, _)| *key == name);
        text.push_str(value.map_or(name, |(_, value)| value));
        rest = after;
    }
    text + rest
}

/// A text that grows by paragraphs.
struct Page {
    voice: Voice,
    text: String,
}

impl Page {
    fn new(voice: Voice) -> Self {
        Self {
            voice,
            text: String::new(),
        }
    }

    /// Starts a section.
    fn heading(&mut self, key: &str) {
        let title = self.voice.say(key, &[]);
        self.text.extend(["\n", &title, "\n"]);
    }

    /// Adds a line of a section.
    fn line(&mut self, key: &str, with: &[(&str, &str)]) {
        let line = self.voice.say(key, with);
        self.plain(&line);
    }

    /// Adds a line of a section that is already in words.
    fn plain(&mut self, line: &str) {
        let line = line.replace('\n', " ");
        self.text.extend(["  ", line.trim_end(), "\n"]);
    }

    /// Adds a table; columns that are empty in all rows are left out.
    fn table(&mut self, names: &[&str], rows: &[Vec<String>]) {
        let used = |at: &usize| {
            rows.iter()
                .any(|row| row.get(*at).is_some_and(|cell| !cell.is_empty()))
        };
        let kept: Vec<usize> = (0..names.len()).filter(used).collect();
        let names: Vec<String> = kept
            .iter()
            .filter_map(|at| names.get(*at))
            .map(|key| self.voice.say(key, &[]))
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let rows: Vec<Vec<String>> = rows
            .iter()
            .map(|row| {
                kept.iter()
                    .filter_map(|at| row.get(*at))
                    .map(|cell| cell.replace('\n', " "))
                    .collect()
            })
            .collect();
        for line in output::table(&names, &rows).lines() {
            self.text.extend(["  ", line, "\n"]);
        }
    }

    /// Adds the line that says that nothing of this is legal advice.
    fn no_advice(&mut self) {
        let line = self.voice.say("page.no-advice", &[]);
        self.text.extend(["\n", &line, "\n"]);
    }
}

/// Names one after the other.
fn listed<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
    names.join(", ")
}
