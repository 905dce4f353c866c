//! A repository that speaks all of OAI-PMH 2.0, on the loopback, and misbehaves on command.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::testing::{Answer, Asked, Server};

/// A record; `metadata` is whatever stands in the element of that name, broken or not.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) id: String,
    pub(super) stamp: String,
    pub(super) set: &'static str,
    pub(super) deleted: bool,
    pub(super) metadata: String,
}

/// What the repository is like.
#[derive(Debug, Clone)]
pub(super) struct Script {
    pub(super) items: Vec<Item>,
    pub(super) now: String,
    pub(super) granularity: &'static str,
    pub(super) deleted_record: &'static str,
    pub(super) page_size: usize,
    pub(super) sets: bool,
    pub(super) description: &'static str,
    /// Tokens given out before this many requests ago are forgotten; they carry the number of the request.
    pub(super) forgets_tokens: bool,
    /// An error that the next list request is answered with.
    pub(super) error: Option<&'static str>,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            now: "2026-01-02T03:04:05Z".to_owned(),
            granularity: "YYYY-MM-DDThh:mm:ssZ",
            deleted_record: "persistent",
            page_size: 3,
            sets: true,
            description: "",
            forgets_tokens: false,
            error: None,
        }
    }
}

impl Script {
    /// `count` records of 2025, one a day, alternating between two sets.
    pub(super) fn with_items(count: usize) -> Self {
        let mut script = Self::default();
        for number in 1..=count {
            let set = if number % 2 == 0 { "actes" } else { "theses" };
            script.put(number, &format!("2025-03-{number:02}T08:00:00Z"), set);
        }
        script
    }

    pub(super) fn put(&mut self, number: usize, stamp: &str, set: &'static str) {
        let id = format!("oai:archives.example:{number}");
        self.items.retain(|item| item.id != id);
        let metadata = format!(
            "<oai_dc:dc xmlns:oai_dc=\"http://www.openarchives.org/OAI/2.0/oai_dc/\" \
             xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><dc:title>Délibération n° {number} du {stamp}</dc:title></oai_dc:dc>"
        );
        self.items.push(Item {
            id,
            stamp: stamp.to_owned(),
            set,
            deleted: false,
            metadata,
        });
    }

    pub(super) fn delete(&mut self, number: usize, stamp: &str) {
        let id = format!("oai:archives.example:{number}");
        let item = self.items.iter_mut().find(|item| item.id == id).unwrap();
        item.deleted = true;
        item.stamp = stamp.to_owned();
    }

    pub(super) fn forget(&mut self, number: usize) {
        let id = format!("oai:archives.example:{number}");
        self.items.retain(|item| item.id != id);
    }

    fn stamp(&self, stamp: &str) -> String {
        if self.granularity == "YYYY-MM-DD" {
            stamp.chars().take(10).collect()
        } else {
            stamp.to_owned()
        }
    }

    fn record(&self, item: &Item, whole: bool) -> String {
        let status = if item.deleted {
            " status=\"deleted\""
        } else {
            ""
        };
        let set = if self.sets {
            format!("<setSpec>{}</setSpec>", item.set)
        } else {
            String::new()
        };
        let header = format!(
            "<header{status}><identifier>{}</identifier><datestamp>{}</datestamp>{set}</header>",
            item.id,
            self.stamp(&item.stamp)
        );
        match (whole, item.deleted) {
            (false, _) => format!("{header}\n"),
            (true, true) => format!("<record>{header}</record>\n"),
            (true, false) => format!(
                "<record>{header}<metadata>{}</metadata></record>\n",
                item.metadata
            ),
        }
    }

    pub(super) fn answer(&mut self, asked: &Asked) -> Answer {
        let verb = asked.parameter("verb").unwrap_or_default();
        let body = match self.body(&verb, asked) {
            Ok(body) => format!("<{verb}>\n{body}</{verb}>\n"),
            Err(code) => format!("<error code=\"{code}\">because</error>\n"),
        };
        Answer::ok(format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<OAI-PMH xmlns=\"http://www.openarchives.org/OAI/2.0/\">\n\
             <responseDate>{}</responseDate>\n<request verb=\"{verb}\">http://archives.example/oai</request>\n{body}</OAI-PMH>\n",
            self.now
        ))
    }

    fn body(&mut self, verb: &str, asked: &Asked) -> Result<String, &'static str> {
        match verb {
            "Identify" => Ok(format!(
                "<repositoryName>Archives d’exemple</repositoryName><baseURL>http://archives.example/oai</baseURL>\
                 <protocolVersion>2.0</protocolVersion><adminEmail>a@archives.example</adminEmail>\
                 <earliestDatestamp>2025-01-01T00:00:00Z</earliestDatestamp><deletedRecord>{}</deletedRecord>\
                 <granularity>{}</granularity>{}",
                self.deleted_record, self.granularity, self.description
            )),
            "ListMetadataFormats" => {
                if let Some(id) = asked.parameter("identifier") {
                    self.items.iter().find(|item| item.id == id).ok_or("idDoesNotExist")?;
                }
                Ok(["oai_dc", "mets"]
                    .map(|prefix| {
                        format!(
                            "<metadataFormat><metadataPrefix>{prefix}</metadataPrefix><schema>http://s.example/{prefix}.xsd\
                             </schema><metadataNamespace>http://n.example/{prefix}</metadataNamespace></metadataFormat>"
                        )
                    })
                    .concat())
            }
            "ListSets" if !self.sets => Err("noSetHierarchy"),
            "ListSets" => Ok(match asked.parameter("resumptionToken").as_deref() {
                None => "<set><setSpec>actes</setSpec><setName>Actes &amp; délibérations</setName></set>\
                         <resumptionToken>sets 2</resumptionToken>"
                    .to_owned(),
                Some(_) => "<set><setSpec>theses</setSpec><setName>Thèses</setName></set><resumptionToken/>".to_owned(),
            }),
            "GetRecord" => {
                let id = asked.parameter("identifier").ok_or("badArgument")?;
                let item = self.items.iter().find(|item| item.id == id).ok_or("idDoesNotExist")?;
                Ok(self.record(item, true))
            }
            "ListRecords" | "ListIdentifiers" => self.list(verb == "ListRecords", asked),
            _ => Err("badVerb"),
        }
    }

    fn list(&mut self, whole: bool, asked: &Asked) -> Result<String, &'static str> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        let count = asked.target.split('&').count();
        // The token spells out what was asked, in characters that have to be encoded.
        let (offset, from, until, set) = match asked.parameter("resumptionToken") {
            Some(token) => {
                if std::mem::take(&mut self.forgets_tokens) {
                    return Err("badResumptionToken");
                }
                let parts: Vec<String> = token.split('|').map(str::to_owned).collect();
                let [name, offset, from, until, set] =
                    parts.try_into().map_err(|_| "badResumptionToken")?;
                assert_eq!(
                    (name.as_str(), count),
                    ("page+& é=", 2),
                    "the token is exclusive"
                );
                (offset.parse().unwrap(), from, until, set)
            }
            None => {
                let prefix = asked.parameter("metadataPrefix").ok_or("badArgument")?;
                if !["oai_dc", "mets"].contains(&prefix.as_str()) {
                    return Err("cannotDisseminateFormat");
                }
                let text = |name| asked.parameter(name).unwrap_or_default();
                let bounds = [text("from"), text("until")];
                if bounds
                    .iter()
                    .any(|bound| !bound.is_empty() && bound.len() != self.granularity.len())
                {
                    return Err("badArgument");
                }
                let [from, until] = bounds;
                (0, from, until, text("set"))
            }
        };
        if !set.is_empty() && !self.sets {
            return Err("noSetHierarchy");
        }
        let matches: Vec<&Item> = self
            .items
            .iter()
            .filter(|item| set.is_empty() || item.set == set)
            .filter(|item| from.is_empty() || self.stamp(&item.stamp) >= from)
            .filter(|item| until.is_empty() || self.stamp(&item.stamp) <= until)
            .collect();
        if matches.is_empty() {
            return Err("noRecordsMatch");
        }
        let page = matches.iter().skip(offset).take(self.page_size);
        let mut body: String = page.map(|item| self.record(item, whole)).collect();
        let next = offset + self.page_size;
        let size = matches.len();
        if next < size {
            let token = format!(
                "<resumptionToken completeListSize=\"{size}\" cursor=\"{offset}\">page+&amp; é=|{next}|{from}|{until}|{set}\
                 </resumptionToken>"
            );
            body.push_str(&token);
        } else if offset > 0 {
            body.push_str("<resumptionToken/>");
        }
        Ok(body)
    }
}

/// A script that a server follows and a test rewrites.
#[derive(Clone)]
pub(super) struct Scripted(Arc<Mutex<Script>>);

impl Scripted {
    pub(super) fn serve(script: Script, server: &Server) -> Self {
        let scripted = Self(Arc::new(Mutex::new(script)));
        let shared = scripted.clone();
        server.route("/oai", move |asked| shared.lock().answer(asked));
        scripted
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Script> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
