use std::sync::{Arc, Mutex};

use moisson_core::Error;
use serde_json::json;

use super::HalConfig;
use crate::pages::StopAt;
use crate::testing::{Answer, Asked, Fixture, Misdeed, Server};
use crate::{Harvest, Harvester, Mirror, Summary};

/// Documents by number: number and date of modification.
type Documents = Arc<Mutex<Vec<(u32, &'static str)>>>;

const DATE: &str = "Fri, 02 Jan 2026 03:04:05 GMT";

/// Serves documents as HAL does, three a page at most.
fn serve(server: &Server, documents: &Documents) {
    let documents = Arc::clone(documents);
    let answer = move |asked: &Asked| {
        assert_eq!(asked.parameter("sort").as_deref(), Some("docid asc"));
        let cursor = asked.parameter("cursorMark").unwrap();
        let after: u32 = cursor
            .strip_prefix("A+=")
            .map_or(0, |number| number.parse().unwrap());
        let since = asked.target.split("modifiedDate_tdate%3A%5B").nth(1);
        let since = since
            .map(|rest| rest.chars().take(10).collect::<String>())
            .unwrap_or_default();
        let rows = asked
            .parameter("rows")
            .unwrap()
            .parse::<usize>()
            .unwrap()
            .min(3);
        let documents = documents.lock().unwrap();
        let page: Vec<_> = documents
            .iter()
            .filter(|(number, modified)| *number > after && *modified >= since.as_str())
            .take(rows)
            .collect();
        let next = page
            .last()
            .map_or(cursor, |(number, _)| format!("A+={number}"));
        let docs: Vec<_> = page
            .iter()
            .map(|(number, modified)| json!({"docid": number, "halId_s": format!("hal-{number}"), "modifiedDate_s": format!("{modified} 10:00:00")}))
            .collect();
        let body = json!({"response": {"numFound": docs.len(), "start": 0, "docs": docs}, "nextCursorMark": next});
        Answer::ok(body.to_string()).with("Date", DATE)
    };
    let answer = Arc::new(answer);
    for path in ["/search/", "/search/INRIA/"] {
        let answer = Arc::clone(&answer);
        server.route(path, move |asked| answer(asked));
    }
}

fn fixture(count: u32) -> (Fixture, Documents, Vec<String>) {
    let fixture = Fixture::new();
    let documents: Documents = Arc::new(Mutex::new(
        (1..=count).map(|number| (number, "2025-03-01")).collect(),
    ));
    serve(&fixture.server, &documents);
    let at = vec![fixture.server.url("/search/")];
    (fixture, documents, at)
}

fn kept(fixture: &Fixture) -> Vec<(String, String)> {
    let names = fixture.mirror.list("data/").unwrap().into_iter();
    let page = |name: String| {
        let bytes = fixture.mirror.get(&name).unwrap().unwrap();
        let page: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let docs = page["response"]["docs"].as_array().unwrap();
        let ids: Vec<String> = docs.iter().map(|doc| doc["docid"].to_string()).collect();
        (name.trim_start_matches("data/s/").to_owned(), ids.join(" "))
    };
    names.map(page).collect()
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
fn a_cursor_goes_through_and_a_second_harvest_asks_for_what_changed() {
    let (fixture, documents, at) = fixture(7);
    let config = HalConfig::default();
    assert_eq!(fixture.harvest(&config, &at).unwrap(), counts(3, 0));
    let pages = kept(&fixture);
    assert_eq!(pages.len(), 3);
    assert_eq!(
        pages[2],
        ("20260102030405-000003.json".to_owned(), "7".to_owned())
    );
    assert_eq!(
        fixture.receipt("s/20260102030405-000001.json").licence,
        None
    );
    let asked = fixture.server.take_paths();
    assert_eq!(asked.len(), 4, "{asked:?}");
    assert!(
        asked[0].starts_with("/search/?q=*%3A*&fl=docid%2ChalId_s%2Cversion_i"),
        "{}",
        asked[0]
    );
    assert!(
        asked[1].ends_with("&rows=500&sort=docid+asc&wt=json&cursorMark=A%2B%3D3"),
        "{}",
        asked[1]
    );

    assert_eq!(fixture.harvest(&config, &at).unwrap(), counts(0, 0));
    let asked = fixture.server.take_paths();
    assert_eq!(asked.len(), 1);
    assert!(
        asked[0].contains("&fq=modifiedDate_tdate%3A%5B2026-01-01T03%3A04%3A05Z+TO+*%5D&"),
        "{}",
        asked[0]
    );

    documents.lock().unwrap()[1].1 = "2026-01-02";
    documents.lock().unwrap().push((8, "2026-01-02"));
    assert_eq!(fixture.harvest(&config, &at).unwrap(), counts(1, 0));
    assert_eq!(
        kept(&fixture)[3],
        ("20260102030406-000001.json".to_owned(), "2 8".to_owned())
    );
    // The overlap brings them again; they are not kept again.
    assert_eq!(fixture.harvest(&config, &at).unwrap(), counts(0, 1));
}

#[test]
fn a_harvest_killed_at_any_request_ends_in_the_same_mirror() {
    let (undisturbed, _, at) = fixture(8);
    undisturbed.harvest(&HalConfig::default(), &at).unwrap();
    for stop in 1..=4 {
        let (fixture, _, at) = fixture(8);
        let watch = StopAt(&fixture.server, stop);
        let harvest = Harvest {
            watch: &watch,
            ..fixture.about(&at)
        };
        let error = HalConfig::default().harvest(&harvest).unwrap_err();
        assert!(matches!(error, Error::Interrupted));
        fixture.harvest(&HalConfig::default(), &at).unwrap();
        assert_eq!(
            kept(&fixture),
            kept(&undisturbed),
            "stopped after {stop} requests"
        );
        assert!(
            fixture.server.asked().len() <= 5,
            "no page was asked for more than twice"
        );
    }
}

#[test]
fn portals_filters_and_fields() {
    let (fixture, _, at) = fixture(1);
    let config = HalConfig {
        query: "title_s:droit".to_owned(),
        filter: vec![
            "openAccess_bool:true".to_owned(),
            "language_s:fr".to_owned(),
        ],
        fields: vec!["title_s".to_owned()],
        portal: Some("INRIA".to_owned()),
        rows: 2,
        ..HalConfig::default()
    };
    fixture.harvest(&config, &at).unwrap();
    assert_eq!(
        fixture.server.take_paths()[0],
        "/search/INRIA/?q=title_s%3Adroit&fl=title_s%2Cdocid%2CmodifiedDate_s&fq=openAccess_bool%3Atrue&fq=language_s%3Afr\
         &rows=2&sort=docid+asc&wt=json&cursorMark=*"
    );
}

#[test]
fn refusals() {
    for (status, body, message) in [
        (
            400,
            r#"{"error": {"msg": "undefined field x", "code": 400}}"#,
            "undefined field x",
        ),
        (
            200,
            r#"{"error": "nul"}"#,
            "refuses the query: status 200: nul",
        ),
        (404, "<html>", "refuses the query: status 404"),
    ] {
        let (fixture, _, at) = fixture(1);
        fixture
            .server
            .once("/search/", Misdeed::Answer(Answer::new(status, body)));
        let error = fixture.harvest(&HalConfig::default(), &at).unwrap_err();
        assert!(
            matches!(error, Error::Config(_)) && error.to_string().contains(message),
            "{error}"
        );
    }
    // An error page in place of JSON is asked for again.
    let (fixture, _, at) = fixture(4);
    for _ in 0..2 {
        fixture
            .server
            .once("/search/", Misdeed::Answer(Answer::ok("<html>")));
    }
    assert_eq!(
        fixture.harvest(&HalConfig::default(), &at).unwrap(),
        counts(2, 0)
    );
    let config = HalConfig {
        rows: 20_000,
        ..HalConfig::default()
    };
    assert!(matches!(
        fixture.harvest(&config, &at),
        Err(Error::Config(_))
    ));
}
