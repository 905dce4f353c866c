//! Our matcher of robots.txt against a port of Google's, on generated files.
//!
//! Out of the cases on purpose, because the port (`robotstxt` 0.3.0) or its model read them otherwise than we mean to:
//! digits in product tokens (`AI2Bot`; it stops before them), percent-encoding of unreserved octets (RFC 9309, section
//! 2.2.2, wants them compared decoded; it does not decode), `index.html` (it makes a rule for the folder of it), and `$` within
//! a pattern. Nor do patterns hold text after `*`: there the port differs from its model (`/*/b` does not match `/ab/ab/b`,
//! because it shifts the list of positions that it should overwrite). All of these are tables in `src/robots/tests.rs`, and
//! stars of every kind are held against protego (`tests/third_party/robots.py`).

mod common;

use moisson_rights::robots::Robots;
use robotstxt::DefaultMatcher;

#[test]
fn generated_files_are_read_as_by_the_port_of_googles_matcher() {
    let (mut allowed, mut forbidden) = (0, 0);
    for case in common::Cases::new(9309, false).take(30_000) {
        let ours = Robots::parse(case.file.as_bytes()).verdict(case.agent, &case.path);
        let address = format!("https://a.example{}", case.path);
        let mut matcher = DefaultMatcher::default();
        let theirs = matcher.one_agent_allowed_by_robots(&case.file, case.agent, &address);
        assert_eq!(
            ours.allowed, theirs,
            "{} at {}: {ours:?}\n{}",
            case.agent, case.path, case.file
        );
        *(if theirs { &mut allowed } else { &mut forbidden }) += 1;
    }
    assert!(allowed > 3000 && forbidden > 3000, "{allowed} {forbidden}");
}
