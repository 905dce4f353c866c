//! `/ai.txt`, as Spawning proposes it: the grammar of robots.txt, about training, mostly by media type
//! (`Disallow: *.html`). Source: <https://spawning.ai/ai-txt>; there is no formal specification.

use super::mark::{Kind, Mark};
use super::robots::{ALLOWED, DISALLOWED};
use crate::robots::Robots;

/// Marks for the agents that the file names, and for `*`.
///
/// Files are mostly about extensions, and the addresses of pages have none: a path whose last segment has none is asked
/// about with `.html` too, and one refusal is enough.
pub(super) fn marks(file: &Robots, path: &str) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    let paths = paths(path);
    for agent in file.agents().into_iter().chain(std::iter::once("*")) {
        let refused = paths
            .iter()
            .map(|path| file.verdict(agent, path))
            .find(|verdict| !verdict.allowed);
        let (value, raw) = match refused {
            Some(verdict) => {
                let rule = verdict.rule.map(|rule| rule.to_string());
                (DISALLOWED, rule.unwrap_or_default())
            }
            None => (ALLOWED, String::new()),
        };
        let mark = Mark::new(Kind::AiTxt, raw).about(agent);
        marks.push(Mark {
            value: Some(value.to_owned()),
            ..mark
        });
    }
    marks
}

fn paths(path: &str) -> Vec<String> {
    let (before, query) = match path.split_once('?') {
        Some((before, query)) => (before, format!("?{query}")),
        None => (path, String::new()),
    };
    let last = before.rsplit('/').next().unwrap_or_default();
    let mut paths = vec![path.to_owned()];
    if last.is_empty() {
        paths.push(format!("{before}index.html{query}"));
    } else if !last.contains('.') {
        paths.push(format!("{before}.html{query}"));
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::marks;
    use crate::robots::Robots;

    #[test]
    fn files_as_the_generator_writes_them() {
        let check = |file: &str, path: &str, allowed: bool| {
            let marks = marks(&Robots::parse(file.as_bytes()), path);
            let all = marks
                .iter()
                .find(|mark| mark.applies_to.as_deref() == Some("*"));
            let value = all.unwrap().value.as_deref();
            assert_eq!(value == Some("allowed"), allowed, "{path} in {file}");
        };
        let text = "# Spawning AI\nUser-Agent: *\nDisallow: *.txt\nDisallow: *.pdf\nDisallow: *.html\nAllow: *.jpg\nAllow: /\n";
        check(text, "/rapport.pdf", false);
        check(text, "/page.html", false);
        check(text, "/marche", false);
        check(text, "/", false);
        check(text, "/plan.jpg", true);
        check(text, "/marche.php", true);
        let images = "User-Agent: *\nDisallow: *.jpg\nDisallow: *.png\nAllow: *.html\n";
        check(images, "/marche", true);
        check(images, "/plan.png", false);
        check("User-Agent: *\nDisallow: /\n", "/marche", false);
        check("User-Agent: *\nDisallow: \n", "/marche", true);
        check("", "/marche", true);
    }
}
