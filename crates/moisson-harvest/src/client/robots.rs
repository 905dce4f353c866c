//! robots.txt, asked once per run and site.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use moisson_core::Result;
use moisson_rights::optout::{SiteFile, SiteFileKind, SiteFileState};
use moisson_rights::robots::{ROBOTS_BYTES_MAX, Robots};
use url::Url;

use super::{Client, Request, Settled, Step};
use crate::Watch;

/// Longest `Crawl-delay` that is honoured by waiting; a site that asks for more is told of, not hung on.
const CRAWL_DELAY_SECONDS_MAX: f64 = 120.0;

/// Redirects followed for a robots.txt: RFC 9309, section 2.3.1.2.
const ROBOTS_REDIRECTS_MAX: u32 = 5;

/// What is known of the sites of a run.
#[derive(Debug, Default)]
pub(super) struct Sites(Mutex<BTreeMap<String, Arc<Entry>>>);

/// A site by its origin; empty until it was asked.
type Entry = Mutex<Option<Arc<Site>>>;

/// What a site asks.
#[derive(Debug)]
enum Site {
    /// It has no robots.txt: status 4xx, so all is allowed.
    Silent,
    /// It has one; read, and as it stands.
    Rules(Box<Robots>, Vec<u8>),
    /// It could not be asked, so nothing is allowed.
    Unreachable(String),
}

impl Client {
    /// Says why robots.txt keeps this client from an address, or `None` if it does not.
    pub(super) fn forbidden(&self, url: &Url, watch: &dyn Watch) -> Result<Option<String>> {
        let site = self.site(url, watch)?;
        let host = url.host_str().unwrap_or_default();
        Ok(match site.as_ref() {
            Site::Silent => None,
            Site::Unreachable(why) => Some(format!(
                "robots.txt of {host} cannot be had ({why}), so nothing may be fetched there (RFC 9309)"
            )),
            Site::Rules(robots, _) => {
                let path = match url.query() {
                    Some(query) => format!("{}?{query}", url.path()),
                    None => url.path().to_owned(),
                };
                let verdict = robots.verdict(self.product_token(), &path);
                let rule = verdict
                    .rule
                    .map(|rule| rule.to_string())
                    .unwrap_or_default();
                (!verdict.allowed).then(|| format!("robots.txt of {host} forbids it: {rule}"))
            }
        })
    }

    /// Asks a site for a file of its own. robots.txt is the one that this client keeps to; the others are asked for once or
    /// twice: where they cannot be had, nothing is known.
    pub(crate) fn site_file(
        &self,
        origin: &Url,
        kind: SiteFileKind,
        watch: &dyn Watch,
    ) -> Result<SiteFile> {
        let now = Some(self.timestamp());
        let missing = |state, now| SiteFile::missing(kind, state, now);
        if kind == SiteFileKind::RobotsTxt {
            return Ok(match self.site(origin, watch)?.as_ref() {
                Site::Silent => missing(SiteFileState::Absent, now),
                Site::Rules(_, body) => SiteFile::found(kind, body, now),
                Site::Unreachable(_) => missing(SiteFileState::Unreachable, now),
            });
        }
        let url = origin
            .join(kind.path())
            .map_or_else(|_| origin.to_string(), String::from);
        let request = Request {
            url,
            ..Request::default()
        };
        let settled =
            self.settle_within(2, watch, |_| match self.open(&request, &[], watch)? {
                Step::Done(exchange) => exchange.beginning(ROBOTS_BYTES_MAX + 1, watch),
                Step::Again { why, after, .. } => Ok(Step::again(why, after)),
                Step::Never { why } => Ok(Step::Never { why }),
            })?;
        Ok(match settled {
            // Many sites answer with a page and status 200 to whatever they do not have.
            Settled::Done((200..=299, body)) if !is_page(&body) => {
                SiteFile::found(kind, &body, now)
            }
            Settled::Failed { unreachable, .. } if unreachable => {
                missing(SiteFileState::Unreachable, now)
            }
            _ => missing(SiteFileState::Absent, now),
        })
    }

    /// What robots.txt files call this client: its user agent up to the version.
    fn product_token(&self) -> &str {
        let agent = self.config.user_agent.split(['/', ' ']).next();
        agent.unwrap_or_default()
    }

    /// Each site is asked by one thread; the others wait for what it learns.
    fn site(&self, url: &Url, watch: &dyn Watch) -> Result<Arc<Site>> {
        let entry = {
            let mut sites = self.sites.0.lock().unwrap_or_else(PoisonError::into_inner);
            let origin = url.origin().ascii_serialization();
            Arc::clone(sites.entry(origin).or_default())
        };
        let mut known = entry.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(site) = known.as_ref() {
            return Ok(Arc::clone(site));
        }
        let site = Arc::new(self.ask_site(url, watch)?);
        *known = Some(Arc::clone(&site));
        Ok(site)
    }

    fn ask_site(&self, url: &Url, watch: &dyn Watch) -> Result<Site> {
        let address = url
            .join("/robots.txt")
            .map_or_else(|_| url.to_string(), String::from);
        let request = Request {
            url: address,
            ..Request::default()
        };
        let settled = self.settle(watch, |_| {
            match self.open_within(&request, &[], ROBOTS_REDIRECTS_MAX, watch)? {
                Step::Done(exchange) => exchange.beginning(ROBOTS_BYTES_MAX + 1, watch),
                Step::Again { why, after, .. } => Ok(Step::again(why, after)),
                Step::Never { why } => Ok(Step::Never { why }),
            }
        })?;
        Ok(match settled {
            Settled::Done((200..=299, body)) => {
                let robots = Robots::parse(&body);
                self.slow_down(url, &robots, watch);
                Site::Rules(Box::new(robots), body)
            }
            Settled::Done(_) => Site::Silent,
            // RFC 9309, section 2.3.1.2: too many redirects are as good as no file.
            Settled::Failed { unreachable, .. } if !unreachable => Site::Silent,
            Settled::Failed { why, .. } => Site::Unreachable(why),
        })
    }

    fn slow_down(&self, url: &Url, robots: &Robots, watch: &dyn Watch) {
        let Some(seconds) = robots.crawl_delay(self.product_token()) else {
            return;
        };
        if seconds > CRAWL_DELAY_SECONDS_MAX {
            let host = url.host_str().unwrap_or_default();
            let message = format!(
                "robots.txt of {host} asks for {seconds} seconds between requests; waiting {CRAWL_DELAY_SECONDS_MAX}"
            );
            watch.warn(&message);
        }
        let factor = seconds.min(CRAWL_DELAY_SECONDS_MAX);
        let interval: Duration = self.config.second.mul_f64(factor);
        self.hosts.slow_down(url, interval);
    }
}

fn is_page(body: &[u8]) -> bool {
    body.trim_ascii_start().first() == Some(&b'<')
}
