//! A parsed tree laid flat in document order, so that nothing that walks it needs recursion.

use std::borrow::Cow;

use super::entities::decode_again;

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

/// A tree laid flat, whatever it was parsed from: XML, HTML, or JSON that says the same.
pub(crate) trait Tree {
    /// Name of an element without its prefix; empty for text.
    fn name(&self, node: usize) -> &str;
    /// The text of a run; empty for elements.
    fn run(&self, node: usize) -> &str;
    /// Index of the parent; its own for the root.
    fn parent(&self, node: usize) -> usize;
    /// Index after the last node inside.
    fn end(&self, node: usize) -> usize;
    /// Value of an attribute, trimmed; `None` if absent or empty.
    fn attribute(&self, node: usize, name: &str) -> Option<String>;

    /// True for a run of text.
    fn is_text(&self, node: usize) -> bool {
        self.name(node).is_empty()
    }

    /// Children of a node in order, runs of text among them.
    fn nodes(&self, parent: usize) -> Children<'_, Self>
    where
        Self: Sized,
    {
        Children {
            tree: self,
            at: parent + 1,
            end: self.end(parent),
        }
    }

    /// First element at a path below a node.
    fn find(&self, from: usize, path: &[&str]) -> Option<usize>
    where
        Self: Sized,
    {
        path.iter().try_fold(from, |node, name| {
            self.nodes(node).find(|child| self.name(*child) == *name)
        })
    }

    /// Text of an element and all it holds, white space collapsed; `None` if empty.
    fn text(&self, node: usize) -> Option<String> {
        let joined: String = (node..self.end(node)).map(|node| self.run(node)).collect();
        let decoded = decode_again(&joined);
        let words: Vec<&str> = decoded.split_whitespace().collect();
        (!words.is_empty()).then(|| words.join(" "))
    }

    /// Text of the first element at a path, white space collapsed; `None` if absent or empty.
    fn value(&self, from: usize, path: &[&str]) -> Option<String>
    where
        Self: Sized,
    {
        self.text(self.find(from, path)?)
    }

    /// True if an attribute that is a list of words, such as `class`, has one of which `is` is true.
    fn any_word(&self, node: usize, attribute: &str, is: impl Fn(&str) -> bool) -> bool {
        let value = self.attribute(node, attribute).unwrap_or_default();
        value.split_ascii_whitespace().any(is)
    }

    /// True if an attribute that is a list of words has this word.
    fn has_word(&self, node: usize, attribute: &str, word: &str) -> bool {
        self.any_word(node, attribute, |one| one == word)
    }
}

/// Iterates over the children of a node.
#[derive(Debug)]
pub(crate) struct Children<'a, T> {
    tree: &'a T,
    at: usize,
    end: usize,
}

impl<T: Tree> Iterator for Children<'_, T> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        (self.at < self.end).then(|| {
            let child = self.at;
            self.at = self.tree.end(child);
            child
        })
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
