//! Small PDFs written by hand, for tests.

use std::fmt::Write as _;
use std::io::Write as _;

/// A PDF being made: pages of content, and whatever else is asked for.
#[derive(Default)]
pub(super) struct Made {
    /// Content streams, one a page.
    pub(super) pages: Vec<String>,
    /// Objects added after those of the pages, numbered from 6 and twice the number of pages.
    pub(super) objects: Vec<Vec<u8>>,
    /// Entries of the resources of all pages, beside the fonts `F1` (Times) and `F2` (Courier).
    pub(super) resources: String,
    /// Entries of the document information.
    pub(super) info: String,
    /// Entries of the catalog.
    pub(super) catalog: String,
    /// Entries of the trailer.
    pub(super) trailer: String,
    /// Content is deflated.
    pub(super) deflate: bool,
}

impl Made {
    /// The file.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let kids: Vec<String> = (0..self.pages.len())
            .map(|n| format!("{} 0 R", 6 + 2 * n))
            .collect();
        let font = |name: &str| {
            format!(
                "<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>"
            )
            .into_bytes()
        };
        let mut objects: Vec<Vec<u8>> = vec![
            format!("<< /Type /Catalog /Pages 2 0 R {} >>", self.catalog).into_bytes(),
            format!(
                "<< /Type /Pages /Kids [{}] /Count {} /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R /F2 4 0 R >> {} >> >>",
                kids.join(" "),
                kids.len(),
                self.resources
            )
            .into_bytes(),
            font("Times-Roman"),
            font("Courier"),
            format!("<< {} >>", self.info).into_bytes(),
        ];
        for (index, content) in self.pages.iter().enumerate() {
            objects.push(
                format!(
                    "<< /Type /Page /Parent 2 0 R /Contents {} 0 R >>",
                    7 + 2 * index
                )
                .into_bytes(),
            );
            let latin: Vec<u8> = content.chars().map(winansi).collect();
            objects.push(if self.deflate {
                deflated("", &latin)
            } else {
                stream("", &latin)
            });
        }
        objects.extend(self.objects.iter().cloned());
        assemble(&objects, &self.trailer)
    }
}

fn winansi(c: char) -> u8 {
    match c {
        '’' => 0x92,
        '•' => 0x95,
        '–' => 0x96,
        '…' => 0x85,
        'œ' => 0x9c,
        c => u8::try_from(u32::from(c)).unwrap(),
    }
}

/// A stream object with more entries in its dictionary.
pub(super) fn stream(entries: &str, data: &[u8]) -> Vec<u8> {
    let mut object = format!("<< /Length {} {entries} >>\nstream\n", data.len()).into_bytes();
    object.extend_from_slice(data);
    object.extend_from_slice(b"\nendstream");
    object
}

/// A deflated stream object.
pub(super) fn deflated(entries: &str, data: &[u8]) -> Vec<u8> {
    stream(&format!("/Filter /FlateDecode {entries}"), &zlib(data))
}

pub(super) fn zlib(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn assemble(objects: &[Vec<u8>], trailer: &str) -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (index, object) in objects.iter().enumerate() {
        writeln!(table, "{:010} 00000 n ", bytes.len()).unwrap();
        bytes.extend_from_slice(format!("{} 0 obj\n", index + 1).as_bytes());
        bytes.extend_from_slice(object);
        bytes.extend_from_slice(b"\nendobj\n");
    }
    let start = bytes.len();
    bytes.extend_from_slice(table.as_bytes());
    let end = format!(
        "trailer\n<< /Size {} /Root 1 0 R /Info 5 0 R {trailer} >>\nstartxref\n{start}\n%%EOF\n",
        objects.len() + 1
    );
    bytes.extend_from_slice(end.as_bytes());
    bytes
}

/// Lines of text from a place downwards, 12 points apart, in 10 point Times.
pub(super) fn lines(x: i32, y: i32, lines: &[&str]) -> String {
    spaced_lines(x, y, 12, lines)
}

/// Lines of text at another distance.
pub(super) fn spaced_lines(x: i32, y: i32, leading: i32, lines: &[&str]) -> String {
    let mut content = String::new();
    for (index, line) in (0..).zip(lines) {
        content.push_str(&at(x, y - leading * index, line));
    }
    content
}

/// A piece of text at a place.
pub(super) fn at(x: i32, y: i32, text: &str) -> String {
    sized(x, y, 10, text)
}

/// A piece of text at a place in a size.
pub(super) fn sized(x: i32, y: i32, size: i32, text: &str) -> String {
    format!("BT /F1 {size} Tf 1 0 0 1 {x} {y} Tm ({text}) Tj ET\n")
}
