//! Files of robots.txt in the grammar of RFC 9309 and in the lenience of Google's parser, the same ones each time.

/// A file, an agent, a path, and what our matcher says of them.
pub(crate) struct Case {
    /// The file.
    pub(crate) file: String,
    /// Product token.
    pub(crate) agent: &'static str,
    /// Path with query.
    pub(crate) path: String,
}

/// The cases of a seed.
pub(crate) struct Cases {
    state: u64,
    inner_stars: bool,
}

const AGENTS: [&str; 5] = ["GPTBot", "CCBot", "ClaudeBot", "Google-Extended", "*"];
const SEGMENTS: [&str; 6] = ["a", "b", "ab", "a.gif", "c-d", "prive"];

impl Cases {
    /// Begins at a seed. `inner_stars`: whether patterns hold `*` before other text.
    pub(crate) fn new(seed: u64, inner_stars: bool) -> Self {
        Self {
            state: seed,
            inner_stars,
        }
    }

    /// A number below `end`: splitmix64, good enough and without a dependency.
    fn below(&mut self, end: usize) -> usize {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % end as u64).unwrap_or_default()
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    fn path(&mut self) -> String {
        let mut path = String::new();
        for _ in 0..=self.below(3) {
            path.push('/');
            path.push_str(self.one(&SEGMENTS));
        }
        let end = self.one(&["", "", "", "/", "?a=b", "?b"]);
        path + end
    }

    fn pattern(&mut self) -> String {
        let mut pattern = self.path();
        match self.below(8) {
            0 => "/".clone_into(&mut pattern),
            1 => pattern = String::new(),
            2 => pattern.push('$'),
            3 => pattern.push('*'),
            4 if self.inner_stars => {
                pattern = format!("/*{}", self.one(&["/b", ".gif", "a", "-d"]));
            }
            5 if self.inner_stars => pattern = format!("{pattern}*{}$", self.one(&SEGMENTS)),
            _ => {}
        }
        pattern
    }

    fn line(&mut self) -> String {
        let pattern = self.pattern();
        match self.below(10) {
            0 => format!("allow:{pattern}"),
            1 => format!("  Allow : {pattern}  # non"),
            2 => format!("Allow: {pattern}"),
            3 => format!("DISALLOW: {pattern}"),
            4 => "Crawl-delay: 3".to_owned(),
            5 => "# rien".to_owned(),
            _ => format!("Disallow: {pattern}"),
        }
    }
}

impl Iterator for Cases {
    type Item = Case;

    fn next(&mut self) -> Option<Case> {
        let mut lines = Vec::new();
        for _ in 0..self.below(5) {
            for _ in 0..=self.below(2) {
                let agent = self.one(&AGENTS);
                let agent = match self.below(3) {
                    0 => agent.to_lowercase(),
                    1 if agent != "*" => format!("{agent}/2.0"),
                    _ => agent.to_owned(),
                };
                lines.push(format!("User-agent: {agent}"));
            }
            // What follows the agents at once is a rule: what comes between agents and rules is read differently by all.
            let pattern = self.pattern();
            lines.push(format!("Disallow: {pattern}"));
            for _ in 0..self.below(5) {
                lines.push(self.line());
            }
            if self.below(2) == 0 {
                lines.push(String::new());
            }
        }
        let end = self.one(&["\n", "\r\n"]);
        let agent = self.one(&[
            "GPTBot",
            "CCBot",
            "ClaudeBot",
            "Google-Extended",
            "AutreBot",
        ]);
        let path = self.path();
        Some(Case {
            file: lines.join(end),
            agent,
            path,
        })
    }
}
