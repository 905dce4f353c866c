//! The `oai` and `hal` readers: notices of each format, bad records among good ones, and pages that end early.

use moisson_core::Limits;
use serde_json::{Value, json};

use super::{page_sequence, seconds, stamp, without_version};
use crate::testing::{Collected, read_bytes};

fn read(options: &Value, page: &str) -> Collected {
    read_with("oai", options, "20250713140000-000001.xml", page.as_bytes())
}

fn read_with(reader: &str, options: &Value, uri: &str, bytes: &[u8]) -> Collected {
    let limits = Limits {
        record_bytes_max: 3000,
        depth_max: 32,
        ..Limits::default()
    };
    read_bytes(reader, options, uri, bytes, &limits)
}

fn page(records: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<OAI-PMH xmlns=\"http://www.openarchives.org/OAI/2.0/\"><responseDate>2025-07-13T14:00:00Z</responseDate>\
         <ListRecords>{records}<resumptionToken>x</resumptionToken></ListRecords></OAI-PMH>"
    )
}

fn record(id: &str, metadata: &str) -> String {
    format!(
        "<record><header><identifier>{id}</identifier><datestamp>2025-01-02T03:04:05Z</datestamp><setSpec>type:ART</setSpec></header>\
         <metadata>{metadata}</metadata></record>"
    )
}

fn dc(fields: &str) -> String {
    format!("<oai_dc:dc xmlns:oai_dc=\"x\" xmlns:dc=\"y\">{fields}</oai_dc:dc>")
}

#[test]
fn a_notice_in_dublin_core() {
    let fields = "<dc:title xml:lang=\"en\">The canal</dc:title><dc:title xml:lang=\"fr\">Le canal</dc:title><dc:creator>Doe, A.</dc:creator>\
        <dc:description xml:lang=\"fr\">Un   résumé &amp;lt;i&amp;gt;court.</dc:description><dc:description xml:lang=\"fr\">&lt;p&gt;Deux.&lt;/p&gt;&lt;p&gt;Trois.&lt;/p&gt;</dc:description>\
        <dc:date>info:eu-repo/date/embargoEnd/2030-01-01</dc:date><dc:date>2024-05</dc:date><dc:language>fr</dc:language><dc:publisher>Éditions</dc:publisher>\
        <dc:rights>http://creativecommons.org/licenses/by/</dc:rights><dc:rights>info:eu-repo/semantics/OpenAccess</dc:rights><dc:rights>Tous droits</dc:rights>\
        <dc:identifier>hal-01234567</dc:identifier><dc:identifier>https://hal.science/hal-01234567</dc:identifier>";
    let sink = read(
        &json!({}),
        &page(&record("oai:HAL:hal-01234567v2", &dc(fields))),
    );
    let document = &sink.documents[0];
    assert_eq!(
        document.text,
        "Un résumé &lt;i&gt;court.\n\nDeux.\n\nTrois."
    );
    assert_eq!(document.key_text(), "oai:HAL:hal-01234567v2");
    assert_eq!(document.version_of.as_deref(), Some("oai:HAL:hal-01234567"));
    assert_eq!(document.title.as_deref(), Some("Le canal"));
    assert_eq!(document.published_on.unwrap().to_string(), "2024-05-01");
    assert_eq!(document.modified_on.unwrap().to_string(), "2025-01-02");
    assert_eq!(document.raw_modified, Some(1_735_787_045));
    assert_eq!(
        document.licence_declared.as_deref(),
        Some("http://creativecommons.org/licenses/by/ ; Tous droits")
    );
    assert_eq!(
        document.metadata["access"],
        json!(["info:eu-repo/semantics/OpenAccess"])
    );
    assert_eq!(
        document.url.as_deref(),
        Some("https://hal.science/hal-01234567")
    );
    assert_eq!(document.producer.as_deref(), Some("Éditions"));
    assert_eq!(document.language_declared.as_deref(), Some("fr"));
    assert_eq!(document.sequence, 20_250_102_030_405);
}

#[test]
fn texts_as_a_table() {
    let check = |metadata: &str, options: Value, expected: &str| {
        let sink = read(&options, &page(&record("oai:a:1", metadata)));
        let texts: Vec<&str> = sink.documents.iter().map(|d| d.text.as_str()).collect();
        assert_eq!(
            texts.concat()
                + &sink
                    .fault_lines()
                    .concat()
                    .replace(" 20250713140000-000001.xml", ""),
            expected,
            "{metadata}"
        );
    };
    let none = || json!({});
    let title = "<dc:title>T</dc:title>";
    check(
        &dc(&format!("{title}<dc:description>D</dc:description>")),
        none(),
        "D",
    );
    check(
        &dc(&format!(
            "{title}<dc:description>D</dc:description><dcterms:abstract>D</dcterms:abstract>"
        )),
        none(),
        "D",
    );
    check(
        &dc(&format!("{title}<dcterms:abstract>A</dcterms:abstract>")),
        none(),
        "A",
    );
    check(
        &dc(&format!("{title}<dc:description>D</dc:description>")),
        json!({"text": ["abstract"]}),
        "extract/empty",
    );
    check(&dc(title), none(), "extract/empty");
    check(&dc(""), none(), "extract/missing-field");
    check("", none(), "extract/missing-field");
    let two = "<dc:description xml:lang=\"fr\">F</dc:description><dc:description xml:lang=\"en-GB\">E</dc:description>";
    check(&dc(&format!("{title}{two}")), none(), "F\n\nE");
    check(
        &dc(&format!("{title}{two}")),
        json!({"languages": ["en"]}),
        "E",
    );
    check(
        "<qdc:qualifieddc><dc:title>T</dc:title><dcterms:abstract>A</dcterms:abstract></qdc:qualifieddc>",
        none(),
        "A",
    );
    check(
        "<rdf:RDF><edm:ProvidedCHO><dc:title>T</dc:title><dc:description>D</dc:description></edm:ProvidedCHO></rdf:RDF>",
        none(),
        "D",
    );
    check(
        "<mods><titleInfo><title>T</title></titleInfo><abstract>A</abstract><relatedItem><abstract>B</abstract></relatedItem></mods>",
        none(),
        "A",
    );
    check(
        "<marc:record><marc:leader>x</marc:leader></marc:record>",
        none(),
        "extract/missing-field",
    );
    check(
        &dc(
            "<dc:title>T</dc:title><dc:description>&lt;jats:p&gt;Un.&lt;/jats:p&gt;</dc:description>",
        ),
        none(),
        "Un.",
    );
}

#[test]
fn a_blank_line_in_a_description_is_a_border() {
    let fields = "<dc:title>T</dc:title><dc:description>Un\n  texte.\n\n  Deux.</dc:description>";
    let sink = read(&json!({}), &page(&record("oai:a:1", &dc(fields))));
    assert_eq!(sink.documents[0].text, "Un texte.\n\nDeux.");
}

#[test]
fn a_notice_of_hal_in_tei() {
    let tei = "<TEI xmlns=\"http://www.tei-c.org/ns/1.0\"><text><body><listBibl><biblFull><titleStmt><title xml:lang=\"fr\">Le canal</title>\
        <author role=\"aut\"><persName><forename type=\"first\">Anne</forename><surname>Doe</surname></persName></author></titleStmt>\
        <editionStmt><edition n=\"v2\" type=\"current\"><date type=\"whenSubmitted\">2023-01-01 10:00:00</date><date type=\"whenProduced\">2022-05</date></edition></editionStmt>\
        <publicationStmt><distributor>CCSD</distributor><idno type=\"halId\">hal-01234567</idno><idno type=\"halUri\">https://hal.science/hal-01234567</idno>\
        <availability status=\"restricted\"><licence target=\"http://creativecommons.org/licenses/by-nc-nd/\">CC</licence></availability></publicationStmt>\
        <profileDesc><langUsage><language ident=\"fr\">French</language></langUsage><textClass><keywords><term xml:lang=\"fr\">canal</term></keywords>\
        <classCode scheme=\"halDomain\" n=\"shs.hist\">Histoire</classCode></textClass><abstract xml:lang=\"fr\"><p>Un.</p><p>Deux.</p></abstract>\
        <abstract xml:lang=\"en\"><p>One.</p></abstract></profileDesc></biblFull></listBibl></body></text></TEI>";
    let sink = read(&json!({}), &page(&record("oai:HAL:hal-01234567v2", tei)));
    let document = &sink.documents[0];
    assert_eq!(document.text, "Un.\n\nDeux.\n\nOne.");
    assert_eq!(document.title.as_deref(), Some("Le canal"));
    assert_eq!(
        document.licence_declared.as_deref(),
        Some("http://creativecommons.org/licenses/by-nc-nd/")
    );
    assert_eq!(
        document.url.as_deref(),
        Some("https://hal.science/hal-01234567")
    );
    assert_eq!(document.published_on.unwrap().to_string(), "2022-05-01");
    assert_eq!(document.metadata["creators"], json!(["Anne Doe"]));
    assert_eq!(document.metadata["subjects"], json!(["canal", "shs.hist"]));
}

#[test]
fn bad_records_among_good_ones() {
    let check = |records: &str, keys: &[&str], faults: &[&str]| {
        let sink = read(&json!({}), &page(records));
        let found: Vec<String> = sink.texts().into_iter().map(|(key, _)| key).collect();
        let reasons: Vec<&str> = sink.faults.iter().map(|fault| fault.reason).collect();
        assert_eq!(
            (
                found.iter().map(String::as_str).collect::<Vec<_>>(),
                reasons
            ),
            (keys.to_vec(), faults.to_vec()),
            "{records}"
        );
        assert_eq!(
            sink.records,
            keys.len() + faults.len() + sink.tombstones.len()
        );
    };
    let good = |id: &str| {
        record(
            id,
            &dc("<dc:title>T</dc:title><dc:description>D</dc:description>"),
        )
    };
    let (a, b) = (good("a"), good("b"));
    let malformed = ["extract/malformed-xml"];
    check(&format!("{a}{b}"), &["a", "b"], &[]);
    check(
        &format!(
            "{}{b}",
            a.replace("D<", "R&D\u{1f} &nbsp; &inconnue; p < 3<")
        ),
        &["a", "b"],
        &[],
    );
    check(
        &format!("{}{b}", a.replace("</dc:title>", "</dc:titre>")),
        &["b"],
        &malformed,
    );
    check(
        &format!("{}{b}", a.replace("</record>", "")),
        &["b"],
        &malformed,
    );
    check(
        &format!("{}{b}", a.replace("<identifier>a</identifier>", "")),
        &["b"],
        &malformed,
    );
    check(
        &format!("{}{b}", a.replace('D', &"<b>".repeat(40))),
        &["b"],
        &malformed,
    );
    check(
        &format!("{}{b}", a.replace('D', &"x".repeat(3000))),
        &["b"],
        &["extract/too-large"],
    );
    check(
        &format!(
            "{}{b}",
            a.replace("<record>", "<record><!DOCTYPE a [<!ENTITY x \"y\">]>")
        ),
        &["b"],
        &malformed,
    );
    check(
        &format!(
            "{b}{}",
            a.replace("<header>", "<header status=\"deleted\">")
        ),
        &["b"],
        &[],
    );
    let prefixed = page(&a)
        .replace("<record>", "<oai:record>")
        .replace("</record>", "</oai:record>");
    assert_eq!(read(&json!({}), &prefixed).documents.len(), 1);
    let latin: Vec<u8> = page(&a.replace('D', "é"))
        .replace("UTF-8", "ISO-8859-1")
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    assert_eq!(
        read_with("oai", &json!({}), "f.xml", &latin).documents[0].text,
        "é"
    );
}

#[test]
fn withdrawals_carry_the_sequence_of_their_page() {
    let deleted = "<record><header status=\"deleted\"><identifier>oai:a:1</identifier><datestamp>2025-01-02</datestamp></header></record>";
    let sink = read(&json!({}), &page(deleted));
    assert_eq!(
        (sink.tombstones[0].key.as_str(), sink.tombstones[0].sequence),
        ("oai:a:1", 20_250_102_000_000)
    );
    assert_eq!(sink.records, 1);
}

#[test]
fn pages_without_records_as_a_table() {
    let check = |page: &str, records: usize, faults: &[&str]| {
        let sink = read(&json!({}), page);
        let reasons: Vec<&str> = sink.faults.iter().map(|fault| fault.reason).collect();
        assert_eq!(
            (sink.records, reasons),
            (records, faults.to_vec()),
            "{page}"
        );
    };
    check(
        "<OAI-PMH><error code=\"noRecordsMatch\">rien</error></OAI-PMH>",
        1,
        &[],
    );
    check("<OAI-PMH><Identify/></OAI-PMH>", 1, &[]);
    check(
        "<OAI-PMH><error code='badResumptionToken'>expiré</error></OAI-PMH>",
        1,
        &["extract/unreadable"],
    );
    check("", 1, &["extract/empty"]);
    check("<html>Erreur 503</html>", 1, &["extract/malformed-xml"]);
    let good = record(
        "a",
        &dc("<dc:title>T</dc:title><dc:description>D</dc:description>"),
    );
    let whole = page(&good);
    check(&whole.replace("</OAI-PMH>", ""), 2, &["extract/truncated"]);
    check(
        whole.split("</record>").next().unwrap(),
        1,
        &["extract/truncated"],
    );
    check(&good, 1, &[]); // a record alone
}

#[test]
fn names_and_dates_as_a_table() {
    assert_eq!(
        page_sequence("a/20250713140000-000001.xml"),
        20_250_713_140_000
    );
    assert_eq!(
        page_sequence("x.tar!20250713140000-000001.xml.gz"),
        20_250_713_140_000
    );
    assert_eq!(page_sequence("page-1.xml"), 0);
    assert_eq!(stamp("2025-01-02T03:04:05Z"), 20_250_102_030_405);
    assert_eq!(stamp("2025-01-02"), 20_250_102_000_000);
    assert_eq!(stamp("2025"), 0);
    assert_eq!(seconds("1970-01-02T00:00:01Z"), Some(86_401));
    for (identifier, work) in [
        ("oai:HAL:hal-01234567v2", Some("oai:HAL:hal-01234567")),
        ("oai:HAL:tel-00000001v12", Some("oai:HAL:tel-00000001")),
        ("oai:HAL:hal-01234567", None),
        ("oai:a:serv2", None),
        ("oai:a:x-1v2", None),
    ] {
        assert_eq!(without_version(identifier), work, "{identifier}");
    }
}

fn hal(deposit: &Value) -> Collected {
    let page = json!({"response": {"numFound": 1, "docs": [deposit]}}).to_string();
    read_with(
        "hal",
        &json!({}),
        "20250713140000-000001.json",
        page.as_bytes(),
    )
}

#[test]
fn a_deposit_of_hal() {
    let sink = hal(&json!({
        "docid": "1", "halId_s": "hal-01234567", "version_i": 2, "language_s": ["fr"], "uri_s": "https://hal.science/hal-01234567v2",
        "title_s": ["Le canal", "The canal"], "en_abstract_s": ["One."], "fr_abstract_s": ["<p>Un.</p><p>Deux &amp; trois.</p>"],
        "en_title_s": ["The canal"], "fr_title_s": ["Le canal"], "abstract_s": ["One.", "Un."],
        "licence_s": "http://creativecommons.org/licenses/by/", "submitType_s": "file", "docType_s": "ART", "openAccess_bool": true,
        "producedDate_s": "2022-05", "modifiedDate_tdate": "2025-01-02T03:04:05Z", "domain_s": ["shs"], "authFullName_s": ["Anne Doe"],
    }));
    let document = &sink.documents[0];
    assert_eq!(document.key_text(), "hal-01234567v2");
    assert_eq!(document.text, "Un.\n\nDeux & trois.\n\nOne.");
    assert_eq!(document.title.as_deref(), Some("Le canal"));
    assert_eq!(document.version_of.as_deref(), Some("hal-01234567"));
    assert_eq!(
        document.licence_declared.as_deref(),
        Some("http://creativecommons.org/licenses/by/")
    );
    assert_eq!(document.published_on.unwrap().to_string(), "2022-05-01");
    assert_eq!(document.sequence, 20_250_102_030_405);
    assert_eq!(document.metadata["submit_type"], "file");
    assert_eq!(document.metadata["open_access"], true);
}

#[test]
fn pages_of_hal_as_a_table() {
    let check = |uri: &str, page: &str, records: usize, documents: usize, faults: &[&str]| {
        let sink = read_with("hal", &json!({}), uri, page.as_bytes());
        let reasons: Vec<&str> = sink.faults.iter().map(|fault| fault.reason).collect();
        assert_eq!(
            (sink.records, sink.documents.len(), reasons),
            (records, documents, faults.to_vec()),
            "{page}"
        );
    };
    let good = "{\"halId_s\":\"hal-01234567\",\"abstract_s\":[\"Un.\"]}";
    check(
        "f.json",
        &format!("{{\"response\":{{\"docs\":[{good},{good}]}}}}"),
        2,
        2,
        &[],
    );
    check("f.json", &format!("[{good}]"), 1, 1, &[]);
    check("f.json", good, 1, 1, &[]);
    check(
        "f.jsonl",
        &format!("{good}\nx\n{good}\n"),
        3,
        2,
        &["extract/malformed-json"],
    );
    check("f.json", "{\"response\":{\"docs\":[]}}", 1, 0, &[]);
    check(
        "f.json",
        "{\"error\":{\"code\":400}}",
        1,
        0,
        &["extract/missing-field"],
    );
    check(
        "f.json",
        "[{\"halId_s\":\"hal-01234567\",\"title_s\":[\"T\"]},{\"abstract_s\":\"x\"},3]",
        3,
        0,
        &[
            "extract/empty",
            "extract/missing-field",
            "extract/missing-field",
        ],
    );
    check("f.json", "<html>", 1, 0, &["extract/malformed-json"]);
    check(
        "f.json",
        "{\"response\":{\"docs\":[",
        1,
        0,
        &["extract/malformed-json"],
    );
    check("f.json", "", 1, 0, &["extract/empty"]);
    check(
        "f.json",
        &"[".repeat(100),
        1,
        0,
        &["extract/malformed-json"],
    );
    check("f.json", &"[".repeat(4000), 1, 0, &["extract/too-large"]);
}

/// The dump of theses.fr needs no reader of its own.
#[test]
fn theses_are_read_as_csv() {
    let dump = include_bytes!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../data-samples/theses/theses-soutenues.csv"
    ));
    let options = json!({
        "id": "nnt", "text": "resumes.fr", "title": "titres.fr", "date": "date_soutenance",
        "url": "https://theses.fr/{nnt}", "producer": "etablissements_soutenance.0.nom", "metadata": {"discipline": "discipline", "thesis_language": "langues.0"},
    });
    let sink = read_bytes("csv", &options, "theses.csv", dump, &Limits::default());
    assert_eq!((sink.records, sink.documents.len()), (3, 3));
    assert_eq!(sink.documents[0].key_text(), "2020PVRT0001");
    assert_eq!(
        sink.documents[0].url.as_deref(),
        Some("https://theses.fr/2020PVRT0001")
    );
    assert_eq!(sink.documents[1].metadata["thesis_language"], "en");
    // No summary: the last step of ingest makes it `extract/empty`.
    assert_eq!(sink.documents[2].text, "");
}
