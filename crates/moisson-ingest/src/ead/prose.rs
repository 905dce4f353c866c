//! The text of a descriptive element: paragraphs, headings, items of lists.

use crate::xml::Xml;

/// Returns the paragraphs inside of a node, white space collapsed, none empty.
pub(super) fn paragraphs(xml: &Xml<'_>, node: usize) -> Vec<String> {
    let mut paragraphs = Paragraphs::default();
    // Where blocks that are open end, innermost last, and what is written there.
    let mut ends: Vec<(usize, &str)> = Vec::new();
    let mut at = node + 1;
    while at < xml.end(node) {
        while let Some((_, tail)) = ends.pop_if(|(end, _)| *end <= at) {
            paragraphs.close(tail);
        }
        match xml.name(at) {
            "" => paragraphs.text(xml.run(at)),
            "lb" => paragraphs.text("\n"),
            "dao" | "daogrp" | "daoset" | "daoloc" | "ptr" | "extptr" | "num" => {
                at = xml.end(at);
                continue;
            }
            "date" if xml.name(xml.parent(at)) == "chronitem" => ends.push((xml.end(at), " : ")),
            name if is_block(name, xml.name(xml.parent(at))) => {
                paragraphs.flush();
                ends.push((xml.end(at), "\n\n"));
            }
            _ => {}
        }
        at += 1;
    }
    paragraphs.flush();
    paragraphs.done
}

fn is_block(name: &str, parent: &str) -> bool {
    match name {
        "p" | "head" | "item" | "label" | "chronitem" | "defitem" | "row" | "tr" | "blockquote"
        | "div" | "addressline" | "indexentry" | "li" | "note" => true,
        "bibref" | "archref" | "ref" => {
            matches!(
                parent,
                "bibliography" | "relatedmaterial" | "separatedmaterial" | "otherfindaid"
            )
        }
        _ => false,
    }
}

#[derive(Default)]
struct Paragraphs {
    done: Vec<String>,
    open: String,
}

impl Paragraphs {
    fn text(&mut self, run: &str) {
        self.open.push_str(run);
    }

    fn close(&mut self, tail: &str) {
        if tail == "\n\n" {
            self.flush();
        } else if !self.open.trim().is_empty() {
            self.open.truncate(self.open.trim_end().len());
            self.open.push_str(tail);
        }
    }

    fn flush(&mut self) {
        let words: Vec<&str> = self.open.split_whitespace().collect();
        if !words.is_empty() {
            self.done.push(words.join(" "));
        }
        self.open.clear();
    }
}

/// Terms of a `controlaccess`, in order, each once: names, places, subjects, kinds.
pub(super) fn terms(xml: &Xml<'_>, node: usize) -> Vec<String> {
    let mut terms = Vec::new();
    let mut seen = std::collections::HashSet::new();
    let mut at = node + 1;
    while at < xml.end(node) {
        let is_term = matches!(
            xml.name(at),
            "persname"
                | "corpname"
                | "famname"
                | "geogname"
                | "subject"
                | "genreform"
                | "function"
                | "occupation"
                | "name"
                | "title"
        );
        if is_term {
            if let Some(term) = xml.text(at).filter(|term| seen.insert(term.clone())) {
                terms.push(term);
            }
            at = xml.end(at);
        } else {
            at += 1;
        }
    }
    terms
}
