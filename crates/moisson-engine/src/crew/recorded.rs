//! Units done by other processes: attempts are recorded before they begin, receipts once they are done.
//!
//! A process that dies in a unit leaves an attempt without a receipt. After as many as a run allows, the unit is given
//! up with a receipt that says so, and nobody dies of it any more. A store that fails is not the unit's fault: such an
//! attempt is taken back.

use moisson_core::{Digest, Error, Result};
use serde::{Deserialize, Serialize};

use crate::stage::{Entry, Order, Workshop};
use crate::store::Store;

/// Folders of the work area.
const RECEIPTS: &str = "receipts";
const ATTEMPTS: &str = "attempts";
/// Digits of a key in the names of the work area.
const DIGITS: usize = 32;

/// What is kept of a unit that is done or given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Who did it.
    pub worker: String,
    /// Which attempt it was, from 1.
    pub attempt: u32,
    /// What the stage says of it, as JSON; none if it was given up.
    pub done: Option<String>,
    /// Why it was given up.
    pub failed: Option<String>,
}

/// One attempt, recorded before it begins.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Attempt {
    worker: String,
    /// What it ended with, if it lived to tell.
    error: Option<String>,
}

/// How units are attempted.
#[derive(Debug, Clone)]
pub(crate) struct Attempts {
    /// Who attempts them.
    pub(crate) worker: String,
    /// After so many attempts without a receipt a unit is given up.
    pub(crate) most: u32,
}

/// Path of the receipt of a unit.
pub(crate) fn receipt_path(stage: &str, key: Digest) -> String {
    format!("{RECEIPTS}/{stage}/{}.json", key.short(DIGITS))
}

/// The receipt of a unit, if there is one.
///
/// # Errors
/// [`Error::Store`] if it cannot be read.
pub(crate) fn receipt(work: &Store, stage: &str, key: Digest) -> Result<Option<Receipt>> {
    work.get_json(&receipt_path(stage, key))
}

/// Names of the receipts of a stage, as they lie in the store, sorted.
///
/// # Errors
/// [`Error::Store`] if they cannot be listed.
pub(crate) fn receipts(work: &Store, stage: &str) -> Result<Vec<String>> {
    let entries = work.list(&format!("{RECEIPTS}/{stage}"))?;
    Ok(entries.into_iter().map(|entry| entry.path).collect())
}

/// Forgets the units that were given up, and all attempts: they are tried again.
///
/// # Errors
/// [`Error::Store`] if the work area cannot be read or changed.
pub fn retry_failed(work: &Store) -> Result<()> {
    let attempts = work.list(ATTEMPTS)?.into_iter().map(|entry| entry.path);
    work.delete_all(&attempts.collect::<Vec<_>>())?;
    for entry in work.list(RECEIPTS)? {
        let receipt: Option<Receipt> = work.get_json(&entry.path)?;
        if receipt.is_some_and(|receipt| receipt.failed.is_some()) {
            work.delete(&entry.path)?;
        }
    }
    Ok(())
}

/// Does a unit unless it is done, and keeps the receipt.
///
/// # Errors
/// What the unit ended with, where another attempt is left.
pub(crate) fn perform(
    shop: Workshop<'_>,
    entry: &Entry,
    order: &Order,
    attempts: &Attempts,
) -> Result<Receipt> {
    let work = shop.session.work();
    if let Some(receipt) = receipt(work, entry.name, order.key)? {
        return Ok(receipt);
    }
    let (number, path) = match begin(work, entry.name, order.key, attempts)? {
        Begun::Attempt(number, path) => (number, path),
        Begun::GiveUp(number, reason) => {
            return keep(
                work,
                entry.name,
                order.key,
                given_up(attempts, number, &reason),
            );
        }
    };
    match (entry.perform)(shop, order) {
        Ok(done) => {
            let receipt = Receipt {
                worker: attempts.worker.clone(),
                attempt: number,
                done: Some(done),
                failed: None,
            };
            keep(work, entry.name, order.key, receipt)
        }
        Err(error @ (Error::Store(_) | Error::Interrupted)) => {
            // Not the unit's fault. Where the store is out of reach the attempt stays, and counts.
            let _ = work.delete(&path);
            Err(error)
        }
        Err(error) if number >= attempts.most => {
            let reason = error.to_string();
            keep(
                work,
                entry.name,
                order.key,
                given_up(attempts, number, &reason),
            )
        }
        Err(error) => {
            let attempt = Attempt {
                worker: attempts.worker.clone(),
                error: Some(error.to_string()),
            };
            work.put_json(&path, &attempt)?;
            Err(error)
        }
    }
}

enum Begun {
    /// Number and path of the attempt that begins.
    Attempt(u32, String),
    /// Number of attempts there were, and why the last one failed.
    GiveUp(u32, String),
}

/// Records the next attempt, before it begins.
fn begin(work: &Store, stage: &str, key: Digest, attempts: &Attempts) -> Result<Begun> {
    let folder = format!("{ATTEMPTS}/{stage}/{}", key.short(DIGITS));
    let before = work.list(&folder)?;
    let number = u32::try_from(before.len()).unwrap_or(u32::MAX);
    if number >= attempts.most {
        let last: Option<Attempt> = match before.last() {
            Some(last) => work.get_json(&last.path)?,
            None => None,
        };
        let reason = last.and_then(|last| last.error);
        return Ok(Begun::GiveUp(
            number,
            reason.unwrap_or_else(|| "the process that worked on it died".to_owned()),
        ));
    }
    let path = format!("{folder}/{number:04}-{}.json", attempts.worker);
    let attempt = Attempt {
        worker: attempts.worker.clone(),
        error: None,
    };
    work.put_json(&path, &attempt)?;
    Ok(Begun::Attempt(number + 1, path))
}

fn given_up(attempts: &Attempts, number: u32, reason: &str) -> Receipt {
    Receipt {
        worker: attempts.worker.clone(),
        attempt: number,
        done: None,
        failed: Some(format!("{reason} ({number} attempts)")),
    }
}

fn keep(work: &Store, stage: &str, key: Digest, receipt: Receipt) -> Result<Receipt> {
    work.put_json(&receipt_path(stage, key), &receipt)?;
    Ok(receipt)
}
