//! The files in which sites opt out, as far as an archive holds them: a crawler asks for robots.txt before the pages, so
//! they come first, and what is found holds for the rest of the file.

use std::collections::BTreeMap;

use moisson_rights::optout::{
    Mark, ReadSite, Site, SiteFile, SiteFileKind, SiteFileState, split_address,
};

/// Bytes of such files that are kept for one archive; after that no more are taken.
const BYTES_MAX: usize = 64 << 20;

/// The sites of an archive.
#[derive(Default)]
pub(crate) struct Sites {
    sites: BTreeMap<String, (Site, ReadSite)>,
    bytes: usize,
}

impl Sites {
    /// Takes the answer to a question for such a file.
    pub(crate) fn add(
        &mut self,
        address: &str,
        status: Option<u16>,
        body: &[u8],
        retrieved_at: &str,
    ) {
        let Some((origin, path)) = split_address(address) else {
            return;
        };
        let Some(kind) = SiteFileKind::at(&path) else {
            return;
        };
        let when = Some(retrieved_at.to_owned()).filter(|when| !when.is_empty());
        let file = match status {
            None | Some(200..=299) => SiteFile::found(kind, body, when),
            Some(400..=499) => SiteFile::missing(kind, SiteFileState::Absent, when),
            Some(500..=599) => SiteFile::missing(kind, SiteFileState::Unreachable, when),
            // Where a redirect leads stands in another record, if at all.
            Some(_) => return,
        };
        if self.bytes + file.body.len() > BYTES_MAX {
            return;
        }
        self.bytes += file.body.len();
        let site = self.sites.entry(origin.clone()).or_insert_with(|| {
            let site = Site::new(origin);
            let read = site.read();
            (site, read)
        });
        site.0.set(file);
        site.1 = site.0.read();
    }

    /// What is known so far of an address.
    pub(crate) fn marks(&self, address: &str) -> Vec<Mark> {
        let Some((origin, path)) = split_address(address) else {
            return Vec::new();
        };
        let site = self.sites.get(&origin);
        site.map_or_else(Vec::new, |(_, site)| site.marks(&path))
    }
}

/// True if an address is that of such a file, which is no text.
pub(crate) fn is_site_file(address: &str) -> bool {
    split_address(address).is_some_and(|(_, path)| SiteFileKind::at(&path).is_some())
}
