//! The `dila` reader: the sample archives against a golden, and each defect of the base.

use std::io::Cursor;

use moisson_core::{Document, Limits};
use serde_json::{Value, json};

use crate::container::{Include, ReadSeek, SourceFile, read_file};
use crate::readers::{self, Member};
use crate::testing::Collected;

const PATH: &str =
    "legi/global/code_et_TNC_en_vigueur/code_en_vigueur/article/LEGIARTI000000000001.xml";

fn read_member(options: &Value, uri: &str, bytes: &[u8]) -> Collected {
    let reader = readers::build("dila", options).unwrap();
    let mut sink = Collected::default();
    let limits = Limits {
        record_bytes_max: 50_000,
        depth_max: 64,
        ..Limits::default()
    };
    let member = Member {
        uri,
        bytes: &mut &*bytes,
        modified: None,
        sequence: 20_250_714_203_006,
        limits: &limits,
    };
    reader.read(member, &mut sink).unwrap();
    sink
}

fn article(content: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ARTICLE><META><META_COMMUN><ID>LEGIARTI000000000001</ID></META_COMMUN>\
         <META_SPEC><META_ARTICLE><NUM>L. 1</NUM><ETAT>VIGUEUR</ETAT><DATE_DEBUT>2020-01-01</DATE_DEBUT>\
         <DATE_FIN>2999-01-01</DATE_FIN></META_ARTICLE></META_SPEC></META>\
         <BLOC_TEXTUEL><CONTENU>{content}</CONTENU></BLOC_TEXTUEL></ARTICLE>"
    )
}

macro_rules! sample {
    ($name:literal) => {
        (
            $name,
            include_bytes!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../../data-samples/dila/",
                $name
            ))
            .as_slice(),
        )
    };
}

/// A document as the golden shows it.
fn shown(document: &Document) -> Value {
    let date = |date: Option<moisson_core::Date>| {
        date.map(moisson_core::Date::ymd)
            .map(|(y, m, d)| format!("{y:04}-{m:02}-{d:02}"))
    };
    json!({
        "key": document.key_text(),
        "text": document.text,
        "title": document.title,
        "url": document.url,
        "published_on": date(document.published_on),
        "modified_on": date(document.modified_on),
        "genre": document.genre,
        "version_of": document.version_of,
        "version_from": date(document.version_from),
        "version_to": date(document.version_to),
        "version_state": document.version_state,
        "raw_uri": document.raw_uri,
        "sequence": document.sequence,
        "metadata": document.metadata,
    })
}

/// To renew the golden, copy what this test prints into `tests-data/dila.json` and review the difference.
#[test]
fn the_sample_archives_give_the_golden() {
    let archives = [
        sample!("Freemium_jorf_global_20250713-140000.tar.gz"),
        sample!("Freemium_legi_global_20250713-140000.tar.gz"),
        sample!("LEGI_20250714-203006.tar.gz"),
        sample!("LEGI_20250715-204512.tar.gz"),
    ];
    let reader = readers::build("dila", &Value::Null).unwrap();
    let mut sink = Collected::default();
    for (name, bytes) in archives {
        let open = || -> std::io::Result<Box<dyn ReadSeek>> { Ok(Box::new(Cursor::new(bytes))) };
        let file = SourceFile {
            name,
            size: bytes.len() as u64,
            open: &open,
        };
        read_file(
            &*reader,
            &file,
            &Include::default(),
            &Limits::default(),
            &mut sink,
        )
        .unwrap();
    }
    let documents: Vec<Value> = sink.documents.iter().map(shown).collect();
    let withdrawn: Vec<String> = sink
        .tombstones
        .iter()
        .map(|t| format!("{} {}", t.key, t.sequence))
        .collect();
    let actual = json!({
        "records": sink.records,
        "documents": documents,
        "faults": sink.fault_lines(),
        "withdrawn": withdrawn,
    });
    let golden: Value = serde_json::from_str(include_str!("../../tests-data/dila.json")).unwrap();
    if actual != golden {
        println!("{}", serde_json::to_string_pretty(&actual).unwrap());
    }
    assert!(actual == golden, "not the golden; see above");
}

#[test]
fn defects_as_a_table() {
    let check = |content: &str, expected: &str| {
        let sink = read_member(&Value::Null, PATH, article(content).as_bytes());
        assert_eq!(
            sink.texts(),
            [("LEGIARTI000000000001".to_owned(), expected)]
        );
    };
    check("<p>Texte.</p>", "Texte.");
    check("<p>Un&amp;nbsp;: l&amp;#8217;eau</p>", "Un\u{a0}: l’eau"); // escaped twice
    check("<p>L&nbsp;eau&eacute;</p>", "L\u{a0}eaué"); // not declared, but HTML
    check("<p>navi\u{ad}gation</p>", "navi\u{ad}gation"); // normalisation takes it away
    check("<p>dÃ©cret</p>", "dÃ©cret"); // spoilt by its publisher, left as published
    check("<p>Un<br/><br/>deux</p><P>trois</P>", "Un\n\ndeux\n\ntrois");
    check("<![CDATA[<p>Un.</p><p>Deux.</p>]]>", "Un.\n\nDeux.");
}

#[test]
fn bad_records_are_faults() {
    let check = |text: &str, expected: &str| {
        let sink = read_member(&Value::Null, PATH, text.as_bytes());
        assert_eq!((sink.records, sink.documents.len()), (1, 0));
        assert_eq!(
            sink.fault_lines(),
            [format!("{expected} {PATH}")],
            "{text:.200}"
        );
    };
    let good = article("<p>Texte.</p>");
    check("", "extract/empty");
    check(&article(""), "extract/empty");
    check(&article("<p> <br/></p>"), "extract/empty");
    check(
        good.get(..good.len() - 40).unwrap(),
        "extract/malformed-xml",
    );
    check(
        &good.replace("</BLOC_TEXTUEL>", ""),
        "extract/malformed-xml",
    );
    check(&article(&"<b>".repeat(100)), "extract/malformed-xml");
    check(&article(&"x".repeat(60_000)), "extract/too-large");
    check(
        "<!DOCTYPE html><html><body>503 Service Unavailable</body></html>",
        "extract/malformed-xml",
    );
    check(
        &good.replace("LEGIARTI000000000001", ""),
        "extract/malformed-xml",
    );
    let laughs = "<!DOCTYPE x [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>";
    check(
        &good
            .replace("<ARTICLE>", &format!("{laughs}<ARTICLE>"))
            .replace("Texte", "&b;"),
        "extract/malformed-xml",
    );
    check(&article("<p>&b;</p>"), "extract/malformed-xml");
}

#[test]
fn latin_1_is_read_as_declared() {
    let text = article("<p>Décret d’été</p>").replace("UTF-8", "ISO-8859-1");
    let bytes = encoding_rs::WINDOWS_1252.encode(&text).0;
    let sink = read_member(&Value::Null, PATH, &bytes);
    assert_eq!(sink.documents[0].text, "Décret d’été");
}

#[test]
fn records_without_text_by_design_yield_nothing() {
    let structure = "legi/global/code_et_TNC_en_vigueur/section_ta/LEGISCTA000000000001.xml";
    let check = |options: &Value, uri: &str, text: &str| {
        let sink = read_member(options, uri, text.as_bytes());
        assert_eq!(
            (sink.records, sink.documents.len(), sink.faults.len()),
            (1, 0, 0),
            "{uri}"
        );
    };
    check(&Value::Null, structure, "<SECTION_TA/>");
    check(
        &Value::Null,
        "a/LEGISCTA000000000001.xml",
        "<SECTION_TA><ID>x</ID></SECTION_TA>",
    );
    check(&json!({"articles": false}), PATH, &article("<p>x</p>"));
    check(&json!({"articles": false}), "a.xml", &article("<p>x</p>"));
    let code = "<TEXTE_VERSION><META><META_COMMUN><ID>LEGITEXT000000000001</ID></META_COMMUN></META></TEXTE_VERSION>";
    check(&Value::Null, "a.xml", code);
}

#[test]
fn chains_titles_and_notes() {
    let text = article("<p>Texte.</p>").replace(
        "<BLOC_TEXTUEL>",
        "<CONTEXTE><TEXTE cid=\"LEGITEXT000000000009\" nature=\"LOI\" nor=\"ABCD\" date_publi=\"2019-12-30\">\
         <TITRE_TXT debut=\"2000-01-01\" fin=\"2015-01-01\">Ancien titre</TITRE_TXT>\
         <TITRE_TXT debut=\"2015-01-01\" fin=\"2999-01-01\">Loi &amp;laquo; eau &amp;raquo;</TITRE_TXT>\
         <TM><TITRE_TM>Livre I</TITRE_TM><TM><TITRE_TM>Titre II</TITRE_TM></TM></TM></TEXTE></CONTEXTE>\
         <VERSIONS><VERSION><LIEN_ART id=\"LEGIARTI000000000003\"/></VERSION>\
         <VERSION><LIEN_ART id=\"LEGIARTI000000000000\"/></VERSION></VERSIONS>\
         <NOTA><CONTENU><p>Note.</p></CONTENU></NOTA><BLOC_TEXTUEL>",
    );
    let sink = read_member(&Value::Null, PATH, text.as_bytes());
    let document = &sink.documents[0];
    assert_eq!(document.text, "Texte.\n\nNOTA :\nNote.");
    assert_eq!(
        document.title.as_deref(),
        Some("Article L. 1 — Loi « eau »")
    );
    assert_eq!(document.version_of.as_deref(), Some("LEGIARTI000000000000"));
    assert_eq!(
        document.url.as_deref(),
        Some("https://www.legifrance.gouv.fr/loda/article_lc/LEGIARTI000000000001")
    );
    assert_eq!(
        document.metadata["sections"],
        json!(["Livre I", "Titre II"])
    );
    assert_eq!(
        document.modified_on,
        moisson_core::Date::from_ymd(2025, 7, 14)
    );
    assert_eq!(
        (document.version_to, document.sequence),
        (None, 20_250_714_203_006)
    );

    let announced = text
        .replace("<p>Note.</p>", "<p>Nota.-Note.</p>")
        .replace("<NUM>L. 1", "<NUM>Annexe I");
    let sink = read_member(&Value::Null, PATH, announced.as_bytes());
    assert_eq!(sink.documents[0].text, "Texte.\n\nNota.-Note.");
    assert_eq!(
        sink.documents[0].title.as_deref(),
        Some("Annexe I — Loi « eau »")
    );
}

#[test]
fn options_choose_members() {
    let wants = |options: &Value, uri: &str| readers::build("dila", options).unwrap().wants(uri);
    let jorf = "jorf/global/article/JORF/ARTI/00/JORFARTI000000000001.xml";
    assert!(wants(&Value::Null, PATH) && wants(&Value::Null, jorf));
    assert!(wants(&json!({"fond": "LEGI"}), PATH) && !wants(&json!({"fond": "LEGI"}), jorf));
    assert!(wants(&json!({"fond": "JORF"}), jorf) && !wants(&json!({"fond": "JORF"}), PATH));
    assert!(!wants(
        &Value::Null,
        "legi/global/eli/LEGIARTI000000000001.xml"
    ));
    assert!(readers::build("dila", &json!({"fond": "KALI"})).is_err());
    assert!(readers::build("dila", &json!({"texte": true})).is_err());
}
