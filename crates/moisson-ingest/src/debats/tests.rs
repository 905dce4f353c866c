//! Sittings as they come, and what is wrong with some.

use moisson_core::{Date, Document, Limits};
use serde_json::{Value, json};

use super::{day, sittings};
use crate::testing::{Collected, read_bytes};
use crate::xml::Xml;

fn paragraphs(content: &str) -> Vec<String> {
    let text = format!("<R><CompteRendu><Contenu>{content}</Contenu></CompteRendu></R>");
    let xml = Xml::parse(&text, 32).unwrap();
    let text = sittings(&xml).remove(0).text;
    text.split("\n\n").map(str::to_owned).collect()
}

#[test]
fn paragraphs_as_a_table() {
    let check = |content: &str, expected: &[&str]| assert_eq!(paragraphs(content), expected);
    let para = |content: &str| format!("<Para Ident=\"P1\" idsyceron=\"1\">{content}</Para>");
    let spoken =
        |name: &str, rest: &str| para(&format!("<Orateur href=\"h\">{name}</Orateur>{rest}"));
    check(
        &spoken("<Nom>M. le président.</Nom>", "La séance est ouverte."),
        &["M. le président. La séance est ouverte."],
    );
    check(
        &spoken("<Nom>M. le président</Nom>", ". La séance\n est ouverte."),
        &["M. le président. La séance est ouverte."],
    );
    check(
        &spoken("<Nom>Mme Berthou</Nom>", "Oui !"),
        &["Mme Berthou. Oui !"],
    );
    check(
        &spoken(
            "<Nom>Mme Berthou,</Nom><QualiteMouvement>rapporteure.</QualiteMouvement>",
            "Le 1<Exposant>er</Exposant> juin.",
        ),
        &["Mme Berthou, rapporteure. Le 1er juin."],
    );
    check(
        &spoken(
            "<Nom>M. Joly,</Nom>",
            "<QualiteMouvement>Premier ministre</QualiteMouvement>. Non.",
        ),
        &["M. Joly, Premier ministre. Non."],
    );
    check(
        &[
            para("<Italique>(La séance est suspendue.)</Italique>"),
            "<Para Ident=\"S1\">table</Para>".to_owned(),
        ]
        .concat(),
        &["(La séance est suspendue.)"],
    );
    // The first years number nothing.
    check(
        "<Sommaire><Para>table</Para></Sommaire><Para>Un.</Para><Para>Deux.</Para>",
        &["Un.", "Deux."],
    );
    check(
        &format!(
            "<PresidentSeance>Présidence de Mme Floch</PresidentSeance><Section><TitreStruct><Numero>1</Numero>\
             <Intitule>Questions</Intitule></TitreStruct>{}</Section><ResultatVote><NombreVotants><Libelle>Votants</Libelle> \
             <Valeur>12</Valeur></NombreVotants></ResultatVote><Nota>Errata</Nota>",
            para("Un.")
        ),
        &[
            "Présidence de Mme Floch",
            "Questions",
            "Un.",
            "Votants 12",
            "Errata",
        ],
    );
}

#[test]
fn days_as_a_table() {
    let check = |text: &str, expected| assert_eq!(day(text), expected, "{text}");
    check("2024-01-09", Date::from_ymd(2024, 1, 9));
    check("2013-01-16+01:00", Date::from_ymd(2013, 1, 16));
    check("Mercredi-22-05-Mai-2013", Date::from_ymd(2013, 5, 22));
    check("Mercredi", None);
    check("-", None);
}

fn read(text: &str) -> Collected {
    let limits = Limits {
        record_bytes_max: 20_000,
        depth_max: 32,
        ..Limits::default()
    };
    read_bytes(
        "debats",
        &Value::Null,
        "t/CRI_20240109_001.xml",
        text.as_bytes(),
        &limits,
    )
}

#[test]
fn bad_records_are_faults() {
    let check = |text: &str, expected: &str| {
        let sink = read(text);
        assert_eq!((sink.records, sink.documents.len()), (1, 0));
        let faults = sink.fault_lines();
        assert_eq!(faults, [format!("{expected} t/CRI_20240109_001.xml")]);
    };
    check("", "extract/empty");
    check("<P/>", "extract/malformed-xml");
    check(
        "<P><CompteRendu><Contenu/></CompteRendu></P>",
        "extract/empty",
    );
    check("<P><CompteRendu><Contenu>", "extract/malformed-xml");
    check(&"<a>".repeat(40), "extract/malformed-xml");
    check(
        "<!DOCTYPE P [<!ENTITY a 'b'>]><P/>",
        "extract/malformed-xml",
    );
    check(&"x".repeat(30_000), "extract/too-large");
}

#[test]
fn sittings_of_one_day_have_keys_of_their_own() {
    let sitting = |number: &str| {
        format!(
            "<CompteRendu><Metadonnees><dateSeance>2024-01-09</dateSeance>{number}</Metadonnees>\
             <Contenu><Para idsyceron=\"1\">Texte.</Para></Contenu></CompteRendu>"
        )
    };
    let check = |numbers: [&str; 2], expected: [&str; 2]| {
        let sink = read(&format!(
            "<P>{}{}</P>",
            sitting(numbers[0]),
            sitting(numbers[1])
        ));
        let keys: Vec<String> = sink.documents.iter().map(Document::key_text).collect();
        assert_eq!(keys, expected);
    };
    check(
        ["<numSeance>97</numSeance>", "<numSeance>98</numSeance>"],
        ["AN-2024-01-09-97", "AN-2024-01-09-98"],
    );
    check(["", ""], ["AN-2024-01-09-part-1", "AN-2024-01-09-part-2"]);
}

#[test]
fn names_choose_members() {
    let reader = crate::readers::build("debats", &json!({})).unwrap();
    for (uri, expected) in [
        ("AN_2024001.taz!AN_2024001.tar!CRI_20240109_001.xml", true),
        ("d/CRI_20240109_001.XML", true),
        ("a!AAA_20240109_001.xml", false),
        ("a!PARU_2024001.xml", false),
        ("a!CRI_20240109_001.pdf", false),
    ] {
        assert_eq!(reader.wants(uri), expected, "{uri}");
    }
    assert_eq!(reader.sequence("2024/AN_2024017.taz"), 2_024_017);
    assert_eq!(reader.sequence("CRI_20240109_001.xml"), 0);
}
