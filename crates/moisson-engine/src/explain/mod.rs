//! Explain: the whole story of one document, its rights first.
//!
//! Only what can hold the document is read: of the parts, those of its source, their column of ids first, and then the one
//! row of the part that has it; of the shards and the ledger, the pages whose ids may match.

mod find;
mod rights;
mod rows;

use std::sync::Arc;

use datafusion::prelude::SessionContext;
use moisson_core::reason::RIGHTS_FORGOTTEN;
use moisson_core::{Error, Result};
use serde::Serialize;
use serde_json::{Map, Value};

pub(crate) use rights::VERDICTS;
pub use rights::{OptOut, Personal, Rights, Treated};
pub use rows::rows;

use crate::forgotten::{Forgotten, Notice};
use crate::session::Session;
use crate::tables::{self, Output};

/// Characters of the text that are shown.
const EXCERPT_CHARS: usize = 300;

/// What is known of a document.
#[derive(Debug, Clone, Serialize)]
pub struct Story {
    /// Its id.
    pub doc_id: String,
    /// `released`, `dropped`, `staged` where an alarm keeps the release back, or `forgotten`, of which nothing else is told.
    pub state: &'static str,
    /// Its row of `documents`, without the text.
    pub document: Option<Map<String, Value>>,
    /// Records with this id that were read; the document is the current one of them.
    pub records: usize,
    /// Its measurements.
    pub annotations: Option<Map<String, Value>>,
    /// Its rows of the ledger, in order.
    pub decisions: Vec<Map<String, Value>>,
    /// Documents dropped as duplicates of it: id and similarity.
    pub stands_for: Vec<Map<String, Value>>,
    /// Its row of the release, without the text.
    pub release: Option<Map<String, Value>>,
    /// The first 300 characters of its text: as released, else as read, with personal data that was found hidden.
    pub excerpt: Option<String>,
    /// Its rights.
    pub rights: Option<Rights>,
    /// Reservations against mining it that were looked for.
    pub optout: Option<OptOut>,
    /// Personal data: what was found and what became of it, never a value.
    pub personal: Option<Personal>,
    /// When and on what basis it was forgotten.
    pub forgotten: Option<Notice>,
}

impl Story {
    /// Of a document of which nothing may be told but that it was forgotten.
    fn forgotten(doc_id: &str, notice: Notice) -> Self {
        Self {
            doc_id: doc_id.to_owned(),
            state: "forgotten",
            document: None,
            records: 0,
            annotations: None,
            decisions: Vec::new(),
            stands_for: Vec::new(),
            release: None,
            excerpt: None,
            rights: None,
            optout: None,
            personal: None,
            forgotten: Some(notice),
        }
    }

    /// The row of the ledger that says why it is not released; what befell other records with its id is not told.
    pub fn drop(&self) -> Option<&Map<String, Value>> {
        if self.release.is_some() {
            return None;
        }
        let counted = |row: &&Map<String, Value>| row.get("counted") == Some(&Value::Bool(true));
        // Of several records with this id only the current one's fate is that of the document.
        let of_another = |row: &Map<String, Value>| {
            row.get("reason").and_then(Value::as_str) == Some("reconcile/superseded")
        };
        let mut counted = self.decisions.iter().filter(counted);
        let first = counted.clone().next();
        counted.find(|row| !of_another(row)).or(first)
    }
}

/// Tells the story of `doc_id`. `forgotten` are the tombstones of the output.
///
/// # Errors
/// [`Error::Config`] if no record of the output has that id, with ids that are near to it.
pub fn run(session: &Session, doc_id: &str, forgotten: &Arc<dyn Forgotten>) -> Result<Story> {
    let context = context(session)?;
    let output = Output::open(session, "out", &context)?;
    if let Some(notice) = forgotten.notice(doc_id) {
        return Ok(Story::forgotten(doc_id, notice));
    }
    output.release(&context, "release", &|_| output.published)?;
    output.ledger(&context, "decisions")?;
    let quoted = doc_id.replace('\'', "''");
    let select = |sql: &str| tables::select::<Map<String, Value>>(session, &context, sql);
    let decisions = select(&format!(
        "SELECT * FROM decisions WHERE doc_id = '{quoted}'"
    ))?;
    let release = select(&format!(
        "SELECT * FROM release WHERE doc_id = '{quoted}' LIMIT 1"
    ))?;
    let found = find::document(session, &output.manifest, doc_id, &decisions)?;
    if found.is_none() && release.is_empty() && decisions.is_empty() {
        return Err(unknown(doc_id, forgotten.as_ref(), &select));
    }
    let stands_for = select(&format!(
        "SELECT doc_id, reason, similarity FROM decisions \
         WHERE kept_doc_id = '{quoted}' AND step = 'duplicate' AND effect = 'drop' ORDER BY doc_id"
    ))?;
    let mut story = Story {
        doc_id: doc_id.to_owned(),
        state: "staged",
        records: found.as_ref().map_or(0, |found| found.records),
        excerpt: None,
        decisions,
        stands_for,
        release: release.into_iter().next(),
        document: found.as_ref().map(|found| found.document.clone()),
        annotations: found.and_then(|found| found.annotations),
        rights: None,
        optout: None,
        personal: None,
        forgotten: None,
    };
    story.stands_for.retain(|row| {
        let id = row.get("doc_id").and_then(Value::as_str);
        !id.is_some_and(|id| forgotten.covers(id))
    });
    story.state = match (&story.release, story.drop()) {
        (Some(_), _) => "released",
        (None, Some(_)) => "dropped",
        (None, None) => "staged",
    };
    story.excerpt = excerpt(&mut story);
    story.rights = rights::of(&story, &output.manifest.pipeline);
    story.optout = rights::optout(&story);
    story.personal = rights::personal(&story);
    Ok(story)
}

/// A context that decodes a text only where its id matches.
fn context(session: &Session) -> Result<SessionContext> {
    let context = session.context()?;
    let narrow = "SET datafusion.execution.parquet.pushdown_filters = true";
    session
        .runtime()
        .block_on(async { context.sql(narrow).await?.collect().await })
        .map_err(|e| Error::internal(e.to_string()))?;
    Ok(context)
}

/// Answers a query with rows.
type Select<'a> = dyn Fn(&str) -> Result<Vec<Map<String, Value>>> + 'a;

/// The error for an id that no record has, with ids that are near to it.
fn unknown(doc_id: &str, forgotten: &dyn Forgotten, select: &Select<'_>) -> Error {
    let quoted = doc_id.replace('\'', "''");
    let key = quoted.rsplit('/').next().unwrap_or_default();
    let near = select(&format!(
        "SELECT DISTINCT doc_id FROM (\
         SELECT doc_id FROM decisions WHERE reason <> '{RIGHTS_FORGOTTEN}' UNION SELECT doc_id FROM release) \
         WHERE doc_id LIKE '%{key}%' ORDER BY doc_id LIMIT 5"
    ));
    let near: Vec<String> = match near {
        Ok(rows) => rows
            .iter()
            .filter_map(|row| row.get("doc_id")?.as_str())
            .filter(|id| !forgotten.covers(id))
            .map(|id| format!("`{id}`"))
            .collect(),
        Err(error) => return error,
    };
    let hint = if near.is_empty() {
        "find ids with `moisson query OUT \"SELECT doc_id FROM documents\"`".to_owned()
    } else {
        format!("near to it: {}", near.join(", "))
    };
    Error::config(format!("no record has the id `{doc_id}`\n\nhint: {hint}"))
}

/// Takes the text out of both rows, and returns its beginning: as released, or as read.
fn excerpt(story: &mut Story) -> Option<String> {
    let take = |row: &mut Option<Map<String, Value>>| match row.as_mut()?.remove("text")? {
        Value::String(text) => Some(text),
        _ => None,
    };
    let (read, released) = (take(&mut story.document), take(&mut story.release));
    let text = match released {
        Some(text) => text,
        None => rights::hidden(&read?, story.annotations.as_ref()),
    };
    Some(text.chars().take(EXCERPT_CHARS).collect())
}
