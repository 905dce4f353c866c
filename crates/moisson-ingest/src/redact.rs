//! Files without some of their records: archives without members, lines without lines.

use std::collections::BTreeSet;
use std::io::{Cursor, Read, Write};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use moisson_core::{Digest, Error, Result};

/// What is left of a file.
#[derive(Debug, PartialEq, Eq)]
pub enum Redacted {
    /// Nothing: all its records are to go.
    Empty,
    /// The file without them.
    Rest(Vec<u8>),
    /// This kind of file cannot be rewritten, or what is to go was not found in it.
    Unknown,
}

/// Takes members and lines out of a file: `members` of a tar or zip archive by name, lines of JSON lines by the digest
/// of their bytes; gzip around any of these is kept.
///
/// # Errors
/// [`Error::Store`] if the file is damaged.
pub fn without(
    name: &str,
    bytes: &[u8],
    members: &BTreeSet<String>,
    digests: &BTreeSet<Digest>,
) -> Result<Redacted> {
    let damaged = |e: std::io::Error| Error::store("an object of the mirror", e);
    let lower = name.to_ascii_lowercase();
    let (inner, is_gzip) = match (lower.strip_suffix(".gz"), lower.strip_suffix(".tgz")) {
        (Some(inner), _) => (inner.to_owned(), true),
        (None, Some(stem)) => (format!("{stem}.tar"), true),
        (None, None) => (lower.clone(), false),
    };
    let mut opened = Vec::new();
    let plain = if is_gzip {
        MultiGzDecoder::new(bytes)
            .read_to_end(&mut opened)
            .map_err(damaged)?;
        opened.as_slice()
    } else {
        bytes
    };
    let kind = inner.rsplit_once('.').map_or("", |(_, kind)| kind);
    let left = match kind {
        "tar" => tar_without(plain, members).map_err(damaged)?,
        "zip" if !is_gzip => zip_without(plain, members)?,
        "jsonl" | "ndjson" if members.is_empty() => lines_without(plain, digests),
        _ => return Ok(Redacted::Unknown),
    };
    let rest = match left {
        Redacted::Rest(rest) if is_gzip => rest,
        other => return Ok(other),
    };
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(&rest).map_err(damaged)?;
    gzip.finish().map(Redacted::Rest).map_err(damaged)
}

fn outcome(rest: Vec<u8>, kept: usize, gone: usize) -> Redacted {
    match (kept, gone) {
        (_, 0) => Redacted::Unknown,
        (0, _) => Redacted::Empty,
        _ => Redacted::Rest(rest),
    }
}

fn lines_without(bytes: &[u8], digests: &BTreeSet<Digest>) -> Redacted {
    let (mut rest, mut kept, mut gone) = (Vec::with_capacity(bytes.len()), 0, 0);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let bare = line.strip_suffix(b"\n").unwrap_or(line);
        let bare = bare.strip_suffix(b"\r").unwrap_or(bare);
        if digests.contains(&Digest::of(bare)) {
            gone += 1;
        } else {
            kept += usize::from(!bare.is_empty());
            rest.extend_from_slice(line);
        }
    }
    outcome(rest, kept, gone)
}

fn tar_without(bytes: &[u8], members: &BTreeSet<String>) -> std::io::Result<Redacted> {
    let mut archive = tar::Archive::new(bytes);
    let mut builder = tar::Builder::new(Vec::new());
    let (mut kept, mut gone) = (0, 0);
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if members.contains(&path) || members.contains(path.trim_start_matches("./")) {
            gone += 1;
            continue;
        }
        kept += usize::from(entry.header().entry_type().is_file());
        let mut header = entry.header().clone();
        let mut contents = Vec::new();
        entry.read_to_end(&mut contents)?;
        builder.append_data(&mut header, &path, contents.as_slice())?;
    }
    Ok(outcome(builder.into_inner()?, kept, gone))
}

fn zip_without(bytes: &[u8], members: &BTreeSet<String>) -> Result<Redacted> {
    let damaged = |e: zip::result::ZipError| Error::store("an object of the mirror", e);
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let (mut kept, mut gone) = (0, 0);
    for at in 0..archive.len() {
        let file = archive.by_index_raw(at).map_err(damaged)?;
        let name = file.name().map_err(damaged)?.into_owned();
        if members.contains(&name) {
            gone += 1;
            continue;
        }
        kept += usize::from(file.is_file());
        writer.raw_copy_file(file).map_err(damaged)?;
    }
    let rest = writer.finish().map_err(damaged)?.into_inner();
    Ok(outcome(rest, kept, gone))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::io::{Cursor, Read, Write};

    use flate2::read::GzDecoder;
    use moisson_core::Digest;

    use super::{Redacted, without};

    fn tar(names: &[&str]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for name in names {
            let mut header = tar::Header::new_gnu();
            header.set_size(name.len() as u64);
            builder
                .append_data(&mut header, name, name.as_bytes())
                .unwrap();
        }
        builder.into_inner().unwrap()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(bytes).unwrap();
        gzip.finish().unwrap()
    }

    fn zipped(names: &[&str]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for name in names {
            writer
                .start_file(*name, zip::write::SimpleFileOptions::default())
                .unwrap();
            writer.write_all(name.as_bytes()).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn names(members: &[&str]) -> BTreeSet<String> {
        members.iter().map(|name| (*name).to_owned()).collect()
    }

    fn cut(name: &str, bytes: &[u8], members: &[&str], lines: &[&str]) -> Redacted {
        let digests = lines
            .iter()
            .map(|line| Digest::of(line.as_bytes()))
            .collect();
        without(name, bytes, &names(members), &digests).unwrap()
    }

    #[test]
    fn what_is_to_go_goes_and_the_rest_stays() {
        let lines = b"{\"a\":1}\n{\"b\":2}\r\n{\"c\":3}";
        assert_eq!(
            cut("f.jsonl", lines, &[], &["{\"b\":2}"]),
            Redacted::Rest(b"{\"a\":1}\n{\"c\":3}".to_vec())
        );
        assert_eq!(
            cut(
                "f.jsonl",
                lines,
                &[],
                &["{\"a\":1}", "{\"b\":2}", "{\"c\":3}"]
            ),
            Redacted::Empty
        );
        assert_eq!(cut("f.jsonl", lines, &[], &["{}"]), Redacted::Unknown);
        assert_eq!(cut("f.xml", b"<a/>", &[], &[]), Redacted::Unknown);
        let Redacted::Rest(rest) = cut(
            "F.tar.GZ",
            &gzip(&tar(&["x/a.xml", "x/b.xml"])),
            &["x/a.xml"],
            &[],
        ) else {
            panic!()
        };
        let mut opened = Vec::new();
        GzDecoder::new(rest.as_slice())
            .read_to_end(&mut opened)
            .unwrap();
        assert_eq!(opened, tar(&["x/b.xml"]));
        assert_eq!(
            cut("f.tgz", &gzip(&tar(&["a"])), &["a"], &[]),
            Redacted::Empty
        );
        let Redacted::Rest(rest) = cut("f.zip", &zipped(&["a", "b"]), &["a"], &[]) else {
            panic!()
        };
        let archive = zip::ZipArchive::new(Cursor::new(rest)).unwrap();
        let names: Vec<_> = archive.file_names().map(Result::unwrap).collect();
        assert_eq!(names, ["b"]);
    }
}
