//! What was seen, before anything is made of it.

use serde::{Deserialize, Serialize};

use super::config::Protocol;

/// Where a signal was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// `ai.txt`.
    AiTxt,
    /// The HTTP field `Content-Usage`.
    ContentUsage,
    /// `<meta name="robots">`, or one named after an agent.
    MetaRobots,
    /// A line `Content-Usage` of robots.txt.
    RobotsContentUsage,
    /// robots.txt.
    RobotsTxt,
    /// A policy that a `TDMRep` reservation refers to.
    TdmPolicy,
    /// Package metadata of EPUB.
    TdmrepEpub,
    /// `/.well-known/tdmrep.json`.
    TdmrepFile,
    /// The HTTP field `tdm-reservation`.
    TdmrepHeader,
    /// `<meta name="tdm-reservation">`.
    TdmrepMeta,
    /// XMP metadata of PDF.
    TdmrepPdf,
    /// Terms of use, as somebody read them.
    TermsOfUse,
    /// The HTTP field `X-Robots-Tag`.
    XRobotsTag,
}

impl Kind {
    /// Name in columns.
    pub fn name(self) -> &'static str {
        match self {
            Self::AiTxt => "ai-txt",
            Self::ContentUsage => "content-usage",
            Self::MetaRobots => "meta-robots",
            Self::RobotsContentUsage => "robots-content-usage",
            Self::RobotsTxt => "robots-txt",
            Self::TdmPolicy => "tdm-policy",
            Self::TdmrepEpub => "tdmrep-epub",
            Self::TdmrepFile => "tdmrep-file",
            Self::TdmrepHeader => "tdmrep-header",
            Self::TdmrepMeta => "tdmrep-meta",
            Self::TdmrepPdf => "tdmrep-pdf",
            Self::TermsOfUse => "terms-of-use",
            Self::XRobotsTag => "x-robots-tag",
        }
    }

    /// The protocol it belongs to.
    pub fn protocol(self) -> Protocol {
        match self {
            Self::AiTxt => Protocol::AiTxt,
            Self::ContentUsage | Self::RobotsContentUsage => Protocol::ContentUsage,
            Self::MetaRobots | Self::XRobotsTag => Protocol::RobotsTag,
            Self::RobotsTxt => Protocol::Robots,
            Self::TdmPolicy
            | Self::TdmrepEpub
            | Self::TdmrepFile
            | Self::TdmrepHeader
            | Self::TdmrepMeta
            | Self::TdmrepPdf => Protocol::Tdmrep,
            Self::TermsOfUse => Protocol::TermsOfUse,
        }
    }

    /// True for what a site says to those who crawl it: it says nothing to whoever takes the same texts from a channel
    /// that their publisher declares for that.
    pub fn is_for_crawlers(self) -> bool {
        matches!(
            self,
            Self::AiTxt | Self::RobotsTxt | Self::RobotsContentUsage
        )
    }

    /// The order of `TDMRep`: what comes later overrides what came before. `None` for what states no reservation.
    pub(super) fn tdmrep_rank(self) -> Option<u8> {
        match self {
            Self::TdmrepFile => Some(0),
            Self::TdmrepHeader => Some(1),
            Self::TdmrepMeta => Some(2),
            Self::TdmrepEpub | Self::TdmrepPdf => Some(3),
            _ => None,
        }
    }
}

/// Something that was seen, verbatim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Where.
    pub kind: Kind,
    /// What, verbatim: a value, or a line of a file with its number. Empty where nothing was said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub raw: String,
    /// Whom or what it is about, where it says so: agents, a pattern.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applies_to: Option<String>,
    /// What a file means for the document, where that was looked up when it was seen: `allowed`, `disallowed`, `absent`,
    /// `unreachable`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Address it was seen at, if another than the document's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_url: Option<String>,
    /// When it was seen, if not with the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retrieved_at: Option<String>,
}

impl Mark {
    /// A mark seen with the document itself.
    pub fn new(kind: Kind, raw: impl Into<String>) -> Self {
        Self {
            kind,
            raw: raw.into(),
            applies_to: None,
            value: None,
            source_url: None,
            retrieved_at: None,
        }
    }

    /// A mark about somebody or something.
    #[must_use]
    pub fn about(mut self, applies_to: impl Into<String>) -> Self {
        self.applies_to = Some(applies_to.into());
        self
    }
}

/// What was seen of a document: the value of `optout` in its metadata.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Address it was fetched from, by which the files of its site are looked up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// When, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retrieved_at: Option<String>,
    /// What was seen, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<Mark>,
}

/// HTTP fields that say something, in lower case, with where that is.
const FIELDS: [(&str, Kind); 4] = [
    ("content-usage", Kind::ContentUsage),
    ("tdm-policy", Kind::TdmPolicy),
    ("tdm-reservation", Kind::TdmrepHeader),
    ("x-robots-tag", Kind::XRobotsTag),
];

impl Seen {
    /// Key in the metadata of a document.
    pub const KEY: &str = "optout";

    /// Names of the HTTP fields that are to be kept, in lower case and alphabetical order.
    pub fn http_fields() -> impl Iterator<Item = &'static str> {
        FIELDS.iter().map(|(name, _)| *name)
    }

    /// Notes the value of an HTTP field; others than those of [`Seen::http_fields`] say nothing.
    pub fn http_field(&mut self, name: &str, value: &str) {
        let mut fields = FIELDS.iter();
        let found = fields.find(|(known, _)| known.eq_ignore_ascii_case(name));
        if let Some((_, kind)) = found {
            self.add(Mark::new(*kind, value.trim()));
        }
    }

    /// Notes a `meta` of a page: `tdm-reservation`, `tdm-policy`, and `robots` or an agent's name where it says `noai` or
    /// `noimageai`. Others say nothing.
    pub fn html_meta(&mut self, name: &str, content: &str) {
        let name = name.trim().to_ascii_lowercase();
        let content = content.trim();
        match name.as_str() {
            "tdm-reservation" => self.add(Mark::new(Kind::TdmrepMeta, content)),
            "tdm-policy" => self.add(Mark::new(Kind::TdmPolicy, content)),
            _ => {
                let words = content.split([',', ' ', ';']);
                let says = |word: &str| {
                    word.eq_ignore_ascii_case("noai") || word.eq_ignore_ascii_case("noimageai")
                };
                if words.into_iter().any(says) {
                    let about = if name == "robots" { "*" } else { &name };
                    self.add(Mark::new(Kind::MetaRobots, content).about(about));
                }
            }
        }
    }

    /// Adds a mark once.
    pub fn add(&mut self, mark: Mark) {
        if !self.marks.contains(&mark) {
            self.marks.push(mark);
        }
    }

    /// True if there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self == &Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Seen};

    #[test]
    fn fields_and_metas_that_say_something() {
        let mut seen = Seen::default();
        for (name, value) in [
            ("TDM-Reservation", " 1 "),
            ("tdm-reservation", "1"),
            ("X-Robots-Tag", "noindex"),
            ("Content-Type", "text/html"),
            ("Content-Usage", "train-ai=n"),
        ] {
            seen.http_field(name, value);
        }
        for (name, content) in [
            ("robots", "noindex"),
            ("ROBOTS", "index, NoAI"),
            ("GPTBot", "noai"),
            ("description", "noaim and all that"),
            ("tdm-policy", "https://a.example/p"),
        ] {
            seen.html_meta(name, content);
        }
        let found: Vec<(Kind, &str, Option<&str>)> = seen
            .marks
            .iter()
            .map(|mark| (mark.kind, mark.raw.as_str(), mark.applies_to.as_deref()))
            .collect();
        assert_eq!(
            found,
            [
                (Kind::TdmrepHeader, "1", None),
                (Kind::XRobotsTag, "noindex", None),
                (Kind::ContentUsage, "train-ai=n", None),
                (Kind::MetaRobots, "index, NoAI", Some("*")),
                (Kind::MetaRobots, "noai", Some("gptbot")),
                (Kind::TdmPolicy, "https://a.example/p", None),
            ]
        );
        let json = serde_json::to_string(&seen).unwrap();
        assert_eq!(serde_json::from_str::<Seen>(&json).unwrap(), seen);
    }
}
