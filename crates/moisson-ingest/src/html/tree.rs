//! A parsed tree laid flat in document order, so that nothing that walks it needs recursion.

use std::borrow::Cow;

/// An element or a run of text. A subtree is the range from its root to `end`.
#[derive(Debug, Clone)]
pub(crate) struct Node<'a> {
    /// Name of the element; empty for text.
    pub(crate) name: &'a str,
    /// The text; empty for elements.
    pub(crate) text: Cow<'a, str>,
    /// Index of the parent; its own for the root.
    pub(crate) parent: usize,
    /// Index after the last node inside.
    pub(crate) end: usize,
}

impl Node<'_> {
    pub(crate) fn is_text(&self) -> bool {
        self.name.is_empty()
    }
}

/// Builds a flat tree from openings, texts and closings.
#[derive(Debug, Default)]
pub(crate) struct Builder<'a> {
    nodes: Vec<Node<'a>>,
    open: Vec<usize>,
}

impl<'a> Builder<'a> {
    /// Opens an element.
    pub(crate) fn open(&mut self, name: &'a str) {
        let index = self.push(name, Cow::Borrowed(""));
        self.open.push(index);
    }

    /// Adds a run of text; returns false where it went on with the one before it.
    pub(crate) fn text(&mut self, text: Cow<'a, str>) -> bool {
        if let Some(before) = self.nodes.last_mut().filter(|node| node.is_text())
            && self
                .open
                .last()
                .is_none_or(|parent| *parent == before.parent)
        {
            before.text.to_mut().push_str(&text);
            return false;
        }
        self.push("", text);
        true
    }

    /// Closes the innermost open element.
    pub(crate) fn close(&mut self) {
        if let Some(index) = self.open.pop() {
            self.nodes[index].end = self.nodes.len();
        }
    }

    /// Closes what is open and returns the nodes.
    pub(crate) fn finish(mut self) -> Vec<Node<'a>> {
        while !self.open.is_empty() {
            self.close();
        }
        self.nodes
    }

    fn push(&mut self, name: &'a str, text: Cow<'a, str>) -> usize {
        let index = self.nodes.len();
        self.nodes.push(Node {
            name,
            text,
            parent: self.open.last().copied().unwrap_or(index),
            end: index + 1,
        });
        index
    }
}
