//! The licence of each document: status, expression, evidence, and the attribution it asks for.
//!
//! Two layers are weighed, the rights of the work and the terms of the source, and the stricter one counts; see
//! [`moisson_rights::resolve`]. Nothing is decided here: the licence gate reads these columns.

mod columns;

use std::collections::HashMap;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Date32Type, SchemaRef};
use moisson_core::column::column;
use moisson_core::{Annotator, Date, Digest, Error, KeyHasher, Result, TextColumn};
use moisson_rights::{Attribution, Catalogue, LicenceConfig, Verdict, resolve};

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
    "licence_clarity",
    "attribution",
    "licence_detail",
];

/// Annotates documents of one source with their licence.
#[derive(Debug, Clone)]
pub struct LicenceAnnotator {
    config: LicenceConfig,
    parameters: Digest,
    /// Verdict on a record that declares nothing.
    undeclared: Verdict,
}

impl LicenceAnnotator {
    /// Takes what the pipeline states of the source; `None`: only what the records declare counts.
    ///
    /// # Errors
    /// [`Error::Config`] if the statement names no known licence, or an assumption gives no reason.
    pub fn new(config: Option<LicenceConfig>) -> Result<Self> {
        let config = config.unwrap_or_default();
        config.validate()?;
        let parameters = KeyHasher::default()
            .digest(Catalogue::embedded().digest())
            .digest(Digest::of_json(&config)?)
            .finish();
        let undeclared = resolve(Catalogue::embedded(), &config.statements(None));
        Ok(Self {
            config,
            parameters,
            undeclared,
        })
    }
}

impl Annotator for LicenceAnnotator {
    fn family(&self) -> &'static str {
        "licence"
    }

    fn version(&self) -> u32 {
        1
    }

    fn parameters(&self) -> Digest {
        self.parameters
    }

    fn schema(&self) -> SchemaRef {
        columns::schema()
    }

    /// Weighs each distinct statement of the batch once.
    fn annotate(&self, documents: &RecordBatch) -> Result<RecordBatch> {
        let text = |name| TextColumn::try_new(documents, name);
        let (declared, producer) = (text("licence_declared")?, text("producer")?);
        let (title, url) = (text("title")?, text("url")?);
        let modified_on = column(documents, "modified_on")?
            .as_primitive_opt::<Date32Type>()
            .ok_or_else(|| Error::internal("column `modified_on` is no date"))?;
        let mut verdicts: HashMap<&str, Verdict> = HashMap::new();
        let mut columns = Columns::default();
        for row in 0..documents.num_rows() {
            let statement = declared
                .get(row)
                .filter(|text| self.config.trust_records && !text.trim().is_empty());
            let verdict = match statement {
                None => &self.undeclared,
                Some(text) => &*verdicts.entry(text).or_insert_with(|| {
                    resolve(Catalogue::embedded(), &self.config.statements(Some(text)))
                }),
            };
            let date = modified_on
                .is_valid(row)
                .then(|| Date(modified_on.value(row)));
            let line =
                verdict.attribution_line(producer.get(row), title.get(row), date, url.get(row));
            let nobody = line.is_none() && verdict.attribution != Attribution::None;
            let incomplete =
                nobody.then_some("attribution is due, and neither producer nor address is known");
            columns.push(verdict, line, incomplete);
        }
        columns.finish()
    }
}

#[cfg(test)]
mod tests;
