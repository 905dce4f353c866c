//! The text of a whole: its pieces read back from their parts and written one after the other.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Float32Type;
use moisson_core::column::column;
use moisson_core::digest::KeyHasher;
use moisson_core::{Assembly, Date, Document, Joint, Result, TextColumn};

use super::layout::{Line, Whole};
use super::{ASSEMBLE_VERSION, text_bytes};
use crate::corpus::Corpus;
use crate::part_sink::Job;
use crate::texts;

/// What a whole takes from one of its pieces.
pub(super) struct Piece {
    text: String,
    digest: String,
    licence: Option<String>,
    language: Option<String>,
    ocr_confidence: Option<f32>,
    modified_on: Option<Date>,
    sequence: i64,
}

pub(super) fn read_pieces(
    job: Job<'_>,
    corpus: &Corpus,
    group: &[Whole],
) -> Result<BTreeMap<u32, Piece>> {
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
pub(super) fn write(whole: &Whole, pieces: &BTreeMap<u32, Piece>, assembly: Assembly) -> Document {
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

#[cfg(test)]
mod tests {
    use moisson_core::Joint;

    use super::join;

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
