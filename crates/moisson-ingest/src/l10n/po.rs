//! Gettext PO, <https://www.gnu.org/software/gettext/manual/html_node/PO-Files.html>: what is translated and not fuzzy.

use moisson_core::Date;

use super::Strings;

/// One entry as it is read.
#[derive(Default)]
struct Entry {
    id: String,
    /// `msgstr`, or the plural forms in order.
    translations: Vec<String>,
    is_fuzzy: bool,
    /// What strings that follow belong to.
    field: Field,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Field {
    #[default]
    None,
    Context,
    Id,
    Plural,
    Translation,
}

/// Reads the strings of a catalogue.
pub(super) fn read(text: &str) -> Result<Strings, String> {
    let mut strings = Strings::default();
    let mut entry = Entry::default();
    let mut entries = 0;
    for line in text.lines().map(str::trim) {
        // Obsolete entries are comments (`#~`); other comments begin the next entry.
        if line.is_empty() || line.starts_with('#') {
            if entry.field == Field::Translation {
                entries += 1;
                finish(&mut strings, &std::mem::take(&mut entry));
            }
            entry.is_fuzzy |= line.starts_with("#,") && line.contains("fuzzy");
            continue;
        }
        let (keyword, value) = line.split_at(line.find('"').unwrap_or(line.len()));
        let Some(value) = quoted(value) else {
            strings.junk += 1;
            continue;
        };
        match keyword.trim_end() {
            "" => {}
            "msgctxt" | "msgid" if entry.field == Field::Translation => {
                entries += 1;
                finish(&mut strings, &std::mem::take(&mut entry));
                entry.field = if keyword.starts_with("msgid") {
                    Field::Id
                } else {
                    Field::Context
                };
            }
            "msgctxt" => entry.field = Field::Context,
            "msgid" => entry.field = Field::Id,
            "msgid_plural" => entry.field = Field::Plural,
            word if word == "msgstr" || word.starts_with("msgstr[") => {
                entry.field = Field::Translation;
                entry.translations.push(String::new());
            }
            _ => {
                strings.junk += 1;
                continue;
            }
        }
        match entry.field {
            Field::Id => entry.id.push_str(&value),
            Field::Translation => {
                if let Some(last) = entry.translations.last_mut() {
                    last.push_str(&value);
                }
            }
            Field::None | Field::Context | Field::Plural => {}
        }
    }
    if entry.field == Field::Translation {
        entries += 1;
        finish(&mut strings, &entry);
    }
    if entries == 0 {
        return Err("holds no `msgid` with its `msgstr`".to_owned());
    }
    Ok(strings)
}

fn finish(strings: &mut Strings, entry: &Entry) {
    if entry.id.is_empty() {
        if let Some(head) = entry.translations.first() {
            header(strings, head);
        }
        return;
    }
    if entry.is_fuzzy {
        return;
    }
    for translation in &entry.translations {
        match without_accelerator(&entry.id, translation) {
            Some(plain) => strings.push(&plain),
            None => strings.push(translation),
        }
    }
}

/// The fields of the entry with an empty `msgid`.
fn header(strings: &mut Strings, head: &str) {
    for line in head.lines() {
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        let value = value.trim();
        match name.trim() {
            "Language" if !value.is_empty() => strings.language = Some(value.to_owned()),
            "PO-Revision-Date" => strings.revised = Date::parse(value),
            _ => {}
        }
    }
}

/// A quoted string with its escapes resolved; `None` if it does not close.
fn quoted(text: &str) -> Option<String> {
    let inner = text.trim().strip_prefix('"')?.strip_suffix('"')?;
    let mut out = String::with_capacity(inner.len());
    let mut letters = inner.chars();
    while let Some(c) = letters.next() {
        match c {
            '\\' => match letters.next()? {
                'n' => out.push('\n'),
                't' => out.push('\t'),
                'r' => {}
                other => out.push(other),
            },
            '"' => return None,
            other => out.push(other),
        }
    }
    Some(out)
}

/// A label without the `_` or `&` before its access key, where both sides have one.
fn without_accelerator(id: &str, translation: &str) -> Option<String> {
    ['_', '&'].into_iter().find_map(|mark| {
        let is_marked = |text: &str| {
            let mut parts = text.split(mark);
            let (_, after, more) = (parts.next(), parts.next(), parts.next());
            more.is_none() && after.is_some_and(|after| after.starts_with(char::is_alphanumeric))
        };
        (is_marked(id) && is_marked(translation)).then(|| translation.replacen(mark, "", 1))
    })
}
