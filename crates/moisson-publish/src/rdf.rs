//! A small graph of RDF, written as Turtle and as JSON-LD: the same triples in both.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

use serde_json::{Map, Value, json};

use crate::terms::iri;

/// Prefix and namespace.
pub(crate) type Prefixes = &'static [(&'static str, &'static str)];

/// Nodes with their properties, in the order in which they were described.
#[derive(Debug)]
pub(crate) struct Graph {
    prefixes: Prefixes,
    nodes: Vec<Node>,
    /// Place of each node, by its address.
    places: HashMap<String, usize>,
}

/// A node: its address, and its properties in order. `a` is its type.
#[derive(Debug)]
struct Node {
    id: String,
    properties: Vec<(&'static str, Object)>,
}

/// The value of a property. `Iri` and `Name` are escaped when they are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Object {
    /// An address.
    Iri(String),
    /// A prefixed name, such as a type.
    Name(&'static str),
    /// A text, in a language or in none.
    Text(String, Option<&'static str>),
    /// A literal of a type, given as a prefixed name.
    Typed(String, &'static str),
}

/// A text without a language.
pub(crate) fn text(value: impl Into<String>) -> Object {
    Object::Text(value.into(), None)
}

/// An address.
pub(crate) fn node(value: &str) -> Object {
    Object::Iri(iri(value))
}

impl Graph {
    /// An empty graph.
    pub(crate) fn new(prefixes: Prefixes) -> Self {
        Self {
            prefixes,
            nodes: Vec::new(),
            places: HashMap::new(),
        }
    }

    /// Describes a node. Properties of one that is described already are added to it; what was said is not repeated.
    pub(crate) fn describe(
        &mut self,
        id: &str,
        properties: impl IntoIterator<Item = (&'static str, Object)>,
    ) {
        let id = iri(id);
        let at = self.place(id);
        if let Some(node) = self.nodes.get_mut(at) {
            for property in properties {
                if !node.properties.contains(&property) {
                    node.properties.push(property);
                }
            }
        }
    }

    /// Adds properties that nobody else says of the node, without looking.
    pub(crate) fn add(&mut self, id: &str, properties: Vec<(&'static str, Object)>) {
        let at = self.place(iri(id));
        if let Some(node) = self.nodes.get_mut(at) {
            node.properties.extend(properties);
        }
    }

    fn place(&mut self, id: String) -> usize {
        if let Some(at) = self.places.get(&id) {
            return *at;
        }
        let at = self.nodes.len();
        self.places.insert(id.clone(), at);
        self.nodes.push(Node {
            id,
            properties: Vec::new(),
        });
        at
    }

    /// The graph in Turtle.
    pub(crate) fn turtle(&self) -> String {
        let mut page = String::new();
        for (prefix, namespace) in self.prefixes {
            let _ = writeln!(page, "@prefix {prefix}: <{namespace}> .");
        }
        for node in &self.nodes {
            let _ = write!(page, "\n<{}>\n", node.id);
            let last = node.properties.len().saturating_sub(1);
            for (at, (predicate, object)) in node.properties.iter().enumerate() {
                let end = if at == last { " ." } else { " ;" };
                let _ = writeln!(page, "    {predicate} {}{end}", turtle(object));
            }
        }
        page
    }

    /// The graph in JSON-LD, with its context.
    pub(crate) fn json_ld(&self) -> Value {
        let context: Map<String, Value> = self
            .prefixes
            .iter()
            .map(|(prefix, namespace)| ((*prefix).to_owned(), json!(namespace)))
            .collect();
        let nodes: Vec<Value> = self.nodes.iter().map(node_json).collect();
        json!({ "@context": context, "@graph": nodes })
    }
}

fn node_json(node: &Node) -> Value {
    let mut values: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for (predicate, object) in &node.properties {
        let (key, value) = match (*predicate, object) {
            ("a", Object::Name(name)) => ("@type", json!(name)),
            (_, Object::Name(name)) => (*predicate, json!({ "@id": name })),
            ("a", Object::Iri(iri)) => ("@type", json!(iri)),
            (_, Object::Iri(iri)) => (*predicate, json!({ "@id": iri })),
            (_, Object::Text(text, None)) => (*predicate, json!({ "@value": text })),
            (_, Object::Text(text, Some(language))) => {
                (*predicate, json!({ "@value": text, "@language": language }))
            }
            (_, Object::Typed(text, kind)) => {
                (*predicate, json!({ "@value": text, "@type": kind }))
            }
        };
        values.entry(key).or_default().push(value);
    }
    let mut described = Map::new();
    described.insert("@id".into(), json!(node.id));
    described.extend(
        values
            .into_iter()
            .map(|(key, values)| (key.to_owned(), json!(values))),
    );
    Value::Object(described)
}

fn turtle(object: &Object) -> String {
    match object {
        Object::Iri(iri) => format!("<{iri}>"),
        Object::Name(name) => (*name).to_owned(),
        Object::Text(text, None) => quoted(text),
        Object::Text(text, Some(language)) => format!("{}@{language}", quoted(text)),
        Object::Typed(text, kind) => format!("{}^^{kind}", quoted(text)),
    }
}

/// A literal of Turtle. Control characters are escaped by number.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            control if control.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(control));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Graph, Object, node, text};

    #[test]
    fn both_forms_hold_what_was_said_and_hostile_texts_stay_texts() {
        let mut graph = Graph::new(&[("dct", "http://purl.org/dc/terms/")]);
        graph.describe(
            "urn:a b>",
            [
                ("dct:title", text("a \" . <urn:x> <y> \"z\n\u{1}\\")),
                ("dct:license", node("http://l")),
            ],
        );
        graph.describe(
            "urn:a b>",
            [
                ("dct:license", node("http://l")),
                ("dct:title", Object::Text("été".into(), Some("fr"))),
            ],
        );
        assert_eq!(
            graph.turtle(),
            "@prefix dct: <http://purl.org/dc/terms/> .\n\n<urn:a%20b%3E>\n    dct:title \"a \\\" . <urn:x> <y> \\\"z\\n\\u0001\\\\\" ;\n    dct:license <http://l> ;\n    dct:title \"été\"@fr .\n"
        );
        assert_eq!(
            graph.json_ld()["@graph"],
            json!([{
                "@id": "urn:a%20b%3E",
                "dct:license": [{ "@id": "http://l" }],
                "dct:title": [{ "@value": "a \" . <urn:x> <y> \"z\n\u{1}\\" }, { "@value": "été", "@language": "fr" }],
            }])
        );
    }
}
