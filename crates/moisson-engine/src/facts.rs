//! The facts of a release: what its documents are made of. They come from the manifest, so that they can be told again
//! without the corpus.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, FieldRef, Schema};
use moisson_core::Result;
use moisson_harvest::{Acquisition as Received, FetchConfig, Receipt};
use moisson_ingest::readers::READERS;
use moisson_publish::{
    Acquisition, AttributionEntry, ColumnFacts, ColumnKind, FamilyFacts, PersonalFacts,
    ReleaseFacts, ShardFacts, SliceFacts, SourceFacts, SplitFacts, Totals, VerdictFacts,
};
use moisson_rights::Rulings;
use moisson_shard::tally::{Tally, TallyCell, TallyKey};
use moisson_shard::{file, release};

use crate::fetch;
use crate::manifest::{Books, ReleaseManifest, ShardEntry};
use crate::pipeline::{Pipeline, Source};
use crate::session::Session;

/// What is told of a release.
pub(crate) struct Told {
    /// Facts of the whole.
    pub(crate) release: ReleaseFacts,
    /// What each source asks to be said of it.
    pub(crate) attributions: Vec<AttributionEntry>,
}

/// Columns that facts are counted from, where a release of an earlier version tells none. One it lacks reads as null.
const COLUMNS: [&str; 15] = [
    "source",
    "licence",
    "language",
    "genre",
    "producer",
    "text_bytes",
    "modified_on",
    "version_from",
    "published_on",
    "tokens",
    "obligations",
    "optout_verdict",
    "pii_classes",
    "pii_risk",
    "licence_evidence",
];

/// Facts of a release that its manifest lists.
///
/// # Errors
/// [`moisson_core::Error::Store`] if a shard or receipt that has to be looked at cannot be read.
pub(crate) fn of(
    pipeline: &Pipeline,
    manifest: &ReleaseManifest,
    session: &Session,
) -> Result<Told> {
    let counts = if manifest.facts.is_empty() {
        Counts::of(&counted(manifest, session)?)
    } else {
        Counts::of(&manifest.facts)
    };
    let columns = columns_of_output(manifest, session)?;
    counts.told(pipeline, manifest, columns, session)
}

/// Counts the rows of a release of an earlier version.
fn counted(manifest: &ReleaseManifest, session: &Session) -> Result<Tally> {
    let mut tally = Tally::default();
    for shard in &manifest.shards {
        let bytes = session.store().get(&format!("release/{}", shard.path))?;
        for batch in file::read(bytes, Some(&COLUMNS), 8192)? {
            tally.add(&shard.family, &batch?)?;
        }
    }
    Ok(tally)
}

/// What is told of the released documents, counted.
#[derive(Debug, Default)]
struct Counts {
    slices: Vec<SliceFacts>,
    optouts: BTreeMap<String, u64>,
    personal: Option<PersonalFacts>,
}

impl Counts {
    fn of(tally: &Tally) -> Self {
        let mut total = TallyCell::default();
        let slices = tally.iter().map(|(key, cell)| {
            total.merge(cell);
            slice(key, cell)
        });
        let slices = slices.collect();
        let personal = PersonalFacts {
            replaced: total.pii_replaced,
            risk: total.pii_risk,
        };
        Self {
            slices,
            optouts: total.optout_verdict,
            // Every document has a risk where personal data was looked for.
            personal: (!personal.risk.is_empty()).then_some(personal),
        }
    }

    /// Adds up documents under a name of the slice, such as its language.
    fn by(
        &self,
        filter: impl Fn(&SliceFacts) -> bool,
        name: impl Fn(&SliceFacts) -> &str,
    ) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for slice in self.slices.iter().filter(|slice| filter(slice)) {
            *counts.entry(name(slice).to_owned()).or_default() += slice.rows;
        }
        counts
    }

    fn told(
        self,
        pipeline: &Pipeline,
        manifest: &ReleaseManifest,
        columns: Vec<ColumnFacts>,
        session: &Session,
    ) -> Result<Told> {
        let attributions = attributions(pipeline, self.slices.iter());
        let sources = manifest
            .sources
            .iter()
            .filter_map(|(name, books)| Some((name, books, pipeline.source.get(name)?)))
            .map(|(name, books, config)| self.source(name, books, config, pipeline, session))
            .collect::<Result<Vec<SourceFacts>>>()?;
        let families = families(manifest, |family| {
            self.by(|slice| slice.family == family, |slice| &slice.licence)
        });
        let dedup = &pipeline.dedup;
        let sentence = format!(
            "MinHash with {} bands of {} rows proposes; the exact {} similarity of sets of five-word shingles \
             decides, from {} on. A document is dropped only against one that is released, and the ledger holds both \
             ids and the measured value.",
            dedup.bands,
            dedup.rows,
            dedup.measure.name(),
            dedup.threshold
        );
        let release = ReleaseFacts {
            name: pipeline.name.clone(),
            title: pipeline.title.clone(),
            description: pipeline.description.clone(),
            languages: self.by(|_| true, |slice| &slice.language),
            tier: pipeline.tier,
            families,
            totals: Totals::of(&sources),
            sources,
            dedup: dedup.near.then_some(sentence),
            pipeline_digest: manifest.plan_digest.to_hex(),
            notes: Vec::new(),
            content_digest: manifest.content_digest.to_hex(),
            moisson_version: manifest.moisson_version.clone(),
            shards: shards(manifest, session)?,
            slices: self.slices,
            columns,
            tokenizer: pipeline.tokens.name(),
            verdicts: pipeline.verdict.iter().map(VerdictFacts::from).collect(),
            optouts: self.optouts,
            personal: self.personal,
            publication: pipeline.publication.clone(),
            attestations: pipeline.attestations.clone(),
        };
        Ok(Told {
            release,
            attributions,
        })
    }

    fn source(
        &self,
        name: &str,
        books: &Books,
        config: &Source,
        pipeline: &Pipeline,
        session: &Session,
    ) -> Result<SourceFacts> {
        let slices = || self.slices.iter().filter(|slice| slice.source == name);
        let tokens = slices().map(|slice| slice.tokens).sum::<Option<u64>>();
        let rulings = Rulings::of_source(&pipeline.verdict, name);
        let verdicts = rulings.iter();
        let receipts = fetch::receipts(name, session.store())?;
        let reader = READERS.iter().find(|entry| entry.name == config.reader);
        let version = reader.map_or(0, |entry| entry.version);
        Ok(SourceFacts {
            name: name.to_owned(),
            title: config.title.clone(),
            producer: config.producer.clone(),
            reader: format!("{}@{version}", config.reader),
            read: books.read,
            released: books.released,
            dropped: books.dropped.clone(),
            text_bytes: books.text_bytes_out,
            licences: self.by(|slice| slice.source == name, |slice| &slice.licence),
            url: config.url.clone(),
            last_update: slices().filter_map(|slice| slice.updated_max.clone()).max(),
            acquisition: acquisition(config, &receipts),
            retrieved: retrieved(&receipts),
            verdicts: verdicts.map(|verdict| verdict.id.clone()).collect(),
            tokens,
        })
    }
}

fn slice(key: &TallyKey, cell: &TallyCell) -> SliceFacts {
    SliceFacts {
        family: key.licence_family.clone(),
        source: key.source.clone(),
        licence: key.licence.clone(),
        language: key.language.clone().unwrap_or_else(|| "und".to_owned()),
        genre: key.genre.clone(),
        producer: key.producer.clone(),
        rows: cell.rows,
        text_bytes: cell.text_bytes,
        tokens: cell.all_tokens(),
        updated_min: cell.updated_min.map(|date| date.to_string()),
        updated_max: cell.updated_max.map(|date| date.to_string()),
        obligations: cell.obligations.keys().cloned().collect(),
    }
}

/// Receipts of a source, by the names of their objects.
type Receipts = BTreeMap<String, Arc<Receipt>>;

/// The shards, with their SHA-256: from the manifest, or computed where an earlier version did not state it.
fn shards(manifest: &ReleaseManifest, session: &Session) -> Result<Vec<ShardFacts>> {
    let told = |shard: &ShardEntry| {
        let sha256 = if shard.sha256.is_empty() {
            file::sha256_hex(&session.store().get(&format!("release/{}", shard.path))?)
        } else {
            shard.sha256.clone()
        };
        Ok(ShardFacts {
            path: shard.path.clone(),
            family: shard.family.clone(),
            split: shard.split.clone(),
            rows: shard.rows,
            text_bytes: shard.text_bytes,
            bytes: shard.bytes,
            sha256,
        })
    };
    manifest.shards.iter().map(told).collect()
}

/// Columns of shards, as schemas of Arrow hold them.
fn columns(schema: &Schema) -> Vec<ColumnFacts> {
    let told = |field: &FieldRef| {
        let (kind, of) = match field.data_type() {
            DataType::Date32 => (ColumnKind::Date, field.data_type()),
            DataType::List(item) => (ColumnKind::Texts, item.data_type()),
            other if other.is_integer() => (ColumnKind::Integer, other),
            other => (ColumnKind::Text, other),
        };
        let dtype = match of {
            DataType::Utf8 | DataType::Utf8View => "string".to_owned(),
            DataType::LargeUtf8 => "large_string".to_owned(),
            other => format!("{other}").to_lowercase(),
        };
        let name = field.name().clone();
        ColumnFacts { name, kind, dtype }
    };
    schema.fields().iter().map(told).collect()
}

/// Columns of the release: as its first shard has them, since an earlier version wrote others.
fn columns_of_output(manifest: &ReleaseManifest, session: &Session) -> Result<Vec<ColumnFacts>> {
    let earlier = manifest
        .shards
        .first()
        .filter(|_| manifest.facts.is_empty());
    let Some(shard) = earlier else {
        return Ok(columns(&release::schema()));
    };
    let bytes = session.store().get(&format!("release/{}", shard.path))?;
    let first = file::read(bytes, None, 1)?.next().transpose()?;
    let schema = first.map_or_else(release::schema, |batch| batch.schema());
    Ok(columns(&schema))
}

/// How a source was come by: as its receipts say; without any, what its protocol is. Where nothing is fetched, only
/// that pages were crawled is known.
fn acquisition(config: &Source, receipts: &Receipts) -> Acquisition {
    let crawled = receipts
        .values()
        .any(|receipt| receipt.acquisition == Received::Crawl);
    if config.reader == "warc" || crawled {
        return Acquisition::Crawl;
    }
    match &config.fetch {
        _ if config.at.is_empty() => Acquisition::Local,
        FetchConfig::Oai(_) => Acquisition::Oai,
        FetchConfig::Hal(_) | FetchConfig::Judilibre(_) => Acquisition::Api,
        FetchConfig::Listing(_) if receipts.is_empty() => Acquisition::Crawl,
        _ => Acquisition::Bulk,
    }
}

/// First and last day on which files of a source were received.
fn retrieved(receipts: &Receipts) -> Option<(String, String)> {
    let days = receipts
        .values()
        .filter_map(|receipt| receipt.retrieved_at.get(..10));
    let (first, last) = days.clone().min().zip(days.max())?;
    Some((first.to_owned(), last.to_owned()))
}

fn families(
    manifest: &ReleaseManifest,
    licences: impl Fn(&str) -> BTreeMap<String, u64>,
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
                licences: licences(&shard.family),
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

/// What each source asks to be said of it, by licence and producer.
fn attributions<'a>(
    pipeline: &Pipeline,
    slices: impl Iterator<Item = &'a SliceFacts>,
) -> Vec<AttributionEntry> {
    let mut entries: BTreeMap<(&str, &str, Option<&str>), AttributionEntry> = BTreeMap::new();
    for slice in slices {
        let key = (
            slice.source.as_str(),
            slice.licence.as_str(),
            slice.producer.as_deref(),
        );
        let entry = entries.entry(key).or_insert_with(|| {
            let config = pipeline.source.get(&slice.source);
            let mut entry = AttributionEntry::new(&slice.source, &slice.licence, 0);
            let producer = slice.producer.clone();
            entry.producer = producer.or_else(|| config.and_then(|config| config.producer.clone()));
            entry.url = config.and_then(|config| config.url.clone());
            entry.title = config.and_then(|config| config.title.clone());
            entry
        });
        entry.documents += slice.rows;
        let latest = entry.last_update.take().max(slice.updated_max.clone());
        entry.last_update = latest;
    }
    entries.into_values().collect()
}
