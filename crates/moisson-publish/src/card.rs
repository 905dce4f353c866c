//! The dataset card, `README.md`.

use std::collections::BTreeMap;
use std::fmt::Write;

use moisson_core::reason;

use crate::escape::{code, count, grouped, link, optional, text};
use crate::front_matter::{default_family, front_matter};
use crate::{ReleaseFacts, licence_facts};

/// Returns the dataset card: YAML front matter for Hugging Face, then what the release is, in English with a French summary.
///
/// Every number is one of `facts`. A configuration lists its shards path by path.
pub fn card(facts: &ReleaseFacts) -> String {
    let mut page = format!("---\n{}---\n\n", front_matter(facts));
    let sections = [
        introduction(facts),
        summary_fr(facts),
        loading(facts),
        families(facts),
        licences(facts),
        verdicts(facts),
        sources(facts),
        languages(facts),
        dropped(facts),
        making(facts),
    ];
    let sections: Vec<String> = sections
        .into_iter()
        .filter(|section| !section.is_empty())
        .collect();
    page.push_str(&sections.join("\n"));
    page
}

/// Writes a line. Writing to a string cannot fail.
macro_rules! line {
    ($page:expr) => { $page.push('\n') };
    ($page:expr, $($part:tt)*) => { let _ = writeln!($page, $($part)*); };
}

fn introduction(facts: &ReleaseFacts) -> String {
    let mut page = String::new();
    line!(
        page,
        "# {}",
        text(facts.title.as_deref().unwrap_or(&facts.name))
    );
    line!(page);
    if let Some(description) = &facts.description {
        for paragraph in description
            .split("\n\n")
            .filter(|part| !part.trim().is_empty())
        {
            line!(page, "{}\n", text(paragraph));
        }
    }
    let totals = &facts.totals;
    line!(
        page,
        "{} documents, {} bytes of text, tier `{}`: {} Each document carries its licence as an SPDX expression in the \
         column `licence` and the attribution it asks for in `attribution`; `ATTRIBUTION.md` holds them by source.",
        count(totals.released),
        count(totals.text_bytes),
        facts.tier,
        match facts.tier.name() {
            "public-domain" => "texts that ask for nothing.",
            "attribution" =>
                "texts in the public domain or under licences that ask for attribution.",
            "share-alike" => "as before, and texts whose derivatives stay under their licence.",
            _ => "texts for research; some forbid commercial use.",
        }
    );
    if let Some(tokens) = totals.tokens {
        line!(
            page,
            "\nThe texts come to {} tokens, counted as shipped and without special tokens, by the tokenizer whose digest \
             `manifest.json` names under `models`.",
            count(tokens)
        );
    }
    page
}

fn summary_fr(facts: &ReleaseFacts) -> String {
    let totals = &facts.totals;
    let number = |n| grouped(n, "\u{202f}");
    let mut page = String::from("## Résumé en français\n\n");
    let tier = match facts.tier.name() {
        "public-domain" => "domaine public seul",
        "attribution" => "domaine public et licences demandant l’attribution",
        "share-alike" => {
            "licences ouvertes, partage à l’identique compris, dans des fichiers séparés"
        }
        _ => "recherche, usages non commerciaux compris",
    };
    line!(
        page,
        "Corpus de {} documents ({} octets de texte) issus de {} sources publiques. Niveau de licence : {tier}. Sur {} \
         enregistrements lus, {} ont été écartés, chacun avec un motif. Un texte dont la licence est inconnue n’est jamais \
         publié. Les mentions d’attribution sont dans `ATTRIBUTION.md`.",
        number(totals.released),
        number(totals.text_bytes),
        facts.sources.len(),
        number(totals.read),
        number(dropped_total(facts)),
    );
    if let Some(tokens) = totals.tokens {
        line!(
            page,
            "\nLes textes publiés comptent {} jetons, sans jetons spéciaux.",
            number(tokens)
        );
    }
    page
}

fn loading(facts: &ReleaseFacts) -> String {
    let mut page = String::from("## Loading\n\n");
    let Some(default) = default_family(facts) else {
        line!(page, "No document was released.");
        return page;
    };
    line!(
        page,
        "One configuration for each licence family; families that may not be mixed never share a file.\n"
    );
    line!(page, "```python\nfrom datasets import load_dataset\n");
    line!(page, "load_dataset(\"PATH_OR_REPOSITORY\")  # {default}");
    for family in facts
        .families
        .iter()
        .filter(|f| f.has_shards() && f.name != default)
    {
        line!(
            page,
            "load_dataset(\"PATH_OR_REPOSITORY\", \"{}\")",
            family.name
        );
    }
    line!(page, "```");
    page
}

fn families(facts: &ReleaseFacts) -> String {
    let mut page = String::from("## Families and splits\n\n");
    line!(
        page,
        "| family | split | documents | bytes of text | shards |\n| --- | --- | ---: | ---: | ---: |"
    );
    for family in &facts.families {
        for split in &family.splits {
            line!(
                page,
                "| {} | {} | {} | {} | {} |",
                text(&family.name),
                text(&split.split),
                count(split.rows),
                count(split.text_bytes),
                split.shards.len()
            );
        }
    }
    page
}

fn licences(facts: &ReleaseFacts) -> String {
    let mut page = String::from("## Licences\n\n");
    line!(
        page,
        "| licence | name | family | documents |\n| --- | --- | --- | ---: |"
    );
    for family in &facts.families {
        for (expression, documents) in &family.licences {
            let known = licence_facts(expression);
            line!(
                page,
                "| {} | {} | {} | {} |",
                code(expression),
                text(&known.name),
                text(&family.name),
                count(*documents)
            );
        }
    }
    page
}

/// Human verdicts; nothing where there is none.
fn verdicts(facts: &ReleaseFacts) -> String {
    let mut page = String::new();
    if facts.verdicts.is_empty() {
        return page;
    }
    page.push_str("## Human verdicts\n\n");
    line!(
        page,
        "Where no statement settled the rights, a person decided. Documents cite the verdict in the annotation \
         `licence_verdict`; one that refuses or has expired keeps out what it is about.\n"
    );
    line!(
        page,
        "| verdict | source | limited to | licence | decided | evidence | terms read |\n\
         | --- | --- | --- | --- | --- | --- | --- |"
    );
    for verdict in &facts.verdicts {
        let until = match (&verdict.valid_until, verdict.expired) {
            (None, _) => String::new(),
            (Some(until), false) => format!(", holds until {until}"),
            (Some(until), true) => format!(", expired on {until}"),
        };
        let terms = verdict.terms_url.as_ref().map(|url| {
            let read_on = verdict.terms_read_on.as_deref().unwrap_or_default();
            let digest = verdict.terms_sha256.as_deref().unwrap_or_default();
            format!("{url}, {read_on}, SHA-256 {digest}")
        });
        line!(
            page,
            "| {} | {} | {} | {} | {} by {}{} | {} | {} |",
            code(&verdict.id),
            text(&verdict.source),
            optional(verdict.limited_to.as_deref()),
            code(&verdict.licence),
            text(&verdict.decided_on),
            text(&verdict.decided_by),
            text(&until),
            text(&verdict.evidence),
            optional(terms.as_deref()),
        );
    }
    page
}

fn sources(facts: &ReleaseFacts) -> String {
    let mut page = String::from("## Sources\n\n");
    line!(
        page,
        "| source | producer | reader | read | released | dropped | bytes of text | licences |\n\
         | --- | --- | --- | ---: | ---: | ---: | ---: | --- |"
    );
    for source in &facts.sources {
        let licences: Vec<String> = source
            .licences
            .iter()
            .map(|(expression, documents)| format!("{} ({})", code(expression), count(*documents)))
            .collect();
        line!(
            page,
            "| {} | {} | {} | {} | {} | {} | {} | {} |",
            code(&source.name),
            optional(source.producer.as_deref()),
            code(&source.reader),
            count(source.read),
            count(source.released),
            count(source.dropped.values().sum()),
            count(source.text_bytes),
            if licences.is_empty() {
                "–".to_owned()
            } else {
                licences.join(", ")
            },
        );
    }
    let totals = &facts.totals;
    line!(
        page,
        "| **total** | | | **{}** | **{}** | **{}** | **{}** | |",
        count(totals.read),
        count(totals.released),
        count(dropped_total(facts)),
        count(totals.text_bytes)
    );
    line!(
        page,
        "\nRead = released + dropped, for each source and in total.\n"
    );
    for source in &facts.sources {
        let title = source
            .title
            .as_deref()
            .map(|title| format!(": {}", text(title)));
        let update = source
            .last_update
            .as_deref()
            .map(|date| format!(", last update {}", text(date)));
        let tokens = source
            .tokens
            .map(|tokens| format!(", {} tokens", count(tokens)));
        line!(
            page,
            "- {}{}{}{}, {}",
            code(&source.name),
            title.unwrap_or_default(),
            update.unwrap_or_default(),
            tokens.unwrap_or_default(),
            link(source.url.as_deref())
        );
    }
    page
}

fn languages(facts: &ReleaseFacts) -> String {
    let mut page = String::from("## Languages\n\n");
    line!(page, "| language | documents |\n| --- | ---: |");
    for (language, documents) in by_number(&facts.languages) {
        line!(page, "| {} | {} |", code(language), count(documents));
    }
    page
}

fn dropped(facts: &ReleaseFacts) -> String {
    let mut page = String::from("## What was left out, and why\n\n");
    if facts.totals.dropped.is_empty() {
        line!(page, "Nothing.");
        return page;
    }
    line!(page, "| reason | meaning | records |\n| --- | --- | ---: |");
    for (code_name, records) in by_number(&facts.totals.dropped) {
        let meaning = reason::find(code_name).map_or("A rule of the pipeline.", |reason| reason.en);
        line!(
            page,
            "| {} | {} | {} |",
            code(code_name),
            text(meaning),
            count(records)
        );
    }
    line!(
        page,
        "\n| source | reason | records |\n| --- | --- | ---: |"
    );
    for source in &facts.sources {
        for (reason, records) in by_number(&source.dropped) {
            line!(
                page,
                "| {} | {} | {} |",
                code(&source.name),
                code(reason),
                count(records)
            );
        }
    }
    page
}

fn making(facts: &ReleaseFacts) -> String {
    let mut page = String::from("## How it was made\n\n");
    line!(
        page,
        "By moisson, from the plan {}. The ledger beside the release names every record that was left out, with the reason, \
         the observed value and, for a duplicate, the document kept in its place.",
        code(&facts.pipeline_digest)
    );
    for paragraph in facts.dedup.iter().chain(&facts.notes) {
        line!(page, "\n{}", text(paragraph));
    }
    page
}

fn dropped_total(facts: &ReleaseFacts) -> u64 {
    facts.totals.dropped.values().sum()
}

/// Entries in falling order of their number, then by name.
fn by_number(counts: &BTreeMap<String, u64>) -> Vec<(&str, u64)> {
    let mut entries: Vec<(&str, u64)> = counts
        .iter()
        .map(|(name, number)| (name.as_str(), *number))
        .collect();
    entries.sort_by_key(|(name, number)| (std::cmp::Reverse(*number), *name));
    entries
}

#[cfg(test)]
mod tests;
