//! The verbs that describe a repository.

use chrono::{DateTime, Utc};
use moisson_core::{Error, Result, redact};
use serde::{Deserialize, Serialize};
use url::Url;

use super::envelope::{self, Envelope, Header, elements, first, leaves};
use crate::{Harvest, Response, pages};

/// Attempts at an answer that is whole HTTP but broken OAI-PMH: an error page with status 200, a page cut off.
const ATTEMPTS: u32 = 3;

/// Most pages of a list of sets.
const SET_PAGES_MAX: u32 = 10_000;

/// Statuses by which repositories say that a token is no longer known, where the protocol has an error for it.
const TOKEN_GONE: [u16; 4] = [400, 404, 410, 422];

/// The precision of datestamps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Granularity {
    /// `YYYY-MM-DD`.
    Day,
    /// `YYYY-MM-DDThh:mm:ssZ`.
    Second,
}

impl Granularity {
    /// Writes a moment as an argument.
    pub fn write(self, moment: DateTime<Utc>) -> String {
        match self {
            Self::Day => moment.format("%Y-%m-%d").to_string(),
            Self::Second => pages::seconds(moment),
        }
    }

    /// Its length in seconds.
    pub fn seconds(self) -> u64 {
        match self {
            Self::Day => 86_400,
            Self::Second => 1,
        }
    }
}

/// What a repository does with deleted records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeletedRecords {
    /// It forgets them: only a complete harvest shows what is gone.
    No,
    /// It states them for a while.
    Transient,
    /// It states them for good.
    Persistent,
}

/// The answer to `Identify`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// `repositoryName`.
    pub name: String,
    /// `responseDate` as sent: the clock of the repository.
    pub response_date: String,
    /// `earliestDatestamp` as sent.
    pub earliest: String,
    /// `granularity`.
    pub granularity: Granularity,
    /// `deletedRecord`.
    pub deleted: DeletedRecords,
    /// Statements of rights in the descriptions, verbatim, joined with ` ; `.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rights: Option<String>,
}

/// A format that records come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetadataFormat {
    /// `metadataPrefix`.
    pub prefix: String,
    /// Address of the schema.
    pub schema: String,
    /// Namespace.
    pub namespace: String,
}

/// A set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set {
    /// `setSpec`: what requests name.
    pub spec: String,
    /// `setName`: what people read.
    pub name: String,
}

/// A record as `GetRecord` sends it.
#[derive(Debug, Clone)]
pub struct Record {
    /// Its header.
    pub header: Header,
    /// The whole answer.
    pub answer: Response,
}

/// A repository at its base address.
#[derive(Debug)]
pub struct Repository<'a> {
    harvest: &'a Harvest<'a>,
    base: Url,
}

/// An answer whose envelope could be read.
pub(crate) struct Answer {
    pub(crate) url: String,
    pub(crate) response: Response,
    pub(crate) envelope: Envelope,
}

impl Answer {
    pub(crate) fn text(&self) -> std::borrow::Cow<'_, str> {
        envelope::decode(&self.response.body)
    }
}

impl<'a> Repository<'a> {
    /// A repository at `base`: the address that verbs are added to, with or without a query of its own.
    ///
    /// # Errors
    /// [`Error::Config`] if it is no address.
    pub fn new(harvest: &'a Harvest<'a>, base: &str) -> Result<Self> {
        let mut url = crate::client::parse(base)?;
        // An address copied from a browser has a verb already.
        let own: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let own = own.into_iter().take_while(|(name, _)| name != "verb");
        let own: Vec<(String, String)> = own.collect();
        url.set_query(None);
        url.set_fragment(None);
        if !own.is_empty() {
            url.query_pairs_mut().extend_pairs(own);
        }
        Ok(Self { harvest, base: url })
    }

    /// The base address, in one spelling.
    pub fn base(&self) -> &str {
        self.base.as_str()
    }

    /// `Identify`.
    ///
    /// # Errors
    /// [`Error::Config`] if there is no repository at the address; else as [`crate::Client::ask`].
    pub fn identify(&self) -> Result<Identity> {
        let answer = self.ask("Identify", &[])?;
        if !answer.envelope.errors.is_empty() {
            return Err(self.refused("Identify", &answer.envelope));
        }
        let text = answer.text();
        let value = |name| first(&text, name).map(|e| e.text()).unwrap_or_default();
        let granularity = value("granularity");
        let deleted = match value("deletedRecord").as_str() {
            "persistent" => DeletedRecords::Persistent,
            "transient" => DeletedRecords::Transient,
            _ => DeletedRecords::No,
        };
        Ok(Identity {
            name: value("repositoryName"),
            response_date: value("responseDate"),
            earliest: value("earliestDatestamp"),
            // The protocol knows two spellings; some repositories state others, such as fractions of a second.
            granularity: if granularity.contains("hh") || granularity.contains("HH") {
                Granularity::Second
            } else {
                Granularity::Day
            },
            deleted,
            rights: rights(&text),
        })
    }

    /// `ListMetadataFormats`, of one item or of all. An item without formats gives none.
    ///
    /// # Errors
    /// As [`Repository::identify`]; [`Error::Input`] if the repository knows no such item.
    pub fn metadata_formats(&self, identifier: Option<&str>) -> Result<Vec<MetadataFormat>> {
        let arguments: Vec<(&str, &str)> = identifier
            .map(|id| ("identifier", id))
            .into_iter()
            .collect();
        let answer = self.ask("ListMetadataFormats", &arguments)?;
        if answer.envelope.has("noMetadataFormats") {
            return Ok(Vec::new());
        }
        if answer.envelope.has("idDoesNotExist") {
            let base = redact(self.base());
            return Err(Error::input(format!(
                "{base}: no item `{}`",
                identifier.unwrap_or_default()
            )));
        }
        if !answer.envelope.errors.is_empty() {
            return Err(self.refused("ListMetadataFormats", &answer.envelope));
        }
        let text = answer.text();
        let formats = elements(&text, "metadataFormat").map(|format| {
            let value = |name| {
                first(format.inner(), name)
                    .map(|e| e.text())
                    .unwrap_or_default()
            };
            MetadataFormat {
                prefix: value("metadataPrefix"),
                schema: value("schema"),
                namespace: value("metadataNamespace"),
            }
        });
        Ok(formats.collect())
    }

    /// `ListSets`, all of its pages; `None` if the repository has no sets.
    ///
    /// # Errors
    /// As [`Repository::identify`].
    pub fn sets(&self) -> Result<Option<Vec<Set>>> {
        let mut sets = Vec::new();
        let mut token: Option<String> = None;
        for _ in 0..SET_PAGES_MAX {
            let arguments: Vec<(&str, &str)> = token
                .as_deref()
                .map(|token| ("resumptionToken", token))
                .into_iter()
                .collect();
            let answer = self.ask("ListSets", &arguments)?;
            if answer.envelope.has("noSetHierarchy") {
                return Ok(None);
            }
            if !answer.envelope.errors.is_empty() {
                return Err(self.refused("ListSets", &answer.envelope));
            }
            let text = answer.text();
            sets.extend(elements(&text, "set").map(|set| {
                let value = |name| {
                    first(set.inner(), name)
                        .map(|e| e.text())
                        .unwrap_or_default()
                };
                Set {
                    spec: value("setSpec"),
                    name: value("setName"),
                }
            }));
            drop(text);
            let next = answer.envelope.token;
            if next.is_none() || next == token {
                break;
            }
            token = next;
        }
        Ok(Some(sets))
    }

    /// `GetRecord`; `None` if the repository has no such item, or has it in other formats only.
    ///
    /// # Errors
    /// As [`Repository::identify`].
    pub fn record(&self, identifier: &str, prefix: &str) -> Result<Option<Record>> {
        let answer = self.get_record(identifier, prefix)?;
        if answer.envelope.has("idDoesNotExist") || answer.envelope.has("cannotDisseminateFormat") {
            return Ok(None);
        }
        if !answer.envelope.errors.is_empty() {
            return Err(self.refused("GetRecord", &answer.envelope));
        }
        let text = answer.text();
        let header = envelope::records(&text)
            .into_iter()
            .next()
            .map(|(header, _)| header);
        drop(text);
        Ok(header.map(|header| Record {
            header,
            answer: answer.response,
        }))
    }

    pub(crate) fn get_record(&self, identifier: &str, prefix: &str) -> Result<Answer> {
        self.ask(
            "GetRecord",
            &[("identifier", identifier), ("metadataPrefix", prefix)],
        )
    }

    /// Asks, and asks again where the answer has no readable envelope.
    pub(crate) fn ask(&self, verb: &str, arguments: &[(&str, &str)]) -> Result<Answer> {
        let mut url = self.base.clone();
        url.query_pairs_mut()
            .append_pair("verb", verb)
            .extend_pairs(arguments);
        let mut problem = String::new();
        for _ in 0..ATTEMPTS {
            let response = pages::ask(self.harvest, url.as_str(), &[])?;
            let read = Envelope::read(&envelope::decode(&response.body));
            match read {
                // A protocol error may come with a status of its own, against the protocol.
                Ok(envelope) if response.is_success() || !envelope.errors.is_empty() => {
                    return Ok(Answer {
                        url: url.into(),
                        response,
                        envelope,
                    });
                }
                _ if !response.is_success() => {
                    let status = response.status;
                    let resumed = arguments.iter().any(|(name, _)| *name == "resumptionToken");
                    if resumed && TOKEN_GONE.contains(&status) {
                        let envelope =
                            Envelope::refusal("badResumptionToken", format!("status {status}"));
                        return Ok(Answer {
                            url: url.into(),
                            response,
                            envelope,
                        });
                    }
                    return Err(self.status(verb, status));
                }
                Ok(_) => "the answer is empty".clone_into(&mut problem),
                Err(error) => problem = error,
            }
        }
        Err(Error::store(redact(url.as_str()), problem))
    }

    fn status(&self, verb: &str, status: u16) -> Error {
        let base = redact(self.base());
        let what = format!("`{verb}` was answered with status {status}");
        if verb == "Identify" {
            let source = self.harvest.source;
            return Error::config(format!(
                "no OAI-PMH repository at `{base}` (source `{source}`): {what}"
            ));
        }
        Error::store(base, what)
    }

    /// The error for an answer that refuses a question.
    pub(crate) fn refused(&self, what: &str, envelope: &Envelope) -> Error {
        Error::config(format!(
            "the repository at `{}` (source `{}`) refuses {what}: {}",
            redact(self.base()),
            self.harvest.source,
            envelope.error_line()
        ))
    }
}

/// Statements of rights in the descriptions of a repository: the references of a rights manifest, and whatever element
/// `rights` says in words.
fn rights(text: &str) -> Option<String> {
    let description = first(text, "description")?;
    let descriptions = text.get(description.start..)?;
    let references = elements(descriptions, "rightsReference");
    let mut statements: Vec<String> = references.filter_map(|e| e.attribute("ref")).collect();
    for statement in leaves(descriptions, "rights") {
        if !statements.contains(&statement) {
            statements.push(statement);
        }
    }
    statements.retain(|statement| !statement.is_empty());
    (!statements.is_empty()).then(|| statements.join(" ; "))
}
