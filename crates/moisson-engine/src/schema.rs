//! JSON Schema of pipelines, for editors to complete from; with the options of every reader.

use moisson_core::{Error, Result};
use moisson_ingest::readers::READERS;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::pipeline::Pipeline;

/// Returns the JSON Schema (2020-12) of a pipeline.
///
/// # Errors
/// [`Error::Internal`] if the generated schema has no source definition.
pub fn pipeline() -> Result<Value> {
    let generator = SchemaGenerator::new(SchemaSettings::draft2020_12());
    let mut schema = generator.into_root_schema_for::<Pipeline>().to_value();
    let mut definitions: Map<String, Value> = Map::new();
    let mut branches = Vec::new();
    for entry in READERS {
        let mut options = (entry.options_schema)().to_value();
        let name = format!("{}_options", entry.name);
        if let Some(object) = options.as_object_mut() {
            object.remove("$schema");
            // Definitions move to the root, where `#/$defs/…` looks for them.
            if let Some(Value::Object(nested)) = object.remove("$defs") {
                definitions.extend(nested);
            }
        }
        definitions.insert(name.clone(), options);
        branches.push(json!({
            "if": { "properties": { "reader": { "const": entry.name } } },
            "then": { "properties": { "options": { "$ref": format!("#/$defs/{name}") } } },
        }));
    }
    let names: Vec<&str> = READERS.iter().map(|entry| entry.name).collect();
    let known = schema
        .get_mut("$defs")
        .and_then(Value::as_object_mut)
        .ok_or_else(|| Error::internal("the schema of pipelines has no definitions"))?;
    let source = known
        .get_mut("Source")
        .and_then(Value::as_object_mut)
        .ok_or_else(|| Error::internal("the schema of pipelines has no source"))?;
    source.insert("allOf".to_owned(), Value::Array(branches));
    if let Some(reader) = source
        .get_mut("properties")
        .and_then(|p| p.get_mut("reader"))
        .and_then(Value::as_object_mut)
    {
        reader.insert("enum".to_owned(), json!(names));
    }
    for (name, definition) in definitions {
        known.entry(name).or_insert(definition);
    }
    Ok(schema)
}
