//! Books made by hand, hostile ones among them.

use std::io::{Cursor, Write};

use moisson_core::Limits;
use serde_json::{Value, json};
use zip::write::{SimpleFileOptions, ZipWriter};

use super::package::resolved;
use crate::testing::{Collected, read_bytes};

fn zipped(members: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    for (name, text) in members {
        zip.start_file(*name, options).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

const CONTAINER: (&str, &str) = (
    "META-INF/container.xml",
    r#"<?xml version="1.0"?><container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0"><rootfiles>
<rootfile full-path="OEBPS/livre.opf" media-type="application/oebps-package+xml"/></rootfiles></container>"#,
);

fn package(spine: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="uid">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:opf="http://www.idpf.org/2007/opf">
<dc:identifier>isbn</dc:identifier><dc:identifier id="uid">urn:uuid:1234</dc:identifier><dc:title>Le Livre</dc:title>
<dc:creator>Une Autrice</dc:creator><dc:language>fr</dc:language><dc:publisher>Éditions</dc:publisher>
<dc:date>2021-05-04</dc:date><meta property="dcterms:modified">2022-01-02T03:04:05Z</meta>
<dc:rights>CC BY 4.0</dc:rights><link rel="cc:license" href="https://creativecommons.org/licenses/by/4.0/"/>
<meta property="tdm:reservation">1</meta><meta name="tdm:policy" content="https://a.example/p"/></metadata>
<manifest><item id="nav" href="nav.xhtml" properties="nav" media-type="application/xhtml+xml"/>
<item id="c1" href="texte/chapitre%201.xhtml" media-type="application/xhtml+xml"/>
<item id="c2" href="../autre/c2.xhtml#debut" media-type="application/xhtml+xml"/>
<item id="no" href="notes.xhtml" media-type="application/xhtml+xml"/>
<item id="cov" href="Couverture.xhtml" media-type="application/xhtml+xml"/>
<item id="im" href="i.jpg" media-type="image/jpeg"/></manifest>
<spine>{spine}</spine><guide><reference type="cover" href="Couverture.xhtml"/></guide></package>"#
    )
}

const SPINE: &str = r#"<itemref idref="cov"/><itemref idref="nav"/><itemref idref="c2"/><itemref idref="c1"/><itemref idref="no" linear="no"/><itemref idref="im"/>"#;
const FIRST: &str = r##"<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"><head><title/><script src="x"/></head>
<body><h1>Un</h1><p><a id="p1"/>Premier<a epub:type="noteref" href="#n">1</a> texte.<span epub:type="pagebreak" title="3">3</span></p><p/></body></html>"##;
const SECOND: &str = "<html><head><title>Deux</title></head><body><section><p>Second texte&nbsp;: fin.</p></section></body></html>";

fn book(spine: &str) -> Vec<u8> {
    zipped(&[
        ("mimetype", "application/epub+zip"),
        CONTAINER,
        ("OEBPS/livre.opf", &package(spine)),
        (
            "OEBPS/nav.xhtml",
            "<html><body><p>Sommaire</p></body></html>",
        ),
        (
            "OEBPS/couverture.xhtml",
            "<html><body><p>Couverture</p></body></html>",
        ),
        ("OEBPS/texte/chapitre 1.xhtml", FIRST),
        ("AUTRE/c2.xhtml", SECOND),
        (
            "OEBPS/notes.xhtml",
            "<html><body><p>Notes</p></body></html>",
        ),
    ])
}

fn read(options: &Value, bytes: &[u8]) -> Collected {
    read_bytes("epub", options, "d/livre.epub", bytes, &Limits::default())
}

#[test]
fn a_book_is_read_along_its_spine() {
    let sink = read(&Value::Null, &book(SPINE));
    assert_eq!(sink.fault_lines(), [] as [String; 0]);
    let document = &sink.documents[0];
    assert_eq!(document.key_text(), "urn:uuid:1234");
    assert_eq!(
        document.text,
        "Second texte\u{a0}: fin.\n\nUn\n\nPremier texte."
    );
    assert_eq!(document.title.as_deref(), Some("Le Livre"));
    assert_eq!(document.producer.as_deref(), Some("Éditions"));
    assert_eq!(document.language_declared.as_deref(), Some("fr"));
    assert_eq!(
        document.licence_declared.as_deref(),
        Some("CC BY 4.0 ; https://creativecommons.org/licenses/by/4.0/")
    );
    assert_eq!(document.published_on.unwrap().to_string(), "2021-05-04");
    assert_eq!(document.modified_on.unwrap().to_string(), "2022-01-02");
    assert_eq!(
        Value::from(document.metadata.clone()),
        json!({
            "creators": ["Une Autrice"],
            "chapters": 2,
            "optout": {"marks": [
                {"kind": "tdmrep-epub", "raw": "1"},
                {"kind": "tdm-policy", "raw": "https://a.example/p"},
            ]},
        })
    );
    let chapters = read(&json!({"unit": "chapter"}), &book(SPINE));
    let keys: Vec<String> = chapters
        .documents
        .iter()
        .map(moisson_core::Document::key_text)
        .collect();
    assert_eq!(
        keys,
        [
            "urn:uuid:1234#autre/c2.xhtml",
            "urn:uuid:1234#OEBPS/texte/chapitre 1.xhtml"
        ]
    );
    assert_eq!(chapters.documents[0].title.as_deref(), Some("Deux"));
    assert_eq!((sink.records, chapters.records), (1, 1));
}

#[test]
fn broken_packages_are_read_by_name() {
    let check = |members: &[(&str, &str)], reason: &str| {
        let sink = read(&Value::Null, &zipped(members));
        assert_eq!(
            sink.documents[0].text, "Second texte\u{a0}: fin.",
            "{reason}"
        );
        let note = sink.documents[0].metadata["without_package"]
            .as_str()
            .unwrap();
        assert!(note.contains(reason), "{note}");
    };
    let text = ("b.xhtml", SECOND);
    check(&[text, ("nav.xhtml", FIRST)], "no package document");
    check(&[text, CONTAINER], "`OEBPS/livre.opf` is missing");
    check(
        &[text, CONTAINER, ("OEBPS/livre.opf", "<package>")],
        "ends inside",
    );
    check(
        &[text, CONTAINER, ("OEBPS/livre.opf", "<package/>")],
        "names nothing",
    );
    // Without its container the package is found by its name.
    let sink = read(
        &Value::Null,
        &zipped(&[
            ("OEBPS/livre.opf", &package(SPINE)),
            ("autre/c2.xhtml", SECOND),
        ]),
    );
    assert_eq!(sink.documents[0].metadata["unreadable"], json!(1));
}

#[test]
fn what_is_refused() {
    let check = |bytes: &[u8], limits: &Limits, expected: &str| {
        let sink = read_bytes("epub", &Value::Null, "a.epub", bytes, limits);
        assert_eq!(sink.fault_lines(), [format!("{expected} a.epub")]);
        assert_eq!((sink.records, sink.documents.len()), (1, 0));
    };
    let limits = Limits::default();
    check(b"", &limits, "extract/empty");
    check(b"pas un zip", &limits, "extract/malformed-archive");
    let good = book(SPINE);
    check(
        &good[..good.len() / 2],
        &limits,
        "extract/malformed-archive",
    );
    check(&zipped(&[("a.txt", "rien")]), &limits, "extract/empty");
    let encryption = |method: &str| {
        let xml = format!(
            r#"<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container" xmlns:enc="http://www.w3.org/2001/04/xmlenc#"><enc:EncryptedData>
<enc:EncryptionMethod Algorithm="{method}"/><enc:CipherData><enc:CipherReference URI="a.xhtml"/></enc:CipherData></enc:EncryptedData></encryption>"#
        );
        zipped(&[("a.xhtml", SECOND), ("META-INF/encryption.xml", &xml)])
    };
    check(
        &encryption("http://www.w3.org/2001/04/xmlenc#aes128-cbc"),
        &limits,
        "extract/malformed-archive",
    );
    assert_eq!(
        read(
            &Value::Null,
            &encryption("http://www.idpf.org/2008/embedding")
        )
        .documents
        .len(),
        1
    );
    let zeros = " ".repeat(20 << 20);
    check(
        &zipped(&[("a.xhtml", &zeros)]),
        &limits,
        "extract/expansion",
    );
    let small = Limits {
        record_bytes_max: 1000,
        ..limits
    };
    check(
        &zipped(&[("a.xhtml", &" ".repeat(2000))]),
        &small,
        "extract/too-large",
    );
    check(
        &zipped(&[
            ("a.xhtml", &"<p>mot</p>".repeat(90)),
            ("b.xhtml", &"a ".repeat(499)),
            ("c.xhtml", SECOND),
        ]),
        &small,
        "extract/too-large",
    );
    let few = Limits {
        members_max: 1,
        ..limits
    };
    check(
        &zipped(&[("a.xhtml", SECOND), ("b.xhtml", SECOND)]),
        &few,
        "extract/expansion",
    );
    check(
        &zipped(&[("a.xhtml", &"<div>".repeat(300_000))]),
        &limits,
        "extract/empty",
    );
}

#[test]
fn references_as_a_table() {
    for (folder, href, expected) in [
        ("OEBPS", "a.xhtml#x", "OEBPS/a.xhtml"),
        ("OEBPS", "../b/c%20d.xhtml", "b/c d.xhtml"),
        ("OEBPS/x", "./../../../a", "a"),
        ("", "a\\b.xhtml", "a/b.xhtml"),
        ("OEBPS", "/a", "a"),
        ("OEBPS", "%C3%A9t%C3%A9.xhtml", "OEBPS/été.xhtml"),
        ("OEBPS", "100%.xhtml", "OEBPS/100%.xhtml"),
    ] {
        assert_eq!(resolved(folder, href), expected, "{href}");
    }
}
