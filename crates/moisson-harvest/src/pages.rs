//! Harvests that come in pages: names by moment and number, pages kept as they were sent, state kept before each request.
//!
//! A page is `SOURCE/YYYYMMDDhhmmss-000001.xml`: the moment is the server's own at the first answer of that harvest, so
//! that names sort in the order in which records were stated, and a record of a later page supersedes that of an earlier.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, TimeDelta, Utc};
use moisson_core::{Digest, Error, Result, redact};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::naming::segment;
use crate::progress::Progress;
use crate::transfer::{self, Wanted};
use crate::{Harvest, Request, Response};

/// Most bytes of a page. The largest seen in the wild are batches of a thousand decisions, some 60 MB.
const PAGE_BYTES_MAX: u64 = 512 << 20;

/// Asks for a page of an interface, a declared channel.
pub(crate) fn ask(
    harvest: &Harvest<'_>,
    url: &str,
    headers: &[(String, String)],
) -> Result<Response> {
    harvest.watch.check()?;
    let request = Request {
        url: url.to_owned(),
        headers: headers.to_vec(),
        robots: false,
        bytes_max: PAGE_BYTES_MAX,
    };
    harvest.client.ask(&request, harvest.watch)
}

/// Attempts at an answer that is whole HTTP but no JSON.
const JSON_ATTEMPTS: u32 = 3;

/// Asks an interface that answers in JSON. An answer that is none is asked for again: an error page with status 200 must
/// not pass for a page without records. A refusal comes back with whatever it says.
pub(crate) fn ask_json(
    harvest: &Harvest<'_>,
    url: &str,
    headers: &[(String, String)],
) -> Result<(Response, Value)> {
    for _ in 0..JSON_ATTEMPTS {
        let response = ask(harvest, url, headers)?;
        match serde_json::from_slice(&response.body) {
            Ok(json) => return Ok((response, json)),
            Err(_) if !response.is_success() => return Ok((response, Value::Null)),
            Err(_) => {}
        }
    }
    Err(Error::store(redact(url), "the answer is no JSON"))
}

/// What an interface says of a refusal, in a line.
pub(crate) fn refusal(response: &Response, json: &Value) -> String {
    let said = ["message", "msg", "error", "errors", "title"].map(|name| json.get(name));
    let said = said.into_iter().flatten().next().map(|said| match said {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    });
    let said: String = said.unwrap_or_default().chars().take(200).collect();
    match said.as_str() {
        "" => format!("status {}", response.status),
        said => format!("status {}: {said}", response.status),
    }
}

/// Reads a state; `None` if there is none yet.
pub(crate) fn load<T: DeserializeOwned>(harvest: &Harvest<'_>, name: &str) -> Result<Option<T>> {
    let Some(bytes) = harvest.mirror.get(name)? else {
        return Ok(None);
    };
    let state = serde_json::from_slice(&bytes).map_err(|error| {
        Error::store(
            name,
            format!("cannot be read ({error}); delete it to harvest everything again"),
        )
    })?;
    Ok(Some(state))
}

/// Writes a state.
pub(crate) fn save(harvest: &Harvest<'_>, name: &str, state: &impl Serialize) -> Result<()> {
    let mut json = serde_json::to_vec_pretty(state).map_err(|e| Error::internal(e.to_string()))?;
    json.push(b'\n');
    harvest.mirror.put(name, &json)
}

/// Names a state after what it is the state of: another question has another state.
pub(crate) fn state_name(source: &str, kind: &str, question: &impl Serialize) -> Result<String> {
    let digest = Digest::of_json(question)?.short(12);
    Ok(format!("state/{}/{kind}-{digest}.json", segment(source)))
}

/// Keeps a page: data first, receipt last. The same bytes under the same name are left alone.
pub(crate) fn keep(
    harvest: &Harvest<'_>,
    progress: &mut Progress<'_>,
    page: &Wanted,
    body: &[u8],
    answer: Option<&Response>,
) -> Result<()> {
    let outcome = transfer::keep_bytes(harvest, page, body, answer)?;
    progress.add(page, &outcome);
    Ok(())
}

/// Says that a run ends because its settings allow no more pages.
pub(crate) fn say_stopped(harvest: &Harvest<'_>, asked: u32) {
    harvest.watch.warn(&format!(
        "stopped after {asked} pages of source `{}`, as `pages_max` says; the next run goes on",
        harvest.source
    ));
}

/// Chooses the stamp of a harvest: its moment, or the next second at which no page of the source is named.
pub(crate) fn free_stamp(harvest: &Harvest<'_>, moment: DateTime<Utc>) -> Result<String> {
    let mut moment = moment;
    loop {
        let stamp = moment.format("%Y%m%d%H%M%S").to_string();
        let taken = harvest
            .mirror
            .list(&format!("data/{}/{stamp}-", segment(harvest.source)))?;
        if taken.is_empty() {
            return Ok(stamp);
        }
        moment += TimeDelta::seconds(1);
    }
}

/// Name of page `number` of a harvest; `suffix` is `.xml`, `-deleted.json` and the like.
pub(crate) fn page_name(source: &str, stamp: &str, number: u32, suffix: &str) -> String {
    format!("{}/{stamp}-{number:06}{suffix}", segment(source))
}

/// The moment of an answer: as its body says, else its `Date` header, else the clock.
pub(crate) fn moment(
    harvest: &Harvest<'_>,
    stated: Option<&str>,
    response: &Response,
) -> DateTime<Utc> {
    let header = response.header("date");
    let clock = || parse_moment(&harvest.client.timestamp()).unwrap_or_default();
    stated
        .and_then(parse_moment)
        .or_else(|| header.and_then(parse_moment))
        .unwrap_or_else(clock)
}

/// Reads a moment in the forms that servers use: RFC 3339, the same without its zone, a day, an HTTP date.
pub(crate) fn parse_moment(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Some(moment.to_utc());
    }
    let naive = [
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M:%S%.fZ",
    ];
    if let Some(moment) = naive
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
    {
        return Some(moment.and_utc());
    }
    if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Some(day.and_time(NaiveTime::MIN).and_utc());
    }
    DateTime::parse_from_rfc2822(text)
        .ok()
        .map(|moment| moment.to_utc())
}

/// `2024-01-31T12:00:00Z`.
pub(crate) fn seconds(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A moment in a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Moment(pub(crate) DateTime<Utc>);

impl TryFrom<String> for Moment {
    type Error = String;

    fn try_from(text: String) -> std::result::Result<Self, String> {
        let moment = parse_moment(&text).map(Self);
        moment.ok_or_else(|| format!("`{text}` is no moment"))
    }
}

impl From<Moment> for String {
    fn from(moment: Moment) -> Self {
        seconds(moment.0)
    }
}

/// Records that the next incremental harvest will meet again because its window overlaps this one: identifier to the
/// first digits of the record's digest. A page that holds nothing else has nothing new.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, serde::Deserialize)]
#[serde(transparent)]
pub(crate) struct Overlap(BTreeMap<String, String>);

impl Overlap {
    /// Beyond this many the overlap is kept again rather than remembered: the state is written before each request.
    const ENTRIES_MAX: usize = 20_000;

    pub(crate) fn add(&mut self, identifier: &str, record: &[u8]) {
        if self.0.len() < Self::ENTRIES_MAX {
            self.0
                .insert(identifier.to_owned(), Digest::of(record).short(16));
        }
    }

    pub(crate) fn holds(&self, identifier: &str, record: &[u8]) -> bool {
        let known = self.0.get(identifier);
        known.is_some_and(|digest| *digest == Digest::of(record).short(16))
    }
}

/// Stops a run once the server was asked a number of times, like a kill would.
#[cfg(test)]
pub(crate) struct StopAt<'a>(pub(crate) &'a crate::testing::Server, pub(crate) usize);

#[cfg(test)]
impl crate::Watch for StopAt<'_> {
    fn check(&self) -> Result<()> {
        if self.0.asked().len() >= self.1 {
            return Err(Error::Interrupted);
        }
        Ok(())
    }

    fn received(&self, _: u64) {}

    fn warn(&self, _: &str) {}
}
