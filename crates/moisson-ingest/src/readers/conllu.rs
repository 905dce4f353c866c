//! The `conllu` reader: the text of treebanks, CoNLL-U of Universal Dependencies; domain notes, section 5.

use std::io::BufRead;

use moisson_core::{Digest, Document, Fault, Key, Result, Sink, reason};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{About, Member, Reader, ReaderEntry, has_extension, options};
use crate::encoding::unmarked;
use crate::record::{self, Line, Lines};

/// Its row in the table of readers.
pub const ENTRY: ReaderEntry = ReaderEntry {
    name: "conllu",
    version: 1,
    doc: "CoNLL-U treebanks: the text of their sentences, by document, file or sentence",
    about: About {
        source: "CoNLL-U, https://universaldependencies.org/format.html",
        document: "what `# newdoc` begins, keyed by its id (`PATH#doc=N` without one), or the file, keyed by its path; with `unit = \"sentence\"` a sentence, keyed by `sent_id`",
        text: "`# text` of each sentence, else its words joined as `SpaceAfter` and ranges of words say; a paragraph begins at `# newpar`, and sentences of files without any are lines",
        fields: &[
            ("sentences", "number of sentences in the document"),
            ("sent_id", "of a sentence"),
        ],
        defects: &[
            (
                "a line that is not of ten columns, or whose first is no number",
                "`extract/malformed-csv` for its sentence, which is a record of its own then",
            ),
            (
                "lines that are no UTF-8",
                "`extract/not-utf8` for their sentence",
            ),
            (
                "a document beyond the limit",
                "`extract/too-large`; the rest of the file is read",
            ),
        ],
    },
    extensions: EXTENSIONS,
    build: |value| {
        Ok(Box::new(Conllu {
            options: options::parse(ENTRY.name, value)?,
        }))
    },
    options_schema: options::schema::<Options>,
};

const EXTENSIONS: &[&str] = &["conllu"];

/// Options of the reader.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Options {
    /// What a document is: `document` or `sentence`.
    unit: Unit,
}

/// What a document is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Unit {
    /// What `# newdoc` begins; the file where it has none.
    #[default]
    Document,
    /// Each sentence.
    Sentence,
}

struct Conllu {
    options: Options,
}

/// A sentence as it is read.
#[derive(Default)]
struct Sentence {
    /// Its lines, for the digest; none while it holds nothing.
    raw: Vec<u8>,
    offset: u64,
    text: Option<String>,
    id: Option<String>,
    words: String,
    /// No space before the next word.
    glued: bool,
    /// Last word of the range that was written as one.
    range_end: u64,
    /// A document begins with it, and its id.
    new_document: bool,
    document_id: Option<String>,
    new_paragraph: bool,
    words_read: u64,
    bad: Option<(&'static str, String)>,
}

/// A document as it grows.
struct Whole {
    id: Option<String>,
    text: String,
    /// Digest of the digests of its sentences, in order.
    digest: Digest,
    sentences: usize,
    has_paragraphs: bool,
    number: usize,
    bytes: u64,
}

impl Reader for Conllu {
    fn read(&self, member: Member<'_>, sink: &mut dyn Sink) -> Result<()> {
        let mut bytes = unmarked(&mut *member.bytes);
        let place = Place {
            uri: member.uri,
            sequence: member.sequence,
            modified: member.modified,
            limit: member.limits.record_bytes_max,
        };
        self.sentences(&place, &mut *bytes, sink)
    }

    fn wants(&self, uri: &str) -> bool {
        has_extension(uri, EXTENSIONS)
    }
}

struct Place<'a> {
    uri: &'a str,
    sequence: i64,
    modified: Option<i64>,
    limit: u64,
}

impl Conllu {
    fn sentences(
        &self,
        place: &Place<'_>,
        bytes: &mut dyn BufRead,
        sink: &mut dyn Sink,
    ) -> Result<()> {
        let mut lines = Lines::new(place.limit);
        let (mut line, mut sentence) = (Vec::new(), Sentence::default());
        let mut open: Option<Whole> = None;
        let mut count = 0;
        loop {
            match lines.next(bytes, &mut line) {
                Err(error) => {
                    close(place, open.take(), sink)?;
                    return record::failed(place.uri, lines.offset(), &error, sink);
                }
                Ok(Line::TooLarge { .. }) => {
                    let detail = "a line is larger than a record may be".to_owned();
                    sentence.bad = Some((reason::EXTRACT_TOO_LARGE, detail));
                }
                Ok(Line::Read { offset }) if !line.trim_ascii().is_empty() => {
                    let room = place.limit.saturating_sub(sentence.raw.len() as u64);
                    sentence.add(&line, offset, room);
                }
                Ok(step) => {
                    let done = std::mem::take(&mut sentence);
                    if !done.raw.is_empty() || done.bad.is_some() {
                        count += 1;
                        self.take(place, done, count, &mut open, sink)?;
                    }
                    if step == Line::End {
                        break;
                    }
                }
            }
        }
        close(place, open, sink)?;
        if count == 0 {
            record::empty(place.uri, sink)
        } else {
            Ok(())
        }
    }

    /// Takes a whole sentence: a fault, a document of its own, or a part of the one that is open.
    fn take(
        &self,
        place: &Place<'_>,
        sentence: Sentence,
        count: usize,
        open: &mut Option<Whole>,
        sink: &mut dyn Sink,
    ) -> Result<()> {
        if self.options.unit == Unit::Document && sentence.new_document {
            let number = open.as_ref().map_or(1, |whole| whole.number + 1);
            close(place, open.take(), sink)?;
            *open = Some(Whole::new(sentence.document_id.clone(), number));
        }
        let (reason, detail) = match &sentence.bad {
            Some(bad) => bad.clone(),
            // Comments alone, at the head or end of a file.
            None if sentence.words_read == 0 => return Ok(()),
            None => {
                return match self.options.unit {
                    Unit::Sentence => put_sentence(place, sentence, count, sink),
                    Unit::Document => {
                        open.get_or_insert_with(|| Whole::new(None, 0))
                            .add(&sentence, place.limit);
                        Ok(())
                    }
                };
            }
        };
        if sink.begin_record()? {
            sink.fault(Fault {
                reason,
                raw_uri: place.uri.to_owned(),
                raw_offset: Some(sentence.offset),
                detail: Some(detail),
                ..Fault::default()
            })?;
        }
        Ok(())
    }
}

impl Sentence {
    /// Takes one line that is not blank. `room` is what is left of the limit of a record.
    fn add(&mut self, line: &[u8], offset: u64, room: u64) {
        if self.raw.is_empty() {
            self.offset = offset;
        }
        if line.len() as u64 > room {
            self.bad = Some((
                reason::EXTRACT_TOO_LARGE,
                "a sentence is larger than a record may be".to_owned(),
            ));
            return;
        }
        self.raw.extend_from_slice(line);
        self.raw.push(b'\n');
        let Ok(line) = std::str::from_utf8(line) else {
            self.fail(
                reason::EXTRACT_NOT_UTF8,
                format!("the line at byte {offset}"),
            );
            return;
        };
        match line.strip_prefix('#') {
            Some(comment) => self.comment(comment.trim()),
            None => self.word(line, offset),
        }
    }

    fn fail(&mut self, reason: &'static str, detail: String) {
        self.bad.get_or_insert((reason, detail));
    }

    fn comment(&mut self, comment: &str) {
        let (name, value) = comment.split_once('=').unwrap_or((comment, ""));
        let value = Some(value.trim())
            .filter(|value| !value.is_empty())
            .map(str::to_owned);
        match name.trim() {
            "text" => self.text = value,
            "sent_id" => self.id = value,
            "newdoc" | "newdoc id" => (self.new_document, self.document_id) = (true, value),
            "newpar" | "newpar id" => self.new_paragraph = true,
            _ => {}
        }
    }

    /// Takes a line of ten columns: a word, a range of words (`1-2`), or an empty node (`8.1`).
    fn word(&mut self, line: &str, offset: u64) {
        let mut columns = line.split('\t');
        let (id, form) = (columns.next().unwrap_or_default(), columns.next());
        let misc = columns.nth(7);
        let (Some(form), Some(misc), None) = (form, misc, columns.next()) else {
            self.fail(
                reason::EXTRACT_MALFORMED_CSV,
                format!("the line at byte {offset} is not of ten columns"),
            );
            return;
        };
        let number = |text: &str| text.parse::<u64>().ok();
        let (first, last) = match id.split_once(['-', '.']) {
            None => (number(id), number(id)),
            Some((first, last)) => (number(first), number(last)),
        };
        let (Some(first), Some(last)) = (first, last) else {
            self.fail(
                reason::EXTRACT_MALFORMED_CSV,
                format!("`{}` at byte {offset} numbers no word", short(id)),
            );
            return;
        };
        self.words_read += 1;
        let is_range = id.contains('-');
        if id.contains('.') || (!is_range && first <= self.range_end) {
            return;
        }
        if is_range {
            self.range_end = last;
        }
        if !self.words.is_empty() && !self.glued {
            self.words.push(' ');
        }
        self.words.push_str(form);
        self.glued = misc.split('|').any(|item| item == "SpaceAfter=No");
    }

    fn into_text(self) -> String {
        self.text.unwrap_or(self.words)
    }

    fn text(&self) -> &str {
        self.text.as_deref().unwrap_or(&self.words)
    }
}

/// The beginning of what should have been a number.
fn short(id: &str) -> String {
    id.chars().take(20).collect()
}

impl Whole {
    fn new(id: Option<String>, number: usize) -> Self {
        Self {
            id,
            text: String::new(),
            digest: Digest::of(b""),
            sentences: 0,
            has_paragraphs: false,
            number,
            bytes: 0,
        }
    }

    /// Adds a sentence; text beyond the limit is counted and not kept.
    fn add(&mut self, sentence: &Sentence, limit: u64) {
        let text = sentence.text();
        let gap = match (self.sentences, sentence.new_paragraph) {
            (0, _) => "",
            (_, true) => "\n\n",
            // Without paragraphs the sentences may come from anywhere.
            (_, false) if self.has_paragraphs => " ",
            _ => "\n",
        };
        self.has_paragraphs |= sentence.new_paragraph;
        self.sentences += 1;
        self.bytes += (gap.len() + text.len()) as u64;
        let both = [self.digest.0, Digest::of(&sentence.raw).0].concat();
        self.digest = Digest::of(&both);
        if self.bytes <= limit {
            self.text.push_str(gap);
            self.text.push_str(text);
        }
    }
}

/// Hands over the document that is open, as one record.
fn close(place: &Place<'_>, whole: Option<Whole>, sink: &mut dyn Sink) -> Result<()> {
    let Some(whole) = whole.filter(|whole| whole.sentences > 0) else {
        return Ok(());
    };
    if !sink.begin_record()? {
        return Ok(());
    }
    if whole.bytes > place.limit {
        return sink.fault(record::too_large(
            place.uri,
            None,
            Some(whole.bytes.to_string()),
            place.limit,
        ));
    }
    let key = match (whole.id, whole.number) {
        (Some(id), _) => Key::Declared(id),
        (None, 0) => Key::Path(place.uri.to_owned()),
        (None, number) => Key::Declared(format!("{}#doc={number}", place.uri)),
    };
    let mut document = Document::new(key, whole.text, place.uri.to_owned(), whole.digest);
    document
        .metadata
        .insert("sentences".to_owned(), whole.sentences.into());
    put(place, document, sink)
}

fn put_sentence(
    place: &Place<'_>,
    sentence: Sentence,
    count: usize,
    sink: &mut dyn Sink,
) -> Result<()> {
    if !sink.begin_record()? {
        return Ok(());
    }
    let key = sentence
        .id
        .clone()
        .unwrap_or_else(|| format!("{}#sentence={count}", place.uri));
    let (digest, id) = (Digest::of(&sentence.raw), sentence.id.clone());
    let mut document = Document::new(
        Key::Declared(key),
        sentence.into_text(),
        place.uri.to_owned(),
        digest,
    );
    if let Some(id) = id {
        document.metadata.insert("sent_id".to_owned(), id.into());
    }
    put(place, document, sink)
}

fn put(place: &Place<'_>, mut document: Document, sink: &mut dyn Sink) -> Result<()> {
    document.sequence = place.sequence;
    document.raw_modified = place.modified;
    sink.document(document)
}

#[cfg(test)]
mod tests {
    use moisson_core::Limits;
    use serde_json::{Value, json};

    use crate::testing::{Collected, corpora, read_bytes, read_path};

    fn word(id: &str, form: &str, misc: &str) -> String {
        format!("{id}\t{form}\t_\t_\t_\t_\t_\t_\t_\t{misc}\n")
    }

    fn read(options: &Value, text: &str) -> Collected {
        let limits = Limits {
            record_bytes_max: 2000,
            ..Limits::default()
        };
        read_bytes("conllu", options, "d/a.conllu", text.as_bytes(), &limits)
    }

    #[test]
    fn treebanks_as_a_table() {
        let check = |options: Value, text: &str, expected: &[(&str, &str)]| {
            let sink = read(&options, text);
            let texts = sink.texts();
            let found: Vec<(&str, &str)> = texts
                .iter()
                .map(|(key, text)| (key.as_str(), *text))
                .collect();
            assert_eq!(found, expected);
            assert_eq!(sink.fault_lines(), [] as [String; 0]);
            assert_eq!(sink.records, sink.documents.len());
        };
        let aux = word("1-2", "Du", "_")
            + &word("1", "De", "_")
            + &word("2", "le", "_")
            + &word("3", "pain", "SpaceAfter=No|x=y")
            + &word("3.1", "vide", "_")
            + &word("4", ".", "_")
            + "\n";
        check(json!({}), &aux, &[("d/a.conllu", "Du pain.")]);
        let said = format!("# sent_id = s1\n# text = Du  pain\u{a0}!\n{aux}# sent_id = s2\n{aux}");
        check(
            json!({}),
            &said,
            &[("d/a.conllu", "Du  pain\u{a0}!\nDu pain.")],
        );
        check(
            json!({"unit": "sentence"}),
            &said,
            &[("s1", "Du  pain\u{a0}!"), ("s2", "Du pain.")],
        );
        check(
            json!({"unit": "sentence"}),
            &aux,
            &[("d/a.conllu#sentence=1", "Du pain.")],
        );
        let documents = format!(
            "# newdoc id = d1\n# newpar\n{aux}{aux}# newpar id = p\n{aux}# newdoc\n{aux}# global.columns = x\n"
        );
        check(
            json!({}),
            &documents,
            &[
                ("d1", "Du pain. Du pain.\n\nDu pain."),
                ("d/a.conllu#doc=2", "Du pain."),
            ],
        );
        check(
            json!({}),
            &aux.replace('\n', "\r\n"),
            &[("d/a.conllu", "Du pain.")],
        );
    }

    #[test]
    fn bad_sentences_are_faults_of_their_own() {
        let check = |text: &str, documents: usize, expected: &[&str]| {
            let sink = read(&Value::Null, text);
            let lines: Vec<String> = expected
                .iter()
                .map(|reason| format!("extract/{reason} d/a.conllu"))
                .collect();
            assert_eq!(sink.fault_lines(), lines, "{text}");
            assert_eq!(
                (sink.documents.len(), sink.records),
                (documents, documents + expected.len())
            );
        };
        let good = word("1", "Bien", "_") + "\n";
        check("", 0, &["empty"]);
        check("\n\n", 0, &["empty"]);
        check(
            &format!("{good}1\tun\tdeux\n\n{good}"),
            1,
            &["malformed-csv"],
        );
        check(
            &format!("{good}{}\n", word("x", "un", "_")),
            1,
            &["malformed-csv"],
        );
        check(
            &format!("{}\n{good}", word("1", &"a".repeat(3000), "_")),
            1,
            &["too-large"],
        );
        check(
            &(word("1", &"a".repeat(900), "_").repeat(3) + "\n" + &good),
            1,
            &["too-large"],
        );
        check(
            &(word("1", &"a".repeat(900), "_") + "\n").repeat(3),
            0,
            &["too-large"],
        );
        let sink = read_bytes(
            "conllu",
            &Value::Null,
            "a.conllu",
            b"1\t\xff\t_\t_\t_\t_\t_\t_\t_\t_\n",
            &Limits::default(),
        );
        assert_eq!(sink.fault_lines(), ["extract/not-utf8 a.conllu"]);
    }

    #[test]
    fn the_real_treebank_says_its_sentences() {
        let Some(corpora) = corpora() else { return };
        let path = corpora.join("ud-french-gsd/fr_gsd-ud-dev.conllu");
        let sink = read_path("conllu", &json!({"unit": "sentence"}), "f.conllu", &path);
        assert_eq!((sink.documents.len(), sink.faults.len()), (1476, 0));
        // What `# text` says is what the words say.
        #[expect(clippy::disallowed_methods, reason = "a test reads its data")]
        let bytes = std::fs::read_to_string(&path).unwrap();
        let untold: Vec<&str> = bytes
            .lines()
            .filter(|line| !line.starts_with("# text"))
            .collect();
        let untold = untold.join(
            "
",
        );
        let words = read_bytes(
            "conllu",
            &json!({"unit": "sentence"}),
            "f",
            untold.as_bytes(),
            &Limits::default(),
        );
        let same = sink
            .documents
            .iter()
            .zip(&words.documents)
            .filter(|(a, b)| a.text == b.text)
            .count();
        eprintln!("{same} of 1476 sentences are their words");
        assert!(same >= 1470, "{same}");
        let whole = read_path("conllu", &Value::Null, "f.conllu", &path);
        assert_eq!((whole.documents.len(), whole.records), (1, 1));
    }
}
