//! What is known of a list between requests and between runs.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::{Granularity, Identity, OaiConfig};
use crate::pages::{self, Overlap};

/// State of one list: a repository, a format, a set.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct State {
    /// What list it is, for people.
    #[serde(default)]
    pub(super) list: String,
    /// The last complete harvest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) complete: Option<Complete>,
    /// The harvest under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) running: Option<Running>,
}

/// A complete harvest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Complete {
    /// `responseDate` of its first answer.
    pub(super) response_date: String,
    /// The same of the last harvest of everything.
    pub(super) full_response_date: String,
    /// Records that the next window will meet again.
    #[serde(default)]
    pub(super) overlap: Overlap,
}

/// A harvest under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Running {
    /// Who answers.
    pub(super) identity: Identity,
    /// True if it asks for everything, not only for what changed.
    pub(super) full: bool,
    /// Window as asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) from: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) until: Option<String>,
    /// `responseDate` of the first answer and the stamp of the pages, once there is an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) first: Option<First>,
    /// Token to ask with next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) token: Option<String>,
    /// Number of the page to come.
    pub(super) page: u32,
    /// Where records are had one by one: how many of this list page are done.
    #[serde(default)]
    pub(super) records_done: u32,
    /// True once the last page is kept.
    #[serde(default)]
    pub(super) done: bool,
    /// True once the window was started over because a token had expired.
    #[serde(default)]
    pub(super) started_over: bool,
    /// Records the next window will meet again.
    #[serde(default)]
    pub(super) overlap: Overlap,
}

/// What the first answer of a harvest fixes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct First {
    pub(super) response_date: String,
    pub(super) stamp: String,
}

impl Running {
    /// Plans a harvest: everything, or what changed since the last complete one. `None` if the window asked for ended
    /// before that.
    pub(super) fn plan(
        settings: &OaiConfig,
        identity: Identity,
        complete: Option<&Complete>,
        full: bool,
    ) -> Option<Self> {
        let granularity = identity.granularity;
        let from = settings
            .from
            .as_deref()
            .map(|from| bound(from, granularity, "T00:00:00Z"));
        let until = settings
            .until
            .as_deref()
            .map(|until| bound(until, granularity, "T23:59:59Z"));
        let changed_since = complete
            .filter(|_| !full)
            .and_then(|complete| window_start(settings, granularity, &complete.response_date));
        // Datestamps of one granularity sort like text.
        let from = from.into_iter().chain(changed_since).max();
        if let (Some(from), Some(until)) = (&from, &until)
            && from > until
        {
            return None;
        }
        Some(Self {
            identity,
            full,
            from,
            until,
            first: None,
            token: None,
            page: 1,
            records_done: 0,
            done: false,
            started_over: false,
            overlap: Overlap::default(),
        })
    }

    /// Remembers a record if the next window will meet it again.
    pub(super) fn remember(
        &mut self,
        settings: &OaiConfig,
        identifier: &str,
        datestamp: &str,
        record: &str,
    ) {
        let response_date = self
            .first
            .as_ref()
            .map(|first| first.response_date.as_str());
        let start =
            response_date.and_then(|date| window_start(settings, self.identity.granularity, date));
        if start.is_some_and(|start| datestamp >= start.as_str()) {
            self.overlap.add(identifier, record.as_bytes());
        }
    }
}

/// Where the window after a harvest begins.
fn window_start(
    settings: &OaiConfig,
    granularity: Granularity,
    response_date: &str,
) -> Option<String> {
    let overlap = settings
        .overlap_seconds
        .unwrap_or_else(|| granularity.seconds());
    let overlap = TimeDelta::try_seconds(i64::try_from(overlap).ok()?)?;
    let moment = pages::parse_moment(response_date)?.checked_sub_signed(overlap)?;
    Some(granularity.write(moment))
}

/// A bound of the window in the granularity of the repository; both bounds must have the same.
fn bound(text: &str, granularity: Granularity, time: &str) -> String {
    match (granularity, text.len()) {
        (Granularity::Day, _) => text.chars().take(10).collect(),
        (Granularity::Second, 10) => format!("{text}{time}"),
        (Granularity::Second, _) => text.to_owned(),
    }
}

/// True if the last harvest of everything is so many days ago.
pub(super) fn is_full_due(days: Option<u32>, complete: &Complete, now: &str) -> bool {
    let Some(days) = days else {
        return false;
    };
    let full = pages::parse_moment(&complete.full_response_date);
    match (full, pages::parse_moment(now)) {
        (Some(full), Some(now)) => now - full >= TimeDelta::days(i64::from(days)),
        _ => true,
    }
}
