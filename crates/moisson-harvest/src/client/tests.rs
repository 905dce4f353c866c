//! The client against a server that misbehaves.

use crate::testing::{Answer, Fixture, Misdeed, Page};
use crate::{Request, Response};
use moisson_core::Result;

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
