//! Personal data: nothing of it is shipped, the ledger tells of it without repeating it, and nothing depends on threads.
//! All values are invented: telephone numbers and addresses of reserved ranges, identifiers of nobody.

use std::path::Path;

use moisson_shard::file::{self, TableWriter, WriteOptions};
use moisson_shard::tally::{TALLY_KEY, Tally};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

use crate::harness::{Bench, digests, line, manifest, moisson, prose};

const EMAIL: &str = "jeanne.martin@example.org";
const PHONE: &str = "01 99 00 12 34";
const OTHER_PHONE: &str = "01 99 00 56 78";
const NIR: &str = "2 95 10 99 126 111 93";
const IBAN: &str = "FR14 2004 1010 0505 0001 3M02 606";

/// Values in the texts, and the class of each.
const VALUES: [(&str, &str); 5] = [
    (EMAIL, "email"),
    (PHONE, "phone"),
    (OTHER_PHONE, "phone"),
    (NIR, "nir"),
    (IBAN, "bank-account"),
];

/// Values of reserved ranges are looked for, so that invented ones are found.
const SOURCE: &str = "[source.s]\npath = 'DATA/s.jsonl'\nreader = 'jsonl'\n\
    options = { id = 'id', text = 'text', date = 'date', licence = 'licence' }\n\
    [pii]\nreserved = true\n";

fn dated(id: &str, date: &str, text: &str) -> String {
    let value =
        serde_json::json!({ "id": id, "text": text, "date": date, "licence": "etalab-2.0" });
    format!("{value}\n")
}

fn bench(more: &str) -> Bench {
    let all = format!(
        "Courriel : {EMAIL}, tél. {PHONE} ; NIR {NIR}, IBAN {IBAN}. Rappeler le {PHONE} ou le {OTHER_PHONE}."
    );
    let lines = [
        line(
            "all",
            &format!("{}\n\n{all}\n\n{}", prose(1, 80), prose(2, 80)),
        ),
        line("phone", &format!("{} Tél. {PHONE}.", prose(3, 120))),
        line("none", &prose(4, 120)),
        dated(
            "old",
            "1850-01-01",
            &format!("{} Tél. {PHONE}.", prose(5, 120)),
        ),
        // They differ in nothing but a telephone number.
        line("one", &format!("{} Tél. {PHONE}.", prose(6, 120))),
        line("two", &format!("{} Tél. {OTHER_PHONE}.", prose(6, 120))),
    ];
    let bench = Bench::new();
    bench.write("s.jsonl", lines.concat());
    bench.pipeline(&format!("{SOURCE}{more}"));
    bench
}

fn text(bench: &Bench, id: &str) -> String {
    let sql = format!("SELECT text FROM release WHERE doc_id = 's/{id}'");
    bench.column(&sql).pop().unwrap_or_default()
}

/// What stands between two marks of a text.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap();
    rest.split_once(after).unwrap().0
}

#[test]
fn what_is_shipped_holds_no_value() {
    let bench = bench("");
    bench.run(&[]).expect(0);
    for row in bench.query("SELECT * FROM release WHERE doc_id <> 's/old'") {
        for (value, class) in VALUES {
            assert!(!row.to_string().contains(value), "{class} in {row}");
        }
    }
    let shipped = text(&bench, "all");
    assert!(shipped.contains("NIR <NIR>, IBAN <IBAN>."), "{shipped}");
    let (first, again) = (
        between(&shipped, "tél. ", " ;"),
        between(&shipped, "Rappeler le ", " ou"),
    );
    assert_eq!(first, again, "one value, one replacement");
    assert_ne!(first, between(&shipped, " ou le ", "."));
    assert_eq!(first.len(), PHONE.len(), "the form is kept: {first}");
    // Nothing is linked across documents.
    let other = text(&bench, "phone");
    assert_ne!(first, between(&other, "Tél. ", "."));
    // Whoever a text of 1850 names is dead.
    assert!(text(&bench, "old").contains(PHONE));
    let counts = bench.query(
        "SELECT doc_id, pii_replaced AS n, pii_classes AS classes, text_bytes, pii_risk FROM release ORDER BY doc_id",
    );
    let of = |id: &str| counts.iter().find(|row| row["doc_id"] == id).unwrap();
    assert_eq!(of("s/all")["n"], 6);
    assert_eq!(
        of("s/all")["classes"],
        r#"{"bank-account":1,"email":1,"nir":1,"phone":3}"#
    );
    assert_eq!(
        (&of("s/none")["n"], &of("s/old")["n"]),
        (&0.into(), &0.into())
    );
    assert!(of("s/none").get("classes").is_none_or(Value::is_null));
    assert_eq!(of("s/all")["text_bytes"], shipped.len());
    assert!(
        counts.iter().all(|row| row["pii_risk"].is_string()),
        "{counts:?}"
    );
}

#[test]
fn the_ledger_and_the_story_tell_spans_and_no_value() {
    let bench = bench("");
    bench.run(&[]).expect(0);
    let rows = bench.query(
        "SELECT * FROM decisions WHERE rule = 'pii' AND doc_id = 's/all' ORDER BY span_start",
    );
    let told: Vec<(&str, &str)> = rows
        .iter()
        .map(|row| {
            (
                row["reason"].as_str().unwrap(),
                row["detail"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("pii/email", "fiction"),
            ("pii/phone", "fiction"),
            ("pii/nir", "token"),
            ("pii/bank-account", "token"),
            ("pii/phone", "fiction"),
            ("pii/phone", "fiction"),
        ]
    );
    for row in &rows {
        assert_eq!(
            (&row["unit"], &row["effect"]),
            (&"span".into(), &"edit".into())
        );
        assert!(row["span_start"].as_u64() < row["span_end"].as_u64());
        assert!(row.get("observed").is_none_or(Value::is_null));
    }
    let ledger = bench.query("SELECT * FROM decisions");
    for (value, class) in VALUES {
        assert!(
            ledger.iter().all(|row| !row.to_string().contains(value)),
            "{class}"
        );
    }
    let out = bench.text_path("out");
    let story = moisson(&["explain", &out, "s/all", "--format", "json"]).expect(0);
    assert!(
        story.stdout.contains("pii/bank-account"),
        "{}",
        story.stdout
    );
    for (value, class) in VALUES {
        assert!(!story.stdout.contains(value), "{class} in {}", story.stdout);
    }
    moisson(&["verify", &out, "--deep"]).expect(0);
}

#[test]
fn documents_that_differ_in_personal_data_only_are_one() {
    let bench = bench("[dedup]\nnear = false\n");
    bench.run(&[]).expect(0);
    assert_eq!(bench.reasons().get("duplicate/exact"), Some(&1));
    let released = bench.released();
    let both = ["s/one", "s/two"].map(|id| released.contains(&id.to_owned()));
    assert_eq!(both.iter().filter(|is| **is).count(), 1, "{released:?}");
}

#[test]
fn classes_are_switched_and_rules_drop() {
    let switched = bench("[pii.classes]\nphone = 'off'\nemail = 'token'\nnir = 'fiction'\n");
    switched.run(&[]).expect(0);
    let shipped = text(&switched, "all");
    assert!(shipped.contains("Courriel : <EMAIL>"), "{shipped}");
    assert!(shipped.contains(PHONE) && !shipped.contains(NIR) && !shipped.contains("<NIR>"));
    // Another action is decided and shipped again, in the same output.
    let only_tokens = ["--set", "pii.classes.phone=token"];
    switched.run(&only_tokens).expect(0);
    assert!(text(&switched, "all").contains("tél. <PHONE> ; NIR"));

    let off = bench("enabled = false\n");
    off.run(&[]).expect(0);
    assert!(text(&off, "all").contains(NIR));

    let dropping =
        bench("[[rules.rule]]\ncode = 'pii/too-many'\ncolumn = 'pii_total'\nabove = 3\n");
    dropping.run(&[]).expect(0);
    assert_eq!(dropping.reasons().get("pii/too-many"), Some(&1));
    assert!(!dropping.released().contains(&"s/all".to_owned()));

    let wrong = bench("[pii.profiles.nowhere]\nphone = 'off'\n")
        .run(&[])
        .expect(2);
    assert!(
        wrong.stderr.contains("unknown profile `nowhere`"),
        "{}",
        wrong.stderr
    );
}

#[test]
fn threads_change_no_fiction_and_no_tally() {
    let bench = Bench::new();
    let mut lines = String::new();
    for seed in 0..60 {
        let text = format!(
            "{} Tél. 01 99 00 {:02} 34 ou {EMAIL}.",
            prose(seed, 120),
            seed
        );
        lines.push_str(&line(&format!("d{seed}"), &text));
    }
    bench.write("s.jsonl", lines);
    bench.pipeline(&format!(
        "{SOURCE}[limits]\npart_text_bytes = 20000\n[shard]\ntarget_bytes = 30000\n"
    ));
    let run = |out: &str, threads: &str| {
        let path = bench.text_path(out);
        bench.run(&["--out", &path, "--threads", threads]).expect(0);
        let out = bench.path(out);
        (digests(&out), manifest(&out)["facts"].clone())
    };
    let expected = run("one", "1");
    assert!(expected.0.len() > 6, "{expected:?}");
    assert_eq!(run("many", "7"), expected);
    tallies_add_up(&bench.path("one"));
}

/// The tallies in the footers of the shards merge to the facts of the manifest, and count what the books count.
fn tallies_add_up(out: &Path) {
    let manifest = manifest(out);
    let mut merged = Tally::default();
    for shard in manifest["shards"].as_array().unwrap() {
        assert!(shard.get("tally").is_none(), "it is in the footer");
        let path = out.join("release").join(shard["path"].as_str().unwrap());
        let builder =
            ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(path).unwrap()).unwrap();
        let facts = builder
            .metadata()
            .file_metadata()
            .key_value_metadata()
            .unwrap();
        let tally = facts.iter().find(|fact| fact.key == TALLY_KEY).unwrap();
        let tally: Tally = serde_json::from_str(tally.value.as_deref().unwrap()).unwrap();
        assert_eq!(tally.total().rows, shard["rows"].as_u64().unwrap());
        merged.merge(&tally);
    }
    assert_eq!(serde_json::to_value(&merged).unwrap(), manifest["facts"]);
    let total = merged.total();
    assert_eq!(manifest["totals"]["released"], total.rows);
    assert_eq!(manifest["totals"]["text_bytes_out"], total.text_bytes);
    assert_eq!(
        manifest["sources"][0][1]["text_bytes_out"],
        total.text_bytes
    );
    assert_eq!(total.pii_replaced["phone"], 60);
    assert_eq!(total.pii_replaced["email"], 60);
    assert_eq!(total.licence_evidence.values().sum::<u64>(), total.rows);
}

/// Columns of the release that came after its first version.
const LATER: [&str; 9] = [
    "producer",
    "licence_evidence",
    "obligations",
    "optout_verdict",
    "optout_as_of",
    "pii_risk",
    "pii_replaced",
    "pii_classes",
    "tokens",
];

#[test]
fn an_output_of_the_first_version_stays_readable() {
    let bench = bench("");
    bench.run(&[]).expect(0);
    let out = bench.path("out");
    let mut told = manifest(&out);
    for shard in told["shards"].as_array().unwrap() {
        let path = out.join("release").join(shard["path"].as_str().unwrap());
        let bytes = std::fs::read(&path).unwrap().into();
        let batches = file::read(bytes, None, 1024).unwrap().map(|batch| {
            let batch = batch.unwrap();
            let schema = batch.schema();
            let kept = (schema.fields().iter().enumerate())
                .filter(|(_, field)| !LATER.contains(&field.name().as_str()));
            let kept: Vec<usize> = kept.map(|(at, _)| at).collect();
            assert_eq!(kept.len() + LATER.len(), batch.num_columns());
            batch.project(&kept).unwrap()
        });
        let batches: Vec<_> = batches.collect();
        let mut writer = TableWriter::new(batches[0].schema(), WriteOptions::default()).unwrap();
        for batch in &batches {
            writer.write(batch).unwrap();
        }
        std::fs::write(&path, writer.finish().unwrap().bytes).unwrap();
    }
    for key in ["facts", "readers"] {
        assert!(told.as_object_mut().unwrap().remove(key).is_some(), "{key}");
    }
    std::fs::write(out.join("release/manifest.json"), told.to_string()).unwrap();
    let rows = bench.query("SELECT * FROM release ORDER BY doc_id");
    assert!(rows.len() > 3);
    for row in &rows {
        assert!(row["text"].is_string());
        for column in LATER {
            assert!(
                row.get(column).is_none_or(Value::is_null),
                "{column} in {row}"
            );
        }
    }
    moisson(&["explain", &bench.text_path("out"), "s/all"]).expect(0);
}
