//! Opt-outs in a pipeline: which protocols count, which agents, and what not knowing means.

use moisson_core::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::agents::{agents, token};
use super::fold::Verdict;

/// How something was acquired; the word that transparency documents use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Acquisition {
    /// A channel its publisher declares for bulk downloads, or files handed over.
    Bulk,
    /// A programming interface.
    Api,
    /// OAI-PMH.
    Oai,
    /// Pages followed like a visitor would; robots.txt is honoured.
    Crawl,
}

impl Acquisition {
    /// Name in pipelines and documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bulk => "bulk",
            Self::Api => "api",
            Self::Oai => "oai",
            Self::Crawl => "crawl",
        }
    }
}

/// A way in which publishers opt out.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// `ai.txt` of Spawning; of crawled sources.
    AiTxt,
    /// `Content-Usage` of AIPREF: the HTTP field, and of crawled sources the line in robots.txt.
    ContentUsage,
    /// robots.txt, for the agents of the list; of crawled sources.
    Robots,
    /// `noai` in `X-Robots-Tag` and `meta robots`.
    RobotsTag,
    /// `TDMRep`: `tdmrep.json`, HTTP fields, `meta`, metadata of EPUB and PDF.
    Tdmrep,
    /// Terms of use of the site, as somebody read them.
    TermsOfUse,
}

impl Protocol {
    /// All, in alphabetical order of their names.
    pub const ALL: [Self; 6] = [
        Self::AiTxt,
        Self::ContentUsage,
        Self::Robots,
        Self::RobotsTag,
        Self::Tdmrep,
        Self::TermsOfUse,
    ];

    /// Name in pipelines.
    pub fn name(self) -> &'static str {
        match self {
            Self::AiTxt => "ai-txt",
            Self::ContentUsage => "content-usage",
            Self::Robots => "robots",
            Self::RobotsTag => "robots-tag",
            Self::Tdmrep => "tdmrep",
            Self::TermsOfUse => "terms-of-use",
        }
    }
}

/// What it means that no robots.txt is known of a crawled page's site: nobody asked, or nobody kept it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NoRobots {
    /// That nothing is reserved by it.
    Clear,
    /// That it is not known whether something is: the page is dropped as `optout/unknown`.
    Unknown,
}

/// Opt-outs: the `[optout]` table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OptOutConfig {
    /// Protocols that count. Signals of the others are kept and decide nothing.
    pub protocols: Vec<Protocol>,
    /// Agents whose exclusion counts, instead of the list of the program (`*`: the rules for all).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agents: Option<Vec<String>>,
    /// Agents that count besides.
    pub agents_more: Vec<String>,
    /// What it means that no robots.txt is known of the site of a crawled page: `clear` or `unknown`, which drops it.
    /// Required where a source is crawled: it has no default, because both answers are in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_robots: Option<NoRobots>,
    /// File of JSON lines with what sites say (robots.txt, tdmrep.json, ai.txt), as collected by somebody: applies to
    /// crawled sources, also to pages that were crawled earlier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sites: Option<String>,
}

impl Default for OptOutConfig {
    fn default() -> Self {
        Self {
            protocols: Protocol::ALL.to_vec(),
            agents: None,
            agents_more: Vec::new(),
            no_robots: None,
            sites: None,
        }
    }
}

impl OptOutConfig {
    /// True if signals of the protocol count.
    pub fn honours(&self, protocol: Protocol) -> bool {
        self.protocols.contains(&protocol)
    }

    /// Product tokens of the agents that count, in lower case, sorted, each once.
    pub fn tokens(&self) -> Vec<String> {
        let mut tokens: Vec<String> = match &self.agents {
            Some(names) => names.iter().map(|name| token(name)).collect(),
            None => agents().iter().map(|agent| token(&agent.name)).collect(),
        };
        tokens.extend(self.agents_more.iter().map(|name| token(name)));
        tokens.sort();
        tokens.dedup();
        tokens
    }

    /// Checks the table for a source that was acquired so.
    ///
    /// # Errors
    /// [`Error::Config`] saying what to write: for a crawled source without [`OptOutConfig::no_robots`], and for an agent
    /// without a name.
    pub fn validate(&self, acquisition: Acquisition) -> Result<()> {
        if acquisition == Acquisition::Crawl && self.no_robots.is_none() {
            return Err(Error::config(
                "it is crawled, so say in the pipeline what it means that no robots.txt is known of a site: write \
                 `[optout]` with `no_robots = \"clear\"` (such pages may be released) or `no_robots = \"unknown\"` (they are \
                 dropped as `optout/unknown`)",
            ));
        }
        if self.tokens().iter().any(String::is_empty) {
            return Err(Error::config(
                "[optout] names an agent without a name; write product tokens such as `GPTBot`",
            ));
        }
        Ok(())
    }
}

/// What somebody found in the terms of use of a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TermsVerdict {
    /// Address of the terms.
    pub url: String,
    /// What they say of mining and training: `clear` (nothing against it), `reserved`, or `unknown`.
    pub verdict: Verdict,
    /// When they were read, `YYYY-MM-DD`.
    pub date: String,
    /// Who read them.
    pub who: String,
    /// Digest of the page that was read, `sha256:…`, so that a change is seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// The passage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
}

impl TermsVerdict {
    /// Checks that it says who read what, and when.
    ///
    /// # Errors
    /// [`Error::Config`] naming what is missing.
    pub fn validate(&self) -> Result<()> {
        for (key, value) in [("url", &self.url), ("who", &self.who)] {
            if value.trim().is_empty() {
                return Err(Error::config(format!("terms_of_use: `{key}` is empty")));
            }
        }
        if moisson_core::Date::parse(&self.date).is_none() {
            return Err(Error::config(format!(
                "terms_of_use: `date = \"{}\"` is no day; write YYYY-MM-DD",
                self.date
            )));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Acquisition::{Api, Bulk, Crawl, Oai};
    use super::{Acquisition, OptOutConfig, Protocol, TermsVerdict};

    #[test]
    fn a_crawled_source_needs_the_choice() {
        let check = |toml: &str, acquisition: Acquisition, expected: Option<&str>| {
            let outcome = toml::from_str::<OptOutConfig>(toml)
                .map_err(|error| error.to_string())
                .and_then(|config| {
                    let outcome = config.validate(acquisition);
                    outcome.map_err(|error| error.to_string())
                });
            match (expected, outcome) {
                (None, outcome) => assert_eq!(outcome, Ok(()), "{toml}"),
                (Some(part), outcome) => {
                    let message = outcome.unwrap_err();
                    assert!(message.contains(part), "{toml}: {message}");
                }
            }
        };
        check("", Bulk, None);
        check("", Api, None);
        check("", Oai, None);
        check("", Crawl, Some("`no_robots = \"clear\"`"));
        check("no_robots = 'clear'", Crawl, None);
        check("no_robots = 'unknown'", Crawl, None);
        check("no_robots = 'perhaps'", Crawl, Some("unknown variant"));
        check("protocols = ['tdmrep', 'robots-tag']", Bulk, None);
        check("protocols = ['p3p']", Bulk, Some("unknown variant"));
        check("agents_more = ['']", Bulk, Some("without a name"));
        check("norobots = 'clear'", Bulk, Some("unknown field"));
    }

    #[test]
    fn agents_are_replaced_or_added_to() {
        let tokens = |toml: &str| toml::from_str::<OptOutConfig>(toml).unwrap().tokens();
        assert_eq!(
            tokens("agents = ['GPTBot', 'CCBot/2.0', 'ccbot']"),
            ["ccbot", "gptbot"]
        );
        assert_eq!(tokens("agents = []\nagents_more = ['Neuf']"), ["neuf"]);
        let all = tokens("");
        let more = tokens("agents_more = ['Neuf']");
        assert_eq!(more.len(), all.len() + 1);
        assert!(all.contains(&"gptbot".to_owned()) && all.contains(&"*".to_owned()));
    }

    #[test]
    fn names_are_those_of_the_file() {
        for protocol in Protocol::ALL {
            let toml = format!("protocols = ['{}']", protocol.name());
            let config: OptOutConfig = toml::from_str(&toml).unwrap();
            assert_eq!(config.protocols, [protocol]);
        }
        assert!(Protocol::ALL.is_sorted_by_key(|protocol| protocol.name()));
    }

    #[test]
    fn readers_of_terms_sign() {
        let check = |toml: &str, fine: bool| {
            let terms = toml::from_str::<TermsVerdict>(toml);
            let outcome = terms.map_err(|e| e.to_string());
            let outcome =
                outcome.and_then(|terms| terms.validate().map_err(|error| error.to_string()));
            assert_eq!(outcome.is_ok(), fine, "{toml}: {outcome:?}");
        };
        let whole = "url = 'https://a.example/cgu'\nverdict = 'reserved'\ndate = '2026-01-02'\nwho = 'M. Noël'";
        check(whole, true);
        check(&whole.replace("M. Noël", " "), false);
        check(&whole.replace("2026-01-02", "hier"), false);
        check(&whole.replace("reserved", "maybe"), false);
    }
}
