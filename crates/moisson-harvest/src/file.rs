//! Files with an address of their own.
//!
//! Also the way to the archives of the Assemblée nationale
//! (`https://data.assemblee-nationale.fr/static/openData/repository/17/vp/syceronbrut/syseron.xml.zip`) and of the Sénat
//! (`https://data.senat.fr/data/debats/cri.zip`): each is one file under a fixed address that is replaced in place, and a
//! conditional request finds out whether it was.

use std::collections::BTreeMap;

use moisson_core::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::naming::{self, Names};
use crate::progress::Progress;
use crate::transfer::{Wanted, download};
use crate::{Acquisition, Harvest, Harvester, Summary, client};

/// Each address is one file, kept under the last segment of its path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FileConfig {
    /// How the files are acquired. `bulk` states that their publisher offers them for download; `crawl` asks robots.txt
    /// first.
    pub acquisition: Acquisition,
    /// Further headers of the requests, such as `Accept` where one address gives several formats. A value `env:NAME` is
    /// looked up in the environment and never stored.
    pub headers: BTreeMap<String, String>,
    /// Extension of the names of files whose address has none, `zip`: readers choose by it.
    pub extension: Option<String>,
    /// Checksum the publisher states, `sha256:…`, `sha1:…`, `md5:…` or `crc32:…`; for a source with one address.
    pub checksum: Option<String>,
}

impl Default for FileConfig {
    fn default() -> Self {
        Self {
            acquisition: Acquisition::Bulk,
            headers: BTreeMap::new(),
            extension: None,
            checksum: None,
        }
    }
}

impl Harvester for FileConfig {
    fn harvest(&self, harvest: &Harvest<'_>) -> Result<Summary> {
        if self.checksum.is_some() && harvest.at.len() != 1 {
            let message = "`fetch.checksum` is that of one file, `at` names several: make them sources of their own";
            return Err(Error::config(message));
        }
        let mut names = Names::new(harvest.source);
        let mut progress = Progress::new(harvest);
        let mut wanted = Vec::with_capacity(harvest.at.len());
        for url in harvest.at {
            let mut name = names.of_url(&client::parse(url)?);
            let has_extension = name
                .rsplit('/')
                .next()
                .is_some_and(|last| last.contains('.'));
            if let Some(extension) = self.extension.as_deref().filter(|_| !has_extension) {
                name.push('.');
                name.push_str(&naming::segment(extension));
            }
            wanted.push(Wanted {
                headers: self.headers.clone().into_iter().collect(),
                checksum: self.checksum.clone(),
                ..Wanted::new(name, url, self.acquisition)
            });
        }
        for wanted in &wanted {
            progress.add(wanted, &download(harvest, wanted)?);
        }
        progress.finish_complete()
    }
}

#[cfg(test)]
mod tests {
    use super::FileConfig;
    use crate::testing::{Answer, Fixture, Misdeed, Page};
    use crate::{FetchConfig, Summary};

    #[test]
    fn a_second_harvest_transfers_only_what_changed() {
        let fixture = Fixture::new();
        let server = &fixture.server;
        server.page("/a.xml", Page::new("un texte").etag("\"1\""));
        server.page(
            "/b.xml",
            Page::new("deux textes").last_modified("Fri, 02 Jan 2026 00:00:00 GMT"),
        );
        let at = [
            server.url("/a.xml"),
            server.url("/b.xml"),
            server.url("/c.xml"),
        ];
        let harvester = FetchConfig::default().harvester();
        let first = fixture.harvest(harvester.as_ref(), &at).unwrap();
        let counts = |fetched, unchanged, bytes| Summary {
            fetched,
            unchanged,
            failed: 1,
            bytes,
        };
        assert_eq!(first, counts(2, 0, 8 + 11));
        fixture.later(60);
        let second = fixture.harvest(harvester.as_ref(), &at).unwrap();
        assert_eq!(second, counts(0, 2, 0));
        server.page("/a.xml", Page::new("un autre").etag("\"2\""));
        let third = fixture.harvest(harvester.as_ref(), &at).unwrap();
        assert_eq!(third, counts(1, 1, 8));
        assert_eq!(fixture.data("s/a.xml"), b"un autre");
        assert_eq!(
            fixture.receipt("s/a.xml").retrieved_at,
            "2026-01-02T03:05:05Z"
        );
        assert_eq!(
            fixture.receipt("s/b.xml").retrieved_at,
            "2026-01-02T03:04:05Z"
        );
        assert!(fixture.watch.warnings()[0].ends_with("/c.xml`: status 404: not found"));
    }

    #[test]
    fn headers_choose_a_format_and_its_extension_names_the_file() {
        let fixture = Fixture::new();
        fixture.server.route("/celex/32016R0679", |asked| {
            Answer::ok(asked.header("accept").unwrap_or_default())
        });
        let config = FileConfig {
            headers: [("Accept".to_owned(), "application/xml".to_owned())].into(),
            extension: Some("xml".to_owned()),
            ..FileConfig::default()
        };
        let at = [fixture.server.url("/celex/32016R0679")];
        fixture.harvest(&config, &at).unwrap();
        assert_eq!(fixture.data("s/32016R0679.xml"), b"application/xml");
    }

    #[test]
    fn failures_are_recorded_and_go_with_the_next_harvest() {
        let fixture = Fixture::new();
        let at = [fixture.server.url("/a.xml"), fixture.server.url("/b.xml")];
        fixture.server.page("/b.xml", Page::new("un texte"));
        fixture.server.route("/a.xml", |_| Answer::new(500, ""));
        let error = fixture.harvest(&FileConfig::default(), &at).unwrap_err();
        assert!(
            error
                .to_string()
                .ends_with("status 500 Internal Server Error, after 4 attempts"),
            "{error}"
        );
        // The other file is there all the same.
        assert_eq!(fixture.data("s/b.xml"), b"un texte");
        let failures = |fixture: &Fixture| {
            let failures = crate::Mirror::get(&fixture.mirror, "failures/s.json")
                .unwrap()
                .unwrap();
            serde_json::from_slice::<Vec<crate::progress::Failure>>(&failures).unwrap()
        };
        let recorded = failures(&fixture);
        assert_eq!((recorded.len(), recorded[0].name.as_str()), (1, "s/a.xml"));
        assert!(recorded[0].unreachable);
        fixture.server.page("/a.xml", Page::new("enfin"));
        fixture.harvest(&FileConfig::default(), &at).unwrap();
        assert!(failures(&fixture).is_empty());
    }

    #[test]
    fn a_crawl_asks_robots_first_and_a_declared_channel_does_not() {
        let rules = "User-agent: moisson\nDisallow: /prive\n";
        for (path, robots, fetched) in [
            ("/public.xml", Some(Answer::ok(rules)), true),
            ("/prive.xml", Some(Answer::ok(rules)), false),
            ("/prive.xml", Some(Answer::new(404, "")), true),
            ("/prive.xml", Some(Answer::new(503, "")), false),
            ("/prive.xml", None, true),
        ] {
            let fixture = Fixture::new();
            let crawl = FileConfig {
                acquisition: if robots.is_some() {
                    crate::Acquisition::Crawl
                } else {
                    crate::Acquisition::Bulk
                },
                ..FileConfig::default()
            };
            if let Some(robots) = robots.clone() {
                fixture.server.route("/robots.txt", move |_| robots.clone());
            }
            fixture.server.page(path, Page::new("un texte"));
            let summary = fixture.harvest(&crawl, &[fixture.server.url(path)]);
            let done = summary.is_ok_and(|summary| summary.fetched == 1);
            assert_eq!(done, fetched, "{path} {robots:?}");
            let asked = fixture.server.take_paths();
            assert_eq!(asked.contains(&"/robots.txt".to_owned()), robots.is_some());
            assert_eq!(asked.contains(&path.to_owned()), fetched);
        }
    }

    #[test]
    fn addresses_and_settings_that_cannot_be_used_stop_before_the_first_byte() {
        let fixture = Fixture::new();
        let checksum = FileConfig {
            checksum: Some("md5:0".to_owned()),
            ..FileConfig::default()
        };
        let web = fixture.server.url("/a");
        for (config, at) in [
            (
                FileConfig::default(),
                vec![web.clone(), "ftp://h/x".to_owned()],
            ),
            (
                FileConfig::default(),
                vec![web.clone(), "data/x".to_owned()],
            ),
            (checksum, vec![web.clone(), web]),
        ] {
            let error = fixture.harvest(&config, &at).unwrap_err();
            assert!(matches!(error, moisson_core::Error::Config(_)), "{error}");
        }
        assert!(fixture.server.asked().is_empty());
    }

    #[test]
    fn secrets_of_an_address_reach_neither_receipt_nor_message() {
        let fixture = Fixture::new();
        fixture.server.page("/a.xml", Page::new("un texte"));
        fixture
            .server
            .once("/b.xml", Misdeed::Answer(Answer::new(403, "")));
        let base = fixture.server.url("");
        let base = base.replace("http://", "http://moi:geheim@");
        let at = [
            format!("{base}/a.xml?token=geheim"),
            format!("{base}/b.xml?token=geheim"),
        ];
        fixture.harvest(&FileConfig::default(), &at).unwrap();
        assert!(fixture.server.asked()[0].header("authorization").is_some());
        for name in crate::Mirror::list(&fixture.mirror, "").unwrap() {
            let object = crate::Mirror::get(&fixture.mirror, &name).unwrap().unwrap();
            assert!(
                !String::from_utf8(object).unwrap().contains("geheim"),
                "{name}"
            );
        }
        assert!(!fixture.watch.warnings().concat().contains("geheim"));
    }
}
