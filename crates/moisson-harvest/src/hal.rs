//! HAL, the open archive of French research, through its search interface. Domain notes, section 5.4.
//!
//! The interface is Apache Solr's: a cursor (`cursorMark`, sorted by `docid`) goes through a result of any size and stays
//! valid for good, so that a harvest that was killed goes on with the cursor it had. The end is reached when the cursor no
//! longer moves. Pages are kept as sent, as `SOURCE/YYYYMMDDhhmmss-000001.json`. A later harvest asks for what was
//! modified since the last one began, less an overlap of a day: the index is renewed some time after the archive.
//!
//! Licences are stated document by document (`licence_s`); receipts state none. The interface does not say what was
//! withdrawn; HAL's OAI-PMH repository does.

use chrono::{DateTime, TimeDelta, Utc};
use moisson_core::{Error, Result, redact};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use crate::pages::{self, Moment, Overlap};
use crate::progress::Progress;
use crate::transfer::Wanted;
use crate::{Acquisition, Harvest, Harvester, Summary, client};

/// Where the interface is if `at` does not say.
const BASE: &str = "https://api.archives-ouvertes.fr/search/";

/// What a reader needs of a document.
const FIELDS: [&str; 16] = [
    "docid",
    "halId_s",
    "version_i",
    "title_s",
    "abstract_s",
    "language_s",
    "licence_s",
    "openAccess_bool",
    "files_s",
    "submitType_s",
    "publicationDate_s",
    "modifiedDate_s",
    "authFullName_s",
    "docType_s",
    "domain_s",
    "uri_s",
];

/// Settings of a harvest of HAL; `at` names the address of the interface, `https://api.archives-ouvertes.fr/search/`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HalConfig {
    /// Query in the syntax of Solr; everything if there is none.
    pub query: String,
    /// Fields wanted; those a reader needs if none is named.
    pub fields: Vec<String>,
    /// Filters in the syntax of Solr, all of which have to hold: `openAccess_bool:true`.
    pub filter: Vec<String>,
    /// Portal or collection, by its short name.
    pub portal: Option<String>,
    /// Documents a page.
    pub rows: u32,
    /// How far the window of a later harvest reaches back before the last one began, in seconds.
    pub overlap_seconds: u32,
    /// Most pages a run asks for; the next run goes on.
    pub pages_max: Option<u32>,
}

impl Default for HalConfig {
    fn default() -> Self {
        Self {
            query: "*:*".to_owned(),
            fields: Vec::new(),
            filter: Vec::new(),
            portal: None,
            rows: 500,
            overlap_seconds: 86_400,
            pages_max: None,
        }
    }
}

/// What is known between requests and between runs.
#[derive(Debug, Default, Serialize, Deserialize)]
struct State {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    complete: Option<Complete>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    running: Option<Running>,
}

/// The last complete harvest.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Complete {
    /// Moment of its first answer.
    began: Moment,
    overlap: Overlap,
}

/// The harvest under way.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Running {
    /// Beginning of the window, if not everything is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<Moment>,
    /// Moment of the first answer and stamp of the pages, once there is an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first: Option<(Moment, String)>,
    /// Cursor to ask with next.
    cursor: String,
    /// Number of the page to come.
    page: u32,
    overlap: Overlap,
}

impl Harvester for HalConfig {
    fn harvest(&self, harvest: &Harvest<'_>) -> Result<Summary> {
        if !(1..=10_000).contains(&self.rows) {
            let source = harvest.source;
            let message = format!(
                "`rows` of source `{source}` is {}; HAL gives 1 to 10000 a page",
                self.rows
            );
            return Err(Error::config(message));
        }
        let own = [BASE.to_owned()];
        let bases = if harvest.at.is_empty() {
            &own
        } else {
            harvest.at
        };
        let mut progress = Progress::new(harvest);
        for base in bases {
            let list = List {
                config: self,
                harvest,
                base: self.base(base)?,
            };
            list.harvest(&mut progress)?;
        }
        progress.finish()
    }
}

impl HalConfig {
    /// The address that questions are put to.
    fn base(&self, at: &str) -> Result<Url> {
        let mut url = client::parse(at)?;
        if let Some(portal) = &self.portal
            && let Ok(mut segments) = url.path_segments_mut()
        {
            segments.pop_if_empty().push(portal).push("");
        }
        Ok(url)
    }

    fn fields(&self) -> String {
        if self.fields.is_empty() {
            return FIELDS.join(",");
        }
        let mut fields: Vec<&str> = self.fields.iter().map(String::as_str).collect();
        // Without these a harvest cannot tell what it has.
        for field in ["docid", "modifiedDate_s"] {
            if !fields.contains(&field) {
                fields.push(field);
            }
        }
        fields.join(",")
    }
}

/// One result, from its state through its pages to its new state.
struct List<'r> {
    config: &'r HalConfig,
    harvest: &'r Harvest<'r>,
    base: Url,
}

impl List<'_> {
    fn harvest(&self, progress: &mut Progress<'_>) -> Result<()> {
        let config = self.config;
        let question = (
            self.base.as_str(),
            &config.query,
            &config.filter,
            config.fields(),
        );
        let name = pages::state_name(self.harvest.source, "hal", &question)?;
        let mut state: State = pages::load(self.harvest, &name)?.unwrap_or_default();
        let known = state
            .complete
            .as_ref()
            .map(|complete| complete.overlap.clone())
            .unwrap_or_default();
        let running = state.running.take();
        let mut running = running.unwrap_or_else(|| self.begin(state.complete.as_ref()));
        let mut asked = 0;
        loop {
            state.running = Some(running.clone());
            pages::save(self.harvest, &name, &state)?;
            if config.pages_max.is_some_and(|max| asked >= max) {
                pages::say_stopped(self.harvest, asked);
                return Ok(());
            }
            asked += 1;
            let first_answer = running.first.is_none();
            let (url, answer, page) = self.ask(&running)?;
            let moment = pages::moment(self.harvest, None, &answer);
            if first_answer {
                // Fixed before anything is kept under it.
                running.first = Some((Moment(moment), pages::free_stamp(self.harvest, moment)?));
                state.running = Some(running.clone());
                pages::save(self.harvest, &name, &state)?;
            }
            let (began, stamp) = running.first.clone().unwrap_or_default();
            if self.is_new(&mut running, &known, began.0, &page) {
                let name = pages::page_name(self.harvest.source, &stamp, running.page, ".json");
                let wanted = Wanted::new(name, url, Acquisition::Api);
                pages::keep(self.harvest, progress, &wanted, &answer.body, Some(&answer))?;
            } else if !documents(&page).is_empty() {
                progress.unchanged(1);
            }
            running.page += 1;
            let next = page.get("nextCursorMark").and_then(Value::as_str);
            match next.filter(|next| *next != running.cursor) {
                Some(next) => next.clone_into(&mut running.cursor),
                None => {
                    let complete = Complete {
                        began,
                        overlap: running.overlap,
                    };
                    let state = State {
                        complete: Some(complete),
                        running: None,
                    };
                    return pages::save(self.harvest, &name, &state);
                }
            }
        }
    }

    fn begin(&self, complete: Option<&Complete>) -> Running {
        Running {
            since: complete.map(|complete| Moment(complete.began.0 - self.overlap())),
            first: None,
            cursor: "*".to_owned(),
            page: 1,
            overlap: Overlap::default(),
        }
    }

    fn overlap(&self) -> TimeDelta {
        TimeDelta::seconds(i64::from(self.config.overlap_seconds))
    }

    fn ask(&self, running: &Running) -> Result<(String, crate::Response, Value)> {
        let config = self.config;
        let mut url = self.base.clone();
        {
            let mut query = url.query_pairs_mut();
            query
                .append_pair("q", &config.query)
                .append_pair("fl", &config.fields());
            query.extend_pairs(config.filter.iter().map(|filter| ("fq", filter)));
            if let Some(since) = running.since {
                let window = format!("modifiedDate_tdate:[{} TO *]", pages::seconds(since.0));
                query.append_pair("fq", &window);
            }
            query.append_pair("rows", &config.rows.to_string());
            query
                .append_pair("sort", "docid asc")
                .append_pair("wt", "json");
            query.append_pair("cursorMark", &running.cursor);
        }
        let (answer, page) = pages::ask_json(self.harvest, url.as_str(), &[])?;
        // Solr answers a query it cannot read with an error, on some fronts with status 200.
        if page.pointer("/response/docs").is_some_and(Value::is_array) {
            return Ok((url.into(), answer, page));
        }
        let base = redact(self.base.as_str());
        let why = pages::refusal(&answer, &page);
        Err(Error::config(format!(
            "`{base}` (source `{}`) refuses the query: {why}",
            self.harvest.source
        )))
    }

    /// True if the page holds a document that the last harvest did not have as it is. Remembers those that the next
    /// window will meet again.
    fn is_new(
        &self,
        running: &mut Running,
        known: &Overlap,
        began: DateTime<Utc>,
        page: &Value,
    ) -> bool {
        // The zone of `modifiedDate_s` is not stated: a day more costs nothing but memory.
        let start = began - self.overlap() - TimeDelta::days(1);
        let mut is_new = false;
        for document in documents(page) {
            let id = document
                .get("docid")
                .map(Value::to_string)
                .unwrap_or_default();
            let bytes = document.to_string();
            is_new |= running.since.is_none() || !known.holds(&id, bytes.as_bytes());
            let modified = document.get("modifiedDate_s").and_then(Value::as_str);
            if modified
                .and_then(pages::parse_moment)
                .is_none_or(|modified| modified >= start)
            {
                running.overlap.add(&id, bytes.as_bytes());
            }
        }
        is_new
    }
}

fn documents(page: &Value) -> &[Value] {
    page.pointer("/response/docs")
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests;
