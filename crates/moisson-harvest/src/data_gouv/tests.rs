use moisson_core::Error;
use serde_json::{Value, json};

use super::DataGouvConfig;
use crate::pages::StopAt;
use crate::testing::{Answer, Fixture, Page};
use crate::{Harvest, Harvester, Mirror, Summary};

const TEXT: &str = "Délibération";
const SHA1_RIGHT: &str = "DE0EA06E5E2C42BBC21FC2ED747570504C63AFAE";
const SHA1_WRONG: &str = "c68c92e3b1ab7e8e3d2ee0ba8a7fcbdf9ec6a4b8";

fn resource(fixture: &Fixture, id: &str, path: &str) -> Value {
    json!({
        "id": id, "title": "Les actes", "type": "main", "filetype": "file", "format": "csv", "checksum": null,
        "url": fixture.server.url(path), "latest": fixture.server.url(&format!("/fr/datasets/r/{id}")),
        "created_at": "2025-01-01T00:00:00+00:00", "last_modified": "2025-02-03T04:05:06.789000+00:00",
    })
}

fn dataset(slug: &str, resources: &Value) -> Value {
    json!({
        "id": format!("id-{slug}"), "slug": slug, "title": "Actes de la commune", "license": "lov2",
        "organization": {"id": "o1", "name": "Commune d’Exemple"}, "owner": null, "archived": null, "deleted": null,
        "private": false, "access_type": "open", "last_update": "2025-06-07T00:00:00+00:00", "resources": resources,
        "page": format!("https://portail.example/datasets/{slug}/"),
    })
}

/// Serves a file under its own address and under its stable one.
fn serve_file(fixture: &Fixture, id: &str, path: &str, body: &str) {
    fixture
        .server
        .page(path, Page::new(body).etag(&format!("\"{}\"", body.len())));
    let to = fixture.server.url(path);
    fixture
        .server
        .route(&format!("/fr/datasets/r/{id}"), move |_| {
            Answer::redirect(&to)
        });
}

fn serve(fixture: &Fixture, path: &str, json: &Value) {
    let body = json.to_string();
    fixture
        .server
        .route(path, move |_| Answer::ok(body.clone()));
}

/// A fixture that serves one dataset, changed by the caller, with one file.
fn one(change: impl FnOnce(&mut Value)) -> (Fixture, DataGouvConfig, Vec<String>) {
    let fixture = Fixture::new();
    serve_file(&fixture, "r1", "/static/20250203/actes.csv", TEXT);
    let mut json = dataset(
        "actes",
        &json!([resource(&fixture, "r1", "/static/20250203/actes.csv")]),
    );
    change(&mut json);
    serve(&fixture, "/api/1/datasets/actes/", &json);
    let config = DataGouvConfig {
        dataset: vec!["actes".to_owned()],
        ..DataGouvConfig::default()
    };
    let at = vec![fixture.server.url("")];
    (fixture, config, at)
}

fn names(fixture: &Fixture) -> Vec<String> {
    let names = fixture.mirror.list("data/s/").unwrap().into_iter();
    names
        .map(|name| name.trim_start_matches("data/s/").to_owned())
        .collect()
}

fn counts(fetched: u64, unchanged: u64, failed: u64) -> Summary {
    Summary {
        fetched,
        unchanged,
        failed,
        bytes: 0,
    }
}

#[test]
fn a_dataset_becomes_objects_with_what_the_catalogue_says() {
    let (fixture, config, at) = one(|_| {});
    assert_eq!(fixture.harvest(&config, &at).unwrap(), counts(1, 0, 0));
    assert_eq!(fixture.data("s/actes/actes.csv"), TEXT.as_bytes());
    let receipt = fixture.receipt("s/actes/actes.csv");
    assert_eq!(receipt.licence.as_deref(), Some("lov2"));
    assert_eq!(receipt.producer.as_deref(), Some("Commune d’Exemple"));
    assert_eq!(
        receipt.updated.as_deref(),
        Some("2025-02-03T04:05:06.789000+00:00")
    );
    assert_eq!(
        receipt.title.as_deref(),
        Some("Actes de la commune – Les actes")
    );
    assert!(receipt.url.ends_with("/fr/datasets/r/r1"));
    assert_eq!(receipt.acquisition, crate::Acquisition::Bulk);
    // No checksum is stated: the server is asked whether it changed.
    assert_eq!(fixture.harvest(&config, &at).unwrap(), counts(0, 1, 0));
}

#[test]
fn licences_are_never_more_than_what_was_said() {
    for (licence, expected) in [
        (json!("lov2"), Some("lov2")),
        (json!({"id": "odc-odbl", "title": "ODbL"}), Some("odc-odbl")),
        (json!("notspecified"), Some("notspecified")),
        (json!({"id": "notspecified"}), Some("notspecified")),
        (json!(null), None),
        (json!(""), None),
        (json!({}), None),
        (json!(3), None),
    ] {
        let (fixture, config, at) = one(|dataset| dataset["license"] = licence.clone());
        fixture.harvest(&config, &at).unwrap();
        assert_eq!(
            fixture.receipt("s/actes/actes.csv").licence.as_deref(),
            expected,
            "{licence}"
        );
    }
    let (fixture, config, at) = one(|dataset| {
        dataset.as_object_mut().unwrap().remove("license");
        dataset["organization"] = Value::Null;
        dataset["owner"] = json!({"first_name": "Ada", "last_name": "Exemple", "slug": "ada"});
        dataset["resources"][0]["last_modified"] = Value::Null;
    });
    fixture.harvest(&config, &at).unwrap();
    let receipt = fixture.receipt("s/actes/actes.csv");
    assert_eq!(
        (receipt.licence, receipt.producer.as_deref()),
        (None, Some("Ada Exemple"))
    );
    assert_eq!(
        receipt.updated.as_deref(),
        Some("2025-06-07T00:00:00+00:00")
    );
}

#[test]
fn access_that_is_not_open_is_refused_in_the_words_of_the_catalogue() {
    for (kind, words) in [
        (
            "restricted",
            "access `restricted`; category `confidentiality`; reason: données de santé; local_authority: under_conditions",
        ),
        (
            "open_with_account",
            "access `open_with_account`; category `confidentiality`",
        ),
        ("nouveau", "access `nouveau`"),
    ] {
        let (fixture, config, at) = one(|dataset| {
            dataset["access_type"] = json!(kind);
            dataset["access_type_reason_category"] = json!("confidentiality");
            dataset["access_type_reason"] = json!("données de santé");
            dataset["access_audiences"] =
                json!([{"role": "local_authority", "condition": "under_conditions"}]);
        });
        let error = fixture.harvest(&config, &at).unwrap_err();
        assert!(
            matches!(error, Error::Config(_)) && error.to_string().contains(words),
            "{error}"
        );
        assert!(names(&fixture).is_empty());
    }
    for open in [json!("open"), json!(null), json!("")] {
        let (fixture, config, at) = one(|dataset| dataset["access_type"] = open);
        assert_eq!(fixture.harvest(&config, &at).unwrap(), counts(1, 0, 0));
    }
}

#[test]
fn what_was_fetched_while_it_was_open_is_marked_once_it_is_not() {
    let (fixture, config, at) = one(|_| {});
    assert_eq!(fixture.harvest(&config, &at).unwrap(), counts(1, 0, 0));
    assert_eq!(fixture.receipt("s/actes/actes.csv").access, None);
    let mut json = dataset(
        "actes",
        &json!([resource(&fixture, "r1", "/static/20250203/actes.csv")]),
    );
    for (access, expected) in [
        ("restricted", Some("access `restricted`")),
        ("open", None),
        ("open_with_account", Some("access `open_with_account`")),
    ] {
        json["access_type"] = json!(access);
        serve(&fixture, "/api/1/datasets/actes/", &json);
        assert_eq!(fixture.harvest(&config, &at).is_ok(), expected.is_none());
        assert_eq!(
            fixture.receipt("s/actes/actes.csv").access.as_deref(),
            expected
        );
    }
}

#[test]
fn a_checksum_is_held_against_the_bytes_and_saves_the_question() {
    let stated = |kind: &str, value: &str| json!({"type": kind, "value": value});
    let (fixture, config, at) =
        one(|dataset| dataset["resources"][0]["checksum"] = stated("sha1", SHA1_WRONG));
    // Wrong: the file is fetched twice and not kept.
    assert_eq!(fixture.harvest(&config, &at).unwrap(), counts(0, 0, 1));
    assert!(names(&fixture).is_empty());
    let (fixture, config, at) =
        one(|dataset| dataset["resources"][0]["checksum"] = stated("sha1", SHA1_RIGHT));
    assert_eq!(fixture.harvest(&config, &at).unwrap(), counts(1, 0, 0));
    assert_eq!(
        fixture.receipt("s/actes/actes.csv").checksum,
        Some(format!("sha1:{}", SHA1_RIGHT.to_lowercase()))
    );
    fixture.server.take_paths();
    // What the catalogue says may change without the file.
    let mut json = dataset(
        "actes",
        &json!([resource(&fixture, "r1", "/static/20250203/actes.csv")]),
    );
    json["resources"][0]["checksum"] = stated("sha1", SHA1_RIGHT);
    json["license"] = json!("fr-lo");
    serve(&fixture, "/api/1/datasets/actes/", &json);
    assert_eq!(fixture.harvest(&config, &at).unwrap(), counts(0, 1, 0));
    assert_eq!(fixture.server.take_paths(), ["/api/1/datasets/actes/"]);
    assert_eq!(
        fixture.receipt("s/actes/actes.csv").licence.as_deref(),
        Some("fr-lo")
    );
}

#[test]
fn types_formats_and_names_of_resources() {
    let fixture = Fixture::new();
    let mut resources = Vec::new();
    for (id, path, kind, format) in [
        ("r1", "/s/1/actes.csv", "main", "csv"),
        ("r2", "/s/2/actes.csv", "update", "csv"),
        ("r3", "/s/3/lisez-moi.pdf", "documentation", "pdf"),
        ("r4", "/s/4/telecharger", "main", "xml"),
        ("r5", "/s/5/export?format=json", "main", "json"),
        ("r6", "/s/6/api", "api", ""),
    ] {
        serve_file(&fixture, id, path.split('?').next().unwrap(), id);
        let mut json = resource(&fixture, id, path);
        json["type"] = json!(kind);
        json["format"] = json!(format);
        json["created_at"] = json!(format!("2025-01-0{}", id.trim_start_matches('r')));
        resources.push(json);
    }
    resources.reverse();
    serve(
        &fixture,
        "/api/1/datasets/actes/",
        &dataset("actes", &json!(resources)),
    );
    let at = [fixture.server.url("/fr/datasets/actes/")];
    for (config, expected) in [
        (
            DataGouvConfig::default(),
            vec![
                "actes-HASH.csv",
                "actes.csv",
                "Les_actes.json",
                "telecharger.xml",
            ],
        ),
        (
            DataGouvConfig {
                formats: vec!["XML".to_owned(), "json".to_owned()],
                ..DataGouvConfig::default()
            },
            vec!["Les_actes.json", "telecharger.xml"],
        ),
        (
            DataGouvConfig {
                resources: vec!["r3".to_owned(), "rx".to_owned()],
                ..DataGouvConfig::default()
            },
            vec!["lisez-moi.pdf"],
        ),
        (
            DataGouvConfig {
                types: vec!["documentation".to_owned()],
                ..DataGouvConfig::default()
            },
            vec!["lisez-moi.pdf"],
        ),
    ] {
        let mut found = harvest_names(&config, &at);
        found.sort_by_key(|name| name.to_lowercase());
        let mut expected = expected;
        expected.sort_by_key(|name| name.to_lowercase());
        assert_eq!(found, expected);
    }
}

/// Harvests into a mirror of its own and returns the names, hashes masked.
fn harvest_names(config: &DataGouvConfig, at: &[String]) -> Vec<String> {
    let fixture = Fixture::new();
    fixture.harvest(config, at).unwrap();
    let mask = |name: String| {
        let name = name.trim_start_matches("actes/").to_owned();
        match name.split_once('-').filter(|(_, rest)| rest.len() == 12) {
            Some((stem, _)) => format!("{stem}-HASH.csv"),
            None => name,
        }
    };
    names(&fixture).into_iter().map(mask).collect()
}

#[test]
fn resources_of_the_community_have_no_licence() {
    let (fixture, config, at) = one(|_| {});
    let url = fixture.server.url("/ailleurs/revue.csv");
    fixture
        .server
        .page("/ailleurs/revue.csv", Page::new("autre"));
    let mut json = dataset("actes", &json!([]));
    json["community_resources"] = json!([{
        "id": "c1", "title": "Version revue", "type": "main", "url": url, "format": "csv",
        "owner": {"first_name": "Un", "last_name": "Tiers"},
    }]);
    serve(&fixture, "/api/1/datasets/actes/", &json);
    assert_eq!(fixture.harvest(&config, &at).unwrap(), counts(0, 0, 0));
    let config = DataGouvConfig {
        community: true,
        ..config
    };
    assert_eq!(fixture.harvest(&config, &at).unwrap(), counts(1, 0, 0));
    let receipt = fixture.receipt("s/actes/revue.csv");
    assert_eq!(
        (receipt.licence, receipt.producer.as_deref()),
        (None, Some("Un Tiers"))
    );
}

#[test]
fn version_2_has_resources_behind_links() {
    let (fixture, config, _) = one(|_| {});
    serve_file(&fixture, "r2", "/static/2.csv", "deux");
    let link = |page: u32| {
        fixture.server.url(&format!(
            "/api/2/datasets/actes/resources/?page={page}&page_size=1"
        ))
    };
    let mut json = dataset(
        "actes",
        &json!({"rel": "subsection", "href": link(1), "type": "GET", "total": 2}),
    );
    json["community_resources"] =
        json!({"rel": "subsection", "href": link(9), "type": "GET", "total": 0});
    json["license"] = json!({"id": "cc-by", "title": "Creative Commons Attribution"});
    serve(&fixture, "/api/2/datasets/actes/", &json);
    let list = [
        resource(&fixture, "r1", "/static/20250203/actes.csv"),
        resource(&fixture, "r2", "/static/2.csv"),
    ];
    let next = link(2);
    fixture
        .server
        .route("/api/2/datasets/actes/resources/", move |asked| {
            let page: usize = asked.parameter("page").unwrap().parse().unwrap();
            let next = (page == 1).then_some(&next);
            Answer::ok(
                json!({"data": [list[page - 1]], "page": page, "total": 2, "next_page": next})
                    .to_string(),
            )
        });
    let config = DataGouvConfig {
        api: Some(fixture.server.url("/api/2/")),
        ..config
    };
    assert_eq!(fixture.harvest(&config, &[]).unwrap(), counts(2, 0, 0));
    assert_eq!(names(&fixture), ["actes/2.csv", "actes/actes.csv"]);
    assert_eq!(
        fixture.receipt("s/actes/2.csv").licence.as_deref(),
        Some("cc-by")
    );
}

#[test]
fn an_organisation_is_all_of_its_open_datasets() {
    let fixture = Fixture::new();
    serve(
        &fixture,
        "/api/1/organizations/commune-exemple/",
        &json!({"id": "o1", "name": "Commune d’Exemple"}),
    );
    let mut datasets = Vec::new();
    for (number, slug) in ["un", "deux", "ancien", "efface", "prive", "ferme"]
        .into_iter()
        .enumerate()
    {
        let (id, path) = (format!("r{number}"), format!("/static/{slug}.csv"));
        serve_file(&fixture, &id, &path, slug);
        datasets.push(dataset(slug, &json!([resource(&fixture, &id, &path)])));
    }
    datasets[2]["archived"] = json!("2025-01-01T00:00:00+00:00");
    datasets[3]["deleted"] = json!("2025-01-01T00:00:00+00:00");
    datasets[4]["private"] = json!(true);
    datasets[5]["access_type"] = json!("restricted");
    datasets[5]["access_type_reason"] = json!("secret des affaires");
    let base = fixture
        .server
        .url("/api/1/datasets/?organization=o1&page_size=100&page=2");
    fixture.server.route("/api/1/datasets/", move |asked| {
        assert_eq!(asked.parameter("organization").as_deref(), Some("o1"));
        let second = asked.parameter("page").is_some();
        let (page, next) = if second {
            (&datasets[3..], None)
        } else {
            (&datasets[..3], Some(&base))
        };
        Answer::ok(json!({"data": page, "page_size": 3, "total": 6, "next_page": next}).to_string())
    });
    let at = [fixture.server.url("/organizations/commune-exemple/")];
    let config = DataGouvConfig {
        tags: vec!["actes".to_owned()],
        ..DataGouvConfig::default()
    };
    assert_eq!(fixture.harvest(&config, &at).unwrap(), counts(2, 0, 1));
    assert_eq!(names(&fixture), ["deux/deux.csv", "un/un.csv"]);
    assert!(
        fixture.server.take_paths()[1]
            .ends_with("/datasets/?organization=o1&page_size=100&tag=actes")
    );
    let warnings = fixture.watch.warnings();
    for said in [
        "1 datasets are archived and left out (source `s`): `ancien`",
        "1 datasets are deleted and left out (source `s`): `efface`",
        "1 datasets are private and left out (source `s`): `prive`",
        "cannot fetch `https://portail.example/datasets/ferme/`: dataset `ferme` is not open: access `restricted`; reason: \
         secret des affaires",
    ] {
        assert!(
            warnings.iter().any(|warning| warning == said),
            "{said}: {warnings:?}"
        );
    }
}

#[test]
fn what_is_no_longer_listed_is_kept() {
    let (fixture, config, at) = one(|_| {});
    fixture.harvest(&config, &at).unwrap();
    serve(
        &fixture,
        "/api/1/datasets/actes/",
        &dataset("actes", &json!([])),
    );
    assert_eq!(fixture.harvest(&config, &at).unwrap(), counts(0, 0, 0));
    assert_eq!(names(&fixture), ["actes/actes.csv"]);
    assert!(fixture.watch.warnings()[0].contains("no longer listed"));
    // Gone altogether.
    fixture.server.route("/api/1/datasets/actes/", |_| {
        Answer::new(410, r#"{"message": "gone"}"#)
    });
    fixture.harvest(&config, &at).unwrap();
    assert_eq!(names(&fixture), ["actes/actes.csv"]);
    assert!(fixture.watch.warnings()[1].contains("was deleted or made private"));
}

#[test]
fn a_harvest_killed_at_any_request_ends_in_the_same_mirror() {
    for stop in 1..=5 {
        let (fixture, config, at) = one(|_| {});
        serve_file(&fixture, "r2", "/static/2.csv", "deux");
        let resources = [
            resource(&fixture, "r1", "/static/20250203/actes.csv"),
            resource(&fixture, "r2", "/static/2.csv"),
        ];
        serve(
            &fixture,
            "/api/1/datasets/actes/",
            &dataset("actes", &json!(resources)),
        );
        let watch = StopAt(&fixture.server, stop);
        let stopped = config.harvest(&Harvest {
            watch: &watch,
            ..fixture.about(&at)
        });
        assert!(matches!(stopped, Err(Error::Interrupted)), "{stop}");
        fixture.harvest(&config, &at).unwrap();
        assert_eq!(names(&fixture), ["actes/2.csv", "actes/actes.csv"]);
        assert_eq!(fixture.data("s/actes/2.csv"), b"deux");
        assert_eq!(
            fixture.receipt("s/actes/2.csv").licence.as_deref(),
            Some("lov2")
        );
    }
}

#[test]
fn mistakes_stop_before_the_first_byte() {
    let (fixture, config, at) = one(|_| {});
    let named = |dataset: &str| DataGouvConfig {
        dataset: vec![dataset.to_owned()],
        ..DataGouvConfig::default()
    };
    let organization = DataGouvConfig {
        organization: Some("x".to_owned()),
        ..DataGouvConfig::default()
    };
    for (config, at, message) in [
        (
            DataGouvConfig::default(),
            at.clone(),
            "names neither dataset nor organisation",
        ),
        (named("acte"), at.clone(), "no dataset `acte`"),
        (organization, at, "no organisation `x`: status 404"),
        (config, vec!["ftp://x".to_owned()], "no web address"),
    ] {
        let error = fixture.harvest(&config, &at).unwrap_err();
        assert!(
            matches!(error, Error::Config(_)) && error.to_string().contains(message),
            "{error}"
        );
    }
    assert!(names(&fixture).is_empty());
}
