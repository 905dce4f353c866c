//! Bad input: a ledger row or a clear error, and every good record around it is kept.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::harness::{Bench, JSONL, line, prose};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, *bytes).unwrap();
    }
    tar.into_inner().unwrap()
}

/// Runs JSON lines and returns released ids and counted reasons.
fn check_lines(bytes: &[u8], released: &[&str], reasons: &[(&str, u64)]) {
    let bench = Bench::new();
    bench
        .write("s.jsonl", bytes)
        .pipeline(JSONL)
        .run(&[])
        .expect(0);
    assert_eq!(bench.released(), released);
    let expected = reasons
        .iter()
        .map(|(code, n)| ((*code).to_owned(), *n))
        .collect();
    assert_eq!(bench.reasons(), expected);
}

fn lines(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

#[test]
fn a_bad_json_line_is_a_ledger_row() {
    let (a, b) = (line("a", &prose(1, 60)), line("b", &prose(2, 60)));
    check_lines(
        &lines(&[a.as_bytes(), b"{\"id\": \"x\", \"text\": \n", b.as_bytes()]),
        &["s/a", "s/b"],
        &[("extract/malformed-json", 1)],
    );
}

#[test]
fn invalid_utf8_in_a_json_line_is_a_ledger_row() {
    let (a, b) = (line("a", &prose(1, 60)), line("b", &prose(2, 60)));
    check_lines(
        &lines(&[
            a.as_bytes(),
            b"{\"id\": \"x\", \"text\": \"caf\xe9 \xff\xfe\"}\n",
            b.as_bytes(),
        ]),
        &["s/a", "s/b"],
        &[("extract/not-utf8", 1)],
    );
}

#[test]
fn a_missing_field_is_a_ledger_row() {
    let a = line("a", &prose(1, 60));
    check_lines(
        &lines(&[a.as_bytes(), b"{\"id\": \"x\"}\n"]),
        &["s/a"],
        &[("extract/missing-field", 1)],
    );
}

#[test]
fn a_record_without_text_is_a_ledger_row() {
    let a = line("a", &prose(1, 60));
    check_lines(
        &lines(&[a.as_bytes(), line("x", " \u{a0}\n").as_bytes()]),
        &["s/a"],
        &[("extract/empty", 1)],
    );
}

#[test]
fn an_empty_file_is_a_ledger_row() {
    let bench = Bench::new();
    let source = JSONL.replace("s.jsonl", "*.jsonl");
    bench
        .write("a.jsonl", line("a", &prose(1, 60)))
        .write("b.jsonl", "")
        .pipeline(&source);
    bench.run(&[]).expect(0);
    assert_eq!(bench.released(), ["s/a"]);
    assert_eq!(bench.reasons().get("extract/empty"), Some(&1));
}

#[test]
fn a_line_above_the_limit_is_passed_over_in_constant_memory() {
    let bench = Bench::new();
    let mut file = line("a", &prose(1, 60)).into_bytes();
    file.extend(line("big", &"x".repeat(3 << 20)).into_bytes());
    file.extend(line("b", &prose(2, 60)).into_bytes());
    let source = format!("{JSONL}[limits]\nrecord_bytes_max = 1048576\n");
    bench
        .write("s.jsonl", file)
        .pipeline(&source)
        .run(&[])
        .expect(0);
    assert_eq!(bench.released(), ["s/a", "s/b"]);
    let rows = bench.query("SELECT * FROM decisions WHERE reason = 'extract/too-large'");
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["threshold"], "1048576");
    assert!(
        rows[0]["observed"]
            .as_str()
            .unwrap()
            .parse::<u64>()
            .unwrap()
            > 3 << 20
    );
}

#[test]
fn a_document_of_one_gibibyte_goes_through_where_limit_and_memory_allow_it() {
    let bench = Bench::new();
    // Lines of their own words, so that the document is not one that repeats itself.
    let words = prose(7, 4000);
    let mut text = String::with_capacity((1 << 30) + (1 << 16));
    let mut number = 0u64;
    while text.len() < 1 << 30 {
        text.extend([number.to_string().as_str(), " "]);
        text.push_str(&words);
        text.push('\n');
        number += 1;
    }
    text.truncate(1 << 30);
    bench
        .write("t/big.txt", text)
        .write("t/small.txt", prose(8, 80));
    bench.pipeline(
        "[source.t]\npath = 'DATA/t'\nreader = 'text'\n\
         licence = { work = 'etalab-2.0', reason = 'ours' }\n\
         [limits]\nrecord_bytes_max = 1074790400\n",
    );
    let refused = bench.run(&["--memory", "1GiB"]).expect(2);
    assert!(
        refused.stderr.contains("--memory is too small"),
        "{}",
        refused.stderr
    );
    bench.run(&["--memory", "8GiB", "--threads", "2"]).expect(0);
    assert_eq!(bench.released().len(), 2);
    let bytes = bench.column("SELECT max(text_bytes) FROM release");
    assert!(
        bytes[0].parse::<u64>().unwrap() >= (1 << 30) - 16,
        "{bytes:?}"
    );
}

#[test]
fn a_gzip_truncated_in_the_middle_of_a_tar_keeps_what_came_before() {
    let texts: Vec<String> = (0..40).map(|seed| prose(seed, 400)).collect();
    let names: Vec<String> = (0..40).map(|n| format!("d/{n:02}.txt")).collect();
    let members: Vec<(&str, &[u8])> = names
        .iter()
        .zip(&texts)
        .map(|(n, t)| (n.as_str(), t.as_bytes()))
        .collect();
    let whole = gzip(&tar(&members));
    let bench = Bench::new();
    bench
        .write("t/a.tar.gz", &whole[..whole.len() / 2])
        .write("t/z.txt", prose(99, 60));
    bench.pipeline(
        "[source.t]\npath = 'DATA/t'\nreader = 'text'\n\
         licence = { work = 'etalab-2.0', reason = 'ours' }\n",
    );
    bench.run(&[]).expect(0);
    let released = bench.released().len();
    assert!((10..30).contains(&released), "{released}");
    assert!(bench.released().iter().any(|id| id.ends_with("z.txt")));
    let faults = bench.query(
        "SELECT unit, counted FROM decisions WHERE reason = 'extract/truncated' ORDER BY unit",
    );
    assert!(
        faults
            .iter()
            .any(|row| row["unit"] == "file" && row["counted"] == false),
        "{faults:?}"
    );
}

#[test]
fn a_zip_bomb_is_stopped() {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    zip.start_file("good.txt", options).unwrap();
    zip.write_all(prose(3, 60).as_bytes()).unwrap();
    zip.start_file("bomb.txt", options).unwrap();
    let zeros = vec![b' '; 1 << 20];
    for _ in 0..400 {
        zip.write_all(&zeros).unwrap();
    }
    let bytes = zip.finish().unwrap().into_inner();
    assert!(bytes.len() < 1 << 20);
    let bench = Bench::new();
    bench
        .write("t/a.zip", bytes)
        .write("t/z.txt", prose(99, 60));
    bench.pipeline(
        "[source.t]\npath = 'DATA/t'\nreader = 'text'\n\
         licence = { work = 'etalab-2.0', reason = 'ours' }\n[limits]\nrecord_bytes_max = 1000000000\n",
    );
    let summary = bench.run(&["--memory", "8GiB"]).expect(0).json();
    assert_eq!(bench.released().len(), 2);
    assert!(
        bench
            .column("SELECT reason FROM decisions")
            .contains(&"extract/expansion".to_owned())
    );
    assert!(
        summary["peak_memory_bytes"].as_u64().unwrap() < 800 << 20,
        "{summary}"
    );
}

#[test]
fn entities_in_xml_are_refused() {
    let bomb = "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b \"bbbbbbbbbb\"><!ENTITY c \"&b;&b;&b;&b;\">]>\
                <ARTICLE><META><META_COMMUN><ID>LEGIARTI000000000666</ID></META_COMMUN></META>\
                <BLOC_TEXTUEL><CONTENU>&c;&c;</CONTENU></BLOC_TEXTUEL></ARTICLE>";
    let path = |id: &str| {
        format!(
            "legi/global/code_et_TNC_en_vigueur/code_en_vigueur/LEGI/TEXT/00/00/00/00/00/\
             LEGITEXT000000000001/article/LEGI/ARTI/00/00/00/00/00/{id}.xml"
        )
    };
    let (bad, good) = (path("LEGIARTI000000000666"), path("LEGIARTI000000000001"));
    let article = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ARTICLE><META><META_COMMUN><ID>LEGIARTI000000000001</ID>\
         </META_COMMUN><META_SPEC><META_ARTICLE><NUM>1</NUM><ETAT>VIGUEUR</ETAT><DATE_DEBUT>2020-01-01</DATE_DEBUT>\
         <DATE_FIN>2999-01-01</DATE_FIN></META_ARTICLE></META_SPEC></META><BLOC_TEXTUEL><CONTENU><p>{}</p></CONTENU>\
         </BLOC_TEXTUEL></ARTICLE>",
        prose(5, 60)
    );
    let bench = Bench::new();
    let archive = gzip(&tar(&[
        (&bad, bomb.as_bytes()),
        (&good, article.as_bytes()),
    ]));
    bench
        .write("LEGI_20250101-000000.tar.gz", archive)
        .pipeline(
            "[source.legi]\npath = 'DATA/LEGI_*.tar.gz'\nreader = 'dila'\n\
         licence = { work = 'etalab-2.0', reason = 'ours' }\n",
        );
    bench.run(&[]).expect(0);
    assert_eq!(bench.released(), ["legi/LEGIARTI000000000001"]);
    assert_eq!(bench.reasons().get("extract/malformed-xml"), Some(&1));
}

#[test]
fn a_missing_column_is_a_ledger_row_and_other_files_are_read() {
    let bench = Bench::new();
    bench.write("c/a.csv", format!("id,body\na,\"{}\"\n", prose(1, 60)));
    bench.write("c/b.csv", format!("id,text\nb,\"{}\"\n", prose(2, 60)));
    bench.pipeline(
        "[source.c]\npath = 'DATA/c'\nreader = 'csv'\noptions = { id = 'id', text = 'text' }\n\
         licence = { work = 'etalab-2.0', reason = 'ours' }\n",
    );
    bench.run(&[]).expect(0);
    assert_eq!(bench.released(), ["c/b"]);
    let rows = bench.query("SELECT detail FROM decisions WHERE reason = 'extract/missing-field'");
    assert!(
        rows.iter()
            .any(|row| row["detail"].to_string().contains("text")),
        "{rows:?}"
    );
}

#[test]
fn one_key_twice_in_a_source_is_a_conflict() {
    let (first, second) = (line("a", &prose(1, 60)), line("a", &prose(2, 60)));
    check_lines(
        &lines(&[first.as_bytes(), second.as_bytes()]),
        &["s/a"],
        &[("reconcile/conflict", 1)],
    );
    check_lines(
        &lines(&[first.as_bytes(), first.as_bytes()]),
        &["s/a"],
        &[("reconcile/superseded", 1)],
    );
}

#[test]
fn a_bad_plan_stops_before_the_first_byte() {
    let check = |pipeline: &str, parts: &[&str]| {
        let bench = Bench::new();
        bench
            .write("s.jsonl", line("a", &prose(1, 60)))
            .pipeline(pipeline);
        let ended = bench.run(&[]).expect(2);
        for part in parts {
            assert!(
                ended.stderr.contains(part),
                "`{part}` not in: {}",
                ended.stderr
            );
        }
        assert!(!bench.path("out/release").exists());
    };
    check(
        &format!("{JSONL}genrre = 'law'\n"),
        &["genrre", "did you mean `genre`?"],
    );
    check(&format!("{JSONL}{JSONL}"), &["two sources"]);
    check(
        &JSONL.replace("s.jsonl", "absent/*.jsonl"),
        &["source `s`", "absent"],
    );
    check(&JSONL.replace("'jsonl'", "'jsonll'"), &["jsonll", "jsonl"]);
    check(
        &JSONL.replace("text = 'text'", "textt = 'text'"),
        &["textt", "text"],
    );
    check(
        &format!("{JSONL}licence = {{ work = 'etalab-2.0' }}\n"),
        &["source `s`", "reason"],
    );
}

#[test]
fn an_unreadable_file_is_a_ledger_row_and_an_unreadable_folder_an_error() {
    let bench = Bench::new();
    let source = JSONL.replace("s.jsonl", "d/*.jsonl");
    bench
        .write("d/a.jsonl", line("a", &prose(1, 60)))
        .pipeline(&source);
    // A file that vanishes between the listing and the reading is one that cannot be opened; a link to a folder that
    // loops is passed over. Permissions do not stop root, so the error of a folder is made with a file in its place.
    std::os::unix::fs::symlink(bench.path("d"), bench.path("d/loop")).unwrap();
    bench.run(&[]).expect(0);
    assert_eq!(bench.released(), ["s/a"]);
    let file_as_folder = JSONL.replace("s.jsonl", "d/a.jsonl/x/*.jsonl");
    let ended = bench.pipeline(&file_as_folder).run(&[]).expect(2);
    assert!(ended.stderr.contains("cannot read"), "{}", ended.stderr);
}
