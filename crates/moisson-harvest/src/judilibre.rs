//! Judilibre, the decisions of the courts of justice, through the interface of the Cour de cassation. Domain notes,
//! section 5.3; shapes as in the code that the Court publishes (`judilibre-search`).
//!
//! The first harvest goes through `/scan`, a thousand decisions a page. An answer states the query of the next batch
//! (`next_batch`, null at the end), which is asked as it stands: it holds the cursor (`searchAfter`) and stays valid. Later
//! harvests read `/transactionalhistory` since the last one began, less an hour: a log of what was created, updated and
//! deleted. Its `next_page` is valid for a minute, so that the log is read again after a kill, from its beginning. What
//! changed is asked for by `/decision?id=`, what was deleted is kept as a page of its own.
//!
//! Pages are `SOURCE/YYYYMMDDhhmmss-000001.json`: answers of `/scan` as sent, or `{"results": […]}` around answers of
//! `/decision` as sent. Deletions are `…-000002-deleted.json`: `{"deleted": [{"id": …, "date": …}]}`.
//!
//! The key goes into the header `KeyId` from the environment, and nowhere else.

mod log;

use std::collections::BTreeSet;

use moisson_core::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use crate::pages::{self, Moment};
use crate::progress::Progress;
use crate::transfer::{Outcome, Wanted};
use crate::{Acquisition, Harvest, Harvester, Response, Summary, client};
use log::{Changes, Transaction};

/// Where the interface is if `at` does not say.
const BASE: &str = "https://api.piste.gouv.fr/cassation/judilibre/v1.0";

/// Changed decisions a page. A kill asks for those of one page again.
const DECISIONS_PAGE: usize = 50;

/// Courts as the interface abbreviates them.
const JURISDICTIONS: [&str; 5] = ["cc", "ca", "tj", "tcom", "cph"];

/// Settings of a harvest of Judilibre; `at` names the address of the interface,
/// `https://api.piste.gouv.fr/cassation/judilibre/v1.0`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct JudilibreConfig {
    /// Courts: `cc` Cour de cassation, `ca` cours d'appel, `tj` tribunaux judiciaires, `tcom` tribunaux de commerce, `cph`
    /// conseils de prud'hommes.
    pub jurisdiction: Vec<String>,
    /// Environment variable that holds the key.
    pub key_env: String,
    /// Decisions a page of the first harvest, 1 to 1000.
    pub batch_size: u32,
    /// Date of the first decision wanted, `2024-01-31`.
    pub date_start: Option<String>,
    /// How far a later harvest reads back in the log before the last one began, in seconds.
    pub overlap_seconds: u32,
    /// Most pages of the first harvest a run asks for; the next run goes on.
    pub pages_max: Option<u32>,
}

impl Default for JudilibreConfig {
    fn default() -> Self {
        Self {
            jurisdiction: vec!["cc".to_owned()],
            key_env: "JUDILIBRE_KEY".to_owned(),
            batch_size: 1000,
            date_start: None,
            overlap_seconds: 3600,
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
    /// Transactions done that the next reading of the log will meet again.
    #[serde(default)]
    done: BTreeSet<Transaction>,
}

/// The harvest under way.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Running {
    /// Moment of the first answer.
    began: Moment,
    /// Stamp of the pages.
    stamp: String,
    /// Number of the page to come.
    page: u32,
    step: Step,
}

/// What comes next.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Step {
    /// Everything: this query of `/scan`.
    Scan(String),
    /// What the log said.
    Changes(Changes),
}

impl Harvester for JudilibreConfig {
    fn harvest(&self, harvest: &Harvest<'_>) -> Result<Summary> {
        self.check(harvest.source)?;
        let own = [BASE.to_owned()];
        let bases = if harvest.at.is_empty() {
            &own
        } else {
            harvest.at
        };
        let mut progress = Progress::new(harvest);
        for base in bases {
            let question = (base, &self.jurisdiction, &self.date_start);
            let name = pages::state_name(harvest.source, "judilibre", &question)?;
            let state = pages::load(harvest, &name)?.unwrap_or_default();
            let base = client::parse(base)?;
            let headers = vec![("KeyId".to_owned(), format!("env:{}", self.key_env))];
            let source = Source {
                config: self,
                harvest,
                base,
                headers,
                name,
            };
            source.harvest(state, &mut progress)?;
        }
        progress.finish()
    }
}

impl JudilibreConfig {
    fn check(&self, source: &str) -> Result<()> {
        let unknown = self
            .jurisdiction
            .iter()
            .find(|name| !JURISDICTIONS.contains(&name.as_str()));
        let problem = if let Some(unknown) = unknown {
            format!("unknown jurisdiction `{unknown}`; known: `cc`, `ca`, `tj`, `tcom`, `cph`")
        } else if self.jurisdiction.is_empty() {
            "no jurisdiction; known: `cc`, `ca`, `tj`, `tcom`, `cph`".to_owned()
        } else if !(1..=1000).contains(&self.batch_size) {
            format!(
                "`batch_size` is {}; the interface gives 1 to 1000",
                self.batch_size
            )
        } else if let Some(date) = self
            .date_start
            .as_deref()
            .filter(|date| pages::parse_moment(date).is_none())
        {
            format!("`date_start` is `{date}`; write `2024-01-31`")
        } else {
            return Ok(());
        };
        Err(Error::config(format!(
            "{problem} (`fetch` table of source `{source}`)"
        )))
    }

    /// The first query of `/scan`.
    fn first_query(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.jurisdiction.iter().map(|name| ("jurisdiction", name)));
        query.append_pair("batch_size", &self.batch_size.to_string());
        if let Some(date) = &self.date_start {
            query
                .append_pair("date_start", date)
                .append_pair("date_type", "creation");
        }
        query.finish()
    }

    /// True unless a decision is known to be outside what is asked for; the log is that of all courts.
    fn wants(&self, decision: &Value) -> bool {
        let text = |name| decision.get(name).and_then(Value::as_str);
        let court = text("jurisdiction").filter(|court| JURISDICTIONS.contains(court));
        let too_old = text("decision_date")
            .zip(self.date_start.as_deref())
            .is_some_and(|(date, start)| date < start);
        court.is_none_or(|court| self.jurisdiction.iter().any(|wanted| wanted == court)) && !too_old
    }
}

/// The interface, for one source.
struct Source<'r> {
    config: &'r JudilibreConfig,
    harvest: &'r Harvest<'r>,
    base: Url,
    headers: Vec<(String, String)>,
    name: String,
}

impl Source<'_> {
    fn harvest(&self, mut state: State, progress: &mut Progress<'_>) -> Result<()> {
        let mut running = match (state.running.take(), &state.complete) {
            (Some(running), _) => Some(running),
            (None, Some(complete)) => self.read_log(complete)?,
            (None, None) => None,
        };
        let mut asked = 0;
        let again = loop {
            // Before the first answer there is no moment to name pages by.
            let query = match running.as_mut().map(|running| &mut running.step) {
                None => self.config.first_query(),
                Some(Step::Scan(query)) => query.clone(),
                Some(Step::Changes(changes)) => {
                    let again = changes.again.clone();
                    if let Some(running) = &mut running {
                        self.changes(&mut state, running, progress)?;
                    }
                    break again;
                }
            };
            if self.config.pages_max.is_some_and(|max| asked >= max) {
                pages::say_stopped(self.harvest, asked);
                return Ok(());
            }
            asked += 1;
            if !self.scan(&query, &mut running, &mut state, progress)? {
                break BTreeSet::new();
            }
        };
        let Some(running) = running else {
            return Err(Error::internal("a harvest of Judilibre without an answer"));
        };
        let complete = Complete {
            began: running.began,
            done: again,
        };
        pages::save(
            self.harvest,
            &self.name,
            &State {
                complete: Some(complete),
                running: None,
            },
        )
    }

    fn save(&self, state: &mut State, running: &Running) -> Result<()> {
        state.running = Some(running.clone());
        pages::save(self.harvest, &self.name, state)
    }

    fn ask(&self, path: &str, query: &str) -> Result<(String, Response, Value)> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push(path);
        }
        url.set_query(Some(query));
        let (response, json) = pages::ask_json(self.harvest, url.as_str(), &self.headers)?;
        if matches!(response.status, 401 | 403) {
            return Err(Error::config(format!(
                "Judilibre refuses the key in the environment variable `{}` (source `{}`): {}",
                self.config.key_env,
                self.harvest.source,
                pages::refusal(&response, &json)
            )));
        }
        Ok((url.into(), response, json))
    }

    fn refused(&self, path: &str, response: &Response, json: &Value) -> Error {
        let source = self.harvest.source;
        let why = pages::refusal(response, json);
        Error::config(format!(
            "Judilibre refuses `/{path}` (source `{source}`): {why}"
        ))
    }

    /// A page of everything. Returns false after the last.
    fn scan(
        &self,
        query: &str,
        running: &mut Option<Running>,
        state: &mut State,
        progress: &mut Progress<'_>,
    ) -> Result<bool> {
        let (url, answer, page) = self.ask("scan", query)?;
        let Some(results) = page.get("results").and_then(Value::as_array) else {
            return Err(self.refused("scan", &answer, &page));
        };
        let running = match running {
            Some(running) => running,
            None => {
                let moment = pages::moment(
                    self.harvest,
                    page.get("date").and_then(Value::as_str),
                    &answer,
                );
                let stamp = pages::free_stamp(self.harvest, moment)?;
                let step = Step::Scan(query.to_owned());
                let first = running.insert(Running {
                    began: Moment(moment),
                    stamp,
                    page: 1,
                    step,
                });
                self.save(state, first)?;
                first
            }
        };
        if !results.is_empty() {
            let name = pages::page_name(self.harvest.source, &running.stamp, running.page, ".json");
            let wanted = Wanted::new(name, url, Acquisition::Api);
            pages::keep(self.harvest, progress, &wanted, &answer.body, Some(&answer))?;
        }
        let next = next_query(&page, query).filter(|_| !results.is_empty());
        match next {
            Some(next) if next == query => Err(Error::store(
                "Judilibre",
                "`/scan` repeats its cursor without end",
            )),
            Some(next) => {
                running.page += 1;
                running.step = Step::Scan(next);
                self.save(state, running)?;
                Ok(true)
            }
            None => Ok(false),
        }
    }

    /// Asks for what changed, page by page, and keeps what was deleted.
    fn changes(
        &self,
        state: &mut State,
        running: &mut Running,
        progress: &mut Progress<'_>,
    ) -> Result<()> {
        loop {
            self.save(state, running)?;
            let Step::Changes(changes) = &mut running.step else {
                return Ok(());
            };
            if changes.changed.is_empty() {
                break;
            }
            let batch: Vec<Transaction> = changes
                .changed
                .iter()
                .take(DECISIONS_PAGE)
                .cloned()
                .collect();
            let mut decisions: Vec<u8> = Vec::new();
            let mut gone = Vec::new();
            for transaction in &batch {
                match self.decision(&transaction.id)? {
                    Decision::Wanted(body) => {
                        decisions.extend_from_slice(if decisions.is_empty() {
                            b"{\"results\":["
                        } else {
                            b",\n"
                        });
                        decisions.extend(body);
                    }
                    Decision::Gone => gone.push(transaction.clone()),
                    Decision::Elsewhere => {}
                    Decision::Failed(why) => {
                        let wanted = Wanted::new(
                            transaction.id.as_str(),
                            self.base.as_str(),
                            Acquisition::Api,
                        );
                        progress.add(
                            &wanted,
                            &Outcome::Failed {
                                why,
                                unreachable: false,
                            },
                        );
                    }
                }
            }
            if !decisions.is_empty() {
                decisions.extend_from_slice(b"]}\n");
                self.keep_made(running, ".json", &decisions, progress)?;
            }
            if let Step::Changes(changes) = &mut running.step {
                changes.changed.drain(..batch.len());
                changes.deleted.extend(gone);
            }
        }
        let Step::Changes(changes) = &running.step else {
            return Ok(());
        };
        if changes.deleted.is_empty() {
            return Ok(());
        }
        let deleted: Vec<Value> = changes
            .deleted
            .iter()
            .map(|gone| json!({"id": gone.id, "date": gone.date}))
            .collect();
        let body = format!("{}\n", json!({ "deleted": deleted }));
        self.keep_made(running, "-deleted.json", body.as_bytes(), progress)
    }

    fn keep_made(
        &self,
        running: &mut Running,
        suffix: &str,
        body: &[u8],
        progress: &mut Progress<'_>,
    ) -> Result<()> {
        let name = pages::page_name(self.harvest.source, &running.stamp, running.page, suffix);
        let wanted = Wanted::new(name, self.base.as_str(), Acquisition::Api);
        running.page += 1;
        pages::keep(self.harvest, progress, &wanted, body, None)
    }

    fn decision(&self, id: &str) -> Result<Decision> {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("id", id);
        let (_, answer, json) = self.ask("decision", &query.finish())?;
        if matches!(answer.status, 404 | 410) {
            return Ok(Decision::Gone);
        }
        if !answer.is_success() || json.get("id").is_none() {
            return Ok(Decision::Failed(pages::refusal(&answer, &json)));
        }
        if !self.config.wants(&json) {
            return Ok(Decision::Elsewhere);
        }
        let mut body = answer.body;
        body.truncate(body.trim_ascii_end().len());
        Ok(Decision::Wanted(body))
    }
}

/// What became of a decision that the log names.
enum Decision {
    /// As sent.
    Wanted(Vec<u8>),
    /// Deleted since the log was read.
    Gone,
    /// Of another court, or too old.
    Elsewhere,
    /// Refused.
    Failed(String),
}

/// The query of the next batch: `next_batch` as the interface states it, else a cursor by itself.
fn next_query(page: &Value, query: &str) -> Option<String> {
    if let Some(next) = page
        .get("next_batch")
        .and_then(Value::as_str)
        .filter(|next| !next.is_empty())
    {
        // A whole address has its query after `?`.
        let next = next.rsplit_once('?').map_or(next, |(_, query)| query);
        return Some(next.to_owned());
    }
    let cursor = ["search_after", "searchAfter"]
        .into_iter()
        .find_map(|name| page.get(name))?;
    let text = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    let cursor = match cursor {
        Value::Array(parts) if !parts.is_empty() => {
            parts.iter().map(text).collect::<Vec<_>>().join("&")
        }
        Value::String(cursor) if !cursor.is_empty() => cursor.clone(),
        _ => return None,
    };
    let old =
        url::form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "searchAfter");
    let mut next = url::form_urlencoded::Serializer::new(String::new());
    next.extend_pairs(old).append_pair("searchAfter", &cursor);
    Some(next.finish())
}

#[cfg(test)]
mod tests;
