//! Parts: the unit of work, commit, retry and resume. Data first, manifest last; without its manifest a part is not there.

use std::collections::BTreeSet;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::datatypes::SchemaRef;
use moisson_core::digest::KeyHasher;
use moisson_core::{Annotator, Digest, PartManifest, Result};
use moisson_shard::file::{self, TableWriter, WriteOptions, Written};
use serde::{Deserialize, Serialize};

use crate::session::Session;
use crate::store::Store;

/// A committed part of documents.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Part {
    /// Its source, by position in the plan.
    pub source: usize,
    /// `SOURCE/UNIT-NUMBER`; the same for its annotations.
    pub name: String,
    /// Manifest of its documents.
    pub manifest: PartManifest,
}

/// Folder of the documents and of the faults met while reading them.
pub const DOCUMENTS: &str = "documents";
/// Tables of contents, by which documents are assembled from pieces.
pub const CONTENTS: &str = "contents";
/// Ledger rows of what could not be read.
pub const FAULTS: &str = "faults";

/// Path of a part's file without extension. `key` tells apart annotations of one part by other parameters.
pub fn stem(step: &str, name: &str, key: Option<Digest>) -> String {
    match key {
        Some(key) => format!("parts/{step}/{name}-{}", key.short(8)),
        None => format!("parts/{step}/{name}"),
    }
}

/// Key of the annotations of one family for one part of documents.
pub fn annotation_key(annotator: &dyn Annotator, documents: Digest) -> Digest {
    KeyHasher::new(annotator.family(), annotator.version())
        .digest(annotator.parameters())
        .digest(documents)
        .finish()
}

/// The manifests there are.
#[derive(Debug)]
pub struct Committed {
    /// Listed once; none where the store is asked each time.
    listed: Option<BTreeSet<String>>,
}

impl Committed {
    /// Lists the manifests of all parts: for a process that looks at most of them.
    ///
    /// # Errors
    /// [`moisson_core::Error::Store`] if the output cannot be listed.
    pub fn list(store: &Store) -> Result<Self> {
        let entries = store.list("parts")?.into_iter();
        let manifests = entries.map(|e| e.path).filter(|path| is_manifest(path));
        Ok(Self {
            listed: Some(manifests.collect()),
        })
    }

    /// Asks the store each time: for a process that looks at a few.
    pub fn ask() -> Self {
        Self { listed: None }
    }

    /// True if there is a manifest at `stem`, under whatever key. Only what was listed is known.
    pub fn contains(&self, stem: &str) -> bool {
        let path = format!("{stem}.json");
        self.listed
            .as_ref()
            .is_some_and(|listed| listed.contains(&path))
    }

    /// Returns the manifest at `stem` if its part is committed under `key`.
    pub fn manifest(&self, store: &Store, stem: &str, key: Digest) -> Option<PartManifest> {
        if self.listed.is_some() && !self.contains(stem) {
            return None;
        }
        // A manifest of another shape is of another version of moisson: the part is made again.
        let manifest = store
            .get_json::<PartManifest>(&format!("{stem}.json"))
            .ok()
            .flatten();
        manifest.filter(|manifest| manifest.key == key)
    }
}

fn is_manifest(path: &str) -> bool {
    std::path::Path::new(path)
        .extension()
        .is_some_and(|extension| extension == "json")
}

/// Options of intermediate tables: read once or twice, so they are compressed lightly.
pub fn part_options() -> WriteOptions {
    WriteOptions {
        zstd_level: 1,
        ..WriteOptions::default()
    }
}

/// Writes a table and then its manifest.
///
/// # Errors
/// [`moisson_core::Error::Store`] if either cannot be written; the part then does not exist.
pub fn commit(
    store: &Store,
    stem: &str,
    written: Written,
    mut manifest: PartManifest,
) -> Result<PartManifest> {
    manifest.rows = written.rows;
    manifest.bytes = written.bytes.len() as u64;
    manifest.content_digest = written.content_digest;
    manifest.file_digest = written.file_digest;
    store.put(&format!("{stem}.parquet"), written.bytes)?;
    store.put_json(&format!("{stem}.json"), &manifest)?;
    Ok(manifest)
}

/// Reads a committed table, checked against its manifest.
///
/// # Errors
/// [`moisson_core::Error::Store`] if it is absent or damaged.
pub fn read(
    session: &Session,
    stem: &str,
    manifest: &PartManifest,
    columns: Option<&[&str]>,
) -> Result<Vec<RecordBatch>> {
    let bytes = session
        .store()
        .get_checked(&format!("{stem}.parquet"), manifest.file_digest)?;
    file::read(bytes, columns, 2048)?.collect()
}

/// Reads a committed table as one batch.
///
/// # Errors
/// As [`read`].
pub fn read_one(
    session: &Session,
    stem: &str,
    manifest: &PartManifest,
    columns: Option<&[&str]>,
    empty: &SchemaRef,
) -> Result<RecordBatch> {
    let batches = read(session, stem, manifest, columns)?;
    let schema = match batches.first() {
        Some(batch) => batch.schema(),
        None => match columns {
            Some(columns) => {
                let indices: Vec<usize> = columns
                    .iter()
                    .filter_map(|name| empty.index_of(name).ok())
                    .collect();
                std::sync::Arc::new(empty.project(&indices)?)
            }
            None => empty.clone(),
        },
    };
    Ok(concat_batches(&schema, &batches)?)
}

/// Annotates the documents of a part again with one family, and commits the result.
///
/// # Errors
/// As [`read`] and [`commit`].
pub fn annotate_again(
    session: &Session,
    part: &Part,
    annotator: &dyn Annotator,
) -> Result<PartManifest> {
    let documents = read(
        session,
        &stem(DOCUMENTS, &part.name, None),
        &part.manifest,
        None,
    )?;
    let mut writer = TableWriter::new(annotator.schema(), part_options())?;
    for batch in &documents {
        writer.write(&annotator.annotate(batch)?)?;
    }
    commit_annotation(session.store(), part, annotator, writer.finish()?)
}

/// Commits the annotations of one family of a part.
///
/// # Errors
/// As [`commit`].
pub fn commit_annotation(
    store: &Store,
    part: &Part,
    annotator: &dyn Annotator,
    written: Written,
) -> Result<PartManifest> {
    let key = annotation_key(annotator, part.manifest.key);
    let manifest = PartManifest::new(annotator.family(), annotator.version(), key);
    commit(
        store,
        &stem(annotator.family(), &part.name, Some(key)),
        written,
        manifest,
    )
}
