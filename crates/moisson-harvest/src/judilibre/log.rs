//! The log of transactions: what was created, updated and deleted.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use moisson_core::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Complete, Running, Source, Step};
use crate::pages::{self, Moment};

/// Transactions a page of the log; the most there can be.
const LOG_PAGE: usize = 500;

/// What the log says since the last harvest.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Changes {
    /// Decisions to ask for.
    pub(super) changed: Vec<Transaction>,
    /// Decisions that are gone.
    pub(super) deleted: Vec<Transaction>,
    /// Transactions that the next reading of the log will meet again.
    pub(super) again: BTreeSet<Transaction>,
}

/// An entry of the log.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Transaction {
    pub(super) id: String,
    pub(super) action: String,
    pub(super) date: String,
}

impl Source<'_> {
    /// Reads the log since the last harvest.
    pub(super) fn read_log(&self, complete: &Complete) -> Result<Option<Running>> {
        let overlap = TimeDelta::seconds(i64::from(self.config.overlap_seconds));
        let mut since = pages::seconds(complete.began.0 - overlap);
        let mut query = log_query(&since);
        let mut first: Option<DateTime<Utc>> = None;
        // In order of the log: of two transactions on one decision the later counts.
        let mut log: Vec<Transaction> = Vec::new();
        loop {
            let asked = self.ask("transactionalhistory", &query);
            let (answer, page) = match asked {
                Ok((_, answer, page)) if page.get("transactions").is_some_and(Value::is_array) => {
                    (answer, page)
                }
                // A `next_page` older than a minute is refused. The log goes on from its last date.
                Ok(_) | Err(Error::Store(_))
                    if query != log_query(&since) && log.last().is_some_and(|l| l.date > since) =>
                {
                    since = log.last().map(|last| last.date.clone()).unwrap_or(since);
                    query = log_query(&since);
                    continue;
                }
                Ok((_, answer, page)) => {
                    return Err(self.refused("transactionalhistory", &answer, &page));
                }
                Err(error) => return Err(error),
            };
            let stated = page.get("query_date").and_then(Value::as_str);
            first.get_or_insert_with(|| pages::moment(self.harvest, stated, &answer));
            let transactions = transactions(&page);
            let count = transactions.len();
            log.extend(transactions);
            let next = page
                .get("next_page")
                .and_then(Value::as_str)
                .filter(|next| !next.is_empty());
            let last = log.last().map(|last| last.date.clone());
            match (next, last) {
                (Some(next), _) if next != query => {
                    next.trim_start_matches('?').clone_into(&mut query);
                }
                // A full page without a way on: the log is asked for again from its last date.
                (_, Some(last)) if count >= LOG_PAGE && last > since => {
                    query = log_query(&last);
                    since = last;
                }
                _ => break,
            }
        }
        let Some(began) = first else {
            return Ok(None);
        };
        let stamp = pages::free_stamp(self.harvest, began)?;
        let changes = sort_out(log, &complete.done, began - overlap);
        Ok(Some(Running {
            began: Moment(began),
            stamp,
            page: 1,
            step: Step::Changes(changes),
        }))
    }
}

fn log_query(since: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("date", since)
        .append_pair("page_size", &LOG_PAGE.to_string());
    query.finish()
}

fn transactions(page: &Value) -> Vec<Transaction> {
    let list = page
        .get("transactions")
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice);
    let transaction = |entry: &Value| {
        let text = |name: &str| entry.get(name).and_then(Value::as_str).map(str::to_owned);
        let id = text("id").filter(|id| !id.is_empty())?;
        Some(Transaction {
            id,
            action: text("action").unwrap_or_default(),
            date: text("date").unwrap_or_default(),
        })
    };
    list.iter().filter_map(transaction).collect()
}

/// Takes the last transaction of each decision, apart from those done already.
fn sort_out(log: Vec<Transaction>, done: &BTreeSet<Transaction>, window: DateTime<Utc>) -> Changes {
    let is_recent = |transaction: &&Transaction| {
        pages::parse_moment(&transaction.date).is_none_or(|moment| moment >= window)
    };
    let again = log.iter().filter(is_recent).cloned().collect();
    let mut last: BTreeMap<String, Transaction> = BTreeMap::new();
    for transaction in log
        .into_iter()
        .filter(|transaction| !done.contains(transaction))
    {
        last.insert(transaction.id.clone(), transaction);
    }
    let is_deletion = |transaction: &Transaction| transaction.action.starts_with("delet");
    let (deleted, changed) = last.into_values().partition(is_deletion);
    Changes {
        changed,
        deleted,
        again,
    }
}
