//! Deletions that no page of the repository states: records that a later complete list no longer has.
//!
//! They reach the reader as a page of its own making, `SOURCE/YYYYMMDDhhmmss-000042-deleted.xml`, in the shape in which
//! a repository would have stated them.

use std::collections::BTreeSet;
use std::fmt::Write;

use moisson_core::Result;

use super::envelope::{self, Header};
use super::state::First;
use crate::naming::segment;
use crate::{Harvest, pages};

/// From so many missing records on, it matters whether they are more than half. An index that is being built anew answers
/// like an archive that was emptied.
const DOUBTFUL_MIN: usize = 10;

/// What this module uses of a list.
pub(super) trait Keeper {
    fn harvest(&self) -> &Harvest<'_>;
    fn state_name(&self) -> &str;
    fn is_full(&self) -> bool;
    fn next_page(&self) -> u32;
    fn keep_made(&mut self, name: &str, body: &str) -> Result<()>;
}

/// The record of a deletion.
pub(super) fn mark(header: &Header) -> String {
    let mut record = String::from("<record><header status=\"deleted\"><identifier>");
    escape(&header.identifier, &mut record);
    record.push_str("</identifier><datestamp>");
    escape(&header.datestamp, &mut record);
    record.push_str("</datestamp></header></record>");
    record
}

fn escape(text: &str, into: &mut String) {
    for c in text.chars() {
        match c {
            '&' => into.push_str("&amp;"),
            '<' => into.push_str("&lt;"),
            '>' => into.push_str("&gt;"),
            c => into.push(c),
        }
    }
}

fn page(response_date: &str, body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<OAI-PMH xmlns=\"http://www.openarchives.org/OAI/2.0/\">\n\
         <responseDate>{response_date}</responseDate>\n{body}</OAI-PMH>\n"
    )
}

/// Keeps deletions as a page.
pub(super) fn keep(
    keeper: &mut impl Keeper,
    first: &First,
    number: u32,
    headers: &[Header],
) -> Result<()> {
    let mut body = String::from("<ListRecords>\n");
    for header in headers {
        // Writing to a string does not fail.
        let _ = writeln!(body, "{}", mark(header));
    }
    body.push_str("</ListRecords>\n");
    let name = pages::page_name(
        keeper.harvest().source,
        &first.stamp,
        number,
        "-deleted.xml",
    );
    keeper.keep_made(&name, &page(&first.response_date, &body))
}

/// Empties the pages that are left of a list that was started over and came out shorter.
pub(super) fn blank_leftovers(keeper: &mut impl Keeper, first: &First) -> Result<()> {
    let source = keeper.harvest().source.to_owned();
    let names =
        keeper
            .harvest()
            .mirror
            .list(&format!("data/{}/{}-", segment(&source), first.stamp))?;
    let last = pages::page_name(&source, &first.stamp, keeper.next_page(), "");
    let body =
        "<error code=\"noRecordsMatch\">the list was shorter when it was asked for again</error>\n";
    for name in names {
        if let Some(name) = name
            .strip_prefix("data/")
            .filter(|name| *name >= last.as_str())
        {
            keeper.keep_made(name, &page(&first.response_date, body))?;
        }
    }
    Ok(())
}

/// Compares the identifiers of a complete harvest with those known before, keeps what is gone as deletions, and remembers
/// the identifiers for the next time. An incremental harvest adds to what is known.
pub(super) fn compare(keeper: &mut impl Keeper, first: &First) -> Result<()> {
    let name = identifiers_name(keeper.state_name());
    let mut known = read_identifiers(keeper.harvest(), &name)?;
    let (present, gone) = identifiers_of(keeper.harvest(), &first.stamp)?;
    known.retain(|identifier| !gone.contains(identifier));
    if keeper.is_full() {
        let missing = missing(keeper.harvest(), &name, &known, &present)?;
        if missing.len() >= DOUBTFUL_MIN && missing.len() > known.len() / 2 {
            keeper.harvest().watch.warn(&format!(
                "a complete harvest of source `{}` lacks {} of {} records; more than half is taken for a fault of the \
                 repository, and none of them for deleted",
                keeper.harvest().source,
                missing.len(),
                known.len()
            ));
        } else {
            if !missing.is_empty() {
                let number = keeper.next_page();
                keep(keeper, first, number, &headers(&missing, first))?;
            }
            known.clear();
        }
    }
    known.extend(present);
    let mut lines = String::new();
    for identifier in &known {
        lines.push_str(identifier);
        lines.push('\n');
    }
    keeper.harvest().mirror.put(&name, lines.as_bytes())
}

/// Identifiers that were known and are no longer there, in this list or another of the source.
fn missing(
    harvest: &Harvest<'_>,
    own: &str,
    known: &BTreeSet<String>,
    present: &BTreeSet<String>,
) -> Result<BTreeSet<String>> {
    let mut missing: BTreeSet<String> = known.difference(present).cloned().collect();
    if !missing.is_empty() {
        let elsewhere = identifiers_elsewhere(harvest, own)?;
        missing.retain(|identifier| !elsewhere.contains(identifier));
    }
    Ok(missing)
}

fn headers(missing: &BTreeSet<String>, first: &First) -> Vec<Header> {
    let header = |identifier: &String| Header {
        identifier: identifier.clone(),
        datestamp: first.response_date.clone(),
        sets: Vec::new(),
        deleted: true,
    };
    missing.iter().map(header).collect()
}

/// Identifiers on the pages of a harvest: of records, and of deletions.
fn identifiers_of(
    harvest: &Harvest<'_>,
    stamp: &str,
) -> Result<(BTreeSet<String>, BTreeSet<String>)> {
    let mut present = BTreeSet::new();
    let mut gone = BTreeSet::new();
    for name in harvest
        .mirror
        .list(&format!("data/{}/{stamp}-", segment(harvest.source)))?
    {
        harvest.watch.check()?;
        let bytes = harvest.mirror.get(&name)?.unwrap_or_default();
        for (header, _) in envelope::records(&envelope::decode(&bytes)) {
            let into = if header.deleted {
                &mut gone
            } else {
                &mut present
            };
            into.insert(header.identifier);
        }
    }
    Ok((present, gone))
}

/// Identifiers that other lists of the source still have: a record that left one set may be in another.
fn identifiers_elsewhere(harvest: &Harvest<'_>, own: &str) -> Result<BTreeSet<String>> {
    let mut elsewhere = BTreeSet::new();
    for name in harvest
        .mirror
        .list(&format!("state/{}/oai-", segment(harvest.source)))?
    {
        if name.ends_with("-identifiers.txt") && name != own {
            elsewhere.append(&mut read_identifiers(harvest, &name)?);
        }
    }
    Ok(elsewhere)
}

fn identifiers_name(state_name: &str) -> String {
    format!("{}-identifiers.txt", state_name.trim_end_matches(".json"))
}

fn read_identifiers(harvest: &Harvest<'_>, name: &str) -> Result<BTreeSet<String>> {
    let bytes = harvest.mirror.get(name)?.unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    Ok(text.lines().map(str::to_owned).collect())
}
