//! The `csv` and `tsv` readers: a header, then one record a row.
//!
//! Rows are cut out of the stream within the limit of a record before they are parsed, so that a quote that is never
//! closed costs one row's memory and not the file's.

use std::borrow::Cow;

use moisson_core::{Digest, Error, Fault, Key, Result, Sink, reason};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{About, Member, Reader, ReaderEntry, has_extension, options};
use crate::encoding::{Expected, unmarked};
use crate::fields::selector::{Dialect, Found, Record, Selector};
use crate::fields::{FieldOptions, Fields};
use crate::record::{self, Line, Lines};

/// The entry of the `csv` reader.
pub const CSV: ReaderEntry = ReaderEntry {
    name: "csv",
    version: 1,
    doc: "comma- or otherwise separated values with a header; fields by column name or template",
    about: About {
        source: "RFC 4180, with any delimiter",
        document: "a row; its key is the option `id`, else the digest of the row",
        text: "the option `text`: a column, or a template over several",
        fields: &[(
            "title, url, date, …",
            "the options of the same names, columns or templates",
        )],
        defects: &[
            (
                "a quote that is never closed",
                "the row is cut at the largest record and is `extract/malformed-csv` or `extract/too-large`",
            ),
            (
                "encodings other than declared",
                "UTF-8 is tried first, then what is declared, then detected; `strict-utf-8` refuses",
            ),
        ],
    },
    extensions: &["csv"],
    build: |given| build(&CSV, given, b','),
    options_schema: options::schema::<CsvOptions>,
};

/// The entry of the `tsv` reader.
pub const TSV: ReaderEntry = ReaderEntry {
    name: "tsv",
    version: 1,
    doc: "tab-separated values with a header; fields by column name or template",
    about: About {
        source: "RFC 4180, with any delimiter",
        document: "a row; its key is the option `id`, else the digest of the row",
        text: "the option `text`: a column, or a template over several",
        fields: &[(
            "title, url, date, …",
            "the options of the same names, columns or templates",
        )],
        defects: &[
            (
                "a quote that is never closed",
                "the row is cut at the largest record and is `extract/malformed-csv` or `extract/too-large`",
            ),
            (
                "encodings other than declared",
                "UTF-8 is tried first, then what is declared, then detected; `strict-utf-8` refuses",
            ),
        ],
    },
    extensions: &["tab", "tsv"],
    build: |given| build(&TSV, given, b'\t'),
    options_schema: options::schema::<CsvOptions>,
};

/// Options of the `csv` and `tsv` readers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct CsvOptions {
    /// The character between fields; default `,` for `csv` and a tab for `tsv`.
    pub delimiter: Option<String>,
    /// The character around fields, doubled inside; default `"`, empty for none.
    pub quote: Option<String>,
    /// Encoding: `detect` (default), `strict-utf-8`, or a label.
    pub encoding: Option<String>,
    /// Fields of each row, by column name.
    #[serde(flatten)]
    pub fields: FieldOptions,
}

struct Csv {
    syntax: Syntax,
    encoding: Expected,
    fields: Fields,
    extensions: &'static [&'static str],
}

#[derive(Clone, Copy)]
struct Syntax {
    delimiter: u8,
    quote: Option<u8>,
}

fn build(entry: &ReaderEntry, given: &Value, delimiter: u8) -> Result<Box<dyn Reader>> {
    let options: CsvOptions = options::parse(entry.name, given)?;
    let byte = |option: &str, text: &str| match text.as_bytes() {
        [byte] if byte.is_ascii() && !b"\r\n".contains(byte) => Ok(*byte),
        _ => Err(Error::config(format!(
            "reader `{}`: `{option}` is one ASCII character, not `{text}`",
            entry.name
        ))),
    };
    let delimiter = options
        .delimiter
        .as_deref()
        .map_or(Ok(delimiter), |d| byte("delimiter", d))?;
    let quote = match options.quote.as_deref() {
        None => Some(b'"'),
        Some("") => None,
        Some(quote) => Some(byte("quote", quote)?),
    };
    Ok(Box::new(Csv {
        syntax: Syntax { delimiter, quote },
        encoding: Expected::parse(options.encoding.as_deref(), Expected::Detect)?,
        fields: Fields::new(&options.fields, Dialect::Columns)?,
        extensions: entry.extensions,
    }))
}

impl Reader for Csv {
    fn read(&self, member: Member<'_>, sink: &mut dyn Sink) -> Result<()> {
        let (uri, limits, sequence) = (member.uri, member.limits, member.sequence);
        let limit = limits.record_bytes_max;
        let mut bytes = unmarked(member.bytes);
        let mut lines = Lines::new(limit);
        let mut row = Vec::new();
        let mut header: Option<Vec<String>> = None;
        loop {
            let mut cut = Cut::new(self.syntax);
            let line = match lines.next_record(&mut *bytes, &mut row, |piece| cut.ends(piece)) {
                Ok(line) => line,
                Err(error) => return record::failed(uri, lines.offset(), &error, sink),
            };
            let offset = match line {
                Line::End => break,
                Line::TooLarge { offset, bytes } => {
                    if sink.begin_record()? {
                        let observed = Some(bytes.to_string());
                        sink.fault(record::too_large(uri, Some(offset), observed, limit))?;
                    }
                    continue;
                }
                Line::Read { .. } if row.iter().all(u8::is_ascii_whitespace) => continue,
                Line::Read { offset } => offset,
            };
            let Some(columns) = &header else {
                let Ok(columns) = self.cells(&row, cut.is_open) else {
                    let detail = "the header cannot be read".to_owned();
                    return refuse(uri, reason::EXTRACT_MALFORMED_CSV, detail, sink);
                };
                if let Some(detail) = missing_column(&self.fields, &columns) {
                    return refuse(uri, reason::EXTRACT_MISSING_FIELD, detail, sink);
                }
                header = Some(columns);
                continue;
            };
            if sink.begin_record()? {
                let made = self.row(&row, cut.is_open, columns, uri, limits.depth_max);
                match made {
                    Ok(document) => sink.document(moisson_core::Document {
                        sequence,
                        ..document
                    })?,
                    Err(fault) => sink.fault(Fault {
                        raw_offset: Some(offset),
                        ..*fault
                    })?,
                }
            }
        }
        if header.is_none() {
            record::empty(uri, sink)
        } else {
            Ok(())
        }
    }

    fn wants(&self, uri: &str) -> bool {
        has_extension(uri, self.extensions)
    }
}

impl Csv {
    fn row(
        &self,
        row: &[u8],
        is_open: bool,
        columns: &[String],
        uri: &str,
        depth_max: u32,
    ) -> Result<moisson_core::Document, Box<Fault>> {
        let fault = |reason| Fault {
            reason,
            raw_uri: uri.to_owned(),
            ..Fault::default()
        };
        let cells = self.cells(row, is_open).map_err(|(reason, detail)| Fault {
            detail: Some(detail),
            ..fault(reason)
        })?;
        if cells.len() != columns.len() {
            return Err(Box::new(Fault {
                observed: Some(cells.len().to_string()),
                threshold: Some(columns.len().to_string()),
                detail: Some("the row has another number of fields than the header".to_owned()),
                ..fault(reason::EXTRACT_MALFORMED_CSV)
            }));
        }
        let row_record = Row {
            columns,
            cells: &cells,
        };
        self.fields
            .document(&row_record, Key::Raw, uri, Digest::of(row), depth_max)
    }

    /// Decodes a row and splits it into its fields.
    fn cells(&self, row: &[u8], is_open: bool) -> Result<Vec<String>, (&'static str, String)> {
        if is_open {
            let detail = "a quote is opened and never closed".to_owned();
            return Err((reason::EXTRACT_MALFORMED_CSV, detail));
        }
        let text = self
            .encoding
            .decode(row)
            .map_err(|e| (reason::EXTRACT_NOT_UTF8, e))?;
        Ok(split(&text, self.syntax))
    }
}

/// Refuses a file as a whole: one counted record, and the file's own fault.
pub(super) fn refuse(
    uri: &str,
    reason: &'static str,
    detail: String,
    sink: &mut dyn Sink,
) -> Result<()> {
    let fault = Fault::new(reason, uri, detail);
    if sink.begin_record()? {
        sink.fault(fault.clone())?;
    }
    sink.fault(Fault {
        whole_file: true,
        ..fault
    })
}

/// Says which named column there is not, and which there are.
pub(super) fn missing_column(fields: &Fields, columns: &[String]) -> Option<String> {
    let missing = fields
        .columns()
        .into_iter()
        .find(|name| !columns.contains(name))?;
    let known: Vec<&str> = columns.iter().map(String::as_str).collect();
    Some(options::unknown("column", &missing, &known))
}

/// Finds the end of a row: a line end outside of quotes.
struct Cut {
    syntax: Syntax,
    is_open: bool,
    at_start: bool,
    /// The last character closed a quote, unless the next one shows that it was doubled.
    after_quote: bool,
}

impl Cut {
    fn new(syntax: Syntax) -> Self {
        Self {
            syntax,
            is_open: false,
            at_start: true,
            after_quote: false,
        }
    }

    /// Takes the next piece of the row, which ends after the first line end, and says whether the row ends there.
    fn ends(&mut self, piece: &[u8]) -> bool {
        let Some(quote) = self.syntax.quote else {
            return true;
        };
        let mut rest = piece;
        loop {
            if self.after_quote && rest.is_empty() {
                return true;
            }
            if std::mem::take(&mut self.after_quote) && rest.first() == Some(&quote) {
                self.is_open = true;
                rest = rest.get(1..).unwrap_or_default();
            }
            if self.is_open {
                let Some(at) = memchr::memchr(quote, rest) else {
                    return false;
                };
                self.is_open = false;
                self.after_quote = true;
                self.at_start = false;
                rest = rest.get(at + 1..).unwrap_or_default();
            } else if self.at_start && rest.first() == Some(&quote) {
                self.is_open = true;
                rest = rest.get(1..).unwrap_or_default();
            } else {
                // A quote inside a bare field is a character like others.
                let Some(at) = memchr::memchr(self.syntax.delimiter, rest) else {
                    self.at_start &= rest.is_empty();
                    return true;
                };
                self.at_start = true;
                rest = rest.get(at + 1..).unwrap_or_default();
            }
        }
    }
}

/// Splits a row into its fields, quotes taken off.
fn split(row: &str, syntax: Syntax) -> Vec<String> {
    let delimiter = char::from(syntax.delimiter);
    let mut cells = Vec::new();
    let mut rest = row;
    loop {
        let quote = syntax
            .quote
            .map(char::from)
            .filter(|quote| rest.starts_with(*quote));
        let mut cell = String::new();
        if let Some(quote) = quote {
            rest = rest.get(1..).unwrap_or_default();
            while let Some((before, after)) = rest.split_once(quote) {
                cell.push_str(before);
                rest = after;
                let Some(after) = rest.strip_prefix(quote) else {
                    break;
                };
                cell.push(quote);
                rest = after;
            }
        }
        let (tail, after) = match rest.split_once(delimiter) {
            Some((tail, after)) => (tail, Some(after)),
            None => (rest, None),
        };
        cell.push_str(tail);
        cells.push(cell);
        match after {
            Some(after) => rest = after,
            None => return cells,
        }
    }
}

struct Row<'r> {
    columns: &'r [String],
    cells: &'r [String],
}

impl Record for Row<'_> {
    fn find<'a>(&'a self, selector: &Selector, found: &mut Vec<Found<'a>>) {
        if let Selector::Key(name) = selector {
            let cell = self.columns.iter().position(|column| column == name);
            let cell = cell.and_then(|at| self.cells.get(at));
            found.extend(cell.map(|cell| Found::Text(Cow::Borrowed(cell))));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use moisson_core::Limits;
    use serde_json::{Value, json};

    use crate::testing::{Collected, read_bytes};

    fn read(name: &str, options: &Value, bytes: &[u8]) -> Collected {
        let limits = Limits {
            record_bytes_max: 40,
            ..Limits::default()
        };
        read_bytes(name, options, "f", bytes, &limits)
    }

    #[test]
    fn rows_as_a_table() {
        let check = |name: &str, options: Value, bytes: &[u8], expected: &[(&str, &str)]| {
            let sink = read(name, &options, bytes);
            let texts = sink.texts();
            let texts: Vec<_> = texts
                .iter()
                .map(|(key, text)| (key.as_str(), *text))
                .collect();
            assert_eq!(texts, expected, "{}", String::from_utf8_lossy(bytes));
            assert_eq!(sink.faults, []);
            assert_eq!(sink.records, expected.len());
        };
        let id = || json!({"id": "id"});
        check("csv", id(), b"id,text\n1,a\n2,b", &[("1", "a"), ("2", "b")]);
        check(
            "csv",
            id(),
            b"id,text\r\n1,\"a, \"\"b\"\"\r\nc\"\r\n",
            &[("1", "a, \"b\"\r\nc")],
        );
        check(
            "csv",
            id(),
            b"text,id\na \"b\" c,1\n\n,2\n",
            &[("1", "a \"b\" c"), ("2", "")],
        );
        check("csv", id(), b"\"id\",\"text\"\n\"1\",\"\"\n", &[("1", "")]);
        check(
            "csv",
            json!({"id": "id", "delimiter": ";"}),
            b"id;text\n1;a,b\n",
            &[("1", "a,b")],
        );
        check(
            "csv",
            json!({"id": "id", "quote": ""}),
            b"id,text\n1,\"a\n",
            &[("1", "\"a")],
        );
        check("tsv", id(), b"id\ttext\n1\ta \"b\n", &[("1", "a \"b")]);
        check(
            "csv",
            id(),
            b"\xEF\xBB\xBFid,text\n1,l\x92\xE9t\xE9\n",
            &[("1", "l’été")],
        );
        check(
            "csv",
            json!({"id": "{id}/{n}", "text": ["n", "text"]}),
            b"id,n,text\n1,2,a\n",
            &[("1/2", "2\n\na")],
        );
        check("csv", id(), b"id,text\n", &[]);
    }

    #[test]
    fn bad_rows_are_counted_and_good_ones_kept() {
        let long = format!("3,{}", "x".repeat(60));
        let rows = [
            "id,text", "1,a", "2", "2,b,c", &long, ",noid", "4,d", "5,\"open", "6,e",
        ];
        let sink = read("csv", &json!({"id": "id"}), rows.join("\n").as_bytes());
        assert_eq!(sink.texts(), [("1".to_owned(), "a"), ("4".to_owned(), "d")]);
        assert_eq!(
            sink.fault_lines(),
            [
                "extract/malformed-csv f",
                "extract/malformed-csv f",
                "extract/too-large f",
                "extract/missing-field f",
                "extract/malformed-csv f",
            ]
        );
        assert_eq!(sink.records, 7);
        assert_eq!(sink.faults[0].observed.as_deref(), Some("1"));
        assert_eq!(sink.faults[0].threshold.as_deref(), Some("2"));
        assert_eq!(sink.faults[0].raw_offset, Some(12));
    }

    #[test]
    fn files_that_are_refused_as_a_table() {
        let check = |bytes: &[u8], expected: &[&str], detail: &str| {
            let sink = read("csv", &json!({"id": "id"}), bytes);
            assert_eq!(sink.fault_lines(), expected);
            assert_eq!((sink.records, sink.documents.len()), (1, 0));
            let found = sink.faults[0].detail.clone().unwrap_or_default();
            assert!(found.contains(detail), "{found}");
        };
        check(b"", &["extract/empty f"], "");
        check(
            b"ids,text\n1,a\n",
            &["extract/missing-field f", "*extract/missing-field f"],
            "unknown column `id`; known: `ids`, `text`; did you mean `ids`?",
        );
        check(
            b"\"id,text\n1,a\n",
            &["extract/malformed-csv f", "*extract/malformed-csv f"],
            "header",
        );
    }

    #[test]
    fn rows_are_the_same_however_the_stream_is_cut() {
        let text = "id,text\n1,\"a\"\"\n\"\"b\"\n2,\"\"\"c\"\"\"\n\"3\",d\"e\n".as_bytes();
        let reader = crate::readers::build("csv", &json!({"id": "id"})).unwrap();
        let limits = Limits::default();
        for capacity in 1..20 {
            let mut bytes = BufReader::with_capacity(capacity, text);
            let mut sink = Collected::default();
            let member = crate::Member {
                uri: "f",
                bytes: &mut bytes,
                modified: None,
                sequence: 0,
                limits: &limits,
            };
            reader.read(member, &mut sink).unwrap();
            let texts: Vec<&str> = sink.documents.iter().map(|d| d.text.as_str()).collect();
            assert_eq!(texts, ["a\"\n\"b", "\"c\"", "d\"e"], "{capacity}");
        }
    }

    #[test]
    fn delimiters_are_one_ascii_character() {
        for options in [
            json!({"delimiter": "ab"}),
            json!({"delimiter": "é"}),
            json!({"quote": "\n"}),
        ] {
            assert!(crate::readers::build("csv", &options).is_err(), "{options}");
        }
    }
}
