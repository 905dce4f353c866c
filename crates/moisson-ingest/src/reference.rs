//! Pages of the reference: what each reader reads, in Markdown, made from its row in the table of readers.

use std::fmt::Write;

use serde_json::Value;

use crate::readers::ReaderEntry;

/// Returns the page of one reader.
pub fn page(entry: &ReaderEntry) -> String {
    let about = &entry.about;
    let mut page = format!("# `{}`\n\n{}.\n\n", entry.name, sentence(entry.doc));
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(page, "- **{name}**: {value}");
        }
    };
    line("Follows", about.source);
    line("One document is", about.document);
    line("Text", about.text);
    line(
        "Extensions",
        &entry
            .extensions
            .iter()
            .map(|e| format!("`.{e}`"))
            .collect::<Vec<_>>()
            .join(", "),
    );
    line("Version", &entry.version.to_string());
    table(
        &mut page,
        "Columns and metadata",
        ["filled", "from"],
        about.fields,
    );
    table(
        &mut page,
        "Known defects",
        ["defect", "what is done"],
        about.defects,
    );
    options(&mut page, entry);
    page
}

/// Returns the list of all pages.
pub fn index(entries: &[ReaderEntry]) -> String {
    let mut index = String::from("# Readers\n\n| reader | reads |\n| --- | --- |\n");
    for entry in entries {
        let _ = writeln!(
            index,
            "| [`{0}`]({0}.md) | {1} |",
            entry.name,
            cell(entry.doc)
        );
    }
    index
}

fn options(page: &mut String, entry: &ReaderEntry) {
    let schema = (entry.options_schema)();
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return;
    };
    let names: std::collections::BTreeMap<&String, &Value> = properties.iter().collect();
    if names.is_empty() {
        return;
    }
    let _ = write!(page, "\n## Options\n\n| option | what |\n| --- | --- |\n");
    for (name, property) in names {
        let what = property
            .get("description")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let default = match property.get("default") {
            None | Some(Value::Null) => String::new(),
            Some(default) => format!(" Default `{default}`."),
        };
        let _ = writeln!(page, "| `{name}` | {}{default} |", cell(what));
    }
}

fn table(page: &mut String, title: &str, head: [&str; 2], rows: &[(&str, &str)]) {
    if rows.is_empty() {
        return;
    }
    let _ = write!(
        page,
        "\n## {title}\n\n| {} | {} |\n| --- | --- |\n",
        head[0], head[1]
    );
    for (left, right) in rows {
        let _ = writeln!(page, "| {} | {} |", cell(left), cell(right));
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
