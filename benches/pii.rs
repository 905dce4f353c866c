//! Detection of personal data, in bytes of text a second on one thread: `cargo bench --workspace --bench pii`.
//!
//! Texts are invented, law without and messages full of personal data. Where `MOISSON_CORPORA` names the real corpora,
//! law and debates are read from there too.
#![expect(clippy::unwrap_used, reason = "a benchmark")]

use std::fmt::Write;
use std::path::PathBuf;

use arrow::array::RecordBatch;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use moisson_annotate::pii::PiiAnnotator;
use moisson_core::{Annotator, Digest, Document, Documents, Key};
use moisson_rights::personal::PersonalConfig;

/// Articles of an invented code: full of numbers that are no personal data.
fn articles() -> Vec<String> {
    let article = |number: u32| {
        let mut text = format!("Article L. {number}-{}\n", number % 90);
        for line in 0..8 {
            writeln!(
                text,
                "Dans un délai de {} jours à compter du {} mars {}, l'autorité notifie aux personnes mentionnées aux \
                 articles R. {number}-{line} à R. {number}-{} une amende de {} 500 euros (NOR : JUSC{number:07}D).",
                number % 60, line + 1, 1950 + number % 75, line + 9, number % 9
            )
            .unwrap();
        }
        text
    };
    (1000..2000).map(article).collect()
}

/// Messages that are full of personal data; telephone numbers and addresses of the examples of their registers.
fn messages() -> Vec<String> {
    let message = |number: u32| {
        format!(
            "Bonjour, je suis né le 12 mars {} et j'habite 12 rue des Lilas, 44000 Nantes. Mon numéro de sécurité sociale est le \
             2 95 10 99 126 111 93. Rappelez-moi au 06 12 34 56 78 ou écrivez à courrier{number}@boite-aune.fr ; l'IBAN est \
             FR14 2004 1010 0505 0001 3M02 606, le serveur 198.41.0.4, le véhicule immatriculé AB-123-CD.\n",
            1940 + number % 60
        )
    };
    (0..2000).map(message).collect()
}

/// Files of the real corpora with this extension.
#[expect(clippy::disallowed_methods, reason = "a benchmark reads its data")]
fn real(folder: &str, extension: &str) -> Option<Vec<String>> {
    let folder = PathBuf::from(std::env::var("MOISSON_CORPORA").ok()?).join(folder);
    let paths = std::fs::read_dir(folder)
        .ok()?
        .flatten()
        .map(|entry| entry.path());
    let mut paths: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        .collect();
    paths.sort();
    Some(
        paths
            .iter()
            .filter_map(|path| std::fs::read_to_string(path).ok())
            .collect(),
    )
}

fn batch(texts: &[String], genre: &str) -> RecordBatch {
    let mut documents = Documents::new("bench", "text@1");
    for (number, text) in texts.iter().enumerate() {
        let key = Key::Declared(number.to_string());
        let digest = Digest::of(text.as_bytes());
        let mut document = Document::new(key, text.clone(), "bench".into(), digest);
        document.genre = Some(genre.to_owned());
        documents.push(document);
    }
    documents.finish().unwrap()
}

fn pii(criterion: &mut Criterion) {
    let mut inputs = vec![
        ("articles", "law", articles()),
        ("messages", "web", messages()),
    ];
    if let Some(texts) = real("legalize-fr/fr", "md") {
        inputs.push(("real law", "law", texts));
    }
    if let Some(texts) = real("an-mariage2013/files/txt", "txt") {
        inputs.push(("real debates", "debate", texts));
    }
    let annotator = PiiAnnotator::new(PersonalConfig::default()).unwrap();
    let mut group = criterion.benchmark_group("pii");
    group.sample_size(10);
    for (name, genre, texts) in inputs {
        let bytes: u64 = texts.iter().map(|text| text.len() as u64).sum();
        let batch = batch(&texts, genre);
        group.throughput(Throughput::Bytes(bytes));
        group.bench_function(name, |b| b.iter(|| annotator.annotate(&batch).unwrap()));
    }
    group.finish();
}

criterion_group!(benches, pii);
criterion_main!(benches);
