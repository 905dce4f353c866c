//! The pipelines of each family, offline, on the samples: every source is read and gives documents.

use crate::harness::{Bench, moisson};
use crate::quickstart::{assert_balance, counts, golden};

fn check(family: &str) {
    let bench = Bench::new();
    let pipeline = format!("pipelines/{family}.toml");
    let out = bench.text_path("out");
    let arguments = [
        "run",
        &pipeline,
        "--offline",
        "--out",
        &out,
        "--format",
        "json",
    ];
    let run = moisson(&[&arguments[..], &["--progress", "none"]].concat())
        .expect(0)
        .json();
    assert_balance(&run);
    for (name, books) in run["sources"].as_object().unwrap() {
        assert!(
            books["read"].as_u64().unwrap() > 0,
            "`{name}` of {family} reads nothing"
        );
    }
    golden(&format!("families/{family}.json"), &counts(&run));
}

#[test]
fn law() {
    check("droit");
}

#[test]
fn parliament() {
    check("parlement");
}

#[test]
fn archives() {
    check("archives");
}

#[test]
fn research() {
    check("recherche");
}

#[test]
fn web() {
    check("web");
}
