//! Tar archives, as a stream.

use std::cell::{Cell, RefCell};
use std::io::{self, BufRead, BufReader, Read};

use moisson_core::{Fault, Result, reason};
use tar::EntryType;

use super::stream::{Exact, Gate, Watched, decode_fault};
use super::{Place, Walk, member_name};
use crate::record::{StreamFault, stream_fault};

/// Headers, long names and extended attributes of one member may take this much.
const HEADER_BYTES_MAX: u64 = 1 << 20;
const MEMBER_BUFFER_BYTES: u64 = 64 << 10;

impl Walk<'_> {
    /// Reads the members of a tar archive in their order.
    pub(super) fn tar(
        &mut self,
        at: Place<'_>,
        bytes: impl BufRead,
    ) -> Result<Option<StreamFault>> {
        let failure = RefCell::new(None);
        let allowed = Cell::new(HEADER_BYTES_MAX);
        let watched = Watched::plain(bytes, &failure);
        let mut archive = tar::Archive::new(Gate::new(watched, &allowed));
        let mut entries = match archive.entries() {
            Ok(entries) => entries,
            Err(error) => return self.count(at, decode_fault(&error)).map(Some),
        };
        loop {
            allowed.set(HEADER_BYTES_MAX);
            let mut entry = match entries.next() {
                None => break,
                Some(Ok(entry)) => entry,
                Some(Err(error)) => {
                    let fault = header_fault(&error, failure.borrow().as_ref());
                    return self.count(at, fault).map(Some);
                }
            };
            allowed.set(u64::MAX);
            if let Some(failure) = self.next_member(at)? {
                return Ok(Some(failure));
            }
            let name = member_name(&entry.path_bytes());
            let kind = entry.header().entry_type();
            let is_wanted = match kind {
                EntryType::Regular | EntryType::Continuous => self.wants(&name, at.depth + 1),
                EntryType::GNUSparse if self.wants(&name, at.depth + 1) => {
                    self.sparse(at, &name)?;
                    false
                }
                _ => false,
            };
            if is_wanted {
                let size = entry.size();
                let modified = entry
                    .header()
                    .mtime()
                    .ok()
                    .and_then(|seconds| i64::try_from(seconds).ok())
                    .filter(|seconds| *seconds > 0);
                let capacity = usize::try_from(size.clamp(512, MEMBER_BUFFER_BYTES)).unwrap_or(512);
                let mut bytes = BufReader::with_capacity(capacity, Exact::new(&mut entry, size));
                let (uri, member_failure) = self.member(at, &name, modified, &mut bytes)?;
                // The member's own decoder may be at fault, or the archive below it.
                let ended = io::copy(&mut bytes, &mut io::sink()).err();
                if let Some(below) = failure
                    .borrow_mut()
                    .take()
                    .or(ended.as_ref().map(stream_fault))
                {
                    return match member_failure {
                        Some(_) => Ok(Some(below)),
                        None => self.count(at, below).map(Some),
                    };
                }
                if let Some(member_failure) = member_failure {
                    self.whole_file(&uri, member_failure)?;
                }
            } else if let Err(error) = drain(&mut entry) {
                return self.count(at, stream_fault(&error)).map(Some);
            }
        }
        // The checksum of a compressed archive comes after its last member.
        allowed.set(u64::MAX);
        match io::copy(&mut archive.into_inner(), &mut io::sink()) {
            Ok(_) => Ok(None),
            Err(error) => self.count(at, stream_fault(&error)).map(Some),
        }
    }

    /// A sparse member is a few bytes that stand for any number of zeros; none of our sources has one.
    fn sparse(&mut self, at: Place<'_>, name: &str) -> Result<()> {
        if self.sink.begin_record()? {
            self.sink.fault(Fault {
                reason: reason::EXTRACT_MALFORMED_ARCHIVE,
                raw_uri: format!("{}!{name}", at.uri),
                detail: Some("sparse members are not read".to_owned()),
                ..Fault::default()
            })?;
        }
        Ok(())
    }
}

fn drain<R: Read>(entry: &mut tar::Entry<'_, R>) -> io::Result<()> {
    let size = if entry.header().entry_type() == EntryType::GNUSparse {
        0
    } else {
        entry.size()
    };
    io::copy(&mut Exact::new(entry, size), &mut io::sink()).map(|_| ())
}

/// Why no further header could be read. The tar crate wraps the errors of streams, so those are asked first.
fn header_fault(error: &io::Error, below: Option<&StreamFault>) -> StreamFault {
    if let Some(below) = below {
        return below.clone();
    }
    let detail = error.to_string();
    let is_end = error.kind() == io::ErrorKind::UnexpectedEof
        || detail.contains("unexpected EOF")
        || detail.contains("failed to read entire block");
    let reason = if is_end {
        reason::EXTRACT_TRUNCATED
    } else {
        reason::EXTRACT_MALFORMED_ARCHIVE
    };
    StreamFault { reason, detail }
}
