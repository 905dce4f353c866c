//! The agents whose exclusion is read as "no training", as data.

use std::sync::LazyLock;

use serde::Deserialize;

/// An agent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agent {
    /// Product token; `*` is the rules for all.
    pub name: String,
    /// Who runs it.
    pub operator: String,
    /// `apertus` for the list of the Apertus corpora, `addition` for ours.
    pub list: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    agent: Vec<Agent>,
}

/// The agents that count unless a pipeline names others, in alphabetical order, `*` last.
pub fn agents() -> &'static [Agent] {
    static AGENTS: LazyLock<Vec<Agent>> = LazyLock::new(|| {
        // The file is part of the program: a test reads it.
        toml::from_str::<File>(include_str!("agents.toml"))
            .map(|file| file.agent)
            .unwrap_or_default()
    });
    &AGENTS
}

/// What robots.txt files call an agent: the name up to a version, in lower case.
pub(super) fn token(name: &str) -> String {
    let token = name.trim().split(['/', ' ']).next().unwrap_or_default();
    token.to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::{agents, token};

    #[test]
    fn the_list_reads_and_holds_that_of_apertus() {
        let apertus = [
            "AI2Bot",
            "Applebot-Extended",
            "Bytespider",
            "CCBot/1.0",
            "CCBot/2.0",
            "CCBot",
            "ClaudeBot",
            "cohere-training-data-crawler",
            "Diffbot",
            "Meta-ExternalAgent",
            "Google-Extended",
            "GPTBot",
            "PanguBot",
            "*",
        ];
        let of = |list: &str| -> Vec<String> {
            let agents = agents().iter().filter(|agent| agent.list == list);
            agents.map(|agent| token(&agent.name)).collect()
        };
        let mut expected: Vec<String> = apertus.iter().map(|name| token(name)).collect();
        let mut found = of("apertus");
        expected.sort();
        found.sort();
        expected.dedup();
        assert_eq!(found, expected);
        assert_eq!(of("apertus").len() + of("addition").len(), agents().len());
        let mut names: Vec<String> = agents().iter().map(|agent| token(&agent.name)).collect();
        assert_eq!(names.pop().as_deref(), Some("*"));
        assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
    }
}
