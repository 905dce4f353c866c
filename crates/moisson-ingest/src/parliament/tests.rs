//! Debates: the sittings of the Assemblée and the days of the Sénat, with their defects, and the real pages of 2013.

use serde_json::{Value, json};

use moisson_core::{Date, Limits};

use crate::testing::{Collected, corpora, read_bytes, read_path, word_f1};
use crate::xml::Xml;

fn read(reader: &str, options: &Value, uri: &str, text: &str) -> Collected {
    let limits = Limits {
        record_bytes_max: 200_000,
        depth_max: 64,
        ..Limits::default()
    };
    read_bytes(reader, options, uri, text.as_bytes(), &limits)
}

fn text_of(sink: &Collected) -> &str {
    assert_eq!(sink.fault_lines(), [] as [&str; 0]);
    &sink.documents[0].text
}

fn sitting(contents: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><compteRendu xmlns=\"http://schemas.assemblee-nationale.fr/referentiel\">\
         <uid>CRSANR5L17S2025O1N001</uid><metadonnees><dateSeance>20241106140000000</dateSeance></metadonnees>\
         <contenu>{contents}</contenu></compteRendu>"
    )
}

fn said(order: u32, name: &str, text: &str) -> String {
    format!(
        "<paragraphe ordre_absolu_seance=\"{order}\" id_acteur=\"PA1\"><orateurs><orateur><nom>{name}</nom>\
         </orateur></orateurs><texte>{text}</texte></paragraphe>"
    )
}

#[test]
fn syceron_turns_as_a_table() {
    let check = |contents: &str, expected: &str| {
        let sink = read("syceron", &Value::Null, "s.xml", &sitting(contents));
        assert_eq!(text_of(&sink), expected, "{contents}");
        assert_eq!(sink.documents[0].key_text(), "CRSANR5L17S2025O1N001");
        assert_eq!(sink.documents[0].published_on, Date::from_ymd(2024, 11, 6));
    };
    check(&said(1, "M. A", "Un."), "M. A. Un.");
    check(&said(1, "M. le président.", "Un."), "M. le président. Un.");
    // A speaker who goes on is named once.
    check(
        &(said(1, "M. A", "Un.") + &said(2, "M. A", "Deux.") + &said(3, "Mme B", "Trois.")),
        "M. A. Un.\n\nDeux.\n\nMme B. Trois.",
    );
    check(
        &(said(3, "M. A", "Trois.") + &said(1, "M. A", "Un.") + &said(2, "Mme B", "Deux.")),
        "M. A. Un.\n\nMme B. Deux.\n\nM. A. Trois.",
    );
    check(
        "<point nivpoint=\"1\" ordre_absolu_seance=\"1\"><texte>Titre (n[[o]] 3)</texte><point nivpoint=\"2\"><texte>Sous-titre</texte></point></point>",
        "Titre (n° 3)\n\nSous-titre",
    );
    check(
        "<paragraphe code_style=\"Didascalie\"><texte>Sourires.</texte></paragraphe>",
        "(Sourires.)",
    );
    check(
        "<paragraphe code_style=\"NORMAL\"><texte><italique>(Sourires.)</italique></texte></paragraphe>",
        "(Sourires.)",
    );
    check(
        "<paragraphe><texte>le 1<exposant>er</exposant> mai, n<exposant>o</exposant>&#160;4<br/>suite</texte></paragraphe>",
        "le 1er mai, n°\u{a0}4\nsuite",
    );
    check(
        "<interExtraction><paragraphe><texte>Oh&#160;!</texte></paragraphe></interExtraction>",
        "Oh\u{a0}!",
    );
    check(
        "<paragraphe><orateurs><orateur><nom>M. A</nom></orateur><orateur><nom>Mme B</nom><qualite>ministre.</qualite></orateur></orateurs><texte>Non.</texte></paragraphe>",
        "M. A et Mme B, ministre. Non.",
    );
}

#[test]
fn syceron_says_when_it_sorted() {
    let moved = sitting(&(said(2, "M. A", "Deux.") + &said(1, "M. A", "Un.")));
    let sink = read("syceron", &Value::Null, "s.xml", &moved);
    assert_eq!(sink.documents[0].metadata["reordered"], json!(1));
    assert_eq!(sink.documents[0].metadata["speakers"], json!(1));
    let in_order = sitting(&said(1, "M. A", "Un."));
    let sink = read("syceron", &Value::Null, "s.xml", &in_order);
    assert!(!sink.documents[0].metadata.contains_key("reordered"));
}

fn day(contents: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><cri:cri xmlns:cri=\"http://senat.fr/schemas/thb/cri\" \
         xmlns=\"http://www.w3.org/1999/xhtml\">{contents}</cri:cri>"
    )
}

#[test]
fn senat_turns_as_a_table() {
    let check = |contents: &str, expected: &str| {
        let turn = format!(
            "<cri:intervenant nom=\"Jean DUPONT-LE GALL\" civ=\"M.\" qua=\"pr\">{contents}</cri:intervenant>"
        );
        let xml = day(&turn);
        let sink = read("senat-cri", &Value::Null, "cri/d20190305.xml", &xml);
        assert_eq!(text_of(&sink), expected, "{contents}");
        // What is no XML is read as a browser would, to the same text.
        let html = day(&format!("<div><b><i></b></i>{turn}"));
        let sink = read("senat-cri", &Value::Null, "cri/d20190305.xml", &html);
        assert_eq!(text_of(&sink), expected, "{contents} as HTML");
        assert_eq!(sink.documents[0].metadata["parser"], json!("html"));
    };
    let name = |name: &str| format!("<span class=\"orateur_nom\">{name}</span>");
    check("<p>Oui.</p>", "M. Jean Dupont-Le Gall. Oui.");
    check(&format!("<p>{} Oui.</p>", name("M. A.")), "M. A. Oui.");
    check(&format!("<p>{}. Oui.</p>", name("M. A")), "M. A. Oui.");
    check(&format!("<p>{} Oui.</p>", name("M. A")), "M. A. Oui.");
    check(
        &format!(
            "<p>{}<span class=\"orateur_qualite\">, ministre</span>. Oui.</p>",
            name("M. A")
        ),
        "M. A, ministre. Oui.",
    );
    check(
        &format!(
            "<p>{}<span class=\"orateur_qualite\"> ministre</span> Oui.</p>",
            name("M. A,")
        ),
        "M. A, ministre. Oui.",
    );
    // What follows a dropped span stays; the name is said once.
    check(
        &format!(
            "<p>{} Un <span class=\"info_entre_parentheses\">(Rires.)</span> deux.</p><p>{} Trois.</p>",
            name("M. A."),
            name("M. A.")
        ),
        "M. A. Un deux.\n\nTrois.",
    );
    check(
        &format!("<p>{}</p><p>Oui.</p>", name("M. A.")),
        "M. A. Oui.",
    );
    check(
        "<p><span class=\"info_entre_parentheses\">(Rires.)</span></p><p>Oui.</p><cri:page n=\"1\"/><p>Non.</p>",
        "(Rires.)\n\nM. Jean Dupont-Le Gall. Oui.\n\nNon.",
    );
    check(
        "<p>Oui.</p><div class=\"sommaire\"><p>Non</p></div>",
        "M. Jean Dupont-Le Gall. Oui.",
    );
}

#[test]
fn senat_days_and_asides() {
    let aside = day(
        "<cri:intervenant nom=\"A\"><p>Un <span class=\"info_entre_parentheses\">(Rires.)</span> deux.</p></cri:intervenant>",
    );
    let sink = read(
        "senat-cri",
        &json!({"asides": true}),
        "cri/d20190305.xml",
        &aside,
    );
    assert_eq!(text_of(&sink), "A. Un (Rires.) deux.");
    let document = &sink.documents[0];
    assert_eq!(document.key_text(), "d20190305");
    assert_eq!(document.published_on, Date::from_ymd(2019, 3, 5));
    let misnamed = day("<head><title>Séance du 4 mars 2019</title></head><p>Oui.</p>");
    let sink = read("senat-cri", &Value::Null, "cri/d20990305.xml", &misnamed);
    assert_eq!(sink.documents[0].published_on, Date::from_ymd(2019, 3, 4));
    assert_eq!(sink.documents[0].metadata["file_date"], json!("2099-03-05"));
    assert_eq!(sink.documents[0].url, None);
    let elsewhere = read(
        "senat-cri",
        &Value::Null,
        "cri/autre.xml",
        &day("<p>Oui.</p>"),
    );
    assert_eq!(elsewhere.documents[0].key_text(), "cri/autre.xml");
}

#[test]
fn bad_records_are_faults() {
    let check = |reader: &str, text: &str, expected: &str| {
        let sink = read(reader, &Value::Null, "d/a.xml", text);
        assert_eq!(
            (sink.records, sink.documents.len()),
            (1, 0),
            "{reader} {text:.200}"
        );
        assert_eq!(
            sink.fault_lines(),
            [format!("{expected} d/a.xml")],
            "{reader} {text:.200}"
        );
    };
    let good = sitting(&said(1, "M. A", "Un."));
    let deep = "<div>".repeat(300);
    let laughs = "<!DOCTYPE x [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]>";
    check("syceron", "", "extract/empty");
    check("syceron", &sitting(""), "extract/empty");
    check(
        "syceron",
        &sitting("<paragraphe><texte/></paragraphe>"),
        "extract/empty",
    );
    check(
        "syceron",
        good.get(..good.len() - 30).unwrap(),
        "extract/malformed-xml",
    );
    check(
        "syceron",
        &good.replace("CRSANR5L17S2025O1N001", ""),
        "extract/malformed-xml",
    );
    check("syceron", "<autre/>", "extract/malformed-xml");
    check("syceron", &sitting(&deep), "extract/malformed-xml");
    check(
        "syceron",
        &format!("{laughs}<compteRendu><uid>&b;</uid></compteRendu>"),
        "extract/malformed-xml",
    );
    check(
        "syceron",
        &sitting(&"x".repeat(250_000)),
        "extract/too-large",
    );
    check("senat-cri", "", "extract/empty");
    check("senat-cri", &day(""), "extract/empty");
    check("senat-cri", "Service indisponible", "extract/malformed-xml");
    check("senat-cri", &day(&deep), "extract/malformed-xml");
    check(
        "senat-cri",
        &format!("{laughs}<a>&b;</a>"),
        "extract/malformed-xml",
    );
    check(
        "senat-cri",
        &day(&format!("<p {}>x</p>", "a=\"\" ".repeat(20_000))).replace("</p>", ""),
        "extract/malformed-xml",
    );
    check("an-seance", "", "extract/empty");
    check("an-seance", "<html><body></body></html>", "extract/empty");
    check("an-seance", &deep, "extract/malformed-html");
    check("an-seance", &"x".repeat(250_000), "extract/too-large");
}

#[test]
fn hostile_days_take_linear_time() {
    let spans = "<span class=\"info_entre_parentheses\">x</span>".repeat(1_500);
    let turns = "<cri:intervenant nom=\"A\">".repeat(20);
    let qualities = "<span class=\"orateur_qualite\"></span>".repeat(1_500);
    let text = day(&format!(
        "{turns}<p>{spans}{qualities}fin</p>{}",
        "</cri:intervenant>".repeat(20)
    ));
    assert_eq!(
        text_of(&read("senat-cri", &Value::Null, "d20190305.xml", &text)),
        "A. fin"
    );
}

#[test]
fn pages_of_a_sitting_as_a_table() {
    let check = |body: &str, expected: &str| {
        let html = format!(
            "<html><head><title>Assemblée nationale ~ Séance du lundi 5 mars 2012</title></head><body><ul><li><a href=/>Accueil</a></ul>{body}</body></html>"
        );
        let sink = read("an-seance", &Value::Null, "1.asp", &html);
        assert_eq!(text_of(&sink), expected, "{body}");
        let document = &sink.documents[0];
        assert_eq!(
            document.title.as_deref(),
            Some("Séance du lundi 5 mars 2012")
        );
        assert_eq!(document.published_on, Date::from_ymd(2012, 3, 5));
    };
    let speech = "<p><b>M. A.</b> Oui, <i>(Rires.)</i> oui.</p>";
    check(
        &format!("<div id=englobe>{speech}</div>"),
        "M. A. Oui, (Rires.) oui.",
    );
    check(
        &format!(
            "<div id=englobe><div id=somjo>Sommaire</div><h5 class=numencad>1</h5><h2 class=titre1>Titre</h2>{speech}<a href='#TopOfPage'>haut</a></div>"
        ),
        "Titre\n\nM. A. Oui, (Rires.) oui.",
    );
    check(
        &format!(
            "<div id=englobe>{speech}<p>La Directrice du service du compte rendu de la séance</p><p>Une Personne</p></div>"
        ),
        "M. A. Oui, (Rires.) oui.",
    );
    check(&format!("<div>{speech}</div>"), "M. A. Oui, (Rires.) oui.");
}

/// The TEI keeps the remarks in attributes and has no `M.` and `Mme` before names.
#[test]
fn the_sittings_of_2013_agree_with_their_tei() {
    let Some(corpora) = corpora() else { return };
    let folder = corpora.join("an-mariage2013/files");
    let numbers = [
        118, 120, 124, 126, 128, 130, 132, 134, 136, 138, 140, 142, 144,
    ];
    for number in numbers {
        let name = format!("20130{number}");
        let page = folder.join(format!("html/{name}.asp"));
        let sink = read_path("an-seance", &Value::Null, &format!("{name}.asp"), &page);
        let document = &sink.documents[0];
        let tei = file(&folder.join(format!("xml/{name}.xml")));
        let txt = file(&folder.join(format!("txt/{name}.txt")));
        let f1 = word_f1(&document.text, &body_of(&tei));
        println!(
            "{name}: {f1:.4} to the TEI, {:.4} to the txt, which has no remarks",
            word_f1(&document.text, &txt)
        );
        assert!(f1 >= 0.97, "{name}: {f1}");
        assert_eq!(document.key_text(), format!("14/{name}"));
        let url = format!("https://www.assemblee-nationale.fr/14/cri/2012-2013/{name}.asp");
        assert_eq!(document.url.as_deref(), Some(url.as_str()));
        assert!(
            document
                .published_on
                .is_some_and(|day| day >= Date::from_ymd(2013, 1, 29).unwrap())
        );
        assert!(!document.text.contains("SOMMAIRE") && !document.text.contains("Accueil"));
    }
}

#[expect(clippy::disallowed_methods, reason = "a test reads its data")]
fn file(path: &std::path::Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

/// Text of the body, the remarks of `mpt:interruption/@text` where they stand.
fn body_of(tei: &str) -> String {
    let xml = Xml::parse(tei, 256).unwrap();
    let body = xml.descendants(0, "body").next().unwrap();
    let mut text = String::new();
    for node in body..xml.end(body) {
        match xml.name(node) {
            "interruption" => {
                let remark = xml.attribute(node, "text").unwrap_or_default();
                text.push(' ');
                text.push_str(&remark);
                text.push(' ');
            }
            "p" | "speaker" | "head" => text.push('\n'),
            _ => text.push_str(xml.run(node)),
        }
    }
    text
}
