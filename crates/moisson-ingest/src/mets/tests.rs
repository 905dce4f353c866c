//! METS files: order of pages, names, what is said of the whole, and the real issues.

use std::collections::BTreeSet;

use moisson_core::{Contents, Limits};
use serde_json::{Value, json};

use crate::alto::uri::page_key;
use crate::testing::{corpora, read_bytes, read_path};

const URI: &str = "d/i1/i1-METS.xml";

fn contents(mets: &str) -> Option<Contents> {
    let sink = read_bytes(
        "alto",
        &json!({"unit": "issue"}),
        URI,
        mets.as_bytes(),
        &Limits::default(),
    );
    assert_eq!(sink.faults, [], "{mets}");
    assert_eq!((sink.records, sink.documents.len()), (1, 0));
    sink.contents.into_iter().next()
}

fn file(id: &str, href: &str) -> String {
    format!("<m:file ID='{id}'><m:FLocat xlink:href='{href}'/></m:file>")
}

fn keys(body: &str) -> Vec<String> {
    let contents = contents(&format!("<m:mets>{body}</m:mets>"));
    contents
        .map(|c| c.entries.into_iter().map(|e| e.key).collect())
        .unwrap_or_default()
}

#[test]
fn pages_as_a_table() {
    let check = |body: &str, expected: &[&str]| assert_eq!(keys(body), expected, "{body}");
    let files = file("A1", "ALTO/p1.xml")
        + &file("A2", "file://./ALTO/p2.xml")
        + &file("A3", ".\\ALTO\\p3.xml");
    let groups = format!(
        "<m:fileSec><m:fileGrp USE='images'>{}{}</m:fileGrp><m:fileGrp ID='TextGroup'><m:fileGrp USE='ocr'>{files}</m:fileGrp></m:fileGrp></m:fileSec>",
        file("I1", "img/p1.jp2"),
        file("X1", "img/p1-metadata.xml"),
    );
    let map = |kind: &str, divs: &str| {
        format!("<m:structMap TYPE='{kind}'><m:div>{divs}</m:div></m:structMap>")
    };
    let div = |order: &str, id: &str| {
        format!(
            "<m:div TYPE='page' {order}><m:fptr FILEID='I1'/><m:fptr><m:par><m:area FILEID='{id}' BEGIN='P1'/></m:par></m:fptr></m:div>"
        )
    };
    let all = ["d/i1/p1", "d/i1/p2", "d/i1/p3"];
    // No structure: the order of the files.
    check(&groups, &all);
    // The physical structure, in its order; other structures do not count.
    let divs = div("", "A3") + &div("", "A1") + &div("", "A2");
    check(
        &format!(
            "{groups}{}{}",
            map("LOGICAL", &div("", "A2")),
            map("PHYSICAL", &divs)
        ),
        &["d/i1/p3", "d/i1/p1", "d/i1/p2"],
    );
    let divs = div("ORDER='10'", "A3") + &div("ORDER='9'", "A1") + &div("ORDER='2'", "A2");
    check(
        &format!("{groups}{}", map("physical", &divs)),
        &["d/i1/p2", "d/i1/p1", "d/i1/p3"],
    );
    // A page that the structure names twice, one that it forgets, one that is not there.
    let divs = div("", "A2") + &div("", "A2") + &div("", "A9");
    let found = keys(&format!("{groups}{}", map("PHYSICAL", &divs)));
    assert_eq!(found.first().map(String::as_str), Some("d/i1/p2#P1"));
    // Two pages in one file.
    let pages: String = ["P1", "P2"]
        .iter()
        .map(|p| format!("<m:div TYPE='page'><m:fptr FILEID='A1' BEGIN='{p}'/></m:div>"))
        .collect::<Vec<_>>()
        .concat();
    let one = format!(
        "<m:fileGrp USE='alto'>{}</m:fileGrp>",
        file("A1", "ALTO/p1.xml")
    );
    check(
        &format!("{one}{}", map("PHYSICAL", &pages)),
        &["d/i1/p1#P1", "d/i1/p1#P2"],
    );
    // No group with a telling name: what is XML. No ALTO at all: nothing.
    check(
        &format!(
            "<m:fileGrp USE='x'>{}{}</m:fileGrp>",
            file("A1", "p1.xml"),
            file("I", "p1.tif")
        ),
        &["d/i1/p1"],
    );
    check(
        &format!("<m:fileGrp USE='x'>{}</m:fileGrp>", file("I", "p1.tif")),
        &[],
    );
    check(
        &format!(
            "<m:fileGrp USE='alto'>{}</m:fileGrp>",
            file("A", &"x".repeat(9000))
        ),
        &[],
    );
}

#[test]
fn the_whole_is_described() {
    let group = format!("<fileGrp USE='alto'>{}</fileGrp>", file("A1", "p1.xml"));
    let mods = "<dmdSec ID='DMD_ARTICLE1'><mods><titleInfo><title>Un article</title></titleInfo></mods></dmdSec>\
        <dmdSec ID='DMD_PRINT'><mods><titleInfo><title>Le Courrier</title></titleInfo><accessCondition>domaine public</accessCondition>\
        <language><languageTerm>French</languageTerm></language><originInfo><dateCreated/></originInfo>\
        <identifier>http://catalogue.bnf.fr/ark:/12148/cb1</identifier></mods></dmdSec>\
        <dmdSec ID='DMD_ISSUE'><mods><titleInfo><title>Le Courrier du Val</title><partNumber>27</partNumber></titleInfo>\
        <language><languageTerm type='code'>fre</languageTerm></language><originInfo><dateIssued>21.11.1901</dateIssued></originInfo></mods></dmdSec>\
        <amdSec><rightsMD><mdWrap><xmlData><r xlink:href='https://creativecommons.org/publicdomain/mark/1.0/'>Domaine public</r></xmlData></mdWrap></rightsMD></amdSec>";
    let header = "<metsHdr><agent ROLE='CREATOR' OTHERTYPE='SOFTWARE'><name>Outil</name></agent><agent ROLE='OTHER' OTHERROLE='OWNER'><name>Ville</name></agent></metsHdr>";
    let read =
        |root: &str| contents(&format!("<mets {root}>{header}{mods}{group}</mets>")).unwrap();

    let found = read("TYPE='Newspaper'");
    let whole = found.whole.unwrap();
    assert_eq!(
        (found.key.as_str(), whole.key_text()),
        ("d/i1", "d/i1".to_owned())
    );
    assert_eq!(whole.text, "");
    assert_eq!(whole.title.as_deref(), Some("Le Courrier du Val, 27"));
    assert_eq!(
        whole.published_on.map(|d| d.to_string()).as_deref(),
        Some("1901-11-21")
    );
    assert_eq!(whole.language_declared.as_deref(), Some("fre"));
    assert_eq!(whole.producer.as_deref(), Some("Ville"));
    assert_eq!(whole.genre.as_deref(), Some("press"));
    let licence =
        "Domaine public ; https://creativecommons.org/publicdomain/mark/1.0/ ; domaine public";
    assert_eq!(whole.licence_declared.as_deref(), Some(licence));
    assert_eq!(
        Value::from(whole.metadata),
        json!({"pages": 1, "number": "27"})
    );

    let found = read("LABEL='Le Courrier, 21 novembre 1901' OBJID='ark:/12148/bpt6k1.item'");
    let whole = found.whole.unwrap();
    assert_eq!(found.key, "ark:/12148/bpt6k1");
    assert_eq!(
        whole.title.as_deref(),
        Some("Le Courrier, 21 novembre 1901")
    );
    assert_eq!(
        whole.url.as_deref(),
        Some("https://gallica.bnf.fr/ark:/12148/bpt6k1")
    );
    assert_eq!(read("OBJID='DOC-27'").key, "DOC-27");
    assert_eq!(read("OBJID='d/i1/p1'").key, "d/i1/p1/mets"); // a page is called that
}

#[test]
fn only_issues_are_assembled() {
    let mets = format!(
        "<mets><fileGrp USE='alto'>{}</fileGrp></mets>",
        file("A1", "p1.xml")
    );
    let sink = read_bytes(
        "alto",
        &Value::Null,
        URI,
        mets.as_bytes(),
        &Limits::default(),
    );
    assert_eq!(
        (sink.records, sink.contents.len(), sink.faults.len()),
        (1, 0, 0)
    );
    let reader = |options: Value| {
        crate::readers::build("alto", &options)
            .unwrap()
            .assembly()
            .is_some()
    };
    assert!(reader(json!({"unit": "issue"})) && !reader(Value::Null));
    let sink = read_bytes(
        "alto",
        &json!({"unit": "issue"}),
        URI,
        b"<mets><fileGrp>",
        &Limits::default(),
    );
    assert_eq!(sink.fault_lines(), [format!("extract/malformed-xml {URI}")]);
}

#[test]
fn hostile_structures_cost_linear_time() {
    let files: String = (0..30_000)
        .map(|n| file(&format!("A{n}"), &format!("ALTO/{n}.xml")))
        .collect::<Vec<_>>()
        .concat();
    let divs: String = (0..30_000)
        .map(|n| format!("<div ORDER='{}'><fptr FILEID='A{n}'/></div>", 30_000 - n))
        .collect::<Vec<_>>()
        .concat();
    let found = keys(&format!(
        "<fileGrp USE='alto'>{files}</fileGrp><structMap TYPE='PHYSICAL'><div>{divs}</div></structMap>"
    ));
    assert_eq!(found.len(), 30_000);
    assert_eq!(found[0], "d/i1/29999");
    let divs = "<div><fptr FILEID='A0'/></div>".repeat(50_000);
    let long = file("A0", &format!("{}.xml", "x".repeat(1_990)));
    assert_eq!(keys(&format!("<fileGrp USE='alto'>{long}</fileGrp><structMap TYPE='PHYSICAL'><div>{divs}</div></structMap>")).len(), 1);
}

#[test]
fn real_issues_find_each_of_their_pages_once() {
    let Some(corpora) = corpora() else { return };
    let folder = corpora.join("bnf-europeana-alto");
    let (mut issues, mut named) = (0, Vec::new());
    let mut pages = BTreeSet::new();
    for path in crate::alto::tests::xml_files(&folder) {
        let uri = path
            .strip_prefix(&folder)
            .unwrap()
            .to_string_lossy()
            .into_owned();
        let sink = read_path("alto", &json!({"unit": "issue"}), &uri, &path);
        assert_eq!(sink.faults, [], "{uri}");
        if sink.contents.is_empty() {
            pages.extend(sink.documents.iter().map(moisson_core::Document::key_text));
            assert_eq!(sink.documents[0].key_text(), page_key(&uri));
        }
        for contents in sink.contents {
            issues += 1;
            let whole = contents.whole.unwrap();
            println!(
                "{} {:?} {:?} {:?} {:?}",
                contents.key,
                whole.title,
                whole.published_on.map(|d| d.to_string()),
                whole.licence_declared,
                contents.entries.len()
            );
            assert!(
                whole.title.is_some()
                    && whole.published_on.is_some()
                    && whole.language_declared.is_some()
            );
            let keys: Vec<String> = contents.entries.iter().map(|e| e.key.clone()).collect();
            assert!(keys.is_sorted(), "{keys:?}"); // names of these files are in their order
            named.extend(keys);
        }
    }
    assert_eq!((issues, named.len()), (4, pages.len()));
    assert_eq!(named.into_iter().collect::<BTreeSet<_>>(), pages);
}
