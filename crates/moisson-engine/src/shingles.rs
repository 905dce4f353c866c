//! Shingle sets of the documents that dedup compares: computed once from their texts, handed over in blobs, read from
//! scratch, cached by a budget.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::UInt32Type;
use moisson_core::column::column;
use moisson_core::{Digest, Error, Result};
use moisson_dedup::ShingleSource;
use moisson_text::shingle;
use serde::{Deserialize, Serialize};

use crate::blobs::{self, Blob};
use crate::control::Event;
use crate::parts::Part;
use crate::stage::{Stage, Workshop};

/// Makes the shingle sets of the candidates of a part, one blob for each unit that compares them.
///
/// A blob is a run of sets: number of the document (`u32`), number of hashes (`u32`), the hashes (`u64`), all in
/// little-endian.
pub(crate) struct ShinglesStage;

/// Where the texts lie. The table has `row`, `item` and `reader` (`UInt32`), rows ascending.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ShinglesSpec {
    pub(crate) part: Part,
}

impl Stage for ShinglesStage {
    const NAME: &'static str = "shingles";
    const VERSION: u32 = 1;
    type Spec = ShinglesSpec;
    type Receipt = Vec<(u32, Blob)>;

    fn perform(
        shop: Workshop<'_>,
        key: Digest,
        spec: ShinglesSpec,
        rows: Option<RecordBatch>,
    ) -> Result<Vec<(u32, Blob)>> {
        let table = rows.ok_or_else(|| Error::internal("shingles without rows"))?;
        let numbers = |name: &str| {
            column(&table, name).map(|array| array.as_primitive::<UInt32Type>().values().clone())
        };
        let (rows, items, readers) = (numbers("row")?, numbers("item")?, numbers("reader")?);
        let mut told = items.iter().zip(&readers[..]);
        let mut blobs: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
        crate::texts::each(shop.session, &spec.part, &rows, &mut |_, text| {
            shop.control.check()?;
            let (item, reader) = told
                .next()
                .ok_or_else(|| Error::internal("more texts than rows"))?;
            let set = shingle::set(text);
            let blob = blobs.entry(*reader).or_default();
            blob.extend(item.to_le_bytes());
            blob.extend(u32::try_from(set.len()).unwrap_or(u32::MAX).to_le_bytes());
            for hash in &set {
                blob.extend(hash.to_le_bytes());
            }
            shop.control.tell(Event::Advance(1));
            Ok(())
        })?;
        let path = format!("{}/{}", Self::NAME, key.short(32));
        blobs::write(shop.session.work(), &path, blobs)
    }
}

/// Sets in a scratch file, with a cache of the last ones.
#[derive(Debug)]
pub(crate) struct Shingles {
    file: File,
    places: HashMap<u32, Place>,
    cache: HashMap<u32, Arc<[u64]>>,
    recent: VecDeque<u32>,
    cached_bytes: usize,
    cache_bytes_max: usize,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    offset: u64,
    length: usize,
}

impl Shingles {
    /// Takes over the sets of some blobs; `number` gives the number under which the caller knows a document.
    ///
    /// # Errors
    /// [`Error::Store`] if a blob cannot be read or scratch is full.
    pub(crate) fn collect(
        blobs: &[Blob],
        number: &dyn Fn(u32) -> Option<u32>,
        cache_bytes_max: usize,
        shop: Workshop<'_>,
    ) -> Result<Self> {
        let session = shop.session;
        let failed = |e: std::io::Error| Error::store(session.scratch().display(), e);
        // Without a name: the space is freed however the run ends.
        let mut file = tempfile::tempfile_in(session.scratch()).map_err(failed)?;
        let (mut places, mut end) = (HashMap::new(), 0);
        blobs::read(session.work(), blobs, &mut |bytes| {
            file.write_all(&bytes).map_err(failed)?;
            let mut at = 0;
            while let Some((item, length)) = header(&bytes, at) {
                let item =
                    number(item).ok_or_else(|| Error::internal("shingles of no candidate"))?;
                let offset = end + (at + HEADER_BYTES) as u64;
                places.insert(item, Place { offset, length });
                at += HEADER_BYTES + length * 8;
            }
            end += bytes.len() as u64;
            Ok(())
        })?;
        shop.control.spilled(end);
        Ok(Self {
            file,
            places,
            cache: HashMap::new(),
            recent: VecDeque::new(),
            cached_bytes: 0,
            cache_bytes_max,
        })
    }
}

const HEADER_BYTES: usize = 8;

/// Document and number of hashes of the set that begins at `at`.
fn header(bytes: &[u8], at: usize) -> Option<(u32, usize)> {
    let number = |at: usize| {
        let bytes = bytes.get(at..at + 4)?.try_into().ok()?;
        Some(u32::from_le_bytes(bytes))
    };
    Some((number(at)?, usize::try_from(number(at + 4)?).ok()?))
}

impl ShingleSource for Shingles {
    fn get(&mut self, item: u32) -> Result<Arc<[u64]>> {
        if let Some(set) = self.cache.get(&item) {
            return Ok(set.clone());
        }
        let place = self
            .places
            .get(&item)
            .copied()
            .ok_or_else(|| Error::internal("a candidate without shingles"))?;
        let mut bytes = vec![0; place.length * 8];
        self.file
            .read_exact_at(&mut bytes, place.offset)
            .map_err(|e| Error::store("scratch", e))?;
        let set: Arc<[u64]> = bytes
            .chunks_exact(8)
            .map(|chunk| chunk.try_into().map(u64::from_le_bytes).unwrap_or_default())
            .collect();
        self.cached_bytes += bytes.len();
        self.cache.insert(item, set.clone());
        self.recent.push_back(item);
        while self.cached_bytes > self.cache_bytes_max {
            let Some(oldest) = self.recent.pop_front() else {
                break;
            };
            if let Some(gone) = self.cache.remove(&oldest) {
                self.cached_bytes -= gone.len() * 8;
            }
        }
        Ok(set)
    }

    fn len(&self, item: u32) -> usize {
        self.places.get(&item).map_or(0, |place| place.length)
    }
}
