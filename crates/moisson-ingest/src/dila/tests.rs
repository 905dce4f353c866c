//! The `dila` reader: each kind of record, and each defect of the bases.

use moisson_core::{Assembly, Date, Joint, Limits};
use serde_json::{Value, json};

use crate::readers::{self, Member};
use crate::testing::Collected;

const PATH: &str =
    "legi/global/code_et_TNC_en_vigueur/code_en_vigueur/article/LEGIARTI000000000001.xml";

fn read_member(options: &Value, uri: &str, bytes: &[u8]) -> Collected {
    let reader = readers::build("dila", options).unwrap();
    let mut sink = Collected::default();
    let limits = Limits {
        record_bytes_max: 50_000,
        depth_max: 64,
        ..Limits::default()
    };
    let member = Member {
        uri,
        bytes: &mut &*bytes,
        modified: Some(1_752_500_000),
        sequence: 20_250_714_203_006,
        limits: &limits,
    };
    reader.read(member, &mut sink).unwrap();
    sink
}

fn article(content: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ARTICLE><META><META_COMMUN><ID>LEGIARTI000000000001</ID></META_COMMUN>\
         <META_SPEC><META_ARTICLE><NUM>L. 1</NUM><ETAT>VIGUEUR</ETAT><DATE_DEBUT>2020-01-01</DATE_DEBUT>\
         <DATE_FIN>2999-01-01</DATE_FIN></META_ARTICLE></META_SPEC></META>\
         <BLOC_TEXTUEL><CONTENU>{content}</CONTENU></BLOC_TEXTUEL></ARTICLE>"
    )
}

#[test]
fn defects_as_a_table() {
    let check = |content: &str, expected: &str| {
        let sink = read_member(&Value::Null, PATH, article(content).as_bytes());
        assert_eq!(
            sink.texts(),
            [("LEGIARTI000000000001".to_owned(), expected)]
        );
    };
    check("<p>Texte.</p>", "Texte.");
    check("<p>Un&amp;nbsp;: l&amp;#8217;eau</p>", "Un\u{a0}: l’eau"); // escaped twice
    check("<p>L&nbsp;eau&eacute;</p>", "L\u{a0}eaué"); // not declared, but HTML
    check("<p>navi\u{ad}gation</p>", "navi\u{ad}gation"); // normalisation takes it away
    check("<p>dÃ©cret, lâ€™<b>Ã©tÃ©</b></p>", "décret, l’été"); // read as windows-1252
    check("<p>dÃ©cret, été</p>", "dÃ©cret, été"); // in part: left as it is
    check("<p>Un<br/><br/>deux</p><P>trois</P>", "Un\n\ndeux\n\ntrois");
    check("<![CDATA[<p>Un.</p><p>Deux.</p>]]>", "Un.\n\nDeux.");
}

#[test]
fn bad_records_are_faults() {
    let check = |text: &str, expected: &str| {
        let sink = read_member(&Value::Null, PATH, text.as_bytes());
        assert_eq!((sink.records, sink.documents.len()), (1, 0));
        assert_eq!(
            sink.fault_lines(),
            [format!("{expected} {PATH}")],
            "{text:.200}"
        );
    };
    let good = article("<p>Texte.</p>");
    check("", "extract/empty");
    check(&article(""), "extract/empty");
    check(&article("<p> <br/></p>"), "extract/empty");
    check(
        good.get(..good.len() - 40).unwrap(),
        "extract/malformed-xml",
    );
    check(
        &good.replace("</BLOC_TEXTUEL>", ""),
        "extract/malformed-xml",
    );
    check(&article(&"<b>".repeat(100)), "extract/malformed-xml");
    check(&article(&"x".repeat(60_000)), "extract/too-large");
    check(
        "<!DOCTYPE html><html><body>503 Service Unavailable</body></html>",
        "extract/malformed-xml",
    );
    check("<TEXTE_INCONNU/>", "extract/malformed-xml");
    check("<TEXTE_JURI_JUDI/>", "extract/malformed-xml");
    check(&decision("JUDI", "", ""), "extract/empty");
    check(
        &good.replace("LEGIARTI000000000001", ""),
        "extract/malformed-xml",
    );
    let laughs = "<!DOCTYPE x [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>";
    check(
        &good
            .replace("<ARTICLE>", &format!("{laughs}<ARTICLE>"))
            .replace("Texte", "&b;"),
        "extract/malformed-xml",
    );
    check(&article("<p>&b;</p>"), "extract/malformed-xml");
}

#[test]
fn latin_1_is_read_as_declared() {
    let text = article("<p>Décret d’été</p>").replace("UTF-8", "ISO-8859-1");
    let bytes = encoding_rs::WINDOWS_1252.encode(&text).0;
    let sink = read_member(&Value::Null, PATH, &bytes);
    assert_eq!(sink.documents[0].text, "Décret d’été");
}

#[test]
fn records_without_text_by_design_yield_nothing() {
    let structure = "legi/global/code_et_TNC_en_vigueur/section_ta/LEGISCTA000000000001.xml";
    let check = |options: &Value, uri: &str, text: &str| {
        let sink = read_member(options, uri, text.as_bytes());
        assert_eq!(
            (sink.records, sink.documents.len(), sink.faults.len()),
            (1, 0, 0),
            "{uri}"
        );
    };
    check(&Value::Null, structure, "<SECTION_TA/>");
    check(
        &Value::Null,
        "a/LEGISCTA000000000001.xml",
        "<SECTION_TA><ID>x</ID></SECTION_TA>",
    );
    check(&json!({"articles": false}), PATH, &article("<p>x</p>"));
    check(&json!({"articles": false}), "a.xml", &article("<p>x</p>"));
    let code = "<TEXTE_VERSION><META><META_COMMUN><ID>LEGITEXT000000000001</ID></META_COMMUN></META></TEXTE_VERSION>";
    check(&Value::Null, "a.xml", code);
}

#[test]
fn chains_titles_and_notes() {
    let text = article("<p>Texte.</p>").replace(
        "<BLOC_TEXTUEL>",
        "<CONTEXTE><TEXTE cid=\"LEGITEXT000000000009\" nature=\"LOI\" nor=\"ABCD\" date_publi=\"2019-12-30\">\
         <TITRE_TXT debut=\"2000-01-01\" fin=\"2015-01-01\">Ancien titre</TITRE_TXT>\
         <TITRE_TXT debut=\"2015-01-01\" fin=\"2999-01-01\">Loi &amp;laquo; eau &amp;raquo;</TITRE_TXT>\
         <TM><TITRE_TM>Livre I</TITRE_TM><TM><TITRE_TM>Titre II</TITRE_TM></TM></TM></TEXTE></CONTEXTE>\
         <VERSIONS><VERSION><LIEN_ART id=\"LEGIARTI000000000003\"/></VERSION>\
         <VERSION><LIEN_ART id=\"LEGIARTI000000000000\"/></VERSION></VERSIONS>\
         <NOTA><CONTENU><p>Note.</p></CONTENU></NOTA><BLOC_TEXTUEL>",
    );
    let sink = read_member(&Value::Null, PATH, text.as_bytes());
    let document = &sink.documents[0];
    assert_eq!(document.text, "Texte.\n\nNOTA :\nNote.");
    assert_eq!(
        document.title.as_deref(),
        Some("Article L. 1 — Loi « eau »")
    );
    assert_eq!(document.version_of.as_deref(), Some("LEGIARTI000000000000"));
    assert_eq!(
        document.url.as_deref(),
        Some("https://www.legifrance.gouv.fr/loda/article_lc/LEGIARTI000000000001")
    );
    assert_eq!(
        document.metadata["sections"],
        json!(["Livre I", "Titre II"])
    );
    assert_eq!(document.modified_on, Date::from_ymd(2025, 7, 14));
    assert_eq!(
        (document.version_to, document.sequence),
        (None, 20_250_714_203_006)
    );

    let announced = text
        .replace("<p>Note.</p>", "<p>Nota.-Note.</p>")
        .replace("<NUM>L. 1", "<NUM>Annexe I");
    let sink = read_member(&Value::Null, PATH, announced.as_bytes());
    assert_eq!(sink.documents[0].text, "Texte.\n\nNota.-Note.");
    assert_eq!(
        sink.documents[0].title.as_deref(),
        Some("Annexe I — Loi « eau »")
    );
}

#[test]
fn options_choose_members() {
    let wants = |options: &Value, uri: &str| readers::build("dila", options).unwrap().wants(uri);
    let jorf = "jorf/global/article/JORF/ARTI/00/JORFARTI000000000001.xml";
    let cass = "CASS_20250714-203006.tar.gz!juri/global/JURI/TEXT/JURITEXT000000000001.xml";
    assert!(wants(&Value::Null, PATH) && wants(&Value::Null, jorf) && wants(&Value::Null, cass));
    assert!(wants(&json!({"fond": "LEGI"}), PATH) && !wants(&json!({"fond": "LEGI"}), jorf));
    assert!(wants(&json!({"fond": "JORF"}), jorf) && !wants(&json!({"fond": "JORF"}), PATH));
    let several = json!({"fond": ["CASS", "JORF"]});
    assert!(wants(&several, cass) && wants(&several, jorf) && !wants(&several, PATH));
    assert!(!wants(
        &Value::Null,
        "legi/global/eli/LEGIARTI000000000001.xml"
    ));
}

#[test]
fn wrong_options_as_a_table() {
    let check = |options: Value, expected: &str| {
        let error = readers::build("dila", &options).err().unwrap().to_string();
        assert!(error.contains(expected), "{error}");
    };
    check(json!({"fond": "SARDE"}), "`KALI`");
    check(json!({"texte": true}), "did you mean `texts`?");
    check(json!({"on": "2024-01-01"}), "`assemble = \"text\"`");
    check(json!({"assemble": "text", "on": "1er mai"}), "YYYY-MM-DD");
    check(json!({"assemble": "text", "articles": false}), "`articles`");
}

fn decision(family: &str, own: &str, content: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><TEXTE_JURI_{family}><META><META_COMMUN><ID>JURITEXT000000000001</ID>\
         <ORIGINE>JURI</ORIGINE><NATURE>ARRET</NATURE></META_COMMUN><META_SPEC><META_JURI><TITRE>Cour, 7 janvier 2026</TITRE>\
         <DATE_DEC>2026-01-07</DATE_DEC><JURIDICTION>Cour de cassation</JURIDICTION><NUMERO>12600011</NUMERO>\
         <SOLUTION>Rejet</SOLUTION></META_JURI><META_JURI_{family}>{own}</META_JURI_{family}></META_SPEC></META><TEXTE>\
         <BLOC_TEXTUEL><CONTENU>{content}</CONTENU></BLOC_TEXTUEL><SOMMAIRE><SCT ID=\"1\" TYPE=\"PRINCIPAL\">BAUX</SCT>\
         <SCT ID=\"1\" TYPE=\"REFERENCE\">BAIL</SCT><ANA ID=\"1\">Il résulte de…</ANA></SOMMAIRE>\
         <SAISINES><CONTENU>Saisine du 3 mai</CONTENU></SAISINES></TEXTE></TEXTE_JURI_{family}>"
    )
}

#[test]
fn decisions_as_a_table() {
    let check = |text: &str, expected: Value| {
        let sink = read_member(
            &Value::Null,
            "juri/a/JURITEXT000000000001.xml",
            text.as_bytes(),
        );
        let document = &sink.documents[0];
        assert_eq!(document.genre.as_deref(), Some("decision"));
        assert_eq!(document.published_on, Date::from_ymd(2026, 1, 7));
        assert_eq!(document.text, "Vu l'article 3 ;\n\nM. [X] soutient.");
        let mut metadata = document.metadata.clone();
        for (name, value) in [
            ("jurisdiction", json!("Cour de cassation")),
            ("number", json!("12600011")),
            ("solution", json!("Rejet")),
            ("nature", json!("ARRET")),
            ("summary", json!("Il résulte de…")),
            ("keywords", json!(["BAUX", "BAIL"])),
        ] {
            assert_eq!(metadata.remove(name), Some(value));
        }
        assert_eq!(Value::Object(metadata), expected);
    };
    let content = "Vu l'article 3 ; <br/>\n<br/> M. [X] soutient.<br/>";
    check(
        &decision(
            "JUDI",
            "<NUMEROS_AFFAIRES><NUMERO_AFFAIRE>24-1</NUMERO_AFFAIRE><NUMERO_AFFAIRE>24-2</NUMERO_AFFAIRE></NUMEROS_AFFAIRES>\
             <PUBLI_BULL publie=\"oui\"/><FORMATION>CHAMBRE_CIVILE_1</FORMATION><FORM_DEC_ATT>Cour d'appel</FORM_DEC_ATT>\
             <DATE_DEC_ATT>2024-02-08</DATE_DEC_ATT><PRESIDENT>Mme Nom</PRESIDENT><AVOCATS>SCP Nom</AVOCATS>\
             <ECLI>ECLI:FR:CCASS:2026:C100011</ECLI>",
            content,
        ),
        json!({
            "numbers": ["24-1", "24-2"], "publication": "bulletin", "formation": "CHAMBRE_CIVILE_1",
            "contested": "Cour d'appel, 2024-02-08", "ecli": "ECLI:FR:CCASS:2026:C100011",
        }),
    );
    check(
        &decision(
            "ADMIN",
            "<FORMATION>9ème chambre</FORMATION><TYPE_REC>excès de pouvoir</TYPE_REC><PUBLI_RECUEIL>B</PUBLI_RECUEIL>\
             <RAPPORTEUR>M. Nom</RAPPORTEUR><DEMANDEUR>M. Nom</DEMANDEUR>",
            content,
        ),
        json!({"formation": "9ème chambre", "appeal": "excès de pouvoir", "publication": "B"}),
    );
    check(
        &decision(
            "CONSTIT",
            "<NOR>CSCX1</NOR><NATURE_QUALIFIEE>QPC</NATURE_QUALIFIEE>",
            content,
        ),
        json!({"nor": "CSCX1", "nature_qualifiee": "QPC"}),
    );
    let text = decision("CONSTIT", "", "Décide.");
    let sink = read_member(&json!({"observations": true}), "a.xml", text.as_bytes());
    assert_eq!(
        sink.documents[0].text,
        "Décide.\n\nSaisine\n\nSaisine du 3 mai"
    );
    let sink = read_member(&json!({"decisions": false}), "a.xml", text.as_bytes());
    assert_eq!(
        (sink.records, sink.documents.len(), sink.faults.len()),
        (1, 0, 0)
    );
}

#[test]
fn other_bases() {
    let read = |uri: &str, text: &str| {
        let sink = read_member(&Value::Null, uri, text.as_bytes());
        assert_eq!(sink.fault_lines(), [""; 0]);
        sink.documents.into_iter().next()
    };
    let cnil = "<TEXTE_CNIL><META><META_COMMUN><ID>CNILTEXT000000000001</ID><NATURE>DELIBERATION</NATURE></META_COMMUN><META_SPEC>\
                <META_CNIL><TITRE>T</TITRE><TITREFULL>Délibération n° 1</TITREFULL><NUMERO>2026-1</NUMERO><NATURE_DELIB>Avis\
                </NATURE_DELIB><DATE_TEXTE>2026-07-21</DATE_TEXTE><DATE_PUBLI>2026-09-03</DATE_PUBLI><ETAT_JURIDIQUE>VIGUEUR\
                </ETAT_JURIDIQUE></META_CNIL></META_SPEC></META><BLOC_TEXTUEL><CONTENU><p>La Commission.</p></CONTENU></BLOC_TEXTUEL></TEXTE_CNIL>";
    let document = read("cnil/global/CNILTEXT000000000001.xml", cnil).unwrap();
    assert_eq!(document.text, "La Commission.");
    assert_eq!(document.title.as_deref(), Some("Délibération n° 1"));
    assert_eq!(document.published_on, Date::from_ymd(2026, 7, 21));
    assert_eq!(
        Value::Object(document.metadata),
        json!({"number": "2026-1", "nature": "DELIBERATION", "nature_delib": ["Avis"], "date_publi": "2026-09-03"})
    );

    let dole = "<DOSSIER_LEGISLATIF><META><META_COMMUN><ID>JORFDOLE000000000001</ID></META_COMMUN><META_DOSSIER_LEGISLATIF>\
                <TITRE>LOI n° 1</TITRE><TYPE>LOI_PUBLIEE</TYPE><DATE_CREATION>2024-01-01</DATE_CREATION><ID_TEXTE_1>JORFTEXT1\
                </ID_TEXTE_1><LEGISLATURE><NUMERO>16</NUMERO></LEGISLATURE></META_DOSSIER_LEGISLATIF></META><CONTENU>\
                <EXPOSE_MOTIF>&lt;p&gt;Mesdames,&lt;/p&gt;&lt;p&gt;Messieurs,&lt;/p&gt;</EXPOSE_MOTIF><ARBORESCENCE/></CONTENU></DOSSIER_LEGISLATIF>";
    let document = read("dole/global/JORF/DOLE/00/JORFDOLE000000000001.xml", dole).unwrap();
    assert_eq!(document.text, "Mesdames,\n\nMessieurs,");
    assert_eq!(document.genre.as_deref(), Some("legislative-file"));
    assert_eq!(
        Value::Object(document.metadata),
        json!({"type": "LOI_PUBLIEE", "legislature": "16", "textes": ["JORFTEXT1"]})
    );
    let links = dole.replace("Mesdames,", "").replace("Messieurs,", "");
    assert!(read("dole/JORFDOLE000000000001.xml", &links).is_none());

    let kali = article("<p>Un accord.</p>")
        .replace("LEGIARTI", "KALIARTI")
        .replace(
            "<BLOC_TEXTUEL>",
            "<CONTEXTE><TEXTE cid=\"KALITEXT1\" nature=\"Accord\"><TITRE_TXT c_titre_court=\"Épargne\" id_txt=\"KALITEXT1\"/>\
             </TEXTE><CONTENEUR cid=\"KALICONT1\" nature=\"IDCC\" num=\"1938\" titre=\"Convention des volailles\"/></CONTEXTE><BLOC_TEXTUEL>",
        );
    let document = read("kali/global/article/KALI/KALIARTI000000000001.xml", &kali).unwrap();
    assert_eq!(document.title.as_deref(), Some("Article L. 1 — Épargne"));
    assert_eq!(document.genre.as_deref(), Some("agreement"));
    assert_eq!(document.metadata["idcc"], "1938");
    assert_eq!(document.metadata["convention"], "Convention des volailles");
    assert!(read("kali/global/conteneur/KALICONT1.xml", "<IDCC/>").is_none());
    assert!(read("a.xml", "<IDCC/>").is_none());
}

const ACCO: &str = "<TEXTE_ACCO><META><META_COMMUN><ID>ACCOTEXT000000000001</ID><NATURE>ACCORD</NATURE></META_COMMUN><META_SPEC>\
    <META_ACCO><TITRE_TXT>Accord sur le temps de travail</TITRE_TXT><DOCUMENT_BUREAUTIQUE>/2026/08/24/T003-9009.docx\
    </DOCUMENT_BUREAUTIQUE><NUMERO>T003</NUMERO><SIRET>90090000100019</SIRET><DATE_EFFET>2026-08-01</DATE_EFFET>\
    <DATE_FIN>2999-01-01</DATE_FIN><DATE_DIFFUSION>2026-08-24</DATE_DIFFUSION><CODE_IDCC>1597</CODE_IDCC><THEMES><THEME>\
    <CODE>052</CODE><LIBELLE>Heures supplémentaires</LIBELLE><GROUPE>03</GROUPE></THEME></THEMES><NEGOCIATEURS><NEGOCIATEUR>\
    <NOM>NOM</NOM></NEGOCIATEUR></NEGOCIATEURS></META_ACCO></META_SPEC></META></TEXTE_ACCO>";

#[test]
fn company_agreements_lie_in_office_files() {
    let xml = "acco/global/ACCO/TEXT/00/ACCOTEXT000000000001.xml";
    let sink = read_member(&Value::Null, xml, ACCO.as_bytes());
    assert_eq!(
        (sink.records, sink.documents.len(), sink.faults.len()),
        (1, 0, 0)
    );
    let sink = read_member(&json!({"assemble": "text"}), xml, ACCO.as_bytes());
    let contents = &sink.contents[0];
    let whole = contents.whole.as_deref().unwrap();
    assert_eq!(
        (contents.key.as_str(), contents.entries[0].key.as_str()),
        ("ACCOTEXT000000000001", "T003-9009")
    );
    assert_eq!(whole.metadata["themes"], json!(["Heures supplémentaires"]));
    assert!(!format!("{whole:?}").contains("NOM"));

    let office = "a.tar.gz!acco/global/bureautique/2026/08/24/T003-9009.docx";
    let sink = read_member(&Value::Null, office, b"PK\x03\x04");
    assert_eq!(
        sink.fault_lines(),
        [format!("extract/malformed-archive {office}")]
    );
    assert!(readers::build("dila", &Value::Null).unwrap().opens(office));
}

#[test]
fn withdrawals_of_every_base() {
    let list =
        "legi/global/code_et_TNC_en_vigueur/a/LEGIARTI000000000001\njuri/a/JURITEXT000000000002\n";
    let sink = read_member(
        &Value::Null,
        "x/liste_suppression_legi.dat",
        list.as_bytes(),
    );
    let found: Vec<(&str, i64)> = sink
        .tombstones
        .iter()
        .map(|t| (t.key.as_str(), t.sequence))
        .collect();
    // A record of LEGI may have moved to another folder in the same archive.
    let expected = [
        ("LEGIARTI000000000001", 20_250_714_203_005),
        ("JURITEXT000000000002", 20_250_714_203_006),
    ];
    assert_eq!(found, expected);
}

#[test]
fn pages_of_errors_say_so() {
    let page = b"<!DOCTYPE HTML><html><head><title>503 Service Unavailable</title></head><body><p>x<br></html>";
    let check = |uri: &str, reason: &str, detail: &str| {
        let sink = read_member(&Value::Null, uri, page);
        let fault = &sink.faults[0];
        assert_eq!(fault.reason, reason);
        assert_eq!(fault.detail.as_deref(), Some(detail));
    };
    let page_in =
        |what: &str| format!("an HTML page, `503 Service Unavailable`, in place of {what}");
    check(PATH, "extract/malformed-xml", &page_in("a record"));
    check(
        "LEGI_20250714-203006.tar.gz",
        "extract/malformed-archive",
        &page_in("an archive"),
    );
}

#[test]
fn laws_are_handed_over_as_contents() {
    let options = json!({"assemble": "text", "on": "2024-01-01"});
    let reader = readers::build("dila", &options).unwrap();
    let on = Date::from_ymd(2024, 1, 1);
    assert_eq!(
        reader.assembly(),
        Some(Assembly {
            on,
            joint: Joint::Paragraph
        })
    );
    assert_eq!(
        readers::build("dila", &Value::Null).unwrap().assembly(),
        None
    );

    let version = "<TEXTE_VERSION><META><META_COMMUN><ID>LEGITEXT000000000001</ID><NATURE>CODE</NATURE></META_COMMUN><META_SPEC>\
                   <META_TEXTE_CHRONICLE><CID>LEGITEXT000000000001</CID></META_TEXTE_CHRONICLE><META_TEXTE_VERSION><TITRE>Code\
                   </TITRE></META_TEXTE_VERSION></META_SPEC></META></TEXTE_VERSION>";
    let sink = read_member(&options, "a.xml", version.as_bytes());
    assert_eq!((sink.documents.len(), sink.contents.len()), (0, 1));
    let whole = sink.contents[0].whole.as_deref().unwrap();
    assert_eq!(
        (whole.title.as_deref(), whole.text.as_str()),
        (Some("Code"), "")
    );

    let check = |uri: &str, text: &str, key: &str, expected: &[&str]| {
        let sink = read_member(&options, uri, text.as_bytes());
        let contents = &sink.contents[0];
        assert_eq!(
            (contents.key.as_str(), contents.whole.is_none()),
            (key, true)
        );
        let day = |day: Option<Date>| day.map_or("…".to_owned(), |day| day.to_string());
        let lines: Vec<String> = contents
            .entries
            .iter()
            .map(|e| {
                let heading = e.heading.as_deref().unwrap_or("-");
                format!("{} {heading} {} {}", e.key, day(e.from), day(e.to))
            })
            .collect();
        assert_eq!(lines, expected);
    };
    check(
        "legi/global/code_et_TNC_en_vigueur/a/texte/struct/LEGITEXT000000000001.xml",
        "<TEXTELR><META><META_COMMUN><ID>LEGITEXT000000000001</ID></META_COMMUN></META><STRUCT>\
         <LIEN_ART debut=\"2000-01-01\" etat=\"VIGUEUR\" fin=\"2999-01-01\" id=\"LEGIARTI1\" num=\"Annexe\"/>\
         <LIEN_SECTION_TA cid=\"LEGISCTA1\" debut=\"2000-01-01\" fin=\"2020-01-01\" id=\"LEGISCTA1\" niv=\"1\" url=\"/x\">Livre Ier</LIEN_SECTION_TA>\
         <LIEN_SECTION_TA debut=\"2000-01-01\" fin=\"2999-01-01\" id=\"LEGISCTA2\" niv=\"2\">Titre Ier</LIEN_SECTION_TA></STRUCT></TEXTELR>",
        "LEGITEXT000000000001",
        &[
            "LEGIARTI1 Annexe 2000-01-01 …",
            "LEGISCTA1 Livre Ier 2000-01-01 2020-01-01",
        ],
    );
    check(
        "legi/global/code_et_TNC_en_vigueur/a/section_ta/LEGISCTA1.xml",
        "<SECTION_TA><ID>LEGISCTA1</ID><TITRE_TA>Livre Ier</TITRE_TA><STRUCTURE_TA>\
         <LIEN_SECTION_TA debut=\"2222-02-22\" fin=\"2999-01-01\" id=\"LEGISCTA2\" niv=\"3\">Titre Ier &amp;amp; II</LIEN_SECTION_TA>\
         <LIEN_ART debut=\"2999-01-01\" fin=\"2999-01-01\" id=\"LEGIARTI2\" num=\"L. 2\"/><LIEN_ART id=\"LEGIARTI3\"/><LIEN_ART num=\"4\"/>\
         </STRUCTURE_TA></SECTION_TA>",
        "LEGISCTA1",
        &[
            "LEGISCTA2 Titre Ier & II 2222-02-22 …",
            "LEGIARTI2 Article L. 2 … …",
            "LEGIARTI3 - … …",
        ],
    );
    let sink = read_member(&options, PATH, article("<p>x</p>").as_bytes());
    assert_eq!(
        (sink.documents.len(), sink.documents[0].raw_modified),
        (1, Some(1_752_500_000))
    );
}
