//! Croissant 1.1 with its vocabulary for responsible AI, `croissant.json`.

use serde_json::{Map, Value, json};

use crate::odrl::{self, Dialect};
use crate::terms::{self, TO_BE_PROVIDED};
use crate::{ColumnFacts, ColumnKind, FamilyFacts, ReleaseFacts};

/// Returns the description of the release in Croissant 1.1.
///
/// Each shard is a file object with its SHA-256, each family a set of files and of records whose fields are the columns
/// of the shards. Addresses are relative to `release/` unless the pipeline says where the shards are served.
pub fn croissant(facts: &ReleaseFacts) -> Value {
    let mut page = Map::new();
    let mut put = |key: &str, value: Value| page.insert(key.to_owned(), value);
    put("@context", context());
    put("@type", json!("sc:Dataset"));
    put("@id", json!(facts.urn()));
    put(
        "conformsTo",
        json!([
            "http://mlcommons.org/croissant/1.1",
            "http://mlcommons.org/croissant/RAI/1.0"
        ]),
    );
    put("name", json!(facts.name));
    put("alternateName", json!(facts.title()));
    put("description", json!(facts.described()));
    put("url", json!(facts.page()));
    put("version", json!(facts.version()));
    put("license", json!(licences(facts)));
    put("creator", agent(facts, facts.creator()));
    put("publisher", agent(facts, facts.publisher()));
    if let Some(date) = facts.date() {
        put("datePublished", json!(date));
        put("dateModified", json!(date));
    }
    put("inLanguage", json!(facts.languages_long()));
    let keywords: Vec<&str> = facts.keywords().into_iter().map(|(word, _)| word).collect();
    if !keywords.is_empty() {
        put("keywords", json!(keywords));
    }
    put("isLiveDataset", json!(false));
    put("citeAs", json!(cite(facts)));
    let offers: Vec<Value> = facts
        .families
        .iter()
        .map(|family| usage(facts, family))
        .collect();
    if !offers.is_empty() {
        put("usageInfo", json!(offers));
    }
    put("prov:wasDerivedFrom", json!(origins(facts)));
    put(
        "prov:wasGeneratedBy",
        json!({
            "@type": "prov:Activity",
            "@id": facts.part("run", "moisson"),
            "prov:label": format!("moisson {}, plan {}", facts.moisson_version, facts.pipeline_digest),
        }),
    );
    responsible(facts, &mut put);
    put("distribution", json!(distribution(facts)));
    put(
        "recordSet",
        json!(
            facts
                .families
                .iter()
                .map(|family| records(facts, family))
                .collect::<Vec<_>>()
        ),
    );
    Value::Object(page)
}

fn licences(facts: &ReleaseFacts) -> Vec<String> {
    let mut licences: Vec<String> = facts
        .families
        .iter()
        .flat_map(|family| family.licences.keys())
        .map(|expression| terms::spdx_page(expression).unwrap_or_else(|| expression.clone()))
        .collect();
    licences.sort();
    licences.dedup();
    licences
}

fn agent(facts: &ReleaseFacts, name: &str) -> Value {
    let mut agent = json!({ "@type": "sc:Organization", "name": name });
    if let (Some(url), Some(agent)) = (
        facts
            .publication
            .publisher_url
            .as_deref()
            .and_then(terms::web),
        agent.as_object_mut(),
    ) {
        agent.insert("url".into(), json!(url));
    }
    agent
}

fn cite(facts: &ReleaseFacts) -> String {
    let year = facts
        .date()
        .and_then(|date| date.get(..4))
        .unwrap_or("n.d.");
    format!(
        "{} ({year}). {}, version {}. {}",
        facts.creator(),
        facts.title(),
        facts.version(),
        facts.page()
    )
}

/// Conditions of use of a family: an offer that names its set of files.
fn usage(facts: &ReleaseFacts, family: &FamilyFacts) -> Value {
    let mut offer = Map::new();
    offer.insert("@type".into(), json!(["sc:CreativeWork", "odrl:Offer"]));
    offer.insert("@id".into(), json!(odrl::offer_id(facts, family)));
    offer.insert(
        "name".into(),
        json!(format!("Terms of use of {}", family.name)),
    );
    offer.insert(
        "odrl:target".into(),
        json!({ "@id": family_id(&family.name) }),
    );
    for (key, value) in prefixed(&Value::Object(odrl::rules(
        &odrl::terms(facts, family),
        Dialect::JsonLd,
    ))) {
        offer.insert(key, value);
    }
    Value::Object(offer)
}

/// Keys of ODRL with their prefix, at every depth.
fn prefixed(value: &Value) -> Map<String, Value> {
    let of = |value: &Value| match value {
        Value::Array(items) => items
            .iter()
            .map(|item| {
                if item.is_object() {
                    Value::Object(prefixed(item))
                } else {
                    item.clone()
                }
            })
            .collect(),
        Value::Object(_) => Value::Object(prefixed(value)),
        other => other.clone(),
    };
    let entries = value.as_object().into_iter().flatten();
    entries
        .map(|(key, value)| {
            (
                if key.starts_with('@') {
                    key.clone()
                } else {
                    format!("odrl:{key}")
                },
                of(value),
            )
        })
        .collect()
}

fn origins(facts: &ReleaseFacts) -> Vec<Value> {
    facts
        .sources
        .iter()
        .filter(|source| source.released > 0)
        .map(|source| {
            let id = source
                .url
                .as_deref()
                .and_then(terms::web)
                .unwrap_or_else(|| facts.part("source", &source.name));
            json!({ "@id": id, "prov:label": source.title.as_deref().unwrap_or(&source.name) })
        })
        .collect()
}

/// What is said for responsible AI: what was counted, and that the rest is to be provided.
fn responsible(facts: &ReleaseFacts, put: &mut impl FnMut(&str, Value) -> Option<Value>) {
    let kinds: std::collections::BTreeSet<&str> = facts
        .sources
        .iter()
        .filter(|source| source.released > 0)
        .map(|source| source.acquisition.name())
        .collect();
    let sources: Vec<&str> = facts
        .sources
        .iter()
        .map(|source| source.title.as_deref().unwrap_or(&source.name))
        .collect();
    put(
        "rai:dataCollection",
        json!(format!(
            "Public sources, as they publish their texts: {}.",
            sources.join("; ")
        )),
    );
    put(
        "rai:dataCollectionType",
        json!(kinds.into_iter().collect::<Vec<_>>()),
    );
    if let (Some(from), Some(to)) = facts.span() {
        put("rai:dataCollectionTimeframe", json!([from, to]));
    }
    let totals = &facts.totals;
    let dropped: Vec<String> = totals
        .dropped
        .iter()
        .map(|(reason, number)| format!("{reason}: {number}"))
        .collect();
    put(
        "rai:dataCollectionMissingData",
        json!(format!(
            "Of {} records read, {} were dropped, each with a reason in the ledger. {}",
            totals.read,
            totals.read.saturating_sub(totals.released),
            dropped.join("; ")
        )),
    );
    let mut steps = vec![
        "Text is extracted and normalised when it is read.".to_owned(),
        "Documents without a recognised licence that the tier admits are dropped.".to_owned(),
    ];
    steps.extend(facts.dedup.clone());
    put("rai:dataPreprocessingProtocol", json!(steps));
    put(
        "rai:machineAnnotationTools",
        json!([format!("moisson {}", facts.moisson_version)]),
    );
    put("rai:personalSensitiveInformation", json!(personal(facts)));
    for key in [
        "rai:dataBiases",
        "rai:dataSocialImpact",
        "rai:dataUseCases",
        "rai:dataReleaseMaintenancePlan",
    ] {
        put(key, json!(TO_BE_PROVIDED));
    }
    let limits = "Licences are those that sources and records state; nothing here is legal advice.";
    put("rai:dataLimitations", json!(limits));
}

fn personal(facts: &ReleaseFacts) -> Vec<String> {
    let Some(personal) = &facts.personal else {
        return vec!["Personal data was not looked for.".to_owned()];
    };
    let list = |counts: &std::collections::BTreeMap<String, u64>| {
        let items: Vec<String> = counts
            .iter()
            .map(|(name, number)| format!("{name}: {number}"))
            .collect();
        items.join("; ")
    };
    vec![
        format!("Spans replaced, by class: {}.", list(&personal.replaced)),
        format!("Documents by risk that is left: {}.", list(&personal.risk)),
    ]
}

fn family_id(name: &str) -> String {
    format!("family-{}", terms::slug(name))
}

fn distribution(facts: &ReleaseFacts) -> Vec<Value> {
    let shards = facts.shards.iter().map(|shard| {
        json!({
            "@type": "cr:FileObject",
            "@id": shard.path,
            "name": shard.path.rsplit('/').next().unwrap_or_default(),
            "description": format!("{} documents of {}, split {}", shard.rows, shard.family, shard.split),
            "contentUrl": facts.address(&shard.path).unwrap_or_else(|| shard.path.clone()),
            "contentSize": format!("{} B", shard.bytes),
            "encodingFormat": "application/x-parquet",
            "sha256": shard.sha256,
        })
    });
    let sets = facts.families.iter().map(|family| {
        json!({
            "@type": "cr:FileSet",
            "@id": family_id(&family.name),
            "name": family.name,
            "description": format!("{} documents: {}", family.rows(), terms::expressions(family).join("; ")),
            "encodingFormat": "application/x-parquet",
            "includes": format!("data/{}/*.parquet", family.name),
        })
    });
    shards.chain(sets).collect()
}

fn records(facts: &ReleaseFacts, family: &FamilyFacts) -> Value {
    let set = format!("records-{}", terms::slug(&family.name));
    let split = json!({
        "@type": "cr:Field",
        "@id": format!("{set}/split"),
        "name": "split",
        "description": "The split, from the name of the file.",
        "dataType": ["sc:Text", "cr:Split"],
        "source": {
            "fileSet": { "@id": family_id(&family.name) },
            "extract": { "fileProperty": "filename" },
            "transform": { "regex": "^([a-z]+)-.*\\.parquet$" },
        },
    });
    let fields: Vec<Value> = facts
        .columns
        .iter()
        .map(|column| field(&set, &family.name, column))
        .chain([split])
        .collect();
    json!({
        "@type": "cr:RecordSet",
        "@id": set,
        "name": family.name,
        "description": format!("One record a document; {} in all.", family.rows()),
        "key": { "@id": format!("{set}/doc_id") },
        "field": fields,
    })
}

fn field(set: &str, family: &str, column: &ColumnFacts) -> Value {
    let kind = match column.kind {
        ColumnKind::Text | ColumnKind::Texts => "sc:Text",
        ColumnKind::Integer => "sc:Integer",
        ColumnKind::Date => "sc:Date",
    };
    let mut field = json!({
        "@type": "cr:Field",
        "@id": format!("{set}/{}", column.name),
        "name": column.name,
        "description": column.description(),
        "dataType": kind,
        "source": { "fileSet": { "@id": family_id(family) }, "extract": { "column": column.name } },
    });
    if let Some(field) = field.as_object_mut() {
        if column.kind == ColumnKind::Texts {
            field.insert("isArray".into(), json!(true));
            field.insert("arrayShape".into(), json!("-1"));
        }
        let same = match column.name.as_str() {
            "attribution" => Some("prov:wasAttributedTo"),
            "licence" => Some("sc:license"),
            "url" => Some("prov:wasDerivedFrom"),
            _ => None,
        };
        if let Some(same) = same {
            field.insert("equivalentProperty".into(), json!(same));
        }
    }
    field
}

/// Words of Croissant's namespace that the recommended context has bare.
const CROISSANT_WORDS: [&str; 29] = [
    "arrayShape",
    "citeAs",
    "column",
    "containedIn",
    "equivalentProperty",
    "extract",
    "field",
    "fileObject",
    "fileProperty",
    "fileSet",
    "format",
    "includes",
    "isArray",
    "isLiveDataset",
    "jsonPath",
    "key",
    "md5",
    "parentField",
    "path",
    "recordSet",
    "references",
    "regex",
    "repeated",
    "replace",
    "samplingRate",
    "separator",
    "source",
    "subField",
    "transform",
];

/// The context that the specification recommends, and the vocabularies used besides.
fn context() -> Value {
    let mut context = Map::new();
    for (key, value) in [
        ("@language", json!("en")),
        ("@vocab", json!("https://schema.org/")),
        ("conformsTo", json!("dct:conformsTo")),
        ("cr", json!("http://mlcommons.org/croissant/")),
        ("data", json!({ "@id": "cr:data", "@type": "@json" })),
        (
            "dataType",
            json!({ "@id": "cr:dataType", "@type": "@vocab" }),
        ),
        ("dct", json!("http://purl.org/dc/terms/")),
        ("description", json!({ "@container": "@language" })),
        (
            "examples",
            json!({ "@id": "cr:examples", "@type": "@json" }),
        ),
        ("name", json!({ "@container": "@language" })),
        ("odrl", json!("http://www.w3.org/ns/odrl/2/")),
        ("prov", json!("http://www.w3.org/ns/prov#")),
        ("rai", json!("http://mlcommons.org/croissant/RAI/")),
        ("sc", json!("https://schema.org/")),
    ] {
        context.insert(key.to_owned(), value);
    }
    for word in CROISSANT_WORDS {
        context.insert(word.to_owned(), json!(format!("cr:{word}")));
    }
    Value::Object(context)
}
