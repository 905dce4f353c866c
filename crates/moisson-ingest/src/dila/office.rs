//! Text of the office files that company agreements come in: `.docx` and `.odt`, paragraphs and tables.

use std::io::{Cursor, Read};

use zip::read::ZipArchive;

use crate::encoding;
use crate::xml::Xml;

/// Returns the text of an office file. Headers, footers, notes and comments lie elsewhere in it and are left out.
///
/// # Errors
/// What is wrong with it, for the ledger.
pub fn text(bytes: &[u8], bytes_max: u64, depth_max: u32) -> Result<String, String> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| error.to_string())?;
    let name = ["word/document.xml", "content.xml"]
        .into_iter()
        .find(|name| archive.index_for_name(name).is_some())
        .ok_or("is neither a Word nor an OpenDocument text")?;
    let mut xml = Vec::new();
    let member = archive.by_name(name).map_err(|error| error.to_string())?;
    member
        .take(bytes_max.saturating_add(1))
        .read_to_end(&mut xml)
        .map_err(|error| error.to_string())?;
    if xml.len() as u64 > bytes_max {
        return Err(format!("`{name}` is larger than {bytes_max} bytes"));
    }
    let decoded = encoding::decode(&xml, encoding::declared(&xml));
    let xml = Xml::parse(&decoded.text, depth_max)?;
    Ok(render(&xml, name == "content.xml"))
}

/// One paragraph a block; rows of a table are lines, their cells separated by ` | `.
fn render(xml: &Xml<'_>, is_open_document: bool) -> String {
    let mut out = String::new();
    let mut row_end = 0;
    let (mut was_in_row, mut row_has_text, mut cell_has_text) = (false, false, false);
    for node in 0..xml.end(0) {
        match xml.name(node) {
            "tr" | "table-row" if node >= row_end => {
                row_end = xml.end(node);
                row_has_text = false;
            }
            "tc" | "table-cell" if node < row_end => cell_has_text = false,
            // A paragraph inside of another is that of a drawing: it is part of it.
            "p" | "h" if !is_inside_paragraph(xml, node) => {
                let text = paragraph(xml, node, is_open_document);
                if text.is_empty() {
                    continue;
                }
                let is_in_row = node < row_end;
                let joint = match (is_in_row && row_has_text, is_in_row && was_in_row) {
                    _ if out.is_empty() => "",
                    (true, _) if cell_has_text => " ",
                    (true, _) => " | ",
                    (_, true) => "\n",
                    _ => "\n\n",
                };
                out.push_str(joint);
                out.push_str(&text);
                was_in_row = is_in_row;
                (row_has_text, cell_has_text) = (true, true);
            }
            _ => {}
        }
    }
    out
}

fn is_inside_paragraph(xml: &Xml<'_>, node: usize) -> bool {
    let parent = xml.parent(node);
    // Text boxes hang some levels below their paragraph; a few levels up are enough to tell.
    let mut at = parent;
    for _ in 0..12 {
        if at == 0 {
            return false;
        }
        if matches!(xml.name(at), "p" | "h") {
            return true;
        }
        at = xml.parent(at);
    }
    false
}

fn paragraph(xml: &Xml<'_>, paragraph: usize, is_open_document: bool) -> String {
    let mut text = String::new();
    let mut node = paragraph + 1;
    while node < xml.end(paragraph) {
        match xml.name(node) {
            "tab" | "s" => text.push(' '),
            "br" | "line-break" => text.push('\n'),
            // Notes and comments, what was deleted, and the second copy that drawings keep for old programs.
            "note" | "annotation" | "del" | "Fallback" => {
                node = xml.end(node);
                continue;
            }
            "" if is_open_document || xml.name(xml.parent(node)) == "t" => {
                text.push_str(xml.run(node));
            }
            _ => {}
        }
        node += 1;
    }
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use super::text;

    fn office(name: &str, xml: &str) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        writer.start_file(name, options).unwrap();
        writer.write_all(xml.as_bytes()).unwrap();
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn word_and_open_document() {
        let word = "<w:document xmlns:w='w'><w:body><w:p><w:pPr><w:jc/></w:pPr><w:r><w:t>Article 1</w:t></w:r></w:p><w:p/>\
                    <w:p><w:r><w:t xml:space='preserve'>Un </w:t></w:r><w:r><w:t>accord</w:t><w:tab/><w:t>clair</w:t></w:r>\
                    <w:del><w:r><w:delText>non</w:delText><w:t>non</w:t></w:r></w:del><w:r><w:instrText>PAGE</w:instrText></w:r></w:p>\
                    <w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>b</w:t></w:r></w:p></w:tc></w:tr>\
                    <w:tr><w:tc><w:p><w:r><w:t>c</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>d</w:t></w:r></w:p></w:tc></w:tr></w:tbl>\
                    <w:p><w:r><w:t>Fin</w:t></w:r></w:p></w:body></w:document>";
        assert_eq!(
            text(&office("word/document.xml", word), 10_000, 64).unwrap(),
            "Article 1\n\nUn accord clair\n\na | b\nc | d\n\nFin"
        );
        let open = "<o:document xmlns:o='o' xmlns:t='t'><o:body><t:h>Titre</t:h><t:p>Un<t:s/><t:span>deux</t:span>\
                    <t:note><t:p>note</t:p></t:note></t:p></o:body></o:document>";
        assert_eq!(
            text(&office("content.xml", open), 10_000, 64).unwrap(),
            "Titre\n\nUn deux"
        );
    }

    #[test]
    fn what_is_refused() {
        let check = |bytes: &[u8], expected: &str| {
            let error = text(bytes, 1000, 16).unwrap_err();
            assert!(error.contains(expected), "{error}");
        };
        check(b"rien", "");
        check(&office("autre.xml", "<a/>"), "neither");
        check(&office("content.xml", &"x".repeat(2000)), "larger");
        check(&office("content.xml", &"<p>".repeat(100)), "deeper");
        check(&office("content.xml", "<a>"), "ends inside");
    }
}
