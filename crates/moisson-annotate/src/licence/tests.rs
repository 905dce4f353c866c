//! What the columns hold, as tables.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::UInt8Type;
use moisson_core::{Annotator, Date, Digest, Document, Documents, Key};
use moisson_rights::{Evidence, LicenceConfig, Obligation, Rulings, parse_rights};

use super::{LicenceAnnotator, LicenceParams};

fn annotator(licence: Option<LicenceConfig>) -> LicenceAnnotator {
    LicenceAnnotator::new(LicenceParams {
        licence,
        ..LicenceParams::default()
    })
    .unwrap()
}

/// One document for each statement (`-` declares nothing).
fn documents(statements: &[&str]) -> RecordBatch {
    let mut documents = Documents::new("essai", "jsonl@1");
    for (number, statement) in statements.iter().enumerate() {
        let key = Key::Declared(number.to_string());
        let raw = Digest::of(statement.as_bytes());
        let mut document = Document::new(key, "Texte.".into(), "essai.jsonl".into(), raw);
        document.licence_declared = (*statement != "-").then(|| (*statement).to_owned());
        document.producer = Some("Ville d’Exemple".into());
        document.title = Some("Arrêté".into());
        document.modified_on = Date::from_ymd(2026, 3, 1);
        documents.push(document);
    }
    documents.finish().unwrap()
}

fn value<'a>(batch: &'a RecordBatch, column: &str, row: usize) -> Option<&'a str> {
    let column = batch.column_by_name(column).unwrap().as_string::<i32>();
    column.is_valid(row).then(|| column.value(row))
}

fn clarity(batch: &RecordBatch, row: usize) -> u8 {
    batch
        .column_by_name("licence_clarity")
        .unwrap()
        .as_primitive::<UInt8Type>()
        .value(row)
}

fn assumed(work: &str) -> LicenceConfig {
    LicenceConfig {
        work: Some(work.into()),
        reason: Some("page of the data set".into()),
        ..LicenceConfig::default()
    }
}

#[test]
fn records_and_pipeline_as_a_table() {
    let check =
        |config: Option<LicenceConfig>, statement: &str, expected: [Option<&str>; 5], clear: u8| {
            let batch = documents(&[statement]);
            let columns = annotator(config).annotate(&batch).unwrap();
            let names = [
                "licence_status",
                "licence",
                "licence_tier",
                "licence_evidence",
                "licence_reason",
            ];
            assert_eq!(
                names.map(|name| value(&columns, name, 0)),
                expected,
                "{statement}"
            );
            assert_eq!(clarity(&columns, 0), clear, "{statement}");
        };
    let known = |licence, tier, evidence, reason| {
        [
            Some("known"),
            Some(licence),
            Some(tier),
            Some(evidence),
            reason,
        ]
    };
    check(None, "-", [Some("unknown"), None, None, None, None], 0);
    check(
        None,
        "etalab-2.0",
        known("etalab-2.0", "attribution", "declared", None),
        3,
    );
    check(
        None,
        "CC BY-NC 4.0",
        known("CC-BY-NC-4.0", "research", "declared", None),
        3,
    );
    check(
        None,
        "CC BY-SA",
        [Some("versionless"), None, None, Some("declared"), None],
        0,
    );
    check(
        None,
        "libre de droits",
        [Some("unknown"), None, None, Some("declared"), None],
        0,
    );
    let reason = Some("page of the data set");
    check(
        Some(assumed("etalab-2.0")),
        "-",
        known("etalab-2.0", "attribution", "assumed", reason),
        1,
    );
    check(
        Some(assumed("etalab-2.0")),
        " ",
        known("etalab-2.0", "attribution", "assumed", reason),
        1,
    );
    check(
        Some(assumed("etalab-2.0")),
        "CC0",
        known("CC0-1.0", "public-domain", "declared", None),
        3,
    );
    // An unrecognised statement of the record is not covered up by an assumption.
    check(
        Some(assumed("etalab-2.0")),
        "voir avec la mairie",
        [Some("unknown"), None, None, Some("declared"), None],
        0,
    );
    let distrust = LicenceConfig {
        trust_records: false,
        ..assumed("etalab-2.0")
    };
    check(
        Some(distrust),
        "CC0",
        known("etalab-2.0", "attribution", "assumed", reason),
        1,
    );
    let inferred = LicenceConfig {
        evidence: Evidence::Inferred,
        reason: None,
        ..assumed("etalab-2.0")
    };
    check(
        Some(inferred),
        "-",
        known("etalab-2.0", "attribution", "inferred", None),
        2,
    );
}

#[test]
fn a_row_tells_the_whole_story() {
    let config = LicenceConfig {
        terms: Some("Gallica non commercial".into()),
        ..assumed("domaine public")
    };
    let columns = annotator(Some(config))
        .annotate(&documents(&["-"]))
        .unwrap();
    let check = |name, expected| assert_eq!(value(&columns, name, 0), expected, "{name}");
    check(
        "licence",
        Some("LicenseRef-moisson-public-domain AND LicenseRef-moisson-gallica-nc"),
    );
    check("licence_family", Some("non-commercial"));
    check("licence_shard_family", Some("non-commercial"));
    check("licence_statement", Some("Gallica non commercial"));
    check("licence_matcher", Some("label"));
    check("licence_layer", Some("terms"));
    check("licence_terms", Some("LicenseRef-moisson-gallica-nc"));
    check("licence_detail", None);
    let columns = annotator(None).annotate(&documents(&["lov2"])).unwrap();
    assert_eq!(
        value(&columns, "attribution", 0),
        Some(
            "Source : Ville d’Exemple, « Arrêté », dernière mise à jour : 2026-03-01, Licence Ouverte 2.0 (Etalab)"
        )
    );
}

#[test]
fn missing_producers_are_told() {
    let mut documents = Documents::new("essai", "jsonl@1");
    let raw = Digest::of(b"x");
    let mut document = Document::new(Key::Raw, "Texte.".into(), "essai.jsonl".into(), raw);
    document.licence_declared = Some("etalab-2.0".into());
    documents.push(document);
    let batch = documents.finish().unwrap();
    let columns = annotator(None).annotate(&batch).unwrap();
    assert_eq!(value(&columns, "attribution", 0), None);
    assert!(
        value(&columns, "licence_detail", 0)
            .unwrap()
            .contains("attribution is due")
    );
}

#[test]
fn annotating_in_pieces_is_annotating_the_whole() {
    let annotator = annotator(Some(assumed("etalab-2.0")));
    let batch = documents(&[
        "-",
        "CC0",
        "CC BY-SA",
        "-",
        "CC0",
        "MIT OR Apache-2.0",
        "inconnue",
    ]);
    let whole = annotator.annotate(&batch).unwrap();
    assert_eq!(whole.schema(), annotator.schema());
    for cut in 0..=batch.num_rows() {
        let parts = [
            batch.slice(0, cut),
            batch.slice(cut, batch.num_rows() - cut),
        ];
        let parts = parts.map(|part| annotator.annotate(&part).unwrap());
        assert_eq!(
            concat_batches(&annotator.schema(), &parts).unwrap(),
            whole,
            "cut at {cut}"
        );
    }
}

#[test]
fn the_listed_columns_are_the_produced_ones() {
    let schema = annotator(None).schema();
    let names: Vec<&str> = schema
        .fields()
        .iter()
        .map(|field| field.name().as_str())
        .collect();
    assert_eq!(names, super::COLUMNS);
}

#[test]
fn parameters_follow_the_pipeline() {
    let digest = |config| annotator(config).parameters();
    assert_eq!(digest(None), digest(Some(LicenceConfig::default())));
    assert_ne!(digest(None), digest(Some(assumed("etalab-2.0"))));
    assert_ne!(
        digest(Some(assumed("CC0-1.0"))),
        digest(Some(assumed("etalab-2.0")))
    );
    let misspelt = LicenceParams {
        licence: Some(assumed("etalba")),
        ..LicenceParams::default()
    };
    assert!(LicenceAnnotator::new(misspelt).is_err());
    let more = |rulings, obligations| {
        let params = LicenceParams {
            licence: None,
            rulings,
            obligations,
        };
        LicenceAnnotator::new(params).unwrap().parameters()
    };
    let ruled = more(rulings("licence = \"etalab-2.0\""), vec![]);
    assert_ne!(digest(None), ruled);
    assert_ne!(ruled, more(rulings("licence = \"CC0-1.0\""), vec![]));
    let bound = more(Rulings::default(), vec![Obligation::NoReidentification]);
    assert_ne!(digest(None), bound);
}

/// Verdicts about the source `essai`, each with the keys every verdict has.
fn rulings(entry: &str) -> Rulings {
    let text = format!(
        "[[verdict]]\nid = \"v\"\nsource = \"essai\"\ndecided_by = \"Mme Exemple\"\ndecided_on = 2026-02-03\n\
         evidence = \"letter\"\n{entry}\n"
    );
    Rulings::of_source(&parse_rights(&text, "rights.toml").unwrap(), "essai")
}

fn codes(batch: &RecordBatch, row: usize) -> String {
    let lists = batch
        .column_by_name("licence_obligations")
        .unwrap()
        .as_list::<i32>();
    let codes = lists.value(row);
    let codes: Vec<&str> = codes.as_string::<i32>().iter().flatten().collect();
    codes.join(" ")
}

#[test]
fn a_human_verdict_decides_for_its_documents() {
    let params = LicenceParams {
        licence: None,
        rulings: rulings("licence = \"etalab-2.0\"\ndoc_ids = [\"essai/1\"]"),
        obligations: vec![Obligation::NoReidentification],
    };
    let columns = LicenceAnnotator::new(params)
        .unwrap()
        .annotate(&documents(&["à voir", "à voir", "CC BY 4.0"]))
        .unwrap();
    let row = |row| {
        [
            "licence_status",
            "licence_verdict",
            "licence_evidence",
            "licence_scope",
        ]
        .map(|name| value(&columns, name, row))
    };
    assert_eq!(
        row(0),
        [Some("unknown"), None, Some("declared"), Some("work")]
    );
    assert_eq!(
        row(1),
        [Some("known"), Some("v"), Some("verdict"), Some("work")]
    );
    assert_eq!(
        row(2),
        [Some("known"), None, Some("declared"), Some("work")]
    );
    assert_eq!((clarity(&columns, 0), clarity(&columns, 1)), (0, 3));
    assert_eq!(
        codes(&columns, 1),
        "attribution attribution-date no-reidentification"
    );
    assert_eq!(
        codes(&columns, 2),
        "attribution licence-link notice-of-changes keep-notice no-reidentification"
    );
}

#[test]
fn access_that_is_not_open_closes_whatever_the_licence() {
    let mut documents = Documents::new("essai", "jsonl@1");
    for access in ["open", "restricted", "open_with_account", "nouveau"] {
        let raw = Digest::of(access.as_bytes());
        let mut document = Document::new(Key::Raw, "Texte.".into(), "essai.jsonl".into(), raw);
        document.licence_declared = Some("etalab-2.0".into());
        document
            .metadata
            .insert("access_type".into(), access.into());
        documents.push(document);
    }
    let columns = annotator(None)
        .annotate(&documents.finish().unwrap())
        .unwrap();
    assert_eq!(value(&columns, "licence", 0), Some("etalab-2.0"));
    for row in 1..4 {
        assert_eq!(
            value(&columns, "licence", row),
            Some("etalab-2.0 AND LicenseRef-moisson-restricted-access"),
            "{row}"
        );
        assert_eq!(value(&columns, "licence_tier", row), None);
    }
}
