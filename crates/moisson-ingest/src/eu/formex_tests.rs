//! The `formex` reader: rules of the text as a table, names, bad input.

use moisson_core::Limits;
use serde_json::{Value, json};

use crate::testing::{Collected, read_bytes};

fn read(options: &Value, uri: &str, xml: &[u8]) -> Collected {
    let limits = Limits {
        record_bytes_max: 4 << 20,
        depth_max: 64,
        ..Limits::default()
    };
    read_bytes("formex", options, uri, xml, &limits)
}

fn act(content: &str) -> String {
    format!("<ACT><BIB.INSTANCE><LG.DOC>FR</LG.DOC></BIB.INSTANCE>{content}</ACT>")
}

#[test]
fn text_rules_as_a_table() {
    let check = |content: &str, expected: &str| {
        let sink = read(&Value::Null, "a.xml", act(content).as_bytes());
        let text = sink.documents.first().map(|d| d.text.as_str());
        assert_eq!(text, Some(expected), "{content}");
    };
    check(
        "<TITLE><TI><P>DÉCISION</P><P>du jour</P></TI></TITLE><P>x</P>",
        "DÉCISION\ndu jour\n\nx",
    );
    check(
        "<ARTICLE><TI.ART>Article 1</TI.ART><STI.ART>Objet</STI.ART><ALINEA>a</ALINEA><ALINEA>b</ALINEA></ARTICLE>",
        "Article 1\nObjet\n\na\n\nb",
    );
    check(
        "<PARAG><NO.PARAG>1.</NO.PARAG><ALINEA>a</ALINEA><ALINEA>b</ALINEA></PARAG>",
        "1. a\n\nb",
    );
    check(
        "<LIST TYPE='DASH'><ITEM><P>a</P></ITEM><ITEM><NP><NO.P>b)</NO.P><TXT>c</TXT><P>d</P></NP></ITEM></LIST>",
        "— a\nb) c\nd",
    );
    check(
        "<P>vers <HT TYPE='ITALIC'>le</HT> <DATE ISO='20200101'>1er</DATE> jour<NOTE><P>Note.</P></NOTE> .</P>",
        "vers le 1er jour.\n\nNote.",
    );
    check(
        "<P>un <QUOT.START CODE='00AB'/>\nmot\n<QUOT.END CODE='00BB'/>, <QUOT.START CODE='2018'/>x<QUOT.END CODE='2019'/></P>",
        "un «\u{a0}mot\u{a0}», ‘x’",
    );
    check(
        "<P><QUOT.START/>a<QUOT.END/> <QUOT.START CODE='zz'/>b<QUOT.END CODE='110000'/></P>",
        "«\u{a0}a\u{a0}» «\u{a0}b\u{a0}»",
    );
    check(
        "<P>de <FT TYPE='NUMBER'>1234567,25</FT> et <FT TYPE='NUMBER'>123</FT> ou <FT TYPE='CODE'>12AB34</FT></P>",
        "de 1\u{a0}234\u{a0}567,25 et 123 ou 12AB34",
    );
    check(
        "<TBL><CORPUS><ROW><CELL>a</CELL><CELL><TBL><CORPUS><ROW><CELL>b</CELL><CELL>c</CELL></ROW></CORPUS></TBL></CELL><CELL>d</CELL></ROW></CORPUS></TBL>",
        "a | b c | d",
    );
    check(
        "<P>a</P><INCL.ELEMENT FILEREF='x'/><TOC><P>b</P></TOC><CURR.TITLE><PAGE.HEADER><P>c</P></PAGE.HEADER></CURR.TITLE>",
        "a",
    );
    check("<P>l'ar<?PAGE NO='3'?>ticle</P>", "l'article");
}

#[test]
fn footnotes_and_ids_are_options() {
    let xml = act("<P>a<NOTE><P>n</P></NOTE></P>");
    let sink = read(
        &json!({"notes": "drop", "id": "path"}),
        "x/32020R0001/a.xml",
        xml.as_bytes(),
    );
    assert_eq!(sink.texts(), [("x/32020R0001/a.xml".to_owned(), "a")]);
}

#[test]
fn keys_as_a_table() {
    let check = |uri: &str, xml: &str, expected: &str| {
        let sink = read(&Value::Null, uri, xml.as_bytes());
        assert_eq!(sink.documents[0].key_text(), expected, "{uri}");
    };
    check("a/L_2020001FR.xml", &act("<P>a</P>"), "L_2020001FR");
    check(
        "32020R0001.zip!L_2020001FR.xml",
        &act("<P>a</P>"),
        "32020R0001",
    );
    check(
        "32020R0001.zip!L_2020002FR.xml",
        "<ANNEX><P>a</P></ANNEX>",
        "32020R0001/L_2020002FR",
    );
    check(
        "a.xml",
        "<ORDER><BIB.ORDER><NO.CELEX>62018TO0235(04)</NO.CELEX></BIB.ORDER><P>a</P></ORDER>",
        "62018TO0235(04)",
    );
    check(
        "a.xml",
        "<CONS.ACT><INFO.CONSLEG CONSLEG.REF='2016R0001' START.DATE='20180523' END.DATE='20200101'/><CONS.DOC><P>a</P></CONS.DOC></CONS.ACT>",
        "02016R0001-20180523",
    );
}

#[test]
fn bad_input_as_a_table() {
    let check = |xml: &[u8], expected: &str| {
        let sink = read(&Value::Null, "a.xml", xml);
        assert_eq!(sink.fault_lines(), [format!("{expected} a.xml")]);
        assert_eq!((sink.records, sink.documents.len()), (1, 0));
    };
    check(b"", "extract/empty");
    check(b"<ACT><P>coup", "extract/malformed-xml");
    check(b"<html><p>a</p></html>", "extract/malformed-xml");
    check(b"<ACT><QUOT.END/></ACT", "extract/malformed-xml");
    check(b"<ACT><P> </P></ACT>", "extract/empty");
    check(b"<ACT><FT/></ACT>", "extract/empty");
    check(
        b"<!DOCTYPE ACT [<!ENTITY a 'b'>]><ACT>&a;</ACT>",
        "extract/malformed-xml",
    );
    check(&b"<ACT><P>".repeat(60_000), "extract/malformed-xml");
    check(&vec![b'x'; 5 << 20], "extract/too-large");
    // Descriptions of packages have no text by design.
    let sink = read(&Value::Null, "a.doc.xml", b"<DOC><BIB.DOC/></DOC>");
    assert_eq!(
        (sink.records, sink.documents.len(), sink.faults.len()),
        (1, 0, 0)
    );
}

#[test]
fn bait_is_read_in_linear_time() {
    for piece in [
        "<NOTE>x</NOTE>",
        "<QUOT.START/>",
        "<FT>1</FT>",
        "<ITEM><NP/></ITEM>",
        "<TBL/>",
        "<KEYWORD>a</KEYWORD>",
    ] {
        let sink = read(
            &Value::Null,
            "a.xml",
            act(&format!("<LIST>{}</LIST>x", piece.repeat(100_000))).as_bytes(),
        );
        assert_eq!(sink.documents.len(), 1, "{piece}");
    }
}
