//! A sink in memory, for tests.

use moisson_core::sink::Tombstone;
use moisson_core::{Document, Fault, Result, Sink};

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
        sequence: 0,
        limits,
    };
    reader.read(member, &mut sink).unwrap();
    sink
}
