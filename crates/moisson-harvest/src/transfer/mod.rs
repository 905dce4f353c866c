//! One object from a server to the mirror: asked for only if it changed, resumed where it broke off, checked, and kept
//! with its receipt.

mod check;
mod partial;

use std::path::Path;

use moisson_core::{Digest, Result, redact};
use moisson_rights::optout::Seen;

use crate::client::{self, Exchange, Settled, Step};
use crate::receipt::{self, Acquisition, Receipt};
use crate::{Harvest, Request, Response};
use check::Checksum;
use partial::{Origin, Partial};

/// New bytes after which a transfer that broke off counts as progress, not as a failed attempt. A large file over a bad
/// line gets through; a server that gives a few bytes at a time does not hold the run for ever.
const PROGRESS_BYTES_MIN: u64 = 1 << 20;

/// An object that is wanted, and what is known of it beforehand.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Name of the object below `data/`: `SOURCE/…`.
    pub name: String,
    /// Address.
    pub url: String,
    /// Further headers, as in [`Request::headers`].
    pub headers: Vec<(String, String)>,
    /// How it is acquired. [`Acquisition::Crawl`] asks robots.txt first.
    pub acquisition: Acquisition,
    /// Checksum the publisher states, `sha1:…`, `sha256:…`, `md5:…`, `crc32:…`.
    pub checksum: Option<String>,
    /// Statement of licence seen with the object, verbatim.
    pub licence: Option<String>,
    /// Producer as the catalogue states it.
    pub producer: Option<String>,
    /// Last update as the catalogue states it, verbatim.
    pub updated: Option<String>,
    /// Title as the catalogue states it.
    pub title: Option<String>,
}

impl Wanted {
    /// An object of which nothing but the address is known.
    pub fn new(name: impl Into<String>, url: impl Into<String>, acquisition: Acquisition) -> Self {
        Self {
            name: name.into(),
            url: url.into(),
            headers: Vec::new(),
            acquisition,
            checksum: None,
            licence: None,
            producer: None,
            updated: None,
            title: None,
        }
    }
}

/// What became of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is new or has changed, and is kept.
    Fetched(Receipt),
    /// It is as it was.
    Unchanged(Receipt),
    /// It could not be had; what was kept before stays.
    Failed {
        /// What happened, without secrets.
        why: String,
        /// True if a later harvest may have more luck: the server was silent, overloaded or broken.
        unreachable: bool,
    },
}

impl Outcome {
    fn never(why: String) -> Self {
        let unreachable = false;
        Self::Failed { why, unreachable }
    }
}

/// What the headers of an answer say of an object.
#[derive(Debug, Clone, Default)]
struct Said {
    final_url: Option<String>,
    etag: Option<String>,
    last_modified: Option<String>,
    licence: Option<String>,
    optout: Vec<(String, String)>,
    /// True if the server announced the size.
    sized: bool,
}

/// Mirrors one object.
///
/// A transfer that was killed or broke off goes on where it stopped, provided that the server vouches for the bytes
/// being the same (`If-Range` with a strong `ETag` or a date). Size, publisher's checksum and the first bytes of archives
/// are checked before the object is kept; a checksum that does not fit is given a second transfer.
///
/// # Errors
/// [`moisson_core::Error::Config`] for an address or secret that cannot be used; [`moisson_core::Error::Store`] if the
/// mirror or the disk fails; [`moisson_core::Error::Interrupted`]. All that concerns the object alone is an
/// [`Outcome::Failed`].
pub fn download(harvest: &Harvest<'_>, wanted: &Wanted) -> Result<Outcome> {
    let previous = receipt::load(harvest.mirror, &wanted.name)?;
    let partial = Partial::new(&harvest.mirror.partial(), &wanted.name)?;
    let checksum = stated(harvest, wanted);
    let transfer = Transfer {
        harvest,
        wanted,
        partial: &partial,
    };
    let mut confirmed = previous
        .as_ref()
        .filter(|receipt| may_ask_for_change(receipt, wanted));
    for last in [false, true] {
        let received = match transfer.run(confirmed)? {
            Settled::Done(Received::Unchanged(optout)) => {
                let Some(receipt) = &previous else {
                    return Ok(Outcome::never("status 304 to a first request".to_owned()));
                };
                return confirm(harvest, wanted, receipt, optout);
            }
            Settled::Done(Received::Whole(said)) => said,
            Settled::Failed { why, unreachable } => {
                return Ok(Outcome::Failed { why, unreachable });
            }
        };
        let name = wanted.name.as_str();
        let examined = partial.examine(name, checksum.as_ref(), received.sized, harvest.watch)?;
        let (digest, bytes) = match examined {
            check::Examined::Sound { digest, bytes } => (digest, bytes),
            check::Examined::Wrong { why, again } => {
                partial.discard()?;
                if again && !last {
                    harvest
                        .watch
                        .warn(&format!("`{name}`: {why}; fetching it once more"));
                    confirmed = None;
                    continue;
                }
                return Ok(Outcome::never(why));
            }
        };
        let receipt = describe(
            harvest,
            wanted,
            &received,
            (digest, bytes),
            previous.as_ref(),
        );
        return keep(
            harvest,
            &receipt,
            partial.file(),
            previous.as_ref(),
            &partial,
        );
    }
    Ok(Outcome::never("not received".to_owned()))
}

/// Keeps an object whose bytes are already in memory: a page of an interface. `answer` is where they came from.
///
/// # Errors
/// [`moisson_core::Error::Store`] if the mirror fails.
pub fn keep_bytes(
    harvest: &Harvest<'_>,
    wanted: &Wanted,
    bytes: &[u8],
    answer: Option<&Response>,
) -> Result<Outcome> {
    let previous = receipt::load(harvest.mirror, &wanted.name)?;
    let said = answer.map(|answer| {
        let links = answer.headers.iter().filter(|(name, _)| name == "link");
        Said {
            final_url: Some(answer.url.clone()),
            etag: answer.header("etag").map(str::to_owned),
            last_modified: answer.header("last-modified").map(str::to_owned),
            licence: check::licence_links(links.map(|(_, value)| value.as_str())),
            optout: Seen::http_fields()
                .flat_map(|name| {
                    answer
                        .headers
                        .iter()
                        .filter(move |(known, _)| known == name)
                })
                .cloned()
                .collect(),
            sized: true,
        }
    });
    let measured = (Digest::of(bytes), bytes.len() as u64);
    let said = said.unwrap_or_default();
    let receipt = describe(harvest, wanted, &said, measured, previous.as_ref());
    let same = previous
        .as_ref()
        .is_some_and(|previous| previous.digest == receipt.digest);
    if !same {
        harvest
            .mirror
            .put(&format!("data/{}", receipt.name), bytes)?;
    }
    if previous.as_ref() != Some(&receipt) {
        receipt::save(harvest.mirror, &receipt)?;
    }
    Ok(if same {
        Outcome::Unchanged(receipt)
    } else {
        Outcome::Fetched(receipt)
    })
}

/// A transfer under way.
struct Transfer<'a> {
    harvest: &'a Harvest<'a>,
    wanted: &'a Wanted,
    partial: &'a Partial,
}

/// What the server had to say.
enum Received {
    /// The object is as the receipt says; the fields with which its publisher opts out or in, if it sent any this time.
    Unchanged(Vec<(String, String)>),
    /// All bytes are in the partial file.
    Whole(Said),
}

impl Transfer<'_> {
    fn run(&self, confirmed: Option<&Receipt>) -> Result<Settled<Received>> {
        let harvest = self.harvest;
        harvest
            .client
            .settle(harvest.watch, |_| self.attempt(confirmed))
    }

    fn attempt(&self, confirmed: Option<&Receipt>) -> Result<Step<Received>> {
        let resumed = self.partial.resumable(&self.wanted.url)?;
        if let Some((offset, origin)) = &resumed
            && origin.length == Some(*offset)
        {
            // Killed between the last byte and the receipt.
            return Ok(Step::Done(Received::Whole(origin.said())));
        }
        let request = Request {
            url: self.wanted.url.clone(),
            headers: self.wanted.headers.clone(),
            robots: self.wanted.acquisition == Acquisition::Crawl,
            ..Request::default()
        };
        let conditions = conditions(resumed.as_ref(), confirmed);
        let (client, watch) = (self.harvest.client, self.harvest.watch);
        let exchange = match client.open(&request, &conditions, watch)? {
            Step::Done(exchange) => exchange,
            Step::Again { why, after, .. } => return Ok(Step::again(why, after)),
            Step::Never { why } => return Ok(Step::Never { why }),
        };
        match (exchange.status(), resumed) {
            (304, None) if confirmed.is_some() => {
                let optout = partial::opt_outs(&exchange);
                Ok(Step::Done(Received::Unchanged(optout)))
            }
            (200 | 203, _) => self.receive(exchange, None),
            (206, Some((offset, origin))) => {
                if let Some(why) = goes_on(&exchange, offset, &origin) {
                    return self.start_over(why);
                }
                self.receive(exchange, Some((offset, origin)))
            }
            (status @ (206 | 304 | 416), _) => {
                self.start_over(format!("status {status} to a request it does not answer"))
            }
            (status, _) => Ok(Step::Never {
                why: refusal(status),
            }),
        }
    }

    /// What is there is worthless: the next attempt begins at the beginning.
    fn start_over(&self, why: String) -> Result<Step<Received>> {
        self.partial.discard()?;
        Ok(Step::again(why, None))
    }

    /// Takes the body: the rest of the object after `resumed`, or all of it.
    fn receive(
        &self,
        exchange: Exchange<'_>,
        resumed: Option<(u64, Origin)>,
    ) -> Result<Step<Received>> {
        let content_type = exchange.header("content-type").unwrap_or_default();
        if let Some(why) = check::is_page(&self.wanted.name, content_type) {
            return Ok(Step::Never { why });
        }
        let (offset, origin) = match resumed {
            Some(resumed) => resumed,
            None => (0, Origin::of(&self.wanted.url, &exchange)),
        };
        let said = origin.said();
        let length = origin.length;
        let mut file = self.partial.open(offset, &origin)?;
        let mut received = 0;
        let broken = exchange.read(self.harvest.watch, &mut |piece| {
            received += piece.len() as u64;
            file.append(piece)
        })?;
        let there = offset + received;
        let why = match (broken, length) {
            (None, None) => None,
            (None, Some(length)) if there == length => None,
            (None, Some(length)) if there > length => {
                return self
                    .start_over(format!("{there} bytes came where {length} were announced"));
            }
            (None, Some(length)) => {
                Some(format!("{there} bytes came where {length} were announced"))
            }
            (Some(why), _) => Some(format!("{why}, after {there} bytes")),
        };
        Ok(match why {
            None => Step::Done(Received::Whole(said)),
            Some(why) => Step::Again {
                why,
                after: None,
                progress: received >= PROGRESS_BYTES_MIN,
            },
        })
    }
}

/// Headers that ask for the rest of what is there, or only for what changed.
fn conditions(
    resumed: Option<&(u64, Origin)>,
    confirmed: Option<&Receipt>,
) -> Vec<(&'static str, String)> {
    if let Some((offset, origin)) = resumed {
        let validator = origin.validator().unwrap_or_default().to_owned();
        return vec![
            ("range", format!("bytes={offset}-")),
            ("if-range", validator),
        ];
    }
    // RFC 9110, section 13.1.3: the date is ignored where there is a tag, so only one is sent.
    match confirmed.map(|receipt| (&receipt.etag, &receipt.last_modified)) {
        Some((Some(etag), _)) => vec![("if-none-match", etag.clone())],
        Some((None, Some(date))) => vec![("if-modified-since", date.clone())],
        _ => Vec::new(),
    }
}

/// Reads the checksum the publisher states; one that cannot be read is told and not held against the bytes.
fn stated(harvest: &Harvest<'_>, wanted: &Wanted) -> Option<Checksum> {
    let text = wanted.checksum.as_deref()?;
    let checksum = Checksum::parse(text);
    if checksum.is_none() {
        let name = &wanted.name;
        let message = format!(
            "`{name}`: cannot check `{text}`; known: crc32, md5, sha1, sha256, sha384, sha512"
        );
        harvest.watch.warn(&message);
    }
    checksum
}

/// The server is asked whether the object changed only if the receipt is about the same address and checksum.
fn may_ask_for_change(receipt: &Receipt, wanted: &Wanted) -> bool {
    let same_checksum = wanted.checksum.is_none() || wanted.checksum == receipt.checksum;
    receipt.url == redact(&wanted.url) && same_checksum
}

/// Holds a 206 against what was asked for. Returns what is wrong with it.
fn goes_on(exchange: &Exchange<'_>, offset: u64, origin: &Origin) -> Option<String> {
    let range = exchange.header("content-range").unwrap_or_default();
    let Some((first, total)) = check::content_range(range) else {
        return Some(format!("status 206 with range `{range}`"));
    };
    let same_length = total.is_none() || origin.length.is_none() || total == origin.length;
    let etag = exchange.header("etag");
    let same_etag = etag.is_none() || origin.etag.is_none() || etag == origin.etag.as_deref();
    if first == offset && same_length && same_etag {
        return None;
    }
    Some(format!(
        "status 206 with range `{range}`, asked for from {offset} on"
    ))
}

fn refusal(status: u16) -> String {
    let meaning = match status {
        401 => "the server wants credentials",
        403 => "the server refuses",
        404 => "not found",
        410 => "withdrawn",
        451 => "withdrawn for legal reasons",
        _ => "no object in the answer",
    };
    format!("status {status}: {meaning}")
}

/// The server confirmed the object; what the catalogue says of it may have changed all the same.
fn confirm(
    harvest: &Harvest<'_>,
    wanted: &Wanted,
    receipt: &Receipt,
    optout: Vec<(String, String)>,
) -> Result<Outcome> {
    // Servers need not repeat fields with a status 304: only what it does say takes the place of what was said.
    let optout = if optout.is_empty() {
        receipt.optout.clone()
    } else {
        optout
    };
    let said = Said {
        final_url: receipt.final_url.clone(),
        etag: receipt.etag.clone(),
        last_modified: receipt.last_modified.clone(),
        licence: None,
        optout,
        sized: true,
    };
    let measured = (receipt.digest, receipt.bytes);
    let mut renewed = describe(harvest, wanted, &said, measured, Some(receipt));
    if renewed.licence.is_none() {
        // Seen in a header of the answer that brought the bytes.
        renewed.licence.clone_from(&receipt.licence);
    }
    renewed.checksum = renewed.checksum.or_else(|| receipt.checksum.clone());
    if renewed != *receipt {
        receipt::save(harvest.mirror, &renewed)?;
    }
    Ok(Outcome::Unchanged(renewed))
}

fn describe(
    harvest: &Harvest<'_>,
    wanted: &Wanted,
    said: &Said,
    (digest, bytes): (Digest, u64),
    previous: Option<&Receipt>,
) -> Receipt {
    let url = redact(&wanted.url);
    let asked = client::parse(&wanted.url)
        .map(|url| redact(url.as_str()))
        .ok();
    let same = previous.filter(|previous| previous.digest == digest);
    let statements = [wanted.licence.as_deref(), said.licence.as_deref()];
    let statements: Vec<&str> = statements.into_iter().flatten().collect();
    Receipt {
        name: wanted.name.clone(),
        final_url: said
            .final_url
            .clone()
            .filter(|last| Some(last) != asked.as_ref()),
        url,
        acquisition: wanted.acquisition,
        retrieved_at: same.map_or_else(
            || harvest.client.timestamp(),
            |same| same.retrieved_at.clone(),
        ),
        bytes,
        digest,
        etag: said.etag.clone(),
        last_modified: said.last_modified.clone(),
        checksum: wanted.checksum.clone(),
        licence: (!statements.is_empty()).then(|| statements.join(" ; ")),
        access: None,
        producer: wanted.producer.clone(),
        updated: wanted.updated.clone(),
        title: wanted.title.clone(),
        redacted: false,
        optout: said.optout.clone(),
    }
}

/// Data first, receipt last: what has a receipt is complete.
fn keep(
    harvest: &Harvest<'_>,
    receipt: &Receipt,
    file: &Path,
    previous: Option<&Receipt>,
    partial: &Partial,
) -> Result<Outcome> {
    let same = previous.is_some_and(|previous| previous.digest == receipt.digest);
    if !same {
        harvest
            .mirror
            .keep(&format!("data/{}", receipt.name), file)?;
    }
    receipt::save(harvest.mirror, receipt)?;
    partial.discard()?;
    Ok(if same {
        Outcome::Unchanged(receipt.clone())
    } else {
        Outcome::Fetched(receipt.clone())
    })
}

#[cfg(test)]
mod tests;
