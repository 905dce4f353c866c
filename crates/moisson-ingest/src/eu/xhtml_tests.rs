//! The `eurlex` reader: rules of the text as a table, names, bad input.

use moisson_core::Limits;
use serde_json::{Value, json};

use crate::testing::{Collected, read_bytes};

fn read(options: &Value, uri: &str, html: &[u8]) -> Collected {
    let limits = Limits {
        record_bytes_max: 4 << 20,
        depth_max: 64,
        ..Limits::default()
    };
    read_bytes("eurlex", options, uri, html, &limits)
}

#[test]
fn text_rules_as_a_table() {
    let check = |content: &str, expected: &str| {
        let page =
            format!("<html><body><nav>Menu</nav><p class='doc-ti'>ACTE</p>{content}</body></html>");
        let sink = read(&Value::Null, "a.html", page.as_bytes());
        assert_eq!(
            sink.documents[0].text,
            format!("ACTE\n\n{expected}"),
            "{content}"
        );
    };
    check(
        "<p class='normal'>a</p><p class='oj-normal'>b<br/>c</p>",
        "a\n\nb\nc",
    );
    check(
        "<p class='ti-art'>Article 1</p><p class='sti-art'>Objet</p><p class='normal'>a</p><p class='ti-art'>Article 2</p>",
        "Article 1\nObjet\n\na\n\nArticle 2",
    );
    check(
        "<table><tr><td><p class='normal'>1)</p></td><td><p class='normal'>a</p><p class='normal'>b</p></td></tr></table>",
        "1) a\nb",
    );
    check(
        "<table class='table'><tr><td>1.</td><td>a</td></tr></table>",
        "1. | a",
    );
    check(
        "<table><tr><td>Nom</td><td>Taux</td></tr><tr><td></td><td>2</td></tr></table>",
        "Nom | Taux\n| 2",
    );
    check(
        "<table><tr><td><p class='normal'>a</p></td></tr></table><p class='normal'>b</p>",
        "a\n\nb",
    );
    check(
        "<div class='grid-container grid-list'><div class='list grid-list-column-1'>a) </div><div class='grid-list-column-2'><p class='norm'>x</p></div></div>",
        "a) x",
    );
    check(
        "<div class='norm'><span class='no-parag'>1.  </span><div class='inline-element'><p class='norm'>x</p></div></div>",
        "1. x",
    );
    check(
        "<p class='norm'>►M1 un ◄ deux ►C2 trois ◄.</p><p class='modref'>▼B</p>",
        "un deux trois.",
    );
    check(
        "<p class='normal'>a <a href='#ntr1-L'>(<span class='super'>1</span>)</a>, <a href='x'>b</a></p><p class='note'><a href='#ntc1-L'>(1)</a> JO.</p><p class='normal'>c</p>",
        "a, b\n\nc\n\nJO.",
    );
    check(
        "<p class='hd-oj'>L 1/2</p><p class='disclaimer'>d</p><hr/><p class='normal'>a</p>",
        "a",
    );
}

#[test]
fn names_as_a_table() {
    let check = |uri: &str, head: &str, body: &str, expected: (&str, Option<&str>)| {
        let page =
            format!("<html><head>{head}</head><body>{body}<p class='normal'>a</p></body></html>");
        let sink = read(&Value::Null, uri, page.as_bytes());
        let document = &sink.documents[0];
        assert_eq!(
            (document.key_text().as_str(), document.url.as_deref()),
            expected,
            "{uri}"
        );
    };
    check("a/b.html", "", "", ("a/b.html", None));
    let page = "https://eur-lex.europa.eu/legal-content/FR/TXT/?uri=CELEX:32020R0001";
    check("32020R0001.html", "", "", ("32020R0001", Some(page)));
    check(
        "b.html",
        "<link rel='canonical' href='https://x/?uri=CELEX%3A32020R0001'>",
        "",
        ("32020R0001", Some(page)),
    );
    check(
        "b.html",
        "<meta name='DC.identifier' content='32020R0001'>",
        "",
        ("32020R0001", Some(page)),
    );
    check(
        "b.html",
        "",
        "<p class='oj-hd-date'>ELI: http://data.europa.eu/eli/reg/2020/1/oj</p>",
        ("b.html", Some("http://data.europa.eu/eli/reg/2020/1/oj")),
    );
    check(
        "32020R0001.html",
        "",
        "<p class='reference'>2020R0001 — FR — 04.05.2021 — 000.002</p>",
        (
            "02020R0001-20210504",
            Some("https://eur-lex.europa.eu/legal-content/FR/TXT/?uri=CELEX:02020R0001-20210504"),
        ),
    );
}

#[test]
fn footnotes_and_ids_are_options() {
    let page = b"<body><p class='normal'>a</p><p class='note'>n</p></body>";
    let sink = read(
        &json!({"notes": "drop", "id": "path"}),
        "32020R0001.html",
        page,
    );
    assert_eq!(sink.texts(), [("32020R0001.html".to_owned(), "a")]);
}

#[test]
fn bad_input_as_a_table() {
    let check = |html: &[u8], expected: &str| {
        let sink = read(&Value::Null, "a.html", html);
        assert_eq!(sink.fault_lines(), [format!("{expected} a.html")]);
        assert_eq!((sink.records, sink.documents.len()), (1, 0));
    };
    check(b"", "extract/empty");
    check(b"<p class='normal'> </p>", "extract/empty");
    check(
        &b"<div class='norm'>".repeat(100_000),
        "extract/malformed-html",
    );
    check(&vec![b'x'; 5 << 20], "extract/too-large");
    // What is cut short is read as far as it goes, as any page is.
    assert_eq!(
        read(&Value::Null, "a.html", b"<p class='normal'>cou").documents[0].text,
        "cou"
    );
    // Bytes that are no UTF-8 are read in the encoding that fits.
    assert_eq!(
        read(&Value::Null, "a.html", b"<p class='normal'>\xe9t\xe9</p>").documents[0].text,
        "été"
    );
}

#[test]
fn bait_is_read_in_linear_time() {
    for piece in [
        "<table><tr><td>1)</td><td>a</td></tr></table>",
        "<p class='note'>x</p>",
        "<p class='doc-ti'>t</p>",
        "<a href='#ntr'>x</a>",
        "<tr><td>",
    ] {
        let page = format!(
            "<body><p class='normal'>x</p>{}</body>",
            piece.repeat(5_000)
        );
        let sink = read(&Value::Null, "a.html", page.as_bytes());
        assert_eq!(sink.records, 1, "{piece}");
    }
}
