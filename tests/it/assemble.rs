//! Wholes assembled from pieces: a text of law in force on a date, an issue of a newspaper from its pages.

use crate::harness::{Bench, digests, prose, repository};

const CODE: &str =
    "legi/global/code_et_TNC_en_vigueur/code_en_vigueur/LEGI/TEXT/LEGITEXT000000000001";

/// A member of an archive of the LEGI base: its path inside of the code, and the XML.
type Member = (String, String);

fn meta(id: &str, of: &str) -> String {
    format!(
        "<META><META_COMMUN><ID>{id}</ID><NATURE>CODE</NATURE></META_COMMUN><META_SPEC>{of}</META_SPEC></META>"
    )
}

fn article_id(number: u64, from: u64) -> String {
    format!("LEGIARTI{:012}", number * 10_000 + from)
}

fn article_text(number: u64, from: u64) -> String {
    let text = prose(number * 10_000 + from, 60);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A version of an article, in force from a year to another.
fn article(number: u64, from: u64, to: u64) -> Member {
    let id = article_id(number, from);
    let meta = meta(
        &id,
        &format!(
            "<META_ARTICLE><NUM>L. {number}</NUM><ETAT>VIGUEUR</ETAT><DATE_DEBUT>{from}-01-01</DATE_DEBUT>\
             <DATE_FIN>{to}-01-01</DATE_FIN></META_ARTICLE>"
        ),
    );
    let text = article_text(number, from);
    let block = format!("<BLOC_TEXTUEL><CONTENU><p>{text}</p></CONTENU></BLOC_TEXTUEL>");
    (
        format!("article/{id}.xml"),
        format!("<ARTICLE>{meta}{block}</ARTICLE>"),
    )
}

fn link(number: u64, from: u64, to: u64) -> String {
    let id = article_id(number, from);
    format!(
        "<LIEN_ART id=\"{id}\" num=\"L. {number}\" debut=\"{from}-01-01\" fin=\"{to}-01-01\" etat=\"VIGUEUR\"/>"
    )
}

fn section(id: u64, links: &[(u64, u64, u64)]) -> Member {
    let links: String = links
        .iter()
        .map(|(n, from, to)| link(*n, *from, *to))
        .collect();
    let id = format!("LEGISCTA{id:012}");
    let xml = format!(
        "<SECTION_TA><ID>{id}</ID><TITRE_TA>x</TITRE_TA><STRUCTURE_TA>{links}</STRUCTURE_TA></SECTION_TA>"
    );
    (format!("section_ta/{id}.xml"), xml)
}

/// A code of two books: an article that was amended, one that was repealed, and two that stand.
fn code() -> Vec<Member> {
    let text = "LEGITEXT000000000001";
    let version = meta(
        text,
        &format!(
            "<META_TEXTE_CHRONICLE><CID>{text}</CID></META_TEXTE_CHRONICLE><META_TEXTE_VERSION>\
             <TITREFULL>Code des canaux et des digues</TITREFULL><ETAT>VIGUEUR</ETAT><DATE_DEBUT>2000-01-01</DATE_DEBUT>\
             <DATE_FIN>2999-01-01</DATE_FIN></META_TEXTE_VERSION>"
        ),
    );
    let book = |(title, id): (&&str, u64)| {
        format!(
            "<LIEN_SECTION_TA id=\"LEGISCTA{id:012}\" cid=\"LEGISCTA{id:012}\" debut=\"2000-01-01\" \
             fin=\"2999-01-01\">{title}</LIEN_SECTION_TA>"
        )
    };
    let books: Vec<String> = BOOKS.iter().zip(1..).map(book).collect();
    let books = books.concat();
    let structure = format!("{}<STRUCT>{books}</STRUCT>", meta(text, ""));
    vec![
        article(4, 2000, 2999),
        article(1, 2015, 2999),
        article(1, 2000, 2015),
        article(2, 2000, 2010),
        article(3, 2000, 2999),
        (
            format!("texte/version/{text}.xml"),
            format!("<TEXTE_VERSION>{version}</TEXTE_VERSION>"),
        ),
        (
            format!("texte/struct/{text}.xml"),
            format!("<TEXTELR>{structure}</TEXTELR>"),
        ),
        section(1, &[(1, 2000, 2015), (1, 2015, 2999), (2, 2000, 2010)]),
        section(2, &[(3, 2000, 2999), (4, 2000, 2999)]),
    ]
}

const BOOKS: [&str; 2] = ["Livre Ier : Les canaux", "Livre II : Les digues"];

fn archive(members: &[Member]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, xml) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(xml.len() as u64);
        header.set_mode(0o644);
        let path = format!("{CODE}/{name}");
        archive
            .append_data(&mut header, path, xml.as_bytes())
            .unwrap();
    }
    archive.into_inner().unwrap()
}

fn law(bench: &Bench, on: &str) {
    bench.write("d/LEGI_20250714-203006.tar", archive(&code()));
    bench.pipeline(&format!(
        "[source.law]\npath = 'DATA/d'\nreader = 'dila'\nversions = 'keep-all'\n\
         options = {{ fond = 'LEGI', assemble = 'text', on = '{on}' }}\n\
         licence = {{ work = 'etalab-2.0', evidence = 'declared' }}\n"
    ));
}

#[test]
fn a_text_of_law_holds_the_articles_in_force_on_the_day() {
    let check = |on: &str, articles: &[(u64, u64)]| {
        let bench = Bench::new();
        law(&bench, on);
        bench.run(&[]).expect(0);
        let mut expected: Vec<String> = Vec::new();
        for &(number, from) in articles {
            match number {
                1 => expected.push(BOOKS[0].to_owned()),
                3 => expected.push(BOOKS[1].to_owned()),
                _ => {}
            }
            let text = article_text(number, from);
            expected.push(format!("Article L. {number}\n{text}"));
        }
        let texts = bench.column("SELECT text FROM release");
        assert_eq!(texts, [expected.join("\n\n")], "{on}");
        assert_eq!(bench.released(), [format!("law/LEGITEXT000000000001@{on}")]);
    };
    check("2005-06-01", &[(1, 2000), (2, 2000), (3, 2000), (4, 2000)]);
    check("2012-06-01", &[(1, 2000), (3, 2000), (4, 2000)]);
    check("2025-07-20", &[(1, 2015), (3, 2000), (4, 2000)]);
}

#[test]
fn every_piece_says_where_it_went() {
    let bench = Bench::new();
    law(&bench, "2025-07-20");
    let run = bench.run(&[]).expect(0).json();
    assert_eq!(run["dropped"]["reconcile/assembled"], 3, "{run}");
    assert_eq!(run["dropped"]["reconcile/not-in-whole"], 2, "{run}");
    assert_eq!((&run["read"], &run["released"]), (&6.into(), &1.into()));
    let pieces = bench.query(
        "SELECT p.text AS piece, w.text AS whole FROM decisions d JOIN documents p ON p.doc_id = d.doc_id \
         JOIN documents w ON w.doc_id = d.observed WHERE d.reason = 'reconcile/assembled'",
    );
    assert_eq!(pieces.len(), 3);
    for row in pieces {
        let (piece, whole) = (
            row["piece"].as_str().unwrap(),
            row["whole"].as_str().unwrap(),
        );
        assert!(whole.contains(piece), "{piece}");
    }
}

#[test]
fn assembling_does_not_depend_on_threads_or_a_second_run() {
    let runs: Vec<_> = ["1", "2"]
        .into_iter()
        .map(|threads| {
            let bench = Bench::new();
            law(&bench, "2025-07-20");
            bench.run(&["--threads", threads]).expect(0);
            let digests = digests(&bench.path("out"));
            assert_eq!(bench.run(&[]).expect(0).json()["unchanged"], true);
            digests
        })
        .collect();
    assert_eq!(runs[0], runs[1]);
}

#[test]
fn pages_become_issues_in_the_order_of_their_mets() {
    let bench = Bench::new();
    let samples = repository().join("data-samples/alto");
    bench.pipeline(&format!(
        "[source.press]\npath = '{}'\nreader = 'alto'\noptions = {{ unit = 'issue' }}\n\
         licence = {{ work = 'CC0-1.0', evidence = 'declared' }}\n",
        samples.display()
    ));
    let run = bench.run(&[]).expect(0).json();
    assert!(
        run["dropped"]["reconcile/assembled"].as_u64().unwrap() > 1,
        "{run}"
    );
    let issues = bench.query(
        "SELECT doc_id, ocr_confidence FROM documents WHERE doc_id IN \
         (SELECT observed FROM decisions WHERE reason = 'reconcile/assembled')",
    );
    assert!(
        !issues.is_empty()
            && issues
                .iter()
                .any(|issue| issue["ocr_confidence"].is_number())
    );
}
