//! What a harvest has done so far, and the record of what it could not have.

use moisson_core::{Error, Result, redact};
use serde::{Deserialize, Serialize};

use crate::transfer::{Outcome, Wanted};
use crate::{Harvest, Summary};

/// Failures that are recorded; more are counted.
const FAILURES_MAX: usize = 10_000;

/// An object the latest harvest could not have. The failures of a source are one JSON list, `failures/SOURCE.json`, which
/// each harvest that comes to its end writes anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Name the object would have.
    pub name: String,
    /// Address, without secrets.
    pub url: String,
    /// When, RFC 3339 in UTC.
    pub failed_at: String,
    /// What happened.
    pub why: String,
    /// True if a later harvest may have more luck.
    pub unreachable: bool,
}

/// Counts outcomes and collects failures.
#[derive(Debug)]
pub struct Progress<'a> {
    harvest: &'a Harvest<'a>,
    summary: Summary,
    failures: Vec<Failure>,
}

impl<'a> Progress<'a> {
    /// Starts at nothing.
    pub fn new(harvest: &'a Harvest<'a>) -> Self {
        Self {
            harvest,
            summary: Summary::default(),
            failures: Vec::new(),
        }
    }

    /// Adds what became of an object; a failure is told.
    pub fn add(&mut self, wanted: &Wanted, outcome: &Outcome) {
        match outcome {
            Outcome::Fetched(_) => self.summary.fetched += 1,
            Outcome::Unchanged(_) => self.summary.unchanged += 1,
            Outcome::Failed { why, unreachable } => {
                self.summary.failed += 1;
                let url = redact(&wanted.url);
                let message = format!("cannot fetch `{url}`: {why}");
                self.harvest.watch.warn(&message);
                if self.failures.len() < FAILURES_MAX {
                    self.failures.push(Failure {
                        name: wanted.name.clone(),
                        url,
                        failed_at: self.harvest.client.timestamp(),
                        why: why.clone(),
                        unreachable: *unreachable,
                    });
                }
            }
        }
    }

    /// Adds objects that needed no question.
    pub fn unchanged(&mut self, objects: u64) {
        self.summary.unchanged += objects;
    }

    /// Writes the record of failures and returns the counts.
    ///
    /// # Errors
    /// [`Error::Store`] if the mirror fails.
    pub fn finish(self) -> Result<Summary> {
        let place = format!(
            "failures/{}.json",
            crate::naming::segment(self.harvest.source)
        );
        if !self.failures.is_empty() || self.harvest.mirror.get(&place)?.is_some() {
            let json = serde_json::to_vec_pretty(&self.failures);
            let json = json.map_err(|e| Error::internal(e.to_string()))?;
            self.harvest.mirror.put(&place, &json)?;
        }
        Ok(self.summary)
    }

    /// As [`Progress::finish`], but a server that stayed unreachable is an error: what the pipeline names by its address
    /// cannot be left out. What was fetched stays, and the next harvest goes on.
    ///
    /// # Errors
    /// [`Error::Store`] if a server stayed unreachable or the mirror fails.
    pub fn finish_complete(self) -> Result<Summary> {
        let unreachable = self.failures.iter().find(|failure| failure.unreachable);
        let error = unreachable.map(|failure| Error::store(&failure.url, &failure.why));
        let summary = self.finish()?;
        error.map_or(Ok(summary), Err)
    }
}
