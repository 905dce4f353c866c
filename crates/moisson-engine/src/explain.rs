//! Explain: the whole story of one document.

use arrow::array::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use moisson_core::{Error, Result};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::query;
use crate::session::Session;

/// What is known of a document.
#[derive(Debug, Clone, Serialize)]
pub struct Story {
    /// Its id.
    pub doc_id: String,
    /// `released`, `dropped`, or `staged` where an alarm keeps the release back.
    pub state: &'static str,
    /// Its row of `documents`, without the text.
    pub document: Option<Map<String, Value>>,
    /// Its measurements.
    pub annotations: Option<Map<String, Value>>,
    /// Its rows of the ledger, in order.
    pub decisions: Vec<Map<String, Value>>,
    /// Documents dropped as duplicates of it: id and similarity.
    pub stands_for: Vec<Map<String, Value>>,
    /// Its row of the release, without the text.
    pub release: Option<Map<String, Value>>,
    /// The first 300 characters of its text.
    pub excerpt: Option<String>,
}

/// Tells the story of `doc_id`.
///
/// # Errors
/// [`Error::Config`] if no record of the output has that id, with ids that are near to it.
pub fn run(session: &Session, doc_id: &str) -> Result<Story> {
    let context = query::context(session, true)?;
    let quoted = doc_id.replace('\'', "''");
    let select = |sql: String| -> Result<Vec<Map<String, Value>>> {
        let batches = session
            .runtime()
            .block_on(async { context.sql(&sql).await?.collect().await })
            .map_err(|e| Error::internal(e.strip_backtrace()))?;
        rows(&batches)
    };
    let one = |table: &str| -> Result<Option<Map<String, Value>>> {
        let sql = format!("SELECT * FROM {table} WHERE doc_id = '{quoted}' LIMIT 1");
        Ok(select(sql)?.into_iter().next())
    };
    let mut document = one("documents")?;
    let mut release = one("release")?;
    let decisions = select(format!("SELECT * FROM decisions WHERE doc_id = '{quoted}'"))?;
    if document.is_none() && release.is_none() && decisions.is_empty() {
        let key = quoted.rsplit('/').next().unwrap_or_default();
        let near = select(format!(
            "SELECT DISTINCT doc_id FROM (SELECT doc_id FROM decisions UNION SELECT doc_id FROM release) \
             WHERE doc_id LIKE '%{key}%' ORDER BY doc_id LIMIT 5"
        ))?;
        let near: Vec<String> = near
            .iter()
            .filter_map(|row| row.get("doc_id")?.as_str().map(|id| format!("`{id}`")))
            .collect();
        let hint = if near.is_empty() {
            "find ids with `moisson query OUT \"SELECT doc_id FROM documents\"`".to_owned()
        } else {
            format!("near to it: {}", near.join(", "))
        };
        return Err(Error::config(format!(
            "no record has the id `{doc_id}`\n\nhint: {hint}"
        )));
    }
    let text = [&mut document, &mut release]
        .into_iter()
        .filter_map(|row| row.as_mut()?.remove("text"))
        .reduce(|_, shipped| shipped);
    let excerpt = text.and_then(|text| Some(text.as_str()?.chars().take(300).collect()));
    let dropped = decisions
        .iter()
        .any(|row| row.get("counted") == Some(&Value::Bool(true)));
    let state = match (&release, dropped) {
        (Some(_), _) => "released",
        (None, true) => "dropped",
        (None, false) => "staged",
    };
    let annotations = if moisson_has_annotations(&context) {
        one("annotations")?
    } else {
        None
    };
    Ok(Story {
        doc_id: doc_id.to_owned(),
        state,
        annotations,
        document,
        decisions,
        stands_for: select(format!(
            "SELECT doc_id, reason, similarity FROM duplicates WHERE kept_doc_id = '{quoted}' ORDER BY doc_id"
        ))?,
        release,
        excerpt,
    })
}

fn moisson_has_annotations(context: &datafusion::prelude::SessionContext) -> bool {
    context.table_exist("annotations").unwrap_or_default()
}

/// Turns batches into JSON objects; nulls are left out.
///
/// # Errors
/// [`Error::Internal`] if arrow cannot print a column.
pub fn rows(batches: &[RecordBatch]) -> Result<Vec<Map<String, Value>>> {
    let options = FormatOptions::default();
    let mut rows = Vec::new();
    for batch in batches {
        let schema = batch.schema();
        let columns = batch
            .columns()
            .iter()
            .zip(schema.fields())
            .map(|(array, field)| Ok((array, field, ArrayFormatter::try_new(array, &options)?)))
            .collect::<Result<Vec<_>>>()?;
        for row in 0..batch.num_rows() {
            let mut object = Map::new();
            for (array, field, formatter) in &columns {
                if array.is_null(row) {
                    continue;
                }
                let printed = formatter.value(row).to_string();
                let kind = field.data_type();
                let value = if kind.is_numeric() || kind == &arrow::datatypes::DataType::Boolean {
                    serde_json::from_str(&printed).unwrap_or(Value::String(printed))
                } else {
                    Value::String(printed)
                };
                object.insert(field.name().clone(), value);
            }
            rows.push(object);
        }
    }
    Ok(rows)
}
