//! Opt-outs of each document: a verdict, the signals it rests on, and the day they were seen.
//!
//! What was seen of a document stands under `optout` in its metadata; what the files of its site say is looked up by its
//! address. See [`moisson_rights::optout`] for what follows from it. Nothing is decided here: the gate reads these columns.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use moisson_core::document::strings;
use moisson_core::{Annotator, Digest, Error, KeyHasher, Result, TextColumn};
use moisson_rights::optout::{
    Acquisition, Facts, Mark, OptOutConfig, ReadSite, Seen, Sites, TermsVerdict, fold,
    split_address,
};
use serde::Deserialize;

/// Names of the columns, in order.
pub const COLUMNS: &[&str] = &["optout_verdict", "optout_signals", "optout_as_of"];

/// Annotates documents of one source with their opt-outs.
#[derive(Debug, Clone)]
pub struct OptOutAnnotator {
    config: OptOutConfig,
    acquisition: Acquisition,
    terms: Vec<TermsVerdict>,
    sites: Arc<Sites>,
    parameters: Digest,
}

impl OptOutAnnotator {
    /// Takes the pipeline's table, how the source was acquired, what somebody found in its terms of use, and what is known
    /// of sites.
    ///
    /// # Errors
    /// [`Error::Config`] if the table lacks what a crawled source needs, or nobody signs for the terms.
    pub fn new(
        config: OptOutConfig,
        acquisition: Acquisition,
        terms: Vec<TermsVerdict>,
        sites: &Sites,
    ) -> Result<Self> {
        config.validate(acquisition)?;
        terms.iter().try_for_each(TermsVerdict::validate)?;
        let sites = sites.counting(acquisition);
        // Where the file of sites lies is no matter, what it says is.
        let stated = OptOutConfig {
            sites: None,
            ..config.clone()
        };
        let parameters = KeyHasher::default()
            .digest(Digest::of_json(&(
                &stated,
                config.tokens(),
                acquisition,
                &terms,
            ))?)
            .digest(sites.digest()?)
            .finish();
        Ok(Self {
            config,
            acquisition,
            terms,
            sites: Arc::new(sites),
            parameters,
        })
    }

    /// What was seen of a document. Where nothing says what a crawled page was fetched from, its own address does.
    fn seen(&self, metadata: &str, url: Option<&str>, retrieved_at: Option<&str>) -> Result<Seen> {
        #[derive(Deserialize)]
        struct Metadata {
            #[serde(default)]
            optout: Option<Seen>,
        }
        let mut seen = Seen::default();
        if metadata.contains("\"optout\"") {
            let found: Metadata = serde_json::from_str(metadata)
                .map_err(|error| Error::internal(format!("`optout` of a document: {error}")))?;
            seen = found.optout.unwrap_or_default();
        }
        if self.acquisition == Acquisition::Crawl && seen.address.is_none() {
            seen.address = url.map(str::to_owned);
        }
        if seen.retrieved_at.is_none() {
            seen.retrieved_at = retrieved_at.map(str::to_owned);
        }
        Ok(seen)
    }

    /// What the files of the document's site say of it; each site is read once a batch.
    fn site_marks(&self, seen: &Seen, read: &mut HashMap<String, Option<ReadSite>>) -> Vec<Mark> {
        let address = seen.address.as_deref().and_then(split_address);
        let Some((origin, path)) = address.filter(|_| !self.sites.is_empty()) else {
            return Vec::new();
        };
        let site = read.entry(origin).or_insert_with_key(|origin| {
            let site = self.sites.get(origin);
            site.map(moisson_rights::optout::Site::read)
        });
        site.as_ref()
            .map_or_else(Vec::new, |site| site.marks(&path))
    }
}

impl Annotator for OptOutAnnotator {
    fn family(&self) -> &'static str {
        "optout"
    }

    fn version(&self) -> u32 {
        1
    }

    fn parameters(&self) -> Digest {
        self.parameters
    }

    /// `optout_verdict`: `clear`, `reserved` or `unknown`; `optout_signals`: JSON, a list, the explaining one first;
    /// `optout_as_of`: the latest day on which something was seen, null where no date is known.
    fn schema(&self) -> SchemaRef {
        static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
            let text = |name: &str, nullable| Field::new(name, DataType::Utf8, nullable);
            Arc::new(Schema::new(vec![
                text("optout_verdict", false),
                text("optout_signals", false),
                text("optout_as_of", true),
            ]))
        });
        SCHEMA.clone()
    }

    fn annotate(&self, documents: &RecordBatch) -> Result<RecordBatch> {
        let text = |name| TextColumn::try_new(documents, name);
        let (metadata, url) = (text("metadata")?, text("url")?);
        let retrieved_at = text("retrieved_at")?;
        let mut read = HashMap::new();
        let (mut verdicts, mut signals, mut days) = (Vec::new(), Vec::new(), Vec::new());
        for row in 0..documents.num_rows() {
            let stated = metadata.get(row).unwrap_or_default();
            let seen = self.seen(stated, url.get(row), retrieved_at.get(row))?;
            let site = self.site_marks(&seen, &mut read);
            let facts = Facts {
                seen: &seen,
                site: &site,
                acquisition: self.acquisition,
                terms: &self.terms,
            };
            let outcome = fold(facts, &self.config);
            let json = serde_json::to_string(&outcome.signals)
                .map_err(|error| Error::internal(error.to_string()))?;
            verdicts.push(Some(outcome.verdict.name()));
            signals.push(Some(json));
            days.push(outcome.as_of.map(|day| day.to_string()));
        }
        let columns = vec![
            strings(verdicts.into_iter()),
            strings(signals.into_iter()),
            strings(days.into_iter()),
        ];
        Ok(RecordBatch::try_new(self.schema(), columns)?)
    }
}

#[cfg(test)]
mod tests {
    use moisson_core::{Annotator, Digest, Document, Documents, Key, TextColumn};
    use moisson_rights::optout::{Acquisition, OptOutConfig, Sites};
    use serde_json::json;

    use super::OptOutAnnotator;
    use crate::testing::assert_cut_free;

    const SITES: &[u8] = br#"{"origin": "https://a.example", "files": [
        {"kind": "robots-txt", "state": "found", "retrieved_at": "2026-01-02T00:00:00Z", "body": "User-agent: GPTBot\nDisallow: /prive/"},
        {"kind": "tdmrep", "state": "found", "body": "[{\"location\": \"/reserve/\", \"tdm-reservation\": 1}]"}]}"#;

    fn annotator(toml: &str, acquisition: Acquisition) -> OptOutAnnotator {
        let config: OptOutConfig = toml::from_str(toml).unwrap();
        let line: Vec<u8> = SITES.iter().copied().filter(|b| *b != b'\n').collect();
        let sites = Sites::parse(&line).unwrap();
        OptOutAnnotator::new(config, acquisition, Vec::new(), &sites).unwrap()
    }

    /// Checks the verdict and day of a document with this address (in its column `url`) and metadata.
    fn check(
        annotator: &OptOutAnnotator,
        url: Option<&str>,
        metadata: &serde_json::Value,
        expected: (&str, Option<&str>),
    ) {
        let key = Key::Declared("a".to_owned());
        let mut document = Document::new(key, "Un.".into(), String::new(), Digest::of(b"Un."));
        document.url = url.map(str::to_owned);
        document.metadata = metadata.as_object().unwrap().clone();
        let mut documents = Documents::new("s", "text@1");
        documents.push(document);
        let batch = annotator.annotate(&documents.finish().unwrap()).unwrap();
        let text = |name| {
            TextColumn::try_new(&batch, name)
                .unwrap()
                .get(0)
                .map(str::to_owned)
        };
        let found = (text("optout_verdict").unwrap(), text("optout_as_of"));
        assert_eq!(
            (found.0.as_str(), found.1.as_deref()),
            expected,
            "{url:?} {metadata}"
        );
        let signals = text("optout_signals").unwrap();
        assert!(signals.starts_with('['), "{signals}");
    }

    #[test]
    fn documents_as_a_table() {
        let crawl = annotator("no_robots = 'unknown'", Acquisition::Crawl);
        let day = Some("2026-01-02");
        check(
            &crawl,
            Some("https://a.example/a"),
            &json!({}),
            ("clear", day),
        );
        check(
            &crawl,
            Some("https://a.example/prive/a"),
            &json!({}),
            ("reserved", day),
        );
        check(
            &crawl,
            Some("https://a.example/reserve/a"),
            &json!({}),
            ("reserved", day),
        );
        check(
            &crawl,
            Some("https://b.example/a"),
            &json!({}),
            ("unknown", None),
        );
        check(&crawl, None, &json!({"titre": "optout"}), ("unknown", None));
        // What it was fetched from counts more than what the page calls itself.
        let seen = json!({"optout": {"address": "https://a.example/prive/a", "retrieved_at": "2026-03-01T00:00:00Z"}});
        let later = Some("2026-03-01");
        check(
            &crawl,
            Some("https://a.example/a"),
            &seen,
            ("reserved", later),
        );
        let bulk = annotator("", Acquisition::Bulk);
        check(
            &bulk,
            Some("https://a.example/reserve/a"),
            &json!({}),
            ("clear", None),
        );
        check(&bulk, None, &seen, ("clear", later));
        let marks = json!({"optout": {"marks": [{"kind": "tdmrep-meta", "raw": "1"}]}});
        check(&bulk, None, &marks, ("reserved", None));
    }

    #[test]
    fn cuts_and_parameters() {
        let crawl = annotator("no_robots = 'unknown'", Acquisition::Crawl);
        assert_cut_free(&crawl, &["Un.", "Deux.", "Trois."]);
        let again = annotator(
            "no_robots = 'unknown'\nsites = 'ailleurs'",
            Acquisition::Crawl,
        );
        assert_eq!(crawl.parameters(), again.parameters());
        let other = annotator("no_robots = 'clear'", Acquisition::Crawl);
        assert_ne!(crawl.parameters(), other.parameters());
    }
}
