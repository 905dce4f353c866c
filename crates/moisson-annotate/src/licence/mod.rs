//! The licence of each document: status, expression, evidence, and the attribution it asks for.
//!
//! Two layers are weighed, the rights of the work and the terms of the source, and the stricter one counts; see
//! [`moisson_rights::resolve`]. Where a person has decided, that counts ([`Rulings`]). Nothing is decided here: the licence
//! gate reads these columns.

mod columns;

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Date32Type, SchemaRef};
use moisson_core::column::column;
use moisson_core::{Annotator, Date, Digest, Error, KeyHasher, Result, TextColumn};
use moisson_rights::{
    Attribution, Catalogue, Evidence, Layer, LicenceConfig, Obligation, Rulings, Scope, Statement,
    Verdict,
};
use serde::Serialize;

use columns::Columns;

/// Names of the columns, in order.
pub const COLUMNS: &[&str] = &[
    "licence_status",
    "licence",
    "licence_family",
    "licence_shard_family",
    "licence_tier",
    "licence_evidence",
    "licence_statement",
    "licence_matcher",
    "licence_layer",
    "licence_reason",
    "licence_terms",
    "licence_scope",
    "licence_verdict",
    "licence_clarity",
    "licence_obligations",
    "attribution",
    "licence_detail",
];

/// What a pipeline states of the rights in one source.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct LicenceParams {
    /// What is known of the licence; absent: only what the records declare counts.
    pub licence: Option<LicenceConfig>,
    /// Human verdicts about the source.
    pub rulings: Rulings,
    /// What is owed for its documents, whatever their licence.
    pub obligations: Vec<Obligation>,
}

/// Annotates documents of one source with their licence.
#[derive(Debug, Clone)]
pub struct LicenceAnnotator {
    config: LicenceConfig,
    rulings: Rulings,
    obligations: Vec<Obligation>,
    parameters: Digest,
}

/// Name, in the metadata of a document, of what a catalogue says of access where it is not open to everybody.
pub const ACCESS: &str = "access_type";

impl LicenceAnnotator {
    /// Takes what the pipeline states of the source.
    ///
    /// # Errors
    /// [`Error::Config`] if the statement names no known licence, or an assumption gives no reason.
    pub fn new(params: LicenceParams) -> Result<Self> {
        let LicenceParams {
            licence,
            rulings,
            obligations,
        } = params;
        let config = licence.unwrap_or_default();
        config.validate()?;
        let parameters = KeyHasher::default()
            .digest(Catalogue::embedded().digest())
            .digest(Digest::of_json(&(&config, &rulings, &obligations))?)
            .finish();
        Ok(Self {
            config,
            rulings,
            obligations,
            parameters,
        })
    }

    /// What is stated of a record: by the pipeline, by the record, and by its catalogue of its access.
    fn statements(&self, declared: Option<&str>, access: Option<&str>) -> Vec<Statement> {
        let mut statements = self.config.statements(declared);
        statements.extend(access.map(|access| Statement {
            text: format!("access not open: {access}"),
            layer: Layer::Terms,
            evidence: Evidence::Declared,
            scope: Scope::Dataset,
            reason: None,
        }));
        statements
    }
}

impl Annotator for LicenceAnnotator {
    fn family(&self) -> &'static str {
        "licence"
    }

    fn version(&self) -> u32 {
        2
    }

    fn parameters(&self) -> Digest {
        self.parameters
    }

    fn schema(&self) -> SchemaRef {
        columns::schema()
    }

    /// Weighs each distinct statement of the batch once, for each human verdict about it.
    fn annotate(&self, documents: &RecordBatch) -> Result<RecordBatch> {
        let text = |name| TextColumn::try_new(documents, name);
        let (declared, producer) = (text("licence_declared")?, text("producer")?);
        let (title, url, doc_id) = (text("title")?, text("url")?, text("doc_id")?);
        let metadata = text("metadata")?;
        let modified_on = column(documents, "modified_on")?
            .as_primitive_opt::<Date32Type>()
            .ok_or_else(|| Error::internal("column `modified_on` is no date"))?;
        let mut verdicts: HashMap<Asked<'_>, (Verdict, Vec<Obligation>)> = HashMap::new();
        let mut columns = Columns::default();
        for row in 0..documents.num_rows() {
            let said = declared
                .get(row)
                .filter(|text| self.config.trust_records && !text.trim().is_empty());
            let id = doc_id.get(row).unwrap_or_default();
            let human = self.rulings.find(id, declared.get(row), url.get(row));
            let asked = Asked {
                said,
                access: metadata.get(row).and_then(access),
                human: human.map(|human| human.id.as_str()),
            };
            let (verdict, obligations) = &*match verdicts.entry(asked) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(place) => {
                    let access = place.key().access.as_deref();
                    let statements = self.statements(said, access);
                    let verdict = Rulings::resolve(Catalogue::embedded(), &statements, human);
                    let obligations = verdict.obligations(&self.obligations);
                    place.insert((verdict, obligations))
                }
            };
            let date = modified_on
                .is_valid(row)
                .then(|| Date(modified_on.value(row)));
            let line =
                verdict.attribution_line(producer.get(row), title.get(row), date, url.get(row));
            let nobody = line.is_none() && verdict.attribution != Attribution::None;
            let incomplete =
                nobody.then_some("attribution is due, and neither producer nor address is known");
            columns.push(verdict, obligations, line, incomplete);
        }
        columns.finish()
    }
}

/// What a verdict depends on, within one source.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Asked<'a> {
    said: Option<&'a str>,
    access: Option<String>,
    human: Option<&'a str>,
}

/// Returns what the catalogue says of access, from the metadata of a document.
fn access(metadata: &str) -> Option<String> {
    // Most documents have none, and their metadata need not be parsed.
    if !metadata.contains("\"access_type\"") {
        return None;
    }
    let metadata: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(metadata).ok()?;
    let access = metadata.get(ACCESS)?.as_str()?;
    (access != "open").then(|| access.to_owned())
}

#[cfg(test)]
mod tests;
