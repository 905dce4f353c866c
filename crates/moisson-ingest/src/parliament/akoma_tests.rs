//! Akoma Ntoso, with its levels, notes and defects.

use moisson_core::Limits;
use serde_json::{Value, json};

use crate::testing::{Collected, read_bytes};

fn read(options: &Value, text: &str) -> Collected {
    let limits = Limits {
        record_bytes_max: 100_000,
        depth_max: 64,
        ..Limits::default()
    };
    read_bytes("akoma-ntoso", options, "d/a.xml", text.as_bytes(), &limits)
}

fn act(body: &str) -> String {
    format!(
        "<akomaNtoso xmlns=\"http://docs.oasis-open.org/legaldocml/ns/akn/3.0\"><act>{body}</act></akomaNtoso>"
    )
}

#[test]
fn bodies_as_a_table() {
    let check = |body: &str, expected: &str| {
        let sink = read(&Value::Null, &act(&format!("<body>{body}</body>")));
        assert_eq!(sink.fault_lines(), [] as [&str; 0], "{body}");
        assert_eq!(sink.documents[0].text, expected, "{body}");
    };
    check(
        "<article><num>Article 1</num><content><p>Un.</p><p>Deux.</p></content></article>",
        "Article 1\n\nUn.\n\nDeux.",
    );
    check(
        "<article><num>Article 1</num><heading>Titre</heading><content><p>Un.</p></content></article>",
        "Article 1 — Titre\n\nUn.",
    );
    check(
        "<section><num>1.</num><heading>Titre</heading><p>Un.</p></section>",
        "1. Titre\n\nUn.",
    );
    check(
        "<section><heading>Titre</heading><p>Un.</p></section>",
        "Titre\n\nUn.",
    );
    check(
        "<paragraph><num>1.</num><content><p>Un.</p><p>Deux.</p></content></paragraph>",
        "1. Un.\n\nDeux.",
    );
    check(
        "<paragraph><num>II.</num><list><intro><p>Liste :</p></intro><point><num>a)</num><content><p>Un ;</p></content></point><wrapUp><p>fin.</p></wrapUp></list></paragraph>",
        "II. Liste :\n\na) Un ;\n\nfin.",
    );
    check(
        "<paragraph><num>II.</num><list><point><num>a)</num><content><p>Un ;</p></content></point></list></paragraph>",
        "II.\n\na) Un ;",
    );
    check(
        "<blockList><listIntroduction>Liste :</listIntroduction><item><num>1°</num><p>Un ;</p></item><item><num>2°</num><p>Deux.</p></item></blockList>",
        "Liste :\n1° Un ;\n2° Deux.",
    );
    check(
        "<p>l’<ref href=\"#a\">article 3</ref>, <b>gras</b>, 1<sup>er</sup></p>",
        "l’article 3, gras, 1er",
    );
    check(
        "<p>un <del>vieux</del><ins>nouveau</ins> mot<eol/>ligne</p>",
        "un nouveau mot\nligne",
    );
    check(
        "<p>Il est ajouté : <mod>« <quotedStructure><article><num>Art. 4</num><content><p>Texte.</p></content></article></quotedStructure> »</mod></p>",
        "Il est ajouté : «\n\nArt. 4\n\nTexte.\n\n»",
    );
}

#[test]
fn notes_come_at_the_end_or_not_at_all() {
    let text = act(
        "<body><p>Un<authorialNote marker=\"1\"><p>Note <b>une</b>.</p><p>Suite.</p></authorialNote>, deux<authorialNote><p>Autre.</p></authorialNote>.</p></body>",
    );
    let sink = read(&Value::Null, &text);
    assert_eq!(
        sink.documents[0].text,
        "Un, deux.\n\n1 Note une.\nSuite.\n\nAutre."
    );
    assert_eq!(sink.documents[0].metadata["notes"], json!(2));
    let sink = read(&json!({"notes": "drop"}), &text);
    assert_eq!(sink.documents[0].text, "Un, deux.");
}

#[test]
fn names_of_works_and_expressions() {
    let meta = |inner: &str| {
        act(&format!(
            "<meta><identification>{inner}</identification></meta><body><p>x</p></body>"
        ))
    };
    let check = |inner: &str, key: &str, work: Option<&str>| {
        let sink = read(&Value::Null, &meta(inner));
        assert_eq!(sink.documents[0].key_text(), key);
        assert_eq!(sink.documents[0].version_of.as_deref(), work);
    };
    check(
        "<FRBRWork><FRBRthis value=\"/w\"/></FRBRWork><FRBRExpression><FRBRthis value=\"/e\"/></FRBRExpression>",
        "/e",
        Some("/w"),
    );
    check(
        "<FRBRWork><FRBRthis value=\"/w\"/></FRBRWork>",
        "/w",
        Some("/w"),
    );
    check(
        "<FRBRWork><FRBRuri value=\"/u\"/></FRBRWork>",
        "/u",
        Some("/u"),
    );
    check("", "d/a.xml", None);
}

#[test]
fn bad_records_are_faults() {
    let check = |text: &str, expected: &str| {
        let sink = read(&Value::Null, text);
        assert_eq!((sink.records, sink.documents.len()), (1, 0), "{text:.200}");
        assert_eq!(
            sink.fault_lines(),
            [format!("{expected} d/a.xml")],
            "{text:.200}"
        );
    };
    check("", "extract/empty");
    check("<akomaNtoso/>", "extract/empty");
    check(&act("<body/>"), "extract/empty");
    check(
        &act("<body><p>Un").replace("</", ""),
        "extract/malformed-xml",
    );
    check(&act(&"<section>".repeat(100)), "extract/malformed-xml");
    check("<html><body>503</body></html>", "extract/malformed-xml");
    check(
        "<!DOCTYPE a [<!ENTITY b \"c\">]><akomaNtoso><act><body><p>&b;</p></body></act></akomaNtoso>",
        "extract/malformed-xml",
    );
    check(&act(&"x".repeat(120_000)), "extract/too-large");
}
