//! What changed between two releases, for people: as text, and in Markdown for a release note.

use moisson_engine::diff::{Changes, Diff, Flow, Listed};
use moisson_engine::licences::Amount;

use super::{Page, Voice};

/// Tells the difference as text.
pub(crate) fn text(voice: Voice, diff: &Diff) -> String {
    let mut page = Page::new(voice);
    page.text = voice.say("diff.title", &sides(diff)) + "\n";
    for line in summary(voice, diff) {
        page.plain(&line);
    }
    for table in tables(voice, diff) {
        page.heading(table.title);
        page.table(&table.names, &table.rows);
    }
    if let Some(ids) = &diff.ids {
        page.heading("diff.ids");
        page.table(&ID_COLUMNS, &id_rows(voice, ids));
        if diff.ids_left_out > 0 {
            let more = voice.number(diff.ids_left_out);
            page.line("diff.ids-more", &[("more", &more)]);
        }
    }
    page.text
}

/// Tells the difference in Markdown. What a source or licence is called cannot break it.
pub(crate) fn markdown(voice: Voice, diff: &Diff) -> String {
    let title = voice.say("diff.title", &sides(diff));
    let mut text = format!("## {}\n\n", escaped(&title));
    for line in summary(voice, diff) {
        text.extend(["- ", &escaped(&line), "\n"]);
    }
    let mut tables = tables(voice, diff);
    if let Some(ids) = &diff.ids {
        tables.push(Table {
            title: "diff.ids",
            names: ID_COLUMNS.to_vec(),
            rows: id_rows(voice, ids),
        });
    }
    for table in tables {
        let title = voice.say(table.title, &[]);
        text.extend(["\n### ", &escaped(&title), "\n\n"]);
        let names: Vec<String> = table.names.iter().map(|key| voice.say(key, &[])).collect();
        text.push_str(&markdown_row(&names));
        text.push('|');
        text.extend(names.iter().map(|_| " --- |"));
        text.push('\n');
        text.extend(table.rows.iter().map(|row| markdown_row(row)));
    }
    if diff.ids_left_out > 0 {
        let more = voice.number(diff.ids_left_out);
        let line = voice.say("diff.ids-more", &[("more", &more)]);
        text.extend(["\n", &line, "\n"]);
    }
    text
}

fn markdown_row(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| escaped(cell)).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// The text with all that Markdown or HTML would read as markup escaped, on one line.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' => escaped.push(' '),
            '<' => escaped.push_str("&lt;"),
            '&' => escaped.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' => escaped.extend(['\\', c]),
            _ => escaped.push(c),
        }
    }
    escaped
}

fn sides(diff: &Diff) -> [(&'static str, &str); 2] {
    [("before", &diff.before.name), ("after", &diff.after.name)]
}

/// The lines at the head: which releases, and what happened in all.
fn summary(voice: Voice, diff: &Diff) -> Vec<String> {
    let mut lines: Vec<String> = [("diff.before", &diff.before), ("diff.after", &diff.after)]
        .into_iter()
        .map(|(key, side)| {
            let digest: String = side.content_digest.chars().take(16).collect();
            let (documents, bytes) = (voice.number(side.documents), voice.number(side.text_bytes));
            let mut line = voice.say(
                key,
                &[
                    ("digest", &digest),
                    ("documents", &documents),
                    ("bytes", &bytes),
                ],
            );
            if !side.published {
                line += &voice.say("diff.staged", &[]);
            }
            line
        })
        .collect();
    let unchanged = voice.number(diff.unchanged);
    lines.push(voice.say("diff.unchanged", &[("documents", &unchanged)]));
    lines.push(amount(voice, "diff.added", diff.added));
    let mut removed = amount(voice, "diff.removed", diff.removed);
    if diff.forgotten > 0 {
        let forgotten = voice.number(diff.forgotten);
        removed += &voice.say("diff.of-them-forgotten", &[("documents", &forgotten)]);
    }
    lines.push(removed);
    let changed = &diff.changed;
    let numbers = [
        changed.documents,
        changed.text,
        changed.text_by_edits,
        changed.licence,
        changed.metadata,
    ]
    .map(|number| voice.number(number));
    let [documents, text, edits, licence, metadata] = &numbers;
    lines.push(voice.say(
        "diff.changed",
        &[
            ("documents", documents),
            ("text", text),
            ("edits", edits),
            ("licence", licence),
            ("metadata", metadata),
        ],
    ));
    lines
}

fn amount(voice: Voice, key: &str, amount: Amount) -> String {
    let documents = voice.number(amount.documents);
    let bytes = voice.number(amount.text_bytes);
    let mut line = voice.say(key, &[("documents", &documents), ("bytes", &bytes)]);
    if let Some(tokens) = amount.tokens {
        let tokens = voice.number(tokens);
        line += &voice.say("diff.tokens", &[("tokens", &tokens)]);
    }
    line
}

struct Table {
    title: &'static str,
    names: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

fn tables(voice: Voice, diff: &Diff) -> Vec<Table> {
    let mut tables = Vec::new();
    let mut table = |title, names: Vec<&'static str>, rows: Vec<Vec<String>>| {
        if !rows.is_empty() {
            tables.push(Table { title, names, rows });
        }
    };
    let flows = |name| {
        vec![
            name,
            "column.added",
            "column.removed",
            "column.changed",
            "column.text",
            "column.licence",
            "column.metadata",
        ]
    };
    let rows = diff
        .sources
        .iter()
        .map(|(name, flow)| flow_row(voice, name, flow));
    table("diff.by-source", flows("column.source"), rows.collect());
    let rows = diff
        .licences
        .iter()
        .map(|(name, flow)| flow_row(voice, name, flow));
    table("diff.by-licence", flows("column.licence"), rows.collect());
    let rows = diff.relicensed.iter().map(|moved| {
        vec![
            moved.source.clone(),
            moved.from.clone(),
            moved.to.clone(),
            voice.number(moved.documents),
        ]
    });
    let names = vec![
        "column.source",
        "column.from",
        "column.to",
        "column.documents",
    ];
    table("diff.relicensed", names, rows.collect());
    for (title, reasons) in [
        ("diff.removed-because", &diff.removed_because),
        ("diff.added-because", &diff.added_because),
    ] {
        let rows = reasons.iter().map(|because| {
            vec![
                because.source.clone(),
                because.reason.clone(),
                super::explain::reason(voice, &because.reason),
                voice.number(because.amount.documents),
                voice.number(because.amount.text_bytes),
            ]
        });
        let names = vec![
            "column.source",
            "column.reason",
            "column.what",
            "column.documents",
            "column.bytes",
        ];
        table(title, names, rows.collect());
    }
    tables
}

fn flow_row(voice: Voice, name: &str, flow: &Flow) -> Vec<String> {
    let Changes {
        documents,
        text,
        licence,
        metadata,
        ..
    } = flow.changed;
    let numbers = [
        flow.added.documents,
        flow.removed.documents,
        documents,
        text,
        licence,
        metadata,
    ];
    let numbers = numbers.map(|number| voice.number(number));
    std::iter::once(name.to_owned()).chain(numbers).collect()
}

const ID_COLUMNS: [&str; 5] = [
    "column.change",
    "column.document",
    "column.what",
    "column.from",
    "column.to",
];

fn id_rows(voice: Voice, ids: &[Listed]) -> Vec<Vec<String>> {
    let what = |id: &Listed| match &id.reason {
        Some(reason) => reason.clone(),
        None => {
            let what: Vec<String> = id
                .what
                .iter()
                .map(|what| voice.word("change", what))
                .collect();
            what.join(", ")
        }
    };
    ids.iter()
        .map(|id| {
            vec![
                voice.word("change", &id.change),
                id.doc_id.clone(),
                what(id),
                id.licence_before.clone().unwrap_or_default(),
                id.licence_after.clone().unwrap_or_default(),
            ]
        })
        .collect()
}
