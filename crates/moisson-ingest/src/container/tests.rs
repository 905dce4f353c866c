//! Every way a file can come to us, whole and broken.

use std::cell::Cell;
use std::io::{Cursor, Error, ErrorKind, Read, Seek, SeekFrom, Write};

use moisson_core::Limits;
use serde_json::json;

use super::{Include, ReadSeek, SourceFile, member_name, read_file};
use crate::readers;
use crate::testing::Collected;

const LINES: &str = "{\"text\":\"un\"}\n{\"text\":\"deux\"}\n";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::XzOptions::default();
    let mut encoder = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).unwrap()
}

fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        builder.append_data(&mut header, name, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        writer
            .start_file(*name, zip::write::SimpleFileOptions::default())
            .unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Bytes that do not compress.
fn noise(count: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        b'a' + (state >> 59) as u8
    };
    (0..count).map(|_| next()).collect()
}

fn read_with(
    reader: &str,
    include: &[&str],
    limits: &Limits,
    bytes: impl AsRef<[u8]>,
) -> Collected {
    let bytes = bytes.as_ref();
    let reader = readers::build(reader, &json!({})).unwrap();
    let include: Vec<String> = include.iter().map(|glob| (*glob).to_owned()).collect();
    let size = bytes.len() as u64;
    let open =
        || -> std::io::Result<Box<dyn ReadSeek>> { Ok(Box::new(Cursor::new(bytes.to_vec()))) };
    let file = SourceFile {
        name: "f",
        size,
        open: &open,
    };
    let mut sink = Collected::default();
    let include = Include::new(&include).unwrap();
    read_file(&*reader, &file, &include, limits, &mut sink).unwrap();
    sink
}

fn read(reader: &str, bytes: impl AsRef<[u8]>) -> Collected {
    read_with(reader, &[], &Limits::default(), bytes)
}

/// What came out, as `uri text` and as faults.
fn outcome(sink: &Collected) -> (Vec<String>, Vec<String>) {
    let line = |d: &moisson_core::Document| {
        format!(
            "{} {}",
            d.raw_uri,
            d.text.chars().take(40).collect::<String>()
        )
    };
    (
        sink.documents.iter().map(line).collect(),
        sink.fault_lines(),
    )
}

fn check(sink: &Collected, documents: &[&str], faults: &[&str]) {
    let (found, found_faults) = outcome(sink);
    assert_eq!(found, documents);
    assert_eq!(found_faults, faults);
    let counted = sink.faults.iter().filter(|fault| !fault.whole_file).count();
    assert!(
        sink.records <= sink.documents.len() + counted,
        "{} records",
        sink.records
    );
}

#[test]
fn compressions_are_told_by_content() {
    type Codec = fn(&[u8]) -> Vec<u8>;
    for codec in [gzip as Codec, bzip2, xz, zstd, <[u8]>::to_vec] {
        check(
            &read("jsonl", codec(LINES.as_bytes())),
            &["f un", "f deux"],
            &[],
        );
        let parts = [
            codec(b"{\"text\":\"un\"}\n"),
            codec(b"{\"text\":\"deux\"}\n"),
        ]
        .concat();
        check(&read("jsonl", parts), &["f un", "f deux"], &[]);
        let archive = tar(&[("d/a.txt", b"A"), ("./b.txt", b"B"), ("c.md", b"C")]);
        check(
            &read("text", codec(&archive)),
            &["f!d/a.txt A", "f!b.txt B"],
            &[],
        );
    }
}

#[test]
fn files_of_compress_are_read() {
    let lzw = |bytes: &[u8]| super::lzw::tests::compress(bytes, 16, Some(5000));
    check(
        &read("jsonl", lzw(LINES.as_bytes())),
        &["f un", "f deux"],
        &[],
    );
    let inner = tar(&[("d/a.txt", b"A")]);
    let archive = tar(&[("b.tar", &inner), ("c.txt.Z", &lzw(b"C"))]);
    let expected = ["f!b.tar!d/a.txt A", "f!c.txt.Z C"];
    check(&read("text", lzw(&archive)), &expected, &[]);
    // Nothing marks the end: the tar inside of a file cut short notices.
    let packed = lzw(&tar(&[("a.txt", &noise(5000))]));
    let cut = &packed[..packed.len() / 2];
    check(
        &read("text", cut),
        &[],
        &["extract/truncated f!a.txt", "*extract/truncated f"],
    );
    let broken = [&[0x1F, 0x9D, 0x90][..], &[0xFF; 600]].concat();
    check(
        &read("text", broken),
        &[],
        &[
            "extract/malformed-archive f",
            "*extract/malformed-archive f",
        ],
    );
}

#[test]
fn archives_are_read_member_by_member() {
    let members: [(&str, &[u8]); 3] = [("d/a.txt", b"A"), ("d/", b""), ("é.txt", b"E")];
    check(
        &read("text", zip(&members)),
        &["f!d/a.txt A", "f!é.txt E"],
        &[],
    );
    let members: [(&str, &[u8]); 2] = [("d/a.txt", b"A"), ("b.md", b"B")];
    for archive in [zip(&members), tar(&members)] {
        let sink = read_with("text", &["*.md"], &Limits::default(), archive);
        check(&sink, &["f!b.md B"], &[]);
    }
    let long = "x".repeat(300);
    let name = format!("{long}/{long}.txt");
    check(
        &read("text", tar(&[(&name, b"L")])),
        &[format!("f!{name} L").as_str()],
        &[],
    );
}

#[test]
fn members_are_decompressed_and_archives_inside_opened_once() {
    let (packed, lines) = (gzip(b"G"), tar(&[("z.txt", b"Z")]));
    let inner_zip = zip(&[("y.txt", b"Y")]);
    let deep = tar(&[(
        "deep.tar",
        &tar(&[("deeper.tar", &tar(&[("x.txt", b"X")]))]),
    )]);
    let members: [(&str, &[u8]); 5] = [
        ("a.txt.gz", &packed),
        ("b.tar.gz", &gzip(&lines)),
        ("c.zip", &inner_zip),
        ("d.gz", &packed),
        ("e.txt", b"E"),
    ];
    let expected = [
        "f!a.txt.gz G",
        "f!b.tar.gz!z.txt Z",
        "f!c.zip!y.txt Y",
        "f!e.txt E",
    ];
    check(&read("text", tar(&members)), &expected, &[]);
    check(&read("text", zip(&members)), &expected, &[]);
    check(&read("text", deep), &[], &[]);
}

#[test]
fn a_cut_file_keeps_what_was_read_before() {
    // Longer than the blocks that decoders give out whole.
    let long = noise(1 << 20);
    let archive = tar(&[("a.txt", b"A"), ("b.txt", &long), ("c.txt", b"C")]);
    let cut = |bytes: &[u8], at: usize| bytes[..at].to_vec();
    let truncated = ["extract/truncated f!b.txt", "*extract/truncated f"];
    check(
        &read("text", cut(&archive, 100_000)),
        &["f!a.txt A"],
        &truncated,
    );
    for codec in [gzip, zstd, xz] {
        let packed = codec(&archive);
        let sink = read("text", cut(&packed, packed.len() / 2));
        check(&sink, &["f!a.txt A"], &truncated);
    }
    // In the header of a member, and where a member is passed over.
    let header = ["extract/truncated f", "*extract/truncated f"];
    check(
        &read("text", cut(&archive, 1024 + 100)),
        &["f!a.txt A"],
        &header,
    );
    check(&read("markdown", cut(&archive, 100_000)), &[], &header);
    // Lines before the cut are kept; the one being read is counted.
    let line = |i: usize| format!("{{\"text\":\"{i} {}\"}}\n", "é".repeat(i % 90));
    let lines = (0..5000).map(line).collect::<Vec<_>>().concat();
    let packed = gzip(lines.as_bytes());
    let sink = read("jsonl", cut(&packed, packed.len() / 2));
    assert!(sink.documents.len() > 1000);
    assert_eq!(
        sink.fault_lines(),
        ["extract/truncated f", "*extract/truncated f"]
    );
    assert_eq!(sink.records, sink.documents.len() + 1);
}

#[test]
fn a_corrupt_file_keeps_what_was_read_before() {
    // Longer than a block of bzip2, which comes out whole or not at all.
    let long = noise(3 << 20);
    let archive = tar(&[("a.txt", b"A"), ("b.txt", &long), ("c.txt", b"C")]);
    let broken = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        let middle = bytes.len() / 2;
        bytes[middle..middle + 2000].fill(0xFF);
        bytes
    };
    let malformed = [
        "extract/malformed-archive f!b.txt",
        "*extract/malformed-archive f",
    ];
    check(
        &read("text", broken(&bzip2(&archive))),
        &["f!a.txt A"],
        &malformed,
    );
    // A checksum at the very end that does not fit puts the whole file in doubt.
    let short = tar(&[("a.txt", b"A")]);
    let mut checksum = gzip(&short);
    let at = checksum.len() - 6;
    checksum[at] ^= 1;
    let expected = [
        "extract/malformed-archive f",
        "*extract/malformed-archive f",
    ];
    check(&read("text", checksum), &["f!a.txt A"], &expected);
    let mut header = archive;
    header[1024 + 150] ^= 1; // the checksum of the second member
    check(&read("text", header), &["f!a.txt A"], &expected);
}

#[test]
fn a_member_that_is_corrupt_in_itself_does_not_stop_its_archive() {
    let packed = gzip(&noise(1000));
    let cut = &packed[..packed.len() / 2];
    let members: [(&str, &[u8]); 3] = [("a.txt", b"A"), ("b.txt.gz", cut), ("c.txt", b"C")];
    let faults = [
        "extract/truncated f!b.txt.gz",
        "*extract/truncated f!b.txt.gz",
    ];
    check(
        &read("text", tar(&members)),
        &["f!a.txt A", "f!c.txt C"],
        &faults,
    );
    let mut archive = zip(&[("a.txt", b"A"), ("b.txt", &noise(1000)), ("c.txt", b"C")]);
    archive[200..230].fill(0xFF);
    let sink = read("text", archive);
    let faults = [
        "extract/malformed-archive f!b.txt",
        "*extract/malformed-archive f!b.txt",
    ];
    check(&sink, &["f!a.txt A", "f!c.txt C"], &faults);
}

#[test]
fn a_zip_without_directory_is_saved_as_far_as_it_goes() {
    let archive = zip(&[("a.txt", b"A"), ("b.txt", b"B"), ("c.txt", &noise(5000))]);
    let sink = read("text", &archive[..1000]);
    let (documents, faults) = outcome(&sink);
    assert_eq!(documents, ["f!a.txt A", "f!b.txt B"]);
    assert_eq!(
        faults.last().map(String::as_str),
        Some("*extract/malformed-archive f")
    );
}

#[test]
fn an_encrypted_member_is_counted() {
    let mut archive = zip(&[("a.txt", b"A"), ("b.txt", b"B")]);
    // The general purpose flag of the first member, in its local header and in the directory.
    let directory = archive.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
    archive[6] |= 1;
    archive[directory + 8] |= 1;
    let faults = ["extract/malformed-archive f!a.txt"];
    check(&read("text", archive), &["f!b.txt B"], &faults);
}

#[test]
fn bombs_are_stopped() {
    let bomb = vec![b' '; 17 << 20];
    let packed = gzip(&bomb);
    for (bytes, uri) in [(packed.clone(), "f"), (zip(&[("a.txt", &bomb)]), "f!a.txt")] {
        let sink = read("text", bytes);
        let fault = format!("extract/expansion {uri}");
        check(&sink, &[], &[&fault, "*extract/expansion f"]);
        assert_eq!(sink.faults[1].threshold.as_deref(), Some("200"));
    }
    // A member on the inside is held against the size of the file as well.
    let inner = tar(&[("a.txt.gz", &packed)]);
    let sink = read("text", gzip(&inner));
    assert_eq!(sink.fault_lines()[0], "extract/expansion f!a.txt.gz");
    // Lines are no way around it.
    let lines = format!("{{\"text\":\"{}\"}}\n", " ".repeat(8000)).repeat(2300);
    let sink = read("jsonl", gzip(lines.as_bytes()));
    assert!(sink.documents.len() > 2000 && sink.documents.len() < 2300);
    assert_eq!(
        sink.fault_lines(),
        ["extract/expansion f", "*extract/expansion f"]
    );
    // The setting can be raised.
    let limits = Limits {
        expansion_ratio_max: 2000,
        ..Limits::default()
    };
    assert_eq!(read_with("text", &[], &limits, &packed).documents.len(), 1);
}

#[test]
fn limits_on_members_as_a_table() {
    let members: [(&str, &[u8]); 3] = [("a.txt", b"A"), ("b.txt", b"BBBBB"), ("c.txt", b"C")];
    let few = Limits {
        members_max: 2,
        ..Limits::default()
    };
    let small = Limits {
        record_bytes_max: 4,
        ..Limits::default()
    };
    for archive in [tar(&members), zip(&members)] {
        let sink = read_with("text", &[], &few, archive.clone());
        let faults = ["extract/expansion f", "*extract/expansion f"];
        check(&sink, &["f!a.txt A", "f!b.txt BBBBB"], &faults);
        let sink = read_with("text", &[], &small, archive);
        check(
            &sink,
            &["f!a.txt A", "f!c.txt C"],
            &["extract/too-large f!b.txt"],
        );
        assert_eq!(sink.faults[0].observed.as_deref(), Some("5"));
    }
}

#[test]
fn a_header_cannot_exhaust_memory() {
    // A long name of 8 GiB: the archive ends long before, and what there is of it is not taken in.
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::GNULongName);
    header.set_size(8 << 30);
    header.set_cksum();
    let mut archive = header.as_bytes().to_vec();
    archive.extend(vec![b'x'; 3 << 20]);
    let faults = [
        "extract/malformed-archive f",
        "*extract/malformed-archive f",
    ];
    check(&read("text", archive), &[], &faults);
}

#[test]
fn an_empty_file_is_counted() {
    for reader in ["csv", "html", "json", "jsonl", "markdown", "text", "tsv"] {
        for bytes in [Vec::new(), gzip(b"")] {
            let sink = read(reader, bytes);
            check(&sink, &[], &["extract/empty f"]);
            assert_eq!(sink.records, 1);
        }
    }
}

/// A file that fails after so many bytes.
struct Failing(Cursor<Vec<u8>>, u64);

impl Read for Failing {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.0.position() >= self.1 {
            return Err(Error::new(ErrorKind::TimedOut, "the network is down"));
        }
        let room = usize::try_from(self.1 - self.0.position())
            .unwrap()
            .min(buffer.len());
        self.0.read(&mut buffer[..room])
    }
}

impl Seek for Failing {
    fn seek(&mut self, position: SeekFrom) -> std::io::Result<u64> {
        self.0.seek(position)
    }
}

#[test]
fn an_unreadable_file_is_counted() {
    let reader = readers::build("jsonl", &json!({})).unwrap();
    let packed = gzip(&noise(9000));
    let cases: [(&[u8], Option<u64>, usize); 4] = [
        (b"", None, 0),
        (b"abc", Some(0), 0),
        (LINES.as_bytes(), Some(20), 1),
        (&packed, Some(2000), 0),
    ];
    for (bytes, fails_after, documents) in cases {
        let opened = Cell::new(0);
        let open = || -> std::io::Result<Box<dyn ReadSeek>> {
            opened.set(opened.get() + 1);
            match fails_after {
                Some(after) => Ok(Box::new(Failing(Cursor::new(bytes.to_vec()), after))),
                None => Err(Error::new(ErrorKind::PermissionDenied, "permission denied")),
            }
        };
        let file = SourceFile {
            name: "f",
            size: bytes.len() as u64,
            open: &open,
        };
        let mut sink = Collected::default();
        let include = Include::default();
        read_file(&*reader, &file, &include, &Limits::default(), &mut sink).unwrap();
        assert_eq!(
            sink.fault_lines(),
            ["extract/unreadable f", "*extract/unreadable f"]
        );
        assert_eq!((sink.documents.len(), opened.get()), (documents, 1));
        assert_eq!(sink.records, documents + 1);
    }
}

#[test]
fn what_a_sink_returns_stops_the_walk() {
    struct Stopping(u32);
    impl moisson_core::Sink for Stopping {
        fn begin_record(&mut self) -> moisson_core::Result<bool> {
            self.0 += 1;
            if self.0 > 1 {
                Err(moisson_core::Error::Interrupted)
            } else {
                Ok(true)
            }
        }
        fn document(&mut self, _: moisson_core::Document) -> moisson_core::Result<()> {
            Ok(())
        }
        fn fault(&mut self, _: moisson_core::Fault) -> moisson_core::Result<()> {
            Ok(())
        }
        fn tombstone(&mut self, _: moisson_core::sink::Tombstone) -> moisson_core::Result<()> {
            Ok(())
        }
        fn contents(&mut self, _: moisson_core::Contents) -> moisson_core::Result<()> {
            Ok(())
        }
    }
    let reader = readers::build("text", &json!({})).unwrap();
    let bytes = tar(&[("a.txt", b"A"), ("b.txt", b"B"), ("c.txt", b"C")]);
    let size = bytes.len() as u64;
    let open =
        || -> std::io::Result<Box<dyn ReadSeek>> { Ok(Box::new(Cursor::new(bytes.clone()))) };
    let file = SourceFile {
        name: "f",
        size,
        open: &open,
    };
    let mut sink = Stopping(0);
    let read = read_file(
        &*reader,
        &file,
        &Include::default(),
        &Limits::default(),
        &mut sink,
    );
    assert!(matches!(read, Err(moisson_core::Error::Interrupted)));
    assert_eq!(sink.0, 2);
}

#[test]
fn member_names_are_only_names() {
    for (bytes, name) in [
        (b"./d/a.txt".as_slice(), "d/a.txt"),
        (b"/etc/passwd", "etc/passwd"),
        (b"../a", "../a"),
        (b"\xE9t\xE9.txt", "été.txt"),
        ("é".as_bytes(), "é"),
    ] {
        assert_eq!(member_name(bytes), name);
    }
}

#[test]
fn a_wrong_glob_is_named() {
    let error = Include::new(&["a[".to_owned()]).unwrap_err().to_string();
    assert!(error.contains("`a[`"), "{error}");
}
