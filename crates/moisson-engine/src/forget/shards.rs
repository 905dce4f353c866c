//! Rewrites the shards that lose or gain documents, and no others.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use moisson_core::digest::KeyHasher;
use moisson_core::{Digest, Error, Result, TextColumn};
use moisson_shard::layout::Bucket;
use moisson_shard::relayout::{self, Added, Leaf, NewLeaf};
use moisson_shard::{file, release};

use crate::forget::promote::{Remade, Survivor};
use crate::forget::scan::Released;
use crate::gather::{self, GatherSpec, Places};
use crate::manifest::{ReleaseManifest, ShardEntry};
use crate::scatter::{self, Targets};
use crate::shard::{Layout, SHARD_VERSION};
use crate::stage::Workshop;

/// What becomes of the shards.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// Shards that stay as they are, by place.
    keep: Vec<usize>,
    /// Shards that are written.
    pub(crate) write: Vec<Write>,
    /// Released rows that go, by shard.
    pub(crate) removed: BTreeMap<usize, BTreeSet<u32>>,
    /// Documents that come, by number.
    pub(crate) added: Vec<u32>,
}

/// A shard that is written.
#[derive(Debug)]
pub(crate) struct Write {
    family: String,
    split: String,
    leaf: NewLeaf,
    /// The shards whose documents it takes, by place in the manifest.
    from: Vec<usize>,
    /// Numbers of the documents that come.
    items: Vec<u32>,
}

/// Bytes before edits and rows that each shard loses.
type Lost = BTreeMap<usize, (u64, u64)>;

/// Plans the change; `None` where a shard has to be cut in two, or nothing tells the size of a text.
pub(crate) fn plan(
    manifest: &ReleaseManifest,
    released: &[Released],
    remade: &Remade,
    target_bytes: u64,
) -> Option<Plan> {
    let (staying, coming) = sort_out(manifest, released, remade);
    let mut plan = Plan {
        added: coming.iter().map(|survivor| survivor.item).collect(),
        ..Plan::default()
    };
    let mut lost = Lost::new();
    let stays = |one: &&Released| staying.contains(one.doc_id.as_str());
    for one in released.iter().filter(|one| !stays(one)) {
        let of_text = (one.doc_id.clone(), one.digest.clone());
        let bytes = remade.bytes.get(&of_text)?;
        let lost = lost.entry(one.shard).or_default();
        *lost = (lost.0 + bytes, lost.1 + 1);
        plan.removed.entry(one.shard).or_default().insert(one.row);
    }
    let of_shard = |shard: &ShardEntry| (shard.family.clone(), shard.split.clone());
    let losing = lost.keys().filter_map(|at| manifest.shards.get(*at));
    let gaining = coming.iter();
    let gaining = gaining.map(|one| (one.family.clone(), one.home.split.clone()));
    let touched: BTreeSet<(String, String)> = losing.map(of_shard).chain(gaining).collect();
    let untouched = manifest.shards.iter().enumerate();
    let untouched = untouched.filter(|(_, shard)| !touched.contains(&of_shard(shard)));
    plan.keep.extend(untouched.map(|(at, _)| at));
    for (family, split) in touched {
        let is_here = |one: &&Survivor| one.family == family && one.home.split == split;
        let coming: Vec<&Survivor> = coming.iter().copied().filter(is_here).collect();
        let mut places: Vec<(usize, &ShardEntry)> = manifest
            .shards
            .iter()
            .enumerate()
            .filter(|(_, shard)| shard.family == family && shard.split == split)
            .collect();
        places.sort_by(|left, right| left.1.bucket.cmp(&right.1.bucket));
        plan.lay_out(&places, &coming, &lost, target_bytes)?;
    }
    Some(plan)
}

/// Released documents that stay where they are, and documents that come to a shard.
fn sort_out<'a>(
    manifest: &ReleaseManifest,
    released: &[Released],
    remade: &'a Remade,
) -> (BTreeSet<&'a str>, Vec<&'a Survivor>) {
    let of_id: HashMap<&str, usize> = released
        .iter()
        .map(|one| (one.doc_id.as_str(), one.shard))
        .collect();
    let (mut staying, mut coming) = (BTreeSet::new(), Vec::new());
    for survivor in &remade.survivors {
        let shard = of_id.get(survivor.doc_id.as_str());
        let shard = shard.and_then(|at| manifest.shards.get(*at));
        let stays = shard.is_some_and(|shard| {
            shard.family == survivor.family
                && shard.split == survivor.home.split
                && survivor.home.is_in(&shard.bucket)
        });
        if stays {
            staying.insert(survivor.doc_id.as_str());
        } else {
            coming.push(survivor);
        }
    }
    (staying, coming)
}

impl Plan {
    /// Plans the shards of one family and split, in order of their bits.
    fn lay_out(
        &mut self,
        places: &[(usize, &ShardEntry)],
        coming: &[&Survivor],
        lost: &Lost,
        target_bytes: u64,
    ) -> Option<()> {
        let leaf = |(at, shard): &(usize, &ShardEntry)| {
            let (bytes, rows) = lost.get(at).copied().unwrap_or_default();
            Some(Leaf {
                bits: shard.bucket.clone(),
                bytes: shard.source_bytes?.checked_sub(bytes)?,
                rows: shard.rows.checked_sub(rows)?,
            })
        };
        let leaves: Vec<Leaf> = places.iter().map(leaf).collect::<Option<_>>()?;
        let added = coming.iter().map(|one| Added {
            hash: one.home.hash,
            bytes: one.bytes,
        });
        let added: Vec<Added> = added.collect();
        let of_shard = places
            .first()
            .map(|(_, shard)| (&shard.family, &shard.split));
        let of_coming = coming.first().map(|one| (&one.family, &one.home.split));
        let (family, split) = of_shard.or(of_coming)?;
        for leaf in relayout::relayout(&leaves, &added, target_bytes)? {
            let from = leaf.from.iter().filter_map(|at| places.get(*at));
            let from: Vec<usize> = from.map(|(place, _)| *place).collect();
            let items = leaf.added.iter().filter_map(|at| coming.get(*at));
            let items: Vec<u32> = items.map(|one| one.item).collect();
            let before = leaf.from.first().and_then(|at| leaves.get(*at));
            let is_same = before.is_some_and(|before| before.bits == leaf.bits);
            match from.as_slice() {
                [one] if is_same && items.is_empty() && !lost.contains_key(one) => {
                    self.keep.push(*one);
                }
                _ => self.write.push(Write {
                    family: family.clone(),
                    split: split.clone(),
                    leaf,
                    from,
                    items,
                }),
            }
        }
        Some(())
    }
}

/// Plans to take rows out of shards and nothing else: for an output without parts, where nothing can be promoted.
pub(crate) fn plan_without_parts(manifest: &ReleaseManifest, released: &[Released]) -> Plan {
    let mut plan = Plan::default();
    let mut bytes: BTreeMap<usize, u64> = BTreeMap::new();
    for one in released {
        plan.removed.entry(one.shard).or_default().insert(one.row);
        *bytes.entry(one.shard).or_default() += one.text_bytes;
    }
    for (at, shard) in manifest.shards.iter().enumerate() {
        let Some(rows) = plan.removed.get(&at) else {
            plan.keep.push(at);
            continue;
        };
        if rows.len() as u64 == shard.rows {
            continue;
        }
        let source_bytes = shard.source_bytes.unwrap_or(shard.text_bytes);
        plan.write.push(Write {
            family: shard.family.clone(),
            split: shard.split.clone(),
            leaf: NewLeaf {
                bits: shard.bucket.clone(),
                from: vec![0],
                added: Vec::new(),
                bytes: source_bytes.saturating_sub(bytes.get(&at).copied().unwrap_or_default()),
            },
            from: vec![at],
            items: Vec::new(),
        });
    }
    plan
}

/// Writes the shards into the staging folder; returns the entries of all shards of the release, in order of path.
///
/// # Errors
/// [`Error::Store`] if a shard cannot be read or written.
pub(crate) fn write(
    shop: Workshop<'_>,
    manifest: &ReleaseManifest,
    plan: &Plan,
    remade: Option<&Remade>,
) -> Result<Vec<ShardEntry>> {
    let mut entries: Vec<ShardEntry> = plan
        .keep
        .iter()
        .filter_map(|at| manifest.shards.get(*at).cloned())
        .collect();
    let layout = layout(manifest, plan);
    let blobs = match remade {
        Some(remade) if !plan.added.is_empty() => {
            let all: Vec<usize> = (0..plan.write.len()).collect();
            scatter::run(shop, &remade.corpus, &Targets::new(&all, &layout))?
        }
        _ => BTreeMap::new(),
    };
    for (place, write) in (0u32..).zip(&plan.write) {
        shop.control.check()?;
        let (bucket, key) = layout.shard(place as usize)?;
        let mut batches = Vec::new();
        for at in &write.from {
            batches.extend(left(shop, manifest, *at, plan.removed.get(at))?);
        }
        let new = blobs.get(&place).map_or(&[][..], Vec::as_slice);
        batches.extend(gather::read(shop, new)?.0);
        let mut order = Vec::new();
        for (at, batch) in batches.iter().enumerate() {
            for (row, id) in TextColumn::try_new(batch, "doc_id")?.iter().enumerate() {
                let id = id.unwrap_or_default();
                let hash = relayout::order(id, &shop.plan.pipeline.shard);
                order.push((hash, id, (at, row)));
            }
        }
        order.sort_unstable();
        let places = order.into_iter().map(|(_, _, place)| place);
        let places: Places = (0u32..).zip(places).collect();
        let items: Vec<u32> = (0u32..).take(places.len()).collect();
        entries.push(gather::seal(
            shop,
            GatherSpec::new(key, bucket),
            &batches,
            &places,
            &items,
        )?);
    }
    entries.sort_unstable_by(|left, right| left.path.cmp(&right.path));
    Ok(entries)
}

fn layout(manifest: &ReleaseManifest, plan: &Plan) -> Layout {
    let (mut buckets, mut keys, mut numbers) = (Vec::new(), Vec::new(), Vec::new());
    for write in &plan.write {
        let first = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        numbers.extend(&write.items);
        let end = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        buckets.push(Bucket {
            family: write.family.clone(),
            split: write.split.clone(),
            bits: write.leaf.bits.clone(),
            rows: (first..end).collect(),
            bytes: write.leaf.bytes,
        });
        keys.push(key(manifest, plan, write));
    }
    Layout::of(buckets, keys, numbers)
}

/// Key of a shard that was made from others: it is another than that of a run, which would look at all its rows.
fn key(manifest: &ReleaseManifest, plan: &Plan, write: &Write) -> Digest {
    let mut key = KeyHasher::new("shard-after-forget", SHARD_VERSION)
        .digest(manifest.state)
        .field(write.family.as_bytes())
        .field(write.split.as_bytes())
        .field(write.leaf.bits.as_bytes());
    for at in &write.from {
        if let Some(shard) = manifest.shards.get(*at) {
            key = key.digest(shard.content_digest);
        }
        for row in plan.removed.get(at).into_iter().flatten() {
            key = key.field(&row.to_le_bytes());
        }
    }
    for item in &write.items {
        key = key.field(&item.to_le_bytes());
    }
    key.finish()
}

/// Rows of a shard that stay.
fn left(
    shop: Workshop<'_>,
    manifest: &ReleaseManifest,
    at: usize,
    removed: Option<&BTreeSet<u32>>,
) -> Result<Vec<RecordBatch>> {
    let shard = manifest
        .shards
        .get(at)
        .ok_or_else(|| Error::internal("no such shard"))?;
    let path = format!("release/{}", shard.path);
    let bytes = shop.session.store().get_checked(&path, shard.file_digest)?;
    let mut batches = Vec::new();
    let mut first = 0u32;
    for batch in file::read_as(bytes, &release::schema(), 2048)? {
        let batch = batch?;
        let rows = u32::try_from(batch.num_rows()).unwrap_or(u32::MAX);
        let is_gone = |row| removed.is_some_and(|removed| removed.contains(&row));
        let stays: BooleanArray = (first..first + rows)
            .map(|row| Some(!is_gone(row)))
            .collect();
        let batch = filter_record_batch(&batch, &stays)?;
        batches.push(RecordBatch::try_new(
            release::schema(),
            batch.columns().to_vec(),
        )?);
        first += rows;
    }
    Ok(batches)
}
