//! Each format as a table, hostile files, and the real ones.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use moisson_core::Limits;
use serde_json::Value;

use super::{language_of_path, licence_of_head};
use crate::testing::{Collected, corpora, read_bytes, read_path};

fn read(name: &str, text: &[u8]) -> Collected {
    read_bytes("l10n", &Value::Null, name, text, &Limits::default())
}

fn check(name: &str, text: &str, expected: &str) {
    let sink = read(name, text.as_bytes());
    assert_eq!(sink.fault_lines(), [] as [String; 0], "{text}");
    assert_eq!(sink.documents[0].text, expected, "{text}");
}

#[test]
fn fluent_as_a_table() {
    let check = |text: &str, expected: &str| check("a.ftl", text, expected);
    check("a = Bonjour\nb = Au revoir\n", "Bonjour\nAu revoir");
    check("-nom = Mairie\n", "Mairie");
    check(
        "a = Ouvrir\n    .label = Ouvrir un onglet\n    .accesskey = O\n    .style = width: 3em\n    .tooltip = Ouvre un onglet\n",
        "Ouvrir\nOuvrir un onglet\nOuvre un onglet",
    );
    check(
        "a =\n    Un texte\n    sur deux lignes\n",
        "Un texte sur deux lignes",
    );
    check(
        "a = { $n } fichiers dans { -nom }, { \"{\" }litt\\u00e9ral\n",
        "{ $n } fichiers dans { -nom }, {litt\\u00e9ral",
    );
    check(
        "a = Prix{ \"\\u00A0\" }: { NUMBER($n) } euros\n",
        "Prix\u{a0}: { NUMBER() } euros",
    );
    check(
        "a = Il reste { $n ->\n    [one] un jour\n   *[other] { $n } jours\n } encore.\n",
        "Il reste un jour encore.\nIl reste { $n } jours encore.",
    );
    check(
        "a = Lire <a data-l10n-name=\"x\">la suite</a>, 1 < 2\n",
        "Lire la suite, 1 < 2",
    );
    check("a = Titre\n    .title = Titre\n    .alt = { a }\n", "Titre");
    check("a = Bon\ncassé sans signe\nb = Encore\n", "Bon\nEncore");
    check(
        "tab-key = Onglets\na = T\nb = https://exemple.fr/\nc = Texte\n",
        "Texte",
    );
}

#[test]
fn properties_as_a_table() {
    let check = |text: &str, expected: &str| check("a.properties", text, expected);
    check(
        "a=Un\nb : Deux\nc Trois\n# note\n! note\n",
        "Un\nDeux\nTrois",
    );
    check(
        "a = L\\u2019\\u00e9t\\u00E9 \\\n    est l\\u00e0\n",
        "L’été est là",
    );
    check("a = fin \\uD83D\\uDE00 mot\n", "fin 😀 mot");
    check("a\\ b\\=c = valeur = reste\n", "valeur = reste");
    check(
        "openFile.accesskey = Ou\nmenu.key=Ctrl\nfermerAccessKey = Fe\ntitre=Ouvrir\\nle fichier\\\\\n",
        "Ouvrir le fichier\\",
    );
    let sink = read("a.properties", b"a = l\xe9gende\n");
    assert_eq!(sink.documents[0].text, "légende");
}

#[test]
fn catalogues_as_a_table() {
    let head = "# Traduction.\n# Copyright (C) 2020\n# Nom <nom@exemple.org>, 2020.\n# This file is distributed under the same license as the gestion package.\n#\nmsgid \"\"\nmsgstr \"\"\n\"Language: fr_FR\\n\"\n\"PO-Revision-Date: 2021-03-04 10:00+0100\\n\"\n\"Content-Type: text/plain; charset=UTF-8\\n\"\n\n";
    let body = "#: a.c:1\nmsgid \"Open the file\"\nmsgstr \"Ouvrir le \"\n\"fichier\"\n\n#, fuzzy\nmsgid \"Close\"\nmsgstr \"Fermé ?\"\n\nmsgid \"Never\"\nmsgstr \"\"\n\nmsgctxt \"menu\"\nmsgid \"_Quit\"\nmsgstr \"_Quitter\"\nmsgid \"%d file\"\nmsgid_plural \"%d files\"\nmsgstr[0] \"%d fichier\"\nmsgstr[1] \"%d fichiers\"\n\n#~ msgid \"Old\"\n#~ msgstr \"Ancien\"\n";
    let sink = read("d/po/de.po", format!("{head}{body}").as_bytes());
    let document = &sink.documents[0];
    assert_eq!(
        document.text,
        "Ouvrir le fichier\nQuitter\n%d fichier\n%d fichiers"
    );
    assert_eq!(document.language_declared.as_deref(), Some("fr_FR"));
    assert_eq!(document.modified_on.unwrap().to_string(), "2021-03-04");
    assert_eq!(
        document.licence_declared.as_deref(),
        Some("Traduction. This file is distributed under the same license as the gestion package.")
    );
    assert_eq!(document.genre.as_deref(), Some("localisation"));
    let latin = read("fr.po", b"msgid \"\"\nmsgstr \"Content-Type: text/plain; charset=ISO-8859-1\\n\"\n\nmsgid \"a b\"\nmsgstr \"\xe9t\xe9\"\n");
    assert_eq!(latin.documents[0].text, "été");
    assert_eq!(latin.documents[0].language_declared.as_deref(), Some("fr"));
}

#[test]
fn xliff_and_dtd_as_a_table() {
    check(
        "a.xlf",
        "<xliff version=\"1.2\"><file source-language=\"en\" target-language=\"fr\"><body><trans-unit id=\"1\"><source>Open</source>\
         <target>Ouvrir <g id=\"1\">le fichier</g><ph id=\"2\">%s</ph></target><alt-trans><target>Déplier</target></alt-trans></trans-unit>\
         <trans-unit id=\"2\"><source>x</source><target state=\"needs-translation\">Close it</target></trans-unit></body></file></xliff>",
        "Ouvrir le fichier%s",
    );
    check(
        "a.xliff",
        "<xliff version=\"2.0\" srcLang=\"en\" trgLang=\"fr\"><file id=\"f\"><unit id=\"u\"><segment><source>a</source><target>Bonjour\u{a0}!</target></segment>\
         <segment state=\"initial\"><source>b</source><target>Goodbye</target></segment></unit></file></xliff>",
        "Bonjour\u{a0}!",
    );
    check(
        "a.dtd",
        "<!-- Public License -->\n<!ENTITY titre \"L&apos;été &#233;crit\">\n<!ENTITY titre.accesskey \"L\">\n<!ENTITY % autre SYSTEM 'x'>\n<!ENTITY b 'Deux mots'>",
        "L'été écrit\nDeux mots",
    );
}

#[test]
fn paths_tell_the_language() {
    let check =
        |path: &str, expected: Option<&str>| assert_eq!(language_of_path(path), expected, "{path}");
    check(
        "firefox-esr-l10n-br/browser/localization/br/browser/browser.ftl",
        Some("br"),
    );
    check(
        "browser/chrome/fr/locale/browser/search.properties",
        Some("fr"),
    );
    check(
        "browser/chrome/fr/locale/fr/devtools/client/dom.properties",
        Some("fr"),
    );
    check(
        "a.zip!usr/share/locale/fr_FR/LC_MESSAGES/x.po",
        Some("fr_FR"),
    );
    check("po/fr.po", Some("fr"));
    check("src/messages_fr.properties", Some("fr"));
    check("src/messages_fr_CA.properties", Some("fr_CA"));
    check("pack-l10n-oc/x.ftl", Some("oc"));
    check("src/dom.properties", None);
    check("src/log4j.properties", None);
}

#[test]
fn heads_tell_the_licence() {
    let check = |head: &str, expected: Option<&str>| {
        assert_eq!(licence_of_head(head).as_deref(), expected, "{head}");
    };
    check(
        "# This Source Code Form is subject to the terms of the Mozilla Public\n# License, v. 2.0.\n\n# Autre note\na = b",
        Some(
            "This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0.",
        ),
    );
    check(
        "<!-- Licence Ouverte\n   2.0 -->\n<!ENTITY a 'b'>",
        Some("Licence Ouverte 2.0"),
    );
    check("a = b\n# License", None);
    check("# Une note\na = b", None);
}

#[test]
fn what_is_refused() {
    let check = |name: &str, text: &str, expected: &str| {
        let sink = read(name, text.as_bytes());
        assert_eq!(sink.fault_lines(), [format!("{expected} {name}")]);
        assert_eq!((sink.records, sink.documents.len()), (1, 0));
    };
    check("a.ftl", "", "extract/empty");
    check("a.ftl", "# rien\n", "extract/empty");
    check("a.ftl", "rien de bon\n", "extract/malformed-l10n");
    check("a.ftl", "C={\"\\u\u{fffd}", "extract/malformed-l10n");
    check(
        "a.ftl",
        &format!("a = {}", "{ ".repeat(200_000)),
        "extract/malformed-l10n",
    );
    check(
        "a.ftl",
        &format!("a = {{ {} }}", "F(".repeat(200_000)),
        "extract/malformed-l10n",
    );
    check(
        "a.properties",
        "# rien\nmenu.accesskey = f\n",
        "extract/empty",
    );
    check("a.po", "rien", "extract/malformed-l10n");
    check("a.po", "msgid \"a\"\nmsgstr \"\"\n", "extract/empty");
    check("a.xlf", "<xliff><file>", "extract/malformed-l10n");
    check("a.xlf", "<tmx/>", "extract/malformed-l10n");
    check(
        "a.xlf",
        "<!DOCTYPE x [<!ENTITY y 'z'>]><xliff/>",
        "extract/malformed-l10n",
    );
    check("a.xlf", &"<g>".repeat(300_000), "extract/malformed-l10n");
    check("a.dtd", "<!ELEMENT a EMPTY>", "extract/empty");
    check("a.dtd", "<!ENTITY a \"sans fin", "extract/malformed-l10n");
    for bait in ["<a ", "\\u", "<!--", "<!ENTITY a \"", "\"", "{", "\\"] {
        for name in ["a.ftl", "a.properties", "a.po", "a.dtd", "a.xlf"] {
            let text = format!("a = mot {}", bait.repeat(200_000));
            assert_eq!(read(name, text.as_bytes()).records, 1);
        }
    }
}

#[test]
fn real_files_give_text_or_say_why() {
    let Some(corpora) = corpora() else { return };
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let (mut files, mut with_text) = (0, 0);
    for language in ["fr", "br", "oc", "ca"] {
        let base = corpora.join(format!("debian-fr/firefox-esr-l10n-{language}"));
        for path in files_below(&base) {
            let uri = path
                .strip_prefix(&corpora)
                .unwrap()
                .to_string_lossy()
                .into_owned();
            let Some(format) = super::Format::of(&uri) else {
                continue;
            };
            let sink = read_path("l10n", &Value::Null, &uri, &path);
            files += 1;
            with_text += sink.documents.len();
            let outcome = match (sink.documents.first(), sink.faults.first()) {
                (Some(document), None) => {
                    assert_eq!(
                        document.language_declared.as_deref(),
                        Some(language),
                        "{uri}"
                    );
                    "text"
                }
                (None, Some(fault)) => fault.reason,
                _ => panic!("{uri}"),
            };
            *counts
                .entry(format!("{} {outcome}", format.name()))
                .or_default() += 1;
        }
    }
    eprintln!("{files} files: {counts:?}");
    assert_eq!(files, 1272);
    // The empty ones are files of no bytes: nobody has translated them yet.
    assert_eq!(counts.get("ftl extract/empty"), Some(&33));
    assert_eq!(with_text + 33, files, "{counts:?}");
}

fn files_below(base: &Path) -> Vec<PathBuf> {
    let (mut files, mut folders) = (Vec::new(), vec![base.to_owned()]);
    while let Some(folder) = folders.pop() {
        #[expect(clippy::disallowed_methods, reason = "a test finds its data")]
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}
