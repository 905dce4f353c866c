//! Presets and a pipeline's changes, put together and checked before the first byte is read.

use indexmap::{IndexMap, IndexSet};
use moisson_core::{Digest, Error, Result};
use serde::Serialize;

use crate::columns::{self, nearest};
use crate::config::{Override, RulesConfig};
use crate::preset::{self, Preset};
use crate::rule::{Bound, Rule, RuleEntry, one_bound};

/// A rule with its bound for each genre.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CompiledRule {
    /// The rule, changes by code included.
    pub rule: Rule,
    /// Preset it comes from, `pipeline` for a rule of the pipeline.
    pub origin: String,
    /// Bound for the genres that differ; `None` where the rule is not asked.
    pub genres: IndexMap<String, Option<Bound>>,
    /// Bound for every other genre and for documents without one.
    pub otherwise: Option<Bound>,
}

impl CompiledRule {
    /// Returns the bound for a genre, `None` where the rule is not asked.
    pub fn bound(&self, genre: Option<&str>) -> Option<&Bound> {
        match genre.and_then(|genre| self.genres.get(genre)) {
            Some(bound) => bound.as_ref(),
            None => self.otherwise.as_ref(),
        }
    }
}

/// Which line spans are cut.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Edits {
    /// Reasons of the spans.
    pub reasons: Vec<String>,
    /// Least bytes of text that must be left, at least 1.
    pub left_bytes_min: u64,
}

/// The rules of a run, in the order in which they count.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct RuleSet {
    rules: Vec<CompiledRule>,
    edits: Edits,
}

impl RuleSet {
    /// Puts presets and changes together.
    ///
    /// Rules come in the order of the presets, those of the pipeline last. A later preset, and the pipeline, replace
    /// all rules of a code that an earlier one has, in its place: the last word on a code is one bound, not two.
    ///
    /// # Errors
    /// [`Error::Config`] for an unknown preset, code or column (naming the nearest known), and for entries that do
    /// not fit.
    pub fn compile(names: &[String], config: &RulesConfig) -> Result<Self> {
        let mut by_code: IndexMap<String, Vec<CompiledRule>> = IndexMap::new();
        let mut edits = Edits::default();
        for name in names {
            for preset in with_includes(preset::find(name)?)? {
                add(&mut by_code, &preset.name, &preset.rules)?;
                for reason in &preset.edits {
                    if !edits.reasons.contains(reason) {
                        edits.reasons.push(reason.clone());
                    }
                }
                edits.left_bytes_min = edits.left_bytes_min.max(preset.left_bytes_min);
            }
        }
        add(&mut by_code, "pipeline", &config.rule)?;
        if let Some(reasons) = &config.edits {
            edits.reasons.clone_from(reasons);
        }
        edits.left_bytes_min = config.left_bytes_min.unwrap_or(edits.left_bytes_min).max(1);
        for (code, change) in &config.overrides {
            change_rule(&mut by_code, code, change)?;
        }
        for (genre, changes) in &config.genre {
            for (code, change) in changes {
                change_genre(&mut by_code, genre, code, change)?;
            }
        }
        let mut rules: Vec<CompiledRule> = by_code.into_values().flatten().collect();
        rules.retain(|rule| rule.otherwise.is_some() || rule.genres.values().any(Option::is_some));
        Ok(Self { rules, edits })
    }

    /// Rules in the order in which they count.
    pub fn rules(&self) -> &[CompiledRule] {
        &self.rules
    }

    /// Line spans that are cut.
    pub fn edits(&self) -> &Edits {
        &self.edits
    }

    /// Columns that [`crate::decide`] looks at for these rules, besides `doc_id`, `source`, `genre` and the licence.
    pub fn columns(&self) -> Vec<&str> {
        let mut columns: IndexSet<&str> = self
            .rules
            .iter()
            .map(|rule| rule.rule.column.as_str())
            .collect();
        if !self.edits.reasons.is_empty() {
            columns.extend([columns::LINE_SPANS, columns::TEXT_BYTES]);
        }
        columns.into_iter().collect()
    }

    /// Digest of everything that changes a decision; part of the key of the step.
    ///
    /// # Errors
    /// [`Error::Internal`] if a rule has no JSON form.
    pub fn digest(&self) -> Result<Digest> {
        Digest::of_json(self)
    }
}

fn with_includes(preset: &'static Preset) -> Result<Vec<&'static Preset>> {
    let mut all = Vec::new();
    for name in &preset.includes {
        all.push(preset::find(name)?);
    }
    all.push(preset);
    Ok(all)
}

/// Adds the rules of one origin; its codes replace those that are there.
fn add(
    by_code: &mut IndexMap<String, Vec<CompiledRule>>,
    origin: &str,
    entries: &[RuleEntry],
) -> Result<()> {
    let mut fresh: IndexMap<String, Vec<CompiledRule>> = IndexMap::new();
    for entry in entries {
        let rule = compiled(Rule::try_new(entry)?, origin);
        fresh.entry(rule.rule.code.clone()).or_default().push(rule);
    }
    by_code.extend(fresh);
    Ok(())
}

fn compiled(rule: Rule, origin: &str) -> CompiledRule {
    let mut genres = IndexMap::new();
    for genre in rule.genres.iter().chain(&rule.except_genres) {
        let bound = rule.applies_to(Some(genre)).then(|| rule.bound.clone());
        genres.insert(genre.clone(), bound);
    }
    let otherwise = rule.applies_to(None).then(|| rule.bound.clone());
    CompiledRule {
        rule,
        origin: origin.to_owned(),
        genres,
        otherwise,
    }
}

fn known<'a>(
    by_code: &'a mut IndexMap<String, Vec<CompiledRule>>,
    code: &str,
    place: &str,
) -> Result<&'a mut Vec<CompiledRule>> {
    if !by_code.contains_key(code) {
        let message = if by_code.is_empty() {
            "there are no rules; name a preset or add the rule".to_owned()
        } else {
            let near = nearest(code, by_code.keys().map(String::as_str));
            format!("nearest known: {near}")
        };
        return Err(Error::config(format!(
            "`{place}` changes the unknown rule `{code}`; {message}"
        )));
    }
    Ok(&mut by_code[code])
}

fn change_rule(
    by_code: &mut IndexMap<String, Vec<CompiledRule>>,
    code: &str,
    change: &Override,
) -> Result<()> {
    let rules = known(by_code, code, "rules.override")?;
    for compiled_rule in rules {
        let mut rule = compiled_rule.rule.clone();
        if let Some(bound) = changed_bound(&rule, change)? {
            rule.bound = bound;
        }
        if let Some(genres) = &change.genres {
            rule.genres.clone_from(genres);
        }
        if let Some(genres) = &change.except_genres {
            rule.except_genres.clone_from(genres);
        }
        rule.null = change.null.unwrap_or(rule.null);
        *compiled_rule = compiled(rule, &compiled_rule.origin);
        if change.off {
            compiled_rule.genres.clear();
            compiled_rule.otherwise = None;
        }
    }
    Ok(())
}

fn change_genre(
    by_code: &mut IndexMap<String, Vec<CompiledRule>>,
    genre: &str,
    code: &str,
    change: &Override,
) -> Result<()> {
    if change.genres.is_some() || change.except_genres.is_some() || change.null.is_some() {
        return Err(Error::config(format!(
            "`rules.genre.{genre}` may give a bound or `off` for `{code}`; `genres`, `except_genres` and `null` belong into `rules.override`"
        )));
    }
    for compiled_rule in known(by_code, code, &format!("rules.genre.{genre}"))? {
        let bound = match changed_bound(&compiled_rule.rule, change)? {
            _ if change.off => None,
            Some(bound) => Some(bound),
            None => compiled_rule.bound(Some(genre)).cloned(),
        };
        compiled_rule.genres.insert(genre.to_owned(), bound);
    }
    Ok(())
}

/// Returns the bound that a change gives. A change of direction would make the code tell the opposite, so it is refused.
fn changed_bound(rule: &Rule, change: &Override) -> Result<Option<Bound>> {
    let code = &rule.code;
    let bound = one_bound(code, change.bound_entry().bounds())?;
    let Some(new) = &bound else {
        return Ok(None);
    };
    if change.off {
        return Err(Error::config(format!(
            "rule `{code}` is given a bound and `off = true`; choose one"
        )));
    }
    if std::mem::discriminant(new) != std::mem::discriminant(&rule.bound) {
        return Err(Error::config(format!(
            "rule `{code}` is a bound of another kind; add a rule with a code of its own for the other direction"
        )));
    }
    columns::check(code, &rule.column, new)?;
    Ok(bound)
}
