//! Fetch: remote sources into the output's mirror, and the mirror as input.
//!
//! `mirror/data/SOURCE/…` holds the objects, `mirror/receipts/SOURCE/….json` their receipts, `mirror/state/SOURCE/…` how
//! far a harvest is, `mirror/sites/…` what the sites say of mining. A source that was mirrored once from the same addresses is complete: `run` reads it without asking
//! any server, and `fetch` brings it up to date.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{ArrayRef, RecordBatch, UInt64Array};
use moisson_core::document::strings;
use moisson_core::{Digest, Error, Result};
use moisson_harvest::{Client, ClientConfig, Harvest, Mirror, Receipt, Summary, Watch, sites};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::control::{Control, Event};
use crate::input::{self, InputFile};
use crate::pipeline::{Pipeline, Source};
use crate::session::Session;
use crate::store::Store;

/// Folder of the mirror in an output.
pub(crate) const MIRROR: &str = "mirror";

/// The clock.
pub type Now = Arc<dyn Fn() -> std::time::SystemTime + Send + Sync>;
/// Looks up a secret by name (an environment variable).
pub type Secrets = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// What the command line hands over.
#[derive(Clone)]
pub struct Outside {
    /// The clock.
    pub now: Now,
    /// The secrets.
    pub secret: Secrets,
}

impl std::fmt::Debug for Outside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Outside")
    }
}

/// Which sources are fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// Those that were never mirrored from start to end.
    Missing,
    /// All, or those named: what changed is fetched again.
    All(Vec<String>),
}

/// Mirrors sources; returns what was done for each that was asked about.
///
/// Sources are fetched side by side; the client keeps to one turn per host.
///
/// # Errors
/// [`Error::Config`] for an address or name that cannot be used; [`Error::Store`] if a server stays unreachable or the
/// mirror cannot be written; [`Error::Interrupted`] on request. What was fetched stays, and the next call goes on.
pub fn run(
    pipeline: &Pipeline,
    which: &Which,
    outside: &Outside,
    session: &Session,
    control: &Control,
) -> Result<Vec<(String, Summary)>> {
    let mut wanted: Vec<(&String, &Source, Digest)> = Vec::new();
    if let Which::All(names) = which {
        known(pipeline, names)?;
    }
    for (name, source) in &pipeline.source {
        if source.at.is_empty() || !source.path.is_empty() {
            continue;
        }
        let settings = settings(source)?;
        let completed = completed(session.store(), name)?;
        let is_wanted = match which {
            Which::Missing => completed != Some(settings),
            Which::All(names) => names.is_empty() || names.contains(name),
        };
        if is_wanted && completed.is_some_and(|before| before != settings) {
            control.tell(Event::Warning(format!(
                "source `{name}` was mirrored with other addresses or settings before: what was fetched then stays and \
                 is read; give it another name to begin afresh"
            )));
        }
        if is_wanted {
            wanted.push((name, source, settings));
        }
    }
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let limits = &pipeline.fetch;
    let client = Client::new(ClientConfig {
        interval: Duration::from_millis(limits.interval_ms),
        attempts: limits.attempts.max(1),
        stall: Duration::from_millis(limits.stall_ms),
        ..ClientConfig::new(
            user_agent(limits.contact.as_deref()),
            session.runtime().clone(),
            outside.now.clone(),
            outside.secret.clone(),
        )
    })?;
    control.tell(Event::Step {
        name: "fetch",
        total: 0,
        bytes: true,
    });
    let mirror = StoreMirror::new(session)?;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(wanted.len().min(16))
        .build()
        .map_err(|e| Error::internal(e.to_string()))?;
    // One server that is down keeps no other source from being fetched: the first error is told once all are done.
    let done: Vec<Result<(String, Summary)>> = pool.install(|| {
        wanted
            .par_iter()
            .map(|(name, source, settings)| {
                let at: Vec<String> = source.at.iter().map(str::to_owned).collect();
                let harvest = Harvest {
                    source: name,
                    at: &at,
                    client: &client,
                    mirror: &mirror,
                    watch: control,
                };
                let summary = source.fetch.harvester().harvest(&harvest);
                let summary = summary.map_err(|error| match error {
                    Error::Config(message) => Error::config(format!("source `{name}`: {message}")),
                    Error::Store(message) => Error::store(format!("source `{name}`"), message),
                    other => other,
                })?;
                // What failed is missing still, and is asked for again by the next run.
                if summary.failed == 0 {
                    complete(session.store(), name, *settings)?;
                }
                Ok(((*name).clone(), summary))
            })
            .collect()
    });
    let summaries = done.into_iter().collect::<Result<Vec<_>>>();
    // What the sites say is asked for even where one source failed: the others are there. What failed is told first.
    let mut origins = sites::Origins::default();
    for (name, _, _) in &wanted {
        for receipt in receipts(name, session.store())?.values() {
            origins.add(receipt);
        }
    }
    let recorded = sites::record(&origins, &client, &mirror, control);
    control.tell(Event::Done);
    let summaries = summaries?;
    recorded.map(|()| summaries)
}

fn known(pipeline: &Pipeline, names: &[String]) -> Result<()> {
    for name in names {
        let fetched = |source: &Source| !source.at.is_empty();
        if !pipeline.source.get(name).is_some_and(fetched) {
            let known: Vec<String> = pipeline
                .source
                .iter()
                .filter(|(_, source)| fetched(source))
                .map(|(name, _)| format!("`{name}`"))
                .collect();
            return Err(Error::config(format!(
                "no source `{name}` with `at`; known: {}",
                known.join(", ")
            )));
        }
    }
    Ok(())
}

/// Name, version and contact, as robots.txt and the operators of servers expect.
fn user_agent(contact: Option<&str>) -> String {
    let version = env!("CARGO_PKG_VERSION");
    contact.map_or_else(
        || format!("moisson/{version}"),
        |contact| format!("moisson/{version} (+{contact})"),
    )
}

/// Digest of what decides what a source's mirror holds.
fn settings(source: &Source) -> Result<Digest> {
    Digest::of_json(&(&source.at, &source.fetch))
}

/// The mark of a mirror that was completed once.
#[derive(Serialize, Deserialize)]
struct Complete {
    settings: Digest,
}

fn mark(source: &str) -> String {
    format!("{MIRROR}/state/{source}/complete.json")
}

/// Settings of the last complete harvest of a source.
fn completed(store: &Store, source: &str) -> Result<Option<Digest>> {
    let mark: Option<Complete> = store.get_json(&mark(source))?;
    Ok(mark.map(|mark| mark.settings))
}

fn complete(store: &Store, source: &str, settings: Digest) -> Result<()> {
    store.put_json(&mark(source), &Complete { settings })
}

/// Lists the mirrored files of a source, with their receipts.
///
/// # Errors
/// [`Error::Config`] if nothing was mirrored; [`Error::Store`] if the mirror cannot be read.
pub(crate) fn list(
    source: &str,
    wants: &dyn Fn(&str) -> bool,
    session: &Session,
) -> Result<Vec<InputFile>> {
    let store = session.store();
    let base = format!("{MIRROR}/data/{source}");
    let mut files = match store.folder() {
        Some(folder) => {
            let folder = folder.join(&base);
            if !folder.is_dir() {
                return Err(not_mirrored(source));
            }
            input::list_local(&folder, wants)?
        }
        None => {
            let inner = store.object_store();
            let folder = store.full_path(&base);
            input::list_folder(&inner, store.root(), &folder, wants, session.runtime())?
        }
    };
    if files.is_empty() {
        return Err(not_mirrored(source));
    }
    let receipts = receipts(source, store)?;
    for file in &mut files {
        let name = format!("{source}/{}", file.name);
        file.receipt = receipts.get(&name).cloned();
    }
    // Data comes first and receipts last: a file without one is a transfer whose end nobody saw.
    files.retain(|file| file.receipt.is_some());
    Ok(files)
}

fn not_mirrored(source: &str) -> Error {
    Error::config(format!(
        "source `{source}`: nothing of it is mirrored that its reader reads; run `moisson fetch`, or give `path`"
    ))
}

/// The receipts of a source (of all for an empty name) by the names of their objects.
///
/// # Errors
/// [`Error::Store`] if one cannot be read.
pub fn receipts(source: &str, store: &Store) -> Result<BTreeMap<String, Arc<Receipt>>> {
    let mut receipts = BTreeMap::new();
    let folder = format!("{MIRROR}/receipts/{source}");
    for entry in store.list(folder.trim_end_matches('/'))? {
        if let Some(receipt) = store.get_json::<Receipt>(&entry.path)? {
            receipts.insert(receipt.name.clone(), Arc::new(receipt));
        }
    }
    Ok(receipts)
}

/// Sources that are to be fetched before they can be read, with the addresses they are at.
///
/// # Errors
/// [`Error::Store`] if the output cannot be read.
pub fn missing(pipeline: &Pipeline, session: &Session) -> Result<Vec<(String, Vec<String>)>> {
    let mut missing = Vec::new();
    for (name, source) in &pipeline.source {
        let is_fetched = !source.at.is_empty() && source.path.is_empty();
        if is_fetched && completed(session.store(), name)? != Some(settings(source)?) {
            let at = source.at.iter().map(moisson_core::redact).collect();
            missing.push((name.clone(), at));
        }
    }
    Ok(missing)
}

/// All receipts of an output as a table: one row an object of the mirror.
///
/// # Errors
/// [`Error::Store`] if one cannot be read.
pub(crate) fn receipts_table(store: &Store) -> Result<RecordBatch> {
    let receipts: Vec<Arc<Receipt>> = receipts("", store)?.into_values().collect();
    let text = |of: fn(&Receipt) -> Option<&str>| strings(receipts.iter().map(move |r| of(r)));
    let acquisitions = receipts
        .iter()
        .map(|r| Ok(Some(acquisition(r)?)))
        .collect::<Result<Vec<_>>>()?;
    let digests = receipts.iter().map(|r| Some(r.digest.to_hex()));
    let bytes: UInt64Array = receipts.iter().map(|r| Some(r.bytes)).collect();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("name", text(|r| Some(&r.name))),
        ("url", text(|r| Some(&r.url))),
        ("acquisition", strings(acquisitions.into_iter())),
        ("retrieved_at", text(|r| Some(&r.retrieved_at))),
        ("bytes", Arc::new(bytes)),
        ("digest", strings(digests)),
        ("etag", text(|r| r.etag.as_deref())),
        ("last_modified", text(|r| r.last_modified.as_deref())),
        ("checksum", text(|r| r.checksum.as_deref())),
        ("licence", text(|r| r.licence.as_deref())),
        ("producer", text(|r| r.producer.as_deref())),
        ("updated", text(|r| r.updated.as_deref())),
        ("title", text(|r| r.title.as_deref())),
    ];
    Ok(RecordBatch::try_from_iter_with_nullable(
        columns
            .into_iter()
            .map(|(name, column)| (name, column, true)),
    )?)
}

/// The word of an acquisition, as receipts are written.
fn acquisition(receipt: &Receipt) -> Result<String> {
    let word = serde_json::to_value(receipt.acquisition);
    let word = word.map_err(|e| Error::internal(e.to_string()))?;
    Ok(word.as_str().unwrap_or_default().to_owned())
}

/// The mirror of an output.
struct StoreMirror {
    store: Store,
    partial: PathBuf,
}

impl StoreMirror {
    fn new(session: &Session) -> Result<Self> {
        let store = session.store().clone();
        // In the output where it is a folder, so that a transfer that is killed goes on; else in scratch.
        let partial = match store.folder() {
            Some(folder) => folder.join(MIRROR).join("partial"),
            None => session.scratch().join("partial"),
        };
        crate::store::make_folder(&partial)?;
        Ok(Self { store, partial })
    }
}

impl Mirror for StoreMirror {
    fn get(&self, name: &str) -> Result<Option<Vec<u8>>> {
        let bytes = self.store.get_if_present(&format!("{MIRROR}/{name}"))?;
        Ok(bytes.map(|bytes| bytes.to_vec()))
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let bytes = bytes::Bytes::copy_from_slice(bytes);
        self.store.put(&format!("{MIRROR}/{name}"), bytes)
    }

    fn keep(&self, name: &str, file: &Path) -> Result<()> {
        self.store.put_file(&format!("{MIRROR}/{name}"), file)
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>> {
        let cut = MIRROR.len() + 1;
        let entries = self.store.list(&format!("{MIRROR}/{prefix}"))?;
        Ok(entries
            .into_iter()
            .filter_map(|entry| entry.path.get(cut..).map(str::to_owned))
            .collect())
    }

    fn partial(&self) -> PathBuf {
        self.partial.clone()
    }
}

impl Watch for Control {
    fn check(&self) -> Result<()> {
        Control::check(self)
    }

    fn received(&self, bytes: u64) {
        self.tell(Event::Advance(bytes));
    }

    fn warn(&self, message: &str) {
        self.tell(Event::Warning(message.to_owned()));
    }
}
