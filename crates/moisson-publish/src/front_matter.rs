//! The YAML front matter of a Hugging Face dataset card.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{ColumnFacts, ColumnKind, FamilyFacts, ReleaseFacts, licence_facts};

/// Keys of the front matter, in the order in which they are written.
#[derive(Serialize)]
struct FrontMatter<'a> {
    pretty_name: &'a str,
    license: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    license_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    license_link: Option<String>,
    language: Vec<String>,
    multilinguality: Vec<&'static str>,
    size_categories: Vec<&'static str>,
    task_categories: Vec<&'static str>,
    annotations_creators: Vec<&'static str>,
    language_creators: Vec<&'static str>,
    source_datasets: Vec<&'static str>,
    tags: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    configs: Vec<Config<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dataset_info: Vec<Info<'a>>,
}

/// Columns and sizes of a configuration. Sizes are of the text, which is what a reader has to hold.
#[derive(Serialize)]
struct Info<'a> {
    config_name: &'a str,
    features: Vec<Feature<'a>>,
    splits: Vec<SplitInfo<'a>>,
    download_size: u64,
    dataset_size: u64,
}

#[derive(Serialize)]
struct Feature<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    dtype: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    list: Option<&'a str>,
}

#[derive(Serialize)]
struct SplitInfo<'a> {
    name: &'a str,
    num_bytes: u64,
    num_examples: u64,
}

#[derive(Serialize)]
struct Config<'a> {
    #[serde(rename = "config_name")]
    name: &'a str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    default: bool,
    data_files: Vec<DataFiles<'a>>,
}

#[derive(Serialize)]
struct DataFiles<'a> {
    split: &'a str,
    path: &'a [String],
}

/// Returns the front matter without its fences.
pub(crate) fn front_matter(facts: &ReleaseFacts) -> String {
    let (license, license_name, license_link) = licences(facts);
    let language = languages(&facts.languages);
    let default = default_family(facts);
    let families = facts.families.iter().filter(|family| family.has_shards());
    let matter = FrontMatter {
        pretty_name: facts.title.as_deref().unwrap_or(&facts.name),
        license,
        license_name,
        license_link,
        multilinguality: vec![if language.len() > 1 {
            "multilingual"
        } else {
            "monolingual"
        }],
        language,
        size_categories: vec![size_category(facts.totals.released)],
        task_categories: vec!["text-generation"],
        annotations_creators: vec!["machine-generated"],
        language_creators: vec!["found"],
        source_datasets: vec!["original"],
        tags: vec!["moisson", "open-data", "public-sector"],
        configs: families
            .clone()
            .map(|family| config(family, default))
            .collect(),
        dataset_info: families
            .filter(|_| !facts.columns.is_empty())
            .map(|family| info(facts, family))
            .collect(),
    };
    let yaml = serde_yaml_ng::to_string(&matter);
    #[expect(
        clippy::expect_used,
        reason = "strings, lists and booleans have a YAML form"
    )]
    yaml.expect("the front matter is plain data")
}

fn config<'a>(family: &'a FamilyFacts, default: Option<&str>) -> Config<'a> {
    let splits = family
        .splits
        .iter()
        .filter(|split| !split.shards.is_empty());
    Config {
        name: &family.name,
        default: default == Some(family.name.as_str()),
        data_files: splits
            .map(|split| DataFiles {
                split: &split.split,
                path: &split.shards,
            })
            .collect(),
    }
}

fn info<'a>(facts: &'a ReleaseFacts, family: &'a FamilyFacts) -> Info<'a> {
    let feature = |column: &'a ColumnFacts| {
        let is_list = column.kind == ColumnKind::Texts;
        Feature {
            name: &column.name,
            dtype: Some(column.dtype.as_str()).filter(|_| !is_list),
            list: Some(column.dtype.as_str()).filter(|_| is_list),
        }
    };
    let splits = family
        .splits
        .iter()
        .filter(|split| !split.shards.is_empty());
    let shards = facts
        .shards
        .iter()
        .filter(|shard| shard.family == family.name);
    Info {
        config_name: &family.name,
        features: facts.columns.iter().map(feature).collect(),
        splits: splits
            .map(|split| SplitInfo {
                name: &split.split,
                num_bytes: split.text_bytes,
                num_examples: split.rows,
            })
            .collect(),
        download_size: shards.map(|shard| shard.bytes).sum(),
        dataset_size: family.text_bytes(),
    }
}

/// Returns the family that loads by default: the one named like the tier, else the largest of those whose name starts so,
/// else the largest of all. `None` where there is no shard.
pub fn default_family(facts: &ReleaseFacts) -> Option<&str> {
    let tier = match facts.tier.name() {
        "research" => "non-commercial",
        name => name,
    };
    let rank = |family: &FamilyFacts| {
        (
            family.name == tier,
            family.name.starts_with(tier),
            family.rows(),
        )
    };
    let mut best: Option<&FamilyFacts> = None;
    for family in facts.families.iter().filter(|family| family.has_shards()) {
        if best.is_none_or(|known| rank(family) > rank(known)) {
            best = Some(family);
        }
    }
    best.map(|family| family.name.as_str())
}

/// Returns Hugging Face's identifiers of all licences, and name and link for those it has none for.
fn licences(facts: &ReleaseFacts) -> (Vec<String>, Option<String>, Option<String>) {
    let mut ids: Vec<String> = Vec::new();
    let mut others: Vec<(String, Option<String>)> = Vec::new();
    for expression in facts
        .families
        .iter()
        .flat_map(|family| family.licences.keys())
    {
        let known = licence_facts(expression);
        if known.licences.is_empty() {
            others.push((expression.clone(), None));
        }
        for licence in known.licences {
            match &licence.hugging_face {
                Some(id) => ids.push(id.clone()),
                None => others.push((licence.id.clone(), licence.text_url.clone())),
            }
        }
    }
    ids.sort();
    ids.dedup();
    others.sort();
    others.dedup();
    if others.is_empty() {
        return (ids, None, None);
    }
    ids.push("other".to_owned());
    // The card takes one name and one link only; all are in the body and in the attribution file.
    match others.as_slice() {
        [(id, Some(url))] => (ids, Some(id.to_lowercase()), Some(url.clone())),
        [(id, None)] => (
            ids,
            Some(id.to_lowercase()),
            Some("https://spdx.org/licenses/".into()),
        ),
        _ => {
            let name = "several-see-column-licence".to_owned();
            (ids, Some(name), Some("https://spdx.org/licenses/".into()))
        }
    }
}

/// ISO 639-3 codes that have an ISO 639-1 code, which Hugging Face prefers.
const TWO_LETTERS: &[(&str, &str)] = &[
    ("bre", "br"),
    ("cat", "ca"),
    ("cos", "co"),
    ("cym", "cy"),
    ("dan", "da"),
    ("deu", "de"),
    ("ell", "el"),
    ("eng", "en"),
    ("est", "et"),
    ("eus", "eu"),
    ("fin", "fi"),
    ("fra", "fr"),
    ("gle", "ga"),
    ("hat", "ht"),
    ("hrv", "hr"),
    ("hun", "hu"),
    ("ita", "it"),
    ("lat", "la"),
    ("lit", "lt"),
    ("ltz", "lb"),
    ("lvs", "lv"),
    ("mlt", "mt"),
    ("nld", "nl"),
    ("oci", "oc"),
    ("pol", "pl"),
    ("por", "pt"),
    ("ron", "ro"),
    ("slk", "sk"),
    ("slv", "sl"),
    ("spa", "es"),
    ("srp", "sr"),
    ("swe", "sv"),
    ("tah", "ty"),
    ("tur", "tr"),
    ("ukr", "uk"),
    ("wln", "wa"),
];

/// Returns the languages of a release, the commonest first, as ISO 639-1 or else 639-3 codes.
///
/// Codes that name no language (`und`, `mul`, `zxx`) or that are not codes at all are left out.
fn languages(counts: &BTreeMap<String, u64>) -> Vec<String> {
    let mut by_code: BTreeMap<&str, u64> = BTreeMap::new();
    for (label, number) in counts {
        let code = label.split(['_', '-']).next().unwrap_or_default();
        let is_code = matches!(code.len(), 2 | 3) && code.bytes().all(|b| b.is_ascii_lowercase());
        if !is_code || ["und", "mul", "zxx"].contains(&code) || *number == 0 {
            continue;
        }
        let short = TWO_LETTERS.iter().find(|(long, _)| *long == code);
        *by_code
            .entry(short.map_or(code, |(_, short)| short))
            .or_default() += number;
    }
    let mut codes: Vec<(&str, u64)> = by_code.into_iter().collect();
    codes.sort_by_key(|(code, number)| (std::cmp::Reverse(*number), *code));
    codes.into_iter().map(|(code, _)| code.to_owned()).collect()
}

fn size_category(documents: u64) -> &'static str {
    match documents {
        0..1_000 => "n<1K",
        1_000..10_000 => "1K<n<10K",
        10_000..100_000 => "10K<n<100K",
        100_000..1_000_000 => "100K<n<1M",
        1_000_000..10_000_000 => "1M<n<10M",
        10_000_000..100_000_000 => "10M<n<100M",
        100_000_000..1_000_000_000 => "100M<n<1B",
        1_000_000_000..10_000_000_000 => "1B<n<10B",
        _ => "10B<n<100B",
    }
}
