//! Transfers from a server that misbehaves.

use std::time::Duration;

use super::{Outcome, Wanted, download, keep_bytes};
use crate::testing::{Answer, Asked, Fixture, Misdeed, Page};
use crate::{Acquisition, Response};

const DATE: &str = "Fri, 02 Jan 2026 00:00:00 GMT";

/// Bytes that differ everywhere, so that a part in the wrong place shows.
fn long(bytes: u32) -> Vec<u8> {
    (0..bytes / 4).flat_map(u32::to_be_bytes).collect()
}

fn wanted(fixture: &Fixture, path: &str) -> Wanted {
    Wanted::new(
        format!("s{path}"),
        fixture.server.url(path),
        Acquisition::Bulk,
    )
}

fn run(fixture: &Fixture, wanted: &Wanted) -> Outcome {
    download(&fixture.about(&[]), wanted).unwrap()
}

fn ranges(asked: &[Asked]) -> Vec<Option<&str>> {
    asked.iter().map(|asked| asked.header("range")).collect()
}

fn why(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Failed { why, .. } => why,
        _ => panic!("{outcome:?}"),
    }
}

#[test]
fn a_receipt_says_all_that_is_known() {
    let fixture = Fixture::new();
    let elsewhere = fixture.server.elsewhere("/b.xml");
    fixture
        .server
        .route("/a.xml", move |_| Answer::redirect(&elsewhere));
    let page = Page::new("un texte").etag("\"1\"").last_modified(DATE);
    fixture
        .server
        .page("/b.xml", page.with("Link", "<https://l/>; rel=license"));
    let wanted = Wanted {
        licence: Some("lov2".to_owned()),
        producer: Some("Ministère".to_owned()),
        checksum: Some("md5:5d4ef59d4a4b5ac7dd8a0c1b0a0b0b0b".to_owned()),
        ..wanted(&fixture, "/a.xml")
    };
    // The checksum is wrong: it is fetched twice, and not kept.
    let outcome = run(&fixture, &wanted);
    assert!(
        why(&outcome).starts_with("its publisher states Md5 5d4ef"),
        "{outcome:?}"
    );
    assert_eq!(fixture.server.take_paths().len(), 4);
    assert!(
        crate::receipt::load(&fixture.mirror, "s/a.xml")
            .unwrap()
            .is_none()
    );

    let wanted = Wanted {
        checksum: None,
        ..wanted
    };
    assert!(matches!(run(&fixture, &wanted), Outcome::Fetched(_)));
    let receipt = fixture.receipt("s/a.xml");
    let json = serde_json::to_value(&receipt).unwrap();
    let port_a = fixture.server.url("/a.xml");
    let port_b = fixture.server.elsewhere("/b.xml");
    let expected = serde_json::json!({
        "name": "s/a.xml", "url": port_a, "final_url": port_b, "acquisition": "bulk",
        "retrieved_at": "2026-01-02T03:04:05Z", "bytes": 8,
        "digest": moisson_core::Digest::of(b"un texte").to_hex(), "etag": "\"1\"", "last_modified": DATE,
        "licence": "lov2 ; https://l/", "producer": "Ministère",
    });
    assert_eq!(json, expected);
}

#[test]
fn a_checksum_that_fits_the_second_time() {
    let fixture = Fixture::new();
    fixture
        .server
        .page("/a.xml", Page::new("abc").etag("\"1\""));
    fixture
        .server
        .once("/a.xml", Misdeed::Answer(Answer::ok("abd")));
    let wanted = Wanted {
        checksum: Some("sha1:a9993e364706816aba3e25717850c26c9cd0d89d".to_owned()),
        ..wanted(&fixture, "/a.xml")
    };
    assert!(matches!(run(&fixture, &wanted), Outcome::Fetched(_)));
    assert_eq!(fixture.watch.warnings().len(), 1);
    // The catalogue states another one, the server sees no change: it is not believed.
    let wanted = Wanted {
        checksum: Some("sha1:a9993e364706816aba3e25717850c26c9cd0d89e".to_owned()),
        ..wanted
    };
    assert!(why(&run(&fixture, &wanted)).contains("Sha1"));
    assert_eq!(fixture.data("s/a.xml"), b"abc");
    let asked = fixture.server.asked();
    assert!(
        asked
            .iter()
            .all(|asked| asked.header("if-none-match").is_none())
    );
}

#[test]
fn a_transfer_that_breaks_off_goes_on() {
    let body = long(40_000);
    let page = || Page::new(body.clone());
    for (page, misdeed, second) in [
        (
            page().etag("\"1\""),
            Misdeed::Truncate(30_000),
            Some("bytes=30000-"),
        ),
        (
            page().last_modified(DATE),
            Misdeed::Truncate(30_000),
            Some("bytes=30000-"),
        ),
        (
            page().etag("\"1\""),
            Misdeed::Stall(30_000),
            Some("bytes=30000-"),
        ),
        // A weak tag does not vouch for bytes, and nothing vouches for nothing.
        (page().etag("W/\"1\""), Misdeed::Truncate(30_000), None),
        (page(), Misdeed::Truncate(30_000), None),
        (page().etag("\"1\""), Misdeed::Close, None),
    ] {
        let fixture = Fixture::with(|config| {
            if matches!(misdeed, Misdeed::Stall(_)) {
                config.stall = Duration::from_millis(300);
            }
        });
        fixture.server.page("/a.bin", page.clone());
        fixture.server.once("/a.bin", misdeed.clone());
        assert!(matches!(
            run(&fixture, &wanted(&fixture, "/a.bin")),
            Outcome::Fetched(_)
        ));
        assert_eq!(fixture.data("s/a.bin"), body);
        assert_eq!(
            ranges(&fixture.server.asked()),
            [None, second],
            "{misdeed:?}"
        );
    }
}

#[test]
fn a_server_that_lies_about_ranges_is_asked_from_the_beginning() {
    let body = long(40_000);
    for (misdeed, requests) in [
        (Misdeed::IgnoreRange, 2),
        (Misdeed::LieInRange("bytes 0-39999/40000".to_owned()), 3),
        (Misdeed::LieInRange("bytes 20000-39999/50000".to_owned()), 3),
        (Misdeed::LieInRange("octets".to_owned()), 3),
        (Misdeed::Answer(Answer::new(416, "")), 3),
        (Misdeed::Answer(Answer::new(304, "")), 3),
    ] {
        let fixture = Fixture::new();
        fixture
            .server
            .page("/a.bin", Page::new(body.clone()).etag("\"1\""));
        fixture.server.once("/a.bin", Misdeed::Truncate(20_000));
        fixture.server.once("/a.bin", misdeed.clone());
        assert!(matches!(
            run(&fixture, &wanted(&fixture, "/a.bin")),
            Outcome::Fetched(_)
        ));
        assert_eq!(fixture.data("s/a.bin"), body, "{misdeed:?}");
        assert_eq!(fixture.server.asked().len(), requests, "{misdeed:?}");
    }
}

#[test]
fn a_kill_loses_nothing_and_a_change_meanwhile_is_noticed() {
    for changed in [false, true] {
        let fixture = Fixture::new();
        let body = long(4_000_000);
        fixture
            .server
            .page("/a.bin", Page::new(body.clone()).etag("\"1\""));
        fixture.watch.stop_after(Some(1_000_000));
        let wanted = wanted(&fixture, "/a.bin");
        let stopped = download(&fixture.about(&[]), &wanted).unwrap_err();
        assert!(matches!(stopped, moisson_core::Error::Interrupted));
        assert!(crate::Mirror::list(&fixture.mirror, "").unwrap().is_empty());
        assert_eq!(fixture.mirror.under_way(), 2);
        let other: Vec<u8> = body.iter().rev().copied().collect();
        if changed {
            fixture
                .server
                .page("/a.bin", Page::new(other.clone()).etag("\"2\""));
        }
        fixture.watch.stop_after(None);
        let before = fixture.watch.bytes();
        assert!(matches!(run(&fixture, &wanted), Outcome::Fetched(_)));
        assert_eq!(fixture.data("s/a.bin"), if changed { other } else { body });
        let came = fixture.watch.bytes() - before;
        let expected = if changed {
            4_000_000
        } else {
            4_000_000 - before
        };
        assert_eq!(came, expected);
        assert_eq!(fixture.mirror.under_way(), 0);
        let unchanged = run(&fixture, &wanted);
        assert!(matches!(unchanged, Outcome::Unchanged(_)));
        assert_eq!(fixture.watch.bytes() - before, expected);
    }
}

#[test]
fn lengths_that_do_not_fit() {
    let body = long(4_000);
    for (misdeed, requests) in [(Misdeed::LengthTooLarge(5), 2), (Misdeed::LengthMissing, 1)] {
        let fixture = Fixture::new();
        fixture.server.page("/a.bin", Page::new(body.clone()));
        fixture.server.once("/a.bin", misdeed.clone());
        assert!(matches!(
            run(&fixture, &wanted(&fixture, "/a.bin")),
            Outcome::Fetched(_)
        ));
        assert_eq!(fixture.data("s/a.bin"), body);
        assert_eq!(fixture.server.asked().len(), requests, "{misdeed:?}");
    }
}

#[test]
fn large_transfers_over_a_bad_line_get_through() {
    let fixture = Fixture::with(|config| config.attempts = 2);
    let body = long(8_000_000);
    fixture
        .server
        .page("/a.bin", Page::new(body.clone()).etag("\"1\""));
    for _ in 0..5 {
        fixture.server.once("/a.bin", Misdeed::Truncate(1_500_000));
    }
    assert!(matches!(
        run(&fixture, &wanted(&fixture, "/a.bin")),
        Outcome::Fetched(_)
    ));
    assert_eq!(fixture.data("s/a.bin"), body);
    // A few bytes at a time are no progress.
    let fixture = Fixture::with(|config| config.attempts = 2);
    fixture.server.page("/a.bin", Page::new(body).etag("\"1\""));
    for _ in 0..5 {
        fixture.server.once("/a.bin", Misdeed::Truncate(15));
    }
    let outcome = run(&fixture, &wanted(&fixture, "/a.bin"));
    assert!(
        why(&outcome).ends_with("after 30 bytes, after 2 attempts"),
        "{outcome:?}"
    );
    assert_eq!(fixture.server.asked().len(), 2);
}

#[test]
fn error_pages_are_not_kept_as_archives() {
    let page = "<!DOCTYPE html><html><body>Erreur</body></html>";
    for (path, answer, part) in [
        (
            "/a.tar.gz",
            Answer::ok(page).with("Content-Type", "text/html"),
            "a web page (text/html)",
        ),
        (
            "/a.zip",
            Answer::ok(page).with("Content-Type", "application/zip"),
            "a web page where a Zip",
        ),
        (
            "/a.xml.gz",
            Answer::ok("Service indisponible"),
            "bytes that begin with `Service `",
        ),
        ("/a.zip", Answer::new(403, page), "status 403"),
        ("/a.zip", Answer::new(204, ""), "status 204"),
    ] {
        let fixture = Fixture::new();
        fixture.server.route(path, move |_| answer.clone());
        let outcome = run(&fixture, &wanted(&fixture, path));
        assert!(why(&outcome).contains(part), "{outcome:?}");
        assert!(crate::Mirror::list(&fixture.mirror, "").unwrap().is_empty());
    }
}

#[test]
fn the_same_bytes_under_another_tag_are_not_new() {
    let fixture = Fixture::new();
    fixture
        .server
        .page("/a.xml", Page::new("un texte").etag("\"1\""));
    run(&fixture, &wanted(&fixture, "/a.xml"));
    fixture.later(60);
    fixture
        .server
        .page("/a.xml", Page::new("un texte").etag("\"2\""));
    assert!(matches!(
        run(&fixture, &wanted(&fixture, "/a.xml")),
        Outcome::Unchanged(_)
    ));
    let receipt = fixture.receipt("s/a.xml");
    assert_eq!(receipt.retrieved_at, "2026-01-02T03:04:05Z");
    assert_eq!(receipt.etag.as_deref(), Some("\"2\""));
    // Unchanged bytes, another statement of the catalogue.
    let wanted = Wanted {
        licence: Some("lov2".to_owned()),
        ..wanted(&fixture, "/a.xml")
    };
    assert!(matches!(run(&fixture, &wanted), Outcome::Unchanged(_)));
    assert_eq!(fixture.receipt("s/a.xml").licence.as_deref(), Some("lov2"));
}

#[test]
fn pages_in_memory_are_kept_with_a_receipt() {
    let fixture = Fixture::new();
    let answer = Response {
        status: 200,
        url: fixture.server.url("/oai"),
        headers: vec![("etag".to_owned(), "\"1\"".to_owned())],
        body: b"<OAI-PMH/>".to_vec(),
    };
    let wanted = Wanted {
        acquisition: Acquisition::Oai,
        ..wanted(&fixture, "/oai")
    };
    let about = fixture.about(&[]);
    let first = keep_bytes(&about, &wanted, &answer.body, Some(&answer)).unwrap();
    assert!(matches!(first, Outcome::Fetched(_)));
    let receipt = fixture.receipt("s/oai");
    assert_eq!(
        (receipt.bytes, receipt.etag.as_deref(), receipt.final_url),
        (10, Some("\"1\""), None)
    );
    let second = keep_bytes(&about, &wanted, &answer.body, None).unwrap();
    assert!(matches!(second, Outcome::Unchanged(_)));
    assert_eq!(fixture.data("s/oai"), b"<OAI-PMH/>");
}

#[test]
fn a_server_cannot_ask_for_a_secret_by_its_tag() {
    let fixture = Fixture::new();
    fixture
        .server
        .page("/a.xml", Page::new("un texte").etag("env:TEST_KEY"));
    run(&fixture, &wanted(&fixture, "/a.xml"));
    run(&fixture, &wanted(&fixture, "/a.xml"));
    let asked = fixture.server.asked();
    assert_eq!(asked[1].header("if-none-match"), Some("env:TEST_KEY"));
}

#[test]
fn a_host_that_wants_a_long_rest_is_not_asked_for_the_next_object() {
    let fixture = Fixture::new();
    fixture.server.page("/b.xml", Page::new("un texte"));
    let busy = Answer::new(429, "").with("Retry-After", "86400");
    fixture.server.once("/a.xml", Misdeed::Answer(busy));
    for path in ["/a.xml", "/b.xml"] {
        let outcome = run(&fixture, &wanted(&fixture, path));
        assert!(
            why(&outcome).contains("the server asks to come back in "),
            "{outcome:?}"
        );
        assert!(matches!(
            outcome,
            Outcome::Failed {
                unreachable: true,
                ..
            }
        ));
    }
    assert_eq!(fixture.server.take_paths(), ["/a.xml"]);
}
