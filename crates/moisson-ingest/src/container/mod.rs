//! Files to members: compression and archives, recognised by content and read as a stream.
//!
//! Nothing is unpacked to disk and a member's name is only ever a name. A stream that fails keeps what was read
//! before: the record being read is counted as a fault, and a second fault says that the file as a whole ended there.

mod lzw;
mod sniff;
mod stream;
mod tar;
mod zip;

#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Read, Seek};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use moisson_core::{Error, Fault, Limits, Result, Sink, reason};

use crate::readers::{Member, Reader};
use crate::record::{self, StreamFault};

use sniff::{Format, Peeked};
use stream::{Counted, Meter, Watched};

/// A stream that can be read from any place, as zip needs it.
pub trait ReadSeek: Read + Seek + Send {}

impl<T: Read + Seek + Send> ReadSeek for T {}

/// A file as the engine hands it over.
pub struct SourceFile<'a> {
    /// Path relative to the source, as in `raw_uri`.
    pub name: &'a str,
    /// Size in bytes.
    pub size: u64,
    /// Opens it; called once.
    pub open: &'a dyn Fn() -> std::io::Result<Box<dyn ReadSeek>>,
}

impl std::fmt::Debug for SourceFile<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SourceFile")
            .field("name", &self.name)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

/// Which members of archives are read: those of a set of globs, or by default those the reader wants.
#[derive(Debug, Clone, Default)]
pub struct Include(Option<GlobSet>);

impl Include {
    /// Globs over member names; none at all means what the reader wants.
    ///
    /// # Errors
    /// [`Error::Config`] naming a glob that cannot be read.
    pub fn new(globs: &[String]) -> Result<Self> {
        if globs.is_empty() {
            return Ok(Self(None));
        }
        let mut set = GlobSetBuilder::new();
        for glob in globs {
            let built = GlobBuilder::new(glob).literal_separator(true).build();
            set.add(built.map_err(|e| Error::config(format!("glob `{glob}`: {}", e.kind())))?);
        }
        Ok(Self(Some(
            set.build().map_err(|e| Error::config(e.to_string()))?,
        )))
    }

    /// True if the member `name` is to be read.
    pub fn matches(&self, reader: &dyn Reader, name: &str) -> bool {
        match &self.0 {
            Some(globs) => globs.is_match(name),
            None => reader.wants(name),
        }
    }
}

/// Reads a file: decompresses it, walks through archives and hands each wanted member to the reader.
///
/// # Errors
/// Only what the sink returned.
pub fn read_file(
    reader: &dyn Reader,
    file: &SourceFile<'_>,
    include: &Include,
    limits: &Limits,
    sink: &mut dyn Sink,
) -> Result<()> {
    let meter = Meter::new(file.size, limits.expansion_ratio_max);
    let mut walk = Walk {
        reader,
        include,
        limits,
        meter: &meter,
        members: 0,
        sink,
    };
    let sequence = reader.sequence(file.name);
    let place = Place {
        uri: file.name,
        sequence,
        modified: None,
        depth: 0,
    };
    let failure = match (file.open)() {
        Ok(opened) => walk.file(place, Counted::new(opened, &meter))?,
        Err(error) => {
            let detail = error.to_string();
            Some(walk.count(
                place,
                StreamFault {
                    reason: reason::EXTRACT_UNREADABLE,
                    detail,
                },
            )?)
        }
    };
    match failure {
        Some(failure) => walk.whole_file(file.name, failure),
        None => Ok(()),
    }
}

/// Most archives inside one another, and most layers of compression on top of one another.
const DEPTH_MAX: usize = 2;
const BUFFER_BYTES: usize = 256 << 10;

/// Where the walk is.
#[derive(Clone, Copy)]
struct Place<'a> {
    uri: &'a str,
    sequence: i64,
    /// When the archive says it was last written, in seconds since 1970.
    modified: Option<i64>,
    /// Archives around it.
    depth: usize,
}

/// The walk through one file. Its functions return the failure of the stream they read, its record counted already.
struct Walk<'w> {
    reader: &'w dyn Reader,
    include: &'w Include,
    limits: &'w Limits,
    meter: &'w Meter,
    members: u64,
    sink: &'w mut dyn Sink,
}

impl Walk<'_> {
    /// Reads a file or buffered member, which may be a zip archive.
    fn file<R: Read + Seek>(&mut self, at: Place<'_>, mut bytes: R) -> Result<Option<StreamFault>> {
        let mut head = Vec::new();
        let peeked = (&mut bytes).take(sniff::HEAD_BYTES).read_to_end(&mut head);
        if let Err(error) = bytes.rewind() {
            return self.count(at, record::stream_fault(&error)).map(Some);
        }
        // A failure to read is met again, after what can be read.
        let is_zip = peeked.is_ok() && sniff::format(&head) == Format::Zip;
        if is_zip && !self.reader.opens(at.uri) {
            // Each jump to a member empties the buffer, so a small one.
            return self.zip(at, BufReader::new(bytes));
        }
        self.stream(at, 0, &mut BufReader::with_capacity(BUFFER_BYTES, bytes))
    }

    /// Reads a stream of any format but zip. `layers` counts the compressions taken off it so far.
    fn stream(
        &mut self,
        at: Place<'_>,
        layers: usize,
        bytes: &mut dyn BufRead,
    ) -> Result<Option<StreamFault>> {
        let peeked = Peeked::new(bytes);
        let format = sniff::format(peeked.head());
        let failure = RefCell::new(None);
        match format {
            Format::Compressed(codec) if layers < DEPTH_MAX => {
                let decoder = match stream::decoder(codec, peeked) {
                    Ok(decoder) => decoder,
                    Err(error) => return self.count(at, stream::decode_fault(&error)).map(Some),
                };
                let level = at.depth + layers;
                let decoded = Watched::decoded(decoder, self.meter, level, &failure);
                let mut decoded = BufReader::with_capacity(BUFFER_BYTES, decoded);
                return self.stream(at, layers + 1, &mut decoded);
            }
            Format::Tar | Format::Zip if self.reader.opens(at.uri) => {}
            Format::Tar if at.depth < DEPTH_MAX => return self.tar(at, peeked),
            Format::Zip if at.depth > 0 && at.depth < DEPTH_MAX => {
                return self.buffered_zip(at, peeked);
            }
            _ => {}
        }
        let mut watched = Watched::plain(peeked, &failure);
        let (uri, limits) = (at.uri, self.limits);
        let member = Member {
            uri,
            bytes: &mut watched,
            sequence: at.sequence,
            modified: at.modified,
            limits,
        };
        self.reader.read(member, self.sink)?;
        Ok(failure.into_inner())
    }

    /// A zip inside an archive is read into memory, within the limit of a record.
    fn buffered_zip(&mut self, at: Place<'_>, bytes: impl Read) -> Result<Option<StreamFault>> {
        let limit = self.limits.record_bytes_max;
        let mut archive = Vec::new();
        if let Err(error) = bytes
            .take(limit.saturating_add(1))
            .read_to_end(&mut archive)
        {
            return self.count(at, record::stream_fault(&error)).map(Some);
        }
        if archive.len() as u64 > limit {
            if self.sink.begin_record()? {
                self.sink
                    .fault(record::too_large(at.uri, None, None, limit))?;
            }
            return Ok(None);
        }
        self.zip(at, std::io::Cursor::new(archive))
    }

    /// True if a member of this name is to be read: wanted as it is or once decompressed, or an archive itself.
    fn wants(&self, name: &str, depth: usize) -> bool {
        let wants = |name: &str| self.include.matches(self.reader, name);
        wants(name)
            || sniff::without_compression(name).is_some_and(wants)
            || (depth < DEPTH_MAX && sniff::is_archive_name(name))
    }

    /// Counts one more member. Returns a failure once there are too many.
    fn next_member(&mut self, at: Place<'_>) -> Result<Option<StreamFault>> {
        self.members += 1;
        if self.members <= self.limits.members_max {
            return Ok(None);
        }
        let detail = format!("more than {} members", self.limits.members_max);
        self.count(
            at,
            StreamFault {
                reason: reason::EXTRACT_EXPANSION,
                detail,
            },
        )
        .map(Some)
    }

    /// Hands a member to the reader, or walks into it if it is an archive. Its failure is its own: it is reported
    /// here and the archive goes on, unless the archive's stream is what failed.
    fn member(
        &mut self,
        archive: Place<'_>,
        name: &str,
        modified: Option<i64>,
        bytes: &mut dyn BufRead,
    ) -> Result<(String, Option<StreamFault>)> {
        let uri = format!("{}!{name}", archive.uri);
        let sequence = match self.reader.sequence(name) {
            0 => archive.sequence,
            sequence => sequence,
        };
        let place = Place {
            uri: &uri,
            sequence,
            modified,
            depth: archive.depth + 1,
        };
        let failure = self.stream(place, 0, bytes)?;
        Ok((uri, failure))
    }

    /// Counts a record that could not be read at all, and passes its failure on.
    fn count(&mut self, at: Place<'_>, failure: StreamFault) -> Result<StreamFault> {
        if self.sink.begin_record()? {
            self.sink
                .fault(record::record_fault(at.uri, failure.clone()))?;
        }
        Ok(failure)
    }

    /// Reports that a file, or a member as a file of its own, ended early.
    fn whole_file(&mut self, uri: &str, failure: StreamFault) -> Result<()> {
        let expansion = failure.reason == reason::EXTRACT_EXPANSION;
        let threshold = expansion.then(|| self.limits.expansion_ratio_max.to_string());
        let fault = record::record_fault(uri, failure);
        self.sink.fault(Fault {
            whole_file: true,
            threshold,
            ..fault
        })
    }
}

/// The name of a member as text: UTF-8, else windows-1252, without a leading `./` or `/`.
fn member_name(bytes: &[u8]) -> String {
    let name = match std::str::from_utf8(bytes) {
        Ok(name) => name.to_owned(),
        Err(_) => crate::encoding::decode(bytes, Some("windows-1252"))
            .text
            .into_owned(),
    };
    let mut name = name.as_str();
    while let Some(rest) = name.strip_prefix("./").or_else(|| name.strip_prefix('/')) {
        name = rest;
    }
    name.to_owned()
}
