//! Containers: each compression is known by its content, not its name, and archives are read without unpacking.

use std::io::Write;

use crate::harness::{Bench, line, prose};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::XzOptions::with_preset(1);
    let mut encoder = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zip(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file(name, zip::write::SimpleFileOptions::default())
        .unwrap();
    zip.write_all(bytes).unwrap();
    zip.finish().unwrap().into_inner()
}

fn tar(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    tar.append_data(&mut header, name, bytes).unwrap();
    tar.into_inner().unwrap()
}

#[test]
fn every_container_gives_the_same_document() {
    let plain = line("a", &prose(1, 80)).into_bytes();
    let check = |kind: &str, bytes: Vec<u8>| {
        let bench = Bench::new();
        bench.write("s.data", bytes).pipeline(
            "[source.s]\npath = 'DATA/s.data'\nreader = 'jsonl'\n\
             options = { id = 'id', text = 'text', licence = 'licence' }\n",
        );
        bench.run(&[]).expect(0);
        assert_eq!(bench.released(), ["s/a"], "{kind}");
    };
    check("plain", plain.clone());
    check("gzip", gzip(&plain));
    check("bzip2", bzip2(&plain));
    check("xz", xz(&plain));
    check("zstd", zstd::encode_all(plain.as_slice(), 1).unwrap());
    check("zip", zip("d/s.jsonl", &plain));
    check("tar", tar("d/s.jsonl", &plain));
    check("tar.gz", gzip(&tar("d/s.jsonl", &plain)));
    check("tar.xz", xz(&tar("d/s.jsonl", &plain)));
    check("gzip in tar", tar("d/s.jsonl.gz", &gzip(&plain)));
}
