//! Map stages: work that is cut into units, each done once by whoever is free, alone and in any order.
//!
//! A unit is idempotent by its key: what it writes is named by the key, and who finds it done returns the receipt. The
//! same functions run on the threads of this machine, on the workers of a cluster and in the tasks of a batch system.

use arrow::array::RecordBatch;
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use moisson_core::{Digest, Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::bands::BandsStage;
use crate::control::Control;
use crate::decide::DecideStage;
use crate::gather::GatherStage;
use crate::ingest::IngestStage;
use crate::parts::Committed;
use crate::plan::Plan;
use crate::prove::ProveStage;
use crate::scatter::ScatterStage;
use crate::session::Session;
use crate::shingles::ShinglesStage;

/// What a unit is done with.
#[derive(Clone, Copy)]
pub(crate) struct Workshop<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) session: &'a Session,
    pub(crate) control: &'a Control,
    pub(crate) committed: &'a Committed,
}

/// A unit of work, by what tells it from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unit {
    /// Digest of everything its result follows from.
    pub(crate) key: Digest,
    /// How much it is, in the unit the stage counts its progress in: the largest are begun first.
    pub(crate) size: u64,
}

/// A map stage.
pub(crate) trait Stage {
    /// Its name, in `--post`, in metrics, and in the name of its function on a cluster.
    const NAME: &'static str;
    /// The step in whose progress its units are counted.
    const STEP: &'static str = Self::NAME;
    /// Bumped when the same unit gives another result.
    const VERSION: u32;
    /// What a unit is told; small.
    type Spec: Serialize + DeserializeOwned + Send;
    /// What is known once it is done; small.
    type Receipt: Serialize + DeserializeOwned + Send;

    /// Does a unit. `rows` is what the spec cannot hold: a table.
    ///
    /// # Errors
    /// [`Error::Store`] where trying again may help, [`Error::Interrupted`], or what is wrong with the unit.
    fn perform(
        shop: Workshop<'_>,
        key: Digest,
        spec: Self::Spec,
        rows: Option<RecordBatch>,
    ) -> Result<Self::Receipt>;

    /// How many units may be in work at once on this machine.
    ///
    /// # Errors
    /// [`Error::Config`] if the memory is too small for one.
    fn at_once(shop: Workshop<'_>) -> Result<usize> {
        Ok(shop.session.budget().threads)
    }
}

/// A stage without its types: what the registry holds.
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    version: u32,
    pub(crate) perform: fn(Workshop<'_>, &Order) -> Result<String>,
    pub(crate) at_once: fn(Workshop<'_>) -> Result<usize>,
}

/// The stages, in the order of the flow.
pub(crate) const STAGES: &[Entry] = &[
    entry::<IngestStage>(),
    entry::<DecideStage>(),
    entry::<BandsStage>(),
    entry::<ShinglesStage>(),
    entry::<ProveStage>(),
    entry::<ScatterStage>(),
    entry::<GatherStage>(),
];

const fn entry<S: Stage>() -> Entry {
    Entry {
        name: S::NAME,
        version: S::VERSION,
        perform: perform::<S>,
        at_once: S::at_once,
    }
}

fn perform<S: Stage>(shop: Workshop<'_>, order: &Order) -> Result<String> {
    let spec = serde_json::from_str(&order.spec)
        .map_err(|e| Error::internal(format!("an order of {}: {e}", S::NAME)))?;
    let rows = order.rows.as_deref().map(decode).transpose()?;
    to_json(&S::perform(shop, order.key, spec, rows)?)
}

/// Names and versions of the stages: what the two ends of a cluster must agree on.
pub const VERSIONS: &[(&str, u32)] = &versions();

const fn versions() -> [(&'static str, u32); STAGES.len()] {
    let mut versions = [("", 0); STAGES.len()];
    let mut at = 0;
    while at < STAGES.len() {
        versions[at] = (STAGES[at].name, STAGES[at].version);
        at += 1;
    }
    versions
}

/// Checks that there is a stage of this name.
///
/// # Errors
/// [`Error::Config`] naming those there are.
pub fn check(name: &str) -> Result<()> {
    find(name).map(|_| ())
}

/// Finds a stage.
///
/// # Errors
/// [`Error::Config`] naming those there are.
pub(crate) fn find(name: &str) -> Result<&'static Entry> {
    STAGES
        .iter()
        .find(|entry| entry.name == name)
        .ok_or_else(|| {
            let known: Vec<&str> = STAGES.iter().map(|entry| entry.name).collect();
            Error::config(format!("no stage `{name}`; known: {}", known.join(", ")))
        })
}

/// A unit of work as it travels: any process that reaches the stores can do it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Order {
    /// Key of the unit.
    pub(crate) key: Digest,
    /// What it is told, as JSON.
    pub(crate) spec: String,
    /// Its table, as an Arrow IPC stream.
    pub(crate) rows: Option<Vec<u8>>,
}

impl Order {
    /// Puts a unit into the form in which it travels.
    ///
    /// # Errors
    /// [`Error::Internal`] if it has none.
    pub(crate) fn new<S: Stage>(
        key: Digest,
        spec: &S::Spec,
        rows: Option<&RecordBatch>,
    ) -> Result<Self> {
        Ok(Self {
            key,
            spec: to_json(spec)?,
            rows: rows.map(encode).transpose()?,
        })
    }
}

fn to_json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|e| Error::internal(e.to_string()))
}

/// A batch as an Arrow IPC stream.
///
/// # Errors
/// [`Error::Internal`] if arrow refuses it.
pub(crate) fn encode(batch: &RecordBatch) -> Result<Vec<u8>> {
    let mut writer = StreamWriter::try_new(Vec::new(), batch.schema_ref())?;
    writer.write(batch)?;
    Ok(writer.into_inner()?)
}

/// The batch of an Arrow IPC stream.
///
/// # Errors
/// [`Error::Internal`] if it is none, or empty.
pub(crate) fn decode(bytes: &[u8]) -> Result<RecordBatch> {
    let mut reader = StreamReader::try_new(bytes, None)?;
    let batch = reader.next().transpose()?;
    batch.ok_or_else(|| Error::internal("an order without its table"))
}
