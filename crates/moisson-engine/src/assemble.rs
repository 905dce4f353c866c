//! Assemble: pieces that lie in many records become whole documents, by the tables of contents that records hold.
//!
//! It is the second half of reconcile: only current, living pieces take part. A piece leaves as `reconcile/assembled`,
//! its whole comes in as one more document, read and annotated like any other.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Float32Type;
use moisson_core::column::column;
use moisson_core::digest::KeyHasher;
use moisson_core::{
    Assembly, Contents, Date, Decision, Digest, Document, Entry, Fault, Joint, Key, Result, Sink,
    TextColumn, reason,
};

use crate::control::Control;
use crate::corpus::Corpus;
use crate::part_sink::{Job, PartSink};
use crate::parts::{self, CONTENTS, Committed};
use crate::plan::{Plan, Unit};
use crate::reconcile::withdrawn;
use crate::session::Session;
use crate::{contents, texts};

/// Bumped when the same pieces give another whole.
pub(crate) const ASSEMBLE_VERSION: u32 = 1;

/// Text of the pieces held at once.
const GROUP_TEXT_BYTES: u64 = 64 << 20;
/// Sections inside one another.
const DEPTH_MAX: usize = 64;

/// Assembles the wholes of every source whose reader has tables of contents.
///
/// # Errors
/// [`moisson_core::Error::Store`] if parts cannot be read or written; [`moisson_core::Error::Interrupted`].
pub(crate) fn run(
    plan: &Plan,
    corpus: &mut Corpus,
    session: &Session,
    control: &Control,
) -> Result<()> {
    let sources: Vec<(usize, Assembly)> = plan
        .sources
        .iter()
        .enumerate()
        .filter_map(|(at, source)| Some((at, source.reader.assembly()?)))
        .collect();
    if sources.is_empty() {
        return Ok(());
    }
    let committed = Committed::list(session.store())?;
    let withdrawn = withdrawn(corpus)?;
    for (source, assembly) in sources {
        let job = Job {
            plan,
            session,
            control,
            committed: &committed,
            source,
        };
        let name = &job.source()?.name;
        let current = current(corpus, job, name, &withdrawn)?;
        let pieces = Pieces::new(corpus, source, name);
        let mut wholes = wholes(current, &pieces, assembly.on);
        // Pieces of one whole lie close together in their archive: in this order each part is read about once.
        wholes.sort_by_key(|whole| (whole.pieces().next(), whole.document.key_text()));
        let made = make(job, corpus, &wholes, assembly)?;
        drop_pieces(corpus, source, name, &wholes, assembly.on);
        corpus.append(plan, made, session)?;
    }
    Ok(())
}

/// What is known of one key: its latest description as a document, and its latest list.
#[derive(Default)]
struct Current {
    whole: Option<(i64, Document)>,
    entries: Option<(i64, Vec<Entry>)>,
}

/// Reads the tables of contents of a source; for each key the latest wins, and what was withdrawn since is not there.
fn current(
    corpus: &Corpus,
    job: Job<'_>,
    source: &str,
    withdrawn: &BTreeMap<String, i64>,
) -> Result<BTreeMap<String, Current>> {
    let mut current: BTreeMap<String, Current> = BTreeMap::new();
    for part in &corpus.parts {
        if part.part.source != job.source || part.part.manifest.count("contents") == 0 {
            continue;
        }
        for one in read_contents(job, &part.part.name)? {
            let id = format!("{source}/{}", one.key);
            if withdrawn.get(&id).is_some_and(|at| one.sequence <= *at) {
                continue;
            }
            let known = current.entry(one.key).or_default();
            let is_newer = |before: Option<i64>| before.is_none_or(|before| before < one.sequence);
            if let Some(whole) = one.whole
                && is_newer(known.whole.as_ref().map(|(at, _)| *at))
            {
                known.whole = Some((one.sequence, *whole));
            }
            if !one.entries.is_empty() && is_newer(known.entries.as_ref().map(|(at, _)| *at)) {
                known.entries = Some((one.sequence, one.entries));
            }
        }
    }
    Ok(current)
}

fn read_contents(job: Job<'_>, part: &str) -> Result<Vec<Contents>> {
    let store = job.session.store();
    let stem = parts::stem(CONTENTS, part, None);
    let manifest = store
        .get_json(&format!("{stem}.json"))?
        .ok_or_else(|| moisson_core::Error::store(&stem, "the part has no manifest; run again"))?;
    contents::read(&parts::read(job.session, &stem, &manifest, None)?)
}

/// Living documents of a source by key.
struct Pieces<'a>(HashMap<&'a str, u32>);

impl<'a> Pieces<'a> {
    fn new(corpus: &'a Corpus, source: usize, name: &str) -> Self {
        let mut pieces = HashMap::new();
        for part in corpus.parts.iter().filter(|p| p.part.source == source) {
            for (row, item) in (0..part.rows.num_rows()).zip(part.first..) {
                let key = part
                    .text("doc_id", row)
                    .and_then(|id| id.strip_prefix(name)?.strip_prefix('/'));
                if let Some(key) = key
                    && part.alive.get(row) == Some(&true)
                {
                    pieces.insert(key, item);
                }
            }
        }
        Self(pieces)
    }
}

/// A whole and what it is made of, in reading order.
struct Whole {
    document: Document,
    lines: Vec<Line>,
}

enum Line {
    Heading(String),
    /// A piece by the number of its document, with the line above it.
    Piece(u32, Option<String>),
}

impl Whole {
    fn pieces(&self) -> impl Iterator<Item = u32> {
        self.lines.iter().filter_map(|line| match line {
            Line::Piece(item, _) => Some(*item),
            Line::Heading(_) => None,
        })
    }
}

/// Lays out the wholes that hold on the day.
fn wholes(
    mut current: BTreeMap<String, Current>,
    pieces: &Pieces<'_>,
    on: Option<Date>,
) -> Vec<Whole> {
    let mut described: Vec<(String, i64, Document)> = Vec::new();
    for (key, known) in &mut current {
        if let Some((sequence, document)) = known.whole.take() {
            described.push((key.clone(), sequence, document));
        }
    }
    described
        .into_iter()
        .filter(|(_, _, document)| {
            let span = Entry {
                from: document.version_from,
                to: document.version_to,
                ..Entry::default()
            };
            span.holds(on)
        })
        .map(|(key, sequence, mut document)| {
            document.sequence = sequence;
            if let Some(on) = on {
                let work = document.version_of.take();
                document.version_of = work.or_else(|| Some(key.clone()));
                document.key = Key::Declared(format!("{key}@{on}"));
                document.version_from = Some(on);
            }
            Whole {
                document,
                lines: lay_out(&key, &current, pieces, on),
            }
        })
        .collect()
}

/// Walks the contents of a whole in order. A heading is written once something follows it; no section is entered from
/// inside of itself, and each piece is taken once.
fn lay_out(
    key: &str,
    current: &BTreeMap<String, Current>,
    pieces: &Pieces<'_>,
    on: Option<Date>,
) -> Vec<Line> {
    let entries = |key: &str| {
        let listed = current.get(key).and_then(|known| known.entries.as_ref());
        listed.map_or(&[][..], |(_, entries)| entries.as_slice())
    };
    let mut lines = Vec::new();
    let mut taken = BTreeSet::new();
    let mut open: Vec<(&str, std::slice::Iter<'_, Entry>)> = vec![(key, entries(key).iter())];
    let mut pending: Vec<(usize, String)> = Vec::new();
    while let Some((_, rest)) = open.last_mut() {
        let Some(entry) = rest.next() else {
            open.pop();
            pending.retain(|(depth, _)| *depth < open.len());
            continue;
        };
        if !entry.holds(on) {
            continue;
        }
        if let Some(&item) = pieces.0.get(entry.key.as_str()) {
            if taken.insert(item) {
                lines.extend(pending.drain(..).map(|(_, heading)| Line::Heading(heading)));
                lines.push(Line::Piece(item, entry.heading.clone()));
            }
        } else if open.len() < DEPTH_MAX && open.iter().all(|(key, _)| *key != entry.key) {
            let heading = entry.heading.clone();
            pending.extend(heading.map(|heading| (open.len(), heading)));
            open.push((&entry.key, entries(&entry.key).iter()));
        }
    }
    lines
}

/// Makes the parts of assembled documents that are not committed yet.
fn make(
    job: Job<'_>,
    corpus: &Corpus,
    wholes: &[Whole],
    assembly: Assembly,
) -> Result<Vec<parts::Part>> {
    let source = job.source()?;
    let mut key = KeyHasher::new("assemble", ASSEMBLE_VERSION)
        .field(source.name.as_bytes())
        .digest(Digest::of_json(&assembly)?);
    for part in corpus.parts.iter().filter(|p| p.part.source == job.source) {
        key = key.digest(part.part.manifest.key);
    }
    let unit = Unit {
        key: key.finish(),
        files: Vec::new(),
        bytes: 0,
        limit: 0,
    };
    let committed = job.committed_parts(source, &unit);
    for part in &committed {
        job.fill(source, part)?;
    }
    if committed.last().is_some_and(|part| part.manifest.last) {
        return Ok(committed);
    }
    let done: u64 = committed
        .iter()
        .map(|part| part.manifest.count("records"))
        .sum();
    let mut sink = PartSink::new(job, source, &unit, committed)?;
    let done = usize::try_from(done)
        .unwrap_or(usize::MAX)
        .min(wholes.len());
    let (before, mut rest) = wholes.split_at(done);
    for _ in before {
        sink.begin_record()?;
    }
    while !rest.is_empty() {
        let (group, after) = rest.split_at(group_length(corpus, rest));
        let read = read_pieces(job, corpus, group)?;
        for whole in group {
            sink.begin_record()?;
            let limit = job.plan.limits.record_bytes_max;
            let bytes = text_bytes(corpus, whole);
            if bytes > limit {
                sink.fault(Fault {
                    reason: reason::EXTRACT_TOO_LARGE,
                    raw_uri: whole.document.raw_uri.clone(),
                    observed: Some(bytes.to_string()),
                    threshold: Some(limit.to_string()),
                    detail: Some("an assembled document".to_owned()),
                    ..Fault::default()
                })?;
            } else {
                sink.document(write(whole, &read, assembly))?;
            }
        }
        rest = after;
    }
    sink.close(true)?;
    Ok(sink.parts)
}

fn text_bytes(corpus: &Corpus, whole: &Whole) -> u64 {
    let pieces = whole.pieces().map(|item| {
        let (part, row) = corpus.locate(item);
        corpus
            .parts
            .get(part)
            .map_or(0, |part| part.text_bytes(row))
    });
    pieces.sum()
}

/// How many wholes go together: at least one, and no more text than a group may hold.
fn group_length(corpus: &Corpus, wholes: &[Whole]) -> usize {
    let mut bytes = 0;
    let fits = |whole: &&Whole| {
        bytes += text_bytes(corpus, whole);
        bytes <= GROUP_TEXT_BYTES
    };
    wholes.iter().take_while(fits).count().max(1)
}

/// What a whole takes from one of its pieces.
struct Piece {
    text: String,
    digest: String,
    licence: Option<String>,
    language: Option<String>,
    ocr_confidence: Option<f32>,
    modified_on: Option<Date>,
    sequence: i64,
}

fn read_pieces(job: Job<'_>, corpus: &Corpus, group: &[Whole]) -> Result<BTreeMap<u32, Piece>> {
    const COLUMNS: &[&str] = &[
        "text",
        "text_digest",
        "licence_declared",
        "language_declared",
        "ocr_confidence",
    ];
    let mut rows: BTreeMap<usize, BTreeSet<u32>> = BTreeMap::new();
    let limit = job.plan.limits.record_bytes_max;
    for item in group
        .iter()
        .filter(|whole| text_bytes(corpus, whole) <= limit)
        .flat_map(Whole::pieces)
    {
        let (part, row) = corpus.locate(item);
        let row = u32::try_from(row).unwrap_or(u32::MAX);
        rows.entry(part).or_default().insert(row);
    }
    let mut pieces = BTreeMap::new();
    for (at, rows) in rows {
        job.control.check()?;
        let Some(part) = corpus.parts.get(at) else {
            continue;
        };
        let rows: Vec<u32> = rows.into_iter().collect();
        let mut take = |first: usize, batch: RecordBatch| -> Result<()> {
            let text = |name| TextColumn::try_new(&batch, name);
            let (texts, digests) = (text("text")?, text("text_digest")?);
            let (licences, languages) = (text("licence_declared")?, text("language_declared")?);
            let ocr = column(&batch, "ocr_confidence")?.as_primitive::<Float32Type>();
            let owned = |value: Option<&str>| value.map(str::to_owned);
            for (index, &row) in rows.iter().skip(first).take(batch.num_rows()).enumerate() {
                let piece = Piece {
                    text: owned(texts.get(index)).unwrap_or_default(),
                    digest: owned(digests.get(index)).unwrap_or_default(),
                    licence: owned(licences.get(index)),
                    language: owned(languages.get(index)),
                    ocr_confidence: ocr.is_valid(index).then(|| ocr.value(index)),
                    modified_on: part.date("modified_on", row as usize),
                    sequence: part.sequence(row as usize),
                };
                pieces.insert(part.first + row, piece);
            }
            Ok(())
        };
        texts::batches(job.session, &part.part, &rows, Some(COLUMNS), &mut take)?;
    }
    Ok(pieces)
}

/// Writes a whole: its own text, then its pieces under their headings.
fn write(whole: &Whole, pieces: &BTreeMap<u32, Piece>, assembly: Assembly) -> Document {
    let mut document = whole.document.clone();
    let mut digest = KeyHasher::new("whole", ASSEMBLE_VERSION).digest(document.raw_digest);
    let mut licences: BTreeSet<&str> = BTreeSet::new();
    let mut languages: BTreeSet<&str> = BTreeSet::new();
    let (mut measured, mut confidence) = (0.0, 0.0);
    let mut count = 0_u64;
    for line in &whole.lines {
        match line {
            Line::Heading(heading) => join(&mut document.text, heading, Joint::Paragraph),
            Line::Piece(item, heading) => {
                let Some(piece) = pieces.get(item) else {
                    continue;
                };
                if let Some(heading) = heading {
                    join(&mut document.text, heading, Joint::Paragraph);
                    document.text.push('\n');
                    document.text.push_str(&piece.text);
                } else {
                    join(&mut document.text, &piece.text, assembly.joint);
                }
                digest = digest.field(piece.digest.as_bytes());
                licences.extend(piece.licence.as_deref());
                languages.extend(piece.language.as_deref());
                if let Some(ocr) = piece.ocr_confidence {
                    let weight = piece.text.len() as f64;
                    measured += weight;
                    confidence += weight * f64::from(ocr);
                }
                document.modified_on = document.modified_on.max(piece.modified_on);
                document.sequence = document.sequence.max(piece.sequence);
                count += 1;
            }
        }
    }
    document.raw_digest = digest.finish();
    if measured > 0.0 {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a mean of f32 values is one"
        )]
        let mean = (confidence / measured) as f32;
        document.ocr_confidence = Some(mean);
    }
    // Several licences are no licence that a gate could pass: all are shown to it.
    let joined = |values: BTreeSet<&str>| {
        let values: Vec<&str> = values.into_iter().collect();
        Some(values.join(" ; ")).filter(|joined| !joined.is_empty())
    };
    if document.licence_declared.is_none() {
        document.licence_declared = joined(licences);
    }
    if document.language_declared.is_none() && languages.len() == 1 {
        document.language_declared = joined(languages);
    }
    let metadata = &mut document.metadata;
    metadata.insert("pieces".to_owned(), count.into());
    if let Some(on) = assembly.on {
        metadata.insert("in_force_on".to_owned(), on.to_string().into());
    }
    document
}

/// Puts more text behind a text.
fn join(text: &mut String, more: &str, joint: Joint) {
    if !text.is_empty() && !more.is_empty() {
        text.push_str(match joint {
            Joint::Paragraph => "\n\n",
            Joint::Flowing if goes_on(text, more) => " ",
            Joint::Flowing => "\n",
        });
    }
    text.push_str(more);
}

/// True if a sentence goes on from one page to the next.
fn goes_on(text: &str, more: &str) -> bool {
    let open = |c: char| c.is_alphanumeric() || matches!(c, ',' | ';' | '-' | '\u{2019}' | '\'');
    text.chars().next_back().is_some_and(open)
        && more.chars().next().is_some_and(char::is_lowercase)
}

/// Writes down of every piece where it went. Without a day, what no contents name stays a document of its own.
fn drop_pieces(corpus: &mut Corpus, source: usize, name: &str, wholes: &[Whole], on: Option<Date>) {
    let decision = |reason: &str, observed: String| Decision {
        step: "reconcile",
        rule: "assemble".to_owned(),
        reason: reason.to_owned(),
        observed: Some(observed),
        ..Decision::default()
    };
    let mut dropped = BTreeSet::new();
    for whole in wholes {
        let id = format!("{name}/{}", whole.document.key_text());
        for item in whole.pieces() {
            if dropped.insert(item) {
                corpus.drop(item, decision(reason::RECONCILE_ASSEMBLED, id.clone()));
            }
        }
    }
    let Some(on) = on else { return };
    let others: Vec<u32> = corpus
        .parts
        .iter()
        .filter(|part| part.part.source == source)
        .flat_map(|part| {
            let items = part.first..;
            items.zip(&part.alive).filter(|(_, alive)| **alive)
        })
        .map(|(item, _)| item)
        .collect();
    for item in others {
        corpus.drop(
            item,
            decision(reason::RECONCILE_NOT_IN_WHOLE, on.to_string()),
        );
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap};

    use moisson_core::{Date, Entry, Joint};

    use super::{Current, Line, Pieces, join, lay_out};

    fn entry(key: &str, heading: &str, from: &str, to: &str) -> Entry {
        Entry {
            key: key.to_owned(),
            heading: (!heading.is_empty()).then(|| heading.to_owned()),
            from: Date::parse(from),
            to: Date::parse(to),
        }
    }

    #[test]
    fn contents_are_laid_out_as_a_table() {
        let contents = [
            (
                "T",
                vec![
                    entry("S1", "Titre Ier", "", ""),
                    entry("A4", "Article 4", "", ""),
                    entry("S3", "Titre III", "", ""),
                ],
            ),
            (
                "S1",
                vec![
                    entry("S2", "Chapitre Ier", "", ""),
                    entry("A3", "Article 3", "", "2010-01-01"),
                ],
            ),
            (
                "S2",
                vec![
                    entry("A1", "Article 1", "", "2015-01-01"),
                    entry("A2", "Article 1", "2015-01-01", ""),
                ],
            ),
            // Sections that hold themselves, nothing, or what is not there.
            (
                "S3",
                vec![
                    entry("S3", "", "", ""),
                    entry("T", "", "", ""),
                    entry("A9", "", "", ""),
                ],
            ),
        ];
        let current: BTreeMap<String, Current> = contents
            .into_iter()
            .map(|(key, entries)| {
                let known = Current {
                    whole: None,
                    entries: Some((0, entries)),
                };
                (key.to_owned(), known)
            })
            .collect();
        let pieces = Pieces(HashMap::from([("A1", 1), ("A2", 2), ("A3", 3), ("A4", 4)]));
        let check = |on: &str, expected: &[&str]| {
            let lines = lay_out("T", &current, &pieces, Date::parse(on));
            let shown: Vec<String> = lines
                .iter()
                .map(|line| match line {
                    Line::Heading(heading) => heading.clone(),
                    Line::Piece(item, heading) => {
                        format!("{item} {}", heading.as_deref().unwrap_or_default())
                    }
                })
                .collect();
            assert_eq!(shown, expected, "{on}");
        };
        check(
            "2020-01-01",
            &["Titre Ier", "Chapitre Ier", "2 Article 1", "4 Article 4"],
        );
        check(
            "2005-01-01",
            &[
                "Titre Ier",
                "Chapitre Ier",
                "1 Article 1",
                "3 Article 3",
                "4 Article 4",
            ],
        );
    }

    #[test]
    fn joints_as_a_table() {
        let check = |text: &str, more: &str, joint, expected: &str| {
            let mut text = text.to_owned();
            join(&mut text, more, joint);
            assert_eq!(text, expected);
        };
        check("", "a", Joint::Paragraph, "a");
        check("a", "", Joint::Paragraph, "a");
        check("a.", "b", Joint::Paragraph, "a.\n\nb");
        check("le roi", "partit", Joint::Flowing, "le roi partit");
        check("le roi,", "qui", Joint::Flowing, "le roi, qui");
        check(
            "Il partit.",
            "il revint",
            Joint::Flowing,
            "Il partit.\nil revint",
        );
        check("le roi", "Louis", Joint::Flowing, "le roi\nLouis");
    }
}
