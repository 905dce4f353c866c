//! robots.txt: what a site asks of programs that visit it. RFC 9309, with the lenience of Google's open-source parser
//! (<https://github.com/google/robotstxt>) where sites depend on it.
//!
//! Every verdict names the rule that decided, because a verdict without evidence can be neither shown nor checked.

pub(crate) mod pattern;

use pattern::Pattern;

/// Bytes of a file that are read: RFC 9309, section 2.5, asks for 500 kibibytes at least. A line cut there is left out.
pub const ROBOTS_BYTES_MAX: usize = 500 * 1024;

/// The rules of one site.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Robots {
    groups: Vec<Group>,
    delays: Vec<Delay>,
    sitemaps: Vec<String>,
}

/// A `Crawl-delay`, for the agents that its group named up to there. No rule of the RFC, it ends no list of agents: the
/// next `User-agent` belongs to the same group, but not to the delay.
#[derive(Debug, Clone, PartialEq)]
struct Delay {
    group: usize,
    agents: usize,
    seconds: f64,
}

/// Rules for some agents.
#[derive(Debug, Clone, Default, PartialEq)]
struct Group {
    /// Product tokens in lower case; `*` is all.
    agents: Vec<String>,
    rules: Vec<Rule>,
    usages: Vec<Usage>,
}

/// A line `Content-Usage`: draft-ietf-aipref-attach-04. Like `Crawl-delay` it ends no list of agents.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Usage {
    /// `None`: all paths.
    pattern: Option<Pattern>,
    preferences: String,
}

#[derive(Debug, Clone, PartialEq)]
struct Rule {
    allows: bool,
    pattern: Pattern,
    evidence: RobotsRule,
}

/// A line of a robots.txt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RobotsRule {
    /// Its number, from 1.
    pub line: usize,
    /// Its text, without comment and space around it.
    pub text: String,
}

impl std::fmt::Display for RobotsRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}`, line {}", self.text, self.line)
    }
}

/// Whether an agent may visit a path, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RobotsVerdict {
    /// True if it may.
    pub allowed: bool,
    /// The rule that decided; `None` where no rule is about the path, so that it is allowed.
    pub rule: Option<RobotsRule>,
}

impl Robots {
    /// Reads a file. Any bytes are a file; lines that are no rules are skipped.
    pub fn parse(bytes: &[u8]) -> Self {
        let mut robots = Self::default();
        // Agents of a group stand together; the first rule after them closes their list.
        let mut naming = false;
        for (number, line) in lines(bytes) {
            let Some((key, value)) = record(line) else {
                continue;
            };
            match key {
                Key::UserAgent => {
                    if !naming {
                        robots.groups.push(Group::default());
                    }
                    naming = true;
                    if let Some(group) = robots.groups.last_mut() {
                        group.agents.extend(product_token(value));
                    }
                }
                Key::Rule(allows) => {
                    naming = false;
                    // An empty `Disallow` forbids nothing, an empty `Allow` says nothing.
                    if let Some(group) = robots.groups.last_mut().filter(|_| !value.is_empty()) {
                        group.rules.push(Rule {
                            allows,
                            pattern: Pattern::parse(value),
                            evidence: RobotsRule {
                                line: number,
                                text: String::from_utf8_lossy(line).trim().to_owned(),
                            },
                        });
                    }
                }
                Key::ContentUsage => {
                    if let Some(group) = robots.groups.last_mut().filter(|_| !value.is_empty()) {
                        group.usages.push(Usage::parse(value));
                    }
                }
                Key::CrawlDelay => {
                    let seconds = String::from_utf8_lossy(value).replace(',', ".");
                    robots.add_delay(seconds.parse().ok());
                }
                Key::Sitemap => {
                    let address = String::from_utf8_lossy(value).into_owned();
                    robots.sitemaps.push(address);
                }
            }
        }
        robots
    }

    /// Says whether `agent`, a product token such as `moisson`, may visit `path`: the address from its first slash on,
    /// with the query.
    ///
    /// The rules of all groups that name the agent count together, those for `*` only where none does; the longest match
    /// decides, and `Allow` between equals. `/robots.txt` itself is always allowed.
    pub fn verdict(&self, agent: &str, path: &str) -> RobotsVerdict {
        let path = pattern::normalised_path(path);
        if path == b"/robots.txt" {
            let rule = None;
            return RobotsVerdict {
                allowed: true,
                rule,
            };
        }
        let mut best: Option<&Rule> = None;
        for rule in self.groups(agent).iter().flat_map(|group| &group.rules) {
            let weight = |rule: &Rule| (rule.pattern.octets(), rule.allows);
            let better = best.is_none_or(|best| weight(rule) > weight(best));
            if better && rule.pattern.matches(&path) {
                best = Some(rule);
            }
        }
        RobotsVerdict {
            allowed: best.is_none_or(|rule| rule.allows),
            rule: best.map(|rule| rule.evidence.clone()),
        }
    }

    /// Seconds between two visits that the site asks of `agent`; an extension many sites use.
    pub fn crawl_delay(&self, agent: &str) -> Option<f64> {
        let agent = if self.names(agent) { agent } else { "*" };
        let delays = self.delays.iter().filter(|delay| {
            let group = self.groups.get(delay.group);
            let agents = group.and_then(|group| group.agents.get(..delay.agents));
            agents
                .is_some_and(|agents| agents.iter().any(|known| known.eq_ignore_ascii_case(agent)))
        });
        delays.map(|delay| delay.seconds).reduce(f64::max)
    }

    /// True if a group names `agent` itself, not just `*`.
    pub fn names(&self, agent: &str) -> bool {
        self.groups.iter().any(|group| group.is_for(agent))
    }

    /// The agents that groups name, in lower case, sorted; without `*`.
    pub fn agents(&self) -> Vec<&str> {
        let named = self.groups.iter().flat_map(|group| &group.agents);
        let mut agents: Vec<&str> = named
            .map(String::as_str)
            .filter(|agent| *agent != "*")
            .collect();
        agents.sort_unstable();
        agents.dedup();
        agents
    }

    /// The preferences that the site states with `Content-Usage` for what `agent` finds at `path`, verbatim: those of the
    /// longest match, and between equals the first. Groups are chosen as in [`Robots::verdict`].
    pub fn usage(&self, agent: &str, path: &str) -> Option<String> {
        let path = pattern::normalised_path(path);
        let mut best: Option<(usize, &Usage)> = None;
        for usage in self.groups(agent).iter().flat_map(|group| &group.usages) {
            let octets = match &usage.pattern {
                None => 0,
                Some(pattern) if pattern.matches(&path) => pattern.octets(),
                Some(_) => continue,
            };
            if best.is_none_or(|(longest, _)| octets > longest) {
                best = Some((octets, usage));
            }
        }
        best.map(|(_, usage)| usage.preferences.clone())
    }

    /// Addresses of sitemaps, in order.
    pub fn sitemaps(&self) -> &[String] {
        &self.sitemaps
    }

    fn add_delay(&mut self, seconds: Option<f64>) {
        let seconds = seconds.filter(|seconds| seconds.is_finite() && *seconds >= 0.0);
        let group = self.groups.iter().enumerate().next_back();
        if let Some((seconds, (group, named))) = seconds.zip(group) {
            let agents = named.agents.len();
            let last = self.delays.last().map(|last| (last.group, last.agents));
            if last != Some((group, agents)) {
                self.delays.push(Delay {
                    group,
                    agents,
                    seconds,
                });
            }
        }
    }

    fn groups(&self, agent: &str) -> Vec<&Group> {
        let about = |agent: &str| -> Vec<&Group> {
            let groups = self.groups.iter();
            groups.filter(|group| group.is_for(agent)).collect()
        };
        let own = about(agent);
        if own.is_empty() { about("*") } else { own }
    }
}

impl Group {
    fn is_for(&self, agent: &str) -> bool {
        self.agents
            .iter()
            .any(|known| known.eq_ignore_ascii_case(agent))
    }
}

impl Usage {
    /// `[path] preferences`: a path begins with a slash, or with a star that no name of a preference follows.
    fn parse(value: &[u8]) -> Self {
        let space = value.iter().position(u8::is_ascii_whitespace);
        let first = value.get(..space.unwrap_or(value.len()));
        let is_path = first.is_some_and(|first| {
            first.starts_with(b"/") || (first.starts_with(b"*") && !first.contains(&b'='))
        });
        let (path, rest) = value.split_at(space.filter(|_| is_path).unwrap_or(0));
        Self {
            pattern: is_path.then(|| Pattern::parse(path)),
            preferences: String::from_utf8_lossy(rest.trim_ascii()).into_owned(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    UserAgent,
    Rule(bool),
    ContentUsage,
    CrawlDelay,
    Sitemap,
}

/// Lines with their numbers, without comments; they end with CR, LF or both.
fn lines(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let cut = bytes.len() > ROBOTS_BYTES_MAX;
    let bytes = bytes.get(..ROBOTS_BYTES_MAX).unwrap_or(bytes);
    let whole = if cut {
        let last = bytes.iter().rposition(|byte| matches!(byte, b'\r' | b'\n'));
        bytes.get(..last.unwrap_or_default()).unwrap_or_default()
    } else {
        bytes
    };
    // CR LF makes one line: what lies between the two is not counted.
    let mut number = 0;
    let mut after_return = false;
    whole
        .split_inclusive(|byte| matches!(byte, b'\r' | b'\n'))
        .filter_map(move |line| {
            let second_half = after_return && line == b"\n";
            after_return = line.last() == Some(&b'\r');
            if second_half {
                return None;
            }
            number += 1;
            let text = line.split(|byte| *byte == b'#').next().unwrap_or_default();
            Some((number, text.trim_ascii()))
        })
}

/// Splits a line into what it is about and its value.
fn record(line: &[u8]) -> Option<(Key, &[u8])> {
    let colon = line.iter().position(|byte| *byte == b':');
    // Google's parser takes a forgotten colon for one where the line has just two words.
    let at = colon.or_else(|| {
        let space = line.iter().position(u8::is_ascii_whitespace)?;
        let value = line.get(space..)?.trim_ascii();
        (!value.is_empty() && !value.iter().any(u8::is_ascii_whitespace)).then_some(space)
    })?;
    let (key, value) = line.split_at_checked(at)?;
    let value = value.get(1..)?.trim_ascii();
    let key = String::from_utf8_lossy(key.trim_ascii()).to_ascii_lowercase();
    let key = match key.as_str() {
        "user-agent" | "useragent" | "user agent" => Key::UserAgent,
        "allow" => Key::Rule(true),
        // Misspelt by enough sites that Google reads them as meant.
        "disallow" | "dissallow" | "dissalow" | "disalow" | "diasllow" | "disallaw" => {
            Key::Rule(false)
        }
        "content-usage" => Key::ContentUsage,
        "crawl-delay" | "crawldelay" => Key::CrawlDelay,
        "sitemap" | "site-map" => Key::Sitemap,
        _ => return None,
    };
    Some((key, value))
}

/// The product token at the start of a value, in lower case: `CCBot/2.0` is about `ccbot`. Digits are part of tokens in
/// the wild (`AI2Bot`), though not in the RFC.
fn product_token(value: &[u8]) -> Option<String> {
    if matches!(value, [b'*'] | [b'*', b' ' | b'\t', ..]) {
        return Some("*".to_owned());
    }
    let part_of_token = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let token: Vec<u8> = value.iter().take_while(part_of_token).copied().collect();
    let token = String::from_utf8(token).ok()?.to_ascii_lowercase();
    (!token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests;
