//! Streams that count, watch and decode.

use std::cell::{Cell, RefCell};
use std::io::{self, BufRead, Read, Seek, SeekFrom};

use moisson_core::reason;

use super::lzw::LzwReader;
use super::sniff::Codec;
use crate::record::{StreamFault, stream_fault};

/// Memory an xz stream may ask for: `xz -9` needs 65 MiB.
const XZ_MEMORY_KIB: u32 = 256 << 10;
/// Output of a decoder up to which no ratio is held against it.
const FREE_BYTES: u64 = 16 << 20;
const LEVELS: usize = 8;

/// What went into and came out of the decoders of one file.
///
/// Each level of nesting is held against the bytes of the file itself, so that archives inside archives cannot
/// multiply their ratios.
#[derive(Debug)]
pub(super) struct Meter {
    file_bytes: u64,
    ratio_max: u64,
    raw: Cell<u64>,
    out: [Cell<u64>; LEVELS],
}

impl Meter {
    pub(super) fn new(file_bytes: u64, ratio_max: u64) -> Self {
        Self {
            file_bytes,
            ratio_max,
            raw: Cell::new(0),
            out: Default::default(),
        }
    }

    fn decoded(&self, level: usize, bytes: usize) -> io::Result<()> {
        let Some(out) = self.out.get(level.min(LEVELS - 1)) else {
            return Ok(());
        };
        out.set(out.get() + bytes as u64);
        // Members of a zip may overlap: reading the same bytes again earns no further output.
        let raw = self.raw.get().min(self.file_bytes).max(1);
        if out.get() <= FREE_BYTES || out.get() / raw < self.ratio_max {
            return Ok(());
        }
        let detail = format!("{} bytes out of {raw}", out.get());
        Err(StreamFault {
            reason: reason::EXTRACT_EXPANSION,
            detail,
        }
        .into())
    }
}

/// A file whose bytes are counted, and whose errors are told apart from those of decoders.
pub(super) struct Counted<'m, R> {
    inner: R,
    meter: &'m Meter,
}

impl<'m, R> Counted<'m, R> {
    pub(super) fn new(inner: R, meter: &'m Meter) -> Self {
        Self { inner, meter }
    }
}

fn unreadable(error: &io::Error) -> io::Error {
    StreamFault {
        reason: reason::EXTRACT_UNREADABLE,
        detail: error.to_string(),
    }
    .into()
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.inner.read(buffer) {
                Ok(read) => {
                    self.meter.raw.set(self.meter.raw.get() + read as u64);
                    return Ok(read);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(unreadable(&error)),
            }
        }
    }
}

impl<R: Seek> Seek for Counted<'_, R> {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.inner.seek(position)
    }
}

/// A stream that remembers its first failure and repeats it.
pub(super) struct Watched<'w, R> {
    inner: R,
    failure: &'w RefCell<Option<StreamFault>>,
    meter: Option<(&'w Meter, usize)>,
}

impl<'w, R> Watched<'w, R> {
    /// A stream that is not decoded here.
    pub(super) fn plain(inner: R, failure: &'w RefCell<Option<StreamFault>>) -> Self {
        Self {
            inner,
            failure,
            meter: None,
        }
    }

    /// The output of a decoder, held against the meter.
    pub(super) fn decoded(
        inner: R,
        meter: &'w Meter,
        level: usize,
        failure: &'w RefCell<Option<StreamFault>>,
    ) -> Self {
        Self {
            inner,
            failure,
            meter: Some((meter, level)),
        }
    }

    fn failed(&self) -> io::Result<()> {
        match &*self.failure.borrow() {
            Some(failure) => Err(failure.clone().into()),
            None => Ok(()),
        }
    }

    fn remember(&self, error: &io::Error) -> io::Error {
        let fault = if self.meter.is_some() {
            decode_fault(error)
        } else {
            stream_fault(error)
        };
        *self.failure.borrow_mut() = Some(fault.clone());
        fault.into()
    }
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.failed()?;
        let read = self.inner.read(buffer).and_then(|read| match self.meter {
            Some((meter, level)) => meter.decoded(level, read).map(|()| read),
            None => Ok(read),
        });
        read.map_err(|error| self.remember(&error))
    }
}

impl<R: BufRead> BufRead for Watched<'_, R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.failed()?;
        let failure = self.failure;
        self.inner.fill_buf().map_err(|error| {
            let fault = stream_fault(&error);
            *failure.borrow_mut() = Some(fault.clone());
            fault.into()
        })
    }

    fn consume(&mut self, amount: usize) {
        self.inner.consume(amount);
    }
}

/// Returns a decoder that reads concatenated members to the end.
pub(super) fn decoder<'a>(
    codec: Codec,
    bytes: impl BufRead + 'a,
) -> io::Result<Box<dyn Read + 'a>> {
    Ok(match codec {
        Codec::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(bytes)),
        Codec::Compress => Box::new(LzwReader::new(bytes)),
        Codec::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(bytes)),
        Codec::Xz => Box::new(lzma_rust2::XzReader::new_mem_limit(
            bytes,
            true,
            XZ_MEMORY_KIB,
        )),
        Codec::Zstd => Box::new(zstd::Decoder::with_buffer(bytes)?),
    })
}

/// Why a decoder failed: its input ended, or is not what it should be, or a stream below it failed.
pub(super) fn decode_fault(error: &io::Error) -> StreamFault {
    let fault = stream_fault(error);
    let is_from_below = error
        .get_ref()
        .is_some_and(<dyn std::error::Error + Send + Sync>::is::<StreamFault>);
    if is_from_below || fault.reason == reason::EXTRACT_TRUNCATED {
        return fault;
    }
    StreamFault {
        reason: reason::EXTRACT_MALFORMED_ARCHIVE,
        ..fault
    }
}

/// A member of known size: if the archive ends before the member does, that is an error and no end.
pub(super) struct Exact<R> {
    inner: R,
    left: u64,
}

impl<R> Exact<R> {
    pub(super) fn new(inner: R, size: u64) -> Self {
        Self { inner, left: size }
    }
}

impl<R: Read> Read for Exact<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        if read == 0 && self.left > 0 && !buffer.is_empty() {
            let detail = format!(
                "the archive ends {} bytes before the member does",
                self.left
            );
            return Err(StreamFault {
                reason: reason::EXTRACT_TRUNCATED,
                detail,
            }
            .into());
        }
        self.left = self.left.saturating_sub(read as u64);
        Ok(read)
    }
}

/// A stream of which only so much may be read until more is allowed.
pub(super) struct Gate<'g, R> {
    inner: R,
    allowed: &'g Cell<u64>,
}

impl<'g, R> Gate<'g, R> {
    pub(super) fn new(inner: R, allowed: &'g Cell<u64>) -> Self {
        Self { inner, allowed }
    }
}

impl<R: Read> Read for Gate<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let allowed = self.allowed.get();
        if allowed == 0 && !buffer.is_empty() {
            let detail = "a header of the archive is longer than the limit".to_owned();
            return Err(StreamFault {
                reason: reason::EXTRACT_MALFORMED_ARCHIVE,
                detail,
            }
            .into());
        }
        let room = usize::try_from(allowed)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        let read = self
            .inner
            .read(buffer.get_mut(..room).unwrap_or_default())?;
        if allowed != u64::MAX {
            self.allowed.set(allowed - read as u64);
        }
        Ok(read)
    }
}
