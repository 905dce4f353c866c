//! Tombstones: what is to stay forgotten, as keyed hashes. Whoever holds the key can tell of an id whether it was
//! forgotten; nobody can tell the ids from the hashes.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use moisson_core::{Contents, Decision, Digest, Error, Result, SCHEMA_VERSION, reason};
use serde::{Deserialize, Serialize};

use crate::forgotten::{Forgotten, Notice};
use crate::store::Store;

/// Folder of the tombstones in an output.
pub const FOLDER: &str = "tombstones";
/// The secret under which ids are hashed.
const KEY: &str = "tombstones/key";
/// What stands in the ledger before the hash.
const MARK: &str = "forgotten:";
/// End of the name of a proof.
const PROOF: &str = ".proof.json";

/// How far a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// The output may still hold what is to go.
    Pending,
    /// Everything in reach is gone.
    Done,
}

/// One request, as it lies in the output. It holds no id, title, address or text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tombstone {
    /// Version of this shape.
    pub schema_version: u32,
    /// How far it is.
    pub state: State,
    /// Who asked for it.
    pub who: String,
    /// Why.
    pub why: String,
    /// The legal basis, where one was given.
    pub basis: Option<String>,
    /// Day of the request, as given.
    pub when: String,
    /// Keyed BLAKE3 of the ids, in hexadecimal, sorted.
    pub documents: Vec<String>,
}

/// The tombstones of an output.
#[derive(Debug, Clone, Default)]
pub struct Tombstones {
    key: Option<[u8; 32]>,
    /// What is hashed, and what may be told of it.
    hashes: BTreeMap<[u8; 32], Notice>,
    pending: BTreeMap<String, Tombstone>,
}

impl Forgotten for Tombstones {
    fn notice(&self, doc_id: &str) -> Option<Notice> {
        self.hashes.get(&self.hash(doc_id)?).cloned()
    }
}

impl Tombstones {
    /// Reads the tombstones there are.
    ///
    /// # Errors
    /// [`Error::Store`] if they cannot be read: without them nothing may be released.
    pub fn load(store: &Store) -> Result<Self> {
        let mut tombstones = Self::default();
        let entries = store.list(FOLDER)?;
        for entry in &entries {
            if !is_tombstone(&entry.path) {
                continue;
            }
            let tombstone: Tombstone = store
                .get_json(&entry.path)?
                .ok_or_else(|| Error::store(&entry.path, "it went away while it was read"))?;
            for hash in &tombstone.documents {
                let hash = Digest::from_hex(hash)
                    .ok_or_else(|| Error::store(&entry.path, "a hash that is none"))?;
                let notice = Notice {
                    when: tombstone.when.clone(),
                    basis: tombstone.basis.clone(),
                };
                tombstones.hashes.insert(hash.0, notice);
            }
            if tombstone.state == State::Pending {
                tombstones.pending.insert(entry.path.clone(), tombstone);
            }
        }
        tombstones.key = match store.get_if_present(KEY)? {
            Some(bytes) => Some(parse_key(&bytes)?),
            None if tombstones.hashes.is_empty() => None,
            None => {
                return Err(Error::store(
                    KEY,
                    "the key of the tombstones is missing, and without it what was forgotten could come back; put it \
                     back from a backup",
                ));
            }
        };
        Ok(tombstones)
    }

    /// Tombstones that are nowhere: to see what would be forgotten.
    pub(crate) fn of(ids: &BTreeSet<String>, key: [u8; 32]) -> Self {
        let mut tombstones = Self {
            key: Some(key),
            ..Self::default()
        };
        tombstones.hashes = ids
            .iter()
            .filter_map(|id| Some((tombstones.hash(id)?, Notice::default())))
            .collect();
        tombstones
    }

    /// True if nothing was ever forgotten here.
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// True if a document was forgotten.
    pub fn contains(&self, doc_id: &str) -> bool {
        // Without tombstones no id is hashed.
        !self.hashes.is_empty()
            && self
                .hash(doc_id)
                .is_some_and(|hash| self.hashes.contains_key(&hash))
    }

    /// What stands for a document in the ledger, if it was forgotten.
    pub fn mark(&self, doc_id: &str) -> Option<String> {
        let hash = self.hash(doc_id)?;
        let is_forgotten = self.hashes.contains_key(&hash);
        is_forgotten.then(|| format!("{MARK}{}", Digest(hash).to_hex()))
    }

    /// The row of the ledger that stands for a document, if it was forgotten: a keyed hash and nothing else.
    pub fn row(&self, source: &str, doc_id: &str) -> Option<Decision> {
        let mark = self.mark(doc_id)?;
        Some(Decision {
            counted: true,
            source: source.to_owned(),
            doc_id: Some(mark),
            step: "ingest",
            rule: "forgotten".to_owned(),
            reason: reason::RIGHTS_FORGOTTEN.to_owned(),
            ..Decision::default()
        })
    }

    /// A table of contents without what was forgotten; none where it is the whole itself.
    pub(crate) fn strip(&self, source: &str, mut contents: Contents) -> Option<Contents> {
        if self.is_empty() {
            return Some(contents);
        }
        if self.contains(&format!("{source}/{}", contents.key)) {
            return None;
        }
        let stays = |key: &str| !self.contains(&format!("{source}/{key}"));
        contents.entries.retain(|entry| stays(&entry.key));
        Some(contents)
    }

    /// Requests that are not done, by path.
    pub fn pending(&self) -> &BTreeMap<String, Tombstone> {
        &self.pending
    }

    /// A keyed hash of anything, in hexadecimal.
    pub(crate) fn keyed(&self, text: &str) -> String {
        let key = self.key.unwrap_or_default();
        Digest(*blake3::keyed_hash(&key, text.as_bytes()).as_bytes()).to_hex()
    }

    fn hash(&self, doc_id: &str) -> Option<[u8; 32]> {
        let key = self.key.as_ref()?;
        Some(*blake3::keyed_hash(key, base_id(doc_id).as_bytes()).as_bytes())
    }
}

/// An id without the suffix that tells byte-equal repeats of one raw record apart: they are one to forget.
pub(crate) fn base_id(doc_id: &str) -> &str {
    let key = doc_id.rsplit('/').next().unwrap_or(doc_id);
    match (key.starts_with("b3-"), doc_id.rsplit_once('~')) {
        (true, Some((base, _))) => base,
        _ => doc_id,
    }
}

fn is_tombstone(path: &str) -> bool {
    let extension = std::path::Path::new(path).extension();
    extension.is_some_and(|e| e == "json") && !path.ends_with(PROOF)
}

fn parse_key(bytes: &[u8]) -> Result<[u8; 32]> {
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    let key = Digest::from_hex(text.trim());
    key.map(|key| key.0)
        .ok_or_else(|| Error::store(KEY, "not 64 hexadecimal digits"))
}

/// Commits a request: from here on the documents are forgotten, whatever happens. Returns its path.
///
/// `random` becomes the key where the output has none yet.
///
/// # Errors
/// [`Error::Store`] if it cannot be written.
pub(crate) fn commit(
    store: &Store,
    mut tombstone: Tombstone,
    ids: &BTreeSet<String>,
    random: [u8; 32],
) -> Result<String> {
    let key = match store.get_if_present(KEY)? {
        Some(bytes) => parse_key(&bytes)?,
        None => {
            store.put(KEY, Bytes::from(format!("{}\n", Digest(random).to_hex())))?;
            random
        }
    };
    let hashes = ids
        .iter()
        .map(|id| Digest(*blake3::keyed_hash(&key, base_id(id).as_bytes()).as_bytes()).to_hex());
    let hashes: BTreeSet<String> = hashes.collect();
    tombstone.documents = hashes.into_iter().collect();
    tombstone.schema_version = SCHEMA_VERSION;
    tombstone.state = State::Pending;
    let name = Digest::of_json(&tombstone)?.short(16);
    let path = format!("{FOLDER}/{}-{name}.json", tombstone.when);
    store.put_json(&path, &tombstone)?;
    Ok(path)
}

/// Notes that everything in reach is gone.
///
/// # Errors
/// [`Error::Store`] if it cannot be written.
pub(crate) fn finish(store: &Store, path: &str, tombstone: &Tombstone) -> Result<()> {
    let done = Tombstone {
        state: State::Done,
        ..tombstone.clone()
    };
    store.put_json(path, &done)
}

/// Path of the proof of a request.
pub(crate) fn proof_path(tombstone: &str) -> String {
    let stem = tombstone.strip_suffix(".json").unwrap_or(tombstone);
    format!("{stem}{PROOF}")
}

#[cfg(test)]
mod tests {
    use super::base_id;

    #[test]
    fn repeats_of_a_raw_record_are_one() {
        let table = [
            ("s/a", "s/a"),
            ("s/a~2", "s/a~2"),
            (
                "s/b3-00112233445566778899aabbccddeeff",
                "s/b3-00112233445566778899aabbccddeeff",
            ),
            (
                "s/b3-00112233445566778899aabbccddeeff~12",
                "s/b3-00112233445566778899aabbccddeeff",
            ),
        ];
        for (id, expected) in table {
            assert_eq!(base_id(id), expected);
        }
    }
}
