//! Variables of a pipeline, and settings from the command line.

use indexmap::IndexMap;
use moisson_core::{Error, Result};

pub(super) fn string_vars(table: &toml::Table) -> IndexMap<String, String> {
    let Some(toml::Value::Table(vars)) = table.get("vars") else {
        return IndexMap::new();
    };
    vars.iter()
        .filter_map(|(k, v)| Some((k.clone(), v.as_str()?.to_owned())))
        .collect()
}

pub(super) fn set(table: &mut toml::Table, setting: &str) -> Result<()> {
    let (key, value) = setting.split_once('=').ok_or_else(|| {
        Error::config(format!(
            "--set `{setting}`: write KEY=VALUE, such as `tier=research`"
        ))
    })?;
    if let Some(toml::Value::Table(vars)) = table.get_mut("vars")
        && vars.contains_key(key)
    {
        vars.insert(key.to_owned(), toml::Value::String(value.to_owned()));
        return Ok(());
    }
    let value = toml::from_str::<toml::Table>(&format!("v = {value}"))
        .ok()
        .and_then(|mut parsed| parsed.remove("v"))
        .unwrap_or_else(|| toml::Value::String(value.to_owned()));
    let mut keys: Vec<&str> = key.split('.').collect();
    let last = keys.pop().unwrap_or_default();
    let mut at = table;
    for part in keys {
        let next = at
            .entry(part.to_owned())
            .or_insert_with(|| toml::Value::Table(toml::Table::new()));
        at = next.as_table_mut().ok_or_else(|| {
            Error::config(format!(
                "--set `{setting}`: `{part}` is a value, not a table"
            ))
        })?;
    }
    at.insert(last.to_owned(), value);
    Ok(())
}

/// Replaces `${name}` in every string below `value`, except in `[vars]` itself.
pub(super) fn substitute(
    value: &mut toml::Value,
    vars: &IndexMap<String, String>,
) -> std::result::Result<(), String> {
    match value {
        toml::Value::String(text) => {
            while let Some(start) = text.find("${") {
                let rest = text.get(start + 2..).unwrap_or_default();
                let Some(length) = rest.find('}') else {
                    return Err(format!("`{text}`: `${{` is not closed"));
                };
                let name = rest.get(..length).unwrap_or_default();
                let Some(with) = vars.get(name) else {
                    let known: Vec<String> = vars.keys().map(|k| format!("`{k}`")).collect();
                    return Err(format!(
                        "`${{{name}}}` has no value in [vars]; known: {}",
                        known.join(", ")
                    ));
                };
                if with.contains("${") {
                    return Err(format!("[vars] `{name}`: values hold no `${{`"));
                }
                text.replace_range(start..=start + 2 + length, with);
            }
            Ok(())
        }
        toml::Value::Array(items) => items.iter_mut().try_for_each(|item| substitute(item, vars)),
        toml::Value::Table(table) => table
            .iter_mut()
            .filter(|(key, _)| *key != "vars")
            .try_for_each(|(_, item)| substitute(item, vars)),
        _ => Ok(()),
    }
}
