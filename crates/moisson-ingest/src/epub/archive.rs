//! Members of the zip by name, within bounds.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use moisson_core::{Limits, reason};
use zip::read::ZipArchive;

use super::Refusal;

/// Expansion counts once so much has come out, as it does for all archives.
const EXPANSION_BYTES_MIN: u64 = 16 << 20;

/// An open book.
pub(super) struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    /// Index of each member by its name.
    names: BTreeMap<String, usize>,
    /// The same in small letters.
    folded: BTreeMap<String, usize>,
    left: u64,
    member_max: u64,
}

impl<'a> Archive<'a> {
    pub(super) fn open(bytes: &'a [u8], limits: &Limits) -> Result<Self, Refusal> {
        let malformed = |detail: String| (reason::EXTRACT_MALFORMED_ARCHIVE, Some(detail));
        let zip =
            ZipArchive::new(Cursor::new(bytes)).map_err(|error| malformed(error.to_string()))?;
        if zip.len() as u64 > limits.members_max {
            let detail = format!("more than {} members", limits.members_max);
            return Err((reason::EXTRACT_EXPANSION, Some(detail)));
        }
        let mut names = BTreeMap::new();
        for index in 0..zip.len() {
            let entry = zip
                .by_index_data(index)
                .map_err(|error| malformed(error.to_string()))?;
            names.insert(
                String::from_utf8_lossy(entry.name_raw()).into_owned(),
                index,
            );
        }
        let folded = names
            .iter()
            .map(|(name, index)| (name.to_lowercase(), *index))
            .collect();
        let most = (bytes.len() as u64).saturating_mul(limits.expansion_ratio_max);
        Ok(Self {
            zip,
            names,
            folded,
            left: most.max(EXPANSION_BYTES_MIN),
            member_max: limits.record_bytes_max,
        })
    }

    /// A member, or `None` if there is none of this name or it cannot be read. Names that differ only in case are
    /// taken for it, since many books are made where case does not count.
    pub(super) fn read(&mut self, name: &str) -> Result<Option<Vec<u8>>, Refusal> {
        let same = |name: &str| self.folded.get(&name.to_lowercase());
        let Some(index) = self.names.get(name).or_else(|| same(name)).copied() else {
            return Ok(None);
        };
        let Ok(file) = self.zip.by_index(index) else {
            return Ok(None);
        };
        let bytes_max = self.left.min(self.member_max);
        let mut bytes = Vec::new();
        let read = file
            .take(bytes_max.saturating_add(1))
            .read_to_end(&mut bytes);
        if bytes.len() as u64 > bytes_max {
            let (reason, detail) = if bytes_max == self.left {
                (
                    reason::EXTRACT_EXPANSION,
                    "its members inflate beyond the limit".to_owned(),
                )
            } else {
                (
                    reason::EXTRACT_TOO_LARGE,
                    format!("`{name}` is larger than {bytes_max} bytes"),
                )
            };
            return Err((reason, Some(detail)));
        }
        self.left -= bytes.len() as u64;
        Ok(read.is_ok().then_some(bytes))
    }

    /// Names of all HTML documents, in order.
    pub(super) fn documents(&self) -> Vec<String> {
        let is_document = |name: &&String| {
            let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
            ["xhtml", "html", "htm"]
                .iter()
                .any(|known| known.eq_ignore_ascii_case(extension))
        };
        let is_apparatus = |name: &str| {
            let stem = name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
            ["nav.", "toc.", "cover."]
                .iter()
                .any(|start| stem.starts_with(start))
        };
        self.names
            .keys()
            .filter(is_document)
            .filter(|name| !is_apparatus(name))
            .cloned()
            .collect()
    }

    /// The first member whose name ends so.
    pub(super) fn ending_in(&self, suffix: &str) -> Option<String> {
        self.names
            .keys()
            .find(|name| name.ends_with(suffix))
            .cloned()
    }
}
