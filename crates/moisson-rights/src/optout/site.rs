//! What a site says in files of its own, as it was found on a day.

use std::collections::BTreeMap;

use moisson_core::{Digest, Error, Result};
use serde::{Deserialize, Serialize};

use super::config::Acquisition;
use super::mark::{Kind, Mark};
use super::tdmrep::{Reservation, TdmRules};
use super::{ai_txt, robots};
use crate::robots::{ROBOTS_BYTES_MAX, Robots};

/// Bytes of a file that are kept.
const FILE_BYTES_MAX: usize = ROBOTS_BYTES_MAX;

/// The files of sites.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SiteFileKind {
    /// `/ai.txt`.
    AiTxt,
    /// `/robots.txt`.
    RobotsTxt,
    /// `/.well-known/tdmrep.json`.
    Tdmrep,
}

impl SiteFileKind {
    /// All, in alphabetical order.
    pub const ALL: [Self; 3] = [Self::AiTxt, Self::RobotsTxt, Self::Tdmrep];

    /// Path on the site.
    pub fn path(self) -> &'static str {
        match self {
            Self::AiTxt => "/ai.txt",
            Self::RobotsTxt => "/robots.txt",
            Self::Tdmrep => "/.well-known/tdmrep.json",
        }
    }

    /// The file at a path of a site.
    pub fn at(path: &str) -> Option<Self> {
        let path = path.split(['?', '#']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|kind| kind.path() == path)
    }
}

/// What became of the question for a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SiteFileState {
    /// It is there.
    Found,
    /// The site has none: status 4xx, or too many redirects.
    Absent,
    /// It could not be had: no answer, or status 5xx.
    Unreachable,
}

/// A file of a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteFile {
    /// Which.
    pub kind: SiteFileKind,
    /// What became of the question.
    pub state: SiteFileState,
    /// When these bytes were first received, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retrieved_at: Option<String>,
    /// Its text, of which 500 KiB are kept; empty unless it was found.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub body: String,
}

impl SiteFile {
    /// A file as it was found; what is not UTF-8 in it is replaced.
    pub fn found(kind: SiteFileKind, bytes: &[u8], retrieved_at: Option<String>) -> Self {
        let kept = bytes.get(..FILE_BYTES_MAX).unwrap_or(bytes);
        // A line that the limit cuts is none: `Disallow: /` would be all that is left of a longer path.
        let kept = if kept.len() < bytes.len() {
            let end = kept.iter().rposition(|byte| matches!(byte, b'\r' | b'\n'));
            kept.get(..end.unwrap_or_default()).unwrap_or_default()
        } else {
            kept
        };
        Self {
            kind,
            state: SiteFileState::Found,
            retrieved_at,
            body: String::from_utf8_lossy(kept).into_owned(),
        }
    }

    /// A file that is not there, or not to be had.
    pub fn missing(kind: SiteFileKind, state: SiteFileState, retrieved_at: Option<String>) -> Self {
        let body = String::new();
        Self {
            kind,
            state,
            retrieved_at,
            body,
        }
    }
}

/// A site with those of its files that were asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// `https://www.example.org`: scheme, host in lower case, and the port where it is not the usual one.
    pub origin: String,
    /// Its files.
    pub files: Vec<SiteFile>,
}

impl Site {
    /// A site of which nothing is known.
    pub fn new(origin: impl Into<String>) -> Self {
        let files = Vec::new();
        Self {
            origin: origin.into(),
            files,
        }
    }

    /// The file of a kind, if it was asked for.
    pub fn file(&self, kind: SiteFileKind) -> Option<&SiteFile> {
        self.files.iter().find(|file| file.kind == kind)
    }

    /// Takes a file in the place of the one of its kind.
    pub fn set(&mut self, file: SiteFile) {
        self.files.retain(|known| known.kind != file.kind);
        self.files.push(file);
        self.files.sort_by_key(|file| file.kind);
    }

    /// Reads the files, so that many paths may be asked about.
    pub fn read(&self) -> ReadSite {
        ReadSite {
            origin: self.origin.clone(),
            files: self.files.iter().map(read_file).collect(),
        }
    }
}

/// A site whose files are read.
#[derive(Debug, Clone)]
pub struct ReadSite {
    origin: String,
    files: Vec<ReadFile>,
}

#[derive(Debug, Clone)]
struct ReadFile {
    kind: SiteFileKind,
    state: SiteFileState,
    retrieved_at: Option<String>,
    rules: Rules,
}

#[derive(Debug, Clone)]
enum Rules {
    Robots(Robots),
    Tdmrep(TdmRules),
}

fn read_file(file: &SiteFile) -> ReadFile {
    let rules = match file.kind {
        SiteFileKind::Tdmrep => Rules::Tdmrep(TdmRules::parse(&file.body)),
        SiteFileKind::AiTxt | SiteFileKind::RobotsTxt => {
            Rules::Robots(Robots::parse(file.body.as_bytes()))
        }
    };
    ReadFile {
        kind: file.kind,
        state: file.state,
        retrieved_at: file.retrieved_at.clone(),
        rules,
    }
}

impl ReadSite {
    /// What the files say of a path: from its first slash on, with the query.
    pub fn marks(&self, path: &str) -> Vec<Mark> {
        let mut marks = Vec::new();
        for file in &self.files {
            for mark in file.marks(path) {
                marks.push(Mark {
                    source_url: Some(format!("{}{}", self.origin, file.kind.path())),
                    retrieved_at: file.retrieved_at.clone(),
                    ..mark
                });
            }
        }
        marks
    }
}

impl ReadFile {
    fn marks(&self, path: &str) -> Vec<Mark> {
        let state = match self.state {
            SiteFileState::Found => None,
            SiteFileState::Absent => Some(robots::ABSENT),
            SiteFileState::Unreachable => Some(robots::UNREACHABLE),
        };
        match (&self.rules, self.kind, state) {
            (Rules::Tdmrep(rules), _, None) => {
                let rule = rules.find(path);
                let stated = rule.map(|rule| {
                    let value = match rule.reservation {
                        Some(Reservation::Yes) => Some("1".to_owned()),
                        Some(Reservation::No) => Some("0".to_owned()),
                        None => None,
                    };
                    let mark = Mark::new(Kind::TdmrepFile, &rule.raw).about(&rule.location);
                    Mark { value, ..mark }
                });
                let policy = rule.and_then(|rule| rule.policy.as_deref());
                let policy = policy.map(|policy| Mark::new(Kind::TdmPolicy, policy));
                stated.into_iter().chain(policy).collect()
            }
            (Rules::Robots(file), SiteFileKind::AiTxt, None) => ai_txt::marks(file, path),
            (Rules::Robots(file), _, None) => robots::marks(file, path),
            // That there is no robots.txt, or none to be had, means something; of the others it does not.
            (Rules::Robots(_), SiteFileKind::RobotsTxt, Some(state)) => {
                let mark = Mark::new(Kind::RobotsTxt, "").about("*");
                vec![Mark {
                    value: Some(state.to_owned()),
                    ..mark
                }]
            }
            _ => Vec::new(),
        }
    }
}

/// What is known of sites, by origin.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sites(BTreeMap<String, Site>);

impl Sites {
    /// Reads JSON lines, one site each. A later line adds to an earlier one of the same origin: its files replace those of
    /// the same kind.
    ///
    /// # Errors
    /// [`Error::Config`] naming the line that is no site.
    pub fn parse(lines: &[u8]) -> Result<Self> {
        let mut sites = Self::default();
        for (number, line) in (1_usize..).zip(lines.split(|byte| *byte == b'\n')) {
            if line.trim_ascii().is_empty() {
                continue;
            }
            let site: Site = serde_json::from_slice(line).map_err(|error| {
                Error::config(format!(
                    "line {number} is no site ({error}); write lines such as {{\"origin\": \"https://www.example.org\", \
                     \"files\": [{{\"kind\": \"robots-txt\", \"state\": \"found\", \"retrieved_at\": \
                     \"2026-01-31T00:00:00Z\", \"body\": \"User-agent: *\\nDisallow: /\"}}]}}"
                ))
            })?;
            sites.add(site);
        }
        Ok(sites)
    }

    /// Adds a site, as [`Sites::parse`] does.
    pub fn add(&mut self, site: Site) {
        let origin = site.origin.trim_end_matches('/').to_ascii_lowercase();
        let known = self.0.entry(origin.clone());
        let known = known.or_insert_with(|| Site::new(origin));
        for file in site.files {
            known.set(file);
        }
    }

    /// Adds all of another.
    pub fn merge(&mut self, other: Self) {
        other.0.into_values().for_each(|site| self.add(site));
    }

    /// JSON lines in the order of the origins: the same for the same sites.
    ///
    /// # Errors
    /// [`Error::Internal`] if a site has no JSON form.
    pub fn to_lines(&self) -> Result<Vec<u8>> {
        let mut lines = Vec::new();
        for site in self.0.values() {
            serde_json::to_writer(&mut lines, site)
                .map_err(|error| Error::internal(error.to_string()))?;
            lines.push(b'\n');
        }
        Ok(lines)
    }

    /// The site of an origin.
    pub fn get(&self, origin: &str) -> Option<&Site> {
        self.0.get(origin)
    }

    /// Number of sites.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True if nothing is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Only what counts for documents that were acquired so: of robots.txt and ai.txt nothing unless they were crawled.
    #[must_use]
    pub fn counting(&self, acquisition: Acquisition) -> Self {
        if acquisition == Acquisition::Crawl {
            return self.clone();
        }
        let sites = self.0.iter().filter_map(|(origin, site)| {
            let file = site.file(SiteFileKind::Tdmrep)?;
            let files = vec![file.clone()];
            let site = Site {
                origin: origin.clone(),
                files,
            };
            Some((origin.clone(), site))
        });
        Self(sites.collect())
    }

    /// Digest of all of it.
    ///
    /// # Errors
    /// As [`Sites::to_lines`].
    pub fn digest(&self) -> Result<Digest> {
        Ok(Digest::of(&self.to_lines()?))
    }
}

/// Splits an address into origin and path with query; `None` if it is no address of the web.
pub fn split_address(address: &str) -> Option<(String, String)> {
    let (scheme, rest) = address.trim().split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let usual = match scheme.as_str() {
        "http" => ":80",
        "https" => ":443",
        _ => return None,
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end)?;
    let host = authority.rsplit('@').next().unwrap_or(authority);
    let host = host.to_ascii_lowercase();
    let host = host.strip_suffix(usual).unwrap_or(&host);
    if host.is_empty() {
        return None;
    }
    let path = path.split('#').next().unwrap_or_default();
    let path = if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("/{path}")
    };
    Some((format!("{scheme}://{host}"), path))
}

#[cfg(test)]
mod tests {
    use super::{Acquisition, Site, SiteFile, SiteFileKind, SiteFileState, Sites, split_address};

    #[test]
    fn addresses_are_split() {
        for (address, expected) in [
            (
                "https://A.example/b?c#d",
                Some(("https://a.example", "/b?c")),
            ),
            ("HTTP://a.example:80", Some(("http://a.example", "/"))),
            (
                "https://a.example:8443?q",
                Some(("https://a.example:8443", "/?q")),
            ),
            (
                "https://user@a.example:443/",
                Some(("https://a.example", "/")),
            ),
            ("ftp://a.example/", None),
            ("https:///x", None),
            ("a/b.html", None),
        ] {
            let expected = expected.map(|(origin, path)| (origin.to_owned(), path.to_owned()));
            assert_eq!(split_address(address), expected, "{address}");
        }
    }

    #[test]
    fn lines_come_back_and_add_up() {
        let when = Some("2026-01-02T03:04:05Z".to_owned());
        let robots = SiteFile::found(
            SiteFileKind::RobotsTxt,
            b"User-agent: *\nDisallow: /\n",
            when.clone(),
        );
        let mut site = Site::new("https://A.example/");
        site.set(robots.clone());
        let mut sites = Sites::default();
        sites.add(site);
        let mut more = Site::new("https://a.example");
        more.set(SiteFile::missing(
            SiteFileKind::AiTxt,
            SiteFileState::Absent,
            when,
        ));
        sites.add(more);
        assert_eq!(sites.len(), 1);
        let again = Sites::parse(&sites.to_lines().unwrap()).unwrap();
        assert_eq!(again, sites);
        let site = again.get("https://a.example").unwrap();
        assert_eq!(site.file(SiteFileKind::RobotsTxt), Some(&robots));
        assert_eq!(sites.counting(Acquisition::Crawl), sites);
        assert!(sites.counting(Acquisition::Bulk).is_empty());
        let error = Sites::parse(b"\n{}").unwrap_err().to_string();
        assert!(error.contains("line 2"), "{error}");
    }

    #[test]
    fn what_the_limit_cuts_is_no_rule() {
        let mut body = b"User-agent: *\nDisallow: /a\n".to_vec();
        body.resize(super::FILE_BYTES_MAX - 11, b'#');
        body.extend(b"\nDisallow: /b/c\n");
        let file = SiteFile::found(SiteFileKind::RobotsTxt, &body, None);
        assert!(file.body.len() <= super::FILE_BYTES_MAX);
        assert!(!file.body.contains("Disallow: /b"));
    }
}
