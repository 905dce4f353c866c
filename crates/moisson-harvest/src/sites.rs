//! What the sites of a mirror say in files of their own: robots.txt, tdmrep.json, ai.txt, once per site and run, with the
//! day they were found.

use std::collections::BTreeMap;

use moisson_core::{Digest, Error, Result};
use moisson_rights::optout::{Acquisition, Site, SiteFile, SiteFileKind, SiteFileState};
use url::Url;

use crate::naming::segment;
use crate::{Client, Mirror, Receipt, Watch};

/// Folder of the mirror.
pub const FOLDER: &str = "sites";

/// Sites by origin, and whether something there was crawled: then all of their files are asked for, else only
/// tdmrep.json, because the others speak to crawlers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins(BTreeMap<String, bool>);

impl Origins {
    /// Adds the sites that an object came from: the one that was asked, and the one that answered.
    pub fn add(&mut self, receipt: &Receipt) {
        let crawled = receipt.acquisition == Acquisition::Crawl;
        let addresses = std::iter::once(&receipt.url).chain(&receipt.final_url);
        for url in addresses.filter_map(|address| Url::parse(address).ok()) {
            let origin = url.origin();
            if origin.is_tuple() && matches!(url.scheme(), "http" | "https") {
                *self.0.entry(origin.ascii_serialization()).or_default() |= crawled;
            }
        }
    }
}

/// Asks the sites and keeps what they say. What did not change keeps its date; what cannot be had now does not take the
/// place of what was.
///
/// # Errors
/// [`Error::Store`] if the mirror cannot be read or written; [`Error::Interrupted`] on request.
pub fn record(
    origins: &Origins,
    client: &Client,
    mirror: &dyn Mirror,
    watch: &dyn Watch,
) -> Result<()> {
    for (origin, crawled) in &origins.0 {
        let Ok(url) = Url::parse(origin) else {
            continue;
        };
        let name = name(origin);
        let bytes = mirror.get(&name)?;
        // One that is damaged is worth nothing and costs a few requests.
        let known = bytes.and_then(|bytes| serde_json::from_slice::<Site>(&bytes).ok());
        let known = known.unwrap_or_else(|| Site::new(origin));
        let mut site = known.clone();
        for kind in SiteFileKind::ALL {
            if *crawled || kind == SiteFileKind::Tdmrep {
                let found = client.site_file(&url, kind, watch)?;
                if is_news(known.file(kind), &found) {
                    site.set(found);
                }
            }
        }
        if site != known {
            let json =
                serde_json::to_vec_pretty(&site).map_err(|e| Error::internal(e.to_string()))?;
            mirror.put(&name, &json)?;
        }
    }
    Ok(())
}

fn is_news(known: Option<&SiteFile>, found: &SiteFile) -> bool {
    known.is_none_or(|known| {
        let same = known.state == found.state && known.body == found.body;
        !same && found.state != SiteFileState::Unreachable
    })
}

fn name(origin: &str) -> String {
    let hash = Digest::of(origin.as_bytes()).short(8);
    format!("{FOLDER}/{}-{hash}.json", segment(origin))
}

#[cfg(test)]
mod tests {
    use moisson_rights::optout::SiteFileState::{Absent, Found};
    use moisson_rights::optout::{Site, SiteFileKind, SiteFileState};

    use super::{Origins, name, record};
    use crate::testing::{Answer, Fixture, Misdeed, Page};
    use crate::transfer::{Wanted, download};
    use crate::{Acquisition, Mirror};

    /// Fetches a page and asks its site; returns what is kept of the site.
    fn ask(fixture: &Fixture, acquisition: Acquisition) -> Site {
        let wanted = Wanted::new("s/a.html", fixture.server.url("/a.html"), acquisition);
        download(&fixture.about(&[]), &wanted).unwrap();
        let mut origins = Origins::default();
        origins.add(&fixture.receipt("s/a.html"));
        record(&origins, &fixture.client, &fixture.mirror, &fixture.watch).unwrap();
        let url = fixture.server.url("");
        let kept = fixture
            .mirror
            .get(&name(url.trim_end_matches('/')))
            .unwrap();
        serde_json::from_slice(&kept.unwrap()).unwrap()
    }

    #[test]
    fn a_site_is_asked_once_and_its_answers_are_dated() {
        let fixture = Fixture::new();
        let server = &fixture.server;
        let page = Page::new("<p>un texte")
            .with("TDM-Reservation", "1")
            .with("X-Robots-Tag", "noai");
        server.page("/a.html", page.etag("\"1\""));
        server.page(
            "/robots.txt",
            Page::new("User-agent: GPTBot\nDisallow: /\n"),
        );
        server.page("/ai.txt", Page::new("<!DOCTYPE html><p>Page introuvable"));
        let rules = r#"[{"location": "/", "tdm-reservation": 1}]"#;
        server.page("/.well-known/tdmrep.json", Page::new(rules));
        let site = ask(&fixture, Acquisition::Crawl);
        let state = |site: &Site, kind| {
            let file = site.file(kind).unwrap();
            (file.state, file.retrieved_at.clone().unwrap())
        };
        let first = "2026-01-02T03:04:05Z".to_owned();
        let of = |state| (state, first.clone());

        assert_eq!(state(&site, SiteFileKind::RobotsTxt), of(Found));
        assert_eq!(state(&site, SiteFileKind::Tdmrep), of(Found));
        assert_eq!(state(&site, SiteFileKind::AiTxt), of(Absent));
        let paths = server.take_paths();
        let count = |path: &str| paths.iter().filter(|asked| *asked == path).count();
        for kind in SiteFileKind::ALL {
            assert_eq!(count(kind.path()), 1, "{paths:?}");
        }
        let kept = fixture.receipt("s/a.html").optout;
        let kept: Vec<(&str, &str)> = kept.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(kept, [("tdm-reservation", "1"), ("x-robots-tag", "noai")]);

        // Later: one has changed, one cannot be had, one is as it was.
        fixture.later(60);
        server.page("/ai.txt", Page::new("User-Agent: *\nDisallow: /\n"));
        for _ in 0..2 {
            let down = Misdeed::Answer(Answer::new(503, ""));
            server.once("/.well-known/tdmrep.json", down);
        }
        let site = ask(&fixture, Acquisition::Crawl);
        assert_eq!(state(&site, SiteFileKind::RobotsTxt), of(Found));
        assert_eq!(state(&site, SiteFileKind::Tdmrep), of(Found));
        let later = (Found, "2026-01-02T03:05:05Z".to_owned());
        assert_eq!(state(&site, SiteFileKind::AiTxt), later);
        // The page was confirmed with a status 304, which keeps what its first answer said.
        assert_eq!(fixture.receipt("s/a.html").optout.len(), 2);
    }

    #[test]
    fn of_what_is_no_crawl_only_the_reservation_of_rights_is_asked_for() {
        let fixture = Fixture::new();
        fixture.server.page("/a.html", Page::new("<p>un texte"));
        let site = ask(&fixture, Acquisition::Bulk);
        assert_eq!(site.files.len(), 1);
        let file = site.file(SiteFileKind::Tdmrep).unwrap();
        assert_eq!(file.state, Absent);
        assert_eq!(
            fixture.server.take_paths(),
            ["/a.html", "/.well-known/tdmrep.json"]
        );
    }

    #[test]
    fn a_site_that_cannot_be_asked_is_kept_as_such() {
        let fixture = Fixture::new();
        fixture.server.page("/a.html", Page::new("<p>un texte"));
        fixture
            .server
            .route("/robots.txt", |_| Answer::new(500, ""));
        // Nothing is fetched where robots.txt cannot be had; another source has been there before.
        let mut origins = Origins::default();
        let bulk = Wanted::new("s/a.html", fixture.server.url("/a.html"), Acquisition::Bulk);
        download(&fixture.about(&[]), &bulk).unwrap();
        let mut receipt = fixture.receipt("s/a.html");
        receipt.acquisition = Acquisition::Crawl;
        origins.add(&receipt);
        record(&origins, &fixture.client, &fixture.mirror, &fixture.watch).unwrap();
        let url = fixture.server.url("");
        let kept = fixture
            .mirror
            .get(&name(url.trim_end_matches('/')))
            .unwrap();
        let site: Site = serde_json::from_slice(&kept.unwrap()).unwrap();
        let robots = site.file(SiteFileKind::RobotsTxt).unwrap();
        assert_eq!(robots.state, SiteFileState::Unreachable);
    }
}
