use std::sync::{Arc, Mutex};

use moisson_core::Error;
use serde_json::{Value, json};

use super::JudilibreConfig;
use crate::pages::StopAt;
use crate::testing::{Answer, Asked, Fixture, Misdeed, Server};
use crate::{Harvest, Harvester, Mirror, Summary};

/// What the interface holds: decisions by number with their court, and the log.
#[derive(Debug, Default)]
struct Court {
    decisions: Vec<(u32, &'static str)>,
    log: Vec<(u32, &'static str, &'static str)>,
    log_page: usize,
    now: &'static str,
    scan_cursor_only: bool,
}

type Shared = Arc<Mutex<Court>>;

fn id(number: u32) -> String {
    format!("6079d{number:03}")
}

fn decision(number: u32, court: &str) -> Value {
    json!({"id": id(number), "jurisdiction": court, "decision_date": "2025-03-01", "text": format!("Décision {number} 𝔸"), "zones": {}})
}

/// Serves the interface as `judilibre-search` does.
fn serve(server: &Server, court: &Shared) {
    let check = |asked: &Asked| {
        (asked.header("keyid") != Some("geheim"))
            .then(|| Answer::new(403, r#"{"message": "no key"}"#))
    };
    let shared = Arc::clone(court);
    server.route("/v1.0/scan", move |asked| {
        if let Some(refusal) = check(asked) {
            return refusal;
        }
        let court = shared.lock().unwrap();
        let size: usize = asked.parameter("batch_size").unwrap().parse().unwrap();
        let after = asked.parameter("searchAfter").map(|cursor| cursor.rsplit('&').next().unwrap().parse::<u32>().unwrap());
        let mine = court.decisions.iter().filter(|(_, name)| asked.target.contains(&format!("jurisdiction={name}")));
        let rest: Vec<_> = mine.filter(|(number, _)| after.is_none_or(|after| *number > after)).collect();
        let page: Vec<Value> = rest.iter().take(size).map(|(number, name)| decision(*number, name)).collect();
        let last = rest.iter().take(size).next_back().map(|(number, _)| *number);
        let query = asked.target.split_once('?').unwrap().1.split("&searchAfter").next().unwrap().to_owned();
        let more = rest.len() > size;
        let mut body = json!({"batch_size": null, "total": 9, "results": page, "date": "2026-01-02T03:04:05.678Z", "next_batch": null});
        if more && court.scan_cursor_only {
            body["search_after"] = json!([1, 1_735_000_000_000_u64, last.unwrap().to_string()]);
        } else if more {
            body["next_batch"] = json!(format!("{query}&searchAfter=1%261735000000000%26{}", last.unwrap()));
        }
        Answer::ok(body.to_string())
    });
    let shared = Arc::clone(court);
    server.route("/v1.0/transactionalhistory", move |asked| {
        if let Some(refusal) = check(asked) {
            return refusal;
        }
        let court = shared.lock().unwrap();
        let since = asked.parameter("date").unwrap();
        let offset: usize = asked.parameter("from_id").map_or(0, |from| from.parse().unwrap());
        let log: Vec<_> = court.log.iter().filter(|(_, _, date)| *date >= since.as_str()).collect();
        let page: Vec<Value> = log
            .iter()
            .skip(offset)
            .take(court.log_page)
            .map(|(number, action, date)| json!({"id": id(*number), "action": action, "date": date}))
            .collect();
        let end = offset + page.len();
        let next = (end < log.len()).then(|| format!("date={since}&page_size=500&from_id={end}&point_in_time=abc%3D"));
        let body = json!({"total": log.len(), "page_size": page.len(), "query_date": court.now, "next_page": next, "transactions": page});
        Answer::ok(body.to_string())
    });
    let shared = Arc::clone(court);
    server.route("/v1.0/decision", move |asked| {
        if let Some(refusal) = check(asked) {
            return refusal;
        }
        let court = shared.lock().unwrap();
        let wanted = asked.parameter("id").unwrap();
        match court
            .decisions
            .iter()
            .find(|(number, _)| id(*number) == wanted)
        {
            Some((number, name)) => Answer::ok(format!("{}\n", decision(*number, name))),
            None => Answer::new(404, r#"{"errors": [{"msg": "Not Found"}]}"#),
        }
    });
}

fn fixture() -> (Fixture, Shared, Vec<String>) {
    let fixture = Fixture::new();
    let mut court = Court {
        log_page: 3,
        now: "2026-01-02T12:00:00.001Z",
        ..Court::default()
    };
    court.decisions = (1..=7)
        .map(|number| (number, if number == 4 { "ca" } else { "cc" }))
        .collect();
    let court: Shared = Arc::new(Mutex::new(court));
    serve(&fixture.server, &court);
    let at = vec![fixture.server.url("/v1.0")];
    (fixture, court, at)
}

fn config() -> JudilibreConfig {
    JudilibreConfig {
        key_env: "TEST_KEY".to_owned(),
        batch_size: 2,
        ..JudilibreConfig::default()
    }
}

/// Pages kept: numbers of the decisions, or `-` and numbers of those deleted.
fn kept(fixture: &Fixture) -> Vec<(String, String)> {
    let names = fixture.mirror.list("data/").unwrap().into_iter();
    let page = |name: String| {
        let bytes = fixture.mirror.get(&name).unwrap().unwrap();
        let page: Value = serde_json::from_slice(&bytes).unwrap();
        let ids = |list: &Value| {
            let ids = list.as_array().into_iter().flatten().map(|entry| {
                entry["id"]
                    .as_str()
                    .unwrap()
                    .trim_start_matches("6079d")
                    .parse::<u32>()
                    .unwrap()
            });
            ids.map(|id| id.to_string()).collect::<Vec<_>>().join(" ")
        };
        let list = if page["deleted"].is_array() {
            format!("-{}", ids(&page["deleted"]))
        } else {
            ids(&page["results"])
        };
        (name.trim_start_matches("data/s/").to_owned(), list)
    };
    names.map(page).collect()
}

fn expect(fixture: &Fixture, expected: &[(&str, &str)]) {
    let kept = kept(fixture);
    let kept: Vec<(&str, &str)> = kept
        .iter()
        .map(|(name, list)| (name.as_str(), list.as_str()))
        .collect();
    assert_eq!(kept, expected);
}

fn counts(fetched: u64, unchanged: u64) -> Summary {
    Summary {
        fetched,
        unchanged,
        failed: 0,
        bytes: 0,
    }
}

/// Time passes at the Court.
fn change(court: &Shared) {
    let mut court = court.lock().unwrap();
    court
        .decisions
        .retain(|(number, _)| *number != 2 && *number != 8);
    court.now = "2026-01-10T00:00:00.001Z";
    court.decisions.push((9, "cc"));
    court.decisions.push((10, "tj"));
    court.log = vec![
        (3, "updated", "2026-01-01T00:00:00.000Z"),
        (9, "created", "2026-01-03T00:00:00.000Z"),
        (2, "updated", "2026-01-03T00:00:01.000Z"),
        (10, "created", "2026-01-03T00:00:02.000Z"),
        (2, "deleted", "2026-01-03T00:00:03.000Z"),
        (8, "created", "2026-01-04T00:00:00.000Z"),
        (5, "updated", "2026-01-09T23:30:00.000Z"),
    ];
}

#[test]
fn first_everything_then_what_the_log_says() {
    let (fixture, court, at) = fixture();
    assert_eq!(fixture.harvest(&config(), &at).unwrap(), counts(3, 0));
    let everything = [
        ("20260102030405-000001.json", "1 2"),
        ("20260102030405-000002.json", "3 5"),
        ("20260102030405-000003.json", "6 7"),
    ];
    expect(&fixture, &everything);
    assert_eq!(
        fixture.receipt("s/20260102030405-000001.json").licence,
        None
    );
    assert_eq!(
        fixture.server.take_paths(),
        [
            "/v1.0/scan?jurisdiction=cc&batch_size=2",
            "/v1.0/scan?jurisdiction=cc&batch_size=2&searchAfter=1%261735000000000%262",
            "/v1.0/scan?jurisdiction=cc&batch_size=2&searchAfter=1%261735000000000%265",
        ]
    );
    // Nothing happened: one question.
    assert_eq!(fixture.harvest(&config(), &at).unwrap(), counts(0, 0));
    assert_eq!(
        fixture.server.take_paths(),
        ["/v1.0/transactionalhistory?date=2026-01-02T02%3A04%3A05Z&page_size=500"]
    );

    change(&court);
    fixture.harvest(&config(), &at).unwrap();
    let asked = fixture.server.take_paths();
    // The court named last is another one, the decision before it went away in the meantime.
    assert_eq!(
        asked
            .iter()
            .filter(|path| path.contains("/decision?"))
            .count(),
        4,
        "{asked:?}"
    );
    expect(
        &fixture,
        &[
            everything[0],
            everything[1],
            everything[2],
            ("20260110000000-000001.json", "5 9"),
            ("20260110000000-000002-deleted.json", "-2 8"),
        ],
    );
    let page = String::from_utf8(fixture.data("s/20260110000000-000001.json")).unwrap();
    assert!(
        page.contains(&decision(9, "cc").to_string()),
        "decisions are kept as sent: {page}"
    );
    // What the overlap of an hour brings again is done.
    assert_eq!(fixture.harvest(&config(), &at).unwrap(), counts(0, 0));
    assert_eq!(fixture.server.take_paths().len(), 1);
}

#[test]
fn a_harvest_killed_at_any_request_ends_in_the_same_mirror() {
    let harvest = |stop: usize| {
        let (fixture, court, at) = fixture();
        let run = || {
            let watch = StopAt(&fixture.server, stop);
            let harvest = Harvest {
                watch: &watch,
                ..fixture.about(&at)
            };
            match config().harvest(&harvest) {
                Err(Error::Interrupted) => config().harvest(&fixture.about(&at)).unwrap(),
                other => other.unwrap(),
            }
        };
        run();
        change(&court);
        run();
        (kept(&fixture), fixture.server.asked().len())
    };
    let (undisturbed, requests) = harvest(usize::MAX);
    for stop in 1..requests {
        assert_eq!(
            harvest(stop).0,
            undisturbed,
            "stopped after {stop} requests"
        );
    }
}

#[test]
fn the_key_is_in_no_file_and_no_message() {
    let (fixture, court, at) = fixture();
    fixture.harvest(&config(), &at).unwrap();
    change(&court);
    fixture.server.once(
        "/v1.0/decision",
        Misdeed::Answer(Answer::new(400, r#"{"errors": "non"}"#)),
    );
    fixture.harvest(&config(), &at).unwrap();
    let names = fixture.mirror.list("").unwrap();
    assert!(names.iter().any(|name| name.starts_with("failures/")));
    for name in names {
        let bytes = fixture.mirror.get(&name).unwrap().unwrap();
        assert!(
            !String::from_utf8_lossy(&bytes).contains("geheim"),
            "{name}"
        );
    }
    assert!(!fixture.watch.warnings().concat().contains("geheim"));
    assert!(
        fixture
            .server
            .asked()
            .iter()
            .all(|asked| !asked.target.contains("geheim"))
    );
    // Not set, or refused.
    let (fixture, _, at) = self::fixture();
    let error = fixture
        .harvest(&JudilibreConfig::default(), &at)
        .unwrap_err();
    assert!(
        matches!(error, Error::Config(_)) && error.to_string().contains("`JUDILIBRE_KEY`"),
        "{error}"
    );
    fixture.server.once(
        "/v1.0/scan",
        Misdeed::Answer(Answer::new(403, r#"{"message": "quota"}"#)),
    );
    let error = fixture.harvest(&config(), &at).unwrap_err();
    assert!(
        error.to_string().ends_with(
            "refuses the key in the environment variable `TEST_KEY` (source `s`): status 403: quota"
        ),
        "{error}"
    );
}

#[test]
fn a_log_whose_next_page_has_expired_goes_on_from_its_last_date() {
    let (fixture, court, at) = fixture();
    fixture.harvest(&config(), &at).unwrap();
    change(&court);
    fixture
        .server
        .once("/v1.0/transactionalhistory", Misdeed::LengthMissing);
    for _ in 0..4 {
        fixture.server.once(
            "/v1.0/transactionalhistory",
            Misdeed::Answer(Answer::new(500, r#"{"errors": []}"#)),
        );
    }
    fixture.harvest(&config(), &at).unwrap();
    assert_eq!(
        kept(&fixture)[3..],
        [
            ("20260110000000-000001.json".to_owned(), "5 9".to_owned()),
            (
                "20260110000000-000002-deleted.json".to_owned(),
                "-2 8".to_owned()
            ),
        ]
    );
    // A log that cannot be read at all is an error, and the next run reads it.
    for _ in 0..4 {
        fixture.server.once(
            "/v1.0/transactionalhistory",
            Misdeed::Answer(Answer::new(500, "")),
        );
    }
    assert!(matches!(
        fixture.harvest(&config(), &at),
        Err(Error::Store(_))
    ));
    assert_eq!(fixture.harvest(&config(), &at).unwrap(), counts(0, 0));
}

#[test]
fn a_first_harvest_may_take_several_runs() {
    let (fixture, _, at) = fixture();
    let paused = JudilibreConfig {
        pages_max: Some(1),
        ..config()
    };
    for pages in 1..=3 {
        fixture.harvest(&paused, &at).unwrap();
        assert_eq!(kept(&fixture).len(), pages);
    }
    fixture.server.take_paths();
    fixture.harvest(&paused, &at).unwrap();
    assert!(fixture.server.take_paths()[0].starts_with("/v1.0/transactionalhistory"));
}

#[test]
fn variants_of_the_interface() {
    // A cursor by itself, in the spelling of the documentation.
    let (fixture, court, at) = fixture();
    court.lock().unwrap().scan_cursor_only = true;
    let config = JudilibreConfig {
        jurisdiction: vec!["cc".to_owned(), "ca".to_owned()],
        batch_size: 5,
        date_start: Some("2020-01-01".to_owned()),
        ..config()
    };
    fixture.harvest(&config, &at).unwrap();
    assert_eq!(
        fixture.server.take_paths(),
        [
            "/v1.0/scan?jurisdiction=cc&jurisdiction=ca&batch_size=5&date_start=2020-01-01&date_type=creation",
            "/v1.0/scan?jurisdiction=cc&jurisdiction=ca&batch_size=5&date_start=2020-01-01&date_type=creation\
         &searchAfter=1%261735000000000%265",
        ]
    );
    expect(
        &fixture,
        &[
            ("20260102030405-000001.json", "1 2 3 4 5"),
            ("20260102030405-000002.json", "6 7"),
        ],
    );
    for wrong in [
        JudilibreConfig {
            jurisdiction: vec!["cassation".to_owned()],
            ..config.clone()
        },
        JudilibreConfig {
            jurisdiction: vec![],
            ..config.clone()
        },
        JudilibreConfig {
            batch_size: 2000,
            ..config.clone()
        },
        JudilibreConfig {
            date_start: Some("hier".to_owned()),
            ..config
        },
    ] {
        assert!(matches!(
            fixture.harvest(&wrong, &at),
            Err(Error::Config(_))
        ));
    }
}
