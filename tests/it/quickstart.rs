//! The main job on the samples, and the story of one document of each kind.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::harness::{Ended, moisson, repository};

fn run(out: &Path) -> Ended {
    moisson(&[
        "run",
        "pipelines/quickstart.toml",
        "--out",
        &out.display().to_string(),
        "--format",
        "json",
        "--progress",
        "json",
    ])
}

/// Compares `actual` with a golden file of the repository; `MOISSON_UPDATE_GOLDEN=1` writes it anew.
pub(crate) fn golden(name: &str, actual: &Value) {
    golden_text(
        name,
        &(serde_json::to_string_pretty(actual).unwrap() + "\n"),
    );
}

/// As [`golden`], of a text.
pub(crate) fn golden_text(name: &str, actual: &str) {
    let path = repository().join("tests/golden").join(name);
    if std::env::var("MOISSON_UPDATE_GOLDEN").is_ok() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, actual).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        expected == actual,
        "{} differs; if the change is meant, run again with MOISSON_UPDATE_GOLDEN=1 and review it:\n{actual}",
        path.display()
    );
}

/// Counts of a summary that do not depend on the machine.
pub(crate) fn counts(summary: &Value) -> Value {
    let sources: BTreeMap<&String, Value> = summary["sources"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, books)| {
            let kept = ["read", "released", "dropped"].map(|key| (key, books[key].clone()));
            (name, serde_json::json!(BTreeMap::from(kept)))
        })
        .collect();
    serde_json::json!({
        "read": summary["read"], "released": summary["released"], "dropped": summary["dropped"],
        "sources": sources,
    })
}

/// Panics unless read = released + dropped, in total and per source.
pub(crate) fn assert_balance(summary: &Value) {
    let all = summary["sources"]
        .as_object()
        .unwrap()
        .values()
        .chain([summary]);
    for books in all {
        let dropped: u64 = books["dropped"]
            .as_object()
            .unwrap()
            .values()
            .map(|n| n.as_u64().unwrap())
            .sum();
        let number = |key: &str| books[key].as_u64().unwrap();
        assert_eq!(number("read"), number("released") + dropped, "{books}");
    }
}

#[test]
fn the_quickstart_publishes_and_its_counts_are_the_golden_ones() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let ended = run(&out).expect(0);
    assert!(
        ended.stderr.contains("\"event\":\"step\""),
        "{}",
        ended.stderr
    );
    let summary = ended.json();
    for key in ["raw_bytes", "text_bytes_in", "peak_memory_bytes"] {
        assert!(summary[key].as_u64().unwrap() > 0, "{key}");
    }
    assert!(summary["seconds"].as_f64().unwrap() > 0.0);
    assert_balance(&summary);
    golden("quickstart.json", &counts(&summary));
    let path = out.display().to_string();
    let stated = "publication.publisher=Institut";
    let written = moisson(&["publish", &path, "--as", "dcat-ap,edc", "--set", stated]).expect(0);
    assert!(
        written.stdout.contains("metadata/dcat-ap.ttl")
            && !written.stdout.contains("publication.publisher"),
        "{}",
        written.stdout
    );
    assert!(out.join("release/metadata/dcat-ap.ttl").exists());
    moisson(&["publish", &path, "--as", "nonsense"]).expect(2);
    moisson(&["publish", &path, "--set", "tier=research"]).expect(2);
    moisson(&["verify", &path, "--deep"]).expect(0);
    for file in [
        "release/README.md",
        "release/ATTRIBUTION.md",
        "release/ATTRIBUTION.json",
        "release/croissant.json",
        "release/manifest.json",
    ] {
        assert!(out.join(file).exists(), "{file}");
    }
    stories(
        &path,
        &[
            "licence/unknown",
            "quality/%",
            "duplicate/exact",
            "duplicate/near",
            "reconcile/%",
        ],
    );
}

/// `explain` tells the story of a released document and of one dropped for each kind of reason.
pub(crate) fn stories(out: &str, reasons: &[&str]) {
    let first = |sql: &str| -> Option<String> {
        let rows = moisson(&["query", out, sql, "--format", "json"])
            .expect(0)
            .rows();
        rows.first()
            .map(|row| row["doc_id"].as_str().unwrap().to_owned())
    };
    let released = first("SELECT doc_id FROM release ORDER BY doc_id LIMIT 1").unwrap();
    let story = moisson(&["explain", out, &released, "--format", "json"])
        .expect(0)
        .json();
    assert_eq!(story["state"], "released");
    assert!(
        story["release"]["licence"].is_string() && story["annotations"]["language"].is_string()
    );
    for reason in reasons {
        let id = first(&format!(
            "SELECT doc_id FROM decisions WHERE counted AND reason LIKE '{reason}' AND doc_id IS NOT NULL ORDER BY doc_id LIMIT 1"
        ))
        .unwrap_or_else(|| panic!("nothing was dropped for {reason}"));
        let story = moisson(&["explain", out, &id, "--format", "json"])
            .expect(0)
            .json();
        let decisions = story["decisions"].as_array().unwrap();
        let counted: Vec<_> = decisions.iter().filter(|d| d["counted"] == true).collect();
        assert!(!counted.is_empty(), "{id}: {story}");
        if reason.starts_with("duplicate") {
            let kept = counted[0]["kept_doc_id"].as_str().unwrap();
            let kept = moisson(&["explain", out, kept, "--format", "json"])
                .expect(0)
                .json();
            assert_eq!(kept["state"], "released");
            assert!(!kept["stands_for"].as_array().unwrap().is_empty());
        }
        let text = moisson(&["explain", out, &id]).expect(0).stdout;
        assert!(text.contains("decision 1"), "{text}");
    }
}
