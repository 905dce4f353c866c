//! Documents beside the shards: written at the end of a run, and again on request.

use moisson_core::{Error, Result};
use moisson_publish::{FORMATS, Format};
use serde::Serialize;

use crate::facts::{self, Told};
use crate::pipeline::Pipeline;
use crate::query;
use crate::session::Session;
use crate::store::Store;

/// Folder of the published release.
const RELEASE: &str = "release";
/// Documents that only a request writes.
const METADATA: &str = "release/metadata";

/// What was written.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Written {
    /// The files, in the order of the formats.
    pub files: Vec<WrittenFile>,
    /// Keys of the pipeline that nobody filled in; documents say `to be provided` for them.
    pub to_be_provided: Vec<&'static str>,
}

/// One file.
#[derive(Debug, Clone, Serialize)]
pub struct WrittenFile {
    /// Name of its format.
    pub format: &'static str,
    /// Path below `release/`, or below the folder that was asked for.
    pub path: String,
}

/// Writes documents of the published release, beside its shards or below `to`.
///
/// `stated` is a pipeline whose publication and attestations hold in the place of those the release was made with;
/// `settings` replace single keys of them.
///
/// # Errors
/// [`Error::Config`] if nothing is published or a setting is refused; [`Error::Store`] if a file cannot be read or
/// written.
pub fn run(
    session: &Session,
    formats: &[&'static Format],
    stated: Option<Pipeline>,
    settings: &[String],
    to: Option<&str>,
) -> Result<Written> {
    let (manifest, published) = query::manifest(session)?;
    if !published {
        return Err(Error::config(format!(
            "`{}`: the release is staged, not published; acknowledge its alarms and run again",
            session.store().display()
        )));
    }
    let mut pipeline: Pipeline =
        serde_json::from_value(manifest.pipeline.clone()).map_err(|e| {
            Error::config(format!(
                "the pipeline in `release/manifest.json` cannot be read: {e}"
            ))
        })?;
    if let Some(stated) = stated {
        pipeline.publication = stated.publication;
        pipeline.attestations = stated.attestations;
    }
    pipeline.restate(settings)?;
    let told = facts::of(&pipeline, &manifest, session)?;
    let store = match to {
        Some(folder) => Store::open(folder, session.runtime())?,
        None => session.store().below(RELEASE),
    };
    let files = write(&told, formats, &store)?;
    Ok(Written {
        files,
        to_be_provided: told.release.missing(),
    })
}

/// Writes what every release has, and removes what was written on request for an earlier one: it tells of other shards.
///
/// # Errors
/// [`Error::Store`] if a file cannot be written.
pub(crate) fn write_always(told: &Told, store: &Store) -> Result<()> {
    let earlier: Vec<String> = store
        .list(METADATA)?
        .into_iter()
        .map(|entry| entry.path)
        .collect();
    store.delete_all(&earlier)?;
    let always: Vec<&'static Format> = FORMATS.iter().filter(|format| format.always).collect();
    write(told, &always, &store.below(RELEASE)).map(|_| ())
}

fn write(told: &Told, formats: &[&'static Format], store: &Store) -> Result<Vec<WrittenFile>> {
    let mut written = Vec::new();
    for format in formats {
        for file in format.files(&told.release, &told.attributions) {
            store.put(&file.path, file.content.into())?;
            let (format, path) = (format.name, file.path);
            written.push(WrittenFile { format, path });
        }
    }
    Ok(written)
}
