//! The format of compress(1), `.Z`: LZW with codes of 9 to 16 bits, as ncompress writes it.
//!
//! Codes are written in groups of eight. When the width grows, and after a code that clears the table, the rest of
//! the group is padding, which a reader has to pass over. The format has no end mark and no checksum: a file cut
//! short ends early without a word, and what is inside of it (a tar) has to notice.

use std::io::{self, Read};

/// Empties the table, in block mode.
const CLEAR: u16 = 256;
const BITS_MIN: u32 = 9;
const BITS_MAX: u32 = 16;
const BLOCK_MODE: u8 = 0x80;

/// True for the three bytes of a header that can be read.
pub(super) fn is_header(head: &[u8]) -> bool {
    let bits = head.get(2).map(|flags| u32::from(flags & 0x1F));
    head.starts_with(&[0x1F, 0x9D])
        && bits.is_some_and(|bits| (BITS_MIN..=BITS_MAX).contains(&bits))
}

/// Decodes a stream. Memory is bounded by the table, 256 KiB.
pub(super) struct LzwReader<R> {
    inner: R,
    /// True once the header is read.
    is_open: bool,
    is_block_mode: bool,
    bits_max: u32,
    /// Width of the next code.
    bits: u32,
    group: [u8; BITS_MAX as usize],
    group_bits: u32,
    group_at: u32,
    /// Each code beyond the bytes is a shorter code and one more byte.
    prefix: Vec<u16>,
    suffix: Vec<u8>,
    /// First code that means nothing yet.
    free: u32,
    before: Option<u16>,
    /// First byte of the string before.
    first: u8,
    /// Bytes of the current string, last one first.
    string: Vec<u8>,
    failure: Option<io::Error>,
}

impl<R: Read> LzwReader<R> {
    pub(super) fn new(inner: R) -> Self {
        let codes = 1 << BITS_MAX;
        Self {
            inner,
            is_open: false,
            is_block_mode: false,
            bits_max: BITS_MAX,
            bits: BITS_MIN,
            group: [0; BITS_MAX as usize],
            group_bits: 0,
            group_at: 0,
            prefix: vec![0; codes],
            suffix: vec![0; codes],
            free: u32::from(CLEAR),
            before: None,
            first: 0,
            string: Vec::new(),
            failure: None,
        }
    }

    fn open(&mut self) -> io::Result<()> {
        let mut head = [0; 3];
        self.inner.read_exact(&mut head)?;
        if !is_header(&head) {
            return Err(corrupt("no header of compress"));
        }
        self.bits_max = u32::from(head[2] & 0x1F);
        self.is_block_mode = head[2] & BLOCK_MODE != 0;
        self.free = self.first_free();
        self.is_open = true;
        Ok(())
    }

    fn first_free(&self) -> u32 {
        u32::from(CLEAR) + u32::from(self.is_block_mode)
    }

    /// Returns the next code; `None` at the end.
    fn code(&mut self) -> io::Result<Option<u16>> {
        if self.bits < self.bits_max && self.free >= 1 << self.bits {
            self.bits += 1;
            self.group_at = self.group_bits;
        }
        if self.group_at + self.bits > self.group_bits {
            let size = self.bits as usize;
            let mut read = 0;
            while read < size {
                match self
                    .inner
                    .read(self.group.get_mut(read..size).unwrap_or_default())
                {
                    Ok(0) => break,
                    Ok(more) => read += more,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
            self.group_bits = u32::try_from(read * 8).unwrap_or_default();
            self.group_at = 0;
            if self.group_bits < self.bits {
                return Ok(None);
            }
        }
        let byte = |at: usize| u32::from(self.group.get(at).copied().unwrap_or_default());
        let at = (self.group_at / 8) as usize;
        let window = byte(at) | byte(at + 1) << 8 | byte(at + 2) << 16;
        let code = (window >> (self.group_at % 8)) & ((1 << self.bits) - 1);
        self.group_at += self.bits;
        Ok(u16::try_from(code).ok())
    }

    /// Decodes the next string. Returns false at the end.
    fn next_string(&mut self) -> io::Result<bool> {
        if !self.is_open {
            self.open()?;
        }
        let Some(code) = self.code()? else {
            return Ok(false);
        };
        if code == CLEAR && self.is_block_mode {
            self.bits = BITS_MIN;
            self.group_at = self.group_bits;
            self.free = self.first_free();
            self.before = None;
            return Ok(true);
        }
        let is_full = self.free >= 1 << self.bits_max;
        let mut at = code;
        match self.before {
            None if code > 255 => return Err(corrupt("begins with a code that means nothing")),
            // The string that is being added: the one before and its own first byte.
            Some(before) if u32::from(code) == self.free && !is_full => {
                self.string.push(self.first);
                at = before;
            }
            Some(_) if u32::from(code) >= self.free => {
                return Err(corrupt("a code that means nothing"));
            }
            _ => {}
        }
        // Prefixes are older and so smaller than what they are prefixes of: this ends.
        while at > 255 {
            self.string.push(self.suffix[usize::from(at)]);
            at = self.prefix[usize::from(at)];
        }
        self.first = at.to_le_bytes()[0];
        self.string.push(self.first);
        if let Some(before) = self.before.filter(|_| !is_full) {
            let free = self.free as usize;
            self.prefix[free] = before;
            self.suffix[free] = self.first;
            self.free += 1;
        }
        self.before = Some(code);
        Ok(true)
    }
}

impl<R: Read> Read for LzwReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let mut written = 0;
        while let Some(place) = buffer.get_mut(written) {
            if let Some(byte) = self.string.pop() {
                *place = byte;
                written += 1;
                continue;
            }
            match self.next_string() {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) if written == 0 => return Err(error),
                // What came before the failure is good.
                Err(error) => {
                    self.failure = Some(error);
                    break;
                }
            }
        }
        Ok(written)
    }
}

fn corrupt(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("compress(1): {what}"))
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;
    use std::io::Read;

    use proptest::prelude::*;

    use super::{BITS_MIN, BLOCK_MODE, CLEAR, LzwReader};

    /// Writes what compress(1) would; `clear_every` strings the table is emptied, in block mode.
    pub(in crate::container) fn compress(
        bytes: &[u8],
        bits_max: u32,
        clear_every: Option<usize>,
    ) -> Vec<u8> {
        let first = u32::from(CLEAR) + u32::from(clear_every.is_some());
        let block = if clear_every.is_some() { BLOCK_MODE } else { 0 };
        let mut out = vec![0x1F, 0x9D, u8::try_from(bits_max).unwrap() | block];
        let (mut table, mut free, mut bits) = (BTreeMap::new(), first, BITS_MIN);
        let (mut group, mut strings) = (Vec::<u32>::new(), 0);
        let mut flush = |group: &mut Vec<u32>, bits: u32, is_padded: bool| {
            let mut packed = vec![0_u8; (group.len() * bits as usize).div_ceil(8)];
            for (index, code) in group.iter().enumerate() {
                for bit in 0..bits as usize {
                    let at = index * bits as usize + bit;
                    packed[at / 8] |= u8::from(code >> bit & 1 == 1) << (at % 8);
                }
            }
            if is_padded && !group.is_empty() {
                packed.resize(bits as usize, 0);
            }
            out.extend(packed);
            group.clear();
        };
        let mut current: Option<u32> = None;
        let mut decoder_free = first;
        let mut is_first = true;
        let mut codes = Vec::new();
        for byte in bytes {
            let byte = u32::from(*byte);
            let Some(code) = current else {
                current = Some(byte);
                continue;
            };
            if let Some(longer) = table.get(&(code, byte)) {
                current = Some(*longer);
                continue;
            }
            codes.push(code);
            if free < 1 << bits_max {
                table.insert((code, byte), free);
                free += 1;
            }
            strings += 1;
            current = Some(byte);
            if clear_every.is_some_and(|every| strings % every == 0) {
                codes.push(u32::from(CLEAR));
                table.clear();
                free = first;
            }
        }
        codes.extend(current);
        // The width follows what the reader knows.
        for code in codes {
            if bits < bits_max && decoder_free >= 1 << bits {
                flush(&mut group, bits, true);
                bits += 1;
            }
            if group.len() == 8 {
                flush(&mut group, bits, false);
            }
            group.push(code);
            if code == u32::from(CLEAR) && clear_every.is_some() {
                flush(&mut group, bits, true);
                bits = BITS_MIN;
                (decoder_free, is_first) = (first, true);
                continue;
            }
            if !is_first && decoder_free < 1 << bits_max {
                decoder_free += 1;
            }
            is_first = false;
        }
        flush(&mut group, bits, false);
        out
    }

    fn decompress(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
        let mut out = Vec::new();
        LzwReader::new(bytes).read_to_end(&mut out).map(|_| out)
    }

    /// Made by compress(1) of ncompress 4.2.4.6 from `TOBEORNOTTOBEORTOBEORNOT` and a line end.
    const REAL: &[u8] = &[
        0x1F, 0x9D, 0x90, 0x54, 0x9E, 0x08, 0x29, 0xF2, 0x44, 0x8A, 0x93, 0x27, 0x54, 0x02, 0x0E,
        0x2C, 0xA8, 0x90, 0xA0, 0x41, 0x84, 0x0A, 0x00,
    ];

    #[test]
    fn what_the_real_program_writes() {
        assert_eq!(decompress(REAL).unwrap(), b"TOBEORNOTTOBEORTOBEORNOT\n");
        assert_eq!(
            compress(b"TOBEORNOTTOBEORTOBEORNOT\n", 16, Some(1 << 20)),
            REAL
        );
    }

    #[test]
    fn widths_and_clears() {
        let mut state = 7_u32;
        let mut noise = |count: usize, spread: u8| -> Vec<u8> {
            (0..count)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    state.to_be_bytes()[1] % spread
                })
                .collect()
        };
        for bytes in [
            Vec::new(),
            vec![0; 100_000],
            noise(50_000, 4),
            noise(200_000, 251),
        ] {
            for bits in [9, 10, 12, 16] {
                for clear in [None, Some(1 << 30), Some(700), Some(3)] {
                    let packed = compress(&bytes, bits, clear);
                    assert!(decompress(&packed).unwrap() == bytes, "{bits} {clear:?}");
                }
            }
        }
    }

    #[test]
    fn what_is_broken_is_an_error_after_what_is_good() {
        let check = |bytes: &[u8], expected: &str| {
            let error = decompress(bytes).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        check(&[], "");
        check(&[0x1F, 0x9D], "");
        check(&[0x1F, 0x9D, 8], "header");
        check(&[0x1F, 0x9D, 17], "header");
        check(&[0x1F, 0x9D, 0x90, 0xFF, 0xFF, 0xFF], "means nothing");
        let mut damaged = REAL.to_vec();
        damaged[14] = 0xFF;
        let mut out = [0; 64];
        let mut reader = LzwReader::new(damaged.as_slice());
        let read = reader.read(&mut out).unwrap();
        assert_eq!(&out[..read], b"TOBEORNOT");
        assert!(reader.read(&mut out).is_err());
    }

    proptest! {
        #[test]
        fn anything_comes_back(bytes in prop::collection::vec(0_u8..6, 0..4000), clear in 1_usize..2000) {
            prop_assert_eq!(&decompress(&compress(&bytes, 12, Some(clear))).unwrap(), &bytes);
            prop_assert_eq!(&decompress(&compress(&bytes, 9, None)).unwrap(), &bytes);
        }

        #[test]
        fn no_bytes_do_harm(bytes in prop::collection::vec(any::<u8>(), 0..400), flags in 9_u8..=16) {
            let mut file = vec![0x1F, 0x9D, flags | BLOCK_MODE];
            file.extend(bytes);
            let _ = decompress(&file);
        }
    }
}
