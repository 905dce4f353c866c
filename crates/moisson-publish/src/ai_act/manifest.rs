//! The manifest: fields of the Commission's template, in the form that checkers of such summaries read.

use serde_json::{Map, Value, json};

use crate::terms::{self, TO_BE_PROVIDED};
use crate::{Acquisition, Answer, ReleaseFacts, SourceFacts};

/// Share of the text from which on the template asks for a dataset by name, in thousandths.
const LARGE_PER_MILLE: u64 = 30;
/// Bounds of the template's size classes, in tokens.
const BILLION: u64 = 1_000_000_000;

/// Returns the manifest.
pub fn ai_act_manifest(facts: &ReleaseFacts) -> Value {
    json!({
        "version": facts.version(),
        "last_update": facts.date().map_or_else(|| TO_BE_PROVIDED.to_owned(), short_date),
        "general_information": general(facts),
        "data_sources": sources(facts),
        "data_processing_aspects": processing(facts),
    })
}

/// Returns the manifest in YAML.
pub fn ai_act_yaml(facts: &ReleaseFacts) -> String {
    let yaml = serde_yaml_ng::to_string(&ai_act_manifest(facts));
    #[expect(clippy::expect_used, reason = "a JSON value has a YAML form")]
    yaml.expect("the manifest is plain data")
}

fn general(facts: &ReleaseFacts) -> Value {
    let stated = &facts.attestations;
    let names: Vec<&str> = stated.model_names.iter().map(String::as_str).collect();
    let names = if names.is_empty() {
        vec![TO_BE_PROVIDED]
    } else {
        names
    };
    json!({
        "provider_identification": {
            "provider_name_and_contact": stated.provider.as_deref().unwrap_or(TO_BE_PROVIDED),
            "authorised_representative_name_and_contact": stated.authorised_representative,
        },
        "model_identification": {
            "versioned_model_names": names,
            "model_dependencies": stated.model_dependencies,
            "date_of_placement_on_union_market": stated.placed_on_market.as_deref().unwrap_or(TO_BE_PROVIDED),
        },
        "modalities": [modality(facts)],
        "latest_data_collection_date": latest_acquisition(facts).unwrap_or_else(|| TO_BE_PROVIDED.to_owned()),
        "continuously_trained_on_new_data": answer(stated.continuous_training),
        "linguistic_characteristics": languages(facts),
        "other_characteristics": genres(facts),
        "additional_comments": format!(
            "Numbers are exact counts of release {} by moisson {}; nothing here is legal advice.",
            facts.urn(),
            facts.moisson_version
        ),
    })
}

/// Size in tokens where they were counted, else in bytes; the class of the template only where it is known.
fn modality(facts: &ReleaseFacts) -> Value {
    let mut entry = Map::new();
    entry.insert("modality".into(), json!("text"));
    if let Some(tokens) = facts.tokens() {
        let class = match tokens {
            0..BILLION => "Less than 1 billion tokens",
            n if n <= 10_000 * BILLION => "1 billion to 10 trillion tokens",
            _ => "More than 10 trillion tokens",
        };
        let unit = format!(
            "tokens ({})",
            facts
                .tokenizer
                .as_deref()
                .unwrap_or("tokenizer of the pipeline")
        );
        entry.insert("size_range".into(), json!(class));
        entry.insert("custom_size_value".into(), json!(tokens.to_string()));
        entry.insert("custom_size_unit".into(), json!(unit));
    } else {
        entry.insert(
            "custom_size_value".into(),
            json!(facts.totals.text_bytes.to_string()),
        );
        entry.insert("custom_size_unit".into(), json!("bytes of UTF-8 text"));
    }
    let counted = genres(facts).unwrap_or_else(|| "text of public sources".to_owned());
    let content = facts
        .attestations
        .types_of_content
        .clone()
        .unwrap_or(counted);
    entry.insert("types_of_content".into(), json!(content));
    Value::Object(entry)
}

/// Documents by language, the commonest first.
pub(super) fn languages(facts: &ReleaseFacts) -> Option<String> {
    let mut counts: Vec<(&String, u64)> = facts
        .languages
        .iter()
        .map(|(name, number)| (name, *number))
        .collect();
    counts.sort_by_key(|(name, number)| (std::cmp::Reverse(*number), *name));
    listed(
        counts
            .into_iter()
            .map(|(name, number)| format!("{name}: {number} documents")),
    )
}

/// Documents by kind of text, where sources state one.
pub(super) fn genres(facts: &ReleaseFacts) -> Option<String> {
    let mut counts = std::collections::BTreeMap::<&str, u64>::new();
    for slice in &facts.slices {
        if let Some(genre) = &slice.genre {
            *counts.entry(genre).or_default() += slice.rows;
        }
    }
    let counts = counts
        .into_iter()
        .map(|(genre, number)| format!("{genre}: {number} documents"));
    listed(counts).map(|list| format!("public-sector texts by kind ({list})"))
}

fn listed(items: impl Iterator<Item = String>) -> Option<String> {
    let items: Vec<String> = items.collect();
    (!items.is_empty()).then(|| items.join("; "))
}

/// Month of the last fetch: as attested, or that of the receipts where every source has them.
pub(super) fn latest_acquisition(facts: &ReleaseFacts) -> Option<String> {
    let mut released = facts.sources.iter().filter(|source| source.released > 0);
    let fetched: Option<Vec<&str>> = released
        .by_ref()
        .map(|source| source.retrieved.as_ref().map(|(_, last)| last.as_str()))
        .collect();
    let last = fetched.and_then(|days| days.into_iter().max().map(month));
    facts.attestations.latest_acquisition.clone().or(last)
}

/// Measure of a source that shares are taken of: tokens where all were counted, else bytes.
fn weight(facts: &ReleaseFacts, source: &SourceFacts) -> u64 {
    let tokens: Option<u64> = facts
        .of_source(&source.name)
        .map(|slice| slice.tokens)
        .sum();
    match facts.tokens() {
        Some(_) => tokens.unwrap_or_default(),
        None => source.text_bytes,
    }
}

/// Sources that are published somewhere and were not crawled: the large ones, and the others.
pub(super) fn public_sources(facts: &ReleaseFacts) -> (Vec<&SourceFacts>, Vec<&SourceFacts>) {
    let total = facts.tokens().unwrap_or(facts.totals.text_bytes);
    let public = |source: &&SourceFacts| {
        source.released > 0 && source.acquisition != Acquisition::Crawl && source.url.is_some()
    };
    facts.sources.iter().filter(public).partition(|source| {
        weight(facts, source).saturating_mul(1000) >= total.saturating_mul(LARGE_PER_MILLE)
    })
}

/// Sources of which nobody says where they are published.
pub(super) fn unplaced(facts: &ReleaseFacts) -> Vec<&SourceFacts> {
    let unplaced = |source: &&SourceFacts| {
        source.released > 0 && source.acquisition != Acquisition::Crawl && source.url.is_none()
    };
    facts.sources.iter().filter(unplaced).collect()
}

/// Sources read from archives of crawled pages.
pub(super) fn crawled(facts: &ReleaseFacts) -> Vec<&SourceFacts> {
    let crawled =
        |source: &&SourceFacts| source.released > 0 && source.acquisition == Acquisition::Crawl;
    facts.sources.iter().filter(crawled).collect()
}

fn described(facts: &ReleaseFacts, source: &SourceFacts) -> String {
    let tokens: Option<u64> = facts
        .of_source(&source.name)
        .map(|slice| slice.tokens)
        .sum();
    let tokens = tokens
        .filter(|_| facts.tokens().is_some())
        .map(|n| format!(", {n} tokens"))
        .unwrap_or_default();
    let licences: Vec<&str> = source.licences.keys().map(String::as_str).collect();
    format!(
        "{} documents, {} bytes of text{tokens}; licences: {}; acquisition: {}",
        source.released,
        source.text_bytes,
        licences.join(", "),
        source.acquisition.name()
    )
}

fn named(facts: &ReleaseFacts, sources: &[&SourceFacts]) -> Option<String> {
    listed(sources.iter().map(|source| {
        format!(
            "{} ({})",
            source.title.as_deref().unwrap_or(&source.name),
            described(facts, source)
        )
    }))
}

fn sources(facts: &ReleaseFacts) -> Value {
    let stated = &facts.attestations;
    let text = |yes: Answer| {
        if yes == Answer::Yes {
            vec!["text"]
        } else {
            Vec::new()
        }
    };
    let (large, other) = public_sources(facts);
    let large: Vec<Value> = large
        .into_iter()
        .map(|source| {
            json!({
                "identifier_or_name": source.title.as_deref().unwrap_or(&source.name),
                "link": source.url.as_deref().and_then(terms::web),
                "description": described(facts, source),
                "collection_start_date": source.retrieved.as_ref().map(|(first, _)| month(first)),
                "collection_end_date": source.retrieved.as_ref().map(|(_, last)| month(last)),
            })
        })
        .collect();
    let unknown = named(facts, &unplaced(facts)).map(|list| {
        format!("Sources of which the pipeline does not say where they are published: {list}")
    });
    json!({
        "publicly_available_datasets": {
            "used": answer(stated.public_datasets),
            "modalities_covered": text(stated.public_datasets),
            "large_datasets": large,
            "other_datasets_general_description": named(facts, &other),
            "additional_comments": unknown,
        },
        "private_third_party_datasets": {
            "licensed": {
                "has_licensing_agreements": answer(stated.licensed_datasets),
                "modalities_covered": text(stated.licensed_datasets),
            },
            "other_third_party": {
                "obtained": answer(stated.private_datasets),
                "modalities_covered": text(stated.private_datasets),
            },
        },
        "crawled_data": {
            "crawlers_used": answer(stated.crawlers),
            "crawler_names": stated.crawler_names,
            "crawler_behaviour_description": stated.crawler_behaviour,
            "collection_period_start": stated.crawl_start,
            "collection_period_end": stated.crawl_end,
            "content_and_sources_description": named(facts, &crawled(facts)),
            "modalities_covered": text(stated.crawlers),
            "top_domains_summary": stated.crawl_domains,
        },
        "user_data": {
            "model_interaction_data_used": answer(stated.user_interactions),
            "other_product_interaction_data_used": answer(stated.product_interactions),
        },
        "synthetic_data": {
            "used": answer(stated.synthetic_data),
            "modalities_covered": text(stated.synthetic_data),
            "generating_models": stated.generating_models,
        },
        "other_sources": {
            "used": answer(stated.other_sources),
            "description": stated.other_sources_description,
        },
    })
}

fn processing(facts: &ReleaseFacts) -> Value {
    let stated = &facts.attestations;
    let further = stated.reservation_measures.as_deref().unwrap_or_default();
    let measures = format!("{} {further}", reservations(facts));
    json!({
        "tdm_reservation_respect": {
            "is_code_of_practice_signatory": answer(stated.code_of_practice),
            "measures_description": measures.trim(),
        },
        "illegal_content_removal": {
            "measures_description": stated.illegal_content.as_deref().unwrap_or(TO_BE_PROVIDED),
        },
        "other_information": stated.other_information,
    })
}

/// What was counted of reservations of rights.
pub(super) fn reservations(facts: &ReleaseFacts) -> String {
    if facts.optouts.is_empty() {
        return "Reservations of rights were not looked for in this release.".to_owned();
    }
    let dropped: u64 = facts
        .totals
        .dropped
        .iter()
        .filter(|(reason, _)| reason.starts_with("optout/"))
        .map(|(_, number)| number)
        .sum();
    let verdicts = listed(
        facts
            .optouts
            .iter()
            .map(|(verdict, number)| format!("{verdict}: {number}")),
    );
    format!(
        "{dropped} records were dropped for a reservation of rights or for want of a known policy; released documents by \
         verdict: {}.",
        verdicts.unwrap_or_default()
    )
}

/// An answer: true, false, or a text that no checker takes for either.
pub(super) fn answer(answer: Answer) -> Value {
    match answer {
        Answer::Yes => json!(true),
        Answer::No => json!(false),
        Answer::ToBeProvided => json!(TO_BE_PROVIDED),
    }
}

/// `YYYY-MM-DD` as `DD/MM/YY`.
fn short_date(date: &str) -> String {
    let part = |from, to| date.get(from..to).unwrap_or_default();
    format!("{}/{}/{}", part(8, 10), part(5, 7), part(2, 4))
}

/// `YYYY-MM-DD` as `MM/YYYY`.
fn month(date: &str) -> String {
    let part = |from, to| date.get(from..to).unwrap_or_default();
    format!("{}/{}", part(5, 7), part(0, 4))
}
