//! Takes forgotten documents out of the mirror, where the container lets it.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use moisson_core::{Digest, Result, TextColumn};
use moisson_harvest::Receipt;
use moisson_ingest::redact::{self, Redacted};

use crate::fetch::MIRROR;
use crate::forget::find;
use crate::forget::promote::Gone;
use crate::forget::proof::{Change, Unreached};
use crate::forget::tombstones::Tombstones;
use crate::manifest::ReleaseManifest;
use crate::plan::Plan;
use crate::session::Session;

/// What became of the sources.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) changes: Vec<Change>,
    pub(crate) unreached: Vec<Unreached>,
}

/// What is to go from one object.
#[derive(Debug, Default)]
struct Wanted {
    members: BTreeSet<String>,
    digests: BTreeSet<Digest>,
}

/// Redacts the mirror. Objects are told of by a keyed hash: their names may name a document.
///
/// # Errors
/// [`Error::Store`] if an object cannot be read, written or removed.
pub(crate) fn redact(
    session: &Session,
    manifest: &ReleaseManifest,
    plan: &Plan,
    tombstones: &Tombstones,
    gone: &[Gone],
) -> Result<Outcome> {
    let mut wanted: BTreeMap<(usize, &str), Wanted> = BTreeMap::new();
    for one in gone {
        let (file, member) = match one.raw_uri.split_once('!') {
            Some((file, member)) => (file, Some(member)),
            None => (one.raw_uri.as_str(), None),
        };
        let wanted = wanted.entry((one.source, file)).or_default();
        wanted.members.extend(member.map(str::to_owned));
        wanted.digests.extend(Digest::from_hex(&one.raw_digest));
    }
    let mut outcome = Outcome::default();
    let mut inputs: BTreeMap<&str, usize> = BTreeMap::new();
    let mut unreached: BTreeMap<&str, usize> = BTreeMap::new();
    let forgotten: BTreeSet<&str> = gone.iter().map(|one| one.doc_id.as_str()).collect();
    let shared = shared(session, manifest, plan, &wanted, &forgotten)?;
    let mut touched = Vec::new();
    for ((source, file), wanted) in &wanted {
        let Some(source_plan) = plan.sources.get(*source) else {
            continue;
        };
        let name = source_plan.name.as_str();
        // Neither the path nor the mirror itself is in the manifest: what lies in the mirror is of the mirror.
        let path = format!("{MIRROR}/data/{name}/{file}");
        let receipt_path = format!("{MIRROR}/receipts/{name}/{file}.json");
        let Some(bytes) = session.store().get_if_present(&path)? else {
            *inputs.entry(name).or_default() += 1;
            touched.push((*file).to_owned());
            continue;
        };
        let told = format!("{MIRROR}/data/{name}/{}", short(tombstones, file));
        let is_alone =
            wanted.members.is_empty() && !shared.contains(&(*source, (*file).to_owned()));
        let redacted = if is_alone {
            Redacted::Empty
        } else {
            redact::without(file, &bytes, &wanted.members, &wanted.digests)?
        };
        match redacted {
            Redacted::Empty => {
                session.store().delete(&receipt_path)?;
                session.store().delete(&path)?;
                touched.push((*file).to_owned());
                outcome.changes.push(Change::of_mirror(&told, "deleted"));
            }
            Redacted::Rest(rest) => {
                replace(session, &path, &receipt_path, rest)?;
                outcome.changes.push(Change::of_mirror(&told, "redacted"));
            }
            Redacted::Unknown => *unreached.entry(name).or_default() += 1,
        }
    }
    forget_inputs(session, &touched)?;
    for (source, files) in inputs {
        outcome.unreached.push(Unreached::new(
            "inputs",
            format!("{files} input files of source `{source}` lie outside the output and are never changed: remove the records there yourself"),
            format!("{files} fichiers d'entrée de la source « {source} » sont hors de la sortie et jamais modifiés : retirez-y les enregistrements vous-même"),
        ));
    }
    for (source, files) in unreached {
        outcome.unreached.push(Unreached::new(
            "mirror",
            format!("{files} mirrored files of source `{source}` hold other documents too, in a container that cannot be rewritten; they stay as they are"),
            format!("{files} fichiers du miroir de la source « {source} » contiennent aussi d'autres documents, dans un format qui ne se réécrit pas ; ils restent tels quels"),
        ));
    }
    Ok(outcome)
}

/// A name that tells nothing.
fn short(tombstones: &Tombstones, file: &str) -> String {
    let hash = tombstones.keyed(file);
    format!("file:{}", hash.get(..16).unwrap_or(&hash))
}

/// Files without members that hold documents besides those that are forgotten.
fn shared(
    session: &Session,
    manifest: &ReleaseManifest,
    plan: &Plan,
    wanted: &BTreeMap<(usize, &str), Wanted>,
    forgotten: &BTreeSet<&str>,
) -> Result<BTreeSet<(usize, String)>> {
    let mut shared = BTreeSet::new();
    if wanted.values().all(|wanted| !wanted.members.is_empty()) {
        return Ok(shared);
    }
    for batches in find::parts(session, manifest, &["doc_id", "source", "raw_uri"])? {
        for batch in &batches {
            let text = |name| TextColumn::try_new(batch, name);
            let (ids, sources, uris) = (text("doc_id")?, text("source")?, text("raw_uri")?);
            for row in 0..batch.num_rows() {
                let uri = uris.get(row).unwrap_or_default();
                let source = sources.get(row).unwrap_or_default();
                let source = plan.sources.iter().position(|plan| plan.name == source);
                let source = source.unwrap_or(usize::MAX);
                let is_other = !forgotten.contains(ids.get(row).unwrap_or_default());
                if is_other && wanted.contains_key(&(source, uri)) {
                    shared.insert((source, uri.to_owned()));
                }
            }
        }
    }
    Ok(shared)
}

/// Writes what is left of an object, and its receipt: the validators stay, so that it is not fetched again unchanged.
fn replace(session: &Session, path: &str, receipt_path: &str, rest: Vec<u8>) -> Result<()> {
    let store = session.store();
    let receipt: Option<Receipt> = store.get_json(receipt_path)?;
    let bytes = Bytes::from(rest);
    if let Some(mut receipt) = receipt {
        receipt.bytes = bytes.len() as u64;
        receipt.digest = Digest::of(&bytes);
        receipt.redacted = true;
        // What the publisher states of the whole does not hold for what is left.
        receipt.checksum = None;
        store.put(path, bytes)?;
        return store.put_json(receipt_path, &receipt);
    }
    store.put(path, bytes)
}

/// Takes files out of the list of known inputs: their names may name a document.
fn forget_inputs(session: &Session, files: &[String]) -> Result<()> {
    const INPUTS: &str = "parts/inputs.json";
    let known: Option<serde_json::Map<String, serde_json::Value>> =
        session.store().get_json(INPUTS)?;
    let Some(mut known) = known else {
        return Ok(());
    };
    let before = known.len();
    known.retain(|place, _| !files.iter().any(|file| place.ends_with(file.as_str())));
    if known.len() == before {
        return Ok(());
    }
    session.store().put_json(INPUTS, &known)
}

/// What nobody can reach from here, whatever was asked for.
pub(crate) fn always(session: &Session) -> Vec<Unreached> {
    let mut all = vec![
        Unreached::new(
            "published-copies",
            "copies that were published or downloaded (dataset hubs, clones, shards that others keep, trained models) are not reached: tell those who have them".to_owned(),
            "les copies publiées ou téléchargées (plateformes de jeux de données, clones, fichiers conservés par des tiers, modèles entraînés) ne sont pas atteintes : prévenez leurs détenteurs".to_owned(),
        ),
        Unreached::new(
            "backups",
            "backups, snapshots of file systems and caches of networks are not reached".to_owned(),
            "les sauvegardes, les instantanés de systèmes de fichiers et les caches de réseau ne sont pas atteints".to_owned(),
        ),
    ];
    if session.store().folder().is_none() {
        all.push(Unreached::new(
            "object-versions",
            "where the bucket keeps versions, soft-deletes or replicates, earlier versions of the deleted objects may exist: remove them, or let a lifecycle rule do it".to_owned(),
            "si le compartiment conserve les versions, diffère les suppressions ou réplique, d'anciennes versions des objets supprimés peuvent exister : supprimez-les, ou confiez-le à une règle de cycle de vie".to_owned(),
        ));
    }
    all
}
