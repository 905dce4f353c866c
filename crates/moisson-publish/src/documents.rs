//! The documents by format: which files each writes, from the same facts.

use moisson_rights::Lang;
use serde_json::Value;

use crate::{
    AttributionEntry, ReleaseFacts, ai_act_manifest, ai_act_page, ai_act_yaml, attribution,
    attribution_json, card, croissant, dcat_json_ld, dcat_turtle, dsp_catalogue, edc_requests,
    odrl_offers, prometheus_x_offering, prometheus_x_resource, prov_json, prov_turtle,
    spdx_expressions, terms,
};

/// A file beside the shards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Path below `release/`.
    pub path: String,
    /// What it holds.
    pub content: String,
}

/// A kind of document.
#[derive(Debug, Clone, Copy)]
pub struct Format {
    /// Name on the command line.
    pub name: &'static str,
    /// For whom it is, in a sentence.
    pub purpose: &'static str,
    /// True if every run writes it.
    pub always: bool,
    write: fn(&ReleaseFacts, &[AttributionEntry]) -> Vec<File>,
}

/// All formats, by name.
pub const FORMATS: &[Format] = &[
    Format {
        name: "ai-act",
        purpose: "data part of the summary of training content, AI Act art. 53(1)(d)",
        always: false,
        write: ai_act,
    },
    Format {
        name: "attribution",
        purpose: "mentions that licences ask for, by source",
        always: true,
        write: attributions,
    },
    Format {
        name: "card",
        purpose: "dataset card of Hugging Face",
        always: true,
        write: cards,
    },
    Format {
        name: "croissant",
        purpose: "Croissant 1.1 with RAI, for ML tools and search engines",
        always: true,
        write: croissants,
    },
    Format {
        name: "dcat-ap",
        purpose: "DCAT-AP 3.0.1 and HVD, for open data portals",
        always: false,
        write: dcat,
    },
    Format {
        name: "dsp",
        purpose: "catalogue of the Dataspace Protocol 2025-1",
        always: false,
        write: dsp,
    },
    Format {
        name: "edc",
        purpose: "requests to an Eclipse EDC connector, management interface v3",
        always: false,
        write: edc,
    },
    Format {
        name: "odrl",
        purpose: "terms of use as ODRL offers",
        always: false,
        write: odrl,
    },
    Format {
        name: "prometheus-x",
        purpose: "data resources and service offering for Prometheus-X",
        always: false,
        write: prometheus_x,
    },
    Format {
        name: "prov",
        purpose: "provenance, PROV-JSON and PROV-O",
        always: false,
        write: prov,
    },
    Format {
        name: "spdx",
        purpose: "licence expressions by family",
        always: false,
        write: spdx,
    },
];

impl Format {
    /// Returns the format of a name.
    pub fn of(name: &str) -> Option<&'static Self> {
        FORMATS.iter().find(|format| format.name == name)
    }

    /// Returns its files.
    pub fn files(&self, facts: &ReleaseFacts, entries: &[AttributionEntry]) -> Vec<File> {
        (self.write)(facts, entries)
    }
}

fn page(path: impl Into<String>, content: String) -> File {
    File {
        path: path.into(),
        content,
    }
}

/// Indented, with a line feed at the end.
fn json(path: impl Into<String>, value: &Value) -> File {
    page(path, format!("{value:#}\n"))
}

fn ai_act(facts: &ReleaseFacts, _: &[AttributionEntry]) -> Vec<File> {
    vec![
        json("metadata/ai-act/summary.json", &ai_act_manifest(facts)),
        page("metadata/ai-act/summary.yaml", ai_act_yaml(facts)),
        page(
            "metadata/ai-act/summary.en.md",
            ai_act_page(facts, Lang::En),
        ),
        page(
            "metadata/ai-act/summary.fr.md",
            ai_act_page(facts, Lang::Fr),
        ),
    ]
}

fn attributions(_: &ReleaseFacts, entries: &[AttributionEntry]) -> Vec<File> {
    vec![
        page("ATTRIBUTION.md", attribution(entries)),
        json("ATTRIBUTION.json", &attribution_json(entries)),
    ]
}

fn cards(facts: &ReleaseFacts, _: &[AttributionEntry]) -> Vec<File> {
    vec![page("README.md", card(facts))]
}

/// Beside the card, not in `metadata/`: the paths in it are relative to it, and readers look for it there.
fn croissants(facts: &ReleaseFacts, _: &[AttributionEntry]) -> Vec<File> {
    vec![json("croissant.json", &croissant(facts))]
}

fn dcat(facts: &ReleaseFacts, _: &[AttributionEntry]) -> Vec<File> {
    vec![
        json("metadata/dcat-ap.jsonld", &dcat_json_ld(facts)),
        page("metadata/dcat-ap.ttl", dcat_turtle(facts)),
    ]
}

fn dsp(facts: &ReleaseFacts, _: &[AttributionEntry]) -> Vec<File> {
    vec![json("metadata/dsp-catalogue.json", &dsp_catalogue(facts))]
}

fn edc(facts: &ReleaseFacts, _: &[AttributionEntry]) -> Vec<File> {
    let mut files = Vec::new();
    for family in &facts.families {
        for (kind, request) in edc_requests(facts, family) {
            files.push(json(
                format!("metadata/edc/{}.{kind}.json", terms::slug(&family.name)),
                &request,
            ));
        }
    }
    files
}

fn odrl(facts: &ReleaseFacts, _: &[AttributionEntry]) -> Vec<File> {
    vec![json("metadata/odrl.jsonld", &odrl_offers(facts))]
}

fn prometheus_x(facts: &ReleaseFacts, _: &[AttributionEntry]) -> Vec<File> {
    let resource = |family: &crate::FamilyFacts| {
        let path = format!(
            "metadata/prometheus-x/{}.data-resource.json",
            terms::slug(&family.name)
        );
        json(path, &prometheus_x_resource(facts, family))
    };
    let mut files: Vec<File> = facts.families.iter().map(resource).collect();
    files.push(json(
        "metadata/prometheus-x/service-offering.json",
        &prometheus_x_offering(facts),
    ));
    files
}

fn prov(facts: &ReleaseFacts, _: &[AttributionEntry]) -> Vec<File> {
    vec![
        json("metadata/prov.json", &prov_json(facts)),
        page("metadata/prov.ttl", prov_turtle(facts)),
    ]
}

fn spdx(facts: &ReleaseFacts, _: &[AttributionEntry]) -> Vec<File> {
    vec![json(
        "metadata/licences.spdx.json",
        &spdx_expressions(facts),
    )]
}
