//! The client against a server that misbehaves.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use moisson_core::{Error, Result};

use super::parse;
use crate::testing::{Answer, Fixture, Misdeed, Page};
use crate::{Request, Response, Watch};

fn ask(fixture: &Fixture, url: String) -> Result<Response> {
    let request = Request {
        url,
        ..Request::default()
    };
    fixture.client.ask(&request, &fixture.watch)
}

#[test]
fn an_answer_comes_with_status_headers_and_body() {
    let fixture = Fixture::new();
    fixture
        .server
        .page("/a", Page::new("texte").with("X-Some", "1"));
    let response = ask(&fixture, fixture.server.url("/a")).unwrap();
    assert_eq!(
        (response.status, response.body.as_slice()),
        (200, &b"texte"[..])
    );
    assert_eq!(response.header("x-some"), Some("1"));
    let asked = &fixture.server.asked()[0];
    assert_eq!(
        asked.header("user-agent"),
        Some("moisson/0 (+https://example.org/bot)")
    );
    assert_eq!(asked.header("accept-encoding"), Some("identity"));
}

#[test]
fn what_passes_is_tried_again_and_what_does_not_is_not() {
    let cases: [(Vec<Misdeed>, Option<u16>, usize); 8] = [
        (vec![Misdeed::Answer(Answer::new(503, ""))], Some(200), 2),
        (
            vec![Misdeed::Answer(
                Answer::new(429, "").with("Retry-After", "3"),
            )],
            Some(200),
            2,
        ),
        (
            vec![Misdeed::Answer(
                Answer::new(503, "").with("Retry-After", "Fri, 02 Jan 2026 03:04:09 GMT"),
            )],
            Some(200),
            2,
        ),
        (vec![Misdeed::Close, Misdeed::Truncate(2)], Some(200), 3),
        (vec![Misdeed::LengthTooLarge(1)], Some(200), 2),
        (vec![Misdeed::Answer(Answer::new(404, ""))], Some(404), 1),
        (vec![Misdeed::Answer(Answer::new(500, "")); 4], None, 4),
        (
            vec![Misdeed::Answer(
                Answer::new(429, "").with("Retry-After", "601"),
            )],
            None,
            1,
        ),
    ];
    for (misdeeds, status, requests) in cases {
        let fixture = Fixture::new();
        fixture.server.page("/a", Page::new("texte"));
        for misdeed in &misdeeds {
            fixture.server.once("/a", misdeed.clone());
        }
        let answered = ask(&fixture, fixture.server.url("/a"));
        assert_eq!(
            answered.as_ref().ok().map(|response| response.status),
            status,
            "{misdeeds:?}"
        );
        assert_eq!(fixture.server.asked().len(), requests, "{misdeeds:?}");
    }
}

#[test]
fn redirects_are_followed_and_secrets_stay_with_their_host() {
    let fixture = Fixture::new();
    let elsewhere = fixture.server.elsewhere("/b");
    fixture
        .server
        .route("/a", move |_| Answer::redirect(&elsewhere));
    fixture.server.route("/same", |_| Answer::redirect("b"));
    fixture.server.page("/b", Page::new("texte"));
    for (path, keeps) in [("/a", false), ("/same", true)] {
        fixture.server.take_paths();
        let request = Request {
            url: fixture.server.url(path),
            headers: vec![("KeyId".to_owned(), "env:TEST_KEY".to_owned())],
            ..Request::default()
        };
        let response = fixture.client.ask(&request, &fixture.watch).unwrap();
        assert!(response.url.ends_with("/b"));
        let asked = fixture.server.asked();
        assert_eq!(asked[0].header("keyid"), Some("geheim"));
        assert_eq!(asked[1].header("keyid").is_some(), keeps, "{path}");
    }
}

#[test]
fn redirects_end_somewhere_and_on_the_web() {
    let fixture = Fixture::new();
    fixture.server.route("/loop", |_| Answer::redirect("/loop"));
    fixture
        .server
        .route("/file", |_| Answer::redirect("file:///etc/passwd"));
    for (path, part, requests) in [
        ("/loop", "more than 10 redirects", 11),
        (
            "/file",
            "redirects to `file:///etc/passwd`, which is no web address",
            1,
        ),
    ] {
        fixture.server.take_paths();
        let error = ask(&fixture, fixture.server.url(path))
            .unwrap_err()
            .to_string();
        assert!(error.ends_with(part), "{error}");
        assert_eq!(fixture.server.take_paths().len(), requests);
    }
}

#[test]
fn a_secret_that_is_not_set_stops_before_the_first_byte() {
    let fixture = Fixture::new();
    let request = Request {
        url: fixture.server.url("/a"),
        headers: vec![("KeyId".to_owned(), "env:OTHER_KEY".to_owned())],
        ..Request::default()
    };
    let error = fixture.client.ask(&request, &fixture.watch).unwrap_err();
    assert!(
        matches!(&error, Error::Config(message) if message.contains("`OTHER_KEY`")),
        "{error}"
    );
    assert!(fixture.server.asked().is_empty());
}

#[test]
fn answers_have_a_limit_also_after_decompression() {
    use std::io::Write;
    let fixture = Fixture::new();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(&vec![b'a'; 100_000]).unwrap();
    let gzip = encoder.finish().unwrap();
    fixture
        .server
        .page("/gzip", Page::new(gzip).with("Content-Encoding", "gzip"));
    fixture
        .server
        .page("/plain", Page::new(vec![b'a'; 100_000]));
    for path in ["/gzip", "/plain"] {
        for (bytes_max, fits) in [(100_000, true), (99_999, false)] {
            let request = Request {
                url: fixture.server.url(path),
                bytes_max,
                ..Request::default()
            };
            let answered = fixture.client.ask(&request, &fixture.watch);
            assert_eq!(
                answered.is_ok_and(|response| response.body.len() == 100_000),
                fits,
                "{path}"
            );
        }
    }
}

#[test]
fn one_request_at_a_time_reaches_a_host() {
    let fixture = Fixture::new();
    let (now, most) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let counts = (Arc::clone(&now), Arc::clone(&most));
    fixture.server.route("/a", move |_| {
        let at_once = counts.0.fetch_add(1, Ordering::SeqCst) + 1;
        counts.1.fetch_max(at_once, Ordering::SeqCst);
        std::thread::yield_now();
        counts.0.fetch_sub(1, Ordering::SeqCst);
        Answer::ok("texte")
    });
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..10 {
                    ask(&fixture, fixture.server.url("/a")).unwrap();
                }
            });
        }
    });
    assert_eq!(fixture.server.asked().len(), 40);
    assert_eq!(most.load(Ordering::SeqCst), 1);
}

#[test]
fn robots_is_asked_once_followed_and_may_slow_the_client_down() {
    let fixture = Fixture::new();
    let elsewhere = fixture.server.elsewhere("/rules");
    fixture
        .server
        .route("/robots.txt", move |_| Answer::redirect(&elsewhere));
    fixture.server.page(
        "/rules",
        Page::new("User-agent: moisson\nDisallow: /b\nCrawl-delay: 7"),
    );
    fixture.server.page("/a", Page::new("texte"));
    fixture.server.route("/to-b", |_| Answer::redirect("/b"));
    for (path, fits) in [
        ("/a", true),
        ("/a?b", true),
        ("/b", false),
        ("/to-b", false),
    ] {
        let request = Request {
            url: fixture.server.url(path),
            robots: true,
            ..Request::default()
        };
        assert_eq!(
            fixture.client.ask(&request, &fixture.watch).is_ok(),
            fits,
            "{path}"
        );
    }
    let expected = ["/robots.txt", "/rules", "/a", "/a?b", "/to-b"];
    assert_eq!(fixture.server.take_paths(), expected);
    let url = parse(&fixture.server.url("/")).unwrap();
    // Seven seconds of the test's own length.
    assert_eq!(
        fixture.client.hosts.interval(&url),
        Duration::from_millis(7)
    );
}

/// Stops the run at the n-th look.
struct Impatient(AtomicU32);

impl Watch for Impatient {
    fn check(&self) -> Result<()> {
        match self.0.fetch_sub(1, Ordering::SeqCst) {
            0 => Err(Error::Interrupted),
            _ => Ok(()),
        }
    }

    fn received(&self, _: u64) {}

    fn warn(&self, _: &str) {}
}

#[test]
fn a_wait_the_server_asked_for_ends_when_the_run_does() {
    let fixture = Fixture::with(|config| config.second = Duration::from_secs(1));
    fixture
        .server
        .route("/a", |_| Answer::new(503, "").with("Retry-After", "500"));
    let request = Request {
        url: fixture.server.url("/a"),
        ..Request::default()
    };
    let watch = Impatient(AtomicU32::new(8));
    let stopped = fixture.client.ask(&request, &watch);
    assert!(matches!(stopped, Err(Error::Interrupted)), "{stopped:?}");
    assert_eq!(fixture.server.asked().len(), 1);
}
