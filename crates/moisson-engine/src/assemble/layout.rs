//! What a whole is made of: its contents walked in reading order, on a day.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use moisson_core::{Date, Document, Entry, Key};

use crate::corpus::Corpus;

/// Sections inside one another.
const DEPTH_MAX: usize = 64;

/// What is known of one key: its latest description as a document, and its latest list.
#[derive(Default)]
pub(super) struct Current {
    pub(super) whole: Option<(i64, Document)>,
    pub(super) entries: Option<(i64, Vec<Entry>)>,
}

/// Living documents of a source by key.
pub(super) struct Pieces<'a>(HashMap<&'a str, u32>);

impl<'a> Pieces<'a> {
    pub(super) fn new(corpus: &'a Corpus, source: usize, name: &str) -> Self {
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
pub(super) struct Whole {
    pub(super) document: Document,
    pub(super) lines: Vec<Line>,
}

pub(super) enum Line {
    Heading(String),
    /// A piece by the number of its document, with the line above it.
    Piece(u32, Option<String>),
}

impl Whole {
    pub(super) fn pieces(&self) -> impl Iterator<Item = u32> {
        self.lines.iter().filter_map(|line| match line {
            Line::Piece(item, _) => Some(*item),
            Line::Heading(_) => None,
        })
    }
}

/// Lays out the wholes that hold on the day.
pub(super) fn wholes(
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

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap};

    use moisson_core::{Date, Entry};

    use super::{Current, Line, Pieces, lay_out};

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
}
