//! Signals to one verdict, with the signal that explains it.

use moisson_core::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::config::{Acquisition, NoRobots, OptOutConfig, Protocol, TermsVerdict};
use super::directives::{self, Said};
use super::mark::{Kind, Mark, Seen};
use super::robots::{ABSENT, ALLOWED, DISALLOWED, UNREACHABLE, concerned};
use super::site::Sites;
use super::tdmrep::Reservation;
use super::usage;

/// What follows for a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Nothing that was looked at reserves it. It permits nothing either: the licence does, or does not.
    Clear,
    /// Somebody entitled to opted out.
    Reserved,
    /// It is not known whether somebody did.
    Unknown,
}

impl Verdict {
    /// Name in columns.
    pub fn name(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Reserved => "reserved",
            Self::Unknown => "unknown",
        }
    }
}

/// Something that was seen, and what it means for the document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signal {
    /// Where it was seen.
    pub kind: Kind,
    /// Address it was seen at.
    pub source_url: Option<String>,
    /// What was seen, verbatim.
    pub raw: String,
    /// When, RFC 3339 or a day.
    pub retrieved_at: Option<String>,
    /// Whom or what it is about: agents, a pattern, `*`.
    pub applies_to: Option<String>,
    /// `reserved`, `clear` (it says that nothing is), `unset` (it says nothing of this text, or is in error), `absent`,
    /// `unreachable` (robots.txt), `unknown` (terms of use); of a policy its address.
    pub value: String,
}

/// What is known of a document.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// What was seen of it.
    pub seen: &'a Seen,
    /// What the files of its site say of its address.
    pub site: &'a [Mark],
    /// How it was acquired.
    pub acquisition: Acquisition,
    /// What somebody found in the terms of use of its source.
    pub terms: &'a [TermsVerdict],
}

/// The verdict on a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The verdict.
    pub verdict: Verdict,
    /// All signals; the one that explains a verdict other than `clear` is the first.
    pub signals: Vec<Signal>,
    /// The latest day on which something was seen; `None` where no date is known.
    pub as_of: Option<Date>,
}

/// Makes a verdict of what is known.
///
/// One protocol that reserves is enough, whatever the others say. Inside of `TDMRep` a later place overrides an earlier
/// one (file, HTTP field, `meta`, EPUB and PDF), and what is absent or in error overrides nothing. Of robots.txt every
/// agent of the list counts, each with the rules that hold for it. What sites say to crawlers (robots.txt, ai.txt) is
/// kept and counts nothing for documents that came another way.
pub fn fold(facts: Facts<'_>, config: &OptOutConfig) -> Outcome {
    let tokens = config.tokens();
    let marks: Vec<&Mark> = facts.site.iter().chain(&facts.seen.marks).collect();
    let mut signals: Vec<Signal> = Vec::new();
    let mut decisive: Option<usize> = None;
    for mark in &marks {
        let value = value(mark, &marks, &tokens);
        signals.push(Signal {
            kind: mark.kind,
            source_url: mark
                .source_url
                .clone()
                .or_else(|| facts.seen.address.clone()),
            raw: mark.raw.clone(),
            retrieved_at: (mark.retrieved_at.clone()).or_else(|| facts.seen.retrieved_at.clone()),
            applies_to: mark.applies_to.clone(),
            value,
        });
    }
    signals.extend(facts.terms.iter().map(of_terms));
    let counts = |signal: &Signal| {
        let crawled = facts.acquisition == Acquisition::Crawl;
        config.honours(signal.kind.protocol()) && (crawled || !signal.kind.is_for_crawlers())
    };
    let tdmrep = last_reservation(&signals);
    for (at, signal) in signals.iter().enumerate() {
        let is_overridden = signal.kind.tdmrep_rank().is_some() && tdmrep != Some(at);
        let reserves = signal.value == "reserved"
            || (signal.kind == Kind::RobotsTxt && signal.value == UNREACHABLE);
        if decisive.is_none() && reserves && !is_overridden && counts(signal) {
            decisive = Some(at);
        }
    }
    let mut verdict = match decisive {
        Some(_) => Verdict::Reserved,
        None => Verdict::Clear,
    };
    if verdict == Verdict::Clear {
        let unknown = |signal: &Signal| signal.value == "unknown" && counts(signal);
        decisive = signals.iter().position(unknown);
        let asks_robots =
            facts.acquisition == Acquisition::Crawl && config.honours(Protocol::Robots);
        let knows_robots = signals.iter().any(|signal| signal.kind == Kind::RobotsTxt);
        let unasked = asks_robots && !knows_robots && config.no_robots != Some(NoRobots::Clear);
        if decisive.is_some() || unasked {
            verdict = Verdict::Unknown;
        }
    }
    if let Some(at) = decisive {
        let explaining = signals.remove(at);
        signals.insert(0, explaining);
    }
    let day = |text: &Option<String>| text.as_deref().and_then(Date::parse);
    let days = signals.iter().map(|signal| &signal.retrieved_at);
    let days = days.chain(std::iter::once(&facts.seen.retrieved_at));
    Outcome {
        verdict,
        as_of: days.filter_map(day).max(),
        signals,
    }
}

impl Seen {
    /// What the files of the document's site say of its address; nothing if the address or the site is not known.
    pub fn site_marks(&self, sites: &Sites) -> Vec<Mark> {
        let address = self.address.as_deref().and_then(super::site::split_address);
        let found = address.and_then(|(origin, path)| Some((sites.get(&origin)?, path)));
        found.map_or_else(Vec::new, |(site, path)| site.read().marks(&path))
    }
}

/// What a mark means.
fn value(mark: &Mark, all: &[&Mark], tokens: &[String]) -> String {
    let reserved = |yes: Option<bool>| match yes {
        Some(true) => "reserved",
        Some(false) => "clear",
        None => "unset",
    };
    // An agent that one file names may be unknown to another of the same site, or to the same on another day.
    let of_file = |kinds: [Kind; 2]| -> Vec<&Mark> {
        let place = |mark: &Mark| (mark.source_url.clone(), mark.retrieved_at.clone());
        let all = all.iter().copied();
        all.filter(|other| kinds.contains(&other.kind) && place(other) == place(mark))
            .collect()
    };
    let robots = [Kind::RobotsTxt, Kind::RobotsContentUsage];
    let text = match mark.kind {
        Kind::TdmPolicy => return mark.raw.clone(),
        Kind::TdmrepFile => reserved(tdmrep(mark.value.as_deref().unwrap_or_default())),
        Kind::TdmrepHeader | Kind::TdmrepMeta | Kind::TdmrepEpub | Kind::TdmrepPdf => {
            reserved(tdmrep(&mark.raw))
        }
        Kind::ContentUsage => reserved(usage::reserves(&mark.raw)),
        Kind::RobotsContentUsage => {
            let is_ours = !concerned(mark, &of_file(robots), tokens).is_empty();
            reserved(usage::reserves(&mark.raw).filter(|_| is_ours))
        }
        Kind::MetaRobots | Kind::XRobotsTag => {
            let counts = |agent: &str| tokens.iter().any(|token| token == agent);
            let whom = mark.applies_to.as_deref().unwrap_or("*");
            match directives::read(&mark.raw, whom, &counts) {
                Said::NoAi => "reserved",
                Said::NoImageAi | Said::Nothing => "unset",
            }
        }
        Kind::RobotsTxt | Kind::AiTxt => {
            let kinds = match mark.kind {
                Kind::AiTxt => [Kind::AiTxt; 2],
                _ => robots,
            };
            let is_ours = !concerned(mark, &of_file(kinds), tokens).is_empty();
            match mark.value.as_deref() {
                Some(DISALLOWED) if is_ours => "reserved",
                Some(ALLOWED) if is_ours => "clear",
                Some(state @ (ABSENT | UNREACHABLE)) => state,
                _ => "unset",
            }
        }
        Kind::TermsOfUse => "unset",
    };
    text.to_owned()
}

fn tdmrep(text: &str) -> Option<bool> {
    Reservation::parse(text).map(|reservation| reservation == Reservation::Yes)
}

fn of_terms(terms: &TermsVerdict) -> Signal {
    let raw = match (&terms.quote, &terms.digest) {
        (Some(quote), Some(digest)) => format!("{quote} [{digest}]"),
        (Some(quote), None) => quote.clone(),
        (None, digest) => digest.clone().unwrap_or_default(),
    };
    Signal {
        kind: Kind::TermsOfUse,
        source_url: Some(terms.url.clone()),
        raw,
        retrieved_at: Some(terms.date.clone()),
        applies_to: Some(format!("the source, as read by {}", terms.who)),
        value: terms.verdict.name().to_owned(),
    }
}

/// The statement of `TDMRep` that counts: of those that state something the one in the last place, and of several in one
/// place the first that reserves, else the first.
fn last_reservation(signals: &[Signal]) -> Option<usize> {
    let stated = signals.iter().enumerate().filter_map(|(at, signal)| {
        let rank = signal.kind.tdmrep_rank()?;
        let stated = matches!(signal.value.as_str(), "reserved" | "clear");
        stated.then_some((rank, signal.value == "reserved", usize::MAX - at))
    });
    stated.max().map(|(_, _, from_end)| usize::MAX - from_end)
}

/// The signal that explains a verdict, in words: what of it is observed, and where.
///
/// `signals` is the column `optout_signals`. `None` for a document of which nothing was seen.
pub fn explanation(signals: &str) -> Option<(String, Option<String>)> {
    let signals: Vec<Signal> = serde_json::from_str(signals).ok()?;
    let first = signals.into_iter().next()?;
    let what = if first.raw.is_empty() {
        &first.value
    } else {
        &first.raw
    };
    let about = match &first.applies_to {
        Some(about) => format!(" ({about})"),
        None => String::new(),
    };
    Some((
        format!("{}: {what}{about}", first.kind.name()),
        first.source_url,
    ))
}

#[cfg(test)]
#[path = "fold_tests.rs"]
mod tests;
