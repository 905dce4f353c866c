//! Where the release comes from, in PROV: sources were used by a run, which generated the release.

use serde_json::{Map, Value, json};

use crate::rdf::{Graph, Object, Prefixes, node, text};
use crate::terms;
use crate::{ReleaseFacts, SourceFacts};

const PREFIXES: Prefixes = &[
    ("dct", "http://purl.org/dc/terms/"),
    ("moisson", "urn:moisson:term:"),
    ("prov", "http://www.w3.org/ns/prov#"),
    ("rdfs", "http://www.w3.org/2000/01/rdf-schema#"),
    ("xsd", "http://www.w3.org/2001/XMLSchema#"),
];

fn source_id(facts: &ReleaseFacts, source: &SourceFacts) -> String {
    facts.part("source", &source.name)
}

fn family_id(facts: &ReleaseFacts, name: &str) -> String {
    facts.part("family", name)
}

/// Returns the provenance in PROV-O, as Turtle.
pub fn prov_turtle(facts: &ReleaseFacts) -> String {
    let mut graph = Graph::new(PREFIXES);
    let (release, run, program, plan) = (
        facts.urn(),
        facts.part("run", "moisson"),
        facts.part("agent", "moisson"),
        facts.part("plan", "pipeline"),
    );
    let mut generated = vec![
        ("a", Object::Name("prov:Entity")),
        ("dct:title", text(facts.title())),
        ("prov:wasGeneratedBy", node(&run)),
        ("moisson:documents", integer(facts.totals.released)),
        ("moisson:contentDigest", text(facts.content_digest.clone())),
    ];
    let mut run_properties = vec![
        ("a", Object::Name("prov:Activity")),
        ("prov:wasAssociatedWith", node(&program)),
        (
            "prov:qualifiedAssociation",
            node(&facts.part("association", "moisson")),
        ),
        ("moisson:read", integer(facts.totals.read)),
    ];
    for source in &facts.sources {
        let id = source_id(facts, source);
        run_properties.push(("prov:used", node(&id)));
        if source.released > 0 {
            generated.push(("prov:wasDerivedFrom", node(&id)));
        }
        describe_source(source, &id, facts, &mut graph);
    }
    graph.add(&release, generated);
    graph.add(&run, run_properties);
    graph.add(
        &facts.part("association", "moisson"),
        vec![
            ("a", Object::Name("prov:Association")),
            ("prov:agent", node(&program)),
            ("prov:hadPlan", node(&plan)),
        ],
    );
    graph.add(
        &program,
        vec![
            ("a", Object::Name("prov:SoftwareAgent")),
            (
                "rdfs:label",
                text(format!("moisson {}", facts.moisson_version)),
            ),
        ],
    );
    graph.add(
        &plan,
        vec![
            ("a", Object::Name("prov:Plan")),
            ("a", Object::Name("prov:Entity")),
            ("rdfs:label", text(facts.pipeline_digest.clone())),
        ],
    );
    describe_families(facts, &mut graph);
    graph.turtle()
}

fn describe_families(facts: &ReleaseFacts, graph: &mut Graph) {
    for family in &facts.families {
        graph.add(
            &family_id(facts, &family.name),
            vec![
                ("a", Object::Name("prov:Entity")),
                ("rdfs:label", text(family.name.clone())),
                ("dct:isPartOf", node(&facts.urn())),
                ("prov:wasGeneratedBy", node(&facts.part("run", "moisson"))),
                ("moisson:documents", integer(family.rows())),
            ],
        );
    }
}

fn describe_source(source: &SourceFacts, id: &str, facts: &ReleaseFacts, graph: &mut Graph) {
    let mut properties = vec![
        ("a", Object::Name("prov:Entity")),
        (
            "rdfs:label",
            text(source.title.as_deref().unwrap_or(&source.name)),
        ),
        ("moisson:read", integer(source.read)),
        ("moisson:released", integer(source.released)),
        ("moisson:reader", text(source.reader.clone())),
        ("moisson:acquisition", text(source.acquisition.name())),
    ];
    if let Some(producer) = &source.producer {
        let agent = facts.part("producer", &source.name);
        properties.push(("prov:wasAttributedTo", node(&agent)));
        graph.add(
            &agent,
            vec![
                ("a", Object::Name("prov:Agent")),
                ("rdfs:label", text(producer.clone())),
            ],
        );
    }
    if let Some(url) = source.url.as_deref().and_then(terms::web) {
        properties.push(("prov:atLocation", node(&url)));
    }
    if let Some(date) = &source.last_update {
        properties.push(("dct:modified", Object::Typed(date.clone(), "xsd:date")));
    }
    graph.add(id, properties);
}

fn integer(number: u64) -> Object {
    Object::Typed(number.to_string(), "xsd:integer")
}

/// Returns the same in PROV-JSON.
pub fn prov_json(facts: &ReleaseFacts) -> Value {
    // Names are local to a prefix: PROV-JSON has no addresses in the place of names.
    let mut entities = Map::new();
    let mut agents = Map::new();
    let (mut used, mut derived, mut attributed, mut generated) =
        (Map::new(), Map::new(), Map::new(), Map::new());
    entities.insert(
        "r:release".into(),
        json!({
            "prov:label": facts.title(),
            "m:documents": facts.totals.released,
            "m:contentDigest": facts.content_digest,
        }),
    );
    entities.insert("r:plan".into(), json!({ "prov:type": { "$": "prov:Plan", "type": "prov:QUALIFIED_NAME" }, "m:digest": facts.pipeline_digest }));
    generated.insert(
        "_:g-release".into(),
        json!({ "prov:entity": "r:release", "prov:activity": "r:run" }),
    );
    for source in &facts.sources {
        let name = terms::slug(&source.name);
        let id = format!("r:source-{name}");
        entities.insert(id.clone(), source_json(source));
        used.insert(
            format!("_:u-{name}"),
            json!({ "prov:activity": "r:run", "prov:entity": id }),
        );
        if source.released > 0 {
            derived.insert(
                format!("_:d-{name}"),
                json!({ "prov:generatedEntity": "r:release", "prov:usedEntity": id }),
            );
        }
        if let Some(producer) = &source.producer {
            let agent = format!("r:producer-{name}");
            agents.insert(agent.clone(), json!({ "prov:label": producer }));
            attributed.insert(
                format!("_:a-{name}"),
                json!({ "prov:entity": id, "prov:agent": agent }),
            );
        }
    }
    for family in &facts.families {
        let name = terms::slug(&family.name);
        let id = format!("r:family-{name}");
        entities.insert(
            id.clone(),
            json!({ "prov:label": family.name, "m:documents": family.rows() }),
        );
        generated.insert(
            format!("_:g-{name}"),
            json!({ "prov:entity": id, "prov:activity": "r:run" }),
        );
    }
    agents.insert(
        "r:moisson".into(),
        json!({
            "prov:type": { "$": "prov:SoftwareAgent", "type": "prov:QUALIFIED_NAME" },
            "prov:label": format!("moisson {}", facts.moisson_version),
        }),
    );
    json!({
        "prefix": { "r": format!("{}:", facts.urn()), "m": terms::OWN },
        "entity": entities,
        "activity": { "r:run": { "m:read": facts.totals.read } },
        "agent": agents,
        "used": used,
        "wasGeneratedBy": generated,
        "wasDerivedFrom": derived,
        "wasAttributedTo": attributed,
        "wasAssociatedWith": { "_:assoc": { "prov:activity": "r:run", "prov:agent": "r:moisson", "prov:plan": "r:plan" } },
    })
}

/// A source, as an entity of PROV-JSON.
fn source_json(source: &SourceFacts) -> Value {
    let mut entity = json!({
        "prov:label": source.title.as_deref().unwrap_or(&source.name),
        "m:read": source.read,
        "m:released": source.released,
        "m:reader": source.reader,
        "m:acquisition": source.acquisition.name(),
    });
    if let Some(entity) = entity.as_object_mut() {
        if let Some(url) = source.url.as_deref().and_then(terms::web) {
            entity.insert(
                "prov:location".into(),
                json!({ "$": url, "type": "xsd:anyURI" }),
            );
        }
        if let Some(date) = &source.last_update {
            entity.insert(
                "m:lastUpdate".into(),
                json!({ "$": date, "type": "xsd:date" }),
            );
        }
    }
    entity
}
