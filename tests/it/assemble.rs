//! Wholes assembled from pieces: a text of law in force on a date, an issue of a newspaper from its pages.

use crate::harness::{Bench, digests, repository};

fn law(bench: &Bench, on: &str) {
    let samples = repository().join("data-samples/dila");
    bench.pipeline(&format!(
        "[source.law]\npath = ['{0}/Freemium_legi_global_20250713-140000.tar.gz', '{0}/LEGI_*.tar.gz']\n\
         reader = 'dila'\noptions = {{ fond = 'LEGI', assemble = 'text'{on} }}\nversions = 'keep-all'\n\
         licence = {{ work = 'etalab-2.0', evidence = 'declared' }}\n",
        samples.display()
    ));
}

#[test]
fn a_text_of_law_holds_the_articles_in_force_on_the_day() {
    let bench = Bench::new();
    law(&bench, ", on = '2025-07-20'");
    let run = bench.run(&[]).expect(0).json();
    let read = run["read"].as_u64().unwrap();
    let dropped: u64 = run["dropped"]
        .as_object()
        .unwrap()
        .values()
        .map(|n| n.as_u64().unwrap())
        .sum();
    assert_eq!(read, run["released"].as_u64().unwrap() + dropped);
    assert!(
        run["dropped"]["reconcile/assembled"].as_u64().unwrap() > 1,
        "{run}"
    );
    let ids = bench.released();
    assert!(
        !ids.is_empty() && ids.iter().all(|id| id.ends_with("@2025-07-20")),
        "{ids:?}"
    );
    // Every piece says where it went, and the whole holds its text.
    let pieces = bench.query(
        "SELECT p.text AS piece, w.text AS whole FROM decisions d JOIN documents p ON p.doc_id = d.doc_id \
         JOIN documents w ON w.doc_id = d.observed WHERE d.reason = 'reconcile/assembled'",
    );
    assert!(!pieces.is_empty());
    for row in pieces {
        let (piece, whole) = (
            row["piece"].as_str().unwrap(),
            row["whole"].as_str().unwrap(),
        );
        assert!(whole.contains(piece), "{piece}");
    }
}

#[test]
fn assembling_does_not_depend_on_threads_or_a_second_run() {
    let runs: Vec<_> = ["1", "2"]
        .into_iter()
        .map(|threads| {
            let bench = Bench::new();
            law(&bench, ", on = '2025-07-20'");
            bench.run(&["--threads", threads]).expect(0);
            let digests = digests(&bench.path("out"));
            assert_eq!(bench.run(&[]).expect(0).json()["unchanged"], true);
            digests
        })
        .collect();
    assert_eq!(runs[0], runs[1]);
}

#[test]
fn pages_become_issues_in_the_order_of_their_mets() {
    let bench = Bench::new();
    let samples = repository().join("data-samples/alto");
    bench.pipeline(&format!(
        "[source.press]\npath = '{}'\nreader = 'alto'\noptions = {{ unit = 'issue' }}\n\
         licence = {{ work = 'CC0-1.0', evidence = 'declared' }}\n",
        samples.display()
    ));
    let run = bench.run(&[]).expect(0).json();
    assert!(
        run["dropped"]["reconcile/assembled"].as_u64().unwrap() > 1,
        "{run}"
    );
    let issues = bench.query(
        "SELECT doc_id, ocr_confidence FROM documents WHERE doc_id IN \
         (SELECT observed FROM decisions WHERE reason = 'reconcile/assembled')",
    );
    assert!(
        !issues.is_empty()
            && issues
                .iter()
                .any(|issue| issue["ocr_confidence"].is_number())
    );
}
