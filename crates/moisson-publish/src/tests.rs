//! Every document of one small release, with names that are hostile, against what is expected of it.

use std::collections::BTreeMap;

use moisson_rights::{Lang, Tier};
use serde_json::{Value, json};

use crate::{
    Acquisition, Answer, Attestations, ColumnFacts, ColumnKind, FORMATS, FamilyFacts, Format,
    PersonalFacts, Publication, ReleaseFacts, ShardFacts, SliceFacts, SourceFacts, SplitFacts,
    Totals, ai_act_manifest, ai_act_page, croissant, dcat_turtle, dsp_catalogue, edc_requests,
    odrl_offers, prometheus_x_resource, prov_json, spdx_expressions,
};

const HOSTILE: &str = "\"a\" <b> | \u{1}\n# c\\ > . <urn:x> <urn:y>";

fn counts(entries: &[(&str, u64)]) -> BTreeMap<String, u64> {
    entries
        .iter()
        .map(|(name, number)| ((*name).to_owned(), *number))
        .collect()
}

fn source(name: &str, licence: &str, released: u64, url: Option<&str>) -> SourceFacts {
    SourceFacts {
        name: name.into(),
        title: Some(HOSTILE.into()),
        producer: Some("DILA".into()),
        reader: "dila@1".into(),
        read: released + 1,
        released,
        dropped: counts(&[("optout/reserved", 1)]),
        text_bytes: released * 100,
        tokens: None,
        licences: counts(&[(licence, released)]),
        url: url.map(str::to_owned),
        last_update: Some("2026-01-02".into()),
        acquisition: Acquisition::Bulk,
        retrieved: Some(("2026-01-03".into(), "2026-02-04".into())),
        verdicts: Vec::new(),
    }
}

fn slice(family: &str, source: &str, licence: &str, rows: u64) -> SliceFacts {
    SliceFacts {
        family: family.into(),
        source: source.into(),
        licence: licence.into(),
        language: "fra_Latn".into(),
        genre: Some("law".into()),
        rows,
        text_bytes: rows * 100,
        tokens: Some(rows * 20),
        updated_min: Some("2001-01-01".into()),
        updated_max: Some("2026-01-02".into()),
        obligations: vec![
            "no-magistrate-profiling".into(),
            "refresh-within-30-days".into(),
        ],
        ..SliceFacts::default()
    }
}

fn family(name: &str, licence: &str, rows: u64) -> (FamilyFacts, ShardFacts) {
    let path = format!("data/{name}/train-0-ab.parquet");
    let split = SplitFacts {
        split: "train".into(),
        rows,
        text_bytes: rows * 100,
        shards: vec![path.clone()],
    };
    let shard = ShardFacts {
        path,
        family: name.into(),
        split: "train".into(),
        rows,
        text_bytes: rows * 100,
        bytes: 4096,
        sha256: "ab".repeat(32),
    };
    (
        FamilyFacts {
            name: name.into(),
            licences: counts(&[(licence, rows)]),
            splits: vec![split],
        },
        shard,
    )
}

pub(crate) fn facts() -> ReleaseFacts {
    let (attribution, first) = family("attribution", "etalab-2.0", 90);
    let (share_alike, second) = family("share-alike-cc", "CC-BY-SA-4.0", 10);
    let sources = vec![
        source("legi", "etalab-2.0", 90, Some("https://exemple.fr/legi")),
        source("wiki", "CC-BY-SA-4.0", 10, None),
    ];
    let column = |name: &str, kind, dtype: &str| ColumnFacts {
        name: name.into(),
        kind,
        dtype: dtype.into(),
    };
    ReleaseFacts {
        name: "essai".into(),
        title: Some(HOSTILE.into()),
        description: None,
        languages: counts(&[("fra_Latn", 100)]),
        tier: Tier::ShareAlike,
        verdicts: Vec::new(),
        families: vec![attribution, share_alike],
        totals: Totals::of(&sources),
        sources,
        dedup: None,
        pipeline_digest: "b3-0123".into(),
        notes: Vec::new(),
        content_digest: "c0ffee0123456789abcdef".into(),
        moisson_version: "0.1.0".into(),
        shards: vec![first, second],
        slices: vec![
            slice("attribution", "legi", "etalab-2.0", 90),
            slice("share-alike-cc", "wiki", "CC-BY-SA-4.0", 10),
        ],
        columns: vec![
            column("doc_id", ColumnKind::Text, "string"),
            column("published_on", ColumnKind::Date, "date32"),
            column("obligations", ColumnKind::Texts, "string"),
        ],
        tokenizer: Some("essai.json".into()),
        optouts: counts(&[("clear", 100)]),
        personal: Some(PersonalFacts {
            replaced: counts(&[("all", 3)]),
            risk: counts(&[("none", 100)]),
        }),
        publication: Publication {
            base_url: Some("https://data.exemple.fr/essai/".into()),
            participant_id: Some("did:web:exemple.fr".into()),
            ..Publication::default()
        },
        attestations: Attestations::default(),
    }
}

#[test]
fn one_builder_states_the_terms_of_all() {
    let facts = facts();
    let offers = odrl_offers(&facts);
    let offer = &offers["@graph"][0];
    let actions = |rules: &Value| -> Vec<String> {
        let rules = rules.as_array().into_iter().flatten();
        let action = |rule: &Value| {
            rule["action"]["@id"]
                .as_str()
                .or(rule["action"].as_str())
                .unwrap()
                .to_owned()
        };
        rules.map(action).collect()
    };
    assert_eq!(
        actions(&offer["permission"]),
        ["derive", "distribute", "reproduce", "use"]
            .map(|word| format!("http://www.w3.org/ns/odrl/2/{word}"))
    );
    assert_eq!(
        actions(&offer["permission"][0]["duty"]),
        [
            "http://www.w3.org/ns/odrl/2/attribute",
            "urn:moisson:term:refresh",
            "urn:moisson:term:stateLastUpdate"
        ]
    );
    assert_eq!(
        offer["permission"][0]["duty"][1]["constraint"][0]["rightOperand"]["@value"],
        "P30D"
    );
    assert_eq!(
        actions(&offer["prohibition"]),
        ["urn:moisson:term:profileMagistrates"]
    );
    let shared = actions(&offers["@graph"][1]["permission"][0]["duty"]);
    assert!(
        shared.contains(&"http://creativecommons.org/ns#ShareAlike".to_owned()),
        "{shared:?}"
    );
    assert!(
        shared.contains(&"urn:moisson:term:indicateChanges".to_owned()),
        "{shared:?}"
    );

    let bare = dsp_catalogue(&facts)["dataset"][0]["hasPolicy"][0].clone();
    assert_eq!(
        actions(&bare["permission"]),
        ["derive", "distribute", "reproduce", "use"]
    );
    assert!(bare.get("target").is_none());
    let [(_, asset), (_, policy), (_, contract)] = edc_requests(&facts, &facts.families[0]);
    assert_eq!(policy["policy"]["permission"], bare["permission"]);
    assert_eq!(contract["assetsSelector"][0]["operandRight"], asset["@id"]);
    assert_eq!(
        asset["dataAddress"]["baseUrl"],
        "https://data.exemple.fr/essai/data/attribution/"
    );
    let resource = prometheus_x_resource(&facts, &facts.families[0]);
    assert_eq!(resource["policy"][0]["permission"], bare["permission"]);
}

#[test]
fn personal_data_is_denied_only_where_detectors_left_no_risk() {
    let check = |personal: Option<PersonalFacts>, expected: bool| {
        let facts = ReleaseFacts {
            personal,
            ..facts()
        };
        let resource = prometheus_x_resource(&facts, &facts.families[0]);
        assert_eq!(resource["containsPII"], expected, "{:?}", facts.personal);
    };
    check(None, true);
    check(Some(PersonalFacts::default()), true);
    check(
        Some(PersonalFacts {
            risk: counts(&[("none", 9), ("low", 1)]),
            ..PersonalFacts::default()
        }),
        true,
    );
    check(
        Some(PersonalFacts {
            risk: counts(&[("none", 9), ("low", 0)]),
            ..PersonalFacts::default()
        }),
        false,
    );
}

#[test]
fn answers_are_those_of_a_human_and_numbers_those_that_were_counted() {
    let mut facts = facts();
    let manifest = ai_act_manifest(&facts);
    let at = |manifest: &Value, path: &str| manifest.pointer(path).cloned().unwrap_or(Value::Null);
    for path in [
        "/data_sources/publicly_available_datasets/used",
        "/data_sources/crawled_data/crawlers_used",
        "/data_sources/synthetic_data/used",
        "/data_sources/user_data/model_interaction_data_used",
        "/data_processing_aspects/tdm_reservation_respect/is_code_of_practice_signatory",
        "/general_information/continuously_trained_on_new_data",
        "/general_information/provider_identification/provider_name_and_contact",
    ] {
        assert_eq!(at(&manifest, path), "to be provided", "{path}");
    }
    let modality = "/general_information/modalities/0";
    assert_eq!(
        at(&manifest, &format!("{modality}/custom_size_value")),
        "2000"
    );
    assert_eq!(
        at(&manifest, &format!("{modality}/size_range")),
        "Less than 1 billion tokens"
    );
    assert_eq!(
        at(
            &manifest,
            "/general_information/latest_data_collection_date"
        ),
        "02/2026"
    );
    assert_eq!(at(&manifest, "/last_update"), "02/01/26");
    let large = at(
        &manifest,
        "/data_sources/publicly_available_datasets/large_datasets",
    );
    assert_eq!(
        (large[0]["link"].as_str(), large.as_array().unwrap().len()),
        (Some("https://exemple.fr/legi"), 1)
    );
    let measures = at(
        &manifest,
        "/data_processing_aspects/tdm_reservation_respect/measures_description",
    );
    assert!(
        measures
            .as_str()
            .unwrap()
            .starts_with("2 records were dropped"),
        "{measures}"
    );

    facts.attestations.crawlers = Answer::No;
    facts.attestations.public_datasets = Answer::Yes;
    facts.tokenizer = None;
    facts.slices[0].tokens = None;
    let manifest = ai_act_manifest(&facts);
    assert_eq!(
        at(&manifest, "/data_sources/crawled_data/crawlers_used"),
        false
    );
    assert_eq!(
        at(&manifest, "/data_sources/publicly_available_datasets/used"),
        true
    );
    assert_eq!(
        at(&manifest, &format!("{modality}/custom_size_unit")),
        "bytes of UTF-8 text"
    );
    assert!(at(&manifest, &format!("{modality}/size_range")).is_null());
    for (language, parts) in [
        (
            Lang::Fr,
            [
                "Robots de collecte utilisés : non",
                "**à compléter**",
                "octets de texte",
            ],
        ),
        (
            Lang::En,
            ["Crawlers used: no", "**to be provided**", "bytes of text"],
        ),
    ] {
        let page = ai_act_page(&facts, language);
        for part in parts {
            assert!(page.contains(part), "no `{part}` in\n{page}");
        }
        assert!(!page.contains("<b>"), "{page}");
    }
}

#[test]
fn croissant_names_every_shard_and_column() {
    let page = croissant(&facts());
    let shard = &page["distribution"][0];
    assert_eq!(
        shard["contentUrl"],
        "https://data.exemple.fr/essai/data/attribution/train-0-ab.parquet"
    );
    assert_eq!(shard["sha256"], "ab".repeat(32));
    assert_eq!(
        page["distribution"][3]["includes"],
        "data/share-alike-cc/*.parquet"
    );
    let fields = page["recordSet"][0]["field"].as_array().unwrap();
    let kinds: Vec<&Value> = fields.iter().map(|field| &field["dataType"]).collect();
    assert_eq!(
        kinds,
        [
            &json!("sc:Text"),
            &json!("sc:Date"),
            &json!("sc:Text"),
            &json!(["sc:Text", "cr:Split"])
        ]
    );
    assert_eq!(fields[2]["isArray"], true);
    assert_eq!(page["datePublished"], "2026-01-02");
    assert_eq!(page["version"], "0.0.0+c0ffee0123456789");
    assert_eq!(
        page["usageInfo"][0]["odrl:permission"][0]["odrl:action"]["@id"],
        "http://www.w3.org/ns/odrl/2/derive"
    );
    let local = croissant(&ReleaseFacts {
        publication: Publication::default(),
        ..facts()
    });
    assert_eq!(
        local["distribution"][0]["contentUrl"],
        "data/attribution/train-0-ab.parquet"
    );
    assert_eq!(local["publisher"]["name"], "to be provided");
}

#[test]
fn the_catalogue_names_authorities_and_only_stated_high_value() {
    let mut facts = facts();
    let turtle = dcat_turtle(&facts);
    for part in [
        "dct:language <http://publications.europa.eu/resource/authority/language/FRA>",
        "dct:format <http://publications.europa.eu/resource/authority/file-type/PARQUET>",
        "dct:license <http://publications.europa.eu/resource/authority/licence/CC_BYSA_4_0>",
        "spdx:checksumValue \"abab",
        "dct:title \"\\\"a\\\" <b> | \\u0001\\n# c\\\\ > . <urn:x> <urn:y>\"",
    ] {
        assert!(turtle.contains(part), "no `{part}` in\n{turtle}");
    }
    assert!(!turtle.contains("hvdCategory"));
    facts.publication.hvd_category = Some("http://data.europa.eu/bna/c_a9135398".into());
    assert!(
        dcat_turtle(&facts).contains("dcatap:hvdCategory <http://data.europa.eu/bna/c_a9135398>")
    );
}

#[test]
fn provenance_and_licences_count_alike() {
    let facts = facts();
    let told = prov_json(&facts);
    assert_eq!(told["used"].as_object().unwrap().len(), 2);
    assert_eq!(told["entity"]["r:release"]["m:documents"], 100);
    let page = spdx_expressions(&facts);
    assert_eq!(
        page["families"][0],
        json!({ "family": "attribution", "expression": "etalab-2.0", "documents": { "etalab-2.0": 90 } })
    );
    assert_eq!(page["licences"]["CC-BY-SA-4.0"]["listed"], true);
}

#[test]
fn every_format_writes_files_of_its_own_also_of_an_empty_release() {
    let mut empty = facts();
    empty.families.clear();
    empty.shards.clear();
    empty.slices.clear();
    empty.sources.clear();
    empty.totals = Totals::default();
    let mut seen = std::collections::BTreeSet::new();
    for format in FORMATS {
        assert!(Format::of(format.name).is_some());
        assert!(!format.files(&facts(), &[]).is_empty(), "{}", format.name);
        let _ = format.files(&empty, &[]);
        for file in format.files(&facts(), &[]) {
            assert!(seen.insert(file.path.clone()), "{} twice", file.path);
            assert!(file.content.ends_with('\n'), "{}", file.path);
            if [".json", ".jsonld"]
                .iter()
                .any(|end| file.path.ends_with(end))
            {
                serde_json::from_str::<Value>(&file.content).unwrap();
            }
        }
    }
    assert!(FORMATS.is_sorted_by_key(|format| format.name));
}
