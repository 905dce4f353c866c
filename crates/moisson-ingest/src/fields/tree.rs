//! Text out of a tree of nodes: JSON that is the image of an XML document.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How the nodes of a tree are to be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Tree {
    /// Key of the text of a leaf.
    pub text: String,
    /// Key of the name of an element.
    pub name: String,
    /// Key of the children of an element.
    pub children: String,
    /// Elements to leave out, by name: menus, references.
    pub skip: Vec<String>,
    /// Elements that stand inside a line of text, by name; every other one is a line of its own.
    pub inline: Vec<String>,
}

impl Default for Tree {
    fn default() -> Self {
        let owned = str::to_owned;
        Self {
            text: owned("text"),
            name: owned("name"),
            children: owned("children"),
            skip: Vec::new(),
            inline: Vec::new(),
        }
    }
}

impl Tree {
    /// Returns the text under a node, one line for each block; `None` if there is none.
    pub fn text(&self, node: &Value) -> Option<String> {
        let mut lines = Lines::default();
        self.walk(node, &mut lines);
        Some(lines.text).filter(|text| !text.is_empty())
    }

    // The depth of the recursion is that of the parsed JSON, which the parser bounds.
    fn walk(&self, node: &Value, lines: &mut Lines) {
        match node {
            Value::Array(items) => items.iter().for_each(|item| self.walk(item, lines)),
            Value::Object(map) => {
                let name = map.get(&self.name).and_then(Value::as_str);
                let is_in = |names: &[String]| name.is_some_and(|n| names.iter().any(|s| s == n));
                if is_in(&self.skip) {
                    return;
                }
                let is_block = name.is_some() && !is_in(&self.inline);
                lines.is_ended |= is_block;
                if let Some(text) = map.get(&self.text).and_then(Value::as_str) {
                    lines.push(text);
                }
                if let Some(children) = map.get(&self.children) {
                    self.walk(children, lines);
                }
                lines.is_ended |= is_block;
            }
            Value::String(text) => lines.push(text),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// Text under way: white space is folded as in markup, no-break spaces are kept.
#[derive(Default)]
struct Lines {
    text: String,
    is_ended: bool,
    has_space: bool,
}

impl Lines {
    fn push(&mut self, text: &str) {
        for character in text.chars() {
            if matches!(character, ' ' | '\t' | '\n' | '\r') {
                self.has_space = true;
                continue;
            }
            if self.is_ended {
                if !self.text.is_empty() {
                    self.text.push('\n');
                }
            } else if self.has_space && !self.text.is_empty() {
                self.text.push(' ');
            }
            self.is_ended = false;
            self.has_space = false;
            self.text.push(character);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Tree;

    #[test]
    fn trees_as_a_table() {
        let text = |text: &str| json!({"type": "text", "text": text});
        let element = |name: &str, children: Value| json!({"name": name, "children": children});
        let tree = Tree {
            skip: vec!["Menu".to_owned()],
            inline: vec!["Lien".to_owned()],
            ..Tree::default()
        };
        let check = |node: Value, expected: Option<&str>| {
            assert_eq!(tree.text(&node).as_deref(), expected, "{node}");
        };
        check(json!(null), None);
        check(element("P", json!([text(" \n ")])), None);
        check(
            element(
                "P",
                json!([text("a "), element("Lien", json!([text("b")])), text(", c")]),
            ),
            Some("a b, c"),
        );
        check(
            json!([
                element("P", json!([text("a")])),
                element("Menu", json!([text("x")])),
                element("P", json!([text("b\n\n c")]))
            ]),
            Some("a\nb c"),
        );
        check(
            element(
                "L",
                json!([
                    element("I", json!([text("1")])),
                    element("I", json!([text("2")]))
                ]),
            ),
            Some("1\n2"),
        );
    }
}
