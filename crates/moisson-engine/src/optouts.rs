//! Opt-outs of an output: what is known of sites, and which documents became reserved.

use bytes::Bytes;
use moisson_core::{Error, Result};
use moisson_rights::optout::{Site, Sites};

use crate::pipeline::Pipeline;
use crate::query;
use crate::session::Session;

/// Folder of the mirror in which the answers of sites lie.
const FOLDER: &str = "mirror/sites";

/// What is known of sites, as JSON lines: what `fetch` asked for, and the file that the pipeline names. `None`: nothing.
///
/// # Errors
/// [`Error::Config`] if the file cannot be read or holds something else; [`Error::Store`] if the mirror cannot be read.
pub(crate) fn sites(pipeline: &Pipeline, session: &Session) -> Result<Option<Bytes>> {
    let mut sites = Sites::default();
    let store = session.store();
    for entry in store.list(FOLDER)? {
        if let Some(site) = store.get_json::<Site>(&entry.path)? {
            sites.add(site);
        }
    }
    if let Some(location) = &pipeline.optout.sites {
        let lines = session.read_location(location)?;
        let stated = Sites::parse(&lines)
            .map_err(|error| Error::config(format!("[optout] sites = `{location}`: {error}")))?;
        sites.merge(stated);
    }
    if sites.is_empty() {
        return Ok(None);
    }
    Ok(Some(sites.to_lines()?.into()))
}

/// A document that its publisher reserves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reserved {
    /// Its id.
    pub doc_id: String,
    /// Its source.
    pub source: String,
    /// The signal that explains it, `robots-txt: …`.
    pub observed: Option<String>,
    /// Where that was seen.
    pub source_url: Option<String>,
}

/// Documents that the latest run left out because of an opt-out, in the order of their ids. What was in an earlier
/// release and was opted out of since is among them: this is what a takedown goes through.
///
/// # Errors
/// [`Error::Config`] if the output holds no release; [`Error::Store`] if it cannot be read.
pub fn reserved(session: &Session) -> Result<Vec<Reserved>> {
    let sql = "SELECT DISTINCT doc_id, source, observed, detail FROM decisions \
               WHERE reason = 'optout/reserved' AND doc_id IS NOT NULL ORDER BY doc_id";
    let batches = query::run(session, sql)?;
    let text = |row: &serde_json::Map<String, serde_json::Value>, name: &str| {
        row.get(name)
            .and_then(serde_json::Value::as_str)
            .map(str::to_owned)
    };
    Ok(crate::explain::rows(&batches)?
        .into_iter()
        .map(|row| Reserved {
            doc_id: text(&row, "doc_id").unwrap_or_default(),
            source: text(&row, "source").unwrap_or_default(),
            observed: text(&row, "observed"),
            source_url: text(&row, "detail"),
        })
        .collect())
}
