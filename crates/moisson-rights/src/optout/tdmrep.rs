//! `/.well-known/tdmrep.json`: reservations of a site by location.
//!
//! Source: TDM Reservation Protocol, W3C Community Group final report of 10 May 2024,
//! <https://www.w3.org/community/reports/tdmrep/CG-FINAL-tdmrep-20240510/>.

use serde_json::Value;

use crate::robots::{ROBOTS_BYTES_MAX, pattern};

/// A reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reservation {
    /// Rights are not reserved: `0`.
    No,
    /// Rights are reserved: `1`.
    Yes,
}

impl Reservation {
    /// Reads `0` or `1`; all else is an error, and so no statement.
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "0" => Some(Self::No),
            "1" => Some(Self::Yes),
            _ => None,
        }
    }
}

/// The rules of a site, in the order of the file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TdmRules {
    rules: Vec<TdmRule>,
}

/// A rule.
#[derive(Debug, Clone, PartialEq)]
pub struct TdmRule {
    /// The pattern as written.
    pub location: String,
    /// What is reserved; `None` where the value is an error.
    pub reservation: Option<Reservation>,
    /// Address of the policy; only of a reservation.
    pub policy: Option<String>,
    /// The rule as JSON.
    pub raw: String,
    pattern: pattern::Pattern,
}

impl TdmRules {
    /// Reads a file. What is no array of rules has none; an entry without `location` is passed over.
    pub fn parse(text: &str) -> Self {
        let text = text.trim_start_matches('\u{feff}');
        if text.len() > ROBOTS_BYTES_MAX {
            return Self::default();
        }
        let Ok(Value::Array(entries)) = serde_json::from_str(text) else {
            return Self::default();
        };
        Self {
            rules: entries.iter().filter_map(rule).collect(),
        }
    }

    /// The rule about a path (from its first slash on, with the query): the first that matches, whatever it says.
    pub fn find(&self, path: &str) -> Option<&TdmRule> {
        let path = pattern::normalised_path(path);
        self.rules.iter().find(|rule| rule.pattern.matches(&path))
    }

    /// True if there is no rule.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }
}

fn rule(entry: &Value) -> Option<TdmRule> {
    let location = entry.get("location")?.as_str()?;
    let reservation = match entry.get("tdm-reservation") {
        // Some sites quote the number; what is meant is clear, but by the letter it is an error, as is `true`.
        Some(Value::Number(number)) => Reservation::parse(&number.to_string()),
        _ => None,
    };
    let policy = entry.get("tdm-policy").and_then(Value::as_str);
    Some(TdmRule {
        location: location.to_owned(),
        reservation,
        policy: policy
            .filter(|_| reservation == Some(Reservation::Yes))
            .map(str::to_owned),
        raw: entry.to_string(),
        pattern: pattern::Pattern::parse(location.as_bytes()),
    })
}

#[cfg(test)]
mod tests {
    use super::{Reservation, TdmRules};

    /// Checks what a file says of a path: `1`, `0`, `unset`, and the policy.
    fn check(file: &str, path: &str, expected: &str) {
        let rules = TdmRules::parse(file);
        let found = match rules.find(path) {
            None => "unset".to_owned(),
            Some(rule) => {
                let value = match rule.reservation {
                    None => "error",
                    Some(Reservation::No) => "0",
                    Some(Reservation::Yes) => "1",
                };
                match &rule.policy {
                    Some(policy) => format!("{value} {policy}"),
                    None => value.to_owned(),
                }
            }
        };
        assert_eq!(found, expected, "{path} in {file}");
    }

    /// Files in the shape of the examples of the report, with hosts and names of our own.
    #[test]
    fn the_first_match_in_the_order_of_the_file_decides() {
        let file = r#"[
            {"location": "/essais/", "tdm-reservation": 1, "tdm-policy": "https://a.example/policies/essais.json"},
            {"location": "/cartes/*.jpg$", "tdm-reservation": 0},
            {"location": "/cartes/", "tdm-reservation": 1},
            {"location": "/", "tdm-reservation": 0, "tdm-policy": "https://a.example/ignored.json"}
        ]"#;
        check(
            file,
            "/essais/un.html",
            "1 https://a.example/policies/essais.json",
        );
        check(file, "/essais", "0");
        check(file, "/Essais/un.html", "0"); // case matters
        check(file, "/cartes/1820/canal.jpg", "0");
        check(file, "/cartes/canal.jpg?taille=2", "1");
        check(file, "/cartes/canal.png", "1");
        check(file, "/", "0");
        // A rule of the same pattern that comes later is never reached: the first match, not the longest.
        let file = r#"[{"location": "/", "tdm-reservation": 0}, {"location": "/essais/", "tdm-reservation": 1}]"#;
        check(file, "/essais/un.html", "0");
        check(
            r#"[{"location": "/a", "tdm-reservation": 1}]"#,
            "/b",
            "unset",
        );
        check(r#"[{"location": "*", "tdm-reservation": 1}]"#, "/b/c", "1");
    }

    #[test]
    fn percent_encoding_of_unreserved_octets_makes_no_difference() {
        let file = r#"[{"location": "/%7Ejoe/été/", "tdm-reservation": 1}]"#;
        check(file, "/~joe/%C3%A9t%c3%a9/a", "1");
        check(file, "/%7ejoe/été/a", "1");
        let file = r#"[{"location": "/a%2Fb", "tdm-reservation": 1}]"#;
        check(file, "/a%2fb", "1");
        check(file, "/a/b", "unset"); // a reserved octet is not the same when decoded
    }

    #[test]
    fn errors_are_no_statement() {
        for value in ["2", "-1", "1.0", "true", "\"1\"", "null", "[1]"] {
            let file = format!(
                r#"[{{"location": "/", "tdm-reservation": {value}, "tdm-policy": "https://a.example/p"}}]"#
            );
            check(&file, "/x", "error");
        }
        check(r#"[{"location": "/"}]"#, "/x", "error");
        check(r#"[{"tdm-reservation": 1}, "/", 3, null]"#, "/x", "unset");
        for file in [
            "",
            "{}",
            r#"{"location": "/", "tdm-reservation": 1}"#,
            "<html>",
            "[",
        ] {
            check(file, "/x", "unset");
        }
        // Comments of sites around it, and a byte-order mark.
        check(
            "\u{feff}[{\"location\": \"/\", \"tdm-reservation\": 1, \"note\": \"…\"}]",
            "/x",
            "1",
        );
    }

    #[test]
    fn values_of_headers_and_metas() {
        for (text, expected) in [
            ("1", Some(Reservation::Yes)),
            (" 0 ", Some(Reservation::No)),
            ("2", None),
            ("yes", None),
            ("", None),
            ("1, 0", None),
            ("01", None),
        ] {
            assert_eq!(Reservation::parse(text), expected, "{text}");
        }
    }
}
