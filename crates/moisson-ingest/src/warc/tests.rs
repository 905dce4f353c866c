//! The `warc` reader: each defect of captures, hostile input, and the fixtures of a third-party reader.

use std::fmt::Write as _;

use moisson_core::Limits;
use serde_json::{Value, json};

use crate::testing::{Collected, corpora, read_bytes, read_path};

const PROSE: &str = "Le conseil municipal se réunit le premier mardi du mois à la salle des fêtes.";

fn read(bytes: &[u8]) -> Collected {
    let limits = Limits {
        record_bytes_max: 4000,
        depth_max: 64,
        ..Limits::default()
    };
    read_bytes("warc", &Value::Null, "f.warc", bytes, &limits)
}

/// A record of this head and block, the length right.
fn warc(head: &str, block: &str) -> String {
    let length = block.len();
    format!("WARC/1.0\r\n{head}\r\nContent-Length: {length}\r\n\r\n{block}\r\n\r\n")
}

fn wet(url: &str, text: &str) -> String {
    warc(
        &format!(
            "WARC-Type: conversion\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2024-05-06T07:08:09Z\r\nContent-Type: text/plain"
        ),
        text,
    )
}

fn response(url: &str, head: &str, body: &str) -> String {
    warc(
        &format!(
            "WARC-Type: response\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2024-05-06T07:08:09Z\r\nContent-Type: application/http; msgtype=response"
        ),
        &format!("HTTP/1.1 {}\r\n\r\n{body}", head.replace('\n', "\r\n")),
    )
}

fn texts(sink: &Collected) -> Vec<String> {
    sink.texts()
        .iter()
        .map(|(key, text)| format!("{key} {}", text.trim_end()))
        .collect()
}

#[test]
fn what_is_read_and_what_is_none() {
    let check = |bytes: &str, expected: &[&str]| {
        let sink = read(bytes.as_bytes());
        assert_eq!(sink.records, 1, "{bytes}");
        assert_eq!(texts(&sink), expected, "{bytes}");
        assert!(sink.faults.is_empty(), "{:?}", sink.fault_lines());
    };
    let page = format!("<html><body><p>{PROSE}</p></body></html>");
    let expected = format!("http://a.fr/ {PROSE}");
    let html = |head: &str| response("http://a.fr/", head, &page);
    check(&wet("http://a.fr/", "un\ndeux"), &["http://a.fr/ un\ndeux"]);
    check(&html("200 OK\nContent-Type: text/html"), &[&expected]);
    check(
        &html("200 OK\ncontent-type:text/HTML;charset=utf-8"),
        &[&expected],
    );
    check(
        &html("200 OK\nContent-Type: application/xhtml+xml"),
        &[&expected],
    );
    check(&html("200 OK"), &[&expected]); // no type, and HTML
    check(
        &html("200 OK\nContent-Type: text/plain"),
        &[&format!("http://a.fr/ {page}")],
    );
    check(&html("404 Not Found\nContent-Type: text/html"), &[]);
    check(&html("200 OK\nContent-Type: application/pdf"), &[]);
    check(&html("200 OK\nContent-Type: application/json"), &[]);
    check(&wet("<http://a.fr/a b>", "un"), &["http://a.fr/a%20b un"]);
    check(
        &wet("http://a.fr/", "un").replace("conversion", "request"),
        &[],
    );
    check(
        &wet("http://a.fr/", "un").replace("conversion", "revisit"),
        &[],
    );
    check(
        &wet("http://a.fr/", "un").replace("conversion", "metadata"),
        &[],
    );
    check(
        &wet("http://a.fr/", "un").replace("conversion", "resource"),
        &["http://a.fr/ un"],
    );
    check(
        &wet("http://a.fr/", "un").replace("\r\n", "\n"),
        &["http://a.fr/ un"],
    ); // bare line feeds
    check(
        &wet("http://a.fr/", "un").replace("WARC/1.0", "WARC/0.18"),
        &["http://a.fr/ un"],
    );
    check(
        &wet("http://a.fr/", "un").replace("Content-Type", "no colon\r\nContent-Type"),
        &["http://a.fr/ un"],
    );
}

#[test]
fn statuses_are_an_option() {
    let bytes = response(
        "http://a.fr/",
        "404 Not Found\nContent-Type: text/plain",
        "absent",
    );
    let options = json!({"status": [200, 404]});
    let sink = read_bytes("warc", &options, "f", bytes.as_bytes(), &Limits::default());
    assert_eq!(texts(&sink), ["http://a.fr/ absent"]);
    assert_eq!(sink.documents[0].metadata["status"], 404);
}

#[test]
fn facts_of_a_page() {
    let head = "200 OK\nContent-Type: text/html; charset=iso-8859-1\nX-Robots-Tag: noai\nX-Robots-Tag: noimageai\n\
                TDM-Reservation: 1\nLink: <https://a.fr/l>; rel=\"license\", <b>; rel=next\nContent-Language: fr";
    let page =
        format!("<title>Séances</title><link rel=license href=https://a.fr/m><p>{PROSE}</p>");
    let record = response("http://a.fr/", head, "BODY");
    let (before, after) = record.split_once("BODY").unwrap();
    let body = crate::encoding::decode(page.as_bytes(), None).text;
    let latin: Vec<u8> = body
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    let stated = before
        .split("Content-Length: ")
        .nth(1)
        .unwrap()
        .split("\r\n")
        .next()
        .unwrap();
    let length: usize = stated.parse().unwrap();
    let before = before.replacen(stated, &(length - 4 + latin.len()).to_string(), 1);
    let sink = read(&[before.as_bytes(), &latin, after.as_bytes()].concat());
    let document = &sink.documents[0];
    assert_eq!(document.text, PROSE);
    assert_eq!(document.title.as_deref(), Some("Séances"));
    assert_eq!(
        document.licence_declared.as_deref(),
        Some("https://a.fr/m ; https://a.fr/l")
    );
    assert_eq!(document.language_declared.as_deref(), Some("fr"));
    assert_eq!(document.sequence, 20_240_506_070_809);
    assert_eq!(
        document.metadata["optout"],
        serde_json::json!({
            "address": "http://a.fr/",
            "retrieved_at": "2024-05-06T07:08:09Z",
            "marks": [
                {"kind": "tdmrep-header", "raw": "1"},
                {"kind": "x-robots-tag", "raw": "noai"},
                {"kind": "x-robots-tag", "raw": "noimageai"},
            ],
        })
    );
}

/// What a site says in its files holds for the pages after them, of this site only; the files are no documents.
#[test]
fn files_of_sites_are_read_from_the_archive() {
    let text = |url: &str, status: &str, body: &str| {
        let block = format!("HTTP/1.1 {status}\r\nContent-Type: text/plain\r\n\r\n{body}");
        format!(
            "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2024-05-06T07:08:09Z\r\n\
             Content-Type: application/http\r\nContent-Length: {}\r\n\r\n{block}\r\n\r\n",
            block.len()
        )
    };
    let archive = [
        text("https://a.fr/avant", "200 OK", "Trop tôt."),
        text(
            "https://a.fr/robots.txt",
            "200 OK",
            "User-agent: GPTBot\nDisallow: /b",
        ),
        text("https://b.fr/robots.txt", "404 Not Found", "Rien."),
        text("https://c.fr/robots.txt", "503 Down", ""),
        text(
            "https://d.fr/.well-known/tdmrep.json",
            "200 OK",
            r#"[{"location": "/", "tdm-reservation": 1}]"#,
        ),
        text("https://a.fr/b", "200 OK", "Un texte."),
        text("https://a.fr/a", "200 OK", "Un texte."),
        text("https://b.fr/b", "200 OK", "Un texte."),
        text("https://c.fr/b", "200 OK", "Un texte."),
        text("https://d.fr/b", "200 OK", "Un texte."),
        text("https://e.fr/b", "200 OK", "Un texte."),
    ];
    let sink = read(archive.concat().as_bytes());
    let found: Vec<String> = sink
        .documents
        .iter()
        .map(|document| {
            let marks = document.metadata["optout"]["marks"].as_array();
            let of = |mark: &Value| {
                let field = |name: &str| mark[name].as_str().unwrap_or_default().to_owned();
                format!(
                    "{} {} {}",
                    field("kind"),
                    field("value"),
                    field("applies_to")
                )
            };
            let marks: Vec<String> = marks.into_iter().flatten().map(of).collect();
            format!("{}: {}", document.url.as_deref().unwrap(), marks.join(", "))
        })
        .collect();
    assert_eq!(
        found,
        [
            "https://a.fr/avant: ",
            "https://a.fr/b: robots-txt disallowed gptbot, robots-txt allowed *",
            "https://a.fr/a: robots-txt allowed gptbot, *",
            "https://b.fr/b: robots-txt absent *",
            "https://c.fr/b: robots-txt unreachable *",
            "https://d.fr/b: tdmrep-file 1 /",
            "https://e.fr/b: ",
        ]
    );
    assert_eq!(sink.records, 11);
}

#[test]
fn broken_streams_as_a_table() {
    let (a, b, c) = (wet("u:a", "un"), wet("u:b", "deux"), wet("u:c", "trois"));
    let check = |bytes: &str, records: usize, expected: &[&str], faults: &[&str]| {
        let sink = read(bytes.as_bytes());
        assert_eq!(texts(&sink), expected, "{bytes}");
        assert_eq!(sink.fault_lines(), faults, "{bytes}");
        assert_eq!(sink.records, records, "{bytes}");
    };
    let all = ["u:a un", "u:b deux", "u:c trois"];
    let set = |from: &str, to: &str| [&a, &b.replace(from, to), &c].map(String::as_str).concat();
    check(&[&a, &b, &c].map(String::as_str).concat(), 3, &all, &[]);
    check(&set("Length: 4", "Length: 2"), 3, &all, &[]);
    check(&set("Length: 4", "Length: 0"), 3, &all, &[]);
    check(&set("Length: 4", "Length: 9"), 3, &all, &[]);
    check(&set("Length: 4", "Length: 100"), 3, &all, &[]);
    check(&set("Length: 4", "Length: 3999"), 3, &all, &[]);
    let two = ["u:a un", "u:c trois"];
    let malformed = ["extract/malformed-warc f.warc"];
    check(&set("Length: 4", "Length: -1"), 3, &two, &malformed);
    check(&set("Content-Length: 4\r\n", ""), 3, &two, &malformed);
    check(
        &set("WARC/1.0", "WRAC/1.0"),
        2,
        &[
            &format!(
                "u:a un\r\n\r\n{}",
                b.replace("WARC/1.0", "WRAC/1.0").trim_end()
            ),
            "u:c trois",
        ],
        &[],
    );
    check(
        &set(
            "Content-Length: 4\r\n\r\ndeux\r\n\r\n",
            "Content-Length: 4\r\n",
        ),
        3,
        &two,
        &malformed,
    );
    check(
        &set("Length: 4", "Length: 5000"),
        2,
        &["u:a un"],
        &["extract/truncated f.warc"],
    );
    check(
        &format!("<html>Erreur 503</html>\n{a}"),
        2,
        &["u:a un"],
        &malformed,
    );
    check(
        &format!("{a}{}", b.trim_end().strip_suffix("ux").unwrap()),
        2,
        &["u:a un"],
        &["extract/truncated f.warc"],
    );
    check(
        &format!("{a}WARC/1.0\r\nWARC-Type: resp"),
        2,
        &["u:a un"],
        &malformed,
    );
    check("", 1, &[], &["extract/empty f.warc"]);
    check("\r\n\r\n", 1, &[], &["extract/empty f.warc"]);
    check(&wet("u:a", " \n"), 1, &[], &["extract/empty f.warc"]);
    check(
        &wet("u:a", "un avis\0 coupé"),
        1,
        &[],
        &["extract/not-utf8 f.warc"],
    );
    let large = "x".repeat(4001);
    check(
        &format!("{}{c}", wet("u:b", &large)),
        2,
        &["u:c trois"],
        &["extract/too-large f.warc"],
    );
    check(
        &format!("{}{c}", wet("u:b", &large).replace("conversion", "request")),
        2,
        &["u:c trois"],
        &[],
    );
    check(
        &response(
            "u:a",
            "200 OK\nContent-Type: text/html\nContent-Encoding: br",
            "\u{1}\u{2}",
        ),
        1,
        &[],
        &["extract/unreadable f.warc"],
    );
    check(
        &response(
            "u:a",
            "200 OK\nContent-Type: text/html",
            &"<div>".repeat(100),
        ),
        1,
        &[],
        &["extract/malformed-html f.warc"],
    );
    check(
        &response(
            "u:a",
            "200 OK\nContent-Type: text/html",
            "<script>Accueil</script>",
        ),
        1,
        &[],
        &["extract/empty f.warc"],
    );
}

#[test]
fn arc_as_a_table() {
    let check = |bytes: &str, records: usize, expected: &[&str], faults: &[&str]| {
        let sink = read(bytes.as_bytes());
        assert_eq!(
            (texts(&sink), sink.fault_lines()),
            (
                expected.iter().map(ToString::to_string).collect(),
                faults.iter().map(ToString::to_string).collect()
            ),
            "{bytes}"
        );
        assert_eq!(sink.records, records, "{bytes}");
    };
    let head = "filedesc://a.arc 0.0.0.0 20030402101112 text/plain 9\n1 0 Test\n\n";
    let body = "HTTP/1.0 200 OK\nContent-Type: text/plain\n\ntexte";
    let length = body.len();
    let record = format!("http://a.fr/a b 192.0.2.1 20030402101112 text/plain {length}\n{body}\n");
    check(
        &format!("{head}{record}"),
        2,
        &["http://a.fr/a%20b texte"],
        &[],
    );
    check(
        &format!("{head}{record}{record}"),
        3,
        &["http://a.fr/a%20b texte"; 2],
        &[],
    );
    check(
        &format!("{head}{}", record.replace(&format!("{length}\n"), "-1\n")),
        2,
        &[],
        &["extract/malformed-warc f.warc"],
    );
    check(
        &format!(
            "{head}{}{record}",
            record.replace(&format!("{length}\n"), "3\n")
        ),
        3,
        &["http://a.fr/a%20b texte"; 2],
        &[],
    );
    check(
        &format!("{head}{}", record.replace("200", "404")),
        2,
        &[],
        &[],
    );
    check(
        &format!("{head}{}", record.get(..record.len() - 4).unwrap()),
        2,
        &[],
        &["extract/truncated f.warc"],
    );
}

/// A length that lies in every record makes no time quadratic.
#[test]
fn hostile_lengths_cost_linear_time() {
    let mut bytes = String::new();
    for at in 0..20_000 {
        let _ = write!(
            bytes,
            "WARC/1.0\r\nWARC-Type: conversion\r\nContent-Length: 60000000\r\n\r\n{at}\r\n\r\n"
        );
    }
    let sink = read_bytes(
        "warc",
        &Value::Null,
        "f",
        bytes.as_bytes(),
        &Limits::default(),
    );
    assert!(sink.records <= 20_000);
    let heads = "WARC/1.0\r\n".repeat(100_000);
    assert_eq!(read(heads.as_bytes()).records, 100_000);
    let blanks = "\n".repeat(1_000_000);
    assert_eq!(
        read(blanks.as_bytes()).fault_lines(),
        ["extract/empty f.warc"]
    );
    let endless = format!("WARC/1.0\r\n{}", "a: b\r\n".repeat(500_000));
    assert_eq!(
        read(endless.as_bytes()).fault_lines(),
        ["extract/malformed-warc f.warc"]
    );
}

/// Records of each fixture, as warcio 1.8.1 counts them; where warcio gives up on a file, as fastwarc 2.0.1 does.
/// Documents are the answers with text among them.
#[test]
fn fixtures_of_warcio() {
    let Some(folder) = corpora() else {
        return;
    };
    let folder = folder.join("warc-warcio");
    let check = |name: &str, records: usize, documents: usize, faults: &[&str]| {
        let sink = read_path("warc", &Value::Null, name, &folder.join(name));
        assert_eq!(sink.records, records, "{name} {:?}", sink.fault_lines());
        assert_eq!(
            sink.documents.len(),
            documents,
            "{name} {:?}",
            sink.fault_lines()
        );
        let faults: Vec<String> = faults
            .iter()
            .map(|fault| format!("{fault} {name}"))
            .collect();
        assert_eq!(sink.fault_lines(), faults);
    };
    let malformed = "extract/malformed-warc";
    check("bad.arc", 4, 0, &[malformed, "extract/empty", malformed]);
    check("example-bad-non-chunked.warc.gz", 6, 1, &[]);
    check("example-bad.warc.gz.bad", 6, 1, &[]);
    check("example-digest.warc", 4, 0, &[]);
    check("example-iana.org-chunked.warc", 3, 1, &[]);
    check("example-resource.warc.gz", 3, 1, &[]);
    check("example-space-in-target-uri.warc.gz", 2, 0, &[]);
    check("example-space-in-url.arc", 2, 1, &[]);
    check("example-trunc.warc", 4, 1, &[]);
    check("example-wget-bad-target-uri.warc.gz", 6, 3, &[]);
    check("example-wrong-chunks.warc.gz", 2, 1, &[]);
    check("example.arc", 2, 1, &[]);
    check("example.arc.gz", 2, 1, &[]);
    check("example.warc", 6, 1, &[]);
    check("example.warc.gz", 6, 1, &[]);
    check("post-test.warc.gz", 6, 0, &[]);
}
