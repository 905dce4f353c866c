//! The edges between our crates, and what each of them must not link, as the design states them.

use std::collections::BTreeSet;

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Crate, our crates it may depend on.
const EDGES: &[(&str, &[&str])] = &[
    ("core", &[]),
    ("text", &["core"]),
    ("rights", &["core"]),
    ("harvest", &["core", "rights"]),
    ("ingest", &["core", "text", "rights"]),
    ("annotate", &["core", "text", "rights"]),
    ("decide", &["core", "rights"]),
    ("dedup", &["core", "text"]),
    ("shard", &["core", "rights"]),
    ("publish", &["core", "rights"]),
    (
        "engine",
        &[
            "core", "text", "rights", "harvest", "ingest", "annotate", "decide", "dedup", "shard",
            "publish",
        ],
    ),
    ("cli", &["engine", "publish"]),
];

/// Package, the only crates of ours that may name it as a dependency.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("datafusion", &["engine"]),
    ("object_store", &["engine"]),
    ("tokio", &["cli", "engine", "harvest"]),
    ("reqwest", &["harvest"]),
    ("rayon", &["engine"]),
    ("tempfile", &["engine"]),
    ("parquet", &["engine", "shard"]),
    ("clap", &["cli"]),
    ("indicatif", &["cli"]),
    ("signal-hook", &["cli"]),
    ("anyhow", &["cli"]),
    ("whatlang", &["annotate"]),
    ("fasttext-pure-rs", &["annotate"]),
];

#[test]
fn crates_depend_on_what_the_design_says_and_on_nothing_else() {
    let metadata = MetadataCommand::new()
        .current_dir(crate::harness::repository())
        .no_deps()
        .exec()
        .unwrap();
    let mut seen = BTreeSet::new();
    for package in &metadata.packages {
        let Some(name) = package.name.strip_prefix("moisson-") else {
            continue;
        };
        if ["tests", "benches"].contains(&name) {
            continue;
        }
        seen.insert(name.to_owned());
        let allowed = EDGES
            .iter()
            .find(|(edge, _)| *edge == name)
            .map(|(_, to)| *to);
        let allowed = allowed.unwrap_or_else(|| panic!("`moisson-{name}` is not in the design"));
        let normal = package
            .dependencies
            .iter()
            .filter(|d| d.kind != DependencyKind::Development);
        for dependency in normal {
            if let Some(ours) = dependency.name.strip_prefix("moisson-") {
                assert!(
                    allowed.contains(&ours),
                    "moisson-{name} must not depend on moisson-{ours}"
                );
            }
            if let Some((_, crates)) = ONLY_IN.iter().find(|(only, _)| *only == dependency.name) {
                assert!(
                    crates.contains(&name),
                    "moisson-{name} must not link {}",
                    dependency.name
                );
            }
        }
    }
    let expected: BTreeSet<String> = EDGES.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(seen, expected);
}
