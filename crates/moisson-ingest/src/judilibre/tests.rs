//! Answers as they come, and what is wrong with some.

use moisson_core::{Date, Document, Limits};
use serde_json::{Value, json};

use super::decision::second;
use crate::readers;
use crate::testing::{Collected, read_bytes};

fn read(options: &Value, text: &str) -> Collected {
    let limits = Limits {
        record_bytes_max: 2000,
        ..Limits::default()
    };
    read_bytes("judilibre", options, "p.json", text.as_bytes(), &limits)
}

fn outcome(sink: &Collected) -> (usize, Vec<String>, Vec<String>, Vec<String>) {
    let keys = sink.documents.iter().map(Document::key_text).collect();
    let withdrawn = sink
        .tombstones
        .iter()
        .map(|t| format!("{} {}", t.key, t.sequence))
        .collect();
    (sink.records, keys, withdrawn, sink.fault_lines())
}

#[test]
fn files_as_a_table() {
    let check = |text: &str, records: usize, keys: &[&str], withdrawn: &[&str], faults: &[&str]| {
        let strings = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect();
        assert_eq!(
            outcome(&read(&Value::Null, text)),
            (records, strings(keys), strings(withdrawn), strings(faults)),
            "{text:.200}"
        );
    };
    let a = r#"{"id":"a","text":"Texte.","update_date":"2024-01-02"}"#;
    let b = r#"{"id":"b","text":"Texte."}"#;
    check(a, 1, &["a"], &[], &[]);
    check(&format!("{a}\n{b}\n"), 2, &["a", "b"], &[], &[]);
    check(&format!("[{a},{b}]"), 2, &["a", "b"], &[], &[]);
    check(
        &format!(r#"{{"batch":0,"results":[{a},{b}],"next_batch":null}}"#),
        2,
        &["a", "b"],
        &[],
        &[],
    );
    check(r#"{"results":[]}"#, 1, &[], &[], &[]);
    check(
        r#"{"deleted":[{"id":"a","date":"2024-03-01T10:20:30.000Z"},{"id":"b"}]}"#,
        2,
        &[],
        &["a 20240301102030", "b 0"],
        &[],
    );
    check(
        r#"{"transactions":[{"id":"a","action":"updated","date":"2024-03-01"},{"id":"b","action":"deleted","date":"2024-03-02"}]}"#,
        2,
        &[],
        &["b 20240302000000"],
        &[],
    );
    check(
        r#"{"id":"a","text":"Texte.","to_be_deleted":true,"update_date":"2024-01-02"}"#,
        1,
        &[],
        &["a 20240102000000"],
        &[],
    );
    check(
        r#"{"id":"a","summary":"s"}"#,
        1,
        &[],
        &[],
        &["extract/missing-field p.json"],
    );
    check(
        r#"{"errors":[{"msg":"KO"}]}"#,
        1,
        &[],
        &[],
        &["extract/missing-field p.json"],
    );
    check(
        r#"{"id":"a","text":" \r\n"}"#,
        1,
        &[],
        &[],
        &["extract/empty p.json"],
    );
    check(
        &format!(r#"[{{"id":"x","text":bad}},{b}]"#),
        2,
        &["b"],
        &[],
        &["extract/malformed-json p.json"],
    );
    check(
        &format!("[{b},{{\"id\":"),
        2,
        &["b"],
        &[],
        &["extract/truncated p.json"],
    );
    check(
        "<html>503</html>",
        1,
        &[],
        &[],
        &["extract/malformed-json p.json"],
    );
    check("", 1, &[], &[], &["extract/empty p.json"]);
    check(
        &format!("[{{\"id\":\"x\",\"text\":\"{}\"}},{b}]", "x".repeat(3000)),
        2,
        &["b"],
        &[],
        &["extract/too-large p.json"],
    );
    check(
        &format!("[{}1{},{b}]", "[".repeat(500), "]".repeat(500)),
        1,
        &["b"],
        &[],
        &[],
    );
    check(
        &format!("{{\"id\":{}1{}}}", "[".repeat(500), "]".repeat(500)),
        1,
        &[],
        &[],
        &["extract/malformed-json p.json"],
    );
}

#[test]
fn bytes_that_are_no_utf8() {
    let limits = Limits::default();
    let bytes = b"{\"id\":\"a\",\"text\":\"d\xE9cide\"}";
    let sink = read_bytes("judilibre", &Value::Null, "p.json", bytes, &limits);
    assert_eq!(sink.fault_lines(), ["extract/not-utf8 p.json"]);
}

#[test]
fn fields_and_zones() {
    let decision = json!({
        "id": "5fca", "text": "Intro.\r\n\r\nMotifs.\r\n\r\nRejette.", "decision_date": "2020-11-25",
        "update_date": "2020-11-27", "update_datetime": "2020-11-27T08:09:10.111Z", "ecli": "ECLI:FR:CCASS:2020:SO01153",
        "number": "19-60.222", "numbers": ["19-60.222"], "chamber": "soc", "jurisdiction": "cc", "solution": "rejet",
        "publication": ["b"], "themes": [], "nac": null, "summary": "Résumé", "partial": true, "visa": [{"title": "x"}],
        "zones": {"motivations": [{"start": 10, "end": 21}], "dispositif": [{"start": 21, "end": 29}]},
    });
    let sink = read(&Value::Null, &decision.to_string());
    let document = &sink.documents[0];
    assert_eq!(document.text, "Intro.\n\nMotifs.\n\nRejette.");
    assert_eq!(document.published_on, Date::from_ymd(2020, 11, 25));
    assert_eq!(document.modified_on, Date::from_ymd(2020, 11, 27));
    assert_eq!(document.sequence, 20_201_127_080_910);
    assert_eq!(
        Value::Object(document.metadata.clone()),
        json!({
            "ecli": "ECLI:FR:CCASS:2020:SO01153", "number": "19-60.222", "numbers": ["19-60.222"], "chamber": "soc",
            "jurisdiction": "cc", "solution": "rejet", "publication": ["b"], "summary": "Résumé", "partial": true,
            "zones": {"motivations": [[8, 15]], "dispositif": [[17, 25]]},
        })
    );
    let sink = read(&json!({"zones": ["dispositif"]}), &decision.to_string());
    assert_eq!(sink.texts(), [("5fca".to_owned(), "Rejette.")]);
    assert_eq!(
        sink.documents[0].metadata["zones"],
        json!({"dispositif": [[0, 8]]})
    );
    let sink = read(&json!({"zones": ["annexes"]}), &decision.to_string());
    assert_eq!(sink.fault_lines(), ["extract/empty p.json"]);
    let sink = read(&json!({"zones": ["annexes"]}), r#"{"id":"a","text":"x"}"#);
    assert_eq!(sink.fault_lines(), ["extract/missing-field p.json"]);
    assert!(readers::build("judilibre", &json!({"zones": ["motifs"]})).is_err());
}

#[test]
fn times_as_a_table() {
    let check = |text: &str, expected| assert_eq!(second(text), expected, "{text}");
    check("2023-05-11T14:03:21.000Z", Some(20_230_511_140_321));
    check("2023-05-11T14:03:21+02:00", Some(20_230_511_140_321));
    check("2023-05-11", Some(20_230_511_000_000));
    check("hier", None);
}

#[test]
fn names_give_an_order() {
    let reader = readers::build("judilibre", &Value::Null).unwrap();
    for (name, expected) in [
        ("d/20240301102030-000001.json", 20_240_301_102_030),
        ("20240301102030-000001.json.gz", 20_240_301_102_030),
        ("20240301-000001.json", 0),
        ("5fca25d9cbbf603303c4ff89.json", 0),
    ] {
        assert_eq!(reader.sequence(name), expected, "{name}");
    }
}
