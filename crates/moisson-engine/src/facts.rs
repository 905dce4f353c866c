//! The facts of a release, counted from the corpus: what its card and attribution file are made of.

use std::collections::BTreeMap;

use moisson_core::Date;
use moisson_publish::{
    AttributionEntry, FamilyFacts, ReleaseFacts, SourceFacts, SplitFacts, Totals,
};

use crate::corpus::Corpus;
use crate::manifest::ReleaseManifest;
use crate::plan::Plan;

/// Counts over the released documents.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    languages: BTreeMap<String, u64>,
    family_licences: BTreeMap<String, BTreeMap<String, u64>>,
    source_licences: Vec<BTreeMap<String, u64>>,
    source_updates: Vec<Option<Date>>,
    attributions: BTreeMap<Attributed, (u64, Option<Date>)>,
}

/// Source, licence and producer of documents that share one attribution; beside it their number and latest update.
type Attributed = (usize, String, Option<String>);

impl Counts {
    /// Counts the released documents, once.
    pub(crate) fn new(plan: &Plan, corpus: &Corpus) -> Self {
        let sources = plan.sources.len();
        let mut counts = Self {
            source_licences: vec![BTreeMap::new(); sources],
            source_updates: vec![None; sources],
            ..Self::default()
        };
        for part in &corpus.parts {
            let source = part.part.source;
            for (row, _) in part.alive.iter().enumerate().filter(|(_, alive)| **alive) {
                let text = |name| part.text(name, row).unwrap_or_default().to_owned();
                let language = part.text("language", row).unwrap_or("und").to_owned();
                *counts.languages.entry(language).or_default() += 1;
                let licence = text("licence");
                let family = counts
                    .family_licences
                    .entry(text("licence_shard_family"))
                    .or_default();
                *family.entry(licence.clone()).or_default() += 1;
                if let Some(licences) = counts.source_licences.get_mut(source) {
                    *licences.entry(licence.clone()).or_default() += 1;
                }
                let update = part.last_update(row);
                if let Some(latest) = counts.source_updates.get_mut(source) {
                    *latest = (*latest).max(update);
                }
                let producer = part.text("producer", row).map(str::to_owned);
                let entry = counts
                    .attributions
                    .entry((source, licence, producer))
                    .or_default();
                entry.0 += 1;
                entry.1 = entry.1.max(update);
            }
        }
        counts
    }
}

/// Facts of the whole release.
pub(crate) fn release(plan: &Plan, counts: &Counts, manifest: &ReleaseManifest) -> ReleaseFacts {
    let sources: Vec<SourceFacts> = plan
        .sources
        .iter()
        .zip(&manifest.sources)
        .enumerate()
        .map(|(at, (source, (_, books)))| SourceFacts {
            name: source.name.clone(),
            title: source.config.title.clone(),
            producer: source.config.producer.clone(),
            reader: source.reader_tag.clone(),
            read: books.read,
            released: books.released,
            dropped: books.dropped.clone(),
            text_bytes: books.text_bytes_out,
            licences: counts.source_licences.get(at).cloned().unwrap_or_default(),
            url: source.config.url.clone(),
            last_update: counts
                .source_updates
                .get(at)
                .copied()
                .flatten()
                .map(|d| d.to_string()),
        })
        .collect();
    let dedup = &plan.pipeline.dedup;
    let sentence = format!(
        "MinHash with {} bands of {} rows proposes; the exact {} similarity of sets of five-word shingles decides, \
         from {} on. A document is dropped only against one that is released, and the ledger holds both ids and the \
         measured value.",
        dedup.bands,
        dedup.rows,
        dedup.measure.name(),
        dedup.threshold
    );
    ReleaseFacts {
        name: plan.pipeline.name.clone(),
        title: plan.pipeline.title.clone(),
        description: plan.pipeline.description.clone(),
        languages: counts.languages.clone(),
        tier: plan.pipeline.tier,
        families: families(manifest, &counts.family_licences),
        totals: Totals::of(&sources),
        sources,
        dedup: dedup.near.then_some(sentence),
        pipeline_digest: plan.digest.to_hex(),
        notes: Vec::new(),
    }
}

fn families(
    manifest: &ReleaseManifest,
    licences: &BTreeMap<String, BTreeMap<String, u64>>,
) -> Vec<FamilyFacts> {
    let mut families: Vec<FamilyFacts> = Vec::new();
    // Shards are sorted by path, so those of a family and split follow each other.
    for shard in &manifest.shards {
        if families
            .last()
            .is_none_or(|family| family.name != shard.family)
        {
            families.push(FamilyFacts {
                name: shard.family.clone(),
                licences: licences.get(&shard.family).cloned().unwrap_or_default(),
                splits: Vec::new(),
            });
        }
        let Some(family) = families.last_mut() else {
            continue;
        };
        if family
            .splits
            .last()
            .is_none_or(|split| split.split != shard.split)
        {
            let split = shard.split.clone();
            family.splits.push(SplitFacts {
                split,
                rows: 0,
                text_bytes: 0,
                shards: Vec::new(),
            });
        }
        if let Some(split) = family.splits.last_mut() {
            split.rows += shard.rows;
            split.text_bytes += shard.text_bytes;
            split.shards.push(shard.path.clone());
        }
    }
    families
}

/// What each source asks to be said of it.
pub(crate) fn attributions(plan: &Plan, counts: &Counts) -> Vec<AttributionEntry> {
    counts
        .attributions
        .iter()
        .filter_map(|((source, licence, producer), (documents, update))| {
            let source = plan.sources.get(*source)?;
            let mut entry = AttributionEntry::new(&source.name, licence, *documents);
            entry.producer = producer.clone().or_else(|| source.config.producer.clone());
            entry.last_update = update.map(|date| date.to_string());
            entry.url.clone_from(&source.config.url);
            entry.title.clone_from(&source.config.title);
            Some(entry)
        })
        .collect()
}
