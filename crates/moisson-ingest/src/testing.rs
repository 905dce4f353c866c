//! A sink in memory, for tests.

use moisson_core::sink::Tombstone;
use moisson_core::{Contents, Document, Fault, Result, Sink};

/// Keeps what it is given.
#[derive(Debug, Default)]
pub struct Collected {
    /// Number of records begun.
    pub records: usize,
    /// Number of first records that count as committed already.
    pub committed: usize,
    /// Documents, in order.
    pub documents: Vec<Document>,
    /// Faults, in order.
    pub faults: Vec<Fault>,
    /// Withdrawals, in order.
    pub tombstones: Vec<Tombstone>,
    /// Tables of contents, in order.
    pub contents: Vec<Contents>,
}

impl Collected {
    /// Faults as `reason uri`, whole-file ones with a `*` in front.
    pub fn fault_lines(&self) -> Vec<String> {
        let star = |fault: &Fault| if fault.whole_file { "*" } else { "" };
        self.faults
            .iter()
            .map(|f| format!("{}{} {}", star(f), f.reason, f.raw_uri))
            .collect()
    }

    /// Documents as (key, text).
    pub fn texts(&self) -> Vec<(String, &str)> {
        self.documents
            .iter()
            .map(|d| (d.key_text(), d.text.as_str()))
            .collect()
    }
}

impl Sink for Collected {
    fn begin_record(&mut self) -> Result<bool> {
        self.records += 1;
        Ok(self.records > self.committed)
    }

    fn document(&mut self, document: Document) -> Result<()> {
        self.documents.push(document);
        Ok(())
    }

    fn fault(&mut self, fault: Fault) -> Result<()> {
        self.faults.push(fault);
        Ok(())
    }

    fn tombstone(&mut self, tombstone: Tombstone) -> Result<()> {
        self.tombstones.push(tombstone);
        Ok(())
    }

    fn contents(&mut self, contents: Contents) -> Result<()> {
        self.contents.push(contents);
        Ok(())
    }
}

/// Reads bytes as one plain member.
pub fn read_bytes(
    name: &str,
    options: &serde_json::Value,
    uri: &str,
    mut bytes: &[u8],
    limits: &moisson_core::Limits,
) -> Collected {
    let reader = crate::readers::build(name, options).unwrap();
    let mut sink = Collected::default();
    let member = crate::Member {
        uri,
        bytes: &mut bytes,
        modified: None,
        sequence: 0,
        limits,
    };
    reader.read(member, &mut sink).unwrap();
    sink
}

/// The real corpora beside the checkout, in the folder that `MOISSON_CORPORA` names; a test that needs them says so
/// and passes where they are absent.
#[expect(clippy::disallowed_methods, reason = "a test finds its data")]
pub fn corpora() -> Option<std::path::PathBuf> {
    let folder = std::env::var("MOISSON_CORPORA").ok().map(Into::into);
    if folder.is_none() {
        eprintln!("skipped: MOISSON_CORPORA names no folder of real corpora");
    }
    folder
}

/// Reads a file of this machine with a reader, as the engine does.
pub fn read_path(
    name: &str,
    options: &serde_json::Value,
    uri: &str,
    path: &std::path::Path,
) -> Collected {
    #[expect(clippy::disallowed_methods, reason = "a test reads its data")]
    let bytes = std::fs::read(path).unwrap();
    let reader = crate::readers::build(name, options).unwrap();
    let mut sink = Collected::default();
    let file = crate::SourceFile {
        name: uri,
        size: bytes.len() as u64,
        open: &|| {
            let bytes = std::io::Cursor::new(bytes.clone());
            Ok(Box::new(bytes) as Box<dyn crate::ReadSeek>)
        },
    };
    let (include, limits) = (crate::Include::default(), moisson_core::Limits::default());
    crate::read_file(reader.as_ref(), &file, &include, &limits, &mut sink).unwrap();
    sink
}

/// Word-level F1 of a text against the truth: words are runs of letters and digits in lower case, compared as
/// multisets, so that order within a page does not count but loss and repetition do.
pub fn word_f1(text: &str, truth: &str) -> f64 {
    let count = |text: &str| {
        let mut words = std::collections::BTreeMap::<String, i64>::new();
        for word in text.split(|c: char| !c.is_alphanumeric()) {
            if !word.is_empty() {
                *words.entry(word.to_lowercase()).or_default() += 1;
            }
        }
        words
    };
    let (found, wanted) = (count(text), count(truth));
    let common: i64 = found
        .iter()
        .map(|(word, n)| (*n).min(wanted.get(word).copied().unwrap_or_default()))
        .sum();
    let total: i64 = found.values().chain(wanted.values()).sum();
    2.0 * common as f64 / total.max(1) as f64
}
