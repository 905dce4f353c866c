//! The JSON image of a sheet: `{type, name, attributes, children}`, as the package `xml-js` writes it.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::html::tree::{Builder, Node, Tree};

/// A sheet read from its image, laid flat; node 0 is its root element.
#[derive(Debug)]
pub struct Image<'a> {
    nodes: Vec<Node<'a>>,
    attributes: Vec<Option<&'a Map<String, Value>>>,
}

impl<'a> Image<'a> {
    /// Lays the first element of an image flat; `None` if the value is not one.
    pub fn new(value: &'a Value) -> Option<Self> {
        let root = if is_element(value) {
            value
        } else {
            children(value).iter().find(|child| is_element(child))?
        };
        let mut builder = Builder::default();
        let mut attributes = Vec::new();
        // A step closes an element or opens one; what is to come first is last.
        let mut steps = vec![Some(root)];
        while let Some(step) = steps.pop() {
            let Some(value) = step else {
                builder.close();
                continue;
            };
            if let Some(name) = name_of(value) {
                builder.open(name.rsplit(':').next().unwrap_or(name));
                attributes.push(attributes_of(value));
                steps.push(None);
                steps.extend(children(value).iter().rev().map(Some));
            } else if let Some(text) = text_of(value)
                && builder.text(Cow::Borrowed(text))
            {
                attributes.push(None);
            }
        }
        Some(Self {
            nodes: builder.finish(),
            attributes,
        })
    }
}

fn is_element(value: &Value) -> bool {
    name_of(value).is_some()
}

fn name_of(value: &Value) -> Option<&str> {
    let kind = value.get("type").and_then(Value::as_str);
    if kind.is_some_and(|kind| kind != "element") {
        return None;
    }
    value.get("name")?.as_str().filter(|name| !name.is_empty())
}

fn text_of(value: &Value) -> Option<&str> {
    ["text", "cdata"]
        .iter()
        .find_map(|name| value.get(*name)?.as_str())
}

fn attributes_of(value: &Value) -> Option<&Map<String, Value>> {
    ["attributes", "_attributes"]
        .iter()
        .find_map(|name| value.get(*name)?.as_object())
}

fn children(value: &Value) -> &[Value] {
    ["children", "elements"]
        .iter()
        .find_map(|name| value.get(*name)?.as_array())
        .map_or(&[], Vec::as_slice)
}

impl Tree for Image<'_> {
    fn name(&self, node: usize) -> &str {
        self.nodes[node].name
    }

    fn run(&self, node: usize) -> &str {
        &self.nodes[node].text
    }

    fn parent(&self, node: usize) -> usize {
        self.nodes[node].parent
    }

    fn end(&self, node: usize) -> usize {
        self.nodes[node].end
    }

    fn attribute(&self, node: usize, name: &str) -> Option<String> {
        let value = self.attributes[node]?.get(name)?.as_str()?.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }
}
