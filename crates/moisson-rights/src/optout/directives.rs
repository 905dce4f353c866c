//! `X-Robots-Tag` and `meta robots`: words for all programs or for one.

/// What the words say of training on a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    /// `noai`: no training.
    NoAi,
    /// `noimageai`: no training on images; says nothing of text.
    NoImageAi,
    /// Nothing of it.
    Nothing,
}

/// Names with a value after a colon, which are no agents.
const VALUED: [&str; 4] = [
    "max-image-preview",
    "max-snippet",
    "max-video-preview",
    "unavailable_after",
];

/// Reads a list of words. A word may be for one agent, `GPTBot: noai`, and so are those after it. `counts` says which
/// agents count; words for others say nothing. `whom` is the agent the whole list is for.
pub(super) fn read(list: &str, whom: &str, counts: &dyn Fn(&str) -> bool) -> Said {
    let mut agent = whom.to_ascii_lowercase();
    let mut said = Said::Nothing;
    for word in list.split([',', ';']) {
        let mut word = word.trim();
        if let Some((before, after)) = word.split_once(':')
            && is_agent(before)
        {
            agent = super::agents::token(before);
            word = after.trim();
        }
        if agent != "*" && !counts(&agent) {
            continue;
        }
        if word.eq_ignore_ascii_case("noai") {
            return Said::NoAi;
        }
        if word.eq_ignore_ascii_case("noimageai") {
            said = Said::NoImageAi;
        }
    }
    said
}

fn is_agent(text: &str) -> bool {
    let text = text.trim();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./*".contains(&byte);
    let valued = VALUED.iter().any(|name| text.eq_ignore_ascii_case(name));
    !text.is_empty() && text.bytes().all(plain) && !valued
}

#[cfg(test)]
mod tests {
    use super::{Said, read};

    #[test]
    fn lists_as_they_are_sent() {
        let check = |list: &str, expected: Said| {
            let counts = |agent: &str| ["gptbot", "ccbot"].contains(&agent);
            assert_eq!(read(list, "*", &counts), expected, "{list}");
        };
        check("noai", Said::NoAi);
        check("NoAI, noimageai", Said::NoAi);
        check("noindex, nofollow", Said::Nothing);
        check("noimageai", Said::NoImageAi);
        check("noindex; noai", Said::NoAi);
        check("GPTBot: noai", Said::NoAi);
        check("CCBot/2.0: noindex, noai", Said::NoAi);
        check("*: noai", Said::NoAi);
        check("googlebot: noai", Said::Nothing);
        check("googlebot: noai, GPTBot: noindex", Said::Nothing);
        check("googlebot: noindex, GPTBot: noai", Said::NoAi);
        check(
            "unavailable_after: Fri, 25 Jun 2027 15:00:00 GMT, noai",
            Said::NoAi,
        );
        check("max-snippet: 20, noai", Said::NoAi);
        check("noaim", Said::Nothing);
        check("", Said::Nothing);
    }
}
