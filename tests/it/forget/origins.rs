//! What is forgotten goes from where it came from as well: mirrored files, wholes and pieces, publishers that withdraw.

use std::collections::BTreeMap;

use moisson_core::Digest;
use serde_json::{Value, json};

use super::{SOURCES, all_text, forget, lines, record, verify};
use crate::harness::{Bench, digests, moisson, prose, repository};

/// Puts an object into the mirror of an output, as a fetch leaves it.
fn mirrored(bench: &Bench, name: &str, bytes: &[u8]) {
    bench.write(&format!("out/mirror/data/m/{name}"), bytes);
    let receipt = json!({
        "name": format!("m/{name}"), "url": format!("https://example.org/{name}"), "acquisition": "bulk",
        "retrieved_at": "2026-01-01T00:00:00Z", "bytes": bytes.len(), "digest": Digest::of(bytes), "etag": "\"e\"",
    });
    bench.write(
        &format!("out/mirror/receipts/m/{name}.json"),
        receipt.to_string(),
    );
}

#[test]
fn mirrored_files_lose_the_record_or_go() {
    let bench = Bench::new();
    let mut archive = tar::Builder::new(Vec::new());
    for number in 0..4 {
        let text = prose(300 + number, 200);
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        archive
            .append_data(
                &mut header,
                format!("x/member{number}.txt"),
                text.as_bytes(),
            )
            .unwrap();
    }
    mirrored(&bench, "a.tar", &archive.into_inner().unwrap());
    mirrored(&bench, "lone-file.txt", prose(400, 200).as_bytes());
    mirrored(&bench, "other.txt", prose(401, 200).as_bytes());
    bench.pipeline(
        "[source.m]\nat = 'https://example.org/'\nreader = 'text'\n\
         licence = { work = 'CC-BY-SA-4.0', reason = 'ours' }\n",
    );
    bench.run(&["--offline"]).expect(0);
    let ids = ["m/a.tar!x/member1.txt", "m/lone-file.txt"];
    let proofs = forget(&bench, &["--ids", ids[0], ids[1]]).expect(0).json();
    let unreached = proofs[0]["unreached"].as_array().unwrap();
    assert!(
        unreached.iter().all(|one| one["what"] != "inputs"),
        "{unreached:?}"
    );
    for (path, text) in all_text(&bench.path("out")) {
        for needle in ["member1", "lone-file"] {
            assert!(!text.contains(needle), "{needle} in {}", path.display());
        }
    }
    let receipt: Value = serde_json::from_slice(
        &std::fs::read(bench.path("out/mirror/receipts/m/a.tar.json")).unwrap(),
    )
    .unwrap();
    assert_eq!(
        (&receipt["redacted"], &receipt["etag"]),
        (&json!(true), &json!("\"e\""))
    );
    verify(&bench, "out");
    // A run reads what is left; a file that is fetched again stays out of the release.
    bench.run(&["--offline"]).expect(0);
    mirrored(&bench, "lone-file.txt", prose(400, 200).as_bytes());
    bench.run(&["--offline"]).expect(0);
    verify(&bench, "out");
    assert_eq!(
        bench.reasons(),
        BTreeMap::from([("rights/forgotten".to_owned(), 1)])
    );
    assert_eq!(bench.released().len(), 4);
}

#[test]
fn a_whole_goes_with_its_pieces_and_is_made_anew_without_one() {
    let press = repository().join("data-samples/alto").display().to_string();
    let (whole, piece) = (
        "press/courrier-18840702",
        "press/courrier-18840702/courrier-18840702-0001",
    );
    for (id, is_left) in [(piece, true), (whole, false)] {
        let bench = Bench::new();
        bench.pipeline(&format!(
            "[source.press]\npath = '{press}'\nreader = 'alto'\noptions = {{ unit = 'issue' }}\n\
             licence = {{ work = 'etalab-2.0', evidence = 'declared' }}\n"
        ));
        bench.run(&[]).expect(0);
        let pages = bench.column(&format!(
            "SELECT text FROM documents WHERE doc_id = '{piece}'"
        ));
        let phrase: String = pages[0].chars().skip(40).take(40).collect();
        forget(&bench, &["--ids", id]).expect(0);
        verify(&bench, "out");
        assert_eq!(
            bench.released().contains(&whole.to_owned()),
            is_left,
            "{id}"
        );
        assert!(
            !all_text(&bench.path("out"))
                .iter()
                .any(|(_, text)| text.contains(&phrase)),
            "{phrase}"
        );
        let after = digests(&bench.path("out"));
        std::fs::remove_file(bench.path("out/release/manifest.json")).unwrap();
        bench.run(&[]).expect(0);
        assert_eq!(digests(&bench.path("out")), after, "{id}");
    }
}

#[test]
fn what_publishers_withdrew_is_forgotten_on_request() {
    let bench = Bench::new();
    let pipeline = repository()
        .join("pipelines/droit.toml")
        .display()
        .to_string();
    let out = bench.text_path("out");
    let run = || {
        moisson(&[
            "run",
            &pipeline,
            "--offline",
            "--out",
            &out,
            "--progress",
            "none",
        ])
        .expect(0)
    };
    run();
    let withdrawn = bench.reasons()["reconcile/deleted"];
    let ids = bench.column("SELECT doc_id FROM decisions WHERE reason = 'reconcile/deleted'");
    forget(&bench, &["--withdrawn"]).expect(0);
    verify(&bench, "out");
    run();
    let reasons = bench.reasons();
    assert_eq!(reasons.get("reconcile/deleted"), None);
    assert_eq!(reasons["rights/forgotten"], withdrawn);
    assert!(!ids.is_empty());
    for (path, text) in all_text(&bench.path("out")) {
        assert!(
            ids.iter().all(|id| !text.contains(&format!("{id}\n"))),
            "{}",
            path.display()
        );
    }
}

#[test]
fn a_licence_that_is_withdrawn_takes_its_documents_along() {
    let bench = Bench::new();
    let write = |licence: &str| {
        let mut one = record("one", &prose(1, 300));
        one["licence"] = json!(licence);
        bench.write("s.jsonl", lines(&[one, record("two", &prose(2, 300))]));
    };
    write("etalab-2.0");
    bench.pipeline(SOURCES);
    bench.run(&[]).expect(0);
    assert_eq!(bench.released(), ["s/one", "s/two"]);
    // The next run drops it, and the ledger says so.
    write("tous droits réservés");
    bench.run(&[]).expect(0);
    assert_eq!(bench.released(), ["s/two"]);
    let reasons = bench.column("SELECT reason FROM decisions WHERE doc_id = 's/one' AND counted");
    assert!(
        reasons.len() == 1 && reasons[0].starts_with("licence/"),
        "{reasons:?}"
    );
    // Forgotten, nothing of it is left, whatever its licence says later.
    forget(&bench, &["--ids", "s/one"]).expect(0);
    write("etalab-2.0");
    bench.run(&[]).expect(0);
    assert_eq!(bench.released(), ["s/two"]);
    assert_eq!(
        bench.reasons(),
        BTreeMap::from([("rights/forgotten".to_owned(), 1)])
    );
}
