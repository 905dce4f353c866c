//! Zip archives: by their directory, or what can be saved of one whose directory is lost.

use std::io::{self, BufReader, Read, Seek};

use moisson_core::{Date, Result, reason};
use zip::read::{ZipArchive, ZipFile, read_zipfile_from_stream};
use zip::result::ZipError;

use super::stream::{Watched, decode_fault};
use super::{Place, Walk, member_name};
use crate::record::StreamFault;

const MEMBER_BUFFER_BYTES: usize = 64 << 10;

impl Walk<'_> {
    /// Reads the members of a zip archive in the order of its directory.
    pub(super) fn zip<R: Read + Seek>(
        &mut self,
        at: Place<'_>,
        mut bytes: R,
    ) -> Result<Option<StreamFault>> {
        let mut archive = match ZipArchive::new(&mut bytes) {
            Ok(archive) => archive,
            Err(error) => {
                let fault = zip_fault(error);
                self.save(at, &mut bytes)?;
                return self.count(at, fault).map(Some);
            }
        };
        for index in 0..archive.len() {
            if let Some(failure) = self.next_member(at)? {
                return Ok(Some(failure));
            }
            let name = match archive.by_index_data(index) {
                Ok(entry) => member_name(entry.name_raw()),
                Err(error) => return self.count(at, zip_fault(error)).map(Some),
            };
            if name.ends_with('/') || !self.wants(&name, at.depth + 1) {
                continue;
            }
            match archive.by_index(index) {
                Ok(file) => {
                    if let Some(failure) = self.zip_member(at, &name, file)? {
                        return Ok(Some(failure));
                    }
                }
                Err(error) => {
                    // Encrypted, or compressed in a way we do not read: this member only.
                    let uri = format!("{}!{name}", at.uri);
                    self.count(Place { uri: &uri, ..at }, zip_fault(error))?;
                }
            }
        }
        Ok(None)
    }

    /// Reads one member. Returns the failures that end the archive: the file itself, and expansion.
    fn zip_member<R: Read>(
        &mut self,
        at: Place<'_>,
        name: &str,
        file: ZipFile<'_, R>,
    ) -> Result<Option<StreamFault>> {
        let failure = std::cell::RefCell::new(None);
        let modified = file.last_modified().and_then(seconds);
        let watched = Watched::decoded(file, self.meter, at.depth, &failure);
        let mut bytes = BufReader::with_capacity(MEMBER_BUFFER_BYTES, watched);
        let (uri, failure) = self.member(at, name, modified, &mut bytes)?;
        match failure {
            Some(failure)
                if [reason::EXTRACT_UNREADABLE, reason::EXTRACT_EXPANSION]
                    .contains(&failure.reason) =>
            {
                Ok(Some(failure))
            }
            Some(failure) => self.whole_file(&uri, failure).map(|()| None),
            None => Ok(None),
        }
    }

    /// Reads the members of an archive without directory one after the other, as far as they go.
    fn save<R: Read + Seek>(&mut self, at: Place<'_>, bytes: &mut R) -> Result<()> {
        if bytes.rewind().is_err() {
            return Ok(());
        }
        while let Ok(Some(file)) = read_zipfile_from_stream(bytes) {
            let name = member_name(file.name_raw());
            if self.next_member(at)?.is_some() {
                return Ok(());
            }
            if file.is_dir() || !self.wants(&name, at.depth + 1) {
                continue;
            }
            if self.zip_member(at, &name, file)?.is_some() {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// Seconds since 1970 of the time in a zip's directory, which knows no time zone.
fn seconds(time: zip::DateTime) -> Option<i64> {
    let (month, day) = (u32::from(time.month()), u32::from(time.day()));
    let date = Date::from_ymd(i32::from(time.year()), month, day)?;
    let hours = i64::from(date.0) * 24 + i64::from(time.hour());
    Some((hours * 60 + i64::from(time.minute())) * 60 + i64::from(time.second()))
}

fn zip_fault(error: ZipError) -> StreamFault {
    match error {
        ZipError::Io(error) if error.kind() != io::ErrorKind::UnexpectedEof => decode_fault(&error),
        other => StreamFault {
            reason: reason::EXTRACT_MALFORMED_ARCHIVE,
            detail: other.to_string(),
        },
    }
}
