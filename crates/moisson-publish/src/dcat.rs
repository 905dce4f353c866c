//! DCAT-AP 3.0.1, with its profile for high-value datasets: one graph, as JSON-LD and as Turtle.

use serde_json::Value;

use crate::odrl;
use crate::rdf::{Graph, Object, Prefixes, node, text};
use crate::terms::{self, TO_BE_PROVIDED};
use crate::{FamilyFacts, ReleaseFacts, ShardFacts};

const PREFIXES: Prefixes = &[
    ("adms", "http://www.w3.org/ns/adms#"),
    ("dcat", "http://www.w3.org/ns/dcat#"),
    ("dcatap", "http://data.europa.eu/r5r/"),
    ("dct", "http://purl.org/dc/terms/"),
    ("eli", "http://data.europa.eu/eli/ontology#"),
    ("foaf", "http://xmlns.com/foaf/0.1/"),
    ("odrl", "http://www.w3.org/ns/odrl/2/"),
    ("prov", "http://www.w3.org/ns/prov#"),
    ("rdfs", "http://www.w3.org/2000/01/rdf-schema#"),
    ("skos", "http://www.w3.org/2004/02/skos/core#"),
    ("spdx", "http://spdx.org/rdf/terms#"),
    ("vcard", "http://www.w3.org/2006/vcard/ns#"),
    ("xsd", "http://www.w3.org/2001/XMLSchema#"),
];
const AUTHORITY: &str = "http://publications.europa.eu/resource/authority";
/// The act on high-value datasets.
const HVD_ACT: &str = "http://data.europa.eu/eli/reg_impl/2023/138/oj";
const SHA256: &str = "http://spdx.org/rdf/terms#checksumAlgorithm_sha256";
const MEDIA_TYPE: &str =
    "https://www.iana.org/assignments/media-types/application/vnd.apache.parquet";

/// Returns the catalogue record of the release as JSON-LD.
pub fn dcat_json_ld(facts: &ReleaseFacts) -> Value {
    graph(facts).json_ld()
}

/// Returns the same as Turtle.
pub fn dcat_turtle(facts: &ReleaseFacts) -> String {
    graph(facts).turtle()
}

/// A catalogue with one dataset and a distribution for each shard, its checksum beside it. What an address of an
/// authority is, is said as well, since validators look for it.
fn graph(facts: &ReleaseFacts) -> Graph {
    let mut graph = Graph::new(PREFIXES);
    let (catalogue, dataset, publisher) = (
        facts.part("catalogue", "release"),
        facts.urn(),
        facts.part("agent", "publisher"),
    );
    graph.add(
        &catalogue,
        vec![
            ("a", Object::Name("dcat:Catalog")),
            ("dct:title", text(facts.title())),
            ("dct:publisher", node(&publisher)),
            ("dcat:dataset", node(&dataset)),
        ],
    );
    graph.describe(&catalogue, descriptions(facts));
    graph.describe(&dataset, descriptions(facts));
    describe_dataset(facts, &dataset, &publisher, &mut graph);
    describe_publisher(facts, &publisher, &mut graph);
    for shard in &facts.shards {
        describe_shard(facts, shard, &dataset, &mut graph);
    }
    for family in &facts.families {
        describe_terms(facts, family, &mut graph);
    }
    graph.describe(
        &format!("{AUTHORITY}/file-type/PARQUET"),
        [("a", Object::Name("dct:MediaTypeOrExtent"))],
    );
    graph.describe(MEDIA_TYPE, [("a", Object::Name("dct:MediaType"))]);
    graph.describe(SHA256, [("a", Object::Name("spdx:ChecksumAlgorithm"))]);
    graph
}

/// The description as it is given, or a sentence of counts in both languages.
fn descriptions(facts: &ReleaseFacts) -> Vec<(&'static str, Object)> {
    let counted = || {
        vec![
            Object::Text(facts.described(), Some("en")),
            Object::Text(facts.described_fr(), Some("fr")),
        ]
    };
    let given = facts.description.clone().map(|given| vec![text(given)]);
    let values = given.unwrap_or_else(counted).into_iter();
    values.map(|value| ("dct:description", value)).collect()
}

fn describe_dataset(facts: &ReleaseFacts, dataset: &str, publisher: &str, graph: &mut Graph) {
    let stated = &facts.publication;
    let public = format!("{AUTHORITY}/access-right/PUBLIC");
    let mut properties = vec![
        ("a", Object::Name("dcat:Dataset")),
        ("dct:identifier", text(dataset)),
        ("dct:title", text(facts.title())),
        ("dct:publisher", node(publisher)),
        ("dcat:version", text(facts.version())),
        ("dct:accessRights", node(&public)),
        ("prov:wasGeneratedBy", node(&facts.part("run", "moisson"))),
    ];
    graph.describe(&public, [("a", Object::Name("dct:RightsStatement"))]);
    graph.describe(
        &facts.part("run", "moisson"),
        [
            ("a", Object::Name("prov:Activity")),
            (
                "rdfs:label",
                text(format!(
                    "moisson {}, plan {}",
                    facts.moisson_version, facts.pipeline_digest
                )),
            ),
        ],
    );
    if let Some(creator) = &stated.creator {
        let id = facts.part("agent", "creator");
        properties.push(("dct:creator", node(&id)));
        graph.describe(
            &id,
            [
                ("a", Object::Name("foaf:Agent")),
                ("foaf:name", text(creator.clone())),
            ],
        );
    }
    if let Some(page) = stated.landing_page.as_deref().and_then(terms::web) {
        properties.push(("dcat:landingPage", node(&page)));
        graph.describe(&page, [("a", Object::Name("foaf:Document"))]);
    }
    dates(facts, &mut properties, graph);
    vocabularies(facts, &mut properties, graph);
    origins(facts, &mut properties, graph);
    high_value(facts, &mut properties, graph);
    contact(facts, &mut properties, graph);
    properties.extend(
        facts
            .shards
            .iter()
            .map(|shard| ("dcat:distribution", node(&distribution(facts, shard)))),
    );
    graph.add(dataset, properties);
}

fn dates(facts: &ReleaseFacts, properties: &mut Vec<(&'static str, Object)>, graph: &mut Graph) {
    if let Some(date) = facts.date() {
        properties.push(("dct:issued", Object::Typed(date.to_owned(), "xsd:date")));
        properties.push(("dct:modified", Object::Typed(date.to_owned(), "xsd:date")));
    }
    if let (Some(from), Some(to)) = facts.span() {
        let id = facts.part("period", "texts");
        properties.push(("dct:temporal", node(&id)));
        graph.describe(
            &id,
            [
                ("a", Object::Name("dct:PeriodOfTime")),
                ("dcat:startDate", Object::Typed(from.to_owned(), "xsd:date")),
                ("dcat:endDate", Object::Typed(to.to_owned(), "xsd:date")),
            ],
        );
    }
}

/// What is said in words of the EU's authority tables.
fn vocabularies(
    facts: &ReleaseFacts,
    properties: &mut Vec<(&'static str, Object)>,
    graph: &mut Graph,
) {
    for code in facts.languages_long() {
        let language = format!("{AUTHORITY}/language/{}", code.to_uppercase());
        properties.push(("dct:language", node(&language)));
        graph.describe(&language, [("a", Object::Name("dct:LinguisticSystem"))]);
    }
    for (word, language) in facts.keywords() {
        properties.push((
            "dcat:keyword",
            Object::Text(word.to_owned(), Some(language)),
        ));
    }
    for theme in &facts.publication.themes {
        let theme = format!("{AUTHORITY}/data-theme/{theme}");
        properties.push(("dcat:theme", node(&theme)));
        graph.describe(
            &theme,
            [
                ("a", Object::Name("skos:Concept")),
                ("skos:prefLabel", text(theme.clone())),
            ],
        );
    }
    if let Some(frequency) = &facts.publication.frequency {
        let frequency = format!("{AUTHORITY}/frequency/{frequency}");
        properties.push(("dct:accrualPeriodicity", node(&frequency)));
        graph.describe(&frequency, [("a", Object::Name("dct:Frequency"))]);
    }
}

/// Where the release comes from, and what was done.
fn origins(facts: &ReleaseFacts, properties: &mut Vec<(&'static str, Object)>, graph: &mut Graph) {
    for source in facts.sources.iter().filter(|source| source.released > 0) {
        let id = source
            .url
            .as_deref()
            .and_then(terms::web)
            .unwrap_or_else(|| facts.part("source", &source.name));
        properties.push(("prov:wasDerivedFrom", node(&id)));
        let label = source.title.as_deref().unwrap_or(&source.name);
        graph.describe(
            &id,
            [
                ("a", Object::Name("prov:Entity")),
                ("rdfs:label", text(label)),
            ],
        );
    }
    let made = facts.part("provenance", "release");
    properties.push(("dct:provenance", node(&made)));
    let label = format!(
        "{} records read, {} released; texts extracted and normalised, duplicates dropped",
        facts.totals.read, facts.totals.released
    );
    graph.describe(
        &made,
        [
            ("a", Object::Name("dct:ProvenanceStatement")),
            ("rdfs:label", text(label)),
        ],
    );
}

fn high_value(
    facts: &ReleaseFacts,
    properties: &mut Vec<(&'static str, Object)>,
    graph: &mut Graph,
) {
    let Some(category) = facts
        .publication
        .hvd_category
        .as_deref()
        .and_then(terms::web)
    else {
        return;
    };
    properties.push(("dcatap:applicableLegislation", node(HVD_ACT)));
    properties.push(("dcatap:hvdCategory", node(&category)));
    graph.describe(HVD_ACT, [("a", Object::Name("eli:LegalResource"))]);
    graph.describe(
        &category,
        [
            ("a", Object::Name("skos:Concept")),
            ("skos:prefLabel", text(category.clone())),
        ],
    );
}

fn contact(facts: &ReleaseFacts, properties: &mut Vec<(&'static str, Object)>, graph: &mut Graph) {
    let Some(contact) = facts.publication.contact.as_deref() else {
        return;
    };
    let id = facts.part("contact", "publisher");
    properties.push(("dcat:contactPoint", node(&id)));
    let mut described = vec![
        ("a", Object::Name("vcard:Kind")),
        ("vcard:fn", text(facts.publisher())),
    ];
    let (property, place) = match terms::web(contact) {
        Some(page) => ("vcard:hasURL", page),
        None => {
            let address = contact.strip_prefix("mailto:").unwrap_or(contact);
            ("vcard:hasEmail", format!("mailto:{address}"))
        }
    };
    described.push((property, node(&place)));
    graph.describe(&place, [("a", Object::Name("rdfs:Resource"))]);
    graph.describe(&id, described);
}

fn describe_publisher(facts: &ReleaseFacts, publisher: &str, graph: &mut Graph) {
    let mut properties = vec![
        ("a", Object::Name("foaf:Agent")),
        ("foaf:name", text(facts.publisher())),
    ];
    if let Some(page) = facts
        .publication
        .publisher_url
        .as_deref()
        .and_then(terms::web)
    {
        properties.push(("foaf:homepage", node(&page)));
        graph.describe(&page, [("a", Object::Name("foaf:Document"))]);
    }
    graph.describe(publisher, properties);
}

fn distribution(facts: &ReleaseFacts, shard: &ShardFacts) -> String {
    facts.part("distribution", &shard.path)
}

fn describe_shard(facts: &ReleaseFacts, shard: &ShardFacts, dataset: &str, graph: &mut Graph) {
    let id = distribution(facts, shard);
    let address = facts.address(&shard.path);
    let checksum = format!("{id}:checksum");
    let family = facts
        .families
        .iter()
        .find(|family| family.name == shard.family);
    let access = address.clone().unwrap_or_else(|| {
        let page = facts.page();
        if page == dataset {
            format!("{id}:file")
        } else {
            page
        }
    });
    let mut properties = vec![
        ("a", Object::Name("dcat:Distribution")),
        ("dct:title", text(shard.path.clone())),
        (
            "dct:description",
            text(format!(
                "{} documents, {}, split {}",
                shard.rows, shard.family, shard.split
            )),
        ),
        ("dcat:accessURL", node(&access)),
        (
            "dct:format",
            node(&format!("{AUTHORITY}/file-type/PARQUET")),
        ),
        ("dcat:mediaType", node(MEDIA_TYPE)),
        (
            "dcat:byteSize",
            Object::Typed(shard.bytes.to_string(), "xsd:nonNegativeInteger"),
        ),
        ("spdx:checksum", node(&checksum)),
    ];
    graph.describe(&access, [("a", Object::Name("rdfs:Resource"))]);
    if let Some(address) = address {
        properties.push(("dcat:downloadURL", node(&address)));
    }
    if facts.publication.hvd_category.is_some() {
        properties.push(("dcatap:applicableLegislation", node(HVD_ACT)));
    }
    if let Some(family) = family {
        properties.push(("dct:license", node(&licence(facts, family))));
        properties.push(("odrl:hasPolicy", node(&odrl::offer_id(facts, family))));
        properties.push(("dct:rights", node(&facts.part("rights", &family.name))));
    }
    graph.add(&id, properties);
    graph.add(
        &checksum,
        vec![
            ("a", Object::Name("spdx:Checksum")),
            ("spdx:algorithm", node(SHA256)),
            (
                "spdx:checksumValue",
                Object::Typed(shard.sha256.clone(), "xsd:hexBinary"),
            ),
        ],
    );
}

/// The licence of a family: its address, or a document of our own that names several.
fn licence(facts: &ReleaseFacts, family: &FamilyFacts) -> String {
    let addresses: Vec<String> = terms::expressions(family)
        .into_iter()
        .filter_map(terms::licence_iri)
        .collect();
    match (addresses.as_slice(), family.licences.len()) {
        ([one], 1) => one.clone(),
        _ => facts.part("licences", &family.name),
    }
}

fn describe_terms(facts: &ReleaseFacts, family: &FamilyFacts, graph: &mut Graph) {
    let id = licence(facts, family);
    let names = terms::expressions(family).join("; ");
    let title = if names.is_empty() {
        TO_BE_PROVIDED.to_owned()
    } else {
        names
    };
    let mut properties = vec![
        ("a", Object::Name("dct:LicenseDocument")),
        ("dct:title", text(title.clone())),
    ];
    for address in terms::expressions(family)
        .into_iter()
        .filter_map(terms::licence_iri)
        .filter(|address| *address != id)
    {
        properties.push(("rdfs:seeAlso", node(&address)));
    }
    graph.describe(&id, properties);
    let owed: Vec<String> = odrl::obligations(facts, family).into_iter().collect();
    let label = format!(
        "{title}. Obligations: {}",
        if owed.is_empty() {
            "none".to_owned()
        } else {
            owed.join(", ")
        }
    );
    graph.describe(
        &facts.part("rights", &family.name),
        [
            ("a", Object::Name("dct:RightsStatement")),
            ("rdfs:label", text(label)),
        ],
    );
    describe_offer(facts, family, graph);
}

/// The terms of a family, as an offer.
fn describe_offer(facts: &ReleaseFacts, family: &FamilyFacts, graph: &mut Graph) {
    let terms = odrl::terms(facts, family);
    let (offer, permission) = (
        odrl::offer_id(facts, family),
        facts.part("permission", &family.name),
    );
    let mut policy = vec![
        ("a", Object::Name("odrl:Policy")),
        ("a", Object::Name("odrl:Offer")),
        ("odrl:permission", node(&permission)),
    ];
    let mut granted = vec![("a", Object::Name("odrl:Permission"))];
    granted.extend(
        terms
            .permissions
            .iter()
            .map(|action| ("odrl:action", node(action))),
    );
    for duty in &terms.duties {
        let name = duty
            .action
            .rsplit(['/', '#', ':'])
            .next()
            .unwrap_or_default();
        let id = format!("{permission}:{name}");
        granted.push(("odrl:duty", node(&id)));
        graph.describe(
            &id,
            [
                ("a", Object::Name("odrl:Duty")),
                ("odrl:action", node(&duty.action)),
            ],
        );
        if let Some(days) = duty.days_max {
            let bound = format!("{id}:bound");
            graph.describe(&id, [("odrl:constraint", node(&bound))]);
            graph.describe(
                &bound,
                [
                    ("a", Object::Name("odrl:Constraint")),
                    ("odrl:leftOperand", Object::Name("odrl:timeInterval")),
                    ("odrl:operator", Object::Name("odrl:lteq")),
                    (
                        "odrl:rightOperand",
                        Object::Typed(format!("P{days}D"), "xsd:duration"),
                    ),
                ],
            );
        }
    }
    if !terms.prohibitions.is_empty() {
        let id = facts.part("prohibition", &family.name);
        policy.push(("odrl:prohibition", node(&id)));
        let forbidden = terms
            .prohibitions
            .iter()
            .map(|action| ("odrl:action", node(action)));
        graph.describe(
            &id,
            [("a", Object::Name("odrl:Prohibition"))]
                .into_iter()
                .chain(forbidden),
        );
    }
    graph.describe(&permission, granted);
    graph.describe(&offer, policy);
}
