//! Documents for dataspaces: a catalogue of the Dataspace Protocol 2025-1, requests to the management interface of an
//! Eclipse EDC connector, and descriptions for Prometheus-X. One offer for each licence family in all of them.

use serde_json::{Map, Value, json};

use crate::odrl::{self, Dialect};
use crate::terms::{self, PARQUET, TO_BE_PROVIDED};
use crate::{FamilyFacts, ReleaseFacts};

/// Identifier of a family's files in every dataspace.
fn asset_id(facts: &ReleaseFacts, family: &FamilyFacts) -> String {
    facts.part("family", &family.name)
}

/// Where the files of a family are served, or what stands for that.
fn files(facts: &ReleaseFacts, family: &FamilyFacts) -> String {
    facts
        .address(&format!("data/{}/", family.name))
        .unwrap_or_else(|| TO_BE_PROVIDED.to_owned())
}

fn title(facts: &ReleaseFacts, family: &FamilyFacts) -> String {
    format!("{} ({})", facts.title(), family.name)
}

fn bytes(facts: &ReleaseFacts, family: &FamilyFacts) -> u64 {
    facts
        .shards
        .iter()
        .filter(|shard| shard.family == family.name)
        .map(|shard| shard.bytes)
        .sum()
}

/// Returns a catalogue of the Dataspace Protocol 2025-1: a dataset with an offer for each family.
///
/// Offers carry no `target`: within a catalogue the protocol forbids it.
pub fn dsp_catalogue(facts: &ReleaseFacts) -> Value {
    let stated = &facts.publication;
    let service = facts.part("service", "connector");
    let endpoint = stated.connector_url.as_deref().and_then(terms::web);
    let datasets: Vec<Value> = facts
        .families
        .iter()
        .map(|family| {
            let distribution = json!({
                "@type": "Distribution",
                "format": "HttpData-PULL",
                "accessService": service,
            });
            json!({
                "@id": asset_id(facts, family),
                "@type": "Dataset",
                "dct:title": title(facts, family),
                "dct:description": facts.described(),
                "dct:license": terms::expressions(family),
                "dct:language": facts.languages_long(),
                "dcat:version": facts.version(),
                "dcat:byteSize": bytes(facts, family),
                "hasPolicy": [odrl::offer(facts, family, Dialect::Bare)],
                "distribution": [distribution],
            })
        })
        .collect();
    let mut catalogue = json!({
        "@context": ["https://w3id.org/dspace/2025/1/context.jsonld"],
        "@id": facts.part("catalogue", "dsp"),
        "@type": "Catalog",
        "participantId": stated.participant_id.as_deref().unwrap_or(TO_BE_PROVIDED),
        "service": [{
            "@id": service,
            "@type": "DataService",
            "endpointURL": endpoint.as_deref().unwrap_or(TO_BE_PROVIDED),
        }],
    });
    // An empty list of datasets is refused by the protocol's schema; a catalogue without the key is an empty one.
    if let (false, Some(catalogue)) = (datasets.is_empty(), catalogue.as_object_mut()) {
        catalogue.insert("dataset".into(), json!(datasets));
    }
    catalogue
}

/// Returns the requests that offer a family through a connector, to be posted in this order: to `/v3/assets`,
/// `/v3/policydefinitions` and `/v3/contractdefinitions` of its management interface.
pub fn edc_requests(facts: &ReleaseFacts, family: &FamilyFacts) -> [(&'static str, Value); 3] {
    let context = json!({ "@vocab": "https://w3id.org/edc/v0.0.1/ns/" });
    let (asset, policy) = (asset_id(facts, family), facts.part("policy", &family.name));
    let asset_request = json!({
        "@context": context,
        "@type": "Asset",
        "@id": asset,
        "properties": {
            "name": title(facts, family),
            "description": facts.described(),
            "version": facts.version(),
            "contenttype": PARQUET,
            "licences": terms::expressions(family),
            "documents": family.rows(),
            "textBytes": family.text_bytes(),
            "byteSize": bytes(facts, family),
        },
        "dataAddress": {
            "@type": "DataAddress",
            "type": "HttpData",
            "name": family.name,
            "baseUrl": files(facts, family),
            "proxyPath": "true",
        },
    });
    let mut rules = Map::new();
    rules.insert("@context".into(), json!("http://www.w3.org/ns/odrl.jsonld"));
    rules.insert("@type".into(), json!("Set"));
    rules.extend(odrl::rules(&odrl::terms(facts, family), Dialect::Bare));
    let policy_request =
        json!({ "@context": context, "@type": "PolicyDefinition", "@id": policy, "policy": rules });
    let contract_request = json!({
        "@context": context,
        "@type": "ContractDefinition",
        "@id": facts.part("contract", &family.name),
        "accessPolicyId": policy,
        "contractPolicyId": policy,
        "assetsSelector": [{
            "@type": "Criterion",
            "operandLeft": "https://w3id.org/edc/v0.0.1/ns/id",
            "operator": "=",
            "operandRight": asset,
        }],
    });
    [
        ("asset", asset_request),
        ("policy-definition", policy_request),
        ("contract-definition", contract_request),
    ]
}

/// Returns the description of a family's files as a data resource of Prometheus-X.
///
/// `containsPII` is true unless detectors ran and left no document with any risk.
pub fn prometheus_x_resource(facts: &ReleaseFacts, family: &FamilyFacts) -> Value {
    let personal = facts
        .personal
        .as_ref()
        .is_none_or(crate::PersonalFacts::remains);
    json!({
        "@context": "https://registry.visionstrust.com/contexts/dataresource",
        "@type": "DataResource",
        "@id": asset_id(facts, family),
        "name": title(facts, family),
        "description": facts.described(),
        "producedBy": participant(facts),
        "copyrightOwnedBy": producers(facts, family),
        "license": terms::expressions(family),
        "aggregationOf": sources(facts, family),
        "containsPII": personal,
        "policy": [odrl::rules(&odrl::terms(facts, family), Dialect::Bare)],
        "exposedThrough": [facts.publication.connector_url.as_deref().unwrap_or(TO_BE_PROVIDED)],
        "category": "language",
        "obsoleteDateTime": Value::Null,
        "representation": {
            "resourceID": asset_id(facts, family),
            "fileType": PARQUET,
            "type": "REST",
            "url": files(facts, family),
            "sourceType": "REST",
        },
    })
}

/// Returns the offering of all families as a service of Prometheus-X.
pub fn prometheus_x_offering(facts: &ReleaseFacts) -> Value {
    let stated = &facts.publication;
    let keywords: Vec<&str> = facts.keywords().into_iter().map(|(word, _)| word).collect();
    json!({
        "@context": "https://registry.visionstrust.com/contexts/serviceoffering",
        "@type": "ServiceOffering",
        "@id": facts.part("offering", "release"),
        "name": facts.title(),
        "description": facts.described(),
        "providedBy": participant(facts),
        "policy": facts.families.iter().map(|family| odrl::rules(&odrl::terms(facts, family), Dialect::Bare)).collect::<Vec<_>>(),
        "termsAndConditions": stated.landing_page.as_deref().unwrap_or(TO_BE_PROVIDED),
        "dataProtectionRegime": ["GDPR2016"],
        "keywords": keywords,
        "dataResources": facts.families.iter().map(|family| asset_id(facts, family)).collect::<Vec<_>>(),
    })
}

fn participant(facts: &ReleaseFacts) -> &str {
    facts
        .publication
        .participant_id
        .as_deref()
        .unwrap_or(TO_BE_PROVIDED)
}

/// Bodies that produced what a family holds, sorted.
fn producers(facts: &ReleaseFacts, family: &FamilyFacts) -> std::collections::BTreeSet<String> {
    let of_family = facts
        .slices
        .iter()
        .filter(|slice| slice.family == family.name);
    of_family
        .filter_map(|slice| slice.producer.clone())
        .collect()
}

/// Addresses of the sources that a family is made from, else their identifiers.
fn sources(facts: &ReleaseFacts, family: &FamilyFacts) -> Vec<String> {
    let within = |name: &str| {
        facts
            .slices
            .iter()
            .any(|slice| slice.family == family.name && slice.source == name)
    };
    facts
        .sources
        .iter()
        .filter(|source| within(&source.name))
        .map(|source| {
            source
                .url
                .as_deref()
                .and_then(terms::web)
                .unwrap_or_else(|| facts.part("source", &source.name))
        })
        .collect()
}
