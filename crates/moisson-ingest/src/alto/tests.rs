//! The `alto` reader: each rule of the format as a case, hostile input, and the real corpora.

use std::path::{Path, PathBuf};

use moisson_core::Limits;
use serde_json::{Value, json};

use crate::testing::{Collected, corpora, read_bytes, read_path};

const URI: &str = "d/i1/ALTO/i1-0001.xml";

fn read(options: &Value, xml: &str) -> Collected {
    read_bytes("alto", options, URI, xml.as_bytes(), &Limits::default())
}

fn alto(page: &str) -> String {
    format!("<alto><Layout><Page ID='P1'>{page}</Page></Layout></alto>")
}

fn block(lines: &str) -> String {
    format!("<TextBlock>{lines}</TextBlock>")
}

/// A line from words; `-` at its end is a `HYP`.
fn line(words: &str) -> String {
    let (words, hyphen) = match words.strip_suffix('-') {
        Some(words) => (words, "<HYP CONTENT='-'/>"),
        None => (words, ""),
    };
    let words: Vec<String> = words
        .split(' ')
        .map(|w| format!("<String CONTENT='{w}'/>"))
        .collect();
    format!("<TextLine>{}{hyphen}</TextLine>", words.join("<SP/>"))
}

fn part(kind: u8, content: &str, whole: &str) -> String {
    format!("<String CONTENT='{content}' SUBS_TYPE='HypPart{kind}' SUBS_CONTENT='{whole}'/>")
}

#[track_caller]
fn check(page: &str, joined: &str, kept: &str) {
    let xml = alto(page);
    for (lines, expected) in [("join", joined), ("keep", kept)] {
        let sink = read(&json!({"lines": lines}), &xml);
        assert_eq!(sink.fault_lines(), Vec::<String>::new(), "{page}");
        assert_eq!(
            sink.texts(),
            [("d/i1/i1-0001".to_owned(), expected)],
            "{page}"
        );
    }
}

#[test]
fn lines_and_blocks_as_a_table() {
    let same = |page: &str, text: &str| check(page, text, text);
    check(
        &block(&(line("un deux") + &line("trois"))),
        "un deux trois",
        "un deux\ntrois",
    );
    same(
        &(block(&line("un")) + &block("") + &block(&line("deux"))),
        "un\n\ndeux",
    );
    same(
        &format!(
            "<PrintSpace><ComposedBlock><ComposedBlock>{}</ComposedBlock></ComposedBlock>{}</PrintSpace>",
            block(&line("un")),
            block(&line("deux"))
        ),
        "un\n\ndeux",
    );
    // White space is as it is said; a page that says none has a space between words.
    same(
        &block(
            "<TextLine><String CONTENT='l'/><String CONTENT='’an'/><SP/><String CONTENT='I'/></TextLine>",
        ),
        "l’an I",
    );
    same(
        &block("<TextLine><String CONTENT='un'/><String CONTENT='an'/></TextLine>"),
        "un an",
    );
    same(
        &block("<TextLine><String CONTENT='un  an'/></TextLine>"),
        "un  an",
    );
    same(
        &block(
            "<TextLine><SP/><String CONTENT=' '/><String CONTENT='un'/><String CONTENT=' '/><String CONTENT='an'/></TextLine>",
        ),
        "un an",
    );
    same(
        &block("<TextLine><String CONTENT='R&amp;D &#xe9;t&eacute; &lt;'/></TextLine>"),
        "R&D été <",
    );
    // Words outside of lines and blocks are not lost.
    same("<String CONTENT='un'/><SP/><String CONTENT='an'/>", "un an");
    // Alternatives and glyphs are not text.
    same(
        &block(
            "<TextLine><String CONTENT='mot'><ALTERNATIVE>mat</ALTERNATIVE><Glyph CONTENT='m'><Variant CONTENT='n'/></Glyph></String></TextLine>",
        ),
        "mot",
    );
    same(
        &block(
            "<TextLine><String CONTENT='M.' SUBS_TYPE='Abbreviation' SUBS_CONTENT='Monsieur'/></TextLine>",
        ),
        "M.",
    );
}

#[test]
fn broken_words_as_a_table() {
    let two = |first: &str, second: &str| {
        block(&format!(
            "<TextLine>{first}</TextLine><TextLine>{second}</TextLine>"
        ))
    };
    let hyp = "<HYP CONTENT='-'/>";
    // Said by the format: the whole word once, on its first line.
    let first = format!(
        "<String CONTENT='la'/><SP/>{}{hyp}",
        part(1, "tran", "tranquillité")
    );
    let second = format!(
        "{}<SP/><String CONTENT='de'/>",
        part(2, "quillité", "tranquillité")
    );
    check(
        &two(&first, &second),
        "la tranquillité de",
        "la tranquillité\nde",
    );
    // Also over blocks, where the sentence goes on.
    let blocks = block(&format!("<TextLine>{first}</TextLine>"))
        + &block(&format!("<TextLine>{second}</TextLine>"));
    check(&blocks, "la tranquillité de", "la tranquillité\nde");
    // The page before has the word whole; a second one that has no first part is not lost.
    let orphans = two(&second, &second);
    check(&orphans, "de tranquillité de", "de\ntranquillité de");
    // A word in three parts.
    let middle = part(2, "ti", "anticonstitutionnel") + hyp;
    let long = format!(
        "<TextLine>{}{hyp}</TextLine><TextLine>{middle}</TextLine>",
        part(1, "an", "anticonstitutionnel")
    );
    check(&block(&long), "anticonstitutionnel", "anticonstitutionnel");
    // Punctuation that the whole word leaves out.
    let second = part(2, "ment,", "ralliement") + "<SP/><String CONTENT='et'/>";
    check(
        &two(&(part(1, "rallie", "ralliement") + hyp), &second),
        "ralliement, et",
        "ralliement,\net",
    );
    // Not said: joined with what begins the next line.
    check(
        &block(&(line("la tran-") + &line("quillité de"))),
        "la tranquillité de",
        "la tranquillité\nde",
    );
    check(
        &block(&(line("GOUVERNE-") + &line("MENT"))),
        "GOUVERNEMENT",
        "GOUVERNEMENT",
    );
    check(
        &block(&(line("à Saint-") + &line("Denis hier"))),
        "à Saint-Denis hier",
        "à Saint-Denis\nhier",
    );
    check(
        &block(&(line("celui-") + &line("ci"))),
        "celui-ci",
        "celui-ci",
    );
    check(&block(&line("la tran-")), "la tran-", "la tran-");
    check(
        &(block(&line("la tran-")) + &block(&line("quillité"))),
        "la tranquillité",
        "la tranquillité",
    );
    check(
        &(block(&line("la tran-")) + &block(&line("Annonces"))),
        "la tran-\n\nAnnonces",
        "la tran-\n\nAnnonces",
    );
    check(
        &two(
            &("<String CONTENT='tran' SUBS_TYPE='HypPart1'/>".to_owned() + hyp),
            "<String CONTENT='quille' SUBS_TYPE='HypPart2'/>",
        ),
        "tranquille",
        "tranquille",
    );
    // Shown by the text: whole lines as one word, the hyphen in them (eScriptorium).
    let whole = |a: &str, b: &str| {
        two(
            &format!("<String CONTENT='{a}'/>"),
            &format!("<String CONTENT='{b}'/>"),
        )
    };
    check(
        &whole("de la mé-", "moire de tous"),
        "de la mémoire de tous",
        "de la mémoire\nde tous",
    );
    check(
        &whole("de la mé¬", "moire"),
        "de la mémoire",
        "de la mémoire",
    );
    check(&whole("dit-", "il alors"), "dit-il alors", "dit-il\nalors");
    check(
        &whole("à Saint-", "Denis"),
        "à Saint-Denis",
        "à Saint-Denis",
    );
    check(&whole("un mot -", "et"), "un mot - et", "un mot -\net");
    // The soft hyphen is a mark like others.
    let soft = "<String CONTENT='tran'/><HYP CONTENT='\u{ad}'/>";
    check(
        &two(soft, "<String CONTENT='quille'/>"),
        "tranquille",
        "tranquille",
    );
}

#[test]
fn margins_and_zones_are_left_out_unless_asked_for() {
    let head = block(&line("LE COURRIER"));
    let tags = "<Tags><OtherTag ID='T1' LABEL='RunningTitleZone:left'/><OtherTag ID='T2' LABEL='MainZone'/></Tags>";
    let xml = format!(
        "<alto>{tags}<Layout><Page><TopMargin>{head}</TopMargin><PrintSpace>{}<TextBlock TAGREFS='T2 T1'>{}</TextBlock>\
         <ComposedBlock TAGREFS='T1'>{head}</ComposedBlock></PrintSpace><BottomMargin>{head}</BottomMargin></Page></Layout></alto>",
        block(&line("texte")),
        line("12"),
    );
    assert_eq!(read(&json!({}), &xml).texts()[0].1, "texte");
    let all = "LE COURRIER\n\ntexte\n\n12\n\nLE COURRIER\n\nLE COURRIER";
    assert_eq!(read(&json!({"margins": true}), &xml).texts()[0].1, all);
    let only = alto(&format!("<TopMargin>{head}</TopMargin>"));
    let sink = read(&json!({}), &only);
    assert_eq!(sink.fault_lines(), [format!("extract/empty {URI}")]);
    assert_eq!(
        sink.faults[0].detail.as_deref(),
        Some("text in margins only")
    );
}

#[test]
fn reading_order_as_a_table() {
    let check = |order: &str, next: [&str; 3], expected: &str| {
        let blocks: String = ["A", "B", "C"]
            .iter()
            .zip(next)
            .map(|(id, next)| {
                format!(
                    "<TextBlock ID='{id}' IDNEXT='{next}'>{}</TextBlock>",
                    line(id)
                )
            })
            .collect::<Vec<_>>()
            .concat();
        let xml = format!(
            "<alto><ReadingOrder>{order}</ReadingOrder><Layout><Page>{blocks}</Page></Layout></alto>"
        );
        let sink = read(&json!({}), &xml);
        assert_eq!(
            sink.documents[0].text.replace("\n\n", ""),
            expected,
            "{order} {next:?}"
        );
    };
    check("", ["", "", ""], "ABC");
    check("", ["C", "", "B"], "ACB");
    check("", ["", "", "A"], "BCA");
    check("", ["B", "A", ""], "CAB"); // a circle
    check("", ["A", "X", "C"], "ABC"); // to itself, to nowhere
    let order = |ids: &str| {
        let refs: String = ids
            .chars()
            .map(|id| format!("<ElementRef ID='r{id}' REF='{id}'/>"))
            .collect::<Vec<_>>()
            .concat();
        format!("<OrderedGroup>{refs}</OrderedGroup>")
    };
    check(&order("CAB"), ["B", "C", ""], "CAB");
    check(&order("CA"), ["", "", ""], "ABC"); // does not name all
}

#[test]
fn confidence_as_a_table() {
    let check = |page: &str, words: &str, expected: Option<f32>| {
        let xml = format!(
            "<alto><Layout><Page {page}>{}</Page></Layout></alto>",
            block(&format!("<TextLine>{words}</TextLine>"))
        );
        let found = read(&json!({}), &xml).documents[0].ocr_confidence;
        assert_eq!(
            found.map(|c| (c * 1e4).round()),
            expected.map(|c| (c * 1e4).round()),
            "{page} {words}"
        );
    };
    let word = |attributes: &str| format!("<String CONTENT='mot' {attributes}/><SP/>");
    check("", &word(""), None);
    check("PC='0.8'", &word(""), Some(0.8));
    check("ACCURACY='81.5'", &word(""), Some(0.815));
    check("PC='0.8' ACCURACY='50'", &word(""), Some(0.8));
    check("PC='x'", &word(""), None);
    check(
        "PC='0.8'",
        &(word("WC='0.5'") + &word("WC='1'") + &word("")),
        Some(0.75),
    );
    check("", &word("WC='0.5' CC='000'"), Some(0.5));
    check("", &word("CC='000'"), Some(1.0)); // 0 is sure
    check("", &word("CC='999'"), Some(0.0));
    check("", &word("CC='0 9'"), Some(0.5));
    check("", &(word("CC='9'") + &word("WC='1'")), Some(0.5));
    check("", &word("WC='NaN'"), None);
    check("", &word("WC='7'"), None);
}

#[test]
fn columns_come_from_page_and_description() {
    let blocks = format!(
        "<TextBlock language='fr'>{}</TextBlock><TextBlock LANG='la'>{0}</TextBlock><TextBlock LANG='fr'>{0}</TextBlock>",
        line("un mot")
    );
    let xml = format!(
        "<?xml version='1.0' encoding='UTF-8'?><a:alto xmlns:a='http://bibnum.bnf.fr/ns/alto_prod'><a:Description>\
         <a:sourceImageInformation><a:fileName>C:\\scan\\T0000001.tif</a:fileName>\
         <a:fileIdentifier>https://gallica.bnf.fr/iiif/ark:/12148/bpt6k1/f9/full/full/0/default.jpg</a:fileIdentifier>\
         </a:sourceImageInformation><a:OCRProcessing><a:ocrProcessingStep><a:processingSoftware><a:softwareName>Moteur\
         </a:softwareName><a:softwareVersion>1.2</a:softwareVersion></a:processingSoftware></a:ocrProcessingStep>\
         </a:OCRProcessing></a:Description><a:Layout><a:Page PHYSICAL_IMG_NR='9' PRINTED_IMG_NR='vii'>{blocks}</a:Page>\
         </a:Layout></a:alto>"
    );
    let sink = read(&json!({}), &xml);
    let document = &sink.documents[0];
    assert_eq!(document.language_declared.as_deref(), Some("fr"));
    assert_eq!(
        document.url.as_deref(),
        Some("https://gallica.bnf.fr/ark:/12148/bpt6k1/f9")
    );
    let expected = json!({"words": 6, "blocks": 3, "page": 9, "printed_page": "vii", "image": "T0000001.tif", "software": "Moteur 1.2"});
    assert_eq!(Value::from(document.metadata.clone()), expected);
}

#[test]
fn several_pages_are_several_documents() {
    let page = |id: &str, text: &str| {
        format!(
            "<Page {id}>{}</Page>",
            if text.is_empty() {
                String::new()
            } else {
                block(&line(text))
            }
        )
    };
    let xml = format!(
        "<alto><Layout>{}{}{}</Layout></alto>",
        page("ID='P1'", "un"),
        page("", ""),
        page("", "trois")
    );
    let sink = read(&json!({}), &xml);
    assert_eq!(
        sink.texts(),
        [
            ("d/i1/i1-0001#P1".to_owned(), "un"),
            ("d/i1/i1-0001#3".to_owned(), "trois")
        ]
    );
    assert_eq!((sink.records, sink.faults.len()), (1, 0));
}

#[test]
fn what_the_encoding_claims_is_checked() {
    let xml = alto(&block(&line("été à Nîmes")));
    for label in ["ISO-8859-1", "UTF-8", "windows-1252"] {
        let xml = format!("<?xml version='1.0' encoding='{label}'?>{xml}");
        assert_eq!(
            read(&json!({}), &xml).texts()[0].1,
            "été à Nîmes",
            "{label}"
        );
    }
    let latin: Vec<u8> = format!("<?xml version='1.0' encoding='ISO-8859-1'?>{xml}")
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    let sink = read_bytes("alto", &json!({}), URI, &latin, &Limits::default());
    assert_eq!(sink.texts()[0].1, "été à Nîmes");
}

#[test]
fn bad_input_as_a_table() {
    let limits = Limits {
        record_bytes_max: 4_000_000,
        depth_max: 32,
        ..Limits::default()
    };
    let check = |xml: &str, reason: &str, detail: &str| {
        let sink = read_bytes("alto", &json!({}), URI, xml.as_bytes(), &limits);
        let shown = xml.chars().take(60).collect::<String>();
        assert_eq!(sink.fault_lines(), [format!("{reason} {URI}")], "{shown}");
        assert!(
            sink.faults[0]
                .detail
                .as_deref()
                .unwrap_or_default()
                .contains(detail),
            "{shown} {:?}",
            sink.faults[0].detail
        );
        assert_eq!((sink.records, sink.documents.len()), (1, 0), "{shown}");
    };
    check("", "extract/empty", "");
    check("<alto/>", "extract/empty", "no page");
    check(&alto(""), "extract/empty", "no word");
    check(
        &alto(&block("<TextLine><String/></TextLine>")),
        "extract/empty",
        "no word",
    );
    check("<PcGts/>", "extract/malformed-xml", "`PcGts` is neither");
    check(
        "<html><p>Erreur 500</html>",
        "extract/malformed-xml",
        "`html` is neither",
    );
    check("Erreur 500", "extract/malformed-xml", "outside of the root");
    check(
        alto(&block(&line("un mot"))).get(..90).unwrap(),
        "extract/malformed-xml",
        "",
    );
    check("<alto><Layout></alto>", "extract/malformed-xml", "expected");
    check(
        "<!DOCTYPE alto [<!ENTITY a 'b'>]><alto>&a;</alto>",
        "extract/malformed-xml",
        "entities",
    );
    check(
        &format!("<alto>{}", "<ComposedBlock>".repeat(200_000)),
        "extract/malformed-xml",
        "deeper than 32",
    );
    check(&alto(&"<SP/>".repeat(1_000_000)), "extract/too-large", "");
}

#[test]
fn hostile_pages_cost_linear_time() {
    let chain: String = (0..40_000)
        .map(|n| {
            format!(
                "<TextBlock ID='B{n}' IDNEXT='B{}'><String CONTENT='a'/></TextBlock>",
                (n * 7919) % 40_000
            )
        })
        .collect::<Vec<_>>()
        .concat();
    let refs: String = (0..40_000)
        .map(|n| format!("<ElementRef REF='B{n}'/>"))
        .collect::<Vec<_>>()
        .concat();
    let tags: String = (0..20_000)
        .map(|n| format!("<OtherTag ID='T{n}' LABEL='StampZone'/>"))
        .collect::<Vec<_>>()
        .concat();
    let tagged = format!("<TextBlock TAGREFS='{}'/>", "X ".repeat(1_000));
    for xml in [
        alto(&chain),
        format!(
            "<alto><ReadingOrder>{refs}</ReadingOrder><Layout>{}</Layout></alto>",
            "<Page><TextBlock><String CONTENT='a'/></TextBlock></Page>".repeat(5_000)
        ),
        format!(
            "<alto><Tags>{tags}</Tags><Layout><Page>{}</Page></Layout></alto>",
            tagged.repeat(200)
        ),
        // One word of half a million letters, a letter a line.
        alto(&block(&line("a-").repeat(100_000))),
        alto(&block(
            &format!("<TextLine>{}</TextLine>", part(1, "a", "b")).repeat(50_000),
        )),
        alto(&format!("<String {}/>", "CONTENT='a' ".repeat(100_000))),
        alto(&format!("<String CONTENT='{}'/>", "&amp;".repeat(200_000))),
        format!(
            "<alto><Description><fileName>{}</fileName></Description><Layout>{}</Layout></alto>",
            "a".repeat(1_000_000),
            "<Page><String CONTENT='a'/></Page>".repeat(5_000)
        ),
    ] {
        let sink = read(&json!({}), &xml);
        assert_eq!(sink.records, 1);
    }
}

#[test]
fn what_is_wanted() {
    let reader = crate::readers::build("alto", &Value::Null).unwrap();
    for (uri, wanted) in [
        ("a/ALTO/x.xml", true),
        ("a/x.alto", true),
        ("a/x.XML", true),
        ("a/x.tei.xml", false),
        ("a/page/x.xml", false),
        ("a/TEI/x.xml", false),
        ("a/x.jp2", false),
    ] {
        assert_eq!(reader.wants(uri), wanted, "{uri}");
    }
}

/// All XML files below a folder, sorted.
pub(crate) fn xml_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        #[expect(clippy::disallowed_methods, reason = "a test finds its data")]
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "xml") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

#[test]
fn real_pages_have_text() {
    let Some(corpora) = corpora() else { return };
    for (corpus, pages_min) in [
        ("bnf-europeana-alto", 14),
        ("lectaurep", 150),
        ("tapuscorpus", 87),
    ] {
        let (mut pages, mut with_text, mut faults) = (0, 0, Vec::new());
        for path in xml_files(&corpora.join(corpus)) {
            if path.to_string_lossy().ends_with("-METS.xml") {
                continue;
            }
            let sink = read_path("alto", &Value::Null, &path.to_string_lossy(), &path);
            pages += 1;
            with_text += usize::from(!sink.documents.is_empty());
            faults.extend(
                sink.faults
                    .iter()
                    .map(|f| format!("{} {:?}", f.reason, f.detail)),
            );
            assert_eq!(
                sink.documents.len() + sink.faults.len(),
                1,
                "{}",
                path.display()
            );
        }
        println!("{corpus}: {pages} pages, {with_text} with text, {faults:?}");
        assert!(pages >= pages_min, "{corpus}: {pages}");
        assert!(
            with_text * 100 >= pages * 98,
            "{corpus}: {with_text} of {pages}; {faults:?}"
        );
    }
}

/// The mean of `WC` worked out without the parser: attributes are found by searching the bytes.
#[test]
fn real_confidence_is_the_mean_of_the_words() {
    let Some(corpora) = corpora() else { return };
    for path in xml_files(&corpora.join("bnf-europeana-alto")) {
        #[expect(clippy::disallowed_methods, reason = "a test reads its data")]
        let xml = std::fs::read_to_string(&path).unwrap();
        let values: Vec<f64> = xml
            .split(" WC=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next()?.parse().ok())
            .collect();
        if values.is_empty() {
            continue;
        }
        let sink = read_path("alto", &json!({"margins": true}), "x.xml", &path);
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let found = f64::from(sink.documents[0].ocr_confidence.unwrap());
        assert!(
            (found - mean).abs() < 1e-6,
            "{}: {found} {mean}",
            path.display()
        );
    }
}
