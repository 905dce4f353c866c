//! Successive versions of a law: kept, or chosen between by policy, and never torn apart by a split.

use std::collections::{BTreeMap, BTreeSet};

use crate::harness::{Bench, prose};

/// Five works with four versions each; versions of one work are nearly the same text.
fn bench(policy: &str) -> Bench {
    let bench = Bench::new();
    for work in 0..12 {
        for version in 0..4 {
            let mut text = prose(work, 300);
            for amendment in 0..version {
                let words = prose(1000 + amendment, 8);
                text.extend([
                    "

Article ",
                    &amendment.to_string(),
                    ". ",
                    &words,
                ]);
            }
            let page = format!(
                "---\nid: W{work}\ntitle: \"Code {work}\"\ndate: 20{version}0-01-01\nstate: {}\n---\n{text}\n",
                if version == 3 { "VIGUEUR" } else { "ABROGE" }
            );
            bench.write(&format!("m/{work}/{version}.md"), page);
        }
    }
    bench.pipeline(&format!(
        "[source.m]\npath = 'DATA/m'\nreader = 'markdown'\nversions = '{policy}'\n\
         options = {{ id = '{{id}}@{{date}}', title = 'title', version_of = '{{id}}', version_from = 'date', \
         version_state = 'state' }}\n\
         licence = {{ work = 'etalab-2.0', reason = 'ours' }}\n\
         [shard]\ntarget_bytes = 20000\nsplits = {{ validation = 0.3 }}\n"
    ));
    bench
}

#[test]
fn keep_all_loses_no_version_and_splits_tear_no_work_apart() {
    let bench = bench("keep-all");
    bench.run(&[]).expect(0);
    assert_eq!(bench.released().len(), 48);
    let mut splits: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let manifest = crate::harness::manifest(&bench.path("out"));
    for shard in manifest["shards"].as_array().unwrap() {
        let path = bench
            .path("out/release")
            .join(shard["path"].as_str().unwrap());
        let bytes = std::fs::read(path).unwrap().into();
        for batch in moisson_shard::file::read(bytes, Some(&["version_of"]), 1024).unwrap() {
            let batch = batch.unwrap();
            let works = moisson_core::TextColumn::try_new(&batch, "version_of").unwrap();
            for work in works.iter() {
                let split = shard["split"].as_str().unwrap().to_owned();
                splits
                    .entry(work.unwrap().to_owned())
                    .or_default()
                    .insert(split);
            }
        }
    }
    assert_eq!(splits.len(), 12);
    assert!(splits.values().all(|of| of.len() == 1), "{splits:?}");
    let used: BTreeSet<&String> = splits.values().flatten().collect();
    assert_eq!(used.len(), 2, "both splits are used: {splits:?}");
}

#[test]
fn latest_and_in_force_keep_one_of_each_work() {
    for (policy, reason) in [
        ("latest", "version/not-latest"),
        ("in-force", "version/not-in-force"),
    ] {
        let bench = bench(policy);
        bench.run(&[]).expect(0);
        let expected: BTreeSet<String> = (0..12)
            .map(|work| format!("m/W{work}@2030-01-01"))
            .collect();
        assert_eq!(
            bench.released().into_iter().collect::<BTreeSet<_>>(),
            expected,
            "{policy}"
        );
        assert_eq!(
            bench.reasons(),
            BTreeMap::from([(reason.to_owned(), 36)]),
            "{policy}"
        );
    }
}
