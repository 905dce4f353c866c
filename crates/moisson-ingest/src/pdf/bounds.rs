//! What a PDF may ask of us: bytes after decompression, operators, characters.
//!
//! The library inflates whole streams into memory and has no limit of its own, so every compressed stream is inflated
//! here first, into nothing, and those that hayro is made to read are weighed by what they really are.

use std::collections::BTreeMap;
use std::io::Read;

use flate2::read::{DeflateDecoder, ZlibDecoder};
use hayro_interpret::hayro_syntax::Filter;
use hayro_interpret::hayro_syntax::object::{ObjectIdentifier, Stream};
use memchr::memmem;
use moisson_core::{Limits, reason};

use super::Refusal;

/// One stream may inflate to this many times the largest record: a picture is larger than a text.
const STREAM_FACTOR: u64 = 4;
/// All streams but pictures, overlapping ones counted again, may inflate to this many times the largest record.
const FILE_FACTOR: u64 = 16;
/// Streams compressed more often than this, one inside of the other, are a trap.
const LAYERS_MAX: usize = 3;
/// The dictionary of a stream lies in these bytes before it.
const DICTIONARY_BYTES: usize = 1024;
/// What it costs to try a stream at all, so that millions of empty ones are a trap as well.
const ATTEMPT_BYTES: u64 = 4096;
/// Greatest expansion of deflate, RFC 1951; that of LZW with 12-bit codes is of the same order.
const DEFLATE_RATIO: u64 = 1032;
const LZW_RATIO: u64 = 1400;
const RUN_LENGTH_RATIO: u64 = 64;

/// Refuses a file with a stream, or with streams, that inflate beyond bounds.
pub(super) fn expansion(bytes: &[u8], limits: &Limits) -> Result<(), Refusal> {
    let stream_max = limits.record_bytes_max.saturating_mul(STREAM_FACTOR);
    let file_max = limits.record_bytes_max.saturating_mul(FILE_FACTOR);
    let mut spent: u64 = 0;
    let mut ends = memmem::find_iter(bytes, b"endstream").peekable();
    for at in memmem::find_iter(bytes, b"stream") {
        let before = bytes.get(..at).unwrap_or_default();
        let Some(data) = data_of(bytes.get(at + 6..).unwrap_or_default()) else {
            continue;
        };
        if before.ends_with(b"end") {
            continue;
        }
        while ends.next_if(|end| *end < at).is_some() {}
        let length = (ends.peek().unwrap_or(&bytes.len()) - at) as u64;
        let is_picture = looks_like_picture(before);
        // The whole picture could not be too large.
        if is_picture && length.saturating_mul(DEFLATE_RATIO) < stream_max {
            continue;
        }
        let size = inflated(data, stream_max)?;
        if !is_picture {
            spent = spent.saturating_add(size.work);
        }
        if size.bytes > stream_max || spent > file_max {
            return Err(too_expansive(size.bytes, stream_max));
        }
    }
    Ok(())
}

/// The bytes after the keyword `stream` and its line end.
fn data_of(rest: &[u8]) -> Option<&[u8]> {
    rest.strip_prefix(b"\r\n")
        .or_else(|| rest.strip_prefix(b"\n"))
        .or_else(|| rest.strip_prefix(b"\r"))
}

/// True if the dictionary before a stream says it is a picture, and does not say so in a roundabout way.
fn looks_like_picture(before: &[u8]) -> bool {
    let window = before
        .get(before.len().saturating_sub(DICTIONARY_BYTES)..)
        .unwrap_or_default();
    let start = memmem::rfind(window, b" obj").unwrap_or(0);
    let dictionary = window.get(start..).unwrap_or_default();
    let has = |needle: &[u8]| memmem::find(dictionary, needle).is_some();
    has(b"/Image") && !has(b"#") && !has(b"ObjStm") && !has(b"XRef")
}

#[derive(Default)]
struct Inflated {
    bytes: u64,
    /// Bytes read and written to find out.
    work: u64,
}

/// Size of a stream once inflated, counted up to a little above `bytes_max`; layers inside are inflated as well.
fn inflated(data: &[u8], bytes_max: u64) -> Result<Inflated, Refusal> {
    let mut total = Inflated::default();
    let mut layers = 1;
    loop {
        let mut decoder: Box<dyn Read + '_> = Box::new(data);
        for _ in 0..layers {
            decoder = if is_zlib(data) {
                Box::new(ZlibDecoder::new(decoder))
            } else {
                Box::new(DeflateDecoder::new(decoder))
            };
        }
        let (size, head) = drain(decoder, bytes_max);
        total.bytes = total.bytes.max(size);
        total.work += ATTEMPT_BYTES + size + size.min(data.len() as u64);
        if total.bytes > bytes_max || !is_zlib(&head) {
            return Ok(total);
        }
        layers += 1;
        if layers > LAYERS_MAX {
            let detail = format!("a stream is compressed more than {LAYERS_MAX} times");
            return Err((reason::EXTRACT_EXPANSION, Some(detail)));
        }
    }
}

/// True if the bytes begin as zlib does (RFC 1950), with the window size that everybody writes.
fn is_zlib(data: &[u8]) -> bool {
    match data {
        [0x78, flags, ..] => (0x7800 + u32::from(*flags)).is_multiple_of(31),
        _ => false,
    }
}

/// Reads to the end, to an error or to the limit. Returns the size and the first two bytes.
fn drain(mut decoder: Box<dyn Read + '_>, bytes_max: u64) -> (u64, Vec<u8>) {
    let mut buffer = vec![0; 64 << 10];
    let (mut size, mut head) = (0, Vec::new());
    while size <= bytes_max {
        let Ok(read @ 1..) = decoder.read(&mut buffer) else {
            break;
        };
        if head.is_empty() {
            head.extend(buffer.iter().take(2));
        }
        size += read as u64;
    }
    (size, head)
}

fn too_expansive(observed: u64, threshold: u64) -> Refusal {
    let detail = format!("streams inflate to more than {threshold} bytes (at least {observed})");
    (reason::EXTRACT_EXPANSION, Some(detail))
}

/// What is left of the work that one file may cost.
#[derive(Debug)]
pub(super) struct Budget {
    stream_max: u64,
    content_left: u64,
    text_left: u64,
    text_max: u64,
    sizes: BTreeMap<(u32, i32), u64>,
}

impl Budget {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            stream_max: limits.record_bytes_max.saturating_mul(STREAM_FACTOR),
            content_left: limits.record_bytes_max.saturating_mul(FILE_FACTOR),
            text_left: limits.record_bytes_max,
            text_max: limits.record_bytes_max,
            sizes: BTreeMap::new(),
        }
    }

    /// Pays for decoding a stream and running what is in it; asked before hayro decodes it, each time that it will.
    pub(super) fn content(&mut self, stream: &Stream<'_>) -> Result<(), Refusal> {
        let id = stream.dict().obj_id();
        let key = id.map(|id: ObjectIdentifier| (id.obj_number, id.gen_number));
        let known = key.and_then(|key| self.sizes.get(&key).copied());
        let size = match known {
            Some(size) => size,
            None => decoded_size(stream, self.stream_max)?,
        };
        if let Some(key) = key {
            self.sizes.insert(key, size);
        }
        if size > self.stream_max || size > self.content_left {
            return Err(too_expansive(size, self.stream_max));
        }
        self.content_left -= size;
        Ok(())
    }

    /// Pays for characters, in bytes of text.
    pub(super) fn text(&mut self, bytes: u64) -> Result<(), Refusal> {
        match self.text_left.checked_sub(bytes) {
            Some(left) => self.text_left = left,
            None => {
                let detail = format!("its text is larger than {} bytes", self.text_max);
                return Err((reason::EXTRACT_TOO_LARGE, Some(detail)));
            }
        }
        Ok(())
    }
}

/// Size of a stream once decoded: counted where it is deflated, else the most it could be.
fn decoded_size(stream: &Stream<'_>, bytes_max: u64) -> Result<u64, Refusal> {
    let raw = stream.raw_data();
    let filters = stream.filters();
    if filters.as_slice() == [Filter::FlateDecode] {
        return Ok(inflated(&raw, bytes_max)?.bytes);
    }
    let ratio = |filter: &Filter| match filter {
        Filter::FlateDecode => DEFLATE_RATIO,
        Filter::LzwDecode => LZW_RATIO,
        Filter::RunLengthDecode => RUN_LENGTH_RATIO,
        _ => 1,
    };
    let most = filters.iter().fold(raw.len() as u64, |size, filter| {
        size.saturating_mul(ratio(filter))
    });
    // What could be too large is charged as if it were; the rest as what it is likely to be.
    if most > bytes_max {
        return Err(too_expansive(most, bytes_max));
    }
    Ok(most.min((raw.len() as u64).saturating_mul(16)))
}
