//! Tokens are counted in the text as shipped, by a tokenizer that the pipeline names.

use std::fmt::Write;

use crate::harness::{Bench, JSONL, digests, line, manifest, prose};

/// A byte-level BPE, as the `tokenizers` library writes it, of bytes and the given merges of letters.
pub(crate) fn tokenizer(merges: &[(&str, &str)]) -> String {
    let mut other = 0x100;
    let mut vocab = String::new();
    for byte in 0u32..256 {
        // Printable bytes stand for themselves, the others for characters from U+0100 on.
        let plain = matches!(byte, 0x21..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF);
        let code = if plain { byte } else { other };
        other += u32::from(!plain);
        write!(vocab, "\"\\u{code:04x}\":{byte},").unwrap();
    }
    for (number, (left, right)) in merges.iter().enumerate() {
        write!(vocab, "\"{left}{right}\":{},", 256 + number).unwrap();
    }
    let merges = serde_json::to_string(merges).unwrap();
    format!(
        r#"{{"version":"1.0","truncation":null,"padding":null,"added_tokens":[],"normalizer":null,
        "pre_tokenizer":{{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true}},
        "post_processor":null,
        "decoder":{{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}},
        "model":{{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":null,
        "end_of_word_suffix":null,"fuse_unk":false,"byte_fallback":false,"ignore_merges":false,
        "vocab":{{{}}},"merges":{merges}}}}}"#,
        vocab.trim_end_matches(',')
    )
}

fn bench() -> Bench {
    let bench = Bench::new();
    let mut lines: String = (0..20)
        .map(|seed| line(&format!("d{seed}"), &prose(seed, 100)))
        .collect();
    lines.push_str(&line(
        "phone",
        &format!("{} Tél. 01 99 00 12 34.", prose(99, 100)),
    ));
    bench
        .write("s.jsonl", lines)
        .write("t/tokenizer.json", tokenizer(&[]))
        .pipeline(&format!(
            "{JSONL}[pii]\nreserved = true\nclasses = {{ phone = 'token' }}\n[limits]\npart_text_bytes = 8000\n\
             [tokens]\ntokenizer = 'DATA/t/tokenizer.json'\n"
        ));
    bench
}

fn counts(bench: &Bench) -> Vec<(String, u64, u64)> {
    let rows = bench.query("SELECT doc_id, tokens, text_bytes FROM release ORDER BY doc_id");
    let number = |value: &serde_json::Value| value.as_u64().unwrap();
    rows.iter()
        .map(|row| {
            let id = row["doc_id"].as_str().unwrap().to_owned();
            (id, number(&row["tokens"]), number(&row["text_bytes"]))
        })
        .collect()
}

#[test]
fn tokens_are_counted_as_shipped_and_add_up() {
    let bench = bench();
    bench.run(&["--threads", "3"]).expect(0);
    let told = counts(&bench);
    assert_eq!(told.len(), 21);
    // Without merges a token is a byte, of the text as shipped.
    assert!(
        told.iter().all(|(_, tokens, bytes)| tokens == bytes),
        "{told:?}"
    );
    let shipped = bench.column("SELECT text FROM release WHERE doc_id = 's/phone'");
    assert!(shipped[0].ends_with("Tél. <PHONE>."), "{shipped:?}");
    let total: u64 = told.iter().map(|(_, tokens, _)| tokens).sum();
    let of_cell = |cell: &serde_json::Value| cell["tokens"].as_u64().unwrap();
    let before = manifest(&bench.path("out"));
    let facts = before["facts"].as_array().unwrap();
    assert_eq!(facts.iter().map(of_cell).sum::<u64>(), total);
    assert!(before["models"]["tokens"].is_string());
    let card = std::fs::read_to_string(bench.path("out/release/README.md")).unwrap();
    assert!(card.contains(" tokens, counted as shipped"), "{card}");

    // The same tokenizer elsewhere changes nothing; another one is another release.
    let elsewhere = bench.text_path("u/tokenizer.json");
    bench.write("u/tokenizer.json", tokenizer(&[]));
    let set = |path: &str| format!("tokens.tokenizer={path}");
    let again = bench.run(&["--set", &set(&elsewhere)]).expect(0).json();
    assert_eq!(again["unchanged"], true);
    bench.write("u/tokenizer.json", tokenizer(&[("l", "a"), ("d", "e")]));
    let before = digests(&bench.path("out"));
    bench
        .run(&["--set", &set(&elsewhere), "--threads", "1"])
        .expect(0);
    assert_ne!(digests(&bench.path("out")), before);
    let fewer: u64 = counts(&bench).iter().map(|(_, tokens, _)| tokens).sum();
    assert!(fewer < total, "{fewer} of {total}");
}

#[test]
fn what_is_no_tokenizer_stops_before_the_first_byte() {
    let bench = bench();
    bench.write("t/tokenizer.json", "{}");
    let ended = bench.run(&[]).expect(2);
    assert!(ended.stderr.contains("the tokenizer"), "{}", ended.stderr);
    assert!(!bench.path("out/parts").exists());
}
