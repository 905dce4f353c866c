//! PDFs made by hand, hostile ones, and the real ones.

use moisson_core::Limits;
use serde_json::{Value, json};

use super::samples::{Made, at, deflated, lines, sized, spaced_lines, stream, zlib};
use crate::testing::{Collected, corpora, read_bytes, read_path, word_f1};

fn read(bytes: &[u8]) -> Collected {
    read_bytes("pdf", &Value::Null, "d/f.pdf", bytes, &Limits::default())
}

fn check(content: &[String], expected: &str) {
    let made = Made {
        pages: content.to_vec(),
        ..Made::default()
    };
    let sink = read(&made.bytes());
    assert_eq!(sink.fault_lines(), [] as [String; 0], "{expected}");
    assert_eq!(sink.documents[0].text, expected);
}

/// Full lines of a column of 230 points, so that it is seen as prose.
const COLUMN: [&str; 8] = [
    "La commune entretient les chemins ruraux de son",
    "territoire et tient le registre de leurs usages, que",
    "chacun peut lire en mairie aux heures ouvrables de",
    "la semaine. Le conseil en fixe la liste par une seule",
    "et même délibération, qui est affichée durant deux",
    "mois puis transmise au représentant de l’État dans",
    "le département. Les riverains en sont avertis par la",
    "voie de la presse locale et par un courrier simple.",
];

#[test]
fn paragraphs_as_a_table() {
    let text = [lines(
        72,
        700,
        &[
            "Le premier paragraphe commence ici et se poursuit sur une autre ligne, qui est aussi lon-",
            "gue que la première. Une phrase encore, pour que la ligne soit remplie jusqu’au bout, dit-",
            "il, et au-delà de la marge habituelle des textes que nous lisons ici. Le mot au-delà, coupé au-",
            "delà de sa moitié, reste entier.",
            "Le deuxième paragraphe suit une ligne courte et parle de tout autre chose que le premier.",
        ],
    ) + &at(72, 620, "Une ligne à part.")];
    check(
        &text,
        "Le premier paragraphe commence ici et se poursuit sur une autre ligne, qui est aussi longue que la \
         première. Une phrase encore, pour que la ligne soit remplie jusqu’au bout, dit-il, et au-delà de la marge \
         habituelle des textes que nous lisons ici. Le mot au-delà, coupé au-delà de sa moitié, reste entier.\n\n\
         Le deuxième paragraphe suit une ligne courte et parle de tout autre chose que le premier.\n\nUne ligne à part.",
    );
}

#[test]
fn columns_are_read_one_after_the_other() {
    let right: Vec<String> = COLUMN
        .iter()
        .map(|line| line.to_uppercase().replace('’', "E"))
        .collect();
    let right: Vec<&str> = right
        .iter()
        .map(|line| line.get(..38.min(line.len())).unwrap_or(line))
        .collect();
    let page = sized(150, 780, 16, "Un titre qui court sur les deux colonnes")
        + &lines(60, 740, &COLUMN)
        + &lines(320, 740, &right)
        + &at(
            120,
            600,
            "Une ligne du bas de la page qui court elle aussi sur les deux colonnes du texte.",
        );
    let made = Made {
        pages: vec![page],
        ..Made::default()
    };
    let text = read(&made.bytes()).documents.remove(0).text;
    let place = |piece: &str| {
        text.find(piece)
            .unwrap_or_else(|| panic!("{piece} in {text}"))
    };
    let order = [
        "Un titre",
        "La commune",
        "courrier simple.",
        "LA COMMUNE",
        "VOIE DE LA",
        "Une ligne du bas",
    ];
    assert!(
        order.windows(2).all(|pair| place(pair[0]) < place(pair[1])),
        "{text}"
    );
    assert!(text.contains("usages, que chacun peut lire"), "{text}");
}

#[test]
fn tables_keep_their_rows() {
    let mut page = String::new();
    for (row, (name, value)) in [
        ("Ain", "12"),
        ("Aisne", "31"),
        ("Allier", "7"),
        ("Ariège", "44"),
        ("Aube", "5"),
        ("Aude", "61"),
        ("Aveyron", "9"),
    ]
    .iter()
    .enumerate()
    {
        let y = 700 - 12 * i32::try_from(row).unwrap();
        page += &(at(72, y, name) + &at(300, y, value));
    }
    check(
        &[page],
        "Ain 12\nAisne 31\nAllier 7\nAriège 44\nAube 5\nAude 61\nAveyron 9",
    );
}

#[test]
fn furniture_is_removed() {
    let page = |number: usize| {
        at(
            72,
            815,
            &format!("Rapport annuel 2023    Chapitre {number}"),
        ) + &lines(72, 740, &COLUMN)
            + &at(290, 30, &number.to_string())
    };
    let made = Made {
        pages: (1..=4).map(page).collect(),
        ..Made::default()
    };
    let text = read(&made.bytes()).documents.remove(0).text;
    assert!(!text.contains("Rapport") && !text.contains("\n1"), "{text}");
    assert_eq!(text.matches("La commune entretient").count(), 4);
    let by_page = read_bytes(
        "pdf",
        &json!({"unit": "page"}),
        "f.pdf",
        &made.bytes(),
        &Limits::default(),
    );
    let keys: Vec<String> = by_page
        .documents
        .iter()
        .map(moisson_core::Document::key_text)
        .collect();
    assert_eq!(
        keys,
        [
            "f.pdf#page=1",
            "f.pdf#page=2",
            "f.pdf#page=3",
            "f.pdf#page=4"
        ]
    );
    assert_eq!(by_page.records, 1);
}

#[test]
fn details_as_a_table() {
    let one = |content: String, expected: &str| check(&[content], expected);
    // Words by gaps and not by spaces.
    one(
        "BT /F1 10 Tf 72 700 Td [(Bon) 20 (jour) -300 (monde)] TJ ET".to_owned(),
        "Bonjour monde",
    );
    // Letters apart in a title, with wider gaps between words.
    one(
        "BT /F1 10 Tf 3 Tc 72 700 Td [(TITRE) -300 (LARGE)] TJ ET".to_owned(),
        "TITRE LARGE",
    );
    // Raised: a call is left out, an ordinal and a power stay.
    let raised = |before: &str, raised: &str, after: &str| {
        format!(
            "BT /F1 10 Tf 72 700 Td ({before}) Tj /F1 6 Tf 4 Ts ({raised}) Tj /F1 10 Tf 0 Ts ({after}) Tj ET"
        )
    };
    one(raised("La loi", "12", " du jour"), "La loi du jour");
    one(raised("Le 1", "er", " mai"), "Le 1er mai");
    one(
        raised("Un lot de 30 m", "2", " environ"),
        "Un lot de 30 m² environ",
    );
    one(raised("", "3", "Voir la loi."), "3 Voir la loi.");
    // Bold feigned by drawing twice.
    one(
        at(72, 700, "Gras") + "BT /F1 10 Tf 1 0 0 1 72.3 700 Tm (Gras) Tj ET",
        "Gras",
    );
    one(
        "BT /F1 10 Tf 2 Tr 72 700 Td (Contour) Tj ET".to_owned(),
        "Contour",
    );
    // Invisible text is an OCR layer; slanted text a watermark; text on its side a stamp.
    one(
        "BT /F1 10 Tf 3 Tr 72 700 Td (Texte reconnu) Tj ET".to_owned(),
        "Texte reconnu",
    );
    one(
        at(72, 700, "Le texte de la page.")
            + "BT /F1 40 Tf 0.7 0.7 -0.7 0.7 100 300 Tm (PROJET) Tj ET BT /F1 8 Tf 0 1 -1 0 30 300 Tm (v 1) Tj ET",
        "Le texte de la page.",
    );
    one(
        "BT /F1 10 Tf 0 1 -1 0 300 300 Tm (Un tableau en travers) Tj ET".to_owned(),
        "Un tableau en travers",
    );
    // Entries of a table of contents.
    one(
        lines(
            72,
            700,
            &[
                "Introduction . . . . . . . . . . . . 3",
                "Chapitre premier ............ 12",
                "Fin",
            ],
        ),
        "Introduction\nChapitre premier\nFin",
    );
    // Code keeps its lines.
    one(
        "BT /F2 10 Tf 12 TL 72 700 Td (sudo apt update) Tj T* (sudo apt upgrade) Tj ET".to_owned(),
        "sudo apt update\nsudo apt upgrade",
    );
    // Items of a list.
    one(
        lines(
            72,
            700,
            &[
                "• un premier point de la liste, assez long",
                "• un deuxième",
            ],
        ),
        "• un premier point de la liste, assez long\n• un deuxième",
    );
    // Wider spacing is a paragraph.
    one(
        spaced_lines(
            72,
            700,
            12,
            &[
                "Une ligne qui va jusqu’au bout de la page",
                "et une autre qui la suit de près dans le",
            ],
        ) + &at(72, 660, "texte, plus bas"),
        "Une ligne qui va jusqu’au bout de la page et une autre qui la suit de près dans le\n\ntexte, plus bas",
    );
}

#[test]
fn information_fills_the_columns() {
    let xmp = r#"<?xpacket begin="" id="x"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="r"><rdf:Description xmlns:dc="d" xmlns:tdm="http://www.w3.org/ns/tdmrep/" tdm:policy="https://a.example/p">
<tdm:reservation>1</tdm:reservation><dc:rights><rdf:Alt><rdf:li xml:lang="fr">Licence Ouverte 2.0</rdf:li></rdf:Alt></dc:rights></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"#;
    let made = Made {
        pages: vec![at(72, 700, "Texte.")],
        info: "/Title <FEFF00C900740061007400200063006900760069006C> /Author (Nom) /CreationDate (D:20240102030405+01'00') /ModDate (D:20240203) /Keywords (mairie)".to_owned(),
        catalog: "/Lang (fr-FR) /Metadata 8 0 R".to_owned(),
        objects: vec![stream("/Type /Metadata /Subtype /XML", xmp.as_bytes())],
        ..Made::default()
    };
    let document = read(&made.bytes()).documents.remove(0);
    assert_eq!(document.title.as_deref(), Some("État civil"));
    assert_eq!(document.published_on.unwrap().to_string(), "2024-01-02");
    assert_eq!(document.modified_on.unwrap().to_string(), "2024-02-03");
    assert_eq!(document.language_declared.as_deref(), Some("fr-FR"));
    assert_eq!(
        document.licence_declared.as_deref(),
        Some("Licence Ouverte 2.0")
    );
    assert_eq!(
        Value::from(document.metadata),
        json!({
            "keywords": "mairie",
            "pages": 1,
            "optout": {"marks": [
                {"kind": "tdmrep-pdf", "raw": "1"},
                {"kind": "tdm-policy", "raw": "https://a.example/p"},
            ]},
        })
    );
}

#[test]
fn forms_are_walked_within_bounds() {
    let form = |content: &str, resources: &str| {
        stream(
            &format!("/Type /XObject /Subtype /Form /BBox [0 0 595 842] {resources}"),
            content.as_bytes(),
        )
    };
    let with = |first: Vec<u8>, more: Vec<Vec<u8>>| {
        let mut objects = vec![first];
        objects.extend(more);
        Made {
            pages: vec!["q 1 0 0 1 0 -20 cm /X Do Q".to_owned()],
            resources: "/XObject << /X 8 0 R >>".to_owned(),
            objects,
            ..Made::default()
        }
        .bytes()
    };
    let plain = with(form(&at(72, 700, "Dans la forme."), ""), vec![]);
    assert_eq!(read(&plain).documents[0].text, "Dans la forme.");
    // A form that draws itself ends.
    let itself = with(
        form(
            &(at(72, 700, "Encore.") + "/X Do"),
            "/Resources << /XObject << /X 8 0 R >> /Font << /F1 3 0 R >> >>",
        ),
        vec![],
    );
    assert_eq!(read(&itself).documents[0].text, "Encore.");
    // Each draws the next ten times: a billion draws.
    let chain: Vec<Vec<u8>> = (9..18)
        .map(|next| {
            form(
                &"/X Do ".repeat(10),
                &format!("/Resources << /XObject << /X {next} 0 R >> >>"),
            )
        })
        .collect();
    let bomb = with(chain[0].clone(), chain[1..].to_vec());
    assert_eq!(read(&bomb).fault_lines(), ["extract/expansion d/f.pdf"]);
}

#[test]
fn what_is_refused() {
    let check = |bytes: &[u8], expected: &str| {
        let sink = read(bytes);
        assert_eq!(sink.fault_lines(), [format!("{expected} d/f.pdf")]);
        assert_eq!((sink.records, sink.documents.len()), (1, 0));
    };
    let good = Made {
        pages: vec![at(72, 700, "Texte.")],
        ..Made::default()
    };
    check(b"", "extract/empty");
    check(b"%PDF-1.4\n", "extract/malformed-pdf");
    check(&b"pas un PDF".repeat(100), "extract/malformed-pdf");
    check(&good.bytes()[..200], "extract/truncated");
    let scanned = Made {
        pages: vec!["q 595 0 0 842 0 0 cm /Im Do Q".to_owned()],
        resources: "/XObject << /Im 8 0 R >>".to_owned(),
        objects: vec![stream(
            "/Type /XObject /Subtype /Image /Width 1 /Height 1 /BitsPerComponent 8 /ColorSpace /DeviceGray",
            b"\x80",
        )],
        ..Made::default()
    };
    check(&scanned.bytes(), "extract/no-text-layer");
    let encrypted = Made {
        pages: vec![at(72, 700, "Secret.")],
        objects: vec![format!("<< /Filter /Standard /V 2 /R 3 /Length 128 /P -44 /O <{0}> /U <{0}> >>", "5a".repeat(32)).into_bytes()],
        trailer: "/Encrypt 8 0 R /ID [<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>]".to_owned(),
        ..Made::default()
    };
    check(&encrypted.bytes(), "extract/malformed-pdf");
}

#[test]
fn bombs_are_refused_before_they_are_inflated() {
    let limits = Limits {
        record_bytes_max: 1 << 20,
        ..Limits::default()
    };
    let check = |made: &Made, expected: &str| {
        let sink = read_bytes("pdf", &Value::Null, "f.pdf", &made.bytes(), &limits);
        assert_eq!(sink.fault_lines(), [format!("{expected} f.pdf")]);
    };
    let zeros = vec![b' '; 8 << 20];
    let page = |objects: Vec<Vec<u8>>| Made {
        pages: vec![at(72, 700, "Texte.")],
        objects,
        ..Made::default()
    };
    check(&page(vec![deflated("", &zeros)]), "extract/expansion");
    check(
        &page(vec![deflated("/Subtype /Image", &zeros)]),
        "extract/expansion",
    );
    check(
        &page(vec![stream(
            "/Filter [/FlateDecode /FlateDecode]",
            &zlib(&zlib(&zeros)),
        )]),
        "extract/expansion",
    );
    let small = vec![b' '; 3 << 20];
    check(&page(vec![deflated("", &small); 8]), "extract/expansion");
    let long = format!("BT /F1 10 Tf 72 700 Td ({}) Tj ET", "mot ".repeat(400_000));
    check(
        &Made {
            pages: vec![long],
            deflate: true,
            ..Made::default()
        },
        "extract/too-large",
    );
}

#[test]
fn crowded_pages_take_linear_time() {
    let check = |content: String| {
        let made = Made {
            pages: vec![content],
            deflate: true,
            ..Made::default()
        };
        assert_eq!(read(&made.bytes()).records, 1);
    };
    // Letters on one line that do not follow one another, and endless words.
    let scattered: String = (0..30_000)
        .map(|n| at(40 + (n * 37) % 500, 700, "a"))
        .collect();
    check(scattered);
    check("BT /F1 0.2 Tf 0.01 TL 72 800 Td ".to_owned() + &"(a-) Tj T* ".repeat(30_000) + "ET");
    check(
        "BT /F1 1 Tf 0 TL 72 800 Td ".to_owned() + &"[(a) -9000 (b)] TJ T* ".repeat(15_000) + "ET",
    );
}

#[test]
fn no_file_that_is_damaged_panics() {
    let made = Made {
        pages: vec![lines(60, 740, &COLUMN), lines(60, 740, &COLUMN)],
        info: "/Title (Titre)".to_owned(),
        deflate: true,
        ..Made::default()
    };
    let good = made.bytes();
    for cut in (0..good.len()).step_by(37) {
        let sink = read(&good[..cut]);
        assert_eq!(sink.records, 1);
        assert_eq!(sink.documents.len() + sink.faults.len(), 1, "{cut}");
    }
    for at in (0..good.len()).step_by(11) {
        let mut bad = good.clone();
        bad[at] ^= 0x15;
        let sink = read(&bad);
        assert_eq!(sink.documents.len() + sink.faults.len(), 1, "{at}");
    }
    for nested in ["[", "<<", "<< /A ", "("] {
        let page = nested.repeat(100_000);
        let sink = read(
            &Made {
                pages: vec![page.clone()],
                objects: vec![page.into_bytes()],
                ..Made::default()
            }
            .bytes(),
        );
        assert_eq!(sink.documents.len() + sink.faults.len(), 1, "{nested}");
    }
}

#[test]
fn the_debian_reference_is_read_as_its_text() {
    let Some(corpora) = corpora() else { return };
    let file = |path: &str| corpora.join("debian-fr").join(path);
    for (name, least) in [
        (
            "debian-reference-fr/usr/share/debian-reference/debian-reference.fr",
            0.95,
        ),
        ("debian-faq-fr/usr/share/doc/debian/FAQ/debian-faq.fr", 0.9),
        (
            "maint-guide-fr/usr/share/doc/maint-guide-fr/maint-guide.fr",
            0.9,
        ),
    ] {
        let sink = read_path("pdf", &Value::Null, "f.pdf", &file(&format!("{name}.pdf")));
        assert_eq!(sink.fault_lines(), [] as [String; 0], "{name}");
        #[expect(clippy::disallowed_methods, reason = "a test reads its data")]
        let truth = std::fs::read_to_string(file(&format!("{name}.txt"))).unwrap();
        let f1 = word_f1(&sink.documents[0].text, &truth);
        eprintln!(
            "{name}: F1 {f1:.4}, {}",
            Value::from(sink.documents[0].metadata.clone())
        );
        assert!(f1 >= least, "{name}: {f1}");
    }
}
