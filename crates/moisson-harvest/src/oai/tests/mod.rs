mod envelope;
mod repository;

use std::collections::BTreeMap;

use moisson_core::Error;

use self::repository::{Script, Scripted};
use super::{OaiConfig, Records, Repository, envelope as wire};
use crate::pages::StopAt;
use crate::testing::{Answer, Fixture, Misdeed, Server};
use crate::{Harvest, Harvester, Mirror, Summary};

/// A fixture with a repository at `/oai`.
fn fixture(script: Script) -> (Fixture, Scripted, Vec<String>) {
    let fixture = Fixture::new();
    let scripted = Scripted::serve(script, &fixture.server);
    let at = vec![fixture.server.url("/oai")];
    (fixture, scripted, at)
}

/// Name to text of the pages kept.
fn pages(fixture: &Fixture) -> BTreeMap<String, String> {
    let names = fixture.mirror.list("data/").unwrap();
    let page = |name: String| {
        let bytes = fixture.mirror.get(&name).unwrap().unwrap();
        let name = name.trim_start_matches("data/s/").to_owned();
        (name, String::from_utf8_lossy(&bytes).into_owned())
    };
    names.into_iter().map(page).collect()
}

/// Numbers of the records on the pages kept, page by page; `-` before those deleted.
fn records(fixture: &Fixture) -> Vec<(String, String)> {
    let list = |text: &str| {
        let records = wire::records(text).into_iter().map(|(header, _)| {
            let number = header.identifier.rsplit(':').next().unwrap().to_owned();
            if header.deleted {
                format!("-{number}")
            } else {
                number
            }
        });
        records.collect::<Vec<_>>().join(" ")
    };
    pages(fixture)
        .iter()
        .map(|(name, text)| (name.clone(), list(text)))
        .collect()
}

fn expect(fixture: &Fixture, expected: &[(&str, &str)]) {
    let found = records(fixture);
    let found: Vec<(&str, &str)> = found
        .iter()
        .map(|(name, list)| (name.as_str(), list.as_str()))
        .collect();
    assert_eq!(found, expected);
}

/// The verbs asked since the last call, with their arguments.
fn asked(server: &Server) -> Vec<String> {
    let targets = server.take_paths().into_iter();
    targets
        .map(|target| target.trim_start_matches("/oai?verb=").to_owned())
        .collect()
}

fn counts(fetched: u64, unchanged: u64) -> Summary {
    Summary {
        fetched,
        unchanged,
        failed: 0,
        bytes: 0,
    }
}

#[test]
fn a_first_harvest_asks_for_everything_and_a_second_for_what_changed() {
    let (fixture, scripted, at) = fixture(Script::with_items(7));
    let config = OaiConfig::default();
    assert_eq!(fixture.harvest(&config, &at).unwrap(), counts(3, 0));
    expect(
        &fixture,
        &[
            ("20260102030405-000001.xml", "1 2 3"),
            ("20260102030405-000002.xml", "4 5 6"),
            ("20260102030405-000003.xml", "7"),
        ],
    );
    let receipt = fixture.receipt("s/20260102030405-000001.xml");
    assert_eq!(receipt.acquisition, crate::Acquisition::Oai);
    assert_eq!(receipt.producer.as_deref(), Some("Archives d’exemple"));
    assert_eq!(receipt.licence, None);
    let token = "ListRecords&resumptionToken=page%2B%26+%C3%A9%3D%7C";
    assert_eq!(
        asked(&fixture.server),
        [
            "Identify".to_owned(),
            "ListMetadataFormats".to_owned(),
            "ListRecords&metadataPrefix=oai_dc".to_owned(),
            format!("{token}3%7C%7C%7C"),
            format!("{token}6%7C%7C%7C"),
        ]
    );

    // Nothing changed: two questions, nothing kept.
    scripted.lock().now = "2026-01-03T00:00:00Z".to_owned();
    assert_eq!(fixture.harvest(&config, &at).unwrap(), counts(0, 0));
    assert_eq!(
        asked(&fixture.server),
        [
            "Identify",
            "ListRecords&metadataPrefix=oai_dc&from=2026-01-02T03%3A04%3A04Z",
        ]
    );

    // One changed, one is new, one was deleted.
    {
        let mut script = scripted.lock();
        script.now = "2026-01-05T00:00:00Z".to_owned();
        script.put(2, "2026-01-04T00:00:00Z", "actes");
        script.put(8, "2026-01-04T00:00:01Z", "actes");
        script.delete(5, "2026-01-04T00:00:02Z");
    }
    assert_eq!(fixture.harvest(&config, &at).unwrap(), counts(1, 0));
    assert_eq!(
        records(&fixture)[3],
        ("20260105000000-000001.xml".to_owned(), "-5 2 8".to_owned())
    );
    assert_eq!(asked(&fixture.server).len(), 2);
}

/// Harvests twice, with a change between, stopping after each request in turn.
fn harvest_with_stops(config: &OaiConfig, stops: Option<usize>) -> (Vec<(String, String)>, usize) {
    let (fixture, scripted, at) = fixture(Script::with_items(10));
    scripted.lock().deleted_record = "no";
    let run = |fixture: &Fixture| {
        let mut next_stop = stops;
        loop {
            let stop = next_stop.map_or(usize::MAX, |every| fixture.server.asked().len() + every);
            let watch = StopAt(&fixture.server, stop);
            let harvest = Harvest {
                watch: &watch,
                ..fixture.about(&at)
            };
            match config.harvest(&harvest) {
                Ok(_) => return,
                Err(Error::Interrupted) => next_stop = next_stop.map(|every| every + 1),
                Err(error) => panic!("{error}"),
            }
        }
    };
    run(&fixture);
    {
        let mut script = scripted.lock();
        script.now = "2026-02-02T00:00:00Z".to_owned();
        script.put(11, "2026-02-01T00:00:00Z", "actes");
        script.forget(3);
        script.forget(10);
    }
    run(&fixture);
    let asked = fixture.server.asked().len();
    let pages = pages(&fixture).into_iter().collect();
    let states = fixture.mirror.list("state/").unwrap();
    for name in states {
        let state = String::from_utf8(fixture.mirror.get(&name).unwrap().unwrap()).unwrap();
        assert!(!state.contains("\"running\""), "{state}");
    }
    (pages, asked)
}

#[test]
fn a_harvest_killed_at_any_request_ends_in_the_same_mirror() {
    for records in [Records::List, Records::Get] {
        let config = OaiConfig {
            records,
            full_every_days: Some(20),
            ..OaiConfig::default()
        };
        let (undisturbed, requests) = harvest_with_stops(&config, None);
        assert!(
            undisturbed
                .iter()
                .any(|(name, _)| name.ends_with("-deleted.xml"))
        );
        for first_stop in 1..requests {
            let (pages, _) = harvest_with_stops(&config, Some(first_stop));
            assert_eq!(
                pages, undisturbed,
                "{records:?}, first stopped after {first_stop} requests"
            );
        }
    }
}

#[test]
fn windows_are_in_the_granularity_of_the_repository() {
    let day = "YYYY-MM-DD";
    let second = "YYYY-MM-DDThh:mm:ssZ";
    let bounded = OaiConfig {
        from: Some("2025-03-02".to_owned()),
        until: Some("2026-06-30".to_owned()),
        ..OaiConfig::default()
    };
    let fine = OaiConfig {
        from: Some("2025-03-02T10:00:00Z".to_owned()),
        ..OaiConfig::default()
    };
    let wide = OaiConfig {
        overlap_seconds: Some(3 * 86_400),
        ..OaiConfig::default()
    };
    for (granularity, config, first, second_from) in [
        (day, &OaiConfig::default(), "", "&from=2026-01-01"),
        (
            second,
            &OaiConfig::default(),
            "",
            "&from=2026-01-02T03%3A04%3A04Z",
        ),
        (
            day,
            &bounded,
            "&from=2025-03-02&until=2026-06-30",
            "&from=2026-01-01&until=2026-06-30",
        ),
        (
            second,
            &bounded,
            "&from=2025-03-02T00%3A00%3A00Z&until=2026-06-30T23%3A59%3A59Z",
            "&from=2026-01-02T03%3A04%3A04Z&until=2026-06-30T23%3A59%3A59Z",
        ),
        (day, &fine, "&from=2025-03-02", "&from=2026-01-01"),
        (
            second,
            &fine,
            "&from=2025-03-02T10%3A00%3A00Z",
            "&from=2026-01-02T03%3A04%3A04Z",
        ),
        (day, &wide, "", "&from=2025-12-30"),
        (second, &wide, "", "&from=2025-12-30T03%3A04%3A05Z"),
    ] {
        let (fixture, _scripted, at) = fixture(Script {
            granularity,
            page_size: 100,
            ..Script::with_items(4)
        });
        fixture.harvest(config, &at).unwrap();
        assert_eq!(
            asked(&fixture.server)[2],
            format!("ListRecords&metadataPrefix=oai_dc{first}")
        );
        fixture.harvest(config, &at).unwrap();
        assert_eq!(
            asked(&fixture.server)[1],
            format!("ListRecords&metadataPrefix=oai_dc{second_from}")
        );
    }
}

#[test]
fn what_an_overlap_brings_again_is_not_kept_again() {
    let mut script = Script {
        granularity: "YYYY-MM-DD",
        ..Script::with_items(2)
    };
    script.put(3, "2026-01-01T09:00:00Z", "actes");
    script.put(4, "2026-01-02T01:00:00Z", "actes");
    let (fixture, scripted, at) = fixture(script);
    let config = OaiConfig::default();
    assert_eq!(fixture.harvest(&config, &at).unwrap(), counts(2, 0));
    // The window of a day meets both again.
    assert_eq!(fixture.harvest(&config, &at).unwrap(), counts(0, 1));
    // One is changed a second time within its day: no datestamp tells, the record does.
    scripted.lock().put(4, "2026-01-02T02:00:00Z", "actes");
    assert_eq!(fixture.harvest(&config, &at).unwrap(), counts(1, 0));
    assert_eq!(fixture.harvest(&config, &at).unwrap(), counts(0, 1));
    // Two harvests within a second do not share a stamp.
    expect(
        &fixture,
        &[
            ("20260102030405-000001.xml", "1 2 3"),
            ("20260102030405-000002.xml", "4"),
            ("20260102030406-000001.xml", "3 4"),
        ],
    );
}

#[test]
fn sets_are_harvested_one_after_the_other() {
    let (fixture, scripted, at) = fixture(Script::with_items(5));
    let config = OaiConfig {
        sets: vec!["theses".to_owned(), "actes".to_owned()],
        ..OaiConfig::default()
    };
    fixture.harvest(&config, &at).unwrap();
    expect(
        &fixture,
        &[
            ("20260102030405-000001.xml", "1 3 5"),
            ("20260102030406-000001.xml", "2 4"),
        ],
    );
    let verbs: Vec<String> = asked(&fixture.server)
        .iter()
        .map(|a| a.split('&').next().unwrap().to_owned())
        .collect();
    assert_eq!(
        verbs,
        [
            "Identify",
            "ListMetadataFormats",
            "ListSets",
            "ListSets",
            "ListRecords",
            "ListRecords"
        ]
    );
    scripted.lock().sets = false;
    let other = OaiConfig {
        metadata_prefix: "mets".to_owned(),
        ..config.clone()
    };
    let error = fixture.harvest(&other, &at).unwrap_err().to_string();
    assert!(error.contains("has no sets"), "{error}");
    // A set that is not listed may exist all the same.
    scripted.lock().sets = true;
    let other = OaiConfig {
        sets: vec!["collection:X".to_owned()],
        ..config
    };
    assert_eq!(fixture.harvest(&other, &at).unwrap(), counts(0, 0));
    let warnings = fixture.watch.warnings();
    assert!(
        warnings[0]
            .ends_with("does not list a set `collection:X`; it has 2 sets: `actes`, `theses`"),
        "{warnings:?}"
    );
}

#[test]
fn error_codes_lead_to_what_the_user_can_do() {
    // Answers to the first page.
    for (code, message) in [
        ("badArgument", "refuses the list: badArgument: because"),
        ("badVerb", "refuses the list: badVerb: because"),
        (
            "badResumptionToken",
            "refuses the list: badResumptionToken: because",
        ),
        (
            "cannotDisseminateFormat",
            "has no format `oai_dc`\n  offered: `oai_dc`, `mets`",
        ),
        (
            "idDoesNotExist",
            "refuses the list: idDoesNotExist: because",
        ),
        (
            "noMetadataFormats",
            "refuses the list: noMetadataFormats: because",
        ),
        (
            "noSetHierarchy",
            "refuses the list: noSetHierarchy: because",
        ),
        ("", "refuses the list: : because"),
    ] {
        let (fixture, scripted, at) = fixture(Script::with_items(4));
        scripted.lock().error = Some(code);
        let error = fixture.harvest(&OaiConfig::default(), &at).unwrap_err();
        assert!(
            matches!(error, Error::Config(_)) && error.to_string().ends_with(message),
            "{code}: {error}"
        );
        // The next run goes on.
        assert_eq!(
            fixture.harvest(&OaiConfig::default(), &at).unwrap(),
            counts(2, 0),
            "{code}"
        );
    }
    let (fixture, scripted, at) = fixture(Script::with_items(4));
    scripted.lock().error = Some("noRecordsMatch");
    assert_eq!(
        fixture.harvest(&OaiConfig::default(), &at).unwrap(),
        counts(0, 0)
    );

    let other = OaiConfig {
        metadata_prefix: "marcxml".to_owned(),
        ..OaiConfig::default()
    };
    let error = fixture.harvest(&other, &at).unwrap_err().to_string();
    assert!(
        error.ends_with("has no format `marcxml`\n  offered: `oai_dc`, `mets`"),
        "{error}"
    );
    for bound in ["2025", "2025-13-01", "2025-01-01T00:00:00", "hier"] {
        let config = OaiConfig {
            from: Some(bound.to_owned()),
            ..OaiConfig::default()
        };
        assert!(
            matches!(fixture.harvest(&config, &at), Err(Error::Config(_))),
            "{bound}"
        );
    }
    for body in ["<html><body>404</body></html>", "", "{}"] {
        fixture.server.route("/site", move |_| Answer::ok(body));
        let error = fixture
            .harvest(&OaiConfig::default(), &[fixture.server.url("/site")])
            .unwrap_err();
        assert!(error.to_string().contains("is not OAI-PMH"), "{error}");
    }
    let error = fixture
        .harvest(&OaiConfig::default(), &[fixture.server.url("/nowhere")])
        .unwrap_err();
    assert!(
        matches!(error, Error::Config(_)) && error.to_string().contains("status 404"),
        "{error}"
    );
}

#[test]
fn a_forgotten_token_starts_the_list_over_once() {
    let (fixture, scripted, at) = fixture(Script::with_items(7));
    let paused = OaiConfig {
        pages_max: Some(2),
        ..OaiConfig::default()
    };
    fixture.harvest(&paused, &at).unwrap();
    assert_eq!(records(&fixture).len(), 2);
    scripted.lock().forgets_tokens = true;
    fixture.harvest(&OaiConfig::default(), &at).unwrap();
    expect(
        &fixture,
        &[
            ("20260102030405-000001.xml", "1 2 3"),
            ("20260102030405-000002.xml", "4 5 6"),
            ("20260102030405-000003.xml", "7"),
        ],
    );
    // With a status in place of the protocol's error, and a list that became shorter.
    let (fixture, scripted, at) = self::fixture(Script::with_items(7));
    fixture.harvest(&paused, &at).unwrap();
    fixture
        .server
        .once("/oai", Misdeed::Answer(Answer::new(410, "gone")));
    scripted.lock().items.truncate(2);
    fixture.harvest(&OaiConfig::default(), &at).unwrap();
    expect(
        &fixture,
        &[
            ("20260102030405-000001.xml", "1 2"),
            ("20260102030405-000002.xml", ""),
        ],
    );
    // A repository that never knows its own tokens.
    let (fixture, _scripted, at) = self::fixture(Script::with_items(7));
    fixture.harvest(&paused, &at).unwrap();
    for _ in 0..2 {
        let refusal = "<OAI-PMH><error code=\"badResumptionToken\"/></OAI-PMH>";
        fixture
            .server
            .once("/oai", Misdeed::Answer(Answer::ok(refusal)));
        let page =
            "<OAI-PMH><ListRecords><resumptionToken>x</resumptionToken></ListRecords></OAI-PMH>";
        fixture
            .server
            .once("/oai", Misdeed::Answer(Answer::ok(page)));
    }
    let error = fixture.harvest(&OaiConfig::default(), &at).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("twice refused its own resumption token"),
        "{error}"
    );
}

#[test]
fn a_list_that_does_not_move_ends() {
    let fixture = Fixture::new();
    let scripted = Scripted::serve(Script::with_items(1), &fixture.server);
    fixture.server.route("/stuck", move |asked| {
        if asked.parameter("verb").as_deref() == Some("ListRecords") {
            let page = "<OAI-PMH><request/><ListRecords><record><header><identifier>a</identifier></header></record>\
                        <resumptionToken>again</resumptionToken></ListRecords></OAI-PMH>";
            return Answer::ok(page);
        }
        scripted.lock().answer(asked)
    });
    let error = fixture
        .harvest(&OaiConfig::default(), &[fixture.server.url("/stuck")])
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("repeats a page and its resumption token"),
        "{error}"
    );
}

#[test]
fn answers_that_are_broken_are_asked_for_again_and_never_pass_for_the_end() {
    let (fixture, _scripted, at) = fixture(Script::with_items(7));
    let cut = "<OAI-PMH><responseDate>2026-01-02T03:04:05Z</responseDate><ListRecords><record>";
    for answer in [
        Answer::ok(cut),
        Answer::new(503, "later").with("Retry-After", "1"),
        Answer::ok("<html>Too many connections</html>"),
    ] {
        fixture.server.once("/oai", Misdeed::Answer(answer));
    }
    fixture.harvest(&OaiConfig::default(), &at).unwrap();
    assert_eq!(records(&fixture).len(), 3);
    let (fixture, _scripted, at) = self::fixture(Script::with_items(7));
    fixture
        .harvest(
            &OaiConfig {
                pages_max: Some(1),
                ..OaiConfig::default()
            },
            &at,
        )
        .unwrap();
    for _ in 0..3 {
        fixture
            .server
            .once("/oai", Misdeed::Answer(Answer::ok(cut)));
    }
    let error = fixture.harvest(&OaiConfig::default(), &at).unwrap_err();
    assert!(
        matches!(error, Error::Store(_)) && error.to_string().contains("cut off"),
        "{error}"
    );
    fixture.harvest(&OaiConfig::default(), &at).unwrap();
    assert_eq!(records(&fixture).len(), 3);
}

#[test]
fn a_broken_record_hides_neither_the_token_nor_its_neighbours() {
    let mut script = Script::with_items(7);
    script.items[0].metadata =
        "<marc:record xmlns:marc=\"m\"><record><leader/></record>".to_owned();
    script.items[1].metadata =
        "<dc>&nbsp;\u{1}\u{b} <a b=\"c>d <![CDATA[ </resumptionToken".to_owned();
    script.items[2].metadata = "<dc><!-- <dc:title>sans fin".to_owned();
    let (fixture, _scripted, at) = fixture(script);
    fixture.harvest(&OaiConfig::default(), &at).unwrap();
    let kept = records(&fixture);
    assert_eq!(kept.len(), 3);
    assert_eq!(kept[1].1, "4 5 6");
    // Kept as sent, illegal characters and all.
    assert!(pages(&fixture)["20260102030405-000001.xml"].contains("&nbsp;\u{1}\u{b}"));
}

#[test]
fn what_a_repository_forgets_is_found_by_comparison() {
    for deleted_record in ["no", "transient"] {
        let (fixture, scripted, at) = fixture(Script {
            deleted_record,
            ..Script::with_items(4)
        });
        let config = OaiConfig {
            full_every_days: Some(30),
            ..OaiConfig::default()
        };
        fixture.harvest(&config, &at).unwrap();
        let change = |now: &str, change: &dyn Fn(&mut Script)| {
            let mut script = scripted.lock();
            script.now = now.to_owned();
            change(&mut script);
        };
        change("2026-01-10T00:00:00Z", &|script| {
            script.put(5, "2026-01-09T00:00:00Z", "actes");
            script.forget(2);
        });
        fixture.harvest(&config, &at).unwrap();
        change("2026-02-02T00:00:00Z", &|script| script.forget(5));
        fixture.harvest(&config, &at).unwrap();
        expect(
            &fixture,
            &[
                ("20260102030405-000001.xml", "1 2 3"),
                ("20260102030405-000002.xml", "4"),
                ("20260110000000-000001.xml", "5"),
                ("20260202000000-000001.xml", "1 3 4"),
                ("20260202000000-000002-deleted.xml", "-2 -5"),
            ],
        );
        // Said once.
        change("2026-03-20T00:00:00Z", &|_| {});
        assert_eq!(fixture.harvest(&config, &at).unwrap(), counts(1, 0));
        assert!(fixture.watch.warnings().is_empty());
    }
    let (fixture, _scripted, at) = fixture(Script {
        deleted_record: "no",
        ..Script::with_items(1)
    });
    fixture.harvest(&OaiConfig::default(), &at).unwrap();
    assert!(fixture.watch.warnings()[0].contains("set `full_every_days`"));
}

#[test]
fn records_can_be_had_one_by_one() {
    let (fixture, scripted, at) = fixture(Script::with_items(4));
    scripted.lock().delete(3, "2025-12-01T00:00:00Z");
    let config = OaiConfig {
        records: Records::Get,
        ..OaiConfig::default()
    };
    assert_eq!(fixture.harvest(&config, &at).unwrap(), counts(4, 0));
    expect(
        &fixture,
        &[
            ("20260102030405-000001.xml", "1"),
            ("20260102030405-000002.xml", "2"),
            ("20260102030405-000003-deleted.xml", "-3"),
            ("20260102030405-000004.xml", "4"),
        ],
    );
    // One that the repository fails on is recorded; the others are had.
    let (fixture, _scripted, at) = self::fixture(Script::with_items(3));
    fixture
        .harvest(
            &OaiConfig {
                pages_max: Some(0),
                ..config.clone()
            },
            &at,
        )
        .unwrap();
    fixture.server.once("/oai", Misdeed::LengthMissing);
    for _ in 0..4 {
        fixture
            .server
            .once("/oai", Misdeed::Answer(Answer::new(500, "stack trace")));
    }
    let summary = fixture.harvest(&config, &at).unwrap();
    assert_eq!((summary.fetched, summary.failed), (2, 1));
    assert!(fixture.mirror.get("failures/s.json").unwrap().is_some());
}

#[test]
fn statements_of_rights_reach_the_receipts() {
    for (description, licence) in [
        ("", None),
        (
            "<description><eprints><dataPolicy><text>Tout est libre</text></dataPolicy></eprints></description>",
            None,
        ),
        (
            "<description><rightsManifest appliesTo=\"http://www.openarchives.org/OAI/2.0/entity#metadata\"><rights>\
             <rightsReference ref=\"http://creativecommons.org/publicdomain/zero/1.0/\"/></rights></rightsManifest></description>",
            Some("http://creativecommons.org/publicdomain/zero/1.0/"),
        ),
        (
            "<description><friends/></description><description><oai_dc:dc><dc:rights> Licence Ouverte 2.0 </dc:rights>\
             <dc:rights>© d’exemple</dc:rights></oai_dc:dc></description>",
            Some("Licence Ouverte 2.0 ; © d’exemple"),
        ),
    ] {
        let (fixture, _scripted, at) = fixture(Script {
            description,
            ..Script::with_items(1)
        });
        fixture.harvest(&OaiConfig::default(), &at).unwrap();
        let receipt = fixture.receipt("s/20260102030405-000001.xml");
        assert_eq!(receipt.licence.as_deref(), licence, "{description}");
    }
}

#[test]
fn every_verb_is_there_to_be_used() {
    let (fixture, _scripted, at) = fixture(Script::with_items(3));
    let harvest = fixture.about(&at);
    let repository = Repository::new(&harvest, &format!("{}?verb=Identify", at[0])).unwrap();
    assert_eq!(repository.base(), at[0]);
    let identity = repository.identify().unwrap();
    assert_eq!(
        (identity.earliest.as_str(), identity.granularity),
        ("2025-01-01T00:00:00Z", super::Granularity::Second)
    );
    let formats = repository
        .metadata_formats(Some("oai:archives.example:1"))
        .unwrap();
    assert_eq!(formats[1].prefix, "mets");
    assert_eq!(formats[1].schema, "http://s.example/mets.xsd");
    assert!(matches!(
        repository.metadata_formats(Some("x")),
        Err(Error::Input(_))
    ));
    let sets = repository.sets().unwrap().unwrap();
    assert_eq!(
        sets.iter().map(|set| set.name.as_str()).collect::<Vec<_>>(),
        ["Actes & délibérations", "Thèses"]
    );
    let record = repository
        .record("oai:archives.example:3", "oai_dc")
        .unwrap()
        .unwrap();
    assert_eq!(
        (record.header.datestamp.as_str(), record.header.sets),
        ("2025-03-03T08:00:00Z", vec!["theses".to_owned()])
    );
    assert!(repository.record("x", "oai_dc").unwrap().is_none());
    // An address with a query of its own.
    let repository = Repository::new(&harvest, &format!("{}?portal=inria", at[0])).unwrap();
    repository.identify().unwrap();
    assert!(
        fixture
            .server
            .take_paths()
            .last()
            .unwrap()
            .ends_with("/oai?portal=inria&verb=Identify")
    );
}

#[test]
fn a_repository_that_lost_most_of_its_records_is_not_believed() {
    let (fixture, scripted, at) = fixture(Script {
        deleted_record: "no",
        page_size: 100,
        ..Script::with_items(19)
    });
    let config = OaiConfig {
        full_every_days: Some(1),
        ..OaiConfig::default()
    };
    fixture.harvest(&config, &at).unwrap();
    let everything = scripted.lock().items.clone();
    for (now, left, deleted) in [
        ("2026-01-04T00:00:00Z", 0, ""),
        ("2026-01-06T00:00:00Z", 9, ""),
        ("2026-01-08T00:00:00Z", 18, "-19"),
    ] {
        let mut script = scripted.lock();
        script.now = now.to_owned();
        script.items = everything.iter().take(left).cloned().collect();
        drop(script);
        fixture.harvest(&config, &at).unwrap();
        let last = records(&fixture).pop().unwrap();
        let found = last.0.ends_with("-deleted.xml").then_some(last.1);
        assert_eq!(found.unwrap_or_default(), deleted, "{left} left");
    }
    assert_eq!(fixture.watch.warnings().len(), 2);
}
