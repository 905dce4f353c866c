//! The pipeline file: what to read, under which licence, with which rules, into what.

mod settings;
mod tables;

use indexmap::IndexMap;
use moisson_annotate::language::LanguageParams;
use moisson_annotate::quality::QualityParams;
use moisson_annotate::signature::SignatureParams;
use moisson_core::{Date, Digest, Error, Result};
use moisson_decide::RulesConfig;
use moisson_dedup::{DedupConfig, VersionPolicy};
use moisson_harvest::FetchConfig;
use moisson_ingest::normalise::NormaliseParams;
use moisson_publish::{Attestations, Publication};
use moisson_rights::optout::{Acquisition, OptOutConfig, TermsVerdict};
use moisson_rights::personal::PersonalConfig;
use moisson_rights::{HumanVerdict, LicenceConfig, Obligation, Tier};
use moisson_shard::layout::ShardConfig;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::suggest::explain_unknown;
use settings::{set, string_vars, substitute};

pub use tables::{Alarm, FetchLimits, LimitsConfig, TokensConfig};

/// A pipeline, as read from TOML. Unknown keys are refused.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pipeline {
    /// Name of the release; also the default output, `out/NAME`.
    pub name: String,
    /// Title on the dataset card.
    #[serde(default)]
    pub title: Option<String>,
    /// A paragraph on the dataset card.
    #[serde(default)]
    pub description: Option<String>,
    /// What may be released: `public-domain`, `attribution`, `share-alike` or `research`, each admitting those before it.
    pub tier: Tier,
    /// Whether a licence that only the pipeline assumes may pass. Fails closed.
    #[serde(default)]
    pub accept_assumed: bool,
    /// File of human verdicts about the rights in the sources, `rights.toml`: who decided what, when, on what evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rights: Option<String>,
    /// Human verdicts; those of the file `rights` are added to them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verdict: Vec<HumanVerdict>,
    /// Presets of rules, in order; see `moisson list presets`.
    #[serde(default)]
    pub presets: Vec<String>,
    /// Values for `${name}` in strings; `--set name=value` replaces them.
    #[serde(default)]
    pub vars: IndexMap<String, String>,
    /// The sources, by name; their order is their rank when duplicates are chosen between.
    #[serde(default)]
    pub source: IndexMap<String, Source>,
    /// Steps of text normalisation.
    #[serde(default)]
    pub normalise: NormaliseParams,
    /// Language identification.
    #[serde(default)]
    pub language: LanguageParams,
    /// Personal data: what is looked for, and what is done with it.
    #[serde(default)]
    pub pii: PersonalConfig,
    /// Quality measurements.
    #[serde(default)]
    pub quality: QualityParams,
    /// `MinHash` signatures.
    #[serde(default)]
    pub signature: SignatureParams,
    /// Opt-outs: the protocols that count, and what not knowing means.
    #[serde(default)]
    pub optout: OptOutConfig,
    /// Changes to the presets' rules, and rules of one's own.
    #[serde(default)]
    pub rules: RulesConfig,
    /// Exact and near duplicates.
    #[serde(default)]
    pub dedup: DedupConfig,
    /// How tokens are counted.
    #[serde(default)]
    pub tokens: TokensConfig,
    /// Buckets, splits and sizes of the shards.
    #[serde(default)]
    pub shard: ShardConfig,
    /// Bounds on what an input may ask of us.
    #[serde(default)]
    pub limits: LimitsConfig,
    /// When a loss needs an acknowledgement.
    #[serde(default)]
    pub alarm: Alarm,
    /// How servers are treated.
    #[serde(default)]
    pub fetch: FetchLimits,
    /// Who publishes the release, where and how; `moisson publish` can replace it.
    #[serde(default)]
    pub publication: Publication,
    /// What a human attests for the summary of training content; never inferred.
    #[serde(default)]
    pub attestations: Attestations,
}

/// One source: records of one kind, from one producer, under one statement of licence.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// File, folder, glob or URL, or a list of them. Where it is given, it is read and nothing is fetched.
    #[serde(default)]
    pub path: Paths,
    /// Where the source is published: addresses that `fetch` mirrors into the output, and that are read from there.
    #[serde(default)]
    pub at: Paths,
    /// How the addresses in `at` are fetched; by default each is one file.
    #[serde(default)]
    pub fetch: FetchConfig,
    /// What `--offline` reads instead of the mirror: file, folder or glob, or a list of them.
    #[serde(default)]
    pub local: Paths,
    /// Name of the reader; see `moisson list readers`.
    pub reader: String,
    /// Options of the reader.
    #[serde(default)]
    pub options: serde_json::Map<String, serde_json::Value>,
    /// Globs of the files and archive members to read; empty: those with an extension of the reader.
    #[serde(default)]
    pub include: Vec<String>,
    /// Kind of text: `law`, `debate`, `book`, …; rules may differ by it.
    #[serde(default)]
    pub genre: Option<String>,
    /// Language as the source declares it, `fra_Latn`.
    #[serde(default)]
    pub language: Option<String>,
    /// Producing body, cited where a licence asks for it.
    #[serde(default)]
    pub producer: Option<String>,
    /// Title on the dataset card.
    #[serde(default)]
    pub title: Option<String>,
    /// Where the source is published.
    #[serde(default)]
    pub url: Option<String>,
    /// Which successive versions of one work are kept.
    #[serde(default)]
    pub versions: VersionPolicy,
    /// What is known of the licence. Absent: only what the records declare.
    #[serde(default)]
    pub licence: Option<LicenceConfig>,
    /// What is owed for its documents beside what their licences ask for, e.g. `no-reidentification`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub obligations: Vec<Obligation>,
    /// Within how many days its terms ask for copies to be brought up to date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_days: Option<u32>,
    /// How the source was acquired: `bulk`, `api`, `oai` or `crawl`. By default what `fetch` does, and `bulk` for files;
    /// required of web archives, because what sites say to crawlers counts only for what was crawled.
    #[serde(default)]
    pub acquisition: Option<Acquisition>,
    /// What somebody found in the terms of use of the site.
    #[serde(default)]
    pub terms_of_use: Vec<TermsVerdict>,
    /// Losses that are expected here: reason code to why; silences the alarm for that reason.
    #[serde(default)]
    pub expected_drop: IndexMap<String, String>,
}

/// One path or several.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Paths {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl Default for Paths {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl Source {
    /// How the source was acquired.
    ///
    /// # Errors
    /// [`Error::Config`] for web archives that do not say.
    pub fn acquisition(&self) -> Result<Acquisition> {
        match self.acquisition {
            Some(acquisition) => Ok(acquisition),
            None if self.reader == "warc" => Err(Error::config(
                "it reads web archives, so say how they were acquired: write `acquisition = \"crawl\"` for pages that were \
                 followed like a visitor would, and in `[optout]` what it means that no robots.txt is known \
                 (`no_robots = \"clear\"` or `\"unknown\"`); `acquisition = \"bulk\"` if the sites' own publisher hands them over",
            )),
            None if self.at.is_empty() => Ok(Acquisition::Bulk),
            None => Ok(self.fetch.acquisition()),
        }
    }
}

impl Paths {
    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// The paths in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let paths = match self {
            Self::One(path) => std::slice::from_ref(path),
            Self::Many(paths) => paths.as_slice(),
        };
        paths.iter().map(String::as_str)
    }
}

impl Pipeline {
    /// Parses a pipeline. `name` is the file's name, for errors; `settings` are `KEY=VALUE` of `--set`.
    ///
    /// A setting of an existing `[vars]` name replaces that; any other is a dotted path into the pipeline
    /// (`tier=research`, `dedup.threshold=0.9`).
    ///
    /// # Errors
    /// [`Error::Config`] naming the file, the key and the nearest known one.
    pub fn parse(text: &str, name: &str, settings: &[String]) -> Result<Self> {
        let fail = |message: String| Error::config(format!("in `{name}`: {message}"));
        let mut table: toml::Table = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(0, |span| {
                text.get(..span.start)
                    .map_or(0, |before| before.matches('\n').count() + 1)
            });
            let message = error.message();
            if message.contains("duplicate key") {
                return fail(format!(
                    "line {line}: {message}; two sources (or keys) of one name: rename one"
                ));
            }
            fail(format!("line {line}: {message}"))
        })?;
        for setting in settings {
            set(&mut table, setting)?;
        }
        let vars = string_vars(&table);
        let mut value = toml::Value::Table(table);
        substitute(&mut value, &vars).map_err(fail)?;
        let pipeline: Self = value
            .try_into()
            .map_err(|error: toml::de::Error| fail(explain_unknown(error.to_string().trim())))?;
        pipeline.validate().map_err(fail)?;
        Ok(pipeline)
    }

    /// Replaces what is stated of the publication, and what is attested, by `KEY=VALUE` settings of those two tables.
    ///
    /// # Errors
    /// [`Error::Config`] for any other key, and for values that are refused.
    pub fn restate(&mut self, settings: &[String]) -> Result<()> {
        #[derive(Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Stated {
            publication: Publication,
            attestations: Attestations,
        }
        let stated = Stated {
            publication: self.publication.clone(),
            attestations: self.attestations.clone(),
        };
        let mut table =
            toml::Table::try_from(stated).map_err(|e| Error::internal(e.to_string()))?;
        for setting in settings {
            set(&mut table, setting)?;
        }
        let fail = |message: String| Error::config(format!("--set: {message}"));
        let stated: Stated = toml::Value::Table(table)
            .try_into()
            .map_err(|e: toml::de::Error| fail(explain_unknown(e.to_string().trim())))?;
        stated.publication.validate().map_err(fail)?;
        self.publication = stated.publication;
        self.attestations = stated.attestations;
        Ok(())
    }

    /// Digest of everything that can change the release.
    ///
    /// # Errors
    /// [`Error::Internal`] if the pipeline has no JSON form.
    pub fn digest(&self) -> Result<Digest> {
        Digest::of_json(&self.portable())
    }

    /// The pipeline without the places of this machine. Where a copy of the input lies changes nothing: its content
    /// is part of every key by itself.
    #[must_use]
    pub fn portable(&self) -> Self {
        let mut pipeline = self.clone();
        pipeline.vars.clear();
        pipeline.fetch = FetchLimits::default();
        // Its verdicts stand in `verdict`.
        pipeline.rights = None;
        // Its content counts, by digest; its name is told.
        if let Some(name) = pipeline.tokens.name() {
            pipeline.tokens.tokenizer = Some(name);
        }
        for source in pipeline.source.values_mut() {
            source.path = Paths::default();
            source.local = Paths::default();
        }
        pipeline
    }

    /// The pipeline as `--offline` runs it: a source reads what it names in `local`, else its `path` or mirror.
    #[must_use]
    pub fn offline(mut self) -> Self {
        for source in self.source.values_mut() {
            if !source.local.is_empty() {
                source.path = source.local.clone();
            }
        }
        self
    }

    fn validate(&self) -> std::result::Result<(), String> {
        if self.source.is_empty() {
            return Err("no source; add a table `[source.NAME]` with `path` and `reader`".into());
        }
        if !is_name(&self.name) {
            return Err(format!(
                "name = `{}`: use lower-case letters, digits, `-`, `_` and `.`",
                self.name
            ));
        }
        for (name, source) in &self.source {
            if !is_name(name) {
                return Err(format!(
                    "source `{name}`: use lower-case letters, digits, `-`, `_` and `.` in its name"
                ));
            }
            if source.path.is_empty() && source.at.is_empty() {
                return Err(format!(
                    "source `{name}`: give `path` (what to read) or `at` (what to fetch)"
                ));
            }
            if let Some(licence) = &source.licence {
                licence
                    .validate()
                    .map_err(|e| format!("source `{name}`: {e}"))?;
            }
            if source.refresh_days == Some(0) {
                return Err(format!(
                    "source `{name}`: refresh_days is at least 1; leave it out where there is no term"
                ));
            }
        }
        self.validate_verdicts().map_err(|e| e.to_string())?;
        self.publication
            .validate()
            .map_err(|e| format!("[publication] {e}"))?;
        self.dedup.validate().map_err(|e| format!("[dedup] {e}"))?;
        self.pii.validate().map_err(|e| e.to_string())?;
        self.shard.validate().map_err(|e| format!("[shard] {e}"))?;
        let rows = (self.signature.bands, self.signature.rows);
        if rows.0 == 0 || rows.1 == 0 {
            return Err("[signature] bands and rows must be at least 1".into());
        }
        if self.limits.record_bytes_max > (1 << 30) + (1 << 20) {
            return Err("limits.record_bytes_max can be 1 GiB at most".into());
        }
        if !(0.0..=1.0).contains(&self.alarm.share_max) {
            return Err("alarm.share_max is a share: between 0 and 1".into());
        }
        Ok(())
    }
}

impl Pipeline {
    /// Checks the human verdicts, and that each is about a source there is.
    fn validate_verdicts(&self) -> Result<()> {
        moisson_rights::validate(&self.verdict)?;
        let sources = self.source.keys().map(String::as_str);
        moisson_rights::check_sources(&self.verdict, sources)
    }

    /// Takes over the verdicts of the file `rights`, whose text is `text`, as they stand on `today`.
    ///
    /// # Errors
    /// [`Error::Config`] naming the file and the verdict that is wrong.
    pub fn with_rights(mut self, text: Option<&str>, today: Date) -> Result<Self> {
        if let (Some(text), Some(name)) = (text, &self.rights) {
            let of_file = moisson_rights::parse_rights(text, name)?;
            self.verdict.extend(of_file);
            self.validate_verdicts()
                .map_err(|e| Error::config(format!("in `{name}`: {e}")))?;
        }
        self.verdict = moisson_rights::as_of(self.verdict, today);
        Ok(self)
    }
}

/// Names go into paths and ids, so they are plain.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('.')
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::Pipeline;

    const BASE: &str = "name = 'p'\ntier = 'attribution'\n[vars]\ndata = 'd'\n\
                        [source.a]\npath = '${data}/*.jsonl'\nreader = 'jsonl'\n";

    fn error(text: &str, settings: &[&str]) -> String {
        let settings: Vec<String> = settings.iter().map(ToString::to_string).collect();
        Pipeline::parse(text, "p.toml", &settings)
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn variables_and_settings_apply() {
        let settings = ["data=/x", "dedup.threshold=0.9", "tier=research"].map(ToString::to_string);
        let pipeline = Pipeline::parse(BASE, "p.toml", &settings).unwrap();
        assert_eq!(
            pipeline.source["a"].path.iter().collect::<Vec<_>>(),
            ["/x/*.jsonl"]
        );
        assert!((pipeline.dedup.threshold - 0.9).abs() < 1e-9);
    }

    #[test]
    fn moving_the_input_does_not_change_the_digest_and_a_threshold_does() {
        let digest = |settings: &[&str]| {
            let settings: Vec<String> = settings.iter().map(ToString::to_string).collect();
            Pipeline::parse(BASE, "p.toml", &settings)
                .unwrap()
                .digest()
                .unwrap()
        };
        assert_eq!(digest(&[]), digest(&["data=/elsewhere"]));
        assert_ne!(digest(&[]), digest(&["dedup.threshold=0.9"]));
    }

    #[test]
    fn errors_name_the_place_and_the_nearest_known_key() {
        let check = |text: &str, settings: &[&str], parts: &[&str]| {
            let message = error(text, settings);
            for part in parts {
                assert!(message.contains(part), "`{part}` not in: {message}");
            }
        };
        check(
            &format!("{BASE}genr = 'law'\n"),
            &[],
            &["p.toml", "genr", "did you mean `genre`?"],
        );
        check(
            BASE,
            &["tierr=research"],
            &["tierr", "did you mean `tier`?"],
        );
        check(
            BASE,
            &["tier=atribution"],
            &["atribution", "did you mean `attribution`?"],
        );
        check(
            &format!("{BASE}[source.a]\npath='y'\nreader='text'\n"),
            &[],
            &["line 8", "rename"],
        );
        check("name = 'p'\ntier = 'attribution'\n", &[], &["no source"]);
        check(
            &BASE.replace("data = 'd'", "dat = 'd'"),
            &[],
            &["${data}", "known: `dat`"],
        );
        check(
            &BASE.replace("source.a", "source.\"../a\""),
            &[],
            &["lower-case"],
        );
        check(BASE, &["nonsense"], &["KEY=VALUE"]);
        check("name = ", &[], &["line 1"]);
    }
}
