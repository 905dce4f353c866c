//! The `html` reader on real pages: the same text as published as data, and text from nearly every page.

use std::path::{Path, PathBuf};

use moisson_core::Date;
use serde_json::{Value, json};

use crate::testing::{corpora, read_path, word_f1};

/// Pages of the labour ministry whose text was published as data as well, with the day of the page. The data are those
/// of November 2025, so that two years of editing count as loss: `la-demission` was rewritten in part.
const PUBLISHED: &[(&str, &str, f64)] = &[
    (
        "article-complex-html",
        "les-plans-sante-au-travail-pst",
        0.95,
    ),
    (
        "article-with-updated-date",
        "la-rupture-conventionnelle-du-contrat-de-travail-duree-indeterminee",
        0.95,
    ),
    (
        "article-without-updated-date",
        "la-rupture-conventionnelle-du-contrat-de-travail-duree-indeterminee",
        0.95,
    ),
    (
        "article",
        "la-rupture-conventionnelle-du-contrat-de-travail-duree-indeterminee",
        0.95,
    ),
    (
        "article2",
        "la-rupture-conventionnelle-du-contrat-de-travail-duree-indeterminee",
        0.95,
    ),
    ("double-video", "le-contrat-de-travail-temporaire", 0.95),
    ("h2-in-list", "la-prevention-des-chutes-de-hauteur", 0.95),
    ("harcelement-travail", "le-harcelement-moral", 0.95),
    ("la-demission", "la-demission", 0.92),
];

#[test]
fn pages_give_the_text_that_was_published_as_data() {
    let Some(corpora) = corpora() else { return };
    let json = corpora.join("npm-fiches-travail-data/data/fiches-travail.json");
    let sheets: Vec<Value> = serde_json::from_slice(&read(&json)).unwrap();
    for (name, slug, f1_min) in PUBLISHED {
        let path = corpora.join(format!("fiches-travail-html/{name}.html"));
        let sink = read_path("html", &Value::Null, "page.html", &path);
        let is_it = |sheet: &&Value| {
            sheet["url"]
                .as_str()
                .unwrap()
                .ends_with(&format!("/{slug}"))
        };
        let sheet = sheets.iter().find(is_it).unwrap();
        let f1 = word_f1(&sink.documents[0].text, &text_of(sheet));
        println!("{name} {f1:.4}");
        assert!(f1 >= *f1_min, "{name}: {f1}");
    }
}

/// Title, introduction and sections of a sheet, but the lists of links to other pages, which the pages do not show.
fn text_of(sheet: &Value) -> String {
    let html = |value: &Value| {
        let html = value.as_str().unwrap_or_default();
        let own = html.split("Articles associés").next().unwrap();
        crate::html::fragment_to_text(own, 256).unwrap()
    };
    let mut texts = vec![
        sheet["title"].as_str().unwrap().to_owned(),
        html(&sheet["intro"]),
    ];
    for section in sheet["sections"].as_array().unwrap() {
        let title = section["title"].as_str().unwrap();
        let is_links = [
            "Services en ligne",
            "Modèles de documents",
            "À lire sur",
            "Articles associés",
        ]
        .iter()
        .any(|start| title.starts_with(start));
        if !is_links {
            texts.extend([title.to_owned(), html(&section["html"])]);
        }
    }
    texts.join("\n")
}

#[test]
fn pages_give_what_their_own_marks_name() {
    let Some(corpora) = corpora() else { return };
    // The parts of the article, named by hand for each layout of the site.
    let drupal =
        json!({"select": "article h1, .fr-text--lead, .main-content", "drop": [".fr-card"]});
    let spip = json!({"select": "h1, .main-article__texte, .main-article__chapo", "drop": []});
    for path in pages(&corpora.join("fiches-travail-html")) {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        // Four files are one page, saved with copies of its article in it.
        if PUBLISHED
            .iter()
            .any(|(one, slug, _)| *one == name && slug.starts_with("la-rupture"))
        {
            continue;
        }
        let read = |options: &Value| {
            read_path("html", options, "page.html", &path)
                .documents
                .remove(0)
        };
        let layout = if name == "article-sections-with-id" {
            &spip
        } else {
            &drupal
        };
        let (found, named) = (read(&Value::Null), read(layout));
        let f1 = word_f1(&found.text, &named.text);
        println!(
            "{name} {f1:.4} {:?} {:?}",
            found.published_on.map(|d| d.to_string()),
            found.modified_on.map(|d| d.to_string())
        );
        assert!(f1 >= 0.95, "{name}: {f1}");
        assert!(!found.text.contains("Temps de lecture"), "{name}");
        if name == "la-demission" {
            assert_eq!(found.published_on, Date::from_ymd(2005, 8, 11));
            assert_eq!(found.modified_on, Date::from_ymd(2024, 1, 4));
        }
    }
}

/// Every 25th page, so that the test stays short; all 2,693 give text.
#[test]
fn nearly_every_page_gives_text() {
    let Some(corpora) = corpora() else { return };
    let (mut with_text, mut faults) = (0, Vec::new());
    for path in pages(&corpora.join("debian-fr")).iter().step_by(25) {
        let sink = read_path("html", &Value::Null, path.to_str().unwrap(), path);
        assert_eq!(sink.documents.len() + sink.faults.len(), 1);
        with_text += sink.documents.len();
        faults.extend(sink.fault_lines());
    }
    let all = with_text + faults.len();
    assert!(
        with_text * 100 >= all * 98,
        "{with_text} of {all}: {faults:?}"
    );
}

#[expect(clippy::disallowed_methods, reason = "a test reads its data")]
fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "a test finds its data")]
fn pages(folder: &Path) -> Vec<PathBuf> {
    let mut folders = vec![folder.to_owned()];
    let mut pages = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "html") {
                pages.push(path);
            }
        }
    }
    pages.sort();
    pages
}
