//! What a robots.txt says of a path to each agent that it names, so that it can be asked later which of them count.

use super::mark::{Kind, Mark};
use crate::robots::Robots;

/// Value of a mark: the agents may visit the path.
pub(super) const ALLOWED: &str = "allowed";
/// Value of a mark: they may not.
pub(super) const DISALLOWED: &str = "disallowed";
/// Value of a mark: the site has no such file.
pub(super) const ABSENT: &str = "absent";
/// Value of a mark: the file could not be had, so nothing is allowed (RFC 9309, section 2.3.1.4).
pub(super) const UNREACHABLE: &str = "unreachable";

/// Marks for all agents that the file names, and for `*`: one for those that may visit the path, one for each rule that
/// keeps others from it, and one for each line `Content-Usage` that holds there.
pub(super) fn marks(robots: &Robots, path: &str) -> Vec<Mark> {
    let mut rules: Vec<(Option<String>, Vec<&str>)> = Vec::new();
    let mut usages: Vec<(String, Vec<&str>)> = Vec::new();
    let named = robots.agents();
    for agent in named.iter().copied().chain(std::iter::once("*")) {
        let verdict = robots.verdict(agent, path);
        let rule = verdict.rule.map(|rule| rule.to_string());
        // That an agent is allowed is told once for all, whatever rule allows it.
        let rule = rule.filter(|_| !verdict.allowed);
        group(&mut rules, rule, agent);
        if let Some(usage) = robots.usage(agent, path) {
            group(&mut usages, usage, agent);
        }
    }
    let rules = rules.into_iter().map(|(rule, agents)| {
        let value = if rule.is_some() { DISALLOWED } else { ALLOWED };
        let mark = Mark::new(Kind::RobotsTxt, rule.unwrap_or_default());
        Mark {
            value: Some(value.to_owned()),
            ..mark.about(agents.join(", "))
        }
    });
    let usages = usages
        .into_iter()
        .map(|(usage, agents)| Mark::new(Kind::RobotsContentUsage, usage).about(agents.join(", ")));
    rules.chain(usages).collect()
}

fn group<'a, K: PartialEq>(groups: &mut Vec<(K, Vec<&'a str>)>, key: K, agent: &'a str) {
    match groups.iter_mut().find(|(known, _)| *known == key) {
        Some((_, agents)) => agents.push(agent),
        None => groups.push((key, vec![agent])),
    }
}

/// The agents of `tokens` that a mark of one file is about: those it names, and with `*` those that no other mark of the
/// file names.
pub(super) fn concerned<'a>(mark: &Mark, all: &[&Mark], tokens: &'a [String]) -> Vec<&'a str> {
    let names = |mark: &Mark, token: &str| {
        let about = mark.applies_to.as_deref().unwrap_or("*");
        about.split(", ").any(|agent| agent == token)
    };
    let known = |token: &str| all.iter().any(|mark| names(mark, token));
    let mut concerned = Vec::new();
    for token in tokens {
        let own = names(mark, token);
        let by_default = token != "*" && names(mark, "*") && !known(token);
        if own || by_default {
            concerned.push(token.as_str());
        }
    }
    concerned
}

#[cfg(test)]
mod tests {
    use super::marks;
    use crate::robots::Robots;

    #[test]
    fn agents_are_told_by_the_rule_that_holds_for_them() {
        let file = "User-agent: GPTBot\nUser-agent: CCBot\nDisallow: /\n\nUser-agent: Bingbot\nAllow: /\n\n\
                    User-agent: *\nDisallow: /prive/\nContent-Usage: /blog/ train-ai=n\nContent-Usage: train-ai=y\n";
        let robots = Robots::parse(file.as_bytes());
        let told = |path: &str| -> Vec<String> {
            let told = |mark: super::Mark| {
                let value = mark.value.unwrap_or_else(|| "usage".to_owned());
                format!(
                    "{value} [{}] {}",
                    mark.applies_to.unwrap_or_default(),
                    mark.raw
                )
            };
            marks(&robots, path).into_iter().map(told).collect()
        };
        let both = "disallowed [ccbot, gptbot] `Disallow: /`, line 3";
        assert_eq!(
            told("/a"),
            ["allowed [bingbot, *] ", both, "usage [*] train-ai=y"]
        );
        assert_eq!(
            told("/blog/1"),
            ["allowed [bingbot, *] ", both, "usage [*] train-ai=n"]
        );
        assert_eq!(
            told("/prive/a"),
            [
                "allowed [bingbot] ",
                both,
                "disallowed [*] `Disallow: /prive/`, line 9",
                "usage [*] train-ai=y"
            ]
        );
    }
}
