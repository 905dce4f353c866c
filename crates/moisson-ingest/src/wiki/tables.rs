//! Tables as lines: a row each, cells separated by ` | `.

use super::mark::BREAK;

/// Rewrites the table that `out` holds from `start` on.
pub(super) fn rows(out: &mut String, start: usize) {
    let table = out.get(start..).unwrap_or_default().to_owned();
    out.truncate(start);
    out.push_str("\n\n");
    let mut row = String::new();
    // The first line holds the attributes of the table.
    for line in table.split('\n').skip(1) {
        let line = line.trim();
        if line.starts_with("|-") {
            end_row(&mut row, out);
        } else if let Some(caption) = line.strip_prefix("|+") {
            end_row(&mut row, out);
            cell(&mut row, caption);
            end_row(&mut row, out);
        } else if let Some(cells) = line.strip_prefix('|') {
            cells.split("||").for_each(|text| cell(&mut row, text));
        } else if let Some(cells) = line.strip_prefix('!') {
            let cells = cells.split("!!").flat_map(|cells| cells.split("||"));
            cells.for_each(|text| cell(&mut row, text));
        } else if !line.is_empty() {
            row.push(' ');
            row.push_str(line);
        }
    }
    end_row(&mut row, out);
    out.push_str("\n\n");
}

/// Adds a cell; what stands before a single bar are its attributes.
fn cell(row: &mut String, text: &str) {
    let text = match text.split_once('|') {
        Some((attributes, text)) if attributes.contains('=') => text,
        _ => text,
    };
    if !row.is_empty() {
        row.push_str(" | ");
    }
    row.push_str(text.trim());
}

fn end_row(row: &mut String, out: &mut String) {
    let row = std::mem::take(row);
    if row.chars().any(char::is_alphanumeric) {
        out.push_str(row.trim());
        out.push(BREAK);
    }
}
