//! The table of contents of a part: one row an entry, or one row for a whole that lists none.

use std::sync::{Arc, LazyLock};

use arrow::array::{Array, AsArray, Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Date32Type, Field, Int64Type, Schema, SchemaRef};
use moisson_core::column::column;
use moisson_core::document::{dates, strings};
use moisson_core::{Contents, Date, Document, Entry, Error, Result, TextColumn};
use moisson_shard::file::{TableWriter, Written};

use crate::parts::part_options;

fn schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let text = |name: &str, nullable| Field::new(name, DataType::Utf8, nullable);
        Arc::new(Schema::new(vec![
            text("key", false),
            Field::new("sequence", DataType::Int64, false),
            text("raw_uri", false),
            text("whole", true),
            text("entry", true),
            text("heading", true),
            Field::new("from", DataType::Date32, true),
            Field::new("to", DataType::Date32, true),
        ]))
    });
    SCHEMA.clone()
}

/// Writes tables of contents. `whole` is the document as JSON, on the first row of its contents.
pub(crate) fn write(contents: &[Contents]) -> Result<Written> {
    let mut rows: Vec<(&Contents, Option<String>, Option<&Entry>)> = Vec::new();
    for one in contents {
        let whole = match &one.whole {
            Some(document) => {
                Some(serde_json::to_string(document).map_err(|e| Error::internal(e.to_string()))?)
            }
            None => None,
        };
        rows.push((one, whole, one.entries.first()));
        rows.extend(
            one.entries
                .iter()
                .skip(1)
                .map(|entry| (one, None, Some(entry))),
        );
    }
    let mut writer = TableWriter::new(schema(), part_options())?;
    for rows in rows.chunks(8192) {
        let sequence = Int64Array::from_iter_values(rows.iter().map(|(c, _, _)| c.sequence));
        let entry = |of: fn(&Entry) -> Option<&str>| {
            strings(rows.iter().map(move |(_, _, entry)| entry.and_then(of)))
        };
        let day = |of: fn(&Entry) -> Option<Date>| {
            dates(rows.iter().map(move |(_, _, entry)| entry.and_then(of)))
        };
        let batch = RecordBatch::try_new(
            schema(),
            vec![
                strings(rows.iter().map(|(c, _, _)| Some(&c.key))),
                Arc::new(sequence),
                strings(rows.iter().map(|(c, _, _)| Some(&c.raw_uri))),
                strings(rows.iter().map(|(_, whole, _)| whole.as_deref())),
                entry(|entry| Some(&entry.key)),
                entry(|entry| entry.heading.as_deref()),
                day(|entry| entry.from),
                day(|entry| entry.to),
            ],
        )?;
        writer.write(&batch)?;
    }
    writer.finish()
}

/// Reads tables of contents back, in order.
///
/// # Errors
/// [`Error::Internal`] if a column is missing; [`Error::Store`] if a whole cannot be read.
pub(crate) fn read(batches: &[RecordBatch]) -> Result<Vec<Contents>> {
    let mut contents: Vec<Contents> = Vec::new();
    for batch in batches {
        let text = |name| TextColumn::try_new(batch, name);
        let (keys, uris, wholes) = (text("key")?, text("raw_uri")?, text("whole")?);
        let (entries, headings) = (text("entry")?, text("heading")?);
        let sequences = column(batch, "sequence")?.as_primitive::<Int64Type>();
        let days = |name| column(batch, name).map(AsArray::as_primitive::<Date32Type>);
        let (from, to) = (days("from")?, days("to")?);
        for row in 0..batch.num_rows() {
            let day = |days: &arrow::array::Date32Array| {
                days.is_valid(row).then(|| Date(days.value(row)))
            };
            let (key, raw_uri) = (
                keys.get(row).unwrap_or_default(),
                uris.get(row).unwrap_or_default(),
            );
            let sequence = sequences.value(row);
            let whole = wholes.get(row);
            let goes_on = whole.is_none()
                && contents.last().is_some_and(|last| {
                    last.key == key && last.raw_uri == raw_uri && last.sequence == sequence
                });
            if !goes_on {
                let whole: Option<Document> = whole
                    .map(|json| serde_json::from_str(json).map_err(|e| Error::store(raw_uri, e)))
                    .transpose()?;
                contents.push(Contents {
                    key: key.to_owned(),
                    whole: whole.map(Box::new),
                    entries: Vec::new(),
                    raw_uri: raw_uri.to_owned(),
                    sequence,
                });
            }
            if let (Some(entry), Some(last)) = (entries.get(row), contents.last_mut()) {
                last.entries.push(Entry {
                    key: entry.to_owned(),
                    heading: headings.get(row).map(str::to_owned),
                    from: day(from),
                    to: day(to),
                });
            }
        }
    }
    Ok(contents)
}

#[cfg(test)]
mod tests {
    use moisson_core::{Contents, Date, Digest, Document, Entry, Key};

    #[test]
    fn contents_survive_their_table() {
        let key = || Key::Declared("T".to_owned());
        let whole = Document::new(key(), String::new(), "a!t".to_owned(), Digest::of(b""));
        let entry = |key: &str, from| Entry {
            key: key.to_owned(),
            from,
            heading: from.map(|_| "Titre".to_owned()),
            to: None,
        };
        let contents = |key: &str, whole: Option<&Document>, entries| Contents {
            key: key.to_owned(),
            whole: whole.cloned().map(Box::new),
            entries,
            raw_uri: format!("a!{key}"),
            sequence: 3,
        };
        let day = Date::from_ymd(2020, 1, 2);
        let given = vec![
            contents("T", Some(&whole), vec![]),
            contents("T", None, vec![entry("S", day), entry("A", None)]),
            contents("S", Some(&whole), vec![entry("B", day)]),
            contents("U", None, vec![]),
        ];
        let written = super::write(&given).unwrap();
        let batches: Vec<_> = moisson_shard::file::read(written.bytes, None, 2)
            .unwrap()
            .collect::<moisson_core::Result<_>>()
            .unwrap();
        // The first two speak of one key from one place in one breath only if no whole stands between.
        let read = super::read(&batches).unwrap();
        let entries = |contents: &[Contents]| -> Vec<(String, usize)> {
            contents
                .iter()
                .map(|c| (c.key.clone(), c.entries.len()))
                .collect()
        };
        assert_eq!(
            entries(&read),
            [
                ("T".to_owned(), 2),
                ("S".to_owned(), 1),
                ("U".to_owned(), 0)
            ]
        );
        assert_eq!(read[0].whole.as_deref(), Some(&whole));
        assert_eq!(read[0].entries[0], entry("S", day));
    }
}
