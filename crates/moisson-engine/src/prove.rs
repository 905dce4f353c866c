//! Prove: documents that share bands are measured, component by component. Only a measured pair drops a document.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, ListArray, RecordBatch, UInt32Array};
use arrow::datatypes::UInt32Type;
use moisson_core::column::column;
use moisson_core::digest::KeyHasher;
use moisson_core::{Digest, Error, Result};
use moisson_dedup::{
    Component, DedupConfig, Duplicate, Item, Measure, NearOutcome, components, near,
};
use serde::{Deserialize, Serialize};

use crate::blobs::{self, Blob};
use crate::control::Event;
use crate::corpus::Corpus;
use crate::shingles::{Shingles, ShinglesSpec, ShinglesStage};
use crate::stage::{Stage, Unit, Workshop};

/// Components are measured together until their texts come to this: bounds what one unit reads.
const UNIT_TEXT_BYTES: u64 = 64 << 20;

/// Drops living documents that are proved similar to a kept one: [`near`], cut into units that any process can do.
/// Returns beside what was found the documents that were looked at together.
///
/// Memory of the driver: [`MEMBER_BYTES`] for each member of a group and [`DOCUMENT_BYTES`] for each document, within half
/// of its budget. A unit holds its members (twenty bytes each), and of their shingle sets what the cache lets it; the sets
/// lie in scratch.
///
/// # Errors
/// [`Error::Config`] where the groups do not fit;
/// [`Error::Store`] if a text cannot be read or scratch is full.
pub(crate) fn run(
    shop: Workshop<'_>,
    corpus: &Corpus,
    items: &[Item],
    alive: &mut [bool],
    groups: &[Vec<u32>],
) -> Result<(NearOutcome, Vec<Vec<u32>>)> {
    let config = &shop.plan.pipeline.dedup;
    config.validate()?;
    check_memory(shop, items, groups)?;
    let jobs = cut(corpus, components(items, alive, groups, config.scope));
    let candidates = jobs
        .iter()
        .flatten()
        .map(|component| component.items.len() as u64);
    shop.control.tell(Event::Step {
        name: "prove",
        total: candidates.sum(),
        bytes: false,
    });
    let blobs = shingles(shop, corpus, &jobs)?;
    let units: Vec<Unit> = jobs
        .iter()
        .enumerate()
        .map(|(at, job)| unit(at, job, items, config, blobs.get(&number(at))))
        .collect::<Result<_>>()?;
    let receipts = shop
        .session
        .crew()
        .map_all::<ProveStage>(shop, &units, &|at| {
            let job = jobs
                .get(at)
                .ok_or_else(|| Error::internal("no such unit"))?;
            let spec = ProveSpec {
                config: *config,
                blobs: blobs.get(&number(at)).cloned().unwrap_or_default(),
            };
            Ok((spec, Some(members(job, items)?)))
        })?;
    shop.control.tell(Event::Done);
    let mut outcome = NearOutcome::default();
    for receipt in receipts {
        receipt.add_to(&mut outcome, config.measure);
    }
    for duplicate in &outcome.duplicates {
        if let Some(alive) = alive.get_mut(duplicate.dropped as usize) {
            *alive = false;
        }
    }
    let rank = |item: u32| items.get(item as usize).map(|item| item.rank);
    outcome.duplicates.sort_unstable_by_key(|d| rank(d.dropped));
    outcome
        .links
        .sort_unstable_by_key(|&(left, right, _)| (rank(left), rank(right)));
    let components = jobs.into_iter().flatten().map(|component| component.items);
    Ok((outcome, components.collect()))
}

/// Bytes of the driver for each member of a group and each document: the group, its copy by component, and the forest.
const MEMBER_BYTES: usize = 16;
const DOCUMENT_BYTES: usize = 16;

/// Refuses more groups than the memory of the driver holds.
fn check_memory(shop: Workshop<'_>, items: &[Item], groups: &[Vec<u32>]) -> Result<()> {
    let members: usize = groups.iter().map(Vec::len).sum();
    let needed = (members * MEMBER_BYTES + items.len() * DOCUMENT_BYTES) as u64;
    let most = shop.session.budget().memory_bytes / 2;
    if needed <= most {
        return Ok(());
    }
    Err(Error::config(format!(
        "{members} documents in groups that share a band need {} MiB at the driver, half of --memory is {} MiB: give \
         it more, or choose fewer bands, or [dedup] scope = \"source\"",
        needed >> 20,
        most >> 20
    )))
}

/// Puts components together into units, in order of their first document.
fn cut(corpus: &Corpus, components: Vec<Component>) -> Vec<Vec<Component>> {
    let mut units: Vec<Vec<Component>> = Vec::new();
    let mut bytes = u64::MAX;
    for component in components {
        if bytes >= UNIT_TEXT_BYTES {
            units.push(Vec::new());
            bytes = 0;
        }
        let texts = component.items.iter().map(|&item| corpus.text_bytes(item));
        bytes += texts.sum::<u64>();
        if let Some(unit) = units.last_mut() {
            unit.push(component);
        }
    }
    units
}

fn number(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Has the shingle sets of all members made; returns the blobs of each unit.
fn shingles(
    shop: Workshop<'_>,
    corpus: &Corpus,
    jobs: &[Vec<Component>],
) -> Result<BTreeMap<u32, Vec<Blob>>> {
    let mut readers: Vec<(u32, u32)> = Vec::new();
    for (at, job) in jobs.iter().enumerate() {
        let members = job.iter().flat_map(|component| &component.items);
        readers.extend(members.map(|&item| (item, number(at))));
    }
    readers.sort_unstable();
    let mut parts: Vec<(usize, &[(u32, u32)])> = Vec::new();
    let mut rest = readers.as_slice();
    while let Some(&(item, _)) = rest.first() {
        let (at, _) = corpus.locate(item);
        let end = corpus.parts.get(at + 1).map_or(u32::MAX, |part| part.first);
        let (here, after) = rest.split_at(rest.partition_point(|&(item, _)| item < end));
        parts.push((at, here));
        rest = after;
    }
    let part = |at: usize| {
        let place = parts
            .get(at)
            .and_then(|(part, rows)| Some((corpus.parts.get(*part)?, *rows)));
        place.ok_or_else(|| Error::internal("a part is not in the corpus"))
    };
    let units: Vec<Unit> = (0..parts.len())
        .map(|at| {
            let (part, members) = part(at)?;
            let mut key = KeyHasher::new(ShinglesStage::NAME, ShinglesStage::VERSION)
                .digest(part.part.manifest.key)
                .field(&part.first.to_le_bytes());
            for (item, reader) in members {
                key = key.field(&item.to_le_bytes()).field(&reader.to_le_bytes());
            }
            Ok(Unit {
                key: key.finish(),
                size: members.len() as u64,
            })
        })
        .collect::<Result<_>>()?;
    let written = shop
        .session
        .crew()
        .map_all::<ShinglesStage>(shop, &units, &|at| {
            let (part, members) = part(at)?;
            let numbers = |of: &dyn Fn(&(u32, u32)) -> u32| -> ArrayRef {
                Arc::new(UInt32Array::from_iter_values(members.iter().map(of)))
            };
            let table = RecordBatch::try_from_iter([
                ("row", numbers(&|(item, _)| item - part.first)),
                ("item", numbers(&|(item, _)| *item)),
                ("reader", numbers(&|(_, reader)| *reader)),
            ])?;
            Ok((
                ShinglesSpec {
                    part: part.part.clone(),
                },
                Some(table),
            ))
        })?;
    Ok(blobs::by_reader(written))
}

fn unit(
    at: usize,
    job: &[Component],
    items: &[Item],
    config: &DedupConfig,
    blobs: Option<&Vec<Blob>>,
) -> Result<Unit> {
    let mut key = KeyHasher::new(ProveStage::NAME, ProveStage::VERSION)
        .digest(Digest::of_json(&(config, at, blobs))?);
    let mut size = 0;
    for component in job {
        size += component.items.len() as u64;
        for item in component
            .items
            .iter()
            .filter_map(|&at| items.get(at as usize))
        {
            let told = (item.rank, item.chain, item.pinned, item.source);
            key = key.digest(Digest::of_json(&told)?);
        }
        for group in &component.groups {
            key = key.digest(Digest::of_json(group)?);
        }
    }
    Ok(Unit {
        key: key.finish(),
        size,
    })
}

/// Measures the components of one unit.
pub(crate) struct ProveStage;

/// How they are measured, and where their shingle sets lie.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ProveSpec {
    config: DedupConfig,
    blobs: Vec<Blob>,
}

/// What was found. Similarities are the bits of an `f64`: a decimal would not come back as it was.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ProveReceipt {
    /// Dropped, kept, similarity.
    duplicates: Vec<(u32, u32, u64)>,
    /// Two that must not be torn apart, similarity.
    links: Vec<(u32, u32, u64)>,
    compared: u64,
    limited: u64,
}

impl ProveReceipt {
    fn add_to(self, outcome: &mut NearOutcome, measure: Measure) {
        let duplicate = |(dropped, kept, similarity)| Duplicate {
            dropped,
            kept,
            similarity: f64::from_bits(similarity),
            measure,
        };
        outcome
            .duplicates
            .extend(self.duplicates.into_iter().map(duplicate));
        let links = self.links.into_iter();
        outcome
            .links
            .extend(links.map(|(left, right, bits)| (left, right, f64::from_bits(bits))));
        outcome.compared += self.compared;
        outcome.limited += self.limited;
    }
}

impl Stage for ProveStage {
    const NAME: &'static str = "prove";
    const VERSION: u32 = 1;
    type Spec = ProveSpec;
    type Receipt = ProveReceipt;

    fn perform(
        shop: Workshop<'_>,
        _key: Digest,
        spec: ProveSpec,
        rows: Option<RecordBatch>,
    ) -> Result<ProveReceipt> {
        shop.control.check()?;
        let table = rows.ok_or_else(|| Error::internal("a proof without members"))?;
        let (numbers, items, groups) = read_members(&table)?;
        let local = |item: u32| numbers.binary_search(&item).ok().map(number);
        let cache = shop.session.budget().pool_bytes() / 2 / shop.session.budget().threads.max(1);
        let mut shingles = Shingles::collect(&spec.blobs, &local, cache, shop)?;
        let mut alive = vec![true; items.len()];
        let found = near(&items, &mut alive, &groups, &mut shingles, &spec.config)?;
        let global = |item: u32| numbers.get(item as usize).copied().unwrap_or(u32::MAX);
        let duplicates = found.duplicates.iter();
        let links = found.links.iter();
        Ok(ProveReceipt {
            duplicates: duplicates
                .map(|d| (global(d.dropped), global(d.kept), d.similarity.to_bits()))
                .collect(),
            links: links
                .map(|&(left, right, value)| (global(left), global(right), value.to_bits()))
                .collect(),
            compared: found.compared,
            limited: found.limited,
        })
    }
}

/// The members of a unit, ascending, with the groups of each.
fn members(job: &[Component], items: &[Item]) -> Result<RecordBatch> {
    let mut numbers: Vec<u32> = job
        .iter()
        .flat_map(|component| component.items.clone())
        .collect();
    numbers.sort_unstable();
    let mut groups_of: BTreeMap<u32, Vec<Option<u32>>> = BTreeMap::new();
    let groups = job.iter().flat_map(|component| &component.groups);
    for (group, members) in (0u32..).zip(groups) {
        for member in members {
            groups_of.entry(*member).or_default().push(Some(group));
        }
    }
    let told: Vec<&Item> = numbers
        .iter()
        .filter_map(|&at| items.get(at as usize))
        .collect();
    let bands = numbers.iter().map(|number| groups_of.remove(number));
    let columns: [(&str, ArrayRef); 6] = [
        ("item", Arc::new(UInt32Array::from(numbers.clone()))),
        (
            "rank",
            Arc::new(
                told.iter()
                    .map(|item| Some(item.rank))
                    .collect::<UInt32Array>(),
            ),
        ),
        (
            "chain",
            Arc::new(told.iter().map(|item| item.chain).collect::<UInt32Array>()),
        ),
        (
            "pinned",
            Arc::new(
                told.iter()
                    .map(|item| Some(item.pinned))
                    .collect::<BooleanArray>(),
            ),
        ),
        (
            "source",
            Arc::new(
                told.iter()
                    .map(|item| Some(item.source))
                    .collect::<UInt32Array>(),
            ),
        ),
        (
            "groups",
            Arc::new(ListArray::from_iter_primitive::<UInt32Type, _, _>(bands)),
        ),
    ];
    Ok(RecordBatch::try_from_iter_with_nullable(
        columns.map(|(name, column)| (name, column, true)),
    )?)
}

/// Numbers of the members in the corpus; the members by their place in this table; their groups, by place.
type Members = (Vec<u32>, Vec<Item>, Vec<Vec<u32>>);

fn read_members(table: &RecordBatch) -> Result<Members> {
    let numbers = |name: &str| column(table, name).map(AsArray::as_primitive::<UInt32Type>);
    let (ranks, chains, sources) = (numbers("rank")?, numbers("chain")?, numbers("source")?);
    let pinned = column(table, "pinned")?.as_boolean();
    let bands = column(table, "groups")?.as_list::<i32>();
    let mut items = Vec::with_capacity(table.num_rows());
    let mut groups: Vec<Vec<u32>> = Vec::new();
    for row in 0..table.num_rows() {
        items.push(Item {
            // What is measured here differs already.
            digest: [0; 32],
            rank: ranks.value(row),
            chain: chains.is_valid(row).then(|| chains.value(row)),
            pinned: pinned.value(row),
            source: sources.value(row),
        });
        for &group in bands.value(row).as_primitive::<UInt32Type>().values() {
            let group = group as usize;
            if groups.len() <= group {
                groups.resize_with(group + 1, Vec::new);
            }
            groups[group].push(number(row));
        }
    }
    Ok((numbers("item")?.values().to_vec(), items, groups))
}
