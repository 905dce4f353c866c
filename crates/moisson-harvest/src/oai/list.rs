//! One list of a repository, from its state through its pages to its new state.

use moisson_core::{Digest, Error, Result, redact};

use super::envelope::{self, Envelope, Header};
use super::repository::{Answer, DeletedRecords, Identity, Repository, Set};
use super::state::{Complete, First, Running, State, is_full_due};
use super::{OaiConfig, Records, deleted};
use crate::progress::Progress;
use crate::transfer::{Outcome, Wanted};
use crate::{Acquisition, Harvest, pages};

/// Names have six digits.
const PAGES_MAX: u32 = 999_999;

/// Records in a row that cannot be had before the repository counts as broken.
const FAILURES_MAX: u32 = 3;

/// A repository with what it said of itself in this run, so that several sets ask once.
pub(super) struct Known<'a> {
    pub(super) repository: Repository<'a>,
    identity: Option<Identity>,
    prefixes: Option<Vec<String>>,
    sets: Sets,
}

impl<'a> Known<'a> {
    pub(super) fn new(repository: Repository<'a>) -> Self {
        Self {
            repository,
            identity: None,
            prefixes: None,
            sets: Sets::Unasked,
        }
    }

    fn identity(&mut self) -> Result<Identity> {
        if let Some(identity) = &self.identity {
            return Ok(identity.clone());
        }
        let identity = self.repository.identify()?;
        self.identity = Some(identity.clone());
        Ok(identity)
    }

    fn prefixes(&mut self) -> Result<Vec<String>> {
        if let Some(prefixes) = &self.prefixes {
            return Ok(prefixes.clone());
        }
        let formats = self.repository.metadata_formats(None)?;
        let prefixes: Vec<String> = formats.into_iter().map(|format| format.prefix).collect();
        self.prefixes = Some(prefixes.clone());
        Ok(prefixes)
    }

    /// Its sets; `None` if it has none.
    fn sets(&mut self) -> Result<Option<&[Set]>> {
        if matches!(self.sets, Sets::Unasked) {
            self.sets = self.repository.sets()?.map_or(Sets::None, Sets::Some);
        }
        Ok(match &self.sets {
            Sets::Some(sets) => Some(sets),
            Sets::None | Sets::Unasked => None,
        })
    }
}

/// What is known of the sets of a repository.
enum Sets {
    Unasked,
    None,
    Some(Vec<Set>),
}

/// Harvests a list: goes on where a run was stopped, else asks for what changed.
pub(super) fn harvest(
    settings: &OaiConfig,
    harvest: &Harvest<'_>,
    known: &mut Known<'_>,
    set: Option<&str>,
    progress: &mut Progress<'_>,
) -> Result<()> {
    let prefix = settings.metadata_prefix.as_str();
    let question = (
        known.repository.base(),
        prefix,
        set,
        &settings.from,
        &settings.until,
    );
    let name = pages::state_name(harvest.source, "oai", &question)?;
    let state: Option<State> = pages::load(harvest, &name)?;
    let mut state = state.unwrap_or_default();
    state.list = redact(&format!(
        "{} {prefix} {}",
        known.repository.base(),
        set.unwrap_or_default()
    ));
    let running = match state.running.take() {
        Some(running) => running,
        None => match begin(settings, harvest, known, set, state.complete.as_ref())? {
            Some(running) => running,
            None => return Ok(()),
        },
    };
    let complete = state.complete.take();
    let list = List {
        settings,
        harvest,
        known,
        set,
        name,
        label: state.list,
        complete,
        running,
        progress,
    };
    list.run()
}

/// Asks who answers and plans the harvest. What a repository offers is looked at before the first harvest only.
fn begin(
    settings: &OaiConfig,
    harvest: &Harvest<'_>,
    known: &mut Known<'_>,
    set: Option<&str>,
    complete: Option<&Complete>,
) -> Result<Option<Running>> {
    let identity = known.identity()?;
    if complete.is_none() {
        let offered = known.prefixes()?;
        let prefix = &settings.metadata_prefix;
        if !offered.is_empty() && !offered.contains(prefix) {
            return Err(no_format(harvest, &known.repository, prefix, &offered));
        }
        if let Some(set) = set {
            check_set(harvest, known, set)?;
        }
        if identity.deleted == DeletedRecords::No && settings.full_every_days.is_none() {
            harvest.watch.warn(&format!(
                "`{}` does not say which records were deleted; set `full_every_days` in the `fetch` table of source `{}` \
                 to find them by comparison",
                redact(known.repository.base()),
                harvest.source
            ));
        }
    }
    let full = complete.is_none_or(|complete| {
        is_full_due(settings.full_every_days, complete, &identity.response_date)
    });
    let planned = Running::plan(settings, identity, complete, full);
    if planned.is_none() && complete.is_none() {
        return Err(Error::config(format!(
            "`from` is after `until` in the `fetch` table of source `{}`",
            harvest.source
        )));
    }
    Ok(planned)
}

fn no_format(
    harvest: &Harvest<'_>,
    repository: &Repository<'_>,
    prefix: &str,
    offered: &[String],
) -> Error {
    let offered: Vec<String> = offered.iter().map(|prefix| format!("`{prefix}`")).collect();
    Error::config(format!(
        "the repository at `{}` (source `{}`) has no format `{prefix}`\n  offered: {}",
        redact(repository.base()),
        harvest.source,
        offered.join(", ")
    ))
}

fn check_set(harvest: &Harvest<'_>, known: &mut Known<'_>, set: &str) -> Result<()> {
    let base = redact(known.repository.base());
    let Some(sets) = known.sets()? else {
        return Err(Error::config(format!(
            "the repository at `{base}` has no sets; take `sets` out of the `fetch` table of source `{}`",
            harvest.source
        )));
    };
    if !sets.iter().any(|known| known.spec == set) {
        // Some repositories answer for sets that they do not list.
        let some: Vec<String> = sets
            .iter()
            .take(10)
            .map(|set| format!("`{}`", set.spec))
            .collect();
        harvest.watch.warn(&format!(
            "the repository at `{base}` does not list a set `{set}`; it has {} sets: {}{}",
            sets.len(),
            some.join(", "),
            if sets.len() > 10 { ", …" } else { "" }
        ));
    }
    Ok(())
}

/// What comes after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Next,
    End,
}

/// A list under way.
struct List<'r, 'a, 'p> {
    settings: &'r OaiConfig,
    harvest: &'r Harvest<'r>,
    known: &'r mut Known<'a>,
    set: Option<&'r str>,
    name: String,
    label: String,
    complete: Option<Complete>,
    running: Running,
    progress: &'r mut Progress<'p>,
}

impl List<'_, '_, '_> {
    fn run(mut self) -> Result<()> {
        let mut last_page = None;
        let mut asked = 0;
        while !self.running.done {
            self.save()?;
            if self.settings.pages_max.is_some_and(|max| asked >= max) {
                pages::say_stopped(self.harvest, asked);
                return Ok(());
            }
            asked += 1;
            let step = match self.settings.records {
                Records::List => self.records_page(&mut last_page)?,
                Records::Get => self.identifiers_page(&mut last_page)?,
            };
            if self.running.page > PAGES_MAX {
                return Err(Error::store(
                    &self.label,
                    format!("more than {PAGES_MAX} pages; harvest it by sets"),
                ));
            }
            self.running.done = step == Step::End;
        }
        self.save()?;
        self.finish()
    }

    fn save(&self) -> Result<()> {
        let state = State {
            list: self.label.clone(),
            complete: self.complete.clone(),
            running: Some(self.running.clone()),
        };
        pages::save(self.harvest, &self.name, &state)
    }

    /// A page of records, kept as it came.
    fn records_page(&mut self, last_page: &mut Option<Digest>) -> Result<Step> {
        let answer = self.ask("ListRecords")?;
        if let Some(step) = self.refusal(&answer.envelope)? {
            return Ok(step);
        }
        self.note_first(&answer)?;
        let text = answer.text();
        let records = envelope::records(&text);
        // A page without a record that can be told apart may hold broken ones: the reader says so.
        let mut is_new = self.running.full || records.is_empty();
        for (header, record) in &records {
            is_new |= !self.is_known(header, record);
            self.running
                .remember(self.settings, &header.identifier, &header.datestamp, record);
        }
        drop(records);
        if is_new {
            self.keep(&answer, ".xml")?;
        } else {
            self.progress.unchanged(1);
        }
        let repeated = self.is_repeated(&answer, last_page);
        self.running.page += 1;
        self.advance(&answer, repeated)
    }

    /// A page of identifiers, whose records are asked for one by one.
    fn identifiers_page(&mut self, last_page: &mut Option<Digest>) -> Result<Step> {
        let answer = self.ask("ListIdentifiers")?;
        if let Some(step) = self.refusal(&answer.envelope)? {
            return Ok(step);
        }
        self.note_first(&answer)?;
        let headers = envelope::headers(&answer.text());
        let mut failures = 0;
        for (header, number) in headers
            .iter()
            .zip(1..)
            .skip(self.running.records_done as usize)
        {
            match self.record(header) {
                Ok(()) => failures = 0,
                Err(Error::Store(why)) if failures + 1 < FAILURES_MAX => {
                    failures += 1;
                    let record =
                        self.describe(header.identifier.clone(), self.known.repository.base());
                    self.progress.add(
                        &record,
                        &Outcome::Failed {
                            why,
                            unreachable: false,
                        },
                    );
                }
                Err(error) => return Err(error),
            }
            self.running.page += 1;
            self.running.records_done = number;
            self.save()?;
        }
        self.running.records_done = 0;
        let repeated = self.is_repeated(&answer, last_page);
        self.advance(&answer, repeated)
    }

    fn record(&mut self, header: &Header) -> Result<()> {
        if header.deleted {
            return self.keep_deleted(std::slice::from_ref(header));
        }
        let prefix = &self.settings.metadata_prefix;
        let answer = self
            .known
            .repository
            .get_record(&header.identifier, prefix)?;
        if answer.envelope.has("idDoesNotExist") {
            // It went away since the list was made.
            return self.keep_deleted(std::slice::from_ref(header));
        }
        if !answer.envelope.errors.is_empty() {
            return Err(Error::store(
                &header.identifier,
                answer.envelope.error_line(),
            ));
        }
        let text = answer.text();
        let records = envelope::records(&text);
        let record = records.first().map_or("", |(_, record)| record);
        self.running
            .remember(self.settings, &header.identifier, &header.datestamp, record);
        let is_known = !self.running.full && self.is_known(header, record);
        drop(records);
        if is_known {
            self.progress.unchanged(1);
            return Ok(());
        }
        self.keep(&answer, ".xml")
    }

    fn keep_deleted(&mut self, headers: &[Header]) -> Result<()> {
        let is_known = |header: &Header| {
            let mark = deleted::mark(header);
            self.complete
                .as_ref()
                .is_some_and(|complete| complete.overlap.holds(&header.identifier, mark.as_bytes()))
        };
        let is_new = self.running.full || !headers.iter().all(is_known);
        for header in headers {
            let mark = deleted::mark(header);
            self.running
                .remember(self.settings, &header.identifier, &header.datestamp, &mark);
        }
        if !is_new {
            self.progress.unchanged(1);
            return Ok(());
        }
        let first = self.first()?.clone();
        deleted::keep(self, &first, self.running.page, headers)
    }

    fn ask(&self, verb: &str) -> Result<Answer> {
        let running = &self.running;
        // The token is exclusive: it stands for all other arguments.
        let arguments: Vec<(&str, &str)> = match &running.token {
            Some(token) => vec![("resumptionToken", token)],
            None => {
                let window = [
                    ("from", running.from.as_deref()),
                    ("until", running.until.as_deref()),
                    ("set", self.set),
                ];
                let window = window
                    .into_iter()
                    .filter_map(|(name, value)| Some((name, value?)));
                [("metadataPrefix", self.settings.metadata_prefix.as_str())]
                    .into_iter()
                    .chain(window)
                    .collect()
            }
        };
        self.known.repository.ask(verb, &arguments)
    }

    /// What an answer that holds errors leads to.
    fn refusal(&mut self, envelope: &Envelope) -> Result<Option<Step>> {
        if envelope.errors.is_empty() {
            return Ok(None);
        }
        if envelope.has("noRecordsMatch") {
            if self.running.first.is_none() {
                let stated = envelope.response_date.clone();
                let response_date =
                    stated.unwrap_or_else(|| self.running.identity.response_date.clone());
                let moment = pages::parse_moment(&response_date).unwrap_or_default();
                let stamp = pages::free_stamp(self.harvest, moment)?;
                self.running.first = Some(First {
                    response_date,
                    stamp,
                });
            }
            return Ok(Some(Step::End));
        }
        if self.running.token.is_some()
            && (envelope.has("badResumptionToken") || envelope.has("badArgument"))
        {
            if self.running.started_over {
                let problem = format!(
                    "twice refused its own resumption token: {}",
                    envelope.error_line()
                );
                return Err(Error::store(&self.label, problem));
            }
            self.harvest.watch.warn(&format!(
                "a resumption token of {} is no longer known ({}); the list is asked for again from its beginning",
                self.label,
                envelope.error_line()
            ));
            self.running.token = None;
            self.running.page = 1;
            self.running.records_done = 0;
            self.running.overlap = pages::Overlap::default();
            self.running.started_over = true;
            return Ok(Some(Step::Next));
        }
        if envelope.has("cannotDisseminateFormat") {
            let offered = self.known.prefixes()?;
            let prefix = &self.settings.metadata_prefix;
            return Err(no_format(
                self.harvest,
                &self.known.repository,
                prefix,
                &offered,
            ));
        }
        Err(self.known.repository.refused("the list", envelope))
    }

    /// The first answer of a harvest fixes its moment, before anything is kept under it.
    fn note_first(&mut self, answer: &Answer) -> Result<()> {
        if self.running.first.is_some() {
            return Ok(());
        }
        let stated = answer.envelope.response_date.as_deref();
        let moment = pages::moment(self.harvest, stated, &answer.response);
        let stamp = pages::free_stamp(self.harvest, moment)?;
        self.running.first = Some(First {
            response_date: pages::seconds(moment),
            stamp,
        });
        self.save()
    }

    fn first(&self) -> Result<&First> {
        self.running
            .first
            .as_ref()
            .ok_or_else(|| Error::internal("a page before the first answer"))
    }

    fn is_known(&self, header: &Header, record: &str) -> bool {
        let overlap = self.complete.as_ref().map(|complete| &complete.overlap);
        overlap.is_some_and(|overlap| overlap.holds(&header.identifier, record.as_bytes()))
    }

    fn keep(&mut self, answer: &Answer, suffix: &str) -> Result<()> {
        let stamp = &self.first()?.stamp;
        let name = pages::page_name(self.harvest.source, stamp, self.running.page, suffix);
        let page = self.describe(name, &answer.url);
        let response = &answer.response;
        pages::keep(
            self.harvest,
            self.progress,
            &page,
            &response.body,
            Some(response),
        )
    }

    fn describe(&self, name: String, url: &str) -> Wanted {
        let identity = &self.running.identity;
        Wanted {
            licence: identity.rights.clone(),
            producer: Some(identity.name.clone()).filter(|name| !name.is_empty()),
            ..Wanted::new(name, url, Acquisition::Oai)
        }
    }

    /// True if a page with the same token holds the same as the one before: the list does not move.
    fn is_repeated(&self, answer: &Answer, last_page: &mut Option<Digest>) -> bool {
        let text = answer.text();
        // `responseDate` differs between two answers that are otherwise the same.
        let body = text
            .split_once("</request>")
            .map_or(text.as_ref(), |(_, body)| body);
        let digest = Digest::of(body.as_bytes());
        last_page.replace(digest) == Some(digest) && answer.envelope.token == self.running.token
    }

    fn advance(&mut self, answer: &Answer, repeated: bool) -> Result<Step> {
        self.running.token.clone_from(&answer.envelope.token);
        if self.running.token.is_none() {
            return Ok(Step::End);
        }
        if repeated {
            return Err(Error::store(
                &self.label,
                "the repository repeats a page and its resumption token without end",
            ));
        }
        Ok(Step::Next)
    }

    /// After the last page: deletions by comparison, then the state of a complete harvest.
    fn finish(mut self) -> Result<()> {
        let first = self.first()?.clone();
        if self.running.started_over {
            deleted::blank_leftovers(&mut self, &first)?;
        }
        let forgets = self.running.identity.deleted != DeletedRecords::Persistent;
        if forgets || self.settings.full_every_days.is_some() {
            deleted::compare(&mut self, &first)?;
        }
        let full_response_date = match &self.complete {
            Some(complete) if !self.running.full => complete.full_response_date.clone(),
            _ => first.response_date.clone(),
        };
        let complete = Complete {
            response_date: first.response_date,
            full_response_date,
            overlap: self.running.overlap,
        };
        let state = State {
            list: self.label,
            complete: Some(complete),
            running: None,
        };
        pages::save(self.harvest, &self.name, &state)
    }
}

/// What [`deleted`] may use of a list.
impl deleted::Keeper for List<'_, '_, '_> {
    fn harvest(&self) -> &Harvest<'_> {
        self.harvest
    }

    fn state_name(&self) -> &str {
        &self.name
    }

    fn is_full(&self) -> bool {
        self.running.full
    }

    fn next_page(&self) -> u32 {
        self.running.page
    }

    fn keep_made(&mut self, name: &str, body: &str) -> Result<()> {
        let page = self.describe(name.to_owned(), self.known.repository.base());
        pages::keep(self.harvest, self.progress, &page, body.as_bytes(), None)
    }
}
