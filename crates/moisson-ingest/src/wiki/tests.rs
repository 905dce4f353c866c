//! The `mediawiki` reader: wikitext as a table, dumps good and bad, and hostile pages.

use moisson_core::Limits;
use serde_json::{Value, json};

use super::{Settings, Tables, plain_text};
use crate::testing::{Collected, read_bytes};

fn text(wikitext: &str) -> String {
    let settings = Settings {
        drop_sections: vec!["voir aussi".to_owned()],
        ..Settings::default()
    };
    plain_text(wikitext, "Titre", &["archiu".to_owned()], false, &settings)
}

#[test]
fn wikitext_as_a_table() {
    let check = |wikitext: &str, expected: &str| assert_eq!(text(wikitext), expected, "{wikitext}");
    // Lines.
    check("", "");
    check("Un.\n\nDeux.", "Un.\n\nDeux.");
    check(
        "Une phrase\nsur deux lignes.",
        "Une phrase sur deux lignes.",
    );
    check("Un.<br />Deux.", "Un.\nDeux.");
    check("== Histoire ==\nTexte.", "Histoire\n\nTexte.");
    check(
        "== Vide ==\n== Histoire ==\n=== Détail ===\nTexte.",
        "Histoire\n\nDétail\n\nTexte.",
    );
    check(
        "Un.\n== Voir aussi ==\n* rien\n=== Livres ===\n* rien\n== Suite ==\nDeux.",
        "Un.\n\nSuite\n\nDeux.",
    );
    check(
        "Liste :\n* un\n* deux\n** trois\n\nFin.",
        "Liste :\n\nun\ndeux\ntrois\n\nFin.",
    );
    check("; Terme : sens\n: retrait", "Terme : sens\nretrait");
    check("Un.\n----\nDeux.", "Un.\n\nDeux.");
    // Links.
    check("[[Paris]] et [[Lyon|la ville]]", "Paris et la ville");
    check("[[Paris (homonymie)|Paris]]s", "Pariss");
    check(
        "Un [[Fichier:a.jpg|vignette|Une [[légende]] et {{s|XIX}}]] deux.",
        "Un deux.",
    );
    check(
        "[[Catégorie:Ville]][[category:x]][[Archiu:a.png]]Un.[[en:Paris]]",
        "Un.",
    );
    check(
        "[[:Catégorie:Ville]] [[w:Paris|Paris]] [[#Suite|suite]]",
        "Catégorie:Ville Paris suite",
    );
    check(
        "[https://a.fr/x?a=b le site] [https://a.fr/] https://b.fr/",
        "le site https://b.fr/",
    );
    check(
        "Un [[lien qui ne finit pas\n\nDeux.",
        "Un lien qui ne finit pas\n\nDeux.",
    );
    check("[1] et [note]", "[1] et [note]");
    // Templates.
    check(
        "{{Infobox\n| nom = [[Paris]]\n| carte = {{a|b}}\n}}\nParis est.",
        "Paris est.",
    );
    check(
        "Au {{s|XIX}}, {{unité|12|km}} et {{lang|en|text}}{{ref|x}}.",
        "Au XIXe siècle, 12\u{a0}km et text.",
    );
    check(
        "{{citation|Un [[mot|mot juste]]}} {{citation|{{nobr|a b}}}}",
        "«\u{a0}Un mot juste\u{a0}» «\u{a0}a b\u{a0}»",
    );
    check(
        "Paris ({{API|x}}) est, selon {{refnec}}, une ville {{inconnu}}.",
        "Paris est, selon, une ville.",
    );
    check("Paris ({{API|x}}, {{API|y}} ; {{API|z}}) est", "Paris est");
    check("f() et (a{{x}})", "f() et (a)");
    check(
        "{{citation|mot}} {{incise|aparté|stop}} {{\"|mot}}",
        "«\u{a0}mot\u{a0}» –\u{a0}aparté «\u{a0}mot\u{a0}»",
    );
    check("{{{nom|défaut}}} et {{{nom}}}", "défaut et");
    check(
        "{{#if:a|b|c}}Un {{formatnum:1234}} {{1er}} mars",
        "Un 1234 1er mars",
    );
    check(
        "Un {{modèle sans fin\n\nDeux.",
        "Un modèle sans fin\n\nDeux.",
    );
    check("Un }} deux ]] trois |} fin", "Un }} deux ]] trois |} fin");
    check("{{lang|en|texte=a = b}}", "a = b");
    // Tags.
    check(
        "Un<ref>note [[x]] {{y}}</ref>, deux<ref name=\"a\" /> trois<ref name=b>c</REF>.",
        "Un, deux trois.",
    );
    check("Un<!-- rien --> deux<!-- sans fin", "Un deux");
    check(
        "<nowiki>[[pas un lien]] ''ni italique''</nowiki>",
        "[[pas un lien]] ''ni italique''",
    );
    check("Soit <math>x < y</math> donné.", "Soit donné.");
    check("<div class=\"a\">Un</div><small>deux</small>", "Un\n\ndeux");
    check(
        "<poem>\nUn vers,\n:un autre.\n\nStrophe.\n</poem>\nSuite",
        "Un vers,\nun autre.\n\nStrophe.\n\nSuite",
    );
    check("a < b et 3 <5 <inconnu>", "a < b et 3 <5 <inconnu>");
    check(
        "<includeonly>x</includeonly>Un<noinclude> deux</noinclude>",
        "Un deux",
    );
    check("<pre>\n* a\n* b\n</pre>", "* a\n* b");
    check("Un<ref>sans fin deux", "Unsans fin deux");
    // The rest.
    check("'''Paris''' dans l'''Iliade''", "Paris dans l'Iliade");
    check(
        "10&nbsp;km &lt;ref&gt; l&#39;&#39;eau",
        "10\u{a0}km <ref> l''eau",
    );
    check(
        "__TOC__Un __NOINDEX__ deux ~~~~ a_b __init__",
        "Un deux a_b __init__",
    );
    check("{|\n! a !! b\n|-\n| 1 || [[c|2]]\n|}\nUn.", "Un.");
    check("{|\n|\n{|\n| x\n|}\n|}\nUn.", "Un.");
    check("{{x|\n{|\n|a\n|}\n}}Un.", "Un.");
    check("{|\n| cellule\nUn.", "Un.");
    check("<table><tr><td>x</td></tr></table>Un.", "Un.");
    check("a\u{1}b\u{7}", "ab");
}

#[test]
fn tables_as_rows() {
    let settings = Settings {
        tables: Tables::Rows,
        ..Settings::default()
    };
    let check = |wikitext: &str, expected: &str| {
        assert_eq!(plain_text(wikitext, "", &[], false, &settings), expected);
    };
    check(
        "Un.\n{| class=\"wikitable\"\n|+ Titre\n! Nom !! Âge\n|-\n| style=\"x\" | [[a|Anne]] || 12\n|-\n| Bob\n| 13\n|}\nDeux.",
        "Un.\n\nTitre\nNom | Âge\nAnne | 12\nBob | 13\n\nDeux.",
    );
    check("<table><tr><th>a</th><td>b</td></tr></table>", "a b");
}

#[test]
fn a_page_of_a_book_is_read_as_its_book_includes_it() {
    let page = "<noinclude><pagequality level=\"4\" user=\"X\" />{{nr||LIVRE I|12}}</noinclude>{{t3|CHAPITRE}}\n\n\
                {{Lettrine|L}}e canal, {{corr|creusse|creusé}} à main d’hom{{tiret|me|s}},\nest {{sc|droit}}.\n\n\
                {{tiret2|exem|plaire}}<noinclude>\n<references/></noinclude>";
    let found = plain_text(page, "", &[], true, &Settings::default());
    assert_eq!(
        found,
        "CHAPITRE\n\nLe canal, creusé à main d’hommes, est droit."
    );
}

/// Time is linear in a page, whatever it opens and never closes.
#[test]
fn hostile_pages_cost_linear_time() {
    for piece in [
        "{{",
        "[[",
        "{{{",
        "{|\n",
        "\n{|",
        "<ref>",
        "<nowiki>",
        "<!--",
        "[http://a b",
        "<b ",
        "'''",
        "{{a|",
        "[[a|",
        "|",
        "}}",
        "]]",
        "\n=",
        "== ",
        "<poem>",
        "<table>",
        "(",
        "({{x}}",
        "{{x}} ",
        "__A",
        "~~~",
        "&amp;",
        "{{s|",
        "</ref>",
        "<math></",
        "\n:::",
        "{{lang|en|",
    ] {
        let page = piece.repeat(200_000 / piece.len());
        let _ = text(&page);
        let closed = format!("{}{}", "{{lang|a|".repeat(10_000), "}}".repeat(10_000));
        let _ = text(&closed);
    }
}

const HEAD: &str = "<mediawiki xmlns=\"http://www.mediawiki.org/xml/export-0.11/\" version=\"0.11\" xml:lang=\"fr\">\n<siteinfo>\
    <sitename>Wikipédia</sitename><dbname>frwiki</dbname><base>https://fr.wikipedia.org/wiki/Wikip%C3%A9dia:Accueil</base>\
    <namespaces><namespace key=\"0\" case=\"first-letter\" /><namespace key=\"6\" case=\"first-letter\">Fitxategia</namespace></namespaces></siteinfo>\n";

fn page(id: u32, ns: i32, text: &str) -> String {
    format!(
        "<page><title>L'été à Pau</title><ns>{ns}</ns><id>{id}</id><revision><id>9</id><timestamp>2025-01-02T03:04:05Z</timestamp>\
         <model>wikitext</model><format>text/x-wiki</format><text bytes=\"3\" xml:space=\"preserve\">{text}</text></revision></page>\n"
    )
}

fn read(options: &Value, dump: &str) -> Collected {
    let limits = Limits {
        record_bytes_max: 2000,
        ..Limits::default()
    };
    read_bytes("mediawiki", options, "f.xml", dump.as_bytes(), &limits)
}

#[test]
fn facts_of_a_page() {
    let dump = format!(
        "{HEAD}{}</mediawiki>",
        page(7, 0, "Un &lt;b&gt;texte&lt;/b&gt;.[[Fitxategia:a.png]]")
    );
    let sink = read(&Value::Null, &dump);
    let document = &sink.documents[0];
    assert_eq!(sink.texts(), [("7".to_owned(), "Un texte.")]);
    assert_eq!(document.title.as_deref(), Some("L'été à Pau"));
    assert_eq!(
        document.url.as_deref(),
        Some("https://fr.wikipedia.org/wiki/L'%C3%A9t%C3%A9_%C3%A0_Pau")
    );
    assert_eq!(document.language_declared.as_deref(), Some("fr"));
    assert_eq!(document.genre.as_deref(), Some("encyclopaedia"));
    assert_eq!(document.sequence, 20_250_102_030_405);
    assert_eq!(document.metadata["revision"], "9");
}

#[test]
fn dumps_as_a_table() {
    let check =
        |options: Value, pages: &[String], records: usize, keys: &[&str], faults: &[&str]| {
            let sink = read(&options, &format!("{HEAD}{}</mediawiki>", pages.concat()));
            let found: Vec<String> = sink.texts().into_iter().map(|(key, _)| key).collect();
            assert_eq!(found, keys);
            assert_eq!(sink.fault_lines(), faults);
            assert_eq!(sink.records, records);
        };
    let none = || json!({});
    let good = page(1, 0, "Un.");
    check(
        none(),
        &[good.clone(), page(2, 1, "Discussion.")],
        2,
        &["1"],
        &[],
    );
    check(
        none(),
        &[
            page(2, 0, "#REDIRECTION [[Un]]"),
            page(3, 0, "#redirect [[x]]"),
        ],
        2,
        &[],
        &[],
    );
    check(
        none(),
        &[page(2, 0, "x").replace("<revision>", "<redirect title=\"Un\" /><revision>")],
        1,
        &[],
        &[],
    );
    check(
        none(),
        &[page(2, 0, "x").replace(">wikitext<", ">Scribunto<")],
        1,
        &[],
        &[],
    );
    check(
        none(),
        &[page(2, 0, "{{Infobox}}"), page(3, 0, "")],
        2,
        &[],
        &["extract/empty f.xml"; 2],
    );
    check(
        none(),
        &[page(2, 0, "a & b"), good.clone()],
        2,
        &["1"],
        &["extract/malformed-xml f.xml"],
    );
    check(
        none(),
        &[page(2, 0, &"x".repeat(2000)), good.clone()],
        2,
        &["1"],
        &["extract/too-large f.xml"],
    );
    check(
        none(),
        &[good.replace("</page>", ""), page(2, 0, "Deux.")],
        2,
        &["2"],
        &["extract/malformed-xml f.xml"],
    );
    let book = |id, level| {
        page(
            id,
            104,
            &format!(
                "&lt;noinclude&gt;&lt;pagequality level=\"{level}\" /&gt;&lt;/noinclude&gt;Texte."
            ),
        )
    };
    let pages = [book(1, 1), book(2, 3), book(3, 4), page(4, 104, "Sans.")];
    check(
        json!({"namespaces": [104], "quality_min": 3}),
        &pages,
        4,
        &["2", "3"],
        &[],
    );
    check(
        json!({"namespaces": [0, 104]}),
        &pages,
        4,
        &["1", "2", "3", "4"],
        &[],
    );
    let section = [page(1, 0, "== Voir aussi ==\nUn.\n== Plan ==\nDeux.")];
    let sink = read(
        &json!({"drop_sections": ["Plan"]}),
        &format!("{HEAD}{}</mediawiki>", section.concat()),
    );
    assert_eq!(sink.texts()[0].1, "Voir aussi\n\nUn.");
}

#[test]
fn broken_dumps_as_a_table() {
    let check = |dump: &str, keys: &[&str], faults: &[&str]| {
        let sink = read(&Value::Null, dump);
        let found: Vec<String> = sink.texts().into_iter().map(|(key, _)| key).collect();
        assert_eq!(
            (
                found.iter().map(String::as_str).collect::<Vec<_>>(),
                sink.fault_lines()
            ),
            (
                keys.to_vec(),
                faults.iter().map(ToString::to_string).collect()
            ),
            "{dump}"
        );
    };
    let good = page(1, 0, "Un.");
    check("", &[], &["extract/empty f.xml"]);
    check(
        "<html>Erreur 503</html>",
        &[],
        &["extract/malformed-xml f.xml"],
    );
    check(
        &format!("{HEAD}{good}"),
        &["1"],
        &["extract/truncated f.xml"],
    );
    check(
        &format!("{HEAD}{good}<page><title>x"),
        &["1"],
        &["extract/truncated f.xml"],
    );
    check(&good, &["1"], &[]); // a part of a multistream dump
    let wide: Vec<u8> = format!("\u{feff}{HEAD}{good}</mediawiki>")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let sink = read_bytes(
        "mediawiki",
        &Value::Null,
        "f.xml",
        &wide,
        &Limits::default(),
    );
    assert_eq!(sink.texts(), [("1".to_owned(), "Un.")]);
    check(&format!("{HEAD}</mediawiki>"), &[], &[]);
}
