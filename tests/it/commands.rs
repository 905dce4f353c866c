//! The commands, as a user types them.

use crate::harness::{Bench, JSONL, line, moisson, prose};

#[test]
fn help_has_examples() {
    for command in [
        "run",
        "plan",
        "batch",
        "explain",
        "licences",
        "diff",
        "query",
        "list",
        "verify",
        "clean",
        "publish",
        "status",
        "schema",
        "scheduler",
        "worker",
    ] {
        let help = moisson(&[command, "--help"]).expect(0);
        assert!(
            help.stdout.contains("Example"),
            "{command}: {}",
            help.stdout
        );
    }
    assert!(
        moisson(&["--help"])
            .expect(0)
            .stdout
            .contains("moisson run")
    );
    moisson(&["nonsense"]).expect(2);
}

#[test]
fn lists_name_what_there_is() {
    for (what, part) in [
        ("readers", "dila"),
        ("annotators", "signature"),
        ("rules", "quality/"),
        ("presets", "fineweb2-fra"),
        ("licences", "etalab-2.0"),
        ("reasons", "duplicate/near"),
        ("tables", "decisions"),
        ("documents", "dcat-ap"),
    ] {
        let listed = moisson(&["list", what]).expect(0);
        assert!(listed.stdout.contains(part), "{what}: {}", listed.stdout);
        let rows = moisson(&["list", what, "--format", "json"])
            .expect(0)
            .rows();
        assert!(rows.len() > 2, "{what}");
    }
    assert!(
        moisson(&["list", "licences", "--format", "json"])
            .expect(0)
            .rows()
            .len()
            >= 40
    );
}

#[test]
fn the_schema_describes_sources_and_reader_options() {
    let schema = moisson(&["schema"]).expect(0).json();
    let text = schema.to_string();
    for part in [
        "expected_drop",
        "text_format",
        "split",
        "accept_assumed",
        "\"dila\"",
    ] {
        assert!(text.contains(part), "{part}");
    }
}

#[test]
fn completions_are_printed() {
    for shell in ["bash", "zsh", "fish"] {
        assert!(
            moisson(&["completions", shell])
                .expect(0)
                .stdout
                .contains("moisson")
        );
    }
}

#[test]
fn plan_writes_no_release() {
    let bench = Bench::new();
    bench
        .write("s.jsonl", line("a", &prose(1, 60)))
        .pipeline(JSONL);
    let (pipeline, out) = (bench.text_path("p.toml"), bench.text_path("out"));
    let plan = moisson(&["plan", &pipeline, "--out", &out, "--format", "json"])
        .expect(0)
        .json();
    assert_eq!(plan["sources"][0]["files"], 1);
    assert!(plan["collision"].as_array().unwrap().len() > 4);
    assert!(!bench.path("out/release").exists());
    moisson(&["plan", &pipeline, "--out", &out]).expect(0);
}

#[test]
fn clean_keeps_the_release_whole() {
    let bench = Bench::new();
    let lines: String = (0..30)
        .map(|n| line(&format!("d{n}"), &prose(n, 100)))
        .collect();
    bench
        .write("s.jsonl", lines)
        .pipeline(JSONL)
        .run(&[])
        .expect(0);
    bench.run(&["--set", "quality.spans_max=5"]).expect(0);
    let out = bench.text_path("out");
    let removed = moisson(&["clean", &out, "--format", "json"])
        .expect(0)
        .json();
    assert!(removed["files"].as_u64().unwrap() >= 2, "{removed}");
    assert_eq!(
        bench
            .run(&["--set", "quality.spans_max=5"])
            .expect(0)
            .json()["unchanged"],
        true
    );
    let released = bench.released();
    moisson(&["clean", &out, "--keep", "receipts"]).expect(0);
    moisson(&["verify", &out, "--deep"]).expect(0);
    assert_eq!(bench.released(), released);
    moisson(&["explain", &out, "s/d1"]).expect(0);
}

#[test]
fn queries_and_ids_that_are_wrong_get_help() {
    let bench = Bench::new();
    bench
        .write("s.jsonl", line("a", &prose(1, 60)))
        .pipeline(JSONL)
        .run(&[])
        .expect(0);
    let out = bench.text_path("out");
    let ended = moisson(&["query", &out, "SELECT * FROM nothing"]).expect(2);
    assert!(ended.stderr.contains("decisions"), "{}", ended.stderr);
    let ended = moisson(&["explain", &out, "other/a"]).expect(2);
    assert!(ended.stderr.contains("`s/a`"), "{}", ended.stderr);
    let ended = moisson(&["verify", &bench.text_path("nothing")]).expect(2);
    assert!(ended.stderr.contains("no output"), "{}", ended.stderr);
}

#[test]
fn an_alarm_keeps_the_release_staged_until_it_is_acknowledged() {
    let bench = Bench::new();
    let mut lines: String = (0..12)
        .map(|n| line(&format!("d{n}"), &prose(n, 100)))
        .collect();
    lines.extend((0..12).map(|n| line(&format!("e{n}"), &prose(n, 100))));
    bench.write("s.jsonl", lines).pipeline(JSONL);
    let alarm = ["--set", "alarm.share_max=0.3"];
    let staged = bench.run(&alarm).expect(1).json();
    assert_eq!(staged["published"], false);
    assert_eq!(staged["alarms"][0]["reason"], "duplicate/exact");
    assert!(!bench.path("out/release/manifest.json").exists());
    assert_eq!(bench.run(&alarm).expect(1).json()["unchanged"], true);
    moisson(&["verify", &bench.text_path("out")]).expect(1);
    let told = bench.query("SELECT count(*) AS n FROM duplicates");
    assert_eq!(told[0]["n"], 12);
    let why = [
        alarm[0],
        alarm[1],
        "--set",
        "source.s.expected_drop={\"duplicate/exact\"='twice on purpose'}",
    ];
    let published = bench.run(&why).expect(0).json();
    assert_eq!(published["published"], true);
    assert_eq!(published["alarms"][0]["acknowledged"], "twice on purpose");
    assert!(!bench.path("out/staged/manifest.json").exists());
    moisson(&["verify", &bench.text_path("out"), "--deep"]).expect(0);
}
