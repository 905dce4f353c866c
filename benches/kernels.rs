//! Kernels, in bytes of text a second on one thread: `cargo bench --workspace --bench kernels`.
#![expect(clippy::unwrap_used, reason = "a benchmark")]

use std::fmt::Write;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use moisson_annotate::language::{LanguageAnnotator, LanguageParams};
use moisson_annotate::licence::{LicenceAnnotator, LicenceParams};
use moisson_annotate::quality::{QualityAnnotator, QualityParams};
use moisson_annotate::signature::{SignatureAnnotator, SignatureParams};
use moisson_core::{Annotator, ContentHasher, Digest, Document, Documents, Key};
use moisson_ingest::normalise::{NormaliseCounts, NormaliseParams, normalise};
use moisson_shard::file::{TableWriter, WriteOptions};
use moisson_text::{shingle, word};

/// Articles of an invented code: numbered, in French, about 700 bytes each, no two alike.
fn article(number: u64) -> String {
    const SUBJECTS: [&str; 6] = [
        "l'autorité administrative",
        "le demandeur",
        "la commission",
        "l'établissement public",
        "le conseil municipal",
        "l'organisme gestionnaire",
    ];
    const VERBS: [&str; 6] = [
        "notifie sa décision",
        "transmet le dossier complet",
        "rend un avis motivé",
        "fixe les conditions d'application",
        "établit un rapport annuel",
        "publie la liste des agréments",
    ];
    let mut state = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = |bound: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % bound).unwrap()
    };
    let mut text = format!("Article L. {number}-{}\n", next(90));
    for _ in 0..6 {
        writeln!(
            text,
            "Dans un délai de {} jours à compter du {} mars {}, {} {} aux personnes mentionnées à l'article R. {}-{}.",
            next(90), next(30) + 1, 1950 + next(75), SUBJECTS[next(6)], VERBS[next(6)], next(999), next(99)
        )
        .unwrap();
    }
    text
}

fn kernels(criterion: &mut Criterion) {
    let texts: Vec<String> = (0..2000).map(article).collect();
    let bytes: u64 = texts.iter().map(|text| text.len() as u64).sum();
    let mut documents = Documents::new("bench", "text@1");
    for (number, text) in texts.iter().enumerate() {
        let key = Key::Declared(number.to_string());
        documents.push(Document::new(
            key,
            text.clone(),
            "bench".into(),
            Digest::of(text.as_bytes()),
        ));
    }
    let batch = documents.finish().unwrap();
    let mut group = criterion.benchmark_group("kernels");
    group.throughput(Throughput::Bytes(bytes)).sample_size(10);

    group.bench_function("words", |b| {
        b.iter(|| {
            texts
                .iter()
                .map(|text| word::words(text).count())
                .sum::<usize>()
        });
    });
    group.bench_function("shingles", |b| {
        b.iter(|| {
            let mut sum = 0u64;
            for text in &texts {
                shingle::for_each(text, |hash| sum ^= hash);
            }
            sum
        });
    });
    group.bench_function("normalise", |b| {
        b.iter(|| {
            let mut counts = NormaliseCounts::default();
            for text in &texts {
                black_box(normalise(text, NormaliseParams::default(), &mut counts));
            }
        });
    });
    let annotators: [Box<dyn Annotator>; 4] = [
        Box::new(LicenceAnnotator::new(LicenceParams::default()).unwrap()),
        Box::new(LanguageAnnotator::new(LanguageParams::default(), None).unwrap()),
        Box::new(QualityAnnotator::new(QualityParams::default())),
        Box::new(SignatureAnnotator::new(SignatureParams::default())),
    ];
    for annotator in &annotators {
        group.bench_function(format!("annotate {}", annotator.family()), |b| {
            b.iter(|| annotator.annotate(&batch).unwrap());
        });
    }
    group.bench_function("content digest", |b| {
        b.iter(|| {
            let mut hasher = ContentHasher::new();
            hasher.update(&batch).unwrap();
            hasher.finish()
        });
    });
    group.bench_function("write parquet", |b| {
        b.iter(|| {
            let mut writer = TableWriter::new(batch.schema(), WriteOptions::default()).unwrap();
            writer.write(&batch).unwrap();
            writer.finish().unwrap()
        });
    });
    group.finish();
}

criterion_group!(benches, kernels);
criterion_main!(benches);
