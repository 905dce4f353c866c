//! The `html` reader and the search for the main text.

use moisson_core::{Date, Limits};
use serde_json::{Value, json};

use super::{PageOptions, page};
use crate::readers::{self, Member};
use crate::testing::Collected;

fn read(options: &Value, bytes: &[u8]) -> Collected {
    let reader = readers::build("html", options).unwrap();
    let mut sink = Collected::default();
    let limits = Limits {
        record_bytes_max: 100_000,
        ..Limits::default()
    };
    let member = Member {
        uri: "d/p.html",
        bytes: &mut &*bytes,
        modified: None,
        sequence: 0,
        limits: &limits,
    };
    reader.read(member, &mut sink).unwrap();
    sink
}

fn main_text(body: &str) -> String {
    let html = format!("<html><head><title>T</title></head><body>{body}</body></html>");
    page(&html, &PageOptions::default(), 256).unwrap().text
}

const PROSE: &str = "<p>Le conseil a voté le budget de la passerelle après un long débat.</p>\
                     <p>Les travaux commenceront au printemps et dureront deux saisons.</p>";
const TEXT: &str = "Le conseil a voté le budget de la passerelle après un long débat.\n\n\
                    Les travaux commenceront au printemps et dureront deux saisons.";

#[test]
fn furniture_is_dropped() {
    let check = |furniture: &str| {
        assert_eq!(
            main_text(&format!("{furniture}<div>{PROSE}</div>{furniture}")),
            TEXT,
            "{furniture}"
        );
    };
    check("");
    check("<nav><a href=/>Accueil</a> Bienvenue</nav>");
    check("<header>Commune</header>");
    check("<footer>Mentions légales</footer>");
    check("<aside>À lire aussi</aside>");
    check("<form>Rechercher</form>");
    check("<button>OK</button><select><option>un</option></select>");
    check("<div role=navigation>Menu</div>");
    check("<div role='banner x'>Commune</div>");
    check("<div hidden>caché</div>");
    check("<div style='display: none'>caché</div>");
    check("<div aria-hidden=true>×</div>");
    check("<div class='cookie-notice'>Des cookies</div>");
    check("<div id=mainMenu>Menu</div>");
    check("<p class=fr-share__title>Partager</p>");
    check("<svg><text>logo</text></svg><script>var a='<p>x</p>'</script><style>p{}</style>");
    check("<ul><li><a href=a>Un lien</a><li><a href=b>Un autre</a><li><a href=c>Encore</a></ul>");
    check("<p><a href=a>un</a> | <a href=b>deux</a> | <a href=c>trois</a></p>");
}

#[test]
fn what_leads_to_other_pages_is_dropped() {
    let check = |body: &str, expected: &str| assert_eq!(main_text(body), expected, "{body}");
    let card = "<div class='fr-col fr-card'><a href=a>Une page</a><p>Son résumé en quelques mots.</p></div>";
    check(
        &format!("<main>{PROSE}<h2>Articles associés</h2>{card}{card}</main>"),
        TEXT,
    );
    check(
        &format!("<main>{PROSE}<h2>À lire</h2><h3>Ailleurs</h3>{card}</main>"),
        TEXT,
    );
    check(
        &format!("<main><h2>Suite</h2>{card}{PROSE}</main>"),
        &format!("Suite\n\n{TEXT}"),
    );
    check(
        &format!("<main><h2>Rien dessous</h2><h2>Titre</h2>{PROSE}</main>"),
        &format!("Rien dessous\n\nTitre\n\n{TEXT}"),
    );
    check(
        &format!("<main><ul class=fr-tags-group><li><a href=a>Eau</a></ul>{PROSE}</main>"),
        TEXT,
    );
    // The sources a paragraph leads to are part of the text; links after a heading are not.
    let links =
        "<ul><li><a href=a>Un guide</a><li><a href=b>Une fiche</a><li><a href=c>Un mémo</a></ul>";
    check(
        &format!("<main>{PROSE}{PROSE}{links}</main>"),
        &format!("{TEXT}\n\n{TEXT}"),
    );
    let lead = "<p>Le guide, la fiche et le mémo ci-dessous disent comment une passerelle en bois se visite, se répare et se ferme.</p>";
    check(
        &format!("<main>{PROSE}{lead} {links}</main>"),
        &format!(
            "{TEXT}\n\nLe guide, la fiche et le mémo ci-dessous disent comment une passerelle en bois se visite, se répare et se ferme.\n\nUn guide\nUne fiche\nUn mémo"
        ),
    );
}

#[test]
fn lines_of_dates_are_facts_and_no_text() {
    let read = |line: &str, body: &str| {
        let html = format!("<main>{line}{PROSE}{body}</main>");
        page(&html, &PageOptions::default(), 64).unwrap()
    };
    let line = "<p><span>Publié le <time datetime='2005-08-11'>11/08/2005</time></span> <span>Mis à jour le \
                <time datetime=2024-01-04>04/01/2024</time></span> | <span>Temps de lecture : 8 minutes</span></p>";
    let found = read(line, "");
    assert_eq!(found.text, TEXT);
    assert_eq!(found.published, Date::from_ymd(2005, 8, 11));
    assert_eq!(found.modified, Date::from_ymd(2024, 1, 4));
    // The date of another page, in its card.
    let card = "<div class=fr-card><a href=a>Une page</a><p>Publié le <time datetime=2020-02-02>2 février</time></p></div>";
    assert_eq!(read("", card).published, None);
    // A sentence with a date is text.
    let sentence = "<p>Publié le <time datetime=2020-02-02>2 février 2020</time>, le décret a été attaqué par trois communes de la vallée et annulé l’année suivante par le tribunal.</p>";
    assert!(
        read(sentence, "")
            .text
            .starts_with("Publié le 2 février 2020, le décret")
    );
}

#[test]
fn what_holds_the_text_is_no_furniture() {
    let check = |body: &str| assert_eq!(main_text(body), TEXT, "{body}");
    check(&format!("<form>{PROSE}</form>")); // pages of the ASP.NET kind
    check(&format!("<div class='page has-menu sidebar'>{PROSE}</div>"));
    check(&format!("<nav>Menu</nav><div id=print>{PROSE}</div>"));
    check(&format!(
        "<main>{PROSE}</main><div>Du texte au bord, bien plus court.</div>"
    ));
    check(&format!(
        "<div role=main>{PROSE}</div><div>Du texte au bord.</div>"
    ));
    check(&format!(
        "<article>{PROSE}</article><div>Du texte au bord.</div>"
    ));
    check(&format!(
        "<div itemprop='articleBody'>{PROSE}</div><main>Du texte au bord.</main>"
    ));
    check(&format!("<main>Chargement</main><div>{PROSE}</div>")); // main is misused
    check(&format!(
        "<table><tr><td><a href=/>Menu</a><td>{PROSE}</table>"
    ));
    assert_eq!(main_text(""), "");
    assert_eq!(main_text("<nav><a href=/>Accueil</a></nav>"), "Accueil"); // nothing else there
}

#[test]
fn titles_in_headers_and_buttons_of_articles_are_kept() {
    let body = format!(
        "<main><header><h1>Titre</h1></header><h2><button>Partie</button></h2>{PROSE}</main>"
    );
    assert_eq!(main_text(&body), format!("Titre\n\nPartie\n\n{TEXT}"));
}

#[test]
fn facts_of_a_page() {
    let html = "<html xml:lang=fr lang=fr-FR><head><title> Un\n titre </title>\
        <link rel=canonical href=https://a.example/p><meta property=og:title content=Autre>\
        <meta name=description content='Résumé &amp; suite'>\
        <meta property=article:published_time content=2021-03-10T08:00:00Z>\
        <meta name=DCTERMS.modified content=2021-04-02></head>\
        <body>x<a rel='noopener license' href=https://l.example/1>L</a><a rel=license href=https://l.example/1>L</a></body></html>";
    let page = page(html, &PageOptions::default(), 64).unwrap();
    assert_eq!(page.title.as_deref(), Some("Un titre"));
    assert_eq!(page.lang.as_deref(), Some("fr-FR"));
    assert_eq!(page.canonical_url.as_deref(), Some("https://a.example/p"));
    assert_eq!(page.published, Date::from_ymd(2021, 3, 10));
    assert_eq!(page.modified, Date::from_ymd(2021, 4, 2));
    assert_eq!(page.licence_links, ["https://l.example/1"]);
    assert_eq!(page.description.as_deref(), Some("Résumé & suite"));
}

#[test]
fn selectors_overrule_the_search() {
    let html = "<div class=a>un</div><div class=b>deux<span class=c>trois</span></div><div class=a>quatre</div>";
    let check = |options: &Value, expected: &str| {
        let sink = read(options, html.as_bytes());
        assert_eq!(sink.texts(), [("d/p.html".to_owned(), expected)]);
    };
    check(&json!({"select": ".a"}), "un\n\nquatre");
    check(&json!({"select": ".b", "drop": [".c"]}), "deux");
    check(&json!({"drop": [".a", "span"]}), "deux");
    let error = readers::build("html", &json!({"select": "!!"}))
        .err()
        .unwrap()
        .to_string();
    assert!(error.contains("CSS selector `!!`"), "{error}");
    let error = readers::build("html", &json!({"selct": "p"}))
        .err()
        .unwrap()
        .to_string();
    assert!(error.contains("did you mean `select`?"), "{error}");
    assert!(readers::build("html", &json!({"encoding": "klingon"})).is_err());
}

#[test]
fn keys_licences_and_encodings() {
    let html = format!(
        "<meta charset=iso-8859-1><link rel=canonical href=https://a.example/p>{PROSE}\
         <p>L\u{2019}été : 3 \u{20ac}.</p><a rel=license href=https://l.example/1>x</a><a rel=license href=https://l.example/2>y</a>"
    );
    // windows-1252, declared as iso-8859-1
    let bytes = encoding_rs::WINDOWS_1252.encode(&html).0;
    let sink = read(&json!({"id": "canonical"}), &bytes);
    let document = &sink.documents[0];
    assert_eq!(document.key_text(), "https://a.example/p");
    assert!(document.text.contains("L’été : 3 €."), "{}", document.text);
    assert_eq!(
        document.licence_declared.as_deref(),
        Some("https://l.example/1 ; https://l.example/2")
    );
    let sink = read(&json!({"encoding": "strict-utf-8"}), &bytes);
    assert_eq!(sink.fault_lines(), ["extract/not-utf8 d/p.html"]);
}

#[test]
fn bad_pages_are_faults() {
    let check = |bytes: &[u8], expected: &str| {
        let sink = read(&Value::Null, bytes);
        assert_eq!(sink.records, 1);
        assert!(sink.documents.is_empty());
        assert_eq!(sink.fault_lines(), [format!("{expected} d/p.html")]);
    };
    check(b"", "extract/empty");
    check(b"<p> </p><script>x</script>", "extract/empty");
    check("<div>".repeat(300).as_bytes(), "extract/malformed-html");
    check("x".repeat(200_000).as_bytes(), "extract/too-large");
}

#[test]
fn the_sample_pages_lose_their_menus() {
    let sitting = include_bytes!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../data-samples/html/seance-2006-10-12.html"
    ));
    let sink = read(&Value::Null, sitting);
    let text = &sink.documents[0].text;
    assert!(text.starts_with("Compte rendu intégral"), "{text}");
    assert!(
        text.ends_with("(La séance est levée à vingt heures trente…)"),
        "{text}"
    );
    assert!(
        text.contains("M. Delorme. Je voudrais remercier les agents"),
        "{text}"
    );
    assert!(
        !text.contains("Accueil") && !text.contains('\u{fffd}'),
        "{text}"
    );
    assert_eq!(
        text.matches("Mme Aubrac").count(),
        1,
        "the table of contents is dropped"
    );

    let sheet = include_bytes!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../data-samples/html/ecole.html"
    ));
    let sink = read(&json!({"id": "canonical"}), sheet);
    let document = &sink.documents[0];
    let texts = (document.text.as_str(), document.licence_declared.as_deref());
    assert!(
        texts
            .0
            .starts_with("Inscrire son enfant à l'école\n\n1. Pour inscrire"),
        "{}",
        texts.0
    );
    assert_eq!(
        texts.1,
        Some("https://www.etalab.gouv.fr/licence-ouverte-open-licence")
    );
    for furniture in [
        "cookies",
        "Partager",
        "À lire aussi",
        "Mentions",
        "Démarches",
        "Rechercher",
    ] {
        assert!(!document.text.contains(furniture), "{furniture}");
    }
}

#[test]
fn reservations_of_rights_are_kept() {
    let html = "<meta name='tdm-reservation' content='1'><meta name='TDM-Policy' content='https://a.fr/p.json'>\
                <meta name='robots' content='noindex, NoAI'><p>Un texte.</p>";
    let metadata = &read(&json!({}), html.as_bytes()).documents[0].metadata;
    assert_eq!(
        metadata["optout"],
        serde_json::json!({"marks": [
            {"kind": "tdmrep-meta", "raw": "1"},
            {"kind": "tdm-policy", "raw": "https://a.fr/p.json"},
            {"kind": "meta-robots", "raw": "noindex, NoAI", "applies_to": "*"},
        ]})
    );
    let html = "<meta name='robots' content='index'><p>Un texte.</p>";
    assert!(
        read(&json!({}), html.as_bytes()).documents[0]
            .metadata
            .is_empty()
    );
}
