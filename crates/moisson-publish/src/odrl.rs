//! Terms of use of a family of shards in ODRL 2.2: one builder, read by every document that states terms.

use std::collections::BTreeSet;

use moisson_rights::{Attribution, ShareAlike};
use serde_json::{Map, Value, json};

use crate::terms::{self, OWN, expressions};
use crate::{FamilyFacts, ReleaseFacts, licence_facts};

const ODRL: &str = "http://www.w3.org/ns/odrl/2/";
const CC: &str = "http://creativecommons.org/ns#";

/// What may be done, what is owed for it, and what may not be done. Words are those of ODRL (`odrl:`), Creative Commons
/// (`cc:`), or of this program.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) permissions: BTreeSet<String>,
    pub(crate) duties: BTreeSet<Duty>,
    pub(crate) prohibitions: BTreeSet<String>,
}

/// One thing that is owed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Duty {
    pub(crate) action: String,
    /// Most days between two times; none: no such bound.
    pub(crate) days_max: Option<u32>,
}

/// Returns codes of all that is owed for a family: what follows from its licences, and what its sources ask for besides.
pub(crate) fn obligations(facts: &ReleaseFacts, family: &FamilyFacts) -> BTreeSet<String> {
    let mut codes: BTreeSet<String> = expressions(family)
        .into_iter()
        .flat_map(owed)
        .map(str::to_owned)
        .collect();
    let slices = facts
        .slices
        .iter()
        .filter(|slice| slice.family == family.name);
    codes.extend(slices.flat_map(|slice| slice.obligations.iter().cloned()));
    codes
}

/// Returns codes of what the licences of an expression ask for.
fn owed(expression: &str) -> Vec<&'static str> {
    let mut codes = Vec::new();
    for licence in licence_facts(expression).licences {
        if licence.attribution != Attribution::None {
            codes.push("attribution");
        }
        if licence.attribution == Attribution::NameDate {
            codes.push("attribution-date");
        }
        if licence.modification_notice {
            codes.push("notice-of-changes");
        }
        if licence.notice_required {
            codes.push("keep-notice");
        }
        match licence.share_alike {
            ShareAlike::None => {}
            ShareAlike::Work => codes.push("share-alike"),
            ShareAlike::Database => codes.push("same-licence-database"),
        }
        if licence.commercial != moisson_rights::Commercial::Yes {
            codes.push("non-commercial");
        }
    }
    codes
}

/// Returns the terms of a family: the strictest of all its licences.
pub(crate) fn terms(facts: &ReleaseFacts, family: &FamilyFacts) -> Terms {
    let mut terms = Terms::default();
    let derivatives = expressions(family).into_iter().all(|expression| {
        licence_facts(expression)
            .licences
            .iter()
            .all(|licence| licence.derivatives)
    });
    let allowed = ["use", "reproduce", "distribute"].into_iter();
    terms
        .permissions
        .extend(allowed.chain(derivatives.then_some("derive")).map(odrl));
    if !derivatives {
        terms.prohibitions.insert(odrl("derive"));
    }
    for code in obligations(facts, family) {
        let duty = |action: String| Duty {
            action,
            days_max: None,
        };
        match code.as_str() {
            "attribution" => terms.duties.insert(duty(odrl("attribute"))),
            "attribution-date" => terms.duties.insert(duty(own("stateLastUpdate"))),
            "notice-of-changes" => terms.duties.insert(duty(own("indicateChanges"))),
            "keep-notice" => terms.duties.insert(duty(format!("{CC}Notice"))),
            "share-alike" | "same-licence-database" => {
                terms.duties.insert(duty(format!("{CC}ShareAlike")))
            }
            "non-commercial" => terms.prohibitions.insert(format!("{CC}CommercialUse")),
            "no-reidentification" => terms.prohibitions.insert(own("reidentify")),
            "no-magistrate-profiling" => terms.prohibitions.insert(own("profileMagistrates")),
            other => terms.duties.insert(match refresh_days(other) {
                Some(days) => Duty {
                    action: own("refresh"),
                    days_max: Some(days),
                },
                None => duty(own(&terms::slug(other))),
            }),
        };
    }
    terms
}

/// Days of a code `refresh-within-N-days`.
fn refresh_days(code: &str) -> Option<u32> {
    code.strip_prefix("refresh-within-")?
        .strip_suffix("-days")?
        .parse()
        .ok()
}

fn odrl(action: &str) -> String {
    format!("{ODRL}{action}")
}

fn own(action: &str) -> String {
    format!("{OWN}{action}")
}

/// How a dialect of ODRL spells its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// ODRL in JSON-LD, whose context is given with it: words are addresses.
    JsonLd,
    /// The Dataspace Protocol and EDC, whose contexts know ODRL's words: those stand bare.
    Bare,
}

impl Dialect {
    fn action(self, action: &str) -> Value {
        match (self, action.strip_prefix(ODRL)) {
            (Self::Bare, Some(bare)) => json!(bare),
            (Self::Bare, None) => json!(action),
            (Self::JsonLd, _) => json!({ "@id": action }),
        }
    }

    fn constraint(self, days: u32) -> Value {
        let right = format!("P{days}D");
        match self {
            Self::Bare => {
                json!({ "leftOperand": "timeInterval", "operator": "lteq", "rightOperand": right })
            }
            Self::JsonLd => json!({
                "leftOperand": { "@id": odrl("timeInterval") },
                "operator": { "@id": odrl("lteq") },
                "rightOperand": { "@value": right, "@type": "http://www.w3.org/2001/XMLSchema#duration" },
            }),
        }
    }
}

/// Returns `permission` and, where there is any, `prohibition` of the terms. Duties stand in each permission: nothing is
/// permitted without them.
pub(crate) fn rules(terms: &Terms, dialect: Dialect) -> Map<String, Value> {
    let duties: Vec<Value> = terms
        .duties
        .iter()
        .map(|duty| {
            let mut rule = json!({ "action": dialect.action(&duty.action) });
            if let (Some(days), Some(rule)) = (duty.days_max, rule.as_object_mut()) {
                rule.insert("constraint".into(), json!([dialect.constraint(days)]));
            }
            rule
        })
        .collect();
    let permission = |action: &String| {
        let mut rule = json!({ "action": dialect.action(action) });
        if let (false, Some(rule)) = (duties.is_empty(), rule.as_object_mut()) {
            rule.insert("duty".into(), json!(duties));
        }
        rule
    };
    let prohibition = |action: &String| json!({ "action": dialect.action(action) });
    let mut rules = Map::new();
    rules.insert(
        "permission".into(),
        terms.permissions.iter().map(permission).collect(),
    );
    if !terms.prohibitions.is_empty() {
        rules.insert(
            "prohibition".into(),
            terms.prohibitions.iter().map(prohibition).collect(),
        );
    }
    rules
}

/// Identifier of the offer of a family.
pub(crate) fn offer_id(facts: &ReleaseFacts, family: &FamilyFacts) -> String {
    facts.part("offer", &family.name)
}

/// Returns the offer of a family, without a context.
pub(crate) fn offer(
    facts: &ReleaseFacts,
    family: &FamilyFacts,
    dialect: Dialect,
) -> Map<String, Value> {
    let mut offer = Map::new();
    offer.insert("@id".into(), json!(offer_id(facts, family)));
    offer.insert("@type".into(), json!("Offer"));
    offer.extend(rules(&terms(facts, family), dialect));
    offer
}

/// Returns the document `odrl.jsonld`: an offer for each family.
///
/// Every word that others have no vocabulary for begins with `urn:moisson:term:`.
pub fn odrl_offers(facts: &ReleaseFacts) -> Value {
    let offers: Vec<Value> = facts
        .families
        .iter()
        .map(|family| {
            let mut offer = offer(facts, family, Dialect::JsonLd);
            offer.insert(
                "target".into(),
                json!({ "@id": facts.part("family", &family.name) }),
            );
            let assigner = facts
                .publication
                .participant_id
                .clone()
                .unwrap_or_else(|| facts.part("agent", "publisher"));
            offer.insert("assigner".into(), json!({ "@id": terms::iri(&assigner) }));
            let licences: Vec<Value> = expressions(family)
                .into_iter()
                .filter_map(terms::licence_iri)
                .map(|iri| json!({ "@id": iri }))
                .collect();
            if !licences.is_empty() {
                offer.insert("license".into(), json!(licences));
            }
            let codes = obligations(facts, family);
            offer.insert("obligationCode".into(), json!(codes));
            Value::Object(offer)
        })
        .collect();
    json!({ "@context": context(), "@graph": offers })
}

/// The part of ODRL's own context that these offers need, so that nothing has to be fetched to read them.
fn context() -> Value {
    let mut context = Map::new();
    context.insert("odrl".into(), json!(ODRL));
    context.insert("dct".into(), json!("http://purl.org/dc/terms/"));
    context.insert("Offer".into(), json!("odrl:Offer"));
    context.insert("license".into(), json!("dct:license"));
    context.insert(
        "obligationCode".into(),
        json!(format!("{OWN}obligationCode")),
    );
    for name in [
        "action",
        "assigner",
        "constraint",
        "duty",
        "leftOperand",
        "operator",
        "permission",
        "prohibition",
        "rightOperand",
        "target",
    ] {
        context.insert(name.into(), json!(format!("odrl:{name}")));
    }
    Value::Object(context)
}
