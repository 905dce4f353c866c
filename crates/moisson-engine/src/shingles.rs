//! Shingle sets of candidates, kept in scratch: memory holds only those that were looked at last.
#![expect(
    clippy::disallowed_methods,
    reason = "scratch is IO, and this is where it happens"
)]

use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex};

use moisson_core::{Error, Result};
use moisson_dedup::ShingleSource;
use moisson_text::shingle;
use rayon::prelude::*;

use crate::control::{Control, Event};
use crate::corpus::Corpus;
use crate::session::Session;

/// Sets in a scratch file, with a cache of the last ones.
#[derive(Debug)]
pub struct Shingles {
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
    /// Reads the texts of `candidates` (ascending) once and stores their shingle sets.
    ///
    /// # Errors
    /// [`Error::Store`] if a text cannot be read or scratch is full.
    pub fn collect(
        corpus: &Corpus,
        candidates: &[u32],
        session: &Session,
        control: &Control,
    ) -> Result<Self> {
        let path = session.scratch().join("shingles");
        let failed = |e: std::io::Error| Error::store(path.display(), e);
        let file = File::options()
            .read(true)
            .append(true)
            .create_new(true)
            .open(&path)
            .map_err(failed)?;
        let sink = Mutex::new((file, 0u64, HashMap::new()));
        session.pool().install(|| {
            corpus.parts.par_iter().try_for_each(|part| {
                let end = part.first + u32::try_from(part.rows.num_rows()).unwrap_or(u32::MAX);
                let from = candidates.partition_point(|&item| item < part.first);
                let to = candidates.partition_point(|&item| item < end);
                let rows: Vec<u32> = candidates
                    .get(from..to)
                    .unwrap_or_default()
                    .iter()
                    .map(|item| item - part.first)
                    .collect();
                if rows.is_empty() {
                    return Ok(());
                }
                crate::texts::each(session, &part.part, &rows, &mut |row, text| {
                    control.check()?;
                    let set = shingle::set(text);
                    let bytes: Vec<u8> = set.iter().flat_map(|hash| hash.to_le_bytes()).collect();
                    let mut sink = sink
                        .lock()
                        .map_err(|_| Error::internal("a thread panicked"))?;
                    let (file, offset, places) = &mut *sink;
                    file.write_all(&bytes).map_err(failed)?;
                    places.insert(
                        part.first + row,
                        Place {
                            offset: *offset,
                            length: set.len(),
                        },
                    );
                    *offset += bytes.len() as u64;
                    control.tell(Event::Advance(1));
                    Ok(())
                })
            })
        })?;
        let (file, _, places) = sink
            .into_inner()
            .map_err(|_| Error::internal("a thread panicked"))?;
        // The name goes at once: the space is freed however the run ends.
        std::fs::remove_file(&path).map_err(failed)?;
        Ok(Self {
            file,
            places,
            cache: HashMap::new(),
            recent: VecDeque::new(),
            cached_bytes: 0,
            cache_bytes_max: session.budget().pool_bytes() / 2,
        })
    }
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
