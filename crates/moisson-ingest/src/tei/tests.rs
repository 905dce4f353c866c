//! The `tei` reader: each rule of the text as a table, bad input, and the real corpora.

use moisson_core::Limits;
use serde_json::{Value, json};

use crate::testing::{Collected, corpora, read_bytes, read_path, word_f1};

fn read(options: &Value, xml: &str) -> Collected {
    let limits = Limits {
        record_bytes_max: 4 << 20,
        depth_max: 64,
        ..Limits::default()
    };
    read_bytes("tei", options, "d/a.xml", xml.as_bytes(), &limits)
}

fn tei(body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><TEI xmlns=\"http://www.tei-c.org/ns/1.0\"><teiHeader><fileDesc>\
         <titleStmt><title>T</title></titleStmt></fileDesc></teiHeader><text><body>{body}</body></text></TEI>"
    )
}

fn text_with(options: &Value, body: &str) -> String {
    let sink = read(options, &tei(body));
    assert_eq!(sink.fault_lines(), Vec::<String>::new(), "{body}");
    sink.documents
        .first()
        .map(|d| d.text.clone())
        .unwrap_or_default()
}

fn check(body: &str, expected: &str) {
    assert_eq!(text_with(&Value::Null, body), expected, "{body}");
}

#[test]
fn prose_verse_and_speech_as_a_table() {
    check(
        "<p>Un\n   <hi>deux</hi>, trois.</p><p/><p>Quatre.</p>",
        "Un deux, trois.\n\nQuatre.",
    );
    check(
        "<div><head>I</head><p>a</p></div><milestone unit='x'/><div><p>b</p></div>",
        "I\n\na\n\nb",
    );
    // Verse and drama.
    check(
        "<lg><l>Un,</l>\n<l>deux</l></lg><lg><l>trois</l></lg>",
        "Un,\ndeux\n\ntrois",
    );
    check("<lg>Un,<lb/>deux</lg>", "Un,\ndeux");
    check("<p>a<l>un</l><l>deux</l>b</p>", "a\nun\ndeux\nb");
    check(
        "<sp><speaker>HARPAGON</speaker><stage>à part.</stage><p>Au <stage>(Il rit.)</stage> voleur !</p></sp><stage>Il sort.</stage>",
        "HARPAGON à part.\nAu (Il rit.) voleur !\n\nIl sort.",
    );
    check(
        "<sp><speaker>CID</speaker><l>Ô rage</l><l>ô</l></sp><sp><speaker>B</speaker><p>x</p></sp>",
        "CID\nÔ rage\nô\n\nB\nx",
    );
    check(
        "<sp><speaker>le président</speaker><metadata><p>. La séance.</p><p>b</p></metadata></sp>",
        "le président. La séance.\n\nb",
    );
    check(
        "<sp><speaker>M. Dupont</speaker><p>... parce que.</p></sp>",
        "M. Dupont\n... parce que.",
    );
    check(
        "<p>bref <interruption type='R' text='Rires.'/>, oui</p>",
        "bref (Rires.), oui",
    );
    check(
        "<div><note type='speaker'>Le président:</note><u who='#PA1'><seg>Un.</seg><note type='comment'>(Rires.)</note><seg>Deux.</seg></u>\
         <u who='Jeanne_Dupin'>Trois <kinesic><desc>(Rires)</desc></kinesic>.</u><note>Suspension.</note></div>",
        "Le président:\nUn.\n\n(Rires.)\n\nDeux.\n\nJeanne Dupin\nTrois\n\n(Rires)\n\n.\n\nSuspension.",
    );
}

#[test]
fn letters_lists_tables_and_quotations_as_a_table() {
    check(
        "<opener><dateline>Paris, 3 mai</dateline><salute>Madame,</salute></opener><p>x</p><closer>Adieu. <signed>G.</signed></closer>",
        "Paris, 3 mai\nMadame,\n\nx\n\nAdieu.\nG.",
    );
    check(
        "<p>a<list><item>un</item><item><p>deux</p><p>trois</p></item></list>b</p>",
        "a\n\nun\ndeux\ntrois\n\nb",
    );
    check(
        "<list><label>1°</label><item>un</item><label>2°</label><item><p>deux</p></item></list>",
        "1° un\n2° deux",
    );
    check(
        "<table><head>T</head><row><cell>a</cell><cell/><cell>c</cell></row><row><cell><p>d</p></cell></row></table>",
        "T\n\na | | c\nd",
    );
    check(
        "<p>dit <quote>ah</quote> oui</p><quote><p>a</p><p>b</p></quote><quote>c <q>d</q> e</quote>",
        "dit ah oui\n\na\n\nb\n\nc d e",
    );
    check(
        "<p>a <figure><graphic url='x'/><figDesc>Une vue</figDesc></figure>b</p><figure><head>Vue</head></figure>",
        "a b\n\nVue",
    );
    check(
        "<div><formula>E=mc^2</formula><p>où <formula>m</formula></p></div>",
        "E=mc^2\n\noù m",
    );
}

#[test]
fn readings_and_prints_as_a_table() {
    check(
        "<p><choice><sic>fote</sic><corr>faute</corr></choice> <choice><orig>estoit</orig><reg>était</reg></choice> <choice><abbr>M.</abbr><expan>M<ex>onsieur</ex></expan></choice></p>",
        "faute estoit Monsieur",
    );
    check(
        "<p><subst><del>un</del><add>deux</add></subst> <supplied>trois</supplied> <unclear>q</unclear> <surplus>s</surplus> a<gap/>b</p>",
        "deux trois q s ab",
    );
    check(
        "<p><app><lem>un</lem><rdg>deux</rdg></app> <app><rdg>x</rdg><rdg>y</rdg></app></p>",
        "un x",
    );
    // What the print leaves behind.
    check(
        "<p>fin<fw type='sig'>A ij</fw><pb n='2'/><cb/> de page, mai<pb/>son</p>",
        "fin de page, maison",
    );
    check("<p>un\n<lb/>deux,<lb/>trois</p>", "un deux, trois");
    check(
        "<p>conver-<lb/>\ngence, dit-<lb/>il, Jean-<lb/>Paul</p>",
        "convergence, dit-il, Jean-Paul",
    );
    check(
        "<p>tri\n<lb break='no'/>ompher, im-<lb break='no'/>primer, voulez-<lb/>vous, long-<lb/>temps</p>",
        "triompher, imprimer, voulez-vous, long-temps",
    );
    check(
        "<p><hi>P</hi>\n<lb/>AR Grace <hi>A</hi><lb/>la</p>",
        "PAR Grace A la",
    );
    check(
        "<p>un mot<ref target='#n1'>12</ref>, <ref target='#p'>la page</ref> et<ref type='bibr'>(A, 2010)</ref> .</p>",
        "un mot, la page et.",
    );
    // Words told apart.
    check(
        "<p><w>Il</w><w>dit</w><pc>,</pc><w>oui</w><pc>.</pc></p>",
        "Il dit, oui.",
    );
    check(
        "<p><w join='right'>l’</w>\n<w>an</w>\n<pc join='left'>!</pc>\n<w>Ah</w></p>",
        "l’an! Ah",
    );
    check(
        "<entry><form><orth>abbé</orth><pron>abe</pron></form><gramGrp><pos>n. m.</pos></gramGrp><sense><def>Chef.</def></sense></entry>",
        "abbé abe n. m.\nChef.",
    );
    check(
        "<p>a &amp; b &lt;c&gt; &#233; <![CDATA[x < y]]></p>",
        "a & b <c> é x < y",
    );
}

#[test]
fn options_as_a_table() {
    let check = |options: Value, body: &str, expected: &str| {
        assert_eq!(text_with(&options, body), expected, "{options} {body}");
    };
    let noted = "<p>Un<note n='1'>Note <note>b</note> c.</note> deux.</p><p>Trois.</p>";
    check(json!({}), noted, "Un deux.\n\nTrois.\n\nNote b c.");
    check(json!({"notes": "drop"}), noted, "Un deux.\n\nTrois.");
    check(
        json!({"notes": "inline"}),
        noted,
        "Un [Note [b] c.] deux.\n\nTrois.",
    );
    let both = "<p><choice><sic>fote</sic><corr>faute</corr></choice> <choice><orig>estoit</orig><reg>était</reg></choice> q<am>~</am><ex>ue</ex></p>";
    check(json!({"reading": "original"}), both, "fote estoit q~");
    check(json!({"spelling": "regularised"}), both, "faute était que");
    check(json!({"gaps": true}), "<p>a <gap/> b</p>", "a […] b");
    check(
        json!({"line_breaks": true}),
        "<p>un<lb/>deux</p>",
        "un\ndeux",
    );
}

#[test]
fn front_and_back() {
    let xml = "<TEI><teiHeader/><text><front><titlePage><docTitle>T</docTitle></titlePage><div type='titlepage'><p>t</p></div>\
               <div type='preface'><p>Préface.</p></div></front><body><p>Corps.</p></body><back><div type='postface'><p>Fin.</p></div>\
               <div type='notes'><note>1 Note.</note></div><div type='index'><p>i</p></div></back></text></TEI>";
    let check = |options: Value, expected: &str| {
        assert_eq!(read(&options, xml).documents[0].text, expected);
    };
    check(json!({}), "Préface.\n\nCorps.\n\n1 Note.");
    check(json!({"front": false, "notes": "drop"}), "Corps.");
    check(
        json!({"back": true}),
        "Préface.\n\nCorps.\n\nFin.\n\n1 Note.",
    );
}

#[test]
fn documents_as_a_table() {
    let check = |xml: &str, expected: &[(&str, &str)]| {
        let sink = read(&Value::Null, xml);
        let expected: Vec<(String, &str)> = expected
            .iter()
            .map(|(key, text)| ((*key).to_owned(), *text))
            .collect();
        assert_eq!(sink.texts(), expected, "{xml}");
        assert_eq!(sink.records, 1);
    };
    check(
        "<TEI xml:id='A1'><teiHeader/><text><body><p>x</p></body></text></TEI>",
        &[("A1", "x")],
    );
    check(
        "<tei:TEI xmlns:tei='t'><tei:text><tei:body><tei:p>x</tei:p></tei:body></tei:text></tei:TEI>",
        &[("d/a.xml", "x")],
    );
    check(
        "<TEI.2><teiHeader><fileDesc><publicationStmt><idno type='ISSN'>1</idno><idno>B2</idno></publicationStmt></fileDesc></teiHeader><text><body><p>x</p></body></text></TEI.2>",
        &[("B2", "x")],
    );
    check(
        "<teiCorpus><teiHeader/><TEI xml:id='A'><text><body><p>a</p></body></text></TEI><teiCorpus><TEI><text><group><text><body><p>b</p></body></text><text><body><p>c</p></body></text></group></text></TEI></teiCorpus></teiCorpus>",
        &[("A", "a"), ("d/a.xml#2", "b\n\nc")],
    );
    check(
        "<TEI><teiHeader/><facsimile><surface><zone>z</zone></surface></facsimile><text><body><p>x</p></body></text></TEI>",
        &[("d/a.xml", "x")],
    );
    check(
        "<TEI><teiHeader/><sourceDoc><surface><zone><line>Vne ho-</line><line>mme</line></zone><zone><line>b</line></zone></surface></sourceDoc></TEI>",
        &[("d/a.xml", "Vne homme\n\nb")],
    );
    // Papers of which there is only a head.
    check(
        "<TEI><teiHeader><fileDesc><titleStmt><title>Titre</title></titleStmt></fileDesc><profileDesc><abstract><p>Un.</p><p>Deux.</p></abstract></profileDesc></teiHeader><text/></TEI>",
        &[("d/a.xml", "Titre\n\nUn.\n\nDeux.")],
    );
    check(
        "<tei><teiHeader/><text><front><docTitle><titlePart>Titre<lb/></titlePart></docTitle>Mots clés: <keyword>a</keyword><div type='abstract'>Un ré-<lb/>sumé.</div></front></text></tei>",
        &[("d/a.xml", "Titre\n\nUn résumé.")],
    );
    check(
        "<TEI><teiHeader><fileDesc><sourceDesc><biblStruct><orgName>Labo</orgName>, <settlement>Brest</settlement></biblStruct></sourceDesc></fileDesc></teiHeader></TEI>",
        &[("d/a.xml", "Labo, Brest")],
    );
}

#[test]
fn marks_one_line_too_early_are_set_right() {
    let page = "<p><lb break='no'/>debiter par tel Impri\n<lb/>meur, &amp; vendre.\n<lb break='no'/>à compter du pre\n<lb/>mier jour;\n<lb/>fin.\n<lb break='no'/>deux ven\n<lb/>tes.</p>";
    assert_eq!(
        text_with(&Value::Null, page),
        "debiter par tel Imprimeur, & vendre. à compter du premier jour; fin. deux ventes."
    );
}

#[test]
fn bad_input_as_a_table() {
    let check = |xml: &[u8], expected: &str| {
        let limits = Limits {
            record_bytes_max: 1 << 20,
            depth_max: 64,
            ..Limits::default()
        };
        let sink = read_bytes("tei", &Value::Null, "a.xml", xml, &limits);
        assert_eq!(sink.fault_lines(), [format!("{expected} a.xml")]);
        assert_eq!((sink.records, sink.documents.len()), (1, 0));
    };
    check(b"", "extract/empty");
    check(b"<TEI><text><body><p>coup", "extract/malformed-xml");
    check(b"<TEI><text></TEI>", "extract/malformed-xml");
    check(b"<html><body>503</body></html>", "extract/malformed-xml");
    check(
        b"<TEI><teiHeader/><text><body><p> </p></body></text></TEI>",
        "extract/empty",
    );
    check(b"<teiCorpus/>", "extract/empty");
    check(b"<TEI><w/></TEI>", "extract/empty");
    check(b"<TEI><text><pc/></text></TEI>", "extract/empty");
    check(b"<TEI><text><hi/></text></TEI>", "extract/empty");
    check(b"<TEI><text><choice/></text></TEI>", "extract/empty");
    check(
        b"<!DOCTYPE TEI [<!ENTITY a 'b'>]><TEI>&a;</TEI>",
        "extract/malformed-xml",
    );
    check(&b"<TEI>".repeat(100_000), "extract/malformed-xml");
    check(
        &b"<TEI><text><note>".repeat(60_000),
        "extract/malformed-xml",
    );
    check(&vec![b'x'; 2 << 20], "extract/too-large");
}

#[test]
fn encodings() {
    let latin = b"<?xml version='1.0' encoding='ISO-8859-1'?><TEI><text><body><p>\xe9t\xe9</p></body></text></TEI>";
    let sink = read_bytes("tei", &Value::Null, "a.xml", latin, &Limits::default());
    assert_eq!(sink.documents[0].text, "été");
}

#[test]
fn bait_is_read_in_linear_time() {
    for piece in [
        "<note>x</note>",
        "<w/>",
        "<w>a</w>",
        "<hi>A</hi>",
        "<lb break='no'/>",
        "<quote/>",
        "<choice><a/></choice>",
        "<ref target='#a'>1</ref>",
        "<figure><p/></figure>",
        "<stage/>",
    ] {
        let sink = read(
            &Value::Null,
            &tei(&format!("<p>{}</p>x", piece.repeat(100_000))),
        );
        assert_eq!(sink.documents.len(), 1, "{piece}");
    }
}

fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        #[expect(clippy::disallowed_methods, reason = "a test finds its data")]
        let entries = std::fs::read_dir(&folder);
        for entry in entries.into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "xml") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn novels_are_their_plain_text() {
    let Some(corpora) = corpora() else { return };
    let mut least: f64 = 1.0;
    for path in files(&corpora.join("eltec-fra/level1")) {
        let plain = corpora
            .join("eltec-fra/plain1")
            .join(path.with_extension("txt").file_name().unwrap());
        #[expect(clippy::disallowed_methods, reason = "a test reads its data")]
        let truth = std::fs::read_to_string(plain).unwrap();
        let sink = read_path("tei", &json!({}), "a.xml", &path);
        let document = &sink.documents[0];
        let f1 = word_f1(&document.text, &truth);
        assert!(f1 >= 0.99, "{} {f1}", path.display());
        least = least.min(f1);
        assert!(document.key_text().starts_with("FRA"), "{}", path.display());
        assert_eq!(document.language_declared.as_deref(), Some("fr"));
        assert_eq!(
            document.licence_declared.as_deref(),
            Some("https://creativecommons.org/licenses/by/4.0/")
        );
        assert!(
            document.metadata.contains_key("work_date"),
            "{}",
            path.display()
        );
    }
    eprintln!("least F1 {least:.4}");
}

#[test]
fn real_files_yield_text() {
    let Some(corpora) = corpora() else { return };
    for (folder, count) in [
        ("eltec-fra", 26),
        ("an-mariage2013/files/xml", 13),
        ("corpus17plus", 3),
        ("grobid-tei-fr", 20),
    ] {
        let files = files(&corpora.join(folder));
        assert_eq!(files.len(), count, "{folder}");
        for path in files {
            let sink = read_path("tei", &json!({}), "a.xml", &path);
            assert_eq!(
                sink.fault_lines(),
                Vec::<String>::new(),
                "{}",
                path.display()
            );
            assert_eq!(sink.documents.len(), 1, "{}", path.display());
        }
    }
}

#[test]
fn bodies_of_novels_are_their_plain_text_word_for_word() {
    let Some(corpora) = corpora() else { return };
    let options = json!({"front": false, "notes": "drop"});
    for name in [
        "FRA00502_Balzac",
        "FRA04202_Rolland",
        "FRA04102_Erckmann",
        "FRA00302_Aimard",
    ] {
        let path = corpora.join("eltec-fra/level1").join(format!("{name}.xml"));
        let plain = corpora.join("eltec-fra/plain1").join(format!("{name}.txt"));
        #[expect(clippy::disallowed_methods, reason = "a test reads its data")]
        let truth = std::fs::read_to_string(plain).unwrap();
        let sink = read_path("tei", &options, "a.xml", &path);
        let f1 = word_f1(&sink.documents[0].text, &truth);
        assert!(f1 >= 0.9995, "{name} {f1}");
    }
}
