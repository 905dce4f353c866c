//! The plan: a pipeline made ready to run. Everything that can be wrong with it is found here, before the first byte.

use std::collections::BTreeMap;

use bytes::Bytes;
use globset::{Glob, GlobSet, GlobSetBuilder};
use moisson_annotate::language::LanguageAnnotator;
use moisson_annotate::licence::{LicenceAnnotator, LicenceParams};
use moisson_annotate::optout::OptOutAnnotator;
use moisson_annotate::pii::PiiAnnotator;
use moisson_annotate::quality::QualityAnnotator;
use moisson_annotate::signature::SignatureAnnotator;
use moisson_core::digest::KeyHasher;
use moisson_core::{Annotator, Digest, Error, Limits, Result};
use moisson_decide::{LicenceGate, RuleSet};
use moisson_harvest::Receipt;
use moisson_ingest::container::Include;
use moisson_ingest::finish::{Defaults, Finisher};
use moisson_ingest::readers::{self, Reader};
use moisson_rights::optout::Sites;
use moisson_rights::{Obligation, Rulings};
use moisson_text::tokens::Tokenizer;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::control::Control;
use crate::input::{self, InputFile, Place};
use crate::pipeline::{Pipeline, Source};
use crate::session::Session;

/// Version of the ingest step: bumped when the same bytes give other documents.
pub const DOCUMENTS_VERSION: u32 = 2;

/// Small files are read together until this many bytes, and cut where a hash of the name says so.
const UNIT_BYTES_MIN: u64 = 4 << 20;
const UNIT_BYTES_MAX: u64 = 64 << 20;

/// A pipeline with its inputs listed, its readers, annotators and rules built.
#[expect(
    missing_debug_implementations,
    reason = "readers and annotators are trait objects"
)]
pub struct Plan {
    /// What it was made from.
    pub pipeline: Pipeline,
    /// Digest of [`Plan::pipeline`].
    pub digest: Digest,
    /// The sources in order.
    pub sources: Vec<SourcePlan>,
    /// The licence gate.
    pub gate: LicenceGate,
    /// The rules in force.
    pub rules: RuleSet,
    /// What readers may take.
    pub limits: Limits,
    /// Digests of the model files, by what they are for.
    pub models: BTreeMap<String, Digest>,
    /// The model files that the pipeline names, by what they are for: [`LANGUAGE`], [`SITES`], [`TOKENS`].
    pub files: BTreeMap<String, Bytes>,
    /// Counts the tokens of what is shipped, where the pipeline names a tokenizer.
    pub tokenizer: Option<Tokenizer>,
}

/// Reads what a pipeline needs besides itself, by what it is for.
///
/// # Errors
/// [`Error::Config`] if a file that it names is not there.
pub(crate) fn files(pipeline: &Pipeline, session: &Session) -> Result<BTreeMap<String, Bytes>> {
    let mut files = BTreeMap::new();
    for (what, path) in [
        (LANGUAGE, &pipeline.language.model),
        (TOKENS, &pipeline.tokens.tokenizer),
    ] {
        if let Some(path) = path {
            files.insert(what.to_owned(), session.read_location(path)?.into());
        }
    }
    if let Some(sites) = crate::optouts::sites(pipeline, session)? {
        files.insert(SITES.to_owned(), sites);
    }
    Ok(files)
}

/// The model that tells languages, among the models of a plan.
pub const LANGUAGE: &str = "language";
/// What sites say of mining, as JSON lines, among the models of a plan.
pub const SITES: &str = "sites";
/// The tokenizer, among the models of a plan.
pub const TOKENS: &str = "tokens";

/// One source, ready to be read.
#[expect(
    missing_debug_implementations,
    reason = "readers and annotators are trait objects"
)]
pub struct SourcePlan {
    /// Its name.
    pub name: String,
    /// Its table in the pipeline.
    pub config: Source,
    /// Its reader.
    pub reader: Box<dyn Reader>,
    /// Name and version of the reader, `dila@1`.
    pub reader_tag: String,
    /// Archive members to read.
    pub include: Include,
    /// Normalisation and defaults.
    pub finisher: Finisher,
    /// The annotators, in the order of their columns.
    pub annotators: Vec<Box<dyn Annotator>>,
    /// Its units of input.
    pub units: Vec<Unit>,
}

/// Some files that are read by one thread, one after the other, into one or more parts.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Unit {
    /// Digest of the reader, its parameters and the content of the files.
    pub key: Digest,
    /// The files in order.
    pub files: Vec<InputFile>,
    /// Their bytes.
    pub bytes: u64,
    /// Most records to read, 0 for all.
    pub limit: u64,
}

impl Unit {
    /// Name of its part number `index`, unique in the output.
    pub fn part(&self, source: &str, index: usize) -> String {
        format!("{source}/{}-{index:05}", self.key.short(16))
    }
}

impl Plan {
    /// Lists the inputs and builds everything. `limit` is the most records per source, 0 for all.
    ///
    /// # Errors
    /// [`Error::Config`] for anything wrong with the pipeline or its inputs.
    pub fn new(
        pipeline: Pipeline,
        limit: u64,
        session: &Session,
        control: &Control,
    ) -> Result<Self> {
        let rights = match &pipeline.rights {
            Some(path) => Some(rights_text(path, session)?),
            None => None,
        };
        let pipeline = pipeline.with_rights(rights.as_deref(), control.today)?;
        let files = files(&pipeline, session)?;
        let mut plan = Self::build(pipeline, files)?;
        let mut digests = Digests::load(session);
        for source in &mut plan.sources {
            control.check()?;
            let files = source.list(session)?;
            let digested = digests.of(files, session);
            source.units = source.cut(digested, &plan.pipeline, limit)?;
        }
        digests.save(session)?;
        plan.digest = KeyHasher::new("plan", DOCUMENTS_VERSION)
            .digest(plan.digest)
            .field(&limit.to_le_bytes())
            .finish();
        Ok(plan)
    }

    /// Builds readers, annotators and rules, and lists no input: what a process needs that was given its units.
    ///
    /// # Errors
    /// [`Error::Config`] for anything wrong with the pipeline.
    pub fn build(pipeline: Pipeline, files: BTreeMap<String, Bytes>) -> Result<Self> {
        let rules = RuleSet::compile(&pipeline.presets, &pipeline.rules)?;
        let gate = LicenceGate {
            tier: pipeline.tier,
            accept_assumed: pipeline.accept_assumed,
        };
        if pipeline.dedup.near
            && (pipeline.dedup.bands, pipeline.dedup.rows)
                != (pipeline.signature.bands, pipeline.signature.rows)
        {
            return Err(Error::config(
                "[dedup] and [signature] disagree on bands or rows",
            ));
        }
        let models = files
            .iter()
            .map(|(what, bytes)| (what.clone(), Digest::of(bytes)))
            .collect();
        let model = files.get(LANGUAGE).map(AsRef::as_ref);
        let tokenizer = files.get(TOKENS).map(|file| Tokenizer::load(file));
        let sites = match files.get(SITES) {
            Some(lines) => Sites::parse(lines)?,
            None => Sites::default(),
        };
        let sources = pipeline
            .source
            .iter()
            .map(|(name, config)| SourcePlan::new(name, config, &pipeline, model, &sites))
            .collect::<Result<_>>()?;
        Ok(Self {
            digest: pipeline.digest()?,
            limits: pipeline.limits.limits(),
            pipeline,
            sources,
            gate,
            rules,
            models,
            tokenizer: tokenizer.transpose()?,
            files,
        })
    }

    /// Bytes of all inputs.
    pub fn bytes(&self) -> u64 {
        self.sources
            .iter()
            .flat_map(|source| &source.units)
            .map(|unit| unit.bytes)
            .sum()
    }
}

impl SourcePlan {
    fn new(
        name: &str,
        config: &Source,
        pipeline: &Pipeline,
        model: Option<&[u8]>,
        sites: &Sites,
    ) -> Result<Self> {
        let within = |error: Error| Error::config(format!("source `{name}`: {error}"));
        let options = serde_json::Value::Object(config.options.clone());
        let reader = readers::build(&config.reader, &options).map_err(within)?;
        let entry = readers::READERS
            .iter()
            .find(|entry| entry.name == config.reader);
        let version = entry.map_or(0, |entry| entry.version);
        let defaults = Defaults {
            genre: config.genre.clone(),
            language: config.language.clone(),
            producer: config.producer.clone(),
            title: None,
        };
        let rights = LicenceParams {
            licence: config.licence.clone(),
            rulings: Rulings::of_source(&pipeline.verdict, name),
            obligations: Obligation::of_source(&config.obligations, config.refresh_days),
        };
        let optout = config.acquisition().and_then(|acquisition| {
            let terms = config.terms_of_use.clone();
            OptOutAnnotator::new(pipeline.optout.clone(), acquisition, terms, sites)
        });
        let annotators: Vec<Box<dyn Annotator>> = vec![
            Box::new(LicenceAnnotator::new(rights).map_err(within)?),
            Box::new(optout.map_err(within)?),
            Box::new(LanguageAnnotator::new(pipeline.language.clone(), model)?),
            Box::new(PiiAnnotator::new(pipeline.pii.clone())?),
            Box::new(QualityAnnotator::new(pipeline.quality.clone())),
            Box::new(SignatureAnnotator::new(pipeline.signature.clone())),
        ];
        Ok(Self {
            name: name.to_owned(),
            config: config.clone(),
            reader,
            reader_tag: format!("{}@{version}", config.reader),
            include: Include::new(&config.include).map_err(within)?,
            finisher: Finisher::new(pipeline.normalise, defaults),
            annotators,
            units: Vec::new(),
        })
    }

    fn list(&self, session: &Session) -> Result<Vec<InputFile>> {
        let include = globs(&self.config.include)?;
        let wants = |name: &str| {
            is_archive(name)
                || match &include {
                    Some(globs) => globs.is_match(name),
                    None => self.reader.wants(strip_compression(name)),
                }
        };
        if self.config.path.is_empty() {
            return crate::fetch::list(&self.name, &wants, session);
        }
        let mut files = Vec::new();
        for path in self.config.path.iter() {
            files.extend(
                input::list(path, &wants, session.runtime())
                    .map_err(|e| Error::config(format!("source `{}`: {e}", self.name)))?,
            );
        }
        // Two paths of one source may list one file twice, or two files of one name.
        files.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(files)
    }

    /// Cuts the files into units: a large file is one; small ones go together, cut where a hash of the name says so,
    /// as in content-defined chunking, so that a new file disturbs only the unit it falls into.
    fn cut(
        &self,
        files: Vec<(InputFile, Digest)>,
        pipeline: &Pipeline,
        limit: u64,
    ) -> Result<Vec<Unit>> {
        let parameters = Digest::of_json(&(
            &self.reader_tag,
            &self.config.options,
            &self.config.include,
            (
                &self.config.genre,
                &self.config.language,
                &self.config.producer,
            ),
            &pipeline.normalise,
            &pipeline.limits,
        ))?;
        let mut units = Vec::new();
        let mut open: Vec<(InputFile, Digest)> = Vec::new();
        let mut bytes = 0;
        let mut close = |open: &mut Vec<(InputFile, Digest)>| -> Result<()> {
            if open.is_empty() {
                return Ok(());
            }
            let mut key = KeyHasher::new("documents", DOCUMENTS_VERSION)
                .field(self.name.as_bytes())
                .digest(parameters)
                .field(&limit.to_le_bytes());
            for (file, digest) in open.iter() {
                key = key.field(file.name.as_bytes()).digest(*digest);
                if let Some(said) = file.receipt.as_deref().map(Said::of) {
                    key = key.digest(Digest::of_json(&said)?);
                }
            }
            let files: Vec<InputFile> = open.drain(..).map(|(file, _)| file).collect();
            let bytes = files.iter().map(|file| file.size).sum();
            units.push(Unit {
                key: key.finish(),
                files,
                bytes,
                limit,
            });
            Ok(())
        };
        for (file, digest) in files {
            let boundary = Digest::of(file.name.as_bytes())
                .prefix_u64()
                .trailing_zeros()
                >= 4;
            let full = bytes + file.size > UNIT_BYTES_MAX || (bytes >= UNIT_BYTES_MIN && boundary);
            if limit == 0 && full {
                close(&mut open)?;
                bytes = 0;
            }
            bytes += file.size;
            open.push((file, digest));
        }
        close(&mut open)?;
        Ok(units)
    }
}

/// What a receipt says that goes into documents, and so into the keys of their parts.
#[derive(Debug, Serialize)]
struct Said<'a> {
    retrieved_at: &'a str,
    licence: Option<&'a str>,
    producer: Option<&'a str>,
    updated: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    access: Option<&'a str>,
    address: &'a str,
    optout: &'a [(String, String)],
}

impl<'a> Said<'a> {
    fn of(receipt: &'a Receipt) -> Self {
        Self {
            retrieved_at: &receipt.retrieved_at,
            licence: receipt.licence.as_deref(),
            producer: receipt.producer.as_deref(),
            updated: receipt.updated.as_deref(),
            access: receipt.access.as_deref(),
            address: receipt.final_url.as_deref().unwrap_or(&receipt.url),
            optout: &receipt.optout,
        }
    }
}

/// Reads the file of human verdicts.
fn rights_text(path: &str, session: &Session) -> Result<String> {
    String::from_utf8(session.read_location(path)?)
        .map_err(|_| Error::config(format!("rights = `{path}`: the file is not UTF-8")))
}

fn globs(patterns: &[String]) -> Result<Option<GlobSet>> {
    if patterns.is_empty() {
        return Ok(None);
    }
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        set.add(Glob::new(pattern).map_err(|e| Error::config(format!("include: {e}")))?);
    }
    set.build()
        .map(Some)
        .map_err(|e| Error::config(format!("include: {e}")))
}

fn is_archive(name: &str) -> bool {
    let name = strip_compression(name);
    [".tar", ".tgz", ".tbz2", ".txz", ".tzst", ".taz", ".zip"]
        .iter()
        .any(|end| name.ends_with(end))
}

fn strip_compression(name: &str) -> &str {
    [".gz", ".zst", ".bz2", ".xz"]
        .iter()
        .find_map(|end| name.strip_suffix(end))
        .unwrap_or(name)
}

/// Digests of input files, remembered by path, size and modification time, so that doing nothing costs nothing.
struct Digests {
    known: BTreeMap<String, Remembered>,
    changed: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Remembered {
    size: u64,
    stamp: String,
    digest: Digest,
}

const DIGESTS_PATH: &str = "parts/inputs.json";

impl Digests {
    fn load(session: &Session) -> Self {
        // A damaged cache is worth nothing and costs a reread, so it is no reason to stop.
        let known = session
            .store()
            .get_json(DIGESTS_PATH)
            .ok()
            .flatten()
            .unwrap_or_default();
        Self {
            known,
            changed: false,
        }
    }

    fn save(&self, session: &Session) -> Result<()> {
        if self.changed {
            session.store().put_json(DIGESTS_PATH, &self.known)
        } else {
            Ok(())
        }
    }

    fn of(&mut self, files: Vec<InputFile>, session: &Session) -> Vec<(InputFile, Digest)> {
        let known = &self.known;
        let digested: Vec<(InputFile, String, Digest, bool)> = session.pool().install(|| {
            files
                .into_par_iter()
                .map(|file| {
                    let place = file.place.identity().unwrap_or_else(|_| file.name.clone());
                    if let Some(old) = known.get(&place)
                        && old.size == file.size
                        && old.stamp == file.stamp
                    {
                        return (file, place, old.digest, false);
                    }
                    let digest = digest_file(&file, session).unwrap_or_else(|_| {
                        // Unreadable now: ingest meets the same error and writes it into the ledger.
                        Digest::of(format!("{place} {} {}", file.size, file.stamp).as_bytes())
                    });
                    (file, place, digest, true)
                })
                .collect()
        });
        digested
            .into_iter()
            .map(|(file, place, digest, new)| {
                if new {
                    self.changed = true;
                    let (size, stamp) = (file.size, file.stamp.clone());
                    self.known.insert(
                        place,
                        Remembered {
                            size,
                            stamp,
                            digest,
                        },
                    );
                }
                (file, digest)
            })
            .collect()
    }
}

/// A remote file is identified by its `ETag`; it is not read twice.
fn digest_file(file: &InputFile, session: &Session) -> std::io::Result<Digest> {
    if let Place::Remote(_) = &file.place {
        let place = file.place.identity().map_err(std::io::Error::other)?;
        return Ok(Digest::of(
            format!("{place} {} {}", file.size, file.stamp).as_bytes(),
        ));
    }
    let mut hasher = blake3::Hasher::new();
    let mut bytes = file.open(session.runtime(), session.scratch())?;
    std::io::copy(&mut bytes, &mut hasher)?;
    Ok(Digest(*hasher.finalize().as_bytes()))
}
