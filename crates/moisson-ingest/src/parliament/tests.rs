//! Debates.

use serde_json::Value;

use crate::testing::{corpora, read_path, word_f1};

#[test]
fn the_sittings_of_2013_agree_with_their_tei() {
    let Some(corpora) = corpora() else { return };
    let folder = corpora.join("an-mariage2013/files");
    let mut count = 0;
    for entry in std::fs::read_dir(folder.join("html")).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let sink = read_path("an-seance", &Value::Null, &format!("{stem}.asp"), &path);
        let document = &sink.documents[0];
        let tei = std::fs::read_to_string(folder.join(format!("xml/{stem}.xml"))).unwrap();
        let txt = std::fs::read_to_string(folder.join(format!("txt/{stem}.txt"))).unwrap();
        let (with, without) = body_of(&tei);
        let f1 = word_f1(&document.text, &with);
        println!(
            "{stem} {f1:.4} {:.4} {:.4} {:?} {:?}",
            word_f1(&document.text, &without),
            word_f1(&document.text, &txt),
            document.title,
            document.published_on.map(|d| d.to_string())
        );
        assert!(f1 >= 0.97, "{stem}: {f1}");
        count += 1;
    }
    assert_eq!(count, 13);
}

fn body_of(tei: &str) -> (String, String) {
    let xml = crate::xml::Xml::parse(tei, 256).unwrap();
    let body = xml.descendants(0, "body").next().unwrap();
    let (mut with, mut without) = (String::new(), String::new());
    for node in body..xml.end(body) {
        if xml.name(node) == "interruption" {
            with.push(' ');
            with.push_str(&xml.attribute(node, "text").unwrap_or_default());
            with.push(' ');
        }
        if matches!(xml.name(node), "p" | "speaker" | "head") {
            with.push('\n');
            without.push('\n');
        }
        with.push_str(xml.run(node));
        without.push_str(xml.run(node));
    }
    (with, without)
}
