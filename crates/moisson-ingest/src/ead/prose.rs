//! The text of a descriptive element: paragraphs, headings, items of lists.

use crate::xml::Xml;

/// Returns the paragraphs inside of a node, white space collapsed, none empty.
pub(super) fn paragraphs(xml: &Xml<'_>, node: usize) -> Vec<String> {
    let mut paragraphs = Paragraphs::default();
    // Blocks that are open, innermost last: where they end, and their names.
    let mut open: Vec<(usize, &str)> = Vec::new();
    let mut at = node + 1;
    while at < xml.end(node) {
        while let Some((_, name)) = open.pop_if(|(end, _)| *end <= at) {
            paragraphs.close(name);
        }
        match xml.name(at) {
            "" => paragraphs.open.push_str(xml.run(at)),
            "lb" => paragraphs.open.push('\n'),
            "dao" | "daogrp" | "daoset" | "daoloc" | "ptr" | "extptr" | "num" => {
                at = xml.end(at);
                continue;
            }
            name if is_block(name, xml.name(xml.parent(at))) => {
                if name != "date" {
                    paragraphs.flush(false);
                }
                open.push((xml.end(at), name));
            }
            _ => {}
        }
        at += 1;
    }
    while let Some((_, name)) = open.pop() {
        paragraphs.close(name);
    }
    paragraphs.flush(false);
    paragraphs.done
}

fn is_block(name: &str, parent: &str) -> bool {
    match name {
        "date" => parent == "chronitem",
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
    /// The last one done is an item of a list.
    is_item: bool,
}

impl Paragraphs {
    fn close(&mut self, name: &str) {
        match name {
            "date" if !self.open.trim().is_empty() => {
                self.open.truncate(self.open.trim_end().len());
                self.open.push_str(" : ");
            }
            "date" => {}
            name => self.flush(matches!(
                name,
                "item" | "li" | "chronitem" | "row" | "tr" | "defitem" | "indexentry"
            )),
        }
    }

    /// Ends a paragraph; items of a list are lines of one.
    fn flush(&mut self, is_item: bool) {
        let words: Vec<&str> = self.open.split_whitespace().collect();
        if !words.is_empty() {
            let text = words.join(" ");
            match self.done.last_mut().filter(|_| is_item && self.is_item) {
                Some(list) => {
                    list.push('\n');
                    list.push_str(&text);
                }
                None => self.done.push(text),
            }
            self.is_item = is_item;
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
