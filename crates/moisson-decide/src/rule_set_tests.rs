//! Presets and changes put together, as tables.

use crate::{RuleSet, RulesConfig};

fn compile(presets: &[&str], config: &str) -> Result<RuleSet, String> {
    let presets: Vec<String> = presets.iter().map(ToString::to_string).collect();
    let config: RulesConfig = toml::from_str(config).map_err(|error| error.message().to_owned())?;
    RuleSet::compile(&presets, &config).map_err(|error| error.to_string())
}

/// Bound of the rule `code` for a genre, as text.
fn bound(rules: &RuleSet, code: &str, genre: Option<&str>) -> String {
    let rule = rules.rules().iter().find(|rule| rule.rule.code == code);
    rule.and_then(|rule| rule.bound(genre))
        .map_or_else(|| "off".to_owned(), ToString::to_string)
}

#[test]
fn changes_as_a_table() {
    let check = |config: &str, genre: Option<&str>, expected: &str| {
        let rules = compile(&["gopher"], config).unwrap();
        assert_eq!(
            bound(&rules, "quality/too-few-words", genre),
            expected,
            "{config}"
        );
    };
    let code = "\"quality/too-few-words\"";
    check("", None, "50");
    check(&format!("[override.{code}]\nbelow = 30"), Some("law"), "30");
    check(
        &format!("[override.{code}]\noff = true"),
        Some("law"),
        "off",
    );
    let law = format!("[genre.law.{code}]\nbelow = 10");
    check(&law, Some("law"), "10");
    check(&law, Some("debate"), "50");
    check(&law, None, "50");
    check(
        &format!("[genre.law.{code}]\noff = true"),
        Some("law"),
        "off",
    );
    check(
        &format!("[override.{code}]\noff = true\n{law}"),
        Some("law"),
        "10",
    );
    check(
        &format!("[override.{code}]\noff = true\n{law}"),
        None,
        "off",
    );
    check(
        &format!("[override.{code}]\nexcept_genres = ['law']"),
        Some("law"),
        "off",
    );
    check(
        &format!("[override.{code}]\ngenres = ['law']"),
        Some("law"),
        "50",
    );
    check(
        &format!("[override.{code}]\ngenres = ['law']"),
        Some("book"),
        "off",
    );
    let own = format!("[[rule]]\ncode = {code}\ncolumn = 'quality_word_count'\nbelow = 7");
    check(&own, None, "7");
}

#[test]
fn mistakes_are_told() {
    let check = |presets: &[&str], config: &str, expected: &str| {
        let found = compile(presets, config).err().unwrap_or_default();
        assert!(
            found.contains(expected),
            "{found:?} does not say {expected:?}"
        );
    };
    check(
        &["gofer"],
        "",
        "unknown preset `gofer`; nearest known: `gopher`",
    );
    check(
        &["gopher"],
        "[override.\"quality/too-few-word\"]\noff = true",
        "`rules.override` changes the unknown rule `quality/too-few-word`; nearest known: `quality/too-few-words`",
    );
    check(
        &[],
        "[override.\"quality/x\"]\noff = true",
        "there are no rules",
    );
    let few = "\"quality/too-few-words\"";
    check(
        &["gopher"],
        &format!("[genre.law.{few}]\nabove = 3"),
        "bound of another kind",
    );
    check(
        &["gopher"],
        &format!("[override.{few}]\nbelow = 3\noff = true"),
        "choose one",
    );
    check(
        &["gopher"],
        &format!("[genre.law.{few}]\nnull = 'drop'"),
        "belong into",
    );
    check(
        &["gopher"],
        &format!("[override.{few}]\nbelo = 3"),
        "unknown field `belo`",
    );
    check(&["gopher"], "[rules]\nx = 1", "unknown field `rules`");
}

#[test]
fn presets_compose_and_the_last_word_on_a_code_counts() {
    let rules = compile(&["gopher", "fineweb2-fra"], "").unwrap();
    assert_eq!(bound(&rules, "quality/words-too-long", None), "11");
    assert_eq!(bound(&rules, "quality/duplicate-paragraphs", None), "0.3");
    let codes: Vec<&str> = rules
        .rules()
        .iter()
        .map(|rule| rule.rule.code.as_str())
        .collect();
    let mut unique = codes.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), codes.len());
    assert_ne!(
        rules.digest().unwrap(),
        compile(&["gopher"], "").unwrap().digest().unwrap()
    );
}

#[test]
fn columns_are_those_of_the_rules_that_are_on() {
    let own = "[[rule]]\ncode = 'language/not-french'\ncolumn = 'language'\nnot_in = ['fra_Latn']";
    assert_eq!(compile(&[], own).unwrap().columns(), ["language"]);
    let off = format!("[override.'language/not-french']\noff = true\n{own}");
    assert!(compile(&[], &off).unwrap().columns().is_empty());
    let c4 = compile(&["c4-fr"], "").unwrap();
    assert!(c4.columns().contains(&"quality_c4_line_spans"));
    let uncut = compile(&["c4-fr"], "edits = []").unwrap();
    assert!(!uncut.columns().contains(&"quality_c4_line_spans"));
}
